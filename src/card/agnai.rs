//! Characters as Agnai exports them: flat, under names of its own, the description as a list
//! of attributes, which is told as the text that Agnai makes of it.
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

/// What it puts into the messages at a depth, and what V2 cards call that.
const INSERT: &str = "insert";
const DEPTH_PROMPT: &str = "depth_prompt";

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

/// The attributes of a persona; `None` for another object.
pub(super) fn attributes(node: Node<'_>) -> Option<Node<'_>> {
    let attributes = node.get("attributes");
    attributes.filter(|attributes| attributes.shape() == Shape::Object)
}

/// A persona as text, in the form of its kind: the one Agnai gives to a model and to other tools,
/// and compares with when a card comes back. `None` for another object.
pub(super) fn persona(node: Node<'_>, name: &str) -> Option<String> {
    let attributes = attributes(node)?;
    let text = |value: Node<'_>| match value.shape() {
        Shape::String => value.text().map(|text| text.into_owned()),
        Shape::Number | Shape::Bool => Some(value.raw().to_owned()),
        _ => None,
    };
    let said = |value: Node<'_>| -> Vec<String> {
        match value.shape() {
            Shape::Array => value.items().filter_map(text).collect(),
            _ => text(value).into_iter().collect(),
        }
    };
    let each = |line: &dyn Fn(&str, Vec<String>) -> String, between: &str| {
        let lines = attributes.entries();
        let lines: Vec<String> = lines.map(|(key, value)| line(&key, said(value))).collect();
        lines.join(between)
    };
    let quoted = |said: Vec<String>, between: &str| {
        let quoted: Vec<String> = said.iter().map(|one| format!("\"{one}\"")).collect();
        quoted.join(between)
    };
    let plain = |key: &str, said: Vec<String>| match key {
        "text" => said.join("\n"),
        _ => format!("{key}: {}", said.join(", ")),
    };
    let kind = node.get("kind").and_then(Node::text);
    Some(match kind.as_deref().unwrap_or_default() {
        "wpp" => {
            let line = |key: &str, said| format!("{key}({})", quoted(said, " + "));
            format!("[character(\"{name}\") {{\n{}\n}}]", each(&line, "\n"))
        }
        "sbf" => {
            let line = |key: &str, said| format!("{key}: {}", quoted(said, ", "));
            format!("[ character: \"{name}\"; {} ]", each(&line, "; "))
        }
        "boostyle" => {
            let values = attributes.entries().flat_map(|(_, value)| said(value));
            let all: Vec<String> = std::iter::once(name.to_owned()).chain(values).collect();
            all.join(" + ")
        }
        "attributes" => format!("Name: {name}\n{}", each(&plain, "\n")),
        _ => each(&plain, "\n"),
    })
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
    // What Agnai inserts at a depth is there what other tools call `depth_prompt`.
    let insert = root.get(INSERT);
    let insert = insert.filter(|insert| insert.shape() == Shape::Object);
    for (field, value) in FIELDS.iter().zip(values(document, &mut Vec::new())) {
        match (field.key, &value) {
            ("extensions", Value::Json(node)) => {
                for (key, value) in node.entries() {
                    if key == "agnai" || key == DEPTH_PROMPT && insert.is_some() {
                        continue;
                    }
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
            || key == INSERT && insert.is_some()
            || FIELDS
                .iter()
                .any(|field| name(field.key) == key && key != "persona")
    };
    let before = root.get("extensions").and_then(|all| all.get("agnai"));
    let rest = root.entries().filter(|(key, _)| !known(key));
    for (key, value) in before.into_iter().flat_map(Node::entries).chain(rest) {
        put(&mut own, &quote(&key), value.raw());
    }
    if let Some(insert) = insert {
        put(&mut extensions, &quote(DEPTH_PROMPT), insert.raw());
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
