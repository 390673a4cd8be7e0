//! The chats in an archive of Backyard AI: one a scenario in which somebody talked.
//!
//! What the character says has versions, of which the one shown last is the message; the others
//! are its swipes.

use super::date;
use super::source::Source;
use super::tools::words;
use super::transcript::{Cast, Speech, Transcript, others};
use super::view::Role;
use crate::backyard::{Shelf, is_talked, listed, macros, name};
use crate::container::zip;
use crate::error::{Kind, Limits, Result, Warning};
use crate::json::{Document, Node, Shape, quote};

/// The transcript of an archive of Backyard; `None` when the file is none.
pub(super) fn transcript(bytes: &[u8], limits: &Limits) -> Result<Option<Transcript>> {
    if !zip::is(bytes) {
        return Ok(None);
    }
    let Some(archive) = zip::read(bytes, limits, &mut Vec::new())? else {
        return Ok(None);
    };
    let mut budget = limits.archive;
    let shelf = Shelf {
        bytes,
        archive: &archive,
        limits,
    };
    let Some(manifest) = shelf.manifest(&mut budget) else {
        return Ok(None);
    };
    let character = listed(&manifest, "characters").first().map(|path| {
        let character = shelf.json(path, &mut budget).ok();
        character.map_or_else(String::new, |character| name(character.root()))
    });
    let mut warnings = Vec::new();
    let scenarios = shelf.scenarios(&manifest, &mut budget, &mut warnings);
    let mut talked = scenarios
        .iter()
        .filter(|(_, one)| is_talked(one))
        .peekable();
    if talked.peek().is_none() {
        return Err(Kind::NotAChat.because("nobody has talked in the archive's scenarios"));
    }
    let source = Source::new("backyard", "byaf", "its `manifest.json` lists characters");
    let mut transcript = Transcript::new(source);
    let character = character.unwrap_or_default();
    for (path, scenario) in talked {
        tell(path, scenario, &character, &mut transcript);
    }
    warnings
        .into_iter()
        .for_each(|warning| transcript.warn(warning));
    Ok(Some(transcript))
}

fn tell(path: &str, scenario: &Document, character: &str, transcript: &mut Transcript) {
    let root = scenario.root();
    let title = root.get("title").and_then(Node::text);
    let cast = Cast {
        user: "User".to_owned(),
        character: character.to_owned(),
        title: title
            .filter(|title| !title.trim().is_empty())
            .map(Into::into),
        declared: None,
    };
    transcript.chat(&cast, &others(root, &["messages", "title"]));
    let list = |key: &str| root.get(key).into_iter().flat_map(Node::items);
    for (n, first) in list("firstMessages").enumerate() {
        let text = first.get("text").and_then(Node::text).unwrap_or_default();
        if !text.trim().is_empty() {
            let text = quote(&macros(&text));
            let speech = Speech::new(character, Role::Character, text);
            transcript.say(&format!("{path}.firstMessages.{n}"), &speech);
        }
    }
    let mut messages: Vec<(usize, Node<'_>)> = list("messages").enumerate().collect();
    if let Some(paired) = paired(&messages) {
        messages = paired;
        let message = "all that one side said came before the other side; it was put in turns";
        transcript.warn(Warning::repaired(
            "reordered",
            format!("{path}.messages"),
            message,
        ));
    }
    for (n, message) in messages {
        let path = format!("{path}.messages.{n}");
        let said = match is_human(message) {
            true => Some((message, Role::User, Vec::new(), 0)),
            false => reply(message),
        };
        let Some((shown, role, swipes, swipe)) = said else {
            transcript.skip(&path, "the message has no text");
            continue;
        };
        let Some(text) = words(shown, "text") else {
            transcript.skip(&path, "the message has no text");
            continue;
        };
        let name = match role {
            Role::User => &cast.user,
            _ => &cast.character,
        };
        let mut speech = Speech::new(name.as_str(), role, text);
        speech.date = shown.get("createdAt");
        speech.more = others(shown, &["type", "text", "createdAt"]);
        let rest = others(
            message,
            &["type", "text", "createdAt", "updatedAt", "outputs"],
        );
        if role != Role::User {
            speech.more.extend(rest);
        }
        (speech.swipes, speech.swipe) = (swipes, swipe);
        transcript.say(&path, &speech);
    }
}

fn is_human(message: Node<'_>) -> bool {
    message.get("type").and_then(Node::text).as_deref() == Some("human")
}

/// The version of a reply that was shown last, all its versions, and which of them it is.
type Reply<'a> = (Node<'a>, Role, Vec<String>, usize);

fn reply(message: Node<'_>) -> Option<Reply<'_>> {
    let versions: Vec<Node<'_>> = match message.get("outputs") {
        Some(outputs) => outputs.items().collect(),
        None => vec![message],
    };
    let versions: Vec<(Node<'_>, String)> = versions
        .into_iter()
        .filter_map(|version| Some((version, words(version, "text")?)))
        .collect();
    let shown_at = |version: Node<'_>| version.get("activeTimestamp").and_then(date::parse);
    let mut last = 0;
    for (n, (version, _)) in versions.iter().enumerate() {
        if shown_at(*version) > shown_at(versions[last].0) {
            last = n;
        }
    }
    let shown = versions.get(last)?.0;
    let swipes = versions.into_iter().map(|(_, text)| text).collect();
    Some((shown, Role::Character, swipes, last))
}

/// The messages in turns, where the file has all of one side before the other: an early import
/// of Backyard's left chats so.
fn paired<'a>(messages: &[(usize, Node<'a>)]) -> Option<Vec<(usize, Node<'a>)>> {
    if messages.iter().any(|(_, it)| it.shape() != Shape::Object) {
        return None;
    }
    let (human, reply): (Vec<_>, Vec<_>) = messages
        .iter()
        .copied()
        .partition(|(_, message)| is_human(*message));
    let turns = messages.windows(2);
    let changes = turns.filter(|two| is_human(two[0].1) != is_human(two[1].1));
    (human.len() == reply.len() && human.len() > 1 && changes.count() == 1).then(|| {
        let turns = human.into_iter().zip(reply);
        turns.flat_map(|(human, reply)| [human, reply]).collect()
    })
}
