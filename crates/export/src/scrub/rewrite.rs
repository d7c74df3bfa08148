//! A text with its secrets replaced, still of its form.

use std::collections::BTreeSet;
use std::ops::Range;

use super::find::{Form, Hit, find};
use cutover_secrets::Presence;

/// Replaces secrets by the word `redacted`; what is left is of the same form, and holds none of them.
///
/// # Errors
/// Why that cannot be done, in words that quote nothing of the text.
pub(super) fn rewrite(form: Form, text: &str, hits: &[Hit]) -> Result<String, &'static str> {
    if hits.is_empty() {
        return Ok(text.to_owned());
    }
    // A number is a text afterwards and needs quotes; whether one stands in a text already, its reader says.
    let plain = written(form, text, hits, false);
    if find(form, &plain).is_ok() {
        return Ok(plain);
    }
    let quoted = written(form, text, hits, true);
    find(form, &quoted).map(|_| quoted).map_err(|_| "its secrets cannot be replaced without breaking it")
}

fn written(form: Form, text: &str, hits: &[Hit], quotes: bool) -> String {
    let word = Presence::Redacted.id();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    let mut names = BTreeSet::new();
    for Hit { span, .. } in hits {
        out.push_str(text.get(at..span.start).unwrap_or_default());
        if is_member_name(form, text, span) {
            // Two members of one name are none that a reader could tell apart.
            names.insert(span.start);
            out.push_str(&format!("{word}-{}", names.len()));
        } else if quotes && is_bare(text, span) {
            out.push_str(&format!("\"{word}\""));
        } else {
            out.push_str(word);
        }
        at = span.end;
    }
    out.push_str(text.get(at..).unwrap_or_default());
    out
}

fn is_member_name(form: Form, text: &str, span: &Range<usize>) -> bool {
    let after = text.get(span.end..).unwrap_or_default();
    let named = after.strip_prefix('"').is_some_and(|after| after.trim_start().starts_with(':'));
    matches!(form, Form::Json | Form::Lines) && named
}

/// Whether a value stands there without quotes.
fn is_bare(text: &str, span: &Range<usize>) -> bool {
    let before = text.get(..span.start).unwrap_or_default();
    !before.ends_with(['"', '\'']) && before.trim_end().ends_with(['=', ':', '[', ','])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scrubbed(name: &str, text: &str) -> String {
        let form = Form::of(name);
        let once = rewrite(form, text, &find(form, text).unwrap()).unwrap();
        assert_eq!(find(form, &once).unwrap(), [], "{once}");
        once
    }

    #[test]
    fn each_form_stays_what_it_is() {
        assert_eq!(scrubbed("a.json", r#"{"password": "a\"b", "id": 7}"#), r#"{"password": "redacted", "id": 7}"#);
        assert_eq!(scrubbed("a.json", r#"{"password": 12345678}"#), r#"{"password": "redacted"}"#);
        assert_eq!(scrubbed("a.csv", "Name,Secret\n\"a, b\",\"c, d\"\n"), "Name,Secret\n\"a, b\",\"redacted\"\n");
        assert_eq!(
            scrubbed("a.toml", "password = 12345678\nname = \"x\"\n"),
            "password = \"redacted\"\nname = \"x\"\n"
        );
        assert_eq!(scrubbed("a.toml", "password = \"\"\"\nab\"\"\"\n"), "password = \"\"\"redacted\"\"\"\n");
        assert_eq!(scrubbed("a.mfd", r#"<d Password="C:\" h="x"/>"#), r#"<d Password="redacted" h="x"/>"#);
        assert_eq!(scrubbed(".env", "API_KEY=abc\nA=b\n"), "API_KEY=redacted\nA=b\n");
    }

    #[test]
    fn secrets_as_names_stay_apart() {
        let (one, two) = ("0123456789abcdef".repeat(4), "123456789abcdef0".repeat(4));
        let text = format!(r#"{{"{one}": 1, "{two}": {{"x": 2}}}}"#);
        assert_eq!(scrubbed("a.json", &text), r#"{"redacted-1": 1, "redacted-2": {"x": 2}}"#);
    }

    #[test]
    fn a_part_of_a_text_is_replaced_in_it() {
        let text = r#"[{"url": "https://me:hunter2@x.test/?apiKey=abcdefgh&page=2"}]"#;
        assert_eq!(scrubbed("a.json", text), r#"[{"url": "https://me:redacted@x.test/?apiKey=redacted&page=2"}]"#);
    }
}
