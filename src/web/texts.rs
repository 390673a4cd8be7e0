//! Lorebooks and templates for JavaScript: bytes in, JSON text and bytes out, and those of a keep.

use super::convert::{self, parse, promise};
use super::keep::{KeepHandle, RawKept};
use crate::error::{Limits, Result};
use crate::json::{Document, quote_ascii};
use crate::keep::{Domain, Keep, Texts};
use crate::lore;
use crate::template::{self, Options, TemplateFile};
use js_sys::{Promise, Uint8Array};
use wasm_bindgen::prelude::*;

type Thrown<T> = std::result::Result<T, JsValue>;

/// Templates that were read.
#[wasm_bindgen]
pub struct RawTemplateFile(TemplateFile);

#[wasm_bindgen]
impl RawTemplateFile {
    /// JSON of `{templates: Template[], warnings}`.
    #[wasm_bindgen(getter)]
    pub fn head(&self) -> String {
        let views: Vec<String> = self.0.templates.iter().map(template::view).collect();
        format!(
            r#"{{"templates":[{}],"warnings":{}}}"#,
            views.join(","),
            convert::ascii(&self.0.warnings),
        )
    }

    /// The JSON text of one of them.
    pub fn document(&self, index: usize) -> Option<Uint8Array> {
        let document = self.0.templates.get(index)?;
        Some(Uint8Array::from(document.bytes()))
    }
}

/// Reads a file of templates.
///
/// # Errors
/// Those of [`template::read`], and `bad-option` for limits.
#[wasm_bindgen(js_name = rawReadTemplates)]
pub fn read_templates(given: &Uint8Array, limits: &JsValue) -> Thrown<RawTemplateFile> {
    let limits = convert::limits(limits)?;
    let bytes = convert::bytes(given, limits.file, "file")?;
    Ok(RawTemplateFile(template::read(&bytes, &limits)?))
}

/// Fills a template: `RenderedTemplate` as JSON. The options are JSON, since they hold a chat.
///
/// # Errors
/// Those of [`template::of_object`] and [`template::render`], and `bad-option`.
#[wasm_bindgen(js_name = rawRenderTemplate)]
pub fn render_template(document: &JsValue, options: &str, limits: &JsValue) -> Thrown<String> {
    let limits = convert::limits(limits)?;
    let document = convert::document(document, &limits, template::of_object)?;
    let options: Options = parse(options)?;
    Ok(convert::ascii(&template::render(&document, &options)?))
}

/// The templates that come with the library: `[{ id, template }]` as JSON.
///
/// # Errors
/// None that a test would not have found.
#[wasm_bindgen(js_name = rawBuiltInTemplates)]
pub fn built_in_templates() -> Thrown<String> {
    let mut all = Vec::new();
    for one in template::built_ins() {
        let (id, view) = (quote_ascii(one.id), template::view(&one.document()?));
        all.push(format!(r#"{{"id":{id},"template":{view}}}"#));
    }
    Ok(format!("[{}]", all.join(",")))
}

/// Changes fields of a template's JSON text.
///
/// # Errors
/// Those of [`template::of_object`] and [`template::edit`].
#[wasm_bindgen(js_name = rawEditTemplate)]
pub fn edit_template(document: &JsValue, patch: &str, limits: &JsValue) -> Thrown<Uint8Array> {
    let limits = convert::limits(limits)?;
    let document = convert::document(document, &limits, template::of_object)?;
    let edited = template::edit(&document, &Document::parse(patch)?)?;
    Ok(Uint8Array::from(edited.bytes()))
}

/// Changes fields and entries of a lorebook's JSON text.
///
/// # Errors
/// Those of [`Document::read`] and [`lore::edit`].
#[wasm_bindgen(js_name = rawEditLorebook)]
pub fn edit_lorebook(document: &JsValue, patch: &str, limits: &JsValue) -> Thrown<Uint8Array> {
    let limits = convert::limits(limits)?;
    let of_object = |object: &str, limits: &Limits| Ok(lore::of_object(object, limits)?.document);
    let document = convert::document(document, &limits, of_object)?;
    let edited = lore::edit(&document, &Document::parse(patch)?)?;
    Ok(Uint8Array::from(edited.bytes()))
}

/// The domain of a name that JavaScript's classes know.
fn texts(keep: &Keep, domain: &str) -> Result<Texts> {
    Ok(match Domain::of(domain)? {
        Domain::Templates => keep.templates(),
        Domain::Campaigns => keep.campaigns().into_texts(),
        _ => keep.lorebooks(),
    })
}

#[wasm_bindgen]
impl KeepHandle {
    /// `[{ entry, status, warnings }]` as JSON.
    #[wasm_bindgen(js_name = importTexts)]
    pub fn import_texts(
        &self,
        domain: String,
        bytes: Uint8Array,
        name: String,
        limits: JsValue,
    ) -> Promise {
        let keep = self.keep().clone();
        promise(async move {
            let limits = convert::limits(&limits)?;
            let bytes = convert::bytes(&bytes, limits.file, "file")?;
            let texts = texts(&keep, &domain)?;
            Ok(texts.import(&bytes, &name, &limits).await?.to_string())
        })
    }

    /// A `RawKept`, or `undefined`.
    pub fn text(&self, domain: String, id: String) -> Promise {
        let keep = self.keep().clone();
        promise(async move {
            let read = texts(&keep, &domain)?.read(&id).await?;
            Ok(read.map(|(view, document)| RawKept { view, document }))
        })
    }

    /// The entry as JSON.
    #[wasm_bindgen(js_name = copyText)]
    pub fn copy_text(
        &self,
        domain: String,
        id: String,
        name: Option<String>,
        write: JsValue,
    ) -> Promise {
        let keep = self.keep().clone();
        promise(async move {
            let write = convert::write(&write)?;
            let texts = texts(&keep, &domain)?;
            Ok(texts.copy(&id, name.as_deref(), write).await?.to_string())
        })
    }

    /// `{ entry, id }` as JSON.
    #[wasm_bindgen(js_name = addLoreEntry)]
    pub fn add_lore_entry(&self, id: String, entry: String, write: JsValue) -> Promise {
        let keep = self.keep().clone();
        promise(async move {
            let (entry, write) = (Document::parse(&entry)?, convert::write(&write)?);
            let added = keep.lorebooks().add_entry(&id, &entry, write).await?;
            Ok(added.to_string())
        })
    }
}
