//! Contents that nothing refers to any more, and how they go: what edits of a chat, replaced
//! documents and thinned versions leave behind.
//!
//! Somebody may be about to refer to a page again, so several things must hold before one
//! goes. Nothing referred to it for a while. No import is under way. No other page has the keep open; that is for
//! the caller to see to. Nothing was written between the look and the removal. And all that
//! refers to anything can be read: beside a rotten record nothing goes.

use super::Keep;
use super::chat_row::Body;
use super::domain::Domain;
use super::log::{Cache, Log};
use crate::codec::Part;
use crate::error::Result;
use crate::store::{Access, Change, Content, Key, QUARANTINE, Record, Row, SNAPSHOTS, Scan, Table};
use std::cell::{Cell, RefCell};
use std::collections::HashSet;

/// How long nothing has referred to what goes. No single call takes so long.
const GRACE_MS: i64 = 120_000;
/// Rows and keys read at once.
const AT_ONCE: u32 = 1000;

/// What was seen that nothing refers to.
#[derive(Default)]
pub(super) struct Leftovers {
    seen: RefCell<Option<(i64, HashSet<Key>)>>,
    ended: Cell<bool>,
}

/// Everything that rows refer to.
#[derive(Default)]
struct References {
    /// The first half of the hash, which is unique enough to keep too much and never too little.
    parts: HashSet<u128>,
    tails: HashSet<Key>,
}

/// The first half of the hash of every part that is there.
pub(super) struct PartsThere(HashSet<u128>);

impl Keep {
    /// Looks for pages that nothing refers to, remembers them for [`Keep::sweep`], and gives
    /// their number; 0 as well when that cannot be told, or the keep is read-only.
    ///
    /// # Errors
    /// What the medium reports.
    pub async fn leftovers(&self) -> Result<u64> {
        let now = self.store().now();
        let found = self.unreferenced().await?;
        let count = found.len() as u64;
        let found = found.into_iter().collect();
        self.0.leftovers.seen.replace(Some((now, found)));
        Ok(count)
    }

    /// Removes the pages that nothing refers to now as at the last [`Keep::leftovers`], when
    /// that is at least two minutes ago, and gives their number. No other page may have the
    /// keep open; [`Keep::end_sweep`] ends it early.
    ///
    /// # Errors
    /// As [`Keep::leftovers`], and what a write can report.
    pub async fn sweep(&self) -> Result<u64> {
        let before = self.store().now() - GRACE_MS;
        let seen = self.0.leftovers.seen.take();
        let Some((at, known)) = seen.filter(|(at, known)| *at <= before && !known.is_empty())
        else {
            return Ok(0);
        };
        self.0.leftovers.ended.set(false);
        let mut writes = self.store().writes();
        let mut gone = self.unreferenced().await?;
        gone.retain(|key| known.contains(key));
        let mut count = 0;
        for keys in gone.chunks(AT_ONCE as usize) {
            if self.store().writes() != writes || self.0.leftovers.ended.get() {
                // What is left is old enough for the next time.
                self.0.leftovers.seen.replace(Some((at, known)));
                break;
            }
            let mut change = Change::new();
            keys.iter().for_each(|key| change.drop_page(key.clone()));
            self.store().commit(change).await?;
            writes += 1;
            count += keys.len() as u64;
        }
        if count > 0 {
            self.store().note_swept(count);
        }
        Ok(count)
    }

    /// Ends a [`Keep::sweep`] that is under way: another page is about to open the keep.
    pub fn end_sweep(&self) {
        self.0.leftovers.ended.set(true);
    }

    async fn unreferenced(&self) -> Result<Vec<Key>> {
        let mut found = Vec::new();
        if *self.access() != Access::ReadWrite || self.store().is_gathering() {
            return Ok(found);
        }
        let Some(references) = self.references().await? else {
            return Ok(found);
        };
        let mut after = None;
        loop {
            let scan = Scan::of(Table::Pages, []).chunk(after.take(), AT_ONCE);
            let keys = self.store().keys(scan).await?;
            after = keys.last().cloned();
            if after.is_none() {
                return Ok(found);
            }
            found.extend(keys.into_iter().filter(|key| !references.hold(key)));
        }
    }

