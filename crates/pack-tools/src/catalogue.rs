//! The catalogue of a pack: `cutover.policies/v1`.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use cutover_analysis::audit::tool_info;
use cutover_model::kind::Kind;
use cutover_model::natural;
use cutover_model::result::policies as document;
use cutover_model::result::policies::{Applies, Family, Over, Place, Policies, Rating, Source};
use cutover_policy::condition::Root;
use cutover_policy::control::{Control, Migration, Occasion, SeverityRule};
use cutover_policy::pack::Pack;

/// The family of ids that cannot name one.
const OTHER: &str = "OTHER";

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    family: Vec<Row>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    id: String,
    name: String,
}

/// The catalogue of every control of a pack, or of those that `wanted` keeps.
pub fn catalogue(pack: &Pack, wanted: &dyn Fn(&Control) -> bool) -> Policies {
    let mut kept: Vec<&Control> = pack.in_force().filter(|one| wanted(one)).collect();
    kept.sort_by(|one, other| natural::compare(&one.id, &other.id));
    let controls: Vec<document::Control> = kept.into_iter().map(|control| describe(pack, control)).collect();
    Policies { schema: document::SCHEMA.to_owned(), tool: tool_info(), families: families(&controls), controls }
}

/// The families of these controls: first those with a name, in their order, then the others by their letters.
fn families(controls: &[document::Control]) -> Vec<Family> {
    let named: File = toml::from_str(cutover_pack::FAMILIES).unwrap_or_default();
    let mut there: BTreeSet<&str> = controls.iter().map(|control| control.family.as_str()).collect();
    let named: Vec<Row> = named.family.into_iter().filter(|row| there.remove(row.id.as_str())).collect();
    let named = named.into_iter().map(|Row { id, name }| Family { id, name });
    let others = there.into_iter().map(|id| {
        let name = if id == OTHER { "Other".to_owned() } else { id.to_owned() };
        Family { id: id.to_owned(), name }
    });
    named.chain(others).collect()
}

/// The letters that an id begins with. They name a file, so anything else is in one family.
fn family(id: &str) -> String {
    let letters = id.split('-').next().unwrap_or_default().to_ascii_uppercase();
    // The names of the pages that are no families.
    let taken = ["README", "FRAMEWORKS"].contains(&letters.as_str());
    let fit = !letters.is_empty() && letters.len() <= 16 && letters.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if fit && !taken { letters } else { OTHER.to_owned() }
}

/// A control as its policy describes it.
pub fn describe(pack: &Pack, control: &Control) -> document::Control {
    let duty = control.duty.as_deref();
    let duty_text = duty.and_then(|duty| pack.responsibility.duties.iter().find(|(id, _)| id == duty));
    let (sources, needs) = sources(pack, control);
    let severity = match control.severity {
        SeverityRule::Fixed(severity) => severity.into(),
        SeverityRule::Deadline => Rating::Deadline,
    };
    document::Control {
        id: control.id.clone(),
        family: family(&control.id),
        title: control.title.clone(),
        severity,
        severity_reason: control.severity_reason.clone(),
        unknown: control.unknown,
        party: control.party,
        duty: control.duty.clone(),
        duty_text: duty_text.map(|(_, text)| text.clone()),
        message: control.message.pattern(),
        remedy: control.remedy.pattern(),
        references: references(&control.reference),
        why: control.why.clone(),
        applies_to: applies_to(control),
        reads: sources.iter().map(|source| source.reads.clone()).collect(),
        sources,
        needs: needs.into_iter().collect(),
        relates_to: pack.frameworks.of(&control.id).to_vec(),
        source: Place { path: control.path.clone(), built_in: control.built_in },
        over: match control.occasion() {
            Occasion::Audit => Over::Export,
            Occasion::Plan => Over::Plan,
            Occasion::Change => Over::Change,
        },
        migration: control.migration.as_ref().map(Migration::word),
        policy: None,
        example: None,
    }
}

/// `@reference` is one text of several references.
fn references(text: &str) -> Vec<String> {
    text.split("; ").map(|one| one.trim().to_owned()).filter(|one| !one.is_empty()).collect()
}

