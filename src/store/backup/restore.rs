//! Restoring: the keep becomes what a backup holds.
//!
//! First the keep's own record says that a restore is under way, so that nobody else writes, and
//! a backup of what is there is made. Then what is addressed by content is put in, which changes
//! nothing, and the rows are replaced, entry by entry, with the cursor in the same transaction.
//! Killed anywhere, the next opening finds either nothing changed, or goes on to the end. What
//! cannot be brought to its end is undone from the backup that was made before.

use super::content::Content;
use crate::codec;
use crate::error::{Error, Kind, Result};
use crate::migrate::SCHEMA;
use crate::order;
use crate::store::engine::Store;
use crate::store::keep_meta::{KeepMeta, RestoreEnd, Restoring};
use crate::store::log::{Level, LogEntry};
use crate::store::medium::{Burst, Check, Key, Put, Scan, Table, Value};
use crate::store::quarantine;
use crate::store::record::Record;
use crate::store::row::{QUARANTINE, SNAPSHOTS, VERSIONS, row_of};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Rows removed in one transaction.
const ROWS: u32 = 200;
/// Pages compared at once.
const PAGES: usize = 40;
/// How often a restore is begun anew because a tab was opened meanwhile.
const BEGINNINGS: u32 = 5;
/// How often another tab may be faster.
const ATTEMPTS: u32 = 50;

/// What a restore did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Restored {
    /// Id of the backup that was restored.
    pub backup: String,
    /// Id of the backup of what was there before.
    pub before: String,
    /// Ids that were written or removed, by their domain; without those of older states.
    pub changed: BTreeMap<String, BTreeSet<String>>,
}

impl Store {
    /// Makes the keep what a backup holds. Records have higher revisions than before, so that
    /// tabs and the second copy believe them. `back`: to the schema of the backup, for an older
    /// version of the app; this store writes nothing more then.
    ///
    /// # Errors
    /// `not-found`, `corrupt` when the backup is damaged, `too-new`, `read-only`, `bad-option`
    /// when there is no way back, and what the medium and the place of the backups report. The
    /// keep is as it was then, or will be at the next opening.
    pub async fn restore_backup(&self, id: &str, back: bool) -> Result<Restored> {
        self.refuse_read_only()?;
        let _gathering = self.gather();
        let content = self.open_backup(id).await?;
        let schema = usable(&content, id)?;
        let plain = KeepMeta::read(&self.fence_bytes())?;
        if back && schema >= plain.schema {
            return Err(Kind::BadOption
                .because("the backup is of no older schema")
                .of("backups", id));
        }
        let end = if back { schema } else { plain.schema };
        let mut pass = Pass {
            store: self,
            content,
            restoring: Restoring {
                backup: id.to_owned(),
                before: None,
                done: 0,
                schema: end,
            },
            stored: self.fence_bytes(),
            plain,
            restored: Restored::default(),
        };
        let mut attempts = BEGINNINGS;
        loop {
            attempts -= 1;
            match pass.begin().await {
                Ok(()) => break,
                // A tab that was opened meanwhile has taken it for abandoned.
                Err(error)
                    if error.kind() == Kind::TooNew && attempts > 0 && !pass.adopt().await? => {}
                Err(error) => return Err(error),
            }
        }
        let run = match pass.run().await {
            Ok(()) => pass.finish(true).await,
            Err(error) => Err(error),
        };
        if let Err(error) = run {
            self.note_restore(Level::Error, "restore-failed", &error);
            let _ = pass.undo().await;
            return Err(error);
        }
        self.note_backup(Level::Info, "restored", pass.restored.count());
        Ok(pass.restored)
    }

    /// Ends a restore that was under way when the page ended, and gives the keep's record as
    /// it is then.
    pub(in crate::store) async fn end_restore(
        &self,
        keep: KeepMeta,
    ) -> Result<(KeepMeta, RestoreEnd)> {
        let Some(restoring) = keep.restoring.clone() else {
            return Err(Kind::Bug.because("no restore is under way"));
        };
        let stored = keep.encode();
        let plain = KeepMeta {
            restoring: None,
            min_writer: keep.schema,
            ..keep
        };
        let mut pass = Pass {
            store: self,
            content: Content::empty(self.shelf()),
            restoring,
            stored,
            plain,
            restored: Restored::default(),
        };
        let end = match pass.restoring.before.clone() {
            // It may have been announced and never begun: what a log that goes further than the
            // database tells is no reason to change anything.
            None => RestoreEnd::Undone,
            Some(_) => match pass.resume().await {
                Ok(()) => RestoreEnd::Finished,
                Err(error) if error.kind() == Kind::TooNew => return Err(error),
                Err(error) => {
                    self.note_restore(Level::Error, "restore-failed", &error);
                    match pass.undo().await {
                        Ok(()) => return Ok((pass.ended(false), RestoreEnd::Undone)),
                        Err(error) if error.kind().retryable() => return Err(error),
                        Err(_) => RestoreEnd::Mixed,
                    }
                }
            },
        };
        pass.finish(end == RestoreEnd::Finished).await?;
        Ok((pass.ended(end == RestoreEnd::Finished), end))
    }

