//! Secrets that lay in the files of an export, each by its place: the path in the export, the record and the member.

use rustc_hash::FxHashMap;

use cutover_export::Export;
use cutover_export::document::{Document, Layout};
use cutover_secrets::{Identity, Secret};

/// A secret that lay in a file.
#[derive(Debug, Clone)]
pub struct ExposedSecret {
    /// Its place, as results and waivers name it: `credentials/production/oauth_clients.json/ledger/client_secret`.
    pub id: String,
    /// What the place suggests.
    pub kind: &'static str,
    /// The document, and the secret's place in it.
    pub place: (u32, Secret),
    /// The company whose export holds it, by index.
    pub company: usize,
}

/// Gathers the secrets of an export of so many companies. Two secrets of one company never have the same id.
pub(super) fn gather(export: &Export, companies: usize) -> Vec<ExposedSecret> {
    let mut order: Vec<usize> = (0..export.secrets.len()).collect();
    order.sort_by_key(|index| export.secrets.get(*index).map(|(document, secret)| (*document, secret.span.start)));
    let mut seen: FxHashMap<(Option<usize>, String), usize> = FxHashMap::default();
    let mut out = Vec::with_capacity(order.len());
    let unnamed = Identity::default();
    for index in order {
        let Some((number, secret)) = export.secrets.get(index) else { continue };
        let Some(document) = export.documents.get(*number as usize) else { continue };
        let folder = export.folders.iter().position(|documents| documents.contains(number));
        let identity = export.identities.get(index).unwrap_or(&unnamed);
        let id = id(export, document, secret, identity);
        let times = seen.entry((folder, id.clone())).or_default();
        *times += 1;
        let id = if *times > 1 { format!("{id} ({times})") } else { id };
        // A gate joins each of its sides by itself.
        let company = folder.filter(|_| export.folders.len() == companies).unwrap_or_default();
        out.push(ExposedSecret { id, kind: secret.kind, place: (*number, secret.clone()), company });
    }
    out
}

/// The path in the export, the record by its own name or else by its number, and the member.
fn id(export: &Export, document: &Document, secret: &Secret, identity: &Identity) -> String {
    let index = secret.record.map(|record| record as usize).filter(|index| *index < document.loose_from);
    let key = index.and_then(|index| match &document.layout {
        Layout::Keyed(keys) => keys.get(index).filter(|key| *key != "data").cloned(),
        _ => None,
    });
    let named = identity.record.clone().or(key);
    // A record with a name of its own is the same on another page of its list.
    let path = match &named {
        Some(_) => without_page(&document.name),
        None => path_of(export, document),
    };
    let record = named.or_else(|| match document.layout {
        Layout::Single | Layout::Toml | Layout::Keyed(_) => None,
        _ => index.map(|index| format!("#{}", index + 1)),
    });
    let parts = [Some(path), record, Some(identity.member.clone())];
    parts.into_iter().flatten().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("/")
}

/// The path in the export. Files kept by hand are given by themselves and may lie in the folder all the same.
fn path_of(export: &Export, document: &Document) -> String {
    let inside = |other: &Document| {
        let root = other.path.strip_suffix(other.name.as_str()).filter(|root| root.ends_with('/'))?;
        document.name.strip_prefix(root).map(str::to_owned)
    };
    let manual_secrets = document.name == document.path;
    let found = export.documents.first().filter(|_| manual_secrets).and_then(inside);
    without_compression(&found.unwrap_or_else(|| document.name.clone())).to_owned()
}

fn without_compression(name: &str) -> &str {
    name.strip_suffix(".gz").or_else(|| name.strip_suffix(".zst")).unwrap_or(name)
}

/// `webhooks.2.json.gz` is a page of `webhooks.json`; `app@2.1.0.json` is a version.
fn without_page(name: &str) -> String {
    let name = without_compression(name);
    let (folders, file) = name.rsplit_once('/').map_or(("", name), |(folders, file)| (folders, file));
    let page = file.rsplit_once('.').and_then(|(stem, ending)| {
        let (stem, page) = stem.rsplit_once('.')?;
        let is_page = !stem.contains('@') && !page.is_empty() && page.bytes().all(|byte| byte.is_ascii_digit());
        is_page.then(|| format!("{stem}.{ending}"))
    });
    let slash = if folders.is_empty() { "" } else { "/" };
    format!("{folders}{slash}{}", page.as_deref().unwrap_or(file))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_belongs_to_its_list() {
        for (name, list) in [
            ("webhooks.2.json.gz", "webhooks.json"),
            ("project_users/7.12.json", "project_users/7.json"),
            ("project_users/7.json", "project_users/7.json"),
            ("credentials/a.b/oauth.json", "credentials/a.b/oauth.json"),
            ("manifests/app@2.1.0.json", "manifests/app@2.1.0.json"),
        ] {
            assert_eq!(without_page(name), list);
        }
    }
}
