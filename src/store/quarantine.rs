//! Quarantine: what cannot be read, kept whole with the reason.
//!
//! A record of the domain `quarantine` holds the bytes as a part, and says where they
//! stood. The same bytes of the same place are one record, however often they are put there.

use super::medium::{Key, KeyPart, Put, Table, Value};
use super::record::Record;
use super::row::QUARANTINE;
use crate::codec;
use crate::error::Kind;
use serde_json::json;

/// The puts that take a row over into quarantine. They belong into the burst that removes
/// or replaces the row.
pub(super) fn row(key: &Key, row: &Value, kind: Kind, reason: &str, now_ms: i64) -> Vec<Put> {
    value(Table::Rows, key, row, kind, reason, now_ms)
}

/// The puts that take a value of any table over into quarantine.
pub(super) fn value(
    table: Table,
    key: &Key,
    value: &Value,
    kind: Kind,
    reason: &str,
    now_ms: i64,
) -> Vec<Put> {
    let part = codec::Part::of(&value.bytes);
    let place: Vec<String> = key.0.iter().map(part_text).collect();
    let id = format!("{}/{}", place.join("/"), &part.hash[..12]);
    let mut record = Record::new(QUARANTINE, &id, now_ms);
    record.rev = 1;
    record.head = json!({
        "domain": key.text(0), "id": key.text(1), "code": kind.code(), "reason": reason,
        "bytes": part.bytes,
    });
    record.body = json!({
        "table": table.name(), "key": key.to_json(), "rev": value.rev, "by": value.by,
    });
    record.parts.insert("row".into(), part.clone());
    let pages = codec::write_pages(&value.bytes)
        .enumerate()
        .map(|(n, page)| Put {
            table: Table::Pages,
            key: Key::page("part", &part.hash, n as u64),
            value: Value::bytes(page),
        });
    let row = Put {
        table: Table::Rows,
        key: Key::row(QUARANTINE, &record.id),
        value: Value {
            rev: 1,
            by: Vec::new(),
            bytes: record.encode(),
        },
    };
    pages.chain([row]).collect()
}

fn part_text(part: &KeyPart) -> String {
    match part {
        KeyPart::Number(number) => number.to_string(),
        KeyPart::Text(text) => text.to_string(),
    }
}
