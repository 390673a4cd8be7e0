//! World states: a player on a map of locations, as `world_state.json` has it.
//!
//! A state is a document and stays one: a move or a new stat is a patch, and all that is not
//! known here is kept. Knows nothing of what happens in a world, nor of the chats held there.

mod cut;
mod draft;
mod edit;
pub mod events;
pub mod playthrough;
mod rooms;
mod rules;
pub mod tree;
mod view;

pub use cut::{Cut, Index, Wanted, cut, join, locations_of};
pub use draft::{Lore, Suggestion, from_lore, suggest};
pub use edit::{changes_places, edit, edit_among, place};
pub use rules::is_of_form;
pub use view::{Summary, inhabitants, summary, view};

use crate::error::{Kind, Limits, Result, Warning};
use crate::json::{Document, Node, Shape, quote};

/// Times below this are seconds: as milliseconds they would lie before March 1973.
const SECONDS_BELOW: f64 = 1e11;

/// Reads a world state, and tells what in it does not fit together. Nothing is put right. A state
/// of CardShark with rooms becomes one with locations, which is told.
///
/// # Errors
/// `not-a-world` without `locations` and `current_position`; `too-large` over `limits.file` and `limits.text`; `bad-json`; `bad-encoding` for what cannot be inflated.
///
/// ```
/// use cardkeep::{error::Limits, world};
///
/// let state = br#"{"current_position": "0,0,0", "locations": {"0,0,0": {"name": "Gate"}}}"#;
/// let (document, _) = world::read(state, &Limits::default())?;
/// assert_eq!(world::summary(&document).locations, 1);
/// # Ok::<(), cardkeep::error::Error>(())
/// ```
pub fn read(bytes: &[u8], limits: &Limits) -> Result<(Document, Vec<Warning>)> {
    if bytes.len() > limits.file {
        return Err(Kind::TooLarge.because(format!(
            "the file has {} bytes, the limit `file` allows {}",
            bytes.len(),
            limits.file
        )));
    }
    let (document, mut warnings) = Document::of_file(bytes, limits)?;
    let (document, lifted) = match rooms::is(document.root()) {
        true => (rooms::lift(&document)?, true),
        false => (document, false),
    };
    let root = document.root();
    if root.get("locations").is_none() && root.get("current_position").is_none() {
        let detail = "there are neither `locations` nor a `current_position`";
        return Err(Kind::NotAWorld.because(detail));
    }
    if lifted {
        let message = "the state has rooms, as another tool writes them; they became locations";
        warnings.push(Warning::repaired("rooms", "rooms", message));
    }
    rules::check(root, &mut warnings);
    Ok((document, warnings))
}

/// The bytes of a state: those it was read from, changed where it was changed.
pub fn write(document: &Document) -> Vec<u8> {
    document.bytes().to_vec()
}

/// A new world with one location.
pub fn create(name: &str, now_ms: i64) -> Document {
    let now = now_ms.div_euclid(1000);
    let name = quote(name);
    let text = format!(
        r#"{{
  "metadata": {{
    "version": "1.0",
    "created_at": {now},
    "last_modified": {now},
    "name": {name}
  }},
  "current_position": "0,0,0",
  "visited_positions": ["0,0,0"],
  "locations": {{
    "0,0,0": {{
      "location_id": "start_room",
      "name": "Starting Room",
      "description": "The beginning of your adventure.",
      "coordinates": [0, 0, 0],
      "npcs": [],
      "events": []
    }}
  }},
  "unconnected_locations": {{}},
  "player": {{
    "health": 100,
    "stamina": 100,
    "level": 1,
    "experience": 0
  }}
}}
"#
    );
    Document::parse(&text).expect("the name is quoted and the rest is JSON")
}

/// How the key of the location at a position is spelled; `None` when there is none.
pub type KeyAt<'a> = dyn Fn([i64; 3]) -> Option<String> + 'a;

/// How the key of the location at a position is spelled in a whole state.
pub fn key_at(document: &Document, at: [i64; 3]) -> Option<String> {
    let locations = document.root().get("locations");
    let mut places = locations.into_iter().flat_map(Node::entries);
    let (key, _) = places.find(|(key, _)| coordinates(key) == Some(at))?;
    Some(key.into_owned())
}

