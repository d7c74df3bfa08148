//! The changes of a gate by danger, and by cause: one edit of a template is one group, however many identities it reaches.

use std::collections::{BTreeMap, BTreeSet};

use cutover_model::escape;
use cutover_model::result::Location;
use cutover_model::result::audit::Violation;
use cutover_model::result::gate::{Change, ChangeKind, Direction, Gate};

use crate::text::counted;

/// How dangerous a change is, worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Danger {
    /// An identity administers the company now.
    CompanyAdministrator,
    /// A level rises to Admin.
    Admin,
    /// An identity, or its membership in a project, is new.
    NewReach,
    /// Any other access that is more than before.
    OtherGain,
    /// Access is lost, and a control forbids that: it is in use.
    LossForbidden,
    /// Any other access that is less than before.
    OtherLoss,
    /// Neither more nor less access.
    Neutral,
}

impl Danger {
    fn of(change: &Change) -> Self {
        let is_admin = change.after.as_deref().is_some_and(|after| after.eq_ignore_ascii_case("admin"));
        let is_company_directory = change.resource.as_ref().is_some_and(|resource| resource.id == "company/directory");
        match (change.direction, change.kind) {
            (Direction::Gained | Direction::Raised, ChangeKind::Grant) if is_admin && is_company_directory => {
                Self::CompanyAdministrator
            }
            (Direction::Gained | Direction::Raised, ChangeKind::Grant) if is_admin => Self::Admin,
            (Direction::Gained, ChangeKind::Membership | ChangeKind::Identity) => Self::NewReach,
            (Direction::Gained | Direction::Raised, _) => Self::OtherGain,
            (Direction::Lost | Direction::Lowered, _) => Self::OtherLoss,
            (Direction::Renamed | Direction::Reissued | Direction::Changed, _) => Self::Neutral,
        }
    }

    /// The word in a page.
    pub(crate) fn id(self) -> &'static str {
        match self {
            Self::CompanyAdministrator => "company_administrator",
            Self::Admin => "admin",
            Self::NewReach => "new_reach",
            Self::OtherGain => "gain",
            Self::LossForbidden => "loss_in_use",
            Self::OtherLoss => "loss",
            Self::Neutral => "other",
        }
    }

    /// Whether access is more than before.
    pub(crate) fn is_more(self) -> bool {
        self <= Self::OtherGain
    }
}

/// Changes with one cause, and the violations that come of them.
#[derive(Debug)]
pub(crate) struct Group<'g> {
    pub danger: Danger,
    pub changes: Vec<&'g Change>,
    /// Worst first.
    pub violations: Vec<&'g Violation>,
}

/// The changes in groups, the most dangerous first, and the violations of none.
pub(crate) fn groups(gate: &Gate) -> (Vec<Group<'_>>, Vec<&Violation>) {
    let mut places: BTreeMap<Cause<'_>, usize> = BTreeMap::new();
    let mut groups: Vec<Group<'_>> = Vec::new();
    for change in &gate.changes {
        let danger = Danger::of(change);
        let place = *places.entry(Cause::of(change)).or_insert_with(|| {
            groups.push(Group { danger, changes: Vec::new(), violations: Vec::new() });
            groups.len() - 1
        });
        if let Some(group) = groups.get_mut(place) {
            group.danger = group.danger.min(danger);
            group.changes.push(change);
        }
    }
    let mut others = Vec::new();
    for violation in &gate.violations {
        let found = groups.iter().position(|group| group.is_stated_where(violation));
        let found = found.or_else(|| groups.iter().position(|group| group.is_about(violation)));
        let found = found.or_else(|| groups.iter().position(|group| group.makes_administrator(violation)));
        match found.and_then(|found| groups.get_mut(found)) {
            Some(group) => group.violations.push(violation),
            None => others.push(violation),
        }
    }
    for group in &mut groups {
        if group.danger == Danger::OtherLoss && !group.violations.is_empty() {
            group.danger = Danger::LossForbidden;
        }
    }
    groups.sort_by_key(|group| {
        (group.danger, group.violations.iter().map(|violation| std::cmp::Reverse(violation.severity)).min())
    });
    (groups, others)
}

/// What changes have in common: where the exports state them, and whether they give more access or less.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Cause<'g> {
    /// A level that a template or a manifest states.
    Place(bool, &'g str, usize, usize),
    /// A subject: its memberships, and what else changed about it.
    Subject(bool, &'g str, &'g str),
}

impl<'g> Cause<'g> {
    fn of(change: &'g Change) -> Self {
        let is_more = Danger::of(change).is_more();
        let is_level = matches!(change.kind, ChangeKind::Grant | ChangeKind::Template);
        match place(change).filter(|_| is_level) {
            Some(Location { path, line, column, .. }) => Self::Place(is_more, path, *line, *column),
            None => Self::Subject(is_more, &change.subject.r#type, &change.subject.id),
        }
    }
}

fn place(change: &Change) -> Option<&Location> {
    super::words::place(change)
}

impl Group<'_> {
    /// Whether the export states a change and a violation in the same place.
    fn is_stated_where(&self, violation: &Violation) -> bool {
        let other = &violation.location;
        let is_same = |one: &Location| (&one.path, one.line, one.column) == (&other.path, other.line, other.column);
        self.changes.iter().filter_map(|change| place(change)).any(is_same)
    }

