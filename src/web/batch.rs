//! Several records at once: arrays of plain objects in, JSON text out.

use super::convert::{self, promise, rev};
use super::keep::KeepHandle;
use super::stored::get;
use crate::error::{Kind, Limits, Result};
use crate::json::Document;
use crate::keep::{Along, Domain, Given, PatchDocument, PutDocument, Target};
use js_sys::{Array, Promise, Uint8Array};
use serde_json::Value;
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
impl KeepHandle {
    /// `[{ document | values, id?, ifRev?, image? }]`; the entries as JSON.
    #[wasm_bindgen(js_name = putMany)]
    pub fn put_many(&self, domain: String, items: Array, write: JsValue) -> Promise {
        let keep = self.keep().clone();
        promise(async move {
            let puts: Vec<PutDocument> =
                items.iter().map(|item| put(&item)).collect::<Result<_>>()?;
            let (domain, write) = (Domain::of(&domain)?, convert::write(&write)?);
            Ok(text(keep.put_many(domain, &puts, write).await?))
        })
    }

    /// `{ document | values, id?, image? }`; `Validity` as JSON.
    pub fn validate(&self, domain: String, item: JsValue) -> Promise {
        let keep = self.keep().clone();
        promise(async move {
            let (domain, put) = (Domain::of(&domain)?, put(&item)?);
            Ok(convert::ascii(&keep.validate(domain, &put).await?))
        })
    }

    /// `[{ id, patch, ifRev? }]`; the entries as JSON.
    #[wasm_bindgen(js_name = patchMany)]
    pub fn patch_many(&self, domain: String, items: Array, write: JsValue) -> Promise {
        let keep = self.keep().clone();
        promise(async move {
            let patch = |item: JsValue| -> Result<PatchDocument> {
                Ok(PatchDocument {
                    id: id(&item),
                    patch: Document::parse(&get(&item, "patch").as_string().unwrap_or_default())?,
                    if_rev: rev(get(&item, "ifRev").as_f64()),
                })
            };
            let patches: Vec<PatchDocument> = items.iter().map(patch).collect::<Result<_>>()?;
            let (domain, write) = (Domain::of(&domain)?, convert::write(&write)?);
            Ok(text(keep.patch_many(domain, &patches, write).await?))
        })
    }

    /// `[{ id, ifRev? }]`: puts records into the trash, perhaps with their chats and playthroughs.
    #[wasm_bindgen(js_name = trashMany)]
    pub fn trash_many(
        &self,
        domain: String,
        targets: Array,
        chats: bool,
        playthroughs: bool,
        write: JsValue,
    ) -> Promise {
        let keep = self.keep().clone();
        promise(async move {
            let (domain, write) = (Domain::of(&domain)?, convert::write(&write)?);
            let targets: Vec<Target> = targets.iter().map(|item| target(&item)).collect();
            let along = Along {
                chats,
                playthroughs,
            };
            keep.trash_with(domain, &targets, along, write).await?;
            Ok(JsValue::UNDEFINED)
        })
    }

    /// `[{ id, ifRev? }]`: takes records out of the trash; the entries as JSON.
    #[wasm_bindgen(js_name = restoreMany)]
    pub fn restore_many(&self, domain: String, targets: Array, write: JsValue) -> Promise {
        let keep = self.keep().clone();
        promise(async move {
            let (domain, write) = (Domain::of(&domain)?, convert::write(&write)?);
            let targets: Vec<Target> = targets.iter().map(|item| target(&item)).collect();
            Ok(text(keep.restore_many(domain, &targets, write).await?))
        })
    }
}

fn put(item: &JsValue) -> Result<PutDocument> {
    let limits = Limits::default();
    let bytes = |name: &str, limit: usize| -> Result<Option<Vec<u8>>> {
        let given = get(item, name);
        let given = given.dyn_ref::<Uint8Array>();
        given
            .map(|given| convert::bytes(given, limit, name))
            .transpose()
    };
    let given = match (bytes("document", limits.text)?, get(item, "values")) {
        (Some(document), _) => Given::Document(document),
        (None, values) => {
            let missing = || Kind::BadOption.because("there is neither a document nor its values");
            Given::Values(Document::parse(&values.as_string().ok_or_else(missing)?)?)
        }
    };
    Ok(PutDocument {
        given,
        id: get(item, "id").as_string(),
        if_rev: rev(get(item, "ifRev").as_f64()),
        image: bytes("image", limits.file)?,
    })
}

fn id(item: &JsValue) -> String {
    get(item, "id").as_string().unwrap_or_default()
}

fn target(item: &JsValue) -> Target {
    Target {
        id: id(item),
        if_rev: rev(get(item, "ifRev").as_f64()),
    }
}

fn text(entries: Vec<Value>) -> String {
    Value::from(entries).to_string()
}
