//! The second copy in the origin's private file system.
//!
//! Small appends there need a worker, which the face in JavaScript starts; this is the
//! port to it.

use super::request::failure;
use crate::error::{Kind, Result};
use crate::store::{Pending, Redo, RedoFile};
use js_sys::{Array, Promise, Reflect, Uint8Array};
use std::rc::Rc;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

#[wasm_bindgen]
extern "C" {
    /// `RedoPort` of `src/js/redo.ts`.
    #[derive(Clone)]
    pub type RedoPort;
    #[wasm_bindgen(method, structural, catch)]
    fn files(this: &RedoPort) -> std::result::Result<Promise, JsValue>;
    #[wasm_bindgen(method, structural, catch)]
    fn read(
        this: &RedoPort,
        file: &str,
        from: f64,
        length: f64,
    ) -> std::result::Result<Promise, JsValue>;
    #[wasm_bindgen(method, structural, catch)]
    fn append(
        this: &RedoPort,
        file: &str,
        bytes: Uint8Array,
        durable: bool,
    ) -> std::result::Result<Promise, JsValue>;
    #[wasm_bindgen(method, structural, catch)]
    fn remove(this: &RedoPort, file: &str) -> std::result::Result<Promise, JsValue>;
    #[wasm_bindgen(method, structural, catch)]
    fn note(this: &RedoPort) -> std::result::Result<Promise, JsValue>;
    #[wasm_bindgen(method, structural, catch, js_name = setNote)]
    fn set_note(this: &RedoPort, bytes: Uint8Array) -> std::result::Result<Promise, JsValue>;
    #[wasm_bindgen(method, structural, catch)]
    fn release(this: &RedoPort, file: &str) -> std::result::Result<Promise, JsValue>;
    #[wasm_bindgen(method, structural)]
    fn backups(this: &RedoPort) -> Option<RedoPort>;
    #[wasm_bindgen(method, structural)]
    fn close(this: &RedoPort);
}

/// Files of the origin's private file system, by way of the worker.
pub(super) struct OpfsRedo(pub RedoPort);

async fn answer(asked: std::result::Result<Promise, JsValue>) -> Result<JsValue> {
    let promise = asked.map_err(|thrown| failure(&thrown))?;
    JsFuture::from(promise)
        .await
        .map_err(|thrown| failure(&thrown))
}

impl Redo for OpfsRedo {
    fn files(&self) -> Pending<'_, Vec<RedoFile>> {
        Box::pin(async move {
            let files: Array = answer(self.0.files()).await?.unchecked_into();
            let field =
                |file: &JsValue, name: &str| Reflect::get(file, &name.into()).unwrap_or_default();
            let file = |file: JsValue| RedoFile {
                name: field(&file, "name").as_string().unwrap_or_default(),
                bytes: field(&file, "bytes").as_f64().unwrap_or(0.0) as u64,
                modified_ms: field(&file, "modified").as_f64().unwrap_or(0.0) as i64,
            };
            Ok(files.iter().map(file).collect())
        })
    }

    fn read<'a>(&'a self, file: &'a str, from: u64, length: u64) -> Pending<'a, Vec<u8>> {
        Box::pin(async move {
            let bytes = answer(self.0.read(file, from as f64, length as f64)).await?;
            let bytes = bytes.dyn_into::<Uint8Array>();
            bytes
                .map(|bytes| bytes.to_vec())
                .map_err(|_| Kind::Bug.because("the second copy gave no bytes"))
        })
    }

    fn append<'a>(&'a self, file: &'a str, bytes: Vec<u8>, durable: bool) -> Pending<'a, ()> {
        Box::pin(async move {
            let bytes = Uint8Array::from(bytes.as_slice());
            answer(self.0.append(file, bytes, durable)).await.map(drop)
        })
    }

    fn flush<'a>(&'a self, file: &'a str) -> Pending<'a, ()> {
        self.append(file, Vec::new(), true)
    }

    fn remove<'a>(&'a self, file: &'a str) -> Pending<'a, ()> {
        Box::pin(async move { answer(self.0.remove(file)).await.map(drop) })
    }

    fn note(&self) -> Pending<'_, Option<Vec<u8>>> {
        Box::pin(async move {
            let note = answer(self.0.note()).await?;
            Ok(note.dyn_ref::<Uint8Array>().map(Uint8Array::to_vec))
        })
    }

    fn set_note(&self, note: Vec<u8>) -> Pending<'_, ()> {
        Box::pin(async move {
            answer(self.0.set_note(Uint8Array::from(note.as_slice())))
                .await
                .map(drop)
        })
    }

    fn release<'a>(&'a self, file: &'a str) -> Pending<'a, ()> {
        Box::pin(async move { answer(self.0.release(file)).await.map(drop) })
    }

    fn backups(&self) -> Option<Rc<dyn Redo>> {
        let beside = self.0.backups()?;
        Some(Rc::new(OpfsRedo(beside)))
    }

    fn close(&self) {
        self.0.close();
    }
}
