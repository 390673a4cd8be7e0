//! Repairing: what a check found is looked at again, and mended.
//!
//! All rows are kept as they stand before anything is changed, and what is replaced or
//! removed goes to quarantine, whole. Nothing is deleted.

use super::Keep;
use super::characters::summarize;
use super::chat_row::{self, Body};
use super::check::{CHECKED, Finding, Progress, row_key};
use super::domain::Domain;
use super::examine::{Diagnosis, Flaw, Remedy, Sound, is_told};
use super::links::Links;
use super::log::{Cache, Log};
use crate::card::{self, Container};
use crate::error::{Kind, Limits, Result};
use crate::store::{Change, Key, Level, LogEntry, Record, Row, SecondCopy, Table, row_of};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::{HashSet, VecDeque};

/// A remedy can bring to light what the next one mends: a row that came back may lack pages.
const ROUNDS: u32 = 6;

/// How a repair is done.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct RepairOptions {
    /// Say what would be done, and do nothing.
    pub dry_run: bool,
}

/// What became of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It was mended.
    Repaired,
    /// It would be mended.
    Planned,
    /// There is nothing wrong any more.
    Sound,
    /// There is nothing that could be done.
    Left,
    /// It could not be mended.
    Failed,
}

/// A finding, and what became of it. Its `repair` is what was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Mended {
    /// The finding.
    #[serde(flatten)]
    pub finding: Finding,
    /// What became of it.
    pub outcome: Outcome,
}

/// What a repair did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct RepairReport {
    /// Id of the backup with everything as it stood before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backup: Option<String>,
    /// Every finding, and what became of it.
    pub items: Vec<Mended>,
}

/// A repair that is under way.
pub struct Repair {
    keep: Keep,
    dry_run: bool,
    findings: VecDeque<Finding>,
    total: u64,
    report: RepairReport,
}

impl Keep {
    /// Begins a repair of what a check found.
    ///
    /// # Errors
    /// `read-only`.
    pub fn repair(&self, findings: Vec<Finding>, options: RepairOptions) -> Result<Repair> {
        if !options.dry_run {
            self.store().refuse_read_only()?;
        }
        Ok(Repair {
            keep: self.clone(),
            dry_run: options.dry_run,
            total: findings.len() as u64,
            findings: findings.into(),
            report: RepairReport::default(),
        })
    }
}

impl Repair {
    /// Mends one more finding; `false` when all are done.
    ///
    /// # Errors
    /// What the medium reports; what was mended before stays so.
    pub async fn step(&mut self) -> Result<bool> {
        let Some(finding) = self.findings.front().cloned() else {
            self.keep.answers().await?;
            return Ok(false);
        };
        if self.report.backup.is_none() && !self.dry_run {
            let backup = self
                .keep
                .store()
                .before_image("before a repair", false)
                .await?;
            self.report.backup = Some(backup);
        }
        let mut mending = Mending {
            keep: &self.keep,
            dry_run: self.dry_run,
            done: None,
            said: None,
        };
        let outcome = match mending.mend(&finding).await {
            // Somebody writes it at this moment, or it is beyond what can be done.
            Err(error) if matches!(error.kind(), Kind::Conflict | Kind::Corrupt) => {
                mending.said = Some(error.detail().to_owned());
                Outcome::Failed
            }
            outcome => outcome?,
        };
        let Mending { done, said, .. } = mending;
        let (level, event) = match outcome {
            Outcome::Repaired => (Level::Warn, "repaired"),
            Outcome::Failed | Outcome::Left => (Level::Error, "not-repaired"),
            Outcome::Planned | Outcome::Sound => (Level::Debug, "looked-at"),
        };
        let at = self.keep.store().now();
        let entry = LogEntry::new(at, level, event);
        self.keep.log().note(entry.of(&finding.domain, &finding.id));
        if outcome == Outcome::Repaired && is_told(&finding.domain) && finding.rev.is_none() {
            let ids = std::slice::from_ref(&finding.id);
            (self.keep.0.observer)(&finding.domain, ids);
        }
        self.report.items.push(Mended {
            finding: Finding {
                repair: done.unwrap_or(Remedy::None),
                message: said.unwrap_or_else(|| finding.message.clone()),
                ..finding
            },
            outcome,
        });
        self.findings.pop_front();
        if self.findings.is_empty() && !self.dry_run {
            self.settle().await?;
        }
        Ok(!self.findings.is_empty())
    }

