//! The one write path: what a change is, and how it becomes a burst.

use super::engine::Store;
use super::medium::{Burst, Check, Key, Put, Scan, Table, Value};
use super::record::{Kept, Listing, Record};
use super::row::{VERSIONS, version_key, version_owner};
use super::stage::Stage;
use super::versions;
use crate::codec::{self, Part};
use crate::error::Result;
use serde::Deserialize;
use std::collections::HashSet;

/// Whether the state before a write is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum History {
    /// The row as it was becomes a version, in the same transaction.
    Keep,
    /// Nothing is lost by this write, so nothing is kept of the state before.
    Skip,
    /// The same, of a write after which the record says what it said before it: one that went to
    /// the trash or came back.
    Unchanged,
}

/// A change of several records and pages: all of it is stored or nothing.
#[derive(Debug, Default)]
pub struct Change {
    writes: Vec<(Record, History)>,
    pages: Vec<Page>,
    dropped: Vec<Key>,
    settled: Vec<Key>,
    erased: Vec<(Key, u64)>,
    /// The parts in it, by their hashes: the same content is written once.
    parts: HashSet<String>,
    /// Parts that will be asked for again soon: the records just written name them.
    fresh: Vec<(String, Vec<u8>)>,
    durable: bool,
    verify: bool,
    /// Its records come from [`Store::recent`].
    recent: bool,
    /// What it is made of besides, from there too.
    made_of: Vec<Record>,
}

/// A page to write, not sealed yet.
#[derive(Debug)]
struct Page {
    key: Key,
    content: Vec<u8>,
    compressible: bool,
}

/// What a caller asks of a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Write {
    /// The revision that the caller read; another one in the store is a conflict.
    pub if_rev: Option<u64>,
    /// Settle only when it is safe against power cuts.
    pub durable: bool,
    /// Settle only when it was read back and found to be what was written.
    pub verify: bool,
}

impl From<Option<u64>> for Write {
    fn from(if_rev: Option<u64>) -> Write {
        Write {
            if_rev,
            ..Write::default()
        }
    }
}

impl Change {
    /// An empty change.
    pub fn new() -> Change {
        Change::default()
    }

    /// Writes a record whose `rev` is the one it was read with (0: it must be new).
    pub fn write(&mut self, record: Record, history: History) -> &mut Change {
        self.writes.push((record, history));
        self
    }

    /// Adds a byte string and gives the reference to put into a record.
    pub fn add_part(&mut self, bytes: &[u8]) -> Part {
        // A new document is its file too, and comparing is cheaper than hashing it once more.
        if let Some((hash, _)) = self.fresh.last().filter(|(_, last)| last == bytes) {
            return Part {
                hash: hash.clone(),
                bytes: bytes.len() as u64,
            };
        }
        let part = Part::of(bytes);
        if !self.parts.insert(part.hash.clone()) {
            return part;
        }
        if bytes.len() <= codec::PAGE_BYTES {
            self.fresh.push((part.hash.clone(), bytes.to_vec()));
        }
        let compressible = codec::is_compressible(bytes);
        let pages = codec::contents(bytes).zip(0..).map(|(content, n)| Page {
            key: Key::page("part", &part.hash, n),
            content: content.to_vec(),
            compressible,
        });
        self.pages.extend(pages);
        part
    }

    /// Says that a part is there: the record that is changed refers to it. It is not written again.
    pub(crate) fn has_part(&mut self, part: &Part) {
        self.parts.insert(part.hash.clone());
    }

    /// Adds one page under a key of the domain's own. It must never be written with another content.
    pub fn add_page(&mut self, key: Key, content: &[u8]) {
        debug_assert!(content.len() <= codec::PAGE_BYTES);
        self.pages.push(Page {
            key,
            content: content.to_vec(),
            compressible: false,
        });
    }

    /// Removes a page that no record and no version refers to any more.
    pub fn drop_page(&mut self, key: Key) {
        self.dropped.push(key);
    }

    /// Removes a journal entry: this change makes its edit, or it is not wanted any more.
    pub fn settle(&mut self, entry: Key) {
        self.settled.push(entry);
    }

    /// Removes a record and its older states for good, if it still has the revision that it was read with.
    pub fn erase(&mut self, record: &Record) {
        let row = Key::row(&record.domain, &record.id);
        self.erased.push((row, record.rev));
    }

    /// Asks for durability against power cuts.
    pub fn durable(&mut self) -> &mut Change {
        self.durable = true;
        self
    }

    /// Asks to have it read back and compared.
    pub fn verify(&mut self) -> &mut Change {
        self.verify = true;
        self
    }

    /// Says that its records come from [`Store::recent`]: it is a `conflict` unless the rows
    /// are the same as then, byte for byte.
    pub fn on_recent(&mut self) -> &mut Change {
        self.recent = true;
        self
    }

    /// Says that it is made of this record of [`Store::recent`] too, and changes it not: it is a
    /// `conflict` unless its row is still the same.
    pub fn made_of(&mut self, record: &Record) -> &mut Change {
        self.made_of.push(record.clone());
        self
    }

