//! Worlds: a world state as its document, changed by patches.

use super::domain::{self, Domain, present, with_fields};
use super::{Exported, Keep, Status, filename};
use crate::codec;
use crate::error::{Limits, Result};
use crate::json::Document;
use crate::store::{Change, History, Record};
use crate::world;
use serde_json::{Value, json};

/// The worlds of a keep.
pub struct Worlds {
    keep: Keep,
}

/// The entry of a world.
pub(super) fn entry(record: &Record) -> Value {
    domain::entry(record, &["name", "locations", "position"]).into()
}

impl Worlds {
    pub(super) fn new(keep: Keep) -> Worlds {
        Worlds { keep }
    }

    /// Keeps a `world_state.json`: `{ entry, status, warnings }`. The same bytes again are a duplicate.
    ///
    /// # Errors
    /// Those of [`world::read`], and what the medium reports.
    pub async fn import(&self, bytes: &[u8], limits: &Limits) -> Result<Value> {
        let (document, warnings) = world::read(bytes, limits)?;
        let same = format!("worlds/file/{}", codec::hash(bytes));
        let kept = self.keep.store().find(&same).await?.records;
        let (record, status) = match kept.into_iter().find(|record| record.trashed_ms.is_none()) {
            Some(record) => (record, Status::Duplicate),
            None => (self.add(&document, vec![same]).await?, Status::Added),
        };
        Ok(json!({ "entry": entry(&record), "status": status, "warnings": warnings }))
    }

    /// Makes a world with one location and gives its entry.
    ///
    /// # Errors
    /// What the medium reports.
    pub async fn create(&self, name: &str) -> Result<Value> {
        let document = world::create(name, self.keep.store().now());
        Ok(entry(&self.add(&document, Vec::new()).await?))
    }

    /// A world with its state as JSON: the entry and `state`, `warnings`; `None` when there is none.
    ///
    /// # Errors
    /// `corrupt`, and what the medium reports.
    pub async fn get(&self, id: &str) -> Result<Option<String>> {
        match present(self.keep.record(Domain::Worlds, id).await)? {
            Some(record) => self.view(&record).await.map(Some),
            None => Ok(None),
        }
    }

    /// Moves the player and gives the world as [`Worlds::get`] does. The state before becomes a version.
    ///
    /// # Errors
    /// `not-found`, `conflict`, `invalid` when there is no such location, and what the medium reports.
    pub async fn move_to(&self, id: &str, position: &str, if_rev: Option<u64>) -> Result<String> {
        let now = self.keep.store().now();
        self.change(id, if_rev, |document| {
            world::move_to(document, position, now)
        })
        .await
    }

    /// Sets a stat of the player to a JSON value and gives the world as [`Worlds::get`] does.
    ///
    /// # Errors
    /// `not-found`, `conflict`, `bad-json`, and what the medium reports.
    pub async fn set_stat(
        &self,
        id: &str,
        stat: &str,
        value: &str,
        if_rev: Option<u64>,
    ) -> Result<String> {
        let now = self.keep.store().now();
        self.change(id, if_rev, |document| {
            world::set_stat(document, stat, value, now)
        })
        .await
    }

    pub(super) async fn export(&self, id: &str) -> Result<Exported> {
        let record = self.keep.record(Domain::Worlds, id).await?;
        let bytes = world::write(&self.document_of(&record).await?);
        let filename = filename::safe(record.head_text("name"), "json");
        Ok(Exported {
            filename,
            media_type: "application/json",
            bytes,
        })
    }

    async fn add(&self, document: &Document, by: Vec<String>) -> Result<Record> {
        let now = self.keep.store().now();
        let mut change = Change::new();
        let mut record = Record::new(Domain::Worlds.name(), &codec::new_id(now), now);
        record.by = by;
        put_document(&mut record, document, &mut change);
        change.write(record, History::Skip);
        self.keep.commit_one(change).await
    }

    async fn change(
        &self,
        id: &str,
        if_rev: Option<u64>,
        edit: impl FnOnce(&Document) -> Result<Document>,
    ) -> Result<String> {
        let mut record = self.keep.record_at(Domain::Worlds, id, if_rev).await?;
        let document = edit(&self.document_of(&record).await?)?;
        let mut change = Change::new();
        put_document(&mut record, &document, &mut change);
        change.write(record, History::Keep);
        self.view(&self.keep.commit_one(change).await?).await
    }

    async fn view(&self, record: &Record) -> Result<String> {
        let bytes = self.keep.store().part(record.part("document")?).await?;
        let (document, warnings) = world::read(&bytes, &Limits::default())?;
        let fields = [
            ("state", &*world::view(&document)),
            ("warnings", &json!(warnings).to_string()),
        ];
        Ok(with_fields(&entry(record), &fields))
    }

    async fn document_of(&self, record: &Record) -> Result<Document> {
        let bytes = self.keep.store().part(record.part("document")?).await?;
        Document::read(&bytes, &Limits::default()).map(|(document, _)| document)
    }
}

pub(super) fn put_document(record: &mut Record, document: &Document, change: &mut Change) {
    let summary = world::summary(document);
    let name: String = summary.name.chars().take(100).collect();
    record.head =
        json!({ "name": name, "locations": summary.locations, "position": summary.position });
    record
        .parts
        .insert("document".into(), change.add_part(&world::write(document)));
}
