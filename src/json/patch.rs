//! Changes at one place of the text. Everything else stays byte for byte.

use super::node::{Node, Shape};
use super::{Document, text};
use crate::error::{Error, Kind, Result, Warning};
use std::ops::Range;

/// One step of a path: into an object or into an array.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step<'a> {
    /// The member of an object.
    Key(&'a str),
    /// The item of an array, from 0.
    Index(usize),
}

impl<'a> From<&'a str> for Step<'a> {
    fn from(key: &'a str) -> Step<'a> {
        Step::Key(key)
    }
}

impl From<usize> for Step<'_> {
    fn from(index: usize) -> Step<'static> {
        Step::Index(index)
    }
}

impl Document {
    /// A document with `value`, a JSON text, at `path`.
    ///
    /// When the last step is a key that the object lacks, it is added at the object's
    /// end, spaced as its neighbors are. Of duplicate keys the one that counts changes.
    ///
    /// # Errors
    /// `no-such-path`; `bad-json` when `value` is none; `too-large` over the limits the
    /// document was read with.
    pub fn set(&self, path: &[Step<'_>], value: &str) -> Result<Document> {
        let value = self.checked(value)?;
        if let Some(node) = self.find(path) {
            return self.spliced(node.span(), value);
        }
        match path.split_last() {
            Some((Step::Key(key), above)) => match self.find(above) {
                Some(parent) if parent.shape() == Shape::Object => {
                    let key = text::quote(key);
                    self.appended(parent, Some(&key), value)
                }
                _ => Err(no_such_path(path)),
            },
            _ => Err(no_such_path(path)),
        }
    }

    /// A document without what is at `path`, and without the comma it leaves over.
    /// Of duplicate keys all go.
    ///
    /// # Errors
    /// `no-such-path`.
    pub fn remove(&self, path: &[Step<'_>]) -> Result<Document> {
        let (last, above) = path.split_last().ok_or_else(|| no_such_path(path))?;
        let parent = self.find(above).ok_or_else(|| no_such_path(path))?;
        let parts: Vec<(Range<usize>, bool)> = match last {
            Step::Key(key) => {
                let counts = parent
                    .member(key)
                    .ok_or_else(|| no_such_path(path))?
                    .content();
                let whole = |key: Node<'_>| {
                    (
                        key.span().start..key.value().span().end,
                        key.content() == counts,
                    )
                };
                parent.keys().map(whole).collect()
            }
            Step::Index(index) => parent
                .items()
                .enumerate()
                .map(|(n, item)| (item.span(), n == *index))
                .collect(),
        };
        if !parts.iter().any(|(_, goes)| *goes) {
            return Err(no_such_path(path));
        }
        let text = &self.0.text;
        let Range { start, end } = parent.span();
        let mut out = String::with_capacity(text.len());
        out.push_str(&text[..start + 1]);
        // Each part that stays brings along what stands before it; the first that stays
        // takes the place of the first there was.
        let mut before = start + 1;
        let mut stays = false;
        for (n, (part, goes)) in parts.iter().enumerate() {
            if !goes {
                let lead = if stays || n == 0 {
                    before..part.start
                } else {
                    start + 1..parts[0].0.start
                };
                out.push_str(&text[lead]);
                out.push_str(&text[part.clone()]);
                stays = true;
            }
            before = part.end;
        }
        let tail = &text[before..end];
        out.push_str(if stays {
            tail
        } else {
            tail.trim_start().trim_start_matches(',')
        });
        out.push_str(&text[end..]);
        self.reread(out)
    }

    /// A document with `value`, a JSON text, at the end of the array at `path`.
    ///
    /// # Errors
    /// As [`Document::set`].
    pub fn push(&self, path: &[Step<'_>], value: &str) -> Result<Document> {
        let value = self.checked(value)?;
        match self.find(path) {
            Some(array) if array.shape() == Shape::Array => self.appended(array, None, value),
            _ => Err(no_such_path(path)),
        }
    }

    /// What is at `path`.
    pub fn find(&self, path: &[Step<'_>]) -> Option<Node<'_>> {
        path.iter().try_fold(self.root(), |node, step| match step {
            Step::Key(key) => node.get(key),
            Step::Index(index) => node.at(*index),
        })
    }

    /// The value without the space around it, when it is one whole value.
    fn checked<'v>(&self, value: &'v str) -> Result<&'v str> {
        let mut warnings: Vec<Warning> = Vec::new();
        let nodes = super::scan::scan(
            value,
            self.0.limits.depth.min(super::MOST_DEPTH),
            &mut warnings,
        )?;
        if warnings
            .iter()
            .any(|warning| warning.code == "trailing-text")
        {
            return Err(Kind::BadJson.because("the value to put in has something after its end"));
        }
        Ok(&value[nodes[0].start as usize..nodes[0].end as usize])
    }

    fn appended(&self, parent: Node<'_>, key: Option<&str>, value: &str) -> Result<Document> {
        let whole = &self.0.text;
        let place = parent.span();
        let style = Style::of(self);
        let parts: Vec<Range<usize>> = match key {
            Some(_) => parent
                .keys()
                .map(|key| key.span().start..key.value().span().end)
                .collect(),
            None => parent.items().map(|item| item.span()).collect(),
        };
        let member = |colon: &str| match key {
            Some(key) => format!("{key}{colon}{value}"),
            None => value.to_owned(),
        };
        match parts.as_slice() {
            [] => {
                let inner = if style.newline.is_empty() {
                    member(&style.colon)
                } else {
                    let indent = indent(whole, place.start);
                    let Style { newline, unit, .. } = &style;
                    format!(
                        "{newline}{indent}{unit}{}{newline}{indent}",
                        member(&style.colon)
                    )
                };
                self.spliced(place.start + 1..place.end - 1, &inner)
            }
            [.., last] => {
                let colon = match parent.keys().last() {
                    Some(key) => &whole[key.span().end..key.value().span().start],
                    None => "",
                };
                let lead = match parts.as_slice() {
                    [.., previous, last] => {
                        let between = &whole[previous.end..last.start];
                        between.split_once(',').map_or(between, |(_, lead)| lead)
                    }
                    // A single part says how lines are broken, not what stands after a comma.
                    _ => match &whole[place.start + 1..last.start] {
                        lead if lead.contains('\n') => lead,
                        _ => &style.gap,
                    },
                };
                self.spliced(last.end..last.end, &format!(",{lead}{}", member(colon)))
            }
        }
    }

    fn spliced(&self, place: Range<usize>, text: &str) -> Result<Document> {
        let whole = &self.0.text;
        let mut out = String::with_capacity(whole.len() - place.len() + text.len());
        out.push_str(&whole[..place.start]);
        out.push_str(text);
        out.push_str(&whole[place.end..]);
        self.reread(out)
    }

    fn reread(&self, text: String) -> Result<Document> {
        Ok(Document::read(text.as_bytes(), &self.0.limits)?.0)
    }
}

/// What may stand between the signs of JSON.
const BLANKS: [char; 4] = [' ', '\t', '\r', '\n'];

/// How the document spaces its members, told by the first ones of its root.
struct Style {
    /// From a key to its value.
    colon: String,
    /// After a comma, on one line.
    gap: String,
    /// Empty when all is on one line.
    newline: String,
    /// One level of indentation.
    unit: String,
}

impl Style {
    fn of(document: &Document) -> Style {
        let text = &document.0.text;
        let root = document.root();
        let first = root.keys().next();
        let colon = first.map_or(":", |key| &text[key.span().end..key.value().span().start]);
        let inside = text.get(root.span().start + 1..).unwrap_or("");
        let lead = &inside[..inside.len() - inside.trim_start_matches(BLANKS).len()];
        let (newline, unit) = match lead.rsplit_once('\n') {
            Some((before, unit)) if before.ends_with('\r') => ("\r\n", unit),
            Some((_, unit)) => ("\n", unit),
            None => ("", ""),
        };
        let gap = if colon.ends_with(' ') && newline.is_empty() {
            " "
        } else {
            ""
        };
        Style {
            colon: colon.to_owned(),
            gap: gap.to_owned(),
            newline: newline.to_owned(),
            unit: unit.to_owned(),
        }
    }
}

/// The space that the line of `place` begins with.
fn indent(text: &str, place: usize) -> &str {
    let line = &text[text[..place].rfind('\n').map_or(0, |newline| newline + 1)..place];
    &line[..line.len() - line.trim_start().len()]
}

fn no_such_path(path: &[Step<'_>]) -> Error {
    let mut words = String::new();
    for step in path {
        match step {
            Step::Key(key) if words.is_empty() => words.push_str(key),
            Step::Key(key) => words.extend([".", key]),
            Step::Index(index) => words.push_str(&format!("[{index}]")),
        }
    }
    Kind::NoSuchPath.because(format!("nothing at `{words}` can be changed"))
}
