//! The questions that Cutover answers about companies.
//!
//! - [`audit`](mod@audit): which facts violate a control;
//! - [`gate`](mod@gate): what a change adds, and whether it may pass;
//! - [`plan`](mod@plan): how and when each legacy service account migrates;
//! - [`ask`]: who reaches what, and through what;
//! - [`access_change`]: whether a change gives access that was not there before.
//!
//! The main types are [`audit::Options`], [`audit::Findings`] and [`plan::Options`]; results are documents of
//! `cutover_model::result`.
//!
//! ```
//! use cutover_analysis::audit::{self, Options};
//! use cutover_export::collect;
//! use cutover_policy::pack::Pack;
//! use cutover_policy::timeline::Timeline;
//!
//! let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/harborline");
//! let export = cutover_export::read(collect::folders(&[folder]), &());
//! let options = Options {
//!     as_of: "2024-10-15".parse().unwrap(),
//!     timeline: Timeline::built_in("2024-01-29").unwrap(),
//!     waivers: Vec::new(),
//!     by_reference: false,
//! };
//! let audit = audit::audit(&export, &Pack::load(&[]).unwrap(), &options).unwrap();
//! assert!(!audit.violations.is_empty());
//! ```

pub mod access_change;
pub mod ask;
pub mod audit;
pub mod gate;
pub mod plan;
