//! Checks a pack of policies, and tells everything that is wrong with it at once.
//!
//! Whatever keeps a pack from being loaded is a problem here, and so is what Cedar accepts and can never fire. Loading
//! stops at the first mistake; writing goes faster when all of them are known.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::PathBuf;
use std::str::FromStr;

use cedar_policy::{Policy, PolicyId, PolicySet, ValidationMode, ValidationWarning};
use miette::Diagnostic;
use rayon::prelude::*;

use super::cases::{self, Suite};
use super::fault::CasesError;
use cutover_analysis::audit::tool_info;
use cutover_model::result::policy_check::{PolicyCheck, Problem, SCHEMA};
use cutover_policy::control;
use cutover_policy::control::Control;
use cutover_policy::limits;
use cutover_policy::pack;
use cutover_policy::pack::{Pack, PackError};
use cutover_policy::source::{NOT_CEDAR, Source, is_foreign, placed};

mod annotations;
mod contradiction;
mod reach;
mod shadow;

use shadow::{Reach, Shadow};

const NEVER: &str = "the condition is false for every fact: the control can never fire";

/// A control of a checked pack, and where it is.
struct Checked {
    control: Control,
    source: usize,
    at: Range<usize>,
}

/// Proves of a control that it can never fire.
pub type Prover<'p> = &'p (dyn Fn(&Control, &Pack) -> bool + Sync);

/// Problems that say nothing about the condition of a control.
const BESIDE_THE_CONDITION: [&str; 3] = ["untested", "test", "placeholder"];

/// Checks the policies of some folders on top of the built-in pack, or the built-in pack itself. Controls with a sound
/// condition are given to the prover, if there is one.
///
/// # Errors
/// When a folder cannot be read, or holds no policies.
pub fn check(folders: &[PathBuf], prover: Option<Prover<'_>>) -> Result<PolicyCheck, PackError> {
    let pack = Pack::load(&[])?;
    let mut checker = Checker { pack: &pack, sources: Vec::new(), problems: Vec::new(), controls: BTreeMap::new() };
    if folders.is_empty() {
        checker.add(pack::built_in()?, cases::built_in_files());
    }
    for folder in folders {
        checker.add(pack::read_folder(folder)?, cases::test_files(folder));
    }
    if let Some(prover) = prover {
        checker.prove(prover);
    }
    let notes = checker.notes();
    let Checker { mut problems, controls, .. } = checker;
    problems.sort();
    problems.dedup();
    Ok(PolicyCheck { schema: SCHEMA.to_owned(), tool: tool_info(), controls: controls.len(), problems, notes })
}

type TestFiles = Vec<Result<(String, String), CasesError>>;

struct Checker<'p> {
    pack: &'p Pack,
    sources: Vec<Source>,
    problems: Vec<Problem>,
    /// By id; a later folder takes the place of an earlier one.
    controls: BTreeMap<String, Checked>,
}

