//! A long JSON file, read in windows: it is never in memory as a whole.
//!
//! A window is read as if it were a file of its own, and knows what stands before it. Anything that takes the sight of
//! the whole (a form that the start does not tell, a fault in a list, bytes that are no text) is left to the way that
//! has it: nothing of what was read in windows stays then.

use std::io::Read;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::{FileRead, Reader, note_losses, place_loose_secrets};
use crate::collect;
use crate::collect::{Content, Fault, Input, Stamp};
use crate::document::Layout;
use crate::naming::Naming;
use crate::pass;
use crate::pass::Pass;
use crate::project_users::UserInterner;
use crate::records::identified::MAX_USELESS_RECORDS;
use crate::text::{Blanked, Counting, Form, MARK, OnDisk, Text};
use crate::{recognize, split};
use cutover_model::diagnostic::Code;
use cutover_model::kind::Kind;
use cutover_secrets::digest::hexadecimal;

/// A shorter file is read as a whole.
const LONG: u64 = 1 << 24;
/// Bytes of a window.
const WINDOW: usize = 1 << 23;
/// The start of a file that tells its form, in bytes.
const HEAD: usize = 1 << 6;
/// The longest text behind a list that is looked at, in bytes.
const LONGEST_TAIL: usize = 1 << 20;

/// What stands in a file before a window.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Before {
    /// Bytes of the text.
    pub(super) bytes: usize,
    pub(super) records: usize,
}

/// Reads a file in windows, if it is long and of a form that allows it.
pub(super) fn read(
    number: u32,
    input: &Input,
    declared: Option<&str>,
    interner: &Arc<UserInterner>,
) -> Option<FileRead<Text>> {
    is_long(input).then(|| in_windows(number, input, declared, interner, WINDOW)).flatten()
}

/// Whether this is a long file that can be read in parts.
pub(crate) fn is_long(input: &Input) -> bool {
    let known = input.content.path().and_then(|path| path.metadata().ok());
    known.is_some_and(|known| known.is_file() && known.len() >= LONG)
}

fn in_windows(
    number: u32,
    input: &Input,
    declared: Option<&str>,
    interner: &Arc<UserInterner>,
    size: usize,
) -> Option<FileRead<Text>> {
    let kind = match declared {
        Some(declared) => Kind::from_id(declared),
        None => recognize::by_path(&input.name),
    };
    let kind = kind.filter(|kind| pass::reads(*kind))?;
    let naming = Naming::of(&input.name);
    if kind == Kind::Users && declared.is_none() && (naming.may_be_of_project || naming.has_id()) {
        return None;
    }
    let lower = input.name.to_ascii_lowercase();
    let lines = lower.ends_with(".jsonl") || lower.ends_with(".ndjson");
    if !lines && !lower.ends_with(".json") {
        return None;
    }
    let heard = Arc::new(UserInterner::new());
    let reader = Reader::new(number, input.name.clone(), input.path.clone(), Arc::clone(&heard));
    let broken = |fault: &Fault| {
        let reader = Reader::new(number, input.name.clone(), input.path.clone(), Arc::clone(interner));
        let code = if *fault == Fault::Changed { Code::Changed } else { Code::Unreadable };
        Some(reader.broken(code, fault.to_string()).with(Text::kept(String::new(), Blanked::default())))
    };
    let Content::File { path, folder } = &input.content else { return None };
    let mut file = collect::open(path, folder.as_deref()).ok()?;
    let stamp = Stamp::of(&file).ok()?;
    let mut windows = Windows {
        kind,
        lines,
        form: Shape::Unknown,
        reader,
        before: Before::default(),
        counting: Counting::default(),
        blanked: Blanked::default(),
        rest: String::new(),
        spare: String::new(),
    };
    let (mut sum, mut from, mut raw, mut length) = (Sha256::new(), 0, Vec::new(), 0);
    loop {
        let start = raw.len();
        // A record longer than a window is read on to its end, in longer and longer steps.
        let step = size.max(windows.rest.len()) as u64;
        if let Err(error) = file.by_ref().take(step).read_to_end(&mut raw) {
            return broken(&error.into());
        }
        let new = raw.get(start..)?;
        if length == 0 {
            if collect::is_compressed(new) || new.starts_with(&[0xff, 0xfe]) || new.starts_with(&[0xfe, 0xff]) {
                return None;
            }
            from = if new.starts_with(&MARK) { MARK.len() } else { 0 };
        }
        let skip = if length == 0 { from } else { 0 };
        let is_last = new.is_empty();
        length += new.len() as u64;
        if length > collect::LONGEST_FILE {
            return None;
        }
        let good = match std::str::from_utf8(raw.get(skip..)?) {
            Ok(text) => text,
            // A character goes on in the next window.
            Err(error) if error.error_len().is_none() && !is_last => {
                std::str::from_utf8(raw.get(skip..skip + error.valid_up_to())?).ok()?
            }
            Err(_) => return None,
        };
        windows.rest.push_str(good);
        let used = skip + good.len();
        let ((), stepped) = rayon::join(|| sum.update(new), || windows.step(is_last));
        stepped?;
        raw.drain(..used);
        if is_last {
            break;
        }
    }
    if Stamp::of(&file).ok().as_ref() != Some(&stamp) || !stamp.is_long(length) {
        return broken(&Fault::Changed);
    }
    let place = OnDisk { path: path.clone(), stamp, form: Form::Plain(from as u64) };
    let (mut out, counting, blanked) = windows.end()?;
    out.document.sha256 = hexadecimal(&sum.finalize());
    place_loose_secrets(&mut out);
    note_losses(&mut out, &input.name);
    let numbers = interner.join(Arc::into_inner(heard)?);
    out.records.project_users.renumber(&numbers);
    Some(out.with(Text::on_disk(place, blanked, counting.finish())))
}

