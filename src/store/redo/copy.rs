//! The second copy as one writer sees it: where its bursts go, whether the log has them
//! all, and what the log says when the medium lost something.
//!
//! A burst that the log refused leaves a gap: what is appended behind it does not close
//! it. The medium remembers the gap by a mark, and until a new complete copy is made the state
//! is not `on`.

use super::file::{Redo, RedoFile};
use super::frame::Standing;
use super::gap::{self, Unheard};
use super::index::Index;
use super::note::{Census, Lengths, Note};
use super::recovery::{self, Healing};
use super::{base, frame};
use crate::error::{Error, Result};
use crate::store::medium::{Burst, Key, Medium, Put, Scan, Table, Value};
use crate::store::row::{is_version, version_key};
use serde::Serialize;
use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::rc::Rc;

/// How the second copy is doing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum SecondCopy {
    /// There is no place for one.
    Off,
    /// Every save is in both.
    On,
    /// Saves are in the medium only, since the second copy failed.
    Failing {
        /// How.
        message: String,
    },
    /// New saves are in both, but one of before is missing until a complete copy is made.
    CatchingUp,
}

/// What maintenance did.
#[derive(Debug, Default)]
pub(in crate::store) struct Upkeep {
    /// What the medium had lost and has again.
    pub healing: Option<Healing>,
    /// The medium was compared with all of the log.
    pub compared: bool,
}

/// What a writer knows of its own frames.
#[derive(Default)]
struct Frames {
    /// The number of the last one.
    last: u64,
    /// Those whose end is not known.
    waiting: BTreeSet<u64>,
    /// Those that the medium refused, until a frame that says so is in the log.
    refused: BTreeSet<u64>,
}

impl Frames {
    fn next(&mut self) -> u64 {
        self.last += 1;
        self.last
    }

    /// Gives the number of the frame that says so.
    fn refuse(&mut self, number: u64) -> u64 {
        self.waiting.remove(&number);
        self.refused.insert(number);
        self.next()
    }

    fn forget_many(&mut self) {
        if self.waiting.len() > UNSURE {
            self.waiting.pop_first();
        }
    }
}

/// Of so many frames the writer goes on to say that it does not know how they ended.
const UNSURE: usize = 64;

/// The second copy of an open keep.
pub(in crate::store) struct Copy {
    redo: Option<Rc<dyn Redo>>,
    state: RefCell<SecondCopy>,
    /// Id of the keep, and this writer's file of the log.
    names: RefCell<(String, String)>,
    /// Bursts that the log refused.
    gaps: Cell<u64>,
    /// What the medium removed and the log did not hear of, as far as is known.
    unheard: RefCell<Unheard>,
    /// Whether the log's own note says that it lacks something.
    noted: Cell<bool>,
    /// What this writer knows of its own frames.
    frames: RefCell<Frames>,
    /// How far its times are ahead of the clock.
    ahead_ms: i64,
    /// Something was seen that makes a comparison with all of the log due.
    doubt: Cell<bool>,
    /// Made when something is looked up, and followed on from there.
    index: RefCell<Option<Rc<Index>>>,
}

impl Copy {
    /// `ahead_ms`: how far the log's times are ahead of the clock.
    pub(in crate::store) fn new(
        redo: Option<Rc<dyn Redo>>,
        state: SecondCopy,
        ahead_ms: i64,
    ) -> Copy {
        Copy {
            redo,
            ahead_ms,
            state: RefCell::new(state),
            names: RefCell::default(),
            gaps: Cell::new(0),
            unheard: RefCell::default(),
            noted: Cell::new(false),
            frames: RefCell::default(),
            doubt: Cell::new(false),
            index: RefCell::default(),
        }
    }

    /// The log's time.
    fn at(&self, now_ms: i64) -> i64 {
        now_ms.saturating_add(self.ahead_ms)
    }

    /// Says whose bursts will come; `marked`: the medium remembers a gap.
    pub(in crate::store) fn begin(&self, keep: &str, file: String, marked: bool) {
        self.names.replace((keep.to_owned(), file));
        if marked && self.redo.is_some() && self.state() == SecondCopy::On {
            self.state.replace(SecondCopy::CatchingUp);
        }
    }

    /// The key under which the medium remembers a gap.
    pub(in crate::store) fn mark() -> Key {
        gap::key()
    }

    pub(in crate::store) fn state(&self) -> SecondCopy {
        self.state.borrow().clone()
    }

    /// Makes a comparison with all of the log due.
    pub(in crate::store) fn doubt(&self) {
        self.doubt.set(true);
    }

    /// Makes a new complete copy due.
    pub(in crate::store) fn renew(&self) {
        let mut state = self.state.borrow_mut();
        if *state == SecondCopy::On {
            *state = SecondCopy::CatchingUp;
        }
    }

