//! The fields of a persona: told in one shape, changed where each dialect has them.

use super::Summary;
use super::dialect::{self, DEFAULT, Dialect, blank};
use crate::card;
use crate::error::{Kind, Result};
use crate::json::{Document, Node, Shape, quote_ascii};

/// What a field holds.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Type {
    Text,
    /// A whole number, not negative.
    Count,
    /// One of these words; the number stands in the file.
    Word(&'static [(&'static str, i32)]),
    /// A list, as the file has it.
    List,
}

/// Every field with whether it is always there.
const FIELDS: [(&str, Type, bool); 9] = [
    ("name", Type::Text, true),
    ("description", Type::Text, true),
    ("title", Type::Text, false),
    ("note", Type::Text, false),
    ("position", Type::Word(&POSITIONS), false),
    ("depth", Type::Count, false),
    ("role", Type::Word(&ROLES), false),
    ("lorebook", Type::Text, false),
    ("connections", Type::List, false),
];

/// Where SillyTavern puts the description.
const POSITIONS: [(&str, i32); 6] = [
    ("in-prompt", 0),
    ("after-character", 1),
    ("note-top", 2),
    ("note-bottom", 3),
    ("at-depth", 4),
    ("none", 9),
];

/// Who says the description where it stands among the messages.
const ROLES: [(&str, i32); 3] = [("system", 0), ("user", 1), ("assistant", 2)];

/// Told and not to be changed.
const TOLD: [&str; 4] = ["dialect", "picture", "default", "userId"];

pub(super) fn view(document: &Document) -> String {
    let mut out = String::from("{");
    for (key, kind, always) in FIELDS {
        let value = said(document, key, kind).or_else(|| always.then(|| "\"\"".to_owned()));
        if let Some(value) = value {
            put(&mut out, key, &value);
        }
    }
    put(
        &mut out,
        "dialect",
        &quote_ascii(Dialect::of(document).as_str()),
    );
    if Dialect::of(document) == Dialect::SillyTavern
        && let Some(picture) = dialect::picture(document)
    {
        put(&mut out, "picture", &quote_ascii(&picture));
        let chosen = document.root().get(DEFAULT).and_then(Node::text);
        if chosen.as_deref() == Some(picture.as_str()) {
            put(&mut out, "default", "true");
        }
    }
    if let Some(id) = dialect::user_id(document) {
        put(&mut out, "userId", &quote_ascii(&id));
    }
    out.push('}');
    out
}

fn put(out: &mut String, key: &str, value: &str) {
    if out.len() > 1 {
        out.push(',');
    }
    out.extend(["\"", key, "\":", value]);
}

pub(super) fn summary(document: &Document) -> Summary {
    let text = |key: &str| {
        let said = said(document, key, Type::Text).unwrap_or_default();
        let read = document.sibling(&said).ok();
        let text = read.and_then(|read| read.root().text().map(|text| text.into_owned()));
        text.unwrap_or_default()
    };
    Summary {
        name: text("name"),
        title: text("title"),
        dialect: Dialect::of(document),
    }
}

/// The field as strict JSON of its type; `None` where it is not there or something else.
fn said(document: &Document, key: &str, kind: Type) -> Option<String> {
    if of_card(document, key) {
        let card = document.sibling(&card::view(document)).ok()?;
        return Some(card.root().get(key)?.raw().to_owned());
    }
    let node = find(document, key)?;
    let mut strict = String::new();
    match (kind, node.shape()) {
        (Type::Text, Shape::String) | (Type::List, Shape::Array) => node.strict(&mut strict),
        (Type::Text, Shape::Number | Shape::Bool) => strict = quote_ascii(node.raw()),
        (Type::Count, Shape::Number | Shape::String) => {
            let number = numeral(node).filter(|number| *number >= 0.0)?;
            // No depth of a chat is beyond that.
            strict = (number.min(1e9) as u32).to_string();
        }
        (Type::Word(words), Shape::Number | Shape::String) => {
            let number = numeral(node)?;
            let found = words.iter().find(|(_, value)| f64::from(*value) == number);
            strict = quote_ascii(found?.0);
        }
        _ => return None,
    }
    Some(strict)
}

/// A number, also one spelled as a text.
fn numeral(node: Node<'_>) -> Option<f64> {
    let number = node.number().or_else(|| node.text()?.trim().parse().ok())?;
    number.is_finite().then_some(number)
}

/// Whether a card keeps the field, in all the places that cards have for it.
fn of_card(document: &Document, key: &str) -> bool {
    Dialect::of(document) == Dialect::CardShark && matches!(key, "name" | "description")
}

fn find<'d>(document: &'d Document, key: &str) -> Option<Node<'d>> {
    let path = dialect::path(document, key);
    if let Some(node) = document.find(&dialect::steps(&path)) {
        return Some(node);
    }
    // SillyTavern once had the description where its object stands today.
    let (_, above) = path.split_last()?;
    let bare = document.find(&dialect::steps(above))?;
    let old = key == "description" && bare.shape() == Shape::String;
    (old && Dialect::of(document) == Dialect::SillyTavern).then_some(bare)
}

