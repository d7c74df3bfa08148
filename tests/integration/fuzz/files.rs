//! The inputs that are damaged: fixtures, with files that decide and a pack.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use fastrand::Rng;
use walkdir::WalkDir;

/// Files by path. The exports are `export`, `before` and `after`; beside them lie a pack, waivers and a map.
pub(super) type Tree = BTreeMap<String, Vec<u8>>;

fn add(tree: &mut Tree, root: &Path, to: &str) {
    for entry in WalkDir::new(root).into_iter().map(Result::unwrap).filter(|entry| entry.file_type().is_file()) {
        let name = entry.path().strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/");
        tree.insert(format!("{to}/{name}"), fs::read(entry.path()).unwrap());
    }
}

/// A fixture as each of these sides, with decisions.
pub(super) fn tree(sides: &[&str], rng: &mut Rng) -> Tree {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let mut tree = Tree::new();
    let name = rng.choice(["kestrel/after", "kestrel/after", "minimal", "harborline", "brackwater"]).unwrap();
    for side in sides {
        let name = if (name, *side) == ("kestrel/after", "before") { "kestrel/before" } else { name };
        add(&mut tree, &fixtures.join(name), side);
    }
    let pack = Path::new(env!("CARGO_MANIFEST_DIR")).join("policies/controls");
    let mut controls: Vec<_> = WalkDir::new(pack)
        .into_iter()
        .map(Result::unwrap)
        .filter(|entry| entry.path().extension().is_some_and(|ending| ending == "cedar"))
        .map(walkdir::DirEntry::into_path)
        .collect();
    controls.sort();
    let control = rng.choice(&controls).unwrap();
    let own = fs::read(control).unwrap();
    tree.insert("pack/own.cedar".to_owned(), own.clone());
    let waiver = "[[waiver]]\ncontrol = \"DIR-01\"\nsubject = \"erp-bridge*\"\nreason = \"an audit\"\nowner = \"ann\"\n\
                  approver = \"bo\"\nexpires = 2024-12-31\n";
    tree.insert("waivers.toml".to_owned(), waiver.repeat(rng.usize(1..4)).into_bytes());
    tree.insert("map.toml".to_owned(), b"[[replacement]]\naccount = \"erp\"\napp = \"ERP Bridge\"\n".to_vec());
    if rng.u8(0..3) == 0 {
        tree.insert("export/p/own.cedar".to_owned(), own);
        let settings = "policies = [\"p\"]\n[options]\nfail_on = \"high\"\n[controls.\"INS-01\"]\nseverity = \"low\"\n";
        tree.insert("export/cutover.toml".to_owned(), settings.into());
    }
    tree
}

/// Writes the files below a folder.
pub(super) fn write(tree: &Tree, root: &Path) {
    for (name, bytes) in tree {
        let path = root.join(name);
        // A damaged name may make a folder of what is a file elsewhere.
        if path.parent().is_some_and(|parent| fs::create_dir_all(parent).is_ok()) {
            drop(fs::write(path, bytes));
        }
    }
}
