//! Making a backup while others go on writing.
//!
//! Rows are copied, then pages; then rows are looked through again, and what changed
//! meanwhile is copied behind the rest, until one round finds nothing new. Where others write
//! without a pause, the last round is one transaction, which they wait for. So the file holds
//! a state that the keep had all at once, in that last round.

use super::archive::Writer;
use super::content::{End, FIRST, LAST, Manifest};
use super::shelf::BACKUP;
use super::{Backup, FILE, NewBackup};
use crate::codec;
use crate::error::{Kind, Result};
use crate::order;
use crate::store::engine::Store;
use crate::store::log::{Level, LogEntry};
use crate::store::medium::{Burst, Key, Passed, Put, Scan, Table, Value, unknown};
use crate::store::quarantine;
use crate::store::redo::{frame, is_sound};
use std::collections::{HashMap, HashSet};
use std::mem;

/// Rows of one entry.
const ROWS: u32 = 200;
/// Pages are larger.
const PAGES: u32 = 40;
/// Kind of the pages that are no parts: the numbers of a chat's last ones are used again.
const TAIL: &str = "tail";
/// Kind of the pages that never change and stay while something refers to them.
const PART: &str = "part";
/// How often what changed meanwhile is looked for before others have to wait.
const ROUNDS: u32 = 3;

/// What was copied of a table: of each key the revision and the checksum.
type Copied = HashMap<Key, (u64, u32)>;

impl Store {
    /// Makes a backup of everything as it is now.
    ///
    /// # Errors
    /// `read-only`; what the medium and the place of the backups report. Nothing stays of what
    /// was begun.
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
            rows: Copied::new(),
            pages: Copied::new(),
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
                .for_each(|(key, row)| add_state(&mut state, key, row.rev));
        }
    }
}

fn add_state(state: &mut codec::Hashing, key: &Key, rev: u64) {
    state.add(format!("{} {rev}\n", key.to_json()).as_bytes());
}

struct Copying<'a> {
    store: &'a Store,
    writer: Writer<'a>,
    entries: u64,
    rows: Copied,
    pages: Copied,
    /// What is rotten, and stands in the file as what is in quarantine.
    rotten: HashSet<(Table, Key)>,
}

/// What one look over a range has met.
#[derive(Default)]
struct Round {
    there: HashSet<Key>,
    /// Whether there was anything that the file did not have.
    found: bool,
    state: codec::Hashing,
}

