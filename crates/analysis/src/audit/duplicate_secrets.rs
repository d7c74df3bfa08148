//! Where else a secret stands: the same value, found in several places of the export.

use std::collections::BTreeMap;
use std::ops::Range;

use cutover_export::Export;
use cutover_model::evidence::{Evidence, Origin};
use cutover_secrets::Sameness;

/// The places of each secret value.
#[derive(Debug, Default)]
pub(super) struct DuplicateSecrets {
    of_place: BTreeMap<Evidence, Sameness>,
    /// In the order of the files. The keys are drawn anew in each run: their order means nothing and is never used.
    places: BTreeMap<Sameness, Vec<Evidence>>,
}

impl DuplicateSecrets {
    /// Those in some documents of an export.
    pub(super) fn of(export: &Export, documents: &Range<u32>) -> Self {
        let mut duplicate_secrets = Self::default();
        let found = export.secrets.iter().zip(&export.same);
        for ((document, secret), same) in found.filter(|((document, _), _)| documents.contains(document)) {
            let Some(same) = same else { continue };
            let origin = Origin { document: *document, record: secret.record.unwrap_or_default() };
            let place = Evidence::new(origin, secret.member.clone());
            duplicate_secrets.of_place.entry(place.clone()).or_insert(*same);
            duplicate_secrets.places.entry(*same).or_default().push(place);
        }
        for places in duplicate_secrets.places.values_mut() {
            places.sort();
            places.dedup();
        }
        duplicate_secrets
    }

    /// The other places of the secret that stands here, the first ones.
    pub(super) fn beside<'t>(&'t self, place: &Evidence, most: usize) -> impl Iterator<Item = &'t Evidence> {
        let same = self.of_place.get(place).and_then(|same| self.places.get(same));
        same.into_iter().flatten().filter(move |other| *other != place).take(most)
    }
}
