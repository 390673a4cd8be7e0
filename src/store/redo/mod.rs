//! The second copy: every committed burst, appended to a log beside the medium.
//!
//! IndexedDB alone can come up empty after a killed browser, once more at the second
//! opening than at the first, and strict durability does not help (measured in Chromium
//! 156). A log in another store of the browser outlived every such case. The log is
//! complete: from it alone a wiped medium is built again. It is append-only, one file a
//! writer; rows are told apart by their revisions, pages never change.

mod base;
mod copy;
pub(in crate::store) mod frame;
mod index;
mod memory;
mod recovery;
mod unsettled;

pub(super) use copy::Copy;
pub use copy::SecondCopy;
pub(super) use index::is_sound;
pub use memory::MemoryRedo;

use super::medium::{Medium, Pending, Scan, Table};
use crate::error::Result;
use index::{Index, Lengths};
use serde::{Deserialize, Serialize};
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
    pub(super) fn keep(&self) -> &str {
        self.name.split('.').next().unwrap_or_default()
    }

    /// Whether it is a copy of everything instead of what a writer appended.
    pub(super) fn is_base(&self) -> bool {
        self.name.contains(".base-")
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

/// What was rebuilt from the second copy.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
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
#[serde(default)]
pub(super) struct Note {
    /// How long each file was at the last opening …
    last: Lengths,
    /// … and at the one before.
    before: Lengths,
    /// How long each file was when it was looked at last while a page was open: what is shorter at
    /// an opening has lost its end, also where it ends with a whole frame.
    seen: Lengths,
    /// The file that holds a complete copy.
    base: Option<String>,
    /// Up to where that copy has all that counts of the other files. It has no removals, so what
    /// it covers must not be read again, also of a file that somebody holds and that stays.
    covered: Lengths,
    /// A burst was refused, or may have been, and no complete copy was made since.
    gap: bool,
    /// How many rows there were.
    census: Option<Census>,
    /// When the medium was compared with all of the log, milliseconds since 1970.
    compared_ms: i64,
    /// How far the log's times are ahead of the clock, which was set back.
    ahead_ms: i64,
}

/// How many rows the medium had when the files were so long.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Census {
    rows: u64,
    files: Lengths,
}

impl Note {
    async fn read(redo: &dyn Redo) -> Result<Note> {
        let note = redo.note().await?;
        Ok(note
            .and_then(|note| serde_json::from_slice(&note).ok())
            .unwrap_or_default())
    }

    /// Whether a file is shorter than it was, or not there any more.
    fn lacks(&self, files: &[RedoFile]) -> bool {
        let length = |name: &String| {
            let file = files.iter().find(|file| file.name == *name);
            file.map_or(0, |file| file.bytes)
        };
        let mut known = self.last.iter().chain(&self.seen);
        known.any(|(name, had)| length(name) < *had)
    }

    /// Forgets the files that are not there any more, which a complete copy made needless.
    fn forget(&mut self, files: &[RedoFile]) {
        for lengths in [&mut self.covered, &mut self.last, &mut self.seen] {
            lengths.retain(|name, _| files.iter().any(|file| file.name == *name));
        }
    }

    async fn write(&self, redo: &dyn Redo) -> Result<()> {
        redo.set_note(serde_json::to_vec(self).expect("names and numbers write without failing"))
            .await
    }
}

/// What the log made of an empty medium.
pub(super) struct Rebuilt {
    /// The log lacks something that was saved.
    pub lacking: bool,
    /// It has a complete copy in it.
    pub from_copy: bool,
}

/// Puts everything that the log has into an empty medium. The log stays as it is.
pub(super) async fn rebuild(
    medium: &dyn Medium,
    redo: &dyn Redo,
    files: &[RedoFile],
    now_ms: i64,
) -> Result<Rebuilt> {
    let note = Note::read(redo).await?;
    let known = note.census.clone().unwrap_or_default();
    let mut index = Index::new(&note.covered);
    index
        .extend(redo, files, &Lengths::new(), &known.files)
        .await?;
    let lacking = index.is_lacking(redo, files, &note, &known).await?;
    recovery::put_back(medium, redo, &mut index, &Table::ALL, true, now_ms).await?;
    let is_base = |file: &RedoFile| note.base.as_ref() == Some(&file.name);
    Ok(Rebuilt {
        lacking: lacking || note.gap || index.is_damaged(),
        from_copy: files.iter().any(is_base),
    })
}

/// What opening finds in the log before anything else is done with the medium.
#[derive(Default)]
pub(super) struct Opening {
    pub recovered: Option<Recovered>,
    /// Rows were missing, so there may be more that is wrong.
    pub doubt: bool,
    /// The log's own end is gone, as after a power loss: the medium may have what it lacks.
    pub lacking: bool,
    /// How far the log's times are ahead of the clock.
    pub ahead_ms: i64,
}

/// Puts back what the medium lost: all of it when it has no record of its own any more, and
/// all rows when there are fewer than there have to be. Else what was written since the
/// opening before the last one, because damage can show only at the second opening after it
/// happened. `counted` is how many rows there were a moment before, where somebody has counted.
pub(super) async fn open(
    medium: &dyn Medium,
    redo: &dyn Redo,
    files: &[RedoFile],
    wiped: bool,
    mut counted: Option<u64>,
    now: &dyn Fn() -> i64,
) -> Result<Opening> {
    let now_ms = now();
    let note = Note::read(redo).await?;
    let mut index = Index::new(&note.covered);
    let known = note.census.clone().unwrap_or_default();
    let from = if wiped { &Lengths::new() } else { &note.before };
    index.extend(redo, files, from, &known.files).await?;
    let lacking = !wiped && index.is_lacking(redo, files, &note, &known).await?;
    let too_few = |rows: u64| index.is_fewer(rows, &known);
    let mut doubt = false;
    if !wiped && note.census.is_some() {
        // Others may have written since it was counted, to the log as well.
        if counted.is_none_or(too_few) {
            counted = Some(medium.count(Scan::of(Table::Rows, [])).await?);
        }
        doubt = counted.is_some_and(too_few);
    }
    let mut healing =
        recovery::put_back(medium, redo, &mut index, &Table::ALL, wiped, now_ms).await?;
    if doubt {
        let mut all = Index::new(&note.covered);
        all.extend(redo, files, &Lengths::new(), &Lengths::new())
            .await?;
        let rows =
            recovery::put_back(medium, redo, &mut all, &[Table::Rows], false, now_ms).await?;
        healing.recovered.rows += rows.recovered.rows;
    }
    let last = copy::lengths(files);
    // What is written from now on is later than all there is, whatever the clock says. It is asked
    // after the log, to which others wrote while it was read.
    let behind_ms = index.latest_ms.saturating_sub(now());
    let behind_ms = if behind_ms > 0 { behind_ms + 1 } else { 0 };
    let ahead_ms = note.ahead_ms.max(behind_ms);
    let found = healing.recovered.rows + healing.recovered.pages > 0;
    let census = match counted {
        // Counting a large table is half of opening it.
        Some(rows) if !doubt && !found => Census {
            rows,
            files: last.clone(),
        },
        _ => Census::of(medium, files).await?,
    };
    // Another page may have made a complete copy meanwhile.
    let note = Note {
        census: Some(census),
        before: note.last,
        seen: last.clone(),
        last,
        ahead_ms,
        ..Note::read(redo).await?
    };
    note.write(redo).await?;
    Ok(Opening {
        doubt: doubt || found,
        lacking,
        ahead_ms,
        recovered: found.then_some(healing.recovered),
    })
}
