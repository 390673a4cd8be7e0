//! A medium that the caller gives.
//!
//! What it answers is looked at: a range that is in another order than asked for, or begins
//! anew each time, would be a hang or a loss further up.

use super::clock;
use super::connector::tell;
use super::convert::take;
use super::request::failure;
use super::stored::{get, js_key, key_of, row, set, whole};
use crate::error::{Error, Kind, Result};
use crate::store::{
    Burst, Check, Key, Known, Medium, Passed, Pending, Scan, Table, Value, conflict, fenced,
    unknown,
};
use js_sys::{Array, Function, Object, Promise, Uint8Array};
use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Poll, Waker};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::DomException;

/// How long a call may take once the keep is open.
const LONGEST_MS: f64 = 90_000.0;

#[wasm_bindgen]
extern "C" {
    /// `GivenMedium` of `src/js/medium.ts`. Its methods never throw, they reject.
    pub type MediumPort;
    #[wasm_bindgen(method, structural)]
    fn open(this: &MediumPort) -> Promise;
    #[wasm_bindgen(method, structural)]
    fn read(this: &MediumPort, table: &str, keys: &Array) -> Promise;
    #[wasm_bindgen(method, structural)]
    fn scan(this: &MediumPort, scan: &Object) -> Promise;
    #[wasm_bindgen(method, structural)]
    fn count(this: &MediumPort, scan: &Object) -> Promise;
    #[wasm_bindgen(method, structural)]
    fn keys(this: &MediumPort, scan: &Object) -> Promise;
    #[wasm_bindgen(method, structural)]
    fn moment(this: &MediumPort, scans: &Array) -> Promise;
    #[wasm_bindgen(method, structural)]
    fn find(this: &MediumPort, by: &str) -> Promise;
    #[wasm_bindgen(method, structural)]
    fn write(this: &MediumPort, burst: &Object) -> Promise;
    #[wasm_bindgen(method, structural)]
    fn close(this: &MediumPort);
}

/// Tables where the caller puts them.
pub(super) struct Given {
    port: MediumPort,
    longest_ms: Cell<f64>,
    /// A keep is open on it; once the place is gone, none any more.
    in_use: Cell<bool>,
    closed: Cell<bool>,
    on_event: Function,
    /// Writes that are under way.
    writing: Cell<u32>,
    /// Moments that are read by several scans: writes wait for them.
    held: Cell<u32>,
    waiting: RefCell<Vec<Waker>>,
}

/// One more of what others wait for, until it is dropped.
struct Counted<'a>(&'a Given, &'a Cell<u32>);

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.1.set(self.1.get() - 1);
        for waker in self.0.waiting.take() {
            waker.wake();
        }
    }
}

impl Given {
    /// Opens it. Until the keep is open, nothing takes longer than `timeout_ms`.
    ///
    /// # Errors
    /// What it rejects with; `timeout`.
    pub async fn open(port: MediumPort, timeout_ms: f64, on_event: Function) -> Result<Rc<Given>> {
        let given = Rc::new(Given {
            port,
            longest_ms: Cell::new(timeout_ms),
            in_use: Cell::new(false),
            closed: Cell::new(false),
            on_event,
            writing: Cell::default(),
            held: Cell::default(),
            waiting: RefCell::default(),
        });
        given.ask("opening", |port| port.open()).await?;
        Ok(given)
    }

    async fn ask(&self, what: &str, ask: impl FnOnce(&MediumPort) -> Promise) -> Result<JsValue> {
        if self.closed.get() {
            return Err(Kind::Closed.because("the medium is closed"));
        }
        let answer = self.answer(what, ask(&self.port)).await;
        let is_gone = |error: &Error| error.kind() == Kind::Closed && !self.closed.get();
        if answer.as_ref().is_err_and(is_gone) && self.in_use.replace(false) {
            tell(&self.on_event, "closed", "{}");
        }
        answer
    }

    async fn answer(&self, what: &str, promise: Promise) -> Result<JsValue> {
        let answer = async { JsFuture::from(promise).await.map_err(|it| refusal(&it)) };
        clock::within(self.longest_ms.get(), what, answer).await
    }

    fn counted<'a>(&'a self, count: &'a Cell<u32>) -> Counted<'a> {
        count.set(count.get() + 1);
        Counted(self, count)
    }

    /// Settles when there are none any more.
    async fn none(&self, count: &Cell<u32>) {
        poll_fn(|context| match count.get() {
            0 => Poll::Ready(()),
            _ => {
                self.waiting.borrow_mut().push(context.waker().clone());
                Poll::Pending
            }
        })
        .await;
    }

    async fn range(&self, scan: &Scan) -> Result<Vec<(Key, Value)>> {
        let wanted = js_scan(scan);
        let found = self.ask("reading", |port| port.scan(&wanted)).await?;
        let found = entries(&found)?;
        in_order(scan, found.iter().map(|(key, _)| key))?;
        Ok(found)
    }

