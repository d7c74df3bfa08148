//! Policies at random: every operator of Cedar over the attributes of the schema, typed so that the strict validator
//! takes nearly all of them.
//!
//! A policy is written after a *tape* of numbers: each choice takes the next one, and the first choice is always the
//! plainest. A shorter tape, or smaller numbers in it, is a simpler policy, so a failing case shrinks by itself.

use std::collections::BTreeMap;

use cutover_policy::condition::Root;
use cutover_policy::facts::Environment;

use super::types::{Kind, NUMBERS, TYPES, WORDS, ids};

/// An attribute, by what it is read from and its name.
type Path = (Root, &'static str);

/// Writes one policy.
pub(crate) struct Writer<'t> {
    tape: &'t [u16],
    at: usize,
    /// The environments of the facts that are to be evaluated.
    world: &'t [Environment],
    /// The environments that the text being written must fit.
    environments: Vec<Environment>,
    /// The attributes that can be read in them, with their type and whether they are always there.
    attributes: BTreeMap<Path, (Kind, bool)>,
    /// The optional attributes that are known to be there, the last asked for at the end.
    known: Vec<Path>,
}

/// A `forbid` for facts of some of these environments, after a tape.
pub(crate) fn policy(tape: &[u16], world: &[Environment]) -> String {
    let mut writer =
        Writer { tape, at: 0, world, environments: Vec::new(), attributes: BTreeMap::new(), known: Vec::new() };
    let scope = writer.scope();
    let clauses = [1, 1, 1, 2, 2, 3, 0][writer.one(7)];
    let mut text = format!("forbid ({scope})");
    for _ in 0..clauses {
        let word = if writer.often(3) { "unless" } else { "when" };
        let depth = 1 + writer.one(3);
        text += &format!("\n{word} {{ {} }}", writer.truth(depth));
    }
    text + ";"
}

fn entity(kind: &str, id: &str) -> String {
    format!("Cutover::{kind}::\"{}\"", id.escape_debug())
}

fn root(root: Root) -> &'static str {
    match root {
        Root::Principal => "principal",
        Root::Resource => "resource",
        Root::Context => "context",
    }
}

fn path((of, name): Path) -> String {
    format!("{}.{name}", root(of))
}

