//! Inventory documents of MapForce and FlowForce servers: one JSON object, in which no secret may stand.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;
use rustc_hash::FxHashSet;

use super::{Reader, path};
use crate::document::Layout;
use crate::field::Field;
use crate::records::altova::{CommandLine, Document, Inventory, VERSION};
use crate::{Read, split};
use cutover_model::diagnostic::{Code, Place};
use cutover_model::escape;
use cutover_secrets::json_text;
use cutover_secrets::{self as secrets, Covered, Presence, Secret, Spelling};

/// What was seen in a document before its secrets were blanked out.
#[derive(Default)]
pub(super) struct Checked {
    /// Something else than a presence word stands where only one may: nothing of the file is used.
    refused: bool,
    command_lines: BTreeMap<usize, CommandLine>,
}

/// The members of each part of a document; a part is named by the members that lead to it.
const MEMBERS: [(&str, &[&str]); 10] = [
    (
        "",
        &[
            "$schema",
            "cutover_inventory",
            "as_of",
            "name",
            "release",
            "server",
            "root_initial_password_changed",
            "credentials",
            "mappings",
            "jobs",
            "permissions",
            "privileges",
            "imports",
            "export",
        ],
    ),
    (
        "/credentials",
        &[
            "id",
            "type",
            "grant",
            "origin",
            "authorization_endpoint",
            "token_endpoint",
            "client_id",
            "scope",
            "redirect_uri",
            "specific_port",
            "provider_exact_redirect",
            "token_endpoint_auth",
            "presence",
            "saved_in_mfd",
            "mfd_storage",
            "included_in_deployment",
            "allow_usage",
        ],
    ),
    ("/credentials/presence", &PRESENCE),
    ("/mappings", &["id", "design", "deployed", "uses", "udf_credentials", "stored_basic_auth", "tls"]),
    ("/mappings/tls", &["check_server_certificate", "allow_host_mismatch"]),
    ("/jobs", &["id", "runs", "runner", "credential_ref", "local_credential", "os_credential_ref", "command_line"]),
    ("/permissions", &["container", "principal", "family", "value", "as_revocation"]),
    ("/privileges", &["principal", "privilege"]),
    ("/imports", &["package", "sensitive_included", "overwrite", "holds"]),
    ("/export", &["file", "sensitive_included"]),
];
const PRESENCE: [&str; 5] = ["client_secret", "access_token", "refresh_token", "user_name", "password"];
/// A number with fewer digits hides nothing.
const SHORTEST_NUMBER: usize = 4;
/// A shorter word behind a switch or a scheme is a number, a file or prose.
const SHORTEST_ARGUMENT: usize = 8;
/// A longer argument is no word that stands in the place of a secret, in bytes.
const LONGEST_PLACEHOLDER: usize = 1 << 10;
/// Deeper than any document; what is nested deeper is not usable anyway.
const DEEPEST: usize = 127;

/// What stands before a secret on a command line: `--credential="erp:username=x&password=y"`, `oauth:token=z`,
/// `--password y`, `Authorization: Bearer z`.
static BEFORE_SECRET: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let names = "password|passwd|pwd|secret|token|api[_-]?key";
    Regex::new(&format!(r"(?i)(oauth:token|{names})=|--?(?:pass|{names})\s+|(?:bearer|basic)\s+")).ok()
});

impl Reader {
    /// Finds what the general search for secrets cannot know: values where only a presence word may stand, and secrets
    /// on command lines.
    pub(super) fn check_altova(&mut self) -> Checked {
        let mut checked = Checked::default();
        let text = self.out.document.text.clone();
        let mut known: Covered = self.out.secrets.iter().map(|secret| &secret.span).collect();
        let members: FxHashSet<String> = self.out.secrets.iter().map(|secret| secret.member.clone()).collect();
        for (record, span) in self.out.document.spans.clone().into_iter().enumerate() {
            let inside = text.get(span).unwrap_or_default();
            for (member, value) in presences(inside) {
                checked.refused |= self.refuse(&text, &member, value, &mut known);
            }
            for (index, job) in elements_of(inside, "jobs").into_iter().enumerate() {
                if let Some(line) = member(job, "command_line").filter(|line| line.starts_with('"')) {
                    let mut described = self.command_line(&text, (record, index), line, &mut known);
                    described.secret |= members.contains(&command_line_of(index));
                    checked.command_lines.insert(index, described);
                }
            }
        }
        if checked.refused {
            // Blanking may break the JSON, and with it the way to members: every secret gets a place of its own.
            self.out.secrets.iter_mut().for_each(|secret| secret.record = None);
        }
        checked
    }

