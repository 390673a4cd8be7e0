//! Comparing the medium with the log, and putting back what the medium lost.

use super::index::{Index, is_sound};
use super::{Recovered, Redo};
use crate::error::{Kind, Result};
use crate::store::medium::{Burst, Check, Key, Medium, Put, Table, Value};
use crate::store::quarantine;

/// Written in one transaction while values are put back.
const BATCH_BYTES: usize = 4 << 20;
/// Rows compared at once.
const ROWS: usize = 500;
/// Pages are larger.
const PAGES: usize = 64;
/// How often a chunk is compared again when others write the same rows meanwhile.
const ATTEMPTS: u32 = 5;

/// What was put back.
#[derive(Debug, Default)]
pub(in crate::store) struct Healing {
    /// The counts.
    pub recovered: Recovered,
    /// Keys of the rows, without those of older versions.
    pub rows: Vec<Key>,
}

/// Puts back what the medium lost of these tables. `wiped`: it has no record of its own any
/// more; the keep's own record comes last, so that an interrupted recovery looks wiped again.
pub(super) async fn put_back(
    medium: &dyn Medium,
    redo: &dyn Redo,
    index: &Index,
    tables: &[Table],
    wiped: bool,
    now_ms: i64,
) -> Result<Healing> {
    let mut healing = Healing::default();
    healing.recovered.wiped = wiped;
    for (table, keys) in chunks(&index.there(tables)) {
        let mut attempts = ATTEMPTS;
        let healed = loop {
            attempts -= 1;
            match heal(medium, redo, index, table, &keys, now_ms).await {
                // Somebody wrote one of the rows since it was read, or removed it.
                Err(error) if error.kind() == Kind::Conflict && attempts > 0 => {}
                settled => break settled?,
            }
        };
        match table {
            Table::Pages => healing.recovered.pages += healed.len() as u64,
            Table::Rows => {
                // An older version that gave way just before the page went is no loss to tell of.
                let told = healed
                    .into_iter()
                    .filter(|key| wiped || !quarantine::is_version(key));
                let told: Vec<Key> = told.collect();
                healing.recovered.rows += told.len() as u64;
                healing.rows.extend(told);
            }
            _ => {}
        }
    }
    // What was removed on purpose is there again when the medium went back in time.
    for (table, keys) in chunks(&index.gone(tables)) {
        let there = medium.read(table, &keys).await?;
        let mut burst = Burst::default();
        for (key, there) in keys.into_iter().zip(there) {
            let Some(there) = there.filter(|there| is_back(index, table, &key, there)) else {
                continue;
            };
            if table == Table::Rows {
                let rev = Some(there.rev);
                let key = key.clone();
                burst.checks.push(Check::Rev { key, rev });
            }
            burst.deletes.push((table, key));
        }
        if !burst.deletes.is_empty() {
            match medium.write(&burst).await {
                // Somebody wrote one of them meanwhile: the next comparison looks again.
                Err(error) if error.kind() == Kind::Conflict => {}
                settled => settled?,
            }
        }
    }
    Ok(healing)
}

/// The keys among these that the medium has lost, in one table.
pub(super) async fn lost(
    medium: &dyn Medium,
    index: &Index,
    table: Table,
    keys: &[Key],
) -> Result<Vec<(Key, Option<Value>)>> {
    let there = medium.read(table, keys).await?;
    let lost = keys.iter().zip(there);
    Ok(lost
        .filter(|(key, there)| is_lost(index, table, key, there.as_ref()))
        .map(|(key, there)| (key.clone(), there))
        .collect())
}

/// Puts back what is lost of some keys, and gives those that were.
async fn heal(
    medium: &dyn Medium,
    redo: &dyn Redo,
    index: &Index,
    table: Table,
    keys: &[Key],
    now_ms: i64,
) -> Result<Vec<Key>> {
    let mut healed = Vec::new();
    let mut burst = Burst {
        durable: true,
        ..Burst::default()
    };
    let mut bytes = 0;
    for (key, there) in lost(medium, index, table, keys).await? {
        let Some(value) = index.value(redo, table, &key).await? else {
            continue;
        };
        if table == Table::Rows {
            let rev = there.as_ref().map(|there| there.rev);
            burst.checks.push(Check::Rev {
                key: key.clone(),
                rev,
            });
            if let Some(there) = there.filter(|there| !is_sound(table, &there.bytes)) {
                let reason = "the row was rotten, and was put back from the second copy";
                burst
                    .puts
                    .extend(quarantine::row(&key, &there, Kind::Corrupt, reason, now_ms));
            }
        }
        bytes += value.bytes.len();
        healed.push(key.clone());
        burst.puts.push(Put { table, key, value });
        if bytes >= BATCH_BYTES {
            bytes = 0;
            medium.write(&burst).await?;
            burst = Burst {
                durable: true,
                ..Burst::default()
            };
        }
    }
    if !burst.puts.is_empty() {
        medium.write(&burst).await?;
    }
    Ok(healed)
}

/// Keys of one table each, few enough to be read at once.
pub(super) fn chunks(keys: &[(Table, Key)]) -> Vec<(Table, Vec<Key>)> {
    let mut chunks: Vec<(Table, Vec<Key>)> = Vec::new();
    for (table, key) in keys {
        let full = if *table == Table::Pages { PAGES } else { ROWS };
        match chunks.last_mut() {
            Some((of, chunk)) if of == table && chunk.len() < full => chunk.push(key.clone()),
            _ => chunks.push((*table, vec![key.clone()])),
        }
    }
    chunks
}

/// Numbers of tail pages are used once, so one that was removed is not wanted again. A part
/// may have been put again by a tab whose log says so later or not yet; it stays.
fn is_back(index: &Index, table: Table, key: &Key, there: &Value) -> bool {
    match table {
        Table::Rows => index.removed_rev(key).is_some_and(|rev| there.rev <= rev),
        Table::Pages => key.text(0) == "tail",
        Table::Journal | Table::Meta => false,
    }
}

/// A row is lost when the medium has an older revision, a rotten one or none, a page when it
/// is not there or rotten. What the medium says of itself is only missing or there.
fn is_lost(index: &Index, table: Table, key: &Key, there: Option<&Value>) -> bool {
    match (table, there) {
        (_, None) => true,
        (Table::Rows, Some(there)) => match index.rev(key) {
            Some(rev) if there.rev == rev => !is_sound(table, &there.bytes),
            Some(rev) => there.rev < rev,
            None => false,
        },
        (Table::Pages, Some(there)) => !is_sound(table, &there.bytes),
        _ => false,
    }
}
