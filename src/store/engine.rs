//! The open store: reading, the fence, and the one place where bursts leave for the
//! medium and its second copy.

use super::keep_meta::{KeepMeta, RestoreEnd};
use super::log::{Level, Log, LogEntry};
use super::medium::{Burst, Check, Gate, Key, Medium, Scan, Table, Value, both};
use super::part_cache::PartCache;
use super::recent::Recent;
use super::record::{Listing, Record, Unreadable};
use super::redo::{self, Recovered, Redo, SecondCopy};
use super::stage::Stage;
use super::turn::Writer;
use crate::codec::{self, Part};
use crate::error::{Error, Kind, Result};
use crate::migrate::SCHEMA;
use crate::order;
use serde::Serialize;
use std::cell::{Cell, OnceCell, RefCell};
use std::rc::Rc;

/// Whether the store can be written, and if not, why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "mode", rename_all = "kebab-case")]
pub enum Access {
    /// Reads and writes.
    ReadWrite,
    /// Reads only.
    ReadOnly {
        /// `too-new`: the keep was written by a newer version; `rolled-back`: it was taken back to
        /// an older schema meanwhile; `second-copy`: this is what the second copy has.
        reason: &'static str,
        /// The schema it has.
        stored: u32,
        /// The schema known here.
        supported: u32,
    },
}

impl Access {
    pub(super) fn second_copy() -> Access {
        Access::ReadOnly {
            reason: SECOND_COPY,
            stored: SCHEMA,
            supported: SCHEMA,
        }
    }

    pub(super) fn too_new(stored: u32) -> Access {
        Access::ReadOnly {
            reason: "too-new",
            stored,
            supported: SCHEMA,
        }
    }

    fn rolled_back(stored: u32) -> Access {
        Access::ReadOnly {
            reason: ROLLED_BACK,
            stored,
            supported: SCHEMA,
        }
    }

    pub(crate) fn is_second_copy(&self) -> bool {
        matches!(self, Access::ReadOnly { reason, .. } if *reason == SECOND_COPY)
    }

    /// Why nothing can be saved, for people.
    pub(crate) fn why_read_only(&self) -> Option<&'static str> {
        match self {
            Access::ReadWrite => None,
            Access::ReadOnly { reason, .. } if *reason == SECOND_COPY => {
                Some("This is the second copy, for reading: nothing can be saved.")
            }
            Access::ReadOnly { reason, .. } if *reason == ROLLED_BACK => Some(
                "Another tab took what is stored here back to an older format: nothing can be saved.",
            ),
            Access::ReadOnly { .. } => {
                Some("A newer version of the app has written here: nothing can be saved.")
            }
        }
    }

    /// The failure of a write.
    pub(super) fn refusal(&self) -> Error {
        Kind::ReadOnly.because(self.why_read_only().unwrap_or_default())
    }
}

const SECOND_COPY: &str = "second-copy";
const ROLLED_BACK: &str = "rolled-back";

/// What opening found and did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OpenReport {
    /// There was nothing, and an empty keep was made.
    pub created: bool,
    /// Records were lifted from an older schema.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub migrated: Option<Migrated>,
    /// Something was lost and was put back from the second copy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recovered: Option<Recovered>,
    /// A restore was under way when the page before ended; how it ended now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub restore: Option<RestoreEnd>,
    /// The second copy that is read here lacks something that was saved.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub incomplete: bool,
}

/// What a migration did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Migrated {
    /// The schema before.
    pub from: u32,
    /// The schema after.
    pub to: u32,
    /// Records lifted.
    pub lifted: u64,
    /// Records that could not be lifted; they are whole in quarantine.
    pub quarantined: u64,
    /// Id of the backup with the originals.
    pub backup: String,
}

/// What maintenance did.
#[derive(Debug, Default)]
pub struct Maintained {
    /// The medium was compared with all of the second copy.
    pub compared: bool,
    /// What it had lost and has again.
    pub recovered: Option<Recovered>,
    /// Keys of the rows among it.
    pub rows: Vec<Key>,
}