    /// Asks for what the caller asks.
    pub fn asked(&mut self, write: Write) -> &mut Change {
        self.durable |= write.durable;
        self.verify |= write.verify;
        self
    }

    /// Bytes of the pages in it.
    pub fn page_bytes(&self) -> usize {
        self.pages.iter().map(|page| page.content.len()).sum()
    }
}

impl Page {
    fn sealed(self, compress: bool) -> Put {
        let bytes = match compress && self.compressible {
            true => codec::compressed_page(&self.content),
            false => codec::page(&self.content),
        };
        Put {
            table: Table::Pages,
            key: self.key,
            value: Value::bytes(bytes),
        }
    }
}

impl Store {
    /// Stores a change and gives its records back with their new revisions.
    ///
    /// Everything is encoded before the transaction opens; the revisions are checked
    /// inside it, so that of two writers with the same base one gets `conflict`.
    ///
    /// # Errors
    /// `read-only`, `conflict`, `too-new` when another version took over, `corrupt` when it does
    /// not read back as it was written, and what the medium reports.
    pub async fn commit(&self, change: Change) -> Result<Vec<Record>> {
        self.refuse_read_only()?;
        let compress = self.compresses();
        let pages = change.pages.into_iter();
        let mut burst = Burst {
            puts: pages.map(|page| page.sealed(compress)).collect(),
            durable: change.durable,
            verify: change.verify,
            ..Burst::default()
        };
        burst.checks.push(self.fence());
        let made_of = change.made_of.into_iter().map(|record| Check::Same {
            table: Table::Rows,
            key: Key::row(&record.domain, &record.id),
            bytes: Some(record.stored),
        });
        burst.checks.extend(made_of);
        burst
            .deletes
            .extend(change.dropped.into_iter().map(|key| (Table::Pages, key)));
        burst
            .deletes
            .extend(change.settled.into_iter().map(|key| (Table::Journal, key)));
        for (key, rev) in change.erased {
            self.erase(key, rev, &mut burst).await?;
        }
        let mut written = Vec::with_capacity(change.writes.len());
        for (mut record, history) in change.writes {
            let key = Key::row(&record.domain, &record.id);
            let base = Some(record.rev).filter(|rev| *rev > 0);
            burst.checks.push(match change.recent {
                true => Check::Same {
                    table: Table::Rows,
                    key: key.clone(),
                    bytes: Some(record.stored.clone()),
                },
                false => Check::Rev {
                    key: key.clone(),
                    rev: base,
                },
            });
            let since = match (history, base) {
                (History::Keep, Some(rev)) => {
                    self.keep_version(&mut record, rev, &mut burst).await?
                }
                (History::Unchanged, Some(_)) => Some(record.says_since()),
                _ => None,
            };
            record.rev += 1;
            record.say_since(since);
            record.changed_ms = self.now();
            record.device = self.device().to_owned();
            record.stamp = codec::new_id(record.changed_ms)
                .rsplit('-')
                .next()
                .unwrap_or_default()
                .to_owned();
            record.stored = record.encode();
            let value = Value {
                rev: record.rev,
                by: record.by.clone(),
                bytes: record.stored.clone(),
            };
            burst.puts.push(Put {
                table: Table::Rows,
                key,
                value,
            });
            written.push(record);
        }
        let gone: Vec<Key> = burst
            .deletes
            .iter()
            .filter(|(table, _)| *table == Table::Rows)
            .map(|(_, key)| key.clone())
            .collect();
        let stored = self.write(burst).await;
        // Even a change that failed may have been stored.
        let mut recent = self.recent.borrow_mut();
        let keys = gone.iter().map(|key| (key.text(0), key.text(1)));
        let rows = written
            .iter()
            .map(|row| (row.domain.as_str(), row.id.as_str()));
        keys.chain(rows)
            .for_each(|(domain, id)| recent.forget(domain, id));
        stored?;
        // What is staged is not written yet; of many none will be changed at once again.
        if let ([record], None) = (written.as_slice(), &self.stage) {
            recent.put(record);
        }
        drop(recent);
        for (hash, bytes) in change.fresh {
            self.parts.borrow_mut().put(&hash, &bytes);
        }
        Ok(written)
    }