    /// Puts in what a backup has of what is addressed by content, and the keep has not.
    pub(crate) async fn put_parts(&self, content: &Content, fence: &Check) -> Result<()> {
        for entry in 0..content.len() {
            let mut parts = content.values(entry).await?;
            parts.retain(|(table, key, _)| *table == Table::Pages && key.text(0) == "part");
            for parts in parts.chunks(PAGES) {
                let keys: Vec<Key> = parts.iter().map(|(_, key, _)| key.clone()).collect();
                let bad = self.bad_pages(&keys).await?;
                let mut burst = Burst {
                    checks: vec![fence.clone()],
                    ..Burst::default()
                };
                for (table, key, value) in parts.iter().filter(|(_, key, _)| bad.contains(key)) {
                    burst.puts.push(put(*table, key, value.clone()));
                }
                if !burst.puts.is_empty() {
                    self.write(burst).await?;
                }
            }
        }
        Ok(())
    }

    /// Adds rows that are not there, with their pages, in one transaction.
    ///
    /// # Errors
    /// `conflict` when one of the rows is there by now.
    pub(crate) async fn add_rows(
        &self,
        rows: Vec<(Key, Value)>,
        pages: Vec<(Key, Value)>,
    ) -> Result<()> {
        let mut burst = self.guarded()?;
        for (key, value) in rows {
            if key.text(0) != VERSIONS {
                burst.checks.push(Check::Rev {
                    key: key.clone(),
                    rev: None,
                });
            }
            burst.puts.push(put(Table::Rows, &key, value));
        }
        let pages = pages.into_iter();
        burst
            .puts
            .extend(pages.map(|(key, value)| put(Table::Pages, &key, value)));
        self.write(burst).await
    }

    fn note_restore(&self, level: Level, event: &'static str, error: &Error) {
        let entry = LogEntry::new(self.now(), level, event);
        self.log().note(entry.error(error));
    }
}

/// The schema of a backup that can be restored whole.
fn usable(content: &Content, id: &str) -> Result<u32> {
    let damaged = || {
        let detail = "the backup is damaged; restored as a copy, what is sound comes back";
        Kind::Corrupt.because(detail).of("backups", id)
    };
    let manifest = content.manifest.as_ref().ok_or_else(damaged)?;
    manifest.check().map_err(|error| error.of("backups", id))?;
    if !content.verified.ok {
        return Err(damaged());
    }
    Ok(manifest.schema)
}

fn put(table: Table, key: &Key, value: Value) -> Put {
    Put {
        table,
        key: key.clone(),
        value,
    }
}

/// A revision that the second copy believes: above every one that the record had, also when it
/// was removed since.
pub(crate) fn next_rev(rev: u64, present: Option<u64>, now_ms: i64) -> u64 {
    match present {
        Some(present) => present.max(rev) + 1,
        None => u64::try_from(now_ms).unwrap_or(0).max(rev + 1),
    }
}

/// One way through a backup. Two tabs may be at it at once: each entry is done by the one that
/// moves the cursor, the other goes on behind it.
struct Pass<'a> {
    store: &'a Store,
    content: Content,
    /// The keep's own record without the restore.
    plain: KeepMeta,
    restoring: Restoring,
    /// The keep's own record as the medium has it.
    stored: Vec<u8>,
    restored: Restored,
}

impl Restored {
    fn count(&self) -> u64 {
        self.changed.values().map(|ids| ids.len() as u64).sum()
    }

    fn tell(&mut self, key: &Key) {
        if key.text(0) != VERSIONS {
            let ids = self.changed.entry(key.text(0).to_owned()).or_default();
            ids.insert(key.text(1).to_owned());
        }
    }
}

