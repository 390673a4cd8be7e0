//! Replies on their way: text that comes in pieces and is not in its chat yet.
//!
//! A record of its own for each reply, so that what has come survives the page and neither
//! raises the chat's revision nor costs more in a long chat. Ending a reply puts the message
//! into the chat and removes the record in one transaction: it is never lost and never there
//! twice. Whose page still lives is not known here; that is told.

use super::chat::{At, Chat, Where};
use super::chats::Chats;
use super::domain::newest_first;
use super::work::Work;
use crate::chat::{self, Dialect, SwipeChange};
use crate::codec;
use crate::error::{Error, Kind, Result};
use crate::json::{Document, Shape, quote};
use crate::store::{Change, History, Record, Write};
use serde_json::json;

/// The domain of replies on their way.
pub(super) const DOMAIN: &str = "replies";
/// Longer texts are a part: rows stay small.
const INLINE: usize = 16 << 10;
/// Longer ones are refused.
const MOST_BYTES: usize = 16 << 20;

impl Chat {
    /// Begins a reply and gives its id. `reply` is an object in the shape `NewMessage` without
    /// its text, or `{ swipeOf }` with the number of the message that gets it as an alternative;
    /// `writer` says whose it is.
    ///
    /// # Errors
    /// `invalid` and `bad-option` for what is no such message, `not-found` when there is no
    /// such chat or message, and what the medium reports.
    pub async fn begin(&self, reply: &Document, writer: &str) -> Result<String> {
        self.refresh().await?;
        let work = self.begin_work()?;
        let now = self.keep.store().now();
        let mut record = Record::new(DOMAIN, &codec::new_id(now), now);
        record.head = json!({ "chat": self.id, "writer": writer });
        record.by = vec![key(&self.id)];
        match reply.root().get("swipeOf") {
            Some(of) => {
                let alone = reply.root().entries().count() == 1;
                let id = of
                    .number()
                    .filter(|id| alone && *id >= 0.0 && id.fract() == 0.0);
                let wanted = "`swipeOf` is the id of a message, and nothing else is said with it";
                let id = id.ok_or_else(|| Kind::Invalid.because(wanted))? as u64;
                if self.index_of(id).await?.is_none() {
                    return Err(self.gone(id));
                }
                record.head["swipeOf"] = id.into();
            }
            None => {
                // What cannot be written in the end is refused before anything has come.
                chat::write_line(&with_text(reply, "\"\"")?, work.dialect, now, &record.id)?;
                record.body = json!({ "message": reply.to_strict() });
            }
        }
        let mut change = Change::new();
        change.write(record, History::Skip);
        Ok(self.keep.commit_one(change).await?.id)
    }

    /// Ends a reply: puts what it is by now into the chat, and gives the message. With
    /// `interrupted` the message says that its end is missing (`extra.interrupted`).
    ///
    /// # Errors
    /// `not-found` when the reply was ended already, or the chat, or the message whose
    /// alternative it is, is gone; and what the medium reports. The reply stays then.
    pub async fn finish(
        &self,
        id: &str,
        text: Option<&str>,
        interrupted: bool,
        write: impl Into<Write>,
    ) -> Result<String> {
        let record = find(self, id).await?;
        let place = match record.head["swipeOf"].as_u64() {
            Some(message) => Where::Message(At::Id(message)),
            None => Where::End,
        };
        let write = Write {
            if_rev: None,
            ..write.into()
        };
        let finish = async |work: &mut Work<'_>, index: u64| {
            // Anew each time: a save that was still under way may have come between.
            let record = find(self, id).await?;
            let text = match text {
                Some(text) => text.to_owned(),
                None => said(self, &record).await?,
            };
            let now = self.keep.store().now();
            work.change.erase(&record);
            let mark = |line: Vec<u8>| match interrupted {
                true => chat::interrupt_line(&line),
                false => Ok(line),
            };
            if record.head["swipeOf"].is_u64() {
                let text = Document::parse(&text)?;
                let text = text.root().text().unwrap_or_default().into_owned();
                let swipe = |line: &[u8], dialect: Dialect| {
                    mark(chat::swipe_line(
                        line,
                        SwipeChange::Add(&text),
                        dialect,
                        now,
                    )?)
                };
                let (message, line) = work.rewrite(index, swipe).await?;
                return work.told(&line, index, message);
            }
            let message = record.body["message"].as_str().unwrap_or_default();
            let message = with_text(&Document::parse(message)?, &text)?;
            let line = chat::write_line(&message, work.dialect, now, &codec::new_id(now))?;
            let line = mark(line)?;
            let ids = work.append(vec![line.clone()]).await?;
            let message = ids.first().copied().unwrap_or_default();
            work.told(&line, index, message)
        };
        self.work(place, write, None, finish).await
    }
}

