//! MapForce and FlowForce: credentials that can be renewed or not, and the jobs, mappings, permissions and packages around
//! them.

use std::collections::BTreeMap;

use super::{Action, Fact, FactBuilder, Thing, ThingIx, Type, Value};
use cutover_inventory::altova::renewal::Renewal;
use cutover_inventory::altova::{AltovaCredential, Direction, Job, Mapping, Package, Permission, Server};
use cutover_model::evidence::Evidence;

impl FactBuilder<'_> {
    /// Phrases every server, and the designs.
    pub(super) fn altova(&mut self) {
        let company = self.company;
        for server in &company.altova.servers {
            let Some(store) = self.store(server.store) else { continue };
            self.server(server, store);
            server.jobs.iter().for_each(|job| self.job(job, store));
            self.permissions(server, store);
            server.packages.iter().for_each(|package| self.package(package, store));
        }
        for mapping in &company.altova.mappings {
            self.mapping(mapping);
        }
    }

    /// What MapForce and FlowForce say of a stored credential.
    pub(super) fn altova_credential(&self, index: usize, thing: &mut Thing) {
        let Some(credential) = self.company.altova.credentials.get(&index) else { return };
        renewal(credential, thing);
        thing.set_known("refresh_token", &credential.refresh_token, Value::flag);
        thing.set_known("saved_in_mfd", &credential.saved_in_mfd, Value::flag);
        thing.set_known("mfd_storage", &credential.mfd_storage, Value::text);
        thing.set_known("insecure_endpoint", &credential.insecure_endpoint, Value::text);
        thing.set_known("unrelated_hosts", &credential.unrelated_hosts, Value::flag);
        thing.set("endpoint_faults", endpoint_faults(credential));
        thing.set_known("automatic_port", &credential.automatic_port, Value::flag);
        thing.set_known("exact_redirect", &credential.exact_redirect, Value::flag);
        match &credential.copies {
            Some(copies) => thing.set_known("copies", copies, |number| Value::count(*number)),
            None => thing.set("copies", Value::Absent),
        }
    }

    fn server(&mut self, server: &Server, store: ThingIx) {
        let Some(thing) = self.facts.things.get_mut(store as usize) else { return };
        thing.set_known("root_initial_password", &server.root_initial_password, Value::flag);
        thing.set_known("privilege_holders", &server.privilege_holders, |held| Value::count(held.number));
        thing.set_known("privileges_of_everybody", &server.privilege_holders, |held| held.everybody.into());
        let Some(evidence) = thing.evidence.clone() else { return };
        let context = self.calendar();
        self.about_company(Action::Exists, store, context, evidence);
    }

    fn job(&mut self, job: &Job, store: ThingIx) {
        let mut thing = self.on(store, Type::Job, &job.id, &job.evidence);
        thing.set_known("mapping", &job.mapping, Value::text);
        thing.set_known("runner", &job.runner, Value::text);
        thing.set_known("local_credential", &job.local_credential, Value::flag);
        thing.set_known("command_line_secret", &job.command_line_secret, Value::flag);
        thing.set_known("bearer_token", &job.bearer_token, Value::flag);
        thing.set_known("unreferenced", &job.unreferenced, Value::text);
        let principal = self.facts.add(thing);
        self.fact(Action::Runs, principal, store, Vec::new(), &job.evidence);
    }

    fn mapping(&mut self, mapping: &Mapping) {
        let resource = mapping.store.and_then(|store| self.store(store)).unwrap_or(self.this);
        let mut thing = self.on(resource, Type::Mapping, &mapping.id, &mapping.evidence);
        thing.set_known("deployed", &mapping.deployed, Value::flag);
        thing.set_known("clear_passwords", &mapping.clear_passwords, |number| Value::count(*number));
        thing.set_known("stored_basic_auth", &mapping.stored_basic_auth, Value::flag);
        thing.set_known("check_server_certificate", &mapping.check_server_certificate, Value::flag);
        thing.set_known("allow_host_mismatch", &mapping.allow_host_mismatch, Value::flag);
        thing.set_known("name_clash", &mapping.name_clash, Value::text);
        thing.set_known("calls", &mapping.calls, |number| Value::count(*number));
        thing.set_known("hosts", &mapping.hosts, Value::text);
        let principal = self.facts.add(thing);
        self.fact(Action::Designed, principal, resource, Vec::new(), &mapping.evidence);
    }

    fn permissions(&mut self, server: &Server, store: ThingIx) {
        let mut roles: BTreeMap<(&str, &str), ThingIx> = BTreeMap::new();
        let mut containers: BTreeMap<&str, ThingIx> = BTreeMap::new();
        let name = self.facts.thing(store).map(|store| store.name.clone()).unwrap_or_default();
        let release = server.release.value().map_or(Value::Unknown, Value::text);
        for permission in &server.permissions {
            let Permission { kind, principal, container, evidence, .. } = permission;
            let role = *roles.entry((kind, principal)).or_insert_with(|| {
                let mut thing = self.on(store, Type::Role, &format!("{kind}:{principal}"), evidence);
                thing.name = principal.into();
                thing.set("name", principal.into());
                thing.set("key", (&principal.to_lowercase()).into());
                thing.set("kind", kind.into());
                self.facts.add(thing)
            });
            let container = *containers.entry(container).or_insert_with(|| {
                let thing = self.on(store, Type::Container, container, evidence);
                self.facts.add(thing)
            });
            let context = vec![
                ("family", (&permission.family).into()),
                ("label", permission.label.value().map_or(Value::Unknown, Value::text)),
                ("release", release.clone()),
                ("gives_use", permission.gives_use.value().map_or(Value::Unknown, Value::flag)),
                ("as_revocation", permission.as_revocation.into()),
                ("effect", effect(permission)),
                ("server", name.as_str().into()),
            ];
            let (family, evidence) = (&permission.family, evidence.clone());
            let member =
                self.facts.add(Thing::new(Type::Permission, family, family, self.this, Some(evidence.clone())));
            let (principal, resource, member) = (role, container, Some(member));
            let fact = Fact { principal, resource, context, member, evidence, said: Vec::new() };
            self.facts.push(Action::Permits, fact);
        }
    }

    fn package(&mut self, package: &Package, store: ThingIx) {
        let mut thing = self.on(store, Type::Package, &package.name, &package.evidence);
        thing.set_known("sensitive_included", &package.sensitive_included, Value::flag);
        let principal = self.facts.add(thing);
        let import = package.direction == Direction::Import;
        let of_import = |value: Value| if import { value } else { Value::Absent };
        let context = vec![
            ("direction", if import { "import" } else { "export" }.into()),
            ("overwrite", of_import(package.overwrite.value().map_or(Value::Unknown, Value::flag))),
            ("empties", of_import(package.empties.value().map_or(Value::Unknown, Value::text))),
        ];
        self.fact(Action::Exported, principal, store, context, &package.evidence);
    }

    /// Something on a server: its id is unique there, and its name is its last step.
    fn on(&self, store: ThingIx, kind: Type, id: &str, evidence: &Evidence) -> Thing {
        let store = self.facts.thing(store).filter(|thing| thing.kind == Type::Store);
        let unique = store.map_or_else(|| id.to_owned(), |store| format!("{}#{id}", store.id));
        Thing::new(kind, unique, id, self.this, Some(evidence.clone()))
    }

    fn fact(
        &mut self,
        action: Action,
        principal: ThingIx,
        resource: ThingIx,
        context: Vec<(&'static str, Value)>,
        evidence: &Evidence,
    ) {
        let evidence = evidence.clone();
        self.facts.push(action, Fact { principal, resource, context, member: None, evidence, said: Vec::new() });
    }
}

