//! Unsent messages: what is typed for a chat and not in it yet.
//!
//! A record of its own for each chat, under the chat's id, so that typing never raises
//! the chat's revision. While there is a chat it is emptied and not removed, so that its revisions go on.

use super::Keep;
use super::domain::Domain;
use crate::error::{Kind, Result};
use crate::store::{Change, Record};
use serde_json::json;

/// The domain of unsent messages.
pub(super) const DOMAIN: &str = "unsent";
/// Longer texts are a part: rows stay small.
const INLINE: usize = 16 << 10;
const EMPTY: &str = "\"\"";

/// The record of a chat.
///
/// # Errors
/// `corrupt`, and what the medium reports.
pub(super) async fn record(keep: &Keep, chat: &str) -> Result<Record> {
    let store = keep.store();
    let found = store.get(DOMAIN, chat).await?;
    Ok(found.unwrap_or_else(|| Record::new(DOMAIN, chat, store.now())))
}

/// What goes with a record that is removed for good: of a chat that with the text that is typed
/// for it. One that cannot be read keeps nobody from removing the chat.
///
/// # Errors
/// What the medium reports.
pub(super) async fn of_gone(keep: &Keep, gone: &Record) -> Result<Option<Record>> {
    if gone.domain != Domain::Chats.name() {
        return Ok(None);
    }
    match keep.store().get(DOMAIN, &gone.id).await {
        Err(error) if error.kind() == Kind::Corrupt => Ok(None),
        found => found,
    }
}

/// The text in a record, as a JSON string.
///
/// # Errors
/// `corrupt`, and what the medium reports.
pub(super) async fn text(keep: &Keep, record: &Record) -> Result<String> {
    Ok(match record.parts.get("text") {
        Some(part) => String::from_utf8_lossy(&keep.store().part(part).await?).into_owned(),
        None => record.body["text"].as_str().unwrap_or(EMPTY).to_owned(),
    })
}

/// Puts a text, a JSON string, into the record.
pub(super) fn put(record: &mut Record, text: &str, change: &mut Change) {
    record.parts.clear();
    record.body = serde_json::Value::Null;
    if text.len() > INLINE {
        let part = change.add_part(text.as_bytes());
        record.parts.insert("text".into(), part);
    } else if text != EMPTY {
        record.body = json!({ "text": text });
    }
}
