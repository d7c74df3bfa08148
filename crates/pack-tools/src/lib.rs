//! Tools for those who read and write policies: the catalogue of a pack, the beginning of a new control, test files beside
//! each control, coverage of its condition, mutants, and checks of a whole pack. Nothing here judges an export;
//! `cutover audit` and `cutover plan` do not need this room.

pub mod cases;
pub mod catalogue;
pub mod check;
mod coverage;
pub mod equivalent;
pub mod example;
pub mod fault;
mod mutate;
pub mod prove;
pub mod run;
pub mod scaffold;
mod score;
pub mod shape;
pub mod written;
