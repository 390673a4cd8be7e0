//! A ZIP archive written from front to end, its contents stored as they are: nothing of it has to
//! be held but its directory.
//!
//! It always has the 64-bit directory, since it may outgrow 4 GiB.

use super::checksum;
use crate::error::{Kind, Result};

const LOCAL: &[u8; 4] = b"PK\x03\x04";
const LINE: &[u8; 4] = b"PK\x01\x02";
const END_64: &[u8; 4] = b"PK\x06\x06";
const LOCATOR: &[u8; 4] = b"PK\x06\x07";
const END: &[u8; 4] = b"PK\x05\x06";
/// Bytes of a local header before the name.
const LOCAL_BYTES: usize = 30;

/// An archive that is being written.
#[derive(Debug, Default)]
pub struct Archive {
    at: u64,
    entries: u64,
    directory: Vec<u8>,
}

impl Archive {
    /// What stands before the content of the next entry. The content has to follow it.
    ///
    /// # Errors
    /// `too-large` for a content of 4 GiB or a name of 64 KiB.
    pub fn entry(&mut self, name: &str, content: &[u8]) -> Result<Vec<u8>> {
        let too_large = |_| Kind::TooLarge.because("it does not fit into one entry of an archive");
        let length = u32::try_from(content.len()).map_err(too_large)?;
        let name_length = u16::try_from(name.len()).map_err(too_large)?;
        // Version, flags (names in UTF-8), method (stored), time, date (the first of 1980).
        let mut common = Vec::with_capacity(26);
        for short in [45_u16, 0x0800, 0, 0, 0x21] {
            common.extend_from_slice(&short.to_le_bytes());
        }
        for long in [checksum(content), length, length] {
            common.extend_from_slice(&long.to_le_bytes());
        }
        common.extend_from_slice(&name_length.to_le_bytes());
        let mut head = Vec::with_capacity(LOCAL_BYTES + name.len());
        head.extend_from_slice(LOCAL);
        head.extend_from_slice(&common);
        head.extend_from_slice(&[0; 2]);
        head.extend_from_slice(name.as_bytes());
        let line = &mut self.directory;
        line.extend_from_slice(LINE);
        line.extend_from_slice(&45_u16.to_le_bytes());
        line.extend_from_slice(&common);
        line.extend_from_slice(&12_u16.to_le_bytes());
        // No comment, first disk, no attributes; the offset stands in the extra field.
        line.extend_from_slice(&[0; 10]);
        line.extend_from_slice(&[0xff; 4]);
        line.extend_from_slice(name.as_bytes());
        line.extend_from_slice(&[1, 0, 8, 0]);
        line.extend_from_slice(&self.at.to_le_bytes());
        self.at += head.len() as u64 + u64::from(length);
        self.entries += 1;
        Ok(head)
    }

    /// How many bytes there are so far.
    pub fn length(&self) -> u64 {
        self.at
    }

    /// The directory, which ends it.
    pub fn end(self) -> Vec<u8> {
        let size = self.directory.len() as u64;
        let mut end = self.directory;
        end.extend_from_slice(END_64);
        end.extend_from_slice(&44_u64.to_le_bytes());
        end.extend_from_slice(&[45, 0, 45, 0]);
        end.extend_from_slice(&[0; 8]);
        for number in [self.entries, self.entries, size, self.at] {
            end.extend_from_slice(&number.to_le_bytes());
        }
        end.extend_from_slice(LOCATOR);
        end.extend_from_slice(&[0; 4]);
        end.extend_from_slice(&(self.at + size).to_le_bytes());
        end.extend_from_slice(&1_u32.to_le_bytes());
        end.extend_from_slice(END);
        end.extend_from_slice(&[0; 4]);
        end.extend_from_slice(&[0xff; 12]);
        end.extend_from_slice(&[0; 2]);
        end
    }
}
