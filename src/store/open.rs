//! The store: opening it, and reading from it.
//!
//! Opening decides what may be done: an empty medium becomes a keep, an older one
//! is migrated, a newer one is readable and not writable.

use super::medium::{Burst, Check, Key, Medium, Put, Scan, Table, Value};
use super::record::{Listing, Record};
use super::redo::{self, Note, Recovered, Redo, RedoFile};
use super::{migration, snapshot};
use crate::codec::{self, Part};
use crate::error::{Error, Kind, Result};
use crate::migrate::SCHEMA;
use serde::{Deserialize, Serialize};
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// What the store takes from outside.
#[derive(Clone)]
pub struct Options {
    /// Milliseconds since 1970.
    pub clock: Rc<dyn Fn() -> i64>,
    /// Where the second copy goes, if there is such a place.
    pub redo: Option<Rc<dyn Redo>>,
}

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
pub struct Store {
    medium: Rc<dyn Medium>,
    clock: Rc<dyn Fn() -> i64>,
    device: String,
    meta: RefCell<Vec<u8>>,
    access: Access,
    report: OpenReport,
    versions_kept: Cell<u32>,
    keep_id: String,
    redo: Option<Rc<dyn Redo>>,
    second_copy: RefCell<SecondCopy>,
    /// This writer's file of the log.
    redo_file: String,
}

impl Store {
    /// Opens the keep on a medium: makes an empty one, or migrates an older one.
    ///
    /// # Errors
    /// `migration` when the ladder is broken (nothing is changed then), and what the medium reports.
    pub async fn open(medium: Rc<dyn Medium>, options: Options) -> Result<Store> {
        let healed = Healed::of(&*medium, options.redo.clone()).await?;
        let mut attempts = 3;
        let mut store = loop {
            attempts -= 1;
            match Store::attempt(Rc::clone(&medium), &options.clock, &healed).await {
                // Another tab made or migrated the keep in the meantime: look again.
                Err(error) if error.kind() == Kind::TooNew && attempts > 0 => {}
                settled => break settled?,
            }
        };
        store.report.recovered = healed.recovered;
        Ok(store)
    }

    async fn attempt(
        medium: Rc<dyn Medium>,
        clock: &Rc<dyn Fn() -> i64>,
        healed: &Healed,
    ) -> Result<Store> {
        let now = clock();
        let found = medium
            .read(
                Table::Meta,
                &[Key::meta(KeepMeta::KEY), Key::meta("device")],
            )
            .await?;
        let [stored, device] = <[Option<Value>; 2]>::try_from(found).map_err(|_| {
            Kind::Bug.because("a medium answered two keys with another number of values")
        })?;
        let stored = stored.map(|value| value.bytes);
        let device = device.and_then(|value| String::from_utf8(value.bytes).ok());
        let mut store = Store {
            device: device.clone().unwrap_or_else(|| codec::new_id(now)),
            medium,
            clock: Rc::clone(clock),
            meta: RefCell::default(),
            access: Access::ReadWrite,
            report: OpenReport {
                created: false,
                migrated: None,
                recovered: None,
            },
            versions_kept: Cell::new(10),
            keep_id: String::new(),
            redo: healed.redo.clone(),
            second_copy: RefCell::new(healed.second_copy.clone()),
            redo_file: String::new(),
        };
        let readable = stored
            .as_ref()
            .and_then(|bytes| serde_json::from_slice::<KeepMeta>(bytes).ok());
        let keep = match readable {
            Some(keep) => keep,
            None => store.rebuild_meta(now).await?,
        };
        if keep.schema.max(keep.min_writer) > SCHEMA {
            let stored = keep.schema.max(keep.min_writer);
            store.access = Access::ReadOnly {
                reason: "too-new",
                stored,
                supported: SCHEMA,
            };
            return Ok(store);
        }
        let writer = codec::new_id(now);
        store.redo_file = format!(
            "{}.{now}.{}",
            keep.id,
            writer.rsplit('-').next().unwrap_or_default()
        );
        store.keep_id = keep.id.clone();
        store.meta.replace(keep.encode());
        if device.is_none() || stored.as_ref() != Some(&keep.encode()) {
            store.write_meta(&keep, stored).await?;
        }
        if keep.schema < SCHEMA {
            store.report.migrated = Some(migration::run(&store, keep).await?);
        }
        Ok(store)
    }

    /// The keep's record when it is missing or unreadable. The schema is what the
    /// records themselves bear: the lowest, so that a migration finds them all, or the
    /// highest when it is above today's, so that nothing newer is written over.
    async fn rebuild_meta(&mut self, now: i64) -> Result<KeepMeta> {
        let rows = self.medium.scan(Scan::of(Table::Rows, [])).await?;
        let schemas = rows
            .iter()
            .filter_map(|(_, row)| codec::read_frame(&row.bytes).ok())
            .map(|frame| frame.schema);
        let (low, high) = schemas.fold((SCHEMA, 0), |(low, high), schema| {
            (low.min(schema), high.max(schema))
        });
        let schema = if high > SCHEMA { high } else { low };
        self.report.created = rows.is_empty();
        Ok(KeepMeta {
            id: codec::new_id(now),
            schema,
            min_writer: schema,
            created: now,
        })
    }

