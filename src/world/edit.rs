//! Several changes of a world in one patch.

use super::{coordinates, move_to, set_stat, view};
use crate::error::{Kind, Result};
use crate::json::{Document, Node, Shape};

/// The state with what `patch` names changed: `position`, and stats of the `player`. What
/// already says so is left as it is, and a patch that changes nothing gives the same bytes.
///
/// # Errors
/// `bad-option` for a field that is not known, and those of [`move_to`] and [`set_stat`].
pub fn edit(document: &Document, patch: &Document, now_ms: i64) -> Result<Document> {
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
                    edited = move_to(&edited, &position, now_ms)?;
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
