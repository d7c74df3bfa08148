//! Members of records as facts: what a record states, with its place.

use cutover_export::field::Field;
use cutover_model::evidence::{Evidence, Origin};
use cutover_model::known::Known;

/// A member as it stands; null says nothing for this member.
pub(crate) fn value<T: Clone>(field: &Field<T>, origin: Origin, member: &'static str) -> Known<T> {
    match field {
        Field::Is(value) => Known::is(value.clone(), Evidence::new(origin, member)),
        _ => Known::Unknown,
    }
}

/// A text; null means empty.
pub(crate) fn text<T>(field: &Field<T>, origin: Origin, member: &'static str) -> Known<T>
where
    T: AsRef<str> + Clone + Default + for<'t> From<&'t str>,
{
    let trimmed = |text: &T| match text.as_ref().trim() {
        // What need not be cut need not be copied either.
        whole if whole.len() == text.as_ref().len() => text.clone(),
        part => part.into(),
    };
    match field {
        Field::Is(text) => Known::is(trimmed(text), Evidence::new(origin, member)),
        Field::Null => Known::is(T::default(), Evidence::new(origin, member)),
        _ => Known::Unknown,
    }
}

/// Whether a member holds anything; null means no, missing means unknown.
pub(crate) fn presence<T>(field: &Field<T>, origin: Origin, member: &'static str) -> Known<bool> {
    match field {
        Field::Is(_) => Known::is(true, Evidence::new(origin, member)),
        Field::Null => Known::is(false, Evidence::new(origin, member)),
        _ => Known::Unknown,
    }
}
