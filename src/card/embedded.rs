//! The card chunks of a PNG: which there are, and which one counts.
//!
//! `ccv3` is preferred over `chara`, as the V3 specification asks. Of several with the
//! same keyword the last one counts: tools that do not remove the old one append the
//! new; but `tEXt` goes before the others, which tools that do not know them leave behind.
//! Chunks behind the end of the image count only when there are none before it.
//! A chunk that cannot be read gives way to the next, and at last to a comment in the Exif.

use super::file::{Asset, Source};
use super::{charx, payload, view};
use crate::container::exif;
use crate::container::png::{self, Layout};
use crate::error::{Error, Kind, Limits, Result, Warning};
use crate::json::{Document, Node};
use crate::order;
use std::collections::HashSet;

/// What the keyword of a card chunk says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Chara,
    Ccv3,
}

impl Role {
    pub const fn keyword(self) -> &'static str {
        match self {
            Role::Chara => "chara",
            Role::Ccv3 => "ccv3",
        }
    }
}

/// A bound on the work that a file full of damaged chunks can make.
const MOST_ATTEMPTS: usize = 8;

/// Bytes that the keyword of a chunk may have.
const LONGEST_KEYWORD: usize = 79;

/// A chunk that should hold a card.
#[derive(Clone, Copy)]
pub(super) struct Chunk<'l> {
    pub role: Role,
    pub chunk: &'l png::Chunk,
}

/// What the chunk's keyword says.
pub(super) fn role(image: &[u8], chunk: &png::Chunk) -> Option<Role> {
    role_of(chunk.keyword(image)?)
}

/// What a keyword says, in any case and with what is no letter of it around it: spaces, the
/// mark of an encoding.
pub(super) fn role_of(keyword: &[u8]) -> Option<Role> {
    let printed = |byte: &u8| byte.is_ascii_graphic();
    let start = keyword.iter().position(printed)?;
    let end = keyword.iter().rposition(printed)? + 1;
    let keyword = &keyword[start..end];
    if keyword.eq_ignore_ascii_case(b"ccv3") {
        Some(Role::Ccv3)
    } else if keyword.eq_ignore_ascii_case(b"chara") || keyword.eq_ignore_ascii_case(b"ccv2") {
        Some(Role::Chara)
    } else {
        None
    }
}

/// The card chunks, the one that counts first.
pub(super) fn cards<'l>(image: &[u8], layout: &'l Layout) -> Vec<Chunk<'l>> {
    let found = layout.chunks.iter().rev().filter_map(|chunk| {
        let role = role(image, chunk).or_else(|| comment(image, chunk))?;
        Some(Chunk { role, chunk })
    });
    let mut cards: Vec<_> = found.collect();
    // Stable: within a role the last of the file stays first.
    order::sort_by_key(&mut cards, |card| {
        let kind = card.chunk.kind;
        (
            kind == *b"eXIf",
            card.chunk.after_end,
            card.role != Role::Ccv3,
            kind != *b"tEXt",
        )
    });
    cards
}

/// The comment of an Exif that looks like a card; most are of photographs.
fn comment(image: &[u8], chunk: &png::Chunk) -> Option<Role> {
    if chunk.kind != *b"eXIf" {
        return None;
    }
    let text = exif::user_comment(&image[chunk.data.clone()])?;
    super::comment::promising(text).then_some(Role::Chara)
}

