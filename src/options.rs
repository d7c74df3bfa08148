//! What an option comes to: the command line says it first, then the environment, then `cutover.toml`.

use std::ops::Range;
use std::path::PathBuf;

use clap::ValueEnum;
use clap::parser::ValueSource;

use crate::decisions::Authority;
use crate::error::CliError;
use crate::evaluation::{EvaluationArgs, Output};
use crate::fail_on::FailOn;
use crate::input;
use cutover_model::escape;
use cutover_policy::config::Config;
use cutover_policy::timeline::Timeline;

/// Where the value of an option comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Source {
    /// The command line, or else the environment.
    Given,
    /// A file, and the line in it.
    File(String, usize),
    /// Nobody said anything.
    Default,
}

/// A value, and where it comes from.
#[derive(Debug, Clone)]
pub(super) struct Set<T> {
    pub(super) value: T,
    pub(super) source: Source,
}

/// The options that a file may set.
#[derive(Debug)]
pub(super) struct Resolved {
    /// The announced dates; `None` for the newest ones that were announced by the day of the run.
    pub(super) timeline: Set<Option<String>>,
    pub(super) fail_on: Set<FailOn>,
    pub(super) allow_incomplete: Set<bool>,
    /// The waivers file; `None` for those that lie in the export folders.
    pub(super) waivers: Set<Option<PathBuf>>,
}

/// A value of the command line or the environment, if there is one.
fn said<T>(value: Option<T>) -> Option<Set<T>> {
    value.map(|value| Set { value, source: Source::Given })
}

fn place(config: &Config, at: Range<usize>) -> Source {
    let (path, line) = config.line_of(at);
    Source::File(path.to_owned(), line)
}

fn optional<T>(set: Option<Set<T>>) -> Set<Option<T>> {
    or_default(set.map(|Set { value, source }| Set { value: Some(value), source }), None)
}

fn or_default<T>(set: Option<Set<T>>, default: T) -> Set<T> {
    set.unwrap_or(Set { value: default, source: Source::Default })
}

/// The announced dates. A file that `cutover.toml` names lies beside it.
pub(super) fn timeline(given: Option<String>, config: Option<&Config>) -> Set<Option<String>> {
    let in_file = || {
        let (config, spanned) = (config?, config?.preferences().timeline.as_ref()?);
        let (name, beside) = (spanned.get_ref(), config.beside(spanned.get_ref()));
        let value = if beside.is_file() { beside.display().to_string() } else { name.clone() };
        Some(Set { value, source: place(config, spanned.span()) })
    };
    optional(said(given).or_else(in_file))
}

/// `--strict` is what every run does now.
pub(super) fn note_strict(given: bool) {
    if given {
        input::note(
            "`--strict` has no effect: an incomplete export ends with exit code 3 unless `--allow-incomplete` is given",
        );
    }
}

/// Whether an export of which a part could not be read may pass.
pub(super) fn allow_incomplete(given: bool, config: Option<&Config>) -> Set<bool> {
    let in_file = || {
        let (config, spanned) = (config?, config?.preferences().allow_incomplete.as_ref()?);
        Some(Set { value: *spanned.get_ref(), source: place(config, spanned.span()) })
    };
    or_default(said(given.then_some(true)).or_else(in_file), false)
}

fn fail_on(given: Option<FailOn>, config: Option<&Config>) -> Result<Set<FailOn>, CliError> {
    let in_file = config.and_then(|config| Some((config, config.preferences().fail_on.as_ref()?)));
    let set = match (said(given), in_file) {
        (Some(said), _) => Some(said),
        (None, None) => None,
        (None, Some((config, spanned))) => {
            let value = FailOn::parse(spanned.get_ref())
                .map_err(|what| config.fault(spanned.span(), escape::visible(&what).into_owned(), FailOn::EXPECTED))?;
            Some(Set { value, source: place(config, spanned.span()) })
        }
    };
    Ok(or_default(set, FailOn::DEFAULT))
}

/// The waivers file that is named, by an option or by `cutover.toml`.
pub(super) fn waivers(given: Option<PathBuf>, none: bool, config: Option<&Config>) -> Set<Option<PathBuf>> {
    let in_file = || {
        let (config, spanned) = (config?, config?.preferences().waivers.as_ref()?);
        Some(Set { value: config.beside(spanned.get_ref()), source: place(config, spanned.span()) })
    };
    let set = said(given).or_else(|| if none { None } else { in_file() });
    optional(set)
}

