//! Paths in an export or a pack that would make the program wait, read without end, or show files of somebody else.

use crate::support;
use std::fs;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::support::{Run, Sandbox, TODAY};

/// How long a run on a small export may take.
const PATIENCE: Duration = Duration::from_secs(60);
const PRIVATE: &str = "Priv4teLineOfAnotherFile";

/// Runs the program; one that waits for ever fails the test instead of stopping it.
fn run(sandbox: &Sandbox, arguments: &[&str]) -> Run {
    let mut command = Command::new(crate::support::program());
    command.current_dir(sandbox.path("")).env_clear().env("DB_PASSWORD", PRIVATE).args(arguments);
    let out = |name| fs::File::create(sandbox.path(name)).unwrap();
    let mut child = command.stdin(Stdio::null()).stdout(out("out.log")).stderr(out("err.log")).spawn().unwrap();
    let begun = Instant::now();
    let code = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status.code();
        }
        if begun.elapsed() > PATIENCE {
            child.kill().unwrap();
            panic!("still running: {arguments:?}");
        }
        thread::sleep(Duration::from_millis(10));
    };
    Run { code, out: sandbox.read("out.log"), err: sandbox.read("err.log") }
}

fn audit(sandbox: &Sandbox, arguments: &[&str]) -> Run {
    run(sandbox, &[["audit", "export", "--as-of", TODAY].as_slice(), arguments].concat())
}

/// Puts something that is neither a file nor a folder at a path; what is returned keeps it alive.
type Make = fn(&Sandbox, &str) -> Option<UnixListener>;

fn fifo(sandbox: &Sandbox, name: &str) -> Option<UnixListener> {
    assert!(Command::new("mkfifo").arg(sandbox.path(name)).status().unwrap().success());
    None
}

fn socket(sandbox: &Sandbox, name: &str) -> Option<UnixListener> {
    Some(UnixListener::bind(sandbox.path(name)).unwrap())
}

fn device(sandbox: &Sandbox, name: &str) -> Option<UnixListener> {
    symlink("/dev/zero", sandbox.path(name)).unwrap();
    None
}

/// A link inside the same folder, to a pipe there.
fn linked_fifo(sandbox: &Sandbox, name: &str) -> Option<UnixListener> {
    let (folder, file) = name.rsplit_once('/').unwrap_or((".", name));
    fifo(sandbox, &format!("{folder}/.pipe"));
    symlink(".pipe", sandbox.path(&format!("{folder}/{file}"))).unwrap();
    None
}

const MAKES: [Make; 4] = [fifo, socket, device, linked_fifo];

const REFUSED: &str = "neither a file nor a folder";

#[test]
fn a_pipe_or_device_that_the_user_names_is_refused_and_not_read() {
    let verbs: [&[&str]; 11] = [
        &["audit", "export", "--waivers", "bad"],
        &["audit", "export", "--config", "bad"],
        &["audit", "export", "--timeline", "./bad"],
        &["audit", "export", "--baseline", "bad"],
        &["plan", "export", "--map", "bad"],
        &["plan", "export", "--what-if", "bad"],
        &["plan", "export", "--check", "bad"],
        &["plan", "export", "--config", "bad"],
        &["report", "bad"],
        &["baseline", "update", "bad", "bad"],
        &["audit", "export", "--policies", "pack"],
    ];
    for make in MAKES {
        let sandbox = Sandbox::minimal();
        sandbox.write("pack/", "");
        let (_one, _two) = (make(&sandbox, "bad"), make(&sandbox, "pack/A-01.cedar"));
        for verb in verbs {
            let answer = run(&sandbox, verb).exits(2);
            let is_refused = answer.err.contains(REFUSED) || answer.err.contains("leads out of the folder");
            assert!(is_refused, "{verb:?}: {}", answer.err);
        }
        run(&sandbox, &["policy", "check", "pack"]).exits(2);
        run(&sandbox, &["policy", "test", "pack"]).exits(2);
    }
}

#[test]
fn a_device_given_as_an_export_is_refused() {
    let sandbox = Sandbox::minimal();
    run(&sandbox, &["audit", "/dev/zero"]).exits(3).says(REFUSED);
    run(&sandbox, &["gate", "export", "/dev/zero"]).exits(3).says(REFUSED);
    run(&sandbox, &["scrub", "/dev/zero", "copy"]).exits(3).says(REFUSED);
    fifo(&sandbox, "pipe");
    run(&sandbox, &["scrub", "pipe", "copy"]).exits(3).says(REFUSED);
    run(&sandbox, &["gate", "pipe", "export"]).exits(3).says(REFUSED);
    run(&sandbox, &["gate", "export", "pipe"]).exits(3).says(REFUSED);
    symlink("/dev/zero", sandbox.path("export/webhooks.json")).unwrap();
    audit(&sandbox, &[]).exits(3).says(REFUSED);
}

