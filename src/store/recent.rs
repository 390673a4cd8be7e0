//! Records as this store read or wrote them last, so that a change of one need not read it
//! first.
//!
//! They may be out of date: another tab may have written since. So they serve changes
//! only, never reads, and a change that is made of one holds only if the row is still the
//! same, byte for byte ([`super::Change::on_recent`]).

use super::record::Record;
use std::collections::VecDeque;

/// How many records are remembered.
const MOST: usize = 32;
/// Rows over this size are not.
const LARGEST: usize = 64 << 10;

/// Records, the latest first.
#[derive(Default)]
pub(super) struct Recent(VecDeque<Record>);

impl Recent {
    pub(super) fn get(&self, domain: &str, id: &str) -> Option<Record> {
        let is = |record: &&Record| record.domain == domain && record.id == id;
        self.0.iter().find(is).cloned()
    }

    /// Remembers a record as it was written; the oldest ones give way.
    pub(super) fn put(&mut self, record: &Record) {
        self.forget(&record.domain, &record.id);
        if record.stored.is_empty() || record.stored.len() > LARGEST {
            return;
        }
        self.0.push_front(record.clone());
        self.0.truncate(MOST);
    }

    pub(super) fn forget(&mut self, domain: &str, id: &str) {
        self.0
            .retain(|record| record.domain != domain || record.id != id);
    }
}
