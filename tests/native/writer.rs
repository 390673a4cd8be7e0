//! One writer at a time, where it was asked for.

use crate::keep::open;
use crate::turn::now;
use cardkeep::error::{Kind, Result};
use cardkeep::keep::Keep;
use cardkeep::store::MemoryMedium;
use serde_json::{Value, json};

fn save(keep: &Keep, size: u32) -> Result<Value> {
    now(keep.settings().patch(&json!({ "pageSize": size })))
}

#[test]
fn who_lost_the_turn_is_refused_and_who_took_it_writes() {
    let medium = MemoryMedium::new();
    let (one, other) = (open(&medium), open(&medium));
    now(one.take_turn()).unwrap();
    save(&one, 11).unwrap();
    now(other.take_turn()).unwrap();
    save(&other, 12).unwrap();
    assert!(!one.is_locked(), "it has not noticed yet");
    assert_eq!(save(&one, 13).unwrap_err().kind(), Kind::Locked);
    assert!(one.is_locked());
    assert_eq!(now(open(&medium).settings().get()).unwrap()["pageSize"], 12);
    now(one.take_turn()).unwrap();
    save(&one, 14).unwrap();
    assert_eq!(save(&other, 15).unwrap_err().kind(), Kind::Locked);
}

#[test]
fn who_left_the_turn_writes_nothing_and_reads() {
    let medium = MemoryMedium::new();
    let keep = open(&medium);
    save(&keep, 11).unwrap();
    keep.leave_turn();
    assert_eq!(save(&keep, 12).unwrap_err().kind(), Kind::Locked);
    assert_eq!(now(keep.settings().get()).unwrap()["pageSize"], 11);
    assert!(!now(keep.maintain(0)).unwrap().compared);
}

#[test]
fn a_transaction_out_of_turn_stores_nothing() {
    let medium = MemoryMedium::new();
    let (one, other) = (open(&medium), open(&medium));
    now(one.take_turn()).unwrap();
    let transaction = one.begin();
    save(transaction.keep(), 11).unwrap();
    now(other.take_turn()).unwrap();
    let stored = now(transaction.commit(Default::default()));
    assert_eq!(stored.unwrap_err().kind(), Kind::Locked);
    assert_ne!(now(other.settings().get()).unwrap()["pageSize"], 11);
}

#[test]
fn of_two_tabs_that_write_the_same_at_the_same_moment_one_is_told() {
    let browser = crate::redo::Browser::default();
    let still: std::rc::Rc<dyn Fn() -> i64> = std::rc::Rc::new(|| 1_700_000_000_000);
    let (one, two) = (
        browser.open_with(still.clone()),
        browser.open_with(still.clone()),
    );
    let world = now(one.worlds().create("Here")).unwrap();
    let id = world["id"].as_str().unwrap();
    let (seen, same) = (Some(1), "8");
    now(one.worlds().set_stat(id, "health", same, seen)).unwrap();
    let error = now(two.worlds().set_stat(id, "health", same, seen)).unwrap_err();
    assert_eq!(error.kind(), Kind::Conflict);
}
