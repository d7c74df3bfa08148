//! Finds secrets in XML: in attributes and in the text of elements, by their names first and by their shape second.
//!
//! The text is only looked through: nothing is expanded, no document type is read, and nesting costs a name each.

use std::ops::Range;

use super::name::{Ids, ids_of, is_named_by_its_neighbour, is_plain_name, names_its_neighbour};
use super::plain::scan_plain;
use super::randomness::{is_address, is_harmless};
use super::shape::{Hit, scan_text};
use super::{Spelling, secret_name};

/// Looks through a text in XML.
pub fn scan_markup(text: &str) -> Vec<Hit> {
    let mut scan = Scan { text, hits: Vec::new(), open: Vec::new() };
    let mut at = 0;
    while let Some(start) = scan.find(at, "<") {
        scan.content(at..start);
        at = scan.markup(start);
    }
    scan.content(at..text.len());
    scan.hits
}

struct Scan<'t> {
    text: &'t str,
    hits: Vec<Hit>,
    /// The elements that are open; a text stands in the last one.
    open: Vec<Open<'t>>,
}

/// An element that is open.
#[derive(Default)]
struct Open<'t> {
    /// The name that its text stands under.
    name: &'t str,
    /// Whether its own name says that its text names what a neighbour holds.
    names: bool,
    /// What an element in it named: `<name>Password</name><value>…</value>`.
    named: Option<&'t str>,
}

impl<'t> Scan<'t> {
    fn find(&self, from: usize, what: &str) -> Option<usize> {
        Some(from + self.text.get(from..)?.find(what)?)
    }

    /// Handles what starts with `<` here; returns where the text after it starts.
    fn markup(&mut self, start: usize) -> usize {
        let rest = self.text.get(start..).unwrap_or_default();
        for (opens, closes) in [("<!--", "-->"), ("<![CDATA[", "]]>"), ("<?", "?>")] {
            if rest.starts_with(opens) {
                let inner = start + opens.len();
                let end = self.find(inner, closes).unwrap_or(self.text.len());
                if opens == "<![CDATA[" {
                    self.content(inner..end)
                } else {
                    self.plain(inner..end)
                }
                return (end + closes.len()).min(self.text.len());
            }
        }
        if rest.starts_with("</") {
            self.open.pop();
            return self.find(start, ">").map_or(self.text.len(), |end| end + 1);
        }
        self.element(start)
    }

    /// An opening tag with its attributes.
    fn element(&mut self, start: usize) -> usize {
        let name = self.word(start + 1);
        let mut at = start + 1 + name.len();
        let mut attributes: Vec<(&'t str, Range<usize>)> = Vec::new();
        let closed = loop {
            at += self.text.get(at..).map_or(0, |rest| rest.len() - rest.trim_start().len());
            let rest = self.text.get(at..).unwrap_or_default();
            if rest.is_empty() || rest.starts_with('>') || rest.starts_with('<') {
                break false;
            }
            if rest.starts_with("/>") {
                at += 1;
                break true;
            }
            let attribute = self.word(at);
            let equals = self.text.get(at + attribute.len()..).unwrap_or_default();
            let value = equals.trim_start().strip_prefix('=').map(str::trim_start);
            let Some(value) = value.filter(|_| !attribute.is_empty()) else {
                at += attribute.len().max(rest.chars().next().map_or(1, char::len_utf8));
                continue;
            };
            let from = self.text.len() - value.len();
            let range = match value.chars().next().filter(|quote| matches!(quote, '"' | '\'')) {
                Some(quote) => {
                    let end = value.get(1..).and_then(|inner| inner.find(quote)).map_or(value.len(), |end| end + 1);
                    from + 1..from + end
                }
                None => from..from + value.find([' ', '>', '\n', '\t', '\r']).unwrap_or(value.len()),
            };
            at = (range.end + usize::from(range.start > from)).min(self.text.len());
            attributes.push((attribute, range));
        };
        // `<property name="Password" value="…"/>`, `<parameter name="X-API-Key">…</parameter>`
        let described = attributes.iter().find(|(name, _)| names_its_neighbour(local(name)));
        let described = described.and_then(|(_, range)| self.text.get(range.clone())).filter(|name| is_telling(name));
        for (attribute, range) in attributes {
            let value = is_named_by_its_neighbour(local(attribute));
            self.value(described.filter(|_| value).unwrap_or(attribute), range);
        }
        if !closed {
            // `<parameter name="password"><value>…`
            let plain = is_plain_name(&local(name).to_ascii_lowercase()) || is_named_by_its_neighbour(local(name));
            let above = self.open.last().filter(|_| plain);
            let above = above.and_then(|above| above.named.or(Some(above.name).filter(|name| is_telling(name))));
            let name = described.or(above).unwrap_or(name);
            self.open.push(Open { name, names: names_its_neighbour(local(name)), named: None });
        }
        if self.text.get(at..).is_some_and(|rest| rest.starts_with('>')) { at + 1 } else { at.max(start + 1) }
    }

    /// The name that starts here, without its namespace's prefix being taken apart.
    fn word(&self, at: usize) -> &'t str {
        let rest = self.text.get(at..).unwrap_or_default();
        let end = rest.find(|letter: char| letter.is_whitespace() || "=/><\"'".contains(letter));
        rest.get(..end.unwrap_or(rest.len())).unwrap_or_default()
    }

