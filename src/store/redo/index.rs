//! What the log says of every key, read from the headers of its frames alone.

use super::file::{Redo, RedoFile};
use super::frame::{self, Header, LEAD, Op, TRAIL};
use super::gap::Unheard;
use super::note::{Census, Lengths, Note};
use super::said::{Copies, Last, Life, Overlaid, Unsettled};
use crate::codec;
use crate::error::Result;
use crate::order;
use crate::store::medium::{Key, Table, Value};
use crate::store::row::VERSIONS;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::rc::Rc;

/// Read at once while headers are collected.
const WINDOW: u64 = 1 << 20;

/// The last thing that was done to every key.
#[derive(Default)]
pub(in crate::store) struct Index {
    pub(super) lasts: HashMap<(Table, Key), Last>,
    pub(super) lives: HashMap<Key, Life>,
    /// By their files, in order.
    pub(super) unsettled: HashMap<Rc<str>, Vec<Unsettled>>,
    /// Those among them that count, in the order in which they do …
    pub(super) believed: Vec<Unsettled>,
    /// … and what that changed.
    pub(super) overlaid: Vec<Overlaid>,
    pub(super) copies: Copies,
    /// What the medium removed without the log.
    pub(super) unheard: Unheard,
    /// How far each file was followed.
    ends: Lengths,
    /// Up to where a complete copy has all that counts of a file, removals included.
    covered: Lengths,
    /// Of some files only the end was read.
    partial: bool,
    /// A stretch of a file cannot be read, so the log lacks something.
    damaged: bool,
    /// The latest time that a frame bears.
    pub(super) latest_ms: i64,
}

impl Index {
    /// An index that knows nothing yet; `covered`: up to where each file is not to be read.
    pub(super) fn new(covered: &Lengths) -> Index {
        Index {
            covered: covered.clone(),
            ..Index::default()
        }
    }

    /// Goes on where it stopped; in files that are new to it, at the offsets given. What
    /// lies behind the lengths of a census counts for [`Index::growth`].
    pub(super) async fn extend(
        &mut self,
        redo: &dyn Redo,
        files: &[RedoFile],
        from: &Lengths,
        census: &Lengths,
    ) -> Result<()> {
        self.doubt();
        for file in files {
            let length = |lengths: &Lengths| lengths.get(&file.name).copied().unwrap_or(0);
            let at = match self.ends.get(&file.name) {
                Some(end) => *end,
                None => {
                    let covered = length(&self.covered);
                    self.partial |= length(from) > covered;
                    length(from).max(covered)
                }
            };
            let end = self.follow(redo, file, at, length(census)).await?;
            self.ends.insert(file.name.clone(), end);
        }
        self.believe(redo).await
    }

    /// Goes on with what was appended since. Where of some files only the end was read, `whole`
    /// reads all of them.
    pub(super) async fn refresh(&mut self, redo: &dyn Redo, whole: bool) -> Result<()> {
        let mut files = redo.files().await?;
        let keep = self.ends.keys().next().cloned().unwrap_or_default();
        let keep = keep.split('.').next().unwrap_or_default();
        files.retain(|file| file.keep() == keep);
        if whole && self.partial {
            *self = Index {
                unheard: std::mem::take(&mut self.unheard),
                ..Index::new(&self.covered)
            };
        }
        self.extend(redo, &files, &Lengths::new(), &Lengths::new())
            .await
    }

