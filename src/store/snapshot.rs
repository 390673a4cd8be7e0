//! Snapshots: the rows as they were, kept whole before something dangerous.
//!
//! A snapshot is a record of the domain `snapshots` with one part. The part is a
//! sequence of rows: length and text of the key as JSON, revision, index keys as
//! JSON, length and bytes of the row; numbers are little endian. Pages are not
//! copied: they never change, and a snapshot's rows go on referring to them.

use super::change::{Change, History};
use super::engine::Store;
use super::medium::{Key, Scan, Table};
use super::record::Record;
use crate::codec;
use crate::error::{Error, Kind, Result};
use serde::Serialize;
use serde_json::json;

/// The domain of snapshots.
pub(crate) const SNAPSHOTS: &str = "snapshots";

/// What is known of a snapshot without opening it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Snapshot {
    /// Its id.
    pub id: String,
    /// Milliseconds since 1970.
    pub created: i64,
    /// What was about to happen.
    pub reason: String,
    /// Schema of the records in it.
    pub schema: u32,
    /// Number of rows.
    pub records: u64,
    /// Size in bytes.
    pub bytes: u64,
}

/// One row as a snapshot holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Original {
    /// The row's key.
    pub key: Key,
    /// Its revision.
    pub rev: u64,
    /// Its index keys.
    pub by: Vec<String>,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// Copies every row but the snapshots themselves, reads the copy back and compares.
pub(crate) async fn take(store: &Store, reason: &str, schema: u32) -> Result<String> {
    let mut bytes = Vec::new();
    let mut records = 0_u64;
    let mut after = None;
    loop {
        let rows = store
            .medium()
            .scan(Scan::of(Table::Rows, []).chunk(after.take(), 500))
            .await?;
        let Some((last, _)) = rows.last() else { break };
        after = Some(last.clone());
        for (key, value) in rows.iter().filter(|(key, _)| key.text(0) != SNAPSHOTS) {
            records += 1;
            write_row(
                &mut bytes,
                &Original {
                    key: key.clone(),
                    rev: value.rev,
                    by: value.by.clone(),
                    bytes: value.bytes.clone(),
                },
            );
        }
    }
    let now = store.now();
    let mut change = Change::new();
    let mut record = Record::new(SNAPSHOTS, &codec::new_id(now), now);
    let part = change.add_part(&bytes);
    record.head =
        json!({ "reason": reason, "schema": schema, "records": records, "bytes": part.bytes });
    record.parts.insert("rows".into(), part.clone());
    let id = record.id.clone();
    change.write(record, History::Skip).durable();
    store.commit(change).await?;
    if codec::hash(&store.part(&part).await?) != part.hash {
        return Err(Kind::Corrupt
            .because("the snapshot does not read back as it was written")
            .of(SNAPSHOTS, &id));
    }
    Ok(id)
}

impl Store {
    /// Copies of the records made before something dangerous, oldest first.
    ///
    /// # Errors
    /// As [`Store::list`].
    pub async fn snapshots(&self) -> Result<Vec<Snapshot>> {
        let listing = self.list(SNAPSHOTS).await?;
        let snapshot = |record: Record| Snapshot {
            created: record.created_ms,
            reason: record.head_text("reason").to_owned(),
            schema: record.head["schema"].as_u64().unwrap_or(0) as u32,
            records: record.head["records"].as_u64().unwrap_or(0),
            bytes: record.head["bytes"].as_u64().unwrap_or(0),
            id: record.id,
        };
        Ok(listing.records.into_iter().map(snapshot).collect())
    }

    /// The rows that a snapshot holds, as they were.
    ///
    /// # Errors
    /// `not-found`, `corrupt`, and what the medium reports.
    pub async fn read_snapshot(&self, id: &str) -> Result<Vec<Original>> {
        let missing = || {
            Kind::NotFound
                .because("there is no such snapshot")
                .of(SNAPSHOTS, id)
        };
        let record = self.get(SNAPSHOTS, id).await?.ok_or_else(missing)?;
        let bytes = self.part(record.part("rows")?).await?;
        let mut rest = bytes.as_slice();
        let mut rows = Vec::new();
        while !rest.is_empty() {
            rows.push(read_row(&mut rest).map_err(|error| error.of(SNAPSHOTS, id))?);
        }
        Ok(rows)
    }
}

fn write_row(out: &mut Vec<u8>, row: &Original) {
    write_block(out, row.key.to_json().to_string().as_bytes());
    out.extend_from_slice(&row.rev.to_le_bytes());
    write_block(out, json!(row.by).to_string().as_bytes());
    write_block(out, &row.bytes);
}

fn read_row(rest: &mut &[u8]) -> Result<Original> {
    let key = Key::from_json(&json_block(rest)?).ok_or_else(cut)?;
    let rev = u64::from_le_bytes(*take_array(rest)?);
    let by = json_block(rest)?;
    Ok(Original {
        key,
        rev,
        by,
        bytes: read_block(rest)?.to_vec(),
    })
}

fn write_block(out: &mut Vec<u8>, block: &[u8]) {
    out.extend_from_slice(&(block.len() as u64).to_le_bytes());
    out.extend_from_slice(block);
}

fn read_block<'a>(rest: &mut &'a [u8]) -> Result<&'a [u8]> {
    let len = usize::try_from(u64::from_le_bytes(*take_array(rest)?)).map_err(|_| cut())?;
    let (block, behind) = rest.split_at_checked(len).ok_or_else(cut)?;
    *rest = behind;
    Ok(block)
}

fn json_block<T: serde::de::DeserializeOwned>(rest: &mut &[u8]) -> Result<T> {
    serde_json::from_slice(read_block(rest)?).map_err(|cause| cut().caused_by(cause))
}

fn take_array<'a>(rest: &mut &'a [u8]) -> Result<&'a [u8; 8]> {
    let (array, behind) = rest.split_first_chunk().ok_or_else(cut)?;
    *rest = behind;
    Ok(array)
}

fn cut() -> Error {
    Kind::Corrupt.because("the snapshot's rows cannot be followed")
}
