//! What is said about a chat when it comes in a file, and which kept chat it is.

use super::Keep;
use super::chat_row::{self, Body, FILES};
use super::domain::Domain;
use super::filename;
use super::links::Links;
use crate::error::{Limits, Result};
use crate::store::Record;
use serde::Deserialize;
use std::fmt;
use std::rc::Rc;

/// Which characters and chats came in a folder, by id. A chat of a character that did not come is
/// that of one that did, where the names are the same or the titles of the chats: the character was
/// changed since, and is kept beside what it was. A chat that came continues no other one.
#[derive(Clone, Default)]
pub struct Came(Option<Rc<Has>>);

type Has = dyn Fn(&str) -> bool;

impl Came {
    /// What came is asked for.
    pub fn asking(has: impl Fn(&str) -> bool + 'static) -> Came {
        Came(Some(Rc::new(has)))
    }

    /// What came is known.
    pub fn these(ids: Vec<String>) -> Came {
        Came::asking(move |id| ids.iter().any(|came| came == id))
    }

    /// Whether the file came in a folder.
    pub(super) fn asks(&self) -> bool {
        self.0.is_some()
    }

    /// Whether this one came.
    pub(super) fn has(&self, id: &str) -> bool {
        self.0.as_ref().is_some_and(|has| has(id))
    }
}

impl fmt::Debug for Came {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Came" } else { "Alone" })
    }
}

/// How near a kept chat is to what a file comes with; the last is the nearest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Nearness {
    /// A chat of the same title of a character that was changed since.
    Titled,
    /// A chat of a character of the same name that was changed since.
    Named,
    /// A chat of nobody, or nobody is said.
    Free,
    /// A chat of the same character.
    Own,
}

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
    /// Where it came in a folder: what else came in it until now.
    #[serde(skip)]
    pub came: Came,
    /// Chats that came in the same file before.
    #[serde(skip)]
    pub apart: Vec<String>,
    /// How much input is accepted.
    pub limits: Limits,
    /// Keeps it also when the very bytes are kept already: it comes with a world of its own.
    #[serde(skip)]
    pub again: bool,
}

impl ChatImport {
    /// Whether a chat came beside this one, so that it is another.
    pub(super) fn is_beside(&self, id: &str) -> bool {
        self.came.has(id) || self.apart.iter().any(|came| came == id)
    }

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
    /// is not of others. One that has grown since was this file only where it is called as the file
    /// is and did not come as another one beside it.
    pub(super) async fn kept_already(
        &self,
        same: &str,
        name: Option<&str>,
        options: &ChatImport,
    ) -> Result<Option<Record>> {
        let mut nearest = None;
        let links = options.links();
        for record in self.store().find(same).await?.records {
            let is_newest = chat_row::newest_file(&record) == same.strip_prefix(FILES);
            let was = || !options.is_beside(&record.id) && !is_called_otherwise(&record, name);
            if record.trashed_ms.is_some() || !(is_newest || was()) {
                continue;
            }
            if let Some(near) = self.nearness(&record, &links, options).await? {
                let fit = (near == Nearness::Own, is_newest, near);
                if nearest.as_ref().is_none_or(|(most, _)| fit > *most) {
                    nearest = Some((fit, record));
                }
            }
        }
        Ok(nearest.map(|(_, record)| record))
    }

    /// How near a chat is to what a file comes with; `None` when it is of others: two characters
    /// may have the same greeting and nothing else, each in a chat of its own.
    pub(super) async fn nearness(
        &self,
        record: &Record,
        links: &Links,
        options: &ChatImport,
    ) -> Result<Option<Nearness>> {
        if links.share(record) {
            return Ok(Some(Nearness::Own));
        }
        if !links.are_others(record) {
            return Ok(Some(Nearness::Free));
        }
        let there = Links::of(record).characters;
        if options.came.0.is_none() || there.iter().any(|id| options.came.has(id)) {
            return Ok(None);
        }
        let kept = self.names(&there).await?;
        let given = self.names(&links.characters).await?;
        if kept.iter().any(|name| given.contains(name)) {
            return Ok(Some(Nearness::Named));
        }
        let titled = options.title.as_deref() == Some(record.head_text("title"));
        Ok(titled.then_some(Nearness::Titled))
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

/// What a chat is called by its file's name, which is that of one chat in the folder of a tool;
/// `None` where the name says nothing.
pub(super) fn called(file_name: &str) -> Option<String> {
    let stem = file_name.rsplit_once('.').map_or(file_name, |it| it.0);
    // A browser that loads a file down once more puts a number behind.
    let once = stem.strip_suffix(')').and_then(|it| it.rsplit_once(" ("));
    let again = once.filter(|(_, n)| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()));
    let stem = again.map_or(stem, |(stem, _)| stem).trim();
    // SillyTavern's copies of all chats of a character are called alike.
    let is_copy = stem.strip_prefix("chat_").is_some_and(|it| {
        let moment = it.len().checked_sub(16).and_then(|at| it.get(at..));
        moment.is_some_and(|moment| {
            let mut bytes = moment.bytes().enumerate();
            bytes.all(|(at, byte)| match at {
                0 => byte == b'_',
                9 => byte == b'-',
                _ => byte.is_ascii_digit(),
            })
        })
    });
    (!stem.is_empty() && !is_copy).then(|| chat_row::short(stem))
}

/// Whether a file is called otherwise than the chat's own, and than the one it would leave as.
pub(super) fn is_called_otherwise(record: &Record, name: Option<&str>) -> bool {
    let own = Body::of(record).ok().and_then(|body| body.file);
    let (Some(own), Some(name)) = (own, name) else {
        return false;
    };
    let leaves = called(&filename::safe(record.head_text("title"), "jsonl"));
    own != name && leaves.as_deref() != Some(name)
}
