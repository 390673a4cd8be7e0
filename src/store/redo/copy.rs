//! The second copy as one writer sees it: where its bursts go, whether the log has them
//! all, and what the log says when the medium lost something.
//!
//! A burst that the log refused leaves a gap: what is appended behind it does not close
//! it. The medium remembers the gap under `second-copy` in `meta`, and until a new complete
//! copy is made the state is not `on`.

use super::index::{self, Index, Lengths};
use super::recovery::{self, Healing};
use super::{Census, Note, Redo, RedoFile, base, frame};
use crate::error::{Error, Result};
use crate::store::medium::{Burst, Check, Key, Medium, Put, Scan, Table, Value};
use serde::Serialize;
use std::cell::{Cell, RefCell};
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

/// The mark of a gap in `meta`.
const GAP: &str = "second-copy";

/// The second copy of an open keep.
pub(in crate::store) struct Copy {
    redo: Option<Rc<dyn Redo>>,
    state: RefCell<SecondCopy>,
    /// Id of the keep, and this writer's file of the log.
    names: RefCell<(String, String)>,
    /// Bursts that the log refused.
    gaps: Cell<u64>,
    /// Something was seen that makes a comparison with all of the log due.
    doubt: Cell<bool>,
    /// Made when something is looked up, and followed on from there.
    index: RefCell<Option<Rc<Index>>>,
}

