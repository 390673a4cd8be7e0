//! Character cards: V1, V2, V3 and their relatives, in PNG, CHARX, WebP, JPEG and as bare JSON;
//! of Agnai, Backyard (BYAF) and text-generation-webui (YAML) as well.
//!
//! A card is a [`Document`]: the JSON text as it was written. [`read`] takes it out of
//! a file, [`view`] tells its fields, [`edit`] changes them, [`write`] puts it into a
//! file again; what nobody asked to change stays byte for byte. Lorebooks inside a
//! card are passed on as they are.
//!
//! ```
//! use cardkeep::card::{self, Container, WriteOptions};
//! use cardkeep::error::Limits;
//! use cardkeep::json::Document;
//!
//! let written = br#"{"name": "Ann", "description": "A shark.", "first_mes": "Hi", "x": 1.0}"#;
//! let file = card::read(written, &Limits::default())?;
//! let patch = Document::parse(r#"{"name": "Bea"}"#)?;
//! let edited = card::edit(&file.document, &patch)?;
//!
//! let options = WriteOptions { container: Container::Png, image: None, assets: &[], limits: Limits::default() };
//! let image = card::write(&edited, &options)?;
//! let again = card::read(&image, &Limits::default())?;
//! assert_eq!(card::summary(&again.document).name, "Bea");
//! assert_eq!(again.document.bytes(), br#"{"name": "Bea", "description": "A shark.", "first_mes": "Hi", "x": 1.0}"#);
//! # Ok::<(), cardkeep::error::Error>(())
//! ```

mod agnai;
mod byaf;
mod charx;
mod comment;
mod convert;
mod difference;
mod edit;
mod embedded;
mod payload;
mod peek;
mod picture;
mod told;
mod validate;
mod view;
mod write;
mod yaml;

use crate::container::thin::{self, Distant};
use crate::container::{jpeg, png, webp, zip};
use crate::error::{Error, Kind, Limits, Loss, Result, Warning};
use crate::json::Document;
use crate::lore::{self, LoreFile};
use crate::prompt::tokens;
pub(crate) use byaf::UNREAD_CHAT;
use embedded::Chunk;
pub(crate) use payload::{decode as decode_text, encode as encode_text};
pub use peek::Peek;
pub(crate) use picture::portrait as plain_portrait;
use sha2::{Digest, Sha256};
use std::str::FromStr;

/// Which specification a card follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spec {
    /// A flat object of six texts.
    V1,
    /// `chara_card_v2`: fields in `data`.
    V2,
    /// `chara_card_v3`: V2 with assets, nickname and more.
    V3,
}

impl Spec {
    /// `v1`, `v2` or `v3`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Spec::V1 => "v1",
            Spec::V2 => "v2",
            Spec::V3 => "v3",
        }
    }

    /// What a card that has `data` says in `spec` and `spec_version`.
    const fn spelled(self) -> (&'static str, &'static str) {
        match self {
            Spec::V3 => ("chara_card_v3", "3.0"),
            Spec::V1 | Spec::V2 => ("chara_card_v2", "2.0"),
        }
    }
}

impl FromStr for Spec {
    type Err = Error;

    fn from_str(name: &str) -> Result<Spec> {
        match name {
            "v1" => Ok(Spec::V1),
            "v2" => Ok(Spec::V2),
            "v3" => Ok(Spec::V3),
            _ => Err(Kind::BadOption.because(format!(
                "`spec` is `{name}`, one of `v1`, `v2`, `v3` was wanted"
            ))),
        }
    }
}

/// What kind of file a card is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Container {
    /// A PNG with the card in its text chunks.
    Png,
    /// The JSON text itself.
    Json,
    /// A ZIP with the card and its binaries, perhaps behind a picture.
    Charx,
    /// A WebP with the card in its Exif.
    Webp,
    /// A JPEG with the card in its Exif or its comment.
    Jpeg,
    /// A ZIP of Backyard AI.
    Byaf,
    /// A character of text-generation-webui.
    Yaml,
}

impl Container {
    /// `png`, `json`, `charx`, `webp`, `jpeg`, `byaf` or `yaml`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Container::Png => "png",
            Container::Json => "json",
            Container::Charx => "charx",
            Container::Webp => "webp",
            Container::Jpeg => "jpeg",
            Container::Byaf => "byaf",
            Container::Yaml => "yaml",
        }
    }

    /// How the names of such files end.
    pub const fn extension(self) -> &'static str {
        self.as_str()
    }

    /// The MIME type of such files.
    pub const fn media_type(self) -> &'static str {
        match self {
            Container::Png => "image/png",
            Container::Json => "application/json",
            Container::Charx | Container::Byaf => "application/zip",
            Container::Webp => "image/webp",
            Container::Jpeg => "image/jpeg",
            Container::Yaml => "application/yaml",
        }
    }

    /// Whether the file is a picture as well.
    pub const fn is_image(self) -> bool {
        matches!(self, Container::Png | Container::Webp | Container::Jpeg)
    }
}

