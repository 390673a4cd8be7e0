//! Chats: importing, making, listing and exporting them. An open chat is a [`Chat`].

use super::chat::Chat;
use super::chat_import::{ChatImport, called, is_called_otherwise};
use super::chat_row::{self, Body, FILES, GROUP, GROUP_FILE, short, summarize};
use super::documents::in_turns;
use super::domain::{Domain, newest_first, present, unreadable_json};
use super::grown::Given;
use super::links::Links;
use super::log::{Cache, Log, Manifest};
use super::{Exported, Keep, Status, filename};
use crate::chat::{self, Dialect, Session};
use crate::codec::{self, Part, inflate};
use crate::container::zip;
use crate::error::{Error, Kind, Limits, Loss, Result, Warning, Written};
use crate::store::{Change, History, Record, Write};
use serde::Deserialize;
use serde_json::{Value, json};
use std::borrow::Cow;

/// Warnings told of one file, so that a broken one does not drown them.
const MOST_WARNINGS: usize = 100;

/// The part of a row with the text of the template that the chat was begun with.
const TEMPLATE: &str = "template";

/// The part of a row with the file as it came.
const ORIGINAL: &str = "original";

/// A file whose chats are kept as other bytes than its own.
enum Original<'a> {
    None,
    Bytes(&'a [u8]),
    /// A chat has it already.
    Kept(Part),
}

/// The chats of a keep.
pub struct Chats {
    pub(super) keep: Keep,
}

/// What is said about a new chat.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct NewChat {
    title: String,
    #[serde(default)]
    characters: Vec<String>,
    persona: Option<String>,
    world: Option<String>,
    location: Option<String>,
    playthrough: Option<String>,
    template: Option<Template>,
    user_name: Option<String>,
    character_name: Option<String>,
}

/// The template that a chat uses, as it was when the chat took it.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Template {
    /// Which one it was.
    pub id: Option<String>,
    /// Its text.
    pub text: String,
}

impl Template {
    /// Keeps the text with the chat: a change of the template changes no old chat.
    fn put(&self, record: &mut Record, change: &mut Change) {
        let part = change.add_part(self.text.as_bytes());
        record.parts.insert(TEMPLATE.into(), part);
        record.head[TEMPLATE] = self.id.as_deref().unwrap_or_default().into();
    }
}

impl NewChat {
    fn links(&self) -> Links {
        Links {
            characters: self.characters.clone(),
            persona: self.persona.clone(),
            world: self.world.clone(),
            location: self.location.clone(),
            playthrough: self.playthrough.clone(),
        }
    }
}

/// Which chats to list: those that all of it is true of.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct ChatFilter {
    /// Those in the trash instead of the others.
    pub trashed: bool,
    /// Those in the archive instead of the others.
    pub archived: bool,
    /// A character is in it.
    pub character: Option<String>,
    /// The user is this persona in it.
    pub persona: Option<String>,
    /// It is in this world.
    pub world: Option<String>,
    /// It is at this place of the world.
    pub location: Option<String>,
    /// It belongs to this playthrough of the world.
    pub playthrough: Option<String>,
}

impl Chats {
    pub(super) fn new(keep: Keep) -> Chats {
        Chats { keep }
    }

    /// Keeps the chats of a file, one a session: `[{ entry, status, warnings }]`. A session with
    /// the very bytes of a kept chat's file is a duplicate, unless that one is of other characters;
    /// one that begins with all of them and is called the same updates the chat, where it was not
    /// changed since, with the lines that came. Everything else is added.
    ///
    /// # Errors
    /// Those of [`chat::read`], `invalid` for links that cannot be, and what the medium reports.
    pub async fn import(
        &self,
        bytes: &[u8],
        file_name: &str,
        options: &ChatImport,
    ) -> Result<Value> {
        options.links().check()?;
        let file = chat::read(bytes, &options.limits)?;
        self.take(&file, bytes, file_name, options).await
    }

