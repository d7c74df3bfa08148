//! When each edit is done: on the first open day, or so many in a week as may be.

use chrono::{Days, NaiveDate};

use crate::plan::calendar::Calendar;
use crate::plan::{Options, PlanError};
use cutover_policy::steps::StepKind;

/// Gives the edits their days, in their order: the first day and the last of each. Without a capacity nothing keeps them
/// apart.
///
/// # Errors
/// When a freeze leaves no day.
pub(super) fn dates(kinds: &[&StepKind], options: &Options) -> Result<Vec<(NaiveDate, NaiveDate)>, PlanError> {
    let calendar = Calendar::new(options.freezes.clone());
    let none = || PlanError::Terms {
        what: "the freeze windows leave no working day".to_owned(),
        help: "shorten a --freeze: no change fits in the next twenty years".to_owned(),
    };
    let mut out = Vec::with_capacity(kinds.len());
    let mut start = options.start.unwrap_or(options.as_of);
    let mut in_week = (None, 0);
    for kind in kinds {
        let mut begin = calendar.next_open(start, kind.changes).ok_or_else(none)?;
        // What does not fit into a week begins in the next one in which anything can be done.
        while in_week.0 == Some(Calendar::week(begin)) && options.capacity.is_some_and(|most| in_week.1 >= most) {
            start = Calendar::week(begin).checked_add_days(Days::new(7)).ok_or_else(none)?;
            begin = calendar.next_open(start, kind.changes).ok_or_else(none)?;
        }
        let week = Some(Calendar::week(begin));
        in_week = if in_week.0 == week { (week, in_week.1 + 1) } else { (week, 1) };
        out.push((begin, calendar.end(begin, kind.days, kind.changes).ok_or_else(none)?));
    }
    Ok(out)
}
