//! What the rivals in Rust have in common: the facts, already joined, and how they say what they found.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

use serde::Deserialize;
use serde::de::DeserializeOwned;

pub type Outcome<T = ()> = Result<T, Box<dyn Error>>;

/// A service identity.
#[derive(Debug, Clone, Deserialize)]
pub struct Principal {
    pub id: String,
    pub r#type: String,
    pub name: String,
    pub active: Option<bool>,
    pub owner: Option<String>,
    pub app_type: Option<String>,
}

/// A project.
#[derive(Debug, Clone, Deserialize)]
pub struct Project {
    pub id: String,
    pub name: String,
    pub active: Option<bool>,
    pub demo: Option<bool>,
}

/// A tool of the company or of projects.
#[derive(Debug, Clone, Deserialize)]
pub struct Tool {
    pub id: String,
    pub scope: String,
    pub key: String,
}

/// One grant. Levels: 0 None, 1 Read Only, 2 Standard, 3 Admin; what is not known is `None`.
#[derive(Debug, Clone, Deserialize)]
pub struct Fact {
    pub principal: String,
    pub tool: String,
    pub project: Option<String>,
    pub level: u8,
    pub requested: Option<u8>,
    pub through: String,
    pub granular: Option<i64>,
    pub exception: bool,
}

/// The facts and the things they speak of, by id.
#[derive(Debug)]
pub struct World {
    pub principals: BTreeMap<String, Principal>,
    pub projects: BTreeMap<String, Project>,
    pub tools: BTreeMap<String, Tool>,
    pub facts: Vec<Fact>,
}

impl World {
    /// Reads the files that `duck.py --sample` wrote, and the first so many facts.
    pub fn read(folder: &Path, most: usize) -> Outcome<Self> {
        Ok(Self {
            principals: lines(&folder.join("principals.jsonl"), |one: &Principal| one.id.clone())?,
            projects: lines(&folder.join("projects.jsonl"), |one: &Project| one.id.clone())?,
            tools: lines(&folder.join("tools.jsonl"), |one: &Tool| one.id.clone())?,
            facts: records(&folder.join("facts.jsonl"))?.take(most).collect::<Outcome<_>>()?,
        })
    }
}

fn records<T: DeserializeOwned>(path: &Path) -> Outcome<impl Iterator<Item = Outcome<T>>> {
    Ok(BufReader::new(File::open(path)?).lines().map(|line| Ok(serde_json::from_str(&line?)?)))
}

fn lines<T: DeserializeOwned>(path: &Path, id: impl Fn(&T) -> String) -> Outcome<BTreeMap<String, T>> {
    records(path)?.map(|record| record.map(|one| (id(&one), one))).collect()
}

/// The controls that each fact violates: the index of the fact, and the control.
pub type Found = Vec<(usize, String)>;

/// Seconds spent, by what on.
#[derive(Debug)]
pub struct Clock(Instant);

impl Clock {
    pub fn start() -> Self {
        Self(Instant::now())
    }
    pub fn seconds(&self) -> f64 {
        self.0.elapsed().as_secs_f64()
    }
}

/// The command line of every rival: the folder of facts, the policies, where to write violations, how many facts, and
/// what else.
pub struct Args {
    pub facts: PathBuf,
    pub policies: PathBuf,
    pub out: PathBuf,
    pub most: usize,
    pub more: BTreeSet<String>,
}

impl Args {
    pub fn read() -> Outcome<Self> {
        let mut arguments = std::env::args().skip(1);
        let mut next = |what: &str| arguments.next().ok_or_else(|| format!("missing: {what}"));
        Ok(Self {
            facts: next("FACTS_FOLDER")?.into(),
            policies: next("POLICIES")?.into(),
            out: next("OUT.tsv")?.into(),
            most: next("FACTS")?.parse()?,
            more: arguments.collect(),
        })
    }
}

/// Writes what was found, and prints what it took.
pub fn tell(args: &Args, world: &World, found: &Found, how: &str, (load, judge): (f64, f64)) -> Outcome {
    let mut out = BufWriter::new(File::create(&args.out)?);
    for (fact, control) in found {
        let Fact { principal, tool, project, .. } = world.facts.get(*fact).ok_or("no such fact")?;
        writeln!(out, "{control}\t{principal}\t{tool}\t{}", project.as_deref().unwrap_or("-"))?;
    }
    out.flush()?;
    let facts = world.facts.len();
    println!("{}", serde_json::json!({ "how": how, "facts": facts, "load": load, "judge": judge }));
    Ok(())
}

/// A file's text.
pub fn text(path: &Path) -> Outcome<String> {
    fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()).into())
}