impl Checker<'_> {
    /// Adds the files of one folder.
    fn add(&mut self, policies: Vec<(String, String)>, tests: TestFiles) {
        let mut own: BTreeMap<String, (usize, Range<usize>)> = BTreeMap::new();
        for (path, text) in policies {
            let source = Source { path, text };
            let number = self.sources.len();
            let Some(set) = self.parse(&source) else {
                self.sources.push(source);
                continue;
            };
            for (at, policy) in placed(&source, &set) {
                self.policy(&source, number, &at, policy, &mut own);
            }
            self.sources.push(source);
        }
        self.tests(tests, &own);
    }

    /// Parses a file, and tells every mistake in its syntax.
    fn parse(&mut self, source: &Source) -> Option<PolicySet> {
        if is_foreign(&source.text) {
            let unseen = Source { path: source.path.clone(), text: String::new() };
            self.problems.push(unseen.problem(&(0..0), "syntax", NOT_CEDAR));
            return None;
        }
        if let Err(excess) = limits::check(&source.text) {
            self.problems.push(source.problem(&excess.at, "limit", excess.what).help(excess.help));
            return None;
        }
        match PolicySet::from_str(&source.text) {
            Ok(set) => {
                let whole = 0..source.text.len();
                self.problems.extend(set.templates().map(|_| {
                    let at = ["?principal", "?resource"].map(|slot| source.find(&whole, slot));
                    let at = at.into_iter().find(|at| *at != whole).unwrap_or(0..1);
                    let problem =
                        source.problem(&at, "template", "a template is no control: it does not name its scope");
                    problem.help("replace the slot by an entity")
                }));
                Some(set)
            }
            Err(errors) => {
                self.problems.extend(errors.iter().map(|error| described(source, &(0..1), "syntax", error)));
                None
            }
        }
    }

    /// Checks one policy.
    fn policy(
        &mut self,
        source: &Source,
        number: usize,
        at: &Range<usize>,
        policy: &Policy,
        own: &mut BTreeMap<String, (usize, Range<usize>)>,
    ) {
        let id = policy.annotation("id").filter(|id| !id.trim().is_empty()).map(str::to_owned);
        let before = self.problems.len();
        self.problems.extend(annotations::check(source, at, policy, self.pack));
        if let Some(id) = &id {
            let here = source.find(at, &format!("@id(\"{id}\")"));
            if let Some((first, at)) = own.get(id) {
                let first = self.sources.get(*first).unwrap_or(source).spot(at);
                let problem = source.problem(&here, "duplicate", format!("the id `{id}` is used at `{first}` already"));
                self.problems.push(problem.help("give each control of a pack its own id"));
            }
            own.entry(id.clone()).or_insert((number, here));
        }
        let valid = self.validate(source, at, policy);
        // What loading refuses and nothing above has told.
        let text = source.text.get(at.clone()).unwrap_or_default();
        match control::parse(&source.path, text, &self.pack.validator) {
            Ok(controls) => {
                for control in controls {
                    self.problems.extend(reach::check(source, at, &control, self.pack));
                    let is_known = self.problems.iter().skip(before).any(|problem| problem.code == "never");
                    if let Some(part) = contradiction::find(&control).filter(|_| !is_known) {
                        self.problems
                            .push(source.problem(at, "never", NEVER).help(format!("`{part}` excludes the rest")));
                    }
                    let id = control.id.clone();
                    self.controls.insert(id, Checked { control, source: number, at: at.clone() });
                }
            }
            Err(error) if valid && self.problems.len() == before => {
                self.problems.push(source.problem(at, "policy", error.to_string()));
            }
            Err(_) => {}
        }
        let name = id.unwrap_or_else(|| "(no id)".to_owned());
        for problem in self.problems.iter_mut().skip(before) {
            problem.control.get_or_insert_with(|| name.clone());
        }
    }

    /// Everything that Cedar's validator finds; its warnings tell controls that can never fire.
    fn validate(&mut self, source: &Source, at: &Range<usize>, policy: &Policy) -> bool {
        let id = policy.annotation("id").unwrap_or("(no id)");
        let named = policy.new_id(PolicyId::new(id));
        let Ok(set) = PolicySet::from_policies([named]) else { return false };
        let result = self.pack.validator.validate(&set, ValidationMode::Strict);
        let errors = result.validation_errors().map(|error| described(source, at, "schema", error));
        self.problems.extend(errors);
        for warning in result.validation_warnings() {
            let mut problem = described(source, at, "deceptive", warning);
            let (code, message, help) = match warning {
                ValidationWarning::ImpossiblePolicy(_) => ("never", NEVER, "look for a part that is never true"),
                ValidationWarning::InvalidActionApplication(_) => (
                    "never",
                    "no fact has this action, principal and resource: the control can never fire",
                    "cutover.cedarschema says what each action applies to",
                ),
                _ => ("deceptive", "", "write texts with plain letters of one script"),
            };
            code.clone_into(&mut problem.code);
            if !message.is_empty() {
                message.clone_into(&mut problem.message);
            }
            self.problems.push(problem.help(help));
        }
        result.validation_passed()
    }

    /// Controls whose condition no fact can meet, for reasons that take a proof.
    fn prove(&mut self, prover: Prover<'_>) {
        let sound: Vec<&Checked> = self
            .controls
            .values()
            .filter(|checked| {
                let mut own =
                    self.problems.iter().filter(|problem| problem.control.as_ref() == Some(&checked.control.id));
                own.all(|problem| BESIDE_THE_CONDITION.contains(&problem.code.as_str()))
            })
            .collect();
        let never: Vec<&Checked> =
            sound.into_par_iter().filter(|checked| prover(&checked.control, self.pack)).collect();
        let problem = |checked: &Checked| {
            let source = self.sources.get(checked.source)?;
            let problem = source.problem(&source.id(&checked.at, &checked.control.id), "never", NEVER);
            Some(problem.of(&checked.control.id).help("the solver proves it: look for parts that exclude each other"))
        };
        let problems: Vec<Problem> = never.into_iter().filter_map(problem).collect();
        self.problems.extend(problems);
    }

    /// Every control has a test file, and every test file its control.
    fn tests(&mut self, files: TestFiles, own: &BTreeMap<String, (usize, Range<usize>)>) {
        let mut tested: BTreeMap<String, String> = BTreeMap::new();
        for file in files {
            let (path, text) = match file {
                Ok(file) => file,
                Err(error) => {
                    let source = Source { path: unreadable(&error), text: String::new() };
                    self.problems.push(source.problem(&(0..0), "unreadable", error.to_string()));
                    continue;
                }
            };
            let Some(control) = cases::control_of(&path).map(str::to_owned) else { continue };
            let source = Source { path, text };
            if let Err(fault) = Suite::parse(&control, &source.path, &source.text) {
                let problem = source.problem(&fault.at(), "test", fault.to_string());
                self.problems.push(problem.of(&control).help(fault.advice()));
            }
            if !own.contains_key(&control) {
                let problem =
                    source.problem(&(0..1), "untested", format!("there is no control `{control}` for this test file"));
                self.problems.push(problem.help("name the test file by the id of its control: ID.test.toml"));
            }
            if let Some(first) = tested.insert(control.clone(), source.path.clone()) {
                let problem = source.problem(&(0..1), "duplicate", format!("`{first}` tests this control already"));
                self.problems.push(problem.of(&control).help("put the cases of a control into one file"));
            }
        }
        for (id, (number, at)) in own.iter().filter(|(id, _)| !tested.contains_key(*id)) {
            let Some(source) = self.sources.get(*number) else { continue };
            let problem = source.problem(at, "untested", "this control has no test file");
            self.problems
                .push(problem.of(id).help(format!("write {id}.test.toml beside it; see docs/testing-policies.md")));
        }
    }

    /// Controls in the shadow of others: one note of each group that says the same, and one of each control that another
    /// covers.
    fn notes(&self) -> Vec<Problem> {
        let built_in = self.pack.in_force();
        let others = built_in.filter(|control| !self.controls.contains_key(&control.id));
        let all: Vec<Reach<'_>> =
            self.controls.values().map(|checked| &checked.control).chain(others).filter_map(Reach::of).collect();
        let mut groups: Vec<Vec<&Reach<'_>>> = shadow::groups(&all);
        let mut notes = Vec::new();
        for group in &mut groups {
            group.sort_by_key(|reach| reach.id());
            let own = |reach: &&&Reach<'_>| self.controls.contains_key(reach.id());
            let shadowed = |one: &&&Reach<'_>| {
                let earlier = |other: &&Reach<'_>| other.id() < one.id() || !self.controls.contains_key(other.id());
                let mut others = group.iter().filter(|other| other.id() != one.id() && earlier(other));
                others.any(|other| one.in_shadow_of(other) == Some(Shadow::Same))
            };
            // Of two that are the same, the one with the later id is reported.
            let Some(one) = group.iter().filter(own).find(shadowed) else { continue };
            let others = group.iter().filter(|other| other.id() != one.id()).map(|other| other.id());
            notes.extend(self.note(one, format!("is the same as {}", some_of(others.collect()))));
        }
        for one in all.iter().filter(|one| self.controls.contains_key(one.id())) {
            let within = |other: &&&Reach<'_>| one.in_shadow_of(other) == Some(Shadow::Within);
            let firsts = groups.iter().filter_map(|group| group.iter().find(within));
            let mut ids: Vec<&str> = firsts.map(|other| other.id()).collect();
            ids.sort_unstable();
            let message = match ids.as_slice() {
                [] => continue,
                [other] => format!("wherever it fires, {other} fires as well and is as bad"),
                _ => format!("wherever it fires, {} fire as well and are as bad", some_of(ids)),
            };
            notes.extend(self.note(one, message));
        }
        notes.sort();
        notes
    }

    fn note(&self, reach: &Reach<'_>, message: String) -> Option<Problem> {
        let checked = self.controls.get(reach.id())?;
        let source = self.sources.get(checked.source)?;
        Some(source.problem(&source.id(&checked.at, reach.id()), "shadowed", message).of(reach.id()))
    }
}

