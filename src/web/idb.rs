//! The IndexedDB medium.
//!
//! The transactions are our own over web-sys, because rexie reports an aborted write as
//! success, loses its reason, can wait for ever, and has no durability option
//! (measured with rexie 0.6.2 in Chromium 156, Firefox 153 and WebKitGTK 2.50).

use super::clock;
use super::request::{Sender, answer, answers, completion, excused, failure};
use super::rescue::Place;
use super::stored::{get, js_key, js_value, key_of, rev_of, set, value_of};
use super::structure::{connect, connect_at};
use crate::error::{Error, Kind, Result};
use crate::store::{
    Burst, Check, Ending, Gate, Key, Known, Medium, Passed, Pending, Scan, Table, Value, conflict,
    fenced, unknown,
};
use js_sys::{Array, Function, Object};
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::future::Future;
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;
use wasm_bindgen::prelude::*;
use web_sys::{IdbDatabase, IdbKeyRange, IdbObjectStore, IdbRequest, IdbTransaction};

/// No transaction takes longer: Chromium ends idle ones itself after a minute.
const LONGEST_MS: f64 = 90_000.0;
/// How long a write waits after the page was put to rest.
const RESTED_MS: f64 = 100.0;

/// How often a transaction is kept from ending while its burst may not count yet: some ten
/// milliseconds, and nobody else can write meanwhile.
const MOST_QUESTIONS: u32 = 64;
/// Values that a transaction which passes over a range asks for at once.
const PIECE: u32 = 200;

/// What became of a burst in its transaction.
enum Staged {
    /// It is committed.
    Whole,
    /// Its gate is still closed, and others shall not wait for it any longer.
    TooEarly,
}

/// What the opener wants to be told.
pub struct Listeners {
    /// Another tab holds an older structure open, and opening waits for it.
    pub blocked: Rc<dyn Fn()>,
    /// The connection is gone: another tab upgrades, or the browser took the data away.
    pub ended: Rc<dyn Fn(Ending)>,
}

/// Tables in IndexedDB.
pub struct IdbMedium {
    database: RefCell<Option<IdbDatabase>>,
    /// What is under way, to be told when the browser takes the database away.
    under_way: RefCell<BTreeMap<u64, Sender<()>>>,
    started: Cell<u64>,
    /// Transactions that wait for answers before they go on. Other tabs wait for them.
    unsettled: RefCell<BTreeMap<u64, IdbTransaction>>,
    resting: Cell<bool>,
    longest_ms: Cell<f64>,
    _handlers: Vec<Closure<dyn FnMut(web_sys::Event)>>,
}

impl IdbMedium {
    /// Opens the database; `make` allows to make or upgrade its structure first. Until the
    /// keep is open, nothing takes longer than `timeout_ms`.
    ///
    /// # Errors
    /// `no-support` without IndexedDB, `blocked` or `timeout` after `timeout_ms`, `quota`, `medium`;
    /// `not-found` when there is no structure and none may be made.
    pub async fn open(
        name: &str,
        timeout_ms: f64,
        make: bool,
        listeners: Listeners,
    ) -> Result<Rc<IdbMedium>> {
        let connecting = |blocked| connect(name, make, blocked);
        IdbMedium::with(connecting, timeout_ms, listeners).await
    }

    /// The same at another place than the origin's own.
    ///
    /// # Errors
    /// As [`IdbMedium::open`].
    pub(super) async fn open_at(
        place: &Place,
        timeout_ms: f64,
        make: bool,
        listeners: Listeners,
    ) -> Result<Rc<IdbMedium>> {
        let connecting = |blocked| connect_at(place, make, blocked);
        IdbMedium::with(connecting, timeout_ms, listeners).await
    }

