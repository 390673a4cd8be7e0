//! What a transaction promises, over the memory medium.

use crate::keep::log;
use crate::store::clock;
use crate::turn::now;
use cardkeep::error::{Kind, Limits};
use cardkeep::json::Document;
use cardkeep::keep::{ChatImport, Domain, Keep, Transaction};
use cardkeep::store::*;
use serde_json::{Value as Json, json};
use std::cell::RefCell;
use std::rc::Rc;

type Told = Rc<RefCell<Vec<(String, Vec<String>)>>>;

fn told(medium: &MemoryMedium) -> (Keep, Told) {
    let told: Told = Rc::default();
    let tell = Rc::clone(&told);
    let observer = move |domain: &str, ids: &[String]| {
        tell.borrow_mut().push((domain.to_owned(), ids.to_vec()));
    };
    let keep = now(Keep::open(
        Rc::new(medium.clone()),
        clock(),
        Rc::new(observer),
    ));
    (keep.expect("the medium opens"), told)
}

fn patch(value: Json) -> Document {
    Document::parse(&value.to_string()).unwrap()
}

fn card(keep: &Keep, name: &str) -> String {
    let card = json!({ "spec": "chara_card_v2", "spec_version": "2.0", "data": { "name": name } });
    let bytes = card.to_string().into_bytes();
    let item = now(keep.characters().import(&bytes, &Limits::default())).unwrap();
    item["entry"]["id"].as_str().unwrap().to_owned()
}

fn rename(keep: &Keep, id: &str, name: &str) -> cardkeep::error::Result<Json> {
    now(keep
        .characters()
        .patch(id, &patch(json!({ "name": name })), None))
}

fn names(keep: &Keep) -> Vec<String> {
    let list = now(keep.list(Domain::Characters, false)).unwrap();
    let items = list["items"].as_array().unwrap();
    let mut names: Vec<String> = items
        .iter()
        .map(|item| item["name"].as_str().unwrap().to_owned())
        .collect();
    names.sort();
    names
}

fn commit(transaction: &Transaction) -> cardkeep::error::Result<()> {
    now(transaction.commit(Write::default()))
}

fn note(id: &str, rev: u64, by: &[&str]) -> Record {
    let mut record = Record::new("notes", id, 1);
    record.rev = rev;
    record.by = by.iter().map(|key| (*key).to_owned()).collect();
    record
}

fn put(store: &Store, record: Record, history: History) -> cardkeep::error::Result<Record> {
    let mut change = Change::new();
    change.write(record, history);
    now(store.commit(change)).map(|mut records| records.remove(0))
}

