//! Cutover, the program: its command line. What it does is in the crates below `crates/`.
//!
//! Only this crate prints, reads the clock and the environment, or ends the program.

pub mod cli;