    /// What is mended is no problem of the last check any more.
    async fn settle(&self) -> Result<()> {
        let Some(mut last) = self.keep.last_check().await? else {
            return Ok(());
        };
        let settled = |item: &&Mended| matches!(item.outcome, Outcome::Repaired | Outcome::Sound);
        let settled = self.report.items.iter().filter(settled).count() as u64;
        last.findings = last.findings.saturating_sub(settled);
        self.keep.store().remember(CHECKED, &last).await
    }

    /// How far it is.
    pub fn progress(&self) -> Progress {
        Progress {
            phase: "repair",
            done: self.report.items.len() as u64,
            total: self.total,
            findings: self.total,
        }
    }

    /// What was done.
    pub fn report(&self) -> &RepairReport {
        &self.report
    }
}

/// The mending of one finding.
struct Mending<'a> {
    keep: &'a Keep,
    dry_run: bool,
    /// The last remedy.
    done: Option<Remedy>,
    /// What there is to say of it.
    said: Option<String>,
}

impl Mending<'_> {
    async fn mend(&mut self, finding: &Finding) -> Result<Outcome> {
        let store = self.keep.store();
        match finding.code {
            Flaw::UncopiedRecords if self.dry_run => Ok(self.plan(Remedy::Copy)),
            Flaw::UncopiedRecords => {
                self.done = Some(Remedy::Copy);
                store.copy_again().await?;
                Ok(match self.keep.second_copy() {
                    SecondCopy::On => Outcome::Repaired,
                    _ => Outcome::Failed,
                })
            }
            Flaw::RottenEdit => {
                let key = serde_json::from_str(&finding.id).ok();
                let key = key.and_then(|key: Value| Key::from_json(&key));
                let unknown = || Kind::BadOption.because("the id of the finding is no journal key");
                let key = key.ok_or_else(unknown)?;
                if !store.journal().await?.unreadable.contains(&key) {
                    return Ok(Outcome::Sound);
                }
                if self.dry_run {
                    return Ok(self.plan(Remedy::Quarantine));
                }
                let why = Kind::Corrupt.because("a scheduled edit cannot be read");
                store.quarantine_entry(&key, &why).await?;
                self.done = Some(Remedy::Quarantine);
                Ok(Outcome::Repaired)
            }
            code => self.mend_row(&row_key(finding), code).await,
        }
    }

    fn plan(&mut self, remedy: Remedy) -> Outcome {
        self.done = Some(remedy);
        Outcome::Planned
    }

    async fn mend_row(&mut self, key: &Key, code: Flaw) -> Result<Outcome> {
        let store = self.keep.store();
        // What the second copy gave once and was no help is not asked of it again.
        let mut asked: Vec<Flaw> = Vec::new();
        for _ in 0..ROUNDS {
            let over = match self.done {
                Some(_) => Outcome::Repaired,
                None => Outcome::Sound,
            };
            let row = store.row(key).await?;
            if code == Flaw::LostRecord && self.done.is_none() {
                match self.bring_back(key, row.as_ref()).await? {
                    Some(outcome) => return Ok(outcome),
                    None if self.done.is_some() => continue,
                    None => {}
                }
            }
            let Some(row) = row else { return Ok(over) };
            let mut sound = Sound::default();
            let found = self.keep.diagnose(&row, true, &mut sound).await?;
            let Some(diagnosis) = found.into_iter().next() else {
                let broken = self.keep.broken_links(&row, &HashSet::new()).await?;
                if broken.is_empty() {
                    return Ok(over);
                }
                if self.dry_run {
                    return Ok(self.plan(Remedy::Unlink));
                }
                self.done = Some(Remedy::Unlink);
                self.unlink(&row, &broken).await?;
                continue;
            };
            let copy = !asked.contains(&diagnosis.flaw);
            let remedy = self.keep.remedy(&row, &diagnosis, copy).await?;
            if remedy == Remedy::None {
                return Ok(Outcome::Left);
            }
            if self.dry_run {
                return Ok(self.plan(remedy));
            }
            asked.push(diagnosis.flaw);
            self.apply(&row, &diagnosis, remedy).await?;
            self.done = Some(remedy);
        }
        Ok(Outcome::Failed)
    }

    /// Puts a row back that is gone or older than it was. `None`: go on and look at it.
    async fn bring_back(&mut self, key: &Key, there: Option<&Row>) -> Result<Option<Outcome>> {
        let store = self.keep.store();
        let rev = there.map_or(0, |row| row.value.rev);
        let copied = store.copied(Table::Rows, key).await;
        if let Some(copied) = copied.filter(|copied| there.is_none() || copied.rev > rev) {
            if self.dry_run {
                return Ok(Some(self.plan(Remedy::SecondCopy)));
            }
            let value = there.map(|row| &row.value);
            let why = Kind::Corrupt.because("it was older than the state that was saved");
            store
                .replace_row(key, value, Some(copied), Some(&why))
                .await?;
            self.done = Some(Remedy::SecondCopy);
            return Ok(None);
        }
        let (domain, id, None) = Row::owner_of(key) else {
            return Ok(None);
        };
        if there.is_some() {
            return Ok(None);
        }
        let Some(version) = self.keep.sound_version(&domain, &id).await? else {
            return Ok(None);
        };
        if self.dry_run {
            return Ok(Some(self.plan(Remedy::Version)));
        }
        let rev = self.newest_version(&domain, &id).await?;
        // The state that is lost came after the newest version.
        self.put_state(key, None, version, rev + 2, None).await?;
        self.done = Some(Remedy::Version);
        Ok(None)
    }

    async fn newest_version(&self, domain: &str, id: &str) -> Result<u64> {
        let versions = self.keep.store().history(domain, id).await?;
        Ok(versions.records.first().map_or(0, |version| version.rev))
    }

    async fn apply(&mut self, row: &Row, diagnosis: &Diagnosis, remedy: Remedy) -> Result<()> {
        let store = self.keep.store();
        let (domain, id, _) = row.owner();
        let (there, why) = (Some(&row.value), Some(&diagnosis.why));
        store.restore_pages(&diagnosis.pages).await?;
        match remedy {
            Remedy::SecondCopy if diagnosis.flaw == Flaw::LostContent => Ok(()),
            Remedy::SecondCopy => {
                let Some(copied) = self.keep.copied_row(row).await else {
                    return Ok(());
                };
                let rev = copied.rev;
                let rev = if rev < row.value.rev {
                    row.value.rev + 1
                } else {
                    rev
                };
                let value = row_of(&copied, rev);
                store.replace_row(&row.key, there, Some(value), why).await
            }
            Remedy::Version => {
                let Some(version) = self.keep.sound_version(&domain, &id).await? else {
                    return Ok(());
                };
                let rev = row.value.rev.max(version.rev) + 1;
                self.put_state(&row.key, Some(row), version, rev, why).await
            }
            Remedy::Salvage => {
                let Ok(record) = row.record.clone() else {
                    return Ok(());
                };
                let rev = row.value.rev.max(record.rev) + 1;
                if domain == Domain::Chats.name() {
                    let record = without(record, &diagnosis.parts);
                    return self.put_state(&row.key, Some(row), record, rev, why).await;
                }
                let value = row_of(&self.salvage_character(record, diagnosis).await?, rev);
                store.replace_row(&row.key, there, Some(value), why).await
            }
            Remedy::Rewrite => {
                let Ok(record) = &row.record else {
                    return Ok(());
                };
                let value = row_of(record, row.value.rev.max(record.rev) + 1);
                store.replace_row(&row.key, there, Some(value), None).await
            }
            Remedy::Quarantine => store.replace_row(&row.key, there, None, why).await,
            Remedy::Unlink | Remedy::Copy | Remedy::None => Ok(()),
        }
    }

    /// Puts a state of a record into its place. A chat's messages are put together anew, as
    /// far as they can be read, behind every page that the chat has used.
    async fn put_state(
        &mut self,
        key: &Key,
        there: Option<&Row>,
        mut record: Record,
        rev: u64,
        why: Option<&crate::error::Error>,
    ) -> Result<()> {
        let store = self.keep.store();
        if record.domain == Domain::Chats.name() {
            let mut body = Body::of(&record)?;
            let cache = Cache::default();
            let mut change = Change::new();
            let mut log = Log::of(store, &record.id, body.manifest, &cache);
            let next = store.last_page("tail", &record.id).await?;
            let next = next.map_or(0, |last| last + 1);
            let versions = store.history(&record.domain, &record.id).await?.records;
            let elders = versions.iter().filter_map(|version| Body::of(version).ok());
            let elders: Vec<_> = elders.map(|elder| elder.manifest).collect();
            let lost = log.salvage(next, &elders, &mut change).await?;
            body.manifest = log.manifest;
            store.commit(change).await?;
            let log = Log::of(store, &record.id, body.manifest.clone(), &cache);
            let length = body.manifest.len();
            let last = log.records(length.saturating_sub(1), length).await?;
            let last = last.first().map(Vec::as_slice);
            chat_row::summarize(&mut record, &body, last)?;
            if lost > 0 {
                self.said = Some(format!("{lost} message(s) are lost"));
            }
        }
        record.changed_ms = store.now();
        record.trashed_ms = there
            .and_then(|row| row.record.as_ref().ok())
            .and_then(|record| record.trashed_ms);
        let there = there.map(|row| &row.value);
        let value = row_of(&record, rev);
        store.replace_row(key, there, Some(value), why).await
    }

    /// A character without what is lost of it.
    async fn salvage_character(&mut self, record: Record, diagnosis: &Diagnosis) -> Result<Record> {
        let store = self.keep.store();
        let mut record = without(record, &diagnosis.parts);
        if !record.parts.contains_key("document") {
            let file = store.part(record.part("file")?).await?;
            let document = card::read(&file, &Limits::default())?.document;
            let mut change = Change::new();
            let part = change.add_part(document.bytes());
            store.commit(change).await?;
            record.parts.insert("document".into(), part);
            summarize(&mut record, &document);
            self.said = Some("the card is the one of the imported file".to_owned());
        } else if !record.parts.contains_key("file") {
            let document = record.part("document")?.clone();
            record.parts.insert("file".into(), document);
            record.body["container"] = Container::Json.as_str().into();
            self.said = Some("the card's file is lost, its text is there".to_owned());
        }
        record.changed_ms = store.now();
        Ok(record)
    }

    async fn unlink(&self, row: &Row, broken: &[String]) -> Result<()> {
        let Ok(mut record) = row.record.clone() else {
            return Ok(());
        };
        let kept = |_, id: &str| (!broken.iter().any(|broken| id == broken)).then(|| id.to_owned());
        Links::of(&record).with(kept).put(&mut record);
        let value = row_of(&record, row.value.rev + 1);
        let why = Kind::Corrupt.because("it named records that are not there");
        let store = self.keep.store();
        store
            .replace_row(&row.key, Some(&row.value), Some(value), Some(&why))
            .await
    }
}

fn without(mut record: Record, parts: &[String]) -> Record {
    record.parts.retain(|name, _| !parts.contains(name));
    record
}
