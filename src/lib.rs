//! Cutover audits an organisation's Procore integrations against the shared responsibility model.
//!
//! Data moves one way through the rooms: [`export`] reads files into records, [`inventory`] joins them into companies,
//! [`judge`] phrases facts and puts them to Cedar policies, [`audit`] tells the violations, [`plan`] what to do about traditional accounts,
//! [`policy`] what the policies themselves say, [`prove`] what they say of every fact there can be, [`report`] draws
//! them.
//! A room uses only those before it. Only [`cli`] prints, reads the clock, or ends the program.

#![cfg_attr(test, expect(clippy::string_slice, reason = "a test that slices badly should fail"))]

pub mod access_change;
pub mod ask;
pub mod audit;
pub mod cli;
mod csv_text;
mod digest;
mod drafts;
pub mod escape;
pub mod evidence;
pub mod export;
pub mod gate;
pub mod graph;
pub mod inventory;
mod json_text;
pub mod judge;
pub mod natural;
pub mod open;
pub mod plan;
pub mod policy;
pub mod prove;
mod reason;
pub mod report;
pub mod result;
pub mod scrub;
pub mod secrets;
