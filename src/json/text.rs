//! Strings between their two spellings: what they say, and how JSON writes it.

use super::block;
use std::borrow::Cow;

/// Below this a text is always spelled in ASCII.
const SMALL: usize = 4 << 10;
/// Bytes that are gathered before they are appended.
const PIECE: usize = 512;

/// A strict JSON string literal; characters beyond ASCII stay themselves.
///
/// ```
/// assert_eq!(cardkeep::json::quote("a \"b\"\n東"), r#""a \"b\"\n東""#);
/// ```
pub fn quote(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    put(text, &mut out);
    out.push('"');
    out
}

/// A strict JSON string literal in ASCII.
///
/// ```
/// assert_eq!(cardkeep::json::quote_ascii("é🦈"), r#""\u00e9\ud83e\udd88""#);
/// ```
pub fn quote_ascii(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    ascii(&quote(text), false, &mut out);
    out
}

/// Whether a text goes out as it is: it is ASCII, or so much of it is beyond ASCII that escapes of
/// six bytes would cost the reader more than a text of two bytes a character does: 8 % (measured
/// in Chromium 156). A small text does not matter, and may become a part of one that is in ASCII.
pub(super) fn goes_verbatim(text: &str) -> bool {
    let beyond = block::count_beyond(text.as_bytes());
    beyond == 0 || is_much(beyond, text.len())
}

/// Whether so much of all parts is beyond ASCII.
pub(crate) fn is_dense<'t>(parts: impl Iterator<Item = &'t [u8]>) -> bool {
    let (mut beyond, mut length) = (0, 0);
    for part in parts {
        beyond += block::count_beyond(part);
        length += part.len();
    }
    is_much(beyond, length)
}

fn is_much(beyond: usize, length: usize) -> bool {
    length >= SMALL && beyond * 12 > length
}

/// Appends strict JSON with everything beyond ASCII as escapes, or as it is.
pub(super) fn ascii(json: &str, verbatim: bool, out: &mut String) {
    let bytes = json.as_bytes();
    let mut at = match verbatim {
        true => bytes.len(),
        false => block::ascii(bytes),
    };
    out.push_str(&json[..at]);
    if at == bytes.len() {
        return;
    }
    let mut piece = Piece {
        bytes: [0; PIECE],
        length: 0,
        out,
    };
    while let Some(block) = bytes[at..].first_chunk::<16>() {
        let plain = block::ascii(block);
        piece.put(block, plain);
        at += plain;
        if plain < block.len() {
            at += piece.escape(&json[at..]);
        }
    }
    while at < bytes.len() {
        if bytes[at].is_ascii() {
            piece.put(&[bytes[at]], 1);
            at += 1;
        } else {
            at += piece.escape(&json[at..]);
        }
    }
    piece.flush();
}

/// A piece of ASCII on its way: to append a few bytes to a string costs as much as many.
struct Piece<'o> {
    bytes: [u8; PIECE],
    length: usize,
    out: &'o mut String,
}

impl Piece<'_> {
    /// Adds the first `count` bytes of a block, which are ASCII. The whole block is copied, since a
    /// length that is known is a single instruction.
    #[inline(always)]
    fn put<const N: usize>(&mut self, block: &[u8; N], count: usize) {
        if self.length + N > PIECE {
            self.flush();
        }
        if let Some(place) = self.bytes[self.length..].first_chunk_mut() {
            *place = *block;
            self.length += count;
        }
    }

    /// Adds the first character of a text as escapes, and gives how many bytes it had.
    fn escape(&mut self, text: &str) -> usize {
        const HEX: &[u8; 16] = b"0123456789abcdef";
        let Some(character) = text.chars().next() else {
            return 0;
        };
        for unit in character.encode_utf16(&mut [0; 2]) {
            let digit = |shift: u16| HEX[usize::from(*unit >> shift & 15)];
            let escape = [b'\\', b'u', digit(12), digit(8), digit(4), digit(0)];
            self.put(&escape, escape.len());
        }
        character.len_utf8()
    }

    fn flush(&mut self) {
        let text = std::str::from_utf8(&self.bytes[..self.length]);
        self.out.push_str(text.expect("only ASCII is put"));
        self.length = 0;
    }
}

/// Appends the inside of a tolerantly read literal as strict JSON; see [`ascii`].
pub(super) fn strict(inner: &str, verbatim: bool, out: &mut String) {
    let mut rest = inner;
    while let Some(at) = rest.find('\\') {
        let (plain, escape) = rest.split_at(at);
        let length = escape_length(escape.as_bytes());
        loose(plain, verbatim, out);
        match (length, escape.as_bytes().get(1)) {
            (1, Some(b'\'')) => rest = &escape[1..],
            (1, _) => {
                out.push_str("\\\\");
                rest = &escape[1..];
            }
            _ => {
                out.push_str(&escape[..length]);
                rest = &escape[length..];
            }
        }
    }
    loose(rest, verbatim, out);
}

