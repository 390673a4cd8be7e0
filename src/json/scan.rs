//! One pass over the text that lays the tree out as a flat arena.
//!
//! Entries stand in the order of the text: a container, then all that is in it; in an
//! object each key before its value. `next` is the entry after the whole subtree, so
//! a sibling is one step away. No recursion: the nesting is a stack with a cap.

use super::{block, text};
use crate::error::{Error, Kind, Place, Result, Warning};
use std::borrow::Cow;
use std::collections::HashSet;

/// A legitimate document of 32 MiB stays well under a million values; this many cost 64 MiB.
const MOST_ENTRIES: usize = 1 << 22;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Token {
    Null,
    False,
    True,
    Number,
    String,
    Key,
    Array,
    Object,
}

#[derive(Clone, Copy)]
pub(super) struct Entry {
    pub token: Token,
    /// A string or key that has a backslash in it.
    pub escaped: bool,
    /// Strict JSON would spell it, or something in it, differently.
    pub loose: bool,
    pub start: u32,
    pub end: u32,
    pub next: u32,
}

/// The arena of `text`, which is shorter than 4 GiB.
pub(super) fn scan(text: &str, depth: usize, warnings: &mut Vec<Warning>) -> Result<Vec<Entry>> {
    let mut scanner = Scanner {
        text,
        bytes: text.as_bytes(),
        at: 0,
        nodes: Vec::with_capacity((text.len() / 32 + 8).min(1 << 16)),
        open: Vec::new(),
        depth,
        keys: Vec::new(),
        oddities: Oddities::default(),
    };
    scanner.document()?;
    scanner.oddities.report(warnings);
    Ok(scanner.nodes)
}

/// What was tolerated: how often, and where first.
#[derive(Default)]
struct Oddities {
    controls: Seen,
    escapes: Seen,
    commas: Seen,
    numbers: Seen,
    nans: Seen,
    trailing: Seen,
    duplicates: Vec<String>,
    more_duplicates: usize,
}

#[derive(Default)]
struct Seen {
    count: usize,
    first: usize,
}

impl Seen {
    fn at(&mut self, place: usize) {
        if self.count == 0 {
            self.first = place;
        }
        self.count += 1;
    }
}

impl Oddities {
    fn report(self, warnings: &mut Vec<Warning>) {
        let table = [
            (
                self.controls,
                "raw-control-character",
                "control characters stand unescaped in strings",
            ),
            (
                self.escapes,
                "bad-escape",
                "backslashes begin no escape and were read as themselves",
            ),
            (
                self.commas,
                "trailing-comma",
                "commas stand before a closing bracket",
            ),
            (
                self.numbers,
                "loose-number",
                "numbers are spelled in a way that JSON does not know",
            ),
            (
                self.nans,
                "not-a-number",
                "values are NaN or Infinity, which JSON does not know",
            ),
        ];
        for (seen, code, what) in table {
            if seen.count > 0 {
                let message = format!("{} {what}", seen.count);
                warnings.push(Warning::repaired(
                    code,
                    format!("byte {}", seen.first),
                    message,
                ));
            }
        }
        for key in self.duplicates {
            warnings.push(Warning::noticed(
                "duplicate-key",
                key,
                "the key is there more than once; the last one counts",
            ));
        }
        if self.more_duplicates > 0 {
            let message = format!(
                "{} more keys are there more than once",
                self.more_duplicates
            );
            warnings.push(Warning::noticed("duplicate-key", "", message));
        }
        if self.trailing.count > 0 {
            let message = format!(
                "{} bytes after the value were left out",
                self.trailing.count
            );
            warnings.push(Warning::noticed(
                "trailing-text",
                format!("byte {}", self.trailing.first),
                message,
            ));
        }
    }
}

struct Scanner<'t> {
    text: &'t str,
    bytes: &'t [u8],
    at: usize,
    nodes: Vec<Entry>,
    /// The containers around `at`, outermost first.
    open: Vec<u32>,
    depth: usize,
    /// Where the keys of the object are that was closed last; kept for its memory alone.
    keys: Vec<usize>,
    oddities: Oddities,
}

