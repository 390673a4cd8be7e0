//! Macros in double braces, filled in: those of the V3 specification, the older spellings
//! `<USER>` and `<BOT>`, any name that the caller gives a value, and of RisuAI's those that hang
//! on nothing but texts, variables, time and chance.
//!
//! Inner ones go first; of a block only the side that counts is looked at. What is not known stays
//! as it is written and is told. A value that was put in is not looked at again, so that no text
//! can run away. Chance comes from a seed: the same call, the same text.

use super::blocks::{self, Block, Span, Variables};
use super::cbs;
use super::moment::Moment;
use crate::error::{Error, Kind, Result};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// How deep macros may stand in each other.
const MOST_DEPTH: usize = 32;
/// Sides of a die, and dice of a throw.
const MOST_SIDES: u64 = 1_000_000;
const MOST_DICE: u64 = 1000;
/// How deep functions may call each other, and what stands there beyond that.
const MOST_CALLS: usize = 20;
const TOO_DEEP: &str = "ERROR: Call stack limit reached";

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
    /// How many bytes the text may have when it is filled, and how many may be looked at.
    pub most: usize,
    /// The variables of the chat; unknown where there are none, which leaves `{{getvar::…}}`,
    /// `{{setvar::…}}` and their like as they are.
    pub variables: Option<BTreeMap<String, String>>,
    /// The variables of all chats.
    pub globals: Option<BTreeMap<String, String>>,
    /// When it is, in milliseconds since 1970; unknown where it is not said.
    pub now_ms: Option<i64>,
    /// How far east of Greenwich, in minutes.
    pub offset_minutes: i32,
    /// Whether blocks are decided: `{{#when …}}`, `{{#if …}}`, `{{#each …}}`.
    pub blocks: bool,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            character: String::new(),
            user: String::new(),
            values: BTreeMap::new(),
            seed: 1,
            most: 4 << 20,
            variables: None,
            globals: None,
            now_ms: None,
            offset_minutes: 0,
            blocks: true,
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
    /// The chat's variables as they are now, where they were given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub variables: Option<BTreeMap<String, String>>,
}

