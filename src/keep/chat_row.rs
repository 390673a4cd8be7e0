//! A chat's row: its head for lists, its body for the log, what its parts and index keys are called.

use super::domain::{self, Domain};
use super::log::Manifest;
use crate::chat::{self, Dialect};
use crate::error::{Error, Kind, Limits, Result};
use crate::store::Record;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// What the index keys of the files that chats came in begin with.
pub(super) const FILES: &str = "chats/file/";

/// The part of a row with what SillyTavern's group says of the chat, whose file has no header.
pub(super) const GROUP: &str = "group";

/// The part of a row with the file of the group that the chat is one of, as it came.
pub(super) const GROUP_FILE: &str = "group-file";

/// Characters of a message shown in lists.
const LAST_CHARS: usize = 80;

/// What a chat's row holds beside its head.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Body {
    dialect: String,
    pub manifest: Manifest,
    /// Between two lines.
    pub newline: String,
    /// Whether the last line still lacks its newline.
    pub open_end: bool,
    /// What its file was called, where that says which chat it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
}

impl Body {
    /// The body of a chat with these bytes so far.
    pub(super) fn new(dialect: Dialect, manifest: Manifest, bytes: &[u8]) -> Body {
        let crlf = memchr::memchr(b'\n', bytes).is_some_and(|at| at > 0 && bytes[at - 1] == b'\r');
        Body {
            dialect: dialect.as_str().to_owned(),
            manifest,
            newline: if crlf { "\r\n" } else { "\n" }.to_owned(),
            open_end: bytes.last().is_some_and(|last| *last != b'\n'),
            file: None,
        }
    }

    pub(super) fn of(record: &Record) -> Result<Body> {
        let unusable = |cause| {
            Kind::Corrupt
                .because("the chat's body cannot be used")
                .caused_by(cause)
        };
        let body = serde_json::from_value(record.body.clone()).map_err(unusable);
        body.map_err(|error: Error| error.of(Domain::Chats.name(), &record.id))
    }

    pub(super) fn dialect(&self) -> Result<Dialect> {
        self.dialect.parse()
    }
}

/// The hash of the newest file that a chat came in.
pub(super) fn newest_file(record: &Record) -> Option<&str> {
    let mut files = record.by.iter().rev();
    files.find_map(|key| key.strip_prefix(FILES))
}

/// The entry of a chat.
pub(super) fn entry(record: &Record) -> Value {
    domain::entry(
        record,
        &[
            "title",
            "dialect",
            "source",
            "length",
            "characters",
            "persona",
            "world",
            "location",
            "playthrough",
            "template",
            "parent",
            "checkpoint",
            "archived",
            "last",
        ],
    )
    .into()
}

/// Characters of a title.
pub(super) const LONGEST_TITLE: usize = 100;

/// A title that somebody gives.
///
/// # Errors
/// `invalid` for a long one: what was typed is never cut.
pub(super) fn title(given: &str) -> Result<&str> {
    let title = given.trim();
    if title.chars().count() <= LONGEST_TITLE {
        return Ok(title);
    }
    Err(Kind::Invalid.because(format!("a title has at most {LONGEST_TITLE} characters")))
}

/// A title that a file brings, as rows have it.
pub(super) fn short(title: &str) -> String {
    title.chars().take(LONGEST_TITLE).collect()
}

/// Writes the body, and what lists show of it, into the record.
pub(super) fn summarize(record: &mut Record, body: &Body, last: Option<&[u8]>) -> Result<()> {
    record.head["length"] = body.manifest.len().into();
    let limits = Limits::default();
    let dialect = body.dialect()?;
    let text = last.and_then(|last| chat::text(chat::record_line(last), dialect, &limits));
    match text {
        Some(text) => {
            record.head["last"] = text.chars().take(LAST_CHARS).collect::<String>().into()
        }
        None => drop(record.head.as_object_mut().map(|head| head.remove("last"))),
    }
    record.body = json!(body);
    Ok(())
}
