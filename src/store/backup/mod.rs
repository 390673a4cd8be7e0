//! Backups: everything in the keep at one moment, in one file that describes itself.
//!
//! The file is an archive. `cardkeep.json` says what it is, then frames of the second copy's
//! form hold rows, with their versions, and pages, as their stored bytes; `end.json` says what
//! has to be there. It is written and read in pieces. Neither the keep's id nor the
//! installation's, no journal and no `meta` is in it.

mod archive;
mod content;
mod create;
mod earlier;
mod restore;
mod shelf;

pub use content::{Damage, Verified};
pub use restore::Restored;
pub(crate) use restore::next_rev;

use super::engine::{Counted, Store};
use super::log::{Level, LogEntry};
use super::redo::{Redo, RedoFile};
use super::thinning;
use crate::codec;
use crate::error::{Error, Kind, Result};
use crate::order;
use archive::Reader;
pub(crate) use content::Content;
use content::{Manifest, Manifests};
use serde::Serialize;
use std::rc::Rc;

pub(super) use shelf::Shelf;

/// Ending of the files.
const FILE: &str = ".cardkeep";
/// Ending of the empty file beside one that is pinned.
const PIN: &str = ".pin";
/// What was begun and never ended is given up after so long.
const ABANDONED_MS: i64 = 86_400_000;
/// A backup that is later than now by more was made by a clock that went wrong.
const BELIEVED_MS: i64 = 86_400_000;
/// Bytes that an import and an export move at once.
const PIECE: u64 = 4 << 20;

/// What is known of a backup without reading all of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Backup {
    /// Its id.
    pub id: String,
    /// Of when it is, milliseconds since 1970.
    pub created: i64,
    /// Why it was made.
    pub reason: String,
    /// Schema of the records in it.
    pub schema: u32,
    /// Rows: records and their older states.
    pub records: u64,
    /// Pages: what is larger.
    pub pages: u64,
    /// Length of the file.
    pub bytes: u64,
    /// Stays however many there are.
    pub pinned: bool,
    /// It was written to its end.
    pub complete: bool,
    /// There was no room for the parts, which are larger contents: they are where they were, and
    /// only this keep can be restored from it.
    pub rows_only: bool,
    /// What [`Store::state`] was.
    #[serde(skip)]
    pub(crate) state: String,
}

/// What may be asked of a new backup.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NewBackup {
    /// Why, for people.
    pub reason: String,
    /// Whether it stays however many there are.
    pub pin: bool,
}

fn missing(id: &str) -> Error {
    Kind::NotFound
        .because("there is no such backup")
        .of("backups", id)
}

impl Store {
    /// Every backup, oldest first. One whose first and last entries both cannot be read is
    /// listed without what they would tell.
    ///
    /// # Errors
    /// What the place of the backups reports.
    pub async fn backups(&self) -> Result<Vec<Backup>> {
        let place = self.shelf();
        let files = place.files().await?;
        let mut backups = Vec::new();
        for file in &files {
            if let Some(id) = file.name.strip_suffix(FILE) {
                backups.push(self.look_at(id, file, &files).await?);
            }
        }
        order::sort_by(&mut backups, |a: &Backup, b: &Backup| {
            (a.created, &a.id).cmp(&(b.created, &b.id))
        });
        Ok(backups)
    }

    /// One backup.
    ///
    /// # Errors
    /// `not-found`, and what the place of the backups reports.
    pub async fn backup(&self, id: &str) -> Result<Backup> {
        let files = self.shelf().files().await?;
        let name = format!("{id}{FILE}");
        let file = files.iter().find(|file| file.name == name);
        self.look_at(id, file.ok_or_else(|| missing(id))?, &files)
            .await
    }

    /// Every backup, those that are missed least first: a time far ahead says nothing of when a
    /// backup was made, so it makes none the newest.
    pub(super) async fn backups_by_worth(&self) -> Result<Vec<Backup>> {
        let mut backups = self.backups().await?;
        let latest = self.now().saturating_add(BELIEVED_MS);
        let believed = backups.iter().filter(|one| one.created <= latest).count();
        backups.rotate_left(believed);
        Ok(backups)
    }

    async fn look_at(&self, id: &str, file: &RedoFile, files: &[RedoFile]) -> Result<Backup> {
        let place = self.shelf();
        let reader = Reader::open(&*place, &file.name, file.bytes).await?;
        let Manifests { manifest, end } = Manifests::read(&reader).await?;
        let pin = format!("{id}{PIN}");
        let of = |manifest: Option<Manifest>| manifest.unwrap_or_default();
        let manifest = of(manifest);
        Ok(Backup {
            id: id.to_owned(),
            created: manifest.created,
            reason: manifest.reason,
            schema: manifest.schema,
            records: end.as_ref().map_or(0, |end| end.rows),
            pages: end.as_ref().map_or(0, |end| end.pages),
            bytes: file.bytes,
            pinned: files.iter().any(|file| file.name == pin),
            complete: reader.whole && end.is_some(),
            rows_only: manifest.rows_only,
            state: end.map(|end| end.state).unwrap_or_default(),
        })
    }

    /// Reads all of a backup and says what is sound.
    ///
    /// # Errors
    /// `not-found`, and what the place of the backups reports. Damage is no error here.
    pub async fn verify_backup(&self, id: &str) -> Result<Verified> {
        Ok(self.open_backup(id).await?.verified)
    }

    /// Reads all of a backup, to be restored.
    pub(crate) async fn open_backup(&self, id: &str) -> Result<Content> {
        let place = self.shelf();
        let name = format!("{id}{FILE}");
        let files = place.files().await?;
        let file = files.iter().find(|file| file.name == name);
        let length = file.ok_or_else(|| missing(id))?.bytes;
        let held = Counted::of(&self.backups_held);
        Content::read(place, name, length, Some(held)).await
    }

