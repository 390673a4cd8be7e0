//! What a chat's row says of its records: the runs of sealed segments, and the tail.

use crate::codec::{self, Part};
use serde::{Deserialize, Serialize};

/// The manifest as the chat's row holds it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(in crate::keep) struct Manifest {
    pub(super) runs: Vec<Run>,
    pub(super) tail: Tail,
}

/// Some sealed segments in order, listed in a part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Run {
    #[serde(flatten)]
    pub part: Part,
    pub records: u64,
    /// Whether it says the numbers of its records.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ids: bool,
}

/// Records not sealed yet: pages `[tail, chat, n]` with `from <= n < to`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Tail {
    pub from: u64,
    pub to: u64,
    pub bytes: u64,
    /// CRC-32 chained over the tail's records: finds one that was lost or exchanged.
    pub check: u32,
}

impl Manifest {
    /// Starts the tail behind every page that another state of the chat has used.
    pub(in crate::keep) fn tail_behind(&mut self, other: &Manifest) {
        let next = self.tail.to.max(other.tail.to);
        debug_assert_eq!(
            self.tail.from, self.tail.to,
            "only a settled tail can be moved"
        );
        self.tail = Tail {
            from: next,
            to: next,
            ..self.tail
        };
    }

    /// The number that the next record gets.
    pub(in crate::keep) fn next_id(&self) -> u64 {
        self.tail.to
    }

    /// A number for a record that is put between others. The tail must be settled: its
    /// numbers have no gaps.
    pub(in crate::keep) fn take_id(&mut self) -> u64 {
        debug_assert_eq!(self.tail.from, self.tail.to, "a tail has no gaps");
        self.tail.from = self.tail.to + 1;
        self.tail.to = self.tail.from;
        self.tail.to - 1
    }

    /// Number of records.
    pub(in crate::keep) fn len(&self) -> u64 {
        self.sealed() + (self.tail.to - self.tail.from)
    }

    /// Bytes of the records in the tail.
    pub(in crate::keep) fn tail_bytes(&self) -> u64 {
        self.tail.bytes
    }

    /// Number of records in segments.
    pub(super) fn sealed(&self) -> u64 {
        self.runs.iter().map(|run| run.records).sum()
    }
}

/// The tail's checksum with one more record.
pub(super) fn chain(check: u32, record: &[u8]) -> u32 {
    let mut bytes = check.to_le_bytes().to_vec();
    bytes.extend_from_slice(record);
    codec::checksum(&bytes)
}
