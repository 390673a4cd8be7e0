//! What a line says: one shape over the dialects, coerced where a file is odd.
//!
//! Reading is fuzzy: a dialect only says which spelling of a field to look for first.

use super::Dialect;
use super::date;
use super::line::{Pieces, What};
use crate::error::{Kind, Limits, Result, Warning};
use crate::json::{Document, Node, Shape, Step, is_dense, quote_ascii};
use std::borrow::Cow;

/// The members that tell what a line says: the texts come first, the dates last.
const NAMES: [&str; 17] = [
    "mes",
    "content",
    "message",
    "text",
    "name",
    "swipes",
    "swipe_id",
    "is_system",
    "is_user",
    "role",
    "extra",
    "send_date",
    "timestamp",
    "create_date",
    "created_at",
    "date",
    "time",
];
const MES: usize = place("mes");
const CONTENT: usize = place("content");
const MESSAGE: usize = place("message");
const TEXT: usize = place("text");
const NAME: usize = place("name");
const SWIPES: usize = place("swipes");
const SWIPE_ID: usize = place("swipe_id");
const IS_SYSTEM: usize = place("is_system");
const IS_USER: usize = place("is_user");
const ROLE: usize = place("role");
const EXTRA: usize = place("extra");
const TIMESTAMP: usize = place("timestamp");
/// How many texts there are.
const TEXTS: usize = NAME;
/// Where the dates begin.
const DATES: usize = place("send_date");

/// The place of a name in that list; one that is not there does not compile.
const fn place(name: &str) -> usize {
    let mut at = 0;
    while !is_same(NAMES[at].as_bytes(), name.as_bytes()) {
        at += 1;
    }
    at
}

const fn is_same(one: &[u8], other: &[u8]) -> bool {
    match (one, other) {
        ([], []) => true,
        ([a, one @ ..], [b, other @ ..]) => *a == *b && is_same(one, other),
        _ => false,
    }
}

/// Where the words of a text that is an object stand.
const INNER: [&str; 4] = ["message", "mes", "content", "text"];

/// Who says a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    User,
    Character,
    System,
}

impl Role {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Role::User => "user",
            Role::Character => "character",
            Role::System => "system",
        }
    }
}

/// A text as the file has it, or one that was made of something else.
pub(super) enum Said<'a> {
    Literal(Node<'a>),
    Made(String),
}

impl<'a> Said<'a> {
    /// The words in a value; nothing in `null`.
    fn of(node: Node<'a>) -> Option<Said<'a>> {
        match node.shape() {
            Shape::Null => None,
            Shape::String => Some(Said::Literal(node)),
            Shape::Number | Shape::Bool => Some(Said::Made(node.raw().to_owned())),
            Shape::Object => inner(node).and_then(|key| Said::of(node.get(key)?)),
            Shape::Array => {
                // The parts of a message, as services take them: texts, or objects with one.
                let parts: Vec<_> = node.items().filter_map(spoken).collect();
                Some(Said::Made(parts.join("\n")))
            }
        }
    }

    pub(super) fn text(&self) -> Cow<'_, str> {
        match self {
            Said::Literal(node) => node.text().unwrap_or_default(),
            Said::Made(text) => Cow::Borrowed(text),
        }
    }

    fn strict(&self, out: &mut String) {
        match self {
            Said::Literal(node) => node.strict(out),
            Said::Made(text) => out.push_str(&quote_ascii(text)),
        }
    }
}

/// The words in a text, in the parts of one, or in the member of an object that has them.
pub(super) fn spoken<'a>(node: Node<'a>) -> Option<Cow<'a, str>> {
    match node.shape() {
        Shape::String => node.text(),
        Shape::Object => node.get(inner(node)?)?.text(),
        Shape::Array => {
            let parts: Vec<_> = node.items().filter_map(spoken).collect();
            (!parts.is_empty()).then(|| Cow::Owned(parts.join("\n")))
        }
        _ => None,
    }
}

/// What people read in the place of the message's text: SillyTavern's translation, for one.
pub(super) fn display_text(root: Node<'_>) -> Option<String> {
    let text = root.get("extra")?.get("display_text");
    let text = text.filter(|text| text.shape() == Shape::String)?.text()?;
    (!text.is_empty()).then(|| text.into_owned())
}