/// What JSON allows between values.
const WHITE: [char; 4] = [' ', '\t', '\r', '\n'];

/// The form of a file, as far as it was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    Unknown,
    /// In a list, which stands at this pointer.
    List(&'static str),
    /// Behind a list.
    Behind(&'static str),
    Lines,
}

/// A file of which the windows so far were read.
struct Windows {
    kind: Kind,
    lines: bool,
    form: Shape,
    /// All that was read.
    reader: Reader,
    before: Before,
    counting: Counting,
    blanked: Blanked,
    /// The text that is not read yet.
    rest: String,
    /// A buffer for the next one.
    spare: String,
}

impl Windows {
    /// Reads as many records of the rest as are whole. `None` when this takes the sight of the whole file.
    fn step(&mut self, is_last: bool) -> Option<()> {
        let mut start = 0;
        if self.form == Shape::Unknown {
            if self.rest.len() < HEAD && !is_last {
                return Some(());
            }
            let Some((form, at)) = shape(&self.rest, self.lines)? else { return (!is_last).then_some(()) };
            (self.form, start) = (form, at);
        }
        match self.form {
            Shape::List(at) => {
                let is_first = self.before.bytes == 0;
                let space = self.rest.len() - self.rest.trim_start_matches(WHITE).len();
                let pass = pass::array(
                    &self.rest,
                    if is_first { start } else { space },
                    self.kind,
                    self.reader.interner.rows(),
                )?;
                let closed = self.rest.get(pass.end..)?.starts_with(']');
                // Behind a comma stands a record, and behind all of them the bracket.
                if (closed && pass.spans.is_empty() && !is_first) || (is_last && !closed) {
                    return None;
                }
                if pass.spans.is_empty() && !closed {
                    // The first record is not whole yet.
                    self.form = if is_first { Shape::Unknown } else { self.form };
                    return Some(());
                }
                if closed {
                    self.form = Shape::Behind(at);
                }
                let end = pass.end;
                self.window(pass, end, Layout::Array(at))?;
            }
            Shape::Lines => {
                let whole =
                    if is_last { self.rest.len() } else { self.rest.rfind('\n').map_or(0, |newline| newline + 1) };
                let mut pass = pass::lines(self.rest.get(..whole)?, self.kind, self.reader.interner.rows())?;
                if pass.spans.iter().any(|span| {
                    !self.rest.get(span.clone()).is_some_and(|line| line.starts_with('{') && !pass::is_page(line))
                }) {
                    return None;
                }
                // What stands between two records is looked through as a whole.
                let end = if is_last { whole } else { pass.spans.last().map_or(0, |span| span.end) };
                pass.faults.retain(|fault| fault.offset < end);
                if end == 0 && !is_last {
                    return Some(());
                }
                self.window(pass, end, Layout::Lines)?;
            }
            Shape::Unknown | Shape::Behind(_) => {}
        }
        (!matches!(self.form, Shape::Behind(_)) || self.rest.len() <= LONGEST_TAIL).then_some(())
    }

    /// Takes over the records of the first bytes of the rest. `None` when they are of another kind.
    fn window(&mut self, pass: Pass, end: usize, layout: Layout) -> Option<()> {
        let mut rest = std::mem::take(&mut self.spare);
        rest.push_str(self.rest.get(end..).unwrap_or_default());
        let mut text = std::mem::replace(&mut self.rest, rest);
        text.truncate(end);
        let mut part =
            Reader::new(self.reader.number, self.reader.name.clone(), String::new(), Arc::clone(&self.reader.interner));
        part.before = self.before;
        part.out.document.text = text;
        part.out.document.layout = layout;
        part.out.document.spans = pass.spans;
        part.plain = pass.plain;
        part.describe(pass.faults);
        let usable = part.look_for_secrets();
        part.look_between();
        part.blank();
        if part.misfit(Some(self.kind)).is_some() {
            return None;
        }
        part.known_kind(Some(self.kind));
        part.take_json(self.kind, &usable);
        if part.useless > MAX_USELESS_RECORDS {
            return None;
        }
        self.add(part.finish());
        Some(())
    }

    fn add(&mut self, mut part: FileRead) {
        let Before { bytes, records } = self.before;
        let out = &mut self.reader.out;
        let mut text = std::mem::take(&mut part.document.text);
        self.counting.push(text.as_bytes());
        self.blanked.add(bytes, &text, std::mem::take(&mut part.blanked));
        self.before.bytes += text.len();
        self.before.records += part.document.spans.len();
        let spans = part.document.spans.into_iter();
        out.document.spans.extend(spans.map(|span| bytes + span.start..bytes + span.end));
        out.document.layout = part.document.layout;
        out.document.kind = part.document.kind;
        out.document.records += part.document.records;
        out.document.skipped += part.document.skipped;
        out.document.broken |= part.document.broken;
        out.records.append(&mut part.records);
        out.diagnostics.append(&mut part.diagnostics);
        out.same.append(&mut part.same);
        out.identities.append(&mut part.identities);
        for mut secret in part.secrets {
            secret.span = bytes + secret.span.start..bytes + secret.span.end;
            secret.record =
                secret.record.map(|record| record.saturating_add(u32::try_from(records).unwrap_or(u32::MAX)));
            out.secrets.push(secret);
        }
        text.clear();
        self.spare = text;
    }

    /// Looks at what stands behind the records, and puts the secrets in the order of a file that is read as a whole.
    fn end(mut self) -> Option<(FileRead, Counting, Blanked)> {
        if let Shape::Behind(at) = self.form {
            let head = if at.is_empty() { "[" } else { "{\"data\": [" };
            let whole = split::split(&format!("{head}{}", self.rest), Some(self.kind), false);
            if whole.layout != Layout::Array(at) || !whole.faults.is_empty() || !whole.spans.is_empty() {
                return None;
            }
        }
        let mut part = Reader::new(self.reader.number, String::new(), String::new(), Arc::clone(&self.reader.interner));
        part.out.document.text = std::mem::take(&mut self.rest);
        part.out.document.layout = self.reader.out.document.layout.clone();
        part.out.document.kind = self.reader.out.document.kind;
        part.lost_before = self.reader.out.document.skipped > 0;
        part.look_between();
        part.blank();
        self.add(part.finish());
        let Self { reader: Reader { mut out, .. }, counting, blanked, .. } = self;
        // An empty file is reported as a whole.
        if out.document.kind.is_none() || (out.document.layout == Layout::Lines && out.document.spans.is_empty()) {
            return None;
        }
        let described = std::mem::take(&mut out.same).into_iter().zip(std::mem::take(&mut out.identities));
        let secrets = std::mem::take(&mut out.secrets).into_iter().zip(described);
        let (placed, loose): (Vec<_>, Vec<_>) = secrets.partition(|(secret, _)| secret.record.is_some());
        (out.secrets, (out.same, out.identities)) = placed.into_iter().chain(loose).unzip();
        Some((out, counting, blanked))
    }
}

/// The form that the start of a file tells, and where its first record begins. `Some(None)` when more of the file has to
/// be seen, and `None` when all of it has to.
fn shape(text: &str, lines: bool) -> Option<Option<(Shape, usize)>> {
    let space = |text: &str| text.len() - text.trim_start_matches(WHITE).len();
    if lines {
        return Some(Some((Shape::Lines, 0)));
    }
    let mut at = space(text);
    let mut expect = |wanted: &[&str]| {
        for word in wanted {
            at += space(text.get(at..)?);
            at += word.len();
            (text.get(at - word.len()..at) == Some(word)).then_some(())?;
        }
        Some(at + space(text.get(at..)?))
    };
    if text.get(space(text)..)?.starts_with('[') {
        let start = expect(&["["])?;
        return Some((start < text.len()).then_some((Shape::List(""), start)));
    }
    if let Some(start) = expect(&["{", "\"data\"", ":", "["]) {
        return Some((start < text.len()).then_some((Shape::List("/data"), start)));
    }
    // Objects in a row: the first line is one, and another thing follows.
    let (line, behind) = text.get(space(text)..)?.split_once('\n')?;
    let is_line = split::line(text, line.trim()).is_ok() && !behind.trim().is_empty();
    is_line.then_some(Some((Shape::Lines, 0)))
}

#[cfg(test)]
mod tests;
