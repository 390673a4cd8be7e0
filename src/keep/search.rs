//! Searching in chats: which messages say something.
//!
//! Messages are looked at as they are stored, a stretch at a time, so that nothing of a long
//! chat stays in memory.

use super::chat::Chat;
use super::chat_row::{self, Body};
use super::chats::Chats;
use super::domain::{Domain, newest_first};
use super::log::Leave;
use crate::chat::{Place, Search, SearchOptions};
use crate::error::{Kind, Result};
use serde_json::{Value, json};

impl Chat {
    /// The messages that say something, in their order: an array of
    /// `{ index, id, name, role, at?, excerpt, matches: [[from, to]], swipe? }`, whose matches are
    /// places of the text in UTF-16 code units.
    ///
    /// # Errors
    /// `invalid` when nothing can be looked for, `not-found`, `corrupt`, and what the medium reports.
    pub async fn search(&self, query: &str, options: &SearchOptions) -> Result<Value> {
        self.search_on(query, options, None).await
    }

    /// As [`Chat::search`], as long as it has leave.
    ///
    /// # Errors
    /// As [`Chat::search`], and what `leave` gives.
    pub async fn search_on(
        &self,
        query: &str,
        options: &SearchOptions,
        leave: Option<Leave<'_>>,
    ) -> Result<Value> {
        let search = Search::new(query, options)?;
        let look = async |body: &Body| {
            let dialect = body.dialect()?;
            let mut hits = Vec::new();
            if options.limit == 0 {
                return Ok(hits);
            }
            let mut see = |index: u64, id: u64, record: &[u8]| {
                let place = Place {
                    index: index as i64,
                    id: Some(id),
                };
                hits.extend(search.hit(record, place, dialect));
                (hits.len() as u64) < options.limit
            };
            let log = self.log(body);
            log.look_through(options.from, &mut see, leave).await?;
            Ok(hits)
        };
        Ok(self.read(look).await?.1.into())
    }
}

impl Chats {
    /// The chats in which messages say something, newest change first:
    /// `[{ entry, hits }]`, with the hits of [`Chat::search`], as many as the limit in all.
    ///
    /// # Errors
    /// As [`Chat::search`]; a chat that cannot be read hides no other.
    pub async fn search(&self, query: &str, options: &SearchOptions) -> Result<Value> {
        self.search_on(query, options, None).await
    }

    /// As [`Chats::search`], as long as it has leave.
    ///
    /// # Errors
    /// As [`Chats::search`], and what `leave` gives.
    pub async fn search_on(
        &self,
        query: &str,
        options: &SearchOptions,
        leave: Option<Leave<'_>>,
    ) -> Result<Value> {
        Search::new(query, options)?;
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
            if let Some(leave) = leave {
                leave().await?;
            }
            let within = SearchOptions {
                limit: left,
                ..options.clone()
            };
            let hits = match self.open(&record.id).await {
                Ok(chat) => chat.search_on(query, &within, leave).await,
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
