//! Several records of one domain at once: all of them or none, in one change.

use super::content::Subject;
use super::dependents::Along;
use super::documents::{bounded, in_turns, nth};
use super::domain::Domain;
use super::records::{self, Target};
use super::{Keep, PatchDocument, PutDocument};
use crate::error::{Kind, Result};
use crate::store::{Change, History, Record, Write};
use serde_json::Value;
use std::collections::HashSet;

/// So many deleted at once are worth a backup before.
const MANY: usize = 50;

impl Keep {
    /// Puts documents, each into its record or a new one, and gives the entries in their
    /// order. The states before become versions.
    ///
    /// # Errors
    /// `conflict` with its sides, `not-found` for another `if_rev` than 0 without a record,
    /// `invalid` for an unusable id, `bad-option` for chats, those of reading the documents,
    /// and what the medium reports. Nothing was stored then.
    pub async fn put_many(
        &self,
        domain: Domain,
        puts: &[PutDocument],
        write: Write,
    ) -> Result<Vec<Value>> {
        let written = match domain {
            Domain::Characters => self.characters().put_many(puts, write).await?,
            Domain::Worlds => self.worlds().put_many(puts, write).await?,
            Domain::Personas => self.personas().put_many(puts, write).await?,
            Domain::Lorebooks => self.lorebooks().put_many(puts, write).await?,
            Domain::Templates => self.templates().put_many(puts, write).await?,
            Domain::Campaigns => self.campaigns().put_many(puts, write).await?,
            Domain::Playthroughs => self.playthroughs().texts().put_many(puts, write).await?,
            Domain::Chats | Domain::Assets => return Err(no_document()),
        };
        Ok(entries(domain, &written))
    }

    /// Changes fields of records and gives the entries in their order. The states before
    /// become versions.
    ///
    /// # Errors
    /// As [`Keep::put_many`], and `not-found` where there is no record.
    pub async fn patch_many(
        &self,
        domain: Domain,
        patches: &[PatchDocument],
        write: Write,
    ) -> Result<Vec<Value>> {
        let written = match domain {
            Domain::Characters => self.characters().patch_many(patches, write).await?,
            Domain::Worlds => self.worlds().patch_many(patches, write).await?,
            Domain::Personas => self.personas().patch_many(patches, write).await?,
            Domain::Lorebooks => self.lorebooks().patch_many(patches, write).await?,
            Domain::Templates => self.templates().patch_many(patches, write).await?,
            Domain::Campaigns => self.campaigns().texts().patch_many(patches, write).await?,
            Domain::Playthroughs => {
                let playthroughs = self.playthroughs();
                playthroughs.texts().patch_many(patches, write).await?
            }
            Domain::Chats | Domain::Assets => return Err(no_document()),
        };
        Ok(entries(domain, &written))
    }

    /// Puts records into the trash, where they keep everything. Several are read back and
    /// compared.
    ///
    /// # Errors
    /// `not-found` when one of them is not there, `conflict` with what it was and what it is
    /// when one has another revision, `invalid` when one comes twice, `corrupt`, and what the medium reports.
    pub async fn trash_many(&self, domain: Domain, targets: &[Target], write: Write) -> Result<()> {
        self.trash_with(domain, targets, Along::default(), write)
            .await
    }

    /// As [`Keep::trash_many`], with what is to go along, in the same change. A chat with several
    /// characters goes with the last of them.
    ///
    /// # Errors
    /// As [`Keep::trash_many`], and `bad-option` for what records of the domain do not have.
    pub async fn trash_with(
        &self,
        domain: Domain,
        targets: &[Target],
        along: Along,
        write: Write,
    ) -> Result<()> {
        if targets.len() >= MANY {
            self.backups().before("before many are deleted").await?;
        }
        let now = self.store().now();
        let mark = self.mark(domain, targets, Some(now), along, write);
        mark.await.map(drop)
    }

    /// Takes records out of the trash, with what went with them, and gives their
    /// entries. Several are read back and compared.
    ///
    /// # Errors
    /// As [`Keep::trash_many`]; `not-found` when one of them is not in the trash.
    pub async fn restore_many(
        &self,
        domain: Domain,
        targets: &[Target],
        write: Write,
    ) -> Result<Vec<Value>> {
        let mut restored = self
            .mark(domain, targets, None, Along::default(), write)
            .await?;
        restored.retain(|record| record.domain == domain.name());
        Ok(entries(domain, &restored))
    }

    /// Moves records into the trash or out of it, with what goes along.
    async fn mark(
        &self,
        domain: Domain,
        targets: &[Target],
        trashed_ms: Option<i64>,
        along: Along,
        write: Write,
    ) -> Result<Vec<Record>> {
        bounded(targets.len())?;
        if targets.is_empty() {
            self.store().answers().await?;
            return Ok(Vec::new());
        }
        let names_rev = targets.iter().any(|target| target.if_rev.is_some());
        in_turns(names_rev, async || {
            let mut change = Change::new();
            change.asked(write);
            if targets.len() > 1 {
                change.verify();
            }
            if trashed_ms.is_none() {
                change.durable();
            }
            let ids: Vec<&str> = targets.iter().map(|target| &*target.id).collect();
            let found = self.store().get_many(domain.name(), &ids).await?;
            let (mut seen, mut taken) = (HashSet::new(), HashSet::new());
            for (n, (target, found)) in targets.iter().zip(found).enumerate() {
                let refuse = |kind: Kind, detail: &str| {
                    let error = kind.because(detail).of(domain.name(), &target.id);
                    nth(targets.len(), n, error)
                };
                if !seen.insert(&target.id) {
                    return Err(refuse(Kind::Invalid, "the same id comes twice"));
                }
                let found =
                    found.filter(|record| record.trashed_ms.is_some() != trashed_ms.is_some());
                let Some(mut record) = found else {
                    let missing = match trashed_ms {
                        Some(_) => "there is no such record",
                        None => "the trash has no such record",
                    };
                    return Err(refuse(Kind::NotFound, missing));
                };
                if let Some(rev) = target.if_rev.filter(|rev| *rev != record.rev) {
                    let mut error = super::stale(&record, rev);
                    // The messages of a chat are too many to be told.
                    if domain != Domain::Chats {
                        let subject = Subject::of(domain.name())?;
                        error = error.between(subject.sides_of(self, &record, rev).await);
                    }
                    return Err(nth(targets.len(), n, error));
                }
                let going = |id: &str| ids.contains(&id);
                let with = match trashed_ms {
                    Some(_) => self.leaving_with(domain, &record.id, along, going).await?,
                    None => self.gone_with(domain, &record).await?,
                };
                for mut one in with.into_iter().filter(|one| taken.insert(one.id.clone())) {
                    one.trashed_ms = trashed_ms;
                    change.verify().write(one, History::Unchanged);
                }
                record.trashed_ms = trashed_ms;
                change.write(record, History::Unchanged);
            }
            self.commit(change).await
        })
        .await
    }
}

fn entries(domain: Domain, written: &[Record]) -> Vec<Value> {
    let entry = |record: &Record| records::entry(domain, record);
    written.iter().map(entry).collect()
}

pub(super) fn no_document() -> crate::error::Error {
    Kind::BadOption.because("a chat has no document; its messages are written one by one")
}
