//! Renderers of an explanation, over `cutover.explanation/v1` and nothing else.

use std::io::{self, Write};

use super::formats::formats;
use super::json;
use super::text::counted;
use super::text::screen::Screen;
use crate::{Style, View};
use cutover_model::escape;
use cutover_model::result::Thing;
use cutover_model::result::explanation::{
    AttributeState, Clause, ClauseTruth, ExplainedFact, Explanation, FactVerdict, ReadAttribute,
};

formats! {
    /// The formats of an explanation.
    enum ExplanationFormat;
    /// Writes an explanation in a format.
    fn explanation(explanation: Explanation, style, out);

    /// For people: one fact of each verdict.
    Text => text(explanation, style, out),
    /// The whole explanation as one document.
    Json => json::write(explanation, out),
}

fn text(explanation: &Explanation, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let screen = Screen::of(style);
    let paint = &screen.paint;
    let word = explanation.verdict.word().to_uppercase();
    let word = match explanation.verdict {
        FactVerdict::Violates | FactVerdict::Error => paint.alarm(&word),
        FactVerdict::Unknown => paint.caution(&word),
        FactVerdict::Complies => paint.good(&word),
        FactVerdict::NotApplicable => paint.bold(&word),
    };
    let control = &explanation.control;
    writeln!(out, "{word}  {}", paint.bold(&format!("{} {}", control.id, escape::visible(&control.title))))?;
    lines(&screen, &explanation.answer, "  ", "  ", out)?;
    let about =
        format!("severity {}, owner {}, policy {}", control.severity.id(), control.party.id(), explanation.policy);
    lines(&screen, &about, "  ", "  ", out)?;
    let mut left = Vec::new();
    for verdict in FactVerdict::OF_FACTS {
        let own: Vec<&ExplainedFact> = explanation.facts.iter().filter(|fact| fact.verdict == verdict).collect();
        let shown = if style.view == View::Details { own.len() } else { 1.min(own.len()) };
        for one in own.iter().take(shown) {
            writeln!(out)?;
            fact(one, &screen, out)?;
        }
        let more = explanation.counts.of(verdict) - shown;
        left.extend((more > 0).then(|| format!("{} of verdict \"{}\"", counted(more, "more fact"), verdict.word())));
    }
    if !left.is_empty() {
        writeln!(out)?;
        let how = if style.view == View::Details { "not shown" } else { "--details shows them" };
        lines(&screen, &format!("{}: {how}", left.join(", ")), "", "  ", out)?;
    }
    Ok(())
}

/// A fact: what Cedar is asked, each clause, and what would change the verdict.
fn fact(fact: &ExplainedFact, screen: &Screen, out: &mut dyn Write) -> io::Result<()> {
    let paint = &screen.paint;
    let place = fact.place.as_ref().map(|place| format!(" ({} {})", place.r#type, escape::name(&place.name)));
    let place = place.unwrap_or_default();
    writeln!(out, "{}", paint.bold(&format!("Fact: {}", fact.verdict.word())))?;
    lines(screen, &format!("principal  {}", named(&fact.principal)), "  ", "             ", out)?;
    lines(screen, &format!("action     {}", fact.action), "  ", "             ", out)?;
    lines(screen, &format!("resource   {}{place}", named(&fact.resource)), "  ", "             ", out)?;
    for attribute in &fact.attributes {
        let mut all = screen.wrapped(&value(attribute), "  ", "      ");
        if let (Some(place), Some(last)) = (&attribute.location, all.last_mut()) {
            let length = escape::name(&place.path).chars().count() + place.line.to_string().len() + 3;
            let link = screen.paint.place(&place.path, place.line);
            match last.chars().count() + length <= screen.width {
                true => *last = format!("{last}  {link}"),
                false => all.push(format!("      {link}")),
            }
        }
        all.iter().try_for_each(|line| writeln!(out, "{line}"))?;
    }
    if let Some(fingerprint) = &fact.fingerprint {
        let status = fact.status.map(|status| format!(" ({})", status.id())).unwrap_or_default();
        writeln!(out, "  violation  {}{status}", paint.dim(fingerprint))?;
    }
    writeln!(out, "{}", paint.bold("Clauses: it violates if every `when` is true and every `unless` is false"))?;
    for one in &fact.clauses {
        clause(one, screen, out)?;
    }
    match (fact.changes.as_slice(), fact.verdict) {
        ([], FactVerdict::Error) => {}
        ([], _) => lines(screen, "No single attribute that was tried changes the verdict.", "", "  ", out)?,
        (changes, _) => {
            writeln!(out, "{}", paint.bold("Nearest changes, each tried with Cedar"))?;
            for change in changes {
                let value = change.value.as_deref().unwrap_or("(none)");
                let text = format!("{} = {value} → {}", change.attribute, change.verdict.word());
                lines(screen, &text, "  ", "      ", out)?;
            }
        }
    }
    if !fact.missing.is_empty() {
        writeln!(out, "{}", paint.bold("To export"))?;
        for missing in &fact.missing {
            lines(screen, missing, "  ", "      ", out)?;
        }
    }
    Ok(())
}

fn clause(clause: &Clause, screen: &Screen, out: &mut dyn Write) -> io::Result<()> {
    let truth = |truth: Option<ClauseTruth>| truth.map_or("not needed", ClauseTruth::word);
    let head = format!("{:<6} {}", clause.kind, screen.paint.bold(clause.truth.word()));
    // Where a clause has parts, these have its text.
    if clause.parts.is_empty() {
        writeln!(out, "  {head}")?;
        return lines(screen, &clause.text, "    ", "      ", out);
    }
    writeln!(out, "  {head}")?;
    for part in &clause.parts {
        lines(screen, &format!("{:<10} {}", truth(part.truth), part.text), "    ", "               ", out)?;
    }
    Ok(())
}

fn value(attribute: &ReadAttribute) -> String {
    let value = match (attribute.state, &attribute.value) {
        (AttributeState::Unknown, _) => "unknown".to_owned(),
        (AttributeState::Absent, _) | (_, None) => "(none)".to_owned(),
        (_, Some(value)) => escape::visible(value).into_owned(),
    };
    format!("{} = {value}", attribute.name)
}

fn named(thing: &Thing) -> String {
    format!("{} {}", thing.r#type, escape::name(&thing.name))
}

fn lines(screen: &Screen, text: &str, first: &str, indent: &str, out: &mut dyn Write) -> io::Result<()> {
    screen.wrapped(&escape::visible(text), first, indent).iter().try_for_each(|line| writeln!(out, "{line}"))
}
