//! Jitterbit App Builder from end to end: its exports hold secrets by nature, and hostile names like any other.

use crate::support::{Run, Sandbox};

/// Made up for these tests; long, mixed and unlike anything else in an output.
const CANARY: &str = "Vx3canary8Tq1mLr6";
/// A key as App Builder makes them: 22 characters.
const KEY: &str = "zQ7bV1canaryT0yLw4RkPg";

const PROVIDERS: &str = "credentials/production/app_builder.json";
const KEYS: &str = "credentials/production/app_builder_keys.csv";
const HEADER: &str = "KeyIdentifier,Provider,User,Description,IssuedAt,ExpiresInMinutes,Enabled,Revoked,LastUsed";

/// Audits an export with this file beside the smallest one, in every format.
fn audited(name: &str, text: &str) -> (Run, String) {
    let sandbox = Sandbox::minimal();
    sandbox.write(&format!("export/{name}"), text);
    let files = ["-o", "json=a.json", "-o", "jsonl=a.jsonl", "-o", "sarif=a.sarif"];
    let run = sandbox.audit(&[files.as_slice(), &["-v"]].concat()).stays_plain();
    let written = ["a.json", "a.jsonl", "a.sarif"].map(|name| sandbox.read(name)).concat();
    let all = format!("{}{}{written}", run.out, run.err);
    (Run { out: sandbox.read("a.json"), ..run }, all)
}

/// The secret stands in no output, not even by half, and CRD-01 names this member.
#[track_caller]
fn hidden_at(text: &str, secret: &str, member: &str) -> Run {
    assert!(text.contains(secret), "the case holds no secret: {text}");
    let (run, all) = audited(PROVIDERS, text);
    let run = run.exits(1);
    for part in [secret, &secret[..secret.len() / 2 + 1], &secret[secret.len() / 2..]] {
        assert!(!all.contains(part), "{all}");
    }
    let places = members_of(&run, "CRD-01");
    assert!(places.iter().any(|place| place.ends_with(member)), "{member} is not among {places:?}");
    run
}

/// The subjects of a control's violations.
fn members_of(run: &Run, control: &str) -> Vec<String> {
    let json = run.json();
    let all = json["violations"].as_array().unwrap().iter().filter(|violation| violation["control"] == control);
    all.map(|violation| violation["subject"]["name"].as_str().unwrap().to_owned()).collect()
}

