//! Chats that tools keep as trees: Agnai and llama.cpp. The branch that is shown becomes the
//! chat; the other answers at a place become swipes, and what is left a chat of its own.

use super::Fault;
use super::line::{Pieces, What};
use super::plain::{self, role_of};
use super::source::Source;
use super::tools::words;
use super::transcript::{Cast, Speech, Transcript, others};
use super::view::{self, Role};
use crate::error::{Limits, Warning};
use crate::json::{Document, Node, Shape};
use crate::order;
use std::collections::{HashMap, HashSet};

/// One message, wherever it hangs.
struct Leaf<'a> {
    path: String,
    id: Option<String>,
    parent: Option<String>,
    speech: Speech<'a>,
}

pub(super) fn agnai(root: Node<'_>, transcript: &mut Transcript) {
    let text =
        |key: &str| Some(root.get(key)?.text()?.into_owned()).filter(|text| !text.is_empty());
    let said = || root.get("messages").into_iter().flat_map(Node::items);
    let by = |user: bool| {
        let mut names = said().filter(|message| agnai_user(*message) == user);
        names.find_map(|message| Some(message.get("handle")?.text()?.into_owned()))
    };
    let cast = Cast {
        user: by(true).unwrap_or_else(|| "You".to_owned()),
        character: by(false).unwrap_or_default(),
        title: text("name"),
        declared: None,
    };
    let mut leaves = Vec::new();
    for (n, message) in said().enumerate() {
        let path = format!("messages.{n}");
        let Some(words) = words(message, "msg") else {
            transcript.skip(&path, "the message has no `msg`");
            continue;
        };
        let system = message.get("system").and_then(view::truth) == Some(true);
        let user = agnai_user(message);
        let role = match user {
            _ if system => Role::System,
            true => Role::User,
            false => Role::Character,
        };
        let own = message.get("handle").and_then(Node::text);
        let other = if user { &cast.user } else { &cast.character };
        let mut speech = Speech::new(own.as_deref().unwrap_or(other), role, words);
        speech.date = message.get("createdAt");
        let retries = message.get("retries").into_iter().flat_map(Node::items);
        let retries = retries.filter(|retry| retry.shape() == Shape::String);
        speech.swipes = std::iter::once(speech.text.clone())
            .chain(retries.map(|retry| retry.raw().to_owned()))
            .collect();
        speech.more = others(message, &["msg", "createdAt", "retries"]);
        leaves.push(Leaf {
            path,
            id: id(message, "_id").or_else(|| id(message, "id")),
            parent: id(message, "parent"),
            speech,
        });
    }
    let more = others(root, &["messages", "name"]);
    tell(transcript, &cast, &more, leaves, text("treeLeafId"));
}

fn agnai_user(message: Node<'_>) -> bool {
    let text = message.get("userId").and_then(Node::text);
    text.is_some_and(|text| !text.is_empty())
}

pub(super) fn llama_cpp(root: Node<'_>, transcript: &mut Transcript) {
    let Some(conversation) = root.get("conv") else {
        return;
    };
    let messages = root.get("messages").into_iter().flat_map(Node::items);
    let messages = messages.enumerate();
    let messages = messages.map(|(n, message)| (format!("messages.{n}"), message));
    llama_chat(conversation, messages.collect(), transcript);
}

