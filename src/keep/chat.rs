//! An open chat: pages of it, and changes of single messages.
//!
//! Every call looks at the row first, so that a handle never works on a state that
//! another tab has left behind. Positions are positions of messages, which are the
//! records of the log; a message is also named by the number of its record, which it has
//! for ever, here and in branches.

use super::Keep;
use super::chat_row::{self, Body, GROUP};
use super::documents::{bounded, nth};
use super::domain::Domain;
use super::log::{Cache, Log};
use super::work::{Done, Step, Work};
use crate::chat::{self, Dialect, Place, SwipeChange};
use crate::codec;
use crate::error::{Error, Kind, Limits, Result, Sides, Written};
use crate::json::Document;
use crate::store::{Record, Write, both};
use serde_json::Value;
use std::cell::{Ref, RefCell};

/// How often a change is tried when other tabs write at the same time. An attempt that fails
/// means that somebody else's succeeded, so many in a row are many messages and no standstill.
const ATTEMPTS: u32 = 64;

/// Which message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum At {
    /// The one at a position.
    Index(u64),
    /// The one with a number, wherever it is.
    Id(u64),
}

impl From<u64> for At {
    fn from(index: u64) -> At {
        At::Index(index)
    }
}

/// Where a change is made.
#[derive(Debug, Clone, Copy)]
pub(super) enum Where {
    Message(At),
    /// Behind the last one.
    End,
}

