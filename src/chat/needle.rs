//! The bytes that stand in every line which says something.
//!
//! Of what is looked for the longest stretch is taken whose characters a line spells either as
//! they are or with `\u`. Lines without it are passed over at the speed of a memory scan; that
//! it is there says only that the line has to be read. Knows nothing of fields.

use super::find::FindOptions;
use memchr::memmem::Finder;
use memchr::{memchr, memchr2};

/// Letters of English from the common to the rare.
const COMMON: &[u8] = b"etaoinshrdlcumwfgypbvkjxqz";

/// A stretch of what is looked for, and what may stand in its place.
pub(super) struct Needle {
    /// The bytes of the letters as they are made small, each beside the one of the capital.
    bytes: Vec<[u8; 2]>,
    /// The place of the rarest of them.
    rarest: usize,
    /// Other spellings: a line that has one of them has to be read.
    others: Vec<Finder<'static>>,
    /// Whether it is not ASCII, which a line that is no UTF-8 has in other bytes.
    foreign: bool,
}

impl Needle {
    /// What stands in every line that says it; `None` when nothing is sure to.
    pub(super) fn of(query: &str, options: FindOptions) -> Option<Needle> {
        if options.regex {
            return None;
        }
        let (mut run, mut longest) = (String::new(), String::new());
        for c in query.chars() {
            let small = if options.case { Some(c) } else { small(c) };
            match small.filter(|c| is_plain(*c)) {
                Some(c) => run.push(c),
                None => run.clear(),
            }
            if run.len() > longest.len() {
                longest.clone_from(&run);
            }
        }
        let foreign = !longest.is_ascii();
        let mut others = Vec::new();
        let mut or = |spelling: &'static [u8]| others.push(Finder::new(spelling));
        or(if foreign { b"\\u" } else { b"\\u00" });
        if !options.case {
            // The sign of the kelvin and the dotted capital I are made small to `k` and `i`.
            let kelvin = [&b"\\u212"[..], "\u{212a}".as_bytes()];
            let dotted = [&b"\\u0130"[..], "\u{130}".as_bytes()];
            let odd = [('k', kelvin), ('i', dotted)];
            let there = odd.into_iter().filter(|(c, _)| longest.contains(*c));
            there.for_each(|(_, spellings)| spellings.into_iter().for_each(&mut or));
        }
        let mut capitals = String::with_capacity(longest.len());
        let capital = |c| if options.case { c } else { capital(c) };
        capitals.extend(longest.chars().map(capital));
        let bytes: Vec<[u8; 2]> = longest
            .bytes()
            .zip(capitals.bytes())
            .map(|(small, capital)| [small, capital])
            .collect();
        let rarest = (0..bytes.len()).max_by_key(|at| rarity(bytes[*at][0]))?;
        Some(Needle {
            bytes,
            rarest,
            others,
            foreign,
        })
    }

    /// Whether a record may say it.
    pub(super) fn may_be_in(&self, record: &[u8]) -> bool {
        self.is_in(record)
            || self.others.iter().any(|other| other.find(record).is_some())
            || self.foreign && std::str::from_utf8(record).is_err()
    }

    fn is_in(&self, record: &[u8]) -> bool {
        let [small, capital] = self.bytes[self.rarest];
        let mut from = self.rarest;
        while let Some(rest) = record.get(from..) {
            let next = match small == capital {
                true => memchr(small, rest),
                false => memchr2(small, capital, rest),
            };
            let Some(at) = next else {
                return false;
            };
            let start = from + at - self.rarest;
            let Some(there) = record.get(start..start + self.bytes.len()) else {
                return false;
            };
            let mut pairs = there.iter().zip(&self.bytes);
            if pairs.all(|(byte, wanted)| wanted.contains(byte)) {
                return true;
            }
            from += at + 1;
        }
        false
    }
}

/// Whether every line that says a character has its bytes, or `\u`, or is no UTF-8. What is
/// read in the place of bytes that say nothing is not.
fn is_plain(c: char) -> bool {
    !c.is_control() && !matches!(c, '"' | '\'' | '\\' | '/' | char::REPLACEMENT_CHARACTER)
}

