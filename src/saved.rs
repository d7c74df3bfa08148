//! Saved results on the disk or on standard input.

use std::io::{self, Read};
use std::path::Path;

use crate::error::CliError;
use cutover_export::collect;
use cutover_export::open;
use cutover_model::result::saved;

/// The bytes of a saved result, from a file or standard input, uncompressed.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, CliError> {
    let fault = |reason: String| CliError::File { path: path.display().to_string(), reason };
    let unreadable = |error: io::Error| fault(cutover_export::reason::of(&error));
    let mut bytes = Vec::new();
    let limit = saved::LONGEST + 1;
    if path == Path::new("-") {
        io::stdin().lock().take(limit).read_to_end(&mut bytes).map_err(unreadable)?;
    } else {
        if path.is_dir() {
            return Err(fault("it is a folder".to_owned()));
        }
        open::file(path, None).map_err(unreadable)?.take(limit).read_to_end(&mut bytes).map_err(unreadable)?;
    }
    let bytes = collect::decompress_up_to(bytes, saved::LONGEST).map_err(fault)?;
    if bytes.len() as u64 > saved::LONGEST {
        return Err(fault("it is longer than 8 GiB".to_owned()));
    }
    Ok(bytes)
}
