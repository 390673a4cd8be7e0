//! Worlds as folder trees in archives: the state, its chats, and what lies beside them.
//!
//! Files that no other tool has a place for rest as parts of the world's row, under their paths,
//! and go out again as they came.

use super::chat_import::ChatImport;
use super::chats::ChatFilter;
use super::domain::Domain;
use super::worlds::{FILE, Worlds};
use super::{Exported, Keep, filename, world_cards, world_parts};
use crate::chat;
use crate::codec;
use crate::container::{png, zip};
use crate::error::{Kind, Limits, Result, Warning};
use crate::store::{Change, History, Record, Write};
use crate::world::tree::{self, Chat, Tree};
use serde_json::{Value, json};
use std::collections::HashMap;

impl Worlds {
    /// Keeps what an archive holds of a world: its tree, or its cards. The world comes under a new
    /// id, its chats are linked to it; all of it is kept or nothing. What is no chat stays beside
    /// the world. Gives its record and what was odd.
    ///
    /// # Errors
    /// Those of [`tree::read`] and [`world_cards::read`], and what the medium reports.
    pub(super) async fn add_archive(
        &self,
        bytes: &[u8],
        file: String,
        limits: &Limits,
    ) -> Result<(Record, Vec<Warning>)> {
        let transaction = self.keep.begin();
        let added = taken(transaction.keep(), bytes, file, limits).await;
        let added = match added {
            Ok(added) => transaction.commit(Write::default()).await.map(|()| added),
            Err(error) => Err(error),
        };
        if added.is_err() {
            transaction.abandon();
        }
        added
    }

    /// A world as a tree in an archive: the chats that are linked to it are in it, and of what came
    /// beside it everything.
    ///
    /// # Errors
    /// `not-found`, `corrupt`, `too-large`, and what the medium reports.
    pub async fn export_tree(&self, id: &str) -> Result<Exported> {
        let keep = &self.keep;
        let record = keep.record(Domain::Worlds, id).await?;
        let state = keep.document(&record).await?;
        let mut others = Vec::new();
        for (name, part) in &record.parts {
            if let Some(path) = name.strip_prefix(FILE) {
                others.push((path.to_owned(), keep.store().part(part).await?));
            }
        }
        let chats = self.chats_of(id).await?;
        let safe = |name: &str| stem(&filename::safe(name, "json"));
        Ok(Exported {
            filename: filename::safe(record.head_text("name"), "zip"),
            media_type: "application/zip",
            bytes: tree::write(&state, &chats, &others, &safe)?,
        })
    }

    /// The files that lie beside a world, such as pictures: `[{ path, bytes }]`.
    ///
    /// # Errors
    /// `not-found`, and what the medium reports.
    pub async fn files(&self, id: &str) -> Result<Value> {
        let record = self.keep.record(Domain::Worlds, id).await?;
        let files = record.parts.iter().filter_map(|(name, part)| {
            let path = name.strip_prefix(FILE)?;
            Some(json!({ "path": path, "bytes": part.bytes }))
        });
        Ok(files.collect())
    }

    /// A file beside a world, `None` when there is none at this path.
    ///
    /// # Errors
    /// `not-found` when there is no such world, `corrupt`, and what the medium reports.
    pub async fn file(&self, id: &str, path: &str) -> Result<Option<Vec<u8>>> {
        let record = self.keep.record(Domain::Worlds, id).await?;
        match record.parts.get(&format!("{FILE}{path}")) {
            Some(part) => self.keep.store().part(part).await.map(Some),
            None => Ok(None),
        }
    }

    /// Lays a file beside a world, or takes one away, and gives the entry. The state before becomes
    /// an older one.
    ///
    /// # Errors
    /// `invalid` for a path that leads out of the world's folder or is that of its state or a chat,
    /// `not-found`, `conflict`, `too-new`, and what the medium reports.
    pub async fn put_file(
        &self,
        id: &str,
        path: &str,
        bytes: Option<&[u8]>,
        write: Write,
    ) -> Result<Value> {
        if !tree::is_free(path) {
            let detail =
                "`path` leads out of the world's folder, or is that of its state or a chat";
            return Err(Kind::Invalid.because(detail));
        }
        let put = |record: &mut Record, change: &mut Change| {
            let name = format!("{FILE}{path}");
            match bytes {
                Some(bytes) => record.parts.insert(name, change.add_part(bytes)),
                None => record.parts.remove(&name),
            };
        };
        self.beside(id, write, &put).await
    }

