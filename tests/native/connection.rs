//! What a connection promises that is lost and opened again.

use crate::store::clock;
use crate::turn::now;
use cardkeep::error::{Kind, Result};
use cardkeep::store::*;
use serde_json::json;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::ready;
use std::rc::Rc;

/// How a call fails: before anything is done, or after all of it.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Fault {
    Before(Kind),
    After(Kind),
}

/// What happens between a write that fails and its repetition.
type Meanwhile = Box<dyn FnOnce(&MemoryMedium)>;

type Ended = Rc<dyn Fn(Ending)>;

/// A storage whose connections fail as planned, at calls counted over all of them.
#[derive(Default)]
struct Site {
    content: MemoryMedium,
    /// Another place, and whether it may be gone to.
    elsewhere: Option<MemoryMedium>,
    moved: Cell<bool>,
    calls: Cell<u32>,
    faults: RefCell<BTreeMap<u32, Fault>>,
    meanwhile: RefCell<Option<Meanwhile>>,
    connections: Cell<u32>,
    refused: Cell<u32>,
    waited_ms: Cell<f64>,
    told: RefCell<Vec<Turn>>,
    tasks: RefCell<Vec<Task<'static>>>,
    ended: RefCell<Option<Ended>>,
    /// What is there and cannot be read.
    damaged: RefCell<Vec<Key>>,
}

struct Wire {
    site: Rc<Site>,
    content: MemoryMedium,
    closed: Cell<bool>,
}

impl Wire {
    async fn call<T>(&self, work: impl Future<Output = Result<T>>) -> Result<T> {
        if self.closed.get() {
            return Err(Kind::Closed.because("this connection was given up"));
        }
        let call = self.site.calls.replace(self.site.calls.get() + 1);
        let fault = self.site.faults.borrow_mut().remove(&call);
        let dead = |kind| {
            // As the browser does it: only an abort leaves the connection alive.
            self.closed.set(kind != Kind::Aborted);
            Err(Kind::because(kind, "planned"))
        };
        match fault {
            None => work.await,
            Some(Fault::Before(kind)) => dead(kind),
            Some(Fault::After(kind)) => {
                work.await?;
                if let Some(meanwhile) = self.site.meanwhile.take() {
                    meanwhile(&self.content);
                }
                dead(kind)
            }
        }
    }
}

impl Wire {
    fn give(&self, keys: &[Key]) -> Result<()> {
        match keys
            .iter()
            .any(|key| self.site.damaged.borrow().contains(key))
        {
            true => Err(Kind::Medium.because("it cannot be read")),
            false => Ok(()),
        }
    }
}

impl Medium for Wire {
    fn read<'a>(&'a self, table: Table, keys: &'a [Key]) -> Pending<'a, Vec<Option<Value>>> {
        Box::pin(self.call(async move {
            self.give(keys)?;
            self.content.read(table, keys).await
        }))
    }
    fn scan(&self, scan: Scan) -> Pending<'_, Vec<(Key, Value)>> {
        Box::pin(self.call(async move {
            let found = self.content.scan(scan).await?;
            let keys: Vec<Key> = found.iter().map(|(key, _)| key.clone()).collect();
            self.give(&keys)?;
            Ok(found)
        }))
    }
    fn keys(&self, scan: Scan) -> Pending<'_, Vec<Key>> {
        Box::pin(self.call(self.content.keys(scan)))
    }
    fn find<'a>(&'a self, by: &'a str) -> Pending<'a, Vec<(Key, Value)>> {
        Box::pin(self.call(self.content.find(by)))
    }
    fn write<'a>(&'a self, burst: &'a Burst) -> Pending<'a, ()> {
        Box::pin(self.call(self.content.write(burst)))
    }
    fn close(&self) {
        self.closed.set(true);
    }
}

struct Line(Rc<Site>);

