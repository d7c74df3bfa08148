//! The built-in policy pack as it is written: Cedar controls, their schema, and the tables beside them.
//!
//! This crate only embeds the files of its folder. `cutover-policy` parses and checks them.
//!
//! ```
//! let control = cutover_pack::CONTROLS.get_file("DIR-01.cedar").unwrap().contents_utf8().unwrap();
//! assert!(control.contains("forbid"));
//! ```

use include_dir::{Dir, include_dir};

/// The controls that an audit evaluates: `ID.cedar` and its test cases, `ID.test.toml`.
pub static CONTROLS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/controls");
/// The controls that a gate evaluates on changes.
pub static CHANGE: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/change");
/// The timelines of Procore's sunset that `--timeline` names.
pub static TIMELINES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/timelines");
/// The Cedar schema of all facts.
pub const SCHEMA: &str = include_str!("cutover.cedarschema");
/// The same schema in Cedar's JSON form, which is faster to read. It is generated.
pub const SCHEMA_JSON: &str = include_str!("cutover.cedarschema.json");
/// The shared responsibility model: which party each control holds responsible.
pub const RESPONSIBILITY: &str = include_str!("responsibility.cedar");
/// Descriptions of the attributes of facts.
pub const ATTRIBUTES: &str = include_str!("attributes.toml");
/// The sunset that holds when no timeline is chosen.
pub const DEADLINE: &str = include_str!("deadline.toml");
/// Control frameworks that controls refer to.
pub const FRAMEWORKS: &str = include_str!("frameworks.toml");
/// The edits that `cutover plan --repair` can propose.
pub const REPAIRS: &str = include_str!("repairs.toml");
/// The steps of a migration plan.
pub const STEPS: &str = include_str!("steps.toml");
/// Procore's tools and the names that exports give them.
pub const TOOLS: &str = include_str!("tools.toml");
/// What is known of authorization servers.
pub const AUTHORIZATION_SERVERS: &str = include_str!("authorization_servers.toml");
/// The families of controls.
pub const FAMILIES: &str = include_str!("families.toml");
/// What `cutover policy new` writes: the control.
pub const NEW_CONTROL: &str = include_str!("scaffold/NEW-ID.cedar");
/// What `cutover policy new` writes: its test cases.
pub const NEW_CONTROL_TESTS: &str = include_str!("scaffold/NEW-ID.test.toml");
