//! File names: those of exports, where a name is a label and never a path, and those of files
//! that are compressed.

/// Most file systems count a name's bytes and take 255; the extension and a number come to it.
const MOST_BYTES: usize = 200;

/// Extension and media type of JSON that is compressed.
pub(super) const PACKED_JSON: (&str, &str) = ("json.gz", PACKED.1);
/// Extension and media type of any other file that is compressed.
pub(super) const PACKED: (&str, &str) = ("gz", "application/gzip");

/// What a compressed file is called when it is none.
pub(super) fn unpacked(name: &str) -> &str {
    name.strip_suffix(".gz").unwrap_or(name)
}

/// A file name that every file system takes: no separators, control or bidi
/// characters, no reserved names, no dots or spaces at the ends, at most 100
/// characters and 200 bytes before the extension.
pub(super) fn safe(name: &str, extension: &str) -> String {
    let kept = name.chars().map(|c| if forbidden(c) { ' ' } else { c });
    let text: String = kept
        .collect::<String>()
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    let mut bytes = 0;
    let fits = |c: &char| {
        bytes += c.len_utf8();
        bytes <= MOST_BYTES
    };
    let short: String = text.chars().take(100).take_while(fits).collect();
    let stem = short.trim_matches(|c: char| c == '.' || c == ' ');
    let stem = if stem.is_empty() || reserved(stem) {
        format!("{extension} {stem}")
    } else {
        stem.to_owned()
    };
    format!("{}.{extension}", stem.trim_end())
}

fn forbidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '<' | '>' | ':' | '"' | '/' | '\\' | '|' | '?' | '*')
        || matches!(c, '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}')
}

/// Device names of Windows, with any extension.
fn reserved(stem: &str) -> bool {
    let device = stem
        .split('.')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_uppercase();
    let numbered = |prefix| {
        device
            .strip_prefix(prefix)
            .is_some_and(|n| n.len() == 1 && n != "0")
    };
    matches!(device.as_str(), "CON" | "PRN" | "AUX" | "NUL") || numbered("COM") || numbered("LPT")
}

#[cfg(test)]
mod tests {
    use super::safe;

    #[test]
    fn a_name_never_leads_out_of_its_folder() {
        for (name, want) in [
            ("Zoë 東京 🦈", "Zoë 東京 🦈.png"),
            ("../../etc/passwd", "etc passwd.png"),
            ("C:\\Windows\\x", "C Windows x.png"),
            ("", "png.png"),
            ("...", "png.png"),
            ("con", "png con.png"),
            ("com1.txt", "png com1.txt.png"),
            ("a\u{202E}gnp.exe", "a gnp.exe.png"),
        ] {
            assert_eq!(safe(name, "png"), want);
        }
        assert!(safe(&"x".repeat(10_000), "png").len() < 110);
        assert_eq!(safe(&"東".repeat(100), "png").len(), 198 + 4);
    }
}
