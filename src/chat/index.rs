//! From bytes to sessions: which byte belongs to which record. Nothing is turned into a tree.

use super::foreign;
use super::line::{Piece, Pieces, What, is_plain, object, repairs};
use super::record::record_line;
use super::source::Source;
use super::transcript::Transcript;
use super::written::one_line;
use super::{ChatFile, Dialect, Fault, Session, byaf, tree, view};
use crate::codec::inflate;
use crate::error::{Error, Kind, Limits, Place, Result, Warning};
use crate::json::{self, Node, Shape, utf16_text};
use memchr::memchr_iter;
use std::borrow::Cow;
use std::ops::Range;

/// A file with more is none that people want to see listed.
const MOST_FAULTS: usize = 1000;
const MOST_WARNINGS: usize = 100;
/// So many messages are looked at to tell the dialect.
pub(super) const SAMPLE: usize = 8;

pub(super) fn read<'a>(bytes: &'a [u8], limits: &Limits) -> Result<ChatFile<'a>> {
    if bytes.len() > limits.chat {
        return Err(over(bytes.len(), limits));
    }
    let mut warnings = Vec::new();
    if let Some(log) = inflate::gzip(bytes, most(bytes, limits), &mut warnings)? {
        if inflate::is_gzip(&log) {
            return Err(Kind::NotAChat.because("the file is compressed more than once"));
        }
        return of_other_bytes(log, warnings, limits);
    }
    if let Some(transcript) = byaf::transcript(bytes, limits)? {
        return converted(transcript, Vec::new());
    }
    if let Some((text, mut warnings)) = utf16_text(bytes) {
        let blank = text.trim_start_matches('\u{feff}').trim().is_empty();
        if blank && !warnings.is_empty() {
            return Err(Kind::NotAChat.because("the file ends within its first character"));
        }
        let message = "the log was UTF-16 text; it was made UTF-8";
        warnings.insert(0, Warning::repaired("recoded", "", message));
        return of_other_bytes(text.into_bytes(), warnings, limits);
    }
    let text = bytes
        .strip_prefix(b"\xef\xbb\xbf")
        .unwrap_or(bytes)
        .trim_ascii_start();
    if text.is_empty() {
        let header = (!bytes.is_empty()).then_some(0..bytes.len());
        return Ok(ChatFile {
            bytes: Cow::Borrowed(bytes),
            dialect: Dialect::SillyTavern,
            source: Source::new("sillytavern", "any", "the file is empty"),
            converted: false,
            sessions: vec![Session {
                header,
                ..Session::default()
            }],
            faults: Vec::new(),
            warnings: Vec::new(),
        });
    }
    let first = Pieces::of(bytes).find(|piece| piece.what != What::Blank);
    let (alone, faulty) = first.as_ref().map_or((false, false), |first| {
        let alone = bytes[first.to..].trim_ascii().is_empty();
        (alone, matches!(first.what, What::Fault(..)))
    });
    // Lines of a document that spans many of them may look like messages, and a document that
    // is one line may look like a header or a message.
    if faulty || alone {
        if let Some((document, repairs)) = foreign::document(bytes, limits) {
            let root = document.root();
            let known = foreign::transcript(root).or_else(|| {
                // An object is a line where it can be one, unless it lists messages itself.
                (root.shape() == Shape::Object)
                    .then(|| foreign::plain_transcript(root))
                    .flatten()
            });
            if let Some(transcript) = known {
                return converted(transcript, Vec::new()).map(|file| file.repaired(repairs));
            }
            if faulty {
                if let Some((transcript, faults)) = tree::llama_lines(bytes) {
                    return converted(transcript, faults);
                }
                let message = spread(bytes).filter(|file| !file.sessions[0].lines.is_empty());
                let all = || array(root).map(|file| file.repaired(repairs));
                return message.map_or_else(all, Ok);
            }
        } else if let Some(text) = foreign::of_page(bytes)
            && let Some((document, repairs)) = foreign::document(text.as_bytes(), limits)
            && let Some(transcript) = foreign::transcript(document.root())
        {
            return converted(transcript, Vec::new()).map(|file| file.repaired(repairs));
        } else if text[0] == b'['
            && let Some(file) = cut(bytes, limits)
        {
            return Ok(file);
        }
        if let Some((transcript, faults)) = tree::llama_lines(bytes) {
            return converted(transcript, faults);
        }
    }
    let log = index(Cow::Borrowed(bytes))
        .or_else(|| spread(bytes))
        .or_else(|| cut(bytes, limits));
    log.ok_or_else(|| {
        let (line, reason) = match first {
            Some(Piece {
                line,
                what: What::Fault(_, reason),
                ..
            }) => (line, reason),
            _ => (1, String::new()),
        };
        Kind::NotAChat
            .because(format!(
                "no line is a message or a header; the first: {reason}"
            ))
            .at(Place::Line(line))
    })
}

