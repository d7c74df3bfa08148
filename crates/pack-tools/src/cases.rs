//! Test files: `ID.test.toml` beside `ID.cedar`. A case is a small export, or facts, and what the control must say of it.
//!
//! `docs/testing-policies.md` describes the format for users.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::Path;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use toml::Spanned;
use walkdir::WalkDir;

use super::fault::{CaseFault, CasesError, Fault};
use super::written::Written;
use cutover_export::collect::{Content, Folder, Input};
use cutover_export::manual_files;
use cutover_export::open;
use cutover_export::open::Boundary;
use cutover_export::{self as export, Export};
use cutover_policy::pack;
use cutover_policy::timeline::Timeline;

/// How the name of a test file ends.
const ENDING: &str = ".test.toml";
/// The day a case speaks of when it does not say.
const TODAY: &str = "2024-10-15";

/// What a control must say of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Expect {
    /// At least one violation, of the subject if one is named.
    Violates,
    /// At least one fact, every one evaluated, no violation.
    Complies,
    /// At least one fact that cannot be evaluated, no violation.
    Unknown,
    /// No fact at all.
    Nothing,
}

impl Expect {
    /// The three answers that a control must be able to give.
    pub const ANSWERS: [Self; 3] = [Self::Violates, Self::Complies, Self::Unknown];

    /// The word in test files.
    pub fn id(self) -> &'static str {
        match self {
            Self::Violates => "violates",
            Self::Complies => "complies",
            Self::Unknown => "unknown",
            Self::Nothing => "nothing",
        }
    }

    fn from_id(id: &str) -> Option<Self> {
        [Self::Violates, Self::Complies, Self::Unknown, Self::Nothing].into_iter().find(|expect| expect.id() == id)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    never: BTreeMap<Spanned<String>, String>,
    #[serde(default)]
    files: BTreeMap<String, String>,
    #[serde(default)]
    case: Vec<Spanned<Row>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    name: String,
    expect: Spanned<String>,
    subject: Option<String>,
    violations: Option<usize>,
    as_of: Option<Spanned<toml::Value>>,
    timeline: Option<Spanned<String>>,
    #[serde(default)]
    files: BTreeMap<String, String>,
    #[serde(default)]
    other: BTreeMap<String, String>,
    #[serde(default)]
    before: BTreeMap<String, String>,
    #[serde(default)]
    facts: Vec<Written>,
}

/// What a case speaks of.
#[derive(Debug)]
pub enum Given {
    /// An export, and perhaps that of a second company in the same run: path and content of each file.
    Files(BTreeMap<String, String>, BTreeMap<String, String>),
    /// An export before a change, and after it.
    Change(BTreeMap<String, String>, BTreeMap<String, String>),
    /// Facts.
    Facts(Vec<Written>),
}

/// One case.
#[derive(Debug)]
pub struct Case {
    /// What is special about it.
    pub name: String,
    /// What the control must say.
    pub expect: Expect,
    /// Who must violate.
    pub subject: Option<String>,
    /// How many facts must violate.
    pub violations: Option<usize>,
    /// The date it was evaluated as of.
    pub as_of: NaiveDate,
    /// The announced dates it is evaluated by.
    pub timeline: Timeline,
    /// What it speaks of.
    pub given: Given,
}

/// The cases of one control.
#[derive(Debug)]
pub struct Suite {
    /// The control, by the name of the file.
    pub control: String,
    /// The file.
    pub path: String,
    /// Its text.
    pub text: String,
    /// Answers that the control can never give, and why.
    pub never: BTreeMap<Expect, String>,
    /// The cases.
    pub cases: Vec<Case>,
}

/// Test files, by control.
pub type Suites = BTreeMap<String, Suite>;

/// The test files of the built-in pack.
///
/// # Errors
/// Where one is wrong.
pub fn built_in() -> Result<Suites, CasesError> {
    gather(built_in_files().into_iter())
}

/// Path and text of each test file of the built-in pack.
pub fn built_in_files() -> Vec<Result<(String, String), CasesError>> {
    pack::built_in_files(ENDING).into_iter().map(Ok).collect()
}

/// The test files in a folder and below.
///
/// # Errors
/// What cannot be read, or where a file is wrong.
pub fn of_folder(folder: &Path) -> Result<Suites, CasesError> {
    gather(test_files(folder).into_iter())
}

