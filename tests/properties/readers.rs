//! No bytes make a reader panic, and nothing that was not read goes unsaid.
//!
//! The table below follows the convention of the JSON test suite: what every parser must accept (`y_`), what none may
//! (`n_`), and what each decides for itself (`i_`). Where `CUTOVER_JSON_TEST_SUITE` names a folder with the files of
//! that suite (`test_parsing` of nst/JSONTestSuite), they are read as well.

use std::sync::LazyLock;

use crate::support::company::{config, facts, folder, input, options, plain, untidy_company};
use cutover_analysis::audit::audit;
use cutover_export::collect::Folder;
use cutover_export::{self as export, Export};
use cutover_model::diagnostic::{Code, Level};
use cutover_model::result::audit::{Audit, Status, Summary};
use cutover_policy::pack::Pack;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

static PACK: LazyLock<Pack> = LazyLock::new(|| Pack::load(&[]).unwrap());

/// A name for every reader there is.
const NAMES: [&str; 22] = [
    "companies.json",
    "projects.json",
    "users.json",
    "users.jsonl",
    "users/7.json",
    "users_inactive.json",
    "project_users/1.json",
    "project_assignments/1.json",
    "project_tools/1.json",
    "permission_templates.json",
    "permission_templates/1.json",
    "permissions/company/1.json",
    "permissions/projects/1/2.json",
    "app_installations.json",
    "app_configurations.json",
    "manifests/a@1.json",
    "webhooks.json",
    "service_accounts.json",
    "notes.json",
    "service_accounts.csv",
    "template_assignments.csv",
    "api_activity/a.csv",
];
const BY_HAND: [&str; 3] = ["settings.toml", "reviews.toml", "export.toml"];

fn every_name() -> impl Iterator<Item = &'static str> {
    NAMES.into_iter().chain(BY_HAND)
}

fn is_json(name: &str) -> bool {
    name.ends_with(".json")
}

/// What a parser of JSON is to do with a text.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Must {
    /// Read it: there are so many records, of whatever worth.
    Read(usize),
    /// Say that it is broken.
    Refuse,
    /// Either, without a panic; what is not read is said.
    Decide,
}
use Must::{Decide, Read, Refuse};

