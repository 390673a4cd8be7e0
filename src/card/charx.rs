//! CHARX: a ZIP with `card.json` and the binaries that the card names, sometimes behind a picture.
//!
//! Paths in an archive are names here and nothing else: who makes files of them has
//! been told when one leads out of its folder.

use super::container::Container;
use super::file::{Asset, Found, Source};
use super::{payload, view};
use crate::backyard::Shelf;
use crate::container::zip::{self, Archive, Entry};
use crate::container::{jpeg, png, webp};
use crate::error::{Kind, Limits, Result, Warning};
use crate::json::Document;
use crate::order;
use std::collections::{HashMap, HashSet};

pub(super) const CARD: &str = "card.json";
/// How the card names what is in the archive, as the specification spells it first.
pub(super) const SCHEMES: [&str; 4] = ["embeded://", "embedded://", "__asset:", ""];
/// A bound on the texts that are looked at to find a card that is not in its place.
const MOST_ATTEMPTS: usize = 8;

/// The card of an archive, with its assets; `None` when there is no archive.
pub(super) fn read(
    bytes: &[u8],
    limits: &Limits,
    warnings: &mut Vec<Warning>,
) -> Result<Option<Found>> {
    let Some(archive) = zip::read(bytes, limits, warnings)? else {
        return Ok(None);
    };
    let mut budget = limits.archive;
    let named = |name: &str| archive.entries.iter().any(|entry| entry.name == name);
    let shelf = Shelf {
        bytes,
        archive: &archive,
        limits,
    };
    if !named(CARD)
        && let Some(manifest) = shelf.manifest(&mut budget)
    {
        let (document, path) = shelf.card(&manifest, &mut budget, warnings)?;
        let assets = shelf.assets(&mut budget, warnings);
        return Ok(Some(Found {
            document,
            container: Container::Byaf,
            source: Source {
                chunk: "manifest.json",
                kind: None,
                reason: format!("It was made of the Backyard character in `{path}`."),
            },
            assets,
        }));
    }
    let (card, document) = card(bytes, &archive, &mut budget, limits, warnings)?;
    let reason = match (archive.start, card.name == CARD) {
        (0, true) => "It is the card of the archive.".to_owned(),
        (0, false) => format!("The archive has its card in `{}`.", card.name),
        (start, _) => format!("It is the card of the archive that begins at byte {start}."),
    };
    if card.name != CARD {
        let message = "the card is not `card.json` at the root of the archive";
        warnings.push(Warning::repaired(
            "misplaced-card",
            card.name.as_str(),
            message,
        ));
    }
    let assets = assets(
        bytes,
        &archive,
        card,
        &document,
        &mut budget,
        limits,
        warnings,
    );
    let source = Source {
        chunk: CARD,
        kind: None,
        reason,
    };
    Ok(Some(Found {
        document,
        container: Container::Charx,
        source,
        assets,
    }))
}

/// The entry that is the card: `card.json` at the root, in any case, in a folder, and at
/// last any JSON that is one.
pub(super) fn card<'a>(
    bytes: &[u8],
    archive: &'a Archive,
    budget: &mut usize,
    limits: &Limits,
    warnings: &mut Vec<Warning>,
) -> Result<(&'a Entry, Document)> {
    let rank = |entry: &Entry| {
        let name = path(&entry.name).to_ascii_lowercase();
        let depth = name.matches('/').count();
        match name.rsplit('/').next() {
            _ if entry.name == CARD => Some((0, 0)),
            Some(CARD) => Some((1, depth)),
            Some(base) if base.ends_with(".json") => Some((2, depth)),
            _ => None,
        }
    };
    let mut texts: Vec<_> = archive
        .entries
        .iter()
        .filter_map(|entry| rank(entry).map(|rank| (rank, entry)))
        .collect();
    // Of two of one name the last counts, as with everything else in an archive.
    order::sort_by_key(&mut texts, |(rank, _)| *rank);
    let own = texts.partition_point(|(rank, _)| *rank == (0, 0));
    texts[..own].reverse();
    let mut first_error = None;
    for (_, entry) in texts.into_iter().take(MOST_ATTEMPTS) {
        let mut noticed = Vec::new();
        match document(bytes, entry, budget, limits, &mut noticed) {
            Ok(document) => {
                warnings.append(&mut noticed);
                if own > 1 {
                    let message = "the archive has several; the last one that is readable counts";
                    warnings.push(Warning::noticed("duplicate-entry", CARD, message));
                }
                return Ok((entry, document));
            }
            Err(error) => drop(first_error.get_or_insert(error)),
        }
    }
    Err(first_error.unwrap_or_else(|| Kind::NoCard.because("the archive has no `card.json`")))
}

