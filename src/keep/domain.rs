//! The verbs that every domain answers in the same way.

use super::{Exported, Keep, characters, chats, worlds};
use crate::error::{Kind, Result};
use crate::store::{Change, History, Listing, Record, Unreadable};
use serde_json::{Map, Value, json};

/// A domain whose records have ids of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Domain {
    /// Character cards.
    Characters,
    /// Chats.
    Chats,
    /// Worlds.
    Worlds,
}

impl Domain {
    /// Every domain, once.
    pub const ALL: [Domain; 3] = [Domain::Characters, Domain::Chats, Domain::Worlds];

    /// Its name, on disk and in JavaScript.
    pub const fn name(self) -> &'static str {
        match self {
            Domain::Characters => "characters",
            Domain::Chats => "chats",
            Domain::Worlds => "worlds",
        }
    }

    /// The domain of a name.
    ///
    /// # Errors
    /// `bad-option`.
    pub fn of(name: &str) -> Result<Domain> {
        let unknown = || {
            Kind::BadOption.because(format!(
                "domain is {name:?}, want characters, chats or worlds"
            ))
        };
        Domain::ALL
            .into_iter()
            .find(|domain| domain.name() == name)
            .ok_or_else(unknown)
    }

    /// The entry of a record: what lists show.
    pub(super) fn entry(self, record: &Record) -> Value {
        let mut entry = Map::new();
        entry.insert("id".into(), record.id.as_str().into());
        entry.insert("rev".into(), record.rev.into());
        entry.insert("created".into(), record.created_ms.into());
        entry.insert("changed".into(), record.changed_ms.into());
        if let Some(trashed) = record.trashed_ms {
            entry.insert("trashed".into(), trashed.into());
        }
        match self {
            Domain::Characters => characters::describe(record, &mut entry),
            Domain::Chats => chats::describe(record, &mut entry),
            Domain::Worlds => worlds::describe(record, &mut entry),
        }
        Value::Object(entry)
    }
}

impl Keep {
    /// The entries of a domain, or of its trash: `{ items, unreadable }`, newest change first.
    ///
    /// # Errors
    /// What the medium reports. A record that cannot be read hides no other.
    pub async fn list(&self, domain: Domain, trashed: bool) -> Result<Value> {
        let Listing {
            mut records,
            unreadable,
        } = self.store().list(domain.name()).await?;
        records.retain(|record| record.trashed_ms.is_some() == trashed);
        records.sort_by(|a, b| {
            b.changed_ms
                .cmp(&a.changed_ms)
                .then_with(|| b.id.cmp(&a.id))
        });
        let items: Vec<Value> = records.iter().map(|record| domain.entry(record)).collect();
        let unreadable: Vec<Value> = unreadable.iter().map(unreadable_json).collect();
        Ok(json!({ "items": items, "unreadable": unreadable }))
    }

    /// The entry of one record that is not in the trash; `None` when there is none.
    ///
    /// # Errors
    /// `corrupt`, and what the medium reports.
    pub async fn entry(&self, domain: Domain, id: &str) -> Result<Option<Value>> {
        Ok(present(self.record(domain, id).await)?.map(|record| domain.entry(&record)))
    }

    /// Puts a record into the trash, where it keeps everything.
    ///
    /// # Errors
    /// `not-found`, `conflict`, and what the medium reports.
    pub async fn trash(&self, domain: Domain, id: &str, if_rev: Option<u64>) -> Result<()> {
        let mut record = self.record_at(domain, id, if_rev).await?;
        record.trashed_ms = Some(self.store().now());
        let mut change = Change::new();
        change.write(record, History::Skip);
        self.commit(change).await.map(drop)
    }

    /// Takes a record out of the trash and gives its entry.
    ///
    /// # Errors
    /// `not-found` when it is not in the trash, and what the medium reports.
    pub async fn restore(&self, domain: Domain, id: &str) -> Result<Value> {
        let found = self
            .store()
            .get(domain.name(), id)
            .await?
            .filter(|record| record.trashed_ms.is_some());
        let missing = || {
            Kind::NotFound
                .because("the trash has no such record")
                .of(domain.name(), id)
        };
        let mut record = found.ok_or_else(missing)?;
        record.trashed_ms = None;
        let mut change = Change::new();
        change.write(record, History::Skip);
        Ok(domain.entry(&self.commit_one(change).await?))
    }

    /// The kept older states of a record, newest first: `[{ rev, changed }]`.
    ///
    /// # Errors
    /// What the medium reports.
    pub async fn history(&self, domain: Domain, id: &str) -> Result<Value> {
        let versions = self.store().history(domain.name(), id).await?.records;
        Ok(versions
            .iter()
            .map(|version| json!({ "rev": version.rev, "changed": version.changed_ms }))
            .collect())
    }

    /// The record as a file: identical bytes where nothing was changed.
    ///
    /// # Errors
    /// `not-found`, `corrupt`, and what the medium reports.
    pub async fn export(&self, domain: Domain, id: &str) -> Result<Exported> {
        match domain {
            Domain::Characters => self.characters().export(id).await,
            Domain::Chats => self.chats().export(id).await,
            Domain::Worlds => self.worlds().export(id).await,
        }
    }
}

/// Absence is `None`; every other failure stays one.
pub(super) fn present<T>(found: Result<T>) -> Result<Option<T>> {
    match found {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind() == Kind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// The order of lists: newest change first.
pub(super) fn newest_first(records: &mut [Record]) {
    records.sort_by(|a, b| (b.changed_ms, &b.id).cmp(&(a.changed_ms, &a.id)));
}

fn unreadable_json(unreadable: &Unreadable) -> Value {
    let Unreadable { domain, id, error } = unreadable;
    json!({ "domain": domain, "id": id, "code": error.kind().code(), "message": error.to_string() })
}

/// An entry as JSON text, with further fields that are JSON texts already. Documents
/// are spliced in as they are: order, number spelling and lone surrogates stay.
pub(super) fn with_fields(entry: &Value, fields: &[(&str, &str)]) -> String {
    let mut text = entry.to_string();
    text.pop();
    for (name, value) in fields {
        text.extend([",\"", name, "\":", value]);
    }
    text.push('}');
    text
}
