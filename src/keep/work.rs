//! A change of an open chat in the making: what is done to its messages, staged on its log,
//! and how it is undone.
//!
//! Every change of messages is made of three steps: one is put in, one is taken out, or one
//! gets another line. A step names messages by their numbers, so that it can be undone after
//! others were changed. Knows lines and newlines, and nothing of what a line says.

use super::Keep;
use super::chat_row::{Body, summarize};
use super::log::Log;
use super::log::Numbered;
use crate::chat::{self, Dialect, Place};
use crate::error::{Error, Kind, Limits, Result};
use crate::store::{Change, History, Record, Write};

/// Changes that can be undone at most …
const MOST_STEPS: usize = 200;
/// … and bytes of their lines.
const MOST_BYTES: usize = 4 << 20;

/// One step of a change.
#[derive(Debug, Clone)]
pub(super) enum Step {
    /// A message was put in.
    Put {
        id: u64,
        behind: Behind,
        line: Vec<u8>,
    },
    /// A message was taken out.
    Take {
        id: u64,
        behind: Behind,
        line: Vec<u8>,
    },
    /// A message got another line.
    Line {
        id: u64,
        before: Vec<u8>,
        after: Vec<u8>,
    },
}

/// Where a message stands.
#[derive(Debug, Clone, Copy)]
pub(super) enum Behind {
    /// First.
    Nothing,
    /// Behind the message of this number, which stood before this index.
    Message(u64, u64),
    /// Last.
    All,
}

impl Step {
    /// The step that makes this one as if it had not been.
    fn inverse(&self) -> Step {
        match self.clone() {
            Step::Put { id, behind, line } => Step::Take { id, behind, line },
            Step::Take { id, behind, line } => Step::Put { id, behind, line },
            Step::Line { id, before, after } => Step::Line {
                id,
                before: after,
                after: before,
            },
        }
    }

    fn bytes(&self) -> usize {
        match self {
            Step::Put { line, .. } | Step::Take { line, .. } => line.len(),
            Step::Line { before, after, .. } => before.len() + after.len(),
        }
    }
}

/// What was done through an open chat, and what of it was undone.
#[derive(Debug, Default)]
pub(super) struct Done {
    done: Vec<Vec<Step>>,
    undone: Vec<Vec<Step>>,
}

impl Done {
    /// Remembers a change. What was undone before cannot be done again then.
    pub(super) fn add(&mut self, steps: Vec<Step>) {
        if steps.is_empty() {
            return;
        }
        self.undone.clear();
        self.done.push(steps);
        let size = |steps: &Vec<Step>| steps.iter().map(Step::bytes).sum::<usize>();
        let mut bytes: usize = self.done.iter().map(size).sum();
        let mut gone = 0;
        while self.done.len() - gone > MOST_STEPS || bytes > MOST_BYTES {
            bytes -= size(&self.done[gone]);
            gone += 1;
        }
        self.done.drain(..gone);
    }

    /// The steps that undo the last change, or do again what was undone last.
    pub(super) fn next(&self, again: bool) -> Option<Vec<Step>> {
        match again {
            true => self.undone.last().cloned(),
            false => {
                let steps = self.done.last()?;
                Some(steps.iter().rev().map(Step::inverse).collect())
            }
        }
    }

    /// Those steps were made; or, with `forget`, they never can be.
    pub(super) fn settle(&mut self, again: bool, forget: bool) {
        let (from, to) = match again {
            true => (&mut self.undone, &mut self.done),
            false => (&mut self.done, &mut self.undone),
        };
        match from.pop() {
            Some(steps) if !forget => to.push(steps),
            _ => {}
        }
    }
}

/// An open chat with a change of it.
pub(super) struct Work<'a> {
    keep: &'a Keep,
    pub record: Record,
    body: Body,
    /// What stands before the first message, when it is another one by this change.
    header: Option<Vec<u8>>,
    pub dialect: Dialect,
    pub log: Log<'a>,
    pub change: Change,
    pub steps: Vec<Step>,
    /// Kept when something is lost by the change.
    history: History,
    /// The last record, when it was put there.
    last: Option<Vec<u8>>,
}

