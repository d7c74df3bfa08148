//! What verbs that evaluate have in common: what is evaluated by what, and where the result goes.

use std::path::{Path, PathBuf};

use chrono::{NaiveDate, Utc};

use crate::decisions::{self, Authority, Found, Rules};
use crate::ending::Ending;
use crate::environment::blame;
use crate::error::CliError;
use crate::fail_on::FailOn;
use crate::options::{Resolved, Set, Source};
use crate::{input, output};
use cutover_analysis::audit::Options;
use cutover_export::manual_secrets::ByHand;
use cutover_export::open::Boundary;
use cutover_model::result::Party;
use cutover_model::result::audit::{Listing, Outcome, Verdict};
use cutover_model::result::decisions::{DecidedBy, DecisionKind, DecisionOrigin};
use cutover_policy::control::{Control, Occasion};
use cutover_policy::masks;
use cutover_policy::pack::Pack;
use cutover_policy::provenance::PackSource;
use cutover_policy::timeline::Timeline;
use cutover_policy::waiver::Waivers;
use cutover_report::{Format, Style, View};

/// All that a verb evaluates by, and how strictly.
#[derive(Debug)]
pub(super) struct Loaded {
    /// The pack of the organisation with the controls that were asked for.
    pub(super) pack: Pack,
    pub(super) waivers: Vec<Waivers>,
    /// The files that somebody wrote for it.
    pub(super) files: Vec<ByHand>,
    pub(super) timeline: Timeline,
    /// What decides, beside the pack and the timeline.
    pub(super) decided: Vec<DecidedBy>,
    /// The file that the timeline was read from, if it was one.
    timeline_file: Option<PathBuf>,
    pub(super) as_of: NaiveDate,
    pub(super) fail_on: FailOn,
    pub(super) ending: Ending,
}

/// Waivers and where they come from, and their file.
pub(super) type FoundWaivers = ((Waivers, DecisionOrigin), ByHand);

/// What is evaluated, by what.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Evaluation")]
pub(super) struct EvaluationArgs {
    /// Evaluate as of this date (default: today, UTC)
    #[arg(long, value_name = "DATE", value_parser = input::day, env = "CUTOVER_AS_OF", hide_env_values = true)]
    pub(super) as_of: Option<NaiveDate>,

    /// The timeline of Procore's sunset: the date of an announcement, or a file [default: the newest one announced by --as-of]
    #[arg(long, value_name = "ID|FILE", env = "CUTOVER_TIMELINE", hide_env_values = true)]
    pub(super) timeline: Option<String>,

    /// A folder of policies to add; a control there replaces the built-in control with the same id
    #[arg(long, value_name = "DIR")]
    pub(super) policies: Vec<PathBuf>,

    /// The settings of your organisation (default: cutover.toml in the export folder, else in the working directory)
    #[arg(long, value_name = "FILE", env = "CUTOVER_CONFIG", hide_env_values = true)]
    pub(super) config: Option<PathBuf>,

    /// Ignore every cutover.toml; the one in an export is written by the author of the export
    #[arg(long, conflicts_with = "config")]
    pub(super) no_config: bool,

    /// Only controls whose id matches this pattern: `SVA-*`
    #[arg(long, value_name = "GLOB")]
    pub(super) control: Vec<String>,

    /// Only controls that this party is responsible for
    #[arg(long, value_name = "PARTY")]
    pub(super) party: Option<Party>,

    /// The waivers to apply (default: waivers.toml in the export folder)
    #[arg(long, value_name = "FILE", conflicts_with = "no_waivers", env = "CUTOVER_WAIVERS", hide_env_values = true)]
    pub(super) waivers: Option<PathBuf>,

    /// Apply no waivers
    #[arg(long)]
    pub(super) no_waivers: bool,

    /// Take decisions only from this folder (cutover.toml, waivers.toml, reviews.toml, settings.toml, policies); those in the export are listed and ignored
    #[arg(long, value_name = "DIR", env = "CUTOVER_DECISIONS", hide_env_values = true)]
    pub(super) decisions: Option<PathBuf>,

