//! The tests of a pack for people: a line for each control, what failed below it, and what no case shows.

use std::io::{self, Write};

use super::{counted, included};
use crate::Style;
use crate::text::Paint;
use cutover_model::escape;
use cutover_model::result::policy_test::{Mutation, PolicyTest, Tested, Tried};

/// Survivor mutants shown of one control without `-v`.
const MAX_LIVE: usize = 5;

/// Writes the result as text.
pub(super) fn write(result: &PolicyTest, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let paint = Paint::of(style);
    let width =
        result.controls.iter().map(|tested| escape::name(&tested.control).chars().count()).max().unwrap_or_default();
    for tested in &result.controls {
        control(tested, width, paint, style.verbose, out)?;
    }
    let summary = &result.summary;
    writeln!(out)?;
    let failed = match summary.failed {
        0 => paint.good("all passed"),
        number => paint.alarm(&format!("{number} failed")),
    };
    writeln!(
        out,
        "{}, {}, {failed}. {} of {} parts of conditions covered.",
        counted(summary.controls, "control"),
        counted(summary.cases, "case"),
        summary.covered,
        summary.parts,
    )?;
    if summary.untested > 0 {
        writeln!(out, "{} without a test file.", counted(summary.untested, "control"))?;
    }
    match &summary.mutation {
        Some(mutation) => score(mutation, paint, out),
        None => Ok(()),
    }
}

fn score(mutation: &Mutation, paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    let Mutation { made, killed, percent, at_least, equivalent } = mutation;
    let percent = format!("{percent:.1} %");
    let percent = if mutation.is_enough() { paint.good(&percent) } else { paint.alarm(&percent) };
    writeln!(out, "Mutants: {killed} of {made} killed, {percent}; at least {at_least} % asked for.")?;
    writeln!(out, "{equivalent} more are equivalent to their control and are not counted; -v lists them.")
}

fn control(tested: &Tested, width: usize, paint: Paint, verbose: bool, out: &mut dyn Write) -> io::Result<()> {
    let id = format!("{:width$}", escape::name(&tested.control));
    if tested.path.is_none() {
        return writeln!(out, "{}  {}", paint.bold(&id), paint.caution("no test file"));
    }
    let failed = tested.cases.iter().filter(|case| !case.passed).count();
    let failed = match failed {
        0 => paint.good("all passed"),
        number => paint.alarm(&format!("{number} failed")),
    };
    let parts = match tested.parts {
        0 => String::new(),
        parts => format!(", parts {}/{parts}", parts - tested.gaps.len()),
    };
    let mutants = tested.mutants.as_ref();
    let mutants = mutants.map(|mutants| format!(", mutants {}/{}", mutants.killed, mutants.made)).unwrap_or_default();
    writeln!(out, "{}  {}, {failed}{parts}{mutants}", paint.bold(&id), counted(tested.cases.len(), "case"))?;
    for case in tested.cases.iter().filter(|case| verbose || !case.passed) {
        tried(case, paint, out)?;
    }
    if !tested.not_asked.is_empty() {
        writeln!(out, "  {} {}", paint.caution("no case expects"), escape::visible(&tested.not_asked.join(", ")))?;
    }
    for never in &tested.never {
        writeln!(out, "  {} {}: {}", paint.dim("never"), never.answer, escape::name(&never.why))?;
    }
    for gap in &tested.gaps {
        let never = paint.caution(&format!("never {}", gap.never.join(", never ")));
        writeln!(out, "  {never}: {}", escape::visible(&gap.text))?;
    }
    for mutant in tested.mutants.iter().flat_map(|mutants| &mutants.equivalent).filter(|_| verbose) {
        writeln!(out, "  {} {}", paint.dim("equivalent:"), escape::visible(&mutant.change))?;
    }
    let survived = tested.mutants.iter().flat_map(|mutants| &mutants.survived);
    let most = if verbose { usize::MAX } else { MAX_LIVE };
    for mutant in survived.clone().take(most) {
        writeln!(out, "  {} {}", paint.caution("lives:"), escape::visible(&mutant.change))?;
        writeln!(out, "         {}", escape::visible(&mutant.text))?;
    }
    match survived.count().saturating_sub(most) {
        0 => Ok(()),
        more => writeln!(out, "  … and {more} more; -v lists them"),
    }
}

fn tried(case: &Tried, paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    if case.passed {
        return writeln!(out, "  {} {}", paint.good("passed"), escape::name(&case.name));
    }
    writeln!(out, "  {} {}", paint.alarm("failed"), escape::name(&case.name))?;
    writeln!(out, "         {}", escape::visible(&included(case)))?;
    for diagnostic in &case.diagnostics {
        let place =
            diagnostic.location.as_ref().map(|place| format!("{}:{}:{}: ", place.path, place.line, place.column));
        let place = place.unwrap_or_default();
        writeln!(out, "         {}{}", escape::visible(&place), escape::visible(&diagnostic.message))?;
    }
    Ok(())
}
