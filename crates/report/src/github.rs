//! Workflow commands of GitHub Actions: annotations on the files of the export, worst first.
//!
//! GitHub shows ten annotations of each level for a step and drops the others without a word, so that no more are
//! written, each sort of violation has its share, and a notice says how many there are in all. The rest belongs in the
//! job summary, which has room for it.
//!
//! The runner takes every line that begins with `::` for a command, and unless it does, every line with `##[` anywhere
//! in it. What an export says is escaped as the toolkit of GitHub does it, and a `##[` is spelled out besides.

use std::io::{self, Write};

use super::text::{Paint, counted, summary_parts};
use super::{decided, details, groups, header, sarif::wording};
use cutover_model::diagnostic::Level as Weight;
use cutover_model::escape;
use cutover_model::result::audit::{Diagnostic, Group, Listing, Violation, ViolationStatus};
use cutover_model::result::{Location, Severity};

/// The most annotations of one level that GitHub shows for a step.
const MAX_SHOWN: usize = 10;

/// The levels of annotations, worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Level {
    Error,
    Warning,
    Notice,
}

impl Level {
    const ALL: [Self; 3] = [Self::Error, Self::Warning, Self::Notice];

    fn of(severity: Severity) -> Self {
        match severity {
            Severity::Critical | Severity::High => Self::Error,
            Severity::Medium => Self::Warning,
            Severity::Low | Severity::Info => Self::Notice,
        }
    }

    fn command(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Notice => "notice",
        }
    }

    /// How many of this level are shown. One notice is the summary.
    fn shown(self) -> usize {
        if self == Self::Notice { MAX_SHOWN - 1 } else { MAX_SHOWN }
    }
}

/// Writes a notice that sums up, then the annotations.
///
/// # Errors
/// When the output cannot be written.
pub fn write(listing: &Listing<'_>, out: &mut dyn Write) -> io::Result<()> {
    let failed = || listing.diagnostics.iter().filter(|one| one.severity == Weight::Error || one.is_incomplete());
    let open: Vec<Group> = listing.groups(usize::MAX).into_iter().filter(is_open).collect();
    let mut sentences = vec![summary_parts(listing, Paint::new(false)).join("; ")];
    sentences.extend(header::of_listing(listing));
    sentences.extend(decided::sentence(listing.decided_by, escape::name));
    let head = sentences.len();
    for level in Level::ALL {
        let failed = if level == Level::Error { failed().count() } else { 0 };
        let all = failed + of(&open, level).iter().map(|group| group.count).sum::<usize>();
        if all > level.shown() {
            let what = format!("{} of level {}", counted(all, "violation"), level.command());
            sentences.push(format!("{what}: GitHub shows {}", level.shown()));
        }
    }
    if sentences.len() > head {
        sentences
            .push("Every violation is in --format jsonl and csv, and the first of each kind in markdown".to_owned());
    }
    let title = [("title", format!("cutover {}", listing.verb))];
    command(Level::Notice, &title, &sentences.join(". "), out)?;
    for level in Level::ALL {
        let failed: Vec<&Diagnostic> = failed().filter(|_| level == Level::Error).take(MAX_SHOWN).collect();
        failed.iter().try_for_each(|diagnostic| alarm(diagnostic, out))?;
        let most = level.shown() - failed.len();
        let groups = of(&open, level);
        let each = groups::share(&groups, most).min(MAX_SHOWN);
        let own = |violation: &&Violation| {
            violation.status == ViolationStatus::Open && Level::of(violation.severity) == level
        };
        if !groups.is_empty() {
            let mut violations = listing.violations.included(each).filter(|violation| own(&&**violation)).take(most);
            violations.try_for_each(|violation| annotate(level, &violation, out))?;
        }
    }
    Ok(())
}

fn is_open(group: &Group) -> bool {
    group.status == ViolationStatus::Open
}

fn of(groups: &[Group], level: Level) -> Vec<Group> {
    groups.iter().filter(|group| Level::of(group.severity) == level).cloned().collect()
}

/// What could not be read or evaluated, or what the organisation made an error.
fn alarm(diagnostic: &Diagnostic, out: &mut dyn Write) -> io::Result<()> {
    let title = match diagnostic.code.as_str() {
        "policy" => "a control could not be evaluated".to_owned(),
        code if diagnostic.is_incomplete() => format!("the export is incomplete: {code}"),
        code => code.to_owned(),
    };
    let mut properties = diagnostic.location.as_ref().map(at).unwrap_or_default();
    properties.push(("title", title));
    command(Level::Error, &properties, &wording::sentence(&diagnostic.message), out)
}

/// The properties that name a place.
fn at(place: &Location) -> Vec<(&'static str, String)> {
    if place.path.is_empty() || place.path == "-" {
        return Vec::new();
    }
    vec![
        ("file", place.path.strip_prefix("./").unwrap_or(&place.path).to_owned()),
        ("line", place.line.max(1).to_string()),
        ("col", place.column.max(1).to_string()),
    ]
}

fn annotate(level: Level, violation: &Violation, out: &mut dyn Write) -> io::Result<()> {
    let mut properties = at(&violation.location);
    let news = details::news(violation).map(|news| format!(" ({news})")).unwrap_or_default();
    let title = format!("{} {}{news}: {}", violation.severity.id(), violation.control, violation.title);
    properties.push(("title", title));
    let message = format!("{} {}", wording::sentence(&violation.message), wording::sentence(&violation.remedy));
    command(level, &properties, &message, out)
}

/// One command on one line.
fn command(level: Level, properties: &[(&str, String)], text: &str, out: &mut dyn Write) -> io::Result<()> {
    let shown: Vec<String> = properties.iter().map(|(name, value)| format!("{name}={}", property(value))).collect();
    writeln!(out, "::{} {}::{}", level.command(), shown.join(","), data(text))
}

/// Text behind the second `::`. After [`plain`] no line break is left, but who reads the code need not know.
fn data(text: &str) -> String {
    plain(text).replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The value of a property.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

/// The runner writes the message to its log again, where nothing may pass for a command of the old sort.
fn plain(text: &str) -> String {
    escape::visible(text).replace("##[", r"##\u{5b}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_value_ends_its_property_or_its_line() {
        assert_eq!(property("a:b,c%0A\n::x"), r"a%3Ab%2Cc%250A\u{a}%3A%3Ax");
        assert_eq!(data("100 %, ::stop-commands::x\r\n"), r"100 %25, ::stop-commands::x\u{d}\u{a}");
        assert_eq!(data("##[add-mask]x"), r"##\u{5b}add-mask]x");
    }
}
