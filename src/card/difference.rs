//! What two cards say differently, field by field.

use super::view::{self, FIELDS, Value};
use crate::json::{Document, Node, Shape};
use crate::order;
use sha2::{Digest, Sha256};
use std::borrow::Cow;

/// One place in which two cards say something else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The field, and the way to the place within it: `character_book.entries.3.content`.
    pub path: String,
    /// Strict JSON of what the first says; `None` where it says nothing.
    pub before: Option<String>,
    /// The same of the second.
    pub after: Option<String>,
}

/// The same for two cards of which a model reads the same words, whatever file, dialect,
/// tags or notes they have: 32 hexadecimal digits.
pub fn fingerprint(document: &Document) -> String {
    let sum = Sha256::digest(essence(document));
    sum.iter()
        .take(16)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// Differences within one field that are told apart; more are told as one.
const MOST_IN_ONE_FIELD: usize = 1000;

/// Where the two say something else, whatever specification and spelling each has.
pub fn differences(old: &Document, new: &Document) -> Vec<Difference> {
    let (olds, news) = (
        view::values(old, &mut Vec::new()),
        view::values(new, &mut Vec::new()),
    );
    let mut found = Vec::new();
    for (field, (old, new)) in FIELDS.iter().zip(olds.iter().zip(&news)) {
        // Extensions that are missing are told as empty ones.
        let none = |value: &Value<'_>| match value {
            Value::Absent => true,
            Value::Json(node) => node.is_empty(),
            _ => false,
        };
        let bare = field.kind == view::Kind::Extensions && none(old) && none(new);
        if bare || old.same(new) {
            continue;
        }
        match (old, new) {
            (Value::Json(old), Value::Json(new)) => {
                let before = found.len();
                within(*old, *new, field.key.to_owned(), &mut found);
                if found.len() - before > MOST_IN_ONE_FIELD {
                    found.truncate(before);
                    found.push(told(field.key, Some(old), Some(new)));
                }
            }
            _ => found.push(Difference {
                path: field.key.to_owned(),
                before: spelled(old),
                after: spelled(new),
            }),
        }
    }
    let unknown = |document: &Document| -> Vec<String> {
        let body = view::data(document).unwrap_or(document.root());
        let names = body.entries().map(|(key, _)| key.into_owned());
        names.filter(|key| !view::known(key)).collect()
    };
    let mut keys = unknown(old);
    keys.extend(unknown(new));
    order::sort_by(&mut keys, String::cmp);
    keys.dedup();
    // What a card without `data` has at its root stays there when it gets one.
    let flat = [old, new].iter().any(|card| view::data(card).is_none());
    for key in keys {
        let of = |document: &Document| -> Option<String> {
            let root = document.root();
            let inner = view::data(document).and_then(|body| body.get(&key));
            let outer = || root.get(&key).filter(|_| flat);
            inner.or_else(outer).map(strict)
        };
        let (before, after) = (of(old), of(new));
        if before != after {
            found.push(Difference {
                path: key,
                before,
                after,
            });
        }
    }
    found
}

fn within(old: Node<'_>, new: Node<'_>, path: String, found: &mut Vec<Difference>) {
    if old.same(new) {
        return;
    }
    let step = |name: &str| format!("{path}.{name}");
    match (old.shape(), new.shape()) {
        (Shape::Object, Shape::Object) => {
            for (key, value) in old.entries() {
                match new.get(&key) {
                    Some(other) => within(value, other, step(&key), found),
                    None => found.push(told(&step(&key), Some(&value), None)),
                }
            }
            let added = new.entries().filter(|(key, _)| old.get(key).is_none());
            found.extend(added.map(|(key, value)| told(&step(&key), None, Some(&value))));
        }
        (Shape::Array, Shape::Array) => {
            // What was put in or taken out in the middle is told as that, not as a change of all behind it.
            let (olds, news): (Vec<_>, Vec<_>) = (old.items().collect(), new.items().collect());
            let start = olds
                .iter()
                .zip(&news)
                .take_while(|(old, new)| old.same(**new))
                .count();
            let end = olds[start..]
                .iter()
                .rev()
                .zip(news[start..].iter().rev())
                .take_while(|(old, new)| old.same(**new))
                .count();
            let (olds, news) = (
                &olds[start..olds.len() - end],
                &news[start..news.len() - end],
            );
            for n in 0..olds.len().max(news.len()) {
                let at = step(&(start + n).to_string());
                match (olds.get(n), news.get(n)) {
                    (Some(old), Some(new)) => within(*old, *new, at, found),
                    (old, new) => found.push(told(&at, old, new)),
                }
            }
        }
        _ => found.push(told(&path, Some(&old), Some(&new))),
    }
}

fn told(path: &str, before: Option<&Node<'_>>, after: Option<&Node<'_>>) -> Difference {
    Difference {
        path: path.to_owned(),
        before: before.copied().map(strict),
        after: after.copied().map(strict),
    }
}

fn strict(node: Node<'_>) -> String {
    let mut out = String::new();
    node.strict(&mut out);
    out
}

fn spelled(value: &Value<'_>) -> Option<String> {
    let mut out = String::new();
    match value {
        Value::Absent => return None,
        value => value.strict(&mut out),
    }
    Some(out)
}

/// What reaches a model, the same for the same words.
pub(super) fn essence(document: &Document) -> String {
    let mut out = String::new();
    for field in FIELDS.iter().filter(|field| field.spoken) {
        let value = view::value(document, field, &mut Vec::new());
        for (part, text) in texts(&value) {
            let text = match text.contains('\r') {
                true => Cow::Owned(text.replace("\r\n", "\n")),
                false => text,
            };
            let text = text.trim();
            if !text.is_empty() {
                // A length before each, so that no two texts run together.
                out.extend([
                    field.key,
                    " ",
                    part,
                    " ",
                    &text.len().to_string(),
                    " ",
                    text,
                    "\n",
                ]);
            }
        }
    }
    out
}

/// The texts of a field: its own, or the keys and contents of a lorebook's entries.
pub(super) fn texts<'v>(value: &'v Value<'_>) -> Vec<(&'static str, Cow<'v, str>)> {
    match value {
        Value::Absent => Vec::new(),
        Value::Text(text) => vec![("", text.read())],
        Value::List(items) => items.iter().map(|item| ("", item.read())).collect(),
        Value::Json(book) => {
            let entries = book.get("entries").into_iter();
            let entries =
                entries.flat_map(|all| all.items().chain(all.entries().map(|(_, entry)| entry)));
            let mut texts = Vec::new();
            for entry in entries {
                let either = |names: [&str; 2]| names.iter().find_map(|name| entry.get(name));
                let keys = either(["keys", "key"]).into_iter().flat_map(Node::items);
                texts.extend(keys.filter_map(Node::text).map(|key| ("key", key)));
                let content = either(["content", "entry"]).and_then(Node::text);
                texts.extend(content.map(|content| ("content", content)));
            }
            texts
        }
    }
}
