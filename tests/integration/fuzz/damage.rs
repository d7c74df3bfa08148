//! What is done to the files: to their names, their bytes and their JSON.

use std::fs;
use std::io::Write;
use std::path::Path;

use fastrand::Rng;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Map, Value, json};
use walkdir::WalkDir;

use super::files::Tree;
use crate::support::names;

/// Texts that mean something to a terminal, a parser or a shell.
const HOSTILE: [&str; 16] = [
    "",
    "\u{0}\u{7}\u{1b}[2J",
    "\u{202e}gnp\u{2066}",
    "\u{fffe}\u{ffff}\u{feff}",
    "\u{1b}]8;;https://evil.test\u{1b}\\x",
    "</script><script>alert(1)</script>",
    "]]>&amp;<!--",
    "{principal.name} {{0}} %s ${HOME} $(id) `id`",
    "../../../etc/passwd",
    "a\r\nb\u{2028}c\u{85}d",
    "\"'\\,;|\t=1+1",
    "9223372036854775808",
    "-0.0e-400",
    "2024-02-30T25:61:61Z",
    "Admin",
    "null",
];

fn text(rng: &mut Rng) -> String {
    match rng.u8(0..10) {
        0..5 => rng.choice(HOSTILE).unwrap().to_owned(),
        5..8 => rng.choice(names::OURS).unwrap().to_owned(),
        8 => "long ".repeat(rng.usize(1..30_000)),
        _ => (0..rng.usize(1..20)).map(|_| rng.char(..)).collect(),
    }
}

/// Damages one file, or the set of them.
pub(super) fn damage(tree: &mut Tree, rng: &mut Rng) {
    let names: Vec<String> = tree.keys().cloned().collect();
    let Some(name) = rng.choice(&names).cloned() else { return };
    match rng.u8(0..20) {
        0 => drop(tree.remove(&name)),
        1 => {
            let other = rng.choice(&names).cloned().unwrap();
            let bytes = tree[&name].clone();
            tree.insert(other, bytes);
        }
        2 => {
            let bytes = tree.remove(&name).unwrap();
            tree.insert(renamed(&name, rng), bytes);
        }
        3..8 => {
            let bytes = tree.get_mut(&name).unwrap();
            damage_bytes(bytes, rng);
        }
        _ => {
            let bytes = tree.get_mut(&name).unwrap();
            match serde_json::from_slice::<Value>(bytes) {
                Ok(mut value) => {
                    for _ in 0..rng.usize(1..6) {
                        damage_value(&mut value, rng);
                    }
                    *bytes = value.to_string().into_bytes();
                }
                Err(_) => damage_words(bytes, rng),
            }
        }
    }
}

/// The name of another page, of a compressed file, or of another kind of file.
fn renamed(name: &str, rng: &mut Rng) -> String {
    match rng.u8(0..6) {
        0 => name.replace(".json", ".1.json"),
        1 => format!("{name}.gz"),
        2 => name.replace(".json", ".csv"),
        3 => name.replace(".json", ".jsonl"),
        4 => format!("{}/users.json", name.split('/').next().unwrap_or("export")),
        _ => format!("{name}/{}.json", rng.u32(..)),
    }
}

fn damage_bytes(bytes: &mut Vec<u8>, rng: &mut Rng) {
    let at = rng.usize(0..=bytes.len());
    match rng.u8(0..9) {
        0 => bytes.truncate(at),
        1 => {
            for _ in 0..rng.usize(1..8) {
                let at = rng.usize(0..bytes.len().max(1));
                if let Some(byte) = bytes.get_mut(at) {
                    *byte = rng.u8(..);
                }
            }
        }
        2 => drop(bytes.splice(at..at, text(rng).into_bytes())),
        3 => {
            let end = (at + rng.usize(0..200)).min(bytes.len());
            let part: Vec<u8> = bytes[at..end].to_vec();
            drop(bytes.splice(at..at, part.repeat(rng.usize(1..50))));
        }
        4 => drop(bytes.splice(at..(at + rng.usize(0..60)).min(bytes.len()), [])),
        5 => {
            let mut out = GzEncoder::new(Vec::new(), Compression::fast());
            out.write_all(bytes).unwrap();
            *bytes = out.finish().unwrap();
        }
        6 => *bytes = String::from_utf8_lossy(bytes).encode_utf16().flat_map(u16::to_le_bytes).collect(),
        7 => drop(bytes.splice(at..at, "[{\"a\":".repeat(rng.usize(1..4_000)).into_bytes())),
        _ => drop(bytes.splice(0..0, [0xef, 0xbb, 0xbf])),
    }
}