impl Scanner<'_> {
    fn document(&mut self) -> Result<()> {
        if self.text.starts_with('\u{feff}') {
            self.at = '\u{feff}'.len_utf8();
        }
        self.space_and_zeros();
        if self.at == self.bytes.len() {
            return Err(self.bad("the text is empty, a value was wanted"));
        }
        self.value()?;
        self.space_and_zeros();
        if self.at < self.bytes.len() {
            self.oddities.trailing = Seen {
                count: self.bytes.len() - self.at,
                first: self.at,
            };
        }
        Ok(())
    }

    /// One value with all that is in it.
    fn value(&mut self) -> Result<()> {
        loop {
            self.space();
            let start = self.at;
            match self.bytes.get(self.at) {
                Some(b'{') => {
                    self.enter(Token::Object)?;
                    if self.next_is(b'}') {
                        self.leave();
                    } else {
                        self.key()?;
                        continue;
                    }
                }
                Some(b'[') => {
                    self.enter(Token::Array)?;
                    if self.next_is(b']') {
                        self.leave();
                    } else {
                        continue;
                    }
                }
                Some(b'"') => self.string(Token::String)?,
                Some(b'n') if self.word(b"null") => self.leaf(Token::Null, start, false)?,
                Some(b't') if self.word(b"true") => self.leaf(Token::True, start, false)?,
                Some(b'f') if self.word(b"false") => self.leaf(Token::False, start, false)?,
                Some(b'-' | b'+' | b'.' | b'0'..=b'9' | b'N' | b'I') => self.number()?,
                Some(_) => {
                    return Err(self.bad(format!("found {}, a value was wanted", self.found())));
                }
                None => return Err(self.bad("the text ends where a value was wanted")),
            }
            // A value is complete: what encloses it goes on, or is complete too.
            loop {
                let Some(&top) = self.open.last() else {
                    return Ok(());
                };
                let object = self.nodes[top as usize].token == Token::Object;
                let close = if object { b'}' } else { b']' };
                if self.next_is(close) {
                    self.leave();
                } else if self.next_is(b',') {
                    let comma = self.at;
                    self.at += 1;
                    if self.next_is(close) {
                        self.oddities.commas.at(comma);
                        self.nodes[top as usize].loose = true;
                        self.leave();
                    } else {
                        if object {
                            self.key()?;
                        }
                        break;
                    }
                } else {
                    let wanted = if object { "`,` or `}`" } else { "`,` or `]`" };
                    return Err(self.bad(format!("found {}, {wanted} was wanted", self.found())));
                }
            }
        }
    }

    fn enter(&mut self, token: Token) -> Result<()> {
        if self.open.len() >= self.depth {
            let detail = format!(
                "the nesting is deeper than the limit `depth` allows ({})",
                self.depth
            );
            return Err(Kind::TooLarge.because(detail).at(Place::Byte(self.at)));
        }
        let start = self.at;
        self.at += 1;
        self.open.push(self.nodes.len() as u32);
        self.leaf(token, start, false)
    }

    /// Closes the innermost container; `at` is on its bracket.
    fn leave(&mut self) {
        self.at += 1;
        let top = self
            .open
            .pop()
            .expect("leave is called only inside a container") as usize;
        self.nodes[top].end = self.at as u32;
        self.nodes[top].next = self.nodes.len() as u32;
        if self.nodes[top].token == Token::Object {
            self.duplicates(top);
        }
        if self.nodes[top].loose {
            self.loosen();
        }
    }

    /// Marks the container around the value just read.
    fn loosen(&mut self) {
        if let Some(&top) = self.open.last() {
            self.nodes[top as usize].loose = true;
        }
    }

    fn leaf(&mut self, token: Token, start: usize, loose: bool) -> Result<()> {
        self.entry(token, start, false, loose)
    }

    fn entry(&mut self, token: Token, start: usize, escaped: bool, loose: bool) -> Result<()> {
        if self.nodes.len() >= MOST_ENTRIES {
            return Err(
                Kind::TooLarge.because(format!("the text has more than {MOST_ENTRIES} values"))
            );
        }
        let next = self.nodes.len() as u32 + 1;
        self.nodes.push(Entry {
            token,
            escaped,
            loose,
            start: start as u32,
            end: self.at as u32,
            next,
        });
        if loose {
            self.loosen();
        }
        Ok(())
    }

    fn key(&mut self) -> Result<()> {
        self.space();
        if self.bytes.get(self.at) != Some(&b'"') {
            return Err(self.bad(format!(
                "found {}, a key in double quotes was wanted",
                self.found()
            )));
        }
        self.string(Token::Key)?;
        if !self.next_is(b':') {
            return Err(self.bad(format!("found {}, `:` was wanted", self.found())));
        }
        self.at += 1;
        Ok(())
    }

    fn string(&mut self, token: Token) -> Result<()> {
        let start = self.at;
        let (mut escaped, mut loose) = (false, false);
        self.at += 1;
        loop {
            self.at += block::plain(&self.bytes[self.at..]);
            match self.bytes.get(self.at) {
                Some(b'"') => break,
                Some(b'\\') => {
                    escaped = true;
                    let length = text::escape_length(&self.bytes[self.at..]);
                    if length == 1 {
                        loose = true;
                        self.oddities.escapes.at(self.at);
                    }
                    self.at += length;
                }
                Some(_) => {
                    loose = true;
                    self.oddities.controls.at(self.at);
                    self.at += 1;
                }
                None => {
                    return Err(Kind::BadJson
                        .because("the text ends inside a string")
                        .at(Place::Byte(start)));
                }
            }
        }
        self.at += 1;
        self.entry(token, start, escaped, loose)
    }

    fn number(&mut self) -> Result<()> {
        let start = self.at;
        let rest = &self.bytes[start..];
        let length = rest.iter().position(
            |b| !matches!(b, b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'.' | b'+' | b'-'),
        );
        let written = &rest[..length.unwrap_or(rest.len())];
        let loose = if strict_number(written) {
            false
        } else if matches!(
            written,
            b"NaN" | b"-NaN" | b"+NaN" | b"Infinity" | b"-Infinity" | b"+Infinity"
        ) {
            self.oddities.nans.at(start);
            true
        } else if loose_number(written) {
            self.oddities.numbers.at(start);
            true
        } else {
            return Err(self.bad("found something like a number that is none"));
        };
        self.at += written.len();
        self.leaf(Token::Number, start, loose)
    }

    /// Steps over `word` when it stands here and ends here.
    fn word(&mut self, word: &[u8]) -> bool {
        let rest = &self.bytes[self.at..];
        let is = rest.starts_with(word)
            && !rest
                .get(word.len())
                .is_some_and(|b| b.is_ascii_alphanumeric());
        if is {
            self.at += word.len();
        }
        is
    }

    fn space(&mut self) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.bytes.get(self.at) {
            self.at += 1;
        }
    }

    fn space_and_zeros(&mut self) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t' | 0) = self.bytes.get(self.at) {
            self.at += 1;
        }
    }

    fn next_is(&mut self, byte: u8) -> bool {
        self.space();
        self.bytes.get(self.at) == Some(&byte)
    }

    fn duplicates(&mut self, object: usize) {
        let mut keys = std::mem::take(&mut self.keys);
        keys.clear();
        let mut at = object + 1;
        while at < self.nodes[object].next as usize {
            keys.push(at);
            at = self.nodes[at + 1].next as usize;
        }
        let name = |key: usize| -> Cow<'_, str> {
            let entry = &self.nodes[key];
            let inner = &self.text[entry.start as usize + 1..entry.end as usize - 1];
            if entry.escaped {
                text::unescape(inner)
            } else {
                Cow::Borrowed(inner)
            }
        };
        let mut found = Vec::new();
        let escaped = |key: &usize| self.nodes[*key].escaped;
        // So many are told apart by their lengths sooner than by hashes.
        if keys.len() <= 16 || keys.len() <= 32 && !keys.iter().any(escaped) {
            for (n, &key) in keys.iter().enumerate() {
                let length = |key: usize| self.nodes[key].end - self.nodes[key].start;
                let same = |&&earlier: &&usize| {
                    let escaped = self.nodes[key].escaped || self.nodes[earlier].escaped;
                    (escaped || length(key) == length(earlier)) && name(key) == name(earlier)
                };
                if keys[..n].iter().find(same).is_some() {
                    found.push(name(key).into_owned());
                }
            }
        } else {
            let mut seen = HashSet::with_capacity(keys.len());
            for &key in &keys {
                let name = name(key);
                if seen.contains(&name) {
                    found.push(name.into_owned());
                } else {
                    seen.insert(name);
                }
            }
        }
        self.keys = keys;
        for key in found {
            // A report is for people; a hostile file must not fill it.
            if self.oddities.duplicates.len() < 16 {
                self.oddities
                    .duplicates
                    .push(key.chars().take(80).collect());
            } else {
                self.oddities.more_duplicates += 1;
            }
        }
    }

    fn found(&self) -> String {
        match self
            .text
            .get(self.at..)
            .and_then(|rest| rest.chars().next())
        {
            Some(c) => format!("{c:?}"),
            None => "the end".to_owned(),
        }
    }

    fn bad(&self, detail: impl Into<String>) -> Error {
        Kind::BadJson.because(detail).at(Place::Byte(self.at))
    }
}

