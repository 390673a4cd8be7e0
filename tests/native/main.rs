//! What holds outside the browser: formats, engine, keep.

#[path = "../suite/frozen.rs"]
mod frozen;
#[path = "../suite/mod.rs"]
mod suite;

mod cards;
mod cards_write;
mod json;
mod keep;
mod migration;
mod png;
mod store;
mod turn;
