//! Edits that are saved later: journalled at once, made when they are due, and replayed
//! when the page ended before that.
//!
//! When an edit is due is not known here, nor which writers are gone; both are told.

use super::content::{Content, Subject};
use super::{Keep, unsent};
use crate::codec;
use crate::error::{Error, Kind, Result};
use crate::json::Document;
use crate::store::{Change, Entry, History, Key, Record, journal_key};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// How often an edit or a replay is tried when other tabs write the same record.
const ATTEMPTS: u32 = 8;

/// The journal of a keep.
pub struct Journal {
    keep: Keep,
}

/// An edit as it is scheduled.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Edit {
    /// Once per writer, growing.
    pub seq: u64,
    /// `characters`, `worlds`, `settings` or `chats`.
    pub domain: String,
    /// The record, or the name of a setting.
    pub id: String,
    /// The revision that it began on, as far as it is known.
    pub base: Option<u64>,
    /// Milliseconds since 1970.
    pub at: i64,
    /// A JSON text.
    pub patch: String,
}

/// How an edit is made.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Making {
    /// The revision that the record must have.
    pub if_rev: Option<u64>,
    /// The revision that the same hand made a moment ago: no version is kept of it.
    pub follows: Option<u64>,
    /// Ask for durability against power cuts.
    pub durable: bool,
}

/// What a replay did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Replayed {
    /// Edits made now, or found to be made already.
    pub applied: u64,
    /// Edits that do not fit any more and became recovered drafts.
    pub drafts: u64,
    /// Edits left for the next time, since the storage failed or the slot is of a newer form.
    pub left: u64,
    /// Entries that cannot be read or are of a newer form. They stay.
    pub unreadable: u64,
}

/// Edits that a page left in a slot of its own when it ended.
#[derive(Deserialize)]
struct Slot {
    form: u32,
    edits: Vec<Edit>,
}

/// The domain of recovered drafts.
pub(super) const DRAFTS: &str = "drafts";

/// Form of the slots.
const SLOT: u32 = 1;

impl Journal {
    pub(super) fn new(keep: Keep) -> Journal {
        Journal { keep }
    }

    /// Journals edits, each in place of what this writer journalled under its number, and
    /// gives the revisions that they began on: those told, else the present ones. With
    /// `ending`, nothing is looked up, so that the entries leave at once.
    ///
    /// # Errors
    /// `bad-option` for an unknown domain, `read-only`, and what the medium reports.
    pub async fn write(
        &self,
        writer: &str,
        edits: Vec<Edit>,
        ending: bool,
    ) -> Result<Vec<Option<u64>>> {
        let mut bases: Vec<Option<u64>> = edits.iter().map(|edit| edit.base).collect();
        let rows: Vec<_> = edits
            .iter()
            .map(|edit| Ok(Subject::of(&edit.domain)?.row(&edit.id)))
            .collect::<Result<_>>()?;
        if !ending && bases.contains(&None) {
            let present = self.keep.store().revisions(&rows).await?;
            for (base, present) in bases.iter_mut().zip(present) {
                base.get_or_insert(present);
            }
        }
        let entry = |(edit, base): (Edit, &Option<u64>)| edit.entry(writer, *base);
        let entries: Vec<Entry> = edits.into_iter().zip(&bases).map(entry).collect();
        self.keep.store().write_journal(&entries).await?;
        Ok(bases)
    }

    /// Removes entries of a writer: their edits are not wanted any more.
    ///
    /// # Errors
    /// As [`Journal::write`].
    pub async fn forget(&self, writer: &str, seqs: &[u64]) -> Result<()> {
        let keys = seqs.iter().map(|seq| journal_key(*seq, writer)).collect();
        self.keep.store().forget_journal(keys).await
    }

    /// Makes an edit and removes its entry in the same transaction; gives the record's
    /// revision. Nothing is written where everything is there already.
    ///
    /// # Errors
    /// `not-found`, `conflict` for another revision than `if_rev`, `bad-option` and `invalid`
    /// for a patch that does not fit, and what the medium reports.
    pub async fn make(&self, writer: &str, edit: &Edit, making: Making) -> Result<u64> {
        let subject = Subject::of(&edit.domain)?;
        let patch = Document::parse(&edit.patch)?;
        let mut attempts = ATTEMPTS;
        loop {
            attempts -= 1;
            let mut change = Change::new();
            change.settle(journal_key(edit.seq, writer));
            if making.durable {
                change.durable();
            }
            match self.lay(subject, &edit.id, &patch, making, change).await {
                Err(error)
                    if error.kind() == Kind::Conflict
                        && making.if_rev.is_none()
                        && attempts > 0 => {}
                settled => return settled,
            }
        }
    }