    /// Whether there is something to do that should not wait.
    pub(in crate::store) fn is_due(&self) -> bool {
        let lacking = matches!(
            *self.state.borrow(),
            SecondCopy::Failing { .. } | SecondCopy::CatchingUp
        );
        self.redo.is_some() && (lacking || self.doubt.get())
    }

    /// Appends what the medium is about to be given, and gives the number of the frame, of which
    /// [`Copy::settled`] or [`Copy::refused`] is to be told. A log that fails costs no save: then
    /// [`Copy::failed`] is told once the medium has it.
    pub(in crate::store) async fn append(&self, burst: &Burst, now_ms: i64) -> (u64, Result<()>) {
        if self.redo.is_none() {
            return (0, Ok(()));
        }
        let number = self.frames.borrow_mut().next();
        let appended = self.append_as(number, burst, now_ms);
        (number, appended.await)
    }

    /// Appends a frame; from here on its end is awaited, unless it is empty.
    async fn append_as(&self, number: u64, burst: &Burst, now_ms: i64) -> Result<()> {
        let Some(redo) = &self.redo else {
            return Ok(());
        };
        let standing = {
            let mut frames = self.frames.borrow_mut();
            let standing = Standing {
                number,
                waiting: frames.waiting.iter().copied().collect(),
                refused: frames.refused.iter().copied().collect(),
            };
            if !(burst.puts.is_empty() && burst.deletes.is_empty()) {
                frames.waiting.insert(number);
            }
            standing
        };
        let frame = frame::write_numbered(burst, self.at(now_ms), &standing);
        let file = self.names.borrow().1.clone();
        redo.append(&file, frame, burst.durable).await?;
        let told = |refused: &u64| !standing.refused.contains(refused);
        self.frames.borrow_mut().refused.retain(told);
        let mut state = self.state.borrow_mut();
        if matches!(*state, SecondCopy::Failing { .. }) {
            *state = SecondCopy::CatchingUp;
        }
        Ok(())
    }

    /// The medium has taken a frame. The next one says so.
    pub(in crate::store) fn settled(&self, number: u64) {
        self.frames.borrow_mut().waiting.remove(&number);
    }

    /// The medium has, or may have, a burst that the log refused.
    pub(in crate::store) async fn failed(
        &self,
        medium: &dyn Medium,
        error: &Error,
        burst: &Burst,
        now_ms: i64,
    ) {
        let message = error.to_string();
        self.state.replace(SecondCopy::Failing { message });
        self.mark_gap(medium, burst, now_ms).await;
    }

    /// The medium refused a frame. Settles when the log says so too, so that whoever is told
    /// later that a write failed will not find it there.
    pub(in crate::store) async fn refused(&self, medium: &dyn Medium, number: u64, now_ms: i64) {
        if self.redo.is_none() {
            return;
        }
        let mark = self.frames.borrow_mut().refuse(number);
        if self
            .append_as(mark, &Burst::default(), now_ms)
            .await
            .is_err()
        {
            self.unsure(medium).await;
        }
    }

    /// Whether the medium has every row of a burst that it refused, byte for byte, or has one built
    /// on it: then somebody else has taken the burst from the log, which is done whole.
    pub(in crate::store) async fn is_put_back(&self, medium: &dyn Medium, burst: &Burst) -> bool {
        let put = |put: &&Put| put.table == Table::Rows && !is_version(&put.key);
        let puts: Vec<&Put> = burst.puts.iter().filter(put).collect();
        if self.redo.is_none() || puts.is_empty() {
            return false;
        }
        let older = |put: &&Put| version_key(put.key.text(0), put.key.text(1), put.value.rev);
        let keys = puts.iter().map(|put| put.key.clone());
        let keys: Vec<Key> = keys.chain(puts.iter().map(older)).collect();
        let Ok(there) = medium.read(Table::Rows, &keys).await else {
            return false;
        };
        let (present, older) = there.split_at(puts.len());
        let mut states = puts.iter().zip(present.iter().zip(older));
        states.all(|(put, (present, older))| {
            let is_it = |there: &Option<Value>| {
                let bytes = there.as_ref().map(|there| &there.bytes);
                bytes == Some(&put.value.bytes)
            };
            is_it(present) || is_it(older)
        })
    }

    /// Nobody knows whether the medium and the log agree about a burst that failed.
    pub(in crate::store) async fn unsure(&self, medium: &dyn Medium) {
        if self.redo.is_some() {
            self.frames.borrow_mut().forget_many();
            self.renew();
            self.mark_gap(medium, &Burst::default(), 0).await;
        }
    }

