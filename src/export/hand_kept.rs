//! The TOML files that a company keeps by hand: what it decided, which no export says.
//!
//! `docs/files-you-write.md` describes them for users.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};
use toml::Spanned;

use super::document::Origin;
use super::{Read, field::Id, kind::Kind};

/// `settings.toml`.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(title = "settings.toml")]
pub struct Settings {
    /// The `Allow User Installs` switch.
    pub allow_user_installs: Option<bool>,
    /// What Admin on the company directory implies.
    pub company_admin_scope: CompanyAdminScope,
    /// The projects that are templates for others: no list of projects says so.
    pub template_projects: Option<Vec<u64>>,
    /// Until when new service accounts were given Admin on every company tool.
    #[serde(deserialize_with = "date_or_none")]
    #[schemars(with = "NaiveDate")]
    pub admin_default_ended: Option<NaiveDate>,
}

/// What Admin on the company directory implies for other tools. Procore's pages differ; the strictest is the default.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
pub enum CompanyAdminScope {
    /// Every company tool, and every project tool everywhere.
    #[default]
    #[serde(rename = "all projects")]
    AllProjects,
    /// Every company tool, and project tools on the projects the identity belongs to.
    #[serde(rename = "member projects")]
    MemberProjects,
    /// Company tools only.
    #[serde(rename = "company tools")]
    CompanyTools,
}

/// `export.toml`.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(title = "export.toml")]
pub struct ExportFile {
    /// Whose export this is.
    #[serde(deserialize_with = "id_or_none")]
    #[schemars(with = "u64")]
    pub company_id: Option<Id>,
    /// Its name.
    pub company_name: Option<String>,
    /// When the files were collected.
    #[serde(deserialize_with = "date_or_none")]
    #[schemars(with = "NaiveDate")]
    pub collected_at: Option<NaiveDate>,
    /// Kinds of files whose name does not tell.
    #[schemars(with = "BTreeMap<String, Kind>")]
    pub kinds: BTreeMap<String, String>,
}

/// A grant outside the rules that is accepted.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Exception {
    /// Whom it is for.
    pub subject: String,
    /// Which tool: `company/directory`.
    pub tool: String,
    /// Why.
    pub reason: String,
    /// Who decided.
    pub approved_by: String,
    /// Until when.
    #[serde(default, deserialize_with = "date_or_none")]
    #[schemars(with = "NaiveDate")]
    pub expires: Option<NaiveDate>,
}

/// Why an app needs Admin on a tool.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Reason {
    /// The app.
    pub app: String,
    /// The tool: `company/erp_integrations`.
    pub tool: String,
    /// Why.
    pub reason: String,
}

/// The permitted projects a company decided on.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ApprovedProjects {
    /// For whom.
    pub subject: String,
    /// Their ids, or "all".
    #[schemars(with = "ListOrAll")]
    pub projects: ProjectList,
}

/// A list of project ids, or all of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProjectList {
    /// Every project.
    All,
    /// These.
    These(Vec<Id>),
}

impl ProjectList {
    /// What two records approve together.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        match (self, other) {
            (Self::These(one), Self::These(two)) => {
                let ids: BTreeSet<Id> = one.iter().chain(two).copied().collect();
                Self::These(ids.into_iter().collect())
            }
            _ => Self::All,
        }
    }
}

/// Approval for being added to every new project.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewProjects {
    /// For whom.
    pub subject: String,
    /// Who decided.
    pub approved_by: String,
}

/// Somebody looked at what an identity may do.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Review {
    /// Whose permissions.
    pub subject: String,
    /// When.
    #[serde(deserialize_with = "date")]
    pub on: NaiveDate,
    /// Who.
    pub by: String,
}

/// What a company knows about the use of an account.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Usage {
    /// Of which account.
    pub subject: String,
    /// The last use.
    #[serde(default, deserialize_with = "date_or_none")]
    #[schemars(with = "NaiveDate")]
    pub last_used: Option<NaiveDate>,
    /// It was never used.
    #[serde(default)]
    pub never_used: bool,
}

