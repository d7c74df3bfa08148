//! Files that are packed are packed again in the same way.

use std::io::{self, Write};

use flate2::{Compression, GzBuilder};
use ruzstd::encoding::{CompressionLevel, compress_to_vec};

/// How the bytes of a file are packed, recognised by the first of them.
#[derive(Debug, Clone, Copy)]
pub(super) enum Packed {
    Not,
    Gzip,
    Zstandard,
}

impl Packed {
    /// How these bytes are packed.
    pub(super) fn of(bytes: &[u8]) -> Self {
        match bytes {
            [0x1f, 0x8b, ..] => Self::Gzip,
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Self::Zstandard,
            _ => Self::Not,
        }
    }

    /// The same way of packing gives the same bytes for the same text, on every day.
    pub(super) fn pack(self, text: Vec<u8>) -> io::Result<Vec<u8>> {
        match self {
            Self::Not => Ok(text),
            Self::Gzip => {
                let mut out = GzBuilder::new().write(Vec::new(), Compression::default());
                out.write_all(&text)?;
                out.finish()
            }
            Self::Zstandard => Ok(compress_to_vec(text.as_slice(), CompressionLevel::Fastest)),
        }
    }
}
