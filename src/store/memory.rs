//! The memory medium: for tests, for Node, and for browsers that refuse storage.
//!
//! Keeps nothing after it is dropped. Clones share one content, so that two stores
//! can stand on it as two tabs stand on one database.

use super::medium::{Burst, Check, Key, Medium, Pending, Scan, Table, Value, conflict, fenced};
use crate::error::{Kind, Result};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

/// Tables in memory.
#[derive(Clone, Default)]
pub struct MemoryMedium {
    content: Rc<RefCell<BTreeMap<(Table, Key), Value>>>,
    closed: Cell<bool>,
}

impl MemoryMedium {
    /// Empty tables.
    pub fn new() -> MemoryMedium {
        MemoryMedium::default()
    }

    /// Everything in it, for comparing two states.
    pub fn dump(&self) -> Vec<(Table, Key, Value)> {
        self.content
            .borrow()
            .iter()
            .map(|((table, key), value)| (*table, key.clone(), value.clone()))
            .collect()
    }

    /// Puts a value without any check, as a broken disk or another program would.
    pub fn plant(&self, table: Table, key: Key, value: Value) {
        self.content.borrow_mut().insert((table, key), value);
    }

    fn open(&self) -> Result<()> {
        if self.closed.get() {
            Err(Kind::Closed.because("the memory medium is closed"))
        } else {
            Ok(())
        }
    }

    fn range(&self, scan: &Scan) -> Vec<(Key, Value)> {
        let content = self.content.borrow();
        let start = scan
            .after
            .clone()
            .unwrap_or_else(|| Key(scan.prefix.clone()));
        let found = content
            .range((scan.table, start)..)
            .skip_while(|((_, key), _)| scan.after.as_ref() == Some(key))
            .take_while(|((table, key), _)| *table == scan.table && key.starts_with(&scan.prefix))
            .map(|((_, key), value)| (key.clone(), value.clone()));
        found
            .take(scan.limit.map_or(usize::MAX, |limit| limit as usize))
            .collect()
    }

    fn check(&self, check: &Check) -> Result<()> {
        let content = self.content.borrow();
        match check {
            Check::Rev { key, rev } => {
                let found = content
                    .get(&(Table::Rows, key.clone()))
                    .map(|value| value.rev);
                if found == *rev {
                    Ok(())
                } else {
                    Err(conflict(key, *rev, found))
                }
            }
            Check::Same { table, key, bytes } => {
                let found = content
                    .get(&(*table, key.clone()))
                    .map(|value| &value.bytes);
                if found == bytes.as_ref() {
                    Ok(())
                } else {
                    Err(fenced(*table, key))
                }
            }
        }
    }
}

impl Medium for MemoryMedium {
    fn read<'a>(&'a self, table: Table, keys: &'a [Key]) -> Pending<'a, Vec<Option<Value>>> {
        Box::pin(async move {
            self.open()?;
            let content = self.content.borrow();
            Ok(keys
                .iter()
                .map(|key| content.get(&(table, key.clone())).cloned())
                .collect())
        })
    }

    fn scan(&self, scan: Scan) -> Pending<'_, Vec<(Key, Value)>> {
        Box::pin(async move {
            self.open()?;
            Ok(self.range(&scan))
        })
    }

    fn find<'a>(&'a self, by: &'a str) -> Pending<'a, Vec<(Key, Value)>> {
        Box::pin(async move {
            self.open()?;
            let mut rows = self.range(&Scan::of(Table::Rows, []));
            rows.retain(|(_, value)| value.by.iter().any(|key| key == by));
            Ok(rows)
        })
    }

    fn write<'a>(&'a self, burst: &'a Burst) -> Pending<'a, ()> {
        Box::pin(async move {
            self.open()?;
            burst
                .checks
                .iter()
                .try_for_each(|check| self.check(check))?;
            let mut content = self.content.borrow_mut();
            for put in &burst.puts {
                content.insert((put.table, put.key.clone()), put.value.clone());
            }
            for (table, key) in &burst.deletes {
                content.remove(&(*table, key.clone()));
            }
            Ok(())
        })
    }

    fn close(&self) {
        self.closed.set(true);
    }
}
