//! A gate for people: first what changed, then the violations.

pub(crate) mod danger;
mod markdown;
mod overview;
mod text;
pub(super) mod words;

pub(super) use markdown::write as markdown;
pub(super) use text::write as text;
