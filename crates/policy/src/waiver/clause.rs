//! The condition of a waiver: a Cedar expression, checked before use and evaluated by Cedar on each fact.

use std::collections::BTreeSet;
use std::ops::Range;

use cedar_policy::{Policy, PolicyId, PolicySet, RequestEnv, ValidationMode, Validator};
use miette::Diagnostic;
use toml::Spanned;

use crate::condition::{Condition, Truth};
use crate::control::Control;
use crate::facts::{Facts, Table};
use crate::fault::Fault;
use crate::limits;
use crate::reference::ReferenceEvaluator;

const HELP: &str = "write a Cedar expression over principal, action, resource and context, as in \
                    `principal.name like \"legacy-*\"`; it must be valid for every kind of fact that the \
                    control evaluates";

/// A condition, ready to be asked.
#[derive(Debug)]
pub struct Clause(Condition);

impl Clause {
    /// Checks the condition of a waiver for a control, strictly, in every environment the control evaluates.
    pub(super) fn parse(
        path: &str,
        text: &str,
        condition: &Spanned<String>,
        control: &Control,
        validator: &Validator,
    ) -> Result<Self, Fault> {
        let literal = text.get(condition.span()).unwrap_or_default();
        let place = |at: Range<usize>| {
            let [start, end] = [at.start, at.end].map(|at| condition.span().start + written_at(literal, at));
            start..end.max(start + 1)
        };
        let whole = || 0..condition.get_ref().len();
        let fault = |at: Range<usize>, what: String| Fault::new(path, text, place(at), what, HELP);
        limits::check(condition.get_ref())
            .map_err(|excess| Fault::new(path, text, place(excess.at), excess.what, excess.help))?;
        let alone = Wrapped::new("", condition.get_ref());
        let policy = alone.policy("alone").map_err(|error| {
            let at = alone.place(&error).unwrap_or_else(whole);
            fault(at, format!("the condition is not valid Cedar: {}", first_line(&error.to_string())))
        })?;
        // An expression cannot close its braces and go on as something else.
        let clauses = policy.to_pst().map_or(0, |parts| parts.body().clauses().len());
        if clauses != 1 {
            return Err(fault(whole(), "the condition is more than one expression".to_owned()));
        }
        for (index, environment) in environments(control).iter().enumerate() {
            let scoped = Wrapped::new(environment, condition.get_ref());
            let policy = scoped.policy(&format!("condition{index}"));
            let policy = policy.map_err(|error| fault(whole(), first_line(&error.to_string()).to_owned()))?;
            let set = PolicySet::from_policies([policy]).map_err(|error| fault(whole(), error.to_string()))?;
            let result = validator.validate(&set, ValidationMode::Strict);
            if let Some(error) = result.validation_errors().next() {
                let described = error.to_string();
                let described = described.split_once(", ").map_or(described.as_str(), |(_, what)| what);
                let what = format!("the condition does not fit the facts of {}: {}", control.id, first_line(described));
                return Err(fault(scoped.place(error).unwrap_or_else(whole), what));
            }
        }
        Condition::of(&policy).map(Self).map_err(|what| fault(whole(), what))
    }

    /// Whether the condition covers a fact: only where it is true. What the export does not say covers nothing.
    pub fn of(&self, facts: &Facts, table: &Table, fact: usize) -> Truth {
        ReferenceEvaluator::holds(&self.0, facts, table, fact).unwrap_or(Truth::Error)
    }
}

/// The condition inside of a policy.
struct Wrapped {
    text: String,
    condition: Range<usize>,
}

impl Wrapped {
    fn new(scope: &str, condition: &str) -> Self {
        let scope = if scope.is_empty() { "principal, action, resource" } else { scope };
        let before = format!("forbid ({scope}) when {{\n");
        let range = before.len()..before.len() + condition.len();
        Self { text: format!("{before}{condition}\n}};"), condition: range }
    }

    fn policy(&self, id: &str) -> Result<Policy, cedar_policy::ParseErrors> {
        Policy::parse(Some(PolicyId::new(id)), &self.text)
    }

    /// Where in the condition an error points.
    fn place(&self, error: &impl Diagnostic) -> Option<Range<usize>> {
        let label = error.labels()?.next()?;
        let start = label.offset().clamp(self.condition.start, self.condition.end) - self.condition.start;
        let end = (label.offset() + label.len()).clamp(self.condition.start, self.condition.end) - self.condition.start;
        Some(start..end)
    }
}

/// The scopes of the kinds of fact that a control evaluates.
fn environments(control: &Control) -> BTreeSet<String> {
    let scope = |environment: &RequestEnv| {
        let (principal, action, resource) = (environment.principal(), environment.action(), environment.resource());
        format!("principal is {principal}, action == {action}, resource is {resource}")
    };
    control.environments.iter().map(scope).collect()
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

/// Where the byte of a TOML string stands in the literal that spells it, quotes and escapes included.
fn written_at(literal: &str, wanted: usize) -> usize {
    let long = literal.starts_with("\"\"\"") || literal.starts_with("'''");
    let escapes = literal.starts_with('"');
    let mut at = if long { 3 } else { 1 };
    let rest = literal.get(at..).unwrap_or_default();
    if long {
        // A line break right behind the opening quotes is no part of the text.
        at += ["\r\n", "\n"].iter().find(|end| rest.starts_with(**end)).map_or(0, |end| end.len());
    }
    let mut given = 0;
    while given < wanted {
        let Some(rest) = literal.get(at..).filter(|rest| !rest.is_empty()) else { break };
        let (written, means) = if escapes && rest.starts_with('\\') { escape(rest) } else { letter(rest) };
        at += written;
        given += means;
    }
    at.min(literal.len())
}

/// How many bytes an escape takes, and how many it stands for.
fn escape(rest: &str) -> (usize, usize) {
    match rest.as_bytes().get(1) {
        Some(kind @ (b'u' | b'U' | b'x')) => {
            let digits = match kind {
                b'x' => 2,
                b'u' => 4,
                _ => 8,
            };
            let number = rest.get(2..2 + digits).and_then(|digits| u32::from_str_radix(digits, 16).ok());
            (2 + digits, number.and_then(char::from_u32).map_or(1, char::len_utf8))
        }
        // A backslash at the end of a line takes the white space with it.
        Some(b' ' | b'\t' | b'\r' | b'\n') => {
            let after = rest.get(1..).unwrap_or_default();
            (1 + after.len() - after.trim_start().len(), 0)
        }
        _ => (2, 1),
    }
}

fn letter(rest: &str) -> (usize, usize) {
    let length = rest.chars().next().map_or(1, char::len_utf8);
    (length, length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_in_a_string_are_places_in_the_file() {
        assert_eq!(written_at("'abc'", 1), 2);
        assert_eq!(written_at(r#""a\"b""#, 2), 4);
        assert_eq!(written_at(r#""\u00e9b""#, 2), 7);
        assert_eq!(written_at("\"\"\"\nab\"\"\"", 1), 5);
        assert_eq!(written_at("\"\"\"a\\\n   b\"\"\"", 1), 4);
        assert_eq!(written_at("\"\"\"a\\\n   bc\"\"\"", 2), 10);
        assert_eq!(written_at("'a'", 9), 3);
    }
}
