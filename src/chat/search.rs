//! Looking for words in messages: which lines say something, and where.
//!
//! A line that cannot say it is passed over by its bytes; only the others are read.

use super::Dialect;
use super::find::{FindOptions, Finder};
use super::needle::Needle;
use super::record::record_line;
use super::view::{self, Place, Said, Spoken};
use crate::error::{Kind, Limits, Result};
use serde::Deserialize;
use serde_json::{Value, json};
use std::borrow::Cow;

/// Characters around the first find.
const AROUND: usize = 60;
/// Finds, if nobody says how many.
const LIMIT: u64 = 100;

/// What to look for.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct SearchOptions {
    /// Capital and small letters differ.
    pub case: bool,
    /// Only whole words.
    pub words: bool,
    /// A regular expression is looked for.
    pub regex: bool,
    /// Only messages of this name.
    pub name: Option<String>,
    /// Only messages of `user`, `character` or `system`.
    pub role: Option<String>,
    /// Also in the alternatives that are not shown.
    pub swipes: bool,
    /// From this message on, in one chat.
    pub from: u64,
    /// At most so many messages.
    pub limit: u64,
}

impl Default for SearchOptions {
    fn default() -> SearchOptions {
        SearchOptions {
            case: false,
            words: false,
            regex: false,
            name: None,
            role: None,
            swipes: false,
            from: 0,
            limit: LIMIT,
        }
    }
}

/// A search that goes from line to line.
pub struct Search<'a> {
    options: &'a SearchOptions,
    finder: Finder,
    /// What stands in a line that says it.
    needle: Option<Needle>,
}

impl<'a> Search<'a> {
    /// A search for something.
    ///
    /// # Errors
    /// `invalid` when nothing can be looked for; `bad-option` for a role that there is none of.
    pub fn new(query: &'a str, options: &'a SearchOptions) -> Result<Search<'a>> {
        if let Some(role) = &options.role
            && !matches!(role.as_str(), "user" | "character" | "system")
        {
            return Err(Kind::BadOption.because(format!(
                "`role` is `{role}`, one of `user`, `character`, `system` was wanted"
            )));
        }
        let finder = FindOptions {
            case: options.case,
            words: options.words,
            regex: options.regex,
        };
        Ok(Search {
            options,
            finder: Finder::new(query, finder)?,
            needle: Needle::of(query, finder),
        })
    }

    /// What a record says of it: `{ index, id?, name, role, at?, excerpt, matches: [[from, to]],
    /// swipe? }`, whose matches are places of the text in UTF-16 code units. A line that cannot
    /// be read says nothing.
    pub fn hit(&self, record: &[u8], place: impl Into<Place>, dialect: Dialect) -> Option<Value> {
        if self
            .needle
            .as_ref()
            .is_some_and(|needle| !needle.may_be_in(record))
        {
            return None;
        }
        let document = view::document(record_line(record), &Limits::default()).ok()?;
        let spoken = Spoken::of(document.root(), dialect);
        let words = |said: &Option<Said<'_>>| -> String {
            let text = said.as_ref().map_or(Cow::Borrowed(""), Said::text);
            text.into_owned()
        };
        let (name, role) = (words(&spoken.name), spoken.role.as_str());
        let options = self.options;
        if options.name.as_ref().is_some_and(|wanted| *wanted != name)
            || options.role.as_ref().is_some_and(|wanted| wanted != role)
        {
            return None;
        }
        let mut said = words(&spoken.text);
        let mut found = self.finder.find(&said);
        let mut swipe = None;
        if found.is_empty() && options.swipes {
            for (n, text) in spoken.swipes.iter().enumerate() {
                (said, swipe) = (words(text), Some(n));
                found = self.finder.find(&said);
                if !found.is_empty() {
                    break;
                }
            }
        }
        let first = found.first()?.clone();
        let ranges: Vec<[usize; 2]> = found.iter().map(|at| [at.start, at.end]).collect();
        let place: Place = place.into();
        let mut hit = json!({
            "index": place.index, "name": name, "role": role,
            "excerpt": excerpt(&said, first.start, first.end), "matches": ranges,
        });
        if let Some(id) = place.id {
            hit["id"] = id.into();
        }
        if let Some(at) = spoken.at_ms {
            hit["at"] = at.into();
        }
        if let Some(swipe) = swipe {
            hit["swipe"] = swipe.into();
        }
        Some(hit)
    }
}

/// The words around a find.
fn excerpt(text: &str, start: usize, end: usize) -> String {
    let units: Vec<u16> = text.encode_utf16().collect();
    let mut from = start.saturating_sub(AROUND);
    let mut to = (end + AROUND).min(units.len()).min(start + 4 * AROUND);
    // Not between the halves of a character.
    let half = |at: usize| {
        units
            .get(at)
            .is_some_and(|unit| (0xDC00..0xE000).contains(unit))
    };
    from -= usize::from(half(from) && from > 0);
    to += usize::from(half(to));
    let cut = String::from_utf16_lossy(&units[from..to]);
    let before = if from > 0 { "…" } else { "" };
    let after = if to < units.len() { "…" } else { "" };
    format!("{before}{cut}{after}")
}

#[cfg(test)]
mod tests {
    use super::{Search, SearchOptions};
    use crate::chat::Dialect;

    /// What is passed over by its bytes says nothing: a search that reads every line finds the same.
    #[test]
    fn a_line_that_is_passed_over_says_nothing() {
        let lines = [
            r#"{"name":"a","mes":"The Dragon Kite"}"#,
            r#"{"name":"a","mes":"the dra\u0067on"}"#,
            "{\"name\":\"a\",\"mes\":\"the \u{212a}ite and \u{130}stanbul\"}",
            r#"{"name":"dragon","mes":"nobody"}"#,
            r#"{"name":"a","mes":["dra","gon"]}"#,
            r#"{"name":"a","mes":12.50}"#,
            r#"{"name":"a","mes":"x","swipes":["dragon","x"],"swipe_id":1}"#,
            r#"{"name":"a","mes":"dragon"#,
        ];
        for query in [
            "dragon", "DRAGON", "kite", "istanbul", "i", "12", "dra", "n k", "the ",
        ] {
            for case in [false, true] {
                let options = SearchOptions {
                    case,
                    swipes: true,
                    ..SearchOptions::default()
                };
                let quick = Search::new(query, &options).expect("it can be looked for");
                let slow = Search {
                    needle: None,
                    ..Search::new(query, &options).expect("it can be looked for")
                };
                for (n, line) in lines.iter().enumerate() {
                    let of =
                        |search: &Search<'_>| search.hit(line.as_bytes(), n, Dialect::SillyTavern);
                    assert_eq!(of(&quick), of(&slow), "{query} in {line}");
                }
            }
        }
    }
}
