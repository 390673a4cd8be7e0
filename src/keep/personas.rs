//! Personas: a document each, and the picture where there is one.
//!
//! A picture is kept as it came and is what an unedited persona is exported as. A backup with
//! several personas becomes several records.

use super::documents::{Arrival, Documents, Edit, PatchDocument, PutDocument};
use super::domain::{self, Domain, present, with_fields};
use super::{Exported, Keep, documents, filename};
use crate::card;
use crate::codec;
use crate::container::png;
use crate::error::{Kind, Limits, Result};
use crate::json::Document;
use crate::persona;
use crate::store::{Change, Record, Write};
use serde_json::{Value, json};

/// Index keys of what was imported begin so.
const FILES: &str = "personas/file/";

/// The personas of a keep.
pub struct Personas {
    keep: Keep,
}

/// The entry of a persona.
pub(super) fn entry(record: &Record) -> Value {
    let mut entry = domain::entry(record, &["name", "title", "dialect"]);
    entry.insert("image".into(), record.parts.contains_key("file").into());
    let thumbnail = record.parts.contains_key("thumbnail");
    entry.insert("thumbnail".into(), thumbnail.into());
    entry.into()
}

impl Personas {
    pub(super) fn new(keep: Keep) -> Personas {
        Personas { keep }
    }

    /// Keeps the personas of a file, in one change: `[{ entry, status, warnings }]`. What is
    /// kept already, byte for byte, is a duplicate; the same name is not.
    ///
    /// # Errors
    /// Those of [`persona::read`], `too-large` over 10,000 personas, and what the medium reports.
    pub async fn import(&self, bytes: &[u8], limits: &Limits) -> Result<Value> {
        let file = persona::read(bytes, limits)?;
        documents::bounded(file.personas.len())?;
        let image = png::is(bytes).then_some(bytes);
        let arrivals = file.personas.iter().map(|document| Arrival {
            same: format!("{FILES}{}", codec::hash(image.unwrap_or(document.bytes()))),
            put: Box::new(move |record, change| {
                if let Some(image) = image {
                    keep_image(record, image, limits, change);
                }
                put_document(record, document, change);
            }),
        });
        let arrivals = arrivals.collect();
        documents::take_in(
            &self.keep,
            Domain::Personas,
            &entry,
            arrivals,
            file.warnings,
        )
        .await
    }

    /// A persona as JSON, the entry and `persona`, with its document; `None` when there is none.
    ///
    /// # Errors
    /// `corrupt`, and what the medium reports.
    pub async fn read(&self, id: &str) -> Result<Option<(String, Document)>> {
        let Some(record) = present(self.keep.record(Domain::Personas, id).await)? else {
            return Ok(None);
        };
        let document = self.keep.document(&record).await?;
        let fields = [("persona", &*persona::view(&document))];
        Ok(Some((with_fields(&entry(&record), &fields), document)))
    }

    /// The picture, a PNG, when there is one.
    ///
    /// # Errors
    /// `not-found`, `corrupt`, and what the medium reports.
    pub async fn image(&self, id: &str) -> Result<Option<Vec<u8>>> {
        self.part(id, "file").await
    }

    /// A small PNG of the picture, when there is one.
    ///
    /// # Errors
    /// `not-found`, `corrupt`, and what the medium reports.
    pub async fn thumbnail(&self, id: &str) -> Result<Option<Vec<u8>>> {
        self.part(id, "thumbnail").await
    }

    async fn part(&self, id: &str, name: &str) -> Result<Option<Vec<u8>>> {
        let record = self.keep.record(Domain::Personas, id).await?;
        match record.parts.get(name) {
            Some(part) => self.keep.store().part(part).await.map(Some),
            None => Ok(None),
        }
    }

    pub(super) async fn patch_many(
        &self,
        patches: &[PatchDocument],
        write: Write,
    ) -> Result<Vec<Record>> {
        let edits: Vec<Edit<'_>> = patches.iter().map(patching).collect();
        self.documents().change(&edits, write).await
    }

    pub(super) async fn put_many(&self, puts: &[PutDocument], write: Write) -> Result<Vec<Record>> {
        let edits: Vec<Edit<'_>> = puts.iter().map(putting).collect();
        self.documents().change(&edits, write).await
    }

    pub(super) async fn export(&self, id: &str) -> Result<Exported> {
        let record = self.keep.record(Domain::Personas, id).await?;
        let document = self.keep.document(&record).await?;
        let (extension, media_type, bytes) = match record.parts.get("file") {
            Some(part) => {
                let image = self.keep.store().part(part).await?;
                let written = persona::rewrite(&image, &document, &Limits::default())?;
                ("png", "image/png", written)
            }
            None => ("json", "application/json", document.bytes().to_vec()),
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
            domain: Domain::Personas,
            view: persona::view,
        }
    }
}

fn patching(patch: &PatchDocument) -> Edit<'_> {
    let missing = || Kind::NotFound.because("there is no such record");
    Edit {
        id: Some(&patch.id),
        if_rev: patch.if_rev,
        put: false,
        make: Box::new(move |old, record, change| {
            let document = persona::edit(old.ok_or_else(missing)?, &patch.patch)?;
            put_document(record, &document, change);
            Ok(document)
        }),
    }
}

/// A persona in the place of another, or a new one, and perhaps another picture.
pub(super) fn putting(put: &PutDocument) -> Edit<'_> {
    let make = |old: Option<&Document>, record: &mut Record, change: &mut Change| {
        let limits = Limits::default();
        let document = match put.given.bytes(persona::is_filed) {
            Err(values) => persona::replace(old, values)?,
            Ok(bytes) => {
                let mut file = persona::read(bytes, &limits)?;
                match (png::is(bytes), file.personas.len()) {
                    (false, 1) => file.personas.remove(0),
                    _ => {
                        let detail = "the document is a file of personas; import it";
                        return Err(Kind::NotAPersona.because(detail));
                    }
                }
            }
        };
        if let Some(image) = &put.image {
            // What cannot be written into cannot be exported.
            persona::rewrite(image, &document, &limits)?;
            // It may be the key of the picture that goes; that of a backup goes on being true.
            if record.parts.contains_key("file") {
                record.by.retain(|key| !key.starts_with(FILES));
            }
            keep_image(record, image, &limits, change);
        }
        put_document(record, &document, change);
        Ok(document)
    };
    Edit {
        id: put.id.as_deref(),
        if_rev: put.if_rev,
        put: true,
        make: Box::new(make),
    }
}

fn keep_image(record: &mut Record, image: &[u8], limits: &Limits, change: &mut Change) {
    record.parts.insert("file".into(), change.add_part(image));
    record.parts.remove("thumbnail");
    // A picture that cannot be decoded is no reason to refuse the persona in it.
    if let Ok(thumbnail) = card::thumbnail(image, limits) {
        let thumbnail = change.add_part(&thumbnail);
        record.parts.insert("thumbnail".into(), thumbnail);
    }
}

pub(super) fn put_document(record: &mut Record, document: &Document, change: &mut Change) {
    let summary = persona::summary(document);
    let cut = |text: &str| text.chars().take(100).collect::<String>();
    record.head = json!({
        "name": cut(&summary.name),
        "title": cut(&summary.title),
        "dialect": summary.dialect.as_str(),
    });
    let part = change.add_part(document.bytes());
    record.parts.insert("document".into(), part);
}
