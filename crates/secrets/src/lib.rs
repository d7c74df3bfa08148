//! Finds secrets in JSON, CSV, XML and text, and says where they are, never what they are. Knows nothing of Procore.
//!
//! The name of a member counts first (`client_secret`, `password`, …), the shape of the text second (tokens, private
//! keys, passwords in links, published formats). A Procore client id and a SHA-256 look like a Procore secret, so bare
//! hexadecimal counts only where no id is named: by the member, or right before it in a text. Everything found is
//! blanked out of the text byte for byte.
//!
//! - [`Secret`]: where a secret is in a record, and what its place suggests; [`scan_json`], [`scan_row`], [`scan_markup`]
//!   and [`scan_plain`] find them;
//! - [`Sameness`]: whether two secrets have the same value, without the value;
//! - [`Redacted`]: a text without its secrets.
//!
//! ```
//! let mut found = Vec::new();
//! cutover_secrets::scan_json(r#"{"client_secret": "kq8Z2mWx7RtYv3Lp"}"#, &mut found).unwrap();
//! assert_eq!(found[0].member, "client_secret");
//! ```

#![cfg_attr(test, expect(clippy::string_slice, reason = "a test that slices badly should fail"))]

use std::ops::Range;

#[cfg(test)]
#[path = "../../../benches/secrets/corpus.rs"]
#[expect(dead_code, reason = "only the texts count for the hints")]
mod corpus;
mod covered;
pub mod csv_text;
pub mod digest;
mod hint;
mod identity;
mod json;
pub mod json_text;
mod markup;
mod name;
mod outline;
mod placeholder;
mod plain;
mod presence;
mod published;
mod randomness;
mod redact;
mod removed;
mod row;
mod sameness;
mod shape;
mod spelling;
mod watch;

pub use covered::Covered;
pub use identity::Identity;
pub use identity::{Form, identify};
pub use json::{Unusable, scan_json};
pub use markup::{TELLING, is_switch, is_telling, scan_markup};
pub use name::{authenticates, is_named_by_its_neighbour, names_its_neighbour, secret_name};
pub use placeholder::{placeholder, without_scheme};
pub use plain::{behind_names, scan_plain, scan_written};
pub use presence::Presence;
pub use randomness::is_harmless;
pub use redact::{MARK, Redacted, blanks, without_lengths};
pub use removed::{Found, scan_with_removed};
pub use row::scan_row;
pub use sameness::Sameness;
pub use shape::{BARE, scan_text};
pub use spelling::Spelling;
pub use watch::{Watch, Watched};

/// A string longer than this is no name, note or link of an export; its record is left out. In bytes.
pub const LONGEST_TEXT: usize = 1 << 20;

/// A secret in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Secret {
    /// Bytes of the text.
    pub span: Range<usize>,
    /// The record that holds it; `None` in a file that could not be cut into records.
    pub record: Option<u32>,
    /// Pointer of the member inside the record, or column name.
    pub member: String,
    /// What the place suggests: "client secret", "token", "signed link", …
    pub kind: &'static str,
}

/// Blanks ranges out of a text, keeping every offset. A number becomes `null`, so that JSON stays JSON.
pub fn blank(text: &mut String, ranges: impl IntoIterator<Item = Range<usize>>) {
    for range in ranges {
        let Some(value) = text.get(range.clone()) else { continue };
        let quoted = text.get(..range.start).is_some_and(|before| before.ends_with(['"', '\'']));
        let number = !quoted && value.len() >= 4 && value.bytes().all(|byte| byte.is_ascii_digit());
        let fill = if number { format!("null{}", " ".repeat(value.len() - 4)) } else { "*".repeat(value.len()) };
        text.replace_range(range, &fill);
    }
}
