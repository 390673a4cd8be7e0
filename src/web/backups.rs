//! Backups, as JavaScript calls them.

use super::convert;
use super::keep::{KeepHandle, parse, promise};
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
    pub fn restore_backup(&self, id: String, copy: bool) -> Promise {
        let keep = self.keep.clone();
        promise(async move {
            Ok(match copy {
                true => convert::ascii(&keep.backups().copy(&id).await?),
                false => convert::ascii(&keep.backups().replace(&id).await?),
            })
        })
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
