//! App manifests, schema 3, 3.2 and 4.1.
//!
//! Version 3 keeps the requested permissions inside the data connection, version 4.1 at the top. Two keys were renamed
//! in between; the tool table joins them.

use smol_str::SmolStr;

use super::levels::{GivenLevel, read_level};
use super::stated::value;
use super::tools::{Scope, Tool, Tools};
use cutover_export::field::{Field, LevelText, Named};
use cutover_export::records::{AppManifest, Instruction, RequestedPermissions};
use cutover_model::diagnostic::{Code, Diagnostic, Place};
use cutover_model::evidence::{Evidence, Origin};
use cutover_model::known::Known;
use cutover_model::level::Level;
use cutover_secrets::json_text::escape_token;

/// A data connection of a manifest.
#[derive(Debug, Clone)]
pub struct Connection {
    /// The grant type; version 4.1 manifests have none.
    pub grant: Known<String>,
    /// The client id of the app for it, which tells it from others of its manifest.
    pub uid: Option<String>,
    /// Where it is.
    pub evidence: Evidence,
}

/// A tool that a manifest asks for.
#[derive(Debug, Clone)]
pub struct Request {
    /// The tool.
    pub tool: Tool,
    /// The key as written.
    pub written: String,
    /// The level and its place.
    pub given: GivenLevel,
}

/// An app manifest.
#[derive(Debug, Clone)]
pub struct Manifest {
    /// The app version, if known.
    pub version: Option<String>,
    /// The version of the manifest's schema.
    pub schema: Known<String>,
    /// The tools it asks for; `None` when that part could not be read.
    pub requests: Option<Vec<Request>>,
    /// The indices of these requests, in the order of the tools.
    by_tool: Vec<u32>,
    /// Its data connections.
    pub connections: Vec<Connection>,
    /// Whether it embeds a page of its own.
    pub embedded: bool,
    /// The page, or else the notes, shown after installing; empty when there is neither.
    pub instructions: Known<String>,
    /// Whether this is the installed one; `None` when no list of installations says.
    pub installed: Option<bool>,
    /// The record it stands in.
    pub origin: Origin,
    /// Where in that record.
    pub member: &'static str,
}

impl Manifest {
    /// How many tools it asks for. A tool at None is asked for in name only.
    pub fn requested_tools(&self) -> Option<usize> {
        let asked = |request: &&Request| request.given.level != Some(Level::None);
        self.requests.as_ref().map(|requests| requests.iter().filter(asked).count())
    }

    /// The level it asks for on a tool: none when it does not list it.
    pub fn requested(&self, tool: &Tool) -> Option<Level> {
        self.requests.as_ref()?;
        self.request(tool).map_or(Some(Level::None), |request| request.given.level)
    }

    /// The first request for a tool.
    pub fn request(&self, tool: &Tool) -> Option<&Request> {
        let requests = self.requests.as_deref()?;
        let of = |index: &u32| requests.get(*index as usize).map(|request| &request.tool);
        let first = self.by_tool.partition_point(|index| of(index) < Some(tool));
        let index = self.by_tool.get(first).filter(|index| of(index) == Some(tool))?;
        requests.get(*index as usize)
    }

    /// Hears another copy of the same version. Where the copies differ in what they ask for, that is unknown.
    pub fn reconcile(&mut self, other: &Self, diagnostics: &mut Vec<Diagnostic>) {
        let asked = |manifest: &Self| -> Option<Vec<(Tool, Option<Level>)>> {
            let requests = manifest.requests.as_ref()?.iter();
            let mut asked: Vec<_> = requests.map(|request| (request.tool.clone(), request.given.level)).collect();
            asked.sort();
            Some(asked)
        };
        let grants = |manifest: &Self| -> Vec<Option<String>> {
            let mut grants: Vec<_> = manifest.connections.iter().map(|one| one.grant.value().cloned()).collect();
            grants.sort();
            grants
        };
        let mut contradicted = self.instructions.merge(other.instructions.clone());
        contradicted |= self.schema.merge(other.schema.clone());
        if asked(self) != asked(other) {
            contradicted = self.requests.take().is_some();
        }
        if grants(self) != grants(other) {
            contradicted = true;
            self.connections.iter_mut().for_each(|connection| connection.grant = Known::Contradicted);
        }
        if contradicted {
            let place = Place::Member(other.origin, other.member.to_owned());
            let message = "another copy of this manifest version differs; differing values are treated as unknown";
            diagnostics.push(Diagnostic::new(Code::Conflict, place, message));
        }
    }

    /// Whether it has both ways of signing in: as a person, and as a service account. `None` when it does not say: from
    /// schema version 4 on a manifest names no grant.
    pub fn mixes_grants(&self) -> Option<bool> {
        let has = |wanted: &str| {
            let grants = || self.connections.iter().map(|connection| connection.grant.value());
            let found = grants().any(|grant| grant.is_some_and(|grant| grant == wanted));
            (found || grants().all(|grant| grant.is_some())).then_some(found)
        };
        let as_account = match (has("client_credentials"), self.requested_tools()) {
            (Some(true), _) => Some(true),
            (_, Some(tools)) if tools > 0 => Some(true),
            (Some(false), Some(_)) => Some(false),
            _ => None,
        };
        match (has("authorization_code"), as_account) {
            (Some(false), _) | (_, Some(false)) => Some(false),
            (Some(true), Some(true)) => Some(true),
            _ => None,
        }
    }

