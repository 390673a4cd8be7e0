//! What earlier builds made before something dangerous: a record with copies of all rows. It
//! becomes a backup as they are today, and then it goes.
//!
//! Such a record stands in the domain `snapshots` and has one part, a sequence of rows: length
//! and text of the key as JSON, revision, index keys as JSON, length and bytes of the row;
//! numbers are little endian. Frozen: nothing writes it any more.

use super::Backup;
use super::content::Manifest;
use crate::error::{Error, Kind, Result};
use crate::store::engine::Store;
use crate::store::medium::{Check, Key, Put, Table, Value};
use crate::store::record::Record;
use crate::store::row::SNAPSHOTS;
use serde::de::DeserializeOwned;

impl Store {
    /// Makes backups of the copies of all rows that earlier builds left, and removes those.
    /// What cannot be read stays as it is.
    ///
    /// # Errors
    /// What the medium and the place of the backups report.
    pub(crate) async fn take_over_copies(&self) -> Result<Vec<Backup>> {
        let mut made = Vec::new();
        let there = self.backups().await?;
        for record in self.list(SNAPSHOTS).await?.records {
            let rows = match self.copied_rows(&record).await {
                Err(error) if error.kind() == Kind::Corrupt => continue,
                rows => rows?,
            };
            let reason = record.head_text("reason");
            let schema = record.head["schema"].as_u64().unwrap_or(0);
            let manifest = Manifest::new(
                record.created_ms,
                reason,
                u32::try_from(schema).unwrap_or(u32::MAX),
                true,
            );
            // A page may have ended between the two.
            let same = |one: &&Backup| (one.created, &*one.reason) == (record.created_ms, reason);
            if there.iter().find(same).is_none() {
                made.push(self.back_up_as(&manifest, Some(rows)).await?);
            }
            let key = Key::row(SNAPSHOTS, &record.id);
            let mut burst = self.guarded()?;
            burst.checks.push(Check::Rev {
                key: key.clone(),
                rev: Some(record.rev),
            });
            burst.deletes.push((Table::Rows, key));
            self.write(burst).await?;
        }
        Ok(made)
    }

    async fn copied_rows(&self, copy: &Record) -> Result<Vec<Put>> {
        let bytes = self.part(copy.part("rows")?).await?;
        let mut rest = bytes.as_slice();
        let mut rows = Vec::new();
        while !rest.is_empty() {
            rows.push(row(&mut rest).map_err(|error| error.of(SNAPSHOTS, &copy.id))?);
        }
        Ok(rows)
    }
}

fn row(rest: &mut &[u8]) -> Result<Put> {
    let key = Key::from_json(&json(rest)?).ok_or_else(cut)?;
    let (rev, behind) = rest.split_first_chunk().ok_or_else(cut)?;
    let rev = u64::from_le_bytes(*rev);
    *rest = behind;
    let by = json(rest)?;
    let bytes = block(rest)?.to_vec();
    Ok(Put {
        table: Table::Rows,
        key,
        value: Value { rev, by, bytes },
    })
}

fn block<'a>(rest: &mut &'a [u8]) -> Result<&'a [u8]> {
    let (length, behind) = rest.split_first_chunk().ok_or_else(cut)?;
    let length = usize::try_from(u64::from_le_bytes(*length)).map_err(|_| cut())?;
    let (block, behind) = behind.split_at_checked(length).ok_or_else(cut)?;
    *rest = behind;
    Ok(block)
}

fn json<T: DeserializeOwned>(rest: &mut &[u8]) -> Result<T> {
    serde_json::from_slice(block(rest)?).map_err(|cause| cut().caused_by(cause))
}

fn cut() -> Error {
    Kind::Corrupt.because("the copied rows cannot be followed")
}
