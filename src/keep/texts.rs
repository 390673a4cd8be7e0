//! Domains whose records are one JSON text each: lorebooks, templates, campaigns and playthroughs.
//!
//! What such a text means is told by a [`Form`], one for each of these domains, where the domain
//! has more to it in a file of its own; everything else is the same for all of them. A file that was no JSON is kept beside the text and
//! handed out again as long as nothing was changed.

use super::documents::{Arrival, Documents, Edit, Given, PatchDocument, PutDocument};
use super::domain::{self, Domain, newest_first, present, unreadable_json, with_fields};
use super::{Exported, Keep, documents, filename};
use crate::card;
use crate::codec::{self, inflate};
use crate::container::{media, zip};
use crate::error::{Kind, Limits, Result, Warning};
use crate::json::{Document, quote};
use crate::lore;
use crate::store::{Change, Record, Write};
use crate::template;
use serde_json::{Map, Value, json};

/// Cuts a file into its texts, and tells what was odd.
type Reading = fn(&[u8], &Limits) -> Result<(Vec<Document>, Vec<Warning>)>;

/// What a domain knows of its texts.
pub(super) struct Form {
    pub domain: Domain,
    /// Under which name callers find what the text says.
    pub shown: &'static str,
    /// The fields of the head that entries have.
    pub listed: &'static [&'static str],
    /// Index keys of what was imported begin so.
    pub files: &'static str,
    pub read: Reading,
    /// As callers see it.
    pub view: fn(&Document) -> String,
    /// With some fields changed.
    pub edit: fn(&Document, &Document) -> Result<Document>,
    /// With exactly these fields.
    pub replace: fn(Option<&Document>, &Document) -> Result<Document>,
    /// Whether an object is as a file has it, and none of the public types.
    pub filed: fn(&Document) -> bool,
    /// What lists show.
    pub head: fn(&Document) -> Map<String, Value>,
    /// Under which index keys it is found, beside the one of its file.
    pub keys: fn(&Document) -> Vec<String>,
}

/// Lorebooks.
pub(super) static LOREBOOKS: Form = Form {
    domain: Domain::Lorebooks,
    shown: "book",
    listed: &["name", "dialect", "entries"],
    files: "lorebooks/file/",
    read: |bytes, limits| {
        let file = card::lorebook(bytes, limits)?;
        Ok((vec![file.document], file.warnings))
    },
    view: lore::view,
    edit: lore::edit,
    replace: lore::replace,
    filed: lore::is_filed,
    head: |document| {
        let summary = lore::summary(document);
        let mut head = Map::new();
        head.insert("name".into(), summary.name.into());
        head.insert("dialect".into(), summary.dialect.as_str().into());
        head.insert("entries".into(), summary.entries.into());
        head
    },
    keys: |_| Vec::new(),
};

/// Templates.
pub(super) static TEMPLATES: Form = Form {
    domain: Domain::Templates,
    shown: "template",
    listed: &["name", "kind"],
    files: "templates/file/",
    read: |bytes, limits| {
        let file = template::read(bytes, limits)?;
        Ok((file.templates, file.warnings))
    },
    view: template::view,
    edit: template::edit,
    replace: template::replace,
    filed: template::is_filed,
    head: |document| {
        let summary = template::summary(document);
        let mut head = Map::new();
        head.insert("name".into(), summary.name.into());
        head.insert("kind".into(), summary.kind.as_str().into());
        head
    },
    keys: |_| Vec::new(),
};

/// The records of a domain whose records are texts.
pub struct Texts {
    pub(super) keep: Keep,
    form: &'static Form,
}

impl Texts {
    pub(super) fn new(keep: Keep, form: &'static Form) -> Texts {
        Texts { keep, form }
    }

    /// Keeps what is in a file, in one change: `[{ entry, status, warnings }]`. What is kept
    /// already, byte for byte, is a duplicate; the same name is not. What has no name of its own
    /// is called as the file is.
    ///
    /// # Errors
    /// Those of [`lore::read`] and [`template::read`], `too-large` over 10,000 records, and what the
    /// medium reports.
    pub async fn import(&self, bytes: &[u8], filename: &str, limits: &Limits) -> Result<Value> {
        if bytes.len() > limits.file {
            return Err(Kind::TooLarge.because(format!(
                "the file has {} bytes, the limit `file` allows {}",
                bytes.len(),
                limits.file
            )));
        }
        let (documents, warnings) = (self.form.read)(bytes, limits)?;
        documents::bounded(documents.len())?;
        let alone = documents.len() == 1;
        // The file would bear what is left out of its document.
        let told = warnings.iter().all(|one| one.code != template::LEFT_OUT);
        let mut arrivals = Vec::with_capacity(documents.len());
        for document in &documents {
            let foreign = alone && document.bytes() != bytes;
            let content = if foreign { bytes } else { document.bytes() };
            arrivals.push(Arrival {
                same: format!("{}{}", self.form.files, codec::hash(content)),
                put: Box::new(move |record, change| {
                    record.head = json!({ "name": stem(filename) });
                    self.form.put_document(record, document, change);
                    // A document that was cut out of a larger file says what there is of it.
                    if foreign && told && !card::starts_as_json(bytes) {
                        record.parts.insert("file".into(), change.add_part(bytes));
                    }
                }),
            });
        }
        let entry = |record: &Record| self.form.entry(record);
        documents::take_in(&self.keep, self.form.domain, &entry, arrivals, warnings).await
    }

