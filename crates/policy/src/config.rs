//! `cutover.toml`: how an organisation wants its audits, beyond what the built-in pack says.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::Deserialize;
use toml::Spanned;

use super::control::{Control, SeverityRule};
use super::fault::{Fault, nearest};
use super::org_overrides::{Levels, OrgOverrides, Override};
use super::pack::Pack;
use super::pattern;
use cutover_export::manual_files::parse;
use cutover_export::open::Boundary;
use cutover_export::text::LineIndex;
use cutover_export::text::line_column;
use cutover_model::diagnostic::{Code, Level};
use cutover_model::escape;
use cutover_model::result::Severity;

/// `cutover.toml`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(title = "cutover.toml")]
pub struct ConfigFile {
    /// What options say when neither the command line nor the environment does.
    options: Preferences,
    /// How long waivers may hold.
    waivers: WaiverTerms,
    /// How loud diagnostics are, by their code. One that is made an error fails the run.
    diagnostics: DiagnosticLevels,
    /// Folders of policies to add, relative to this file; a control there takes the place of one with its id.
    #[schemars(with = "Vec<String>")]
    policies: Vec<Spanned<String>>,
    /// Controls whose severity is changed, or that are switched off.
    #[schemars(with = "Vec<ControlRule>")]
    control: Vec<Spanned<ControlRule>>,
}

/// What options say when neither the command line nor the environment does.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Preferences {
    /// The announced dates: an announcement day, or a file, relative to this one.
    #[schemars(with = "String")]
    pub timeline: Option<Spanned<String>>,
    /// Which open violations fail a run: a minimum severity, `new`, controls (`DIR-*`), several with commas; or `never`.
    #[schemars(with = "String")]
    pub fail_on: Option<Spanned<String>>,
    /// Whether an export of which a part could not be read may pass: else the exit code is 3.
    #[schemars(with = "bool")]
    pub allow_incomplete: Option<Spanned<bool>>,
    /// The waivers to apply, relative to this file.
    #[schemars(with = "String")]
    pub waivers: Option<Spanned<String>>,
}

/// How long waivers may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct WaiverTerms {
    /// The longest term of a waiver in days, from `granted` or else from the day of the audit; none if not given.
    #[schemars(range(min = 1))]
    pub max_days: Option<u32>,
    /// From how many days before its last day a waiver is reported as expiring soon.
    pub soon_days: u32,
}

impl Default for WaiverTerms {
    fn default() -> Self {
        Self { max_days: None, soon_days: 30 }
    }
}

/// How loud a diagnostic is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Loudness {
    /// As an error.
    Error,
    /// As a warning.
    Warning,
    /// As a note: on standard error only with `-v`.
    Note,
    /// Not at all.
    Off,
}

