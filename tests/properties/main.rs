//! What holds for every input: properties over generated companies, packs and changes.

#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test that panics has failed, helpers included"
)]

mod support;

mod cedar_corpus;
mod effective_access;
mod exactness;
mod gate_changes;
mod generated_companies;
mod judges;
mod plan;
mod readers;
mod scrub;
mod verdicts_identity;
mod violation_identity;
