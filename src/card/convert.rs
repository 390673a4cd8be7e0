//! A card of one specification as a card of another, and what that one has no place for.
//!
//! What is not known is left where it is: a tool's own fields beside `data` are as much
//! the user's as the card's.

use super::agnai;
use super::spec::Spec;
use super::view::{self, FIELDS, V1, Value};
use crate::error::{Limits, Loss, Result};
use crate::json::{Document, Node, Shape, Step, quote, quote_ascii};
use crate::lore;

/// A card of another specification.
#[derive(Debug)]
pub struct Converted {
    /// The card.
    pub document: Document,
    /// What that specification has no place for, and the card no longer has.
    pub losses: Vec<Loss>,
}

/// What `data` has in V3 only.
const V3_ONLY: [(&str, &str); 7] = [
    ("assets", "V2 knows no assets"),
    ("nickname", "V2 knows no nickname; the name stands alone"),
    (
        "creator_notes_multilingual",
        "V2 has the creator's notes in one language",
    ),
    ("source", "V2 does not say where a card comes from"),
    (
        "group_only_greetings",
        "V2 knows no greetings for groups only",
    ),
    ("creation_date", "V2 does not say when a card was made"),
    (
        "modification_date",
        "V2 does not say when a card was changed",
    ),
];

/// What Agnai puts into the messages at a depth, and what V2 cards call that.
const INSERT: &str = "insert";
const DEPTH_PROMPT: &str = "depth_prompt";

/// Under which name an entry of V2 says in its `extensions` what it was in V3.
const NOTE: &str = "cardkeep/v3";

pub(super) fn convert(document: &Document, target: Spec) -> Result<Converted> {
    if agnai::is(document.root()) {
        return convert(&of_agnai(document)?, target);
    }
    let mut losses = Vec::new();
    let document = match (view::spec(document), target) {
        (_, Spec::V1) => to_v1(document, &mut losses)?,
        (Spec::V1, _) => nested(document, target)?,
        (Spec::V3, Spec::V2) => to_v2(document, &mut losses)?,
        (_, Spec::V2) => respelled(document, Spec::V2)?,
        (_, Spec::V3) => entries(&respelled(document, Spec::V3)?, lifted)?,
    };
    Ok(Converted { document, losses })
}

