//! Opening: what is there, what may be done with it, and what has to happen first.
//!
//! An empty medium becomes a keep, one that lost something is healed from the second
//! copy, an older one is migrated, a newer one is readable and not writable.

use super::backup::Shelf;
use super::engine::{Access, OpenReport, Store};
use super::keep_meta::{KeepMeta, RestoreEnd};
use super::log::{Level, LogEntry};
use super::medium::{Burst, Check, Key, Medium, Put, Scan, Table, Value, both};
use super::memory::MemoryMedium;
use super::migration::{self, Upgrade};
use super::redo::{self, Copy, Look, Opening, Redo, RedoFile, SecondCopy};
use crate::codec;
use crate::error::{Error, Kind, Result};
use crate::migrate::SCHEMA;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// A second copy above this is not read into memory.
const MOST_IN_MEMORY: u64 = 256 << 20;

/// What the store takes from outside.
#[derive(Clone)]
pub struct Options {
    /// Milliseconds since 1970.
    pub clock: Rc<dyn Fn() -> i64>,
    /// Where the second copy goes, if there is such a place.
    pub redo: Option<Rc<dyn Redo>>,
    /// Hears how far a migration has come, if somebody waits for it.
    pub upgrade: Option<Rc<dyn Fn(Upgrade)>>,
}

impl Store {
    /// Opens the keep on a medium: makes an empty one, or migrates an older one.
    ///
    /// # Errors
    /// `migration` when the ladder is broken (nothing is changed then), and what the medium reports.
    pub async fn open(medium: Rc<dyn Medium>, options: Options) -> Result<Store> {
        let healed = Healed::of(&*medium, options.redo.clone(), &*options.clock).await?;
        let mut attempts = 3;
        let mut store = loop {
            attempts -= 1;
            match Store::attempt(Rc::clone(&medium), &options, &healed).await {
                // Another tab made or migrated the keep in the meantime: look again.
                Err(error)
                    if matches!(error.kind(), Kind::TooNew | Kind::Restoring) && attempts > 0 => {}
                settled => break settled?,
            }
        };
        store.report.recovered = healed.opening.recovered;
        if healed.opening.doubt {
            store.copy.doubt();
        }
        if healed.opening.lacking && store.access == Access::ReadWrite {
            store.copy.unsure(&*store.medium).await;
        }
        store.medium.opened(&store.keep_id);
        store.note_opening();
        Ok(store)
    }

    /// Opens what the second copy has, in memory and for reading alone, while the medium cannot be
    /// had. Both stay as they are.
    ///
    /// # Errors
    /// `not-found` when there is no second copy, `corrupt` when nothing in it can be read,
    /// `too-large` over 256 MiB, and what the second copy reports.
    pub async fn open_copy(redo: Rc<dyn Redo>, options: Options) -> Result<Store> {
        let mut files = redo.files().await?;
        let id =
            newest_keep(&files).ok_or_else(|| Kind::NotFound.because("there is no second copy"))?;
        files.retain(|file| file.keep() == id);
        let bytes: u64 = files.iter().map(|file| file.bytes).sum();
        if bytes > MOST_IN_MEMORY {
            let detail =
                format!("the second copy has {bytes} bytes, {MOST_IN_MEMORY} are read at most");
            return Err(Kind::TooLarge.because(detail));
        }
        let medium = Rc::new(MemoryMedium::new());
        let rebuilt = redo::rebuild(&*medium, &*redo, &files, (options.clock)()).await?;
        let own = medium
            .read(Table::Meta, &[Key::meta(KeepMeta::KEY)])
            .await?;
        let own = own.into_iter().next().flatten();
        let own = own.and_then(|own| KeepMeta::read(&own.bytes).ok());
        if own.is_none() && medium.count(Scan::of(Table::Rows, [])).await? == 0 {
            return Err(Kind::Corrupt.because("nothing of the keep can be read in the second copy"));
        }
        // A log without a complete copy has everything when its first file is as old as the keep.
        let is_first = |file: &RedoFile| {
            let own = own.as_ref();
            own.is_some_and(|own| file.begun_ms() == own.created)
        };
        let is_whole = own.is_some() && (rebuilt.from_copy || files.iter().any(is_first));
        let options = Options {
            redo: None,
            ..options
        };
        let mut store = Store::open(medium, options).await?;
        if store.access == Access::ReadWrite {
            store.access = Access::second_copy();
        }
        if rebuilt.lacking || !is_whole {
            store.report.incomplete = true;
            let entry = LogEntry::new(store.now(), Level::Warn, "copy-incomplete");
            store.log.note(entry);
        }
        Ok(store)
    }

