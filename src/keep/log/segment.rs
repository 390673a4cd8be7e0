//! How records rest in parts: segments of them, and runs, the lists of segments.
//!
//! A record has a number, by which a chat knows it for ever. Where the numbers of a segment
//! follow each other its list says the first one, else they stand in it. Knows bytes only:
//! nothing of what a record says or where parts are.

use crate::codec::{PAGE_BYTES, Part};

/// A segment is full at so many records …
pub(super) const RECORDS: usize = 64;
/// … or so many bytes. A single longer record is a segment of its own.
pub(super) const BYTES: usize = 48 * 1024;
/// Segments of one full run.
pub(super) const RUN: usize = 256;

/// Form byte of segments without numbers, and of runs that do not say the first ones.
const PLAIN: u8 = 1;
/// Form byte of segments and runs with numbers.
const NUMBERED: u8 = 2;
/// A segment in a plain run: hash, records, content bytes.
const ENTRY: usize = 40;
/// The same with the number of the first record.
const NUMBERED_ENTRY: usize = 48;
/// In place of a first number: they stand in the segment.
const INSIDE: u64 = 1 << 63;
/// Numbers of records in plain runs begin here, behind any that was ever given out.
pub(super) const UNNUMBERED: u64 = 1 << 40;

/// A record and its number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::keep) struct Numbered {
    pub id: u64,
    pub bytes: Vec<u8>,
}

/// A segment as its run lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Segment {
    pub part: Part,
    pub records: u64,
    pub first: First,
}

/// The numbers of a segment's records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum First {
    /// The run is a plain one: they are the positions behind [`UNNUMBERED`].
    Unknown,
    /// They follow each other from this one on.
    At(u64),
    /// They stand in the segment; this is the lowest.
    Inside(u64),
}

impl Segment {
    /// The segment with its numbers, when its first record has this position.
    pub(super) fn numbered(&self, position: u64) -> Segment {
        let first = match self.first {
            First::Unknown => First::At(UNNUMBERED + position),
            known => known,
        };
        Segment {
            first,
            ..self.clone()
        }
    }

    /// Whether a record of this number may be in it.
    pub(super) fn may_hold(&self, id: u64) -> bool {
        match self.first {
            First::Unknown => false,
            First::At(first) => id >= first && id - first < self.records,
            First::Inside(lowest) => id >= lowest,
        }
    }
}

/// What a segment holds: records of their own, or where they stand in its bytes.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Content<R = Vec<u8>> {
    pub records: Vec<R>,
    ids: Option<Vec<u64>>,
}

impl<R> Content<R> {
    /// The number of the nth record of this segment.
    pub(super) fn id(&self, n: usize, first: First) -> u64 {
        match (&self.ids, first) {
            (Some(ids), _) => ids.get(n).copied().unwrap_or_default(),
            (None, First::At(first) | First::Inside(first)) => first + n as u64,
            (None, First::Unknown) => UNNUMBERED + n as u64,
        }
    }
}

impl Content {
    /// Its records with their numbers.
    pub(super) fn numbered(&self, first: First) -> Vec<Numbered> {
        let numbered = |(n, bytes): (usize, &Vec<u8>)| Numbered {
            id: self.id(n, first),
            bytes: bytes.clone(),
        };
        self.records.iter().enumerate().map(numbered).collect()
    }
}

/// Groups of records that make segments.
pub(super) fn pack(records: Vec<Numbered>) -> Vec<Vec<Numbered>> {
    let mut groups: Vec<Vec<Numbered>> = Vec::new();
    let mut bytes = 0;
    for record in records {
        bytes += record.bytes.len();
        match groups.last_mut() {
            Some(group) if group.len() < RECORDS && bytes <= BYTES => group.push(record),
            _ => {
                bytes = record.bytes.len();
                groups.push(vec![record]);
            }
        }
    }
    groups
}

/// A segment's bytes, what they hold, and its numbers.
pub(super) fn write(records: Vec<Numbered>) -> (Vec<u8>, Content, First) {
    let first = records.first().map_or(0, |record| record.id);
    let in_row = records
        .iter()
        .zip(first..)
        .all(|(record, id)| record.id == id);
    let bytes: usize = records.iter().map(|record| record.bytes.len() + 12).sum();
    let mut content = Vec::with_capacity(5 + bytes);
    content.push(if in_row { PLAIN } else { NUMBERED });
    content.extend_from_slice(&(records.len() as u32).to_le_bytes());
    for record in &records {
        content.extend_from_slice(&(record.bytes.len() as u32).to_le_bytes());
    }
    let ids: Vec<u64> = records.iter().map(|record| record.id).collect();
    if !in_row {
        ids.iter()
            .for_each(|id| content.extend_from_slice(&id.to_le_bytes()));
    }
    for record in &records {
        content.extend_from_slice(&record.bytes);
    }
    let lowest = ids.iter().copied().min().unwrap_or_default();
    let records = records.into_iter().map(|record| record.bytes).collect();
    match in_row {
        true => (content, Content { records, ids: None }, First::At(first)),
        false => {
            let ids = Some(ids);
            (content, Content { records, ids }, First::Inside(lowest))
        }
    }
}

pub(super) fn read(content: &[u8]) -> Option<Content> {
    let Content { records, ids } = look(content)?;
    let records = records.into_iter().map(<[u8]>::to_vec).collect();
    Some(Content { records, ids })
}

