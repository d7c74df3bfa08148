//! Every secret of a file, whatever its form, and what is wrong with the file.

use std::ops::Range;

use crate::document::Layout;
use crate::{split, table};
use cutover_secrets::csv_text;
use cutover_secrets::{self as secrets, Secret};

/// The form of a file, taken from its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// One JSON document.
    Json,
    /// One JSON document a line.
    Lines,
    /// Comma-separated values.
    Table,
    /// TOML.
    Toml,
    /// XML: MapForce designs, configuration files.
    Markup,
    /// Anything else that is text.
    Plain,
}

impl Form {
    /// The form that the name of a file announces; endings of compression are skipped.
    pub fn of(name: &str) -> Self {
        let lower = name.to_ascii_lowercase();
        let stem = lower.strip_suffix(".gz").or_else(|| lower.strip_suffix(".zst")).unwrap_or(&lower);
        match stem.rsplit_once('.').map_or("", |(_, ending)| ending) {
            "json" => Self::Json,
            "jsonl" | "ndjson" => Self::Lines,
            "csv" => Self::Table,
            "toml" => Self::Toml,
            "xml" | "mfd" | "mfp" | "mft" | "config" | "xsd" | "wsdl" => Self::Markup,
            _ => Self::Plain,
        }
    }
}

/// A secret in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// Bytes of the text.
    pub span: Range<usize>,
    /// JSON pointer, or `/row/column`; empty where there is none.
    pub pointer: String,
    /// What the place suggests.
    pub kind: &'static str,
}

/// Finds the secrets of a text, in the order of the text.
///
/// # Errors
/// Why the text is not of its form, in words that quote nothing of it: its secrets cannot all be found.
pub fn find(form: Form, text: &str) -> Result<Vec<Hit>, &'static str> {
    let mut hits = match form {
        Form::Json | Form::Lines => json(text, form == Form::Lines)?,
        Form::Table => rows(text)?,
        Form::Toml => {
            toml::from_str::<toml::Table>(text).map_err(|_| "not valid TOML")?;
            loose(secrets::scan_written(text))
        }
        Form::Markup => {
            well_formed(text)?;
            loose(secrets::scan_markup(text))
        }
        Form::Plain => loose(secrets::scan_plain(text)),
    };
    hits.sort_by_key(|hit| (hit.span.start, hit.span.end));
    Ok(merged(hits))
}

fn loose(found: Vec<(Range<usize>, &'static str)>) -> Vec<Hit> {
    found.into_iter().map(|(span, kind)| Hit { span, pointer: String::new(), kind }).collect()
}

/// Ranges that overlap are one.
fn merged(hits: Vec<Hit>) -> Vec<Hit> {
    let mut out: Vec<Hit> = Vec::new();
    for hit in hits {
        match out.last_mut() {
            Some(last) if hit.span.start < last.span.end => last.span.end = last.span.end.max(hit.span.end),
            _ => out.push(hit),
        }
    }
    out
}

fn json(text: &str, lines: bool) -> Result<Vec<Hit>, &'static str> {
    if text.trim().is_empty() {
        return Ok(Vec::new());
    }
    let mut split = if lines { split::split(text, None, true) } else { split::split_file(text, None, false) };
    if split.has_too_many_useless() && !is_document(text) {
        split = split::split(text, None, false);
    }
    if !split.faults.is_empty() {
        // Not records of an export, or thousands of empty ones, of which keeping each place would take many times the
        // memory of the file; it may be a document all the same.
        return if is_document(text) { record(text, 0, "") } else { Err("not valid JSON") };
    }
    let mut hits = Vec::new();
    let mut end = 0;
    for (index, span) in split.spans.iter().enumerate() {
        // The object around a list, and the names of its members.
        let gap = text.get(end..span.start).unwrap_or_default();
        hits.extend(loose(secrets::scan_plain(gap)).into_iter().map(|hit| moved(hit, end)));
        let pointer = match &split.layout {
            Layout::Array(at) | Layout::Inner(at) => format!("{at}/{index}"),
            Layout::Keyed(keys) => format!("/{}", keys.get(index).map_or("", String::as_str)),
            Layout::Lines => format!("/{index}"),
            _ => String::new(),
        };
        hits.extend(record(text.get(span.clone()).unwrap_or_default(), span.start, &pointer)?);
        end = span.end;
    }
    let gap = text.get(end..).unwrap_or_default();
    hits.extend(loose(secrets::scan_plain(gap)).into_iter().map(|hit| moved(hit, end)));
    Ok(hits)
}

fn is_document(text: &str) -> bool {
    serde_json::from_str::<&serde_json::value::RawValue>(text).is_ok()
}

fn moved(hit: Hit, by: usize) -> Hit {
    Hit { span: by + hit.span.start..by + hit.span.end, ..hit }
}

fn record(text: &str, start: usize, pointer: &str) -> Result<Vec<Hit>, &'static str> {
    let mut found: Vec<Secret> = Vec::new();
    secrets::scan_json(text, &mut found).map_err(|_| {
        "a record that cannot be read: nested too deeply, a member twice, or a text or number that is too long or broken"
    })?;
    let hit = |Secret { span, member, kind, .. }: Secret| {
        let pointer = if member.is_empty() { pointer.to_owned() } else { format!("{pointer}/{member}") };
        moved(Hit { span, pointer, kind }, start)
    };
    Ok(found.into_iter().map(hit).collect())
}

