//! Small changes of access, by statements and, where there is a solver, by proof.

use std::io::{self, Write};
use std::path::Path;
use std::time::Duration;

use super::*;
use cutover_analysis::access_change::gained;

fn access(holder: &str, tool: &str, scope: Scope, level: Level) -> Access {
    Access { holder: holder.to_owned(), tool: tool.to_owned(), scope, level }
}

fn company() -> Scope {
    Scope::Company { company: "9".to_owned() }
}

fn project(id: &str) -> Scope {
    Scope::Project { company: "9".to_owned(), project: id.to_owned() }
}

fn every() -> Scope {
    Scope::EveryProject { company: "9".to_owned() }
}

fn budget(scope: Scope, level: Level) -> Access {
    access("photo-sync", "project/budget", scope, level)
}

/// The solver, where there is one. A run without it says so.
fn solver() -> Result<Solver, NoSolver> {
    let program = std::env::var_os("CVC5").unwrap_or_else(|| "cvc5".into());
    let found = Solver::find(Path::new(&program), Duration::from_secs(60));
    if let Err(none) = &found {
        // Unlike what the macros print, this is shown even if the test passes.
        let _ = writeln!(io::stderr(), "SKIPPED: only the statements are compared: {none}");
    }
    found
}

/// What is new, by both ways.
#[track_caller]
fn new(before: &[Access], after: &[Access]) -> (Vec<Access>, Vec<Example>) {
    let prover = Prover { solver: solver(), jobs: 2 };
    let gain = gained(before, after, &prover).unwrap();
    let examples = match (gain.shown, prover.solver) {
        (Shown::Proved, Ok(_)) => Vec::new(),
        (Shown::Refuted(examples), Ok(_)) => examples,
        (Shown::Compared(_), Err(_)) => Vec::new(),
        (shown, _) => panic!("{shown:?}"),
    };
    assert!(solver_is_absent() || examples.is_empty() == gain.new.is_empty());
    (gain.new, examples)
}

fn solver_is_absent() -> bool {
    solver().is_err()
}

#[track_caller]
fn nothing_new(before: &[Access], after: &[Access]) {
    assert_eq!(new(before, after), (Vec::new(), Vec::new()));
}

#[test]
fn the_same_access_in_another_order_is_not_new() {
    let one = [budget(project("31"), Level::Standard), access("erp", "company/directory", company(), Level::Admin)];
    let [first, second] = one.clone();
    nothing_new(&one, &[second, first]);
    nothing_new(&one, &[]);
    nothing_new(&[], &[]);
}

#[test]
fn less_of_it_is_not_new() {
    nothing_new(&[budget(project("31"), Level::Admin)], &[budget(project("31"), Level::ReadOnly)]);
    nothing_new(&[budget(every(), Level::Admin)], &[budget(project("31"), Level::Admin)]);
    nothing_new(&[], &[budget(every(), Level::None)]);
}

#[test]
fn one_that_is_added_is_told_with_an_example() {
    let before = [budget(project("31"), Level::Standard)];
    let added = budget(project("32"), Level::ReadOnly);
    let (described, examples) = new(&before, &[before.to_vec(), vec![added.clone()]].concat());
    assert_eq!(described, [added]);
    for example in examples {
        assert_eq!((example.tool.as_str(), example.place), ("project/budget", Place::Project("32".to_owned())));
        assert_eq!((example.holder.as_str(), example.level), ("photo-sync", Level::ReadOnly));
    }
}

#[test]
fn a_higher_level_is_new_just_above_the_old_one() {
    let (described, examples) = new(&[budget(every(), Level::ReadOnly)], &[budget(every(), Level::Admin)]);
    assert_eq!(described, [budget(every(), Level::Admin)]);
    assert!(examples.iter().all(|example| example.level > Level::ReadOnly));
}

#[test]
fn every_project_is_more_than_all_the_projects_of_today() {
    let today = ["31", "32", "33"].map(|id| budget(project(id), Level::Admin));
    let (described, examples) = new(&today, &[budget(every(), Level::ReadOnly)]);
    assert_eq!(described, [budget(every(), Level::ReadOnly)]);
    for example in examples {
        assert_eq!(example.place, Place::ProjectToCome { company: "9".to_owned() });
    }
    nothing_new(&[budget(every(), Level::ReadOnly)], &today.map(|one| Access { level: Level::ReadOnly, ..one }));
}

#[test]
fn a_company_is_no_project_and_another_company_is_another_place() {
    let other = Scope::EveryProject { company: "10".to_owned() };
    assert_eq!(new(&[budget(every(), Level::Admin)], &[budget(other.clone(), Level::ReadOnly)]).0.len(), 1);
    let of_company = access("photo-sync", "company/directory", company(), Level::ReadOnly);
    let of_projects = access("photo-sync", "company/directory", every(), Level::Admin);
    assert_eq!(new(&[of_projects], &[of_company]).0.len(), 1);
}

#[test]
fn names_are_taken_as_they_are() {
    let hostile = ["a\"b", "a\\", "\u{202e}x\n", "when { true }", "ä\u{1F600}\0"];
    for name in hostile {
        let one = [access(name, name, project(name), Level::Standard)];
        nothing_new(&one, &one.clone().map(|one| Access { level: Level::ReadOnly, ..one }));
        assert_eq!(new(&[], &one).0, one);
    }
}

#[test]
fn a_new_project_among_very_many_is_found() {
    let many: Vec<Access> = (0..2_000).map(|id| budget(project(&id.to_string()), Level::Standard)).collect();
    let added = budget(project("2001"), Level::ReadOnly);
    let (described, examples) = new(&many, &[many.clone(), vec![added.clone()]].concat());
    assert_eq!(described, [added]);
    assert!(examples.iter().all(|example| example.place == Place::Project("2001".to_owned())));
    nothing_new(&many, &many.iter().map(|one| Access { level: Level::ReadOnly, ..one.clone() }).collect::<Vec<_>>());
}

#[test]
fn many_statements_are_put_to_the_solver_in_parts() {
    let many = |level| -> Vec<Access> {
        let holders = (0..150).map(|holder| access(&format!("app-{holder}"), "project/rfi", every(), level));
        holders.collect()
    };
    nothing_new(&many(Level::Standard), &many(Level::ReadOnly));
    let (described, examples) = new(&many(Level::ReadOnly), &many(Level::Standard));
    assert_eq!(described.len(), 150);
    assert!(solver_is_absent() || examples.len() > 1, "one of each part");
}