const INPUTS: [(&str, &[u8], Must); 62] = [
    ("y_array_empty", b"[]", Read(0)),
    ("y_array_of_objects", b"[{\"id\": 1}, {\"id\": 2}]", Read(2)),
    ("y_array_mixed", b"[null, 1, \"1\", {}, [], true, -0.5e-3]", Read(7)),
    ("y_array_spaces", b" \t\r\n[ \n{\"id\":1}\t,\r{}  ]  \n", Read(2)),
    ("y_array_nested_in_time", b"[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]", Read(1)),
    ("y_object_empty", b"{}", Read(1)),
    ("y_object_one", b"{\"id\": 7}", Read(1)),
    ("y_object_escaped_key", b"{\"i\\u0064\": 7, \"\\u0000\": 1, \"\": 2}", Read(1)),
    ("y_object_long_name", b"[{\"id\": 7, \"nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn\": \"v\"}]", Read(1)),
    ("y_string_escapes", b"[{\"name\": \"\\\"\\\\\\/\\b\\f\\n\\r\\t\"}]", Read(1)),
    ("y_string_unicode", "[{\"name\": \"Ü 漢 🦀 \u{7f} \u{2028} \u{202e}\"}]".as_bytes(), Read(1)),
    ("y_string_surrogate_pair", b"[{\"name\": \"\\ud83e\\udd80\"}]", Read(1)),
    ("y_string_nul_escape", b"[{\"name\": \"a\\u0000b\"}]", Read(1)),
    ("y_string_noncharacter", b"[{\"name\": \"\\uFFFF\\uFDD0\"}]", Read(1)),
    ("y_number_forms", b"[0, -0, 1e5, 1E+2, 1.5e-7, 123456789]", Read(6)),
    ("y_number_64_bits", b"[{\"id\": 18446744073709551615}, {\"id\": 9223372036854775808}]", Read(2)),
    ("y_envelope", b"{\"data\": [{\"id\": \"1\"}, {\"id\": \"2\"}]}", Read(2)),
    ("y_keyed_by_id", b"{\"46\": {\"name\": \"a\"}, \"47\": {\"name\": \"b\"}}", Read(2)),
    ("n_nothing", b"", Refuse),
    ("n_spaces_only", b" \n \t\r\n", Refuse),
    ("n_array_trailing_comma", b"[{\"id\": 1},]", Refuse),
    ("n_array_leading_comma", b"[,{\"id\": 1}]", Refuse),
    ("n_array_double_comma", b"[1,,2]", Refuse),
    ("n_array_no_comma", b"[{\"id\": 1} {\"id\": 2}]", Refuse),
    ("n_array_unclosed", b"[{\"id\": 1}", Refuse),
    ("n_array_unclosed_comma", b"[{\"id\": 1},", Refuse),
    ("n_array_closed_twice", b"[{\"id\": 1}]]", Refuse),
    ("n_array_wrong_bracket", b"[{\"id\": 1}}", Refuse),
    ("n_array_star", b"[*]", Refuse),
    // Pages that were written one behind the other.
    ("n_array_twice", b"[{\"id\": 1}][{\"id\": 2}]", Read(2)),
    ("n_object_trailing_comma", b"{\"id\": 1,}", Refuse),
    ("n_object_unquoted_key", b"{id: 1}", Refuse),
    ("n_object_single_quotes", b"{'id': 1}", Refuse),
    ("n_object_no_colon", b"{\"id\" 1}", Refuse),
    ("n_object_two_colons", b"{\"id\":: 1}", Refuse),
    ("n_object_missing_value", b"{\"id\":}", Refuse),
    ("n_object_number_key", b"{1: 1}", Refuse),
    ("n_object_unclosed", b"{\"id\": 1", Refuse),
    ("n_object_trailing_text", b"{\"id\": 1} nonsense", Refuse),
    ("n_object_comment", b"{\"id\": 1 /* one */}", Refuse),
    ("n_string_unclosed", b"[{\"name\": \"a}]", Refuse),
    ("n_string_control", b"[{\"name\": \"a\x01b\"}]", Refuse),
    ("n_string_line_break", b"[{\"name\": \"a\nb\"}]", Refuse),
    ("n_string_bad_escape", b"[{\"name\": \"\\x41\"}]", Refuse),
    ("n_string_short_unicode_escape", b"[{\"name\": \"\\u00A\"}]", Refuse),
    ("n_number_leading_zero", b"[012]", Refuse),
    ("n_number_plus", b"[+1]", Refuse),
    ("n_number_dot", b"[1.]", Refuse),
    ("n_number_hexadecimal", b"[0x1F]", Refuse),
    ("n_number_nan", b"[NaN, Infinity]", Refuse),
    ("n_literal_case", b"[True]", Refuse),
    ("n_literal_cut", b"[nul]", Refuse),
    ("n_nul_byte", b"\x00", Refuse),
    ("n_not_utf8", b"[{\"name\": \"\xff\xfe\x80\"}]", Refuse),
    ("n_utf16", b"\xff\xfe[\x00]\x00", Refuse),
    ("n_page_of_html", b"<!doctype html><html><body>Sign in</body></html>", Refuse),
    ("i_mark_before", b"\xef\xbb\xbf[{\"id\": 1}]", Read(1)),
    ("i_mark_cut", b"\xef\xbb[]", Refuse),
    ("i_number_huge", b"[1e400]", Decide),
    ("i_member_huge", b"[{\"id\": 123456789012345678901234567890123456789012345678901234567890}]", Decide),
    ("i_lone_surrogate", b"[{\"name\": \"\\ud800\"}, {\"name\": \"\\udc00\\ud800\"}]", Decide),
    ("i_key_twice", b"[{\"id\": 1, \"id\": 2}, {\"n\": {\"a\": 1, \"a\": 1}}]", Decide),
];

