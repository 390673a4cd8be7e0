//! Texts on their way to a model: their macros filled in, and how many tokens they may have.
//!
//! Pure functions: names, time and chance are given. Knows nothing of cards or chats.

mod blocks;
mod cbs;
pub mod macros;
mod moment;
pub mod tokens;