impl<'a> Work<'a> {
    /// Begins a change of the chat as it was read last.
    pub(super) fn of(keep: &'a Keep, record: Record, log: Log<'a>) -> Result<Work<'a>> {
        let body = Body::of(&record)?;
        Ok(Work {
            keep,
            record,
            dialect: body.dialect()?,
            log,
            body,
            header: None,
            change: Change::new(),
            steps: Vec::new(),
            history: History::Skip,
            last: None,
        })
    }

    /// Number of messages.
    pub(super) fn len(&self) -> u64 {
        self.log.manifest.len()
    }

    /// What a line says, as it stands at a place.
    pub(super) fn told(&self, line: &[u8], index: u64, id: u64) -> Result<String> {
        let place = Place {
            index: index as i64,
            id: Some(id),
        };
        chat::message(line, place, self.dialect, &Limits::default())
    }

    /// The message at a position: its number and its line.
    pub(super) async fn at(&self, index: u64) -> Result<(u64, Vec<u8>)> {
        let found = self.log.numbered(index, index + 1).await?;
        let found = found.first().ok_or_else(|| self.missing(index))?;
        Ok((found.id, chat::record_line(&found.bytes).to_vec()))
    }

    /// Puts messages at the end and gives their numbers.
    pub(super) async fn append(&mut self, lines: Vec<Vec<u8>>) -> Result<Vec<u64>> {
        let newline = self.body.newline.as_bytes();
        // A file that ends without a newline goes on without one, and one with keeps it.
        let record = |line: &Vec<u8>| match self.body.open_end {
            true => [newline, line].concat(),
            false => [line, newline].concat(),
        };
        let records: Vec<Vec<u8>> = lines.iter().map(record).collect();
        self.last = records.last().cloned();
        let first = self.log.manifest.next_id();
        self.log.append(records, &mut self.change).await?;
        let ids: Vec<u64> = (first..).take(lines.len()).collect();
        for (line, id) in lines.into_iter().zip(&ids) {
            let behind = Behind::All;
            self.steps.push(Step::Put {
                id: *id,
                behind,
                line,
            });
        }
        Ok(ids)
    }

    /// Stores what `make` makes of the line of a message, and gives it.
    pub(super) async fn rewrite(
        &mut self,
        index: u64,
        make: impl FnOnce(&[u8], Dialect) -> Result<Vec<u8>>,
    ) -> Result<(u64, Vec<u8>)> {
        let (dialect, mut step) = (self.dialect, None);
        let edit = |records: &mut Vec<Numbered>, at: usize| {
            let record = &mut records[at];
            let before = chat::record_line(&record.bytes).to_vec();
            let after = make(&before, dialect)?;
            record.bytes = chat::replace_line(&record.bytes, &after);
            step = Some((record.id, before, after));
            Ok(())
        };
        self.log.edit_segment(index, &mut self.change, edit).await?;
        let (id, before, after) = step.ok_or_else(|| self.missing(index))?;
        self.history = History::Keep;
        self.steps.push(Step::Line {
            id,
            before,
            after: after.clone(),
        });
        Ok((id, after))
    }

    /// Stores what `make` makes of the lines of the messages `from..=to`, and gives how many it
    /// made another of. Every segment is written once.
    pub(super) async fn rewrite_to(
        &mut self,
        from: u64,
        to: u64,
        make: impl Fn(&[u8], Dialect) -> Result<Vec<u8>>,
    ) -> Result<u64> {
        if to < from {
            let detail = format!("message {to} stands before message {from}");
            return Err(Kind::Invalid.because(detail).of("chats", self.log.chat));
        }
        if to >= self.len() {
            return Err(self.missing(to));
        }
        let (dialect, steps) = (self.dialect, self.steps.len());
        let mut index = from;
        while index <= to {
            let most = (to - index + 1) as usize;
            let (mut seen, mut lines) = (0, Vec::new());
            let edit = |records: &mut Vec<Numbered>, at: usize| {
                for record in records.iter_mut().skip(at).take(most) {
                    seen += 1;
                    let before = chat::record_line(&record.bytes).to_vec();
                    let after = make(&before, dialect)?;
                    if after != before {
                        record.bytes = chat::replace_line(&record.bytes, &after);
                        let id = record.id;
                        lines.push(Step::Line { id, before, after });
                    }
                }
                Ok(())
            };
            self.log.edit_segment(index, &mut self.change, edit).await?;
            self.steps.append(&mut lines);
            index += seen;
        }
        self.history = History::Keep;
        Ok((self.steps.len() - steps) as u64)
    }

    /// Takes a message out and gives its number and line. Lines that could not be read stay
    /// where they are.
    pub(super) async fn take(&mut self, index: u64) -> Result<(u64, Vec<u8>)> {
        let before = self.log.numbered(index.saturating_sub(1), index).await?;
        let behind = match before.first() {
            Some(record) => Behind::Message(record.id, index),
            None => Behind::Nothing,
        };
        let (mut taken, mut homeless, mut bare) = (None, Vec::new(), false);
        let edit = |records: &mut Vec<Numbered>, at: usize| {
            let (record, rest) = remove(records, at);
            homeless = rest;
            bare = !is_begun(&record.bytes) && record.bytes.last() != Some(&b'\n');
            taken = Some((record.id, chat::record_line(&record.bytes).to_vec()));
            Ok(())
        };
        self.log.edit_segment(index, &mut self.change, edit).await?;
        if !homeless.is_empty() {
            self.extend_header(&homeless).await?;
        }
        if bare && index < self.len() {
            self.part_by_one(index).await?;
        }
        let (id, line) = taken.ok_or_else(|| self.missing(index))?;
        self.history = History::Keep;
        self.steps.push(Step::Take {
            id,
            behind,
            line: line.clone(),
        });
        Ok((id, line))
    }

    /// Where a message went that had no newline of its own, since those around it had them: leaves
    /// one of the two that meet.
    async fn part_by_one(&mut self, index: u64) -> Result<()> {
        let before = self.log.records(index.saturating_sub(1), index).await?;
        let ended = match before.first() {
            Some(record) => record.last() == Some(&b'\n'),
            None => self.header().await?.last() == Some(&b'\n'),
        };
        if !ended {
            return Ok(());
        }
        let edit = |records: &mut Vec<Numbered>, at: usize| {
            let bytes = &mut records[at].bytes;
            if is_begun(bytes) {
                let end = memchr::memchr(b'\n', bytes).map_or(0, |at| at + 1);
                bytes.drain(..end);
            }
            Ok(())
        };
        self.log.edit_segment(index, &mut self.change, edit).await
    }

    /// Puts a message before the one at a position, or at the end, under its number or a new
    /// one, and gives the number.
    pub(super) async fn put(&mut self, index: u64, line: Vec<u8>, id: Option<u64>) -> Result<u64> {
        let length = self.len();
        if index > length {
            return Err(self.missing(index));
        }
        if index == length && id.is_none() {
            let ids = self.append(vec![line]).await?;
            return ids
                .first()
                .copied()
                .ok_or_else(|| Kind::Bug.because("one message was appended and has no number"));
        }
        self.log.settle(&mut self.change).await?;
        let id = id.unwrap_or_else(|| self.log.manifest.take_id());
        let newline = self.body.newline.clone().into_bytes();
        let around = self
            .log
            .numbered(index.saturating_sub(1), index + 1)
            .await?;
        let (before, next) = around.split_at(usize::from(index > 0).min(around.len()));
        let ended = match before.first() {
            Some(record) => record.bytes.last() == Some(&b'\n'),
            None => self
                .header()
                .await?
                .last()
                .is_none_or(|last| *last == b'\n'),
        };
        let begun = match next.first() {
            Some(record) => is_begun(&record.bytes),
            None => self.body.open_end,
        };
        // Lines are told apart by one newline, whichever of the two has it.
        let mut bytes = line.clone();
        if !ended {
            bytes.splice(0..0, newline.iter().copied());
        }
        if !begun {
            bytes.extend_from_slice(&newline);
        }
        let record = Numbered { id, bytes };
        if length == 0 {
            self.log.push(vec![record], &mut self.change).await?;
        } else {
            let edit = |records: &mut Vec<Numbered>, at: usize| {
                records.insert(at + usize::from(index == length), record);
                Ok(())
            };
            let beside = index.min(length - 1);
            self.log
                .edit_segment(beside, &mut self.change, edit)
                .await?;
        }
        let behind = match before.first() {
            Some(record) => Behind::Message(record.id, index),
            None => Behind::Nothing,
        };
        self.history = History::Keep;
        self.steps.push(Step::Put { id, behind, line });
        Ok(id)
    }

    /// Makes steps that were made or undone before.
    ///
    /// # Errors
    /// `conflict` when a message is not what the step found or left.
    pub(super) async fn repeat(&mut self, steps: &[Step]) -> Result<()> {
        let mut rest = steps;
        while let Some(step) = rest.first() {
            let mut made = 1;
            match step {
                Step::Line { id, before, after } => {
                    let index = self.unchanged(*id, before).await?;
                    self.rewrite(index, |_, _| Ok(after.clone())).await?;
                }
                Step::Take { .. } => made = self.take_all(rest).await?,
                Step::Put { id, behind, line } => {
                    if self.log.position(*id).await?.is_some() {
                        return Err(self.another("the message is there already"));
                    }
                    let index = match behind {
                        Behind::Nothing => 0,
                        Behind::All => self.len(),
                        Behind::Message(before, index) => {
                            match self.log.position(*before).await? {
                                Some(index) => index + 1,
                                // Somebody took that one out: it comes to where it stood.
                                None => (*index).min(self.len()),
                            }
                        }
                    };
                    self.put(index, line.clone(), Some(*id)).await?;
                    made += self.put_all(&rest[1..]).await?;
                }
            }
            rest = &rest[made..];
        }
        Ok(())
    }

    /// Makes the first of some steps, and those behind it that take messages of the same
    /// segment out, so that it is written once. Gives how many were made.
    async fn take_all(&mut self, steps: &[Step]) -> Result<usize> {
        let Some(Step::Take { id, line, .. }) = steps.first() else {
            return Ok(0);
        };
        let index = self.unchanged(*id, line).await?;
        let (mut made, mut homeless) = (0, Vec::new());
        let edit = |records: &mut Vec<Numbered>, at: usize| {
            let mut next = Some(at);
            while let Some(at) = next {
                homeless = remove(records, at).1;
                made += 1;
                next = match steps.get(made) {
                    Some(Step::Take { id, line, .. }) => records.iter().position(|record| {
                        record.id == *id && chat::record_line(&record.bytes) == line
                    }),
                    _ => None,
                };
            }
            Ok(())
        };
        self.log.edit_segment(index, &mut self.change, edit).await?;
        if !homeless.is_empty() {
            self.extend_header(&homeless).await?;
        }
        self.history = History::Keep;
        Ok(made)
    }

    /// Makes those of some steps, up to the first other one, that put messages at the end,
    /// where one was just put. Gives how many were made.
    async fn put_all(&mut self, steps: &[Step]) -> Result<usize> {
        let length = self.len();
        let last = self.log.records(length.saturating_sub(1), length).await?;
        let mut ended = last.first().and_then(|last| last.last()) == Some(&b'\n');
        let newline = self.body.newline.as_bytes();
        let mut records = Vec::new();
        for step in steps {
            let Step::Put {
                id,
                behind: Behind::All,
                line,
            } = step
            else {
                break;
            };
            if self.log.position(*id).await?.is_some() {
                return Err(self.another("the message is there already"));
            }
            let before = if ended { &[][..] } else { newline };
            ended = !self.body.open_end;
            let behind = if ended { newline } else { &[][..] };
            records.push(Numbered {
                id: *id,
                bytes: [before, line, behind].concat(),
            });
        }
        let made = records.len();
        if made > 0 {
            self.log.push(records, &mut self.change).await?;
        }
        Ok(made)
    }

    /// Where a message is, if it still has this line.
    async fn unchanged(&self, id: u64, line: &[u8]) -> Result<u64> {
        let Some(index) = self.log.position(id).await? else {
            return Err(self.another("the message is not there any more"));
        };
        match self.at(index).await? {
            (_, found) if found == line => Ok(index),
            _ => Err(self.another("the message was changed since")),
        }
    }

    /// Reads what the row tells of the chat's end, before anything is stored.
    pub(super) async fn look_at_end(&mut self) -> Result<()> {
        let length = self.len();
        if self.history == History::Keep {
            let last = self.log.records(length.saturating_sub(1), length).await?;
            self.last = last.into_iter().next();
            let end = match &self.last {
                Some(record) => record.last().copied(),
                None => self.header().await?.last().copied(),
            };
            self.body.open_end = end.is_some_and(|end| end != b'\n');
        }
        Ok(())
    }

    /// Stores the change.
    pub(super) async fn finish(mut self, write: Write) -> Result<(Record, Vec<Step>)> {
        self.change.asked(write);
        self.body.manifest = self.log.manifest;
        summarize(&mut self.record, &self.body, self.last.as_deref())?;
        self.change.write(self.record, self.history);
        let mut written = self.keep.commit(self.change).await?;
        let own = written
            .iter()
            .position(|record| record.id == self.log.chat && record.domain == "chats");
        let own = own.ok_or_else(|| Kind::Bug.because("a changed chat was not written"))?;
        Ok((written.swap_remove(own), self.steps))
    }

    /// What stands before the first message.
    pub(super) async fn header(&self) -> Result<Vec<u8>> {
        match (&self.header, self.record.parts.get("header")) {
            (Some(header), _) => Ok(header.clone()),
            (None, Some(part)) => self.keep.store().part(part).await,
            (None, None) => Ok(Vec::new()),
        }
    }

    /// Lines that cannot be read and have no message beside them any more stand behind the header.
    async fn extend_header(&mut self, lines: &[u8]) -> Result<()> {
        let mut header = self.header().await?;
        header.extend_from_slice(lines);
        let part = self.change.add_part(&header);
        self.record.parts.insert("header".into(), part);
        self.header = Some(header);
        Ok(())
    }

    fn missing(&self, index: u64) -> Error {
        let detail = format!("message {index} of {}", self.len());
        Kind::NotFound.because(detail).of("chats", self.log.chat)
    }

    fn another(&self, detail: &str) -> Error {
        Kind::Conflict.because(detail).of("chats", self.log.chat)
    }
}

/// Whether a record has the newline that ends the line before it.
fn is_begun(record: &[u8]) -> bool {
    matches!(record.first(), Some(b'\n' | b'\r'))
}

/// Takes a record out. The lines in it that could not be read go to the one before or behind
/// it; without one they are given.
fn remove(records: &mut Vec<Numbered>, at: usize) -> (Numbered, Vec<u8>) {
    let record = records.remove(at);
    let rest = chat::remove_line(&record.bytes);
    if rest.is_empty() {
        return (record, rest);
    }
    match at.checked_sub(1) {
        Some(before) => records[before].bytes.extend_from_slice(&rest),
        None => match records.first_mut() {
            Some(next) => drop(next.bytes.splice(0..0, rest)),
            None => return (record, rest),
        },
    }
    (record, Vec::new())
}
