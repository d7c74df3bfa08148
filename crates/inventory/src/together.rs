//! What several companies of one run have in common: addresses, client ids, or that they may be one company.

use std::collections::{BTreeMap, BTreeSet};

use super::{Company, UNNAMED};
use cutover_export::Records;
use cutover_export::field::Id;
use cutover_model::diagnostic::{Code, Diagnostic, Place};

/// What the companies of a run have in common; empty where there is one company only.
#[derive(Debug, Default)]
pub struct Together {
    /// In how many companies' directories an address is.
    pub by_email: BTreeMap<String, usize>,
    /// How many service accounts have a client id.
    pub by_client: BTreeMap<String, usize>,
    /// Whether the client id of an account is unknown.
    pub lacks_clients: bool,
    /// Whether two of the companies may be one and the same.
    pub may_be_one: bool,
}

impl Together {
    /// Compares companies.
    pub(super) fn of(companies: &[Company]) -> Self {
        let mut out = Self::default();
        if companies.len() < 2 {
            return out;
        }
        for company in companies {
            let emails = company.directory.identities.iter().filter_map(|identity| identity.email.value());
            let emails: BTreeSet<String> =
                emails.filter(|email| !email.is_empty()).map(|email| email.to_lowercase()).collect();
            for email in emails {
                *out.by_email.entry(email).or_default() += 1;
            }
            for account in &company.accounts {
                match account.client_id.value().filter(|client| !client.is_empty()) {
                    Some(client) => *out.by_client.entry(client.clone()).or_default() += 1,
                    None => out.lacks_clients = true,
                }
            }
        }
        out.may_be_one = pairs(companies).next().is_some();
        out
    }
}

/// The pairs of companies that may be one: of the same id, or of the same name where an id is unknown.
fn pairs(companies: &[Company]) -> impl Iterator<Item = (&Company, &Company)> {
    let may_be_one = |one: &Company, other: &Company| match (one.id, other.id) {
        (Some(one), Some(other)) => one == other,
        _ => one.name == other.name || one.name == UNNAMED || other.name == UNNAMED,
    };
    let all = companies.iter().enumerate();
    all.flat_map(move |(number, one)| companies.iter().skip(number + 1).map(move |other| (one, other)))
        .filter(move |(one, other)| may_be_one(one, other))
}

/// Reports companies that may be one.
pub(super) fn report(companies: &[Company], diagnostics: &mut Vec<Diagnostic>) {
    for (one, other) in pairs(companies) {
        let message = format!(
            "two of the exports may be of one company: `{}` and `{}`; write its company_id into the export.toml of each",
            one.name, other.name
        );
        let place = one.origin.or(other.origin).map_or(Place::None, |origin| Place::Member(origin, String::new()));
        diagnostics.push(Diagnostic::new(Code::SameCompany, place, message));
    }
}

/// Two exports that say the same company id: their numbers, and the id.
pub fn repeated(exports: &[Records]) -> Option<(usize, usize, Id)> {
    let mut known: BTreeMap<Id, usize> = BTreeMap::new();
    exports.iter().enumerate().find_map(|(number, records)| {
        let id = Company::identity(records).id?;
        known.insert(id, number).map(|first| (first, number, id))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn company(id: Option<u64>, name: &str) -> Company {
        Company { id: id.map(Id), name: name.to_owned(), ..Company::default() }
    }

    #[test]
    fn companies_are_told_apart_by_their_ids_or_else_by_their_names() {
        for (one, other, may_be_one) in [
            ((Some(1), "A"), (Some(2), "A"), false),
            ((Some(1), "A"), (Some(1), "B"), true),
            ((Some(1), "A"), (None, "A"), true),
            ((Some(1), "A"), (None, "B"), false),
            ((Some(1), "A"), (None, UNNAMED), true),
        ] {
            let companies = [company(one.0, one.1), company(other.0, other.1)];
            assert_eq!(Together::of(&companies).may_be_one, may_be_one, "{one:?} {other:?}");
        }
    }
}
