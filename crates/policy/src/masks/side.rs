//! One side of the facts: Cedar's answers to the questions about it, and the classes they make.
//!
//! Cedar is asked once for each question and each distinct value that the question observes. Holders, or rows, of which
//! every answer is the same are one class.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::super::condition::{Leaf, Read, Truth};
use super::Side;
use super::columns::{Codes, Columns, narrow};
use super::decomposition::{Decomposition, Question};
use super::mask::Mask;

/// Holders or rows that are classified in one go.
const CHUNK: usize = 1 << 14;

/// Holders, or rows, that no control can tell apart.
#[derive(Debug)]
pub(super) struct Class {
    /// One of them.
    pub(super) example: usize,
    /// The answers to the questions about this side, by question.
    answers: BTreeMap<usize, Truth>,
    /// What questions about both sides observe of this one, by question: a code, and whether it is unknown.
    pub(super) across: BTreeMap<usize, (u32, bool)>,
    /// The attributes that are unknown, by number.
    pub(super) open: BTreeSet<usize>,
    /// The controls whose scope takes this side in.
    pub(super) applies: Mask,
    /// Those of which something about this side is false, unknown, or cannot be evaluated.
    pub(super) fails: Mask,
    /// Those of which something is false before anything about both sides is asked.
    pub(super) settled: Mask,
    pub(super) unknown: Mask,
    pub(super) error: Mask,
}

impl Class {
    /// The answer to a question about this side.
    pub(super) fn answer(&self, question: usize) -> Option<Truth> {
        self.answers.get(&question).copied()
    }
}

/// All classes of a side.
#[derive(Debug)]
pub(super) struct Classes {
    /// For each holder, or row, its class.
    pub(super) of: Vec<u32>,
    pub(super) all: Vec<Class>,
}

/// What a question observes of a side, as one code.
struct Seen<'a> {
    of: Cow<'a, [u32]>,
    /// By code.
    unknown: Vec<bool>,
    /// By code, the first that has it.
    examples: Vec<u32>,
}

/// A member of the signature of a class: for each holder, or row, a code, and what that means.
struct Trait<'a> {
    of: Cow<'a, [u32]>,
    means: Vec<u32>,
}

/// The classes of some holders or rows, by numbers of their own, and what each number stands for, with its first.
type Chunk = (Vec<u32>, Vec<(Signature, u32)>);

/// What distinguishes a class from others.
type Signature = Vec<u32>;