/// The first few of some ids, in words.
fn some_of(ids: Vec<&str>) -> String {
    /// Ids named at most.
    const MAX_ITEMS: usize = 5;
    let named: Vec<&str> = ids.iter().take(MAX_ITEMS).copied().collect();
    match (ids.len().saturating_sub(MAX_ITEMS), named.split_last()) {
        (0, Some((last, before @ [_, ..]))) => format!("{} and {last}", before.join(", ")),
        (0, _) => named.concat(),
        (more, _) => format!("{} and {more} more", named.join(", ")),
    }
}

/// What Cedar says, at the place it says.
fn described(source: &Source, otherwise: &Range<usize>, code: &str, error: &impl Diagnostic) -> Problem {
    let label = error.labels().and_then(|mut labels| labels.next());
    let at = label.as_ref().map_or(otherwise.clone(), |label| label.offset()..label.offset() + label.len());
    let mut message = error.to_string();
    // "for policy `X`, …": the control is reported beside it.
    if let Some((_, rest)) = message.strip_prefix("for policy `").and_then(|rest| rest.split_once("`, ")) {
        message = rest.to_owned();
    }
    if let Some(label) = label.and_then(|label| label.label().map(str::to_owned)) {
        message = format!("{message}: {label}");
    }
    let problem = source.problem(&at, code, message);
    match error.help() {
        Some(help) => problem.help(help.to_string()),
        None => problem,
    }
}

fn unreadable(error: &CasesError) -> String {
    match error {
        CasesError::Unreadable { path, .. } => path.clone(),
        CasesError::Fault(_) | CasesError::Twice { .. } => String::new(),
    }
}
