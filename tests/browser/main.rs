//! What holds only in a browser: the IndexedDB medium, and the keep on it.

#![cfg(target_arch = "wasm32")]

#[path = "../suite/frozen.rs"]
mod frozen;
#[path = "../suite/mod.rs"]
mod suite;

mod idb;
mod keep;

wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);
