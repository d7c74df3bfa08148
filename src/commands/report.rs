//! `cutover report`.

use std::io::{self, Write};
use std::path::PathBuf;

use crate::error::{CliError, Exit};
use crate::evaluation::ViewArgs;
use crate::reads::Reads;
use crate::{job_summary, output, saved as file};
use cutover_model::result::saved;
use cutover_model::result::saved::Document;
use cutover_report::plan::{PlanFormat, plan};
use cutover_report::{self as report, Format, Formats, Report, Style};

/// Re-render a saved result in another format.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A result that `cutover audit`, `gate` or `plan` saved with `-o json=FILE`; `-` reads standard input
    #[arg(value_name = "RESULT")]
    result: PathBuf,

    /// Output format: one that the verb that made the result supports
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: String,

    /// Also write this format to a file; can be repeated
    #[arg(short, long = "output", value_name = "FORMAT=PATH")]
    output: Vec<String>,

    #[command(flatten)]
    view: ViewArgs,

    /// As --details, with long lists in full; of a plan, every step with its check and rollback
    #[arg(short, long)]
    verbose: bool,

    /// Maximum size of Markdown output in bytes [default: 65536, the limit of a GitHub comment]
    #[arg(long, value_name = "BYTES", value_parser = output::limit)]
    markdown_limit: Option<usize>,
}

pub(super) fn run(args: &Args) -> Result<Exit, CliError> {
    let bytes = file::read(&args.result)?;
    let document = saved::read(&args.result.display().to_string(), &bytes)?;
    drop(bytes);
    match document {
        Document::Audit(audit) => draw_violations(args, &*audit)?,
        Document::Gate(gate) => draw_violations(args, &*gate)?,
        Document::Plan(saved) => {
            draw::<PlanFormat>(args, &|format, style, out| plan(&saved, format, style, out))?;
        }
    }
    Ok(Exit::Clean)
}

type Render<'r, F> = &'r dyn Fn(F, Style, &mut dyn Write) -> io::Result<()>;

fn draw_violations<R: Report>(args: &Args, result: &R) -> Result<(), CliError> {
    let wanted = draw::<Format>(args, &|format, style, out| report::render(result, format, style, out))?;
    job_summary::write(wanted.contains(&Format::Github), &|limit, out| result.markdown(Some(limit), out))
}

/// Writes every format that is asked for, and says which those are.
fn draw<F: Formats>(args: &Args, render: Render<'_, F>) -> Result<Vec<F>, CliError> {
    let usage = |what: String| CliError::Usage {
        what,
        help: "use a format that the verb that made the result supports".to_owned(),
    };
    let format: F = output::named(&args.format).map_err(usage)?;
    let targets: Result<Vec<_>, String> = args.output.iter().map(|text| output::Target::<F>::parse(text)).collect();
    let targets = targets.map_err(usage)?;
    output::check(&targets, &Reads::default().and([&args.result]))?;
    let style =
        Style { limit: args.markdown_limit, ..output::style_of_results(args.verbose, args.view.view(args.verbose)) };
    output::write(render, format, &targets, style)?;
    Ok(std::iter::once(format).chain(targets.iter().map(output::Target::format)).collect())
}
