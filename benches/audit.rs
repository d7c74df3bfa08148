//! `cargo bench`: what each room of an audit and a plan costs, on the fixture.
//!
//! The fixture is small: this shows what a change does to one room. For exports of any size see `benches/stages.rs` and
//! `docs/performance.md`.

use std::path::PathBuf;

use chrono::NaiveDate;
use cutover_analysis::audit::{Options, audit};
use cutover_analysis::plan;
use cutover_analysis::plan::{BUFFER, plan};
use cutover_export::{self as export, collect};
use cutover_inventory::Inventory;
use cutover_policy as policy;
use cutover_policy::fact_builder::{Setting, build_facts};
use cutover_policy::facts::Facts;
use cutover_policy::pack::Pack;
use cutover_policy::timeline::Timeline;
use cutover_report::{self as report, Format, Style};

/// The allocator of the program, so that what is measured is what it does.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    divan::main();
}

fn read() -> export::Export {
    let fixture = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures/harborline");
    export::read(collect::folders(&[fixture]), &())
}

fn pack() -> Option<Pack> {
    Pack::load(&[]).ok()
}

fn options() -> Option<Options> {
    let as_of = NaiveDate::from_ymd_opt(2024, 10, 15)?;
    Some(Options { as_of, timeline: Timeline::built_in("2024-01-29")?, waivers: Vec::new(), by_reference: false })
}

#[divan::bench]
fn load_the_pack() -> Option<Pack> {
    pack()
}

#[divan::bench]
fn read_the_export() -> export::Export {
    read()
}

#[divan::bench]
fn join_the_inventory(bencher: divan::Bencher<'_, '_>) {
    let (export, pack) = (read(), pack());
    bencher.bench(|| pack.as_ref().map(|pack| Inventory::build(&export, &pack.tools, &mut Vec::new())));
}

fn phrased(inventory: &Inventory, pack: &Pack, options: &Options) -> Facts {
    let setting = Setting {
        today: options.as_of,
        timeline: &options.timeline,
        tools: &pack.tools,
        named_tools: pack.named_tools(),
    };
    build_facts(inventory, &setting, &|environment| policy::wanted(&pack.controls, environment))
}

#[divan::bench]
fn phrase_the_facts(bencher: divan::Bencher<'_, '_>) {
    let (export, pack, options) = (read(), pack(), options());
    let inventory = pack.as_ref().map(|pack| Inventory::build(&export, &pack.tools, &mut Vec::new()));
    bencher.bench(|| Some(phrased(inventory.as_ref()?, pack.as_ref()?, options.as_ref()?)));
}

#[divan::bench]
fn judge_the_facts(bencher: divan::Bencher<'_, '_>) {
    let (export, pack, options) = (read(), pack(), options());
    let facts = pack.as_ref().zip(options.as_ref()).map(|(pack, options)| {
        let inventory = Inventory::build(&export, &pack.tools, &mut Vec::new());
        phrased(&inventory, pack, options)
    });
    bencher.bench(|| policy::evaluate(facts.as_ref()?, &pack.as_ref()?.controls).ok());
}

#[divan::bench]
fn audit_the_export(bencher: divan::Bencher<'_, '_>) {
    let (export, pack, options) = (read(), pack(), options());
    bencher.bench(|| Some(audit(&export, pack.as_ref()?, options.as_ref()?)));
}

#[divan::bench]
fn plan_the_migration(bencher: divan::Bencher<'_, '_>) {
    let (export, pack) = (read(), pack());
    let options = options().map(|options| plan::Options {
        as_of: options.as_of,
        timeline: options.timeline,
        start: None,
        capacity: None,
        freezes: Vec::new(),
        buffer: BUFFER,
        map: None,
        proposal: None,
        repair: Vec::new(),
        may_be_empty: false,
    });
    bencher.bench(|| Some(plan(&export, pack.as_ref()?, options.as_ref()?)));
}

#[divan::bench(args = [Format::Text, Format::Json, Format::Sarif])]
fn write_the_report(bencher: divan::Bencher<'_, '_>, format: &Format) {
    let (export, pack, options) = (read(), pack(), options());
    let result = pack.as_ref().zip(options.as_ref()).and_then(|(pack, options)| audit(&export, pack, options).ok());
    bencher.bench(|| result.as_ref().map(|result| report::render(result, *format, Style::default(), &mut Vec::new())));
}
