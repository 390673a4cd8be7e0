//! What the store promises, over the memory medium.

use crate::turn::now;
use cardkeep::codec;
use cardkeep::error::Kind;
use cardkeep::store::*;
use serde_json::json;
use std::cell::Cell;
use std::rc::Rc;

macro_rules! over_memory {
    ($($promise:ident)+) => {
        mod memory_medium {
            $(#[test] fn $promise() {
                crate::turn::now(crate::suite::$promise(&cardkeep::store::MemoryMedium::new()));
            })+
        }
    };
}
crate::each_medium_promise!(over_memory);

pub fn clock() -> Options {
    let ticks = Cell::new(1_700_000_000_000);
    Options {
        clock: Rc::new(move || ticks.replace(ticks.get() + 1)),
        redo: None,
        upgrade: None,
    }
}

pub fn open(medium: &MemoryMedium) -> Store {
    now(Store::open(Rc::new(medium.clone()), clock())).expect("the medium opens")
}

fn note(id: &str, text: &str) -> Record {
    let mut record = Record::new("notes", id, 1);
    record.head = json!({ "text": text });
    record
}

fn write(store: &Store, record: Record, history: History) -> cardkeep::error::Result<Record> {
    let mut change = Change::new();
    change.write(record, history);
    now(store.commit(change)).map(|mut records| records.remove(0))
}

fn planted(medium: &MemoryMedium, table: Table, key: &Key) -> Value {
    let found = medium
        .dump()
        .into_iter()
        .find(|(t, k, _)| *t == table && k == key);
    found.expect("the value is there").2
}

#[test]
fn a_record_is_there_after_the_keep_was_opened_again() {
    let medium = MemoryMedium::new();
    assert!(open(&medium).report().created);
    let written = write(&open(&medium), note("a", "hello"), History::Keep).unwrap();
    let store = open(&medium);
    assert!(!store.report().created);
    assert_eq!(now(store.get("notes", "a")).unwrap(), Some(written));
    assert_eq!(now(store.get("notes", "b")).unwrap(), None);
}

#[test]
fn a_part_comes_back_byte_for_byte_and_equal_parts_share_their_pages() {
    let medium = MemoryMedium::new();
    let store = open(&medium);
    let bytes: Vec<u8> = (0..200_000_u32).map(|n| (n % 251) as u8).collect();
    for id in ["a", "b"] {
        let mut change = Change::new();
        let mut record = note(id, "");
        record.parts.insert("file".into(), change.add_part(&bytes));
        change.write(record, History::Skip);
        let record = now(store.commit(change)).unwrap().remove(0);
        assert_eq!(
            now(store.part(record.part("file").unwrap())).unwrap(),
            bytes
        );
    }
    let pages = medium
        .dump()
        .iter()
        .filter(|(table, ..)| *table == Table::Pages)
        .count();
    assert_eq!(pages as u64, codec::page_count(200_000));
}

#[test]
fn a_writer_with_an_old_base_gets_a_conflict_and_changes_nothing() {
    let medium = MemoryMedium::new();
    let (one, other) = (open(&medium), open(&medium));
    let base = write(&one, note("a", "base"), History::Keep).unwrap();
    let mut mine = base.clone();
    mine.head = json!({ "text": "mine" });
    write(&one, mine, History::Keep).unwrap();
    let before = medium.dump();
    let mut theirs = base;
    theirs.head = json!({ "text": "theirs" });
    let error = write(&other, theirs, History::Keep).unwrap_err();
    assert_eq!(error.kind(), Kind::Conflict);
    assert_eq!(
        write(&other, note("a", "new"), History::Keep)
            .unwrap_err()
            .kind(),
        Kind::Conflict
    );
    assert_eq!(medium.dump(), before);
}

#[test]
fn a_change_of_many_records_is_stored_whole_or_not_at_all() {
    let medium = MemoryMedium::new();
    let store = open(&medium);
    write(&store, note("taken", ""), History::Keep).unwrap();
    let before = medium.dump();
    let mut change = Change::new();
    change.add_part(b"pages too");
    change.write(note("free", ""), History::Keep);
    change.write(note("taken", ""), History::Keep);
    assert_eq!(
        now(store.commit(change)).unwrap_err().kind(),
        Kind::Conflict
    );
    assert_eq!(medium.dump(), before);
}

#[test]
fn the_states_before_are_kept_newest_first_and_thinned() {
    let medium = MemoryMedium::new();
    let store = open(&medium);
    store.set_versions_kept(3);
    let mut record = note("a", "0");
    for n in 1..=6 {
        record = write(&store, record, History::Keep).unwrap();
        record.head = json!({ "text": n.to_string() });
    }
    let history = now(store.history("notes", "a")).unwrap();
    let texts: Vec<_> = history
        .records
        .iter()
        .map(|version| version.head["text"].clone())
        .collect();
    assert_eq!(texts, ["4", "3", "2"]);
    assert!(
        now(store.history("notes", "other"))
            .unwrap()
            .records
            .is_empty()
    );
}