    /// Adds the row as it was read to the burst as a version; the check of its revision
    /// makes sure that this is what the burst replaces. The oldest versions give way. A state
    /// that says what the new one says is none: it would only push out those that differ. Gives
    /// since which revision it has been said then.
    async fn keep_version(
        &self,
        record: &mut Record,
        rev: u64,
        burst: &mut Burst,
    ) -> Result<Option<u64>> {
        let keep = self.versions_kept() as usize;
        if keep == 0 {
            return Ok(None);
        }
        let owner = version_owner(&record.domain, &record.id);
        // A transaction is one change, so it keeps one state before, where there was one.
        let settled_on = |stage: &Stage| {
            stage.is_new(&Key::row(&record.domain, &record.id))
                || stage.has_put(Table::Rows, [VERSIONS.into(), owner.as_str().into()])
        };
        if self.stage.as_deref().is_some_and(settled_on) {
            return Ok(None);
        }
        let key = |rev: u64| version_key(&record.domain, &record.id, rev);
        let before = match std::mem::take(&mut record.stored) {
            bytes if !bytes.is_empty() => bytes,
            _ => {
                let row = Key::row(&record.domain, &record.id);
                let found = self.medium().read(Table::Rows, &[row]).await?;
                let Some(found) = found.into_iter().next().flatten() else {
                    return Ok(None);
                };
                found.bytes
            }
        };
        let old = Record::decode(&record.domain, &record.id, &before);
        if let Some(old) = old.ok().filter(|old| old.says_the_same(record)) {
            return Ok(Some(old.says_since()));
        }
        let mut kept = match record.versions.take() {
            Some(kept) => kept,
            None => self.kept_versions(&owner).await?,
        };
        kept.push(Kept::of(rev, &before, Some(record)));
        let gone = versions::thin(&mut kept, keep, self.now());
        burst
            .deletes
            .extend(gone.into_iter().map(|rev| (Table::Rows, key(rev))));
        record.versions = Some(kept);
        burst.puts.push(Put {
            table: Table::Rows,
            key: key(rev),
            value: Value {
                rev,
                by: Vec::new(),
                bytes: before,
            },
        });
        Ok(None)
    }

    async fn erase(&self, key: Key, rev: u64, burst: &mut Burst) -> Result<()> {
        let owner = version_owner(key.text(0), key.text(1));
        // All there are: a row that was brought back may not name every one of them.
        for kept in self.kept_versions(&owner).await? {
            let version = version_key(key.text(0), key.text(1), kept.rev);
            burst.deletes.push((Table::Rows, version));
        }
        burst.checks.push(Check::Rev {
            key: key.clone(),
            rev: Some(rev),
        });
        burst.deletes.push((Table::Rows, key));
        Ok(())
    }

    /// What is kept of a record which does not say so itself.
    async fn kept_versions(&self, owner: &str) -> Result<Vec<Kept>> {
        let rows = self
            .medium()
            .scan(Scan::of(Table::Rows, [VERSIONS.into(), owner.into()]))
            .await?;
        Ok(Kept::of_rows(&rows))
    }

    /// One kept older state of a record; `None` when it is not kept.
    ///
    /// # Errors
    /// `corrupt`, and what the medium reports.
    pub async fn version(&self, domain: &str, id: &str, rev: u64) -> Result<Option<Record>> {
        let key = version_key(domain, id, rev);
        let found = self.medium().read(Table::Rows, &[key]).await?;
        let found = found.into_iter().next().flatten();
        found
            .map(|row| Record::decode(domain, id, &row.bytes))
            .transpose()
    }

    /// What a record said at a revision, as far as that is kept: as its older state, or as a later
    /// one that says the same.
    ///
    /// # Errors
    /// As [`Store::version`].
    pub(crate) async fn said(&self, domain: &str, id: &str, rev: u64) -> Result<Option<Record>> {
        if let Some(version) = self.version(domain, id, rev).await? {
            return Ok(Some(version));
        }
        let says_it = |record: &Record| record.says_since() <= rev && rev <= record.rev;
        let mut kept = self.history(domain, id).await?.records;
        match kept.iter().position(says_it) {
            Some(found) => Ok(Some(kept.swap_remove(found))),
            None => Ok(self.get(domain, id).await?.filter(says_it)),
        }
    }

    /// The kept older states of a record, newest first.
    ///
    /// # Errors
    /// What the medium reports.
    pub async fn history(&self, domain: &str, id: &str) -> Result<Listing> {
        let owner = version_owner(domain, id);
        let rows = self
            .medium()
            .scan(Scan::of(
                Table::Rows,
                [VERSIONS.into(), owner.as_str().into()],
            ))
            .await?;
        let mut listing = Listing::default();
        for (_, value) in rows.iter().rev() {
            listing.add(domain, id, &value.bytes);
        }
        Ok(listing)
    }
}

impl Store {
    /// Whether older states of a record are pinned: their revisions.
    ///
    /// # Errors
    /// What the medium reports.
    pub async fn pinned_versions(&self, record: &Record) -> Result<Vec<u64>> {
        let kept = self.versions_of(record).await?;
        let pinned = kept.iter().filter(|one| one.pinned);
        Ok(pinned.map(|one| one.rev).collect())
    }

    /// Makes an older state of a record stay whatever happens to the others, or lets go of it
    /// again, in the record as it was read. False when no such state is kept.
    ///
    /// # Errors
    /// What the medium reports.
    pub async fn pin_version(&self, record: &mut Record, rev: u64, pinned: bool) -> Result<bool> {
        let mut kept = self.versions_of(record).await?;
        let Some(one) = kept.iter_mut().find(|one| one.rev == rev) else {
            return Ok(false);
        };
        one.pinned = pinned;
        record.versions = Some(kept);
        Ok(true)
    }

    async fn versions_of(&self, record: &Record) -> Result<Vec<Kept>> {
        match &record.versions {
            Some(kept) => Ok(kept.clone()),
            None => {
                let owner = version_owner(&record.domain, &record.id);
                self.kept_versions(&owner).await
            }
        }
    }
}
