//! Keeping the log complete and of bounded size.
//!
//! A keep without a log gets one: all of it is copied once. When the files have grown to
//! twice what such a copy takes, a new copy is made and the older files go.

use super::file::{Redo, RedoFile};
use super::frame;
use super::note::{Lengths, Note};
use crate::error::Result;
use crate::store::medium::{Burst, Key, Medium, Put, Scan, Table};

/// A log below this size is left alone.
const SMALL: u64 = 64 << 20;
/// Values copied in one frame.
const ROWS: u32 = 200;
/// Pages are larger.
const PAGES: u32 = 40;

/// Whether the log has no complete copy in it, or has grown to twice what one takes.
pub(super) fn is_due(files: &[RedoFile], note: &Note) -> bool {
    let total: u64 = files.iter().map(|file| file.bytes).sum();
    match files
        .iter()
        .find(|file| note.base.as_ref() == Some(&file.name))
    {
        None => true,
        Some(base) => total > SMALL && total - base.bytes > base.bytes,
    }
}

/// Copies everything that the medium has into a file of the log. `covers`: up to where it has
/// all that the other files say, which was compared before. `own` names the file that this page
/// appends to, when it has: what the medium has was there first, and has to be on the disk first too. When
/// power is lost, the copy may otherwise have what came later, and neither has what came before.
/// Other pages' files cannot be waited for.
pub(super) async fn copy(
    medium: &dyn Medium,
    redo: &dyn Redo,
    name: &str,
    covers: &Lengths,
    own: &dyn Fn() -> Option<String>,
    now: &dyn Fn() -> i64,
) -> Result<()> {
    let begun = frame::write_covers(covers, now());
    redo.append(name, begun, false).await?;
    for (table, chunk) in [
        (Table::Pages, PAGES),
        (Table::Rows, ROWS),
        (Table::Journal, ROWS),
        (Table::Meta, ROWS),
    ] {
        let mut after: Option<Key> = None;
        loop {
            // Stamped before it is read: what is committed meanwhile is later and wins.
            let at_ms = now();
            let values = medium
                .scan(Scan::of(table, []).chunk(after.take(), chunk))
                .await?;
            let Some((last, _)) = values.last() else {
                break;
            };
            after = Some(last.clone());
            let puts = values
                .into_iter()
                .map(|(key, value)| Put { table, key, value })
                .collect();
            let burst = Burst {
                puts,
                ..Burst::default()
            };
            if let Some(own) = own() {
                redo.flush(&own).await?;
            }
            redo.append(name, frame::write(&burst, at_ms), false)
                .await?;
        }
    }
    redo.append(name, Vec::new(), true).await
}
