//! Text for messages, which viewers read for placeholders, links and Markdown.

use serde_sarif::sarif::{Message, MultiformatMessageString};

use cutover_model::escape;

/// A message of plain text, ending as a sentence does.
pub(super) fn message(text: &str) -> Message {
    Message { text: Some(plain(&sentence(text))), ..Message::default() }
}

/// A description in plain text, not longer than GitHub takes one.
pub(super) fn description(text: &str) -> MultiformatMessageString {
    const LONGEST: usize = 1024;
    MultiformatMessageString::builder().text(cut(&plain(&sentence(text)), LONGEST)).build()
}

/// The text with a full stop, unless it ends in one or says nothing.
pub(crate) fn sentence(text: &str) -> String {
    let text = text.trim();
    if text.is_empty() || text.ends_with(['.', '!', '?']) { text.to_owned() } else { format!("{text}.") }
}

/// Text with nothing left that a viewer would fill in, follow, or obey.
pub(super) fn plain(text: &str) -> String {
    let text = braces(&escape::visible(text));
    // Brackets mean nothing elsewhere, and are common in names: "[TEST] Tower".
    if text.contains("](") { brackets(&text) } else { text }
}

/// A brace stands for itself when doubled (SARIF 2.1.0, 3.11.5).
fn braces(text: &str) -> String {
    text.replace('{', "{{").replace('}', "}}")
}

/// A backslash before a bracket, and another before each backslash that stands there already (3.11.6).
fn brackets(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    let mut backslashes = 0;
    for letter in text.chars() {
        if matches!(letter, '[' | ']') {
            out.extend(std::iter::repeat_n('\\', backslashes + 1));
        }
        backslashes = if letter == '\\' { backslashes + 1 } else { 0 };
        out.push(letter);
    }
    out
}

/// Text for a place where Markdown is read. Code between backticks stays; everything else means only itself.
pub(super) fn markdown(text: &str) -> String {
    let text = braces(&escape::visible(text));
    let parts: Vec<&str> = text.split('`').collect();
    let closed = parts.len() % 2 == 1 && parts.iter().skip(1).step_by(2).all(|code| !code.is_empty());
    if !closed {
        return literal(&text);
    }
    let shown =
        parts.iter().enumerate().map(|(index, part)| if index % 2 == 1 { (*part).to_owned() } else { literal(part) });
    shown.collect::<Vec<_>>().join("`")
}

/// Every character that Markdown or HTML could read as its own, behind a backslash.
fn literal(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for letter in text.chars() {
        if matches!(letter, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '~' | '|' | '&' | '!') {
            out.push('\\');
        }
        out.push(letter);
    }
    out
}

/// A pattern as people read it: `{principal.name}` becomes ‹principal›, `{context.days_left}` ‹days left›.
pub(crate) fn pattern(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, (attribute, after))) =
        rest.split_once('{').and_then(|(before, after)| Some((before, after.split_once('}')?)))
    {
        let words = attribute.trim_start_matches("context.").trim_end_matches(".name").replace(['.', '_'], " ");
        out.push_str(before);
        out.push_str(&format!("‹{words}›"));
        rest = after;
    }
    out + rest
}

/// A name of capitalised words without spaces, as viewers expect of a rule: "VersionThreeManifest".
pub(super) fn pascal(text: &str) -> String {
    const LONGEST: usize = 255;
    let mut out = String::new();
    for word in text.replace(['\'', '’'], "").split(|letter: char| !letter.is_ascii_alphanumeric()) {
        let mut letters = word.chars();
        match letters.next() {
            // A number belongs to the word before it; an article says nothing.
            Some(first) if first.is_ascii_digit() && !out.is_empty() => out.push_str(&word.to_ascii_lowercase()),
            Some(first) if first.is_ascii_alphabetic() && word.len() > 1 => {
                out.push(first.to_ascii_uppercase());
                out.push_str(&letters.as_str().to_ascii_lowercase());
            }
            _ => {}
        }
    }
    out.truncate(LONGEST);
    out
}

fn cut(text: &str, longest: usize) -> String {
    if text.chars().count() <= longest {
        return text.to_owned();
    }
    text.chars().take(longest - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn braces_are_doubled_and_links_broken() {
        assert_eq!(plain("{0} of [x](javascript:y)"), r"{{0}} of \[x\](javascript:y)");
        assert_eq!(plain(r"[x\](y)"), r"\[x\\\](y)");
        assert_eq!(plain(r"[TEST] C:\a"), r"[TEST] C:\a");
        assert_eq!(plain("a\u{202e}b"), r"a\u{{202e}}b");
    }

    #[test]
    fn markdown_keeps_code_and_nothing_else() {
        assert_eq!(markdown("run `cutover plan <dir>` <b>*now*</b>"), r"run `cutover plan <dir>` \<b\>\*now\*\</b\>");
        assert_eq!(markdown("an open ` and <b>"), r"an open \` and \<b\>");
        assert_eq!(markdown("``<b>``"), r"\`\`\<b\>\`\`");
    }

    #[test]
    fn the_names_of_attributes_are_read_as_words() {
        assert_eq!(
            pattern("Lower {resource.name} to {context.days_left} {open"),
            "Lower ‹resource› to ‹days left› {open"
        );
    }

    #[test]
    fn names_of_rules_are_words_of_two_letters_or_more() {
        assert_eq!(
            pascal("Installed manifest uses the version 3 schema's 2nd part"),
            "InstalledManifestUsesTheVersion3Schemas2ndPart"
        );
        assert_eq!(pascal("Manifest names a tool, PKCE"), "ManifestNamesToolPkce");
        assert_eq!(pascal("3 <b>東京</b>"), "");
    }
}