/// Records and pages on a medium.
#[derive(Clone)]
pub struct Store {
    pub(super) medium: Rc<dyn Medium>,
    pub(super) clock: Rc<dyn Fn() -> i64>,
    pub(super) device: String,
    pub(super) keep_id: String,
    pub(super) meta: RefCell<Vec<u8>>,
    /// What opening found.
    pub(super) access: Access,
    /// What it is since another version took the keep over; shared with staged stores.
    pub(super) outgrown: Rc<OnceCell<Access>>,
    /// Whether it has a record as an older state was, and takes no changes.
    pub(super) shows_older: bool,
    pub(super) report: OpenReport,
    pub(super) versions_kept: Cell<u32>,
    pub(super) compress: Cell<bool>,
    /// Shared with staged stores: parts are addressed by content.
    pub(super) parts: Rc<RefCell<PartCache>>,
    pub(super) recent: Rc<RefCell<Recent>>,
    pub(super) copy: Rc<redo::Copy>,
    /// Where backups stand.
    pub(super) shelf: Rc<dyn Redo>,
    pub(super) log: Rc<Log>,
    /// Whether the medium refused the last write for want of space.
    pub(super) full: Rc<Cell<bool>>,
    pub(super) writer: Rc<RefCell<Writer>>,
    /// Bursts that were begun.
    pub(super) writes: Rc<Cell<u64>>,
    /// Who writes pages before the row that will refer to them.
    pub(super) gathering: Rc<Cell<u32>>,
    /// Backups that are being read.
    pub(super) backups_held: Rc<Cell<u32>>,
    /// Where the changes of a transaction gather; `None`: writes count at once.
    pub(super) stage: Option<Rc<Stage>>,
}

/// One more of what is counted, until it is dropped.
pub(crate) struct Counted(Rc<Cell<u32>>);

impl Counted {
    pub(super) fn of(count: &Rc<Cell<u32>>) -> Counted {
        count.set(count.get() + 1);
        Counted(Rc::clone(count))
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.set(self.0.get() - 1);
    }
}

impl Store {
    /// Writes a burst to the second copy and then to the medium. Resolved means that both
    /// have it; what the medium refuses is taken back in the second copy; when only the
    /// second copy fails, the save counts and [`Store::second_copy`] tells. What does not read back where that was asked for is `corrupt`; the second copy has it.
    pub(crate) async fn write(&self, burst: Burst) -> Result<()> {
        // A stage hands everything on with its own burst.
        if self.stage.is_some() {
            return self.medium.write(&burst).await;
        }
        let burst = self.in_turn(burst)?;
        self.writes.set(self.writes.get() + 1);
        // The log is told the time before the transaction: whoever removes a row has read it, so a
        // removal is later than the write.
        let begun = self.now();
        // First the second copy: what the medium has committed when a page ends must not be
        // missing there, since later saves build on it. So both begin at once, and the medium
        // commits when the log has it.
        let gate = Gate::default();
        let log = async {
            let appended = self.copy.append(&burst, begun).await;
            gate.open();
            appended
        };
        let ((frame, logged), put) = both(log, self.put_with_room(&burst, &gate)).await;
        let mut written = match put {
            Err(error) if error.kind() == Kind::TooNew && burst.checks.contains(&self.fence()) => {
                Err(self.why_fenced(error).await)
            }
            written => written,
        };
        // Of these nobody knows whether the medium has committed; the others say that it has not.
        let is_unsure = |kind| matches!(kind, Kind::Timeout | Kind::Closed | Kind::Medium);
        // All the same it may be there: another page that compared the two in between took it for
        // lost and put it back.
        let refused = |error: &Error| logged.is_ok() && !is_unsure(error.kind());
        if written.as_ref().is_err_and(refused)
            && self.copy.is_put_back(&*self.medium, &burst).await
        {
            written = Ok(());
        }
        self.learn_space(&burst, &written);
        if let Err(error) = &written {
            // Of two writers one is told; that is how it should be.
            let level = match error.kind() {
                Kind::Conflict | Kind::Locked | Kind::Restoring => Level::Info,
                _ => Level::Error,
            };
            self.note(|at| LogEntry::new(at, level, "write-failed").error(error));
            if error.kind() == Kind::Locked && !self.is_locked() {
                self.leave_turn();
                // As an error, so that it is heard at every level of the log.
                self.note(|at| LogEntry::new(at, Level::Error, "turn-lost"));
            }
            let unsure = is_unsure(error.kind());
            if !unsure {
                self.copy.refused(&*self.medium, frame, begun).await;
            }
            if unsure || logged.is_err() {
                self.copy.unsure(&*self.medium).await;
            }
            if let (true, Err(error)) = (unsure, &logged) {
                let medium = &*self.medium;
                self.copy.failed(medium, error, &burst, begun).await;
            }
        }
        written?;
        self.copy.settled(frame);
        let before = self.second_copy();
        if let Err(error) = logged {
            let medium = &*self.medium;
            self.copy.failed(medium, &error, &burst, begun).await;
        }
        if self.second_copy() != before {
            self.note_second_copy();
        }
        let values = (burst.puts.len() + burst.deletes.len()) as u64;
        self.note(|at| {
            let entry = LogEntry::new(at, Level::Debug, "write");
            entry.count(values).took(at - begun)
        });
        if burst.verify {
            self.read_back(&burst).await?;
        }
        Ok(())
    }

