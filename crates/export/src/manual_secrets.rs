//! Files that people write for the evaluator: waivers, settings, what a plan is to keep to.
//!
//! Whoever writes why a violation is accepted may write down more than is good. These files are looked through for
//! secrets as an export is, before anything parses or shows them.

use super::Export;
use super::document::{Document, Layout};
use super::text::{Blanked, Text};
use cutover_secrets::digest::sha256;
use cutover_secrets::{self as secrets, Form, Identity, Sameness, Secret};

/// A file of this kind, without its secrets.
#[derive(Debug)]
pub struct ByHand {
    /// Its text; what was taken out is as long as before.
    pub text: String,
    path: String,
    sha256: String,
    secrets: Vec<Secret>,
    same: Vec<Option<Sameness>>,
    identities: Vec<Identity>,
}

impl ByHand {
    /// SHA-256 of its bytes, in hexadecimal.
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// Looks a file through.
    pub fn new(path: &str, mut text: String) -> Self {
        let mut found = secrets::scan_written(&text);
        found.sort_by_key(|(span, _)| (span.start, span.end));
        let same = found.iter().map(|(span, _)| Sameness::of(text.get(span.clone())?)).collect();
        let secrets = found.into_iter().zip(0..).map(|((span, kind), record)| Secret {
            span,
            record: Some(record),
            member: String::new(),
            kind,
        });
        let secrets: Vec<Secret> = secrets.collect();
        let spans: Vec<_> = secrets.iter().map(|secret| secret.span.clone()).collect();
        let identities = secrets::identify(&text, Form::Toml, &spans);
        let sha256 = sha256(text.as_bytes());
        secrets::blank(&mut text, secrets.iter().map(|secret| secret.span.clone()));
        Self { text, path: path.to_owned(), sha256, secrets, same, identities }
    }

    /// Where it lies.
    pub fn path(&self) -> &str {
        &self.path
    }
}

impl Export {
    /// Adds the secrets of a file that was written by hand, so that they are evaluated like those of the export. A file
    /// without any is none of the export's.
    pub fn add(&mut self, mut file: ByHand) {
        let described = std::mem::take(&mut file.same).into_iter().zip(std::mem::take(&mut file.identities));
        let found = std::mem::take(&mut file.secrets).into_iter().zip(described);
        let found = found.filter(|(secret, (same, _))| !self.identifiers.is_one(secret.kind, *same));
        let found =
            found.zip(0..).map(|((secret, described), record)| (Secret { record: Some(record), ..secret }, described));
        (file.secrets, (file.same, file.identities)) = found.unzip();
        let path = file.path.replace('\\', "/");
        // In the folder of the export it may have been read as a part of it.
        if file.secrets.is_empty() || self.documents.iter().any(|document| document.path == path) {
            return;
        }
        let number = u32::try_from(self.documents.len()).unwrap_or(u32::MAX);
        let blanked = Blanked::of(&file.text, file.secrets.iter().map(|secret| secret.span.clone()).collect());
        self.documents.push(Document {
            sha256: file.sha256,
            layout: Layout::Toml,
            spans: file.secrets.iter().map(|secret| secret.span.clone()).collect(),
            loose_from: 0,
            ..Document::new(path.clone(), path, Text::kept(file.text, blanked))
        });
        self.secrets.extend(file.secrets.into_iter().map(|secret| (number, secret)));
        self.same.extend(file.same);
        self.identities.extend(file.identities);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_names_a_thing_stays() {
        let uid = "dC3BKa9OWRkHabw708gyZOk1JdqU9MGMqYbMExE8jbs";
        for text in [format!("subject = \"{uid}\""), format!("condition = '''\n  principal.uid == \"{uid}\"'''")] {
            assert_eq!(ByHand::new("waivers.toml", text.clone()).text, text);
        }
        for text in [format!("subject = \"x\"\nreason = \"{uid}\""), format!("subject = \"x\"\n# {uid}")] {
            let read = ByHand::new("waivers.toml", text.clone());
            assert_eq!((read.text.len(), read.secrets.len()), (text.len(), 1));
            assert!(!read.text.contains(uid));
        }
    }

    #[test]
    fn a_comparison_in_a_condition_is_no_secret() {
        for text in ["condition = 'principal.secret == true'", "condition = 'principal.password==context.password'"] {
            assert_eq!(ByHand::new("waivers.toml", text.to_owned()).text, text);
        }
    }
}
