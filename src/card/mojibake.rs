//! Texts whose UTF-8 a tool once took for Windows-1252.

use crate::json::{self, Node, to_windows_1252};

/// What a text was before a tool took its UTF-8 for Windows-1252; `None` for a text that is
/// what it should be. By chance no other text has only such characters in such an order.
pub(super) fn mended(node: Node<'_>) -> Option<String> {
    if !may_be_mended(node) {
        return None;
    }
    let text = node.text()?;
    let bytes: Option<Vec<u8>> = text.chars().map(to_windows_1252).collect();
    let mended = String::from_utf8(bytes?).ok()?;
    (!mended.is_ascii() && !mended.chars().any(|c| ('\u{80}'..'\u{a0}').contains(&c)))
        .then_some(mended)
}

/// Whether the first character beyond ASCII, as the file spells it, could be the beginning of
/// UTF-8 that was read as Windows-1252: nearly no text gets further, so that nearly none is copied.
fn may_be_mended(node: Node<'_>) -> bool {
    let raw = node.raw();
    let (plain, rest) = raw.split_at(json::ascii(raw.as_bytes()));
    if node.is_escaped() && memchr::memmem::find(plain.as_bytes(), b"\\u").is_some() {
        return true;
    }
    let mut rest = rest.chars().map(to_windows_1252);
    matches!(rest.next(), Some(Some(0xc2..=0xf4)))
        && match rest.next() {
            Some(Some(next)) => matches!(next, 0x80..=0xbf | b'\\'),
            _ => false,
        }
}
