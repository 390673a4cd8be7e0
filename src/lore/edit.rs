//! Changes of a lorebook where it stands: fields of the book, and entries one by one.
//!
//! An entry is changed in the words of its dialect: the entry as it is and as it is to be
//! are both written, and only what differs goes into the document. So what no name here fits
//! stays, and an edit of one entry touches no other.

use super::applied::applied;
use super::book::{ABOUT, Book, Entry, Filter, Id, synonyms};
use super::decorator::{Decorator, decorators, without_decorators};
use super::dialect::{self, At, Dialect};
use super::write;
use crate::error::{Error, Kind, Result};
use crate::json::{Document, Node, Shape, Step, quote_ascii};
use serde_json::{Map, Value};

/// The fields of the book itself: what callers say, what the file says.
const HEAD: [(&str, &str); 5] = [
    ("name", "name"),
    ("description", "description"),
    ("scanDepth", "scan_depth"),
    ("tokenBudget", "token_budget"),
    ("recursiveScanning", "recursive_scanning"),
];

/// What lists show of a lorebook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// Its name, empty where it has none.
    pub name: String,
    /// Whose shape the document has.
    pub dialect: Dialect,
    /// How many entries it has.
    pub entries: usize,
}

/// What lists show.
pub fn summary(document: &Document) -> Summary {
    // What is kept was a lorebook when it was read.
    let dialect = Dialect::of(document).unwrap_or(Dialect::SillyTavern);
    let name = dialect::head(document, dialect).and_then(|head| head.get("name")?.text());
    Summary {
        name: name.map(|name| name.into_owned()).unwrap_or_default(),
        dialect,
        entries: dialect::entries(document, dialect).len(),
    }
}

/// What the last entry is called, as [`edit`] takes it.
pub fn last_entry(document: &Document) -> Option<String> {
    let (_, book) = read(document).ok()?;
    let last = book.entries.last()?;
    Some(entry_name(book.entries.len() - 1, last))
}

/// The book as strict JSON: the `Lorebook` of the public types.
pub fn view(document: &Document) -> String {
    let Ok((_, book)) = read(document) else {
        return "{}".to_owned();
    };
    serde_json::to_value(&book).map_or_else(|_| "{}".to_owned(), |book| book.to_string())
}

fn read(document: &Document) -> Result<(Dialect, Book)> {
    let missing = || Kind::NotALorebook.because("the JSON has no entries of a lorebook");
    let dialect = Dialect::of(document).ok_or_else(missing)?;
    let book = Book::read(document, dialect, &mut Vec::new());
    Ok((dialect, book))
}

/// The document with what `patch` names changed, and nothing else: fields of the book (`null`
/// removes one), `entries` by their ids with the fields to change (`null` takes one out), `add`
/// with new ones. An entry without an id of its own is called `#n` by its place.
///
/// # Errors
/// `bad-option` for a field that is not known, `invalid` for a value of the wrong type, an
/// entry that is not there or an id that is taken, `unsupported` for what the dialect has no
/// place for.
pub fn edit(document: &Document, patch: &Document) -> Result<Document> {
    if patch.root().shape() != Shape::Object {
        return Err(Kind::Invalid.because("a patch must be an object of fields"));
    }
    let (dialect, _) = read(document)?;
    let mut edited = document.clone();
    for (key, value) in patch.root().entries() {
        edited = match &*key {
            "entries" if value.shape() == Shape::Object => {
                let mut edited = edited;
                for (id, fields) in value.entries() {
                    edited = match fields.is_null() {
                        true => without(&edited, dialect, &id)?,
                        false => with(&edited, dialect, &id, fields)?,
                    };
                }
                edited
            }
            "add" if value.shape() == Shape::Array => {
                let mut edited = edited;
                for fields in value.items() {
                    edited = added(&edited, dialect, fields)?;
                }
                edited
            }
            "entries" => return Err(Kind::Invalid.because("`entries` must be an object by ids")),
            "add" => return Err(Kind::Invalid.because("`add` must be a list of entries")),
            key => headed(&edited, dialect, key, value)?,
        };
    }
    Ok(edited)
}

