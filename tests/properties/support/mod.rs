//! Generated companies, packs and worlds, and models to compare the program with.

pub(crate) mod access_model;
pub(crate) mod company;
pub(crate) mod corpus;
pub(crate) mod edits;
pub(crate) mod operators;
pub(crate) mod packs;
pub(crate) mod types;
pub(crate) mod worlds;
