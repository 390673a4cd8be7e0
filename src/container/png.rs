//! PNG as a row of chunks: found by their headers, read where they carry text, spliced.
//!
//! The image data is stepped over, never copied and never checked: a reader of words
//! has no business with it. Damage between chunks is jumped over to the next chunk
//! whose checksum holds. Knows nothing of what the texts mean.

use super::exif;
use crate::codec::inflate;
use crate::error::{Kind, Limits, Place, Result, Warning};
use std::borrow::Cow;
use std::ops::Range;

/// The eight bytes every PNG begins with.
pub const SIGNATURE: [u8; 8] = [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n'];

/// Image data is not counted; real files have a few dozen other chunks, with assets some hundreds.
const MOST_CHUNKS: usize = 1 << 16;

/// A chunk other than the image data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chunk {
    /// Its type, such as `tEXt`.
    pub kind: [u8; 4],
    /// All of it: length, type, data, checksum.
    pub place: Range<usize>,
    /// Its data.
    pub data: Range<usize>,
    /// Whether it stands behind `IEND`.
    pub after_end: bool,
    /// False when its length was wrong or the file ends within it.
    pub whole: bool,
}

/// Where everything is in an image.
#[derive(Debug)]
pub struct Layout {
    /// Every chunk but the image data, in order.
    pub chunks: Vec<Chunk>,
    /// Where the first chunk of image data begins.
    pub first_image_data: Option<usize>,
    /// Where the first damage before the end begins that was jumped over.
    pub first_gap: Option<usize>,
    /// Whether there is an `IEND`.
    pub ended: bool,
    /// Where the last whole chunk ends.
    pub end: usize,
}

/// Whether the bytes begin as a PNG does.
pub fn is(bytes: &[u8]) -> bool {
    bytes.starts_with(&SIGNATURE)
}

/// Finds the chunks.
///
/// # Errors
/// `bad-png` without signature or without any chunk, `cut-short` when it ends before
/// the first one does, `too-large` with more than 65,536 chunks.
pub fn walk(bytes: &[u8], warnings: &mut Vec<Warning>) -> Result<Layout> {
    if !is(bytes) {
        return Err(Kind::BadPng.because("the signature is missing"));
    }
    let mut walk = Walk {
        bytes,
        layout: Layout {
            chunks: Vec::new(),
            first_image_data: None,
            first_gap: None,
            ended: false,
            end: SIGNATURE.len(),
        },
        checks_left: bytes.len().saturating_mul(4),
    };
    let (mut gaps, mut trailing) = (0_usize, false);
    let mut at = SIGNATURE.len();
    while at < bytes.len() {
        let header = walk.header(at);
        if let Some((kind, length)) = header {
            let end = at + 12 + length.min(bytes.len());
            if end <= bytes.len() && walk.believable(at, kind, end) {
                walk.add(kind, at..end, at + 8..end - 4, true)?;
                at = end;
                continue;
            }
        }
        let next = walk.resync(at + 1);
        if walk.layout.ended {
            trailing = true;
        } else if next.is_some() {
            walk.layout.first_gap = walk.layout.first_gap.or(Some(at));
            gaps += 1;
        }
        let end = next.unwrap_or(bytes.len());
        match header {
            // The text may still be good, as when only its length is wrong.
            Some((kind, length)) if text_kind(kind).is_some() => {
                let declared = at.saturating_add(8).saturating_add(length);
                let data_end = match next {
                    Some(next) if declared > end || walk.holds(at, next) => {
                        next.saturating_sub(4).max(at + 8)
                    }
                    _ => declared.min(end),
                };
                walk.add(kind, at..end, at + 8..data_end, false)?;
            }
            Some((kind, _)) if kind == *b"IDAT" => {
                walk.layout.first_image_data = walk.layout.first_image_data.or(Some(at))
            }
            _ => {}
        }
        at = end;
    }
    let layout = walk.layout;
    if layout.chunks.is_empty() && layout.first_image_data.is_none() {
        let short = bytes.len() < SIGNATURE.len() + 25;
        let kind = if short { Kind::CutShort } else { Kind::BadPng };
        return Err(kind
            .because("no chunk can be found")
            .at(Place::Byte(SIGNATURE.len())));
    }
    if let Some(first_gap) = layout.first_gap {
        let message = format!("{gaps} places between chunks are damaged and were jumped over");
        warnings.push(Warning::repaired(
            "bad-chunk",
            format!("byte {first_gap}"),
            message,
        ));
    }
    if trailing {
        let path = format!("byte {}", layout.end);
        warnings.push(Warning::noticed(
            "trailing-bytes",
            path,
            "there are bytes after the end of the image",
        ));
    }
    if !layout.ended {
        let path = format!("byte {}", bytes.len());
        warnings.push(Warning::noticed(
            "cut-short",
            path,
            "the image has no end; part of the picture is missing",
        ));
    }
    Ok(layout)
}

