//! `cutover completions` and `cutover man`: made from the definition of the command line itself.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;

use clap::builder::{PossibleValue, PossibleValuesParser};
use clap::{Arg, ArgAction, Command};
use clap_complete::Shell;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

use crate::commands::{command, examples};
use crate::error::{CliError, Exit};
use crate::output;
use cutover_model::result::Severity;
use cutover_policy::pack::Pack;
use cutover_policy::timeline::Timeline;

/// Print completions for a shell: `cutover completions bash > /etc/bash_completion.d/cutover`.
#[derive(Debug, clap::Args)]
pub(super) struct Completions {
    /// The shell
    shell: Shell,
}

pub(super) fn completions(args: &Completions) -> Result<Exit, CliError> {
    let pack = Pack::load(&[])?;
    let controls: Vec<PossibleValue> =
        pack.all().map(|control| PossibleValue::new(control.id.clone()).help(control.title.clone())).collect();
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut offered(command(), &controls), "cutover", &mut script);
    output::to_standard_output(&|out| out.write_all(&script))?;
    Ok(Exit::Clean)
}

/// The command with the values that its options are usually given: to be offered, and not to be checked.
fn offered(command: Command, controls: &[PossibleValue]) -> Command {
    let values = |arg: &Arg| -> Option<Vec<PossibleValue>> {
        let severities = Severity::WORST_FIRST.iter().map(|severity| severity.id()).chain(["new", "never"]);
        match arg.get_id().as_str() {
            "control" | "id" => Some(controls.to_vec()),
            "timeline" => Some(Timeline::ids().into_iter().map(PossibleValue::new).collect()),
            "fail_on" => Some(severities.map(PossibleValue::new).chain(controls.iter().cloned()).collect()),
            _ => None,
        }
    };
    let formats = command.get_arguments().find(|arg| arg.get_id() == "format").map(Arg::get_possible_values);
    let formats: Vec<PossibleValue> =
        formats.into_iter().flatten().map(|format| PossibleValue::new(format!("{}=", format.get_name()))).collect();
    let offer = |arg: Arg| match values(&arg) {
        Some(values) => arg.value_parser(PossibleValuesParser::new(values)),
        None if arg.get_id() == "output" && !formats.is_empty() => {
            arg.value_parser(PossibleValuesParser::new(formats.clone()))
        }
        None => arg,
    };
    command.mut_args(offer).mut_subcommands(|verb| offered(verb, controls))
}

/// Print the manual page, or write the pages of all verbs to a folder.
#[derive(Debug, clap::Args)]
pub(super) struct Manual {
    /// Write cutover.1, cutover-audit.1, … to this folder
    #[arg(value_name = "DIR")]
    folder: Option<PathBuf>,
}

pub(super) fn manual(args: &Manual) -> Result<Exit, CliError> {
    let mut app = command();
    app.build();
    let Some(folder) = &args.folder else {
        let page = page(&app, "cutover");
        output::to_standard_output(&|out| page.as_ref().map_or(Ok(()), |page| out.write_all(page)))?;
        return Ok(Exit::Clean);
    };
    let fault = |error: &io::Error| CliError::Write {
        path: folder.display().to_string(),
        reason: cutover_export::reason::of(error),
    };
    fs::create_dir_all(folder).map_err(|error| fault(&error))?;
    let mut pages = Vec::new();
    gather(&app, "cutover", &mut pages).map_err(|error| fault(&error))?;
    let pages: Vec<(PathBuf, String)> =
        pages.into_iter().map(|(name, page)| (folder.join(format!("{name}.1")), page)).collect();
    output::write_all(&pages)?;
    Ok(Exit::Clean)
}

fn gather(command: &Command, name: &str, pages: &mut Vec<(String, String)>) -> io::Result<()> {
    pages.push((name.to_owned(), String::from_utf8_lossy(&page(command, name)?).into_owned()));
    for verb in command.get_subcommands().filter(|verb| verb.get_name() != "help") {
        gather(verb, &format!("{name}-{}", verb.get_name()), pages)?;
    }
    Ok(())
}

