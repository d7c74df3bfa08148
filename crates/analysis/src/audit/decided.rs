//! What influenced the verdicts, as results list it.

use std::collections::BTreeMap;

use super::places;
use cutover_export::Export;
use cutover_export::decisions::FileDecision;
use cutover_model::diagnostic::{Code, Diagnostic};
use cutover_model::result::decisions::{DecidedBy, DecisionKind};
use cutover_policy::pack::Pack;
use cutover_policy::provenance::PackSource;
use cutover_policy::timeline::Timeline;

/// Lists the parts of the pack, the timeline, what the organisation gave, and these files of the export. The diagnostics
/// are those before any is silenced.
pub fn decided_by(
    export: &Export,
    files: &[FileDecision],
    pack: &Pack,
    timeline: &Timeline,
    diagnostics: &[Diagnostic],
) -> Vec<DecidedBy> {
    let mut all: Vec<DecidedBy> = pack.sources.iter().map(PackSource::describe).collect();
    all.extend(timeline.decided_by());
    all.extend(pack.org.decided_by.iter().cloned());
    let silenced = silenced(&places::silenced(export, diagnostics, &pack.org.levels));
    for config in all.iter_mut().filter(|one| one.kind == DecisionKind::Config && !one.ignored) {
        config.effect.extend(silenced.iter().map(String::as_str));
    }
    let described = |file: &FileDecision| Some(file.describe(export.documents.get(file.document as usize)?));
    all.extend(files.iter().filter_map(described));
    DecidedBy::sort(&mut all);
    all.dedup();
    all
}

/// How many diagnostics were silenced: `; silences 2 conflict, 1 member`.
fn silenced(counts: &BTreeMap<Code, usize>) -> Option<String> {
    let counts: Vec<String> = counts.iter().map(|(code, count)| format!("{count} {code}")).collect();
    (!counts.is_empty()).then(|| format!("; silences {}", counts.join(", ")))
}
