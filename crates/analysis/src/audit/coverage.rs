//! What each control could and could not evaluate, and what to export so that it can.

use std::collections::BTreeSet;

use cedar_policy::RequestEnv;

use super::Context;
use super::entries::Entry;
use cutover_inventory::Inventory;
use cutover_model::kind::Kind;
use cutover_model::result::audit::{Coverage, Status, ViolationStatus};
use cutover_policy::attributes::Source;
use cutover_policy::condition::{Attribute, Root};
use cutover_policy::control::{Control, Occasion};
use cutover_policy::facts::{Action, Type};
use cutover_policy::{Assessed, Evaluation, owner};

/// Coverage of every control, by id.
pub(super) fn coverage(
    context: &Context<'_>,
    evaluation: &Evaluation,
    inventory: &Inventory,
    entries: &[Entry],
) -> Vec<Coverage> {
    // By control: facts that violate it, and those of them that are waived.
    let mut counts = vec![(0, 0); context.controls.len()];
    for entry in entries {
        if let Some((violations, waived)) = counts.get_mut(entry.control as usize) {
            *violations += entry.count();
            *waived += if entry.status() == ViolationStatus::Waived { entry.count() } else { 0 };
        }
    }
    let present: BTreeSet<Kind> =
        inventory.companies.iter().flat_map(|company| company.present.iter().copied()).collect();
    let everywhere = present_everywhere(context, inventory, &present);
    let of = |((control, assessed), (violations, waived)): ((&Control, &Assessed), (usize, usize))| {
        let (mut missing, mut hints) = gaps(context, assessed, &present);
        let mut status = match (assessed.facts, assessed.unknown) {
            (_, 0) => Status::Assessed,
            (facts, unknown) if facts == unknown => Status::NotAssessed,
            _ => Status::PartlyAssessed,
        };
        if assessed.facts == 0 {
            let subjects = subjects(context, control, &everywhere);
            if !subjects.is_empty() {
                status = Status::NotAssessed;
                hints.extend(subjects.iter().map(|kind| kind.how_to_export().to_owned()));
                missing.extend(subjects);
            }
        }
        let unlisted = unlisted(context, control);
        if !unlisted.is_empty() && status == Status::Assessed {
            // With a list that is not there, the facts that are known are not all there may be.
            status = if assessed.facts == 0 { Status::NotAssessed } else { Status::PartlyAssessed };
        }
        for source in unlisted {
            missing.extend(source.from.iter().copied());
            hints.insert(source.hint.clone());
        }
        Coverage {
            control: control.id.clone(),
            status,
            facts: assessed.facts,
            violations,
            waived,
            unknown: assessed.unknown,
            missing: missing.into_iter().collect(),
            hints: hints.into_iter().collect(),
        }
    };
    let off = context.pack.org.off.iter().filter(|control| control.occasion() == context.occasion).map(switched_off);
    let mut coverage: Vec<Coverage> =
        context.controls.iter().zip(&evaluation.assessed).zip(counts).map(of).chain(off).collect();
    coverage.sort_by(|one, two| one.control.cmp(&two.control));
    coverage
}

/// The kinds that every company of an audit has: one company's list says nothing of who there is in another. The two sides
/// of a change are one company.
fn present_everywhere(context: &Context<'_>, inventory: &Inventory, present: &BTreeSet<Kind>) -> BTreeSet<Kind> {
    let is_everywhere = |kind: &&Kind| inventory.companies.iter().all(|company| company.present.contains(kind));
    match context.occasion {
        Occasion::Audit => present.iter().filter(is_everywhere).copied().collect(),
        _ => present.clone(),
    }
}

/// A control that the organisation switched off is named, so that its silence is no pass.
fn switched_off(control: &Control) -> Coverage {
    Coverage {
        control: control.id.clone(),
        status: Status::Off,
        facts: 0,
        violations: 0,
        waived: 0,
        unknown: 0,
        missing: Vec::new(),
        hints: Vec::new(),
    }
}

/// What to do about people who may be service identities.
const WHO_IS_WHO: &str = "say in reviews.toml which of the possible service identities are service identities ([[link]]), and which people ([[person]])";

type Gaps = (BTreeSet<Kind>, BTreeSet<String>);

