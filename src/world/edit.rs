//! Several changes of a world in one patch.

use super::{
    KeyAt, coordinates, cut, key_at, move_among, parse_position, set_stat, shown, touch, view,
};
use crate::error::{Kind, Result};
use crate::json::{Document, Node, Shape, quote};
use std::collections::HashMap;

/// The state with what `patch` names changed: its `name`, fields of `locations` and
/// `unconnected_locations` by their keys, `position`, and stats of the `player`. `null` takes a
/// location or a field of one out. What already says so is left as it is, and a patch that changes
/// nothing gives the same bytes.
///
/// # Errors
/// `bad-option` for a field that is not known, and those of [`super::move_to`] and [`set_stat`].
pub fn edit(document: &Document, patch: &Document, now_ms: i64) -> Result<Document> {
    edit_among(document, patch, now_ms, &|at| key_at(document, at))
}

/// As [`edit`], of a state whose locations are told by `key_at`.
///
/// # Errors
/// As [`edit`].
pub fn edit_among(
    document: &Document,
    patch: &Document,
    now_ms: i64,
    key_at: &KeyAt<'_>,
) -> Result<Document> {
    let root = patch.root();
    if root.shape() != Shape::Object {
        return Err(Kind::Invalid.because("a patch must be an object of fields"));
    }
    let mut edited = document.clone();
    // One may go to a location that the same patch makes.
    for map in MAPS {
        if let Some(changes) = root.get(map) {
            let made = with_places(&edited, map, changes)?;
            edited = touch(&edited, &made, now_ms)?;
        }
    }
    let there = edited.clone();
    let places = |at| match changes_places(patch) {
        true => super::key_at(&there, at),
        false => key_at(at),
    };
    for (key, value) in root.entries() {
        match &*key {
            map if MAPS.contains(&map) => {}
            "name" => {
                let metadata = edited.root().get("metadata");
                if metadata.is_some_and(|metadata| metadata.shape() != Shape::Object) {
                    return Err(Kind::Invalid.because("`metadata` is no object"));
                }
                if value.shape() != Shape::String {
                    return Err(Kind::Invalid.because("`name` must be a string"));
                }
                let named = match metadata {
                    Some(_) => edited.clone(),
                    None => edited.set(&["metadata".into()], "{}")?,
                };
                let named = named.amend(&["metadata".into(), "name".into()], value)?;
                edited = touch(&edited, &named, now_ms)?;
            }
            "position" => {
                let position = value
                    .text()
                    .ok_or_else(|| Kind::Invalid.because("`position` must be a string"))?;
                let wanted = coordinates(&position);
                let there = coordinates(&view::summary(&edited).position);
                if wanted.is_none() || wanted != there {
                    edited = move_among(&edited, &position, now_ms, &places)?;
                }
            }
            "player" if value.shape() == Shape::Object => {
                for (stat, value) in value.entries() {
                    let player = edited.root().get("player");
                    let there = player.and_then(|player| player.get(&stat));
                    if !there.is_some_and(|there: Node<'_>| there.same(value)) {
                        edited = set_stat(&edited, &stat, value.raw(), now_ms)?;
                    }
                }
            }
            "player" => return Err(Kind::Invalid.because("`player` must be an object of stats")),
            _ => {
                return Err(Kind::BadOption.because(format!(
                    "`{key}` is no field of a world that can be changed"
                )));
            }
        }
    }
    Ok(edited)
}

/// Where a state has locations.
const MAPS: [&str; 2] = ["locations", "unconnected_locations"];

/// Whether a patch needs the locations that are on the map.
pub fn changes_places(patch: &Document) -> bool {
    patch.root().get(MAPS[0]).is_some()
}

