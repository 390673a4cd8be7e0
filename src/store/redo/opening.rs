//! The log at an opening: what it puts back, and what it is remembered by until the next one.

use super::copy;
use super::file::{Redo, RedoFile};
use super::gap;
use super::index::Index;
use super::note::{Census, Lengths, Note};
use super::recovery::{self, Recovered};
use crate::error::Result;
use crate::store::medium::{Medium, Scan, Table};

/// What the log made of an empty medium.
pub(in crate::store) struct Rebuilt {
    /// The log lacks something that was saved.
    pub lacking: bool,
    /// It has a complete copy in it.
    pub from_copy: bool,
}

/// Puts everything that the log has into an empty medium. The log stays as it is.
pub(in crate::store) async fn rebuild(
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
pub(in crate::store) struct Opening {
    pub recovered: Option<Recovered>,
    /// Rows were missing, so there may be more that is wrong.
    pub doubt: bool,
    /// The log's own end is gone, as after a power loss: the medium may have what it lacks.
    pub lacking: bool,
    /// How far the log's times are ahead of the clock.
    pub ahead_ms: i64,
}

/// What the log says by itself, before the medium is asked.
pub(in crate::store) struct Look {
    files: Vec<RedoFile>,
    wiped: bool,
    note: Note,
    known: Census,
    index: Index,
    lacking: bool,
}

/// Reads what was written since the opening before the last one, because damage can show only
/// at the second opening after it happened; all there is when the medium was `wiped`.
pub(in crate::store) async fn look(
    redo: &dyn Redo,
    files: Vec<RedoFile>,
    wiped: bool,
) -> Result<Look> {
    let note = Note::read(redo).await?;
    let mut index = Index::new(&note.covered);
    let known = note.census.clone().unwrap_or_default();
    let from = if wiped { &Lengths::new() } else { &note.before };
    index.extend(redo, &files, from, &known.files).await?;
    let lacking = !wiped && index.is_lacking(redo, &files, &note, &known).await?;
    Ok(Look {
        files,
        wiped,
        note,
        known,
        index,
        lacking,
    })
}

/// Puts back what the medium lost: all of it when it has no record of its own any more, and
/// all rows when there are fewer than there have to be, else what [`look`] read. `counted` is
/// how many rows there were a moment before, where somebody has counted.
pub(in crate::store) async fn open(
    medium: &dyn Medium,
    redo: &dyn Redo,
    look: Look,
    mut counted: Option<u64>,
    now: &dyn Fn() -> i64,
) -> Result<Opening> {
    let now_ms = now();
    let Look {
        files,
        wiped,
        note,
        known,
        mut index,
        lacking,
    } = look;
    let files = &files;
    let too_few = |rows: u64| index.is_fewer(rows, &known);
    let mut doubt = false;
    if !wiped && note.census.is_some() {
        // Others may have written since it was counted, to the log as well.
        if counted.is_none_or(too_few) {
            counted = Some(medium.count(Scan::of(Table::Rows, [])).await?);
        }
        doubt = counted.is_some_and(too_few);
    }
    index.unheard = gap::unheard(gap::read(medium).await?.as_deref());
    let mut healing =
        recovery::put_back(medium, redo, &mut index, &Table::ALL, wiped, now_ms).await?;
    if doubt {
        let mut all = Index::new(&note.covered);
        all.unheard.clone_from(&index.unheard);
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