    /// Why the keep's own record is another one than this store knows. Where a newer version has
    /// taken over, or what is stored was taken back to an older schema, the store only reads from
    /// now on.
    async fn why_fenced(&self, error: Error) -> Error {
        let key = [Key::meta(KeepMeta::KEY)];
        let found = self.medium.read(Table::Meta, &key).await;
        let found = found.ok().and_then(|found| found.into_iter().next()?);
        match found.and_then(|value| KeepMeta::read(&value.bytes).ok()) {
            Some(KeepMeta {
                restoring: Some(_), ..
            }) => Kind::Restoring.because("another tab is restoring a backup"),
            Some(keep) if keep.id == self.keep_id && keep.needs() > SCHEMA => {
                self.outgrow(Access::too_new(keep.needs()));
                Kind::TooNew.because(
                    "a newer version of the app has changed what is stored here; this page can only read it now",
                )
            }
            // One that is being lifted again is asked for by its number for writers.
            Some(keep)
                if keep.id == self.keep_id && self.schema() == SCHEMA && keep.needs() < SCHEMA =>
            {
                self.outgrow(Access::rolled_back(keep.schema));
                self.access().refusal()
            }
            _ => error,
        }
    }

    /// Tells once that another version writes here.
    fn outgrow(&self, access: Access) {
        if self.outgrown.set(access).is_ok() {
            // As an error, so that it is heard at every level of the log.
            self.note(|at| LogEntry::new(at, Level::Error, "read-only"));
        }
    }

    /// How many bursts were begun so far.
    pub(crate) fn writes(&self) -> u64 {
        self.writes.get()
    }

    /// Says that pages are written which no row refers to yet, until the guard is dropped.
    pub(crate) fn gather(&self) -> Counted {
        Counted::of(&self.gathering)
    }

    /// Whether somebody writes pages which no row refers to yet.
    pub(crate) fn is_gathering(&self) -> bool {
        self.gathering.get() > 0
    }

    pub(crate) fn note_swept(&self, count: u64) {
        self.note(|at| LogEntry::new(at, Level::Info, "swept").count(count));
    }

    fn note(&self, entry: impl FnOnce(i64) -> LogEntry) {
        self.log.note(entry(self.now()));
    }

    pub(super) fn note_second_copy(&self) {
        let (level, event) = match self.second_copy() {
            SecondCopy::Off => (Level::Info, "second-copy-off"),
            SecondCopy::On => (Level::Info, "second-copy-on"),
            SecondCopy::Failing { .. } => (Level::Error, "second-copy-failing"),
            SecondCopy::CatchingUp => (Level::Warn, "second-copy-catching-up"),
        };
        self.note(|at| LogEntry::new(at, level, event));
    }

    /// What the engine did and what went wrong.
    pub fn log(&self) -> &Log {
        &self.log
    }

