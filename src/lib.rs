//! Roleplay character cards, chat logs and worlds: read, written and kept.
//!
//! # Modules, from the ground up
//!
//! * [`error`]: one error type, warnings, limits.
//! * [`json`]: tolerant JSON documents that keep their original bytes.
//! * [`container`]: files that carry documents (PNG, WebP, JPEG, ZIP).
//! * [`card`], [`lore`], [`persona`], [`template`], [`campaign`], [`chat`], [`world`], [`settings`]: the documents of each domain.
//! * [`folder`]: what the files of other tools' data folders are.
//! * [`prompt`]: texts on their way to a model: macros, and how many tokens.
//! * `backyard`: archives of Backyard AI, which have cards and chats.
//! * `calendar`: days and dates.
//! * `words`: where words end.
//! * `order`: one sorting routine for all lists.
//! * [`codec`], [`migrate`]: how records are framed on disk, and lifted from older schemas.
//! * [`store`]: the engine: media, the one write path, versions.
//! * [`keep`]: what users see: one service a domain.
//! * `web`: the browser edge, compiled for WebAssembly only.

mod backyard;
mod calendar;
pub mod campaign;
pub mod card;
pub mod chat;
pub mod codec;
pub mod container;
pub mod error;
pub mod folder;
pub mod json;
pub mod keep;
pub mod lore;
pub mod migrate;
mod order;
pub mod persona;
pub mod prompt;
mod secret;
pub mod settings;
pub mod store;
pub mod template;
#[cfg(target_arch = "wasm32")]
pub mod web;
mod words;
pub mod world;