/// The state with locations changed, made or taken out. However many there are, the text is put
/// together once.
fn with_places(document: &Document, map: &str, changes: Node<'_>) -> Result<Document> {
    if changes.shape() != Shape::Object {
        return Err(Kind::Invalid.because(format!("`{map}` must be an object of locations")));
    }
    let root = document.root();
    let there = root.get(map).filter(|all| all.shape() == Shape::Object);
    // What a key names: the place at its position on the map, the key beside it.
    let named = |key: &str| match map == MAPS[0] {
        true => coordinates(key).map(view::written),
        false => Some(key.to_owned()),
    };
    let old = there.map(view::members).unwrap_or_default();
    let mut wanted: HashMap<String, Node<'_>> = HashMap::new();
    let mut order = Vec::new();
    for (key, change) in view::members(changes) {
        let at = parse_position(&key).map(view::written);
        let name = match map == MAPS[0] {
            true => at?,
            false => key.into_owned(),
        };
        if !matches!(change.shape(), Shape::Object | Shape::Null) {
            let detail = format!("a location of `{map}` must be an object of fields, or null");
            return Err(Kind::Invalid.because(detail));
        }
        if wanted.insert(name.clone(), change).is_none() {
            order.push(name);
        }
    }
    let mut text = String::from("{");
    let mut put = |key: &str, raw: &str| {
        let comma = if text.len() > 1 { "," } else { "" };
        text.extend([comma, &quote(key), ":", raw]);
    };
    let laid = |base: &str, change: Node<'_>| document.sibling(base)?.lay_over(&[], change);
    for (key, location) in old {
        let change = named(&key).and_then(|name| wanted.remove(&name));
        match change.map(|change| (change, location.shape())) {
            None => put(&key, location.raw()),
            Some((change, _)) if change.is_null() => {}
            Some((change, Shape::Object)) => {
                put(&key, laid(location.raw(), change)?.root().raw());
            }
            Some((change, _)) => put(&key, laid("{}", change)?.root().raw()),
        }
    }
    for name in order {
        let Some(change) = wanted.remove(&name).filter(|change| !change.is_null()) else {
            continue;
        };
        let base = match (map == MAPS[0]).then(|| coordinates(&name)).flatten() {
            Some([x, y, z]) => format!("{{\"coordinates\":[{x},{y},{z}]}}"),
            None => "{}".to_owned(),
        };
        put(&name, laid(&base, change)?.root().raw());
    }
    text.push('}');
    let made = document.sibling(&text)?;
    match there {
        Some(_) => document.amend(&[map.into()], made.root()),
        None if made.root().is_empty() => Ok(document.clone()),
        None => document.set(&[map.into()], &text),
    }
}

/// The state with a location that waits beside the map at a position of it.
///
/// # Errors
/// `invalid` when the position is not of the form `x,y,z`, something is there, or there is no such
/// location beside the map.
pub fn place(document: &Document, location: &str, position: &str, now_ms: i64) -> Result<Document> {
    let at = parse_position(position)?;
    if key_at(document, at).is_some() {
        let detail = format!("there is a location at `{}` already", shown(position));
        return Err(Kind::Invalid.because(detail));
    }
    let waiting = document.root().get("unconnected_locations");
    let mut waiting = waiting.map(view::members).unwrap_or_default().into_iter();
    let found = waiting.find(|(key, node)| cut::id_of(key, *node) == location);
    let (key, node) = found.ok_or_else(|| {
        let detail = format!("no location `{}` waits beside the map", shown(location));
        Kind::Invalid.because(detail)
    })?;
    let path = ["unconnected_locations".into(), (&*key).into()];
    let mut value = document.sibling(node.raw())?;
    if value.root().get("location_id").is_none() {
        value = value.set(&["location_id".into()], &quote(location))?;
    }
    let [x, y, z] = at;
    value = value.set(&["coordinates".into()], &format!("[{x},{y},{z}]"))?;
    let mut placed = document.remove(&path)?;
    if placed.root().get("locations").is_none() {
        placed = placed.set(&["locations".into()], "{}")?;
    }
    let key = view::written(at);
    placed = placed.set(&["locations".into(), (&*key).into()], value.root().raw())?;
    touch(document, &placed, now_ms)
}
