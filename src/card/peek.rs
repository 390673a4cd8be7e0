//! The card of a large file from few of its bytes: the start, the headers of what is
//! passed over, and the end.
//!
//! Asks for ranges and is given them; who has the file reads them. What was read is put
//! together as a small file of the same kind, without the picture, and that is read as any
//! other: the rules of which card counts stand once. Where a file is not as it should be,
//! all of it is asked for.

use super::file::CardFile;
use super::read::{over, read};
use super::{embedded, view};
use crate::container::thin::{self, Distant};
use crate::container::{jpeg, png, webp, zip};
use crate::error::{Limits, Result};
use std::collections::BTreeMap;
use std::ops::Range;

/// What is read first. Cards before the picture mostly stand in it.
const HEAD: usize = 16 << 10;
/// What is read where a header is expected.
const HOP: usize = 512;
/// Headers of image data that are followed one by one: most tools write one large chunk or very
/// many small ones, and a reading takes a millisecond however little is read.
const MOST_HOPS: usize = 3;
/// Image data below this is one chunk of many.
const SMALL: usize = 128 << 10;
/// How much more than one chunk the first end has that is read; each next one is three times as
/// long. Most cards are in the first two.
const TAIL: usize = 32 << 10;
/// The end in which an archive's end record is looked for.
const ARCHIVE_END: usize = 1 << 10;
/// A bound on the steps; after it the whole file is read.
const MOST_STEPS: usize = 64;

/// A file of which parts are known.
///
/// ```
/// use cardkeep::card::{self, Peek};
/// use cardkeep::error::Limits;
///
/// let file = br#"{"name": "Ann", "first_mes": "Hi"}"#;
/// let mut peek = Peek::new(file.len(), Limits::default());
/// while let Some(range) = peek.wants() {
///     peek.give(range.start, &file[range]);
/// }
/// assert_eq!(card::summary(&peek.card()?.document).name, "Ann");
/// # Ok::<(), cardkeep::error::Error>(())
/// ```
pub struct Peek {
    size: usize,
    limits: Limits,
    /// By where they begin; none touches another.
    parts: BTreeMap<usize, Vec<u8>>,
    steps: usize,
    read: usize,
    found: Option<Result<CardFile>>,
}

/// Why a card cannot be told yet.
enum Need {
    Bytes(Range<usize>),
    Everything,
}

type Known<T> = std::result::Result<T, Need>;

impl Peek {
    /// A file of `size` bytes of which nothing is known.
    pub fn new(size: usize, limits: Limits) -> Peek {
        Peek {
            size,
            limits,
            parts: BTreeMap::new(),
            steps: 0,
            read: 0,
            found: None,
        }
    }

    /// The bytes that are wanted next; `None` when [`Peek::card`] knows enough.
    pub fn wants(&mut self) -> Option<Range<usize>> {
        if self.found.is_some() {
            return None;
        }
        // A file over the limit is refused from its size alone.
        let need = match self.size > self.limits.file || self.steps > MOST_STEPS {
            true => Err(Need::Everything),
            false => self.attempt(),
        };
        let need = match need {
            Ok(found) => {
                self.found = Some(found);
                return None;
            }
            Err(Need::Everything) if self.size > self.limits.file => {
                self.found = Some(Err(over(self.size, &self.limits)));
                return None;
            }
            Err(Need::Everything) => 0..self.size,
            Err(Need::Bytes(range)) => range,
        };
        match self.gap(need) {
            Some(gap) => Some(gap),
            None => {
                self.found = Some(self.whole());
                None
            }
        }
    }

    /// Bytes of the file, from `at` on.
    pub fn give(&mut self, at: usize, bytes: &[u8]) {
        self.steps += 1;
        self.read += bytes.len();
        // One that ends where this one begins, or one of its own.
        let (start, mut part) = match self.parts.range(..=at).next_back() {
            Some((start, part)) if start + part.len() >= at => {
                let start = *start;
                let mut part = self.parts.remove(&start).unwrap_or_default();
                part.truncate(at - start);
                (start, part)
            }
            _ => (at, Vec::new()),
        };
        part.extend_from_slice(bytes);
        while let Some((next, _)) = self.parts.range(start..=start + part.len()).next() {
            let next = *next;
            let following = self.parts.remove(&next).unwrap_or_default();
            let known = start + part.len() - next;
            part.extend_from_slice(following.get(known..).unwrap_or_default());
        }
        self.parts.insert(start, part);
    }

