//! How bytes look at rest: checksums, content addresses, pages, record frames, ids, archives
//! written from front to end, and the one inflate with its limit.
//!
//! Knows no medium and no domain. Every form written by a released version is
//! readable for ever; the leading bytes say which form it is.

mod archive;
mod id;
pub mod inflate;
mod page;
mod record;

pub use archive::Archive;
pub use id::{derived_id, new_id};
pub use page::{
    PAGE_BYTES, Part, compressed_page, contents, is_compressible, page, page_count, read_page,
    write_pages,
};
pub use record::{Frame, framed, read_frame, write_frame};

use sha2::{Digest, Sha256};

/// The content address of some bytes: SHA-256, 64 hexadecimal digits.
pub fn hash(bytes: &[u8]) -> String {
    let mut sum = Hashing::default();
    sum.add(bytes);
    sum.finish()
}

/// A content address of bytes that come one after the other.
#[derive(Clone, Default)]
pub struct Hashing(Sha256);

impl Hashing {
    /// Adds the next bytes.
    pub fn add(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The address of all of them, as [`hash`] gives it.
    pub fn finish(self) -> String {
        let mut text = String::with_capacity(64);
        for byte in self.0.finalize() {
            text.push(char::from(b"0123456789abcdef"[usize::from(byte >> 4)]));
            text.push(char::from(b"0123456789abcdef"[usize::from(byte & 15)]));
        }
        text
    }
}

/// CRC-32 of some bytes: finds rot, not malice.
pub fn checksum(bytes: &[u8]) -> u32 {
    crc32fast::hash(bytes)
}
