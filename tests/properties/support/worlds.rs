//! Facts at random: few things, few values, so that much repeats; everything known, unknown or absent somewhere.

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate};
use cutover_model::evidence::{Evidence, Origin};
use cutover_model::level::Level;
use cutover_policy::facts::{Environment, Fact, Facts, Holder, Row, Thing, ThingIx, Type, Value};
use proptest::collection::vec;
use proptest::prelude::*;

use super::types::{Attribute, Kind, NUMBERS, TYPES, WORDS, ids};

/// How many facts of one environment there are, and in which form.
#[derive(Debug, Clone)]
pub(crate) struct Size {
    /// The environment, by a number.
    pick: usize,
    /// Facts that are like no other.
    plain: usize,
    /// For each sheet the number of its rows and of its holders.
    row_ranges: Vec<(usize, usize)>,
}

/// Environments whose facts say much, drawn more often than the others.
fn favourites() -> Vec<Environment> {
    let wanted = [
        "holds ManagedAccount Tool",
        "holds LegacyAccount Tool",
        "exists LegacyAccount Company",
        "exists Credential Company",
        "gains LegacyAccount Tool",
        "stored Credential Store",
        "raises App Tool",
        "belongs ManagedAccount Project",
        "replaces LegacyAccount App",
    ];
    let name = |env: &Environment| format!("{} {} {}", env.action.id(), env.principal.id(), env.resource.id());
    let find = |wanted: &&str| *TYPES.environments.iter().find(|env| name(env) == *wanted).unwrap();
    wanted.iter().map(find).collect()
}

impl Size {
    /// The environment.
    pub(crate) fn environment(&self) -> Environment {
        let favourites = favourites();
        let every = TYPES.environments.len();
        // Two of three are favourites.
        match self.pick % 3 {
            0 => TYPES.environments[self.pick / 3 % every],
            _ => favourites[self.pick / 3 % favourites.len()],
        }
    }
}

/// Sizes of one to four tables.
pub(crate) fn sizes() -> impl Strategy<Value = Vec<Size>> {
    let plain = prop_oneof![2 => Just(0_usize), 1 => Just(1), 5 => 2..40_usize, 1 => 60..300_usize];
    let rows = prop_oneof![1 => Just(0_usize), 6 => 1..12_usize, 1 => 60..130_usize];
    let row_ranges = prop_oneof![1 => Just(Vec::new()), 1 => vec((rows, 0..6_usize), 1..4)];
    let size =
        (0..6000_usize, plain, row_ranges).prop_map(|(pick, plain, row_ranges)| Size { pick, plain, row_ranges });
    vec(size, 1..5)
}

/// Facts of these sizes.
pub(crate) fn world(sizes: &[Size], seed: u64) -> Facts {
    let mut by_environment = BTreeMap::new();
    for size in sizes {
        by_environment.entry(size.environment()).or_insert(size);
    }
    let mut maker = Maker::new(seed);
    for (environment, size) in by_environment {
        maker.table(environment, size);
    }
    maker.facts
}

struct Maker {
    random: fastrand::Rng,
    facts: Facts,
    things: BTreeMap<Type, Vec<ThingIx>>,
}

impl Maker {
    fn new(seed: u64) -> Self {
        let mut maker =
            Self { random: fastrand::Rng::with_seed(seed), facts: Facts::default(), things: BTreeMap::new() };
        maker.of_type(Type::Company);
        maker.of_type(Type::Project);
        maker
    }

    /// The things of a type, made when they are first asked for.
    fn of_type(&mut self, kind: Type) -> Vec<ThingIx> {
        if let Some(things) = self.things.get(&kind) {
            return things.clone();
        }
        let (_, ids) = ids(kind.id()).split_last().unwrap();
        let mut ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
        ids.truncate(self.random.usize(1..=ids.len()));
        // Sometimes there are more than a word has bits.
        if self.random.u8(..6) == 0 {
            ids.extend((0..self.random.usize(1..100)).map(|number| format!("t{number}")));
        }
        let mut things = Vec::new();
        for id in ids {
            let company = match self.things.get(&Type::Company) {
                Some(companies) => companies[self.random.usize(..companies.len())],
                None => u32::try_from(self.facts.things.len()).unwrap(),
            };
            let mut thing = Thing::new(kind, id, self.word(), company, None);
            for attribute in TYPES.of_thing(kind) {
                if !attribute.required && self.random.u8(..20) == 0 {
                    continue;
                }
                let value = self.value(attribute);
                thing.set(attribute.name, value);
            }
            things.push(self.facts.add(thing));
        }
        self.things.insert(kind, things.clone());
        things
    }

