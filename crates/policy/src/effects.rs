//! What a `cutover.toml` does to the verdicts, in a short sentence.

use super::config::{Config, WaiverTerms};
use super::control::SeverityRule;
use super::pack::Pack;
use super::provenance::enumerate;
use cutover_model::diagnostic::{Code, Level};
use cutover_model::escape;

/// What the file does to a pack that it was applied to.
pub fn effects(config: &Config, pack: &Pack) -> String {
    let mut all = Vec::new();
    let org = &pack.org;
    let off = org.overrides.iter().filter(|change| change.off).map(|change| format!("{} off", change.control));
    all.extend(enumerate(off.collect()));
    let severities = org.overrides.iter().filter_map(|change| {
        let (from, to) = change.severity?;
        let from = match from {
            SeverityRule::Fixed(severity) => severity.id(),
            SeverityRule::Deadline => "by deadline",
        };
        Some(format!("severity of {} {from} → {}", change.control, to.id()))
    });
    all.extend(enumerate(severities.collect()));
    let preferences = config.preferences();
    let text = |name: &str, value: Option<&String>| value.map(|value| format!("{name} = {}", escape::name(value)));
    all.extend(text("fail_on", preferences.fail_on.as_ref().map(|one| one.get_ref())));
    all.extend(preferences.allow_incomplete.as_ref().map(|one| format!("allow_incomplete = {}", one.get_ref())));
    all.extend(text("timeline", preferences.timeline.as_ref().map(|one| one.get_ref())));
    all.extend(text("waivers", preferences.waivers.as_ref().map(|one| one.get_ref())));
    let policies = config.policy_names().map(escape::name).collect();
    all.extend(enumerate(policies).map(|names| format!("policies = {names}")));
    let WaiverTerms { max_days, soon_days } = org.terms;
    all.extend(max_days.map(|days| format!("waivers.max_days = {days}")));
    if soon_days != WaiverTerms::default().soon_days {
        all.push(format!("waivers.soon_days = {soon_days}"));
    }
    all.extend(levels(pack));
    if all.is_empty() { "no settings".to_owned() } else { all.join("; ") }
}

/// Which diagnostics it silences, and of which it changes the level.
fn levels(pack: &Pack) -> Vec<String> {
    let silenced = |(code, level): (Code, Option<Level>)| level.is_none().then(|| code.id().to_owned());
    let silenced = enumerate(pack.org.levels.all().filter_map(silenced).collect());
    let silenced = silenced.map(|codes| format!("silences diagnostics {codes}"));
    let changed = pack.org.levels.all().filter_map(|(code, level)| {
        let level = level.filter(|level| *level != code.level())?;
        let word = match level {
            Level::Note => "note",
            Level::Warning => "warning",
            Level::Error => "error",
        };
        Some(format!("{code} is {}", if word == "error" { "an error".to_owned() } else { format!("a {word}") }))
    });
    silenced.into_iter().chain(changed).collect()
}
