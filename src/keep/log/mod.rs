//! How a chat's records rest: sealed segments, their manifest, and a tail.
//!
//! A record is a message's line with its newline, as it came, and has a number that no other
//! record of the chat ever gets. New records land in the tail, one small page each, under
//! their numbers; a full tail becomes a segment. Segments and the runs of
//! the manifest are parts addressed by content and never change: an edit replaces one
//! segment and one run, a branch or a version shares all the others. So every write
//! costs the same at any length. Knows nothing of what a record says.

mod change;
mod held;
mod manifest;
mod read;
mod salvage;
mod segment;

pub(super) use manifest::Manifest;
pub use read::Leave;
pub(super) use read::{Cache, Log, Staged};
pub(super) use segment::Numbered;
