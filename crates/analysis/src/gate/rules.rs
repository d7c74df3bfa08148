//! What decides how a change is evaluated: the side before it. What the change brings is reported and does not count.

use std::ops::Range;

use crate::audit::Options;
use cutover_export::Export;
use cutover_export::decisions::FileDecision;
use cutover_model::diagnostic::{Code, Diagnostic, Place};
use cutover_model::escape;
use cutover_model::result::decisions::DecisionKind;
use cutover_policy::pack::Pack;

/// What decides, on one day.
#[derive(Debug, Clone, Copy)]
pub struct Rules<'a> {
    /// The controls, and what the organisation changed of them.
    pub pack: &'a Pack,
    /// The day, the announced dates and the waivers.
    pub options: &'a Options,
}

/// Decisions that arrive with a change, beside those that the exports themselves hold.
#[derive(Debug, Default)]
pub struct Arriving<'a> {
    /// What differs from what decides now: one `rules-changed` for each file.
    pub diagnostics: Vec<Diagnostic>,
    /// What would decide once the change is accepted; `None` where that is the same.
    pub accepted: Option<Rules<'a>>,
}

/// How a file that decides differs after a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Difference {
    /// It is new, or says something else.
    Edited,
    /// It is gone.
    Removed,
}

/// Reports a file that decides and that a change edits or removes.
pub fn rules_changed(difference: Difference, name: &str, effect: &str, place: Place) -> Diagnostic {
    let name = escape::name(name);
    let message = match difference {
        Difference::Edited => format!(
            "the change also edits `{name}`, which affects its own evaluation; the edit does not count until \
             it is accepted: {effect}"
        ),
        Difference::Removed => {
            format!(
                "the change also removes `{name}`, which affects its own evaluation; the file still counts: {effect}"
            )
        }
    };
    Diagnostic::new(Code::RulesChanged, place, message)
}

/// The files of both sides that decide, compared.
#[derive(Debug, Default)]
pub(super) struct Compared {
    /// Those to list: of the side before, and what is different after it.
    pub(super) files: Vec<FileDecision>,
    /// One for each difference.
    pub(super) diagnostics: Vec<Diagnostic>,
    /// Whether reviews or settings differ.
    pub(super) decisions: bool,
    /// Whether the kinds that are given to files differ.
    pub(super) kinds: bool,
}

/// Compares the files of the exports that decide.
pub(super) fn compare(export: &Export, [before, after]: [&Range<u32>; 2]) -> Compared {
    let mut out = Compared::default();
    let counts = |file: &&FileDecision, side: &Range<u32>| !file.ignored && side.contains(&file.document);
    let were: Vec<&FileDecision> = export.decisions.iter().filter(|file| counts(file, before)).collect();
    let are: Vec<&FileDecision> = export.decisions.iter().filter(|file| counts(file, after)).collect();
    out.files.extend(export.decisions.iter().filter(|file| !counts(file, after)).cloned());
    let (same, different): (Vec<&FileDecision>, Vec<&FileDecision>) =
        are.iter().copied().partition(|is| were.iter().any(|was| key(export, was) == key(export, is)));
    let mut report = |file: &FileDecision, difference: Difference| {
        match file.kind {
            DecisionKind::Kinds => out.kinds = true,
            _ => out.decisions = true,
        }
        let Some(document) = export.documents.get(file.document as usize) else { return };
        let place = Place::Path(document.path.clone());
        out.diagnostics.push(rules_changed(difference, &document.name, &file.effect, place));
    };
    for file in different {
        report(file, Difference::Edited);
        out.files.push(FileDecision { ignored: true, ..file.clone() });
    }
    for was in were {
        let is_there = same.iter().chain(&are).any(|is| is.kind == was.kind && name(export, is) == name(export, was));
        if !is_there {
            report(was, Difference::Removed);
        }
    }
    out
}

fn name<'e>(export: &'e Export, file: &FileDecision) -> &'e str {
    export.documents.get(file.document as usize).map_or("", |document| &document.name)
}

/// What is the same where nothing changed.
fn key<'e>(export: &'e Export, file: &'e FileDecision) -> (DecisionKind, &'e str, &'e str) {
    (file.kind, name(export, file), &file.digest)
}
