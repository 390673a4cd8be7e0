//! What a line is, told at the speed of a memory scan.
//!
//! A line is looked at once when a log is read and never turned into a tree then. The
//! quick look accepts a part of what [`Document`] accepts and decides by the names of the
//! outermost members; where it is not sure, [`Document`] decides. The limits are fixed: what
//! counts as a message must not change between importing a log and paging through it.

use crate::error::{Kind, Limits, Warning};
use crate::json::{self, Document, Shape};
use memchr::memchr;

/// The nesting that [`Limits`] allow by default, which is also what a `u64` can count.
const MOST_DEPTH: u32 = 64;
/// Longer lines could have more values than a document may.
const MOST_BYTES: usize = 4 << 20;

/// What a piece of a log is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum What {
    Blank,
    Header,
    Message,
    /// Why it is neither: a code and a sentence.
    Fault(&'static str, String),
}

/// One object with what stands around it up to the next one, mostly a line.
#[derive(Debug)]
pub(super) struct Piece {
    /// Where the piece begins, byte order mark and space included.
    pub from: usize,
    /// Where the object begins and ends; for faults the line without its newline.
    pub start: usize,
    pub end: usize,
    /// Behind the newline.
    pub to: usize,
    /// From 1.
    pub line: usize,
    pub what: What,
    /// What had to be repaired or left alone to read the object.
    pub warnings: Vec<Warning>,
}

/// The pieces of a log, or of a part of it that begins with a piece.
pub(super) struct Pieces<'a> {
    bytes: &'a [u8],
    at: usize,
    line: usize,
    /// Where the text of the line around `at` ends, and behind its newline. Kept, so that a
    /// line of many objects is not searched again for each.
    end: usize,
    to: usize,
}

impl<'a> Pieces<'a> {
    pub(super) fn of(bytes: &'a [u8]) -> Pieces<'a> {
        Pieces {
            bytes,
            at: 0,
            line: 0,
            end: 0,
            to: 0,
        }
    }
}

impl Iterator for Pieces<'_> {
    type Item = Piece;

    fn next(&mut self) -> Option<Piece> {
        let from = self.at;
        let rest = self.bytes.get(from..).filter(|rest| !rest.is_empty())?;
        let mut start = from;
        if from == self.to {
            let newline = memchr(b'\n', rest);
            self.line += 1;
            self.to = from + newline.map_or(rest.len(), |at| at + 1);
            self.end = from + rest[..newline.unwrap_or(rest.len())].trim_ascii_end().len();
            if rest.starts_with(b"\xef\xbb\xbf") {
                start += 3;
            }
        }
        let text = self.bytes.get(start..self.end).unwrap_or_default();
        start += text.len() - text.trim_ascii_start().len();
        let (end, to) = (self.end.max(start), self.to);
        let mut piece = Piece {
            from,
            start,
            end,
            to,
            line: self.line,
            what: What::Blank,
            warnings: Vec::new(),
        };
        if start < end {
            self.judge(&mut piece);
        }
        self.at = piece.to;
        Some(piece)
    }
}

impl Pieces<'_> {
    /// Says what the piece is, and ends it early where another object follows on the same line.
    fn judge(&self, piece: &mut Piece) {
        let text = &self.bytes[piece.start..piece.end];
        if text.len() <= MOST_BYTES
            && let Some((keys, length)) = scan(text)
        {
            let rest = text[length..].trim_ascii_start();
            piece.what = keys.what();
            if rest.is_empty() || matches!(piece.what, What::Fault(..)) {
                return;
            }
            // Joined files lack the newline between the last line of one and the header of the next.
            if rest[0] == b'{' {
                piece.end = piece.start + length;
                piece.to = piece.start + text.len() - rest.len();
                return;
            }
        }
        (piece.what, piece.warnings) = judge_slowly(text);
        if let What::Fault("bad-json", message) = &mut piece.what
            && piece.to == self.bytes.len()
            && self.bytes.last() != Some(&b'\n')
            && text[0] == b'{'
        {
            piece.what = What::Fault(
                "cut-short",
                format!("the file ends within the line: {message}"),
            );
        }
    }
}

fn judge_slowly(text: &[u8]) -> (What, Vec<Warning>) {
    let no_object = || What::Fault("not-an-object", "the line is no JSON object".to_owned());
    if !matches!(text[0], b'{' | 0) {
        return (no_object(), Vec::new());
    }
    match Document::read(text, &Limits::default()) {
        Ok((document, _)) if document.root().shape() != Shape::Object => (no_object(), Vec::new()),
        Ok((document, warnings)) => {
            let mut keys = Keys::default();
            for (key, _) in document.root().entries() {
                keys.note(key.trim().as_bytes());
            }
            (keys.what(), warnings)
        }
        Err(error) => {
            let code = if error.kind() == Kind::TooLarge {
                "too-large"
            } else {
                "bad-json"
            };
            (What::Fault(code, error.detail().to_owned()), Vec::new())
        }
    }
}