/// A letter as texts are compared, where no other letter but its capital, of as many bytes, is
/// made small to it. All others are left to reading.
fn small(c: char) -> Option<char> {
    let c = match c {
        'A'..='Z' | 'À'..='Ö' | 'Ø'..='Þ' | 'Ѐ'..='Я' => c.to_lowercase().next()?,
        _ => c,
    };
    let simple = match c {
        // The sign of the angstrom is made small to it.
        'å' => false,
        '\0'..='@' | '['..='¿' | 'à'..='þ' | 'а'..='џ' => c != 'µ',
        // Scripts without capitals, punctuation, pictures.
        '\u{590}'..='\u{109f}' | '\u{2000}'..='\u{206f}' => true,
        '\u{3000}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}' | '\u{1f000}'.. => true,
        _ => false,
    };
    simple.then_some(c)
}

/// The capital of a letter that [`small`] gave.
fn capital(c: char) -> char {
    let distance = match c {
        'a'..='z' | 'à'..='ö' | 'ø'..='þ' | 'а'..='я' => 32,
        'ѐ'..='џ' => 80,
        _ => 0,
    };
    char::from_u32(c as u32 - distance).unwrap_or(c)
}

/// How seldom a byte stands in a log, roughly.
fn rarity(byte: u8) -> usize {
    match byte {
        b' ' | 0xc0.. => 0,
        b'0'..=b'9' => 8,
        b'A'..=b'Z' => 18,
        _ => COMMON.iter().position(|c| *c == byte).unwrap_or(15),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::find::Finder;

    fn options(case: bool) -> FindOptions {
        FindOptions {
            case,
            ..FindOptions::default()
        }
    }

    /// Whatever the query and the text: a line with it, however it is spelled, is not passed over.
    #[test]
    fn no_line_that_says_it_is_passed_over() {
        let letters = [
            'a', 'K', 'k', 'i', 'I', 'İ', 'ı', '\u{212a}', '\u{307}', 'é', 'É', 'å', '\u{212b}',
            'ß', 'ẞ', 'я', 'Я', 'ё', 'Ё', 'ω', '\u{2126}', 'σ', 'ς', 'Σ', 'ǆ', 'ǅ', 'Ǆ', 'ſ', 's',
            '龍', '🦀', '"', '\'', '\\', '/', '\n', ' ', '7', '-', 'ა', 'Ა', 'ꭰ', 'Ꭰ', 'ÿ', 'Ÿ',
        ];
        let mut state = 7_u32;
        let mut next = |most: usize| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as usize % most
        };
        let mut said = 0;
        for _ in 0..60_000 {
            let mut word = |most: usize| -> String {
                let length = 1 + next(most);
                (0..length).map(|_| letters[next(letters.len())]).collect()
            };
            let (mut text, query) = (word(6), word(3));
            if next(2) == 0 {
                let other: String = query.chars().map(capital).collect();
                text.push_str(if next(2) == 0 { &query } else { &other });
            }
            let spelled: String = text
                .chars()
                .map(|c| match (next(4), c) {
                    (0, _) => {
                        let mut units = [0; 2];
                        let units = c.encode_utf16(&mut units);
                        units.iter().map(|unit| format!("\\u{unit:04X}")).collect()
                    }
                    (1, '/' | '\'') | (_, '"' | '\\') => format!("\\{c}"),
                    (_, '\n') => "\\n".into(),
                    _ => c.to_string(),
                })
                .collect();
            for case in [false, true] {
                let finder = Finder::new(&query, options(case)).expect("it can be looked for");
                if finder.find(&text).is_empty() {
                    continue;
                }
                said += 1;
                let passed = Needle::of(&query, options(case))
                    .is_some_and(|needle| !needle.may_be_in(spelled.as_bytes()));
                assert!(!passed, "{query:?} in {spelled}, case {case}");
            }
        }
        assert!(said > 20_000, "{said}");
    }

    #[test]
    fn what_is_not_there_is_passed_over() {
        let lines = [
            "{\"mes\":\"the dragon\\nsleeps, “well”\"}",
            "{\"mes\":\"дракон спит\\n\"}",
        ];
        for query in ["kite", "кит", "don't", "竜", "Ärger", "sleeps tight"] {
            let needle = Needle::of(query, options(false)).expect("it has a stretch");
            for line in lines {
                assert!(!needle.may_be_in(line.as_bytes()), "{query} in {line}");
            }
        }
        for query in ["DRAGON", "дракон", "Sleeps"] {
            let needle = Needle::of(query, options(false)).expect("it has a stretch");
            assert!(lines.iter().any(|line| needle.may_be_in(line.as_bytes())));
        }
        let damaged = b"{\"mes\":\"\xe9t\xe9\"}";
        let needle = Needle::of("été", options(false)).expect("it has a stretch");
        assert!(needle.may_be_in(damaged));
    }
}
