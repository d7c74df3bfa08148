//! `reviews.toml`: its entries, each with its place in the file.

use std::borrow::Cow;
use std::ops::Range;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer};
use toml::Spanned;

use super::apps::{AppReview, InstallRequest, Replacement, UpdateOffer, VendorReview, VersionReview};
use super::decisions::{
    ApprovedProjects, ConfirmedPerson, Exception, Link, NewProjects, PlannedDeletion, Reason, Review, Usage,
};
use super::{TomlFault, parse};
use crate::Read;
use cutover_model::evidence::Origin;

/// Declares `reviews.toml` once: each list under the name of its entries in the file.
macro_rules! reviews {
    ($($(#[$note:meta])* $list:ident = $entry:ident: $type:ty,)*) => {
        /// `reviews.toml`, entry by entry with its place in the file.
        #[derive(Debug, Clone, Default)]
        pub struct Reviews {
            $($(#[$note])* pub $list: Vec<Read<$type>>,)*
        }

        /// `reviews.toml`, as it is written.
        #[derive(Debug, Default, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields, default)]
        #[schemars(title = "reviews.toml")]
        pub struct ReviewsFile {
            $($(#[$note])* $entry: Vec<Placed<$type>>,)*
        }

        impl Reviews {
            /// Takes over the entries of another file.
            pub fn append(&mut self, other: &mut Self) {
                $(self.$list.append(&mut other.$list);)*
            }

            /// How many entries of each name a file holds, without those of which there are none.
            pub fn counts(&self, document: u32) -> Vec<(&'static str, usize)> {
                let of_file = |origin: Origin| origin.document == document;
                let counts = [$((stringify!($entry), self.$list.iter().filter(|read| of_file(read.origin)).count())),*];
                counts.into_iter().filter(|(_, count)| *count > 0).collect()
            }

            fn place(file: ReviewsFile, entries: &mut Entries) -> Self {
                Self { $($list: entries.place(file.$entry),)* }
            }
        }
    };
}

reviews! {
    /// Grants outside the rules that are accepted.
    exceptions = exception: Exception,
    /// Why apps need Admin.
    reasons = reason: Reason,
    /// The permitted projects that were decided on.
    approved_projects = approved_projects: ApprovedProjects,
    /// Who may be added to every new project.
    new_projects = new_projects: NewProjects,
    /// Reviews of what identities may do.
    reviews = review: Review,
    /// What is known of use.
    usage = usage: Usage,
    /// When updates were first offered.
    update_offers = update_offer: UpdateOffer,
    /// Which user belongs to which app or account.
    links = link: Link,
    /// Which users are people, although they look like service identities.
    people = person: ConfirmedPerson,
    /// Assessments of vendors.
    vendor_reviews = vendor_review: VendorReview,
    /// Checks of the permitted projects.
    projects_reviews = projects_review: AppReview,
    /// Versions whose permissions were approved.
    approved_versions = approved_version: VersionReview,
    /// Versions with which the templates were brought in line.
    reconciliations = reconciliation: VersionReview,
    /// Checks that an app keeps its two ways of signing in apart.
    grant_checks = grant_check: AppReview,
    /// How installations came about.
    install_requests = install_request: InstallRequest,
    /// Which app takes the place of which.
    replacements = replacement: Replacement,
    /// Accounts that are to be deleted.
    planned_deletions = planned_deletion: PlannedDeletion,
}

/// Reads `reviews.toml`; the spans are those of its entries, in the order of the records' numbers.
///
/// # Errors
/// Where and why it cannot be read.
pub fn parse_reviews(text: &str, document: u32) -> Result<(Reviews, Vec<Range<usize>>), TomlFault> {
    let file: ReviewsFile = parse(text)?;
    let mut entries = Entries { document, spans: Vec::new() };
    let reviews = Reviews::place(file, &mut entries);
    Ok((reviews, up_to_the_next(entries.spans, text.len())))
}

/// The reader gives the header of an entry only; its keys reach up to the next header.
fn up_to_the_next(mut spans: Vec<Range<usize>>, end: usize) -> Vec<Range<usize>> {
    let mut starts: Vec<usize> = spans.iter().map(|span| span.start).collect();
    starts.sort_unstable();
    for span in &mut spans {
        let next = starts.partition_point(|start| *start <= span.start);
        span.end = starts.get(next).copied().unwrap_or(end);
    }
    spans
}

/// An entry that knows its place. Its schema is that of the entry.
#[derive(Debug)]
struct Placed<T>(Spanned<T>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Placed<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Spanned::deserialize(deserializer).map(Self)
    }
}

impl<T: JsonSchema> JsonSchema for Placed<T> {
    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }
    fn schema_id() -> Cow<'static, str> {
        T::schema_id()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }
}

/// Numbers the entries of a TOML file.
struct Entries {
    document: u32,
    spans: Vec<Range<usize>>,
}

impl Entries {
    fn place<T>(&mut self, entries: Vec<Placed<T>>) -> Vec<Read<T>> {
        let place = |Placed(entry): Placed<T>| {
            let origin =
                Origin { document: self.document, record: u32::try_from(self.spans.len()).unwrap_or(u32::MAX) };
            self.spans.push(entry.span());
            Read { value: entry.into_inner(), origin }
        };
        entries.into_iter().map(place).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manual_files::ProjectList;

    #[test]
    fn every_entry_knows_its_place() {
        let text =
            "[[usage]]\nsubject = \"a\"\nnever_used = true\n\n[[usage]]\nsubject = \"b\"\nlast_used = 2024-01-02\n";
        let (reviews, spans) = parse_reviews(text, 3).unwrap();
        assert_eq!(reviews.usage[1].origin, Origin { document: 3, record: 1 });
        assert!(text.get(spans[1].clone()).unwrap().contains("\"b\""));
    }

    #[test]
    fn projects_are_a_list_or_all() {
        let (reviews, _) = parse_reviews("[[approved_projects]]\nsubject = \"a\"\nprojects = \"all\"\n", 0).unwrap();
        assert_eq!(reviews.approved_projects[0].value.projects, ProjectList::All);
    }

    #[test]
    fn an_approval_without_its_version_is_refused() {
        let fault = parse_reviews("[[approved_version]]\napp = \"a\"\non = 2024-01-02\nby = \"b\"\n", 0).unwrap_err();
        assert!(fault.what.contains("version"), "{}", fault.what);
    }
}
