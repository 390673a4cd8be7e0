//! Rung 2: a chat names all its characters. Frozen.
//!
//! `head.character`, one id or null, becomes the list `head.characters`. The index keys
//! were a list before and stay.

use super::Rung;
use serde_json::{Value, json};

pub const RUNG: Rung = Rung {
    title: "a chat names all its characters",
    lift,
};

fn lift(mut record: Value) -> Result<Value, String> {
    if record["domain"] != "chats" {
        return Ok(record);
    }
    let head = record
        .get_mut("head")
        .and_then(Value::as_object_mut)
        .ok_or("the chat has no head")?;
    let characters = match head.remove("character") {
        None | Some(Value::Null) => json!([]),
        Some(Value::String(id)) => json!([id]),
        Some(other) => return Err(format!("the chat's character is {other}")),
    };
    head.insert("characters".to_owned(), characters);
    Ok(record)
}
