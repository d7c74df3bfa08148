//! `cutover completions` and `cutover man`: made from the definition of the command line itself.

use std::fs;
use std::path::PathBuf;

use clap::{Command, CommandFactory};
use clap_complete::Shell;
use clap_mangen::Man;

use crate::commands::App;
use crate::error::{CliError, Exit};
use crate::output;

/// Print completions for a shell: `cutover completions bash > /etc/bash_completion.d/cutover`.
#[derive(Debug, clap::Args)]
pub(super) struct Completions {
    /// The shell
    shell: Shell,
}

pub(super) fn completions(args: &Completions) -> Result<Exit, CliError> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut App::command(), "cutover", &mut script);
    output::to_standard_output(&|out| out.write_all(&script))?;
    Ok(Exit::Clean)
}

/// Print the manual page, or write the pages of all verbs to a folder.
#[derive(Debug, clap::Args)]
pub(super) struct Manual {
    /// Write cutover.1, cutover-audit.1, … to this folder
    #[arg(value_name = "DIR")]
    folder: Option<PathBuf>,
}

pub(super) fn manual(args: &Manual) -> Result<Exit, CliError> {
    let mut app = App::command();
    app.build();
    let Some(folder) = &args.folder else {
        let page = Man::new(app);
        output::to_standard_output(&|out| page.render(out))?;
        return Ok(Exit::Clean);
    };
    let fault = |error: &std::io::Error| CliError::Write {
        path: folder.display().to_string(),
        reason: cutover_export::reason::of(error),
    };
    fs::create_dir_all(folder).map_err(|error| fault(&error))?;
    let mut pages = Vec::new();
    gather(&app, "cutover", &mut pages).map_err(|error| fault(&error))?;
    let pages: Vec<(PathBuf, String)> =
        pages.into_iter().map(|(name, page)| (folder.join(format!("{name}.1")), page)).collect();
    output::write_all(&pages)?;
    Ok(Exit::Clean)
}

fn gather(command: &Command, name: &str, pages: &mut Vec<(String, String)>) -> std::io::Result<()> {
    let mut page = Vec::new();
    Man::new(command.clone().display_name(name.to_owned())).title(name.to_owned()).render(&mut page)?;
    pages.push((name.to_owned(), String::from_utf8_lossy(&page).into_owned()));
    for verb in command.get_subcommands().filter(|verb| verb.get_name() != "help") {
        gather(verb, &format!("{name}-{}", verb.get_name()), pages)?;
    }
    Ok(())
}
