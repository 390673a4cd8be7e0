//! How other tools keep a chat whose messages follow each other: TavernAI's first form,
//! KoboldAI Lite, CAI Tools, text-generation-webui, RisuAI.

use super::transcript::{Cast, Speech, Transcript, others};
use super::view::{self, Role};
use crate::error::Warning;
use crate::json::{Node, Shape, quote};
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

/// A longer name is a sentence with a colon in it.
const MOST_NAME: usize = 64;

/// What text-generation-webui tells the model that the user says where the character begins.
const BEGINS: &str = "<|BEGIN-VISIBLE-CHAT|>";

/// Name and words of `Name: words`.
pub(super) fn named(text: &str) -> Option<(&str, &str)> {
    let (name, words) = text.split_once(':')?;
    let fits = !name.trim().is_empty() && name.len() <= MOST_NAME && !name.contains('\n');
    fits.then(|| (name.trim(), words.strip_prefix(' ').unwrap_or(words)))
}

/// `["Ann: Hi.\n", "You: Hello.\n"]`.
pub(super) fn tavernai(root: Node<'_>, transcript: &mut Transcript) {
    let texts = root.items().filter_map(Node::text);
    let character = texts
        .filter_map(|text| named(&text).map(|(name, _)| name.to_owned()))
        .find(|name| name != "You");
    let cast = Cast {
        user: "You".to_owned(),
        character: character.unwrap_or_default(),
        ..Cast::default()
    };
    transcript.chat(&cast, &Vec::new());
    for (n, item) in root.items().enumerate() {
        let path = n.to_string();
        let Some(text) = (item.shape() == Shape::String)
            .then(|| item.text())
            .flatten()
        else {
            transcript.skip(&path, "the item is no text");
            continue;
        };
        let text = text.strip_suffix('\n').unwrap_or(&text);
        let text = text.strip_suffix('\r').unwrap_or(text);
        let (name, words) = named(text).unwrap_or_else(|| {
            transcript.skip(
                &path,
                "the text names no speaker; it was taken as the character's",
            );
            (cast.character.as_str(), text)
        });
        let role = match name {
            "You" => Role::User,
            _ => Role::Character,
        };
        transcript.say(&path, &Speech::new(name, role, quote(words)));
    }
}

/// A story: a beginning and what followed, with marks where somebody else speaks.
pub(super) fn kobold_lite(root: Node<'_>, transcript: &mut Transcript) {
    let setting = |key: &str| {
        let text = root.get("savedsettings")?.get(key)?.text()?;
        (!text.is_empty()).then(|| text.into_owned())
    };
    let user = setting("chatname").unwrap_or_else(|| "User".to_owned());
    let opponents = setting("chatopponent").unwrap_or_default();
    let opponents: Vec<&str> = opponents
        .split("||$||")
        .filter(|name| !name.is_empty())
        .collect();
    let cast = Cast {
        user: user.clone(),
        character: opponents.join(", "),
        title: None,
        declared: None,
    };
    // The settings may hold keys of services, which have no place in a chat.
    transcript.chat(
        &cast,
        &others(root, &["prompt", "actions", "savedsettings"]),
    );
    transcript.listed(root, "actions", "");
    let first = opponents.first().copied().unwrap_or_default();
    let opponents: HashSet<&str> = opponents.into_iter().collect();
    let mut story = String::new();
    let mut parts = Vec::new();
    if let Some(prompt) = root.get("prompt").and_then(Node::text) {
        story.push_str(&prompt);
        parts.push(("prompt".to_owned(), prompt.into_owned()));
    }
    for (n, action) in root
        .get("actions")
        .into_iter()
        .flat_map(Node::items)
        .enumerate()
    {
        let path = format!("actions.{n}");
        match (action.shape() == Shape::String)
            .then(|| action.text())
            .flatten()
        {
            Some(text) => {
                story.push_str(&text);
                parts.push((path, text.into_owned()));
            }
            None => transcript.skip(&path, "the action is no text"),
        }
    }
    let mut tell = |path: &str, role: Role, text: &str| {
        let text = text.trim();
        if text.is_empty() {
            return;
        }
        let (name, words) = match role {
            Role::User => match named(text) {
                Some((name, words)) if name == user => (name, words),
                _ => (user.as_str(), text),
            },
            Role::System => ("System", text),
            Role::Character => match named(text) {
                Some((name, words)) if opponents.contains(name) => (name, words),
                _ => (first, text),
            },
        };
        transcript.say(path, &Speech::new(name, role, quote(words.trim())));
    };
    if story.contains("{{[INPUT]}}") || story.contains("{{[OUTPUT]}}") {
        let mut role = Role::Character;
        let mut rest = story.as_str();
        while !rest.is_empty() {
            let (words, mark, behind) = next_mark(rest);
            tell("actions", role, words);
            role = mark.unwrap_or(role);
            rest = behind;
        }
        return;
    }
    let speaker = |line: &str| {
        let (name, _) = named(line)?;
        if name == user {
            Some(Role::User)
        } else {
            opponents.contains(name).then_some(Role::Character)
        }
    };
    if story.lines().any(|line| speaker(line) == Some(Role::User)) {
        let (mut role, mut said) = (Role::Character, String::new());
        for line in story.split_inclusive('\n') {
            if let Some(next) = speaker(line) {
                tell("actions", role, &said);
                (role, said) = (next, String::new());
                if next == Role::User {
                    said.push_str(named(line).map_or(line, |(_, words)| words));
                    continue;
                }
            }
            said.push_str(line);
        }
        tell("actions", role, &said);
        return;
    }
    for (path, text) in &parts {
        // What the player does in an adventure.
        match text.trim_start().strip_prefix("> ") {
            Some(deed) => tell(path, Role::User, deed),
            None => tell(path, Role::Character, text),
        }
    }
}