#[test]
fn what_an_export_brings_along_is_refused_where_it_is_no_file() {
    for make in MAKES {
        for name in ["cutover.toml", "waivers.toml"] {
            let sandbox = Sandbox::minimal();
            let _kept = make(&sandbox, &format!("export/{name}"));
            audit(&sandbox, &[]).exits(2).says("export/");
            // It is a part of the folder all the same.
            audit(&sandbox, &["--no-config", "--no-waivers"]).exits(3);
        }
        for name in ["reviews.toml", "settings.toml", "export.toml", "users.2.json"] {
            let sandbox = Sandbox::minimal();
            if sandbox.path(&format!("export/{name}")).exists() {
                sandbox.remove(&format!("export/{name}"));
            }
            let _kept = make(&sandbox, &format!("export/{name}"));
            audit(&sandbox, &["--fail-on", "critical"]).exits(3);
        }
        let sandbox = Sandbox::minimal();
        sandbox.write("export/cutover.toml", "policies = [\"pack\"]\n").write("export/pack/", "");
        let _kept = make(&sandbox, "export/pack/A-01.cedar");
        audit(&sandbox, &[]).exits(2);
        let sandbox = Sandbox::minimal();
        sandbox.write("export/cutover.toml", "[options]\nwaivers = \"mine\"\n");
        let _kept = make(&sandbox, "export/mine");
        audit(&sandbox, &[]).exits(2);
    }
}

#[test]
fn neither_side_of_a_gate_waits_for_a_pipe() {
    for make in [MAKES[0], MAKES[2]] {
        for side in ["before", "after"] {
            for name in ["cutover.toml", "waivers.toml", "reviews.toml"] {
                let sandbox = Sandbox::with(&[]);
                for folder in ["before", "after"] {
                    support::copy(&support::fixture("minimal"), &sandbox.path(folder));
                }
                let path = format!("{side}/{name}");
                let _ = fs::remove_file(sandbox.path(&path));
                let _kept = make(&sandbox, &path);
                let gate = ["gate", "before", "after", "--as-of", TODAY];
                let code = run(&sandbox, &[gate.as_slice(), &["--no-config", "--no-waivers"]].concat()).code;
                assert_ne!(code, Some(0), "{path}");
                run(&sandbox, &gate);
            }
        }
    }
}

/// Files of somebody else, and a folder of them.
fn with_private_files() -> Sandbox {
    let sandbox = Sandbox::minimal();
    sandbox
        .write("private/users.json", format!("[{{\"id\": 9, \"name\": \"{PRIVATE}\", \"last_name\": \"{PRIVATE}\"}}]"));
    sandbox.write("private/notes.csv", format!("Name,Client ID\n{PRIVATE}\n"));
    sandbox.write("private/broken.toml", format!("waivers = {PRIVATE}\n"));
    sandbox.write("private/A-01.cedar", format!("{PRIVATE}=1\n"));
    sandbox.write("private/real.cedar", format!("// {PRIVATE}\nforbid (principal\n"));
    sandbox
}

#[test]
fn a_link_in_an_export_that_leads_out_of_it_is_not_followed() {
    let links = [
        ("users.9.json", "../private/users.json"),
        ("service_accounts.csv", "../private/notes.csv"),
        ("service_accounts.csv", "deeper/../../private/notes.csv"),
        ("users", "../private"),
        ("deeper/more", "../../private"),
        ("users.9.json", "/proc/self/environ"),
        ("everything", "/"),
    ];
    for (name, target) in links {
        let sandbox = with_private_files();
        sandbox.write("export/deeper/", "");
        let path = sandbox.path(&format!("export/{name}"));
        if path.is_dir() {
            fs::remove_dir_all(&path).unwrap();
        }
        let _ = fs::remove_file(&path);
        symlink(target, path).unwrap();
        for format in ["json", "html", "text"] {
            let run = audit(&sandbox, &["-v", "--format", format, "--fail-on", "never"]).exits(3).hides(PRIVATE);
            run.says(&format!("export/{name}: a link that leads out of the export"));
        }
        audit(&sandbox, &["--allow-incomplete", "--fail-on", "never"]).exits(0).hides(PRIVATE);
        run(&sandbox, &["scrub", "export", "copy"]).exits(3).hides(PRIVATE);
    }
}

#[test]
fn a_link_that_stays_in_the_export_is_read_and_the_export_itself_may_be_one() {
    let sandbox = Sandbox::minimal();
    fs::rename(sandbox.path("export/users"), sandbox.path("export/.people")).unwrap();
    symlink(".people", sandbox.path("export/users")).unwrap();
    fs::rename(sandbox.path("export/projects.json"), sandbox.path("export/.projects")).unwrap();
    symlink("../export/.projects", sandbox.path("export/projects.json")).unwrap();
    symlink("export", sandbox.path("link")).unwrap();
    let plain = run(&Sandbox::minimal(), &["audit", "export", "--as-of", TODAY, "--format", "csv"]).exits(0);
    assert_eq!(audit(&sandbox, &["--format", "csv"]).exits(0).out, plain.out);
    run(&sandbox, &["audit", "link", "--as-of", TODAY]).exits(0);
    run(&sandbox, &["audit", "link/", "--as-of", TODAY]).exits(0);
}

