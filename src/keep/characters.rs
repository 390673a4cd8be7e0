//! Characters: the file as it came, the card's document, and a thumbnail.
//!
//! The file is never changed. An edit changes the document; exporting an unedited
//! character gives the file's own bytes, an edited one the document written into it.

use super::chat_import::{Came, ChatImport};
use super::documents::{Documents, Edit, PatchDocument, PutDocument};
use super::domain::{self, Domain, present, with_fields};
use super::links::Links;
use super::{Exported, Keep, Status, filename};
use crate::card::{self, CardFile, Container};
use crate::chat::{self, ChatFile};
use crate::codec::{self, inflate};
use crate::error::{Kind, Limits, Result, Warning};
use crate::json::Document;
use crate::store::{Change, History, Record, Write};
use serde_json::{Value, json};

/// Warnings kept with a record.
const WARNINGS_KEPT: usize = 50;

/// Index keys of imported files begin so.
const FILES: &str = "characters/file/";

/// And those of the words that a model reads of a card.
const WORDS: &str = "characters/words/";

/// The characters of a keep.
pub struct Characters {
    keep: Keep,
}

/// The entry of a character.
pub(super) fn entry(record: &Record) -> Value {
    let mut entry = domain::entry(record, &["name", "creator", "tags", "spec"]);
    entry.insert(
        "thumbnail".into(),
        record.parts.contains_key("thumbnail").into(),
    );
    entry.into()
}

impl Characters {
    pub(super) fn new(keep: Keep) -> Characters {
        Characters { keep }
    }

    /// Keeps a card file: `{ entry, status, warnings, like?, chats? }`. The same bytes again are a
    /// duplicate, the same name is not; nothing is ever replaced. `like` are others of which a
    /// model reads the same words, in whatever file, dialect and picture. `chats` are those that
    /// came in the file, `[{ entry, status, warnings }]`: they are linked to the character, and
    /// all is kept or nothing.
    ///
    /// # Errors
    /// Those of [`card::read`], and what the medium reports.
    pub async fn import(&self, bytes: &[u8], limits: &Limits) -> Result<Value> {
        self.import_beside(bytes, limits, Vec::new()).await
    }

    /// As [`Characters::import`], beside the characters that came with their chats before. Chats
    /// of others that have its name are its own: it was changed since, and is kept anew.
    ///
    /// # Errors
    /// As [`Characters::import`].
    pub async fn import_beside(
        &self,
        bytes: &[u8],
        limits: &Limits,
        beside: Vec<String>,
    ) -> Result<Value> {
        let mut file = card::read(bytes, limits)?;
        if file.container != Container::Byaf {
            return self.add(bytes, &file, limits).await;
        }
        let unread = |warning: &Warning| warning.code == card::UNREAD_CHAT;
        if !file.warnings.iter().any(unread) {
            return self.add(bytes, &file, limits).await;
        }
        let chats = match chat::read(bytes, limits) {
            Ok(chats) => chats,
            // A chat that cannot be read is no reason to refuse the character.
            Err(error) => {
                for warning in file.warnings.iter_mut().filter(|it| unread(it)) {
                    warning.message = format!("the chats cannot be read: {}", error.detail());
                }
                return self.add(bytes, &file, limits).await;
            }
        };
        file.warnings.retain(|warning| !unread(warning));
        let transaction = self.keep.begin();
        let staged = transaction.keep().characters();
        let taken = match staged
            .add_with_chats(bytes, &file, &chats, limits, beside)
            .await
        {
            Ok(taken) => transaction.commit(Write::default()).await.map(|()| taken),
            Err(error) => Err(error),
        };
        if taken.is_err() {
            transaction.abandon();
        }
        taken
    }

