//! The register of OAuth clients: each row is a credential that some system keeps, and what is written about it.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use super::Company;
use super::accounts::last_used;
use super::credentials::{Particulars, Store, StoreIx, StoredCredential, System};
use super::stated::text;
use cutover_export::field::Field;
use cutover_export::records::oauth::{OauthClient, Words};
use cutover_export::{Of, Records, RegisterName};
use cutover_model::diagnostic::{Code, Diagnostic, Place};
use cutover_model::escape;
use cutover_model::evidence::{Evidence, Origin};
use cutover_model::known::Known;
use cutover_secrets::Presence;

impl Company {
    /// Reads the register.
    pub(super) fn read_register(&mut self, records: &Records, diagnostics: &mut Vec<Diagnostic>) {
        let mut clients: Vec<&Of<RegisterName, OauthClient>> = records.oauth_clients.iter().collect();
        clients.sort_by(|one, two| (&one.of, one.read.origin).cmp(&(&two.of, two.read.origin)));
        let mut rows: Vec<StoredCredential> = Vec::new();
        let mut known: BTreeMap<(&str, &str), StoreIx> = BTreeMap::new();
        let mut seen: BTreeSet<(StoreIx, String)> = BTreeSet::new();
        for Of { of, read } in clients {
            let Some(id) = id(&read.value) else {
                let place = Place::Member(read.origin, String::new());
                let message = "a client without `id`, `client_id` or `name`; the record was left out";
                diagnostics.push(Diagnostic::new(Code::Shape, place, message));
                continue;
            };
            let name = (of.environment.as_deref().unwrap_or_default(), of.file.as_str());
            let store = *known.entry(name).or_insert_with(|| self.add_register_store(of, read.origin));
            if !seen.insert((store, id.clone())) {
                let place = Place::Member(read.origin, "id".to_owned());
                let message = format!(
                    "`{}` occurs twice in this register; give each row an `id` or a different `system`",
                    escape::name(&id)
                );
                diagnostics.push(Diagnostic::new(Code::Conflict, place, message));
            }
            rows.push(credential(store, id, &read.value, read.origin, diagnostics));
        }
        // What other systems keep stays where it is: they know their credentials by their place.
        rows.sort_by_cached_key(|row| (row.store, row.id.clone(), row.name.clone(), row.evidence.origin));
        self.credentials.append(&mut rows);
    }

    /// Adds the store of a file: each register is one.
    fn add_register_store(&mut self, of: &RegisterName, origin: Origin) -> StoreIx {
        let system = System::Register;
        let environment = of.environment.as_deref();
        let id = [system.id(), environment.unwrap_or_default(), &of.file].join("/");
        let name = match environment {
            Some(environment) => format!("{environment}/{}", of.file),
            None => of.file.clone(),
        };
        self.stores.push(Store {
            id,
            name,
            system,
            environment: environment.map_or(Known::Unknown, |name| Known::is(name.to_owned(), origin)),
            evidence: origin.into(),
        });
        self.stores.len() - 1
    }
}

/// What a row is known by: its own id, or what it names. Copies of one client have a row each, in the systems and
/// environments that keep them.
fn id(client: &OauthClient) -> Option<String> {
    let said = |text: Option<&str>| text.map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
    let text = |field: &Field<String>| said(field.value().map(String::as_str));
    if let Some(own) = said(client.id.value().map(|id| id.0.as_str())) {
        return Some(own);
    }
    let named = text(&client.client_id).or_else(|| text(&client.name))?;
    let parts = [Some(named), text(&client.system), text(&client.environment)];
    Some(parts.into_iter().flatten().collect::<Vec<_>>().join("/"))
}

fn credential(
    store: StoreIx,
    id: String,
    client: &OauthClient,
    origin: Origin,
    diagnostics: &mut Vec<Diagnostic>,
) -> StoredCredential {
    let name = client.name.value().map(|name| name.trim()).filter(|name| !name.is_empty()).map(str::to_owned);
    let mut credential = StoredCredential::new(store, id.clone(), name.unwrap_or(id), "oauth2", origin);
    credential.grant = text(&client.grant, origin, "grant").map(|grant| underscored(grant));
    credential.client_id = text(&client.client_id, origin, "client_id");
    credential.authorization_endpoint = text(&client.authorization_endpoint, origin, "authorization_endpoint");
    credential.token_endpoint = text(&client.token_endpoint, origin, "token_endpoint");
    credential.redirect_uris = words(&client.redirect_uris, origin, "redirect_uris");
    credential.scope = words(&client.scope, origin, "scope").map(|words| words.join(" "));
    credential.particulars = particulars(client, origin, diagnostics);
    credential
}

