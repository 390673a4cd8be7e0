//! Checking: reads everything that is stored and says what is wrong with it.
//!
//! A check goes on step by step, so that whoever runs it can show how far it is, wait in
//! between, and stop. It writes nothing but when it was done.

use super::Keep;
use super::domain::Domain;
use super::examine::{Flaw, Remedy, Sound};
use super::links::Links;
use crate::error::{Error, Kind, Result};
use crate::store::{Access, Key, Level, LogEntry, Row, SecondCopy, Table, version_key};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashSet, VecDeque};

/// Rows read at once.
const ROWS: u32 = 100;
/// Rows looked at in a step, when nothing larger hangs on them …
const STEP_ROWS: usize = 50;
/// … and contents.
const STEP_CONTENTS: u64 = 100;

/// What a check reads.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct CheckOptions {
    /// Also every byte of all contents, of the older states too.
    pub full: bool,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// What it is.
    pub code: Flaw,
    /// The domain of the record.
    pub domain: String,
    /// Its id.
    pub id: String,
    /// Set for an older state: its revision.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rev: Option<u64>,
    /// For people.
    #[serde(default)]
    pub message: String,
    /// What repairing would do.
    pub repair: Remedy,
}

/// How far a check or a repair is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Progress {
    /// What is looked at.
    pub phase: &'static str,
    /// So many are done …
    pub done: u64,
    /// … of about so many.
    pub total: u64,
    /// So much was found until now.
    pub findings: u64,
}

/// What a check found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct CheckReport {
    /// When it was done, milliseconds since 1970.
    pub at: i64,
    /// Whether all contents were read.
    pub full: bool,
    /// Records that were read.
    pub records: u64,
    /// Older states that were read.
    pub versions: u64,
    /// Contents that were read, each once.
    pub contents: u64,
    /// What is wrong.
    pub findings: Vec<Finding>,
}

/// Where `meta` remembers the last check.
pub(super) const CHECKED: &str = "check";

/// What is remembered of the last check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastCheck {
    /// When, milliseconds since 1970.
    pub at: i64,
    /// Whether all contents were read.
    pub full: bool,
    /// Records and older states that were read.
    pub records: u64,
    /// What was wrong then.
    pub findings: u64,
}

enum Phase {
    Records,
    Journal,
    SecondCopy,
    Done,
}

/// A check that is under way.
pub struct Check {
    keep: Keep,
    phase: Phase,
    after: Option<Key>,
    rows: VecDeque<Row>,
    total: u64,
    sound: Sound,
    characters: HashSet<String>,
    /// Of which records there are older states.
    owners: BTreeMap<(String, String), u64>,
    uncopied: Vec<(Key, u64)>,
    report: CheckReport,
}

impl Keep {
    /// Begins a check.
    ///
    /// # Errors
    /// What the medium reports.
    pub async fn check(&self, options: CheckOptions) -> Result<Check> {
        Ok(Check {
            keep: self.clone(),
            phase: Phase::Records,
            after: None,
            rows: VecDeque::new(),
            total: self.store().count(Table::Rows).await?,
            sound: Sound::default(),
            characters: HashSet::new(),
            owners: BTreeMap::new(),
            uncopied: Vec::new(),
            report: CheckReport {
                full: options.full,
                ..CheckReport::default()
            },
        })
    }

    /// What is remembered of the last check; `None` when there was none.
    ///
    /// # Errors
    /// What the medium reports.
    pub async fn last_check(&self) -> Result<Option<LastCheck>> {
        self.store().remembered(CHECKED).await
    }

    /// Everything that is wrong with a row, as findings.
    async fn findings(&self, row: &Row, full: bool, sound: &mut Sound) -> Result<Vec<Finding>> {
        let mut findings = Vec::new();
        for diagnosis in self.diagnose(row, full, sound).await? {
            let repair = self.remedy(row, &diagnosis, true).await?;
            findings.push(finding(row, diagnosis.flaw, &diagnosis.why, repair));
        }
        Ok(findings)
    }

