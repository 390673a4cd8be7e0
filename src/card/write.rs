//! From a document to a file.

use super::container::Container;
use super::embedded::{Chunk, Role};
use super::file::WriteOptions;
use super::spec::Spec;
use super::summary::summary;
use super::{agnai, convert, edit, embedded, pack, payload, picture, read, view};
use crate::container::png;
use crate::error::{Kind, Limits, Result};
use crate::json::{Document, Node, Shape, quote};

pub(super) fn write(document: &Document, options: &WriteOptions<'_>) -> Result<Vec<u8>> {
    let as_v2;
    let document = match options.container {
        // What only Agnai reads is its own file.
        Container::Png | Container::Charx if agnai::is(document.root()) => {
            let had = options.image.filter(|_| options.assets.is_empty());
            if let Some(image) = had.filter(|image| holds(image, document, options)) {
                return Ok(image.to_vec());
            }
            as_v2 = convert::of_agnai(document)?;
            &as_v2
        }
        _ => document,
    };
    match (options.container, options.image) {
        (Container::Json, _) if !options.assets.is_empty() => Err(Kind::Unsupported
            .because("a card as JSON has no place for assets; PNG and CHARX take them along")),
        (Container::Json, _) => Ok(document.bytes().to_vec()),
        (_, Some(image)) if options.assets.is_empty() && is_card_of(image, document, options) => {
            Ok(image.to_vec())
        }
        (Container::Charx, Some(image)) => pack::into(document, image, options),
        (Container::Charx, None) => pack::write(document, options.assets),
        (Container::Byaf | Container::Yaml, _) => Err(Kind::Unsupported.because(
            "a card is written as PNG, CHARX or JSON; this is a format that is read only",
        )),
        (Container::Webp | Container::Jpeg, _) => Err(Kind::Unsupported.because(
            "a card is written as PNG, CHARX or JSON; of other pictures few tools read one",
        )),
        (Container::Png, Some(image)) => with_assets(document, image, options),
        (Container::Png, None) => {
            let image = picture::portrait(&summary(document).name)?;
            with_assets(document, &image, options)
        }
    }
}

pub(super) fn rewrite(
    file: &[u8],
    document: &Document,
    container: Container,
    limits: &Limits,
) -> Result<(Container, Vec<u8>)> {
    let mut options = WriteOptions {
        container,
        image: Some(file),
        assets: &[],
        limits: limits.clone(),
    };
    match container {
        Container::Json | Container::Byaf | Container::Yaml
            if is_card_of(file, document, &options) =>
        {
            return Ok((container, file.to_vec()));
        }
        Container::Yaml => return Ok((Container::Json, document.bytes().to_vec())),
        Container::Byaf => {
            let assets = read::read(file, limits)?.assets;
            return Ok((Container::Charx, pack::write(document, &assets)?));
        }
        _ => {}
    }
    match write(document, &options) {
        Err(error) if error.kind() == Kind::Unsupported && container.is_image() => {
            options.container = Container::Charx;
            Ok((Container::Charx, write(document, &options)?))
        }
        written => Ok((container, written?)),
    }
}

/// Whether a file of the wanted kind has this very card already. A PNG is looked at where it
/// is written.
fn is_card_of(file: &[u8], document: &Document, options: &WriteOptions<'_>) -> bool {
    options.container != Container::Png && holds(file, document, options)
}

fn holds(file: &[u8], document: &Document, options: &WriteOptions<'_>) -> bool {
    read::read(file, &options.limits).is_ok_and(|old| {
        old.container == options.container && old.document.bytes() == document.bytes()
    })
}

