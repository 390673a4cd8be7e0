//! The log: what the engine did and what went wrong, for whoever has to find out why.
//!
//! It is in memory and bounded: the oldest entries give way. An entry is made of names that
//! stand in this code, ids, codes and numbers, so no content of a record and no secret can
//! be in it.

use crate::error::{Error, Kind};
use serde::{Deserialize, Serialize};
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

/// Entries kept.
const CAPACITY: usize = 2_000;

/// How much an entry matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Every write.
    Debug,
    /// What happens now and then.
    Info,
    /// Something was not as it should be, and nothing is lost.
    Warn,
    /// A write failed, or something cannot be read.
    Error,
}

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LogEntry {
    /// Milliseconds since 1970.
    pub at: i64,
    /// How much it matters.
    pub level: Level,
    /// What happened.
    pub event: &'static str,
    /// The domain of the record it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub domain: Option<String>,
    /// Its id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The code of the error.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<&'static str>,
    /// How many.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    /// How long it took, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ms: Option<i64>,
}

impl LogEntry {
    pub(crate) fn new(at: i64, level: Level, event: &'static str) -> LogEntry {
        LogEntry {
            at,
            level,
            event,
            domain: None,
            id: None,
            code: None,
            count: None,
            ms: None,
        }
    }

    pub(crate) fn of(mut self, domain: &str, id: &str) -> LogEntry {
        self.domain = Some(domain.to_owned());
        self.id = Some(id.to_owned());
        self
    }

    pub(crate) fn kind(mut self, kind: Kind) -> LogEntry {
        self.code = Some(kind.code());
        self
    }

    /// The code of an error and the record it is about, and nothing of its words.
    pub(crate) fn error(self, error: &Error) -> LogEntry {
        let entry = match error.subject() {
            Some(subject) if self.domain.is_none() => self.of(&subject.domain, &subject.id),
            _ => self,
        };
        entry.kind(error.kind())
    }

    pub(crate) fn count(mut self, count: u64) -> LogEntry {
        self.count = Some(count);
        self
    }

    pub(crate) fn took(mut self, ms: i64) -> LogEntry {
        self.ms = Some(ms);
        self
    }
}

/// Told of every entry.
pub type LogListener = Rc<dyn Fn(&LogEntry)>;

/// The newest entries.
pub struct Log {
    entries: RefCell<VecDeque<LogEntry>>,
    level: Cell<Level>,
    listener: RefCell<Option<LogListener>>,
}

impl Default for Log {
    fn default() -> Log {
        Log {
            entries: RefCell::default(),
            level: Cell::new(Level::Info),
            listener: RefCell::default(),
        }
    }
}

impl Log {
    /// Adds an entry, unless it matters less than the level.
    pub(crate) fn note(&self, entry: LogEntry) {
        if entry.level < self.level.get() {
            return;
        }
        let listener = self.listener.borrow().clone();
        if let Some(listener) = listener {
            listener(&entry);
        }
        let mut entries = self.entries.borrow_mut();
        if entries.len() == CAPACITY {
            entries.pop_front();
        }
        entries.push_back(entry);
    }

    /// The entries from a level on, oldest first.
    pub fn entries(&self, level: Level) -> Vec<LogEntry> {
        let entries = self.entries.borrow();
        let wanted = entries.iter().filter(|entry| entry.level >= level);
        wanted.cloned().collect()
    }

    /// From which level on entries are kept.
    pub fn level(&self) -> Level {
        self.level.get()
    }

    /// Sets from which level on entries are kept.
    pub fn set_level(&self, level: Level) {
        self.level.set(level);
    }

    /// Removes all entries.
    pub fn clear(&self) {
        self.entries.borrow_mut().clear();
    }

    /// Tells of every entry from now on.
    pub fn listen(&self, listener: LogListener) {
        self.listener.replace(Some(listener));
    }
}