/// Which member of an object has its words.
fn inner(node: Node<'_>) -> Option<&'static str> {
    INNER.into_iter().find(|key| {
        node.get(key)
            .is_some_and(|node| node.shape() == Shape::String)
    })
}

/// Where a message is: its position, and the number it has in a keep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// From 0; from the end, which is -1, where the beginning of a log is not known.
    pub index: i64,
    /// The same wherever the message goes.
    pub id: Option<u64>,
}

impl From<usize> for Place {
    fn from(index: usize) -> Place {
        Place {
            index: index as i64,
            id: None,
        }
    }
}

impl Place {
    fn open(self, out: &mut String) {
        out.push_str(&format!("{{\"index\":{},", self.index));
        if let Some(id) = self.id {
            out.push_str(&format!("\"id\":{id},"));
        }
    }
}

/// The members of a line that tell what it says, found in one pass over it: their keys.
struct Members<'a>([Option<Node<'a>>; NAMES.len()]);

impl<'a> Members<'a> {
    fn of(root: Node<'a>) -> Members<'a> {
        Members(root.members(&NAMES))
    }

    fn get(&self, member: usize) -> Option<Node<'a>> {
        self.0[member].map(Node::value)
    }

    /// Which member has the text: the first that says something.
    fn text(&self, dialect: Dialect) -> Option<usize> {
        let order: [usize; TEXTS] = match dialect {
            Dialect::World => [CONTENT, MES, MESSAGE, TEXT],
            _ => [MES, CONTENT, MESSAGE, TEXT],
        };
        let says = |member: &usize| self.get(*member).is_some_and(|node| !node.is_null());
        let there = |member: &usize| self.0[*member].is_some();
        let mut members = order.into_iter();
        members.find(says).or_else(|| order.into_iter().find(there))
    }

    /// Who says it. A hidden message and a narrator's are the system's.
    fn role(&self) -> Role {
        let says = |member| self.get(member).and_then(truth);
        let kind = self.get(EXTRA).and_then(|extra| extra.get("type"));
        if says(IS_SYSTEM) == Some(true) || kind.and_then(Node::text).as_deref() == Some("narrator")
        {
            return Role::System;
        }
        match says(IS_USER) {
            Some(true) => return Role::User,
            Some(false) => return Role::Character,
            None => {}
        }
        let role = self.get(ROLE).and_then(Node::text).unwrap_or_default();
        match role.trim().to_ascii_lowercase().as_str() {
            "user" | "human" | "player" => Role::User,
            "system" | "narrator" | "thinking" | "tool" | "developer" => Role::System,
            _ => Role::Character,
        }
    }

    /// Whether a text is what JavaScript reads as this member of the object.
    fn is(&self, member: usize, said: &Option<Said<'_>>) -> bool {
        let Some(Said::Literal(text)) = said else {
            return false;
        };
        self.get(member)
            .is_some_and(|node| node.span() == text.span())
            && self.is_spelled(member)
    }

    /// Whether JavaScript reads this member of the object as a list of texts.
    fn has_texts(&self, member: usize) -> bool {
        let mut items = self.get(member).into_iter().flat_map(Node::items);
        items.all(|item| item.shape() == Shape::String) && self.is_spelled(member)
    }

    fn is_spelled(&self, member: usize) -> bool {
        self.0[member].is_some_and(|key| key.content() == NAMES[member])
    }
}

/// A message as it was understood.
pub(super) struct Spoken<'a> {
    members: Members<'a>,
    pub name: Option<Said<'a>>,
    pub role: Role,
    /// Kept from the model, whoever says it.
    pub hidden: bool,
    /// Its end is missing.
    pub interrupted: bool,
    pub text: Option<Said<'a>>,
    pub at_ms: Option<i64>,
    pub swipes: Vec<Option<Said<'a>>>,
    /// Which swipe is shown, when there are any.
    pub swipe: usize,
    /// Whether that swipe is the message's text, so that both change together.
    pub linked: bool,
    /// What was put right to say so.
    pub warnings: Vec<Warning>,
}

