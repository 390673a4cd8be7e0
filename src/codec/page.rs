//! Pages: larger byte strings cut into pieces that every engine stores inline.
//!
//! Chromium moves values over 64 KiB into files of their own, and those are the
//! ones that vanish, so a page stays under 60,000 bytes. A page is written once and
//! never changed: its owner is the hash of the whole, so equal contents share pages. The
//! content of a page may be compressed; keys and counts are those of the content, so that
//! a part reads the same however its pages were written.

use super::inflate;
use crate::error::{Error, Kind, Result};
use flate2::{Compress, Compression, FlushCompress, Status};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// Content bytes of a full page.
pub const PAGE_BYTES: usize = 56 * 1024;

/// Form byte: the content follows as it is.
const STORED: u8 = 0;
/// Form byte: the content's length (four bytes, little endian), then the content, deflated.
const DEFLATED: u8 = 1;
/// CRC-32 (little endian) and the form byte.
const LEAD: usize = 5;
/// Smaller byte strings are not worth the time.
const LEAST_BYTES: usize = 16 * 1024;
/// Of the levels 1 to 9 the one behind which time grows faster than anything shrinks
/// (chat text, 56 KiB: 29 % in 0.5 ms, level 6 26 % in 2.8 ms).
const LEVEL: u32 = 2;

/// A byte string kept in pages, as its record refers to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// Content address of the whole.
    pub hash: String,
    /// Length of the whole in bytes.
    pub bytes: u64,
}

impl Part {
    /// The reference to these bytes.
    pub fn of(bytes: &[u8]) -> Part {
        Part {
            hash: super::hash(bytes),
            bytes: bytes.len() as u64,
        }
    }

    /// How many pages the whole takes.
    pub fn pages(&self) -> u64 {
        page_count(self.bytes)
    }
}

/// How many pages so many bytes take; an empty string takes one.
pub fn page_count(bytes: u64) -> u64 {
    bytes.div_ceil(PAGE_BYTES as u64).max(1)
}

/// Cuts a byte string into the contents of its pages, in order.
pub fn contents(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let pages = page_count(bytes.len() as u64) as usize;
    (0..pages).map(move |n| &bytes[n * PAGE_BYTES..bytes.len().min((n + 1) * PAGE_BYTES)])
}

/// Cuts a byte string into sealed pages, in order.
pub fn write_pages(bytes: &[u8]) -> impl Iterator<Item = Vec<u8>> + '_ {
    contents(bytes).map(page)
}

/// Seals a page as it is.
pub fn page(content: &[u8]) -> Vec<u8> {
    let mut page = Vec::with_capacity(LEAD + content.len());
    page.extend_from_slice(&[0; 4]);
    page.push(STORED);
    page.extend_from_slice(content);
    sealed(page)
}

/// Seals a page compressed, where that makes it a tenth smaller, else as it is.
pub fn compressed_page(content: &[u8]) -> Vec<u8> {
    let mut page = Vec::with_capacity(LEAD + content.len());
    page.extend_from_slice(&[0; 4]);
    page.push(DEFLATED);
    page.extend_from_slice(&(content.len() as u32).to_le_bytes());
    // What does not fit is not small enough.
    let most = content.len() / 10 * 9;
    let mut deflated = Vec::with_capacity(most);
    let mut stream = Compress::new(Compression::new(LEVEL), false);
    match stream.compress_vec(content, &mut deflated, FlushCompress::Finish) {
        Ok(Status::StreamEnd) => {
            page.extend_from_slice(&deflated);
            sealed(page)
        }
        _ => self::page(content),
    }
}

/// Whether compressing a byte string is worth a try: it is not small, and does not begin as
/// pictures, archives, sounds and films do, which are compressed already.
pub fn is_compressible(bytes: &[u8]) -> bool {
    const COMPRESSED: [&[u8]; 9] = [
        b"\x89PNG",
        b"\xff\xd8\xff",
        b"GIF8",
        b"PK\x03\x04",
        b"\x1f\x8b",
        b"OggS",
        b"ID3",
        b"\x1a\x45\xdf\xa3",
        b"ckf",
    ];
    let in_a_box = match bytes.get(..12) {
        Some(head) => &head[4..8] == b"ftyp" || &head[8..] == b"WEBP",
        None => false,
    };
    bytes.len() >= LEAST_BYTES
        && !in_a_box
        && !COMPRESSED.iter().any(|magic| bytes.starts_with(magic))
}

fn sealed(mut page: Vec<u8>) -> Vec<u8> {
    let sum = super::checksum(&page[4..]);
    page[..4].copy_from_slice(&sum.to_le_bytes());
    page
}

/// The content of one page.
///
/// # Errors
/// `corrupt` when the checksum does not match or a compressed content is not what its page
/// says of it, `too-new` for an unknown form.
pub fn read_page(page: &[u8]) -> Result<Cow<'_, [u8]>> {
    let (sum, rest) = page.split_first_chunk::<4>().ok_or_else(short)?;
    let found = super::checksum(rest);
    let wanted = u32::from_le_bytes(*sum);
    if found != wanted {
        return Err(Kind::Corrupt.because(format!(
            "page checksum is {found:08x}, its frame says {wanted:08x}"
        )));
    }
    match rest.split_first().ok_or_else(short)? {
        (&STORED, content) => Ok(Cow::Borrowed(content)),
        (&DEFLATED, rest) => inflated(rest).map(Cow::Owned),
        (form, _) => Err(Kind::TooNew.because(format!("page form {form} is unknown"))),
    }
}

