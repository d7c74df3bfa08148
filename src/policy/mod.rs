//! What policies say of themselves: the catalogue of a pack, and the beginning of a new control.

pub mod catalogue;
pub mod example;
pub mod scaffold;
