//! A large state cut into pieces, so that a change writes few of them and a look-up reads few.
//!
//! The skeleton is the text without what stands between the braces of `locations`; the chunks
//! are that, cut between locations. Put together they are the text again, byte for byte. Where
//! a chunk ends depends on the keys behind it and not on what was cut before, so one location
//! more or less leaves all chunks but its own as they were. The index says in which chunk a
//! place is; it is made of the text alone. Knows nothing of where the pieces rest.

use super::{coordinates, view};
use crate::error::{Kind, Limits, Result};
use crate::json::{Document, Node, Shape, quote};
use std::collections::HashSet;

/// Smaller states are not cut.
const LARGE: usize = 32 << 10;
/// A chunk has at least so many bytes …
const LEAST: usize = 8 << 10;
/// … and at most so many, unless it is one location.
const MOST: usize = 48 << 10;
/// Behind the least bytes one key in so many begins a chunk.
const ONE_IN: u32 = 64;

/// Form byte of an index.
const FORM: u8 = 1;
/// Three coordinates, the mark of the id, the chunk: four bytes each, little endian.
const ENTRY: usize = 20;
/// In place of `x`: the key is no position.
const NOWHERE: i32 = i32::MIN;

/// A state in pieces.
#[derive(Debug)]
pub struct Cut<'a> {
    /// The text with an empty `locations`.
    pub skeleton: String,
    /// What stands between the braces.
    pub chunks: Vec<&'a str>,
    /// Where what is.
    pub index: Vec<u8>,
}

/// Cuts a state. `None` when it is small, or when a position could not be told by its key
/// alone: keys that come twice, are spelled otherwise than `x,y,z` or lie beyond 32 bits.
pub fn cut(document: &Document) -> Option<Cut<'_>> {
    let text = document.text().filter(|text| text.len() >= LARGE)?;
    let locations = document.root().get("locations")?;
    if locations.shape() != Shape::Object || locations.is_empty() {
        return None;
    }
    let (open, close) = (locations.span().start + 1, locations.span().end - 1);
    let mut seen = HashSet::new();
    let mut chunks = Vec::new();
    let mut index = vec![FORM];
    let mut start = open;
    for key in locations.keys() {
        let (name, value) = (key.content(), key.value());
        let begin = key.span().start;
        let ends = crc32fast::hash(name.as_bytes()).is_multiple_of(ONE_IN);
        if (ends && begin - start >= LEAST) || (value.span().end - start > MOST && begin > start) {
            chunks.push(&text[start..begin]);
            start = begin;
        }
        let place = Place::of(&name, value, chunks.len())?;
        place.write(&mut index);
        if !seen.insert(name) {
            return None;
        }
    }
    chunks.push(&text[start..close]);
    let skeleton = [&text[..open], &text[close..]].concat();
    Some(Cut {
        skeleton,
        chunks,
        index,
    })
}

/// The bytes of a state whose pieces these are.
///
/// # Errors
/// `corrupt` when the skeleton is none.
pub fn join(skeleton: &[u8], chunks: &[Vec<u8>]) -> Result<Vec<u8>> {
    let document = Document::read(skeleton, &Limits::default())?.0;
    let locations = document.root().get("locations");
    let at = match locations.filter(|node| node.shape() == Shape::Object && node.is_empty()) {
        Some(locations) => locations.span().start + 1,
        None => return Err(Kind::Corrupt.because("the state has no place for its locations")),
    };
    let length = skeleton.len() + chunks.iter().map(Vec::len).sum::<usize>();
    let mut bytes = Vec::with_capacity(length);
    bytes.extend_from_slice(&skeleton[..at]);
    chunks
        .iter()
        .for_each(|chunk| bytes.extend_from_slice(chunk));
    bytes.extend_from_slice(&skeleton[at..]);
    Ok(bytes)
}

/// What to look for among the locations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// What is at a position.
    At([i64; 3]),
    /// What has this `location_id`, or this key where it has none.
    Id(String),
    /// What lies in a rectangle of a plane, its edges included.
    Within {
        /// The plane.
        z: i64,
        /// From, to.
        x: [i64; 2],
        /// From, to.
        y: [i64; 2],
    },
}

impl Wanted {
    fn is_at(&self, at: [i64; 3]) -> bool {
        match self {
            Wanted::At(wanted) => at == *wanted,
            Wanted::Id(_) => false,
            Wanted::Within { z, x, y } => {
                let within = |[from, to]: [i64; 2], at: i64| (from..=to).contains(&at);
                at[2] == *z && within(*x, at[0]) && within(*y, at[1])
            }
        }
    }

    fn is(&self, key: &str, location: Node<'_>) -> bool {
        match self {
            Wanted::Id(id) => *id == id_of(key, location),
            _ => coordinates(key).is_some_and(|at| self.is_at(at)),
        }
    }

    /// The locations that are wanted, of an object of them: `{ position?, location }` as JSON.
    pub fn of(&self, locations: Node<'_>) -> Vec<String> {
        let mut found = Vec::new();
        for (key, location) in view::members(locations) {
            if self.is(&key, location) && location.shape() == Shape::Object {
                found.push(view::placed(&key, location));
            }
        }
        found
    }