    /// Compares the medium with the second copy where that is due, puts back what was lost,
    /// and makes the second copy complete or shorter. For idle time: it reads everything, and
    /// saves go on meanwhile. `interval_ms`: how long an untroubled keep goes without a comparison.
    ///
    /// # Errors
    /// What the medium and the second copy report; nothing sound is touched by it.
    pub async fn maintain(&self, interval_ms: i64) -> Result<Maintained> {
        if *self.access() != Access::ReadWrite || self.is_locked() {
            return Ok(Maintained::default());
        }
        let before = self.second_copy();
        let upkeep = self
            .copy
            .maintain(&*self.medium, interval_ms, &*self.clock)
            .await;
        if let Err(error) = &upkeep {
            self.note(|at| LogEntry::new(at, Level::Warn, "maintenance-failed").error(error));
        }
        let upkeep = upkeep?;
        if self.second_copy() != before {
            self.note_second_copy();
        }
        if upkeep.compared {
            self.note(|at| LogEntry::new(at, Level::Info, "compared"));
        }
        let healing = upkeep.healing.unwrap_or_default();
        let count = healing.recovered.rows + healing.recovered.pages;
        let found = count > 0;
        if found {
            self.note(|at| LogEntry::new(at, Level::Warn, "recovered").count(count));
        }
        Ok(Maintained {
            compared: upkeep.compared,
            recovered: found.then_some(healing.recovered),
            rows: healing.rows,
        })
    }

    /// Whether maintenance has something to do that should not wait.
    pub fn is_maintenance_due(&self) -> bool {
        self.copy.is_due()
    }

    /// How the second copy is doing.
    pub fn second_copy(&self) -> SecondCopy {
        self.copy.state()
    }

    /// One record, lifted to today's schema; `None` when there is none.
    ///
    /// # Errors
    /// `corrupt`, and what the medium reports. A failed read is never `None`.
    pub async fn get(&self, domain: &str, id: &str) -> Result<Option<Record>> {
        let keys = [Key::row(domain, id)];
        let found = self.medium.read(Table::Rows, &keys).await?;
        let Some(row) = found.into_iter().next().flatten() else {
            return Ok(None);
        };
        let record = self.decode(domain, id, row.bytes.clone()).await?;
        // One that was healed is not what the medium has.
        if self.stage.is_none() && record.stored == row.bytes {
            self.recent.borrow_mut().put(&record);
        }
        Ok(Some(record))
    }

    /// A record as this store saw it last, to be changed: not for reading, since others may
    /// have written it since. See [`Change::on_recent`].
    ///
    /// [`Change::on_recent`]: super::Change::on_recent
    pub fn recent(&self, domain: &str, id: &str) -> Option<Record> {
        // A stage has to see what its transaction reads.
        match self.stage {
            Some(_) => None,
            None => self.recent.borrow().get(domain, id),
        }
    }

    /// Decodes a row. A rotten one is read from the second copy where that has it; nothing is
    /// written by that, the next maintenance puts it back.
    async fn decode(&self, domain: &str, id: &str, bytes: Vec<u8>) -> Result<Record> {
        let (bytes, decoded) = match Record::decode(domain, id, &bytes) {
            Err(error) if error.kind() == Kind::Corrupt => {
                match self.copy.value(Table::Rows, &Key::row(domain, id)).await {
                    Some(sound) => {
                        self.note(|at| {
                            LogEntry::new(at, Level::Warn, "read-healed").of(domain, id)
                        });
                        let decoded = Record::decode(domain, id, &sound.bytes);
                        (sound.bytes, decoded)
                    }
                    None => (bytes, Err(error)),
                }
            }
            decoded => (bytes, decoded),
        };
        if let Err(error) = &decoded {
            self.note(|at| LogEntry::new(at, Level::Error, "unreadable").error(error));
        }
        decoded.map(|mut record| {
            record.stored = bytes;
            record
        })
    }

    /// Several records of a domain in the order of their ids, read in one transaction;
    /// `None` where there is none.
    ///
    /// # Errors
    /// As [`Store::get`].
    pub async fn get_many(&self, domain: &str, ids: &[&str]) -> Result<Vec<Option<Record>>> {
        let keys: Vec<Key> = ids.iter().map(|id| Key::row(domain, id)).collect();
        let found = self.medium.read(Table::Rows, &keys).await?;
        let mut records = Vec::with_capacity(ids.len());
        for (id, row) in ids.iter().zip(found) {
            records.push(match row {
                Some(row) => Some(self.decode(domain, id, row.bytes).await?),
                None => None,
            });
        }
        Ok(records)
    }

    /// Every record of a domain, without its larger parts.
    ///
    /// # Errors
    /// What the medium reports; a record that cannot be read is in the listing.
    pub async fn list(&self, domain: &str) -> Result<Listing> {
        let rows = self
            .medium
            .scan(Scan::of(Table::Rows, [domain.into()]))
            .await?;
        self.listing(rows).await
    }

