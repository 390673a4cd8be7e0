//! A picture without its pixels, of a file that is somewhere else: most of a card's file is a
//! picture, and a reader of words has no business with it.
//!
//! Only pictures whose lengths lead from the start to the end are made thin; of every other one
//! nothing is given, and who wants its words needs all of it. Knows nothing of what the words say.

use super::{jpeg, png, webp};
use std::ops::Range;

/// What of a JPEG is looked at first; its words come before its picture.
const HEAD: usize = 16 << 10;
const HEADER: usize = 8;
/// A chunk of image data that has none.
const NO_PIXELS: [u8; 12] = *b"\0\0\0\0IDAT\x35\xaf\x06\x1e";

/// A file of which parts can be had.
pub trait Distant {
    /// Why a part cannot be had.
    type Missing;

    /// How many bytes there are.
    fn size(&self) -> usize;

    /// What is known already of the chunks of a PNG: length and kind of each, in order from the first.
    fn chunks(&self) -> &[[u32; 2]] {
        &[]
    }

    /// The eight bytes from `at` on, all of them within the file.
    ///
    /// # Errors
    /// Why they cannot be had.
    fn header(&self, at: usize) -> Result<[u8; HEADER], Self::Missing>;

    /// Appends the bytes of a range within the file.
    ///
    /// # Errors
    /// Why they cannot be had.
    fn append(&self, range: Range<usize>, out: &mut Vec<u8>) -> Result<(), Self::Missing>;
}

/// Every chunk of a PNG but those of image data, of which an empty one stands for all; `None` when
/// lengths do not lead to an end that is the file's.
///
/// # Errors
/// What the file reports.
pub fn png<F: Distant>(file: &F) -> Result<Option<Vec<u8>>, F::Missing> {
    let mut thin = png::SIGNATURE.to_vec();
    let (mut at, mut pixels) = (thin.len(), false);
    // What stands before `at` and is not taken over yet: chunks in a row are one piece.
    let mut kept = at;
    let mut known = file.chunks().iter();
    while at + HEADER <= file.size() {
        let (length, kind) = match known.next() {
            Some([length, kind]) => (*length, kind.to_be_bytes()),
            None => {
                let [a, b, c, d, kind @ ..] = file.header(at)?;
                (u32::from_be_bytes([a, b, c, d]), kind)
            }
        };
        let length = length as usize;
        let end = at.saturating_add(12).saturating_add(length);
        if end > file.size() || !kind.iter().all(u8::is_ascii_alphabetic) {
            return Ok(None);
        }
        if matches!(&kind, b"IDAT" | b"fdAT") {
            // Between chunks of image data there is nothing, and to ask for it takes time too.
            if kept < at {
                file.append(kept..at, &mut thin)?;
            }
            kept = end;
            if kind == *b"IDAT" && !std::mem::replace(&mut pixels, true) {
                thin.extend_from_slice(&NO_PIXELS);
            }
        } else if kind == *b"IEND" {
            if end != file.size() {
                return Ok(None);
            }
            file.append(kept..end, &mut thin)?;
            return Ok(Some(thin));
        }
        at = end;
    }
    Ok(None)
}

/// Every Exif of a WebP alone; `None` when lengths lead to none.
///
/// # Errors
/// What the file reports.
pub fn webp<F: Distant>(file: &F) -> Result<Option<Vec<u8>>, F::Missing> {
    let mut at = webp::HEADER;
    let mut thin = Vec::new();
    file.append(0..at, &mut thin)?;
    let mut found = false;
    while at + HEADER <= file.size() {
        let [a, b, c, d, length @ ..] = file.header(at)?;
        let length = u32::from_le_bytes(length) as usize;
        let end = at.saturating_add(HEADER).saturating_add(length);
        let exif = [a, b, c, d] == *b"EXIF";
        if end > file.size() {
            // Behind it nothing is found, by whichever reader.
            found &= !exif;
            break;
        }
        if exif {
            file.append(at..end, &mut thin)?;
            // Its padding, so that the next one is found.
            thin.extend((length & 1 == 1).then_some(0));
            found = true;
        }
        at = end + (length & 1);
    }
    // Lengths that lead past it are not the reader's only way to an Exif.
    Ok(found.then_some(thin))
}

/// What stands before the picture of a JPEG; `None` when there is no picture.
///
/// # Errors
/// What the file reports.
pub fn jpeg<F: Distant>(file: &F) -> Result<Option<Vec<u8>>, F::Missing> {
    let mut head = Vec::new();
    let mut end = HEAD;
    loop {
        end = end.min(file.size());
        file.append(head.len()..end, &mut head)?;
        if let Some(at) = jpeg::scan(&head) {
            head.truncate(at);
            return Ok(Some(head));
        }
        if end == file.size() {
            return Ok(None);
        }
        end *= 2;
    }
}
