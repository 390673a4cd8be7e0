//! Migration: every row of an older schema is lifted, in small transactions.
//!
//! First the keep says that older code must not write any more, then a verified
//! backup is made, then rows are lifted in chunks with the cursor in the same
//! transaction, so that an interrupted pass goes on where it stopped. A row that
//! cannot be lifted goes to quarantine, whole. A [`Plan`] says beforehand what a pass
//! would do, and writes nothing.

use super::engine::{Migrated, Store};
use super::keep_meta::KeepMeta;
use super::medium::{Burst, Check, Key, Medium, Put, Scan, Table, Value};
use super::quarantine;
use super::record::Record;
use super::row::{QUARANTINE, SNAPSHOTS, VERSIONS};
use crate::codec;
use crate::error::{Error, Kind, Result};
use crate::migrate::{self, SCHEMA};
use serde::{Deserialize, Serialize};

/// Rows of one transaction.
const CHUNK: u32 = 200;
/// A transaction that has so many bytes of rows takes no more of them.
const CHUNK_BYTES: usize = 2 << 20;
/// How often a chunk is begun again because another tab was faster.
const ATTEMPTS: u32 = 50;
/// How often the rows are gone through until nothing is left to lift.
const PASSES: u32 = 3;
/// The cursor's name in `meta`.
const CURSOR: &str = "migration";
/// Where `meta` has the list of those that came to their end.
const DONE: &str = "migrations";

/// How far a migration has come, for whoever waits for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Upgrade {
    /// The schema before.
    pub from: u32,
    /// The schema after.
    pub to: u32,
    /// Rows looked at.
    pub done: u64,
    /// Rows there are.
    pub total: u64,
}

/// A migration that came to its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {
    /// When, milliseconds since 1970.
    pub at: i64,
    /// The schema before.
    pub from: u32,
    /// The schema after.
    pub to: u32,
    /// Records lifted.
    pub lifted: u64,
    /// Records that could not be lifted, in quarantine.
    pub quarantined: u64,
    /// Id of the backup made before.
    pub backup: String,
}

impl Store {
    /// The migrations that the keep went through, oldest first.
    ///
    /// # Errors
    /// What the medium reports.
    pub async fn migrations(&self) -> Result<Vec<Done>> {
        let told = read_meta(self, DONE).await?;
        // A list that cannot be read says no more than one that is not there.
        Ok(told
            .and_then(|bytes| serde_json::from_slice(&bytes).ok())
            .unwrap_or_default())
    }
}

/// What opening would do to a keep.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Plan {
    /// The schema that the keep has. Above `to`: it would open read-only.
    pub from: u32,
    /// The schema that this version writes.
    pub to: u32,
    /// The rungs to climb.
    pub steps: Vec<Step>,
    /// Rows there are, of records and of their older states.
    pub rows: u64,
    /// Rows that would be lifted.
    pub lifted: u64,
    /// Records that could not be lifted and would go to quarantine, whole.
    pub odd: Vec<Odd>,
}

/// One rung of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Step {
    /// The schema that it leads to.
    pub schema: u32,
    /// What changes, in a few words.
    pub title: &'static str,
}

/// A record that no rung can lift.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Odd {
    /// The domain.
    pub domain: String,
    /// The id.
    pub id: String,
    /// What is odd about it.
    pub message: String,
}

/// How far a pass has come, as the medium remembers it.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Cursor {
    from: u32,
    to: u32,
    /// Id of the backup with the rows as they were.
    #[serde(rename = "snapshot")]
    backup: String,
    /// The last key done, as [`Key::to_json`] gives it.
    after: Option<serde_json::Value>,
    /// Rows up to that key.
    #[serde(default)]
    done: u64,
    lifted: u64,
    quarantined: u64,
    /// Rows that cannot be read.
    #[serde(default)]
    rotten: u64,
}

