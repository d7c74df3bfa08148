//! Whether one policy pack is at least as strict as another, for people and programs.

use std::io::{self, Write};

use serde_json::Value;

use super::formats::formats;
use super::text::Paint;
use super::{Style, json};
use cutover_model::escape;
use cutover_model::result::Thing;
use cutover_model::result::comparison::{
    Basis, Changes, Comparison, Counterexample, Environment, LetThrough, OverFacts, ShownBy, Status, Verdict,
};

formats! {
    /// The formats of a comparison.
    enum ComparisonFormat;
    /// Writes a comparison of two packs in a format.
    fn comparison(result: Comparison, style, out);

    /// For people.
    Text => text(result, style, out),
    /// The whole result as one document.
    Json => json::write(result, out),
}

fn text(result: &Comparison, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let paint = Paint::of(style);
    for (word, side) in [("OLD", &result.old), ("NEW", &result.new)] {
        let controls = count(side.controls, "control");
        writeln!(out, "{}  {} ({controls})", paint.bold(word), escape::visible(&side.name))?;
    }
    changes(&result.changes, style, out)?;
    writeln!(out)?;
    for environment in &result.environments {
        match environment.status {
            Status::Refuted => refuted(environment, paint, out)?,
            Status::NotDecided => {
                let reason = environment.reason.as_deref().unwrap_or_default();
                writeln!(out, "{} {}", paint.caution("not decided"), kind(environment))?;
                // The same for all of them: it is reported once, at the end.
                if result.no_solver.as_deref() != Some(reason) {
                    wrapped(&escape::visible(reason), "  ", style, out)?;
                }
            }
            Status::Holds if style.verbose => {
                writeln!(out, "{} {}: {}", paint.good("holds"), kind(environment), shown_by(environment))?;
            }
            Status::Holds => {}
        }
    }
    if let Some(facts) = &result.facts {
        over_facts(facts, paint, out)?;
    }
    conclusion(result, style, out)
}

/// How the packs differ as they are written.
fn changes(changes: &Changes, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let ids = |ids: &[String]| ids.iter().map(|id| escape::name(id)).collect::<Vec<_>>().join(", ");
    let lists = [
        ("only in OLD", ids(&changes.only_in_old)),
        ("only in NEW", ids(&changes.only_in_new)),
        ("rewritten in NEW", ids(&changes.rewritten)),
    ];
    for (what, ids) in lists.iter().filter(|(_, ids)| !ids.is_empty()) {
        wrapped(&format!("{what}: {ids}"), "     ", style, out)?;
    }
    let rated = changes.rated.iter().map(|rated| {
        format!("{} is rated {} instead of {}", escape::name(&rated.control), rated.new.id(), rated.old.id())
    });
    let unknown =
        changes.accepts_unknown.iter().map(|id| format!("{} no longer reports unknown facts", escape::name(id)));
    rated.chain(unknown).try_for_each(|what| wrapped(&format!("not compared: {what} in NEW"), "     ", style, out))
}

fn refuted(environment: &Environment, paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{} {}", paint.alarm("less strict"), kind(environment))?;
    let Some(example) = &environment.counterexample else { return Ok(()) };
    let by: Vec<String> = example.forbidden_by.iter().map(|id| escape::name(id)).collect();
    writeln!(out, "  OLD forbids this by {}; NEW allows it:", by.join(", "))?;
    counterexample(example, paint, out)?;
    writeln!(out)
}

fn counterexample(example: &Counterexample, paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    let ends = [("principal", &example.principal), ("action", &example.action), ("resource", &example.resource)];
    for (role, uid) in ends {
        writeln!(out, "  {} {}", paint.dim(&format!("{role:9}")), escape::visible(&short(uid)))?;
        let entity = example.entities.iter().find(|entity| uid_of(entity.get("uid")).as_ref() == Some(uid));
        attributes(entity.and_then(|entity| entity.get("attrs")), out)?;
    }
    writeln!(out, "  {}", paint.dim("context"))?;
    attributes(Some(&example.context), out)?;
    let spoken_of = |entity: &&Value| {
        let uid = uid_of(entity.get("uid")).unwrap_or_default();
        let has_attributes = entity.get("attrs").and_then(Value::as_object).is_some_and(|attrs| !attrs.is_empty());
        has_attributes && uid != example.principal && uid != example.resource
    };
    for entity in example.entities.iter().filter(spoken_of) {
        let uid = uid_of(entity.get("uid")).unwrap_or_default();
        writeln!(out, "  {} {}", paint.dim("and      "), escape::visible(&short(&uid)))?;
        attributes(entity.get("attrs"), out)?;
    }
    Ok(())
}

fn attributes(attributes: Option<&Value>, out: &mut dyn Write) -> io::Result<()> {
    let members = attributes.and_then(Value::as_object).into_iter().flatten();
    members.into_iter().try_for_each(|(name, value)| {
        writeln!(out, "    {} = {}", escape::visible(name), escape::visible(&value_in_words(value)))
    })
}