/// Whether an object is a lorebook as a file has it, of whichever dialect, and not the fields of
/// the public types, whose names it may share.
pub fn is_filed(object: &Document) -> bool {
    /// What no entry of the public types has.
    const FILED: [&str; 14] = [
        "case_sensitive",
        "displayName",
        "entry",
        "extensions",
        "insertion_order",
        "insertorder",
        "key",
        "keysecondary",
        "keywords",
        "name",
        "secondary_keys",
        "text",
        "uid",
        "use_regex",
    ];
    let root = object.root();
    let marks = [
        "character_book",
        "data",
        "extensions",
        "kind",
        "lorebookVersion",
        "spec",
        "type",
    ];
    let list = root
        .get("entries")
        .filter(|list| list.shape() == Shape::Array);
    let entries = list.into_iter().flat_map(Node::items);
    let mut entries = entries.chain(root.items());
    Dialect::of(object).is_some()
        && (list.is_none()
            || marks.iter().any(|mark| root.get(mark).is_some())
            || entries.any(|entry| FILED.iter().any(|name| entry.get(name).is_some())))
}

/// The document with exactly these fields and entries, or a new one of SillyTavern's shape: of V3's
/// where an entry says that its keys are expressions, or ids are texts.
/// Entries are told apart by their ids; those that stay keep their places.
///
/// # Errors
/// As [`edit`].
pub fn replace(document: Option<&Document>, wanted: &Document) -> Result<Document> {
    let root = wanted.root();
    let listed = root.get("entries").map(Node::shape);
    if root.shape() != Shape::Object || !matches!(listed, None | Some(Shape::Array)) {
        return Err(Kind::Invalid.because("a lorebook must be an object with a list `entries`"));
    }
    // What SillyTavern has no place for makes a new one the specification's.
    let odd = |entry: Node<'_>| {
        let named = entry
            .get("id")
            .is_some_and(|id| id.shape() == Shape::String);
        let regex = entry.get("useRegex").and_then(Node::boolean) == Some(true);
        named || regex
    };
    let mut entries = root.get("entries").into_iter().flat_map(Node::items);
    let blank = Document::parse(match entries.any(odd) {
        true => r#"{"spec":"lorebook_v3","data":{"extensions":{},"entries":[]}}"#,
        false => r#"{"entries":{}}"#,
    })?;
    let mut made = document.unwrap_or(&blank).clone();
    let (dialect, old) = read(&made)?;
    for (key, value) in root.entries().filter(|(key, _)| *key != "entries") {
        made = headed(&made, dialect, &key, value)?;
    }
    let had = document.map(view).unwrap_or_else(|| "{}".to_owned());
    let had = Document::parse(&had)?;
    for (key, name) in HEAD {
        if root.get(key).is_none() && had.root().get(key).is_some_and(said) {
            let path = [headed_steps(&made, dialect, key)?, vec![Step::Key(name)]].concat();
            if made.find(&path).is_some() {
                made = made.remove(&path)?;
            }
        }
    }
    let entries: Vec<Node<'_>> = root
        .get("entries")
        .map(|list| list.items().collect())
        .unwrap_or_default();
    let called = |n: usize, node: &Node<'_>| match node.get("id").filter(|id| !id.is_null()) {
        Some(id) => id.text().map_or_else(|| id.raw().to_owned(), Into::into),
        None => format!("#{n}"),
    };
    let wanted_ids: Vec<String> = (0..).zip(&entries).map(|(n, e)| called(n, e)).collect();
    let known: Vec<String> = (0..)
        .zip(&old.entries)
        .map(|(n, e)| entry_name(n, e))
        .collect();
    // From the end, so that the places of those before stay.
    for id in known.iter().rev().filter(|id| !wanted_ids.contains(id)) {
        made = without(&made, dialect, id)?;
    }
    for (node, id) in entries.iter().zip(&wanted_ids) {
        made = if known.contains(id) {
            with(&made, dialect, id, whole(*node)?.root())?
        } else {
            added(&made, dialect, *node)?
        };
    }
    Ok(made)
}

/// All fields of an entry: those that are not said are the usual ones.
fn whole(node: Node<'_>) -> Result<Document> {
    let entry = overlaid(&Entry::default(), node)?;
    let mut all = fields(&entry);
    // What may be absent and is not said goes.
    for name in [
        "priority",
        "caseSensitive",
        "matchWholeWords",
        "scanDepth",
        "sticky",
        "cooldown",
        "delay",
        "group",
        "outlet",
    ] {
        all.entry(name).or_insert(Value::Null);
    }
    Document::parse(&Value::Object(all).to_string())
}

fn said(node: Node<'_>) -> bool {
    !node.is_null() && node.text().as_deref() != Some("")
}

/// What the `n`th entry is called, as [`edit`] takes it: its id, or `#n` where it has none.
pub fn entry_name(n: usize, entry: &Entry) -> String {
    match &entry.id {
        Some(Id::Number(number)) => number.to_string(),
        Some(Id::Text(text)) => text.clone(),
        None => format!("#{n}"),
    }
}

