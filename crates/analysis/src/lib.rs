//! The questions that Cutover answers about companies.
//!
//! - [`audit`]: which facts violate a control;
//! - [`gate`]: what a change adds, and whether it may pass;
//! - [`plan`]: how and when each legacy service account migrates;
//! - [`ask`]: who reaches what, and through what;
//! - [`access_change`]: whether a change gives access that was not there before.

pub mod access_change;
pub mod ask;
pub mod audit;
pub mod gate;
pub mod plan;
