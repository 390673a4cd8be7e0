//! Unsent messages: what is typed for a chat and not in it yet.
//!
//! A record of its own for each chat, under the chat's id, so that typing never raises
//! the chat's revision. It is emptied and never removed: its revisions go on.

use super::Keep;
use crate::error::Result;
use crate::store::{Change, Record};
use serde_json::json;

/// The domain of unsent messages.
pub(super) const DOMAIN: &str = "unsent";
/// Longer texts are a part: rows stay small.
const INLINE: usize = 16 << 10;
const EMPTY: &str = "\"\"";

/// The record of a chat, and the text in it as a JSON string.
///
/// # Errors
/// `corrupt`, and what the medium reports.
pub(super) async fn read(keep: &Keep, chat: &str) -> Result<(Record, String)> {
    let store = keep.store();
    let Some(record) = store.get(DOMAIN, chat).await? else {
        return Ok((Record::new(DOMAIN, chat, store.now()), EMPTY.to_owned()));
    };
    let text = match record.parts.get("text") {
        Some(part) => String::from_utf8_lossy(&store.part(part).await?).into_owned(),
        None => record.body["text"].as_str().unwrap_or(EMPTY).to_owned(),
    };
    Ok((record, text))
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