/// Asks Cedar everything about a side and sorts its holders, or rows, into classes.
///
/// # Errors
/// When a fact fails to evaluate.
pub(super) fn classes(decomposition: &Decomposition<'_>, columns: &dyn Columns, side: Side) -> Result<Classes, String> {
    let len = if side == Side::Holder { columns.holders() } else { columns.rows() };
    let attributes: Vec<(usize, Read)> = decomposition
        .attributes_of(side, |attribute| columns.side_of(attribute))
        .map(|(number, attribute)| (number, Read::Attribute(attribute.clone())))
        .collect();
    let observed = decomposition.questions.iter().flat_map(|question| of_side(question, side));
    let reads: BTreeSet<&Read> = observed.chain(attributes.iter().map(|(_, read)| read)).collect();
    let codes: BTreeMap<&Read, Codes> =
        reads.into_par_iter().map(|read| (read, columns.codes(side, read))).collect::<Vec<_>>().into_iter().collect();
    let seen_by = |of: Option<Side>| -> Vec<(usize, Seen<'_>)> {
        let questions: Vec<(usize, &Question<'_>)> = decomposition.questions_of(of).collect();
        let seen = |(number, question): (usize, &Question<'_>)| (number, seen(of_side(question, side), &codes, len));
        questions.into_par_iter().map(seen).collect()
    };
    let (own, across) = (seen_by(Some(side)), seen_by(None));
    let answers = ask(decomposition, columns, side, &own)?;

    let mut traits = Vec::new();
    for ((_, seen), answers) in own.iter().zip(&answers) {
        traits.push(Trait { of: Cow::Borrowed(&seen.of), means: answers.iter().map(|truth| *truth as u32).collect() });
    }
    for (_, seen) in &across {
        traits.push(Trait { of: Cow::Borrowed(&seen.of), means: (0..narrow(seen.unknown.len())).collect() });
    }
    for (_, read) in &attributes {
        let Some(codes) = codes.get(read) else { continue };
        let means = codes.unknown.iter().map(|unknown| u32::from(*unknown)).collect();
        traits.push(Trait { of: Cow::Borrowed(&codes.of), means });
    }
    let (of, examples) = classify(&traits, len);
    let class = |example: &u32| {
        let at = *example as usize;
        let code = |of: &[u32]| of.get(at).copied().unwrap_or_default();
        let answer = |((number, seen), answers): (&(usize, Seen<'_>), &Vec<Truth>)| {
            Some((*number, *answers.get(code(&seen.of) as usize)?))
        };
        let observed = |(number, seen): &(usize, Seen<'_>)| {
            let code = code(&seen.of);
            (*number, (code, seen.unknown.get(code as usize).copied().unwrap_or_default()))
        };
        let is_open = |(_, read): &&(usize, Read)| {
            let codes = codes.get(read);
            codes.is_some_and(|codes| codes.unknown.get(code(&codes.of) as usize) == Some(&true))
        };
        let class = Class {
            example: at,
            answers: own.iter().zip(&answers).filter_map(answer).collect(),
            across: across.iter().map(observed).collect(),
            open: attributes.iter().filter(is_open).map(|(number, _)| *number).collect(),
            applies: Mask::all(decomposition.controls.len()),
            fails: Mask::none(decomposition.controls.len()),
            settled: Mask::none(decomposition.controls.len()),
            unknown: Mask::none(decomposition.controls.len()),
            error: Mask::none(decomposition.controls.len()),
        };
        judged(class, decomposition, side)
    };
    let all = examples.par_iter().map(class).collect();
    Ok(Classes { of, all })
}

fn of_side<'q>(question: &'q Question<'_>, side: Side) -> &'q Vec<Read> {
    match side {
        Side::Holder => &question.holder,
        Side::Row => &question.row,
    }
}

/// One code for all that is read together.
fn seen<'a>(reads: &[Read], codes: &'a BTreeMap<&Read, Codes>, len: usize) -> Seen<'a> {
    let mut columns = reads.iter().filter_map(|read| codes.get(read));
    let (mut of, mut unknown) = match columns.next() {
        Some(codes) => (Cow::Borrowed(codes.of.as_slice()), codes.unknown.clone()),
        None => (Cow::Owned(vec![0; len]), vec![false]),
    };
    for codes in columns {
        let mut distinct: FxHashMap<(u32, u32), u32> = FxHashMap::default();
        let mut together = Vec::new();
        let pair = |(one, other): (&u32, &u32)| {
            let next = narrow(together.len());
            *distinct.entry((*one, *other)).or_insert_with(|| {
                let is_unknown = |unknown: &[bool], code: u32| unknown.get(code as usize) == Some(&true);
                together.push(is_unknown(&unknown, *one) || is_unknown(&codes.unknown, *other));
                next
            })
        };
        let joined = of.iter().zip(&codes.of).map(pair).collect();
        (of, unknown) = (Cow::Owned(joined), together);
    }
    let mut examples = vec![u32::MAX; unknown.len()];
    for (at, code) in of.iter().enumerate() {
        if let Some(example) = examples.get_mut(*code as usize).filter(|example| **example == u32::MAX) {
            *example = narrow(at);
        }
    }
    Seen { of, unknown, examples }
}

/// Cedar's answers, by question and code. Each fact is made up once for all that is asked of it.
fn ask(
    decomposition: &Decomposition<'_>,
    columns: &dyn Columns,
    side: Side,
    own: &[(usize, Seen<'_>)],
) -> Result<Vec<Vec<Truth>>, String> {
    let mut answers: Vec<Vec<Truth>> = own.iter().map(|(_, seen)| vec![Truth::Unknown; seen.unknown.len()]).collect();
    let mut asked: BTreeMap<u32, Vec<(usize, usize)>> = BTreeMap::new();
    for (index, (_, seen)) in own.iter().enumerate() {
        for (code, example) in seen.examples.iter().enumerate() {
            if seen.unknown.get(code) == Some(&false) {
                asked.entry(*example).or_default().push((index, code));
            }
        }
    }
    let described: Result<Vec<Vec<Truth>>, String> = asked
        .par_iter()
        .map(|(example, asked)| {
            let at = *example as usize;
            let (holder, row) = if side == Side::Holder { (at, 0) } else { (0, at) };
            let question = |index: usize| own.get(index).and_then(|(number, _)| decomposition.questions.get(*number));
            let observed =
                asked.iter().filter_map(|(index, _)| question(*index)).flat_map(Question::observes).collect();
            let (request, entities) = columns.question(holder, row, observed)?;
            let truth = |(index, _): &(usize, usize)| {
                question(*index).map_or(Truth::Error, |question| question.leaf.ask(&request, &entities))
            };
            Ok(asked.iter().map(truth).collect())
        })
        .collect();
    for (asked, described) in asked.values().zip(described?) {
        for ((index, code), truth) in asked.iter().zip(described) {
            if let Some(answer) = answers.get_mut(*index).and_then(|answers| answers.get_mut(*code)) {
                *answer = truth;
            }
        }
    }
    Ok(answers)
}

/// Sorts by signature: for each its class, and for each class the first that is of it.
fn classify(traits: &[Trait<'_>], len: usize) -> (Vec<u32>, Vec<u32>) {
    let signature = |at: usize, out: &mut Vec<u32>| {
        out.clear();
        out.extend(traits.iter().map(|one| {
            let code = one.of.get(at).copied().unwrap_or_default();
            one.means.get(code as usize).copied().unwrap_or_default()
        }));
    };
    // Chunks number their classes on their own first, so that they need not wait for each other.
    let chunks: Vec<Chunk> = (0..len.div_ceil(CHUNK))
        .into_par_iter()
        .map(|chunk| {
            let mut known: FxHashMap<Signature, u32> = FxHashMap::default();
            let (mut of, mut new) = (Vec::with_capacity(CHUNK), Vec::new());
            let mut buffer = Vec::new();
            for at in chunk * CHUNK..len.min((chunk + 1) * CHUNK) {
                signature(at, &mut buffer);
                let class = known.get(&buffer).copied().unwrap_or_else(|| {
                    let next = narrow(new.len());
                    known.insert(buffer.clone(), next);
                    new.push((buffer.clone(), narrow(at)));
                    next
                });
                of.push(class);
            }
            (of, new)
        })
        .collect();
    let mut known: FxHashMap<Signature, u32> = FxHashMap::default();
    let (mut of, mut examples) = (Vec::with_capacity(len), Vec::new());
    for (chunk, new) in chunks {
        let numbers: Vec<u32> = new
            .into_iter()
            .map(|(signature, example)| {
                *known.entry(signature).or_insert_with(|| {
                    examples.push(example);
                    narrow(examples.len() - 1)
                })
            })
            .collect();
        of.extend(chunk.iter().map(|class| numbers.get(*class as usize).copied().unwrap_or_default()));
    }
    (of, examples)
}

/// The masks of a class.
fn judged(mut class: Class, decomposition: &Decomposition<'_>, side: Side) -> Class {
    for (number, control) in decomposition.controls.iter().enumerate() {
        if control.scope_of(decomposition, side).any(|question| class.answer(question) != Some(Truth::True)) {
            class.applies.clear(number);
            continue;
        }
        let mut answer = |leaf: &Leaf| class.answer(control.question(leaf)).unwrap_or(Truth::Error);
        if control.first_of(side).any(|conjunct| conjunct.truth(&mut answer) == Truth::False) {
            class.settled.set(number);
        }
        for conjunct in control.conjuncts_of(Some(side)) {
            match conjunct.truth(&mut |leaf| class.answer(control.question(leaf)).unwrap_or(Truth::Error)) {
                Truth::True => {}
                Truth::False => class.fails.set(number),
                Truth::Unknown => class.unknown.set(number),
                Truth::Error => class.error.set(number),
            }
        }
    }
    class
}
