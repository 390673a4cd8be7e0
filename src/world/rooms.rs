//! States of CardShark's earlier and later forms, which have rooms in place of locations, made
//! into states: every field of a room stays, under its own name.

use super::view;
use crate::error::Result;
use crate::json::{Document, Node, Shape, quote};
use std::collections::HashSet;

/// Whether a state has rooms and no locations.
pub(super) fn is(root: Node<'_>) -> bool {
    let rooms = root.get("rooms").map(Node::shape);
    root.get("locations").is_none() && rooms == Some(Shape::Array)
}

/// The state that a document with rooms describes.
///
/// # Errors
/// `too-large` over the limits it was read with.
pub(super) fn lift(document: &Document) -> Result<Document> {
    let root = document.root();
    let rooms = root.get("rooms").into_iter().flat_map(Node::items);
    let mut taken = HashSet::new();
    let (mut placed, mut waiting) = (Vec::new(), Vec::new());
    let mut ids = HashSet::new();
    let mut positions: Vec<(String, String)> = Vec::new();
    let mut visited = Vec::new();
    for (n, room) in rooms.enumerate() {
        if room.shape() != Shape::Object {
            continue;
        }
        let id = ["id", "uuid", "room_uuid"].into_iter();
        let mut id = id.filter_map(|key| room.get(key)?.text());
        let id = id
            .next()
            .map_or_else(|| format!("room_{n}"), |id| id.into_owned());
        let at = position(room).filter(|at| taken.insert(*at));
        match at {
            Some(at) => {
                let key = view::written(at);
                if room.get("visited").and_then(Node::boolean) == Some(true) {
                    visited.push(quote(&key));
                }
                placed.push(format!("{}:{}", quote(&key), location(&id, room, Some(at))));
                positions.push((id, key));
            }
            None if ids.insert(id.clone()) => {
                waiting.push(format!("{}:{}", quote(&id), location(&id, room, None)));
            }
            None => {
                let key = format!("{id}_{n}");
                waiting.push(format!("{}:{}", quote(&key), location(&id, room, None)));
            }
        }
    }
    let player = root
        .get("player")
        .filter(|player| player.shape() == Shape::Object);
    let of_room = |id: &str| positions.iter().find(|(known, _)| known == id);
    let current = player.and_then(|player| player.get("current_room")?.text());
    let current = current.and_then(|id| of_room(&id));
    let told = ["player_position", "starting_position"].into_iter();
    let mut told = told.filter_map(|key| position_in(root.get(key)?));
    let current = match (current, told.next(), positions.first()) {
        (Some((_, key)), _, _) => key.clone(),
        (None, Some(at), _) if taken.contains(&at) => view::written(at),
        (None, _, Some((_, key))) => key.clone(),
        (None, _, None) => "0,0,0".to_owned(),
    };
    let walked = player.and_then(|player| player.get("visited_rooms"));
    for id in walked
        .into_iter()
        .flat_map(Node::items)
        .filter_map(Node::text)
    {
        visited.extend(of_room(&id).map(|(_, key)| quote(key)));
    }
    let mut seen = HashSet::new();
    visited.retain(|key| seen.insert(key.clone()));
    let mut text = format!("{{\"metadata\":{}", metadata(root));
    text.push_str(&format!(",\"current_position\":{}", quote(&current)));
    text.push_str(&format!(",\"visited_positions\":[{}]", visited.join(",")));
    text.push_str(&format!(",\"locations\":{{{}}}", placed.join(",")));
    text.push_str(&format!(
        ",\"unconnected_locations\":{{{}}}",
        waiting.join(",")
    ));
    text.push_str(&format!(",\"player\":{}", player.map_or("{}", Node::raw)));
    let known = [
        "metadata",
        "rooms",
        "player",
        "schema_version",
        "version",
        "name",
    ];
    for (key, value) in view::members(root) {
        let made = [
            "current_position",
            "visited_positions",
            "locations",
            "unconnected_locations",
        ];
        if !known.contains(&&*key) && !made.contains(&&*key) {
            text.push_str(&format!(",{}:{}", quote(&key), value.raw()));
        }
    }
    text.push('}');
    document.sibling(&text)
}

/// Where a room lies: in `position` or `grid_position`, or beside its name.
fn position(room: Node<'_>) -> Option<[i64; 3]> {
    let holder = ["position", "grid_position"].into_iter();
    let mut holder = holder.filter_map(|key| room.get(key));
    let holder = holder
        .find(|node| node.shape() == Shape::Object)
        .unwrap_or(room);
    position_in(holder)
}

fn position_in(holder: Node<'_>) -> Option<[i64; 3]> {
    let number = |key: &str| {
        let number = holder.get(key)?.number()?;
        (number.fract() == 0.0 && number.abs() < 1e9).then_some(number as i64)
    };
    Some([number("x")?, number("y")?, number("z").unwrap_or(0)])
}

fn location(id: &str, room: Node<'_>, at: Option<[i64; 3]>) -> String {
    let mut text = format!("{{\"location_id\":{}", quote(id));
    for (key, value) in view::members(room) {
        match &*key {
            "location_id" | "coordinates" => {}
            "npcs" if value.shape() == Shape::Array => {
                let npcs: Vec<String> = value.items().filter_map(npc).collect();
                text.push_str(&format!(",\"npcs\":[{}]", npcs.join(",")));
                // What is told of them beside their ids stays.
                if value.items().any(|npc| npc.shape() == Shape::Object) {
                    text.push_str(&format!(",\"npc_details\":{}", value.raw()));
                }
            }
            _ => text.push_str(&format!(",{}:{}", quote(&key), value.raw())),
        }
    }
    if let Some([x, y, z]) = at {
        text.push_str(&format!(",\"coordinates\":[{x},{y},{z}]"));
    }
    text.push('}');
    text
}

/// The id of somebody, or the path to the card, as a JSON string.
fn npc(npc: Node<'_>) -> Option<String> {
    if npc.shape() == Shape::String {
        return Some(npc.raw().to_owned());
    }
    let names = ["character_uuid", "uuid", "id", "path", "name"].into_iter();
    let mut names = names.filter_map(|key| npc.get(key)?.text());
    names.next().map(|name| quote(&name))
}

/// What the state says of itself, with its name and a version that can be read.
fn metadata(root: Node<'_>) -> String {
    let told = root.get("metadata");
    let told = told.filter(|told| told.shape() == Shape::Object);
    // Rooms are of the schema 2 at most; what is newer stays so.
    let schema = root.get("schema_version").and_then(Node::number);
    let mut text = match schema.filter(|schema| *schema > 2.0) {
        Some(schema) => format!("{{\"version\":\"{schema}\""),
        None => String::from("{\"version\":\"1.0\""),
    };
    let own = told.map(view::members).unwrap_or_default();
    if !own.iter().any(|(key, _)| key == "name")
        && let Some(name) = root.get("name").and_then(Node::text)
    {
        text.push_str(&format!(",\"name\":{}", quote(&name)));
    }
    for (key, value) in own.iter().filter(|(key, _)| key != "version") {
        text.push_str(&format!(",{}:{}", quote(key), value.raw()));
    }
    text.push('}');
    text
}