/// Path and text of each test file in a folder and below, in order; an error for each that cannot be read.
pub fn test_files(folder: &Path) -> Vec<Result<(String, String), CasesError>> {
    let unreadable = |path: &Path, reason: String| CasesError::Unreadable { path: path.display().to_string(), reason };
    let boundary = match Boundary::of(folder) {
        Ok(boundary) => boundary,
        Err(error) => return vec![Err(unreadable(folder, cutover_export::reason::of(&error)))],
    };
    let entries = WalkDir::new(folder).sort_by_file_name().into_iter().map(|entry| {
        let entry = entry.map_err(|error| {
            let reason = error.io_error().map_or_else(|| "a loop of links".to_owned(), cutover_export::reason::of);
            unreadable(folder, reason)
        })?;
        if entry.file_type().is_dir() || !entry.file_name().to_string_lossy().ends_with(ENDING) {
            return Ok(None);
        }
        let text = open::text(entry.path(), Some(&boundary), open::MAX_WRITTEN_BYTES);
        let text = text.map_err(|error| unreadable(entry.path(), cutover_export::reason::of(&error)))?;
        Ok(Some((entry.path().display().to_string(), text)))
    });
    entries.filter_map(Result::transpose).collect()
}

fn gather(files: impl Iterator<Item = Result<(String, String), CasesError>>) -> Result<Suites, CasesError> {
    let mut suites = Suites::new();
    for file in files {
        let (path, text) = file?;
        let Some(control) = control_of(&path) else { continue };
        let suite = Suite::parse(control, &path, &text).map_err(|fault| CasesError::Fault(Box::new(fault)))?;
        let second = path.clone();
        if let Some(first) = suites.insert(control.to_owned(), suite) {
            return Err(CasesError::Twice { control: first.control, first: first.path, second });
        }
    }
    Ok(suites)
}

/// The control that a file tests, by its name.
pub fn control_of(path: &str) -> Option<&str> {
    path.rsplit(['/', '\\']).next()?.strip_suffix(ENDING)
}

impl Suite {
    /// Reads a test file.
    ///
    /// # Errors
    /// Where it is wrong.
    pub fn parse(control: &str, path: &str, text: &str) -> Result<Self, CaseFault> {
        let read = || -> Result<Self, Fault> {
            let file: File = manual_files::parse(text).map_err(|fault| {
                let end =
                    fault.offset + text.get(fault.offset..).and_then(|rest| rest.lines().next()).map_or(0, str::len);
                Fault::new(fault.offset..end, fault.what, "docs/testing-policies.md lists the keys of a test file")
            })?;
            Ok(Self {
                control: control.to_owned(),
                path: path.to_owned(),
                text: text.to_owned(),
                never: never(file.never)?,
                cases: cases(&file.files, file.case)?,
            })
        };
        read().map_err(|fault| fault.within(path, text))
    }

    /// A fault of one of the cases.
    pub fn fault(&self, fault: Fault) -> CaseFault {
        fault.within(&self.path, &self.text)
    }
}

fn never(rows: BTreeMap<Spanned<String>, String>) -> Result<BTreeMap<Expect, String>, Fault> {
    let mut out = BTreeMap::new();
    for (answer, why) in rows {
        let expect = Expect::ANSWERS.into_iter().find(|expect| expect.id() == answer.as_ref());
        let expect = expect.ok_or_else(|| {
            let what = format!("`{}` is no answer of a control", answer.as_ref());
            Fault::new(answer.span(), what, "expected violates, complies or unknown")
        })?;
        if why.trim().is_empty() {
            let what = format!("`{}` has no reason", answer.as_ref());
            return Err(Fault::new(answer.span(), what, "write why the control can never give this answer"));
        }
        out.insert(expect, why);
    }
    Ok(out)
}

fn cases(shared: &BTreeMap<String, String>, rows: Vec<Spanned<Row>>) -> Result<Vec<Case>, Fault> {
    let mut names = BTreeSet::new();
    let mut out = Vec::with_capacity(rows.len());
    for row in rows {
        let at = row.span();
        let row = row.into_inner();
        if !names.insert(row.name.clone()) {
            return Err(Fault::new(
                at,
                format!("two cases are named `{}`", row.name),
                "say what is special about each",
            ));
        }
        out.push(case(shared, at, row)?);
    }
    if out.is_empty() {
        return Err(Fault::new(0..0, "there is no case in this file", "write a [[case]] with name and expect"));
    }
    Ok(out)
}