/// What a permission comes to, in words.
fn effect(permission: &Permission) -> Value {
    match permission.gives_use.value() {
        _ if permission.as_revocation => "was taken away to revoke a credential, and existing jobs still use it".into(),
        Some(true) => "lets everybody who has it use what is in there".into(),
        Some(false) => "does not let anybody use what is in there".into(),
        None => Value::Unknown,
    }
}

/// What is wrong with the addresses of a credential, in words.
fn endpoint_faults(credential: &AltovaCredential) -> Value {
    let insecure = credential.insecure_endpoint.value();
    let insecure = insecure.filter(|which| !which.is_empty()).map(|which| format!("the {which} is not https"));
    let unrelated = credential.unrelated_hosts.value().filter(|unrelated| **unrelated);
    let unrelated =
        unrelated.map(|_| "the authorization endpoint and the token endpoint are on hosts of different providers");
    let faults: Vec<&str> = insecure.as_deref().into_iter().chain(unrelated).collect();
    faults.join(", and ").as_str().into()
}

/// Says whether a token can be renewed, and in words why not.
fn renewal(credential: &AltovaCredential, thing: &mut Thing) {
    let (value, gaps, outlook, missing) = match &credential.renewal {
        Renewal::None => (Value::Absent, Value::Absent, Value::Absent, Value::Absent),
        Renewal::Unused => ("unused".into(), Value::Absent, Value::Absent, Value::Absent),
        Renewal::Renewable => ("renewable".into(), Value::Absent, Value::Absent, Value::Absent),
        Renewal::Not(gaps) => {
            let gaps: Vec<&str> = gaps.iter().map(String::as_str).collect();
            let outlook = match credential.access_token.value() {
                Some(true) => "works today and cannot renew tomorrow",
                Some(false) => "has no access token and cannot get one by itself",
                None => "cannot renew its access token",
            };
            ("not renewable".into(), gaps.join("; ").as_str().into(), outlook.into(), Value::Absent)
        }
        Renewal::Unknown(missing) => {
            let missing: Vec<&str> = missing.iter().copied().collect();
            (Value::Unknown, Value::Unknown, Value::Unknown, missing.join(", ").as_str().into())
        }
    };
    let said = [("renewal", value), ("renewal_gaps", gaps), ("outlook", outlook), ("renewal_missing", missing)];
    for (name, value) in said {
        thing.set(name, value);
    }
}