    /// The records that carry an index key.
    ///
    /// # Errors
    /// As [`Store::list`].
    pub async fn find(&self, by: &str) -> Result<Listing> {
        self.listing(self.medium.find(by).await?).await
    }

    async fn listing(&self, rows: Vec<(Key, Value)>) -> Result<Listing> {
        let mut listing = Listing::default();
        for (key, value) in rows {
            listing.add(key.text(0), key.text(1), &value.bytes);
        }
        let mut healed = false;
        for unreadable in std::mem::take(&mut listing.unreadable) {
            let Unreadable { domain, id, error } = &unreadable;
            let record = match error.kind() {
                Kind::Corrupt => self.decode(domain, id, Vec::new()).await.ok(),
                _ => None,
            };
            match record {
                Some(record) => {
                    healed = true;
                    listing.records.push(record);
                }
                None => listing.unreadable.push(unreadable),
            }
        }
        if healed {
            let records = &mut listing.records;
            order::sort_by(records, |a, b| (&a.domain, &a.id).cmp(&(&b.domain, &b.id)));
        }
        Ok(listing)
    }

    /// The bytes of a part.
    ///
    /// # Errors
    /// `corrupt` when a page is missing or rotten, and what the medium reports.
    pub async fn part(&self, part: &Part) -> Result<Vec<u8>> {
        if let Some(bytes) = self.parts.borrow().get(&part.hash) {
            return Ok(bytes);
        }
        let mut parts = self.parts(std::slice::from_ref(part)).await?;
        let bytes = parts
            .pop()
            .ok_or_else(|| Kind::Bug.because("one part was asked for and none came"))?;
        self.parts.borrow_mut().put(&part.hash, &bytes);
        Ok(bytes)
    }

    /// The bytes of several parts, read in one transaction and not remembered.
    ///
    /// # Errors
    /// As [`Store::part`].
    pub async fn parts(&self, parts: &[Part]) -> Result<Vec<Vec<u8>>> {
        let pages_of = |part: &Part| {
            (0..part.pages())
                .map(|n| Key::page("part", &part.hash, n))
                .collect::<Vec<_>>()
        };
        let keys: Vec<Key> = parts.iter().flat_map(pages_of).collect();
        match whole(parts, self.pages(&keys).await?) {
            Err(error) if error.kind() == Kind::Corrupt => {
                whole(parts, self.sound_pages(&keys).await?)
            }
            read => read,
        }
    }

    /// The sealed pages under some keys; [`codec::read_page`] opens them.
    ///
    /// # Errors
    /// `corrupt` when one is missing, also in the second copy, and what the medium reports.
    pub async fn pages(&self, keys: &[Key]) -> Result<Vec<Vec<u8>>> {
        let found = self.medium.read(Table::Pages, keys).await?;
        if found.iter().any(Option::is_none) {
            return self.sound_pages(keys).await;
        }
        Ok(found.into_iter().flatten().map(|page| page.bytes).collect())
    }

    /// As [`Store::pages`], with those that are missing or rotten from the second copy where
    /// that has them. Nothing is written by it; the next maintenance puts them back.
    pub(crate) async fn sound_pages(&self, keys: &[Key]) -> Result<Vec<Vec<u8>>> {
        let found = self.medium.read(Table::Pages, keys).await?;
        let mut pages = Vec::with_capacity(keys.len());
        for (key, page) in keys.iter().zip(found) {
            let page = page.map(|page| page.bytes);
            let sound = page
                .as_deref()
                .is_some_and(|page| codec::read_page(page).is_ok());
            if let (true, Some(page)) = (sound, page) {
                pages.push(page);
                continue;
            }
            let missing = || {
                let (kind, owner) = (key.text(0), key.text(1));
                Kind::Corrupt.because(format!("a page of {kind} {owner} is missing or rotten"))
            };
            let copied = self.copy.value(Table::Pages, key).await;
            let (level, event) = match copied {
                Some(_) => (Level::Warn, "read-healed"),
                None => (Level::Error, "unreadable"),
            };
            self.note(|at| LogEntry::new(at, level, event).of(key.text(0), key.text(1)));
            pages.push(copied.map(|page| page.bytes).ok_or_else(missing)?);
        }
        Ok(pages)
    }