    async fn with<F: Future<Output = Result<IdbDatabase>>>(
        connecting: impl FnOnce(Rc<dyn Fn()>) -> F,
        timeout_ms: f64,
        listeners: Listeners,
    ) -> Result<Rc<IdbMedium>> {
        let blocked = Rc::new(std::cell::Cell::new(false));
        let told = Rc::clone(&blocked);
        let tell = listeners.blocked;
        let on_blocked: Rc<dyn Fn()> = Rc::new(move || {
            told.set(true);
            tell();
        });
        let connected =
            clock::within(timeout_ms, "opening the database", connecting(on_blocked)).await;
        let database = connected.map_err(|error| match error.kind() {
            Kind::Timeout if blocked.get() => {
                Kind::Blocked.because("another tab holds an older version of the storage open")
            }
            _ => error,
        })?;
        let medium = Rc::new_cyclic(|medium: &std::rc::Weak<IdbMedium>| {
            let (upgraded, told) = (medium.clone(), Rc::clone(&listeners.ended));
            let version_change = Closure::new(move |_: web_sys::Event| {
                if let Some(medium) = upgraded.upgrade() {
                    medium.close();
                }
                told(Ending::GivenUp);
            });
            let (taken, told) = (medium.clone(), Rc::clone(&listeners.ended));
            let close = Closure::new(move |_: web_sys::Event| {
                if let Some(medium) = taken.upgrade() {
                    medium.close();
                    medium.give_up();
                }
                told(Ending::Lost);
            });
            database.set_onversionchange(Some(Closure::as_ref(&version_change).unchecked_ref()));
            database.set_onclose(Some(Closure::as_ref(&close).unchecked_ref()));
            IdbMedium {
                database: RefCell::new(Some(database)),
                under_way: RefCell::default(),
                started: Cell::new(0),
                unsettled: RefCell::default(),
                resting: Cell::new(false),
                longest_ms: Cell::new(timeout_ms),
                _handlers: vec![version_change, close],
            }
        });
        Ok(medium)
    }

    fn transaction(&self, tables: &Array, mode: &str, durable: bool) -> Result<IdbTransaction> {
        let database = self.database.borrow();
        let database = database.as_ref().ok_or_else(closed)?;
        // web-sys has the durability option only behind an unstable flag.
        let options = Object::new();
        set(
            &options,
            "durability",
            &if durable { "strict" } else { "relaxed" }.into(),
        );
        let function: Function = get(database, "transaction").unchecked_into();
        let transaction = function.call3(database, tables, &mode.into(), &options);
        transaction
            .map(JsCast::unchecked_into)
            .map_err(|thrown| failure(&thrown))
    }

    /// The future's result, with an end: when the browser takes the database away, some
    /// transactions never say anything any more (Chromium 156, cleared site data), and a
    /// damaged one may not either (Firefox 153).
    async fn watched<T>(&self, what: &str, future: impl Future<Output = Result<T>>) -> Result<T> {
        let number = self.started.replace(self.started.get() + 1);
        let sender = Sender::new();
        self.under_way.borrow_mut().insert(number, sender.clone());
        let mut taken = pin!(sender.arrival(Vec::new(), || {}));
        let mut future = pin!(future);
        let either = std::future::poll_fn(|context| match future.as_mut().poll(context) {
            Poll::Ready(result) => Poll::Ready(result),
            Poll::Pending => taken
                .as_mut()
                .poll(context)
                .map(|_| Err(Kind::Closed.because("the browser took the database away"))),
        });
        let result = clock::within(self.longest_ms.get(), what, either).await;
        self.under_way.borrow_mut().remove(&number);
        result
    }

    /// Ends what is under way; it gets no answer any more.
    fn give_up(&self) {
        for sender in self.under_way.take().into_values() {
            sender.send(Ok(()));
        }
    }

