//! How the state of a world rests: one document, or, when it is large, its pieces.
//!
//! Every piece is a part that the world's row names, so that whatever follows the parts of a row
//! (older states, backups, checks, the sweep) knows all of it. Which pieces there are is the
//! matter of [`world::cut`]; what is written here says the same bytes as one document. Tells lists
//! what it says, too.

use super::Keep;
use super::domain::Domain;
use crate::codec::Part;
use crate::error::{Kind, Limits, Result};
use crate::json::Document;
use crate::store::{Change, History, Record, Write};
use crate::world::{self, Index, KeyAt, Wanted};
use serde_json::json;

/// The state, when it is one document.
const DOCUMENT: &str = "document";
/// The state without its locations.
const SKELETON: &str = "skeleton";
/// In which chunk which location is.
const INDEX: &str = "index";
/// Chunks of the locations, by their numbers.
const CHUNK: &str = "locations/";

/// Changes a state; where its locations are is told beside it.
pub(super) type Play<'a> = dyn Fn(&Document, &KeyAt<'_>) -> Result<Document> + 'a;

/// The parts that a document consists of, in order: one, or a skeleton and its chunks.
pub(super) fn parts_of(record: &Record) -> Result<Vec<Part>> {
    let Some(skeleton) = record.parts.get(SKELETON) else {
        return Ok(vec![record.part(DOCUMENT)?.clone()]);
    };
    let mut parts = vec![skeleton.clone()];
    parts.extend(chunks_of(record).cloned());
    Ok(parts)
}

/// The bytes of a document that consists of these.
pub(super) fn joined(mut contents: Vec<Vec<u8>>) -> Result<Vec<u8>> {
    match contents.len() {
        1 => Ok(contents.swap_remove(0)),
        _ => {
            let chunks = contents.split_off(1);
            world::join(&contents.swap_remove(0), &chunks)
        }
    }
}

/// Puts a state into its record. What of it is there already is not written again.
pub(super) fn put(record: &mut Record, document: &Document, change: &mut Change) {
    record.parts.retain(|name, part| {
        change.has_part(part);
        let is_state = [DOCUMENT, SKELETON, INDEX].contains(&&**name) || name.starts_with(CHUNK);
        !is_state
    });
    let mut add = |name: String, bytes: &[u8]| {
        record.parts.insert(name, change.add_part(bytes));
    };
    match world::cut(document) {
        Some(cut) => {
            add(SKELETON.into(), cut.skeleton.as_bytes());
            add(INDEX.into(), &cut.index);
            for (n, chunk) in cut.chunks.iter().enumerate() {
                add(format!("{CHUNK}{n:06}"), chunk.as_bytes());
            }
        }
        None => add(DOCUMENT.into(), &world::write(document)),
    }
}

fn chunks_of(record: &Record) -> impl Iterator<Item = &Part> {
    let chunks = record.parts.iter();
    chunks.filter_map(|(name, part)| name.starts_with(CHUNK).then_some(part))
}

impl Keep {
    /// Makes a change that touches no location of a state in pieces, reading and writing only
    /// the skeleton. `None` when the world has to be read whole: it is one document, or
    /// something stands against the change that has to be told in full.
    pub(super) async fn play(
        &self,
        id: &str,
        write: Write,
        play: &Play<'_>,
    ) -> Result<Option<Record>> {
        let store = self.store();
        let recent = store.recent(Domain::Worlds.name(), id);
        let mut change = Change::new();
        change.asked(write);
        let found = match recent {
            Some(recent) => {
                change.on_recent();
                Some(recent)
            }
            None => store.get(Domain::Worlds.name(), id).await?,
        };
        let wanted = |record: &Record| {
            let seen = write.if_rev.is_none_or(|rev| rev == record.rev);
            seen && record.trashed_ms.is_none() && record.parts.contains_key(SKELETON)
        };
        let Some(mut record) = found.filter(wanted) else {
            return Ok(None);
        };
        let skeleton = self.skeleton(&record).await?;
        let index = self.index(&record).await?;
        let Ok(played) = play(&skeleton, &|at| index.key_at(at)) else {
            return Ok(None);
        };
        let locations = record.head["locations"].take();
        summarize(&mut record, &played);
        record.head["locations"] = locations;
        let part = change.add_part(played.bytes());
        record.parts.insert(SKELETON.into(), part);
        change.write(record, History::Keep);
        match self.commit_one(change).await {
            Err(error) if matches!(error.kind(), Kind::Conflict | Kind::NotFound) => Ok(None),
            settled => settled.map(Some),
        }
    }

    /// The locations of a world that are wanted, each `{ position?, location }` as JSON, in the
    /// order of the file. Of a state in pieces only those are read that may have one.
    pub(super) async fn locations(&self, record: &Record, wanted: &Wanted) -> Result<Vec<String>> {
        let mut found = Vec::new();
        if !record.parts.contains_key(SKELETON) {
            let document = self.document(record).await?;
            let locations = document.root().get("locations");
            found.extend(locations.into_iter().flat_map(|all| wanted.of(all)));
            return Ok(found);
        }
        let chunks: Vec<Part> = chunks_of(record).cloned().collect();
        for n in self.index(record).await?.chunks(wanted) {
            let chunk = self.store().part(&chunks[n]).await?;
            found.extend(wanted.of(world::locations_of(&chunk)?.root()));
        }
        Ok(found)
    }

    /// A location that is not on the map, by its id.
    pub(super) async fn unconnected(
        &self,
        record: &Record,
        wanted: &Wanted,
    ) -> Result<Option<String>> {
        let document = self.skeleton(record).await?;
        let waiting = document.root().get("unconnected_locations");
        Ok(waiting.and_then(|all| wanted.of(all).into_iter().next()))
    }

    /// The state without its locations, where it rests in pieces; else all of it.
    pub(super) async fn skeleton(&self, record: &Record) -> Result<Document> {
        match record.parts.get(SKELETON) {
            Some(part) => {
                let bytes = self.store().part(part).await?;
                Ok(Document::read(&bytes, &Limits::default())?.0)
            }
            None => self.document(record).await,
        }
    }

    /// The location at a position of a world: an object of its key and what it says. `None`
    /// when there is none.
    pub(super) async fn location_at(
        &self,
        record: &Record,
        at: [i64; 3],
    ) -> Result<Option<Document>> {
        let wanted = Wanted::At(at);
        if !record.parts.contains_key(SKELETON) {
            let document = self.document(record).await?;
            let locations = document.root().get("locations");
            return locations.map_or(Ok(None), |all| wanted.first(all));
        }
        let chunks = self.index(record).await?.chunks(&wanted);
        let Some(part) = chunks.first().and_then(|n| chunks_of(record).nth(*n)) else {
            return Ok(None);
        };
        let chunk = self.store().part(part).await?;
        wanted.first(world::locations_of(&chunk)?.root())
    }

    async fn index(&self, record: &Record) -> Result<Index> {
        let bytes = self.store().part(record.part(INDEX)?).await?;
        Index::read(bytes, chunks_of(record).count())
            .map_err(|error| error.of(&record.domain, &record.id))
    }
}

/// What lists show of a state.
pub(super) fn summarize(record: &mut Record, document: &Document) {
    let summary = world::summary(document);
    let name: String = summary.name.chars().take(100).collect();
    record.head =
        json!({ "name": name, "locations": summary.locations, "position": summary.position });
}
