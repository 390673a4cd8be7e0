//! A world of a character's lore: which entries tell of places, and a state made of those that
//! somebody chose. Nothing here is kept; it is for somebody to look at first.

use super::create;
use crate::error::Result;
use crate::json::{Document, Step, quote};
use serde::Serialize;
use std::collections::HashSet;

/// An entry of lore.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lore {
    /// What the entry is called in its lorebook.
    pub entry: String,
    /// For people.
    pub name: String,
    /// What calls for it.
    pub keys: Vec<String>,
    /// What it says.
    pub content: String,
}

/// A location that an entry of lore may be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Suggestion {
    /// What the entry is called in its lorebook.
    pub entry: String,
    /// What the location would be called.
    pub name: String,
    /// What would be said of it.
    pub description: String,
    /// The word that tells of a place, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub because: Option<&'static str>,
}

/// Words for places. A name with one of them is likely to be one.
const PLACES: [&str; 84] = [
    "academy",
    "alley",
    "arena",
    "bar",
    "base",
    "bay",
    "beach",
    "bridge",
    "cabin",
    "cafe",
    "camp",
    "castle",
    "cathedral",
    "cave",
    "cavern",
    "chamber",
    "church",
    "city",
    "clearing",
    "cliff",
    "coast",
    "continent",
    "desert",
    "district",
    "dungeon",
    "estate",
    "farm",
    "forest",
    "fort",
    "fortress",
    "garden",
    "gate",
    "glade",
    "grove",
    "hall",
    "harbor",
    "harbour",
    "hill",
    "hotel",
    "house",
    "inn",
    "island",
    "jungle",
    "kingdom",
    "lake",
    "library",
    "lighthouse",
    "location",
    "manor",
    "mansion",
    "market",
    "mountain",
    "museum",
    "oasis",
    "ocean",
    "office",
    "palace",
    "park",
    "place",
    "planet",
    "port",
    "prison",
    "realm",
    "region",
    "river",
    "road",
    "room",
    "ruins",
    "school",
    "sea",
    "shop",
    "shrine",
    "square",
    "station",
    "street",
    "swamp",
    "tavern",
    "temple",
    "tower",
    "town",
    "university",
    "valley",
    "village",
    "woods",
];
/// Of what an entry says, so many words are looked at: "X is a village in …".
const FIRST_WORDS: usize = 12;
/// A longer name is a sentence.
const LONGEST_NAME: usize = 80;

/// What each entry would be as a location, those that say so first.
pub fn suggest(lore: &[Lore]) -> Vec<Suggestion> {
    let all: Vec<Suggestion> = lore.iter().filter_map(suggestion).collect();
    let (likely, others): (Vec<_>, Vec<_>) = all.into_iter().partition(|one| one.because.is_some());
    likely.into_iter().chain(others).collect()
}

fn suggestion(lore: &Lore) -> Option<Suggestion> {
    // An expression is no name.
    let key = lore.keys.iter().find(|key| !key.starts_with('/'));
    let names = [lore.name.trim(), key.map_or("", |key| key.trim())];
    let name = names.into_iter().find(|name| !name.is_empty())?;
    let named = [&*lore.name]
        .into_iter()
        .chain(lore.keys.iter().map(String::as_str))
        .flat_map(words);
    let said = words(&lore.content).take(FIRST_WORDS);
    let because = named.chain(said).find_map(|word| {
        let word = word.to_lowercase();
        PLACES.into_iter().find(|place| *place == word)
    });
    Some(Suggestion {
        entry: lore.entry.clone(),
        name: name.chars().take(LONGEST_NAME).collect(),
        description: lore.content.trim().to_owned(),
        because,
    })
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
}

/// A state whose only place on the map is where the character is met; what was chosen of the
/// lore waits beside the map.
///
/// # Errors
/// `too-large` when the lore is larger than a document may be.
pub fn from_lore(
    character: &str,
    name: &str,
    scenario: &str,
    chosen: &[Suggestion],
    now_ms: i64,
) -> Result<Document> {
    let mut made = create(name, now_ms);
    let start = [Step::Key("locations"), Step::Key("0,0,0")];
    let at = |key: &'static str| [&start[..], &[Step::Key(key)]].concat();
    made = made.set(&at("npcs"), &format!("[{}]", quote(character)))?;
    if !scenario.trim().is_empty() {
        made = made.set(&at("description"), &quote(scenario.trim()))?;
    }
    let mut taken: HashSet<String> = HashSet::from(["start_room".to_owned()]);
    let mut waiting = Vec::with_capacity(chosen.len());
    for one in chosen {
        let id = free(&one.name, &mut taken);
        waiting.push(format!(
            r#"
    {id}: {{
      "location_id": {id},
      "name": {},
      "description": {},
      "lore_source": {},
      "lore_character": {},
      "lore_entry": {}
    }}"#,
            quote(&one.name),
            quote(&one.description),
            quote(&format!("Character lore entry about {}", one.name)),
            quote(character),
            quote(&one.entry),
            id = quote(&id),
        ));
    }
    if waiting.is_empty() {
        return Ok(made);
    }
    let waiting = format!("{{{}\n  }}", waiting.join(","));
    made.set(&[Step::Key("unconnected_locations")], &waiting)
}

/// The name as an id that nothing else has.
fn free(name: &str, taken: &mut HashSet<String>) -> String {
    let words: Vec<String> = words(name).map(str::to_lowercase).collect();
    let stem = match words.join("_") {
        empty if empty.is_empty() => "place".to_owned(),
        stem => stem,
    };
    let others = (2..).map(|n| format!("{stem}_{n}"));
    let mut all = std::iter::once(stem.clone()).chain(others);
    let found = all.find(|id| taken.insert(id.clone()));
    found.unwrap_or_default()
}
