//! A change: something that the export after says otherwise than the export before.

use cutover_inventory::apps::AppIx;
use cutover_inventory::directory::IdentityIx;
use cutover_inventory::levels::Granular;
use cutover_inventory::memberships::ProjectIx;
use cutover_inventory::templates::TemplateIx;
use cutover_inventory::tools::Tool;
use cutover_model::evidence::Evidence;
use cutover_model::level::Level;

pub(super) use cutover_model::result::gate::{ChangeKind, Direction};

/// The same thing before the change and after it; `None` where it is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Both<T> {
    /// Before the change.
    pub before: Option<T>,
    /// After it.
    pub after: Option<T>,
}

impl<T> Both<T> {
    /// Something that is there on both sides.
    pub fn of(before: T, after: T) -> Self {
        Self { before: Some(before), after: Some(after) }
    }
}

impl<T: Copy> Both<T> {
    /// What it is after the change, or else what it was.
    pub fn last(self) -> Option<T> {
        self.after.or(self.before)
    }
}

/// Who or what changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// The company itself.
    Company,
    /// An identity.
    Identity(Both<IdentityIx>),
    /// An app.
    App(Both<AppIx>),
    /// A permission template.
    Template(Both<TemplateIx>),
    /// A stored credential, by its index in the company.
    Credential(Both<usize>),
    /// A webhook, by its index in the company.
    Hook(Both<usize>),
}

/// What the change is about, beside its subject.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Object {
    /// Nothing else.
    Itself,
    /// A tool.
    Tool(Tool),
    /// The projects of the change.
    Projects,
}

/// A change.
#[derive(Debug, Clone)]
pub struct Change {
    /// What kind of thing changed.
    pub kind: ChangeKind,
    /// Which way.
    pub direction: Direction,
    /// Who or what.
    pub subject: Subject,
    /// With regard to what.
    pub object: Object,
    /// Which attribute, where the thing itself stays.
    pub attribute: Option<&'static str>,
    /// What it was, in words.
    pub before: Option<String>,
    /// What it is, in words.
    pub after: Option<String>,
    /// The levels, where it is about levels.
    pub levels: Option<(Level, Level)>,
    /// What the levels come through, in words.
    pub through: Both<&'static str>,
    /// The granular permissions on top of the levels, where it is about a grant; `None` where they are unknown.
    pub granular: Both<Granular>,
    /// The versions of the manifests that it compares.
    pub versions: Both<String>,
    /// The projects in which this is so; none for what is so in the whole company.
    pub projects: Vec<Both<ProjectIx>>,
    /// Where the exports say it.
    pub said: Places,
}

/// Where the exports say something.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Places {
    /// Before the change.
    pub before: Option<Evidence>,
    /// After it.
    pub after: Option<Evidence>,
}

impl Change {
    /// A change of a thing itself: it came, it went, or it is another.
    pub fn of(kind: ChangeKind, direction: Direction, subject: Subject, said: Places) -> Self {
        Self {
            kind,
            direction,
            subject,
            object: Object::Itself,
            attribute: None,
            before: None,
            after: None,
            levels: None,
            through: Both::default(),
            granular: Both::default(),
            versions: Both::default(),
            projects: Vec::new(),
            said,
        }
    }

    /// The same, of an attribute, with what it was and what it is.
    pub fn saying(mut self, attribute: &'static str, before: Option<String>, after: Option<String>) -> Self {
        (self.attribute, self.before, self.after) = (Some(attribute), before, after);
        self
    }

    /// The same, of a level on a tool.
    pub fn on(mut self, tool: Tool, before: Level, after: Level) -> Self {
        self.object = Object::Tool(tool);
        (self.before, self.after) = (Some(before.to_string()), Some(after.to_string()));
        self.levels = Some((before, after));
        self
    }
}

/// Which way a level went; `None` where it stayed.
pub(super) fn direction(before: Level, after: Level) -> Option<Direction> {
    match (before, after) {
        (before, after) if before == after => None,
        (Level::None, _) => Some(Direction::Gained),
        (_, Level::None) => Some(Direction::Lost),
        (before, after) if before < after => Some(Direction::Raised),
        _ => Some(Direction::Lowered),
    }
}
