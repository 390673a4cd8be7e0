//! Lorebooks: entries of background that join the prompt when a text calls for them.
//!
//! A lorebook is a [`Document`], as it was written. [`read`] finds out which tool wrote it,
//! [`Book::read`] tells its entries in one shape, [`write`] puts a book into another tool's
//! file and says what is lost there, and [`matching::run`] tells which entries a text calls
//! for, and why the others stay out. Knows nothing of where lorebooks are kept.
//!
//! ```
//! use cardkeep::error::Limits;
//! use cardkeep::lore::{self, Dialect, matching};
//!
//! let written = br#"{"entries":{"0":{"uid":0,"key":["shark"],"content":"Sharks sing.","order":5}}}"#;
//! let file = lore::read(written, &Limits::default())?;
//! assert_eq!(file.dialect, Dialect::SillyTavern);
//!
//! let options = matching::Options::default();
//! let matched = matching::run(&file.book, &["Look, a Shark!".to_owned()], &options);
//! assert_eq!(matched.fired[0].index, 0);
//! # Ok::<(), cardkeep::error::Error>(())
//! ```

mod applied;
mod book;
mod budget;
mod call;
mod decorator;
mod dialect;
mod edit;
mod fields;
mod group;
mod key;
mod losses;
pub mod matching;
mod options;
mod outcome;
mod ready;
mod sight;
mod specified;
mod spoken;
mod write;

pub use book::{About, Book, Entry, Filter, Id, Logic, Position};
pub use decorator::{Decorator, decorators, without_decorators};
pub use dialect::Dialect;
pub use edit::{Summary, edit, entry_name, is_filed, last_entry, lowered, replace, summary, view};

use crate::codec::inflate;
use crate::container::png;
use crate::error::{Error, Kind, Limits, Result, Warning, Written};
use crate::json::Document;

/// A lorebook, and what is to be known of the file it was in.
#[derive(Debug)]
pub struct LoreFile {
    /// The file's JSON; of a TSV the JSON that it became.
    pub document: Document,
    /// Who wrote it.
    pub dialect: Dialect,
    /// Its entries.
    pub book: Book,
    /// What was odd.
    pub warnings: Vec<Warning>,
}

/// Reads a lorebook: of SillyTavern, the V2 and V3 specifications, Agnai, NovelAI (also in
/// a PNG, a scenario or a story), RisuAI, AI Dungeon and its relatives (also in what is exported of
/// a scenario, an adventure or a story), a list of keys and texts between tabs, or the one within
/// a card's JSON; each also compressed with gzip.
///
/// # Errors
/// `not-a-lorebook`, `bad-json`, `too-large`, `bad-encoding`, `bad-png`, `cut-short`; `unsupported`
/// for a packed module of RisuAI.
pub fn read(bytes: &[u8], limits: &Limits) -> Result<LoreFile> {
    if png::is(bytes) {
        return read(&pictured(bytes, limits)?, limits);
    }
    if let Some(error) = packed(bytes) {
        return Err(error);
    }
    let mut warnings = Vec::new();
    let inflated = inflate::gzip(bytes, limits.text, &mut warnings)?;
    let mut file = plain(inflated.as_deref().unwrap_or(bytes), limits)?;
    warnings.append(&mut file.warnings);
    Ok(LoreFile { warnings, ..file })
}

/// A file that is JSON or a table.
fn plain(bytes: &[u8], limits: &Limits) -> Result<LoreFile> {
    // A key may begin as JSON does.
    json(bytes, limits).or_else(|error| match dialect::table(bytes, limits)? {
        Some((document, warnings)) => Ok(file(document, Dialect::Tsv, warnings)),
        None if error.kind() == Kind::BadJson && !dialect::is_meant_as_json(bytes) => {
            Err(Kind::NotALorebook
                .because("the file is neither JSON nor a table")
                .caused_by(error))
        }
        None => Err(error),
    })
}

