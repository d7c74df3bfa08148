//! Scans MapForce designs (`.mfd`). How MapForce writes credentials is not published, so this is a scanner and no parser:
//! it counts what it recognises, and takes every value whose name speaks of a secret for one.
//!
//! The text is read as a stream. Document type definitions are refused, and with them every entity: nothing in a design
//! is ever expanded or fetched.

use std::ops::Range;

use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader as XmlReader, XmlVersion, escape};

use super::{FileRead, Reader, loose_secrets};
use crate::Read;
use crate::records::altova::Design;
use cutover_model::diagnostic::Code;
use cutover_model::kind::Kind;
use cutover_secrets::json_text;
use cutover_secrets::{self as secrets, Covered, Secret};

mod values;

use values::letters;

/// The longest design that is read, in bytes; with their schemas and samples beside them, designs are a few MiB.
const LONGEST_DESIGN: usize = 64 << 20;
/// The deepest element that is read; the entries of a design are nested as deep as the messages it maps.
const DEEPEST_ELEMENT: usize = 1000;
/// Why a design cannot be read.
struct Fault {
    code: Code,
    offset: usize,
    message: String,
}

impl Fault {
    fn syntax(offset: usize, message: impl Into<String>) -> Self {
        Self { code: Code::Syntax, offset, message: message.into() }
    }
}

impl Reader {
    pub(super) fn read_design(mut self) -> FileRead {
        if self.out.document.text.len() > LONGEST_DESIGN {
            self.out.document.text.clear();
            let message = format!("a design longer than {} MiB; it was not read", LONGEST_DESIGN >> 20);
            return self.lost(Some(Kind::MapforceDesigns), Code::Limit, 0, message);
        }
        let text = self.out.document.text.clone();
        let mut scan = Scan { text: &text, ..Scan::default() };
        let result = scan.read();
        let Scan { secrets, hidden, mut spots, mut design, .. } = scan;
        self.out.secrets = secrets;
        self.hidden = hidden;
        if let Err(Fault { code, offset, message }) = result {
            // What stands behind the fault was not scanned.
            let known: Covered = self.out.secrets.iter().map(|secret| &secret.span).collect();
            let new = |secret: &Secret| !known.overlaps(&secret.span);
            self.out.secrets.extend(loose_secrets(&text, 0).into_iter().filter(new));
            self.hidden.extend(secrets::behind_names(text.get(offset..).unwrap_or_default(), offset));
            self.hidden.extend(behind_telling_words(&text, offset));
            self.blank();
            return self.lost(Some(Kind::MapforceDesigns), code, offset, message);
        }
        self.blank();
        self.known_kind(Some(Kind::MapforceDesigns));
        design.path.clone_from(&self.name);
        let whole = 0..text.len();
        self.out.document.spans = vec![whole];
        self.out.document.spans.append(&mut spots);
        self.out.document.records = 1;
        let origin = self.origin(0);
        self.out.records.designs.push(Read { value: design, origin });
        self.finish()
    }
}

/// An element that is open.
#[derive(Debug, Default)]
struct Element {
    name: String,
    /// It stands inside a web service component.
    in_call: bool,
    /// It, or one around it, is about dynamic authentication, whose values MapForce keeps in clear text.
    dynamic: bool,
    /// The name that its text stands under, where that is not its own: `<parameter name="password"><value>…`.
    says: Option<String>,
    /// What an element in it named: `<name>Password</name>`.
    named: Option<String>,
    /// Its text was taken for a secret already; a section cuts a text in two.
    described: bool,
}

#[derive(Debug, Default)]
struct Scan<'t> {
    text: &'t str,
    open: Vec<Element>,
    /// An outermost element was seen.
    begun: bool,
    secrets: Vec<Secret>,
    hidden: Vec<Range<usize>>,
    spots: Vec<Range<usize>>,
    design: Design,
    /// The text since the last tag: a reference cuts it in two for its reader.
    words: Option<Range<usize>>,
}

