//! Who wrote a lorebook, and where in the file its entries are.

use crate::error::{Kind, Limits, Result, Warning};
use crate::json::{Document, Node, Shape, Step, quote};
use std::str::FromStr;

/// The tool or specification a lorebook follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Dialect {
    /// World info of SillyTavern: entries by uid.
    SillyTavern,
    /// `character_book` of the V2 and V3 specifications, by itself or within a card, or the list of
    /// its entries.
    CharacterBook,
    /// `lorebook_v3`.
    V3,
    /// A memory book of Agnai.
    Agnai,
    /// A lorebook of NovelAI.
    NovelAi,
    /// A lorebook of RisuAI.
    Risu,
    /// Story cards or world information of AI Dungeon and its relatives: a bare list, or one in
    /// what was exported of a scenario, an adventure or a story.
    AiDungeon,
    /// Lines of a key, a tab, a text.
    Tsv,
}

impl Dialect {
    /// Every dialect, once.
    pub const ALL: [Dialect; 8] = [
        Dialect::SillyTavern,
        Dialect::CharacterBook,
        Dialect::V3,
        Dialect::Agnai,
        Dialect::NovelAi,
        Dialect::Risu,
        Dialect::AiDungeon,
        Dialect::Tsv,
    ];

    /// Its published name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Dialect::SillyTavern => "silly-tavern",
            Dialect::CharacterBook => "character-book",
            Dialect::V3 => "v3",
            Dialect::Agnai => "agnai",
            Dialect::NovelAi => "novel-ai",
            Dialect::Risu => "risu",
            Dialect::AiDungeon => "ai-dungeon",
            Dialect::Tsv => "tsv",
        }
    }

    /// What wrote the document, if it is a lorebook at all.
    pub fn of(document: &Document) -> Option<Dialect> {
        let root = document.root();
        let says = |key: &str, value: &str| {
            root.get(key)
                .and_then(Node::text)
                .is_some_and(|text| text == value)
        };
        let listed = |key: &str| lists(root, key);
        if root.shape() == Shape::Array {
            return of_list(root);
        }
        if says("spec", "lorebook_v3") && (listed("data") || !listed("entries")) {
            return Some(Dialect::V3);
        }
        if root.get("data").is_some_and(|data| has_book(data, root)) || has_book(root, root) {
            return Some(Dialect::CharacterBook);
        }
        if says("type", "risu") && listed("data") {
            return Some(Dialect::Risu);
        }
        if novel_path(document).is_some() {
            return Some(Dialect::NovelAi);
        }
        if !listed("entries") {
            return story_steps(document).map(|_| Dialect::AiDungeon);
        }
        let first = entries(document, Dialect::SillyTavern)
            .into_iter()
            .next()
            .map(|(_, entry)| entry);
        let has = |key: &str| first.is_some_and(|entry| entry.get(key).is_some());
        if says("kind", "memory") || (has("keywords") && has("entry")) {
            return Some(Dialect::Agnai);
        }
        // Chub writes both spellings into an object by uid; the list is the specification's.
        if root
            .get("entries")
            .is_some_and(|list| list.shape() == Shape::Array)
            && (["keys", "secondary_keys", "insertion_order"]
                .map(has)
                .contains(&true)
                || first.is_none())
        {
            return Some(Dialect::CharacterBook);
        }
        Some(Dialect::SillyTavern)
    }
}

impl FromStr for Dialect {
    type Err = crate::error::Error;

    fn from_str(name: &str) -> Result<Dialect> {
        Dialect::ALL
            .into_iter()
            .find(|dialect| dialect.as_str() == name)
            .ok_or_else(|| {
                let known = Dialect::ALL.map(Dialect::as_str).join("`, `");
                Kind::BadOption.because(format!(
                    "`dialect` is `{name}`, one of `{known}` was wanted"
                ))
            })
    }
}

/// Whose list of entries it is, where it is one by itself. AI Dungeon has keys as one text, and an
/// empty list where there are no story cards; a list taken out of a book has them as a list.
fn of_list(list: Node<'_>) -> Option<Dialect> {
    let Some(first) = list.at(0) else {
        return Some(Dialect::AiDungeon);
    };
    let keys = |name: &str| {
        let keys = first.get(name).map(Node::shape);
        keys == Some(Shape::Array) && first.get("content").is_some()
    };
    match (keys("keys"), keys("key")) {
        (true, _) => Some(Dialect::CharacterBook),
        (_, true) => Some(Dialect::SillyTavern),
        _ if first.get("insertorder").is_some() => Some(Dialect::Risu),
        _ => is_story_card(first).then_some(Dialect::AiDungeon),
    }
}

/// Whether a card has its book here. What is no book is none where the file lists entries itself.
fn has_book(card: Node<'_>, root: Node<'_>) -> bool {
    card.get("character_book")
        .is_some_and(|book| book.shape() == Shape::Object || !lists(root, "entries"))
}

