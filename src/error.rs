//! What can go wrong, and what was put right.
//!
//! One [`Error`] for the whole crate: its [`Kind`] is for programs and crosses to
//! JavaScript as a stable `code`; its detail is for people. A [`Warning`] is a
//! value, not a failure: it says what a tolerant reader repaired. This file knows
//! nothing of cards, chats or browsers.

use std::fmt;

/// The result of everything that can fail here.
pub type Result<T> = std::result::Result<T, Error>;

/// A failure: the kind for programs, the detail for people, the place for both.
#[derive(Debug, Clone)]
pub struct Error(Box<Inner>);

#[derive(Debug, Clone)]
struct Inner {
    kind: Kind,
    detail: String,
    place: Option<Place>,
    subject: Option<Subject>,
    found: Option<u64>,
    sides: Option<Sides>,
    cause: Option<String>,
}

/// The three sides of a conflict, each as JSON in the shape that callers know, as far as
/// they are known.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sides {
    /// What the caller's change began with.
    pub base: Option<String>,
    /// What the caller made of it.
    pub mine: Option<String>,
    /// What is stored.
    pub theirs: Option<String>,
}

/// Where in the input or the store something went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Offset in bytes from the start of the input.
    Byte(usize),
    /// Line of a text file, counted from 1.
    Line(usize),
    /// Item of a list that was given, counted from 0.
    Item(usize),
}

/// Which record an operation of the store was about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// The domain, such as `characters`.
    pub domain: String,
    /// The record's id.
    pub id: String,
}

