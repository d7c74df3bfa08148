//! The register of OAuth clients: what a company writes down about each client id, wherever its secret is kept.
//!
//! There is no member in which a secret is legal. Those named like one hold a word that says whether there is one.

use chrono::NaiveDate;
use serde::de::SeqAccess;

use crate::field::{Field, Shape, record};
use cutover_secrets::Presence;

record! {
    /// One OAuth client of the register. Every member may be left out; missing is unknown, empty is known to be none.
    OauthClient {
        /// Its id in the register; the client id, if there is none.
        id: Word,
        name: String,
        client_id: String,
        /// What keeps its secret: `FlowForce`, `Azure Key Vault`.
        system: String,
        /// `production`, `sandbox`, …; otherwise the folder says.
        environment: String,
        /// The companies that it serves.
        tenants: Tenants,
        grant: String,
        /// `server`, `desktop`, `mobile` or `browser`.
        client_kind: String,
        token_endpoint: String,
        authorization_endpoint: String,
        redirect_uris: Words,
        scope: Words,
        approved_scope: Words,
        owner: String,
        purpose: String,
        /// The day by which it is to be reviewed again.
        next_review: NaiveDate,
        created_at: NaiveDate,
        /// The last time it was given a new secret.
        rotated_at: NaiveDate,
        /// A day, or `never`.
        last_used: String,
        /// `active` or `retired`.
        status: String,
        revoked_on: NaiveDate,
        /// What proves the revocation: a ticket, a log.
        revocation_evidence: String,
        /// Where it is written down who is hit when the secret leaks, and what is done then.
        blast_radius_record: String,
        /// The legacy service account it belongs to, by its name on the Service Accounts page.
        account: String,
        client_secret: Presence,
        access_token: Presence,
        refresh_token: Presence,
    }
}

/// An id that some write as a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word(pub String);

impl Shape for Word {
    fn from_text(text: &str) -> Option<Self> {
        Some(Self(text.trim().to_owned()))
    }
    fn from_number(number: i128) -> Option<Self> {
        Some(Self(number.to_string()))
    }
}

/// A list of words without spaces: a JSON list, or one text with spaces between them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Words(pub Vec<String>);

impl Shape for Words {
    fn from_text(text: &str) -> Option<Self> {
        Some(Self(text.split_whitespace().map(str::to_owned).collect()))
    }
    fn from_list<'de, A: SeqAccess<'de>>(list: A) -> Result<Option<Self>, A::Error> {
        Ok(texts(list)?.map(Self))
    }
}

/// A list of names, which may hold spaces: a JSON list, or one text with semicolons between them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tenants(pub Vec<String>);

impl Shape for Tenants {
    fn from_text(text: &str) -> Option<Self> {
        let names = text.split(';').map(str::trim).filter(|name| !name.is_empty());
        Some(Self(names.map(str::to_owned).collect()))
    }
    fn from_number(number: i128) -> Option<Self> {
        Some(Self(vec![number.to_string()]))
    }
    fn from_list<'de, A: SeqAccess<'de>>(list: A) -> Result<Option<Self>, A::Error> {
        Ok(texts(list)?.map(Self))
    }
}

/// The texts of a list; `None` if it holds anything else, because half a list would pass for a whole one.
fn texts<'de, A: SeqAccess<'de>>(mut list: A) -> Result<Option<Vec<String>>, A::Error> {
    let mut out = Some(Vec::new());
    while let Some(element) = list.next_element::<Field<Word>>()? {
        match (element, out.as_mut()) {
            (Field::Is(Word(text)), Some(texts)) => texts.push(text),
            _ => out = None,
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::field::Record;

    fn client(json: &str) -> OauthClient {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn lists_are_read_from_lists_and_from_texts() {
        let list =
            client(r#"{"redirect_uris": ["https://a/", "https://b/"], "tenants": ["Acme Civil", 7], "scope": "a b"}"#);
        let text =
            client(r#"{"redirect_uris": "https://a/ https://b/", "tenants": "Acme Civil; 7", "scope": ["a", "b"]}"#);
        assert_eq!(
            (&list.redirect_uris, &list.tenants, &list.scope),
            (&text.redirect_uris, &text.tenants, &text.scope)
        );
        assert_eq!(list.tenants.value().unwrap().0, ["Acme Civil", "7"]);
    }

    #[test]
    fn half_a_list_does_not_pass_for_a_whole_one() {
        assert_eq!(client(r#"{"redirect_uris": ["https://a/", {"uri": "https://b/"}]}"#).wrong(), ["redirect_uris"]);
    }

    #[test]
    fn only_words_say_whether_there_is_a_secret() {
        let read =
            client(r#"{"client_secret": "Present_Encrypted", "refresh_token": "unknown", "access_token": "yes"}"#);
        assert_eq!(read.client_secret.value().unwrap().is_there(), Some(true));
        assert_eq!(read.refresh_token.value().unwrap().is_there(), None);
        assert_eq!(read.wrong(), ["access_token"]);
    }
}