#[test]
fn what_the_user_names_may_be_a_link() {
    let sandbox = Sandbox::minimal();
    sandbox.write("private/waivers.toml", "").write("private/cutover.toml", "[options]\nfail_on = \"high\"\n");
    sandbox.write("private/users.json", "[]");
    for name in ["waivers.toml", "cutover.toml", "users.json"] {
        symlink(format!("private/{name}"), sandbox.path(name)).unwrap();
    }
    audit(&sandbox, &["--waivers", "waivers.toml", "--config", "cutover.toml"]).exits(0).says_nothing();
    run(&sandbox, &["audit", "users.json", "--as-of", TODAY, "--no-config", "--format", "json"]).json();
}

#[test]
fn a_file_of_an_export_or_pack_that_leads_out_is_refused_by_every_reader() {
    let expect = |sandbox: &Sandbox, what: &str| {
        let answer = audit(sandbox, &["-v"]).exits(2).hides(PRIVATE).hides("DB_PASSWORD");
        assert!(answer.err.contains(what), "{}", answer.err);
    };
    for name in ["cutover.toml", "waivers.toml"] {
        let sandbox = with_private_files();
        symlink("../private/broken.toml", sandbox.path(&format!("export/{name}"))).unwrap();
        expect(&sandbox, "it leads out of the folder");
    }
    for target in ["/proc/self/environ", "../../private/A-01.cedar", "../../private/real.cedar"] {
        let sandbox = with_private_files();
        sandbox.write("export/cutover.toml", "policies = [\"p\"]\n").write("export/p/", "");
        symlink(target, sandbox.path("export/p/A-01.cedar")).unwrap();
        expect(&sandbox, "it leads out of the folder");
        let pack = sandbox.path("export/p").display().to_string();
        for verb in [["policy", "check"], ["policy", "test"]] {
            run(&sandbox, &[verb.as_slice(), &[&pack]].concat()).exits(2).hides(PRIVATE).hides("DB_PASSWORD");
        }
    }
    // A test file beside a control of its own.
    let sandbox = with_private_files();
    run(&sandbox, &["policy", "new", "A-01", "--folder", "pack"]).exits(0);
    sandbox.remove("pack/A-01.test.toml");
    symlink("../private/broken.toml", sandbox.path("pack/A-01.test.toml")).unwrap();
    for verb in [["policy", "check", "pack"], ["policy", "test", "pack"]] {
        let answer = run(&sandbox, &verb).exits(2).hides(PRIVATE);
        assert!((answer.out + &answer.err).contains("leads out of the folder"));
    }
    run(&sandbox, &["policy", "show", "A-01", "--policies", "pack"]).exits(0).hides(PRIVATE);
    run(&sandbox, &["policy", "docs", "--policies", "pack"]).exits(0).hides(PRIVATE);
}

#[test]
fn a_link_in_a_pack_to_another_file_of_it_is_read() {
    let sandbox = Sandbox::minimal();
    run(&sandbox, &["policy", "new", "A-01", "--folder", "pack/drafts"]).exits(0);
    fs::rename(sandbox.path("pack/drafts/A-01.cedar"), sandbox.path("pack/drafts/a")).unwrap();
    symlink("drafts/a", sandbox.path("pack/A-01.cedar")).unwrap();
    let run = run(&sandbox, &["policy", "list", "--policies", "pack"]).exits(0);
    assert!(run.out.contains("A-01"), "{}", run.out);
}

#[test]
fn a_cutover_toml_in_an_export_names_nothing_outside_of_it() {
    let named = ["../private/broken.toml", "/etc/passwd", "/proc/self/environ", "link/broken.toml"];
    for key in ["waivers", "timeline"] {
        for path in named {
            let sandbox = with_private_files();
            symlink("../private", sandbox.path("export/link")).unwrap();
            sandbox.write("export/cutover.toml", format!("[options]\n{key} = \"{path}\"\n"));
            let told = audit(&sandbox, &[]).exits(2).says("this leads out of the export").hides(PRIVATE);
            assert!(told.err.contains("export/cutover.toml"), "{}", told.err);
            // Nor does it when the user says which file counts: what is in it is the author's.
            run(&sandbox, &["plan", "export", "--as-of", TODAY, "--config", "export/cutover.toml"]).exits(2);
        }
        let sandbox = Sandbox::minimal();
        sandbox.write("export/cutover.toml", format!("[options]\n{key} = \"/dev/zero\"\n"));
        audit(&sandbox, &[]).exits(2).says(REFUSED);
    }
    for path in ["../private", "link", "p/../../private", "/etc", "link/deeper"] {
        let sandbox = with_private_files();
        sandbox.write("export/p/", "").write("private/deeper/", "");
        symlink("../private", sandbox.path("export/link")).unwrap();
        sandbox.write("export/cutover.toml", format!("policies = [\"{path}\"]\n"));
        audit(&sandbox, &[]).exits(2).says("this leads out of the export").hides(PRIVATE);
    }
}

