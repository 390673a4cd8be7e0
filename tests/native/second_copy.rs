//! The second copy over time: a log that fails, a medium that loses old data without a word.

use crate::redo::{Browser, contents, fill};
use crate::store::clock;
use crate::turn::{now, until_it_waits};
use cardkeep::error::{Kind, Limits};
use cardkeep::json::Document;
use cardkeep::keep::{CheckOptions, Domain, Keep};
use cardkeep::store::*;
use serde_json::json;
use std::cell::{Cell, RefCell};
use std::future::pending;
use std::ops::Range;
use std::rc::Rc;

const DUE: i64 = 0;
const NOT_DUE: i64 = i64::MAX;

/// A log whose appends with these numbers fail, counted over all clones.
#[derive(Clone, Default)]
struct Failing {
    inner: MemoryRedo,
    appends: Rc<Cell<u32>>,
    failing: Range<u32>,
    /// There is no place for it.
    nowhere: bool,
    /// What was done: `log`, `copy`, `flushed` and `closed`.
    seen: Rc<RefCell<Vec<&'static str>>>,
}

impl Redo for Failing {
    fn files(&self) -> Pending<'_, Vec<RedoFile>> {
        match self.nowhere {
            true => Box::pin(async { Err(Kind::NoSupport.because("there is no place")) }),
            false => self.inner.files(),
        }
    }
    fn read<'a>(&'a self, file: &'a str, from: u64, length: u64) -> Pending<'a, Vec<u8>> {
        self.inner.read(file, from, length)
    }
    fn append<'a>(&'a self, file: &'a str, bytes: Vec<u8>, durable: bool) -> Pending<'a, ()> {
        let is_copy = file.contains(".base-");
        self.seen
            .borrow_mut()
            .push(if is_copy { "copy" } else { "log" });
        let number = self.appends.replace(self.appends.get() + 1);
        if self.failing.contains(&number) {
            return Box::pin(async { Err(Kind::Quota.because("the log is full")) });
        }
        self.inner.append(file, bytes, durable)
    }
    fn flush<'a>(&'a self, file: &'a str) -> Pending<'a, ()> {
        assert!(!file.contains(".base-"));
        self.seen.borrow_mut().push("flushed");
        self.inner.flush(file)
    }
    fn remove<'a>(&'a self, file: &'a str) -> Pending<'a, ()> {
        self.inner.remove(file)
    }
    fn note(&self) -> Pending<'_, Option<Vec<u8>>> {
        self.inner.note()
    }
    fn set_note(&self, note: Vec<u8>) -> Pending<'_, ()> {
        self.inner.set_note(note)
    }
    fn close(&self) {
        self.seen.borrow_mut().push("closed");
    }
}

fn open_with(medium: &MemoryMedium, redo: &Failing) -> Keep {
    let options = Options {
        redo: Some(Rc::new(redo.clone())),
        ..clock()
    };
    let medium = Rc::new(medium.clone());
    now(Keep::open(medium, options, Rc::new(|_, _| {}))).expect("the keep opens")
}