/// As [`read`], without copying anything.
pub(super) fn look(content: &[u8]) -> Option<Content<&[u8]>> {
    let (&[form @ (PLAIN | NUMBERED)], rest) = content.split_first_chunk()? else {
        return None;
    };
    let (count, rest) = rest.split_first_chunk()?;
    let count = u32::from_le_bytes(*count) as usize;
    let (lengths, mut rest) = rest.split_at_checked(count.checked_mul(4)?)?;
    let mut ids = None;
    if form == NUMBERED {
        let (numbers, behind) = rest.split_at_checked(count.checked_mul(8)?)?;
        let number = |bytes: &[u8; 8]| u64::from_le_bytes(*bytes);
        ids = Some(numbers.as_chunks::<8>().0.iter().map(number).collect());
        rest = behind;
    }
    let mut records = Vec::with_capacity(count);
    for length in lengths.as_chunks::<4>().0 {
        let (record, behind) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
        records.push(record);
        rest = behind;
    }
    rest.is_empty().then_some(Content { records, ids })
}

/// A run's bytes. The segments know their numbers.
pub(super) fn write_run(segments: &[Segment]) -> Vec<u8> {
    let mut content = Vec::with_capacity(1 + segments.len() * NUMBERED_ENTRY);
    content.push(NUMBERED);
    for segment in segments {
        content.extend_from_slice(&hash_bytes(&segment.part.hash));
        content.extend_from_slice(&(segment.records as u32).to_le_bytes());
        content.extend_from_slice(&(segment.part.bytes as u32).to_le_bytes());
        let first = match segment.first {
            First::Unknown => UNNUMBERED,
            First::At(first) => first,
            First::Inside(lowest) => lowest | INSIDE,
        };
        content.extend_from_slice(&first.to_le_bytes());
    }
    content
}

pub(super) fn read_run(content: &[u8]) -> Option<Vec<Segment>> {
    match content.split_first()? {
        (&PLAIN, rest) => {
            let (entries, []) = rest.as_chunks::<ENTRY>() else {
                return None;
            };
            let plain = |entry: &[u8; ENTRY]| segment(entry, First::Unknown);
            Some(entries.iter().map(plain).collect())
        }
        (&NUMBERED, rest) => {
            let (entries, []) = rest.as_chunks::<NUMBERED_ENTRY>() else {
                return None;
            };
            let mut segments = Vec::with_capacity(entries.len());
            for entry in entries {
                let (entry, first) = entry.split_first_chunk()?;
                let first = u64::from_le_bytes(*first.first_chunk()?);
                let first = match first & INSIDE {
                    0 => First::At(first),
                    _ => First::Inside(first & !INSIDE),
                };
                segments.push(segment(entry, first));
            }
            Some(segments)
        }
        _ => None,
    }
}

fn segment(entry: &[u8; ENTRY], first: First) -> Segment {
    let number =
        |at: usize| u32::from_le_bytes([entry[at], entry[at + 1], entry[at + 2], entry[at + 3]]);
    let hash = entry[..32]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    Segment {
        part: Part {
            hash,
            bytes: number(36).into(),
        },
        records: number(32).into(),
        first,
    }
}

fn hash_bytes(hash: &str) -> [u8; 32] {
    let mut bytes = [0; 32];
    for (byte, digits) in bytes.iter_mut().zip(hash.as_bytes().as_chunks::<2>().0) {
        let digit = |c: u8| (c as char).to_digit(16).unwrap_or(0) as u8;
        *byte = digit(digits[0]) << 4 | digit(digits[1]);
    }
    bytes
}

const _: () = assert!(
    BYTES < PAGE_BYTES,
    "a record that goes to the tail fits its page"
);

/// Records that are numbered one after the other.
pub(super) fn number(records: Vec<Vec<u8>>, first: u64) -> impl Iterator<Item = Numbered> {
    let numbered = |(bytes, id)| Numbered { id, bytes };
    records.into_iter().zip(first..).map(numbered)
}

#[cfg(test)]
mod tests {
    use super::{Content, First, Numbered, Segment, read, read_run, write, write_run};
    use crate::codec::Part;

    fn records(ids: &[u64]) -> Vec<Numbered> {
        let record = |id: &u64| Numbered {
            id: *id,
            bytes: format!("line {id}\n").into_bytes(),
        };
        ids.iter().map(record).collect()
    }

    #[test]
    fn numbers_come_back_whether_they_follow_each_other_or_not() {
        for ids in [&[][..], &[7], &[7, 8, 9], &[9, 7, 8], &[1, 3, 1 << 40]] {
            let (bytes, content, first) = write(records(ids));
            let read = read(&bytes).expect("what was written is read");
            assert_eq!(read, content);
            assert_eq!(read.numbered(first), records(ids));
            let segment = Segment {
                part: Part::of(&bytes),
                records: ids.len() as u64,
                first,
            };
            assert!(ids.iter().all(|id| segment.may_hold(*id)));
            let listed = read_run(&write_run(std::slice::from_ref(&segment)));
            assert_eq!(listed, Some(vec![segment]));
        }
    }

    #[test]
    fn plain_runs_and_segments_are_numbered_by_position() {
        let mut run = write_run(&[Segment {
            part: Part::of(b"x"),
            records: 2,
            first: First::At(0),
        }]);
        run[0] = 1;
        run.truncate(41);
        let segments = read_run(&run).expect("the plain form is read");
        assert_eq!(segments[0].first, First::Unknown);
        let content = Content {
            records: vec![b"a".to_vec(), b"b".to_vec()],
            ids: None,
        };
        let First::At(first) = segments[0].numbered(64).first else {
            panic!("positions follow each other");
        };
        assert_eq!(content.id(1, First::At(first)), super::UNNUMBERED + 65);
    }

    #[test]
    fn damage_is_refused() {
        let (bytes, ..) = write(records(&[5, 3]));
        for length in 0..bytes.len() {
            assert_eq!(read(&bytes[..length]), None);
        }
        assert_eq!(read(&[&[3], &bytes[1..]].concat()), None);
        assert_eq!(read_run(&[2; 48]), None);
    }
}
