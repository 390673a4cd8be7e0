//! Comparing the medium with the log, and putting back what the medium lost.
//!
//! An index of the log is built from its headers alone: for every key the last thing
//! that was done to it. An empty medium is compared with all of the log; else with what
//! was written since the opening before the last one, because damage can show only at
//! the second opening after it happened.

use super::frame::{self, LEAD, Stored, TRAIL};
use super::{Note, Recovered, Redo, RedoFile};
use crate::codec;
use crate::error::Result;
use crate::store::change::VERSIONS;
use crate::store::medium::{Burst, Key, Medium, Put, Table, Value};
use std::collections::HashMap;

/// Read at once while headers are collected.
const WINDOW: u64 = 1 << 20;
/// Written in one transaction while values are put back.
const BATCH_BYTES: usize = 4 << 20;
/// Keys compared at once.
const COMPARED: usize = 500;

/// The last thing that the log says of a key.
struct Last {
    at_ms: i64,
    file: usize,
    /// `None`: it was removed.
    put: Option<Stored>,
}

/// Puts back what the medium lost. `wiped`: it has no record of its own any more.
pub(in crate::store) async fn recover(
    medium: &dyn Medium,
    redo: &dyn Redo,
    files: &[RedoFile],
    note: &Note,
    wiped: bool,
) -> Result<Option<Recovered>> {
    let mut index: HashMap<(Table, Key), Last> = HashMap::new();
    for (number, file) in files.iter().enumerate() {
        let from = if wiped {
            0
        } else {
            note.before.get(&file.name).copied().unwrap_or(0)
        };
        collect(redo, file, number, from, &mut index).await?;
    }
    let mut recovered = Recovered {
        wiped,
        rows: 0,
        pages: 0,
    };
    let mut entries: Vec<_> = index.into_iter().collect();
    // The keep's own record comes last: an interrupted recovery must look wiped again.
    entries.sort_by(|((a, x), _), ((b, y), _)| (rank(*a), x).cmp(&(rank(*b), y)));
    let mut burst = Burst {
        durable: true,
        ..Burst::default()
    };
    let mut bytes = 0;
    for chunk in entries.chunks(COMPARED) {
        for table in Table::ALL {
            let keys: Vec<&(Table, Key)> = chunk
                .iter()
                .map(|(key, _)| key)
                .filter(|(t, _)| *t == table)
                .collect();
            let names: Vec<Key> = keys.iter().map(|(_, key)| key.clone()).collect();
            if names.is_empty() {
                continue;
            }
            let there = medium.read(table, &names).await?;
            let lasts = chunk.iter().filter(|((t, _), _)| *t == table);
            for (((_, key), last), there) in lasts.zip(there) {
                match (&last.put, there) {
                    (Some(stored), there) if is_lost(table, stored, there.as_ref()) => {
                        let file = &files[last.file].name;
                        let content = redo.read(file, stored.offset, stored.length).await?;
                        if !is_sound(table, &content, stored.length) {
                            continue;
                        }
                        match table {
                            // An older version that gave way just before the page went is no loss to tell of.
                            Table::Rows if !wiped && key.text(0) == VERSIONS => {}
                            Table::Rows => recovered.rows += 1,
                            Table::Pages => recovered.pages += 1,
                            _ => {}
                        }
                        bytes += content.len();
                        let value = Value {
                            rev: stored.rev,
                            by: stored.by.clone(),
                            bytes: content,
                        };
                        burst.puts.push(Put {
                            table,
                            key: key.clone(),
                            value,
                        });
                    }
                    (None, Some(_)) if table == Table::Pages => {
                        burst.deletes.push((table, key.clone()))
                    }
                    _ => {}
                }
                if bytes >= BATCH_BYTES {
                    bytes = 0;
                    let full = std::mem::replace(
                        &mut burst,
                        Burst {
                            durable: true,
                            ..Burst::default()
                        },
                    );
                    medium.write(&full).await?;
                }
            }
        }
    }
    if !burst.puts.is_empty() || !burst.deletes.is_empty() {
        medium.write(&burst).await?;
    }
    Ok((recovered.rows > 0 || recovered.pages > 0).then_some(recovered))
}