    /// Lays a patch over the present record, with what is in the change beside it.
    pub(super) async fn lay(
        &self,
        subject: Subject,
        id: &str,
        patch: &Document,
        making: Making,
        change: Change,
    ) -> Result<u64> {
        let (record, content) = subject.read(&self.keep, id).await?;
        if let Some(rev) = making.if_rev.filter(|rev| *rev != record.rev) {
            let sides = subject.sides(&self.keep, id, rev, patch, &content).await;
            return Err(super::stale(&record, rev).between(sides));
        }
        let rev = record.rev;
        let Some(content) = content.patched(id, patch, self.keep.store().now())? else {
            self.keep.commit(change).await?;
            return Ok(rev);
        };
        let history = match making.follows {
            Some(follows) if follows == rev => History::Skip,
            _ => subject.history(),
        };
        self.write_record(subject, record, &content, history, change)
            .await
    }

    async fn write_record(
        &self,
        subject: Subject,
        mut record: Record,
        content: &Content,
        history: History,
        mut change: Change,
    ) -> Result<u64> {
        let rev = record.rev + 1;
        content.put(&mut record, &mut change);
        change.write(record, history);
        self.keep.commit(change).await?;
        if subject == Subject::Setting {
            self.keep.settings().apply().await?;
        }
        Ok(rev)
    }

    /// The unsent message of a chat, a JSON string; empty when there is none.
    ///
    /// # Errors
    /// `corrupt`, and what the medium reports.
    pub async fn unsent(&self, chat: &str) -> Result<String> {
        let record = unsent::record(&self.keep, chat).await?;
        unsent::text(&self.keep, &record).await
    }

