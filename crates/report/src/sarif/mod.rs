//! SARIF 2.1.0, for code scanning.
//!
//! Every name in an export was chosen by somebody else: `wording` keeps one from being read as a placeholder, a link or
//! Markdown, and `places` keeps a path from leading out of its folder. What is longer than GitHub takes is cut here, of
//! the largest sorts of violations first, and said.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::io::{self, Write};

use serde_sarif::sarif::{
    ArtifactLocation, Invocation, PropertyBag, Run, RunAutomationDetails, Sarif, Tool, ToolComponent,
};

use self::places::Places;
use super::{groups, json};
use cutover_model::result::audit::{Control, Group, Listing, Timeline, Violation};

mod notifications;
mod places;
mod results;
mod rules;
pub(super) mod wording;

const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
/// The most results in a run that GitHub keeps; it takes 25,000 and drops the least severe.
const MAX_RESULTS: usize = 5_000;
/// The most rules that GitHub takes.
const MAX_RULES: usize = 25_000;

/// Writes the violations as results.
///
/// # Errors
/// When the output cannot be written.
pub fn write(listing: &Listing<'_>, roots: &[String], out: &mut dyn Write) -> io::Result<()> {
    let log = Sarif::builder().schema(SCHEMA).version("2.1.0").runs(vec![run(listing, roots)]).build();
    json::write(&log, out)
}

fn run(listing: &Listing<'_>, roots: &[String]) -> Run {
    let places = Places::new(listing.inputs, roots);
    let controls: Vec<&Control> = listing.controls.iter().take(MAX_RULES).collect();
    let rules: BTreeMap<&str, i64> =
        controls.iter().enumerate().map(|(index, control)| (control.id.as_str(), number(index))).collect();
    let groups = listing.groups(groups::share(&listing.groups(usize::MAX), MAX_RESULTS));
    let most = groups.iter().map(|group| group.included).max().unwrap_or_default();

    let mut violations: Vec<Cow<'_, Violation>> = listing.violations.included(most).collect();
    violations.sort_by_key(|violation| Reverse(violation.severity));
    violations.truncate(MAX_RESULTS);
    let result =
        |violation: &Violation| results::result(violation, rules.get(violation.control.as_str()).copied(), &places);
    let absent = listing.absent.iter().take(MAX_RESULTS.saturating_sub(violations.len()));
    let results: Vec<_> = violations.iter().map(AsRef::as_ref).chain(absent).map(result).collect();
    let base = ArtifactLocation {
        description: Some(wording::message("The folder that the paths given to the audit start from")),
        ..ArtifactLocation::default()
    };
    Run::builder()
        .tool(Tool::builder().driver(driver(listing, &controls)).build())
        .automation_details(RunAutomationDetails {
            id: Some(format!("cutover/{}/", listing.verb)),
            ..RunAutomationDetails::default()
        })
        .original_uri_base_ids(BTreeMap::from([(places::BASE.to_owned(), base)]))
        .artifacts(places.artifacts())
        .column_kind("unicodeCodePoints")
        .invocations(vec![invocation(listing, &groups, &rules, &places)])
        .results(results)
        .properties(properties(listing))
        .build()
}

fn driver(listing: &Listing<'_>, controls: &[&Control]) -> ToolComponent {
    let change = |control: &Control| listing.overrides.iter().find(|change| change.control == control.id);
    ToolComponent::builder()
        .name(&listing.tool.name)
        .version(&listing.tool.version)
        .semantic_version(&listing.tool.version)
        .rules(controls.iter().map(|control| rules::rule(control, change(control))).collect::<Vec<_>>())
        .build()
}

fn invocation(listing: &Listing<'_>, groups: &[Group], rules: &BTreeMap<&str, i64>, places: &Places<'_>) -> Invocation {
    let rules_left_out = notifications::rules_left_out(listing.controls.len(), MAX_RULES);
    let left_out = notifications::results_left_out(groups, MAX_RESULTS, rules).into_iter().chain(rules_left_out);
    let diagnostics = listing.diagnostics.iter().map(|diagnostic| notifications::diagnostic(diagnostic, places));
    let coverage = listing.coverage.iter().filter_map(|coverage| notifications::coverage(coverage, rules));
    // A control that could not be evaluated may have stayed silent, and so may all of them about what was not read.
    let whole = listing.diagnostics.iter().all(|diagnostic| diagnostic.code != "policy" && !diagnostic.is_incomplete());
    let mut invocation = Invocation::builder()
        .execution_successful(whole)
        .tool_execution_notifications(left_out.chain(diagnostics).collect::<Vec<_>>())
        .tool_configuration_notifications(coverage.collect::<Vec<_>>())
        .build();
    let changed: Vec<_> = listing.overrides.iter().filter_map(|change| rules::changed(change, rules)).collect();
    invocation.rule_configuration_overrides = Some(changed).filter(|changed| !changed.is_empty());
    invocation
}

fn properties(listing: &Listing<'_>) -> PropertyBag {
    let Timeline { id, no_new_accounts, sunset, source, origin } = listing.timeline;
    let timeline = serde_json::json!({
        "id": id,
        "noNewAccounts": no_new_accounts,
        "sunset": sunset,
        "source": source,
        "origin": origin,
    });
    let collected = listing.collected.map(|(day, _)| day);
    let basis = listing.collected.and_then(|(_, basis)| basis);
    let more = [
        ("asOf", listing.as_of.to_string().into()),
        ("timeline", timeline),
        ("collectedAt", serde_json::json!(collected)),
        ("collectedAtBasis", serde_json::json!(basis)),
        ("decidedBy", serde_json::json!(listing.decided_by)),
    ];
    let more = more.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    PropertyBag { tags: None, additional_properties: more }
}

/// A count as SARIF has them.
fn number(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
