//! Personas for JavaScript: bytes in, JSON text and bytes out, and those of a keep.

use super::convert::{self, optional_bytes, promise};
use super::formats::RawWritten;
use super::keep::{KeepHandle, RawKept};
use crate::error::Limits;
use crate::json::{Document, quote_ascii};
use crate::persona::{self, PersonaFile, WriteOptions};
use js_sys::{Promise, Uint8Array};
use wasm_bindgen::prelude::*;

type Thrown<T> = Result<T, JsValue>;

/// Personas that were read.
#[wasm_bindgen]
pub struct RawPersonaFile(PersonaFile);

#[wasm_bindgen]
impl RawPersonaFile {
    /// JSON of `{dialect, personas: Persona[], warnings}`.
    #[wasm_bindgen(getter)]
    pub fn head(&self) -> String {
        let views: Vec<String> = self.0.personas.iter().map(persona::view).collect();
        format!(
            r#"{{"dialect":{},"personas":[{}],"warnings":{}}}"#,
            quote_ascii(self.0.dialect.as_str()),
            views.join(","),
            convert::ascii(&self.0.warnings),
        )
    }

    /// The JSON text of one of them.
    pub fn document(&self, index: usize) -> Option<Uint8Array> {
        let document = self.0.personas.get(index)?;
        Some(Uint8Array::from(document.bytes()))
    }
}

/// Reads a file of personas.
///
/// # Errors
/// Those of [`persona::read`], and `bad-option` for limits.
#[wasm_bindgen(js_name = rawReadPersonas)]
pub fn read_personas(given: &Uint8Array, limits: &JsValue) -> Thrown<RawPersonaFile> {
    let limits = convert::limits(limits)?;
    let bytes = convert::bytes(given, limits.file, "file")?;
    Ok(RawPersonaFile(persona::read(&bytes, &limits)?))
}

/// Changes fields of a persona's JSON text.
///
/// # Errors
/// Those of [`persona::of_object`] and [`persona::edit`].
#[wasm_bindgen(js_name = rawEditPersona)]
pub fn edit_persona(document: &JsValue, patch: &str, limits: &JsValue) -> Thrown<Uint8Array> {
    let document = read_document(document, &convert::limits(limits)?)?;
    let edited = persona::edit(&document, &Document::parse(patch)?)?;
    Ok(Uint8Array::from(edited.bytes()))
}

/// Puts personas into the file of a tool.
///
/// # Errors
/// Those of [`persona::of_object`] and [`persona::write`], and `bad-option`.
#[wasm_bindgen(js_name = rawWritePersonas)]
pub fn write_personas(
    documents: Vec<JsValue>,
    dialect: &str,
    image: Option<Uint8Array>,
    limits: &JsValue,
) -> Thrown<RawWritten> {
    let limits = convert::limits(limits)?;
    let documents = documents
        .iter()
        .map(|document| read_document(document, &limits))
        .collect::<crate::error::Result<Vec<_>>>()?;
    let image = image
        .map(|image| convert::bytes(&image, limits.file, "file"))
        .transpose()?;
    let options = WriteOptions {
        dialect: dialect.parse()?,
        image: image.as_deref(),
        limits,
    };
    Ok(RawWritten(persona::write(&documents, &options)?))
}

fn read_document(given: &JsValue, limits: &Limits) -> crate::error::Result<Document> {
    convert::document(given, limits, persona::of_object)
}

#[wasm_bindgen]
impl KeepHandle {
    /// `[{ entry, status, warnings }]` as JSON.
    #[wasm_bindgen(js_name = importPersonas)]
    pub fn import_personas(&self, bytes: Uint8Array, limits: JsValue) -> Promise {
        let keep = self.keep().clone();
        promise(async move {
            let limits = convert::limits(&limits)?;
            let bytes = convert::bytes(&bytes, limits.file, "file")?;
            Ok(keep.personas().import(&bytes, &limits).await?.to_string())
        })
    }

    /// A `RawKept`, or `undefined`.
    pub fn persona(&self, id: String) -> Promise {
        let keep = self.keep().clone();
        promise(async move {
            let read = keep.personas().read(&id).await?;
            Ok(read.map(|(view, document)| RawKept { view, document }))
        })
    }

    /// The picture's bytes, or `undefined`.
    #[wasm_bindgen(js_name = personaImage)]
    pub fn persona_image(&self, id: String) -> Promise {
        let keep = self.keep().clone();
        promise(async move { Ok(optional_bytes(keep.personas().image(&id).await?)) })
    }

    /// The thumbnail's bytes, or `undefined`.
    #[wasm_bindgen(js_name = personaThumbnail)]
    pub fn persona_thumbnail(&self, id: String) -> Promise {
        let keep = self.keep().clone();
        promise(async move { Ok(optional_bytes(keep.personas().thumbnail(&id).await?)) })
    }
}