impl Chats {
    /// Keeps what has come of a reply so far, a JSON string, in the place of what was kept.
    ///
    /// # Errors
    /// `not-found` when it was ended, `too-large`, and what the medium reports.
    pub async fn save_reply(&self, id: &str, text: &str) -> Result<()> {
        if text.len() > MOST_BYTES {
            return Err(Kind::TooLarge.because("a reply has at most 16 MiB of text"));
        }
        Document::parse(text)?;
        let found = self.keep.store().get(DOMAIN, id).await?;
        let mut record = found.ok_or_else(|| ended(id))?;
        let mut change = Change::new();
        record.parts.clear();
        if let Some(body) = record.body.as_object_mut() {
            body.remove("text");
        }
        if text.len() > INLINE {
            let part = change.add_part(text.as_bytes());
            record.parts.insert("text".into(), part);
        } else if record.body.is_object() {
            record.body["text"] = text.into();
        } else {
            record.body = json!({ "text": text });
        }
        change.write(record, History::Skip);
        self.keep.commit(change).await.map(drop)
    }

    /// Removes a reply and what has come of it.
    ///
    /// # Errors
    /// `not-found` when it was ended, and what the medium reports.
    pub async fn discard_reply(&self, id: &str) -> Result<()> {
        let found = self.keep.store().get(DOMAIN, id).await?;
        let mut change = Change::new();
        change.erase(&found.ok_or_else(|| ended(id))?);
        self.keep.commit(change).await.map(drop)
    }

    /// The replies that are in no chat yet, newest first, as JSON:
    /// `[{ id, chat, writer, text, started, changed, name?, role?, swipeOf? }]`.
    ///
    /// # Errors
    /// What the medium reports; a reply that cannot be read hides no other.
    pub async fn replies(&self) -> Result<String> {
        let mut records = self.keep.store().list(DOMAIN).await?.records;
        newest_first(&mut records);
        let mut told = String::from("[");
        for record in &records {
            let text = match text_of(&self.keep, record).await {
                Err(error) if error.kind() == Kind::Corrupt => continue,
                text => text?,
            };
            if told.len() > 1 {
                told.push(',');
            }
            let (id, chat) = (quote(&record.id), quote(record.head_text("chat")));
            let writer = quote(record.head_text("writer"));
            told.push_str(&format!(
                r#"{{"id":{id},"chat":{chat},"writer":{writer},"text":{},"started":{},"changed":{}"#,
                Document::parse(&text)?.to_strict(),
                record.created_ms,
                record.changed_ms
            ));
            let message = Document::parse(record.body["message"].as_str().unwrap_or("{}"))?;
            for name in ["name", "role"] {
                if let Some(node) = message.root().get(name) {
                    told.push_str(&format!(",\"{name}\":{}", node.raw()));
                }
            }
            if let Some(of) = record.head["swipeOf"].as_u64() {
                told.push_str(&format!(",\"swipeOf\":{of}"));
            }
            told.push('}');
        }
        told.push(']');
        Ok(told)
    }

    /// Puts what has come of a reply into its chat, marked as interrupted, and gives the message.
    ///
    /// # Errors
    /// As [`Chat::finish`].
    pub async fn keep_reply(&self, id: &str) -> Result<String> {
        let found = self.keep.store().get(DOMAIN, id).await?;
        let record = found.ok_or_else(|| ended(id))?;
        let chat = self.open(record.head_text("chat")).await?;
        chat.finish(id, None, true, None).await
    }
}

/// The record of a reply of this chat.
async fn find(chat: &Chat, id: &str) -> Result<Record> {
    let found = chat.keep.store().get(DOMAIN, id).await?;
    let own = found.filter(|record| record.head_text("chat") == chat.id);
    own.ok_or_else(|| ended(id))
}

async fn said(chat: &Chat, record: &Record) -> Result<String> {
    text_of(&chat.keep, record).await
}

/// What has come of a reply, a JSON string.
async fn text_of(keep: &super::Keep, record: &Record) -> Result<String> {
    match record.parts.get("text") {
        Some(part) => {
            let bytes = keep.store().part(part).await?;
            Ok(String::from_utf8_lossy(&bytes).into_owned())
        }
        None => Ok(record.body["text"].as_str().unwrap_or("\"\"").to_owned()),
    }
}

/// A new message with its text, a JSON string.
fn with_text(message: &Document, text: &str) -> Result<Document> {
    if message.root().shape() != Shape::Object {
        return Err(Kind::Invalid.because("the message must be an object"));
    }
    if message.root().get("text").is_some() {
        return Err(Kind::Invalid.because("a reply that begins has no `text` yet"));
    }
    message.set(&["text".into()], text)
}

fn ended(id: &str) -> Error {
    let detail = "the reply was ended or removed already";
    Kind::NotFound.because(detail).of(DOMAIN, id)
}

fn key(chat: &str) -> String {
    format!("replies/chat/{chat}")
}
