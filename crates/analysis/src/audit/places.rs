//! From evidence to places a person can open, with a few safe lines of the file.
//!
//! Files are read once more for that, so many places are looked up together: each file is opened once, and asked in the
//! order of its records.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::snippet::snippet;
use cutover_export::Export;
use cutover_export::document::{Document, Indices, Position, Reading};
use cutover_model::diagnostic::{Code, Diagnostic, Level, Place};
use cutover_model::evidence::{Evidence, Origin};
use cutover_model::kind::Kind;
use cutover_model::result::audit as result;
use cutover_model::result::{Location, Snippet};
use cutover_policy::org_overrides::Levels;

/// Diagnostics of one kind about one file, each with its own text.
const MAX_OF_A_KIND: usize = 50;
/// The places of one file that one thread looks up at least, before others help.
const MIN_PLACES_PER_THREAD: usize = 1 << 8;
/// One file is opened by so many threads at most: each reads parts of it again.
const MAX_READERS: usize = 16;

/// An index with fewer entries is rebuilt when it is needed: those of most files are not kept.
const MIN_KEPT: usize = 1 << 8;
/// How many entries of all files together are kept, beside those of the last file.
const MAX_KEPT: usize = 1 << 19;

/// The places of one export that are remembered at most: what is forgotten is looked up again.
const MAX_REMEMBERED: usize = 1 << 17;

/// What an evidence speaks of: a record, and a member of it.
pub type Said<'v> = (Origin, &'v str);

/// What can be looked up in a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Spot<'v> {
    Member(u32, &'v str),
    Offset(usize),
}

/// A document and a spot in it.
type Key<'v> = (u32, Spot<'v>);

/// What is to be looked up, and whether its lines are to be shown.
type Wanted<'v> = (Key<'v>, bool);

/// What was looked up.
#[derive(Debug, Clone)]
struct Seen {
    line: usize,
    column: usize,
    pointer: String,
}

/// The places of an export.
#[derive(Debug)]
pub struct Places<'e> {
    export: &'e Export,
    /// The place of each document in the order of the paths.
    order: Vec<u32>,
    known: FxHashMap<Key<'e>, Seen>,
    /// The lines of those that were prepared last; `None` where none can be shown.
    snippets: FxHashMap<Key<'e>, Option<Snippet>>,
    indices: Mutex<KeptIndices<'e>>,
}

/// Indexes over long records and rows of the files, kept so that they are not rebuilt for every few violations.
#[derive(Debug, Default)]
struct KeptIndices<'e> {
    of: FxHashMap<u32, Indices<'e>>,
    size: usize,
}

impl<'e> KeptIndices<'e> {
    fn keep(&mut self, document: u32, indices: Indices<'e>) {
        let known = self.of.get(&document).map_or(0, Indices::size);
        if indices.size() < MIN_KEPT || indices.size() <= known {
            return;
        }
        if self.size > MAX_KEPT {
            *self = Self::default();
        }
        self.size += indices.size();
        self.of.insert(document, indices);
    }
}

impl<'e> Places<'e> {
    /// Those of this export; none of them is looked up yet.
    pub fn of(export: &'e Export) -> Self {
        let path = |document: &u32| export.documents.get(*document as usize).map(|document| document.path.as_str());
        let mut sorted: Vec<u32> = (0..).take(export.documents.len()).collect();
        sorted.sort_by(|one, two| path(one).cmp(&path(two)));
        let mut order = vec![0; sorted.len()];
        for (rank, same) in (0..).zip(sorted.chunk_by(|one, two| path(one) == path(two))) {
            for document in same {
                order.get_mut(*document as usize).into_iter().for_each(|place| *place = rank);
            }
        }
        Self { export, order, known: FxHashMap::default(), snippets: FxHashMap::default(), indices: Mutex::default() }
    }

    /// Where a record comes in the order of the paths. Records of one file stand one after the other: so do their places.
    pub(super) fn order(&self, record: Origin) -> (u32, usize) {
        let document = self.export.documents.get(record.document as usize);
        let start =
            document.and_then(|document| document.spans.get(record.record as usize)).map_or(0, |span| span.start);
        (self.order.get(record.document as usize).copied().unwrap_or(u32::MAX), start)
    }

