//! What was asked for: controls by id or pattern, or accounts.

use smol_str::SmolStr;

use crate::plan::PlanError;
use cutover_inventory::Inventory;
use cutover_inventory::directory::{Identity, IdentityIx};
use cutover_model::escape;
use cutover_model::result::Thing;
use cutover_policy::pack::Pack;
use cutover_policy::pattern;

/// Candidates that an error names.
const MAX_NAMED: usize = 10;

/// What a selector means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Selected {
    /// Controls, by index in the pack.
    Controls(Vec<usize>),
    /// An account, by company and index.
    Account(usize, IdentityIx),
}

/// Finds what a selector means: controls first, then the account of this id, name or address, then the only one whose
/// name or address begins so.
///
/// # Errors
/// When it means nothing, or several accounts.
pub(super) fn select(selector: &str, inventory: &Inventory, pack: &Pack) -> Result<Selected, PlanError> {
    let wrong = |what: String, help: String| PlanError::Terms { what, help };
    let shown = escape::name(selector);
    let glob = pattern::matcher(selector);
    if let Ok(glob) = &glob {
        let controls = pack.controls.iter().enumerate().filter(|(_, control)| glob.is_match(&control.id));
        let controls: Vec<usize> = controls.map(|(index, _)| index).collect();
        if !controls.is_empty() {
            return Ok(Selected::Controls(controls));
        }
    }
    let exact = accounts(inventory, &|names| names.iter().any(|name| name.to_lowercase() == selector.to_lowercase()));
    let begins = |names: &[&str]| {
        let wanted = selector.to_lowercase();
        !wanted.is_empty() && names.iter().any(|name| name.to_lowercase().starts_with(&wanted))
    };
    let found = if exact.is_empty() { accounts(inventory, &begins) } else { exact };
    match found.as_slice() {
        [(company, identity)] => Ok(Selected::Account(*company, *identity)),
        [] => {
            let ids = || pack.controls.iter().map(|control| control.id.as_str());
            let migration =
                pack.migration.iter().any(|control| glob.as_ref().is_ok_and(|glob| glob.is_match(&control.id)));
            let help = match pattern::in_capitals(selector, ids()) {
                Some(advice) => advice,
                None if migration => {
                    "controls over plans are about what `cutover plan` proposes; name one over exports".to_owned()
                }
                None => format!(
                    "name a control (`cutover policy list` shows them), or one of these accounts: {}",
                    listed(
                        inventory,
                        accounts(inventory, &|_| true).into_iter().filter(|at| is_service(inventory, *at)).collect()
                    )
                ),
            };
            Err(wrong(format!("`{shown}` names no control and no account of this export"), help))
        }
        several => Err(wrong(
            format!("`{shown}` names {} accounts", several.len()),
            format!("give the id of one of them: {}", listed(inventory, several.to_vec())),
        )),
    }
}

type At = (usize, IdentityIx);

/// The accounts whose names fit: id, name, address, and the name on the Service Accounts page.
fn accounts(inventory: &Inventory, fits: &dyn Fn(&[&str]) -> bool) -> Vec<At> {
    let companies = inventory.companies.iter().enumerate();
    let of = companies.flat_map(|(number, company)| {
        let fits = move |identity: &Identity| {
            let account = identity.account.and_then(|account| company.accounts.get(account));
            let key = identity.key();
            let names = [Some(key.as_str()), Some(&identity.name), identity.email.value().map(SmolStr::as_str)];
            let names = names.into_iter().chain([account.map(|account| account.name.as_str())]).flatten();
            fits(&names.filter(|name| !name.is_empty()).collect::<Vec<_>>())
        };
        let all = company.directory.identities.iter().enumerate();
        all.filter(move |(_, identity)| !identity.removed && fits(identity)).map(move |(index, _)| (number, index))
    });
    of.collect()
}

fn identity(inventory: &Inventory, (company, index): At) -> Option<&Identity> {
    inventory.companies.get(company)?.directory.identities.get(index)
}

fn is_service(inventory: &Inventory, at: At) -> bool {
    identity(inventory, at).is_some_and(Identity::is_service)
}

fn listed(inventory: &Inventory, mut accounts: Vec<At>) -> String {
    accounts.sort_by_key(|at| (!is_service(inventory, *at), *at));
    let left = accounts.len().saturating_sub(MAX_NAMED);
    let named = accounts.iter().take(MAX_NAMED).filter_map(|at| identity(inventory, *at));
    let mut named: Vec<String> =
        named.map(|one| format!("`{}` ({})", escape::name(&one.name), escape::name(&one.key()))).collect();
    if left > 0 {
        named.push(format!("{left} more"));
    }
    named.join(", ")
}

/// An account as a thing of the result.
pub(super) fn thing(inventory: &Inventory, company: usize, index: IdentityIx) -> Option<Thing> {
    let identity = identity(inventory, (company, index))?;
    Some(Thing::new(identity.class.kind.to_string(), identity.key(), &identity.name))
}
