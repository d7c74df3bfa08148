//! Rotation: keys of the same user and provider that live side by side.
//!
//! The life of a key cannot be changed, so rotating means a second key, a switch, and the deletion of the first. Some
//! overlap is expected; one that does not end means that the first was never deleted.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::keys::ApiKey;
use crate::credentials::StoreIx;
use cutover_model::known::Known;

/// How long a key lives beside a newer one.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Overlap {
    /// Days, begun days included; at most `FOREVER`.
    pub days: i64,
    /// The newer key; empty when there is none.
    pub with: String,
}

/// A hundred years: an overlap without end, in days.
const FOREVER: i64 = 36_500;
/// How many newer keys are looked at for each key.
const NEWER: usize = 64;
const MINUTES_A_DAY: i64 = 24 * 60;

/// For each key, how long it lives beside the newer one of the same user and provider that it overlaps with longest. A
/// key that is not usable on this day overlaps with none.
pub fn overlaps(keys: &[ApiKey], today: NaiveDate) -> Vec<Known<Overlap>> {
    let mut groups: BTreeMap<(StoreIx, String, String), Vec<usize>> = BTreeMap::new();
    let mut found: Vec<(usize, Known<Overlap>)> = Vec::new();
    for (index, key) in keys.iter().enumerate() {
        let none = || Known::is(Overlap::default(), key.origin);
        match (key.usable(today).value(), key.user.value(), key.provider.value()) {
            (Some(false), _, _) => found.push((index, none())),
            (_, Some(user), Some(provider)) => {
                let group = (key.store, user.to_lowercase(), provider.to_lowercase());
                groups.entry(group).or_default().push(index);
            }
            // Whose key it is decides what it overlaps with.
            _ => found.push((index, Known::Unknown)),
        }
    }
    for mut group in groups.into_values() {
        let of = |index: &usize| keys.get(*index);
        group.sort_by_key(|index| of(index).map(|key| (key.issued.value(), &key.identifier)));
        let sure = |key: &ApiKey| {
            key.usable(today).value().is_some() && key.issued.value().is_some() && key.life().value().is_some()
        };
        let unsure = group.len() > 1 && !group.iter().filter_map(of).all(sure);
        for (at, index) in group.iter().enumerate() {
            let Some(key) = of(index) else { continue };
            let newer = group.iter().skip(at + 1).take(NEWER).filter_map(of);
            let longest = newer.map(|newer| between(key, newer)).max_by_key(|overlap| overlap.days);
            let described = if unsure { Known::Unknown } else { Known::is(longest.unwrap_or_default(), key.origin) };
            found.push((*index, described));
        }
    }
    found.sort_by_key(|(index, _)| *index);
    found.into_iter().map(|(_, overlap)| overlap).collect()
}

/// From the issue of the newer key to the end of the one that ends first.
fn between(older: &ApiKey, newer: &ApiKey) -> Overlap {
    let ends = [older, newer].map(ApiKey::end);
    let days = match (ends.into_iter().flatten().min(), newer.issued.value()) {
        (None, _) => FOREVER,
        (Some(end), Some(start)) => {
            let minutes = (end - *start).num_minutes().max(0);
            (minutes / MINUTES_A_DAY + i64::from(minutes % MINUTES_A_DAY > 0)).min(FOREVER)
        }
        (Some(_), None) => 0,
    };
    let with = if days > 0 { newer.identifier.clone() } else { String::new() };
    Overlap { days, with }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cutover_export::records::app_builder::Revoked;
    use cutover_model::evidence::Origin;

    /// A usable key of one user: identifier, day of issue in January 2024, and minutes.
    fn key(identifier: &str, day: u32, minutes: Option<i64>) -> ApiKey {
        let origin = Origin { document: 0, record: 0 };
        let issued = NaiveDate::from_ymd_opt(2024, 1, day).and_then(|day| day.and_hms_opt(8, 0, 0)).unwrap();
        ApiKey {
            store: 0,
            identifier: identifier.to_owned(),
            provider: Known::is("Mobile Keys".to_owned(), origin),
            user: Known::is("svc".to_owned(), origin),
            description: Known::Unknown,
            owner: Known::Unknown,
            consumers: Known::Unknown,
            enabled: Known::is(true, origin),
            revoked: Known::Unknown,
            issued: Known::is(issued, origin),
            lifetime: Known::is(minutes, origin),
            last_used: Known::Unknown,
            user_enabled: Known::Unknown,
            administrator: Known::Unknown,
            writes_sensitive: Known::Unknown,
            user_kind: Known::Unknown,
            origin,
        }
    }

    fn days(keys: Vec<ApiKey>) -> Vec<Option<i64>> {
        let today = NaiveDate::from_ymd_opt(2024, 1, 5).unwrap();
        overlaps(&keys, today).iter().map(|overlap| overlap.value().map(|overlap| overlap.days)).collect()
    }

    #[test]
    fn a_key_that_is_to_be_revoked_lives_until_that_day_and_one_that_was_revoked_overlaps_with_none() {
        let revoked = |day| {
            let mut old = key("a", 1, None);
            old.revoked = Known::is(Revoked::On(NaiveDate::from_ymd_opt(2024, 1, day).unwrap()), old.origin);
            days(vec![old, key("b", 2, None)])
        };
        assert_eq!(revoked(5), [Some(0), Some(0)]);
        assert_eq!(revoked(9), [Some(7), Some(0)]);
    }

    #[test]
    fn the_older_key_overlaps_and_begun_days_count() {
        assert_eq!(days(vec![key("a", 1, Some(2 * 1440)), key("b", 2, None)]), [Some(1), Some(0)]);
        assert_eq!(days(vec![key("a", 1, Some(2 * 1440 + 1)), key("b", 2, None)]), [Some(2), Some(0)]);
        assert_eq!(days(vec![key("a", 1, Some(1440)), key("b", 2, None)]), [Some(0), Some(0)]);
        // Whatever the order of the rows.
        assert_eq!(days(vec![key("b", 2, None), key("a", 1, Some(2 * 1440))]), [Some(0), Some(1)]);
    }

    #[test]
    fn an_overlap_without_end_is_a_number_and_no_overflow() {
        assert_eq!(days(vec![key("a", 1, None), key("b", 2, None)]), [Some(FOREVER), Some(0)]);
        assert_eq!(days(vec![key("a", 1, Some(i64::MAX)), key("b", 2, Some(i64::MAX))]), [Some(FOREVER), Some(0)]);
    }

    #[test]
    fn one_key_whose_end_nobody_knows_leaves_its_group_open() {
        let mut open = key("b", 2, None);
        open.lifetime = Known::Unknown;
        assert_eq!(days(vec![key("a", 1, None), open.clone()]), [None, None]);
        assert_eq!(days(vec![open]), [Some(0)]);
    }
}
