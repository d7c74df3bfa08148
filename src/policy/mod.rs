//! Tools for those who write policies: test files beside each control, coverage of its condition, mutants, and checks of a
//! whole pack. Nothing here judges an export; `cutover audit` and `cutover plan` do not need this room.

pub mod cases;
pub mod check;
mod coverage;
mod equivalent;
pub mod fault;
mod mutate;
pub mod run;
mod score;
pub mod shape;
pub mod written;