impl<'a> Spoken<'a> {
    pub(super) fn of(root: Node<'a>, dialect: Dialect) -> Spoken<'a> {
        let members = Members::of(root);
        let text_member = members.text(dialect);
        let mut text = text_member.and_then(|member| Said::of(members.get(member)?));
        let swipes: Vec<_> = members
            .get(SWIPES)
            .into_iter()
            .flat_map(Node::items)
            .map(Said::of)
            .collect();
        let last = swipes.len().saturating_sub(1);
        let told = members.get(SWIPE_ID).and_then(number);
        let in_range = told.filter(|told| *told >= 0.0 && *told < swipes.len() as f64);
        let (mut swipe, mut linked) = match in_range {
            Some(told) => (told as usize, true),
            None => (told.map_or(0, |told| (told as usize).min(last)), false),
        };
        if let Some(text) = &text
            && !linked
        {
            // The text that is shown wins over a number that points nowhere.
            let same = |said: &Option<Said<'_>>| {
                said.as_ref().is_some_and(|said| said.text() == text.text())
            };
            if let Some(found) = swipes.iter().rposition(same) {
                (swipe, linked) = (found, true);
            }
        }
        if text.is_none() {
            text = members
                .get(SWIPES)
                .and_then(|swipes| Said::of(swipes.at(swipe)?));
        }
        let own_date = (dialect == Dialect::World).then_some(TIMESTAMP);
        let mut warnings = Vec::new();
        if let Some(hole) = swipes.iter().position(Option::is_none) {
            let message = "an alternative is missing; it is shown empty";
            warnings.push(Warning::repaired(
                "swipe-hole",
                format!("swipes.{hole}"),
                message,
            ));
        }
        if told.is_some() && in_range.is_none() && !swipes.is_empty() {
            let message = format!("there is no such alternative; {swipe} is shown");
            warnings.push(Warning::repaired("swipe-out-of-range", "swipe_id", message));
        }
        Spoken {
            warnings,
            name: members.get(NAME).and_then(Said::of),
            role: members.role(),
            hidden: members.get(IS_SYSTEM).and_then(truth) == Some(true),
            interrupted: members
                .get(EXTRA)
                .and_then(|extra| extra.get("interrupted"))
                .and_then(truth)
                == Some(true),
            text,
            at_ms: own_date
                .into_iter()
                .chain(DATES..NAMES.len())
                .find_map(|date| date::parse(members.get(date)?)),
            swipes,
            swipe,
            linked,
            members,
        }
    }

    fn strict(&self, place: Place, root: Node<'_>, brief: bool, out: &mut String) {
        let empty = Said::Made(String::new());
        let is_in = |member, said: &Option<Said<'_>>| brief && self.members.is(member, said);
        place.open(out);
        out.push_str("\"name\":");
        match is_in(NAME, &self.name) {
            true => out.push('0'),
            false => self.name.as_ref().unwrap_or(&empty).strict(out),
        }
        out.extend([",\"role\":\"", self.role.as_str(), "\",\"text\":"]);
        match (0..TEXTS).find(|member| is_in(*member, &self.text)) {
            Some(number) => out.push_str(&number.to_string()),
            None => self.text.as_ref().unwrap_or(&empty).strict(out),
        }
        if self.hidden {
            out.push_str(",\"hidden\":true");
        }
        if self.interrupted {
            out.push_str(",\"interrupted\":true");
        }
        if let Some(at_ms) = self.at_ms {
            out.push_str(&format!(",\"at\":{at_ms}"));
        }
        if !self.swipes.is_empty() {
            out.push_str(",\"swipes\":");
            if brief && self.members.has_texts(SWIPES) {
                out.push('0');
            } else {
                for (n, swipe) in self.swipes.iter().enumerate() {
                    out.push(if n == 0 { '[' } else { ',' });
                    swipe.as_ref().unwrap_or(&empty).strict(out);
                }
                out.push(']');
            }
            out.push_str(&format!(",\"swipe\":{}", self.swipe));
        }
        if !self.warnings.is_empty() {
            let warnings = serde_json::to_string(&self.warnings);
            let warnings = warnings.expect("warnings are texts and flags, which write to memory");
            out.extend([",\"warnings\":", &warnings]);
        }
        out.push_str(",\"fields\":");
        root.strict(out);
        out.push('}');
    }
}

