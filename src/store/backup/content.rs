//! What is in a backup's file: what it says of itself, and where each value stands.
//!
//! Reading goes through all of it once, checks every value, and remembers of each key which
//! entry has it last. What is damaged is named, and hides nothing else.

use super::archive::{Entry, Reader};
use crate::error::{Kind, Result};
use crate::migrate::SCHEMA;
use crate::order;
use crate::store::engine::Counted;
use crate::store::medium::{Key, Table, Value};
use crate::store::redo::{Redo, frame, is_sound};
use crate::store::row::{Row, is_version};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

/// Name of the first entry.
pub(super) const FIRST: &str = "cardkeep.json";
/// Name of the last entry.
pub(super) const LAST: &str = "end.json";
/// The form of today's backups.
const FORM: u32 = 1;

/// What the first entry says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Manifest {
    /// `backup`.
    pub kind: String,
    pub form: u32,
    /// Milliseconds since 1970.
    pub created: i64,
    pub reason: String,
    /// Schema of the records.
    pub schema: u32,
    /// The parts are not in it: it is of use only where they are.
    #[serde(rename = "rowsOnly", skip_serializing_if = "std::ops::Not::not")]
    pub rows_only: bool,
}

impl Manifest {
    pub(super) fn new(created: i64, reason: &str, schema: u32, rows_only: bool) -> Manifest {
        Manifest {
            kind: "backup".to_owned(),
            form: FORM,
            created,
            reason: reason.to_owned(),
            schema,
            rows_only,
        }
    }

    /// Whether this version can make something of it.
    pub(super) fn check(&self) -> Result<()> {
        if self.kind != "backup" || self.form == 0 {
            return Err(Kind::NotABackup.because("the file does not say that it is a backup"));
        }
        if self.form > FORM || self.schema > SCHEMA {
            let detail = format!(
                "the backup has form {} and schema {}",
                self.form, self.schema
            );
            return Err(Kind::TooNew.because(detail));
        }
        Ok(())
    }
}

/// What the last entry says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct End {
    #[serde(flatten)]
    pub manifest: Manifest,
    pub rows: u64,
    pub pages: u64,
    /// Entries with values.
    pub entries: u64,
    /// Content address of the rows' keys and revisions: two backups of the same state have the same.
    pub state: String,
}

/// Something that cannot be read any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Damage {
    /// The entry of the file.
    pub entry: String,
    /// The table of the value; `None`: all of the entry.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub table: Option<&'static str>,
    /// Its key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<serde_json::Value>,
}

/// What reading all of a backup found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Verified {
    /// Everything is there and sound.
    pub ok: bool,
    /// Sound rows by their domain.
    pub records: BTreeMap<String, u64>,
    /// Sound pages.
    pub pages: u64,
    /// Values that the file should have and that are not among the sound ones.
    pub lost: u64,
    /// What is damaged; entries that are not there at all only count as lost.
    pub damage: Vec<Damage>,
}

/// A value as an entry holds it; `None`: the key was removed while the backup was made.
pub(super) type Stored = (Table, Key, Option<Value>);

/// A backup that was read.
pub(crate) struct Content {
    place: Rc<dyn Redo>,
    name: String,
    entries: Vec<Entry>,
    pub manifest: Option<Manifest>,
    pub verified: Verified,
    /// Which entry has the last state of each key.
    last: HashMap<(Table, Key), usize>,
    /// The file stays meanwhile.
    _held: Option<Counted>,
}

impl Content {
    /// Nothing, until something is read.
    pub(super) fn empty(place: Rc<dyn Redo>) -> Content {
        Content {
            place,
            name: String::new(),
            entries: Vec::new(),
            manifest: None,
            verified: Verified::default(),
            last: HashMap::new(),
            _held: None,
        }
    }

    pub(super) async fn read(
        place: Rc<dyn Redo>,
        name: String,
        length: u64,
        held: Option<Counted>,
    ) -> Result<Content> {
        let reader = Reader::open(&*place, &name, length).await?;
        let Manifests { manifest, end } = Manifests::read(&reader).await?;
        let mut verified = Verified::default();
        let mut last: HashMap<(Table, Key), usize> = HashMap::new();
        let data = |entry: &&Entry| entry.name != FIRST && entry.name != LAST;
        let entries: Vec<Entry> = reader.entries.iter().filter(data).cloned().collect();
        for (number, entry) in entries.iter().enumerate() {
            let (values, mut damage) = values(&reader, entry).await?;
            for (table, key, value) in values {
                match value {
                    Some(_) => drop(last.insert((table, key), number)),
                    None => drop(last.remove(&(table, key))),
                }
            }
            verified.damage.append(&mut damage);
        }
        for (table, key) in last.keys() {
            match table {
                Table::Rows => *verified.records.entry(key.text(0).to_owned()).or_default() += 1,
                _ => verified.pages += 1,
            }
        }
        let rows: u64 = verified.records.values().sum();
        verified.lost = end.as_ref().map_or(0, |end| {
            let lost = end.rows.saturating_sub(rows);
            lost + end.pages.saturating_sub(verified.pages)
        });
        verified.ok = reader.whole
            && verified.damage.is_empty()
            && verified.lost == 0
            && end.is_some_and(|end| end.entries == entries.len() as u64);
        Ok(Content {
            manifest,
            verified,
            last,
            entries,
            name: name.clone(),
            place: Rc::clone(&place),
            _held: held,
        })
    }

    /// Whether this version can make something of what is sound.
    pub(crate) fn check(&self, id: &str) -> Result<()> {
        let checked = self.manifest.as_ref().map_or(Ok(()), Manifest::check);
        checked.map_err(|error| error.of("backups", id))
    }

