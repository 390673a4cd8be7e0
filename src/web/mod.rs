//! The browser edge: the only place that knows JavaScript.
//!
//! A function here is convert, call, convert; what decides lives below.

mod assets;
mod backups;
mod batch;
mod campaigns;
mod card;
mod chat;
mod clock;
mod connector;
mod convert;
mod folder;
mod formats;
mod given;
mod health;
mod idb;
mod journal;
mod keep;
mod opfs;
mod persona;
mod request;
mod rescue;
mod space;
mod stored;
mod structure;
mod texts;
mod throw;
mod transaction;
mod upgrade;
mod worlds;

pub use idb::{IdbMedium, Listeners};

use wasm_bindgen::prelude::*;

/// Runs once, when the module is loaded: a panic leaves its words in the console.
#[wasm_bindgen(start)]
fn start() {
    console_error_panic_hook::set_once();
}
