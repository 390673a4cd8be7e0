//! Swipes: the alternatives of a message, and which of them is shown.
//!
//! A message has its text; once there is more than one, `swipes` has them all, `swipe_id` says
//! which one is shown, and `swipe_info` has, at the same places, what else differs between them
//! (SillyTavern). Every change leaves all of them in step: a hole that an aborted reply left
//! becomes an empty text, a number that points nowhere is set right, and a shown text that is
//! none of the swipes becomes one.

use super::Dialect;
use super::date;
use super::view::{self, Spoken};
use super::write::line_of;
use crate::error::{Error, Kind, Limits, Result};
use crate::json::{Document, Node, Shape, quote};

/// What goes with a swipe when another one is shown.
const OWN: [&str; 4] = ["send_date", "gen_started", "gen_finished", "extra"];

/// A change of a message's swipes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SwipeChange<'a> {
    /// One more, which is shown then.
    Add(&'a str),
    /// Shows this one, counted from 0.
    Choose(usize),
    /// Takes this one out, counted from 0. Of the others the next one is shown, or the last.
    Remove(usize),
}

/// A line with its swipes changed; the rest of it stays byte for byte. `at_ms` is the time of
/// a swipe that is added.
///
/// # Errors
/// `not-found` when there is no such swipe, `invalid` when the last one is to go, `bad-json`
/// when the line cannot be read.
pub fn swipe_line(
    line: &[u8],
    change: SwipeChange<'_>,
    dialect: Dialect,
    at_ms: i64,
) -> Result<Vec<u8>> {
    let document = view::document(line, &Limits::default())?;
    let mut swipes = Swipes::of(document.root(), dialect);
    let there = swipes.texts.len();
    let known = |n: usize| match n < there {
        true => Ok(n),
        false => Err(no_swipe(n, there)),
    };
    match change {
        SwipeChange::Add(text) => {
            let text = match dialect {
                Dialect::Chub => format!(r#"{{"message":{}}}"#, quote(text)),
                _ => quote(text),
            };
            let date = quote(&date::format_sillytavern(at_ms));
            swipes.texts.push(text);
            swipes
                .infos
                .push(format!(r#"{{"send_date":{date},"extra":{{}}}}"#));
            swipes.shown = there;
        }
        SwipeChange::Choose(n) => swipes.shown = known(n)?,
        SwipeChange::Remove(n) => {
            known(n)?;
            if there == 1 {
                let detail = "it is the only one; remove the message instead";
                return Err(Kind::Invalid.because(detail));
            }
            swipes.texts.remove(n);
            swipes.infos.remove(n);
            let behind = swipes.shown > n || swipes.shown == there - 1;
            swipes.shown -= usize::from(behind);
        }
    }
    Ok(line_of(&swipes.write(&document, dialect)?))
}

/// The swipes of a message as JSON texts, in step.
struct Swipes {
    texts: Vec<String>,
    infos: Vec<String>,
    shown: usize,
}

impl Swipes {
    fn of(root: Node<'_>, dialect: Dialect) -> Swipes {
        let spoken = Spoken::of(root, dialect);
        let filled = |node: Node<'_>| match node.is_null() {
            true => "\"\"".to_owned(),
            false => node.raw().to_owned(),
        };
        let list = root.get("swipes").into_iter().flat_map(Node::items);
        let mut texts: Vec<String> = list.map(filled).collect();
        let infos = root.get("swipe_info").into_iter().flat_map(Node::items);
        let mut infos: Vec<String> = infos.map(info).take(texts.len()).collect();
        let text = view::text_key(root, dialect).and_then(|key| root.get(key));
        let mut shown = spoken.swipe;
        match text.filter(|text| !text.is_null()) {
            // An edited text counts more than what its swipe was.
            Some(text) if spoken.linked && shown < texts.len() => {
                texts[shown] = text.raw().to_owned();
            }
            Some(text) => {
                shown = texts.len();
                texts.push(text.raw().to_owned());
            }
            None if texts.is_empty() => texts.push("\"\"".to_owned()),
            None => {}
        }
        infos.resize(texts.len(), "{}".to_owned());
        infos[shown] = told(&infos[shown], root);
        Swipes {
            texts,
            infos,
            shown,
        }
    }

    /// The message with these swipes, and what goes with the shown one.
    fn write(&self, document: &Document, dialect: Dialect) -> Result<Document> {
        let array = |items: &[String]| format!("[{}]", items.join(","));
        let key = view::text_key(document.root(), dialect).unwrap_or(match dialect {
            Dialect::World => "content",
            _ => "mes",
        });
        let mut told = document.set(&[key.into()], &self.texts[self.shown])?;
        told = told.set(&["swipe_id".into()], &self.shown.to_string())?;
        told = told.set(&["swipes".into()], &array(&self.texts))?;
        if dialect != Dialect::SillyTavern && document.root().get("swipe_info").is_none() {
            return Ok(told);
        }
        told = told.set(&["swipe_info".into()], &array(&self.infos))?;
        let info = Document::parse(&self.infos[self.shown])?;
        if info.root().entries().next().is_none() {
            return Ok(told);
        }
        for own in OWN {
            told = match info.root().get(own) {
                Some(value) => told.set(&[own.into()], value.raw())?,
                // How long another text took is not said of this one.
                None if own.starts_with("gen_") && told.root().get(own).is_some() => {
                    told.remove(&[own.into()])?
                }
                None => told,
            };
        }
        Ok(told)
    }
}

/// What is known beside a text; what is no object says nothing.
fn info(node: Node<'_>) -> String {
    match node.shape() {
        Shape::Object => node.raw().to_owned(),
        _ => "{}".to_owned(),
    }
}

/// What is known beside a text, with what the message says of it now.
fn told(info: &str, message: Node<'_>) -> String {
    let told = || -> Result<String> {
        let mut document = Document::parse(info)?;
        for own in OWN {
            if let Some(value) = message.get(own) {
                document = document.set(&[own.into()], value.raw())?;
            }
        }
        Ok(String::from_utf8_lossy(document.bytes()).into_owned())
    };
    // A part of a line that was read is JSON.
    told().unwrap_or_else(|_| info.to_owned())
}

fn no_swipe(n: usize, there: usize) -> Error {
    Kind::NotFound.because(format!("swipe {n} of {there}"))
}