/// Why facts could not be assessed: kinds that are absent, or present without the attribute.
fn gaps(context: &Context<'_>, assessed: &Assessed, present: &BTreeSet<Kind>) -> Gaps {
    let (mut missing, mut hints) = Gaps::default();
    for (environment, Attribute { root, name }) in assessed.missing.keys() {
        let Some(source) = context.pack.attributes.of(owner(*environment, *root), name) else { continue };
        let absent: Vec<Kind> = source.from.iter().copied().filter(|kind| !present.contains(kind)).collect();
        // With none of the kinds there, any of them would help; with one there, it lacks the attribute.
        missing.extend(if absent.is_empty() { source.from.clone() } else { absent });
        if !source.hint.is_empty() {
            hints.insert(source.hint.clone());
        }
    }
    if assessed.possible_services > 0 {
        missing.insert(Kind::Reviews);
        hints.insert(WHO_IS_WHO.to_owned());
    }
    (missing, hints)
}

/// The lists that would have given more facts for a control.
fn unlisted<'a>(context: &'a Context<'_>, control: &Control) -> Vec<&'a Source> {
    let gaps = |environment: &RequestEnv| {
        let action = Action::from_id(environment.action().id().unescaped())?;
        context.facts.gaps.get(&(action, Type::from_id(environment.principal().basename())?))
    };
    let lists: BTreeSet<&str> = control.environments.iter().filter_map(gaps).flatten().copied().collect();
    lists.into_iter().filter_map(|list| context.pack.attributes.of_list(list)).collect()
}

/// The kinds without which there is nothing a control could apply to.
fn subjects(context: &Context<'_>, control: &Control, present: &BTreeSet<Kind>) -> BTreeSet<Kind> {
    let needed: Vec<BTreeSet<Kind>> =
        control.environments.iter().map(|environment| needed(context, control, environment)).collect();
    // Facts that there always are tell nothing of a control that is about others as well.
    let always = needed.iter().all(BTreeSet::is_empty);
    let is_there = |needed: &BTreeSet<Kind>| needed.iter().any(|kind| present.contains(kind));
    if always || needed.iter().any(is_there) {
        return BTreeSet::new();
    }
    needed.into_iter().flatten().collect()
}

/// The kinds of which any one gives facts of an environment that a control can evaluate. Where only some of them give what it
/// reads, the others do not count: a register of clients does not show that a server holds no credentials.
fn needed(context: &Context<'_>, control: &Control, environment: &RequestEnv) -> BTreeSet<Kind> {
    let (principal, action) = (environment.principal().basename(), environment.action().id().unescaped());
    let mut needed: BTreeSet<Kind> = context.pack.attributes.of_fact(action, principal).iter().copied().collect();
    for Attribute { root, name } in &control.condition.reads {
        let owner = match root {
            Root::Principal => principal,
            Root::Resource => environment.resource().basename(),
            Root::Context => action,
        };
        let Some(source) = context.pack.attributes.of(owner, name) else { continue };
        let giving: BTreeSet<Kind> = source.from.iter().copied().filter(|kind| needed.contains(kind)).collect();
        if giving.len() == source.from.len() && !giving.is_empty() {
            needed = giving;
        }
    }
    needed
}

#[cfg(test)]
mod tests {
    use super::*;
    use cutover_policy::pack::Pack;

    /// Whether a type of the schema has an attribute. A control that speaks of two types reads some attributes of one only.
    fn declares(owner: &str, attribute: &str) -> bool {
        let schema = cutover_pack::SCHEMA;
        let start = [format!("entity {owner} "), format!("action {owner} ")].iter().find_map(|head| schema.find(head));
        let block = start.and_then(|start| schema.get(start..)).and_then(|rest| rest.split("\n    };").next());
        block.is_some_and(|block| ["?:", ":"].iter().any(|end| block.contains(&format!(" {attribute}{end}"))))
    }

    #[test]
    fn every_optional_attribute_has_a_source() {
        let pack = Pack::load(&[]).unwrap();
        for control in pack.in_force() {
            for environment in &control.environments {
                for Attribute { root, name } in &control.condition.reads {
                    let owner = match root {
                        Root::Principal => environment.principal().basename(),
                        Root::Resource => environment.resource().basename(),
                        Root::Context => environment.action().id().unescaped(),
                    };
                    let always = [
                        "name",
                        "key",
                        "scope",
                        "recognised",
                        "new_projects_approved",
                        "all_projects_approved",
                        "exposed",
                        "system",
                        "kind",
                        "level_recognised",
                        "data_connections",
                        "embedded",
                        "manifest",
                    ];
                    let known = always.contains(&name.as_str()) || pack.attributes.of(owner, name).is_some();
                    let known = known || !declares(owner, name);
                    assert!(known, "{}: {owner}.{name} is not in attributes.toml", control.id);
                }
            }
        }
    }
}
