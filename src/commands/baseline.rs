//! `cutover baseline`.

use std::path::PathBuf;

use clap::Subcommand;
use flate2::Compression;
use flate2::write::GzEncoder;

use crate::error::{CliError, Exit};
use crate::reads::Reads;
use crate::{input, output, saved as file};
use cutover_analysis::audit::merge;
use cutover_analysis::audit::merge::Merged;
use cutover_model::escape;
use cutover_model::result::saved;
use cutover_report::json;
use cutover_report::text::counted;

/// Update the saved audit that `cutover audit --baseline` compares with.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Add the violations of a newer audit; remove none
    Update(Files),
    /// Remove the violations that a newer audit no longer has; add none
    Prune(Files),
}

#[derive(Debug, clap::Args)]
struct Files {
    /// The baseline: an audit saved with `-o json=FILE`
    #[arg(value_name = "BASELINE")]
    baseline: PathBuf,

    /// The newer audit
    #[arg(value_name = "AUDIT")]
    audit: PathBuf,

    /// Write the new baseline to this file instead of replacing the old one; a name that ends in `.gz` is compressed
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub(super) fn run(args: &Args) -> Result<Exit, CliError> {
    let (files, merge): (&Files, fn(&str, &_, &_) -> _) = match &args.verb {
        Verb::Update(files) => (files, merge::update),
        Verb::Prune(files) => (files, merge::prune),
    };
    let path = files.baseline.display().to_string();
    let baseline = saved::read_whole_audit(&path, &file::read(&files.baseline)?)?;
    let audit = saved::read_whole_audit(&files.audit.display().to_string(), &file::read(&files.audit)?)?;
    let Merged { audit, added, updated, dropped } = merge(&path, &baseline, &audit)?;
    let to = files.output.as_ref().unwrap_or(&files.baseline);
    output::check_one(to, &Reads::default().and([&files.audit]))?;
    let is_packed = to.extension().is_some_and(|extension| extension == "gz");
    output::write_one(to, &|out| {
        if !is_packed {
            return json::write(&audit, out);
        }
        let mut packed = GzEncoder::new(out, Compression::default());
        json::write(&audit, &mut packed)?;
        packed.finish()?.flush()
    })?;
    let (all, to) = (counted(audit.violations.len(), "violation"), escape::name(&to.display().to_string()));
    input::note(&format!("{added} added, {updated} updated, {dropped} dropped; {all} in {to}"));
    Ok(Exit::Clean)
}
