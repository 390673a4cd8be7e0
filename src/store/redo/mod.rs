//! The second copy: every committed burst, appended to a log beside the medium.
//!
//! IndexedDB alone can come up empty after a killed browser, once more at the second
//! opening than at the first, and strict durability does not help (measured in Chromium
//! 156). A log in another store of the browser outlived every such case. The log is
//! complete: from it alone a wiped medium is built again. It is append-only, one file a
//! writer; rows are told apart by their revisions, pages never change.

mod base;
mod copy;
mod file;
pub(in crate::store) mod frame;
mod gap;
mod index;
mod memory;
mod note;
mod opening;
mod recovery;
mod said;
mod unsettled;

pub(super) use copy::Copy;
pub use copy::SecondCopy;
pub use file::{Redo, RedoFile};
pub(super) use index::is_sound;
pub use memory::MemoryRedo;
pub(super) use opening::{Look, Opening, look, open, rebuild};
pub use recovery::Recovered;
