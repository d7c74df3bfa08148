//! Lists that come in pages: whether all of them are there.
//!
//! A list says who is not on it only when no page is missing. A hole in the numbers is a page that was never fetched, and
//! a last page as long as pages get may have another behind it; a page that is there and empty ends a list for sure.

use std::collections::{BTreeMap, BTreeSet};

use super::Records;
use super::document::{Document, Layout};
use super::field::Id;
use super::file::path::{app_name, register_name};
use super::naming::Naming;
use cutover_model::diagnostic::{Code, Diagnostic, Place};
use cutover_model::kind::Kind;

/// A page number has fewer digits than this; what has more is an id or a day.
const LEAST_NO_PAGE: u64 = 1_000_000;
/// Page lengths that people and programs ask for. A list that stands in one file and is exactly so long may be the first
/// page of a longer one.
const USUAL_LENGTHS: [usize; 7] = [100, 200, 250, 300, 500, 1000, 2000];
/// Nobody asks for pages of fewer records.
const SHORTEST_PAGE: usize = 10;
/// Gaps named in one message.
const MAX_NAMED: usize = 5;

/// The pages of one list.
#[derive(Debug, Default)]
struct Pages {
    /// Length and document of each numbered page; of two files with one number the longer counts.
    numbered: BTreeMap<u64, (usize, u32)>,
    /// The same of files without a number.
    others: Vec<(usize, u32)>,
}

/// What a list is of: the kind, and the project, user, app or file that the path names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct List {
    kind: Kind,
    id: Option<Id>,
    file: String,
}

/// Says which lists have holes or may go on, and marks them in the records as not complete.
pub(super) fn check(
    names: &[(u32, String)],
    documents: &[Document],
    first: u32,
    records: &mut Records,
) -> Vec<Diagnostic> {
    let mut lists: BTreeMap<List, Pages> = BTreeMap::new();
    for (number, name) in names {
        let document = number.checked_sub(first).and_then(|at| documents.get(at as usize));
        let Some((list, page, length)) = document.and_then(|document| place(document, name)) else { continue };
        let pages = lists.entry(list).or_default();
        match page {
            Some(page) => {
                let known = pages.numbered.entry(page).or_insert((length, *number));
                *known = (*known).max((length, *number));
            }
            None => pages.others.push((length, *number)),
        }
    }
    let mut out = Vec::new();
    for (list, pages) in lists {
        for (code, document, message) in [pages.holes(), pages.cut(list.kind)].into_iter().flatten() {
            let whose = list.id.map(|id| format!(" of {id}")).unwrap_or_default();
            let message = format!("{}{whose}: {message}", list.kind);
            out.push(Diagnostic::new(code, Place::Offset(document, 0), message));
            mark(&list, records);
        }
    }
    out
}

/// A list with a page missing does not tell who is not on it.
fn mark(list: &List, records: &mut Records) {
    records.incomplete.insert(list.kind);
    match list.kind {
        Kind::ProjectUsers => records.project_gaps.extend(list.id),
        Kind::ProjectAssignments => records.assignment_gaps.extend(list.id),
        Kind::ApiActivity => {
            records.activity_gaps.insert(list.file.clone());
        }
        _ => {}
    }
}

/// Which list a document is of, its page, and how many records it has.
fn place(document: &Document, name: &str) -> Option<(List, Option<u64>, usize)> {
    let kind = document.kind?;
    let needs_id = match kind {
        Kind::ProjectUsers | Kind::ProjectAssignments | Kind::ProjectTools => true,
        Kind::Companies
        | Kind::Projects
        | Kind::Users
        | Kind::InactiveUsers
        | Kind::TemplateAssignments
        | Kind::PermissionTemplates
        | Kind::AppInstallations
        | Kind::AppConfigurations
        | Kind::Webhooks
        | Kind::ServiceAccounts
        | Kind::ApiActivity
        | Kind::OauthClients => false,
        _ => return None,
    };
    let file = match kind {
        Kind::ApiActivity => app_name(name),
        Kind::OauthClients => {
            let register = register_name(name);
            format!("{}/{}", register.environment.unwrap_or_default(), register.file)
        }
        _ => String::new(),
    };
    let naming = Naming::of(name);
    let id = naming.ids.first().copied().filter(|_| needs_id);
    // Of a file that is broken nobody knows how it is laid out, but its number still is one.
    if !document.is_list() && naming.page.is_none() {
        return None;
    }
    let number =
        naming.ids.get(usize::from(needs_id)).map(|id| id.0).filter(|_| naming.page.is_none() && file.is_empty());
    let page = naming.page.or(number).filter(|page| *page < LEAST_NO_PAGE);
    Some((List { kind, id, file }, page, document.spans.len().min(document.loose_from)))
}

type Finding = (Code, u32, String);

impl Pages {
    /// The first page has the number 1, or 0; a file without a number is it where no other is.
    fn holes(&self) -> Option<Finding> {
        let mut numbers: BTreeSet<u64> = self.numbered.keys().copied().collect();
        let (_, document) = *self.numbered.values().next_back()?;
        if !numbers.contains(&0) && !self.others.is_empty() {
            numbers.insert(1);
        }
        let mut next = u64::from(!numbers.contains(&0));
        let mut missing = Vec::new();
        let mut there: Vec<(u64, u64)> = Vec::new();
        for number in numbers {
            if number > next {
                missing.push((next, number - 1));
            }
            match there.last_mut().filter(|(_, last)| last + 1 == number) {
                Some((_, last)) => *last = number,
                None => there.push((number, number)),
            }
            next = number + 1;
        }
        (!missing.is_empty()).then(|| {
            let message = format!("page{}, no page{}: fetch what is missing", ranges(&there), ranges(&missing));
            (Code::PageHole, document, message)
        })
    }