    async fn add_with_chats(
        &self,
        bytes: &[u8],
        file: &CardFile,
        talked: &ChatFile<'_>,
        limits: &Limits,
        beside: Vec<String>,
    ) -> Result<Value> {
        let mut told = self.add(bytes, file, limits).await?;
        let id = told["entry"]["id"].as_str().unwrap_or_default().to_owned();
        let links = ChatImport {
            characters: vec![id],
            came: Came::these(beside),
            limits: limits.clone(),
            ..ChatImport::default()
        };
        let chats = self.keep.chats();
        let mut taken = chats.take(talked, bytes, "", &links).await?;
        for chat in taken.as_array_mut().into_iter().flatten() {
            let entry = &chat["entry"];
            let text = |name: &str| entry[name].as_str().map(str::to_owned);
            let alone = entry["characters"].as_array().is_none_or(Vec::is_empty);
            // It was left behind by a character that is gone.
            if alone && let Some(id) = text("id") {
                let links = Links {
                    persona: text("persona"),
                    world: text("world"),
                    location: text("location"),
                    playthrough: text("playthrough"),
                    ..links.links()
                };
                chat["entry"] = chats.link(&id, &links, Write::default()).await?;
            }
        }
        told["chats"] = taken;
        Ok(told)
    }

    async fn add(&self, bytes: &[u8], file: &CardFile, limits: &Limits) -> Result<Value> {
        let same = format!("{FILES}{}", codec::hash(bytes));
        let kept = self.keep.store().find(&same).await?.records;
        let (record, status) = match kept.into_iter().find(|record| record.trashed_ms.is_none()) {
            Some(record) => (record, Status::Duplicate),
            None => {
                let mut change = Change::new();
                let now = self.keep.store().now();
                let mut record = Record::new(Domain::Characters.name(), &codec::new_id(now), now);
                record.parts.insert("file".into(), change.add_part(bytes));
                let portrait = card::portrait(file, bytes);
                if let Some(portrait) = portrait {
                    if !file.container.is_image() {
                        record
                            .parts
                            .insert("image".into(), change.add_part(portrait));
                    }
                    // A picture that cannot be decoded is no reason to refuse the card in it.
                    if let Ok(thumbnail) = card::thumbnail(portrait, limits) {
                        record
                            .parts
                            .insert("thumbnail".into(), change.add_part(&thumbnail));
                    }
                }
                let warnings: Vec<&Warning> = file.warnings.iter().take(WARNINGS_KEPT).collect();
                record.body = json!({ "container": file.container.as_str(), "warnings": warnings });
                record.by = vec![same];
                put_document(&mut record, &file.document, &mut change);
                change.verify().write(record, History::Skip);
                (self.keep.commit_one(change).await?, Status::Added)
            }
        };
        let mut told =
            json!({ "entry": entry(&record), "status": status, "warnings": file.warnings });
        if matches!(status, Status::Added) {
            let words = format!("{WORDS}{}", card::fingerprint(&file.document));
            let found = self.keep.store().find(&words).await?.records;
            let others = found
                .iter()
                .filter(|other| other.id != record.id && other.trashed_ms.is_none());
            let like: Vec<Value> = others.map(entry).collect();
            if !like.is_empty() {
                told["like"] = like.into();
            }
        }
        Ok(told)
    }

    /// A character with its card as JSON: the entry and `card`, `container`, `warnings`; `None` when there is none.
    ///
    /// # Errors
    /// `corrupt`, and what the medium reports.
    pub async fn get(&self, id: &str) -> Result<Option<String>> {
        Ok(self.read(id).await?.map(|(view, _)| view))
    }

    /// What [`Characters::get`] gives, with the document it was read from.
    ///
    /// # Errors
    /// As [`Characters::get`].
    pub async fn read(&self, id: &str) -> Result<Option<(String, Document)>> {
        let Some(record) = present(self.keep.record(Domain::Characters, id).await)? else {
            return Ok(None);
        };
        let document = self.keep.document(&record).await?;
        let fields = [
            ("card", &*card::view(&document)),
            ("container", &record.body["container"].to_string()),
            ("warnings", &record.body["warnings"].to_string()),
        ];
        Ok(Some((with_fields(&entry(&record), &fields), document)))
    }

    /// The card's document.
    ///
    /// # Errors
    /// `not-found`, `corrupt`, and what the medium reports.
    pub async fn document(&self, id: &str) -> Result<Document> {
        let record = self.keep.record(Domain::Characters, id).await?;
        self.keep.document(&record).await
    }