/// The log that was made of the file's bytes, with the warnings for that.
fn of_other_bytes<'a>(
    log: Vec<u8>,
    mut warnings: Vec<Warning>,
    limits: &Limits,
) -> Result<ChatFile<'a>> {
    let ChatFile {
        bytes,
        dialect,
        source,
        converted,
        sessions,
        faults,
        warnings: mut odd,
    } = read(&log, limits)?;
    let made = match bytes {
        Cow::Owned(made) => Some(made),
        Cow::Borrowed(_) => None,
    };
    warnings.append(&mut odd);
    Ok(ChatFile {
        bytes: Cow::Owned(made.unwrap_or(log)),
        dialect,
        source,
        converted,
        sessions,
        faults,
        warnings,
    })
}

/// So many bytes a compressed log may have: a bomb is told before it fills the memory.
fn most(file: &[u8], limits: &Limits) -> usize {
    let most = file.len().saturating_mul(limits.ratio).max(limits.text);
    most.min(limits.chat)
}

/// That a log is larger than it may be.
pub(super) fn over(size: usize, limits: &Limits) -> Error {
    let limit = limits.chat;
    Kind::TooLarge.because(format!(
        "the log has {size} bytes, the limit `chat` allows {limit}"
    ))
}

/// The log of objects that stand over several lines each, as an editor puts them.
fn spread(bytes: &[u8]) -> Option<ChatFile<'static>> {
    let text = std::str::from_utf8(bytes).ok()?;
    let mut rest = text.trim_start_matches('\u{feff}').trim_ascii_start();
    let mut lines = Vec::new();
    while !rest.is_empty() {
        let length = object(rest.as_bytes())?;
        let (whole, behind) = rest.split_at_checked(length)?;
        lines.push(one_line(whole));
        rest = behind.trim_ascii_start();
    }
    let mut file = index(Cow::Owned(lines.join("\n").into_bytes()))?;
    let message = "the objects stand over several lines; each was made a line";
    file.warnings
        .insert(0, Warning::repaired("relined", "", message));
    Some(file)
}

/// What is whole in a document, or in a log of spread objects, that ends too soon.
fn cut(bytes: &[u8], limits: &Limits) -> Option<ChatFile<'static>> {
    let whole = json::ended(bytes, limits.depth)?;
    let mut file = of_other_bytes(whole, Vec::new(), limits).ok()?;
    // Lines of a log are faults one by one, and a message alone may lack its words.
    let made = file.converted
        || file
            .warnings
            .iter()
            .any(|warning| warning.code == "relined");
    let said = |session: &Session| {
        !session.lines.is_empty() && (session.lines.len() > 1 || session.header.is_some())
    };
    if !made || !file.sessions.iter().any(said) {
        return None;
    }
    file.faults.push(Fault {
        line: memchr_iter(b'\n', bytes).count() as i64 + 1,
        code: "cut-short",
        message: "the file ends too soon; what is whole in it was read".to_owned(),
    });
    Some(file)
}

/// The log of an array whose items are lines, or messages of no known tool.
fn array(root: Node<'_>) -> Result<ChatFile<'static>> {
    // Their lines would say less: what is shown of them stands in a column of its own.
    let known = foreign::database_transcript(root).or_else(|| foreign::nested_transcript(root));
    if let Some(transcript) = known {
        return converted(transcript, Vec::new());
    }
    let refused = || Kind::NotAChat.because("the file is one JSON value that is no chat");
    let relined = foreign::lines(root).and_then(|lines| index(Cow::Owned(lines)));
    if let Some(mut file) = relined {
        let message = "the file is one JSON array; each of its items was made a line";
        file.warnings
            .insert(0, Warning::repaired("relined", "", message));
        return Ok(file);
    }
    converted(
        foreign::plain_transcript(root).ok_or_else(refused)?,
        Vec::new(),
    )
}

/// The log that a transcript is.
fn converted(transcript: Transcript, faults: Vec<Fault>) -> Result<ChatFile<'static>> {
    let (log, source, warnings) = transcript.finish();
    let mut file = index(Cow::Owned(log))
        .ok_or_else(|| Kind::Bug.because("a log that was made of a chat holds nothing"))?;
    let mut notes = Notes::default();
    faults.into_iter().for_each(|fault| notes.fault(fault));
    let (faults, more) = notes.settle();
    for session in &mut file.sessions {
        session.dialect = Dialect::SillyTavern;
    }
    Ok(ChatFile {
        dialect: Dialect::SillyTavern,
        source,
        converted: true,
        faults,
        warnings: warnings.into_iter().chain(more).collect(),
        ..file
    })
}

