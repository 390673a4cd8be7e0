//! Macros in double braces, filled in: those of the V3 specification, the older spellings
//! `<USER>` and `<BOT>`, and any name that the caller gives a value.
//!
//! Inner ones go first. What is not known stays as it is written and is told. A value that
//! was put in is not looked at again, so that no text can run away. Chance comes from a
//! seed: the same call, the same text.

use crate::error::{Kind, Result};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// How deep macros may stand in each other.
const MOST_DEPTH: usize = 32;
/// Sides of a die, and dice of a throw.
const MOST_SIDES: u64 = 1_000_000;
const MOST_DICE: u64 = 1000;

/// What macros are filled with.
#[derive(Debug, Clone)]
pub struct Options {
    /// `{{char}}`: the character's nickname, or else its name; unknown where it is empty.
    pub character: String,
    /// `{{user}}`: the persona's name; unknown where it is empty.
    pub user: String,
    /// Other macros by their names, in any case.
    pub values: BTreeMap<String, String>,
    /// Chance: the same seed, the same text.
    pub seed: u32,
    /// How many bytes the text may have when it is filled.
    pub most: usize,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            character: String::new(),
            user: String::new(),
            values: BTreeMap::new(),
            seed: 1,
            most: 4 << 20,
        }
    }
}

/// A text with its macros filled in.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Filled {
    /// The text.
    pub text: String,
    /// What `{{hidden_key:…}}` had: not shown, and looked at for a lorebook's keys.
    #[serde(rename = "hiddenKeys")]
    pub hidden_keys: Vec<String>,
    /// What `{{comment:…}}` had: for the reader, not for a model.
    pub comments: Vec<String>,
    /// Macros that are not known and stay as they are written, each once.
    pub unknown: Vec<String>,
}

/// Fills the macros of a text.
///
/// `{{char}}`, `{{user}}`, `{{random:a,b}}` (another draw each time), `{{pick:a,b}}` (the
/// same draw at the same place for the same seed), `{{roll:2d6}}`, `{{reverse:…}}`,
/// `{{// …}}`, `{{comment:…}}`, `{{hidden_key:…}}`, `{{newline}}`, `{{space}}`, `{{trim}}`, `{{noop}}`;
/// `:` and `::` alike, `\,` for a comma within an item.
///
/// ```
/// use cardkeep::prompt::macros::{self, Options};
///
/// let options = Options { character: "Ann".into(), user: "Bea".into(), ..Options::default() };
/// let filled = macros::fill("{{char}} greets {{User}}. {{// a note}}{{reverse:{{char}}}} {{x}}", &options)?;
/// assert_eq!(filled.text, "Ann greets Bea. nnA {{x}}");
/// assert_eq!(filled.unknown, ["x"]);
/// # Ok::<(), cardkeep::error::Error>(())
/// ```
///
/// # Errors
/// `too-large` over `options.most`.
pub fn fill(text: &str, options: &Options) -> Result<Filled> {
    let mut values = BTreeMap::new();
    for (name, value) in &options.values {
        values.insert(name.trim().to_lowercase(), value.as_str());
    }
    let mut filler = Filler {
        options,
        values,
        drawn: 0,
        hidden_keys: Vec::new(),
        comments: Vec::new(),
        unknown: Vec::new(),
    };
    let filled = filler.run(text)?;
    Ok(Filled {
        text: trimmed(filled),
        hidden_keys: filler.hidden_keys,
        comments: filler.comments,
        unknown: filler.unknown,
    })
}

/// Stands for `{{trim}}` until the whole text is known. A noncharacter: no text has it.
const TRIM: char = '\u{fdd0}';

/// Stands for `{{noop}}` meanwhile, where `{{trim}}` stops.
const STOP: char = '\u{fdd1}';

/// Without the line breaks around each `{{trim}}`.
fn trimmed(mut text: String) -> String {
    if text.contains(TRIM) {
        text = cut(&text);
    }
    match text.contains(STOP) {
        true => text.replace(STOP, ""),
        false => text,
    }
}

