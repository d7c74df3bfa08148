//! Input that comes but once, or changes meanwhile; output that finds no room; and being told to stop.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::support::{Run, Sandbox, TODAY, administrator, user};

/// Makes a named pipe.
fn pipe(sandbox: &Sandbox, name: &str) {
    assert!(Command::new("mkfifo").arg(sandbox.path(name)).status().unwrap().success());
}

/// Starts an audit; what it is given on standard input comes from this file.
fn start(sandbox: &Sandbox, arguments: &[&str], input: Stdio) -> Child {
    let mut command = Command::new(crate::support::program());
    command.current_dir(sandbox.path("")).env_clear().args(["audit", "--as-of", TODAY]).args(arguments);
    command.stdin(input).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

fn end(child: Child) -> Run {
    let output = child.wait_with_output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Run { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}

fn signal(child: &Child, name: &str) {
    let status = Command::new("kill").arg(format!("-{name}")).arg(child.id().to_string()).status();
    assert!(status.unwrap().success());
}

#[track_caller]
fn wait_until(what: impl Fn() -> bool) {
    let begun = Instant::now();
    while !what() {
        assert!(begun.elapsed() < Duration::from_secs(120), "it never came to that");
        thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_named_pipe_is_read_once_and_shown_like_a_file() {
    let sandbox = Sandbox::with(&administrator());
    let users = sandbox.read("export/users.json");
    let arguments = ["users.json", "export/permission_templates.json", "--format", "json"];
    sandbox.write("users.json", &users);
    let file = end(start(&sandbox, &arguments, Stdio::null())).exits(1);
    sandbox.remove("users.json");
    pipe(&sandbox, "users.json");
    let child = start(&sandbox, &arguments, Stdio::null());
    // Opening waits for the reader; there is one reader only, or the second would wait for ever.
    fs::write(sandbox.path("users.json"), &users).unwrap();
    let piped = end(child).exits(1);
    assert_eq!((piped.out, piped.err), (file.out.clone(), file.err));
    assert!(file.out.contains("\"snippet\"") && file.out.contains("users.json"));
}

#[test]
fn standard_input_has_a_path_too() {
    let sandbox = Sandbox::with(&administrator());
    sandbox.write("users.json", format!("[{}, {}]", user(1), user(2)));
    for path in ["/dev/stdin", "-"] {
        let input = File::open(sandbox.path("users.json")).unwrap();
        let run = end(start(&sandbox, &[path, "--format", "json", "--fail-on", "never"], input.into())).exits(0);
        assert_eq!(run.json()["inputs"][0]["path"], path);
        assert_eq!(run.json()["inputs"][0]["records"], 2);
        let mut child = start(&sandbox, &[path, "--format", "json", "--fail-on", "never"], Stdio::piped());
        child.stdin.take().unwrap().write_all(sandbox.read("users.json").as_bytes()).unwrap();
        assert_eq!(end(child).exits(0).json(), run.json());
    }
}

#[test]
fn a_pipe_among_the_files_of_an_export_is_told_and_not_waited_for() {
    let sandbox = Sandbox::minimal();
    pipe(&sandbox, "export/webhooks.json");
    let run = sandbox.audit(&["--format", "json"]).says("neither a file nor a folder");
    assert_eq!(run.diagnostics(), ["unreadable webhooks.json:1:1"]);
    sandbox.audit(&[]).exits(3);
}

#[test]
fn a_file_that_changes_while_it_is_read_is_not_used() {
    let sandbox = Sandbox::minimal();
    sandbox.write("export/users.2.json", format!("[{}]", " ".repeat(20 << 20)));
    let done = AtomicBool::new(false);
    let run = thread::scope(|scope| {
        scope.spawn(|| {
            let mut file = OpenOptions::new().append(true).open(sandbox.path("export/users.2.json")).unwrap();
            while !done.load(Ordering::Relaxed) {
                file.write_all(b" ").unwrap();
            }
        });
        let run = sandbox.audit(&["--format", "json"]);
        done.store(true, Ordering::Relaxed);
        run
    });
    run.exits(3).says("the file changed");
    sandbox.audit(&["--format", "json"]).exits(0);
}

#[test]
fn a_file_that_changes_after_it_was_read_is_not_shown() {
    let sandbox = Sandbox::with(&administrator());
    let users = sandbox.read("export/users.json");
    pipe(&sandbox, "projects.json");
    let arguments = ["export", "projects.json", "--format", "json", "--no-config"];
    let shown = |change: &dyn Fn()| {
        let child = start(&sandbox, &arguments, Stdio::null());
        // The folder is read beside the pipe: when somebody has opened the pipe, its few lines take no second.
        let mut pipe = OpenOptions::new().write(true).open(sandbox.path("projects.json")).unwrap();
        thread::sleep(Duration::from_secs(1));
        change();
        pipe.write_all(b"[]").unwrap();
        drop(pipe);
        end(child).exits(1)
    };
    let in_users = |run: &Run| {
        let all = run.json()["violations"].as_array().unwrap().clone();
        let places = all.into_iter().map(|one| one["location"].clone());
        let places: Vec<_> = places.filter(|place| place["path"] == "export/users.json").collect();
        assert!(!places.is_empty());
        places
    };
    let before = shown(&|| ());
    assert!(in_users(&before).iter().all(|place| place["snippet"].is_object()));
    let hostile = "s3cr3t".repeat(users.len() / 6 + 1);
    let after = shown(&|| {
        sandbox.write("export/users.json", &hostile[..users.len()]);
    });
    assert!(in_users(&after).iter().all(|place| place["snippet"].is_null()));
    assert_eq!(before.violated(), after.violated());
    let after = after.says("the file changed after it was read, so its lines are not shown").hides("s3cr3t");
    let told: Vec<String> = after.diagnostics().into_iter().filter(|one| one.starts_with("changed")).collect();
    assert_eq!(told, ["changed users.json:1:1"]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_file_that_fails_in_the_middle_is_told() {
    let sandbox = Sandbox::minimal();
    let run = end(start(&sandbox, &["export", "/proc/self/mem", "--fail-on", "never"], Stdio::null()));
    run.exits(3).says("/proc/self/mem").says("[unreadable]");
}

#[test]
fn a_full_disk_is_said_and_nothing_is_left_half_written() {
    if !Path::new("/dev/full").exists() {
        return;
    }
    let sandbox = Sandbox::with(&administrator());
    sandbox.write("old.txt", "old").write("export/users.2.json", "[");
    let run = sandbox.audit(&["-o", "text=old.txt", "-o", "json=/dev/full"]).exits(2);
    run.says("cannot write `/dev/full`: the disk is full").says("users.2.json:1:1");
    assert_eq!(sandbox.read("old.txt"), "old");
    assert_eq!(sandbox.names(), ["export", "old.txt"]);
    let mut command = Command::new(crate::support::program());
    for format in ["text", "json", "jsonl", "sarif"] {
        command.current_dir(sandbox.path("")).args(["audit", "export", "--as-of", TODAY, "--format", format]);
        let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
        let child = command.stdout(full).stderr(Stdio::piped()).spawn().unwrap();
        let run = end(child).exits(2).says("cannot write to standard output: the disk is full");
        run.says("users.2.json:1:1");
        command = Command::new(crate::support::program());
    }
}

/// Whether this process, and so each that it starts, ignores a closed terminal: under `nohup`, say.
fn ignores_a_closed_terminal() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    ignored.is_some_and(|mask| u64::from_str_radix(mask.trim(), 16).is_ok_and(|mask| mask & 1 == 1))
}

#[test]
fn nothing_is_left_half_written_when_the_program_is_stopped() {
    for name in ["INT", "TERM", "HUP"] {
        if name == "HUP" && ignores_a_closed_terminal() {
            continue;
        }
        let sandbox = Sandbox::with(&administrator());
        sandbox.write("old.json", "old");
        sandbox.write("export/users.2.json", "[");
        pipe(&sandbox, "slow");
        let before = sandbox.names();
        // Nobody reads the pipe: the program waits, with its other results still to be put in their places.
        let arguments = ["export", "-o", "json=old.json", "-o", "jsonl=new.jsonl", "-o", "sarif=slow"];
        let child = start(&sandbox, &arguments, Stdio::null());
        wait_until(|| sandbox.names().len() == before.len() + 2);
        thread::sleep(Duration::from_millis(100));
        signal(&child, name);
        let run = end(child).exits(130).says("interrupted; no result was left half-written");
        assert_eq!(run.out, "");
        // What was found by then is not lost.
        run.says("users.2.json:1:1");
        assert_eq!(sandbox.names(), before);
        assert_eq!(sandbox.read("old.json"), "old");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_program_that_was_told_to_ignore_a_closed_terminal_runs_on() {
    let sandbox = Sandbox::with(&administrator());
    pipe(&sandbox, "slow");
    let mut command = Command::new("sh");
    command.current_dir(sandbox.path("")).args(["-c", "trap '' HUP; exec \"$0\" \"$@\""]);
    command.arg(crate::support::program()).args(["audit", "export", "--as-of", TODAY]);
    command.args(["-o", "json=new.json", "-o", "sarif=slow"]).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    wait_until(|| sandbox.names().iter().any(|name| name.starts_with(".tmp")));
    signal(&child, "HUP");
    thread::sleep(Duration::from_millis(100));
    assert!(fs::read_to_string(sandbox.path("slow")).unwrap().starts_with('{'));
    end(child).exits(1);
    assert_eq!(sandbox.names(), ["export", "new.json", "slow"]);
}

#[test]
fn a_program_that_waits_for_input_can_be_stopped() {
    let sandbox = Sandbox::minimal();
    pipe(&sandbox, "users.json");
    let child = start(&sandbox, &["users.json", "-o", "json=new.json"], Stdio::null());
    // It waits for the rest of what it reads.
    let _pipe = OpenOptions::new().write(true).open(sandbox.path("users.json")).unwrap();
    signal(&child, "INT");
    end(child).exits(130).says("interrupted");
    assert_eq!(sandbox.names(), ["export", "users.json"]);
}

#[test]
fn a_reader_of_a_named_pipe_that_goes_away_is_no_error() {
    let sandbox = Sandbox::with(&administrator());
    pipe(&sandbox, "pipe");
    let child = start(&sandbox, &["export", "-o", "json=pipe"], Stdio::null());
    drop(File::open(sandbox.path("pipe")).unwrap());
    end(child).exits(1);
}

#[test]
fn one_broken_line_among_many_costs_that_line() {
    let sandbox = Sandbox::minimal();
    let line = |id: u64| if id == 15_000 { "{\"id\": 15000, \"name\"".to_owned() } else { user(id) };
    sandbox.write("export/users.2.jsonl", (10_000..30_000).map(|id| line(id) + "\n").collect::<String>());
    let run = sandbox.audit(&["--format", "json", "--fail-on", "never"]).exits(3);
    assert_eq!(run.records("users.2.jsonl"), (19_999, 1));
    let told: Vec<String> = run.diagnostics().into_iter().filter(|one| one.starts_with("syntax")).collect();
    assert_eq!(told, ["syntax users.2.jsonl:5001:20"]);
}
