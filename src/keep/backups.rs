//! Backups: everything at one moment, in a file, by hand and by itself.

use super::Keep;
use super::domain::Domain;
use super::links::Links;
use super::{records, unsent};
use crate::codec;
use crate::error::{Kind, Result};
use crate::store::{
    Access, Backup, Content, Key, NewBackup, Record, Restored, Row, Table, Value, Verified,
    next_rev, row_of,
};
use serde::{Deserialize, Serialize};
use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

/// Bytes that are copied in one transaction: a keep of usual size is copied whole or not at all.
const AT_ONCE_BYTES: usize = 32 << 20;

/// How long after one look whether a backup is due comes the next.
const LOOK_EVERY_MS: i64 = 60_000;
/// An hour, a megabyte as people count them.
const HOUR_MS: i64 = 3_600_000;
const MEGABYTE: u64 = 1_000_000;

/// Where `meta` remembers that.
const EXPORTED: &str = "exported";

/// When a backup was handed out as a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exported {
    /// Then, milliseconds since 1970.
    pub at: i64,
    /// Of when the backup is.
    pub of: i64,
}

/// When the next backup comes by itself.
#[derive(Default)]
pub(super) struct Schedule {
    looked_ms: Cell<i64>,
    /// Writes at the last look, whether or not it found somebody busy …
    seen: Cell<u64>,
    /// … and when the last backup was made.
    backed_up: Cell<u64>,
    /// Whether what earlier builds made was looked for.
    took_over: Cell<bool>,
}

