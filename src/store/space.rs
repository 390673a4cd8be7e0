//! Running out of space: noticed at the write that the medium refuses, and told once.

use super::engine::Store;
use super::log::{Level, LogEntry};
use super::medium::Burst;
use crate::error::{Kind, Result};
use std::cell::Cell;

/// What is known of the space.
#[derive(Debug, Default)]
pub(super) struct Space {
    full: Cell<bool>,
}

impl Store {
    /// Whether the medium has refused the last write for want of space. The next one that it
    /// takes ends this; nothing but the medium decides what fits.
    pub fn is_full(&self) -> bool {
        self.space.full.get()
    }

    /// Bytes of the second copy; 0 where there is none.
    ///
    /// # Errors
    /// What the second copy reports.
    pub async fn second_copy_bytes(&self) -> Result<u64> {
        self.copy.bytes().await
    }

    /// Learns from what became of a write whether there is space.
    pub(super) fn learn_space(&self, burst: &Burst, written: &Result<()>) {
        match written {
            Err(error) if error.kind() == Kind::Quota => self.set_full(true),
            // A removal fits also where nothing else does.
            Ok(()) if !burst.puts.is_empty() => self.set_full(false),
            _ => {}
        }
    }

    fn set_full(&self, full: bool) {
        if self.space.full.replace(full) != full {
            let (level, event) = match full {
                true => (Level::Error, "full"),
                false => (Level::Info, "room-again"),
            };
            self.log.note(LogEntry::new(self.now(), level, event));
        }
    }
}
