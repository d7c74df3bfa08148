//! JSON, with everything deceptive escaped: the file may be shown on a terminal.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::{CompactFormatter, Formatter, PrettyFormatter, Serializer};

use cutover_model::escape::{is_deceptive, is_plain};

/// Writes a document, indented.
///
/// # Errors
/// When the output cannot be written.
pub fn write<T: Serialize>(document: &T, out: &mut dyn Write) -> io::Result<()> {
    document.serialize(&mut Serializer::with_formatter(&mut *out, Safe(PrettyFormatter::new())))?;
    out.write_all(b"\n")
}

/// Writes a document on one line.
///
/// # Errors
/// When the output cannot be written.
pub fn write_line<T: Serialize>(document: &T, mut out: impl Write) -> io::Result<()> {
    document.serialize(&mut Serializer::with_formatter(&mut out, Safe(CompactFormatter)))?;
    out.write_all(b"\n")
}

/// A formatter that writes control and bidirectional characters as `\u…`, which serde leaves as they are.
struct Safe<F>(F);

macro_rules! forward {
    ($($method:ident($($argument:ident: $kind:ty),*));* $(;)?) => {
        $(fn $method<W: ?Sized + Write>(&mut self, writer: &mut W $(, $argument: $kind)*) -> io::Result<()> {
            self.0.$method(writer $(, $argument)*)
        })*
    };
}

impl<F: Formatter> Formatter for Safe<F> {
    forward! {
        begin_array();
        end_array();
        begin_array_value(first: bool);
        end_array_value();
        begin_object();
        end_object();
        begin_object_key(first: bool);
        end_object_key();
        begin_object_value();
        end_object_value();
    }

    fn write_string_fragment<W: ?Sized + Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        if is_plain(fragment) {
            return writer.write_all(fragment.as_bytes());
        }
        let mut plain = 0;
        for (at, letter) in fragment.char_indices().filter(|(_, letter)| is_deceptive(*letter)) {
            writer.write_all(fragment.get(plain..at).unwrap_or_default().as_bytes())?;
            for unit in letter.encode_utf16(&mut [0; 2]) {
                write!(writer, "\\u{unit:04x}")?;
            }
            plain = at + letter.len_utf8();
        }
        writer.write_all(fragment.get(plain..).unwrap_or_default().as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deceptive_characters_are_escaped_and_read_back_the_same() {
        let text = "a\u{202e}b\u{9b}c\u{e0041}d\u{1b}é";
        let mut out = Vec::new();
        write_line(&text, &mut out).unwrap();
        let out = String::from_utf8(out).unwrap();
        assert_eq!(out, "\"a\\u202eb\\u009bc\\udb40\\udc41d\\u001bé\"\n");
        assert_eq!(serde_json::from_str::<String>(&out).unwrap(), text);
    }
}
