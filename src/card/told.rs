//! What a picture tells beside its pixels and its card, found and taken out: the words of an image
//! generator, of a camera, of an editor. Everything else stays byte for byte.

use super::read::{over, read};
use super::{charx, comment, embedded};
use crate::container::png::{self, Chunk};
use crate::container::{exif, jpeg, media, webp, zip};
use crate::error::{Kind, Limits, Result};
use crate::json::Document;
use crate::lore;
use std::ops::Range;

/// A picture without what it tells beside its pixels and its card.
#[derive(Debug)]
pub struct Cleaned {
    /// The picture.
    pub bytes: Vec<u8>,
    /// What is not in it any more.
    pub removed: Vec<Told>,
}

/// A part of a picture that tells something.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Told {
    /// Of a PNG `tEXt`, `zTXt`, `iTXt`, `eXIf`, `tIME` or `caBX`, of a JPEG `APP1` to `APP15` or `COM`,
    /// of a WebP `EXIF`, `XMP` or `C2PA`; `trailer` for what stood behind the picture's end.
    pub kind: String,
    /// A text's keyword: `parameters`, `Software`; what a JPEG calls such a part: `Exif`; the
    /// media type of a trailer that is known: `video/mp4`; else empty.
    pub name: String,
    /// How many bytes it had.
    pub bytes: usize,
}

/// Chunks without a keyword that tell something of whoever made the picture: Exif, when it was
/// changed, and what signed it.
const TELLING: [&[u8; 4]; 3] = [b"eXIf", b"tIME", b"caBX"];

/// What RisuAI and NovelAI keep in pictures: a persona, a lorebook.
const OTHERS: [&[u8]; 2] = [b"persona", lore::PICTURED];

/// The picture without it.
pub(super) fn clean(image: &[u8], limits: &Limits) -> Result<Cleaned> {
    if image.len() > limits.file {
        return Err(over(image.len(), limits));
    }
    if jpeg::is(image) {
        return photograph(image, limits);
    }
    if webp::is(image) {
        return webp(image, limits);
    }
    if !png::is(image) {
        let detail = "only of PNG, JPEG and WebP it is known what their parts tell";
        return Err(Kind::Unsupported.because(detail));
    }
    let layout = png::walk(image, &mut Vec::new())?;
    // A card that is nowhere else stays in the Exif.
    let cards = embedded::cards(image, &layout);
    let alone = cards.iter().all(|card| card.chunk.kind == *b"eXIf");
    let kept = |chunk: &Chunk| alone && cards.iter().any(|card| card.chunk == chunk);
    let name = |chunk: &Chunk| chunk.keyword(image).unwrap_or_default();
    let goes = |chunk: &Chunk| match png::text_kind(chunk.kind) {
        Some(_) => {
            let own = embedded::role(image, chunk).is_some()
                || embedded::asset_path(image, chunk).is_some()
                || OTHERS
                    .iter()
                    .any(|own| name(chunk).eq_ignore_ascii_case(own));
            !own
        }
        None => TELLING.contains(&&chunk.kind) && !kept(chunk),
    };
    let last = layout.chunks.iter().find(|chunk| chunk.kind == *b"IEND");
    let mut behind = last.map_or(image.len(), |last| last.place.end);
    let archive = archive(image, behind, limits).unwrap_or(image.len());
    let mut cut = Cut::of(image);
    for chunk in &layout.chunks {
        // What an archive holds may be pictures too.
        if chunk.place.start >= archive {
            break;
        }
        let goes = goes(chunk);
        if chunk.after_end && (goes || kept(chunk) || png::text_kind(chunk.kind).is_some()) {
            cut.trailer(behind..chunk.place.start);
            behind = chunk.place.end.min(archive);
        }
        if goes {
            let kind = String::from_utf8_lossy(&chunk.kind).into_owned();
            let place = chunk.place.start..chunk.place.end.min(archive);
            cut.out(&place, kind, name(chunk), chunk.data.len());
        }
    }
    cut.trailer(behind..archive);
    Ok(cut.end())
}

/// Where an archive begins behind the end of a picture that has a card in it.
fn archive(image: &[u8], end: usize, limits: &Limits) -> Option<usize> {
    if end >= image.len() {
        return None;
    }
    let card = charx::read(image, limits, &mut Vec::new()).ok()?;
    let archive = zip::read(image, limits, &mut Vec::new()).ok()?;
    Some(archive.filter(|_| card.is_some())?.start.max(end))
}

/// From where on the card stays that stands behind the end of a picture.
fn card_behind(image: &[u8], end: usize, limits: &Limits) -> Option<usize> {
    let found = |bytes: &[u8]| read(bytes, limits).ok().map(|file| file.document);
    let before = |whole: &Document| {
        let card = found(image.get(..end)?)?;
        (card.bytes() == whole.bytes()).then_some(())
    };
    archive(image, end, limits).or_else(|| {
        let whole = found(image).filter(|_| end < image.len())?;
        before(&whole).is_none().then_some(end)
    })
}

