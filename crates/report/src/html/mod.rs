//! A page for the browser: one file that asks nothing of any network. It holds the result once, as data, which a script
//! draws; and a short form of it as markup, for whoever has no script.
//!
//! However large a result is, the page stays one that opens at once: of violations that are too many, each group keeps its
//! fair share, and the page says how many there are and which format has every one.

use std::io::{self, Write};
use std::mem;

use rayon::prelude::*;
use serde::Serialize;
use serde_json::{Value, json};

use self::data::packed;
use super::groups::share;
use super::header;
use cutover_model::escape;
use cutover_model::result::audit::{Audit, Group, Listing, Violations};
use cutover_model::result::gate::Gate;
use cutover_model::result::plan::Plan;
use cutover_model::result::violations;

mod app;
mod data;
mod excerpt;
mod markup;
mod page;
mod still;

/// The most violations that one page holds, and how many it makes do with where those do not fit.
const HELD: [usize; 7] = [10_000, 6_000, 3_000, 1_500, 700, 300, 100];
/// The most bytes of its data: with script, style and the short form, a page stays below 5 MB.
const ROOM: usize = 4_450_000;

/// Writes an audit.
///
/// # Errors
/// When the output cannot be written.
pub(super) fn audit<V: Violations + Serialize>(audit: &Audit<V>, out: &mut dyn Write) -> io::Result<()> {
    let listing = audit.listing();
    let title = match audit.companies.as_slice() {
        [one] => format!("Audit of {}", escape::name(&one.name)),
        [] => "Audit".to_owned(),
        several => format!("Audit of {} companies", several.len()),
    };
    let title = format!("{title}, {}", audit.as_of);
    let groups = listing.groups(usize::MAX);
    let mut numbers = Vec::new();
    let data = fitting(&mut |page: &mut Value, held| {
        let most = share(&groups, held);
        let included = listing.groups(most);
        if let Some(result) = page.get_mut("result") {
            leave_out(result, most, &mut numbers, &included);
            excerpt::of(result, held);
            excerpt::add(page, "groups", json!(included));
        } else {
            let brief = audit.brief(most);
            numbers = violations::numbers(&brief.violations);
            let mut result = value_of(brief)?;
            let mut cut = excerpt::of(&mut result, held);
            cut.insert("violations".to_owned(), json!(total(&groups)));
            *page = document("audit", result, cut.into(), &listing, &included);
            excerpt::add(page, "actions", excerpt::words_of_actions(&audit.actions));
        }
        Ok(())
    })?;
    page::write(&page::Page { title, still: still::audit(&listing), data }, out)
}

/// An audit as JSON, its many violations by all processors.
fn value_of(mut audit: Audit) -> serde_json::Result<Value> {
    let violations: serde_json::Result<Vec<Value>> =
        mem::take(&mut audit.violations).par_iter().map(serde_json::to_value).collect();
    let mut value = serde_json::to_value(&audit)?;
    if let Value::Object(members) = &mut value {
        members.insert("violations".to_owned(), violations?.into());
    }
    Ok(value)
}

/// Leaves of an audit at most so many violations of each kind; the numbers are those that they have in their sort.
fn leave_out(audit: &mut Value, most: usize, numbers: &mut Vec<usize>, included: &[Group]) {
    if let Some(Value::Array(violations)) = audit.get_mut("violations") {
        let mut all = numbers.iter();
        violations.retain(|_| all.next().is_some_and(|number| *number <= most));
    }
    numbers.retain(|number| *number <= most);
    if let (Value::Object(members), true) = (audit, included.iter().any(|group| group.included < group.count)) {
        members.insert("groups".to_owned(), json!(included));
    }
}

/// Writes a gate.
///
/// # Errors
/// When the output cannot be written.
pub(super) fn gate(gate: &Gate, out: &mut dyn Write) -> io::Result<()> {
    let listing = gate.listing();
    let title = format!("Gate of {}, {}", escape::name(&gate.company.name), gate.as_of);
    let data = fitting(&mut |page: &mut Value, held| {
        let groups = listing.groups(usize::MAX);
        let share = share(&groups, held);
        let included = gate.violations.included(share).map(std::borrow::Cow::into_owned).collect();
        let changes = gate.changes.iter().take(held).cloned().collect();
        let brief = Gate { violations: included, changes, ..gate.clone() };
        let mut result = serde_json::to_value(&brief)?;
        let mut cut = excerpt::of(&mut result, held);
        cut.insert("violations".to_owned(), json!(gate.violations.len()));
        cut.insert("changes".to_owned(), json!(gate.changes.len()));
        let mut document = document("gate", result, cut.into(), &listing, &listing.groups(share));
        excerpt::add(&mut document, "words", excerpt::words_of_gate(gate));
        excerpt::add(&mut document, "head", json!(header::of_gate(gate)));
        *page = document;
        Ok(())
    })?;
    page::write(&page::Page { title, still: still::gate(gate), data }, out)
}

