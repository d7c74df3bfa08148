//! Who may decide: where the files that decide are looked for, and where each of them comes from.
//!
//! With `--decisions DIR` only files there, and those that options name, decide. Without it, an export's own files count
//! in an audit or a plan, and those of the side before the change in a gate.

use std::path::{Path, PathBuf};

use crate::error::CliError;
use crate::input;
use cutover_analysis::gate::rules::{Difference, rules_changed};
use cutover_export::collect::{Content, Folder, Input};
use cutover_export::decisions::Kinds;
use cutover_export::manual_files;
use cutover_export::manual_files::{ExportFile, Settings, parse_reviews};
use cutover_export::manual_secrets::ByHand;
use cutover_export::open::Boundary;
use cutover_model::diagnostic::{Diagnostic, Place};
use cutover_model::result::decisions::{DecidedBy, DecisionKind, DecisionOrigin};
use cutover_policy::config::Config;
use cutover_policy::effects::effects;
use cutover_policy::pack::Pack;

/// The name of an organisation's settings.
pub(super) const CONFIG: &str = "cutover.toml";
/// The name of its waivers.
pub(super) const WAIVERS: &str = "waivers.toml";
/// The folder of policies in the folder of `--decisions`.
const POLICIES: &str = "policies";
/// The files of the folder of `--decisions` that are read as those of an export are.
const RECORDS: [&str; 2] = ["reviews.toml", "settings.toml"];

/// The file that gives kinds to others.
const EXPORT: &str = "export.toml";

/// Whose files decide.
#[derive(Debug, Clone, Copy)]
pub(super) struct Authority<'a> {
    /// The folder of `--decisions`: nothing else decides but what options name.
    folder: Option<&'a Path>,
    /// The exports whose own files decide otherwise.
    exports: &'a [PathBuf],
    /// In a gate, both sides; nothing in the side after decides.
    change: Option<(&'a Path, &'a Path)>,
}

/// A `cutover.toml` that counts.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) config: Config,
    pub(super) file: ByHand,
    pub(super) origin: DecisionOrigin,
}

/// The pack as the organisation wants it, and the files that say so.
#[derive(Debug)]
pub(super) struct Rules {
    pub(super) pack: Pack,
    pub(super) decided: Vec<DecidedBy>,
    /// `cutover.toml`, to be looked through for secrets.
    pub(super) file: Option<ByHand>,
    /// Where what `cutover.toml` names comes from.
    pub(super) origin: DecisionOrigin,
}

impl<'a> Authority<'a> {
    /// The files of exports, or of a folder that was given.
    pub(super) fn of_exports(folder: Option<&'a Path>, exports: &'a [PathBuf]) -> Result<Self, CliError> {
        if let Some(folder) = folder.filter(|folder| !folder.is_dir()) {
            return Err(CliError::Usage {
                what: format!("`{}` of --decisions is not a folder", folder.display()),
                help: "give a folder that holds cutover.toml, waivers.toml, reviews.toml, settings.toml or policies"
                    .to_owned(),
            });
        }
        Ok(Self { folder, exports, change: None })
    }

    /// In a gate: the files of one of its sides, or of a folder that was given.
    pub(super) fn of_side(
        folder: Option<&'a Path>,
        side: &'a [PathBuf],
        change: (&'a Path, &'a Path),
    ) -> Result<Self, CliError> {
        Ok(Self { change: Some(change), ..Self::of_exports(folder, side)? })
    }

    /// Whether a folder was given, so that nothing else decides.
    pub(super) fn is_alone(&self) -> bool {
        self.folder.is_some()
    }

    /// Whether there are settings or waivers where they are looked for.
    pub(super) fn has_files(&self) -> bool {
        [CONFIG, WAIVERS].into_iter().any(|name| !self.files(name).is_empty())
    }

    /// Where files lie that no option names.
    pub(super) fn origin(&self) -> DecisionOrigin {
        if self.folder.is_some() { DecisionOrigin::Decisions } else { DecisionOrigin::Export }
    }

