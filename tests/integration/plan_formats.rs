//! A plan in every format: what each says, and that no name in it can say anything else.

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::path::Path;

use clap::ValueEnum;
use cutover_model::escape::is_deceptive;
use cutover_model::result::plan::{Mode, Plan, Simulation, Status, Summary};
use cutover_report::Style;
use cutover_report::plan::{PlanFormat, plan as write};

use crate::support::plan::{account, change, day, many, renamed, thing, used, whole};

/// Everything that one of the formats could act on instead of showing it.
const HOSTILE: [&str; 16] = [
    "say \"hi\"; 'there' \\",
    "two\nlines\r\nand\ttabs",
    "a | b || c",
    "=cmd|'/C calc'!A0",
    "<script>alert(1)</script><!-- -->",
    "x](javascript:alert(1)) ![y](https://evil.test/z.png)",
    "@team, @@all and #12, $x^2$",
    "https://evil.test www.evil.test it@evil.test",
    "a\u{202e}b\u{200b}c\u{2066}d\u{1b}[31me",
    "BEGIN:VEVENT\r\nSUMMARY:mine\r\nEND:VEVENT",
    "`code` ```fence``` *b* _i_ ~~s~~",
    "# heading",
    "1. one",
    "- [x] done",
    "%%{init: {\"theme\":\"dark\"}}%% #quot; &quot; end",
    "",
];

