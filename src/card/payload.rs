//! From the text of a card chunk to the JSON in it: base64 as it is found in the wild.

use super::view;
use crate::codec::inflate;
use crate::error::{Kind, Limits, Result, Warning};
use crate::json::{Document, Node, Shape};
use std::borrow::Cow;

/// The JSON bytes of a chunk's text, which is base64 or, from some tools, the JSON itself.
pub(crate) fn decode<'t>(
    text: &'t [u8],
    limits: &Limits,
    path: &str,
    warnings: &mut Vec<Warning>,
) -> Result<Cow<'t, [u8]>> {
    if text.len() / 4 > limits.text / 3 + 1 {
        return Err(Kind::TooLarge.because(format!(
            "the text decodes to more than {} bytes",
            limits.text
        )));
    }
    // Clean base64 first: it is what nearly every file has.
    if let Ok(decoded) = base64_simd::STANDARD.decode_to_vec(text) {
        return Ok(Cow::Owned(once_more(decoded, limits, path, warnings)?));
    }
    let text = text.strip_prefix(b"ASCII\0\0\0").unwrap_or(text);
    // The zero bytes of UTF-16 are no padding.
    let wide = matches!(
        text,
        [b'{', 0, ..] | [0, b'{', ..] | [0xff, 0xfe, ..] | [0xfe, 0xff, ..]
    );
    let trimmed = if wide { text } else { trim(text) };
    if wide || is_json(trimmed) {
        warnings.push(Warning::repaired(
            "plain-json",
            path,
            "the chunk holds plain JSON where base64 is usual",
        ));
        return Ok(Cow::Borrowed(trimmed));
    }
    if trimmed.starts_with(b"rcc||") {
        return Err(Kind::Unsupported.because("the card is encrypted by RisuAI"));
    }
    let decoded = loose(trimmed)?;
    warnings.push(Warning::repaired(
        "loose-base64",
        path,
        "the base64 is spelled unusually",
    ));
    Ok(Cow::Owned(once_more(decoded, limits, path, warnings)?))
}

/// The bytes of a text that is coded somehow.
fn loose(text: &[u8]) -> Result<Vec<u8>> {
    let coded = match text.strip_prefix(b"data:") {
        Some(url) => &url[memchr::memchr(b',', url).map_or(0, |comma| comma + 1)..],
        None => text
            .strip_prefix(b"\"")
            .and_then(|rest| rest.strip_suffix(b"\""))
            .unwrap_or(text),
    };
    decimal(coded).map_or_else(|| base64(coded), Ok)
}

/// The JSON in a file that is compressed, or has nothing but what a chunk would hold.
pub(super) fn bare<'t>(
    file: &'t [u8],
    limits: &Limits,
    warnings: &mut Vec<Warning>,
) -> Option<Result<Cow<'t, [u8]>>> {
    if let Some(inflated) = inflate::gzip(file, limits.text, warnings).transpose() {
        return Some(inflated.map(Cow::Owned));
    }
    let text = trim(file.strip_prefix(b"\xef\xbb\xbf").unwrap_or(file));
    let begins = |start: &&[u8]| text.starts_with(start);
    let coded: [&[u8]; 4] = [b"eyJ", b"ew", b"data:", b"rcc||"];
    let decoded = coded
        .iter()
        .any(begins)
        .then(|| decode(text, limits, "", warnings))?;
    // A text that only begins so is none.
    match decoded {
        Err(error) if error.kind() == Kind::BadEncoding => None,
        decoded => Some(decoded),
    }
}

/// Base64 in base64, the mark of an Exif comment within it, and what is compressed within it.
fn once_more(
    decoded: Vec<u8>,
    limits: &Limits,
    path: &str,
    warnings: &mut Vec<Warning>,
) -> Result<Vec<u8>> {
    if inflate::is_gzip(&decoded) || matches!(decoded[..], [0x78, 0x01 | 0x5e | 0x9c | 0xda, ..]) {
        let inflated = inflate::zlib(&decoded, limits.text)
            .or_else(|_| inflate::bare(&decoded, limits.text))?;
        let message = "what the base64 holds is compressed";
        warnings.push(Warning::repaired("double-encoded", path, message));
        return Ok(inflated);
    }
    let inner = match decoded.strip_prefix(b"ASCII\0\0\0") {
        Some(text) => text.to_vec(),
        // `{"`, `{ ` and a line break after `{`, encoded.
        None if decoded.starts_with(b"eyJ") || decoded.starts_with(b"ew") => {
            match base64(trim(&decoded)) {
                Ok(text) => text,
                Err(_) => return Ok(decoded),
            }
        }
        None => return Ok(decoded),
    };
    warnings.push(Warning::repaired(
        "double-encoded",
        path,
        "the card is encoded twice",
    ));
    Ok(inner)
}

