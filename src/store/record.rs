//! A record: what a row holds, decoded.

use crate::codec::{self, Part};
use crate::error::{Error, Kind, Result};
use crate::migrate;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// One record of a domain.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// The domain, such as `characters`.
    pub domain: String,
    /// The id within the domain.
    pub id: String,
    /// Revision; 0 before the first write, then one more with each.
    pub rev: u64,
    /// Milliseconds since 1970.
    pub created_ms: i64,
    /// Milliseconds since 1970.
    pub changed_ms: i64,
    /// Set while the record is in the trash: milliseconds since 1970.
    pub trashed_ms: Option<i64>,
    /// Which installation wrote it last.
    pub device: String,
    /// Tells this write from every other one: two tabs may write the same at the same moment.
    pub(crate) stamp: String,
    /// Index keys, `domain/what/value`.
    pub by: Vec<String>,
    /// What lists show: under 1 KB.
    pub head: Value,
    /// What only the domain reads, when it is tiny.
    pub body: Value,
    /// Larger contents by name, kept in pages.
    pub parts: BTreeMap<String, Part>,
    /// The older states that are kept, oldest first; `None`: not known.
    pub(crate) versions: Option<Vec<Kept>>,
    /// The row as it was read or written, to become a version without being read again.
    pub(crate) stored: Vec<u8>,
    /// Fields of a newer schema, carried along.
    extra: Map<String, Value>,
}

/// A row that is there but cannot be read. It hides no other.
#[derive(Debug, Clone)]
pub struct Unreadable {
    /// The domain.
    pub domain: String,
    /// The id.
    pub id: String,
    /// Why.
    pub error: Error,
}

/// The rows of a domain: what can be read, and what cannot.
#[derive(Debug, Default)]
pub struct Listing {
    /// Records in order of their ids.
    pub records: Vec<Record>,
    /// The others.
    pub unreadable: Vec<Unreadable>,
}

impl Listing {
    /// Decodes a row into the side where it belongs.
    pub(crate) fn add(&mut self, domain: &str, id: &str, bytes: &[u8]) {
        match Record::decode(domain, id, bytes) {
            Ok(record) => self.records.push(record),
            Err(error) => self.unreadable.push(Unreadable {
                domain: domain.to_owned(),
                id: id.to_owned(),
                error,
            }),
        }
    }
}

/// The field with the first of several revisions that say the same, and the one that it is of.
const SAME: &str = "same";

/// A record as it is in its frame. What an older or newer version may spell otherwise is any
/// value.
#[derive(Deserialize)]
struct Fields {
    schema: u32,
    domain: String,
    id: String,
    rev: u64,
    created: i64,
    changed: i64,
    #[serde(default)]
    trashed: Value,
    device: String,
    #[serde(default)]
    stamp: Value,
    by: Vec<Value>,
    head: Value,
    #[serde(default)]
    body: Value,
    parts: BTreeMap<String, Part>,
    #[serde(default)]
    versions: Value,
    #[serde(flatten)]
    extra: Map<String, Value>,
}

impl Record {
    /// A record that is not stored yet.
    pub fn new(domain: &str, id: &str, now_ms: i64) -> Record {
        Record {
            domain: domain.to_owned(),
            id: id.to_owned(),
            rev: 0,
            created_ms: now_ms,
            changed_ms: now_ms,
            trashed_ms: None,
            device: String::new(),
            stamp: String::new(),
            by: Vec::new(),
            head: json!({}),
            body: Value::Null,
            parts: BTreeMap::new(),
            versions: Some(Vec::new()),
            stored: Vec::new(),
            extra: Map::new(),
        }
    }

    /// The part of this name.
    ///
    /// # Errors
    /// `corrupt` when the record lacks it.
    pub fn part(&self, name: &str) -> Result<&Part> {
        let missing = || {
            Kind::Corrupt
                .because(format!("record has no part {name}"))
                .of(&self.domain, &self.id)
        };
        self.parts.get(name).ok_or_else(missing)
    }

    /// A text of the head, empty where there is none.
    pub fn head_text(&self, name: &str) -> &str {
        self.head[name].as_str().unwrap_or_default()
    }

    /// Makes this state the one that follows another state of the same record.
    pub(crate) fn succeed(&mut self, current: &Record) {
        self.rev = current.rev;
        self.versions = current.versions.clone();
        self.stored = current.stored.clone();
    }

    /// Whether both hold the same, whenever and by whom they were written.
    pub(crate) fn says_the_same(&self, other: &Record) -> bool {
        self.trashed_ms == other.trashed_ms
            && self.parts == other.parts
            && self.body == other.body
            && self.head == other.head
            && self.by == other.by
            && self.beside().eq(other.beside())
    }

    fn beside(&self) -> impl Iterator<Item = (&String, &Value)> {
        self.extra.iter().filter(|(name, _)| *name != SAME)
    }