/// The words before the next mark, who speaks behind it, and what stands there.
fn next_mark(text: &str) -> (&str, Option<Role>, &str) {
    const MARKS: [(&str, Option<Role>); 6] = [
        ("{{[INPUT]}}", Some(Role::User)),
        ("{{[OUTPUT]}}", Some(Role::Character)),
        ("{{[SYSTEM]}}", Some(Role::System)),
        ("{{[INPUT_END]}}", None),
        ("{{[OUTPUT_END]}}", None),
        ("{{[SYSTEM_END]}}", None),
    ];
    for (at, _) in text.match_indices("{{[") {
        for (mark, role) in MARKS {
            if let Some(behind) = text[at..].strip_prefix(mark) {
                return (&text[..at], role, behind);
            }
        }
    }
    (text, None, "")
}

/// Chats of character.ai, as the browser extension saves them.
pub(super) fn cai_tools(root: Node<'_>, transcript: &mut Transcript) {
    let outer = root.get("histories");
    let (list, prefix) = match outer.and_then(|outer| outer.get("histories")) {
        Some(inner) => (Some(inner), "histories.histories"),
        None => (outer, "histories"),
    };
    let info = |key: &str| Some(root.get("info")?.get(key)?.text()?.into_owned());
    for (n, history) in list.into_iter().flat_map(Node::items).enumerate() {
        if history.shape() != Shape::Object {
            transcript.skip(&format!("{prefix}.{n}"), "the item is no chat");
            continue;
        }
        transcript.listed(history, "msgs", &format!("{prefix}.{n}"));
        let said = || history.get("msgs").into_iter().flat_map(Node::items);
        let by = |human: bool| {
            let mut names = said().filter(|message| is_human(*message) == human);
            names.find_map(|message| Some(message.get("src")?.get("name")?.text()?.into_owned()))
        };
        let cast = Cast {
            user: by(true).unwrap_or_else(|| "You".to_owned()),
            character: by(false).or_else(|| info("name")).unwrap_or_default(),
            ..Cast::default()
        };
        transcript.chat(&cast, &others(history, &["msgs"]));
        for (m, message) in said().enumerate() {
            let path = format!("{prefix}.{n}.msgs.{m}");
            let Some(text) = words(message, "text") else {
                transcript.skip(&path, "the message has no text");
                continue;
            };
            let human = is_human(message);
            let own = message.get("src").and_then(|src| src.get("name")?.text());
            let other = if human { &cast.user } else { &cast.character };
            let role = if human { Role::User } else { Role::Character };
            let name = own.map_or_else(|| other.clone(), |own| own.into_owned());
            let mut speech = Speech::new(name, role, text);
            speech.date = ["created", "create_time", "timestamp"]
                .into_iter()
                .find_map(|key| message.get(key));
            speech.more = others(message, &["text", "created", "create_time", "timestamp"]);
            transcript.say(&path, &speech);
        }
    }
}

fn is_human(message: Node<'_>) -> bool {
    let flag = message.get("src").and_then(|src| src.get("is_human"));
    flag.and_then(view::truth) == Some(true)
}