/// A JPEG without it. What says how its colours are meant and how it has to be turned stays.
fn photograph(image: &[u8], limits: &Limits) -> Result<Cleaned> {
    const COMMENT: u8 = 0xfe;
    let missing = || Kind::CutShort.because("the segments of the image lead to no picture");
    let (segments, end) = jpeg::segments(image).ok_or_else(missing)?;
    // Words between scans are nobody's card.
    let before = segments.iter().take_while(|one| !one.is_scan()).count();
    let words = |segment: &jpeg::Segment| &image[segment.data.clone()];
    let mut cards = comment::cards(segments[..before].iter().map(words), limits);
    // A card that is cut into several segments: all that may be of it.
    if !cards.contains(&true)
        && let Ok((_, source)) = comment::read(image, limits, &mut Vec::new())
    {
        let within = |segment: &jpeg::Segment| match source.kind {
            Some("COM") => segment.marker == COMMENT,
            _ => words(segment).starts_with(exif::MARK),
        };
        cards = segments[..before].iter().map(within).collect();
    }
    cards.resize(segments.len(), false);
    let mut cut = Cut::of(image);
    for (segment, card) in segments.iter().zip(cards) {
        let words = words(segment);
        let turned = exif::orientation(words).map(exif::of_orientation);
        let harmless = match segment.marker {
            0xe0 => words.starts_with(b"JFIF\0"),
            0xe1 => turned.as_deref() == Some(words),
            0xe2 => words.starts_with(b"ICC_PROFILE\0"),
            0xee => words.starts_with(b"Adobe"),
            marker => !matches!(marker, 0xe3..=0xef | COMMENT),
        };
        if harmless || card {
            continue;
        }
        let name = words.split(|byte| *byte == 0).next().unwrap_or_default();
        let (kind, name) = match segment.marker {
            COMMENT => ("COM".to_owned(), &[][..]),
            marker => (format!("APP{}", marker - 0xe0), &name[..name.len().min(64)]),
        };
        cut.out(&segment.whole, kind, name, words.len());
        if let Some(exif) = turned.filter(|_| words.starts_with(exif::MARK)) {
            // Its length, which counts itself.
            cut.bytes
                .extend([0xff, segment.marker, 0, exif.len() as u8 + 2]);
            cut.bytes.extend(exif);
        }
    }
    let end = end.unwrap_or(image.len());
    cut.trailer(end..card_behind(image, end, limits).unwrap_or(image.len()));
    Ok(cut.end())
}

/// A WebP without it.
fn webp(image: &[u8], limits: &Limits) -> Result<Cleaned> {
    /// What the header of a larger WebP says of them.
    const FLAGS: [(&[u8; 4], u8); 2] = [(b"EXIF", 8), (b"XMP ", 4)];
    let missing = || Kind::CutShort.because("the chunks of the image lead over its end");
    let chunks = webp::chunks(image).ok_or_else(missing)?;
    let picture = |chunk: &webp::Chunk| matches!(&chunk.kind, b"VP8 " | b"VP8L" | b"ANMF");
    // By a wrong length the picture would stand behind its own end.
    if !chunks.iter().any(picture) {
        return Err(missing());
    }
    let words = |chunk: &webp::Chunk| &image[chunk.data.clone()];
    let cards = comment::cards(chunks.iter().map(words), limits);
    let mut cut = Cut::of(image);
    let mut flags = 0;
    for (chunk, card) in chunks.iter().zip(cards) {
        let flag = FLAGS.iter().find(|(kind, _)| **kind == chunk.kind);
        if card && chunk.kind == *b"EXIF" {
            flags |= 8;
        } else if flag.is_some() || chunk.kind == *b"C2PA" {
            let kind = String::from_utf8_lossy(&chunk.kind);
            cut.out(&chunk.whole, kind.trim().to_owned(), b"", chunk.data.len());
        }
    }
    // Where nothing was cut nothing was taken over yet.
    let removed = cut.at - cut.bytes.len();
    let end = webp::end(image);
    cut.trailer(end..card_behind(image, end, limits).unwrap_or(image.len()));
    let mut cleaned = cut.end();
    if removed > 0 {
        let length = end.saturating_sub(8 + removed) as u32;
        cleaned.bytes[4..8].copy_from_slice(&length.to_le_bytes());
        // It is the first chunk where there is one.
        if let Some(first) = chunks.first().filter(|chunk| chunk.kind == *b"VP8X")
            && let Some(told) = cleaned.bytes.get_mut(first.data.start)
        {
            *told = *told & !12 | flags;
        }
    }
    Ok(cleaned)
}

/// A picture from which parts are cut, from the first to the last.
struct Cut<'i> {
    image: &'i [u8],
    at: usize,
    bytes: Vec<u8>,
    removed: Vec<Told>,
}

impl Cut<'_> {
    fn of(image: &[u8]) -> Cut<'_> {
        Cut {
            image,
            at: 0,
            bytes: Vec::with_capacity(image.len()),
            removed: Vec::new(),
        }
    }

    fn out(&mut self, part: &Range<usize>, kind: String, name: &[u8], bytes: usize) {
        self.bytes
            .extend_from_slice(&self.image[self.at..part.start]);
        self.at = part.end;
        self.removed.push(Told {
            kind,
            name: String::from_utf8_lossy(name).into_owned(),
            bytes,
        });
    }

    /// Takes out a stretch behind the picture's end.
    fn trailer(&mut self, part: Range<usize>) {
        let Some(bytes) = self.image.get(part.clone()).filter(|it| !it.is_empty()) else {
            return;
        };
        let kind = media::kind(bytes).unwrap_or_default();
        self.out(&part, "trailer".to_owned(), kind.as_bytes(), bytes.len());
    }

    fn end(mut self) -> Cleaned {
        self.bytes.extend_from_slice(&self.image[self.at..]);
        Cleaned {
            removed: self.removed,
            bytes: self.bytes,
        }
    }
}
