//! `cutover schema`: the JSON Schema of a result document, or of a file that is written by hand.

use clap::ValueEnum;
use schemars::Schema;
use schemars::transform::{RecursiveTransform, Transform};

use crate::error::{CliError, Exit};
use crate::output;
use cutover_export::manual_files::{ExportFile, ReviewsFile, Settings};
use cutover_model::result::answer::Answer;
use cutover_model::result::audit::Audit;
use cutover_model::result::comparison::Comparison;
use cutover_model::result::explanation::Explanation;
use cutover_model::result::gate::Gate;
use cutover_model::result::manifest::ManifestProposal;
use cutover_model::result::plan::Plan;
use cutover_model::result::policies::Policies;
use cutover_policy::config::ConfigFile;
use cutover_policy::waiver::WaiversFile;
use cutover_report::json;

/// Print the JSON Schema of a result document, or of a file that you write by hand.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The result document or file
    document: Document,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Document {
    /// `cutover.audit/v1`
    Audit,
    /// `cutover.gate/v1`
    Gate,
    /// `cutover.plan/v1`
    Plan,
    /// `cutover.explanation/v1`
    Explanation,
    /// `cutover.graph/v1`
    Graph,
    /// `cutover.manifest/v1`
    Manifest,
    /// `cutover.policies/v1`
    Policies,
    /// `cutover.comparison/v1`
    Comparison,
    /// `waivers.toml`
    Waivers,
    /// `cutover.toml`
    Config,
    /// `reviews.toml`
    Reviews,
    /// `settings.toml`
    Settings,
    /// `export.toml`
    Export,
}

pub(super) fn run(args: &Args) -> Result<Exit, CliError> {
    let mut schema = match args.document {
        Document::Audit => schemars::schema_for!(Audit),
        Document::Gate => schemars::schema_for!(Gate),
        Document::Plan => schemars::schema_for!(Plan),
        Document::Explanation => schemars::schema_for!(Explanation),
        Document::Graph => schemars::schema_for!(Answer),
        Document::Manifest => schemars::schema_for!(ManifestProposal),
        Document::Policies => schemars::schema_for!(Policies),
        Document::Comparison => schemars::schema_for!(Comparison),
        Document::Waivers => schemars::schema_for!(WaiversFile),
        Document::Config => schemars::schema_for!(ConfigFile),
        Document::Reviews => schemars::schema_for!(ReviewsFile),
        Document::Settings => schemars::schema_for!(Settings),
        Document::Export => schemars::schema_for!(ExportFile),
    };
    let results =
        [Document::Audit, Document::Gate, Document::Plan, Document::Graph, Document::Policies, Document::Comparison];
    if !results.contains(&args.document) {
        // TOML has no null: what may be left out is left out.
        let strip = |schema: &mut Schema| {
            if schema.get("default").is_some_and(serde_json::Value::is_null) {
                schema.remove("default");
            }
        };
        RecursiveTransform(strip).transform(&mut schema);
    }
    output::to_standard_output(&|out| json::write(&schema, out))?;
    Ok(Exit::Clean)
}
