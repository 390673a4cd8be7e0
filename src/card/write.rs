//! From a document to a file.

use super::{
    Chunk, Container, Role, Spec, WriteOptions, agnai, charx, convert, edit, embedded, payload,
    picture, summary, view,
};
use crate::container::png;
use crate::error::{Kind, Limits, Result};
use crate::json::{Document, Shape};

pub(super) fn write(document: &Document, options: &WriteOptions<'_>) -> Result<Vec<u8>> {
    let as_v2;
    let document = match options.container {
        // What only Agnai reads is its own file.
        Container::Png | Container::Charx if agnai::is(document.root()) => {
            as_v2 = agnai::to_v2(document)?;
            &as_v2
        }
        _ => document,
    };
    match (options.container, options.image) {
        (Container::Json, _) => Ok(document.bytes().to_vec()),
        (_, Some(image)) if options.assets.is_empty() && is_card_of(image, document, options) => {
            Ok(image.to_vec())
        }
        (Container::Charx, Some(image)) => charx::into(document, image, options),
        (Container::Charx, None) => charx::write(document, options.assets),
        (Container::Byaf | Container::Yaml, _) => Err(Kind::Unsupported.because(
            "a card is written as PNG, CHARX or JSON; this is a format that is read only",
        )),
        (Container::Webp | Container::Jpeg, _) => Err(Kind::Unsupported.because(
            "a card is written as PNG, CHARX or JSON; of other pictures few tools read one",
        )),
        (Container::Png, Some(image)) => into_image(document, image, &options.limits),
        (Container::Png, None) => {
            let image = picture::portrait(&summary(document).name)?;
            into_image(document, &image, &options.limits)
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
            let assets = super::read(file, limits)?.assets;
            return Ok((Container::Charx, charx::write(document, &assets)?));
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
    if options.container == Container::Png {
        return false;
    }
    super::read(file, &options.limits).is_ok_and(|old| {
        old.container == options.container && old.document.bytes() == document.bytes()
    })
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
