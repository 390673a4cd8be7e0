//! An open chat: pages of it, and changes of single messages.
//!
//! Every call looks at the row first, so that a handle never works on a state that
//! another tab has left behind. Positions are positions of messages, which are the
//! records of the log.

use super::Keep;
use super::chat_row::{self, Body, summarize};
use super::documents::{bounded, nth};
use super::domain::Domain;
use super::manifest::{Cache, Log};
use crate::chat::{self, Dialect, SwipeChange};
use crate::codec;
use crate::error::{Kind, Limits, Result, Sides};
use crate::json::Document;
use crate::store::{Change, History, Record, Write};
use serde_json::Value;
use std::cell::{Ref, RefCell};

/// How often an append is tried when other tabs append at the same time. An attempt that fails
/// means that somebody else's succeeded, so many in a row are many messages and no standstill.
const APPEND_ATTEMPTS: u32 = 64;

/// A chat that is open for reading and writing.
pub struct Chat {
    pub(super) keep: Keep,
    pub(super) id: String,
    record: RefCell<Record>,
    cache: Cache,
    limits: Limits,
}

impl Chat {
    pub(super) async fn open(keep: Keep, id: &str) -> Result<Chat> {
        let record = keep.record(Domain::Chats, id).await?;
        Body::of(&record)?;
        let id = id.to_owned();
        Ok(Chat {
            keep,
            id,
            record: RefCell::new(record),
            cache: Cache::default(),
            limits: Limits::default(),
        })
    }

    /// The chat's entry as of the last call.
    pub fn entry(&self) -> Value {
        chat_row::entry(&self.record())
    }

    /// The header line as strict JSON, when there is one.
    ///
    /// # Errors
    /// `corrupt`, and what the medium reports.
    pub async fn header(&self) -> Result<Option<String>> {
        let part = self.record().parts.get("header").cloned();
        match part {
            Some(part) => Ok(chat::header_json(
                &self.keep.store().part(&part).await?,
                &self.limits,
            )),
            None => Ok(None),
        }
    }

    /// The messages `from..to` as a JSON array in the shape `Message`, cut to what is there.
    ///
    /// # Errors
    /// `not-found` when the chat was deleted, `corrupt`, and what the medium reports.
    pub async fn page(&self, from: u64, to: u64) -> Result<String> {
        self.refresh().await?;
        let body = self.body()?;
        let records = self.log(&body).records(from, to).await?;
        let lines = records.iter().map(|record| chat::record_line(record));
        Ok(chat::page(
            lines,
            from as usize,
            body.dialect()?,
            &self.limits,
        ))
    }

    /// Appends a message, a JSON object in the shape `NewMessage`, and gives it as it is kept.
    /// Other tabs may append at the same time: both messages are kept.
    ///
    /// # Errors
    /// `invalid`, `not-found`, and what the medium reports.
    pub async fn append(&self, message: &Document) -> Result<String> {
        let messages = std::slice::from_ref(message);
        let kept = self.append_many(messages, Write::default()).await?;
        kept.into_iter()
            .next()
            .ok_or_else(|| Kind::Bug.because("one message was appended and none came back"))
    }

    /// Appends several messages, one behind the other and all or none, and gives them as they
    /// are kept. Positions do not matter here, so the write's `if_rev` neither.
    ///
    /// # Errors
    /// As [`Chat::append`], naming the item; `too-large` for too many; and `corrupt` when it
    /// does not read back.
    pub async fn append_many(&self, messages: &[Document], write: Write) -> Result<Vec<String>> {
        bounded(messages.len())?;
        if messages.is_empty() {
            return Ok(Vec::new());
        }
        let mut attempts = APPEND_ATTEMPTS;
        loop {
            attempts -= 1;
            match self.try_append(messages, write).await {
                Err(error) if error.kind() == Kind::Conflict && attempts > 0 => {}
                settled => return settled,
            }
        }
    }

