//! What kind of file some bytes are, by how they begin. Refuses to know names and what others
//! say of them.

/// The media type of a picture, a sound or a film that every browser shows and that runs no
/// scripts; `None` for everything else.
///
/// ```
/// use cardkeep::container::media;
///
/// assert_eq!(media::kind(b"GIF89a..."), Some("image/gif"));
/// assert_eq!(media::kind(b"<svg onload=\"\">"), None);
/// ```
pub fn kind(bytes: &[u8]) -> Option<&'static str> {
    const BEGINNINGS: [(&[u8], &str); 10] = [
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"\xff\xd8\xff", "image/jpeg"),
        (b"GIF87a", "image/gif"),
        (b"GIF89a", "image/gif"),
        (b"OggS", "audio/ogg"),
        (b"ID3", "audio/mpeg"),
        (b"\xff\xfb", "audio/mpeg"),
        (b"\xff\xf3", "audio/mpeg"),
        (b"\xff\xf2", "audio/mpeg"),
        (b"\xff\xfa", "audio/mpeg"),
    ];
    let begins = |(beginning, _): &&(&[u8], &str)| bytes.starts_with(beginning);
    if let Some((_, kind)) = BEGINNINGS.iter().find(begins) {
        return Some(kind);
    }
    if bytes.starts_with(b"\x1a\x45\xdf\xa3") {
        let head = &bytes[..bytes.len().min(64)];
        return memchr::memmem::find(head, b"webm").map(|_| "video/webm");
    }
    let (form, brand) = (bytes.get(..8)?, bytes.get(8..12)?);
    match (&form[..4], &form[4..], brand) {
        (b"RIFF", _, b"WEBP") => Some("image/webp"),
        (b"RIFF", _, b"WAVE") => Some("audio/wav"),
        (_, b"ftyp", b"avif" | b"avis") => Some("image/avif"),
        (_, b"ftyp", b"M4A " | b"M4B ") => Some("audio/mp4"),
        (_, b"ftyp", b"heic" | b"heix" | b"mif1" | b"qt  ") => None,
        (_, b"ftyp", _) => Some("video/mp4"),
        _ => None,
    }
}

/// Whether it begins as HTML, SVG or XML do, which run scripts where they are opened.
pub fn is_markup(bytes: &[u8]) -> bool {
    const MARKS: [&[u8]; 3] = [b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff"];
    let mark = MARKS.iter().find(|mark| bytes.starts_with(mark));
    let rest = &bytes[mark.map_or(0, |mark| mark.len())..];
    let blank = |byte: &u8| byte.is_ascii_whitespace() || *byte == 0;
    rest.iter().find(|byte| !blank(byte)) == Some(&b'<')
}

/// Whether it reads as text: UTF-8 without zeros in what it begins with.
pub fn is_text(bytes: &[u8]) -> bool {
    let head = &bytes[..bytes.len().min(4096)];
    let sound = match std::str::from_utf8(head) {
        Ok(_) => true,
        // A character may have been cut.
        Err(error) => error.error_len().is_none() && head.len() < bytes.len(),
    };
    sound && !head.contains(&0)
}

#[cfg(test)]
mod tests {
    use super::{is_markup, is_text, kind};

    #[test]
    fn a_file_is_what_it_begins_as() {
        for (bytes, want) in [
            (b"\x89PNG\r\n\x1a\n____".as_slice(), Some("image/png")),
            (b"RIFF\0\0\0\0WEBPVP8 ", Some("image/webp")),
            (b"RIFF\0\0\0\0WAVEfmt ", Some("audio/wav")),
            (b"\0\0\0\x20ftypavif", Some("image/avif")),
            (b"\0\0\0\x20ftypisom", Some("video/mp4")),
            (b"\x1a\x45\xdf\xa3\x9f\x42\x82\x84webm", Some("video/webm")),
            (b"\x1a\x45\xdf\xa3\x9f\x42\x82\x88matroska", None),
            (b"<svg/>", None),
            (b"RIFF", None),
            (b"", None),
        ] {
            assert_eq!(kind(bytes), want, "{bytes:?}");
        }
    }

    #[test]
    fn what_may_run_scripts_is_seen_behind_marks_and_blanks() {
        for bytes in [
            b"<svg".as_slice(),
            b" \r\n<!doctype",
            b"\xef\xbb\xbf<?xml",
            b"\xff\xfe<\0h\0",
        ] {
            assert!(is_markup(bytes), "{bytes:?}");
        }
        assert!(!is_markup(b"a < b") && !is_markup(b""));
    }

    #[test]
    fn a_text_may_be_cut_within_a_character() {
        let long = "é".repeat(4000);
        assert!(is_text(&long.as_bytes()[..7000]) && is_text(b""));
        assert!(!is_text(b"a\0b") && !is_text(b"\xff\xfe"));
    }
}
