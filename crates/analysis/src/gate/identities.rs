//! Identities that came, went, or are others than they were.

use smol_str::SmolStr;

use super::change::{Both, Change, ChangeKind, Direction, Places, Subject};
use super::pairs::Pairs;
use cutover_inventory::Company;
use cutover_inventory::directory::{Identity, IdentityIx};
use cutover_inventory::templates::TemplateIx;
use cutover_model::evidence::Evidence;
use cutover_model::known::Known;

/// What changed of every identity, but for its access.
pub(super) fn changes(before: &Company, after: &Company, pairs: &Pairs) -> Vec<Change> {
    let mut out = Vec::new();
    for pair in &pairs.identities {
        let was = pair.before.and_then(|index| before.directory.identities.get(index));
        let is = pair.after.and_then(|index| after.directory.identities.get(index));
        let at = |identity: Option<&Identity>| identity.map(|identity| Evidence::from(identity.origin));
        let said = Places { before: at(was), after: at(is) };
        let whole = |direction| Change::of(ChangeKind::Identity, direction, Subject::Identity(*pair), said.clone());
        match (was, is) {
            (None, Some(_)) => out.push(whole(Direction::Gained)),
            (Some(_), None) => out.push(whole(Direction::Lost)),
            (Some(was), Some(is)) => {
                if let (Some(before), Some(after)) = (was.id, is.id)
                    && before != after
                {
                    let (before, after) = (Some(before.to_string()), Some(after.to_string()));
                    out.push(whole(Direction::Reissued).saying("id", before, after));
                }
                let clients = pair.before.zip(pair.after);
                let clients = clients.and_then(|(one, two)| Some((before.client_id(one)?, after.client_id(two)?)));
                if let Some((before, after)) = clients.filter(|(before, after)| before != after) {
                    // Without a user on both sides, another client is all that tells another account.
                    let is_known = was.id.is_some() && is.id.is_some();
                    let direction = if is_known { Direction::Changed } else { Direction::Reissued };
                    let (before, after) = (Some(before.to_owned()), Some(after.to_owned()));
                    out.push(whole(direction).saying("client_id", before, after));
                }
                if was.name != is.name && was.named && is.named {
                    let (before, after) = (Some(was.name.clone()), Some(is.name.clone()));
                    out.push(whole(Direction::Renamed).saying("name", before, after));
                }
                out.extend(attributes((before, was), (after, is), *pair, pairs));
            }
            (None, None) => {}
        }
    }
    out
}

fn attributes(
    (before, was): (&Company, &Identity),
    (after, is): (&Company, &Identity),
    pair: Both<IdentityIx>,
    pairs: &Pairs,
) -> impl Iterator<Item = Change> {
    let yes = |known: &Known<bool>| known.map(|yes| if *yes { "yes" } else { "no" }.to_owned());
    let label = |company: &Company, known: &Known<Option<TemplateIx>>| {
        let template = |index: &Option<TemplateIx>| index.and_then(|index| company.templates.get(index));
        known.map(|index| template(index).map_or("none".to_owned(), |template| template.label()))
    };
    // A template by another name is no other template.
    let templates = |was: &Known<Option<TemplateIx>>, is: &Known<Option<TemplateIx>>| {
        let index = |known: &Known<Option<TemplateIx>>| known.value().copied().flatten();
        let same = index(was).zip(index(is)).is_some_and(|(was, is)| pairs.templates.contains(&Both::of(was, is)));
        if same { (Known::Unknown, Known::Unknown) } else { (label(before, was), label(after, is)) }
    };
    let lower = |known: &Known<SmolStr>| known.map(|email| email.to_lowercase());
    let said = [
        ("email", (lower(&was.email), lower(&is.email))),
        ("active", (yes(&was.active), yes(&is.active))),
        ("adds_to_new_projects", (yes(&was.adds_to_new_projects), yes(&is.adds_to_new_projects))),
        ("creates_projects", (yes(&was.creates_projects), yes(&is.creates_projects))),
        ("default_template", templates(&was.default_template, &is.default_template)),
        ("company_template", templates(&was.company_template, &is.company_template)),
    ];
    said.into_iter().filter_map(move |(attribute, (was, is))| {
        differs(ChangeKind::Identity, Subject::Identity(pair), attribute, &was, &is)
    })
}

/// The change of an attribute, if both sides know it and differ.
pub(super) fn differs(
    kind: ChangeKind,
    subject: Subject,
    attribute: &'static str,
    was: &Known<String>,
    is: &Known<String>,
) -> Option<Change> {
    let (was, is) = (was.stated()?, is.stated()?);
    if was.value == is.value {
        return None;
    }
    let said = Places { before: Some(was.evidence.clone()), after: Some(is.evidence.clone()) };
    let change = Change::of(kind, Direction::Changed, subject, said);
    Some(change.saying(attribute, Some(was.value.clone()), Some(is.value.clone())))
}
