//! Worlds and characters for JavaScript: JSON text out.

use super::convert;
use super::keep::{KeepHandle, promise};
use js_sys::Promise;
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
impl KeepHandle {
    /// `LocationSuggestion[]` as JSON.
    #[wasm_bindgen(js_name = suggestLocations)]
    pub fn suggest_locations(&self, character: String) -> Promise {
        let keep = self.keep().clone();
        promise(async move {
            let suggested = keep.worlds().suggest_locations(&character).await?;
            Ok(convert::ascii(&suggested))
        })
    }

    /// `WorldState` as JSON.
    #[wasm_bindgen(js_name = worldFromCharacter)]
    pub fn world_from_character(&self, character: String, include: Option<Vec<String>>) -> Promise {
        let keep = self.keep().clone();
        promise(async move {
            let worlds = keep.worlds();
            worlds.from_character(&character, include.as_deref()).await
        })
    }

    /// `Inhabitant[]` as JSON.
    pub fn inhabitants(&self, world: String) -> Promise {
        let keep = self.keep().clone();
        promise(async move { Ok(keep.worlds().inhabitants(&world).await?.to_string()) })
    }
}