impl Copying<'_> {
    async fn all(&mut self, manifest: &Manifest) -> Result<()> {
        let first = json(manifest)?;
        self.writer.add(FIRST, &first).await?;
        let rows = Scan::of(Table::Rows, []);
        self.round(&rows).await?;
        for _ in 0..ROUNDS {
            self.round(&pages_of(manifest)).await?;
            let round = self.round(&rows).await?;
            if !round.found {
                return self.end(manifest, round.state).await;
            }
        }
        let state = self.moment().await?;
        if !manifest.rows_only {
            // What the rows refer to was there before them, and stays.
            self.round(&Scan::of(Table::Pages, [PART.into()])).await?;
        }
        self.end(manifest, state).await
    }

    /// These rows, and the pages there are.
    async fn these(&mut self, manifest: &Manifest, mut rows: Vec<Put>) -> Result<()> {
        let first = json(manifest)?;
        self.writer.add(FIRST, &first).await?;
        order::sort_by(&mut rows, |a, b| a.key.cmp(&b.key));
        let mut round = Round::default();
        for rows in rows.chunks(ROWS as usize) {
            let rows = rows.iter().cloned();
            let rows = rows.map(|put| (put.key, Some(put.value))).collect();
            self.take(Table::Rows, rows, &mut round).await?;
        }
        self.round(&pages_of(manifest)).await?;
        self.end(manifest, round.state).await
    }

    async fn end(&mut self, manifest: &Manifest, state: codec::Hashing) -> Result<()> {
        let end = End {
            manifest: manifest.clone(),
            rows: self.count(Table::Rows),
            pages: self.count(Table::Pages),
            entries: self.entries,
            state: state.finish(),
        };
        self.writer.add(LAST, &json(&end)?).await
    }

    /// Copies what a range has and the file does not.
    async fn round(&mut self, range: &Scan) -> Result<Round> {
        let mut round = Round::default();
        let limit = if range.table == Table::Rows {
            ROWS
        } else {
            PAGES
        };
        let mut after = None;
        loop {
            let scan = range.clone().chunk(after.take(), limit);
            let values = self.store.medium().scan(scan).await?;
            let Some((last, _)) = values.last() else {
                break;
            };
            after = Some(last.clone());
            let values = unknown(range.table, values, &|table, key, value| {
                self.has(table, key, value)
            });
            self.take(range.table, values, &mut round).await?;
        }
        self.leave(range, &mut round).await?;
        Ok(round)
    }

    /// Copies what the rows, and the pages whose numbers are used again, are at one moment.
    async fn moment(&mut self) -> Result<codec::Hashing> {
        let rows = Scan::of(Table::Rows, []);
        let ranges = [Scan::of(Table::Pages, [TAIL.into()]), rows];
        let known = |table, key: &Key, value: &Value| self.has(table, key, value);
        let moment = self.store.medium().moment(&ranges, &known).await?;
        let mut round = Round::default();
        for (range, values) in ranges.iter().zip(moment) {
            round = Round::default();
            self.take(range.table, values, &mut round).await?;
            self.leave(range, &mut round).await?;
        }
        Ok(round.state)
    }

    fn copied(&mut self, table: Table) -> &mut Copied {
        match table {
            Table::Rows => &mut self.rows,
            _ => &mut self.pages,
        }
    }

    /// Whether the file has this value.
    fn has(&self, table: Table, key: &Key, value: &Value) -> bool {
        let copied = match table {
            Table::Rows => &self.rows,
            _ => &self.pages,
        };
        copied.get(key) == Some(&stamp(value))
    }

    /// Copies what is not known of these values.
    async fn take(&mut self, table: Table, values: Passed, round: &mut Round) -> Result<()> {
        let mut burst = Burst::default();
        for (key, value) in values {
            if table == Table::Pages && key.text(0) == BACKUP {
                continue;
            }
            if let Some(value) = value {
                round.found = true;
                self.copied(table).insert(key.clone(), stamp(&value));
                burst.puts.extend(self.sound(table, &key, value).await);
            }
            if table == Table::Rows
                && let Some((rev, _)) = self.rows.get(&key)
            {
                add_state(&mut round.state, &key, *rev);
            }
            round.there.insert(key);
            if burst.puts.len() >= ROWS as usize {
                self.add(mem::take(&mut burst)).await?;
            }
        }
        self.add(burst).await
    }

    /// Takes out what a range no longer has.
    async fn leave(&mut self, range: &Scan, round: &mut Round) -> Result<()> {
        let gone: Vec<Key> = self
            .copied(range.table)
            .extract_if(|key, _| key.starts_with(&range.prefix) && !round.there.contains(key))
            .map(|(key, _)| key)
            .collect();
        round.found |= !gone.is_empty();
        let deletes = gone.into_iter().map(|key| (range.table, key)).collect();
        self.add(Burst {
            deletes,
            ..Burst::default()
        })
        .await
    }

    /// What stands in the file for a value: itself, what the second copy has instead of a rotten
    /// one, or what quarantine would keep of it.
    async fn sound(&mut self, table: Table, key: &Key, value: Value) -> Vec<Put> {
        let as_it_is = |value| {
            let key = key.clone();
            vec![Put { table, key, value }]
        };
        if is_sound(table, &value.bytes) {
            return as_it_is(value);
        }
        if let Some(value) = self.store.copied(table, key).await {
            return as_it_is(value);
        }
        let reason = "it was rotten when a backup was made";
        let now = self.store.now();
        let puts = quarantine::value(table, key, &value, Kind::Corrupt, reason, now);
        self.rotten.insert((table, key.clone()));
        puts
    }

    fn count(&mut self, table: Table) -> u64 {
        let rotten = self.rotten.iter().filter(|(of, _)| *of == table).count();
        self.copied(table).len().saturating_sub(rotten) as u64
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

fn stamp(value: &Value) -> (u64, u32) {
    (value.rev, codec::checksum(&value.bytes))
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