    /// Whether the store can be written. What could be may become read-only, never the reverse.
    pub fn access(&self) -> &Access {
        self.outgrown.get().unwrap_or(&self.access)
    }

    /// # Errors
    /// `read-only`.
    pub(crate) fn refuse_read_only(&self) -> Result<()> {
        if self.shows_older {
            return Err(
                Kind::ReadOnly.because("an older state takes no changes; bring it back first")
            );
        }
        match self.access() {
            Access::ReadWrite => Ok(()),
            access => Err(access.refusal()),
        }
    }

    /// Says that the medium is there still, for who has nothing to ask of it.
    ///
    /// # Errors
    /// `closed`, and what the medium reports.
    pub(crate) async fn answers(&self) -> Result<()> {
        self.medium.read(Table::Meta, &[]).await.map(drop)
    }

    /// The id that no other keep has.
    pub fn id(&self) -> &str {
        &self.keep_id
    }

    /// What opening found and did.
    pub fn report(&self) -> &OpenReport {
        &self.report
    }

    /// Milliseconds since 1970, by the store's clock.
    pub fn now(&self) -> i64 {
        (self.clock)()
    }

    /// How many older states of a record are kept.
    pub fn versions_kept(&self) -> u32 {
        self.versions_kept.get()
    }

    /// Sets how many older states of a record are kept, from the next write on.
    pub fn set_versions_kept(&self, versions: u32) {
        self.versions_kept.set(versions);
    }

    /// Gives up at once what others would have to wait for; it is repeated later.
    pub fn rest(&self) {
        self.medium.rest();
    }

    /// The page goes on after [`Store::rest`].
    pub fn wake(&self) {
        self.medium.wake();
    }

    /// Whether larger contents are compressed when they are written.
    pub fn compresses(&self) -> bool {
        self.compress.get()
    }

    /// Sets whether larger contents are compressed, from the next write on. What is stored
    /// stays as it is, and is read either way.
    pub fn set_compresses(&self, compress: bool) {
        self.compress.set(compress);
    }

    /// Lets go of the medium; on a stage only of what is on it.
    pub fn close(&self) {
        self.medium.close();
        if !self.is_staged() {
            self.copy.close();
        }
    }

    pub(crate) fn device(&self) -> &str {
        &self.device
    }

    pub(crate) fn medium(&self) -> &dyn Medium {
        &*self.medium
    }

    /// The check that the keep is still the one that was opened.
    pub(crate) fn fence(&self) -> Check {
        Check::Same {
            table: Table::Meta,
            key: Key::meta(KeepMeta::KEY),
            bytes: Some(self.fence_bytes()),
        }
    }

    /// The keep's own record as it must still be.
    pub(crate) fn fence_bytes(&self) -> Vec<u8> {
        self.meta.borrow().clone()
    }

    /// When the keep was made, milliseconds since 1970.
    pub(crate) fn created_ms(&self) -> i64 {
        KeepMeta::read(&self.fence_bytes()).map_or(0, |keep| keep.created)
    }

    /// Whether this is a store of a transaction.
    pub(crate) fn is_staged(&self) -> bool {
        self.stage.is_some()
    }

    /// The schema that the keep has.
    pub(crate) fn schema(&self) -> u32 {
        let keep = serde_json::from_slice::<KeepMeta>(&self.meta.borrow());
        keep.map_or(SCHEMA, |keep| keep.schema)
    }

    pub(crate) fn move_fence(&self, keep: &KeepMeta) {
        self.meta.replace(keep.encode());
    }
}

/// Parts out of their sealed pages.
fn whole(parts: &[Part], pages: Vec<Vec<u8>>) -> Result<Vec<Vec<u8>>> {
    let mut pages = pages.into_iter();
    let mut read = |part: &Part| {
        let mut whole = Vec::with_capacity(usize::try_from(part.bytes).unwrap_or(0).min(64 << 20));
        for content in pages.by_ref().take(part.pages() as usize) {
            whole.extend_from_slice(&codec::read_page(&content)?);
        }
        if whole.len() as u64 != part.bytes {
            let detail = format!(
                "part has {} bytes, its record says {}",
                whole.len(),
                part.bytes
            );
            return Err(Kind::Corrupt.because(detail));
        }
        Ok(whole)
    };
    parts.iter().map(&mut read).collect()
}
