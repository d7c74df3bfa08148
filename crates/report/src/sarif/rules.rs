//! The controls as rules.

use std::collections::BTreeMap;

use serde_sarif::sarif::{
    ConfigurationOverride, PropertyBag, ReportingConfiguration, ReportingDescriptor, ReportingDescriptorReference,
};

use super::wording;
use cutover_model::result::Severity;
use cutover_model::result::audit::{Control, Override};

/// The word for how bad a result is.
pub(super) fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Info => "note",
    }
}

/// The same as a number, by which GitHub sorts: from 9.0 critical, from 7.0 high, from 4.0 medium.
fn score(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "9.5",
        Severity::High => "8.0",
        Severity::Medium => "5.5",
        Severity::Low => "3.0",
        Severity::Info => "0.5",
    }
}

/// The word GitHub has for [`level`].
fn problem(severity: Severity) -> &'static str {
    match level(severity) {
        "note" => "recommendation",
        level => level,
    }
}

/// A control.
pub(super) fn rule(control: &Control, change: Option<&Override>) -> ReportingDescriptor {
    // What the tool says by itself; what the organisation made of it stands in the invocation.
    let by_default = change.and_then(|change| change.severity).map_or(control.severity, |severity| severity.from);
    let duty = control
        .duty
        .as_deref()
        .map_or(String::new(), |duty| format!(": duty {duty} of the shared responsibility model"));
    let answers = format!("The {} is responsible{duty}.", control.party.id());
    let mut rule = ReportingDescriptor::builder()
        .id(&control.id)
        .short_description(wording::description(&control.title))
        .full_description(wording::description(&format!("{} {answers}", wording::sentence(&control.title))))
        .help(help(control, &answers))
        .default_configuration(ReportingConfiguration {
            level: Some(level(by_default).into()),
            ..ReportingConfiguration::default()
        })
        .properties(properties(control, change))
        .build();
    rule.name = Some(wording::pascal(&control.title))
        .filter(|name| !name.is_empty() && !name.eq_ignore_ascii_case(&control.id));
    rule
}

fn help(control: &Control, answers: &str) -> serde_sarif::sarif::MultiformatMessageString {
    let remedy = wording::sentence(&wording::pattern(&control.remedy));
    let reference = wording::sentence(&control.reference);
    let mut help = wording::description(&format!("{remedy} {answers} Source: {reference}"));
    let [remedy, answers, reference] = [&remedy, answers, &reference].map(|text: &str| wording::markdown(text));
    help.markdown = Some(format!("**What to do.** {remedy}\n\n**Who.** {answers}\n\n**Source.** {reference}"));
    help
}

/// GitHub takes 20 tags of a rule and shows 10.
const MAX_TAGS: usize = 10;

/// What the organisation made of a rule, by its number.
pub(super) fn changed(change: &Override, rules: &BTreeMap<&str, i64>) -> Option<ConfigurationOverride> {
    // A control that took the place of another is the rule itself.
    if change.replaced {
        return None;
    }
    let index = *rules.get(change.control.as_str())?;
    let configuration = ReportingConfiguration {
        level: change.severity.map(|severity| level(severity.to).into()),
        enabled: Some(!change.off),
        ..ReportingConfiguration::default()
    };
    let descriptor = ReportingDescriptorReference {
        id: Some(change.control.clone()),
        index: Some(index),
        ..ReportingDescriptorReference::default()
    };
    Some(ConfigurationOverride::builder().configuration(configuration).descriptor(descriptor).build())
}

fn properties(control: &Control, change: Option<&Override>) -> PropertyBag {
    let family = control.id.split('-').next().unwrap_or_default();
    let own = ["security", control.party.id(), family, control.duty.as_deref().unwrap_or_default()];
    let mut tags: Vec<String> = Vec::new();
    for tag in own.into_iter().map(str::to_owned).chain(frameworks(&control.relates_to)) {
        if !tag.is_empty() && !tags.contains(&tag) && tags.len() < MAX_TAGS {
            tags.push(tag);
        }
    }
    let mut more = vec![
        ("precision".to_owned(), "high".into()),
        ("problem.severity".to_owned(), problem(control.severity).into()),
        ("security-severity".to_owned(), score(control.severity).into()),
    ];
    if !control.relates_to.is_empty() {
        more.push(("relatesTo".to_owned(), control.relates_to.clone().into()));
    }
    let mut more: BTreeMap<String, serde_json::Value> = more.into_iter().collect();
    if let Some(change) = change {
        more.insert("override".to_owned(), serde_json::to_value(change).unwrap_or_default());
    }
    PropertyBag { tags: Some(tags), additional_properties: more }
}

/// Tags for what a control relates to: the first item of each framework, because few tags are shown.
fn frameworks(relates_to: &[String]) -> Vec<String> {
    let mut seen = Vec::new();
    let mut tags = Vec::new();
    for cited in relates_to {
        let framework = cited.rsplit_once(' ').map_or("CWE", |(framework, _)| framework);
        if !seen.contains(&framework) {
            seen.push(framework);
            tags.push(match cited.strip_prefix("CWE-") {
                // As GitHub knows weaknesses.
                Some(number) => format!("external/cwe/cwe-{number}"),
                None => cited.clone(),
            });
        }
    }
    tags
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_each_framework_one_item_is_a_tag() {
        let cited =
            ["OWASP NHI Top 10 2025 NHI2", "CWE-312", "CWE-522", "NIST CSF 2.0 PR.AA-01", "NIST CSF 2.0 PR.AA-05"];
        let tags = frameworks(&cited.map(str::to_owned));
        assert_eq!(tags, ["OWASP NHI Top 10 2025 NHI2", "external/cwe/cwe-312", "NIST CSF 2.0 PR.AA-01"]);
    }

    #[test]
    fn levels_and_scores_fall_together() {
        let shown = Severity::WORST_FIRST.map(|severity| (level(severity), problem(severity), score(severity)));
        let expected = [
            ("error", "error", "9.5"),
            ("error", "error", "8.0"),
            ("warning", "warning", "5.5"),
            ("note", "recommendation", "3.0"),
            ("note", "recommendation", "0.5"),
        ];
        assert_eq!(shown, expected);
    }
}
