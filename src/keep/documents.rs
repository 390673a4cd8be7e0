//! Documents of characters, worlds and personas: put and changed, one or many at once.
//!
//! Many are one change: all of them are stored or none, and what they need is read in one
//! go. What a document means is the matter of its domain, which hands in what to do.

use super::domain::Domain;
use super::{Keep, Status, world_parts};
use crate::codec;
use crate::error::{Error, Kind, Limits, Result, Sides, Warning};
use crate::json::Document;
use crate::store::{Change, History, Record, Write};
use serde_json::{Value, json};
use std::collections::HashSet;

/// Characters of an id that a caller chooses.
const LONGEST_ID: usize = 200;

/// A change is encoded whole before it is written: more than this is several changes.
const MOST: usize = 10_000;
/// Bytes of the contents in one change.
const MOST_BYTES: usize = 64 << 20;

/// So often a change is made anew of what others wrote while it was made.
pub(super) const MOST_TURNS: u32 = 100;

/// What to put into a record.
#[derive(Debug, Clone)]
pub enum Given {
    /// The bytes of a document, as they are to be kept.
    Document(Vec<u8>),
    /// Its values: what is there already and says the same keeps its spelling. An object as a
    /// file has it is a document.
    Values(Document),
}

impl Given {
    /// The bytes to be kept, or the values. `filed` tells whether values are as a file has them.
    pub(super) fn bytes(
        &self,
        filed: fn(&Document) -> bool,
    ) -> std::result::Result<&[u8], &Document> {
        match self {
            Given::Document(bytes) => Ok(bytes),
            Given::Values(values) if filed(values) => Ok(values.bytes()),
            Given::Values(values) => Err(values),
        }
    }
}

/// A document to put.
#[derive(Debug, Clone)]
pub struct PutDocument {
    /// The document.
    pub given: Given,
    /// The record; without one a new id is made.
    pub id: Option<String>,
    /// The revision that the caller read; 0: there must be no record.
    pub if_rev: Option<u64>,
    /// A PNG to be the picture, for characters and personas; without one the picture stays.
    pub image: Option<Vec<u8>>,
}

/// A change of some fields.
#[derive(Debug, Clone)]
pub struct PatchDocument {
    /// The record.
    pub id: String,
    /// The fields, as the domain takes them.
    pub patch: Document,
    /// The revision that the caller read.
    pub if_rev: Option<u64>,
}

/// Makes the new document of the old one and puts it into the record.
type Make<'a> = Box<dyn Fn(Option<&Document>, &mut Record, &mut Change) -> Result<Document> + 'a>;

/// Does once more what names no revision when somebody was faster: it is made of what is there.
pub(super) async fn in_turns<T>(
    names_rev: bool,
    mut work: impl AsyncFnMut() -> Result<T>,
) -> Result<T> {
    let mut turns = if names_rev { 0 } else { MOST_TURNS };
    loop {
        match work().await {
            Err(error) if error.kind() == Kind::Conflict && turns > 0 => turns -= 1,
            settled => return settled,
        }
    }
}

/// What becomes of one record.
pub(super) struct Edit<'a> {
    pub id: Option<&'a str>,
    pub if_rev: Option<u64>,
    /// Whether the record is made where there is none.
    pub put: bool,
    pub make: Make<'a>,
}

/// The documents of a domain.
pub(super) struct Documents<'a> {
    pub keep: &'a Keep,
    pub domain: Domain,
    /// What callers see of a document, as JSON.
    pub view: fn(&Document) -> String,
}

impl Keep {
    /// The document of a record, without what must not leave the keep.
    pub(super) async fn document(&self, record: &Record) -> Result<Document> {
        document_of(record, &self.document_bytes(record).await?)
    }

    /// The bytes of that document.
    pub(super) async fn document_bytes(&self, record: &Record) -> Result<Vec<u8>> {
        let parts = world_parts::parts_of(record)?;
        match parts.as_slice() {
            [part] => self.store().part(part).await,
            parts => world_parts::joined(self.store().parts(parts).await?),
        }
    }
}

