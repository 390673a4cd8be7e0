//! Chat logs: read, paged through, and written in the dialect they came in.
//!
//! A log is lines of JSON: a header, then a message a line. Reading finds out which byte
//! belongs to which message and makes no tree; [`message`] and [`page`] turn single lines into
//! what they say. Nothing is normalized: the parts of a [`Session`] put together are the bytes
//! that were read. What other tools keep in one JSON value is made lines of SillyTavern's, with
//! everything that has no field there under the tool's name; [`ChatFile::source`] says which
//! tool it was.
//!
//! ```
//! use cardkeep::chat::{self, Dialect};
//! use cardkeep::error::Limits;
//!
//! let log = br#"{"user_name":"You","character_name":"Ann","chat_metadata":{}}
//! {"name":"Ann","is_user":false,"mes":"Hello."}
//! {"name":"You","is_user":true,"mes":"cut o"#;
//! let file = chat::read(log, &Limits::default())?;
//! assert_eq!(file.dialect, Dialect::SillyTavern);
//! assert_eq!(file.sessions[0].lines.len(), 1);
//! assert_eq!(file.faults[0].line, 3);
//! # Ok::<(), cardkeep::error::Error>(())
//! ```

mod byaf;
mod compose;
pub mod date;
mod export;
mod find;
mod foreign;
mod index;
mod line;
mod needle;
mod peek;
mod plain;
mod record;
mod search;
mod source;
mod swipe;
mod tools;
mod transcript;
mod tree;
mod view;
mod write;
mod written;

pub use compose::Composed;
pub use export::{Form, export};
pub use find::{FindOptions, Finder};
pub use peek::{Peek, Peeked};
pub use record::{record_line, remove_line, replace_line};
pub use search::{Search, SearchOptions};
pub use source::Source;
pub use swipe::{SwipeChange, swipe_line};
pub use view::{
    Counted, Place, brief_page, counted, declared_count, header_json, header_name, message, page,
    placed_page, said_at, swipe_warnings, text,
};
pub use write::{
    NewHeader, edit_line, hide_line, interrupt_line, mark_line, name_main_chat, write_group_header,
    write_header, write_line, write_world_header,
};

use crate::error::{Kind, Limits, Result, Warning};
use std::borrow::Cow;
use std::ops::Range;
use std::str::FromStr;

/// Which tool's lines they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Dialect {
    /// `mes`, `is_user`, `send_date`, from 2023 on; also what CardShark exports.
    #[default]
    SillyTavern,
    /// CardShark's own files: SillyTavern's with ids in the header.
    CardShark,
    /// What is said at one location of a world: `role`, `content`, `timestamp` in seconds.
    World,
    /// SillyTavern's ancestor: dates as numbers, notes in the header.
    TavernAi,
    /// Texts and swipes are objects with `message`.
    Chub,
}

impl Dialect {
    /// The published name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Dialect::SillyTavern => "sillytavern",
            Dialect::CardShark => "cardshark",
            Dialect::World => "world",
            Dialect::TavernAi => "tavernai",
            Dialect::Chub => "chub",
        }
    }
}

impl FromStr for Dialect {
    type Err = crate::error::Error;

    fn from_str(name: &str) -> Result<Dialect> {
        match name {
            "sillytavern" => Ok(Dialect::SillyTavern),
            "cardshark" => Ok(Dialect::CardShark),
            "world" => Ok(Dialect::World),
            "tavernai" => Ok(Dialect::TavernAi),
            "chub" => Ok(Dialect::Chub),
            _ => Err(Kind::BadOption.because(format!(
                "`dialect` is `{name}`, one of `sillytavern`, `cardshark`, `world`, `tavernai`, `chub` was wanted"
            ))),
        }
    }
}

/// A log that was read: its bytes, and where in them everything is.
#[derive(Debug, Clone)]
pub struct ChatFile<'a> {
    /// What the ranges refer to: the bytes that were given, except after a `double-encoded`, `relined`, `recoded` or `converted` warning.
    pub bytes: Cow<'a, [u8]>,
    /// By the first header and the first messages; SillyTavern's after a `converted` warning. In a
    /// file that was put together a [`Session`] may have another.
    pub dialect: Dialect,
    /// Which tool's file it was, and how that was told.
    pub source: Source,
    /// Whether `bytes` were made out of another form, so that only the file itself has all.
    pub converted: bool,
    /// One for most files. Put together they are `bytes`.
    pub sessions: Vec<Session>,
    /// Lines that cannot be read. They stay where they are.
    pub faults: Vec<Fault>,
    /// What else was odd.
    pub warnings: Vec<Warning>,
}

/// One chat of a file. Its header and its records follow each other without a gap.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Session {
    /// How its lines are read: as they are where the chat stands alone.
    pub dialect: Dialect,
    /// What stands before the first record: the header line with its newline, and what lies
    /// around it. `None` in logs without a header.
    pub header: Option<Range<usize>>,
    /// A record a message: its line with its newline, and blank or unreadable lines beside it.
    /// [`record_line`] gives the message's own line.
    pub lines: Vec<Range<usize>>,
}

/// One line that could not be read. The others can.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Fault {
    /// Counted from 1; from the end, which is -1, where the beginning of a log is not known.
    pub line: i64,
    /// `bad-json`, `cut-short` (the file ends in the line, or in the document that it is),
    /// `not-an-object`, `not-a-message` or `too-large`.
    pub code: &'static str,
    /// One sentence for people.
    pub message: String,
}

/// Reads a chat file of any tool. An empty file is one empty session.
///
/// In a log a line ends at a newline and nowhere else. A header begins a session; a line that
/// cannot be read is a fault and hides no other. An array of messages, and objects that stand over
/// several lines each, are made lines, with the warning `relined`; a document of another tool too, with the warning `converted`; UTF-16 is
/// made UTF-8, with the warning `recoded`; of a document that ends too soon, what is whole is read, with the fault `cut-short`; what gzip compressed is inflated, with the warning `double-encoded`. An archive of Backyard is a session for each scenario
/// in which somebody talked. Of the limits only `chat` applies to a log of lines:
/// what a message is must not depend on who asks. Other documents are read within all of them.
///
/// # Errors
/// `not-a-chat` when there is neither a message nor a header, and for documents that are no
/// chat; `too-large`; `bad-encoding` for what cannot be inflated.
pub fn read<'a>(bytes: &'a [u8], limits: &Limits) -> Result<ChatFile<'a>> {
    index::read(bytes, limits)
}