fn case(shared: &BTreeMap<String, String>, at: Range<usize>, row: Row) -> Result<Case, Fault> {
    let expect = Expect::from_id(row.expect.as_ref()).ok_or_else(|| {
        let what = format!("`{}` is no expectation", row.expect.as_ref());
        Fault::new(row.expect.span(), what, "expected violates, complies, unknown or nothing")
    })?;
    if expect != Expect::Violates && (row.subject.is_some() || row.violations.is_some()) {
        let what = format!("the case `{}` names who or how many violate and expects none to", row.name);
        return Err(Fault::new(at, what, "`subject` and `violations` go with expect = \"violates\""));
    }
    if row.violations == Some(0) {
        return Err(Fault::new(at, "0 violations are no violation", "write expect = \"complies\""));
    }
    let has_files = !row.files.is_empty() || !row.other.is_empty() || !row.before.is_empty();
    if !row.other.is_empty() && !row.before.is_empty() {
        let what = format!("the case `{}` has files of a second company and files from before a change", row.name);
        return Err(Fault::new(at, what, "a change is that of one company: give `before` or `other`"));
    }
    if has_files && !row.facts.is_empty() {
        let what = format!("the case `{}` has facts and files", row.name);
        return Err(Fault::new(at, what, "give one of the two: files are read into facts"));
    }
    let day = row.as_of.as_ref().map_or_else(
        || TODAY.to_owned(),
        |day| match day.as_ref() {
            toml::Value::String(text) => text.clone(),
            other => other.to_string(),
        },
    );
    let as_of = NaiveDate::parse_from_str(&day, "%Y-%m-%d").map_err(|_| {
        let span = row.as_of.as_ref().map_or(at.clone(), Spanned::span);
        Fault::new(span, "not a date", "write as_of = 2024-10-15")
    })?;
    let named = |name: &Spanned<String>| {
        Timeline::built_in(name.get_ref()).ok_or_else(|| {
            let what = format!("there is no timeline `{}`", name.get_ref());
            Fault::new(name.span(), what, format!("known are {}", Timeline::ids().join(", ")))
        })
    };
    let timeline = row.timeline.as_ref().map_or_else(|| Ok(Timeline::announced_by(as_of)), named)?;
    let given = if row.facts.is_empty() {
        let with = |own: BTreeMap<String, String>| shared.clone().into_iter().chain(own).collect();
        match row.before.is_empty() {
            true => Given::Files(with(row.files), row.other),
            false => Given::Change(with(row.before), with(row.files)),
        }
    } else {
        Given::Facts(row.facts)
    };
    Ok(Case { name: row.name, expect, subject: row.subject, violations: row.violations, as_of, timeline, given })
}

impl Case {
    /// The export of the case, that from before a change first; an empty one when it speaks of facts.
    pub fn export(&self) -> Export {
        let folders = match &self.given {
            Given::Files(files, other) if other.is_empty() => vec![folder("export", files)],
            Given::Files(files, other) => vec![folder("export", files), folder("other", other)],
            Given::Change(before, after) => vec![folder("before", before), folder("after", after)],
            Given::Facts(_) => return Export::default(),
        };
        export::read(folders, &())
    }
}

fn folder(prefix: &str, files: &BTreeMap<String, String>) -> Folder {
    let input = |(name, text): (&String, &String)| Input {
        name: name.clone(),
        path: format!("{prefix}/{name}"),
        content: Content::Bytes(text.clone().into_bytes()),
    };
    Folder { inputs: files.iter().map(input).collect(), faults: Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(text: &str) -> (String, String) {
        let fault = Suite::parse("X-01", "x.test.toml", text).unwrap_err();
        (fault.to_string(), text[fault.at()].to_owned())
    }

    #[test]
    fn every_built_in_test_file_is_read() {
        assert!(built_in().unwrap().len() >= 58);
    }

    #[test]
    fn a_fault_points_at_its_place() {
        let case = "[[case]]\nname = \"a\"\nexpect = \"violates\"\n";
        let (what, at) = fault(&case.replace("violates", "violate"));
        assert_eq!((what.as_str(), at.as_str()), ("`violate` is no expectation", "\"violate\""));
        assert!(fault(&case.replace("expect", "expcet")).0.contains("expcet"));
        assert!(fault(&case.repeat(2)).0.contains("two cases are named `a`"));
        assert_eq!(fault("").0, "there is no case in this file");
        assert!(fault(&format!("never = {{ maybe = \"x\" }}\n{case}")).0.contains("`maybe`"));
        assert!(fault(&format!("never = {{ unknown = \" \" }}\n{case}")).0.contains("has no reason"));
        assert_eq!(fault(&format!("{case}as_of = 2024\n")).1, "2024");
        assert_eq!(fault(&format!("{case}timeline = \"never\"\n")).1, "\"never\"");
        assert!(fault(&format!("{case}violations = 0\n")).0.contains("0 violations"));
        let complies = case.replace("violates", "complies");
        assert!(fault(&format!("{complies}subject = \"b\"\n")).0.contains("expects none to"));
    }
}
