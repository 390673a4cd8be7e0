//! How a chat's records rest: sealed segments, their manifest, and a tail.
//!
//! A record is a message's line with its newline, as it came. New records land in the
//! tail, one small page each; a full tail becomes a segment. Segments and the runs of
//! the manifest are parts addressed by content and never change: an edit replaces one
//! segment and one run, a branch or a version shares all the others. So every write
//! costs the same at any length. Knows nothing of what a record says.

use crate::codec::{self, PAGE_BYTES, Part};
use crate::error::{Error, Kind, Result};
use crate::store::{Change, Key, Store};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::cell::RefCell;
use std::rc::Rc;

/// A segment is full at so many records …
const SEGMENT_RECORDS: usize = 64;
/// … or so many bytes. A single longer record is a segment of its own.
const SEGMENT_BYTES: usize = 48 * 1024;
/// Segments of one full run of the manifest.
const RUN_SEGMENTS: usize = 256;
/// Form byte of segments and runs.
const FORM: u8 = 1;
/// A segment in a run: hash, records, content bytes.
const ENTRY: usize = 40;
/// Segments and runs kept decoded.
const CACHED: usize = 24;

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

#[derive(Debug, Clone, PartialEq, Eq)]
struct Segment {
    part: Part,
    records: u64,
}

type Records = Rc<Vec<Vec<u8>>>;

/// Decoded segments and runs by their hashes, which never go stale.
#[derive(Default)]
pub(super) struct Cache {
    segments: RefCell<Vec<(String, Records)>>,
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

/// A chat's records on the store: reads them, and stages changes of them.
pub(super) struct Log<'a> {
    pub store: &'a Store,
    pub cache: &'a Cache,
    /// Id of the chat, which owns the tail's pages.
    pub chat: &'a str,
    pub manifest: Manifest,
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
        let to = to.min(self.manifest.len());
        let segments = self.covering(from, to).await?;
        self.fetch(&segments).await?;
        let mut found = Vec::new();
        for (at, segment) in &segments {
            let records = self.segment(segment).await?;
            let behind = at + segment.records;
            let wanted = from.saturating_sub(*at) as usize..(to.min(behind) - at) as usize;
            found.extend_from_slice(records.get(wanted).ok_or_else(|| miscount(self.chat))?);
        }
        let start = self.manifest.sealed();
        if to > start {
            let Tail { from: first, .. } = self.manifest.tail;
            let wanted = first + from.saturating_sub(start)..first + (to - start);
            found.extend(self.tail_pages(wanted).await?);
        }
        Ok(found)
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
                        segments.push((at, segment.clone()));
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
            let records = read_segment(&content).ok_or_else(|| miscount(self.chat))?;
            Cache::put(&self.cache.segments, &part.hash, Rc::new(records));
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
        if count >= SEGMENT_RECORDS || bytes >= SEGMENT_BYTES {
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
        all.extend(records);
        self.seal(all, change).await
    }

    /// Stages what `edit` makes of the records of the segment that holds record `index`;
    /// it is told where in them the record stands. The tail is sealed first, so that the
    /// state before stays whole for its version.
    pub(super) async fn edit_segment(
        &mut self,
        index: u64,
        change: &mut Change,
        edit: impl FnOnce(&mut Vec<Vec<u8>>, usize) -> Result<()>,
    ) -> Result<()> {
        if index >= self.manifest.len() {
            let detail = format!("message {index} of {}", self.manifest.len());
            return Err(Kind::NotFound.because(detail).of("chats", self.chat));
        }
        if self.manifest.tail.from < self.manifest.tail.to {
            self.settle(change).await?;
        }
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
                let mut records = self.segment(&segments[place]).await?.as_ref().clone();
                let offset = (index - at) as usize;
                if offset >= records.len() {
                    return Err(miscount(self.chat));
                }
                edit(&mut records, offset)?;
                let replaced: Vec<Segment> = pack(records)
                    .into_iter()
                    .map(|group| self.add_segment(group, change))
                    .collect();
                segments.splice(place..=place, replaced);
                let runs: Vec<Run> = segments
                    .chunks(RUN_SEGMENTS)
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
        let records = self.tail().await?;
        self.seal(records, change).await
    }