    /// The entries of the records with all of these index keys, newest change first:
    /// `{ items, unreadable }`.
    pub(super) async fn list_by(&self, keys: &[String]) -> Result<Value> {
        let Some(first) = keys.first() else {
            return self.keep.list(self.form.domain, false).await;
        };
        let mut listing = self.keep.store().find(first).await?;
        listing.records.retain(|record| {
            record.trashed_ms.is_none() && keys.iter().all(|key| record.by.contains(key))
        });
        newest_first(&mut listing.records);
        let entry = |record: &Record| self.form.entry(record);
        let items: Vec<Value> = listing.records.iter().map(entry).collect();
        let unreadable: Vec<Value> = listing.unreadable.iter().map(unreadable_json).collect();
        Ok(json!({ "items": items, "unreadable": unreadable }))
    }

    /// A record as JSON, the entry and what it says, with its document; `None` when there is none.
    ///
    /// # Errors
    /// `corrupt`, and what the medium reports.
    pub async fn read(&self, id: &str) -> Result<Option<(String, Document)>> {
        if let Some(document) = self.built_in(id)? {
            let entry = json!({ "id": id, "rev": 0, "created": 0, "changed": 0, "builtIn": true });
            let entry = match entry {
                Value::Object(mut entry) => {
                    entry.extend((self.form.head)(&document));
                    Value::Object(entry)
                }
                other => other,
            };
            let fields = [(self.form.shown, &*(self.form.view)(&document))];
            return Ok(Some((with_fields(&entry, &fields), document)));
        }
        let Some(record) = present(self.keep.record(self.form.domain, id).await)? else {
            return Ok(None);
        };
        let document = self.keep.document(&record).await?;
        let fields = [(self.form.shown, &*(self.form.view)(&document))];
        Ok(Some((
            with_fields(&self.form.entry(&record), &fields),
            document,
        )))
    }

    /// Keeps a copy of a record, or of one that comes with the library, perhaps under another
    /// name, and gives its entry.
    ///
    /// # Errors
    /// `not-found`, `corrupt`, and what the medium reports.
    pub async fn copy(&self, id: &str, name: Option<&str>, write: Write) -> Result<Value> {
        let missing = || {
            Kind::NotFound
                .because("there is no such record")
                .of(self.form.domain.name(), id)
        };
        let (_, mut document) = self.read(id).await?.ok_or_else(missing)?;
        if let Some(name) = name {
            let patch = Document::parse(&format!("{{\"name\":{}}}", quote(name)))?;
            document = (self.form.edit)(&document, &patch)?;
        }
        let put = PutDocument {
            given: Given::Document(document.bytes().to_vec()),
            id: None,
            if_rev: None,
            image: None,
        };
        let written = self.put_many(&[put], write).await?;
        Ok(written
            .first()
            .map(|record| self.form.entry(record))
            .unwrap_or_default())
    }

    /// Adds an entry to a lorebook: `{ entry, id }`, the lorebook's entry and the new one's id as
    /// `patch` takes it.
    ///
    /// # Errors
    /// `not-found`, `conflict`, those of [`lore::edit`], and what the medium reports.
    pub async fn add_entry(&self, id: &str, fields: &Document, write: Write) -> Result<Value> {
        let patch = Document::parse(&format!("{{\"add\":[{}]}}", fields.root().raw()))?;
        let patch = PatchDocument {
            id: id.to_owned(),
            patch,
            if_rev: write.if_rev,
        };
        let written = self.patch_many(&[patch], write).await?;
        let lost = || Kind::Bug.because("a change of one record gave none back");
        let record = written.first().ok_or_else(lost)?;
        let document = self.keep.document(record).await?;
        let added = lore::last_entry(&document).ok_or_else(lost)?;
        Ok(json!({ "entry": self.form.entry(record), "id": added }))
    }

    pub(super) async fn patch_many(
        &self,
        patches: &[PatchDocument],
        write: Write,
    ) -> Result<Vec<Record>> {
        let edits: Vec<Edit<'_>> = patches
            .iter()
            .map(|patch| self.form.patching(patch))
            .collect();
        self.documents().change(&edits, write).await
    }

    pub(super) async fn put_many(&self, puts: &[PutDocument], write: Write) -> Result<Vec<Record>> {
        let edits: Vec<Edit<'_>> = puts.iter().map(|put| self.form.putting(put)).collect();
        self.documents().change(&edits, write).await
    }

