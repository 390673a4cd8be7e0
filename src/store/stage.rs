//! A stage: a medium over another one, where the changes of a transaction gather until
//! they leave in one burst.
//!
//! Reading sees the base with the changes laid over it; writing touches the base not at
//! all. What the transaction has seen of the base's rows under their keys goes into the
//! checks of the burst, so that what it decided upon is still true when it counts. Knows
//! nothing of records, nor of when a transaction ends.

use super::medium::{
    Burst, Check, Key, KeyPart, Medium, Pending, Put, Scan, Table, Value, conflict, fenced,
};
use crate::error::{Error, Kind, Result};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

/// Changes over a medium.
pub(super) struct Stage {
    base: Rc<dyn Medium>,
    staged: RefCell<Staged>,
    over: Cell<bool>,
}

#[derive(Default)]
struct Staged {
    /// What stands there instead of the base's value; `None`: it is removed.
    values: BTreeMap<(Table, Key), Option<Value>>,
    /// The revisions that rows of the base had when they were first seen; `None`: no row.
    seen: BTreeMap<Key, Option<u64>>,
    /// What other values of the base must still be.
    same: BTreeMap<(Table, Key), Option<Vec<u8>>>,
    durable: bool,
    verify: bool,
}

impl Staged {
    /// Remembers a row of the base. One that is another by now cannot become part of one
    /// transaction with what was read before.
    fn see(&mut self, key: &Key, rev: Option<u64>) -> Result<()> {
        match self.seen.get(key) {
            Some(first) if *first != rev => Err(conflict(key, *first, rev)),
            Some(_) => Ok(()),
            None => {
                self.seen.insert(key.clone(), rev);
                Ok(())
            }
        }
    }

    /// Whether a check fails; what it says of the base is true until the base says otherwise.
    fn refuse(&self, check: &Check) -> Option<Error> {
        match check {
            Check::Rev { key, rev } => {
                let found = match self.values.get(&(Table::Rows, key.clone())) {
                    Some(value) => value.as_ref().map(|value| value.rev),
                    None => *self.seen.get(key)?,
                };
                (found != *rev).then(|| conflict(key, *rev, found))
            }
            Check::Same { table, key, bytes } => {
                let at = (*table, key.clone());
                let found = match self.values.get(&at) {
                    Some(value) => value.as_ref().map(|value| &value.bytes),
                    None => self.same.get(&at)?.as_ref(),
                };
                (found != bytes.as_ref()).then(|| fenced(*table, key))
            }
        }
    }

    fn take(&mut self, burst: &Burst) {
        for check in &burst.checks {
            match check {
                Check::Rev { key, rev } => {
                    if !self.values.contains_key(&(Table::Rows, key.clone())) {
                        self.seen.entry(key.clone()).or_insert(*rev);
                    }
                }
                Check::Same { table, key, bytes } => {
                    let at = (*table, key.clone());
                    if !self.values.contains_key(&at) {
                        self.same.entry(at).or_insert_with(|| bytes.clone());
                    }
                }
            }
        }
        for put in &burst.puts {
            let at = (put.table, put.key.clone());
            self.values.insert(at, Some(put.value.clone()));
        }
        for (table, key) in &burst.deletes {
            self.values.insert((*table, key.clone()), None);
        }
        self.durable |= burst.durable;
        self.verify |= burst.verify;
    }

    /// The changes within a range, in key order.
    fn within(&self, scan: &Scan) -> impl Iterator<Item = (&Key, &Option<Value>)> {
        let start = scan.after.clone();
        let start = start.unwrap_or_else(|| Key(scan.prefix.clone()));
        self.values
            .range((scan.table, start)..)
            .skip_while(|((_, key), _)| scan.after.as_ref() == Some(key))
            .take_while(|((table, key), _)| *table == scan.table && key.starts_with(&scan.prefix))
            .map(|((_, key), value)| (key, value))
    }
}

impl Stage {
    /// An empty stage over a medium.
    pub(super) fn over(base: Rc<dyn Medium>) -> Stage {
        Stage {
            base,
            staged: RefCell::default(),
            over: Cell::new(false),
        }
    }

    /// Lays a value over the base, without a look at what is there.
    pub(super) fn put(&self, put: Put) {
        let at = (put.table, put.key);
        self.staged.borrow_mut().values.insert(at, Some(put.value));
    }

    fn open(&self) -> Result<()> {
        if self.over.get() {
            Err(Kind::TransactionOver.because("the transaction is over"))
        } else {
            Ok(())
        }
    }