impl Connector for Line {
    fn connect(&self, make: bool, ended: Rc<dyn Fn(Ending)>) -> Pending<'_, Rc<dyn Medium>> {
        let site = Rc::clone(&self.0);
        Box::pin(async move {
            site.connections.set(site.connections.get() + 1);
            let other = site.elsewhere.as_ref().filter(|_| site.moved.get());
            if other.is_none() && site.refused.get() > 0 {
                site.refused.set(site.refused.get() - 1);
                return Err(Kind::Medium.because("the server is lost"));
            }
            let content = other.unwrap_or(&site.content).clone();
            let keep = content.read(Table::Meta, &[Key::meta("keep")]).await?;
            if !make && keep == [None] {
                return Err(Kind::NotFound.because("there is nothing"));
            }
            site.ended.replace(Some(ended));
            let wire: Rc<dyn Medium> = Rc::new(Wire {
                content,
                closed: Cell::new(false),
                site,
            });
            Ok(wire)
        })
    }
    fn go_elsewhere(&self) -> Pending<'_, ()> {
        let site = Rc::clone(&self.0);
        Box::pin(async move {
            if site.elsewhere.is_none() || site.moved.get() {
                return Err(Kind::Medium.because("there is no other place"));
            }
            site.moved.set(true);
            Ok(())
        })
    }
    fn wait(&self, milliseconds: f64) -> Task<'_> {
        self.0.waited_ms.set(self.0.waited_ms.get() + milliseconds);
        Box::pin(ready(()))
    }
    fn chance(&self) -> f64 {
        0.5
    }
    fn spawn(&self, task: Task<'static>) {
        self.0.tasks.borrow_mut().push(task);
    }
    fn tell(&self, turn: Turn) {
        self.0.told.borrow_mut().push(turn);
    }
}

impl Site {
    fn open() -> (Rc<Site>, Store) {
        let site = Rc::new(Site::default());
        let store = site.again();
        (site, store)
    }

    fn again(self: &Rc<Site>) -> Store {
        let connection = now(Connection::open(Rc::new(Line(Rc::clone(self))), None)).unwrap();
        now(Store::open(connection, clock())).unwrap()
    }

    /// Plans a failure of the call after so many others.
    fn fail(&self, calls: u32, fault: Fault) {
        self.faults
            .borrow_mut()
            .insert(self.calls.get() + calls, fault);
    }

    /// The browser tells of an end, and what is spawned runs.
    fn end(&self, ending: Ending) {
        let ended = self.ended.borrow().clone().expect("there is a connection");
        ended(ending);
        for task in self.tasks.take() {
            now(task);
        }
    }

    fn told(&self) -> Vec<Turn> {
        self.told.take()
    }
}

fn put(store: &Store, id: &str, rev: u64, text: &str) -> Result<Record> {
    let mut record = match rev {
        0 => Record::new("notes", id, 1),
        _ => now(store.get("notes", id))?.expect("the note is there"),
    };
    record.rev = rev;
    record.head = json!({ "text": text });
    let mut change = Change::new();
    change.write(record, History::Skip);
    now(store.commit(change)).map(|mut records| records.remove(0))
}

fn text(store: &Store, id: &str) -> String {
    let record = now(store.get("notes", id)).unwrap().expect("it is there");
    record.head["text"].as_str().unwrap_or_default().to_owned()
}

/// Some of everything; what it leaves behind.
fn workload(store: &Store) -> Result<Vec<(u64, String)>> {
    put(store, "a", 0, "one")?;
    put(store, "a", 1, "two")?;
    put(store, "b", 0, "three")?;
    put(store, "a", 2, "four")?;
    let listing = now(store.list("notes"))?;
    let seen = listing.records.iter();
    Ok(seen
        .map(|record| (record.rev, record.head["text"].to_string()))
        .collect())
}

