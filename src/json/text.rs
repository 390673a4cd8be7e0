//! Strings between their two spellings: what they say, and how JSON writes it.

use std::borrow::Cow;

/// Below this a text is always spelled in ASCII.
const SMALL: usize = 4 << 10;
/// The highest bit of each of eight bytes: set in what is not ASCII.
const HIGHS: u64 = u64::MAX / 255 * 0x80;

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

/// Whether so much is beyond ASCII that escapes of six bytes would cost the reader more than a
/// text of two bytes a character does: 8 % (measured in Chromium 156). A small text does not
/// matter, and may become a part of one that is in ASCII.
pub(super) fn is_dense(text: &str) -> bool {
    if text.len() < SMALL {
        return false;
    }
    let (words, tail) = text.as_bytes().as_chunks::<8>();
    let marked = |word: &[u8; 8]| (u64::from_le_bytes(*word) & HIGHS).count_ones() as usize;
    let beyond = words.iter().map(marked).sum::<usize>();
    let beyond = beyond + tail.iter().filter(|byte| !byte.is_ascii()).count();
    beyond * 12 > text.len()
}

/// Appends strict JSON with everything beyond ASCII as escapes, or as it is where that is dense.
pub(super) fn ascii(json: &str, dense: bool, out: &mut String) {
    let mut rest = json;
    if dense {
        return out.push_str(rest);
    }
    while !rest.is_empty() {
        let (plain, other) = rest.split_at(ascii_length(rest.as_bytes()));
        out.push_str(plain);
        let end = other
            .bytes()
            .position(|b| b.is_ascii())
            .unwrap_or(other.len());
        for unit in other[..end].encode_utf16() {
            unicode(unit, out);
        }
        rest = &other[end..];
    }
}

/// How many bytes there are before the first that is not ASCII.
pub(crate) fn ascii_length(bytes: &[u8]) -> usize {
    let (words, tail) = bytes.as_chunks::<8>();
    for (n, word) in words.iter().enumerate() {
        let marks = u64::from_le_bytes(*word) & HIGHS;
        if marks != 0 {
            return n * 8 + marks.trailing_zeros() as usize / 8;
        }
    }
    words.len() * 8
        + tail
            .iter()
            .position(|b| !b.is_ascii())
            .unwrap_or(tail.len())
}

/// Appends the inside of a tolerantly read literal as strict JSON; see [`ascii`].
pub(super) fn strict(inner: &str, dense: bool, out: &mut String) {
    let mut rest = inner;
    while let Some(at) = rest.find('\\') {
        let (plain, escape) = rest.split_at(at);
        let length = escape_length(escape.as_bytes());
        loose(plain, dense, out);
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
    loose(rest, dense, out);
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
fn loose(plain: &str, dense: bool, out: &mut String) {
    if plain.bytes().any(|b| b < 0x20) {
        let mut escaped = String::with_capacity(plain.len() + 16);
        put(plain, &mut escaped);
        ascii(&escaped, dense, out);
    } else {
        ascii(plain, dense, out);
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
