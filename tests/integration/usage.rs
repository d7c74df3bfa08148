//! What apps call, by their API Call Activity Reports.

use std::path::Path;

use cutover_export::collect;
use cutover_export::collect::{Content, Folder, Input};
use cutover_export::{self as export, Export};
use cutover_inventory::tools::{Scope, Tool};
use cutover_inventory::usage::{Calls, Forbidden, Silence, Usage, Usages};
use cutover_inventory::{Company, Inventory};
use cutover_model::diagnostic::{Code, Diagnostic};
use cutover_model::level::Level;
use cutover_policy::pack::Pack;

const HEADER: &str = "Date,Response Code,HTTP Method,Normalized Route,Count\n";

/// Builds the first company of an export; returns what was said while reading as well.
fn company(export: &Export) -> (Company, Vec<Diagnostic>) {
    let mut said = export.diagnostics.clone();
    let inventory = Inventory::build(export, &Pack::load(&[]).unwrap().tools, &mut said);
    (inventory.companies.into_iter().next().unwrap(), said)
}

/// Reads reports: the name of each, and its rows without the date.
fn usages(files: &[(&str, &str)]) -> (Usages, Vec<Diagnostic>) {
    let input = |(name, rows): &(&str, &str)| {
        let rows: String = rows.lines().map(|row| format!("2024-10-01,{row}\n")).collect();
        let content = Content::Bytes((HEADER.to_owned() + &rows).into_bytes());
        Input { name: (*name).to_owned(), path: (*name).to_owned(), content }
    };
    let folder = Folder { inputs: files.iter().map(input).collect(), faults: Vec::new() };
    let (company, said) = company(&export::read(vec![folder], &()));
    (company.usage, said)
}

fn usage(rows: &str) -> Usage {
    usages(&[("api_activity/the-app.csv", rows)]).0.remove("the-app").unwrap()
}

fn tool(name: &str) -> Tool {
    let (scope, key) = name.split_once('/').unwrap();
    let scope = if scope == "company" { Scope::Company } else { Scope::Project };
    Tool { scope, key: key.into() }
}

#[test]
fn the_report_of_an_app_tells_what_it_needs() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/harborline");
    let (company, said) = company(&export::read(collect::folders(&[folder]), &()));
    let unmapped: Vec<_> = said.iter().filter(|diagnostic| diagnostic.message.contains("route")).collect();
    assert!(unmapped.is_empty(), "{unmapped:?}");
    assert_eq!(company.usage.keys().collect::<Vec<_>>(), ["rfi-pulls", "timecards-connector"]);
    assert!(company.usage.values().all(|usage| usage.complete && usage.unmapped.is_empty()));

    let rfi_pulls = &company.usage["rfi-pulls"];
    for (name, needed) in [
        ("project/rfi", Some(Level::Standard)),
        ("project/directory", Some(Level::ReadOnly)),
        ("project/budgeting", Some(Level::None)),
        ("project/generic_tool_126094", None),
    ] {
        assert_eq!(rfi_pulls.needed(&tool(name)), needed, "{name}");
    }
    let (first, last) = rfi_pulls.days.unwrap();
    assert!(first < last && first.to_string() == "2024-09-14", "{first} {last}");
    let timecards = &company.usage["timecards-connector"];
    assert!(timecards.calls[&tool("project/timesheets")].refused > 0);
    assert_eq!(timecards.needed(&tool("project/daily_log")), None, "it was refused, so that its need was not seen");
}

#[test]
fn methods_and_answers_tell_reading_writing_and_refusal() {
    let usage = usage(
        "200,GET,/v1.0/projects/:project_id/rfis,2
304,HEAD,/v1.0/projects/:project_id/rfis/:id,3
404,get,/v1.0/projects/:project_id/rfis/:id,4
500,GET,/v1.0/projects/:project_id/rfis,100
201,POST,/rest/v1.1/projects/:project_id/rfis,5
204,DELETE,/v1.0/projects/:project_id/rfis/:id,6
422,PATCH,/v1.0/projects/:project_id/rfis/:id,7
403,POST,/v1.0/projects/:project_id/rfis,8
401,GET,/v1.0/projects/:project_id/rfis,9
200,GET,/v1.0/me,1
200,GET,/v1.0/projects,1
200,POST,/oauth/token,1",
    );
    let calls = Calls { read: 9, write: 11, refused: 17, failed_writes: 7 };
    assert_eq!(usage.calls.iter().collect::<Vec<_>>(), [(&tool("project/rfi"), &calls)]);
    assert!(usage.complete, "{:?}", usage.unmapped);
}

#[test]
fn what_was_not_seen_is_not_needed_only_if_everything_was_seen() {
    let rfis = tool("project/rfi");
    let reads = "200,GET,/v1.0/projects/:project_id/rfis,2\n";
    for (more, rfi, budget) in [
        ("", Some(Level::ReadOnly), Some(Level::None)),
        ("200,GET,/v1.0/hyperloops,1", Some(Level::ReadOnly), None),
        ("200,POST,/v1.0/hyperloops,1", None, None),
        ("201,POST,/v1.0/projects,1", None, None),
        ("500,POST,/v1.0/projects/:project_id/rfis,1", None, Some(Level::None)),
        ("403,POST,/v1.0/projects/:project_id/rfis,1", Some(Level::ReadOnly), Some(Level::None)),
        ("200,GET,/v1.0/hyperloops,0", Some(Level::ReadOnly), Some(Level::None)),
        (",GET,/v1.0/me,1", None, None),
        ("200,GET,/v1.0/me,many", None, None),
        ("200,GET,/v1.0/me", None, None),
        ("201,POST,/v1.0/projects/:project_id/rfis,1\n200,GET,,1", Some(Level::Standard), None),
    ] {
        let usage = usage(&(reads.to_owned() + more));
        let needed = (usage.needed(&rfis), usage.needed(&tool("project/budgeting")));
        assert_eq!(needed, (rfi, budget), "{more}");
    }
}

