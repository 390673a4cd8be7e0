//! Backups, as JavaScript calls them.

use super::convert::{self, parse, promise};
use super::keep::KeepHandle;

use crate::keep::{BackupPart, Domain};
use crate::store::NewBackup;
use js_sys::{Promise, Uint8Array};
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
impl KeepHandle {
    /// `Backup[]` as JSON.
    pub fn backups(&self) -> Promise {
        let keep = self.keep.clone();
        promise(async move { Ok(convert::ascii(&keep.backups().list().await?)) })
    }

    /// The `Backup` as JSON, or `undefined`.
    pub fn backup(&self, id: String) -> Promise {
        let keep = self.keep.clone();
        promise(async move {
            Ok(keep
                .backups()
                .get(&id)
                .await?
                .map(|one| convert::ascii(&one)))
        })
    }

    /// The `Backup` as JSON; one that is not there is an error.
    #[wasm_bindgen(js_name = findBackup)]
    pub fn find_backup(&self, id: String) -> Promise {
        let keep = self.keep.clone();
        promise(async move { Ok(convert::ascii(&keep.backups().find(&id).await?)) })
    }

    /// `NewBackup` as JSON; the `Backup` as JSON.
    #[wasm_bindgen(js_name = createBackup)]
    pub fn create_backup(&self, new: String) -> Promise {
        let keep = self.keep.clone();
        promise(async move {
            let new: NewBackup = parse(&new)?;
            Ok(convert::ascii(&keep.backups().create(&new).await?))
        })
    }

    /// `BackupReport` as JSON.
    #[wasm_bindgen(js_name = verifyBackup)]
    pub fn verify_backup(&self, id: String) -> Promise {
        let keep = self.keep.clone();
        promise(async move { Ok(convert::ascii(&keep.backups().verify(&id).await?)) })
    }

    /// Makes the keep what a backup holds, or adds what it has; `Restored` as JSON.
    #[wasm_bindgen(js_name = restoreBackup)]
    pub fn restore_backup(&self, id: String) -> Promise {
        let keep = self.keep.clone();
        promise(async move { Ok(convert::ascii(&keep.backups().replace(&id).await?)) })
    }

    /// `Restored` as JSON; `only` is a list of `domain/id`.
    #[wasm_bindgen(js_name = copyBackup)]
    pub fn copy_backup(&self, id: String, only: Option<Vec<String>>) -> Promise {
        let keep = self.keep.clone();
        promise(async move {
            let only = match only {
                Some(only) => Some(
                    only.iter()
                        .map(|one| part(one))
                        .collect::<crate::error::Result<Vec<_>>>()?,
                ),
                None => None,
            };
            let copied = keep.backups().copy(&id, only.as_deref()).await?;
            Ok(convert::ascii(&copied))
        })
    }

    /// Entries with their `domain`, as JSON.
    #[wasm_bindgen(js_name = backupContents)]
    pub fn backup_contents(&self, id: String) -> Promise {
        let keep = self.keep.clone();
        promise(async move { Ok(convert::ascii(&keep.backups().contents(&id).await?)) })
    }

    /// Goes back to the schema of a backup; `Restored` as JSON.
    #[wasm_bindgen(js_name = rollBack)]
    pub fn roll_back(&self, id: String) -> Promise {
        let keep = self.keep.clone();
        promise(async move { Ok(convert::ascii(&keep.backups().roll_back(&id).await?)) })
    }

    /// Makes a backup before many files are imported, unless the newest one holds what is there.
    #[wasm_bindgen(js_name = backupBefore)]
    pub fn backup_before(&self, reason: String) -> Promise {
        let keep = self.keep.clone();
        promise(async move {
            keep.backups().before(&reason).await?;
            Ok(JsValue::UNDEFINED)
        })
    }

    /// Thins the backups; the ids of those that went as JSON.
    #[wasm_bindgen(js_name = pruneBackups)]
    pub fn prune_backups(&self) -> Promise {
        let keep = self.keep.clone();
        promise(async move { Ok(convert::ascii(&keep.backups().prune().await?)) })
    }

    /// The next bytes of a backup's file; none behind its end.
    #[wasm_bindgen(js_name = backupPiece)]
    pub fn backup_piece(&self, id: String, from: f64) -> Promise {
        let keep = self.keep.clone();
        promise(async move {
            let piece = keep.backups().piece(&id, from as u64).await?;
            Ok(Uint8Array::from(piece.as_slice()))
        })
    }

    /// The id under which a file is taken in.
    #[wasm_bindgen(js_name = beginBackupImport)]
    pub fn begin_backup_import(&self) -> Result<String, JsValue> {
        Ok(self.keep.backups().begin_import()?)
    }

    /// Takes in the next bytes of a file.
    #[wasm_bindgen(js_name = addToBackup)]
    pub fn add_to_backup(&self, id: String, bytes: Uint8Array) -> Promise {
        let keep = self.keep.clone();
        promise(async move {
            keep.backups().add(&id, bytes.to_vec()).await?;
            Ok(JsValue::UNDEFINED)
        })
    }

    /// The `Backup` that was taken in, as JSON.
    #[wasm_bindgen(js_name = endBackupImport)]
    pub fn end_backup_import(&self, id: String) -> Promise {
        let keep = self.keep.clone();
        promise(async move { Ok(convert::ascii(&keep.backups().end_import(&id).await?)) })
    }

    /// Gives up what was taken in so far.
    #[wasm_bindgen(js_name = giveUpBackupImport)]
    pub fn give_up_backup_import(&self, id: String) -> Promise {
        let keep = self.keep.clone();
        promise(async move {
            keep.backups().give_up_import(&id).await?;
            Ok(JsValue::UNDEFINED)
        })
    }

    /// The `Backup` as JSON.
    #[wasm_bindgen(js_name = pinBackup)]
    pub fn pin_backup(&self, id: String, pinned: bool) -> Promise {
        let keep = self.keep.clone();
        promise(async move { Ok(convert::ascii(&keep.backups().pin(&id, pinned).await?)) })
    }

    /// Removes a backup for good.
    #[wasm_bindgen(js_name = deleteBackup)]
    pub fn delete_backup(&self, id: String) -> Promise {
        let keep = self.keep.clone();
        promise(async move {
            keep.backups().delete(&id).await?;
            Ok(JsValue::UNDEFINED)
        })
    }
}

fn part(named: &str) -> crate::error::Result<BackupPart> {
    let (domain, id) = named.split_once('/').unwrap_or_default();
    let (domain, id) = (Domain::of(domain)?, id.to_owned());
    Ok(BackupPart { domain, id })
}
