//! The facts of one environment, in columns.
//!
//! Much of what is said of one principal is said of many: whoever has a template on a project holds the same levels on the
//! same tools. Facts therefore stand in *blocks*: a block says who and where, and points to *rows* that say what; blocks
//! may share their rows. Ten million grants are then a few hundred thousand blocks over a few thousand rows. A fact that
//! is like no other is a block with one row of its own.

use std::collections::BTreeMap;
use std::ops::Range;

use rustc_hash::FxHashMap;
use smol_str::SmolStr;

use super::facts::{Environment, Fact, ThingIx, Value};
use cutover_model::evidence::{Evidence, Origin};

/// Facts of a stretch: about as many as a block has.
const STRETCH: usize = 64;

/// One attribute of the context, by block or by row: codes into a dictionary of its few distinct values.
#[derive(Debug, Default)]
pub struct Column {
    codes: Vec<u32>,
    values: Vec<Value>,
    index: FxHashMap<Value, u32>,
}

impl Column {
    /// The code where nothing was put.
    const NOTHING: u32 = u32::MAX;
    /// Values that a new one is compared with before it is looked up.
    const COMPARED: usize = 6;

    fn put(&mut self, at: usize, value: Value) {
        let next = u32::try_from(self.values.len()).unwrap_or(Self::NOTHING);
        // Most columns have few values, and those that came first come often: to compare with these is fastest.
        let first = (0..).zip(self.values.iter().take(Self::COMPARED)).find(|(_, known)| **known == value);
        let code = first.map(|(code, _)| code).unwrap_or_else(|| {
            *self.index.entry(value).or_insert_with_key(|value| {
                self.values.push(value.clone());
                next
            })
        });
        if self.codes.len() < at {
            self.codes.resize(at, Self::NOTHING);
        }
        self.codes.push(code);
    }

    /// The code at a block or row: equal codes are equal values.
    pub fn code(&self, at: usize) -> u32 {
        self.codes.get(at).copied().unwrap_or(Self::NOTHING)
    }

    /// The values, by code.
    pub fn values(&self) -> &[Value] {
        &self.values
    }

    /// The value at a block or row.
    pub fn value(&self, at: usize) -> Option<&Value> {
        self.values.get(self.code(at) as usize)
    }
}

/// Members of records by number.
#[derive(Debug)]
struct Places {
    values: Vec<SmolStr>,
    index: FxHashMap<SmolStr, u32>,
    last: u32,
}

impl Default for Places {
    fn default() -> Self {
        Self { values: vec![SmolStr::default()], index: FxHashMap::default(), last: Self::WHOLE }
    }
}

impl Places {
    /// That of the whole record, which most speak of.
    const WHOLE: u32 = 0;

    fn number(&mut self, place: SmolStr) -> u32 {
        if place.is_empty() {
            return Self::WHOLE;
        }
        if self.values.get(self.last as usize) == Some(&place) {
            return self.last;
        }
        let next = u32::try_from(self.values.len()).unwrap_or(u32::MAX);
        self.last = *self.index.entry(place).or_insert_with_key(|place| {
            self.values.push(place.clone());
            next
        });
        self.last
    }
}

/// A record, and where in it.
#[derive(Debug, Clone, Copy)]
struct Spot {
    origin: Origin,
    place: u32,
}

/// Facts with one principal, one after the other.
#[derive(Debug)]
pub struct Block {
    /// Who or what.
    pub principal: ThingIx,
    /// What distinguishes these facts from others of the same principal and resources: a project, a manifest version.
    pub member: Option<ThingIx>,
    /// The rows that say the rest.
    pub rows: RowRange,
    said: Spot,
}

/// Rows that belong together, by their numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RowRange {
    start: u32,
    end: u32,
}

impl RowRange {
    /// How many rows.
    pub fn len(self) -> usize {
        self.end.saturating_sub(self.start) as usize
    }

    /// Whether there are none.
    pub fn is_empty(self) -> bool {
        self.start >= self.end
    }