impl FromStr for Container {
    type Err = Error;

    fn from_str(name: &str) -> Result<Container> {
        match name {
            "png" => Ok(Container::Png),
            "json" => Ok(Container::Json),
            "charx" => Ok(Container::Charx),
            "webp" => Ok(Container::Webp),
            "jpeg" => Ok(Container::Jpeg),
            "byaf" => Ok(Container::Byaf),
            "yaml" => Ok(Container::Yaml),
            _ => Err(Kind::BadOption.because(format!(
                "`container` is `{name}`, one of `png`, `charx`, `json`, `webp`, `jpeg`, `byaf`, `yaml` was wanted"
            ))),
        }
    }
}

/// What the keyword of a card chunk says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Chara,
    Ccv3,
}

impl Role {
    const fn keyword(self) -> &'static str {
        match self {
            Role::Chara => "chara",
            Role::Ccv3 => "ccv3",
        }
    }
}

/// A card, and what is to be known of the file it was in.
#[derive(Debug)]
pub struct CardFile {
    /// The card's JSON.
    pub document: Document,
    /// The specification it follows.
    pub spec: Spec,
    /// The kind of file.
    pub container: Container,
    /// Which part of the file it was.
    pub source: Source,
    /// What was odd.
    pub warnings: Vec<Warning>,
    /// Binaries that came along.
    pub assets: Vec<Asset>,
}

/// Which part of the file the card was taken from, and why that one.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Source {
    /// `ccv3` or `chara` for a PNG, `card.json` for an archive, `UserComment` or `comment`
    /// for a WebP or JPEG, `manifest.json` for an archive of Backyard, `text` for bare JSON or YAML.
    pub chunk: &'static str,
    /// `tEXt`, `zTXt`, `iTXt` or `eXIf` for a PNG, `Exif` or `COM` for a WebP or JPEG.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<&'static str>,
    /// One sentence.
    pub reason: String,
}

/// A binary that travels inside the card file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asset {
    /// As the card's `assets[].uri` names it.
    pub path: String,
    /// Its content.
    pub bytes: Vec<u8>,
}

/// What lists show of a card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// The character's name; empty when there is none.
    pub name: String,
    /// Who made the card.
    pub creator: String,
    /// Its tags.
    pub tags: Vec<String>,
    /// Which version of the card it is, in its creator's words.
    pub version: String,
    /// The specification it follows.
    pub spec: Spec,
}

/// A card of another specification.
#[derive(Debug)]
pub struct Converted {
    /// The card.
    pub document: Document,
    /// What that specification has no place for, and the card no longer has.
    pub losses: Vec<Loss>,
}

/// Whether a card keeps to its specification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Validity {
    /// The specification it was held against.
    pub spec: Spec,
    /// What the specification forbids: at most 1,000, then one more, `too-many`, that says how many
    /// there are besides.
    pub errors: Vec<Issue>,
    /// What it allows and is hardly meant, as many.
    pub warnings: Vec<Issue>,
}

/// One thing that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Issue {
    /// `data.character_book.entries.3.keys`; empty for the whole card.
    pub path: String,
    /// Stable and kebab-case: `missing-field`, `wrong-type`, `bad-value`, `duplicate-id`, …
    pub code: &'static str,
    /// One sentence.
    pub message: String,
}

impl Issue {
    fn new(path: &str, code: &'static str, message: impl Into<String>) -> Issue {
        Issue {
            path: path.to_owned(),
            code,
            message: message.into(),
        }
    }
}

/// One place in which two cards say something else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The field, and the way to the place within it: `character_book.entries.3.content`.
    pub path: String,
    /// Strict JSON of what the first says; `None` where it says nothing.
    pub before: Option<String>,
    /// The same of the second.
    pub after: Option<String>,
}

/// A picture without what it tells beside its pixels and its card.
#[derive(Debug)]
pub struct Cleaned {
    /// The picture.
    pub bytes: Vec<u8>,
    /// What is not in it any more.
    pub removed: Vec<Told>,
}

/// A part of a picture that tells something.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Told {
    /// Of a PNG `tEXt`, `zTXt`, `iTXt`, `eXIf`, `tIME` or `caBX`, of a JPEG `APP1` to `APP15` or `COM`,
    /// of a WebP `EXIF`, `XMP` or `C2PA`; `trailer` for what stood behind the picture's end.
    pub kind: String,
    /// A text's keyword: `parameters`, `Software`; what a JPEG calls such a part: `Exif`; the
    /// media type of a trailer that is known: `video/mp4`; else empty.
    pub name: String,
    /// How many bytes it had.
    pub bytes: usize,
}