    /// The files of a name that decide.
    pub(super) fn files(&self, name: &str) -> Vec<PathBuf> {
        let in_exports = self.exports.iter().map(PathBuf::as_path).filter(|_| self.folder.is_none());
        self.folder
            .into_iter()
            .chain(in_exports)
            .map(|folder| folder.join(name))
            .filter(|path| input::is_there(path))
            .collect()
    }

    /// Where a file comes from that another one names. One that lies in an export is the export's, whoever names it; one in
    /// the export after a change decides nothing that is not named by an option.
    pub(super) fn origin_of(&self, path: &Path, named_by: DecisionOrigin) -> Result<DecisionOrigin, CliError> {
        let is_given = named_by == DecisionOrigin::CommandLine;
        if is_given || self.folder.is_some_and(|folder| is_inside(path, folder)) {
            return Ok(named_by);
        }
        if let Some((_, after)) = self.change {
            let decides = !self.exports.iter().any(|side| side == after) || self.folder.is_some();
            if decides && self.came_with_the_change(path) {
                return Err(CliError::Usage {
                    what: format!("`{}` lies in the export after the change, and so cannot decide", path.display()),
                    help: "what decides lies in the export before the change, or in the folder of --decisions"
                        .to_owned(),
                });
            }
        }
        let sides = self.change.into_iter().flat_map(|(before, after)| [before, after]);
        let mut exports = self.exports.iter().map(PathBuf::as_path).chain(sides);
        Ok(if exports.any(|export| is_inside(path, export)) { DecisionOrigin::Export } else { named_by })
    }

    /// The `cutover.toml` that counts: the file that was named, or else the one in the folder of `--decisions`; or else,
    /// where that was not given, the one in the export folder, or else the one in the working directory.
    pub(super) fn config(&self, named: Option<&Path>, none: bool) -> Result<Option<Found>, CliError> {
        let read = |path: &Path, origin: DecisionOrigin| -> Result<Option<Found>, CliError> {
            let origin = self.origin_of(path, origin)?;
            let given = origin == DecisionOrigin::CommandLine;
            let within = if given { None } else { self.boundary(path)? };
            let file = input::read_by_hand(path, within.as_ref())?;
            let config = Config::parse(&path.display().to_string(), &file.text)?;
            // Whoever wrote the export must not choose what is read outside of it.
            if let Some(boundary) = self.boundary_of(path) {
                config.stay_within(&boundary)?;
            }
            Ok(Some(Found { config, file, origin }))
        };
        if none {
            return Ok(None);
        }
        if let Some(path) = named {
            return read(path, DecisionOrigin::CommandLine);
        }
        match self.files(CONFIG).as_slice() {
            [] if self.folder.is_none() && input::is_there(Path::new(CONFIG)) && !self.working_directory_changes() => {
                read(Path::new(CONFIG), DecisionOrigin::WorkingDirectory)
            }
            [] => Ok(None),
            [only] => read(only, self.origin()),
            [one, two, ..] => Err(CliError::Usage {
                what: format!("both `{}` and `{}` could count", one.display(), two.display()),
                help: "an audit has one configuration: name it with --config".to_owned(),
            }),
        }
    }

    /// Every export of the run.
    fn all_exports(&self) -> Vec<PathBuf> {
        let sides = self.change.into_iter().flat_map(|(before, after)| [before, after]).map(Path::to_path_buf);
        self.exports.iter().cloned().chain(sides).collect()
    }

    /// The boundary of the export that a file lies in; `None` outside of exports, and in the folder of `--decisions`.
    fn boundary_of(&self, path: &Path) -> Option<Boundary> {
        let is_trusted = self.folder.is_some_and(|folder| is_inside(path, folder));
        if is_trusted { None } else { input::boundary_of(path, &self.all_exports()) }
    }

