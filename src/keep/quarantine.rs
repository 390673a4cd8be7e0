//! Quarantine: what could not be read, whole, with the reason, until somebody decides.

use super::domain::newest_first;
use super::examine::{Sound, is_told};
use super::{Exported, Keep, filename};
use crate::error::{Kind, Result};
use crate::store::{Change, Key, QUARANTINE, Record, Row, row_of};
use serde_json::{Value, json};

/// The quarantine of a keep.
pub struct Quarantine {
    keep: Keep,
}

/// What stood in the table, and where.
fn place(record: &Record) -> Option<(&str, Key)> {
    let table = record.body["table"].as_str()?;
    Some((table, Key::from_json(&record.body["key"])?))
}

fn entry(record: &Record) -> Value {
    let mut entry = json!({
        "id": record.id, "at": record.created_ms, "code": record.head["code"],
        "reason": record.head["reason"], "bytes": record.head["bytes"],
        "domain": record.head["domain"], "record": record.head["id"],
    });
    match place(record) {
        Some(("rows", key)) => {
            let (domain, id, rev) = Row::owner_of(&key);
            entry["domain"] = domain.into();
            entry["record"] = id.into();
            if let Some(rev) = rev {
                entry["rev"] = rev.into();
            }
        }
        Some(("journal", key)) => {
            entry["domain"] = "journal".into();
            entry["record"] = key.to_json().to_string().into();
        }
        _ => {}
    }
    entry
}

impl Quarantine {
    pub(super) fn new(keep: Keep) -> Quarantine {
        Quarantine { keep }
    }

    /// Everything in it, newest first: `[{ id, domain, record, rev?, code, reason, bytes, at }]`.
    ///
    /// # Errors
    /// What the medium reports.
    pub async fn list(&self) -> Result<Value> {
        let mut records = self.keep.store().list(QUARANTINE).await?.records;
        newest_first(&mut records);
        Ok(records.iter().map(entry).collect())
    }

    /// The bytes as they stood, damaged or not.
    ///
    /// # Errors
    /// `not-found`, `corrupt`, and what the medium reports.
    pub async fn bytes(&self, id: &str) -> Result<Vec<u8>> {
        let record = self.record(id).await?;
        self.keep.store().part(record.part("row")?).await
    }

    /// The bytes as a file.
    ///
    /// # Errors
    /// As [`Quarantine::bytes`].
    pub async fn export(&self, id: &str) -> Result<Exported> {
        let bytes = self.bytes(id).await?;
        Ok(Exported {
            filename: filename::safe(&id.replace('/', "-"), "ckr"),
            media_type: "application/octet-stream",
            bytes,
        })
    }

    /// Tries to read it again, and puts it back where it stood: its entry. What is broken
    /// still stays.
    ///
    /// # Errors
    /// `not-found`; `corrupt`, `migration` or `too-new` when it cannot be read still; `conflict`
    /// when something else stands there by now; and what the medium reports.
    pub async fn retry(&self, id: &str) -> Result<Value> {
        let store = self.keep.store();
        let record = self.record(id).await?;
        let told = entry(&record);
        let Some(("rows", key)) = place(&record) else {
            let unusable = Kind::Unsupported.because("only records can be put back");
            return Err(unusable.of(QUARANTINE, id));
        };
        let (domain, owner, rev) = Row::owner_of(&key);
        let bytes = store.part(record.part("row")?).await?;
        let state = Record::decode(&domain, &owner, &bytes)?;
        if let Some(there) = store.row(&key).await? {
            let detail = format!("revision {} of it is there", there.value.rev);
            let conflict = Kind::Conflict.because(detail).of(&domain, &owner);
            return Err(conflict.finding(Some(there.value.rev)));
        }
        let stood = record.body["rev"].as_u64().unwrap_or(0).max(state.rev);
        // An older state keeps its number; a record goes on behind the one that was removed.
        let value = row_of(&state, rev.unwrap_or(stood + 1));
        let row = Row::of(key.clone(), value.clone());
        let mut sound = Sound::default();
        if let Some(flaw) = self.keep.diagnose(&row, true, &mut sound).await?.pop() {
            store.restore_pages(&flaw.pages).await?;
            if let Some(flaw) = self.keep.diagnose(&row, true, &mut sound).await?.pop() {
                return Err(flaw.why);
            }
        }
        store.replace_row(&key, None, Some(value), None).await?;
        self.erase(&record).await?;
        if rev.is_none() && is_told(&domain) {
            (self.keep.0.observer)(&domain, &[owner]);
        }
        Ok(told)
    }

    /// Removes it for good.
    ///
    /// # Errors
    /// `not-found`, and what the medium reports.
    pub async fn delete(&self, id: &str) -> Result<()> {
        self.erase(&self.record(id).await?).await
    }

    async fn erase(&self, record: &Record) -> Result<()> {
        let mut change = Change::new();
        change.erase(record);
        self.keep.store().commit(change).await.map(drop)
    }

    async fn record(&self, id: &str) -> Result<Record> {
        let found = self.keep.store().get(QUARANTINE, id).await?;
        found.ok_or_else(|| {
            Kind::NotFound
                .because("there is nothing with this id in quarantine")
                .of(QUARANTINE, id)
        })
    }
}
