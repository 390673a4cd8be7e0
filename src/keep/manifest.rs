//! How a chat's records rest: sealed segments, their manifest, and a tail.
//!
//! A record is a message's line with its newline, as it came, and has a number that no other
//! record of the chat ever gets. New records land in the tail, one small page each, under
//! their numbers; a full tail becomes a segment. Segments and the runs of
//! the manifest are parts addressed by content and never change: an edit replaces one
//! segment and one run, a branch or a version shares all the others. So every write
//! costs the same at any length. Knows nothing of what a record says.

use super::segment::{self, Content, First, Numbered, Segment};
use crate::codec::{self, Part};
use crate::error::{Error, Kind, Result};
use crate::store::{Change, Key, Pending, Store, both};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

/// Segments and runs kept decoded.
const CACHED: usize = 24;
/// Bytes of segments that are read in one transaction when all of them are looked through.
const AT_ONCE: u64 = 2 << 20;

/// The manifest as the chat's row holds it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Manifest {
    runs: Vec<Run>,
    tail: Tail,
}

/// Some sealed segments in order, listed in a part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Run {
    #[serde(flatten)]
    part: Part,
    records: u64,
    /// Whether it says the numbers of its records.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    ids: bool,
}

/// Records not sealed yet: pages `[tail, chat, n]` with `from <= n < to`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
struct Tail {
    from: u64,
    to: u64,
    bytes: u64,
    /// CRC-32 chained over the tail's records: finds one that was lost or exchanged.
    check: u32,
}

/// Decoded segments and runs by their hashes, which never go stale.
#[derive(Default)]
pub(super) struct Cache {
    segments: RefCell<Vec<(String, Rc<Content>)>>,
    runs: RefCell<Vec<(String, Rc<Vec<Segment>>)>>,
}

impl Cache {
    fn get<T: Clone>(list: &RefCell<Vec<(String, T)>>, hash: &str) -> Option<T> {
        list.borrow()
            .iter()
            .find(|(key, _)| key == hash)
            .map(|(_, value)| value.clone())
    }

    fn put<T>(list: &RefCell<Vec<(String, T)>>, hash: &str, value: T) {
        let mut list = list.borrow_mut();
        if list.len() == CACHED {
            list.remove(0);
        }
        list.push((hash.to_owned(), value));
    }
}

/// What a long reading asks between two stretches: waits for its turn, and ends with an error
/// that it gives.
pub type Leave<'a> = &'a dyn Fn() -> Pending<'static, ()>;

/// A chat's records on the store: reads them, and stages changes of them.
pub(super) struct Log<'a> {
    pub store: &'a Store,
    pub cache: &'a Cache,
    /// Id of the chat, which owns the tail's pages.
    pub chat: &'a str,
    pub manifest: Manifest,
    pub staged: Staged,
}

impl<'a> Log<'a> {
    /// The records of a chat by a manifest, with nothing staged.
    pub(super) fn of(
        store: &'a Store,
        chat: &'a str,
        manifest: Manifest,
        cache: &'a Cache,
    ) -> Log<'a> {
        Log {
            store,
            cache,
            chat,
            manifest,
            staged: Staged::default(),
        }
    }
}

/// Segments and runs of a change that is not stored yet: until then they are nowhere else, so
/// that all of them stay, however many.
#[derive(Default)]
pub(super) struct Staged {
    segments: RefCell<HashMap<String, Rc<Content>>>,
    runs: RefCell<HashMap<String, Rc<Vec<Segment>>>>,
}

impl Manifest {
    /// Starts the tail behind every page that another state of the chat has used.
    pub(super) fn tail_behind(&mut self, other: &Manifest) {
        let next = self.tail.to.max(other.tail.to);
        debug_assert_eq!(
            self.tail.from, self.tail.to,
            "only a settled tail can be moved"
        );
        self.tail = Tail {
            from: next,
            to: next,
            ..self.tail
        };
    }

    /// The number that the next record gets.
    pub(super) fn next_id(&self) -> u64 {
        self.tail.to
    }

    /// A number for a record that is put between others. The tail must be settled: its
    /// numbers have no gaps.
    pub(super) fn take_id(&mut self) -> u64 {
        debug_assert_eq!(self.tail.from, self.tail.to, "a tail has no gaps");
        self.tail.from = self.tail.to + 1;
        self.tail.to = self.tail.from;
        self.tail.to - 1
    }