/// Lifts every row and raises the keep's schema. The ladder was checked.
pub(crate) async fn run(
    store: &Store,
    mut keep: KeepMeta,
    tell: &dyn Fn(Upgrade),
) -> Result<Migrated> {
    if keep.min_writer < SCHEMA {
        keep.min_writer = SCHEMA;
        write_keep(store, &keep, Vec::new(), Vec::new()).await?;
    }
    let mut pass = Pass::begin(store, keep.schema).await?;
    let total = store.medium().count(Scan::of(Table::Rows, [])).await?;
    let told = |cursor: &Cursor| Upgrade {
        from: cursor.from,
        to: cursor.to,
        // What goes to quarantine is a row more.
        done: cursor.done.min(total),
        total,
    };
    let mut passes = PASSES;
    loop {
        passes -= 1;
        tell(told(&pass.cursor));
        while pass.step(store).await? {
            tell(told(&pass.cursor));
        }
        match pass.verify(store).await {
            // A tab that opens at the same time may have put rows back from the second copy.
            Err(_) if passes > 0 => pass.again(),
            verified => break verified?,
        }
    }
    keep.schema = SCHEMA;
    let cursor = pass.cursor;
    let mut done = store.migrations().await?;
    done.push(Done {
        at: store.now(),
        from: cursor.from,
        to: cursor.to,
        lifted: cursor.lifted,
        quarantined: cursor.quarantined,
        backup: cursor.backup.clone(),
    });
    let bytes =
        serde_json::to_vec(&done).map_err(|cause| Kind::Bug.because("list").caused_by(cause))?;
    let list = Put {
        table: Table::Meta,
        key: Key::meta(DONE),
        value: Value::bytes(bytes),
    };
    write_keep(
        store,
        &keep,
        vec![list],
        vec![(Table::Meta, Key::meta(CURSOR))],
    )
    .await?;
    Ok(Migrated {
        from: cursor.from,
        to: cursor.to,
        lifted: cursor.lifted,
        quarantined: cursor.quarantined,
        backup: cursor.backup,
    })
}

/// Every rung between must exist before anything is touched.
///
/// # Errors
/// `migration` when one is missing.
pub(crate) fn check_ladder(from: u32) -> Result<()> {
    match migrate::LADDER.get(from as usize) {
        Some(_) if from > 0 => Ok(()),
        _ => Err(Kind::Migration.because(format!("no rung leads on from schema {from}"))),
    }
}

/// What becomes of a row.
enum Fate {
    /// It is today's, or lifted when it is read.
    Stays,
    /// Rot is not the ladder's matter: the row stays, and lists report it.
    Rotten,
    Lifted(Box<Record>),
    Odd(Error),
}

impl Fate {
    fn of(key: &Key, row: &Value) -> Fate {
        // Versions are lifted when they are read; snapshots and quarantine stay as they were.
        if [VERSIONS, SNAPSHOTS, QUARANTINE].contains(&key.text(0)) {
            return Fate::Stays;
        }
        match codec::read_frame(&row.bytes) {
            Err(_) => Fate::Rotten,
            Ok(frame) if frame.schema >= SCHEMA => Fate::Stays,
            Ok(_) => match Record::decode(key.text(0), key.text(1), &row.bytes) {
                Ok(record) => Fate::Lifted(Box::new(record)),
                Err(error) => Fate::Odd(error),
            },
        }
    }
}