#[test]
fn what_several_domains_write_is_stored_at_once_and_told_of_afterwards() {
    let medium = MemoryMedium::new();
    let (keep, told) = told(&medium);
    let ann = card(&keep, "Ann");
    told.borrow_mut().clear();
    let before = medium.dump();
    let transaction = keep.begin();
    let inside = transaction.keep();
    let world = now(inside.worlds().create("Here")).unwrap();
    rename(inside, &ann, "Bea").unwrap();
    rename(inside, &ann, "Cat").unwrap();
    let chat = now(inside.chats().create(r#"{"title":"First"}"#)).unwrap();
    let open = now(inside.chats().open(chat["id"].as_str().unwrap())).unwrap();
    for n in 0..70 {
        let message = json!({ "name": "You", "role": "user", "text": format!("m{n}") });
        now(open.append(&patch(message))).unwrap();
    }
    now(inside.settings().patch(&json!({ "versionsKept": 3 }))).unwrap();
    // Inside everything is there, outside nothing.
    assert_eq!(names(inside), ["Cat"]);
    assert_eq!(names(&keep), ["Ann"]);
    assert_eq!(medium.dump(), before);
    assert!(told.borrow().is_empty());
    commit(&transaction).unwrap();
    assert_eq!(names(&keep), ["Cat"]);
    let open = now(keep.chats().open(chat["id"].as_str().unwrap())).unwrap();
    assert_eq!(open.entry()["length"], 70);
    let page: Json = serde_json::from_str(&now(open.page(0, 99)).unwrap()).unwrap();
    assert_eq!(page[69]["text"], "m69");
    let id = |entry: &Json| vec![entry["id"].as_str().unwrap().to_owned()];
    let expected = [
        ("characters".to_owned(), vec![ann]),
        ("chats".to_owned(), id(&chat)),
        ("settings".to_owned(), vec!["versionsKept".to_owned()]),
        ("worlds".to_owned(), id(&world)),
    ];
    assert_eq!(*told.borrow(), expected);
    // The engine follows a setting that came with a transaction.
    for n in 0..6 {
        rename(&keep, &expected[0].1[0], &n.to_string()).unwrap();
    }
    let history = now(keep.history(Domain::Characters, &expected[0].1[0])).unwrap();
    assert_eq!(history.as_array().unwrap().len(), 3);
}

#[test]
fn an_abandoned_transaction_leaves_everything_as_it_was() {
    let medium = MemoryMedium::new();
    let (keep, told) = told(&medium);
    let id = card(&keep, "Ann");
    told.borrow_mut().clear();
    let before = medium.dump();
    let transaction = keep.begin();
    rename(transaction.keep(), &id, "Bea").unwrap();
    card(transaction.keep(), "Cat");
    now(transaction
        .keep()
        .settings()
        .patch(&json!({ "versionsKept": 0 })))
    .unwrap();
    transaction.abandon();
    assert_eq!(medium.dump(), before);
    assert!(told.borrow().is_empty());
    let late = rename(transaction.keep(), &id, "Dan").unwrap_err();
    assert_eq!(late.kind(), Kind::TransactionOver);
    assert_eq!(
        commit(&transaction).unwrap_err().kind(),
        Kind::TransactionOver
    );
    assert_eq!(medium.dump(), before);
    rename(&keep, &id, "Eve").unwrap();
    let history = now(keep.history(Domain::Characters, &id)).unwrap();
    assert_eq!(history.as_array().unwrap().len(), 1, "the setting held");
}

#[test]
fn a_transaction_is_over_after_its_commit() {
    let medium = MemoryMedium::new();
    let (keep, _) = told(&medium);
    let transaction = keep.begin();
    card(transaction.keep(), "Ann");
    commit(&transaction).unwrap();
    let before = medium.dump();
    assert_eq!(
        commit(&transaction).unwrap_err().kind(),
        Kind::TransactionOver
    );
    let late = now(transaction.keep().worlds().create("Late")).unwrap_err();
    assert_eq!(late.kind(), Kind::TransactionOver);
    assert_eq!(medium.dump(), before);
}

#[test]
fn of_two_transactions_with_one_base_the_second_is_a_conflict_and_stores_nothing() {
    let medium = MemoryMedium::new();
    let (keep, told) = told(&medium);
    let ann = card(&keep, "Ann");
    let (one, other) = (keep.begin(), keep.begin());
    rename(one.keep(), &ann, "Bea").unwrap();
    rename(other.keep(), &ann, "Cat").unwrap();
    card(other.keep(), "Dan");
    commit(&one).unwrap();
    told.borrow_mut().clear();
    let before = medium.dump();
    let error = commit(&other).unwrap_err();
    assert_eq!(error.kind(), Kind::Conflict);
    assert_eq!(error.subject().unwrap().id, ann);
    assert_eq!(error.found(), Some(2));
    assert_eq!(medium.dump(), before);
    assert!(told.borrow().is_empty());
    assert_eq!(names(&keep), ["Bea"]);
}

#[test]
fn what_a_transaction_read_must_still_be_true() {
    let medium = MemoryMedium::new();
    let (keep, _) = told(&medium);
    let ann = card(&keep, "Ann");
    let transaction = keep.begin();
    now(transaction.keep().characters().get(&ann)).unwrap();
    card(transaction.keep(), "because of Ann");
    rename(&keep, &ann, "Bea").unwrap();
    assert_eq!(commit(&transaction).unwrap_err().kind(), Kind::Conflict);
    assert_eq!(names(&keep), ["Bea"]);

    // An absence that was read as well.
    let store = now(Store::open(Rc::new(medium.clone()), clock())).unwrap();
    let staged = store.staged();
    assert_eq!(now(staged.get("notes", "a")).unwrap(), None);
    put(&staged, note("b", 0, &[]), History::Skip).unwrap();
    put(&store, note("a", 0, &[]), History::Skip).unwrap();
    let error = now(store.land(&staged, Write::default())).unwrap_err();
    assert_eq!(error.kind(), Kind::Conflict);
    assert_eq!(now(store.get("notes", "b")).unwrap(), None);
}

#[test]
fn a_row_that_changes_under_a_transaction_is_a_conflict_at_the_second_reading() {
    let medium = MemoryMedium::new();
    let (keep, _) = told(&medium);
    let ann = card(&keep, "Ann");
    let transaction = keep.begin();
    now(transaction.keep().characters().get(&ann)).unwrap();
    rename(&keep, &ann, "Bea").unwrap();
    let error = now(transaction.keep().characters().get(&ann)).unwrap_err();
    assert_eq!(error.kind(), Kind::Conflict);
}

#[test]
fn a_transaction_that_only_reads_writes_nothing() {
    let medium = MemoryMedium::new();
    let (keep, _) = told(&medium);
    let ann = card(&keep, "Ann");
    let before = medium.dump();
    let transaction = keep.begin();
    now(transaction.keep().characters().get(&ann)).unwrap();
    commit(&transaction).unwrap();
    assert_eq!(medium.dump(), before);
}

#[test]
fn inside_what_was_written_is_found_and_what_was_removed_is_not() {
    let medium = MemoryMedium::new();
    let store = now(Store::open(Rc::new(medium.clone()), clock())).unwrap();
    for id in ["a", "b", "c"] {
        put(&store, note(id, 0, &["notes/old"]), History::Skip).unwrap();
    }
    let staged = store.staged();
    put(&staged, note("b", 1, &["notes/new"]), History::Skip).unwrap();
    put(&staged, note("d", 0, &["notes/old"]), History::Skip).unwrap();
    put(&staged, note("0", 0, &["notes/new"]), History::Skip).unwrap();
    let found = |store: &Store, by: &str| -> Vec<String> {
        let listing = now(store.find(by)).unwrap();
        listing
            .records
            .into_iter()
            .map(|record| record.id)
            .collect()
    };
    assert_eq!(found(&staged, "notes/old"), ["a", "c", "d"]);
    assert_eq!(found(&staged, "notes/new"), ["0", "b"]);
    assert_eq!(found(&store, "notes/old"), ["a", "b", "c"]);
    let ids = |store: &Store| -> Vec<String> {
        let listing = now(store.list("notes")).unwrap();
        listing
            .records
            .into_iter()
            .map(|record| record.id)
            .collect()
    };
    assert_eq!(ids(&staged), ["0", "a", "b", "c", "d"]);
    now(store.land(&staged, Write::default())).unwrap();
    assert_eq!(found(&store, "notes/old"), ["a", "c", "d"]);
    assert_eq!(ids(&store), ["0", "a", "b", "c", "d"]);
}

#[test]
fn a_stale_base_is_refused_inside_too() {
    let medium = MemoryMedium::new();
    let store = now(Store::open(Rc::new(medium.clone()), clock())).unwrap();
    put(&store, note("a", 0, &[]), History::Skip).unwrap();
    let staged = store.staged();
    put(&staged, note("a", 1, &[]), History::Skip).unwrap();
    let error = put(&staged, note("a", 1, &[]), History::Skip).unwrap_err();
    assert_eq!((error.kind(), error.found()), (Kind::Conflict, Some(2)));
    assert_eq!(
        put(&staged, note("a", 0, &[]), History::Skip)
            .unwrap_err()
            .kind(),
        Kind::Conflict
    );
}

#[test]
fn a_transaction_keeps_one_state_before_it() {
    let medium = MemoryMedium::new();
    let (keep, _) = told(&medium);
    let ann = card(&keep, "Ann");
    let transaction = keep.begin();
    for n in 0..30 {
        rename(transaction.keep(), &ann, &n.to_string()).unwrap();
    }
    commit(&transaction).unwrap();
    let history = now(keep.history(Domain::Characters, &ann)).unwrap();
    assert_eq!(history.as_array().unwrap().len(), 1);
    assert_eq!(history[0]["rev"], 1);
    let back = now(keep.restore_version(Domain::Characters, &ann, 1)).unwrap();
    assert_eq!(back["name"], "Ann");
}

#[test]
fn a_record_that_is_made_in_a_transaction_has_no_state_before() {
    let medium = MemoryMedium::new();
    let (keep, _) = told(&medium);
    let transaction = keep.begin();
    let ann = card(transaction.keep(), "Ann");
    rename(transaction.keep(), &ann, "Bea").unwrap();
    rename(transaction.keep(), &ann, "Cat").unwrap();
    commit(&transaction).unwrap();
    assert_eq!(names(&keep), ["Cat"]);
    assert_eq!(
        now(keep.history(Domain::Characters, &ann)).unwrap(),
        json!([])
    );
    rename(&keep, &ann, "Dan").unwrap();
    let history = now(keep.history(Domain::Characters, &ann)).unwrap();
    assert_eq!(history.as_array().unwrap().len(), 1);
}

#[test]
fn a_transaction_is_one_frame_of_the_second_copy_and_comes_back_whole() {
    let (medium, redo) = (MemoryMedium::new(), MemoryRedo::new());
    let options = || Options {
        redo: Some(Rc::new(redo.clone())),
        ..clock()
    };
    let open = |medium: &MemoryMedium| {
        now(Keep::open(
            Rc::new(medium.clone()),
            options(),
            Rc::new(|_, _| {}),
        ))
        .unwrap()
    };
    let keep = open(&medium);
    let ann = card(&keep, "Ann");
    let frames = || -> usize {
        let files = now(redo.files()).unwrap();
        let bytes = files
            .iter()
            .flat_map(|file| now(redo.read(&file.name, 0, file.bytes)).unwrap());
        let bytes: Vec<u8> = bytes.collect();
        bytes.windows(4).filter(|lead| lead == b"ckf\x01").count()
    };
    let before = frames();
    let transaction = keep.begin();
    rename(transaction.keep(), &ann, "Bea").unwrap();
    card(transaction.keep(), "Cat");
    now(transaction.keep().worlds().create("Here")).unwrap();
    assert_eq!(frames(), before);
    commit(&transaction).unwrap();
    assert_eq!(frames(), before + 1);
    drop(keep);
    let wiped = MemoryMedium::new();
    assert_eq!(names(&open(&wiped)), ["Bea", "Cat"]);
}

#[test]
fn a_newer_version_that_takes_over_meanwhile_stops_a_transaction() {
    let medium = MemoryMedium::new();
    let (keep, _) = told(&medium);
    let transaction = keep.begin();
    card(transaction.keep(), "Ann");
    medium.plant(
        Table::Meta,
        Key::meta("keep"),
        Value::bytes(br#"{"id":"x","schema":99,"minWriter":99,"created":1}"#.to_vec()),
    );
    let before = medium.dump();
    assert_eq!(commit(&transaction).unwrap_err().kind(), Kind::TooNew);
    assert_eq!(medium.dump(), before);
}

/// A small generator, so that a failure comes again: xorshift.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }
}

/// One step of many, the same on every keep.
fn step(keep: &Keep, ids: &mut Vec<String>, dice: &mut Dice) {
    let pick = |ids: &[String], dice: &mut Dice| {
        (!ids.is_empty()).then(|| ids[dice.roll(ids.len() as u64) as usize].clone())
    };
    let (what, number) = (dice.roll(7), dice.roll(200));
    let chosen = pick(ids, dice);
    match (what, chosen) {
        (0, _) | (_, None) => {
            let bytes = log(number as usize);
            let options = ChatImport::default();
            let made = now(keep.chats().import(&bytes, "a.jsonl", &options)).unwrap();
            ids.push(made[0]["entry"]["id"].as_str().unwrap().to_owned());
        }
        (1, Some(id)) => {
            if now(keep.entry(Domain::Chats, &id)).unwrap().is_some() {
                now(keep.trash(Domain::Chats, &id, None)).unwrap();
            } else {
                now(keep.restore(Domain::Chats, &id)).unwrap();
            }
        }
        (_, Some(id)) => {
            let Ok(chat) = now(keep.chats().open(&id)) else {
                return;
            };
            let length = chat.entry()["length"].as_u64().unwrap();
            let message = json!({ "name": "You", "role": "user", "text": format!("m{number}"), "at": 1_700_000_000_000_u64 });
            match what {
                2 if length > 0 => {
                    let text = patch(json!({ "text": format!("edited {number}") }));
                    now(chat.edit(number % length, &text, None))
                        .map(drop)
                        .unwrap();
                }
                3 if length > 0 => now(chat.remove(number % length, None)).unwrap(),
                4 => {
                    let kept = now(keep.history(Domain::Chats, &id)).unwrap();
                    if let Some(version) = kept.as_array().unwrap().last() {
                        let rev = version["rev"].as_u64().unwrap();
                        now(keep.restore_version(Domain::Chats, &id, rev)).unwrap();
                    }
                }
                _ => {
                    for _ in 0..number % 90 {
                        now(chat.append(&patch(message.clone()))).unwrap();
                    }
                }
            }
        }
    }
}

/// What a keep shows of its chats: the files of those that are there, by their order of coming.
fn shown(keep: &Keep, ids: &[String]) -> Vec<Option<Vec<u8>>> {
    let file = |id: &String| {
        let there = now(keep.entry(Domain::Chats, id)).unwrap().is_some();
        there.then(|| now(keep.export(Domain::Chats, id)).unwrap().bytes)
    };
    ids.iter().map(file).collect()
}

#[test]
fn many_steps_in_transactions_show_inside_and_outside_what_they_have_written() {
    for seed in 1..=12_u64 {
        let medium = MemoryMedium::new();
        let (keep, _) = told(&medium);
        let (mut dice, mut ids) = (Dice(seed * 7919), Vec::new());
        for _ in 0..6 {
            let before = medium.dump();
            let outside = shown(&keep, &ids);
            let transaction = keep.begin();
            let mut inside = ids.clone();
            for _ in 0..1 + dice.roll(8) {
                step(transaction.keep(), &mut inside, &mut dice);
            }
            let staged = shown(transaction.keep(), &inside);
            assert_eq!(shown(&keep, &ids), outside, "seed {seed}");
            if dice.roll(4) == 0 {
                transaction.abandon();
                assert_eq!(medium.dump(), before, "seed {seed}");
                assert_eq!(shown(&keep, &ids), outside, "seed {seed}");
            } else {
                commit(&transaction).unwrap();
                assert_eq!(shown(&keep, &inside), staged, "seed {seed}");
                // From the medium too, by somebody who has nothing in memory.
                let (again, _) = told(&medium);
                assert_eq!(shown(&again, &inside), staged, "seed {seed}");
                ids = inside;
            }
        }
    }
}
