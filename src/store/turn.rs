//! Whose turn it is to write, where an app has one writer at a time.

use crate::error::{Error, Kind};

/// The key in `meta`.
pub(super) const WRITER: &str = "writer";

/// Whose turn it is.
#[derive(Default)]
pub(super) enum Writer {
    /// Everybody's: nobody asked to write alone.
    #[default]
    Shared,
    /// This keep's, as long as `meta` says this.
    Mine(Vec<u8>),
    /// Another one's.
    Theirs,
}

/// The failure of a write out of turn.
pub(super) fn locked() -> Error {
    Kind::Locked.because("another tab writes this keep now")
}
