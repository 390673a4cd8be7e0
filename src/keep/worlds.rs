//! Worlds: a world state as its document, changed by patches.

use super::documents::{Documents, Edit, Given, PatchDocument, PutDocument};
use super::domain::{self, Domain, present, with_fields};
use super::world_parts::{self, Play};
use super::{Exported, Keep, Status, filename};
use crate::codec::{self, inflate};
use crate::container::{png, zip};
use crate::error::{Kind, Limits, Result, Warning};
use crate::json::Document;
use crate::store::{Change, History, Record, Write};
use crate::world::{self, KeyAt, Wanted, tree};
use serde_json::{Value, json};

/// Parts of a world that are files beside its state.
pub(super) const FILE: &str = "file/";

/// The worlds of a keep.
pub struct Worlds {
    pub(super) keep: Keep,
}

/// The entry of a world.
pub(super) fn entry(record: &Record) -> Value {
    domain::entry(record, &["name", "locations", "position"]).into()
}

impl Worlds {
    pub(super) fn new(keep: Keep) -> Worlds {
        Worlds { keep }
    }

    /// Keeps a `world_state.json`, the tree of a world in an archive with its chats, or a world of
    /// CardShark's cards: `{ entry, status, warnings }`. The same bytes again are a duplicate.
    ///
    /// # Errors
    /// Those of [`world::read`] and [`tree::read`], and what the medium reports.
    pub async fn import(&self, bytes: &[u8], limits: &Limits) -> Result<Value> {
        let mut odd = Vec::new();
        let inflated = inflate::gzip(bytes, limits.text, &mut odd)?;
        let bytes = inflated.as_deref().unwrap_or(bytes);
        let same = format!("worlds/file/{}", codec::hash(bytes));
        let kept = self.keep.store().find(&same).await?.records;
        let kept = kept.into_iter().find(|record| record.trashed_ms.is_none());
        let told = |record: &Record, status, warnings: &[Warning]| json!({ "entry": entry(record), "status": status, "warnings": warnings });
        if zip::is(bytes) || png::is(bytes) {
            if let Some(record) = kept {
                return Ok(told(&record, Status::Duplicate, &[]));
            }
            let (record, warnings) = self.add_archive(bytes, same, limits).await?;
            return Ok(told(&record, Status::Added, &warnings));
        }
        let (document, mut warnings) = world::read(bytes, limits)?;
        warnings.splice(..0, odd);
        let (record, status) = match kept {
            Some(record) => (record, Status::Duplicate),
            None => (
                self.add(&document, Some((same, bytes)), Write::default())
                    .await?,
                Status::Added,
            ),
        };
        Ok(told(&record, status, &warnings))
    }

    /// Makes a world with one location and gives its entry.
    ///
    /// # Errors
    /// What the medium reports.
    pub async fn create(&self, name: &str) -> Result<Value> {
        self.create_as(name, Write::default()).await
    }

    /// As [`Worlds::create`], in the way that is asked for.
    ///
    /// # Errors
    /// As [`Worlds::create`], and `corrupt` when it does not read back.
    pub async fn create_as(&self, name: &str, write: Write) -> Result<Value> {
        let document = world::create(name, self.keep.store().now());
        Ok(entry(&self.add(&document, None, write).await?))
    }

    /// A world with its state as JSON: the entry and `state`, `warnings`; `None` when there is none.
    ///
    /// # Errors
    /// `corrupt`, and what the medium reports.
    pub async fn get(&self, id: &str) -> Result<Option<String>> {
        match present(self.keep.record(Domain::Worlds, id).await)? {
            Some(record) => self.view(&record).await.map(Some),
            None => Ok(None),
        }
    }