    /// Whether parts are in it.
    pub(crate) fn has_parts(&self) -> bool {
        self.manifest.as_ref().is_none_or(|told| !told.rows_only)
    }

    /// How many entries there are.
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether it has a key.
    pub(crate) fn has(&self, table: Table, key: &Key) -> bool {
        self.entry_of(table, key).is_some()
    }

    /// The entry that has a key last.
    pub(crate) fn entry_of(&self, table: Table, key: &Key) -> Option<usize> {
        self.last.get(&(table, key.clone())).copied()
    }

    /// The keys of the pages that belong to one record, by its id, with their entries. Parts
    /// belong to nobody: they are addressed by content.
    pub(crate) fn own_pages(&self) -> BTreeMap<String, Vec<(Key, usize)>> {
        let mut own: BTreeMap<String, Vec<(Key, usize)>> = BTreeMap::new();
        for ((table, key), entry) in &self.last {
            if *table == Table::Pages && key.text(0) != "part" {
                let pages = own.entry(key.text(1).to_owned()).or_default();
                pages.push((key.clone(), *entry));
            }
        }
        own.values_mut()
            .for_each(|pages| order::sort_by(pages, Ord::cmp));
        own
    }

    /// The keys of the older states, by the `domain/id` of their record, with their entries.
    pub(crate) fn older_states(&self) -> BTreeMap<String, Vec<(Key, usize)>> {
        let mut older: BTreeMap<String, Vec<(Key, usize)>> = BTreeMap::new();
        for ((table, key), entry) in &self.last {
            if *table == Table::Rows && is_version(key) {
                let states = older.entry(key.text(1).to_owned()).or_default();
                states.push((key.clone(), *entry));
            }
        }
        older
            .values_mut()
            .for_each(|states| order::sort_by(states, Ord::cmp));
        older
    }

    /// The sound rows of an entry.
    pub(crate) async fn rows(&self, entry: usize) -> Result<Vec<Row>> {
        let values = self.values(entry).await?.into_iter();
        let rows = values.filter(|(table, ..)| *table == Table::Rows);
        Ok(rows.map(|(_, key, value)| Row::of(key, value)).collect())
    }

    /// The sound value of a key in the entry that has it last.
    pub(crate) async fn value(
        &self,
        table: Table,
        key: &Key,
        entry: usize,
    ) -> Result<Option<Value>> {
        let values = self.values(entry).await?;
        let mut found = values
            .into_iter()
            .filter(|(of, at, _)| *of == table && at == key);
        Ok(found.next().map(|(_, _, value)| value))
    }

    /// The sound values of an entry that no later one replaces.
    pub(crate) async fn values(&self, number: usize) -> Result<Vec<(Table, Key, Value)>> {
        let reader = Reader::of(&*self.place, &self.name);
        let Some(entry) = self.entries.get(number) else {
            return Ok(Vec::new());
        };
        let (values, _) = values(&reader, entry).await?;
        let current = values.into_iter().filter_map(|(table, key, value)| {
            let at = (table, key);
            let last = self.last.get(&at) == Some(&number);
            let (table, key) = at;
            Some((table, key, value.filter(|_| last)?))
        });
        Ok(current.collect())
    }
}

async fn values(reader: &Reader<'_>, entry: &Entry) -> Result<(Vec<Stored>, Vec<Damage>)> {
    let damaged = |at: Option<(Table, &Key)>| Damage {
        entry: entry.name.clone(),
        table: at.map(|(table, _)| table.name()),
        key: at.map(|(_, key)| key.to_json()),
    };
    let (bytes, _) = reader.content(entry).await?;
    let Some((ops, payload)) = frame::read(&bytes) else {
        return Ok((Vec::new(), vec![damaged(None)]));
    };
    let mut values = Vec::with_capacity(ops.len());
    let mut damage = Vec::new();
    // What a backup never holds is left where it is, whoever wrote the file.
    let ours = |table: Table| matches!(table, Table::Rows | Table::Pages);
    for op in ops.into_iter().filter(|op| ours(op.table)) {
        let Some(stored) = op.put else {
            values.push((op.table, op.key, None));
            continue;
        };
        let from = usize::try_from(stored.offset).unwrap_or(usize::MAX);
        let length = usize::try_from(stored.length).unwrap_or(usize::MAX);
        let end = from.checked_add(length);
        let bytes = end.and_then(|end| payload.get(from..end));
        match bytes.filter(|bytes| is_sound(op.table, bytes)) {
            Some(bytes) => {
                let value = Value {
                    rev: op.rev,
                    by: stored.by,
                    bytes: bytes.to_vec(),
                };
                values.push((op.table, op.key, Some(value)));
            }
            None => damage.push(damaged(Some((op.table, &op.key)))),
        }
    }
    Ok((values, damage))
}

/// What the first and the last entry say.
pub(super) struct Manifests {
    pub manifest: Option<Manifest>,
    pub end: Option<End>,
}

impl Manifests {
    pub(super) async fn read(reader: &Reader<'_>) -> Result<Manifests> {
        let mut manifest = None;
        let mut end: Option<End> = None;
        if let Some(first) = reader.entries.first().filter(|one| one.name == FIRST) {
            let (bytes, holds) = reader.content(first).await?;
            manifest = serde_json::from_slice(&bytes).ok().filter(|_| holds);
        }
        if let Some(last) = reader.entries.last().filter(|one| one.name == LAST) {
            let (bytes, holds) = reader.content(last).await?;
            end = serde_json::from_slice(&bytes).ok().filter(|_| holds);
        }
        // Each says what the other may have lost.
        let manifest = manifest.or_else(|| end.as_ref().map(|end| end.manifest.clone()));
        Ok(Manifests { manifest, end })
    }
}
