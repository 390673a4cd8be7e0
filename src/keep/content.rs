//! What a scheduled edit changes: the content of one record, with a patch laid over it.
//!
//! One shape for all domains, so that saving later, replaying and recovered drafts do
//! not have to know them. Nothing is written here.

use super::campaigns::CAMPAIGNS;
use super::domain::Domain;
use super::playthroughs::PLAYTHROUGHS;
use super::settings;
use super::texts::{self, Form};
use super::{Keep, characters, personas, unsent, worlds};
use crate::card;
use crate::error::{Kind, Result, Sides};
use crate::json::{Document, quote};
use crate::persona;
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
    /// Fields of a persona.
    Persona,
    /// Fields and entries of a lorebook.
    Lorebook,
    /// Fields of a template.
    Template,
    /// What is in the scope of a campaign.
    Campaign,
    /// What a run through a world has changed.
    Playthrough,
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
            "personas" => Ok(Subject::Persona),
            "lorebooks" => Ok(Subject::Lorebook),
            "templates" => Ok(Subject::Template),
            "campaigns" => Ok(Subject::Campaign),
            "playthroughs" => Ok(Subject::Playthrough),
            "settings" => Ok(Subject::Setting),
            "chats" => Ok(Subject::Unsent),
            _ => Err(Kind::BadOption.because(format!(
                "domain is {domain:?}, want characters, chats, worlds, personas, lorebooks, templates, campaigns, playthroughs or settings"
            ))),
        }
    }

    /// The row that holds it.
    pub fn row(self, id: &str) -> Key {
        let domain = match self {
            Subject::Character => Domain::Characters.name(),
            Subject::World => Domain::Worlds.name(),
            Subject::Persona => Domain::Personas.name(),
            Subject::Lorebook => Domain::Lorebooks.name(),
            Subject::Template => Domain::Templates.name(),
            Subject::Campaign => Domain::Campaigns.name(),
            Subject::Playthrough => Domain::Playthroughs.name(),
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
        let record = match self {
            Subject::Character => keep.record(Domain::Characters, id).await?,
            Subject::World => keep.record(Domain::Worlds, id).await?,
            Subject::Persona => keep.record(Domain::Personas, id).await?,
            Subject::Lorebook => keep.record(Domain::Lorebooks, id).await?,
            Subject::Template => keep.record(Domain::Templates, id).await?,
            Subject::Campaign => keep.record(Domain::Campaigns, id).await?,
            Subject::Playthrough => keep.record(Domain::Playthroughs, id).await?,
            Subject::Setting => keep.settings().record(id).await?,
            Subject::Unsent => {
                keep.record(Domain::Chats, id).await?;
                unsent::record(keep, id).await?
            }
        };
        let content = self.content(keep, &record).await?;
        Ok((record, content))
    }

    async fn content(self, keep: &Keep, record: &Record) -> Result<Content> {
        Ok(match self {
            Subject::Character => Content::Card(keep.document(record).await?),
            Subject::World => Content::World(keep.document(record).await?),
            Subject::Persona => Content::Persona(keep.document(record).await?),
            Subject::Lorebook => Content::Text(&texts::LOREBOOKS, keep.document(record).await?),
            Subject::Template => Content::Text(&texts::TEMPLATES, keep.document(record).await?),
            Subject::Campaign => Content::Text(&CAMPAIGNS, keep.document(record).await?),
            Subject::Playthrough => Content::Text(&PLAYTHROUGHS, keep.document(record).await?),
            Subject::Setting => Content::Setting(record.body.clone()),
            Subject::Unsent => Content::Unsent(unsent::text(keep, record).await?),
        })
    }

    /// The content of an older state, as far as it is kept and can be read.
    async fn version(self, keep: &Keep, id: &str, rev: u64) -> Option<Content> {
        let key = self.row(id);
        let version = keep.store().said(key.text(0), key.text(1), rev).await;
        self.content(keep, &version.ok().flatten()?).await.ok()
    }

    /// What stands against each other when a record that was read at a revision is to go, or
    /// to come back, and is another one by now. There is nothing of the caller's own in it.
    pub async fn sides_of(self, keep: &Keep, present: &Record, rev: u64) -> Sides {
        let view = |content: Option<Content>| content.as_ref().map(Content::view);
        Sides {
            base: view(self.version(keep, &present.id, rev).await),
            mine: None,
            theirs: view(self.content(keep, present).await.ok()),
        }
    }

    /// What stands against each other when a patch that began on a revision meets another
    /// content, as far as it is kept.
    pub async fn sides(
        self,
        keep: &Keep,
        id: &str,
        rev: u64,
        patch: &Document,
        present: &Content,
    ) -> Sides {
        let base = self.version(keep, id, rev).await;
        let from = base.as_ref().unwrap_or(present);
        let mine = match from.patched(id, patch, keep.store().now()) {
            Ok(changed) => Some(changed.as_ref().unwrap_or(from).view()),
            Err(_) => None,
        };
        Sides {
            base: base.as_ref().map(Content::view),
            mine,
            theirs: Some(present.view()),
        }
    }
}

/// The content of a record as far as it can be edited later.
pub(super) enum Content {
    Card(Document),
    World(Document),
    Persona(Document),
    /// A lorebook, a template, a campaign or a playthrough.
    Text(&'static Form, Document),
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
            Content::Persona(old) => {
                let new = persona::edit(old, patch)?;
                changed(old, &new).then_some(Content::Persona(new))
            }
            Content::Text(form, old) => {
                let new = (form.edit)(old, patch)?;
                changed(old, &new).then_some(Content::Text(form, new))
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
            Content::Persona(document) => personas::put_document(record, document, change),
            Content::Text(form, document) => form.put_document(record, document, change),
            Content::Setting(value) => record.body = value.clone(),
            Content::Unsent(text) => unsent::put(record, text, change),
        }
    }

    /// As callers see it: a card, a state, a value, a text.
    fn view(&self) -> String {
        match self {
            Content::Card(document) => card::view(document),
            Content::World(document) => world::view(document),
            Content::Persona(document) => persona::view(document),
            Content::Text(form, document) => (form.view)(document),
            Content::Setting(value) => value.to_string(),
            Content::Unsent(text) => text.clone(),
        }
    }

    /// What the fields that a patch names are now: a JSON object in the patch's shape.
    pub fn present(&self, patch: &Document) -> Result<String> {
        let all = match self {
            Content::Card(_) | Content::Persona(_) | Content::Text(..) => self.view(),
            Content::World(_) => {
                let state = Document::parse(&self.view())?;
                let raw = |name: &str| state.root().get(name).map_or("null", |node| node.raw());
                format!(
                    r#"{{"position":{},"player":{}}}"#,
                    raw("current_position"),
                    raw("player")
                )
            }
            Content::Setting(_) => format!(r#"{{"value":{}}}"#, self.view()),
            Content::Unsent(_) => format!(r#"{{"draft":{}}}"#, self.view()),
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