fn cut(text: &str) -> String {
    let breaks = ['\n', '\r'];
    let parts: Vec<&str> = text.split(TRIM).collect();
    let last = parts.len() - 1;
    let cut = |(n, part): (usize, &&str)| {
        let part = if n > 0 {
            part.trim_start_matches(breaks)
        } else {
            part
        };
        let part = if n < last {
            part.trim_end_matches(breaks)
        } else {
            part
        };
        part.to_owned()
    };
    parts.iter().enumerate().map(cut).collect()
}

struct Filler<'o> {
    options: &'o Options,
    values: BTreeMap<String, &'o str>,
    drawn: u64,
    hidden_keys: Vec<String>,
    comments: Vec<String>,
    unknown: Vec<String>,
}

/// A `{{` whose end is not reached yet: what stood before it, and where it is in the text.
struct Open {
    before: String,
    at: usize,
}

impl Filler<'_> {
    /// One pass with a stack: every byte of the text is looked at once.
    fn run(&mut self, text: &str) -> Result<String> {
        let mut stack: Vec<Open> = Vec::new();
        let mut out = String::with_capacity(text.len());
        let mut total = text.len();
        let mut at = 0;
        while at < text.len() {
            let rest = &text[at..];
            if rest.starts_with("{{") && !rest.starts_with("{{{") && stack.len() < MOST_DEPTH {
                let before = std::mem::take(&mut out);
                stack.push(Open { before, at });
                at += 2;
            } else if rest.starts_with("}}") && !stack.is_empty() {
                let inner = std::mem::take(&mut out);
                let Some(open) = stack.pop() else { break };
                let value = self.value(&inner, open.at);
                out = open.before;
                match value {
                    Some(value) => {
                        total += value.len();
                        if total > self.options.most {
                            return Err(self.too_large());
                        }
                        out.push_str(&value);
                    }
                    None => out.extend(["{{", &inner, "}}"]),
                }
                at += 2;
            } else if let Some((name, length)) = self.angled(rest) {
                total += name.len();
                out.push_str(name);
                at += length;
            } else {
                // The first may be such a sign that opens nothing, or several bytes long.
                let first = rest.chars().next().map_or(1, char::len_utf8);
                let next = rest[first..].find(['{', '}', '<']);
                let next = next.map_or(rest.len(), |n| first + n);
                out.push_str(&rest[..next]);
                at += next;
            }
            if total > self.options.most {
                return Err(self.too_large());
            }
        }
        // What was opened and never closed is text.
        while let Some(open) = stack.pop() {
            out = [open.before.as_str(), "{{", out.as_str()].concat();
        }
        Ok(out)
    }

    fn too_large(&self) -> crate::error::Error {
        Kind::TooLarge.because(format!(
            "the filled text has more than {} bytes",
            self.options.most
        ))
    }

    /// What stands for a macro; `None` when it is not known.
    fn value(&mut self, inner: &str, at: usize) -> Option<Cow<'static, str>> {
        let written = inner.trim_start();
        if written.starts_with("//") {
            return Some("".into());
        }
        // A value may have any name, also one with a blank or a colon.
        if let Some(value) = self.values.get(&written.trim_end().to_lowercase()) {
            return Some((*value).to_owned().into());
        }
        let (name, argument) = match written.find(':') {
            Some(colon) => {
                let after = &written[colon + 1..];
                (
                    &written[..colon],
                    Some(after.strip_prefix(':').unwrap_or(after)),
                )
            }
            // `{{roll d6}}` and `{{random a,b}}` are found as well.
            None => match written.trim_end().split_once(' ') {
                Some((name, rest)) => (name, Some(rest)),
                None => (written, None),
            },
        };
        let name = name.trim().to_lowercase();
        let value: Cow<'static, str> = match (name.as_str(), argument) {
            ("char" | "bot", None) if !self.options.character.is_empty() => {
                self.options.character.clone().into()
            }
            ("user", None) if !self.options.user.is_empty() => self.options.user.clone().into(),
            ("newline", None) => "\n".into(),
            ("space", None) => " ".into(),
            ("noop", None) => STOP.to_string().into(),
            ("trim", None) => TRIM.to_string().into(),
            ("random", Some(list)) => {
                self.drawn += 1;
                let draw = mix(self.options.seed, self.drawn << 32);
                drawn(list, draw).into()
            }
            ("pick", Some(list)) => drawn(list, mix(self.options.seed, at as u64)).into(),
            ("roll", Some(dice)) if let Some(thrown) = self.roll(dice) => thrown.to_string().into(),
            ("reverse", Some(text)) => text.chars().rev().collect::<String>().into(),
            ("comment", Some(text)) => {
                self.comments.push(text.trim().to_owned());
                "".into()
            }
            ("hidden_key" | "hiddenkey", Some(text)) => {
                self.hidden_keys.push(text.trim().to_owned());
                "".into()
            }
            _ => {
                let name = written.trim_end().replace([TRIM, STOP], "");
                if !self.unknown.contains(&name) {
                    self.unknown.push(name);
                }
                return None;
            }
        };
        Some(value)
    }

    /// `<USER>`, `<BOT>` and `<CHAR>`, the oldest spelling, and how long it is.
    fn angled(&self, rest: &str) -> Option<(&str, usize)> {
        let names = [
            ("<user>", &self.options.user),
            ("<bot>", &self.options.character),
            ("<char>", &self.options.character),
        ];
        names.into_iter().find_map(|(spelled, name)| {
            let start = rest.get(..spelled.len())?;
            let is = start.eq_ignore_ascii_case(spelled) && !name.is_empty();
            is.then_some((name.as_str(), spelled.len()))
        })
    }

    /// `6`, `d6` and `2d6+1`.
    fn roll(&mut self, dice: &str) -> Option<i64> {
        let dice = dice.trim().to_ascii_lowercase();
        let sign = dice.find(['+', '-']);
        let (thrown, bonus) = match sign {
            Some(at) => (dice[..at].trim(), dice[at..].replace(' ', "").parse().ok()?),
            None => (dice.as_str(), 0_i32),
        };
        let (count, sides) = match thrown.split_once('d') {
            Some(("", sides)) => (1, sides),
            Some((count, sides)) => (count.trim().parse().ok()?, sides),
            None => (1, thrown),
        };
        let sides: u64 = sides.trim().parse().ok()?;
        if !(1..=MOST_SIDES).contains(&sides) || !(1..=MOST_DICE).contains(&count) {
            return None;
        }
        let mut sum = i64::from(bonus);
        for _ in 0..count {
            self.drawn += 1;
            sum += 1 + (mix(self.options.seed, self.drawn << 32) % sides) as i64;
        }
        Some(sum)
    }
}

/// One item of a list between commas, or between `::` when there are any.
fn drawn(list: &str, draw: u64) -> String {
    let items: Vec<String> = if list.contains("::") {
        list.split("::")
            .map(|item| item.trim().to_owned())
            .collect()
    } else {
        let mut items = vec![String::new()];
        let mut characters = list.chars().peekable();
        while let Some(character) = characters.next() {
            match (character, items.last_mut()) {
                ('\\', Some(item)) if characters.peek() == Some(&',') => {
                    characters.next();
                    item.push(',');
                }
                (',', _) => items.push(String::new()),
                (other, Some(item)) => item.push(other),
                (_, None) => {}
            }
        }
        items.iter().map(|item| item.trim().to_owned()).collect()
    };
    let at = (draw % items.len() as u64) as usize;
    items.into_iter().nth(at).unwrap_or_default()
}

/// SplitMix64: even for neighboring seeds every draw is another.
fn mix(seed: u32, salt: u64) -> u64 {
    let mut state = (u64::from(seed) << 32 ^ salt).wrapping_add(0x9e37_79b9_7f4a_7c15);
    state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (state ^ (state >> 31)) >> 11
}
