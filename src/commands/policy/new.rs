//! `cutover policy new`.

use std::path::PathBuf;

use crate::error::{CliError, Exit};
use crate::output;
use cutover_model::escape;
use cutover_pack_tools::scaffold;
use cutover_pack_tools::scaffold::ScaffoldError;
use cutover_policy::pack::Pack;

/// Write a new control: a policy and test cases that pass.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The id of the new control, with your own prefix: `ACME-01`
    id: String,

    /// The folder to write it into
    #[arg(long, value_name = "DIR", default_value = ".")]
    folder: PathBuf,
}

pub(super) fn run(args: &Args) -> Result<Exit, CliError> {
    let pack = Pack::load(&[])?;
    if pack.in_force().any(|control| control.id == args.id) {
        return Err(CliError::Usage {
            what: format!("`{}` is a built-in control", args.id),
            help: "choose letters of your own, as in ACME-01; to change what a built-in control says, see \
                   docs/policy-packs.md"
                .to_owned(),
        });
    }
    let paths = scaffold::write(&args.id, &args.folder).map_err(refused)?;
    let [policy, tests] = paths.map(|path| escape::visible(&path.display().to_string()).into_owned());
    let folder = escape::visible(&args.folder.display().to_string()).into_owned();
    output::to_standard_output(&|out| {
        writeln!(out, "wrote {policy}\nwrote {tests}\n\nNext:")?;
        writeln!(out, "  edit both; see docs/adding-a-control.md")?;
        writeln!(out, "  cutover policy check {folder}")?;
        writeln!(out, "  cutover policy test {folder} --control {}", args.id)?;
        writeln!(out, "  cutover audit EXPORT --policies {folder} --control {}", args.id)
    })?;
    Ok(Exit::Clean)
}

fn refused(error: ScaffoldError) -> CliError {
    match error {
        ScaffoldError::Write { path, reason } => CliError::Write { path, reason },
        ScaffoldError::Id(_) => CliError::Usage {
            what: error.to_string(),
            help: "write letters, digits and dashes between them, as in ACME-01".to_owned(),
        },
        ScaffoldError::Exists(_) => CliError::Usage {
            what: error.to_string(),
            help: "choose another id or another folder; nothing was written".to_owned(),
        },
    }
}
