//! Backups: everything at one moment, in a file, by hand and by itself.

use super::Keep;
use crate::error::Result;
use crate::store::{Backup, NewBackup, Verified};

/// The backups of a keep.
pub struct Backups {
    keep: Keep,
}

impl Backups {
    pub(super) fn new(keep: Keep) -> Backups {
        Backups { keep }
    }

    /// Every backup, oldest first.
    ///
    /// # Errors
    /// As [`Store::backups`](crate::store::Store::backups).
    pub async fn list(&self) -> Result<Vec<Backup>> {
        self.keep.store().backups().await
    }

    /// One backup; `None` when there is none.
    ///
    /// # Errors
    /// As [`Backups::list`].
    pub async fn get(&self, id: &str) -> Result<Option<Backup>> {
        super::domain::present(self.find(id).await)
    }

    /// One backup, to be handed out.
    ///
    /// # Errors
    /// As [`Store::backup`](crate::store::Store::backup).
    pub async fn find(&self, id: &str) -> Result<Backup> {
        self.keep.store().backup(id).await
    }

    /// Makes a backup of everything as it is now.
    ///
    /// # Errors
    /// As [`Store::create_backup`](crate::store::Store::create_backup).
    pub async fn create(&self, new: &NewBackup) -> Result<Backup> {
        self.keep.store().create_backup(new).await
    }

    /// Reads all of a backup and says what is sound.
    ///
    /// # Errors
    /// As [`Store::verify_backup`](crate::store::Store::verify_backup).
    pub async fn verify(&self, id: &str) -> Result<Verified> {
        self.keep.store().verify_backup(id).await
    }

    /// A stretch of a backup's file; empty behind its end.
    ///
    /// # Errors
    /// As [`Store::backup_piece`](crate::store::Store::backup_piece).
    pub async fn piece(&self, id: &str, from: u64) -> Result<Vec<u8>> {
        self.keep.store().backup_piece(id, from).await
    }

    /// Begins taking in a backup's file; gives the id that it has here.
    ///
    /// # Errors
    /// `read-only`.
    pub fn begin_import(&self) -> Result<String> {
        self.keep.store().begin_backup_import()
    }

    /// Takes in the next bytes of the file.
    ///
    /// # Errors
    /// What the place of the backups reports.
    pub async fn add(&self, id: &str, bytes: Vec<u8>) -> Result<()> {
        self.keep.store().add_to_backup(id, bytes).await
    }

    /// Ends taking in a file.
    ///
    /// # Errors
    /// As [`Store::end_backup_import`](crate::store::Store::end_backup_import).
    pub async fn end_import(&self, id: &str) -> Result<Backup> {
        self.keep.store().end_backup_import(id).await
    }

    /// Gives up what was taken in so far.
    ///
    /// # Errors
    /// What the place of the backups reports.
    pub async fn give_up_import(&self, id: &str) -> Result<()> {
        self.keep.store().give_up_backup_import(id).await
    }

    /// Makes a backup stay however many there are, or lets go of it again.
    ///
    /// # Errors
    /// As [`Store::pin_backup`](crate::store::Store::pin_backup).
    pub async fn pin(&self, id: &str, pinned: bool) -> Result<Backup> {
        self.keep.store().pin_backup(id, pinned).await
    }

    /// Removes a backup for good, pinned or not.
    ///
    /// # Errors
    /// As [`Store::delete_backup`](crate::store::Store::delete_backup).
    pub async fn delete(&self, id: &str) -> Result<()> {
        self.keep.store().delete_backup(id).await
    }
}
