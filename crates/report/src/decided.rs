//! What influenced the verdicts, in words.

use cutover_model::result::decisions::{DecidedBy, DecisionKind, DecisionOrigin};

/// One line of the list.
#[derive(Debug)]
pub(super) struct Line {
    /// The file, where it comes from and what it does.
    pub(super) text: String,
    /// Whether an export changed how it is evaluated itself: that is to be seen.
    pub(super) strong: bool,
}

/// The list in lines: what is built in, then each file. `show` makes text safe for the medium.
pub(super) fn lines(all: &[DecidedBy], show: impl Fn(&str) -> String) -> Vec<Line> {
    let (built_in, others): (Vec<&DecidedBy>, Vec<&DecidedBy>) =
        all.iter().partition(|one| one.origin == DecisionOrigin::BuiltIn);
    let built_in: Vec<String> = built_in.into_iter().map(|one| sentence_of_built_in(one, &show)).collect();
    let built_in = (!built_in.is_empty()).then(|| Line { text: built_in.join(", "), strong: false });
    let line = |one: &DecidedBy| Line {
        text: format!("{} ({}): {}", show(&one.path), one.origin, show(&one.effect)),
        strong: is_strong(one),
    };
    built_in.into_iter().chain(others.into_iter().map(line)).collect()
}

/// The same in brief: the pack, then each file; settings and waivers with their effect.
pub(super) fn brief(all: &[DecidedBy], show: impl Fn(&str) -> String) -> String {
    let mut parts = Vec::new();
    for one in all.iter().filter(|one| !one.ignored) {
        let name = one.path.rsplit('/').next().unwrap_or(&one.path);
        match (one.origin, one.kind) {
            (DecisionOrigin::BuiltIn, DecisionKind::Pack) => {
                parts.push(format!("built-in pack ({})", show(&one.effect)))
            }
            (DecisionOrigin::BuiltIn, _) => {}
            (_, DecisionKind::Waivers | DecisionKind::Config) => {
                parts.push(format!("{} ({})", show(name), show(&one.effect)))
            }
            _ => parts.push(show(name)),
        }
    }
    let ignored = all.iter().filter(|one| one.ignored).count();
    if ignored > 0 {
        parts.push(format!("{ignored} ignored"));
    }
    parts.join(", ")
}

/// The same in one sentence.
pub(super) fn sentence(all: &[DecidedBy], show: impl Fn(&str) -> String) -> Option<String> {
    let lines: Vec<String> = lines(all, show).into_iter().map(|line| line.text).collect();
    (!lines.is_empty()).then(|| format!("Decided by: {}", lines.join("; ")))
}

fn sentence_of_built_in(one: &DecidedBy, show: impl Fn(&str) -> String) -> String {
    match one.kind {
        DecisionKind::Pack => format!("built-in pack ({})", show(&one.effect)),
        _ => format!("built-in {}", show(&one.effect)),
    }
}

/// Whether whoever wrote the export changed more than what a record accepts.
fn is_strong(one: &DecidedBy) -> bool {
    let changes =
        matches!(one.kind, DecisionKind::Pack | DecisionKind::Timeline | DecisionKind::Config | DecisionKind::Kinds);
    one.origin == DecisionOrigin::Export && !one.ignored && changes && one.effect != "no settings"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(kind: DecisionKind, origin: DecisionOrigin, effect: &str) -> DecidedBy {
        let (path, sha256) = ("a/b".to_owned(), String::new());
        DecidedBy { path, kind, sha256, origin, effect: effect.to_owned(), ignored: false }
    }

    #[test]
    fn what_an_export_changes_of_the_rules_is_seen() {
        let all = [
            one(DecisionKind::Pack, DecisionOrigin::BuiltIn, "2 controls"),
            one(DecisionKind::Timeline, DecisionOrigin::BuiltIn, "timeline 2024-01-29: sunset 2024-12-31"),
            one(DecisionKind::Config, DecisionOrigin::Export, "DIR-01 off"),
            one(DecisionKind::Config, DecisionOrigin::CommandLine, "DIR-01 off"),
            one(DecisionKind::Reviews, DecisionOrigin::Export, "1 [[link]]"),
            DecidedBy { ignored: true, ..one(DecisionKind::Pack, DecisionOrigin::Export, "ignored: 1 control") },
        ];
        let lines = lines(&all, str::to_owned);
        let said: Vec<(&str, bool)> = lines.iter().map(|line| (line.text.as_str(), line.strong)).collect();
        assert_eq!(
            said,
            [
                ("built-in pack (2 controls), built-in timeline 2024-01-29: sunset 2024-12-31", false),
                ("a/b (inside the export): DIR-01 off", true),
                ("a/b (from the command line): DIR-01 off", false),
                ("a/b (inside the export): 1 [[link]]", false),
                ("a/b (inside the export): ignored: 1 control", false),
            ]
        );
    }
}
