//! Cards, chats and worlds for JavaScript: bytes in, JSON text and bytes out.
//!
//! Options are checked by the face in JavaScript, except limits, which are read here.

use super::convert;
use crate::card::{self, CardFile, Container, WriteOptions};
use crate::error::Limits;
use crate::json::{Document, quote_ascii};
use js_sys::Uint8Array;
use wasm_bindgen::prelude::*;

type Thrown<T> = Result<T, JsValue>;

/// The version of the package.
#[wasm_bindgen(js_name = rawVersion)]
pub fn version() -> String {
    env!("CARGO_PKG_VERSION").to_owned()
}

/// The default limits, as JSON.
#[wasm_bindgen(js_name = rawLimits)]
pub fn limits() -> String {
    convert::ascii(&Limits::default())
}

/// A card that was read.
#[wasm_bindgen]
pub struct RawCardFile {
    file: CardFile,
}

#[wasm_bindgen]
impl RawCardFile {
    /// JSON of `{card, spec, container, source, warnings, assets: [{path, length}]}`.
    #[wasm_bindgen(getter)]
    pub fn head(&self) -> String {
        let CardFile {
            document,
            spec,
            container,
            source,
            warnings,
            assets,
        } = &self.file;
        let assets: Vec<_> = assets
            .iter()
            .map(|asset| serde_json::json!({ "path": asset.path, "length": asset.bytes.len() }))
            .collect();
        format!(
            r#"{{"card":{},"spec":{},"container":{},"source":{},"warnings":{},"assets":{}}}"#,
            card::view(document),
            quote_ascii(spec.as_str()),
            quote_ascii(container.as_str()),
            convert::ascii(source),
            convert::ascii(warnings),
            convert::ascii(&assets),
        )
    }

    /// The card's JSON text.
    #[wasm_bindgen(getter)]
    pub fn document(&self) -> Uint8Array {
        Uint8Array::from(self.file.document.bytes())
    }

    /// The content of one asset.
    pub fn asset(&self, index: usize) -> Option<Uint8Array> {
        self.file
            .assets
            .get(index)
            .map(|asset| Uint8Array::from(asset.bytes.as_slice()))
    }
}

/// Takes the card out of a file.
///
/// # Errors
/// Those of [`card::read`], and `bad-option` for limits.
#[wasm_bindgen(js_name = rawReadCard)]
pub fn read_card(bytes: &Uint8Array, limits: &JsValue) -> Thrown<RawCardFile> {
    let limits = convert::limits(limits)?;
    let bytes = convert::bytes(bytes, limits.file, "file")?;
    Ok(RawCardFile {
        file: card::read(&bytes, &limits)?,
    })
}

/// Changes fields of a card's JSON text.
///
/// # Errors
/// Those of [`Document::read`] and [`card::edit`].
#[wasm_bindgen(js_name = rawEditCard)]
pub fn edit_card(document: &Uint8Array, patch: &str, limits: &JsValue) -> Thrown<Uint8Array> {
    let limits = convert::limits(limits)?;
    let patch = Document::parse(patch)?;
    let edited = card::edit(&read_document(document, &limits)?, &patch)?;
    Ok(Uint8Array::from(edited.bytes()))
}

/// Puts a card's JSON text into a file.
///
/// # Errors
/// Those of [`Document::read`] and [`card::write`].
#[wasm_bindgen(js_name = rawWriteCard)]
pub fn write_card(
    document: &Uint8Array,
    container: &str,
    image: Option<Uint8Array>,
    limits: &JsValue,
) -> Thrown<Uint8Array> {
    let limits = convert::limits(limits)?;
    let container: Container = container.parse()?;
    let document = read_document(document, &limits)?;
    let image = image
        .map(|image| convert::bytes(&image, limits.file, "file"))
        .transpose()?;
    let options = WriteOptions {
        container,
        image: image.as_deref(),
        limits,
    };
    Ok(Uint8Array::from(
        card::write(&document, &options)?.as_slice(),
    ))
}

fn read_document(given: &Uint8Array, limits: &Limits) -> crate::error::Result<Document> {
    let bytes = convert::bytes(given, limits.text, "text")?;
    Ok(Document::read(&bytes, limits)?.0)
}
