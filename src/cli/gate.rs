//! `cutover gate`.

use std::path::{Path, PathBuf};

use super::judging::{Judging, Output};
use super::reads::Reads;
use super::solving::Solving;
use super::{Exit, Stop, input, job_summary, output};
use crate::export::diagnostic::Level;
use crate::gate::gate_with;
use crate::judge::control::Occasion;
use crate::open::{self, Boundary};
use crate::report::{self, Format};
use crate::result::audit::Diagnostic;
use crate::result::gate::{Basis, Proof};

/// Find what access a change gives and takes, and whether policy allows that: two exports of one company, before and after.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The export before the change: a folder, or a file
    #[arg(value_name = "BEFORE")]
    before: PathBuf,

    /// The export after it
    #[arg(value_name = "AFTER")]
    after: PathBuf,

    /// Also prove that nobody has access that was not there before, in no project there can be; by the solver cvc5
    #[arg(long, help_heading = "Proof")]
    prove: bool,

    #[command(flatten)]
    solving: Solving,

    #[command(flatten)]
    judging: Judging,

    #[command(flatten)]
    output: Output,
}

pub(super) fn run(args: Args) -> Result<Exit, Stop> {
    // Everything that can be wrong with the command is found before a long export is read. Who changes an export may
    // change what lies beside it, too: the settings and waivers that count are those after the change.
    let after = [args.after.clone()];
    let mut loaded = args.judging.load(&after, &[Occasion::Audit, Occasion::Change], args.output.fail_on)?;
    let before = args.before;
    let reads = Reads::exports(&[before.clone(), args.after.clone()]).and(loaded.paths());
    output::check(&args.output.output, &reads)?;
    let (mut export, bar) = input::read_apart(&[before.clone(), args.after.clone()], "comparing")?;
    loaded.files.drain(..).for_each(|file| export.add(file));
    let options = loaded.options(args.judging.reference);
    let records = std::mem::take(&mut export.companies);
    let with_graph = args.output.is_wanted(Format::shows_graph);
    let prover = args.prove.then(|| args.solving.prover());
    let result = gate_with(&export, records, &loaded.pack, &options, prover.as_ref(), with_graph);
    bar.done();
    let mut result = result?;
    result.diagnostics.extend(rules_changed(&before, &args.after));

    let output = args.output;
    input::say_diagnostics(&result.diagnostics, output.verbose);
    // A side that is empty would be silent about everything.
    let mut nothing = false;
    for (side, documents) in ["before", "after"].into_iter().zip(&export.folders) {
        if input::nothing_was_read_of(&export, documents) {
            input::say(&format!("nothing that belongs to an export could be read on the side {side} the change"));
            nothing = true;
        }
    }
    // Where a broken file is why, every format says so.
    if nothing && !result.diagnostics.iter().any(Diagnostic::is_incomplete) {
        return Ok(Exit::Input);
    }
    output::write(
        &|format, style, out| report::gate::gate(&result, format, style, out),
        output.format,
        &output.output,
        output.style(),
    )?;
    job_summary::write(output.annotates(), &|limit, out| report::gate::markdown(&result, limit, out))?;
    input::say_late_changes(&export, &result.diagnostics);
    // Who asks for a proof wants to know: new access is a forbidden change, and so is one that nobody could decide on.
    let is_none = |proof: &Proof| proof.no_new_access && proof.basis != Basis::NotDecided;
    let proved = result.proof.as_ref().is_none_or(is_none);
    if nothing {
        return Ok(Exit::Input);
    }
    let listing = result.listing();
    Ok(loaded.ending.exit(loaded.fails(&listing) || !proved, listing.diagnostics))
}

/// Says where the change edits what it is judged by: whoever approves the one should look at the other.
fn rules_changed(before: &Path, after: &Path) -> Vec<Diagnostic> {
    let changed = |name: &&str| {
        let read = |folder: &Path| {
            let boundary = Boundary::of(folder).ok()?;
            open::text(&folder.join(name), Some(&boundary), open::MAX_WRITTEN_BYTES).ok()
        };
        read(before) != read(after)
    };
    let say = |name: &str| Diagnostic {
        code: "rules-changed".to_owned(),
        severity: Level::Warning,
        message: format!(
            "the change also edits `{name}`, by which it is judged; look at that first, or name a file of your own"
        ),
        location: None,
    };
    ["cutover.toml", "waivers.toml", "reviews.toml"].into_iter().filter(changed).map(say).collect()
}
