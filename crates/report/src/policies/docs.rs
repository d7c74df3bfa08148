//! The catalogue as Markdown: an index, a page for each family, and one by framework; or all of it on one page.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::words;
use crate::plan::markdown::text::{code, text};
use crate::sarif::wording::sentence;
use cutover_model::escape;
use cutover_model::natural;
use cutover_model::result::policies::{Control, Example, Family, Policies, Relation, Verified};

/// The index.
pub const INDEX: &str = "README.md";
/// The page by framework.
pub const FRAMEWORKS: &str = "FRAMEWORKS.md";

/// Said wherever frameworks are named.
const NO_CLAIM: &str = "\"Relates to\" says where a control is of use to somebody who works with that framework. It is \
                        no claim of compliance.";

/// A page: its file name and its text.
pub type Page = (String, String);

/// The pages of a catalogue, in the order of their names.
pub fn pages(policies: &Policies) -> Vec<Page> {
    let link = |control: &Control| format!("{}#{}", file(&control.family), anchor(&control.id));
    let by = format!(" The other way round: [controls by framework]({FRAMEWORKS}).");
    let mut pages: BTreeMap<String, String> = BTreeMap::new();
    pages.insert(INDEX.to_owned(), index(policies, &by, &link, &|family| file(&family.id)));
    pages.insert(FRAMEWORKS.to_owned(), by_framework(policies, &link));
    for family in &policies.families {
        let mut page = format!("# {}\n\n", heading(family));
        let _ = writeln!(page, "Part of the [catalogue of controls]({INDEX}), written by `cutover policy docs`.\n");
        page.push_str(&controls_of(policies, family));
        pages.insert(file(&family.id), page);
    }
    pages.into_iter().map(|(name, text)| (name, format!("{}\n", text.trim_end()))).collect()
}

/// The whole catalogue on one page.
pub fn page(policies: &Policies) -> String {
    let mut page = index(policies, "", &|control| format!("#{}", anchor(&control.id)), &|family| {
        format!("#{}", anchor(&heading(family)))
    });
    for family in &policies.families {
        let _ = writeln!(page, "# {}\n", heading(family));
        page.push_str(&controls_of(policies, family));
    }
    format!("{}\n", page.trim_end())
}

fn heading(family: &Family) -> String {
    let letters = if family.name == family.id { String::new() } else { format!(" ({})", text(&family.id)) };
    format!("{}{letters}", text(&family.name))
}

fn file(family: &str) -> String {
    format!("{family}.md")
}

/// What a viewer makes of a heading to link to.
fn anchor(heading: &str) -> String {
    let kept = heading.chars().filter(|letter| letter.is_alphanumeric() || matches!(letter, '-' | '_' | ' '));
    kept.collect::<String>().to_lowercase().replace(' ', "-")
}

fn index(policies: &Policies, by: &str, link: &dyn Fn(&Control) -> String, of: &dyn Fn(&Family) -> String) -> String {
    let mut page = "# Controls\n\n".to_owned();
    let total = words::total(policies, &|_, text| text.to_owned());
    let _ = writeln!(page, "{total}. Written by `cutover policy docs`.\n");
    let _ = writeln!(page, "{NO_CLAIM}{by}\n");
    for family in &policies.families {
        let _ = writeln!(page, "## [{}]({})\n", heading(family), of(family));
        let _ = writeln!(page, "| control | severity | who acts | what |\n|---|---|---|---|");
        for control in policies.controls.iter().filter(|control| control.family == family.id) {
            let (id, severity, party) = (text(&control.id), control.severity.id(), control.party.id());
            let _ = writeln!(page, "| [{id}]({}) | {severity} | {party} | {} |", link(control), prose(&control.title));
        }
        page.push('\n');
    }
    page
}

fn controls_of(policies: &Policies, family: &Family) -> String {
    let controls = policies.controls.iter().filter(|control| control.family == family.id);
    controls.map(|control| format!("{}\n", one(control).trim_end())).collect::<Vec<_>>().join("\n")
}

fn one(control: &Control) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "## {}\n\n**{}**\n", text(&control.id), prose(&control.title));
    if !control.why.is_empty() {
        let _ = writeln!(out, "{}\n", prose(&sentence(&control.why)));
    }
    let mut item = |name: &str, said: String| {
        let _ = writeln!(out, "- **{name}:** {said}");
    };
    let reason = control.severity_reason.as_deref().map(|reason| format!(": {}", prose(reason))).unwrap_or_default();
    item("Severity", format!("{}{reason}", words::rating(control)));
    let duty = words::duty(control).map_or(String::new(), |duty| format!(", by {}", prose(&duty)));
    item("Who acts", format!("{}{duty}", words::party(control.party)));
    item("Message", prose(&words::pattern(&control.message)));
    item("What to do", prose(&words::pattern(&control.remedy)));
    if let Some(migration) = words::migration(control) {
        item("In a migration", prose(&migration));
    }
    item("Source", control.references.iter().map(|one| prose(one)).collect::<Vec<_>>().join("; "));
    let relates = words::by_framework(&control.relates_to).into_iter().map(|(framework, relations)| {
        let ids = relations.into_iter().map(|relation| item_id(&relation.id)).collect::<Vec<_>>().join(", ");
        format!("{framework}: {ids}")
    });
    let relates: Vec<String> = relates.collect();
    if !relates.is_empty() {
        item("Relates to", relates.join("; "));
    }
    let facts: Vec<String> = control.applies_to.iter().map(|applies| code(&words::applies(applies))).collect();
    item("Evaluates", format!("{}; asked by {}", facts.join(", "), words::over(control)));
    let reads = control.sources.iter().map(|source| format!("{} ({})", code(&source.reads), words::kinds(source)));
    let reads: Vec<String> = reads.collect();
    if !reads.is_empty() {
        item("Reads", reads.join(", "));
    }
    if !control.source.built_in {
        item("Written in", code(&control.source.path));
    }
    control.example.iter().for_each(|example| self::example(example, &mut out));
    out
}

