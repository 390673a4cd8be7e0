//! The folder tree of a world in an archive: `world_state.json`, `metadata.json`,
//! `chats/{location}_chat.jsonl`, `events/{id}.json`, and whatever else lies there, such as
//! `images/backgrounds/…`. Taken apart and put together; knows nothing of where the pieces go.

use super::{read as read_state, shown, view};
use crate::container::zip::{self, File, Stored};
use crate::error::{Kind, Limits, Result, Warning};
use crate::json::{Document, Node, Shape, Step, quote};
use crate::order;
use std::collections::HashSet;

/// The state of the world.
pub const STATE: &str = "world_state.json";
/// What is told of the world beside it.
pub const METADATA: &str = "metadata.json";

/// The state as it came, where it was of another form.
pub const ORIGINAL: &str = "original/world_state.json";

/// Files by their paths.
type Files = Vec<(String, Vec<u8>)>;

const CHATS: &str = "chats/";
const CHAT: &str = "_chat";
const EVENTS: &str = "events/";

/// A tree that was taken apart.
#[derive(Debug)]
pub struct Tree {
    /// The state, with events that only had files of their own.
    pub state: Document,
    /// The chats, in the order of their names.
    pub chats: Vec<Chat>,
    /// Everything else by its path, in the order of the archive.
    pub others: Vec<(String, Vec<u8>)>,
    /// What was odd.
    pub warnings: Vec<Warning>,
}

/// The file of a chat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chat {
    /// The file's name without its folder.
    pub name: String,
    /// The location, as its first line tells it, or its name.
    pub location: String,
    /// The file.
    pub bytes: Vec<u8>,
}

/// Takes an archive apart that holds the tree of a world, also within a folder. One bad file
/// hides no other; names that lead out of the tree are left out, with a warning.
///
/// # Errors
/// `not-a-world` when there is no `world_state.json`, those of [`super::read`] for it, and
/// `too-large`.
pub fn read(bytes: &[u8], limits: &Limits) -> Result<Tree> {
    let mut warnings = Vec::new();
    let archive = zip::read(bytes, limits, &mut warnings)?;
    let none = || Kind::NotAWorld.because("there is no `world_state.json` in the archive");
    let archive = archive.ok_or_else(none)?;
    let root = archive.entries.iter().filter_map(|entry| {
        let folder = entry.name.strip_suffix(STATE)?;
        (folder.is_empty() || folder.ends_with('/')).then_some(folder)
    });
    let root = root.min_by_key(|folder| folder.len()).ok_or_else(none)?;
    let mut budget = limits.archive;
    let mut state = None;
    let mut events = Vec::new();
    let mut chats = Vec::new();
    let mut others = Vec::new();
    for entry in &archive.entries {
        let path = entry.name.strip_prefix(root).filter(|path| is_inside(path));
        let Some(path) = path else {
            let message = "the entry is not in the world's folder";
            warnings.push(Warning::noticed("left-out", shown(&entry.name), message));
            continue;
        };
        let content = match entry.content(bytes, &mut budget, limits, &mut warnings) {
            Ok(content) => content.into_owned(),
            Err(error) if error.kind() == Kind::TooLarge || path == STATE => return Err(error),
            Err(error) => {
                let message = error.detail().to_owned();
                warnings.push(Warning::noticed("left-out", shown(path), message));
                continue;
            }
        };
        if path == STATE {
            state = Some(content);
        } else if let Some(name) = file_in(path, CHATS, ".jsonl") {
            chats.push(Chat {
                location: told_location(&content, limits).unwrap_or_else(|| location_of(name)),
                name: format!("{name}.jsonl"),
                bytes: content,
            });
        } else if let Some(name) = file_in(path, EVENTS, ".json") {
            match event(name, &content, limits) {
                Some(event) => events.push((path.to_owned(), content, event)),
                None => {
                    let message = "the file is no event; it is kept beside the world";
                    warnings.push(Warning::noticed("bad-event", shown(path), message));
                    others.push((path.to_owned(), content));
                }
            }
        } else {
            others.push((path.to_owned(), content));
        }
    }
    order::sort_by(&mut chats, |a, b| a.name.cmp(&b.name));
    let (mut state, odd) = read_state(&state.ok_or_else(none)?, limits)?;
    warnings.extend(odd);
    let told = others.iter().find(|(path, _)| path == METADATA);
    let told = told.map(|(_, bytes)| told_beside(bytes));
    if let Some(None) = told {
        let message = "the file is no object; it is written anew from the state";
        warnings.push(Warning::repaired("bad-metadata", METADATA, message));
    }
    let damaged = state.root().get("metadata");
    if damaged.is_some_and(|metadata| metadata.shape() != Shape::Object) {
        let folder = root.trim_end_matches('/').rsplit('/').next();
        let named = format!(
            "{{\"version\":\"1.0\",\"name\":{}}}",
            quote(folder.unwrap_or_default())
        );
        let told = told.flatten();
        let raw = told.as_ref().map_or(&*named, |told| told.root().raw());
        state = state.set(&["metadata".into()], raw)?;
        let message = "they were damaged; they are those of `metadata.json`, or the folder's name";
        warnings.push(Warning::repaired("metadata-rebuilt", "metadata", message));
    }
    state = with_events(state, events, &mut others, &mut warnings)?;
    Ok(Tree {
        state,
        chats,
        others,
        warnings,
    })
}

