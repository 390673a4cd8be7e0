//! The trash: what was deleted and can be brought back, until it expires or is emptied.

use super::domain::{Domain, newest_first, unreadable_json};
use super::records::entry;
use super::{Keep, unsent};
use crate::error::{Kind, Result};
use crate::store::{Change, History, Record};
use serde_json::{Value, json};
use std::collections::HashSet;

pub(super) const DAY_MS: i64 = 86_400_000;
/// Records removed in one transaction.
const AT_ONCE: usize = 100;

/// The trash of a keep, over all domains.
pub struct Trash {
    keep: Keep,
}

impl Trash {
    pub(super) fn new(keep: Keep) -> Trash {
        Trash { keep }
    }

    /// What is in it, as entries with their `domain`: `{ items, unreadable }`, last deleted first.
    ///
    /// # Errors
    /// What the medium reports. A record that cannot be read hides no other.
    pub async fn list(&self) -> Result<Value> {
        let mut unreadable = Vec::new();
        let mut records = Vec::new();
        for domain in Domain::ALL {
            let listing = self.keep.store().list(domain.name()).await?;
            unreadable.extend(listing.unreadable.iter().map(unreadable_json));
            records.extend(listing.records);
        }
        records.retain(|record| record.trashed_ms.is_some());
        newest_first(&mut records);
        let mut items = Vec::with_capacity(records.len());
        for record in &records {
            let mut item = entry(Domain::of(&record.domain)?, record);
            item["domain"] = record.domain.as_str().into();
            items.push(item);
        }
        Ok(json!({ "items": items, "unreadable": unreadable }))
    }

    /// Removes a record, in the trash or not, and its older states for good.
    ///
    /// # Errors
    /// `not-found`, `conflict`, and what the medium reports.
    pub async fn delete(&self, domain: Domain, id: &str, if_rev: Option<u64>) -> Result<()> {
        self.remove(domain, id, if_rev, false).await
    }

    /// Removes a record that is in the trash, and its older states for good.
    ///
    /// # Errors
    /// As [`Trash::delete`]; `not-found` for one that is not in the trash.
    pub async fn delete_trashed(
        &self,
        domain: Domain,
        id: &str,
        if_rev: Option<u64>,
    ) -> Result<()> {
        self.remove(domain, id, if_rev, true).await
    }

    async fn remove(
        &self,
        domain: Domain,
        id: &str,
        if_rev: Option<u64>,
        only_trashed: bool,
    ) -> Result<()> {
        let missing = || {
            let detail = match only_trashed {
                true => "the trash has no such record",
                false => "there is no such record",
            };
            Kind::NotFound.because(detail).of(domain.name(), id)
        };
        let found = self.keep.store().get(domain.name(), id).await?;
        let found = found.filter(|record| !only_trashed || record.trashed_ms.is_some());
        let record = found.ok_or_else(missing)?;
        if let Some(rev) = if_rev.filter(|rev| *rev != record.rev) {
            return Err(super::stale(&record, rev));
        }
        self.erase(vec![record]).await.map(drop)
    }

    /// Removes everything in the trash for good, and gives the number of records.
    ///
    /// # Errors
    /// `conflict` when a record was brought back meanwhile, and what the medium reports.
    pub async fn empty(&self) -> Result<u64> {
        let records = self.since(i64::MAX).await?;
        if !records.is_empty() {
            self.keep
                .backups()
                .before("before the trash is emptied")
                .await?;
        }
        self.erase(records).await
    }

    /// Removes for good what is longer in the trash than the setting `trashDays` says, and
    /// gives the number of records.
    ///
    /// # Errors
    /// As [`Trash::empty`].
    pub async fn expire(&self) -> Result<u64> {
        match self.keep.settings().get().await?["trashDays"].as_i64() {
            Some(days) if days > 0 => {
                let before = self.keep.store().now() - days * DAY_MS;
                self.erase(self.since(before).await?).await
            }
            _ => Ok(0),
        }
    }

    /// The records in the trash since before a time.
    async fn since(&self, before_ms: i64) -> Result<Vec<Record>> {
        let mut records = Vec::new();
        for domain in Domain::ALL {
            records.extend(self.keep.store().list(domain.name()).await?.records);
        }
        records.retain(|record| record.trashed_ms.is_some_and(|trashed| trashed < before_ms));
        Ok(records)
    }

    /// What was linked to them forgets them, and what is typed for a chat goes with it.
    async fn erase(&self, records: Vec<Record>) -> Result<u64> {
        let count = records.len() as u64;
        let chats = records
            .iter()
            .filter(|one| one.domain == Domain::Chats.name());
        let going: HashSet<String> = chats.map(|chat| chat.id.clone()).collect();
        let mut rest = records.into_iter().peekable();
        while rest.peek().is_some() {
            let mut change = Change::new();
            change.durable();
            let mut told: Vec<(String, String)> = Vec::new();
            let gone: Vec<Record> = rest.by_ref().take(AT_ONCE).collect();
            let stays = |chat: &Record| !going.contains(&chat.id);
            for chat in self.keep.loosened(&gone, stays).await? {
                change.write(chat, History::Skip);
            }
            for record in &gone {
                told.push((record.domain.clone(), record.id.clone()));
                change.erase(record);
                if let Some(typed) = unsent::of_gone(&self.keep, record).await? {
                    change.erase(&typed);
                }
            }
            self.keep.commit(change).await?;
            for (domain, id) in told {
                (self.keep.0.observer)(&domain, &[id]);
            }
        }
        Ok(count)
    }
}