    /// Keeps the chats of a file that was read already.
    pub(super) async fn take(
        &self,
        file: &chat::ChatFile<'_>,
        bytes: &[u8],
        file_name: &str,
        options: &ChatImport,
    ) -> Result<Value> {
        let mut warnings = file.warnings.clone();
        let fault = |fault: &chat::Fault| {
            Warning::noticed(fault.code, format!("line {}", fault.line), &fault.message)
        };
        warnings.extend(file.faults.iter().map(fault));
        let mut items = Vec::with_capacity(file.sessions.len());
        // Kept once for all chats of the file, and only where their lines are not its bytes.
        let mut original = match &file.bytes {
            Cow::Owned(_) => Original::Bytes(bytes),
            Cow::Borrowed(_) => Original::None,
        };
        let mut options = options.clone();
        for session in &file.sessions {
            let (record, status) = self
                .import_session(file, session, &mut original, file_name, &options)
                .await?;
            options.apart.push(record.id.clone());
            let declared = session
                .header
                .clone()
                .and_then(|header| chat::declared_count(&file.bytes[header], &options.limits));
            if let Some(declared) = declared.filter(|count| *count != session.lines.len() as u64) {
                let message = format!(
                    "the file says the chat has {declared} messages, {} were found",
                    session.lines.len()
                );
                warnings.push(Warning::noticed("count-differs", "", message));
            }
            odd_swipes(file, session, &options.limits, &mut warnings);
            let mut item = json!({ "entry": chat_row::entry(&record), "status": status, "warnings": warnings });
            // The file that the chat came in may follow, and be longer now.
            let name = called(filename::unpacked(file_name));
            if status == Status::Duplicate
                && options.came.asks()
                && is_called_otherwise(&record, name.as_deref())
            {
                item["alike"] = true.into();
            }
            items.push(item);
            warnings.clear();
        }
        Ok(items.into())
    }

    async fn import_session(
        &self,
        file: &chat::ChatFile<'_>,
        session: &Session,
        original: &mut Original<'_>,
        file_name: &str,
        options: &ChatImport,
    ) -> Result<(Record, Status)> {
        let bytes = &file.bytes;
        let header = session.header.clone().map(|range| &bytes[range]);
        let records: Vec<&[u8]> = session
            .lines
            .iter()
            .map(|range| &bytes[range.clone()])
            .collect();
        let start = session.header.as_ref().or(session.lines.first());
        let start = start.map_or(0, |range| range.start);
        let length = header.map_or(0, <[u8]>::len) + records.iter().map(|r| r.len()).sum::<usize>();
        let whole = &bytes[start..start + length];
        let same = format!("{FILES}{}", codec::hash(whole));
        let file_name = filename::unpacked(file_name);
        let name = called(file_name);
        let name = name.as_deref();
        if !options.again
            && let Some(record) = self.keep.kept_already(&same, name, options).await?
        {
            return Ok((record, Status::Duplicate));
        }
        let given = Given {
            name,
            dialect: session.dialect,
            header,
            whole,
            records: &records,
        };
        // A chat of another form is its file, which it has as a part.
        let own = matches!(*original, Original::None);
        if own
            && !options.again
            && let Some(record) = self.keep.continued(&given, &same, options).await?
        {
            return Ok((record, Status::Updated));
        }
        let now = self.keep.store().now();
        let mut record = Record::new(Domain::Chats.name(), &codec::new_id(now), now);
        let stem = file_name
            .rsplit_once('.')
            .map_or(file_name, |(stem, _)| stem);
        let named = header.and_then(|header| chat::header_name(header, &options.limits));
        let title = match &options.title {
            Some(title) => chat_row::title(title)?.to_owned(),
            None => short(named.as_deref().unwrap_or(stem)),
        };
        record.head = json!({ "title": title, "dialect": session.dialect.as_str(), "source": file.source.tool });
        record.by = vec![same];
        record.by.extend(given.begins().filter(|_| own));
        options.links().put(&mut record);
        let mut change = Change::new();
        if let Some(header) = header {
            record
                .parts
                .insert("header".into(), change.add_part(header));
        } else if let Some(metadata) = &options.metadata {
            let part = change.add_part(metadata.as_bytes());
            record.parts.insert(GROUP.into(), part);
        }
        if let Some(group) = &options.group {
            let part = change.add_part(group.as_bytes());
            record.parts.insert(GROUP_FILE.into(), part);
        }
        if let Original::Bytes(bytes) = *original {
            *original = Original::Kept(change.add_part(bytes));
        }
        if let Original::Kept(part) = original {
            record.parts.insert(ORIGINAL.into(), part.clone());
        }
        let cache = Cache::default();
        let manifest = Manifest::default();
        let mut log = Log::of(self.keep.store(), &record.id, manifest, &cache);
        let _gathering = self.keep.store().gather();
        let mut lines = records.iter().map(|record| record.to_vec());
        self.keep.fill(&mut log, &mut lines, &mut change).await?;
        let manifest = log.manifest;
        let mut body = Body::new(session.dialect, manifest, whole);
        body.file = name.filter(|_| own).map(str::to_owned);
        summarize(&mut record, &body, records.last().copied())?;
        change.verify().write(record, History::Skip);
        Ok((self.keep.commit_one(change).await?, Status::Added))
    }