/// Writes a plan.
///
/// # Errors
/// When the output cannot be written.
pub(super) fn plan(plan: &Plan, out: &mut dyn Write) -> io::Result<()> {
    let title = match plan.companies.as_slice() {
        [one] => format!("Migration of {}, {}", escape::name(&one.name), plan.as_of),
        _ => format!("Migration of service accounts, {}", plan.as_of),
    };
    let data = fitting(&mut |page: &mut Value, held| {
        let accounts = excerpt::accounts(plan, held / 5);
        let words = excerpt::words_of_plan(plan, &accounts);
        let brief = Plan { accounts: accounts.into_iter().cloned().collect(), ..plan.clone() };
        let mut result = serde_json::to_value(&brief)?;
        let mut cut = excerpt::of(&mut result, held);
        cut.insert("accounts".to_owned(), json!(plan.accounts.len()));
        *page = json!({ "kind": "plan", "result": result, "page": {
            "cut": cut, "kinds": excerpt::kinds(&plan.inputs), "words": words,
            "head": header::of_plan(plan), "incomplete": header::incomplete(&plan.diagnostics),
        } });
        Ok(())
    })?;
    page::write(&page::Page { title, still: still::plan(plan), data }, out)
}

fn total(groups: &[Group]) -> usize {
    groups.iter().map(|group| group.count).sum()
}

/// The data of a page: the result, and what the page says beside it.
fn document(kind: &str, result: Value, cut: Value, listing: &Listing<'_>, groups: &[Group]) -> Value {
    let page = json!({
        "cut": cut, "kinds": excerpt::kinds(listing.inputs), "groups": groups,
        "head": header::of_listing(listing), "incomplete": header::incomplete(listing.diagnostics),
        "scope": excerpt::scope(listing),
    });
    // `json!` would copy the whole result.
    let members = [("kind", kind.into()), ("result", result), ("page", page)];
    members.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}

/// As much of a result as there is room for. `make` makes the document, and then makes it ever smaller.
fn fitting(make: &mut dyn FnMut(&mut Value, usize) -> serde_json::Result<()>) -> io::Result<String> {
    let (mut document, mut data) = (Value::Null, String::new());
    for (number, held) in HELD.into_iter().enumerate() {
        make(&mut document, held)?;
        // The least that a page holds is written even if it is too large.
        let room = if number + 1 == HELD.len() { usize::MAX } else { ROOM };
        if let Some(packed) = packed(&document, room) {
            data = packed;
            break;
        }
    }
    // The page does not wait until the memory of the document is freed.
    rayon::spawn(|| drop(document));
    Ok(data)
}

#[cfg(test)]
mod tests {
    use super::*;
    use cutover_model::result::Severity;
    use cutover_model::result::audit::ViolationStatus;

    /// A page that is too large is made smaller in place: what is left is what a smaller page would have held at first.
    #[test]
    fn leaving_violations_out_keeps_the_first_of_each_group() {
        let group = |included| Group {
            control: "DIR-01".to_owned(),
            severity: Severity::High,
            subject_type: String::new(),
            resource_type: String::new(),
            status: ViolationStatus::Open,
            count: 3,
            included,
        };
        let mut audit = json!({ "violations": ["a1", "b1", "a2", "b2", "a3"] });
        let mut numbers = vec![1, 1, 2, 2, 3];
        leave_out(&mut audit, 3, &mut numbers, &[group(3)]);
        assert_eq!(audit, json!({ "violations": ["a1", "b1", "a2", "b2", "a3"] }));
        leave_out(&mut audit, 2, &mut numbers, &[group(2)]);
        assert_eq!(audit["violations"], json!(["a1", "b1", "a2", "b2"]));
        leave_out(&mut audit, 1, &mut numbers, &[group(1)]);
        assert_eq!(audit["violations"], json!(["a1", "b1"]));
        assert_eq!(numbers, [1, 1]);
        assert_eq!(audit["groups"], json!([group(1)]));
    }
}
