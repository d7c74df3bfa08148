//! Whether FlowForce can get the next access token by itself.
//!
//! MapForce never renews a token, MapForce Server alone never does, and FlowForce does only if every condition of the
//! grant holds (Altova's page "OAuth 2.0 credentials"): the mapping is deployed, the credential is on the server, the job
//! references it, and there is a refresh token (authorization code), or the id and secret of the client are complete
//! (client credentials, password). What works today and fails one of them stops working when its token runs out.

use std::collections::{BTreeMap, BTreeSet};

use super::{Job, Listed, Mapping, Part, means, short};
use cutover_export::field::Field;
use cutover_export::records::altova::Credential;
use cutover_model::known::Known;
use cutover_secrets::Presence;

/// Whether an access token can be renewed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Renewal {
    /// The credential has no access token: a password, a key.
    None,
    /// No mapping uses the credential.
    Unused,
    /// Every condition holds.
    Renewable,
    /// These conditions do not hold, in words.
    Not(BTreeSet<String>),
    /// The document lacks these members.
    Unknown(BTreeSet<&'static str>),
}

/// What is known of the conditions so far.
#[derive(Default)]
struct Conditions {
    gaps: BTreeSet<String>,
    missing: BTreeSet<&'static str>,
}

impl Conditions {
    /// A condition that must hold; `gap` says in words what is the case if it does not.
    fn must(&mut self, holds: Option<bool>, member: &'static str, gap: impl FnOnce() -> String) {
        match holds {
            Some(true) => {}
            Some(false) => {
                self.gaps.insert(gap());
            }
            None => {
                self.missing.insert(member);
            }
        }
    }
}

/// The grant; empty for a credential that is none of OAuth.
pub(super) fn grant(part: &Part, credential: &Credential) -> Known<String> {
    match credential.r#type.value() {
        Some(kind) if kind.0 != "oauth2" => Known::is(String::new(), part.evidence("type")),
        _ => part.said(&credential.grant, "grant", |grant| grant.0.to_owned()),
    }
}

/// Whether there is a secret of this name.
pub(super) fn presence(part: &Part, credential: &Credential, name: &str) -> Known<bool> {
    let presences = credential.presence.value();
    let word = presences.and_then(|all| all.0.iter().find(|(key, _)| key == name)).and_then(|(_, word)| word.value());
    let there = word.copied().and_then(Presence::is_there);
    there.map_or(Known::Unknown, |there| Known::is(there, part.evidence(&format!("presence/{name}"))))
}

/// Whether the credential is on the server.
pub(super) fn is_deployed(credential: &Credential) -> Option<bool> {
    match credential.origin.value().map(|origin| origin.0) {
        Some("mfd_only") => Some(false),
        Some("unknown") | None => credential.included_in_deployment.value().copied().filter(|included| *included),
        Some(_) => Some(true),
    }
}

/// Whether the credential came with a mapping, and with nothing else.
pub(super) fn rides(credential: &Credential) -> Option<bool> {
    match credential.origin.value().map(|origin| origin.0) {
        Some("deployed_with_mapping") => Some(true),
        Some("unknown") | None => None,
        Some(_) => Some(false),
    }
}

/// The jobs of a server, by the mapping that they run.
pub(super) struct Running<'j> {
    of: BTreeMap<&'j str, Vec<&'j Job>>,
    /// Every job is listed, with the mapping that it runs.
    complete: bool,
}

impl<'j> Running<'j> {
    pub(super) fn new(jobs: &'j Listed<Job>) -> Self {
        let mut of: BTreeMap<&str, Vec<&Job>> = BTreeMap::new();
        for job in &jobs.all {
            if let Some(mapping) = job.mapping.value() {
                of.entry(mapping).or_default().push(job);
            }
        }
        Self { of, complete: jobs.complete && jobs.all.iter().all(|job| job.mapping.value().is_some()) }
    }

    fn of(&self, mapping: &Mapping) -> &[&'j Job] {
        self.of.get(mapping.id.as_str()).map_or(&[], Vec::as_slice)
    }
}

