//! Who wrote a lorebook, and where in the file its entries are.

use crate::error::{Kind, Limits, Result};
use crate::json::{Document, Node, Shape, quote};
use std::str::FromStr;

/// The tool or specification a lorebook follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Dialect {
    /// World info of SillyTavern: entries by uid.
    SillyTavern,
    /// `character_book` of the V2 and V3 specifications, by itself or within a card.
    CharacterBook,
    /// `lorebook_v3`.
    V3,
    /// A memory book of Agnai.
    Agnai,
    /// A lorebook of NovelAI.
    NovelAi,
    /// A lorebook of RisuAI.
    Risu,
    /// World information of AI Dungeon and its relatives: a bare list.
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
        let listed = |key: &str| {
            root.get(key)
                .is_some_and(|list| matches!(list.shape(), Shape::Array | Shape::Object))
        };
        if root.shape() == Shape::Array {
            let item = root.at(0)?;
            let has = |key: &str| item.get(key).is_some();
            return (has("keys") && (has("entry") || has("value") || has("content")))
                .then_some(Dialect::AiDungeon);
        }
        if says("spec", "lorebook_v3") {
            return Some(Dialect::V3);
        }
        if root
            .get("data")
            .is_some_and(|data| data.get("character_book").is_some())
            || root.get("character_book").is_some()
        {
            return Some(Dialect::CharacterBook);
        }
        if says("type", "risu") && listed("data") {
            return Some(Dialect::Risu);
        }
        if !listed("entries") {
            return None;
        }
        if root.get("lorebookVersion").is_some() {
            return Some(Dialect::NovelAi);
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
            && (has("keys") || first.is_none())
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

/// The object that the book's own fields are in.
pub(super) fn head(document: &Document, dialect: Dialect) -> Option<Node<'_>> {
    let root = document.root();
    match dialect {
        Dialect::V3 => root.get("data"),
        Dialect::CharacterBook => {
            let within = |node: Node<'_>| node.get("character_book").is_some();
            let place = root
                .get("data")
                .filter(|data| within(*data))
                .unwrap_or(root);
            Some(place.get("character_book").unwrap_or(root))
        }
        Dialect::AiDungeon => None,
        _ => Some(root),
    }
}

/// The entries with the keys they have in an object, in the order of the file.
pub(super) fn entries(document: &Document, dialect: Dialect) -> Vec<(Option<String>, Node<'_>)> {
    let list = match dialect {
        Dialect::AiDungeon => Some(document.root()),
        Dialect::Risu => document.root().get("data"),
        _ => head(document, dialect).and_then(|head| head.get("entries")),
    };
    let Some(list) = list else {
        return Vec::new();
    };
    let all: Vec<_> = match list.shape() {
        Shape::Object => list
            .entries()
            .map(|(key, entry)| (Some(key.into_owned()), entry))
            .collect(),
        _ => list.items().map(|entry| (None, entry)).collect(),
    };
    all.into_iter()
        .filter(|(_, entry)| entry.shape() == Shape::Object)
        .collect()
}

/// The JSON of a text whose lines are a key, a tab, a text; `None` for anything else.
pub(super) fn table(bytes: &[u8], limits: &Limits) -> Result<Option<Document>> {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return Ok(None);
    };
    let text = text.trim_start_matches('\u{feff}');
    let lines: Vec<&str> = text
        .lines()
        .filter(|line| !line.trim().is_empty())
        .collect();
    let starts = text.trim_start();
    if lines.is_empty()
        || starts.starts_with(['{', '['])
        || !lines.iter().all(|line| {
            line.split_once('\t')
                .is_some_and(|(key, _)| !key.trim().is_empty())
        })
    {
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
    Document::read(json.as_bytes(), limits).map(|(document, _)| Some(document))
}
