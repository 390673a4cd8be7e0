//! JPEG as a row of segments: the ones that carry words.
//!
//! Knows nothing of pictures: of what a scan holds it is only told where it ends.

use super::exif;
use std::ops::Range;

const COMMENT: u8 = 0xfe;
const APP1: u8 = 0xe1;
const START_OF_SCAN: u8 = 0xda;
const END_OF_IMAGE: u8 = 0xd9;

/// A picture with more segments is none that a tool makes.
const MOST_SEGMENTS: usize = 1 << 16;

/// The bytes every JPEG ends with.
pub const END: [u8; 2] = [0xff, END_OF_IMAGE];

/// Whether the bytes begin as a JPEG does.
pub fn is(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0xff, 0xd8, 0xff])
}

/// The segments before the picture that carry words: Exif first, then comments.
pub fn words(bytes: &[u8]) -> Vec<&[u8]> {
    let mut exif = Vec::new();
    let mut comments = Vec::new();
    let mut at = 2;
    while let Some((marker, data)) = segment(bytes, at) {
        at = data.end;
        match marker {
            START_OF_SCAN | END_OF_IMAGE => break,
            APP1 if bytes[data.clone()].starts_with(exif::MARK) => exif.push(&bytes[data]),
            COMMENT => comments.push(&bytes[data]),
            _ => {}
        }
    }
    exif.append(&mut comments);
    exif
}

/// A segment of the picture.
pub struct Segment {
    /// The second byte of its marker.
    pub marker: u8,
    /// All of it, from its marker on.
    pub whole: Range<usize>,
    /// What is in it.
    pub data: Range<usize>,
}

impl Segment {
    /// Whether a scan of the picture follows.
    pub fn is_scan(&self) -> bool {
        self.marker == START_OF_SCAN
    }
}

/// The segments before the picture and between its scans, and where the picture ends, if it does;
/// `None` where they do not lead to one, and with more than 65,536 of them.
pub fn segments(bytes: &[u8]) -> Option<(Vec<Segment>, Option<usize>)> {
    let mut found: Vec<Segment> = Vec::new();
    let (mut at, mut scanned) = (2, false);
    loop {
        let fill = bytes.get(at..)?.iter().take_while(|one| **one == 0xff);
        let marker = at + fill.count();
        if scanned && bytes.get(marker) == Some(&END_OF_IMAGE) {
            return Some((found, Some(marker + 1)));
        }
        let next = segment(bytes, at);
        // What leads over the end within a picture is a part of it.
        let Some((marker, data)) = next.filter(|(_, data)| !scanned || data.end < bytes.len())
        else {
            return scanned.then_some((found, None));
        };
        if found.len() == MOST_SEGMENTS {
            return None;
        }
        let whole = at..data.end;
        at = data.end;
        found.push(Segment {
            marker,
            whole,
            data,
        });
        if marker == START_OF_SCAN {
            scanned = true;
            match coded(bytes, at) {
                Some(end) => at = end,
                None => return Some((found, None)),
            }
        }
    }
}

/// Where the coded picture of a scan ends: before a marker that is none of its own, and what
/// fills up before that.
fn coded(bytes: &[u8], from: usize) -> Option<usize> {
    let own = |byte: &u8| !matches!(byte, 0xc0..=0xcf | 0xd9..=0xef | 0xfe);
    let marks = memchr::memchr_iter(0xff, bytes.get(from..)?).map(|at| from + at);
    let last = marks
        .into_iter()
        .find(|at| bytes.get(at + 1).is_some_and(|byte| !own(byte)))?;
    let fill = bytes[from..last]
        .iter()
        .rev()
        .take_while(|byte| **byte == 0xff);
    Some(last - fill.count())
}

/// Where the picture begins, behind the header of its scan; `None` when it is not in these bytes.
pub fn scan(bytes: &[u8]) -> Option<usize> {
    let mut at = 2;
    while let Some((marker, data)) = segment(bytes, at) {
        at = data.end;
        match marker {
            START_OF_SCAN | END_OF_IMAGE => return Some(at),
            _ if at == bytes.len() => return None,
            _ => {}
        }
    }
    None
}

/// Width and height in pixels, as the frame says them.
pub fn size(bytes: &[u8]) -> Option<(u32, u32)> {
    let mut at = 2;
    while let Some((marker, data)) = segment(bytes, at) {
        at = data.end;
        match marker {
            START_OF_SCAN | END_OF_IMAGE => return None,
            // Tables and the arithmetic coder's conditions have numbers among those of frames.
            0xc4 | 0xc8 | 0xcc => {}
            0xc0..=0xcf => {
                let [_, high, low, wide, narrow] = *bytes[data].first_chunk()?;
                let [height, width] = [[high, low], [wide, narrow]].map(u16::from_be_bytes);
                return Some((width.into(), height.into()));
            }
            _ => {}
        }
    }
    None
}

/// The marker at a place, and its data; a length over the end is cut.
fn segment(bytes: &[u8], at: usize) -> Option<(u8, Range<usize>)> {
    let fill = bytes
        .get(at..)?
        .iter()
        .take_while(|byte| **byte == 0xff)
        .count();
    let marker = *bytes.get(at + fill).filter(|_| fill > 0)?;
    let length = at + fill + 1;
    let [high, low] = *bytes.get(length..)?.first_chunk::<2>()?;
    let end = length + usize::from(u16::from_be_bytes([high, low])).max(2);
    Some((marker, length + 2..end.min(bytes.len())))
}