/// Puts a tree together: the state, what is told of it, its events, the chats, and the others.
///
/// # Errors
/// `too-large` over what an archive can hold.
pub fn write(
    state: &Document,
    chats: &[Chat],
    others: &[(String, Vec<u8>)],
    safe: &dyn Fn(&str) -> String,
) -> Result<Vec<u8>> {
    let (bare, others) = without_events(state, others)?;
    let events: Vec<(String, Vec<u8>)> = events_of(&bare)
        .map(|(id, event)| {
            let name = format!("{EVENTS}{}.json", safe(&id));
            (name, event.raw().as_bytes().to_vec())
        })
        .collect();
    let came = others.iter().find(|(path, _)| path == METADATA);
    let metadata = metadata(state, came.map(|(_, bytes)| &**bytes));
    let metadata = (METADATA.to_owned(), metadata);
    let state = (STATE.to_owned(), bare.bytes().to_vec());
    let chats: Vec<(String, Vec<u8>)> = chats
        .iter()
        .map(|chat| (format!("{CHATS}{}", chat.name), chat.bytes.clone()))
        .collect();
    let all = [&state, &metadata].into_iter();
    let all = all.chain(&others).chain(&events).chain(&chats);
    let mut names = HashSet::new();
    let files: Vec<File<'_>> = all
        .filter(|(name, _)| names.insert(name.as_str()))
        .map(|(name, bytes)| File {
            name,
            bytes,
            stored: Stored::Deflated,
        })
        .collect();
    zip::write(&files)
}

/// The name of the nth chat of a location, from 0.
pub fn chat_name(location: &str, n: usize) -> String {
    match n {
        0 => format!("{location}{CHAT}.jsonl"),
        n => format!("{location}{CHAT}_{}.jsonl", n + 1),
    }
}

/// The location that the name of a chat's file tells.
fn location_of(name: &str) -> String {
    let (location, rest) = name.rsplit_once(CHAT).unwrap_or((name, ""));
    let number = rest.strip_prefix('_').unwrap_or(rest);
    match number.chars().all(|c| c.is_ascii_digit()) {
        true => location.to_owned(),
        false => name.to_owned(),
    }
}

/// The name of a file that lies in a folder, without its extension.
fn file_in<'p>(path: &'p str, folder: &str, extension: &str) -> Option<&'p str> {
    let name = path.strip_prefix(folder)?.strip_suffix(extension)?;
    (!name.is_empty() && !name.contains('/')).then_some(name)
}

/// Whether a path stays in the tree, whoever makes a file of it.
pub fn is_inside(path: &str) -> bool {
    let odd = |part: &str| part.is_empty() || part == "." || part == "..";
    !path.contains(['\\', ':', '\0']) && !path.split('/').any(odd)
}

/// Whether a file may lie at a path of the tree: within it, and where neither the state nor what
/// is told of it nor a chat is.
pub fn is_free(path: &str) -> bool {
    let taken = [STATE, METADATA].contains(&path) || path.starts_with(CHATS);
    is_inside(path) && !taken && !path.contains(char::is_control)
}

/// The events of a state with an id: those of its locations, and its own.
fn events_of(state: &Document) -> impl Iterator<Item = (String, Node<'_>)> {
    let root = state.root();
    let maps = ["locations", "unconnected_locations"].into_iter();
    let maps = maps.filter_map(move |map| root.get(map));
    let places = maps.flat_map(|map| view::members(map).into_iter().map(|(_, place)| place));
    let lists = places.chain([root]);
    let lists = lists.filter_map(|holder| holder.get("events"));
    let events = lists.flat_map(Node::items);
    events.filter_map(|event| Some((event.get("id")?.text()?.into_owned(), event)))
}

