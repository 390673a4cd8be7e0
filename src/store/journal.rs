//! The journal: edits that were scheduled and are not in their records yet.
//!
//! An entry is written before its edit and removed in the transaction that makes the
//! edit, so that after any end of the page exactly one of both is there. What a patch
//! means, and whether it still fits its record, is not known here.

use super::change::Change;
use super::engine::{Access, Store};
use super::medium::{Burst, Key, KeyPart, Put, Scan, Table, Value};
use crate::codec;
use crate::error::Result;
use crate::migrate;
use serde_json::json;

/// Form of the entries written here.
const FORM: u64 = 1;
/// Marks of the slots that were replayed.
const REPLAYED: &str = "replayed";
/// How many of them are remembered. A slot that was removed is back only after the
/// browser ended within seconds.
const REMEMBERED: usize = 100;

/// One scheduled edit. Its key is `[seq, writer]`; the same key again replaces it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Orders the entries of all writers: milliseconds since 1970, once per writer.
    pub seq: u64,
    /// Who wrote it: one id for each time a keep is opened.
    pub writer: String,
    /// The domain of the record.
    pub domain: String,
    /// The record's id.
    pub id: String,
    /// The revision that the edit began on; `None` when the page ended before it was looked up.
    pub base: Option<u64>,
    /// When the entry was written, milliseconds since 1970.
    pub at_ms: i64,
    /// The patch: a JSON text in the domain's shape.
    pub patch: String,
}

/// What the journal holds.
#[derive(Debug, Default)]
pub struct Journal {
    /// The entries, oldest first.
    pub entries: Vec<Entry>,
    /// Entries that cannot be read, or have a newer form. They stay where they are.
    pub unreadable: Vec<Key>,
}

impl Entry {
    /// Its key in the journal.
    pub fn key(&self) -> Key {
        journal_key(self.seq, &self.writer)
    }

    fn encode(&self) -> Vec<u8> {
        codec::write_frame(&json!({
            "schema": migrate::SCHEMA, "form": FORM, "seq": self.seq, "writer": self.writer,
            "domain": self.domain, "id": self.id, "base": self.base, "at": self.at_ms, "patch": self.patch,
        }))
    }

    fn decode(key: &Key, bytes: &[u8]) -> Option<Entry> {
        let value = codec::read_frame(bytes).ok()?.value;
        let text = |name: &str| value[name].as_str().map(str::to_owned);
        let entry = Entry {
            seq: value["seq"].as_u64()?,
            writer: text("writer")?,
            domain: text("domain")?,
            id: text("id")?,
            base: value["base"].as_u64(),
            at_ms: value["at"].as_i64()?,
            patch: text("patch")?,
        };
        let whole = value["form"] == FORM && entry.key() == *key;
        whole.then_some(entry)
    }
}

/// The key of an entry.
pub fn journal_key(seq: u64, writer: &str) -> Key {
    Key(vec![KeyPart::from(seq), writer.into()])
}

impl Store {
    /// Everything in the journal, of every writer.
    ///
    /// # Errors
    /// What the medium reports.
    pub async fn journal(&self) -> Result<Journal> {
        let mut journal = Journal::default();
        for (key, value) in self.medium().scan(Scan::of(Table::Journal, [])).await? {
            match Entry::decode(&key, &value.bytes) {
                Some(entry) => journal.entries.push(entry),
                None => journal.unreadable.push(key),
            }
        }
        Ok(journal)
    }

    /// Writes entries, each over an older one with its key.
    ///
    /// Nothing is checked first: on a page that is about to end there is no time for an
    /// answer, and an entry touches no record. So what is typed on after a newer version took the
    /// keep over waits here for that version.
    ///
    /// # Errors
    /// `read-only` when the keep was newer at its opening, and what the medium reports.
    pub async fn write_journal(&self, entries: &[Entry]) -> Result<()> {
        if let Access::ReadOnly { .. } = self.access {
            return Err(self.access.refusal());
        }
        let put = |entry: &Entry| Put {
            table: Table::Journal,
            key: entry.key(),
            value: Value::bytes(entry.encode()),
        };
        self.write(Burst {
            puts: entries.iter().map(put).collect(),
            ..Burst::default()
        })
        .await
    }

    /// Removes entries whose edits are not wanted any more.
    ///
    /// # Errors
    /// `read-only`, and what the medium reports.
    pub async fn forget_journal(&self, keys: Vec<Key>) -> Result<()> {
        let mut change = Change::new();
        keys.into_iter().for_each(|key| change.settle(key));
        self.commit(change).await.map(drop)
    }

    /// Marks of the slots that were replayed, as far as that is remembered.
    ///
    /// # Errors
    /// What the medium reports.
    pub async fn replayed(&self) -> Result<Vec<String>> {
        let found = self
            .medium()
            .read(Table::Meta, &[Key::meta(REPLAYED)])
            .await?;
        let found = found.into_iter().next().flatten();
        // What cannot be read says no more than what is not there: a slot is replayed again.
        Ok(found
            .and_then(|value| serde_json::from_slice(&value.bytes).ok())
            .unwrap_or_default())
    }

    /// Remembers that a slot was replayed.
    ///
    /// # Errors
    /// `read-only`, and what the medium reports.
    pub async fn note_replayed(&self, mark: String) -> Result<()> {
        let mut marks = self.replayed().await?;
        marks.push(mark);
        let surplus = marks.len().saturating_sub(REMEMBERED);
        let mut burst = self.guarded()?;
        burst.durable = false;
        burst.puts.push(Put {
            table: Table::Meta,
            key: Key::meta(REPLAYED),
            value: Value::bytes(json!(marks[surplus..]).to_string().into_bytes()),
        });
        self.write(burst).await
    }

    /// The revisions of some rows; 0 where there is none.
    ///
    /// # Errors
    /// What the medium reports.
    pub async fn revisions(&self, rows: &[Key]) -> Result<Vec<u64>> {
        let found = self.medium().read(Table::Rows, rows).await?;
        Ok(found
            .into_iter()
            .map(|value| value.map_or(0, |value| value.rev))
            .collect())
    }
}