    /// Looks up places that will be asked for, each with or without its lines.
    pub fn prepare(&mut self, places: impl ParallelIterator<Item = (Said<'e>, bool)>) {
        self.look_up(places.map(|(said, shown)| (key(said), shown)).collect());
    }

    fn look_up(&mut self, mut wanted: Vec<Wanted<'e>>) {
        if self.known.len() > MAX_REMEMBERED {
            self.known.clear();
        }
        self.snippets.clear();
        wanted.par_sort_unstable();
        wanted.dedup_by(|next, kept| {
            let same = next.0 == kept.0;
            kept.1 |= same && next.1;
            same
        });
        wanted.retain(|(key, shown)| *shown || !self.known.contains_key(key));
        let of_files: Vec<&[Wanted<'_>]> = wanted
            .chunk_by(|(one, _), (two, _)| one.0 == two.0)
            .flat_map(|of_file| of_file.chunks(MIN_PLACES_PER_THREAD.max(of_file.len().div_ceil(MAX_READERS))))
            .collect();
        let seen: Vec<Vec<_>> = of_files.into_par_iter().map(|of_file| self.look_up_in_file(of_file)).collect();
        for ((key, _), (seen, snippet)) in wanted.into_iter().zip(seen.into_iter().flatten()) {
            self.known.insert(key, seen);
            if let Some(snippet) = snippet {
                self.snippets.insert(key, snippet);
            }
        }
    }

    /// Looks up places of one document, in their order.
    fn look_up_in_file(&self, wanted: &[Wanted<'_>]) -> Vec<(Seen, Option<Option<Snippet>>)> {
        let number = wanted.first().map_or(u32::MAX, |((document, _), _)| *document);
        let Some(document) = self.export.documents.get(number as usize) else {
            return wanted.iter().map(|_| (Seen::nowhere(), None)).collect();
        };
        let kept = || self.indices.lock().unwrap_or_else(PoisonError::into_inner);
        let known = kept().of.get(&number).cloned();
        let mut reading = known.map_or_else(|| document.open(), |known| document.reopen(known));
        let seen = wanted.iter().map(|((_, spot), shown)| look(document, &mut reading, *spot, *shown)).collect();
        kept().keep(number, reading.indices());
        seen
    }

    /// Where an evidence stands.
    pub fn location(&self, said: Said<'_>, with_snippet: bool) -> Option<Location> {
        self.described(key(said), with_snippet)
    }

    fn described(&self, key: Key<'_>, with_snippet: bool) -> Option<Location> {
        let (number, spot) = key;
        let document = self.export.documents.get(number as usize)?;
        let known = self.known.get(&key).cloned().map(|seen| (seen, self.snippets.get(&key).cloned()));
        // What was not prepared is looked up by itself.
        let (seen, snippet) = known
            .filter(|(_, snippet)| !with_snippet || snippet.is_some())
            .unwrap_or_else(|| look(document, &mut document.open(), spot, with_snippet));
        Some(Location {
            path: document.path.clone(),
            line: seen.line,
            column: seen.column,
            pointer: seen.pointer,
            snippet: snippet.flatten().filter(|_| with_snippet),
        })
    }

    fn place(&self, place: &Place) -> Option<Location> {
        let whole = |path: &str, line| Location {
            path: path.to_owned(),
            line,
            column: 1,
            pointer: String::new(),
            snippet: None,
        };
        match place {
            Place::None => None,
            Place::Path(path) => Some(whole(path, 1)),
            Place::Line(path, line) => Some(whole(path, *line)),
            Place::Offset(number, offset) => self.described((*number, Spot::Offset(*offset)), true),
            Place::Member(origin, member) => self.location((*origin, member), true),
        }
    }

    /// The files that turned out to be others than those that were read. What is known of them stays; their lines are
    /// not shown.
    fn changed(&self) -> impl Iterator<Item = Diagnostic> {
        self.export.changed().into_iter().map(|document| {
            let message = "the file changed after it was read, so its lines are not shown; export it again";
            Diagnostic::new(Code::Changed, Place::Path(document.path.clone()), message)
        })
    }
}

impl Seen {
    fn nowhere() -> Self {
        Self { line: 1, column: 1, pointer: String::new() }
    }
}

fn key((origin, member): Said<'_>) -> Key<'_> {
    (origin.document, Spot::Member(origin.record, member))
}

/// Looks a place up, with its lines where they are to be shown.
fn look(
    document: &Document,
    reading: &mut Reading<'_>,
    spot: Spot<'_>,
    with_snippet: bool,
) -> (Seen, Option<Option<Snippet>>) {
    let Position { line, column, pointer, span } = match spot {
        Spot::Member(record, member) => reading.position(record, member),
        Spot::Offset(offset) => {
            let (line, column) = reading.text.line_column(offset).unwrap_or((1, 1));
            Position { line, column, pointer: String::new(), span: offset..offset.saturating_add(1) }
        }
    };
    let snippet = with_snippet.then(|| snippet(document, &mut reading.text, line, span));
    (Seen { line, column, pointer }, snippet)
}

/// Where an evidence stands, looked up by itself and without its lines.
pub fn location(export: &Export, evidence: &Evidence) -> Option<Location> {
    let document = export.documents.get(evidence.origin.document as usize)?;
    let spot = Spot::Member(evidence.origin.record, &evidence.member);
    let (seen, _) = look(document, &mut document.open(), spot, false);
    Some(Location {
        path: document.path.clone(),
        line: seen.line,
        column: seen.column,
        pointer: seen.pointer,
        snippet: None,
    })
}

/// How loud a diagnostic is; `None` for one that is silenced. Settings inside an export do not make one less loud that
/// says what decides who administers the company: the levels of users and templates.
fn level(export: &Export, diagnostic: &Diagnostic, levels: &Levels) -> Option<Level> {
    let chosen = levels.of(diagnostic.code);
    match levels.of_export && decides_administration(export, diagnostic) {
        true => chosen.max(Some(diagnostic.code.level())),
        false => chosen,
    }
}

fn decides_administration(export: &Export, diagnostic: &Diagnostic) -> bool {
    let (Some(number), _) = document(&diagnostic.place) else { return false };
    let kind = export.documents.get(number as usize).and_then(|document| document.kind);
    let is_doubt = matches!(diagnostic.code, Code::Conflict | Code::Member | Code::UnknownLevel | Code::Unresolved);
    is_doubt
        && matches!(
            kind,
            Some(
                Kind::Users
                    | Kind::InactiveUsers
                    | Kind::ProjectUsers
                    | Kind::PermissionTemplates
                    | Kind::PermissionManifests
                    | Kind::TemplateAssignments
            )
        )
}

/// How many diagnostics of each code are silenced.
pub fn silenced(export: &Export, diagnostics: &[Diagnostic], levels: &Levels) -> BTreeMap<Code, usize> {
    let mut counts = BTreeMap::new();
    for diagnostic in diagnostics.iter().filter(|diagnostic| level(export, diagnostic, levels).is_none()) {
        *counts.entry(diagnostic.code).or_default() += 1;
    }
    counts
}

/// Diagnostics with their places, in the order of the files. The same words about many records of a file are said
/// once, with their number; different words of one kind are cut off after a while.
pub fn diagnostics(export: &Export, mut diagnostics: Vec<Diagnostic>, levels: &Levels) -> Vec<result::Diagnostic> {
    diagnostics.retain(|diagnostic| level(export, diagnostic, levels).is_some());
    diagnostics.sort_by(|one, two| order(one).cmp(&order(two)));
    diagnostics.dedup();
    let mut described: Vec<(Diagnostic, usize, Option<Level>)> = Vec::new();
    for kind in diagnostics.chunk_by(|one, two| (one.code, document(&one.place)) == (two.code, document(&two.place))) {
        let mut words = kind.chunk_by(|one, two| one.message == two.message);
        for same in words.by_ref().take(MAX_OF_A_KIND) {
            described.extend(same.first().map(|first| (first.clone(), same.len(), level(export, first, levels))));
        }
        let left: usize = words.map(<[Diagnostic]>::len).sum();
        if let (Some(first), 1..) = (kind.first(), left) {
            let message = format!("{left} more of this kind in this file");
            let place = whole(export, &first.place);
            described.push((Diagnostic::new(first.code, place, message), 1, level(export, first, levels)));
        }
    }
    let mut places = Places::of(export);
    places.look_up(described.iter().filter_map(|(diagnostic, ..)| wanted(&diagnostic.place)).collect());
    let mut shown: Vec<_> =
        described.iter().map(|(diagnostic, times, level)| show(&places, diagnostic, *times, *level)).collect();
    let changed = places.changed().filter(|diagnostic| levels.of(diagnostic.code).is_some());
    shown.extend(changed.map(|diagnostic| show(&places, &diagnostic, 1, levels.of(diagnostic.code))));
    shown.sort_by(|one, two| {
        let order = |shown: &result::Diagnostic| {
            (std::cmp::Reverse(shown.severity), shown.location.clone(), shown.code.clone())
        };
        order(one).cmp(&order(two)).then_with(|| one.message.cmp(&two.message))
    });
    shown
}

/// What is to be looked up for a place of a diagnostic.
fn wanted(place: &Place) -> Option<Wanted<'_>> {
    match place {
        Place::Offset(number, offset) => Some(((*number, Spot::Offset(*offset)), true)),
        Place::Member(origin, member) => Some((key((*origin, member)), true)),
        Place::None | Place::Path(_) | Place::Line(..) => None,
    }
}

fn order(diagnostic: &Diagnostic) -> (Code, (Option<u32>, &str), &str, &Place) {
    (diagnostic.code, document(&diagnostic.place), &diagnostic.message, &diagnostic.place)
}

/// The file of a place: by number, or by path where it is no document.
fn document(place: &Place) -> (Option<u32>, &str) {
    match place {
        Place::Offset(document, _) => (Some(*document), ""),
        Place::Member(origin, _) => (Some(origin.document), ""),
        Place::Path(path) | Place::Line(path, _) => (None, path),
        Place::None => (None, ""),
    }
}

/// The file of a place, without a line.
fn whole(export: &Export, place: &Place) -> Place {
    match document(place) {
        (Some(document), _) => {
            let document = export.documents.get(document as usize);
            document.map_or(Place::None, |document| Place::Path(document.path.clone()))
        }
        (None, "") => Place::None,
        (None, path) => Place::Path(path.to_owned()),
    }
}

fn show(places: &Places<'_>, diagnostic: &Diagnostic, times: usize, level: Option<Level>) -> result::Diagnostic {
    let more = match times.saturating_sub(1) {
        0 => String::new(),
        1 => " (and in 1 more place of this file)".to_owned(),
        more => format!(" (and in {more} more places of this file)"),
    };
    result::Diagnostic {
        code: diagnostic.code.id().to_owned(),
        severity: level.unwrap_or(diagnostic.code.level()),
        message: format!("{}{more}", diagnostic.message),
        location: places.place(&diagnostic.place),
    }
}