fn document(
    bytes: &[u8],
    entry: &Entry,
    budget: &mut usize,
    limits: &Limits,
    warnings: &mut Vec<Warning>,
) -> Result<Document> {
    let text = entry.content(bytes, budget, limits, warnings)?;
    if text.starts_with(b"rcc||") {
        return Err(Kind::Unsupported.because("the card is encrypted by RisuAI"));
    }
    let (document, mut noticed) = Document::read(&text, limits)?;
    let document = payload::unwrapped(document, &mut noticed);
    if !view::is_card(&document, false) {
        return Err(Kind::NoCard.because(format!("{} is no card", entry.name)));
    }
    warnings.append(&mut noticed);
    Ok(document)
}

/// Everything else in the archive, under the name the card has for it.
fn assets(
    bytes: &[u8],
    archive: &Archive,
    card: &Entry,
    document: &Document,
    budget: &mut usize,
    limits: &Limits,
    warnings: &mut Vec<Warning>,
) -> Vec<Asset> {
    let mut named = names(document);
    let folder = card.name.rfind('/').map_or("", |end| &card.name[..=end]);
    // An older card of the same name is no asset.
    let is_card =
        |entry: &Entry| std::ptr::eq(entry, card) || (card.name == CARD && entry.name == CARD);
    let others: Vec<&Entry> = archive
        .entries
        .iter()
        .filter(|entry| !is_card(entry))
        .collect();
    // A card in a folder names what is in that folder.
    let beside = |entry: &Entry| -> String {
        let name = entry.name.strip_prefix(folder).unwrap_or(&entry.name);
        name.to_owned()
    };
    let mut paths: Vec<Option<String>> = others
        .iter()
        .map(|entry| {
            let near = beside(entry);
            let found = named.iter().position(|uri| resolves(uri, &near));
            let at = found.or(named.iter().position(|uri| resolves(uri, &entry.name)))?;
            Some(named.swap_remove(at))
        })
        .collect();
    // What is in no place that the card names may be in another by the same name, once.
    if !named.is_empty() {
        let mut counts: HashMap<String, usize> = HashMap::new();
        for entry in &others {
            *counts.entry(file_name(&entry.name)).or_default() += 1;
        }
        for (path, entry) in paths.iter_mut().zip(&others) {
            let name = file_name(&entry.name);
            if path.is_none() && counts[&name] == 1 {
                let at = named.iter().position(|uri| file_name(uri) == name);
                *path = at.map(|at| named.swap_remove(at));
            }
        }
    }
    let mut assets: Vec<Asset> = Vec::new();
    let mut seen = HashSet::new();
    for (entry, named) in others.into_iter().zip(paths) {
        let safe = path(&entry.name);
        if safe != entry.name {
            let message = "the path leads out of its folder, or is spelled unusually";
            warnings.push(Warning::repaired("odd-path", entry.name.as_str(), message));
        }
        if safe == "module.risum" {
            let message = "the module of RisuAI is kept and not read";
            warnings.push(Warning::noticed(
                "unread-module",
                entry.name.as_str(),
                message,
            ));
        }
        let path = named.unwrap_or_else(|| format!("{}{safe}", SCHEMES[0]));
        match entry.content(bytes, budget, limits, warnings) {
            Ok(content) => {
                if !seen.insert(path.clone()) {
                    let message = "the archive has two entries of this name; the last one counts";
                    warnings.push(Warning::noticed("duplicate-entry", path.as_str(), message));
                    assets.retain(|asset| asset.path != path);
                }
                assets.push(Asset {
                    path,
                    bytes: content.into_owned(),
                });
            }
            Err(error) => {
                let message = format!("the asset cannot be read and was left out: {error}");
                warnings.push(Warning::noticed("damaged-asset", path, message));
            }
        }
    }
    for uri in named {
        let message = "the card names an asset that the archive does not have";
        warnings.push(Warning::noticed("missing-asset", uri, message));
    }
    assets
}

