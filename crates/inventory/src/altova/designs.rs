//! Mappings: what a server's document says of them, and what the scan of their designs found.

use std::collections::BTreeSet;

use super::{Listed, Part, parts, short, with_ids};
use crate::credentials::StoreIx;
use cutover_export::records::altova as record;
use cutover_export::{Read, Records};
use cutover_model::diagnostic::{Code, Diagnostic, Place};
use cutover_model::escape;
use cutover_model::evidence::{Evidence, Origin};
use cutover_model::known::Known;

/// A mapping.
#[derive(Debug, Clone)]
pub struct Mapping {
    /// The server it is on; `None` for a design that no server names.
    pub store: Option<StoreIx>,
    /// Its container path, or the path of its design.
    pub id: String,
    /// Whether it is deployed to FlowForce.
    pub deployed: Known<bool>,
    /// The credentials it names.
    pub uses: Known<Vec<String>>,
    /// Names of credentials that an imported user-defined function has as well; the mapping's own wins silently.
    pub name_clash: Known<String>,
    /// A user name and password stored inside a web service component.
    pub stored_basic_auth: Known<bool>,
    /// Whether the certificate of the called server is checked.
    pub check_server_certificate: Known<bool>,
    /// Whether a certificate for another host is accepted.
    pub allow_host_mismatch: Known<bool>,
    /// Passwords in clear text in the design.
    pub clear_passwords: Known<usize>,
    /// Web service calls in the design.
    pub calls: Known<usize>,
    /// The hosts they call.
    pub hosts: Known<String>,
    /// Where it is.
    pub evidence: Evidence,
}

/// The designs of an export, and which of them a server named.
pub(super) struct Designs<'r> {
    all: &'r [Read<record::Design>],
    named: BTreeSet<usize>,
}

impl<'r> Designs<'r> {
    pub(super) fn new(records: &'r Records) -> Self {
        Self { all: &records.designs, named: BTreeSet::new() }
    }

    /// The mappings of a server.
    pub(super) fn of_server(
        &mut self,
        document: &record::Document,
        origin: Origin,
        store: StoreIx,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Listed<Mapping> {
        let all = parts(&document.inventory.mappings, origin, "mappings");
        let listed = with_ids(all, "a mapping", |mapping| mapping.id.value().cloned(), diagnostics);
        let read = |(part, mapping): (Part, &record::Mapping)| self.mapping(&part, mapping, store, diagnostics);
        Listed { all: listed.all.into_iter().map(read).collect(), complete: listed.complete }
    }

    /// The designs that no server named.
    pub(super) fn of_no_server(self) -> Vec<Mapping> {
        let rest = self.all.iter().enumerate().filter(|(index, _)| !self.named.contains(index));
        rest.map(|(_, design)| {
            let mut mapping = empty(design.value.path.clone(), design.origin.into());
            mapping.scanned(design);
            mapping
        })
        .collect()
    }

    fn mapping(
        &mut self,
        part: &Part,
        mapping: &record::Mapping,
        store: StoreIx,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Mapping {
        let mut out = empty(mapping.id.value().cloned().unwrap_or_default(), part.evidence("id"));
        let tls = Part { origin: part.origin, at: format!("{}/tls", part.at) };
        let said = mapping.tls.value().cloned().unwrap_or_default();
        out.store = Some(store);
        out.deployed = part.said(&mapping.deployed, "deployed", Clone::clone);
        out.uses = part.list(&mapping.uses, "uses");
        out.name_clash = name_clash(part, mapping);
        out.stored_basic_auth = part.said(&mapping.stored_basic_auth, "stored_basic_auth", Clone::clone);
        out.check_server_certificate =
            tls.said(&said.check_server_certificate, "check_server_certificate", Clone::clone);
        out.allow_host_mismatch = tls.said(&said.allow_host_mismatch, "allow_host_mismatch", Clone::clone);
        if let Some(name) = mapping.design.value() {
            match self.find(name) {
                Some(design) => out.scanned(design),
                None => {
                    let message =
                        format!("there is no design `{}` in the export, or more than one", escape::name(name));
                    let place = Place::Member(part.origin, format!("{}/design", part.at));
                    diagnostics.push(Diagnostic::new(Code::Unresolved, place, message));
                }
            }
        }
        out
    }

    /// The one design with this path, or this file name.
    fn find(&mut self, name: &str) -> Option<&'r Read<record::Design>> {
        let fits = |path: &str| path == name || (!name.contains('/') && short(path) == name);
        let mut found = self.all.iter().enumerate().filter(|(_, design)| fits(&design.value.path));
        let (index, design) = found.next()?;
        if found.next().is_some() {
            return None;
        }
        self.named.insert(index);
        Some(design)
    }
}

fn empty(id: String, evidence: Evidence) -> Mapping {
    Mapping {
        store: None,
        id,
        deployed: Known::Unknown,
        uses: Known::Unknown,
        name_clash: Known::Unknown,
        stored_basic_auth: Known::Unknown,
        check_server_certificate: Known::Unknown,
        allow_host_mismatch: Known::Unknown,
        clear_passwords: Known::Unknown,
        calls: Known::Unknown,
        hosts: Known::Unknown,
        evidence,
    }
}

/// The names that a mapping and its imported functions both use for credentials.
fn name_clash(part: &Part, mapping: &record::Mapping) -> Known<String> {
    let Some(imported) = part.list(&mapping.udf_credentials, "udf_credentials").stated().cloned() else {
        return Known::Unknown;
    };
    let own = part.list(&mapping.uses, "uses");
    match own.value() {
        _ if imported.value.is_empty() => Known::is(String::new(), imported.evidence),
        Some(own) => {
            let own: BTreeSet<&str> = own.iter().map(|name| short(name)).collect();
            let both: BTreeSet<&str> =
                imported.value.iter().map(|name| short(name)).filter(|name| own.contains(name)).collect();
            Known::is(both.into_iter().collect::<Vec<_>>().join(", "), imported.evidence)
        }
        None => Known::Unknown,
    }
}

impl Mapping {
    /// Adds what the scan of the design found. What was seen outweighs what somebody wrote down.
    fn scanned(&mut self, read: &Read<record::Design>) {
        let design = &read.value;
        let at = |spot: Option<record::Spot>| {
            Evidence::from(Origin { record: spot.unwrap_or(read.origin.record), ..read.origin })
        };
        let (passwords, spot) = design.clear_passwords;
        self.clear_passwords = Known::is(passwords, at(spot));
        self.calls = Known::is(design.calls, read.origin);
        let hosts: Vec<&str> = design.hosts.iter().map(String::as_str).collect();
        self.hosts = Known::is(hosts.join(", "), read.origin);
        let outweigh = |known: &mut Known<bool>, seen: Option<(bool, Option<record::Spot>)>, weak: bool| {
            if let Some((seen, spot)) = seen
                && (seen == weak || known.value().is_none())
            {
                *known = Known::is(seen, at(spot));
            }
        };
        outweigh(&mut self.stored_basic_auth, design.stored_basic_auth, true);
        let spotted = |(seen, spot): (bool, record::Spot)| (seen, Some(spot));
        outweigh(&mut self.check_server_certificate, design.check_server_certificate.map(spotted), false);
        outweigh(&mut self.allow_host_mismatch, design.allow_host_mismatch.map(spotted), true);
        if design.calls == 0 {
            // Nothing is called, so no certificate is left unchecked.
            outweigh(&mut self.check_server_certificate, Some((true, None)), false);
            outweigh(&mut self.allow_host_mismatch, Some((false, None)), true);
        }
    }
}
