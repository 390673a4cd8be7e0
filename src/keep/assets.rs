//! Assets: pictures, sounds, films, texts and any other bytes, kept as they come.
//!
//! What a file is it says by its first bytes, and only where those say nothing does the caller's
//! word count. Refuses to know what is in it.

use super::documents::{Arrival, in_turns};
use super::domain::{self, Domain, present};
use super::{Exported, Keep, documents, filename};
use crate::codec;
use crate::container::media;
use crate::error::{Kind, Limits, Result};
use crate::store::{Change, History, Record, Write};
use serde::Deserialize;
use serde_json::{Value, json};

/// The index key of an asset's content.
const FILES: &str = "assets/file/";
/// Characters of a name.
const LONGEST_NAME: usize = 100;

/// The assets of a keep.
pub struct Assets {
    pub(super) keep: Keep,
}

/// What a caller says of an asset.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AboutAsset {
    /// What it is called, with an extension or without.
    pub name: Option<String>,
    /// A media type, for what does not say itself what it is.
    #[serde(rename = "type")]
    pub media_type: Option<String>,
}

/// The entry of an asset.
pub(super) fn entry(record: &Record) -> Value {
    domain::entry(record, &["name", "type", "size", "active"]).into()
}

impl Assets {
    pub(super) fn new(keep: Keep) -> Assets {
        Assets { keep }
    }

    /// Keeps some bytes, in the place of another asset or as a new one, and gives the entry. What
    /// is not said of one that is there stays; the state before becomes a version.
    ///
    /// # Errors
    /// `conflict` when it has another revision, `not-found` when there is none for `if_rev`,
    /// `invalid` for an unusable id or type, and what the medium reports.
    pub async fn put(
        &self,
        id: Option<&str>,
        bytes: &[u8],
        about: &AboutAsset,
        write: Write,
    ) -> Result<Value> {
        in_turns(write.if_rev.is_some(), async || {
            let found = match id {
                Some(id) => {
                    documents::usable(id).map_err(|error| error.of(Domain::Assets.name(), id))?;
                    self.keep.store().get(Domain::Assets.name(), id).await?
                }
                None => None,
            };
            documents::may_change(Domain::Assets, id, true, write.if_rev, found.as_ref())?;
            let history = match found {
                Some(_) => History::Keep,
                None => History::Skip,
            };
            let mut record = found.unwrap_or_else(|| {
                let now = self.keep.store().now();
                let id = id.map_or_else(|| codec::new_id(now), str::to_owned);
                Record::new(Domain::Assets.name(), &id, now)
            });
            let mut change = Change::new();
            let said = about.media_type.as_deref().map(essence).transpose()?;
            call(&mut record, about.name.as_deref());
            hold(&mut record, bytes, said, &mut change);
            record.trashed_ms = None;
            change.asked(write).write(record, history);
            Ok(entry(&self.keep.commit_one(change).await?))
        })
        .await
    }

    /// Changes what is said of an asset and gives the entry.
    ///
    /// # Errors
    /// `not-found`, `conflict`, `invalid`, and what the medium reports.
    pub async fn patch(&self, id: &str, about: &AboutAsset, write: Write) -> Result<Value> {
        in_turns(write.if_rev.is_some(), async || {
            let found = self.keep.record_at(Domain::Assets, id, write.if_rev).await;
            let mut record = found?;
            call(&mut record, about.name.as_deref());
            if let Some(said) = &about.media_type {
                let said = essence(said)?;
                let bytes = self.keep.store().part(record.part("file")?).await?;
                classify(&mut record, Some(said), &bytes);
            }
            let mut change = Change::new();
            change.asked(write).write(record, History::Keep);
            Ok(entry(&self.keep.commit_one(change).await?))
        })
        .await
    }

    /// Keeps a file: `[{ entry, status, warnings }]`. The same bytes again are a duplicate.
    ///
    /// # Errors
    /// `too-large`, and what the medium reports.
    pub async fn import(&self, bytes: &[u8], filename: &str, limits: &Limits) -> Result<Value> {
        if bytes.len() > limits.file {
            let detail = format!("the limit `file` allows {} bytes", limits.file);
            return Err(Kind::TooLarge.because(detail));
        }
        let arrival = Arrival {
            same: format!("{FILES}{}", codec::hash(bytes)),
            put: Box::new(|record, change| {
                call(record, filename.rsplit(['/', '\\']).next());
                hold(record, bytes, None, change);
            }),
        };
        documents::take_in(
            &self.keep,
            Domain::Assets,
            &entry,
            vec![arrival],
            Vec::new(),
        )
        .await
    }