fn inflated(rest: &[u8]) -> Result<Vec<u8>> {
    let (length, deflated) = rest.split_first_chunk::<4>().ok_or_else(short)?;
    let length = u32::from_le_bytes(*length) as usize;
    if length > PAGE_BYTES {
        let detail = format!("page says it holds {length} bytes, {PAGE_BYTES} is the most");
        return Err(Kind::Corrupt.because(detail));
    }
    let (content, taken) = inflate::raw(deflated, length).map_err(|cause| {
        Kind::Corrupt
            .because("page cannot be inflated")
            .caused_by(cause)
    })?;
    if content.len() != length || taken != deflated.len() {
        return Err(Kind::Corrupt.because(format!(
            "page holds {} bytes, it says {length}",
            content.len()
        )));
    }
    Ok(content)
}

fn short() -> Error {
    Kind::Corrupt.because("page is shorter than its frame")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_give_the_bytes_back_at_every_boundary() {
        for len in [
            0,
            1,
            PAGE_BYTES - 1,
            PAGE_BYTES,
            PAGE_BYTES + 1,
            3 * PAGE_BYTES,
        ] {
            let bytes: Vec<u8> = (0..len).map(|n| (n * 7) as u8).collect();
            let pages: Vec<_> = write_pages(&bytes).collect();
            assert_eq!(pages.len() as u64, Part::of(&bytes).pages());
            assert!(pages.iter().all(|page| page.len() < 60_000));
            let joined: Vec<u8> = pages
                .iter()
                .flat_map(|page| read_page(page).unwrap().to_vec())
                .collect();
            assert_eq!(joined, bytes);
            let compressed: Vec<_> = contents(&bytes).map(compressed_page).collect();
            let joined: Vec<u8> = compressed
                .iter()
                .flat_map(|page| read_page(page).unwrap().to_vec())
                .collect();
            assert_eq!(joined, bytes);
            assert!(
                compressed
                    .iter()
                    .zip(&pages)
                    .all(|(a, b)| a.len() <= b.len())
            );
        }
    }

    #[test]
    fn a_page_is_compressed_only_where_that_saves_a_tenth() {
        let text = "It was a dark and stormy night. ".repeat(600);
        let page = compressed_page(text.as_bytes());
        assert_eq!(page[4], DEFLATED);
        assert!(page.len() < text.len() / 10);
        let mut state = 1_u32;
        let noise: Vec<u8> = std::iter::repeat_with(|| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        })
        .take(PAGE_BYTES)
        .collect();
        assert_eq!(compressed_page(&noise), super::page(&noise));
        assert!(is_compressible(text.as_bytes()));
        assert!(!is_compressible(&text.as_bytes()[..LEAST_BYTES - 1]));
        for head in [
            &b"\x89PNG\r\n"[..],
            b"RIFF\0\0\0\0WEBP",
            b"\xff\xd8\xff\xe0",
            b"PK\x03\x04",
        ] {
            assert!(!is_compressible(&[head, text.as_bytes()].concat()));
        }
    }

    #[test]
    fn a_bomb_and_a_length_that_lies_are_corrupt() {
        let zeros = compressed_page(&vec![0; PAGE_BYTES]);
        assert!(zeros.len() < 500);
        let lying = |length: u32, tail: &[u8]| {
            let mut page = zeros.clone();
            page[5..9].copy_from_slice(&length.to_le_bytes());
            page.extend_from_slice(tail);
            read_page(&sealed(page))
                .map(drop)
                .map_err(|error| error.kind())
        };
        assert_eq!(lying(PAGE_BYTES as u32, b""), Ok(()));
        for length in [0, 1, PAGE_BYTES as u32 - 1, PAGE_BYTES as u32 + 1, u32::MAX] {
            assert_eq!(lying(length, b""), Err(Kind::Corrupt), "{length}");
        }
        assert_eq!(lying(PAGE_BYTES as u32, b"more"), Err(Kind::Corrupt));
        let cut = sealed(zeros[..zeros.len() - 4].to_vec());
        assert_eq!(read_page(&cut).unwrap_err().kind(), Kind::Corrupt);
    }

    #[test]
    fn a_flipped_bit_anywhere_in_a_page_is_found() {
        for page in [
            write_pages(b"some content").next().unwrap(),
            compressed_page(&b"some content ".repeat(20)),
        ] {
            every_flip_is_found(&page);
        }
    }

    fn every_flip_is_found(page: &[u8]) {
        for bit in 0..page.len() * 8 {
            let mut rotten = page.to_vec();
            rotten[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(read_page(&rotten).unwrap_err().kind(), Kind::Corrupt);
        }
        assert_eq!(read_page(&page[..3]).unwrap_err().kind(), Kind::Corrupt);
    }
}
