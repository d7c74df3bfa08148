//! What the path of a file inside an export says: the kind of its records, whose they are, and which page it is.
//!
//! Folders may repeat the paths of the API (`rest/v1.0/projects/7/users.json`), and names may put the words of a kind in
//! any order, with the id among them (`project-users_7.json`, `users of project 7.json`).

use super::field::Id;
use super::recognize;
use cutover_model::kind::Kind;

/// What the path of a file says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Naming {
    /// What the file holds; `None` when the path does not say.
    pub kind: Option<Kind>,
    /// The numbers behind the word that names the kind, outermost first: the project of a list of its users, the user of
    /// a list of its projects. A page number may be the last of them.
    pub ids: Vec<Id>,
    /// The page, where the name says that the number is one: `users.2.json`, `users/page-2.json`.
    pub page: Option<u64>,
    /// The path speaks of a project, or has an id in front of the word that names the kind.
    pub may_be_of_project: bool,
}

/// A number of fewer digits is a page or a year before it is an id.
const SHORTEST_ID: usize = 6;

/// A part of a path.
#[derive(Debug, PartialEq)]
enum Part {
    /// Words that name a kind, or one thing of it: `project_users`, `project`. The numbers in them stand behind.
    Noun(Kind),
    /// `company`, `project`, `user`: names the owner of what follows, if an id follows.
    Owner(Kind),
    Number(u64, usize),
    /// `inactive`, below `users`.
    Inactive,
    /// Says nothing; whether an id is among its words.
    Other {
        holds_id: bool,
    },
}

impl Naming {
    /// What a path says; compression endings count for nothing.
    pub fn of(path: &str) -> Self {
        let path = path.strip_suffix(".gz").or_else(|| path.strip_suffix(".zst")).unwrap_or(path);
        let (folders, file) = path.rsplit_once('/').unwrap_or(("", path));
        let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
        let (stem, page) = match stem.rsplit_once('.') {
            Some((stem, page)) if is_number(page) => (stem, page.parse().ok()),
            _ => (stem, None),
        };
        let mut naming = Self { page, ..Self::default() };
        let mut parts = Vec::new();
        for segment in folders.split('/').filter(|folder| !folder.is_empty()) {
            read(segment, false, &mut parts, &mut naming);
        }
        read(stem, true, &mut parts, &mut naming);
        naming.resolve(&parts);
        naming
    }

    /// Whether an id stands behind the word that names the kind, and not a page number.
    pub fn has_id(&self) -> bool {
        const LEAST_ID: u64 = 100_000;
        self.ids.first().is_some_and(|id| id.0 >= LEAST_ID)
    }

    /// The outermost word decides (`permissions/projects/7/9.json` is not about projects), unless it names the owner of
    /// what follows.
    fn resolve(&mut self, parts: &[Part]) {
        let mut at = 0;
        let mut id_before = false;
        while let Some(part) = parts.get(at) {
            let rest = parts.get(at + 1..).unwrap_or_default();
            match part {
                Part::Noun(kind) | Part::Owner(kind) => {
                    let id = match rest.first() {
                        Some(Part::Number(id, _)) => Some(*id),
                        _ => None,
                    };
                    let behind = rest.get(1..).unwrap_or_default();
                    match owned(*kind, behind).filter(|_| id.is_some()) {
                        Some(Owned::Skip) => at += 1,
                        Some(Owned::Is(kind)) => {
                            self.kind = Some(kind);
                            self.ids = numbers(rest);
                            return;
                        }
                        None if matches!(part, Part::Noun(_)) => {
                            let inactive = *kind == Kind::Users && rest.contains(&Part::Inactive);
                            self.kind = Some(if inactive { Kind::InactiveUsers } else { *kind });
                            self.ids = numbers(rest);
                            self.may_be_of_project |= id_before;
                            return;
                        }
                        None => {}
                    }
                }
                Part::Number(_, digits) => id_before |= *digits >= SHORTEST_ID,
                Part::Other { holds_id } => id_before |= holds_id,
                Part::Inactive => {}
            }
            at += 1;
        }
        // Without a word, the number in the name of the file is all that there is.
        self.may_be_of_project |= id_before;
        self.ids = parts.last().map(|part| numbers(std::slice::from_ref(part))).unwrap_or_default();
    }
}

/// What stands below the records of one company, project or user.
enum Owned {
    /// The owner says nothing: look further.
    Skip,
    Is(Kind),
}

fn owned(owner: Kind, behind: &[Part]) -> Option<Owned> {
    let mut nouns = behind.iter().filter_map(|part| match part {
        Part::Noun(kind) => Some(*kind),
        _ => None,
    });
    let noun = nouns.next()?;
    match (owner, noun) {
        (Kind::Companies, _) => Some(Owned::Skip),
        (Kind::Projects, Kind::Users | Kind::ProjectUsers) => Some(Owned::Is(Kind::ProjectUsers)),
        (Kind::Projects, Kind::ProjectTools | Kind::PermissionTemplates | Kind::Webhooks) => Some(Owned::Is(noun)),
        (Kind::Users, Kind::ProjectAssignments) => Some(Owned::Is(noun)),
        _ => None,
    }
}

