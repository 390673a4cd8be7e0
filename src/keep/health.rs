//! Health: what is stored, how safe it is, and what somebody should look at.
//!
//! Nothing of what records say is in it. What only the browser knows, such as its quota, is
//! added by the face.

use super::Keep;
use super::chat_row::Body;
use super::check::LastCheck;
use super::domain::Domain;
use super::journal::DRAFTS;
use super::log::{Cache, Log};
use crate::codec::{self, Part};
use crate::error::Result;
use crate::migrate::SCHEMA;
use crate::store::{
    Access, Backup, Level, MigrationDone, QUARANTINE, Record, Row, SNAPSHOTS, SecondCopy,
};
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashSet};

/// Rows read at once.
const ROWS: u32 = 500;
/// What was changed should be in a file outside of the browser after so long.
const EXPORT_EVERY_MS: i64 = 14 * 86_400_000;
/// A keep should be looked through once a month.
const CHECK_EVERY_MS: i64 = 30 * 86_400_000;

/// How much there is of something.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Amount {
    /// Records.
    pub count: u64,
    /// Bytes of them, and of the contents that nothing before them in the list shares.
    pub bytes: u64,
    /// When the oldest one was written or, in the trash, put there: milliseconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub oldest: Option<i64>,
    /// And the newest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub newest: Option<i64>,
}

impl Amount {
    fn add(&mut self, bytes: u64, at: i64) {
        self.count += 1;
        self.bytes += bytes;
        self.oldest = Some(self.oldest.map_or(at, |oldest| oldest.min(at)));
        self.newest = Some(self.newest.map_or(at, |newest| newest.max(at)));
    }
}

/// How many backups there are.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct BackupAmount {
    /// Whole ones.
    pub count: u64,
    /// Bytes of all of them.
    pub bytes: u64,
    /// The newest whole one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub newest: Option<Backup>,
}

/// "1 item", "2 items".
fn counted(count: u64, one: &str) -> String {
    format!("{count} {one}{}", if count == 1 { "" } else { "s" })
}

/// Something that somebody should look at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HealthWarning {
    /// For programs.
    pub code: &'static str,
    /// For people.
    pub message: String,
}

/// How the keep is.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Health {
    /// When this was looked up, milliseconds since 1970.
    pub at: i64,
    /// Schema of the code.
    pub schema: u32,
    /// Whether it can be written, and if not, why.
    pub access: Access,
    /// How the second copy is doing.
    pub second_copy: SecondCopy,
    /// What is stored, by kind.
    pub stored: BTreeMap<&'static str, Amount>,
    /// What was scheduled and is not saved yet.
    pub journal: Amount,
    /// The backups there are.
    pub backups: BackupAmount,
    /// When a backup was handed out as a file last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_export: Option<super::backups::Exported>,
    /// The migrations that the keep went through, oldest first.
    pub migrations: Vec<MigrationDone>,
    /// The last check.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_check: Option<LastCheck>,
    /// What somebody should look at.
    pub warnings: Vec<HealthWarning>,
    /// The second copy that is read lacks something.
    #[serde(skip)]
    incomplete: bool,
    /// The last write found no space.
    #[serde(skip)]
    full: bool,
}

/// What a row counts as.
fn kind(row: &Row, trashed: bool) -> &'static str {
    let (domain, _, rev) = row.owner();
    match (rev, Domain::of(&domain)) {
        (Some(_), _) => "versions",
        (None, Ok(_)) if trashed => "trash",
        (None, Ok(domain)) => domain.name(),
        (None, Err(_)) if domain == DRAFTS => "drafts",
        (None, Err(_)) if domain == QUARANTINE => "quarantine",
        (None, Err(_)) if domain == SNAPSHOTS => "snapshots",
        (None, Err(_)) => "other",
    }
}

/// Contents that were counted, so that shared ones count once.
#[derive(Default)]
struct Counted(HashSet<String>);

impl Counted {
    fn part(&mut self, part: &Part) -> u64 {
        if self.0.insert(part.hash.clone()) {
            part.bytes
        } else {
            0
        }
    }
}