    /// Stages the first records as a log of its own, which shares everything sealed but the
    /// segment that is cut, and gives its manifest.
    pub(super) async fn head(&self, length: u64, change: &mut Change) -> Result<Manifest> {
        let mut head = Log {
            manifest: Manifest::default(),
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
                start += segment.records;
                segments.push(segment.clone());
            }
            if !segments.is_empty() {
                head.manifest.runs.push(self.add_run(&segments, change));
            }
            break;
        }
        if start < length {
            cut = self.records(start, length).await?;
        }
        if !cut.is_empty() {
            head.seal(cut, change).await?;
        }
        Ok(head.manifest)
    }

    /// Puts records behind the sealed ones and starts a new tail.
    async fn seal(&mut self, records: Vec<Vec<u8>>, change: &mut Change) -> Result<()> {
        let mut segments = match self.manifest.runs.last() {
            Some(last) => self.run(last).await?.as_ref().clone(),
            None => Vec::new(),
        };
        if segments.len() < RUN_SEGMENTS {
            self.manifest.runs.pop();
        } else {
            segments.clear();
        }
        segments.extend(
            pack(records)
                .into_iter()
                .map(|group| self.add_segment(group, change)),
        );
        for chunk in segments.chunks(RUN_SEGMENTS) {
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

    async fn tail(&self) -> Result<Vec<Vec<u8>>> {
        let tail = self.manifest.tail;
        let records = self.tail_pages(tail.from..tail.to).await?;
        let check = records.iter().fold(0, |check, record| chain(check, record));
        if check != tail.check {
            return Err(Kind::Corrupt
                .because("the tail's records are not the ones written")
                .of("chats", self.chat));
        }
        Ok(records)
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

    fn add_segment(&self, records: Vec<Vec<u8>>, change: &mut Change) -> Segment {
        let mut content =
            Vec::with_capacity(5 + records.iter().map(|record| record.len() + 4).sum::<usize>());
        content.push(FORM);
        content.extend_from_slice(&(records.len() as u32).to_le_bytes());
        records
            .iter()
            .for_each(|record| content.extend_from_slice(&(record.len() as u32).to_le_bytes()));
        records
            .iter()
            .for_each(|record| content.extend_from_slice(record));
        let segment = Segment {
            part: change.add_part(&content),
            records: records.len() as u64,
        };
        Cache::put(&self.cache.segments, &segment.part.hash, Rc::new(records));
        segment
    }

    fn add_run(&self, segments: &[Segment], change: &mut Change) -> Run {
        let mut content = Vec::with_capacity(1 + segments.len() * ENTRY);
        content.push(FORM);
        for segment in segments {
            content.extend_from_slice(&hash_bytes(&segment.part.hash));
            content.extend_from_slice(&(segment.records as u32).to_le_bytes());
            content.extend_from_slice(&(segment.part.bytes as u32).to_le_bytes());
        }
        let run = Run {
            part: change.add_part(&content),
            records: segments.iter().map(|s| s.records).sum(),
        };
        Cache::put(&self.cache.runs, &run.part.hash, Rc::new(segments.to_vec()));
        run
    }

    async fn segment(&self, segment: &Segment) -> Result<Records> {
        self.cached(&self.cache.segments, &segment.part, read_segment)
            .await
    }

    async fn run(&self, run: &Run) -> Result<Rc<Vec<Segment>>> {
        self.cached(&self.cache.runs, &run.part, read_run).await
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
        for (place, run) in self.manifest.runs.clone().iter().enumerate() {
            let elders = elders.iter().filter_map(|elder| elder.runs.get(place));
            let mut segments = Vec::new();
            for run in std::iter::once(run).chain(elders) {
                match self.run(run).await {
                    Ok(read) => {
                        segments.extend(read.iter().cloned());
                        break;
                    }
                    Err(error) if error.kind() == Kind::Corrupt => {}
                    Err(error) => return Err(error),
                }
            }
            let listed = segments.iter().map(|segment| segment.records).sum();
            lost += run.records.saturating_sub(listed);
            for segment in &segments {
                match self.store.parts(std::slice::from_ref(&segment.part)).await {
                    Ok(content) => {
                        match content.first().and_then(|content| read_segment(content)) {
                            Some(records) => kept.push(Segment {
                                part: segment.part.clone(),
                                records: records.len() as u64,
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
                Ok(read) => records.extend(read),
                Err(error) if error.kind() == Kind::Corrupt => lost += 1,
                Err(error) => return Err(error),
            }
        }
        self.manifest.runs.clear();
        for segments in kept.chunks(RUN_SEGMENTS) {
            let run = self.add_run(segments, change);
            self.manifest.runs.push(run);
        }
        self.manifest.tail.to = next.max(to);
        self.seal(records, change).await?;
        Ok(lost)
    }
}

/// Groups of records that make segments.
fn pack(records: Vec<Vec<u8>>) -> Vec<Vec<Vec<u8>>> {
    let mut groups: Vec<Vec<Vec<u8>>> = Vec::new();
    let mut bytes = 0;
    for record in records {
        bytes += record.len();
        match groups.last_mut() {
            Some(group) if group.len() < SEGMENT_RECORDS && bytes <= SEGMENT_BYTES => {
                group.push(record)
            }
            _ => {
                bytes = record.len();
                groups.push(vec![record]);
            }
        }
    }
    groups
}

fn read_segment(content: &[u8]) -> Option<Vec<Vec<u8>>> {
    let (&[FORM], rest) = content.split_first_chunk()? else {
        return None;
    };
    let (count, rest) = rest.split_first_chunk()?;
    let count = u32::from_le_bytes(*count) as usize;
    let (lengths, mut rest) = rest.split_at_checked(count.checked_mul(4)?)?;
    let mut records = Vec::with_capacity(count);
    for length in lengths.as_chunks::<4>().0 {
        let (record, behind) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
        records.push(record.to_vec());
        rest = behind;
    }
    rest.is_empty().then_some(records)
}

fn read_run(content: &[u8]) -> Option<Vec<Segment>> {
    let (&[FORM], rest) = content.split_first_chunk()? else {
        return None;
    };
    let (entries, []) = rest.as_chunks::<ENTRY>() else {
        return None;
    };
    let number = |entry: &[u8; ENTRY], at: usize| {
        u32::from_le_bytes([entry[at], entry[at + 1], entry[at + 2], entry[at + 3]])
    };
    let segment = |entry: &[u8; ENTRY]| {
        let hash = entry[..32]
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        Segment {
            part: Part {
                hash,
                bytes: number(entry, 36).into(),
            },
            records: number(entry, 32).into(),
        }
    };
    Some(entries.iter().map(segment).collect())
}

fn hash_bytes(hash: &str) -> [u8; 32] {
    let mut bytes = [0; 32];
    for (byte, digits) in bytes.iter_mut().zip(hash.as_bytes().as_chunks::<2>().0) {
        let digit = |c: u8| (c as char).to_digit(16).unwrap_or(0) as u8;
        *byte = digit(digits[0]) << 4 | digit(digits[1]);
    }
    bytes
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

const _: () = assert!(
    SEGMENT_BYTES < PAGE_BYTES,
    "a record that goes to the tail fits its page"
);