impl Copy {
    pub(in crate::store) fn new(redo: Option<Rc<dyn Redo>>, state: SecondCopy) -> Copy {
        Copy {
            redo,
            state: RefCell::new(state),
            names: RefCell::default(),
            gaps: Cell::new(0),
            doubt: Cell::new(false),
            index: RefCell::default(),
        }
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
        Key::meta(GAP)
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

    /// Appends what the medium is about to be given. A log that fails costs no save: then
    /// [`Copy::failed`] is told once the medium has it.
    ///
    /// # Errors
    /// What the log reports.
    pub(in crate::store) async fn append(&self, burst: &Burst, now_ms: i64) -> Result<()> {
        let Some(redo) = &self.redo else {
            return Ok(());
        };
        let frame = frame::write(burst, now_ms);
        let file = self.names.borrow().1.clone();
        redo.append(&file, frame, burst.durable).await?;
        let mut state = self.state.borrow_mut();
        if matches!(*state, SecondCopy::Failing { .. }) {
            *state = SecondCopy::CatchingUp;
        }
        Ok(())
    }

    /// The medium has a burst that the log refused.
    pub(in crate::store) async fn failed(&self, medium: &dyn Medium, error: &Error) {
        let message = error.to_string();
        self.state.replace(SecondCopy::Failing { message });
        self.mark_gap(medium).await;
    }

    /// The medium refused a burst that the log has: the log is told what is there instead.
    pub(in crate::store) async fn take_back(
        &self,
        medium: &dyn Medium,
        burst: &Burst,
        now_ms: i64,
    ) {
        if self.redo.is_none() {
            return;
        }
        let told = match self.instead_of(medium, burst).await {
            Ok((there, sound)) => self.append(&there, now_ms).await.is_ok() && sound,
            Err(_) => false,
        };
        if !told {
            self.unsure(medium).await;
        }
    }

    /// Whether the medium has every row of a burst that it refused, byte for byte, and its pages:
    /// then somebody else has taken it from the log.
    pub(in crate::store) async fn is_put_back(&self, medium: &dyn Medium, burst: &Burst) -> bool {
        let rows = |put: &&Put| put.table == Table::Rows;
        if self.redo.is_none() || !burst.puts.iter().any(|put| rows(&put)) {
            return false;
        }
        for table in [Table::Rows, Table::Pages] {
            let puts = burst.puts.iter().filter(|put| put.table == table);
            let puts: Vec<&Put> = puts.collect();
            let keys: Vec<Key> = puts.iter().map(|put| put.key.clone()).collect();
            let Ok(there) = medium.read(table, &keys).await else {
                return false;
            };
            let is_there = |(put, value): (&&Put, &Option<Value>)| match value {
                Some(value) => table == Table::Pages || *value == put.value,
                None => false,
            };
            if !puts.iter().zip(&there).all(is_there) {
                return false;
            }
        }
        true
    }

    /// What the medium has under the keys of a burst, and whether all of it is sound: rot
    /// never goes into the log.
    async fn instead_of(&self, medium: &dyn Medium, burst: &Burst) -> Result<(Burst, bool)> {
        let mut there = Burst::default();
        let mut sound = true;
        let put = burst.puts.iter().map(|put| (put.table, put.key.clone()));
        let touched: Vec<(Table, Key)> = put.chain(burst.deletes.iter().cloned()).collect();
        for table in [Table::Pages, Table::Rows, Table::Journal, Table::Meta] {
            let keys: Vec<Key> = touched
                .iter()
                .filter(|(of, _)| *of == table)
                .map(|(_, key)| key.clone())
                .collect();
            let values = medium.read(table, &keys).await?;
            for (key, value) in keys.into_iter().zip(values) {
                match value {
                    Some(value) if !index::is_sound(table, &value.bytes) => sound = false,
                    Some(value) => there.puts.push(Put { table, key, value }),
                    // A page that nothing refers to does no harm, and another writer may be
                    // about to put the same one.
                    None if table == Table::Pages => {}
                    None => there.deletes.push((table, key)),
                }
            }
        }
        Ok((there, sound))
    }

    /// Nobody knows whether the medium and the log agree about a burst that failed.
    pub(in crate::store) async fn unsure(&self, medium: &dyn Medium) {
        if self.redo.is_some() {
            self.renew();
            self.mark_gap(medium).await;
        }
    }

    /// Has the medium remember that the log lacks something. Without the mark this writer
    /// still knows it.
    async fn mark_gap(&self, medium: &dyn Medium) {
        let file = self.names.borrow().1.clone();
        self.gaps.set(self.gaps.get() + 1);
        let mark = Put {
            table: Table::Meta,
            key: Copy::mark(),
            value: Value::bytes(format!("{file} {}", self.gaps.get()).into_bytes()),
        };
        let burst = Burst {
            puts: vec![mark],
            ..Burst::default()
        };
        let _ = medium.write(&burst).await;
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
        let index = self.index(&**redo).await?;
        let mut rows = Vec::new();
        for (table, keys) in recovery::chunks(&index.there(&[Table::Rows])) {
            let lost = recovery::lost(medium, &index, table, &keys).await?;
            rows.extend(lost.into_iter().map(|(key, _)| key));
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

    /// The index of all of the log, as it is now.
    async fn index(&self, redo: &dyn Redo) -> Result<Rc<Index>> {
        let known = self.index.take();
        let mut index = match known.map(Rc::try_unwrap) {
            Some(Ok(index)) => index,
            _ => Index::default(),
        };
        let files = self.files(redo).await?;
        index
            .extend(redo, &files, &Lengths::new(), &Lengths::new())
            .await?;
        let index = Rc::new(index);
        self.index.replace(Some(Rc::clone(&index)));
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
        let overdue = now().saturating_sub(note.compared_ms) >= interval_ms;
        // Also before a copy that lets the older files go: nothing but them may have what the
        // medium lost.
        if !files.is_empty() && (copying || overdue || self.doubt.get()) {
            self.doubt.set(false);
            let index = match self.index(redo).await {
                Ok(index) => index,
                Err(error) => {
                    self.doubt.set(true);
                    return Err(error);
                }
            };
            let tables = [Table::Pages, Table::Rows];
            let healing = recovery::put_back(medium, redo, &index, &tables, false, now()).await?;
            upkeep.compared = true;
            let found = healing.recovered.rows + healing.recovered.pages > 0;
            upkeep.healing = found.then_some(healing);
            self.index.replace(None);
            let compared = Note {
                compared_ms: now(),
                ..Note::read(redo).await?
            };
            compared.write(redo).await?;
            if !copying && !index.is_damaged() {
                return Ok(upkeep);
            }
        } else if !copying {
            return Ok(upkeep);
        }
        let (keep, file) = self.names.borrow().clone();
        let (begun, gaps) = (now(), self.gaps.get());
        let name = format!(
            "{keep}.{begun}.base-{}",
            file.rsplit('.').next().unwrap_or_default()
        );
        let copied = base::copy(medium, redo, &name, now).await;
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
            census: Some(Census::of(medium, &lengths).await?),
            compared_ms: now(),
            ..Note::read(redo).await?
        };
        note.write(redo).await?;
        if let Some(mark) = mark {
            let unmark = Burst {
                checks: vec![Check::Same {
                    table: Table::Meta,
                    key: Copy::mark(),
                    bytes: Some(mark),
                }],
                deletes: vec![(Table::Meta, Copy::mark())],
                ..Burst::default()
            };
            // Another gap came meanwhile, and is for the next time.
            if medium.write(&unmark).await.is_err() {
                return Ok(upkeep);
            }
        }
        if self.gaps.get() == gaps {
            self.state.replace(SecondCopy::On);
        }
        let old = files
            .iter()
            .filter(|old| old.name != file && old.modified_ms < begun);
        for old in old {
            redo.remove(&old.name).await?;
        }
        Ok(upkeep)
    }

    async fn read_mark(&self, medium: &dyn Medium) -> Result<Option<Vec<u8>>> {
        let found = medium.read(Table::Meta, &[Copy::mark()]).await?;
        Ok(found.into_iter().next().flatten().map(|value| value.bytes))
    }

    pub(in crate::store) fn close(&self) {
        if let Some(redo) = &self.redo {
            redo.close();
        }
    }
}

impl Census {
    /// Counts the rows there are; the lengths were read before.
    pub(super) async fn of(medium: &dyn Medium, files: &[RedoFile]) -> Result<Census> {
        let rows = medium.count(Scan::of(Table::Rows, [])).await?;
        let files = files.iter().map(|file| (file.name.clone(), file.bytes));
        Ok(Census {
            rows,
            files: files.collect(),
        })
    }
}