    /// An asset's entry and its bytes; `None` when there is none.
    ///
    /// # Errors
    /// `corrupt`, and what the medium reports.
    pub async fn read(&self, id: &str) -> Result<Option<(Value, Vec<u8>)>> {
        let Some(record) = present(self.keep.record(Domain::Assets, id).await)? else {
            return Ok(None);
        };
        let bytes = self.keep.store().part(record.part("file")?).await?;
        Ok(Some((entry(&record), bytes)))
    }

    pub(super) async fn export(&self, id: &str) -> Result<Exported> {
        let record = self.keep.record(Domain::Assets, id).await?;
        let bytes = self.keep.store().part(record.part("file")?).await?;
        let name = record.head_text("name");
        let (stem, own) = match name.rsplit_once('.') {
            Some((stem, own)) if !stem.is_empty() && is_extension(own) => (stem, Some(own)),
            _ => (name, None),
        };
        let kind = media::kind(&bytes);
        let extension = match kind.and_then(extension).or(own) {
            Some(extension) => extension,
            None if media::is_text(&bytes) => "txt",
            None => "bin",
        };
        Ok(Exported {
            filename: filename::safe(stem, extension),
            media_type: kind.unwrap_or("application/octet-stream"),
            bytes,
        })
    }
}

/// Names the record, or leaves it the name it has.
fn call(record: &mut Record, name: Option<&str>) {
    let name = name.unwrap_or(record.head_text("name"));
    let name: String = name.chars().take(LONGEST_NAME).collect();
    record.head["name"] = name.into();
}

/// Puts the content into the record, of which its type may be said.
fn hold(record: &mut Record, bytes: &[u8], said: Option<String>, change: &mut Change) {
    // What was said of the content before counts where nothing is said of this one.
    let before = Some(record.head_text("said").to_owned());
    let said = said.or(before.filter(|said| !said.is_empty()));
    classify(record, said, bytes);
    let part = change.add_part(bytes);
    record.by = vec![format!("{FILES}{}", part.hash)];
    record.parts.insert("file".into(), part);
}

/// Writes into the head what the content is.
fn classify(record: &mut Record, said: Option<String>, bytes: &[u8]) {
    let known = media::kind(bytes);
    let is_active =
        known.is_none() && (media::is_markup(bytes) || said.as_deref().is_some_and(runs_scripts));
    let kind = match (known, &said) {
        (Some(kind), _) => kind,
        (None, Some(said)) => said,
        (None, None) if media::is_markup(bytes) => "text/html",
        (None, None) if media::is_text(bytes) => "text/plain",
        (None, None) => "application/octet-stream",
    };
    let name = record.head_text("name");
    let mut head = json!({ "name": name, "type": kind, "size": bytes.len() });
    if let Some(said) = said {
        head["said"] = said.into();
    }
    if is_active {
        head["active"] = true.into();
    }
    record.head = head;
}

/// A media type without its parameters, in small letters.
fn essence(said: &str) -> Result<String> {
    let essence = said.split(';').next().unwrap_or_default().trim();
    let is_name = |name: &str| {
        let allowed = |c: char| c.is_ascii_alphanumeric() || "!#$&-^_.+".contains(c);
        !name.is_empty() && name.len() < 64 && name.chars().all(allowed)
    };
    match essence.split_once('/') {
        Some((kind, form)) if is_name(kind) && is_name(form) => Ok(essence.to_ascii_lowercase()),
        _ => Err(Kind::Invalid.because(format!("{said:?} is no media type"))),
    }
}

/// Whether a browser that opens something of this type may run what is in it.
fn runs_scripts(kind: &str) -> bool {
    ["html", "xml", "svg", "script", "pdf", "flash"]
        .iter()
        .any(|part| kind.contains(part))
}

/// The extension of files of a type that [`media::kind`] gives.
fn extension(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "image/png" => "png",
        "image/jpeg" => "jpg",
        "image/gif" => "gif",
        "image/webp" => "webp",
        "image/avif" => "avif",
        "audio/mpeg" => "mp3",
        "audio/ogg" => "ogg",
        "audio/wav" => "wav",
        "audio/mp4" => "m4a",
        "video/mp4" => "mp4",
        "video/webm" => "webm",
        _ => return None,
    })
}

fn is_extension(text: &str) -> bool {
    (1..=8).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}