fn headed_steps(document: &Document, dialect: Dialect, key: &str) -> Result<Vec<Step<'static>>> {
    dialect::head_steps(document, dialect).ok_or_else(|| {
        let tool = dialect.as_str();
        Kind::Unsupported.because(format!("a lorebook of {tool} has no place for `{key}`"))
    })
}

/// With another field of the book itself.
fn headed(document: &Document, dialect: Dialect, key: &str, value: Node<'_>) -> Result<Document> {
    let Some((_, name)) = HEAD.iter().find(|(known, _)| *known == key) else {
        return Err(Kind::BadOption.because(format!("`{key}` is no field of a lorebook")));
    };
    let mut path = headed_steps(document, dialect, key)?;
    path.push(Step::Key(name));
    let wanted = match key {
        "name" | "description" => Shape::String,
        "recursiveScanning" => Shape::Bool,
        _ => Shape::Number,
    };
    if value.is_null() {
        return match document.find(&path) {
            Some(_) => document.remove(&path),
            None => Ok(document.clone()),
        };
    }
    let fits = value.number().is_none_or(|number| number >= 0.0);
    if value.shape() != wanted || !fits {
        let what = match wanted {
            Shape::String => "a string",
            Shape::Bool => "true or false",
            _ => "a number, not negative",
        };
        return Err(Kind::Invalid.because(format!("`{key}` must be {what}")));
    }
    document.amend(&path, value)
}

/// Where the entry of this name stands, and what it says.
fn find(document: &Document, dialect: Dialect, wanted: &str) -> Result<Option<(At, Entry)>> {
    let book = Book::read(document, dialect, &mut Vec::new());
    let places = dialect::entries(document, dialect);
    let mut found = None;
    for (n, (entry, (at, _))) in book.entries.into_iter().zip(places).enumerate() {
        if entry_name(n, &entry) != wanted {
            continue;
        }
        if found.is_some() {
            let detail = format!("several entries have the id `{wanted}`");
            return Err(Kind::Invalid.because(detail));
        }
        found = Some((at, entry));
    }
    Ok(found)
}

fn without(document: &Document, dialect: Dialect, id: &str) -> Result<Document> {
    match find(document, dialect, id)? {
        Some((at, _)) => {
            let mut path = dialect::list_steps(document, dialect);
            path.push(at.step());
            document.remove(&path)
        }
        None => Ok(document.clone()),
    }
}

fn with(document: &Document, dialect: Dialect, id: &str, patch: Node<'_>) -> Result<Document> {
    let Some((at, old)) = find(document, dialect, id)? else {
        return Err(Kind::Invalid.because(format!("there is no entry `{id}`")));
    };
    let new = overlaid(&old, patch)?;
    if fields(&old) == fields(&new) {
        return Ok(document.clone());
    }
    if old.id != new.id {
        return Err(Kind::Invalid.because("the id of an entry stays"));
    }
    let mut path = dialect::list_steps(document, dialect);
    path.push(at.step());
    let chance = percent(document, dialect, &path);
    let (before, after) = apart(&old, &new, dialect, chance.is_some());
    let (before, after) = (spelled(&before, dialect)?, spelled(&after, dialect)?);
    let mut made = carried(
        document,
        &path,
        only(&before, dialect)?,
        only(&after, dialect)?,
    )?;
    if let Some(name) = chance.filter(|_| old.probability != new.probability) {
        path.push(Step::Key(name));
        made = made.set(&path, &new.probability.to_string())?;
    }
    let found = find(&made, dialect, id)?;
    holds(dialect, found.map(|(_, entry)| entry).as_ref(), &new, patch)?;
    Ok(made)
}