#[test]
fn one_failure_of_any_call_is_never_seen_and_nothing_is_stored_twice() {
    let (calm, store) = Site::open();
    let before = calm.calls.get();
    let wanted = workload(&store).unwrap();
    let calls = calm.calls.get() - before;
    assert!(calls > 6);
    for call in 0..calls {
        for kind in [Kind::Aborted, Kind::Closed, Kind::Medium] {
            for fault in [Fault::Before(kind), Fault::After(kind)] {
                // An abort means that nothing was stored.
                if fault == Fault::After(Kind::Aborted) {
                    continue;
                }
                let (site, store) = Site::open();
                site.fail(call, fault);
                let seen = workload(&store);
                assert_eq!(seen.expect("it is hidden"), wanted, "{fault:?} at {call}");
                let told = site.told();
                let lost = kind != Kind::Aborted;
                assert_eq!(told, vec![Turn::Reopened; usize::from(lost)]);
            }
        }
    }
}

#[test]
fn what_does_not_pass_is_told_at_once() {
    for kind in [
        Kind::Quota,
        Kind::Corrupt,
        Kind::NoSupport,
        Kind::Conflict,
        Kind::Timeout,
    ] {
        let (site, store) = Site::open();
        let before = site.calls.get();
        site.fail(0, Fault::Before(kind));
        assert_eq!(put(&store, "a", 0, "x").unwrap_err().kind(), kind);
        let calls = match kind {
            // The next call gets a new connection, which reads whose keep it is.
            Kind::Timeout => 2,
            // It is looked whether backups can give way; there are none.
            Kind::Quota => 3,
            _ => 1,
        };
        assert_eq!(site.calls.get() - before, calls, "{kind:?}");
        assert!(now(store.get("notes", "a")).unwrap().is_none());
    }
}

#[test]
fn failures_that_go_on_are_told_after_a_few_tries() {
    let (site, store) = Site::open();
    for call in 0..20 {
        site.fail(call, Fault::Before(Kind::Aborted));
    }
    let before = site.calls.get();
    assert_eq!(put(&store, "a", 0, "x").unwrap_err().kind(), Kind::Aborted);
    assert_eq!(site.calls.get() - before, 4);
    assert!(site.waited_ms.get() >= 700.0);
    site.faults.borrow_mut().clear();
    put(&store, "a", 0, "y").unwrap();
    assert!(site.told().is_empty());
}

#[test]
fn a_row_that_cannot_be_read_is_rotten_and_hides_no_other() {
    let (site, store) = Site::open();
    for id in ["a", "b", "c"] {
        put(&store, id, 0, id).unwrap();
    }
    site.damaged.borrow_mut().push(Key::row("notes", "b"));
    let listing = now(store.list("notes")).unwrap();
    let ids: Vec<&str> = listing.records.iter().map(|it| it.id.as_str()).collect();
    assert_eq!(ids, ["a", "c"]);
    let lost: Vec<_> = listing
        .unreadable
        .iter()
        .map(|it| (it.id.as_str(), it.error.kind()))
        .collect();
    assert_eq!(lost, [("b", Kind::Corrupt)]);
    let found = now(store.get("notes", "b"));
    assert_eq!(found.unwrap_err().kind(), Kind::Corrupt);
    assert_eq!(text(&store, "c"), "c");
    // A storage that gives nothing at all is none with rot in it.
    site.damaged.borrow_mut().push(Key::meta("keep"));
    let found = now(store.get("notes", "b"));
    assert_ne!(found.unwrap_err().kind(), Kind::Corrupt);
}

#[test]
fn a_write_that_was_stored_and_written_over_since_is_not_claimed_to_be_refused() {
    let (site, store) = Site::open();
    put(&store, "a", 0, "one").unwrap();
    let read = now(store.get("notes", "a")).unwrap().unwrap();
    site.fail(0, Fault::After(Kind::Closed));
    *site.meanwhile.borrow_mut() = Some(Box::new(|content| {
        let other = now(Store::open(Rc::new(content.clone()), clock())).unwrap();
        put(&other, "a", 2, "from another tab").unwrap();
    }));
    let mut change = Change::new();
    change.write(read, History::Skip);
    let failed = now(store.commit(change)).unwrap_err();
    // `conflict` would say that it may be repeated on the new base; nobody knows that here.
    assert_eq!(failed.kind(), Kind::Closed);
    assert_eq!(text(&store, "a"), "from another tab");
}

