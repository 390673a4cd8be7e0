//! Messages that no known tool wrote, and those of CardShark's database: an array, or an object
//! with an array in it, whose items say who and what under one of the usual names.

use super::source::Source;
use super::transcript::{Cast, Fields, Speech, Transcript, others};
use super::view::{self, Role};
use crate::error::Warning;
use crate::json::{Document, Node, Shape, quote};
use crate::order;
use std::collections::HashMap;

/// So many messages are looked at to tell whose they are.
const SAMPLE: usize = 8;
/// Which chat a row of CardShark's database is of.
const SESSION: &str = "chat_session_uuid";
/// Where an object has its messages.
const LISTS: [&str; 8] = [
    "messages",
    "chat_messages",
    "conversation",
    "conversations",
    "history",
    "chat",
    "turns",
    "log",
];
const TEXTS: [&str; 8] = [
    "mes",
    "content",
    "message",
    "text",
    "value",
    "msg",
    "body",
    "rawContent",
];
const SPEAKERS: [&str; 8] = [
    "role", "is_user", "name", "from", "author", "speaker", "sender", "handle",
];
const NAMES: [&str; 6] = ["name", "handle", "speaker", "author", "sender", "from"];
const DATES: [&str; 8] = [
    "send_date",
    "timestamp",
    "create_date",
    "created_at",
    "createdAt",
    "create_time",
    "date",
    "time",
];

/// What a word says about who speaks.
pub(super) fn role_of(word: &str) -> Option<Role> {
    match word.trim().to_ascii_lowercase().as_str() {
        "user" | "human" | "player" | "you" | "me" | "prompter" => Some(Role::User),
        "assistant" | "bot" | "char" | "character" | "ai" | "model" | "gpt" | "npc" => {
            Some(Role::Character)
        }
        "system" | "narrator" | "tool" | "developer" | "thinking" => Some(Role::System),
        _ => None,
    }
}

/// What the messages are told to be; `None` when they are none.
pub(super) fn source(root: Node<'_>) -> Option<Source> {
    let (_, list) = list(root)?;
    let said = || list.items().filter(|item| !item.is_null()).take(SAMPLE);
    let first = said().next()?;
    if first.shape() == Shape::Array {
        let pair = first
            .items()
            .all(|item| matches!(item.shape(), Shape::String | Shape::Null));
        let source = Source::new("plain", "pairs", "an array of pairs of texts");
        return (pair && first.len() == 2).then_some(source);
    }
    let of = |item: Node<'_>, keys: &[&str]| keys.iter().any(|key| item.get(key).is_some());
    if !said().any(|item| of(item, &TEXTS) && of(item, &SPEAKERS)) {
        return None;
    }
    let has = |keys: &[&str]| said().any(|item| of(item, keys));
    Some(
        if has(&["metadata_json", "sequence_number", "message_id"]) {
            Source::new(
                "cardshark",
                "database",
                "messages have the columns of the database",
            )
        } else if has(&["variations", "currentVariation"]) {
            Source::new("cardshark", "view", "messages have `variations`")
        } else if has(&["value"]) && has(&["from"]) {
            Source::new("plain", "sharegpt", "messages have `from` and `value`")
        } else {
            Source::new("plain", "messages", "an array of messages")
        },
    )
}

/// The same of an array of objects that list messages each.
pub(super) fn nested(root: Node<'_>) -> Option<Source> {
    let says = |item: Node<'_>| TEXTS.into_iter().any(|key| item.get(key).is_some());
    let mut items = root.items().filter(|item| item.shape() == Shape::Object);
    (root.shape() == Shape::Array && !items.clone().any(says))
        .then(|| items.find_map(source))
        .flatten()
}

fn list(root: Node<'_>) -> Option<(&'static str, Node<'_>)> {
    match root.shape() {
        Shape::Array => Some(("", root)),
        Shape::Object => LISTS.into_iter().find_map(|name| {
            let list = root.get(name)?;
            (list.shape() == Shape::Array && !list.is_empty()).then_some((name, list))
        }),
        _ => None,
    }
}