    /// The questions of a reading, all of them asked at once. The transaction is ended with
    /// them: the automatic end needs a turn of this page, and a frozen one has none.
    fn reading<T>(
        &self,
        table: Table,
        ask: impl FnOnce(&IdbObjectStore) -> Result<T>,
    ) -> Result<T> {
        let transaction = self.transaction(&Array::of1(&table.name().into()), "readonly", false)?;
        let store = transaction
            .object_store(table.name())
            .map_err(|thrown| failure(&thrown))?;
        let asked = ask(&store)?;
        IdbMedium::commit(&transaction)?;
        Ok(asked)
    }

    /// Sends the questions that the checks ask.
    fn ask(transaction: &IdbTransaction, checks: &[&Check]) -> Result<Vec<IdbRequest>> {
        let ask = |check: &&Check| {
            let (table, key) = match check {
                Check::Rev { key, .. } => (Table::Rows, key),
                Check::Same { table, key, .. } => (*table, key),
            };
            let store = transaction
                .object_store(table.name())
                .map_err(|thrown| failure(&thrown))?;
            sent(store.get(&js_key(key)))
        };
        checks.iter().map(ask).collect()
    }

    /// Whether every check holds, by what was found.
    fn hold(checks: &[&Check], found: Vec<JsValue>) -> Result<()> {
        for (check, found) in checks.iter().zip(found) {
            let found = (!found.is_undefined()).then_some(found);
            match check {
                Check::Rev { key, rev } => {
                    let found = found.as_ref().map(rev_of);
                    if found != *rev {
                        return Err(conflict(key, *rev, found));
                    }
                }
                Check::Same { table, key, bytes } => {
                    let found = found.map(|value| value_of(*table, &value).bytes);
                    if found != *bytes {
                        return Err(fenced(*table, key));
                    }
                }
            }
        }
        Ok(())
    }

    fn send(transaction: &IdbTransaction, burst: &Burst, added: &HashSet<&Key>) -> Result<()> {
        let store = |table: Table| {
            transaction
                .object_store(table.name())
                .map_err(|thrown| failure(&thrown))
        };
        for put in &burst.puts {
            let (store, key) = (store(put.table)?, js_key(&put.key));
            let value = js_value(put.table, &put.value);
            sent(match put.table == Table::Rows && added.contains(&put.key) {
                true => store.add_with_key(&value, &key),
                false => store.put_with_key(&value, &key),
            })?;
        }
        for (table, key) in &burst.deletes {
            sent(store(*table)?.delete(&js_key(key)))?;
        }
        Ok(())
    }

    /// Without it a write made while the page goes away is lost: the automatic commit
    /// needs one more turn of a page that has none left.
    fn commit(transaction: &IdbTransaction) -> Result<()> {
        match get(transaction, "commit").dyn_ref::<Function>() {
            Some(commit) => commit
                .call0(transaction)
                .map(drop)
                .map_err(|thrown| failure(&thrown)),
            None => Ok(()),
        }
    }

    /// Questions, then values, in one go: the engine answers while it takes the values up.
    /// Nothing of it counts before the commit, which waits for the answers and the gate. A row
    /// that must be absent is added, and nothing is asked: of a thousand new rows that is half of
    /// the time.
    async fn stage(
        &self,
        transaction: &IdbTransaction,
        burst: &Burst,
        added: &HashSet<&Key>,
        gate: &Gate,
    ) -> Result<Staged> {
        let is_asked =
            |check: &&Check| !matches!(check, Check::Rev { key, .. } if added.contains(key));
        // Firefox 153 has values that it cannot give, and takes others in their place.
        let is_unreadable = |check: &&Check| matches!(check, Check::Same { bytes: Some(bytes), .. } if bytes.is_empty());
        let checks = burst.checks.iter().filter(is_asked);
        let (lost, checks): (Vec<&Check>, Vec<&Check>) = checks.partition(is_unreadable);
        let asked = answers(IdbMedium::ask(transaction, &checks)?);
        let still_lost = IdbMedium::ask(transaction, &lost)?.into_iter().map(excused);
        let still_lost: Vec<_> = still_lost.collect();
        IdbMedium::send(transaction, burst, added)?;
        IdbMedium::hold(&checks, asked.await?)?;
        for (check, found) in lost.into_iter().zip(still_lost) {
            IdbMedium::hold(&[check], vec![found.await?])?;
        }
        // A transaction that is asked nothing any more would commit by itself.
        for _ in 0..MOST_QUESTIONS {
            if gate.is_open() {
                // The log may have been closed before it had the burst.
                self.database.borrow().as_ref().ok_or_else(closed)?;
                IdbMedium::commit(transaction)?;
                return Ok(Staged::Whole);
            }
            let store = transaction.object_store(Table::Meta.name());
            let store = store.map_err(|thrown| failure(&thrown))?;
            answer(sent(store.get(&js_key(&Key(Vec::new()))))?).await?;
        }
        Ok(Staged::TooEarly)
    }