/// A chat that is open for reading and writing.
pub struct Chat {
    pub(super) keep: Keep,
    pub(super) id: String,
    record: RefCell<Record>,
    cache: Cache,
    limits: Limits,
    done: RefCell<Done>,
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
            done: RefCell::default(),
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
        self.page_by(from, to, chat::placed_page).await
    }

    /// The same with nothing told twice; see [`chat::brief_page`].
    ///
    /// # Errors
    /// As [`Chat::page`].
    pub async fn brief_page(&self, from: u64, to: u64) -> Result<String> {
        self.page_by(from, to, chat::brief_page).await
    }

    async fn page_by(
        &self,
        from: u64,
        to: u64,
        page: impl Fn(Vec<(Place, &[u8])>, Dialect, &Limits) -> String,
    ) -> Result<String> {
        let read = async |body: &Body| self.log(body).numbered(from, to).await;
        let (body, records) = self.read(read).await?;
        let lines = records.iter().zip(from..).map(|(record, index)| {
            let place = Place {
                index: index as i64,
                id: Some(record.id),
            };
            (place, chat::record_line(&record.bytes))
        });
        Ok(page(lines.collect(), body.dialect()?, &self.limits))
    }

    /// The position of the message with a number; `None` when there is none.
    ///
    /// # Errors
    /// As [`Chat::page`].
    pub async fn index_of(&self, id: u64) -> Result<Option<u64>> {
        let read = async |body: &Body| self.log(body).position(id).await;
        Ok(self.read(read).await?.1)
    }

    /// The position of the first message from a date on, in milliseconds since 1970; `None`
    /// when there is none. It is looked for by halves, so the dates of the chat are taken to
    /// go up; messages without a date are passed over.
    ///
    /// # Errors
    /// As [`Chat::page`].
    pub async fn index_at(&self, date_ms: i64) -> Result<Option<u64>> {
        let look = async |body: &Body| {
            let (mut from, mut to, mut found) = (0, body.manifest.len(), None);
            while from < to {
                let middle = from + (to - from) / 2;
                match self.dated(body, middle, to).await? {
                    Some((at, date)) if date < date_ms => from = at + 1,
                    dated => {
                        found = dated.map(|(at, _)| at).or(found);
                        to = middle;
                    }
                }
            }
            Ok(found)
        };
        Ok(self.read(look).await?.1)
    }

    /// The first message of a stretch that has a date, and the date.
    async fn dated(&self, body: &Body, from: u64, to: u64) -> Result<Option<(u64, i64)>> {
        const AT_ONCE: u64 = 64;
        let (log, dialect) = (self.log(body), body.dialect()?);
        let mut at = from;
        while at < to {
            for record in log.records(at, to.min(at + AT_ONCE)).await? {
                let line = chat::record_line(&record);
                if let Some(date) = chat::said_at(line, dialect, &self.limits) {
                    return Ok(Some((at, date)));
                }
                at += 1;
            }
        }
        Ok(None)
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
            self.keep.answers().await?;
            return Ok(Vec::new());
        }
        let write = Write {
            if_rev: None,
            verify: write.verify || messages.len() > 1,
            ..write
        };
        let append = async |work: &mut Work<'_>, first: u64| {
            let now = self.keep.store().now();
            let mut lines = Vec::with_capacity(messages.len());
            for (n, message) in messages.iter().enumerate() {
                let line = chat::write_line(message, work.dialect, now, &codec::new_id(now));
                lines.push(line.map_err(|error| nth(messages.len(), n, error))?);
            }
            let ids = work.append(lines.clone()).await?;
            let told = lines.iter().zip(ids).zip(first..);
            told.map(|((line, id), index)| work.told(line, index, id))
                .collect()
        };
        self.work(Where::End, write, None, append).await
    }

    /// Changes a message with a JSON object in the shape `MessagePatch`, and gives it as it
    /// is kept. The rest of its line stays byte for byte; the state before becomes a version.
    ///
    /// The write's `if_rev` is the revision of the chat in which the caller saw the position; without it,
    /// that of the last call. A message that is named by its number is found wherever it is by
    /// now, so that without `if_rev` no revision is asked for.
    ///
    /// # Errors
    /// `not-found`, `invalid`, `conflict` with its sides when the chat has another revision,
    /// and what the medium reports.
    pub async fn edit(
        &self,
        at: impl Into<At>,
        patch: &Document,
        write: impl Into<Write>,
    ) -> Result<String> {
        let make = |line: &[u8], dialect| chat::edit_line(line, patch, dialect);
        self.rewrite(at.into(), Some(patch), write.into(), make)
            .await
    }

    /// Adds an alternative to a message, shows another one, or takes one out, and gives the
    /// message as it is kept. The state before becomes a version.
    ///
    /// # Errors
    /// As [`Chat::edit`]; `not-found` also when there is no such swipe, `invalid` when the last
    /// one is to go.
    pub async fn swipe(
        &self,
        at: impl Into<At>,
        swipe: SwipeChange<'_>,
        write: impl Into<Write>,
    ) -> Result<String> {
        let now = self.keep.store().now();
        let make = |line: &[u8], dialect| chat::swipe_line(line, swipe, dialect, now);
        self.rewrite(at.into(), None, write.into(), make).await
    }

    /// Keeps a message from the model or gives it to it again, and gives it as it is kept.
    /// The state before becomes a version.
    ///
    /// # Errors
    /// As [`Chat::edit`].
    pub async fn hide(
        &self,
        at: impl Into<At>,
        hidden: bool,
        write: impl Into<Write>,
    ) -> Result<String> {
        let make = |line: &[u8], dialect| chat::hide_line(line, hidden, dialect);
        self.rewrite(at.into(), None, write.into(), make).await
    }

    /// Keeps the messages from one to another, both with it, from the model or gives them to it
    /// again, in one change, and gives how many were not so before. The state before becomes a
    /// version.
    ///
    /// # Errors
    /// As [`Chat::edit`]; `invalid` when `to` stands before `at`.
    pub async fn hide_to(
        &self,
        at: impl Into<At>,
        to: impl Into<At>,
        hidden: bool,
        write: impl Into<Write>,
    ) -> Result<u64> {
        let (to, mut write) = (to.into(), write.into());
        if let At::Index(_) = to {
            // A position means what the caller saw, whatever the other end is.
            write.if_rev = write.if_rev.or(Some(self.record().rev));
        }
        let make = |line: &[u8], dialect| chat::hide_line(line, hidden, dialect);
        let hide = async |work: &mut Work<'_>, from: u64| {
            let to = match to {
                At::Index(to) => to,
                At::Id(id) => work.log.position(id).await?.ok_or_else(|| self.gone(id))?,
            };
            work.rewrite_to(from, to, make).await
        };
        self.work(Where::Message(at.into()), write, None, hide)
            .await
    }

    /// Puts a message, a JSON object in the shape `NewMessage`, before another one, or at the
    /// end, and gives it as it is kept. The state before becomes a version where others move.
    ///
    /// # Errors
    /// As [`Chat::edit`].
    pub async fn insert(
        &self,
        before: impl Into<At>,
        message: &Document,
        write: impl Into<Write>,
    ) -> Result<String> {
        let insert = async |work: &mut Work<'_>, index: u64| {
            let now = self.keep.store().now();
            let line = chat::write_line(message, work.dialect, now, &codec::new_id(now))?;
            let id = work.put(index, line.clone(), None).await?;
            work.told(&line, index, id)
        };
        self.work(Where::Message(before.into()), write.into(), None, insert)
            .await
    }

    /// Moves a message to another position, that it has then, and gives it. The state before
    /// becomes a version.
    ///
    /// # Errors
    /// As [`Chat::edit`]; `not-found` also when there is no such position.
    pub async fn move_to(
        &self,
        at: impl Into<At>,
        to: u64,
        write: impl Into<Write>,
    ) -> Result<String> {
        let moved = async |work: &mut Work<'_>, index: u64| {
            let (id, line) = work.take(index).await?;
            work.put(to, line.clone(), Some(id)).await?;
            work.told(&line, to, id)
        };
        self.work(Where::Message(at.into()), write.into(), None, moved)
            .await
    }

    /// Removes a message. Lines that could not be read stay where they are; the state
    /// before becomes a version.
    ///
    /// # Errors
    /// As [`Chat::edit`].
    pub async fn remove(&self, at: impl Into<At>, write: impl Into<Write>) -> Result<()> {
        let taken = async |work: &mut Work<'_>, index: u64| work.take(index).await;
        let taken = self.work(Where::Message(at.into()), write.into(), None, taken);
        taken.await.map(drop)
    }

    /// Undoes the last change of messages that was made through this handle and is not undone
    /// yet, or with `again` does the last one again that was undone. False when there is none.
    /// Messages that were changed elsewhere meanwhile stay as they are.
    ///
    /// # Errors
    /// `conflict` when a message of it was changed since; it is forgotten then. `not-found`,
    /// and what the medium reports.
    pub async fn undo(&self, again: bool, write: impl Into<Write>) -> Result<bool> {
        let write = write.into();
        let next = self.done.borrow().next(again);
        let Some(steps) = next else {
            self.keep.answers().await?;
            return Ok(false);
        };
        let mut attempts = ATTEMPTS;
        loop {
            attempts -= 1;
            let repeat = async |_: &Body| {
                let mut work = self.begin_work()?;
                work.repeat(&steps).await?;
                work.look_at_end().await?;
                Ok(work)
            };
            let (_, work) = match self.steady(repeat).await {
                Err(error) if error.kind() == Kind::Conflict => {
                    // A message of it was changed since.
                    self.done.borrow_mut().settle(again, true);
                    return Err(error);
                }
                repeated => repeated?,
            };
            match work.finish(write).await {
                Err(error) if error.kind() == Kind::Conflict && attempts > 0 => {}
                finished => {
                    self.record.replace(finished?.0);
                    self.done.borrow_mut().settle(again, false);
                    return Ok(true);
                }
            }
        }
    }

    /// Stores what `make` makes of the line of a message, and gives the message.
    async fn rewrite(
        &self,
        at: At,
        patch: Option<&Document>,
        write: Write,
        make: impl Fn(&[u8], Dialect) -> Result<Vec<u8>>,
    ) -> Result<String> {
        let rewrite = async |work: &mut Work<'_>, index: u64| {
            let (id, line) = work.rewrite(index, &make).await?;
            work.told(&line, index, id)
        };
        self.work(Where::Message(at), write, patch, rewrite).await
    }

    /// Makes a change at a place of the chat as it is now. Where the place means the same
    /// whatever others write, it is made once more after somebody was faster.
    pub(super) async fn work<T>(
        &self,
        place: Where,
        write: Write,
        patch: Option<&Document>,
        make: impl AsyncFn(&mut Work<'_>, u64) -> Result<T>,
    ) -> Result<T> {
        let seen = match (place, write.if_rev) {
            (Where::Message(At::Index(_)), None) => Some(self.record().rev),
            (_, rev) => rev,
        };
        if self.recall(seen)
            && let Ok((mut work, made)) = self.prepare(place, &make).await
        {
            work.change.on_recent();
            match work.finish(write).await {
                // What others wrote since is read below.
                Err(error) if matches!(error.kind(), Kind::Conflict | Kind::NotFound) => {}
                finished => {
                    self.settle(finished?);
                    return Ok(made);
                }
            }
        }
        let mut attempts = ATTEMPTS;
        loop {
            attempts -= 1;
            match (seen, place) {
                (Some(seen), Where::Message(at)) => self.refresh_unchanged(seen, at, patch).await?,
                _ => self.refresh().await?,
            }
            let rev = self.record().rev;
            let (work, made) = match self.prepare(place, &make).await {
                Err(error) if attempts > 0 && self.has_moved(rev, &error).await => continue,
                prepared => prepared?,
            };
            match work.finish(write).await {
                Err(error) if error.kind() == Kind::Conflict && seen.is_none() && attempts > 0 => {}
                finished => {
                    self.settle(finished?);
                    return Ok(made);
                }
            }
        }
    }

    /// Goes on from the chat as it was read or written here last, whichever tab has it now, when
    /// that is what the caller saw.
    fn recall(&self, seen: Option<u64>) -> bool {
        let recent = self.keep.store().recent(Domain::Chats.name(), &self.id);
        let as_seen = |record: &Record| seen.is_none_or(|seen| seen == record.rev);
        match recent.filter(|record| record.trashed_ms.is_none() && as_seen(record)) {
            Some(record) => {
                self.record.replace(record);
                true
            }
            None => false,
        }
    }

    /// A change of the chat as it was read last, made and not stored yet.
    async fn prepare<T>(
        &self,
        place: Where,
        make: &impl AsyncFn(&mut Work<'_>, u64) -> Result<T>,
    ) -> Result<(Work<'_>, T)> {
        let mut work = self.begin_work()?;
        let index = match place {
            Where::End => work.len(),
            Where::Message(At::Index(index)) => index,
            Where::Message(At::Id(id)) => match work.log.position(id).await? {
                Some(index) => index,
                None => return Err(self.gone(id)),
            },
        };
        let made = make(&mut work, index).await?;
        work.look_at_end().await?;
        Ok((work, made))
    }

    /// Goes on from a change that is stored.
    fn settle(&self, (record, steps): (Record, Vec<Step>)) {
        self.record.replace(record);
        self.done.borrow_mut().add(steps);
    }

    /// The whole chat as a file.
    ///
    /// # Errors
    /// `not-found`, `corrupt`, and what the medium reports.
    pub async fn bytes(&self) -> Result<Vec<u8>> {
        let (header, records) = self.whole().await?;
        Ok([header.unwrap_or_default(), records.concat()].concat())
    }

    /// The whole chat as another tool's file, or as a page or a text. For SillyTavern a chat
    /// without header gets the one that its group has for it.
    ///
    /// # Errors
    /// As [`Chat::bytes`].
    pub async fn export(&self, form: chat::Form) -> Result<Written> {
        let (mut header, records) = self.whole().await?;
        let records = records.iter().map(Vec::as_slice);
        let dialect = self.body()?.dialect()?;
        let group = self.record().parts.get(GROUP).cloned();
        if let (None, Some(part), chat::Form::SillyTavern) = (&header, group, form) {
            let metadata = self.keep.store().part(&part).await?;
            header = chat::write_group_header(&String::from_utf8_lossy(&metadata));
        }
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
        const AT_ONCE: u64 = 4096;
        let read = async |body: &Body| {
            let part = self.record().parts.get("header").cloned();
            let header = match part {
                Some(part) => Some(self.keep.store().part(&part).await?),
                None => None,
            };
            let log = self.log(body);
            let mut records = Vec::new();
            for from in (0..body.manifest.len()).step_by(AT_ONCE as usize) {
                records.extend(log.records(from, from + AT_ONCE).await?);
            }
            Ok((header, records))
        };
        Ok(self.read(read).await?.1)
    }

    pub(super) fn record(&self) -> Ref<'_, Record> {
        self.record.borrow()
    }

    /// What a reading of the chat gives, and the body it was read by. The chat as it is known is
    /// read while its row is asked whether that is so still.
    pub(super) async fn read<T>(
        &self,
        read: impl AsyncFn(&Body) -> Result<T>,
    ) -> Result<(Body, T)> {
        self.recall(None);
        let known = |record: Ref<'_, Record>| (record.rev, record.body.clone());
        let before = known(self.record());
        if let Ok(body) = self.body() {
            let (refreshed, told) = both(self.refresh(), read(&body)).await;
            refreshed?;
            if let Ok(told) = told
                && before == known(self.record())
            {
                return Ok((body, told));
            }
        }
        self.steady(read).await
    }

    /// What a reading of the chat gives as it is now, and the body it was read by.
    pub(super) async fn steady<T>(
        &self,
        read: impl AsyncFn(&Body) -> Result<T>,
    ) -> Result<(Body, T)> {
        let mut attempts = ATTEMPTS;
        loop {
            attempts -= 1;
            self.refresh().await?;
            let (rev, body) = (self.record().rev, self.body()?);
            match read(&body).await {
                Err(error) if attempts > 0 && self.has_moved(rev, &error).await => {}
                read => return Ok((body, read?)),
            }
        }
    }

    /// Whether pages are missing because another tab has written to the chat since its row was
    /// read: a tail that is sealed goes at once.
    async fn has_moved(&self, rev: u64, error: &Error) -> bool {
        if error.kind() != Kind::Corrupt {
            return false;
        }
        let found = self.keep.record(Domain::Chats, &self.id).await;
        found.is_ok_and(|record| record.rev != rev)
    }

    pub(super) async fn refresh(&self) -> Result<()> {
        let record = self.keep.record(Domain::Chats, &self.id).await?;
        self.record.replace(record);
        Ok(())
    }

    /// Positions mean what the caller saw, so the chat must still be that one.
    async fn refresh_unchanged(&self, seen: u64, at: At, patch: Option<&Document>) -> Result<()> {
        let found = self
            .keep
            .record_at(Domain::Chats, &self.id, Some(seen))
            .await;
        match found {
            Err(error) if error.kind() == Kind::Conflict => {
                // The next call sees the new state; this one must not act on old positions.
                self.refresh().await?;
                Err(error.between(self.sides(seen, at, patch).await))
            }
            found => found.map(|record| drop(self.record.replace(record))),
        }
    }

    /// The message at a place as the caller saw it, as the patch makes it, and as it is
    /// now; what cannot be read is left out.
    async fn sides(&self, seen: u64, at: At, patch: Option<&Document>) -> Sides {
        let domain = Domain::Chats.name();
        let version = self.keep.store().said(domain, &self.id, seen).await;
        let base = match version.ok().flatten() {
            Some(version) => self.line(Body::of(&version), at).await,
            None => None,
        };
        let theirs = self.line(self.body(), at).await;
        let dialect = self.body().and_then(|body| body.dialect());
        let tell = |(place, line): &(Place, Vec<u8>)| {
            let dialect = dialect.as_ref().ok()?;
            chat::message(line, *place, *dialect, &self.limits).ok()
        };
        let mine = match (base.as_ref().or(theirs.as_ref()), patch, &dialect) {
            (Some((place, line)), Some(patch), Ok(dialect)) => {
                let edited = chat::edit_line(line, patch, *dialect).ok();
                edited.map(|line| (*place, line))
            }
            _ => None,
        };
        Sides {
            base: base.as_ref().and_then(tell),
            mine: mine.as_ref().and_then(tell),
            theirs: theirs.as_ref().and_then(tell),
        }
    }

    /// The line of one message.
    async fn line(&self, body: Result<Body>, at: At) -> Option<(Place, Vec<u8>)> {
        let body = body.ok()?;
        let log = self.log(&body);
        let index = match at {
            At::Index(index) => index,
            At::Id(id) => log.position(id).await.ok()??,
        };
        let records = log.numbered(index, index + 1).await.ok()?;
        let record = records.first()?;
        let place = Place {
            index: index as i64,
            id: Some(record.id),
        };
        Some((place, chat::record_line(&record.bytes).to_vec()))
    }

    pub(super) fn gone(&self, id: u64) -> Error {
        let detail = format!("there is no message with the id {id}");
        Kind::NotFound
            .because(detail)
            .of(Domain::Chats.name(), &self.id)
    }

    pub(super) fn body(&self) -> Result<Body> {
        Body::of(&self.record())
    }

    /// A change of the chat as it was read last.
    pub(super) fn begin_work(&self) -> Result<Work<'_>> {
        Work::of(&self.keep, self.record().clone(), self.log(&self.body()?))
    }

    pub(super) fn log<'a>(&'a self, body: &Body) -> Log<'a> {
        Log::of(
            self.keep.store(),
            &self.id,
            body.manifest.clone(),
            &self.cache,
        )
    }
}
