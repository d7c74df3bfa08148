//! What is shown in the place of a secret tells nothing of it: not even how long it was.

use std::collections::BTreeMap;

use cutover_report::Format;

use crate::support::{Sandbox, formats};
use proptest::prelude::*;

/// An export with a secret at the end of a line in a file of each sort, and one inside a name.
fn export(secret: &str) -> Sandbox {
    let sandbox = Sandbox::minimal();
    let webhook = format!(
        "[{{\"id\": 1, \"namespace\": \"a\",\n\"client_secret\": \"{secret}\",\n\"owned_by_user_id\": 7,\n\
         \"destination_url\": \"https://hooks.test/\"}}]"
    );
    let designs = format!("<mapping>\n<property password=\"{secret}\"\n/>\n</mapping>");
    let broken = format!("[{{\"id\": 1,\n\"password\": \"{secret}\"\n,,\n");
    let account = format!("Name,App Type,Description\nOld Bridge,Custom,password={secret}\n");
    sandbox
        .write("export/webhooks.json", webhook)
        .write("export/designs/a.mfd", designs)
        .write("export/users.2.json", broken)
        .write("export/service_accounts.csv", account)
        .write("waivers.toml", format!("# password = \"{secret}\"\n[[waiver]]\ncontrol = \"INS-99\"\n"))
        .write(
            "pack/OWN-01.cedar",
            format!("// password: \"{secret}\"\nforbid (principal, action, resource) wen {{ 1 }};\n"),
        );
    sandbox
}

/// An output without what depends on the bytes of the files: their digests, and how often they were counted.
fn without_digests(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(|letter: char| letter.is_ascii_hexdigit()) {
        let (before, hexadecimal) = rest.split_at(start);
        let end = hexadecimal.find(|letter: char| !letter.is_ascii_hexdigit()).unwrap_or(hexadecimal.len());
        out.push_str(before);
        out.push_str(if end == 64 { "DIGEST" } else { &hexadecimal[..end] });
        rest = &hexadecimal[end..];
    }
    out.push_str(rest);
    out
}

/// What every format says of an export with this secret, by format.
fn outputs(secret: &str) -> BTreeMap<&'static str, String> {
    let sandbox = export(secret);
    let mut out = BTreeMap::new();
    for format in formats::<Format>() {
        let run = sandbox.audit(&["--format", format]).hides(secret);
        out.insert(format, without_digests(&format!("{}\n{}", run.out, run.err)));
    }
    for (name, arguments) in [("waivers", ["--waivers", "waivers.toml"]), ("pack", ["--policies", "pack"])] {
        let run = sandbox.audit(&arguments).hides(secret);
        assert_eq!(run.code, Some(2), "{}", run.err);
        out.insert(name, run.err);
    }
    let waiver = format!(
        "[[waiver]]\ncontrol = \"CRD-01\"\ncondition = \"true\"\nreason = \"password: {secret}\"\nowner = \"o\"\n\
         approver = \"a\"\nexpires = 2024-12-31\n"
    );
    let run =
        sandbox.write("accepted.toml", waiver).audit(&["--waivers", "accepted.toml", "--format", "json"]).hides(secret);
    assert!(run.out.contains("password: ***"), "{}", run.out);
    out.insert("accepted", without_digests(&run.out));
    out
}

#[test]
fn no_output_tells_how_long_a_secret_is() {
    let short = outputs("Zq9xT4vB7nM2");
    assert!(short["text"].contains("[redacted]"), "{}", short["text"]);
    for secret in ["Zq9xT4vB7nM2k", "Zq9xT4vB7nM2kL8pR3wS6dF1gH5jA0cEyUiOtQlVb4AZq9xT4vB7nM2kL8pR3wS6dF1gH5jA0cE"] {
        for (format, text) in outputs(secret) {
            assert_eq!(text, short[format], "{format}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn two_secrets_look_alike_whatever_they_are(one in "[a-zA-Z0-9]{12,50}[0-9][a-z][A-Z]", two in "[a-zA-Z0-9]{12,90}[0-9][a-z][A-Z]") {
        let text = |secret: &str| {
            let run = export(secret).audit(&[]).hides(secret);
            without_digests(&format!("{}\n{}", run.out, run.err))
        };
        prop_assert_eq!(text(&one), text(&two));
    }
}

#[test]
fn a_file_name_that_is_a_secret_is_not_shown() {
    let token = "ghp_16C7e42F292c6912E7710c838347Ae178B4a";
    let sandbox = Sandbox::minimal();
    sandbox.write(&format!("export/manifests/{token}@1.0.0.json"), "{}");
    sandbox.write(&format!("export/{token}/notes.json"), "[{\"x\": ");
    for format in formats::<Format>() {
        sandbox.audit(&["-v", "--format", format]).hides(token);
    }
    let run = sandbox.audit(&["--format", "json"]).hides(token);
    let said = run.diagnostics();
    assert!(said.contains(&"secret manifests/[redacted]@1.0.0.json:1:1".to_owned()), "{said:?}");
}

#[test]
fn a_secret_in_a_comment_of_a_pack_is_not_in_the_catalogue() {
    let secret = "Zq9xT4vB7nM2kL8pR3wS6dF1gH5jA0cE";
    let sandbox = Sandbox::minimal();
    let control = format!(
        "// Nobody needs it. password: \"{secret}\"\n@id(\"OWN-01\") @title(\"t\") @severity(\"low\") @party(\"customer\") @duty(\"C9\")\n\
         @message(\"m\") @remedy(\"r\") @reference(\"s\")\n\
         forbid (principal is Cutover::App, action == Cutover::Action::\"exists\", resource is Cutover::Company)\n\
         when {{ principal.name == \"x\" }};\n"
    );
    sandbox.write("pack/OWN-01.cedar", control);
    sandbox.run(&["policy", "docs", "-o", "docs", "--policies", "pack"]).exits(0).hides(secret);
    let page = sandbox.read("docs/OWN.md");
    assert!(page.contains("Nobody needs it.") && !page.contains(secret), "{page}");
    sandbox.run(&["policy", "show", "OWN-01", "--policies", "pack"]).exits(0).hides(secret);
    sandbox.run(&["policy", "list", "--policies", "pack", "--format", "json"]).exits(0).hides(secret);
}
