//! From bytes to text: which encoding it is, and what becomes of bytes that are none.

use crate::error::Warning;
use std::fmt::Write;

/// Bytes 0x80 to 0x9F of Windows-1252; the five holes are C1 controls, as in browsers.
const WINDOWS_1252: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}',
    '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

/// The byte that Windows-1252 has for a character.
pub(crate) fn to_windows_1252(c: char) -> Option<u8> {
    let high = || WINDOWS_1252.iter().position(|other| *other == c);
    match u8::try_from(c) {
        Ok(byte) => Some(byte),
        Err(_) => high().and_then(|n| u8::try_from(0x80 + n).ok()),
    }
}

/// The text, when the bytes are UTF-16, with what was odd about it.
pub(crate) fn utf16_text(bytes: &[u8]) -> Option<(String, Vec<Warning>)> {
    let mut warnings = Vec::new();
    let text = from_utf16(bytes, &utf16(bytes)?, &mut warnings);
    Some((text, warnings))
}

enum Utf16 {
    Little,
    Big,
}

/// The text, and the bytes where they are not the text itself.
pub(super) fn text(bytes: &[u8], warnings: &mut Vec<Warning>) -> (String, Option<Vec<u8>>) {
    if let Some(order) = utf16(bytes) {
        return (from_utf16(bytes, &order, warnings), Some(bytes.to_vec()));
    }
    match utf8(bytes) {
        Some(text) => (text.to_owned(), None),
        None => (from_damaged(bytes, warnings), Some(bytes.to_vec())),
    }
}

/// The text that bytes are.
pub(crate) fn utf8(bytes: &[u8]) -> Option<&str> {
    simdutf8::basic::from_utf8(bytes).ok()
}

/// Where in `original` the text `before` ends.
pub(super) fn offset(original: &[u8], before: &str) -> usize {
    let end = match utf16(original) {
        Some(_) => before.chars().map(|c| c.len_utf16() * 2).sum(),
        // Every undecodable byte became one character, so the two run side by side.
        None => {
            let mut at = 0;
            for c in before.chars() {
                let mut buffer = [0; 4];
                let encoded = c.encode_utf8(&mut buffer).as_bytes();
                at += if original[at.min(original.len())..].starts_with(encoded) {
                    encoded.len()
                } else {
                    1
                };
            }
            at
        }
    };
    end.min(original.len())
}

/// By byte order mark, else by the zero byte beside the first two characters.
fn utf16(bytes: &[u8]) -> Option<Utf16> {
    match bytes {
        [0xff, 0xfe, ..] => Some(Utf16::Little),
        [0xfe, 0xff, ..] => Some(Utf16::Big),
        [a, 0, b, 0, ..] if *a != 0 && *b != 0 => Some(Utf16::Little),
        [0, a, 0, b, ..] if *a != 0 && *b != 0 => Some(Utf16::Big),
        _ => None,
    }
}

/// A lone surrogate becomes its escape, which is the same string to JSON.
fn from_utf16(bytes: &[u8], order: &Utf16, warnings: &mut Vec<Warning>) -> String {
    let (pairs, rest) = bytes.as_chunks::<2>();
    if !rest.is_empty() {
        warnings.push(Warning::noticed(
            "odd-byte",
            "",
            "a single byte at the end of UTF-16 text was left out",
        ));
    }
    let units = pairs.iter().map(|pair| match order {
        Utf16::Little => u16::from_le_bytes(*pair),
        Utf16::Big => u16::from_be_bytes(*pair),
    });
    let mut out = String::with_capacity(bytes.len());
    for unit in char::decode_utf16(units) {
        match unit {
            Ok(c) => out.push(c),
            Err(lone) => escape(lone.unpaired_surrogate(), &mut out),
        }
    }
    out
}

/// Surrogates encoded as UTF-8 become escapes; every other undecodable byte is read as
/// Windows-1252, which loses nothing and is what old Western files are.
fn from_damaged(bytes: &[u8], warnings: &mut Vec<Warning>) -> String {
    let mut out = String::with_capacity(bytes.len() + bytes.len() / 8);
    let mut count = 0_usize;
    let mut rest = bytes;
    while !rest.is_empty() {
        match std::str::from_utf8(rest) {
            Ok(text) => {
                out.push_str(text);
                break;
            }
            Err(error) => {
                let (good, bad) = rest.split_at(error.valid_up_to());
                out.push_str(&String::from_utf8_lossy(good));
                rest = match bad {
                    [0xed, b @ 0xa0..=0xbf, c @ 0x80..=0xbf, after @ ..] => {
                        escape(
                            0xd000 | ((u16::from(*b) & 0x3f) << 6) | (u16::from(*c) & 0x3f),
                            &mut out,
                        );
                        after
                    }
                    [byte, after @ ..] => {
                        out.push(match byte {
                            0x80..=0x9f => WINDOWS_1252[usize::from(byte - 0x80)],
                            _ => char::from(*byte),
                        });
                        count += 1;
                        after
                    }
                    [] => break,
                };
            }
        }
    }
    if count > 0 {
        let message = format!("{count} bytes that are not UTF-8 were read as Windows-1252");
        warnings.push(Warning::repaired("bad-utf8", "", message));
    }
    out
}

fn escape(unit: u16, out: &mut String) {
    write!(out, "\\u{unit:04x}").expect("writing to a String cannot fail");
}
