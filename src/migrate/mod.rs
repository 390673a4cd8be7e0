//! The ladder: how records of older schemas are lifted to today's.
//!
//! A rung is a pure function from JSON to JSON, frozen once released, in a file of
//! its own. Nothing is inferred: a record says which schema it has, and climbs every
//! rung above it. Knows no medium; who reads and writes the records is the store's matter.

mod rung_1;
mod rung_2;

use crate::error::{Kind, Result};
use serde_json::Value;

/// One step of the ladder.
pub struct Rung {
    /// What changes, in a few words.
    pub title: &'static str,
    /// Lifts one record; `Err` says what was odd about it.
    pub lift: fn(record: Value) -> std::result::Result<Value, String>,
}

/// Every rung, in order. Rung `n` (counted from 1) lifts schema `n - 1` to `n`.
pub const LADDER: &[Rung] = &[rung_1::RUNG, rung_2::RUNG];

/// The schema written today: the length of the ladder.
pub const SCHEMA: u32 = LADDER.len() as u32;

/// Lifts a record to today's schema, rung by rung; one that is there already stays as it is.
///
/// # Errors
/// `migration` when a rung finds the record odd, `too-new` for a schema above today's.
pub fn lift(record: Value, schema: u32) -> Result<Value> {
    lift_to(record, schema, SCHEMA)
}

/// Lifts a record to a given schema, at most today's.
///
/// # Errors
/// As [`lift`].
pub fn lift_to(mut record: Value, schema: u32, target: u32) -> Result<Value> {
    if schema > target {
        return Err(Kind::TooNew.because(format!(
            "record has schema {schema}, this version knows up to {target}"
        )));
    }
    let rungs = LADDER
        .iter()
        .enumerate()
        .take(target as usize)
        .skip(schema as usize);
    for (index, rung) in rungs {
        let number = index as u32 + 1;
        record = (rung.lift)(record).map_err(|odd| {
            Kind::Migration.because(format!("rung {number}, {}: {odd}", rung.title))
        })?;
        record["schema"] = Value::from(number);
    }
    Ok(record)
}
