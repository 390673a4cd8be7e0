//! Backups: everything at one moment, in a file, by hand and by itself.

use super::Keep;
use super::chat_row;
use super::domain::Domain;
use crate::codec;
use crate::error::{Kind, Result};
use crate::store::{
    Access, Backup, Content, Key, NewBackup, Record, Restored, Table, Value, Verified, next_rev,
    row_of,
};
use serde::Serialize;
use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

/// Bytes that are copied in one transaction: a keep of usual size is copied whole or not at all.
const AT_ONCE_BYTES: usize = 32 << 20;

/// How long after one look whether a backup is due comes the next.
const LOOK_EVERY_MS: i64 = 60_000;
/// An hour, a megabyte as people count them.
const HOUR_MS: i64 = 3_600_000;
const MEGABYTE: u64 = 1_000_000;

/// When the next backup comes by itself.
#[derive(Default)]
pub(super) struct Schedule {
    looked_ms: Cell<i64>,
    /// Writes at the last look, whether or not it found somebody busy …
    seen: Cell<u64>,
    /// … and when the last backup was made.
    backed_up: Cell<u64>,
}

/// What copying a backup in did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Copied {
    /// Id of the backup.
    pub backup: String,
    /// Id of the backup of what was there before.
    pub before: String,
    /// Records that were gone and are back.
    pub added: u64,
    /// Records that came with new ids, beside what has become of them since.
    pub copies: u64,
    /// Records that are there as the backup has them.
    pub same: u64,
    /// Records that cannot be read.
    pub unreadable: u64,
    /// Ids that were written, by their domain.
    pub changed: BTreeMap<String, BTreeSet<String>>,
}

/// The backups of a keep.
pub struct Backups {
    keep: Keep,
}

impl Backups {
    pub(super) fn new(keep: Keep) -> Backups {
        Backups { keep }
    }

    /// Every backup, oldest first.
    ///
    /// # Errors
    /// As [`Store::backups`](crate::store::Store::backups).
    pub async fn list(&self) -> Result<Vec<Backup>> {
        self.keep.store().backups().await
    }

    /// One backup; `None` when there is none.
    ///
    /// # Errors
    /// As [`Backups::list`].
    pub async fn get(&self, id: &str) -> Result<Option<Backup>> {
        super::domain::present(self.find(id).await)
    }

    /// One backup, to be handed out.
    ///
    /// # Errors
    /// As [`Store::backup`](crate::store::Store::backup).
    pub async fn find(&self, id: &str) -> Result<Backup> {
        self.keep.store().backup(id).await
    }

    /// Makes a backup of everything as it is now.
    ///
    /// # Errors
    /// As [`Store::create_backup`](crate::store::Store::create_backup).
    pub async fn create(&self, new: &NewBackup) -> Result<Backup> {
        self.keep.store().create_backup(new).await
    }

    /// Reads all of a backup and says what is sound.
    ///
    /// # Errors
    /// As [`Store::verify_backup`](crate::store::Store::verify_backup).
    pub async fn verify(&self, id: &str) -> Result<Verified> {
        self.keep.store().verify_backup(id).await
    }

    /// A stretch of a backup's file; empty behind its end.
    ///
    /// # Errors
    /// As [`Store::backup_piece`](crate::store::Store::backup_piece).
    pub async fn piece(&self, id: &str, from: u64) -> Result<Vec<u8>> {
        self.keep.store().backup_piece(id, from).await
    }

    /// Begins taking in a backup's file; gives the id that it has here.
    ///
    /// # Errors
    /// `read-only`.
    pub fn begin_import(&self) -> Result<String> {
        self.keep.store().begin_backup_import()
    }

    /// Takes in the next bytes of the file.
    ///
    /// # Errors
    /// What the place of the backups reports.
    pub async fn add(&self, id: &str, bytes: Vec<u8>) -> Result<()> {
        self.keep.store().add_to_backup(id, bytes).await
    }

    /// Ends taking in a file.
    ///
    /// # Errors
    /// As [`Store::end_backup_import`](crate::store::Store::end_backup_import).
    pub async fn end_import(&self, id: &str) -> Result<Backup> {
        self.keep.store().end_backup_import(id).await
    }

    /// Gives up what was taken in so far.
    ///
    /// # Errors
    /// What the place of the backups reports.
    pub async fn give_up_import(&self, id: &str) -> Result<()> {
        self.keep.store().give_up_backup_import(id).await
    }

    /// Makes a backup stay however many there are, or lets go of it again.
    ///
    /// # Errors
    /// As [`Store::pin_backup`](crate::store::Store::pin_backup).
    pub async fn pin(&self, id: &str, pinned: bool) -> Result<Backup> {
        self.keep.store().pin_backup(id, pinned).await
    }