    /// Says whether a value stands where only a presence word may. Its text is not shown, nor how long it is.
    fn refuse(&mut self, text: &str, member: &str, value: &str, known: &mut Covered) -> bool {
        let word = serde_json::from_str::<String>(value).ok();
        if value == "null" || word.as_deref().is_some_and(|word| Presence::from_id(word).is_some()) {
            return false;
        }
        let whole = json_text::span_in(text, value);
        let quotes = usize::from(value.starts_with('"'));
        let span = whole.start + quotes..whole.end.saturating_sub(quotes);
        let is_known = known.overlaps(&span);
        let name = member.rsplit('/').next().unwrap_or_default();
        // `true`, `yes`, `0` and their like are no secrets, but no presence words either.
        let inside = text.get(span.clone()).unwrap_or_default();
        let is_text = quotes > 0 || inside.len() >= SHORTEST_NUMBER;
        if !is_known && is_text && !secrets::scan_text("password", inside).is_empty() {
            let kind = secrets::secret_name(name).unwrap_or("secret");
            known.add(&span);
            self.out.secrets.push(Secret { span, record: None, member: member.to_owned(), kind });
        }
        // A name that is unknown may be a secret itself.
        let is_known = |step: &str| step.bytes().all(|byte| byte.is_ascii_digit()) || PRESENCE.contains(&step);
        let known_steps = ["credentials", "presence"];
        let shown: Vec<&str> = member
            .split('/')
            .map(|step| if known_steps.contains(&step) || is_known(step) { step } else { "…" })
            .collect();
        let words = Presence::ALL.into_iter().filter(|word| *word != Presence::Unknown).map(Presence::id);
        let message = format!(
            "`{}` accepts only a presence word ({} or unknown); the file was ignored",
            shown.join("."),
            words.collect::<Vec<_>>().join(", "),
        );
        self.report(Code::Shape, Place::Offset(self.number, whole.start), message);
        true
    }

    /// What a command line carries. What is only named there, `password=$PASSWORD`, is no secret in this file, and still
    /// one for everybody who sees the list of processes.
    fn command_line(
        &mut self,
        text: &str,
        (record, job): (usize, usize),
        line: &str,
        known: &mut Covered,
    ) -> CommandLine {
        let mut described = CommandLine::default();
        let member = command_line_of(job);
        let spelled = line.strip_prefix('"').and_then(|line| line.strip_suffix('"')).unwrap_or(line);
        let start = json_text::span_in(text, spelled).start;
        let Some(spelling) = Spelling::json(spelled) else { return described };
        let meant = spelling.meant.as_str();
        let arguments = Arguments::of(meant);
        for found in BEFORE_SECRET.iter().flat_map(|pattern| pattern.captures_iter(meant)) {
            let Some(before) = found.get(0) else { continue };
            let range = arguments.at(before.end());
            let value = meant.get(range.clone()).unwrap_or_default();
            let said = if value.len() > LONGEST_PLACEHOLDER { None } else { secrets::placeholder(value) };
            // An empty value is none; behind a switch or a scheme, another switch is none either.
            let assigned = found.get(1);
            let is_none =
                said.and_then(Presence::is_there) == Some(false) || (assigned.is_none() && value.starts_with('-'));
            if is_none || (assigned.is_none() && said.is_none() && value.len() < SHORTEST_ARGUMENT) {
                continue;
            }
            described.secret = true;
            described.bearer |= assigned.is_some_and(|name| name.as_str().eq_ignore_ascii_case("oauth:token"));
            let inside = spelling.spelled(&range);
            let span = start + inside.start..start + inside.end;
            if !known.overlaps(&span)
                && said.is_none()
                && !value.starts_with('<')
                && !secrets::scan_text("password", value).is_empty()
            {
                let kind = if described.bearer { "token" } else { "password" };
                let record = u32::try_from(record).ok();
                known.add(&span);
                self.out.secrets.push(Secret { span, record, member: member.clone(), kind });
            }
        }
        described.secret |= !secrets::scan_with_removed("", meant).is_empty();
        described
    }

