//! Assets for JavaScript: bytes in and out.

use super::convert::{self, promise};
use super::keep::KeepHandle;
use crate::error::Limits;
use crate::keep::AboutAsset;
use js_sys::{Array, Promise, Uint8Array};
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
impl KeepHandle {
    /// The entry as JSON.
    #[wasm_bindgen(js_name = putAsset)]
    pub fn put_asset(
        &self,
        id: Option<String>,
        bytes: Uint8Array,
        about: JsValue,
        write: JsValue,
    ) -> Promise {
        let keep = self.keep().clone();
        promise(async move {
            let (about, write) = (convert::options(&about)?, convert::write(&write)?);
            let bytes = convert::bytes(&bytes, Limits::default().file, "file")?;
            let assets = keep.assets();
            let entry = assets.put(id.as_deref(), &bytes, &about, write).await?;
            Ok(entry.to_string())
        })
    }

    /// The entry as JSON.
    #[wasm_bindgen(js_name = patchAsset)]
    pub fn patch_asset(&self, id: String, about: JsValue, write: JsValue) -> Promise {
        let keep = self.keep().clone();
        promise(async move {
            let about: AboutAsset = convert::options(&about)?;
            let write = convert::write(&write)?;
            Ok(keep.assets().patch(&id, &about, write).await?.to_string())
        })
    }

    /// `[{ entry, status, warnings }]` as JSON.
    #[wasm_bindgen(js_name = importAsset)]
    pub fn import_asset(&self, bytes: Uint8Array, filename: String, limits: JsValue) -> Promise {
        let keep = self.keep().clone();
        promise(async move {
            let limits = convert::limits(&limits)?;
            let bytes = convert::bytes(&bytes, limits.file, "file")?;
            let taken = keep.assets().import(&bytes, &filename, &limits).await?;
            Ok(taken.to_string())
        })
    }

    /// The entry as JSON and the bytes, or `undefined`.
    pub fn asset(&self, id: String) -> Promise {
        let keep = self.keep().clone();
        promise(async move {
            let found = keep.assets().read(&id).await?;
            Ok(found.map(|(entry, bytes)| {
                let bytes = Uint8Array::from(bytes.as_slice());
                Array::of2(&entry.to_string().into(), &bytes)
            }))
        })
    }
}