    /// One transaction of a burst. Nothing is stored when it came too early.
    async fn transact(&self, burst: &Burst, gate: &Gate) -> Result<Staged> {
        let checks = burst.checks.iter().map(|check| match check {
            Check::Rev { .. } => Table::Rows,
            Check::Same { table, .. } => *table,
        });
        let written = burst
            .puts
            .iter()
            .map(|put| put.table)
            .chain(burst.deletes.iter().map(|(table, _)| *table));
        let mut tables = BTreeSet::new();
        tables.extend(checks.chain(written));
        if tables.is_empty() {
            gate.passed().await;
            return self.reading(Table::Meta, |_| Ok(Staged::Whole));
        }
        if !gate.is_open() {
            // What it is asked while it waits.
            tables.insert(Table::Meta);
        }
        if self.resting.get() && !burst.checks.is_empty() {
            // A timer that rings says that the page runs.
            clock::wait(RESTED_MS).await;
        }
        let transaction = self.transaction(&names(tables), "readwrite", burst.durable)?;
        let complete = completion(&transaction);
        let number = self.hold_up(&transaction);
        let added = burst.added();
        let staged = self.stage(&transaction, burst, &added, gate).await;
        self.unsettled.borrow_mut().remove(&number);
        let written = match staged {
            Ok(Staged::Whole) => complete.await.map(|()| Staged::Whole),
            Ok(Staged::TooEarly) => {
                let _ = transaction.abort();
                return Ok(Staged::TooEarly);
            }
            Err(error) => {
                // Already aborted is as good as aborted now.
                let _ = transaction.abort();
                // A transaction that died by itself knows the reason better, quota above all.
                match complete.await {
                    Err(reason) if reason.kind() == Kind::Quota => Err(reason),
                    _ => Err(error),
                }
            }
        };
        match written {
            // What was to be added and is there: WebKitGTK 2.50 gives no reason for it.
            Err(error)
                if matches!(error.kind(), Kind::Medium | Kind::Aborted) && !added.is_empty() =>
            {
                Err(self.there_already(&added, error).await)
            }
            written => written,
        }
    }

    /// Has a transaction given up when the page comes to rest, until its number is taken back.
    fn hold_up(&self, transaction: &IdbTransaction) -> u64 {
        let number = self.started.replace(self.started.get() + 1);
        let mut unsettled = self.unsettled.borrow_mut();
        unsettled.insert(number, transaction.clone());
        number
    }

    /// Ranges, piece by piece, in one transaction.
    async fn pass_over(
        transaction: &IdbTransaction,
        ranges: &[Scan],
        known: Known<'_>,
    ) -> Result<Vec<Passed>> {
        let mut moment = Vec::with_capacity(ranges.len());
        for scan in ranges {
            let store = transaction.object_store(scan.table.name());
            let store = store.map_err(|thrown| failure(&thrown))?;
            let mut passed = Vec::new();
            let mut after = None;
            loop {
                let range = range(&scan.clone().chunk(after.take(), PIECE))?;
                let keys = answer(sent(store.get_all_keys_with_key_and_limit(&range, PIECE))?);
                let values = answer(sent(store.get_all_with_key_and_limit(&range, PIECE))?);
                let found = pairs(scan.table, keys.await?, values.await?)?;
                let Some((last, _)) = found.last() else { break };
                after = Some(last.clone());
                passed.extend(unknown(scan.table, found, known));
            }
            moment.push(passed);
        }
        IdbMedium::commit(transaction)?;
        Ok(moment)
    }

