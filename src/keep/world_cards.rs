//! Worlds that CardShark hands out: an archive of cards, one for the world, one for each room
//! (`rooms/*.png`) and each character (`characters/*.png`), which name each other by ids; or the
//! card of a world or of a room by itself.

use super::Keep;
use crate::card;
use crate::container::zip::Archive;
use crate::error::{Error, Kind, Limits, Result, Warning};
use crate::json::{Document, Node, Shape, quote};
use crate::world::{
    self,
    tree::{STATE, Tree},
};
use std::collections::HashMap;

const WORLD: &str = "world.png";

/// Whether an archive is one of cards: the folder that has them.
pub(super) fn folder(archive: &Archive) -> Option<&str> {
    let names = || archive.entries.iter().map(|entry| entry.name.as_str());
    if names().any(|name| name.rsplit('/').next() == Some(STATE)) {
        return None;
    }
    let folders = names().filter_map(|name| name.strip_suffix(WORLD));
    let folders = folders.filter(|folder| folder.is_empty() || folder.ends_with('/'));
    folders.min_by_key(|folder| folder.len())
}

/// The world of a card by itself, which stays beside it: of a room's card a world of that room.
///
/// # Errors
/// `not-a-world` when the card describes none, and those of [`card::read`].
pub(super) fn single(bytes: &[u8], limits: &Limits) -> Result<Tree> {
    let card = card::read(bytes, limits)?.document;
    let mut warnings = Vec::new();
    let text = if let Some(told) = extension(&card, "world_data") {
        state(&card, told, &HashMap::new(), &HashMap::new(), &mut warnings)
    } else {
        let uuid = room_of(&card).ok_or_else(none)?;
        let place =
            r#"{"room_uuid":ID,"grid_position":{"x":0,"y":0}}"#.replace("ID", &quote(&uuid));
        let told = Document::parse(&format!("{{\"rooms\":[{place}]}}"))?;
        let rooms = HashMap::from([(uuid, card.clone())]);
        state(&card, told.root(), &rooms, &HashMap::new(), &mut warnings)
    };
    let (state, odd) = world::read(text.as_bytes(), limits)?;
    warnings.extend(odd);
    Ok(Tree {
        state,
        chats: Vec::new(),
        others: vec![("original/card.png".to_owned(), bytes.to_vec())],
        warnings,
    })
}

fn none() -> Error {
    Kind::NotAWorld.because("the card describes no world")
}

/// The world of such an archive, its characters kept and named by the ids that they have here.
/// The cards of world and rooms stay beside it.
///
/// # Errors
/// `not-a-world` when the world's card describes none, those of reading it, `too-large`, and what
/// the medium reports.
pub(super) async fn read(
    keep: &Keep,
    bytes: &[u8],
    archive: &Archive,
    folder: &str,
    limits: &Limits,
) -> Result<Tree> {
    let mut warnings = Vec::new();
    let mut budget = limits.archive;
    let mut ids = HashMap::new();
    let mut rooms = HashMap::new();
    let mut others = Vec::new();
    let mut world = None;
    for entry in &archive.entries {
        let name = entry.name.strip_prefix(folder).unwrap_or(&entry.name);
        let content = entry.content(bytes, &mut budget, limits, &mut warnings);
        let content = match content {
            Err(error) if error.kind() != Kind::TooLarge && name != WORLD => {
                warnings.push(left_out(name, error.detail()));
                continue;
            }
            content => content?.into_owned(),
        };
        if name.starts_with("characters/") {
            match card::read(&content, limits) {
                Ok(file) => {
                    let kept = keep.characters().import(&content, limits).await?;
                    let id = kept["entry"]["id"].as_str().unwrap_or_default();
                    ids.insert(uuid_of(&file.document), id.to_owned());
                }
                Err(error) => warnings.push(left_out(name, error.detail())),
            }
            continue;
        }
        if name == WORLD {
            world = Some(card::read(&content, limits)?.document);
        } else if name.starts_with("rooms/") {
            match card::read(&content, limits) {
                Ok(file) => {
                    let uuid = room_of(&file.document);
                    rooms.extend(uuid.map(|uuid| (uuid, file.document)));
                }
                Err(error) => warnings.push(left_out(name, error.detail())),
            }
        }
        if world::tree::is_inside(name) {
            others.push((name.to_owned(), content));
        }
    }
    let world = world.ok_or_else(none)?;
    let told = extension(&world, "world_data").ok_or_else(none)?;
    let text = state(&world, told, &rooms, &ids, &mut warnings);
    let (state, odd) = world::read(text.as_bytes(), limits)?;
    warnings.extend(odd);
    Ok(Tree {
        state,
        chats: Vec::new(),
        others,
        warnings,
    })
}

