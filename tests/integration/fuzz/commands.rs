//! The command lines that are tried.

use std::sync::LazyLock;

use cutover_report::Format;
use cutover_report::graph::GraphFormat;
use cutover_report::plan::PlanFormat;
use fastrand::Rng;

use crate::support::formats;

/// A call of the program.
#[derive(Debug)]
pub(super) struct Command {
    pub arguments: Vec<String>,
    /// The format of standard output, where a parser can read it.
    pub format: &'static str,
}

impl Command {
    fn new(line: &str, format: &'static str) -> Self {
        Self { arguments: line.split_whitespace().map(str::to_owned).collect(), format }
    }

    fn with(mut self, more: &str) -> Self {
        self.arguments.extend(more.split_whitespace().map(str::to_owned));
        self
    }

    /// To try it by hand.
    pub(super) fn line(&self) -> String {
        self.arguments.join(" ")
    }
}

static REPORTS: LazyLock<Vec<&str>> = LazyLock::new(formats::<Format>);
static PLANS: LazyLock<Vec<&str>> = LazyLock::new(formats::<PlanFormat>);
static DRAWINGS: LazyLock<Vec<&str>> = LazyLock::new(formats::<GraphFormat>);

fn formatted(line: &str, formats: &[&'static str], rng: &mut Rng) -> Command {
    let format = rng.choice(formats).copied().unwrap_or("text");
    Command::new(line, format).with("--format").with(format)
}

/// The commands of a case, one after the other.
pub(super) fn choose(rng: &mut Rng) -> Vec<Command> {
    let day = "--as-of 2024-10-15";
    match rng.u8(0..24) {
        0..7 => {
            let command = formatted(&format!("audit export {day}"), &REPORTS, rng);
            let more = ["", "-v", "--coverage", "--waivers waivers.toml", "--policies pack", "--allow-incomplete"];
            vec![command.with(rng.choice(more).unwrap())]
        }
        7 => vec![formatted(&format!("audit export {day} --reference --control DIR-*"), &REPORTS, rng)],
        8..13 => {
            let sides = if rng.bool() { "before after" } else { "after before" };
            vec![formatted(&format!("gate {sides} {day}"), &REPORTS, rng)]
        }
        13..16 => {
            let more = ["", "--capacity 1", "--map map.toml", "--repair DIR-*", "--buffer 10"];
            vec![formatted(&format!("plan export {day}"), &PLANS, rng).with(rng.choice(more).unwrap())]
        }
        16 => vec![formatted("graph export", &DRAWINGS, rng)],
        17 => {
            let what =
                ["why export erp-bridge-7c1d90ea project/rfi", "graph what-can export erp", "graph choke export"];
            vec![formatted(rng.choice(what).unwrap(), &DRAWINGS, rng)]
        }
        18 => vec![formatted("graph who-can export project/rfi Admin", &DRAWINGS, rng)],
        19 => vec![Command::new("scrub export copy", "text")],
        20 => vec![
            Command::new(&format!("audit export {day} -o json=saved.json"), "text"),
            formatted("report saved.json", &REPORTS, rng),
        ],
        21 => vec![
            Command::new(&format!("plan export {day} -o json=saved.json"), "text"),
            formatted("report saved.json", &PLANS, rng),
        ],
        22 => vec![
            Command::new(&format!("audit export {day} -o json=saved.json"), "text"),
            formatted(&format!("audit export {day} --baseline saved.json"), &REPORTS, rng),
        ],
        _ => {
            let what = [
                "policy check pack",
                "policy test pack",
                "policy list --policies pack",
                "policy docs -o copy --policies pack",
            ];
            vec![Command::new(rng.choice(what).unwrap(), "text")]
        }
    }
}
