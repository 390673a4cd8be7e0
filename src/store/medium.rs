//! What a medium owes the engine: four tables of keys and small values.
//!
//! A medium is written against one conformance suite (`tests/suite`), which every
//! medium passes. It knows nothing of records: a row is bytes with a revision and
//! index keys, a page is bytes.

use super::turn::{WRITER, locked};
use crate::error::{Error, Kind, Result};
use std::cell::Cell;
use std::cmp::Ordering;
use std::collections::HashSet;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::Poll;

/// The four tables. Their names are on disk: append only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Table {
    /// Records: `[domain, id]`.
    Rows,
    /// Immutable bytes: `[kind, owner, n]`.
    Pages,
    /// Redo entries: `[seq]`.
    Journal,
    /// What the engine knows of itself: `[name]`.
    Meta,
}

impl Table {
    /// Every table, once.
    pub const ALL: [Table; 4] = [Table::Rows, Table::Pages, Table::Journal, Table::Meta];

    /// Its name on disk.
    pub const fn name(self) -> &'static str {
        match self {
            Table::Rows => "rows",
            Table::Pages => "pages",
            Table::Journal => "journal",
            Table::Meta => "meta",
        }
    }
}

/// One part of a key. Numbers sort before texts, as in IndexedDB.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum KeyPart {
    /// A whole number up to 2^53.
    Number(u64),
    /// A text, compared by UTF-16 code units, as IndexedDB does.
    Text(Rc<str>),
}

impl Ord for KeyPart {
    fn cmp(&self, other: &KeyPart) -> Ordering {
        match (self, other) {
            (KeyPart::Number(a), KeyPart::Number(b)) => a.cmp(b),
            (KeyPart::Number(_), KeyPart::Text(_)) => Ordering::Less,
            (KeyPart::Text(_), KeyPart::Number(_)) => Ordering::Greater,
            (KeyPart::Text(a), KeyPart::Text(b)) => a.encode_utf16().cmp(b.encode_utf16()),
        }
    }
}

impl PartialOrd for KeyPart {
    fn partial_cmp(&self, other: &KeyPart) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl From<u64> for KeyPart {
    fn from(number: u64) -> KeyPart {
        KeyPart::Number(number)
    }
}

impl From<&str> for KeyPart {
    fn from(text: &str) -> KeyPart {
        KeyPart::Text(text.into())
    }
}

/// A key: compared part by part, a prefix before what it begins.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(pub Vec<KeyPart>);

impl Key {
    /// `[domain, id]`.
    pub fn row(domain: &str, id: &str) -> Key {
        Key(vec![domain.into(), id.into()])
    }

    /// `[kind, owner, n]`.
    pub fn page(kind: &str, owner: &str, n: u64) -> Key {
        Key(vec![kind.into(), owner.into(), n.into()])
    }

    /// `[name]`.
    pub fn meta(name: &str) -> Key {
        Key(vec![name.into()])
    }

    /// The text at a position, empty where there is none.
    pub fn text(&self, position: usize) -> &str {
        match self.0.get(position) {
            Some(KeyPart::Text(text)) => text,
            _ => "",
        }
    }

    /// The key as JSON: an array of numbers and texts.
    pub fn to_json(&self) -> serde_json::Value {
        let part = |part: &KeyPart| match part {
            KeyPart::Number(number) => serde_json::Value::from(*number),
            KeyPart::Text(text) => serde_json::Value::from(&**text),
        };
        self.0.iter().map(part).collect()
    }

    /// The key that [`Key::to_json`] gave; `None` for anything else.
    pub fn from_json(json: &serde_json::Value) -> Option<Key> {
        let part = |part: &serde_json::Value| {
            part.as_u64()
                .map(KeyPart::from)
                .or_else(|| part.as_str().map(KeyPart::from))
        };
        json.as_array()?
            .iter()
            .map(part)
            .collect::<Option<_>>()
            .map(Key)
    }

    /// Whether the key begins with these parts.
    pub fn starts_with(&self, prefix: &[KeyPart]) -> bool {
        self.0.starts_with(prefix)
    }
}

/// What stands under a key. Only rows have a revision and index keys.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Value {
    /// The revision, for the check of the next writer.
    pub rev: u64,
    /// Index keys, found by [`Medium::find`].
    pub by: Vec<String>,
    /// The content.
    pub bytes: Vec<u8>,
}

