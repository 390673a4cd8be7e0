//! Blocks of RisuAI's macros: `{{#when …}}`, `{{#if …}}`, `{{#each …}}`, `{{#pure}}`, `{{#func …}}`,
//! `{{#code}}`, up to the `{{/…}}` that ends them. Knows where they end and what of them counts, not how they are filled.

use super::cbs;

const ELSE: &str = "{{:else}}";

/// Blocks that something is made of.
const KNOWN: [&str; 10] = [
    "code",
    "escape",
    "func",
    "if",
    "if_pure",
    "when",
    "each",
    "pure",
    "pure_display",
    "puredisplay",
];

/// Where a block lies in a text.
#[derive(Debug, Clone)]
pub(super) struct Span {
    /// Its `{{#`.
    pub head: usize,
    /// Its `{{/`, and what stands behind that.
    pub end: usize,
    pub behind: usize,
    /// Each of its `{{:else}}`.
    elses: Vec<usize>,
}

/// The blocks of a text that end in it, by their beginnings.
pub(super) fn spans(text: &str) -> Vec<Span> {
    let mut open: Vec<Span> = Vec::new();
    let mut found: Vec<Span> = Vec::new();
    let mut from = 0;
    while let Some(at) = text[from..].find("{{").map(|n| from + n) {
        let rest = &text[at + 2..];
        from = at + if rest.starts_with('{') { 1 } else { 2 };
        if rest.starts_with('#') {
            let name = name(rest);
            if KNOWN.contains(&name) {
                open.push(Span {
                    head: at,
                    end: 0,
                    behind: 0,
                    elses: Vec::new(),
                });
            }
        } else if rest.starts_with('/') && !rest.starts_with("//") {
            if let (Some(length), Some(mut span)) = (rest.find("}}"), open.pop()) {
                span.end = at;
                span.behind = at + 2 + length + 2;
                found.push(span);
            }
        } else if text[at..].starts_with(ELSE)
            && let Some(span) = open.last_mut()
        {
            span.elses.push(at);
        }
    }
    crate::order::sort_by_key(&mut found, |span| span.head);
    found
}

/// What a block is called: `#when::not::x` is `when`.
fn name(head: &str) -> &str {
    let name = head.strip_prefix('#').unwrap_or(head);
    let ends = |c: char| c != '_' && !c.is_ascii_alphanumeric();
    &name[..name.find(ends).unwrap_or(name.len())]
}

/// What a filled head asks for.
#[derive(Debug, PartialEq)]
pub(super) enum Block {
    /// One of two sides; how its blanks are treated.
    Choice { holds: bool, blanks: Blanks },
    /// Once for each value, which goes by a name.
    Each {
        values: Vec<String>,
        slot: String,
        keep: bool,
    },
    /// As it is written; with the blanks at both ends or without.
    Pure { keep: bool },
    /// A text on one line that spells what is in it.
    Code,
    /// To be filled where it is called by this name.
    Function(String),
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Blanks {
    /// Empty lines at both ends go.
    Lines,
    /// Those at both ends and before each line go; there is no other side.
    All,
    /// All stay.
    Keep,
    /// All stay; there is no other side.
    KeepAlone,
}

/// Reads the filled head of a block, without its braces.
pub(super) fn read(head: &str, variables: &Variables<'_>) -> Option<Block> {
    let name = name(head);
    let rest = head.get(1 + name.len()..).unwrap_or_default();
    let choice = |holds, blanks| Some(Block::Choice { holds, blanks });
    let word = || rest.split(' ').nth(1).unwrap_or_default();
    match name {
        "if" => choice(holds(word()), Blanks::All),
        "if_pure" => choice(holds(word()), Blanks::KeepAlone),
        "when" => match rest.strip_prefix("::") {
            Some(terms) => {
                let (holds, blanks) = when(terms, variables);
                choice(holds, blanks)
            }
            None => choice(holds(word()), Blanks::Lines),
        },
        "each" => {
            let rest = rest.trim();
            let (keep, rest) = match rest.strip_prefix("::keep ") {
                Some(rest) => (true, rest.trim()),
                None => (false, rest),
            };
            let rest = rest.strip_prefix("as ").unwrap_or(rest).trim();
            let (list, slot) = rest.rsplit_once(" as ").or_else(|| rest.rsplit_once(' '))?;
            Some(Block::Each {
                values: cbs::texts(list),
                slot: slot.trim().to_owned(),
                keep,
            })
        }
        "pure" | "pure_display" | "puredisplay" if rest.is_empty() => {
            Some(Block::Pure { keep: false })
        }
        "escape" => Some(Block::Pure {
            keep: rest.trim() == "::keep",
        }),
        "code" if rest.is_empty() => Some(Block::Code),
        "func" if rest.starts_with(' ') => Some(Block::Function(word().to_owned())),
        _ => None,
    }
}

/// Looks variables up.
pub(super) struct Variables<'v> {
    pub chat: &'v dyn Fn(&str) -> String,
    pub global: &'v dyn Fn(&str) -> String,
}

fn holds(text: &str) -> bool {
    text == "true" || text == "1"
}