    /// The row that is there although it was to be added, as a conflict.
    async fn there_already(&self, added: &HashSet<&Key>, error: Error) -> Error {
        let keys: Vec<Key> = added.iter().map(|key| (*key).clone()).collect();
        let found = self.read(Table::Rows, &keys).await.unwrap_or_default();
        let there = keys.iter().zip(found);
        let mut there = there.filter_map(|(key, row)| Some((key, row?.rev)));
        there
            .next()
            .map_or(error, |(key, rev)| conflict(key, None, Some(rev)))
    }
}

impl Medium for IdbMedium {
    fn read<'a>(&'a self, table: Table, keys: &'a [Key]) -> Pending<'a, Vec<Option<Value>>> {
        Box::pin(self.watched("reading", async move {
            if keys.is_empty() {
                // No transaction for nothing; a closed medium says so all the same.
                return self
                    .database
                    .borrow()
                    .as_ref()
                    .map_or_else(|| Err(closed()), |_| Ok(Vec::new()));
            }
            let ask = |store: &IdbObjectStore| {
                let asked = keys.iter().map(|key| sent(store.get(&js_key(key))));
                asked.collect::<Result<Vec<_>>>().map(answers)
            };
            let found = self.reading(table, ask)?.await?;
            let value = |found: JsValue| (!found.is_undefined()).then(|| value_of(table, &found));
            Ok(found.into_iter().map(value).collect())
        }))
    }