/// An event that a file holds, called as the file where it has no id.
fn event(name: &str, content: &[u8], limits: &Limits) -> Option<Document> {
    let (event, _) = Document::read(content, limits).ok()?;
    match event.root().get("id").and_then(Node::text) {
        _ if event.root().shape() != Shape::Object => None,
        Some(_) => Some(event),
        None => event.set(&["id".into()], &quote(name)).ok(),
    }
}

fn id_of(event: &Document) -> String {
    let id = event.root().get("id").and_then(Node::text);
    id.unwrap_or_default().into_owned()
}

/// The state with events that it lacks, as events of the world itself. Their files stay beside
/// it, so that they go out as they came, and so does what a file tells of an event otherwise.
fn with_events(
    state: Document,
    events: Vec<(String, Vec<u8>, Document)>,
    others: &mut Files,
    warnings: &mut Vec<Warning>,
) -> Result<Document> {
    let mut known: HashSet<String> = events_of(&state).map(|(id, _)| id).collect();
    let mut made = state.clone();
    for (path, content, event) in events {
        let id = id_of(&event);
        let there = events_of(&state).find(|(known, _)| *known == id);
        if there.is_some_and(|(_, there)| there.same(event.root())) {
            continue;
        }
        if known.insert(id) {
            let events = made.root().get("events");
            made = match events.filter(|list| list.shape() == Shape::Array) {
                Some(_) => made.push(&["events".into()], event.root().raw())?,
                None => made.set(&["events".into()], &format!("[{}]", event.root().raw()))?,
            };
        } else {
            let message = "the state has this event and says something else; the file stays beside";
            warnings.push(Warning::noticed("event-differs", shown(&path), message));
        }
        others.push((path, content));
    }
    Ok(made)
}

/// The state without the events that are as their files beside it, and what lies beside it
/// without the files of events that were changed or taken out since.
fn without_events(state: &Document, others: &[(String, Vec<u8>)]) -> Result<(Document, Files)> {
    let mut bare = state.clone();
    let mut left = Vec::with_capacity(others.len());
    for (path, content) in others.iter().rev() {
        let name = file_in(path, EVENTS, ".json");
        let Some(event) = name.and_then(|name| event(name, content, &Limits::default())) else {
            left.push((path.clone(), content.clone()));
            continue;
        };
        let id = id_of(&event);
        let own = bare.root().get("events").map(Node::items);
        let own: Vec<Node<'_>> = own.into_iter().flatten().collect();
        let is_same = |own: &Node<'_>| own.same(event.root());
        if let Some(n) = own.iter().rposition(is_same) {
            let path: [Step<'_>; 2] = ["events".into(), n.into()];
            // A list that was made for them goes with the last of them.
            let last = bare.root().entries().last();
            let alone = own.len() == 1 && last.is_some_and(|(key, _)| key == "events");
            let length = if alone { 1 } else { 2 };
            bare = bare.remove(&path[..length])?;
        } else {
            let called = |own: &Node<'_>| {
                own.get("id")
                    .and_then(Node::text)
                    .is_some_and(|own| *own == *id)
            };
            if own.iter().any(called) || !events_of(&bare).any(|(known, _)| known == id) {
                continue;
            }
        }
        left.push((path.clone(), content.clone()));
    }
    left.reverse();
    Ok((bare, left))
}

/// What is told of a world beside its state: what came, with the name as it is now, or what the
/// state says of itself.
fn metadata(state: &Document, came: Option<&[u8]>) -> Vec<u8> {
    let summary = super::summary(state);
    let came = came.and_then(told_beside);
    let told = || {
        let told = state.root().get("metadata");
        let told = told.filter(|told| told.shape() == Shape::Object);
        state.sibling(told.map_or("{}", Node::raw)).ok()
    };
    let Some(base) = came.or_else(told) else {
        return b"{}".to_vec();
    };
    let name = base.root().get("name").and_then(Node::text);
    if name.as_deref() == Some(&*summary.name) || summary.name.is_empty() {
        return base.bytes().to_vec();
    }
    let named = base.set(&["name".into()], &quote(&summary.name));
    named.unwrap_or(base).bytes().to_vec()
}

/// What a file tells of a world, when it is an object.
fn told_beside(bytes: &[u8]) -> Option<Document> {
    let (told, _) = Document::read(bytes, &Limits::default()).ok()?;
    (told.root().shape() == Shape::Object).then_some(told)
}

/// The location that the first line of a chat names.
fn told_location(bytes: &[u8], limits: &Limits) -> Option<String> {
    let line = bytes.split(|byte| *byte == b'\n').next()?;
    let (header, _) = Document::read(line, limits).ok()?;
    let metadata = header.root().get("metadata")?;
    let location = metadata.get("location_id")?.text()?;
    (!location.is_empty()).then(|| location.into_owned())
}