    /// The records that a chat names and that are not there; of the characters, `known` spares
    /// looking.
    pub(super) async fn broken_links(
        &self,
        row: &Row,
        known: &HashSet<String>,
    ) -> Result<Vec<String>> {
        let Ok(record) = &row.record else {
            return Ok(Vec::new());
        };
        if row.is_version() || record.domain != Domain::Chats.name() {
            return Ok(Vec::new());
        }
        let mut broken = Vec::new();
        for (domain, id) in Links::of(record).records() {
            if domain == Domain::Characters && known.contains(&id) {
                continue;
            }
            let key = Key::row(domain.name(), &id);
            if self.store().row(&key).await?.is_none() {
                broken.push(id);
            }
        }
        Ok(broken)
    }
}

pub(super) fn finding(row: &Row, code: Flaw, why: &Error, repair: Remedy) -> Finding {
    let (domain, id, rev) = row.owner();
    Finding {
        code,
        domain,
        id,
        rev,
        message: why.detail().to_owned(),
        repair,
    }
}

impl Check {
    /// Goes on for a little; `false` when it is done.
    ///
    /// # Errors
    /// What the medium reports; the step can be repeated then.
    pub async fn step(&mut self) -> Result<bool> {
        match self.phase {
            Phase::Records => self.records().await?,
            Phase::Journal => self.journal().await?,
            Phase::SecondCopy => self.second_copy().await?,
            Phase::Done => return Ok(false),
        }
        Ok(!matches!(self.phase, Phase::Done))
    }

    /// How far it is.
    pub fn progress(&self) -> Progress {
        let done = self.report.records + self.report.versions;
        Progress {
            phase: match self.phase {
                Phase::Records => "records",
                Phase::Journal => "journal",
                Phase::SecondCopy => "second-copy",
                Phase::Done => "done",
            },
            done,
            total: self.total.max(done),
            findings: self.report.findings.len() as u64,
        }
    }

    /// What was found.
    pub fn report(&self) -> &CheckReport {
        &self.report
    }

    async fn records(&mut self) -> Result<()> {
        if self.rows.is_empty() {
            let after = self.after.clone();
            let rows = self.keep.store().rows_behind(after, ROWS).await?;
            let Some(last) = rows.last() else {
                self.phase = Phase::Journal;
                return Ok(());
            };
            self.after = Some(last.key.clone());
            if self.keep.second_copy() == SecondCopy::On {
                let saved: Vec<(Key, u64)> = rows
                    .iter()
                    .map(|row| (row.key.clone(), row.value.rev))
                    .collect();
                let uncopied = self.keep.store().uncopied(&saved).await?;
                self.uncopied.extend(uncopied);
            }
            self.rows = rows.into();
        }
        let enough = self.sound.read + STEP_CONTENTS;
        for _ in 0..STEP_ROWS {
            let Some(row) = self.rows.front() else { break };
            let keep = &self.keep;
            let full = self.report.full;
            let mut findings = keep.findings(row, full, &mut self.sound).await?;
            let broken = keep.broken_links(row, &self.characters).await?;
            if !broken.is_empty() {
                let detail = format!("it names {} record(s) that are not there", broken.len());
                let why = Kind::Corrupt.because(detail);
                findings.push(finding(row, Flaw::BrokenLink, &why, Remedy::Unlink));
            }
            let (domain, id, rev) = row.owner();
            match rev {
                Some(rev) => {
                    self.report.versions += 1;
                    let newest = self.owners.entry((domain, id)).or_default();
                    *newest = rev.max(*newest);
                }
                None => {
                    self.report.records += 1;
                    if domain == Domain::Characters.name() {
                        self.characters.insert(id);
                    }
                }
            }
            self.report.findings.extend(findings);
            self.rows.pop_front();
            if self.sound.read >= enough {
                break;
            }
        }
        Ok(())
    }

    async fn journal(&mut self) -> Result<()> {
        for key in self.keep.store().journal().await?.unreadable {
            self.report.findings.push(Finding {
                code: Flaw::RottenEdit,
                domain: "journal".to_owned(),
                id: key.to_json().to_string(),
                rev: None,
                message: "a scheduled edit cannot be read".to_owned(),
                repair: Remedy::Quarantine,
            });
        }
        self.phase = Phase::SecondCopy;
        Ok(())
    }