pub(super) fn read(root: Node<'_>, transcript: &mut Transcript) {
    let Some((list_name, list)) = list(root) else {
        return;
    };
    let prefix = if list_name.is_empty() {
        String::new()
    } else {
        format!("{list_name}.")
    };
    // The rows of a table may be of several chats.
    let of = |item: Node<'_>| text(&[item], &[SESSION]).unwrap_or_default();
    let mut places = HashMap::new();
    let mut chats: Vec<Vec<(usize, Node<'_>)>> = Vec::new();
    for (n, item) in list.items().enumerate() {
        let place = *places.entry(of(item)).or_insert(chats.len());
        match chats.get_mut(place) {
            Some(chat) => chat.push((n, item)),
            None => chats.push(vec![(n, item)]),
        }
    }
    let alone = chats.len() < 2;
    let row = |chat: &[(usize, Node<'_>)]| {
        let id = of(chat.first()?.1);
        let mut rows = ["chat_sessions", "sessions"]
            .into_iter()
            .filter_map(|key| root.get(key))
            .flat_map(Node::items);
        rows.find(|row| !id.is_empty() && of(*row) == id)
    };
    for mut items in chats {
        let session = row(&items).or_else(|| {
            let mut sessions = ["session", "chat_session", "metadata"]
                .into_iter()
                .filter_map(|key| root.get(key));
            sessions.find(|session| session.shape() == Shape::Object)
        });
        let about: Vec<_> = [Some(root), session].into_iter().flatten().collect();
        let declared = found(&about, &["message_count", "messageCount"]);
        let declared = declared.filter(|node| node.shape() == Shape::Number);
        let cast = Cast {
            user: text(&about, &["user_name", "userName", "user"])
                .unwrap_or_else(|| "You".to_owned()),
            character: text(
                &about,
                &["character_name", "characterName", "character", "char"],
            )
            .unwrap_or_default(),
            title: text(&about, &["title", "name"]),
            declared: declared.map(|count| count.raw().to_owned()),
        };
        match session {
            Some(session) if !alone => transcript.chat(&cast, &others(session, &[])),
            _ => transcript.chat(&cast, &others(root, &[list_name])),
        }
        in_sequence(&mut items, list_name, transcript);
        for (n, item) in items {
            let path = format!("{prefix}{n}");
            match item.shape() {
                Shape::Object => say(item, &path, &cast, transcript),
                Shape::Array => pair(item, &path, &cast, transcript),
                _ => transcript.skip(&path, "the item is no message"),
            }
        }
    }
}

/// What one of several objects says under one of several names: a text or a number.
fn found<'a>(places: &[Node<'a>], keys: &[&str]) -> Option<Node<'a>> {
    let nodes = places
        .iter()
        .flat_map(|place| keys.iter().filter_map(|key| place.get(key)));
    let mut nodes = nodes.filter(|node| matches!(node.shape(), Shape::String | Shape::Number));
    nodes.next()
}