/// About how many tokens a card has.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Tokens {
    /// All fields that a model gets to read.
    pub total: usize,
    /// Those that are in every prompt: name, description, personality and scenario.
    pub permanent: usize,
    /// Each field that has any, by its name in V2 and V3.
    pub fields: Vec<(&'static str, usize)>,
}

/// How to write a card.
#[derive(Debug, Clone)]
pub struct WriteOptions<'a> {
    /// The kind of file.
    pub container: Container,
    /// The PNG to write into; without it a plain portrait is made.
    pub image: Option<&'a [u8]>,
    /// Binaries that go along, into an archive only.
    pub assets: &'a [Asset],
    /// How much is accepted of the image.
    pub limits: Limits,
}

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

fn over(size: usize, limits: &Limits) -> Error {
    Kind::TooLarge.because(format!(
        "the file has {size} bytes, the limit `file` allows {}",
        limits.file
    ))
}

/// A card within a file.
struct Found {
    document: Document,
    container: Container,
    source: Source,
    assets: Vec<Asset>,
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

/// Which specification the document follows. A flat card is V1, whatever it says.
pub fn spec(document: &Document) -> Spec {
    view::spec(document)
}

/// The card's fields as strict JSON: the `Card` of the public types.
///
/// ```
/// use cardkeep::{card, json::Document};
///
/// let document = Document::parse(r#"{"name": "Ann", "first_mes": "Hi", "tags": "a, b"}"#)?;
/// assert!(card::view(&document).contains(r#""tags":["a","b"]"#));
/// # Ok::<(), cardkeep::error::Error>(())
/// ```
pub fn view(document: &Document) -> String {
    view::card(document)
}

/// What lists show.
pub fn summary(document: &Document) -> Summary {
    let mut summary = Summary {
        name: String::new(),
        creator: String::new(),
        tags: Vec::new(),
        version: String::new(),
        spec: spec(document),
    };
    let told = ["name", "creator", "character_version", "tags"];
    for field in view::FIELDS {
        if !told.contains(&field.key) {
            continue;
        }
        match (field.key, view::value(document, field, &mut Vec::new())) {
            ("name", view::Value::Text(text)) => summary.name = text.read().into_owned(),
            ("creator", view::Value::Text(text)) => summary.creator = text.read().into_owned(),
            ("character_version", view::Value::Text(text)) => {
                summary.version = text.read().into_owned()
            }
            ("tags", view::Value::List(items)) => {
                summary.tags = items.iter().map(|item| item.read().into_owned()).collect()
            }
            _ => {}
        }
    }
    summary
}

/// What a gallery shows of a card, as members of strict JSON: `name`, `creator`, `tags` and `version`.
/// Unlike [`summary`] it says half a surrogate pair as the file does.
pub fn shown(document: &Document) -> String {
    let names = [
        ("name", "name"),
        ("creator", "creator"),
        ("tags", "tags"),
        ("character_version", "version"),
    ];
    let mut out = String::new();
    for field in view::FIELDS {
        let Some((_, name)) = names.iter().find(|(key, _)| *key == field.key) else {
            continue;
        };
        if !out.is_empty() {
            out.push(',');
        }
        out.extend(["\"", name, "\":"]);
        match view::value(document, field, &mut Vec::new()) {
            view::Value::Absent if field.key == "tags" => out.push_str("[]"),
            view::Value::Absent => out.push_str("\"\""),
            value => value.strict(&mut out),
        }
    }
    out
}

/// The document with fields changed: in `data`, and at the root where the document has
/// the field there too. A field that already says so is left as it is spelled; in
/// lists, lorebook and extensions only what differs is written. `null` removes
/// `nickname` and `character_book`.
///
/// # Errors
/// `bad-option` for a field that is not known, `invalid` for a value of the wrong type,
/// `too-large`.
pub fn edit(document: &Document, patch: &Document) -> Result<Document> {
    edit::edit(document, patch)
}

/// The card as one of another specification, with what that one has no place for told. A
/// card that is of it already comes back as it was, with what its specification requires besides.
/// Fields of other tools beside `data` stay.
///
/// # Errors
/// `too-large`.
pub fn convert(document: &Document, spec: Spec) -> Result<Converted> {
    convert::convert(document, spec)
}

/// Whether the card is what its specification asks for, to the letter.
///
/// ```
/// use cardkeep::{card, json::Document};
///
/// let flat = Document::parse(r#"{"name": "Ann", "description": 7}"#)?;
/// let found = card::validate(&flat);
/// assert_eq!((found.errors[0].path.as_str(), found.errors[0].code), ("description", "wrong-type"));
/// # Ok::<(), cardkeep::error::Error>(())
/// ```
pub fn validate(document: &Document) -> Validity {
    validate::validate(document, None)
}

/// As [`validate`], and whether what the card names is among what came along with it, by the
/// paths that [`read`] gives.
pub fn validate_with(document: &Document, assets: &[String]) -> Validity {
    validate::validate(document, Some(assets))
}

/// Where the two say something else, whatever specification and spelling each has.
pub fn differences(old: &Document, new: &Document) -> Vec<Difference> {
    difference::differences(old, new)
}

/// The same for two cards of which a model reads the same words, whatever file, dialect,
/// tags or notes they have: 32 hexadecimal digits.
pub fn fingerprint(document: &Document) -> String {
    let sum = Sha256::digest(difference::essence(document));
    sum.iter()
        .take(16)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// About how many tokens each of the card's texts has.
pub fn count_tokens(document: &Document) -> Tokens {
    let mut tokens = Tokens {
        total: 0,
        permanent: 0,
        fields: Vec::new(),
    };
    let values = view::values(document, &mut Vec::new());
    for (field, value) in view::FIELDS
        .iter()
        .zip(values)
        .filter(|(field, _)| field.spoken)
    {
        let count = difference::texts(&value)
            .iter()
            .map(|(_, text)| tokens::estimate(text))
            .sum();
        if count == 0 {
            continue;
        }
        tokens.fields.push((field.key, count));
        tokens.total += count;
        if matches!(
            field.key,
            "name" | "description" | "personality" | "scenario"
        ) {
            tokens.permanent += count;
        }
    }
    tokens
}

/// Whether an object is a card as a file has it, of whichever dialect, and not the fields of the
/// public types, whose names it may share.
pub fn is_filed(object: &Document) -> bool {
    view::is_filed(object.root())
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
        false => replace(None, &object),
    }
}

/// The document with exactly these fields, changed only where it says something else, or a
/// new V2 or V3. Extensions stay as they are where none are given.
///
/// # Errors
/// As [`edit`].
pub fn replace(document: Option<&Document>, fields: &Document) -> Result<Document> {
    edit::replace(document, fields)
}

/// The card as a file.
///
/// An image whose own card is this document comes back as it was. Otherwise every old
/// card chunk is removed, and before the image data come `chara` and, unless the card
/// is V1, `ccv3`. When the image had both, each keeps the fields only it has, and gets
/// the changes of the other. All other chunks stay byte for byte.
///
/// # Errors
/// `unsupported` for WebP and JPEG and when the image is no PNG, `bad-png`, `invalid`, `too-large`.
pub fn write(document: &Document, options: &WriteOptions<'_>) -> Result<Vec<u8>> {
    write::write(document, options)
}

/// A file with its card replaced: everything else in it stays. Where the card did not
/// change it comes back as it was. An edited card of a WebP or JPEG comes in an archive,
/// with the picture as its icon, since few tools read other words of such pictures; one of
/// Backyard comes in an archive as well, one in YAML as JSON.
///
/// # Errors
/// Those of [`write`], and of [`read`] for an archive.
pub fn rewrite(
    file: &[u8],
    document: &Document,
    container: Container,
    limits: &Limits,
) -> Result<(Container, Vec<u8>)> {
    write::rewrite(file, document, container, limits)
}

/// A PNG, JPEG or WebP without what it tells beside its pixels, its card and its assets: an image
/// generator's prompts, a camera's Exif, an editor's name, and what stands behind the picture's end
/// and is no card. Everything else stays byte for byte; of the Exif of a JPEG it stays how it has to
/// be turned.
///
/// # Errors
/// `unsupported` for what is none of these, `bad-png`, `cut-short`, `too-large`.
pub fn clean(image: &[u8], limits: &Limits) -> Result<Cleaned> {
    told::clean(image, limits)
}

/// The picture of a card file: the file itself, or the icon in an archive.
pub fn portrait<'f>(file: &'f CardFile, bytes: &'f [u8]) -> Option<&'f [u8]> {
    match file.container {
        Container::Charx | Container::Byaf => charx::icon(&file.document, &file.assets),
        container => container.is_image().then_some(bytes),
    }
}

/// A small PNG of a PNG, at most 192 by 288 pixels, proportions kept.
///
/// # Errors
/// `bad-png`, `cut-short`, `too-large` over `limits.pixels`.
pub fn thumbnail(image: &[u8], limits: &Limits) -> Result<Vec<u8>> {
    picture::thumbnail(image, limits)
}

/// The media type of a picture that [`thumbnail`] cannot decode and a browser can: JPEG or WebP
/// within `limits.pixels`.
pub fn undrawn(image: &[u8], limits: &Limits) -> Option<&'static str> {
    picture::undrawn(image, limits)
}
