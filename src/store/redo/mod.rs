//! The second copy: every committed burst, appended to a log beside the medium.
//!
//! IndexedDB alone can come up empty after a killed browser, once more at the second
//! opening than at the first, and strict durability does not help (measured in Chromium
//! 156). A log in another store of the browser outlived every such case. The log is
//! complete: from it alone a wiped medium is built again. It is append-only, one file a
//! writer; rows are told apart by their revisions, pages never change.

mod base;
mod frame;
mod memory;
mod recovery;

pub(super) use base::maintain;
pub(super) use frame::write as frame_of;
pub use memory::MemoryRedo;
pub(super) use recovery::recover;

use super::medium::Pending;
use crate::error::Result;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

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
    pub(super) fn keep(&self) -> &str {
        self.name.split('.').next().unwrap_or_default()
    }

    /// When it was begun, milliseconds since 1970.
    pub(super) fn begun_ms(&self) -> i64 {
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
    /// Removes a file; one that another writer holds stays.
    fn remove<'a>(&'a self, file: &'a str) -> Pending<'a, ()>;
    /// A small note that outlives the page.
    fn note(&self) -> Pending<'_, Option<Vec<u8>>>;
    /// Replaces the note.
    fn set_note(&self, note: Vec<u8>) -> Pending<'_, ()>;
    /// Lets go of the files.
    fn close(&self);
}

/// What was rebuilt from the second copy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Recovered {
    /// Whether the medium had come up empty.
    pub wiped: bool,
    /// Records put back.
    pub rows: u64,
    /// Pages put back.
    pub pages: u64,
}

/// What the log remembers between pages.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Note {
    /// How long each file was at the last opening …
    last: HashMap<String, u64>,
    /// … and at the one before.
    before: HashMap<String, u64>,
    /// The file that holds a complete copy.
    base: Option<String>,
}

impl Note {
    pub(super) async fn read(redo: &dyn Redo) -> Result<Note> {
        let note = redo.note().await?;
        Ok(note
            .and_then(|note| serde_json::from_slice(&note).ok())
            .unwrap_or_default())
    }

    /// Remembers that this opening found the files like this.
    pub(super) async fn advance(self, redo: &dyn Redo, files: &[RedoFile]) -> Result<()> {
        let last = files
            .iter()
            .map(|file| (file.name.clone(), file.bytes))
            .collect();
        Note {
            last,
            before: self.last,
            base: self.base,
        }
        .write(redo)
        .await
    }

    async fn write(&self, redo: &dyn Redo) -> Result<()> {
        redo.set_note(serde_json::to_vec(self).expect("names and numbers write without failing"))
            .await
    }
}
