//! What is in a card's file, and how one is to be written.

use super::container::Container;
use super::spec::Spec;
use crate::error::{Limits, Warning};
use crate::json::Document;

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

/// A card within a file.
pub(super) struct Found {
    pub document: Document,
    pub container: Container,
    pub source: Source,
    pub assets: Vec<Asset>,
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