    /// The first location that is wanted, as an object of its own: its key and what it says.
    ///
    /// # Errors
    /// None that the object it comes from would not have had.
    pub fn first(&self, locations: Node<'_>) -> Result<Option<Document>> {
        let mut all = locations.entries();
        let found = all.find(|(key, location)| self.is(key, *location));
        let Some((key, location)) = found else {
            return Ok(None);
        };
        // Of a key that comes twice the last one counts.
        let location = locations.get(&key).unwrap_or(location);
        let text = format!("{{{}:{}}}", quote(&key), location.raw());
        Document::parse(&text).map(Some)
    }
}

/// In which chunk which place is.
#[derive(Debug)]
pub struct Index(Vec<u8>);

impl Index {
    /// An index as it was written, of a state with so many chunks.
    ///
    /// # Errors
    /// `corrupt`.
    pub fn read(bytes: Vec<u8>, chunks: usize) -> Result<Index> {
        let index = Index(bytes);
        let sound = index.0.first() == Some(&FORM)
            && (index.0.len() - 1).is_multiple_of(ENTRY)
            && index.places().all(|place| place.chunk() < chunks);
        match sound {
            true => Ok(index),
            false => Err(Kind::Corrupt.because("the index of the locations is damaged")),
        }
    }

    /// How the key of the location at a position is spelled; `None` when there is none.
    pub fn key_at(&self, at: [i64; 3]) -> Option<String> {
        self.candidates(&Wanted::At(at)).next()?;
        Some(view::written(at))
    }

    /// The chunks in which what is wanted may be, in order.
    pub fn chunks(&self, wanted: &Wanted) -> Vec<usize> {
        let mut chunks: Vec<usize> = self.candidates(wanted).map(|place| place.chunk()).collect();
        chunks.dedup();
        chunks
    }

    fn candidates<'a>(&'a self, wanted: &'a Wanted) -> impl Iterator<Item = Entry<'a>> {
        let id = match wanted {
            Wanted::Id(id) => Some(mark(id)),
            _ => None,
        };
        self.places().filter(move |place| match id {
            Some(id) => place.id() == id,
            None => place.may_be_at(wanted),
        })
    }

    fn places(&self) -> impl Iterator<Item = Entry<'_>> {
        let entries = self.0.get(1..).unwrap_or_default();
        entries.as_chunks().0.iter().map(Entry)
    }
}

/// The locations of a chunk as an object.
///
/// # Errors
/// `bad-json` when it is no chunk.
pub fn locations_of(chunk: &[u8]) -> Result<Document> {
    let bytes = [b"{", chunk, b"}"].concat();
    Ok(Document::read(&bytes, &Limits::default())?.0)
}

/// One entry of an index.
struct Place {
    at: [i32; 3],
    id: u32,
    chunk: u32,
}

impl Place {
    fn of(key: &str, location: Node<'_>, chunk: usize) -> Option<Place> {
        let at = match coordinates(key) {
            None => [NOWHERE; 3],
            Some(at) if view::written(at) == key => {
                let [x, y, z] = at.map(|n| i32::try_from(n).ok());
                [x.filter(|x| *x != NOWHERE)?, y?, z?]
            }
            Some(_) => return None,
        };
        let id = mark(&id_of(key, location));
        let chunk = u32::try_from(chunk).ok()?;
        Some(Place { at, id, chunk })
    }

    fn write(&self, out: &mut Vec<u8>) {
        self.at.iter().for_each(|n| out.extend(n.to_le_bytes()));
        out.extend(self.id.to_le_bytes());
        out.extend(self.chunk.to_le_bytes());
    }
}

/// An entry of the index as it stands there. Thousands are looked at for one location, so each
/// question reads its own words only.
struct Entry<'a>(&'a [u8; ENTRY]);

impl Entry<'_> {
    #[inline]
    fn word(&self, n: usize) -> u32 {
        u32::from_le_bytes(self.0.as_chunks().0[n])
    }

    #[inline]
    fn id(&self) -> u32 {
        self.word(3)
    }

    #[inline]
    fn chunk(&self) -> usize {
        self.word(4) as usize
    }

    fn may_be_at(&self, wanted: &Wanted) -> bool {
        let at = |n: usize| self.word(n).cast_signed();
        let [x, y, z] = [at(0), at(1), at(2)];
        x != NOWHERE && wanted.is_at([x.into(), y.into(), z.into()])
    }
}

/// What a location is called by others: its `location_id`, as [`super::view`] tells it.
pub(super) fn id_of(key: &str, location: Node<'_>) -> String {
    match location.get("location_id") {
        Some(id) if id.shape() == Shape::String => id.text().unwrap_or_default().into_owned(),
        Some(id) if matches!(id.shape(), Shape::Number | Shape::Bool) => id.raw().to_owned(),
        _ => key.to_owned(),
    }
}

/// Tells most ids apart; what they say is looked at in the chunk.
fn mark(id: &str) -> u32 {
    crc32fast::hash(id.as_bytes())
}