    /// A last page that is as long as pages get.
    fn cut(&self, kind: Kind) -> Option<Finding> {
        let comes_in_pages = matches!(
            kind,
            Kind::Companies
                | Kind::Projects
                | Kind::Users
                | Kind::InactiveUsers
                | Kind::ProjectUsers
                | Kind::ProjectAssignments
                | Kind::ProjectTools
                | Kind::AppInstallations
                | Kind::AppConfigurations
        );
        if !comes_in_pages {
            return None;
        }
        let next = |page: u64| format!("fetch page {}, and keep it even if it is empty", page + 1);
        let may_go_on = |length: usize, document: u32, what: String, next: String| {
            let message = format!("{what} exactly one page long ({length} records), so more pages may follow: {next}");
            Some((Code::CutList, document, message))
        };
        if let Some((last, (length, document))) = self.numbered.last_key_value() {
            let before = self.numbered.range(..last).map(|(_, (length, _))| *length);
            let longest = before.chain(self.others.iter().map(|(length, _)| *length)).max();
            let full = match longest {
                Some(longest) => *length >= longest.max(SHORTEST_PAGE),
                None => USUAL_LENGTHS.contains(length),
            };
            return if full { may_go_on(*length, *document, format!("page {last} is"), next(*last)) } else { None };
        }
        let (length, document) = self.others.iter().max().filter(|_| self.others.len() == 1)?;
        let full = USUAL_LENGTHS.contains(length);
        if full { may_go_on(*length, *document, "the list is just".to_owned(), next(1)) } else { None }
    }
}

/// `s 1 to 3, 5 and 7`.
fn ranges(ranges: &[(u64, u64)]) -> String {
    let one = |(first, last): &(u64, u64)| match last - first {
        0 => first.to_string(),
        1 => format!("{first} and {last}"),
        _ => format!("{first} to {last}"),
    };
    let several = ranges.len() > 1 || ranges.first().is_some_and(|(first, last)| first != last);
    let mut named: Vec<String> = ranges.iter().take(MAX_NAMED).map(one).collect();
    let more = ranges.len().saturating_sub(MAX_NAMED);
    if more > 0 {
        named.push(format!("{more} more"));
    }
    let last = named.pop().unwrap_or_default();
    let list = if named.is_empty() { last } else { format!("{} and {last}", named.join(", ")) };
    format!("{} {list}", if several { "s" } else { "" })
}

impl<T> Document<T> {
    /// Whether the file holds a list, and not the record of one thing.
    pub(super) fn is_list(&self) -> bool {
        match &self.layout {
            Layout::Array(_) | Layout::Inner(_) | Layout::Lines | Layout::Table(_) => true,
            Layout::Keyed(keys) => keys.first().is_none_or(|key| key != "data"),
            Layout::Single | Layout::Toml => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pages(numbered: &[(u64, usize)], others: &[usize]) -> Pages {
        Pages {
            numbered: numbered.iter().map(|(page, length)| (*page, (*length, 0))).collect(),
            others: others.iter().map(|length| (*length, 0)).collect(),
        }
    }

    #[test]
    fn a_hole_in_the_page_numbers_is_named() {
        let described = |numbered: &[u64], others: &[usize]| {
            let numbered: Vec<_> = numbered.iter().map(|page| (*page, 1)).collect();
            pages(&numbered, others).holes().map(|(_, _, message)| message)
        };
        let starts = |described: Option<String>, with: &str| {
            assert!(described.clone().unwrap().starts_with(with), "{described:?}")
        };
        starts(described(&[1, 3], &[]), "pages 1 and 3, no page 2:");
        starts(described(&[2, 3], &[]), "pages 2 and 3, no page 1:");
        starts(described(&[1, 2, 3, 7], &[]), "pages 1 to 3 and 7, no pages 4 to 6:");
        starts(described(&[999_999], &[]), "page 999999, no pages 1 to 999998:");
        for whole in [&[1, 2, 3][..], &[0, 1, 2], &[], &[1]] {
            assert_eq!(described(whole, &[]), None, "{whole:?}");
        }
        assert_eq!(described(&[2, 3], &[5]), None, "users.json is the first page of users.2.json");
        starts(described(&[3], &[5]), "pages 1 and 3, no page 2:");
    }

    #[test]
    fn a_last_page_as_long_as_the_others_may_have_another_behind_it() {
        let is_cut = |numbered: &[(u64, usize)], others: &[usize]| pages(numbered, others).cut(Kind::Users).is_some();
        for cut in [&[(1, 100), (2, 100)][..], &[(1, 100), (2, 40), (3, 100)], &[(1, 2000)], &[(1, 10), (2, 10)]] {
            assert!(is_cut(cut, &[]), "{cut:?}");
        }
        for whole in [&[(1, 100), (2, 99)][..], &[(1, 100), (2, 100), (3, 0)], &[(1, 99)], &[(1, 9), (2, 9)], &[]] {
            assert!(!is_cut(whole, &[]), "{whole:?}");
        }
        assert!(is_cut(&[], &[100]) && is_cut(&[(2, 300)], &[300]));
        assert!(!is_cut(&[], &[101]) && !is_cut(&[(2, 0)], &[100]) && !is_cut(&[], &[100, 20]));
        assert!(pages(&[(1, 100)], &[]).cut(Kind::PermissionTemplates).is_none(), "templates come without pages");
    }
}