/// The terms of `{{#when::…}}`, from the last one on.
fn when(terms: &str, variables: &Variables<'_>) -> (bool, Blanks) {
    let mut stack: Vec<String> = terms.split("::").map(str::to_owned).collect();
    let mut blanks = Blanks::Lines;
    while stack.len() > 1 {
        let last = stack.pop().unwrap_or_default();
        let operator = stack.pop().unwrap_or_default();
        let toggle = |name: &str| (variables.global)(&format!("toggle_{name}"));
        let mut first = || stack.pop().unwrap_or_default();
        let result = match operator.as_str() {
            "keep" | "legacy" => {
                blanks = match operator.as_str() {
                    "keep" => Blanks::Keep,
                    _ => Blanks::All,
                };
                stack.push(last);
                continue;
            }
            "not" => !holds(&last),
            "and" => holds(&first()) && holds(&last),
            "or" => holds(&first()) || holds(&last),
            "is" => first() == last,
            "isnot" => first() != last,
            "var" => holds(&(variables.chat)(&last)),
            "toggle" => holds(&toggle(&last)),
            "vis" => (variables.chat)(&first()) == last,
            "visnot" | "vnotis" => (variables.chat)(&first()) != last,
            "tis" => toggle(&first()) == last,
            "tisnot" | "tnotis" => toggle(&first()) != last,
            ">" => cbs::float(&first()) > cbs::float(&last),
            "<" => cbs::float(&first()) < cbs::float(&last),
            ">=" => cbs::float(&first()) >= cbs::float(&last),
            "<=" => cbs::float(&first()) <= cbs::float(&last),
            _ => holds(&last),
        };
        stack.push(if result { "1" } else { "0" }.to_owned());
    }
    (stack.first().is_some_and(|last| holds(last)), blanks)
}

impl Span {
    /// The side of the block's body that counts. `from`: where the body begins.
    pub fn side<'t>(&self, text: &'t str, from: usize, holds: bool, blanks: Blanks) -> &'t str {
        let body = &text[from..self.end];
        let alone = matches!(blanks, Blanks::All | Blanks::KeepAlone);
        // One within the head is none of the block's.
        let mut elses = self.elses.iter().filter(|at| **at >= from);
        let turn = match alone {
            true => None,
            // In several lines it has one of its own.
            false if body.contains('\n') => elses.find(|at| {
                let before = text[from..**at].rsplit('\n').next().unwrap_or_default();
                let behind = text[**at + ELSE.len()..self.end].split('\n').next();
                before.trim().is_empty() && behind.unwrap_or_default().trim().is_empty()
            }),
            false => elses.next(),
        };
        match (turn, holds) {
            (None, true) => body,
            (None, false) => "",
            (Some(at), true) if body.contains('\n') => {
                // Without the line that it stands in.
                let side = &text[from..*at];
                side.rfind('\n').map_or("", |end| &side[..end])
            }
            (Some(at), true) => &text[from..*at],
            (Some(at), false) if body.contains('\n') => {
                let side = &text[*at + ELSE.len()..self.end];
                side.find('\n').map_or("", |end| &side[end + 1..])
            }
            (Some(at), false) => &text[*at + ELSE.len()..self.end],
        }
    }
}

/// A filled side with its blanks as they are to be. `single`: the block stands in one line.
pub(super) fn trimmed(side: &str, blanks: Blanks, single: bool) -> String {
    match blanks {
        Blanks::Keep | Blanks::KeepAlone => side.to_owned(),
        Blanks::All => lines_trimmed(side),
        Blanks::Lines if single => side.to_owned(),
        Blanks::Lines => {
            let lines: Vec<&str> = side.split('\n').collect();
            let said = |line: &&str| !line.trim().is_empty();
            let first = lines.iter().position(said).unwrap_or(lines.len());
            let last = lines.iter().rposition(said).map_or(first, |last| last + 1);
            lines[first..last].join("\n")
        }
    }
}

/// What a `{{#code}}` says: on one line, with line breaks and other characters as they are spelled.
pub(super) fn decoded(code: &str) -> String {
    let mut units = String::new();
    let line = code.trim().replace(['\n', '\t'], "");
    let mut rest = line.as_str();
    // Several that follow each other may be one character.
    while let Some(at) = rest.find("\\u") {
        units.push_str(&rest[..at]);
        rest = &rest[at..];
        let mut codes = Vec::new();
        while let Some(code) = rest.strip_prefix("\\u").and_then(|hex| hex.get(..4))
            && code.bytes().all(|byte| byte.is_ascii_hexdigit())
            && let Ok(code) = u16::from_str_radix(code, 16)
        {
            codes.push(code);
            rest = &rest[6..];
        }
        if codes.is_empty() {
            units.push_str("\\u");
            rest = &rest[2..];
        }
        units.push_str(&String::from_utf16_lossy(&codes));
    }
    units.push_str(rest);
    let mut out = String::with_capacity(units.len());
    let mut characters = units.chars();
    while let Some(c) = characters.next() {
        match (c, characters.as_str().chars().next()) {
            ('\\', Some(escaped)) => {
                characters.next();
                out.push(match escaped {
                    'n' => '\n',
                    'r' => '\r',
                    't' => '\t',
                    'b' => '\u{8}',
                    'f' => '\u{c}',
                    'v' => '\u{b}',
                    'x' => '\0',
                    other => other,
                });
            }
            (c, _) => out.push(c),
        }
    }
    out
}

/// Without the blanks at both ends and before each line.
pub(super) fn lines_trimmed(text: &str) -> String {
    let lines: Vec<&str> = text.trim().split('\n').map(str::trim_start).collect();
    lines.join("\n").trim().to_owned()
}
