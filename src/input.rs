//! What every verb over an export has in common: its paths, its files kept by hand, and what it says on standard error.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read, Write};
use std::ops::{Range, RangeInclusive};
use std::path::{Path, PathBuf};

use chrono::{Datelike, NaiveDate};
use globset::GlobMatcher;

use crate::decisions::Authority;
use crate::environment::blame;
use crate::error::CliError;
use crate::options::{Set, Source};
use crate::output;
use crate::progress::Bar;
use cutover_export::collect;
use cutover_export::collect::{Content, Folder, Input};
use cutover_export::document::Document;
use cutover_export::manual_files;
use cutover_export::manual_files::TomlFault;
use cutover_export::manual_secrets::ByHand;
use cutover_export::open;
use cutover_export::open::{Boundary, Refusal};
use cutover_export::{self as export, Export};
use cutover_inventory::together::repeated;
use cutover_model::diagnostic::{Code, Level};
use cutover_model::escape;
use cutover_model::kind::Kind;
use cutover_model::result::audit::{Diagnostic, TimelineOrigin};
use cutover_model::result::decisions::DecisionOrigin;
use cutover_policy::pattern;
use cutover_policy::timeline::{Timeline, TimelineFile};
use cutover_report::text;

/// The diagnostics of one kind that are said without `-v`.
const MAX_SAID: usize = 20;

/// A day of the calendar, as options take it.
pub(super) fn day(text: &str) -> Result<NaiveDate, String> {
    /// Days before these years, and behind them, are slips: nothing that is evaluated lies there.
    const YEARS: RangeInclusive<i32> = 1970..=9999;
    let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").map_err(|_| "write YYYY-MM-DD")?;
    match YEARS.contains(&day.year()) {
        true => Ok(day),
        false => Err("write YYYY-MM-DD, a day of the years 1970 to 9999".to_owned()),
    }
}

/// Reads the folders, with a bar on a terminal; `then` is said once they are read.
pub(super) fn read(
    paths: &[PathBuf],
    authority: &Authority<'_>,
    then: &'static str,
) -> Result<(Export, Bar), CliError> {
    let folders = folders(paths)?;
    let bar = Bar::new(folders.iter().map(|folder| folder.inputs.len() as u64).sum());
    let export = read_decided(folders, authority, &bar)?;
    refuse_one_company_twice(&export)?;
    bar.show(then);
    Ok((export, bar))
}

/// Reads the folders; what decides among the records is what may.
fn read_decided(mut folders: Vec<Folder>, authority: &Authority<'_>, bar: &Bar) -> Result<Export, CliError> {
    let (kinds, records) = (authority.kinds()?, authority.records()?);
    let is_decided = records.is_some();
    folders.extend(records);
    let mut export = export::read_with_kinds(folders, kinds.as_ref(), bar);
    if is_decided {
        export.decide_by_last_folder();
    }
    Ok(export)
}

/// Two exports of one company would count everything in it twice.
fn refuse_one_company_twice(export: &Export) -> Result<(), CliError> {
    let Some((one, other, id)) = repeated(&export.companies) else { return Ok(()) };
    let path = |number: usize| {
        let first = export.folders.get(number).and_then(|range| export.documents.get(range.start as usize));
        let path = first.map_or("", |document| document.path.as_str());
        escape::name(path.rsplit_once('/').map_or(path, |(folder, _)| folder))
    };
    Err(CliError::Usage {
        what: format!("`{}` and `{}` are exports of the same company, {id}", path(one), path(other)),
        help: "give each company once; `cutover gate` compares two exports of one company".to_owned(),
    })
}

/// Reads each path as a folder of its own, be it a file or not: the one before a change, and the one after it.
pub(super) fn read_apart(
    paths: &[PathBuf],
    authority: &Authority<'_>,
    then: &'static str,
) -> Result<(Export, Bar), CliError> {
    paths.iter().try_for_each(|path| refuse_pipe(path))?;
    let folders: Result<Vec<Vec<Folder>>, CliError> =
        paths.iter().map(|path| folders(std::slice::from_ref(path))).collect();
    let folders: Vec<Folder> = folders?.into_iter().flatten().collect();
    let bar = Bar::new(folders.iter().map(|folder| folder.inputs.len() as u64).sum());
    let export = read_decided(folders, authority, &bar)?;
    bar.show(then);
    Ok((export, bar))
}

