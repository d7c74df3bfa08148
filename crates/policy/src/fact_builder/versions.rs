//! What a new version of an app asks for beside the one before, and what the installed one calls.

use std::collections::BTreeSet;

use super::{Action, Fact, FactBuilder, ThingIx, Value};
use cutover_inventory::apps::{App, AppIx, Installation};
use cutover_inventory::manifests::{Manifest, in_order};
use cutover_inventory::tools::{Scope, Tool};
use cutover_model::evidence::Evidence;
use cutover_model::level::Level;

impl FactBuilder<'_> {
    /// Phrases the difference between each version of an app and the one before.
    pub(super) fn rises(&mut self, index: AppIx, app: &App, principal: ThingIx) {
        // An app that is not installed needs nobody's approval.
        let status = app.installation.as_ref().map(|installation| installation.status.value().map(String::as_str));
        if matches!(status, Some(Some("uninstalled"))) || (status.is_none() && self.company.apps.complete()) {
            return;
        }
        let mut versions: Vec<&Manifest> = app.manifests.iter().filter(|manifest| manifest.version.is_some()).collect();
        versions.sort_by_key(|manifest| in_order(&manifest.label()));
        for (old, new) in versions.iter().zip(versions.iter().skip(1)) {
            self.rise(index, principal, old, new);
        }
        let installed = app.installation.as_ref().filter(|installation| installation.is_installed());
        if let Some(installation) = installed.filter(|_| app.installed_manifest().is_none()) {
            self.rise_from_unknown(index, principal, installation, &versions);
        }
        let newest = versions.last().copied();
        // A version that is offered and not at hand may ask for more on any tool.
        if let (Some(installation), Some(manifest)) = (installed, app.installed_manifest())
            && installation.update_offered.value() != Some(&false)
            && newest.is_none_or(|newest| newest.version == manifest.version)
        {
            self.unknown_rise(principal, manifest, installation);
        }
    }

    fn rise(&mut self, index: AppIx, principal: ThingIx, old: &Manifest, new: &Manifest) {
        let asked = [old, new].into_iter().filter_map(|manifest| manifest.requests.as_ref()).flatten();
        let tools: BTreeSet<Tool> = asked.map(|request| request.tool.clone()).collect();
        let approved = self.approved(index, old, new);
        let label = new.label();
        let member = self.version(new);
        for tool in tools {
            let resource = self.tool(&tool);
            let request = new.requests.iter().flatten().find(|request| request.tool == tool);
            let evidence = request.map_or_else(|| new.origin.into(), |request| request.given.evidence.clone());
            let context = vec![
                ("from", old.label().as_str().into()),
                ("manifest", label.as_str().into()),
                ("before", Value::Level(old.requested(&tool))),
                ("after", Value::Level(new.requested(&tool))),
                ("approved", approved.clone()),
            ];
            let fact = Fact { principal, resource, context, member, evidence, said: Vec::new() };
            self.facts.push(Action::Raises, fact);
        }
    }

    /// Whether somebody approved what a version asks for: it, or a later one. An approval of a version in between, whose
    /// manifest is not at hand, may have covered the rise.
    fn approved(&self, index: AppIx, old: &Manifest, new: &Manifest) -> Value {
        let decisions = &self.company.decisions;
        let (old, new) = (in_order(&old.label()), in_order(&new.label()));
        let versions = decisions.apps.approved_versions.of(index, self.setting.today);
        let versions: Vec<_> = versions.map(|checked| in_order(&checked.version)).collect();
        if versions.iter().any(|version| *version >= new) {
            return true.into();
        }
        if !decisions.recorded || versions.iter().any(|version| *version > old) {
            return Value::Unknown;
        }
        false.into()
    }

    /// What the installed version asks for is not at hand: whatever the next one asks for may be more.
    fn rise_from_unknown(
        &mut self,
        index: AppIx,
        principal: ThingIx,
        installation: &Installation,
        versions: &[&Manifest],
    ) {
        let installed = installation.version.value();
        let is_newer =
            |manifest: &&&Manifest| installed.is_none_or(|installed| in_order(&manifest.label()) > in_order(installed));
        let Some(next) = versions.iter().find(is_newer) else { return };
        let approved = if self.is_approved(index, next) { true.into() } else { Value::Unknown };
        let member = self.version(next);
        let from = installed.map_or("(unknown)", String::as_str);
        for request in next.requests.iter().flatten() {
            let resource = self.tool(&request.tool);
            let context = vec![
                ("from", from.into()),
                ("manifest", next.label().as_str().into()),
                ("before", Value::Level(None)),
                ("after", Value::Level(request.given.level)),
                ("approved", approved.clone()),
            ];
            let evidence = request.given.evidence.clone();
            let fact = Fact { principal, resource, context, member, evidence, said: Vec::new() };
            self.facts.push(Action::Raises, fact);
        }
    }

    /// Whether somebody approved this version, or a later one.
    fn is_approved(&self, index: AppIx, manifest: &Manifest) -> bool {
        let version = in_order(&manifest.label());
        let mut approved = self.company.decisions.apps.approved_versions.of(index, self.setting.today);
        approved.any(|checked| in_order(&checked.version) >= version)
    }

    fn unknown_rise(&mut self, principal: ThingIx, manifest: &Manifest, installation: &Installation) {
        let evidence = installation.update_offered.stated().map(|stated| stated.evidence.clone());
        let evidence: Evidence = evidence.unwrap_or_else(|| installation.origin.into());
        for request in manifest.requests.iter().flatten() {
            let resource = self.tool(&request.tool);
            let context = vec![
                ("from", manifest.label().as_str().into()),
                ("manifest", "the version on offer".into()),
                ("before", Value::Level(request.given.level)),
                ("after", Value::Level(None)),
                ("approved", Value::Unknown),
            ];
            let evidence = evidence.clone();
            let fact = Fact { principal, resource, context, member: None, evidence, said: Vec::new() };
            self.facts.push(Action::Raises, fact);
        }
    }

    /// Phrases how an installed app fares with each tool that it asks for or calls.
    pub(super) fn calls(&mut self, index: AppIx, app: &App, principal: ThingIx) {
        let installed = app.installation.as_ref().is_some_and(Installation::is_installed);
        let usage = self.company.usage_of(index);
        let only = app.manifests.first().filter(|_| app.installation.is_none() && app.manifests.len() == 1);
        let manifest = app.installed_manifest().or(only);
        if usage.is_none() && !installed {
            return;
        }
        let asked = manifest.and_then(|manifest| manifest.requests.as_ref()).into_iter().flatten();
        let called = usage.into_iter().flat_map(|usage| usage.calls.keys());
        // Routes do not tell one custom tool from another.
        let tools: BTreeSet<&Tool> =
            asked.map(|request| &request.tool).chain(called).filter(|tool| !tool.is_custom()).collect();
        for tool in tools {
            let forbidden = usage.map(|usage| usage.forbidden.get(tool).copied().unwrap_or_default());
            let known = usage.is_some_and(|usage| usage.forbidden_known);
            let count = |calls: Option<u64>| match calls {
                Some(calls) if calls > 0 || known => Value::Number(i64::try_from(calls).unwrap_or(i64::MAX)),
                _ => Value::Unknown,
            };
            let context = vec![
                ("requested", Value::Level(manifest.and_then(|manifest| requested(manifest, tool)))),
                ("forbidden_reads", count(forbidden.map(|calls| calls.read))),
                ("forbidden_writes", count(forbidden.map(|calls| calls.write))),
            ];
            let resource = self.tool(tool);
            let evidence = usage.map_or_else(|| app.origin.into(), |usage| usage.place_of(tool));
            let fact = Fact { principal, resource, context, member: None, evidence, said: Vec::new() };
            self.facts.push(Action::Calls, fact);
        }
    }
}

/// What a manifest asks for on the tool that a route told. Correspondence goes by one route, and its custom tools are
/// asked for one by one: which of them was called is unknown.
fn requested(manifest: &Manifest, tool: &Tool) -> Option<Level> {
    let of_custom = tool.scope == Scope::Project && tool.key == "communication_types";
    let asks_for_custom = manifest.requests.iter().flatten().any(|request| request.tool.is_custom());
    match manifest.requested(tool) {
        Some(Level::None) if of_custom && asks_for_custom => None,
        level => level,
    }
}
