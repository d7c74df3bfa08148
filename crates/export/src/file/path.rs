//! What the path of a file says: whose records it holds.

use crate::{ManifestName, RegisterName};
use cutover_model::kind::Kind;

/// The file name without folders and endings.
pub(super) fn stem(name: &str) -> &str {
    let file = name.rsplit('/').next().unwrap_or(name);
    let file = file.trim_end_matches(".gz").trim_end_matches(".zst");
    file.rsplit_once('.').map_or(file, |(stem, _)| stem)
}

/// The app of an API Call Activity Report: `api_activity/rfi-pulls.2.csv` is the second page of `rfi-pulls`. Empty for
/// `api_activity.csv`, which holds the calls of every app.
pub(crate) fn app_name(name: &str) -> String {
    let stem = stem(name);
    let app = match stem.rsplit_once('.') {
        Some((app, page)) if page.bytes().all(|byte| byte.is_ascii_digit()) => app,
        _ => stem,
    };
    if app == Kind::ApiActivity.id() { String::new() } else { app.to_owned() }
}

/// The app and version of a manifest: `manifests/rfi-pulls@2.1.0.json`.
pub(super) fn manifest_name(name: &str) -> ManifestName {
    let stem = stem(name);
    match stem.rsplit_once('@') {
        Some((app, version)) => ManifestName { app: app.to_owned(), version: Some(version.to_owned()) },
        None => ManifestName { app: stem.to_owned(), version: None },
    }
}

/// The environment of a file of credentials: the folder between `credentials/` and the file.
/// `credentials/production/altova.json` is about production; `credentials/altova.json` does not say.
pub(super) fn environment(name: &str) -> Option<String> {
    let inside = name.strip_prefix("credentials/")?;
    let (folders, _) = inside.rsplit_once('/')?;
    folders.split('/').next().map(str::to_owned)
}

/// Where a register of OAuth clients lies: `credentials/production/oauth_clients.2.json` is the second page of the one of
/// production.
pub(crate) fn register_name(name: &str) -> RegisterName {
    let stem = stem(name);
    let file = match stem.rsplit_once('.') {
        Some((file, page)) if page.bytes().all(|byte| byte.is_ascii_digit()) => file,
        _ => stem,
    };
    RegisterName { environment: environment(name), file: file.to_owned() }
}
