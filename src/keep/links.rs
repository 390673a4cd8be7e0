//! What a chat belongs to: its characters, a persona, a place in a world, a playthrough.
//!
//! Links stand in the head for lists and in the index keys for look-ups, always both.

use super::domain::Domain;
use crate::error::{Kind, Result};
use crate::store::Record;
use serde::Deserialize;
use serde_json::{Value, json};

/// What the index keys of links begin with.
const KEYS: [&str; 5] = [
    "chats/character/",
    "chats/persona/",
    "chats/world/",
    "chats/location/",
    "chats/playthrough/",
];

/// What a chat belongs to, by ids.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Links {
    /// The characters in it; several are a group.
    pub characters: Vec<String>,
    /// Who the user is in it.
    pub persona: Option<String>,
    /// The world that it is in.
    pub world: Option<String>,
    /// The place in that world, by the world's own name for it.
    pub location: Option<String>,
    /// The playthrough of that world.
    pub playthrough: Option<String>,
}

impl Links {
    /// The links of a chat.
    pub(super) fn of(record: &Record) -> Links {
        let text = |name: &str| record.head[name].as_str().map(str::to_owned);
        let characters = record.head["characters"].as_array().into_iter().flatten();
        Links {
            characters: characters
                .filter_map(|id| Some(id.as_str()?.to_owned()))
                .collect(),
            persona: text("persona"),
            world: text("world"),
            location: text("location"),
            playthrough: text("playthrough"),
        }
    }

    /// Makes these the links of a chat.
    pub(super) fn put(&self, record: &mut Record) {
        let mut characters: Vec<&String> = Vec::new();
        for id in &self.characters {
            if !characters.contains(&id) {
                characters.push(id);
            }
        }
        record.head["characters"] = json!(characters);
        if let Some(head) = record.head.as_object_mut() {
            for name in ["persona", "world", "location", "playthrough"] {
                head.remove(name);
            }
            for (name, id) in self.named() {
                head.insert(name.to_owned(), Value::from(id));
            }
        }
        let is_link = |key: &String| KEYS.iter().any(|link| key.starts_with(link));
        record.by.retain(|key| !is_link(key));
        record.by.extend(self.keys());
    }

    /// Whether they can be links.
    ///
    /// # Errors
    /// `invalid` for a location or a playthrough of no world, and for an empty id.
    pub(super) fn check(&self) -> Result<()> {
        if self.world.is_none() && (self.location.is_some() || self.playthrough.is_some()) {
            let detail = "a location and a playthrough are in a world; `world` is missing";
            return Err(Kind::Invalid.because(detail));
        }
        let named = self.named();
        if self.characters.iter().any(String::is_empty) || named.iter().any(|(_, id)| id.is_empty())
        {
            return Err(Kind::Invalid.because("the id of a link is empty"));
        }
        Ok(())
    }

    /// Whether a chat has one of these characters.
    pub(super) fn share(&self, record: &Record) -> bool {
        let there = Links::of(record).characters;
        there.iter().any(|id| self.characters.contains(id))
    }

    /// Whether a chat has characters, and none of these.
    pub(super) fn are_others(&self, record: &Record) -> bool {
        let has_some = !Links::of(record).characters.is_empty();
        has_some && !self.characters.is_empty() && !self.share(record)
    }

    fn named(&self) -> Vec<(&'static str, &str)> {
        let named = [
            ("persona", &self.persona),
            ("world", &self.world),
            ("location", &self.location),
            ("playthrough", &self.playthrough),
        ];
        named
            .into_iter()
            .filter_map(|(name, id)| Some((name, id.as_deref()?)))
            .collect()
    }

    /// The index keys that a chat with these links has.
    pub(super) fn keys(&self) -> Vec<String> {
        let [character, persona, world, location, playthrough] = KEYS;
        let mut keys: Vec<String> = Vec::new();
        let of = |key: &str, id: &Option<String>| Some(format!("{key}{}", id.as_deref()?));
        keys.extend(self.characters.iter().map(|id| format!("{character}{id}")));
        keys.extend(of(persona, &self.persona));
        keys.extend(of(world, &self.world));
        if let Some(place) = &self.location {
            let of = self.world.as_deref().unwrap_or_default();
            keys.push(format!("{location}{of}/{place}"));
        }
        keys.extend(of(playthrough, &self.playthrough));
        keys
    }

    /// The same links with other ids, or without some of them.
    pub(super) fn with(mut self, id_of: impl Fn(Domain, &str) -> Option<String>) -> Links {
        let characters = std::mem::take(&mut self.characters);
        self.characters = characters
            .iter()
            .filter_map(|id| id_of(Domain::Characters, id))
            .collect();
        let one = |domain, id: Option<String>| id.and_then(|id| id_of(domain, &id));
        self.persona = one(Domain::Personas, self.persona.take());
        self.world = one(Domain::Worlds, self.world.take());
        self.playthrough = one(Domain::Playthroughs, self.playthrough.take());
        if self.world.is_none() {
            (self.location, self.playthrough) = (None, None);
        }
        self
    }

    /// The records that are named.
    pub(super) fn records(&self) -> Vec<(Domain, String)> {
        let characters = self.characters.iter();
        let mut records: Vec<_> = characters
            .map(|id| (Domain::Characters, id.clone()))
            .collect();
        records.extend(self.persona.clone().map(|id| (Domain::Personas, id)));
        records.extend(self.world.clone().map(|id| (Domain::Worlds, id)));
        let run = self.playthrough.clone();
        records.extend(run.map(|id| (Domain::Playthroughs, id)));
        records
    }
}