#[test]
fn a_write_that_was_not_stored_and_lost_the_race_is_a_conflict() {
    let (site, store) = Site::open();
    put(&store, "a", 0, "one").unwrap();
    let read = now(store.get("notes", "a")).unwrap().unwrap();
    let other = now(Store::open(Rc::new(site.content.clone()), clock())).unwrap();
    put(&other, "a", 1, "from another tab").unwrap();
    site.fail(0, Fault::Before(Kind::Closed));
    let mut change = Change::new();
    change.write(read, History::Skip);
    assert_eq!(
        now(store.commit(change)).unwrap_err().kind(),
        Kind::Conflict
    );
}

#[test]
fn a_removal_that_is_repeated_finds_its_work_done() {
    let (site, store) = Site::open();
    put(&store, "a", 0, "one").unwrap();
    let connection = now(Connection::open(Rc::new(Line(Rc::clone(&site))), None)).unwrap();
    connection.opened(&id_of(&site));
    let key = Key::row("notes", "a");
    let burst = Burst {
        checks: vec![Check::Rev {
            key: key.clone(),
            rev: Some(1),
        }],
        deletes: vec![(Table::Rows, key)],
        ..Burst::default()
    };
    site.fail(0, Fault::After(Kind::Closed));
    now(connection.write(&burst)).unwrap();
    assert!(now(store.get("notes", "a")).unwrap().is_none());
}

fn id_of(site: &Site) -> String {
    let found = now(site.content.read(Table::Meta, &[Key::meta("keep")])).unwrap();
    let bytes = found[0].as_ref().unwrap().bytes.clone();
    let keep: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
    keep["id"].as_str().unwrap().to_owned()
}

#[test]
fn a_lost_connection_comes_back_by_itself_and_tells() {
    let (site, store) = Site::open();
    put(&store, "a", 0, "one").unwrap();
    site.refused.set(3);
    site.end(Ending::Lost);
    assert_eq!(site.told(), [Turn::Reopened]);
    assert_eq!(text(&store, "a"), "one");
    // The end of the first connection, told late, is no end of the second.
    let connections = site.connections.get();
    put(&store, "a", 1, "two").unwrap();
    assert_eq!(site.connections.get(), connections);
}

#[test]
fn a_connection_that_stays_lost_is_closed_for_good() {
    let (site, store) = Site::open();
    site.refused.set(u32::MAX);
    site.end(Ending::Lost);
    assert_eq!(site.told(), [Turn::Closed]);
    assert!(site.waited_ms.get() > 5_000.0);
    let connections = site.connections.get();
    assert_eq!(put(&store, "a", 0, "x").unwrap_err().kind(), Kind::Closed);
    assert_eq!(site.connections.get(), connections);
    store.close();
    assert!(site.told().is_empty());
}

#[test]
fn a_keep_that_is_gone_is_neither_made_anew_nor_replaced_by_another() {
    let planted: [fn(&MemoryMedium); 2] = [
        |content| {
            let burst = Burst {
                deletes: vec![(Table::Meta, Key::meta("keep"))],
                ..Burst::default()
            };
            now(content.write(&burst)).unwrap();
        },
        |content| {
            let keep = json!({ "id": "another", "schema": 1, "minWriter": 1, "created": 0 });
            let bytes = serde_json::to_vec(&keep).unwrap();
            content.plant(Table::Meta, Key::meta("keep"), Value::bytes(bytes));
        },
    ];
    for plant in planted {
        let (site, store) = Site::open();
        put(&store, "a", 0, "one").unwrap();
        plant(&site.content);
        let before = site.content.dump();
        site.end(Ending::Lost);
        assert_eq!(site.told(), [Turn::Closed]);
        assert_eq!(put(&store, "a", 1, "two").unwrap_err().kind(), Kind::Closed);
        assert_eq!(site.content.dump(), before);
    }
}

