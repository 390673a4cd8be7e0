//! What a state says, in the shape `WorldState`: every field there, each of its type.

use super::coordinates;
use crate::chat::date;
use crate::json::{Document, Node, Shape, quote_ascii};
use std::borrow::Cow;
use std::collections::HashMap;

/// What is shown of a world in lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// Its name; empty when it has none.
    pub name: String,
    /// How many locations are on the map.
    pub locations: usize,
    /// Where the player is, `x,y,z`.
    pub position: String,
}

/// What is shown of a world in lists.
pub fn summary(document: &Document) -> Summary {
    let root = document.root();
    let object = |node: &Node<'_>| node.shape() == Shape::Object;
    let locations = root.get("locations").filter(object).map_or(0, Node::len);
    Summary {
        name: name(root),
        locations,
        position: current(root),
    }
}

/// The state as strict ASCII JSON in the shape `WorldState`.
///
/// What is missing is added at the end of its object, what is of the wrong type gives way to a
/// default; the rest is there as in the file and in its order.
pub fn view(document: &Document) -> String {
    let root = document.root();
    let mut out = String::with_capacity(document.bytes().len() * 2 + 256);
    let known: [&str; 6] = [
        "metadata",
        "current_position",
        "visited_positions",
        "locations",
        "unconnected_locations",
        "player",
    ];
    object(Some(root), &known, &mut out, |key, node, out| match key {
        "metadata" => metadata(node, root, out),
        "current_position" => out.push_str(&quote_ascii(&current(root))),
        "visited_positions" => visited(node, out),
        "player" => object(node, &[], out, |_, _, _| {}),
        _ => locations(node, out),
    });
    out
}

/// The coordinates of a position that is written as a text or as a list.
pub(super) fn position(node: Node<'_>) -> Option<[i64; 3]> {
    if let Some(text) = node.text() {
        return coordinates(&text);
    }
    let mut items = node.items().map(|item| {
        let number = item.number()?;
        (number.fract() == 0.0 && number.abs() < 1e15).then_some(number as i64)
    });
    let position = [items.next()??, items.next()??, items.next()??];
    items.next().is_none().then_some(position)
}

/// Where the player is. What is no position is shown as it is, when it is a text.
pub(super) fn current(root: Node<'_>) -> String {
    let node = root.get("current_position");
    match node.and_then(Node::text) {
        Some(text) => text.into_owned(),
        None => written(node.and_then(position).unwrap_or_default()),
    }
}

/// How a position is spelled.
pub(super) fn written([x, y, z]: [i64; 3]) -> String {
    format!("{x},{y},{z}")
}

fn name(root: Node<'_>) -> String {
    let own = root
        .get("metadata")
        .and_then(|metadata| metadata.get("name")?.text());
    own.or_else(|| root.get("name")?.text())
        .unwrap_or_default()
        .into_owned()
}

fn metadata(node: Option<Node<'_>>, root: Node<'_>, out: &mut String) {
    let known = ["version", "created_at", "last_modified", "name"];
    object(node, &known, out, |key, node, out| match key {
        "name" => out.push_str(&quote_ascii(&name(root))),
        "version" => match node.or(root.get("version")) {
            Some(version) if version.shape() == Shape::String => version.strict(out),
            Some(version) if version.shape() == Shape::Number => {
                out.push_str(&quote_ascii(version.raw()))
            }
            _ => out.push_str("\"1.0\""),
        },
        _ => match node {
            Some(time) if time.number().is_some_and(f64::is_finite) => time.strict(out),
            time => out.push_str(&time.and_then(date::parse).unwrap_or_default().to_string()),
        },
    });
}

pub(super) fn visited(node: Option<Node<'_>>, out: &mut String) {
    list(node, out, |item, out| {
        if item.shape() == Shape::String {
            item.strict(out);
        } else if let Some(position) = position(item) {
            out.push_str(&quote_ascii(&written(position)));
        }
    });
}

fn locations(node: Option<Node<'_>>, out: &mut String) {
    out.push('{');
    let start = out.len();
    for (key, location) in node.into_iter().flat_map(members) {
        if location.shape() == Shape::Object {
            begin(&key, start, out);
            put_location(&key, location, out);
        }
    }
    out.push('}');
}