    /// Has the medium remember that the log lacks a burst. Without the mark this writer still knows
    /// that there is a gap.
    async fn mark_gap(&self, medium: &dyn Medium, burst: &Burst, now_ms: i64) {
        self.gaps.set(self.gaps.get() + 1);
        let line = format!("{} {}", self.names.borrow().1, self.gaps.get());
        let _ = gap::write(medium, &line, burst, self.at(now_ms)).await;
        // Who reads the log by itself sees no mark of the medium.
        if let Some(redo) = &self.redo
            && !self.noted.get()
        {
            self.noted.set(note_gap(&**redo).await.is_ok());
        }
    }

    /// Bytes of the log.
    pub(in crate::store) async fn bytes(&self) -> Result<u64> {
        let Some(redo) = &self.redo else { return Ok(0) };
        let files = self.files(&**redo).await?;
        Ok(files.iter().map(|file| file.bytes).sum())
    }

    /// What the log has under a key that could not be read; `None` when it has nothing
    /// sound, or cannot be asked. A find makes a comparison due.
    pub(in crate::store) async fn value(&self, table: Table, key: &Key) -> Option<Value> {
        let value = self.look(table, key).await?;
        self.doubt();
        Some(value)
    }

    /// What the log has under a key.
    pub(in crate::store) async fn look(&self, table: Table, key: &Key) -> Option<Value> {
        let redo = self.redo.as_ref()?;
        let index = self.index(&**redo).await.ok()?;
        index.value(&**redo, table, key).await.ok()?
    }

    /// The rows that the log has and the medium lacks, has rotten or in an older state.
    pub(in crate::store) async fn lost_rows(&self, medium: &dyn Medium) -> Result<Vec<Key>> {
        let Some(redo) = &self.redo else {
            return Ok(Vec::new());
        };
        self.read_mark(medium).await?;
        let index = self.index(&**redo).await?;
        let mut rows = Vec::new();
        for (table, keys) in recovery::chunks(&index.there(&[Table::Rows])) {
            let lost = recovery::lost(medium, &index, table, &keys).await?;
            let lost = lost.into_iter().map(|(key, _)| key);
            // What is not settled may be on its way.
            rows.extend(lost.filter(|key| !index.is_unsettled(table, key)));
        }
        Ok(rows)
    }

    /// Those of these rows and revisions that the log lacks.
    pub(in crate::store) async fn lacking(&self, rows: &[(Key, u64)]) -> Result<Vec<(Key, u64)>> {
        let Some(redo) = &self.redo else {
            return Ok(Vec::new());
        };
        let index = self.index(&**redo).await?;
        let lacks = |(key, rev): &&(Key, u64)| index.rev(key).is_none_or(|copied| copied < *rev);
        Ok(rows.iter().filter(lacks).cloned().collect())
    }

    /// Whether the log says that a row was removed in this revision or a later one.
    pub(in crate::store) async fn has_removed(&self, key: &Key, rev: u64) -> bool {
        let Some(redo) = &self.redo else { return false };
        let index = self.index(&**redo).await;
        index.is_ok_and(|index| index.has_removed(key, rev))
    }

    /// The index of all of the log, as it is now.
    async fn index(&self, redo: &dyn Redo) -> Result<Rc<Index>> {
        let index = match self.take_index(redo).await {
            // A complete copy took the place of a file that was listed.
            Err(_) => self.take_index(redo).await?,
            taken => taken?,
        };
        let index = Rc::new(index);
        self.index.replace(Some(Rc::clone(&index)));
        Ok(index)
    }

    /// The same, to go on from.
    async fn take_index(&self, redo: &dyn Redo) -> Result<Index> {
        let known = self.index.take();
        let mut index = match known.map(Rc::try_unwrap) {
            Some(Ok(index)) => index,
            _ => Index::new(&Note::read(redo).await?.covered),
        };
        let files = self.files(redo).await?;
        index
            .extend(redo, &files, &Lengths::new(), &Lengths::new())
            .await?;
        index.unheard.clone_from(&self.unheard.borrow());
        Ok(index)
    }

    async fn files(&self, redo: &dyn Redo) -> Result<Vec<RedoFile>> {
        let mut files = redo.files().await?;
        files.retain(|file| file.keep() == self.names.borrow().0);
        Ok(files)
    }