/// A character of Agnai as V2. Other tools do not read Agnai's, so everything but bare JSON gets it
/// so, with all that V2 has no place for in `extensions.agnai`, where Agnai itself looks for it.
pub(super) fn of_agnai(document: &Document) -> Result<Document> {
    let root = document.root();
    let mut out = String::from(r#"{"spec":"chara_card_v2","spec_version":"2.0","data":{"#);
    let mut extensions = String::new();
    // What Agnai inserts at a depth is there what other tools call `depth_prompt`.
    let insert = root.get(INSERT);
    let insert = insert.filter(|insert| insert.shape() == Shape::Object);
    for (field, value) in FIELDS.iter().zip(view::values(document, &mut Vec::new())) {
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
                put(&mut out, "\"character_book\"", &book_of_v2(*node)?)
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
                .any(|field| agnai::name(field.key) == key && key != "persona")
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
fn book_of_v2(node: Node<'_>) -> Result<String> {
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

/// The same `data` under the name of V2 or V3.
pub(super) fn respelled(document: &Document, spec: Spec) -> Result<Document> {
    let (name, version) = spec.spelled();
    let mut named = document.clone();
    for (key, value) in [("spec", name), ("spec_version", version)] {
        let says = named.root().get(key).and_then(Node::text);
        if says.as_deref() != Some(value) {
            named = named.set(&[key.into()], &quote_ascii(value))?;
        }
    }
    let greets = view::data(&named).is_none_or(|data| data.get("group_only_greetings").is_some());
    // V3 requires this one field that V2 does not have.
    if spec == Spec::V3 && !greets {
        named = named.set(&["data".into(), "group_only_greetings".into()], "[]")?;
    }
    Ok(named)
}

/// A V3 card as it stands beside itself for tools that know V2 only: these would put the
/// decorators of its lorebook into prompts. The notes stay the creator's, with no warning put
/// among them, since who edits the copy would take it along.
pub(super) fn backfill(document: &Document) -> Result<Document> {
    let v2 = respelled(document, Spec::V2)?;
    entries(&v2, |entry, _| {
        Ok(lore::lowered(entry)?.map(|(plain, _)| plain))
    })
}

/// A flat card with `data` beside its fields, which older tools go on reading.
fn nested(document: &Document, target: Spec) -> Result<Document> {
    let mut data = String::from("{");
    for (field, value) in FIELDS.iter().zip(view::values(document, &mut Vec::new())) {
        if field.since_v3 && matches!(value, Value::Absent) {
            continue;
        }
        let extensions = field.kind == view::Kind::Extensions;
        if matches!(value, Value::Absent) && !extensions {
            continue;
        }
        if data.len() > 1 {
            data.push(',');
        }
        data.extend(["\"", field.key, "\":"]);
        match value {
            Value::Absent => data.push_str("{}"),
            value => value.strict(&mut data),
        }
    }
    data.push('}');
    let nested = document.set(&["data".into()], &data)?;
    let nested = respelled(&nested, target)?;
    match target {
        Spec::V3 => entries(&nested, lifted),
        // The view has it for every card.
        _ => without(&nested, "group_only_greetings"),
    }
}

fn without(document: &Document, key: &str) -> Result<Document> {
    let path = ["data".into(), key.into()];
    match document.find(&path) {
        Some(_) => document.remove(&path),
        None => Ok(document.clone()),
    }
}

fn to_v2(document: &Document, losses: &mut Vec<Loss>) -> Result<Document> {
    let mut lower = respelled(document, Spec::V2)?;
    for (key, message) in V3_ONLY {
        let Some(value) = lower.find(&["data".into(), key.into()]) else {
            continue;
        };
        // What is nothing as a date is read as a text elsewhere.
        let odd = matches!(value.shape(), Shape::Number | Shape::Bool) && !key.ends_with("_date");
        if says(value) || odd {
            losses.push(Loss::new(format!("data.{key}"), message));
        }
        lower = without(&lower, key)?;
    }
    entries(&lower, |entry, path| lowered(entry, path, losses))
}

fn to_v1(document: &Document, losses: &mut Vec<Loss>) -> Result<Document> {
    let values = view::values(document, &mut Vec::new());
    let root = document.root();
    for (field, value) in FIELDS.iter().zip(&values) {
        let names = || std::iter::once(field.key).chain(field.aliases.iter().copied());
        let stays = names().any(|name| root.get(name).is_some());
        if V1.contains(&field.key) || stays {
            continue;
        }
        let path = format!("data.{}", field.key);
        match value {
            Value::Absent => {}
            Value::Text(text) if text.read().is_empty() => {}
            Value::List(items) if items.is_empty() => {}
            Value::Json(node) if field.kind == view::Kind::Extensions => {
                let lost = node.entries().map(|(key, _)| {
                    Loss::new(format!("{path}.{key}"), "V1 has no place for extensions")
                });
                losses.extend(lost);
            }
            Value::Json(node) if !says(*node) => {}
            _ => losses.push(Loss::new(
                path,
                "V1 has six texts, and this is none of them",
            )),
        }
    }
    if let Some(data) = view::data(document) {
        // What is nothing in a field that is known may be an answer in another.
        let answers =
            |value: Node<'_>| says(value) || matches!(value.shape(), Shape::Number | Shape::Bool);
        let unknown = data.entries().filter(|(key, value)| {
            !FIELDS.iter().any(|field| field.key == *key) && answers(*value)
        });
        losses.extend(
            unknown.map(|(key, _)| {
                Loss::new(format!("data.{key}"), "V1 has no place for other fields")
            }),
        );
    }
    let mut flat = document.clone();
    for (field, value) in FIELDS.iter().zip(&values) {
        let at_root = flat.root().get(field.key).map(Node::raw);
        let mut text = String::new();
        value.strict(&mut text);
        let says_so = |raw: &str| match flat.sibling(&text) {
            Ok(wanted) => flat
                .sibling(raw)
                .is_ok_and(|there| there.root().same(wanted.root())),
            Err(_) => false,
        };
        if V1.contains(&field.key) && !at_root.is_some_and(says_so) {
            flat = flat.set(&[field.key.into()], &text)?;
        }
    }
    let nested = view::data(document).is_some();
    for key in ["data", "spec", "spec_version"] {
        // Another tool's flat card may say what it is.
        let ours = nested || says_card(flat.root());
        // Behind a key there may be the same with spaces around it.
        while ours && flat.root().get(key).is_some() {
            flat = flat.remove(&[key.into()])?;
        }
    }
    Ok(flat)
}

fn says_card(root: Node<'_>) -> bool {
    let spec = root.get("spec").and_then(Node::text);
    spec.is_some_and(|spec| spec.trim().starts_with("chara_card"))
}

/// Whether there is anything in it.
fn says(value: Node<'_>) -> bool {
    match value.shape() {
        Shape::Null => false,
        Shape::String => value.text().is_some_and(|text| !text.is_empty()),
        Shape::Number => value.number() != Some(0.0),
        Shape::Bool => value.boolean() == Some(true),
        Shape::Array | Shape::Object => !value.is_empty(),
    }
}

/// The document with each entry of its lorebook as `change` makes it; `None` leaves it.
fn entries(
    document: &Document,
    mut change: impl FnMut(&Document, &str) -> Result<Option<Document>>,
) -> Result<Document> {
    let path: [Step<'_>; 3] = ["data".into(), "character_book".into(), "entries".into()];
    let Some(entries) = document.find(&path) else {
        return Ok(document.clone());
    };
    let listed = entries.shape() == Shape::Array;
    let named: Vec<(String, Node<'_>)> = match listed {
        true => entries
            .items()
            .enumerate()
            .map(|(n, entry)| (n.to_string(), entry))
            .collect(),
        false => entries
            .entries()
            .map(|(key, entry)| (key.into_owned(), entry))
            .collect(),
    };
    let (mut text, mut changed) = (String::from(if listed { "[" } else { "{" }), false);
    for (n, (name, entry)) in named.iter().enumerate() {
        if n > 0 {
            text.push(',');
        }
        if !listed {
            text.extend([&quote_ascii(name), ":"]);
        }
        let alone = document.sibling(entry.raw())?;
        let path = format!("data.character_book.entries.{name}");
        let new = match entry.shape() {
            Shape::Object => change(&alone, &path)?,
            _ => None,
        };
        changed |= new.is_some();
        text.push_str(new.as_ref().unwrap_or(&alone).root().raw());
    }
    text.push(if listed { ']' } else { '}' });
    // In one step, since every step reads the whole document.
    if changed {
        document.set(&path, &text)
    } else {
        Ok(document.clone())
    }
}

/// An entry of V3: what it was as one, where a note says so, and whether its keys are expressions,
/// which V3 requires to be said.
fn lifted(entry: &Document, _: &str) -> Result<Option<Document>> {
    // A note that cannot be followed says nothing.
    let raised = raised(entry).unwrap_or(None);
    let whole = raised.as_ref().unwrap_or(entry);
    match whole.root().get("use_regex") {
        Some(_) => Ok(raised),
        None => whole.set(&["use_regex".into()], "false").map(Some),
    }
}

/// The entry of V3 that this one of V2 was made of, with what its text is by now; `None` where it
/// was none, or says something else by now.
fn raised(entry: &Document) -> Result<Option<Document>> {
    let place: [Step<'_>; 2] = ["extensions".into(), NOTE.into()];
    let Some(note) = entry.find(&place).filter(|it| it.shape() == Shape::Object) else {
        return Ok(None);
    };
    let text = |node: Node<'_>| Some(node.get("content")?.text()?.into_owned());
    let (Some(decorators), Some(content)) = (text(note), text(entry.root())) else {
        return Ok(None);
    };
    let content = quote_ascii(&(decorators + &content));
    let made = entry
        .sibling(note.raw())?
        .set(&["content".into()], &content)?;
    let mut bare = entry.remove(&place)?;
    let had = made.root().get("extensions").map(Node::raw);
    let empty = bare.root().get("extensions").is_some_and(Node::is_empty);
    if had != Some("{}") && empty {
        bare = match had {
            None => bare.remove(&place[..1])?,
            Some(had) => bare.set(&place[..1], had)?,
        };
    }
    let again = plain(&made, "", &mut Vec::new())?;
    let same = again.as_ref().unwrap_or(&made).root().same(bare.root());
    Ok(same.then_some(made))
}

/// An entry of V2 with a note of what it was in V3.
fn lowered(entry: &Document, path: &str, losses: &mut Vec<Loss>) -> Result<Option<Document>> {
    let Some(lower) = plain(entry, path, losses)? else {
        return Ok(None);
    };
    let root = entry.root();
    let content = root.get("content").and_then(Node::text);
    let content = content.unwrap_or_default();
    let bare = lore::without_decorators(&content).len();
    let regex = root.get("use_regex").and_then(Node::boolean) == Some(true);
    let named = lower.root().get("id").is_none() && root.get("id").is_some();
    if bare == content.len() && !regex && !named {
        return Ok(Some(lower));
    }
    let decorators = quote_ascii(&content[..content.len() - bare]);
    let noted = || -> Result<Document> {
        let note = entry.set(&["content".into()], &decorators)?;
        let place: [Step<'_>; 2] = ["extensions".into(), NOTE.into()];
        let extensions = lower.root().get("extensions");
        let above = match extensions {
            Some(extensions) if extensions.shape() == Shape::Object => lower.clone(),
            Some(extensions) if !extensions.is_null() => return Ok(lower.clone()),
            _ => lower.set(&place[..1], "{}")?,
        };
        above.set(&place, note.root().raw())
    };
    // What is as deep as it may be has no room for it.
    Ok(Some(noted().unwrap_or(lower)))
}

/// An entry as V2 has it, where it has anything of V3.
fn plain(entry: &Document, path: &str, losses: &mut Vec<Loss>) -> Result<Option<Document>> {
    let mut lower = entry.clone();
    if let Some((plain, lost)) = lore::lowered(entry)? {
        if !lost.is_empty() {
            let message = format!("V2 knows no decorators: {}", lost.join(", "));
            losses.push(Loss::new(format!("{path}.content"), message));
        }
        lower = plain;
    }
    if let Some(expression) = entry.root().get("use_regex") {
        if expression.boolean() != Some(false) && !expression.is_null() {
            let message = "V2 does not say that keys are expressions";
            losses.push(Loss::new(format!("{path}.use_regex"), message));
        }
        lower = lower.remove(&["use_regex".into()])?;
    }
    if entry
        .root()
        .get("id")
        .is_some_and(|id| id.shape() == Shape::String)
    {
        let message = "V2 has numbers where V3 may have texts";
        losses.push(Loss::new(format!("{path}.id"), message));
        lower = lower.remove(&["id".into()])?;
    }
    Ok((lower.bytes() != entry.bytes()).then_some(lower))
}
