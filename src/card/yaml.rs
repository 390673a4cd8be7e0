//! Characters of text-generation-webui: a flat YAML of `name`, `context` and `greeting`.
//!
//! Of YAML it reads what such files are made of: one mapping of texts, plain, quoted or in
//! blocks. A value that is a list, a mapping or anything with tags is left out and told.
//! A character becomes V2; the YAML is not written.

use super::view::FIELDS;
use crate::error::{Error, Kind, Limits, Place, Result, Warning};
use crate::json::{Document, quote};
use std::collections::HashSet;
use std::iter::Peekable;

/// The names that the tool had for each field, the newest first.
const NAMES: [(&str, &[&str]); 4] = [
    ("name", &["name", "bot", "char_name"]),
    ("description", &["context", "char_persona", "description"]),
    ("first_mes", &["greeting", "char_greeting", "first_mes"]),
    ("mes_example", &["example_dialogue", "mes_example"]),
];

/// The card of a YAML text; `None` when it is no such character.
///
/// # Errors
/// `not-a-card` with the line that is no YAML, `too-large`.
pub(super) fn read(
    bytes: &[u8],
    limits: &Limits,
    warnings: &mut Vec<Warning>,
) -> Result<Option<Document>> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let Ok(text) = std::str::from_utf8(bytes) else {
        return Ok(None);
    };
    if !looks(text) {
        return Ok(None);
    }
    if bytes.len() > limits.text {
        return Err(Kind::TooLarge.because(format!(
            "the text has {} bytes, the limit `text` allows {}",
            bytes.len(),
            limits.text
        )));
    }
    let pairs = pairs(text, warnings)?;
    let get = |names: &[&str]| {
        names.iter().find_map(|name| {
            let mut all = pairs.iter().rev();
            all.find(|(key, _)| key == name)
                .map(|(_, value)| value.as_str())
        })
    };
    let mut out = String::from(r#"{"spec":"chara_card_v2","spec_version":"2.0","data":{"#);
    for field in FIELDS.iter().filter(|field| !field.since_v3) {
        let value = match (field.key, NAMES.iter().find(|(key, _)| *key == field.key)) {
            (_, Some((_, names))) => quote(get(names).unwrap_or_default()),
            ("alternate_greetings" | "tags", _) => "[]".to_owned(),
            ("extensions" | "character_book", _) => continue,
            _ => "\"\"".to_owned(),
        };
        out.extend(["\"", field.key, "\":", &value, ","]);
    }
    let used: Vec<&str> = NAMES
        .iter()
        .filter_map(|(_, names)| {
            let there = |name: &&&str| pairs.iter().any(|(key, _)| key == **name);
            names.iter().find(there).copied()
        })
        .collect();
    let mut seen = HashSet::new();
    let mut others: Vec<String> = Vec::new();
    for (key, value) in pairs.iter().rev() {
        if !used.contains(&key.as_str()) && seen.insert(key) {
            others.push(format!("{}:{}", quote(key), quote(value)));
        }
    }
    others.reverse();
    let own = match others.is_empty() {
        true => String::new(),
        false => format!(r#""oobabooga":{{{}}}"#, others.join(",")),
    };
    out.push_str(&format!("\"extensions\":{{{own}}}}}}}"));
    Ok(Some(Document::read(out.as_bytes(), limits)?.0))
}

/// Whether lines of the text name both the character and what it says. Nothing else is read
/// before this is known.
fn looks(text: &str) -> bool {
    let has = |names: &[&str]| {
        text.lines().any(|line| {
            let key = line
                .split_once(':')
                .filter(|(_, rest)| rest.is_empty() || rest.starts_with([' ', '\t', '\r']));
            key.is_some_and(|(key, _)| names.contains(&key.trim_end().trim_matches(['"', '\''])))
        })
    };
    let [(_, name), (_, context), (_, greeting), (_, dialogue)] = &NAMES;
    has(name) && (has(context) || has(greeting) || has(dialogue))
}

type Lines<'t> = Peekable<std::iter::Enumerate<std::str::Lines<'t>>>;

/// The keys and texts of a mapping.
fn pairs(text: &str, warnings: &mut Vec<Warning>) -> Result<Vec<(String, String)>> {
    let mut lines: Lines<'_> = text.lines().enumerate().peekable();
    let mut pairs = Vec::new();
    while let Some((number, line)) = lines.next() {
        let line = line.trim_end();
        if line.is_empty() || line.starts_with(['#', '%']) || line == "---" {
            continue;
        }
        if line == "..." || line.starts_with("--- ") {
            break;
        }
        let wrong = || no_yaml(number);
        if line.starts_with([' ', '\t']) {
            return Err(wrong());
        }
        let (key, rest) = key(line).ok_or_else(wrong)?;
        let rest = rest.trim_start();
        let value = match rest.chars().next() {
            Some('|' | '>') => Some(block(rest, &mut lines).ok_or_else(wrong)?),
            Some('"') => Some(quoted(rest, '"', &mut lines).ok_or_else(wrong)?),
            Some('\'') => Some(quoted(rest, '\'', &mut lines).ok_or_else(wrong)?),
            Some('[' | '{' | '&' | '*' | '!') => None,
            None | Some('#') if nested(&mut lines) => None,
            _ => Some(plain(rest, &mut lines)),
        };
        match value {
            Some(value) => pairs.push((key, value)),
            None => {
                while next_is_inside(&mut lines) {
                    lines.next();
                }
                let message = "the value is no text and was left out";
                warnings.push(Warning::noticed("unread-yaml", key, message));
            }
        }
    }
    Ok(pairs)
}

fn no_yaml(line: usize) -> Error {
    Kind::NotACard
        .because("the text begins as a character in YAML, which it is not")
        .at(Place::Line(line + 1))
}

/// The key of a line, and what is behind its colon.
fn key(line: &str) -> Option<(String, &str)> {
    let quote = line.chars().next().filter(|c| matches!(c, '"' | '\''));
    if let Some(quote) = quote {
        let (key, rest) = line[1..].split_once(quote)?;
        return Some((key.to_owned(), rest.trim_start().strip_prefix(':')?));
    }
    let colon = line.match_indices(':').find(|(at, _)| {
        let rest = &line[at + 1..];
        rest.is_empty() || rest.starts_with([' ', '\t'])
    });
    let (at, _) = colon?;
    Some((line[..at].trim_end().to_owned(), &line[at + 1..]))
}

/// Whether the next line belongs to the value above it.
fn next_is_inside(lines: &mut Lines<'_>) -> bool {
    lines.peek().is_some_and(|(_, line)| {
        line.trim().is_empty() || line.starts_with([' ', '\t']) || line.starts_with("- ")
    })
}

/// Whether what follows an empty value is a list or a mapping.
fn nested(lines: &mut Lines<'_>) -> bool {
    let mut ahead = lines.clone();
    let next = ahead.find(|(_, line)| !line.trim().is_empty());
    next.is_some_and(|(_, line)| {
        let inside = line.trim_start();
        let listed = inside.starts_with("- ") || inside == "-";
        listed || (inside.len() < line.len() && key(inside).is_some())
    })
}

/// A text without quotes: its lines are one, an empty line between them is a break.
fn plain(rest: &str, lines: &mut Lines<'_>) -> String {
    let bare = |line: &str| -> (String, bool) {
        match line
            .match_indices('#')
            .find(|(at, _)| *at == 0 || line[..*at].ends_with([' ', '\t']))
        {
            Some((at, _)) => (line[..at].trim().to_owned(), true),
            None => (line.trim().to_owned(), false),
        }
    };
    let (mut value, mut commented) = bare(rest);
    let mut breaks = 0;
    while !commented && next_is_inside(lines) {
        let Some((_, line)) = lines.next() else { break };
        let (more, ends) = bare(line);
        commented = ends;
        if more.is_empty() {
            breaks += 1;
            continue;
        }
        fold(&mut value, &mut breaks);
        value.push_str(&more);
    }
    match value.as_str() {
        "~" | "null" | "Null" | "NULL" => String::new(),
        _ => value,
    }
}

/// A line break between two lines of one text.
fn fold(value: &mut String, breaks: &mut usize) {
    match std::mem::take(breaks) {
        0 if value.is_empty() => {}
        0 => value.push(' '),
        count => value.extend(std::iter::repeat_n('\n', count)),
    }
}

/// A text between quotes, over as many lines as it takes.
fn quoted(rest: &str, quote: char, lines: &mut Lines<'_>) -> Option<String> {
    let mut value = String::new();
    let mut line = &rest[1..];
    loop {
        let mut characters = line.chars();
        // The end of what stays when a line break folds: escaped blanks do.
        let mut solid = value.len();
        let mut continued = false;
        while let Some(c) = characters.next() {
            if c == quote {
                let mut ahead = characters.clone();
                if quote == '\'' && ahead.next() == Some('\'') {
                    characters = ahead;
                } else {
                    let rest = characters.as_str().trim();
                    return (rest.is_empty() || rest.starts_with('#')).then_some(value);
                }
            } else if c == '\\' && quote == '"' {
                match escape(&mut characters)? {
                    Some(character) => value.push(character),
                    None => continued = true,
                }
                solid = value.len();
                continue;
            }
            value.push(c);
            if !matches!(c, ' ' | '\t') {
                solid = value.len();
            }
        }
        if !continued {
            value.truncate(solid);
        }
        let mut breaks = 0;
        line = loop {
            let (_, next) = lines.next()?;
            match next.trim_start() {
                "" => breaks += 1,
                next => break next,
            }
        };
        match (continued, breaks) {
            (true, 0) => {}
            (false, 0) => value.push(' '),
            (_, count) => value.extend(std::iter::repeat_n('\n', count)),
        }
    }
}

/// The character of an escape, or nothing for an escaped end of the line.
fn escape(rest: &mut std::str::Chars<'_>) -> Option<Option<char>> {
    let Some(c) = rest.next() else {
        return Some(None);
    };
    let mut hex = |digits: usize| -> Option<u32> {
        let text = rest.as_str();
        let (number, after) = (text.get(..digits)?, text.get(digits..)?);
        *rest = after.chars();
        u32::from_str_radix(number, 16).ok()
    };
    let code = match c {
        'x' => hex(2)?,
        'U' => hex(8)?,
        'u' => {
            let first = hex(4)?;
            // JSON spells characters beyond the first plane as two.
            let second = rest.as_str().strip_prefix("\\u").and_then(|text| {
                u32::from_str_radix(text.get(..4)?, 16)
                    .ok()
                    .filter(|low| (0xdc00..0xe000).contains(low))
            });
            match second {
                Some(low) if (0xd800..0xdc00).contains(&first) => {
                    *rest = rest.as_str().get(6..)?.chars();
                    0x10000 + ((first - 0xd800) << 10) + (low - 0xdc00)
                }
                _ => first,
            }
        }
        '0' => 0,
        'a' => 7,
        'b' => 8,
        't' | '\t' => 9,
        'n' => 10,
        'v' => 11,
        'f' => 12,
        'r' => 13,
        'e' => 27,
        'N' => 0x85,
        '_' => 0xa0,
        'L' => 0x2028,
        'P' => 0x2029,
        ' ' | '"' | '/' | '\\' => c as u32,
        _ => return None,
    };
    Some(Some(
        char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER),
    ))
}