    async fn attempt(medium: Rc<dyn Medium>, options: &Options, healed: &Healed) -> Result<Store> {
        let now = (options.clock)();
        let found = medium
            .read(
                Table::Meta,
                &[Key::meta(KeepMeta::KEY), Key::meta("device"), Copy::mark()],
            )
            .await?;
        let [stored, device, gap] = <[Option<Value>; 3]>::try_from(found).map_err(|_| {
            Kind::Bug.because("a medium answered three keys with another number of values")
        })?;
        let stored = stored.map(|value| value.bytes);
        let device = device.and_then(|value| String::from_utf8(value.bytes).ok());
        let shelf = healed.redo.as_ref().and_then(|redo| redo.backups());
        let shelf = shelf.unwrap_or_else(|| {
            Rc::new(Shelf {
                medium: Rc::clone(&medium),
                clock: Rc::clone(&options.clock),
            })
        });
        let mut store = Store {
            device: device.clone().unwrap_or_else(|| codec::new_id(now)),
            medium,
            clock: Rc::clone(&options.clock),
            keep_id: String::new(),
            meta: RefCell::default(),
            access: Access::ReadWrite,
            outgrown: Rc::default(),
            shows_older: false,
            report: OpenReport {
                created: false,
                migrated: None,
                recovered: None,
                restore: None,
                incomplete: false,
            },
            versions_kept: Cell::new(10),
            compress: Cell::new(true),
            parts: Rc::default(),
            recent: Rc::default(),
            full: Rc::default(),
            writer: Rc::default(),
            writes: Rc::default(),
            shelf,
            gathering: Rc::default(),
            backups_held: Rc::default(),
            copy: Rc::new(Copy::new(
                healed.redo.clone(),
                healed.second_copy.clone(),
                healed.opening.ahead_ms,
            )),
            log: Rc::default(),
            stage: None,
        };
        let readable = stored
            .as_ref()
            .and_then(|bytes| serde_json::from_slice::<KeepMeta>(bytes).ok());
        let mut stored = stored;
        let mut keep = match readable {
            Some(keep) => keep,
            None => store.rebuild_meta(now).await?,
        };
        store.keep_id = keep.id.clone();
        if keep.needs() > SCHEMA {
            store.access = Access::too_new(keep.needs());
            return Ok(store);
        }
        if keep.schema < SCHEMA {
            migration::check_ladder(keep.schema)?;
        }
        let writer = codec::new_id(now);
        let writer = writer.rsplit('-').next().unwrap_or_default();
        let file = format!("{}.{now}.{writer}", keep.id);
        store.copy.begin(&keep.id, file, gap.is_some());
        if keep.restoring.is_some() {
            let (ended, how) = store.end_restore(keep).await?;
            store.report.restore = Some(how);
            stored = Some(ended.encode());
            keep = ended;
        }
        store.meta.replace(keep.encode());
        if device.is_none() || stored.as_ref() != Some(&keep.encode()) {
            store.write_meta(&keep, stored).await?;
        }
        if keep.schema < SCHEMA {
            let tell = |upgrade| options.upgrade.iter().for_each(|hear| hear(upgrade));
            store.report.migrated = Some(migration::run(&store, keep, &tell).await?);
        }
        Ok(store)
    }

    fn note_opening(&self) {
        let now = self.now();
        let entry = |level, event| LogEntry::new(now, level, event);
        self.log.note(entry(Level::Info, "opened"));
        let OpenReport {
            created,
            migrated,
            recovered,
            restore,
            ..
        } = &self.report;
        match restore {
            Some(RestoreEnd::Finished) => self.log.note(entry(Level::Warn, "restored")),
            Some(RestoreEnd::Undone) => self.log.note(entry(Level::Warn, "restore-undone")),
            Some(RestoreEnd::Mixed) => self.log.note(entry(Level::Error, "restore-unfinished")),
            None => {}
        }
        if *created {
            self.log.note(entry(Level::Info, "created"));
        }
        if let Some(migrated) = migrated {
            let migrated = migrated.lifted;
            self.log
                .note(entry(Level::Info, "migrated").count(migrated));
        }
        if let Some(recovered) = recovered {
            let count = recovered.rows + recovered.pages;
            self.log.note(entry(Level::Warn, "recovered").count(count));
        }
        if self.access != Access::ReadWrite {
            self.log.note(entry(Level::Warn, "read-only"));
        }
        self.note_second_copy();
    }