/// Where NovelAI has a lorebook: by itself, in a scenario, in a story.
fn novel_path(document: &Document) -> Option<&'static [&'static str]> {
    const PATHS: [&[&str]; 3] = [&[], &["lorebook"], &["content", "lorebook"]];
    PATHS.into_iter().find(|path| {
        let book = document.find(&steps(path));
        book.is_some_and(|book| book.get("lorebookVersion").is_some() && lists(book, "entries"))
    })
}

/// Where AI Dungeon and its relatives list such cards within what they export: the first list that
/// has any, else the first one.
fn story_steps(document: &Document) -> Option<Vec<Step<'static>>> {
    const WITHIN: [&[&str]; 6] = [
        &[],
        &["adventure"],
        &["scenario"],
        &["data"],
        &["data", "adventure"],
        &["data", "scenario"],
    ];
    const LISTS: [&str; 4] = ["storyCards", "worldInfo", "worldInfos", "worldinfo"];
    let mut empty = None;
    for within in WITHIN {
        for name in LISTS {
            let mut path = steps(within);
            path.push(Step::Key(name));
            let list = document.find(&path);
            let Some(list) = list.filter(|list| list.shape() == Shape::Array) else {
                continue;
            };
            match list.at(0) {
                Some(first) if is_story_card(first) => return Some(path),
                Some(_) => {}
                None => drop(empty.get_or_insert(path)),
            }
        }
    }
    empty
}

fn is_story_card(item: Node<'_>) -> bool {
    let has = |key: &str| item.get(key).is_some();
    (has("keys") || has("key")) && (has("entry") || has("value") || has("content"))
}

fn lists(root: Node<'_>, key: &str) -> bool {
    root.get(key)
        .is_some_and(|list| matches!(list.shape(), Shape::Array | Shape::Object))
}

/// Where the book's own fields are: a path from the root.
fn head_path(document: &Document, dialect: Dialect) -> Option<&'static [&'static str]> {
    let root = document.root();
    let within = |node: Node<'_>| has_book(node, root);
    match dialect {
        _ if root.shape() == Shape::Array => None,
        Dialect::V3 => Some(&["data"]),
        Dialect::CharacterBook if root.get("data").is_some_and(within) => {
            Some(&["data", "character_book"])
        }
        Dialect::CharacterBook if within(root) => Some(&["character_book"]),
        Dialect::AiDungeon => None,
        Dialect::NovelAi => novel_path(document),
        _ => Some(&[]),
    }
}

/// The steps to the object that the book's own fields are in. A book that is a list has none.
pub(super) fn head_steps(document: &Document, dialect: Dialect) -> Option<Vec<Step<'static>>> {
    let path = steps(head_path(document, dialect)?);
    (!is_list(document, &path)).then_some(path)
}

fn is_list(document: &Document, path: &[Step<'_>]) -> bool {
    let node = document.find(path);
    node.is_some_and(|node| node.shape() == Shape::Array)
}

/// The object that the book's own fields are in.
pub(super) fn head(document: &Document, dialect: Dialect) -> Option<Node<'_>> {
    document.find(&head_steps(document, dialect)?)
}

/// The steps to the list of entries, whether there is one or not.
pub(super) fn list_steps(document: &Document, dialect: Dialect) -> Vec<Step<'static>> {
    let (mut path, name) = match dialect {
        _ if document.root().shape() == Shape::Array => (Vec::new(), None),
        Dialect::AiDungeon => (story_steps(document).unwrap_or_default(), None),
        Dialect::Risu => (Vec::new(), Some("data")),
        _ => {
            let path = head_path(document, dialect).map_or_else(Vec::new, steps);
            let name = (!is_list(document, &path)).then_some("entries");
            (path, name)
        }
    };
    path.extend(name.map(Step::Key));
    path
}

fn steps(path: &'static [&'static str]) -> Vec<Step<'static>> {
    path.iter().copied().map(Step::Key).collect()
}

/// Where an entry stands in the list.
#[derive(Debug, Clone)]
pub(super) enum At {
    Key(String),
    Index(usize),
}

impl At {
    pub fn step(&self) -> Step<'_> {
        match self {
            At::Key(key) => Step::Key(key),
            At::Index(index) => Step::Index(*index),
        }
    }
}

/// The entries with their places, in the order of the file.
pub(super) fn entries(document: &Document, dialect: Dialect) -> Vec<(At, Node<'_>)> {
    let mut all = listed(document, dialect);
    all.retain(|(_, entry)| entry.shape() == Shape::Object);
    all
}

