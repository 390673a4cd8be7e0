//! A log made out of what another tool keeps: one header a chat, one line a message.
//!
//! The lines are SillyTavern's. What they have no field for stands under the tool's name, in
//! `extra` of a message and in `chat_metadata` of a header. Knows no tool.

use super::line::{Pieces, What};
use super::source::Source;
use super::view::Role;
use super::written::Line;
use crate::error::Warning;
use crate::json::{Node, Shape, quote};
use std::collections::HashMap;

/// More warnings of one kind are told as a number.
const MOST_WARNINGS: usize = 100;

/// What a chat is called and who is in it.
#[derive(Default)]
pub(super) struct Cast {
    pub user: String,
    pub character: String,
    pub title: Option<String>,
    /// How many messages the file says the chat has.
    pub declared: Option<String>,
}

/// A message on its way into a line. Texts are JSON, so that odd ones stay what they are.
pub(super) struct Speech<'a> {
    pub name: String,
    pub role: Role,
    pub text: String,
    /// As the file spells it.
    pub date: Option<Node<'a>>,
    pub swipes: Vec<String>,
    pub swipe: usize,
    /// What SillyTavern has a field of `extra` for.
    pub known: Vec<(&'static str, String)>,
    /// Everything else the tool says about the message.
    pub more: Fields<'a>,
}

/// Names and JSON texts.
pub(super) type Fields<'a> = Vec<(String, &'a str)>;

impl<'a> Speech<'a> {
    pub(super) fn new(name: impl Into<String>, role: Role, text: String) -> Speech<'a> {
        Speech {
            name: name.into(),
            role,
            text,
            date: None,
            swipes: Vec::new(),
            swipe: 0,
            known: Vec::new(),
            more: Vec::new(),
        }
    }
}

/// The log that grows.
pub(super) struct Transcript {
    source: Source,
    log: String,
    warnings: Vec<Warning>,
    more_warnings: usize,
    chats: usize,
}

impl Transcript {
    pub(super) fn new(source: Source) -> Transcript {
        Transcript {
            source,
            log: String::new(),
            warnings: Vec::new(),
            more_warnings: 0,
            chats: 0,
        }
    }

    /// Begins a chat.
    pub(super) fn chat(&mut self, cast: &Cast, more: &Fields<'_>) {
        self.chats += 1;
        let header = |more: Option<String>| {
            let mut line = Line::new((",", ":"));
            line.put("user_name", quote(&cast.user));
            line.put("character_name", quote(&cast.character));
            let mut metadata = Line::new((",", ":"));
            if let Some(title) = &cast.title {
                metadata.put("title", quote(title));
            }
            if let Some(declared) = &cast.declared {
                metadata.put("message_count", declared);
            }
            if let Some(more) = more {
                metadata.put(self.source.tool, more);
            }
            line.put("chat_metadata", metadata.finish_text());
            line.finish_text()
        };
        let mut line = header(Some(object(more)));
        if !is(&line, |what| *what == What::Header) {
            line = header(None);
            self.warn(Warning::noticed(
                "left-out",
                format!("chat {}", self.chats),
                "what the tool says about the chat is too large or nested for a header",
            ));
        }
        self.push(&line);
    }

    /// Adds a message to the chat; `path` is where the file has it.
    pub(super) fn say(&mut self, path: &str, speech: &Speech<'_>) {
        let mut line = self.line(speech, true);
        let message = |what: &What| *what == What::Message;
        if !is(&line, message) {
            line = self.line(speech, false);
            let reason = "what the tool says beside the text is too large or nested for a line";
            self.warn(Warning::noticed("left-out", path, reason));
        }
        if is(&line, message) {
            self.push(&line);
        } else {
            let reason = "the message is too large for a line";
            self.warn(Warning::noticed("too-large", path, reason));
        }
    }

    fn line(&self, speech: &Speech<'_>, more: bool) -> String {
        let mut line = Line::new((",", ":"));
        line.put("name", quote(&speech.name));
        line.put("is_user", (speech.role == Role::User).to_string());
        line.put("is_system", (speech.role == Role::System).to_string());
        if let Some(date) = speech.date {
            line.put("send_date", date.raw());
        }
        line.put("mes", &speech.text);
        let mut extra = Line::new((",", ":"));
        for (name, value) in &speech.known {
            extra.put(name, value);
        }
        if more && !speech.more.is_empty() {
            extra.put(self.source.tool, object(&speech.more));
        }
        line.put("extra", extra.finish_text());
        if speech.swipes.len() > 1 {
            line.put("swipe_id", speech.swipe.to_string());
            line.put("swipes", format!("[{}]", speech.swipes.join(",")));
        }
        line.finish_text()
    }

    /// Tells of a member that was to list messages and does not.
    pub(super) fn listed(&mut self, chat: Node<'_>, key: &str, path: &str) {
        let list = chat.get(key).map(Node::shape);
        if !matches!(list, None | Some(Shape::Array | Shape::Null)) {
            let path = [path, key].join(if path.is_empty() { "" } else { "." });
            self.skip(&path, "the messages are no list");
        }
    }

    /// Tells that something is no message and where it is.
    pub(super) fn skip(&mut self, path: &str, reason: &str) {
        self.warn(Warning::noticed("not-a-message", path, reason));
    }

    pub(super) fn warn(&mut self, warning: Warning) {
        if self.warnings.len() < MOST_WARNINGS {
            self.warnings.push(warning);
        } else {
            self.more_warnings += 1;
        }
    }

    fn push(&mut self, line: &str) {
        if !self.log.is_empty() {
            self.log.push('\n');
        }
        self.log.push_str(line);
    }

    /// The log, where it is from, and what was odd. A file without a chat is one empty chat.
    pub(super) fn finish(mut self) -> (Vec<u8>, Source, Vec<Warning>) {
        if self.chats == 0 {
            self.chat(&Cast::default(), &Vec::new());
        }
        if self.more_warnings > 0 {
            let message = format!("{} more things were odd", self.more_warnings);
            self.warnings
                .push(Warning::noticed("more-faults", "", message));
        }
        let message = format!(
            "the file is a chat of {}; it was made a log of lines",
            self.source.tool
        );
        self.warnings
            .insert(0, Warning::repaired("converted", "", message));
        (self.log.into_bytes(), self.source, self.warnings)
    }
}

/// The members of an object but some; of duplicates the last, as [`Node::get`] has it.
pub(super) fn others<'a>(node: Node<'a>, but: &[&str]) -> Fields<'a> {
    let mut fields: Fields<'a> = Vec::new();
    let mut places = HashMap::new();
    for (key, value) in node.entries() {
        if but.contains(&key.as_ref()) {
            continue;
        }
        let place = *places.entry(key.to_string()).or_insert(fields.len());
        match fields.get_mut(place) {
            Some(field) => field.1 = value.raw(),
            None => fields.push((key.into_owned(), value.raw())),
        }
    }
    fields
}

fn object(fields: &Fields<'_>) -> String {
    let mut line = Line::new((",", ":"));
    for (key, value) in fields {
        line.put(key, value);
    }
    line.finish_text()
}

fn is(line: &str, wanted: impl Fn(&What) -> bool) -> bool {
    let mut pieces = Pieces::of(line.as_bytes());
    let first = pieces.next().is_some_and(|piece| wanted(&piece.what));
    first && pieces.next().is_none()
}