/// Pairs of what the user and what the character said, and beside them what the model saw.
pub(super) fn webui(root: Node<'_>, transcript: &mut Transcript) {
    let list = |names: [&'static str; 2]| {
        let mut lists = names
            .into_iter()
            .filter_map(|name| Some((name, root.get(name)?)));
        lists.find(|(_, list)| list.shape() == Shape::Array)
    };
    let (shown, seen) = (
        list(["visible", "data_visible"]),
        list(["internal", "data"]),
    );
    let name = |keys: [&str; 2]| {
        let mut names = keys.into_iter().filter_map(|key| root.get(key)?.text());
        names
            .find(|name| !name.is_empty())
            .map(|name| name.into_owned())
    };
    let cast = Cast {
        user: name(["name1", "user_name"]).unwrap_or_else(|| "You".to_owned()),
        character: name(["name2", "character"]).unwrap_or_default(),
        ..Cast::default()
    };
    let kept = ["visible", "internal", "data_visible", "data", "metadata"];
    transcript.chat(&cast, &others(root, &kept));
    let (shown_name, shown) = shown.map_or(("visible", Vec::new()), |(name, list)| {
        (name, list.items().collect())
    });
    let seen: Vec<Node<'_>> = seen.map_or_else(Vec::new, |(_, list)| list.items().collect());
    if shown.len() != seen.len() && !seen.is_empty() {
        let message = format!(
            "{} pairs are shown and {} were seen by the model",
            shown.len(),
            seen.len()
        );
        transcript.warn(Warning::noticed("count-differs", shown_name, message));
    }
    let metadata = root.get("metadata").into_iter().flat_map(Node::entries);
    let metadata: HashMap<Cow<'_, str>, Node<'_>> = metadata.collect();
    for n in 0..shown.len().max(seen.len()) {
        let path = format!("{shown_name}.{n}");
        let pair: Node<'_> = match shown.get(n).or_else(|| seen.get(n)) {
            Some(pair) if pair.shape() == Shape::Array => *pair,
            _ => {
                transcript.skip(&path, "the item is no pair of texts");
                continue;
            }
        };
        let beside = seen.get(n).filter(|pair| pair.shape() == Shape::Array);
        for side in 0..pair.len().max(beside.map_or(0, |pair| pair.len())) {
            let path = format!("{path}.{side}");
            let inner = beside.and_then(|pair| pair.at(side));
            let Some(text) = pair.at(side).or(inner) else {
                continue;
            };
            if side > 1 {
                transcript.skip(&path, "a pair has two texts");
                continue;
            }
            let said = (text.shape() == Shape::String).then_some(text);
            let Some(said) = said else {
                if !text.is_null() {
                    transcript.skip(&path, "the item is no text");
                }
                continue;
            };
            let (role, who, name) = match side {
                0 => (Role::User, "user", &cast.user),
                _ => (Role::Character, "assistant", &cast.character),
            };
            let about = metadata.get(format!("{who}_{n}").as_str());
            // Nothing was said: the other side began.
            let begins = |text: &str| text.is_empty() && about.is_none() || text == BEGINS;
            if said.text().is_some_and(|text| begins(&text)) {
                continue;
            }
            // What is shown is written for a page, with `&#x27;` for every apostrophe.
            let shown = said.text().unwrap_or_default();
            let plain = inner.filter(|inner| {
                let seen = inner.text().filter(|_| inner.shape() == Shape::String);
                shown.contains('&') && seen.is_some_and(|seen| of_page(&shown) == seen)
            });
            let text = plain.unwrap_or(said).raw().to_owned();
            let mut speech = Speech::new(name.as_str(), role, text);
            if let Some(about) = about {
                speech.date = about.get("timestamp");
                let versions: Vec<String> = about
                    .get("versions")
                    .into_iter()
                    .flat_map(Node::items)
                    .filter_map(webui_version)
                    .collect();
                let told = about.get("current_version_index").and_then(Node::number);
                speech.swipe = told
                    .map_or(0, |told| told as usize)
                    .min(versions.len().saturating_sub(1));
                speech.swipes = versions;
                speech.more = others(*about, &["timestamp"]);
            }
            match (plain, inner.filter(|inner| !inner.same(said))) {
                (Some(_), _) => speech.more.push(("visible".to_owned(), said.raw())),
                (None, Some(inner)) => speech.more.push(("internal".to_owned(), inner.raw())),
                (None, None) => {}
            }
            transcript.say(&path, &speech);
        }
    }
}