    /// What all rows refer to; `None` when one of them does not say it.
    async fn references(&self) -> Result<Option<References>> {
        let mut references = References::default();
        let cache = Cache::default();
        let mut after = None;
        loop {
            let rows = self.store().rows_behind(after.take(), AT_ONCE).await?;
            let Some(last) = rows.last() else { break };
            after = Some(last.key.clone());
            for row in rows {
                // What a copy of an earlier build refers to is not looked up.
                if row.key.text(0) == SNAPSHOTS {
                    return Ok(None);
                }
                if !self.refer(&row, &cache, &mut references).await? {
                    return Ok(None);
                }
            }
        }
        // A backup without parts is worth nothing without them.
        let backups = self.store().backups().await?;
        for backup in backups.iter().filter(|one| one.rows_only) {
            let content = self.store().open_backup(&backup.id).await?;
            for entry in 0..content.len() {
                for row in content.rows(entry).await? {
                    if !self.refer(&row, &cache, &mut references).await? {
                        return Ok(None);
                    }
                }
            }
        }
        Ok(Some(references))
    }

    /// Whether a row of a backup would stand whole: the parts that it refers to are there, and
    /// the other pages in the backup.
    pub(super) async fn is_whole(
        &self,
        row: &Row,
        there: &PartsThere,
        content: &Content,
    ) -> Result<bool> {
        let mut references = References::default();
        self.refer(row, &Cache::default(), &mut references).await?;
        let mut tails = references.tails.iter();
        Ok(references.parts.is_subset(&there.0) && tails.all(|key| content.has(Table::Pages, key)))
    }

    /// The parts that are there.
    pub(super) async fn parts_there(&self) -> Result<PartsThere> {
        let mut there = HashSet::new();
        let mut after = None;
        loop {
            let scan = Scan::of(Table::Pages, ["part".into()]).chunk(after.take(), AT_ONCE);
            let keys = self.store().keys(scan).await?;
            after = keys.last().cloned();
            if after.is_none() {
                return Ok(PartsThere(there));
            }
            there.extend(keys.iter().filter_map(|key| half(key.text(1))));
        }
    }

    /// Adds what a row refers to. False when it does not say it, or when it is in
    /// quarantine: what that refers to may be all there is to mend something with.
    async fn refer(&self, row: &Row, cache: &Cache, references: &mut References) -> Result<bool> {
        let Ok(record) = &row.record else {
            return Ok(false);
        };
        if record.domain == QUARANTINE {
            return Ok(false);
        }
        record.parts.values().for_each(|part| references.add(part));
        if record.domain == Domain::Chats.name() {
            return self.refer_messages(record, cache, references).await;
        }
        Ok(true)
    }

    async fn refer_messages(
        &self,
        chat: &Record,
        cache: &Cache,
        references: &mut References,
    ) -> Result<bool> {
        let Ok(Body { manifest, .. }) = Body::of(chat) else {
            return Ok(false);
        };
        let log = Log::of(self.store(), &chat.id, manifest, cache);
        let held = log.held().await?;
        let parts = held.runs.iter().chain(&held.segments);
        parts.for_each(|part| references.add(part));
        references.tails.extend(held.tail);
        Ok(held.whole)
    }
}

impl References {
    fn add(&mut self, part: &Part) {
        self.parts.extend(half(&part.hash));
    }

    /// Whether a page is referred to, or of a kind that is not known here.
    fn hold(&self, key: &Key) -> bool {
        match key.text(0) {
            "part" => half(key.text(1)).is_none_or(|hash| self.parts.contains(&hash)),
            "tail" => self.tails.contains(key),
            _ => true,
        }
    }
}

fn half(hash: &str) -> Option<u128> {
    u128::from_str_radix(hash.get(..32)?, 16).ok()
}