/// The first of `chunks` that can be read and says anything, and its document; one that
/// says nothing when there is no other.
pub(super) fn first_readable<'l>(
    image: &[u8],
    chunks: &[Chunk<'l>],
    limits: &Limits,
    warnings: &mut Vec<Warning>,
) -> Result<(Chunk<'l>, Document)> {
    let mut first_error: Option<Error> = None;
    let mut hollow = None;
    for card in chunks.iter().take(MOST_ATTEMPTS) {
        let mut noticed = Vec::new();
        match document(image, card, limits, &mut noticed) {
            Ok(document) if view::is_hollow(&document) => {
                hollow.get_or_insert((*card, document, noticed));
            }
            Ok(document) => {
                if let Some((passed, ..)) = hollow {
                    warnings.push(Warning::repaired(
                        "hollow-chunk",
                        passed.role.keyword(),
                        "the chunk holds a card without any text and was passed over",
                    ));
                }
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
    if let Some((card, document, mut noticed)) = hollow {
        warnings.append(&mut noticed);
        return Ok((card, document));
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
    let text = card.chunk.text(image, limits, warnings)?;
    let json = payload::decode(&text, limits, keyword, warnings)?;
    let (document, mut noticed) = Document::read(&json, limits)?;
    let document = payload::unwrapped(document, &mut noticed);
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
    let cards = cards(image, &layout);
    // The two that are written go beside what an image may have.
    let own = cards.iter().filter(|card| card.chunk.kind != *b"eXIf");
    let texts = texts.count() - own.count().min(2);
    if texts > limits.text_chunks {
        let detail = format!(
            "the image has {texts} text chunks, the limit `textChunks` allows {}",
            limits.text_chunks
        );
        return Err(Kind::TooLarge.because(detail));
    }
    if cards.is_empty() && !layout.ended {
        return Err(Kind::CutShort.because("the image ends early, and no card came before that"));
    }
    let (winner, document) = first_readable(image, &cards, limits, warnings)?;
    for role in [Role::Ccv3, Role::Chara] {
        let same = |card: &&Chunk<'_>| card.role == role && card.chunk.kind != *b"eXIf";
        let count = cards.iter().filter(same).count();
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
    differences(image, &cards, &winner, &document, limits, warnings);
    let source = Source {
        chunk: winner.role.keyword(),
        kind: png::text_kind(winner.chunk.kind).or(Some("eXIf")),
        reason: reason(&winner, &cards).to_owned(),
    };
    let assets = assets(image, &layout, limits, warnings);
    missing(&document, &assets, warnings);
    Ok((document, source, assets))
}

/// Tells what the card names and the image does not have.
fn missing(document: &Document, assets: &[Asset], warnings: &mut Vec<Warning>) {
    let mut named = charx::names(document);
    // RisuAI's V2 cards name theirs in a field of its own: lists of a name and an address.
    let own = view::data(document).and_then(|data| data.get("extensions")?.get("risuai"));
    for key in ["emotions", "additionalAssets"] {
        let lists = own.and_then(|own| own.get(key));
        let uris = lists.into_iter().flat_map(Node::items);
        let uris = uris.filter_map(|pair| Some(pair.at(1)?.text()?.into_owned()));
        named.extend(uris.filter(|uri| uri.starts_with("__asset:")));
    }
    order::sort_by(&mut named, String::cmp);
    named.dedup();
    if named.is_empty() {
        return;
    }
    let damaged = warnings.iter().filter(|it| it.code == "damaged-asset");
    let there: HashSet<String> = assets
        .iter()
        .map(|asset| asset.path.clone())
        .chain(damaged.map(|it| it.path.clone()))
        .collect();
    for uri in named.into_iter().filter(|uri| !there.contains(uri)) {
        let message = "the card names an asset that the image does not have";
        warnings.push(Warning::noticed("missing-asset", uri, message));
    }
}

/// Tells when the other keyword's chunk says something else: a tool that knows only one of
/// them changed the card, and the reader may want the other.
fn differences(
    image: &[u8],
    cards: &[Chunk<'_>],
    winner: &Chunk<'_>,
    document: &Document,
    limits: &Limits,
    warnings: &mut Vec<Warning>,
) {
    let others: Vec<Chunk<'_>> = cards
        .iter()
        .filter(|card| card.role != winner.role && card.chunk.kind != *b"eXIf")
        .take(1)
        .copied()
        .collect();
    let Ok((other, theirs)) = first_readable(image, &others, limits, &mut Vec::new()) else {
        return;
    };
    if view::is_hollow(&theirs) {
        return;
    }
    let ours = view::values(document, &mut Vec::new());
    let theirs = view::values(&theirs, &mut Vec::new());
    // What a backfill changes on purpose is not among them.
    let fields: Vec<_> = view::FIELDS
        .iter()
        .zip(ours.iter().zip(&theirs))
        .filter(|(field, (ours, theirs))| {
            matches!(
                field.key,
                "name" | "description" | "personality" | "scenario" | "first_mes" | "mes_example"
            ) && !ours.same(theirs)
        })
        .map(|(field, _)| field.key)
        .collect();
    if !fields.is_empty() {
        let message = format!("this chunk says something else in {}", fields.join(", "));
        warnings.push(Warning::noticed(
            "chunks-differ",
            other.role.keyword(),
            message,
        ));
    }
}

fn reason(winner: &Chunk<'_>, cards: &[Chunk<'_>]) -> &'static str {
    let first = cards.first().map(|card| card.role);
    let both = cards.iter().any(|card| card.role != winner.role);
    match (winner.role, both) {
        _ if cards.len() == 1 => "It is the only card in the image.",
        (Role::Ccv3, true) => "`ccv3` is preferred over `chara`.",
        (Role::Chara, true) if first == Some(Role::Ccv3) => "`ccv3` is damaged or empty.",
        (Role::Chara, true) => "`ccv3` stands behind the end of the image.",
        (_, false) => "It is the last readable one of several.",
    }
}

/// What an asset is called in an image: its own name where a keyword can hold it, or else its
/// number.
pub(super) fn asset_name(path: &str, number: usize) -> String {
    const SCHEMES: [&str; 3] = ["__asset:", "embeded://", "embedded://"];
    let bare = SCHEMES.iter().find_map(|scheme| path.strip_prefix(scheme));
    let bare = bare.unwrap_or(path);
    let plain = bare.bytes().all(|byte| byte.is_ascii_graphic());
    match plain && !bare.is_empty() && asset_keyword(bare).len() <= LONGEST_KEYWORD {
        true => bare.to_owned(),
        false => number.to_string(),
    }
}

/// The keyword of an asset's chunk.
pub(super) fn asset_keyword(name: &str) -> String {
    format!("chara-ext-asset_:{name}")
}

/// The path after `chara-ext-asset_:`; RisuAI once wrote it without the colon.
pub(super) fn asset_path<'b>(image: &'b [u8], chunk: &png::Chunk) -> Option<&'b [u8]> {
    asset_path_of(chunk.keyword(image)?)
}

/// The path in a keyword.
pub(super) fn asset_path_of(keyword: &[u8]) -> Option<&[u8]> {
    const PREFIX: &[u8] = b"chara-ext-asset_";
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
            .text(image, limits, warnings)
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