fn rank(table: Table) -> u8 {
    match table {
        Table::Pages => 0,
        Table::Rows => 1,
        Table::Journal => 2,
        Table::Meta => 3,
    }
}

/// A row is lost when the medium has an older revision or none, a page when it is not
/// there or rotten. What the medium says of itself is only missing or there.
fn is_lost(table: Table, stored: &Stored, there: Option<&Value>) -> bool {
    match (table, there) {
        (_, None) => true,
        (Table::Rows, Some(there)) => there.rev < stored.rev,
        (Table::Pages, Some(there)) => codec::read_page(&there.bytes).is_err(),
        _ => false,
    }
}

fn is_sound(table: Table, content: &[u8], length: u64) -> bool {
    content.len() as u64 == length
        && match table {
            Table::Rows | Table::Journal => codec::read_frame(content).is_ok(),
            Table::Pages => codec::read_page(content).is_ok(),
            Table::Meta => true,
        }
}

/// Walks the headers of a file from an offset on and notes what they say.
async fn collect(
    redo: &dyn Redo,
    file: &RedoFile,
    number: usize,
    from: u64,
    index: &mut HashMap<(Table, Key), Last>,
) -> Result<()> {
    let mut window = Window {
        redo,
        file,
        start: 0,
        bytes: Vec::new(),
    };
    let mut at = from;
    while let Some(lead) = window.get(at, LEAD).await? {
        let Some((header_bytes, payload_bytes, sum)) = frame::lengths(lead) else {
            break;
        };
        let end = at + LEAD + header_bytes + payload_bytes;
        if end + TRAIL > file.bytes {
            break;
        }
        let Some(header) = window.get(at + LEAD, header_bytes).await? else {
            break;
        };
        let Some((at_ms, ops)) = frame::read_header(header, sum) else {
            break;
        };
        let Some(trail) = window.get(end, TRAIL).await? else {
            break;
        };
        if trail != sum.to_le_bytes() {
            break;
        }
        for op in ops {
            let put = op.put.map(|stored| Stored {
                offset: at + LEAD + header_bytes + stored.offset,
                ..stored
            });
            let rev = put.as_ref().map_or(0, |stored| stored.rev);
            let last = Last {
                at_ms,
                file: number,
                put,
            };
            match index.entry((op.table, op.key)) {
                std::collections::hash_map::Entry::Vacant(entry) => drop(entry.insert(last)),
                std::collections::hash_map::Entry::Occupied(mut entry) => {
                    let known = entry.get();
                    let known_rev = known.put.as_ref().map_or(0, |stored| stored.rev);
                    // Two writes of a row are told apart by revision; all else by time.
                    let newer = match (rev, known_rev) {
                        (0, _) | (_, 0) => at_ms >= known.at_ms,
                        (rev, known_rev) => rev >= known_rev,
                    };
                    if newer {
                        entry.insert(last);
                    }
                }
            }
        }
        at = end + TRAIL;
    }
    Ok(())
}

/// A stretch of a file in memory, moved along.
struct Window<'a> {
    redo: &'a dyn Redo,
    file: &'a RedoFile,
    start: u64,
    bytes: Vec<u8>,
}

impl Window<'_> {
    /// The bytes at an offset; `None` when the file ends before.
    async fn get(&mut self, at: u64, length: u64) -> Result<Option<&[u8]>> {
        if at + length > self.file.bytes {
            return Ok(None);
        }
        let inside = at >= self.start && at + length <= self.start + self.bytes.len() as u64;
        if !inside {
            self.bytes = self
                .redo
                .read(&self.file.name, at, length.max(WINDOW))
                .await?;
            self.start = at;
        }
        let from = (at - self.start) as usize;
        Ok(self.bytes.get(from..from + length as usize))
    }
}