fn styled(plan: &Plan, format: PlanFormat, style: Style) -> String {
    let mut out = Vec::new();
    write(plan, format, style, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn rendered(plan: &Plan, format: PlanFormat) -> String {
    styled(plan, format, Style { width: 100, ..Style::default() })
}

/// A plan in which every name is hostile, one after the other, for programs of others to evaluate.
#[test]
fn every_format_can_be_kept_for_others_to_judge() {
    let Some(folder) = env::var_os("CUTOVER_KEEP_PLANS") else { return };
    fs::create_dir_all(&folder).unwrap();
    let plans = HOSTILE.iter().map(|text| renamed(text)).chain([whole(), many(61), many(2000)]);
    for (index, plan) in plans.enumerate() {
        for format in PlanFormat::value_variants() {
            let name = format!("{index:02}.{}", format.to_possible_value().unwrap().get_name());
            fs::write(Path::new(&folder).join(name), rendered(&plan, *format)).unwrap();
        }
    }
}

#[test]
fn text_is_for_an_administrator_at_a_terminal() {
    insta::assert_snapshot!(rendered(&whole(), PlanFormat::Text));
}

#[test]
fn verbose_text_says_how_to_check_and_undo() {
    let style = Style { width: 100, verbose: true, ..Style::default() };
    insta::assert_snapshot!(styled(&whole(), PlanFormat::Text, style));
}

#[test]
fn a_recovery_says_that_the_sunset_has_passed() {
    let plan = Plan { mode: Mode::Recovery, as_of: day("2025-01-10"), ..whole() };
    let text = rendered(&plan, PlanFormat::Text);
    assert!(text.contains("the legacy sunset is past (2024-12-31), 10 days ago"), "{text}");
    assert!(text.contains("recovery: the sunset has passed"), "{text}");
    assert!(rendered(&plan, PlanFormat::Markdown).contains("**recovery: the sunset has passed"));
}

#[test]
fn markdown_is_a_runbook() {
    insta::assert_snapshot!(rendered(&whole(), PlanFormat::Markdown));
}

#[test]
fn hostile_names_are_shown_letter_by_letter_in_markdown() {
    let text: String = HOSTILE.map(markdown_of).join("\n");
    insta::assert_snapshot!(text);
}

/// The lines about one account with this name.
fn markdown_of(name: &str) -> String {
    let plan = Plan { accounts: vec![account(name, Status::Decide, name)], ..whole() };
    let text = rendered(&plan, PlanFormat::Markdown);
    text.lines().find(|line| line.contains("needs a decision |")).unwrap().to_owned()
}

#[test]
fn csv_has_one_step_a_row() {
    insta::assert_snapshot!(rendered(&whole(), PlanFormat::Csv));
}

#[test]
fn a_calendar_has_the_days_that_count() {
    insta::assert_snapshot!(rendered(&whole(), PlanFormat::Ics).replace("\r\n", "\n"));
}

#[test]
fn mermaid_draws_the_steps() {
    insta::assert_snapshot!(rendered(&whole(), PlanFormat::Mermaid));
}

#[test]
fn dot_draws_the_steps() {
    insta::assert_snapshot!(rendered(&whole(), PlanFormat::Dot));
}

#[test]
fn many_accounts_are_drawn_without_their_steps() {
    for format in [PlanFormat::Mermaid, PlanFormat::Dot] {
        let few = rendered(&many(60), format);
        let text = rendered(&many(61), format);
        assert!(few.contains("s240"), "{few}");
        assert!(text.contains("too many to draw their steps"), "{text}");
        assert!(text.contains("a61") && !text.contains("s1"), "{text}");
        let (together, before) =
            if format == PlanFormat::Dot { ("a1 -> a2 [dir=none", "a1 -> a2\n") } else { ("a1 --- a2", "a1 --> a2") };
        assert!(text.contains(together) && text.contains(before), "{text}");
    }
}

#[test]
fn json_is_the_document_itself() {
    for text in HOSTILE {
        let plan = renamed(text);
        assert_eq!(serde_json::from_str::<Plan>(&rendered(&plan, PlanFormat::Json)).unwrap(), plan);
    }
}

#[test]
fn the_same_plan_gives_the_same_bytes() {
    for format in PlanFormat::value_variants() {
        assert_eq!(rendered(&whole(), *format), rendered(&whole(), *format));
    }
}

#[test]
fn no_format_holds_a_character_that_moves_hides_or_reorders() {
    for text in HOSTILE {
        let plan = renamed(text);
        for format in PlanFormat::value_variants() {
            let out = rendered(&plan, *format).replace("\r\n", "\n");
            let found = out.chars().find(|letter| *letter != '\n' && is_deceptive(*letter));
            assert_eq!(found, None, "{format:?} of {text:?}:\n{out}");
        }
    }
}

#[test]
fn with_colours_only_the_programs_own_escapes_are_written() {
    let style = Style { width: 100, colour: true, verbose: true, ..Style::default() };
    let out = styled(&renamed("\u{1b}]0;x\u{7}\u{1b}[2J"), PlanFormat::Text, style);
    assert!(out.contains("\u{1b}[1m"));
    for sequence in out.split('\u{1b}').skip(1) {
        let colour = sequence.strip_prefix('[').and_then(|rest| rest.split_once('m')).map(|(code, _)| code);
        let digits = |code: &str| code.bytes().all(|byte| byte.is_ascii_digit() || byte == b';');
        assert!(colour.is_some_and(digits), "{}", sequence.escape_debug());
    }
}

#[test]
fn a_table_stays_a_table() {
    let rows = |text: &str| {
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let columns = reader.headers().unwrap().len();
        let records: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
        assert!(records.iter().all(|record| record.len() == columns));
        records
    };
    let number = rows(&rendered(&whole(), PlanFormat::Csv)).len();
    // Five steps, and two accounts that have none and are not done.
    assert_eq!(number, 7);
    for text in HOSTILE {
        let records = rows(&rendered(&renamed(text), PlanFormat::Csv));
        assert_eq!(records.len(), number, "{text:?}");
        for cell in records.iter().flat_map(csv::StringRecord::iter) {
            assert!(!cell.trim_start().starts_with(['=', '+', '-', '@', '\t', '\r']), "{cell:?}");
        }
    }
}

#[test]
fn a_calendar_holds_no_events_but_its_own() {
    let events = |text: &str| text.split("\r\n").filter(|line| *line == "BEGIN:VEVENT").count();
    let expected = rendered(&whole(), PlanFormat::Ics);
    // The sunset, the deadline, two waves, two accounts with steps.
    assert_eq!(events(&expected), 6);
    for text in HOSTILE {
        let out = rendered(&renamed(text), PlanFormat::Ics);
        assert_eq!(events(&out), 6, "{out}");
        for line in out.split("\r\n") {
            assert!(line.len() <= 75, "{line}");
            assert!(!line.contains(['\r', '\n']), "{line:?}");
            let own = [
                "BEGIN",
                "END",
                "VERSION",
                "PRODID",
                "CALSCALE",
                "NAME",
                "X-WR-CALNAME",
                "X-WR-CALDESC",
                "DESCRIPTION",
                "DTEND;VALUE=DATE",
                "DTSTAMP",
                "DTSTART;VALUE=DATE",
                "SUMMARY",
                "TRANSP",
                "UID",
            ];
            let name = line.split_once(':').map_or(line, |(name, _)| name);
            assert!(line.is_empty() || line.starts_with(' ') || own.contains(&name), "{line}");
        }
    }
}

#[test]
fn events_keep_their_ids_from_plan_to_plan() {
    let uids = |plan: &Plan| -> Vec<String> {
        let out = rendered(plan, PlanFormat::Ics);
        out.split("\r\n").filter(|line| line.starts_with("UID:")).map(str::to_owned).collect()
    };
    let plan = whole();
    let later = Plan { as_of: day("2024-10-22"), ..whole() };
    assert_eq!(uids(&plan), uids(&later));
    let distinct: BTreeSet<String> = uids(&plan).into_iter().collect();
    assert_eq!(distinct.len(), 6);
    let elsewhere = Plan { companies: vec![thing("Company", "Another")], ..whole() };
    assert!(uids(&elsewhere).iter().all(|uid| !distinct.contains(uid)));
}

#[test]
fn labels_of_drawings_cannot_be_left() {
    for text in HOSTILE {
        let plan = renamed(text);
        let mermaid = rendered(&plan, PlanFormat::Mermaid);
        for line in mermaid.lines().filter(|line| line.contains('[')) {
            let (_, label) = line.split_once("[\"").unwrap();
            let (label, rest) = label.split_once("\"]").unwrap();
            assert!(!label.replace("<br/>", "").contains(['"', '<', '>', '[', ']', '{', '`', '%']), "{line}");
            assert!(rest.is_empty() || rest.starts_with(":::"), "{line}");
        }
        let lines = |plan: &Plan| rendered(plan, PlanFormat::Dot).lines().count();
        assert_eq!(lines(&plan), lines(&whole()), "{text:?}");
    }
}

#[test]
fn long_lists_are_shortened_and_say_so() {
    let text = rendered(&many(60), PlanFormat::Text);
    assert!(text.contains("… and 20 more; -v and the other formats list them"), "{text}");
    assert!(text.contains("account 40: It is in use") && !text.contains("account 41: It is in use"), "{text}");
    let all = styled(&many(60), PlanFormat::Text, Style { verbose: true, width: 100, ..Style::default() });
    assert!(!all.contains("more; -v"), "{all}");
}

#[test]
fn access_in_use_that_is_lost_is_never_cut() {
    let mut plan = whole();
    plan.accounts[2].access.lost = (0..30)
        .map(|index| used(index >= 10, change(&format!("Tool {index}"), Some("admin"), Some("none"), &[])))
        .collect();
    let text = rendered(&plan, PlanFormat::Text);
    assert_eq!(text.matches("; in use").count(), 20, "{text}");
    assert!(text.contains("… and 13 more"), "{text}");
}

#[test]
fn a_plan_of_nothing_is_still_one() {
    let plan = Plan {
        accounts: Vec::new(),
        waves: Vec::new(),
        shortfalls: Vec::new(),
        summary: Summary::default(),
        simulation: Simulation::default(),
        what_if: None,
        progress: None,
        notes: Vec::new(),
        feasible: true,
        ..whole()
    };
    insta::assert_snapshot!(rendered(&plan, PlanFormat::Text));
    for format in PlanFormat::value_variants() {
        assert!(!rendered(&plan, *format).is_empty());
    }
}