/// A value of Cedar's JSON as a policy would write it.
fn value_in_words(value: &Value) -> String {
    if let Some(uid) = uid_of(value.get("__entity")) {
        return short(&uid);
    }
    match value {
        Value::Array(items) => format!("[{}]", items.iter().map(value_in_words).collect::<Vec<_>>().join(", ")),
        Value::Object(members) => {
            let member = |(name, value): (&String, &Value)| format!("{name}: {}", value_in_words(value));
            format!("{{ {} }}", members.iter().map(member).collect::<Vec<_>>().join(", "))
        }
        plain => plain.to_string(),
    }
}

/// `Cutover::Tool::"company/directory"` of its JSON.
fn uid_of(json: Option<&Value>) -> Option<String> {
    let json = json?;
    let text = |name| json.get(name).and_then(Value::as_str);
    Some(format!("{}::\"{}\"", text("type")?, text("id")?.escape_debug()))
}

/// Without the namespace that all of them have.
fn short(uid: &str) -> String {
    uid.strip_prefix("Cutover::").unwrap_or(uid).to_owned()
}

fn over_facts(facts: &OverFacts, paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    let export: Vec<String> = facts.export.iter().map(|path| escape::visible(path).into_owned()).collect();
    writeln!(out, "{} of {}:", count(facts.facts, "fact"), export.join(", "))?;
    writeln!(out, "  {} reported by OLD, {} by NEW", facts.reported_by_old, facts.reported_by_new)?;
    let through = format!("{} reported by OLD and not by NEW", facts.let_through);
    writeln!(out, "  {}", if facts.let_through > 0 { paint.alarm(&through) } else { paint.good(&through) })?;
    for LetThrough { action, subject, resource, reported_by } in &facts.examples {
        let thing = |thing: &Thing| format!("{} {}", thing.r#type, escape::name(&thing.name));
        let by: Vec<String> = reported_by.iter().map(|id| escape::name(id)).collect();
        writeln!(out, "    {} {action} {} ({})", thing(subject), thing(resource), by.join(", "))?;
    }
    let more = facts.let_through.saturating_sub(facts.examples.len());
    if more > 0 {
        writeln!(out, "    … and {more} more")?;
    }
    writeln!(out)
}

/// The answer, and what it rests on: a proof and a look at one export must not be taken for each other.
fn conclusion(result: &Comparison, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let paint = Paint::of(style);
    let answer = match result.verdict {
        Verdict::AtLeastAsStrict if result.basis == Basis::FactsOfExport => {
            paint.caution("NEW is at least as strict as OLD for these facts; other facts were not compared.")
        }
        Verdict::AtLeastAsStrict => paint.good("NEW is at least as strict as OLD."),
        Verdict::LessStrict => paint.alarm("NEW is less strict than OLD."),
        Verdict::NotDecided => paint.caution("Not decided: whether NEW is at least as strict as OLD is unknown."),
    };
    writeln!(out, "{answer}")?;
    let basis = match (result.basis, result.verdict) {
        (Basis::FactsOfExport, _) => "Compared over the facts of the export only.".to_owned(),
        (Basis::AllFacts, Verdict::NotDecided) => "Compared over all facts that the schema allows.".to_owned(),
        (Basis::AllFacts, Verdict::LessStrict) => {
            "Refuted by a fact that Cedar forbids under OLD and allows under NEW.".to_owned()
        }
        (Basis::AllFacts, Verdict::AtLeastAsStrict) => "Proved for all facts that the schema allows.".to_owned(),
    };
    let by = |how: ShownBy| result.environments.iter().filter(|kind| kind.shown_by == Some(how)).count();
    let summary = &result.summary;
    let counts = format!(
        "{} kinds of fact: {} hold, {} refuted, {} not decided.",
        result.environments.len(),
        summary.hold,
        summary.refuted,
        summary.not_decided
    );
    let solver = match (&result.solver, &result.no_solver) {
        _ if by(ShownBy::Solver) + summary.not_decided == 0 => "No solver was needed.".to_owned(),
        (Some(solver), _) => format!("{} {} answered for {}.", solver.name, solver.version, by(ShownBy::Solver)),
        (None, Some(reason)) => format!("No solver was asked: {}.", escape::visible(reason)),
        (None, None) => String::new(),
    };
    wrapped(&format!("{basis} {counts} {solver}"), "", style, out)
}

fn shown_by(environment: &Environment) -> &'static str {
    match environment.shown_by {
        Some(ShownBy::NoControl) => "OLD has no control over them",
        Some(ShownBy::SameControls) => "NEW has every control of OLD over them",
        Some(ShownBy::Solver) => "proved",
        None => "",
    }
}

fn kind(environment: &Environment) -> String {
    let kind = &environment.kind;
    format!("{} {} {}", kind.principal, kind.action, kind.resource)
}

fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

fn wrapped(text: &str, margin: &str, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let options = textwrap::Options::new(style.width.max(40)).initial_indent(margin).subsequent_indent(margin);
    textwrap::wrap(text.trim_end(), options).iter().try_for_each(|line| writeln!(out, "{line}"))
}