    async fn try_append(&self, messages: &[Document], write: Write) -> Result<Vec<String>> {
        self.refresh().await?;
        let now = self.keep.store().now();
        let mut body = self.body()?;
        let dialect = body.dialect()?;
        let newline = body.newline.as_bytes();
        let first = body.manifest.len() as usize;
        let (mut kept, mut records) = (Vec::new(), Vec::new());
        for (n, message) in messages.iter().enumerate() {
            let line = chat::write_line(message, dialect, now, &codec::new_id(now))
                .map_err(|error| nth(messages.len(), n, error))?;
            kept.push(chat::message(&line, first + n, dialect, &self.limits)?);
            // A file that ends without a newline goes on without one, and one with keeps it.
            records.push(if body.open_end {
                [newline, &line].concat()
            } else {
                [&line, newline].concat()
            });
        }
        let last = records.last().cloned();
        let mut change = Change::new();
        change.asked(write);
        if messages.len() > 1 {
            change.verify();
        }
        let mut log = self.log(&body);
        log.append(records, &mut change).await?;
        body.manifest = log.manifest;
        self.store(change, &body, last.as_deref(), History::Skip)
            .await?;
        Ok(kept)
    }

    /// Changes a message with a JSON object in the shape `MessagePatch`, and gives it as it
    /// is kept. The rest of its line stays byte for byte; the state before becomes a version.
    ///
    /// The write's `if_rev` is the revision of the chat in which the caller saw the position; without it,
    /// that of the last call.
    ///
    /// # Errors
    /// `not-found`, `invalid`, `conflict` with its sides when the chat has another revision,
    /// and what the medium reports.
    pub async fn edit(
        &self,
        index: u64,
        patch: &Document,
        write: impl Into<Write>,
    ) -> Result<String> {
        let patched = |line: &[u8], dialect| chat::edit_line(line, patch, dialect);
        self.change(index, Some(patch), write.into(), patched).await
    }

    /// Adds an alternative to a message, shows another one, or takes one out, and gives the
    /// message as it is kept. The state before becomes a version.
    ///
    /// # Errors
    /// As [`Chat::edit`]; `not-found` also when there is no such swipe, `invalid` when the last
    /// one is to go.
    pub async fn swipe(
        &self,
        index: u64,
        swipe: SwipeChange<'_>,
        write: impl Into<Write>,
    ) -> Result<String> {
        let now = self.keep.store().now();
        let swiped = |line: &[u8], dialect| chat::swipe_line(line, swipe, dialect, now);
        self.change(index, None, write.into(), swiped).await
    }

    /// Puts a message, a JSON object in the shape `NewMessage`, before the one at a position,
    /// or at the end, and gives it as it is kept. The state before becomes a version where
    /// others move.
    ///
    /// # Errors
    /// As [`Chat::edit`].
    pub async fn insert(
        &self,
        index: u64,
        message: &Document,
        write: impl Into<Write>,
    ) -> Result<String> {
        let write = write.into();
        self.refresh_unchanged(write.if_rev, index, None).await?;
        let mut body = self.body()?;
        let dialect = body.dialect()?;
        let now = self.keep.store().now();
        let line = chat::write_line(message, dialect, now, &codec::new_id(now))?;
        let kept = chat::message(&line, index as usize, dialect, &self.limits)?;
        let newline = body.newline.clone().into_bytes();
        // A file that ends without a newline has them before the lines that were added.
        let record = |before: bool| match before {
            true => [newline.as_slice(), &line].concat(),
            false => [line.as_slice(), &newline].concat(),
        };
        let mut change = Change::new();
        change.asked(write);
        let length = body.manifest.len();
        let mut log = self.log(&body);
        if index == length {
            // Nothing is lost by it, and a version may not share an open tail.
            let record = record(body.open_end);
            log.append(vec![record.clone()], &mut change).await?;
            body.manifest = log.manifest;
            self.store(change, &body, Some(&record), History::Skip)
                .await?;
            return Ok(kept);
        }
        let insert = |records: &mut Vec<Vec<u8>>, at: usize| {
            let before = records[at].first() == newline.first();
            records.insert(at, record(before));
            Ok(())
        };
        log.edit_segment(index, &mut change, insert).await?;
        body.manifest = log.manifest;
        self.finish(change, &body).await?;
        Ok(kept)
    }