    /// Compares and heals where that is due, and makes the log complete or shorter.
    pub(in crate::store) async fn maintain(
        &self,
        medium: &dyn Medium,
        interval_ms: i64,
        now: &dyn Fn() -> i64,
    ) -> Result<Upkeep> {
        let mut upkeep = Upkeep::default();
        let Some(redo) = &self.redo else {
            return Ok(upkeep);
        };
        let redo = &**redo;
        let mark = self.read_mark(medium).await?;
        let note = Note::read(redo).await?;
        let files = self.files(redo).await?;
        let lacking = mark.is_some() || self.state() != SecondCopy::On;
        let copying = lacking || base::is_due(&files, &note);
        // One in the future was made by another clock.
        let since_ms = now().saturating_sub(note.compared_ms);
        let overdue = since_ms < 0 || since_ms >= interval_ms;
        let mut covered = Lengths::new();
        // Also before a copy that lets the older files go: nothing but them may have what the
        // medium lost.
        if !files.is_empty() && (copying || overdue || self.doubt.get()) {
            self.doubt.set(false);
            let mut index = match self.take_index(redo).await {
                Ok(index) => index,
                Err(error) => {
                    self.doubt.set(true);
                    return Err(error);
                }
            };
            let tables = [Table::Pages, Table::Rows];
            let healing =
                recovery::put_back(medium, redo, &mut index, &tables, false, now()).await?;
            covered = index.coverage();
            upkeep.compared = true;
            let found = healing.recovered.rows + healing.recovered.pages > 0;
            upkeep.healing = found.then_some(healing);
            let compared = Note {
                compared_ms: now(),
                ..Note::read(redo).await?
            };
            compared.write(redo).await?;
            if !copying && !index.is_damaged() {
                return Ok(upkeep);
            }
        } else if !copying {
            let is_seen = |file: &RedoFile| note.seen.get(&file.name) == Some(&file.bytes);
            if !files.iter().all(is_seen) {
                let seen = lengths(&files);
                Note { seen, ..note }.write(redo).await?;
            }
            return Ok(upkeep);
        }
        let (keep, file) = self.names.borrow().clone();
        let (begun, gaps) = (now(), self.gaps.get());
        let name = format!(
            "{keep}.{begun}.base-{}",
            file.rsplit('.').next().unwrap_or_default()
        );
        let own = || (self.frames.borrow().last > 0).then(|| file.clone());
        let copied = base::copy(medium, redo, &name, &covered, &own, &|| self.at(now())).await;
        let complete = match copied {
            Ok(()) => self.gaps.get() == gaps && self.read_mark(medium).await? == mark,
            Err(error) => {
                // What was begun is no copy, and is made again.
                let _ = redo.remove(&name).await;
                return Err(error);
            }
        };
        if !complete {
            redo.remove(&name).await?;
            return Ok(upkeep);
        }
        // Only a note makes the copy count: one that was cut short is made again.
        let lengths = self.files(redo).await?;
        let note = Note {
            base: Some(name),
            covered,
            census: Some(Census::of(medium, &lengths).await?),
            compared_ms: now(),
            ..Note::read(redo).await?
        };
        note.write(redo).await?;
        if let Some(mark) = mark {
            // Another gap came meanwhile, and is for the next time.
            if gap::remove(medium, mark).await.is_err() {
                return Ok(upkeep);
            }
        }
        let closed = self.gaps.get() == gaps;
        if closed {
            self.state.replace(SecondCopy::On);
        }
        let old = files
            .iter()
            .filter(|old| old.name != file && old.modified_ms < begun);
        for old in old {
            redo.remove(&old.name).await?;
        }
        // A file of the same name would be another one.
        let left = self.files(redo).await?;
        let mut note = Note::read(redo).await?;
        note.forget(&left);
        if closed {
            note.gap = false;
            self.noted.set(false);
        }
        note.write(redo).await?;
        Ok(upkeep)
    }

    /// The mark, and what it names is known from then on.
    async fn read_mark(&self, medium: &dyn Medium) -> Result<Option<Vec<u8>>> {
        let mark = gap::read(medium).await?;
        self.unheard.replace(gap::unheard(mark.as_deref()));
        Ok(mark)
    }

    pub(in crate::store) fn close(&self) {
        if let Some(redo) = &self.redo {
            redo.close();
        }
    }
}

/// Remembers in the log itself that it lacks something.
async fn note_gap(redo: &dyn Redo) -> Result<()> {
    let note = Note::read(redo).await?;
    Note { gap: true, ..note }.write(redo).await
}

impl Census {
    /// Counts the rows there are; the lengths were read before.
    pub(super) async fn of(medium: &dyn Medium, files: &[RedoFile]) -> Result<Census> {
        let rows = medium.count(Scan::of(Table::Rows, [])).await?;
        Ok(Census {
            rows,
            files: lengths(files),
        })
    }
}

/// How long the files are.
pub(super) fn lengths(files: &[RedoFile]) -> Lengths {
    let lengths = files.iter().map(|file| (file.name.clone(), file.bytes));
    lengths.collect()
}
