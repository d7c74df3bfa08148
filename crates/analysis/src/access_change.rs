//! Whether a change gives anybody access that was not there before.
//!
//! Access is reported in statements: who holds which level on which tool, and where. A statement about every project speaks of
//! projects that do not exist yet, too; so a list of today's projects is less than "every project", however long it is.
//!
//! Two ways lead to the answer, and they have to agree. Here statements are compared exactly, which names each new access:
//! one is included if the same holder had at least the level on the tool, there or everywhere. An [`AccessProver`] shows
//! that there is no other.

use std::collections::{BTreeMap, BTreeSet};

use thiserror::Error;

use cutover_model::level::Level;

/// A statement: somebody holds a level on a tool.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Access {
    /// Who: an id that is the same before and after.
    pub holder: String,
    /// On what: `project/budget`.
    pub tool: String,
    /// Where.
    pub scope: Scope,
    /// How much; lower levels are included. [`Level::None`] is no access.
    pub level: Level,
}

/// Where a level is held.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// In the company itself: for its own tools.
    Company {
        /// Its id.
        company: String,
    },
    /// In one project of the company.
    Project {
        /// The company's id.
        company: String,
        /// The project's id.
        project: String,
    },
    /// In every project of the company, those of today and those to come.
    EveryProject {
        /// Its id.
        company: String,
    },
}

impl Scope {
    /// The id of the company.
    pub fn company(&self) -> &str {
        match self {
            Self::Company { company } | Self::Project { company, .. } | Self::EveryProject { company } => company,
        }
    }

    /// For one project: every project of its company, which includes it.
    pub fn every(&self) -> Option<Self> {
        match self {
            Self::Project { company, .. } => Some(Self::EveryProject { company: company.clone() }),
            Self::Company { .. } | Self::EveryProject { .. } => None,
        }
    }
}

/// What a change comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gain {
    /// The statements after that none before includes, sorted; empty if no access is new.
    pub new: Vec<Access>,
    /// How sure that is.
    pub shown: Shown,
}

/// How an answer about access was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shown {
    /// The solver proved that no access is new, over every tool, level and project there can be.
    Proved,
    /// The solver showed new access, and Cedar confirmed it.
    Refuted(Vec<Example>),
    /// There is no solver, for this reason: the statements were compared with each other, exactly.
    Compared(String),
    /// The solver did not answer.
    NotDecided(String),
}

/// An access that is there after and was not before, as the solver made it up and Cedar confirmed it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Example {
    /// Who.
    pub holder: String,
    /// On what.
    pub tool: String,
    /// How much.
    pub level: Level,
    /// Where.
    pub place: Place,
}

/// Where an access is used.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// In the company itself.
    Company(String),
    /// In a project that some statement names.
    Project(String),
    /// In a project that no statement names: one that does not exist yet.
    ProjectToCome {
        /// The company it will belong to.
        company: String,
    },
}

/// The solver and the exact comparison of the statements contradict each other.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "the solver and the exact comparison contradict each other: the solver {solver}, and the comparison finds {new} new"
)]
pub struct Disagreement {
    /// What the solver says.
    solver: &'static str,
    /// How much access the comparison finds to be new.
    new: usize,
}

/// Proves over every tool, level and project there can be that a change gives no new access.
pub trait AccessProver: Sync {
    /// The program that proves, with its version; `None` when there is none.
    fn program(&self) -> Option<String>;

    /// Whether any access after is not included in the access before. [`Shown::Compared`] says that nothing can be proved.
    fn prove(&self, before: &[Access], after: &[Access]) -> Shown;
}

/// Whether the access after a change implies no access that was not there before.
///
/// # Errors
/// When the prover contradicts the exact comparison: this is a bug in cutover, and neither of them proves anything.
pub fn gained(before: &[Access], after: &[Access], prover: &dyn AccessProver) -> Result<Gain, Disagreement> {
    agreed(compare(before, after), prover.prove(before, after))
}

/// What the comparison and the solver say together.
fn agreed(new: Vec<Access>, shown: Shown) -> Result<Gain, Disagreement> {
    let solver = match &shown {
        Shown::Proved if !new.is_empty() => "proves that no access is new",
        Shown::Refuted(_) if new.is_empty() => "shows new access",
        _ => return Ok(Gain { new, shown }),
    };
    Err(Disagreement { solver, new: new.len() })
}

/// The statements after that none before includes.
pub fn compare(before: &[Access], after: &[Access]) -> Vec<Access> {
    let mut had: BTreeMap<(&str, &str, Scope), Level> = BTreeMap::new();
    for access in before {
        let level = had.entry((&access.holder, &access.tool, access.scope.clone())).or_default();
        *level = access.level.max(*level);
    }
    let is_new = |access: &&Access| {
        let level = |scope| had.get(&(access.holder.as_str(), access.tool.as_str(), scope)).copied();
        let there = level(access.scope.clone());
        let everywhere = access.scope.every().and_then(level);
        access.level > there.max(everywhere).unwrap_or_default()
    };
    let new: BTreeSet<&Access> = after.iter().filter(is_new).collect();
    new.into_iter().cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proof_that_the_comparison_refutes_is_an_error_and_so_is_the_reverse() {
        let access = Access {
            holder: "photo-sync".to_owned(),
            tool: "project/budget".to_owned(),
            scope: Scope::Project { company: "9".to_owned(), project: "31".to_owned() },
            level: Level::Standard,
        };
        let new = || vec![access.clone()];
        let example = Example {
            holder: "photo-sync".to_owned(),
            tool: "project/budget".to_owned(),
            level: Level::Standard,
            place: Place::Project("31".to_owned()),
        };
        assert!(agreed(new(), Shown::Proved).is_err());
        assert!(agreed(Vec::new(), Shown::Refuted(vec![example.clone()])).is_err());
        assert!(agreed(Vec::new(), Shown::Proved).is_ok());
        assert!(agreed(new(), Shown::Refuted(vec![example])).is_ok());
        assert!(agreed(new(), Shown::NotDecided(String::new())).is_ok());
    }
}