    pub(super) fn take_altova(&mut self, usable: &[bool], checked: Checked) {
        if checked.refused {
            self.out.document.broken = true;
            self.out.document.skipped += self.out.document.spans.len();
            return;
        }
        if self.out.document.layout != Layout::Single {
            self.out.document.broken = true;
            let message = "an inventory document is one JSON object; the file was ignored";
            return self.report(Code::Shape, Place::Offset(self.number, 0), message);
        }
        let mut read: Vec<Read<Inventory>> = self.records(usable);
        let Some(Read { value: inventory, origin }) = read.pop() else { return };
        if let Some(fault) = version_fault(&inventory) {
            self.out.document.broken = true;
            self.out.document.records = 0;
            return self.report(Code::Shape, Place::Member(origin, "cutover_inventory".to_owned()), fault);
        }
        let text = self.out.document.text.clone();
        let mut unknown = Vec::new();
        unknown_members(&text, "", "", &mut unknown);
        for member in unknown {
            let shown = escape::name(&member.split('/').map(json_text::unescape_token).collect::<Vec<_>>().join("."));
            let message = format!("`{shown}` is not a member of an inventory; it is ignored");
            self.report(Code::Member, Place::Member(origin, member), message);
        }
        let document = Document {
            inventory,
            file: path::stem(&self.name).to_owned(),
            environment: path::environment(&self.name),
            command_lines: checked.command_lines,
        };
        self.out.records.altova.push(Read { value: document, origin });
    }
}

/// A command line, and where in it an argument may end: it may hold as many arguments as it has letters.
struct Arguments<'l> {
    line: &'l str,
    /// Where the letters stand that end an argument without quotes.
    ends: Vec<usize>,
    double: Vec<usize>,
    single: Vec<usize>,
}

impl<'l> Arguments<'l> {
    fn of(line: &'l str) -> Self {
        let ends = |letter: char| letter.is_whitespace() || "&\"';".contains(letter);
        let all = |is_one: &dyn Fn(char) -> bool| line.match_indices(is_one).map(|(at, _)| at).collect();
        let quotes = |quote: char| all(&|letter| letter == quote);
        Self { line, ends: all(&ends), double: quotes('"'), single: quotes('\'') }
    }

    /// The argument that starts here: in quotes of its own, or up to the quote that it stands in.
    fn at(&self, start: usize) -> Range<usize> {
        let quotes = match self.line.get(start..).and_then(|rest| rest.chars().next()) {
            Some('"') => Some(&self.double),
            Some('\'') => Some(&self.single),
            _ => None,
        };
        let next = |places: &[usize], from: usize| {
            places.get(places.partition_point(|at| *at < from)).copied().unwrap_or(self.line.len())
        };
        let opens = |quotes: &&Vec<usize>| quotes.partition_point(|at| *at < start) % 2 == 0;
        match quotes.filter(opens) {
            Some(quotes) => start + 1..next(quotes, start + 1),
            None => start..next(&self.ends, start),
        }
    }
}

fn version_fault(inventory: &Inventory) -> Option<String> {
    match &inventory.cutover_inventory {
        Field::Is(version) if version == VERSION => None,
        Field::Is(version) => Some(format!(
            "expected the inventory version `{VERSION}`, found `{}`; the file was ignored",
            escape::name(version)
        )),
        _ => Some(format!("expected `{VERSION}` as `cutover_inventory`; the file was ignored")),
    }
}