impl Keep {
    /// How the keep is.
    ///
    /// # Errors
    /// What the medium reports.
    pub async fn health(&self) -> Result<Health> {
        let store = self.store();
        let mut stored: BTreeMap<&'static str, Amount> = BTreeMap::new();
        let mut counted = Counted::default();
        let mut versions = Vec::new();
        let (mut after, mut unreadable) = (None, 0_u64);
        loop {
            let rows = store.rows_behind(after.take(), ROWS).await?;
            let Some(last) = rows.last() else { break };
            after = Some(last.key.clone());
            for row in rows {
                // What older states share with the present ones is not theirs.
                if row.is_version() {
                    versions.push(row.key.clone());
                    continue;
                }
                unreadable += u64::from(row.record.is_err());
                self.count_row(&row, &mut counted, &mut stored).await?;
            }
        }
        for keys in versions.chunks(ROWS as usize) {
            for row in store.rows_at(keys).await? {
                self.count_row(&row, &mut counted, &mut stored).await?;
            }
        }
        let scheduled = store.journal().await?;
        let mut journal = Amount::default();
        for entry in &scheduled.entries {
            journal.add(entry.patch.len() as u64, entry.at_ms);
        }
        let mut health = Health {
            at: store.now(),
            schema: SCHEMA,
            access: self.access().clone(),
            second_copy: self.second_copy(),
            stored,
            journal,
            backups: self.backup_amount().await?,
            last_export: self.backups().last_export().await?,
            migrations: store.migrations().await?,
            last_check: self.last_check().await?,
            warnings: Vec::new(),
            incomplete: self.report().incomplete,
            full: store.is_full(),
        };
        health.warnings = health.warn(unreadable + scheduled.unreadable.len() as u64);
        Ok(health)
    }

    async fn backup_amount(&self) -> Result<BackupAmount> {
        let mut listed = self.backups().list().await?;
        let bytes = listed.iter().map(|one| one.bytes).sum();
        listed.retain(|one| one.complete);
        Ok(BackupAmount {
            count: listed.len() as u64,
            bytes,
            newest: listed.pop(),
        })
    }

    async fn count_row(
        &self,
        row: &Row,
        counted: &mut Counted,
        stored: &mut BTreeMap<&'static str, Amount>,
    ) -> Result<()> {
        let bytes = row.value.bytes.len() as u64;
        let Ok(record) = &row.record else {
            let amount = stored.entry("unreadable").or_default();
            amount.count += 1;
            amount.bytes += bytes;
            return Ok(());
        };
        let contents = self.contents(record, counted).await?;
        let at = record.trashed_ms.unwrap_or(record.changed_ms);
        let kind = kind(row, record.trashed_ms.is_some());
        stored.entry(kind).or_default().add(bytes + contents, at);
        Ok(())
    }

    /// Bytes of what a record refers to and nothing before it did.
    async fn contents(&self, record: &Record, counted: &mut Counted) -> Result<u64> {
        let mut bytes: u64 = record.parts.values().map(|part| counted.part(part)).sum();
        if record.domain == Domain::Chats.name()
            && let Ok(body) = Body::of(record)
        {
            let cache = Cache::default();
            let log = Log::of(self.store(), &record.id, body.manifest, &cache);
            let held = log.held().await?;
            let parts = held.runs.iter().chain(&held.segments);
            bytes += parts.map(|part| counted.part(part)).sum::<u64>() + log.manifest.tail_bytes();
        }
        Ok(bytes)
    }