fn applies_to(control: &Control) -> Vec<Applies> {
    let facts = control.environments.iter().map(|environment| Applies {
        action: environment.action().id().unescaped().to_owned(),
        principal: environment.principal().basename().to_owned(),
        resource: environment.resource().basename().to_owned(),
    });
    // Cedar keeps environments in no order.
    facts.collect::<BTreeSet<_>>().into_iter().collect()
}

/// The kinds of export that say each attribute a control reads, and every kind that its facts take.
fn sources(pack: &Pack, control: &Control) -> (Vec<Source>, BTreeSet<Kind>) {
    let mut needs = BTreeSet::new();
    let mut from: BTreeMap<String, BTreeSet<Kind>> = BTreeMap::new();
    for environment in &control.environments {
        let (action, principal) = (environment.action().id().unescaped(), environment.principal().basename());
        needs.extend(pack.attributes.of_fact(action, principal));
        for attribute in &control.condition.reads {
            let owner = match attribute.root {
                Root::Principal => principal,
                Root::Resource => environment.resource().basename(),
                Root::Context => action,
            };
            let kinds = pack.attributes.of(owner, &attribute.name).map_or(&[] as &[Kind], |source| &source.from);
            from.entry(attribute.to_string()).or_default().extend(kinds);
        }
    }
    needs.extend(from.values().flatten());
    // In the order of the condition.
    let order = control.condition.reads.iter().map(ToString::to_string);
    let sources = order.filter_map(|reads| {
        let kinds = from.remove(&reads)?;
        Some(Source { reads, from: kinds.into_iter().collect() })
    });
    (sources.collect(), needs)
}

/// The ids most like one that is not there, for an error message.
pub fn nearest(pack: &Pack, id: &str) -> Vec<String> {
    let wanted = id.to_uppercase();
    let mut near: Vec<(usize, &str)> = pack
        .in_force()
        .map(|control| (strsim::damerau_levenshtein(&wanted, &control.id.to_uppercase()), control.id.as_str()))
        .filter(|(distance, _)| *distance <= 2)
        .collect();
    near.sort_by(|(one, id), (other, other_id)| one.cmp(other).then_with(|| natural::compare(id, other_id)));
    near.into_iter().take(5).map(|(_, id)| id.to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_built_in_control_is_of_a_family_with_a_name() {
        let policies = catalogue(&Pack::load(&[]).unwrap(), &|_| true);
        assert!(policies.families.iter().all(|family| family.name != family.id), "{:?}", policies.families);
        assert_eq!(policies.families.first().unwrap().id, "MAN");
    }

    #[test]
    fn every_built_in_control_says_why() {
        let policies = catalogue(&Pack::load(&[]).unwrap(), &|_| true);
        for control in &policies.controls {
            let sentence = control.why.ends_with(['.', '!', '?']);
            assert!(sentence, "{}: begin its file with a comment: what goes wrong if this is so", control.id);
        }
    }

    #[test]
    fn what_a_control_reads_is_told_with_the_exports_that_give_it() {
        let policies = catalogue(&Pack::load(&[]).unwrap(), &|control| control.id == "DIR-03");
        let control = policies.controls.first().unwrap();
        assert_eq!(control.reads, ["principal.app_status", "principal.active"]);
        assert_eq!(control.sources.last().unwrap().from, [Kind::Users]);
        assert_eq!(control.needs, [Kind::Users, Kind::AppInstallations]);
        assert_eq!(control.applies_to.len(), 1);
        assert_eq!(control.duty_text.as_deref().unwrap().split(' ').next(), Some("any"));
    }

    #[test]
    fn a_family_can_name_a_file() {
        for (id, name) in [("DIR-01", "DIR"), ("acme-1", "ACME"), ("../x", OTHER), ("README-1", OTHER), ("", OTHER)] {
            assert_eq!(family(id), name);
        }
    }

    #[test]
    fn the_nearest_ids_are_few_and_in_order() {
        let pack = Pack::load(&[]).unwrap();
        assert_eq!(nearest(&pack, "dir-1").first().map(String::as_str), Some("DIR-01"));
        assert!(nearest(&pack, "something else").is_empty());
        assert!(nearest(&pack, "DIR-00").len() <= 5);
    }
}
