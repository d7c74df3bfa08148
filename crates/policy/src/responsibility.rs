//! Responsibilities: asked of `policies/responsibility.cedar`, never of a table in code.

use std::collections::BTreeMap;
use std::str::FromStr;

use cedar_policy::{Authorizer, Context, Decision, Entities, PolicySet, Request, ValidationMode, Validator};

use super::control::entity;
use cutover_model::natural;
use cutover_model::result::{Duty, Party};

/// The responsibilities of the three parties.
#[derive(Debug)]
pub struct Responsibility {
    policies: PolicySet,
    /// The duties, in the order of the file: id and text.
    pub duties: Vec<(String, String)>,
    /// The parties that answer for each of them.
    accountable: BTreeMap<String, Vec<Party>>,
}

impl Responsibility {
    /// Reads and validates the policies.
    ///
    /// # Errors
    /// When they do not parse, or do not fit the schema.
    pub fn parse(text: &str, validator: &Validator) -> Result<Self, String> {
        let policies = PolicySet::from_str(text).map_err(|error| error.to_string())?;
        let checked = validator.validate(&policies, ValidationMode::Strict);
        if !checked.validation_passed() {
            return Err(checked.to_string());
        }
        let duty = |policy: &cedar_policy::Policy| {
            let all: BTreeMap<&str, &str> = policy.annotations().collect();
            Some(((*all.get("id")?).to_owned(), (*all.get("duty")?).to_owned()))
        };
        let mut duties: Vec<(String, String)> = policies.policies().filter_map(duty).collect();
        duties.sort();
        let mut out = Self { policies, duties, accountable: BTreeMap::new() };
        out.accountable = out.duties.iter().map(|(id, _)| (id.clone(), out.ask(id))).collect();
        Ok(out)
    }

    /// The parties that answer for a duty. A sound model gives exactly one.
    pub fn accountable(&self, duty: &str) -> Vec<Party> {
        self.accountable.get(duty).cloned().unwrap_or_else(|| self.ask(duty))
    }

    fn ask(&self, duty: &str) -> Vec<Party> {
        Party::ALL.into_iter().filter(|party| self.answers(*party, duty) == Some(true)).collect()
    }

    /// The duties as results give them, in the order in which people count.
    pub fn described(&self) -> Vec<Duty> {
        let described = |(id, title): &(String, String)| {
            let party = self.accountable(id).first().copied()?;
            Some(Duty { id: id.clone(), title: title.clone(), party })
        };
        let mut duties: Vec<Duty> = self.duties.iter().filter_map(described).collect();
        duties.sort_by(|one, two| natural::compare(&one.id, &two.id));
        duties
    }

    fn answers(&self, party: Party, duty: &str) -> Option<bool> {
        let principal = entity("Party", party.id())?;
        let action = entity("Action", "answers")?;
        let request = Request::new(principal, action, entity("Duty", duty)?, Context::empty(), None).ok()?;
        let response = Authorizer::new().is_authorized(&request, &self.policies, &Entities::empty());
        Some(response.decision() == Decision::Allow)
    }
}

#[cfg(test)]
mod tests {
    use crate::pack::Pack;

    #[test]
    fn every_duty_has_exactly_one_accountable_party() {
        let pack = Pack::load(&[]).unwrap();
        assert_eq!(pack.responsibility.duties.len(), 23);
        for (duty, text) in &pack.responsibility.duties {
            assert_eq!(pack.responsibility.accountable(duty).len(), 1, "{duty}: {text}");
        }
        assert!(pack.responsibility.accountable("C99").is_empty());
    }

    #[test]
    fn every_control_has_a_duty_of_its_party() {
        let pack = Pack::load(&[]).unwrap();
        for control in &pack.controls {
            let duty = control.duty.as_deref().unwrap();
            assert_eq!(pack.responsibility.accountable(duty), [control.party], "{} says {duty}", control.id);
        }
    }
}