/// The names that the card has for what comes along with it.
pub(super) fn names(document: &Document) -> Vec<String> {
    let assets = view::data(document).and_then(|data| data.get("assets"));
    let uri = |asset: crate::json::Node<'_>| Some(asset.get("uri")?.text()?.into_owned());
    let inside = |uri: &String| {
        let lower = uri.to_ascii_lowercase();
        SCHEMES[..3].iter().any(|scheme| lower.starts_with(scheme))
    };
    let mut names: Vec<String> = assets
        .into_iter()
        .flat_map(|assets| assets.items())
        .filter_map(uri)
        .filter(inside)
        .collect();
    order::sort_by(&mut names, String::cmp);
    names.dedup();
    names
}

/// Whether an entry is what a name means: by its path, by the path as RisuAI cleans it for
/// the archive but not in the card, and at last by the file's own name.
fn resolves(uri: &str, entry: &str) -> bool {
    let lower = uri.to_ascii_lowercase();
    let scheme = SCHEMES.iter().find(|scheme| lower.starts_with(**scheme));
    let wanted = path(&uri[scheme.map_or(0, |scheme| scheme.len())..]);
    let entry = path(entry);
    entry == wanted
        || clean(&entry) == clean(&wanted)
        || (!wanted.contains('/') && file_name(&entry) == clean(&wanted))
}

/// A name as RisuAI cleans it for the archive.
pub(super) fn clean(name: &str) -> String {
    let odd = |c: char| {
        matches!(
            c,
            '<' | '>' | ':' | '"' | '\\' | '|' | '?' | '*' | '\0'..='\x1f'
        )
    };
    name.chars().map(|c| if odd(c) { '_' } else { c }).collect()
}

/// What stands behind the last slash, cleaned.
fn file_name(path: &str) -> String {
    clean(path.rsplit(['/', '\\']).next().unwrap_or_default())
}

/// A path without what leads out of its folder.
pub(super) fn path(name: &str) -> String {
    let parts = name
        .split(['/', '\\'])
        .filter(|part| !matches!(*part, "" | "." | ".."));
    parts.collect::<Vec<_>>().join("/")
}

/// The picture that stands for the character: the icon called `main`, or the first icon that
/// is there and a picture, or the first picture there is.
pub(super) fn icon<'a>(document: &Document, assets: &'a [Asset]) -> Option<&'a [u8]> {
    let listed = view::data(document).and_then(|data| data.get("assets"));
    let icons: Vec<_> = listed
        .into_iter()
        .flat_map(|listed| listed.items())
        .filter_map(|asset| {
            let text = |name| asset.get(name).and_then(|value| value.text());
            let icon = text("type")?.eq_ignore_ascii_case("icon");
            let main = text("name").is_some_and(|name| name.eq_ignore_ascii_case("main"));
            let uri = text("uri").filter(|_| icon)?;
            Some((main, assets.iter().find(|asset| asset.path == uri)?))
        })
        .collect();
    let picture =
        |asset: &&Asset| png::is(&asset.bytes) || webp::is(&asset.bytes) || jpeg::is(&asset.bytes);
    let named = |main| icons.iter().filter(move |(of, _)| *of == main);
    let mut ranked = named(true).chain(named(false)).map(|(_, asset)| *asset);
    let found = ranked.clone().find(picture).or(ranked.next());
    found
        .or_else(|| assets.iter().find(picture))
        .map(|asset| asset.bytes.as_slice())
}
