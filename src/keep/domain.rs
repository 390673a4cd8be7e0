//! The names of the domains, and what their entries have in common.

use crate::error::{Kind, Result};
use crate::json::Document;
use crate::order;
use crate::store::{Record, Unreadable};
use crate::template;
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
    /// Personas.
    Personas,
    /// Lorebooks.
    Lorebooks,
    /// Templates.
    Templates,
    /// Campaigns.
    Campaigns,
    /// Pictures, sounds and any other bytes.
    Assets,
    /// Playthroughs of worlds.
    Playthroughs,
}

impl Domain {
    /// Every domain, once.
    pub const ALL: [Domain; 9] = [
        Domain::Characters,
        Domain::Chats,
        Domain::Worlds,
        Domain::Personas,
        Domain::Lorebooks,
        Domain::Templates,
        Domain::Campaigns,
        Domain::Assets,
        Domain::Playthroughs,
    ];

    /// Its name, on disk and in JavaScript.
    pub const fn name(self) -> &'static str {
        match self {
            Domain::Characters => "characters",
            Domain::Chats => "chats",
            Domain::Worlds => "worlds",
            Domain::Personas => "personas",
            Domain::Lorebooks => "lorebooks",
            Domain::Templates => "templates",
            Domain::Campaigns => "campaigns",
            Domain::Assets => "assets",
            Domain::Playthroughs => "playthroughs",
        }
    }

    /// The domain of a name.
    ///
    /// # Errors
    /// `bad-option`.
    pub fn of(name: &str) -> Result<Domain> {
        let unknown = || {
            let known = Domain::ALL.map(Domain::name).join(", ");
            Kind::BadOption.because(format!("domain is {name:?}, want one of {known}"))
        };
        Domain::ALL
            .into_iter()
            .find(|domain| domain.name() == name)
            .ok_or_else(unknown)
    }

    /// How a document loses what must not leave the keep, which an earlier build may have kept.
    pub(super) fn hiding(self) -> Option<Hiding> {
        match self {
            Domain::Templates => Some(template::without_secrets),
            _ => None,
        }
    }
}

/// A document without something.
pub(super) type Hiding = fn(Document) -> Result<Document>;

/// What every entry has: the record's id, revision and times; and these fields of its head.
pub(super) fn entry(record: &Record, fields: &[&str]) -> Map<String, Value> {
    let mut entry = Map::new();
    entry.insert("id".into(), record.id.as_str().into());
    entry.insert("rev".into(), record.rev.into());
    entry.insert("created".into(), record.created_ms.into());
    entry.insert("changed".into(), record.changed_ms.into());
    if let Some(trashed) = record.trashed_ms {
        entry.insert("trashed".into(), trashed.into());
    }
    for name in fields.iter().filter(|name| !record.head[**name].is_null()) {
        entry.insert((*name).into(), record.head[*name].clone());
    }
    entry
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
pub(super) fn newest_first(records: &mut Vec<Record>) {
    order::sort_by(records, |a, b| {
        (b.changed_ms, &b.id).cmp(&(a.changed_ms, &a.id))
    });
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

/// What is told of a record that cannot be read.
pub(super) fn unreadable_json(unreadable: &Unreadable) -> Value {
    let Unreadable { domain, id, error } = unreadable;
    json!({ "domain": domain, "id": id, "code": error.kind().code(), "message": error.to_string() })
}