    /// Makes an empty chat in SillyTavern's dialect and gives its entry. `new_chat` is an
    /// object with `title` and perhaps `characters`, `userName`, `characterName`.
    ///
    /// # Errors
    /// `invalid`, and what the medium reports.
    pub async fn create(&self, new_chat: &str) -> Result<Value> {
        self.create_as(new_chat, Write::default()).await
    }

    /// As [`Chats::create`], in the way that is asked for.
    ///
    /// # Errors
    /// As [`Chats::create`], and `corrupt` when it does not read back.
    pub async fn create_as(&self, new_chat: &str, write: Write) -> Result<Value> {
        let mut change = Change::new();
        change.asked(write);
        let (record, _) = self.begun(new_chat, &mut change)?;
        change.write(record, History::Skip);
        Ok(chat_row::entry(&self.keep.commit_one(change).await?))
    }

    /// The record of a chat that is to be created, and what it belongs to.
    pub(super) fn begun(&self, new_chat: &str, change: &mut Change) -> Result<(Record, Links)> {
        let new_chat: NewChat = serde_json::from_str(new_chat).map_err(|cause| {
            Kind::Invalid
                .because("the new chat cannot be used")
                .caused_by(cause)
        })?;
        let now = self.keep.store().now();
        let links = new_chat.links();
        links.check()?;
        let header = chat::NewHeader {
            user_name: new_chat.user_name.unwrap_or_else(|| "User".to_owned()),
            character_name: new_chat
                .character_name
                .unwrap_or_else(|| new_chat.title.clone()),
            created_ms: now,
        };
        let mut header = chat::write_header(Dialect::SillyTavern, &header);
        header.push(b'\n');
        let mut record = Record::new(Domain::Chats.name(), &codec::new_id(now), now);
        record.head = json!({
            "title": chat_row::title(&new_chat.title)?,
            "dialect": Dialect::SillyTavern.as_str(),
        });
        links.put(&mut record);
        if let Some(template) = &new_chat.template {
            template.put(&mut record, change);
        }
        let part = change.add_part(&header);
        record.parts.insert("header".into(), part);
        let body = Body::new(Dialect::SillyTavern, Manifest::default(), &header);
        summarize(&mut record, &body, None)?;
        Ok((record, links))
    }

    /// Opens a chat.
    ///
    /// # Errors
    /// `not-found`, `corrupt`, and what the medium reports.
    pub async fn open(&self, id: &str) -> Result<Chat> {
        Chat::open(self.keep.clone(), id).await
    }

    /// The entries of chats: `{ items, unreadable }`, newest change first.
    ///
    /// # Errors
    /// `invalid` for a location or a playthrough of no world, and what the medium reports. A
    /// record that cannot be read hides no other.
    pub async fn list(&self, filter: &ChatFilter) -> Result<Value> {
        let links = Links {
            characters: filter.character.iter().cloned().collect(),
            persona: filter.persona.clone(),
            world: filter.world.clone(),
            location: filter.location.clone(),
            playthrough: filter.playthrough.clone(),
        };
        links.check()?;
        let keys = links.keys();
        let store = self.keep.store();
        let mut listing = match keys.last() {
            // The last one is the narrowest, mostly.
            Some(key) => store.find(key).await?,
            None => store.list(Domain::Chats.name()).await?,
        };
        listing.records.retain(|record| {
            record.domain == Domain::Chats.name()
                && record.trashed_ms.is_some() == filter.trashed
                && (filter.trashed || (record.head["archived"] == true) == filter.archived)
                && keys.iter().all(|key| record.by.contains(key))
        });
        newest_first(&mut listing.records);
        let items: Vec<Value> = listing.records.iter().map(chat_row::entry).collect();
        let unreadable: Vec<Value> = listing.unreadable.iter().map(unreadable_json).collect();
        Ok(json!({ "items": items, "unreadable": unreadable }))
    }

