//! Comparing the medium with the log, and putting back what the medium lost.
//!
//! Others write meanwhile. Whatever the medium has, the log had before; so the medium is read
//! first and the log after it, and what is put back is checked against what was read. A frame
//! that is not settled may be under way at this moment: it is put back whole, in one
//! transaction, as its writer would have done it, or not at all.

use super::file::Redo;
use super::index::{Index, is_sound};
use super::said::Unsettled;
use crate::error::{Kind, Result};
use crate::store::medium::{Burst, Check, Key, Medium, Put, Table, Value};
use crate::store::quarantine;
use crate::store::row::is_version;
use serde::Serialize;

/// What was rebuilt from the second copy.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Recovered {
    /// Whether the medium had come up empty.
    pub wiped: bool,
    /// Records put back.
    pub rows: u64,
    /// Pages put back.
    pub pages: u64,
}

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
    index: &mut Index,
    tables: &[Table],
    wiped: bool,
    now_ms: i64,
) -> Result<Healing> {
    let mut healing = Healing::default();
    healing.recovered.wiped = wiped;
    // Nobody writes to a medium that has no record of its own, and what is interrupted begins anew.
    if !wiped {
        let groups = put_back_groups(medium, redo, index, tables, now_ms).await?;
        groups
            .into_iter()
            .for_each(|group| healing.add(group, wiped));
    }
    for (table, keys) in chunks(&index.there(tables)) {
        let mut attempts = ATTEMPTS;
        let healed = loop {
            attempts -= 1;
            match heal(medium, redo, index, (table, &keys), wiped, now_ms).await {
                // Somebody wrote one of the rows since it was read, or removed it.
                Err(error) if error.kind() == Kind::Conflict && attempts > 0 => {}
                settled => break settled?,
            }
        };
        let healed = healed.into_iter().map(|key| (table, key));
        healing.add(healed.collect(), wiped);
    }
    // What was removed on purpose is there again when the medium went back in time.
    for (table, keys) in chunks(&index.gone(tables)) {
        let there = medium.read(table, &keys).await?;
        let is_back = |index: &Index, (key, there): &(Key, Option<Value>)| {
            let there = there.as_ref();
            there.is_some_and(|there| is_back(index, table, key, there))
                && (wiped || !index.is_unsettled(table, key))
        };
        let mut back: Vec<(Key, Option<Value>)> = keys.into_iter().zip(there).collect();
        back.retain(|found| is_back(index, found));
        if back.is_empty() {
            continue;
        }
        index.refresh(redo, false).await?;
        back.retain(|found| is_back(index, found));
        let mut burst = Burst::default();
        for (key, there) in back {
            if table == Table::Rows {
                burst.checks.push(same(&key, there.as_ref()));
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

impl Healing {
    fn add(&mut self, healed: Vec<(Table, Key)>, wiped: bool) {
        for (table, key) in healed {
            match table {
                Table::Pages => self.recovered.pages += 1,
                // An older version that gave way just before the page went is no loss to tell of.
                Table::Rows if wiped || !is_version(&key) => {
                    self.recovered.rows += 1;
                    self.rows.push(key);
                }
                _ => {}
            }
        }
    }
}

/// The check that a row is what was read.
fn same(key: &Key, there: Option<&Value>) -> Check {
    Check::Same {
        table: Table::Rows,
        key: key.clone(),
        bytes: there.map(|there| there.bytes.clone()),
    }
}

/// Puts back what is lost of the frames that count without being settled.
async fn put_back_groups(
    medium: &dyn Medium,
    redo: &dyn Redo,
    index: &mut Index,
    tables: &[Table],
    now_ms: i64,
) -> Result<Vec<Vec<(Table, Key)>>> {
    let mut healed = Vec::new();
    let (mut at, mut conflicts, mut looked) = (0, 0, false);
    while let Some(group) = index.believed.get(at).cloned() {
        let lacking = group_burst(medium, redo, index, &group, tables, now_ms).await?;
        let Some((burst, keys)) = lacking else {
            at += 1;
            continue;
        };
        // By now the log may say how it ended, and all of it says more than a part.
        if !std::mem::replace(&mut looked, true) {
            index.refresh(redo, true).await?;
            at = 0;
            continue;
        }
        looked = false;
        match medium.write(&burst).await {
            // Its writer was there first, or somebody who leaves no room for it.
            Err(error) if error.kind() == Kind::Conflict && conflicts < ATTEMPTS => conflicts += 1,
            // The next comparison looks again.
            Err(error) if error.kind() == Kind::Conflict => break,
            settled => {
                settled?;
                healed.push(keys);
                at += 1;
            }
        }
    }
    Ok(healed)
}

/// What the medium lacks of a frame, and the keys of what is put; `None` when it lacks nothing,
/// or has something else in its place.
async fn group_burst(
    medium: &dyn Medium,
    redo: &dyn Redo,
    index: &Index,
    group: &Unsettled,
    tables: &[Table],
    now_ms: i64,
) -> Result<Option<(Burst, Vec<(Table, Key)>)>> {
    let mut burst = Burst {
        durable: true,
        ..Burst::default()
    };
    let mut healed = Vec::new();
    for table in Table::ALL {
        let ops = group.ops.iter().filter(|op| op.table == table);
        let ops: Vec<_> = ops
            .filter(|op| index.is_last(group, table, &op.key))
            .collect();
        let keys: Vec<Key> = ops.iter().map(|op| op.key.clone()).collect();
        let there = medium.read(table, &keys).await?;
        for (op, there) in ops.into_iter().zip(there) {
            let sound = there
                .as_ref()
                .is_some_and(|there| is_sound(table, &there.bytes));
            if op.put.is_none() {
                if there.is_some_and(|there| is_back(index, table, &op.key, &there)) {
                    burst.deletes.push((table, op.key.clone()));
                    healed.push((Table::Meta, op.key.clone()));
                }
                continue;
            }
            let Some(value) = index.value(redo, table, &op.key).await? else {
                return Ok(None);
            };
            if table == Table::Rows {
                burst.checks.push(same(&op.key, there.as_ref()));
                match &there {
                    Some(there) if sound && there.rev == op.rev && there.bytes != value.bytes => {
                        return Ok(None);
                    }
                    Some(there)
                        if op
                            .base
                            .is_some_and(|base| there.rev > base && there.rev < op.rev) =>
                    {
                        return Ok(None);
                    }
                    Some(there) if there.rev > op.rev => return Ok(None),
                    _ => {}
                }
            }
            if !is_lost(index, table, &op.key, there.as_ref()) {
                continue;
            }
            if let Some(there) = there.filter(|_| table == Table::Rows && !sound) {
                burst.puts.extend(rotten(&op.key, &there, now_ms));
            }
            if tables.contains(&table) {
                healed.push((table, op.key.clone()));
            }
            let key = op.key.clone();
            burst.puts.push(Put { table, key, value });
        }
    }
    // What stands in other tables only goes along.
    Ok((!healed.is_empty()).then_some((burst, healed)))
}

/// The keys among these that the medium has lost, in one table.
pub(super) async fn lost(
    medium: &dyn Medium,
    index: &Index,
    table: Table,
    keys: &[Key],
) -> Result<Vec<(Key, Option<Value>)>> {
    let there = medium.read(table, keys).await?;
    let mut lost: Vec<_> = keys.iter().cloned().zip(there).collect();
    lost.retain(|(key, there)| is_lost(index, table, key, there.as_ref()));
    Ok(lost)
}

/// Puts back what is lost of some keys, and gives those that were.
async fn heal(
    medium: &dyn Medium,
    redo: &dyn Redo,
    index: &mut Index,
    (table, keys): (Table, &[Key]),
    wiped: bool,
    now_ms: i64,
) -> Result<Vec<Key>> {
    let mut healed = Vec::new();
    let mut burst = Burst {
        durable: true,
        ..Burst::default()
    };
    let mut bytes = 0;
    let mut lost = lost(medium, index, table, keys).await?;
    lost.retain(|(key, _)| wiped || !index.is_unsettled(table, key));
    if lost.is_empty() {
        return Ok(healed);
    }
    index.refresh(redo, false).await?;
    lost.retain(|(key, there)| {
        is_lost(index, table, key, there.as_ref()) && (wiped || !index.is_unsettled(table, key))
    });
    for (key, there) in lost {
        let Some(value) = index.value_or_its_remains(redo, table, &key).await? else {
            continue;
        };
        let sound = is_sound(table, &value.bytes);
        // Nothing else would say that there was a record; a missing page is missed by its part.
        let says_so = wiped && table == Table::Rows && there.is_none();
        if !sound && !says_so {
            continue;
        }
        if table == Table::Rows {
            burst.checks.push(same(&key, there.as_ref()));
            if let Some(there) = there.filter(|there| !is_sound(table, &there.bytes)) {
                burst.puts.extend(rotten(&key, &there, now_ms));
            }
        }
        bytes += value.bytes.len();
        if sound {
            healed.push(key.clone());
        }
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

fn rotten(key: &Key, there: &Value, now_ms: i64) -> Vec<Put> {
    let reason = "the row was rotten, and was put back from the second copy";
    quarantine::row(key, there, Kind::Corrupt, reason, now_ms)
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
        // An older state bears its revision in its key.
        Table::Rows if is_version(key) => true,
        Table::Rows => index.removed_rev(key).is_some_and(|rev| there.rev <= rev),
        Table::Pages => key.text(0) == "tail",
        Table::Journal | Table::Meta => false,
    }
}

/// A row is lost when the medium has an older revision, a rotten one or none that it would have
/// removed, a page when it is not there or rotten. What the medium says of itself is only missing or there.
fn is_lost(index: &Index, table: Table, key: &Key, there: Option<&Value>) -> bool {
    match (table, there) {
        (_, None) => !index.is_unheard(table, key),
        (Table::Rows, Some(there)) => match index.rev(key) {
            Some(rev) if there.rev == rev => !is_sound(table, &there.bytes),
            Some(rev) => there.rev < rev,
            None => false,
        },
        (Table::Pages, Some(there)) => !is_sound(table, &there.bytes),
        _ => false,
    }
}
