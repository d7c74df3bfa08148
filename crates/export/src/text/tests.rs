use std::fs;
use std::io::Write;
use std::path::Path;

use flate2::write::GzEncoder;
use tempfile::TempDir;

use super::*;
use crate::collect::{Folder, Input, folders};
use crate::{self as export, Export};

/// A list of users, each with a secret under a name that tells it.
fn users(count: usize) -> String {
    let user = |id: usize| {
        format!("{{\"id\": {id}, \"name\": \"Jörg {id}€\", \"client_secret\": \"s3cr3t-{id:08}-Zq9x\", \"pin\": {id}}}")
    };
    format!("[{}]", (0..count).map(user).collect::<Vec<_>>().join(",\n "))
}

fn on_disk(path: &Path) -> Export {
    export::read(folders(&[path.to_owned()]), &())
}

fn in_memory(name: &str, bytes: Vec<u8>) -> Export {
    let input = Input { name: name.to_owned(), path: name.to_owned(), content: collect::Content::Bytes(bytes) };
    export::read(vec![Folder { inputs: vec![input], faults: Vec::new() }], &())
}

/// Writes a file, and reads it both ways.
fn both(name: &str, bytes: &[u8]) -> (TempDir, Export, Export) {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join(name), bytes).unwrap();
    let read = on_disk(folder.path());
    (folder, read, in_memory(name, bytes.to_vec()))
}

fn packed(text: &str) -> Vec<u8> {
    let mut out = GzEncoder::new(Vec::new(), flate2::Compression::fast());
    out.write_all(text.as_bytes()).unwrap();
    out.finish().unwrap()
}

/// Every way in which a file can lie on a disk.
fn forms() -> Vec<(&'static str, Vec<u8>)> {
    let text = users(1_500);
    let marked = format!("\u{feff}{text}").into_bytes();
    let broken = format!("{}{{\"token\": \"s3cr3t-broken-Zq9x", text.strip_suffix(']').unwrap()).into_bytes();
    let mut garbled = text.clone().into_bytes();
    garbled.extend(b"\xff\xfe \"password\": \"s3cr3t-garbled-Zq9x\"");
    let plain = text.clone().into_bytes();
    let lines = text.replace("},\n", "}\n").replace(['[', ']'], "").into_bytes();
    vec![
        ("users.json", plain),
        ("users.json", marked),
        ("users.json.gz", packed(&text)),
        ("users.json", broken),
        ("users.json", garbled),
        ("users.jsonl", lines),
    ]
}

#[test]
fn what_lies_on_disk_answers_as_what_is_kept() {
    for (name, bytes) in forms() {
        let (_folder, read, kept) = both(name, &bytes);
        let (one, two) = (&read.documents[0], &kept.documents[0]);
        assert!(one.text.as_kept().is_none(), "{name}");
        let whole = two.text.as_kept().unwrap();
        assert_eq!((one.text.len(), &one.sha256), (whole.len(), &two.sha256));
        let mut text = one.text.open();
        for start in (0..whole.len()).step_by(3_001) {
            for length in [1, 17, 700, 40_000] {
                assert_eq!(
                    text.get(start..start + length),
                    whole.get(start..start + length),
                    "{name} {start} {length}"
                );
            }
        }
        let (mut one, mut two) = (one.open(), two.open());
        for record in (0..1_501).step_by(7) {
            for member in ["", "name", "client_secret", "nothing"] {
                assert_eq!(one.position(record, member), two.position(record, member), "{name} {record} {member}");
            }
        }
        for offset in (0..whole.len() + 2).step_by(997) {
            assert_eq!(one.text.line_column(offset), two.text.line_column(offset), "{name} {offset}");
        }
        let plain =
            |export: &Export| export.diagnostics.iter().map(|one| (one.code, one.message.clone())).collect::<Vec<_>>();
        assert_eq!(plain(&read), plain(&kept));
        assert!(!read.documents[0].text.has_changed());
    }
}

#[test]
fn no_secret_comes_back_from_disk() {
    for (name, bytes) in forms() {
        let (_folder, read, _) = both(name, &bytes);
        let document = &read.documents[0];
        let mut text = document.text.open();
        let whole = text.get(0..document.text.len()).unwrap().to_owned();
        assert!(!whole.contains("s3cr3t") && whole.contains("Jörg 7€"), "{name}");
        assert!(read.secrets.len() >= 1_500, "{name}");
        for (_, secret) in read.secrets.iter().step_by(50) {
            let span = secret.span.clone();
            assert_eq!(text.get(span.clone()).unwrap(), "*".repeat(span.len()), "{name}");
            assert!(!text.around(span.start - 10..span.start + 3).unwrap().1.contains("s3c"), "{name}");
        }
    }
}

#[test]
fn nothing_is_shown_of_a_file_that_is_not_what_it_was() {
    let text = users(1_500);
    let middle = text.len() / 2;
    let other = |text: &str| text.replacen("Jörg 7€", "Jürg 7€", 1).into_bytes();
    for (name, bytes, change) in [
        ("users.json", text.clone().into_bytes(), other(&text)),
        ("users.json", text.clone().into_bytes(), text.as_bytes()[..middle - 5].to_vec()),
        ("users.json", text.clone().into_bytes(), [text.as_bytes(), b" "].concat()),
        ("users.json.gz", packed(&text), packed(&text.replacen("Jörg 7€", "Jürg 7€", 1))),
    ] {
        let (folder, read, _) = both(name, &bytes);
        let document = &read.documents[0];
        let path = folder.path().join(name);
        let written = fs::metadata(&path).unwrap().modified().unwrap();
        fs::write(&path, change).unwrap();
        // Not even the time of writing tells it.
        fs::File::options().write(true).open(&path).unwrap().set_modified(written).unwrap();
        let mut text = document.text.open();
        assert_eq!(text.get(0..900), None);
        assert_eq!(text.get(20_000..20_001), None);
        assert_eq!(text.line_column(20_000), None);
        assert!(document.text.has_changed());
        let position = document.open().position(1_000, "name");
        assert_eq!((position.line, position.column, position.pointer.as_str()), (1, 1, "/1000"));
    }
}

#[test]
fn a_file_that_is_gone_or_was_touched_is_not_what_it_was() {
    let (folder, read, _) = both("users.json", users(10).as_bytes());
    let path = folder.path().join("users.json");
    fs::File::options().write(true).open(&path).unwrap().set_modified(std::time::SystemTime::UNIX_EPOCH).unwrap();
    assert_eq!(read.documents[0].text.open().get(0..5), None);
    let (folder, read, _) = both("users.json", users(10).as_bytes());
    fs::remove_file(folder.path().join("users.json")).unwrap();
    assert_eq!(read.documents[0].text.open().get(0..5), None);
    assert!(read.documents[0].text.has_changed());
}

#[test]
fn files_kept_by_hand_stay_in_memory() {
    let (_folder, read, _) = both("settings.toml", b"allow_user_installs = true\n");
    assert_eq!(read.documents[0].text.as_kept(), Some("allow_user_installs = true\n"));
}
