//! What lists and galleries show of a card.

use super::spec::Spec;
use super::view;
use crate::json::Document;

/// What lists show of a card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// The character's name; empty when there is none.
    pub name: String,
    /// Who made the card.
    pub creator: String,
    /// Its tags.
    pub tags: Vec<String>,
    /// Which version of the card it is, in its creator's words.
    pub version: String,
    /// The specification it follows.
    pub spec: Spec,
}

/// What lists show.
pub fn summary(document: &Document) -> Summary {
    let mut summary = Summary {
        name: String::new(),
        creator: String::new(),
        tags: Vec::new(),
        version: String::new(),
        spec: view::spec(document),
    };
    let told = ["name", "creator", "character_version", "tags"];
    for field in view::FIELDS {
        if !told.contains(&field.key) {
            continue;
        }
        match (field.key, view::value(document, field, &mut Vec::new())) {
            ("name", view::Value::Text(text)) => summary.name = text.read().into_owned(),
            ("creator", view::Value::Text(text)) => summary.creator = text.read().into_owned(),
            ("character_version", view::Value::Text(text)) => {
                summary.version = text.read().into_owned()
            }
            ("tags", view::Value::List(items)) => {
                summary.tags = items.iter().map(|item| item.read().into_owned()).collect()
            }
            _ => {}
        }
    }
    summary
}

/// What a gallery shows of a card, as members of strict JSON: `name`, `creator`, `tags` and `version`.
/// Unlike [`summary`] it says half a surrogate pair as the file does.
pub fn shown(document: &Document) -> String {
    let names = [
        ("name", "name"),
        ("creator", "creator"),
        ("tags", "tags"),
        ("character_version", "version"),
    ];
    let mut out = String::new();
    for field in view::FIELDS {
        let Some((_, name)) = names.iter().find(|(key, _)| *key == field.key) else {
            continue;
        };
        if !out.is_empty() {
            out.push(',');
        }
        out.extend(["\"", name, "\":"]);
        match view::value(document, field, &mut Vec::new()) {
            view::Value::Absent if field.key == "tags" => out.push_str("[]"),
            view::Value::Absent => out.push_str("\"\""),
            value => value.strict(&mut out),
        }
    }
    out
}
