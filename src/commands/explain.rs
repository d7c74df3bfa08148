//! `cutover explain`.

use std::path::PathBuf;

use crate::decisions::Authority;
use crate::error::{CliError, Exit};
use crate::evaluation::EvaluationArgs;
use crate::reads::Reads;
use crate::{input, options, output};
use cutover_analysis::audit;
use cutover_analysis::audit::explain::{Question, explain};
use cutover_policy::control::Occasion;
use cutover_report::View;
use cutover_report::explanation::{ExplanationFormat, explanation as render};

/// Explain why a control is violated, met, unknown or does not apply: each clause, and the nearest change.
///
/// Name a violation by its id, as `cutover audit --details` shows it; or name an account and a control, whatever the verdict.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A folder or file of an export, or `-`
    #[arg(value_name = "EXPORT")]
    export: PathBuf,

    /// The id of a violation, or the beginning of it
    #[arg(value_name = "FINGERPRINT", required_unless_present = "account")]
    fingerprint: Option<String>,

    /// An account, app or credential: an id, a name, an e-mail address, or the beginning of one; needs --control
    #[arg(long, value_name = "ACCOUNT", conflicts_with = "fingerprint", requires = "control")]
    account: Option<String>,

    #[command(flatten)]
    evaluation: EvaluationArgs,

    /// Output format on standard output
    #[arg(long, value_name = "FORMAT", default_value = "text", help_heading = "Output")]
    format: ExplanationFormat,

    /// Also write this format to a file; can be repeated
    #[arg(short, long = "output", value_name = "FORMAT=PATH", value_parser = output::Target::<ExplanationFormat>::parse, help_heading = "Output")]
    output: Vec<output::Target<ExplanationFormat>>,

    /// Explain every fact, up to 20 of each verdict, instead of one
    #[arg(long, help_heading = "Output")]
    details: bool,

    /// Show every diagnostic
    #[arg(short, long, help_heading = "Output")]
    verbose: bool,
}

pub(super) fn run(args: Args) -> Result<Exit, CliError> {
    let Args { export: path, fingerprint, account, evaluation, format, output: targets, details, verbose } = args;
    options::note_strict(evaluation.strict);
    let paths = [path];
    let authority = Authority::of_exports(evaluation.decisions.as_deref(), &paths)?;
    let mut loaded = evaluation.load(&authority, &paths, &[Occasion::Audit], None)?;
    let reads = Reads::exports(&paths).and(loaded.paths()).and(authority.paths());
    output::check(&targets, &reads)?;
    let question = match (&fingerprint, &account, loaded.pack.controls.as_slice()) {
        (Some(fingerprint), ..) => Question::Violation(fingerprint),
        (None, Some(subject), [control]) => Question::Verdict { subject, control: &control.id.clone() },
        (None, _, controls) => {
            let found = controls.len();
            return Err(CliError::Usage {
                what: format!("--control names {found} controls, and one is explained at a time"),
                help: "give the id of one control that is in force: `--control DIR-01`".to_owned(),
            });
        }
    };
    let (mut export, bar) = input::read(&paths, &authority, "explaining")?;
    loaded.files.drain(..).for_each(|file| export.add(file));
    let options = loaded.options(evaluation.reference);
    let result = audit::find(&export, &loaded.pack, &options);
    bar.done();
    let result = result?;
    let nothing = input::nothing_was_read(&export);
    input::print_diagnostics(&result.diagnostics, verbose);
    if nothing {
        input::print_note("found no file of an export that could be read");
        return Ok(Exit::Input);
    }
    let explained = explain(&result, question)?;
    let view = if details { View::Details } else { View::Overview };
    let style = output::style_of_results(verbose, view);
    output::write(&|format, style, out| render(&explained, format, style, out), format, &targets, style)?;
    Ok(loaded.ending.exit(false, &result.diagnostics))
}