impl Resolved {
    /// Resolves the options of a verb that evaluates.
    pub(super) fn of(
        evaluation: &EvaluationArgs,
        given: Option<FailOn>,
        config: Option<&Config>,
    ) -> Result<Self, CliError> {
        Ok(Self {
            timeline: timeline(evaluation.timeline.clone(), config),
            fail_on: fail_on(given, config)?,
            allow_incomplete: allow_incomplete(evaluation.allow_incomplete, config),
            waivers: waivers(evaluation.waivers.clone(), evaluation.no_waivers, config),
        })
    }
}

/// An option as `cutover config` shows it.
#[derive(Debug, serde::Serialize)]
pub(super) struct Shown {
    pub(super) option: &'static str,
    pub(super) variable: Option<&'static str>,
    pub(super) value: Option<String>,
    pub(super) source: String,
}

/// Every option with its value and where that comes from, as the verbs that evaluate would take it.
pub(super) fn shown(
    matches: Option<&clap::ArgMatches>,
    (evaluation, output): (&EvaluationArgs, &Output),
    export: &[PathBuf],
) -> Result<Vec<Shown>, CliError> {
    let authority = Authority::of_exports(evaluation.decisions.as_deref(), export)?;
    let found = evaluation.find_config(&authority)?;
    let config = found.as_ref().map(|found| &found.config);
    let resolved = Resolved::of(evaluation, output.fail_on.clone(), config)?;
    let source =
        |option: &str, source: &Source| match (matches.and_then(|matches| matches.value_source(option)), source) {
            (Some(ValueSource::CommandLine), _) => "the command line".to_owned(),
            (Some(ValueSource::EnvVariable), _) => "the environment".to_owned(),
            (_, Source::File(path, line)) => format!("{path}, line {line}"),
            _ => "the default".to_owned(),
        };
    let path = |path: &Option<PathBuf>| path.as_ref().map(|path| path.display().to_string());
    let policies = policies(config, evaluation, &authority);
    let found = config.map(|config| config.path().to_owned());
    let config_source = match (&evaluation.config, &found) {
        (None, Some(_)) => "where it lies".to_owned(),
        _ => source("config", &Source::Default),
    };
    let one = |option: &'static str, variable, value: Option<String>, from: &Source| Shown {
        option,
        variable,
        value,
        source: source(option, from),
    };
    let threshold = Some(resolved.fail_on.value.to_string());
    let format = output.format.to_possible_value().map(|value| value.get_name().to_owned());
    let unsaid = &Source::Default;
    let timeline = resolved.timeline.value.clone().unwrap_or_else(|| Timeline::announced_by(evaluation.day()).id);
    let folder = evaluation.decisions.as_ref().map(|path| path.display().to_string());
    let mut all = vec![
        one("as_of", Some("CUTOVER_AS_OF"), evaluation.as_of.map(|day| day.to_string()), unsaid),
        one("decisions", Some("CUTOVER_DECISIONS"), folder, unsaid),
        Shown { option: "config", variable: Some("CUTOVER_CONFIG"), value: found, source: config_source },
        one("timeline", Some("CUTOVER_TIMELINE"), Some(timeline), &resolved.timeline.source),
        one("waivers", Some("CUTOVER_WAIVERS"), path(&resolved.waivers.value), &resolved.waivers.source),
        one(
            "allow_incomplete",
            Some("CUTOVER_ALLOW_INCOMPLETE"),
            Some(resolved.allow_incomplete.value.to_string()),
            &resolved.allow_incomplete.source,
        ),
        one("fail_on", Some("CUTOVER_FAIL_ON"), threshold, &resolved.fail_on.source),
        one("format", Some("CUTOVER_FORMAT"), format, unsaid),
    ];
    all.extend(policies);
    Ok(all)
}

/// The folders of policies, in the order in which they are added.
fn policies(config: Option<&Config>, evaluation: &EvaluationArgs, authority: &Authority<'_>) -> Vec<Shown> {
    let row = |(path, source): (PathBuf, String)| Shown {
        option: "policies",
        variable: None,
        value: Some(path.display().to_string()),
        source,
    };
    let of_config = config.into_iter().flat_map(|config| {
        config.policies().into_iter().map(|path| (path, config.path().to_owned())).collect::<Vec<_>>()
    });
    let beside = authority.policies(config).map(|path| (path, "--decisions".to_owned()));
    let given = evaluation.policies.iter().map(|path| (path.clone(), "the command line".to_owned()));
    beside.into_iter().chain(of_config).chain(given).map(row).collect()
}