fn text(places: &[Node<'_>], keys: &[&str]) -> Option<String> {
    let text = found(places, keys)?.text()?.into_owned();
    (!text.is_empty()).then_some(text)
}

/// Puts rows in the order of their numbers, where all have one.
fn in_sequence(items: &mut Vec<(usize, Node<'_>)>, path: &str, transcript: &mut Transcript) {
    let number = |item: &(usize, Node<'_>)| view::number(item.1.get("sequence_number")?);
    if items.iter().all(|item| number(item).is_some())
        && !items.is_sorted_by_key(|item| number(item).unwrap_or_default())
    {
        order::sort_by(items, |a, b| {
            f64::total_cmp(
                &number(a).unwrap_or_default(),
                &number(b).unwrap_or_default(),
            )
        });
        let message = "the messages were put in the order of their `sequence_number`";
        transcript.warn(Warning::repaired("reordered", path, message));
    }
}

fn pair(pair: Node<'_>, path: &str, cast: &Cast, transcript: &mut Transcript) {
    let sides = [(Role::User, &cast.user), (Role::Character, &cast.character)];
    for (side, item) in pair.items().enumerate() {
        let path = format!("{path}.{side}");
        match (item.shape(), sides.get(side)) {
            (Shape::String, Some((role, name))) if item.raw() != "\"\"" => {
                transcript.say(
                    &path,
                    &Speech::new(name.as_str(), *role, item.raw().to_owned()),
                );
            }
            (Shape::String | Shape::Null, Some(_)) => {}
            _ => transcript.skip(&path, "the item is none of a pair of texts"),
        }
    }
}

fn say(message: Node<'_>, path: &str, cast: &Cast, transcript: &mut Transcript) {
    let text = TEXTS.into_iter().find_map(|key| {
        let node = message.get(key).filter(|node| !node.is_null())?;
        Some((key, json(node)?))
    });
    let Some((text_key, text)) = text else {
        return transcript.skip(path, "the message has no text");
    };
    let words = |key: &str| message.get(key).and_then(Node::text);
    let speaker = [
        "role", "from", "sender", "author", "type", "speaker", "name",
    ]
    .into_iter()
    .find_map(|key| role_of(&words(key)?));
    let flag = |keys: &[&str]| {
        keys.iter()
            .find_map(|key| message.get(key).and_then(view::truth))
    };
    let role = match (
        flag(&["is_system"]),
        flag(&["is_user", "isUser", "is_human", "fromUser"]),
    ) {
        (Some(true), _) => Role::System,
        (_, Some(true)) => Role::User,
        (_, Some(false)) => Role::Character,
        _ => speaker.unwrap_or(Role::Character),
    };
    let speaker = message.get("metadata");
    let speaker = speaker.and_then(|about| about.get("speakerName")?.text());
    let own = NAMES
        .into_iter()
        .filter_map(words)
        .chain(speaker)
        .find(|name| role_of(name).is_none() && !name.is_empty());
    let name = own.unwrap_or_else(|| match role {
        Role::User => cast.user.as_str().into(),
        Role::Character => cast.character.as_str().into(),
        Role::System => "System".into(),
    });
    let mut speech = Speech::new(name, role, text);
    let date = DATES
        .into_iter()
        .find(|key| message.get(key).is_some_and(|date| !date.is_null()));
    speech.date = date.and_then(|key| message.get(key));
    let reasoning = ["reasoning_content", "reasoning"]
        .into_iter()
        .find_map(words);
    let reasoning = reasoning.filter(|text| !text.is_empty());
    speech
        .known
        .extend(reasoning.map(|text| ("reasoning", quote(&text))));
    // CardShark's database keeps this column as a text.
    let column = words("metadata_json").and_then(|text| Document::parse(&text).ok());
    let column = column
        .as_ref()
        .map(Document::root)
        .or_else(|| message.get("metadata_json"));
    variations(
        message,
        column.or_else(|| message.get("metadata")),
        &mut speech,
    );
    speech.more = others(message, &[text_key, date.unwrap_or(text_key)]) as Fields<'_>;
    transcript.say(path, &speech);
}

/// The alternatives of a message, which may stand in what is said about it.
fn variations(message: Node<'_>, about: Option<Node<'_>>, speech: &mut Speech<'_>) {
    for place in [Some(message), about].into_iter().flatten() {
        let list = ["swipes", "variations"]
            .into_iter()
            .find_map(|key| place.get(key));
        let texts: Vec<String> = list
            .into_iter()
            .flat_map(Node::items)
            .filter_map(json)
            .collect();
        if texts.len() < 2 {
            continue;
        }
        let told = ["swipe_id", "currentVariation", "active_variation_index"]
            .into_iter()
            .find_map(|key| place.get(key)?.number());
        speech.swipe = told.map_or(0, |told| told as usize).min(texts.len() - 1);
        speech.swipes = texts;
        return;
    }
}

/// The words of a value as JSON: a text, or the texts in it.
pub(super) fn json(node: Node<'_>) -> Option<String> {
    match node.shape() {
        Shape::String => Some(node.raw().to_owned()),
        Shape::Number | Shape::Bool => Some(quote(node.raw())),
        Shape::Array | Shape::Object => view::spoken(node).map(|text| quote(&text)),
        Shape::Null => None,
    }
}
