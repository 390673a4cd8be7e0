//! Pages: larger byte strings cut into pieces that every engine stores inline.
//!
//! Chromium moves values over 64 KiB into files of their own, and those are the
//! ones that vanish, so a page stays under 60,000 bytes. A page is written once and
//! never changed: its owner is the hash of the whole, so equal contents share pages.

use crate::error::{Error, Kind, Result};
use serde::{Deserialize, Serialize};

/// Content bytes of a full page.
pub const PAGE_BYTES: usize = 56 * 1024;

/// Form byte: the content follows as it is.
const STORED: u8 = 0;
/// CRC-32 (little endian) and the form byte.
const LEAD: usize = 5;

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

/// Cuts a byte string into sealed pages, in order.
pub fn write_pages(bytes: &[u8]) -> impl Iterator<Item = Vec<u8>> + '_ {
    let pages = page_count(bytes.len() as u64) as usize;
    (0..pages).map(move |n| {
        let content = &bytes[n * PAGE_BYTES..bytes.len().min((n + 1) * PAGE_BYTES)];
        let mut page = Vec::with_capacity(LEAD + content.len());
        page.extend_from_slice(&[0; 4]);
        page.push(STORED);
        page.extend_from_slice(content);
        let sum = super::checksum(&page[4..]);
        page[..4].copy_from_slice(&sum.to_le_bytes());
        page
    })
}

/// The content of one page.
///
/// # Errors
/// `corrupt` when the checksum does not match, `too-new` for an unknown form.
pub fn read_page(page: &[u8]) -> Result<&[u8]> {
    let (sum, rest) = page.split_first_chunk::<4>().ok_or_else(short)?;
    let found = super::checksum(rest);
    let wanted = u32::from_le_bytes(*sum);
    if found != wanted {
        return Err(Kind::Corrupt.because(format!(
            "page checksum is {found:08x}, its frame says {wanted:08x}"
        )));
    }
    match rest.split_first().ok_or_else(short)? {
        (&STORED, content) => Ok(content),
        (form, _) => Err(Kind::TooNew.because(format!("page form {form} is unknown"))),
    }
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
        }
    }

    #[test]
    fn a_flipped_bit_anywhere_in_a_page_is_found() {
        let page = write_pages(b"some content").next().unwrap();
        for bit in 0..page.len() * 8 {
            let mut rotten = page.clone();
            rotten[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(read_page(&rotten).unwrap_err().kind(), Kind::Corrupt);
        }
        assert_eq!(read_page(&page[..3]).unwrap_err().kind(), Kind::Corrupt);
    }
}
