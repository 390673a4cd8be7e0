//! The open store: reading, the fence, and the one place where bursts leave for the
//! medium and its second copy.

use super::medium::{Burst, Check, Key, Medium, Scan, Table, Value};
use super::part_cache::PartCache;
use super::record::{Listing, Record};
use super::redo::{self, Recovered, Redo};
use super::stage::Stage;
use crate::codec::{self, Part};
use crate::error::{Kind, Result};
use serde::{Deserialize, Serialize};
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// Whether the store can be written, and if not, why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "mode", rename_all = "kebab-case")]
pub enum Access {
    /// Reads and writes.
    ReadWrite,
    /// Reads only.
    ReadOnly {
        /// `too-new`: the keep was written by a newer version.
        reason: &'static str,
        /// The schema it has.
        stored: u32,
        /// The schema known here.
        supported: u32,
    },
}

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
    /// Id of the snapshot that holds the originals.
    pub snapshot: String,
}

/// The record of the keep itself, under `[keep]` in `meta`. Every write checks that
/// it is still the same, so that a tab with older code stops as soon as it changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct KeepMeta {
    /// Id of the keep.
    pub id: String,
    /// Schema of its records.
    pub schema: u32,
    /// Code below this schema must not write.
    pub min_writer: u32,
    /// Milliseconds since 1970.
    pub created: i64,
}

impl KeepMeta {
    pub(crate) const KEY: &'static str = "keep";

    pub(crate) fn encode(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("plain fields write to memory without failing")
    }
}

/// How the second copy is doing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "lowercase")]
pub enum SecondCopy {
    /// There is no place for one.
    Off,
    /// Every save is in both.
    On,
    /// Saves are in the medium only, since the second copy failed.
    Failing {
        /// How.
        message: String,
    },
}

/// Records and pages on a medium.
#[derive(Clone)]
pub struct Store {
    pub(super) medium: Rc<dyn Medium>,
    pub(super) clock: Rc<dyn Fn() -> i64>,
    pub(super) device: String,
    pub(super) meta: RefCell<Vec<u8>>,
    pub(super) access: Access,
    pub(super) report: OpenReport,
    pub(super) versions_kept: Cell<u32>,
    /// Shared with staged stores: parts are addressed by content.
    pub(super) parts: Rc<RefCell<PartCache>>,
    pub(super) keep_id: String,
    pub(super) redo: Option<Rc<dyn Redo>>,
    pub(super) second_copy: RefCell<SecondCopy>,
    /// This writer's file of the log.
    pub(super) redo_file: String,
    /// Where the changes of a transaction gather; `None`: writes count at once.
    pub(super) stage: Option<Rc<Stage>>,
}

impl Store {
    /// Writes a burst to the medium and then to the second copy. Resolved means that both
    /// have it; when only the second copy fails, the save counts and [`Store::second_copy`] tells.
    /// What does not read back where that was asked for is `corrupt`; the second copy has it.
    pub(crate) async fn write(&self, burst: Burst) -> Result<()> {
        self.medium.write(&burst).await?;
        if let Some(redo) = &self.redo {
            let frame = redo::frame_of(&burst, self.now());
            let appended = redo.append(&self.redo_file, frame, burst.durable).await;
            self.second_copy.replace(match appended {
                Ok(()) => SecondCopy::On,
                Err(error) => SecondCopy::Failing {
                    message: error.to_string(),
                },
            });
        }
        // A stage hands the wish on with its own burst.
        if burst.verify && self.stage.is_none() {
            self.read_back(&burst).await?;
        }
        Ok(())
    }

    /// Makes the second copy complete, or shorter, where that is due. For idle time: it
    /// reads everything, and saves go on meanwhile.
    ///
    /// # Errors
    /// What the medium and the second copy report; nothing stored is touched by it.
    pub async fn maintain(&self) -> Result<()> {
        match &self.redo {
            Some(redo) if self.access == Access::ReadWrite => {
                redo::maintain(
                    &*self.medium,
                    &**redo,
                    &self.keep_id,
                    &self.redo_file,
                    &*self.clock,
                )
                .await
            }
            _ => Ok(()),
        }
    }

    /// How the second copy is doing.
    pub fn second_copy(&self) -> SecondCopy {
        self.second_copy.borrow().clone()
    }

    /// One record, lifted to today's schema; `None` when there is none.
    ///
    /// # Errors
    /// `corrupt`, and what the medium reports. A failed read is never `None`.
    pub async fn get(&self, domain: &str, id: &str) -> Result<Option<Record>> {
        let found = self
            .medium
            .read(Table::Rows, &[Key::row(domain, id)])
            .await?;
        let Some(row) = found.into_iter().next().flatten() else {
            return Ok(None);
        };
        let mut record = Record::decode(domain, id, &row.bytes)?;
        record.stored = row.bytes;
        Ok(Some(record))
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
        Ok(listing(rows))
    }

    /// The records that carry an index key.
    ///
    /// # Errors
    /// As [`Store::list`].
    pub async fn find(&self, by: &str) -> Result<Listing> {
        Ok(listing(self.medium.find(by).await?))
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
        let mut pages = self.pages(&keys).await?.into_iter();
        let mut read = |part: &Part| {
            let mut whole =
                Vec::with_capacity(usize::try_from(part.bytes).unwrap_or(0).min(64 << 20));
            for content in pages.by_ref().take(part.pages() as usize) {
                whole.extend_from_slice(codec::read_page(&content)?);
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

    /// The sealed pages under some keys; [`codec::read_page`] opens them.
    ///
    /// # Errors
    /// `corrupt` when one is missing, and what the medium reports.
    pub async fn pages(&self, keys: &[Key]) -> Result<Vec<Vec<u8>>> {
        let found = self.medium.read(Table::Pages, keys).await?;
        let missing = |key: &Key| {
            Kind::Corrupt.because(format!(
                "page {} of {} is missing",
                key.text(1),
                key.text(0)
            ))
        };
        found
            .into_iter()
            .zip(keys)
            .map(|(value, key)| value.map(|v| v.bytes).ok_or_else(|| missing(key)))
            .collect()
    }

    /// Whether the store can be written.
    pub fn access(&self) -> &Access {
        &self.access
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

    /// Lets go of the medium.
    pub fn close(&self) {
        self.medium.close();
        if let Some(redo) = &self.redo {
            redo.close();
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
            bytes: Some(self.meta.borrow().clone()),
        }
    }

    pub(crate) fn move_fence(&self, keep: &KeepMeta) {
        self.meta.replace(keep.encode());
    }
}

fn listing(rows: Vec<(Key, Value)>) -> Listing {
    let mut listing = Listing::default();
    for (key, value) in rows {
        listing.add(key.text(0), key.text(1), &value.bytes);
    }
    listing
}
