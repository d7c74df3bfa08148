//! `cfn-guard`: documents of a thousand joined records, on both cores.
//!
//! Its best chance: the documents are written beforehand and not counted as judging, and records hold only what the
//! rules read.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use cfn_guard::CommandBuilder;
use cfn_guard::ValidateBuilder;
use cfn_guard::commands::Executable;
use cfn_guard::commands::validate::{OutputFormatType, ShowSummaryType};
use cfn_guard::utils::reader::{ReadBuffer, Reader};
use cfn_guard::utils::writer::{WriteBuffer, Writer};
use rayon::prelude::*;
use rivals::{Args, Clock, Fact, Outcome, World, tell};
use serde_json::{Map, Value, json};

/// Records of one document.
const BLOCK: usize = 1_000;

fn main() -> Outcome {
    let args = Args::read()?;
    let clock = Clock::start();
    let world = World::read(&args.facts, args.most)?;
    let folder = PathBuf::from(args.more.iter().next().ok_or("missing: a folder for documents")?);
    fs::create_dir_all(&folder)?;
    let mut documents = Vec::new();
    for (block, facts) in world.facts.chunks(BLOCK).enumerate() {
        let numbered = facts.iter().enumerate();
        let records: Outcome<BTreeMap<String, Value>> =
            numbered.map(|(number, fact)| Ok((number.to_string(), record(&world, fact)?))).collect();
        let path = folder.join(format!("{block}.json"));
        fs::write(&path, json!({ "Facts": records? }).to_string())?;
        documents.push(path.display().to_string());
    }
    let load = clock.seconds();

    let clock = Clock::start();
    let rules = args.policies.display().to_string();
    let judge = |(block, path): (usize, &String)| judge(&rules, path, block).map_err(|error| error.to_string());
    let found: Result<Vec<_>, String> = documents.par_iter().enumerate().map(judge).collect();
    let found = found?.concat();
    let seconds = clock.seconds();
    tell(&args, &world, &found, "library, structured JSON", (load, seconds))
}

fn judge(rules: &str, document: &str, block: usize) -> Outcome<Vec<(usize, String)>> {
    let command = ValidateBuilder::default()
        .rules(vec![rules.to_owned()])
        .data(vec![document.to_owned()])
        .structured(true)
        .output_format(OutputFormatType::JSON)
        .show_summary(vec![ShowSummaryType::None])
        .try_build()?;
    let mut writer = Writer::new(WriteBuffer::Vec(Vec::new()))?;
    command.execute(&mut writer, &mut Reader::new(ReadBuffer::Cursor(std::io::Cursor::new(Vec::new()))))?;
    let report: Value = serde_json::from_str(&writer.into_string()?)?;
    let mut found = BTreeSet::new();
    let reports = report.as_array().into_iter().flatten().filter_map(|file| file["not_compliant"].as_array());
    for rule in reports.flatten() {
        let name = rule["Rule"]["name"].as_str().ok_or("a report without the name of its rule")?;
        let control: String = name.replace('_', "-").chars().take("RIV-00".len()).collect();
        facts_of(rule, &mut |number| {
            found.insert((block * BLOCK + number, control.clone()));
        });
    }
    Ok(found.into_iter().collect())
}

/// The records that a report names: `"path": "/Facts/17/level"`.
fn facts_of(report: &Value, found: &mut impl FnMut(usize)) {
    match report {
        Value::Object(members) => {
            for (name, member) in members {
                let number = member
                    .as_str()
                    .filter(|_| name == "path")
                    .and_then(|path| path.strip_prefix("/Facts/")?.split('/').next()?.parse().ok());
                match number {
                    Some(number) => found(number),
                    None => facts_of(member, found),
                }
            }
        }
        Value::Array(members) => members.iter().for_each(|member| facts_of(member, found)),
        _ => {}
    }
}

fn record(world: &World, fact: &Fact) -> Outcome<Value> {
    let principal = world.principals.get(&fact.principal).ok_or("a fact without its principal")?;
    let tool = world.tools.get(&fact.tool).ok_or("a fact without its tool")?;
    let project = fact.project.as_ref().and_then(|id| world.projects.get(id));
    let members = json!({
        "tool": tool.id, "scope": tool.scope, "key": tool.key, "level": fact.level, "through": fact.through,
        "excess": fact.requested.map(|requested| i64::from(fact.level) - i64::from(requested)),
        "granular": fact.granular, "exception": fact.exception, "type": principal.r#type,
        "name": principal.name, "active": principal.active, "owner": principal.owner,
        "app_type": principal.app_type, "project_name": project.map(|one| &one.name),
        "project_active": project.and_then(|one| one.active), "project_demo": project.and_then(|one| one.demo)
    });
    let Value::Object(members) = members else { return Err("no object".into()) };
    Ok(Value::Object(members.into_iter().filter(|(_, value)| !value.is_null()).collect::<Map<_, _>>()))
}