    /// A stretch of a backup's file; empty behind its end.
    ///
    /// # Errors
    /// `not-found`, and what the place of the backups reports.
    pub async fn backup_piece(&self, id: &str, from: u64) -> Result<Vec<u8>> {
        if from == 0 {
            self.backup(id).await?;
        }
        let name = format!("{id}{FILE}");
        self.shelf().read(&name, from, PIECE).await
    }

    /// Begins taking in a backup's file, and gives the id that it has here.
    pub fn begin_backup_import(&self) -> Result<String> {
        self.refuse_read_only()?;
        Ok(codec::new_id(self.now()))
    }

    /// Takes in the next bytes of a backup's file.
    ///
    /// # Errors
    /// What the place of the backups reports.
    pub async fn add_to_backup(&self, id: &str, bytes: Vec<u8>) -> Result<()> {
        let name = format!("{id}{FILE}");
        self.shelf().append(&name, bytes, false).await
    }

    /// Ends taking in: the file stays, pinned, when it is a backup. One that is damaged stays
    /// too, for what is sound in it.
    ///
    /// # Errors
    /// `not-a-backup`, `too-new`, and what the place of the backups reports; nothing stays then.
    pub async fn end_backup_import(&self, id: &str) -> Result<Backup> {
        let place = self.shelf();
        let name = format!("{id}{FILE}");
        place.append(&name, Vec::new(), true).await?;
        place.release(&name).await?;
        match self.check_import(id).await {
            Ok(()) => {
                self.pin_backup(id, true).await?;
                self.backup(id).await
            }
            Err(error) => {
                place.remove(&name).await?;
                Err(error)
            }
        }
    }

    async fn check_import(&self, id: &str) -> Result<()> {
        let content = self.open_backup(id).await?;
        match (content.manifest, content.verified.records.is_empty()) {
            (Some(manifest), _) => manifest.check(),
            (None, false) => Ok(()),
            (None, true) => Err(Kind::NotABackup.because("nothing of a backup is in the file")),
        }
    }

    /// Gives up what was taken in so far.
    ///
    /// # Errors
    /// What the place of the backups reports.
    pub async fn give_up_backup_import(&self, id: &str) -> Result<()> {
        let name = format!("{id}{FILE}");
        self.shelf().remove(&name).await
    }

    /// Makes a backup stay however many there are, or lets go of it again.
    ///
    /// # Errors
    /// `not-found`, and what the place of the backups reports.
    pub async fn pin_backup(&self, id: &str, pinned: bool) -> Result<Backup> {
        self.backup(id).await?;
        let (place, pin) = (self.shelf(), format!("{id}{PIN}"));
        if pinned {
            place.append(&pin, Vec::new(), true).await?;
            place.release(&pin).await?;
        } else {
            place.remove(&pin).await?;
        }
        self.backup(id).await
    }

    /// Removes a backup for good, pinned or not.
    ///
    /// # Errors
    /// `not-found`, and what the place of the backups reports.
    pub async fn delete_backup(&self, id: &str) -> Result<()> {
        self.backup(id).await?;
        self.remove_backup(id).await?;
        self.note_backup(Level::Info, "backup-deleted", 1);
        Ok(())
    }

    pub(super) async fn remove_backup(&self, id: &str) -> Result<()> {
        let place = self.shelf();
        place.remove(&format!("{id}{FILE}")).await?;
        place.remove(&format!("{id}{PIN}")).await
    }

    /// Thins the backups, by time and to a sum of bytes, and gives the ids of those that went.
    /// Pinned ones stay, and so does the newest that was written to its end.
    ///
    /// # Errors
    /// What the place of the backups reports.
    pub async fn prune_backups(&self, last: usize, most_bytes: u64) -> Result<Vec<String>> {
        let now = self.now();
        let all = self.backups_by_worth().await?;
        let newest = all.iter().rev().find(|one| one.complete && !one.rows_only);
        let newest = newest.map(|one| one.id.clone());
        let (complete, begun): (Vec<Backup>, Vec<Backup>) =
            all.into_iter().partition(|one| one.complete);
        let times: Vec<i64> = complete.iter().map(|one| one.created).collect();
        let stay = thinning::stay(&times, last, now);
        let mut bytes = 0_u64;
        let mut gone = Vec::new();
        for (one, stays) in complete.iter().zip(stay).rev() {
            let held = one.pinned || newest.as_ref() == Some(&one.id);
            let fits = bytes.saturating_add(one.bytes) <= most_bytes;
            if held || (stays && fits) {
                bytes = bytes.saturating_add(one.bytes);
            } else {
                gone.push(one.id.clone());
            }
        }
        // Its id says when it was begun here; one that is taken in may tell of a day long past.
        let begun_since = codec::new_id(now.saturating_sub(ABANDONED_MS));
        let abandoned = |one: &&Backup| !one.pinned && one.id < begun_since;
        gone.extend(begun.iter().filter(abandoned).map(|one| one.id.clone()));
        for id in &gone {
            self.remove_backup(id).await?;
        }
        if !gone.is_empty() {
            self.note_backup(Level::Info, "backups-pruned", gone.len() as u64);
        }
        Ok(gone)
    }

    /// The folder of the backups.
    pub(super) fn shelf(&self) -> Rc<dyn Redo> {
        Rc::clone(&self.shelf)
    }

    pub(super) fn note_backup(&self, level: Level, event: &'static str, count: u64) {
        let entry = LogEntry::new(self.now(), level, event);
        self.log().note(entry.count(count));
    }
}