/// Inputs too long to be written out.
fn long_inputs() -> Vec<(&'static str, Vec<u8>, Must)> {
    let deep = |open: &str, close: &str, times: usize| (open.repeat(times) + &close.repeat(times)).into_bytes();
    let elements: Vec<String> = (1..=5_000).map(|id| format!("{{\"id\": {id}}}")).collect();
    vec![
        ("n_brackets_100_000", deep("[", "", 100_000), Refuse),
        ("n_braces_20_000", deep("{\"a\":", "", 20_000), Refuse),
        ("n_brackets_and_braces_20_000", deep("[{\"\":", "", 20_000), Refuse),
        ("i_balanced_100_000", deep("[", "]", 100_000), Decide),
        ("i_nesting_500", deep("[{\"a\":", "}]", 500), Decide),
        ("i_nesting_128", deep("[", "]", 128), Decide),
        ("i_text_over_a_megabyte", format!("[{{\"name\": \"{}\"}}]", "a".repeat((1 << 20) + 1)).into_bytes(), Decide),
        ("i_digits_10_000", format!("[{{\"id\": {}}}]", "9".repeat(10_000)).into_bytes(), Decide),
        (
            "y_members_1_000",
            format!("[{{{}\"id\": 1}}]", (0..1_000).map(|n| format!("\"m{n}\": {n},")).collect::<String>())
                .into_bytes(),
            Read(1),
        ),
        ("y_elements_5_000", format!("[{}]", elements.join(",")).into_bytes(), Read(5_000)),
    ]
}

fn read(name: &str, bytes: &[u8]) -> Export {
    export::read(vec![folder(vec![input(name, bytes)])], &())
}

fn errors(export: &Export) -> usize {
    export.diagnostics.iter().filter(|diagnostic| diagnostic.code.level() == Level::Error).count()
}

/// Whether something at least as bad as a warning was said of the file.
fn is_said(export: &Export) -> bool {
    export.diagnostics.iter().any(|diagnostic| diagnostic.code.level() >= Level::Warning)
}

fn is_refused(export: &Export) -> bool {
    let lost = export.documents[0].broken || export.documents[0].skipped > 0;
    lost && errors(export) > 0
}

/// Reads a file under a name; whatever was lost must have been said.
fn check(what: &str, name: &str, bytes: &[u8]) -> Export {
    let export = read(name, bytes);
    let document = &export.documents[0];
    let lost = document.broken || document.skipped > 0;
    assert!(!lost || is_said(&export), "{what} as {name}: lost without a word");
    let nothing = document.records == 0 && !document.spans.is_empty() && export.secrets.is_empty();
    assert!(!nothing || is_said(&export), "{what} as {name}: nothing of it was read, without a word");
    export
}

/// Audits an export in which every file holds the same bytes.
fn audit_everywhere(bytes: &[u8]) {
    consistent(&run(folder(every_name().map(|name| input(name, bytes)).collect())));
}

#[test]
fn each_input_is_read_or_refused_by_every_reader_of_json() {
    let long = long_inputs();
    let all = INPUTS.iter().map(|(what, bytes, must)| (*what, *bytes, *must));
    for (what, bytes, must) in all.chain(long.iter().map(|(what, bytes, must)| (*what, bytes.as_slice(), *must))) {
        if bytes.len() < 10_000 {
            audit_everywhere(bytes);
        }
        for name in every_name() {
            let export = check(what, name, bytes);
            if !is_json(name) {
                continue;
            }
            let document = &export.documents[0];
            match must {
                Read(records) => {
                    let broken = export.diagnostics.iter().any(|diagnostic| diagnostic.code == Code::Syntax);
                    assert!(!broken, "{what} as {name}: {:?}", export.diagnostics);
                    // Some readers know no such record, or see another list in it; none loses one in silence.
                    let of_kind = document.records + document.skipped;
                    assert!(of_kind == records || is_said(&export), "{what} as {name}: {of_kind} records");
                }
                Refuse => assert!(is_refused(&export), "{what} as {name}: {:?}", export.diagnostics),
                Decide => {}
            }
        }
    }
}

#[test]
fn users_are_counted_as_they_stand() {
    let long = long_inputs();
    let all = INPUTS.iter().map(|(what, bytes, must)| (*what, *bytes, *must));
    for (what, bytes, must) in all.chain(long.iter().map(|(what, bytes, must)| (*what, bytes.as_slice(), *must))) {
        let Read(records) = must else { continue };
        let document = &read("users.json", bytes).documents[0];
        assert_eq!(document.records + document.skipped, records, "{what}");
    }
}