/// The document with the fields that `patch` names changed, and nothing else. `null` removes a
/// field that may be absent. What the tool that wrote it has no name for stands beside its own.
///
/// # Errors
/// `bad-option` for a field that is not known, `invalid` for a value of the wrong type,
/// `too-large`.
pub fn edit(document: &Document, patch: &Document) -> Result<Document> {
    let root = patch.root();
    if root.shape() != Shape::Object {
        return Err(Kind::Invalid.because("a patch must be an object of fields"));
    }
    let mut edited = document.clone();
    for (key, value) in root.entries() {
        let Some((key, kind, always)) = FIELDS.iter().find(|(name, ..)| *name == key) else {
            return Err(Kind::BadOption.because(format!(
                "`{key}` is no field of a persona that can be changed"
            )));
        };
        edited = if value.is_null() && !always {
            without(&edited, key)?
        } else {
            with(&edited, key, *kind, value)?
        };
    }
    Ok(edited)
}

/// The document with exactly these fields, or a new one of SillyTavern's shape.
///
/// # Errors
/// As [`edit`].
pub fn replace(document: Option<&Document>, fields: &Document) -> Result<Document> {
    let root = fields.root();
    if root.shape() != Shape::Object {
        return Err(Kind::Invalid.because("a persona must be an object of fields"));
    }
    let mut patch = String::from("{");
    for (key, value) in root.entries() {
        if !TOLD.contains(&&*key) {
            put(&mut patch, &key, value.raw());
        }
    }
    for (key, _, always) in FIELDS.iter().filter(|(key, ..)| root.get(key).is_none()) {
        put(&mut patch, key, if *always { "\"\"" } else { "null" });
    }
    patch.push('}');
    let patch = fields.sibling(&patch)?;
    match document {
        Some(document) => edit(document, &patch),
        None => {
            let name = root.get("name").and_then(Node::text).unwrap_or_default();
            edit(&blank(Dialect::SillyTavern, &name)?, &patch)
        }
    }
}

fn with(document: &Document, key: &str, kind: Type, value: Node<'_>) -> Result<Document> {
    let wrong = |what: &str| Kind::Invalid.because(format!("`{key}` must be {what}"));
    let mut raw = value.raw().to_owned();
    match kind {
        Type::Text if value.shape() == Shape::String => {}
        Type::Text => return Err(wrong("a string")),
        Type::List if value.shape() == Shape::Array => {}
        Type::List => return Err(wrong("a list")),
        Type::Count => {
            let whole = |number: &f64| *number >= 0.0 && number.fract() == 0.0 && *number < 1e9;
            if value.number().filter(whole).is_none() {
                return Err(wrong("a whole number, not negative"));
            }
        }
        Type::Word(words) => {
            let said = value.text().unwrap_or_default();
            let Some((_, number)) = words.iter().find(|(word, _)| *word == said) else {
                let words: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
                return Err(wrong(&format!("one of {}", words.join(", "))));
            };
            raw = number.to_string();
        }
    }
    if of_card(document, key) {
        let patch = document.sibling(&format!("{{\"{key}\":{raw}}}"))?;
        return card::edit(document, &patch);
    }
    let wanted = document.sibling(&raw)?;
    if find(document, key).is_some_and(|there| there.same(wanted.root())) {
        return Ok(document.clone());
    }
    let path = dialect::path(document, key);
    let path = dialect::steps(&path);
    let mut made = document.clone();
    for length in 1..path.len() {
        let above = &path[..length];
        match made.find(above) {
            Some(node) if node.shape() == Shape::Object => {}
            Some(node) if node.shape() == Shape::String => {
                let object = format!("{{\"description\":{}}}", node.raw());
                made = made.set(above, &object)?;
            }
            _ => made = made.set(above, "{}")?,
        }
    }
    made.amend(&path, wanted.root())
}

fn without(document: &Document, key: &str) -> Result<Document> {
    let path = dialect::path(document, key);
    let path = dialect::steps(&path);
    match document.find(&path) {
        Some(_) => document.remove(&path),
        None => Ok(document.clone()),
    }
}

/// The fields that can be changed, as a patch for another document, and the names of those
/// that say anything.
pub(super) fn carried(document: &Document) -> (String, Vec<&'static str>) {
    let (mut patch, mut names) = (String::from("{"), Vec::new());
    for (key, kind, _) in FIELDS {
        let Some(value) = said(document, key, kind) else {
            continue;
        };
        put(&mut patch, key, &value);
        if !matches!(value.as_str(), "\"\"" | "[]") {
            names.push(key);
        }
    }
    patch.push('}');
    (patch, names)
}