fn llama_chat<'a>(
    conversation: Node<'a>,
    messages: Vec<(String, Node<'a>)>,
    transcript: &mut Transcript,
) {
    let mut leaves = Vec::new();
    for (path, message) in messages {
        // It holds the first messages together and says nothing.
        if message.get("type").and_then(Node::text).as_deref() == Some("root") {
            continue;
        }
        let Some(text) = message.get("content").and_then(plain::json) else {
            transcript.skip(&path, "the message has no `content`");
            continue;
        };
        let role = role_of(&message.get("role").and_then(Node::text).unwrap_or_default());
        let role = role.unwrap_or(Role::Character);
        let name = match role {
            Role::User => "User",
            Role::Character => "Assistant",
            Role::System => "System",
        };
        let mut speech = Speech::new(name, role, text);
        speech.date = message.get("timestamp");
        let reasoning = ["reasoningContent", "reasoning_content", "thinking"];
        let reasoning = reasoning.into_iter().find_map(|key| words(message, key));
        let reasoning = reasoning.filter(|text| text != "\"\"");
        speech
            .known
            .extend(reasoning.map(|text| ("reasoning", text)));
        let model = words(message, "model");
        speech.known.extend(model.map(|model| ("model", model)));
        speech.more = others(message, &["content", "timestamp"]);
        leaves.push(Leaf {
            path,
            id: id(message, "id"),
            parent: id(message, "parent"),
            speech,
        });
    }
    let cast = Cast {
        user: "User".to_owned(),
        character: "Assistant".to_owned(),
        title: id(conversation, "name"),
        declared: None,
    };
    let more = others(conversation, &["name", "type"]);
    tell(
        transcript,
        &cast,
        &more,
        leaves,
        id(conversation, "currNode"),
    );
}

/// The lines that llama.cpp exports: `{"type":"session"}`, then `{"type":"message"}` each.
/// `None` when the first line is none of them.
pub(super) fn llama_lines(bytes: &[u8]) -> Option<(Transcript, Vec<Fault>)> {
    let limits = Limits::default();
    let mut first = Pieces::of(bytes).filter(|piece| piece.what != What::Blank);
    let first = first.next()?;
    let begin = Document::read(&bytes[first.start..first.end], &limits)
        .ok()?
        .0;
    let kind = |node: Node<'_>| {
        node.get("type")
            .and_then(Node::text)
            .unwrap_or_default()
            .into_owned()
    };
    if kind(begin.root()) != "session" {
        return None;
    }
    let source = Source::new("llama-cpp", "lines", "the first line's type is `session`");
    let mut transcript = Transcript::new(source);
    let mut faults = Vec::new();
    let mut session: Option<Document> = None;
    let mut lines: Vec<(String, Document)> = Vec::new();
    let mut close = |session: &Option<Document>, lines: &[(String, Document)]| {
        if let Some(session) = session {
            let messages = lines.iter().map(|(path, document)| {
                let root = document.root();
                let inner = root.get("message");
                let inner = inner.filter(|inner| inner.shape() == Shape::Object);
                (path.clone(), inner.unwrap_or(root))
            });
            llama_chat(session.root(), messages.collect(), &mut transcript);
        }
    };
    for piece in Pieces::of(bytes) {
        if piece.what == What::Blank {
            continue;
        }
        let mut fault = |code, message: String| {
            faults.push(Fault {
                line: piece.line as i64,
                code,
                message,
            });
        };
        match Document::read(&bytes[piece.start..piece.end], &limits) {
            Err(error) => match &piece.what {
                What::Fault(code, message) => fault(code, message.clone()),
                _ => fault("bad-json", error.detail().to_owned()),
            },
            Ok((document, _)) => match kind(document.root()).as_str() {
                "session" => {
                    close(&session, &lines);
                    lines.clear();
                    session = Some(document);
                }
                "message" if document.root().get("message").is_some() => {
                    lines.push((format!("line {}", piece.line), document));
                }
                // A message without anything around it, as the JSON form lists them.
                _ if ["role", "content"]
                    .iter()
                    .all(|key| document.root().get(key).is_some()) =>
                {
                    lines.push((format!("line {}", piece.line), document));
                }
                _ => fault(
                    "not-a-message",
                    "the object is neither a session nor a message".to_owned(),
                ),
            },
        }
    }
    close(&session, &lines);
    Some((transcript, faults))
}

