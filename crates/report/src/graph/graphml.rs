//! GraphML, for programs that look at graphs.

use std::io::{self, Write};

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};

use crate::xml;
use cutover_model::result::graph::Graph;

/// What nodes and edges say: the id of the key, for what it is, and its name.
const KEYS: [(&str, &str, &str); 8] = [
    ("type", "node", "type"),
    ("id", "node", "id"),
    ("name", "node", "name"),
    ("company", "node", "company"),
    ("label", "edge", "label"),
    ("level", "edge", "level"),
    ("because", "edge", "because"),
    ("place", "edge", "place"),
];

pub(super) fn write(graph: &Graph, out: &mut dyn Write) -> io::Result<()> {
    let mut xml = Writer::new_with_indent(&mut *out, b' ', 2);
    xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let root = xml.create_element("graphml").with_attribute(("xmlns", "http://graphml.graphdrawing.org/xmlns"));
    root.write_inner_content(|xml| {
        for (id, kind, name) in KEYS {
            let key = xml.create_element("key").with_attributes([("id", id), ("for", kind), ("attr.name", name)]);
            key.with_attribute(("attr.type", "string")).write_empty()?;
        }
        let inner = xml.create_element("graph").with_attributes([("id", "access"), ("edgedefault", "directed")]);
        inner.write_inner_content(|xml| content(graph, xml))?;
        Ok(())
    })?;
    writeln!(out)
}

fn content<W: Write>(graph: &Graph, xml: &mut Writer<W>) -> io::Result<()> {
    for (index, node) in graph.nodes.iter().enumerate() {
        let thing = &node.thing;
        xml.create_element("node").with_attribute(("id", format!("n{index}").as_str())).write_inner_content(|xml| {
            data(xml, "type", &thing.r#type)?;
            data(xml, "id", &thing.id)?;
            data(xml, "name", &thing.name)?;
            data(xml, "company", &node.company)
        })?;
    }
    for (index, edge) in graph.edges.iter().enumerate() {
        let (id, from, to) = (format!("e{index}"), format!("n{}", edge.from), format!("n{}", edge.to));
        let ends = [("id", id.as_str()), ("source", from.as_str()), ("target", to.as_str())];
        xml.create_element("edge").with_attributes(ends).write_inner_content(|xml| {
            data(xml, "label", &edge.label)?;
            if let Some(level) = &edge.level {
                data(xml, "level", level)?;
            }
            data(xml, "because", &edge.because)?;
            match &edge.location {
                Some(place) => data(xml, "place", &format!("{}:{}:{}", place.path, place.line, place.column)),
                None => Ok(()),
            }
        })?;
    }
    Ok(())
}

/// XML has no place for control characters, whatever they are written as.
fn data<W: Write>(writer: &mut Writer<W>, key: &str, value: &str) -> io::Result<()> {
    let text = xml::name(value);
    writer.create_element("data").with_attribute(("key", key)).write_text_content(BytesText::new(&text))?;
    Ok(())
}