    /// The chats of a world as files of its tree.
    async fn chats_of(&self, id: &str) -> Result<Vec<Chat>> {
        let chats = self.keep.chats();
        let mut files = Vec::new();
        let mut counts: HashMap<String, usize> = HashMap::new();
        for archived in [false, true] {
            let filter = ChatFilter {
                world: Some(id.to_owned()),
                archived,
                ..ChatFilter::default()
            };
            let listed = chats.list(&filter).await?;
            for entry in listed["items"].as_array().into_iter().flatten().rev() {
                let text = |key: &str| entry[key].as_str().unwrap_or_default();
                let place = match text("location") {
                    "" => "world",
                    place => place,
                };
                let bytes = match text("dialect") {
                    "world" => chats.export(text("id")).await?.bytes,
                    _ => {
                        let (file, _) = chats.export_as(text("id"), chat::Form::World).await?;
                        file.bytes
                    }
                };
                let place = stem(&filename::safe(place, "jsonl"));
                let count = counts.entry(place.clone()).or_default();
                files.push(Chat {
                    name: tree::chat_name(&place, *count),
                    location: place,
                    bytes,
                });
                *count += 1;
            }
        }
        Ok(files)
    }
}

async fn taken(
    keep: &Keep,
    bytes: &[u8],
    file: String,
    limits: &Limits,
) -> Result<(Record, Vec<Warning>)> {
    let archive = match png::is(bytes) {
        true => None,
        false => zip::read(bytes, limits, &mut Vec::new())?,
    };
    let cards = archive.as_ref();
    let cards = cards.and_then(|archive| Some((archive, world_cards::folder(archive)?)));
    let mut tree = match cards {
        Some((archive, folder)) => world_cards::read(keep, bytes, archive, folder, limits).await?,
        None if png::is(bytes) => world_cards::single(bytes, limits)?,
        None => tree::read(bytes, limits)?,
    };
    let mut warnings = std::mem::take(&mut tree.warnings);
    let (record, odd) = add(keep, &tree, file, limits).await?;
    warnings.extend(odd);
    Ok((record, warnings))
}

async fn add(
    keep: &Keep,
    tree: &Tree,
    file: String,
    limits: &Limits,
) -> Result<(Record, Vec<Warning>)> {
    let mut warnings = Vec::new();
    let mut chats = Vec::with_capacity(tree.chats.len());
    let mut others: Vec<(String, &[u8])> = Vec::new();
    let beside = tree.others.iter();
    others.extend(beside.map(|(path, bytes)| (path.clone(), &**bytes)));
    for chat in &tree.chats {
        match chat::read(&chat.bytes, limits) {
            Ok(_) => chats.push(chat),
            Err(error) => {
                let path = format!("chats/{}", chat.name);
                warnings.push(Warning::noticed(
                    "no-chat",
                    &*path,
                    error.detail().to_owned(),
                ));
                others.push((path, &chat.bytes));
            }
        }
    }
    let now = keep.store().now();
    let mut change = Change::new();
    let mut record = Record::new(Domain::Worlds.name(), &codec::new_id(now), now);
    record.by.push(file);
    world_parts::summarize(&mut record, &tree.state);
    world_parts::put(&mut record, &tree.state, &mut change);
    for (path, bytes) in others {
        let part = change.add_part(bytes);
        record.parts.insert(format!("{FILE}{path}"), part);
    }
    change.write(record, History::Skip);
    let record = keep.commit_one(change).await?;
    for chat in chats {
        let location = match chat.location.as_str() {
            "world" => None,
            named => Some(named.to_owned()),
        };
        let options = ChatImport {
            world: Some(record.id.clone()),
            location,
            limits: limits.clone(),
            again: true,
            ..ChatImport::default()
        };
        keep.chats()
            .import(&chat.bytes, &chat.name, &options)
            .await?;
    }
    Ok((record, warnings))
}

/// A file's name without its extension.
fn stem(name: &str) -> String {
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    stem.to_owned()
}
