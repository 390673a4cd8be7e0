//! The other place of a keep, for when its database cannot be opened any more.
//!
//! Storage buckets and locks are the matter of the face in JavaScript; this is the port to it.

use super::clock;
use super::request::failure;
use crate::error::Result;
use js_sys::Promise;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::IdbFactory;

#[wasm_bindgen]
extern "C" {
    /// `RescuePort` of `src/js/rescue.ts`.
    #[derive(Clone)]
    pub type RescuePort;
    #[wasm_bindgen(method, structural, catch)]
    fn there(this: &RescuePort) -> std::result::Result<Promise, JsValue>;
    #[wasm_bindgen(method, structural, catch)]
    fn make(this: &RescuePort) -> std::result::Result<Promise, JsValue>;

    /// `Place` of `src/js/rescue.ts`: a database.
    #[derive(Clone)]
    pub type Place;
    #[wasm_bindgen(method, structural, getter)]
    pub(super) fn factory(this: &Place) -> IdbFactory;
    #[wasm_bindgen(method, structural, getter)]
    pub(super) fn name(this: &Place) -> String;
}

impl RescuePort {
    /// The place, when the keep went there some time. An answer that fails is none: where the
    /// place cannot be asked for, no keep went there.
    pub(super) async fn known(&self, timeout_ms: f64) -> Result<Option<Place>> {
        let asked = answer(self.there());
        let found = clock::within(timeout_ms, "looking for the other place", async {
            Ok(asked.await.ok().flatten())
        });
        found.await
    }

    /// A new place, or none when the keep has to stay where it is.
    pub(super) async fn new_place(&self, timeout_ms: f64) -> Result<Option<Place>> {
        clock::within(timeout_ms, "making another place", answer(self.make())).await
    }
}

async fn answer(asked: std::result::Result<Promise, JsValue>) -> Result<Option<Place>> {
    let promise = asked.map_err(|thrown| failure(&thrown))?;
    let place = JsFuture::from(promise)
        .await
        .map_err(|thrown| failure(&thrown))?;
    Ok((!place.is_undefined()).then(|| place.unchecked_into()))
}