/// TavernAI once wrote the bytes as a list of numbers: `123,34,110`.
fn decimal(text: &[u8]) -> Option<Vec<u8>> {
    if !text.contains(&b',') {
        return None;
    }
    let numbers = std::str::from_utf8(text).ok()?.split(',');
    numbers.map(|number| number.trim().parse().ok()).collect()
}

/// The binary of an asset chunk.
pub(super) fn asset(text: &[u8]) -> Result<Vec<u8>> {
    base64_simd::STANDARD
        .decode_to_vec(text)
        .or_else(|_| base64(text))
}

/// Base64 as one chunk text, padded.
pub(crate) fn encode(bytes: &[u8]) -> Vec<u8> {
    base64_simd::STANDARD.encode_type(bytes)
}

/// Both alphabets, with or without padding, white space and zero bytes anywhere; what is no
/// base64 behind the padding is left out.
fn base64(coded: &[u8]) -> Result<Vec<u8>> {
    let mut out = Vec::with_capacity(coded.len() / 4 * 3 + 3);
    let (mut bits, mut count) = (0_u32, 0_u32);
    let mut padded = false;
    for byte in coded {
        let six = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            // Some tools join pieces that are padded each.
            b'=' => {
                (count, padded) = (0, true);
                continue;
            }
            b' ' | b'\t' | b'\r' | b'\n' | 0 => continue,
            _ if padded => break,
            _ => {
                return Err(Kind::BadEncoding
                    .because(format!("byte 0x{byte:02x} does not belong in base64")));
            }
        };
        bits = bits << 6 | u32::from(six);
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push((bits >> count) as u8);
        }
    }
    Ok(out)
}

/// The card within what is wrapped around it by mistake: a text that holds it, a list
/// with nothing else in it, a text or another `data` in the place of `data`, the answer of a site.
pub(super) fn unwrapped(document: Document, warnings: &mut Vec<Warning>) -> Document {
    let mut document = document;
    // Nobody encodes by mistake more often.
    for _ in 0..3 {
        let Some(inner) = inside(&document) else {
            break;
        };
        warnings.push(Warning::repaired(
            "double-encoded",
            "",
            "the card stands in a text, a list or an envelope and was taken out",
        ));
        document = inner;
    }
    document
}

fn inside(document: &Document) -> Option<Document> {
    let root = document.root();
    let object = |text: &str| {
        let inner = document.sibling(text).ok().or_else(|| {
            let decoded = loose(trim(text.as_bytes())).ok()?;
            document.sibling(std::str::from_utf8(&decoded).ok()?).ok()
        })?;
        matches!(inner.root().shape(), Shape::Object | Shape::String).then_some(inner)
    };
    match root.shape() {
        Shape::String => object(&root.text()?),
        Shape::Array if root.len() == 1 => object(root.at(0)?.raw()),
        Shape::Object => {
            let says = |node: Node<'_>| {
                let spec = node.get("spec").and_then(Node::text);
                spec.is_some_and(|spec| spec.trim().starts_with("chara_card"))
            };
            let enveloped = || {
                let mut members = root.entries().map(|(_, member)| member);
                members.find(|member| {
                    let data = member.get("data").map(Node::shape);
                    says(*member) && data == Some(Shape::Object)
                })
            };
            if !says(root)
                && let Some(card) = enveloped()
            {
                return object(card.raw());
            }
            let data = root.get("data")?;
            let inner = match data.shape() {
                Shape::String => object(&data.text()?)?,
                Shape::Array if data.len() == 1 => object(data.at(0)?.raw())?,
                Shape::Object if !view::has_fields(data) => {
                    let inner = data.get("data")?;
                    let object = inner.shape() == Shape::Object;
                    document.sibling(object.then_some(inner)?.raw()).ok()?
                }
                _ => return None,
            };
            document.set(&["data".into()], inner.root().raw()).ok()
        }
        _ => None,
    }
}

fn is_json(text: &[u8]) -> bool {
    matches!(text, [b'{', ..] | [0xef, 0xbb, 0xbf, ..])
}

fn trim(text: &[u8]) -> &[u8] {
    let blank = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | 0);
    let start = text
        .iter()
        .position(|byte| !blank(byte))
        .unwrap_or(text.len());
    let end = text
        .iter()
        .rposition(|byte| !blank(byte))
        .map_or(start, |last| last + 1);
    &text[start..end]
}