    /// Up to where a copy of the medium, made after [`recovery::put_back`], has all that the files
    /// say. What is not settled is in it too, or was refused; only the journal is never put back
    /// while others write.
    ///
    /// [`recovery::put_back`]: super::recovery::put_back
    pub(super) fn coverage(&self) -> Lengths {
        let mut ends = self.ends.clone();
        for frame in self.unsettled.values().flatten() {
            let other = |op: &Op| !matches!(op.table, Table::Rows | Table::Pages);
            if let Some(end) = ends.get_mut(&*frame.file)
                && frame.ops.iter().any(other)
            {
                *end = frame.offset.min(*end);
            }
        }
        ends
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
                Found::Frame { end, header } => {
                    self.take(header, (&name, at), file.is_base(), at >= census);
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

    /// Notes what a frame does, or keeps it until a later one of its file says how it ended.
    fn take(&mut self, header: Header, (file, offset): (&Rc<str>, u64), base: bool, fresh: bool) {
        let Header {
            at_ms,
            standing,
            covers,
            ops,
        } = header;
        self.latest_ms = self.latest_ms.max(at_ms);
        if let Some(covers) = covers {
            self.copies.0.insert(Rc::clone(file), covers);
        }
        for open in self.unsettled.remove(file).unwrap_or_default() {
            if standing.refused.contains(&open.number) {
                continue;
            }
            if standing.number == 0 || standing.waiting.contains(&open.number) {
                let known = self.unsettled.entry(Rc::clone(file)).or_default();
                known.push(open);
                continue;
            }
            for op in open.ops {
                self.note(op, (open.at_ms, file, open.offset), base, open.fresh);
            }
        }
        if standing.number == 0 {
            for op in ops {
                self.note(op, (at_ms, file, offset), base, fresh);
            }
        } else if !ops.is_empty() {
            let known = self.unsettled.entry(Rc::clone(file)).or_default();
            known.push(Unsettled {
                file: Rc::clone(file),
                offset,
                number: standing.number,
                at_ms,
                fresh,
                ops,
            });
        }
    }

    /// Notes what one operation says of its key; `from`: the time, file and offset of its frame.
    pub(super) fn note(
        &mut self,
        op: Op,
        (at_ms, file, frame): (i64, &Rc<str>, u64),
        base: bool,
        fresh: bool,
    ) {
        let rev = op.rev;
        let made = fresh && op.put.is_some() && (rev == 1 || op.key.text(0) == VERSIONS);
        let is_row = op.table == Table::Rows && op.key.text(0) != VERSIONS;
        let last = Last {
            at_ms,
            file: Rc::clone(file),
            frame,
            base,
            rev,
            put: op.put,
            fresh,
            born: made,
        };
        let life = (is_row && rev > 0).then(|| self.lives.entry(op.key.clone()).or_default());
        match self.lasts.entry((op.table, op.key)) {
            Entry::Vacant(entry) => drop(entry.insert(last.clone())),
            Entry::Occupied(mut entry) => {
                let known = entry.get_mut();
                let born = known.born || (made && !known.fresh);
                let fresh = known.fresh || fresh;
                let mut removals = life.iter().flat_map(|life| &life.removals);
                let over = last.put.is_some()
                    && removals.any(|removal| self.copies.outdoes(removal, &last));
                if !over && self.copies.follows(&last, known) {
                    *known = last.clone();
                    // What it removes may have stood in the way of what was made again.
                    if let (true, Some(life)) = (last.is_removal(), &life) {
                        let newest = life.newest(&self.copies, &last);
                        newest.into_iter().for_each(|newest| *known = newest);
                    }
                }
                (known.born, known.fresh) = (born, fresh);
            }
        }
        if let Some(life) = life {
            match last.put {
                Some(_) => life.states.push(last),
                None => life.removals.push(last),
            }
        }
    }

    /// How many rows came and went behind the lengths of the census.
    fn growth(&self) -> i64 {
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

    /// Whether these are fewer rows than there were at a census and have come since.
    pub(super) fn is_fewer(&self, rows: u64, census: &Census) -> bool {
        let signed = |rows: u64| i64::try_from(rows).unwrap_or(i64::MAX);
        signed(rows) < signed(census.rows).saturating_add(self.growth())
    }

    /// Whether the log has lost something of its own, these files being what it has.
    pub(super) async fn is_lacking(
        &mut self,
        redo: &dyn Redo,
        files: &[RedoFile],
        note: &Note,
        census: &Census,
    ) -> Result<bool> {
        if !self.lacks(files, note) {
            return Ok(false);
        }
        // Others write: the note may be younger than the list of the files, and what looked cut
        // may be whole by now.
        let of = |name: &String| name.split('.').next().unwrap_or_default().to_owned();
        let mut names = files.iter().map(|file| &file.name).chain(note.last.keys());
        let keep = names.next().map(of);
        let mut files = redo.files().await?;
        files.retain(|file| Some(file.keep()) == keep.as_deref());
        self.extend(redo, &files, &Lengths::new(), &census.files)
            .await?;
        Ok(self.lacks(&files, note))
    }

    fn lacks(&self, files: &[RedoFile], note: &Note) -> bool {
        self.is_torn(files) || note.lacks(files) || self.is_damaged()
    }

    /// Whether a stretch of the log cannot be read, or a value that was asked for.
    pub(super) fn is_damaged(&self) -> bool {
        self.damaged
    }

    /// Whether one of these files ends in the middle of a frame.
    fn is_torn(&self, files: &[RedoFile]) -> bool {
        let end = |file: &RedoFile| self.ends.get(&file.name).copied();
        files
            .iter()
            .any(|file| end(file).is_some_and(|end| end < file.bytes))
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

    /// Whether the last that is said of a key stands in a frame that counts without being settled.
    pub(super) fn is_unsettled(&self, table: Table, key: &Key) -> bool {
        self.believed
            .iter()
            .any(|frame| self.is_last(frame, table, key))
    }

    /// Whether a frame says the last that is said of a key.
    pub(super) fn is_last(&self, frame: &Unsettled, table: Table, key: &Key) -> bool {
        let last = self.lasts.get(&(table, key.clone()));
        last.is_some_and(|last| last.file == frame.file && last.frame == frame.offset)
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

    /// Whether a row was removed in this revision or a later one.
    pub(super) fn has_removed(&self, key: &Key, rev: u64) -> bool {
        let mut removals = self.lives.get(key).into_iter().flat_map(|it| &it.removals);
        removals.any(|removal| removal.rev >= rev)
    }

    /// Whether the medium removed what the log says last of a key.
    pub(super) fn is_unheard(&self, table: Table, key: &Key) -> bool {
        let key = (table, key.clone());
        let (Some((at_ms, rev)), Some(last)) = (self.unheard.get(&key), self.lasts.get(&key))
        else {
            return false;
        };
        last.at_ms <= *at_ms && (*rev == 0 || last.rev <= *rev)
    }

    /// The value that the log has under a key, when it is sound.
    pub(super) async fn value(
        &self,
        redo: &dyn Redo,
        table: Table,
        key: &Key,
    ) -> Result<Option<Value>> {
        let value = self.value_as_it_is(redo, table, key).await?;
        Ok(value.filter(|value| is_sound(table, &value.bytes)))
    }

    /// The same, rotten or not. That there was damage is remembered.
    pub(super) async fn value_or_its_remains(
        &mut self,
        redo: &dyn Redo,
        table: Table,
        key: &Key,
    ) -> Result<Option<Value>> {
        let value = self.value_as_it_is(redo, table, key).await?;
        let sound = |value: &Value| is_sound(table, &value.bytes);
        self.damaged |= !value.as_ref().is_some_and(sound);
        Ok(value)
    }

    async fn value_as_it_is(
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
        let whole = bytes.len() as u64 == stored.length;
        Ok(whole.then(|| Value {
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
        header: Header,
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
        let Some(mut header) = frame::read_header(header, sum) else {
            return damaged;
        };
        match self.get(end - TRAIL, TRAIL).await? {
            Some(trail) if trail == sum.to_le_bytes() => {}
            _ => return damaged,
        }
        for stored in header.ops.iter_mut().filter_map(|op| op.put.as_mut()) {
            stored.offset += payload;
        }
        Ok(Found::Frame { end, header })
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