    /// The boundary that a file must lie in which was found in an export, or which a file in one names.
    pub(super) fn boundary(&self, path: &Path) -> Result<Option<Boundary>, CliError> {
        if self.folder.is_some_and(|folder| path.starts_with(folder)) {
            return Ok(None);
        }
        // A link in an export may lead out of it, so that its name decides.
        match self.all_exports().into_iter().find(|export| path.starts_with(export) && export.is_dir()) {
            Some(export) => input::boundary(&export).map(Some),
            None => Ok(self.boundary_of(path)),
        }
    }

    fn digest(&self, path: &Path) -> Result<String, CliError> {
        let within = self.boundary(path)?;
        input::read_by_hand(path, within.as_ref()).map(|file| file.sha256().to_owned())
    }

    /// The files of the folder of `--decisions` that are read with the exports.
    pub(super) fn paths(&self) -> Vec<PathBuf> {
        let names = RECORDS.into_iter().chain([EXPORT]);
        self.folder.into_iter().flat_map(|folder| names.clone().map(|name| folder.join(name))).collect()
    }

    /// Whether the working directory belongs to the export after a change: it lies in it, or it holds that export and not
    /// the one before. Its `cutover.toml` came with the change.
    fn working_directory_changes(&self) -> bool {
        let Some((before, after)) = self.change else { return false };
        let here = Path::new(".");
        let beside = is_inside(after, here) && before.exists() && !is_inside(before, here);
        beside || self.came_with_the_change(Path::new(CONFIG))
    }

    /// Whether a file lies in the export after a change. Where that holds the export before it, what lies in the latter
    /// does not count as such.
    fn came_with_the_change(&self, path: &Path) -> bool {
        let Some((before, after)) = self.change else { return false };
        is_inside(path, after) && !(is_inside(before, after) && is_inside(path, before))
    }

    /// Says that the `cutover.toml` of the working directory does not count because it came with the change.
    pub(super) fn distrusted(&self, named: Option<&Path>, none: bool) -> Option<Diagnostic> {
        let looked_for = named.is_none() && !none && self.folder.is_none() && self.files(CONFIG).is_empty();
        let distrusted = looked_for && input::is_there(Path::new(CONFIG)) && self.working_directory_changes();
        let effect = "the working directory belongs to the export after the change; name the file with --config";
        distrusted.then(|| rules_changed(Difference::Edited, CONFIG, effect, Place::Path(CONFIG.to_owned())))
    }

    /// The folder of policies in that of `--decisions`, unless `cutover.toml` names it.
    pub(super) fn policies(&self, config: Option<&Config>) -> Option<PathBuf> {
        let beside = self.folder?.join(POLICIES);
        let is_named = config.is_some_and(|config| config.policies().iter().any(|named| is_same(named, &beside)));
        (beside.is_dir() && !is_named).then_some(beside)
    }

    /// Loads the pack. Folders of `--policies` win over those that `cutover.toml` names, and these over the folder of
    /// `--decisions`.
    pub(super) fn load_rules(&self, found: Option<Found>, given: &[PathBuf]) -> Result<Rules, CliError> {
        let origin = found.as_ref().map_or(self.origin(), |found| found.origin);
        let named = found.iter().flat_map(|found| found.config.policies()).collect::<Vec<_>>();
        let mut folders: Vec<(PathBuf, DecisionOrigin)> = Vec::new();
        let beside = self.policies(found.as_ref().map(|found| &found.config));
        folders.extend(beside.map(|path| (path, DecisionOrigin::Decisions)));
        for path in named {
            let origin = self.origin_of(&path, origin)?;
            folders.push((path, origin));
        }
        folders.extend(given.iter().map(|path| (path.clone(), DecisionOrigin::CommandLine)));
        let (paths, origins): (Vec<PathBuf>, Vec<DecisionOrigin>) = folders.into_iter().unzip();
        let mut pack = Pack::load(&paths)?;
        // The first source is what is built in.
        pack.sources.iter_mut().skip(1).zip(origins).for_each(|(source, origin)| source.origin = origin);
        let Some(Found { config, file, origin }) = found else {
            return Ok(Rules { pack, decided: Vec::new(), file: None, origin });
        };
        config.apply(&mut pack)?;
        pack.org.levels.of_export = origin == DecisionOrigin::Export;
        let decided = vec![decided(&file, DecisionKind::Config, origin, effects(&config, &pack))];
        Ok(Rules { pack, decided, file: Some(file), origin })
    }

