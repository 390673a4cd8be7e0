//! Characters as Agnai exports them: flat, under names of its own, the description as a list
//! of attributes, which is told as the text that Agnai makes of it.
//!
//! They are read and changed where they stand. Knows the names and the texts, and no other dialect.

use crate::json::{Node, Shape};

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