/// A block: lines as they are (`|`) or folded (`>`).
fn block(header: &str, lines: &mut Lines<'_>) -> Option<String> {
    let folded = header.starts_with('>');
    let marks = header[1..].split('#').next().unwrap_or_default().trim();
    let (mut keeps, mut strips, mut indent) = (false, false, None);
    for mark in marks.chars() {
        match mark {
            '+' => keeps = true,
            '-' => strips = true,
            '1'..='9' => indent = mark.to_digit(10).map(|digit| digit as usize),
            _ => return None,
        }
    }
    let mut content: Vec<&str> = Vec::new();
    while let Some((_, line)) = lines.peek() {
        let blank = line.trim_matches(' ').is_empty();
        let depth = line.len() - line.trim_start_matches(' ').len();
        if !blank && depth == 0 {
            break;
        }
        let cut = match indent {
            Some(indent) => indent,
            None if blank => depth,
            None => *indent.insert(depth),
        };
        if !blank && depth < cut {
            return None;
        }
        content.push(line.get(cut..).unwrap_or_default());
        lines.next();
    }
    let end = content
        .iter()
        .rposition(|line| !line.is_empty())
        .map_or(0, |last| last + 1);
    let trailing = content.len() - end;
    let mut value = String::new();
    let mut breaks = 0;
    for (n, line) in content[..end].iter().enumerate() {
        if !folded {
            if n > 0 {
                value.push('\n');
            }
        } else if line.is_empty() {
            breaks += 1;
            continue;
        } else if n > 0 {
            let before = content[..n].iter().rev().find(|line| !line.is_empty());
            let own = |line: &str| line.starts_with([' ', '\t']);
            // Lines that are deeper than the others keep their breaks.
            match before {
                Some(before) if own(before) || own(line) => {
                    value.extend(std::iter::repeat_n('\n', std::mem::take(&mut breaks) + 1));
                }
                _ => fold(&mut value, &mut breaks),
            }
        }
        value.push_str(line);
    }
    match (strips, keeps) {
        (true, _) => {}
        (_, true) => value.extend(std::iter::repeat_n('\n', trailing + usize::from(end > 0))),
        _ if end > 0 => value.push('\n'),
        _ => {}
    }
    Some(value)
}
