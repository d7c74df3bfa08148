//! Where results go: links stay links, modes stay, and nothing that is read or written elsewhere is overwritten.

use crate::support;
use std::fs::{self, File};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::{Command, Stdio};

use crate::support::{Run, Sandbox, TODAY};

fn link(sandbox: &Sandbox, target: &str, name: &str) {
    symlink(target, sandbox.path(name)).unwrap();
}

fn is_link(sandbox: &Sandbox, name: &str) -> bool {
    sandbox.path(name).symlink_metadata().unwrap().is_symlink()
}

fn mode(sandbox: &Sandbox, name: &str) -> u32 {
    sandbox.path(name).metadata().unwrap().permissions().mode() & 0o7777
}

fn set_mode(sandbox: &Sandbox, name: &str, mode: u32) {
    fs::set_permissions(sandbox.path(name), fs::Permissions::from_mode(mode)).unwrap();
}

/// Runs a line of the shell; `$0` is the program.
fn shell(sandbox: &Sandbox, line: &str) -> Option<i32> {
    let program = crate::support::program();
    let mut command = Command::new("sh");
    command.current_dir(sandbox.path("")).env_clear().env("PATH", std::env::var_os("PATH").unwrap());
    command.args(["-c", line]).arg(program).stderr(Stdio::null()).status().unwrap().code()
}

