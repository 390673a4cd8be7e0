//! WebP as a row of RIFF chunks: where its Exif is.

/// Where the first chunk begins.
pub(super) const HEADER: usize = 12;

/// Whether the bytes begin as a WebP does.
pub fn is(bytes: &[u8]) -> bool {
    bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP")
}

/// The Exif. A chunk whose length leads over the end is cut there; where lengths lead
/// nowhere, the first thing that looks like an Exif chunk is taken.
pub fn exif(bytes: &[u8]) -> Option<&[u8]> {
    let mut at = HEADER;
    while let Some((kind, length)) = header(bytes, at) {
        let data = at + 8;
        if kind == *b"EXIF" {
            return Some(&bytes[data..data.saturating_add(length).min(bytes.len())]);
        }
        // A chunk of odd length has a byte of padding.
        at = data.saturating_add(length).saturating_add(length & 1);
    }
    let found = memchr::memmem::find(bytes, b"EXIF")?;
    let (_, length) = header(bytes, found)?;
    Some(&bytes[found + 8..(found + 8).saturating_add(length).min(bytes.len())])
}

fn header(bytes: &[u8], at: usize) -> Option<([u8; 4], usize)> {
    let [a, b, c, d, length @ ..] = bytes.get(at..)?.first_chunk::<8>()?;
    Some(([*a, *b, *c, *d], u32::from_le_bytes(*length) as usize))
}