    /// Do not fail with exit code 3 when part of the export could not be read
    #[arg(long, env = "CUTOVER_ALLOW_INCOMPLETE", hide_env_values = true, value_parser = clap::builder::FalseyValueParser::new())]
    pub(super) allow_incomplete: bool,

    /// Has no effect: an incomplete export always fails; kept for existing scripts
    #[arg(long, hide = true, conflicts_with = "allow_incomplete")]
    pub(super) strict: bool,

    /// Evaluate every fact by itself with Cedar's authorizer: slow, to verify the fast evaluation
    #[arg(long)]
    pub(super) reference: bool,
}

/// Where the result goes, and what of it makes the exit code.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Output")]
pub(super) struct Output {
    /// Output format on standard output
    #[arg(long, value_name = "FORMAT", default_value = "text", env = "CUTOVER_FORMAT", hide_env_values = true)]
    pub(super) format: Format,

    /// Also write this format to a file; can be repeated
    #[arg(short, long = "output", value_name = "FORMAT=PATH", value_parser = output::Target::<Format>::parse)]
    pub(super) output: Vec<output::Target<Format>>,

    /// What fails the run: a minimum severity (critical, high, medium, low, info), `new`, or controls; several with commas:
    /// `high,DIR-*`. With --baseline, `new` means every violation that is new or worse; `never` fails for none [default: low]
    #[arg(long, value_name = "WHAT", value_parser = FailOn::parse, env = "CUTOVER_FAIL_ON", hide_env_values = true)]
    pub(super) fail_on: Option<FailOn>,

    #[command(flatten)]
    pub(super) view: ViewArgs,

    /// Maximum size of Markdown output in bytes [default: 65536, the limit of a GitHub comment]
    #[arg(long, value_name = "BYTES", value_parser = output::limit)]
    pub(super) markdown_limit: Option<usize>,

    /// As --details, with long lists in full, every diagnostic, and the time each stage took
    #[arg(short, long)]
    pub(super) verbose: bool,
}

/// How much of a result the text shows.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(super) struct ViewArgs {
    /// Show every violation with its source lines
    #[arg(long, conflicts_with_all = ["coverage", "quiet"])]
    details: bool,

    /// Show only what was read and what was assessed
    #[arg(long, conflicts_with = "quiet")]
    coverage: bool,

    /// Show only the verdict
    #[arg(short, long)]
    quiet: bool,
}

impl ViewArgs {
    /// What to show, where nothing else is asked for: details with `--verbose`, else one screen.
    pub(super) fn view(self, verbose: bool) -> View {
        match self {
            Self { quiet: true, .. } => View::Verdict,
            Self { coverage: true, .. } => View::Coverage,
            Self { details, .. } if details || verbose => View::Details,
            _ => View::Overview,
        }
    }
}

impl Loaded {
    /// The files that were read for it.
    pub(super) fn paths(&self) -> Vec<PathBuf> {
        let policies = self.pack.all().filter(|control| !control.built_in).map(|control| control.path.as_str());
        let mut paths: Vec<PathBuf> = self.files.iter().map(ByHand::path).chain(policies).map(PathBuf::from).collect();
        paths.extend(self.timeline_file.clone());
        paths
    }

    /// What the evaluator is asked to do. The waivers are taken out.
    pub(super) fn options(&mut self, by_reference: bool) -> Options {
        let waivers = std::mem::take(&mut self.waivers);
        Options { as_of: self.as_of, timeline: self.timeline.clone(), waivers, by_reference }
    }

    /// Lists what decides, and more beside it, in the result.
    pub(super) fn list_decisions(&mut self, more: Vec<DecidedBy>) {
        self.pack.org.decided_by = self.decided.iter().cloned().chain(more).collect();
    }

    /// Everything that decides but for what lies among the records of an export.
    pub(super) fn everything(&self) -> Vec<DecidedBy> {
        let sources = self.pack.sources.iter().map(PackSource::describe).chain(self.timeline.decided_by());
        sources.chain(self.decided.iter().cloned()).collect()
    }