/// What stands in the list and is no entry: its path, and what it is.
pub(super) fn misfits(document: &Document, dialect: Dialect) -> Vec<(String, Shape)> {
    let all = listed(document, dialect).into_iter();
    let misfits = all.filter(|(_, entry)| entry.shape() != Shape::Object);
    misfits
        .map(|(at, entry)| match at {
            At::Key(key) => (format!("entries.{key}"), entry.shape()),
            At::Index(index) => (format!("entries.{index}"), entry.shape()),
        })
        .collect()
}

/// What there is in the place of a book or of its list and is none: its path, and what it is.
pub(super) fn misplaced(document: &Document, dialect: Dialect) -> Option<(&'static str, Shape)> {
    let odd = |path: &[Step<'_>]| {
        let shape = document.find(path)?.shape();
        (!matches!(shape, Shape::Object | Shape::Array | Shape::Null)).then_some(shape)
    };
    let path = head_path(document, dialect)?;
    let book = odd(&steps(path)).map(|shape| (path.last().copied().unwrap_or_default(), shape));
    book.or_else(|| Some(("entries", odd(&list_steps(document, dialect))?)))
}

fn listed(document: &Document, dialect: Dialect) -> Vec<(At, Node<'_>)> {
    let Some(list) = document.find(&list_steps(document, dialect)) else {
        return Vec::new();
    };
    match list.shape() {
        Shape::Object => list
            .entries()
            .map(|(key, entry)| (At::Key(key.into_owned()), entry))
            .collect(),
        _ => list
            .items()
            .enumerate()
            .map(|(n, entry)| (At::Index(n), entry))
            .collect(),
    }
}

/// The book as it stands in the document, where it is one of this dialect by itself or in a
/// card.
pub(super) fn standing(document: &Document, dialect: Dialect) -> Option<Vec<u8>> {
    if dialect == Dialect::AiDungeon {
        let list = document.find(&story_steps(document).unwrap_or_default())?;
        return Some(list.raw().as_bytes().to_vec());
    }
    match (dialect, head_path(document, dialect)?) {
        (Dialect::Tsv, _) => None,
        (Dialect::V3, _) | (_, []) => Some(document.bytes().to_vec()),
        (_, path) => {
            let book = document.find(&steps(path))?;
            (book.shape() == Shape::Object).then(|| book.raw().as_bytes().to_vec())
        }
    }
}

/// Whether a text is taken for JSON, sound or not, and never for a table.
pub(super) fn begins_as_json(text: &str) -> bool {
    let start = text.trim_start();
    let key = start.split('\t').next().unwrap_or(start);
    start.starts_with(['{', '[']) && key.contains('"')
}

/// Whether the first thing in a file is what JSON of a lorebook begins with, in any encoding.
pub(super) fn is_meant_as_json(bytes: &[u8]) -> bool {
    let start = bytes.iter().find(|byte| {
        !byte.is_ascii_whitespace() && !matches!(byte, 0 | 0xef | 0xbb | 0xbf | 0xfe | 0xff)
    });
    matches!(start, Some(b'{' | b'[' | b'"'))
}

/// The JSON of a text whose lines are a key, a tab, a text; `None` for anything else.
pub(super) fn table(bytes: &[u8], limits: &Limits) -> Result<Option<(Document, Vec<Warning>)>> {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return Ok(None);
    };
    let text = text.trim_start_matches('\u{feff}');
    let has_key = |line: &&str| {
        line.split_once('\t')
            .is_some_and(|(key, _)| !key.trim().is_empty())
    };
    let (mut lines, mut odd) = (Vec::new(), Vec::new());
    for (number, line) in (1..).zip(text.lines()) {
        match has_key(&line) {
            true => lines.push(line),
            false if line.trim().is_empty() => {}
            false => odd.push(number),
        }
    }
    // A text with a tab somewhere is no table.
    if lines.len() <= odd.len() || begins_as_json(text) {
        return Ok(None);
    }
    if text.len() > limits.text {
        let detail = format!(
            "the text has {} bytes, the limit `text` allows {}",
            text.len(),
            limits.text
        );
        return Err(Kind::TooLarge.because(detail));
    }
    let entry = |line: &&str| {
        let (key, value) = line.split_once('\t').unwrap_or((line, ""));
        let keys: Vec<String> = key.split(',').map(|key| quote(key.trim())).collect();
        format!(
            r#"{{"keys":[{}],"content":{}}}"#,
            keys.join(","),
            quote(value.trim())
        )
    };
    let entries: Vec<String> = lines.iter().map(entry).collect();
    let json = format!(r#"{{"entries":[{}]}}"#, entries.join(","));
    let warnings = odd.into_iter().map(|number: usize| {
        let message = "a line without a key and a tab behind it was left out";
        Warning::noticed("bad-line", format!("line {number}"), message)
    });
    let (document, _) = Document::read(json.as_bytes(), limits)?;
    Ok(Some((document, warnings.collect())))
}