/// The sessions of a log; `None` when there is neither a message nor a header.
pub(super) fn index(bytes: Cow<'_, [u8]>) -> Option<ChatFile<'_>> {
    let mut notes = Notes::default();
    let mut sessions = Vec::new();
    let mut session = Session::default();
    // What lies before belongs to a record or a header already.
    let mut tiled = 0;
    let mut sample: Vec<Range<usize>> = Vec::new();
    // All at once: no line of a plain file is looked at for this.
    let plain = is_plain(&bytes);
    for mut piece in Pieces::of(&bytes) {
        let text = &bytes[piece.start..piece.end];
        let taken = matches!(piece.what, What::Message | What::Header);
        if !plain && taken && piece.warnings.is_empty() && !is_plain(text) {
            piece.warnings = repairs(text);
        }
        notes.warnings(piece.line, piece.warnings);
        match piece.what {
            What::Blank => continue,
            What::Fault(code, message) => {
                notes.fault(Fault {
                    line: piece.line as i64,
                    code,
                    message,
                });
                continue;
            }
            What::Message => {
                if sample.len() < SAMPLE {
                    sample.push(piece.start..piece.end);
                }
                session.lines.push(tiled..piece.to);
            }
            What::Header => {
                if !session.is_blank() {
                    session.extend(piece.from);
                    sessions.push(std::mem::take(&mut session));
                    tiled = piece.from;
                }
                session.header = Some(tiled..piece.to);
            }
        }
        tiled = piece.to;
    }
    if session.is_blank() {
        return None;
    }
    session.extend(bytes.len());
    sessions.push(session);
    let header = sessions[0].header.clone().map(|range| &bytes[range]);
    let sample = || sample.iter().map(|range| &bytes[range.clone()]);
    let dialect = view::dialect(header, sample());
    let source = Source::of_lines(dialect, header, sample());
    let several = sessions.len() > 1;
    for session in &mut sessions {
        session.dialect = dialect;
        // What says nothing by itself is as the file.
        if several && !session.lines.is_empty() {
            let header = session.header.clone().map(|range| &bytes[range]);
            let lines = session.lines.iter().take(SAMPLE);
            let lines = lines.map(|range| record_line(&bytes[range.clone()]));
            session.dialect = view::dialect(header, lines);
        }
    }
    let (faults, warnings) = notes.settle();
    Some(ChatFile {
        dialect,
        source,
        converted: false,
        sessions,
        faults,
        warnings,
        bytes,
    })
}

impl ChatFile<'_> {
    /// The same with what had to be repaired in the document that it was, where its lines do not
    /// tell it.
    fn repaired(mut self, mut repairs: Vec<Warning>) -> Self {
        repairs.retain(|one| !self.warnings.iter().any(|told| told.code == one.code));
        self.warnings.extend(repairs);
        self
    }
}

impl Session {
    /// Whether nothing of it has been found yet.
    fn is_blank(&self) -> bool {
        self.header.is_none() && self.lines.is_empty()
    }

    /// Lets the last part reach up to `end`.
    fn extend(&mut self, end: usize) {
        if let Some(last) = self.lines.last_mut().or(self.header.as_mut()) {
            last.end = end;
        }
    }
}

/// What is told about lines, up to a number that people read.
#[derive(Default)]
struct Notes {
    faults: Vec<Fault>,
    more_faults: usize,
    warnings: Vec<Warning>,
    more_warnings: usize,
}

impl Notes {
    fn fault(&mut self, fault: Fault) {
        if self.faults.len() < MOST_FAULTS {
            self.faults.push(fault);
        } else {
            self.more_faults += 1;
        }
    }

    fn warnings(&mut self, line: usize, warnings: Vec<Warning>) {
        let told = |warning: &Warning| warning.repaired || warning.code == "trailing-text";
        for warning in warnings.into_iter().filter(told) {
            if self.warnings.len() == MOST_WARNINGS {
                self.more_warnings += 1;
                continue;
            }
            let message = match warning.code {
                "trailing-text" => {
                    "text behind the message was left alone and is not shown".to_owned()
                }
                _ => warning.message,
            };
            self.warnings.push(Warning {
                path: format!("line {line}"),
                message,
                ..warning
            });
        }
    }

    fn settle(self) -> (Vec<Fault>, Vec<Warning>) {
        let mut warnings = self.warnings;
        if self.more_warnings > 0 {
            let message = format!("{} more things like these", self.more_warnings);
            warnings.push(Warning::noticed("more-warnings", "", message));
        }
        if self.more_faults > 0 {
            let message = format!("{} more lines cannot be read", self.more_faults);
            warnings.push(Warning::noticed("more-faults", "", message));
        }
        (self.faults, warnings)
    }
}
