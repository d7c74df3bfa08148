//! Working days: Monday to Friday, and no change in a freeze.

use chrono::{Datelike, Days, NaiveDate, Weekday};

use cutover_model::result::plan::Period;

/// How far ahead work is looked for, in days: a freeze beyond that has no end.
const HORIZON: u64 = 20 * 366;

/// The days on which something can be done.
#[derive(Debug, Clone)]
pub struct Calendar {
    freezes: Vec<Period>,
}

impl Calendar {
    /// A calendar with these freezes.
    pub fn new(mut freezes: Vec<Period>) -> Self {
        freezes.sort();
        Self { freezes }
    }

    /// Whether work is done on this day; `changes` determines whether it changes something in production.
    pub fn is_open(&self, day: NaiveDate, changes: bool) -> bool {
        let weekend = matches!(day.weekday(), Weekday::Sat | Weekday::Sun);
        let frozen = || self.freezes.iter().any(|freeze| freeze.from <= day && day <= freeze.to);
        !weekend && (!changes || !frozen())
    }

    /// The first open day from this one on.
    pub fn next_open(&self, day: NaiveDate, changes: bool) -> Option<NaiveDate> {
        self.walk(day, 0, changes, &|day, days| day.checked_add_days(Days::new(days)))
    }

    /// The day on which so many days of work end that begin on an open day; no work ends where it begins.
    pub fn end(&self, begin: NaiveDate, days: u32, changes: bool) -> Option<NaiveDate> {
        self.walk(begin, days.saturating_sub(1), changes, &|day, days| day.checked_add_days(Days::new(days)))
    }

    /// The last open day up to this one.
    pub fn last_open(&self, day: NaiveDate, changes: bool) -> Option<NaiveDate> {
        self.walk(day, 0, changes, &|day, days| day.checked_sub_days(Days::new(days)))
    }

    /// The day on which so many days of work must begin to end on an open day.
    pub fn begin(&self, end: NaiveDate, days: u32, changes: bool) -> Option<NaiveDate> {
        self.walk(end, days.saturating_sub(1), changes, &|day, days| day.checked_sub_days(Days::new(days)))
    }

    /// Working days after the first day, up to the second; negative when the second is earlier.
    pub fn between(&self, from: NaiveDate, to: NaiveDate) -> i64 {
        if to < from {
            return -self.between(to, from);
        }
        // Whole weeks have five; the rest is counted.
        let days = (to - from).num_days();
        let rest = from.iter_days().skip(1).take(usize::try_from(days % 7).unwrap_or_default());
        days / 7 * 5 + i64::try_from(rest.filter(|day| self.is_open(*day, false)).count()).unwrap_or_default()
    }

    /// The Monday of a day's week.
    pub fn week(day: NaiveDate) -> NaiveDate {
        day.checked_sub_days(Days::new(u64::from(day.weekday().num_days_from_monday()))).unwrap_or(day)
    }

    fn walk(
        &self,
        from: NaiveDate,
        mut more: u32,
        changes: bool,
        step: &dyn Fn(NaiveDate, u64) -> Option<NaiveDate>,
    ) -> Option<NaiveDate> {
        for days in 0..HORIZON {
            let day = step(from, days)?;
            if self.is_open(day, changes) {
                if more == 0 {
                    return Some(day);
                }
                more -= 1;
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn weekends_and_freezes_are_passed_over() {
        let calendar = Calendar::new(vec![Period { from: day("2024-10-16"), to: day("2024-10-17") }]);
        // 2024-10-15 is a Tuesday.
        assert_eq!(calendar.end(day("2024-10-15"), 2, true), Some(day("2024-10-18")));
        assert_eq!(calendar.end(day("2024-10-15"), 2, false), Some(day("2024-10-16")));
        assert_eq!(calendar.next_open(day("2024-10-19"), true), Some(day("2024-10-21")));
        assert_eq!(calendar.begin(day("2024-10-21"), 2, true), Some(day("2024-10-18")));
    }

    #[test]
    fn days_between_are_counted_both_ways() {
        let calendar = Calendar::new(Vec::new());
        assert_eq!(calendar.between(day("2024-10-15"), day("2024-10-29")), 10);
        assert_eq!(calendar.between(day("2024-10-18"), day("2024-10-21")), 1);
        assert_eq!(calendar.between(day("2024-10-21"), day("2024-10-18")), -1);
    }

    #[test]
    fn a_freeze_without_end_leaves_no_day() {
        let calendar = Calendar::new(vec![Period { from: day("2024-01-01"), to: day("2224-01-01") }]);
        assert_eq!(calendar.next_open(day("2024-10-15"), true), None);
    }
}
