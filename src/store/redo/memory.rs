//! A log in memory, for tests: clones share the files, as tabs do.

use super::file::{Redo, RedoFile};
use crate::store::medium::Pending;
use std::cell::{OnceCell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

/// Files in memory.
#[derive(Clone, Default)]
pub struct MemoryRedo {
    files: Rc<RefCell<BTreeMap<String, Vec<u8>>>>,
    note: Rc<RefCell<Option<Vec<u8>>>>,
    beside: Rc<OnceCell<MemoryRedo>>,
}

impl MemoryRedo {
    /// No files.
    pub fn new() -> MemoryRedo {
        MemoryRedo::default()
    }

    /// The folder for backups.
    pub fn beside(&self) -> MemoryRedo {
        self.beside.get_or_init(MemoryRedo::new).clone()
    }

    /// A file's bytes as they are, to be damaged by a test.
    pub fn edit(&self, file: &str, edit: impl FnOnce(&mut Vec<u8>)) {
        edit(self.files.borrow_mut().entry(file.to_owned()).or_default());
    }

    /// Cuts every file short, as a kill in the middle of a write does.
    pub fn tear(&self, bytes: usize) {
        for file in self.files.borrow_mut().values_mut() {
            file.truncate(file.len().saturating_sub(bytes));
        }
    }

    /// Flips a bit in every file where a text stands.
    pub fn rot(&self, text: &str) {
        for file in self.files.borrow_mut().values_mut() {
            if let Some(at) = memchr::memmem::find(file, text.as_bytes()) {
                file[at] ^= 1;
            }
        }
    }
}

impl Redo for MemoryRedo {
    fn files(&self) -> Pending<'_, Vec<RedoFile>> {
        Box::pin(async move {
            let files = self.files.borrow();
            let file = |(name, bytes): (&String, &Vec<u8>)| RedoFile {
                name: name.clone(),
                bytes: bytes.len() as u64,
                modified_ms: 0,
            };
            Ok(files.iter().map(file).collect())
        })
    }

    fn read<'a>(&'a self, file: &'a str, from: u64, length: u64) -> Pending<'a, Vec<u8>> {
        Box::pin(async move {
            let files = self.files.borrow();
            let bytes = files.get(file).map(Vec::as_slice).unwrap_or_default();
            let from = (from as usize).min(bytes.len());
            let to = from.saturating_add(length as usize).min(bytes.len());
            Ok(bytes[from..to].to_vec())
        })
    }

    fn append<'a>(&'a self, file: &'a str, bytes: Vec<u8>, _durable: bool) -> Pending<'a, ()> {
        Box::pin(async move {
            self.files
                .borrow_mut()
                .entry(file.to_owned())
                .or_default()
                .extend(bytes);
            Ok(())
        })
    }

    fn remove<'a>(&'a self, file: &'a str) -> Pending<'a, ()> {
        Box::pin(async move {
            self.files.borrow_mut().remove(file);
            Ok(())
        })
    }

    fn note(&self) -> Pending<'_, Option<Vec<u8>>> {
        Box::pin(async move { Ok(self.note.borrow().clone()) })
    }

    fn set_note(&self, note: Vec<u8>) -> Pending<'_, ()> {
        Box::pin(async move {
            self.note.replace(Some(note));
            Ok(())
        })
    }

    fn backups(&self) -> Option<Rc<dyn Redo>> {
        Some(Rc::new(self.beside()))
    }

    fn close(&self) {}
}
