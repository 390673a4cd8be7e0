//! The frame around a record: magic, form, checksum, then the record as JSON.
//!
//! The frame never changes, so that every version can at least tell whose record
//! it is and which schema it has; what is inside migrates as JSON.

use crate::error::{Kind, Result};
use serde_json::Value;

const MAGIC: &[u8; 3] = b"ckr";
/// Form byte: plain JSON follows the checksum.
const JSON: u8 = 1;
const LEAD: usize = 8;

/// What a frame held.
#[derive(Debug, Clone, PartialEq)]
pub struct Frame {
    /// The record's schema stamp.
    pub schema: u32,
    /// The whole record.
    pub value: Value,
}

/// Frames a record. `value` is an object with its stamp under `schema`.
pub fn write_frame(value: &Value) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(1024);
    bytes.extend_from_slice(MAGIC);
    bytes.push(JSON);
    bytes.extend_from_slice(&[0; 4]);
    serde_json::to_writer(&mut bytes, value)
        .expect("a JSON value writes to memory without failing");
    let sum = super::checksum(&bytes[LEAD..]);
    bytes[4..LEAD].copy_from_slice(&sum.to_le_bytes());
    bytes
}

/// The record's JSON in a frame.
///
/// # Errors
/// `corrupt` when it is no frame or the checksum does not match, `too-new` for an unknown form.
pub fn framed(bytes: &[u8]) -> Result<&[u8]> {
    let Some((lead, json)) = bytes.split_at_checked(LEAD) else {
        return Err(Kind::Corrupt.because("record is shorter than its frame"));
    };
    if &lead[..3] != MAGIC {
        return Err(Kind::Corrupt.because("record does not start with its magic bytes"));
    }
    let wanted = u32::from_le_bytes([lead[4], lead[5], lead[6], lead[7]]);
    let found = super::checksum(json);
    if found != wanted {
        return Err(Kind::Corrupt.because(format!(
            "record checksum is {found:08x}, its frame says {wanted:08x}"
        )));
    }
    if lead[3] != JSON {
        return Err(Kind::TooNew.because(format!("record form {} is unknown", lead[3])));
    }
    Ok(json)
}

/// Opens a frame.
///
/// # Errors
/// As [`framed`], and `corrupt` where there is no record in it.
pub fn read_frame(bytes: &[u8]) -> Result<Frame> {
    let value: Value = serde_json::from_slice(framed(bytes)?)
        .map_err(|cause| Kind::Corrupt.because("record is no JSON").caused_by(cause))?;
    let schema = value["schema"].as_u64().and_then(|n| u32::try_from(n).ok());
    let schema = schema.ok_or_else(|| Kind::Corrupt.because("record has no schema stamp"))?;
    Ok(Frame { schema, value })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_record_comes_out_as_it_went_in() {
        let value = json!({"schema": 2, "head": {"name": "Zoë"}});
        assert_eq!(
            read_frame(&write_frame(&value)).unwrap(),
            Frame { schema: 2, value }
        );
    }

    #[test]
    fn damage_is_corrupt_and_never_a_panic() {
        let whole = write_frame(&json!({"schema": 2}));
        for end in 0..whole.len() {
            assert_eq!(read_frame(&whole[..end]).unwrap_err().kind(), Kind::Corrupt);
        }
        for at in (0..whole.len()).filter(|at| *at != 3) {
            let mut rotten = whole.clone();
            rotten[at] ^= 0x10;
            assert_eq!(
                read_frame(&rotten).unwrap_err().kind(),
                Kind::Corrupt,
                "byte {at}"
            );
        }
    }
}
