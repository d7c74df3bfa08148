//! What to do, worst first: each action with its owner, its location and what it clears.

use std::io::{self, Write};

use super::counted;
use super::screen::Screen;
use crate::{Style, titles};
use cutover_model::clip::head;
use cutover_model::escape;
use cutover_model::result::action::Action;
use cutover_model::result::audit::{Audit, Violations};

/// The most actions among the details, unless everything is asked for.
const MAX_DETAILED: usize = 50;
/// Lines that one edit may take.
const EDIT_LINES: usize = 2;
/// Columns for the number of violations that an action clears, and for its owner.
const CLEARS: usize = 14;
const OWNER: usize = 10;

/// How much is shown.
pub(super) struct Extent {
    pub heading: &'static str,
    /// At most so many actions.
    pub actions: usize,
    /// In at most so many lines; the first action is always shown.
    pub lines: usize,
}

/// Writes every action; of very many the first ones, unless everything is asked for.
pub(super) fn write<V: Violations>(audit: &Audit<V>, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let actions = if style.verbose { usize::MAX } else { MAX_DETAILED };
    let extent = Extent { heading: "Actions", actions, lines: usize::MAX };
    lines(&Screen::of(style), audit, &extent).iter().try_for_each(|line| writeln!(out, "{line}"))
}

/// The actions with a heading, and how many are not shown.
pub(super) fn lines<V: Violations>(screen: &Screen, audit: &Audit<V>, extent: &Extent) -> Vec<String> {
    if audit.actions.is_empty() {
        return Vec::new();
    }
    let columns = "clears        owner";
    let gap = screen.width.saturating_sub(extent.heading.len() + columns.len() + 5);
    let mut lines = vec![String::new(), format!("{}{}{columns}", screen.paint.bold(extent.heading), " ".repeat(gap))];
    let mut shown = 0;
    for action in audit.actions.iter().take(extent.actions) {
        let own = one(screen, shown + 1, action);
        if shown > 0 && lines.len() + own.len() > extent.lines {
            break;
        }
        lines.extend(own);
        shown += 1;
    }
    let more = audit.actions.len() + audit.actions_omitted - shown;
    if more > 0 {
        lines.push(format!(" …  {} not shown: --details, or -o json=audit.json", counted(more, "action")));
    }
    lines
}

/// The target with its numbers, then the edit, and its location where there is room, or below.
fn one(screen: &Screen, number: usize, action: &Action) -> Vec<String> {
    let (title, clears) = (titles::target(action), titles::clears(&action.clears));
    let room = screen.width.saturating_sub(4 + CLEARS + OWNER);
    let title = head(&title, room.saturating_sub(2));
    let gap = " ".repeat(room.saturating_sub(title.chars().count()));
    let padding = " ".repeat(CLEARS.saturating_sub(clears.chars().count()));
    let clears = match titles::worst(&action.clears) {
        Some(severity) => screen.paint.severity(severity, &clears),
        None => clears,
    };
    let mut lines = vec![format!("{number:2}  {title}{gap}{clears}{padding}{}", action.party.id())];
    let mut edit = screen.wrapped(&escape::visible(&titles::edit(action)), "    ", "    ");
    if edit.len() > EDIT_LINES {
        edit.truncate(EDIT_LINES);
        if let Some(last) = edit.last_mut() {
            let start = head(last, screen.width.saturating_sub(2));
            *last = if start.ends_with('…') { start } else { format!("{start} …") };
        }
    }
    let place = format!("{}:{}", escape::name(&action.location.path), action.location.line);
    let fits = |last: &String| last.chars().count() + 2 + place.chars().count() <= screen.width;
    let link = screen.paint.place(&action.location.path, action.location.line);
    match edit.last_mut().filter(|last| fits(last)) {
        Some(last) => *last = format!("{last}  {link}"),
        None => edit.push(format!("    {link}")),
    }
    lines.extend(edit);
    lines
}
