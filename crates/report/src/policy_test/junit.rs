//! The tests of a pack as JUnit XML: a suite for each control, a test case for each case.

use std::io::{self, Write};

use quick_xml::Writer;
use quick_xml::events::BytesText;

use super::included;
use crate::xml::plain;
use cutover_model::result::policy_test::{PolicyTest, Tested, Tried};

/// Writes the result as JUnit XML.
pub(super) fn write(result: &PolicyTest, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, r#"<?xml version="1.0" encoding="UTF-8"?>"#)?;
    let mut writer = Writer::new_with_indent(&mut *out, b' ', 2);
    let low = result.summary.mutation.as_ref().filter(|mutation| !mutation.is_enough());
    let tests = result.summary.cases + usize::from(result.summary.mutation.is_some());
    writer
        .create_element("testsuites")
        .with_attribute(("name", "cutover policy test"))
        .with_attribute(("tests", tests.to_string().as_str()))
        .with_attribute(("failures", (result.summary.failed + usize::from(low.is_some())).to_string().as_str()))
        .with_attribute(("errors", "0"))
        .write_inner_content(|writer| {
            for tested in &result.controls {
                suite(tested, writer)?;
            }
            let Some(mutation) = &result.summary.mutation else { return Ok(()) };
            let message = format!(
                "{} of {} mutants killed, {:.1} %; at least {} % asked for",
                mutation.killed, mutation.made, mutation.percent, mutation.at_least
            );
            let failed = low.map(|_| (message.as_str(), survived(result)));
            let suite = writer.create_element("testsuite").with_attribute(("name", "mutants"));
            let suite = suite.with_attribute(("tests", "1"));
            let suite = suite.with_attribute(("failures", if failed.is_some() { "1" } else { "0" }));
            let suite = suite.with_attribute(("errors", "0"));
            suite.write_inner_content(|writer| case("mutants", "mutation score", failed.as_ref(), writer))?;
            Ok(())
        })?;
    writeln!(out)
}

fn suite<W: Write>(tested: &Tested, writer: &mut Writer<W>) -> io::Result<()> {
    let failures = tested.cases.iter().filter(|case| !case.passed).count();
    let id = plain(&tested.control);
    writer
        .create_element("testsuite")
        .with_attribute(("name", id.as_str()))
        .with_attribute(("tests", tested.cases.len().to_string().as_str()))
        .with_attribute(("failures", failures.to_string().as_str()))
        .with_attribute(("errors", "0"))
        .write_inner_content(|writer| {
            for tried in &tested.cases {
                let message = plain(&included(tried));
                let failed = (!tried.passed).then(|| (message.as_str(), details(tried)));
                case(&id, &plain(&tried.name), failed.as_ref(), writer)?;
            }
            Ok(())
        })?;
    Ok(())
}

fn case<W: Write>(class: &str, name: &str, failed: Option<&(&str, String)>, writer: &mut Writer<W>) -> io::Result<()> {
    let element = writer.create_element("testcase").with_attribute(("classname", class)).with_attribute(("name", name));
    match failed {
        None => element.write_empty()?,
        Some((message, details)) => element.write_inner_content(|writer| {
            let failure = writer.create_element("failure").with_attribute(("message", *message));
            failure.write_text_content(BytesText::new(details))?;
            Ok(())
        })?,
    };
    Ok(())
}

fn details(case: &Tried) -> String {
    let line = |diagnostic: &cutover_model::result::audit::Diagnostic| {
        let place = diagnostic.location.as_ref();
        let place = place.map(|place| format!("{}:{}:{}: ", place.path, place.line, place.column)).unwrap_or_default();
        plain(&format!("{place}{}", diagnostic.message))
    };
    case.diagnostics.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn survived(result: &PolicyTest) -> String {
    let mut lines = Vec::new();
    for tested in &result.controls {
        for mutant in tested.mutants.iter().flat_map(|mutants| &mutants.survived) {
            lines.push(plain(&format!("{}: {}: {}", tested.control, mutant.change, mutant.text)));
        }
    }
    lines.join("\n")
}
