//! The card in the words of a photograph: the Exif of a WebP or a JPEG, or a JPEG's comment.

use super::{Source, payload, view};
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
        webp::exif(image).into_iter().collect()
    } else {
        jpeg::words(image)
    };
    let mut first_error: Option<Error> = None;
    for words in words {
        let (chunk, text) = match exif::user_comment(words) {
            Some(text) => ("UserComment", text),
            None => ("comment", words),
        };
        if !promising(text) {
            continue;
        }
        let mut noticed = Vec::new();
        match document(text, chunk, limits, &mut noticed) {
            Ok(document) => {
                warnings.append(&mut noticed);
                let source = Source {
                    chunk,
                    kind: Some(if chunk == "comment" { "COM" } else { "Exif" }),
                    reason: "It is the only card in the image.".to_owned(),
                };
                return Ok((document, source));
            }
            Err(error) => drop(first_error.get_or_insert(error)),
        }
    }
    Err(first_error.unwrap_or_else(|| Kind::NoCard.because("the image has no card in its words")))
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