/// Why a module of RisuAI (`.risum`) by itself cannot be read, where the file is one: a mark, a
/// version, the length of what is packed, and that.
pub(crate) fn packed(bytes: &[u8]) -> Option<Error> {
    let (head, rest) = bytes.split_at_checked(6)?;
    let length = u32::from_le_bytes([head[2], head[3], head[4], head[5]]);
    let whole = head.starts_with(&[111, 0]) && length > 0 && rest.len() as u64 > u64::from(length);
    whole.then(|| {
        Kind::Unsupported.because(
            "the file is a module of RisuAI, which is packed; export its lorebook as JSON there",
        )
    })
}

fn json(bytes: &[u8], limits: &Limits) -> Result<LoreFile> {
    let (document, warnings) = Document::read(bytes, limits)?;
    let dialect = Dialect::of(&document)
        .ok_or_else(|| Kind::NotALorebook.because("the JSON has no entries of a lorebook"))?;
    Ok(file(document, dialect, warnings))
}

fn file(document: Document, dialect: Dialect, mut warnings: Vec<Warning>) -> LoreFile {
    let book = Book::read(&document, dialect, &mut warnings);
    LoreFile {
        document,
        dialect,
        book,
        warnings,
    }
}

/// What NovelAI calls the text of a picture that has a lorebook.
pub(crate) const PICTURED: &[u8] = b"naidata";

/// The lorebook that NovelAI puts into a picture, in base64.
fn pictured(bytes: &[u8], limits: &Limits) -> Result<Vec<u8>> {
    let mut warnings = Vec::new();
    let layout = png::walk(bytes, &mut warnings)?;
    let named = |chunk: &&png::Chunk| chunk.keyword(bytes) == Some(PICTURED);
    let missing = || Kind::NotALorebook.because("the image has no `naidata`");
    let chunk = layout.chunks.iter().find(named).ok_or_else(missing)?;
    let text = chunk.text(bytes, limits, &mut warnings)?;
    base64_simd::STANDARD
        .decode_to_vec(text.trim_ascii())
        .map_err(|cause| {
            Kind::BadEncoding
                .because("`naidata` is no base64")
                .caused_by(cause)
        })
}

/// The lorebook that is given as an object: as a file has it, or its fields.
///
/// # Errors
/// Those of [`read`], and of [`edit`] for fields.
pub fn of_object(text: &str, limits: &Limits) -> Result<LoreFile> {
    let (object, _) = Document::read(text.as_bytes(), limits)?;
    match is_filed(&object) {
        true => json(object.bytes(), limits),
        false => json(replace(None, &object)?.bytes(), limits),
    }
}

impl LoreFile {
    /// The book as the file of a dialect, and what that dialect cannot hold. What is of this
    /// dialect already stays as it was written.
    ///
    /// # Errors
    /// Those of [`write`].
    pub fn write(&self, dialect: Dialect) -> Result<Written> {
        let standing = (self.dialect == dialect)
            .then(|| dialect::standing(&self.document, dialect))
            .flatten();
        match standing {
            Some(bytes) => Ok(Written {
                bytes,
                losses: Vec::new(),
            }),
            None if matches!(dialect, Dialect::CharacterBook | Dialect::V3) => {
                let mut book = self.book.clone();
                for entry in &mut book.entries {
                    let mut keys = entry.keys.iter().chain(&entry.secondary_keys);
                    // Elsewhere slashes alone make no expression.
                    entry.use_regex |=
                        !entry.keys.is_empty() && keys.all(|key| key::is_slashed(key));
                }
                write(&book, dialect)
            }
            None => write(&self.book, dialect),
        }
    }
}

/// The book as the file of a dialect, and what that dialect cannot hold. [`LoreFile::write`]
/// leaves one that is of this dialect already as it is.
///
/// # Errors
/// None: every dialect is written.
pub fn write(book: &Book, dialect: Dialect) -> Result<Written> {
    write::without_decorators(book, dialect)
}