    /// The keep's record when it is missing or unreadable. The schema is what the
    /// records themselves bear: the lowest, so that a migration finds them all, or the
    /// highest when it is above today's, so that nothing newer is written over.
    async fn rebuild_meta(&mut self, now: i64) -> Result<KeepMeta> {
        let rows = self.medium.scan(Scan::of(Table::Rows, [])).await?;
        let schemas = rows
            .iter()
            .filter_map(|(_, row)| codec::read_frame(&row.bytes).ok())
            .map(|frame| frame.schema)
            // One odd record does not make the keep odd: it goes to quarantine.
            .filter(|schema| *schema > 0);
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
            restoring: None,
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
}

/// Whose files were written last.
fn newest_keep(files: &[RedoFile]) -> Option<String> {
    let newest = files
        .iter()
        .max_by_key(|file| (file.modified_ms, file.begun_ms()));
    newest.map(|file| file.keep().to_owned())
}

/// What opening made of the second copy before anything else.
struct Healed {
    redo: Option<Rc<dyn Redo>>,
    second_copy: SecondCopy,
    opening: Opening,
}

impl Healed {
    /// Where there is no place for a second copy.
    fn alone() -> Healed {
        Healed {
            redo: None,
            second_copy: SecondCopy::Off,
            opening: Opening::default(),
        }
    }

    /// Compares the medium with the second copy and puts back what was lost. Without a
    /// usable second copy the keep opens all the same, unless it is empty and the copy is
    /// not: then emptiness must not be shown as if it were the truth.
    async fn of(
        medium: &dyn Medium,
        redo: Option<Rc<dyn Redo>>,
        now: &dyn Fn() -> i64,
    ) -> Result<Healed> {
        let Some(redo) = redo else {
            return Ok(Healed::alone());
        };
        let stored = medium
            .read(Table::Meta, &[Key::meta(KeepMeta::KEY)])
            .await?
            .into_iter()
            .next()
            .flatten();
        let keep = stored.and_then(|value| serde_json::from_slice::<KeepMeta>(&value.bytes).ok());
        let wiped = keep.is_none();
        // Counting a large table takes longer than the log takes to come up and to be read.
        let count = async {
            match wiped {
                true => None,
                false => medium.count(Scan::of(Table::Rows, [])).await.ok(),
            }
        };
        let log = async {
            let files = redo.files().await?;
            Result::Ok(Healed::look(&*redo, files, keep).await)
        };
        let (looked, counted) = both(log, count).await;
        let found = match looked {
            Ok(Ok(None)) => Ok(Opening::default()),
            Ok(Ok(Some((there, look)))) => redo::open(medium, &*redo, look, counted, now)
                .await
                .map_err(|error| (there, error)),
            Ok(Err(refused)) => Err(refused),
            Err(error) if error.kind() == Kind::NoSupport => return Ok(Healed::alone()),
            // What cannot be listed may hold all there was.
            Err(error) => Err((true, error)),
        };
        match found {
            Ok(opening) => Ok(Healed {
                redo: Some(redo),
                second_copy: SecondCopy::On,
                opening,
            }),
            Err((true, error)) if wiped => Err(error),
            Err((_, error)) => {
                let second_copy = SecondCopy::Failing {
                    message: error.to_string(),
                };
                // What is written now goes into it all the same: were it left out, what is built on
                // it later would stand in the log without it.
                Ok(Healed {
                    redo: Some(redo),
                    second_copy,
                    opening: Opening::default(),
                })
            }
        }
    }

    /// What the log of this keep says, and whether there is any; nothing where it is of no use.
    /// An error, too, tells whether there is a copy to compare with.
    async fn look(
        redo: &dyn Redo,
        mut files: Vec<RedoFile>,
        keep: Option<KeepMeta>,
    ) -> std::result::Result<Option<(bool, Look)>, (bool, Error)> {
        let wiped = keep.is_none();
        let id = match keep {
            // Newer data is not written by older code, not even to heal it.
            Some(keep) if keep.schema.max(keep.min_writer) > SCHEMA => return Ok(None),
            Some(keep) => keep.id,
            None => match newest_keep(&files) {
                Some(newest) => newest,
                None => return Ok(None),
            },
        };
        files.retain(|file| file.keep() == id);
        let there = !files.is_empty();
        match redo::look(redo, files, wiped).await {
            Ok(look) => Ok(Some((there, look))),
            Err(error) => Err((there, error)),
        }
    }
}