/// The document in the bytes of a record's, without what must not leave the keep.
fn document_of(record: &Record, bytes: &[u8]) -> Result<Document> {
    let (document, _) = Document::read(bytes, &Limits::default())?;
    match Domain::of(&record.domain).ok().and_then(Domain::hiding) {
        Some(without) => without(document),
        None => Ok(document),
    }
}

impl Documents<'_> {
    /// Makes several edits in one change and gives the records in their order. The states
    /// before become versions.
    pub(super) async fn change(&self, edits: &[Edit<'_>], write: Write) -> Result<Vec<Record>> {
        if edits.is_empty() {
            self.keep.store().answers().await?;
            return Ok(Vec::new());
        }
        bounded(edits.len())?;
        if let Some(recent) = self.recent(edits) {
            let mut change = Change::new();
            change.on_recent();
            let found = vec![Some(recent)];
            match self.make(edits, found, change, write, false).await {
                Ok(Some(written)) => return Ok(written),
                // What others wrote since is read below.
                Ok(None) => {}
                Err(error) if matches!(error.kind(), Kind::Conflict | Kind::NotFound) => {}
                Err(error) => return Err(error),
            }
        }
        // Whoever names no revision wants the change made of what is there.
        let mut turns = match edits.iter().all(|edit| edit.if_rev.is_none()) {
            true => MOST_TURNS,
            false => 0,
        };
        loop {
            let found = self.records(edits).await?;
            let made = self.make(edits, found, Change::new(), write, turns == 0);
            match made.await? {
                Some(written) => return Ok(written),
                None => turns -= 1,
            }
        }
    }

    /// The record of a single edit, when it was written here last.
    fn recent(&self, edits: &[Edit<'_>]) -> Option<Record> {
        let [
            Edit {
                id: Some(id),
                if_rev,
                ..
            },
        ] = edits
        else {
            return None;
        };
        let record = self.keep.store().recent(self.domain.name(), id)?;
        if_rev.is_none_or(|rev| rev == record.rev).then_some(record)
    }

    /// Makes the edits of what was found. `None` when somebody was faster; in the last turn that is
    /// a conflict, with its sides.
    async fn make(
        &self,
        edits: &[Edit<'_>],
        found: Vec<Option<Record>>,
        mut change: Change,
        write: Write,
        last: bool,
    ) -> Result<Option<Vec<Record>>> {
        let nth = |n: usize, error: Error| nth(edits.len(), n, error);
        let store = self.keep.store();
        let olds = self.documents(&found).await?;
        change.asked(write);
        if edits.len() > 1 {
            change.verify();
        }
        for (n, ((edit, found), old)) in edits.iter().zip(&found).zip(&olds).enumerate() {
            if let Err(error) =
                may_change(self.domain, edit.id, edit.put, edit.if_rev, found.as_ref())
            {
                let base = match (edit.id, edit.if_rev) {
                    (Some(id), Some(rev)) => self.version(id, rev).await,
                    _ => None,
                };
                let error = self.between(error, edit, base.as_ref(), found.as_ref(), old.as_ref());
                return Err(nth(n, error));
            }
            let mut record = found.clone().unwrap_or_else(|| {
                let now = store.now();
                let id = edit.id.map_or_else(|| codec::new_id(now), str::to_owned);
                Record::new(self.domain.name(), &id, now)
            });
            (edit.make)(old.as_ref(), &mut record, &mut change)
                .map_err(|error| nth(n, error.of(self.domain.name(), &record.id)))?;
            if change.page_bytes() > MOST_BYTES {
                let detail = "the contents have over 64 MiB; put them in several batches";
                return Err(nth(n, Kind::TooLarge.because(detail)));
            }
            record.trashed_ms = None;
            let history = match found {
                Some(_) => History::Keep,
                None => History::Skip,
            };
            change.write(record, history);
        }
        match self.keep.commit(change).await {
            // Somebody was faster since the records were read.
            Err(error) if error.kind() == Kind::Conflict => {
                let subject = error.subject().map(|subject| subject.id.clone());
                let place = edits.iter().position(|edit| edit.id == subject.as_deref());
                let Some(place) = place.filter(|_| subject.is_some()) else {
                    return Err(error);
                };
                if !last {
                    return Ok(None);
                }
                let id = subject.unwrap_or_default();
                let theirs = store.get(self.domain.name(), &id).await.ok().flatten();
                let now = match &theirs {
                    Some(record) => self.keep.document(record).await.ok(),
                    None => None,
                };
                let base = olds[place].as_ref();
                let error = self.between(error, &edits[place], base, theirs.as_ref(), now.as_ref());
                Err(nth(place, error))
            }
            settled => settled.map(Some),
        }
    }

    /// The records of the edits, read at once; `None` where there is none.
    async fn records(&self, edits: &[Edit<'_>]) -> Result<Vec<Option<Record>>> {
        let mut seen = HashSet::new();
        let mut ids = Vec::with_capacity(edits.len());
        for (n, edit) in edits.iter().enumerate() {
            let Some(id) = edit.id else { continue };
            let refuse = |error: Error| nth(edits.len(), n, error.of(self.domain.name(), id));
            usable(id).map_err(refuse)?;
            if !seen.insert(id) {
                return Err(refuse(Kind::Invalid.because("the same id comes twice")));
            }
            ids.push(id);
        }
        let mut found = self
            .keep
            .store()
            .get_many(self.domain.name(), &ids)
            .await?
            .into_iter();
        let mut next = |edit: &Edit<'_>| match edit.id {
            Some(_) => found.next().flatten(),
            None => None,
        };
        Ok(edits.iter().map(&mut next).collect())
    }

    /// The documents of records, read at once.
    async fn documents(&self, records: &[Option<Record>]) -> Result<Vec<Option<Document>>> {
        if let [Some(record)] = records {
            return Ok(vec![Some(self.keep.document(record).await?)]);
        }
        let at_once = self.at_once(records).await;
        let Err(error) = at_once else {
            return at_once;
        };
        // One by one it shows which of them it is.
        for (n, record) in records.iter().enumerate() {
            if let Some(record) = record {
                let read = self.keep.document(record).await;
                read.map_err(|error| error.of(&record.domain, &record.id).item(n))?;
            }
        }
        Err(error)
    }

    async fn at_once(&self, records: &[Option<Record>]) -> Result<Vec<Option<Document>>> {
        let mut parts = Vec::new();
        let mut counts = Vec::with_capacity(records.len());
        for record in records {
            let of = record.as_ref().map(world_parts::parts_of).transpose()?;
            counts.push(of.as_ref().map(Vec::len));
            parts.extend(of.into_iter().flatten());
        }
        let mut read = self.keep.store().parts(&parts).await?.into_iter();
        let mut documents = Vec::with_capacity(records.len());
        for (record, count) in records.iter().zip(counts) {
            let document = match (record, count) {
                (Some(record), Some(count)) => {
                    let bytes = world_parts::joined(read.by_ref().take(count).collect())?;
                    Some(document_of(record, &bytes)?)
                }
                _ => None,
            };
            documents.push(document);
        }
        Ok(documents)
    }

    /// The document of an older state, where it is kept.
    async fn version(&self, id: &str, rev: u64) -> Option<Document> {
        let version = self.keep.store().said(self.domain.name(), id, rev).await;
        // What cannot be read is only left out of what the conflict tells.
        self.keep.document(&version.ok().flatten()?).await.ok()
    }

    /// A conflict with its three sides, as far as they are known.
    fn between(
        &self,
        error: Error,
        edit: &Edit<'_>,
        base: Option<&Document>,
        theirs: Option<&Record>,
        now: Option<&Document>,
    ) -> Error {
        let Some(theirs) = theirs.filter(|_| error.kind() == Kind::Conflict) else {
            return error;
        };
        let mine = (edit.make)(base.or(now), &mut theirs.clone(), &mut Change::new());
        error.between(Sides {
            base: base.map(self.view),
            mine: mine.ok().as_ref().map(self.view),
            theirs: now.map(self.view),
        })
    }
}

/// The error of one item, by its place where there are several.
pub(super) fn nth(count: usize, n: usize, error: Error) -> Error {
    if count == 1 { error } else { error.item(n) }
}

/// Puts a document into its record.
type Put<'a> = Box<dyn FnOnce(&mut Record, &mut Change) + 'a>;

/// A document that was read of a file, to be kept unless it is kept already.
pub(super) struct Arrival<'a> {
    /// The index key of its content.
    pub same: String,
    /// Puts it into its record.
    pub put: Put<'a>,
}

/// Keeps the documents of a file, in one change: `[{ entry, status, warnings }]`, the warnings
/// with the first. What is kept already under its key is a duplicate.
///
/// # Errors
/// What the medium reports.
pub(super) async fn take_in(
    keep: &Keep,
    domain: Domain,
    entry: &dyn Fn(&Record) -> Value,
    arrivals: Vec<Arrival<'_>>,
    mut warnings: Vec<Warning>,
) -> Result<Value> {
    let mut change = Change::new();
    change.verify();
    let mut settled = Vec::with_capacity(arrivals.len());
    for Arrival { same, put } in arrivals {
        let kept = keep.store().find(&same).await?.records;
        let kept = kept.into_iter().find(|record| record.trashed_ms.is_none());
        if kept.is_none() {
            let now = keep.store().now();
            let mut record = Record::new(domain.name(), &codec::new_id(now), now);
            record.by.push(same);
            put(&mut record, &mut change);
            change.write(record, History::Skip);
        }
        settled.push(kept);
    }
    let added = match settled.iter().all(Option::is_some) {
        true => Vec::new(),
        false => keep.commit(change).await?,
    };
    let mut added = added.into_iter();
    let mut items = Vec::with_capacity(settled.len());
    for kept in settled {
        let status = match kept {
            Some(_) => Status::Duplicate,
            None => Status::Added,
        };
        let lost = || Kind::Bug.because("a change gave fewer records than it had");
        let record = kept.or_else(|| added.next()).ok_or_else(lost)?;
        let (entry, warnings) = (entry(&record), std::mem::take(&mut warnings));
        items.push(json!({ "entry": entry, "status": status, "warnings": warnings }));
    }
    Ok(items.into())
}

/// Whether a change may be made of what is there; `put` makes a record where there is none.
pub(super) fn may_change(
    domain: Domain,
    id: Option<&str>,
    put: bool,
    if_rev: Option<u64>,
    found: Option<&Record>,
) -> Result<()> {
    let there = found.filter(|record| put || record.trashed_ms.is_none());
    match (there, if_rev) {
        (None, None | Some(0)) if put => Ok(()),
        (None, _) => Err(Kind::NotFound
            .because("there is no such record")
            .of(domain.name(), id.unwrap_or_default())),
        (Some(record), Some(rev)) if rev != record.rev => Err(super::stale(record, rev)),
        (Some(_), _) => Ok(()),
    }
}

/// Whether a caller may choose this id.
pub(super) fn usable(id: &str) -> Result<()> {
    match id.is_empty() || id.chars().count() > LONGEST_ID {
        true => Err(Kind::Invalid.because("an id has 1 to 200 characters")),
        false => Ok(()),
    }
}

/// Whether so many records may be changed at once.
pub(super) fn bounded(count: usize) -> Result<()> {
    if count <= MOST {
        return Ok(());
    }
    Err(Kind::TooLarge.because(format!(
        "the batch has {count} items, at most {MOST} are changed at once; take several batches"
    )))
}
