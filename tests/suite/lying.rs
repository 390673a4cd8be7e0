//! A medium and a log that fail when they are told to, and that can be slow.
//!
//! Both follow one [`Script`]: it counts their calls, and at the call that was planned it
//! fails before anything was done, fails although all of it was done, or never answers.
//! With pauses on, every call gives way to other futures before and after its work.

#![allow(dead_code)]

use cardkeep::error::{Kind, Result};
use cardkeep::store::{Burst, Key, Medium, Pending, Redo, RedoFile, Scan, Table, Value};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::{Future, pending, poll_fn};
use std::rc::Rc;
use std::task::Poll;

/// What a call is to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Call {
    /// Reading the medium.
    Read,
    /// Writing to the medium.
    Write,
    /// Reading the log.
    LogRead,
    /// Changing the log.
    LogWrite,
}

/// What happens instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lie {
    /// An error, and nothing was done.
    Before(Kind),
    /// An error, although it was done.
    After(Kind),
    /// Nothing was done, and there is never an answer: the page ends here.
    Stop,
    /// It was done, and there is never an answer.
    StopAfter,
}

#[derive(Debug, Clone, Copy)]
struct Plan {
    at: usize,
    lie: Lie,
    lasting: bool,
}

/// Tells when to fail, and counts.
#[derive(Default)]
pub struct Script {
    calls: RefCell<Vec<Call>>,
    plan: Cell<Option<Plan>>,
    told: Cell<u32>,
    stopped: Cell<bool>,
    pauses: Cell<bool>,
    /// Files of the log and the page that holds each open: nobody else removes them.
    held: RefCell<BTreeMap<String, u32>>,
    pages: Cell<u32>,
}

impl Script {
    /// Plans a lie for the call with this number, counted from 0; a lasting one stands for
    /// every call of its sort from there on.
    pub fn plan(&self, at: usize, lie: Lie, lasting: bool) {
        self.plan.set(Some(Plan { at, lie, lasting }));
    }

    /// Ends all lies.
    pub fn heal(&self) {
        self.plan.set(None);
        self.stopped.set(false);
        self.held.borrow_mut().clear();
    }

    /// Gives way around every call, or no longer.
    pub fn pause(&self, pauses: bool) {
        self.pauses.set(pauses);
    }

    /// The calls so far.
    pub fn calls(&self) -> Vec<Call> {
        self.calls.borrow().clone()
    }

    /// How many calls there were.
    pub fn count(&self) -> usize {
        self.calls.borrow().len()
    }

    /// How many lies were told, silences included.
    pub fn told(&self) -> u32 {
        self.told.get()
    }

    fn next(&self, call: Call) -> Option<Lie> {
        let number = self.calls.borrow().len();
        self.calls.borrow_mut().push(call);
        let plan = self.plan.get()?;
        let (now, first) = (number >= plan.at, number == plan.at);
        // A full disk refuses what is written, and reads go on.
        let full = matches!(plan.lie, Lie::Before(Kind::Quota) | Lie::After(Kind::Quota));
        let reads = matches!(call, Call::Read | Call::LogRead);
        let lies = first || (now && plan.lasting && !(full && reads));
        lies.then(|| {
            self.told.set(self.told.get() + 1);
            if matches!(plan.lie, Lie::Stop | Lie::StopAfter) {
                self.stopped.set(true);
            }
            plan.lie
        })
    }

    async fn run<T>(&self, call: Call, work: impl Future<Output = Result<T>>) -> Result<T> {
        self.give_way().await;
        // A page that has ended does nothing any more.
        let answer = match self.stopped.get().then_some(Lie::Stop) {
            Some(stop) => Some(stop),
            None => self.next(call),
        };
        let answer = match answer {
            None => work.await,
            Some(Lie::Before(kind)) => Err(kind.because("a lie, before")),
            Some(Lie::After(kind)) => {
                work.await?;
                Err(kind.because("a lie, after"))
            }
            Some(Lie::Stop) => pending().await,
            Some(Lie::StopAfter) => {
                let _ = work.await;
                pending().await
            }
        };
        self.give_way().await;
        answer
    }

    async fn give_way(&self) {
        if self.pauses.get() {
            let mut gave = false;
            poll_fn(|_| match std::mem::replace(&mut gave, true) {
                true => Poll::Ready(()),
                false => Poll::Pending,
            })
            .await;
        }
    }
}

/// A medium that follows a script.
pub struct Lying {
    /// The honest one.
    pub medium: Rc<dyn Medium>,
    /// Its script.
    pub script: Rc<Script>,
}

impl Medium for Lying {
    fn read<'a>(&'a self, table: Table, keys: &'a [Key]) -> Pending<'a, Vec<Option<Value>>> {
        Box::pin(self.script.run(Call::Read, self.medium.read(table, keys)))
    }

    fn scan(&self, scan: Scan) -> Pending<'_, Vec<(Key, Value)>> {
        Box::pin(self.script.run(Call::Read, self.medium.scan(scan)))
    }

    fn find<'a>(&'a self, by: &'a str) -> Pending<'a, Vec<(Key, Value)>> {
        Box::pin(self.script.run(Call::Read, self.medium.find(by)))
    }

    fn write<'a>(&'a self, burst: &'a Burst) -> Pending<'a, ()> {
        Box::pin(self.script.run(Call::Write, self.medium.write(burst)))
    }

    fn close(&self) {
        self.medium.close();
    }
}

/// A page's log that follows a script.
pub struct LyingLog {
    log: Rc<dyn Redo>,
    script: Rc<Script>,
    page: u32,
}

impl LyingLog {
    /// Another page on an honest log.
    pub fn new(log: Rc<dyn Redo>, script: Rc<Script>) -> LyingLog {
        let page = script.pages.get() + 1;
        script.pages.set(page);
        LyingLog { log, script, page }
    }
}

impl Redo for LyingLog {
    fn files(&self) -> Pending<'_, Vec<RedoFile>> {
        Box::pin(self.script.run(Call::LogRead, self.log.files()))
    }

    fn read<'a>(&'a self, file: &'a str, from: u64, length: u64) -> Pending<'a, Vec<u8>> {
        Box::pin(
            self.script
                .run(Call::LogRead, self.log.read(file, from, length)),
        )
    }

    fn append<'a>(&'a self, file: &'a str, bytes: Vec<u8>, durable: bool) -> Pending<'a, ()> {
        let work = async move {
            let held = &self.script.held;
            held.borrow_mut().insert(file.to_owned(), self.page);
            self.log.append(file, bytes, durable).await
        };
        Box::pin(self.script.run(Call::LogWrite, work))
    }

    fn remove<'a>(&'a self, file: &'a str) -> Pending<'a, ()> {
        let work = async move {
            let holder = self.script.held.borrow().get(file).copied();
            match holder {
                Some(page) if page != self.page => Ok(()),
                _ => self.log.remove(file).await,
            }
        };
        Box::pin(self.script.run(Call::LogWrite, work))
    }

    fn note(&self) -> Pending<'_, Option<Vec<u8>>> {
        Box::pin(self.script.run(Call::LogRead, self.log.note()))
    }

    fn set_note(&self, note: Vec<u8>) -> Pending<'_, ()> {
        Box::pin(self.script.run(Call::LogWrite, self.log.set_note(note)))
    }

    fn close(&self) {
        let mut held = self.script.held.borrow_mut();
        held.retain(|_, page| *page != self.page);
        self.log.close();
    }
}
