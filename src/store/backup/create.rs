//! Making a backup while others go on writing.
//!
//! Rows are copied, then pages; then rows are looked through again, and what changed
//! meanwhile is copied behind the rest, until one round finds nothing new. So the file holds
//! a state that the keep had all at once, in that last round.

use super::archive::Writer;
use super::content::{End, FIRST, LAST, Manifest};
use super::shelf::BACKUP;
use super::{Backup, FILE, NewBackup};
use crate::codec;
use crate::error::{Kind, Result};
use crate::store::engine::Store;
use crate::store::log::{Level, LogEntry};
use crate::store::medium::{Burst, Key, Put, Scan, Table, Value};
use crate::store::quarantine;
use crate::store::redo::{frame, is_sound};
use std::collections::{HashMap, HashSet};

/// Rows of one entry.
const ROWS: u32 = 200;
/// Pages are larger.
const PAGES: u32 = 40;
/// Kind of the pages that are no parts: the numbers of a chat's last ones are used again.
const TAIL: &str = "tail";
/// How often what changed meanwhile is looked for.
const ROUNDS: u32 = 20;

/// What was copied of a table: of each key the revision and the checksum.
type Copied = HashMap<Key, (u64, u32)>;

impl Store {
    /// Makes a backup of everything as it is now.
    ///
    /// # Errors
    /// `read-only`; `aborted` when others write without a pause; what the medium and the place
    /// of the backups report. Nothing stays of what was begun.
    pub async fn create_backup(&self, new: &NewBackup) -> Result<Backup> {
        self.back_up(new, false).await
    }

    /// As [`Store::create_backup`]. `rows_only`: without the parts, which never change and stay
    /// while this backup refers to them.
    pub(in crate::store) async fn back_up(
        &self,
        new: &NewBackup,
        rows_only: bool,
    ) -> Result<Backup> {
        let manifest = Manifest::new(self.now(), &new.reason, self.schema(), rows_only);
        let backup = self.back_up_as(&manifest, None).await?;
        match new.pin {
            true => self.pin_backup(&backup.id, true).await,
            false => Ok(backup),
        }
    }

    /// Makes a backup that says this of itself; `rows`: of these, with what they refer to where it is.
    pub(super) async fn back_up_as(
        &self,
        manifest: &Manifest,
        rows: Option<Vec<Put>>,
    ) -> Result<Backup> {
        self.refuse_read_only()?;
        let place = self.shelf();
        let id = codec::new_id(self.now());
        let file = format!("{id}{FILE}");
        let mut copying = Copying {
            store: self,
            writer: Writer::new(&*place, &file),
            entries: 0,
            rotten: HashSet::new(),
        };
        let written = match rows {
            None => copying.all(manifest).await,
            Some(rows) => copying.these(manifest, rows).await,
        };
        let written = match written {
            Ok(()) => copying.writer.finish().await,
            Err(error) => Err(error),
        };
        let released = place.release(&file).await;
        if let Err(error) = written.and(released) {
            let _ = place.remove(&file).await;
            let failed = LogEntry::new(self.now(), Level::Error, "backup-failed");
            self.log().note(failed.error(&error));
            return Err(error);
        }
        let backup = self.backup(&id).await?;
        // Before anything relies on it, it is read again.
        let verified = self.verify_backup(&id).await?;
        if !verified.ok {
            place.remove(&file).await?;
            return Err(Kind::Corrupt
                .because("the backup does not read back as it was written")
                .of("backups", &id));
        }
        self.note_backup(Level::Info, "backup", backup.records);
        Ok(backup)
    }

    /// What tells the present state from others: the same as that of a backup which holds it.
    pub(crate) async fn state(&self) -> Result<String> {
        let mut state = codec::Hashing::default();
        let mut after = None;
        loop {
            let scan = Scan::of(Table::Rows, []).chunk(after.take(), ROWS);
            let rows = self.medium().scan(scan).await?;
            let Some((last, _)) = rows.last() else {
                return Ok(state.finish());
            };
            after = Some(last.clone());
            rows.iter()
                .for_each(|(key, row)| add_state(&mut state, key, row));
        }
    }
}

fn add_state(state: &mut codec::Hashing, key: &Key, row: &Value) {
    state.add(format!("{} {}\n", key.to_json(), row.rev).as_bytes());
}

struct Copying<'a> {
    store: &'a Store,
    writer: Writer<'a>,
    entries: u64,
    /// What is rotten, and stands in the file as what is in quarantine.
    rotten: HashSet<(Table, Key)>,
}