    /// What helps to find out why something went wrong, as JSON: health and the log. Ids are
    /// hashed, and nothing of what records say is in it. `earlier`: entries of pages before.
    ///
    /// # Errors
    /// As [`Keep::health`].
    pub async fn diagnostics(&self, earlier: &[Value]) -> Result<Value> {
        let entries = self.log().entries(Level::Debug);
        let entries: Vec<Value> = entries
            .iter()
            .map(|entry| anonymous(json!(entry)))
            .collect();
        let earlier: Vec<Value> = earlier.iter().cloned().map(anonymous).collect();
        let mut health = json!(self.health().await?);
        // The browser's own words may name anything.
        if let Some(copy) = health["secondCopy"].as_object_mut() {
            copy.remove("message");
        }
        Ok(json!({
            "cardkeep": env!("CARGO_PKG_VERSION"), "report": self.report(), "health": health,
            "log": entries, "earlier": earlier,
        }))
    }
}

/// An entry of the log that tells nobody which record it is about.
fn anonymous(mut entry: Value) -> Value {
    if let Some(id) = entry["id"].as_str() {
        entry["id"] = codec::hash(id.as_bytes())[..12].into();
    }
    entry
}

impl Health {
    fn count(&self, kind: &str) -> u64 {
        self.stored.get(kind).map_or(0, |amount| amount.count)
    }

    fn warn(&self, unreadable: u64) -> Vec<HealthWarning> {
        let mut warnings = Vec::new();
        let mut warn = |code, message: String| warnings.push(HealthWarning { code, message });
        if let Some(message) = self.access.why_read_only() {
            warn("read-only", message.to_owned());
        }
        if unreadable > 0 {
            let message = format!(
                "{} cannot be read. Check and repair.",
                counted(unreadable, "stored item")
            );
            warn("unreadable", message);
        }
        if self.full {
            let message = "There is no space left: nothing can be saved until some is free.";
            warn("full", message.to_owned());
        }
        if self.incomplete {
            let message = "The second copy lacks some of what was saved.";
            warn("copy-incomplete", message.to_owned());
        }
        match &self.second_copy {
            SecondCopy::On => {}
            // What is read is one.
            SecondCopy::Off if self.access.is_second_copy() => {}
            SecondCopy::Off => {
                let message = "This browser has no place for a second copy of every save.";
                warn("second-copy-off", message.to_owned());
            }
            SecondCopy::Failing { .. } => {
                let message = "The second copy fails: saves are in one place only.";
                warn("second-copy-failing", message.to_owned());
            }
            SecondCopy::CatchingUp => {
                let message = "The second copy is being completed.";
                warn("second-copy-catching-up", message.to_owned());
            }
        }
        match &self.last_check {
            Some(last) if last.findings > 0 => {
                let message = format!(
                    "The last check found {}.",
                    counted(last.findings, "problem")
                );
                warn("check-found", message);
            }
            Some(last) if self.at - last.at > CHECK_EVERY_MS => {
                warn(
                    "check-old",
                    "The last check is over a month ago.".to_owned(),
                );
            }
            _ => {}
        }
        // What somebody made since is nowhere else.
        let kinds = Domain::ALL.map(|domain| self.stored.get(domain.name()));
        let changed = kinds.into_iter().flatten().filter_map(|kind| kind.newest);
        let changed = changed.max().unwrap_or(i64::MIN);
        let oldest = |kind: &Amount| kind.oldest.unwrap_or(i64::MAX);
        let kinds = Domain::ALL.map(|domain| self.stored.get(domain.name()));
        let began = kinds.into_iter().flatten().map(oldest).min();
        let since = match self.last_export {
            Some(exported) => Some(exported.of),
            None => began,
        };
        if since.is_some_and(|since| changed > since && self.at - since > EXPORT_EVERY_MS) {
            let message = match self.last_export {
                Some(_) => "The last backup in a file of your own is over two weeks old.",
                None => "There is no backup in a file of your own.",
            };
            warn("export-old", message.to_owned());
        }
        let held = self.count("quarantine");
        if held > 0 {
            let message = format!(
                "In quarantine, waiting for a decision: {}.",
                counted(held, "item")
            );
            warn("quarantine", message);
        }
        let drafts = self.count("drafts");
        if drafts > 0 {
            let message = format!(
                "Waiting for a decision: {}.",
                counted(drafts, "recovered draft")
            );
            warn("drafts", message);
        }
        warnings
    }
}
