//! Frames of the log: what one burst wrote, with an index of it in front.
//!
//! `ckf`, form 1, three numbers of four bytes (header length, payload length, CRC-32 of
//! the header), the header as JSON, the payload, and the CRC again: a frame whose end is
//! missing was torn, and nothing behind it counts. The values carry checksums of their own.

use crate::codec;
use crate::store::medium::{Burst, Check, Key, Table, Value};
use serde_json::{Value as Json, json};
use std::collections::HashMap;

const MAGIC: &[u8; 4] = b"ckf\x01";
/// Bytes in front of the header.
pub(super) const LEAD: u64 = 16;
/// Bytes behind the payload.
pub(super) const TRAIL: u64 = 4;

/// One thing that a frame did.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::store) struct Op {
    pub table: Table,
    pub key: Key,
    /// The revision that was put or, where that was known, removed; else 0.
    pub rev: u64,
    /// `None`: it was removed.
    pub put: Option<Stored>,
}

/// Where a value lies.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::store) struct Stored {
    pub by: Vec<String>,
    /// Offset in the payload.
    pub offset: u64,
    pub length: u64,
}

/// The lengths that a frame's lead tells; `None` when it is none.
pub(super) fn lengths(lead: &[u8]) -> Option<(u64, u64, u32)> {
    let (magic, rest) = lead.split_first_chunk::<4>()?;
    let number = |at: usize| Some(u32::from_le_bytes(*rest.get(at..)?.first_chunk::<4>()?));
    (magic == MAGIC).then_some((u64::from(number(0)?), u64::from(number(4)?), number(8)?))
}

/// What a header says: the time and the operations; `None` when it is damaged.
pub(super) fn read_header(header: &[u8], sum: u32) -> Option<(i64, Vec<Op>)> {
    if codec::checksum(header) != sum {
        return None;
    }
    let header: Json = serde_json::from_slice(header).ok()?;
    let mut offset = 0;
    let mut op = |op: &Json| {
        let name = op["t"].as_str()?;
        let table = Table::ALL.into_iter().find(|table| table.name() == name)?;
        let key = Key::from_json(&op["k"])?;
        let put = match op["n"].as_u64() {
            None => None,
            Some(length) => {
                let by = op["b"].as_array().map(|by| {
                    by.iter()
                        .filter_map(Json::as_str)
                        .map(str::to_owned)
                        .collect()
                });
                let stored = Stored {
                    by: by.unwrap_or_default(),
                    offset,
                    length,
                };
                offset += length;
                Some(stored)
            }
        };
        let rev = op["r"].as_u64().unwrap_or(0);
        Some(Op {
            table,
            key,
            rev,
            put,
        })
    };
    let ops = header["ops"]
        .as_array()?
        .iter()
        .map(&mut op)
        .collect::<Option<_>>()?;
    Some((header["at"].as_i64()?, ops))
}

/// Everything in a whole frame: its operations, and the payload that their offsets are in;
/// `None` when it is damaged. The values tell by themselves whether they are.
pub(in crate::store) fn read(frame: &[u8]) -> Option<(Vec<Op>, &[u8])> {
    let (header_bytes, _, sum) = lengths(frame)?;
    let header_bytes = usize::try_from(header_bytes).ok()?;
    let behind = frame.get(LEAD as usize..)?;
    let (header, rest) = behind.split_at_checked(header_bytes)?;
    let (_, ops) = read_header(header, sum)?;
    Some((ops, rest))
}

/// A burst as a frame; its checks are of the moment and stay out, but for the revisions of what it removes.
pub(in crate::store) fn write(burst: &Burst, at_ms: i64) -> Vec<u8> {
    let put = |table: Table, key: &Key, value: &Value| match table {
        Table::Rows => {
            json!({ "t": table.name(), "k": key.to_json(), "r": value.rev, "b": value.by, "n": value.bytes.len() })
        }
        _ => json!({ "t": table.name(), "k": key.to_json(), "n": value.bytes.len() }),
    };
    let puts = burst
        .puts
        .iter()
        .map(|op| put(op.table, &op.key, &op.value));
    // Whoever removes a row has checked its revision; the log remembers which one it was.
    let revs: HashMap<&Key, u64> = burst
        .checks
        .iter()
        .filter_map(|check| match check {
            Check::Rev { key, rev } => Some((key, (*rev)?)),
            Check::Same { .. } => None,
        })
        .collect();
    let delete = |(table, key): &(Table, Key)| match revs.get(key) {
        Some(rev) if *table == Table::Rows => {
            json!({ "t": table.name(), "k": key.to_json(), "r": rev })
        }
        _ => json!({ "t": table.name(), "k": key.to_json() }),
    };
    let deletes = burst.deletes.iter().map(delete);
    let ops: Vec<Json> = puts.chain(deletes).collect();
    let header = json!({ "at": at_ms, "ops": ops }).to_string().into_bytes();
    let payload: usize = burst.puts.iter().map(|put| put.value.bytes.len()).sum();
    let sum = codec::checksum(&header).to_le_bytes();
    let mut frame = Vec::with_capacity(LEAD as usize + header.len() + payload + TRAIL as usize);
    frame.extend_from_slice(MAGIC);
    frame.extend_from_slice(&(header.len() as u32).to_le_bytes());
    frame.extend_from_slice(&(payload as u32).to_le_bytes());
    frame.extend_from_slice(&sum);
    frame.extend_from_slice(&header);
    burst
        .puts
        .iter()
        .for_each(|put| frame.extend_from_slice(&put.value.bytes));
    frame.extend_from_slice(&sum);
    frame
}