    /// The verdict on a result. Where nothing of a side could be read, whatever was found does not decide.
    pub(super) fn verdict(&self, listing: &Listing<'_>, nothing_was_read: bool) -> Verdict {
        let verdict = Verdict::of(self.fails(listing), listing.diagnostics, self.fail_on.words());
        if nothing_was_read { Verdict { outcome: Outcome::Incomplete, ..verdict } } else { verdict }
    }

    /// Whether a result fails the run: by a violation that `--fail-on` means, or by a diagnostic that was made an error.
    pub(super) fn fails(&self, listing: &Listing<'_>) -> bool {
        !self.fail_on.is_never()
            && (self.fail_on.is_met_by(&listing.violations.groups()) || self.ending.has_raised(listing.diagnostics))
    }
}

impl Output {
    /// How to show text on standard output.
    pub(super) fn style(&self) -> Style {
        Style { limit: self.markdown_limit, ..output::style_of_results(self.verbose, self.view.view(self.verbose)) }
    }

    /// Whether annotations for GitHub are among the formats.
    pub(super) fn annotates(&self) -> bool {
        self.is_wanted(|format| format == Format::Github)
    }

    /// Whether some format that is asked for is of this kind.
    pub(super) fn is_wanted(&self, is_so: impl Fn(Format) -> bool) -> bool {
        is_so(self.format) || self.output.iter().any(|target| is_so(target.format()))
    }
}

impl EvaluationArgs {
    /// What the export is evaluated by. It may bring settings and waivers with it.
    pub(super) fn load(
        &self,
        authority: &Authority<'_>,
        export: &[PathBuf],
        occasions: &[Occasion],
        fail_on: Option<FailOn>,
    ) -> Result<Loaded, CliError> {
        let found = self.find_config(authority)?;
        let resolved = Resolved::of(self, fail_on, found.as_ref().map(|found| &found.config))?;
        let as_of = self.day();
        let Rules { mut pack, mut decided, file: settings, origin } = authority.load_rules(found, &self.policies)?;
        let waivers = match self.no_waivers {
            true => Vec::new(),
            false => find_waivers(&resolved.waivers, (authority, origin), &pack)?,
        };
        let (waivers, files): (Vec<(Waivers, DecisionOrigin)>, Vec<ByHand>) = waivers.into_iter().unzip();
        let effects = waivers.iter().zip(&files).map(|((waivers, origin), file)| {
            decisions::decided(file, DecisionKind::Waivers, *origin, waivers.effect(as_of))
        });
        decided.extend(effects);
        let waivers = waivers.into_iter().map(|(waivers, _)| waivers).collect();
        let timeline = input::find_timeline(&resolved.timeline, as_of, export)?;
        let timeline = decide_timeline(timeline, &resolved.timeline.source, (authority, origin))?;
        resolved.fail_on.value.check(&pack)?;
        self.select(&mut pack, occasions)?;
        let ending = Ending::new(resolved.allow_incomplete.value, &pack.org.levels);
        Ok(Loaded {
            pack,
            waivers,
            files: settings.into_iter().chain(files).collect(),
            timeline,
            decided,
            timeline_file: resolved.timeline.value.map(PathBuf::from),
            as_of,
            fail_on: resolved.fail_on.value,
            ending,
        })
    }

    /// The date it was evaluated as of.
    pub(super) fn day(&self) -> NaiveDate {
        self.as_of.unwrap_or_else(|| Utc::now().date_naive())
    }

    /// The `cutover.toml` that counts.
    pub(super) fn find_config(&self, authority: &Authority<'_>) -> Result<Option<Found>, CliError> {
        let named = self.config.as_deref();
        let value = named.unwrap_or(Path::new("")).display().to_string();
        authority.config(named, self.no_config).map_err(|stop| blame(stop, &value, "CUTOVER_CONFIG"))
    }