fn example(example: &Example, out: &mut String) {
    let is_change = example.files.keys().any(|path| path.starts_with("before/"));
    let same = if is_change { " Files outside `before` and `after` are the same on both sides." } else { "" };
    let _ = writeln!(out, "\nExample: {}.{same}\n", prose(example.name.trim_end_matches('.')));
    for (path, text) in words::files(example) {
        let language = path.rsplit_once('.').map_or("text", |(_, ending)| ending);
        let language = if ["json", "csv", "toml", "xml"].contains(&language) { language } else { "text" };
        let lines: Vec<String> =
            text.trim_matches('\n').lines().map(|line| escape::visible(line).into_owned()).collect();
        let text = lines.join("\n");
        let longest = text.split(|letter| letter != '`').map(str::len).max().unwrap_or_default();
        let fence = "`".repeat(longest.max(2) + 1);
        let _ = writeln!(out, "{}\n\n{fence}{language}\n{text}\n{fence}\n", code(path));
    }
    for said in &example.violations {
        let at = said.at.as_ref().map_or(String::new(), |at| format!(" ({})", code(at)));
        let _ = writeln!(out, "> {}: {}{at}\n", said.severity.id(), text(&said.message));
    }
}

/// The items of a framework by id, each with the controls that relate to it.
type Items<'a> = BTreeMap<&'a str, (&'a Relation, Vec<&'a Control>)>;

/// What the controls relate to, the other way round.
fn by_framework(policies: &Policies, link: &dyn Fn(&Control) -> String) -> String {
    let mut page = format!("# Controls by framework\n\n{NO_CLAIM}\n\n");
    page.push_str("An id marked with * is from memory; the others were looked up in the catalogue of the framework.\n");
    let mut frameworks: Vec<(String, Items<'_>)> = Vec::new();
    for control in &policies.controls {
        for (framework, relations) in words::by_framework(&control.relates_to) {
            let at = frameworks.iter().position(|(name, _)| *name == framework).unwrap_or_else(|| {
                frameworks.push((framework, BTreeMap::new()));
                frameworks.len() - 1
            });
            let Some((_, ids)) = frameworks.get_mut(at) else { continue };
            for relation in relations {
                let row = ids.entry(relation.id.as_str()).or_insert((relation, Vec::new()));
                // What one control recalls, another may have looked up.
                if relation.verified == Verified::Catalogue {
                    row.0 = relation;
                }
                row.1.push(control);
            }
        }
    }
    frameworks.sort_by(|(one, _), (other, _)| one.cmp(other));
    for (framework, ids) in frameworks {
        let _ = writeln!(page, "\n## {framework}\n\n| id | title | controls |\n|---|---|---|");
        let mut rows: Vec<_> = ids.into_values().collect();
        rows.sort_by(|(one, _), (other, _)| natural::compare(&one.id, &other.id));
        for (relation, controls) in rows {
            let mark = if relation.verified == Verified::Recalled { "\\*" } else { "" };
            let links = controls.into_iter().map(|control| format!("[{}]({})", text(&control.id), link(control)));
            let links = links.collect::<Vec<_>>().join(", ");
            let _ = writeln!(page, "| {}{mark} | {} | {links} |", item_id(&relation.id), text(&relation.title));
        }
    }
    page
}

/// An id of a framework: `5.2` begins no list in the middle of a line.
fn item_id(id: &str) -> String {
    let plain = id.chars().all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '.' | '-' | '(' | ')'));
    if plain { id.to_owned() } else { text(id) }
}

/// A sentence of a pack: code between backticks stays code, and everything else means only itself.
fn prose(sentence: &str) -> String {
    let parts: Vec<&str> = sentence.split('`').collect();
    let closed = parts.len() % 2 == 1 && parts.iter().skip(1).step_by(2).all(|part| !part.trim().is_empty());
    if !closed {
        return text(sentence);
    }
    let shown = parts.iter().enumerate().map(|(index, part)| {
        if index % 2 == 1 {
            return code(part);
        }
        // The spaces around code are part of the sentence.
        let before = if index > 0 && part.starts_with(' ') { " " } else { "" };
        let after = if part.ends_with(' ') && part.trim() != "" { " " } else { "" };
        format!("{before}{}{after}", text(part))
    });
    shown.collect::<Vec<_>>().concat().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_in_a_sentence_stays_code() {
        assert_eq!(prose("see `a_b`, then `c*`."), "see `a_b`, then `c*`.");
        assert_eq!(prose("an *open* ` one"), r"an \*open\* \` one");
        assert_eq!(prose("`` <b>"), r"\`\` \<b\>");
        assert_eq!(prose("a | b"), r"a \| b");
        assert_eq!(prose("`a` `b`"), "`a` `b`");
    }

    #[test]
    fn anchors_are_those_of_viewers() {
        assert_eq!(anchor("DIR-01"), "dir-01");
        assert_eq!(anchor("App manifests (MAN)"), "app-manifests-man");
    }
}