    /// Removes a backup for good, pinned or not.
    ///
    /// # Errors
    /// As [`Store::delete_backup`](crate::store::Store::delete_backup).
    pub async fn delete(&self, id: &str) -> Result<()> {
        self.keep.store().delete_backup(id).await
    }

    /// Thins the backups as the settings say, and gives the ids of those that went. Pinned ones
    /// stay, and so does the newest.
    ///
    /// # Errors
    /// What the medium and the place of the backups report.
    pub async fn prune(&self) -> Result<Vec<String>> {
        let settings = self.keep.settings().get().await?;
        let last = settings["backupsKept"].as_u64().unwrap_or(10) as usize;
        let most = settings["backupMegabytes"].as_u64().unwrap_or(500);
        let most = most.saturating_mul(MEGABYTE);
        self.keep.store().prune_backups(last, most).await
    }

    /// Makes a backup when the settings say that one is due and something was changed since the
    /// last, and thins them then. For idle time, every few seconds: while somebody writes it
    /// waits.
    ///
    /// # Errors
    /// As [`Backups::create`].
    pub async fn tend(&self) -> Result<Option<Backup>> {
        let (store, schedule) = (self.keep.store(), &self.keep.0.schedule);
        let writes = store.writes();
        if *store.access() != Access::ReadWrite
            || store.is_locked()
            || schedule.seen.replace(writes) != writes
        {
            return Ok(None);
        }
        let now = store.now();
        if now.saturating_sub(schedule.looked_ms.get()) < LOOK_EVERY_MS {
            return Ok(None);
        }
        schedule.looked_ms.set(now);
        let settings = self.keep.settings().get().await?;
        let whole = |name: &str| settings[name].as_u64().unwrap_or(0);
        let (hours, many) = (whole("backupHours"), whole("backupWrites"));
        if (hours, many) == (0, 0) {
            return Ok(None);
        }
        let listed = self.list().await?;
        let newest = listed.iter().rev().find(|one| one.complete);
        let since = newest.map_or(store.created_ms(), |one| one.created);
        let span = i64::try_from(hours)
            .unwrap_or(i64::MAX)
            .saturating_mul(HOUR_MS);
        let overdue = hours > 0 && now.saturating_sub(since) >= span;
        let written = many > 0 && writes.saturating_sub(schedule.backed_up.get()) >= many;
        if !overdue && !written {
            return Ok(None);
        }
        let made = self.make_if_changed("by itself").await?;
        self.prune().await?;
        Ok(made)
    }

    /// Makes a backup before something after which more than a record is gone or another, unless
    /// the newest one holds what is there. A disk that is full is no reason not to empty the trash.
    ///
    /// # Errors
    /// As [`Backups::create`], but for `quota`.
    pub async fn before(&self, reason: &str) -> Result<()> {
        if self.keep.store().is_staged() {
            return Ok(());
        }
        match self.make_if_changed(reason).await {
            Err(error) if error.kind() == Kind::Quota => Ok(()),
            made => made.map(drop),
        }
    }

    async fn make_if_changed(&self, reason: &str) -> Result<Option<Backup>> {
        let store = self.keep.store();
        let writes = store.writes();
        let listed = self.list().await?;
        let newest = listed.iter().rev().find(|one| one.complete);
        let state = store.state().await?;
        let kept = newest.is_some_and(|one| one.state == state);
        // Nothing is no loss.
        let made = match kept || store.count(Table::Rows).await? == 0 {
            true => None,
            false => {
                let new = NewBackup {
                    reason: reason.to_owned(),
                    pin: false,
                };
                Some(self.create(&new).await?)
            }
        };
        self.keep.0.schedule.backed_up.set(writes);
        Ok(made)
    }

    /// Makes the keep what a backup holds. The observer hears of everything that was changed.
    ///
    /// # Errors
    /// As [`Store::restore_backup`](crate::store::Store::restore_backup).
    pub async fn replace(&self, id: &str) -> Result<Restored> {
        let restored = self.keep.store().restore_backup(id, false).await?;
        self.tell(&restored.changed);
        // Everything is stored; what cannot be read now is read at the next opening.
        let _ = self.keep.settings().apply().await;
        Ok(restored)
    }

    /// Makes the keep what it was before a migration, in the schema of that time, for an older
    /// version of the app. This keep writes nothing more then; opened again by this version,
    /// everything is lifted anew.
    ///
    /// # Errors
    /// As [`Store::restore_backup`](crate::store::Store::restore_backup).
    pub async fn roll_back(&self, id: &str) -> Result<Restored> {
        self.keep.store().restore_backup(id, true).await
    }

