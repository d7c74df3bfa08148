//! What influenced the verdicts of a result: each file that decides, with its digest, its origin and what it does.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A file, or a folder of policies, that influenced the verdicts, or that was found and ignored.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct DecidedBy {
    /// Its path; for what is built in, the path in Cutover's source.
    pub path: String,
    /// What it holds.
    pub kind: DecisionKind,
    /// SHA-256 of its bytes, in hexadecimal; of a folder of policies, of their names and bytes. Empty where it could not
    /// be read.
    pub sha256: String,
    /// Where it comes from, and so who can change it.
    pub origin: DecisionOrigin,
    /// What it does, in a short sentence.
    pub effect: String,
    /// Whether it did not count, because decisions come from elsewhere.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ignored: bool,
}

/// What a file that decides holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DecisionKind {
    /// Policies: the built-in pack, or a folder.
    Pack,
    /// The announced dates of the retirement.
    Timeline,
    /// `cutover.toml`.
    Config,
    /// `waivers.toml`.
    Waivers,
    /// `reviews.toml`.
    Reviews,
    /// `settings.toml`.
    Settings,
    /// The `[kinds]` of an `export.toml`.
    Kinds,
    /// A saved audit: what is in it does not count.
    Baseline,
    /// The map of a plan.
    Map,
    /// The proposed change of a plan.
    Proposal,
}

impl DecisionKind {
    /// The word in results.
    pub fn id(self) -> &'static str {
        match self {
            Self::Pack => "pack",
            Self::Timeline => "timeline",
            Self::Config => "config",
            Self::Waivers => "waivers",
            Self::Reviews => "reviews",
            Self::Settings => "settings",
            Self::Kinds => "kinds",
            Self::Baseline => "baseline",
            Self::Map => "map",
            Self::Proposal => "proposal",
        }
    }
}

/// Where a file that decides comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DecisionOrigin {
    /// It is a part of Cutover.
    BuiltIn,
    /// It lies in the folder of `--decisions`, or a file there names it.
    Decisions,
    /// An option, or an environment variable, names it.
    CommandLine,
    /// It is the `cutover.toml` of the working directory, or that names it.
    WorkingDirectory,
    /// It lies inside an export, or a file there names it: whoever can change the export can change it.
    Export,
}

impl DecisionOrigin {
    /// The word in results.
    pub fn id(self) -> &'static str {
        match self {
            Self::BuiltIn => "built_in",
            Self::Decisions => "decisions",
            Self::CommandLine => "command_line",
            Self::WorkingDirectory => "working_directory",
            Self::Export => "export",
        }
    }
}

impl fmt::Display for DecisionOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::BuiltIn => "built in",
            Self::Decisions => "from --decisions",
            Self::CommandLine => "from the command line",
            Self::WorkingDirectory => "from the working directory",
            Self::Export => "inside the export",
        })
    }
}

impl DecidedBy {
    /// Puts a list in the order of results: what counts first, by origin, kind and path.
    pub fn sort(list: &mut [Self]) {
        list.sort_by(|one, two| {
            let key = |one: &Self| (one.ignored, one.origin, one.kind);
            key(one).cmp(&key(two)).then_with(|| one.cmp(two))
        });
    }
}
