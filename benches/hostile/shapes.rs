//! The shapes: what is written for each size, and how the program is called.

use std::fmt::Write;
use std::fs;
use std::io;
use std::path::Path;

/// An input of any size.
pub(crate) struct Shape {
    /// What it is of, as named on the command line.
    pub name: &'static str,
    /// The size to begin with.
    pub smallest: usize,
    /// Writes it into a folder called `input`, and gives the arguments of the program.
    pub write: fn(&Path, usize) -> io::Result<Vec<String>>,
}

/// An export that says nothing.
pub(crate) const NOTHING: Shape = Shape { name: "nothing", smallest: 1, write: |folder, _| audit(folder) };

/// Every shape.
pub(crate) const ALL: &[Shape] = &[
    Shape { name: "waivers", smallest: 5_000, write: waivers },
    Shape { name: "waiver-conditions", smallest: 50, write: waiver_conditions },
    Shape { name: "long-condition", smallest: 50, write: long_condition },
    Shape { name: "config-entries", smallest: 1_000, write: config_entries },
    Shape { name: "scrub-secrets", smallest: 2_500, write: scrub_secrets },
    Shape { name: "scrub-cells", smallest: 2_500, write: scrub_cells },
    Shape { name: "secrets", smallest: 1_000, write: secrets },
    Shape { name: "secrets-of-one-record", smallest: 1_000, write: secrets_of_one_record },
    Shape { name: "secrets-of-unusable-record", smallest: 1_000, write: secrets_of_unusable_record },
    Shape { name: "secret-cells", smallest: 1_000, write: secret_cells },
    Shape { name: "equal-secrets", smallest: 1_000, write: equal_secrets },
    Shape { name: "csv-columns", smallest: 25_000, write: csv_columns },
    Shape { name: "csv-rows", smallest: 25_000, write: csv_rows },
    Shape { name: "users-and-apps-of-one-name", smallest: 500, write: one_name },
    Shape { name: "accounts-of-one-name", smallest: 500, write: accounts_of_one_name },
    Shape { name: "accounts-and-users", smallest: 500, write: accounts_and_users },
    Shape { name: "plan-capacity-1", smallest: 300, write: |folder, size| accounts_plan(folder, size, "1") },
    Shape { name: "plan-one-wave", smallest: 300, write: |folder, size| accounts_plan(folder, size, "1000000") },
    Shape { name: "projects-of-one-account", smallest: 1_000, write: projects_of_one_account },
    Shape { name: "projects-of-one-account-plan", smallest: 1_000, write: projects_of_one_account_plan },
    Shape { name: "manifest-tools", smallest: 1_000, write: manifest_tools },
    Shape { name: "manifest-members", smallest: 1_000, write: manifest_members },
    Shape { name: "manifest-versions", smallest: 200, write: manifest_versions },
    Shape { name: "template-tools", smallest: 1_000, write: template_tools },
    Shape { name: "empty-records", smallest: 100_000, write: |folder, size| records(folder, "users.json", "{}", size) },
    Shape {
        name: "empty-projects",
        smallest: 100_000,
        write: |folder, size| records(folder, "projects.json", "{}", size),
    },
    Shape {
        name: "empty-accounts",
        smallest: 100_000,
        write: |folder, size| records(folder, "service_accounts.json", "{}", size),
    },
    Shape {
        name: "null-records",
        smallest: 100_000,
        write: |folder, size| records(folder, "users.json", "null", size),
    },
    Shape {
        name: "bare-numbers",
        smallest: 100_000,
        write: |folder, size| records(folder, "webhooks.json", "1", size),
    },
    Shape { name: "one-id", smallest: 50_000, write: |folder, size| records(folder, "users.json", "{\"id\":1}", size) },
    Shape { name: "unknown-members", smallest: 50_000, write: unknown_members },
    Shape { name: "repeated-members", smallest: 50_000, write: repeated_members },
    Shape { name: "wrong-members", smallest: 20_000, write: wrong_members },
    Shape { name: "deep", smallest: 100_000, write: deep },
    Shape { name: "long-text", smallest: 1_000_000, write: long_text },
    Shape { name: "long-number", smallest: 1_000_000, write: long_number },
    Shape { name: "bad-lines", smallest: 10_000, write: bad_lines },
    Shape { name: "rows-of-arrays", smallest: 10_000, write: rows_of_arrays },
    Shape { name: "small-files", smallest: 1_000, write: small_files },
    Shape { name: "pages", smallest: 1_000, write: pages },
    Shape { name: "exceptions", smallest: 1_000, write: exceptions },
    Shape { name: "links", smallest: 1_000, write: links },
    Shape { name: "hooks", smallest: 1_000, write: hooks },
    Shape { name: "companies", smallest: 1_000, write: companies },
    Shape { name: "template-users", smallest: 500, write: template_users },
    Shape { name: "credentials-of-one-name", smallest: 500, write: credentials_of_one_name },
    Shape { name: "clients-of-one-name", smallest: 500, write: clients_of_one_name },
    Shape { name: "gate-users", smallest: 500, write: gate_users },
    Shape { name: "markup", smallest: 10_000, write: markup },
];