    async fn write_meta(&self, keep: &KeepMeta, before: Option<Vec<u8>>) -> Result<()> {
        let put = |name: &str, bytes| Put {
            table: Table::Meta,
            key: Key::meta(name),
            value: Value::bytes(bytes),
        };
        let burst = Burst {
            checks: vec![Check::Same {
                table: Table::Meta,
                key: Key::meta(KeepMeta::KEY),
                bytes: before,
            }],
            puts: vec![
                put(KeepMeta::KEY, keep.encode()),
                put("device", self.device.clone().into_bytes()),
            ],
            durable: true,
            ..Burst::default()
        };
        self.write(burst).await
    }

    /// Writes a burst to the medium and then to the second copy. Resolved means that both
    /// have it; when only the second copy fails, the save counts and [`Store::second_copy`] tells.
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
        let row = found.into_iter().next().flatten();
        row.map(|row| Record::decode(domain, id, &row.bytes))
            .transpose()
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
        let keys: Vec<Key> = (0..part.pages())
            .map(|n| Key::page("part", &part.hash, n))
            .collect();
        let mut whole = Vec::with_capacity(usize::try_from(part.bytes).unwrap_or(0).min(64 << 20));
        for content in self.pages(&keys).await? {
            whole.extend_from_slice(codec::read_page(&content)?);
        }
        if whole.len() as u64 != part.bytes {
            return Err(Kind::Corrupt.because(format!(
                "part has {} bytes, its record says {}",
                whole.len(),
                part.bytes
            )));
        }
        Ok(whole)
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

    /// Copies of the records made before something dangerous, oldest first.
    ///
    /// # Errors
    /// As [`Store::list`].
    pub async fn snapshots(&self) -> Result<Vec<snapshot::Snapshot>> {
        snapshot::list(self).await
    }

    /// The rows that a snapshot holds, as they were.
    ///
    /// # Errors
    /// `not-found`, `corrupt`, and what the medium reports.
    pub async fn read_snapshot(&self, id: &str) -> Result<Vec<snapshot::Original>> {
        snapshot::read(self, id).await
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

/// What opening made of the second copy before anything else.
struct Healed {
    redo: Option<Rc<dyn Redo>>,
    second_copy: SecondCopy,
    recovered: Option<Recovered>,
}

impl Healed {
    /// Compares the medium with the second copy and puts back what was lost. Without a
    /// usable second copy the keep opens all the same, unless it is empty and the copy is
    /// not: then emptiness must not be shown as if it were the truth.
    async fn of(medium: &dyn Medium, redo: Option<Rc<dyn Redo>>) -> Result<Healed> {
        let Some(redo) = redo else {
            return Ok(Healed {
                redo: None,
                second_copy: SecondCopy::Off,
                recovered: None,
            });
        };
        let stored = medium
            .read(Table::Meta, &[Key::meta(KeepMeta::KEY)])
            .await?
            .into_iter()
            .next()
            .flatten();
        let keep = stored.and_then(|value| serde_json::from_slice::<KeepMeta>(&value.bytes).ok());
        let wiped = keep.is_none();
        let found = match redo.files().await {
            Ok(files) => Healed::compare(medium, &*redo, files, keep).await,
            Err(error) => Err((false, error)),
        };
        match found {
            Ok(recovered) => Ok(Healed {
                redo: Some(redo),
                second_copy: SecondCopy::On,
                recovered,
            }),
            Err((true, error)) if wiped => Err(error),
            Err((_, error)) => {
                let second_copy = SecondCopy::Failing {
                    message: error.to_string(),
                };
                Ok(Healed {
                    redo: None,
                    second_copy,
                    recovered: None,
                })
            }
        }
    }

    /// The comparison; an error tells whether there was a copy to compare with.
    async fn compare(
        medium: &dyn Medium,
        redo: &dyn Redo,
        mut files: Vec<RedoFile>,
        keep: Option<KeepMeta>,
    ) -> std::result::Result<Option<Recovered>, (bool, Error)> {
        let wiped = keep.is_none();
        let id = match keep {
            // Newer data is not written by older code, not even to heal it.
            Some(keep) if keep.schema.max(keep.min_writer) > SCHEMA => return Ok(None),
            Some(keep) => keep.id,
            None => match files
                .iter()
                .max_by_key(|file| (file.modified_ms, file.begun_ms()))
            {
                Some(newest) => newest.keep().to_owned(),
                None => return Ok(None),
            },
        };
        files.retain(|file| file.keep() == id);
        let there = !files.is_empty();
        let compare = async {
            let note = Note::read(redo).await?;
            let recovered = redo::recover(medium, redo, &files, &note, wiped).await?;
            note.advance(redo, &files).await?;
            Ok(recovered)
        };
        compare.await.map_err(|error| (there, error))
    }
}
