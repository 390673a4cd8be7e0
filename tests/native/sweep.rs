//! What nothing refers to any more goes, and nothing else.

use crate::redo::{Browser, contents, fill};
use crate::turn::now;
use crate::worlds_large::{export, import, put, state};
use cardkeep::json::Document;
use cardkeep::keep::{CheckOptions, Domain, Given, Keep};
use cardkeep::store::*;
use serde_json::json;
use std::cell::Cell;
use std::rc::Rc;

const MINUTE: i64 = 60_000;

/// A browser whose time is moved by hand.
struct Aging {
    browser: Browser,
    time: Rc<Cell<i64>>,
}

impl Aging {
    fn new() -> Aging {
        Aging {
            browser: Browser::default(),
            time: Rc::new(Cell::new(1_700_000_000_000)),
        }
    }

    fn open(&self) -> Keep {
        let time = Rc::clone(&self.time);
        self.browser.open_with(Rc::new(move || {
            time.set(time.get() + 1);
            time.get()
        }))
    }

    fn pass(&self, ms: i64) {
        self.time.set(self.time.get() + ms);
    }

    fn pages(&self) -> usize {
        let all = self.browser.medium.dump();
        all.iter()
            .filter(|(table, ..)| *table == Table::Pages)
            .count()
    }

    /// Looks and, after the time that it takes, sweeps.
    fn swept(&self, keep: &Keep) -> u64 {
        now(keep.leftovers()).unwrap();
        self.pass(3 * MINUTE);
        now(keep.sweep()).unwrap()
    }
}

/// Edits the first message of the first chat, and gives the chat's id.
fn edit(keep: &Keep, text: &str) -> String {
    let chats = now(keep.list(Domain::Chats, false)).unwrap();
    let id = chats["items"][0]["id"].as_str().unwrap().to_owned();
    let chat = now(keep.chats().open(&id)).unwrap();
    let patch = Document::parse(&json!({ "text": text }).to_string()).unwrap();
    now(chat.edit(0, &patch, None)).unwrap();
    id
}

fn faults(keep: &Keep) -> usize {
    let mut check = now(keep.check(CheckOptions { full: true })).unwrap();
    while now(check.step()).unwrap() {}
    check.report().findings.len()
}

#[test]
fn what_edits_leave_behind_goes_and_everything_else_stays() {
    let aging = Aging::new();
    let keep = aging.open();
    now(keep.settings().patch(&json!({ "versionsKept": 2 }))).unwrap();
    fill(&keep);
    for n in 0..30 {
        edit(&keep, &format!("edit {n}"));
    }
    let (want, before) = (contents(&keep), aging.pages());
    let gone = aging.swept(&keep);
    assert!(gone > 50, "{gone}");
    assert_eq!(aging.pages(), before - gone as usize);
    assert!(contents(&keep) == want);
    assert_eq!(faults(&keep), 0);
    assert_eq!(aging.swept(&keep), 0);
    // The second copy does not bring it back, and has the rest.
    aging.browser.lose(|_, _| true);
    let keep = aging.open();
    assert!(contents(&keep) == want);
    assert_eq!(aging.pages(), before - gone as usize);
}

#[test]
fn every_older_state_that_is_kept_can_be_brought_back_after_a_sweep() {
    let aging = Aging::new();
    let keep = aging.open();
    fill(&keep);
    let mut states = Vec::new();
    let mut id = String::new();
    for n in 0..14 {
        id = edit(&keep, &format!("edit {n}"));
        let bytes = now(keep.export(Domain::Chats, &id)).unwrap().bytes;
        states.push(bytes);
    }
    assert!(aging.swept(&keep) > 0);
    let history = now(keep.history(Domain::Chats, &id)).unwrap();
    let kept: Vec<u64> = history
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["rev"].as_u64().unwrap())
        .collect();
    assert!(kept.len() >= 10);
    let current = now(keep.entry(Domain::Chats, &id)).unwrap().unwrap()["rev"]
        .as_u64()
        .unwrap();
    // The oldest first, since each one that comes back makes the oldest give way.
    for rev in kept.into_iter().rev() {
        let state = states.len() as u64 - 1 - (current - rev);
        now(keep.restore_version(Domain::Chats, &id, rev)).unwrap();
        let bytes = now(keep.export(Domain::Chats, &id)).unwrap().bytes;
        assert!(bytes == states[state as usize], "{rev}");
    }
}