/// The exit codes, the same for every verb and format.
const EXIT_STATUS: [(&str, &str); 6] = [
    ("0", "Everything given was read, and nothing is at or above the threshold."),
    (
        "1",
        "Violations; of a gate: a change that policy forbids; of a plan: it does not fit, or accounts need a decision.",
    ),
    ("2", "Wrong usage, configuration or policy pack."),
    ("3", "Part of the export could not be read, and no violation decides; --allow-incomplete turns this off."),
    ("4", "A policy failed to evaluate."),
    ("130", "Stopped."),
];

/// The files that are read beside an export.
const FILES: [(&str, &str); 6] = [
    ("cutover.toml", "Settings: severities, controls that are off, packs, the threshold."),
    ("waivers.toml", "Violations that are accepted for a while, or whose fix is planned."),
    ("reviews.toml", "Vendor reviews, approvals and exceptions."),
    ("settings.toml", "What the company's settings say, as far as no export does."),
    ("export.toml", "The company of an export, the day it was collected, and the kinds of its files."),
    ("map.toml", "Decisions for a plan; it is named by --map."),
];

/// The variables that no option stands for.
const VARIABLES: [(&str, &str); 4] = [
    ("NO_COLOR", "No colours, whatever it is set to."),
    ("CLICOLOR, CLICOLOR_FORCE", "No colours where 0; colours where not 0."),
    ("COLUMNS", "The width of text."),
    ("GITHUB_STEP_SUMMARY", "The file that gets a summary where annotations for GitHub are written."),
];

/// A manual page: what clap says, and the sections that it leaves out.
fn page(command: &Command, name: &str) -> io::Result<Vec<u8>> {
    let verb = name.split('-').nth(1).unwrap_or_default();
    let examples = examples::of(verb);
    // They have a section of their own.
    let plain = command.clone().display_name(name.to_owned()).after_help(None::<&str>);
    let man = Man::new(plain).title(name.to_owned());
    let mut out = Vec::new();
    man.render_title(&mut out)?;
    man.render_name_section(&mut out)?;
    man.render_synopsis_section(&mut out)?;
    man.render_description_section(&mut out)?;
    man.render_options_section(&mut out)?;
    if command.has_subcommands() {
        man.render_subcommands_section(&mut out)?;
    }
    section("EXIT STATUS", &EXIT_STATUS, &mut out)?;
    let mut variables = BTreeMap::new();
    gather_variables(command, &mut variables);
    let said: Vec<(String, String)> =
        variables.into_iter().map(|(name, option)| (name, format!("Stands for {option}."))).collect();
    let said = said.iter().map(|(name, text)| (name.as_str(), text.as_str()));
    section("ENVIRONMENT", &said.chain(VARIABLES).collect::<Vec<_>>(), &mut out)?;
    section("FILES", &FILES, &mut out)?;
    let examples: Vec<(&str, &str)> = examples.iter().map(|(what, command)| (*command, *what)).collect();
    if !examples.is_empty() {
        section("EXAMPLES", &examples, &mut out)?;
    }
    man.render_version_section(&mut out)?;
    Ok(out)
}

/// A section of terms and what they mean.
fn section(title: &str, terms: &[(&str, &str)], out: &mut dyn Write) -> io::Result<()> {
    let mut roff = Roff::default();
    roff.control("SH", [title]);
    for (term, text) in terms {
        roff.control("TP", []).text([bold(*term)]).text([roman(*text)]);
    }
    roff.to_writer(&mut Box::new(out))
}

/// The variables that stand for options of a command and of those below it, each with its option.
fn gather_variables(command: &Command, out: &mut BTreeMap<String, String>) {
    for arg in command.get_arguments() {
        if let (Some(variable), Some(long)) = (arg.get_env(), arg.get_long()) {
            let effect = if matches!(arg.get_action(), ArgAction::SetTrue) { "; yes or no" } else { "" };
            out.insert(variable.to_string_lossy().into_owned(), format!("--{long}{effect}"));
        }
    }
    command.get_subcommands().for_each(|verb| gather_variables(verb, out));
}