    /// Adds what a backup has to what is there: records that are gone come back, those that are
    /// another now come as copies with new ids, and chats name the copies. Nothing that is there
    /// is changed, and settings stay. Of a damaged backup comes what is sound.
    ///
    /// # Errors
    /// `not-found`, `too-new`, `read-only`, and what the medium and the place of the backups report.
    pub async fn copy(&self, id: &str) -> Result<Copied> {
        let store = self.keep.store();
        let content = store.open_backup(id).await?;
        content.check(id)?;
        let before = store.before_image("before a backup is copied in").await?;
        let _gathering = store.gather();
        let fence = store.fence();
        store.put_parts(&content, &fence).await?;
        let mut copied = Copied {
            backup: id.to_owned(),
            before,
            ..Copied::default()
        };
        // The ids under which records of the backup come; `None`: they are there.
        let mut ids: BTreeMap<Key, Option<String>> = BTreeMap::new();
        for entry in 0..content.len() {
            let rows = rows(&content, entry).await?;
            let keys: Vec<Key> = rows.iter().map(|(key, _)| key.clone()).collect();
            let present = store.rows_at(&keys).await?;
            for (key, value) in rows {
                let Ok(record) = Record::decode(key.text(0), key.text(1), &value.bytes) else {
                    copied.unreadable += 1;
                    continue;
                };
                let new = match present.iter().find(|row| row.key == key) {
                    None => Some(record.id),
                    Some(row) if row.record.as_ref().is_ok_and(|there| same(there, &record)) => {
                        None
                    }
                    Some(_) => Some(codec::new_id(store.now())),
                };
                copied.same += u64::from(new.is_none());
                ids.insert(key, new);
            }
        }
        let own = content.own_pages();
        let (mut new_rows, mut new_pages, mut bytes) = (Vec::new(), Vec::new(), 0);
        for entry in 0..content.len() {
            for (key, value) in rows(&content, entry).await? {
                let Some(Some(new)) = ids.get(&key) else {
                    continue;
                };
                let mut record = Record::decode(key.text(0), key.text(1), &value.bytes)?;
                let renewed = *new != record.id;
                record.id.clone_from(new);
                relink(&mut record, &ids);
                record.versions = Some(Vec::new());
                let rev = if renewed {
                    1
                } else {
                    next_rev(value.rev, None, store.now())
                };
                let row = row_of(&record, rev);
                bytes += row.bytes.len();
                for (page, at) in own.get(key.text(1)).into_iter().flatten() {
                    let value = content.values(*at).await?;
                    let value = value
                        .into_iter()
                        .find(|(table, key, _)| *table == Table::Pages && key == page);
                    let Some((_, mut page, value)) = value else {
                        continue;
                    };
                    if let Some(owner) = page.0.get_mut(1) {
                        *owner = new.as_str().into();
                    }
                    bytes += value.bytes.len();
                    new_pages.push((page, value));
                }
                let told = copied.changed.entry(record.domain.clone()).or_default();
                told.insert(new.clone());
                *(if renewed {
                    &mut copied.copies
                } else {
                    &mut copied.added
                }) += 1;
                new_rows.push((Key::row(&record.domain, new), row));
                if bytes >= AT_ONCE_BYTES {
                    bytes = 0;
                    store
                        .add_rows(
                            std::mem::take(&mut new_rows),
                            std::mem::take(&mut new_pages),
                        )
                        .await?;
                }
            }
        }
        if !new_rows.is_empty() {
            store.add_rows(new_rows, new_pages).await?;
        }
        self.tell(&copied.changed);
        Ok(copied)
    }

    fn tell(&self, changed: &BTreeMap<String, BTreeSet<String>>) {
        for (domain, ids) in changed {
            if Domain::of(domain).is_ok() || domain == super::settings::DOMAIN {
                let ids: Vec<String> = ids.iter().cloned().collect();
                (self.keep.0.observer)(domain, &ids);
            }
        }
    }
}

/// The records of an entry that have ids of their own.
async fn rows(content: &Content, entry: usize) -> Result<Vec<(Key, Value)>> {
    let values = content.values(entry).await?;
    let records = values
        .into_iter()
        .filter(|(table, key, _)| *table == Table::Rows && Domain::of(key.text(0)).is_ok());
    Ok(records.map(|(_, key, value)| (key, value)).collect())
}

/// Whether two states of a record say the same.
fn same(there: &Record, other: &Record) -> bool {
    let said = |record: &Record| {
        (
            record.head.clone(),
            record.body.clone(),
            record.parts.clone(),
            record.trashed_ms.is_some(),
        )
    };
    said(there) == said(other)
}

/// Has a chat name the copies of its characters.
fn relink(record: &mut Record, ids: &BTreeMap<Key, Option<String>>) {
    if record.domain != Domain::Chats.name() {
        return;
    }
    let known = record.head["characters"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    let copy = |id: &str| match ids.get(&Key::row(Domain::Characters.name(), id)) {
        Some(Some(new)) => new.clone(),
        _ => id.to_owned(),
    };
    let links: Vec<String> = known
        .iter()
        .filter_map(|id| id.as_str())
        .map(copy)
        .collect();
    record.by.retain(|key| !key.starts_with(chat_row::LINK));
    chat_row::link(record, &links);
}
