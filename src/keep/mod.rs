//! What users see: one service a domain, on the store.
//!
//! Characters, chats, worlds, personas, lorebooks, templates, campaigns, assets, playthroughs and settings know what their records mean; how records
//! are written, versioned and lifted is the store's matter. Results that cross to
//! JavaScript are JSON values in the shapes of `src/js/types/`.

mod assets;
mod backups;
mod batch;
mod branch;
mod campaigns;
mod characters;
mod chat;
mod chat_import;
mod chat_row;
mod chat_stats;
mod chats;
mod check;
mod content;
mod dependents;
mod documents;
mod domain;
mod drafts;
mod examine;
mod filename;
mod grown;
mod health;
mod journal;
mod links;
mod log;
mod personas;
mod playthroughs;
mod quarantine;
mod records;
mod repair;
mod reply;
mod search;
mod settings;
mod sweep;
mod texts;
mod transaction;
mod trash;
mod unsent;
mod validate;
mod work;
mod world_cards;
mod world_context;
mod world_links;
mod world_parts;
mod world_tree;
mod worlds;

pub use crate::chat::SearchOptions;
pub use assets::{AboutAsset, Assets};
pub use backups::{Backups, Copied, Exported as ExportedBackup, Part as BackupPart};
pub use campaigns::{Brought, CampaignFilter, Campaigns};
pub use characters::Characters;
pub use chat::{At, Chat};
pub use chat_import::{Came, ChatImport};
pub use chats::{ChatFilter, Chats, Template};
pub use check::{Check, CheckOptions, CheckReport, Finding, LastCheck, Progress};
pub use dependents::Along;
pub use documents::{Given, PatchDocument, PutDocument};
pub use domain::Domain;
pub use drafts::Drafts;
pub use examine::{Flaw, Remedy};
pub use health::{Amount, BackupAmount, Health, HealthWarning};
pub use journal::{Edit, Journal, Making, Replayed};
pub use links::Links;
pub use log::Leave;
pub use personas::Personas;
pub use playthroughs::{PlaythroughFilter, Playthroughs};
pub use quarantine::Quarantine;
pub use records::Target;
pub use repair::{Mended, Outcome, Repair, RepairOptions, RepairReport};
pub use settings::Settings;
pub use texts::Texts;
pub use transaction::Transaction;
pub use trash::Trash;
pub use validate::Validity;
pub use world_context::{ContextOptions, Left, Told, WorldContext};
pub use worlds::Worlds;

use crate::error::{Error, Kind, Result};
use crate::store::{
    Access, Change, Log, Maintained, Medium, OpenReport, Options, Record, Redo, SecondCopy, Store,
};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// Told of every stored change: the domain and the ids.
pub type Observer = Rc<dyn Fn(&str, &[String])>;

/// What was changed, to be told once for each domain.
#[derive(Default)]
struct Changed(BTreeMap<String, BTreeSet<String>>);

impl Changed {
    fn add(&mut self, domain: &str, ids: &[String]) {
        let known = self.0.entry(domain.to_owned()).or_default();
        known.extend(ids.iter().cloned());
    }

    fn touches(&self, domain: &str) -> bool {
        self.0.contains_key(domain)
    }

    fn tell(self, observer: &Observer) {
        for (domain, ids) in self.0 {
            observer(&domain, &ids.into_iter().collect::<Vec<_>>());
        }
    }
}

/// An open keep.
#[derive(Clone)]
pub struct Keep(Rc<Shared>);

#[derive(Clone)]
struct Shared {
    store: Store,
    observer: Observer,
    leftovers: Rc<sweep::Leftovers>,
    schedule: Rc<backups::Schedule>,
}

/// Whether an import added something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// A new record was made.
    Added,
    /// The same bytes are kept already; nothing was written.
    Duplicate,
    /// What the same file had before is kept already, and got what came to it since.
    Updated,
}

/// A file to hand out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exported {
    /// Safe on every file system.
    pub filename: String,
    /// MIME type.
    pub media_type: &'static str,
    /// The content.
    pub bytes: Vec<u8>,
}