/// When an offered update was first noticed.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UpdateOffer {
    /// Of which app.
    pub app: String,
    /// When.
    #[serde(deserialize_with = "date")]
    pub first_seen: NaiveDate,
}

/// Which directory user belongs to which app or account, when names do not tell.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Link {
    /// The directory user.
    pub user: String,
    /// Its app.
    #[serde(default)]
    pub app: Option<String>,
    /// Its service account.
    #[serde(default)]
    pub account: Option<String>,
}

/// How a list of projects is written.
#[derive(Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(inline)]
enum ListOrAll {
    /// Every project: "all".
    Word(#[schemars(extend("const" = "all"))] String),
    /// The ids of projects.
    Ids(Vec<u64>),
}

/// `reviews.toml`, entry by entry with its place in the file.
#[derive(Debug, Clone, Default)]
#[expect(missing_docs, reason = "each list holds the type it is named after")]
pub struct Reviews {
    pub exceptions: Vec<Read<Exception>>,
    pub reasons: Vec<Read<Reason>>,
    pub approved_projects: Vec<Read<ApprovedProjects>>,
    pub new_projects: Vec<Read<NewProjects>>,
    pub reviews: Vec<Read<Review>>,
    pub usage: Vec<Read<Usage>>,
    pub update_offers: Vec<Read<UpdateOffer>>,
    pub links: Vec<Read<Link>>,
}

/// `reviews.toml`, as it is written.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(title = "reviews.toml")]
pub struct ReviewsFile {
    /// Grants outside the rules that are accepted.
    #[schemars(with = "Vec<Exception>")]
    exception: Vec<Spanned<Exception>>,
    /// Why apps need Admin on tools.
    #[schemars(with = "Vec<Reason>")]
    reason: Vec<Spanned<Reason>>,
    /// The permitted projects the company decided on.
    #[schemars(with = "Vec<ApprovedProjects>")]
    approved_projects: Vec<Spanned<ApprovedProjects>>,
    /// Approvals for being added to every new project.
    #[schemars(with = "Vec<NewProjects>")]
    new_projects: Vec<Spanned<NewProjects>>,
    /// Reviews of what identities may do.
    #[schemars(with = "Vec<Review>")]
    review: Vec<Spanned<Review>>,
    /// What the company knows about the use of accounts.
    #[schemars(with = "Vec<Usage>")]
    usage: Vec<Spanned<Usage>>,
    /// When offered updates were first noticed.
    #[schemars(with = "Vec<UpdateOffer>")]
    update_offer: Vec<Spanned<UpdateOffer>>,
    /// Which directory users belong to which apps or accounts.
    #[schemars(with = "Vec<Link>")]
    link: Vec<Spanned<Link>>,
}

/// What is wrong with a TOML file, in words that quote no value of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TomlFault {
    /// Byte of the text.
    pub offset: usize,
    /// What is wrong.
    pub what: String,
}

/// Reads a TOML file into `T`.
///
/// # Errors
/// Where and why it cannot be read.
pub fn parse<T: for<'de> Deserialize<'de>>(text: &str) -> Result<T, TomlFault> {
    toml::from_str(text).map_err(|error: toml::de::Error| {
        let offset = error.span().map_or(0, |span| span.start);
        // Names of keys may be repeated to the user; values may be secrets.
        let first = error.message().lines().next().unwrap_or_default();
        let names_keys_only = ["missing field", "unknown field", "duplicate key", "not a date"]
            .iter()
            .any(|start| first.starts_with(start));
        let what =
            if names_keys_only { first.to_owned() } else { "not valid here: check the type and the quotes".to_owned() };
        TomlFault { offset, what }
    })
}

