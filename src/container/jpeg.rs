//! JPEG as a row of segments: the ones that carry words.
//!
//! Knows nothing of pictures: behind the start of the scan nothing is read.

use super::exif;
use std::ops::Range;

const COMMENT: u8 = 0xfe;
const APP1: u8 = 0xe1;
const START_OF_SCAN: u8 = 0xda;
const END_OF_IMAGE: u8 = 0xd9;

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

/// A segment before the picture.
pub struct Segment {
    /// The second byte of its marker.
    pub marker: u8,
    /// All of it, from its marker on.
    pub whole: Range<usize>,
    /// What is in it.
    pub data: Range<usize>,
}

/// The segments before the picture; `None` where they do not lead to one.
pub fn segments(bytes: &[u8]) -> Option<Vec<Segment>> {
    let mut found = Vec::new();
    let mut at = 2;
    loop {
        let (marker, data) = segment(bytes, at)?;
        let whole = at..data.end;
        at = data.end;
        if marker == START_OF_SCAN {
            return Some(found);
        }
        found.push(Segment {
            marker,
            whole,
            data,
        });
    }
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