    /// How many bytes were given.
    pub fn bytes_read(&self) -> usize {
        self.read
    }

    /// The card, without its assets. A file that turned out shorter than it said is read as
    /// far as it goes.
    ///
    /// # Errors
    /// Those of [`read`].
    pub fn card(mut self) -> Result<CardFile> {
        match self.found.take() {
            Some(found) => found,
            None => self.whole(),
        }
    }

    fn whole(&mut self) -> Result<CardFile> {
        let mut file = read(self.parts.get(&0).map_or(&[], Vec::as_slice), &self.limits)?;
        file.assets.clear();
        Ok(file)
    }

    /// What of the range is not known, as one range from its first byte.
    fn gap(&self, range: Range<usize>) -> Option<Range<usize>> {
        let mut start = range.start;
        if let Some((at, part)) = self.parts.range(..=start).next_back() {
            start = start.max(at + part.len());
        }
        if start >= range.end {
            return None;
        }
        let end = self.parts.range(start..range.end).next();
        Some(start..end.map_or(range.end, |(at, _)| *at))
    }

    /// The bytes of a range, or the part of it that is missing.
    fn get(&self, range: Range<usize>) -> Known<&[u8]> {
        if let Some(gap) = self.gap(range.clone()) {
            return Err(Need::Bytes(gap));
        }
        let (at, part) = self
            .parts
            .range(..=range.start)
            .next_back()
            .ok_or(Need::Everything)?;
        part.get(range.start - at..range.end - at)
            .ok_or(Need::Everything)
    }

    /// The bytes at a place where a header is expected; the end of the file may come first.
    fn look(&self, at: usize, length: usize) -> Known<&[u8]> {
        let end = at.saturating_add(length).min(self.size);
        if at >= end {
            return Err(Need::Everything);
        }
        match self.get(at..end) {
            // What is near is read along.
            Err(Need::Bytes(gap)) => {
                let wide = gap.start..gap.end.max((gap.start + HOP).min(self.size));
                Err(Need::Bytes(self.gap(wide.clone()).unwrap_or(wide)))
            }
            known => known,
        }
    }

    fn attempt(&self) -> Known<Result<CardFile>> {
        let head = self.get(0..HEAD.min(self.size))?;
        let (small, end) = if png::is(head) {
            self.png()?
        } else if webp::is(head) {
            let small = thin::webp(&Partly(self))?.ok_or(Need::Everything)?;
            (small, webp::end(head).min(self.size))
        } else if jpeg::is(head) {
            let small = thin::jpeg(&Partly(self))?.ok_or(Need::Everything)?;
            let last = self.get(self.size.saturating_sub(2)..self.size)?;
            // One that does not end as a picture has something behind it.
            let end = self.size - usize::from(last != jpeg::END);
            (small, end)
        } else if zip::is(head) {
            let small = self.archive()?.ok_or(Need::Everything)?;
            // Another entry may be the card where the first one is none.
            let card = read(&small, &self.limits).map_err(|_| Need::Everything)?;
            return Ok(Ok(card));
        } else {
            return Err(Need::Everything);
        };
        Ok(match read(&small, &self.limits) {
            // An archive among the words may go on behind them.
            Ok(file) if !file.container.is_image() => return Err(Need::Everything),
            // What says nothing gives way to what may stand behind the image's end, and a comment
            // to any chunk of a card's own.
            Ok(file)
                if end < self.size
                    && (view::is_hollow(&file.document) || file.source.kind == Some("eXIf")) =>
            {
                return Err(Need::Everything);
            }
            Ok(file) => Ok(file),
            // A picture without words may have an archive behind it.
            Err(error) => match self.archive()? {
                Some(archive) => match read(&archive, &self.limits) {
                    Ok(card) => Ok(card),
                    Err(_) => return Err(Need::Everything),
                },
                // Nor is a card that stands behind the image's end in the small one.
                None if end < self.size => return Err(Need::Everything),
                None => Err(error),
            },
        })
    }