    /// The base's answer with the changes laid over it.
    fn lay_over<'a>(
        base: Vec<(Key, Value)>,
        changes: impl Iterator<Item = (&'a Key, Option<&'a Value>)>,
    ) -> BTreeMap<Key, Value> {
        let mut found = BTreeMap::new();
        found.extend(base);
        for (key, value) in changes {
            match value {
                Some(value) => drop(found.insert(key.clone(), value.clone())),
                None => drop(found.remove(key)),
            }
        }
        found
    }

    /// Whether something under this prefix was put on the stage.
    pub(super) fn has_put(&self, table: Table, prefix: impl IntoIterator<Item = KeyPart>) -> bool {
        let staged = self.staged.borrow();
        staged
            .within(&Scan::of(table, prefix))
            .any(|(_, value)| value.is_some())
    }

    /// Whether there was no such row in the base.
    pub(super) fn is_new(&self, row: &Key) -> bool {
        self.staged.borrow().seen.get(row) == Some(&None)
    }

    /// Everything on the stage as one burst; the stage is empty then and takes nothing more.
    pub(super) fn leave(&self) -> Result<Burst> {
        self.open()?;
        self.over.set(true);
        let Staged {
            values,
            seen,
            same,
            durable,
            verify,
        } = self.staged.take();
        let mut burst = Burst {
            durable,
            verify,
            ..Burst::default()
        };
        let same = same.into_iter();
        burst
            .checks
            .extend(same.map(|((table, key), bytes)| Check::Same { table, key, bytes }));
        let seen = seen.into_iter();
        burst
            .checks
            .extend(seen.map(|(key, rev)| Check::Rev { key, rev }));
        for ((table, key), value) in values {
            match value {
                Some(value) => burst.puts.push(Put { table, key, value }),
                None => burst.deletes.push((table, key)),
            }
        }
        Ok(burst)
    }
}

impl Medium for Stage {
    fn read<'a>(&'a self, table: Table, keys: &'a [Key]) -> Pending<'a, Vec<Option<Value>>> {
        Box::pin(async move {
            self.open()?;
            let untouched: Vec<Key> = {
                let staged = self.staged.borrow();
                let mut keys = keys.to_vec();
                keys.retain(|key| !staged.values.contains_key(&(table, key.clone())));
                keys
            };
            let mut base: BTreeMap<Key, Option<Value>> = BTreeMap::new();
            if !untouched.is_empty() {
                let found = self.base.read(table, &untouched).await?;
                base.extend(untouched.into_iter().zip(found));
            }
            let mut staged = self.staged.borrow_mut();
            let mut values = Vec::with_capacity(keys.len());
            for key in keys {
                if let Some(value) = staged.values.get(&(table, key.clone())) {
                    values.push(value.clone());
                    continue;
                }
                let value = base.get(key).cloned().flatten();
                if table == Table::Rows {
                    staged.see(key, value.as_ref().map(|value| value.rev))?;
                }
                values.push(value);
            }
            Ok(values)
        })
    }

    fn scan(&self, scan: Scan) -> Pending<'_, Vec<(Key, Value)>> {
        Box::pin(async move {
            self.open()?;
            // What is removed here would be missing from a full answer of the base.
            let removed = {
                let staged = self.staged.borrow();
                let removed = staged.within(&scan).filter(|(_, value)| value.is_none());
                u32::try_from(removed.count()).unwrap_or(u32::MAX)
            };
            let more = scan.limit.map(|limit| limit.saturating_add(removed));
            let wider = Scan {
                limit: more,
                ..scan.clone()
            };
            let base = self.base.scan(wider).await?;
            // Where the base's answer was cut off, later changes must not seem to be next.
            let cut = more.is_some_and(|more| base.len() >= more as usize);
            let end = base.last().filter(|_| cut).map(|(key, _)| key.clone());
            let staged = self.staged.borrow();
            let changes = staged
                .within(&scan)
                .take_while(|(key, _)| end.as_ref().is_none_or(|end| *key <= end))
                .map(|(key, value)| (key, value.as_ref()));
            let found = Stage::lay_over(base, changes).into_iter();
            Ok(found
                .take(scan.limit.map_or(usize::MAX, |limit| limit as usize))
                .collect())
        })
    }

    fn find<'a>(&'a self, by: &'a str) -> Pending<'a, Vec<(Key, Value)>> {
        Box::pin(async move {
            self.open()?;
            let base = self.base.find(by).await?;
            let staged = self.staged.borrow();
            let all = Scan::of(Table::Rows, []);
            let changes = staged.within(&all).map(|(key, value)| {
                let carries = |value: &&Value| value.by.iter().any(|key| key == by);
                (key, value.as_ref().filter(carries))
            });
            Ok(Stage::lay_over(base, changes).into_iter().collect())
        })
    }

    fn write<'a>(&'a self, burst: &'a Burst) -> Pending<'a, ()> {
        Box::pin(async move {
            self.open()?;
            let mut staged = self.staged.borrow_mut();
            match burst.checks.iter().find_map(|check| staged.refuse(check)) {
                Some(error) => Err(error),
                None => {
                    staged.take(burst);
                    Ok(())
                }
            }
        })
    }

    fn close(&self) {
        self.over.set(true);
        self.staged.take();
    }
}
