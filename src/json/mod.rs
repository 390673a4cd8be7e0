//! Tolerant JSON text: what real tools write is read, and stays as it was written.
//!
//! A [`Document`] is the original bytes plus a flat tree of spans over them; nothing
//! is copied out until it is asked for. It accepts all that JavaScript's `JSON.parse`
//! accepts, with equal values, and more: a byte order mark, UTF-16, raw control
//! characters in strings, `NaN`, trailing commas, unknown escapes. An edit puts new
//! text at one place and leaves every other byte alone. This module knows nothing of
//! what the documents mean; coercing a value is the business of the view that reads it.

mod amend;
mod block;
mod decode;
mod ended;
mod merge;
mod node;
mod patch;
mod scan;
mod text;

pub(crate) use block::{ascii, uncontrolled, unquoted};
pub(crate) use decode::{to_windows_1252, utf8, utf16_text};
pub(crate) use ended::ended;
pub use merge::{Clash, Merged, merge};
pub use node::{Entries, Items, Node, Shape};
pub use patch::Step;
pub(crate) use text::is_dense;
pub use text::{quote, quote_ascii};

use crate::codec::inflate;
use crate::error::{Kind, Limits, Place, Result, Warning};
use scan::Entry;
use std::fmt;
use std::sync::Arc;

/// Whatever `limits.depth` says: who walks a tree may do so by recursion.
const MOST_DEPTH: usize = 1000;

/// A JSON text as it was written, and the tree over it. Cloning is cheap.
///
/// ```
/// use cardkeep::error::Limits;
/// use cardkeep::json::Document;
///
/// let written = br#"{"name": "Ann", "size": 1.50, "tags": ["a", "b",], "x": NaN}"#;
/// let (document, warnings) = Document::read(written, &Limits::default())?;
/// assert_eq!(document.root().get("name").and_then(|name| name.text()).as_deref(), Some("Ann"));
/// assert_eq!(warnings.len(), 2); // the trailing comma and NaN
///
/// let renamed = document.set(&["name".into()], "\"Bea\"")?;
/// assert_eq!(renamed.bytes(), br#"{"name": "Bea", "size": 1.50, "tags": ["a", "b",], "x": NaN}"#);
/// assert_eq!(renamed.to_strict(), r#"{"name":"Bea","size":1.50,"tags":["a","b"],"x":null}"#);
/// # Ok::<(), cardkeep::error::Error>(())
/// ```
#[derive(Clone)]
pub struct Document(Arc<Tree>);

/// What a document holds: its text, where it differs the bytes it came from, the arena.
struct Tree {
    text: String,
    /// Present when the bytes are not the text itself (UTF-16, damaged UTF-8).
    original: Option<Vec<u8>>,
    nodes: Vec<Entry>,
    /// Strict text goes out as it is: there is nothing beyond ASCII, or much.
    verbatim: bool,
    /// Kept for the reading after a patch.
    limits: Limits,
}

impl Document {
    /// Reads a JSON text, and tells what had to be put right.
    ///
    /// UTF-8 with or without a byte order mark, and UTF-16 in both orders. Zero bytes
    /// before and after the value are skipped; other text after it is left out with a
    /// warning. Of duplicate keys the last one counts.
    ///
    /// # Errors
    /// `bad-json` with the offset; `too-large` over `limits.text` or `limits.depth`, and
    /// over 1,000 levels in any case.
    pub fn read(bytes: &[u8], limits: &Limits) -> Result<(Document, Vec<Warning>)> {
        fits(bytes, limits)?;
        let mut warnings = Vec::new();
        let (text, original) = decode::text(bytes, &mut warnings);
        if text.len() > u32::MAX as usize {
            return Err(Kind::TooLarge.because("the text has more than 4 GiB"));
        }
        let nodes = scan::scan(&text, limits.depth.min(MOST_DEPTH), &mut warnings).map_err(
            |error| match (&original, error.place()) {
                (Some(original), Some(Place::Byte(at))) => {
                    let place = decode::offset(original, text.get(..at).unwrap_or(&text));
                    error.at(Place::Byte(place))
                }
                _ => error,
            },
        )?;
        let tree = Tree {
            verbatim: text::goes_verbatim(&text),
            text,
            original,
            nodes,
            limits: limits.clone(),
        };
        Ok((Document(Arc::new(tree)), warnings))
    }

    /// Reads a file that is a JSON text, or one that is compressed with gzip, which is told.
    ///
    /// # Errors
    /// As [`Document::read`]; `bad-encoding` for what cannot be inflated.
    pub fn of_file(bytes: &[u8], limits: &Limits) -> Result<(Document, Vec<Warning>)> {
        let mut warnings = Vec::new();
        let inflated = inflate::gzip(bytes, limits.text, &mut warnings)?;
        let text = inflated.as_deref().unwrap_or(bytes);
        let (document, mut noticed) = Document::read(text, limits)?;
        warnings.append(&mut noticed);
        Ok((document, warnings))
    }

    /// Reads a text of one's own making, with the default limits.
    ///
    /// # Errors
    /// As [`Document::read`].
    pub fn parse(text: &str) -> Result<Document> {
        Ok(Document::read(text.as_bytes(), &Limits::default())?.0)
    }

    /// Reads a text that is to be compared or combined with this one, under its limits.
    pub(crate) fn sibling(&self, text: &str) -> Result<Document> {
        Ok(Document::read(text.as_bytes(), &self.0.limits)?.0)
    }

    /// The bytes it was read from; after a patch, the patched text in UTF-8.
    pub fn bytes(&self) -> &[u8] {
        self.0.original.as_deref().unwrap_or(self.0.text.as_bytes())
    }

    /// Its text, when that is its bytes: not for UTF-16 and damaged UTF-8.
    pub(crate) fn text(&self) -> Option<&str> {
        self.0.original.is_none().then_some(&*self.0.text)
    }

    /// The value.
    pub fn root(&self) -> Node<'_> {
        Node::root(&self.0)
    }

    /// The same, to be told beside texts of which much is beyond ASCII: it goes out as it is.
    pub(crate) fn among_dense(self) -> Document {
        let mut tree = self.0;
        if let Some(tree) = Arc::get_mut(&mut tree) {
            tree.verbatim = true;
        }
        Document(tree)
    }

    /// The value as strict JSON for `JSON.parse`: in ASCII, which the engines read several times
    /// as fast, unless a twelfth of 4 KB or more is beyond that.
    ///
    /// Lone surrogates stay as escapes, numbers as they are spelled; `NaN` becomes
    /// `null` and `Infinity` `1e999`, which `JSON.parse` reads as `Infinity`.
    pub fn to_strict(&self) -> String {
        let mut out = String::with_capacity(self.0.text.len() + self.0.text.len() / 8);
        self.root().strict(&mut out);
        out
    }
}

fn fits(bytes: &[u8], limits: &Limits) -> Result<()> {
    match bytes.len() > limits.text {
        false => Ok(()),
        true => Err(Kind::TooLarge.because(format!(
            "the text has {} bytes, the limit `text` allows {}",
            bytes.len(),
            limits.text
        ))),
    }
}

impl fmt::Debug for Document {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Document({} bytes)", self.bytes().len())
    }
}