    pub(super) async fn export(&self, id: &str) -> Result<Exported> {
        let record = self.keep.record(self.form.domain, id).await?;
        let file = match record.parts.get("file") {
            Some(part) => Some(self.keep.store().part(part).await?),
            None => None,
        };
        // A file that an earlier build kept may bear what is left out of its document.
        let tells = |file: &Vec<u8>| {
            let read = || (self.form.read)(file, &Limits::default()).ok();
            let odd = self.form.domain.hiding().and_then(|_| read());
            !odd.is_some_and(|(_, odd)| odd.iter().any(|one| one.code == template::LEFT_OUT))
        };
        let (extension, media_type, bytes) = match file.filter(tells) {
            Some(file) => {
                let (extension, media_type) = match media::kind(&file) {
                    Some(kind @ "image/png") => ("png", kind),
                    Some(kind @ "image/webp") => ("webp", kind),
                    Some(kind @ "image/jpeg") => ("jpeg", kind),
                    _ if inflate::is_gzip(&file) => filename::PACKED_JSON,
                    _ if zip::is(&file) => ("charx", "application/zip"),
                    _ => ("tsv", "text/tab-separated-values"),
                };
                (extension, media_type, file)
            }
            None => {
                let document = self.keep.document(&record).await?;
                ("json", "application/json", document.bytes().to_vec())
            }
        };
        Ok(Exported {
            filename: filename::safe(record.head_text("name"), extension),
            media_type,
            bytes,
        })
    }

    fn built_in(&self, id: &str) -> Result<Option<Document>> {
        match (self.form.domain, template::built_in(id)) {
            (Domain::Templates, Some(found)) => found.document().map(Some),
            _ => Ok(None),
        }
    }

    pub(super) fn documents(&self) -> Documents<'_> {
        Documents {
            keep: &self.keep,
            domain: self.form.domain,
            view: self.form.view,
        }
    }
}

impl Form {
    /// The entry of a record.
    pub fn entry(&self, record: &Record) -> Value {
        domain::entry(record, self.listed).into()
    }

    fn patching<'a>(&'static self, patch: &'a PatchDocument) -> Edit<'a> {
        let missing = || Kind::NotFound.because("there is no such record");
        Edit {
            id: Some(&patch.id),
            if_rev: patch.if_rev,
            put: false,
            make: Box::new(move |old, record, change| {
                let document = (self.edit)(old.ok_or_else(missing)?, &patch.patch)?;
                self.put_document(record, &document, change);
                Ok(document)
            }),
        }
    }

    /// A text in the place of another, or a new one.
    pub fn putting<'a>(&'static self, put: &'a PutDocument) -> Edit<'a> {
        let make = move |old: Option<&Document>, record: &mut Record, change: &mut Change| {
            if put.image.is_some() {
                return Err(Kind::BadOption.because("it has no picture"));
            }
            let reserved = put.id.as_deref().is_some_and(template::is_reserved);
            if reserved && self.domain == Domain::Templates {
                let detail = "ids of templates that come with the library are theirs; keep a copy";
                return Err(Kind::Invalid.because(detail));
            }
            let document = match put.given.bytes(self.filed) {
                Err(values) => (self.replace)(old, values)?,
                Ok(bytes) => {
                    let (mut documents, _) = (self.read)(bytes, &Limits::default())?;
                    if documents.len() != 1 || documents[0].bytes() != bytes {
                        let detail = "the document is a file of another kind; import it";
                        return Err(Kind::Invalid.because(detail));
                    }
                    documents.remove(0)
                }
            };
            self.put_document(record, &document, change);
            Ok(document)
        };
        Edit {
            id: put.id.as_deref(),
            if_rev: put.if_rev,
            put: true,
            make: Box::new(make),
        }
    }

    /// Puts a text into its record; what has no name keeps the one it was called by.
    pub fn put_document(&self, record: &mut Record, document: &Document, change: &mut Change) {
        let mut head = (self.head)(document);
        let named = head.get("name").and_then(Value::as_str).unwrap_or_default();
        // What came in a file without a name has that of the file.
        let filed = matches!(self.domain, Domain::Lorebooks | Domain::Templates);
        let name = match named {
            "" if filed => record.head_text("name"),
            named => named,
        };
        let name: String = name.chars().take(100).collect();
        head.insert("name".into(), name.into());
        record.head = head.into();
        record.by.retain(|key| key.starts_with(self.files));
        record.by.extend((self.keys)(document));
        let part = change.add_part(document.bytes());
        if record.parts.insert("document".into(), part.clone()) != Some(part) {
            record.parts.remove("file");
        }
    }
}

/// The name of a file without folders and extension.
fn stem(filename: &str) -> &str {
    let name = filename.rsplit(['/', '\\']).next().unwrap_or_default();
    let name = filename::unpacked(name);
    match name.rsplit_once('.') {
        Some((stem, _)) if !stem.is_empty() => stem,
        _ => name,
    }
}
