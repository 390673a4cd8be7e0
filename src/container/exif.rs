//! Exif: the comment of a user, which is where the first cards were kept.
//!
//! Offsets are followed within the bytes only, and not in circles. Knows no other tag,
//! nor what the comment means.

/// What the segments of a JPEG begin with that hold it.
pub const MARK: &[u8] = b"Exif\0\0";

const ORIENTATION: u32 = 0x0112;
/// Where a directory of more tags begins.
const SUB_DIRECTORY: u32 = 0x8769;
const USER_COMMENT: u32 = 0x9286;

/// The comment of a user without the name of its encoding. Some tools put it into the
/// first directory, where the standard has it in the one below.
pub fn user_comment(bytes: &[u8]) -> Option<&[u8]> {
    let tiff = Tiff::of(bytes.strip_prefix(MARK).unwrap_or(bytes))?;
    let first = tiff.number(4, 4)? as usize;
    let comment = tiff.find(first, USER_COMMENT).or_else(|| {
        let below = tiff.find(first, SUB_DIRECTORY)?;
        tiff.find(tiff.number(below + 8, 4)? as usize, USER_COMMENT)
    })?;
    let length = tiff.number(comment + 4, 4)? as usize;
    let at = if length <= 4 {
        comment + 8
    } else {
        tiff.number(comment + 8, 4)? as usize
    };
    let value = tiff.bytes.get(at..at.checked_add(length)?)?;
    Some(match value.first_chunk::<8>() {
        Some(b"ASCII\0\0\0" | b"UNICODE\0" | b"JIS\0\0\0\0\0" | [0, 0, 0, 0, 0, 0, 0, 0]) => {
            &value[8..]
        }
        _ => value,
    })
}

/// How a picture has to be turned to be shown: 2 to 8; `None` where it stands as it should.
pub fn orientation(bytes: &[u8]) -> Option<u8> {
    let tiff = Tiff::of(bytes.strip_prefix(MARK).unwrap_or(bytes))?;
    let entry = tiff.find(tiff.number(4, 4)? as usize, ORIENTATION)?;
    let turned = tiff.number(entry + 8, 2)?;
    (2..=8).contains(&turned).then_some(turned as u8)
}

/// The Exif that says nothing else.
pub fn of_orientation(orientation: u8) -> Vec<u8> {
    let mut exif = [MARK, b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0"].concat();
    exif.extend([orientation, 0, 0, 0, 0, 0, 0]);
    exif
}

struct Tiff<'b> {
    bytes: &'b [u8],
    little: bool,
}

impl Tiff<'_> {
    fn of(bytes: &[u8]) -> Option<Tiff<'_>> {
        let little = match bytes.first_chunk::<4>()? {
            b"II*\0" => true,
            b"MM\0*" => false,
            _ => return None,
        };
        Some(Tiff { bytes, little })
    }

    fn number(&self, at: usize, size: usize) -> Option<u32> {
        let bytes = self.bytes.get(at..at.checked_add(size)?)?;
        let join = |sum: u32, byte: &u8| sum << 8 | u32::from(*byte);
        Some(if self.little {
            bytes.iter().rev().fold(0, join)
        } else {
            bytes.iter().fold(0, join)
        })
    }

    /// Where the entry of a tag begins in the directory at `at`.
    fn find(&self, at: usize, tag: u32) -> Option<usize> {
        let count = self.number(at, 2)? as usize;
        // The count may lie; the bytes do not.
        (0..count)
            .map(|n| at + 2 + n * 12)
            .take_while(|entry| *entry < self.bytes.len())
            .find(|entry| self.number(*entry, 2) == Some(tag))
    }
}