    /// Stores what `make` makes of the line of a message, and gives the message.
    async fn change(
        &self,
        index: u64,
        patch: Option<&Document>,
        write: Write,
        make: impl Fn(&[u8], Dialect) -> Result<Vec<u8>>,
    ) -> Result<String> {
        self.refresh_unchanged(write.if_rev, index, patch).await?;
        let mut body = self.body()?;
        let dialect = body.dialect()?;
        let mut change = Change::new();
        change.asked(write);
        let mut edited = Vec::new();
        let mut log = self.log(&body);
        let edit = |records: &mut Vec<Vec<u8>>, at: usize| {
            edited = make(chat::record_line(&records[at]), dialect)?;
            records[at] = chat::replace_line(&records[at], &edited);
            Ok(())
        };
        log.edit_segment(index, &mut change, edit).await?;
        body.manifest = log.manifest;
        self.finish(change, &body).await?;
        chat::message(&edited, index as usize, dialect, &self.limits)
    }

    /// Stores a log whose sealed messages were changed; the state before becomes a version.
    async fn finish(&self, change: Change, body: &Body) -> Result<()> {
        let end = body.manifest.len();
        let last = self.log(body).records(end.saturating_sub(1), end).await?;
        let last = last.first().map(Vec::as_slice);
        self.store(change, body, last, History::Keep).await
    }

    /// Removes a message. Lines that could not be read stay where they are; the state
    /// before becomes a version.
    ///
    /// # Errors
    /// As [`Chat::edit`].
    pub async fn remove(&self, index: u64, write: impl Into<Write>) -> Result<()> {
        let write = write.into();
        self.refresh_unchanged(write.if_rev, index, None).await?;
        let mut body = self.body()?;
        let mut change = Change::new();
        change.asked(write);
        let mut log = self.log(&body);
        let mut homeless = Vec::new();
        let edit = |records: &mut Vec<Vec<u8>>, at: usize| {
            let rest = chat::remove_line(&records.remove(at));
            match (rest.is_empty(), at.checked_sub(1)) {
                (true, _) => {}
                (false, Some(before)) => records[before].extend_from_slice(&rest),
                (false, None) => match records.first_mut() {
                    Some(next) => drop(next.splice(0..0, rest)),
                    None => homeless = rest,
                },
            }
            Ok(())
        };
        log.edit_segment(index, &mut change, edit).await?;
        let length = log.manifest.len();
        body.manifest = log.manifest;
        if !homeless.is_empty() {
            self.extend_header(&homeless, &mut change).await?;
        }
        let last = self
            .log(&body)
            .records(length.saturating_sub(1), length)
            .await?;
        if let Some(end) = last.first().and_then(|record| record.last()) {
            body.open_end = *end != b'\n';
        }
        self.store(
            change,
            &body,
            last.first().map(Vec::as_slice),
            History::Keep,
        )
        .await
    }

    /// The whole chat as a file.
    ///
    /// # Errors
    /// `not-found`, `corrupt`, and what the medium reports.
    pub async fn bytes(&self) -> Result<Vec<u8>> {
        let (header, records) = self.whole().await?;
        Ok([header.unwrap_or_default(), records.concat()].concat())
    }

    /// The whole chat as another tool's file, or as a page or a text.
    ///
    /// # Errors
    /// As [`Chat::bytes`].
    pub async fn export(&self, form: chat::Form) -> Result<chat::Written> {
        let (header, records) = self.whole().await?;
        let records = records.iter().map(Vec::as_slice);
        let dialect = self.body()?.dialect()?;
        let title = self.record().head_text("title").to_owned();
        Ok(chat::export(
            header.as_deref(),
            records,
            dialect,
            form,
            &title,
        ))
    }

