//! Several changes of a world in one patch.

use super::{
    KeyAt, coordinates, cut, key_at, move_among, parse_position, set_stat, shown, touch, view,
};
use crate::error::{Kind, Result};
use crate::json::{Document, Node, Shape, quote};

/// The state with what `patch` names changed: `position`, and stats of the `player`. What
/// already says so is left as it is, and a patch that changes nothing gives the same bytes.
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
    for (key, value) in root.entries() {
        match &*key {
            "position" => {
                let position = value
                    .text()
                    .ok_or_else(|| Kind::Invalid.because("`position` must be a string"))?;
                let wanted = coordinates(&position);
                let there = coordinates(&view::summary(&edited).position);
                if wanted.is_none() || wanted != there {
                    edited = move_among(&edited, &position, now_ms, key_at)?;
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