/// Reads `reviews.toml`; the spans are those of its entries, in the order of the records' numbers.
///
/// # Errors
/// Where and why it cannot be read.
pub fn parse_reviews(text: &str, document: u32) -> Result<(Reviews, Vec<Range<usize>>), TomlFault> {
    let file: ReviewsFile = parse(text)?;
    let mut entries = Entries { document, spans: Vec::new() };
    let reviews = Reviews {
        exceptions: entries.place(file.exception),
        reasons: entries.place(file.reason),
        approved_projects: entries.place(file.approved_projects),
        new_projects: entries.place(file.new_projects),
        reviews: entries.place(file.review),
        usage: entries.place(file.usage),
        update_offers: entries.place(file.update_offer),
        links: entries.place(file.link),
    };
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

/// Numbers the entries of a TOML file.
struct Entries {
    document: u32,
    spans: Vec<Range<usize>>,
}

impl Entries {
    fn place<T>(&mut self, entries: Vec<Spanned<T>>) -> Vec<Read<T>> {
        let place = |entry: Spanned<T>| {
            let origin =
                Origin { document: self.document, record: u32::try_from(self.spans.len()).unwrap_or(u32::MAX) };
            self.spans.push(entry.span());
            Read { value: entry.into_inner(), origin }
        };
        entries.into_iter().map(place).collect()
    }
}

impl<'de> Deserialize<'de> for ProjectList {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match ListOrAll::deserialize(deserializer)? {
            ListOrAll::Ids(ids) => Ok(Self::These(ids.into_iter().map(Id).collect())),
            ListOrAll::Word(word) if word == "all" => Ok(Self::All),
            ListOrAll::Word(_) => Err(serde::de::Error::custom("neither a list of ids nor \"all\"")),
        }
    }
}

/// A TOML date, or one in a string.
///
/// # Errors
/// When it is neither.
pub fn date<'de, D: Deserializer<'de>>(deserializer: D) -> Result<NaiveDate, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Either {
        Date(toml::value::Datetime),
        Text(String),
    }
    let text = match Either::deserialize(deserializer)? {
        Either::Date(date) => date.date.map(|date| date.to_string()).unwrap_or_default(),
        Either::Text(text) => text,
    };
    NaiveDate::parse_from_str(&text, "%Y-%m-%d").map_err(|_| serde::de::Error::custom("not a date"))
}

/// As [`date`], for a member that may be left out.
///
/// # Errors
/// When it is there and no date.
pub fn date_or_none<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<NaiveDate>, D::Error> {
    date(deserializer).map(Some)
}

fn id_or_none<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Id>, D::Error> {
    u64::deserialize(deserializer).map(|id| Some(Id(id)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entry_knows_its_place() {
        let text =
            "[[usage]]\nsubject = \"a\"\nnever_used = true\n\n[[usage]]\nsubject = \"b\"\nlast_used = 2024-01-02\n";
        let (reviews, spans) = parse_reviews(text, 3).unwrap();
        assert_eq!(reviews.usage[1].origin, Origin { document: 3, record: 1 });
        assert!(text.get(spans[1].clone()).unwrap().contains("\"b\""));
    }

    #[test]
    fn a_misspelt_key_is_named() {
        let fault = parse::<Settings>("allow_user_instals = true").unwrap_err();
        assert!(fault.what.contains("allow_user_instals"), "{}", fault.what);
    }

    #[test]
    fn a_value_of_the_wrong_type_is_not_repeated() {
        let fault = parse::<Settings>("allow_user_installs = \"hunter2\"").unwrap_err();
        assert!(!fault.what.contains("hunter2"));
    }

    #[test]
    fn projects_are_a_list_or_all() {
        let (reviews, _) = parse_reviews("[[approved_projects]]\nsubject = \"a\"\nprojects = \"all\"\n", 0).unwrap();
        assert_eq!(reviews.approved_projects[0].value.projects, ProjectList::All);
    }
}
