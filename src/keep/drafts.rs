//! Recovered drafts: edits that were found after a page had ended and did not fit their
//! record any more. Whole, with the revision they began on and the reason.

use super::Keep;
use super::content::Subject;
use super::domain::{newest_first, with_fields};
use super::journal::{DRAFTS, Making};
use crate::error::{Kind, Limits, Result};
use crate::json::Document;
use crate::store::{Change, Record};
use serde_json::Value;

/// The recovered drafts of a keep.
pub struct Drafts {
    keep: Keep,
}

fn entry(record: &Record) -> Value {
    let mut entry = record.head.clone();
    entry["id"] = record.id.as_str().into();
    entry["record"] = record.body["record"].clone();
    entry["recovered"] = record.created_ms.into();
    entry
}

impl Drafts {
    pub(super) fn new(keep: Keep) -> Drafts {
        Drafts { keep }
    }

    /// Every draft, newest first: `[{ id, domain, record, base?, at, reason, recovered }]`.
    ///
    /// # Errors
    /// What the medium reports.
    pub async fn list(&self) -> Result<Value> {
        let mut records = self.keep.store().list(DRAFTS).await?.records;
        newest_first(&mut records);
        Ok(records.iter().map(entry).collect())
    }

    /// A draft as JSON with its `patch`, and, when its record can be read, with that one's
    /// `rev` and the `present` values of the same fields; `None` when there is none.
    ///
    /// # Errors
    /// `corrupt`, and what the medium reports.
    pub async fn get(&self, id: &str) -> Result<Option<String>> {
        let Some(record) = self.keep.store().get(DRAFTS, id).await? else {
            return Ok(None);
        };
        let (target, patch) = self.edit_of(&record).await?;
        let patch_text = patch.to_strict();
        let mut fields = vec![("patch", patch_text.as_str())];
        let present = match Subject::of(record.head_text("domain")) {
            Ok(subject) => subject.read(&self.keep, &target).await.ok(),
            Err(_) => None,
        };
        let (rev, values);
        if let Some((now, content)) = present {
            rev = now.rev.to_string();
            values = content.present(&patch)?;
            fields.extend([("rev", rev.as_str()), ("present", values.as_str())]);
        }
        Ok(Some(with_fields(&entry(&record), &fields)))
    }

    /// Lays a draft over the present record and removes it, in one transaction; gives the
    /// record's revision. The state before becomes a version.
    ///
    /// # Errors
    /// `not-found`, `conflict` for another revision than `if_rev`, `invalid` when it does not
    /// fit, and what the medium reports. The draft stays then.
    pub async fn apply(&self, id: &str, if_rev: Option<u64>) -> Result<u64> {
        let record = self.record(id).await?;
        let (target, patch) = self.edit_of(&record).await?;
        let subject = Subject::of(record.head_text("domain"))?;
        let mut change = Change::new();
        change.erase(&record);
        let making = Making {
            if_rev,
            ..Making::default()
        };
        self.keep
            .journal()
            .lay(subject, &target, &patch, making, change)
            .await
    }

    /// Removes a draft for good.
    ///
    /// # Errors
    /// `not-found`, `conflict`, and what the medium reports.
    pub async fn discard(&self, id: &str) -> Result<()> {
        let record = self.record(id).await?;
        let mut change = Change::new();
        change.erase(&record);
        self.keep.commit(change).await.map(drop)
    }

    async fn record(&self, id: &str) -> Result<Record> {
        let found = self.keep.store().get(DRAFTS, id).await?;
        found.ok_or_else(|| {
            Kind::NotFound
                .because("there is no such draft")
                .of(DRAFTS, id)
        })
    }

    /// The record that the draft is for, and its patch.
    async fn edit_of(&self, record: &Record) -> Result<(String, Document)> {
        let target = record.body["record"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        let bytes = self.keep.store().part(record.part("patch")?).await?;
        let (patch, _) = Document::read(&bytes, &Limits::default())?;
        Ok((target, patch))
    }
}