    /// Number of records.
    pub(super) fn len(&self) -> u64 {
        self.sealed() + (self.tail.to - self.tail.from)
    }

    /// Bytes of the records in the tail.
    pub(super) fn tail_bytes(&self) -> u64 {
        self.tail.bytes
    }

    fn sealed(&self) -> u64 {
        self.runs.iter().map(|run| run.records).sum()
    }
}

impl Log<'_> {
    /// The records `from..to`, cut to what is there.
    pub(super) async fn records(&self, from: u64, to: u64) -> Result<Vec<Vec<u8>>> {
        let found = self.numbered(from, to).await?;
        Ok(found.into_iter().map(|record| record.bytes).collect())
    }

    /// The records `from..to` with their numbers, cut to what is there.
    pub(super) async fn numbered(&self, from: u64, to: u64) -> Result<Vec<Numbered>> {
        let to = to.min(self.manifest.len());
        if from >= to {
            return Ok(Vec::new());
        }
        let (sealed, tail) = both(self.in_segments(from, to), self.in_tail(from, to)).await;
        let mut found = sealed?;
        found.extend(tail?);
        Ok(found)
    }

    async fn in_segments(&self, from: u64, to: u64) -> Result<Vec<Numbered>> {
        let segments = self.covering(from, to).await?;
        let mut found = Vec::new();
        for (n, (at, segment)) in segments.iter().enumerate() {
            if n.is_multiple_of(CACHED) {
                self.fetch(&segments[n..]).await?;
            }
            let content = self.segment(segment).await?;
            let behind = at + segment.records;
            let wanted = from.saturating_sub(*at) as usize..(to.min(behind) - at) as usize;
            let records = content.records.get(wanted.clone());
            let records = records.ok_or_else(|| miscount(self.chat))?;
            found.extend(records.iter().zip(wanted).map(|(bytes, n)| Numbered {
                id: content.id(n, segment.first),
                bytes: bytes.clone(),
            }));
        }
        Ok(found)
    }

    async fn in_tail(&self, from: u64, to: u64) -> Result<Vec<Numbered>> {
        let start = self.manifest.sealed();
        if to <= start {
            return Ok(Vec::new());
        }
        let Tail { from: first, .. } = self.manifest.tail;
        let wanted = first + from.saturating_sub(start)..first + (to - start);
        let pages = self.tail_pages(wanted.clone()).await?;
        Ok(number(pages, wanted.start).collect())
    }

    /// Shows the records from a position on, each with its position and number, until one is
    /// answered with `false` or there is no leave any more. Nothing of them is kept: neither
    /// decoded nor in memory.
    pub(super) async fn look_through(
        &self,
        from: u64,
        see: &mut dyn FnMut(u64, u64, &[u8]) -> bool,
        leave: Option<Leave<'_>>,
    ) -> Result<()> {
        let sealed = self.manifest.sealed();
        let segments = self.covering(from, sealed).await?;
        let mut shown = |stretch: &[(u64, Segment)], contents: Vec<Vec<u8>>| {
            for ((at, segment), content) in stretch.iter().zip(contents) {
                let content = segment::look(&content).ok_or_else(|| miscount(self.chat))?;
                for (n, record) in content.records.iter().enumerate() {
                    let position = at + n as u64;
                    if position >= from && !see(position, content.id(n, segment.first), record) {
                        return Ok(false);
                    }
                }
            }
            Ok(true)
        };
        // The medium reads a stretch while the one before it is looked through.
        let (mut read, mut rest) = (Vec::new(), &segments[..]);
        let mut stretch = &segments[..0];
        loop {
            if let Some(leave) = leave {
                leave().await?;
            }
            let mut bytes = 0;
            let fits = |(_, segment): &&(u64, Segment)| {
                bytes += segment.part.bytes;
                bytes <= AT_ONCE
            };
            let count = rest.iter().take_while(fits).count().max(1).min(rest.len());
            let (next, behind) = rest.split_at(count);
            let parts: Vec<Part> = next.iter().map(|(_, one)| one.part.clone()).collect();
            let look = async { shown(stretch, std::mem::take(&mut read)) };
            let (contents, more) = both(self.store.parts(&parts), look).await;
            if !more? {
                return Ok(());
            }
            if next.is_empty() {
                break;
            }
            read = contents.map_err(|error| error.of("chats", self.chat))?;
            (stretch, rest) = (next, behind);
        }
        let from = from.max(sealed);
        let tail = self.numbered(from, self.manifest.len()).await?;
        let mut tail = (from..).zip(&tail);
        tail.all(|(position, record)| see(position, record.id, &record.bytes));
        Ok(())
    }

    /// The position of the record with a number; `None` when there is none.
    pub(super) async fn position(&self, id: u64) -> Result<Option<u64>> {
        let Tail { from, to, .. } = self.manifest.tail;
        if (from..to).contains(&id) {
            return Ok(Some(self.manifest.sealed() + (id - from)));
        }
        let all = self.covering(0, self.manifest.sealed()).await?;
        for (at, segment) in all.iter().filter(|(_, segment)| segment.may_hold(id)) {
            if let First::At(first) = segment.first {
                return Ok(Some(at + (id - first)));
            }
            let content = self.segment(segment).await?;
            let mut ids = (0..content.records.len()).map(|n| content.id(n, segment.first));
            if let Some(n) = ids.position(|found| found == id) {
                return Ok(Some(at + n as u64));
            }
        }
        Ok(None)
    }

    /// The sealed segments that hold a stretch, each with the position of its first record.
    async fn covering(&self, from: u64, to: u64) -> Result<Vec<(u64, Segment)>> {
        let mut segments = Vec::new();
        let mut start = 0;
        for run in &self.manifest.runs {
            let end = start + run.records;
            if start < to && end > from {
                let mut at = start;
                for segment in self.run(run).await?.iter() {
                    let behind = at + segment.records;
                    if at < to && behind > from {
                        segments.push((at, segment.numbered(at)));
                    }
                    at = behind;
                }
            }
            start = end;
        }
        Ok(segments)
    }

    /// Reads segments into the cache in one transaction, as many as fit there.
    async fn fetch(&self, segments: &[(u64, Segment)]) -> Result<()> {
        let parts = segments.iter().map(|(_, segment)| &segment.part);
        let missing: Vec<Part> = parts
            .filter(|part| !self.staged.segments.borrow().contains_key(&part.hash))
            .filter(|part| Cache::get(&self.cache.segments, &part.hash).is_none())
            .take(CACHED)
            .cloned()
            .collect();
        let contents = self
            .store
            .parts(&missing)
            .await
            .map_err(|error| error.of("chats", self.chat))?;
        for (part, content) in missing.iter().zip(contents) {
            let content = segment::read(&content).ok_or_else(|| miscount(self.chat))?;
            Cache::put(&self.cache.segments, &part.hash, Rc::new(content));
        }
        Ok(())
    }

    /// Stages more records at the end. A tail that they fill is sealed with them.
    pub(super) async fn append(
        &mut self,
        records: Vec<Vec<u8>>,
        change: &mut Change,
    ) -> Result<()> {
        let Tail {
            from, to, bytes, ..
        } = self.manifest.tail;
        let count = (to - from) as usize + records.len();
        let bytes = bytes as usize + records.iter().map(Vec::len).sum::<usize>();
        if count >= segment::RECORDS || bytes >= segment::BYTES {
            // Nothing but this row refers to these pages: whoever makes a second reference seals first.
            (from..to).for_each(|n| change.drop_page(Key::page("tail", self.chat, n)));
            return self.extend(records, change).await;
        }
        for record in records {
            let tail = self.manifest.tail;
            change.add_page(Key::page("tail", self.chat, tail.to), &record);
            self.manifest.tail = Tail {
                to: tail.to + 1,
                bytes: tail.bytes + record.len() as u64,
                check: chain(tail.check, &record),
                ..tail
            };
        }
        Ok(())
    }

    /// Stages many records at the end, as segments.
    pub(super) async fn extend(
        &mut self,
        records: Vec<Vec<u8>>,
        change: &mut Change,
    ) -> Result<()> {
        let mut all = self.tail().await?;
        let next = self.manifest.tail.to;
        self.manifest.tail.to += records.len() as u64;
        all.extend(number(records, next));
        self.seal(all, change).await
    }

    /// Stages records behind all others, with their numbers.
    pub(super) async fn push(&mut self, records: Vec<Numbered>, change: &mut Change) -> Result<()> {
        self.settle(change).await?;
        self.seal(records, change).await
    }

    /// Stages what `edit` makes of the records of the segment that holds record `index`;
    /// it is told where in them the record stands. The tail is sealed first, so that the
    /// state before stays whole for its version.
    pub(super) async fn edit_segment(
        &mut self,
        index: u64,
        change: &mut Change,
        edit: impl FnOnce(&mut Vec<Numbered>, usize) -> Result<()>,
    ) -> Result<()> {
        if index >= self.manifest.len() {
            let detail = format!("message {index} of {}", self.manifest.len());
            return Err(Kind::NotFound.because(detail).of("chats", self.chat));
        }
        self.settle(change).await?;
        self.number_runs(change).await?;
        let mut start = 0;
        for position in 0..self.manifest.runs.len() {
            let run = self.manifest.runs[position].clone();
            if index < start + run.records {
                let mut segments = self.run(&run).await?.as_ref().clone();
                let mut at = start;
                let holds = |segment: &Segment| {
                    let found = index < at + segment.records;
                    at += if found { 0 } else { segment.records };
                    found
                };
                let place = segments
                    .iter()
                    .position(holds)
                    .ok_or_else(|| miscount(self.chat))?;
                let content = self.segment(&segments[place]).await?;
                let mut records = content.numbered(segments[place].first);
                let offset = (index - at) as usize;
                if offset >= records.len() {
                    return Err(miscount(self.chat));
                }
                edit(&mut records, offset)?;
                let replaced: Vec<Segment> = segment::pack(records)
                    .into_iter()
                    .map(|group| self.add_segment(group, change))
                    .collect();
                segments.splice(place..=place, replaced);
                let runs: Vec<Run> = segments
                    .chunks(segment::RUN)
                    .map(|chunk| self.add_run(chunk, change))
                    .collect();
                self.manifest.runs.splice(position..=position, runs);
                return Ok(());
            }
            start += run.records;
        }
        Err(miscount(self.chat))
    }

    /// Stages the tail as segments, so that a second row may refer to everything.
    pub(super) async fn settle(&mut self, change: &mut Change) -> Result<()> {
        if self.manifest.tail.from == self.manifest.tail.to {
            return Ok(());
        }
        let records = self.tail().await?;
        self.seal(records, change).await
    }

    /// Stages lists that say the numbers of their records in place of those that do not:
    /// positions are about to change.
    async fn number_runs(&mut self, change: &mut Change) -> Result<()> {
        let mut start = 0;
        for position in 0..self.manifest.runs.len() {
            let run = self.manifest.runs[position].clone();
            if !run.ids {
                let segments = self.numbered_run(&run, start).await?;
                self.manifest.runs[position] = self.add_run(&segments, change);
            }
            start += run.records;
        }
        Ok(())
    }

    /// The segments of a run whose first record has a position, with their numbers.
    async fn numbered_run(&self, run: &Run, start: u64) -> Result<Vec<Segment>> {
        let mut at = start;
        let mut segments = Vec::new();
        for segment in self.run(run).await?.iter() {
            segments.push(segment.numbered(at));
            at += segment.records;
        }
        Ok(segments)
    }

    /// Stages the first records as a log of its own, which shares everything sealed but the
    /// segment that is cut, and gives its manifest. Its records keep their numbers.
    pub(super) async fn head(&self, length: u64, change: &mut Change) -> Result<Manifest> {
        let mut head = Log {
            manifest: Manifest::default(),
            staged: Staged::default(),
            ..*self
        };
        let (mut start, mut cut) = (0, Vec::new());
        for run in &self.manifest.runs {
            if start + run.records <= length {
                head.manifest.runs.push(run.clone());
                start += run.records;
                continue;
            }
            let mut segments = Vec::new();
            for segment in self.run(run).await?.iter() {
                if start + segment.records > length {
                    break;
                }
                segments.push(segment.numbered(start));
                start += segment.records;
            }
            if !segments.is_empty() {
                head.manifest.runs.push(self.add_run(&segments, change));
            }
            break;
        }
        if start < length {
            cut = self.numbered(start, length).await?;
        }
        head.manifest.tail_behind(&self.manifest);
        if !cut.is_empty() {
            head.seal(cut, change).await?;
        }
        Ok(head.manifest)
    }

    /// Puts records behind the sealed ones and starts a new tail.
    async fn seal(&mut self, records: Vec<Numbered>, change: &mut Change) -> Result<()> {
        let mut segments = match self.manifest.runs.last() {
            Some(last) => {
                let start = self.manifest.sealed() - last.records;
                self.numbered_run(last, start).await?
            }
            None => Vec::new(),
        };
        if segments.len() < segment::RUN {
            self.manifest.runs.pop();
        } else {
            segments.clear();
        }
        segments.extend(
            segment::pack(records)
                .into_iter()
                .map(|group| self.add_segment(group, change)),
        );
        for chunk in segments.chunks(segment::RUN) {
            let run = self.add_run(chunk, change);
            self.manifest.runs.push(run);
        }
        let next = self.manifest.tail.to;
        self.manifest.tail = Tail {
            from: next,
            to: next,
            bytes: 0,
            check: 0,
        };
        Ok(())
    }

    async fn tail(&self) -> Result<Vec<Numbered>> {
        let tail = self.manifest.tail;
        let records = self.tail_pages(tail.from..tail.to).await?;
        let check = records.iter().fold(0, |check, record| chain(check, record));
        if check != tail.check {
            return Err(Kind::Corrupt
                .because("the tail's records are not the ones written")
                .of("chats", self.chat));
        }
        Ok(number(records, tail.from).collect())
    }

    async fn tail_pages(&self, range: std::ops::Range<u64>) -> Result<Vec<Vec<u8>>> {
        let keys: Vec<Key> = range.map(|n| Key::page("tail", self.chat, n)).collect();
        let contents = |pages: Vec<Vec<u8>>| -> Result<Vec<Vec<u8>>> {
            pages
                .iter()
                .map(|page| codec::read_page(page).map(Cow::into_owned))
                .collect()
        };
        let named = |error: Error| error.of("chats", self.chat);
        let pages = self.store.pages(&keys).await.map_err(named)?;
        match contents(pages) {
            Err(error) if error.kind() == Kind::Corrupt => {
                let sound = self.store.sound_pages(&keys).await.map_err(named)?;
                contents(sound).map_err(named)
            }
            read => read,
        }
    }

    fn add_segment(&self, records: Vec<Numbered>, change: &mut Change) -> Segment {
        let (bytes, content, first) = segment::write(records);
        let segment = Segment {
            part: change.add_part(&bytes),
            records: content.records.len() as u64,
            first,
        };
        let hash = segment.part.hash.clone();
        let content = Rc::new(content);
        Cache::put(&self.cache.segments, &hash, Rc::clone(&content));
        self.staged.segments.borrow_mut().insert(hash, content);
        segment
    }

    fn add_run(&self, segments: &[Segment], change: &mut Change) -> Run {
        let run = Run {
            part: change.add_part(&segment::write_run(segments)),
            records: segments.iter().map(|s| s.records).sum(),
            ids: true,
        };
        let hash = run.part.hash.clone();
        let listed = Rc::new(segments.to_vec());
        Cache::put(&self.cache.runs, &hash, Rc::clone(&listed));
        self.staged.runs.borrow_mut().insert(hash, listed);
        run
    }

    async fn segment(&self, segment: &Segment) -> Result<Rc<Content>> {
        let staged = self
            .staged
            .segments
            .borrow()
            .get(&segment.part.hash)
            .cloned();
        match staged {
            Some(content) => Ok(content),
            None => {
                self.cached(&self.cache.segments, &segment.part, segment::read)
                    .await
            }
        }
    }

    async fn run(&self, run: &Run) -> Result<Rc<Vec<Segment>>> {
        let staged = self.staged.runs.borrow().get(&run.part.hash).cloned();
        match staged {
            Some(listed) => Ok(listed),
            None => {
                self.cached(&self.cache.runs, &run.part, segment::read_run)
                    .await
            }
        }
    }

    /// A part, decoded: from the cache, else from the store.
    async fn cached<T>(
        &self,
        cache: &RefCell<Vec<(String, Rc<T>)>>,
        part: &Part,
        read: fn(&[u8]) -> Option<T>,
    ) -> Result<Rc<T>> {
        if let Some(found) = Cache::get(cache, &part.hash) {
            return Ok(found);
        }
        let content = self
            .store
            .part(part)
            .await
            .map_err(|error| error.of("chats", self.chat))?;
        let found = Rc::new(read(&content).ok_or_else(|| miscount(self.chat))?);
        Cache::put(cache, &part.hash, Rc::clone(&found));
        Ok(found)
    }
}