/// What a character is called in the archive.
fn uuid_of(card: &Document) -> String {
    let uuid = data(card).and_then(|data| {
        let own = data.get("character_uuid");
        own.or(data.get("extensions")?.get("character_uuid"))?
            .text()
    });
    uuid.unwrap_or_default().into_owned()
}

/// The state with rooms that the cards describe.
fn state(
    card: &Document,
    told: Node<'_>,
    rooms: &HashMap<String, Document>,
    ids: &HashMap<String, String>,
    warnings: &mut Vec<Warning>,
) -> String {
    let mut all = Vec::new();
    let mut lost = 0;
    for place in told.get("rooms").into_iter().flat_map(Node::items) {
        let uuid = place.get("room_uuid").and_then(Node::text);
        let uuid = uuid.unwrap_or_default().into_owned();
        let room = rooms.get(&uuid);
        lost += usize::from(room.is_none());
        let of_card = |key: &str| room.and_then(|room| data(room)?.get(key));
        let of_room = |key: &str| room.and_then(|room| extension(room, "room_data")?.get(key));
        let mut text = format!("{{\"id\":{}", quote(&uuid));
        for (key, own, other) in [
            ("name", "instance_name", of_card("name")),
            (
                "description",
                "instance_description",
                of_card("description"),
            ),
            ("introduction_text", "", of_card("first_mes")),
            ("position", "grid_position", None),
            ("image_path", "instance_image_path", None),
            ("state", "instance_state", None),
            ("layout_data", "", of_room("layout_data")),
        ] {
            let value = place.get(own).filter(|value| !value.is_null()).or(other);
            if let Some(value) = value.filter(|value| !value.is_null()) {
                text.push_str(&format!(",{}:{}", quote(key), value.raw()));
            }
        }
        let npcs = place
            .get("instance_npcs")
            .filter(|npcs| npcs.shape() == Shape::Array);
        let npcs = npcs.or(of_room("npcs"));
        let npcs: Vec<String> = npcs
            .into_iter()
            .flat_map(Node::items)
            .filter_map(|npc| relinked(npc, ids))
            .collect();
        text.push_str(&format!(",\"npcs\":[{}]}}", npcs.join(",")));
        all.push(text);
    }
    if lost > 0 {
        let message = format!("{lost} rooms have no card of their own in the file");
        warnings.push(Warning::noticed("no-room", "rooms", message));
    }
    let text = |key: &str| {
        let text = data(card).and_then(|data| data.get(key)?.text());
        quote(&text.unwrap_or_default())
    };
    let mut state = format!("{{\"name\":{}", text("name"));
    state.push_str(&format!(",\"description\":{}", text("description")));
    for (key, value) in told
        .entries()
        .filter(|(key, _)| key != "rooms" && key != "player")
    {
        state.push_str(&format!(",{}:{}", quote(&key), value.raw()));
    }
    let stats = [
        ("experience", "player_xp"),
        ("level", "player_level"),
        ("gold", "player_gold"),
        ("inventory", "player_inventory"),
    ];
    let stats = stats.into_iter().filter_map(|(stat, key)| {
        let value = told.get(key).filter(|value| !value.is_null())?;
        Some(format!("\"{stat}\":{}", value.raw()))
    });
    let stats: Vec<String> = stats.collect();
    state.push_str(&format!(",\"player\":{{{}}}", stats.join(",")));
    state.push_str(&format!(",\"rooms\":[{}]}}", all.join(",")));
    state
}

/// Somebody in a room by the id here, and what is told beside it.
fn relinked(npc: Node<'_>, ids: &HashMap<String, String>) -> Option<String> {
    if let Some(uuid) = npc.text() {
        return Some(quote(ids.get(&*uuid).map_or(&*uuid, String::as_str)));
    }
    let uuid = npc.get("character_uuid")?.text()?;
    let id = ids.get(&*uuid).map_or(&*uuid, String::as_str);
    let mut text = format!("{{\"character_uuid\":{}", quote(id));
    for (key, value) in npc.entries().filter(|(key, _)| key != "character_uuid") {
        text.push_str(&format!(",{}:{}", quote(&key), value.raw()));
    }
    text.push('}');
    Some(text)
}

/// Which room a card is of.
fn room_of(card: &Document) -> Option<String> {
    let uuid = extension(card, "room_data")?.get("uuid")?.text()?;
    Some(uuid.into_owned())
}

fn data(card: &Document) -> Option<Node<'_>> {
    card.root().get("data")
}

fn extension<'a>(card: &'a Document, name: &str) -> Option<Node<'a>> {
    data(card)?.get("extensions")?.get(name)
}

fn left_out(name: &str, why: &str) -> Warning {
    let name: String = name.chars().take(60).collect();
    Warning::noticed("left-out", name, why.to_owned())
}
