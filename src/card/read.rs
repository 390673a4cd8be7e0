//! The card taken out of a file, whatever kind of file that is.

use super::container::Container;
use super::file::{CardFile, Found, Source};
use super::view::spec;
use super::{charx, comment, edit, embedded, payload, view, yaml};
use crate::container::thin::{self, Distant};
use crate::container::{jpeg, png, webp, zip};
use crate::error::{Error, Kind, Limits, Result, Warning};
use crate::json::Document;
use crate::lore::{self, LoreFile};

/// Takes the card out of a file.
///
/// Of a PNG's chunks `ccv3` is preferred over `chara`, and the last of several with
/// the same keyword over the others; what cannot be read gives way, with a warning. Two
/// that say something different are told.
///
/// # Errors
/// `not-a-card`, `no-card`, `bad-png`, `cut-short`, `bad-json`, `bad-encoding`,
/// `bad-zip`, `too-large`; `unsupported` for encrypted cards and what other tools' archives hold.
pub fn read(bytes: &[u8], limits: &Limits) -> Result<CardFile> {
    Ok(read_as(bytes, limits, |_, _| ())?.0)
}

/// What [`read`] gives, and what is made of the card's values, which are looked up once.
fn read_as<T>(
    bytes: &[u8],
    limits: &Limits,
    make: impl Fn(&Document, Vec<view::Value<'_>>) -> T,
) -> Result<(CardFile, T)> {
    if bytes.len() > limits.file {
        return Err(over(bytes.len(), limits));
    }
    let mut warnings = Vec::new();
    let Found {
        document,
        container,
        source,
        assets,
    } = find(bytes, limits, &mut warnings)?;
    view::oddities(&document, &mut warnings);
    let values = view::values(&document, &mut warnings);
    let name = view::FIELDS.iter().zip(&values).find_map(|(field, value)| {
        let view::Value::Text(text) = value else {
            return None;
        };
        (field.key == "name").then(|| text.read())
    });
    if name.is_none_or(|name| name.trim().is_empty()) {
        warnings.push(Warning::noticed(
            "no-name",
            "data.name",
            "the card has no name",
        ));
    }
    let made = make(&document, values);
    let file = CardFile {
        spec: spec(&document),
        document,
        container,
        source,
        warnings,
        assets,
    };
    Ok((file, made))
}

/// What [`read`] gives, of a file that is somewhere else, and its [`view`]: of a picture as it
/// should be its pixels are never taken over.
///
/// # Errors
/// Those of [`read`], and what the file reports.
pub fn read_from<F: Distant<Missing = Error>>(
    file: &F,
    limits: &Limits,
) -> Result<(CardFile, String)> {
    if file.size() > limits.file {
        return Err(over(file.size(), limits));
    }
    let mut start = Vec::new();
    file.append(0..file.size().min(16), &mut start)?;
    let thin = if png::is(&start) {
        thin::png(file)?
    } else if webp::is(&start) {
        thin::webp(file)?
    } else if jpeg::is(&start) {
        thin::jpeg(file)?
    } else {
        None
    };
    // A place in the thin picture is none in the file, and behind a picture without words there
    // may be an archive.
    let placed = |warning: &Warning| warning.path.starts_with("byte ");
    if let Some(thin) = thin
        && let Ok(found) = read_as(&thin, limits, view::spelled)
        && !found.0.warnings.iter().any(placed)
    {
        return Ok(found);
    }
    let mut whole = Vec::new();
    file.append(0..file.size(), &mut whole)?;
    read_as(&whole, limits, view::spelled)
}

pub(super) fn over(size: usize, limits: &Limits) -> Error {
    Kind::TooLarge.because(format!(
        "the file has {size} bytes, the limit `file` allows {}",
        limits.file
    ))
}

/// The card in a file of any kind. A picture whose words have none may have an archive behind it.
fn find(bytes: &[u8], limits: &Limits, warnings: &mut Vec<Warning>) -> Result<Found> {
    let picture = if png::is(bytes) {
        let (document, source, assets) = match embedded::read(bytes, limits, warnings) {
            Ok(found) => found,
            Err(error) => return behind(error, bytes, limits, warnings),
        };
        Some((Container::Png, document, source, assets))
    } else if webp::is(bytes) || jpeg::is(bytes) {
        let container = if webp::is(bytes) {
            Container::Webp
        } else {
            Container::Jpeg
        };
        let (document, source) = match comment::read(bytes, limits, warnings) {
            Ok(found) => found,
            Err(error) => return behind(error, bytes, limits, warnings),
        };
        Some((container, document, source, Vec::new()))
    } else {
        None
    };
    if let Some((container, document, source, assets)) = picture {
        return Ok(Found {
            document,
            container,
            source,
            assets,
        });
    }
    if zip::is(bytes) {
        let missing = Kind::BadZip.because("the archive has no entry that is whole");
        return behind(missing, bytes, limits, warnings);
    }
    if !matches!(first_sign(bytes), Some(b'{' | b'['))
        && let Some(document) = yaml::read(bytes, limits, warnings)?
    {
        return Ok(Found {
            document,
            container: Container::Yaml,
            source: Source {
                chunk: "text",
                kind: None,
                reason: "It was made of the character in YAML.".to_owned(),
            },
            assets: Vec::new(),
        });
    }
    if let Some(error) = lore::packed(bytes) {
        return Err(error);
    }
    let bare = payload::bare(bytes, limits, warnings).transpose()?;
    let json = bare.as_deref().unwrap_or(bytes);
    if !starts_as_json(json) {
        let detail = "the file is no picture, no archive and no JSON object";
        return behind(Kind::NotACard.because(detail), bytes, limits, warnings);
    }
    let (document, mut noticed) = Document::read(json, limits)?;
    let document = payload::unwrapped(document, &mut noticed);
    if !view::is_card(&document, true) {
        return Err(Kind::NotACard.because("the JSON has no fields of a card"));
    }
    warnings.append(&mut noticed);
    let source = Source {
        chunk: "text",
        kind: None,
        reason: "The file is the card.".to_owned(),
    };
    Ok(Found {
        document,
        container: Container::Json,
        source,
        assets: Vec::new(),
    })
}

/// The card of an archive within the file, or else the reason why there is no other.
fn behind(
    error: Error,
    bytes: &[u8],
    limits: &Limits,
    warnings: &mut Vec<Warning>,
) -> Result<Found> {
    let alone = zip::is(bytes);
    // What was odd in the picture is nothing against the card behind it.
    warnings.clear();
    match charx::read(bytes, limits, warnings) {
        Ok(Some(found)) => Ok(found),
        Err(reason) if alone => Err(reason),
        Ok(None) | Err(_) => Err(error),
    }
}

/// Reads a lorebook, or takes it out of the card in a picture or an archive.
///
/// # Errors
/// Those of [`lore::read`].
pub fn lorebook(bytes: &[u8], limits: &Limits) -> Result<LoreFile> {
    lore::read(bytes, limits).or_else(|error| {
        if error.kind() != Kind::NotALorebook || starts_as_json(bytes) {
            return Err(error);
        }
        // What is no card either is told as what was wanted.
        let Ok(card) = read(bytes, limits) else {
            return Err(error);
        };
        lore::read(card.document.bytes(), limits)
    })
}

/// The document of a card that is given as an object: as a file has it, or its fields.
///
/// # Errors
/// Those of [`read`], and of [`edit`] for fields.
pub fn of_object(json: &str, limits: &Limits) -> Result<Document> {
    let object = Document::read(json.as_bytes(), limits)?.0;
    if !view::is_of_fields(object.root()) {
        return Ok(read(object.bytes(), limits)?.document);
    }
    match view::is_v1(object.root()) {
        true => Ok(object),
        false => edit::replace(None, &object),
    }
}

/// Whether the file can be JSON: behind blanks and marks of its encoding comes its start.
pub(crate) fn starts_as_json(bytes: &[u8]) -> bool {
    matches!(first_sign(bytes), Some(b'{' | b'[' | b'"'))
}

fn first_sign(bytes: &[u8]) -> Option<u8> {
    let skipped = |byte: &u8| {
        !matches!(
            byte,
            b' ' | b'\t' | b'\r' | b'\n' | 0 | 0xef | 0xbb | 0xbf | 0xff | 0xfe
        )
    };
    bytes.iter().copied().find(skipped)
}
