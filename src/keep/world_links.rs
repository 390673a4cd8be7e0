//! What binds worlds and characters: a world of a character's lore, and who is in a world.

use super::domain::Domain;
use super::{Keep, Worlds};
use crate::card;
use crate::error::{Kind, Limits, Result};
use crate::json::{Document, Node};
use crate::lore;
use crate::store::Record;
use crate::world::{self, Lore, Suggestion};
use serde_json::{Value, json};
use std::collections::HashMap;

impl Worlds {
    /// Which entries of a character's lore may be locations: `[{ entry, name, description,
    /// because? }]`, likely ones, which have a `because`, first.
    ///
    /// # Errors
    /// `not-found`, `corrupt`, and what the medium reports.
    pub async fn suggest_locations(&self, character: &str) -> Result<Vec<Suggestion>> {
        Ok(world::suggest(&lore_of(&self.card(character).await?)?))
    }

    /// A state made of a character and of entries of its lore, the likely ones where none are
    /// named, as JSON. Nothing is stored.
    ///
    /// # Errors
    /// `not-found`, `corrupt`, `invalid` for an entry that is not there or has neither name nor
    /// key, and what the medium reports.
    pub async fn from_character(
        &self,
        character: &str,
        include: Option<&[String]>,
    ) -> Result<String> {
        let card = self.card(character).await?;
        let all = world::suggest(&lore_of(&card)?);
        let chosen = match include {
            None => all
                .into_iter()
                .filter(|one| one.because.is_some())
                .collect(),
            Some(entries) => {
                let mut chosen = Vec::with_capacity(entries.len());
                for (n, entry) in entries.iter().enumerate() {
                    if entries[..n].contains(entry) {
                        continue;
                    }
                    let found = all.iter().find(|one| one.entry == *entry);
                    let detail = format!("there is no entry `{entry}` that can be a location");
                    chosen.push(found.ok_or_else(|| Kind::Invalid.because(detail))?.clone());
                }
                chosen
            }
        };
        let told = Document::parse(&card::view(&card))?;
        let text = |key: &str| {
            told.root()
                .get(key)
                .and_then(Node::text)
                .unwrap_or_default()
        };
        let now = self.keep.store().now();
        let made = world::from_lore(character, &text("name"), &text("scenario"), &chosen, now)?;
        Ok(world::view(&made))
    }

    /// Who is in a world: `[{ id, status, name?, locations }]`, each once, in the order of the
    /// file. A character that is in the trash or not there hides no other.
    ///
    /// # Errors
    /// `not-found`, `corrupt`, and what the medium reports.
    pub async fn inhabitants(&self, id: &str) -> Result<Value> {
        let record = self.keep.record(Domain::Worlds, id).await?;
        let document = self.keep.document(&record).await?;
        let mut places: HashMap<String, usize> = HashMap::new();
        let mut all: Vec<(String, Vec<String>)> = Vec::new();
        for (_, key, npc) in world::inhabitants(&document) {
            let place = *places.entry(npc.clone()).or_insert(all.len());
            if place == all.len() {
                all.push((npc, Vec::new()));
            }
            let known = &mut all[place].1;
            if known.last() != Some(&key) {
                known.push(key);
            }
        }
        let ids: Vec<&str> = all.iter().map(|(id, _)| id.as_str()).collect();
        let store = self.keep.store();
        let found = store.get_many(Domain::Characters.name(), &ids).await?;
        let told = |((id, locations), found): (&(String, Vec<String>), &Option<Record>)| {
            let status = standing(found.as_ref());
            let mut told = json!({ "id": id, "status": status, "locations": locations });
            if let Some(record) = found {
                told["name"] = record.head_text("name").into();
            }
            told
        };
        Ok(all.iter().zip(&found).map(told).collect())
    }

    async fn card(&self, character: &str) -> Result<Document> {
        let record = self.keep.record(Domain::Characters, character).await?;
        self.keep.document(&record).await
    }
}

impl Keep {
    /// Whether records are there: `ok`, `missing` or `trashed`, in the order of their ids.
    pub(super) async fn standing(&self, of: Domain, ids: &[&str]) -> Result<Vec<&'static str>> {
        let found = self.store().get_many(of.name(), ids).await?;
        let standing = |found: &Option<Record>| standing(found.as_ref());
        Ok(found.iter().map(standing).collect())
    }
}

fn standing(found: Option<&Record>) -> &'static str {
    match found {
        None => "missing",
        Some(record) if record.trashed_ms.is_some() => "trashed",
        Some(_) => "ok",
    }
}

/// The entries of a card's lore that take part.
fn lore_of(card: &Document) -> Result<Vec<Lore>> {
    let file = match lore::read(card.bytes(), &Limits::default()) {
        Ok(file) => file,
        Err(error) if error.kind() == Kind::NotALorebook => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let entries = file.book.entries.iter().enumerate();
    let entries = entries.filter(|(_, entry)| entry.enabled);
    let lore = entries.map(|(n, entry)| Lore {
        entry: lore::entry_name(n, entry),
        name: entry.comment.clone(),
        keys: entry.keys.clone(),
        content: lore::without_decorators(&entry.content).to_owned(),
    });
    Ok(lore.collect())
}