/// The member that holds the text, the first that says something.
pub(super) fn text_key(root: Node<'_>, dialect: Dialect) -> Option<&'static str> {
    Members::of(root).text(dialect).map(|member| NAMES[member])
}

/// Where to write the text: into the member, or into the words inside it.
pub(super) fn text_path(root: Node<'_>, key: &'static str) -> Vec<Step<'static>> {
    path_to_words(root, vec![key.into()])
}

/// Where to write the words of a swipe.
pub(super) fn swipe_path(root: Node<'_>, swipe: usize) -> Vec<Step<'static>> {
    path_to_words(root, vec!["swipes".into(), swipe.into()])
}

fn path_to_words(root: Node<'_>, mut path: Vec<Step<'static>>) -> Vec<Step<'static>> {
    let node = path.iter().try_fold(root, |node, step| match step {
        Step::Key(key) => node.get(key),
        Step::Index(index) => node.at(*index),
    });
    if let Some(node) = node
        && node.shape() == Shape::Object
    {
        path.push(inner(node).unwrap_or("message").into());
    }
    path
}

/// Who says it. A hidden message and a narrator's are the system's.
pub(super) fn role(root: Node<'_>) -> Role {
    Members::of(root).role()
}

/// Whether a message is kept from the model, as SillyTavern's `/hide` does it.
pub(super) fn is_hidden(root: Node<'_>) -> bool {
    root.get("is_system").and_then(truth) == Some(true)
}

