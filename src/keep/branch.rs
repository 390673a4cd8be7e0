//! Branches: a chat that begins as another one did, up to a message, and goes on by itself.
//!
//! A branch shares the stored messages with the chat it comes from, so it costs the same at
//! any length. The branch says where it comes from; what branches off a chat is looked up by
//! that. Neither changes when the other one does.

use super::chat::Chat;
use super::chat_row::{self, link, summarize};
use super::chats::Chats;
use super::domain::{Domain, newest_first};
use crate::codec;
use crate::error::{Kind, Result};
use crate::store::{Change, History, Record};
use serde_json::{Value, json};

/// Characters of a title.
const LONGEST_TITLE: usize = 100;

impl Chat {
    /// Makes a chat of the messages up to and with the one at a position, and gives its entry.
    /// Without a title it is called as this one, with the number of the branch.
    ///
    /// # Errors
    /// `not-found` when there is no such message or the chat was deleted, `corrupt`, and what
    /// the medium reports.
    pub async fn branch(&self, index: u64, title: Option<&str>) -> Result<Value> {
        self.refresh().await?;
        let mut body = self.body()?;
        let length = body.manifest.len();
        if index >= length {
            let detail = format!("message {index} of {length}");
            return Err(Kind::NotFound.because(detail).of("chats", &self.id));
        }
        let keep = &self.keep;
        let trunk = self.record().clone();
        let number = keep.store().find(&key(&trunk.id)).await?.records.len() + 1;
        let title = match title {
            Some(title) => title.to_owned(),
            None => format!("{} - Branch #{number}", trunk.head_text("title")),
        };
        let now = keep.store().now();
        let mut record = Record::new(Domain::Chats.name(), &codec::new_id(now), now);
        record.head = json!({
            "title": title.chars().take(LONGEST_TITLE).collect::<String>(),
            "dialect": trunk.head["dialect"],
            "parent": { "id": trunk.id, "at": index },
        });
        record.by = vec![key(&trunk.id)];
        let characters = trunk.head["characters"].as_array();
        let characters: Vec<String> = characters
            .into_iter()
            .flatten()
            .filter_map(|id| Some(id.as_str()?.to_owned()))
            .collect();
        link(&mut record, &characters);
        let header = trunk.parts.get_key_value("header");
        record
            .parts
            .extend(header.map(|(name, part)| (name.clone(), part.clone())));
        let mut change = Change::new();
        let last = self.log(&body).records(index, index + 1).await?;
        body.manifest = self.log(&body).head(index + 1, &mut change).await?;
        let last = last.first().map(Vec::as_slice);
        body.open_end = last.and_then(<[u8]>::last) != Some(&b'\n');
        summarize(&mut record, &body, last)?;
        change.durable().write(record, History::Skip);
        Ok(chat_row::entry(&keep.commit_one(change).await?))
    }
}

impl Chats {
    /// The entries of the chats that branch off a chat, newest change first.
    ///
    /// # Errors
    /// What the medium reports.
    pub async fn branches(&self, id: &str) -> Result<Value> {
        let mut records = self.keep.store().find(&key(id)).await?.records;
        records.retain(|record| record.trashed_ms.is_none());
        newest_first(&mut records);
        Ok(records.iter().map(chat_row::entry).collect())
    }
}

fn key(trunk: &str) -> String {
    format!("chats/parent/{trunk}")
}
