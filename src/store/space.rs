//! Running out of space: noticed at the write that the medium refuses, and told once; and what
//! goes then, so that the write fits.

use super::backup::Backup;
use super::engine::Store;
use super::log::{Level, LogEntry};
use super::medium::{Burst, Gate};
use crate::error::{Kind, Result};
use crate::order;

impl Store {
    /// Whether the medium has refused the last write for want of space. The next one that it
    /// takes ends this; nothing but the medium decides what fits.
    pub fn is_full(&self) -> bool {
        self.full.get()
    }

    /// Bytes of the second copy; 0 where there is none.
    ///
    /// # Errors
    /// What the second copy reports.
    pub async fn second_copy_bytes(&self) -> Result<u64> {
        self.copy.bytes().await
    }

    /// Writes a burst to the medium. Where it finds no room, what can be spared goes first, one
    /// backup after the other, until it fits: those that were never written to their end, then
    /// from the oldest on. Pinned ones stay, and the newest, and all of them while one is read.
    pub(super) async fn put_with_room(&self, burst: &Burst, gate: &Gate) -> Result<()> {
        let mut written = self.medium.write_behind(burst, gate).await;
        let full =
            |written: &Result<()>| matches!(written, Err(error) if error.kind() == Kind::Quota);
        if full(&written) && self.backups_held.get() == 0 {
            // Why the backups cannot be listed or removed is not what the caller has to know.
            for backup in self.spare_backups().await.unwrap_or_default() {
                if !full(&written) {
                    break;
                }
                if self.remove_backup(&backup.id).await.is_ok() {
                    let entry = LogEntry::new(self.now(), Level::Warn, "backup-gave-room");
                    self.log.note(entry.count(backup.bytes));
                    written = self.medium.write_behind(burst, gate).await;
                }
            }
        }
        written
    }

    /// The backups that can go, those that are missed least first.
    async fn spare_backups(&self) -> Result<Vec<Backup>> {
        let mut backups = self.backups_by_worth().await?;
        let whole = |one: &&Backup| one.complete && !one.rows_only;
        let newest = backups.iter().rev().find(whole).or(backups.last());
        let newest = newest.map(|one| one.id.clone());
        backups.retain(|one| !one.pinned && newest.as_ref() != Some(&one.id));
        order::sort_by_key(&mut backups, |one| one.complete);
        Ok(backups)
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
        if self.full.replace(full) != full {
            let (level, event) = match full {
                true => (Level::Error, "full"),
                false => (Level::Info, "room-again"),
            };
            self.log.note(LogEntry::new(self.now(), level, event));
        }
    }
}