/// What a parser may decide for itself, decided: nothing is guessed.
#[test]
fn what_readers_disagree_about_is_left_out_and_said() {
    for (what, bytes, lost) in [
        ("half characters", b"[{\"id\": 1, \"name\": \"\\ud800\"}, {\"id\": 2}]".as_slice(), 1),
        ("a member twice", b"[{\"id\": 1, \"id\": 1}, {\"id\": 2}]", 1),
        ("a number beyond all bounds", b"[{\"id\": 1, \"n\": 1e400}, {\"id\": 2}]", 1),
    ] {
        let export = read("users.json", bytes);
        assert_eq!((export.documents[0].records, export.documents[0].skipped), (2 - lost, lost), "{what}");
        assert_eq!(errors(&export), lost, "{what}: {:?}", export.diagnostics);
    }
    // An id that does not fit costs the member, and a user without an id the record.
    let export = read("users.json", b"[{\"id\": 99999999999999999999, \"name\": \"a\"}]");
    assert_eq!((export.documents[0].records, export.documents[0].skipped), (0, 1));
    assert!(export.diagnostics.iter().any(|diagnostic| diagnostic.code == Code::Member), "{:?}", export.diagnostics);
}

/// Objects that name a member twice are JSON, and no record that could be relied on.
const AMBIGUOUS: [&str; 2] = ["y_object_duplicated_key.json", "y_object_duplicated_key_and_value.json"];

/// A lone text or number is JSON, and no export document.
fn is_document(bytes: &[u8]) -> bool {
    bytes.trim_ascii_start().first().is_some_and(|first| matches!(first, b'[' | b'{'))
}

#[test]
fn the_json_test_suite_is_read_and_refused_as_it_says() {
    let Some(suite) = std::env::var_os("CUTOVER_JSON_TEST_SUITE") else {
        eprintln!("CUTOVER_JSON_TEST_SUITE is not set: the suite was not read");
        return;
    };
    let (mut read_whole, mut no_document, mut refused, mut survived) = (0, 0, 0, 0);
    let mut files: Vec<_> = std::fs::read_dir(suite).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    for path in files {
        let what = path.file_name().unwrap().to_string_lossy().into_owned();
        let bytes = std::fs::read(&path).unwrap();
        audit_everywhere(&bytes);
        for name in every_name() {
            let export = check(&what, name, &bytes);
            if name != "users.json" {
                continue;
            }
            match what.split('_').next() {
                Some("y") if is_document(&bytes) && !AMBIGUOUS.contains(&what.as_str()) => {
                    let broken = export.documents[0].broken;
                    let syntax = export.diagnostics.iter().any(|diagnostic| diagnostic.code == Code::Syntax);
                    assert!(!broken && !syntax, "{what}: {:?}", export.diagnostics);
                    read_whole += 1;
                }
                Some(kind @ ("y" | "n")) => {
                    assert!(is_refused(&export), "{what}: {:?}", export.diagnostics);
                    *(if kind == "y" { &mut no_document } else { &mut refused }) += 1;
                }
                _ => survived += 1,
            }
        }
    }
    let counts = format!("{read_whole} read, {no_document} no export document, {refused} refused, {survived} decided");
    eprintln!("{counts}");
    assert!(read_whole > 80 && no_document < 12 && refused > 180 && survived > 30, "{counts}");
}

/// A page is known by its number, in its name or in a folder; the ids before it say what it is of.
#[test]
fn pages_do_not_change_what_a_file_is_of() {
    let user = br#"[{"id": 9, "name": "a", "email_address": "a@b.test"}]"#;
    for name in
        ["project_users/7.json", "project_users/7.2.json", "project_users/7/2.json", "project_users/7/users.2.json"]
    {
        let export = read(name, user);
        let of: Vec<u64> = export.companies[0].project_users.lists.iter().map(|list| list.project.0).collect();
        assert_eq!(of, [7], "{name}");
    }
    let tools = br#"{"tools": [{"name": "home", "user_access_level": {"id": 4}}]}"#;
    for name in ["permissions/projects/7/9.json", "permissions/projects/7/9.2.json", "permissions/projects/7/9/2.json"]
    {
        let export = read(name, tools);
        let of: Vec<_> =
            export.companies[0].permitted_tools.iter().map(|of| (of.of.project.unwrap().0, of.of.user.0)).collect();
        assert_eq!(of, [(7, 9)], "{name}");
    }
    let export = read("permissions/company/9.2.json", tools);
    assert_eq!(export.companies[0].permitted_tools[0].of.user.0, 9);
}