#[test]
fn a_state_that_is_written_again_pushes_no_other_one_out() {
    let medium = MemoryMedium::new();
    let store = open(&medium);
    store.set_versions_kept(3);
    let mut record = write(&store, note("a", "first"), History::Keep).unwrap();
    record.head = json!({ "text": "second" });
    for _ in 0..6 {
        record = write(&store, record, History::Keep).unwrap();
    }
    let revs = |store: &Store| -> Vec<u64> {
        let history = now(store.history("notes", "a")).unwrap();
        history.records.iter().map(|version| version.rev).collect()
    };
    assert_eq!((record.rev, revs(&store)), (7, vec![1]));
    record.head = json!({ "text": "third" });
    write(&store, record, History::Keep).unwrap();
    assert_eq!(revs(&store), [7, 1]);
}

#[test]
fn a_rotten_row_hides_no_other_and_is_never_taken_for_an_absent_one() {
    let medium = MemoryMedium::new();
    let store = open(&medium);
    for id in ["a", "b", "c"] {
        write(&store, note(id, id), History::Skip).unwrap();
    }
    let key = Key::row("notes", "b");
    let mut value = planted(&medium, Table::Rows, &key);
    *value.bytes.last_mut().unwrap() ^= 1;
    medium.plant(Table::Rows, key, value);
    assert_eq!(
        now(store.get("notes", "b")).unwrap_err().kind(),
        Kind::Corrupt
    );
    let listing = now(store.list("notes")).unwrap();
    assert_eq!(
        listing
            .records
            .iter()
            .map(|record| record.id.as_str())
            .collect::<Vec<_>>(),
        ["a", "c"]
    );
    assert_eq!(listing.unreadable.len(), 1);
    assert_eq!(listing.unreadable[0].id, "b");
}

#[test]
fn a_row_in_the_wrong_place_is_corrupt() {
    let medium = MemoryMedium::new();
    let store = open(&medium);
    write(&store, note("a", ""), History::Skip).unwrap();
    let value = planted(&medium, Table::Rows, &Key::row("notes", "a"));
    medium.plant(Table::Rows, Key::row("notes", "z"), value);
    assert_eq!(
        now(store.get("notes", "z")).unwrap_err().kind(),
        Kind::Corrupt
    );
}

#[test]
fn a_missing_or_rotten_page_is_corrupt() {
    let medium = MemoryMedium::new();
    let store = open(&medium);
    let mut change = Change::new();
    let part = change.add_part(&[7; 100_000]);
    let mut record = note("a", "");
    record.parts.insert("file".into(), part.clone());
    change.write(record, History::Skip);
    now(store.commit(change)).unwrap();
    let key = Key::page("part", &part.hash, 1);
    let whole = planted(&medium, Table::Pages, &key);
    let mut rotten = whole.clone();
    let middle = rotten.bytes.len() / 2;
    rotten.bytes[middle] ^= 4;
    medium.plant(Table::Pages, key.clone(), rotten);
    // What was just written is remembered; another opening reads it from the medium.
    let store = open(&medium);
    assert_eq!(now(store.part(&part)).unwrap_err().kind(), Kind::Corrupt);
    now(medium.write(&Burst {
        deletes: vec![(Table::Pages, key)],
        ..Burst::default()
    }))
    .unwrap();
    assert_eq!(now(store.part(&part)).unwrap_err().kind(), Kind::Corrupt);
}

#[test]
fn reading_never_writes() {
    let medium = MemoryMedium::new();
    let store = open(&medium);
    let record = write(&store, note("a", ""), History::Keep).unwrap();
    let before = medium.dump();
    now(store.get("notes", "a")).unwrap();
    now(store.list("notes")).unwrap();
    now(store.history("notes", "a")).unwrap();
    now(store.find("nothing")).unwrap();
    now(store.backups()).unwrap();
    drop(open(&medium));
    assert_eq!(medium.dump(), before);
    assert_eq!(record.rev, 1);
}

#[test]
fn a_keep_whose_own_record_is_lost_is_opened_with_everything_in_it() {
    let medium = MemoryMedium::new();
    write(&open(&medium), note("a", "kept"), History::Keep).unwrap();
    let gone = (Table::Meta, Key::meta("keep"));
    now(medium.write(&Burst {
        deletes: vec![gone],
        ..Burst::default()
    }))
    .unwrap();
    let store = open(&medium);
    assert!(!store.report().created);
    assert_eq!(
        now(store.get("notes", "a")).unwrap().unwrap().head["text"],
        "kept"
    );
    write(&store, note("b", ""), History::Keep).unwrap();
}
