//! Worlds that CardShark hands out: an archive of cards, one for the world, one for each room
//! (`rooms/*.png`) and each character (`characters/*.png`), which name each other by ids.

use super::Keep;
use crate::card;
use crate::container::zip::Archive;
use crate::error::{Kind, Limits, Result, Warning};
use crate::json::{Document, Node, Shape, quote};
use crate::world::{self, tree::Tree};
use std::collections::HashMap;

const WORLD: &str = "world.png";

/// Whether an archive is one of cards.
pub(super) fn is(archive: &Archive) -> bool {
    archive.entries.iter().any(|entry| entry.name == WORLD)
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
    limits: &Limits,
) -> Result<Tree> {
    let mut warnings = Vec::new();
    let mut budget = limits.archive;
    let mut ids = HashMap::new();
    let mut rooms = HashMap::new();
    let mut others = Vec::new();
    let mut world = None;
    for entry in &archive.entries {
        let name = entry.name.as_str();
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
                    let uuid = extension(&file.document, "room_data");
                    let uuid = uuid.and_then(|room| room.get("uuid")?.text());
                    let uuid = uuid.map(std::borrow::Cow::into_owned);
                    rooms.extend(uuid.map(|uuid| (uuid, file.document)));
                }
                Err(error) => warnings.push(left_out(name, error.detail())),
            }
        }
        if world::tree::is_inside(name) {
            others.push((name.to_owned(), content));
        }
    }
    let none = || Kind::NotAWorld.because("the card `world.png` describes no world");
    let world = world.ok_or_else(none)?;
    let told = extension(&world, "world_data").ok_or_else(none)?;
    let text = state(&world, told, &rooms, &ids);
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
) -> String {
    let mut all = Vec::new();
    for place in told.get("rooms").into_iter().flat_map(Node::items) {
        let uuid = place.get("room_uuid").and_then(Node::text);
        let uuid = uuid.unwrap_or_default().into_owned();
        let room = rooms.get(&uuid);
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
    let text = |key: &str| {
        let text = data(card).and_then(|data| data.get(key)?.text());
        quote(&text.unwrap_or_default())
    };
    let mut state = format!("{{\"name\":{}", text("name"));
    state.push_str(&format!(",\"description\":{}", text("description")));
    for (key, value) in told.entries().filter(|(key, _)| key != "rooms") {
        state.push_str(&format!(",{}:{}", quote(&key), value.raw()));
    }
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