#[test]
fn a_cutover_toml_outside_of_the_export_names_any_file() {
    let sandbox = Sandbox::minimal();
    run(&sandbox, &["policy", "new", "A-01", "--folder", "house/pack"]).exits(0);
    sandbox.write("house/waivers.toml", "").write("config/", "");
    let text = "policies = [\"../house/pack\"]\n[options]\nwaivers = \"../house/waivers.toml\"\n";
    sandbox.write("config/cutover.toml", text);
    audit(&sandbox, &["--config", "config/cutover.toml", "--fail-on", "never"]).exits(0);
    // And one inside names what lies beside it.
    fs::rename(sandbox.path("house"), sandbox.path("export/house")).unwrap();
    sandbox.write("export/cutover.toml", text.replace("../", ""));
    audit(&sandbox, &["--fail-on", "never"]).exits(0);
}

#[test]
fn files_written_by_hand_have_a_longest_size() {
    let sandbox = Sandbox::minimal();
    let file = fs::File::create(sandbox.path("long")).unwrap();
    // It takes no room on the disk.
    file.set_len((16 << 20) + 1).unwrap();
    fs::create_dir(sandbox.path("pack")).unwrap();
    fs::hard_link(sandbox.path("long"), sandbox.path("pack/A-01.cedar")).unwrap();
    for option in [["--waivers", "long"], ["--config", "long"], ["--timeline", "long"], ["--policies", "pack"]] {
        audit(&sandbox, &option).exits(2).says("longer than 16 MiB");
    }
    for option in ["--map", "--what-if"] {
        run(&sandbox, &["plan", "export", option, "long"]).exits(2).says("longer than 16 MiB");
    }
    let sandbox = Sandbox::minimal();
    let comment = format!("// {}\n", "x".repeat(9_000_000));
    for name in ["pack/a", "pack/b", "one/a", "two/a"] {
        sandbox.write(&format!("{name}.cedar"), &comment);
    }
    audit(&sandbox, &["--policies", "pack"]).exits(2).says("the policies are longer than 16 MiB together");
    sandbox.write("none/a.cedar", "").write("export/cutover.toml", "");
    let many = ["none"; 300].iter().flat_map(|folder| ["--policies", folder]).collect::<Vec<_>>();
    audit(&sandbox, &many).exits(2).says("more than 256 folders of policies");
}

#[test]
fn links_to_folders_of_links_do_not_multiply() {
    let sandbox = Sandbox::minimal();
    for level in 0..7 {
        sandbox.write(&format!("export/level-{level}/"), "");
        for name in 0..20 {
            let target = format!("../level-{}", level + 1);
            symlink(target, sandbox.path(&format!("export/level-{level}/{name}"))).unwrap();
        }
    }
    sandbox.write("export/level-7/users.9.json", "[]");
    let begun = Instant::now();
    audit(&sandbox, &["--fail-on", "never"]).exits(3).says("more than 4 links lead to the same file or folder");
    assert!(begun.elapsed() < PATIENCE / 2);
    // One big file is not read as often as there are links to it.
    let sandbox = Sandbox::minimal();
    for name in 0..50 {
        symlink("projects.json", sandbox.path(&format!("export/projects.{name}.json"))).unwrap();
    }
    let json = audit(&sandbox, &["--fail-on", "never", "--format", "json"]).exits(3).json();
    let inputs = json["inputs"].as_array().unwrap();
    let read =
        inputs.iter().filter(|input| input["path"].as_str().unwrap().contains("/projects.") && input["records"] == 1);
    assert_eq!(read.count(), 5);
}

#[test]
fn lines_of_a_file_that_holds_no_policy_are_not_shown() {
    for text in [format!("HOME=/root\0DB_PASSWORD={PRIVATE}\0"), format!("root:x:0:0:{PRIVATE}\n")] {
        let sandbox = Sandbox::minimal();
        sandbox.write("pack/A-01.cedar", text);
        audit(&sandbox, &["--policies", "pack"]).exits(2).says("the file holds no policy").hides(PRIVATE);
        for verb in [["policy", "check", "pack"], ["policy", "test", "pack"]] {
            run(&sandbox, &verb).exits(2).hides(PRIVATE);
        }
    }
}