macro_rules! kinds {
    ($($(#[doc = $doc:literal])+ $name:ident = $code:literal, $retry:literal, $hint:literal;)+) => {
        /// Every way to fail. What JavaScript sees is [`Kind::code`].
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Kind {
            $($(#[doc = $doc])+ $name,)+
        }

        impl Kind {
            /// Every kind, once.
            pub const ALL: &'static [Kind] = &[$(Kind::$name),+];

            /// The published code: may be added to, never changed.
            pub const fn code(self) -> &'static str {
                match self { $(Kind::$name => $code),+ }
            }

            /// Whether the same call may succeed later without any change by the caller.
            pub const fn retryable(self) -> bool {
                match self { $(Kind::$name => $retry),+ }
            }

            /// What a person or a program can do about it.
            pub const fn hint(self) -> &'static str {
                match self { $(Kind::$name => $hint),+ }
            }
        }
    };
}

kinds! {
    /// The bytes are no card container that is known here.
    NotACard = "not-a-card", false, "Give a character card: PNG, CHARX, JSON, WebP or JPEG.";
    /// A well-formed file that carries no card.
    NoCard = "no-card", false, "The image has no character data; pick the original card file.";
    /// The file starts like a PNG but its structure cannot be followed.
    BadPng = "bad-png", false, "The image is damaged; download it again.";
    /// The file is an archive whose entries cannot be followed.
    BadZip = "bad-zip", false, "The archive is damaged; download it again.";
    /// The file ends before it should.
    CutShort = "cut-short", false, "The file is incomplete; download it again.";
    /// The text is no JSON, however tolerantly it is read.
    BadJson = "bad-json", false, "The text is damaged; `offset` says where reading stopped.";
    /// The encoded payload (base64, zlib, UTF-16) cannot be decoded.
    BadEncoding = "bad-encoding", false, "The card's payload is damaged; download it again.";
    /// A limit on size, depth or count was reached.
    TooLarge = "too-large", false, "Raise the limit named in the message if you trust the file.";
    /// A known format that this version does not read.
    Unsupported = "unsupported", false, "Export the file as PNG, JSON or JSONL in the tool that made it.";
    /// The text is no chat log that is known here.
    NotAChat = "not-a-chat", false, "Give a chat log (JSONL), or the JSON file of a chat.";
    /// The JSON is no world state.
    NotAWorld = "not-a-world", false, "Give a world_state.json.";
    /// The file holds no persona that is known here.
    NotAPersona = "not-a-persona", false, "Give a backup of SillyTavern's personas, or a persona of RisuAI or CardShark.";
    /// The text is no lorebook that is known here.
    NotALorebook = "not-a-lorebook", false, "Give a lorebook of SillyTavern, a card, Agnai, NovelAI, RisuAI or AI Dungeon.";
    /// The file holds no template that is known here.
    NotATemplate = "not-a-template", false, "Give a preset of SillyTavern (JSON) or a template of CardShark.";
    /// The file is no backup of a keep.
    NotABackup = "not-a-backup", false, "Give a .cardkeep file that was exported from backups.";
    /// A value breaks the rules of its domain.
    Invalid = "invalid", false, "The message names the field and what it must be.";
    /// An option has an unknown name or value.
    BadOption = "bad-option", false, "The message names the option and its possible values.";
    /// A path leads nowhere in the document.
    NoSuchPath = "no-such-path", false, "Check the path against the document.";
    /// No record with this id, or it is in the trash.
    NotFound = "not-found", false, "List the domain to see what is there.";
    /// Somebody else changed the record in between.
    Conflict = "conflict", false, "Read the record again, or `merge` the error's `conflict`, then repeat the change.";
    /// Inside a transaction something else than the transaction's own calls was awaited.
    ForeignAwait = "foreign-await", false, "Fetch, read and wait before the transaction; inside, await only calls of its `tx`.";
    /// A transaction was used after its end.
    TransactionOver = "transaction-over", false, "Do everything inside the function given to `transaction`, and await it there.";
    /// A stored record or page does not match its checksum or shape.
    Corrupt = "corrupt", false, "The other records are unharmed; restore this one from a version or a backup.";
    /// The keep, or a world in it, was written by a newer version; it opens read-only.
    TooNew = "too-new", false, "Reload the page, or update the app. Reading and exporting work meanwhile.";
    /// A write was asked of a keep that is open read-only.
    ReadOnly = "read-only", false, "Exporting works; see the keep's `access` for the reason.";
    /// Another tab writes this keep, which was opened for one writer at a time.
    Locked = "locked", false, "Go on in the other tab, or take over here with `takeOver()`.";
    /// Another tab is restoring a backup.
    Restoring = "restoring", true, "Wait until the backup is restored, then repeat the change.";
    /// The stored schema cannot be reached from here: a rung is missing or failed.
    Migration = "migration", false, "Nothing was changed; the original is intact. Report this with the message.";
    /// The disk or the browser's quota is full.
    Quota = "quota", true, "Free some space, then try again; what was stored is intact.";
    /// Another tab holds an old version of the storage open.
    Blocked = "blocked", true, "Close the other tabs of this app.";
    /// The keep is closed.
    Closed = "closed", true, "Open the keep again.";
    /// The storage did not answer in time.
    Timeout = "timeout", true, "Try again; reload the page if it stays.";
    /// The storage aborted the write; nothing of it was stored.
    Aborted = "aborted", true, "Try again; nothing was stored.";
    /// The caller's signal cancelled the operation.
    Cancelled = "cancelled", true, "Nothing to do: it was asked for.";
    /// The environment lacks what the call needs, such as IndexedDB.
    NoSupport = "no-support", false, "Open with `medium: \"memory\"`, or use a browser with IndexedDB.";
    /// A function was called before `init()` finished.
    NotReady = "not-ready", true, "Await `init()` first.";
    /// The storage failed in a way that has no name of its own.
    Medium = "medium", true, "Reload the page; the message carries the browser's own words.";
    /// A promise of this library does not hold. Please report it.
    Bug = "bug", false, "Please report this with the message.";
}

impl Kind {
    /// An error of this kind; say why with [`Error::because`].
    pub fn error(self) -> Error {
        Error(Box::new(Inner {
            kind: self,
            detail: String::new(),
            place: None,
            subject: None,
            found: None,
            sides: None,
            cause: None,
        }))
    }

    /// An error of this kind with its detail: lower case, no full stop, what was
    /// found and what was wanted.
    pub fn because(self, detail: impl Into<String>) -> Error {
        self.error().because(detail)
    }

    /// An error of this kind at a place of the input.
    pub fn at(self, place: Place) -> Error {
        self.error().at(place)
    }
}

impl Error {
    /// The kind, for programs.
    pub fn kind(&self) -> Kind {
        self.0.kind
    }

    /// The detail, for people.
    pub fn detail(&self) -> &str {
        &self.0.detail
    }

    /// Where it happened, if that is known.
    pub fn place(&self) -> Option<Place> {
        self.0.place
    }

    /// Which record it was about, if it was about one.
    pub fn subject(&self) -> Option<&Subject> {
        self.0.subject.as_ref()
    }

    /// The revision that the record has, for `conflict`.
    pub fn found(&self) -> Option<u64> {
        self.0.found
    }

    /// The three sides, for `conflict`, where they are told.
    pub fn sides(&self) -> Option<&Sides> {
        self.0.sides.as_ref()
    }

    /// The words of the failure beneath this one.
    pub fn cause(&self) -> Option<&str> {
        self.0.cause.as_deref()
    }

    /// Sets the detail.
    pub fn because(mut self, detail: impl Into<String>) -> Error {
        self.0.detail = detail.into();
        self
    }

    /// Sets the place.
    pub fn at(mut self, place: Place) -> Error {
        self.0.place = Some(place);
        self
    }

    /// Names the record it was about; an earlier name stays.
    pub fn of(mut self, domain: &str, id: &str) -> Error {
        self.0.subject.get_or_insert_with(|| Subject {
            domain: domain.to_owned(),
            id: id.to_owned(),
        });
        self
    }

    /// Tells the revision that the record has, if there is one.
    pub fn finding(mut self, rev: Option<u64>) -> Error {
        self.0.found = rev;
        self
    }

    /// Tells the three sides of a conflict.
    pub fn between(mut self, sides: Sides) -> Error {
        self.0.sides = Some(sides);
        self
    }

    /// Says which item of a list it was about. Places inside of the item give way: the detail
    /// has them.
    pub fn item(mut self, index: usize) -> Error {
        match self.0.place.replace(Place::Item(index)) {
            Some(Place::Byte(offset)) => self.0.detail.push_str(&format!(", at its byte {offset}")),
            Some(Place::Line(line)) => self.0.detail.push_str(&format!(", at its line {line}")),
            Some(Place::Item(_)) | None => {}
        }
        self
    }

    /// Keeps the words of the failure beneath.
    pub fn caused_by(mut self, cause: impl fmt::Display) -> Error {
        self.0.cause = Some(cause.to_string());
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.kind().code())?;
        if !self.0.detail.is_empty() {
            write!(out, ": {}", self.0.detail)?;
        }
        match self.0.place {
            Some(Place::Byte(offset)) => write!(out, " (at byte {offset})"),
            Some(Place::Line(line)) => write!(out, " (line {line})"),
            Some(Place::Item(index)) => write!(out, " (item {index})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Error {}

/// Something that the format it is to be written in has no place for.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Loss {
    /// `data.nickname`, `entries.3.probability`.
    pub path: String,
    /// One sentence.
    pub message: String,
}

/// What was written, and what is not in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The file.
    pub bytes: Vec<u8>,
    /// What its form has no place for, or its tool does not read.
    pub losses: Vec<Loss>,
}

impl Loss {
    /// What is lost, and why.
    pub fn new(path: impl Into<String>, message: impl Into<String>) -> Loss {
        Loss {
            path: path.into(),
            message: message.into(),
        }
    }
}

/// What a tolerant reader noticed, and whether it could put it right.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Warning {
    /// Stable, kebab-case, such as `crc-mismatch`.
    pub code: &'static str,
    /// Where: a path in the document (`data.tags`), a chunk (`chunk 3 tEXt`), a line (`line 7`).
    pub path: String,
    /// One sentence for people.
    pub message: String,
    /// True when the value given is usable, false when something was left out.
    pub repaired: bool,
}

impl Warning {
    /// Something was wrong and was put right.
    pub fn repaired(
        code: &'static str,
        path: impl Into<String>,
        message: impl Into<String>,
    ) -> Warning {
        Warning {
            code,
            path: path.into(),
            message: message.into(),
            repaired: true,
        }
    }

    /// Something was wrong and was left out or left as it is.
    pub fn noticed(
        code: &'static str,
        path: impl Into<String>,
        message: impl Into<String>,
    ) -> Warning {
        Warning {
            code,
            path: path.into(),
            message: message.into(),
            repaired: false,
        }
    }
}

/// How much input is accepted. Counted on actual output, never on declared sizes.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Limits {
    /// A whole file, in bytes.
    pub file: usize,
    /// One chunk or entry as stored, in bytes.
    pub chunk: usize,
    /// Inflated or decoded text, in bytes.
    pub text: usize,
    /// Text chunks of one image, beside those of its card and its assets.
    pub text_chunks: usize,
    /// Nesting of a JSON document.
    pub depth: usize,
    /// Files of one archive.
    pub entries: usize,
    /// All contents of an archive together, in bytes.
    pub archive: usize,
    /// How many times its stored size one content of an archive may have.
    pub ratio: usize,
    /// Pixels of an image that is decoded for a thumbnail.
    pub pixels: usize,
    /// A whole chat log, in bytes.
    pub chat: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        const MIB: usize = 1 << 20;
        Limits {
            file: 64 * MIB,
            chunk: 32 * MIB,
            text: 32 * MIB,
            text_chunks: 64,
            depth: 64,
            entries: 10_000,
            archive: 256 * MIB,
            ratio: 200,
            pixels: 64_000_000,
            chat: 1024 * MIB,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Kind;
    use std::collections::HashSet;

    #[test]
    fn every_code_is_unique_and_kebab_case() {
        let codes: HashSet<_> = Kind::ALL.iter().map(|kind| kind.code()).collect();
        assert_eq!(codes.len(), Kind::ALL.len());
        for code in codes {
            assert!(
                code.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'),
                "{code}"
            );
        }
    }
}
