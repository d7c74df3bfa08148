//! `cutover policy list`.

use std::path::PathBuf;

use globset::GlobMatcher;

use crate::error::{CliError, Exit};
use crate::{input, output};
use cutover_model::result::Party;
use cutover_model::result::policies::Rating;
use cutover_pack_tools::catalogue::catalogue;
use cutover_policy::control::{Control, SeverityRule};
use cutover_policy::pack::Pack;
use cutover_report::View;
use cutover_report::policies::{ListFormat, list};

/// List the controls with title, severity and responsible party.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A folder of policies to add; a control there replaces the built-in control with the same id
    #[arg(long, value_name = "DIR")]
    policies: Vec<PathBuf>,

    /// Only controls whose id matches this pattern: `SVA-*`
    #[arg(long, value_name = "GLOB")]
    control: Vec<String>,

    /// Only controls that this party is responsible for
    #[arg(long, value_name = "PARTY")]
    party: Option<Party>,

    /// Only controls of this severity; `deadline` for those whose severity depends on the days left until the sunset
    #[arg(long, value_name = "SEVERITY")]
    severity: Option<Rating>,

    /// Output format on standard output
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: ListFormat,
}

pub(super) fn run(args: &Args) -> Result<Exit, CliError> {
    let pack = Pack::load(&args.policies)?;
    let globs: Result<Vec<GlobMatcher>, CliError> = args.control.iter().map(|pattern| glob(&pack, pattern)).collect();
    let globs = globs?;
    let policies = catalogue(&pack, &|control| {
        (globs.is_empty() || globs.iter().any(|glob| glob.is_match(&control.id)))
            && args.party.is_none_or(|party| party == control.party)
            && args.severity.is_none_or(|severity| severity == rating(control))
    });
    let style = output::style_of_results(false, View::Overview);
    output::to_standard_output(&|out| list(&policies, args.format, style, out))?;
    Ok(Exit::Clean)
}

fn glob(pack: &Pack, pattern: &str) -> Result<GlobMatcher, CliError> {
    let glob = input::matcher(pattern)?;
    if pack.in_force().any(|control| glob.is_match(&control.id)) {
        return Ok(glob);
    }
    Err(input::no_match(pattern, pack.ids(), "`cutover policy list` lists them all"))
}

fn rating(control: &Control) -> Rating {
    match control.severity {
        SeverityRule::Fixed(severity) => severity.into(),
        SeverityRule::Deadline => Rating::Deadline,
    }
}