    /// The `cutover.toml` and `waivers.toml` of exports that decide nothing, because others do.
    pub(super) fn ignored(&self, exports: &[PathBuf], counted: &[DecidedBy]) -> Vec<DecidedBy> {
        let paths = exports.iter().flat_map(|export| {
            [(CONFIG, DecisionKind::Config), (WAIVERS, DecisionKind::Waivers)]
                .map(|(name, kind)| (export.join(name), kind))
        });
        let left = paths.filter(|(path, _)| {
            input::is_there(path) && !counted.iter().any(|one| is_same(Path::new(&one.path), path))
        });
        let why = if self.folder.is_some() { "--decisions is given" } else { "an option says otherwise" };
        let ignored = left.map(|(path, kind)| DecidedBy {
            path: path.display().to_string(),
            kind,
            sha256: self.digest(&path).unwrap_or_default(),
            origin: DecisionOrigin::Export,
            effect: format!("ignored: {why}"),
            ignored: true,
        });
        ignored.collect()
    }

    /// The kinds of files that decide in the place of those that each export gives itself, if they do: those of the folder
    /// of `--decisions`, or of the side before a change.
    pub(super) fn kinds(&self) -> Result<Option<Kinds>, CliError> {
        if self.folder.is_none() && self.change.is_none() {
            return Ok(None);
        }
        let mut kinds = Kinds::new();
        for path in self.files(EXPORT) {
            let file = match input::read_by_hand(&path, self.boundary(&path)?.as_ref()) {
                // In an export, whatever reads it says so.
                Err(_) if self.folder.is_none() => continue,
                read => read?,
            };
            match manual_files::parse::<ExportFile>(&file.text) {
                Ok(read) => kinds.extend(read.kinds),
                Err(_) if self.folder.is_none() => {}
                Err(fault) => return Err(input::hand_kept_fault(&path.display().to_string(), &file.text, fault)),
            }
        }
        Ok(Some(kinds))
    }

    /// The records of the folder of `--decisions`, to be read as the last folder; `None` where there is no such folder.
    /// A mistake in them is one of whoever runs the program.
    pub(super) fn records(&self) -> Result<Option<Folder>, CliError> {
        let Some(folder) = self.folder else { return Ok(None) };
        let mut inputs = Vec::new();
        for name in RECORDS {
            let path = folder.join(name);
            if !input::is_there(&path) {
                continue;
            }
            let (shown, file) = (path.display().to_string(), input::read_by_hand(&path, None)?);
            let parsed = match name {
                "settings.toml" => manual_files::parse::<Settings>(&file.text).map(|_| ()),
                _ => parse_reviews(&file.text, 0).map(|_| ()),
            };
            parsed.map_err(|fault| input::hand_kept_fault(&shown, &file.text, fault))?;
            inputs.push(Input {
                name: name.to_owned(),
                path: shown.replace('\\', "/"),
                content: Content::File { path, folder: None },
            });
        }
        Ok(Some(Folder { inputs, faults: Vec::new() }))
    }
}

/// A file as results list it.
pub(super) fn decided(file: &ByHand, kind: DecisionKind, origin: DecisionOrigin, effect: String) -> DecidedBy {
    let (path, sha256) = (file.path().to_owned(), file.sha256().to_owned());
    DecidedBy { path, kind, sha256, origin, effect, ignored: false }
}

/// Whether a file or folder lies in a folder, or is it.
fn is_inside(path: &Path, folder: &Path) -> bool {
    match (path.canonicalize(), folder.canonicalize()) {
        (Ok(path), Ok(folder)) => path.starts_with(folder),
        _ => false,
    }
}

fn is_same(one: &Path, two: &Path) -> bool {
    one == two || matches!((one.canonicalize(), two.canonicalize()), (Ok(one), Ok(two)) if one == two)
}
