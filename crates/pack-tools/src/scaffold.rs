//! The beginning of a new control: a policy that evaluates, and its tests, which pass.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use thiserror::Error;

/// The longest id, in characters.
const LONGEST: usize = 64;

/// Names that Windows keeps for devices.
const DEVICES: [&str; 4] = ["CON", "PRN", "AUX", "NUL"];

/// Why there is no scaffold.
#[derive(Debug, Error)]
pub enum ScaffoldError {
    /// The id cannot name a file.
    #[error("`{0}` cannot name a file")]
    Id(String),
    /// A file already exists.
    #[error("`{0}` already exists")]
    Exists(String),
    /// A file cannot be written.
    #[error("cannot write `{path}`: {reason}")]
    Write {
        /// The file.
        path: String,
        /// The system's reason.
        reason: String,
    },
}

/// Whether an id can name a file everywhere: letters, digits and dashes between them.
pub fn is_good(id: &str) -> bool {
    let upper = id.to_ascii_uppercase();
    !id.is_empty()
        && id.len() <= LONGEST
        && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && !id.starts_with('-')
        && !id.ends_with('-')
        && !DEVICES.contains(&upper.as_str())
        && !is_port(&upper)
}

/// `COM1`, `LPT9`: names that Windows keeps for ports.
fn is_port(upper: &str) -> bool {
    let number = upper.strip_prefix("COM").or_else(|| upper.strip_prefix("LPT"));
    number.is_some_and(|number| number.len() == 1 && number.bytes().all(|byte| byte.is_ascii_digit()))
}

/// The policy and the tests of a control with this id.
pub fn texts(id: &str) -> [String; 2] {
    [cutover_pack::NEW_CONTROL, cutover_pack::NEW_CONTROL_TESTS].map(|text| text.replace("NEW-ID", id))
}

/// Writes `ID.cedar` and `ID.test.toml` into a folder, which is made if it is not there. Returns their paths.
///
/// # Errors
/// When the id cannot name a file, one of the two is there, or cannot be written. Then neither is.
pub fn write(id: &str, folder: &Path) -> Result<[PathBuf; 2], ScaffoldError> {
    if !is_good(id) {
        return Err(ScaffoldError::Id(id.to_owned()));
    }
    let paths = [folder.join(format!("{id}.cedar")), folder.join(format!("{id}.test.toml"))];
    let shown = |path: &Path| path.display().to_string();
    if let Some(path) = paths.iter().find(|path| path.symlink_metadata().is_ok()) {
        return Err(ScaffoldError::Exists(shown(path)));
    }
    let failed = |path: &Path, error: &io::Error| ScaffoldError::Write {
        path: shown(path),
        reason: cutover_export::reason::of(error),
    };
    fs::create_dir_all(folder).map_err(|error| failed(folder, &error))?;
    for (index, (path, text)) in paths.iter().zip(texts(id)).enumerate() {
        let written = OpenOptions::new().write(true).create_new(true).open(path);
        if let Err(error) = written.and_then(|mut file| file.write_all(text.as_bytes())) {
            paths.iter().take(index).for_each(|path| drop(fs::remove_file(path)));
            return Err(failed(path, &error));
        }
    }
    Ok(paths)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_names_a_file_everywhere() {
        for id in ["ACME-01", "a", "X-1-y", "COM10", "CONTROL"] {
            assert!(is_good(id), "{id}");
        }
        for id in ["", "-1", "A-", "../A", "a b", "a/b", "Ä-1", "con", "Lpt1", "A.1", "A\u{202e}1", &"a".repeat(65)] {
            assert!(!is_good(id), "{id}");
        }
    }

    #[test]
    fn the_scaffold_names_no_other_id() {
        for text in texts("ACME-07") {
            assert!(text.contains("ACME-07") && !text.contains("NEW-ID"), "{text}");
        }
    }
}