impl Scan<'_> {
    fn read(&mut self) -> Result<(), Fault> {
        let mut reader = XmlReader::from_str(self.text);
        loop {
            let start = offset(reader.buffer_position());
            let event = reader.read_event().map_err(|_| {
                let at = self.boundary(offset(reader.error_position()));
                Fault::syntax(at, "not well-formed XML from here on; the design was ignored")
            })?;
            if !matches!(event, Event::Text(_) | Event::GeneralRef(_)) {
                self.flush()?;
            }
            match event {
                Event::Start(tag) => {
                    let element = self.element(&tag, start)?;
                    self.open.push(element);
                    if self.open.len() > DEEPEST_ELEMENT {
                        let message =
                            format!("elements are nested deeper than {DEEPEST_ELEMENT} levels; the design was ignored");
                        return Err(Fault { code: Code::Limit, offset: start, message });
                    }
                }
                Event::Empty(tag) => {
                    self.element(&tag, start)?;
                }
                Event::End(_) => {
                    self.open.pop();
                }
                Event::Text(_) => self.extend_words(start, offset(reader.buffer_position())),
                Event::CData(text) => self.words(&text, start)?,
                Event::Comment(comment) => self.loose(&comment),
                // It is instructions to some program, and may say anything.
                Event::PI(instruction) => self.loose(&instruction),
                Event::Decl(declaration) => self.loose(&declaration),
                Event::DocType(_) => {
                    let message = "a document type definition: designs have none, and entities are not expanded; the design was ignored";
                    return Err(Fault::syntax(start, message));
                }
                Event::GeneralRef(entity) => {
                    let known = entity.is_char_ref() || escape::resolve_predefined_entity(&entity).is_some();
                    if !known {
                        let message = "an entity that XML does not have by itself: entities are not expanded; the design was ignored";
                        return Err(Fault::syntax(start, message));
                    }
                    self.extend_words(start, offset(reader.buffer_position()));
                }
                Event::Eof => return self.end(),
            }
        }
    }

    fn end(&mut self) -> Result<(), Fault> {
        let last = self.boundary(self.text.len().saturating_sub(1));
        if !self.begun {
            return Err(Fault::syntax(0, "not a MapForce design: the file holds no element"));
        }
        if !self.open.is_empty() {
            return Err(Fault::syntax(last, "the file ends in the middle of an element; the design was ignored"));
        }
        // A call may hold a user name and password under a name that nobody knows; without a call there is none.
        if self.design.calls == 0 && self.design.stored_basic_auth.is_none() {
            self.design.stored_basic_auth = Some((false, None));
        }
        Ok(())
    }

    fn element(&mut self, tag: &BytesStart<'_>, start: usize) -> Result<Element, Fault> {
        let name = tag.local_name().as_ref().to_owned();
        if self.open.is_empty() {
            if self.begun {
                return Err(Fault::syntax(start, "a second outermost element; the design was ignored"));
            }
            if name != "mapping" {
                let message = "not a MapForce design: the outermost element is not `mapping`";
                return Err(Fault { code: Code::Shape, offset: start, message: message.to_owned() });
            }
            self.begun = true;
        }
        let outer = self.open.last();
        let mut element = Element {
            in_call: outer.is_some_and(|outer| outer.in_call),
            dynamic: outer.is_some_and(|outer| outer.dynamic) || letters(&name).contains("dynamic"),
            says: None,
            named: None,
            described: false,
            name,
        };
        self.design.telling_names += usize::from(secrets::is_telling(&element.name));
        let mut attributes = Vec::new();
        for attribute in tag.attributes() {
            let broken = || Fault::syntax(start, "an attribute that is not well-formed; the design was ignored");
            let attribute = attribute.map_err(|_| broken())?;
            attribute.normalized_value(XmlVersion::Implicit1_0).map_err(|_| broken())?;
            attributes.push(attribute);
        }
        let value = |wanted: &str| {
            attributes.iter().find(|one| one.key.local_name().as_ref() == wanted).map(|one| one.value.as_ref())
        };
        if element.name == "component" && value("library") == Some("webservice") {
            element.in_call = true;
            self.design.calls += 1;
        }
        // `<property name="Password" value="…"/>`: the value belongs to the name beside it.
        let named = attributes.iter().find(|one| secrets::names_its_neighbour(one.key.local_name().as_ref()));
        let named = named.map(|one| one.value.as_ref()).filter(|name| secrets::is_telling(name)).map(str::to_owned);
        // `<parameter name="Password"><value>…`, `<name>Password</name><value>…`
        let is_value = secrets::is_named_by_its_neighbour(&element.name) || letters(&element.name) == "text";
        let above = outer.filter(|_| is_value).and_then(|outer| outer.named.clone().or(outer.says.clone()));
        element.says = named.clone().or(above);
        for attribute in &attributes {
            self.attribute(&element, named.as_deref(), attribute);
        }
        Ok(element)
    }

    fn extend_words(&mut self, start: usize, end: usize) {
        let known = self.words.take().map_or(start, |words| words.start);
        self.words = Some(known..end.min(self.text.len()));
    }

    /// Looks at the text that ends here.
    fn flush(&mut self) -> Result<(), Fault> {
        let Some(words) = self.words.take() else { return Ok(()) };
        let text = self.text;
        self.words(text.get(words.clone()).unwrap_or_default(), words.start)
    }

    /// The text of the element that is open.
    fn words(&mut self, words: &str, start: usize) -> Result<(), Fault> {
        if words.trim().is_empty() {
            return Ok(());
        }
        let Some(element) = self.open.pop() else {
            return Err(Fault::syntax(start, "text outside of any element; the design was ignored"));
        };
        let described = self.words_of(&element, words);
        if let Some(outer) = self.open.last_mut().filter(|_| secrets::names_its_neighbour(&element.name))
            && secrets::is_telling(words)
        {
            outer.named = Some(words.trim().to_owned());
        }
        self.open.push(Element { described: element.described || described, ..element });
        Ok(())
    }

    /// Where a part of the text stands; `None` for an empty one, and for one that is no part of it.
    fn span(&self, part: &str) -> Option<Range<usize>> {
        let span = json_text::span_in(self.text, part);
        self.text.get(span.clone()).filter(|found| !found.is_empty() && *found == part).map(|_| span)
    }

    /// The start of the character at this byte.
    fn boundary(&self, offset: usize) -> usize {
        (0..=offset.min(self.text.len())).rev().find(|at| self.text.is_char_boundary(*at)).unwrap_or(0)
    }
}

/// What stands behind a word that speaks of credentials, on its line and the next, from this byte on.
fn behind_telling_words(text: &str, from: usize) -> Vec<Range<usize>> {
    let (mut out, mut start, mut above) = (Vec::new(), from, false);
    for line in text.get(from..).unwrap_or_default().split_inclusive('\n') {
        let lower = line.to_ascii_lowercase();
        let word = secrets::TELLING.iter().filter_map(|word| Some(lower.find(word)? + word.len())).min();
        if let Some(behind) = if above { Some(0) } else { word } {
            out.push(start + behind..start + line.trim_end().len());
        }
        above = word.is_some();
        start += line.len();
    }
    out.retain(|range| range.start < range.end);
    out
}

fn offset(position: u64) -> usize {
    usize::try_from(position).unwrap_or(usize::MAX)
}
