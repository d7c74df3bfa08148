//! Runs the program on exports made for a test: in a folder of its own, with nothing of the tester's environment.

pub(crate) mod names;
pub(crate) mod plan;

use std::fs;
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use cutover_model::escape::is_deceptive;
use serde_json::Value;
use tempfile::TempDir;

/// The day every test speaks of.
pub(crate) const TODAY: &str = "2024-10-15";

/// The program: the one that `CUTOVER_BINARY` names, such as a release build, or the one that cargo built for the tests.
pub(crate) fn program() -> PathBuf {
    let named = std::env::var_os("CUTOVER_BINARY");
    named.map_or_else(|| assert_cmd::cargo::cargo_bin!("cutover").to_owned(), PathBuf::from)
}

/// A folder to work in. The export lies in `export`, so that every path in an output is short and always the same.
pub(crate) struct Sandbox {
    root: TempDir,
}

impl Sandbox {
    /// With an export of these files; a name that ends with `/` makes a folder.
    pub(crate) fn with(files: &[(&str, &[u8])]) -> Self {
        let sandbox = Self { root: TempDir::new().unwrap() };
        fs::create_dir(sandbox.path("export")).unwrap();
        for (name, bytes) in files {
            sandbox.write(&format!("export/{name}"), bytes);
        }
        sandbox
    }

    /// With a copy of `fixtures/minimal`, in which nothing is wrong and nothing violates a control.
    pub(crate) fn minimal() -> Self {
        let sandbox = Self::with(&[]);
        copy(&fixture("minimal"), &sandbox.path("export"));
        sandbox
    }

    /// Writes a file, or makes a folder if the name ends with `/`.
    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> &Self {
        let path = self.path(name);
        if name.ends_with('/') {
            fs::create_dir_all(path).unwrap();
        } else {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
        self
    }

    /// Replaces a text in a file that holds it.
    pub(crate) fn replace(&self, name: &str, from: &str, to: &str) -> &Self {
        let text = self.read(name);
        assert!(text.contains(from), "{name} does not hold {from}");
        self.write(name, text.replace(from, to))
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    pub(crate) fn remove(&self, name: &str) -> &Self {
        fs::remove_file(self.path(name)).unwrap();
        self
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    /// The names of everything in the folder itself.
    pub(crate) fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.root.path()).unwrap();
        let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// Audits the export.
    pub(crate) fn audit(&self, arguments: &[&str]) -> Run {
        self.run(&[["audit", "export", "--as-of", TODAY].as_slice(), arguments].concat())
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Run {
        self.run_with(arguments, &[], b"")
    }

    pub(crate) fn run_with(&self, arguments: &[&str], environment: &[(&str, &str)], input: &[u8]) -> Run {
        let mut command = assert_cmd::Command::new(program());
        command.current_dir(self.root.path()).env_clear().envs(environment.iter().copied());
        let output = command.args(arguments).write_stdin(input).output().unwrap();
        let text =
            |bytes: Vec<u8>| String::from_utf8(bytes).unwrap().replace(&self.path("").display().to_string(), "[ROOT]/");
        Run { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }
}

/// The solver that `CVC5` names, or the one in the path.
#[expect(clippy::print_stderr, reason = "what is not tested has to be seen")]
pub(crate) fn solver() -> Option<String> {
    let named = std::env::var("CVC5").ok();
    let found = named.or_else(|| {
        let path = std::env::var_os("PATH")?;
        let program =
            std::env::split_paths(&path).map(|folder| folder.join("cvc5")).find(|program| program.is_file())?;
        Some(program.display().to_string())
    });
    if found.is_none() {
        eprintln!("SKIPPED: there is no cvc5, so that no proof is tested");
    }
    found
}

/// The names of every format of a kind of result: no list of them in a test forgets one.
pub(crate) fn formats<F: ValueEnum>() -> Vec<&'static str> {
    let values = F::value_variants().iter().filter_map(ValueEnum::to_possible_value);
    values.map(|value| &*value.get_name().to_owned().leak()).collect()
}

/// A folder below `fixtures/`.
pub(crate) fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name)
}

pub(crate) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// What came of it.
#[derive(Debug)]
pub(crate) struct Run {
    /// `None` when a signal ended it.
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Run {
    /// It ended like this, and without a panic.
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "\n{}\n{}", self.out, self.err);
        assert!(!self.err.contains("panicked"), "{}", self.err);
        self
    }

