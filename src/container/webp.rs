//! WebP as a row of RIFF chunks: where its words are.

use std::ops::Range;

/// Where the first chunk begins.
pub(super) const HEADER: usize = 12;

/// Whether the bytes begin as a WebP does.
pub fn is(bytes: &[u8]) -> bool {
    bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP")
}

/// Every Exif. A chunk whose length leads over the end is cut there; where lengths lead to
/// none, the first thing that looks like an Exif chunk is taken.
pub fn words(bytes: &[u8]) -> Vec<&[u8]> {
    let cut =
        |data: usize, length: usize| &bytes[data..data.saturating_add(length).min(bytes.len())];
    let mut words = Vec::new();
    let mut at = HEADER;
    while let Some((kind, length)) = header(bytes, at) {
        let data = at + 8;
        if kind == *b"EXIF" {
            words.push(cut(data, length));
        }
        // A chunk of odd length has a byte of padding.
        at = data.saturating_add(length).saturating_add(length & 1);
    }
    if words.is_empty()
        && let Some(found) = memchr::memmem::find(bytes, b"EXIF")
        && let Some((_, length)) = header(bytes, found)
    {
        words.push(cut(found + 8, length));
    }
    words
}

/// A chunk.
pub struct Chunk {
    /// What kind it is of.
    pub kind: [u8; 4],
    /// All of it, with its header and its padding.
    pub whole: Range<usize>,
    /// What is in it.
    pub data: Range<usize>,
}

/// The chunks up to the file's end by its own words; `None` where one of them leads over it, or the
/// file ends before that.
pub fn chunks(bytes: &[u8]) -> Option<Vec<Chunk>> {
    let mut found = Vec::new();
    // The padding of the last chunk may be missing.
    let (mut at, end) = (HEADER, end(bytes).min(bytes.len()));
    if end + 1 < self::end(bytes) {
        return None;
    }
    while at + 8 <= end {
        let (kind, length) = header(bytes, at)?;
        let data = at + 8..(at + 8).checked_add(length)?;
        if data.end > end {
            return None;
        }
        let whole = at..(data.end + (length & 1)).min(end);
        at = whole.end;
        found.push(Chunk { kind, whole, data });
    }
    Some(found)
}

/// Where the file ends by its own words.
pub fn end(bytes: &[u8]) -> usize {
    header(bytes, 0).map_or(0, |(_, length)| length.saturating_add(8))
}

/// Width and height in pixels, as the first chunk says them.
pub fn size(bytes: &[u8]) -> Option<(u32, u32)> {
    let (kind, _) = header(bytes, HEADER)?;
    let data = bytes.get(HEADER + 8..)?;
    match &kind {
        b"VP8X" => {
            let [_, _, _, _, a, b, c, d, e, f] = *data.first_chunk()?;
            let side = |low, middle, high| u32::from_le_bytes([low, middle, high, 0]) + 1;
            Some((side(a, b, c), side(d, e, f)))
        }
        b"VP8L" => {
            let [_, a, b, c, d] = *data.first_chunk()?;
            let bits = u32::from_le_bytes([a, b, c, d]);
            Some(((bits & 0x3fff) + 1, (bits >> 14 & 0x3fff) + 1))
        }
        b"VP8 " => {
            let [.., a, b, c, d] = *data.first_chunk::<10>()?;
            let [width, height] = [[a, b], [c, d]].map(u16::from_le_bytes);
            Some((u32::from(width & 0x3fff), u32::from(height & 0x3fff)))
        }
        _ => None,
    }
}

fn header(bytes: &[u8], at: usize) -> Option<([u8; 4], usize)> {
    let [a, b, c, d, length @ ..] = bytes.get(at..)?.first_chunk::<8>()?;
    Some(([*a, *b, *c, *d], u32::from_le_bytes(*length) as usize))
}
