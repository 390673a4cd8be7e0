//! What holds outside the browser: formats, engine, keep.

#[path = "../suite/mod.rs"]
mod suite;

mod cards;
mod cards_write;
mod json;
mod png;
mod store;
mod turn;
