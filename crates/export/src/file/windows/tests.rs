//! A file gives in windows what it gives as a whole.

use std::io::Write;

use proptest::prelude::*;

use super::*;
use crate::collect::Buffers;

/// What a file gives, in a form that can be compared.
fn described(mut read: FileRead<Text>, interner: Arc<UserInterner>) -> String {
    read.records.project_users.settle(Arc::into_inner(interner).unwrap());
    let document = &read.document;
    let text = document.text.open().get(0..document.text.len()).map(str::to_owned);
    let mut diagnostics = read.diagnostics.clone();
    diagnostics.sort();
    let listed = &read.records.project_users;
    let members: Vec<_> =
        listed.lists.iter().flat_map(|list| list.members.iter().map(move |member| (list.project, *member))).collect();
    let facts = (&document.kind, &document.layout, &document.spans, document.loose_from, document.records);
    let state = (document.skipped, document.broken, &document.sha256, &read.secrets, diagnostics, text);
    let records = (&read.records.users, &read.records.incomplete, &read.records.present, &read.records.project_gaps);
    format!(
        "{facts:#?}{state:#?}{records:#?}{members:#?}{:#?}{:#?}{:?}",
        listed.templates,
        listed.people,
        read.same.len()
    )
}

fn whole(name: &str, text: &str) -> String {
    let content = Content::Bytes(text.as_bytes().to_vec());
    let interner = Arc::new(UserInterner::new());
    let input = Input { name: name.to_owned(), path: name.to_owned(), content };
    described(super::super::read(3, input, None, &interner, &Buffers::default()), interner)
}

/// What windows of this size give; `None` when they leave the file to the other way.
fn windowed(name: &str, text: &str, size: usize) -> Option<String> {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    let path = file.path().to_owned();
    let input = Input { name: name.to_owned(), path: name.to_owned(), content: Content::File { path, folder: None } };
    let interner = Arc::new(UserInterner::new());
    let read = in_windows(3, &input, None, &interner, size)?;
    Some(described(read, interner))
}

fn agree(name: &str, text: &str) {
    let expected = whole(name, text);
    for size in [64, 65, 71, 100, 257, 1 << 20] {
        let read = windowed(name, text, size);
        assert_eq!(read.as_ref(), Some(&expected), "{name} in windows of {size}");
    }
}

/// Records of which each has something that could lead a reader astray at a border.
fn records(many: u64) -> Vec<String> {
    let texts = ["}, {", "] } \\\" , [", "é€😀", "\\\\", "x\\u005b", "a, b: [1]"];
    let record = |id: u64, text: &str| {
        format!(
            r#"{{"id": {id}, "name": "{text}", "notes": [{{"id": {id}}}, {{"id": "{text}"}}], "permission_template": {{"id": {}, "name": "t"}}}}"#,
            id % 3
        )
    };
    (0..many).zip(texts.iter().cycle()).map(|(id, text)| record(id, text)).collect()
}

#[test]
fn records_that_cross_borders_are_read_as_in_a_whole_file() {
    let all = records(60);
    for between in [",", ", ", ",\n", "\n ,\r\n\t"] {
        agree("users.json", &format!(" [{}]\n", all.join(between)));
        agree("project_users/7.json", &format!("[\n{}\n]", all.join(between)));
        agree("users.json", &format!(r#"{{"data": [{}], "total": 60, "token": "hunter2"}}"#, all.join(between)));
    }
    agree("users.jsonl", &all.join("\n"));
    agree("users.ndjson", &format!("\n{}\r\n\r\n", all.join("\r\n")));
}

#[test]
fn what_is_wrong_with_a_record_is_told_as_in_a_whole_file() {
    let mut all = records(40);
    all.insert(7, r#"{"id": 900, "client_secret": "hunter2", "is_active": 7}"#.to_owned());
    all.insert(19, r#"{"id": 901, "id": 902}"#.to_owned());
    all.insert(30, r#"{"id": 903, "name": "\ud800"}"#.to_owned());
    all.push(r#"{"id": 904, "password": 12345678}"#.to_owned());
    all.push(r#"{"name": "nobody"}"#.to_owned());
    agree("users.json", &format!("[{}]", all.join(",\n")));
    agree("project_users/7.json", &format!("[{}]", all.join(",\n")));
    all.insert(12, r#"{"id": 905, "client_secret": "hunter3""#.to_owned());
    all.insert(13, "token = abcdef0123456789".to_owned());
    all.push("{".to_owned());
    agree("users.jsonl", &all.join("\n"));
}

#[test]
fn a_file_that_takes_the_sight_of_all_of_it_is_left_to_the_other_way() {
    let list = records(20).join(",");
    for text in [
        format!("[{list}"),
        format!("[{list},]"),
        format!("[{list}] 7"),
        format!("[{list}, {{\"id\": }}, {list}]"),
        format!("[{list}, 7, {list}]"),
        format!("{{\"data\": [{list}], \"data\": []}}"),
        format!("{{\"total\": 20, \"data\": [{list}]}}"),
        format!("{{\"a\": [{list}]}}"),
    ] {
        for size in [64, 300, 1 << 20] {
            assert_eq!(windowed("users.json", &text, size), None, "{text}");
        }
    }
}

proptest! {
    #[test]
    fn windows_of_any_size_give_the_same(
        size in 64..2000_usize,
        picks in prop::collection::vec(0..80_usize, 1..60),
        between in prop::sample::select(vec![",", ",\n", " , "]),
        lines: bool,
    ) {
        let pool = records(80);
        let all: Vec<&str> = picks.iter().filter_map(|pick| pool.get(*pick).map(String::as_str)).collect();
        let (name, text) =
            if lines { ("users.jsonl", all.join("\n")) } else { ("users.json", format!("[{}]", all.join(between))) };
        prop_assert_eq!(windowed(name, &text, size), Some(whole(name, &text)));
    }
}