macro_rules! levels {
    ($($(#[$meta:meta])* $name:ident => $code:ident),* $(,)?) => {
        /// How loud diagnostics are, by their code. Those that say a part of the export was lost cannot be set. One
        /// that is made an error fails the run.
        #[derive(Debug, Default, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
        pub struct DiagnosticLevels {
            $($(#[$meta])* $name: Option<Loudness>,)*
        }

        impl DiagnosticLevels {
            fn levels(&self) -> Levels {
                let given = [$((Code::$code, self.$name)),*];
                let level = |loudness| match loudness {
                    Loudness::Error => Some(Level::Error),
                    Loudness::Warning => Some(Level::Warning),
                    Loudness::Note => Some(Level::Note),
                    Loudness::Off => None,
                };
                let given = given.into_iter().filter_map(|(code, loudness)| Some((code, level(loudness?))));
                Levels::new(given.collect())
            }
        }
    };
}

levels! {
    /// A waiver past its last day: the violation counts.
    expired_waiver => ExpiredWaiver,
    /// A waiver that ends within `soon_days`.
    expiring_waiver => ExpiringWaiver,
    /// A waiver that covers no violation.
    unmatched_waiver => UnmatchedWaiver,
    /// A waiver with a term over `max_days`: it does not count.
    overlong_waiver => OverlongWaiver,
    /// A planned fix past its date: the violation is still there.
    overdue_waiver => OverdueWaiver,
    /// A baseline that matches nothing, or could not be assessed again as a whole.
    baseline => Baseline,
    /// An exception of `reviews.toml` past its date.
    expired => Expired,
    /// A record of `reviews.toml` that matches nothing.
    unmatched => Unmatched,
    /// A record that names something the export does not hold.
    unresolved => Unresolved,
    /// Records that contradict each other.
    conflict => Conflict,
    /// A member of the wrong type.
    member => Member,
    /// A level that is none of the four.
    unknown_level => UnknownLevel,
    /// A tool or a route that is not in the tool table.
    unknown_tool => UnknownTool,
    /// A file of which nothing tells what it holds.
    unknown_kind => UnknownKind,
    /// An export that was collected long before the day of the audit.
    old_export => OldExport,
    /// A kind of export that is there before a change and not after it.
    not_compared => NotCompared,
}

/// A control whose severity is changed, or that is switched off, and why.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("anyOf" = [{"required": ["severity"]}, {"required": ["off"]}]))]
pub struct ControlRule {
    /// The control's id, or a pattern such as `MAN-*`.
    #[schemars(with = "String", extend("pattern" = r"\S"))]
    id: Spanned<String>,
    /// Severity a violation is.
    #[serde(default)]
    #[schemars(with = "Severity")]
    severity: Option<Severity>,
    /// Whether the control is not assessed at all.
    #[serde(default)]
    off: bool,
    /// Why; every report shows it.
    #[schemars(with = "String", extend("pattern" = r"\S"))]
    reason: Spanned<String>,
    /// Who decided.
    #[serde(default)]
    #[schemars(with = "String")]
    approved_by: Option<String>,
}

/// A `cutover.toml` that was read.
#[derive(Debug)]
pub struct Config {
    path: String,
    text: String,
    file: ConfigFile,
}

impl Config {
    /// Reads a `cutover.toml`.
    ///
    /// # Errors
    /// Where and why it cannot be read, or says something it cannot say.
    pub fn parse(path: &str, text: &str) -> Result<Self, Fault> {
        let file: ConfigFile = parse(text).map_err(|fault| Fault::of_shape(path, text, fault))?;
        if file.waivers.max_days == Some(0) {
            let start = text.find("max_days").unwrap_or_default();
            let help = "give at least 1 day, or leave it out";
            return Err(Fault::new(
                path,
                text,
                start..start + "max_days".len(),
                "`max_days` is 0: no waiver could count",
                help,
            ));
        }
        for spanned in &file.control {
            let (at, rule) = (spanned.span(), spanned.get_ref());
            let fault = |at, what: &str, help: &str| Err(Fault::new(path, text, at, what, help));
            if escape::is_blank(rule.reason.get_ref()) {
                return fault(rule.reason.span(), "`reason` is blank", "state the reason: every report shows it");
            }
            match (rule.severity, rule.off) {
                (None, false) => return fault(at, "this has no effect", "give `severity`, or `off = true`"),
                (Some(_), true) => {
                    return fault(at, "a control that is off has no severity", "give `severity` or `off`, not both");
                }
                _ => {}
            }
        }
        Ok(Self { path: path.to_owned(), text: text.to_owned(), file })
    }

    /// Where it lies.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// What it says for options.
    pub fn preferences(&self) -> &Preferences {
        &self.file.options
    }

    /// A path that it names, from where it lies itself.
    pub fn beside(&self, path: &str) -> PathBuf {
        Path::new(&self.path).parent().unwrap_or(Path::new("")).join(path)
    }

    /// Refuses a file or folder that it names, if that lies outside of the folder it must not leave.
    ///
    /// # Errors
    /// The first such path, and where it is.
    pub fn stay_within(&self, boundary: &Boundary) -> Result<(), Fault> {
        let (options, policies) = (&self.file.options, &self.file.policies);
        // A timeline may be the name of a built-in one; what is not there, or no file, is reported when it is read.
        let named = policies.iter().chain(&options.waivers).chain(&options.timeline);
        let leaves = |path: &&Spanned<String>| {
            let path = self.beside(path.get_ref());
            (path.is_file() || path.is_dir()) && !boundary.holds(&path)
        };
        let Some(path) = { named }.find(leaves) else { return Ok(()) };
        let help = "a cutover.toml in an export names only files and folders of that export; keep it outside and name it \
                    with --config to use others";
        Err(self.fault(path.span(), "this leads out of the export".to_owned(), help))
    }

    /// The file and the line of one of its values, from 1.
    pub fn line_of(&self, at: std::ops::Range<usize>) -> (&str, usize) {
        (&self.path, line_column(&self.text, at.start).0)
    }

    /// A value that cannot be taken, at its place.
    pub fn fault(&self, at: std::ops::Range<usize>, what: String, help: &str) -> Fault {
        Fault::new(&self.path, &self.text, at, what, help)
    }

    /// The folders of policies it adds.
    pub fn policies(&self) -> Vec<PathBuf> {
        let folder = Path::new(&self.path).parent().unwrap_or(Path::new(""));
        self.file.policies.iter().map(|path| folder.join(path.get_ref())).collect()
    }

    /// The folders of policies it adds, as it names them.
    pub fn policy_names(&self) -> impl Iterator<Item = &str> {
        self.file.policies.iter().map(|name| name.get_ref().as_str())
    }

    /// Changes a pack as the file says. Of two entries about one control the later one counts.
    ///
    /// # Errors
    /// An entry for a control that does not exist, and where it is.
    pub fn apply(&self, pack: &mut Pack) -> Result<(), Fault> {
        let mut rules: BTreeMap<String, (&ControlRule, usize)> = BTreeMap::new();
        let lines = LineIndex::new(&self.text);
        for spanned in &self.file.control {
            let rule = spanned.get_ref();
            let fault = |what: String, help: &str| Fault::new(&self.path, &self.text, rule.id.span(), what, help);
            let id = rule.id.get_ref();
            let glob = pattern::matcher(id).map_err(|what| fault(what, pattern::HELP))?;
            let (line, _) = lines.line_column(spanned.span().start);
            let matching: Vec<&str> = pack.ids().filter(|id| glob.is_match(id)).collect();
            if matching.is_empty() {
                let help = pattern::in_capitals(id, pack.ids()).unwrap_or_else(|| nearest(id, pack.ids()));
                return Err(fault(format!("there is no control `{id}`"), &help));
            }
            rules.extend(matching.into_iter().map(|id| (id.to_owned(), (rule, line))));
        }
        let mut org = OrgOverrides {
            levels: self.file.diagnostics.levels(),
            terms: self.file.waivers,
            ..OrgOverrides::default()
        };
        for controls in [&mut pack.controls, &mut pack.migration, &mut pack.change] {
            for mut control in std::mem::take(controls) {
                let Some((rule, line)) = rules.get(&control.id) else {
                    controls.push(control);
                    continue;
                };
                org.overrides.push(self.change(&mut control, rule, *line));
                if rule.off { org.off.push(control) } else { controls.push(control) }
            }
        }
        org.overrides.sort_by(|one, two| one.control.cmp(&two.control));
        org.off.sort_by(|one, two| one.id.cmp(&two.id));
        pack.org = org;
        Ok(())
    }

    fn change(&self, control: &mut Control, rule: &ControlRule, line: usize) -> Override {
        let from = control.severity;
        if let Some(severity) = rule.severity {
            control.severity = SeverityRule::Fixed(severity);
            control.unknown = control.unknown.map(|_| severity);
        }
        Override {
            control: control.id.clone(),
            severity: rule.severity.map(|to| (from, to)),
            off: rule.off,
            reason: rule.reason.get_ref().clone(),
            approved_by: rule.approved_by.clone(),
            path: self.path.clone(),
            line,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn applied(text: &str) -> Result<Pack, String> {
        let mut pack = Pack::load(&[]).unwrap();
        let config = Config::parse("cutover.toml", text).map_err(|fault| fault.to_string())?;
        config.apply(&mut pack).map_err(|fault| fault.to_string())?;
        Ok(pack)
    }

    #[test]
    fn the_later_entry_counts() {
        let text = "[[control]]\nid = \"MAN-*\"\noff = true\nreason = \"a\"\n\n\
                    [[control]]\nid = \"MAN-07\"\nseverity = \"info\"\nreason = \"b\"\n";
        let pack = applied(text).unwrap();
        assert!(pack.controls.iter().any(|control| control.id == "MAN-07"));
        assert!(!pack.controls.iter().any(|control| control.id == "MAN-01"));
        let described = pack.org.overrides.iter().find(|described| described.control == "MAN-07").unwrap();
        assert_eq!((described.line, described.off, described.reason.as_str()), (6, false, "b"));
    }

    #[test]
    fn a_control_over_plans_can_be_switched_off_too() {
        let pack = applied("[[control]]\nid = \"MIG-01\"\noff = true\nreason = \"a\"\n").unwrap();
        assert!(pack.migration.iter().all(|control| control.id != "MIG-01"));
    }

    #[test]
    fn an_entry_says_something_and_why() {
        let fault = |text: &str| applied(&format!("[[control]]\nid = \"MAN-07\"\n{text}")).unwrap_err();
        assert!(fault("off = true\n").contains("missing field `reason`"));
        assert!(fault("off = true\nreason = \" \"\n").starts_with("`cutover.toml`, line 4, column 10"));
        assert!(fault("reason = \"x\"\n").contains("has no effect"));
        assert!(fault("off = true\nseverity = \"low\"\nreason = \"x\"\n").contains("has no severity"));
        let unknown = applied("[[control]]\nid = \"MAN-7\"\noff = true\nreason = \"x\"\n").unwrap_err();
        assert_eq!(unknown, "`cutover.toml`, line 2, column 6: there is no control `MAN-7`");
    }

    #[test]
    fn what_was_lost_cannot_be_silenced() {
        assert!(applied("[diagnostics]\nsyntax = \"off\"\n").unwrap_err().contains("unknown field `syntax`"));
        let pack = applied("[diagnostics]\nexpired-waiver = \"off\"\nunknown-tool = \"error\"\n").unwrap();
        assert_eq!(pack.org.levels.of(Code::ExpiredWaiver), None);
        assert_eq!(pack.org.levels.of(Code::UnknownTool), Some(Level::Error));
        assert_eq!(pack.org.levels.of(Code::Conflict), Some(Code::Conflict.level()));
    }
}
