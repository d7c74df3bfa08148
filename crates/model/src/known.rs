//! Facts that may be unknown.

use crate::evidence::Evidence;

/// Something an export says, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stated<T> {
    /// What it says.
    pub value: T,
    /// Where.
    pub evidence: Evidence,
}

/// Something an export may say.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Known<T> {
    /// Nothing was said.
    #[default]
    Unknown,
    /// Two records said different things.
    Contradicted,
    /// It was said.
    Is(Stated<T>),
}

impl<T> Known<T> {
    /// Something said at a place.
    pub fn is(value: T, evidence: impl Into<Evidence>) -> Self {
        Self::Is(Stated { value, evidence: evidence.into() })
    }

    /// What was said, if anything was.
    pub fn value(&self) -> Option<&T> {
        self.stated().map(|stated| &stated.value)
    }

    /// What was said and where.
    pub fn stated(&self) -> Option<&Stated<T>> {
        match self {
            Self::Is(stated) => Some(stated),
            Self::Unknown | Self::Contradicted => None,
        }
    }

    /// The same place, another value.
    pub fn map<U>(&self, change: impl FnOnce(&T) -> U) -> Known<U> {
        match self {
            Self::Is(stated) => Known::is(change(&stated.value), stated.evidence.clone()),
            Self::Unknown => Known::Unknown,
            Self::Contradicted => Known::Contradicted,
        }
    }
}

impl<T: PartialEq> Known<T> {
    /// Hears one more record. Order does not matter: a contradiction stays one. Returns whether it became one.
    pub fn merge(&mut self, other: Self) -> bool {
        match (&*self, other) {
            (_, Self::Unknown) | (Self::Contradicted, _) => false,
            (Self::Unknown, other) => {
                *self = other;
                false
            }
            (Self::Is(one), Self::Is(two)) if one.value == two.value => false,
            _ => {
                *self = Self::Contradicted;
                true
            }
        }
    }
}

impl Known<bool> {
    /// Hears one more record of something that stays true once it is: yes outweighs no.
    pub fn hear_ever(&mut self, other: Self) {
        match (&*self, &other) {
            (Self::Is(known), _) if known.value => {}
            (_, Self::Is(heard)) if heard.value => *self = other,
            (Self::Unknown, _) => *self = other,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::Origin;

    fn said(value: u8) -> Known<u8> {
        Known::is(value, Origin { document: 0, record: 0 })
    }

    #[test]
    fn a_contradiction_makes_a_fact_unknown_whatever_the_order() {
        for order in [[1, 2, 1], [1, 1, 2], [2, 1, 1]] {
            let mut known = Known::Unknown;
            for value in order {
                known.merge(said(value));
            }
            assert_eq!(known, Known::Contradicted);
        }
    }
}