/// The card in an image, its assets in chunks of their own. What the card names as a part of
/// an archive it names as such a chunk there.
fn with_assets(document: &Document, image: &[u8], options: &WriteOptions<'_>) -> Result<Vec<u8>> {
    let limits = &options.limits;
    if options.assets.is_empty() || !png::is(image) || image.len() > limits.file {
        return into_image(document, image, limits);
    }
    let layout = png::walk(image, &mut Vec::new())?;
    let mut document = document.clone();
    let mut names: Vec<String> = Vec::new();
    for asset in options.assets {
        let name = embedded::asset_name(&asset.path, names.len());
        if names.contains(&name) {
            let detail = format!("the asset {:?} has no name of its own", asset.path);
            return Err(Kind::Invalid.because(detail));
        }
        let uri = format!("__asset:{name}");
        let listed = view::data(&document).and_then(|data| data.get("assets"));
        let places: Vec<usize> = listed
            .into_iter()
            .flat_map(Node::items)
            .enumerate()
            .filter(|(_, it)| {
                let said = it.get("uri").and_then(Node::text);
                said.is_some_and(|said| said == asset.path && said != uri)
            })
            .map(|(n, _)| n)
            .collect();
        for n in places {
            let path = ["data".into(), "assets".into(), n.into(), "uri".into()];
            document = document.set(&path, &quote(&uri))?;
        }
        names.push(name);
    }
    let keywords: Vec<String> = names
        .iter()
        .map(|name| embedded::asset_keyword(name))
        .collect();
    let contents: Vec<Vec<u8>> = options
        .assets
        .iter()
        .map(|asset| payload::encode(&asset.bytes))
        .collect();
    let chunks: Vec<(&str, &[u8])> = keywords
        .iter()
        .zip(&contents)
        .map(|(keyword, content)| (keyword.as_str(), content.as_slice()))
        .collect();
    let goes = |chunk: &png::Chunk| {
        let path = embedded::asset_path(image, chunk);
        path.is_some_and(|path| names.iter().any(|name| name.as_bytes() == path))
    };
    let image = png::splice(image, &layout, goes, &chunks)?;
    into_image(&document, &image, limits)
}

fn into_image(document: &Document, image: &[u8], limits: &Limits) -> Result<Vec<u8>> {
    if image.len() > limits.file {
        return Err(Kind::TooLarge.because(format!(
            "the image has more bytes than the limit `file` allows ({})",
            limits.file
        )));
    }
    if !png::is(image) {
        return Err(Kind::Unsupported.because("a card can be written into a PNG only"));
    }
    if document.root().shape() != Shape::Object {
        return Err(Kind::Invalid.because("a card must be an object"));
    }
    let layout = png::walk(image, &mut Vec::new())?;
    let cards = embedded::cards(image, &layout);
    // Nothing that stands in the old chunks may hinder the writing of new ones.
    let read = |chunks| embedded::first_readable(image, chunks, limits, &mut Vec::new()).ok();
    let winner = read(&cards);
    if winner
        .as_ref()
        .is_some_and(|(_, winner)| winner.bytes() == document.bytes())
    {
        return Ok(image.to_vec());
    }
    let (role, other) = match view::spec(document) {
        Spec::V1 | Spec::V2 => (Role::Chara, Spec::V3),
        Spec::V3 => (Role::Ccv3, Spec::V2),
    };
    let own = payload::encode(document.bytes());
    let goes = |chunk: &png::Chunk| embedded::role(image, chunk).is_some();
    if view::spec(document) == Spec::V1 {
        return png::splice(image, &layout, goes, &[("chara", &own)]);
    }
    let others: Vec<Chunk<'_>> = cards
        .iter()
        .filter(|card| card.role != role)
        .copied()
        .collect();
    // With one chunk only, the other has no document of its own to keep.
    let both = !others.is_empty() && others.len() < cards.len();
    let pair = winner
        .filter(|(chunk, winner)| {
            // A `ccv3` that lost against `chara`, for its place or for its emptiness, must not
            // win once both are written anew.
            let lost = role == Role::Chara && chunk.role == Role::Chara;
            both && !lost && related(winner, document)
        })
        .and_then(|(_, winner)| {
            let (_, other) = read(&others).filter(|(_, other)| view::data(other).is_some())?;
            Some((winner, other))
        });
    let other = match &pair {
        Some((winner, other)) => edit::follow(other, winner, document)?,
        None if other == Spec::V2 => convert::backfill(document)?,
        None => convert::respelled(document, other)?,
    };
    let other = payload::encode(other.bytes());
    let (chara, ccv3) = if role == Role::Chara {
        (&own, &other)
    } else {
        (&other, &own)
    };
    png::splice(image, &layout, goes, &[("chara", chara), ("ccv3", ccv3)])
}

/// Whether the image's card is an older state of this one. A new portrait may carry
/// another character; of that nothing may come along.
fn related(old: &Document, new: &Document) -> bool {
    let (olds, news) = (
        view::values(old, &mut Vec::new()),
        view::values(new, &mut Vec::new()),
    );
    olds.iter().zip(&news).any(|(old, new)| match old {
        view::Value::Text(text) => !text.read().is_empty() && old.same(new),
        _ => false,
    })
}
