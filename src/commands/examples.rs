//! Examples of each verb: in its help and on its manual page.

use std::fmt::Write as _;

use clap::Command;

/// What one is for, and the command.
type Example = (&'static str, &'static str);

/// The examples of each verb. A test parses every command, and misses no verb.
const EXAMPLES: &[(&str, &[Example])] = &[
    (
        "audit",
        &[
            ("What is wrong, and what to do first", "cutover audit EXPORT"),
            (
                "A report to forward, and one for another program",
                "cutover audit EXPORT -o html=audit.html -o json=audit.json",
            ),
            (
                "In CI: fail for what is high or new, with decisions from a trusted folder",
                "cutover audit EXPORT --decisions DECISIONS --baseline accepted.json --fail-on high,new",
            ),
        ],
    ),
    (
        "explain",
        &[
            ("Why this is a violation", "cutover explain EXPORT 0b50a7c9"),
            ("Why this is none", "cutover explain EXPORT --account photo-sync --control DIR-01"),
        ],
    ),
    (
        "why",
        &[
            (
                "Why an account can use a tool, by the name of the account or of its app",
                "cutover why EXPORT photo-sync project/photos",
            ),
            (
                "On one project, at one level",
                "cutover why EXPORT photo-sync project/photos --project Quay --level admin",
            ),
        ],
    ),
    (
        "graph",
        &[
            ("Who administers the company", "cutover graph who-can EXPORT company/directory admin"),
            ("A picture of one account", "cutover graph EXPORT --around photo-sync --format mermaid"),
        ],
    ),
    (
        "gate",
        &[
            ("What a change adds, judged by the decisions before it", "cutover gate BEFORE AFTER"),
            ("In GitHub Actions", "cutover gate BEFORE AFTER --format github -o sarif=gate.sarif"),
        ],
    ),
    ("baseline", &[("Accept what is there today", "cutover baseline update accepted.json today.json")]),
    (
        "plan",
        &[
            ("The plan, and a runbook with every step", "cutover plan EXPORT -o markdown=runbook.md -o ics=plan.ics"),
            ("How far it is carried out", "cutover plan EXPORT --check plan.json"),
            ("The least manifest for the developer of an app", "cutover plan EXPORT --manifest ACCOUNT"),
        ],
    ),
    (
        "policy",
        &[
            ("What a control checks, and why", "cutover policy show DIR-01"),
            ("Check a pack of your own, and run its tests", "cutover policy check acme-policies"),
        ],
    ),
    ("scrub", &[("Before an export is passed on", "cutover scrub EXPORT CLEAN")]),
    ("demo", &[("Something to try the commands on", "cutover demo harborline")]),
    ("report", &[("A page from a saved result", "cutover report audit.json --format html -o html=audit.html")]),
    ("init", &[("Begin a configuration", "cutover init")]),
    ("config", &[("Which value counts, and who sets it", "cutover config EXPORT")]),
    ("schema", &[("For an editor or a validator", "cutover schema waivers")]),
    ("completions", &[("For bash", "cutover completions bash")]),
    ("man", &[("Every page", "cutover man pages")]),
];

/// Adds its examples to the help of each verb.
pub(super) fn add(command: Command) -> Command {
    command.mut_subcommands(|verb| match of(verb.get_name()) {
        [] => verb,
        examples => verb.after_help(text(examples)),
    })
}

/// The examples of a verb.
pub(super) fn of(verb: &str) -> &'static [Example] {
    EXAMPLES.iter().find(|(name, _)| *name == verb).map_or(&[], |(_, examples)| examples)
}

fn text(examples: &[Example]) -> String {
    let mut out = "Examples:".to_owned();
    for (what, command) in examples {
        let _ = write!(out, "\n  {what}:\n    {command}");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::command;
    use super::*;

    #[test]
    fn every_verb_has_examples_and_every_example_is_a_command() {
        for verb in command().get_subcommands() {
            assert!(!of(verb.get_name()).is_empty(), "add an example of `{}` to EXAMPLES", verb.get_name());
        }
        for (verb, examples) in EXAMPLES {
            for (_, example) in *examples {
                let parsed = command().try_get_matches_from(example.split(' '));
                assert_eq!(parsed.unwrap().subcommand_name(), Some(*verb), "{example}");
            }
        }
    }
}