    /// The text of an element.
    fn content(&mut self, range: Range<usize>) {
        let text = self.text.get(range.clone()).unwrap_or_default();
        let inner = text.trim();
        let start = range.start + text.len() - text.trim_start().len();
        if inner.is_empty() {
            return;
        }
        self.value(self.open.last().map_or("", |open| open.name), start..start + inner.len());
        // It names what stands in the next element.
        if let [.., outer, Open { names: true, .. }] = self.open.as_mut_slice()
            && is_telling(inner)
        {
            outer.named = Some(inner);
        }
    }

    fn value(&mut self, name: &str, range: Range<usize>) {
        let text = self.text.get(range.clone()).unwrap_or_default();
        let spelling = Spelling::xml(text);
        let name = local(name);
        let mut hits = scan_text(name, &spelling.meant);
        if hits.is_empty() && may_be_secret(name, &spelling.meant) {
            hits.push((0..spelling.meant.len(), "secret"));
        }
        self.hits.extend(hits.into_iter().map(|(hit, kind)| {
            let at = spelling.spelled(&hit);
            (range.start + at.start..range.start + at.end, kind)
        }));
    }

    fn plain(&mut self, range: Range<usize>) {
        let hits = scan_plain(self.text.get(range.clone()).unwrap_or_default()).into_iter();
        self.hits.extend(hits.map(|(hit, kind)| (range.start + hit.start..range.start + hit.end, kind)));
    }
}

/// Words in the name of an element or attribute that speak of credentials.
pub const TELLING: [&str; 7] = ["credential", "oauth", "token", "secret", "password", "passwd", "pwd"];

/// Whether a name speaks of credentials: whatever stands under it is better not shown.
pub fn is_telling(name: &str) -> bool {
    let letters: String =
        name.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_lowercase()).collect();
    TELLING.iter().any(|word| letters.contains(word)) || secret_name(name).is_some()
}

/// Whether a value that is no secret by its name or shape may be one all the same, because its name speaks of one. What
/// is known to be something else stays: switches, addresses, ids.
fn may_be_secret(name: &str, value: &str) -> bool {
    let known = is_switch(value) || is_harmless(value) || is_address(value) || ids_of(name) != Ids::None;
    is_telling(name) && secret_name(name).is_none() && !known
}

/// Yes, no, or a number of a choice.
pub fn is_switch(value: &str) -> bool {
    ["true", "false"].contains(&value) || (value.len() < 4 && value.bytes().all(|byte| byte.is_ascii_digit()))
}

/// A name without the prefix of its namespace.
fn local(name: &str) -> &str {
    name.rsplit_once(':').map_or(name, |(_, local)| local)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<&str> {
        scan_markup(text).into_iter().map(|(range, _)| &text[range]).collect()
    }

    #[test]
    fn attributes_count_by_their_names() {
        assert_eq!(found(r#"<database DBUser="sa" DBPassword="hunter2" host='x'/>"#), ["hunter2"]);
        assert_eq!(found(r#"<d ConnectionString="Server=x;Password=&quot;a b&#x63;&quot;;"/>"#), ["a b&#x63;"]);
        assert_eq!(found(r#"<d ConnectionString="Server=x;Password=&lt;redacted&gt;;"/>"#), [""; 0]);
        assert_eq!(found(r#"<d ConnectionString="Host=x;Integrated Security=SSPI"/>"#), [""; 0]);
        assert_eq!(found(r#"<d Password="C:\" other="x"/>"#), [r"C:\"]);
        assert_eq!(found(r#"<d Note="Server=x;Password=a b;Database=y"/>"#), ["a b"]);
    }

    #[test]
    fn a_name_in_one_attribute_tells_what_the_other_holds() {
        assert_eq!(found(r#"<property name="Password" value="q1w2"/><property name="Host" value="db"/>"#), ["q1w2"]);
        assert_eq!(found(r#"<parameter name="X-API-Key" style="header">q1w2</parameter>"#), ["q1w2"]);
        assert_eq!(found(r#"<parameter name="client_secret" default="q1w2" type="string"/>"#), ["q1w2"]);
        assert_eq!(found(r#"<add VALUE="q1w2" Key="Ledger-Token"/>"#), ["q1w2"]);
        assert_eq!(found("<p><name>Password</name><value>q1w2</value></p><p><value>x</value></p>"), ["q1w2"]);
        assert_eq!(found(r#"<parameter name="TokenForLedger" value="q1w2" style="header"/>"#), ["q1w2"]);
        assert!(
            found(r#"<parameter name="token_url" value="https://x.test/token"/><p name="UseToken" value="true"/>"#)
                .is_empty()
        );
        assert_eq!(found(r#"<parameter name="password"><value>q1w2</value><note>x</note></parameter>"#), ["q1w2"]);
    }

    #[test]
    fn the_text_of_an_element_counts_by_its_name() {
        assert_eq!(found("<a><password>\n hunter2 \n</password><name>x</name></a>"), ["hunter2"]);
        assert_eq!(found("<password><![CDATA[hunter2]]></password>"), ["hunter2"]);
        assert_eq!(found("<!-- password: \"hunter2\" --><a/>"), ["hunter2"]);
        assert!(found("<credentials><user>ann</user></credentials>").is_empty());
    }

    #[test]
    fn broken_markup_ends_all_the_same() {
        for text in ["<", "<a b", "<a b=", "<a b=\"c", "<a <b>", "</", "<!--", "<a =\"x\">", "<é é=\"é\"", "<a/"] {
            found(text);
        }
        assert_eq!(found(&"<a>".repeat(100_000)), [""; 0]);
    }
}