    /// Keeps the controls that were asked for.
    fn select(&self, pack: &mut Pack, occasions: &[Occasion]) -> Result<(), CliError> {
        let mut globs = Vec::new();
        for pattern in &self.control {
            let glob = input::matcher(pattern)?;
            let mut matched = pack.all().filter(|control| glob.is_match(&control.id)).peekable();
            if matched.peek().is_none() {
                return Err(input::no_match(pattern, pack.ids(), "the ids are those in the report and in docs"));
            }
            let mut asked: Vec<Occasion> = matched.map(Control::occasion).collect();
            asked.dedup();
            if !asked.iter().any(|occasion| occasions.contains(occasion)) {
                let (what, verb) = match asked.first() {
                    Some(Occasion::Plan) => ("migration plans", "plan"),
                    Some(Occasion::Change) => ("changes", "gate"),
                    _ => ("exports", "audit"),
                };
                return Err(CliError::Usage {
                    what: format!("`{pattern}` matches only controls over {what}"),
                    help: format!("`cutover {verb}` evaluates them"),
                });
            }
            globs.push(glob);
        }
        let asked_for = |control: &Control| {
            (globs.is_empty() || globs.iter().any(|glob| glob.is_match(&control.id)))
                && self.party.is_none_or(|party| party == control.party)
        };
        pack.controls.retain(asked_for);
        pack.change.retain(asked_for);
        pack.org.off.retain(asked_for);
        if !occasions.iter().any(|occasion| !pack.of(*occasion).is_empty()) && pack.org.off.is_empty() {
            return Err(CliError::Usage {
                what: "no control is left: none of the selected controls belongs to that party".to_owned(),
                help: "`cutover policy list` shows the party of each control".to_owned(),
            });
        }
        Ok(())
    }
}

/// The waivers file that was named, or else those that lie where decisions come from. What `cutover.toml` names is of its
/// origin.
pub(super) fn find_waivers(
    named: &Set<Option<PathBuf>>,
    (authority, of_config): (&Authority<'_>, DecisionOrigin),
    pack: &Pack,
) -> Result<Vec<FoundWaivers>, CliError> {
    let read = |path: &Path, within: Option<&Boundary>, origin: DecisionOrigin| {
        let origin = authority.origin_of(path, origin)?;
        read_waivers(path, within, pack)
            .map(|(waivers, file)| ((waivers, origin), file))
            .map_err(|stop| blame(stop, &path.display().to_string(), "CUTOVER_WAIVERS"))
    };
    let Some(path) = &named.value else {
        let found = authority.files(decisions::WAIVERS);
        let origin = authority.origin();
        return found.iter().map(|path| read(path, authority.boundary(path)?.as_ref(), origin)).collect();
    };
    let (within, origin) = match &named.source {
        Source::File(config, _) => (authority.boundary(Path::new(config))?, of_config),
        _ => (None, DecisionOrigin::CommandLine),
    };
    Ok(vec![read(path, within.as_ref(), origin)?])
}

fn read_waivers(path: &Path, within: Option<&Boundary>, pack: &Pack) -> Result<(Waivers, ByHand), CliError> {
    let file = input::read_by_hand(path, within)?;
    Ok((Waivers::parse(&path.display().to_string(), &file.text, pack)?, file))
}

/// Says where a file of announced dates comes from.
pub(super) fn decide_timeline(
    mut timeline: Timeline,
    source: &Source,
    (authority, of_config): (&Authority<'_>, DecisionOrigin),
) -> Result<Timeline, CliError> {
    if let (Some(file), Source::File(..)) = (&mut timeline.file, source) {
        file.origin = authority.origin_of(Path::new(&file.path), of_config)?;
    }
    Ok(timeline)
}

/// Names the controls that cost more than others.
pub(super) fn warn_slow(pack: &Pack) {
    for control in masks::left_to_reference(&pack.controls) {
        let why = "it reads the whole context, or an entity that it names";
        input::note(&format!("control {} is evaluated fact by fact: {why}", control.id));
    }
}
