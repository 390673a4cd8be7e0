//! A key: words to look for, or a regular expression between slashes, as SillyTavern has it.
//!
//! Expressions run on an engine whose time grows with the text and not with the
//! expression's cleverness. What it cannot do (look-around, back references) is told.

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
    Words {
        words: String,
        manner: Manner,
    },
    Expression(Regex),
}

impl Finder {
    /// Makes a key ready. An empty key finds nothing: `None`.
    pub fn of(key: &str, manner: Manner) -> Option<Result<Finder, String>> {
        if key.trim().is_empty() {
            return None;
        }
        let compiled = match slashed(key) {
            Some((pattern, flags)) => {
                let mut builder = RegexBuilder::new(pattern);
                builder
                    .case_insensitive(flags.contains('i'))
                    .multi_line(flags.contains('m'))
                    .dot_matches_new_line(flags.contains('s'))
                    .size_limit(MOST_COMPILED)
                    .build()
            }
            None if manner.regex => RegexBuilder::new(key)
                .case_insensitive(!manner.case_sensitive)
                .size_limit(MOST_COMPILED)
                .build(),
            None => {
                let words = if manner.case_sensitive {
                    key.trim().to_owned()
                } else {
                    key.trim().to_lowercase()
                };
                return Some(Ok(Finder::Words { words, manner }));
            }
        };
        Some(
            compiled
                .map(Finder::Expression)
                .map_err(|refused| refused.to_string()),
        )
    }

    /// Whether it is in the text. `lower` is the text in lower case.
    pub fn finds(&self, text: &str, lower: &str) -> bool {
        match self {
            Finder::Expression(regex) => regex.is_match(text),
            Finder::Words { words, manner } => {
                let text = if manner.case_sensitive { text } else { lower };
                // Several words, and scripts without spaces, are looked for as they are.
                if !manner.whole_words || words.contains(char::is_whitespace) {
                    return text.contains(words.as_str());
                }
                text.match_indices(words.as_str()).any(|(at, found)| {
                    let before = text[..at].chars().next_back();
                    let after = text[at + found.len()..].chars().next();
                    ![before, after]
                        .into_iter()
                        .flatten()
                        .any(|c| c.is_alphanumeric() || c == '_')
                })
            }
        }
    }
}

/// The expression and flags of `/…/flags`.
fn slashed(key: &str) -> Option<(&str, &str)> {
    let (pattern, flags) = key.trim().strip_prefix('/')?.rsplit_once('/')?;
    let known = flags.chars().all(|flag| "gimsuy".contains(flag));
    (known && !pattern.is_empty()).then_some((pattern, flags))
}
