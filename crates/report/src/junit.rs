//! JUnit XML, as Jenkins' `junit-10.xsd` has it: a suite for each control, a test case for each violation.
//!
//! A control that evaluated everything and found nothing passes. What was not assessed is skipped: it is never a pass. What
//! is waived is skipped as well, with the reason. The name of a case says who and what, and nothing that changes from
//! one export to the next, because servers follow a test by its name.

use std::io::{self, Write};

use quick_xml::Writer;
use quick_xml::events::BytesText;

use super::text::gap;
use super::xml::plain;
use super::{decided, details, header, overrides};
use cutover_model::diagnostic::Level;
use cutover_model::escape;
use cutover_model::result::audit::{Control, Coverage, Diagnostic, Group, Listing, Status, Violation, ViolationStatus};

/// What came of a test case.
enum Verdict {
    Passed,
    /// With what it is of, a message, and details.
    Failed(&'static str, String, String),
    Skipped(String),
    /// With what it is of, and a message.
    Broken(String, String),
}

/// The numbers of a suite.
#[derive(Default, Clone, Copy)]
struct Counts {
    tests: usize,
    failures: usize,
    errors: usize,
    skipped: usize,
}

type Out<'o> = Writer<&'o mut dyn Write>;

/// Writes a suite for each control, and one for what could not be read or evaluated.
///
/// # Errors
/// When the output cannot be written.
pub fn write(listing: &Listing<'_>, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, r#"<?xml version="1.0" encoding="UTF-8"?>"#)?;
    let groups = listing.groups(usize::MAX);
    let is_wrong = |diagnostic: &&Diagnostic| diagnostic.severity == Level::Error || diagnostic.is_incomplete();
    let wrong: Vec<&Diagnostic> = listing.diagnostics.iter().filter(is_wrong).collect();
    let suites: Vec<(&Control, Option<Verdict>, Counts)> =
        listing.controls.iter().map(|control| outline(listing, control, &groups)).collect();
    let mut all = Counts::default();
    for counts in suites.iter().map(|(_, _, counts)| *counts).chain([of_diagnostics(&wrong)]) {
        all.tests += counts.tests;
        all.failures += counts.failures;
        all.errors += counts.errors;
    }
    let mut writer = Writer::new_with_indent(&mut *out, b' ', 2);
    let element =
        writer.create_element("testsuites").with_attribute(("name", format!("cutover {}", listing.verb).as_str()));
    let element = element
        .with_attribute(("tests", all.tests.to_string().as_str()))
        .with_attribute(("failures", all.failures.to_string().as_str()))
        .with_attribute(("errors", all.errors.to_string().as_str()));
    element.write_inner_content(|writer| {
        for (number, (control, itself, counts)) in suites.iter().enumerate() {
            let title = format!("{}: {}", control.id, control.title);
            suite(&title, *counts, writer, |writer| {
                // Those of the run have no suite of their own.
                if number == 0 {
                    properties(listing, writer)?;
                }
                of_control(listing, control, itself.as_ref(), writer)
            })?;
        }
        if !wrong.is_empty() {
            suite("diagnostics", of_diagnostics(&wrong), writer, |writer| {
                wrong.iter().enumerate().try_for_each(|(index, diagnostic)| broken(index, diagnostic, writer))
            })?;
        }
        Ok(())
    })?;
    writeln!(writer.into_inner())
}

/// What is to be said of a control as a whole, and the numbers of its suite.
fn outline<'l>(
    listing: &Listing<'l>,
    control: &'l Control,
    groups: &[Group],
) -> (&'l Control, Option<Verdict>, Counts) {
    let own = |status: ViolationStatus| {
        let groups = groups.iter().filter(move |group| group.control == control.id && group.status == status);
        groups.map(|group| group.included).sum::<usize>()
    };
    let failures = own(ViolationStatus::Open);
    let passed_over = own(ViolationStatus::Waived) + own(ViolationStatus::Baseline);
    let coverage = listing.coverage.iter().find(|coverage| coverage.control == control.id);
    let itself = match coverage.and_then(|coverage| not_assessed(listing, coverage)) {
        Some(why) => Some(Verdict::Skipped(why)),
        None if failures + passed_over == 0 => Some(Verdict::Passed),
        None => None,
    };
    let skipped = passed_over + usize::from(matches!(itself, Some(Verdict::Skipped(_))));
    let gone = listing.absent.iter().filter(|violation| violation.control == control.id).count();
    let tests = failures + passed_over + gone + usize::from(itself.is_some());
    (control, itself, Counts { tests, failures, errors: 0, skipped })
}

/// Why a control did not evaluate everything.
fn not_assessed(listing: &Listing<'_>, coverage: &Coverage) -> Option<String> {
    if coverage.status == Status::Off {
        let change = listing.overrides.iter().find(|change| change.control == coverage.control);
        return Some(change.map_or("switched off".to_owned(), |change| overrides::sentence(change, str::to_owned)));
    }
    let share = gap(coverage)?;
    let hints = coverage.hints.join("; ");
    Some(if hints.is_empty() { format!("not assessed: {share}") } else { format!("not assessed: {share}; {hints}") })
}