fn rows(text: &str) -> Result<Vec<Hit>, &'static str> {
    if text.trim().is_empty() {
        return Ok(Vec::new());
    }
    let rows = table::rows_until(text, 1);
    if rows.unclosed.is_some() {
        return Err("a quote is opened and never closed");
    }
    if rows.stopped.is_some() || !rows.ragged.is_empty() {
        return Err("a row has more or fewer cells than the header");
    }
    let mut hits = loose(secrets::scan_plain(text.get(table::header(text)).unwrap_or_default()));
    for (index, (span, cells)) in rows.spans.iter().zip(&rows.cells).enumerate() {
        let named = rows.columns.iter().zip(cells).map(|(column, cell)| (column.as_str(), table::text(cell)));
        let found = secrets::scan_row(named);
        if found.is_empty() {
            continue;
        }
        let row = text.get(span.clone()).unwrap_or_default();
        let places = csv_text::spans(row);
        // Columns are found by number: two may have the same name.
        for (index_of_cell, (range, kind)) in found {
            let Some((column, written)) = rows.columns.get(index_of_cell).zip(places.get(index_of_cell)) else {
                continue;
            };
            let meant = cells.get(index_of_cell).map(table::text).unwrap_or_default();
            let cell = row.get(written.clone()).unwrap_or_default();
            let inside = within(cell, meant, &range);
            let start = span.start + written.start;
            let pointer = format!("/{}/{column}", index + 1);
            hits.push(Hit { span: start + inside.start..start + inside.end, pointer, kind });
        }
    }
    Ok(hits)
}

/// Where a part of a cell's text stands in the cell as it is written.
fn within(written: &str, text: &str, part: &Range<usize>) -> Range<usize> {
    if let Some(start) = written.find(text) {
        return start + part.start..start + part.end;
    }
    // Quotes inside are written twice.
    let start = usize::from(written.starts_with('"'));
    let inner = written.get(start..).unwrap_or_default();
    let spelling = secrets::Spelling::cell(inner.trim_end().strip_suffix('"').unwrap_or(inner));
    let blank = spelling.meant.len() - spelling.meant.trim_start().len();
    let inside = spelling.spelled(&(blank + part.start..blank + part.end));
    start + inside.start..start + inside.end
}

/// Whether a text is XML that every reader takes.
fn well_formed(text: &str) -> Result<(), &'static str> {
    let mut reader = quick_xml::Reader::from_str(text);
    loop {
        match reader.read_event() {
            Ok(quick_xml::events::Event::Eof) => return Ok(()),
            Ok(_) => {}
            Err(_) => return Err("not well-formed XML"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(name: &str, text: &str) -> Vec<(String, String)> {
        let hits = find(Form::of(name), text).unwrap();
        hits.into_iter().map(|hit| (text[hit.span].to_owned(), hit.pointer)).collect()
    }

    #[test]
    fn each_form_is_told_from_the_name() {
        for (name, form) in [
            ("a/users.2.json.gz", Form::Json),
            ("b.NDJSON", Form::Lines),
            ("keys.csv.zst", Form::Table),
            ("x.mfd", Form::Markup),
            (".env", Form::Plain),
            ("README", Form::Plain),
        ] {
            assert_eq!(Form::of(name), form, "{name}");
        }
    }

    #[test]
    fn secrets_have_places() {
        let described = |secret: &str, pointer: &str| (secret.to_owned(), pointer.to_owned());
        assert_eq!(found("a.json", r#"[{"id": 1}, {"password": "hunter2"}]"#), [described("hunter2", "/1/password")]);
        assert_eq!(
            found("a.json", r#"{"data": [{"password": "hunter2"}]}"#),
            [described("hunter2", "/data/0/password")]
        );
        assert_eq!(found("a.json", r#""text""#), []);
        assert_eq!(found("a.csv", "Name,Client Secret\nx,hunter2\n"), [described("hunter2", "/1/client_secret")]);
        assert_eq!(
            found("a.csv", "Name,Pwd,Pwd\n\"x, y\",\"a1\",\"b\"\"2\"\n"),
            [described("a1", "/1/pwd"), described("b\"\"2", "/1/pwd")]
        );
        assert_eq!(found("a.mfd", r#"<d DBPassword="hunter2"/>"#), [described("hunter2", "")]);
        assert_eq!(found(".env", "PROCORE_CLIENT_SECRET=hunter2\nHOST=x\n"), [described("hunter2", "")]);
    }

    #[test]
    fn secrets_among_thousands_of_empty_records_are_found() {
        let text = format!("[{}{{\"password\": \"hunter2\"}}]", "{},".repeat(1000));
        assert_eq!(found("a.json", &text), [("hunter2".to_owned(), "/1000/password".to_owned())]);
        // Two pages in one file are no document, and read as records.
        let pages = format!("{text}{text}");
        assert_eq!(found("a.json", &pages).len(), 2);
    }

    #[test]
    fn a_part_of_a_cell_is_taken_out_of_it() {
        let text = "Name,Note\nx,\"call https://x.test/?apiKey=hunter22 at night\"\n";
        assert_eq!(found("a.csv", text)[0].0, "hunter22");
    }

    #[test]
    fn what_is_not_of_its_form_is_told() {
        for (name, text) in [
            ("a.json", "{\"a\": "),
            ("a.json", "{\"a\": 1, \"a\": 2}"),
            ("a.jsonl", "{}\n{\n"),
            ("a.csv", "a,b\n1\n"),
            ("a.csv", "a,b\n1,\"2\n"),
            ("a.toml", "a = = 1"),
            ("a.mfd", "<a><b></a>"),
        ] {
            assert!(find(Form::of(name), text).is_err(), "{text}");
        }
    }
}
