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
mod container;
mod convert;
mod difference;
mod edit;
mod embedded;
mod field;
mod file;
mod mojibake;
mod pack;
mod payload;
mod peek;
mod picture;
mod read;
mod spec;
mod summary;
mod tokens;
mod told;
mod validate;
mod view;
mod write;
mod yaml;

use crate::error::{Limits, Result};
use crate::json::Document;
pub(crate) use byaf::UNREAD_CHAT;
pub use container::Container;
pub use convert::Converted;
pub use difference::{Difference, differences, fingerprint};
pub use file::{Asset, CardFile, Source, WriteOptions};
pub(crate) use payload::{decode as decode_text, encode as encode_text};
pub use peek::Peek;
pub(crate) use picture::portrait as plain_portrait;
pub(crate) use read::starts_as_json;
pub use read::{lorebook, of_object, read, read_from};
pub use spec::Spec;
pub use summary::{Summary, shown, summary};
pub use tokens::{Tokens, count_tokens};
pub use told::{Cleaned, Told};
pub use validate::{Issue, Validity};

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

/// Whether an object is a card as a file has it, of whichever dialect, and not the fields of the
/// public types, whose names it may share.
pub fn is_filed(object: &Document) -> bool {
    view::is_filed(object.root())
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