    async fn whole(&self) -> Result<(Option<Vec<u8>>, Vec<Vec<u8>>)> {
        self.refresh().await?;
        let body = self.body()?;
        let part = self.record().parts.get("header").cloned();
        let header = match part {
            Some(part) => Some(self.keep.store().part(&part).await?),
            None => None,
        };
        let log = self.log(&body);
        const AT_ONCE: u64 = 4096;
        let mut records = Vec::new();
        for from in (0..body.manifest.len()).step_by(AT_ONCE as usize) {
            records.extend(log.records(from, from + AT_ONCE).await?);
        }
        Ok((header, records))
    }

    pub(super) fn record(&self) -> Ref<'_, Record> {
        self.record.borrow()
    }

    /// Lines that cannot be read and have no message beside them any more stand behind the header.
    async fn extend_header(&self, lines: &[u8], change: &mut Change) -> Result<()> {
        let part = self.record().parts.get("header").cloned();
        let mut header = match part {
            Some(part) => self.keep.store().part(&part).await?,
            None => Vec::new(),
        };
        header.extend_from_slice(lines);
        self.record
            .borrow_mut()
            .parts
            .insert("header".into(), change.add_part(&header));
        Ok(())
    }

    async fn store(
        &self,
        mut change: Change,
        body: &Body,
        last: Option<&[u8]>,
        history: History,
    ) -> Result<()> {
        let mut record = self.record().clone();
        summarize(&mut record, body, last)?;
        change.write(record, history);
        let record = self.keep.commit_one(change).await?;
        self.record.replace(record);
        Ok(())
    }

    pub(super) async fn refresh(&self) -> Result<()> {
        let record = self.keep.record(Domain::Chats, &self.id).await?;
        self.record.replace(record);
        Ok(())
    }

    /// Positions mean what the caller saw, so the chat must still be that one.
    async fn refresh_unchanged(
        &self,
        if_rev: Option<u64>,
        index: u64,
        patch: Option<&Document>,
    ) -> Result<()> {
        let seen = if_rev.unwrap_or_else(|| self.record().rev);
        let found = self
            .keep
            .record_at(Domain::Chats, &self.id, Some(seen))
            .await;
        match found {
            Err(error) if error.kind() == Kind::Conflict => {
                // The next call sees the new state; this one must not act on old positions.
                self.refresh().await?;
                Err(error.between(self.sides(seen, index, patch).await))
            }
            found => found.map(|record| drop(self.record.replace(record))),
        }
    }

    /// The message at a position as the caller saw it, as the patch makes it, and as it is
    /// now; what cannot be read is left out.
    async fn sides(&self, seen: u64, index: u64, patch: Option<&Document>) -> Sides {
        let domain = Domain::Chats.name();
        let version = self.keep.store().version(domain, &self.id, seen).await;
        let base = match version.ok().flatten() {
            Some(version) => self.line(Body::of(&version), index).await,
            None => None,
        };
        let theirs = self.line(self.body(), index).await;
        let dialect = self.body().and_then(|body| body.dialect());
        let tell = |line: &Vec<u8>| {
            let dialect = dialect.as_ref().ok()?;
            chat::message(line, index as usize, *dialect, &self.limits).ok()
        };
        let mine = match (base.as_ref().or(theirs.as_ref()), patch, &dialect) {
            (Some(line), Some(patch), Ok(dialect)) => chat::edit_line(line, patch, *dialect).ok(),
            _ => None,
        };
        Sides {
            base: base.as_ref().and_then(tell),
            mine: mine.as_ref().and_then(tell),
            theirs: theirs.as_ref().and_then(tell),
        }
    }

    /// The line of one message.
    async fn line(&self, body: Result<Body>, index: u64) -> Option<Vec<u8>> {
        let body = body.ok()?;
        let records = self.log(&body).records(index, index + 1).await.ok()?;
        Some(chat::record_line(records.first()?).to_vec())
    }

    pub(super) fn body(&self) -> Result<Body> {
        Body::of(&self.record())
    }

    pub(super) fn log<'a>(&'a self, body: &Body) -> Log<'a> {
        Log {
            store: self.keep.store(),
            cache: &self.cache,
            chat: &self.id,
            manifest: body.manifest.clone(),
        }
    }
}
