//! Characters: the file as it came, the card's document, and a thumbnail.
//!
//! The file is never changed. An edit changes the document; exporting an unedited
//! character gives the file's own bytes, an edited one the document written into it.

use super::domain::{self, Domain, present, with_fields};
use super::{Exported, Keep, Status, filename};
use crate::card::{self, Container};
use crate::codec;
use crate::error::{Kind, Limits, Result, Warning};
use crate::json::Document;
use crate::store::{Change, History, Record};
use serde_json::{Value, json};

/// Warnings kept with a record.
const WARNINGS_KEPT: usize = 50;

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

    /// Keeps a card file: `{ entry, status, warnings }`. The same bytes again are a
    /// duplicate, the same name is not; nothing is ever replaced.
    ///
    /// # Errors
    /// Those of [`card::read`], and what the medium reports.
    pub async fn import(&self, bytes: &[u8], limits: &Limits) -> Result<Value> {
        let file = card::read(bytes, limits)?;
        let same = format!("characters/file/{}", codec::hash(bytes));
        let kept = self.keep.store().find(&same).await?.records;
        let (record, status) = match kept.into_iter().find(|record| record.trashed_ms.is_none()) {
            Some(record) => (record, Status::Duplicate),
            None => {
                let mut change = Change::new();
                let now = self.keep.store().now();
                let mut record = Record::new(Domain::Characters.name(), &codec::new_id(now), now);
                record.parts.insert("file".into(), change.add_part(bytes));
                record
                    .parts
                    .insert("document".into(), change.add_part(file.document.bytes()));
                let portrait = card::portrait(&file, bytes);
                if let Some(portrait) = portrait {
                    if file.container == Container::Charx {
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
                summarize(&mut record, &file.document);
                change.write(record, History::Skip);
                (self.keep.commit_one(change).await?, Status::Added)
            }
        };
        Ok(json!({ "entry": entry(&record), "status": status, "warnings": file.warnings }))
    }

    /// A character with its card as JSON: the entry and `card`, `container`, `warnings`; `None` when there is none.
    ///
    /// # Errors
    /// `corrupt`, and what the medium reports.
    pub async fn get(&self, id: &str) -> Result<Option<String>> {
        let Some(record) = present(self.keep.record(Domain::Characters, id).await)? else {
            return Ok(None);
        };
        let document = self.document_of(&record).await?;
        let fields = [
            ("card", &*card::view(&document)),
            ("container", &record.body["container"].to_string()),
            ("warnings", &record.body["warnings"].to_string()),
        ];
        Ok(Some(with_fields(&entry(&record), &fields)))
    }

    /// The card's document.
    ///
    /// # Errors
    /// `not-found`, `corrupt`, and what the medium reports.
    pub async fn document(&self, id: &str) -> Result<Document> {
        self.document_of(&self.keep.record(Domain::Characters, id).await?)
            .await
    }

    /// Changes fields of the card and gives the entry. The state before becomes a version.
    ///
    /// # Errors
    /// `not-found`, `conflict`, those of [`card::edit`], and what the medium reports.
    pub async fn patch(&self, id: &str, patch: &Document, if_rev: Option<u64>) -> Result<Value> {
        let mut record = self.keep.record_at(Domain::Characters, id, if_rev).await?;
        let document = card::edit(&self.document_of(&record).await?, patch)?;
        let mut change = Change::new();
        record
            .parts
            .insert("document".into(), change.add_part(document.bytes()));
        summarize(&mut record, &document);
        change.write(record, History::Keep);
        Ok(entry(&self.keep.commit_one(change).await?))
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

    pub(super) async fn export(&self, id: &str) -> Result<Exported> {
        let record = self.keep.record(Domain::Characters, id).await?;
        let container = container(&record)?;
        let file = self.keep.store().part(record.part("file")?).await?;
        let document = self.document_of(&record).await?;
        let (container, bytes) = card::rewrite(&file, &document, container, &Limits::default())?;
        Ok(Exported {
            filename: filename::safe(record.head_text("name"), container.extension()),
            media_type: container.media_type(),
            bytes,
        })
    }

    async fn document_of(&self, record: &Record) -> Result<Document> {
        let bytes = self.keep.store().part(record.part("document")?).await?;
        Document::read(&bytes, &Limits::default()).map(|(document, _)| document)
    }
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
