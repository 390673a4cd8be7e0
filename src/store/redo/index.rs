//! What the log says of every key, read from the headers of its frames alone.

use super::frame::{self, LEAD, Op, Stored, TRAIL};
use super::{Redo, RedoFile};
use crate::codec;
use crate::error::Result;
use crate::order;
use crate::store::change::VERSIONS;
use crate::store::medium::{Key, Table, Value};
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::rc::Rc;

/// Read at once while headers are collected.
const WINDOW: u64 = 1 << 20;

/// Lengths of files by their names.
pub(super) type Lengths = HashMap<String, u64>;

/// The last thing that the log says of a key.
struct Last {
    at_ms: i64,
    file: Rc<str>,
    /// Whether the file is a copy, whose times are those of the copying.
    base: bool,
    /// The revision that was put or, where that was known, removed; else 0.
    rev: u64,
    /// `None`: it was removed.
    put: Option<Stored>,
    /// Said behind the lengths that a census knows …
    fresh: bool,
    /// … and the key was not there before.
    born: bool,
    /// The last removal that named its revision, also when something was put behind it:
    /// revisions begin anew with a row that is made again, so they alone do not tell its states
    /// from those before.
    removal: Option<Removal>,
}

/// A removal of a row.
#[derive(Clone, Copy)]
struct Removal {
    rev: u64,
    at_ms: i64,
}

impl Removal {
    /// Whether this removal is behind a state that was put.
    fn outdoes(self, put: &Last) -> bool {
        put.put.is_some()
            && put.rev > 0
            && put.rev <= self.rev
            && (put.base || put.at_ms <= self.at_ms)
    }
}

impl Last {
    /// Whether this came after what another file says of the key. Two states of a row are told
    /// apart by revision, all else by time. A removal names the revision that it removed,
    /// and outdoes every copy of it, and every earlier state when the row is made again.
    fn follows(&self, known: &Last) -> bool {
        let by_rev = self.rev > 0 && known.rev > 0;
        let removed = |last| known.removal.is_some_and(|removal| removal.outdoes(last));
        match (&self.put, &known.put) {
            (Some(_), Some(_)) if removed(self) != removed(known) => removed(known),
            (Some(_), Some(_)) if by_rev && self.rev != known.rev => self.rev > known.rev,
            (Some(_), None) if by_rev => self.outlives(known),
            (None, Some(_)) if by_rev => !known.outlives(self),
            _ => self.at_ms >= known.at_ms,
        }
    }

    /// Whether a write of a row is behind a removal of it.
    fn outlives(&self, removal: &Last) -> bool {
        self.rev > removal.rev || (!self.base && self.at_ms > removal.at_ms)
    }
}

/// The last thing that was done to every key.
#[derive(Default)]
pub(in crate::store) struct Index {
    lasts: HashMap<(Table, Key), Last>,
    /// How far each file was followed.
    ends: Lengths,
    /// A stretch of a file cannot be read, so the log lacks something.
    damaged: bool,
}

impl Index {
    /// Goes on where it stopped; in files that are new to it, at the offsets given. What
    /// lies behind the lengths of a census counts for [`Index::growth`].
    pub(super) async fn extend(
        &mut self,
        redo: &dyn Redo,
        files: &[RedoFile],
        from: &Lengths,
        census: &Lengths,
    ) -> Result<()> {
        for file in files {
            let length = |lengths: &Lengths| lengths.get(&file.name).copied().unwrap_or(0);
            let at = match self.ends.get(&file.name) {
                Some(end) => *end,
                None => length(from),
            };
            let end = self.follow(redo, file, at, length(census)).await?;
            self.ends.insert(file.name.clone(), end);
        }
        Ok(())
    }

    /// Notes what the frames of a file say, and gives the offset where they end.
    async fn follow(
        &mut self,
        redo: &dyn Redo,
        file: &RedoFile,
        from: u64,
        census: u64,
    ) -> Result<u64> {
        let name: Rc<str> = file.name.as_str().into();
        let mut window = Window {
            redo,
            file,
            start: 0,
            bytes: Vec::new(),
        };
        let mut at = from;
        loop {
            match window.frame(at).await? {
                Found::Frame { end, at_ms, ops } => {
                    for op in ops {
                        self.note(op, at_ms, &name, file.is_base(), at >= census);
                    }
                    at = end;
                }
                Found::Damaged { end } => {
                    self.damaged = true;
                    match end {
                        Some(end) => at = end,
                        None => return Ok(at),
                    }
                }
                Found::End => return Ok(at),
            }
        }
    }

    fn note(&mut self, op: Op, at_ms: i64, file: &Rc<str>, base: bool, fresh: bool) {
        let rev = op.rev;
        let made = fresh && op.put.is_some() && (rev == 1 || op.key.text(0) == VERSIONS);
        let removal = (op.put.is_none() && rev > 0).then_some(Removal { rev, at_ms });
        let last = Last {
            at_ms,
            file: Rc::clone(file),
            base,
            rev,
            put: op.put,
            fresh,
            born: made,
            removal,
        };
        match self.lasts.entry((op.table, op.key)) {
            Entry::Vacant(entry) => drop(entry.insert(last)),
            Entry::Occupied(mut entry) => {
                let known = entry.get_mut();
                let born = known.born || (made && !known.fresh);
                let fresh = known.fresh || fresh;
                let removals = [known.removal, removal].into_iter().flatten();
                let removal = removals.max_by_key(|removal| removal.at_ms);
                known.removal = removal;
                // One writer's file is in order.
                if known.file == *file || last.follows(known) {
                    *known = last;
                }
                (known.born, known.fresh, known.removal) = (born, fresh, removal);
            }
        }
    }

