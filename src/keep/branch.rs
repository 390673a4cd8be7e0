//! Branches: a chat that begins as another one did, up to a message, and goes on by itself.
//!
//! A branch shares the stored messages with the chat it comes from, so it costs the same at
//! any length. The branch says where it comes from; what branches off a chat is looked up by
//! that. Neither changes when the other one does. A checkpoint is a branch with a name that
//! both chats tell, in the words that SillyTavern has for it.

use super::chat::{At, Chat, Where};
use super::chat_row::{self, Body, GROUP, GROUP_FILE, short, summarize};
use super::chats::Chats;
use super::domain::{Domain, newest_first};
use super::links::Links;
use super::work::Work;
use crate::chat::{self, Dialect};
use crate::codec;
use crate::error::{Kind, Limits, Result};
use crate::store::{History, Record, Write};
use serde_json::{Value, json};
use std::collections::HashSet;

/// Chats of one tree at most, for one that was made to have no end.
const MOST: usize = 10_000;

impl Chat {
    /// Makes a chat of the messages up to and with one, and gives its entry.
    /// Without a title it is called as this one, with the number of the branch.
    ///
    /// # Errors
    /// `not-found` when there is no such message or the chat was deleted, `invalid` for a title
    /// that is empty or too long, `corrupt`, and what the medium reports.
    pub async fn branch(&self, at: impl Into<At>, title: Option<&str>) -> Result<Value> {
        let at = at.into();
        let grow = async |_: &Body| {
            let mut work = self.begin_work()?;
            let index = match at {
                At::Index(index) => index,
                At::Id(id) => work.log.position(id).await?.ok_or_else(|| self.gone(id))?,
            };
            let trunk = self.record().clone();
            let title = match title {
                Some(title) => match chat_row::title(title)? {
                    "" => return Err(Kind::Invalid.because("the title is empty")),
                    title => title.to_owned(),
                },
                None => {
                    let found = self.keep.store().find(&key(&trunk.id)).await?;
                    let number = found.records.len() + 1;
                    format!("{} - Branch #{number}", trunk.head_text("title"))
                }
            };
            let record = self.grow(&mut work, index, &title).await?;
            Ok((record, work.change))
        };
        let (_, (record, mut change)) = self.steady(grow).await?;
        change.durable().write(record, History::Skip);
        Ok(chat_row::entry(&self.keep.commit_one(change).await?))
    }

