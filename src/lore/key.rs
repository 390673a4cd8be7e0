//! A key: words to look for, or a regular expression between slashes, as SillyTavern has it.
//!
//! Expressions run on an engine whose time grows with the text and not with the
//! expression's cleverness. What it cannot do (look-around, back references) is told.

use crate::words;
use regex_lite::{Regex, RegexBuilder};

/// A bound on what an expression may compile to, in bytes.
const MOST_COMPILED: usize = 1 << 20;

/// How a key is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Manner {
    pub case_sensitive: bool,
    pub whole_words: bool,
    /// V3 `use_regex`: the key is an expression without slashes around it.
    pub regex: bool,
}

/// A key, ready to be looked for.
#[derive(Debug)]
pub(super) enum Finder {
    /// Words; in lower case when the case does not matter.
    Words { words: String, manner: Manner },
    Expression {
        regex: Regex,
        /// Whether it is run on the text in lower case: the engine itself knows no case but ASCII's.
        folded: bool,
        /// Whether it speaks of U+0001, which SillyTavern has before each message.
        marked: bool,
    },
    /// An expression that cannot be run is nowhere.
    Nothing,
}

impl Finder {
    /// Makes a key ready. An empty key finds nothing: `None`.
    pub fn of(key: &str, manner: Manner) -> Option<Result<Finder, String>> {
        if key.trim().is_empty() {
            return None;
        }
        let (pattern, folded, flags) = match slashed(key) {
            Some((pattern, flags)) => (pattern, flags.contains('i'), flags),
            None if manner.regex => (key, !manner.case_sensitive, ""),
            None => {
                let words = if manner.case_sensitive {
                    key.trim().to_owned()
                } else {
                    key.trim().to_lowercase()
                };
                return Some(Ok(Finder::Words { words, manner }));
            }
        };
        let pattern = spelled(pattern, folded);
        let compiled = RegexBuilder::new(&pattern)
            .case_insensitive(folded)
            .multi_line(flags.contains('m'))
            .dot_matches_new_line(flags.contains('s'))
            .size_limit(MOST_COMPILED)
            .build();
        let marked = ["\\x01", "\\x{1}", "\u{1}"]
            .iter()
            .any(|mark| pattern.contains(mark));
        let finder = |regex| Finder::Expression {
            regex,
            folded,
            marked,
        };
        Some(
            compiled
                .map(finder)
                .map_err(|refused| advised(refused.to_string())),
        )
    }

    /// Whether it is in the text. `lower` is the text in lower case.
    pub fn finds(&self, text: &str, lower: &str) -> bool {
        match self {
            Finder::Nothing => false,
            Finder::Expression {
                regex,
                folded,
                marked,
            } => {
                let text = if *folded { lower } else { text };
                match marked {
                    true => regex.is_match(&["\u{1}", text].concat()),
                    false => regex.is_match(text),
                }
            }
            Finder::Words { words, manner } => {
                let text = if manner.case_sensitive { text } else { lower };
                // Several words are looked for as they are.
                if !manner.whole_words || words.contains(char::is_whitespace) {
                    return text.contains(words.as_str());
                }
                let mut from = 0;
                while let Some(found) = text[from..].find(words.as_str()) {
                    let at = from + found;
                    let before = text[..at].chars().next_back();
                    let after = text[at + words.len()..].chars().next();
                    if ![before, after].into_iter().flatten().any(continues) {
                        return true;
                    }
                    from = at + text[at..].chars().next().map_or(1, char::len_utf8);
                }
                false
            }
        }
    }
}

/// Why an expression cannot be run, with what to do about it.
fn advised(mut refused: String) -> String {
    const ADVICE: [(&str, &str); 3] = [
        (
            "look-around",
            "; leave it out, and say by secondary keys what else has to be there or must not be",
        ),
        (
            "backreferences",
            "; write out what it repeats, each way as a key of its own",
        ),
        ("size limit", "; count less in it, or make it several keys"),
    ];
    if let Some((_, advice)) = ADVICE.iter().find(|(of, _)| refused.contains(of)) {
        refused.push_str(advice);
    }
    refused
}