/// A side of a change is a folder or a file: nothing that comes but once, or never ends.
fn refuse_pipe(path: &Path) -> Result<(), CliError> {
    match path.metadata() {
        Ok(found) if !found.is_file() && !found.is_dir() => {
            Err(CliError::Export { path: path.display().to_string(), reason: Refusal::NotAFile.to_string() })
        }
        _ => Ok(()),
    }
}

/// Whether there is anything at a path, be it a broken link: what cannot be read is not skipped.
pub(super) fn is_there(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}

/// The boundary of an export folder.
pub(super) fn boundary(folder: &Path) -> Result<Boundary, CliError> {
    let unreadable = |error: io::Error| CliError::Export {
        path: folder.display().to_string(),
        reason: cutover_export::reason::of(&error),
    };
    Boundary::of(folder).map_err(unreadable)
}

/// The boundary of the export folder that a file lies in, if it lies in one: what the file names must lie there, too.
pub(super) fn boundary_of(path: &Path, export: &[PathBuf]) -> Option<Boundary> {
    export.iter().filter_map(|folder| Boundary::of(folder).ok()).find(|boundary| boundary.holds(path))
}

/// The matcher of a pattern that was given with `--control`.
pub(super) fn matcher(pattern: &str) -> Result<GlobMatcher, CliError> {
    pattern::matcher(pattern).map_err(|what| CliError::Usage { what, help: pattern::HELP.to_owned() })
}

/// A pattern that matches none of these ids.
pub(super) fn no_match<'i>(pattern: &str, ids: impl Iterator<Item = &'i str>, help: &str) -> CliError {
    CliError::Usage {
        what: format!("no control matches `{pattern}`"),
        help: pattern::in_capitals(pattern, ids).unwrap_or_else(|| help.to_owned()),
    }
}

/// The built-in timeline of this name, or the file; without a name, the newest that was announced by the day of the run.
pub(super) fn find_timeline(
    chosen: &Set<Option<String>>,
    as_of: NaiveDate,
    export: &[PathBuf],
) -> Result<Timeline, CliError> {
    let Some(name) = &chosen.value else { return Ok(Timeline::announced_by(as_of)) };
    let within = match &chosen.source {
        Source::File(config, _) => boundary_of(Path::new(config), export),
        _ => None,
    };
    let mut timeline = load_timeline(name, within.as_ref()).map_err(|stop| blame(stop, name, "CUTOVER_TIMELINE"))?;
    let chosen_by = match &chosen.source {
        Source::File(config, _) => Some(config.as_str()),
        _ => None,
    };
    // Whoever wrote the export chose these dates, by a file in it or by the settings in it.
    if [Some(name.as_str()), chosen_by].into_iter().flatten().any(|path| is_inside(Path::new(path), export)) {
        timeline.origin = TimelineOrigin::Export;
    }
    Ok(timeline)
}

/// Whether a file lies in one of these folders, or is one of these files.
fn is_inside(path: &Path, folders: &[PathBuf]) -> bool {
    let Ok(path) = path.canonicalize() else { return false };
    folders.iter().filter_map(|folder| folder.canonicalize().ok()).any(|folder| path.starts_with(folder))
}

fn load_timeline(name: &str, within: Option<&Boundary>) -> Result<Timeline, CliError> {
    if let Some(timeline) = Timeline::built_in(name) {
        return Ok(timeline);
    }
    let unknown = || CliError::Usage {
        what: format!("there is no timeline `{name}`"),
        help: format!("known are {}; or give a file like those in policies/timelines", Timeline::ids().join(", ")),
    };
    if !Path::new(name).exists() {
        return Err(unknown());
    }
    let read = read_by_hand(Path::new(name), within)?;
    let timeline: Timeline =
        manual_files::parse(&read.text).map_err(|fault| hand_kept_fault(name, &read.text, fault))?;
    let (path, sha256) = (read.path().to_owned(), read.sha256().to_owned());
    let file = Some(TimelineFile { path, sha256, origin: DecisionOrigin::CommandLine });
    Ok(Timeline { origin: TimelineOrigin::File, file, ..timeline })
}

/// The text of a regular file of at most so many bytes; one that an export names lies within its boundary.
pub(super) fn read_to_string(path: &Path, within: Option<&Boundary>, max_bytes: u64) -> Result<String, CliError> {
    let unreadable = |error: io::Error| CliError::File {
        path: path.display().to_string(),
        reason: cutover_export::reason::of(&error),
    };
    open::text(path, within, max_bytes).map_err(unreadable)
}