    /// The failure of a check, by its position.
    async fn unmet(&self, burst: &Burst, position: &JsValue) -> Error {
        let check = whole(position).and_then(|at| burst.checks.get(at as usize));
        match check {
            Some(Check::Rev { key, rev }) => {
                let found = self.read(Table::Rows, std::slice::from_ref(key)).await;
                let found = found.unwrap_or_default().pop().flatten();
                conflict(key, *rev, found.map(|row| row.rev))
            }
            Some(Check::Same { table, key, .. }) => fenced(*table, key),
            None => wrong("a write with neither `undefined` nor the position of a check"),
        }
    }
}

impl Medium for Given {
    fn read<'a>(&'a self, table: Table, keys: &'a [Key]) -> Pending<'a, Vec<Option<Value>>> {
        Box::pin(async move {
            let wanted: Array = keys.iter().map(js_key).collect();
            let ask = |port: &MediumPort| port.read(table.name(), &wanted);
            let found = list(&self.ask("reading", ask).await?)?;
            if found.len() != keys.len() {
                return Err(wrong("another number of values than keys were asked for"));
            }
            let value = |found: &JsValue| match found.is_undefined() {
                true => Ok(None),
                false => value(found).map(Some),
            };
            found.iter().map(value).collect()
        })
    }

    fn scan(&self, scan: Scan) -> Pending<'_, Vec<(Key, Value)>> {
        Box::pin(async move { self.range(&scan).await })
    }

    fn count(&self, scan: Scan) -> Pending<'_, u64> {
        Box::pin(async move {
            let wanted = js_scan(&scan);
            let count = self.ask("counting", |port| port.count(&wanted)).await?;
            if count.is_undefined() {
                return Ok(self.range(&scan).await?.len() as u64);
            }
            whole(&count).ok_or_else(|| wrong("a count that is no number"))
        })
    }

    fn keys(&self, scan: Scan) -> Pending<'_, Vec<Key>> {
        Box::pin(async move {
            let wanted = js_scan(&scan);
            let keys = self.ask("reading", |port| port.keys(&wanted)).await?;
            if keys.is_undefined() {
                let found = self.range(&scan).await?;
                return Ok(found.into_iter().map(|(key, _)| key).collect());
            }
            let keys = list(&keys)?.iter().map(key).collect::<Result<Vec<Key>>>()?;
            in_order(&scan, keys.iter())?;
            Ok(keys)
        })
    }

    fn moment<'a>(&'a self, ranges: &'a [Scan], known: Known<'a>) -> Pending<'a, Vec<Passed>> {
        Box::pin(async move {
            let wanted: Array = ranges.iter().map(js_scan).collect();
            let told = self.ask("reading", |port| port.moment(&wanted)).await?;
            let mut moment = Vec::with_capacity(ranges.len());
            if told.is_undefined() {
                // Whoever else writes to it has told that it is shared, and then it has moments.
                self.none(&self.held).await;
                let _held = self.counted(&self.held);
                self.none(&self.writing).await;
                for scan in ranges {
                    let found = self.range(scan).await?;
                    moment.push(unknown(scan.table, found, known));
                }
                return Ok(moment);
            }
            let told = list(&told)?;
            if told.len() != ranges.len() {
                return Err(wrong("another number of ranges than were asked for"));
            }
            for (scan, found) in ranges.iter().zip(told) {
                let found = entries(&found)?;
                in_order(scan, found.iter().map(|(key, _)| key))?;
                moment.push(unknown(scan.table, found, known));
            }
            Ok(moment)
        })
    }

    fn find<'a>(&'a self, by: &'a str) -> Pending<'a, Vec<(Key, Value)>> {
        Box::pin(async move {
            let found = self.ask("looking up", |port| port.find(by)).await?;
            let found = entries(&found)?;
            in_order(&Scan::of(Table::Rows, []), found.iter().map(|(key, _)| key))?;
            match found
                .iter()
                .all(|(_, row)| row.by.iter().any(|key| key == by))
            {
                true => Ok(found),
                false => Err(wrong("a row without the index key")),
            }
        })
    }

    fn write<'a>(&'a self, burst: &'a Burst) -> Pending<'a, ()> {
        Box::pin(async move {
            self.none(&self.held).await;
            let _writing = self.counted(&self.writing);
            let wanted = js_burst(burst);
            let answer = self.ask("writing", |port| port.write(&wanted)).await?;
            match answer.is_undefined() {
                true => Ok(()),
                false => Err(self.unmet(burst, &answer).await),
            }
        })
    }

    fn close(&self) {
        if !self.closed.replace(true) {
            self.port.close();
        }
    }

    fn opened(&self, _keep: &str) {
        self.longest_ms.set(LONGEST_MS);
        self.in_use.set(true);
    }
}

impl Drop for Given {
    fn drop(&mut self) {
        self.close();
    }
}

