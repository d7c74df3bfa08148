//! Files as URIs, and the lines in them.

use std::collections::BTreeMap;

use serde_sarif::sarif::{Artifact, ArtifactContent, ArtifactLocation, PhysicalLocation, PropertyBag, Region};

use super::{number, wording};
use crate::relative::relative;
use cutover_model::result::audit::Input;
use cutover_model::result::{Location, Snippet};
use cutover_secrets as secrets;

/// The name for the folder that relative paths start from. Where that is, the reader of a result knows better.
pub(super) const BASE: &str = "%SRCROOT%";
/// What stands for a file when there is none.
const NOWHERE: &str = "export";

/// The files that were read, and what points into them.
#[derive(Debug)]
pub(super) struct Places<'a> {
    inputs: Vec<&'a Input>,
    indexes: BTreeMap<&'a str, i64>,
    /// The folders that may be the root of the repository.
    roots: &'a [String],
}

impl<'a> Places<'a> {
    /// Takes each file once, however often it was given.
    pub(super) fn new(all: &'a [Input], roots: &'a [String]) -> Self {
        let (mut inputs, mut indexes) = (Vec::new(), BTreeMap::new());
        for input in all {
            indexes.entry(input.path.as_str()).or_insert_with(|| {
                inputs.push(input);
                number(inputs.len() - 1)
            });
        }
        Self { inputs, indexes, roots }
    }

    /// The files, with what they are and a digest.
    pub(super) fn artifacts(&self) -> Vec<Artifact> {
        self.inputs.iter().map(|input| artifact(input, self.roots)).collect()
    }

    /// A file.
    pub(super) fn file(&self, path: &str) -> ArtifactLocation {
        ArtifactLocation { index: self.indexes.get(path).copied(), ..reference(relative(path, self.roots)) }
    }

    /// A place in a file, and the lines around it if they are known.
    pub(super) fn place(&self, place: &Location) -> PhysicalLocation {
        let mut region = Region {
            start_line: Some(number(place.line.max(1))),
            start_column: Some(number(place.column.max(1))),
            ..Region::default()
        };
        if let Some(marked) = place.snippet.as_ref().and_then(marked) {
            region.snippet = Some(content(marked));
            // What is cut, spelled out or redacted is not as long as it stands in the file.
            let verbatim = !marked.ends_with('…') && !marked.contains("\\u{") && !marked.contains(secrets::MARK);
            region.end_column = verbatim.then(|| number(place.column.max(1) + marked.chars().count()));
        }
        PhysicalLocation {
            artifact_location: Some(self.file(&place.path)),
            context_region: place.snippet.as_ref().and_then(|snippet| around(snippet, place.line.max(1), &region)),
            region: Some(region),
            ..PhysicalLocation::default()
        }
    }

    /// A place without its lines.
    pub(super) fn bare(&self, place: &Location) -> PhysicalLocation {
        self.place(&Location { snippet: None, ..place.clone() })
    }
}

fn artifact(input: &Input, roots: &[String]) -> Artifact {
    let mut location = reference(relative(&input.path, roots));
    if input.path.split('/').any(|segment| segment == "..") {
        location.description = Some(wording::message(&format!("Given as {}", input.path)));
    }
    let kind = input.kind.map(|kind| ("kind".to_owned(), kind.id().into()));
    let counts = [("records".to_owned(), input.records.into()), ("skipped".to_owned(), input.skipped.into())];
    Artifact {
        location: Some(location),
        hashes: (!input.sha256.is_empty()).then(|| BTreeMap::from([("sha-256".to_owned(), input.sha256.clone())])),
        roles: Some(vec!["analysisTarget".into()]),
        properties: Some(PropertyBag { tags: None, additional_properties: kind.into_iter().chain(counts).collect() }),
        ..Artifact::default()
    }
}

/// A path as a URI: relative to [`BASE`], or a `file` URI when it starts at the root.
fn reference(path: &str) -> ArtifactLocation {
    let (drive, rest) = path.split_once('/').filter(|(first, _)| is_drive(first)).unwrap_or(("", path));
    let mut segments = Vec::new();
    for segment in rest.split('/') {
        match segment {
            "" | "." => {}
            // No URI climbs out of where it starts.
            ".." => drop(segments.pop()),
            _ => segments.push(encode(segment)),
        }
    }
    let joined = segments.join("/");
    if !drive.is_empty() || path.starts_with('/') {
        let root = if drive.is_empty() { "file://".to_owned() } else { format!("file:///{drive}") };
        return ArtifactLocation { uri: Some(format!("{root}/{joined}")), ..ArtifactLocation::default() };
    }
    let uri = if joined.is_empty() { NOWHERE.to_owned() } else { joined };
    ArtifactLocation { uri: Some(uri), uri_base_id: Some(BASE.to_owned()), ..ArtifactLocation::default() }
}

