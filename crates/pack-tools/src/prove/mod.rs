//! Proves what policies say of every fact there can be, not only of those that an export holds.
//!
//! A [`solver`] is asked whether one set of policies allows anything that another one forbids. It answers with a proof, with
//! a fact that shows it, or not at all; whatever it shows is evaluated again by Cedar before it is reported (`replay`). Without
//! a solver, [`facts`] compares two packs over an export.

pub mod access;
pub mod facts;
pub mod packs;
mod replay;
pub mod solver;
mod unfold;
mod world;

pub use access::Prover;
pub use packs::{compare, never_fires};
pub use solver::{NoSolver, Solver};