    /// The first revision that said what this one says, without another between them.
    pub(crate) fn says_since(&self) -> u64 {
        match self.extra.get(SAME).map(|told| (&told[0], &told[1])) {
            // A build that does not know of it carries it along into states that say something else.
            Some((from, rev)) if *rev == self.rev => from.as_u64().unwrap_or(self.rev),
            _ => self.rev,
        }
    }

    /// Notes since which revision it says what it says now; `None`: since this one.
    pub(crate) fn say_since(&mut self, from: Option<u64>) {
        match from {
            Some(from) => drop(self.extra.insert(SAME.to_owned(), json!([from, self.rev]))),
            None => drop(self.extra.remove(SAME)),
        }
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut fields = self.extra.clone();
        fields.insert("schema".into(), migrate::SCHEMA.into());
        fields.insert("domain".into(), self.domain.as_str().into());
        fields.insert("id".into(), self.id.as_str().into());
        fields.insert("rev".into(), self.rev.into());
        fields.insert("created".into(), self.created_ms.into());
        fields.insert("changed".into(), self.changed_ms.into());
        if let Some(trashed) = self.trashed_ms {
            fields.insert("trashed".into(), trashed.into());
        }
        fields.insert("device".into(), self.device.as_str().into());
        if !self.stamp.is_empty() {
            fields.insert("stamp".into(), self.stamp.as_str().into());
        }
        fields.insert("by".into(), json!(self.by));
        fields.insert("head".into(), self.head.clone());
        fields.insert("body".into(), self.body.clone());
        fields.insert("parts".into(), json!(self.parts));
        if let Some(versions) = &self.versions {
            let told = versions.iter().map(Kept::to_json).collect();
            fields.insert("versions".into(), told);
        }
        codec::write_frame(&Value::Object(fields))
    }

    /// Decodes a row and lifts it to today's schema. A record of a newer schema is
    /// read as far as it is understood; the store does not write then.
    pub(crate) fn decode(domain: &str, id: &str, bytes: &[u8]) -> Result<Record> {
        let decode = || -> Result<Record> {
            let fields: Fields = serde_json::from_slice(codec::framed(bytes)?).map_err(unusable)?;
            if fields.schema >= migrate::SCHEMA {
                return Ok(Record::of(fields));
            }
            let frame = codec::read_frame(bytes)?;
            let lifted = migrate::lift(frame.value, frame.schema)?;
            Ok(Record::of(
                serde_json::from_value(lifted).map_err(unusable)?,
            ))
        };
        let record = decode().map_err(|error| error.of(domain, id))?;
        if record.domain != domain || record.id != id {
            let found = format!("the row holds {} {}", record.domain, record.id);
            return Err(Kind::Corrupt.because(found).of(domain, id));
        }
        Ok(record)
    }

    fn of(fields: Fields) -> Record {
        let text = |value| match value {
            Value::String(text) => Some(text),
            _ => None,
        };
        Record {
            domain: fields.domain,
            id: fields.id,
            rev: fields.rev,
            created_ms: fields.created,
            changed_ms: fields.changed,
            trashed_ms: fields.trashed.as_i64(),
            device: fields.device,
            stamp: text(fields.stamp).unwrap_or_default(),
            by: fields.by.into_iter().filter_map(text).collect(),
            head: fields.head,
            body: fields.body,
            parts: fields.parts,
            versions: kept_versions(&fields.versions),
            stored: Vec::new(),
            extra: fields.extra,
        }
    }
}

fn unusable(cause: serde_json::Error) -> Error {
    Kind::Corrupt
        .because("record is no usable JSON")
        .caused_by(cause)
}

fn kept_versions(list: &Value) -> Option<Vec<Kept>> {
    list.as_array()?.iter().map(Kept::from_json).collect()
}

/// An older state that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Kept {
    pub rev: u64,
    /// When it was written, milliseconds since 1970.
    pub changed_ms: i64,
    /// Its row, and what it does not share with the state behind it.
    pub bytes: u64,
    /// Stays whatever happens to the others.
    pub pinned: bool,
}

impl Kept {
    /// `[rev, changed, bytes]`, and a 1 behind it when it is pinned.
    pub fn to_json(&self) -> Value {
        let mut told: Vec<Value> = vec![self.rev.into(), self.changed_ms.into(), self.bytes.into()];
        if self.pinned {
            told.push(1.into());
        }
        told.into()
    }

    /// `None` for anything else, such as a bare revision: then the versions are looked at once.
    pub fn from_json(told: &Value) -> Option<Kept> {
        Some(Kept {
            rev: told[0].as_u64()?,
            changed_ms: told[1].as_i64()?,
            bytes: told[2].as_u64()?,
            pinned: told[3] == 1,
        })
    }
}