/// What it rejected with: with a published code it counts as that, and as want of space with
/// the codes under which files and SQLite tell of it.
fn refusal(thrown: &JsValue) -> Error {
    if thrown.is_instance_of::<DomException>() {
        return failure(thrown);
    }
    let text = |name| get(thrown, name).as_string().unwrap_or_default();
    let (code, message) = (text("code"), text("message"));
    let kind = match code.as_str() {
        "ENOSPC" | "EDQUOT" | "SQLITE_FULL" => Kind::Quota,
        code => {
            let mut kinds = Kind::ALL.iter().copied();
            kinds
                .find(|kind| kind.code() == code)
                .unwrap_or(Kind::Medium)
        }
    };
    let said = message.strip_prefix(kind.code()).unwrap_or(&message);
    kind.because(said.trim_start_matches(": "))
}

fn wrong(what: &str) -> Error {
    Kind::Medium.because(format!("the medium answered {what}"))
}

fn object(fields: &[(&str, &JsValue)]) -> Object {
    let object = Object::new();
    for (name, value) in fields {
        set(&object, name, value);
    }
    object
}

fn js_scan(scan: &Scan) -> Object {
    let prefix = Key(scan.prefix.clone());
    let wanted = object(&[
        ("table", &scan.table.name().into()),
        ("prefix", &js_key(&prefix)),
    ]);
    if let Some(after) = &scan.after {
        set(&wanted, "after", &js_key(after));
    }
    if let Some(limit) = scan.limit {
        set(&wanted, "limit", &limit.into());
    }
    wanted
}

fn js_check(check: &Check) -> Object {
    let (is, table, key) = match check {
        Check::Rev { key, .. } => ("rev", Table::Rows, key),
        Check::Same { table, key, .. } => ("same", *table, key),
    };
    let wanted = object(&[
        ("is", &is.into()),
        ("table", &table.name().into()),
        ("key", &js_key(key)),
    ]);
    match check {
        Check::Rev { rev: Some(rev), .. } => set(&wanted, "rev", &(*rev as f64).into()),
        Check::Same {
            bytes: Some(bytes), ..
        } => set(&wanted, "bytes", &Uint8Array::from(bytes.as_slice())),
        _ => {}
    }
    wanted
}

fn js_burst(burst: &Burst) -> Object {
    let put = |(table, key, value): (Table, &Key, Option<&Value>)| {
        let put = object(&[("table", &table.name().into()), ("key", &js_key(key))]);
        if let Some(value) = value {
            set(&put, "value", &row(value));
        }
        put
    };
    let checks: Array = burst.checks.iter().map(js_check).collect();
    let puts = burst.puts.iter();
    let puts: Array = puts
        .map(|it| put((it.table, &it.key, Some(&it.value))))
        .collect();
    let deletes = burst.deletes.iter();
    let deletes: Array = deletes
        .map(|(table, key)| put((*table, key, None)))
        .collect();
    object(&[
        ("checks", &checks),
        ("puts", &puts),
        ("deletes", &deletes),
        ("durable", &burst.durable.into()),
    ])
}

fn list(given: &JsValue) -> Result<Vec<JsValue>> {
    let list = given.dyn_ref::<Array>().map(Array::to_vec);
    list.ok_or_else(|| wrong("no array"))
}

fn key(given: &JsValue) -> Result<Key> {
    key_of(given).ok_or_else(|| wrong("a key that is no array of whole numbers and texts"))
}

fn value(given: &JsValue) -> Result<Value> {
    let texts = |given: JsValue| {
        let texts = given
            .dyn_ref::<Array>()?
            .iter()
            .map(|text| text.as_string());
        texts.collect::<Option<Vec<String>>>()
    };
    let (rev, by) = (whole(&get(given, "rev")), texts(get(given, "by")));
    let given = get(given, "bytes");
    match (rev, by, given.dyn_ref::<Uint8Array>()) {
        (Some(rev), Some(by), Some(given)) => {
            let mut bytes = Vec::new();
            take(given, &mut bytes)?;
            Ok(Value { rev, by, bytes })
        }
        _ => Err(wrong("a value that is not `{ rev, by, bytes }`")),
    }
}

fn entries(given: &JsValue) -> Result<Vec<(Key, Value)>> {
    let entry = |given: &JsValue| Ok((key(&get(given, "key"))?, value(&get(given, "value"))?));
    list(given)?.iter().map(entry).collect()
}

/// Whether these are keys of the range, each behind the one before.
fn in_order<'a>(scan: &Scan, keys: impl Iterator<Item = &'a Key>) -> Result<()> {
    let mut before = scan.after.as_ref();
    for (count, key) in keys.enumerate() {
        if !key.starts_with(&scan.prefix) || scan.limit.is_some_and(|limit| count as u32 >= limit) {
            return Err(wrong("more than the range"));
        }
        if before.is_some_and(|before| before >= key) {
            return Err(wrong("keys that are not in order"));
        }
        before = Some(key);
    }
    Ok(())
}