fn added(document: &Document, dialect: Dialect, given: Node<'_>) -> Result<Document> {
    let mut entry = overlaid(&Entry::default(), given)?;
    let book = Book::read(document, dialect, &mut Vec::new());
    match &entry.id {
        Some(id)
            if book
                .entries
                .iter()
                .any(|known| known.id.as_ref() == Some(id)) =>
        {
            return Err(Kind::Invalid.because(format!(
                "an entry has the id `{}` already",
                entry_name(0, &entry)
            )));
        }
        Some(Id::Number(number)) if *number >= 0 => {}
        Some(Id::Text(_)) if dialect == Dialect::V3 => {}
        Some(_) => {
            let detail = "ids of this lorebook's entries are whole numbers, not negative";
            return Err(Kind::Invalid.because(detail));
        }
        None => {
            let number = |entry: &Entry| match entry.id {
                Some(Id::Number(number)) => Some(number),
                _ => None,
            };
            let next = book.entries.iter().filter_map(number).max();
            entry.id = Some(Id::Number(next.map_or(0, |last| last.saturating_add(1))));
        }
    }
    let text = spelled(&entry, dialect)?;
    let raw = only(&text, dialect)?.raw();
    let mut path = dialect::list_steps(document, dialect);
    let list = document.find(&path).map(Node::shape);
    let made = match list {
        Some(Shape::Array) => document.push(&path, raw)?,
        Some(Shape::Object) => {
            let key = entry_name(0, &entry);
            path.push(Step::Key(&key));
            if document.find(&path).is_some() {
                return Err(Kind::Invalid.because(format!("an entry is called `{key}` already")));
            }
            document.set(&path, raw)?
        }
        _ => document.set(&path, &format!("[{raw}]"))?,
    };
    let read = Book::read(&made, dialect, &mut Vec::new());
    holds(dialect, read.entries.last(), &entry, given)?;
    Ok(made)
}

/// An entry of V3 as V2 has it, with the names of the decorators that are lost; `None` for one
/// without any. What they say is in fields of V2, and in those that SillyTavern has in `extensions`,
/// where there are such.
///
/// # Errors
/// None for an entry that was read.
pub fn lowered(entry: &Document) -> Result<Option<(Document, Vec<String>)>> {
    let content = entry.root().get("content").and_then(Node::text);
    let content = content.unwrap_or_default();
    let found = decorators(&content);
    if found.is_empty() {
        return Ok(None);
    }
    let bare = quote_ascii(without_decorators(&content));
    let bare = entry.set(&["content".into()], &bare)?;
    let named = |decorator: &Decorator| format!("@@{}", decorator.name);
    let filled = filled(entry, &bare, &found).ok().flatten();
    Ok(Some(filled.map_or_else(
        || (bare, found.iter().map(named).collect()),
        |(made, lost)| (made, lost.into_iter().map(named).collect()),
    )))
}

/// `bare` with what decorators of the entry say in its fields, and those that have none; `None`
/// where it does not read so.
fn filled<'d>(
    entry: &Document,
    bare: &Document,
    found: &'d [Decorator],
) -> Result<Option<(Document, Vec<&'d Decorator>)>> {
    const DIALECT: Dialect = Dialect::CharacterBook;
    let read = |entry: &Document| -> Result<Option<Entry>> {
        let book = Document::parse(&format!("{{\"entries\":[{}]}}", entry.root().raw()))?;
        let book = Book::read(&book, DIALECT, &mut Vec::new());
        Ok(book.entries.into_iter().next())
    };
    let Some(old) = read(entry)? else {
        return Ok(None);
    };
    let mut new = old.clone();
    let lost = applied(found, &mut new);
    let (before, after) = (spelled(&old, DIALECT)?, spelled(&new, DIALECT)?);
    let (before, after) = (only(&before, DIALECT)?, only(&after, DIALECT)?);
    let made = carried(bare, &[], before, after)?;
    let said = |entry: Option<Entry>| {
        let mut all = entry.as_ref().map(fields).unwrap_or_default();
        all.remove("content");
        all
    };
    Ok((said(read(&made)?) == said(Some(new))).then_some((made, lost)))
}

/// The fields as callers see them.
fn fields(entry: &Entry) -> Map<String, Value> {
    match serde_json::to_value(entry) {
        Ok(Value::Object(fields)) => fields,
        _ => Map::new(),
    }
}

/// The entry with the fields of a patch over it; `null` is as if the field had not been said.
fn overlaid(entry: &Entry, patch: Node<'_>) -> Result<Entry> {
    if patch.shape() != Shape::Object {
        return Err(Kind::Invalid.because("an entry must be an object of fields"));
    }
    let refused = |error: serde_json::Error| -> Error {
        let text = error.to_string();
        let kind = match text.starts_with("unknown field") {
            true => Kind::BadOption,
            false => Kind::Invalid,
        };
        kind.because(format!("an entry of a lorebook: {text}"))
    };
    let mut strict = String::new();
    patch.strict(&mut strict);
    let patch: Map<String, Value> = serde_json::from_str(&strict).map_err(refused)?;
    let mut all = fields(entry);
    for (key, value) in patch {
        match value {
            Value::Null => all.remove(&key),
            value => all.insert(key, value),
        };
    }
    let mut made: Entry = serde_json::from_value(Value::Object(all)).map_err(refused)?;
    made.extra = entry.extra.clone();
    // As they are read: each once, in one order, and none of a message is no message.
    let given = std::mem::take(&mut made.look_in);
    let all = ABOUT.iter().map(|(about, _)| *about);
    made.look_in = all.filter(|about| given.contains(about)).collect();
    made.characters = made.characters.filter(|them| *them != Filter::default());
    for count in [&mut made.sticky, &mut made.cooldown, &mut made.delay] {
        *count = count.filter(|count| *count > 0);
    }
    Ok(made)
}