    fn word(&mut self) -> &'static str {
        WORDS[self.random.usize(..WORDS.len())]
    }

    fn value(&mut self, attribute: &Attribute) -> Value {
        let (unknown, absent) = if attribute.required { (3, 1) } else { (18, 18) };
        let luck = self.random.u8(..100);
        if luck < unknown {
            let is_level = attribute.kind == Kind::Entity("Level");
            return if is_level && self.random.bool() { Value::Level(None) } else { Value::Unknown };
        }
        if luck < unknown + absent {
            return Value::Absent;
        }
        match attribute.kind {
            Kind::Bool => Value::Flag(self.random.bool()),
            Kind::Long => {
                // The ends of the numbers are rare: most sums have an answer.
                let most = if self.random.u8(..6) == 0 { NUMBERS.len() } else { NUMBERS.len() - 2 };
                let number = NUMBERS[self.random.usize(..most)];
                let day = u64::try_from(number).ok().filter(|_| self.random.u8(..4) == 0);
                let epoch = NaiveDate::from_ymd_opt(1970, 1, 1).unwrap();
                day.and_then(|day| epoch.checked_add_days(Days::new(day))).map_or(Value::Number(number), Value::Day)
            }
            Kind::Text => self.word().into(),
            Kind::Exception => Value::Exception(self.word().to_owned(), self.word().to_owned()),
            Kind::Entity("Level") => Value::Level(Some(Level::ALL[self.random.usize(..4)])),
            Kind::Entity(kind) => {
                let things = self.of_type(Type::from_id(kind).unwrap());
                Value::Thing(things[self.random.usize(..things.len())])
            }
        }
    }

    /// A few values of each attribute, for a whole table.
    fn pools(&mut self, environment: Environment) -> BTreeMap<&'static str, Vec<Value>> {
        let attributes = TYPES.of_context(environment.action);
        let mut pool = |attribute: &Attribute| {
            let count = self.random.usize(1..5);
            (attribute.name, (0..count).map(|_| self.value(attribute)).collect())
        };
        attributes.iter().map(&mut pool).collect()
    }

    fn context<'p>(
        &mut self,
        pools: impl Iterator<Item = (&'p &'static str, &'p Vec<Value>)>,
    ) -> Vec<(&'static str, Value)> {
        pools.map(|(name, pool)| (*name, pool[self.random.usize(..pool.len())].clone())).collect()
    }

    fn any(&mut self, things: &[ThingIx]) -> ThingIx {
        things[self.random.usize(..things.len())]
    }

    fn evidence(&mut self) -> Evidence {
        Origin { document: 0, record: self.random.u32(..1000) }.into()
    }

    fn table(&mut self, environment: Environment, size: &Size) {
        let (principals, resources) = (self.of_type(environment.principal), self.of_type(environment.resource));
        let projects = self.of_type(Type::Project);
        let pools = self.pools(environment);
        // What the holder of a sheet says; of grants that is the project, as it is of real ones.
        let held: Vec<&str> =
            pools.keys().copied().filter(|name| *name == "project" || self.random.u8(..10) < 3).collect();
        for (rows, holders) in &size.row_ranges {
            let rows = (0..*rows)
                .map(|_| {
                    let context = self.context(pools.iter().filter(|(name, _)| !held.contains(name)));
                    let evidence = self.random.bool().then(|| self.evidence());
                    Row { resource: self.any(&resources), context, evidence }
                })
                .collect();
            let row_range = self.facts.add_sheet(environment, rows);
            for _ in 0..*holders {
                let context = self.context(pools.iter().filter(|(name, _)| held.contains(name)));
                let member = self.random.bool().then(|| self.any(&projects));
                let holder = Holder { principal: self.any(&principals), member, context, evidence: self.evidence() };
                self.facts.hold(environment, holder, row_range);
            }
        }
        for _ in 0..size.plain {
            let context = self.context(pools.iter());
            let member = self.random.bool().then(|| self.any(&projects));
            let (principal, resource) = (self.any(&principals), self.any(&resources));
            let evidence = self.evidence();
            let fact = Fact { principal, resource, context, member, evidence, said: Vec::new() };
            self.facts.push(environment.action, fact);
        }
    }
}