/// Where the command line of a job stands in a record.
fn command_line_of(job: usize) -> String {
    format!("jobs/{job}/command_line")
}

/// The members of this name; more than one where a name stands twice.
fn members_named<'t>(object: &'t str, name: &str) -> Vec<&'t str> {
    let all = json_text::members(object).unwrap_or_default();
    all.into_iter().filter(|(key, _)| key == name).map(|(_, value)| value.get()).collect()
}

fn member<'t>(object: &'t str, name: &str) -> Option<&'t str> {
    members_named(object, name).into_iter().next()
}

fn elements(list: &str) -> Vec<&str> {
    if !list.starts_with('[') {
        return Vec::new();
    }
    split::split(list, None, false).spans.into_iter().filter_map(|span| list.get(span)).collect()
}

fn elements_of<'t>(object: &'t str, name: &str) -> Vec<&'t str> {
    members_named(object, name).into_iter().flat_map(elements).collect()
}

/// Every value that stands where only a presence word may, with its pointer.
fn presences(record: &str) -> Vec<(String, &str)> {
    let mut out = Vec::new();
    for (index, credential) in elements_of(record, "credentials").into_iter().enumerate() {
        for presence in members_named(credential, "presence") {
            leaves(presence, &format!("credentials/{index}/presence"), 0, &mut out);
        }
    }
    out
}

/// The values inside a value that hold no others.
fn leaves<'t>(value: &'t str, pointer: &str, depth: usize, out: &mut Vec<(String, &'t str)>) {
    if value.starts_with('{') && depth < DEEPEST {
        for (key, inner) in json_text::members(value).unwrap_or_default() {
            leaves(inner.get(), &format!("{pointer}/{}", json_text::escape_token(key)), depth + 1, out);
        }
    } else if value.starts_with('[') && depth < DEEPEST {
        for (index, inner) in elements(value).into_iter().enumerate() {
            leaves(inner, &format!("{pointer}/{index}"), depth + 1, out);
        }
    } else {
        out.push((pointer.to_owned(), value));
    }
}

/// Members that no part of a document has, as pointers.
fn unknown_members(value: &str, part: &str, pointer: &str, out: &mut Vec<String>) {
    let Some((_, known)) = MEMBERS.iter().find(|(name, _)| *name == part) else { return };
    if value.starts_with('[') {
        for (index, element) in elements(value).into_iter().enumerate() {
            unknown_members(element, part, &join(pointer, &index.to_string()), out);
        }
    }
    for (key, inner) in json_text::members(value).filter(|_| value.starts_with('{')).unwrap_or_default() {
        let at = join(pointer, &json_text::escape_token(key.clone()));
        if known.contains(&key.as_ref()) {
            unknown_members(inner.get(), &format!("{part}/{key}"), &at, out);
        } else {
            out.push(at);
        }
    }
}

fn join(pointer: &str, step: &str) -> String {
    if pointer.is_empty() { step.to_owned() } else { format!("{pointer}/{step}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Looks for the end of an argument from its start, letter by letter.
    fn plain(line: &str, start: usize) -> Range<usize> {
        let rest = &line[start..];
        if let Some(quote) = rest.chars().next().filter(|first| matches!(first, '"' | '\''))
            && line[..start].matches(quote).count().is_multiple_of(2)
        {
            let inner = &rest[1..];
            return start + 1..start + 1 + inner.find(quote).unwrap_or(inner.len());
        }
        let ends = |letter: char| letter.is_whitespace() || "&\"';".contains(letter);
        start..start + rest.find(ends).unwrap_or(rest.len())
    }

    #[test]
    fn arguments_end_where_a_plain_search_finds_their_end() {
        for line in ["a=\"b c\" 'd\"e' f;g&h", "\"", "'x' \"y", "p='q\u{a0}r", "", "é=\"ß\u{3000}\"'"] {
            let arguments = Arguments::of(line);
            for start in (0..=line.len()).filter(|at| line.is_char_boundary(*at)) {
                assert_eq!(arguments.at(start), plain(line, start), "{line:?} from {start}");
            }
        }
    }
}