    /// Gives a chat another title and gives its entry. The state before becomes a version.
    ///
    /// # Errors
    /// `invalid` for an empty or long one, `not-found`, `conflict`, and what the medium reports.
    pub async fn rename(&self, id: &str, title: &str, write: impl Into<Write>) -> Result<Value> {
        let of = |error: Error| error.of(Domain::Chats.name(), id);
        let title = chat_row::title(title).map_err(of)?;
        if title.is_empty() {
            return Err(of(Kind::Invalid.because("a title has a character at least")));
        }
        let rename = |record: &mut Record, _: &mut Change| {
            record.head["title"] = title.into();
        };
        self.amend(id, write.into(), History::Keep, rename).await
    }

    /// Puts a chat into the archive or takes it out, and gives its entry.
    ///
    /// # Errors
    /// `not-found`, `conflict`, and what the medium reports.
    pub async fn archive(
        &self,
        id: &str,
        archived: bool,
        write: impl Into<Write>,
    ) -> Result<Value> {
        let mark = |record: &mut Record, _: &mut Change| match archived {
            true => record.head["archived"] = true.into(),
            false => drop(
                record
                    .head
                    .as_object_mut()
                    .map(|head| head.remove("archived")),
            ),
        };
        self.amend(id, write.into(), History::Skip, mark).await
    }

    /// Makes what is given the links of a chat, in place of all it had, and gives its entry.
    ///
    /// # Errors
    /// `invalid` for a location or a playthrough of no world, `not-found`, `conflict`, and what
    /// the medium reports.
    pub async fn link(&self, id: &str, links: &Links, write: impl Into<Write>) -> Result<Value> {
        links.check()?;
        let put = |record: &mut Record, _: &mut Change| {
            links.put(record);
        };
        self.amend(id, write.into(), History::Keep, put).await
    }

    /// The template that a chat uses, as it was when the chat took it: `{ id?, text }`;
    /// `None` when it uses none.
    ///
    /// # Errors
    /// `not-found`, `corrupt`, and what the medium reports.
    pub async fn template(&self, id: &str) -> Result<Option<Value>> {
        let record = self.keep.record(Domain::Chats, id).await?;
        let Some(text) = self.words(&record, TEMPLATE).await? else {
            return Ok(None);
        };
        let mut template = json!({ "text": text });
        if !record.head_text(TEMPLATE).is_empty() {
            template["id"] = record.head_text(TEMPLATE).into();
        }
        Ok(Some(template))
    }

    /// The text of the file of SillyTavern's group that a chat came as one of.
    ///
    /// # Errors
    /// `not-found`, `corrupt`, and what the medium reports.
    pub async fn group(&self, id: &str) -> Result<Option<String>> {
        let record = self.keep.record(Domain::Chats, id).await?;
        self.words(&record, GROUP_FILE).await
    }

    async fn words(&self, record: &Record, part: &str) -> Result<Option<String>> {
        let Some(part) = record.parts.get(part) else {
            return Ok(None);
        };
        let bytes = self.keep.store().part(part).await?;
        Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
    }

    /// Gives a chat another template, or none, and gives its entry.
    ///
    /// # Errors
    /// `not-found`, `conflict`, and what the medium reports.
    pub async fn set_template(
        &self,
        id: &str,
        template: Option<&Template>,
        write: impl Into<Write>,
    ) -> Result<Value> {
        let put = |record: &mut Record, change: &mut Change| match template {
            Some(template) => template.put(record, change),
            None => {
                record.parts.remove(TEMPLATE);
                record
                    .head
                    .as_object_mut()
                    .map(|head| head.remove(TEMPLATE));
            }
        };
        self.amend(id, write.into(), History::Keep, put).await
    }

    /// Changes what a row says beside the messages.
    async fn amend(
        &self,
        id: &str,
        write: Write,
        history: History,
        amend: impl Fn(&mut Record, &mut Change),
    ) -> Result<Value> {
        in_turns(write.if_rev.is_some(), async || {
            let mut record = self.keep.record_at(Domain::Chats, id, write.if_rev).await?;
            let mut change = Change::new();
            if history == History::Keep {
                // A state that is kept may not share an open tail with the one that follows.
                let mut body = Body::of(&record)?;
                let cache = Cache::default();
                let mut log = Log::of(self.keep.store(), id, body.manifest, &cache);
                log.settle(&mut change).await?;
                body.manifest = log.manifest;
                record.body = json!(body);
            }
            amend(&mut record, &mut change);
            change.asked(write).write(record, history);
            Ok(chat_row::entry(&self.keep.commit_one(change).await?))
        })
        .await
    }