/// The state with the player at another location, which counts as visited from now on.
///
/// # Errors
/// `invalid` when the position is not of the form `x,y,z` or there is no location.
pub fn move_to(document: &Document, position: &str, now_ms: i64) -> Result<Document> {
    move_among(document, position, now_ms, &|at| key_at(document, at))
}

/// As [`move_to`], of a state whose locations are told by `key_at`.
///
/// # Errors
/// As [`move_to`].
pub fn move_among(
    document: &Document,
    position: &str,
    now_ms: i64,
    key_at: &KeyAt<'_>,
) -> Result<Document> {
    let wanted = parse_position(position)?;
    let key = key_at(wanted).ok_or_else(|| {
        Kind::Invalid.because(format!("there is no location at `{}`", shown(position)))
    })?;
    let key = quote(&key);
    let mut moved = document.set(&["current_position".into()], &key)?;
    let visited = document.root().get("visited_positions");
    match visited.filter(|visited| visited.shape() == Shape::Array) {
        Some(visited) => {
            let mut visited = visited.items();
            if !visited.any(|item| view::position(item).is_some_and(|at| at == wanted)) {
                moved = moved.push(&["visited_positions".into()], &key)?;
            }
        }
        None => moved = moved.set(&["visited_positions".into()], &format!("[{key}]"))?,
    }
    touch(document, &moved, now_ms)
}

/// The coordinates of a position that a caller names.
///
/// # Errors
/// `invalid` when it is not of the form `x,y,z`.
pub fn parse_position(position: &str) -> Result<[i64; 3]> {
    coordinates(position).ok_or_else(|| {
        Kind::Invalid.because(format!(
            "the position is `{}`, `x,y,z` in whole numbers was wanted",
            shown(position)
        ))
    })
}

/// The state with a stat of the player set to a value, a JSON text.
///
/// # Errors
/// `invalid` for a stat without a name or a `player` that is no object; `bad-json` when the
/// value is none.
pub fn set_stat(document: &Document, stat: &str, value: &str, now_ms: i64) -> Result<Document> {
    if stat.trim().is_empty() {
        return Err(Kind::Invalid.because("the stat has no name"));
    }
    let with_player = match document.root().get("player") {
        Some(player) if player.shape() == Shape::Object => document.clone(),
        Some(player) if !player.is_null() => {
            return Err(Kind::Invalid.because("`player` is no object"));
        }
        _ => document.set(&["player".into()], "{}")?,
    };
    touch(
        document,
        &with_player.set(&["player".into(), stat.into()], value)?,
        now_ms,
    )
}

/// Refuses a state that a newer version made: what is written into a shape that is not known may
/// not be what was meant.
///
/// # Errors
/// `too-new`.
pub fn changeable(document: &Document) -> Result<()> {
    match rules::is_newer(document.root()) {
        true => Err(Kind::TooNew.because("the world is of a newer version than 1")),
        false => Ok(()),
    }
}

/// Notes the time of a change in the unit the file has, seconds where it has none. A file that
/// keeps this time in another form, or no metadata, is left as it is, and so is one in which
/// nothing was changed. Every change ends here, so
/// here those of newer states are refused.
fn touch(before: &Document, document: &Document, now_ms: i64) -> Result<Document> {
    changeable(document)?;
    if before.bytes() == document.bytes() {
        return Ok(document.clone());
    }
    let Some(metadata) = document
        .root()
        .get("metadata")
        .filter(|node| node.shape() == Shape::Object)
    else {
        return Ok(document.clone());
    };
    let old = ["last_modified", "created_at"]
        .into_iter()
        .find_map(|key| metadata.get(key));
    let now = match old.and_then(Node::number) {
        Some(old) if old.abs() >= SECONDS_BELOW => now_ms,
        Some(_) => now_ms.div_euclid(1000),
        None if old.is_none_or(Node::is_null) => now_ms.div_euclid(1000),
        None => return Ok(document.clone()),
    };
    document.set(
        &["metadata".into(), "last_modified".into()],
        &now.to_string(),
    )
}

/// The three whole numbers of a position.
fn coordinates(position: &str) -> Option<[i64; 3]> {
    let mut parts = position.split(',').map(|part| part.trim().parse().ok());
    let coordinates = [parts.next()??, parts.next()??, parts.next()??];
    parts.next().is_none().then_some(coordinates)
}

/// A name from the file, short enough for a sentence.
fn shown(name: &str) -> String {
    name.chars().take(60).collect()
}
