//! What is wrong with one stored row, and what can be done about it.
//!
//! A row is examined as it stands on the medium: what the second copy would put in its
//! place is a remedy, and no excuse. Nothing is written here.

use super::chat_row::Body;
use super::domain::Domain;
use super::journal::DRAFTS;
use super::log::{Cache, Log};
use super::{Keep, reply, settings, unsent};
use crate::codec::Part;
use crate::error::{Error, Kind, Result};
use crate::store::{Key, QUARANTINE, Record, Row, Table, part_keys};
use serde::{Deserialize, Serialize};
use std::collections::HashSet;

/// What can be wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Flaw {
    /// The record's bytes cannot be read.
    RottenRecord,
    /// The record is gone, or older than it was, and something still tells of it.
    LostRecord,
    /// The record was written by a newer version.
    NewerRecord,
    /// The row is found under other keys than its record says.
    WrongIndex,
    /// A piece of the contents is missing or rotten.
    LostContent,
    /// The messages are not the ones that the chat's manifest lists.
    LostMessages,
    /// The record refers to another one that is not there.
    BrokenLink,
    /// Saved records are not in the second copy.
    UncopiedRecords,
    /// A scheduled edit cannot be read.
    RottenEdit,
}

/// What repairing does about it. Whatever is replaced or removed stays in quarantine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Remedy {
    /// What is lost comes back from the second copy.
    SecondCopy,
    /// The newest sound older state takes its place.
    Version,
    /// What can still be read is kept, the rest is left out.
    Salvage,
    /// The row is written again.
    Rewrite,
    /// The link is taken out.
    Unlink,
    /// A complete second copy is made.
    Copy,
    /// It is taken out of the way, whole.
    Quarantine,
    /// Nothing.
    None,
}

/// One thing that is wrong with a row.
#[derive(Debug, Clone)]
pub(super) struct Diagnosis {
    pub flaw: Flaw,
    /// What it is, for people, and as what it is kept in quarantine.
    pub why: Error,
    /// The pages that are missing or rotten.
    pub pages: Vec<Key>,
    /// The names of the parts that lack them.
    pub parts: Vec<String>,
}

impl Diagnosis {
    pub(super) fn of(flaw: Flaw, why: Error) -> Diagnosis {
        Diagnosis {
            flaw,
            why,
            pages: Vec::new(),
            parts: Vec::new(),
        }
    }
}

/// Parts that were found sound: states of a record share most of them.
#[derive(Default)]
pub(super) struct Sound {
    parts: HashSet<u128>,
    /// How many contents were read.
    pub read: u64,
}

impl Sound {
    fn key(part: &Part) -> Option<u128> {
        u128::from_str_radix(part.hash.get(..32)?, 16).ok()
    }

    /// The pages of a part that are missing or rotten.
    async fn flaws(&mut self, keep: &Keep, part: &Part) -> Result<Vec<Key>> {
        let key = Sound::key(part);
        if key.is_some_and(|key| self.parts.contains(&key)) {
            return Ok(Vec::new());
        }
        let flaws = keep.store().flaws(part).await?;
        self.read += 1;
        if let (true, Some(key)) = (flaws.is_empty(), key) {
            self.parts.insert(key);
        }
        Ok(flaws)
    }
}

/// Whether this version knows what a row of this domain means.
pub(super) fn is_told(domain: &str) -> bool {
    Domain::of(domain).is_ok()
        || [settings::DOMAIN, DRAFTS, unsent::DOMAIN, reply::DOMAIN].contains(&domain)
}

impl Keep {
    /// Everything that is wrong with a row. `full`: with all of its contents, else with what
    /// the medium and a chat's manifest say of themselves.
    pub(super) async fn diagnose(
        &self,
        row: &Row,
        full: bool,
        sound: &mut Sound,
    ) -> Result<Vec<Diagnosis>> {
        let record = match &row.record {
            Ok(record) => record,
            Err(why) if why.kind() == Kind::TooNew => {
                return Ok(vec![Diagnosis::of(Flaw::NewerRecord, why.clone())]);
            }
            Err(why) => return Ok(vec![Diagnosis::of(Flaw::RottenRecord, why.clone())]),
        };
        let mut found = Vec::new();
        if !row.is_version() && (row.value.rev != record.rev || row.value.by != record.by) {
            let why = Kind::Corrupt.because("the row's keys are not the ones of its record");
            found.push(Diagnosis::of(Flaw::WrongIndex, why));
        }
        found.extend(self.diagnose_contents(record, full, sound).await?);
        Ok(found)
    }

