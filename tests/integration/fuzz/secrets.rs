//! Secrets that are hidden in the inputs, in ways in which people leave them behind.

use fastrand::Rng;
use serde_json::{Value, json};

use super::files::Tree;

/// A token of a published format: it is known wherever it is.
const TOKEN: &str = "ghp_16C7e42F292c6912E7710c838347Ae178B4a";
/// A secret that is known by the name before it.
const NAMED: &str = "Zq9xT4vB7nM2kL8pR3wS6dF1gH5jA0cEyUiOtQlV";

/// Hides secrets in a few files and returns what no output may hold.
pub(super) fn plant(tree: &mut Tree, rng: &mut Rng) -> Vec<&'static str> {
    let names: Vec<String> = tree.keys().filter(|name| !name.ends_with(".md")).cloned().collect();
    for _ in 0..rng.usize(0..4) {
        let Some(name) = rng.choice(&names) else { break };
        let bytes = tree.get_mut(name).unwrap();
        match (serde_json::from_slice::<Value>(bytes), std::str::from_utf8(bytes)) {
            (Ok(mut value), _) => {
                hide(&mut value, rng);
                *bytes = value.to_string().into_bytes();
            }
            (Err(_), Ok(text)) => *bytes = with_line(name, text, rng).into_bytes(),
            // Compressed, or in another encoding.
            (Err(_), Err(_)) => {}
        }
    }
    // A name of a file is shown in every report.
    if rng.u8(0..30) == 0 {
        tree.insert(format!("export/manifests/{TOKEN}@1.0.0.json"), b"{}".to_vec());
    }
    vec![TOKEN, NAMED]
}

/// Puts a secret into some object of a value.
fn hide(value: &mut Value, rng: &mut Rng) {
    match value {
        Value::Array(items) if !items.is_empty() => {
            let index = rng.usize(0..items.len());
            hide(&mut items[index], rng);
        }
        Value::Object(members) => {
            let nested: Vec<String> = members
                .iter()
                .filter(|(_, one)| one.is_object() || one.is_array())
                .map(|(key, _)| key.clone())
                .collect();
            if let Some(key) = rng.choice(&nested).filter(|_| rng.bool()) {
                return hide(members.get_mut(key).unwrap(), rng);
            }
            match rng.u8(0..6) {
                0 => drop(members.insert("client_secret".to_owned(), json!(NAMED))),
                1 => drop(members.insert("password".to_owned(), json!({ "value": NAMED }))),
                2 => drop(members.insert(TOKEN.to_owned(), json!(1))),
                3 => drop(members.insert("description".to_owned(), json!(format!("call with {TOKEN} please")))),
                4 => drop(members.insert("destination_url".to_owned(), json!(format!("https://u:{NAMED}@host.test/")))),
                _ => {
                    // In a member that is shown in messages.
                    let keys: Vec<String> = members.keys().cloned().collect();
                    let key = rng.choice(&keys).cloned().unwrap_or_else(|| "name".to_owned());
                    members.insert(key, json!(format!("x {TOKEN}")));
                }
            }
        }
        other => *other = json!(format!("x {TOKEN}")),
    }
}

/// Adds a line with a secret to a text that is no JSON.
fn with_line(name: &str, text: &str, rng: &mut Rng) -> String {
    let ends: Vec<usize> = text.match_indices('\n').map(|(at, _)| at + 1).chain([text.len()]).collect();
    let at = *rng.choice(&ends).unwrap();
    let line = match name.rsplit('.').next().unwrap_or_default() {
        "toml" => format!("password = \"{NAMED}\"\n"),
        "cedar" => format!("// password: \"{NAMED}\"\n"),
        "csv" => format!("x {TOKEN},,{TOKEN}\n"),
        _ => format!("\"client_secret\": \"{NAMED}\",\n"),
    };
    format!("{}{line}{}", &text[..at], &text[at..])
}
