//! What a scheduled edit changes: the content of one record, with a patch laid over it.
//!
//! One shape for all domains, so that saving later, replaying and recovered drafts do
//! not have to know them. Nothing is written here.

use super::domain::Domain;
use super::settings;
use super::{Keep, characters, unsent, worlds};
use crate::card;
use crate::error::{Kind, Limits, Result};
use crate::json::{Document, quote};
use crate::store::{Change, History, Key, Record};
use crate::world;
use serde_json::Value;

/// What can be edited later, by the names that JavaScript uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Subject {
    /// Fields of a card.
    Character,
    /// Position and stats of a world.
    World,
    /// The value of one setting; its key is the id.
    Setting,
    /// The unsent message of a chat.
    Unsent,
}

impl Subject {
    /// The subject of a domain's name.
    ///
    /// # Errors
    /// `bad-option`.
    pub fn of(domain: &str) -> Result<Subject> {
        match domain {
            "characters" => Ok(Subject::Character),
            "worlds" => Ok(Subject::World),
            "settings" => Ok(Subject::Setting),
            "chats" => Ok(Subject::Unsent),
            _ => Err(Kind::BadOption.because(format!(
                "domain is {domain:?}, want characters, chats, worlds or settings"
            ))),
        }
    }

    /// The row that holds it.
    pub fn row(self, id: &str) -> Key {
        let domain = match self {
            Subject::Character => Domain::Characters.name(),
            Subject::World => Domain::Worlds.name(),
            Subject::Setting => settings::DOMAIN,
            Subject::Unsent => unsent::DOMAIN,
        };
        Key::row(domain, id)
    }

    /// Whether the state before an edit is kept as a version.
    pub fn history(self) -> History {
        match self {
            Subject::Unsent => History::Skip,
            _ => History::Keep,
        }
    }

    /// The record, and what is in it.
    ///
    /// # Errors
    /// `not-found`, `corrupt`, and what the medium reports.
    pub async fn read(self, keep: &Keep, id: &str) -> Result<(Record, Content)> {
        let document = async |record: &Record| {
            let bytes = keep.store().part(record.part("document")?).await?;
            Document::read(&bytes, &Limits::default()).map(|(document, _)| document)
        };
        match self {
            Subject::Character => {
                let record = keep.record(Domain::Characters, id).await?;
                let content = Content::Card(document(&record).await?);
                Ok((record, content))
            }
            Subject::World => {
                let record = keep.record(Domain::Worlds, id).await?;
                let content = Content::World(document(&record).await?);
                Ok((record, content))
            }
            Subject::Setting => {
                let record = keep.settings().record(id).await?;
                let content = Content::Setting(record.body.clone());
                Ok((record, content))
            }
            Subject::Unsent => {
                keep.record(Domain::Chats, id).await?;
                let (record, text) = unsent::read(keep, id).await?;
                Ok((record, Content::Unsent(text)))
            }
        }
    }
}

/// The content of a record as far as it can be edited later.
pub(super) enum Content {
    Card(Document),
    World(Document),
    Setting(Value),
    /// A JSON string: unlike Rust's it may hold lone surrogates.
    Unsent(String),
}

impl Content {
    /// The content with a patch over it; `None` when everything in the patch is there already.
    ///
    /// # Errors
    /// `bad-option` and `invalid` for a patch that does not fit.
    pub fn patched(&self, id: &str, patch: &Document, now_ms: i64) -> Result<Option<Content>> {
        let changed = |old: &Document, new: &Document| old.bytes() != new.bytes();
        Ok(match self {
            Content::Card(old) => {
                let new = card::edit(old, patch)?;
                changed(old, &new).then_some(Content::Card(new))
            }
            Content::World(old) => {
                let new = world::edit(old, patch, now_ms)?;
                changed(old, &new).then_some(Content::World(new))
            }
            Content::Setting(old) => {
                let new = only(patch, "value")?;
                let new: Value = serde_json::from_str(&new).map_err(|cause| {
                    Kind::Invalid
                        .because("the value is no text")
                        .caused_by(cause)
                })?;
                settings::check(id, &new)?;
                (*old != new).then_some(Content::Setting(new))
            }
            Content::Unsent(old) => {
                let new = only(patch, "draft")?;
                if !new.starts_with('"') {
                    return Err(Kind::Invalid.because("`draft` must be a string"));
                }
                (*old != new).then_some(Content::Unsent(new))
            }
        })
    }

    /// Puts the content into its record.
    pub fn put(&self, record: &mut Record, change: &mut Change) {
        match self {
            Content::Card(document) => characters::put_document(record, document, change),
            Content::World(document) => worlds::put_document(record, document, change),
            Content::Setting(value) => record.body = value.clone(),
            Content::Unsent(text) => unsent::put(record, text, change),
        }
    }

    /// What the fields that a patch names are now: a JSON object in the patch's shape.
    pub fn present(&self, patch: &Document) -> Result<String> {
        let all = match self {
            Content::Card(document) => card::view(document),
            Content::World(document) => {
                let state = Document::parse(&world::view(document))?;
                let raw = |name: &str| state.root().get(name).map_or("null", |node| node.raw());
                format!(
                    r#"{{"position":{},"player":{}}}"#,
                    raw("current_position"),
                    raw("player")
                )
            }
            Content::Setting(value) => format!(r#"{{"value":{value}}}"#),
            Content::Unsent(text) => format!(r#"{{"draft":{text}}}"#),
        };
        let all = Document::parse(&all)?;
        let root = all.root();
        let fields = patch.root().entries().filter_map(|(name, _)| {
            let value = root.get(&name)?;
            Some(format!("{}:{}", quote(&name), value.raw()))
        });
        Ok(format!("{{{}}}", fields.collect::<Vec<_>>().join(",")))
    }
}

/// The one field that a patch may have, as strict JSON.
fn only(patch: &Document, name: &str) -> Result<String> {
    let mut found = None;
    for (key, value) in patch.root().entries() {
        if key != name {
            return Err(Kind::BadOption.because(format!("`{key}` is no field of this patch")));
        }
        let mut text = String::new();
        value.strict(&mut text);
        found = Some(text);
    }
    found.ok_or_else(|| Kind::Invalid.because(format!("the patch must be an object with `{name}`")))
}
