//! What a chat has, counted: messages, words, who says how much, from when to when.

use super::chat::Chat;
use super::chat_row::Body;
use super::log::Leave;
use crate::chat;
use crate::error::{Limits, Result};
use crate::order;
use serde_json::{Value, json};
use std::collections::HashMap;

/// Messages read at once.
const AT_ONCE: u64 = 1024;

/// What the lines of a chat come to.
#[derive(Default)]
struct Counts {
    words: u64,
    swipes: u64,
    unreadable: u64,
    first: Option<i64>,
    last: Option<i64>,
    /// Messages and words by name and role.
    speakers: HashMap<(String, &'static str), (u64, u64)>,
}

impl Chat {
    /// `{ messages, words, swipes, unreadable, first?, last?, speakers: [{ name, role, messages,
    /// words }], branches }`: the speakers by their messages, most first; `swipes` the
    /// alternatives that are not shown; the dates in milliseconds since 1970.
    ///
    /// # Errors
    /// `not-found`, `corrupt`, and what the medium reports.
    pub async fn stats(&self) -> Result<Value> {
        self.stats_on(None).await
    }

    /// As [`Chat::stats`], as long as it has leave.
    ///
    /// # Errors
    /// As [`Chat::stats`], and what `leave` gives.
    pub async fn stats_on(&self, leave: Option<Leave<'_>>) -> Result<Value> {
        let (body, counts) = self
            .read(async |body: &Body| self.count(body, leave).await)
            .await?;
        let Counts {
            words,
            swipes,
            unreadable,
            first,
            last,
            speakers,
        } = counts;
        let length = body.manifest.len();
        let mut speakers: Vec<_> = speakers.into_iter().collect();
        order::sort_by(&mut speakers, |(a, (more, _)), (b, (less, _))| {
            (less, a).cmp(&(more, b))
        });
        let told = |((name, role), (messages, words)): ((String, &str), (u64, u64))| json!({ "name": name, "role": role, "messages": messages, "words": words });
        let speakers: Vec<Value> = speakers.into_iter().map(told).collect();
        let mut stats = json!({
            "messages": length, "words": words, "swipes": swipes, "unreadable": unreadable,
            "speakers": speakers, "branches": self.branch_count().await?,
        });
        for (name, at) in [("first", first), ("last", last)] {
            if let Some(at) = at {
                stats[name] = at.into();
            }
        }
        Ok(stats)
    }

    async fn count(&self, body: &Body, leave: Option<Leave<'_>>) -> Result<Counts> {
        let (log, dialect) = (self.log(body), body.dialect()?);
        let mut counts = Counts::default();
        for from in (0..body.manifest.len()).step_by(AT_ONCE as usize) {
            if let Some(leave) = leave {
                leave().await?;
            }
            for record in log.records(from, from + AT_ONCE).await? {
                let line = chat::record_line(&record);
                let Some(said) = chat::counted(line, dialect, &Limits::default()) else {
                    counts.unreadable += 1;
                    continue;
                };
                counts.words += said.words;
                counts.swipes += said.swipes - 1;
                counts.first = [counts.first, said.at_ms].into_iter().flatten().min();
                counts.last = counts.last.max(said.at_ms);
                let speaker = counts.speakers.entry((said.name, said.role)).or_default();
                *speaker = (speaker.0 + 1, speaker.1 + said.words);
            }
        }
        Ok(counts)
    }
}
