//! Installations of apps, and what their manifests ask for.

use std::collections::BTreeSet;

use super::change::{Both, Change, ChangeKind, Direction, Places, Subject, direction};
use super::identities::differs;
use super::pairs::Pairs;
use cutover_inventory::Company;
use cutover_inventory::apps::{App, AppIx};
use cutover_inventory::manifests::{Manifest, in_order};
use cutover_inventory::tools::Tool;
use cutover_model::kind::Kind;
use cutover_model::known::Known;
use cutover_model::level::Level;

/// What changed of every app.
pub(super) fn changes(before: &Company, after: &Company, pairs: &Pairs) -> Vec<Change> {
    let mut out = Vec::new();
    for pair in &pairs.apps {
        let was = pair.before.and_then(|index| before.apps.all.get(index));
        let is = pair.after.and_then(|index| after.apps.all.get(index));
        installation((before, was), (after, is), *pair, &mut out);
        requests((before, was), (after, is), *pair, &mut out);
    }
    out
}

/// Whether an app is installed; `None` when the side does not say.
fn is_installed(company: &Company, app: Option<&App>) -> Option<bool> {
    match app.and_then(|app| app.installation.as_ref()) {
        Some(place) => place.status.value().map(|status| status == "installed"),
        None => company.apps.listed.then_some(false),
    }
}

fn installation(
    (before, was): (&Company, Option<&App>),
    (after, is): (&Company, Option<&App>),
    pair: Both<AppIx>,
    out: &mut Vec<Change>,
) {
    let place = |app: Option<&'_ App>| app.and_then(|app| app.installation.clone());
    let (was_at, is_at) = (place(was), place(is));
    let said = Places {
        before: was_at.as_ref().map(|place| place.origin.into()),
        after: is_at.as_ref().map(|place| place.origin.into()),
    };
    let subject = Subject::App(pair);
    match (is_installed(before, was), is_installed(after, is)) {
        (Some(false), Some(true)) => out.push(Change::of(ChangeKind::Installation, Direction::Gained, subject, said)),
        (Some(true), Some(false)) => out.push(Change::of(ChangeKind::Installation, Direction::Lost, subject, said)),
        (Some(true), Some(true)) => {
            let (Some(was), Some(is)) = (was_at, is_at) else { return };
            let yes = |known: &Known<bool>| known.map(|yes| if *yes { "yes" } else { "no" }.to_owned());
            let said = [
                ("version", was.version.clone(), is.version.clone()),
                ("installed_at", was.since.map(ToString::to_string), is.since.map(ToString::to_string)),
                ("update_offered", yes(&was.update_offered), yes(&is.update_offered)),
            ];
            let differ = |(attribute, was, is): (&'static str, Known<String>, Known<String>)| {
                differs(ChangeKind::Installation, subject, attribute, &was, &is)
            };
            out.extend(said.into_iter().filter_map(differ));
        }
        _ => {}
    }
}

/// The manifest an app would be installed with today: the newest.
fn newest(app: Option<&App>) -> Option<&Manifest> {
    app?.manifests.iter().max_by_key(|manifest| in_order(&manifest.label()))
}

/// Compares what is asked for by the newest manifests, and by the installed ones where these are others.
fn requests(
    (before, was): (&Company, Option<&App>),
    (after, is): (&Company, Option<&App>),
    pair: Both<AppIx>,
    out: &mut Vec<Change>,
) {
    // Without a manifest on one side nobody knows what was asked for, but for an app that was not there at all.
    let is_new = |company: &Company, app: Option<&App>| {
        app.is_none() && (company.present.contains(&Kind::AppManifests) || company.apps.listed)
    };
    let (old, new) = (newest(was), newest(is));
    let installed = (was.and_then(App::installed_manifest), is.and_then(App::installed_manifest));
    let mut described: BTreeSet<(Tool, Level, Level)> = BTreeSet::new();
    let mut compare = |old: Option<&Manifest>, new: Option<&Manifest>| {
        if (old.is_none() && !is_new(before, was)) || (new.is_none() && !is_new(after, is)) {
            return;
        }
        for change in of_manifests(old, new, pair) {
            if let (super::change::Object::Tool(tool), Some((one, two))) = (&change.object, change.levels)
                && described.insert((tool.clone(), one, two))
            {
                out.push(change);
            }
        }
    };
    compare(old, new);
    if let (Some(old), Some(new)) = installed {
        compare(Some(old), Some(new));
    }
}

fn of_manifests(old: Option<&Manifest>, new: Option<&Manifest>, pair: Both<AppIx>) -> Vec<Change> {
    let asked = [old, new].into_iter().flatten().filter_map(|manifest| manifest.requests.as_ref()).flatten();
    let tools: BTreeSet<&Tool> = asked.map(|request| &request.tool).collect();
    let level =
        |manifest: Option<&Manifest>, tool: &Tool| manifest.map_or(Some(Level::None), |one| one.requested(tool));
    let place = |manifest: Option<&Manifest>, tool: &Tool| {
        let manifest = manifest?;
        let request = manifest.request(tool);
        Some(request.map_or_else(|| manifest.origin.into(), |request| request.given.evidence.clone()))
    };
    let label = |manifest: Option<&Manifest>| manifest.and_then(|manifest| manifest.version.clone());
    let change = |tool: &Tool| {
        let (before, after) = (level(old, tool)?, level(new, tool)?);
        let said = Places { before: place(old, tool), after: place(new, tool) };
        let change = Change::of(ChangeKind::Request, direction(before, after)?, Subject::App(pair), said);
        let mut change = change.on(tool.clone(), before, after);
        change.versions = Both { before: label(old), after: label(new) };
        Some(change)
    };
    tools.into_iter().filter_map(change).collect()
}
