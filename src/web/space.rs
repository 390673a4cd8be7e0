//! How much space there is, as far as the keep knows.

use super::convert::promise;
use super::keep::KeepHandle;
use js_sys::Promise;
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
impl KeepHandle {
    /// Whether the last write found no space.
    #[wasm_bindgen(js_name = isFull)]
    pub fn is_full(&self) -> bool {
        self.keep.is_full()
    }

    /// Bytes of the second copy.
    #[wasm_bindgen(js_name = secondCopyBytes)]
    pub fn second_copy_bytes(&self) -> Promise {
        let keep = self.keep.clone();
        promise(async move { Ok(keep.second_copy_bytes().await? as f64) })
    }

    /// Bytes that importing a file takes at least.
    #[wasm_bindgen(js_name = spaceFor)]
    pub fn space_for(&self, chat: bool, bytes: f64) -> f64 {
        self.keep.space_for(chat, bytes as u64) as f64
    }
}
