//! A medium and a log that pages share and that lie by one script, with one clock for all of them.

use crate::lying::{Lying, LyingLog, Script};
use crate::turn::settled;
use cardkeep::store::*;
use std::cell::Cell;
use std::rc::Rc;

#[derive(Clone, Default)]
pub struct Disk {
    pub medium: MemoryMedium,
    pub log: MemoryRedo,
    pub script: Rc<Script>,
    clock: Rc<Cell<i64>>,
}

impl Disk {
    /// What another page opens.
    pub fn page(&self) -> (Rc<dyn Medium>, Options) {
        let medium = Lying {
            medium: Rc::new(self.medium.clone()),
            script: Rc::clone(&self.script),
        };
        let log = LyingLog::new(Rc::new(self.log.clone()), Rc::clone(&self.script));
        let clock = Rc::clone(&self.clock);
        let options = Options {
            clock: Rc::new(move || {
                clock.set(clock.get() + 1);
                1_700_000_000_000 + clock.get()
            }),
            redo: Some(Rc::new(log)),
            upgrade: None,
        };
        (Rc::new(medium), options)
    }

    /// Removes everything from the medium, without a word.
    pub fn wipe(&self) {
        let all = self.medium.dump().into_iter();
        let burst = Burst {
            deletes: all.map(|(table, key, _)| (table, key)).collect(),
            ..Burst::default()
        };
        settled(self.medium.write(&burst))
            .expect("it is there at once")
            .expect("it is removed");
    }
}