fn of_control(
    listing: &Listing<'_>,
    control: &Control,
    itself: Option<&Verdict>,
    writer: &mut Out<'_>,
) -> io::Result<()> {
    if let Some(verdict) = itself {
        let name = if matches!(verdict, Verdict::Passed) { "no violation" } else { "what was not assessed" };
        case(&control.id, name, verdict, writer)?;
    }
    for violation in listing.violations.of(&control.id) {
        case(&control.id, &name(&violation), &verdict(&violation), writer)?;
    }
    // What is gone passes now, under the name by which it failed.
    let mut gone = listing.absent.iter().filter(|violation| violation.control == control.id);
    gone.try_for_each(|violation| case(&control.id, &name(violation), &Verdict::Passed, writer))
}

/// Who and what, and the start of the fingerprint: things can have one name.
fn name(violation: &Violation) -> String {
    let [subject, resource] = [&violation.subject, &violation.resource].map(|thing| escape::name(&thing.name));
    let short: String = violation.fingerprint.chars().take(8).collect();
    format!("{subject}, {resource} ({short})")
}

fn verdict(violation: &Violation) -> Verdict {
    if let Some(standing) = details::standing(violation) {
        return Verdict::Skipped(format!("{standing}: {}", violation.message));
    }
    let place = &violation.location;
    let news = details::news(violation).map(|news| format!("{news}: ")).unwrap_or_default();
    let mut lines = vec![
        format!("{}:{}:{}", escape::name(&place.path), place.line, place.column),
        format!("to do, by the {}: {}", violation.party.id(), violation.remedy),
    ];
    lines.extend(details::members(violation, escape::name));
    lines.extend(details::way(violation, escape::name, escape::name).map(|way| format!("why: {way}")));
    lines.push(format!("fingerprint: {}", violation.fingerprint));
    Verdict::Failed(violation.severity.id(), format!("{news}{}", violation.message), lines.join("\n"))
}

/// The day and the dates of the run.
fn properties(listing: &Listing<'_>, writer: &mut Out<'_>) -> io::Result<()> {
    let lines = header::of_listing(listing).join("; ");
    let decided = decided::lines(listing.decided_by, str::to_owned).into_iter().map(|line| ("decided_by", line.text));
    let properties = [("as_of", listing.as_of.to_string()), ("dates", lines)].into_iter().chain(decided);
    let properties: Vec<(&str, String)> = properties.collect();
    let write = |writer: &mut Out<'_>| {
        properties.iter().try_for_each(|(name, value)| {
            let element = writer.create_element("property").with_attribute(("name", *name));
            element.with_attribute(("value", plain(value).as_str())).write_empty().map(|_| ())
        })
    };
    writer.create_element("properties").write_inner_content(write).map(|_| ())
}

/// What could not be read or evaluated, and what the organisation made an error.
fn broken(index: usize, diagnostic: &Diagnostic, writer: &mut Out<'_>) -> io::Result<()> {
    let verdict = Verdict::Broken(diagnostic.code.clone(), header::sentence(diagnostic));
    case("diagnostics", &format!("{} {}", diagnostic.code, index + 1), &verdict, writer)
}

fn of_diagnostics(wrong: &[&Diagnostic]) -> Counts {
    Counts { tests: wrong.len(), failures: 0, errors: wrong.len(), skipped: 0 }
}

fn suite(
    name: &str,
    counts: Counts,
    writer: &mut Out<'_>,
    content: impl FnOnce(&mut Out<'_>) -> io::Result<()>,
) -> io::Result<()> {
    let element = writer.create_element("testsuite").with_attribute(("name", plain(name).as_str()));
    let Counts { tests, failures, errors, skipped } = counts;
    let numbers = [("tests", tests), ("failures", failures), ("errors", errors), ("skipped", skipped)];
    let numbers = numbers.map(|(name, number)| (name, number.to_string()));
    let numbers = numbers.iter().map(|(name, number)| (*name, number.as_str()));
    element.with_attributes(numbers).write_inner_content(content)?;
    Ok(())
}

fn case(class: &str, name: &str, verdict: &Verdict, writer: &mut Out<'_>) -> io::Result<()> {
    let element = writer.create_element("testcase");
    let element = element.with_attribute(("classname", plain(class).as_str()));
    let element = element.with_attribute(("name", plain(name).as_str()));
    let child = |writer: &mut Out<'_>, what: &str, kind: Option<&str>, message: &str, text: &str| {
        let element = writer.create_element(what).with_attribute(("message", plain(message).as_str()));
        let element = element.with_attributes(kind.map(|kind| ("type", kind)));
        if text.is_empty() {
            return element.write_empty().map(|_| ());
        }
        let lines: Vec<String> = text.split('\n').map(plain).collect();
        element.write_text_content(BytesText::new(&lines.join("\n"))).map(|_| ())
    };
    match verdict {
        Verdict::Passed => element.write_empty()?,
        Verdict::Failed(kind, message, text) => {
            element.write_inner_content(|writer| child(writer, "failure", Some(kind), message, text))?
        }
        Verdict::Skipped(why) => element.write_inner_content(|writer| child(writer, "skipped", None, why, ""))?,
        Verdict::Broken(kind, message) => {
            element.write_inner_content(|writer| child(writer, "error", Some(kind), message, ""))?
        }
    };
    Ok(())
}