    /// Changes fields of the card and gives the entry. The state before becomes a version.
    ///
    /// # Errors
    /// `not-found`, `conflict` with its sides, those of [`card::edit`], and what the medium reports.
    pub async fn patch(
        &self,
        id: &str,
        patch: &Document,
        write: impl Into<Write>,
    ) -> Result<Value> {
        let write = write.into();
        let edit = patching(id, patch, write.if_rev);
        let written = self.documents().change(&[edit], write).await?;
        Ok(written.first().map(entry).unwrap_or_default())
    }

    pub(super) async fn patch_many(
        &self,
        patches: &[PatchDocument],
        write: Write,
    ) -> Result<Vec<Record>> {
        let edits: Vec<Edit<'_>> = patches
            .iter()
            .map(|PatchDocument { id, patch, if_rev }| patching(id, patch, *if_rev))
            .collect();
        self.documents().change(&edits, write).await
    }

    pub(super) async fn put_many(&self, puts: &[PutDocument], write: Write) -> Result<Vec<Record>> {
        let edits: Vec<Edit<'_>> = puts.iter().map(putting).collect();
        self.documents().change(&edits, write).await
    }

    /// The portrait: the card file itself, when it is an image, or the icon in an archive.
    ///
    /// # Errors
    /// `not-found`, `corrupt`, and what the medium reports.
    pub async fn image(&self, id: &str) -> Result<Option<Vec<u8>>> {
        let record = self.keep.record(Domain::Characters, id).await?;
        let part = match record.parts.get("image") {
            Some(image) => image,
            None if container(&record)?.is_image() => record.part("file")?,
            None => return Ok(None),
        };
        self.keep.store().part(part).await.map(Some)
    }

    /// A small PNG of the portrait, when there is one.
    ///
    /// # Errors
    /// `not-found`, `corrupt`, and what the medium reports.
    pub async fn thumbnail(&self, id: &str) -> Result<Option<Vec<u8>>> {
        let record = self.keep.record(Domain::Characters, id).await?;
        match record.parts.get("thumbnail") {
            Some(part) => self.keep.store().part(part).await.map(Some),
            None => Ok(None),
        }
    }

    /// The portrait and its media type, where there is no thumbnail of it and a browser can
    /// decode it.
    ///
    /// # Errors
    /// As [`Characters::image`].
    pub async fn undrawn(&self, id: &str) -> Result<Option<(Vec<u8>, &'static str)>> {
        let image = match self.thumbnail(id).await? {
            Some(_) => None,
            None => self.image(id).await?,
        };
        let limits = Limits::default();
        Ok(image.and_then(|image| card::undrawn(&image, &limits).map(|kind| (image, kind))))
    }

    /// Keeps a thumbnail that was made elsewhere, of a PNG of any size, and gives the entry. The
    /// state before is no version: nothing else changes.
    ///
    /// # Errors
    /// `conflict` when the character is not of that revision, `bad-png`, `too-large`, and what
    /// the medium reports.
    pub async fn draw(&self, id: &str, rev: u64, image: &[u8]) -> Result<Value> {
        let at = self.keep.record_at(Domain::Characters, id, Some(rev));
        let mut record = at.await?;
        let thumbnail = card::thumbnail(image, &Limits::default())?;
        let mut change = Change::new();
        let part = change.add_part(&thumbnail);
        record.parts.insert("thumbnail".into(), part);
        change.write(record, History::Skip);
        Ok(entry(&self.keep.commit_one(change).await?))
    }

    pub(super) async fn export(&self, id: &str) -> Result<Exported> {
        let record = self.keep.record(Domain::Characters, id).await?;
        let container = container(&record)?;
        let file = self.keep.store().part(record.part("file")?).await?;
        let document = self.keep.document(&record).await?;
        let (container, bytes) = card::rewrite(&file, &document, container, &Limits::default())?;
        // Only a file that is as it came is compressed.
        let (extension, media_type) = match inflate::is_gzip(&bytes) {
            true => filename::PACKED_JSON,
            false => (container.extension(), container.media_type()),
        };
        Ok(Exported {
            filename: filename::safe(record.head_text("name"), extension),
            media_type,
            bytes,
        })
    }

