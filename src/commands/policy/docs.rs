//! `cutover policy docs`.

use std::fs;
use std::path::{Path, PathBuf};

use crate::error::{CliError, Exit};
use crate::output;
use cutover_pack_tools::catalogue::catalogue;
use cutover_pack_tools::example;
use cutover_policy::pack::Pack;
use cutover_report::policies::docs::{page, pages};

/// Write the catalogue of controls as Markdown, each with an example.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Write an index and a page for each family to this folder (default: one page on standard output)
    #[arg(short, long = "output", value_name = "DIR")]
    output: Option<PathBuf>,

    /// A folder of policies to add; a control there replaces the built-in control with the same id
    #[arg(long, value_name = "DIR")]
    policies: Vec<PathBuf>,
}

pub(super) fn run(args: &Args) -> Result<Exit, CliError> {
    let mut pack = Pack::load(&args.policies)?;
    let mut policies = catalogue(&pack, &|_| true);
    example::add(&mut policies, &mut pack);
    let Some(folder) = &args.output else {
        output::to_standard_output(&|out| out.write_all(page(&policies).as_bytes()))?;
        return Ok(Exit::Clean);
    };
    let failed = |path: &Path, error: &std::io::Error| CliError::Write {
        path: path.display().to_string(),
        reason: cutover_export::reason::of(error),
    };
    if folder.is_file() {
        let reason = "it is a file, not a folder".to_owned();
        return Err(CliError::Write { path: folder.display().to_string(), reason });
    }
    fs::create_dir_all(folder).map_err(|error| failed(folder, &error))?;
    let pages = pages(&policies).into_iter().map(|(name, text)| (folder.join(name), text)).collect::<Vec<_>>();
    output::write_all(&pages)?;
    output::to_standard_output(&|out| {
        writeln!(out, "{} pages about {} controls in {}", pages.len(), policies.controls.len(), folder.display())
    })?;
    Ok(Exit::Clean)
}