impl Plan {
    /// What opening would do to the keep on a medium; `None` when there is no keep. Writes nothing.
    ///
    /// # Errors
    /// `migration` when a rung is missing, `corrupt` when the keep's own record cannot be read,
    /// and what the medium reports.
    pub async fn of(medium: &dyn Medium) -> Result<Option<Plan>> {
        let found = medium
            .read(Table::Meta, &[Key::meta(KeepMeta::KEY)])
            .await?;
        let Some(value) = found.into_iter().next().flatten() else {
            return Ok(None);
        };
        let keep = KeepMeta::read(&value.bytes)?;
        let mut plan = Plan {
            from: match keep.schema.max(keep.min_writer) {
                newer if newer > SCHEMA => newer,
                _ => keep.schema,
            },
            to: SCHEMA,
            steps: Vec::new(),
            rows: 0,
            lifted: 0,
            odd: Vec::new(),
        };
        if plan.from >= SCHEMA {
            plan.rows = medium.count(Scan::of(Table::Rows, [])).await?;
            return Ok(Some(plan));
        }
        check_ladder(plan.from)?;
        let rungs = migrate::LADDER.iter().zip(1..).skip(plan.from as usize);
        let step = |(rung, schema): (&migrate::Rung, u32)| Step {
            schema,
            title: rung.title,
        };
        plan.steps = rungs.map(step).collect();
        plan.rows = each_row(medium, |key, row| match Fate::of(key, row) {
            Fate::Stays | Fate::Rotten => {}
            Fate::Lifted(_) => plan.lifted += 1,
            Fate::Odd(error) => plan.odd.push(Odd {
                domain: key.text(0).to_owned(),
                id: key.text(1).to_owned(),
                message: error.detail().to_owned(),
            }),
        })
        .await?;
        Ok(Some(plan))
    }
}

/// A pass over all rows. Two tabs may be at it at once: each chunk is lifted by the one
/// that moves the cursor, the other goes on behind it.
struct Pass {
    cursor: Cursor,
    /// The cursor as the medium has it.
    stored: Option<Vec<u8>>,
}

impl Pass {
    /// Goes on where an interrupted pass stopped, or makes the backup and begins.
    async fn begin(store: &Store, from: u32) -> Result<Pass> {
        let stored = read_meta(store, CURSOR).await?;
        let unfinished = stored
            .as_ref()
            .and_then(|bytes| serde_json::from_slice::<Cursor>(bytes).ok());
        let cursor = match unfinished.filter(|cursor| cursor.to == SCHEMA) {
            Some(cursor) => cursor,
            None => {
                // It stays until somebody lets it go: with it alone the older app comes back.
                let reason = format!("before schema {from} becomes {SCHEMA}");
                Cursor {
                    from,
                    to: SCHEMA,
                    backup: store.before_image(&reason, true).await?,
                    after: None,
                    done: 0,
                    lifted: 0,
                    quarantined: 0,
                    rotten: 0,
                }
            }
        };
        Ok(Pass { cursor, stored })
    }

    /// Begins at the first row again; the backup stays.
    fn again(&mut self) {
        self.cursor.after = None;
        self.cursor.done = 0;
        self.cursor.rotten = 0;
    }

    /// Lifts the rows behind the cursor; false when there are none left.
    async fn step(&mut self, store: &Store) -> Result<bool> {
        let mut attempts = ATTEMPTS;
        loop {
            attempts -= 1;
            match self.chunk(store).await {
                Err(error)
                    if matches!(error.kind(), Kind::TooNew | Kind::Conflict) && attempts > 0 =>
                {
                    if read_meta(store, KeepMeta::KEY).await? != Some(store.fence_bytes()) {
                        return Err(error);
                    }
                    *self = Pass::begin(store, self.cursor.from).await?;
                }
                settled => return settled,
            }
        }
    }