/// A page with a gap leaves the whole list open, whichever page it is.
#[test]
fn a_gap_in_one_page_is_a_gap_in_the_list() {
    let listed = |name: &str, bytes: &[u8]| {
        let files = vec![input("project_users/7.1.json", "[{\"id\": 9}]"), input(name, bytes)];
        let export = export::read(vec![folder(files)], &());
        export.companies[0].project_lists.len()
    };
    assert_eq!(listed("project_users/7.2.json", b"[{\"id\": 10}]"), 1);
    for gap in ["[{\"id\": 10}", "[{\"name\": \"nobody\"}]", "[{\"id\": null}]", "[\"10\"]", "", "{\"error\": \"no\"}"]
    {
        assert_eq!(listed("project_users/7.2.json", gap.as_bytes()), 0, "{gap}");
        assert_eq!(listed("project_users/8.json", gap.as_bytes()), 1, "{gap} of another project");
    }
}

/// What holds for every result, whatever went in.
fn consistent(audit: &Audit) {
    assert_eq!(audit.summary, Summary::count(&audit.violations, &audit.coverage));
    assert_eq!(audit.coverage.len(), PACK.controls.len());
    for (coverage, control) in audit.coverage.iter().zip(&PACK.controls) {
        assert_eq!(coverage.control, control.id);
        let own = || audit.violations.iter().filter(|violation| violation.control == coverage.control);
        assert_eq!(coverage.violations, own().map(|violation| violation.count).sum::<usize>(), "{}", control.id);
        assert!(coverage.violations <= coverage.facts && coverage.unknown <= coverage.facts, "{coverage:?}");
        let judged = control.unknown.is_some() || coverage.violations + coverage.unknown <= coverage.facts;
        assert!(judged, "a fact is either violated or unknown: {coverage:?}");
        let expected = match (coverage.facts, coverage.unknown) {
            (0, _) => coverage.status,
            // There may be more of them in a list that is not there.
            (_, 0) if coverage.status == Status::PartlyAssessed => {
                assert!(!coverage.missing.is_empty() && !coverage.hints.is_empty(), "{coverage:?}");
                Status::PartlyAssessed
            }
            (_, 0) => Status::Assessed,
            (facts, unknown) if facts == unknown => Status::NotAssessed,
            _ => Status::PartlyAssessed,
        };
        assert_eq!(coverage.status, expected, "{coverage:?}");
    }
    for violation in &audit.violations {
        assert!(violation.count > 0 && !violation.message.is_empty() && !violation.location.path.is_empty());
    }
    let places = audit.violations.iter().map(|violation| &violation.location);
    let said = audit.diagnostics.iter().filter_map(|diagnostic| diagnostic.location.as_ref());
    for place in places.chain(said) {
        assert!(place.line > 0 && place.column > 0, "{place:?}");
        if let Some(snippet) = &place.snippet {
            let marked = snippet.text.get(snippet.start..snippet.start + snippet.length);
            assert!(marked.is_some() || snippet.start <= snippet.text.len(), "{snippet:?}");
        }
    }
    for input in &audit.inputs {
        let of_file = |place: &cutover_model::result::Location| place.path == input.path;
        let said = audit.diagnostics.iter().any(|diagnostic| diagnostic.location.as_ref().is_some_and(of_file));
        assert!(input.skipped == 0 || said, "{input:?} lost records without a word");
    }
}

/// Bytes as they come, and bytes that look a little like what is expected.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let piece = select(
        &[
            "[",
            "]",
            "{",
            "}",
            ",",
            ":",
            "\"",
            "\\",
            "\n",
            "\r\n",
            " ",
            "\u{feff}",
            "null",
            "true",
            "-1",
            "7",
            "1e9",
            "\"id\":",
            "\"name\":",
            "\"data\":",
            "\"tools\":",
            "\"user_access_levels\":",
            "\"directory\"",
            "\"Admin\"",
            "\"client_secret\": \"hunter2hunter2\"",
            "Name,App Type\n",
            "Email,Project ID,Template\n",
            "a@b.test",
            "[[review]]\n",
            "subject = ",
            "2024-01-01",
            "= true",
            "\\u00",
            "\\ud800",
            "é",
            "\u{1f980}",
        ][..],
    );
    prop_oneof![
        1 => vec(any::<u8>(), 0..200),
        3 => vec(piece, 0..40).prop_map(|pieces| pieces.concat().into_bytes()),
    ]
}

