//! Characters as Agnai exports them: flat, under names of its own, the description as a list
//! of attributes.
//!
//! They are read and changed where they stand. Other tools do not read them, so everything
//! but bare JSON gets them as V2, with all that V2 has no place for in `extensions.agnai`,
//! where Agnai itself looks for it.

use super::view::{FIELDS, Value, values};
use crate::error::{Limits, Result};
use crate::json::{Document, Node, Shape, quote};
use crate::lore;

/// Each field that has another name there than in V2.
const NAMES: [(&str, &str); 8] = [
    ("description", "persona"),
    ("first_mes", "greeting"),
    ("mes_example", "sampleChat"),
    ("creator_notes", "description"),
    ("system_prompt", "systemPrompt"),
    ("post_history_instructions", "postHistoryInstructions"),
    ("alternate_greetings", "alternateGreetings"),
    ("character_version", "characterVersion"),
];

/// Its lorebook has a dialect of its own.
const BOOK: &str = "characterBook";

/// Whether the object is such a character.
pub(super) fn is(root: Node<'_>) -> bool {
    let has = |key: &str| root.get(key).is_some();
    let says = |key: &str, value: &str| {
        let text = root.get(key).and_then(Node::text);
        text.is_some_and(|text| text == value)
    };
    if has("spec") || has("data") || has("first_mes") {
        return false;
    }
    says("kind", "character") && (has("persona") || has("greeting"))
        || ["name", "persona", "greeting", "scenario", "sampleChat"]
            .into_iter()
            .all(has)
}

/// What a field of V2 is called there.
pub(super) fn name(key: &'static str) -> &'static str {
    if key == "character_book" {
        return BOOK;
    }
    let found = NAMES.iter().find(|(of_v2, _)| *of_v2 == key);
    found.map_or(key, |(_, own)| own)
}

/// The attributes of a persona as text; `None` for another object.
pub(super) fn persona(node: Node<'_>) -> Option<String> {
    let attributes = node
        .get("attributes")
        .filter(|attributes| attributes.shape() == Shape::Object)?;
    let text = |value: Node<'_>| match value.shape() {
        Shape::String => value.text().map(|text| text.into_owned()),
        Shape::Number | Shape::Bool => Some(value.raw().to_owned()),
        _ => None,
    };
    let mut lines = Vec::new();
    for (key, value) in attributes.entries() {
        let said: Vec<String> = match value.shape() {
            Shape::Array => value.items().filter_map(text).collect(),
            _ => text(value).into_iter().collect(),
        };
        lines.push(match &*key {
            "text" => said.join("\n"),
            _ => format!("{key}: {}", said.join(", ")),
        });
    }
    Some(lines.join("\n"))
}

/// A persona that is this text, a JSON string.
pub(super) fn of_text(raw: &str) -> String {
    format!(r#"{{"kind":"text","attributes":{{"text":[{raw}]}}}}"#)
}

/// The character as V2.
pub(super) fn to_v2(document: &Document) -> Result<Document> {
    let root = document.root();
    let mut out = String::from(r#"{"spec":"chara_card_v2","spec_version":"2.0","data":{"#);
    let mut extensions = String::new();
    for (field, value) in FIELDS.iter().zip(values(document, &mut Vec::new())) {
        match (field.key, &value) {
            ("extensions", Value::Json(node)) => {
                for (key, value) in node.entries().filter(|(key, _)| *key != "agnai") {
                    put(&mut extensions, &quote(&key), value.raw());
                }
            }
            ("extensions", _) | (_, Value::Absent) => {}
            _ if field.since_v3 => {}
            ("character_book", Value::Json(node)) => {
                put(&mut out, "\"character_book\"", &book(*node)?)
            }
            _ => {
                let mut strict = String::new();
                value.strict(&mut strict);
                put(&mut out, &format!("\"{}\"", field.key), &strict);
            }
        }
    }
    let mut own = String::new();
    let known = |key: &str| {
        key == "kind"
            || FIELDS
                .iter()
                .any(|field| name(field.key) == key && key != "persona")
    };
    let before = root.get("extensions").and_then(|all| all.get("agnai"));
    let rest = root.entries().filter(|(key, _)| !known(key));
    for (key, value) in before.into_iter().flat_map(Node::entries).chain(rest) {
        put(&mut own, &quote(&key), value.raw());
    }
    put(&mut extensions, "\"agnai\"", &format!("{{{own}}}"));
    put(&mut out, "\"extensions\"", &format!("{{{extensions}}}"));
    document.sibling(&(out + "}}"))
}

/// The lorebook as V2 has it; one that is none stays as it is.
fn book(node: Node<'_>) -> Result<String> {
    let Ok(file) = lore::read(node.raw().as_bytes(), &Limits::default()) else {
        return Ok(node.raw().to_owned());
    };
    let written = lore::write(&file.book, lore::Dialect::CharacterBook)?;
    Ok(String::from_utf8_lossy(&written.bytes).into_owned())
}

fn put(out: &mut String, key: &str, raw: &str) {
    if !out.is_empty() && !out.ends_with('{') {
        out.push(',');
    }
    out.extend([key, ":", raw]);
}
