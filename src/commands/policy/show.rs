//! `cutover policy show`.

use std::path::PathBuf;

use crate::error::{CliError, Exit};
use crate::output;
use cutover_pack_tools::catalogue::{catalogue, nearest};
use cutover_pack_tools::example;
use cutover_policy::pack::Pack;
use cutover_report::View;
use cutover_report::policies::{ShowFormat, show};

/// Show a control: rationale, severity, responsible party, remedy, attributes, policy and an example.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The id of the control: `DIR-01`
    id: String,

    /// A folder of policies to add; a control there replaces the built-in control with the same id
    #[arg(long, value_name = "DIR")]
    policies: Vec<PathBuf>,

    /// Output format on standard output
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: ShowFormat,
}

pub(super) fn run(args: &Args) -> Result<Exit, CliError> {
    let mut pack = Pack::load(&args.policies)?;
    let mut policies = catalogue(&pack, &|control| control.id == args.id);
    example::add(&mut policies, &mut pack);
    let Some(control) = policies.controls.first() else {
        let near: Vec<String> = nearest(&pack, &args.id).into_iter().map(|id| format!("`{id}`")).collect();
        return Err(CliError::Usage {
            what: format!("there is no control `{}`", args.id),
            help: match near.as_slice() {
                [] => "`cutover policy list` lists them all".to_owned(),
                near => format!("did you mean {}?", near.join(", ")),
            },
        });
    };
    let style = output::style_of_results(false, View::Overview);
    output::to_standard_output(&|out| show(control, args.format, style, out))?;
    Ok(Exit::Clean)
}
