//! `cutover schema`: the JSON Schema of a result document.

use clap::ValueEnum;

use super::{Exit, Stop, output};
use crate::report::json;
use crate::result::audit::Audit;
use crate::result::plan::Plan;
use crate::result::policies::Policies;

/// Print the JSON Schema of a result document.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Which document
    document: Document,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Document {
    /// `cutover.audit/v1`
    Audit,
    /// `cutover.plan/v1`
    Plan,
    /// `cutover.policies/v1`
    Policies,
}

pub(super) fn run(args: &Args) -> Result<Exit, Stop> {
    let schema = match args.document {
        Document::Audit => schemars::schema_for!(Audit),
        Document::Plan => schemars::schema_for!(Plan),
        Document::Policies => schemars::schema_for!(Policies),
    };
    output::to_standard_output(&|out| json::write(&schema, out))?;
    Ok(Exit::Clean)
}