#[test]
fn a_connection_given_up_for_an_upgrade_is_not_opened_again() {
    let (site, store) = Site::open();
    let connections = site.connections.get();
    site.end(Ending::GivenUp);
    assert_eq!(site.told(), [Turn::Closed]);
    assert_eq!(
        now(store.get("notes", "a")).unwrap_err().kind(),
        Kind::Closed
    );
    assert_eq!(site.connections.get(), connections);
}

#[test]
fn nothing_is_repeated_before_the_keep_is_open() {
    let site = Rc::new(Site::default());
    let connection = now(Connection::open(Rc::new(Line(Rc::clone(&site))), None)).unwrap();
    site.fail(0, Fault::Before(Kind::Aborted));
    let failed = now(Store::open(connection.clone(), clock())).map(drop);
    assert_eq!(failed.unwrap_err().kind(), Kind::Aborted);
    now(connection.renew()).unwrap();
    assert!(now(Store::open(connection, clock())).is_ok());
}

/// A keep with one note, by way of a second copy, whose storage then refuses that often.
fn refusing(times: u32, elsewhere: Option<MemoryMedium>) -> (Rc<Site>, Options) {
    let site = Rc::new(Site {
        elsewhere,
        ..Site::default()
    });
    let redo: Rc<dyn Redo> = Rc::new(MemoryRedo::new());
    let options = Options {
        redo: Some(redo),
        ..clock()
    };
    let store = now(Store::open(Rc::new(site.content.clone()), options.clone())).unwrap();
    put(&store, "a", 0, "one").unwrap();
    site.refused.set(times);
    (site, options)
}

fn opened(site: &Rc<Site>, options: &Options) -> Result<Store> {
    let line = Rc::new(Line(Rc::clone(site)));
    let connection = now(Connection::open(line, options.redo.clone()))?;
    now(Store::open(connection, options.clone()))
}

#[test]
fn a_storage_that_cannot_be_opened_is_left_for_another_place_with_everything() {
    let (site, options) = refusing(u32::MAX, Some(MemoryMedium::new()));
    let before = site.content.dump();
    let store = opened(&site, &options).unwrap();
    let note = now(store.get("notes", "a")).unwrap().unwrap();
    assert_eq!(note.head, json!({ "text": "one" }));
    assert!(store.report().recovered.as_ref().unwrap().wiped);
    put(&store, "a", 1, "two").unwrap();
    assert_eq!(site.content.dump(), before);
    // A lost connection comes back where the keep is now.
    site.end(Ending::Lost);
    let note = now(store.get("notes", "a")).unwrap().unwrap();
    assert_eq!(note.head, json!({ "text": "two" }));
}

#[test]
fn a_storage_that_opens_after_a_while_is_not_left() {
    let (site, options) = refusing(2, Some(MemoryMedium::new()));
    let store = opened(&site, &options).unwrap();
    assert!(now(store.get("notes", "a")).unwrap().is_some());
    assert!(!site.moved.get());
    assert!(site.waited_ms.get() > 0.0);
}

#[test]
fn a_storage_that_cannot_be_opened_is_not_left_for_an_empty_one() {
    let (site, with_copy) = refusing(u32::MAX, Some(MemoryMedium::new()));
    for redo in [None, Some(Rc::new(MemoryRedo::new()) as Rc<dyn Redo>)] {
        let options = Options {
            redo,
            ..with_copy.clone()
        };
        let failed = opened(&site, &options).map(drop).unwrap_err();
        assert_eq!(failed.kind(), Kind::Medium);
        assert!(!site.moved.get());
    }
    let (site, options) = refusing(u32::MAX, None);
    let failed = opened(&site, &options).map(drop).unwrap_err();
    assert!(failed.to_string().contains("the server is lost"));
}