/// A record that a backup has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Its domain.
    pub domain: Domain,
    /// Its id.
    pub id: String,
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

    /// The entries of the records that a backup has, each with its `domain`; what cannot be read
    /// is not among them.
    ///
    /// # Errors
    /// As [`Backups::verify`].
    pub async fn contents(&self, id: &str) -> Result<Vec<serde_json::Value>> {
        let content = self.keep.store().open_backup(id).await?;
        content.check(id)?;
        let mut entries = Vec::new();
        for entry in 0..content.len() {
            for row in wanted(&content, entry, None).await? {
                let Ok(record) = row.record else { continue };
                let domain = Domain::of(&record.domain)?;
                let mut entry = records::entry(domain, &record);
                entry["domain"] = domain.name().into();
                entries.push(entry);
            }
        }
        Ok(entries)
    }

    /// A stretch of a backup's file; empty behind its end.
    ///
    /// # Errors
    /// As [`Store::backup_piece`](crate::store::Store::backup_piece).
    pub async fn piece(&self, id: &str, from: u64) -> Result<Vec<u8>> {
        let store = self.keep.store();
        let piece = store.backup_piece(id, from).await?;
        if piece.is_empty() && from > 0 && *store.access() == Access::ReadWrite {
            let exported = Exported {
                at: store.now(),
                of: self.find(id).await?.created,
            };
            // The file is out, whether or not that can be remembered.
            let _ = store.remember(EXPORTED, &exported).await;
        }
        Ok(piece)
    }

    /// The last time that a backup's file was read to its end; `None` when there was none.
    ///
    /// # Errors
    /// What the medium reports.
    pub async fn last_export(&self) -> Result<Option<Exported>> {
        self.keep.store().remembered(EXPORTED).await
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
    /// last, and thins them then; makes backups of the copies that earlier builds left. For idle
    /// time, every few seconds: while somebody writes it waits.
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
        let within = |since: i64, span: i64| (0..span).contains(&now.saturating_sub(since));
        if within(schedule.looked_ms.get(), LOOK_EVERY_MS) {
            return Ok(None);
        }
        schedule.looked_ms.set(now);
        if !schedule.took_over.replace(true) {
            store.take_over_copies().await?;
        }
        let settings = self.keep.settings().get().await?;
        let whole = |name: &str| settings[name].as_u64().unwrap_or(0);
        let (hours, many) = (whole("backupHours"), whole("backupWrites"));
        if (hours, many) == (0, 0) {
            return Ok(None);
        }
        let listed = self.list().await?;
        // Those of the future were made by another clock.
        let past = |one: &&Backup| one.complete && one.created <= now;
        let newest = listed.iter().rev().find(past);
        let since = newest.map_or(store.created_ms(), |one| one.created);
        let span = i64::try_from(hours)
            .unwrap_or(i64::MAX)
            .saturating_mul(HOUR_MS);
        let overdue = hours > 0 && !within(since, span);
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
        let now = store.now();
        let whole = |one: &&Backup| one.complete && !one.rows_only && one.created <= now;
        let newest = listed.iter().rev().find(whole);
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
        self.refuse_without_parts(id).await?;
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
        self.refuse_without_parts(id).await?;
        self.keep.store().restore_backup(id, true).await
    }

    /// A backup without parts is good where they are.
    async fn refuse_without_parts(&self, id: &str) -> Result<()> {
        if !self.find(id).await?.rows_only {
            return Ok(());
        }
        let content = self.keep.store().open_backup(id).await?;
        let there = self.keep.parts_there().await?;
        for entry in 0..content.len() {
            for row in content.rows(entry).await? {
                if !self.keep.is_whole(&row, &there, &content).await? {
                    let detail = "the backup has no parts of its own, and something that it refers to is gone";
                    return Err(Kind::Corrupt.because(detail).of("backups", id));
                }
            }
        }
        Ok(())
    }

    /// Adds what a backup has to what is there: records that are gone come back, those that are
    /// another now come as copies with new ids, each with its older states, and chats name the
    /// copies and bring what is not sent yet. Nothing that is there is changed, and settings stay.
    /// Of a damaged backup comes what is sound.
    ///
    /// A copy has the same id every time, so what was cut short goes on when it is asked for
    /// again, and nothing comes twice. With `only` these records come and no others; what they
    /// are linked to is as it is here.
    ///
    /// # Errors
    /// `not-found`, also for one of `only` that is not in it, `too-new`, `read-only`, and what the
    /// medium and the place of the backups report. More than 32 MB come in several writes; those
    /// before the failed one stay.
    pub async fn copy(&self, id: &str, only: Option<&[Part]>) -> Result<Copied> {
        let store = self.keep.store();
        let content = store.open_backup(id).await?;
        content.check(id)?;
        let key = |part: &Part| Key::row(part.domain.name(), &part.id);
        let only: Option<BTreeSet<Key>> = only.map(|only| only.iter().map(key).collect());
        for key in only.iter().flatten() {
            if !content.has(Table::Rows, key) {
                let missing = Kind::NotFound.because("the backup has no such record");
                return Err(missing.of(key.text(0), key.text(1)));
            }
        }
        let before = store
            .before_image("before a backup is copied in", false)
            .await?;
        let _gathering = store.gather();
        let fence = store.fence();
        store.put_parts(&content, &fence).await?;
        let mut copied = Copied {
            backup: id.to_owned(),
            before,
            ..Copied::default()
        };
        let places = self.places(&content, only.as_ref(), &mut copied).await?;
        let own = content.own_pages();
        let older = content.older_states();
        let (mut new_rows, mut new_pages, mut bytes) = (Vec::new(), Vec::new(), 0);
        for entry in 0..content.len() {
            for row in wanted(&content, entry, only.as_ref()).await? {
                let key = &row.key;
                let Some(Place {
                    id: new,
                    free: true,
                }) = places.get(key)
                else {
                    continue;
                };
                let states = older.get(&format!("{}/{}", key.text(0), key.text(1)));
                let states = states.map(Vec::as_slice).unwrap_or_default();
                for (at, entry) in states {
                    let Some(value) = content.value(Table::Rows, at, *entry).await? else {
                        continue;
                    };
                    if let Some((at, value)) = moved_version(at, value, new, &places) {
                        bytes += value.bytes.len();
                        new_rows.push((at, value));
                    }
                }
                for (at, entry) in own.get(key.text(1)).into_iter().flatten() {
                    let Some(value) = content.value(Table::Pages, at, *entry).await? else {
                        continue;
                    };
                    let mut at = at.clone();
                    if let Some(owner) = at.0.get_mut(1) {
                        *owner = new.as_str().into();
                    }
                    bytes += value.bytes.len();
                    new_pages.push((at, value));
                }
                if key.text(0) == Domain::Chats.name() {
                    let unsent = self.unsent_of(&content, key.text(1), new).await?;
                    new_rows.extend(unsent);
                }
                let mut record = row.record?;
                let renewed = *new != record.id;
                record.id.clone_from(new);
                relink(&mut record, &places);
                let there = |rev| states.iter().any(|(at, _)| at.0.last() == Some(&rev));
                if let Some(versions) = &mut record.versions {
                    versions.retain(|kept| there(kept.rev.into()));
                }
                let rev = next_rev(row.value.rev, None, store.now());
                let value = row_of(&record, rev);
                bytes += value.bytes.len();
                let told = copied.changed.entry(record.domain.clone()).or_default();
                told.insert(new.clone());
                *(if renewed {
                    &mut copied.copies
                } else {
                    &mut copied.added
                }) += 1;
                new_rows.push((Key::row(&record.domain, new), value));
                if bytes >= AT_ONCE_BYTES {
                    bytes = 0;
                    let (rows, pages) = (&mut new_rows, &mut new_pages);
                    let (rows, pages) = (std::mem::take(rows), std::mem::take(pages));
                    store.add_rows(rows, pages).await?;
                }
            }
        }
        if !new_rows.is_empty() {
            store.add_rows(new_rows, new_pages).await?;
        }
        self.tell(&copied.changed);
        Ok(copied)
    }

    /// The unsent message of a chat that comes under an id; `None` when there is none, or one is
    /// there.
    async fn unsent_of(
        &self,
        content: &Content,
        chat: &str,
        new: &str,
    ) -> Result<Option<(Key, Value)>> {
        let (key, at) = (
            Key::row(unsent::DOMAIN, chat),
            Key::row(unsent::DOMAIN, new),
        );
        let Some(entry) = content.entry_of(Table::Rows, &key) else {
            return Ok(None);
        };
        let store = self.keep.store();
        if store.row(&at).await?.is_some() {
            return Ok(None);
        }
        let value = content.value(Table::Rows, &key, entry).await?;
        let found = value.map(|value| Row::of(key, value));
        // One that is damaged keeps no chat out.
        let Some(mut record) = found.and_then(|row| row.record.ok()) else {
            return Ok(None);
        };
        for part in record.parts.values() {
            if !store.flaws(part).await?.is_empty() {
                return Ok(None);
            }
        }
        record.id = new.to_owned();
        let rev = next_rev(record.rev, None, store.now());
        Ok(Some((at, row_of(&record, rev))))
    }

    /// Where the records of a backup come.
    async fn places(
        &self,
        content: &Content,
        only: Option<&BTreeSet<Key>>,
        copied: &mut Copied,
    ) -> Result<Places> {
        let mut places = Places::new();
        let parts = match content.has_parts() {
            true => None,
            false => Some(self.keep.parts_there().await?),
        };
        // Chats name characters, so the places of those are known first.
        for chats in [false, true] {
            for entry in 0..content.len() {
                let mut rows = wanted(content, entry, only).await?;
                rows.retain(|row| (row.key.text(0) == Domain::Chats.name()) == chats);
                let keys: Vec<Key> = rows.iter().map(|row| row.key.clone()).collect();
                let present = self.keep.store().rows_at(&keys).await?;
                for row in rows {
                    let whole = match &parts {
                        Some(there) => self.keep.is_whole(&row, there, content).await?,
                        None => true,
                    };
                    let Some(record) = row.record.ok().filter(|_| whole) else {
                        copied.unreadable += 1;
                        continue;
                    };
                    let there = present.iter().find(|there| there.key == row.key);
                    let id = record.id.clone();
                    let place = match there {
                        None => Place { id, free: true },
                        Some(there) if same(there, &record) => Place { id, free: false },
                        Some(_) => self.copy_of(record, &row.value.bytes, &places).await?,
                    };
                    copied.same += u64::from(!place.free);
                    places.insert(row.key, place);
                }
            }
        }
        Ok(places)
    }

    /// Where a record comes that is another now: the first place that is free or has this copy.
    async fn copy_of(&self, mut record: Record, bytes: &[u8], places: &Places) -> Result<Place> {
        relink(&mut record, places);
        let mut number = 0_u64;
        loop {
            let id = codec::derived_id(bytes, number);
            let there = self
                .keep
                .store()
                .row(&Key::row(&record.domain, &id))
                .await?;
            match there {
                None => return Ok(Place { id, free: true }),
                Some(there) if same(&there, &record) => return Ok(Place { id, free: false }),
                Some(_) => number += 1,
            }
        }
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

/// Where a record of a backup comes.
struct Place {
    id: String,
    /// Nothing is there; otherwise the same is.
    free: bool,
}

type Places = BTreeMap<Key, Place>;

/// The records of an entry that have ids of their own, and are wanted.
async fn wanted(content: &Content, entry: usize, only: Option<&BTreeSet<Key>>) -> Result<Vec<Row>> {
    let mut rows = content.rows(entry).await?;
    rows.retain(|row| {
        Domain::of(row.key.text(0)).is_ok() && only.is_none_or(|only| only.contains(&row.key))
    });
    Ok(rows)
}

/// Whether a record that is there says the same as another.
fn same(there: &Row, other: &Record) -> bool {
    let said = |record: &Record| {
        (
            record.head.clone(),
            record.body.clone(),
            record.parts.clone(),
            record.trashed_ms.is_some(),
        )
    };
    let there = there.record.as_ref();
    there.is_ok_and(|there| said(there) == said(other))
}

/// An older state as that of a record with another id. One that cannot be read stays behind.
fn moved_version(at: &Key, value: Value, new: &str, places: &Places) -> Option<(Key, Value)> {
    let (domain, id) = at.text(1).split_once('/')?;
    let mut record = Record::decode(domain, id, &value.bytes).ok()?;
    record.id = new.to_owned();
    relink(&mut record, places);
    let mut at = at.clone();
    *at.0.get_mut(1)? = format!("{domain}/{new}").as_str().into();
    let value = Value {
        bytes: record.encode(),
        ..value
    };
    Some((at, value))
}

/// Has a chat name the copies of what it belongs to.
fn relink(record: &mut Record, places: &Places) {
    if record.domain != Domain::Chats.name() {
        return;
    }
    let copy = |domain: Domain, id: &str| match places.get(&Key::row(domain.name(), id)) {
        Some(place) => Some(place.id.clone()),
        None => Some(id.to_owned()),
    };
    Links::of(record).with(copy).put(record);
}
