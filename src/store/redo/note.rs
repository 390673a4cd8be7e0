//! What the log remembers between pages, beside its files.

use super::file::{Redo, RedoFile};
use crate::error::Result;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// Lengths of files by their names.
pub(super) type Lengths = HashMap<String, u64>;

/// What the log remembers between pages.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Note {
    /// How long each file was at the last opening …
    pub last: Lengths,
    /// … and at the one before.
    pub before: Lengths,
    /// How long each file was when it was looked at last while a page was open: what is shorter at
    /// an opening has lost its end, also where it ends with a whole frame.
    pub seen: Lengths,
    /// The file that holds a complete copy.
    pub base: Option<String>,
    /// Up to where that copy has all that counts of the other files. It has no removals, so what
    /// it covers must not be read again, also of a file that somebody holds and that stays.
    pub covered: Lengths,
    /// A burst was refused, or may have been, and no complete copy was made since.
    pub gap: bool,
    /// How many rows there were.
    pub census: Option<Census>,
    /// When the medium was compared with all of the log, milliseconds since 1970.
    pub compared_ms: i64,
    /// How far the log's times are ahead of the clock, which was set back.
    pub ahead_ms: i64,
}

/// How many rows the medium had when the files were so long.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Census {
    pub rows: u64,
    pub files: Lengths,
}

impl Note {
    pub(super) async fn read(redo: &dyn Redo) -> Result<Note> {
        let note = redo.note().await?;
        Ok(note
            .and_then(|note| serde_json::from_slice(&note).ok())
            .unwrap_or_default())
    }

    /// Whether a file is shorter than it was, or not there any more.
    pub(super) fn lacks(&self, files: &[RedoFile]) -> bool {
        let length = |name: &String| {
            let file = files.iter().find(|file| file.name == *name);
            file.map_or(0, |file| file.bytes)
        };
        let mut known = self.last.iter().chain(&self.seen);
        known.any(|(name, had)| length(name) < *had)
    }

    /// Forgets the files that are not there any more, which a complete copy made needless.
    pub(super) fn forget(&mut self, files: &[RedoFile]) {
        for lengths in [&mut self.covered, &mut self.last, &mut self.seen] {
            lengths.retain(|name, _| files.iter().any(|file| file.name == *name));
        }
    }

    pub(super) async fn write(&self, redo: &dyn Redo) -> Result<()> {
        redo.set_note(serde_json::to_vec(self).expect("names and numbers write without failing"))
            .await
    }
}