#[test]
fn a_link_stays_and_what_it_leads_to_is_written() {
    let sandbox = Sandbox::minimal();
    sandbox.write("far/old.json", "old").write("links/", "");
    link(&sandbox, "../far/old.json", "links/old");
    link(&sandbox, "links/old", "chain");
    link(&sandbox, "links", "folder");
    link(&sandbox, "../far/new.json", "links/new");
    for (path, result) in [("links/old", "far/old.json"), ("chain", "far/old.json"), ("folder/new", "far/new.json")] {
        sandbox.audit(&["-o", &format!("json={path}")]).exits(0);
        assert!(sandbox.read(result).starts_with('{'), "{path}");
        assert!(is_link(&sandbox, path) && !is_link(&sandbox, result), "{path}");
        sandbox.write("far/old.json", "old");
    }
    let here: Vec<_> = fs::read_dir(sandbox.path("links")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(here.len(), 2, "{here:?}");
    // A link that leads back to itself leads nowhere.
    link(&sandbox, "loop-2", "loop-1");
    link(&sandbox, "loop-1", "loop-2");
    sandbox.audit(&["-o", "json=loop-1"]).exits(2).says("cannot write `loop-1`: a link that leads back to itself");
    link(&sandbox, "nowhere/x", "dangling");
    sandbox.audit(&["-o", "json=dangling"]).exits(2).says("its folder does not exist");
}

#[test]
fn every_verb_that_writes_a_file_leaves_links_as_they_are() {
    let sandbox = Sandbox::minimal();
    sandbox.write("real/", "").write("real/cutover.toml", "").write("docs/", "").write("real/README.md", "old");
    link(&sandbox, "real/cutover.toml", "cutover.toml");
    sandbox.run(&["init", "--force"]).exits(0);
    assert!(is_link(&sandbox, "cutover.toml") && sandbox.read("real/cutover.toml").contains("fail_on"));
    link(&sandbox, "../real/README.md", "docs/README.md");
    sandbox.run(&["policy", "docs", "-o", "docs"]).exits(0);
    assert!(is_link(&sandbox, "docs/README.md") && sandbox.read("real/README.md").contains("DIR-01"));
    for name in ["one", "two"] {
        sandbox.audit(&["-o", &format!("json=real/{name}.json")]).exits(0);
    }
    link(&sandbox, "real/one.json", "baseline.json");
    sandbox.run(&["baseline", "update", "baseline.json", "real/two.json"]).exits(0);
    assert!(is_link(&sandbox, "baseline.json"));
    link(&sandbox, "real/plan.json", "plan.json");
    sandbox.run(&["plan", "export", "--as-of", TODAY, "-o", "json=plan.json"]);
    link(&sandbox, "real/graph.json", "graph.json");
    sandbox.run(&["graph", "export", "-o", "json=graph.json"]).exits(0);
    sandbox.run(&["report", "real/one.json", "-o", "csv=graph.json"]).exits(0);
    assert!(is_link(&sandbox, "plan.json") && is_link(&sandbox, "graph.json"));
    assert!(sandbox.read("real/graph.json").starts_with("control,"));
}

#[cfg(target_os = "linux")]
#[test]
fn a_link_to_standard_output_stays_and_the_result_goes_there() {
    let sandbox = Sandbox::minimal();
    sandbox.write("dev/", "");
    link(&sandbox, "/proc/self/fd/1", "dev/stdout");
    link(&sandbox, "dev/stdout", "twice");
    for path in ["dev/stdout", "twice"] {
        let line = format!("$0 audit export --as-of {TODAY} -o json={path} >out.txt");
        assert_eq!(shell(&sandbox, &line.replace("$0", "\"$0\"")), Some(0));
        let out = sandbox.read("out.txt");
        assert!(out.starts_with('{') && out.contains("}\nPASS  "), "{out}");
        assert!(is_link(&sandbox, path));
        // Through a pipe, too.
        assert_eq!(
            shell(&sandbox, &format!("\"$0\" audit export --as-of {TODAY} -o json={path} | cat >out.txt")),
            Some(0)
        );
        assert_eq!(sandbox.read("out.txt"), out);
    }
    // A descriptor that the shell opened is written to where it stands.
    let line = format!("exec 3>out.txt; echo before >&3; \"$0\" audit export --as-of {TODAY} -o json=/proc/self/fd/3");
    shell(&sandbox, &line);
    assert!(sandbox.read("out.txt").starts_with("before\n{"));
}

#[test]
fn a_replaced_file_keeps_its_mode_and_a_new_one_follows_the_mask() {
    for kept in [0o600, 0o640, 0o644, 0o666, 0o755] {
        let sandbox = Sandbox::minimal();
        sandbox.write("old.json", "old");
        set_mode(&sandbox, "old.json", kept);
        link(&sandbox, "old.json", "link");
        sandbox.audit(&["-o", "json=old.json"]).exits(0);
        assert_eq!(mode(&sandbox, "old.json"), kept);
        sandbox.audit(&["-o", "html=link"]).exits(0);
        assert_eq!(mode(&sandbox, "old.json"), kept);
    }
    for (mask, expected, folder) in
        [("022", 0o644, 0o755), ("077", 0o600, 0o700), ("027", 0o640, 0o750), ("002", 0o644, 0o755)]
    {
        let sandbox = Sandbox::minimal();
        let line = format!("umask {mask}; \"$0\" audit export --as-of {TODAY} -o json=new.json");
        assert_eq!(shell(&sandbox, &line), Some(0));
        assert_eq!(mode(&sandbox, "new.json"), expected, "{mask}");
        assert_eq!(shell(&sandbox, &format!("umask {mask}; \"$0\" scrub export copy")), Some(0));
        assert_eq!(mode(&sandbox, "copy"), folder, "{mask}");
        assert_eq!(shell(&sandbox, &format!("umask {mask}; \"$0\" scrub export/projects.json one.json")), Some(0));
        assert_eq!(mode(&sandbox, "one.json"), expected, "{mask}");
    }
}

#[test]
fn two_names_of_one_file_are_refused_before_anything_is_read() {
    let sandbox = Sandbox::minimal();
    sandbox.write("folder/", "").write("there", "old");
    link(&sandbox, ".", "here");
    link(&sandbox, "new", "to-new");
    link(&sandbox, "there", "to-there");
    fs::hard_link(sandbox.path("there"), sandbox.path("again")).unwrap();
    let absolute = sandbox.path("new").display().to_string();
    let pairs = [
        ("new", "./new"),
        ("new", "folder/../new"),
        ("here/new", "new"),
        ("new", "to-new"),
        ("new", &absolute),
        ("there", "./there"),
        ("there", "to-there"),
        ("there", "again"),
        ("here/here/there", "to-there"),
    ];
    for (one, two) in pairs {
        for (one, two) in [(one, two), (two, one)] {
            // Nothing could be read here: that comes later.
            let run = sandbox.run(&["audit", "folder", "-o", &format!("json={one}"), "-o", &format!("html={two}")]);
            run.exits(2).says("two formats cannot go into one file");
            let plan = ["plan", "folder", "-o", &format!("json={one}"), "-o", &format!("html={two}")];
            sandbox.run(&plan).exits(2).says("two formats cannot go into one file");
        }
        assert_eq!(sandbox.read("there"), "old");
        assert!(!sandbox.path("new").exists());
    }
    sandbox.audit(&["-o", "json=new", "-o", "html=folder/new", "-o", "sarif=new-2"]).exits(0);
}

#[test]
fn a_file_that_standard_output_goes_to_is_refused() {
    let sandbox = Sandbox::minimal();
    let into = |line: &str| shell(&sandbox, &line.replace("audit", &format!("\"$0\" audit export --as-of {TODAY}")));
    assert_eq!(into("audit -o json=out >out"), Some(2));
    assert_eq!(into("audit -o json=./out >>out"), Some(2));
    assert_eq!(into("audit -o json=other >out"), Some(0));
    assert_eq!(into("audit -o json=/dev/null >/dev/null"), Some(0));
}

/// Runs the program with an output that is read as well, by every name that it can have; nothing changes.
#[track_caller]
fn refuses(sandbox: &Sandbox, arguments: &[&str], input: &str) {
    let before = fs::read(sandbox.path(input)).unwrap();
    let _ = fs::remove_file(sandbox.path("by-link"));
    let _ = fs::remove_file(sandbox.path("by-name"));
    symlink(sandbox.path(input), sandbox.path("by-link")).unwrap();
    fs::hard_link(sandbox.path(input), sandbox.path("by-name")).unwrap();
    for path in [input, &format!("./{input}"), "by-link", "by-name"] {
        let output = format!("json={path}");
        let run: Run = sandbox.run(&[arguments, &["-o", &output]].concat());
        assert_eq!(run.code, Some(2), "{arguments:?} {output}\n{}", run.err);
        let run = run.says("cannot write `").says("give another path");
        assert!(!run.err.contains("panicked"));
        assert_eq!(fs::read(sandbox.path(input)).unwrap(), before, "{arguments:?} {output}");
        assert!(is_link(sandbox, "by-link"));
    }
}

#[test]
fn a_result_is_never_written_over_what_is_read() {
    let sandbox = Sandbox::minimal();
    sandbox.write("waivers.toml", "").write("house.toml", "").write("map.toml", "").write("what-if.toml", "");
    fs::copy(
        Path::new(env!("CARGO_MANIFEST_DIR")).join("policies/timelines/2024-01-29.toml"),
        sandbox.path("dates.toml"),
    )
    .unwrap();
    sandbox.run(&["policy", "new", "A-01", "--folder", "pack"]).exits(0);
    sandbox.audit(&["-o", "json=audit.json"]).exits(0);
    sandbox.run(&["plan", "export", "--as-of", TODAY, "-o", "json=plan.json"]);
    let audit = ["audit", "export", "--as-of", TODAY];
    let plan = ["plan", "export", "--as-of", TODAY];
    let with = |verb: [&'static str; 4], more: [&'static str; 2]| [verb.as_slice(), &more].concat();
    refuses(&sandbox, &audit, "export/projects.json");
    refuses(&sandbox, &audit, "export/users/14820377.json");
    refuses(&sandbox, &plan, "export/projects.json");
    refuses(&sandbox, &["graph", "export"], "export/projects.json");
    refuses(&sandbox, &["audit", "export/projects.json"], "export/projects.json");
    refuses(&sandbox, &with(audit, ["--waivers", "waivers.toml"]), "waivers.toml");
    refuses(&sandbox, &with(audit, ["--config", "house.toml"]), "house.toml");
    refuses(&sandbox, &with(audit, ["--timeline", "dates.toml"]), "dates.toml");
    refuses(&sandbox, &with(audit, ["--policies", "pack"]), "pack/A-01.cedar");
    refuses(&sandbox, &with(audit, ["--baseline", "audit.json"]), "audit.json");
    refuses(&sandbox, &with(plan, ["--config", "house.toml"]), "house.toml");
    refuses(&sandbox, &with(plan, ["--timeline", "dates.toml"]), "dates.toml");
    refuses(&sandbox, &with(plan, ["--map", "map.toml"]), "map.toml");
    refuses(&sandbox, &with(plan, ["--what-if", "what-if.toml"]), "what-if.toml");
    refuses(&sandbox, &with(plan, ["--policies", "pack"]), "pack/A-01.cedar");
    if sandbox.path("plan.json").exists() {
        refuses(&sandbox, &with(plan, ["--check", "plan.json"]), "plan.json");
    }
    refuses(&sandbox, &["report", "audit.json"], "audit.json");
    support::copy(&sandbox.path("export"), &sandbox.path("before"));
    refuses(&sandbox, &["gate", "before", "export", "--as-of", TODAY], "before/projects.json");
    refuses(&sandbox, &["gate", "before", "export", "--as-of", TODAY], "export/projects.json");
    // What an export brings along is a part of it.
    sandbox.write("export/waivers.toml", "").write("export/cutover.toml", "policies = [\"pack\"]\n");
    sandbox.run(&["policy", "new", "B-01", "--folder", "export/pack"]).exits(0);
    for name in ["waivers.toml", "cutover.toml", "pack/B-01.cedar", "pack/B-01.test.toml"] {
        refuses(&sandbox, &audit, &format!("export/{name}"));
    }
}

#[test]
fn what_is_read_from_standard_input_is_not_overwritten() {
    let sandbox = Sandbox::minimal();
    sandbox.audit(&["-o", "json=audit.json"]).exits(0);
    let before = sandbox.read("audit.json");
    let run = |arguments: &[&str]| {
        let mut command = Command::new(crate::support::program());
        command.current_dir(sandbox.path("")).args(arguments).stdout(Stdio::null()).stderr(Stdio::null());
        command.stdin(File::open(sandbox.path("audit.json")).unwrap()).status().unwrap().code()
    };
    assert_eq!(run(&["report", "-", "-o", "html=./audit.json"]), Some(2));
    assert_eq!(run(&["audit", "-", "-o", "html=audit.json"]), Some(2));
    assert_eq!(sandbox.read("audit.json"), before);
    assert_eq!(run(&["report", "-", "-o", "html=audit.html"]), Some(0));
}

#[test]
fn results_in_the_export_folder_are_written_again_and_take_no_name_of_the_export() {
    let sandbox = Sandbox::minimal();
    let results = ["json=export/result.json", "html=export/result.html", "markdown=export/result.md"];
    for _ in 0..2 {
        let outputs = results.iter().flat_map(|result| ["-o", result]);
        sandbox.audit(&outputs.collect::<Vec<_>>()).exits(0);
    }
    for name in ["webhooks.json", "users.2.json", "users/9.json", "waivers.toml", "cutover.toml", "our.cedar"] {
        let run = sandbox.audit(&["-o", &format!("json=export/{name}")]).exits(2);
        run.says("it is a part of the export, or would be read as one");
        assert!(!sandbox.path(&format!("export/{name}")).exists());
    }
    // Notes and hidden files are none of it.
    sandbox.write("export/notes.txt", "x").write("export/.cache/users.json", "x");
    sandbox.audit(&["-o", "text=export/notes.txt", "-o", "json=export/.cache/users.json"]).exits(0);
}

#[test]
fn a_baseline_replaces_itself_and_not_the_audit_that_it_is_made_from() {
    let sandbox = Sandbox::minimal();
    sandbox.audit(&["-o", "json=old.json", "-o", "html=x.html"]).exits(0);
    fs::copy(sandbox.path("old.json"), sandbox.path("new.json")).unwrap();
    let before = sandbox.read("new.json");
    for to in ["new.json", "./new.json"] {
        for verb in ["update", "prune"] {
            let run = sandbox.run(&["baseline", verb, "old.json", "new.json", "-o", to]).exits(2);
            run.says("it is read by this command");
        }
    }
    assert_eq!(sandbox.read("new.json"), before);
    sandbox.run(&["baseline", "update", "old.json", "new.json"]).exits(0);
    sandbox.run(&["baseline", "update", "old.json", "new.json", "-o", "old.json"]).exits(0);
}

#[test]
fn a_copy_without_secrets_never_lands_in_the_export() {
    let sandbox = Sandbox::minimal();
    link(&sandbox, "export", "link");
    link(&sandbox, "export/users", "deeper");
    for to in ["export/copy", "link/copy", "deeper/copy", "./export/../link/copy"] {
        sandbox.run(&["scrub", "export", to]).exits(2).says("is inside the export");
        sandbox.run(&["scrub", "link", to]).exits(2).says("is inside the export");
    }
    sandbox.run(&["scrub", "export/projects.json", "./export/projects.json"]).exits(2).says("already exists");
    sandbox.run(&["scrub", "export", "link"]).exits(2).says("already exists");
}

#[test]
fn what_cannot_be_written_to_standard_output_is_said_by_every_verb() {
    if !Path::new("/dev/full").exists() {
        return;
    }
    let verbs: [&[&str]; 18] = [
        &["help"],
        &["--help"],
        &["-h"],
        &["--version"],
        &["help", "audit"],
        &["audit", "--help"],
        &["policy", "help", "list"],
        &["man"],
        &["completions", "bash"],
        &["schema", "audit"],
        &["init", "-"],
        &["config"],
        &["policy", "list"],
        &["policy", "show", "DIR-01"],
        &["policy", "docs"],
        &["policy", "check"],
        &["graph", "export"],
        &["scrub", "export", "copy"],
    ];
    for verb in verbs {
        let sandbox = Sandbox::minimal();
        let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let mut command = Command::new(crate::support::program());
        command.current_dir(sandbox.path("")).env_clear().args(verb).stdout(full).stderr(Stdio::piped());
        let output = command.spawn().unwrap().wait_with_output().unwrap();
        let err = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{verb:?}: {err}");
        assert!(err.contains("cannot write to standard output: the disk is full"), "{verb:?}: {err}");
    }
}

#[test]
fn help_for_a_reader_that_went_away_is_no_error() {
    let sandbox = Sandbox::minimal();
    assert_eq!(shell(&sandbox, "{ \"$0\" help; echo $? >code; } | true"), Some(0));
    assert_eq!(sandbox.read("code"), "0\n");
}