/// Whether nothing in it is repaired by reading it beside what the quick look sees: bytes that
/// are no UTF-8, and control characters, of which only those that end lines are no matter.
pub(super) fn is_plain(text: &[u8]) -> bool {
    let mut at = 0;
    loop {
        at += json::uncontrolled(&text[at..]);
        match text.get(at) {
            None => return json::utf8(text).is_some(),
            Some(b'\n' | b'\r') => at += 1,
            Some(_) => return false,
        }
    }
}

/// What is told of an object that the quick look took and that is not plain.
pub(super) fn repairs(text: &[u8]) -> Vec<Warning> {
    judge_slowly(text).1
}

/// Which of the telling members an object has.
#[derive(Default, Clone, Copy)]
struct Keys {
    seen: u16,
    count: u32,
}

impl Keys {
    /// Enough for a message.
    const MESSAGE: u16 = 1;
    /// A text that other records have too.
    const TEXT: u16 = 2;
    /// Who says it.
    const SPEAKER: u16 = 4;
    /// Enough for a header.
    const HEADER: u16 = 8;
    const METADATA: u16 = 16;
    const TIMESTAMP: u16 = 32;
    /// Only files about chats have it: SillyTavern's groups.
    const GROUP: u16 = 64;

    fn note(&mut self, key: &[u8]) {
        self.count += 1;
        self.seen |= match key {
            b"mes" | b"swipes" | b"is_user" => Keys::MESSAGE,
            b"content" | b"message" | b"text" => Keys::TEXT,
            b"role" | b"name" | b"is_system" => Keys::SPEAKER,
            b"user_name" | b"character_name" | b"character_names" | b"chat_metadata" => {
                Keys::HEADER
            }
            b"metadata" => Keys::METADATA,
            b"timestamp" => Keys::TIMESTAMP,
            b"members" => Keys::GROUP,
            _ => 0,
        };
    }

    fn has(self, keys: u16) -> bool {
        self.seen & keys == keys
    }

    fn what(self) -> What {
        if self.has(Keys::MESSAGE) || self.has(Keys::TEXT | Keys::SPEAKER) {
            What::Message
        } else if self.has(Keys::HEADER) && !self.has(Keys::GROUP)
            || self.has(Keys::METADATA | Keys::TIMESTAMP)
            || self.has(Keys::METADATA) && self.count == 1
        {
            What::Header
        } else {
            What::Fault(
                "not-a-message",
                "the object is neither a message nor a header".to_owned(),
            )
        }
    }
}

/// Where the object at the beginning of `text` ends, if it is strict JSON.
pub(super) fn object(text: &[u8]) -> Option<usize> {
    scan(text).map(|(_, length)| length)
}

/// The telling members of the value at the beginning of `text`, and where it ends.
///
/// `None` when `text` does not begin with an object, when it is not strict JSON, and when its
/// names are spelled in a way that takes more than a look.
fn scan(text: &[u8]) -> Option<(Keys, usize)> {
    if text.first() != Some(&b'{') {
        return None;
    }
    let mut keys = Keys::default();
    // A bit for each container around `at`, the innermost lowest: set for an object.
    let mut nest = 0_u64;
    let mut depth = 0;
    let mut at = 0;
    loop {
        // A value begins at `at`.
        match *text.get(at)? {
            bracket @ (b'{' | b'[') => {
                if depth == MOST_DEPTH {
                    return None;
                }
                let object = bracket == b'{';
                nest = nest << 1 | u64::from(object);
                depth += 1;
                at = space(text, at + 1);
                if *text.get(at)? == if object { b'}' } else { b']' } {
                    nest >>= 1;
                    depth -= 1;
                    at += 1;
                } else {
                    if object {
                        at = key(text, at, depth, &mut keys)?;
                    }
                    continue;
                }
            }
            b'"' => at = string(text, at)?,
            b't' if text[at..].starts_with(b"true") => at += 4,
            b'f' if text[at..].starts_with(b"false") => at += 5,
            b'n' if text[at..].starts_with(b"null") => at += 4,
            b'-' | b'0'..=b'9' => at = number(text, at)?,
            _ => return None,
        }
        // A value is complete: what encloses it goes on, or is complete too.
        loop {
            if depth == 0 {
                return Some((keys, at));
            }
            at = space(text, at);
            let object = nest & 1 == 1;
            match *text.get(at)? {
                b',' => {
                    at = space(text, at + 1);
                    if object {
                        at = key(text, at, depth, &mut keys)?;
                    }
                    break;
                }
                b'}' if object => {}
                b']' if !object => {}
                _ => return None,
            }
            nest >>= 1;
            depth -= 1;
            at += 1;
        }
    }
}

fn space(text: &[u8], mut at: usize) -> usize {
    while let Some(b' ' | b'\t' | b'\r' | b'\n') = text.get(at) {
        at += 1;
    }
    at
}

/// Where the value of the key at `at` begins.
fn key(text: &[u8], at: usize, depth: u32, keys: &mut Keys) -> Option<usize> {
    if *text.get(at)? != b'"' {
        return None;
    }
    let end = string(text, at)?;
    if depth == 1 {
        let name = &text[at + 1..end - 1];
        if name.iter().any(|b| *b == b'\\' || !b.is_ascii_graphic()) {
            return None;
        }
        keys.note(name);
    }
    let colon = space(text, end);
    (*text.get(colon)? == b':').then(|| space(text, colon + 1))
}