impl Pass<'_> {
    /// The keep's own record when the restore has ended.
    fn ended(&self, finished: bool) -> KeepMeta {
        match finished {
            true => KeepMeta {
                schema: self.restoring.schema,
                min_writer: self.restoring.schema,
                ..self.plain.clone()
            },
            false => self.plain.clone(),
        }
    }

    /// Whether the rows stay in the schema of the backup.
    fn goes_back(&self) -> bool {
        self.restoring.schema < self.plain.schema
    }

    /// Writes a burst together with the cursor, if the restore is still as this pass knows it.
    async fn advance(&mut self, burst: Burst, next: Restoring) -> Result<()> {
        let keep = KeepMeta {
            // Older code must not write what it cannot bring to an end.
            min_writer: SCHEMA + 1,
            restoring: Some(next.clone()),
            ..self.plain.clone()
        };
        self.write(burst, &keep).await?;
        self.restoring = next;
        Ok(())
    }

    /// The check that the restore is as this pass knows it.
    fn check(&self) -> Check {
        Check::Same {
            table: Table::Meta,
            key: Key::meta(KeepMeta::KEY),
            bytes: Some(self.stored.clone()),
        }
    }

    async fn write(&mut self, mut burst: Burst, keep: &KeepMeta) -> Result<()> {
        let key = Key::meta(KeepMeta::KEY);
        burst.checks.insert(0, self.check());
        let bytes = keep.encode();
        burst
            .puts
            .push(put(Table::Meta, &key, Value::bytes(bytes.clone())));
        burst.durable = true;
        self.store.write(burst).await?;
        self.stored = bytes;
        Ok(())
    }

    /// Keeps everybody else from writing and makes the backup of what is there: from then on there
    /// is no way but to an end. Where that fails, nothing was changed.
    async fn begin(&mut self) -> Result<()> {
        self.advance(Burst::default(), self.restoring.clone())
            .await?;
        let made = self.store.before_image("before a restore", false).await;
        let before = match made {
            Ok(before) => before,
            Err(error) => {
                let _ = self.finish(false).await;
                return Err(error);
            }
        };
        let next = Restoring {
            before: Some(before.clone()),
            ..self.restoring.clone()
        };
        if let Err(error) = self.advance(Burst::default(), next).await {
            let _ = self.finish(false).await;
            let _ = self.store.remove_backup(&before).await;
            return Err(error);
        }
        self.restored.backup = self.restoring.backup.clone();
        self.restored.before = before;
        Ok(())
    }

    async fn finish(&mut self, finished: bool) -> Result<()> {
        let keep = self.ended(finished);
        match self.write(Burst::default(), &keep).await {
            // Another tab was first.
            Err(error) if error.kind() == Kind::TooNew && !self.adopt().await? => Ok(()),
            settled => settled,
        }
    }

    async fn resume(&mut self) -> Result<()> {
        let id = self.restoring.backup.clone();
        self.content = self.store.open_backup(&id).await?;
        usable(&self.content, &id)?;
        self.run().await
    }

    /// Makes the keep what it was before.
    async fn undo(&mut self) -> Result<()> {
        let Some(before) = self.restoring.before.clone() else {
            return self.finish(false).await;
        };
        let next = Restoring {
            backup: before,
            done: 0,
            schema: self.plain.schema,
            ..self.restoring.clone()
        };
        self.advance(Burst::default(), next).await?;
        self.resume().await?;
        self.finish(false).await
    }

    /// Goes on until the rows are those of the backup.
    async fn run(&mut self) -> Result<()> {
        let own = self.content.own_pages();
        let mut attempts = ATTEMPTS;
        let mut parts = false;
        loop {
            let more = self.restoring.done < self.content.len() as u64;
            let stepped = match (parts, more) {
                // Under the restore's own check nobody sweeps them meanwhile.
                (false, _) => self.store.put_parts(&self.content, &self.check()).await,
                (true, true) => self.entry(&own).await,
                (true, false) => self.remove_others().await,
            };
            match stepped {
                Ok(()) if !parts => parts = true,
                Ok(()) if more => {}
                Ok(()) => return Ok(()),
                Err(error)
                    if matches!(error.kind(), Kind::TooNew | Kind::Conflict) && attempts > 0 =>
                {
                    attempts -= 1;
                    if !self.adopt().await? {
                        return Ok(());
                    }
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Goes on where another tab is; false when the restore has ended there.
    async fn adopt(&mut self) -> Result<bool> {
        let key = [Key::meta(KeepMeta::KEY)];
        let found = self.store.medium().read(Table::Meta, &key).await?;
        let found = found.into_iter().next().flatten();
        let found = found.ok_or_else(|| Kind::Corrupt.because("the keep's own record is gone"))?;
        let keep = KeepMeta::read(&found.bytes)?;
        match keep.restoring {
            Some(restoring) if restoring.backup == self.restoring.backup => {
                self.restoring = restoring;
                self.stored = found.bytes;
                Ok(true)
            }
            Some(_) => Err(Kind::TooNew.because("another tab restores another backup")),
            None if self.plain == keep || self.ended(true) == keep => {
                self.stored = found.bytes;
                Ok(false)
            }
            None => Err(Kind::TooNew.because("another version of the app has changed the keep")),
        }
    }

    /// Replaces the rows of one entry of the file.
    async fn entry(&mut self, own: &BTreeMap<String, Vec<(Key, usize)>>) -> Result<()> {
        let number = self.restoring.done as usize;
        let mut rows = self.content.values(number).await?;
        rows.retain(|(table, ..)| *table == Table::Rows);
        let keys: Vec<Key> = rows.iter().map(|(_, key, _)| key.clone()).collect();
        let present = self.store.medium().read(Table::Rows, &keys).await?;
        let mut burst = Burst::default();
        let mut told = Vec::new();
        let mut pages = Vec::new();
        for ((_, key, value), present) in rows.into_iter().zip(present) {
            if present.as_ref() == Some(&value) {
                continue;
            }
            if key.text(0) == VERSIONS {
                burst.puts.push(put(Table::Rows, &key, value));
                continue;
            }
            let rev = present.as_ref().map(|present| present.rev);
            burst.checks.push(Check::Rev {
                key: key.clone(),
                rev,
            });
            match self.row(&key, &value, rev) {
                Ok(row) => {
                    pages.extend(own.get(key.text(1)).into_iter().flatten().cloned());
                    burst.puts.push(put(Table::Rows, &key, row));
                }
                Err(error) => {
                    let (kind, reason) = (error.kind(), error.detail());
                    let now = self.store.now();
                    burst
                        .puts
                        .extend(quarantine::row(&key, &value, kind, reason, now));
                    burst.deletes.push((Table::Rows, key.clone()));
                }
            }
            told.push(key);
        }
        order::sort_by_key(&mut pages, |(_, entry)| *entry);
        for group in pages.chunk_by(|(_, a), (_, b)| a == b) {
            let values = self.content.values(group[0].1).await?;
            let wanted = |key: &Key| group.iter().any(|(wanted, _)| wanted == key);
            let values = values.into_iter().filter(|(_, key, _)| wanted(key));
            burst
                .puts
                .extend(values.map(|(table, key, value)| put(table, &key, value)));
        }
        let next = Restoring {
            done: self.restoring.done + 1,
            ..self.restoring.clone()
        };
        self.advance(burst, next).await?;
        told.iter().for_each(|key| self.restored.tell(key));
        Ok(())
    }

    /// A row of the backup as it stands in the keep.
    fn row(&self, key: &Key, value: &Value, present: Option<u64>) -> Result<Value> {
        if [QUARANTINE, SNAPSHOTS].contains(&key.text(0)) {
            return Ok(value.clone());
        }
        let rev = next_rev(value.rev, present, self.store.now());
        if self.goes_back() {
            let mut frame = codec::read_frame(&value.bytes)?;
            frame.value["rev"] = rev.into();
            return Ok(Value {
                rev,
                by: value.by.clone(),
                bytes: codec::write_frame(&frame.value),
            });
        }
        let record = Record::decode(key.text(0), key.text(1), &value.bytes)?;
        Ok(row_of(&record, rev))
    }

    /// Removes the rows that the backup does not have. They are in the one made before. What is
    /// in quarantine stays.
    async fn remove_others(&mut self) -> Result<()> {
        let mut after = None;
        loop {
            let scan = Scan::of(Table::Rows, []).chunk(after.take(), ROWS);
            let rows = self.store.medium().scan(scan).await?;
            let Some((last, _)) = rows.last() else {
                return Ok(());
            };
            after = Some(last.clone());
            let mut burst = Burst::default();
            let mut told = Vec::new();
            for (key, row) in rows {
                let stays = [QUARANTINE, SNAPSHOTS].contains(&key.text(0));
                if stays || self.content.has(Table::Rows, &key) {
                    continue;
                }
                if key.text(0) != VERSIONS {
                    burst.checks.push(Check::Rev {
                        key: key.clone(),
                        rev: Some(row.rev),
                    });
                    told.push(key.clone());
                }
                burst.deletes.push((Table::Rows, key));
            }
            if !burst.deletes.is_empty() {
                self.advance(burst, self.restoring.clone()).await?;
                told.iter().for_each(|key| self.restored.tell(key));
            }
        }
    }
}
