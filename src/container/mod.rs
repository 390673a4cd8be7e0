//! Files that carry documents: where in the bytes the text is, and how new text is put there.
//!
//! Knows formats of files, nothing of cards. Lengths are believed only after they were
//! checked against the bytes that are there.

pub mod distant_zip;
pub mod exif;
pub mod jpeg;
pub mod media;
pub mod png;
pub mod thin;
pub mod webp;
pub mod zip;
