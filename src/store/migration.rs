//! Migration: every row of an older schema is lifted, in small transactions.
//!
//! First the keep says that older code must not write any more, then a verified
//! snapshot is taken, then rows are lifted in chunks with the cursor in the same
//! transaction, so that an interrupted pass goes on where it stopped. A row that
//! cannot be lifted goes to quarantine, whole.

use super::change::VERSIONS;
use super::engine::{KeepMeta, Migrated, Store};
use super::medium::{Burst, Check, Key, Put, Scan, Table, Value};
use super::quarantine::{self, QUARANTINE};
use super::record::Record;
use super::snapshot::{self, SNAPSHOTS};
use crate::codec;
use crate::error::{Kind, Result};
use crate::migrate::{self, SCHEMA};
use serde::{Deserialize, Serialize};

/// Rows of one transaction.
const CHUNK: u32 = 200;
/// The cursor's name in `meta`.
const CURSOR: &str = "migration";

/// How far a pass has come.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Cursor {
    from: u32,
    to: u32,
    snapshot: String,
    /// The last key done, as [`Key::to_json`] gives it.
    after: Option<serde_json::Value>,
    lifted: u64,
    quarantined: u64,
}

/// Lifts every row and raises the keep's schema.
pub(crate) async fn run(store: &Store, mut keep: KeepMeta) -> Result<Migrated> {
    check_ladder(keep.schema)?;
    if keep.min_writer < SCHEMA {
        keep.min_writer = SCHEMA;
        write_keep(store, &keep, Vec::new()).await?;
    }
    let found = store
        .medium()
        .read(Table::Meta, &[Key::meta(CURSOR)])
        .await?;
    let found = found.into_iter().next().flatten();
    let unfinished = found.and_then(|value| serde_json::from_slice::<Cursor>(&value.bytes).ok());
    let mut cursor = match unfinished.filter(|cursor| cursor.to == SCHEMA) {
        Some(cursor) => cursor,
        None => {
            let reason = format!("before schema {} becomes {SCHEMA}", keep.schema);
            let snapshot = snapshot::take(store, &reason, keep.schema).await?;
            Cursor {
                from: keep.schema,
                to: SCHEMA,
                snapshot,
                after: None,
                lifted: 0,
                quarantined: 0,
            }
        }
    };
    while lift_chunk(store, &mut cursor).await? {}
    keep.schema = SCHEMA;
    write_keep(store, &keep, vec![(Table::Meta, Key::meta(CURSOR))]).await?;
    let Cursor {
        from,
        to,
        snapshot,
        lifted,
        quarantined,
        ..
    } = cursor;
    Ok(Migrated {
        from,
        to,
        lifted,
        quarantined,
        snapshot,
    })
}

/// Every rung between must exist before anything is touched.
fn check_ladder(from: u32) -> Result<()> {
    match migrate::LADDER.get(from as usize) {
        Some(_) if from > 0 => Ok(()),
        _ => Err(Kind::Migration.because(format!("no rung leads on from schema {from}"))),
    }
}

/// Lifts the rows behind the cursor; false when there are none left.
async fn lift_chunk(store: &Store, cursor: &mut Cursor) -> Result<bool> {
    let after = cursor.after.as_ref().and_then(Key::from_json);
    let rows = store
        .medium()
        .scan(Scan::of(Table::Rows, []).chunk(after, CHUNK))
        .await?;
    let Some((last, _)) = rows.last() else {
        return Ok(false);
    };
    let mut burst = Burst {
        checks: vec![store.fence()],
        ..Burst::default()
    };
    cursor.after = Some(last.to_json());
    for (key, row) in rows {
        // Versions are lifted when they are read; snapshots and quarantine stay as they were.
        if [VERSIONS, SNAPSHOTS, QUARANTINE].contains(&key.text(0)) {
            continue;
        }
        match codec::read_frame(&row.bytes) {
            Ok(frame) if frame.schema >= SCHEMA => {}
            // Rot is not the ladder's matter: the row stays, and lists report it.
            Err(_) => {}
            Ok(_) => {
                match Record::decode(key.text(0), key.text(1), &row.bytes) {
                    Ok(record) => {
                        cursor.lifted += 1;
                        let value = Value {
                            rev: row.rev,
                            by: record.by.clone(),
                            bytes: record.encode(),
                        };
                        burst.puts.push(Put {
                            table: Table::Rows,
                            key: key.clone(),
                            value,
                        });
                    }
                    Err(error) => {
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
        }
    }
    let bytes =
        serde_json::to_vec(cursor).map_err(|cause| Kind::Bug.because("cursor").caused_by(cause))?;
    burst.puts.push(Put {
        table: Table::Meta,
        key: Key::meta(CURSOR),
        value: Value::bytes(bytes),
    });
    store.write(burst).await?;
    Ok(true)
}

/// Writes the keep's record, removes what is named, and moves the fence along.
async fn write_keep(store: &Store, keep: &KeepMeta, deletes: Vec<(Table, Key)>) -> Result<()> {
    let mut burst = Burst {
        checks: vec![store.fence()],
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
