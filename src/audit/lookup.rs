//! The places of some violations, looked up together: many of them are the same.

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::places::location;
use crate::export::Export;
use crate::export::document::Evidence;
use crate::result::Location;

/// Places by what is said there.
pub(super) struct Lookup<'e> {
    numbers: FxHashMap<&'e Evidence, usize>,
    places: Vec<Option<Location>>,
}

impl<'e> Lookup<'e> {
    /// Looks up some places, each once; with its lines where anybody asks for them.
    pub(super) fn of(export: &Export, asked: impl Iterator<Item = (&'e Evidence, bool)>) -> Self {
        let mut numbers: FxHashMap<&Evidence, usize> = FxHashMap::default();
        let mut distinct: Vec<(&Evidence, bool)> = Vec::new();
        for (evidence, with_snippet) in asked {
            let number = *numbers.entry(evidence).or_insert_with(|| {
                distinct.push((evidence, false));
                distinct.len() - 1
            });
            distinct.get_mut(number).into_iter().for_each(|(_, wanted)| *wanted |= with_snippet);
        }
        let place = |(evidence, with_snippet): &(&Evidence, bool)| location(export, evidence, *with_snippet);
        Self { numbers, places: distinct.par_iter().map(place).collect() }
    }

    /// A place with its lines, if they were asked for.
    pub(super) fn whole(&self, evidence: &Evidence) -> Option<Location> {
        self.find(evidence).cloned()
    }

    /// A place without its lines.
    pub(super) fn bare(&self, evidence: &Evidence) -> Option<Location> {
        let Location { path, line, column, pointer, snippet: _ } = self.find(evidence)?;
        Some(Location { path: path.clone(), line: *line, column: *column, pointer: pointer.clone(), snippet: None })
    }

    fn find(&self, evidence: &Evidence) -> Option<&Location> {
        self.places.get(*self.numbers.get(evidence)?)?.as_ref()
    }
}
