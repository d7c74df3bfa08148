//! Exports made of a fixture by small edits, as `tests/gate/pairs.toml` writes them down.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use cutover_export::collect::{Content, Folder, Input};
use serde::Deserialize;
use serde_json::Value;
use walkdir::WalkDir;

/// The files of an export, by name.
pub(crate) type Files = BTreeMap<String, String>;

/// One edit. `file` may hold `*` for any part of a name: then it is made in every file that it fits.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Edit {
    pub file: String,
    /// Takes the file away.
    #[serde(default)]
    delete: bool,
    /// Gives the file another name.
    rename: Option<String>,
    /// Makes a file of this text.
    text: Option<String>,
    /// Writes the result to another file, and leaves this one.
    copy: Option<String>,
    /// Adds to the end.
    append: Option<String>,
    /// Replaces a text everywhere.
    from: Option<String>,
    with: Option<String>,
    /// Takes the lines away that hold this text, and that one if it is given.
    without_line: Option<String>,
    and: Option<String>,
    /// Writes the records in the opposite order, on one line.
    #[serde(default)]
    compact: bool,
    /// Sets the value at a JSON pointer. The id beside a name goes.
    at: Option<String>,
    to: Option<Value>,
    /// Sets members of the record with this id, project or app name.
    user: Option<u64>,
    project: Option<u64>,
    at_name: Option<String>,
    set: Option<serde_json::Map<String, Value>>,
    /// Adds a record.
    push: Option<Value>,
    /// Takes the record with this id, or this owner, away.
    without: Option<u64>,
    without_owner: Option<String>,
    /// Puts a secret into the first record.
    #[serde(default)]
    secret: bool,
    /// Whether it is no mistake that nothing is edited.
    #[serde(default)]
    if_there: bool,
}

/// The files of a fixture.
pub(crate) fn files(root: &Path) -> Files {
    let entries = WalkDir::new(root).into_iter().map(Result::unwrap).filter(|entry| entry.file_type().is_file());
    let file = |entry: walkdir::DirEntry| {
        let name = entry.path().strip_prefix(root).unwrap().to_str().unwrap().to_owned();
        (name, fs::read_to_string(entry.path()).unwrap())
    };
    entries.map(file).collect()
}

/// The files as a folder to read.
pub(crate) fn folder(prefix: &str, files: &Files) -> Folder {
    let input = |(name, text): (&String, &String)| Input {
        name: name.clone(),
        path: format!("{prefix}/{name}"),
        content: Content::Bytes(text.clone().into_bytes()),
    };
    Folder { inputs: files.iter().map(input).collect(), faults: Vec::new() }
}

/// Makes an edit.
pub(crate) fn apply(files: &mut Files, edit: &Edit) {
    if let Some(text) = &edit.text {
        files.insert(edit.file.clone(), text.clone());
        return;
    }
    let pattern = globset::Glob::new(&edit.file).unwrap().compile_matcher();
    let names: Vec<String> = files.keys().filter(|name| pattern.is_match(name)).cloned().collect();
    let mut edited = edit.if_there;
    for name in names {
        let text = files.remove(&name).unwrap();
        if edit.delete {
            edited = true;
            continue;
        }
        if let Some(other) = &edit.rename {
            files.insert(other.clone(), text);
            edited = true;
            continue;
        }
        let after = changed(&text, edit);
        edited |= after != text;
        match &edit.copy {
            Some(copy) => {
                files.insert(copy.clone(), after);
                files.insert(name, text);
            }
            None => {
                files.insert(name, after);
            }
        }
    }
    assert!(edited, "nothing is edited by {edit:?}");
}

fn changed(text: &str, edit: &Edit) -> String {
    if let Some(more) = &edit.append {
        return format!("{text}{more}");
    }
    if let (Some(from), Some(with)) = (&edit.from, &edit.with) {
        return text.replace(from, with);
    }
    if let Some(word) = &edit.without_line {
        let and = edit.and.as_deref().unwrap_or_default();
        return text.split_inclusive('\n').filter(|line| !(line.contains(word) && line.contains(and))).collect();
    }
    let mut document: Value = serde_json::from_str(text).unwrap();
    if let (Some(pointer), Some(value)) = (&edit.at, &edit.to) {
        *document.pointer_mut(pointer).unwrap() = value.clone();
        if let Some(named) = pointer.strip_suffix("/name") {
            document.pointer_mut(named).unwrap().as_object_mut().unwrap().remove("id");
        }
        return document.to_string();
    }
    let rows = match &mut document {
        Value::Object(envelope) => envelope.get_mut("data").unwrap().as_array_mut().unwrap(),
        rows => rows.as_array_mut().unwrap(),
    };
    if edit.compact {
        rows.reverse();
    }
    if let Some(set) = &edit.set {
        let is_it = |row: &Value| {
            edit.user.is_some_and(|id| row["id"] == id)
                || edit.project.is_some_and(|id| row["project_id"] == id)
                || edit.at_name.as_ref().is_some_and(|name| row["developer_app"]["name"] == name.as_str())
        };
        for row in rows.iter_mut().filter(|row| is_it(row)) {
            row.as_object_mut().unwrap().extend(set.clone());
        }
    }
    rows.extend(edit.push.clone());
    rows.retain(|row| edit.without.is_none_or(|id| row["id"] != id));
    rows.retain(|row| edit.without_owner.as_ref().is_none_or(|id| row["owned_by_user_id"] != id.as_str()));
    if edit.secret {
        rows[0]["client_secret"] = "5aF1q9ZkR2mT8vX4bN7c".into();
    }
    document.to_string()
}