/// A flag, in whatever type a file has it.
pub(super) fn truth(node: Node<'_>) -> Option<bool> {
    match node.shape() {
        Shape::Bool => node.boolean(),
        Shape::Number => node.number().map(|number| number != 0.0),
        Shape::String => match node.text()?.trim().to_ascii_lowercase().as_str() {
            "true" | "1" | "yes" => Some(true),
            "false" | "0" | "no" | "" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

/// A number, or a text that is one.
pub(super) fn number(node: Node<'_>) -> Option<f64> {
    node.number().or_else(|| node.text()?.trim().parse().ok())
}

/// The document of a message's line.
pub(super) fn document(line: &[u8], limits: &Limits) -> Result<Document> {
    let (document, _) = Document::read(line, limits)?;
    if document.root().shape() == Shape::Object {
        Ok(document)
    } else {
        Err(Kind::BadJson.because("the line is no JSON object"))
    }
}

/// A line as strict ASCII JSON in the shape `Message`.
///
/// # Errors
/// `bad-json`, `too-large`.
pub fn message(
    line: &[u8],
    place: impl Into<Place>,
    dialect: Dialect,
    limits: &Limits,
) -> Result<String> {
    let mut out = String::with_capacity(line.len() * 2 + 128);
    let document = document(line, limits)?;
    Spoken::of(document.root(), dialect).strict(place.into(), document.root(), false, &mut out);
    Ok(out)
}

/// Many lines as a JSON array of the shape `Message`. A line that cannot be read is told as
/// one of the system, with its text as it is and without fields.
pub fn page<'a>(
    lines: impl Iterator<Item = &'a [u8]>,
    first_index: usize,
    dialect: Dialect,
    limits: &Limits,
) -> String {
    let places = (first_index..).map(Place::from);
    placed_page(places.zip(lines).collect(), dialect, limits)
}

/// As [`page`], of messages whose places are known.
pub fn placed_page(lines: Vec<(Place, &[u8])>, dialect: Dialect, limits: &Limits) -> String {
    put_page(lines, dialect, limits, false)
}

/// As [`placed_page`], with nothing told twice, for a reader that puts it together: what a message
/// says and a member of its `fields` says too is a number, for `text` which of `mes`, `content`,
/// `message`, `text` it is, for `name` and `swipes`, the members of these names, 0.
pub fn brief_page(lines: Vec<(Place, &[u8])>, dialect: Dialect, limits: &Limits) -> String {
    put_page(lines, dialect, limits, true)
}

fn put_page(lines: Vec<(Place, &[u8])>, dialect: Dialect, limits: &Limits, brief: bool) -> String {
    let length: usize = lines.iter().map(|(_, line)| line.len() + 128).sum();
    let dense = brief && is_dense(lines.iter().map(|(_, line)| *line));
    let mut out = String::with_capacity(length + length / 8);
    for (place, line) in lines {
        out.push(if out.is_empty() { '[' } else { ',' });
        match document(line, limits) {
            Ok(document) => {
                let document = match dense {
                    true => document.among_dense(),
                    false => document,
                };
                let root = document.root();
                Spoken::of(root, dialect).strict(place, root, brief, &mut out);
            }
            Err(_) => {
                let text = quote_ascii(&String::from_utf8_lossy(line));
                place.open(&mut out);
                out.push_str(&format!(
                    "\"name\":\"\",\"role\":\"system\",\"text\":{text},\"fields\":{{}}}}"
                ));
            }
        }
    }
    if out.is_empty() {
        out.push('[');
    }
    out.push(']');
    out
}

/// What is counted of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counted {
    /// Who says it.
    pub name: String,
    /// `user`, `character` or `system`.
    pub role: &'static str,
    /// Words of the text that is shown, as white space tells them apart.
    pub words: u64,
    /// Alternatives, the shown one among them; 1 where there are no others.
    pub swipes: u64,
    /// When, in milliseconds since 1970.
    pub at_ms: Option<i64>,
}

/// What is counted of a line; `None` when it cannot be read.
pub fn counted(line: &[u8], dialect: Dialect, limits: &Limits) -> Option<Counted> {
    let document = document(line, limits).ok()?;
    let spoken = Spoken::of(document.root(), dialect);
    let words = |said: &Said<'_>| said.text().split_whitespace().count() as u64;
    let name = spoken.name.as_ref().map(|name| name.text().into_owned());
    Some(Counted {
        name: name.unwrap_or_default(),
        role: spoken.role.as_str(),
        words: spoken.text.as_ref().map_or(0, words),
        swipes: spoken.swipes.len().max(1) as u64,
        at_ms: spoken.at_ms,
    })
}

/// What had to be put right to understand a line, as far as its alternatives go; empty as
/// well when it cannot be read.
pub fn swipe_warnings(line: &[u8], dialect: Dialect, limits: &Limits) -> Vec<Warning> {
    if memchr::memmem::find(line, b"\"swipe").is_none() {
        return Vec::new();
    }
    match document(line, limits) {
        Ok(document) => Spoken::of(document.root(), dialect).warnings,
        Err(_) => Vec::new(),
    }
}

/// When a line was said, in milliseconds since 1970; `None` when it does not say so.
pub fn said_at(line: &[u8], dialect: Dialect, limits: &Limits) -> Option<i64> {
    let document = document(line, limits).ok()?;
    Spoken::of(document.root(), dialect).at_ms
}

/// The text of a line, as it is shown. `None` when the line cannot be read.
pub fn text(line: &[u8], dialect: Dialect, limits: &Limits) -> Option<String> {
    let document = document(line, limits).ok()?;
    let spoken = Spoken::of(document.root(), dialect);
    Some(
        spoken
            .text
            .map(|said| said.text().into_owned())
            .unwrap_or_default(),
    )
}

/// The header's own line out of the bytes before the first message, as a document.
pub(super) fn header(bytes: &[u8], limits: &Limits) -> Option<Document> {
    let piece = Pieces::of(bytes).find(|piece| piece.what == What::Header)?;
    document(&bytes[piece.start..piece.end], limits).ok()
}

/// The header line of a session as strict ASCII JSON; `header` is the session's header as
/// [`read`](super::read) gives it.
pub fn header_json(header_bytes: &[u8], limits: &Limits) -> Option<String> {
    header(header_bytes, limits).map(|document| document.to_strict())
}

/// How many messages a header says the chat has.
pub fn declared_count(header_bytes: &[u8], limits: &Limits) -> Option<u64> {
    let document = header(header_bytes, limits)?;
    let root = document.root();
    let places = [root.get("chat_metadata"), root.get("metadata"), Some(root)];
    let count = |place: Node<'_>| place.get("message_count")?.number();
    let count = places.into_iter().flatten().find_map(count)?;
    (count >= 0.0 && count.fract() == 0.0).then_some(count as u64)
}

/// What a header calls the chat: its title, else who the user talks to, else the world.
pub fn header_name(header_bytes: &[u8], limits: &Limits) -> Option<String> {
    let document = header(header_bytes, limits)?;
    let root = document.root();
    let text = |path: &[Step<'_>]| {
        let text = document.find(path)?.text()?.trim().to_owned();
        (!text.is_empty()).then_some(text)
    };
    text(&["chat_metadata".into(), "title".into()])
        .or_else(|| character_name(root))
        .or_else(|| text(&["metadata".into(), "world_name".into()]))
}

/// Who a header says the user is, and who the user talks to.
pub(super) fn names(header_bytes: &[u8], limits: &Limits) -> (Option<String>, Option<String>) {
    let document = header(header_bytes, limits);
    let root = document.as_ref().map(Document::root);
    let user = root.and_then(|root| named(root, "user_name"));
    (user, root.and_then(character_name))
}

fn named(root: Node<'_>, key: &str) -> Option<String> {
    let text = root.get(key)?.text()?.trim().to_owned();
    // SillyTavern fills in this word since it keeps names in the messages only.
    (!text.is_empty() && text != "unused").then_some(text)
}

fn character_name(root: Node<'_>) -> Option<String> {
    named(root, "character_name").or_else(|| {
        let names = root.get("character_names")?;
        let names: Vec<_> = names.items().filter_map(Node::text).collect();
        (!names.is_empty()).then(|| names.join(", "))
    })
}

/// The dialect of a log, by the first header and the first messages.
pub(super) fn dialect<'a>(
    header_bytes: Option<&[u8]>,
    lines: impl Iterator<Item = &'a [u8]>,
) -> Dialect {
    let limits = Limits::default();
    let read = |line: &[u8]| document(line, &limits).ok();
    let messages: Vec<_> = lines.filter_map(read).collect();
    if let Some(header) = header_bytes.and_then(|bytes| header(bytes, &limits)) {
        let root = header.root();
        let has = |key: &str| root.get(key).is_some();
        if has("metadata") && !has("chat_metadata") && !has("user_name") {
            return Dialect::World;
        }
        let metadata = root.get("chat_metadata");
        let of_cardshark =
            |key: &&str| metadata.is_some_and(|metadata| metadata.get(key).is_some());
        if has("character_id")
            || ["chat_id", "created_timestamp", "lastUser"]
                .iter()
                .any(of_cardshark)
        {
            return Dialect::CardShark;
        }
        let number = root.get("create_date").and_then(number).is_some();
        let notes = ["notes", "notes_type", "character_names"]
            .iter()
            .any(|key| has(key));
        if metadata.is_none() && (number || notes) {
            return Dialect::TavernAi;
        }
    }
    let any = |test: &dyn Fn(Node<'_>) -> bool| messages.iter().any(|message| test(message.root()));
    let object = |node: Node<'_>| node.shape() == Shape::Object;
    if any(&|root| root.get("mes").is_some_and(object)) {
        Dialect::Chub
    } else if any(&|root| root.get("chid").is_some()) {
        Dialect::TavernAi
    } else if any(&|root| root.get("mes").is_some() || root.get("swipes").is_some()) {
        if any(&|root| {
            root.get("send_date")
                .and_then(Node::text)
                .is_some_and(|date| of_cardshark(&date))
        }) {
            Dialect::CardShark
        } else {
            Dialect::SillyTavern
        }
    } else if any(&|root| root.get("role").is_some() && root.get("content").is_some()) {
        Dialect::World
    } else {
        Dialect::SillyTavern
    }
}

/// `May 24, 2025 10:11AM` and `december 31, 2025 3:12pm`, where SillyTavern has `May` and `am`.
fn of_cardshark(date: &str) -> bool {
    let lower_month = date.starts_with(|c: char| c.is_ascii_lowercase());
    let upper_half = date.ends_with("AM") || date.ends_with("PM");
    (lower_month || upper_half && date.starts_with(|c: char| c.is_ascii_alphabetic()))
        && date::parse_text(date).is_some()
}