    /// The entries of the chats that a character is in, newest change first.
    ///
    /// # Errors
    /// What the medium reports.
    pub async fn of_character(&self, id: &str) -> Result<Value> {
        let mut records = self
            .keep
            .store()
            .find(&format!("chats/character/{id}"))
            .await?
            .records;
        records.retain(|record| record.trashed_ms.is_none());
        newest_first(&mut records);
        Ok(records.iter().map(chat_row::entry).collect())
    }

    /// The file that a chat was imported from, where its lines are not that file's bytes.
    ///
    /// # Errors
    /// `not-found` also when there is none, `corrupt`, and what the medium reports.
    pub async fn original(&self, id: &str) -> Result<Exported> {
        let record = self.keep.record(Domain::Chats, id).await?;
        let part = record.parts.get(ORIGINAL).ok_or_else(|| {
            Kind::NotFound
                .because("the chat was not imported from another form; its lines are all there is")
                .of(Domain::Chats.name(), id)
        })?;
        let bytes = self.keep.store().part(part).await?;
        let page = bytes.trim_ascii_start().starts_with(b"<");
        let (extension, media_type) = match page {
            true => ("html", "text/html"),
            false if zip::is(&bytes) => ("byaf", "application/zip"),
            false if inflate::is_gzip(&bytes) => filename::PACKED,
            false => ("json", "application/json"),
        };
        Ok(Exported {
            filename: filename::safe(record.head_text("title"), extension),
            media_type,
            bytes,
        })
    }

    /// A chat as another tool's file, or as a page or a text, and what that cannot hold.
    ///
    /// # Errors
    /// `not-found`, `corrupt`, and what the medium reports.
    pub async fn export_as(&self, id: &str, form: chat::Form) -> Result<(Exported, Vec<Loss>)> {
        let chat = self.open(id).await?;
        let Written { bytes, losses } = chat.export(form).await?;
        let exported = Exported {
            filename: filename::safe(chat.record().head_text("title"), form.extension()),
            media_type: form.media_type(),
            bytes,
        };
        Ok((exported, losses))
    }

    pub(super) async fn export(&self, id: &str) -> Result<Exported> {
        let missing = || {
            Kind::NotFound
                .because("there is no such record")
                .of(Domain::Chats.name(), id)
        };
        let chat = present(self.open(id).await)?.ok_or_else(missing)?;
        let filename = filename::safe(chat.record().head_text("title"), "jsonl");
        Ok(Exported {
            filename,
            media_type: "application/jsonl",
            bytes: chat.bytes().await?,
        })
    }
}

/// Warns of alternatives that are missing or not there, by the place of their message. The
/// file's bytes stay; who changes the alternatives of such a message puts them right.
fn odd_swipes(
    file: &chat::ChatFile<'_>,
    session: &Session,
    limits: &Limits,
    warnings: &mut Vec<Warning>,
) {
    let mut more = 0;
    for (n, range) in session.lines.iter().enumerate() {
        let line = chat::record_line(&file.bytes[range.clone()]);
        for odd in chat::swipe_warnings(line, session.dialect, limits) {
            if warnings.len() < MOST_WARNINGS {
                let path = format!("messages.{n}.{}", odd.path);
                warnings.push(Warning { path, ..odd });
            } else {
                more += 1;
            }
        }
    }
    if more > 0 {
        let message = format!("{more} more alternatives are missing or not there");
        warnings.push(Warning::noticed("more-warnings", "", message));
    }
}

/// Makes an older state of a chat fit to be its row again: its tail, which the version goes
/// on referring to, becomes segments, and the next tail begins behind every page ever used.
pub(super) async fn share(
    keep: &Keep,
    version: &mut Record,
    current: &Record,
    change: &mut Change,
) -> Result<()> {
    let mut body = Body::of(version)?;
    let cache = Cache::default();
    let mut log = Log::of(keep.store(), &version.id, body.manifest, &cache);
    log.settle(change).await?;
    body.manifest = log.manifest;
    body.manifest.tail_behind(&Body::of(current)?.manifest);
    version.body = json!(body);
    Ok(())
}
