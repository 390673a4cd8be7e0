//! A card put into an archive, behind a picture where it stood there.

use super::charx::{CARD, SCHEMES, card, clean, path};
use super::container::Container;
use super::file::{Asset, WriteOptions};
use super::{read, view};
use crate::container::zip::{self, Archive, Entry, File, Stored};
use crate::container::{jpeg, png, webp};
use crate::error::{Kind, Result};
use crate::json::Document;
use std::borrow::Cow;
use std::collections::HashSet;

/// The card in an archive made of another file: of an archive, where the other entries keep
/// their order and content and what stands before it stays there; or of a picture, which
/// becomes the icon.
pub(super) fn into(
    document: &Document,
    file: &[u8],
    options: &WriteOptions<'_>,
) -> Result<Vec<u8>> {
    let limits = &options.limits;
    let container = if png::is(file) {
        Container::Png
    } else if webp::is(file) {
        Container::Webp
    } else if jpeg::is(file) {
        Container::Jpeg
    } else {
        Container::Charx
    };
    // Where the picture has a card of its own, nobody looks behind it.
    let is_told = || read::read(file, limits).is_ok_and(|found| found.container.is_image());
    match zip::read(file, limits, &mut Vec::new()) {
        Ok(Some(archive)) if !container.is_image() => replace(document, file, &archive, options),
        Ok(Some(archive)) if !is_told() => {
            let written = replace(document, file, &archive, options)?;
            // A damaged picture may have words where what is behind it is no longer what it was.
            let again = read::read(&written, limits);
            if again.is_ok_and(|again| again.document.bytes() == document.bytes()) {
                return Ok(written);
            }
            around(document, file, container, options.assets)
        }
        // What only looks like an archive behind a picture stays behind it.
        _ if container.is_image() => around(document, file, container, options.assets),
        Ok(_) => Err(Kind::Unsupported.because("the file is neither a picture nor an archive")),
        Err(error) => Err(error),
    }
}

fn replace(
    document: &Document,
    bytes: &[u8],
    archive: &Archive,
    options: &WriteOptions<'_>,
) -> Result<Vec<u8>> {
    let limits = &options.limits;
    let mut budget = limits.archive;
    let mut noticed = Vec::new();
    let old = card(bytes, archive, &mut budget, limits, &mut noticed).map(|(entry, _)| entry);
    let mut contents: Vec<(&Entry, Option<Cow<'_, [u8]>>)> = Vec::new();
    // An older card of the same name must not win once this one is written.
    let stays = |entry: &&Entry| match &old {
        Ok(old) => std::ptr::eq(*entry, *old) || entry.name != CARD || old.name != CARD,
        Err(_) => true,
    };
    for entry in archive.entries.iter().filter(stays) {
        let content = if old.as_ref().is_ok_and(|old| std::ptr::eq(entry, *old)) {
            Some(document.bytes().into())
        } else if entry.is_told() {
            None
        } else {
            // What cannot be read stays as it is too.
            let content = entry.content(bytes, &mut budget, limits, &mut noticed);
            content.ok()
        };
        contents.push((entry, content));
    }
    let mut files: Vec<File<'_>> = Vec::with_capacity(contents.len() + 1);
    if old.is_err() {
        files.push(file(CARD, document.bytes()));
    }
    for (entry, content) in &contents {
        files.push(match content {
            Some(content) => file(&entry.name, content),
            None => entry.as_it_is(bytes),
        });
    }
    let named = names_of(options.assets)?;
    files.retain(|file| named.iter().all(|(new, _)| new != file.name));
    files.extend(named.iter().map(|(name, asset)| file(name, &asset.bytes)));
    Ok([&bytes[..archive.start], &zip::write(&files)?].concat())
}

fn around(
    document: &Document,
    picture: &[u8],
    container: Container,
    assets: &[Asset],
) -> Result<Vec<u8>> {
    let extension = container.extension();
    let path = format!("{}assets/icon/images/main.{extension}", SCHEMES[0]);
    let unlisted = view::data(document).is_some_and(|data| data.get("assets").is_none());
    let listed;
    let document = if unlisted {
        let icon =
            format!(r#"[{{"type":"icon","uri":"{path}","name":"main","ext":"{extension}"}}]"#);
        listed = document.set(&["data".into(), "assets".into()], &icon)?;
        &listed
    } else {
        document
    };
    let bytes = picture.to_vec();
    let icon = Asset { path, bytes };
    write(document, &[std::slice::from_ref(&icon), assets].concat())
}

/// The card and its assets as an archive.
pub(super) fn write(document: &Document, assets: &[Asset]) -> Result<Vec<u8>> {
    let named = names_of(assets)?;
    let mut files = vec![file(CARD, document.bytes())];
    files.extend(named.iter().map(|(name, asset)| file(name, &asset.bytes)));
    zip::write(&files)
}

fn file<'b>(name: &'b str, bytes: &'b [u8]) -> File<'b> {
    File {
        name,
        bytes,
        stored: match name.ends_with(".json") {
            true => Stored::Deflated,
            false => Stored::Plain,
        },
    }
}

/// The assets with their names in the archive.
fn names_of(assets: &[Asset]) -> Result<Vec<(String, &Asset)>> {
    let mut names = HashSet::from([CARD.to_owned()]);
    let named = |asset| -> Result<(String, &Asset)> {
        let Asset { path: uri, .. }: &Asset = asset;
        let lower = uri.to_ascii_lowercase();
        let scheme = SCHEMES.iter().find(|scheme| lower.starts_with(**scheme));
        let name = clean(&path(&uri[scheme.map_or(0, |scheme| scheme.len())..]));
        if name.is_empty() || !names.insert(name.clone()) {
            let detail = format!("the asset {uri:?} has no name of its own");
            return Err(Kind::Invalid.because(detail));
        }
        Ok((name, asset))
    };
    assets.iter().map(named).collect()
}
