//! A log that is read: stretches of records, all of them in turn, and the record of a number.

use super::manifest::{Manifest, Run, Tail, chain};
use super::segment::{self, Content, First, Numbered, Segment, number};
use crate::codec::{self, Part};
use crate::error::{Error, Kind, Result};
use crate::store::{Key, Pending, Store, both};
use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

/// Segments and runs kept decoded.
const CACHED: usize = 24;
/// Bytes of segments that are read in one transaction when all of them are looked through.
const AT_ONCE: u64 = 2 << 20;

/// Decoded segments and runs by their hashes, which never go stale.
#[derive(Default)]
pub(in crate::keep) struct Cache {
    pub(super) segments: RefCell<Vec<(String, Rc<Content>)>>,
    pub(super) runs: RefCell<Vec<(String, Rc<Vec<Segment>>)>>,
}

impl Cache {
    fn get<T: Clone>(list: &RefCell<Vec<(String, T)>>, hash: &str) -> Option<T> {
        list.borrow()
            .iter()
            .find(|(key, _)| key == hash)
            .map(|(_, value)| value.clone())
    }

    pub(super) fn put<T>(list: &RefCell<Vec<(String, T)>>, hash: &str, value: T) {
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
pub(in crate::keep) struct Log<'a> {
    pub store: &'a Store,
    pub cache: &'a Cache,
    /// Id of the chat, which owns the tail's pages.
    pub chat: &'a str,
    pub manifest: Manifest,
    pub staged: Staged,
}

impl<'a> Log<'a> {
    /// The records of a chat by a manifest, with nothing staged.
    pub(in crate::keep) fn of(
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
pub(in crate::keep) struct Staged {
    pub(super) segments: RefCell<HashMap<String, Rc<Content>>>,
    pub(super) runs: RefCell<HashMap<String, Rc<Vec<Segment>>>>,
}

impl Log<'_> {
    /// The records `from..to`, cut to what is there.
    pub(in crate::keep) async fn records(&self, from: u64, to: u64) -> Result<Vec<Vec<u8>>> {
        let found = self.numbered(from, to).await?;
        Ok(found.into_iter().map(|record| record.bytes).collect())
    }

    /// The records `from..to` with their numbers, cut to what is there.
    pub(in crate::keep) async fn numbered(&self, from: u64, to: u64) -> Result<Vec<Numbered>> {
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
    pub(in crate::keep) async fn look_through(
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
    pub(in crate::keep) async fn position(&self, id: u64) -> Result<Option<u64>> {
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

    pub(super) async fn tail(&self) -> Result<Vec<Numbered>> {
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

    pub(super) async fn tail_pages(&self, range: std::ops::Range<u64>) -> Result<Vec<Vec<u8>>> {
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

    pub(super) async fn segment(&self, segment: &Segment) -> Result<Rc<Content>> {
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

    pub(super) async fn run(&self, run: &Run) -> Result<Rc<Vec<Segment>>> {
        let staged = self.staged.runs.borrow().get(&run.part.hash).cloned();
        match staged {
            Some(listed) => Ok(listed),
            None => {
                self.cached(&self.cache.runs, &run.part, segment::read_run)
                    .await
            }
        }
    }

    /// The segments of a run whose first record has a position, with their numbers.
    pub(super) async fn numbered_run(&self, run: &Run, start: u64) -> Result<Vec<Segment>> {
        let mut at = start;
        let mut segments = Vec::new();
        for segment in self.run(run).await?.iter() {
            segments.push(segment.numbered(at));
            at += segment.records;
        }
        Ok(segments)
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

/// A part is not what the manifest says.
pub(super) fn miscount(chat: &str) -> Error {
    Kind::Corrupt
        .because("a segment does not hold what the manifest says")
        .of("chats", chat)
}