    async fn chunk(&mut self, store: &Store) -> Result<bool> {
        let mut cursor = self.cursor.clone();
        let after = cursor.after.as_ref().and_then(Key::from_json);
        let scan = Scan::of(Table::Rows, []).chunk(after, CHUNK);
        let rows = store.medium().scan(scan).await?;
        if rows.is_empty() {
            return Ok(false);
        }
        let mut burst = Burst::default();
        burst.checks.push(store.fence());
        burst.checks.push(Check::Same {
            table: Table::Meta,
            key: Key::meta(CURSOR),
            bytes: self.stored.clone(),
        });
        let mut bytes = 0;
        for (key, row) in rows {
            if bytes >= CHUNK_BYTES {
                break;
            }
            bytes += row.bytes.len();
            cursor.done += 1;
            cursor.after = Some(key.to_json());
            match Fate::of(&key, &row) {
                Fate::Stays => continue,
                Fate::Rotten => {
                    cursor.rotten += 1;
                    continue;
                }
                Fate::Lifted(record) => {
                    cursor.lifted += 1;
                    burst.puts.push(Put {
                        table: Table::Rows,
                        key: key.clone(),
                        value: Value {
                            rev: row.rev,
                            by: record.by.clone(),
                            bytes: record.encode(),
                        },
                    });
                }
                Fate::Odd(error) => {
                    cursor.quarantined += 1;
                    let (kind, reason) = (error.kind(), error.detail());
                    let puts = quarantine::row(&key, &row, kind, reason, store.now());
                    burst.puts.extend(puts);
                    burst.deletes.push((Table::Rows, key.clone()));
                }
            }
            burst.checks.push(Check::Rev {
                key,
                rev: Some(row.rev),
            });
        }
        let bytes = serde_json::to_vec(&cursor)
            .map_err(|cause| Kind::Bug.because("cursor").caused_by(cause))?;
        burst.puts.push(Put {
            table: Table::Meta,
            key: Key::meta(CURSOR),
            value: Value::bytes(bytes.clone()),
        });
        store.write(burst).await?;
        self.cursor = cursor;
        self.stored = Some(bytes);
        Ok(true)
    }

    /// Reads everything again: the schema is raised only when nothing is left to lift, and
    /// nothing has become unreadable by it.
    async fn verify(&self, store: &Store) -> Result<()> {
        let (mut left, mut rotten) = (0_u64, 0_u64);
        each_row(store.medium(), |key, row| match Fate::of(key, row) {
            Fate::Stays => {}
            Fate::Rotten => rotten += 1,
            Fate::Lifted(_) | Fate::Odd(_) => left += 1,
        })
        .await?;
        if left > 0 || rotten > self.cursor.rotten {
            let rotten = rotten.saturating_sub(self.cursor.rotten);
            let detail = format!("{left} rows are not lifted and {rotten} cannot be read any more");
            return Err(Kind::Migration.because(detail));
        }
        Ok(())
    }
}

/// Shows every row, in chunks.
async fn each_row(medium: &dyn Medium, mut show: impl FnMut(&Key, &Value)) -> Result<u64> {
    let (mut after, mut count) = (None, 0);
    loop {
        let scan = Scan::of(Table::Rows, []).chunk(after.take(), CHUNK);
        let rows = medium.scan(scan).await?;
        let Some((last, _)) = rows.last() else {
            return Ok(count);
        };
        after = Some(last.clone());
        count += rows.len() as u64;
        rows.iter().for_each(|(key, row)| show(key, row));
    }
}

async fn read_meta(store: &Store, name: &str) -> Result<Option<Vec<u8>>> {
    let found = store.medium().read(Table::Meta, &[Key::meta(name)]).await?;
    Ok(found.into_iter().next().flatten().map(|value| value.bytes))
}

/// Writes the keep's record and what is given, removes what is named, and moves the fence along.
async fn write_keep(
    store: &Store,
    keep: &KeepMeta,
    puts: Vec<Put>,
    deletes: Vec<(Table, Key)>,
) -> Result<()> {
    let mut burst = Burst {
        checks: vec![store.fence()],
        puts,
        deletes,
        durable: true,
        ..Burst::default()
    };
    let value = Value::bytes(keep.encode());
    burst.puts.push(Put {
        table: Table::Meta,
        key: Key::meta(KeepMeta::KEY),
        value,
    });
    store.write(burst).await?;
    store.move_fence(keep);
    Ok(())
}
