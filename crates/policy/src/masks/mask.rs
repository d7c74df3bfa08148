//! Sets of controls, a bit for each.

/// The bits of a word.
const WORD: usize = u64::BITS as usize;

/// A set of controls, by their numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mask(Box<[u64]>);

impl Mask {
    /// No control of so many.
    pub(super) fn none(controls: usize) -> Self {
        Self(vec![0; controls.div_ceil(WORD)].into())
    }

    /// Every control of so many.
    pub(super) fn all(controls: usize) -> Self {
        let mut out = Self::none(controls);
        (0..controls).for_each(|control| out.set(control));
        out
    }

    pub(super) fn set(&mut self, control: usize) {
        if let Some(word) = self.0.get_mut(control / WORD) {
            *word |= 1 << (control % WORD);
        }
    }

    pub(super) fn clear(&mut self, control: usize) {
        if let Some(word) = self.0.get_mut(control / WORD) {
            *word &= !(1 << (control % WORD));
        }
    }

    /// Those in both.
    pub(super) fn and(&self, other: &Self) -> Self {
        self.zip(other, |one, other| one & other)
    }

    /// Those in either.
    pub(super) fn or(&self, other: &Self) -> Self {
        self.zip(other, |one, other| one | other)
    }

    /// Those that are not in the other.
    pub(super) fn without(&self, other: &Self) -> Self {
        self.zip(other, |one, other| one & !other)
    }

    fn zip(&self, other: &Self, combine: impl Fn(u64, u64) -> u64) -> Self {
        Self(self.0.iter().zip(&other.0).map(|(one, other)| combine(*one, *other)).collect())
    }

    /// The numbers of its controls, in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        self.0.iter().enumerate().flat_map(|(index, word)| {
            let mut left = *word;
            std::iter::from_fn(move || {
                let bit = left.trailing_zeros() as usize;
                left &= left.checked_sub(1)?;
                Some(index * WORD + bit)
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn controls_are_found_across_words() {
        let mut mask = Mask::none(200);
        [0, 63, 64, 130, 199].into_iter().for_each(|control| mask.set(control));
        mask.clear(64);
        assert_eq!(mask.iter().collect::<Vec<_>>(), [0, 63, 130, 199]);
        assert_eq!(Mask::all(200).without(&mask).iter().count(), 196);
        assert_eq!(Mask::none(70).iter().count(), 0);
    }
}