    fn documents(&self) -> Documents<'_> {
        Documents {
            keep: &self.keep,
            domain: Domain::Characters,
            view: card::view,
        }
    }
}

fn patching<'a>(id: &'a str, patch: &'a Document, if_rev: Option<u64>) -> Edit<'a> {
    Edit {
        id: Some(id),
        if_rev,
        put: false,
        make: Box::new(|old, record, change| patched(patch, old, record, change)),
    }
}

pub(super) fn putting(put: &PutDocument) -> Edit<'_> {
    Edit {
        id: put.id.as_deref(),
        if_rev: put.if_rev,
        put: true,
        make: Box::new(|old, record, change| replaced(put, old, record, change)),
    }
}

fn patched(
    patch: &Document,
    old: Option<&Document>,
    record: &mut Record,
    change: &mut Change,
) -> Result<Document> {
    let missing = || Kind::NotFound.because("there is no such record");
    let document = card::edit(old.ok_or_else(missing)?, patch)?;
    put_document(record, &document, change);
    Ok(document)
}

/// The record with another document, and perhaps another picture.
fn replaced(
    put: &PutDocument,
    old: Option<&Document>,
    record: &mut Record,
    change: &mut Change,
) -> Result<Document> {
    let limits = Limits::default();
    let document = match put.given.bytes(card::is_filed) {
        Err(values) => card::replace(old, values)?,
        Ok(bytes) => {
            let file = card::read(bytes, &limits)?;
            if file.container != Container::Json {
                let detail = "the document is a card file; import it, or give its document";
                return Err(Kind::NotACard.because(detail));
            }
            let warnings: Vec<&Warning> = file.warnings.iter().take(WARNINGS_KEPT).collect();
            record.body["warnings"] = json!(warnings);
            file.document
        }
    };
    if let Some(image) = &put.image {
        // What cannot be written into cannot be exported.
        let options = card::WriteOptions {
            container: Container::Png,
            image: Some(image),
            assets: &[],
            limits: limits.clone(),
        };
        card::write(&document, &options)?;
        record.parts.remove("image");
        record.parts.remove("thumbnail");
        if let Ok(thumbnail) = card::thumbnail(image, &limits) {
            let thumbnail = change.add_part(&thumbnail);
            record.parts.insert("thumbnail".into(), thumbnail);
        }
        keep_file(record, image, Container::Png, change);
    } else if old.is_none() {
        keep_file(record, document.bytes(), Container::Json, change);
    }
    put_document(record, &document, change);
    Ok(document)
}

/// The file that the card is exported in. It is none that was imported.
fn keep_file(record: &mut Record, file: &[u8], container: Container, change: &mut Change) {
    let warnings = record.body["warnings"].take();
    let warnings = if warnings.is_array() {
        warnings
    } else {
        json!([])
    };
    record.body = json!({ "container": container.as_str(), "warnings": warnings });
    record.by.retain(|key| !key.starts_with(FILES));
    record.parts.insert("file".into(), change.add_part(file));
}

pub(super) fn put_document(record: &mut Record, document: &Document, change: &mut Change) {
    let part = change.add_part(document.bytes());
    record.parts.insert("document".into(), part);
    record.by.retain(|key| !key.starts_with(WORDS));
    let words = format!("{WORDS}{}", card::fingerprint(document));
    record.by.push(words);
    summarize(record, document);
}

fn container(record: &Record) -> Result<Container> {
    let name = record.body["container"].as_str().unwrap_or_default();
    name.parse().map_err(|_| {
        Kind::Corrupt
            .because(format!("the card's container is {name:?}"))
            .of(&record.domain, &record.id)
    })
}

/// The list view, cut so that the head stays under 1 KB.
pub(super) fn summarize(record: &mut Record, document: &Document) {
    let summary = card::summary(document);
    let cut = |text: &str, chars| text.chars().take(chars).collect::<String>();
    let tags: Vec<String> = summary
        .tags
        .iter()
        .take(12)
        .map(|tag| cut(tag, 24))
        .collect();
    record.head = json!({
        "name": cut(&summary.name, 100),
        "creator": cut(&summary.creator, 60),
        "tags": tags,
        "spec": summary.spec.as_str(),
    });
}