impl Value {
    /// A value without revision and index keys.
    pub fn bytes(bytes: Vec<u8>) -> Value {
        Value {
            rev: 0,
            by: Vec::new(),
            bytes,
        }
    }
}

/// A range of one table in key order.
#[derive(Debug, Clone)]
pub struct Scan {
    /// The table.
    pub table: Table,
    /// Only keys that begin so; empty for all.
    pub prefix: Vec<KeyPart>,
    /// Only keys behind this one.
    pub after: Option<Key>,
    /// At most so many.
    pub limit: Option<u32>,
}

impl Scan {
    /// Everything of a table whose key begins so.
    pub fn of(table: Table, prefix: impl IntoIterator<Item = KeyPart>) -> Scan {
        Scan {
            table,
            prefix: prefix.into_iter().collect(),
            after: None,
            limit: None,
        }
    }

    /// The same range from behind a key, cut to a length.
    pub fn chunk(mut self, after: Option<Key>, limit: u32) -> Scan {
        self.after = after;
        self.limit = Some(limit);
        self
    }
}

/// What must still be so when the burst is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Check {
    /// The row has this revision; `None`: there is no row.
    Rev {
        /// The row.
        key: Key,
        /// Its revision.
        rev: Option<u64>,
    },
    /// The value has these bytes; `None`: there is no value.
    Same {
        /// The table.
        table: Table,
        /// The key.
        key: Key,
        /// The bytes.
        bytes: Option<Vec<u8>>,
    },
}

/// One value to write.
#[derive(Debug, Clone)]
pub struct Put {
    /// The table.
    pub table: Table,
    /// The key; a value under it is replaced.
    pub key: Key,
    /// The value.
    pub value: Value,
}

/// Everything one transaction does: all of it or nothing.
#[derive(Debug, Clone, Default)]
pub struct Burst {
    /// Checked first; one that fails leaves everything as it was.
    pub checks: Vec<Check>,
    /// Then written.
    pub puts: Vec<Put>,
    /// Then removed; a key that is not there is no error.
    pub deletes: Vec<(Table, Key)>,
    /// Ask for durability against power cuts.
    pub durable: bool,
    /// Have the store read it back and compare; a medium has nothing to do for it.
    pub verify: bool,
}

impl Burst {
    /// The rows that must be absent and are put: where a medium can add a value only if there
    /// is none, it need not ask for them.
    pub fn added(&self) -> HashSet<&Key> {
        let absent = self.checks.iter().filter_map(|check| match check {
            Check::Rev { key, rev: None } => Some(key),
            _ => None,
        });
        let mut added: HashSet<&Key> = absent.collect();
        if !added.is_empty() {
            let rows = self.puts.iter().filter(|put| put.table == Table::Rows);
            let put: HashSet<&Key> = rows.map(|put| &put.key).collect();
            added.retain(|key| put.contains(key));
        }
        added
    }
}

/// Whether what a burst waits for has come: its frame is in the log, or will never be.
#[derive(Debug, Default)]
pub struct Gate(Cell<bool>);

impl Gate {
    /// One that nothing waits at.
    pub fn opened() -> Gate {
        Gate(Cell::new(true))
    }

    /// Lets the burst through.
    pub fn open(&self) {
        self.0.set(true);
    }

    /// Whether it is open.
    pub fn is_open(&self) -> bool {
        self.0.get()
    }

    /// Settles when it is open. It wakes nobody: whoever opens it is polled with those who wait,
    /// before them.
    pub fn passed(&self) -> impl Future<Output = ()> {
        poll_fn(|_| match self.is_open() {
            true => Poll::Ready(()),
            false => Poll::Pending,
        })
    }
}

/// What a range has, in key order; `None` stands for a value that is known.
pub type Passed = Vec<(Key, Option<Value>)>;

/// Whether the asker has a value already and needs to hear only that it is there.
pub type Known<'a> = &'a dyn Fn(Table, &Key, &Value) -> bool;

/// A future of this crate: single-threaded, as in a browser.
pub type Pending<'a, T> = Pin<Box<dyn Future<Output = Result<T>> + 'a>>;

