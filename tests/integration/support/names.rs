//! Names that somebody chose to be read as something else, and an audit in which every text is one of them.

use chrono::NaiveDate;
use cutover_model::result::audit::{Audit, ViolationStatus, Waiver};
use cutover_model::result::{Location, Thing};

/// Names against every format there is.
pub(crate) const OURS: [&str; 60] = [
    // Workflow commands of GitHub and Azure.
    "::error::fake",
    "::stop-commands::token",
    "::add-mask::a",
    "  ::warning file=x::y",
    "##[add-mask]secret",
    "a ##[group]b",
    "##vso[task.complete result=Failed]",
    "%0A::error::fake",
    "%25%0D%0A,:=",
    "file=a,line=1,title=x::y",
    "=",
    "a\n::error::b",
    "a\r\n##[error]b",
    // Markdown and HTML.
    "@team please",
    "@everyone",
    "ask @ann-lee, see #12 or GH-7 or org/app#3",
    "[click](https://evil.test)",
    "![image](https://evil.test/x.png)",
    "[x]: https://evil.test",
    "https://evil.test www.evil.test ann@evil.test mailto:a@b.test",
    "<https://evil.test> <a@b.test>",
    "<img src=x onerror=alert(1)>",
    "</summary></details><script>alert(1)</script>",
    "<!-- x",
    "<![CDATA[ x ]]>",
    "a | b | c",
    "|||",
    "`code` ``two`` ```three",
    "~~~\nfence",
    "# heading",
    "- [x] task",
    "1. one",
    "> quote",
    "***",
    "---",
    "a\n---",
    "[^1] [^1]: note",
    "$x^2$ $$y$$ ```math",
    "~bug %milestone &12 !5 :tada:",
    "[[wiki]] ==mark== ++ins++ ||spoiler||",
    "\\@ann \\`x\\` \\|",
    "* _ ** __ ~~strike~~",
    // Formulas.
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    " =HYPERLINK(\"https://evil.test\")",
    "a;=cmd|' /C calc'!A0",
    "\"=1\",\"=2\"",
    "＝1＋1",
    // XML, JSON, SARIF.
    "]]>&amp;&lt;\"'",
    "\u{0}\u{1}\u{b}\u{c}\u{1f}",
    "\u{fffe}\u{ffff}\u{fdd0}",
    "{0} {{1}} %SRCROOT% {principal.name}",
    "\"},{\"a\":\"",
    // What moves or hides.
    "\u{1b}[2J\u{1b}]0;t\u{7}",
    "\u{202e}gnp.exe\u{2066}",
    "\u{200b}\u{feff}\u{2028}\u{2029}\u{85}",
    "",
];

/// The Big List of Naughty Strings, if `BLNS` names the file `blns.json` of
/// <https://github.com/minimaxir/big-list-of-naughty-strings>.
pub(crate) fn naughty() -> Vec<String> {
    let Some(path) = std::env::var_os("BLNS") else { return Vec::new() };
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// An audit with one violation for each name, in which every text that can come from an export holds it. Some are waived.
pub(crate) fn audit(pattern: &Audit, names: &[String]) -> Audit {
    let mut audit = pattern.clone();
    let first = audit.violations.first().cloned().unwrap();
    audit.violations = Vec::new();
    for (number, name) in names.iter().enumerate() {
        let mut one = first.clone();
        let text = |what: &str| format!("{name} {what} {name}");
        let place = |line: usize| Location {
            path: format!("export/{name}.json"),
            line,
            column: number % 7,
            pointer: format!("/{name}"),
            snippet: None,
        };
        let thing = |kind: &str| Thing::new(kind, name.clone(), name.clone());
        one.message = text("holds Admin on");
        one.remedy = text("must lower");
        one.subject = thing("ManagedAccount");
        one.resource = thing("Tool");
        one.company.clone_from(name);
        one.location = place(number);
        one.related = vec![place(1)];
        one.members = vec![thing("Project"), thing("Project")];
        one.count = 2;
        for step in &mut one.why {
            (step.from, step.to) = (thing("ManagedAccount"), thing("Tool"));
            step.because = text("because");
            step.location = Some(place(2));
        }
        assert!(!one.why.is_empty());
        one.fingerprint = format!("{number:08x}{:024x}", 0);
        if number % 5 == 4 {
            one.status = ViolationStatus::Waived;
            one.waiver = Some(Waiver {
                reason: text("why"),
                owner: name.clone(),
                approver: name.clone(),
                expires: NaiveDate::from_ymd_opt(2025, 1, 1).unwrap(),
                path: format!("{name}.toml"),
                line: 1,
            });
        }
        audit.violations.push(one);
    }
    for coverage in &mut audit.coverage {
        coverage.hints = coverage.hints.iter().zip(names).map(|(hint, name)| format!("{name} {hint}")).collect();
    }
    for (input, name) in audit.inputs.iter_mut().zip(names) {
        input.path = format!("export/{name}.json");
    }
    audit.groups = Vec::new();
    audit.summary = cutover_model::result::audit::Summary::count(&audit.violations, &audit.coverage);
    audit
}