struct Walk<'b> {
    bytes: &'b [u8],
    layout: Layout,
    /// How many bytes may still be checksummed to find a way through damage; without
    /// it a hostile file makes every byte the beginning of a long chunk.
    checks_left: usize,
}

impl Walk<'_> {
    /// Type and length, if a header may be here.
    fn header(&self, at: usize) -> Option<([u8; 4], usize)> {
        let [a, b, c, d, kind @ ..] = self.bytes.get(at..)?.first_chunk::<8>()?;
        let length = usize::try_from(u32::from_be_bytes([*a, *b, *c, *d])).ok()?;
        kind.iter()
            .all(u8::is_ascii_alphabetic)
            .then_some((*kind, length))
    }

    /// A length is believed when another chunk or the end follows, or the checksum holds.
    fn believable(&mut self, at: usize, kind: [u8; 4], end: usize) -> bool {
        let rest = self.bytes.len() - end;
        (kind == *b"IEND" && end - at == 12)
            || rest == 0
            || (rest < 8 && !self.layout.ended)
            || self.chunk_follows(end)
            || self.holds(at, end)
    }

    /// Four letters alone prove little: within base64 they are everywhere.
    fn chunk_follows(&self, at: usize) -> bool {
        self.header(at).is_some_and(|(kind, length)| {
            let fits = self
                .bytes
                .len()
                .checked_sub(at + 12)
                .is_some_and(|rest| length <= rest);
            fits || matches!(&kind, b"IDAT" | b"tEXt" | b"zTXt" | b"iTXt")
        })
    }

    fn holds(&mut self, at: usize, end: usize) -> bool {
        let Some(left) = self.checks_left.checked_sub(end - at) else {
            return false;
        };
        self.checks_left = left;
        checksum_holds(self.bytes, &(at..end))
    }

    /// The next chunk whose checksum holds.
    fn resync(&mut self, from: usize) -> Option<usize> {
        let mut at = from;
        loop {
            at += self.bytes.get(at..)?.windows(8).position(|header| {
                matches!(
                    &header[4..],
                    b"tEXt" | b"zTXt" | b"iTXt" | b"IDAT" | b"IEND" | b"eXIf"
                )
            })?;
            let length = self.header(at).map_or(usize::MAX, |(_, length)| length);
            if let Some(end) = at.checked_add(12).and_then(|end| end.checked_add(length))
                && end <= self.bytes.len()
                && self.holds(at, end)
            {
                return Some(at);
            }
            at += 1;
        }
    }

    fn add(
        &mut self,
        kind: [u8; 4],
        place: Range<usize>,
        data: Range<usize>,
        whole: bool,
    ) -> Result<()> {
        let after_end = self.layout.ended;
        if whole && !after_end {
            self.layout.end = place.end;
        }
        if kind == *b"IDAT" {
            self.layout.first_image_data = self.layout.first_image_data.or(Some(place.start));
            return Ok(());
        }
        if self.layout.chunks.len() >= MOST_CHUNKS {
            return Err(
                Kind::TooLarge.because(format!("the image has more than {MOST_CHUNKS} chunks"))
            );
        }
        if kind == *b"IEND" {
            self.layout.ended = true;
        }
        self.layout.chunks.push(Chunk {
            kind,
            place,
            data,
            after_end,
            whole,
        });
        Ok(())
    }
}

