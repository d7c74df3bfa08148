//! Secrets in the names of files and folders: a name is shown in every report, so they are taken out of it first.

use std::collections::BTreeSet;

use super::collect::{Folder, Input};
use cutover_model::diagnostic::{Code, Diagnostic, Place};
use cutover_secrets::{self as secrets, MARK, Redacted};

/// Endings that are no part of what a name says.
const ENDINGS: [&str; 9] = [".gz", ".zst", ".json", ".jsonl", ".ndjson", ".csv", ".toml", ".mfd", ".xml"];

/// Takes what looks like a secret out of the names of a folder's files, and out of the paths that could not be listed.
/// Two files that would then have the same name are numbered, in the order of the inputs.
pub(super) fn redact(folder: &mut Folder, diagnostics: &mut Vec<Diagnostic>) {
    let mut taken = BTreeSet::new();
    for input in &mut folder.inputs {
        let Some(name) = redacted(&input.name) else { continue };
        let numbered = (2..).map(|number| name.replacen(MARK, &format!("[redacted {number}]"), 1));
        let free = std::iter::once(name.clone()).chain(numbered).find(|name| taken.insert(name.clone()));
        rename(input, free.unwrap_or(name));
        let message = "its name looks like a secret and is not shown: rename the file, and replace the secret";
        diagnostics.push(Diagnostic::new(Code::Secret, Place::Path(input.path.clone()), message));
    }
    for (path, _) in &mut folder.faults {
        *path = redacted(path).unwrap_or_else(|| std::mem::take(path));
    }
}

/// Gives an input another name. The part of its path that the user gave stays.
fn rename(input: &mut Input, name: String) {
    let given = input.path.len().saturating_sub(input.name.len());
    input.path = format!("{}{name}", input.path.get(..given).unwrap_or_default());
    input.name = name;
}

/// A path with a mark in the place of each secret; `None` when there is none.
fn redacted(path: &str) -> Option<String> {
    let parts: Vec<Option<String>> = path.split('/').map(redacted_part).collect();
    if parts.iter().all(Option::is_none) {
        return None;
    }
    let shown = path.split('/').zip(parts).map(|(part, redacted)| redacted.unwrap_or_else(|| part.to_owned()));
    Some(shown.collect::<Vec<_>>().join("/"))
}

fn redacted_part(part: &str) -> Option<String> {
    let mut stem = part;
    while let Some(shorter) = ENDINGS.iter().find_map(|ending| stem.strip_suffix(ending)) {
        stem = shorter;
    }
    // Ids are as long as bare secrets, and files are named by ids.
    let secrets = secrets::scan_text("", stem).into_iter().filter(|(_, kind)| *kind != secrets::BARE);
    let secrets: Vec<_> = secrets.map(|(range, _)| range).collect();
    (!secrets.is_empty()).then(|| Redacted::of(part, secrets).text)
}

#[cfg(test)]
mod tests {
    use super::super::collect::Content;
    use super::*;

    const TOKEN: &str = "ghp_16C7e42F292c6912E7710c838347Ae178B4a";

    fn names(of: &[&str]) -> (Vec<(String, String)>, usize) {
        let input = |name: &&str| Input {
            name: (*name).to_owned(),
            path: format!("export/{name}"),
            content: Content::Bytes(Vec::new()),
        };
        let mut folder = Folder { inputs: of.iter().map(input).collect(), faults: Vec::new() };
        let mut diagnostics = Vec::new();
        redact(&mut folder, &mut diagnostics);
        (folder.inputs.into_iter().map(|input| (input.name, input.path)).collect(), diagnostics.len())
    }

    #[test]
    fn a_token_in_a_name_is_taken_out_and_the_kind_is_still_told() {
        let (shown, said) = names(&[&format!("manifests/{TOKEN}.json"), "users.json"]);
        assert_eq!(shown[0], ("manifests/[redacted].json".to_owned(), "export/manifests/[redacted].json".to_owned()));
        assert_eq!((shown[1].0.as_str(), said), ("users.json", 1));
    }

    #[test]
    fn names_that_differ_in_a_secret_stay_apart() {
        let other = TOKEN.replace('A', "B");
        let (shown, _) = names(&[&format!("manifests/{TOKEN}.json"), &format!("manifests/{other}.json")]);
        assert_eq!(shown[1].0, "manifests/[redacted 2].json");
    }

    #[test]
    fn names_of_ids_and_versions_are_no_secrets() {
        let id = "0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0";
        for name in [
            "project_users/562949953508431.json",
            "manifests/erp-bridge@1.2.3.json",
            "api_activity/erp-bridge-7c1d90ea.csv",
            &format!("app_installations/{id}.json"),
            "users/3f2504e0-4f89-11d3-9a0c-0305e82c3301.json.gz",
            "credentials/production/app_builder_providers.json",
        ] {
            assert_eq!(names(&[name]).1, 0, "{name}");
        }
    }

    #[test]
    fn paths_that_could_not_be_listed_are_redacted_too() {
        let faults = vec![(format!("export/{TOKEN}/x"), "cannot be listed".to_owned())];
        let mut folder = Folder { inputs: Vec::new(), faults };
        redact(&mut folder, &mut Vec::new());
        assert_eq!(folder.faults[0].0, "export/[redacted]/x");
    }
}
