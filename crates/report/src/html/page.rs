//! The page around the data: its head, which forbids it to load anything, the data, the script, and the short form for
//! whoever has no script.

use std::io::{self, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use super::{app, markup};

/// The parts of a page.
pub(super) struct Page {
    /// What it is about: not yet safe for markup.
    pub(super) title: String,
    /// The result in short, as markup.
    pub(super) still: String,
    /// The result, as JSON that may stand in a script element.
    pub(super) data: String,
}

/// A ring that opens to the right: what is cut over.
const ICON: &str = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Cpath \
     d='M12.2 4A6 6 0 1 0 12.2 12M7 8h8M12 5l3 3-3 3' fill='none' stroke='%230072b2' stroke-width='2'/%3E%3C/svg%3E";

/// Writes a page.
///
/// # Errors
/// When the output cannot be written.
pub(super) fn write(page: &Page, out: &mut dyn Write) -> io::Result<()> {
    let (script, style) = (app::script(), app::style());
    let policy = format!(
        "default-src 'none'; script-src '{}'; style-src '{}'; img-src data:; base-uri 'none'; form-action 'none'",
        digest(&script),
        digest(&style)
    );
    let Page { title, still, data } = page;
    let title = markup::text(title);
    write!(
        out,
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <meta name=\"generator\" content=\"cutover {}\">\n\
         <title>{title}</title>\n<link rel=\"icon\" href=\"{ICON}\">\n<style>{style}</style>\n</head>\n<body>\n\
         <script type=\"application/json\" id=\"data\">{data}</script>\n<script>{script}</script>\n\
         <div class=\"still\" id=\"still\">\n<main>\n{still}</main>\n</div>\n</body>\n</html>\n",
        env!("CARGO_PKG_VERSION"),
    )
}

/// How a content security policy names one script or style.
fn digest(text: &str) -> String {
    format!("sha256-{}", STANDARD.encode(Sha256::digest(text.as_bytes())))
}