    /// Moves the player and gives the world as [`Worlds::get`] does. The state before becomes a version.
    ///
    /// # Errors
    /// `not-found`, `conflict` with its sides, `invalid` when there is no such location, `too-new`
    /// for a world that a newer version made, and what the medium reports.
    pub async fn move_to(
        &self,
        id: &str,
        position: &str,
        write: impl Into<Write>,
    ) -> Result<String> {
        let now = self.keep.store().now();
        let play = |document: &Document, key_at: &KeyAt<'_>| {
            world::move_among(document, position, now, key_at)
        };
        self.view(&self.change(id, write.into(), &play).await?)
            .await
    }

    /// Puts a location that waits beside the map at a position of it, and gives the entry.
    ///
    /// # Errors
    /// `not-found`, `conflict` with its sides, those of [`world::place`], and what the medium
    /// reports.
    pub async fn place(
        &self,
        id: &str,
        location: &str,
        position: &str,
        write: Write,
    ) -> Result<Value> {
        let now = self.keep.store().now();
        let place = |document: &Document| world::place(document, location, position, now);
        let edit = edited(id, write.if_rev, &place);
        let written = self.documents().change(&[edit], write).await?;
        Ok(written.first().map(entry).unwrap_or_default())
    }

    /// Sets a stat of the player to a JSON value and gives the world as [`Worlds::get`] does.
    ///
    /// # Errors
    /// `not-found`, `conflict` with its sides, `bad-json`, and what the medium reports.
    pub async fn set_stat(
        &self,
        id: &str,
        stat: &str,
        value: &str,
        write: impl Into<Write>,
    ) -> Result<String> {
        let now = self.keep.store().now();
        let play = |document: &Document, _: &KeyAt<'_>| world::set_stat(document, stat, value, now);
        self.view(&self.change(id, write.into(), &play).await?)
            .await
    }

    /// One location, by its position or by its `location_id`, as JSON `{ position?, location }`;
    /// without a position when it is not on the map. `None` when there is none.
    ///
    /// # Errors
    /// `not-found` when there is no such world, `corrupt`, and what the medium reports.
    pub async fn location(&self, id: &str, place: &str) -> Result<Option<String>> {
        let record = self.keep.record(Domain::Worlds, id).await?;
        let at = world::parse_position(place).ok().map(Wanted::At);
        let named = Wanted::Id(place.to_owned());
        for wanted in at.iter().chain([&named]) {
            let found = self.keep.locations(&record, wanted).await?;
            if let Some(first) = found.into_iter().next() {
                return Ok(Some(first));
            }
        }
        self.keep.unconnected(&record, &named).await
    }

    /// The locations in a rectangle of a plane, its edges included, as JSON
    /// `[{ position, location }]` in the order of the file.
    ///
    /// # Errors
    /// As [`Worlds::location`].
    pub async fn viewport(&self, id: &str, z: i64, x: [i64; 2], y: [i64; 2]) -> Result<String> {
        let record = self.keep.record(Domain::Worlds, id).await?;
        let wanted = Wanted::Within { z, x, y };
        let found = self.keep.locations(&record, &wanted).await?;
        Ok(format!("[{}]", found.join(",")))
    }

    pub(super) async fn patch_many(
        &self,
        patches: &[PatchDocument],
        write: Write,
    ) -> Result<Vec<Record>> {
        let now = self.keep.store().now();
        if let [PatchDocument { id, patch, if_rev }] = patches
            && !world::changes_places(patch)
        {
            let play = |document: &Document, key_at: &KeyAt<'_>| {
                world::edit_among(document, patch, now, key_at)
            };
            let if_rev = *if_rev;
            let written = self.change(id, Write { if_rev, ..write }, &play).await?;
            return Ok(vec![written]);
        }
        let edit = |patch: &PatchDocument| {
            let PatchDocument { id, patch, if_rev } = patch.clone();
            let edit = move |document: &Document| world::edit(document, &patch, now);
            (id, if_rev, edit)
        };
        let edits: Vec<_> = patches.iter().map(edit).collect();
        let edits: Vec<Edit<'_>> = edits
            .iter()
            .map(|(id, if_rev, edit)| edited(id, *if_rev, edit))
            .collect();
        self.documents().change(&edits, write).await
    }

    pub(super) async fn put_many(&self, puts: &[PutDocument], write: Write) -> Result<Vec<Record>> {
        if puts.iter().any(|put| put.image.is_some()) {
            return Err(Kind::BadOption.because("a world has no picture"));
        }
        let edits: Vec<Edit<'_>> = puts.iter().map(putting).collect();
        self.documents().change(&edits, write).await
    }

    pub(super) async fn export(&self, id: &str) -> Result<Exported> {
        let record = self.keep.record(Domain::Worlds, id).await?;
        let bytes = world::write(&self.keep.document(&record).await?);
        let filename = filename::safe(record.head_text("name"), "json");
        Ok(Exported {
            filename,
            media_type: "application/json",
            bytes,
        })
    }

    /// A new world; one that came as a file is read back.
    async fn add(
        &self,
        document: &Document,
        file: Option<(String, &[u8])>,
        write: Write,
    ) -> Result<Record> {
        let now = self.keep.store().now();
        let mut change = Change::new();
        change.asked(write);
        let mut record = Record::new(Domain::Worlds.name(), &codec::new_id(now), now);
        if let Some((same, bytes)) = file {
            record.by.push(same);
            change.verify();
            // What became a state of another form stays beside it.
            if document.bytes() != bytes {
                let name = format!("{FILE}{}", tree::ORIGINAL);
                record.parts.insert(name, change.add_part(bytes));
            }
        }
        put_document(&mut record, document, &mut change);
        change.write(record, History::Skip);
        self.keep.commit_one(change).await
    }

    /// Changes what lies beside a state, and gives the entry.
    pub(super) async fn beside(
        &self,
        id: &str,
        write: Write,
        put: &dyn Fn(&mut Record, &mut Change),
    ) -> Result<Value> {
        let missing = || Kind::NotFound.because("there is no such record");
        let make = |old: Option<&Document>, record: &mut Record, change: &mut Change| {
            let document = old.ok_or_else(missing)?;
            world::changeable(document)?;
            put(record, change);
            Ok(document.clone())
        };
        let edit = Edit {
            id: Some(id),
            if_rev: write.if_rev,
            put: false,
            make: Box::new(make),
        };
        let written = self.documents().change(&[edit], write).await?;
        Ok(written.first().map(entry).unwrap_or_default())
    }

    async fn change(&self, id: &str, write: Write, play: &Play<'_>) -> Result<Record> {
        if let Some(written) = self.keep.play(id, write, play).await? {
            return Ok(written);
        }
        let edit = |document: &Document| play(document, &|at| world::key_at(document, at));
        let edit = edited(id, write.if_rev, &edit);
        let written = self.documents().change(&[edit], write).await?;
        let mut written = written.into_iter();
        written
            .next()
            .ok_or_else(|| Kind::Bug.because("a change of one record gave none back"))
    }

    fn documents(&self) -> Documents<'_> {
        Documents {
            keep: &self.keep,
            domain: Domain::Worlds,
            view: world::view,
        }
    }

    async fn view(&self, record: &Record) -> Result<String> {
        let bytes = self.keep.document_bytes(record).await?;
        let (document, warnings) = world::read(&bytes, &Limits::default())?;
        let fields = [
            ("state", &*world::view(&document)),
            ("warnings", &json!(warnings).to_string()),
        ];
        Ok(with_fields(&entry(record), &fields))
    }
}