    /// Makes a branch with a name, which the message tells in `extra.bookmark_link`, as the
    /// branch's header tells this chat's title in `chat_metadata.main_chat`. Gives the entry
    /// of the branch. The state before becomes a version.
    ///
    /// # Errors
    /// `invalid` for an empty name, else as [`Chat::edit`].
    pub async fn checkpoint(
        &self,
        at: impl Into<At>,
        title: &str,
        write: impl Into<Write>,
    ) -> Result<Value> {
        let title = chat_row::title(title)?;
        if title.is_empty() {
            return Err(Kind::Invalid.because("a checkpoint has a name"));
        }
        let make = async |work: &mut Work<'_>, index: u64| {
            let mut record = self.grow(work, index, title).await?;
            record.head["checkpoint"] = true.into();
            let header = work.header().await?;
            let main = work.record.head_text("title");
            if let Some(header) = chat::name_main_chat(&header, main, &Limits::default()) {
                let part = work.change.add_part(&header);
                record.parts.insert("header".into(), part);
            }
            let mark = |line: &[u8], _: Dialect| chat::mark_line(line, title);
            work.rewrite(index, mark).await?;
            let id = record.id.clone();
            work.change.durable().write(record, History::Skip);
            Ok(id)
        };
        let at = Where::Message(at.into());
        let id = self.work(at, write.into(), None, make).await?;
        let record = self.keep.record(Domain::Chats, &id).await?;
        Ok(chat_row::entry(&record))
    }

    /// How many chats branch off this one.
    pub(super) async fn branch_count(&self) -> Result<usize> {
        let found = self.keep.store().find(&key(&self.id)).await?.records;
        let there = found.iter().filter(|record| record.trashed_ms.is_none());
        Ok(there.count())
    }

    /// The record of a branch whose messages are staged.
    async fn grow(&self, work: &mut Work<'_>, index: u64, title: &str) -> Result<Record> {
        let (message, last) = work.at(index).await?;
        let mut body = self.body()?;
        body.file = None;
        let trunk = &work.record;
        let now = self.keep.store().now();
        let mut record = Record::new(Domain::Chats.name(), &codec::new_id(now), now);
        record.head = json!({
            "title": short(title),
            "dialect": trunk.head["dialect"],
            "parent": { "id": trunk.id, "at": index, "message": message },
        });
        if trunk.head["template"].is_string() {
            record.head["template"] = trunk.head["template"].clone();
        }
        record.by = vec![key(&trunk.id)];
        Links::of(trunk).put(&mut record);
        for name in ["header", "template", GROUP, GROUP_FILE] {
            let part = trunk.parts.get_key_value(name);
            record
                .parts
                .extend(part.map(|(name, part)| (name.clone(), part.clone())));
        }
        body.manifest = work.log.head(index + 1, &mut work.change).await?;
        let end = work.log.records(index, index + 1).await?;
        body.open_end = end.first().and_then(|end| end.last()) != Some(&b'\n');
        summarize(&mut record, &body, Some(&last))?;
        Ok(record)
    }
}

impl Chats {
    /// The entries of the chats that branch off a chat, newest change first.
    ///
    /// # Errors
    /// What the medium reports.
    pub async fn branches(&self, id: &str) -> Result<Value> {
        Ok(self
            .grown_from(id)
            .await?
            .iter()
            .map(chat_row::entry)
            .collect())
    }

    /// The whole tree that a chat stands in: `[{ depth, ...entry }]`, the chat that everything
    /// comes from first, each chat before its branches, the branches in the order of their places.
    ///
    /// # Errors
    /// `not-found`, and what the medium reports.
    pub async fn tree(&self, id: &str) -> Result<Value> {
        let mut root = self.keep.record(Domain::Chats, id).await?;
        let mut seen = HashSet::from([root.id.clone()]);
        while let Some(parent) = root.head["parent"]["id"].as_str() {
            // What is deleted or in a circle is no parent.
            match self.keep.store().get(Domain::Chats.name(), parent).await? {
                Some(parent) if parent.trashed_ms.is_none() && seen.insert(parent.id.clone()) => {
                    root = parent;
                }
                _ => break,
            }
        }
        let mut seen = HashSet::from([root.id.clone()]);
        let mut waiting = vec![(0, root)];
        let mut tree: Vec<Value> = Vec::new();
        while let Some((depth, record)) = waiting.pop() {
            if tree.len() == MOST {
                break;
            }
            let mut entry = chat_row::entry(&record);
            entry["depth"] = depth.into();
            tree.push(entry);
            let mut branches = self.grown_from(&record.id).await?;
            branches.retain(|branch| seen.insert(branch.id.clone()));
            crate::order::sort_by(&mut branches, |a, b| {
                let place = |record: &Record| record.head["parent"]["at"].as_u64();
                (place(b), &b.id).cmp(&(place(a), &a.id))
            });
            waiting.extend(branches.into_iter().map(|branch| (depth + 1, branch)));
        }
        Ok(tree.into())
    }

    /// The chats that branch off a chat and are not in the trash, newest change first.
    async fn grown_from(&self, id: &str) -> Result<Vec<Record>> {
        let mut records = self.keep.store().find(&key(id)).await?.records;
        records.retain(|record| record.trashed_ms.is_none());
        newest_first(&mut records);
        Ok(records)
    }
}

fn key(trunk: &str) -> String {
    format!("chats/parent/{trunk}")
}