fn particulars(client: &OauthClient, origin: Origin, diagnostics: &mut Vec<Diagnostic>) -> Particulars {
    let (last_used, never_used) = last_used(&client.last_used, origin, diagnostics);
    let mut one_of = |field, member, words: &[&str]| word(field, (origin, member), words, diagnostics);
    let client_kind = one_of(&client.client_kind, "client_kind", &["server", "desktop", "mobile", "browser"]);
    let status = one_of(&client.status, "status", &["active", "retired"]);
    let tenants = match &client.tenants {
        Field::Is(tenants) => Known::is(tenants.0.iter().cloned().collect(), Evidence::new(origin, "tenants")),
        _ => Known::Unknown,
    };
    // An empty cell is an approval that nobody wrote down, not the approval of nothing.
    let approved = match &client.approved_scope {
        Field::Is(Words(words)) if !words.is_empty() => {
            Known::is(words.iter().cloned().collect(), Evidence::new(origin, "approved_scope"))
        }
        _ => Known::Unknown,
    };
    Particulars {
        kept_in: text(&client.system, origin, "system"),
        environment: text(&client.environment, origin, "environment"),
        tenants,
        client_kind,
        client_secret: presence(&client.client_secret, origin, "client_secret"),
        refresh_token: presence(&client.refresh_token, origin, "refresh_token"),
        approved_scope: approved,
        owner: text(&client.owner, origin, "owner"),
        purpose: text(&client.purpose, origin, "purpose"),
        next_review: day(&client.next_review, origin, "next_review"),
        created: day(&client.created_at, origin, "created_at"),
        rotated: day(&client.rotated_at, origin, "rotated_at"),
        last_used,
        never_used,
        retired: status.map(|status| status == "retired"),
        revoked: day(&client.revoked_on, origin, "revoked_on"),
        revocation_evidence: text(&client.revocation_evidence, origin, "revocation_evidence"),
        blast_radius_record: text(&client.blast_radius_record, origin, "blast_radius_record"),
        account: text(&client.account, origin, "account"),
    }
}

/// A day; null is known to be none.
fn day(field: &Field<NaiveDate>, origin: Origin, member: &'static str) -> Known<Option<NaiveDate>> {
    match field {
        Field::Is(day) => Known::is(Some(*day), Evidence::new(origin, member)),
        Field::Null => Known::is(None, Evidence::new(origin, member)),
        _ => Known::Unknown,
    }
}

/// A list of words; null is known to be empty.
fn words(field: &Field<Words>, origin: Origin, member: &'static str) -> Known<Vec<String>> {
    match field {
        Field::Is(Words(words)) => Known::is(words.clone(), Evidence::new(origin, member)),
        Field::Null => Known::is(Vec::new(), Evidence::new(origin, member)),
        _ => Known::Unknown,
    }
}

/// Whether there is a secret; null says nothing, because that is also what somebody who takes it out leaves behind.
fn presence(field: &Field<Presence>, origin: Origin, member: &'static str) -> Known<bool> {
    let there = field.value().and_then(|presence| presence.is_there());
    there.map_or(Known::Unknown, |there| Known::is(there, Evidence::new(origin, member)))
}