    /// The numbers of the rows.
    pub fn rows(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// What a row of a sheet says.
#[derive(Debug)]
pub struct Row {
    /// With regard to what.
    pub resource: ThingIx,
    /// What else.
    pub context: Vec<(&'static str, Value)>,
    /// Where the export states it; `None` where each block says it.
    pub evidence: Option<Evidence>,
}

/// Who holds what a sheet says, and where.
#[derive(Debug)]
pub struct Holder {
    /// Who.
    pub principal: ThingIx,
    /// What distinguishes these facts from others of the same principal.
    pub member: Option<ThingIx>,
    /// What else is the same for all of them. Every holder of an environment says the same attributes, and no row does.
    pub context: Vec<(&'static str, Value)>,
    /// Where the export says so, as far as the rows do not.
    pub evidence: Evidence,
}

/// The facts of one environment.
#[derive(Debug)]
pub struct Table {
    /// What they have in common.
    pub environment: Environment,
    blocks: Vec<Block>,
    /// The number of facts before each block.
    starts: Vec<usize>,
    /// For each stretch of facts the block that its first fact is of, so that a fact is found among few.
    stretches: Vec<u32>,
    len: usize,
    of_blocks: BTreeMap<&'static str, Column>,
    /// By row.
    resources: Vec<ThingIx>,
    of_rows: BTreeMap<&'static str, Column>,
    spots: Vec<Option<Spot>>,
    places: Places,
    /// Where the export says a single attribute of the context, for facts whose attributes stand apart.
    said: BTreeMap<(usize, &'static str), Evidence>,
}

impl Table {
    pub(super) fn new(environment: Environment) -> Self {
        Self {
            environment,
            blocks: Vec::new(),
            starts: Vec::new(),
            stretches: Vec::new(),
            len: 0,
            of_blocks: BTreeMap::new(),
            resources: Vec::new(),
            of_rows: BTreeMap::new(),
            spots: Vec::new(),
            places: Places::default(),
            said: BTreeMap::new(),
        }
    }

    /// How many facts it holds.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The blocks, in the order of their facts.
    pub fn blocks(&self) -> &[Block] {
        &self.blocks
    }

    /// The number of the first fact of a block.
    pub fn start(&self, block: usize) -> usize {
        self.starts.get(block).copied().unwrap_or(self.len)
    }

    /// How many rows there are.
    pub fn rows(&self) -> usize {
        self.resources.len()
    }

    /// The resource of a row.
    pub fn resource_of(&self, row: usize) -> Option<ThingIx> {
        self.resources.get(row).copied()
    }

    /// What blocks say of the context.
    pub fn of_blocks(&self) -> &BTreeMap<&'static str, Column> {
        &self.of_blocks
    }

    /// What rows say of the context.
    pub fn of_rows(&self) -> &BTreeMap<&'static str, Column> {
        &self.of_rows
    }

    /// The block and the row of a fact.
    pub fn find(&self, fact: usize) -> Option<(usize, usize)> {
        let stretch = |number: usize| self.stretches.get(number).map(|block| *block as usize);
        let first = stretch(fact / STRETCH)?;
        let end = stretch(fact / STRETCH + 1).map_or(self.starts.len(), |block| block + 1);
        let among = self.starts.get(first..end)?;
        let number = first + among.partition_point(|start| *start <= fact).checked_sub(1)?;
        let block = self.blocks.get(number)?;
        let row = block.rows.start as usize + (fact - self.start(number));
        (row < block.rows.end as usize).then_some((number, row))
    }

    /// The principal of a fact.
    pub fn principal(&self, fact: usize) -> Option<ThingIx> {
        self.block(fact).map(|block| block.principal)
    }

    /// The resource of a fact.
    pub fn resource(&self, fact: usize) -> Option<ThingIx> {
        self.resource_of(self.find(fact)?.1)
    }

    /// What distinguishes a fact from others of the same principal and resource: a project, a manifest version.
    pub fn member(&self, fact: usize) -> Option<ThingIx> {
        self.block(fact)?.member
    }

    fn block(&self, fact: usize) -> Option<&Block> {
        self.blocks.get(self.find(fact)?.0)
    }

    /// What a fact says of an attribute of the context.
    pub fn value(&self, fact: usize, attribute: &str) -> Option<&Value> {
        let (block, row) = self.find(fact)?;
        let of_block = self.of_blocks.get(attribute).and_then(|column| column.value(block));
        of_block.or_else(|| self.of_rows.get(attribute)?.value(row))
    }

    /// The context of what a block and a row say together, by attribute.
    pub fn context(&self, block: usize, row: usize) -> impl Iterator<Item = (&'static str, &Value)> {
        let of_block = self.of_blocks.iter().map(move |(name, column)| (*name, column.value(block)));
        let of_row = self.of_rows.iter().map(move |(name, column)| (*name, column.value(row)));
        of_block.chain(of_row).filter_map(|(name, value)| Some((name, value?)))
    }

    /// The context of a fact, by attribute.
    pub fn context_of(&self, fact: usize) -> impl Iterator<Item = (&'static str, &Value)> {
        self.find(fact).into_iter().flat_map(|(block, row)| self.context(block, row))
    }

    /// Where the export says a fact.
    pub fn evidence(&self, fact: usize) -> Option<Evidence> {
        let spot = self.spot_of(fact)?;
        Some(Evidence { origin: spot.origin, member: self.places.values.get(spot.place as usize)?.clone() })
    }

    /// The row that says a fact by itself, in a place of its own: then its blocks add nothing to where it is said.
    pub fn row_that_says(&self, fact: usize) -> Option<usize> {
        let (_, row) = self.find(fact)?;
        (self.said.is_empty() && self.spots.get(row)?.is_some()).then_some(row)
    }

    /// The same: the record, and the member of it.
    pub fn record(&self, fact: usize) -> Option<(Origin, &str)> {
        let spot = self.spot_of(fact)?;
        Some((spot.origin, self.places.values.get(spot.place as usize)?))
    }

    fn spot_of(&self, fact: usize) -> Option<Spot> {
        let (block, row) = self.find(fact)?;
        self.spots.get(row).copied().flatten().or_else(|| Some(self.blocks.get(block)?.said))
    }

    /// Where the export says one attribute of a fact's context, if that stands apart from the fact.
    pub fn evidence_of(&self, fact: usize, attribute: &str) -> Option<&Evidence> {
        self.said
            .range((fact, "")..)
            .take_while(|((of, _), _)| *of == fact)
            .find(|((_, name), _)| *name == attribute)
            .map(|(_, said)| said)
    }

    /// Makes room for so many more blocks.
    pub(super) fn reserve(&mut self, blocks: usize) {
        self.blocks.reserve(blocks);
        self.starts.reserve(blocks);
    }

    /// Adds a fact that is like no other.
    pub(super) fn push(&mut self, fact: Fact) {
        let Fact { principal, resource, context, member, evidence, said } = fact;
        let number = self.len;
        self.said.extend(said.into_iter().map(|(name, evidence)| ((number, name), evidence)));
        // Where holders say an attribute, this fact does so as a holder, too.
        let (held, context) = match self.of_blocks.is_empty() {
            true => (Vec::new(), context),
            false => context.into_iter().partition(|(name, _)| self.of_blocks.contains_key(name)),
        };
        let row_range = self.add(vec![Row { resource, context, evidence: None }]);
        self.hold(Holder { principal, member, context: held, evidence }, row_range);
    }

    /// Adds rows that holders may share.
    pub(super) fn add(&mut self, rows: Vec<Row>) -> RowRange {
        let number = |rows: &Vec<ThingIx>| u32::try_from(rows.len()).unwrap_or(u32::MAX);
        let start = number(&self.resources);
        for row in rows {
            let at = self.resources.len();
            self.resources.push(row.resource);
            let spot = row.evidence.map(|evidence| self.spot(evidence));
            self.spots.push(spot);
            for (name, value) in row.context {
                self.of_rows.entry(name).or_default().put(at, value);
            }
        }
        RowRange { start, end: number(&self.resources) }
    }

    /// Adds the facts of a holder of a sheet.
    pub(super) fn hold(&mut self, holder: Holder, row_range: RowRange) {
        let at = self.blocks.len();
        for (name, value) in holder.context {
            self.of_blocks.entry(name).or_default().put(at, value);
        }
        let said = self.spot(holder.evidence);
        self.starts.push(self.len);
        self.len += row_range.len();
        self.stretches.resize(self.len.div_ceil(STRETCH), u32::try_from(at).unwrap_or(u32::MAX));
        self.blocks.push(Block { principal: holder.principal, member: holder.member, rows: row_range, said });
    }

    fn spot(&mut self, evidence: Evidence) -> Spot {
        Spot { origin: evidence.origin, place: self.places.number(evidence.member) }
    }
}