#[test]
fn unknown_routes_are_told_once_for_each_file() {
    let rows = "200,GET,/v1.0/d,1\n200,GET,/v1.0/c,1\n200,GET,/v1.0/c,2\n200,GET,/v1.0/b\u{202e},1\n200,GET,/v1.0/a,1";
    let (usages, said) = usages(&[("api_activity/one.csv", rows), ("api_activity/two.csv", rows)]);
    assert_eq!(usages["one"].unmapped["/v1.0/c"], 3);
    let said: Vec<_> = said.iter().filter(|diagnostic| diagnostic.code == Code::UnknownTool).collect();
    assert_eq!(said.len(), 2);
    assert!(
        said[0].message.ends_with(
            r"4 route(s) are unknown, so no tool counts as unused: `/v1.0/a`, `/v1.0/b\u{202e}`, `/v1.0/c`, …"
        ),
        "{}",
        said[0].message
    );
}

#[test]
fn files_are_told_apart_by_the_words_of_their_names() {
    let row = "200,GET,/v1.0/projects/:project_id/rfis,1";
    let (usages, _) = usages(&[
        ("api_activity.csv", row),
        ("api_activity/RFI Pulls.csv", row),
        ("api_activity/rfi-pulls.2.csv", "200,GET,/v1.0/projects/:project_id/rfis"),
        ("api_activity/other.csv", row),
    ]);
    assert_eq!(usages.keys().collect::<Vec<_>>(), ["other", "rfi-pulls"]);
    assert!(!usages["rfi-pulls"].complete, "its second page lost a row");
    assert!(usages["other"].complete);
}

/// The report of the app, and what `export.toml` says beside it.
fn report(rows: &str, export: &str) -> Usage {
    let file = |name: &str, text: String| Input {
        name: name.to_owned(),
        path: name.to_owned(),
        content: Content::Bytes(text.into_bytes()),
    };
    let inputs =
        vec![file("api_activity/the-app.csv", HEADER.to_owned() + rows), file("export.toml", export.to_owned())];
    let mut company = company(&export::read(vec![Folder { inputs, faults: Vec::new() }], &())).0;
    company.usage.remove("the-app").unwrap()
}

const COLLECTED: &str = "collected_at = 2024-10-14\n";

#[test]
fn silence_is_known_as_far_as_the_report_reaches() {
    let day = |text: &str| Some(text.parse().unwrap());
    let (rfis, budget) = (tool("project/rfi"), tool("project/budgeting"));
    let rows =
        "2024-09-14,200,GET,/v1.0/projects/:project_id/rfis,1\n2024-10-01,200,GET,/v1.0/projects/:project_id/rfis,1\n";
    let today = "2024-10-15".parse().unwrap();
    let told = report(rows, COLLECTED);
    assert_eq!(
        told.silence(&rfis, today),
        Silence { last_call: day("2024-10-01"), since: day("2024-10-02"), never: false }
    );
    assert_eq!(told.silence(&budget, today), Silence { last_call: None, since: day("2024-09-14"), never: true });
    assert_eq!(told.silence_of_all(today).since, day("2024-10-02"));
    // Two days later the report does not reach up to the day any more.
    let late = "2024-10-16".parse().unwrap();
    assert_eq!(told.silence(&budget, late), Silence::default());
    assert_eq!(told.silence(&rfis, late), Silence { last_call: day("2024-10-01"), since: None, never: false });
    // Nobody says when it was collected: it reaches to its last row.
    assert_eq!(report(rows, "").silence(&rfis, today).since, None);
    // A report of a day before its own last row is not believed.
    assert_eq!(report(rows, "collected_at = 2024-09-20\n").silence(&rfis, today).since, None);
}

#[test]
fn a_lost_row_or_an_unknown_route_may_have_been_any_call() {
    let today = "2024-10-15".parse().unwrap();
    let rows = "2024-10-01,200,GET,/v1.0/projects/:project_id/rfis,1\n";
    let since = |more: &str| {
        let told = report(&(rows.to_owned() + more), COLLECTED);
        (told.silence(&tool("project/rfi"), today).since.is_some(), told.silence_of_all(today).since.is_some())
    };
    assert_eq!(since(""), (true, true));
    assert_eq!(since("2024-10-01,200,GET,/v1.0/hyperloops,1\n"), (false, true));
    assert_eq!(since(",200,GET,/v1.0/projects/:project_id/rfis,1\n"), (false, false));
    let custom = report(rows, COLLECTED).silence(&tool("project/generic_tool_126094"), today);
    assert_eq!(custom, Silence::default(), "routes do not tell one custom tool from another");
}

#[test]
fn a_report_without_a_row_tells_of_no_call_once_its_day_is_known() {
    let today = "2024-10-15".parse().unwrap();
    let empty = report("", COLLECTED).silence_of_all(today);
    assert_eq!(empty, Silence { last_call: None, since: Some("2024-09-14".parse().unwrap()), never: true });
    let (usages, _) = usages(&[("api_activity/the-app.csv", "")]);
    assert!(usages.is_empty());
}

#[test]
fn forbidden_calls_are_told_from_refused_tokens() {
    let usage = usage(
        "403,GET,/v1.0/projects/:project_id/rfis,2
403,POST,/v1.0/projects/:project_id/rfis,3
401,POST,/v1.0/projects/:project_id/rfis,4",
    );
    assert_eq!(usage.forbidden[&tool("project/rfi")], Forbidden { read: 2, write: 3 });
    assert!(usage.forbidden_known);
}
