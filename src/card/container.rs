//! The kinds of file that a card may be in.

use crate::error::{Error, Kind, Result};
use std::str::FromStr;

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
