//! What controls relate to in published frameworks: `policies/frameworks.toml`.
//!
//! A relation says where a control helps somebody who works with that framework. It is no claim of compliance.

use std::collections::BTreeMap;

use serde::Deserialize;

use cutover_model::natural;
use cutover_model::result::policies::{Relation, Verified};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    framework: Vec<Framework>,
    idea: Vec<Idea>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Framework {
    id: String,
    name: String,
    version: String,
    titles: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Idea {
    name: String,
    relates_to: Vec<Row>,
    controls: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    framework: String,
    ids: Vec<String>,
    verified: Verified,
}

/// The table.
#[derive(Debug, Default)]
pub struct Frameworks {
    /// By control, in the order of the frameworks and then of their ids.
    relations: BTreeMap<String, Vec<Relation>>,
}

impl Frameworks {
    /// Reads the table.
    ///
    /// # Errors
    /// When it is not of its shape, or a row names a framework or an id that is not listed.
    pub fn parse(text: &str) -> Result<Self, String> {
        let file: File = toml::from_str(text).map_err(|error| error.to_string())?;
        // By control, and then by framework and id.
        let mut found: BTreeMap<&str, BTreeMap<(usize, &str), Relation>> = BTreeMap::new();
        for idea in &file.idea {
            for row in &idea.relates_to {
                let at = file.framework.iter().position(|framework| framework.id == row.framework);
                let framework = at.and_then(|at| file.framework.get(at));
                let (Some(at), Some(framework)) = (at, framework) else {
                    return Err(format!("`{}` relates to `{}`, which is no framework", idea.name, row.framework));
                };
                for id in &row.ids {
                    let title = framework
                        .titles
                        .get(id)
                        .ok_or_else(|| format!("`{}`: {} has no id `{id}`", idea.name, framework.name))?;
                    for control in &idea.controls {
                        let relation = Relation {
                            framework: framework.name.clone(),
                            version: framework.version.clone(),
                            id: id.clone(),
                            title: title.clone(),
                            verified: row.verified,
                        };
                        let own = found.entry(control).or_default().entry((at, id)).or_insert(relation);
                        // One idea may have looked up what another one recalls.
                        own.verified = own.verified.min(row.verified);
                    }
                }
            }
        }
        let sorted = |of: BTreeMap<(usize, &str), Relation>| {
            let mut all: Vec<((usize, &str), Relation)> = of.into_iter().collect();
            all.sort_by(|((one, id), _), ((other, other_id), _)| {
                one.cmp(other).then_with(|| natural::compare(id, other_id))
            });
            all.into_iter().map(|(_, relation)| relation).collect()
        };
        Ok(Self { relations: found.into_iter().map(|(control, of)| (control.to_owned(), sorted(of))).collect() })
    }

    /// What a control relates to.
    pub fn of(&self, control: &str) -> &[Relation] {
        self.relations.get(control).map_or(&[], Vec::as_slice)
    }

    /// Every control that relates to something; some may not be in the pack.
    pub fn controls(&self) -> impl Iterator<Item = &str> {
        self.relations.keys().map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pack::Pack;

    /// The families of the built-in pack, and how many controls each is to have.
    const FAMILIES: [(&str, usize); 14] = [
        ("MAN", 12),
        ("INS", 10),
        ("PRJ", 7),
        ("TPL", 8),
        ("DIR", 6),
        ("GRT", 3),
        ("CRD", 4),
        ("SVA", 11),
        ("UIN", 2),
        ("MFF", 20),
        ("APB", 14),
        ("OAC", 12),
        ("MIG", 12),
        ("CHG", 7),
    ];

    #[test]
    fn every_built_in_control_relates_to_something() {
        let pack = Pack::load(&[]).unwrap();
        for control in pack.in_force() {
            assert!(!pack.frameworks.of(&control.id).is_empty(), "{} is in no idea of frameworks.toml", control.id);
        }
    }

    #[test]
    fn every_control_that_the_pack_is_to_have_is_mapped_and_no_other() {
        let pack = Pack::load(&[]).unwrap();
        let numbered =
            |(family, many): (&'static str, usize)| (1..=many).map(move |number| format!("{family}-{number:02}"));
        let mut expected: Vec<String> = FAMILIES.into_iter().flat_map(numbered).collect();
        expected.sort();
        assert_eq!(pack.frameworks.controls().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn no_id_is_without_its_title_and_no_framework_without_its_name() {
        let row = |framework: &str, id: &str| {
            format!(
                "[[framework]]\nid = \"a\"\nname = \"A\"\nversion = \"1\"\n[framework.titles]\n\"A-1\" = \"One\"\n\
                 [[idea]]\nname = \"an idea\"\ncontrols = [\"X-01\"]\n\
                 relates_to = [{{ framework = \"{framework}\", ids = [\"{id}\"], verified = \"recalled\" }}]\n"
            )
        };
        let relations = Frameworks::parse(&row("a", "A-1")).unwrap();
        assert_eq!(relations.of("X-01").first().unwrap().title, "One");
        assert!(relations.of("X-02").is_empty());
        assert_eq!(Frameworks::parse(&row("a", "A-2")).unwrap_err(), "`an idea`: A has no id `A-2`");
        assert_eq!(Frameworks::parse(&row("b", "A-1")).unwrap_err(), "`an idea` relates to `b`, which is no framework");
    }

    #[test]
    fn what_one_idea_looked_up_another_may_recall() {
        let text = "[[framework]]\nid = \"a\"\nname = \"A\"\nversion = \"1\"\n[framework.titles]\n\"A-2\" = \"\"\n\"A-10\" = \"\"\n\
                    [[idea]]\nname = \"one\"\ncontrols = [\"X-01\"]\n\
                    relates_to = [{ framework = \"a\", ids = [\"A-10\"], verified = \"recalled\" }]\n\
                    [[idea]]\nname = \"two\"\ncontrols = [\"X-01\"]\n\
                    relates_to = [{ framework = \"a\", ids = [\"A-10\", \"A-2\"], verified = \"catalogue\" }]\n";
        let frameworks = Frameworks::parse(text).unwrap();
        let of: Vec<_> =
            frameworks.of("X-01").iter().map(|relation| (relation.id.as_str(), relation.verified)).collect();
        assert_eq!(of, [("A-2", Verified::Catalogue), ("A-10", Verified::Catalogue)]);
    }
}