fn checksum_holds(bytes: &[u8], place: &Range<usize>) -> bool {
    match bytes
        .get(place.start + 4..place.end)
        .and_then(|rest| rest.split_last_chunk::<4>())
    {
        Some((checked, sum)) => crc32fast::hash(checked) == u32::from_be_bytes(*sum),
        None => false,
    }
}

/// `tEXt`, `zTXt` or `iTXt`.
pub fn text_kind(kind: [u8; 4]) -> Option<&'static str> {
    match &kind {
        b"tEXt" => Some("tEXt"),
        b"zTXt" => Some("zTXt"),
        b"iTXt" => Some("iTXt"),
        _ => None,
    }
}

impl Chunk {
    /// The keyword of a text chunk, as written.
    pub fn keyword<'b>(&self, bytes: &'b [u8]) -> Option<&'b [u8]> {
        text_kind(self.kind)?;
        // A keyword has 1 to 79 bytes; asset paths of RisuAI make it longer.
        let head = &bytes[self.data.clone()];
        let head = &head[..head.len().min(1024)];
        Some(&head[..memchr::memchr(0, head)?])
    }

    /// What a text chunk says, or the comment of a user in an `eXIf`.
    ///
    /// # Errors
    /// `too-large` over `limits.chunk` as stored or `limits.text` inflated; `bad-encoding`.
    pub fn text<'b>(
        &self,
        bytes: &'b [u8],
        limits: &Limits,
        warnings: &mut Vec<Warning>,
    ) -> Result<Cow<'b, [u8]>> {
        if self.data.len() > limits.chunk {
            let detail = format!(
                "the chunk has {} bytes, the limit `chunk` allows {}",
                self.data.len(),
                limits.chunk
            );
            return Err(Kind::TooLarge
                .because(detail)
                .at(Place::Byte(self.place.start)));
        }
        let broken = || {
            Kind::BadEncoding
                .because("the text chunk lacks a part")
                .at(Place::Byte(self.place.start))
        };
        if self.kind == *b"eXIf" {
            let comment = exif::user_comment(&bytes[self.data.clone()]);
            return Ok(Cow::Borrowed(comment.ok_or_else(broken)?));
        }
        let keyword = self.keyword(bytes).ok_or_else(broken)?;
        let rest = &bytes[self.data.start + keyword.len() + 1..self.data.end];
        let (compressed, text) = match (&self.kind, rest) {
            (b"tEXt", text) => (false, text),
            (b"zTXt", [0, text @ ..]) => (true, text),
            // There is one method; what stands in its place is text already.
            (b"zTXt", text) => (true, text),
            (b"iTXt", [flag, _method, rest @ ..]) => {
                let language = memchr::memchr(0, rest).ok_or_else(broken)?;
                let rest = &rest[language + 1..];
                let translated = memchr::memchr(0, rest).ok_or_else(broken)?;
                (*flag != 0, &rest[translated + 1..])
            }
            _ => return Err(broken()),
        };
        if !compressed {
            return Ok(Cow::Borrowed(text));
        }
        let error = match inflate::zlib(text, limits.text) {
            Ok(inflated) => return Ok(Cow::Owned(inflated)),
            Err(error) => error.at(Place::Byte(self.place.start)),
        };
        if error.kind() != Kind::BadEncoding {
            return Err(error);
        }
        let mut told = |message| {
            let path = format!("byte {}", self.place.start);
            warnings.push(Warning::repaired("loose-zlib", path, message));
        };
        let plain = |b: &u8| b.is_ascii_graphic() || b.is_ascii_whitespace();
        if !text.is_empty() && text.iter().all(plain) {
            told("the text is not compressed as the chunk says it is");
            return Ok(Cow::Borrowed(text));
        }
        let bare = inflate::bare(text, limits.text);
        // What stands before it may be the number of a method that there is not.
        let bare = match text {
            [method, text @ ..] if *method > 0 && self.kind == *b"zTXt" => {
                bare.or_else(|refused| match inflate::zlib(text, limits.text) {
                    Err(other) if other.kind() != Kind::TooLarge => Err(refused),
                    tried => tried,
                })
            }
            _ => bare,
        };
        match bare {
            Ok(inflated) => {
                told(
                    "the compressed text has another header than zlib's or none, or its checksum is wrong",
                );
                Ok(Cow::Owned(inflated))
            }
            Err(other) if other.kind() == Kind::TooLarge => Err(other),
            Err(_) => Err(error),
        }
    }

    /// Whether its checksum holds.
    pub fn checksum_holds(&self, bytes: &[u8]) -> bool {
        checksum_holds(bytes, &self.place)
    }
}

