//! Frames of the log: what one burst wrote, with an index of it in front.
//!
//! `ckf`, form 1, three numbers of four bytes (header length, payload length, CRC-32 of
//! the header), the header as JSON, the payload, and the CRC again: a frame whose end is
//! missing was torn, and nothing behind it counts. The values carry checksums of their own.
//!
//! A frame goes into the log before the medium is asked, so it does not say by itself whether the
//! medium took it. The writer's later frames do: each bears a number (`n`), names the earlier ones
//! that are still open (`w`) and those that were refused (`x`); an earlier one that is neither was
//! taken. Frames without a number count as taken: copies are made of what the medium has, and
//! frames of before there were numbers cannot be told apart. A copy begins with a frame that says
//! how long the other files were (`covers`).

use crate::codec;
use crate::store::medium::{Burst, Check, Key, Put, Table};
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
    /// The revision that the row had to have, 0 for none; `None` where nothing was checked.
    pub base: Option<u64>,
    /// `None`: it was removed.
    pub put: Option<Stored>,
}

/// Which frame of its writer one is, and what it says of the earlier ones.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Standing {
    /// Counted from 1; 0: it bears none.
    pub number: u64,
    /// Earlier ones of which the writer does not know yet.
    pub waiting: Vec<u64>,
    /// Earlier ones that the medium refused.
    pub refused: Vec<u64>,
}

/// What a header says.
#[derive(Debug)]
pub(super) struct Header {
    pub at_ms: i64,
    pub standing: Standing,
    /// In front of a copy: the lengths of the other files when it was begun.
    pub covers: Option<HashMap<String, u64>>,
    pub ops: Vec<Op>,
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

/// What a header says; `None` when it is damaged.
pub(super) fn read_header(header: &[u8], sum: u32) -> Option<Header> {
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
            base: op["c"].as_u64(),
            put,
        })
    };
    let ops = header["ops"]
        .as_array()?
        .iter()
        .map(&mut op)
        .collect::<Option<_>>()?;
    let numbers = |name: &str| {
        let numbers = header[name].as_array().map(Vec::as_slice);
        let numbers = numbers.unwrap_or_default().iter();
        numbers.filter_map(Json::as_u64).collect()
    };
    let standing = Standing {
        number: header["n"].as_u64().unwrap_or(0),
        waiting: numbers("w"),
        refused: numbers("x"),
    };
    let covers = header["covers"].as_object().map(|covers| {
        let length = |(file, length): (&String, &Json)| Some((file.clone(), length.as_u64()?));
        covers.iter().filter_map(length).collect()
    });
    Some(Header {
        at_ms: header["at"].as_i64()?,
        standing,
        covers,
        ops,
    })
}

/// Everything in a whole frame: its operations, and the payload that their offsets are in;
/// `None` when it is damaged. The values tell by themselves whether they are.
pub(in crate::store) fn read(frame: &[u8]) -> Option<(Vec<Op>, &[u8])> {
    let (header_bytes, _, sum) = lengths(frame)?;
    let header_bytes = usize::try_from(header_bytes).ok()?;
    let behind = frame.get(LEAD as usize..)?;
    let (header, rest) = behind.split_at_checked(header_bytes)?;
    Some((read_header(header, sum)?.ops, rest))
}

/// The headers of whole frames that stand one behind the other, up to one that is damaged.
pub(super) fn headers(mut frames: &[u8]) -> impl Iterator<Item = Header> + '_ {
    std::iter::from_fn(move || {
        let (header_bytes, payload_bytes, sum) = lengths(frames)?;
        let end = usize::try_from(LEAD + header_bytes + payload_bytes + TRAIL).ok()?;
        let (frame, rest) = frames.split_at_checked(end)?;
        frames = rest;
        let behind = &frame[LEAD as usize..];
        read_header(&behind[..header_bytes as usize], sum)
    })
}

/// A burst that is settled as a frame.
pub(in crate::store) fn write(burst: &Burst, at_ms: i64) -> Vec<u8> {
    write_numbered(burst, at_ms, &Standing::default())
}

/// A burst as a frame. Its checks are of the moment and stay out, but for the revisions that its
/// rows had to have.
pub(super) fn write_numbered(burst: &Burst, at_ms: i64, standing: &Standing) -> Vec<u8> {
    let bases: HashMap<&Key, Option<u64>> = burst
        .checks
        .iter()
        .filter_map(|check| match check {
            Check::Rev { key, rev } => Some((key, Some(rev.unwrap_or(0)))),
            Check::Same {
                table: Table::Rows,
                key,
                ..
            } => Some((key, None)),
            Check::Same { .. } => None,
        })
        .collect();
    let put = |put: &Put| {
        let Put { table, key, value } = put;
        let mut op = json!({ "t": table.name(), "k": key.to_json(), "n": value.bytes.len() });
        if *table == Table::Rows {
            op["r"] = value.rev.into();
            op["b"] = value.by.as_slice().into();
            if let Some(base) = bases.get(key) {
                // The very bytes were checked, and what is written follows them.
                op["c"] = base.unwrap_or(value.rev.saturating_sub(1)).into();
            }
        }
        op
    };
    let delete = |(table, key): &(Table, Key)| match bases.get(key) {
        // Whoever removes a row has checked its revision; the log remembers which one it was.
        Some(Some(rev)) if *table == Table::Rows && *rev > 0 => {
            json!({ "t": table.name(), "k": key.to_json(), "r": rev })
        }
        _ => json!({ "t": table.name(), "k": key.to_json() }),
    };
    let puts = burst.puts.iter().map(put);
    let ops: Vec<Json> = puts.chain(burst.deletes.iter().map(delete)).collect();
    let mut header = json!({ "at": at_ms, "ops": ops });
    if standing.number > 0 {
        header["n"] = standing.number.into();
    }
    for (name, numbers) in [("w", &standing.waiting), ("x", &standing.refused)] {
        if !numbers.is_empty() {
            header[name] = numbers.as_slice().into();
        }
    }
    seal(&header, burst)
}

/// The frame in front of a copy.
pub(super) fn write_covers(covers: &HashMap<String, u64>, at_ms: i64) -> Vec<u8> {
    let header = json!({ "at": at_ms, "ops": [], "covers": covers });
    seal(&header, &Burst::default())
}

fn seal(header: &Json, burst: &Burst) -> Vec<u8> {
    let header = header.to_string().into_bytes();
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