    /// Whether a change and a violation are about the same subject and resource.
    fn is_about(&self, violation: &Violation) -> bool {
        let about = |change: &&Change| {
            let is_subject =
                change.subject == violation.subject || change.resource.as_ref() == Some(&violation.subject);
            let is_resource = change.resource.as_ref() == Some(&violation.resource)
                || change.members.contains(&violation.resource)
                || change.subject == violation.resource;
            is_subject && is_resource
        };
        self.changes.iter().any(about)
    }

    /// Whether a violation about the company comes of a subject that administers it now.
    fn makes_administrator(&self, violation: &Violation) -> bool {
        self.danger == Danger::CompanyAdministrator
            && violation.resource.r#type == "Company"
            && self.changes.iter().any(|change| change.subject == violation.subject)
    }

    /// What changed, in a line: `template "Photo Sync": Project Photos: Standard → Admin (1 identity)`.
    pub(crate) fn title(&self) -> String {
        let template = self.changes.iter().find(|change| change.kind == ChangeKind::Template);
        let grants: Vec<&&Change> = self.changes.iter().filter(|change| change.kind == ChangeKind::Grant).collect();
        let subjects: BTreeSet<&str> = grants.iter().map(|change| change.subject.id.as_str()).collect();
        match (template, grants.first(), subjects.len()) {
            (Some(template), _, reached) => {
                let name = escape::name(&template.subject.name);
                let reached = if reached == 1 { "1 identity".to_owned() } else { format!("{reached} identities") };
                format!("template \"{name}\", {}: {reached}", step(template))
            }
            (None, Some(grant), 2..) => format!("{}: {} identities", step(grant), subjects.len()),
            (None, Some(grant), _) => format!("{}: {}", escape::name(&grant.subject.name), step(grant)),
            (None, None, _) => {
                self.changes.first().map(|change| escape::name(&change.subject.name)).unwrap_or_default()
            }
        }
    }

    /// What the title does not say, in a line each: who is reached, and what else changed about the subject.
    pub(crate) fn details(&self) -> Vec<String> {
        let has_template = self.changes.iter().any(|change| change.kind == ChangeKind::Template);
        let grants: Vec<&&Change> = self.changes.iter().filter(|change| change.kind == ChangeKind::Grant).collect();
        let subjects: BTreeSet<&str> = grants.iter().map(|change| change.subject.id.as_str()).collect();
        let is_alone = !has_template && subjects.len() < 2;
        let (mut lines, mut implied) = (Vec::new(), 0);
        for change in &self.changes {
            match change.kind {
                ChangeKind::Template => {}
                ChangeKind::Grant if is_implied(change) => implied += 1,
                ChangeKind::Grant if is_alone => {
                    lines.extend(projects(change).map(|projects| format!("in {projects}")))
                }
                ChangeKind::Grant => {
                    let projects = projects(change).map(|projects| format!(" in {projects}")).unwrap_or_default();
                    lines.push(format!("{} {}{projects}", escape::name(&change.subject.name), levels(change)));
                }
                ChangeKind::Membership => {
                    let verb = if change.direction == Direction::Lost { "no longer a member" } else { "member" };
                    lines.push(format!(
                        "{verb} of {}",
                        projects(change).unwrap_or_else(|| counted(change.count, "project"))
                    ));
                }
                _ => lines.push(escape::visible(&change.message).into_owned()),
            }
        }
        lines.dedup();
        lines.extend((implied > 0).then(|| format!("and with it, {} on other tools", counted(implied, "level"))));
        lines
    }

    /// Where it is stated.
    pub(crate) fn place(&self) -> Option<&Location> {
        self.changes.iter().find_map(|change| place(change))
    }
}

/// Whether a level comes with the administration of the company.
fn is_implied(change: &Change) -> bool {
    let is = |through: &Option<String>| through.as_deref() == Some("company administrator");
    let is_directory = change.resource.as_ref().is_some_and(|tool| tool.id == "company/directory");
    !is_directory && change.through.as_ref().is_some_and(|through| is(&through.before) || is(&through.after))
}

/// `Project Photos: Standard → Admin`.
fn step(change: &Change) -> String {
    let tool = change.resource.as_ref().map(|tool| format!("{}: ", escape::name(&tool.name))).unwrap_or_default();
    format!("{tool}{}", levels(change))
}

/// `Standard → Admin`.
fn levels(change: &Change) -> String {
    let level = |level: Option<&String>| level.map_or_else(|| "None".to_owned(), |level| escape::name(level));
    format!("{} → {}", level(change.before.as_ref()), level(change.after.as_ref()))
}

/// Projects that are named before they are counted.
const MAX_PROJECTS: usize = 3;

fn projects(change: &Change) -> Option<String> {
    match (change.count, change.members.len()) {
        (0, _) => None,
        (count, named) if named > 0 && count <= MAX_PROJECTS => {
            Some(change.members.iter().map(|member| escape::name(&member.name)).collect::<Vec<_>>().join(", "))
        }
        (count, _) => Some(counted(count, "project")),
    }
}
