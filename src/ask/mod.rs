//! Questions about access: who can do what, through what, and what would change that.
//!
//! The answers are made of the inventory's effective access and of the access graph, and every one of them names the place
//! in the export that says so. What the export does not say is an answer of its own: not known.

pub mod details;
pub mod document;
pub(crate) mod states;