/// Replaces a word of a file that is no JSON, or a whole line of it.
fn damage_words(bytes: &mut Vec<u8>, rng: &mut Rng) {
    let whole = String::from_utf8_lossy(bytes).into_owned();
    let words: Vec<&str> =
        whole.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let Some(word) = rng.choice(&words).copied() else { return };
    let with = if rng.bool() { text(rng) } else { (*rng.choice(&words).unwrap()).to_owned() };
    *bytes = if rng.bool() { whole.replace(word, &with) } else { whole.replacen(word, &with, 1) }.into_bytes();
}

/// Changes one value somewhere inside.
fn damage_value(value: &mut Value, rng: &mut Rng) {
    let deeper = rng.u8(0..5) > 0;
    match value {
        Value::Array(items) if deeper && !items.is_empty() => {
            let index = rng.usize(0..items.len());
            match rng.u8(0..8) {
                0 => drop(items.remove(index)),
                1 => items.extend(items.get(index).cloned()),
                2 => items.swap(index, 0),
                _ => damage_value(&mut items[index], rng),
            }
        }
        Value::Object(members) if deeper && !members.is_empty() => {
            let keys: Vec<String> = members.keys().cloned().collect();
            let key = rng.choice(&keys).unwrap();
            match rng.u8(0..8) {
                0 => drop(members.remove(key)),
                1 => drop(members.insert(text(rng), Value::Bool(rng.bool()))),
                2 => {
                    let moved = members.remove(key).unwrap();
                    members.insert(text(rng), moved);
                }
                _ => damage_value(members.get_mut(key).unwrap(), rng),
            }
        }
        _ => *value = other(rng, value),
    }
}

/// A value in the place of another.
fn other(rng: &mut Rng, old: &Value) -> Value {
    match rng.u8(0..12) {
        0 => Value::Null,
        1 => json!(rng.bool()),
        2 => json!(rng.i64(..)),
        3 => json!(u64::MAX),
        4 => json!(rng.f64() * 1e300),
        5 => json!([old, old]),
        6 => json!({ "id": old, "name": text(rng) }),
        7 => Value::Object(Map::new()),
        8 => (0..rng.usize(1..200)).fold(old.clone(), |inner, _| json!([inner])),
        9 => json!(old.to_string()),
        _ => json!(text(rng)),
    }
}

/// Damages what only a file system can hold.
pub(super) fn damage_folder(root: &Path, rng: &mut Rng) {
    if rng.u8(0..8) > 0 {
        return;
    }
    let files: Vec<_> = WalkDir::new(root).into_iter().flatten().filter(|entry| entry.file_type().is_file()).collect();
    let Some(file) = rng.choice(&files) else { return };
    let path = file.path();
    match rng.u8(0..4) {
        0 => drop(fs::remove_file(path).and_then(|()| fs::create_dir(path))),
        #[cfg(unix)]
        1 => {
            let targets = ["/dev/zero", "/etc/passwd", "/proc/self/environ", "users.json", ".", "nowhere"];
            let target = *rng.choice(&targets).unwrap();
            drop(fs::remove_file(path).and_then(|()| std::os::unix::fs::symlink(target, path)));
        }
        #[cfg(unix)]
        2 => {
            drop(fs::remove_file(path));
            drop(std::process::Command::new("mkfifo").arg(path).status());
        }
        _ => drop(fs::write(path, b"")),
    }
}

/// Damages what an earlier command of the same case wrote.
pub(super) fn damage_results(root: &Path, rng: &mut Rng) {
    let path = root.join("saved.json");
    let Ok(mut bytes) = fs::read(&path) else { return };
    if let (Ok(mut value), true) = (serde_json::from_slice::<Value>(&bytes), rng.u8(0..4) > 0) {
        for _ in 0..rng.usize(0..4) {
            damage_value(&mut value, rng);
        }
        bytes = value.to_string().into_bytes();
    } else {
        damage_bytes(&mut bytes, rng);
    }
    fs::write(path, bytes).unwrap();
}