type Written = io::Result<Vec<String>>;

fn words(arguments: &[&str]) -> Vec<String> {
    arguments.iter().map(|argument| (*argument).to_owned()).collect()
}

/// An audit of a folder, completed with what every export has.
fn audit(folder: &Path) -> Written {
    basics(folder)?;
    Ok(words(&["audit", "input", "--as-of", "2024-10-15", "--format", "jsonl"]))
}

fn basics(folder: &Path) -> io::Result<()> {
    fs::write(folder.join("export.toml"), "company_id = 5\ncompany_name = \"Acme\"\ncollected_at = 2024-10-14\n")?;
    for (name, text) in [
        ("users.json", r#"[{"id":1,"name":"Ann Lee","email_address":"ann@acme.test","is_active":true}]"#),
        ("permission_templates.json", r#"[{"id":9,"name":"T","type":"global","user_access_levels":{"rfi":"Admin"}}]"#),
    ] {
        if !folder.join(name).exists() {
            fs::write(folder.join(name), text)?;
        }
    }
    Ok(())
}

/// A list of JSON records, one for each number.
fn list(size: usize, record: impl Fn(usize) -> String) -> String {
    let mut out = "[".to_owned();
    for number in 0..size {
        if number > 0 {
            out.push(',');
        }
        out.push_str(&record(number));
    }
    out.push(']');
    out
}

fn repeated(size: usize, part: impl Fn(usize) -> String) -> String {
    let mut out = String::new();
    (0..size).for_each(|number| out.push_str(&part(number)));
    out
}

/// A random-looking text of letters and digits, another for each number.
fn random(number: usize) -> String {
    let mut state = (number as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5bf0_3635;
    let letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    let mut out = String::new();
    for _ in 0..40 {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let letter = letters.get((state >> 33) as usize % letters.len()).copied().unwrap_or(b'x');
        out.push(char::from(letter));
    }
    out
}

fn hex(number: usize) -> String {
    format!("{:08x}", (number as u32).wrapping_mul(0x9e37_79b1))
}

fn waivers(folder: &Path, size: usize) -> Written {
    let waiver = |number: usize| {
        format!(
            "[[waiver]]\ncontrol=\"INS-01\"\nsubject=\"x{number}\"\nreason=\"r\"\nowner=\"o\"\napprover=\"a\"\nexpires=2025-01-31\n"
        )
    };
    fs::write(folder.join("waivers.toml"), repeated(size, waiver))?;
    audit(folder)
}

fn waiver_conditions(folder: &Path, size: usize) -> Written {
    let waiver = |number: usize| {
        format!(
            "[[waiver]]\ncontrol=\"DIR-01\"\ncondition='principal.name like \"x{number}*\"'\nreason=\"r\"\nowner=\"o\"\napprover=\"a\"\nexpires=2025-01-31\n"
        )
    };
    fs::write(folder.join("waivers.toml"), repeated(size, waiver))?;
    audit(folder)
}

fn long_condition(folder: &Path, size: usize) -> Written {
    let part = |number: usize| format!("{}principal.name == \"x{number}\"", if number > 0 { " || " } else { "" });
    let text = format!(
        "[[waiver]]\ncontrol=\"DIR-01\"\ncondition='{}'\nreason=\"r\"\nowner=\"o\"\napprover=\"a\"\nexpires=2025-01-31\n",
        repeated(size, part)
    );
    fs::write(folder.join("waivers.toml"), text)?;
    audit(folder)
}

fn config_entries(folder: &Path, size: usize) -> Written {
    let entry = |_| "[[control]]\nid = \"MAN-07\"\noff = true\nreason = \"a\"\n".to_owned();
    fs::write(folder.join("cutover.toml"), repeated(size, entry))?;
    audit(folder)
}

fn scrub() -> Written {
    Ok(words(&["scrub", "input", "copy"]))
}

fn scrub_secrets(folder: &Path, size: usize) -> Written {
    let record = |number: usize| format!("{{\"id\":{number},\"client_secret\":\"{}\"}}", random(number));
    fs::write(folder.join("users.json"), list(size, record))?;
    scrub()
}

fn scrub_cells(folder: &Path, size: usize) -> Written {
    secret_cells(folder, size)?;
    scrub()
}

fn secrets(folder: &Path, size: usize) -> Written {
    let record = |number: usize| format!("{{\"id\":{number},\"client_secret\":\"{}\"}}", random(number));
    fs::write(folder.join("users.json"), list(size, record))?;
    audit(folder)
}

fn secrets_of_one_record(folder: &Path, size: usize) -> Written {
    let member = |number: usize| format!(",\"app{number}_client_secret\":\"{}\"", random(number));
    fs::write(folder.join("users.json"), format!("[{{\"id\":1{}}}]", repeated(size, member)))?;
    audit(folder)
}

/// A number that is too large makes a record useless, whose secrets are then looked for in two ways.
fn secrets_of_unusable_record(folder: &Path, size: usize) -> Written {
    let member = |number: usize| format!(",\"app{number}_client_secret\":\"{}\"", random(number));
    fs::write(folder.join("users.json"), format!("[{{\"id\":1{},\"n\":1e999}}]", repeated(size, member)))?;
    audit(folder)
}

fn secret_cells(folder: &Path, size: usize) -> Written {
    let header = repeated(size, |number| format!(",app{number} client secret"));
    let cells = repeated(size, |number| format!(",{}", random(number)));
    fs::write(folder.join("service_accounts.csv"), format!("Name{header}\nx{cells}\n"))?;
    audit(folder)
}

fn equal_secrets(folder: &Path, size: usize) -> Written {
    let record = |number: usize| format!("{{\"id\":{number},\"client_secret\":\"{}\"}}", random(7));
    fs::write(folder.join("users.json"), list(size, record))?;
    audit(folder)
}

fn csv_columns(folder: &Path, size: usize) -> Written {
    let header = repeated(size, |number| format!(",c{number}"));
    fs::write(folder.join("service_accounts.csv"), format!("Name{header}\nx{}\n", ",y".repeat(size)))?;
    audit(folder)
}

fn csv_rows(folder: &Path, size: usize) -> Written {
    fs::write(folder.join("service_accounts.csv"), format!("Name,App Name\n{}", ",\n".repeat(size)))?;
    audit(folder)
}

fn user(number: usize, name: &str, address: &str) -> String {
    format!(
        "{{\"id\":{},\"name\":\"{name}\",\"email_address\":\"{address}@procore.com\",\"is_active\":true,\
         \"created_at\":\"2020-01-01T00:00:00Z\",\"permission_template\":{{\"id\":9,\"name\":\"T\",\"type\":\"global\"}}}}",
        number + 1
    )
}

fn installation(number: usize, name: &str) -> String {
    format!(
        "{{\"id\":{0},\"app_uid\":\"uid{number}\",\"status\":\"installed\",\"developer_app\":{{\"id\":{0},\
         \"uid\":\"uid{number}\",\"name\":\"{name}\",\"app_type\":\"custom\"}}}}",
        number + 1
    )
}

fn one_name(folder: &Path, size: usize) -> Written {
    let named = |number: usize| format!("sync-{}", hex(number));
    fs::write(folder.join("users.json"), list(size, |number| user(number, &named(number), &named(number))))?;
    fs::write(folder.join("app_installations.json"), list(size, |number| installation(number, "Sync")))?;
    audit(folder)
}

fn accounts(folder: &Path, size: usize, name: impl Fn(usize) -> String) -> io::Result<()> {
    let rows = repeated(size, |number| format!("{},A{number},Custom,{number:064x}\n", name(number)));
    fs::write(folder.join("service_accounts.csv"), format!("Name,App Name,App Type,Client ID\n{rows}"))
}

fn accounts_of_one_name(folder: &Path, size: usize) -> Written {
    accounts(folder, size, |_| "L".to_owned())?;
    fs::write(folder.join("users.json"), list(size, |number| user(number, "L", &format!("l{number}-acme"))))?;
    audit(folder)
}

fn accounts_and_users(folder: &Path, size: usize) -> Written {
    accounts(folder, size, |number| format!("Longer name {number}"))?;
    let named = |number: usize| format!("Person {number}");
    fs::write(folder.join("users.json"), list(size, |number| user(number, &named(number), &format!("p{number}"))))?;
    audit(folder)
}

fn accounts_plan(folder: &Path, size: usize, capacity: &str) -> Written {
    accounts(folder, size, |number| format!("L{number}"))?;
    let address = |number: usize| format!("l{number}-acme");
    fs::write(folder.join("users.json"), list(size, |number| user(number, &format!("L{number}"), &address(number))))?;
    let app = |number: usize| installation(number, &format!("A{number}"));
    fs::write(folder.join("app_installations.json"), list(size, app))?;
    fs::write(folder.join("reviews.toml"), "")?;
    basics(folder)?;
    Ok(words(&["plan", "input", "--capacity", capacity, "--as-of", "2024-10-15"]))
}

fn projects_of_one_account(folder: &Path, size: usize) -> Written {
    let project = |number: usize| format!("{{\"id\":{},\"name\":\"P{number}\",\"active\":true}}", number + 1);
    fs::write(folder.join("projects.json"), list(size, project))?;
    fs::write(folder.join("users.json"), list(1, |_| user(0, "sync-0123abcd", "sync-0123abcd")))?;
    fs::write(folder.join("app_installations.json"), list(1, |_| installation(0, "Sync")))?;
    fs::create_dir(folder.join("project_assignments"))?;
    let assignment = |number: usize| {
        format!("{{\"project_id\":{},\"is_assigned\":true,\"permission_template_name\":\"T\"}}", number + 1)
    };
    fs::write(folder.join("project_assignments/1.json"), list(size, assignment))?;
    audit(folder)
}

fn projects_of_one_account_plan(folder: &Path, size: usize) -> Written {
    projects_of_one_account(folder, size)?;
    accounts(folder, 1, |_| "L".to_owned())?;
    fs::write(folder.join("users.json"), list(1, |_| user(0, "L", "l-acme")))?;
    fs::write(folder.join("app_installations.json"), list(1, |_| installation(0, "A0")))?;
    Ok(words(&["plan", "input", "--as-of", "2024-10-15"]))
}

fn manifest(folder: &Path, version: usize, permissions: &str, more: &str) -> io::Result<()> {
    fs::create_dir_all(folder.join("manifests"))?;
    let text = format!(
        "{{\"schema_version\":\"3.2\",\"app_manifest\":{{\"id\":\"sync\"}},\"components\":{{\"oauth\":{{\"instances\":[{{\
         \"uid\":\"uid0\",\"grant_type\":\"client_credentials\",\"permissions\":{{\"company\":{{}},\
         \"project\":{{{permissions}}}}}}}]}}}}{more}}}"
    );
    fs::write(folder.join(format!("manifests/sync@{version}.0.0.json")), text)
}

fn members(size: usize, member: impl Fn(usize) -> String) -> String {
    let list = list(size, member);
    list.get(1..list.len() - 1).unwrap_or_default().to_owned()
}

fn manifest_tools(folder: &Path, size: usize) -> Written {
    manifest(folder, 1, &members(size, |number| format!("\"tool_{number}\":\"admin\"")), "")?;
    fs::write(folder.join("app_installations.json"), list(1, |_| installation(0, "sync")))?;
    audit(folder)
}

fn manifest_members(folder: &Path, size: usize) -> Written {
    let more = repeated(size, |number| format!(",\"member_{number}\":{number}"));
    manifest(folder, 1, "", &more)?;
    fs::write(folder.join("app_installations.json"), list(1, |_| installation(0, "sync")))?;
    audit(folder)
}

fn manifest_versions(folder: &Path, size: usize) -> Written {
    for version in 0..size {
        manifest(folder, version, "\"rfi\":\"admin\",\"directory\":\"admin\"", "")?;
    }
    fs::write(folder.join("app_installations.json"), list(1, |_| installation(0, "sync")))?;
    audit(folder)
}

fn template_tools(folder: &Path, size: usize) -> Written {
    let tools = members(size, |number| format!("\"tool_{number}\":\"Admin\""));
    let template = format!("[{{\"id\":9,\"name\":\"T\",\"type\":\"global\",\"user_access_levels\":{{{tools}}}}}]");
    fs::write(folder.join("permission_templates.json"), template)?;
    fs::write(folder.join("users.json"), list(1, |_| user(0, "sync-0123abcd", "sync-0123abcd")))?;
    fs::write(folder.join("app_installations.json"), list(1, |_| installation(0, "Sync")))?;
    audit(folder)
}

fn records(folder: &Path, file: &str, record: &str, size: usize) -> Written {
    fs::write(folder.join(file), list(size, |_| record.to_owned()))?;
    audit(folder)
}

fn unknown_members(folder: &Path, size: usize) -> Written {
    let members = repeated(size, |number| format!(",\"member {number}\":{{\"a\":1}}"));
    fs::write(folder.join("projects.json"), format!("[{{\"id\":1,\"name\":\"P\"{members}}}]"))?;
    audit(folder)
}

fn repeated_members(folder: &Path, size: usize) -> Written {
    let members = repeated(size, |_| ",\"name\":\"P\"".to_owned());
    fs::write(folder.join("projects.json"), format!("[{{\"id\":1{members}}}]"))?;
    audit(folder)
}

fn wrong_members(folder: &Path, size: usize) -> Written {
    let levels = members(size, |number| format!("\"tool_{number}\":true"));
    let template = format!("[{{\"id\":9,\"name\":\"T\",\"type\":\"global\",\"user_access_levels\":{{{levels}}}}}]");
    fs::write(folder.join("permission_templates.json"), template)?;
    audit(folder)
}

fn deep(folder: &Path, size: usize) -> Written {
    fs::write(folder.join("projects.json"), format!("[{}{}]", "[".repeat(size), "]".repeat(size)))?;
    fs::write(folder.join("webhooks.json"), format!("{}1{}", "{\"a\":".repeat(size), "}".repeat(size)))?;
    audit(folder)
}

fn long_text(folder: &Path, size: usize) -> Written {
    let text = "password hunter2 at https://x.test/ ".repeat(size / 36);
    fs::write(folder.join("projects.json"), format!("[{{\"id\":1,\"name\":\"{text}\"}}]"))?;
    audit(folder)
}

fn long_number(folder: &Path, size: usize) -> Written {
    let digits = "7".repeat(size);
    fs::write(folder.join("projects.json"), format!("[{{\"id\":{digits},\"name\":1.{digits}e{digits}}}]"))?;
    audit(folder)
}

fn bad_lines(folder: &Path, size: usize) -> Written {
    let line =
        |number: usize| if number.is_multiple_of(2) { "{\n".to_owned() } else { format!("{{\"id\":{number}}}\n") };
    fs::write(folder.join("projects.jsonl"), repeated(size, line))?;
    audit(folder)
}

fn rows_of_arrays(folder: &Path, size: usize) -> Written {
    fs::write(folder.join("projects.json"), repeated(size, |number| format!("[{{\"id\":{number}}}]\n")))?;
    audit(folder)
}

fn small_files(folder: &Path, size: usize) -> Written {
    fs::create_dir(folder.join("users"))?;
    for number in 0..size {
        let text = user(number, &format!("P {number}"), &format!("p{number}"));
        fs::write(folder.join(format!("users/{}.json", number + 1)), text)?;
    }
    audit(folder)
}

fn pages(folder: &Path, size: usize) -> Written {
    for number in 0..size {
        let text = user(number, &format!("P {number}"), &format!("p{number}"));
        fs::write(folder.join(format!("users.{}.json", 2 * number + 1)), format!("[{text}]"))?;
    }
    audit(folder)
}

fn exceptions(folder: &Path, size: usize) -> Written {
    let exception = |number: usize| {
        format!(
            "[[exception]]\nsubject = \"sync-{}\"\ntool = \"company/directory\"\nreason = \"r\"\napproved_by = \"a\"\nexpires = 2025-06-30\n",
            hex(number)
        )
    };
    fs::write(folder.join("reviews.toml"), repeated(size, exception))?;
    one_name(folder, size)
}

fn links(folder: &Path, size: usize) -> Written {
    let link = |number: usize| format!("[[link]]\nuser = \"p{number}@procore.com\"\napp = \"A{number}\"\n");
    fs::write(folder.join("reviews.toml"), repeated(size, link))?;
    let named = |number: usize| user(number, &format!("Person {number}"), &format!("p{number}"));
    fs::write(folder.join("users.json"), list(size, named))?;
    let app = |number: usize| installation(number, &format!("A{number}"));
    fs::write(folder.join("app_installations.json"), list(size, app))?;
    audit(folder)
}

fn hooks(folder: &Path, size: usize) -> Written {
    let named = |number: usize| user(number, &format!("Person {number}"), &format!("p{number}"));
    fs::write(folder.join("users.json"), list(size, named))?;
    let hook = |number: usize| {
        format!(
            "{{\"id\":{0},\"status\":\"active\",\"namespace\":\"n\",\"destination_url\":\"https://x.test/{number}\",\"owned_by_user_id\":{0}}}",
            number + 1
        )
    };
    fs::write(folder.join("webhooks.json"), list(size, hook))?;
    audit(folder)
}

fn companies(folder: &Path, size: usize) -> Written {
    fs::write(
        folder.join("companies.json"),
        list(size, |number| format!("{{\"id\":{number},\"name\":\"C{number}\"}}")),
    )?;
    audit(folder)
}

fn template_users(folder: &Path, size: usize) -> Written {
    let named = |number: usize| {
        let name =
            if number.is_multiple_of(2) { format!("app{number}-{}", hex(number)) } else { format!("Person {number}") };
        user(number, &name, &name.replace(' ', "."))
    };
    fs::write(folder.join("users.json"), list(size, named))?;
    let app = |number: usize| installation(number, &format!("app{}", 2 * number));
    fs::write(folder.join("app_installations.json"), list(size / 2, app))?;
    audit(folder)
}

fn credentials_of_one_name(folder: &Path, size: usize) -> Written {
    fs::create_dir(folder.join("credentials"))?;
    let credential = |number: usize| {
        format!(
            "{{\"kind\":\"oauth\",\"name\":\"procore\",\"path\":\"/public/{number}/procore\",\"grant_type\":\"client_credentials\",\"client_id\":\"{number:064x}\"}}"
        )
    };
    let text = format!("{{\"product\":\"FlowForce\",\"credentials\":{}}}", list(size, credential));
    fs::write(folder.join("credentials/altova.json"), text)?;
    accounts(folder, size, |number| format!("L{number}"))?;
    audit(folder)
}

fn clients_of_one_name(folder: &Path, size: usize) -> Written {
    fs::create_dir_all(folder.join("credentials/production"))?;
    let client = |number: usize| {
        format!("{{\"name\":\"sync\",\"client_id\":\"{number:064x}\",\"grant_type\":\"client_credentials\"}}")
    };
    fs::write(folder.join("credentials/production/oauth_clients.json"), list(size, client))?;
    accounts(folder, size, |number| format!("L{number}"))?;
    audit(folder)
}

fn gate_users(folder: &Path, size: usize) -> Written {
    let mut path = folder.join("before");
    fs::create_dir(&path)?;
    one_name(&path, size)?;
    path = folder.join("after");
    fs::create_dir(&path)?;
    one_name(&path, size + 1)?;
    Ok(words(&["gate", "input/before", "input/after", "--as-of", "2024-10-15"]))
}

fn markup(folder: &Path, size: usize) -> Written {
    fs::create_dir(folder.join("credentials"))?;
    let mut text = "<?xml version=\"1.0\"?><mapping>".to_owned();
    for number in 0..size {
        write!(text, "<constant value=\"{}\" name=\"password{number}\"/>", random(number)).map_err(io::Error::other)?;
    }
    text.push_str("</mapping>");
    fs::write(folder.join("credentials/x.mfd"), text)?;
    audit(folder)
}