    /// Standard error says this, in one place or broken over lines.
    #[track_caller]
    pub(crate) fn says(self, what: &str) -> Self {
        let words: Vec<&str> = self.err.split_whitespace().filter(|word| *word != "│").collect();
        let found = words.join(" ").contains(what) || self.err.contains(what);
        assert!(found, "`{what}` is not in\n{}", self.err);
        self
    }

    /// Standard error is silent.
    #[track_caller]
    pub(crate) fn says_nothing(self) -> Self {
        assert_eq!(self.err, "");
        self
    }

    /// No output holds this.
    #[track_caller]
    pub(crate) fn hides(self, what: &str) -> Self {
        assert!(!self.out.contains(what), "{}", self.out);
        assert!(!self.err.contains(what), "{}", self.err);
        self
    }

    /// No output holds a character that moves, hides or reorders text.
    #[track_caller]
    pub(crate) fn stays_plain(self) -> Self {
        for text in [&self.out, &self.err] {
            let found = text.chars().find(|letter| *letter != '\n' && is_deceptive(*letter));
            assert_eq!(found, None, "{}", text.escape_debug());
        }
        self
    }

    /// Standard output as one JSON document.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}\n{}\n{}", self.out, self.err))
    }

    /// The ids of the controls with violations, each once.
    #[track_caller]
    pub(crate) fn violated(&self) -> Vec<String> {
        let json = self.json();
        let of = |violation: &Value| violation["control"].as_str().unwrap().to_owned();
        let mut ids: Vec<String> = json["violations"].as_array().unwrap().iter().map(of).collect();
        ids.sort();
        ids.dedup();
        ids
    }

    /// How many records a file gave, and how many were left out.
    #[track_caller]
    pub(crate) fn records(&self, path: &str) -> (u64, u64) {
        let json = self.json();
        let input = json["inputs"].as_array().unwrap().iter().find(|input| input["path"] == format!("export/{path}"));
        let input = input.unwrap_or_else(|| panic!("{path} was not read: {}", json["inputs"]));
        (input["records"].as_u64().unwrap(), input["skipped"].as_u64().unwrap())
    }

    /// The diagnostics as `code path:line:column`.
    #[track_caller]
    pub(crate) fn diagnostics(&self) -> Vec<String> {
        let json = self.json();
        let show = |diagnostic: &Value| {
            let place = &diagnostic["location"];
            let path = place["path"].as_str().unwrap_or_default().trim_start_matches("export/");
            format!("{} {path}:{}:{}", diagnostic["code"].as_str().unwrap(), place["line"], place["column"])
        };
        json["diagnostics"].as_array().unwrap().iter().map(show).collect()
    }
}

/// A user as a list shows one, without anything that a control would object to.
pub(crate) fn user(id: u64) -> String {
    format!(
        r#"{{"id": {id}, "name": "Ann {id}", "first_name": "Ann", "last_name": "{id}", "email_address": "ann{id}@k.test", "is_active": true, "is_employee": true, "created_at": "2024-10-02T00:00:00Z"}}"#
    )
}

/// A DMSA user whose company template gives Admin on the directory; several controls object.
pub(crate) fn administrator() -> Vec<(&'static str, &'static [u8])> {
    vec![
        (
            "users.json",
            br#"[{"id": 7, "name": "erp-bridge-1a2b3c4d", "first_name": null, "last_name": "erp-bridge-1a2b3c4d",
                "email_address": "erp-bridge-1a2b3c4d@procore.com", "is_active": true,
                "company_permission_template": {"id": 5, "name": "Everything", "type": "company_tools"}}]"#,
        ),
        (
            "permission_templates.json",
            br#"[{"id": 5, "name": "Everything", "type": "company_tools", "user_access_levels": {"directory": "Admin"}}]"#,
        ),
    ]
}
