//! Searching in chats: which messages say something.
//!
//! Messages are looked at as they are stored, a stretch at a time, so that nothing of a long
//! chat stays in memory.

use super::chat::Chat;
use super::chat_row;
use super::chats::Chats;
use super::domain::{Domain, newest_first};
use crate::chat::{self, FindOptions, Finder};
use crate::error::{Kind, Limits, Result};
use serde::Deserialize;
use serde_json::{Value, json};

/// Messages read at once.
const AT_ONCE: u64 = 1024;
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

impl SearchOptions {
    fn finder(&self, query: &str) -> Result<Finder> {
        let options = FindOptions {
            case: self.case,
            words: self.words,
            regex: self.regex,
        };
        Finder::new(query, options)
    }

    /// What a message has of it.
    fn hit(&self, finder: &Finder, message: &Value) -> Option<Value> {
        let is = |field: &str, wanted: &Option<String>| {
            wanted
                .as_ref()
                .is_none_or(|wanted| message[field] == *wanted)
        };
        if !is("name", &self.name) || !is("role", &self.role) {
            return None;
        }
        let text = message["text"].as_str().unwrap_or_default();
        let mut found = finder.find(text);
        let (mut swipe, mut said) = (None, text);
        if found.is_empty() && self.swipes {
            let swipes = message["swipes"].as_array().into_iter().flatten();
            let texts = swipes
                .enumerate()
                .filter_map(|(n, text)| Some((n, text.as_str()?)));
            let first = texts
                .map(|(n, text)| (n, text, finder.find(text)))
                .find(|(.., found)| !found.is_empty());
            if let Some((n, text, finds)) = first {
                (swipe, said, found) = (Some(n), text, finds);
            }
        }
        let first = found.first()?.clone();
        let ranges: Vec<[usize; 2]> = found.iter().map(|at| [at.start, at.end]).collect();
        let mut hit = json!({
            "index": message["index"], "name": message["name"], "role": message["role"],
            "excerpt": excerpt(said, first.start, first.end), "matches": ranges,
        });
        if !message["at"].is_null() {
            hit["at"] = message["at"].clone();
        }
        if let Some(swipe) = swipe {
            hit["swipe"] = swipe.into();
        }
        Some(hit)
    }
}

impl Chat {
    /// The messages that say something, in their order: an array of
    /// `{ index, name, role, at?, excerpt, matches: [[from, to]], swipe? }`, whose matches are
    /// places of the text in UTF-16 code units.
    ///
    /// # Errors
    /// `invalid` when nothing can be looked for, `not-found`, `corrupt`, and what the medium reports.
    pub async fn search(&self, query: &str, options: &SearchOptions) -> Result<Value> {
        let finder = options.finder(query)?;
        self.refresh().await?;
        let body = self.body()?;
        let dialect = body.dialect()?;
        let mut hits = Vec::new();
        let mut from = options.from;
        while from < body.manifest.len() && (hits.len() as u64) < options.limit {
            let records = self.log(&body).records(from, from + AT_ONCE).await?;
            for (record, index) in records.iter().zip(from..) {
                let line = chat::record_line(record);
                // A line that cannot be read says nothing.
                let Ok(message) = chat::message(line, index as usize, dialect, &Limits::default())
                else {
                    continue;
                };
                let message: Value = serde_json::from_str(&message)
                    .map_err(|cause| Kind::Bug.because("a message is JSON").caused_by(cause))?;
                hits.extend(options.hit(&finder, &message));
                if hits.len() as u64 == options.limit {
                    break;
                }
            }
            from += AT_ONCE;
        }
        Ok(hits.into())
    }
}

impl Chats {
    /// The chats in which messages say something, newest change first:
    /// `[{ entry, hits }]`, with the hits of [`Chat::search`], as many as the limit in all.
    ///
    /// # Errors
    /// As [`Chat::search`]; a chat that cannot be read hides no other.
    pub async fn search(&self, query: &str, options: &SearchOptions) -> Result<Value> {
        options.finder(query)?;
        let listing = self.keep.store().list(Domain::Chats.name()).await?;
        let mut records = listing.records;
        records.retain(|record| record.trashed_ms.is_none());
        newest_first(&mut records);
        let mut found = Vec::new();
        let mut left = options.limit;
        for record in records {
            if left == 0 {
                break;
            }
            let within = SearchOptions {
                limit: left,
                ..options.clone()
            };
            let hits = match self.open(&record.id).await {
                Ok(chat) => chat.search(query, &within).await,
                Err(error) => Err(error),
            };
            let hits = match hits {
                Err(error) if matches!(error.kind(), Kind::Corrupt | Kind::NotFound) => continue,
                hits => hits?,
            };
            let count = hits.as_array().map_or(0, Vec::len) as u64;
            if count > 0 {
                left -= count;
                found.push(json!({ "entry": chat_row::entry(&record), "hits": hits }));
            }
        }
        Ok(found.into())
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
