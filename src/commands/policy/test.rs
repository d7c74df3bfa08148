//! `cutover policy test`.

use std::collections::BTreeSet;
use std::path::PathBuf;

use globset::GlobMatcher;

use crate::error::{CliError, Exit};
use crate::{input, output};
use cutover_model::result::policy_test::Mutation;
use cutover_pack_tools::cases;
use cutover_pack_tools::cases::Suites;
use cutover_pack_tools::fault::CasesError;
use cutover_pack_tools::run;
use cutover_pack_tools::run::Options;
use cutover_policy::pack;
use cutover_policy::pack::Pack;
use cutover_report::View;
use cutover_report::policy_test::{TestFormat, policy_test};

/// Run the test cases of the controls, and report what they do not cover.
///
/// The test file `ID.test.toml` is next to its policy `ID.cedar`: small exports or facts, each with the expected
/// outcome. See docs/testing-policies.md.
#[derive(Debug, clap::Args)]
pub(in crate::commands) struct Args {
    /// Folders of policies with their test files, added to the built-in pack (default: the tests of the built-in pack)
    #[arg(value_name = "DIR")]
    folders: Vec<PathBuf>,

    /// Only controls whose id matches this pattern: `SVA-*`
    #[arg(long, value_name = "GLOB")]
    control: Vec<String>,

    /// Output format on standard output
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: TestFormat,

    /// Also run mutants of each policy, and report those that survive
    #[arg(long)]
    mutate: bool,

    /// Minimum percentage of mutants that the tests must kill
    #[arg(long, value_name = "PERCENT", default_value_t = 90.0, value_parser = percent, requires = "mutate")]
    mutate_at_least: f64,

    /// Show every test case and every surviving mutant
    #[arg(short, long)]
    verbose: bool,
}

fn percent(text: &str) -> Result<f64, String> {
    let number = text.trim_end_matches('%').parse().ok().filter(|number| (0.0..=100.0).contains(number));
    number.ok_or_else(|| "expected a number from 0 to 100".to_owned())
}

pub(super) fn run(args: &Args) -> Result<Exit, CliError> {
    let pack = Pack::load(&args.folders)?;
    let (suites, mut ids) = gather(&pack, &args.folders)?;
    select(&mut ids, &args.control)?;
    let options = Options { mutate: args.mutate.then_some(args.mutate_at_least) };
    let result = run::run(&pack, &suites, &ids, &options).map_err(|fault| CasesError::Fault(Box::new(fault)))?;
    let style = output::style_of_results(args.verbose, View::Overview);
    output::to_standard_output(&|out| policy_test(&result, args.format, style, out))?;
    let summary = &result.summary;
    if summary.cases == 0 {
        input::print_note("no test ran: none of these controls has a test file with test cases");
        return Ok(Exit::Violations);
    }
    let too_low = !summary.mutation.as_ref().is_none_or(Mutation::is_enough);
    Ok(if summary.failed > 0 || too_low { Exit::Violations } else { Exit::Clean })
}

/// The test files, and the controls they are to be run for: those of the folders, or else the built-in ones.
fn gather(pack: &Pack, folders: &[PathBuf]) -> Result<(Suites, BTreeSet<String>), CliError> {
    let known: BTreeSet<&str> = pack.in_force().map(|control| control.id.as_str()).collect();
    // A control that takes the place of a built-in one has to pass its tests, unless it brings its own.
    let mut suites = cases::built_in()?;
    if folders.is_empty() {
        return Ok((suites, known.into_iter().map(str::to_owned).collect()));
    }
    let mut ids = BTreeSet::new();
    for folder in folders {
        let own = cases::of_folder(folder)?;
        if let Some(suite) = own.values().find(|suite| !known.contains(suite.control.as_str())) {
            return Err(CliError::Usage {
                what: format!("`{}` tests no control: there is none with the id `{}`", suite.path, suite.control),
                help: "name the test file after the id of its control: ID.test.toml".to_owned(),
            });
        }
        ids.extend(own.keys().cloned());
        ids.extend(pack::ids_in(folder)?);
        suites.extend(own);
    }
    Ok((suites, ids))
}

/// Keeps the controls that were asked for.
fn select(ids: &mut BTreeSet<String>, patterns: &[String]) -> Result<(), CliError> {
    let mut globs: Vec<GlobMatcher> = Vec::new();
    for pattern in patterns {
        let glob = input::matcher(pattern)?;
        if !ids.iter().any(|id| glob.is_match(id)) {
            let ids = ids.iter().map(String::as_str);
            return Err(input::no_match(pattern, ids, "the ids are those of the tested policies"));
        }
        globs.push(glob);
    }
    ids.retain(|id| globs.is_empty() || globs.iter().any(|glob| glob.is_match(id)));
    Ok(())
}
