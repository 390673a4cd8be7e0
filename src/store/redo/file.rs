//! Files of a log, and the place where they are.

use crate::store::medium::Pending;
use std::rc::Rc;

/// One file of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RedoFile {
    /// `keep.start.writer`: whose it is, when it was begun (milliseconds since 1970), by whom.
    pub name: String,
    /// Length.
    pub bytes: u64,
    /// Last write, milliseconds since 1970.
    pub modified_ms: i64,
}

impl RedoFile {
    /// Id of the keep it belongs to.
    pub(in crate::store) fn keep(&self) -> &str {
        self.name.split('.').next().unwrap_or_default()
    }

    /// Whether it is a copy of everything instead of what a writer appended.
    pub(in crate::store) fn is_base(&self) -> bool {
        self.name.contains(".base-")
    }

    /// When it was begun, milliseconds since 1970.
    pub(in crate::store) fn begun_ms(&self) -> i64 {
        self.name
            .split('.')
            .nth(1)
            .and_then(|start| start.parse().ok())
            .unwrap_or(0)
    }
}

/// A place for append-only files that shares no fate with the medium.
pub trait Redo {
    /// The files there, of every keep and writer.
    fn files(&self) -> Pending<'_, Vec<RedoFile>>;
    /// A stretch of a file, cut to what is there.
    fn read<'a>(&'a self, file: &'a str, from: u64, length: u64) -> Pending<'a, Vec<u8>>;
    /// Appends to this writer's file, and makes it first when there is none. Settles when
    /// the bytes have left the page; `durable` waits for the disk.
    fn append<'a>(&'a self, file: &'a str, bytes: Vec<u8>, durable: bool) -> Pending<'a, ()>;
    /// Waits until what was appended to this writer's file is on the disk.
    fn flush<'a>(&'a self, _file: &'a str) -> Pending<'a, ()> {
        Box::pin(async { Ok(()) })
    }
    /// Removes a file; one that another writer holds stays.
    fn remove<'a>(&'a self, file: &'a str) -> Pending<'a, ()>;
    /// A small note that outlives the page.
    fn note(&self) -> Pending<'_, Option<Vec<u8>>>;
    /// Replaces the note.
    fn set_note(&self, note: Vec<u8>) -> Pending<'_, ()>;
    /// Lets go of a file that was appended to, so that others may remove it.
    fn release<'a>(&'a self, _file: &'a str) -> Pending<'a, ()> {
        Box::pin(async { Ok(()) })
    }
    /// A folder beside this one for backups; `None`: there is no place for one.
    fn backups(&self) -> Option<Rc<dyn Redo>> {
        None
    }
    /// Lets go of the files.
    fn close(&self);
}
