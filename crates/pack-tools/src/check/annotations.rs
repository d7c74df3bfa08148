//! Annotations: all that is missing, unknown, or says something it cannot say.

use std::ops::Range;

use cedar_policy::{Effect, Policy};

use cutover_model::result::policy_check::Problem;
use cutover_model::result::{Party, Severity};
use cutover_policy::control::{OPTIONAL, REQUIRED};
use cutover_policy::pack::Pack;
use cutover_policy::source::Source;
use cutover_policy::wording::Wording;

/// Steps of `@migration` that are no kind of step.
const WORDS: [&str; 2] = ["blocks", "retires"];

/// What is wrong with the annotations of a policy.
pub(super) fn check(source: &Source, at: &Range<usize>, policy: &Policy, pack: &Pack) -> Vec<Problem> {
    let mut out = Vec::new();
    let get = |name: &str| policy.annotation(name);
    let value = |name: &str| get(name).filter(|value| !value.trim().is_empty());
    let place = |name: &str| source.find(at, &format!("@{name}"));
    let first_line =
        source.find(at, source.text.get(at.clone()).and_then(|text| text.lines().next()).unwrap_or_default());
    if policy.effect() == Effect::Permit {
        let problem = source.problem(&source.find(at, "permit"), "effect", "a `permit` is no control");
        out.push(problem.help("write a `forbid`: everything else is allowed"));
    }
    for name in REQUIRED.into_iter().filter(|name| value(name).is_none()) {
        let at = if get(name).is_some() { place(name) } else { first_line.clone() };
        let message = format!("the annotation `@{name}` is missing");
        out.push(source.problem(&at, "annotation", message).help(format!("every control needs {}", listed(&REQUIRED))));
    }
    for (name, _) in policy.annotations() {
        let known = [REQUIRED.as_slice(), OPTIONAL.as_slice()].concat();
        if !known.contains(&name) {
            let message = format!("unknown annotation `@{name}`");
            let near = known.iter().find(|known| strsim::damerau_levenshtein(known, name) <= 2);
            let help = near.map_or_else(|| format!("known are {}", listed(&known)), |near| format!("is it `@{near}`?"));
            out.push(source.problem(&place(name), "annotation", message).help(help));
        }
    }
    let mut wrong = |name: &str, what: String, help: String| {
        let message = format!("`@{name}` is `{what}`, expected a {}", noun(name));
        out.push(source.problem(&place(name), "annotation", message).help(help));
    };
    let severities = Severity::WORST_FIRST.map(Severity::id).join(", ");
    if let Some(text) = value("severity").filter(|text| *text != "deadline" && Severity::from_id(text).is_none()) {
        wrong("severity", text.to_owned(), format!("expected {severities}, or deadline"));
    }
    if let Some(text) = get("unknown").filter(|text| Severity::from_id(text).is_none()) {
        wrong("unknown", text.to_owned(), format!("expected {severities}"));
    }
    if let Some(text) = value("party").filter(|text| Party::from_id(text).is_none()) {
        wrong("party", text.to_owned(), format!("expected {}", Party::ALL.map(Party::id).join(", ")));
    }
    if let Some(text) = get("migration") {
        let step = text.strip_prefix("blocks: ").unwrap_or(text);
        if !WORDS.contains(&text) && pack.steps.index_of_name(step).is_none() {
            let kinds: Vec<&str> = pack.steps.all.iter().map(|step| step.kind.id()).collect();
            wrong("migration", text.to_owned(), format!("expected blocks, retires, or one of {}", kinds.join(", ")));
        }
    }
    for name in ["message", "remedy"] {
        if let Some(what) = get(name).and_then(|text| Wording::parse(text).err()) {
            let problem = source.problem(&place(name), "annotation", format!("`@{name}`: {what}"));
            out.push(problem.help("write {principal.name}, {resource.name} or {context.level}"));
        }
    }
    out.extend(duty(source, &place("duty"), policy, pack));
    out
}

/// A duty has to be one of the model, and the control of its party.
fn duty(source: &Source, at: &Range<usize>, policy: &Policy, pack: &Pack) -> Option<Problem> {
    let duty = policy.annotation("duty")?;
    let party = Party::from_id(policy.annotation("party")?)?;
    match pack.responsibility.accountable(duty).as_slice() {
        [] => {
            let problem =
                source.problem(at, "duty", format!("`@duty` is `{duty}`, expected a duty of responsibility.cedar"));
            Some(problem.help("the duties are those of policies/responsibility.cedar"))
        }
        parties if parties.contains(&party) => None,
        parties => {
            let who: Vec<&str> = parties.iter().map(|party| party.id()).collect();
            let message =
                format!("the duty {duty} belongs to the {}, but `@party` is {}", who.join(" and "), party.id());
            Some(source.problem(at, "duty", message).help("name the duty that the party of the control has"))
        }
    }
}

fn noun(name: &str) -> &'static str {
    match name {
        "party" => "party",
        "migration" => "word of a migration",
        _ => "severity",
    }
}

fn listed(names: &[&str]) -> String {
    names.iter().map(|name| format!("@{name}")).collect::<Vec<_>>().join(", ")
}
