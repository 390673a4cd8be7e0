//! Rows, and the domains among them that are the store's own: older states, quarantine, copies of
//! before a migration.
//!
//! Knows where something stands. When it gets there, and what becomes of it, is decided by those
//! who write it.

use super::medium::{Key, KeyPart, Value};
use super::record::Record;
use crate::codec::Part;
use crate::error::Result;

/// The domain of versions: rows `[versions, "domain/id", rev]`.
pub(crate) const VERSIONS: &str = "versions";

/// The domain of what cannot be read.
pub(crate) const QUARANTINE: &str = "quarantine";

/// The domain of the copies of all rows that earlier builds made; they become backups later.
pub(crate) const SNAPSHOTS: &str = "snapshots";

/// A row as it stands on the medium, decoded or not.
pub(crate) struct Row {
    pub key: Key,
    pub value: Value,
    pub record: Result<Record>,
}

impl Row {
    /// A row that stands, or would stand, there.
    pub fn of(key: Key, value: Value) -> Row {
        let (domain, id, _) = Row::owner_of(&key);
        let record = Record::decode(&domain, &id, &value.bytes);
        Row { key, value, record }
    }

    /// Whether it is an older state of another row.
    pub fn is_version(&self) -> bool {
        is_version(&self.key)
    }

    /// Whose state it is, and for an older state of which revision.
    pub fn owner(&self) -> (String, String, Option<u64>) {
        Row::owner_of(&self.key)
    }

    /// As [`Row::owner`], of a key.
    pub fn owner_of(key: &Key) -> (String, String, Option<u64>) {
        let whole = |domain: &str, id: &str| (domain.to_owned(), id.to_owned());
        match (key.text(0), key.0.get(2)) {
            (VERSIONS, Some(KeyPart::Number(rev))) => {
                let (domain, id) = key.text(1).split_once('/').unwrap_or_default();
                let (domain, id) = whole(domain, id);
                (domain, id, Some(*rev))
            }
            (domain, _) => {
                let (domain, id) = whole(domain, key.text(1));
                (domain, id, None)
            }
        }
    }
}

/// Whether a row is an older state of another one.
pub(super) fn is_version(key: &Key) -> bool {
    key.text(0) == VERSIONS
}

pub(super) fn version_owner(domain: &str, id: &str) -> String {
    format!("{domain}/{id}")
}

/// The key of an older state.
pub(crate) fn version_key(domain: &str, id: &str, rev: u64) -> Key {
    let owner = version_owner(domain, id);
    Key(vec![VERSIONS.into(), owner.as_str().into(), rev.into()])
}

/// A record as a row's value, under another revision than the one it has.
pub(crate) fn row_of(record: &Record, rev: u64) -> Value {
    let mut record = record.clone();
    record.rev = rev;
    Value {
        rev,
        by: record.by.clone(),
        bytes: record.encode(),
    }
}

/// The keys of some pages of a part.
pub(crate) fn part_keys(part: &Part, numbers: std::ops::Range<u64>) -> Vec<Key> {
    numbers.map(|n| Key::page("part", &part.hash, n)).collect()
}