    async fn second_copy(&mut self) -> Result<()> {
        let mut lost = self.lost_rows().await?;
        lost.extend(self.orphans().await?);
        let state = self.keep.second_copy();
        let uncopied = match state {
            SecondCopy::Off => None,
            SecondCopy::On => match self.still_uncopied().await? {
                0 => None,
                count => Some(format!(
                    "{count} saved record(s) are not in the second copy"
                )),
            },
            SecondCopy::Failing { .. } => {
                Some("the second copy lacks what was saved while it failed".to_owned())
            }
            SecondCopy::CatchingUp => Some(
                "the second copy is being completed: it failed, or a writer of it ended in the middle of a save"
                    .to_owned(),
            ),
        };
        self.report.findings.extend(lost);
        self.report.findings.extend(uncopied.map(|message| Finding {
            code: Flaw::UncopiedRecords,
            domain: "second-copy".to_owned(),
            id: String::new(),
            rev: None,
            message,
            repair: Remedy::Copy,
        }));
        self.report.contents = self.sound.read;
        self.report.at = self.keep.store().now();
        if *self.keep.access() == Access::ReadWrite {
            let last = LastCheck {
                at: self.report.at,
                full: self.report.full,
                records: self.report.records + self.report.versions,
                findings: self.report.findings.len() as u64,
            };
            match self.keep.store().remember(CHECKED, &last).await {
                // A full disk is looked through all the same.
                Err(error) if error.kind() != Kind::Quota => return Err(error),
                _ => {}
            }
        }
        let count = self.report.findings.len() as u64;
        let level = if count > 0 { Level::Warn } else { Level::Info };
        let entry = LogEntry::new(self.report.at, level, "checked");
        self.keep.log().note(entry.count(count));
        self.phase = Phase::Done;
        Ok(())
    }

    /// Rows that only the second copy has as they were saved last.
    async fn lost_rows(&self) -> Result<Vec<Finding>> {
        let store = self.keep.store();
        let mut findings = Vec::new();
        for key in store.lost_rows().await? {
            let row = store.row(&key).await?;
            let Some(copied) = store.copied(Table::Rows, &key).await else {
                continue;
            };
            let message = match row {
                // Its bytes are a finding already.
                Some(row) if row.record.is_err() => continue,
                // Saved meanwhile.
                Some(row) if row.value.rev >= copied.rev => continue,
                Some(_) => "the database has an older state than the one that was saved",
                None => "the database has lost it",
            };
            let (domain, id, rev) = Row::owner_of(&key);
            findings.push(Finding {
                code: Flaw::LostRecord,
                domain,
                id,
                rev,
                message: message.to_owned(),
                repair: Remedy::SecondCopy,
            });
        }
        Ok(findings)
    }

    /// Records of which only older states are there.
    async fn orphans(&self) -> Result<Vec<Finding>> {
        let store = self.keep.store();
        let mut findings = Vec::new();
        for (domain, id) in self.owners.keys() {
            let key = Key::row(domain, id);
            if store.row(&key).await?.is_some()
                || store.copied(Table::Rows, &key).await.is_some()
                || self.keep.sound_version(domain, id).await?.is_none()
            {
                continue;
            }
            findings.push(Finding {
                code: Flaw::LostRecord,
                domain: domain.clone(),
                id: id.clone(),
                rev: None,
                message: "only older states of it are there".to_owned(),
                repair: Remedy::Version,
            });
        }
        Ok(findings)
    }

    /// A save that is under way reaches the second copy last, so the doubtful ones are looked
    /// at again at the end.
    async fn still_uncopied(&self) -> Result<u64> {
        let store = self.keep.store();
        let mut count = 0;
        for (key, _) in store.uncopied(&self.uncopied).await? {
            let Some(row) = store.row(&key).await? else {
                continue;
            };
            let still = store.uncopied(&[(key, row.value.rev)]).await?;
            count += still.len() as u64;
        }
        Ok(count)
    }
}

/// The row of a finding.
pub(super) fn row_key(finding: &Finding) -> Key {
    match finding.rev {
        None => Key::row(&finding.domain, &finding.id),
        Some(rev) => version_key(&finding.domain, &finding.id, rev),
    }
}
