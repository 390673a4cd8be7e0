//! Finding words in the texts of messages.
//!
//! Positions are counted in UTF-16 code units, as JavaScript counts them. Knows nothing of
//! where texts rest.

use crate::error::{Kind, Result};
use crate::words;
use regex_lite::{Regex, RegexBuilder};
use serde::Deserialize;
use std::ops::Range;

/// Finds of one text; more of them say no more.
const MOST: usize = 100;
/// Characters of what is looked for.
const LONGEST: usize = 10_000;

/// A bound on what an expression may compile to, in bytes: each character of a text may be held
/// against all of it.
const MOST_COMPILED: usize = 64 << 10;

/// How to look.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct FindOptions {
    /// Capital and small letters differ.
    pub case: bool,
    /// Only whole words.
    pub words: bool,
    /// What is looked for is a regular expression, which takes linear time; `\w` and its like know
    /// ASCII only.
    pub regex: bool,
}

/// What is looked for.
pub struct Finder {
    what: What,
    words: bool,
}

enum What {
    Exact(Vec<char>),
    Folded(Vec<char>),
    Expression(Regex),
}

/// A character as it is compared, and where it begins and ends.
struct Place {
    char: char,
    units: Range<usize>,
}

impl Finder {
    /// Something to look for.
    ///
    /// # Errors
    /// `invalid` when nothing or too much is looked for, or the expression is none.
    pub fn new(query: &str, options: FindOptions) -> Result<Finder> {
        if query.is_empty() || query.chars().count() > LONGEST {
            let detail = format!("what is looked for has 1 to {LONGEST} characters");
            return Err(Kind::Invalid.because(detail));
        }
        let what = if options.regex {
            let widened = if options.case {
                None
            } else {
                Some(widened(query))
            };
            let mut expression = RegexBuilder::new(widened.as_deref().unwrap_or(query));
            let expression = expression
                .case_insensitive(!options.case)
                .size_limit(MOST_COMPILED)
                .build();
            What::Expression(expression.map_err(|cause| {
                Kind::Invalid
                    .because("the regular expression cannot be used")
                    .caused_by(cause)
            })?)
        } else if options.case {
            What::Exact(query.chars().collect())
        } else {
            What::Folded(query.chars().flat_map(folded).collect())
        };
        Ok(Finder {
            what,
            words: options.words,
        })
    }

    /// Where a text has it, from the beginning on and not overlapping.
    pub fn find(&self, text: &str) -> Vec<Range<usize>> {
        match &self.what {
            What::Exact(query) => self.find_chars(text, query, false),
            What::Folded(query) => self.find_chars(text, query, true),
            What::Expression(expression) => {
                let found = expression.find_iter(text).map(|found| found.range());
                let whole = found.filter(|range| {
                    !range.is_empty()
                        && (!self.words
                            || is_whole(
                                text[..range.start].chars().next_back(),
                                text[range.end..].chars().next(),
                            ))
                });
                let units = |at: usize| text[..at].encode_utf16().count();
                whole
                    .take(MOST)
                    .map(|range| units(range.start)..units(range.end))
                    .collect()
            }
        }
    }

    fn find_chars(&self, text: &str, query: &[char], fold: bool) -> Vec<Range<usize>> {
        let mut units = 0;
        let mut places = Vec::with_capacity(text.len());
        for char in text.chars() {
            let range = units..units + char.len_utf16();
            units = range.end;
            if fold {
                places.extend(folded(char).map(|char| Place {
                    char,
                    units: range.clone(),
                }));
            } else {
                places.push(Place { char, units: range });
            }
        }
        let mut found = Vec::new();
        let mut at = 0;
        while at + query.len() <= places.len() && found.len() < MOST {
            let end = at + query.len();
            let same = query.iter().zip(&places[at..end]);
            let before = at.checked_sub(1).map(|at| places[at].char);
            let after = places.get(end).map(|place| place.char);
            if same
                .into_iter()
                .all(|(wanted, place)| *wanted == place.char)
                && (!self.words || is_whole(before, after))
            {
                found.push(places[at].units.start..places[end - 1].units.end);
                at = end;
            } else {
                at += 1;
            }
        }
        found
    }
}

/// A character as it is compared where case does not count.
fn folded(c: char) -> impl Iterator<Item = char> {
    c.to_lowercase().map(|c| match c {
        'ς' => 'σ',
        'µ' => 'μ',
        _ => c,
    })
}

/// An expression whose letters beyond ASCII stand for their capital and small ones too: the crate
/// ignores the case of ASCII alone.
fn widened(expression: &str) -> String {
    let mut out = String::with_capacity(expression.len());
    // Where the class begins that this is in.
    let mut class = None;
    let mut in_name = false;
    let mut chars = expression.chars().peekable();
    while let Some(c) = chars.next() {
        if c == '\\' {
            out.push(c);
            out.extend(chars.next());
            continue;
        }
        match c {
            '[' => class = class.or(Some(out.len() + 1)),
            // The first one in a class is itself.
            ']' => class = class.filter(|at| matches!(&out[*at..], "" | "^")),
            // The name of a group.
            '<' => in_name = out.ends_with("(?") || out.ends_with("(?P"),
            '>' => in_name = false,
            _ => {}
        }
        let (small, capital) = (one(c.to_lowercase()), one(c.to_uppercase()));
        let others = [small, capital].into_iter().flatten().filter(|it| *it != c);
        if c.is_ascii() || in_name || others.clone().next().is_none() {
            out.push(c);
        } else if class.is_none() {
            out.push('[');
            out.push(c);
            out.extend(others);
            out.push(']');
        } else {
            out.push(c);
            let mut ahead = chars.clone();
            let end = match (ahead.next(), ahead.next()) {
                (Some('-'), Some(end)) if end != ']' => Some(end),
                _ => None,
            };
            let Some(end) = end else {
                out.extend(others);
                continue;
            };
            chars = ahead;
            out.push('-');
            out.push(end);
            let ends = [one(end.to_lowercase()), one(end.to_uppercase())];
            for (from, to) in [small, capital].into_iter().zip(ends) {
                if let (Some(from), Some(to)) = (from, to)
                    && from <= to
                {
                    out.extend([from, '-', to]);
                }
            }
        }
    }
    out
}

