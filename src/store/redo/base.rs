//! Keeping the log complete and of bounded size.
//!
//! A keep without a log gets one: all of it is copied once. When the files have grown to
//! twice what such a copy takes, a new copy is made and the older files go.

use super::frame;
use super::{Note, Redo, RedoFile};
use crate::error::Result;
use crate::store::medium::{Burst, Key, Medium, Put, Scan, Table};

/// A log below this size is left alone.
const SMALL: u64 = 64 << 20;
/// Values copied in one frame.
const ROWS: u32 = 200;
/// Pages are larger.
const PAGES: u32 = 40;

/// Makes the log complete, or shorter, where that is due. `file` is this writer's.
pub(in crate::store) async fn maintain(
    medium: &dyn Medium,
    redo: &dyn Redo,
    keep: &str,
    file: &str,
    now: &dyn Fn() -> i64,
) -> Result<()> {
    let files: Vec<RedoFile> = redo
        .files()
        .await?
        .into_iter()
        .filter(|file| file.keep() == keep)
        .collect();
    let note = Note::read(redo).await?;
    let total: u64 = files.iter().map(|file| file.bytes).sum();
    let due = match files
        .iter()
        .find(|file| note.base.as_ref() == Some(&file.name))
    {
        None => true,
        Some(base) => total > SMALL && total - base.bytes > base.bytes,
    };
    if !due {
        return Ok(());
    }
    let begun = now();
    let base = format!(
        "{keep}.{begun}.base-{}",
        file.rsplit('.').next().unwrap_or_default()
    );
    copy(medium, redo, &base, now).await?;
    // Only a note makes the copy count: one that was cut short is made again.
    let note = Note {
        base: Some(base.clone()),
        ..Note::read(redo).await?
    };
    note.write(redo).await?;
    for old in files
        .iter()
        .filter(|old| old.name != file && old.modified_ms < begun)
    {
        redo.remove(&old.name).await?;
    }
    Ok(())
}

async fn copy(
    medium: &dyn Medium,
    redo: &dyn Redo,
    name: &str,
    now: &dyn Fn() -> i64,
) -> Result<()> {
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
            redo.append(name, frame::write(&burst, at_ms), false)
                .await?;
        }
    }
    redo.append(name, Vec::new(), true).await
}