    /// The version as shown: `2.1.0`, or nothing.
    pub fn label(&self) -> String {
        self.version.clone().unwrap_or_default()
    }
}

/// A version in the order of versions: `1.10.0` comes after `1.9.0`.
pub fn in_order(version: &str) -> (Vec<u64>, String) {
    (version.split('.').map(|part| part.parse().unwrap_or_default()).collect(), version.to_owned())
}

/// Reads a manifest that stands in a record of its own, or in the member of another.
pub fn read(
    manifest: &AppManifest,
    origin: Origin,
    member: &'static str,
    tools: &Tools,
    diagnostics: &mut Vec<Diagnostic>,
) -> Manifest {
    let at = |path: &str| if member.is_empty() { path.to_owned() } else { format!("{member}/{path}") };
    let mut requests = Some(Vec::new());
    let mut ask = |field: &Field<RequestedPermissions>, path: String| match field {
        Field::Is(asked) => {
            for (scope, named) in [(Scope::Company, &asked.company), (Scope::Project, &asked.project)] {
                match named {
                    Field::Is(named) => {
                        let read = read_requests(named, scope, tools, origin, &format!("{path}/{scope}"), diagnostics);
                        requests.iter_mut().for_each(|requests| requests.extend(read.iter().cloned()));
                    }
                    Field::Wrong => requests = None,
                    Field::Missing | Field::Null => {}
                }
            }
        }
        Field::Wrong => requests = None,
        Field::Missing | Field::Null => {}
    };
    ask(&manifest.permissions, at("permissions"));
    let mut connections = Vec::new();
    let parts = manifest.components.value();
    let instances = parts.and_then(|parts| parts.oauth.value()).and_then(|oauth| oauth.instances.value());
    for (index, instance) in instances.into_iter().flatten().enumerate() {
        let path = at(&format!("components/oauth/instances/{index}"));
        if let Some(instance) = instance.value() {
            ask(&instance.permissions, format!("{path}/permissions"));
            let grant = match instance.grant_type.value() {
                Some(grant) => Known::is(grant.clone(), Evidence::new(origin, format!("{path}/grant_type"))),
                None => Known::Unknown,
            };
            let uid = instance.uid.value().filter(|uid| !uid.trim().is_empty()).cloned();
            connections.push(Connection { grant, uid, evidence: Evidence::new(origin, path) });
        }
    }
    // From version 4 on one pair of credentials serves every grant: there is a connection, of a grant nobody states.
    let is_new = manifest.schema_version.value().is_some_and(|version| !version.starts_with('3'));
    if connections.is_empty() && is_new && manifest.permissions.value().is_some() {
        connections.push(Connection {
            grant: Known::Unknown,
            uid: None,
            evidence: Evidence::new(origin, at("permissions")),
        });
    }
    let iframes = parts.and_then(|parts| parts.iframe.value()).and_then(|iframe| iframe.instances.value());
    let embedded = manifest.fullscreen.value().is_some()
        || manifest.sidepanel.value().is_some()
        || iframes.is_some_and(|iframes| !iframes.is_empty());
    Manifest {
        version: None,
        schema: value(
            &manifest.schema_version,
            origin,
            if member.is_empty() { "schema_version" } else { "manifest/schema_version" },
        ),
        by_tool: by_tool(requests.as_deref().unwrap_or_default()),
        requests,
        connections,
        embedded,
        instructions: instructions(&manifest.post_installation_instruction, origin, member),
        installed: None,
        origin,
        member,
    }
}

/// The indices of requests in the order of their tools; of one tool, the first comes first.
fn by_tool(requests: &[Request]) -> Vec<u32> {
    let mut indices: Vec<u32> = (0..).take(requests.len()).collect();
    indices.sort_by_key(|index| requests.get(*index as usize).map(|request| &request.tool));
    indices
}

fn read_requests(
    named: &Named<LevelText>,
    scope: Scope,
    tools: &Tools,
    origin: Origin,
    path: &str,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Request> {
    let read = |(written, field): &(SmolStr, Field<LevelText>)| {
        let pointer = format!("{path}/{}", escape_token(written.as_str().into()));
        let level = read_level(field, origin, &pointer, diagnostics);
        Request {
            tool: tools.resolve(scope, written),
            written: written.to_string(),
            given: GivenLevel { level, granular: None, evidence: Evidence::new(origin, pointer) },
        }
    };
    named.0.iter().map(read).collect()
}

/// A manifest is a document: what it does not say, it does not have.
fn instructions(field: &Field<Instruction>, origin: Origin, member: &'static str) -> Known<String> {
    let evidence = || {
        Evidence::new(
            origin,
            if member.is_empty() { "post_installation_instruction" } else { "manifest/post_installation_instruction" },
        )
    };
    match field {
        Field::Missing => Known::is(String::new(), Evidence::new(origin, member)),
        Field::Null => Known::is(String::new(), evidence()),
        Field::Wrong => Known::Unknown,
        Field::Is(instruction) => {
            if matches!(instruction.page, Field::Wrong) || matches!(instruction.notes, Field::Wrong) {
                return Known::Unknown;
            }
            let page = instruction.page.value().and_then(|page| page.url.value());
            let words = page.filter(|url| !url.trim().is_empty()).or(instruction.notes.value());
            Known::is(words.map_or_else(String::new, |words| words.trim().to_owned()), evidence())
        }
    }
}
