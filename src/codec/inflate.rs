//! The one place where anything is decompressed, so that its limit cannot be walked around.

use crate::error::{Error, Kind, Result, Warning};
use flate2::{Decompress, FlushDecompress, Status};

/// A file of 1 GiB has no more where each holds 64 KiB, as block by block compression makes them.
const MOST_PIECES: usize = 1 << 14;

/// The content of a zlib stream, at most `limit` bytes of it.
///
/// # Errors
/// `too-large` when there is more, counted on what comes out; `bad-encoding`, also for
/// a stream that ends early.
pub fn zlib(bytes: &[u8], limit: usize) -> Result<Vec<u8>> {
    inflate(bytes, true, limit)
}

/// The content of a stream that [`zlib`] refuses: one without the header around it, as
/// some tools write it, one in the wrapping of gzip, or one whose checksum is wrong or missing.
///
/// # Errors
/// As [`zlib`].
pub fn bare(bytes: &[u8], limit: usize) -> Result<Vec<u8>> {
    if let [method, flags, body @ ..] = bytes
        && method & 15 == 8
        && u16::from_be_bytes([*method, *flags]) % 31 == 0
    {
        match inflate(body, false, limit) {
            Err(error) if error.kind() == Kind::BadEncoding => {}
            done => return done,
        }
    }
    inflate(unzipped(bytes).unwrap_or(bytes), false, limit)
}

/// Whether a stream has the wrapping of gzip.
pub fn is_gzip(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0x1f, 0x8b, 8])
}

/// What is in a file that is compressed with gzip, in one piece or in several that were put one
/// behind the other, with the warnings for it; `None` for every other file.
///
/// # Errors
/// As [`zlib`].
pub fn gzip(file: &[u8], limit: usize, warnings: &mut Vec<Warning>) -> Result<Option<Vec<u8>>> {
    if !is_gzip(file) {
        return Ok(None);
    }
    let mut out = Vec::new();
    let (mut rest, mut pieces, mut sound) = (file, 0, true);
    while is_gzip(rest) {
        pieces += 1;
        if pieces > MOST_PIECES {
            let detail = format!("the compressed file has more than {MOST_PIECES} pieces");
            return Err(Kind::TooLarge.because(detail));
        }
        let body = unzipped(rest)
            .ok_or_else(|| Kind::BadEncoding.because("the compressed file ends in its header"))?;
        let left = limit - out.len();
        let (content, taken) = raw(body, left).map_err(|error| match error.kind() {
            Kind::TooLarge => {
                Kind::TooLarge.because(format!("the inflated file has more than {limit} bytes"))
            }
            _ => error,
        })?;
        let (sum, behind) = body[taken..].split_first_chunk().unwrap_or((&[0; 4], &[]));
        sound &= u32::from_le_bytes(*sum) == crc32fast::hash(&content);
        rest = behind.get(4..).unwrap_or_default();
        match out.is_empty() {
            true => out = content,
            false => out.extend_from_slice(&content),
        }
    }
    let message = "the file is compressed";
    warnings.push(Warning::repaired("double-encoded", "", message));
    if !sound {
        let message = "the checksum of the compressed file is wrong; its content was used anyway";
        warnings.push(Warning::repaired("crc-mismatch", "", message));
    }
    if rest.iter().any(|byte| *byte != 0) {
        let message = format!(
            "{} bytes behind the compressed file were left out",
            rest.len()
        );
        warnings.push(Warning::repaired("trailing-bytes", "", message));
    }
    Ok(Some(out))
}

/// What stands behind the header of gzip.
fn unzipped(bytes: &[u8]) -> Option<&[u8]> {
    let (header, mut rest) = bytes.split_first_chunk::<10>()?;
    if !is_gzip(header) {
        return None;
    }
    let flags = header[3];
    if flags & 4 != 0 {
        let (length, more) = rest.split_first_chunk()?;
        rest = more.get(usize::from(u16::from_le_bytes(*length))..)?;
    }
    // A file's name and a note, each with a zero byte behind it.
    for _ in 0..(flags >> 3 & 1) + (flags >> 4 & 1) {
        rest = &rest[memchr::memchr(0, rest)? + 1..];
    }
    rest.get(if flags & 2 != 0 { 2 } else { 0 }..)
}

/// The content of a stream without a header that something else may follow, and how many bytes it took.
///
/// # Errors
/// As [`zlib`].
pub fn raw(bytes: &[u8], limit: usize) -> Result<(Vec<u8>, usize)> {
    stream(bytes, false, limit)
}

fn inflate(bytes: &[u8], header: bool, limit: usize) -> Result<Vec<u8>> {
    stream(bytes, header, limit).map(|(content, _)| content)
}

fn stream(bytes: &[u8], header: bool, limit: usize) -> Result<(Vec<u8>, usize)> {
    let bad = |detail: &str| -> Error { Kind::BadEncoding.because(detail) };
    let mut stream = Decompress::new(header);
    let mut out = Vec::with_capacity(bytes.len().saturating_mul(4).min(limit).min(1 << 20) + 1);
    loop {
        let (read, written) = (stream.total_in(), out.len());
        // `read` counts bytes of the slice, so it fits.
        let status = stream
            .decompress_vec(&bytes[read as usize..], &mut out, FlushDecompress::None)
            .map_err(|error| bad("the compressed text cannot be inflated").caused_by(error))?;
        if out.len() > limit {
            return Err(
                Kind::TooLarge.because(format!("the inflated text has more than {limit} bytes"))
            );
        }
        if status == Status::StreamEnd {
            // `total_in` counts bytes of the slice, so it fits.
            return Ok((out, stream.total_in() as usize));
        }
        if out.len() < out.capacity() && stream.total_in() == read && out.len() == written {
            return Err(bad("the compressed text ends early"));
        }
        if out.len() == out.capacity() {
            // One byte over the limit is enough to know that there is more.
            out.reserve_exact(out.len().clamp(1 << 12, 1 << 23).min(limit - out.len() + 1));
        }
    }
}
