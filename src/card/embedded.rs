//! The card chunks of a PNG: which there are, and which one counts.
//!
//! `ccv3` is preferred over `chara`, as the V3 specification asks. Of several with the
//! same keyword the last one counts: tools that do not remove the old one append the
//! new. Chunks behind the end of the image count only when there are none before it.
//! A chunk that cannot be read gives way to the next.

use super::{Asset, Role, Source, payload, view};
use crate::container::png::{self, Layout};
use crate::error::{Error, Kind, Limits, Result, Warning};
use crate::json::Document;

/// A bound on the work that a file full of damaged chunks can make.
const MOST_ATTEMPTS: usize = 8;

/// A chunk that should hold a card.
#[derive(Clone, Copy)]
pub(super) struct Chunk<'l> {
    pub role: Role,
    pub chunk: &'l png::Chunk,
}

/// What the keyword says, in any case and with spaces around it.
pub(super) fn role(image: &[u8], chunk: &png::Chunk) -> Option<Role> {
    let keyword = chunk.keyword(image)?.trim_ascii();
    if keyword.eq_ignore_ascii_case(b"ccv3") {
        Some(Role::Ccv3)
    } else if keyword.eq_ignore_ascii_case(b"chara") {
        Some(Role::Chara)
    } else {
        None
    }
}

/// The card chunks, the one that counts first.
pub(super) fn cards<'l>(image: &[u8], layout: &'l Layout) -> Vec<Chunk<'l>> {
    let found = layout.chunks.iter().rev().filter_map(|chunk| {
        Some(Chunk {
            role: role(image, chunk)?,
            chunk,
        })
    });
    let mut cards: Vec<_> = found.collect();
    // Stable: within a role the last of the file stays first.
    cards.sort_by_key(|card| (card.chunk.after_end, card.role != Role::Ccv3));
    cards
}

/// The first of `chunks` that can be read, and its document.
pub(super) fn first_readable<'l>(
    image: &[u8],
    chunks: &[Chunk<'l>],
    limits: &Limits,
    warnings: &mut Vec<Warning>,
) -> Result<(Chunk<'l>, Document)> {
    let mut first_error: Option<Error> = None;
    for card in chunks.iter().take(MOST_ATTEMPTS) {
        let mut noticed = Vec::new();
        match document(image, card, limits, &mut noticed) {
            Ok(document) => {
                warnings.append(&mut noticed);
                return Ok((*card, document));
            }
            Err(error) => {
                let message = format!("the chunk cannot be read and was passed over: {error}");
                warnings.push(Warning::repaired(
                    "damaged-chunk",
                    card.role.keyword(),
                    message,
                ));
                first_error.get_or_insert(error);
            }
        }
    }
    Err(first_error
        .unwrap_or_else(|| Kind::NoCard.because("the image has no `chara` or `ccv3` chunk")))
}

fn document(
    image: &[u8],
    card: &Chunk<'_>,
    limits: &Limits,
    warnings: &mut Vec<Warning>,
) -> Result<Document> {
    let keyword = card.role.keyword();
    let text = card.chunk.text(image, limits)?;
    let json = payload::decode(&text, limits, keyword, warnings)?;
    let (document, mut noticed) = Document::read(&json, limits)?;
    if !view::is_card(&document, false) {
        return Err(
            Kind::NoCard.because(format!("the chunk `{keyword}` holds JSON that is no card"))
        );
    }
    warnings.append(&mut noticed);
    if !card.chunk.checksum_holds(image) {
        warnings.push(Warning::repaired(
            "crc-mismatch",
            keyword,
            "the chunk's checksum is wrong; its content was used anyway",
        ));
    }
    Ok(document)
}

/// The card of an image, with its assets.
pub(super) fn read(
    image: &[u8],
    limits: &Limits,
    warnings: &mut Vec<Warning>,
) -> Result<(Document, Source, Vec<Asset>)> {
    let layout = png::walk(image, warnings)?;
    let texts = layout
        .chunks
        .iter()
        .filter(|chunk| png::text_kind(chunk.kind).is_some() && asset_path(image, chunk).is_none());
    let texts = texts.count();
    if texts > limits.text_chunks {
        let detail = format!(
            "the image has {texts} text chunks, the limit `textChunks` allows {}",
            limits.text_chunks
        );
        return Err(Kind::TooLarge.because(detail));
    }
    let cards = cards(image, &layout);
    if cards.is_empty() && !layout.ended {
        return Err(Kind::CutShort.because("the image ends early, and no card came before that"));
    }
    let (winner, document) = first_readable(image, &cards, limits, warnings)?;
    for role in [Role::Ccv3, Role::Chara] {
        let count = cards.iter().filter(|card| card.role == role).count();
        if count > 1 {
            let message = format!(
                "there are {count} chunks with this keyword; the last one that is readable counts"
            );
            warnings.push(Warning::noticed("duplicate-chunk", role.keyword(), message));
        }
    }
    if winner.chunk.after_end {
        warnings.push(Warning::repaired(
            "after-end",
            winner.role.keyword(),
            "the card stands behind the end of the image",
        ));
    }
    let source = Source {
        chunk: winner.role.keyword(),
        kind: png::text_kind(winner.chunk.kind),
        reason: reason(&winner, &cards).to_owned(),
    };
    Ok((document, source, assets(image, &layout, limits, warnings)))
}

fn reason(winner: &Chunk<'_>, cards: &[Chunk<'_>]) -> &'static str {
    let first = cards.first().map(|card| card.role);
    let both = cards.iter().any(|card| card.role != winner.role);
    match (winner.role, both) {
        _ if cards.len() == 1 => "It is the only card in the image.",
        (Role::Ccv3, true) => "`ccv3` is preferred over `chara`.",
        (Role::Chara, true) if first == Some(Role::Ccv3) => "`ccv3` is damaged.",
        (Role::Chara, true) => "`ccv3` stands behind the end of the image.",
        (_, false) => "It is the last readable one of several.",
    }
}

/// The path after `chara-ext-asset_:`; RisuAI once wrote it without the colon.
fn asset_path<'b>(image: &'b [u8], chunk: &png::Chunk) -> Option<&'b [u8]> {
    const PREFIX: &[u8] = b"chara-ext-asset_";
    let keyword = chunk.keyword(image)?;
    let (prefix, path) = keyword.split_at_checked(PREFIX.len())?;
    prefix
        .eq_ignore_ascii_case(PREFIX)
        .then(|| path.strip_prefix(b":").unwrap_or(path))
}

fn assets(
    image: &[u8],
    layout: &Layout,
    limits: &Limits,
    warnings: &mut Vec<Warning>,
) -> Vec<Asset> {
    let mut assets = Vec::new();
    for chunk in &layout.chunks {
        let Some(path) = asset_path(image, chunk) else {
            continue;
        };
        let path = format!("__asset:{}", String::from_utf8_lossy(path));
        match chunk
            .text(image, limits)
            .and_then(|text| payload::asset(&text))
        {
            Ok(bytes) => assets.push(Asset { path, bytes }),
            Err(error) => {
                let message = format!("the asset cannot be read and was left out: {error}");
                warnings.push(Warning::noticed("damaged-asset", path, message));
            }
        }
    }
    assets
}