/// Fills the macros of a text.
///
/// `{{char}}`, `{{user}}`, `{{random:a,b}}` (another draw each time), `{{pick:a,b}}` (the
/// same draw at the same place for the same seed), `{{roll:2d6}}`, `{{reverse:…}}`,
/// `{{// …}}`, `{{comment:…}}`, `{{hidden_key:…}}`, `{{newline}}`, `{{space}}`, `{{trim}}`, `{{noop}}`;
/// `:` and `::` alike, `\,` for a comma within an item. Of RisuAI's: `{{equal::a::b}}`,
/// `{{calc::1+2}}`, `{{replace::a::b::c}}`, `{{split::a,b::,}}`, `{{getvar::x}}`, `{{date}}`,
/// `{{#when::a::is::b}}…{{:else}}…{{/when}}`, `{{#each [1,2] as n}}{{slot::n}}{{/each}}`,
/// `{{#func f}}…{{arg::1}}…{{/func}}{{call::f::x}}` and so on.
///
/// ```
/// use cardkeep::prompt::macros::{self, Options};
///
/// let options = Options { character: "Ann".into(), user: "Bea".into(), ..Options::default() };
/// let filled = macros::fill("{{char}} greets {{User}}. {{// a note}}{{reverse:{{char}}}} {{x}}", &options)?;
/// assert_eq!(filled.text, "Ann greets Bea. nnA {{x}}");
/// assert_eq!(filled.unknown, ["x"]);
/// let filled = macros::fill("{{#when::{{user}}::is::Bea}}{{calc::2*(3+4)}}{{:else}}no{{/when}}", &options)?;
/// assert_eq!(filled.text, "14");
/// # Ok::<(), cardkeep::error::Error>(())
/// ```
///
/// # Errors
/// `too-large` over `options.most`, also of what blocks and functions make and take.
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
        variables: options.variables.clone(),
        temporary: BTreeMap::new(),
        slots: Vec::new(),
        functions: Vec::new(),
        calls: Vec::new(),
        returned: None,
        depth: 0,
        total: 0,
    };
    let filled = filler.run(text, 0)?;
    let filled = filler.returned.take().unwrap_or(filled);
    Ok(Filled {
        variables: filler.variables,
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
    variables: Option<BTreeMap<String, String>>,
    /// Those of this text alone.
    temporary: BTreeMap<String, String>,
    /// What the blocks around go through, by its name.
    slots: Vec<(String, String)>,
    /// What `{{#func name}}` holds, by its name.
    functions: Vec<(String, String)>,
    /// What the functions around were called with, their names first.
    calls: Vec<Vec<String>>,
    /// What `{{return::…}}` says: nothing else is left of the text.
    returned: Option<String>,
    /// Blocks around.
    depth: usize,
    /// Bytes that were looked at, and those that came in.
    total: usize,
}

/// A `{{` whose end is not reached yet: what stood before it, and where it is in the text.
struct Open {
    before: String,
    at: usize,
}

impl Filler<'_> {
    /// One pass with a stack: every byte of the text is looked at once, and once more for each
    /// block around it. `base`: where the text begins in the whole.
    fn run(&mut self, text: &str, base: usize) -> Result<String> {
        let mut stack: Vec<Open> = Vec::new();
        let mut out = String::with_capacity(text.len());
        let mut spans: Option<Vec<Span>> = None;
        let mut at = 0;
        self.take(text.len())?;
        while at < text.len() {
            let rest = &text[at..];
            if rest.starts_with("{{") && !rest.starts_with("{{{") && stack.len() < MOST_DEPTH {
                let before = std::mem::take(&mut out);
                stack.push(Open { before, at });
                at += 2;
            } else if rest.starts_with("}}") && !stack.is_empty() {
                let inner = std::mem::take(&mut out);
                let Some(open) = stack.pop() else { break };
                out = open.before;
                at += 2;
                let named =
                    self.options.blocks && inner.starts_with('#') && self.depth < MOST_DEPTH;
                if named && let Some(block) = self.head(&inner) {
                    let spans = spans.get_or_insert_with(|| blocks::spans(text));
                    let found = spans.binary_search_by_key(&open.at, |span| span.head);
                    if let Ok(n) = found
                        && spans[n].end >= at
                    {
                        let filled = self.block(text, at, &spans[n], block, base)?;
                        out.push_str(&filled);
                        at = spans[n].behind;
                        if self.returned.is_some() {
                            return Ok(out);
                        }
                        continue;
                    }
                }
                match self.value(&inner, base + open.at)? {
                    Some(value) => {
                        self.take(value.len())?;
                        out.push_str(&value);
                        if self.returned.is_some() {
                            return Ok(out);
                        }
                    }
                    None => out.extend(["{{", &inner, "}}"]),
                }
            } else if let Some((name, length)) = self.angled(rest) {
                let name = name.to_owned();
                self.take(name.len())?;
                out.push_str(&name);
                at += length;
            } else {
                // The first may be such a sign that opens nothing, or several bytes long.
                let first = rest.chars().next().map_or(1, char::len_utf8);
                let next = rest[first..].find(['{', '}', '<']);
                let next = next.map_or(rest.len(), |n| first + n);
                out.push_str(&rest[..next]);
                at += next;
            }
        }
        // What was opened and never closed is text.
        while let Some(open) = stack.pop() {
            out = [open.before.as_str(), "{{", out.as_str()].concat();
        }
        Ok(out)
    }

    /// Counts bytes.
    fn take(&mut self, bytes: usize) -> Result<()> {
        self.total = self.total.saturating_add(bytes);
        match self.total > self.options.most {
            true => Err(self.too_large()),
            false => Ok(()),
        }
    }

    /// What the filled head of a block asks for, where what it hangs on is known.
    fn head(&mut self, inner: &str) -> Option<Block> {
        let unknown = std::cell::Cell::new(false);
        let of = |variables: &Option<BTreeMap<String, String>>, name: &str| match variables {
            Some(variables) => looked_up(variables, name),
            None => {
                unknown.set(true);
                String::new()
            }
        };
        let variables = Variables {
            chat: &|name| of(&self.variables, name),
            global: &|name| of(&self.options.globals, name),
        };
        let block = blocks::read(inner, &variables);
        block.filter(|_| !unknown.get())
    }

    /// What a block becomes. Its body begins at `from`.
    fn block(
        &mut self,
        text: &str,
        from: usize,
        span: &Span,
        block: Block,
        base: usize,
    ) -> Result<String> {
        self.depth += 1;
        let body = &text[from..span.end];
        let filled = match block {
            Block::Pure { keep: true } => body.to_owned(),
            Block::Pure { keep: false } => body.trim().to_owned(),
            Block::Code => blocks::decoded(&self.run(body, base + from)?),
            Block::Function(name) => {
                self.take(body.len())?;
                // The one that comes last counts.
                self.functions.insert(0, (name, body.trim().to_owned()));
                String::new()
            }
            Block::Choice { holds, blanks } => {
                let side = span.side(text, from, holds, blanks);
                let filled = self.run(side, base + from)?;
                blocks::trimmed(&filled, blanks, !body.contains('\n'))
            }
            Block::Each { values, slot, keep } => {
                let body = match keep {
                    true => body.to_owned(),
                    false => blocks::lines_trimmed(body),
                };
                let mut out = String::new();
                for value in values {
                    self.slots.push((slot.clone(), value));
                    // An empty body takes its time too.
                    self.take(1)?;
                    out.push_str(&self.run(&body, base + from)?);
                    self.slots.pop();
                    if self.returned.is_some() {
                        break;
                    }
                }
                match keep {
                    true => out,
                    false => out.trim().to_owned(),
                }
            }
        };
        self.depth -= 1;
        Ok(filled)
    }

    fn too_large(&self) -> Error {
        Kind::TooLarge.because(format!(
            "the filled text has more than {} bytes",
            self.options.most
        ))
    }

    /// What stands for a macro; `None` when it is not known.
    fn value(&mut self, inner: &str, at: usize) -> Result<Option<Cow<'static, str>>> {
        let written = inner.trim_start();
        if written.starts_with("//") {
            return Ok(Some("".into()));
        }
        // A value may have any name, also one with a blank or a colon.
        if let Some(value) = self.values.get(&written.trim_end().to_lowercase()) {
            return Ok(Some((*value).to_owned().into()));
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
            ("random", None) => {
                self.drawn += 1;
                cbs::spelled(fraction(mix(self.options.seed, self.drawn << 32))).into()
            }
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
            _ => match self.function(written, at)? {
                Some(value) => value.into(),
                None => {
                    let name = written.trim_end().replace([TRIM, STOP], "");
                    if !self.unknown.contains(&name) {
                        self.unknown.push(name);
                    }
                    return Ok(None);
                }
            },
        };
        Ok(Some(value))
    }

    /// What stands for one of RisuAI's functions.
    fn function(&mut self, written: &str, at: usize) -> Result<Option<String>> {
        if let Some(sum) = written.strip_prefix("? ") {
            return Ok(self.calculated(sum));
        }
        let (name, given) = match written.find(':') {
            // A colon may be what is asked for.
            Some(0) | None => (written.trim_end(), Vec::new()),
            Some(colon) => {
                let separator = match written[colon..].starts_with("::") {
                    true => "::",
                    false => ":",
                };
                let behind = &written[colon + separator.len()..];
                (&written[..colon], behind.split(separator).collect())
            }
        };
        let mut name = name.to_lowercase();
        name.retain(|c| !c.is_whitespace() && !matches!(c, '_' | '-'));
        let value = match (name.as_str(), given.as_slice()) {
            ("slot", [slot, ..]) => {
                let found = self.slots.iter().rev().find(|(own, _)| own == slot);
                found.map(|(_, value)| value.clone())
            }
            ("call", [function, ..]) => {
                let found = self.functions.iter().find(|(own, _)| own == function);
                match found.map(|(_, body)| body.clone()) {
                    Some(_) if self.calls.len() >= MOST_CALLS => Some(TOO_DEEP.to_owned()),
                    Some(body) => Some(self.called(&body, &given, at)?),
                    None => None,
                }
            }
            ("arg", [n, ..]) => {
                let given = self.calls.last();
                given.and_then(|given| given.get(n.parse::<usize>().ok()?).cloned())
            }
            ("return", [value, ..]) => {
                self.returned = Some((*value).to_owned());
                Some(String::new())
            }
            ("tempvar" | "gettempvar", [key, ..]) => {
                Some(self.temporary.get(*key).cloned().unwrap_or_default())
            }
            ("settempvar", [key, value, ..]) => {
                self.temporary
                    .insert((*key).to_owned(), (*value).to_owned());
                Some(String::new())
            }
            ("getvar", [key, ..]) => self
                .variables
                .as_ref()
                .map(|variables| looked_up(variables, key)),
            ("getglobalvar", [key, ..]) => {
                let globals = self.options.globals.as_ref();
                globals.map(|variables| looked_up(variables, key))
            }
            ("setvar" | "setdefaultvar" | "addvar", [key, value, ..]) => {
                self.variables.as_mut().map(|variables| {
                    let old = variables.get(*key).filter(|old| !old.is_empty());
                    let new = match name.as_str() {
                        "addvar" => {
                            let old = old.map_or(f64::NAN, |old| cbs::number(old));
                            Some(cbs::spelled(old + cbs::number(value)))
                        }
                        "setdefaultvar" if old.is_some() => None,
                        _ => Some((*value).to_owned()),
                    };
                    if let Some(new) = new {
                        variables.insert((*key).to_owned(), new);
                    }
                    String::new()
                })
            }
            ("calc", [sum, ..]) => self.calculated(sum),
            ("randint", [least, most, ..]) => {
                let (least, most) = (cbs::number(least), cbs::number(most));
                self.drawn += 1;
                let draw = fraction(mix(self.options.seed, self.drawn << 32));
                Some(cbs::spelled((draw * (most - least + 1.0)).floor() + least))
            }
            ("dice", [dice, ..]) => self.roll(dice).map(|thrown| thrown.to_string()),
            ("rollp" | "rollpick", [dice, ..]) => {
                // The same throw at the same place.
                let drawn = std::mem::replace(&mut self.drawn, (at as u64) << 8);
                let thrown = self.roll(dice).map(|thrown| thrown.to_string());
                self.drawn = drawn;
                thrown
            }
            ("unixtime", []) => self.moment(None).map(|now| now.unix().to_string()),
            ("date" | "datetimeformat", []) => self.moment(None).map(|now| now.date()),
            ("time", []) => self.moment(None).map(|now| now.time()),
            ("isodate", []) => self.greenwich().map(|now| now.date()),
            ("isotime", []) => self.greenwich().map(|now| now.time()),
            ("date" | "time" | "datetimeformat", [form, at @ ..]) => {
                let said = at.first().map(|at| cbs::number(at));
                let said = said.filter(|ms| ms.is_finite() && *ms != 0.0);
                self.moment(said.map(|ms| ms as i64))
                    .map(|moment| moment.spelled(form))
            }
            (name, given) => {
                // One letter is a function only where it is called like one.
                let meant = name.len() > 1 || written.contains("::") || given.is_empty();
                let room = self.options.most.saturating_sub(self.total);
                match cbs::call(name, given, room) {
                    Ok(value) => value.filter(|_| meant),
                    Err(cbs::TooLarge) => return Err(self.too_large()),
                }
            }
        };
        Ok(value)
    }

    /// What a function gives that is called with these arguments, its name first.
    fn called(&mut self, body: &str, given: &[&str], at: usize) -> Result<String> {
        self.calls
            .push(given.iter().map(|one| (*one).to_owned()).collect());
        let temporary = std::mem::take(&mut self.temporary);
        let filled = self.run(body, at)?;
        self.temporary = temporary;
        self.calls.pop();
        Ok(self.returned.take().unwrap_or(filled))
    }

    fn calculated(&self, sum: &str) -> Option<String> {
        let unknown = std::cell::Cell::new(false);
        let variable = |name: &str| match &self.variables {
            Some(variables) => cbs::float(&looked_up(variables, name)),
            None => {
                unknown.set(true);
                0.0
            }
        };
        let value = cbs::calculate(sum, &variable)?;
        (!unknown.get()).then(|| cbs::spelled(value))
    }

    /// The moment that is meant, or now where it is known.
    fn moment(&self, ms: Option<i64>) -> Option<Moment> {
        let ms = ms.or(self.options.now_ms)?;
        Some(Moment::new(ms, self.options.offset_minutes))
    }

    fn greenwich(&self) -> Option<Moment> {
        self.options.now_ms.map(|ms| Moment::new(ms, 0))
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

/// A variable, as RisuAI tells one that is not there.
fn looked_up(variables: &BTreeMap<String, String>, name: &str) -> String {
    let found = variables.get(name).map(String::as_str);
    found.unwrap_or("null").to_owned()
}

/// A draw as a number from 0 to 1.
fn fraction(draw: u64) -> f64 {
    draw as f64 / (1_u64 << 53) as f64
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