    fn scan(&self, scan: Scan) -> Pending<'_, Vec<(Key, Value)>> {
        Box::pin(self.watched("reading", async move {
            let range = range(&scan)?;
            let limit = scan.limit.unwrap_or(u32::MAX);
            let (keys, values) = self.reading(scan.table, |store| {
                let keys = answer(sent(store.get_all_keys_with_key_and_limit(&range, limit))?);
                let values = answer(sent(store.get_all_with_key_and_limit(&range, limit))?);
                Ok((keys, values))
            })?;
            pairs(scan.table, keys.await?, values.await?)
        }))
    }

    fn count(&self, scan: Scan) -> Pending<'_, u64> {
        Box::pin(self.watched("counting", async move {
            let range = range(&scan)?;
            let asked = self.reading(scan.table, |store| {
                Ok(answer(sent(store.count_with_key(&range))?))
            })?;
            let count = asked.await?;
            let count = count.as_f64().unwrap_or(0.0) as u64;
            Ok(scan.limit.map_or(count, |limit| count.min(limit.into())))
        }))
    }

    fn keys(&self, scan: Scan) -> Pending<'_, Vec<Key>> {
        Box::pin(self.watched("reading", async move {
            let range = range(&scan)?;
            let limit = scan.limit.unwrap_or(u32::MAX);
            let asked = self.reading(scan.table, |store| {
                let keys = store.get_all_keys_with_key_and_limit(&range, limit);
                Ok(answer(sent(keys)?))
            })?;
            let keys: Array = asked.await?.unchecked_into();
            let key = |key: JsValue| key_of(&key).ok_or_else(|| foreign(scan.table));
            keys.iter().map(key).collect()
        }))
    }

    fn moment<'a>(&'a self, ranges: &'a [Scan], known: Known<'a>) -> Pending<'a, Vec<Passed>> {
        Box::pin(self.watched("reading", async move {
            let mut tables = BTreeSet::new();
            tables.extend(ranges.iter().map(|range| range.table));
            let transaction = self.transaction(&names(tables), "readonly", false)?;
            let number = self.hold_up(&transaction);
            let moment = IdbMedium::pass_over(&transaction, ranges, known).await;
            self.unsettled.borrow_mut().remove(&number);
            moment
        }))
    }

    fn find<'a>(&'a self, by: &'a str) -> Pending<'a, Vec<(Key, Value)>> {
        Box::pin(self.watched("looking up", async move {
            let (keys, values) = self.reading(Table::Rows, |store| {
                let index = store.index("by").map_err(|thrown| failure(&thrown))?;
                let keys = answer(sent(index.get_all_keys_with_key(&by.into()))?);
                let values = answer(sent(index.get_all_with_key(&by.into()))?);
                Ok((keys, values))
            })?;
            pairs(Table::Rows, keys.await?, values.await?)
        }))
    }

    fn write<'a>(&'a self, burst: &'a Burst) -> Pending<'a, ()> {
        Box::pin(async move { self.write_behind(burst, &Gate::opened()).await })
    }

    fn write_behind<'a>(&'a self, burst: &'a Burst, gate: &'a Gate) -> Pending<'a, ()> {
        Box::pin(self.watched("writing", async move {
            // The log on the disk takes too long for a transaction to wait.
            if burst.durable {
                gate.passed().await;
            }
            match self.transact(burst, gate).await? {
                Staged::Whole => Ok(()),
                Staged::TooEarly => {
                    gate.passed().await;
                    self.transact(burst, gate).await.map(drop)
                }
            }
        }))
    }

    fn close(&self) {
        if let Some(database) = self.database.take() {
            database.set_onversionchange(None);
            database.set_onclose(None);
            database.close();
        }
    }

    fn opened(&self, _keep: &str) {
        self.longest_ms.set(LONGEST_MS);
    }

    fn rest(&self) {
        self.resting.set(true);
        for transaction in self.unsettled.take().into_values() {
            // One that has just ended by itself holds nobody.
            let _ = transaction.abort();
        }
    }

    fn wake(&self) {
        self.resting.set(false);
    }
}

impl Drop for IdbMedium {
    fn drop(&mut self) {
        self.close();
    }
}

/// The range of a scan. An array sorts behind every number and text, so that
/// `[...prefix, []]` is the end of what begins with the prefix.
fn range(scan: &Scan) -> Result<IdbKeyRange> {
    let lower = js_key(scan.after.as_ref().unwrap_or(&Key(scan.prefix.clone())));
    let upper = js_key(&Key(scan.prefix.clone()));
    upper.push(&Array::new());
    IdbKeyRange::bound_with_lower_open_and_upper_open(&lower, &upper, scan.after.is_some(), true)
        .map_err(|thrown| failure(&thrown))
}

fn names(tables: BTreeSet<Table>) -> Array {
    let names = tables.into_iter().map(|table| table.name().into());
    names.collect::<Vec<JsValue>>().into_iter().collect()
}

fn pairs(table: Table, keys: JsValue, values: JsValue) -> Result<Vec<(Key, Value)>> {
    let (keys, values): (Array, Array) = (keys.unchecked_into(), values.unchecked_into());
    let pair = |(key, value): (JsValue, JsValue)| Some((key_of(&key)?, value_of(table, &value)));
    keys.iter()
        .zip(values.iter())
        .map(|found| pair(found).ok_or_else(|| foreign(table)))
        .collect()
}

fn foreign(table: Table) -> Error {
    Kind::Corrupt.because(format!("table {} has a key that is not ours", table.name()))
}

fn closed() -> Error {
    Kind::Closed.because("the database is closed")
}

fn sent(request: std::result::Result<IdbRequest, JsValue>) -> Result<IdbRequest> {
    request.map_err(|thrown: JsValue| -> Error { failure(&thrown) })
}