    /// Keeps a text, a JSON string, as the unsent message of a chat; an empty one removes it.
    /// The chat itself stays as it is.
    ///
    /// # Errors
    /// `not-found`, `invalid`, and what the medium reports.
    pub async fn set_unsent(&self, chat: &str, text: &str) -> Result<()> {
        let patch = Document::parse(&format!(r#"{{"draft":{text}}}"#))?;
        let change = Change::new();
        self.lay(Subject::Unsent, chat, &patch, Making::default(), change)
            .await
            .map(drop)
    }

    /// What is in the journal, oldest first: `[{ seq, writer, domain, id, at, bytes }]`, and
    /// how many entries cannot be read.
    ///
    /// # Errors
    /// What the medium reports.
    pub async fn list(&self) -> Result<Value> {
        let journal = self.keep.store().journal().await?;
        let entry = |entry: &Entry| {
            json!({
                "seq": entry.seq, "writer": entry.writer, "domain": entry.domain, "id": entry.id,
                "at": entry.at_ms, "bytes": entry.patch.len(),
            })
        };
        let items: Vec<Value> = journal.entries.iter().map(entry).collect();
        Ok(json!({ "items": items, "unreadable": journal.unreadable.len() }))
    }

    /// The writers that have entries, in the order of their first ones.
    ///
    /// # Errors
    /// What the medium reports.
    pub async fn writers(&self) -> Result<Vec<String>> {
        let mut writers: Vec<String> = Vec::new();
        for entry in self.keep.store().journal().await?.entries {
            if !writers.contains(&entry.writer) {
                writers.push(entry.writer);
            }
        }
        Ok(writers)
    }

    /// Makes the edits that a writer who is gone left behind, in the journal and in a slot.
    ///
    /// All edits of a record go in one transaction, with the removal of their entries: a
    /// replay that is cut short goes on the next time as if it had not been. An edit is made
    /// when its record is still as it was when the edit began; one that is there already is
    /// dropped; every other becomes a recovered draft. The slot may be removed when nothing
    /// was left. One that comes again is left out: browsers that end within seconds forget
    /// such a removal, and what was typed later would seem to be somebody else's.
    ///
    /// # Errors
    /// `read-only`, and what the medium reports when the journal cannot be read. What fails later is
    /// counted as left.
    pub async fn replay(&self, writer: &str, slot: Option<&str>) -> Result<Replayed> {
        let mut replayed = Replayed::default();
        let store = self.keep.store();
        store.refuse_read_only()?;
        let mark = slot.map(|slot| codec::hash(format!("{writer} {slot}").as_bytes()));
        let known = match &mark {
            Some(mark) => store.replayed().await?.contains(mark),
            None => false,
        };
        let slot = slot.filter(|_| !known);
        let journal = store.journal().await?;
        let own = |key: &&Key| key.text(1) == writer;
        replayed.unreadable = journal.unreadable.iter().filter(own).count() as u64;
        let mut entries: BTreeMap<u64, Entry> = BTreeMap::new();
        for entry in journal.entries {
            if entry.writer == writer {
                entries.insert(entry.seq, entry);
            }
        }
        match slot.map(serde_json::from_str::<Slot>) {
            None => {}
            Some(Ok(slot)) if slot.form == SLOT => {
                for edit in slot.edits {
                    let base = edit.base;
                    let newer = edit.entry(writer, base);
                    match entries.get_mut(&newer.seq) {
                        Some(known) if known.at_ms > newer.at_ms => {}
                        Some(known) => {
                            let base = newer.base.or(known.base);
                            *known = Entry { base, ..newer };
                        }
                        None => drop(entries.insert(newer.seq, newer)),
                    }
                }
            }
            Some(_) => replayed.left += 1,
        }
        let mut records: BTreeMap<(String, String), Vec<Entry>> = BTreeMap::new();
        for entry in entries.into_values() {
            let record = (entry.domain.clone(), entry.id.clone());
            records.entry(record).or_default().push(entry);
        }
        for entries in records.into_values() {
            let mut attempts = ATTEMPTS;
            let made = loop {
                attempts -= 1;
                match self.replay_record(&entries).await {
                    Err(error) if error.kind() == Kind::Conflict && attempts > 0 => {}
                    settled => break settled,
                }
            };
            match made {
                Ok(made) => {
                    replayed.applied += made.applied;
                    replayed.drafts += made.drafts;
                }
                Err(_) => replayed.left += entries.len() as u64,
            }
        }
        if let (Some(mark), false, 0) = (mark, known, replayed.left) {
            // Everything is made; without the note, a slot that comes again costs a needless draft.
            drop(store.note_replayed(mark).await);
        }
        Ok(replayed)
    }

    /// Replays the edits of one record, oldest first.
    async fn replay_record(&self, entries: &[Entry]) -> Result<Replayed> {
        let [first, ..] = entries else {
            return Ok(Replayed::default());
        };
        let mut replayed = Replayed::default();
        let mut change = Change::new();
        let now = self.keep.store().now();
        let subject = Subject::of(&first.domain);
        let found = match subject {
            Ok(subject) => subject.read(&self.keep, &first.id).await,
            Err(ref error) => Err(error.clone()),
        };
        let (record, mut content, trouble) = match found {
            Ok((record, content)) => (Some(record), Some(content), None),
            // The storage may answer the next time; a record that is gone or rotten will not.
            Err(error) if error.kind().retryable() => return Err(error),
            Err(error) => (None, None, Some(error)),
        };
        let mut changed = false;
        for entry in entries {
            change.settle(entry.key());
            let unfit = |error: &Error| error.kind().code();
            let reason = match (&record, &content, &trouble) {
                (Some(record), Some(present), _) => {
                    let patched = Document::parse(&entry.patch)
                        .and_then(|patch| present.patched(&entry.id, &patch, now));
                    match patched {
                        Ok(None) => None,
                        Ok(Some(next)) if fits(entry, record) => {
                            changed = true;
                            content = Some(next);
                            None
                        }
                        Ok(Some(_)) => Some(Kind::Conflict.code()),
                        Err(error) => Some(unfit(&error)),
                    }
                }
                (_, _, Some(error)) => Some(unfit(error)),
                _ => Some(Kind::NotFound.code()),
            };
            match reason {
                None => replayed.applied += 1,
                Some(reason) => {
                    keep_draft(&self.keep, entry, reason, &mut change).await?;
                    replayed.drafts += 1;
                }
            }
        }
        match (subject, record, content) {
            (Ok(subject), Some(record), Some(content)) if changed => {
                self.write_record(subject, record, &content, subject.history(), change)
                    .await?;
            }
            _ => drop(self.keep.commit(change).await?),
        }
        Ok(replayed)
    }
}

/// Keeps an entry of the journal as a draft. Its id is the entry's: the same entry again is
/// the same draft.
async fn keep_draft(keep: &Keep, entry: &Entry, reason: &str, change: &mut Change) -> Result<()> {
    let store = keep.store();
    let name = codec::hash(entry.key().to_json().to_string().as_bytes());
    let id = format!("{}-{}", entry.seq, &name[..8]);
    if store.get(DRAFTS, &id).await?.is_some() {
        return Ok(());
    }
    let mut record = Record::new(DRAFTS, &id, store.now());
    record.head = json!({ "domain": entry.domain, "at": entry.at_ms, "reason": reason });
    if let Some(base) = entry.base {
        record.head["base"] = base.into();
    }
    record.body = json!({ "record": entry.id });
    let patch = change.add_part(entry.patch.as_bytes());
    record.parts.insert("patch".into(), patch);
    change.write(record, History::Skip);
    Ok(())
}

/// Whether a record is still as it was when the edit began. Without a known revision: as it
/// was when the entry was written, by the same device's clock.
fn fits(entry: &Entry, record: &Record) -> bool {
    match entry.base {
        Some(base) => base == record.rev,
        None => record.rev == 0 || record.changed_ms <= entry.at_ms,
    }
}

impl Edit {
    fn entry(self, writer: &str, base: Option<u64>) -> Entry {
        Entry {
            seq: self.seq,
            writer: writer.to_owned(),
            domain: self.domain,
            id: self.id,
            base,
            at_ms: self.at,
            patch: self.patch,
        }
    }
}