/// The image with other texts: chunks that `goes` names are left out, `texts` come in
/// as `tEXt` (keyword and text) before the first text and the first image data, and before
/// damage, which in a longer file could lead past them. Every other byte stays.
///
/// # Errors
/// `too-large` when a text is longer than a chunk can be.
pub fn splice(
    bytes: &[u8],
    layout: &Layout,
    goes: impl Fn(&Chunk) -> bool,
    texts: &[(&str, &[u8])],
) -> Result<Vec<u8>> {
    let is_text = |chunk: &&Chunk| text_kind(chunk.kind).is_some();
    let end = layout
        .chunks
        .iter()
        .find(|chunk| chunk.kind == *b"IEND")
        .map_or(layout.end, |chunk| chunk.place.start);
    let first_text = layout
        .chunks
        .iter()
        .find(is_text)
        .map_or(end, |chunk| chunk.place.start);
    // Nothing may stand before the header.
    let header = layout
        .chunks
        .first()
        .filter(|chunk| chunk.kind == *b"IHDR")
        .map_or(SIGNATURE.len(), |chunk| chunk.place.end);
    let place = first_text
        .min(layout.first_image_data.unwrap_or(end))
        .min(layout.first_gap.unwrap_or(end))
        .min(end)
        .max(header);
    let added: usize = texts
        .iter()
        .map(|(keyword, text)| 13 + keyword.len() + text.len())
        .sum();
    let mut out = Vec::with_capacity(bytes.len() + added);
    let mut at = 0;
    let mut inserted = false;
    for chunk in &layout.chunks {
        if !inserted && chunk.place.start >= place {
            out.extend_from_slice(&bytes[at..place]);
            (at, inserted) = (place, true);
            put_texts(texts, &mut out)?;
        }
        if goes(chunk) {
            out.extend_from_slice(&bytes[at..chunk.place.start]);
            at = chunk.place.end;
        }
    }
    if !inserted {
        out.extend_from_slice(&bytes[at..place]);
        at = place;
        put_texts(texts, &mut out)?;
    }
    out.extend_from_slice(&bytes[at..]);
    Ok(out)
}

fn put_texts(texts: &[(&str, &[u8])], out: &mut Vec<u8>) -> Result<()> {
    for (keyword, text) in texts {
        let length = keyword.len() + 1 + text.len();
        // PNG 5.3: a length is below 2^31.
        let length = i32::try_from(length)
            .map_err(|_| Kind::TooLarge.because("a text is longer than a chunk can be"))?;
        out.extend_from_slice(&length.to_be_bytes());
        let start = out.len();
        out.extend_from_slice(b"tEXt");
        out.extend_from_slice(keyword.as_bytes());
        out.push(0);
        out.extend_from_slice(text);
        let sum = crc32fast::hash(&out[start..]);
        out.extend_from_slice(&sum.to_be_bytes());
    }
    Ok(())
}