/// A dozen saves of every kind.
fn live(keep: &Keep) {
    let world = now(keep.worlds().create("Here")).unwrap();
    let id = world["id"].as_str().unwrap();
    now(keep.worlds().set_stat(id, "health", "7", None)).unwrap();
    let chat = now(keep.chats().create(r#"{"title":"t"}"#)).unwrap();
    let chat = now(keep.chats().open(chat["id"].as_str().unwrap())).unwrap();
    for n in 0..4 {
        let message = json!({ "name": "You", "role": "user", "text": format!("{n}") });
        now(chat.append(&Document::parse(&message.to_string()).unwrap())).unwrap();
    }
    now(chat.edit(1, &Document::parse(r#"{"text":"edited"}"#).unwrap(), None)).unwrap();
    now(keep.settings().patch(&json!({ "pageSize": 20 }))).unwrap();
}

#[test]
fn nothing_saved_after_the_second_copy_is_on_again_is_lost_whenever_the_log_failed() {
    for width in [1, 3] {
        for first in 0.. {
            let medium = MemoryMedium::new();
            let redo = Failing {
                inner: MemoryRedo::new(),
                failing: first..first + width,
                ..Failing::default()
            };
            let keep = open_with(&medium, &redo);
            live(&keep);
            // A log that failed is not whole again because the next append succeeds.
            let failed = redo.appends.get() > first;
            assert_eq!(keep.second_copy() == SecondCopy::On, !failed, "{first}");
            // Closing the page in between changes nothing of that.
            let keep = if first % 2 == 0 {
                keep
            } else {
                open_with(&medium, &redo)
            };
            assert_eq!(keep.second_copy() == SecondCopy::On, !failed, "{first}");
            for _ in 0..6 {
                let _ = now(keep.maintain(NOT_DUE));
            }
            assert_eq!(keep.second_copy(), SecondCopy::On, "{first}");
            live(&keep);
            while keep.second_copy() != SecondCopy::On {
                let _ = now(keep.maintain(NOT_DUE));
            }
            let want = contents(&keep);
            Browser::of(&medium, &redo.inner).lose(|_, _| true);
            assert_eq!(contents(&open_with(&medium, &redo)), want, "{first}");
            // The last round had no failure at all.
            if redo.appends.get() <= first {
                break;
            }
        }
    }
}

#[test]
fn a_gap_is_known_to_the_other_tab_and_closed_by_either() {
    let medium = MemoryMedium::new();
    let inner = MemoryRedo::new();
    let sound = Failing {
        inner: inner.clone(),
        failing: 0..0,
        ..Failing::default()
    };
    let other = open_with(&medium, &sound);
    now(other.maintain(NOT_DUE)).unwrap();
    let broken = Failing {
        inner: inner.clone(),
        failing: 2..5,
        ..Failing::default()
    };
    let keep = open_with(&medium, &broken);
    live(&keep);
    assert_ne!(keep.second_copy(), SecondCopy::On);
    now(other.maintain(NOT_DUE)).unwrap();
    let want = contents(&other);
    Browser::of(&medium, &inner).lose(|_, _| true);
    assert_eq!(contents(&open_with(&medium, &sound)), want);
}

/// A keep that was opened so often since its last write that only all of the log tells of it.
fn old() -> Browser {
    let browser = Browser::default();
    fill(&browser.open());
    for _ in 0..4 {
        browser.open();
    }
    browser
}

#[test]
fn rows_of_old_data_that_vanish_are_back_at_the_next_opening() {
    for every in [1, 2, 5] {
        let browser = old();
        let (want, before) = (contents(&browser.open()), browser.rows_and_pages());
        let mut number = 0;
        let lost = browser.lose(|table, _| {
            number += u32::from(table == Table::Rows);
            table == Table::Rows && number % every == 0
        });
        assert!(lost > 0);
        let keep = browser.open();
        // That an older version was missing is nothing to tell.
        assert_eq!(keep.report().recovered.is_some(), every < 5);
        assert_eq!(contents(&keep), want);
        assert_eq!(browser.rows_and_pages(), before);
        assert_eq!(browser.open().report().recovered, None);
    }
}

#[test]
fn pages_of_old_data_that_vanish_or_rot_are_read_all_the_same_and_put_back_when_there_is_time() {
    for rot in [false, true] {
        let browser = old();
        let (want, before) = (contents(&browser.open()), browser.rows_and_pages());
        if rot {
            for (table, key, mut value) in browser.rows_and_pages() {
                if table == Table::Pages {
                    let middle = value.bytes.len() / 2;
                    value.bytes[middle] ^= 4;
                    browser.medium.plant(table, key, value);
                }
            }
        } else {
            browser.lose(|table, _| table == Table::Pages);
        }
        let keep = browser.open();
        let damaged = browser.medium.dump();
        assert_eq!(contents(&keep), want);
        assert_eq!(browser.medium.dump(), damaged, "reading writes nothing");
        assert!(keep.is_maintenance_due());
        let done = now(keep.maintain(NOT_DUE)).unwrap();
        assert!(done.recovered.unwrap().pages > 3);
        assert_eq!(browser.rows_and_pages(), before);
        assert!(!keep.is_maintenance_due());
    }
}

#[test]
fn a_keep_that_nobody_complains_of_is_compared_when_its_time_has_come() {
    let browser = old();
    let keep = browser.open();
    now(keep.maintain(DUE)).unwrap();
    let before = browser.rows_and_pages();
    browser.lose(|table, key| table == Table::Pages && key.text(0) == "part");
    assert!(!now(keep.maintain(NOT_DUE)).unwrap().compared);
    let done = now(keep.maintain(DUE)).unwrap();
    assert!(done.compared && done.recovered.unwrap().pages > 0);
    assert_eq!(browser.rows_and_pages(), before);
}

#[test]
fn a_new_complete_copy_is_never_made_of_a_medium_that_lost_something() {
    let browser = old();
    let keep = browser.open();
    let want = contents(&keep);
    browser.lose(|table, key| table == Table::Pages && key.text(0) == "part");
    browser.lose(|table, key| table == Table::Rows && key.text(0) == "versions");
    // The log has no complete copy in it yet, so one is made, and the older files go.
    now(keep.maintain(NOT_DUE)).unwrap();
    browser.lose(|_, _| true);
    let keep = browser.open();
    assert_eq!(contents(&keep), want);
    let id = now(keep.list(Domain::Characters, false)).unwrap()["items"][0]["id"].clone();
    let history = now(keep.history(Domain::Characters, id.as_str().unwrap())).unwrap();
    assert_eq!(history.as_array().unwrap().len(), 1);
}

#[test]
fn the_second_copy_is_read_by_itself_and_neither_it_nor_the_keep_changes() {
    let browser = Browser::default();
    let open_copy = |redo: &MemoryRedo| now(Keep::open_copy(Rc::new(redo.clone()), clock()));
    let nothing = open_copy(&browser.redo).err().expect("there is none");
    assert_eq!(nothing.kind(), Kind::NotFound);
    fill(&browser.open());
    let keep = browser.open();
    now(keep.maintain(NOT_DUE)).unwrap();
    live(&keep);
    let want = contents(&keep);
    let state = || {
        let files = now(browser.redo.files()).unwrap();
        (
            files,
            now(browser.redo.note()).unwrap(),
            browser.medium.dump(),
        )
    };
    let before = state();
    let copy = open_copy(&browser.redo).expect("the copy opens");
    assert_eq!(contents(&copy), want);
    assert!(!copy.report().created);
    let Access::ReadOnly { reason, .. } = copy.access() else {
        panic!("it takes no changes");
    };
    assert_eq!(*reason, "second-copy");
    for refused in [
        now(copy.settings().patch(&json!({ "pageSize": 44 }))).map(drop),
        now(copy.worlds().create("There")).map(drop),
        now(copy.journal().write("w", Vec::new(), false)).map(drop),
    ] {
        assert_eq!(refused.unwrap_err().kind(), Kind::ReadOnly);
    }
    assert!(state() == before);
    // What has no keep in it is no empty keep.
    let rotten = MemoryRedo::new();
    rotten.edit(&before.0[0].name, |bytes| bytes.extend([7; 900]));
    let error = open_copy(&rotten).err().expect("it has nothing");
    assert_eq!(error.kind(), Kind::Corrupt);
}

/// A log on which something happens before its note is read for the first time.
struct Busy {
    inner: MemoryRedo,
    meanwhile: RefCell<Option<Box<dyn FnOnce()>>>,
}

impl Redo for Busy {
    fn files(&self) -> Pending<'_, Vec<RedoFile>> {
        self.inner.files()
    }
    fn read<'a>(&'a self, file: &'a str, from: u64, length: u64) -> Pending<'a, Vec<u8>> {
        self.inner.read(file, from, length)
    }
    fn append<'a>(&'a self, file: &'a str, bytes: Vec<u8>, durable: bool) -> Pending<'a, ()> {
        self.inner.append(file, bytes, durable)
    }
    fn remove<'a>(&'a self, file: &'a str) -> Pending<'a, ()> {
        self.inner.remove(file)
    }
    fn note(&self) -> Pending<'_, Option<Vec<u8>>> {
        if let Some(meanwhile) = self.meanwhile.take() {
            meanwhile();
        }
        self.inner.note()
    }
    fn set_note(&self, note: Vec<u8>) -> Pending<'_, ()> {
        self.inner.set_note(note)
    }
    fn close(&self) {}
}

#[test]
fn a_tab_that_opens_while_others_write_does_not_take_the_log_for_shortened() {
    for opens in [false, true] {
        let browser = Browser::default();
        let there = browser.open();
        live(&there);
        now(there.maintain(NOT_DUE)).unwrap();
        let other = browser.clone();
        let meanwhile = move || {
            live(&there);
            match opens {
                true => live(&other.open()),
                false => drop(now(there.maintain(NOT_DUE)).unwrap()),
            }
        };
        let busy = || {
            Rc::new(Busy {
                inner: browser.redo.clone(),
                meanwhile: RefCell::new(None),
            })
        };
        let redo = busy();
        redo.meanwhile.replace(Some(Box::new(meanwhile)));
        let options = Options {
            redo: Some(redo.clone()),
            ..clock()
        };
        let medium = Rc::new(browser.medium.clone());
        let here = now(Keep::open(medium, options, Rc::new(|_, _| {}))).unwrap();
        assert!(redo.meanwhile.borrow().is_none());
        assert_eq!(here.second_copy(), SecondCopy::On, "{opens}");
        // The same for who reads it by itself.
        let there = browser.open();
        let redo = busy();
        redo.meanwhile.replace(Some(Box::new(move || {
            live(&there);
            now(there.maintain(NOT_DUE)).unwrap();
        })));
        let copy = now(Keep::open_copy(redo, clock())).unwrap();
        assert!(!copy.report().incomplete, "{opens}");
    }
}

/// The same files, which share nothing with these.
fn another(redo: &MemoryRedo) -> MemoryRedo {
    let copied = MemoryRedo::new();
    for file in now(redo.files()).unwrap() {
        let bytes = now(redo.read(&file.name, 0, file.bytes)).unwrap();
        now(copied.append(&file.name, bytes, true)).unwrap();
    }
    if let Some(note) = now(redo.note()).unwrap() {
        now(copied.set_note(note)).unwrap();
    }
    copied
}

#[test]
fn a_second_copy_that_lacks_something_says_so_when_it_is_read_by_itself() {
    let told = |redo: &dyn Fn() -> Rc<dyn Redo>| {
        let keep = now(Keep::open_copy(redo(), clock())).expect("the copy opens");
        let warnings = now(keep.health()).unwrap().warnings;
        let warned = warnings.iter().any(|one| one.code == "copy-incomplete");
        assert!(warnings.iter().all(|one| one.code != "second-copy-off"));
        assert_eq!(warned, keep.report().incomplete);
        let logged = keep.log().entries(Level::Warn);
        assert_eq!(
            logged.iter().any(|one| one.event == "copy-incomplete"),
            warned
        );
        warned
    };
    let browser = Browser::default();
    let copy = |browser: &Browser| told(&|| Rc::new(browser.redo.clone()));
    // Whole: from the first save on, with a complete copy, and with more behind it.
    fill(&browser.open());
    assert!(!copy(&browser));
    let keep = browser.open();
    now(keep.maintain(NOT_DUE)).unwrap();
    assert!(!copy(&browser));
    live(&keep);
    let keep = browser.open();
    live(&keep);
    assert!(!copy(&browser));
    // An end that is gone, in the middle of a frame and between two.
    for torn in [1, 300] {
        let redo = another(&browser.redo);
        redo.tear(torn);
        assert!(told(&|| Rc::new(redo.clone())), "{torn}");
    }
    // A file that was seen and is gone.
    now(browser.open().maintain(NOT_DUE)).unwrap();
    assert!(!copy(&browser));
    let files = now(browser.redo.files()).unwrap();
    for file in &files {
        let redo = another(&browser.redo);
        now(redo.remove(&file.name)).unwrap();
        assert!(told(&|| Rc::new(redo.clone())), "{}", file.name);
    }
    // A log that was begun after the keep, before there is a complete copy in it.
    let browser = Browser::default();
    let alone = Keep::open(Rc::new(browser.medium.clone()), clock(), Rc::new(|_, _| {}));
    let alone = now(alone).unwrap();
    fill(&alone);
    drop(alone);
    let keep = browser.open();
    live(&keep);
    assert!(copy(&browser));
    now(keep.maintain(NOT_DUE)).unwrap();
    assert!(!copy(&browser));
    // A save that the log refused, until the next complete copy.
    let medium = MemoryMedium::new();
    let redo = Failing {
        failing: 5..6,
        ..Failing::default()
    };
    let keep = open_with(&medium, &redo);
    live(&keep);
    assert_ne!(keep.second_copy(), SecondCopy::On);
    assert!(told(&|| Rc::new(redo.clone())));
    for _ in 0..6 {
        let _ = now(keep.maintain(NOT_DUE));
    }
    assert_eq!(keep.second_copy(), SecondCopy::On);
    assert!(!told(&|| Rc::new(redo.clone())));
}

#[test]
fn a_transaction_that_is_given_up_leaves_the_second_copy_open() {
    let redo = Failing::default();
    let keep = open_with(&MemoryMedium::new(), &redo);
    let transaction = keep.begin();
    now(transaction.keep().worlds().create("Given up")).unwrap();
    transaction.abandon();
    assert!(!redo.seen.borrow().contains(&"closed"));
    keep.close();
    assert!(redo.seen.borrow().contains(&"closed"));
}

#[test]
fn a_log_that_lost_whole_frames_or_a_whole_file_is_made_complete_before_it_is_needed() {
    for whole_file in [false, true] {
        let browser = Browser::default();
        // A page that made a complete copy, and let the files before it go.
        fill(&browser.open());
        let keep = browser.open();
        now(keep.maintain(NOT_DUE)).unwrap();
        live(&keep);
        let files = || now(browser.redo.files()).unwrap();
        let own = files()
            .into_iter()
            .find(|file| !file.name.contains(".base-"));
        let own = own.expect("the page has a file").name;
        let length = files().iter().find(|file| file.name == own).unwrap().bytes;
        now(keep.settings().patch(&json!({ "pageSize": 33 }))).unwrap();
        now(keep.maintain(NOT_DUE)).unwrap();
        assert_eq!(browser.open().second_copy(), SecondCopy::On);
        let keep = browser.open();
        assert_eq!(keep.second_copy(), SecondCopy::On);
        let want = contents(&keep);
        match whole_file {
            true => now(browser.redo.remove(&own)).unwrap(),
            // Exactly behind the frame before.
            false => browser
                .redo
                .edit(&own, |bytes| bytes.truncate(length as usize)),
        }
        let keep = browser.open();
        assert_eq!(keep.second_copy(), SecondCopy::CatchingUp, "{whole_file}");
        now(keep.maintain(NOT_DUE)).unwrap();
        assert_eq!(keep.second_copy(), SecondCopy::On);
        browser.lose(|_, _| true);
        assert_eq!(contents(&browser.open()), want);
    }
}

#[test]
fn what_was_written_since_the_last_opening_is_missed_in_the_log_too() {
    let browser = Browser::default();
    let keep = browser.open();
    now(keep.maintain(NOT_DUE)).unwrap();
    live(&keep);
    let bytes = |browser: &Browser| -> u64 {
        let files = now(browser.redo.files()).unwrap();
        files.iter().map(|file| file.bytes).sum()
    };
    let files = now(browser.redo.files()).unwrap();
    let own = files
        .iter()
        .find(|file| !file.name.contains(".base-"))
        .unwrap();
    let before = bytes(&browser);
    now(keep.worlds().create("Cut away")).unwrap();
    assert!(bytes(&browser) > before);
    now(keep.maintain(NOT_DUE)).unwrap();
    browser
        .redo
        .edit(&own.name, |bytes| bytes.truncate(own.bytes as usize));
    assert_eq!(browser.open().second_copy(), SecondCopy::CatchingUp);
}

#[test]
fn a_rotten_row_is_read_from_the_second_copy_and_its_bytes_are_kept() {
    let browser = old();
    let want = contents(&browser.open());
    let rows = browser.rows_and_pages().into_iter();
    let rows = rows.filter(|(table, key, _)| *table == Table::Rows && key.text(0) != "versions");
    let mut rotten = Vec::new();
    for (table, key, mut value) in rows {
        value.bytes[20] ^= 1;
        rotten.push(value.bytes.clone());
        browser.medium.plant(table, key, value);
    }
    let keep = browser.open();
    assert_eq!(contents(&keep), want);
    // Also a save on top of it works: the revision is the one that the row has.
    let entry = now(keep.list(Domain::Worlds, false)).unwrap()["items"][0].clone();
    let id = entry["id"].as_str().unwrap();
    now(keep
        .worlds()
        .set_stat(id, "luck", "1", entry["rev"].as_u64()))
    .unwrap();
    let done = now(keep.maintain(NOT_DUE)).unwrap();
    assert_eq!(done.recovered.unwrap().rows, rotten.len() as u64 - 1);
    let store = now(Store::open(Rc::new(browser.medium.clone()), clock())).unwrap();
    let kept = now(store.list("quarantine")).unwrap().records;
    assert_eq!(kept.len(), rotten.len() - 1);
    for record in kept {
        let bytes = now(store.part(record.part("row").unwrap())).unwrap();
        assert!(rotten.contains(&bytes));
    }
}

#[test]
fn what_was_removed_on_purpose_is_not_healed_back() {
    let browser = Browser::default();
    let keep = browser.open();
    let card = std::fs::read("tests/fixtures/cards/80_v2.json").unwrap();
    let item = now(keep.characters().import(&card, &Limits::default())).unwrap();
    let id = item["entry"]["id"].as_str().unwrap().to_owned();
    for n in 0..15 {
        let patch = Document::parse(&format!(r#"{{"name":"name {n}"}}"#)).unwrap();
        now(keep.characters().patch(&id, &patch, None)).unwrap();
    }
    let before = browser.rows_and_pages();
    let versions = |browser: &Browser| {
        let all = browser.rows_and_pages().into_iter();
        all.filter(|(_, key, _)| key.text(0) == "versions").count()
    };
    assert_eq!(versions(&browser), 10);
    now(keep.maintain(DUE)).unwrap();
    assert_eq!(browser.rows_and_pages(), before);
    browser.lose(|table, _| table == Table::Rows);
    browser.open();
    assert_eq!(versions(&browser), 10);
    assert_eq!(browser.rows_and_pages(), before);
}

#[test]
fn rot_in_a_frame_of_the_log_hides_no_other_frame_and_is_mended_by_a_new_copy() {
    let browser = Browser::default();
    let keep = browser.open();
    now(keep.maintain(NOT_DUE)).unwrap();
    live(&keep);
    let want = contents(&keep);
    // In the header of one frame, in the middle of the log.
    browser.redo.rot("\"k\":[\"settings\",\"pageSize\"]");
    now(keep.maintain(DUE)).unwrap();
    browser.lose(|_, _| true);
    assert_eq!(contents(&browser.open()), want);

    let browser = Browser::default();
    let keep = browser.open();
    now(keep.worlds().create("Before")).unwrap();
    now(keep.settings().patch(&json!({ "pageSize": 20 }))).unwrap();
    now(keep.worlds().create("After")).unwrap();
    browser.redo.rot("\"k\":[\"settings\",\"pageSize\"]");
    browser.lose(|_, _| true);
    let worlds = now(browser.open().list(Domain::Worlds, false)).unwrap();
    assert_eq!(worlds["items"].as_array().unwrap().len(), 2);
}

#[test]
fn rot_in_a_value_of_the_log_is_told_when_nothing_else_has_the_value() {
    let browser = Browser::default();
    let keep = browser.open();
    let id = now(keep.worlds().create("Before")).unwrap()["id"].clone();
    now(keep.worlds().create("After")).unwrap();
    let whole = another(&browser.redo);
    browser.redo.rot("\"name\":\"Before\"");
    let told = |keep: &Keep| {
        let worlds = now(keep.list(Domain::Worlds, false)).unwrap();
        assert_eq!(worlds["items"].as_array().unwrap().len(), 1);
        assert_eq!(worlds["unreadable"][0]["id"], id);
        let error = now(keep.worlds().get(id.as_str().unwrap())).unwrap_err();
        assert_eq!(error.kind(), Kind::Corrupt);
    };
    let copy = |redo: &MemoryRedo| now(Keep::open_copy(Rc::new(redo.clone()), clock())).unwrap();
    let alone = copy(&browser.redo);
    told(&alone);
    assert!(alone.report().incomplete);
    assert!(!copy(&whole).report().incomplete);
    // The medium has it still; without the medium it is missed as what it was.
    let worlds = now(browser.open().list(Domain::Worlds, false)).unwrap();
    assert_eq!(worlds["items"].as_array().unwrap().len(), 2);
    browser.lose(|_, _| true);
    told(&browser.open());
    let mut check = now(browser.open().check(CheckOptions::default())).unwrap();
    while now(check.step()).unwrap() {}
    let found = serde_json::to_value(check.report()).unwrap();
    assert_eq!(found["findings"][0]["id"], id, "{found}");
}

/// What a medium does at one of its writes.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Odd {
    /// It fails although it has committed.
    Unsure,
    /// It refuses.
    Refuses,
    /// The page ends before it commits …
    EndsBefore,
    /// … or before it can say so.
    EndsAfter,
}

/// A medium with one odd write.
struct OddMedium {
    inner: MemoryMedium,
    writes: Cell<u32>,
    at: u32,
    odd: Odd,
}

impl Medium for OddMedium {
    fn read<'a>(&'a self, table: Table, keys: &'a [Key]) -> Pending<'a, Vec<Option<Value>>> {
        self.inner.read(table, keys)
    }
    fn scan(&self, scan: Scan) -> Pending<'_, Vec<(Key, Value)>> {
        self.inner.scan(scan)
    }
    fn count(&self, scan: Scan) -> Pending<'_, u64> {
        self.inner.count(scan)
    }
    fn find<'a>(&'a self, by: &'a str) -> Pending<'a, Vec<(Key, Value)>> {
        self.inner.find(by)
    }
    fn write<'a>(&'a self, burst: &'a Burst) -> Pending<'a, ()> {
        let number = self.writes.replace(self.writes.get() + 1);
        let odd = (number == self.at).then_some(self.odd);
        Box::pin(async move {
            match odd {
                Some(Odd::Refuses) => return Err(Kind::Quota.because("there is no room")),
                Some(Odd::EndsBefore) => pending().await,
                _ => self.inner.write(burst).await?,
            }
            match odd {
                Some(Odd::Unsure) => Err(Kind::Medium.because("the answer did not come")),
                Some(Odd::EndsAfter) => pending().await,
                _ => Ok(()),
            }
        })
    }
    fn close(&self) {}
}

#[test]
fn a_save_that_was_committed_and_failed_leaves_no_hole_in_the_second_copy() {
    for failing in 1.. {
        let redo = MemoryRedo::new();
        let inner = MemoryMedium::new();
        let medium = Rc::new(OddMedium {
            inner: inner.clone(),
            writes: Cell::new(0),
            at: failing,
            odd: Odd::Unsure,
        });
        let options = || Options {
            redo: Some(Rc::new(redo.clone())),
            ..clock()
        };
        let Ok(keep) = now(Keep::open(medium.clone(), options(), Rc::new(|_, _| {}))) else {
            continue;
        };
        let opened = medium.writes.get();
        let made = now(keep.chats().create(r#"{"title":"t"}"#));
        if let Ok(chat) = &made {
            let chat = now(keep.chats().open(chat["id"].as_str().unwrap())).unwrap();
            for n in 0..3 {
                let message = json!({ "name": "You", "role": "user", "text": format!("{n}") });
                let _ = now(chat.append(&Document::parse(&message.to_string()).unwrap()));
            }
        }
        let failed = (opened..medium.writes.get()).contains(&failing);
        if failed {
            assert_ne!(keep.second_copy(), SecondCopy::On, "{failing}");
        }
        drop(keep);
        // Also the next page knows that the log lacks something, and makes it whole.
        let keep = now(Keep::open(
            Rc::new(inner.clone()),
            options(),
            Rc::new(|_, _| {}),
        ))
        .unwrap();
        for _ in 0..6 {
            let _ = now(keep.maintain(NOT_DUE));
        }
        assert_eq!(keep.second_copy(), SecondCopy::On, "{failing}");
        let want = contents(&keep);
        Browser::of(&inner, &redo).lose(|_, _| true);
        let again = now(Keep::open(Rc::new(inner), options(), Rc::new(|_, _| {}))).unwrap();
        assert_eq!(contents(&again), want, "{failing}");
        if !failed && opened < failing {
            break;
        }
    }
}

/// Saves of every kind, one after the other; gives how many were acknowledged.
async fn live_on(keep: &Keep, saved: &Cell<u32>) -> cardkeep::error::Result<()> {
    let done = || saved.set(saved.get() + 1);
    let world = keep.worlds().create("Here").await?;
    done();
    let id = world["id"].as_str().unwrap();
    for health in ["7", "8"] {
        keep.worlds().set_stat(id, "health", health, None).await?;
        done();
    }
    let chat = keep.chats().create(r#"{"title":"t"}"#).await?;
    done();
    let chat = keep.chats().open(chat["id"].as_str().unwrap()).await?;
    for n in 0..3 {
        let message = json!({ "name": "You", "role": "user", "text": format!("{n}") });
        let message = Document::parse(&message.to_string())?;
        chat.append(&message).await?;
        done();
    }
    keep.settings().patch(&json!({ "pageSize": 20 })).await?;
    done();
    keep.trash(Domain::Worlds, id, None).await?;
    done();
    Ok(())
}

#[test]
fn a_page_that_ends_or_is_refused_in_a_save_leaves_no_hole_in_the_second_copy() {
    for odd in [Odd::EndsBefore, Odd::EndsAfter, Odd::Refuses] {
        for at in 0.. {
            let redo = MemoryRedo::new();
            let inner = MemoryMedium::new();
            let medium = Rc::new(OddMedium {
                inner: inner.clone(),
                writes: Cell::new(0),
                at,
                odd,
            });
            let time = clock().clock;
            let options = || Options {
                clock: Rc::clone(&time),
                redo: Some(Rc::new(redo.clone())),
                ..clock()
            };
            let open = |medium| Keep::open(medium, options(), Rc::new(|_, _| {}));
            let saved = Cell::new(0);
            let Some(Ok(keep)) = until_it_waits(open(medium.clone())) else {
                continue;
            };
            let before = contents(&keep);
            let done = until_it_waits(live_on(&keep, &saved));
            if odd == Odd::Refuses && done.as_ref().is_some_and(Result::is_err) {
                // The log has taken the refused save back, so it is whole.
                assert_eq!(keep.second_copy(), SecondCopy::On, "{at}");
            }
            drop(keep);
            // What the next page builds on is in the second copy too.
            let keep = now(open(Rc::new(inner.clone()))).unwrap();
            now(live_on(&keep, &Cell::new(0))).unwrap();
            assert_eq!(keep.second_copy(), SecondCopy::On, "{odd:?} {at}");
            let want = contents(&keep);
            assert!(want != before);
            Browser::of(&inner, &redo).lose(|_, _| true);
            let again = now(open(Rc::new(inner.clone()))).unwrap();
            assert!(contents(&again) == want, "{odd:?} {at}");
            if matches!(done, Some(Ok(()))) {
                assert_eq!(saved.get(), 9);
                break;
            }
        }
    }
}

#[test]
fn the_log_is_on_the_disk_before_a_complete_copy_says_anything_of_it() {
    let redo = Failing::default();
    let keep = open_with(&MemoryMedium::new(), &redo);
    now(keep.worlds().create("World")).unwrap();
    redo.seen.borrow_mut().clear();
    now(keep.maintain(NOT_DUE)).unwrap();
    let seen = redo.seen.borrow().join(" ");
    // The first one is what the copy covers, the last one its own end; each between has values.
    let values = seen.strip_prefix("copy ").unwrap();
    let values = values.strip_suffix(" copy").unwrap();
    assert!(values.split(' ').count() >= 4, "{seen}");
    let flushed = values.split(' ').collect::<Vec<_>>();
    assert!(
        flushed.chunks(2).all(|two| two == ["flushed", "copy"]),
        "{seen}"
    );
}

#[test]
fn a_keep_whose_second_copy_turns_out_to_have_no_place_is_as_one_without() {
    let redo = Failing {
        nowhere: true,
        ..Failing::default()
    };
    let medium = MemoryMedium::new();
    let keep = open_with(&medium, &redo);
    assert_eq!(keep.second_copy(), SecondCopy::Off);
    now(keep.worlds().create("World")).unwrap();
    now(keep.backups().create(&NewBackup::default())).unwrap();
    assert!(redo.seen.borrow().is_empty());
    let again = open_with(&medium, &redo);
    assert_eq!(now(again.backups().list()).unwrap().len(), 1);
}

#[test]
fn what_is_removed_while_the_log_fails_does_not_come_back() {
    let lists = |keep: &Keep| {
        let worlds = now(keep.list(Domain::Worlds, false)).unwrap();
        let chats = now(keep.list(Domain::Chats, false)).unwrap();
        (
            worlds["items"].as_array().unwrap().len(),
            chats["items"].as_array().unwrap().len(),
        )
    };
    let found = |keep: &Keep| {
        let mut check = now(keep.check(CheckOptions { full: true })).unwrap();
        while now(check.step()).unwrap() {}
        let report = json!(check.report());
        let findings = report["findings"].as_array().unwrap().iter();
        let codes = findings.map(|finding| finding["code"].as_str().unwrap().to_owned());
        codes.collect::<Vec<_>>()
    };
    // Another page that fails between marks its own gap over the first one's.
    for between in [false, true] {
        let medium = MemoryMedium::new();
        let redo = Failing::default();
        let keep = open_with(&medium, &redo);
        live(&keep);
        live(&keep);
        let first = |domain| now(keep.list(domain, false)).unwrap()["items"][0]["id"].clone();
        let (world, chat) = (first(Domain::Worlds), first(Domain::Chats));
        let failing = Failing {
            failing: 0..u32::MAX,
            ..redo.clone()
        };
        let deaf = open_with(&medium, &failing);
        let remove = |domain, id: &serde_json::Value| {
            now(deaf.trash_can().delete(domain, id.as_str().unwrap(), None)).unwrap();
        };
        remove(Domain::Worlds, &world);
        if between {
            let other = open_with(&medium, &failing);
            now(other.settings().patch(&json!({ "pageSize": 30 }))).unwrap();
        }
        remove(Domain::Chats, &chat);
        assert_eq!(lists(&deaf), (1, 1));
        let missed = found(&keep).contains(&"lost-record".to_owned());
        assert!(!missed, "by who was open before");
        assert_eq!(found(&deaf), ["uncopied-records"]);
        deaf.close();
        for _ in 0..3 {
            let again = open_with(&medium, &redo);
            assert_eq!(json!(again.report())["recovered"], json!(null));
            assert_eq!(lists(&again), (1, 1));
            assert_eq!(found(&again), ["uncopied-records"]);
            again.close();
        }
        let again = open_with(&medium, &redo);
        while again.second_copy() != SecondCopy::On {
            now(again.maintain(NOT_DUE)).unwrap();
        }
        assert_eq!(found(&again), [""; 0]);
        assert_eq!(lists(&again), (1, 1));
        again.close();
        // The log alone knows it by now.
        Browser::of(&medium, &redo.inner).lose(|_, _| true);
        assert_eq!(lists(&open_with(&medium, &redo)), (1, 1));
    }
}

#[test]
fn what_was_removed_while_the_log_failed_and_made_again_is_healed() {
    let medium = MemoryMedium::new();
    let redo = Failing::default();
    let keep = open_with(&medium, &redo);
    let id = now(keep.worlds().create("Gone")).unwrap()["id"].clone();
    let id = id.as_str().unwrap();
    let backup = now(keep.backups().create(&NewBackup::default())).unwrap();
    let failing = Failing {
        failing: 0..u32::MAX,
        ..redo.clone()
    };
    let deaf = open_with(&medium, &failing);
    now(deaf.trash_can().delete(Domain::Worlds, id, None)).unwrap();
    deaf.close();
    now(keep.backups().replace(&backup.id)).unwrap();
    keep.close();
    let key = Key::row("worlds", id);
    let lose = || Browser::of(&medium, &redo.inner).lose(|_, lost| *lost == key);
    assert_eq!(lose(), 1);
    let again = open_with(&medium, &redo);
    assert_eq!(json!(again.report())["recovered"]["rows"], 1);
    assert_eq!(lose(), 1, "it is there again");
}