impl Writer<'_> {
    /// One of so many choices; the first when the tape is at its end.
    fn one(&mut self, choices: usize) -> usize {
        let next = self.tape.get(self.at).copied().unwrap_or(0);
        self.at += 1;
        (usize::from(next) * choices) >> 16
    }

    /// Whether a thing comes to pass that does so in this many of ten cases.
    fn often(&mut self, of_ten: usize) -> bool {
        self.one(10) >= 10 - of_ten
    }

    fn of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.one(choices.len())]
    }

    fn id(&mut self, kind: &str) -> String {
        entity(kind, self.of(ids(kind)))
    }

    fn word(&mut self) -> String {
        format!("\"{}\"", self.of(&WORDS).escape_debug())
    }

    // The scope.

    fn scope(&mut self) -> String {
        let base = self.of(self.world);
        let other = self.of(&TYPES.environments);
        let action = |environment: Environment| entity("Action", environment.action.id());
        let (text, actions) = match self.one(8) {
            0..=4 => (format!("action == {}", action(base)), vec![base.action]),
            5 => (format!("action in {}", action(base)), vec![base.action]),
            6 => (format!("action in [{}, {}]", action(base), action(other)), vec![base.action, other.action]),
            _ => ("action".to_owned(), Vec::new()),
        };
        let (principal, one_principal) = self.end("principal", base.principal.id());
        let (resource, one_resource) = self.end("resource", base.resource.id());
        self.fit(|environment| {
            (actions.is_empty() || actions.contains(&environment.action))
                && (!one_principal || environment.principal == base.principal)
                && (!one_resource || environment.resource == base.resource)
        });
        format!("{principal}, {text}, {resource}")
    }

    /// One end of the scope, and whether it leaves but one type.
    fn end(&mut self, end: &str, kind: &str) -> (String, bool) {
        match self.one(10) {
            0..=3 => (format!("{end} is Cutover::{kind}"), true),
            4..=6 => (end.to_owned(), false),
            7 => (format!("{end} == {}", self.id(kind)), true),
            8 => (format!("{end} in {}", self.id("Company")), false),
            _ => (format!("{end} is Cutover::{kind} in {}", self.id("Company")), true),
        }
    }

    /// Narrows the environments to those that fit.
    fn fit(&mut self, fits: impl Fn(&Environment) -> bool) {
        let of = if self.environments.is_empty() { &TYPES.environments } else { &self.environments };
        self.environments = of.iter().copied().filter(fits).collect();
        self.attributes.clear();
        let mut seen: BTreeMap<Path, (Kind, usize, bool)> = BTreeMap::new();
        for environment in &self.environments {
            for of in [Root::Principal, Root::Resource, Root::Context] {
                for attribute in TYPES.of_root(*environment, of) {
                    let entry = seen.entry((of, attribute.name)).or_insert((attribute.kind, 0, true));
                    entry.1 += 1;
                    entry.2 &= attribute.required && entry.0 == attribute.kind;
                }
            }
        }
        let every = self.environments.len();
        let always = |(kind, count, required)| (kind, required && count == every);
        self.attributes = seen.into_iter().map(|(path, told)| (path, always(told))).collect();
    }

    // What can be read.

    fn readable(&self, wanted: Kind) -> Vec<Path> {
        let there = |(path, (kind, always)): (&Path, &(Kind, bool))| {
            (*kind == wanted && (*always || self.known.contains(path))).then_some(*path)
        };
        self.attributes.iter().filter_map(there).collect()
    }

    fn knows(&self, name: &str) -> bool {
        self.known.contains(&(Root::Context, if name == "project" { "project" } else { "exception" }))
    }

    /// Reads an attribute of a type; what was last asked for is what is mostly read.
    fn read(&mut self, kind: Kind) -> Option<String> {
        let readable = self.readable(kind);
        let last = self.known.last().copied().filter(|last| readable.contains(last));
        if readable.is_empty() {
            return None;
        }
        let read = if let Some(last) = last.filter(|_| self.often(6)) { last } else { self.of(&readable) };
        Some(path(read))
    }

    // Truths.

    fn truth(&mut self, depth: usize) -> String {
        let Some(less) = depth.checked_sub(1) else { return self.leaf() };
        match self.one(16) {
            0..=2 => self.leaf(),
            3 | 4 => format!("({} && {})", self.truth(less), self.truth(less)),
            5 | 6 => format!("({} || {})", self.truth(less), self.truth(less)),
            7 => format!("!({})", self.truth(less)),
            8 => format!("(if {} then {} else {})", self.truth(less), self.truth(less), self.truth(less)),
            9..=12 => self.guarded(less),
            13 => self.narrowed(less),
            _ => {
                let (fails, other) = (self.failing(), self.truth(less));
                match self.one(4) {
                    0 => format!("({other} && {fails})"),
                    1 => format!("({other} || {fails})"),
                    2 => format!("({fails} && {other})"),
                    _ => format!("({fails} || {other})"),
                }
            }
        }
    }

    /// Asks whether an optional attribute is there before something that may read it.
    fn guarded(&mut self, less: usize) -> String {
        let optional: Vec<Path> =
            self.attributes.iter().filter(|(_, (_, always))| !always).map(|(path, _)| *path).collect();
        if optional.is_empty() {
            return self.truth(less);
        }
        let path = self.of(&optional);
        let (of, name) = path;
        self.known.push(path);
        let inner = if self.often(3) { self.guarded(less.saturating_sub(1)) } else { self.truth(less) };
        self.known.pop();
        let has = format!("{} has {name}", root(of));
        match self.one(6) {
            0..=4 => format!("({has} && {inner})"),
            _ => format!("(if {has} then {inner} else {})", self.truth(less)),
        }
    }

    /// Asks for the type of an end before something that reads what only this type has.
    fn narrowed(&mut self, less: usize) -> String {
        let base = self.of(&self.environments.clone());
        let before = (self.environments.clone(), self.attributes.clone());
        let principal = self.one(2) == 0;
        let (end, kind) = if principal { ("principal", base.principal) } else { ("resource", base.resource) };
        self.fit(|environment| kind == if principal { environment.principal } else { environment.resource });
        let inner = self.truth(less);
        (self.environments, self.attributes) = before;
        format!("({end} is Cutover::{} && {inner})", kind.id())
    }

    /// What often cannot be evaluated: a sum too great, a thing that is not there.
    fn failing(&mut self) -> String {
        let number = self.long(1);
        match self.one(7) {
            0 => format!("{number} * 9223372036854775807 > {}", self.long(0)),
            1 => format!("9223372036854775807 + {number} > 0"),
            2 => format!("-9223372036854775808 - {number} < 0"),
            3 => format!("-({number}) <= 9223372036854775807 - {number}"),
            4 => format!("{}.key == {}", self.id("Tool"), self.text(0)),
            5 => format!("datetime(\"9999-12-31\").offset({}) > {}", self.duration(0), self.datetime(0)),
            _ => format!("{} has name && {}.name like \"*e*\"", self.id("Project"), self.id("Project")),
        }
    }

    fn leaf(&mut self) -> String {
        let asked = self.known.last().and_then(|path| self.attributes.get(path)).map(|(kind, _)| *kind);
        if let Some(kind) = asked.filter(|_| self.often(7)) {
            return match kind {
                Kind::Bool => self.flag(),
                Kind::Long => self.numbers(),
                Kind::Text => self.texts(),
                Kind::Exception => self.records(),
                Kind::Entity(kind) => self.entities(kind),
            };
        }
        match self.one(38) {
            0 => ["true", "false"][self.one(2)].to_owned(),
            1..=4 => self.flag(),
            5..=9 => self.numbers(),
            10..=13 => self.texts(),
            14..=17 => self.entities("Level"),
            18..=20 => self.ends(),
            21..=23 => self.has(),
            24..=26 => self.sets(),
            27 | 28 => self.records(),
            29 => self.decimals(),
            30 | 31 => self.addresses(),
            32 | 33 => self.times(),
            34 => self.action(),
            35 | 36 => self.whole().unwrap_or_else(|| self.has()),
            _ => self.failing(),
        }
    }

    fn flag(&mut self) -> String {
        self.read(Kind::Bool).unwrap_or_else(|| self.numbers())
    }

    fn compared(&mut self) -> &'static str {
        self.of(&["==", "!=", "<", "<=", ">", ">="])
    }

    fn numbers(&mut self) -> String {
        let (one, two) = (self.long(2), self.long(1));
        format!("{one} {} {two}", self.compared())
    }

    fn texts(&mut self) -> String {
        let text = self.text(1);
        match self.one(5) {
            0 | 1 => format!("{text} == {}", self.text(1)),
            2 => format!("{text} != {}", self.text(1)),
            _ => {
                let patterns =
                    ["*", "", "a*", "*b", "a\\*b", "*\\**", "in*ll*d", "*\\\"\\\\", "e\\u{301}*\\u{202e}", "company/*"];
                format!("{text} like \"{}\"", self.of(&patterns))
            }
        }
    }

    /// An entity of a type, and what it is equal to, in, or of.
    fn entities(&mut self, kind: &'static str) -> String {
        let (one, two) = (self.thing(kind, 1), self.thing(kind, 1));
        match self.one(8) {
            0 => format!("{one} == {two}"),
            1 => format!("{one} != {two}"),
            2 | 3 => format!("{one} in {two}"),
            4 => format!("{one} in [{two}, {}]", self.thing(kind, 1)),
            5 => format!("{one} is Cutover::{kind}"),
            6 if kind == "Level" => format!("{one} is Cutover::Level in {two}"),
            _ => format!("[{one}, {}].contains({two})", self.thing(kind, 0)),
        }
    }

    /// Something about the principal or the resource themselves, or about the project of the context.
    fn ends(&mut self) -> String {
        let base = self.of(&self.environments.clone());
        let (end, kind) = match self.one(5) {
            0 | 1 => ("principal".to_owned(), base.principal.id()),
            2 | 3 => ("resource".to_owned(), base.resource.id()),
            _ if self.knows("project") => ("context.project".to_owned(), "Project"),
            // An entity that the fact may not know of.
            _ => (self.id(base.principal.id()), base.principal.id()),
        };
        match self.one(12) {
            0 => format!("{end} == {}", self.id(kind)),
            1 => format!("{end} != {}", self.id(kind)),
            2 => format!("{end} in {}", self.id("Company")),
            3 => format!("{end} in [{}, {}]", self.id("Company"), self.id("Company")),
            4 => format!("{end} is Cutover::{kind}"),
            5 => format!("{end} is Cutover::{kind} in {}", self.id("Company")),
            6 => format!("{end} in resource"),
            7 if self.knows("project") => format!("{end} in context.project"),
            8 => format!("principal {} resource", ["==", "!="][self.one(2)]),
            9 => format!("{end} in [{}, {}]", self.id(kind), self.id(kind)),
            10 if end == "principal" || end == "resource" => {
                format!("{{it: {end}}}.it.name == {}", self.text(0))
            }
            _ => format!("[{}, {}].contains({end})", self.id(kind), self.id(kind)),
        }
    }

    fn has(&mut self) -> String {
        let mut paths: Vec<String> =
            self.attributes.keys().map(|(of, name)| format!("{} has {name}", root(*of))).collect();
        if self.attributes.contains_key(&(Root::Context, "exception")) {
            paths.extend(["reason", "nothing"].map(|name| format!("context has exception.{name}")));
        }
        if self.attributes.contains_key(&(Root::Context, "project")) {
            paths.extend(["active", "name"].map(|name| format!("context has project.{name}")));
        }
        paths.push("principal has nothing".to_owned());
        if self.knows("exception") && self.often(5) {
            return format!("context.exception has {}", ["reason", "nothing"][self.one(2)]);
        }
        if self.knows("project") && self.often(5) {
            return format!("context.project has {}", ["active", "demo"][self.one(2)]);
        }
        paths.swap_remove(self.one(paths.len()))
    }

    fn sets(&mut self) -> String {
        let kinds = [Kind::Long, Kind::Text, Kind::Entity("Level")];
        let kind = self.of(&kinds);
        match self.one(5) {
            0 | 1 => format!("{}.contains({})", self.set(kind), self.value(kind, 1)),
            2 => format!("{}.containsAll({})", self.set(kind), self.set(kind)),
            3 => format!("{}.containsAny({})", self.set(kind), self.set(kind)),
            _ if self.often(5) => format!("{} == {}", self.set(kind), self.set(kind)),
            // Strictly valid sets are never empty.
            _ => format!("!({}.isEmpty())", self.set(kind)),
        }
    }

    fn set(&mut self, kind: Kind) -> String {
        if self.one(6) == 5 {
            let asked = self.truth(0);
            return format!("(if {asked} then {} else {})", self.set_of(kind), self.set_of(kind));
        }
        self.set_of(kind)
    }

    fn set_of(&mut self, kind: Kind) -> String {
        let count = 1 + self.one(3);
        let elements: Vec<String> = (0..count).map(|_| self.value(kind, 0)).collect();
        format!("[{}]", elements.join(", "))
    }

    fn records(&mut self) -> String {
        if self.knows("exception") && self.often(7) {
            return match self.one(3) {
                0 => format!("context.exception == {{reason: {}, approved_by: {}}}", self.word(), self.text(0)),
                1 => format!("context.exception.reason == {}", self.text(0)),
                _ => {
                    format!("[context.exception].contains({{approved_by: {}, reason: {}}})", self.text(0), self.word())
                }
            };
        }
        match self.one(6) {
            0 => format!("{{a: {}, b: {}}} == {{a: {}, b: {}}}", self.long(0), self.text(0), self.long(0), self.word()),
            1 => format!("{{\"a b\": {}}}[\"a b\"] > {}", self.long(1), self.long(0)),
            2 => format!("{{a: {}}} has {}", self.text(0), ["a", "b"][self.one(2)]),
            3 => format!("{{a: {{b: {}}}}}.a.b != {}", self.text(0), self.text(0)),
            _ => self.whole().unwrap_or_else(|| format!("[{{a: {}}}].contains({{a: {}}})", self.long(0), self.long(0))),
        }
    }

    /// The whole context beside a record, where it always holds the same.
    fn whole(&mut self) -> Option<String> {
        let attributes = TYPES.of_context(self.environments.first()?.action);
        let action = self.environments.first()?.action;
        let alike = self.environments.iter().all(|environment| environment.action == action);
        if !alike || attributes.is_empty() || !attributes.iter().all(|attribute| attribute.required) {
            return None;
        }
        let members: Vec<String> = attributes
            .iter()
            .map(|attribute| format!("{}: {}", attribute.name, self.value(attribute.kind, 0)))
            .collect();
        let record = format!("{{{}}}", members.join(", "));
        Some(match self.one(3) {
            0 => format!("context == {record}"),
            1 => format!("[{record}].contains(context)"),
            _ => {
                let name = attributes[self.one(attributes.len())].name;
                format!("(if {} then context else {record}).{name} == context.{name}", self.truth(0))
            }
        })
    }

    fn action(&mut self) -> String {
        let (one, two) = (self.of(self.world), self.of(&TYPES.environments));
        let (one, two) = (entity("Action", one.action.id()), entity("Action", two.action.id()));
        match self.one(4) {
            0 => format!("action == {one}"),
            1 => format!("action in [{one}, {two}]"),
            2 => format!("action in {two}"),
            _ => format!("action != {two}"),
        }
    }

    // Values.

    fn value(&mut self, kind: Kind, depth: usize) -> String {
        match kind {
            Kind::Bool => self.truth(0),
            Kind::Long => self.long(depth),
            Kind::Text => self.text(depth),
            Kind::Exception => format!("{{approved_by: {}, reason: {}}}", self.text(0), self.text(0)),
            Kind::Entity(kind) => self.thing(kind, depth),
        }
    }

    fn number(&mut self) -> String {
        self.of(&NUMBERS).to_string()
    }

    fn long(&mut self, depth: usize) -> String {
        let Some(less) = depth.checked_sub(1) else {
            return if self.one(10) < 4 {
                self.number()
            } else {
                self.read(Kind::Long).unwrap_or_else(|| self.number())
            };
        };
        match self.one(16) {
            0..=7 => self.long(0),
            8 | 9 => format!("({} + {})", self.long(less), self.long(less)),
            10 => format!("({} - {})", self.long(less), self.long(less)),
            11 | 12 => format!("({} * {})", self.long(less), self.long(less)),
            13 => format!("-({})", self.long(less)),
            14 => format!("(if {} then {} else {})", self.truth(0), self.long(less), self.long(less)),
            _ => {
                let unit = self.of(&["Milliseconds", "Seconds", "Minutes", "Hours", "Days"]);
                format!("{}.to{unit}()", self.duration(1))
            }
        }
    }

    fn text(&mut self, depth: usize) -> String {
        if self.knows("exception") && self.often(3) {
            return ["context.exception.reason", "context.exception.approved_by"][self.one(2)].to_owned();
        }
        if self.knows("project") && self.often(3) {
            return "context.project.name".to_owned();
        }
        match self.one(8) {
            0 | 1 => self.word(),
            2 if depth > 0 => format!("(if {} then {} else {})", self.truth(0), self.text(0), self.word()),
            _ => self.read(Kind::Text).unwrap_or_else(|| self.word()),
        }
    }

    fn thing(&mut self, kind: &'static str, depth: usize) -> String {
        match self.one(8) {
            0..=2 => self.id(kind),
            3 if depth > 0 => format!("(if {} then {} else {})", self.truth(0), self.thing(kind, 0), self.id(kind)),
            _ => self.read(Kind::Entity(kind)).unwrap_or_else(|| self.id(kind)),
        }
    }

    // Extensions. Their literals are constant, so what they come to depends on facts through `if`.

    fn chosen(&mut self, function: &str, literals: &[&str]) -> String {
        let literal = |writer: &mut Self| format!("{function}(\"{}\")", writer.of(literals));
        if self.one(2) == 0 {
            return literal(self);
        }
        let (one, two) = (literal(self), literal(self));
        format!("(if {} then {one} else {two})", self.truth(0))
    }

    fn datetime(&mut self, depth: usize) -> String {
        let literals =
            ["2024-10-15", "2024-10-15T11:35:00Z", "1970-01-01T00:00:00.001+0530", "9999-12-31", "1969-12-31"];
        match self.one(5) {
            3 if depth > 0 => format!("{}.toDate()", self.datetime(0)),
            4 if depth > 0 => format!("{}.offset({})", self.datetime(0), self.duration(0)),
            _ => self.chosen("datetime", &literals),
        }
    }

    fn duration(&mut self, depth: usize) -> String {
        let literals = ["0ms", "1d2h3m4s5ms", "-1h", "86400000ms", "106751991167d", "-7d"];
        match self.one(5) {
            3 if depth > 0 => format!("{}.durationSince({})", self.datetime(0), self.datetime(0)),
            4 if depth > 0 => format!("{}.toTime()", self.datetime(0)),
            _ => self.chosen("duration", &literals),
        }
    }

    fn times(&mut self) -> String {
        let (one, two) =
            if self.one(2) == 0 { (self.datetime(1), self.datetime(1)) } else { (self.duration(1), self.duration(1)) };
        format!("{one} {} {two}", self.compared())
    }

    fn decimals(&mut self) -> String {
        let literals = ["1.5", "-0.0001", "0.0", "922337203685477.5807", "-922337203685477.5808"];
        let (one, two) = (self.chosen("decimal", &literals), self.chosen("decimal", &literals));
        match self.one(5) {
            0 => format!("{one}.lessThan({two})"),
            1 => format!("{one}.lessThanOrEqual({two})"),
            2 => format!("{one}.greaterThan({two})"),
            3 => format!("{one}.greaterThanOrEqual({two})"),
            _ => format!("{one} == {two}"),
        }
    }

    fn addresses(&mut self) -> String {
        let literals = ["10.0.0.1", "10.0.0.0/8", "::1", "ff00::2", "127.0.0.1"];
        let (one, two) = (self.chosen("ip", &literals), self.chosen("ip", &literals));
        match self.one(6) {
            0 => format!("{one}.isIpv4()"),
            1 => format!("{one}.isIpv6()"),
            2 => format!("{one}.isLoopback()"),
            3 => format!("{one}.isMulticast()"),
            4 => format!("{one}.isInRange({two})"),
            _ => format!("{one} == {two}"),
        }
    }
}
