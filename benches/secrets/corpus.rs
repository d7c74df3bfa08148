//! A seeded corpus of secrets in every shape and every kind of file that the products behind an export write, and of
//! what only looks like one. Values are made when it runs; none is kept.

use std::fmt::Write;

use fastrand::Rng;

const BASE64URL: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const LETTERS: &[u8] = b"abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789!#%+_.-";

/// One file of the corpus.
#[derive(Debug)]
pub(crate) struct Sample {
    /// What it shows.
    pub what: &'static str,
    /// The name of the file, which determines its form.
    pub name: &'static str,
    /// What it holds.
    pub text: String,
    /// The secrets in it, in their order; empty for what only looks like secrets.
    pub secrets: Vec<String>,
    /// How many values it holds.
    pub values: usize,
}

fn pick(rng: &mut Rng, from: &[u8], length: usize) -> String {
    (0..length).filter_map(|_| from.get(rng.usize(0..from.len()))).map(|letter| char::from(*letter)).collect()
}

/// Bytes as Procore writes its secrets: lower-case hexadecimal.
fn hex(rng: &mut Rng, bytes: usize) -> String {
    pick(rng, b"0123456789abcdef", bytes * 2)
}

/// Bytes as base64url without padding; the last character holds what is left over.
fn base64url(rng: &mut Rng, bytes: usize) -> String {
    let bits = bytes * 8;
    let whole = pick(rng, BASE64URL, bits / 6);
    let step = 1 << (6 - bits % 6);
    let last = rng.usize(0..64 / step) * step;
    whole + &BASE64URL.get(last).map(|letter| char::from(*letter).to_string()).unwrap_or_default()
}

fn app_builder_key(rng: &mut Rng) -> String {
    base64url(rng, 16)
}

fn procore_secret(rng: &mut Rng) -> String {
    base64url(rng, 32)
}

fn hex_secret(rng: &mut Rng) -> String {
    hex(rng, 32)
}

/// Procore's documented header, a payload, and a signature.
fn token(rng: &mut Rng) -> String {
    let (payload, signature) = (base64url(rng, 64), base64url(rng, 132));
    format!("eyJ0eXAiOiJKV1QiLCJhbGciOiJFUzUxMiJ9.{payload}.{signature}")
}

fn password(rng: &mut Rng) -> String {
    pick(rng, LETTERS, 12)
}

fn long_password(rng: &mut Rng) -> String {
    pick(rng, LETTERS, 32)
}

fn near_hex(rng: &mut Rng) -> String {
    pick(rng, b"0123456789abcdefghijklmnopqrstuvwxyz", 64)
}

