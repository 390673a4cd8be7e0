//! The verbs that every domain answers in the same way.

use super::campaigns::CAMPAIGNS;
use super::documents::in_turns;
use super::domain::{Domain, newest_first, present, unreadable_json};
use super::playthroughs::PLAYTHROUGHS;
use super::{Exported, Keep, assets, characters, chat_row, chats, personas, texts, worlds};
use crate::error::{Error, Kind, Result};
use crate::store::{Change, History, Listing, Record, Write};
use serde_json::{Value, json};

/// A record to put into the trash or to take out of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The record.
    pub id: String,
    /// The revision that the caller read.
    pub if_rev: Option<u64>,
}

impl Target {
    /// The record of an id, at any revision.
    pub fn of(id: &str) -> Target {
        Target {
            id: id.to_owned(),
            if_rev: None,
        }
    }
}

impl Keep {
    /// The entries of a domain, or of its trash: `{ items, unreadable }`, newest change first.
    ///
    /// # Errors
    /// What the medium reports. A record that cannot be read hides no other.
    pub async fn list(&self, domain: Domain, trashed: bool) -> Result<Value> {
        let Listing {
            mut records,
            unreadable,
        } = self.store().list(domain.name()).await?;
        records.retain(|record| record.trashed_ms.is_some() == trashed);
        newest_first(&mut records);
        let items: Vec<Value> = records.iter().map(|record| entry(domain, record)).collect();
        let unreadable: Vec<Value> = unreadable.iter().map(unreadable_json).collect();
        Ok(json!({ "items": items, "unreadable": unreadable }))
    }

    /// The entry of one record that is not in the trash; `None` when there is none.
    ///
    /// # Errors
    /// `corrupt`, and what the medium reports.
    pub async fn entry(&self, domain: Domain, id: &str) -> Result<Option<Value>> {
        Ok(present(self.record(domain, id).await)?.map(|record| entry(domain, &record)))
    }

    /// Puts a record into the trash, where it keeps everything; [`Keep::restore`] undoes it.
    ///
    /// # Errors
    /// `not-found`, `conflict`, and what the medium reports.
    pub async fn trash(&self, domain: Domain, id: &str, write: impl Into<Write>) -> Result<()> {
        let write = write.into();
        let target = Target {
            id: id.to_owned(),
            if_rev: write.if_rev,
        };
        self.trash_many(domain, &[target], write).await
    }

    /// Takes a record out of the trash and gives its entry.
    ///
    /// # Errors
    /// `not-found` when it is not in the trash, and what the medium reports.
    pub async fn restore(&self, domain: Domain, id: &str) -> Result<Value> {
        let write = Write::default();
        let restored = self.restore_many(domain, &[Target::of(id)], write).await?;
        Ok(restored.into_iter().next().unwrap_or_default())
    }

    /// The kept older states of a record, newest first: `[{ rev, changed, pinned }]`.
    ///
    /// # Errors
    /// What the medium reports.
    pub async fn history(&self, domain: Domain, id: &str) -> Result<Value> {
        let versions = self.store().history(domain.name(), id).await?.records;
        let pinned = match self.store().get(domain.name(), id).await? {
            Some(record) => self.store().pinned_versions(&record).await?,
            None => Vec::new(),
        };
        let told = |version: &Record| {
            let pinned = pinned.contains(&version.rev);
            json!({ "rev": version.rev, "changed": version.changed_ms, "pinned": pinned })
        };
        Ok(versions.iter().map(told).collect())
    }

    /// Makes an older state stay when others are thinned, or lets go of it again.
    ///
    /// # Errors
    /// `not-found` when there is no such record or version, `conflict`, and what the medium reports.
    pub async fn pin_version(
        &self,
        domain: Domain,
        id: &str,
        rev: u64,
        pinned: bool,
    ) -> Result<Value> {
        in_turns(false, async || {
            let mut record = self.record(domain, id).await?;
            if !self.store().pin_version(&mut record, rev, pinned).await? {
                return Err(no_version(domain, id, rev));
            }
            let mut change = Change::new();
            // It says what it said, which a later conflict has to know.
            change.write(record, History::Keep);
            Ok(entry(domain, &self.commit_one(change).await?))
        })
        .await
    }

    /// Brings an older state of a record back, as a new revision, and gives the entry. The
    /// state before becomes a version itself.
    ///
    /// # Errors
    /// `not-found` when there is no such record or version, `conflict`, `corrupt`, and what
    /// the medium reports.
    pub async fn restore_version(&self, domain: Domain, id: &str, rev: u64) -> Result<Value> {
        in_turns(false, async || {
            let current = self.record(domain, id).await?;
            let version = self.store().version(domain.name(), id, rev).await?;
            let mut record = version.ok_or_else(|| no_version(domain, id, rev))?;
            let mut change = Change::new();
            if domain == Domain::Chats {
                chats::share(self, &mut record, &current, &mut change).await?;
            }
            record.succeed(&current);
            record.trashed_ms = None;
            change.durable().verify().write(record, History::Keep);
            Ok(entry(domain, &self.commit_one(change).await?))
        })
        .await
    }

    /// The keep with a record as an older state has it, for reading alone: every verb that reads
    /// answers in it as it does of the present state.
    ///
    /// # Errors
    /// `not-found` when there is no such version, `corrupt`, and what the medium reports.
    pub async fn at_version(&self, domain: Domain, id: &str, rev: u64) -> Result<Keep> {
        let version = self.store().version(domain.name(), id, rev).await?;
        let mut record = version.ok_or_else(|| no_version(domain, id, rev))?;
        record.trashed_ms = None;
        Ok(self.on(self.store().showing(&record)))
    }

    /// The record as a file: identical bytes where nothing was changed.
    ///
    /// # Errors
    /// `not-found`, `corrupt`, and what the medium reports.
    pub async fn export(&self, domain: Domain, id: &str) -> Result<Exported> {
        match domain {
            Domain::Characters => self.characters().export(id).await,
            Domain::Chats => self.chats().export(id).await,
            Domain::Worlds => self.worlds().export(id).await,
            Domain::Personas => self.personas().export(id).await,
            Domain::Lorebooks => self.lorebooks().export(id).await,
            Domain::Templates => self.templates().export(id).await,
            Domain::Campaigns => self.campaigns().texts().export(id).await,
            Domain::Assets => self.assets().export(id).await,
            Domain::Playthroughs => self.playthroughs().export(id).await,
        }
    }
}

/// The entry of a record: what lists show.
pub(super) fn entry(domain: Domain, record: &Record) -> Value {
    match domain {
        Domain::Characters => characters::entry(record),
        Domain::Chats => chat_row::entry(record),
        Domain::Worlds => worlds::entry(record),
        Domain::Personas => personas::entry(record),
        Domain::Lorebooks => texts::LOREBOOKS.entry(record),
        Domain::Templates => texts::TEMPLATES.entry(record),
        Domain::Campaigns => CAMPAIGNS.entry(record),
        Domain::Assets => assets::entry(record),
        Domain::Playthroughs => PLAYTHROUGHS.entry(record),
    }
}

fn no_version(domain: Domain, id: &str, rev: u64) -> Error {
    Kind::NotFound
        .because(format!("revision {rev} is not kept"))
        .of(domain.name(), id)
}