pub(super) fn of(part: &Part, credential: &Credential, mappings: &Listed<Mapping>, jobs: &Running<'_>) -> Renewal {
    if grant(part, credential).value().is_some_and(String::is_empty) {
        return Renewal::None;
    }
    let mut conditions = Conditions::default();
    match uses(credential, mappings, jobs, &mut conditions) {
        Uses::None => return Renewal::Unused,
        Uses::Unknown => {}
        Uses::Some => {
            conditions.must(is_deployed(credential), "origin", || {
                "it exists only in the design (.mfd), not on the server".to_owned()
            });
        }
    }
    authorisation(part, credential, &mut conditions);
    match conditions {
        Conditions { gaps, .. } if !gaps.is_empty() => Renewal::Not(gaps),
        Conditions { missing, .. } if !missing.is_empty() => Renewal::Unknown(missing),
        _ => Renewal::Renewable,
    }
}

enum Uses {
    Some,
    None,
    Unknown,
}

/// The conditions on the mappings that use the credential, and on the jobs that run them.
fn uses(credential: &Credential, mappings: &Listed<Mapping>, jobs: &Running<'_>, to: &mut Conditions) -> Uses {
    let id = credential.id.value().map_or("", String::as_str);
    let named = |mapping: &Mapping| mapping.uses.value().map(|names| names.iter().any(|name| means(name, id)));
    let referencing = |mapping: &Mapping| jobs.of(mapping).iter().any(|job| job.references(id) == Some(true));
    let mut found = Uses::None;
    for mapping in &mappings.all {
        match named(mapping) {
            Some(false) if !referencing(mapping) => continue,
            None if !referencing(mapping) => {
                to.missing.insert("uses");
                if matches!(found, Uses::None) {
                    found = Uses::Unknown;
                }
                continue;
            }
            _ => found = Uses::Some,
        }
        to.must(mapping.deployed.value().copied(), "deployed", || {
            format!("mapping {} is not deployed to FlowForce", short(&mapping.id))
        });
        run_by(id, mapping, jobs, to);
    }
    if matches!(found, Uses::None) && !mappings.complete {
        to.missing.insert("mappings");
        found = Uses::Unknown;
    }
    found
}

fn run_by(id: &str, mapping: &Mapping, jobs: &Running<'_>, to: &mut Conditions) {
    let running = jobs.of(mapping);
    if running.is_empty() {
        to.must(jobs.complete.then_some(false), "jobs", || format!("no job runs mapping {}", short(&mapping.id)));
    }
    // A job may reference another credential of the same name; then this one is not the one it uses.
    for job in running.iter().filter(|job| !job.references_namesake(id)) {
        let name = short(&job.id);
        let is_flowforce = job.runner.value().map(|runner| runner != "mapforce_server");
        to.must(is_flowforce, "runner", || {
            format!("{name} runs under MapForce Server alone, which never renews tokens")
        });
        if is_flowforce == Some(false) {
            continue;
        }
        if job.local_credential.value() == Some(&true) {
            to.gaps.insert(format!("job {name} uses a credential of its own instead"));
            continue;
        }
        to.must(job.references(id), "credential_ref", || format!("job {name} does not reference it"));
    }
}

/// The conditions on what the credential holds.
fn authorisation(part: &Part, credential: &Credential, to: &mut Conditions) {
    let is_there = |name: &str| presence(part, credential, name).value().copied();
    let client = match &credential.client_id {
        Field::Is(id) => Some(!id.trim().is_empty()),
        Field::Null => Some(false),
        _ => None,
    };
    match credential.grant.value().map(|grant| grant.0) {
        Some("authorization_code") => {
            let complete = to.gaps.is_empty();
            to.must(is_there("refresh_token"), "presence.refresh_token", || {
                let but = if complete { "everything else is in place, but " } else { "" };
                format!("{but}there is no refresh token on the server")
            });
        }
        Some(grant @ ("client_credentials" | "password")) => {
            to.must(client, "client_id", || "the client id is missing".to_owned());
            to.must(is_there("client_secret"), "presence.client_secret", || "the client secret is missing".to_owned());
            if grant == "password" {
                to.must(is_there("user_name"), "presence.user_name", || "the user name is missing".to_owned());
                to.must(is_there("password"), "presence.password", || "the password is missing".to_owned());
            }
        }
        // A release without the field does not say which conditions count.
        _ => {
            to.missing.insert("grant");
        }
    }
}