/// An alternative: as the model said it where what is shown is that for a page.
fn webui_version(version: Node<'_>) -> Option<String> {
    let text = |key: &str| {
        let node = version
            .get(key)
            .filter(|node| node.shape() == Shape::String);
        node.and_then(Node::text)
    };
    match (text("visible_text"), text("text")) {
        (Some(shown), Some(seen)) if shown != seen && of_page(&shown) == seen => {
            words(version, "text")
        }
        (Some(_), _) => words(version, "visible_text"),
        _ => words(version, "text"),
    }
}

/// The words of a text in which the five characters that HTML reads are escaped.
fn of_page(text: &str) -> String {
    let ends = [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#x27;", "'"),
        ("&#39;", "'"),
    ];
    let text = ends
        .iter()
        .fold(text.to_owned(), |text, (from, to)| text.replace(from, to));
    text.replace("&amp;", "&")
}

/// Folders of chats by id.
type Folders<'a> = HashMap<Cow<'a, str>, Node<'a>>;

/// One chat of RisuAI, or all of a character.
pub(super) fn risu(root: Node<'_>, transcript: &mut Transcript) {
    let data = root.get("data");
    let folders = root.get("folders").into_iter().flat_map(Node::items);
    let folders: Folders<'_> = folders
        .filter_map(|folder| Some((folder.get("id")?.text()?, folder)))
        .collect();
    match data {
        Some(list) if list.shape() == Shape::Array => {
            for (n, chat) in list.items().enumerate() {
                risu_chat(chat, &folders, &format!("data.{n}"), transcript);
            }
        }
        Some(chat) => risu_chat(chat, &folders, "data", transcript),
        None => risu_chat(root, &folders, "", transcript),
    }
}

fn risu_chat(chat: Node<'_>, folders: &Folders<'_>, path: &str, transcript: &mut Transcript) {
    if chat.shape() != Shape::Object {
        transcript.skip(path, "the item is no chat");
        return;
    }
    transcript.listed(chat, "message", path);
    let text = |key: &str| Some(chat.get(key)?.text()?.into_owned());
    let said = || chat.get("message").into_iter().flat_map(Node::items);
    let character = said().find(|message| !risu_user(*message));
    let character = character.and_then(|message| Some(message.get("name")?.text()?.into_owned()));
    let cast = Cast {
        user: "User".to_owned(),
        character: character.unwrap_or_default(),
        title: text("name").filter(|name| !name.is_empty()),
        declared: None,
    };
    let mut more = others(chat, &["message", "name"]);
    let folder = chat.get("folderId").and_then(Node::text);
    let folder = folder.and_then(|id| folders.get(&id));
    more.extend(folder.map(|folder| ("folder".to_owned(), folder.raw())));
    transcript.chat(&cast, &more);
    for (n, message) in said().enumerate() {
        let path = format!(
            "{path}{}message.{n}",
            if path.is_empty() { "" } else { "." }
        );
        if message.shape() != Shape::Object {
            transcript.skip(&path, "the item is no message");
            continue;
        }
        // RisuAI keeps and shows a message without words as it does any other.
        let text = words(message, "data");
        if text.is_none() {
            let reason = "the message has no words in `data` and is empty";
            transcript.warn(Warning::noticed("no-text", &path, reason));
        }
        let taken = match text {
            Some(_) => &["data", "time"][..],
            None => &["time"],
        };
        let text = text.unwrap_or_else(|| quote(""));
        let hidden = ["isComment", "disabled"].iter().any(|key| {
            let flag = message.get(key);
            flag.and_then(view::truth) == Some(true)
        });
        let role = match risu_user(message) {
            _ if hidden => Role::System,
            true => Role::User,
            false => Role::Character,
        };
        let own = message.get("name").and_then(Node::text);
        let other = if risu_user(message) {
            &cast.user
        } else {
            &cast.character
        };
        let mut speech = Speech::new(own.as_deref().unwrap_or(other), role, text);
        speech.date = message.get("time");
        let model = message
            .get("generationInfo")
            .and_then(|info| info.get("model"));
        speech
            .known
            .extend(model.map(|model| ("model", model.raw().to_owned())));
        speech.more = others(message, taken);
        transcript.say(&path, &speech);
    }
}

fn risu_user(message: Node<'_>) -> bool {
    message.get("role").and_then(Node::text).as_deref() == Some("user")
}

/// A member that is a text, as JSON.
pub(super) fn words(node: Node<'_>, key: &str) -> Option<String> {
    let node = node.get(key)?;
    match node.shape() {
        Shape::String => Some(node.raw().to_owned()),
        Shape::Number | Shape::Bool => Some(quote(node.raw())),
        _ => None,
    }
}