/// `C:`, as paths begin on Windows.
fn is_drive(segment: &str) -> bool {
    matches!(segment.as_bytes(), [letter, b':'] if letter.is_ascii_alphabetic())
}

/// One segment of a path, everything but letters, digits and `-._~` percent-encoded.
fn encode(segment: &str) -> String {
    let mut out = String::with_capacity(segment.len());
    for byte in segment.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

fn content(text: &str) -> ArtifactContent {
    ArtifactContent { text: Some(text.to_owned()), ..ArtifactContent::default() }
}

fn marked(snippet: &Snippet) -> Option<&str> {
    snippet.text.get(snippet.start..snippet.start.checked_add(snippet.length)?).filter(|text| !text.is_empty())
}

/// The lines around a region. They must hold more than the region does.
fn around(snippet: &Snippet, line: usize, region: &Region) -> Option<Region> {
    let count = snippet.text.split('\n').count();
    let last = snippet.first_line.checked_add(count)?.checked_sub(1)?;
    let larger = count > 1 || region.end_column.is_some() || region.start_column > Some(1);
    let holds = snippet.first_line >= 1 && (snippet.first_line..=last).contains(&line);
    (larger && holds).then(|| Region {
        start_line: Some(number(snippet.first_line)),
        end_line: Some(number(last)),
        snippet: Some(content(&snippet.text)),
        ..Region::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uri(path: &str) -> String {
        reference(path).uri.unwrap()
    }

    #[test]
    fn relative_paths_stay_below_the_folder() {
        assert_eq!(uri("./a/b.json"), "a/b.json");
        assert_eq!(uri("../../a/../b.json"), "b.json");
        assert_eq!(uri(".."), NOWHERE);
        assert_eq!(uri(""), NOWHERE);
        assert_eq!(uri("-"), "-");
        assert_eq!(reference("a").uri_base_id.as_deref(), Some(BASE));
    }

    #[test]
    fn absolute_paths_are_file_uris_of_no_base() {
        assert_eq!(uri("/tmp/../etc/a b"), "file:///etc/a%20b");
        assert_eq!(uri("//host/share"), "file:///host/share");
        assert_eq!(uri("C:/../a"), "file:///C:/a");
        assert_eq!(reference("/a").uri_base_id, None);
    }

    #[test]
    fn nothing_in_a_name_means_anything() {
        assert_eq!(uri("a%SRCROOT%/%2e%2e/?q#f"), "a%25SRCROOT%25/%252e%252e/%3Fq%23f");
        assert_eq!(uri("javascript:alert(1)"), "javascript%3Aalert%281%29");
        assert_eq!(uri("é\u{1b}\u{202e}\\..\\x"), "%C3%A9%1B%E2%80%AE%5C..%5Cx");
    }

    #[test]
    fn a_region_is_as_long_as_what_is_marked() {
        let places = Places::new(&[], &[]);
        let snippet = |text: &str, start, length| Some(Snippet { text: text.to_owned(), first_line: 4, start, length });
        let at = |snippet| Location { path: "a".to_owned(), line: 5, column: 3, pointer: String::new(), snippet };
        let place = places.place(&at(snippet("one\n  \"é\": 1\n}", 6, 4)));
        let (region, context) = (place.region.unwrap(), place.context_region.unwrap());
        assert_eq!((region.start_column, region.end_column), (Some(3), Some(6)));
        assert_eq!(region.snippet.unwrap().text.as_deref(), Some("\"é\""));
        assert_eq!((context.start_line, context.end_line), (Some(4), Some(6)));

        let cut = places.place(&at(snippet("one\n  \"é…", 6, 6)));
        assert_eq!(cut.region.unwrap().end_column, None);
        let elsewhere = places.place(&at(snippet("one", 2, 99)));
        assert_eq!(elsewhere.region.unwrap().snippet, None);
        assert_eq!(elsewhere.context_region, None);
    }
}