impl Copying<'_> {
    async fn all(&mut self, manifest: &Manifest) -> Result<()> {
        let first = json(manifest)?;
        self.writer.add(FIRST, &first).await?;
        let (mut rows, mut pages) = (Copied::new(), Copied::new());
        let all_rows = Scan::of(Table::Rows, []);
        let scanned = pages_of(manifest);
        self.round(&all_rows, &mut rows, &mut codec::Hashing::default())
            .await?;
        for _ in 0..ROUNDS {
            self.round(&scanned, &mut pages, &mut codec::Hashing::default())
                .await?;
            let mut state = codec::Hashing::default();
            if !self.round(&all_rows, &mut rows, &mut state).await? {
                return self.end(manifest, &rows, &pages, state).await;
            }
        }
        Err(Kind::Aborted.because("others write without a pause in which a backup can be made"))
    }

    /// These rows, and the pages there are.
    async fn these(&mut self, manifest: &Manifest, mut rows: Vec<Put>) -> Result<()> {
        let first = json(manifest)?;
        self.writer.add(FIRST, &first).await?;
        let (mut copied, mut pages) = (Copied::new(), Copied::new());
        rows.sort_by(|a, b| a.key.cmp(&b.key));
        let mut state = codec::Hashing::default();
        for rows in rows.chunks(ROWS as usize) {
            let mut burst = Burst::default();
            for Put { table, key, value } in rows.iter().cloned() {
                add_state(&mut state, &key, &value);
                copied.insert(key.clone(), (value.rev, codec::checksum(&value.bytes)));
                burst.puts.extend(self.sound(table, key, value).await);
            }
            self.add(burst).await?;
        }
        let hashing = &mut codec::Hashing::default();
        self.round(&pages_of(manifest), &mut pages, hashing).await?;
        self.end(manifest, &copied, &pages, state).await
    }

    async fn end(
        &mut self,
        manifest: &Manifest,
        rows: &Copied,
        pages: &Copied,
        state: codec::Hashing,
    ) -> Result<()> {
        let end = End {
            manifest: manifest.clone(),
            rows: self.count(Table::Rows, rows),
            pages: self.count(Table::Pages, pages),
            entries: self.entries,
            state: state.finish(),
        };
        self.writer.add(LAST, &json(&end)?).await
    }

    /// Copies what a range has and the file does not; whether there was anything.
    async fn round(
        &mut self,
        range: &Scan,
        copied: &mut Copied,
        state: &mut codec::Hashing,
    ) -> Result<bool> {
        let table = range.table;
        let mut after = None;
        let mut found = false;
        let mut there: HashSet<Key> = HashSet::with_capacity(copied.len());
        let limit = if table == Table::Rows { ROWS } else { PAGES };
        loop {
            let scan = range.clone().chunk(after.take(), limit);
            let values = self.store.medium().scan(scan).await?;
            let Some((last, _)) = values.last() else {
                break;
            };
            after = Some(last.clone());
            let mut burst = Burst::default();
            for (key, value) in values {
                if table == Table::Pages && key.text(0) == BACKUP {
                    continue;
                }
                if table == Table::Rows {
                    add_state(state, &key, &value);
                }
                let stamp = (value.rev, codec::checksum(&value.bytes));
                there.insert(key.clone());
                if copied.insert(key.clone(), stamp) != Some(stamp) {
                    found = true;
                    burst.puts.extend(self.sound(table, key, value).await);
                }
            }
            self.add(burst).await?;
        }
        let gone: Vec<Key> = copied
            .keys()
            .filter(|key| !there.contains(key))
            .cloned()
            .collect();
        let mut burst = Burst::default();
        for key in gone {
            copied.remove(&key);
            burst.deletes.push((table, key));
            found = true;
        }
        self.add(burst).await?;
        Ok(found)
    }

    /// What stands in the file for a value: itself, what the second copy has instead of a rotten
    /// one, or what quarantine would keep of it.
    async fn sound(&mut self, table: Table, key: Key, value: Value) -> Vec<Put> {
        if is_sound(table, &value.bytes) {
            return vec![Put { table, key, value }];
        }
        if let Some(value) = self.store.copied(table, &key).await {
            return vec![Put { table, key, value }];
        }
        let reason = "it was rotten when a backup was made";
        let now = self.store.now();
        let puts = quarantine::value(table, &key, &value, Kind::Corrupt, reason, now);
        self.rotten.insert((table, key));
        puts
    }

    fn count(&self, table: Table, copied: &Copied) -> u64 {
        let rotten = self.rotten.iter().filter(|(of, _)| *of == table).count();
        copied.len().saturating_sub(rotten) as u64
    }

    async fn add(&mut self, burst: Burst) -> Result<()> {
        if burst.puts.is_empty() && burst.deletes.is_empty() {
            return Ok(());
        }
        self.entries += 1;
        let name = format!("data/{:06}.ckf", self.entries);
        let frame = frame::write(&burst, self.store.now());
        self.writer.add(&name, &frame).await
    }
}

/// The pages that are in a backup.
fn pages_of(manifest: &Manifest) -> Scan {
    match manifest.rows_only {
        true => Scan::of(Table::Pages, [TAIL.into()]),
        false => Scan::of(Table::Pages, []),
    }
}

fn json(told: &impl serde::Serialize) -> Result<Vec<u8>> {
    serde_json::to_vec(told).map_err(|cause| Kind::Bug.because("not JSON").caused_by(cause))
}