/// Where the string at `at` ends, if its escapes are JSON's. Other bytes are no matter:
/// [`Document`] takes all of them, and [`is_plain`] tells of them.
fn string(text: &[u8], at: usize) -> Option<usize> {
    let mut at = at + 1;
    loop {
        at += json::unquoted(text.get(at..)?);
        if *text.get(at)? == b'"' {
            return Some(at + 1);
        }
        at += match text.get(at + 1)? {
            b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => 2,
            b'u' if text.get(at + 2..at + 6)?.iter().all(u8::is_ascii_hexdigit) => 6,
            _ => return None,
        };
    }
}

/// Where the strictly spelled number at `at` ends.
fn number(text: &[u8], at: usize) -> Option<usize> {
    let digits = |at: usize| {
        let length = text[at..].iter().take_while(|b| b.is_ascii_digit()).count();
        (length > 0).then_some(at + length)
    };
    let start = at + usize::from(text[at] == b'-');
    let mut end = digits(start)?;
    if text[start] == b'0' && end > start + 1 {
        return None;
    }
    if text.get(end) == Some(&b'.') {
        end = digits(end + 1)?;
    }
    if let Some(b'e' | b'E') = text.get(end) {
        let sign = usize::from(matches!(text.get(end + 1), Some(b'+' | b'-')));
        end = digits(end + 1 + sign)?;
    }
    Some(end)
}

#[cfg(test)]
mod tests {
    use super::{Pieces, What, is_plain, scan};
    use crate::error::Limits;
    use crate::json::Document;

    const LINES: [&str; 8] = [
        r#"{"name":"Zoë","is_user":false,"send_date":"x","mes":"hi \"there\" \\","extra":{"a":[1,-2.5e3,{}]}}"#,
        r#"{"user_name":"You","character_name":"Zo\u00eb","chat_metadata":{"x":[[],null,true,false]}}"#,
        r#"{ "role" : "user" , "content" : "\ud83d" , "timestamp" : 1234567890 }"#,
        r#"{"metadata": {"version": "1.0"}, "timestamp": 1234567890}"#,
        r#"{"mes":"a",}"#,
        r#"{"mes":"\u12"}"#,
        r#"{"\u006des":"a"," name ":"b"}"#,
        r#"{"mes":NaN,"n":007,"m":+1,"o":1.,"p":.5}"#,
    ];

    /// Every mutation of a line that the quick look accepts is accepted by the document, and
    /// both see the same members.
    #[test]
    fn the_quick_look_promises_nothing_that_the_document_does_not_keep() {
        let bytes = b"{}[]\":,\\ 0.e-+untrfals\t\xe9";
        let mut quick = 0;
        for line in LINES {
            for at in 0..line.len() {
                for change in bytes.iter().map(Some).chain([None]) {
                    let mut text = line.as_bytes().to_vec();
                    match change {
                        Some(byte) => text[at] = *byte,
                        None => text.truncate(at),
                    }
                    let Some((keys, length)) = scan(&text) else {
                        continue;
                    };
                    quick += 1;
                    let (document, warnings) = Document::read(&text, &Limits::default())
                        .unwrap_or_else(|error| {
                            panic!("{error} in {}", String::from_utf8_lossy(&text))
                        });
                    if is_plain(&text) {
                        assert!(!warnings.iter().any(|warning| warning.repaired));
                    }
                    // Damaged UTF-8 is decoded to a text of another length.
                    if std::str::from_utf8(&text).is_ok() {
                        assert_eq!(document.root().raw().len(), length);
                    }
                    let mut slow = super::Keys::default();
                    document
                        .root()
                        .entries()
                        .for_each(|(key, _)| slow.note(key.trim().as_bytes()));
                    assert_eq!((keys.seen, keys.count), (slow.seen, slow.count));
                }
            }
        }
        assert!(quick > 1000);
    }

    #[test]
    fn nesting_ends_where_the_document_ends_it() {
        for depth in [62, 63, 64, 200] {
            let text = format!(r#"{{"mes":{}{}}}"#, "[".repeat(depth), "]".repeat(depth));
            let piece = Pieces::of(text.as_bytes())
                .next()
                .expect("there is one line");
            let read = Document::read(text.as_bytes(), &Limits::default()).is_ok();
            assert_eq!(matches!(piece.what, What::Message), read, "{depth}");
        }
    }

    #[test]
    fn joined_lines_are_two_pieces() {
        let text = br#"{"mes":"a"} {"user_name":"b"}"#;
        let pieces: Vec<_> = Pieces::of(text).collect();
        assert_eq!(pieces.len(), 2);
        assert_eq!(pieces[0].what, What::Message);
        assert_eq!(pieces[1].what, What::Header);
        assert_eq!((pieces[0].to, pieces[1].from, pieces[1].line), (12, 12, 1));
    }
}