/// One of a few words; any other counts as unknown, and is reported.
fn word(
    field: &Field<String>,
    (origin, member): (Origin, &'static str),
    words: &[&str],
    diagnostics: &mut Vec<Diagnostic>,
) -> Known<String> {
    let Some(said) = field.value().map(|said| underscored(said)).filter(|said| !said.is_empty()) else {
        return Known::Unknown;
    };
    if words.contains(&said.as_str()) {
        return Known::is(said, Evidence::new(origin, member));
    }
    let place = Place::Member(origin, member.to_owned());
    let message = format!("`{member}` is not one of {}; it is treated as unknown", words.join(", "));
    diagnostics.push(Diagnostic::new(Code::Member, place, message));
    Known::Unknown
}

/// `Client Credentials` and `client_credentials` are the same grant.
fn underscored(text: &str) -> String {
    text.trim().to_lowercase().replace([' ', '-'], "_")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Inventory;
    use crate::clients::CredentialIndex;
    use crate::tools::Tools;
    use cutover_export::collect::{Content, Folder, Input};

    fn company(files: &[(&str, &str)]) -> Company {
        let input = |(name, text): &(&str, &str)| Input {
            name: (*name).to_owned(),
            path: (*name).to_owned(),
            content: Content::Bytes(text.as_bytes().to_vec()),
        };
        let folder = Folder { inputs: files.iter().map(input).collect(), faults: Vec::new() };
        let export = cutover_export::read(vec![folder], &());
        let tools = Tools::parse(cutover_pack::TOOLS).unwrap();
        Inventory::build(&export, &tools, &mut Vec::new()).companies.remove(0)
    }

    #[test]
    fn each_file_is_a_store_and_its_pages_are_one() {
        let company = company(&[
            ("credentials/production/oauth_clients.1.json", r#"[{"name": "A"}]"#),
            ("credentials/production/oauth_clients.2.json", r#"[{"name": "B"}]"#),
            ("credentials/oauth.csv", "Name\nC\n"),
        ]);
        let stores: Vec<&str> = company.stores.iter().map(|store| store.id.as_str()).collect();
        assert_eq!(stores, ["register//oauth", "register/production/oauth_clients"]);
        let names: Vec<&str> = company.credentials.iter().map(|credential| credential.name.as_str()).collect();
        assert_eq!(names, ["C", "A", "B"]);
    }

    #[test]
    fn copies_of_one_client_are_told_apart_by_what_keeps_them() {
        let files = [(
            "credentials/oauth.csv",
            "Name,Client ID,System,Environment\nA,x-1,Vault,production\nB,x-1,FlowForce,production\nC,x-1,Vault,sandbox\n",
        )];
        let ids = |company: &Company| company.credentials.iter().map(|one| one.id.clone()).collect::<Vec<_>>();
        assert_eq!(ids(&company(&files)), ["x-1/FlowForce/production", "x-1/Vault/production", "x-1/Vault/sandbox"]);
        // A second copy does not give the first one another id.
        let alone = [("credentials/oauth.csv", "Name,Client ID,System,Environment\nA,x-1,Vault,production\n")];
        assert_eq!(ids(&company(&alone)), ["x-1/Vault/production"]);
    }

    #[test]
    fn null_is_known_to_be_none_and_missing_is_unknown() {
        let company = company(&[("credentials/oauth.json", r#"[{"id": "a", "owner": null, "next_review": null}]"#)]);
        let said = &company.credentials.first().unwrap().particulars;
        assert_eq!(said.owner.value().map(String::as_str), Some(""));
        assert_eq!(said.next_review.value(), Some(&None));
        assert!(said.purpose.value().is_none() && said.created.value().is_none());
    }

    #[test]
    fn the_age_of_a_secret_is_that_of_its_last_replacement() {
        let since = |text: &str| {
            let company = company(&[("credentials/oauth.json", &format!(r#"[{{"id": "a", {text}}}]"#))]);
            let said = company.credentials.first().unwrap().particulars.secret_since();
            said.value().map(|day| day.map(|day| day.to_string()))
        };
        let day = |day: &str| Some(Some(day.to_owned()));
        assert_eq!(since(r#""created_at": "2022-01-02", "rotated_at": "2023-03-04""#), day("2023-03-04"));
        assert_eq!(since(r#""created_at": "2022-01-02", "rotated_at": null"#), day("2022-01-02"));
        assert_eq!(since(r#""created_at": "2022-01-02""#), day("2022-01-02"));
        assert_eq!(since(r#""created_at": null, "rotated_at": null"#), Some(None));
        assert_eq!(since(r#""rotated_at": null"#), Some(None));
        assert_eq!(since(r#""owner": """#), None);
    }

    #[test]
    fn a_copy_that_a_system_lists_itself_is_not_counted_twice() {
        let mut company = company(&[
            ("service_accounts.csv", "Name,Client ID\nERP,erp-01\n"),
            (
                "credentials/oauth.json",
                r#"[{"id": "row", "client_id": "erp-01", "system": "FlowForce", "environment": "production"},
                    {"id": "vault", "client_id": "erp-01", "system": "Azure Key Vault"}]"#,
            ),
        ]);
        let account = company.accounts.first().unwrap().clone();
        assert_eq!(company.credentials_of(&account).len(), 2);
        let origin = account.origin;
        company.stores.push(Store {
            id: "altova/production".to_owned(),
            name: "server".to_owned(),
            system: System::Altova,
            environment: Known::is("production".to_owned(), origin),
            evidence: origin.into(),
        });
        let mut copy = StoredCredential::new(company.stores.len() - 1, "/erp", "erp", "oauth2", origin);
        copy.client_id = Known::is("erp-01".to_owned(), origin);
        company.credentials.push(copy);
        company.credential_index = CredentialIndex::of(&company.credentials);
        let own = company.credentials_of(&account);
        let ids: Vec<&str> = own.iter().map(|index| company.credentials.get(*index).unwrap().id.as_str()).collect();
        assert_eq!(ids, ["vault", "/erp"]);
    }
}