/// What two futures give that are driven side by side; the first one is always polled first.
pub async fn both<A: Future, B: Future>(first: A, second: B) -> (A::Output, B::Output) {
    let (mut first, mut second) = (pin!(first), pin!(second));
    let (mut one, mut two) = (None, None);
    poll_fn(|context| {
        if one.is_none()
            && let Poll::Ready(done) = first.as_mut().poll(context)
        {
            one = Some(done);
        }
        if two.is_none()
            && let Poll::Ready(done) = second.as_mut().poll(context)
        {
            two = Some(done);
        }
        match (one.take(), two.take()) {
            (Some(one), Some(two)) => Poll::Ready((one, two)),
            (some_one, some_two) => {
                (one, two) = (some_one, some_two);
                Poll::Pending
            }
        }
    })
    .await
}

/// A place where the tables rest.
///
/// Implementations promise: `write` is atomic and settles only when the medium says
/// the transaction is complete; a failed check gives `conflict` (for [`Check::Rev`],
/// naming the row) or `too-new` (for [`Check::Same`]); reads never write; an absent
/// value is `None` and a failed read is an error, never the one for the other.
pub trait Medium {
    /// The values under some keys, in their order, read in one transaction.
    fn read<'a>(&'a self, table: Table, keys: &'a [Key]) -> Pending<'a, Vec<Option<Value>>>;
    /// A range in key order, read in one transaction.
    fn scan(&self, scan: Scan) -> Pending<'_, Vec<(Key, Value)>>;
    /// How many keys a range has.
    fn count(&self, scan: Scan) -> Pending<'_, u64> {
        Box::pin(async move { Ok(self.scan(scan).await?.len() as u64) })
    }
    /// The keys of a range, in order.
    fn keys(&self, scan: Scan) -> Pending<'_, Vec<Key>> {
        Box::pin(async move {
            let found = self.scan(scan).await?;
            Ok(found.into_iter().map(|(key, _)| key).collect())
        })
    }
    /// Some ranges at one moment, read in one transaction that writers wait for.
    fn moment<'a>(&'a self, ranges: &'a [Scan], known: Known<'a>) -> Pending<'a, Vec<Passed>> {
        Box::pin(async move {
            let mut moment = Vec::with_capacity(ranges.len());
            for range in ranges {
                let found = self.scan(range.clone()).await?;
                moment.push(unknown(range.table, found, known));
            }
            Ok(moment)
        })
    }
    /// The rows that carry an index key, in key order.
    fn find<'a>(&'a self, by: &'a str) -> Pending<'a, Vec<(Key, Value)>>;
    /// Writes a burst.
    fn write<'a>(&'a self, burst: &'a Burst) -> Pending<'a, ()>;
    /// Writes a burst that may be begun at once and counts no earlier than its gate is open.
    fn write_behind<'a>(&'a self, burst: &'a Burst, gate: &'a Gate) -> Pending<'a, ()> {
        Box::pin(async move {
            gate.passed().await;
            self.write(burst).await
        })
    }
    /// Lets go of the medium; later calls are `closed`.
    fn close(&self);
    /// Hears that the keep with this id is open on it.
    fn opened(&self, _keep: &str) {}
    /// Gives up at once what others would have to wait for: the page is about to be frozen.
    /// A write that is given up is `aborted`. A burst without checks never waits.
    fn rest(&self) {}
    /// The page goes on.
    fn wake(&self) {}
}

/// What was found without the values that are known.
pub fn unknown(table: Table, found: Vec<(Key, Value)>, known: Known<'_>) -> Passed {
    let found = found.into_iter();
    found
        .map(|(key, value)| {
            let value = (!known(table, &key, &value)).then_some(value);
            (key, value)
        })
        .collect()
}

/// The failure of a [`Check::Rev`].
pub fn conflict(key: &Key, wanted: Option<u64>, found: Option<u64>) -> Error {
    let say =
        |rev: Option<u64>| rev.map_or("no record".to_owned(), |rev| format!("revision {rev}"));
    Kind::Conflict
        .because(format!("expected {}, found {}", say(wanted), say(found)))
        .of(key.text(0), key.text(1))
        .finding(found)
}

/// The failure of a [`Check::Same`]: of a row a `conflict`, of whose turn it is `locked`, of the
/// keep's own record `too-new`.
pub fn fenced(table: Table, key: &Key) -> Error {
    if table == Table::Meta && key.text(0) == WRITER {
        return locked();
    }
    if table == Table::Rows {
        return Kind::Conflict
            .because("the record is another one than it was")
            .of(key.text(0), key.text(1));
    }
    Kind::TooNew.because("what is stored here is not what this page opened; reload the page")
}