/// A file that somebody wrote for the evaluator. Whatever parses or shows it sees it without secrets. One that was found in
/// an export, or that a file in it names, must lie in that export; one that the user named may lie anywhere.
pub(super) fn read_by_hand(path: &Path, within: Option<&Boundary>) -> Result<ByHand, CliError> {
    let text = read_to_string(path, within, open::MAX_WRITTEN_BYTES)?;
    Ok(ByHand::new(&path.display().to_string(), text))
}

pub(super) fn hand_kept_fault(path: &str, text: &str, fault: TomlFault) -> CliError {
    let before = text.get(..fault.offset).unwrap_or_default();
    let (line, column) =
        (before.matches('\n').count() + 1, before.chars().rev().take_while(|letter| *letter != '\n').count() + 1);
    CliError::HandKept { path: path.to_owned(), line, column, what: fault.what }
}

fn folders(paths: &[PathBuf]) -> Result<Vec<Folder>, CliError> {
    let (standard_input, paths): (Vec<&PathBuf>, Vec<&PathBuf>) =
        paths.iter().partition(|path| path.as_path() == Path::new("-"));
    let unreadable = |path: &Path, reason: String| CliError::Export { path: path.display().to_string(), reason };
    // A path that is not there is a slip, not a gap in an export.
    if let Some(path) = paths.iter().find(|path| !path.exists()) {
        return Err(unreadable(path, "there is no such file or folder".to_owned()));
    }
    let mut folders = collect::folders(&paths.into_iter().cloned().collect::<Vec<_>>());
    if !standard_input.is_empty() {
        let mut bytes = Vec::new();
        let read = io::stdin().lock().take(collect::LONGEST_FILE + 1).read_to_end(&mut bytes);
        read.map_err(|error| unreadable(Path::new("-"), cutover_export::reason::of(&error)))?;
        if bytes.len() as u64 > collect::LONGEST_FILE {
            return Err(unreadable(Path::new("-"), "longer than 8 GiB".to_owned()));
        }
        let input = Input { name: "-.json".to_owned(), path: "-".to_owned(), content: Content::Bytes(bytes) };
        folders.push(Folder { inputs: vec![input], faults: Vec::new() });
    }
    Ok(folders)
}

/// Diagnostics go to standard error, whatever the format; notes, and the many of one kind, only when asked for.
pub(super) fn print_diagnostics(diagnostics: &[Diagnostic], verbose: bool) {
    let style = output::style_of_errors();
    let mut out = io::stderr().lock();
    let mut said: BTreeMap<&str, usize> = BTreeMap::new();
    for diagnostic in diagnostics.iter().filter(|diagnostic| verbose || diagnostic.severity > Level::Note) {
        let count = said.entry(&diagnostic.code).or_default();
        *count += 1;
        if verbose || *count <= MAX_SAID {
            let _ = text::diagnostic(diagnostic, style, &mut out);
        }
    }
    if !verbose {
        for (code, count) in said.into_iter().filter(|(_, count)| *count > MAX_SAID) {
            let _ = writeln!(out, "  … and {} more of [{code}]; -v and --format json list them", count - MAX_SAID);
        }
    }
    let _ = out.flush();
}

/// A file may still change while its lines are shown, when the diagnostics were said already.
pub(super) fn print_late_changes(export: &Export, said: &[Diagnostic]) {
    let of = |diagnostic: &Diagnostic| diagnostic.location.as_ref().map(|location| location.path.clone());
    let known: BTreeSet<String> =
        said.iter().filter(|diagnostic| diagnostic.code == Code::Changed.id()).filter_map(of).collect();
    for document in export.changed() {
        if !known.contains(&document.path) {
            let path = escape::name(&document.path);
            print_note(&format!(
                "{path} changed while its lines were shown, so that some are missing; export it again"
            ));
        }
    }
}

pub(super) fn print_note(what: &str) {
    let _ = writeln!(io::stderr().lock(), "error: {what}");
}

pub(super) fn note(what: &str) {
    let _ = writeln!(io::stderr().lock(), "note: {what}");
}

/// No file that came from Procore: those written by hand are no export.
pub(super) fn nothing_was_read(export: &Export) -> bool {
    nothing_was_read_of(export, &(0..u32::MAX))
}

/// The same of some documents, by their numbers.
pub(super) fn nothing_was_read_of(export: &Export, documents: &Range<u32>) -> bool {
    let manual_secrets = [Kind::Settings, Kind::Reviews, Kind::Export];
    let read =
        |document: &Document| !document.broken && document.kind.is_some_and(|kind| !manual_secrets.contains(&kind));
    let of_range = export.documents.iter().zip(0..).filter(|(_, number)| documents.contains(number));
    !of_range.map(|(document, _)| document).any(read)
}
