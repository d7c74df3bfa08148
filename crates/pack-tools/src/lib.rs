//! Tools for authors of policy packs: the catalogue, a new control, test cases, coverage, mutants, checks and proofs.
//!
//! `cutover audit`, `gate` and `plan` do not need this crate, but for `gate --prove`.
//!
//! - [`run`](mod@run): runs the test cases of a pack, of which [`cases`] reads the files;
//! - [`check`](mod@check): finds what is wrong with a pack;
//! - [`prove`]: asks the solver cvc5 what policies say of every fact there can be.
//!
//! ```
//! let check = cutover_pack_tools::check::check(&[], None).unwrap();
//! assert!(check.problems.is_empty());
//! ```

#![cfg_attr(test, expect(clippy::string_slice, reason = "a test that slices badly should fail"))]

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
pub mod written;