/// Tells the branch that ends in `leaf`, or in the last message, and then what is left.
fn tell(
    transcript: &mut Transcript,
    cast: &Cast,
    more: &super::transcript::Fields<'_>,
    leaves: Vec<Leaf<'_>>,
    leaf: Option<String>,
) {
    let places: HashMap<&str, usize> = leaves
        .iter()
        .enumerate()
        .filter_map(|(n, leaf)| Some((leaf.id.as_deref()?, n)))
        .collect();
    let above = |n: usize| places.get(leaves[n].parent.as_deref()?).copied();
    let hangs = (0..leaves.len()).any(|n| above(n).is_some());
    if !hangs {
        transcript.chat(cast, more);
        for leaf in &leaves {
            transcript.say(&leaf.path, &leaf.speech);
        }
        return;
    }
    let parents: HashSet<usize> = (0..leaves.len()).filter_map(above).collect();
    let end = leaf.and_then(|leaf| places.get(leaf.as_str()).copied());
    let mut shown = vec![end.unwrap_or(leaves.len() - 1)];
    let mut seen: HashSet<usize> = shown.iter().copied().collect();
    while let Some(next) = above(shown[shown.len() - 1])
        && seen.insert(next)
    {
        shown.push(next);
    }
    shown.reverse();
    // The answers beside a shown one, under the same parent and by the same side.
    let key = |n: usize| (leaves[n].parent.clone(), leaves[n].speech.role.as_str());
    let shown_at: HashMap<_, _> = shown.iter().map(|n| (key(*n), *n)).collect();
    let mut beside: HashMap<usize, Vec<usize>> = HashMap::new();
    let mut left = Vec::new();
    for n in (0..leaves.len()).filter(|n| !seen.contains(n)) {
        match shown_at.get(&key(n)) {
            Some(shown) if !parents.contains(&n) => beside.entry(*shown).or_default().push(n),
            _ => left.push(n),
        }
    }
    let mut swipes: HashMap<usize, (Vec<String>, usize)> = HashMap::new();
    for (n, others) in &beside {
        let mut all: Vec<usize> = others.iter().copied().chain([*n]).collect();
        order::sort_by(&mut all, usize::cmp);
        let own = &leaves[*n].speech;
        let mut texts: Vec<String> = Vec::new();
        let mut at = 0;
        for other in all {
            let speech = &leaves[other].speech;
            if other == *n {
                at = texts.len() + own.swipe;
            }
            match speech.swipes.is_empty() {
                true => texts.push(speech.text.clone()),
                false => texts.extend(speech.swipes.iter().cloned()),
            }
        }
        swipes.insert(*n, (texts, at));
    }
    let mut leaves: Vec<Option<Leaf<'_>>> = leaves.into_iter().map(Some).collect();
    transcript.chat(cast, more);
    for n in shown {
        if let Some(mut leaf) = leaves[n].take() {
            if let Some((texts, at)) = swipes.remove(&n) {
                (leaf.speech.swipes, leaf.speech.swipe) = (texts, at);
            }
            transcript.say(&leaf.path, &leaf.speech);
        }
    }
    if left.is_empty() {
        return;
    }
    let title = cast.title.as_deref().unwrap_or("chat");
    let cast = Cast {
        user: cast.user.clone(),
        character: cast.character.clone(),
        title: Some(format!("{title}, other branches")),
        declared: None,
    };
    let message = format!(
        "{} messages are on branches that are not shown; they are a chat of their own",
        left.len()
    );
    transcript.warn(Warning::noticed("branches", "", message));
    transcript.chat(&cast, &Vec::new());
    for n in left {
        if let Some(leaf) = leaves[n].take() {
            transcript.say(&leaf.path, &leaf.speech);
        }
    }
}

/// A name or number that others refer to.
fn id(node: Node<'_>, key: &str) -> Option<String> {
    let node = node.get(key)?;
    match node.shape() {
        Shape::String => node
            .text()
            .map(|text| text.into_owned())
            .filter(|text| !text.is_empty()),
        Shape::Number => Some(node.raw().to_owned()),
        _ => None,
    }
}