/// What a log refers to.
#[derive(Debug, Default)]
pub(super) struct Held {
    /// Lists of segments.
    pub runs: Vec<Part>,
    /// The segments of those lists that can be read.
    pub segments: Vec<Part>,
    /// Pages of the tail.
    pub tail: Vec<Key>,
    /// Whether every list could be read.
    pub whole: bool,
}

impl Log<'_> {
    /// Everything that the manifest refers to.
    ///
    /// # Errors
    /// What the medium reports; a list that cannot be read is no error.
    pub(super) async fn held(&self) -> Result<Held> {
        let mut held = Held {
            whole: true,
            ..Held::default()
        };
        for run in &self.manifest.runs {
            held.runs.push(run.part.clone());
            match self.run(run).await {
                Ok(segments) => {
                    let parts = segments.iter().map(|segment| segment.part.clone());
                    held.segments.extend(parts);
                }
                Err(error) if error.kind() == Kind::Corrupt => held.whole = false,
                Err(error) => return Err(error),
            }
        }
        let Tail { from, to, .. } = self.manifest.tail;
        held.tail = (from..to)
            .map(|n| Key::page("tail", self.chat, n))
            .collect();
        Ok(held)
    }

    /// Whether lists and tail are what the manifest says. What a segment holds is what its
    /// address says, and not looked at.
    ///
    /// # Errors
    /// `corrupt`, saying what differs, and what the medium reports.
    pub(super) async fn verify(&self) -> Result<()> {
        for run in &self.manifest.runs {
            let segments = self.run(run).await?;
            if segments.iter().map(|s| s.records).sum::<u64>() != run.records {
                return Err(miscount(self.chat));
            }
        }
        self.tail().await.map(drop)
    }

    /// Stages a manifest of what can still be read, with a new tail from `next` on, and
    /// gives how many records are lost. A list of segments that is lost is taken from the
    /// newest of `elders`, the manifests of older states, that has it at the same place.
    pub(super) async fn salvage(
        &mut self,
        next: u64,
        elders: &[Manifest],
        change: &mut Change,
    ) -> Result<u64> {
        let mut lost = 0;
        let mut kept = Vec::new();
        let mut start = 0;
        for (place, run) in self.manifest.runs.clone().iter().enumerate() {
            let elders = elders.iter().filter_map(|elder| elder.runs.get(place));
            let mut segments = Vec::new();
            for run in std::iter::once(run).chain(elders) {
                match self.numbered_run(run, start).await {
                    Ok(read) => {
                        segments.extend(read);
                        break;
                    }
                    Err(error) if error.kind() == Kind::Corrupt => {}
                    Err(error) => return Err(error),
                }
            }
            start += run.records;
            let listed = segments.iter().map(|segment| segment.records).sum();
            lost += run.records.saturating_sub(listed);
            for segment in &segments {
                match self.store.parts(std::slice::from_ref(&segment.part)).await {
                    Ok(content) => {
                        match content.first().and_then(|content| segment::read(content)) {
                            Some(content) => kept.push(Segment {
                                records: content.records.len() as u64,
                                ..segment.clone()
                            }),
                            None => lost += segment.records,
                        }
                    }
                    Err(error) if error.kind() == Kind::Corrupt => lost += segment.records,
                    Err(error) => return Err(error),
                }
            }
        }
        let mut records = Vec::new();
        let Tail { from, to, .. } = self.manifest.tail;
        for n in from..to {
            match self.tail_pages(n..n + 1).await {
                Ok(read) => records.extend(number(read, n)),
                Err(error) if error.kind() == Kind::Corrupt => lost += 1,
                Err(error) => return Err(error),
            }
        }
        self.manifest.runs.clear();
        for segments in kept.chunks(segment::RUN) {
            let run = self.add_run(segments, change);
            self.manifest.runs.push(run);
        }
        self.manifest.tail.to = next.max(to);
        self.seal(records, change).await?;
        Ok(lost)
    }
}

/// Records that are numbered one after the other.
fn number(records: Vec<Vec<u8>>, first: u64) -> impl Iterator<Item = Numbered> {
    let numbered = |(bytes, id)| Numbered { id, bytes };
    records.into_iter().zip(first..).map(numbered)
}

fn chain(check: u32, record: &[u8]) -> u32 {
    let mut bytes = check.to_le_bytes().to_vec();
    bytes.extend_from_slice(record);
    codec::checksum(&bytes)
}

fn miscount(chat: &str) -> Error {
    Kind::Corrupt
        .because("a segment does not hold what the manifest says")
        .of("chats", chat)
}