fn certificate(rng: &mut Rng) -> String {
    format!("MII{}", pick(rng, b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", 401))
}

const UPPER: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const WORD: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

fn aws_key_id(rng: &mut Rng) -> String {
    format!("AKIA{}", pick(rng, UPPER, 16))
}

fn aws_secret(rng: &mut Rng) -> String {
    pick(rng, b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", 40)
}

fn github_token(rng: &mut Rng) -> String {
    let kind = ["ghp_", "gho_", "ghu_", "ghs_", "ghr_"].get(rng.usize(0..5)).copied().unwrap_or_default();
    format!("{kind}{}", pick(rng, WORD, 36))
}

fn gitlab_token(rng: &mut Rng) -> String {
    let kind = ["glpat-", "gldt-", "glrt-"].get(rng.usize(0..3)).copied().unwrap_or_default();
    format!("{kind}{}", pick(rng, BASE64URL, 20))
}

fn slack_token(rng: &mut Rng) -> String {
    format!("xoxb-{}-{}-{}", pick(rng, b"0123456789", 12), pick(rng, b"0123456789", 13), pick(rng, WORD, 24))
}

fn slack_webhook(rng: &mut Rng) -> String {
    format!("hooks.slack.com/services/T{}/B{}/{}", pick(rng, UPPER, 8), pick(rng, UPPER, 10), pick(rng, WORD, 24))
}

fn stripe_key(rng: &mut Rng) -> String {
    format!("sk_live_{}", pick(rng, WORD, 24))
}

fn sendgrid_key(rng: &mut Rng) -> String {
    format!("SG.{}.{}", pick(rng, BASE64URL, 22), pick(rng, WORD, 43))
}

fn azure_key(rng: &mut Rng) -> String {
    format!("{}==", pick(rng, b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", 86))
}

/// What makes a value, and the line around it, with `{}` in its place and `#` for the number of the line.
type Row = (&'static str, &'static str, &'static str, &'static str, fn(&mut Rng) -> String);

/// Secrets: what, file, first line, line, value. JSON lines make one array.
const SECRETS: [Row; 50] = [
    (
        "App Builder key list, unquoted",
        "keys.csv",
        "KeyIdentifier,Provider,User,KeyMaterial",
        "K#,erp,svc,{}",
        app_builder_key,
    ),
    (
        "App Builder key list, quoted",
        "keys.csv",
        "\"KeyIdentifier\",\"Provider\",\"KeyMaterial\"",
        "\"K#\",\"erp\",\"{}\"",
        app_builder_key,
    ),
    ("App Builder key in a column of notes", "keys.csv", "Key,Provider,Description", "K#,erp,{}", app_builder_key),
    ("`X-API-Key:` line", "headers.txt", "", "X-API-Key: {}", app_builder_key),
    (
        "access log, `?apiKey=`",
        "access.log",
        "",
        "10.0.0.7 - - [12/Jan/2026:09:00:01] \"GET /rest/erp/jobs?apiKey={}&page=# HTTP/1.1\" 200",
        app_builder_key,
    ),
    ("`\"apiKey\":` in JSON", "app.json", "", "{\"id\": #, \"apiKey\": \"{}\"}", app_builder_key),
    (
        "App Builder key in a JSON note",
        "app.json",
        "",
        "{\"id\": #, \"note\": \"the key is {}, keep it\"}",
        app_builder_key,
    ),
    (
        "provider export, `credentials[].password`",
        "provider.json",
        "",
        "{\"name\": \"p#\", \"credentials\": [{\"userName\": \"svc\", \"password\": \"{}\"}]}",
        long_password,
    ),
    (
        "provider export, `certificates[].content`",
        "provider.json",
        "",
        "{\"name\": \"p#\", \"certificates\": [{\"usage\": \"sign\", \"content\": \"{}\"}]}",
        certificate,
    ),
    (
        "provider export, `RequestHeaders`",
        "provider.json",
        "",
        "{\"name\": \"p#\", \"settings\": {\"RequestHeaders\": \"Accept: text/json\\nX-API-Key: {}\"}}",
        app_builder_key,
    ),
    ("Procore CSV, unquoted, 64 hex", "accounts.csv", "Name,Client ID,Client Secret", "a#,x,{}", hex_secret),
    (
        "Procore CSV, quoted, 64 hex",
        "accounts.csv",
        "\"Name\",\"Client ID\",\"Client Secret\"",
        "\"a#\",\"x\",\"{}\"",
        hex_secret,
    ),
    ("Procore CSV, unquoted, 43 base64url", "accounts.csv", "Name,Client ID,Client Secret", "a#,x,{}", procore_secret),
    (
        "Procore CSV, quoted, 43 base64url",
        "accounts.csv",
        "\"Name\",\"Client ID\",\"Client Secret\"",
        "\"a#\",\"x\",\"{}\"",
        procore_secret,
    ),
    ("64 hex in a column of notes", "accounts.csv", "Name,Description", "a#,{}", hex_secret),
    ("43 base64url in a column of notes", "accounts.csv", "Name,Description", "a#,{}", procore_secret),
    ("`\"client_secret\":` 43 base64url", "app.json", "", "{\"id\": #, \"client_secret\": \"{}\"}", procore_secret),
    ("`\"client_secret\":` 64 hex", "app.json", "", "{\"id\": #, \"client_secret\": \"{}\"}", hex_secret),
    ("`\"refresh_token\":` 64 of [0-9a-z]", "app.json", "", "{\"id\": #, \"refresh_token\": \"{}\"}", near_hex),
    ("`PROCORE_CLIENT_SECRET=` env", "procore.env", "", "PROCORE_CLIENT_SECRET={}", hex_secret),
    ("JWT in CSV", "tokens.csv", "Name,Note", "a#,{}", token),
    ("`Authorization: Bearer` JWT", "headers.txt", "", "Authorization: Bearer {}", token),
    ("`Authorization: Basic`", "headers.txt", "", "Authorization: Basic {}", app_builder_key),
    (
        "`.mfd` `DBPassword`",
        "pull.mfd",
        "<mapping>",
        "<database name=\"d#\" DBUser=\"sa\" DBPassword=\"{}\"/>",
        password,
    ),
    (
        "`.mfd` `ConnectionString`",
        "pull.mfd",
        "<mapping>",
        "<database name=\"d#\" ConnectionString=\"Server=db;User id=sa;Password={};Database=x\"/>",
        password,
    ),
    ("`.mfd` `property` by name", "pull.mfd", "<mapping>", "<property name=\"Password\" value=\"{}\"/>", password),
    (
        "`--credential=\"…password=…\"`",
        "run.sh",
        "",
        "mapforceserver run m#.mfx --credential=\"db:username=sa&password={}\"",
        password,
    ),
    (
        "`--credential=\"…oauth:token=…\"`",
        "run.sh",
        "",
        "mapforceserver run m#.mfx --credential=\"procore:oauth:token={}\"",
        hex_secret,
    ),
    (
        "`https://user:password@host`",
        "hooks.json",
        "",
        "{\"id\": #, \"destination_url\": \"https://hook:{}@hooks.test/in\"}",
        password,
    ),
    (
        "`.mfd` `ConnectionString`, `mongodb://`",
        "pull.mfd",
        "<mapping>",
        "<properties ConnectionString=\"mongodb+srv://erp:{}@db.test/costs#\"/>",
        word_password,
    ),
    (
        "`.mfd` `ConnectionString`, `jdbc:oracle:thin:`",
        "pull.mfd",
        "<mapping>",
        "<properties ConnectionString=\"jdbc:oracle:thin:erp/{}@//db.test:1521/c#\"/>",
        word_password,
    ),
    ("`redis://` in a JSON note", "app.json", "", "{\"id\": #, \"note\": \"redis://:{}@cache.test/0\"}", word_password),
    (
        "`AccountKey=` in a JSON note",
        "app.json",
        "",
        "{\"id\": #, \"note\": \"AccountName=costs;AccountKey={};EndpointSuffix=core.windows.net\"}",
        azure_key,
    ),
    (
        "`SharedAccessKey=` in a column of notes",
        "accounts.csv",
        "Name,Description",
        "a#,Endpoint=sb://x.test/;SharedAccessKeyName=send;SharedAccessKey={}",
        azure_key,
    ),
    (
        "`.mfd` `parameter` by name",
        "pull.mfd",
        "<mapping>",
        "<parameter name=\"LedgerToken\" value=\"{}\" style=\"header\"/>",
        word_password,
    ),
    ("columns `Name`, `Value`", "settings.csv", "Name,Value,Note", "LedgerToken,{},n#", word_password),
    (
        "`\"value\":` before its `\"name\":`",
        "app.json",
        "",
        "{\"value\": \"{}\", \"id\": #, \"name\": \"Authorization\"}",
        word_password,
    ),
    (
        "`token:` in a JSON note",
        "app.json",
        "",
        "{\"id\": #, \"note\": \"login n#, token: {} until May\"}",
        word_password,
    ),
    ("`Secret:` in a JSON note", "app.json", "", "{\"id\": #, \"note\": \"Secret: {}\"}", word_password),
    ("`aws_secret_access_key`", "credentials.ini", "[default]", "aws_secret_access_key = {}", aws_secret),
    ("AWS access key id in a note", "app.json", "", "{\"id\": #, \"note\": \"runs as {}, see wiki\"}", aws_key_id),
    ("GitHub token as `client_id`", "app.json", "", "{\"id\": #, \"client_id\": \"{}\"}", github_token),
    ("GitLab token in a column of notes", "accounts.csv", "Name,Description", "a#,pull with {}", gitlab_token),
    ("Slack token as `uid`", "app.json", "", "{\"id\": #, \"uid\": \"{}\"}", slack_token),
    ("Slack webhook", "app.json", "", "{\"id\": #, \"url\": \"https://{}\"}", slack_webhook),
    ("Stripe key in a column of notes", "accounts.csv", "Name,Description", "a#,charge with {}", stripe_key),
    ("SendGrid key in a text", "notes.txt", "", "mail n# goes out with {}", sendgrid_key),
    ("`PRIVATE-TOKEN:` line", "headers.txt", "", "PRIVATE-TOKEN: {}", procore_secret),
    ("`X-Functions-Key:` line", "headers.txt", "", "X-Functions-Key: {}", azure_key),
    (
        "App Builder key in a column of identifiers",
        "keys.csv",
        "KeyIdentifier,Provider,User",
        "{},erp,svc#",
        app_builder_key,
    ),
];

/// What only looks like secrets.
const LOOK_ALIKES: [Row; 21] = [
    ("`client_id`, 64 hex", "app.json", "", "{\"id\": #, \"client_id\": \"{}\"}", hex_secret),
    ("`Client ID` column, 64 hex", "accounts.csv", "Name,Client ID", "a#,{}", hex_secret),
    ("`app_uid`, 43 base64url", "app.json", "", "{\"id\": #, \"app_uid\": \"{}\"}", procore_secret),
    ("`sha256`", "app.json", "", "{\"id\": #, \"sha256\": \"{}\"}", hex_secret),
    ("`runId`, 22 base64url", "app.json", "", "{\"id\": #, \"runId\": \"{}\"}", app_builder_key),
    ("`content_hash`, 43 base64url", "app.json", "", "{\"id\": #, \"content_hash\": \"{}\"}", procore_secret),
    ("UUID in a note", "app.json", "", "{\"id\": #, \"note\": \"see {}\"}", uuid),
    ("Git commit in a note", "app.json", "", "{\"id\": #, \"note\": \"built from {}\"}", commit),
    ("names of identities", "users.csv", "Name,Login", "{},{}@procore.com", identity),
    ("names in capitals", "app.json", "", "{\"id\": #, \"note\": \"calls {}\"}", operation),
    ("presence words", "app.json", "", "{\"id\": #, \"client_secret\": \"{}\", \"password\": \"\"}", presence),
    ("prose about secrets", "notes.txt", "", "{}", prose),
    (
        "`client_id=` in a link",
        "app.json",
        "",
        "{\"id\": #, \"url\": \"https://login.procore.com/oauth/authorize?client_id={}&state=#\"}",
        procore_secret,
    ),
    ("`Client ID:` in a column of notes", "accounts.csv", "Name,Description", "a#,Client ID: {}", hex_secret),
    ("`app =` in a file written by hand", "reviews.toml", "", "[[vendor_review]]\napp = \"{}\"", procore_secret),
    ("manifest named by its uid", "notes.txt", "", "manifests/{}@1.0.#.json", procore_secret),
    (
        "placeholders",
        "app.json",
        "",
        "{\"id\": #, \"api_key\": \"{}\", \"note\": \"Authorization: Bearer {}\"}",
        placeholder,
    ),
    ("tokens of a documentation", "app.json", "", "{\"id\": #, \"note\": \"set {}\"}", documented),
    ("`next_page_token`", "app.json", "", "{\"id\": #, \"next_page_token\": \"{}\"}", page_token),
    (
        "connection strings without a password",
        "pull.mfd",
        "<mapping>",
        "<properties ConnectionString=\"Server={};Integrated Security=SSPI;Database=d#\"/>",
        identity,
    ),
    ("names and values", "app.json", "", "{\"id\": #, \"name\": \"Region\", \"value\": \"{}\"}", identity),
];

fn word_password(rng: &mut Rng) -> String {
    // Of one alphabet: whatever stands around it, nothing in it ends it.
    format!("{}{}{}", pick(rng, b"ABCDEFGHJKLMNPQRSTUVWXYZ", 2), pick(rng, b"23456789", 2), pick(rng, WORD, 10))
}

fn placeholder(rng: &mut Rng) -> String {
    let forms = [
        "<redacted>",
        "[REDACTED]",
        "redacted",
        "********",
        "xxxxxxxx",
        "${ERP_SECRET}",
        "{{ secrets.erp }}",
        "$env:ErpSecret",
        "<your-client-secret>",
        "%ERP_SECRET%",
    ];
    forms.get(rng.usize(0..forms.len())).copied().unwrap_or_default().to_owned()
}

fn documented(rng: &mut Rng) -> String {
    let prefix = ["ghp_", "glpat-", "sk_live_", "npm_"].get(rng.usize(0..4)).copied().unwrap_or_default();
    format!("{prefix}{}", "x".repeat(36))
}

fn page_token(rng: &mut Rng) -> String {
    pick(rng, b"abcdefghijklmnopqrstuvwxyz0123456789", 12)
}

fn uuid(rng: &mut Rng) -> String {
    let parts = [8, 4, 4, 4, 12].map(|length| pick(rng, b"0123456789abcdef", length));
    parts.join("-")
}

fn commit(rng: &mut Rng) -> String {
    hex(rng, 20)
}

fn word(rng: &mut Rng) -> &'static str {
    let words = ["budget", "field", "safety", "invoice", "drawing", "schedule", "vendor", "harbor", "photo", "crew"];
    words.get(rng.usize(0..words.len())).copied().unwrap_or_default()
}

fn identity(rng: &mut Rng) -> String {
    format!("{}-{}-{}-{}", word(rng), word(rng), word(rng), hex(rng, 4))
}

fn operation(rng: &mut Rng) -> String {
    let mut out = String::new();
    while out.len() < 22 {
        let mut letters = word(rng).chars();
        out.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        out.push_str(letters.as_str());
    }
    out
}

fn presence(rng: &mut Rng) -> String {
    let words = ["absent", "empty", "present", "present_encrypted", "redacted", "unknown"];
    words.get(rng.usize(0..words.len())).copied().unwrap_or_default().to_owned()
}

fn prose(rng: &mut Rng) -> String {
    let sentences = [
        "The password for the portal is in the vault; ask the office for it.",
        "Send the key in the header X-API-Key: it is required by the gateway.",
        "client_secret: rotated yearly by whoever owns the app",
        "Authorization: described in the developer guide, section four",
        "Basic authentication is off, and a bearer token is asked for.",
        "Set token=present if there is one, and token=absent if not.",
        "See https://developers.procore.com/reference/rest?page=2&key=authentication for more.",
    ];
    let sentence = sentences.get(rng.usize(0..sentences.len())).copied().unwrap_or_default();
    format!("{} {sentence}", word(rng))
}

/// The corpus, with so many values in each file.
pub(crate) fn corpus(seed: u64, values: usize) -> Vec<Sample> {
    let mut rng = Rng::with_seed(seed);
    let secrets = SECRETS.iter().map(|row| (row, true));
    let all = secrets.chain(LOOK_ALIKES.iter().map(|row| (row, false)));
    all.map(|(row, are_secrets)| sample(&mut rng, row, are_secrets, values)).collect()
}

fn sample(rng: &mut Rng, (what, name, first, line, make): &Row, are_secrets: bool, values: usize) -> Sample {
    let (mut text, mut secrets) = (String::new(), Vec::new());
    let (opens, closes, between) = match name.rsplit('.').next() {
        Some("json") => ("[\n", "\n]\n", ",\n"),
        Some("mfd") => ("", "\n</mapping>\n", "\n"),
        _ => ("", "\n", "\n"),
    };
    text.push_str(opens);
    if !first.is_empty() {
        let _ = writeln!(text, "{first}");
    }
    for number in 1..=values {
        if number > 1 {
            text.push_str(between);
        }
        let value = make(rng);
        text.push_str(&line.replace('#', &number.to_string()).replace("{}", &value));
        if are_secrets {
            secrets.push(value);
        }
    }
    text.push_str(closes);
    Sample { what, name, text, secrets, values }
}
