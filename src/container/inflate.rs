//! The one place where anything is decompressed, so that its limit cannot be walked around.

use crate::error::{Kind, Result};
use flate2::read::ZlibDecoder;
use std::io::Read;

/// The content of a zlib stream, at most `limit` bytes of it.
///
/// # Errors
/// `too-large` when there is more, counted on what comes out; `bad-encoding`.
pub fn zlib(bytes: &[u8], limit: usize) -> Result<Vec<u8>> {
    let mut out = Vec::new();
    let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    ZlibDecoder::new(bytes)
        .take(most)
        .read_to_end(&mut out)
        .map_err(|error| {
            Kind::BadEncoding
                .because("the compressed text cannot be inflated")
                .caused_by(error)
        })?;
    if out.len() > limit {
        return Err(
            Kind::TooLarge.because(format!("the inflated text has more than {limit} bytes"))
        );
    }
    Ok(out)
}