/// What the inside of a literal says. A lone surrogate becomes U+FFFD.
pub(super) fn unescape(inner: &str) -> Cow<'_, str> {
    let Some(first) = inner.find('\\') else {
        return Cow::Borrowed(inner);
    };
    let mut out = String::with_capacity(inner.len());
    let (plain, mut rest) = inner.split_at(first);
    out.push_str(plain);
    loop {
        // `rest` begins with a backslash.
        let length = escape_length(rest.as_bytes());
        match (length, rest.as_bytes().get(1)) {
            (2, Some(letter)) => out.push(match letter {
                b'b' => '\u{8}',
                b'f' => '\u{c}',
                b'n' => '\n',
                b'r' => '\r',
                b't' => '\t',
                other => char::from(*other),
            }),
            (6, _) => {
                let high = hex(&rest[2..6]);
                let after = &rest[6..];
                let low = (after.starts_with("\\u") && escape_length(after.as_bytes()) == 6)
                    .then(|| hex(&after[2..6]));
                match (high, low) {
                    (0xd800..=0xdbff, Some(low @ 0xdc00..=0xdfff)) => {
                        let point = 0x1_0000 + ((high - 0xd800) << 10) + (low - 0xdc00);
                        out.push(
                            char::from_u32(point).expect("a pair of surrogates is a character"),
                        );
                        rest = &rest[6..];
                    }
                    _ => out.push(char::from_u32(high).unwrap_or(char::REPLACEMENT_CHARACTER)),
                }
            }
            (_, Some(b'\'')) => {}
            _ => out.push('\\'),
        }
        rest = &rest[length..];
        match rest.find('\\') {
            Some(at) => {
                out.push_str(&rest[..at]);
                rest = &rest[at..];
            }
            None => {
                out.push_str(rest);
                return Cow::Owned(out);
            }
        }
    }
}

/// What of the inside of a literal reads as U+FFFD, in order: lone surrogates, and itself.
pub(super) fn replaced(inner: &str) -> Vec<u32> {
    let itself = |plain: &str| plain.matches(char::REPLACEMENT_CHARACTER).count();
    let mut all = Vec::new();
    let mut rest = inner;
    while let Some(at) = rest.find('\\') {
        let (plain, escape) = rest.split_at(at);
        all.extend(std::iter::repeat_n(0xfffd, itself(plain)));
        let length = escape_length(escape.as_bytes());
        rest = &escape[length..];
        if length != 6 {
            continue;
        }
        let unit = hex(&escape[2..6]);
        let paired = rest.starts_with("\\u")
            && escape_length(rest.as_bytes()) == 6
            && (0xd800..=0xdbff).contains(&unit)
            && (0xdc00..=0xdfff).contains(&hex(&rest[2..6]));
        if paired {
            rest = &rest[6..];
        } else if matches!(unit, 0xd800..=0xdfff | 0xfffd) {
            all.push(unit);
        }
    }
    all.extend(std::iter::repeat_n(0xfffd, itself(rest)));
    all
}

fn hex(digits: &str) -> u32 {
    u32::from_str_radix(digits, 16).expect("escape_length has checked the digits")
}

/// Raw control characters become escapes, and so does everything beyond ASCII.
fn loose(plain: &str, verbatim: bool, out: &mut String) {
    if plain.bytes().any(|b| b < 0x20) {
        let mut escaped = String::with_capacity(plain.len() + 16);
        put(plain, &mut escaped);
        ascii(&escaped, verbatim, out);
    } else {
        ascii(plain, verbatim, out);
    }
}

fn put(text: &str, out: &mut String) {
    let mut rest = text;
    while let Some(at) = rest
        .bytes()
        .position(|b| matches!(b, b'"' | b'\\' | 0..=0x1f))
    {
        out.push_str(&rest[..at]);
        match rest.as_bytes()[at] {
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            other => unicode(u16::from(other), out),
        }
        rest = &rest[at + 1..];
    }
    out.push_str(rest);
}

fn unicode(unit: u16, out: &mut String) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let digit = |shift: u16| HEX[usize::from(unit >> shift & 15)];
    let escape = [b'\\', b'u', digit(12), digit(8), digit(4), digit(0)];
    out.push_str(std::str::from_utf8(&escape).expect("an escape is ASCII"));
}

/// How many bytes the escape at the beginning of `bytes` has; 1 when it is none.
pub(super) fn escape_length(bytes: &[u8]) -> usize {
    match bytes {
        [
            _,
            b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't',
            ..,
        ] => 2,
        [_, b'u', a, b, c, d, ..] if [a, b, c, d].iter().all(|digit| digit.is_ascii_hexdigit()) => {
            6
        }
        _ => 1,
    }
}