fn numbers(parts: &[Part]) -> Vec<Id> {
    let number = |part: &Part| match part {
        Part::Number(number, _) => Some(Id(*number)),
        _ => None,
    };
    parts.iter().filter_map(number).collect()
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Words that say nothing about the kind.
const FILLERS: [&str; 14] =
    ["of", "for", "in", "the", "all", "list", "export", "exported", "page", "p", "id", "my", "procore", "rest"];
/// Words for people, behind "project".
const PEOPLE: [&str; 7] = ["users", "user", "members", "people", "directory", "team", "memberships"];

/// Reads a folder, or the name of the file without its endings.
fn read(segment: &str, is_file: bool, parts: &mut Vec<Part>, naming: &mut Naming) {
    if is_number(segment) {
        return parts.extend(segment.parse().ok().map(|number| Part::Number(number, segment.len())));
    }
    let known = if is_file { recognize::by_name(segment) } else { recognize::by_folder(segment) };
    if let Some(kind) = known {
        return parts.push(Part::Noun(kind));
    }
    let words = words(segment);
    let (digits, letters): (Vec<&String>, Vec<&String>) = words.iter().partition(|word| is_number(word));
    let mut telling: Vec<&str> =
        letters.iter().map(|word| word.as_str()).filter(|word| !FILLERS.contains(word)).collect();
    telling.sort_unstable();
    telling.dedup();
    let mut numbers = digits.iter().filter_map(|digits| Some(Part::Number(digits.parse().ok()?, digits.len())));
    let other = Part::Other { holds_id: digits.iter().any(|digits| digits.len() >= SHORTEST_ID) };
    let is_page = letters.iter().any(|word| ["page", "p"].contains(&word.as_str()));
    naming.may_be_of_project |=
        telling.iter().any(|word| ["project", "projects", "proj", "site", "job"].contains(word));
    let of_company = telling.iter().any(|word| word.starts_with("compan"));
    match (noun(&telling), telling.as_slice()) {
        // `company_5_users`: the number is the company's.
        (Some(kind), _) if of_company && kind != Kind::Companies => parts.push(Part::Noun(kind)),
        (Some(kind), _) => {
            parts.push(Part::Noun(kind));
            let mut numbers: Vec<Part> = numbers.collect();
            // The last number is the page where there is a word for it.
            if is_page && let Some(Part::Number(page, _)) = numbers.last() {
                naming.page = naming.page.or(Some(*page));
                numbers.pop();
            }
            parts.extend(numbers);
        }
        (None, []) if is_page && is_file => {
            if let Some(Part::Number(page, _)) = numbers.next_back() {
                naming.page = naming.page.or(Some(page));
            }
        }
        (None, [] | ["template" | "installation" | "record"]) if is_file => parts.extend(numbers),
        (None, ["inactive"]) => parts.push(Part::Inactive),
        // Elsewhere these words are too common.
        (None, ["tools"]) if is_below_project(parts) => parts.push(Part::Noun(Kind::ProjectTools)),
        (None, people) if is_below_project(parts) && people.iter().all(|word| PEOPLE.contains(word)) => {
            parts.push(Part::Noun(Kind::ProjectUsers));
        }
        (None, words) => match owner(words) {
            Some(owner) => {
                parts.push(Part::Owner(owner));
                parts.extend(numbers);
            }
            None => parts.push(other),
        },
    }
}

fn is_below_project(parts: &[Part]) -> bool {
    matches!(parts, [.., Part::Noun(Kind::Projects) | Part::Owner(Kind::Projects), Part::Number(..)])
}

fn owner(words: &[&str]) -> Option<Kind> {
    match words {
        ["company"] => Some(Kind::Companies),
        ["project"] => Some(Kind::Projects),
        ["user"] => Some(Kind::Users),
        _ => None,
    }
}

/// The kind that these words name, in the order of the alphabet.
fn noun(words: &[&str]) -> Option<Kind> {
    let kind = match words {
        ["active" | "company" | "companies", "users"] | ["users"] => Kind::Users,
        ["inactive", "users"] | ["companies" | "company", "inactive", "users"] => Kind::InactiveUsers,
        ["projects"] | ["companies" | "company", "projects"] => Kind::Projects,
        ["companies"] => Kind::Companies,
        ["permission", "templates"] | ["companies" | "company", "permission", "templates"] => Kind::PermissionTemplates,
        ["app", "installations"] => Kind::AppInstallations,
        ["app", "configurations"] => Kind::AppConfigurations,
        ["hooks"] | ["webhooks"] | ["hooks", "webhooks"] => Kind::Webhooks,
        ["accounts", "service"] => Kind::ServiceAccounts,
        ["assignments", "template"] => Kind::TemplateAssignments,
        ["activity", "api"] => Kind::ApiActivity,
        ["assignments", "project" | "projects"] | ["assignments", "project" | "projects", "user" | "users"] => {
            Kind::ProjectAssignments
        }
        ["project" | "projects", "tools"] => Kind::ProjectTools,
        [one, two] if is_project(one, two) || is_project(two, one) => Kind::ProjectUsers,
        _ => return None,
    };
    Some(kind)
}

fn is_project(project: &str, people: &str) -> bool {
    ["project", "projects"].contains(&project) && PEOPLE.contains(&people)
}

/// The words of a name in lower case: `ProjectUsers-7` is `project`, `users`, `7`.
fn words(name: &str) -> Vec<String> {
    /// Of a longer name nobody made a kind.
    const LONGEST: usize = 80;
    let mut words = vec![String::new()];
    let mut last = '_';
    for letter in name.chars().take(LONGEST) {
        let starts = (letter.is_uppercase() && last.is_lowercase())
            || letter.is_ascii_digit() != last.is_ascii_digit()
            || !letter.is_alphanumeric();
        if starts {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| letter.is_alphanumeric()) {
            word.extend(letter.to_lowercase());
        }
        last = letter;
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn described(path: &str) -> (Option<Kind>, Vec<u64>, Option<u64>) {
        let Naming { kind, ids, page, .. } = Naming::of(path);
        (kind, ids.into_iter().map(|id| id.0).collect(), page)
    }

    #[test]
    fn the_users_of_a_project_are_known_by_many_names() {
        for path in [
            "project_users/7.json",
            "project_users_7.json",
            "project-users/7.json",
            "ProjectUsers-7.json.gz",
            "projectUsers/7.jsonl",
            "project_7_users.json",
            "users of project 7.json",
            "projects/7/users.json",
            "projects/7/users/users.json",
            "project-7/users.json",
            "project_members/7.json",
            "projects/7/people.json",
            "rest/v1.0/projects/7/users.json",
            "api.procore.com/rest/v1.0/projects/7/users.json",
        ] {
            assert_eq!(described(path), (Some(Kind::ProjectUsers), vec![7], None), "{path}");
        }
        for path in ["project_users.json", "project users.json"] {
            assert_eq!(described(path), (Some(Kind::ProjectUsers), vec![], None), "{path}");
        }
    }

    #[test]
    fn pages_are_told_from_ids() {
        assert_eq!(described("project_users/7.2.json"), (Some(Kind::ProjectUsers), vec![7], Some(2)));
        assert_eq!(described("project_users/7/users.2.json"), (Some(Kind::ProjectUsers), vec![7], Some(2)));
        assert_eq!(described("project_users_7_page_2.json"), (Some(Kind::ProjectUsers), vec![7], Some(2)));
        assert_eq!(described("projects/7/users/2.json"), (Some(Kind::ProjectUsers), vec![7, 2], None));
        for path in
            ["users.2.json", "users/page-2.json", "users/page2.json", "users_page_2.json", "users/users-p2.json"]
        {
            assert_eq!(described(path), (Some(Kind::Users), vec![], Some(2)), "{path}");
        }
        assert_eq!(described("users_2.json"), (Some(Kind::Users), vec![2], None));
        assert_eq!(described("users/8780450.json"), (Some(Kind::Users), vec![8_780_450], None));
    }

    #[test]
    fn the_paths_of_the_api_tell_the_kind() {
        let cases: [(&str, Kind, &[u64]); 15] = [
            ("rest/v1.3/companies/5/users.json", Kind::Users, &[]),
            ("companies/5/users/8780450.json", Kind::Users, &[8_780_450]),
            ("companies/5/users/inactive.json", Kind::InactiveUsers, &[]),
            ("company_5_users.json", Kind::Users, &[]),
            ("companies/5/permission_templates.json", Kind::PermissionTemplates, &[]),
            ("companies/5/permission_templates/12.json", Kind::PermissionTemplates, &[12]),
            ("companies/5/users/9/project_assignments.json", Kind::ProjectAssignments, &[9]),
            ("companies/5/webhooks/hooks.json", Kind::Webhooks, &[]),
            ("companies/5/projects.json", Kind::Projects, &[]),
            ("projects/7/tools.json", Kind::ProjectTools, &[7]),
            ("projects/7.json", Kind::Projects, &[7]),
            ("companies.json", Kind::Companies, &[]),
            ("permissions/projects/7/9.json", Kind::PermissionManifests, &[7, 9]),
            ("permissions/company/9.json", Kind::PermissionManifests, &[9]),
            ("app_installations/5001.json", Kind::AppInstallations, &[5001]),
        ];
        for (path, kind, ids) in cases {
            assert_eq!(described(path), (Some(kind), ids.to_vec(), None), "{path}");
        }
    }

    #[test]
    fn a_path_that_may_be_about_a_project_says_so() {
        for path in ["project/people.json", "2210958/users.json", "pier-2210958/users.json", "site.json"] {
            assert!(Naming::of(path).may_be_of_project, "{path}");
        }
        for path in ["users.json", "2024/users.json", "from-it.json", "companies/5/users.json", "users/8780450.json"] {
            assert!(!Naming::of(path).may_be_of_project, "{path}");
        }
    }
}
