//! Which tool wrote a log, and when in its history, as far as the bytes tell.

use super::Dialect;
use super::view;
use crate::error::Limits;
use crate::json::{Document, Node, Shape};

/// Where a log comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Source {
    /// `sillytavern`, `tavernai`, `cardshark`, `world`, `chub`, `text-generation-webui`,
    /// `agnai`, `backyard`, `cai-tools`, `kobold-lite`, `risu`, `llama-cpp` or `plain`.
    pub tool: &'static str,
    /// The tool's form of that time: a year and month, a version, or a word.
    pub era: &'static str,
    /// What in the file says so.
    pub because: &'static str,
}

impl Source {
    pub(super) const fn new(
        tool: &'static str,
        era: &'static str,
        because: &'static str,
    ) -> Source {
        Source { tool, era, because }
    }

    /// The source of lines in a dialect.
    pub(super) fn of_lines<'a>(
        dialect: Dialect,
        header: Option<&[u8]>,
        lines: impl Iterator<Item = &'a [u8]>,
    ) -> Source {
        let limits = Limits::default();
        let header = header.and_then(|header| view::header(header, &limits));
        let messages: Vec<_> = lines
            .filter_map(|line| view::document(line, &limits).ok())
            .collect();
        let header = header.as_ref().map(Document::root);
        let messages: Vec<_> = messages.iter().map(Document::root).collect();
        let of_world = header.is_some_and(|header| header.get("metadata").is_some());
        let (era, because) = match dialect {
            Dialect::SillyTavern => sillytavern(header, &messages),
            Dialect::TavernAi => tavernai(header),
            Dialect::CardShark => cardshark(header),
            Dialect::World if of_world => ("1.0", "the header names a world's location"),
            Dialect::World => (
                "roles",
                "the lines have `role` and `content`, and no header of a world is there",
            ),
            Dialect::Chub => ("any", "`mes` is an object with `message`"),
        };
        let tool = match dialect {
            Dialect::World if !of_world => "plain",
            _ => dialect.as_str(),
        };
        Source::new(tool, era, because)
    }
}

type Told = (&'static str, &'static str);

fn sillytavern(header: Option<Node<'_>>, messages: &[Node<'_>]) -> Told {
    let says = |key: &str| messages.iter().any(|message| message.get(key).is_some());
    let metadata = header.and_then(|header| header.get("chat_metadata"));
    let name = header.and_then(|header| header.get("character_name")?.text());
    if metadata.is_some_and(|metadata| metadata.get("integrity").is_some()) {
        return ("2025-09", "the header has an `integrity`");
    }
    if name.as_deref() == Some("unused") {
        return ("2025-09", "the header leaves the names `unused`");
    }
    let dates = messages
        .iter()
        .filter_map(|message| message.get("send_date"));
    let dates: Vec<_> = dates.filter_map(Node::text).collect();
    let spelled = |test: &dyn Fn(&str) -> bool| dates.iter().any(|date| test(date));
    let (era, because) = if spelled(&|date| date.contains('T') && date.ends_with('Z')) {
        ("2025-09", "dates are ISO 8601")
    } else if spelled(&|date| date.starts_with(|c: char| c.is_alphabetic()) && date.len() > 8) {
        ("2023-06", "dates are spelled like `June 19, 2023 4:13pm`")
    } else if spelled(&|date| date.contains('@')) {
        (
            "2023-04",
            "dates are spelled like `2023-4-21 @20h 02m 47s 124ms`",
        )
    } else {
        ("any", "the messages have `mes`")
    };
    if header.is_none() && (says("original_avatar") || says("is_group") || says("force_avatar")) {
        return ("group", "messages name an avatar, and no header is there");
    }
    (era, because)
}

fn tavernai(header: Option<Node<'_>>) -> Told {
    let has = |key: &str| header.is_some_and(|header| header.get(key).is_some());
    if has("character_names") {
        ("rooms", "the header has `character_names`")
    } else if has("notes") || has("notes_type") {
        ("2023-03", "the header has `notes`")
    } else if header.is_some() {
        ("2023-01", "the header's date is a number")
    } else {
        ("2023-03", "messages have a `chid`")
    }
}

fn cardshark(header: Option<Node<'_>>) -> Told {
    let metadata = header.and_then(|header| header.get("chat_metadata"));
    let ids = ["chat_id", "created_timestamp", "lastUser"];
    let of_files = header.is_some_and(|header| header.get("character_id").is_some())
        || metadata.is_some_and(|metadata| {
            metadata.shape() == Shape::Object && ids.iter().any(|key| metadata.get(key).is_some())
        });
    if of_files {
        ("files", "the header has the ids of character and chat")
    } else {
        (
            "export",
            "dates are spelled like `December 31, 2025 3:12PM`",
        )
    }
}