    /// How many rows came and went behind the lengths of the census.
    pub(super) fn growth(&self) -> i64 {
        let rows = self
            .lasts
            .iter()
            .filter(|((table, _), last)| *table == Table::Rows && last.fresh);
        rows.map(|(_, last)| match (&last.put, last.born) {
            (Some(_), true) => 1,
            (None, false) => -1,
            _ => 0,
        })
        .sum()
    }

    /// Whether a stretch of the log cannot be read.
    pub(super) fn is_damaged(&self) -> bool {
        self.damaged
    }

    /// The keys of these tables that the log says are there, in the order in which they
    /// may be written: what others refer to first.
    pub(super) fn there(&self, tables: &[Table]) -> Vec<(Table, Key)> {
        self.keys(tables, |last| last.put.is_some())
    }

    /// The keys of these tables that the log says are gone.
    pub(super) fn gone(&self, tables: &[Table]) -> Vec<(Table, Key)> {
        self.keys(tables, |last| last.put.is_none())
    }

    fn keys(&self, tables: &[Table], wanted: impl Fn(&Last) -> bool) -> Vec<(Table, Key)> {
        let all = self.lasts.iter();
        let mut keys: Vec<_> = all
            .filter(|((table, _), last)| tables.contains(table) && wanted(last))
            .map(|(key, _)| key.clone())
            .collect();
        let rank = |table: Table| match table {
            Table::Pages => 0,
            Table::Rows => 1,
            Table::Journal => 2,
            Table::Meta => 3,
        };
        order::sort_by(&mut keys, |(a, x), (b, y)| {
            (rank(*a), x).cmp(&(rank(*b), y))
        });
        keys
    }

    /// The revision that the log has of a row; `None` when it was removed or never there.
    pub(super) fn rev(&self, key: &Key) -> Option<u64> {
        let last = self.lasts.get(&(Table::Rows, key.clone()))?;
        last.put.as_ref().map(|_| last.rev)
    }

    /// The revision of a row that was removed; 0 where the log does not say it.
    pub(super) fn removed_rev(&self, key: &Key) -> Option<u64> {
        let last = self.lasts.get(&(Table::Rows, key.clone()))?;
        last.put.is_none().then_some(last.rev)
    }

    /// The value that the log has under a key, when it is sound.
    pub(super) async fn value(
        &self,
        redo: &dyn Redo,
        table: Table,
        key: &Key,
    ) -> Result<Option<Value>> {
        let Some(Last {
            put: Some(stored),
            file,
            rev,
            ..
        }) = self.lasts.get(&(table, key.clone()))
        else {
            return Ok(None);
        };
        let bytes = redo.read(file, stored.offset, stored.length).await?;
        let sound = bytes.len() as u64 == stored.length && is_sound(table, &bytes);
        Ok(sound.then(|| Value {
            rev: *rev,
            by: stored.by.clone(),
            bytes,
        }))
    }
}

/// Whether a value's own checksum holds. A form of a newer version is sound.
pub(in crate::store) fn is_sound(table: Table, bytes: &[u8]) -> bool {
    let broken = match table {
        Table::Rows | Table::Journal => codec::read_frame(bytes).err(),
        Table::Pages => codec::read_page(bytes).err(),
        Table::Meta => None,
    };
    broken.is_none_or(|error| error.kind() != crate::error::Kind::Corrupt)
}

/// What stands at an offset of a file.
enum Found {
    Frame {
        end: u64,
        at_ms: i64,
        ops: Vec<Op>,
    },
    /// Something that is no sound frame; where the next one begins, if its lengths tell.
    Damaged {
        end: Option<u64>,
    },
    /// Nothing, or a frame that was torn while it was written.
    End,
}

/// A stretch of a file in memory, moved along.
struct Window<'a> {
    redo: &'a dyn Redo,
    file: &'a RedoFile,
    start: u64,
    bytes: Vec<u8>,
}

impl Window<'_> {
    async fn frame(&mut self, at: u64) -> Result<Found> {
        let Some(lead) = self.get(at, LEAD).await? else {
            return Ok(Found::End);
        };
        // Frames are never searched for: a value may hold the bytes of a forged one.
        let Some((header_bytes, payload_bytes, sum)) = frame::lengths(lead) else {
            return Ok(Found::Damaged { end: None });
        };
        let payload = at + LEAD + header_bytes;
        let end = payload + payload_bytes + TRAIL;
        if end > self.file.bytes {
            return Ok(Found::End);
        }
        let damaged = Ok(Found::Damaged { end: Some(end) });
        let Some(header) = self.get(at + LEAD, header_bytes).await? else {
            return damaged;
        };
        let Some((at_ms, mut ops)) = frame::read_header(header, sum) else {
            return damaged;
        };
        match self.get(end - TRAIL, TRAIL).await? {
            Some(trail) if trail == sum.to_le_bytes() => {}
            _ => return damaged,
        }
        for stored in ops.iter_mut().filter_map(|op| op.put.as_mut()) {
            stored.offset += payload;
        }
        Ok(Found::Frame { end, at_ms, ops })
    }

    /// The bytes at an offset; `None` when the file ends before.
    async fn get(&mut self, at: u64, length: u64) -> Result<Option<&[u8]>> {
        if at + length > self.file.bytes {
            return Ok(None);
        }
        let inside = at >= self.start && at + length <= self.start + self.bytes.len() as u64;
        if !inside {
            let read = self.redo.read(&self.file.name, at, length.max(WINDOW));
            self.bytes = read.await?;
            self.start = at;
        }
        let from = (at - self.start) as usize;
        Ok(self.bytes.get(from..from + length as usize))
    }
}