impl Keep {
    /// Opens the keep on a medium; makes an empty one or migrates an older one.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub async fn open(
        medium: Rc<dyn Medium>,
        options: Options,
        observer: Observer,
    ) -> Result<Keep> {
        let store = Store::open(medium, options).await?;
        let keep = Keep::of(store, observer);
        keep.settings().apply().await?;
        Ok(keep)
    }

    /// Opens what the second copy has, in memory and for reading alone.
    ///
    /// # Errors
    /// As [`Store::open_copy`].
    pub async fn open_copy(redo: Rc<dyn Redo>, options: Options) -> Result<Keep> {
        let store = Store::open_copy(redo, options).await?;
        let keep = Keep::of(store, Rc::new(|_, _| {}));
        keep.settings().apply().await?;
        Ok(keep)
    }

    fn of(store: Store, observer: Observer) -> Keep {
        Keep(Rc::new(Shared {
            store,
            observer,
            leftovers: Rc::default(),
            schedule: Rc::default(),
        }))
    }

    /// The same keep on another store.
    fn on(&self, store: Store) -> Keep {
        let mut shared = Shared::clone(&self.0);
        shared.store = store;
        Keep(Rc::new(shared))
    }

    /// The characters.
    pub fn characters(&self) -> Characters {
        Characters::new(self.clone())
    }

    /// The chats.
    pub fn chats(&self) -> Chats {
        Chats::new(self.clone())
    }

    /// The personas.
    pub fn personas(&self) -> Personas {
        Personas::new(self.clone())
    }

    /// The lorebooks.
    pub fn lorebooks(&self) -> Texts {
        Texts::new(self.clone(), &texts::LOREBOOKS)
    }

    /// The templates.
    pub fn templates(&self) -> Texts {
        Texts::new(self.clone(), &texts::TEMPLATES)
    }

    /// The campaigns.
    pub fn campaigns(&self) -> Campaigns {
        Campaigns::new(self.clone())
    }

    /// The assets.
    pub fn assets(&self) -> Assets {
        Assets::new(self.clone())
    }

    /// The worlds.
    pub fn worlds(&self) -> Worlds {
        Worlds::new(self.clone())
    }

    /// The playthroughs of worlds.
    pub fn playthroughs(&self) -> Playthroughs {
        Playthroughs::new(self.clone())
    }

    /// The settings.
    pub fn settings(&self) -> Settings {
        Settings::new(self.clone())
    }

    /// Edits that are saved later.
    pub fn journal(&self) -> Journal {
        Journal::new(self.clone())
    }

    /// Edits that were recovered and did not fit any more.
    pub fn drafts(&self) -> Drafts {
        Drafts::new(self.clone())
    }

    /// What the engine did and what went wrong.
    pub fn log(&self) -> &Log {
        self.store().log()
    }

    /// What could not be read.
    pub fn quarantine(&self) -> Quarantine {
        Quarantine::new(self.clone())
    }

    /// What was deleted and can be brought back.
    pub fn trash_can(&self) -> Trash {
        Trash::new(self.clone())
    }

    /// Copies of everything.
    pub fn backups(&self) -> Backups {
        Backups::new(self.clone())
    }

    /// Whether the keep can be written, and if not, why.
    pub fn access(&self) -> &Access {
        self.store().access()
    }

    /// Says that the storage is there, for who has nothing to ask of it.
    ///
    /// # Errors
    /// `closed`, and what the medium reports.
    pub async fn answers(&self) -> Result<()> {
        self.store().answers().await
    }

    /// The id that no other keep has.
    pub fn id(&self) -> &str {
        self.store().id()
    }

    /// What opening found and did.
    pub fn report(&self) -> &OpenReport {
        self.store().report()
    }

    /// Whether the last write found no space.
    pub fn is_full(&self) -> bool {
        self.store().is_full()
    }

    /// Bytes of the second copy.
    ///
    /// # Errors
    /// As [`Store::second_copy_bytes`].
    pub async fn second_copy_bytes(&self) -> Result<u64> {
        self.store().second_copy_bytes().await
    }

    /// About how many bytes of space a file takes at least when it is imported. A card is kept
    /// as the file and as what was taken out of it, a chat is compressed to about a third.
    pub fn space_for(&self, chat: bool, bytes: u64) -> u64 {
        let stored = if chat && self.store().compresses() {
            bytes / 4
        } else {
            bytes
        };
        match self.second_copy() {
            SecondCopy::On | SecondCopy::CatchingUp => stored * 2,
            SecondCopy::Off | SecondCopy::Failing { .. } => stored,
        }
    }

    /// How the second copy is doing.
    pub fn second_copy(&self) -> SecondCopy {
        self.store().second_copy()
    }

    /// Compares with the second copy, puts back what was lost, and makes the second copy
    /// complete or shorter, where that is due. For idle time. The observer hears of records
    /// that were put back.
    ///
    /// # Errors
    /// As [`Store::maintain`].
    pub async fn maintain(&self, interval_ms: i64) -> Result<Maintained> {
        let done = self.store().maintain(interval_ms).await?;
        let known = Domain::ALL.map(Domain::name);
        for name in known.into_iter().chain([settings::DOMAIN]) {
            let of = done.rows.iter().filter(|key| key.text(0) == name);
            let ids: Vec<String> = of.map(|key| key.text(1).to_owned()).collect();
            if !ids.is_empty() {
                (self.0.observer)(name, &ids);
            }
        }
        Ok(done)
    }

    /// As [`Keep::maintain`], as often as the setting `compareDays` says.
    ///
    /// # Errors
    /// As [`Keep::maintain`].
    pub async fn maintain_as_set(&self) -> Result<Maintained> {
        let interval_ms = match self.settings().get().await?["compareDays"].as_i64() {
            Some(0) => i64::MAX,
            days => days.unwrap_or(7) * trash::DAY_MS,
        };
        self.maintain(interval_ms).await
    }

    /// Whether [`Keep::maintain`] has something to do that should not wait.
    pub fn is_maintenance_due(&self) -> bool {
        self.store().is_maintenance_due()
    }

    /// Takes the turn to write, of all tabs that write alone.
    ///
    /// # Errors
    /// As [`Store::take_turn`].
    pub async fn take_turn(&self) -> Result<()> {
        self.store().take_turn().await
    }

    /// Leaves the turn to others: every write is `locked` from now on.
    pub fn leave_turn(&self) {
        self.store().leave_turn();
    }

    /// Whether another tab has the turn.
    pub fn is_locked(&self) -> bool {
        self.store().is_locked()
    }

    /// Gives up at once what others would have to wait for, and repeats it later: the page
    /// is about to be frozen.
    pub fn rest(&self) {
        self.store().rest();
    }

    /// The page goes on.
    pub fn wake(&self) {
        self.store().wake();
    }

    /// Lets go of the medium.
    pub fn close(&self) {
        self.store().close();
    }

    fn store(&self) -> &Store {
        &self.0.store
    }

    /// Stores a change and tells the observer. What is typed but not sent is no news, nor is
    /// what a replay put aside.
    async fn commit(&self, change: Change) -> Result<Vec<Record>> {
        let records = self.store().commit(change).await?;
        let silent = [unsent::DOMAIN, journal::DRAFTS, reply::DOMAIN];
        let mut changed = Changed::default();
        for record in records
            .iter()
            .filter(|record| !silent.contains(&&*record.domain))
        {
            changed.add(&record.domain, std::slice::from_ref(&record.id));
        }
        changed.tell(&self.0.observer);
        Ok(records)
    }

    /// Stores a change that writes one record, and gives it back.
    async fn commit_one(&self, change: Change) -> Result<Record> {
        let records = self.commit(change).await?;
        records
            .into_iter()
            .next()
            .ok_or_else(|| Kind::Bug.because("a change of one record gave none back"))
    }

    /// The record, unless there is none or it is in the trash.
    async fn record(&self, domain: Domain, id: &str) -> Result<Record> {
        let found = self
            .store()
            .get(domain.name(), id)
            .await?
            .filter(|record| record.trashed_ms.is_none());
        found.ok_or_else(|| {
            Kind::NotFound
                .because("there is no such record")
                .of(domain.name(), id)
        })
    }

    /// The record as [`Keep::record`] gives it, if it still has the revision that the caller read.
    async fn record_at(&self, domain: Domain, id: &str, if_rev: Option<u64>) -> Result<Record> {
        let record = self.record(domain, id).await?;
        match if_rev {
            Some(rev) if rev != record.rev => Err(stale(&record, rev)),
            _ => Ok(record),
        }
    }
}

/// The record has another revision than the caller's.
fn stale(record: &Record, rev: u64) -> Error {
    let detail = format!("expected revision {rev}, found revision {}", record.rev);
    Kind::Conflict
        .because(detail)
        .of(&record.domain, &record.id)
        .finding(Some(record.rev))
}
