//! The card in the words of a photograph: the Exif of a WebP or a JPEG, or a JPEG's comment.

use super::file::Source;
use super::{payload, view};
use crate::container::{exif, jpeg, webp};
use crate::error::{Error, Kind, Limits, Result, Warning};
use crate::json::Document;

/// Whether a comment looks like a card; most are of photographs.
pub(super) fn promising(text: &[u8]) -> bool {
    let start = text
        .iter()
        .position(|byte| !matches!(byte, 0 | b' ' | b'\t' | b'\r' | b'\n'));
    let text = &text[start.unwrap_or(text.len())..];
    let telling: [&[u8]; 6] = [b"{", b"ey", b"ew", b"123,", b"\xff\xfe{", b"\xfe\xff\0{"];
    telling.iter().any(|start| text.starts_with(start))
}

/// The card of a WebP or JPEG.
pub(super) fn read(
    image: &[u8],
    limits: &Limits,
    warnings: &mut Vec<Warning>,
) -> Result<(Document, Source)> {
    let words = if webp::is(image) {
        webp::words(image)
    } else {
        jpeg::words(image)
    };
    let mut passed: Option<Error> = None;
    for words in &words {
        match one(words, limits, warnings) {
            Some(Ok(found)) => {
                if let Some(error) = passed {
                    let message =
                        format!("other words cannot be read and were passed over: {error}");
                    warnings.push(Warning::repaired("damaged-chunk", found.1.chunk, message));
                }
                return Ok(found);
            }
            Some(Err(error)) => drop(passed.get_or_insert(error)),
            None => {}
        }
    }
    // What is too long for one segment of a JPEG goes on in the next of its kind.
    if words.len() > 1 && jpeg::is(image) {
        let (mut exif, mut comment) = (Vec::new(), Vec::new());
        for part in words {
            match part.strip_prefix(exif::MARK) {
                Some(rest) if exif.is_empty() => exif.extend([exif::MARK, rest].concat()),
                Some(rest) => exif.extend_from_slice(rest),
                None => comment.extend_from_slice(part),
            }
        }
        for words in [exif, comment] {
            if let Some(Ok(found)) = one(&words, limits, warnings) {
                let message = "the card is cut into several segments and was put together";
                warnings.push(Warning::repaired("split-text", found.1.chunk, message));
                return Ok(found);
            }
        }
    }
    Err(passed.unwrap_or_else(|| Kind::NoCard.because("the image has no card in its words")))
}

/// Of each of some words, whether they are a card.
pub(super) fn cards<'w>(words: impl Iterator<Item = &'w [u8]>, limits: &Limits) -> Vec<bool> {
    words
        .map(|words| matches!(one(words, limits, &mut Vec::new()), Some(Ok(_))))
        .collect()
}

/// The card in some words; `None` when they do not look like one.
fn one(
    words: &[u8],
    limits: &Limits,
    warnings: &mut Vec<Warning>,
) -> Option<Result<(Document, Source)>> {
    let (chunk, text) = match exif::user_comment(words) {
        Some(text) => ("UserComment", text),
        None => ("comment", words),
    };
    if !promising(text) {
        return None;
    }
    let mut noticed = Vec::new();
    let document = document(text, chunk, limits, &mut noticed);
    Some(document.map(|document| {
        warnings.append(&mut noticed);
        let source = Source {
            chunk,
            kind: Some(if chunk == "comment" { "COM" } else { "Exif" }),
            reason: "It is the only card in the image.".to_owned(),
        };
        (document, source)
    }))
}

fn document(
    text: &[u8],
    path: &str,
    limits: &Limits,
    warnings: &mut Vec<Warning>,
) -> Result<Document> {
    // Plain JSON is what is usual here, so it is no repair.
    let json = payload::decode(text, limits, path, &mut Vec::new())?;
    let (document, mut noticed) = Document::read(&json, limits)?;
    let document = payload::unwrapped(document, &mut noticed);
    if !view::is_card(&document, false) {
        return Err(Kind::NoCard.because("the image's words are JSON that is no card"));
    }
    warnings.append(&mut noticed);
    Ok(document)
}