/// Whether a word goes on with this character, for which JavaScript has the underscore too.
fn continues(c: char) -> bool {
    c == '_' || words::goes_on(c)
}

/// An expression of JavaScript as the engine here spells it: `[^]` is any character, `\/` a
/// slash, `\u0041` and `\cA` a character, and a brace that counts nothing stands for itself.
/// `folded`: what is not ASCII in lower case.
fn spelled(pattern: &str, folded: bool) -> String {
    let fold = |c: char| match folded && !c.is_ascii() {
        true => c.to_lowercase().next().unwrap_or(c),
        false => c,
    };
    let mut out = String::with_capacity(pattern.len());
    let mut rest = pattern;
    let mut listed = false;
    while let Some(c) = rest.chars().next() {
        let mut taken = c.len_utf8();
        match c {
            '\\' => {
                let escaped = rest[1..].chars().next();
                taken += escaped.map_or(0, char::len_utf8);
                let hex = |text: &str| u32::from_str_radix(text, 16).ok().and_then(char::from_u32);
                let code = match escaped {
                    Some('u') => rest.get(2..6).and_then(hex).map(|c| (c, 6)),
                    _ => None,
                };
                match (escaped, code) {
                    (_, Some((c, length))) => {
                        taken = length;
                        out.push_str(&format!("\\x{{{:x}}}", u32::from(fold(c))));
                    }
                    // What has no meaning there stands for itself.
                    (Some(c), None) if !c.is_ascii_alphanumeric() && !c.is_ascii_punctuation() => {
                        out.push(c);
                    }
                    (
                        Some(
                            c @ ('/' | '"' | '\'' | '`' | ',' | ':' | ';' | '!' | '@' | '%' | '='
                            | '<' | '>' | '_'),
                        ),
                        None,
                    ) => {
                        out.push(c);
                    }
                    _ => out.push_str(&rest[..taken]),
                }
            }
            '[' if !listed && rest.starts_with("[^]") => {
                taken = 3;
                out.push_str("[\\s\\S]");
            }
            // Within a list a bracket, and what would join or part lists, stand for themselves.
            '[' if listed => out.push_str("\\["),
            '&' | '~' if listed => {
                out.push('\\');
                out.push(c);
            }
            '[' => {
                listed = true;
                out.push(c);
            }
            ']' if listed => {
                listed = false;
                out.push(c);
            }
            '{' if !listed && !counts(rest) => out.push_str("\\{"),
            '}' if !listed && !closes(&out) => out.push_str("\\}"),
            c => out.push(fold(c)),
        }
        rest = &rest[taken..];
    }
    out
}

/// Whether a brace says how often: `{2}`, `{2,}`, `{2,3}`.
fn counts(text: &str) -> bool {
    let Some((inside, _)) = text[1..].split_once('}') else {
        return false;
    };
    let (least, most) = inside.split_once(',').unwrap_or((inside, ""));
    let number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    !least.is_empty() && number(least) && number(most)
}

/// Whether a brace that says how often, or a character by its number, is open.
fn closes(out: &str) -> bool {
    out.rfind('{')
        .is_some_and(|at| !out[at..].contains('}') && !out[..at].ends_with('\\'))
}

/// Whether there are blanks around a key, which nobody looks for.
pub(super) fn is_padded(key: &str) -> bool {
    key.trim().len() < key.len()
}

/// Whether a key is an expression between slashes.
pub(super) fn is_slashed(key: &str) -> bool {
    slashed(key).is_some()
}

/// The expression and flags of `/…/flags`.
fn slashed(key: &str) -> Option<(&str, &str)> {
    let (pattern, flags) = key.trim().strip_prefix('/')?.rsplit_once('/')?;
    let known = flags.chars().all(|flag| "gimsuy".contains(flag));
    // With a slash within, as in a path, it is words.
    let mut slashes = pattern.match_indices('/');
    let whole = slashes.all(|(at, _)| pattern[..at].ends_with('\\'));
    (known && whole && !pattern.is_empty()).then_some((pattern, flags))
}
