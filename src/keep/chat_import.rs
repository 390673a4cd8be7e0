//! What is said about a chat when it comes in a file, and which kept chat it is.

use super::Keep;
use super::domain::Domain;
use super::links::Links;
use crate::error::{Limits, Result};
use crate::store::Record;
use serde::Deserialize;

/// What is said about a chat when it is imported.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct ChatImport {
    /// Ids of the characters to link it to.
    pub characters: Vec<String>,
    /// The persona, world, place and playthrough to link it to.
    pub persona: Option<String>,
    /// See `persona`.
    pub world: Option<String>,
    /// See `persona`.
    pub location: Option<String>,
    /// See `persona`.
    pub playthrough: Option<String>,
    /// Its title; else the character's name in the header, else the file's name.
    pub title: Option<String>,
    /// What SillyTavern's group says of it, a JSON object: kept where the chat has no header.
    pub metadata: Option<String>,
    /// The text of the file of SillyTavern's group that it is one of.
    pub group: Option<String>,
    /// Where its characters came as files too: others that came so. A chat of one that did not
    /// come is theirs then where the names are the same, or the titles of the chats: the character
    /// was changed since, and is kept beside what it was.
    pub beside: Option<Vec<String>>,
    /// Chats that came as files of their own beside this one, so that it continues none of them.
    pub apart: Vec<String>,
    /// How much input is accepted.
    pub limits: Limits,
    /// Keeps it also when the very bytes are kept already: it comes with a world of its own.
    #[serde(skip)]
    pub again: bool,
}

impl ChatImport {
    pub(super) fn links(&self) -> Links {
        Links {
            characters: self.characters.clone(),
            persona: self.persona.clone(),
            world: self.world.clone(),
            location: self.location.clone(),
            playthrough: self.playthrough.clone(),
        }
    }
}

impl Keep {
    /// The chat that came in a file of these very bytes: one of the same characters, else one that
    /// is not of others.
    pub(super) async fn kept_already(
        &self,
        same: &str,
        options: &ChatImport,
    ) -> Result<Option<Record>> {
        let links = options.links();
        let mut kept = self.store().find(same).await?.records;
        kept.retain(|record| record.trashed_ms.is_none());
        if let Some(own) = kept.iter().position(|record| links.share(record)) {
            return Ok(Some(kept.swap_remove(own)));
        }
        for record in kept {
            if !self.is_of_others(&record, options).await? {
                return Ok(Some(record));
            }
        }
        Ok(None)
    }

    /// Whether a chat is of other characters than those that a file comes with: two may have the
    /// same greeting and nothing else, each in a chat of its own.
    pub(super) async fn is_of_others(&self, record: &Record, options: &ChatImport) -> Result<bool> {
        if !options.links().are_others(record) {
            return Ok(false);
        }
        let there = Links::of(record).characters;
        let Some(beside) = &options.beside else {
            return Ok(true);
        };
        if there.iter().any(|id| beside.contains(id)) {
            return Ok(true);
        }
        let title = record.head_text("title");
        if options.title.as_deref() == Some(title) {
            return Ok(false);
        }
        let kept = self.names(&there).await?;
        let given = self.names(&options.characters).await?;
        Ok(!kept.iter().any(|name| given.contains(name)))
    }

    /// The names of characters; the id of one that is not there.
    async fn names(&self, ids: &[String]) -> Result<Vec<String>> {
        let mut names = Vec::with_capacity(ids.len());
        for id in ids {
            let found = self.store().get(Domain::Characters.name(), id).await?;
            let name = found.map(|record| record.head_text("name").to_owned());
            names.push(name.unwrap_or_else(|| id.clone()));
        }
        Ok(names)
    }
}