    /// The image with its words and without its pixels, and where it ends in the file.
    fn png(&self) -> Known<(Vec<u8>, usize)> {
        const HEADER: usize = 8;
        let mut small = self.get(0..HEADER)?.to_vec();
        let (mut at, mut hops, mut jumped) = (HEADER, 0, false);
        let mut texts = 0;
        loop {
            // A length, a kind, and the longest keyword.
            let header = self.look(at, 8 + 80)?;
            let (kind, length) = chunk(header).ok_or(Need::Everything)?;
            let end = at.saturating_add(12).saturating_add(length);
            if end > self.size {
                return Err(Need::Everything);
            }
            match &kind {
                // An end has no content.
                b"IEND" if length > 0 => return Err(Need::Everything),
                b"IEND" => {
                    small.extend_from_slice(self.get(at..end)?);
                    return Ok((small, end));
                }
                b"IDAT" | b"fdAT" => {
                    hops += usize::from(at > HEAD);
                    if hops > 0 && (length < SMALL || hops > MOST_HOPS) && !jumped {
                        at = self.last_image_data(at, length)?;
                        jumped = true;
                        continue;
                    }
                }
                b"IHDR" | b"eXIf" => small.extend_from_slice(self.get(at..end)?),
                _ if png::text_kind(kind).is_some() => {
                    let text = &header[8..header.len().min(8 + length)];
                    let keyword = text.split(|byte| *byte == 0).next().unwrap_or(text);
                    texts += usize::from(embedded::asset_path_of(keyword).is_none());
                    // Whether there are too many is told by all of them.
                    if texts > self.limits.text_chunks {
                        return Err(Need::Everything);
                    }
                    if embedded::role_of(keyword).is_some() {
                        small.extend_from_slice(self.get(at..end)?);
                    }
                }
                _ => {}
            }
            at = end;
        }
    }

    /// A chunk of image data near the end of the file from which the chunks lead to the
    /// image's end.
    fn last_image_data(&self, after: usize, usual: usize) -> Known<usize> {
        // An end that is longer than a chunk holds the start of one.
        let mut more = TAIL;
        loop {
            let start = self.size.saturating_sub(more + usual);
            if start <= after {
                return Err(Need::Everything);
            }
            let tail = self.get(start..self.size)?;
            let leads = |at: &usize| {
                let mut at = *at;
                while let Some((kind, length)) = tail.get(at..).and_then(chunk) {
                    if kind == *b"IEND" {
                        return true;
                    }
                    at = at.saturating_add(12).saturating_add(length);
                }
                false
            };
            let found = memchr::memmem::find_iter(tail, b"IDAT")
                .filter_map(|at| at.checked_sub(4))
                .find(leads);
            match found {
                Some(found) => return Ok(start + found),
                None => more *= 3,
            }
        }
    }

    /// The archive's card alone, as an archive; `None` when there is no archive.
    fn archive(&self) -> Known<Option<Vec<u8>>> {
        let begins = || Ok::<_, Need>(zip::is(self.get(0..4.min(self.size))?));
        let start = self.size.saturating_sub(ARCHIVE_END);
        let Some(end) = zip::end(self.get(start..self.size)?, start) else {
            // Its end may be behind a long comment.
            return match begins()? {
                true => Err(Need::Everything),
                false => Ok(None),
            };
        };
        // It may be that of an archive within another one.
        if end.start > 0 && begins()? {
            return Err(Need::Everything);
        }
        let directory = self.get(end.directory.clone())?;
        let line = zip::line(directory, super::charx::CARD).ok_or(Need::Everything)?;
        let at = end.start.checked_add(line.local).ok_or(Need::Everything)?;
        let header = self.look(at, 30)?;
        let length = zip::local_length(header, line.stored).ok_or(Need::Everything)?;
        let local_end = at.checked_add(length).filter(|end| *end <= self.size);
        let local = self.get(at..local_end.ok_or(Need::Everything)?)?;
        Ok(Some(zip::alone(line.bytes, local).ok_or(Need::Everything)?))
    }
}

/// A file as far as it is known.
struct Partly<'p>(&'p Peek);

impl Distant for Partly<'_> {
    type Missing = Need;

    fn size(&self) -> usize {
        self.0.size
    }

    fn header(&self, at: usize) -> Known<[u8; 8]> {
        let header = self.0.look(at, 8)?.first_chunk();
        header.copied().ok_or(Need::Everything)
    }

    fn append(&self, range: Range<usize>, out: &mut Vec<u8>) -> Known<()> {
        out.extend_from_slice(self.0.get(range)?);
        Ok(())
    }
}

/// Kind and length of the chunk whose header begins the bytes.
fn chunk(header: &[u8]) -> Option<([u8; 4], usize)> {
    let [a, b, c, d, kind @ ..] = header.first_chunk::<8>()?;
    let length = u32::from_be_bytes([*a, *b, *c, *d]);
    let letters = kind.iter().all(u8::is_ascii_alphabetic);
    (letters && length <= i32::MAX as u32).then_some((*kind, length as usize))
}
