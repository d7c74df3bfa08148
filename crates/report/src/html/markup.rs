//! Text of an export in markup: it means only itself.

use quick_xml::escape::escape;

use cutover_model::escape as shown;
use cutover_model::result::Thing;

/// The most letters of a sentence.
const LONGEST: usize = 1_000;

/// A sentence.
pub(super) fn text(text: &str) -> String {
    match text.char_indices().nth(LONGEST).and_then(|(end, _)| text.get(..end)) {
        Some(short) => format!("{}…", escape(shown::visible(short))),
        None => escape(shown::visible(text)).into_owned(),
    }
}

/// A name, which keeps its direction of writing to itself.
pub(super) fn name(name: &str) -> String {
    let name = shown::name(name);
    if shown::is_blank(&name) { "(no name)".to_owned() } else { format!("<bdi>{}</bdi>", escape(&name)) }
}

/// Something by its name.
pub(super) fn thing(thing: &Thing) -> String {
    name(if thing.name.is_empty() { &thing.id } else { &thing.name })
}

/// A path, an id, a command.
pub(super) fn code(text: &str) -> String {
    format!("<code>{}</code>", escape(shown::name(text)))
}

/// A table with a heading for each column, in a box that scrolls where the screen is narrow.
pub(super) fn table(caption: &str, columns: &[&str], rows: &[Vec<String>]) -> String {
    let mut out = format!("<div class=\"wide\"><table>\n<caption>{caption}</caption>\n<thead><tr>");
    columns.iter().for_each(|column| out.push_str(&format!("<th scope=\"col\">{column}</th>")));
    out.push_str("</tr></thead>\n<tbody>\n");
    for row in rows {
        out.push_str("<tr>");
        row.iter().for_each(|cell| out.push_str(&format!("<td>{cell}</td>")));
        out.push_str("</tr>\n");
    }
    out.push_str("</tbody></table></div>\n");
    out
}

/// A list of sentences.
pub(super) fn list(items: &[String]) -> String {
    let items: String = items.iter().map(|item| format!("<li>{item}</li>\n")).collect();
    if items.is_empty() { items } else { format!("<ul>\n{items}</ul>\n") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_in_a_name_is_text() {
        assert_eq!(
            name("<script>alert('x')</script> & \u{202e}"),
            "<bdi>&lt;script&gt;alert(&apos;x&apos;)&lt;/script&gt; &amp; \\u{202e}</bdi>"
        );
        assert_eq!(name(" "), "(no name)");
        assert_eq!(text("\"a\" onclick=b"), "&quot;a&quot; onclick=b");
    }
}
