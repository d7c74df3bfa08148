//! `cutover graph`: the access graph, and questions to it.

use std::path::PathBuf;

use crate::decisions::Authority;
use crate::ending::Ending;
use crate::error::{CliError, Exit};
use crate::reads::Reads;
use crate::{input, output};
use cutover_analysis::ask::names;
use cutover_analysis::ask::names::NameError;
use cutover_analysis::ask::{Asked, choke, draw, path, reach, what_can, who_can};
use cutover_model::level::Level;
use cutover_model::result::answer::Answer;
use cutover_policy::pack::Pack;
use cutover_report::View;
use cutover_report::graph::{GraphFormat, answer as render};

/// Draw the access graph, or query it: who-can, what-can, path, reach, choke.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(super) struct Args {
    #[command(subcommand)]
    question: Option<Question>,

    /// Folders or files of an export; each folder is one company; `-` reads one JSON file from standard input
    #[arg(required = true, value_name = "EXPORT")]
    export: Vec<PathBuf>,

    /// Only the neighbourhood of one node: an id, a name, or the beginning of one
    #[arg(long, value_name = "ID")]
    around: Option<String>,

    /// Size of the neighbourhood in steps
    #[arg(long, value_name = "N", default_value_t = 2, requires = "around")]
    depth: usize,

    #[command(flatten)]
    drawn: Drawn,
}

#[derive(Debug, clap::Subcommand)]
enum Question {
    /// List who holds a level or more on a tool
    WhoCan {
        #[command(flatten)]
        given: Given,
        /// The tool: `project/rfi`, `Company Directory`
        #[arg(value_name = "TOOL")]
        tool: String,
        /// The level: read-only, standard or admin
        #[arg(value_name = "LEVEL", value_parser = names::level)]
        level: Level,
        /// Only in this project: an id, a name, or the beginning of one
        #[arg(long, value_name = "PROJECT")]
        project: Option<String>,
        #[command(flatten)]
        drawn: Drawn,
    },
    /// List what an account can do
    WhatCan {
        #[command(flatten)]
        given: Given,
        /// The account: an id, a name, an e-mail address, or the beginning of one
        #[arg(value_name = "ACCOUNT")]
        account: String,
        #[command(flatten)]
        drawn: Drawn,
    },
    /// Find the shortest path from one node to another
    Path {
        #[command(flatten)]
        given: Given,
        /// The first node: an account, app, credential, template, tool or project
        #[arg(value_name = "FROM")]
        from: String,
        /// The last node
        #[arg(value_name = "TO")]
        to: String,
        #[command(flatten)]
        drawn: Drawn,
    },
    /// Show the blast radius of an account: projects, tools, webhooks, people
    Reach {
        #[command(flatten)]
        given: Given,
        /// The account: an id, a name, an e-mail address, or the beginning of one
        #[arg(value_name = "ACCOUNT")]
        account: String,
        #[command(flatten)]
        drawn: Drawn,
    },
    /// List the grants whose removal cuts off the most access
    Choke {
        #[command(flatten)]
        given: Given,
        /// Only access that starts at this node (default: at every service identity)
        #[arg(value_name = "FROM")]
        from: Option<String>,
        #[command(flatten)]
        drawn: Drawn,
    },
}

/// What is asked about.
#[derive(Debug, clap::Args)]
struct Given {
    /// A folder or file of an export, or `-`
    #[arg(value_name = "EXPORT")]
    export: PathBuf,
}

/// How the answer is shown.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Output")]
pub(super) struct Drawn {
    /// Output format on standard output
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: GraphFormat,

    /// Also write this format to a file; can be repeated
    #[arg(short, long = "output", value_name = "FORMAT=PATH", value_parser = output::Target::<GraphFormat>::parse)]
    output: Vec<output::Target<GraphFormat>>,

    /// Take reviews.toml and settings.toml only from this folder; those in the export are ignored
    #[arg(long, value_name = "DIR", env = "CUTOVER_DECISIONS", hide_env_values = true)]
    decisions: Option<PathBuf>,

    /// Do not fail with exit code 3 when part of the export could not be read
    #[arg(long, env = "CUTOVER_ALLOW_INCOMPLETE", hide_env_values = true, value_parser = clap::builder::FalseyValueParser::new())]
    allow_incomplete: bool,

    /// Show every entry and every diagnostic
    #[arg(short, long)]
    verbose: bool,
}

pub(super) fn run(args: Args) -> Result<Exit, CliError> {
    match args.question {
        None => {
            let Args { export, around, depth, drawn, .. } = args;
            answer(&export, &drawn, |asked| draw::draw(&asked, around.as_deref(), depth))
        }
        Some(Question::WhoCan { given, tool, level, project, drawn }) => {
            answer(&[given.export], &drawn, |asked| who_can::who_can(&asked, &tool, level, project.as_deref()))
        }
        Some(Question::WhatCan { given, account, drawn }) => {
            answer(&[given.export], &drawn, |asked| what_can::what_can(&asked, &account))
        }
        Some(Question::Path { given, from, to, drawn }) => {
            answer(&[given.export], &drawn, |asked| path::path(&asked, &from, &to))
        }
        Some(Question::Reach { given, account, drawn }) => {
            answer(&[given.export], &drawn, |asked| reach::reach(&asked, &account))
        }
        Some(Question::Choke { given, from, drawn }) => {
            answer(&[given.export], &drawn, |asked| choke::choke(&asked, from.as_deref()))
        }
    }
}

/// Reads an export, asks, and shows the answer. A question that was answered is no failure, whatever the answer; one that was
/// asked of an export of which a file is broken was not.
pub(super) fn answer(
    export: &[PathBuf],
    drawn: &Drawn,
    ask: impl FnOnce(Asked<'_>) -> Result<Answer, NameError>,
) -> Result<Exit, CliError> {
    output::check(&drawn.output, &Reads::exports(export))?;
    let pack = Pack::load(&[])?;
    let authority = Authority::of_exports(drawn.decisions.as_deref(), export)?;
    let (export, bar) = input::read(export, &authority, "asking")?;
    let nothing = input::nothing_was_read(&export);
    let result = ask(Asked::of(&export, &pack.tools));
    bar.done();
    if nothing {
        input::print_note("found no file of an export that could be read");
        return Ok(Exit::Input);
    }
    let result = result.inspect_err(|_| {
        if export.diagnostics.iter().any(|diagnostic| diagnostic.code.is_incomplete()) {
            input::print_note("part of the export could not be read, and the answer may be there");
        }
    })?;
    input::print_diagnostics(&result.diagnostics, drawn.verbose);
    let style = output::style_of_results(drawn.verbose, View::Overview);
    output::write(&|format, style, out| render(&result, format, style, out), drawn.format, &drawn.output, style)?;
    Ok(Ending::new(drawn.allow_incomplete, &pack.org.levels).exit(false, &result.diagnostics))
}