/// A state of its own in the place of another.
pub(super) fn putting(put: &PutDocument) -> Edit<'_> {
    let make = |old: Option<&Document>, record: &mut Record, change: &mut Change| {
        let bytes = match &put.given {
            Given::Document(bytes) => bytes,
            Given::Values(values) => values.bytes(),
        };
        let (new, _) = world::read(bytes, &Limits::default())?;
        old.map_or(Ok(()), world::changeable)?;
        let document = match (&put.given, old) {
            (Given::Values(_), Some(old)) => old.amend(&[], new.root())?,
            _ => new,
        };
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

/// A change of a state that is there.
fn edited<'a>(
    id: &'a str,
    if_rev: Option<u64>,
    edit: &'a dyn Fn(&Document) -> Result<Document>,
) -> Edit<'a> {
    let missing = || Kind::NotFound.because("there is no such record");
    let make = move |old: Option<&Document>, record: &mut Record, change: &mut Change| {
        let document = edit(old.ok_or_else(missing)?)?;
        put_document(record, &document, change);
        Ok(document)
    };
    Edit {
        id: Some(id),
        if_rev,
        put: false,
        make: Box::new(make),
    }
}

pub(super) fn put_document(record: &mut Record, document: &Document, change: &mut Change) {
    world_parts::summarize(record, document);
    world_parts::put(record, document, change);
}