/// A provider with these members.
fn provider(members: &str) -> String {
    format!(r#"[{{"name": "Cost Ledger", "type": "oauth", {members}}}]"#)
}

#[test]
fn a_password_of_a_provider_is_told_and_not_shown_and_the_provider_is_judged() {
    let text = provider(&format!(
        r#""oauthGrantType": "password", "credentials": [{{"type": "user", "userName": "sync", "password": "{CANARY}"}}]"#
    ));
    let run = hidden_at(&text, CANARY, "credentials/0/password");
    assert_eq!(members_of(&run, "APB-12"), ["Cost Ledger"]);
    assert_eq!(run.records(PROVIDERS), (1, 0));
}

#[test]
fn a_private_key_is_a_secret_and_a_certificate_is_not() {
    let pfx = format!("MIIJqQIBAzCCCW8GCSqGSIb3DQEH{KEY}");
    let certificate = "MIIDdzCCAl+gAwIBAgIEAgAAuTANBgkqhkiG9w0BAQUFADBa";
    let print = "c0ffee0123456789c0ffee0123456789c0ffee0123456789c0ffee0123456789";
    let both = |content: &str| {
        provider(&format!(
            r#""certificates": [{{"usage": "signing", "content": "{content}", "password": null, "thumbprint": "{print}"}}]"#
        ))
    };
    let run = hidden_at(&both(&pfx), &pfx, "certificates/0/content");
    assert_eq!(members_of(&run, "CRD-01").len(), 1, "the thumbprint is public");
    let pem = format!("-----BEGIN PRIVATE KEY-----\\n{KEY}\\n-----END PRIVATE KEY-----");
    hidden_at(&both(&pem), KEY, "certificates/0/content");
    let (run, _) = audited(PROVIDERS, &both(certificate));
    assert_eq!(members_of(&run, "CRD-01"), [""; 0]);
}

#[test]
fn a_client_id_is_no_secret_although_it_looks_like_one() {
    let id = "c0ffee0123456789c0ffee0123456789c0ffee0123456789c0ffee0123456789";
    let text =
        provider(&format!(r#""credentials": [{{"type": "client", "userName": "{id}", "password": "redacted"}}]"#));
    assert_eq!(members_of(&audited(PROVIDERS, &text).0, "CRD-01"), [""; 0]);
}

#[test]
fn headers_that_authenticate_are_named_and_their_values_are_not_shown() {
    for headers in [
        format!("Authorization: Bearer {CANARY}"),
        format!("authorization: {CANARY}"),
        format!("Accept: application/json\\r\\nX-API-Key: {CANARY}"),
        format!("Cookie: session={CANARY}; Path=/"),
        format!("Ocp-Apim-Subscription-Key: {CANARY}|Accept: */*"),
        format!("A\\u0075thorization: {CANARY}"),
        format!("Authorization: Bearer eyJhbGciOiJFUzUxMiJ9.eyJzdWIiOiJaY2FuYXJ5In0.c2ln|X-API-Key: {CANARY}"),
    ] {
        let text = provider(&format!(r#""settings": {{"RequestHeaders": "{headers}"}}"#));
        let run = hidden_at(&text, CANARY, "settings/RequestHeaders");
        assert_eq!(members_of(&run, "APB-11"), ["Cost Ledger"], "{headers}");
    }
    let object = provider(&format!(r#""settings": {{"RequestHeaders": {{"Cookie": "{CANARY}"}}}}"#));
    hidden_at(&object, CANARY, "settings/RequestHeaders/Cookie");
}

#[test]
fn a_setting_that_names_a_secret_holds_one() {
    for name in ["ClientSecret", "ApiKey", "Proxy Password", "ConnectionString"] {
        let text = provider(&format!(r#""settings": {{"{name}": "{CANARY}"}}"#));
        hidden_at(&text, CANARY, &format!("settings/{name}"));
    }
    let words = provider(r#""settings": {"ClientSecret": "redacted", "AllowApiKeyInQueryString": "True"}"#);
    assert_eq!(members_of(&audited(PROVIDERS, &words).0, "CRD-01"), [""; 0]);
}

/// Audits a table of keys; nothing of it may be used, and the key stands nowhere.
#[track_caller]
fn refused(table: &str, secret: &str) -> Run {
    let (run, all) = audited(KEYS, table);
    assert!(!all.contains(secret), "{all}");
    assert_eq!(run.records(KEYS).0, 0);
    assert!(run.diagnostics().iter().any(|one| one.starts_with(&format!("shape {KEYS}:"))), "{}", run.out);
    for control in ["APB-04", "APB-05", "APB-06", "APB-07", "APB-08"] {
        assert_eq!(members_of(&run, control), [""; 0], "{control} evaluated a refused table");
    }
    run
}

#[test]
fn a_table_that_holds_a_key_is_refused_with_its_place() {
    let row = |material: &str| format!("K-1,Field Keys,ann,,2020-01-01,Never,Yes,No,,{material}\n");
    for column in ["KeyMaterial", "Key Material", "KEYMATERIAL", "key_material", "Key", "API Key"] {
        let table = format!("{HEADER},{column}\n{}{}", row(""), row(KEY).replace("K-1", "K-2"));
        let run = refused(&table, KEY);
        assert_eq!(run.diagnostics(), [format!("shape {KEYS}:3:{}", 1 + row("").trim_end().len())], "{column}");
        assert_eq!(members_of(&run, "CRD-01").len(), 1, "{column}");
    }
    // Short ones, and such as look like something else.
    for key in ["qzx", "https://x.test/key", "\"two\nlines\""] {
        refused(&format!("{HEADER},KeyMaterial\n{}", row(key)), key.trim_matches('"'));
    }
    let many: String = (0..50).map(|number| row(KEY).replace("K-1", &format!("K-{number}"))).collect();
    let run = refused(&format!("{HEADER},KeyMaterial\n{many}"), KEY);
    assert_eq!((run.diagnostics().len(), members_of(&run, "CRD-01").len()), (1, 50));
}

#[test]
fn a_row_that_does_not_fit_may_hold_a_key() {
    let table = format!("{HEADER},KeyMaterial\nK-1,Field Keys,ann,x,2020-01-01,Never,Yes,No,,\nK-2,{KEY}\n");
    refused(&table, KEY);
}

#[test]
fn an_empty_column_for_the_key_is_let_be() {
    for cell in ["", "redacted", "**********************"] {
        let table = format!("{HEADER},KeyMaterial\nK-1,Field Keys,ann,x,2020-01-01,Never,Yes,No,,{cell}\n");
        let (run, _) = audited(KEYS, &table);
        assert_eq!(members_of(&run, "APB-06"), ["K-1"], "{cell}");
        assert_eq!(members_of(&run, "CRD-01"), [""; 0], "{cell}");
    }
}

#[test]
fn numbers_at_the_edge_mean_what_they_say_and_never_wrap() {
    let lifetimes = [
        ("525600", false),
        ("525601", true),
        ("9223372036854775807", true),
        ("9223372036854775808", true),
        ("340282366920938463463374607431768211456", true),
        ("-9223372036854775808", false),
        ("0", false),
        ("1e9", false),
        ("NaN", false),
        ("", false),
    ];
    for (minutes, violates) in lifetimes {
        let table = format!("{HEADER}\nK-1,Field Keys,ann,x,9999-12-31T23:59:59Z,{minutes},Yes,No,\n");
        let (run, _) = audited(KEYS, &table);
        assert_eq!(members_of(&run, "APB-06").len(), usize::from(violates), "{minutes}");
        assert_eq!(members_of(&run, "APB-07"), [""; 0], "{minutes}");
    }
}

#[test]
fn both_names_of_the_parameter_are_read() {
    for (settings, unsafe_http, differs) in [
        (r#""AllowUnsafeHttpConnections": "True""#, 1, 0),
        (r#""AllowInsecureHttp": "true""#, 1, 0),
        (r#""AllowInsecureHttp": true, "AllowUnsafeHttpConnections": "True""#, 1, 0),
        (r#""AllowInsecureHttp": "False", "AllowUnsafeHttpConnections": "True""#, 1, 1),
        (r#""AllowInsecureHttp": "False", "AllowUnsafeHttpConnections": "False""#, 0, 0),
    ] {
        let (run, _) = audited(PROVIDERS, &provider(&format!(r#""settings": {{{settings}}}"#)));
        let found = (members_of(&run, "APB-02").len(), members_of(&run, "APB-03").len());
        assert_eq!(found, (unsafe_http, differs), "{settings}");
    }
}

#[test]
fn hostile_names_are_shown_letter_by_letter() {
    let name = "Field\\u202eKeys\\u001b[2J\\n::error::x";
    let text = format!(
        r#"[{{"name": "{name}", "type": "{name}", "oauthGrantType": "{name}", "settings": {{"AllowApiKeyInQueryString": "True",
            "AllowInsecureHttp": "{name}", "RequestHeaders": "{name}\nAuthorization: x"}}}}]"#
    );
    let sandbox = Sandbox::minimal();
    sandbox.write(&format!("export/{PROVIDERS}"), &text);
    sandbox.write(&format!("export/{}", PROVIDERS.replace("production", "sand\u{202e}box")), &text);
    let table = format!("{HEADER}\n\"=1+1\u{1b}]0;x\u{7}\",\u{202e}P,ann\u{202e},,2020-01-01,Never,Yes,No,\n");
    sandbox.write(&format!("export/{KEYS}"), table);
    sandbox.audit(&["-v"]).exits(1).stays_plain();
    sandbox.audit(&["--format", "sarif"]).exits(1).stays_plain();
}

#[test]
fn words_that_are_not_known_are_noted_and_cost_nothing() {
    let text = r#"{"name": "Next", "type": "quantum_handshake", "oauthGrantType": "entangled", "settings": {"AllowApiKeyInQueryString": "True"}}"#;
    let (run, _) = audited(PROVIDERS, text);
    let mut codes: Vec<String> =
        run.diagnostics().iter().map(|one| one.split(' ').next().unwrap().to_owned()).collect();
    codes.dedup();
    assert_eq!(codes, ["unknown-word"]);
    assert_eq!(members_of(&run, "APB-01"), ["Next"]);
}

#[test]
fn a_client_id_of_a_provider_is_that_of_a_traditional_account() {
    let sandbox = Sandbox::minimal();
    sandbox.write("export/service_accounts.csv", "Name,Client ID\nOld Plan Room,4f0cf010eec6cf7d\n");
    let text = provider(
        r#""oauthGrantType": "client_credentials", "endpoints": [{"type": "token", "url": "https://login.procore.com/oauth/token"}],
           "credentials": [{"type": "client", "userName": "4f0cf010eec6cf7d"}]"#,
    );
    sandbox.write(&format!("export/{PROVIDERS}"), text);
    let control = r#"@id("OUR-01") @title("t") @severity("low") @party("developer") @remedy("r") @reference("r")
        @message("{principal.name} is {principal.account} by {principal.client_id} with {principal.grant}")
        forbid (principal is Cutover::Credential, action == Cutover::Action::"stored", resource)
        when { principal has account && principal.account != "" && principal.system == "app builder" };"#;
    sandbox.write("policies/our.cedar", control);
    let run = sandbox.audit(&["--policies", "policies", "--control", "OUR-01", "--format", "json"]).exits(1);
    let message = "Cost Ledger is Old Plan Room by 4f0cf010eec6cf7d with client_credentials";
    assert_eq!(run.json()["violations"][0]["message"], message);
}