/// The only character of what a letter is made to.
fn one(mut all: impl Iterator<Item = char>) -> Option<char> {
    let first = all.next();
    first.filter(|_| all.next().is_none())
}

/// Whether no word goes on before or after.
fn is_whole(before: Option<char>, after: Option<char>) -> bool {
    let goes_on =
        |char: Option<char>| char.is_some_and(|char| is_mark(char) || words::goes_on(char));
    !goes_on(before) && !goes_on(after)
}

/// What belongs to the letter or the picture before it and is none itself: combining marks, the
/// signs of India's scripts that take a vowel away, and what joins two of them.
fn is_mark(c: char) -> bool {
    match c {
        '\u{300}'..='\u{36f}' | '\u{483}'..='\u{489}' | '\u{591}'..='\u{5af}' => true,
        '\u{610}'..='\u{61a}' | '\u{64b}'..='\u{65f}' | '\u{6d6}'..='\u{6ed}' => c != '\u{6dd}',
        '\u{900}'..='\u{d7f}' => matches!(c as u32 & 0x7f, 0x3c | 0x4d),
        '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}' => true,
        '\u{200c}' | '\u{200d}' | '\u{20d0}'..='\u{20f0}' | '\u{fe20}'..='\u{fe2f}' => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(text: &str, query: &str, options: FindOptions) -> Vec<(usize, usize)> {
        let found = Finder::new(query, options).unwrap().find(text);
        found.iter().map(|at| (at.start, at.end)).collect()
    }

    const LOOSE: FindOptions = FindOptions {
        case: false,
        words: false,
        regex: false,
    };

    #[test]
    fn positions_are_those_of_javascript() {
        assert_eq!(find("🦀 Straße STRASSE", "straße", LOOSE), [(3, 9)]);
        assert_eq!(find("İstanbul i", "i", LOOSE), [(0, 1), (9, 10)]);
        assert_eq!(find("aaaa", "aa", LOOSE), [(0, 2), (2, 4)]);
        assert_eq!(find("ÄPFEL äpfel", "Äpfel", LOOSE), [(0, 5), (6, 11)]);
        assert_eq!(find("ΟΔΟΣ οδος", "οδοσ", LOOSE), [(0, 4), (5, 9)]);
        let regex = FindOptions {
            regex: true,
            ..LOOSE
        };
        assert_eq!(find("🦀 x12 y3", r"[a-z]\d+", regex), [(3, 6), (7, 9)]);
        assert_eq!(find("abc", "x*", regex), []);
        for expression in [
            "дракон",
            "[Д]ракон",
            "[а-я]+",
            "(?<слово>дракон)|x",
            "[^а-ге-я ]ракон",
        ] {
            let wanted = [(0, 6), (7, 13)];
            assert_eq!(
                find("Дракон ДРАКОН", expression, regex),
                wanted,
                "{expression}"
            );
        }
        let exact = FindOptions {
            case: true,
            ..regex
        };
        assert_eq!(find("Дракон дракон", "дракон", exact), [(7, 13)]);
        assert_eq!(
            find("éÉ] É-", "[é-]", regex),
            [(0, 1), (1, 2), (4, 5), (5, 6)]
        );
    }

    #[test]
    fn case_and_words_count_where_that_is_asked() {
        let words = FindOptions {
            words: true,
            ..LOOSE
        };
        assert_eq!(
            find("cat concat Cat's éCat", "cat", words),
            [(0, 3), (11, 14)]
        );
        // Scripts without spaces have no ends of words, and an accent may be a character of its own.
        assert_eq!(find("東京タワー 서울에서", "京", words), [(1, 2)]);
        assert_eq!(find("東京タワー 서울에서", "서울", words), [(6, 8)]);
        assert_eq!(find("nai\u{308}ve", "nai", words), []);
        for (text, query) in [
            ("क्षत्रिय", "क"),
            ("می\u{200c}خواهم", "خواهم"),
            ("👩‍💻", "👩"),
            ("سَلَام", "س"),
        ] {
            assert_eq!(find(text, query, words), [], "{query}");
            assert_ne!(find(text, query, LOOSE), [], "{query}");
        }
        assert_eq!(find("❤️ x", "❤", words), [(0, 1)]);
        let case = FindOptions {
            case: true,
            ..LOOSE
        };
        assert_eq!(find("Cat cat", "cat", case), [(4, 7)]);
        let both = FindOptions {
            regex: true,
            ..words
        };
        assert_eq!(find("cat concat", "c.t", both), [(0, 3)]);
    }

    #[test]
    fn nothing_and_no_expression_are_refused() {
        let regex = FindOptions {
            regex: true,
            ..LOOSE
        };
        let long = "x".repeat(10_001);
        let refused = [
            ("", LOOSE),
            ("(", regex),
            ("(a{0,1000}){20}b", regex),
            (&*long, LOOSE),
        ];
        for (query, options) in refused {
            let error = Finder::new(query, options).err().unwrap();
            assert_eq!(error.kind(), Kind::Invalid);
        }
    }
}