    /// What is wrong with what a record refers to.
    async fn diagnose_contents(
        &self,
        record: &Record,
        full: bool,
        sound: &mut Sound,
    ) -> Result<Option<Diagnosis>> {
        let (mut pages, mut parts) = (Vec::new(), Vec::new());
        if full {
            for (name, part) in &record.parts {
                let flaws = sound.flaws(self, part).await?;
                if !flaws.is_empty() {
                    parts.push(name.clone());
                    pages.extend(flaws);
                }
            }
        }
        if record.domain == Domain::Chats.name() {
            let body = match Body::of(record) {
                Ok(body) => body,
                Err(why) => return Ok(Some(Diagnosis::of(Flaw::RottenRecord, why))),
            };
            let cache = Cache::default();
            let log = Log::of(self.store(), &record.id, body.manifest, &cache);
            let held = log.held().await?;
            let mut lost = Vec::new();
            for run in &held.runs {
                let keys = part_keys(run, 0..run.pages());
                lost.extend(self.store().bad_pages(&keys).await?);
            }
            if full {
                for segment in &held.segments {
                    lost.extend(sound.flaws(self, segment).await?);
                }
            }
            lost.extend(self.store().bad_pages(&held.tail).await?);
            if lost.is_empty() {
                match log.verify().await {
                    Err(why) if why.kind() == Kind::Corrupt => {
                        return Ok(Some(Diagnosis::of(Flaw::LostMessages, why)));
                    }
                    verified => verified?,
                }
            } else {
                parts.push("messages".to_owned());
                pages.extend(lost);
            }
        }
        if pages.is_empty() {
            return Ok(None);
        }
        let detail = format!(
            "{} page(s) of its {} missing or rotten",
            pages.len(),
            parts.join(", ")
        );
        let why = Kind::Corrupt.because(detail).of(&record.domain, &record.id);
        Ok(Some(Diagnosis {
            flaw: Flaw::LostContent,
            why,
            pages,
            parts,
        }))
    }

    /// What repairing would do. `copy`: whether the second copy is asked.
    pub(super) async fn remedy(
        &self,
        row: &Row,
        diagnosis: &Diagnosis,
        copy: bool,
    ) -> Result<Remedy> {
        let (domain, _, _) = row.owner();
        let remedy = match diagnosis.flaw {
            Flaw::NewerRecord => Remedy::None,
            Flaw::WrongIndex => Remedy::Rewrite,
            Flaw::LostMessages if row.is_version() => Remedy::Quarantine,
            Flaw::LostMessages => Remedy::Salvage,
            Flaw::RottenRecord => match self.copied_row(row).await {
                Some(_) if copy => Remedy::SecondCopy,
                _ => self.version_or_quarantine(row).await?,
            },
            Flaw::LostContent if copy && self.has_copies(&diagnosis.pages).await => {
                Remedy::SecondCopy
            }
            // What is lost of a value that is in quarantine anyway is not put there again.
            Flaw::LostContent if domain == QUARANTINE => Remedy::None,
            Flaw::LostContent if row.is_version() => Remedy::Quarantine,
            Flaw::LostContent => {
                let lacks = |name: &str| diagnosis.parts.iter().any(|part| part == name);
                let character = domain == Domain::Characters.name();
                if domain == Domain::Chats.name() || (character && !lacks("document")) {
                    return Ok(Remedy::Salvage);
                }
                match self.version_or_quarantine(row).await? {
                    // The card is in the file as it came.
                    Remedy::Quarantine if character && !lacks("file") => Remedy::Salvage,
                    other => other,
                }
            }
            Flaw::BrokenLink => Remedy::Unlink,
            Flaw::LostRecord | Flaw::UncopiedRecords | Flaw::RottenEdit => Remedy::None,
        };
        Ok(remedy)
    }

    async fn version_or_quarantine(&self, row: &Row) -> Result<Remedy> {
        if row.is_version() {
            return Ok(Remedy::Quarantine);
        }
        let (domain, id, _) = row.owner();
        let version = self.sound_version(&domain, &id).await?;
        Ok(version.map_or(Remedy::Quarantine, |_| Remedy::Version))
    }

    /// What the second copy has in place of a rotten row, when that is another one and sound.
    pub(super) async fn copied_row(&self, row: &Row) -> Option<Record> {
        let value = self.store().copied(Table::Rows, &row.key).await?;
        let (domain, id, _) = row.owner();
        let copied = Record::decode(&domain, &id, &value.bytes).ok()?;
        (value.bytes != row.value.bytes).then_some(copied)
    }

    async fn has_copies(&self, pages: &[Key]) -> bool {
        for key in pages {
            if self.store().copied(Table::Pages, key).await.is_none() {
                return false;
            }
        }
        true
    }

    /// The newest older state of a record that is whole, or can be made so from the second copy.
    pub(super) async fn sound_version(&self, domain: &str, id: &str) -> Result<Option<Record>> {
        let versions = self.store().history(domain, id).await?.records;
        for version in versions {
            let mut sound = Sound::default();
            let contents = self.diagnose_contents(&version, true, &mut sound).await?;
            let whole = match contents {
                None => true,
                Some(Diagnosis {
                    flaw: Flaw::LostContent,
                    pages,
                    ..
                }) => self.has_copies(&pages).await,
                Some(_) => false,
            };
            if whole {
                return Ok(Some(version));
            }
        }
        Ok(None)
    }
}
