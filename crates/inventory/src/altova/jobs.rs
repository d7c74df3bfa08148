//! Jobs: what runs a mapping, and with which credential.

use super::{Listed, Mapping, Part, means, parts, renewal, short, with_ids};
use cutover_export::field::Field;
use cutover_export::records::altova as record;
use cutover_model::diagnostic::Diagnostic;
use cutover_model::evidence::{Evidence, Origin};
use cutover_model::known::Known;

/// A job.
#[derive(Debug, Clone)]
pub struct Job {
    /// Its container path.
    pub id: String,
    /// The mapping it runs.
    pub mapping: Known<String>,
    /// "flowforce" or "mapforce_server".
    pub runner: Known<String>,
    /// The credentials its mapping step references; none when it is known to reference none.
    pub references: Known<Vec<String>>,
    /// Whether a credential was typed into the job itself.
    pub local_credential: Known<bool>,
    /// Whether a secret stands on its command line.
    pub command_line_secret: Known<bool>,
    /// Whether it hands an access token to the mapping, which nothing renews.
    pub bearer_token: Known<bool>,
    /// Credentials that travel inside its mapping and that it does not reference.
    pub unreferenced: Known<String>,
    /// Where it is.
    pub evidence: Evidence,
}

impl Job {
    /// Whether it runs a mapping.
    pub fn runs(&self, mapping: &Mapping) -> bool {
        self.mapping.value() == Some(&mapping.id)
    }

    /// Whether it references the credential with this id.
    pub fn references(&self, id: &str) -> Option<bool> {
        self.references.value().map(|all| all.iter().any(|reference| means(reference, id)))
    }

    /// Whether it references another credential of the same name.
    pub(super) fn references_namesake(&self, id: &str) -> bool {
        let another = |reference: &String| !means(reference, id) && short(reference) == short(id);
        self.references(id) == Some(false) && self.references.value().is_some_and(|all| all.iter().any(another))
    }
}

/// The credentials of a document, each with its place.
type Credentials<'r> = Listed<(Part, &'r record::Credential)>;

/// The jobs of a document.
pub(super) fn read(
    document: &record::Document,
    origin: Origin,
    credentials: &Credentials<'_>,
    mappings: &Listed<Mapping>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Listed<Job> {
    let all = parts(&document.inventory.jobs, origin, "jobs");
    let listed = with_ids(all, "a job", |job| job.id.value().cloned(), diagnostics);
    let read = |(part, job): (Part, &record::Job)| read_job(&part, job, document, credentials, mappings);
    Listed { all: listed.all.into_iter().map(read).collect(), complete: listed.complete }
}

fn read_job(
    part: &Part,
    record: &record::Job,
    document: &record::Document,
    credentials: &Credentials<'_>,
    mappings: &Listed<Mapping>,
) -> Job {
    let server = Part { origin: part.origin, at: String::new() };
    let runner = match part.said(&record.runner, "runner", |runner| runner.0.to_owned()) {
        Known::Is(own) => Known::Is(own),
        _ => server.said(&document.inventory.server, "server", |runner| runner.0.to_owned()),
    };
    let mut job = Job {
        id: record.id.value().cloned().unwrap_or_default(),
        mapping: part.text(&record.runs, "runs"),
        runner,
        references: match &record.credential_ref {
            Field::Null => Known::is(Vec::new(), part.evidence("credential_ref")),
            field => part.said(field, "credential_ref", |names| names.0.clone()),
        },
        local_credential: part.said(&record.local_credential, "local_credential", Clone::clone),
        command_line_secret: Known::Unknown,
        bearer_token: Known::Unknown,
        unreferenced: Known::Unknown,
        evidence: part.evidence("id"),
    };
    let number = part.at.rsplit('/').next().and_then(|index| index.parse().ok());
    let line = number.and_then(|index: usize| document.command_lines.get(&index)).copied();
    job.command_line_secret = match (&record.command_line, line) {
        (Field::Null, _) => Known::is(false, part.evidence("command_line")),
        (_, Some(line)) => Known::is(line.secret, part.evidence("command_line")),
        _ => Known::Unknown,
    };
    let mapping = mappings.all.iter().find(|mapping| job.runs(mapping));
    let used = mapping.and_then(|mapping| used_by(mapping, &job, credentials));
    job.bearer_token = bearer_token(part, line.is_some_and(|line| line.bearer), used.as_ref());
    job.unreferenced = unreferenced(part, &job, used.as_ref());
    job
}

/// The OAuth credentials that a mapping names; not complete where a name fits none that is listed.
type Used<'a> = Listed<(&'a Part, &'a record::Credential)>;

/// `None` when the document does not say what the mapping names.
fn used_by<'a>(mapping: &Mapping, job: &Job, credentials: &'a Credentials<'a>) -> Option<Used<'a>> {
    let names = mapping.uses.value()?;
    let id_of = |credential: &'a record::Credential| credential.id.value().map_or("", String::as_str);
    let fits = |name: &String| credentials.all.iter().any(|(_, credential)| means(name, id_of(credential)));
    let named = |credential: &'a record::Credential| {
        let id = id_of(credential);
        names.iter().any(|name| means(name, id)) && !job.references_namesake(id)
    };
    let is_oauth = |part: &Part, credential: &record::Credential| {
        !renewal::grant(part, credential).value().is_some_and(String::is_empty)
    };
    let all = credentials.all.iter().map(|(part, credential)| (part, *credential));
    let all = all.filter(|(part, credential)| named(credential) && is_oauth(part, credential)).collect();
    Some(Listed { all, complete: names.iter().all(fits) })
}

/// MapForce Server takes nothing but an access token, so a mapping with an OAuth credential gets one.
fn bearer_token(part: &Part, on_command_line: bool, used: Option<&Used<'_>>) -> Known<bool> {
    if on_command_line {
        return Known::is(true, part.evidence("command_line"));
    }
    let Some(used) = used else { return Known::Unknown };
    if used.all.iter().any(|(_, credential)| credential.r#type.value().is_some()) {
        return Known::is(true, part.evidence("runs"));
    }
    if used.all.is_empty() && used.complete { Known::is(false, part.evidence("runs")) } else { Known::Unknown }
}

fn unreferenced(part: &Part, job: &Job, used: Option<&Used<'_>>) -> Known<String> {
    // MapForce Server has no credentials to reference, and a credential of the job's own takes the place of the mapping's.
    let elsewhere = job.runner.value().is_some_and(|runner| runner == "mapforce_server");
    if elsewhere || job.local_credential.value() == Some(&true) {
        return Known::is(String::new(), part.evidence(""));
    }
    let Some(used) = used else { return Known::Unknown };
    let (mut names, mut open) = (Vec::new(), !used.complete);
    for (_, credential) in &used.all {
        let id = credential.id.value().map_or("", String::as_str);
        match (renewal::rides(credential), job.references(id)) {
            (Some(true), Some(false)) => names.push(short(id)),
            (Some(false), _) | (_, Some(true)) => {}
            _ => open = true,
        }
    }
    if names.is_empty() && open { Known::Unknown } else { Known::is(names.join(", "), part.evidence("credential_ref")) }
}