#[test]
fn nothing_goes_that_was_referred_to_a_moment_ago() {
    let aging = Aging::new();
    let keep = aging.open();
    fill(&keep);
    now(keep.settings().patch(&json!({ "versionsKept": 0 }))).unwrap();
    edit(&keep, "one");
    assert_eq!(now(keep.sweep()).unwrap(), 0, "nobody has looked");
    assert!(now(keep.leftovers()).unwrap() > 0);
    aging.pass(MINUTE);
    assert_eq!(now(keep.sweep()).unwrap(), 0, "too soon");
    let looked = now(keep.leftovers()).unwrap();
    aging.pass(3 * MINUTE);
    let before = aging.pages() as u64;
    edit(&keep, "two");
    assert_eq!(now(keep.sweep()).unwrap(), looked);
    assert!(
        aging.pages() as u64 > before - looked,
        "what the second edit left is too young"
    );
}

#[test]
fn what_comes_back_into_use_stays() {
    let aging = Aging::new();
    let keep = aging.open();
    fill(&keep);
    now(keep.settings().patch(&json!({ "versionsKept": 0 }))).unwrap();
    let id = edit(&keep, "one");
    let want = now(keep.export(Domain::Chats, &id)).unwrap().bytes;
    edit(&keep, "two");
    assert!(now(keep.leftovers()).unwrap() > 0);
    aging.pass(3 * MINUTE);
    // The same content has the same address.
    edit(&keep, "one");
    assert!(now(keep.sweep()).unwrap() > 0);
    assert!(now(keep.export(Domain::Chats, &id)).unwrap().bytes == want);
    assert_eq!(faults(&keep), 0);
}

#[test]
fn beside_a_record_that_cannot_be_read_nothing_goes() {
    let aging = Aging::new();
    let keep = aging.open();
    fill(&keep);
    now(keep.settings().patch(&json!({ "versionsKept": 0 }))).unwrap();
    let id = edit(&keep, "one");
    let row = Key::row("chats", &id);
    let found = now(aging
        .browser
        .medium
        .read(Table::Rows, std::slice::from_ref(&row)))
    .unwrap();
    let mut value = found.into_iter().next().flatten().unwrap();
    let last = value.bytes.len() - 1;
    value.bytes[last] ^= 1;
    let rotten = Burst {
        puts: vec![Put {
            table: Table::Rows,
            key: row,
            value,
        }],
        ..Burst::default()
    };
    now(aging.browser.medium.write(&rotten)).unwrap();
    let before = aging.pages();
    assert_eq!(aging.swept(&keep), 0);
    assert_eq!(aging.pages(), before);
}

#[test]
fn no_piece_of_a_large_world_goes_and_none_is_left_behind() {
    let aging = Aging::new();
    let keep = aging.open();
    now(keep.settings().patch(&json!({ "versionsKept": 2 }))).unwrap();
    fill(&keep);
    aging.swept(&keep);
    let without = aging.pages();
    let bytes = state(900);
    let id = import(&keep, &bytes);
    let once = aging.pages() - without;
    assert!(once > 10, "{once}");
    let text = String::from_utf8(bytes).unwrap();
    let mut states = Vec::new();
    for n in 0..12 {
        let from = format!("Ort {} é", n * 70);
        let next = text.replace(&from, &format!("{from} {n}"));
        put(&keep, &id, Given::Document(next.into_bytes()));
        states.push(export(&keep, &id));
    }
    assert!(aging.swept(&keep) > 5);
    assert_eq!(faults(&keep), 0);
    assert!(export(&keep, &id) == states[11]);
    // The newest, the two before it that are kept, and nothing of the others.
    assert!(aging.pages() < without + 2 * once, "{}", aging.pages());
    let history = now(keep.history(Domain::Worlds, &id)).unwrap();
    let newest = history[0]["rev"].as_u64().unwrap();
    now(keep.restore_version(Domain::Worlds, &id, newest)).unwrap();
    assert!(export(&keep, &id) == states[10]);
    // What moves writes the skeleton alone; the pieces of the locations stay with it.
    now(keep.worlds().move_to(&id, "5,0,0", None)).unwrap();
    aging.swept(&keep);
    assert_eq!(faults(&keep), 0);
    let moved = export(&keep, &id);
    aging.browser.lose(|_, _| true);
    let keep = aging.open();
    assert!(export(&keep, &id) == moved);
    now(keep.trash_can().delete(Domain::Worlds, &id, None)).unwrap();
    aging.swept(&keep);
    assert_eq!((aging.pages(), faults(&keep)), (without, 0));
}