/// Where an entry of RisuAI has its chance as a number of its own.
fn percent(document: &Document, dialect: Dialect, path: &[Step<'_>]) -> Option<&'static str> {
    let entry = document.find(path).filter(|_| dialect == Dialect::Risu)?;
    let numbers = synonyms("probability").iter().copied();
    numbers.into_iter().find(|name| {
        let there = entry.get(name).map(Node::shape);
        there == Some(Shape::Number)
    })
}

/// Two states of an entry to be spelled. What both say alike is not said where it would be a
/// decorator: it stands in the entry already, perhaps as something else.
fn apart(old: &Entry, new: &Entry, dialect: Dialect, has_chance: bool) -> (Entry, Entry) {
    const DECORATORS: [&str; 12] = [
        "probability",
        "position",
        "depth",
        "role",
        "logic",
        "delay",
        "scanDepth",
        "priority",
        "enabled",
        "excludeRecursion",
        "preventRecursion",
        "matchWholeWords",
    ];
    let (mut before, mut after) = (fields(old), fields(new));
    if dialect == Dialect::Risu {
        for name in DECORATORS {
            let alike = before.get(name) == after.get(name);
            if alike || has_chance && name == "probability" {
                before.remove(name);
                after.remove(name);
            }
        }
        let made = |fields| serde_json::from_value(Value::Object(fields)).ok();
        if let (Some(before), Some(after)) = (made(before), made(after)) {
            return (before, after);
        }
    }
    (old.clone(), new.clone())
}

/// A lorebook of this entry alone, in the words of the dialect.
fn spelled(entry: &Entry, dialect: Dialect) -> Result<Document> {
    let book = Book {
        entries: vec![entry.clone()],
        ..Book::default()
    };
    let written = write::write(&book, dialect)?;
    Document::parse(&String::from_utf8_lossy(&written.bytes))
}

/// The entry of a lorebook that has one.
fn only(document: &Document, dialect: Dialect) -> Result<Node<'_>> {
    let entries = dialect::entries(document, dialect);
    let first = entries.into_iter().next().map(|(_, entry)| entry);
    first.ok_or_else(|| Kind::Unsupported.because("the dialect has no place for such an entry"))
}

/// What differs between two spellings, put into the document at a path: under each name that
/// the field has there.
fn carried(
    document: &Document,
    path: &[Step<'_>],
    before: Node<'_>,
    after: Node<'_>,
) -> Result<Document> {
    let mut made = document.clone();
    for (key, value) in after.entries() {
        let old = before.get(&key);
        if old.is_some_and(|old| old.same(value)) {
            continue;
        }
        let here = [path, &[Step::Key(&key)]].concat();
        if let (Some(old), Shape::Object) = (old, value.shape()) {
            if made.find(&here).is_none() {
                made = made.set(&here, "{}")?;
            }
            made = carried(&made, &here, old, value)?;
            continue;
        }
        let mut known = false;
        for name in synonyms(&key) {
            let place = [path, &[Step::Key(name)]].concat();
            let there = made.find(&place);
            if there.is_some_and(|node| node.is_null() || node.shape() == value.shape()) {
                made = made.amend(&place, value)?;
                known = true;
            }
        }
        if !known {
            made = made.amend(&here, value)?;
        }
    }
    for (key, _) in before.entries() {
        let here = [path, &[Step::Key(&key)]].concat();
        if after.get(&key).is_none() && made.find(&here).is_some() {
            made = made.remove(&here)?;
        }
    }
    Ok(made)
}

/// Whether the entry says what a patch wanted of it, read again.
fn holds(dialect: Dialect, found: Option<&Entry>, wanted: &Entry, patch: Node<'_>) -> Result<()> {
    let (found, wanted) = (found.map(fields).unwrap_or_default(), fields(wanted));
    for (key, _) in patch.entries() {
        // Some tools have no ids, and SillyTavern counts secondary keys wherever there are any.
        if !matches!(&*key, "id" | "selective") && found.get(&*key) != wanted.get(&*key) {
            let tool = dialect.as_str();
            return Err(Kind::Unsupported.because(format!(
                "an entry of a lorebook of {tool} has no place for this `{key}`"
            )));
        }
    }
    Ok(())
}
