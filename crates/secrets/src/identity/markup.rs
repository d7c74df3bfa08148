//! The places of secrets in XML: the elements around them that have a name of their own, and the attribute or element
//! that holds them.

use std::ops::Range;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::{Identity, loose, may_name, rank, step};

pub(super) fn identify(text: &str, secrets: &[Range<usize>]) -> Vec<Identity> {
    let mut reader = Reader::from_str(text);
    let mut out: Vec<Identity> = Vec::with_capacity(secrets.len());
    let mut open: Vec<String> = Vec::new();
    // Behind a fault nothing is known of the elements around.
    while let Ok(event) = reader.read_event() {
        let end = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
        let is_end = matches!(event, Event::Eof);
        let inside = secrets.get(out.len()..).unwrap_or_default().iter().take_while(|secret| secret.start < end);
        let inside: Vec<Range<usize>> = inside.cloned().collect();
        let own = match &event {
            Event::Start(tag) | Event::Empty(tag) => name_of(tag, text, &inside),
            _ => String::new(),
        };
        if matches!(event, Event::Start(_)) {
            open.push(own.clone());
        }
        let around: Vec<&str> = open.iter().map(String::as_str).filter(|name| !name.is_empty()).collect();
        let leaf = if matches!(event, Event::Empty(_)) { own.as_str() } else { "" };
        for secret in &inside {
            let names = loose::in_text(text, std::slice::from_ref(secret));
            let attribute = names.first().map_or("", |identity| identity.member.as_str());
            let steps = around.iter().copied().chain([leaf, attribute]).filter(|name| !name.is_empty());
            out.push(Identity { record: None, member: steps.collect::<Vec<_>>().join("/") });
        }
        if matches!(event, Event::End(_)) {
            open.pop();
        }
        if is_end {
            break;
        }
    }
    let rest = loose::in_text(text, secrets.get(out.len()..).unwrap_or_default());
    out.into_iter().chain(rest).collect()
}

/// The name of an element with what distinguishes it from others of that name.
fn name_of(tag: &BytesStart<'_>, text: &str, secrets: &[Range<usize>]) -> String {
    let known: Vec<&str> = secrets.iter().filter_map(|span| text.get(span.clone())).collect();
    let name = tag.local_name();
    let name = name.as_ref();
    let mut named: Option<(usize, String)> = None;
    for attribute in tag.attributes().filter_map(Result::ok) {
        let key = attribute.key.local_name();
        let (key, value) = (key.as_ref(), attribute.value.as_ref());
        let Some(rank) = rank(key).filter(|_| may_name(key, value, &known)) else { continue };
        if named.as_ref().is_none_or(|(least, _)| rank < *least) {
            named = Some((rank, step(value)));
        }
    }
    let shown = if may_name("id", name, &known) { step(name) } else { String::new() };
    match named {
        Some((_, own)) => format!("{shown} {own}"),
        None => shown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_goes_by_the_named_elements_around_it() {
        let text = r#"<mapping><component name="ERP" uid="3"><database Password="SECRET"/></component>
            <component name="CRM"><database Password="SECRET"/><property name="Password" value="SECRET"/><pwd>SECRET</pwd></component></mapping>"#;
        let spans: Vec<Range<usize>> = text.match_indices("SECRET").map(|(at, what)| at..at + what.len()).collect();
        let members: Vec<String> = identify(text, &spans).into_iter().map(|identity| identity.member).collect();
        let expected = [
            "mapping/component 3/database/Password",
            "mapping/component CRM/database/Password",
            "mapping/component CRM/property Password/value",
            "mapping/component CRM/pwd",
        ];
        assert_eq!(members, expected);
    }
}
