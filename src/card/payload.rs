//! From the text of a card chunk to the JSON in it: base64 as it is found in the wild.

use crate::error::{Kind, Limits, Result, Warning};
use std::borrow::Cow;

/// The JSON bytes of a chunk's text, which is base64 or, from some tools, the JSON itself.
pub(super) fn decode<'t>(
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
        return Ok(Cow::Owned(decoded));
    }
    let trimmed = trim(text.strip_prefix(b"ASCII\0\0\0").unwrap_or(text));
    if is_json(trimmed) {
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
    let coded = match trimmed.strip_prefix(b"data:") {
        Some(url) => &url[memchr::memchr(b',', url).map_or(0, |comma| comma + 1)..],
        None => trimmed,
    };
    let decoded = base64(coded)?;
    warnings.push(Warning::repaired(
        "loose-base64",
        path,
        "the base64 is spelled unusually",
    ));
    Ok(Cow::Owned(decoded))
}

/// The binary of an asset chunk.
pub(super) fn asset(text: &[u8]) -> Result<Vec<u8>> {
    base64_simd::STANDARD
        .decode_to_vec(text)
        .or_else(|_| base64(text))
}

/// Base64 as one chunk text, padded.
pub(super) fn encode(bytes: &[u8]) -> Vec<u8> {
    base64_simd::STANDARD.encode_type(bytes)
}

/// Both alphabets, with or without padding, white space and zero bytes anywhere.
fn base64(coded: &[u8]) -> Result<Vec<u8>> {
    let mut out = Vec::with_capacity(coded.len() / 4 * 3 + 3);
    let (mut bits, mut count) = (0_u32, 0_u32);
    for byte in coded {
        let six = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            b'=' => break,
            b' ' | b'\t' | b'\r' | b'\n' | 0 => continue,
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

fn is_json(text: &[u8]) -> bool {
    matches!(
        text,
        [b'{', ..] | [0xef, 0xbb, 0xbf, ..] | [0xff, 0xfe, ..] | [0xfe, 0xff, ..]
    )
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