fn digits(bytes: &[u8]) -> usize {
    bytes
        .iter()
        .position(|b| !b.is_ascii_digit())
        .unwrap_or(bytes.len())
}

fn strict_number(written: &[u8]) -> bool {
    let unsigned = written.strip_prefix(b"-").unwrap_or(written);
    match unsigned {
        [b'0', b'0'..=b'9', ..] => false,
        [b'0'..=b'9', ..] => {
            let rest = &unsigned[digits(unsigned)..];
            match rest {
                [b'.', b'0'..=b'9', ..] => exponent(&rest[1 + digits(&rest[1..])..]),
                _ => exponent(rest),
            }
        }
        _ => false,
    }
}

/// `+1`, `007`, `.5` and `5.` are numbers to people.
fn loose_number(written: &[u8]) -> bool {
    let unsigned = written
        .strip_prefix(b"-")
        .or(written.strip_prefix(b"+"))
        .unwrap_or(written);
    let whole = digits(unsigned);
    let rest = &unsigned[whole..];
    match rest {
        [b'.', after @ ..] => whole + digits(after) > 0 && exponent(&after[digits(after)..]),
        _ => whole > 0 && exponent(rest),
    }
}

fn exponent(rest: &[u8]) -> bool {
    match rest {
        [] => true,
        [b'e' | b'E', b'+' | b'-', after @ ..] | [b'e' | b'E', after @ ..] => {
            !after.is_empty() && digits(after) == after.len()
        }
        _ => false,
    }
}