/// One location as strict ASCII JSON: `{ position?, location }`, the position where its key is one.
pub(super) fn placed(key: &str, location: Node<'_>) -> String {
    let mut out = String::from("{");
    if coordinates(key).is_some() {
        out.push_str(&format!("\"position\":{},", quote_ascii(key)));
    }
    out.push_str("\"location\":");
    put_location(key, location, &mut out);
    out.push('}');
    out
}

fn put_location(key: &str, location: Node<'_>, out: &mut String) {
    let mut known = vec!["location_id", "name", "description"];
    known.extend(
        ["coordinates", "npcs", "events"]
            .into_iter()
            .filter(|key| location.get(key).is_some()),
    );
    object(
        Some(location),
        &known,
        out,
        |field, node, out| match field {
            "coordinates" => match node.and_then(position).or_else(|| coordinates(key)) {
                Some([x, y, z]) => out.push_str(&format!("[{x},{y},{z}]")),
                None => out.push_str("[0,0,0]"),
            },
            "npcs" => list(node, out, |item, out| {
                if item.shape() == Shape::String {
                    item.strict(out);
                }
            }),
            "events" => list(node, out, Node::strict),
            _ => match node {
                Some(text) if text.shape() == Shape::String => text.strict(out),
                Some(other) if matches!(other.shape(), Shape::Number | Shape::Bool) => {
                    out.push_str(&quote_ascii(other.raw()));
                }
                _ => out.push_str(&quote_ascii(if field == "location_id" { key } else { "" })),
            },
        },
    );
}

/// An object with its members in their order, each key once; the `known` ones are written by
/// `put`, and come at the end where they are missing.
pub(super) fn object<'a>(
    node: Option<Node<'a>>,
    known: &[&'static str],
    out: &mut String,
    mut put: impl FnMut(&str, Option<Node<'a>>, &mut String),
) {
    out.push('{');
    let start = out.len();
    let node = node.filter(|node| node.shape() == Shape::Object);
    let mut missing = known.to_vec();
    // The file may have spaces around a known key.
    let spelled: Vec<_> = known
        .iter()
        .map(|name| node.and_then(|node| node.key_of(name)))
        .collect();
    for (key, value) in node.into_iter().flat_map(members) {
        match spelled
            .iter()
            .position(|known| known.as_ref() == Some(&key))
        {
            Some(n) => {
                let name = known[n];
                missing.retain(|other| *other != name);
                begin(name, start, out);
                put(name, Some(value), out);
            }
            None => {
                begin(&key, start, out);
                value.strict(out);
            }
        }
    }
    for name in missing {
        begin(name, start, out);
        put(name, None, out);
    }
    out.push('}');
}

/// Who is where in a state: the map, the location's key and the id, in the order of the file.
pub fn inhabitants(document: &Document) -> Vec<(&'static str, String, String)> {
    let mut all = Vec::new();
    for map in ["locations", "unconnected_locations"] {
        let places = document.root().get(map).into_iter();
        for (key, location) in places.flat_map(Node::entries) {
            let npcs = location.get("npcs").into_iter().flat_map(Node::items);
            let npcs = npcs.filter_map(Node::text);
            all.extend(npcs.map(|npc| (map, key.to_string(), npc.into_owned())));
        }
    }
    all
}

/// The members of an object in their order, each key once with the value that counts.
pub(super) fn members(node: Node<'_>) -> Vec<(Cow<'_, str>, Node<'_>)> {
    let mut places: HashMap<Cow<'_, str>, usize> = HashMap::new();
    let mut members: Vec<(Cow<'_, str>, Node<'_>)> = Vec::new();
    for (key, value) in node.entries() {
        match places.get(&key) {
            Some(&place) => members[place].1 = value,
            None => {
                places.insert(key.clone(), members.len());
                members.push((key, value));
            }
        }
    }
    members
}

/// The key of the next member of an object that begins at `start`.
fn begin(key: &str, start: usize, out: &mut String) {
    if out.len() > start {
        out.push(',');
    }
    out.push_str(&quote_ascii(key));
    out.push(':');
}

/// A list of what `put` writes something for.
fn list<'a>(node: Option<Node<'a>>, out: &mut String, put: impl Fn(Node<'a>, &mut String)) {
    out.push('[');
    for item in node.into_iter().flat_map(Node::items) {
        let before = out.len();
        if !out.ends_with('[') {
            out.push(',');
        }
        let begun = out.len();
        put(item, out);
        if out.len() == begun {
            out.truncate(before);
        }
    }
    out.push(']');
}
