//! The words of Cutover: what every other crate shares, and the result documents that it writes.
//!
//! - [`result`]: the documents of an audit, a gate, a plan and the other verbs, with their JSON schemas;
//! - [`kind::Kind`]: the kinds of file that an export consists of;
//! - [`diagnostic::Diagnostic`]: what could not be read or evaluated, and where;
//! - [`known::Known`]: a value that an export states, with its location, or that it does not state;
//! - [`escape`]: makes text of an export safe for a terminal or a file name.
//!
//! ```
//! use cutover_model::kind::Kind;
//! use cutover_model::level::Level;
//!
//! assert_eq!(Kind::from_id("webhooks"), Some(Kind::Webhooks));
//! assert!(Level::Admin > Level::ReadOnly);
//! ```

pub mod clip;
pub mod diagnostic;
pub mod escape;
pub mod evidence;
pub mod kind;
pub mod known;
pub mod level;
pub mod natural;
pub mod result;
