//! What a PNG tells beside its pixels and its card, found and taken out: the words of an image
//! generator, of a camera, of an editor. Everything else stays byte for byte.

use super::embedded;
use super::{Cleaned, Told};
use crate::container::png::{self, Chunk};
use crate::error::{Kind, Limits, Result};
use crate::lore;

/// Chunks without a keyword that tell something of whoever made the picture: Exif, when it was
/// changed, and what signed it.
const TELLING: [&[u8; 4]; 3] = [b"eXIf", b"tIME", b"caBX"];

/// What RisuAI and NovelAI keep in pictures: a persona, a lorebook.
const OTHERS: [&[u8]; 2] = [b"persona", lore::PICTURED];

/// The picture without it.
pub(super) fn clean(image: &[u8], limits: &Limits) -> Result<Cleaned> {
    if image.len() > limits.file {
        return Err(super::over(image.len(), limits));
    }
    if !png::is(image) {
        return Err(Kind::Unsupported.because("only of a PNG it is known what its parts tell"));
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
    let told = layout.chunks.iter().filter(|chunk| goes(chunk));
    let told = told.map(|chunk| Told {
        kind: String::from_utf8_lossy(&chunk.kind).into_owned(),
        name: String::from_utf8_lossy(name(chunk)).into_owned(),
        bytes: chunk.data.len(),
    });
    Ok(Cleaned {
        removed: told.collect(),
        bytes: png::splice(image, &layout, goes, &[])?,
    })
}