/// What happens to the bytes of a good file.
#[derive(Debug, Clone)]
enum Damage {
    Cut(Index),
    Delete(Index, usize),
    Insert(Index, Vec<u8>),
    Flip(Index, u8),
    Repeat(Index, Index),
}

fn damage() -> impl Strategy<Value = Damage> {
    prop_oneof![
        any::<Index>().prop_map(Damage::Cut),
        (any::<Index>(), 1..20_usize).prop_map(|(at, length)| Damage::Delete(at, length)),
        (any::<Index>(), bytes()).prop_map(|(at, bytes)| Damage::Insert(at, bytes)),
        (any::<Index>(), any::<u8>()).prop_map(|(at, mask)| Damage::Flip(at, mask)),
        (any::<Index>(), any::<Index>()).prop_map(|(from, to)| Damage::Repeat(from, to)),
    ]
}

impl Damage {
    fn apply(&self, text: &mut Vec<u8>) {
        let place = |at: &Index, text: &[u8]| at.index(text.len() + 1);
        match self {
            Self::Cut(at) => text.truncate(place(at, text)),
            Self::Delete(at, length) => {
                let at = place(at, text);
                drop(text.drain(at..(at + length).min(text.len())));
            }
            Self::Insert(at, bytes) => {
                let at = place(at, text);
                text.splice(at..at, bytes.iter().copied());
            }
            Self::Flip(at, mask) => {
                let at = place(at, text);
                text.iter_mut().skip(at).take(1).for_each(|byte| *byte ^= mask);
            }
            Self::Repeat(from, to) => {
                let (one, two) = (place(from, text), place(to, text));
                let part = text[one.min(two)..one.max(two)].to_vec();
                text.extend(part);
            }
        }
    }
}

fn run(folder: Folder) -> Audit {
    audit(&export::read(vec![folder], &()), &PACK, &options()).unwrap()
}

proptest! {
    #![proptest_config(config(192))]

    #[test]
    fn no_bytes_make_a_reader_panic(bytes in bytes(), name in 0..NAMES.len() + BY_HAND.len()) {
        let export = check("bytes", every_name().nth(name).unwrap(), &bytes);
        consistent(&audit(&export, &PACK, &options()).unwrap());
    }
}

proptest! {
    #![proptest_config(config(96))]

    #[test]
    fn damaged_files_are_read_as_far_as_they_go(
        docs in untidy_company(),
        damages in vec((any::<Index>(), damage()), 1..6),
        packed: bool,
    ) {
        prop_assume!(!docs.is_empty());
        let mut files: Vec<(String, Vec<u8>)> = docs.iter().map(|doc| (doc.name(), doc.text().into_bytes())).collect();
        for (at, damage) in &damages {
            let at = at.index(files.len());
            if packed {
                // Damage to what is packed, not to what it packs.
                let level = ruzstd::encoding::CompressionLevel::Fastest;
                files[at].1 = ruzstd::encoding::compress_to_vec(files[at].1.as_slice(), level);
            }
            damage.apply(&mut files[at].1);
        }
        consistent(&run(folder(files.into_iter().map(|(name, bytes)| input(name, bytes)).collect())));
    }

    #[test]
    fn untidy_companies_give_consistent_results(docs in untidy_company()) {
        let audit = run(plain(&docs));
        consistent(&audit);
        let facts = facts(&PACK, plain(&docs));
        let counted: usize = facts.tables.values().map(cutover_policy::facts::Table::len).sum();
        prop_assert!(audit.coverage.iter().all(|coverage| coverage.facts <= counted));
    }
}

proptest! {
    #![proptest_config(config(24))]

    /// What a caller meant for one kind is given to another.
    #[test]
    fn files_under_the_name_of_another_kind_are_told_or_read(docs in untidy_company(), at: Index, name in select(&NAMES[..])) {
        prop_assume!(!docs.is_empty());
        check("another kind", name, at.get(&docs).text().as_bytes());
    }
}
