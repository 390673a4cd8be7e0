//! The second copy: what the medium lost comes back from the log.

use crate::store::clock;
use crate::turn::now;
use cardkeep::error::Limits;
use cardkeep::json::Document;
use cardkeep::keep::{ChatImport, Domain, Given, Keep, PutDocument};
use cardkeep::store::*;
use serde_json::{Value as Json, json};
use std::cell::Cell;
use std::rc::Rc;

/// One browser: a medium, and a log beside it.
#[derive(Clone, Default)]
pub struct Browser {
    pub medium: MemoryMedium,
    pub redo: MemoryRedo,
}

impl Browser {
    pub fn of(medium: &MemoryMedium, redo: &MemoryRedo) -> Browser {
        Browser {
            medium: medium.clone(),
            redo: redo.clone(),
        }
    }

    pub fn open(&self) -> Keep {
        self.open_with(clock().clock)
    }

    pub fn open_with(&self, time: Rc<dyn Fn() -> i64>) -> Keep {
        let options = Options {
            clock: time,
            redo: Some(Rc::new(self.redo.clone())),
            ..clock()
        };
        now(Keep::open(
            Rc::new(self.medium.clone()),
            options,
            Rc::new(|_, _| {}),
        ))
        .expect("the keep opens")
    }

    /// Removes what a predicate names, as damage does: without a word.
    pub fn lose(&self, mut lost: impl FnMut(Table, &Key) -> bool) -> usize {
        let keys = self
            .medium
            .dump()
            .into_iter()
            .filter(|(table, key, _)| lost(*table, key));
        let deletes: Vec<_> = keys.map(|(table, key, _)| (table, key)).collect();
        let count = deletes.len();
        now(self.medium.write(&Burst {
            deletes,
            ..Burst::default()
        }))
        .unwrap();
        count
    }

    /// The values of the tables but the log's own times.
    pub fn rows_and_pages(&self) -> Vec<(Table, Key, Value)> {
        self.medium
            .dump()
            .into_iter()
            .filter(|(table, ..)| *table != Table::Meta)
            .collect()
    }
}

pub fn fill(keep: &Keep) {
    let card = std::fs::read("tests/fixtures/cards/46_ext_asset_chunks.png").unwrap();
    let item = now(keep.characters().import(&card, &Limits::default())).unwrap();
    let id = item["entry"]["id"].as_str().unwrap().to_owned();
    let patch = Document::parse(r#"{"name":"Renamed"}"#).unwrap();
    now(keep.characters().patch(&id, &patch, None)).unwrap();
    let item = now(keep
        .chats()
        .import(&crate::keep::log(150), "z.jsonl", &ChatImport::default()))
    .unwrap();
    let chat = now(keep.chats().open(item[0]["entry"]["id"].as_str().unwrap())).unwrap();
    for n in 0..100 {
        let message = json!({ "name": "You", "role": "user", "text": format!("late {n}") });
        now(chat.append(&Document::parse(&message.to_string()).unwrap())).unwrap();
    }
    now(chat.edit(7, &Document::parse(r#"{"text":"edited"}"#).unwrap(), None)).unwrap();
    now(keep.worlds().create("Here")).unwrap();
    now(keep.settings().patch(&json!({ "pageSize": 20 }))).unwrap();
}

pub fn contents(keep: &Keep) -> Vec<Json> {
    let of = |domain: Domain| {
        let listing = now(keep.list(domain, false)).unwrap();
        assert_eq!(listing["unreadable"], json!([]));
        let entries = listing["items"].as_array().unwrap().clone();
        let file = |entry: &Json| {
            now(keep.export(domain, entry["id"].as_str().unwrap()))
                .unwrap()
                .bytes
        };
        let files: Vec<_> = entries.iter().map(file).collect();
        json!([entries, files])
    };
    let mut all: Vec<Json> = Domain::ALL.into_iter().map(of).collect();
    all.push(now(keep.settings().get()).unwrap());
    all
}

#[test]
fn a_wiped_medium_is_built_again_from_the_log() {
    let browser = Browser::default();
    let keep = browser.open();
    assert_eq!(keep.second_copy(), SecondCopy::On);
    fill(&keep);
    let (want, before) = (contents(&keep), browser.rows_and_pages());
    browser.lose(|_, _| true);
    let keep = browser.open();
    let recovered = keep
        .report()
        .recovered
        .clone()
        .expect("something was recovered");
    assert!(recovered.wiped && recovered.rows > 3 && recovered.pages > 3);
    assert!(!keep.report().created);
    assert_eq!(contents(&keep), want);
    assert_eq!(browser.rows_and_pages(), before);
    assert_eq!(browser.open().report().recovered, None);
}

#[test]
fn a_wiped_medium_is_built_again_after_the_log_was_shortened() {
    let browser = Browser::default();
    let keep = browser.open();
    fill(&keep);
    now(keep.maintain(i64::MAX)).unwrap();
    fill(&keep);
    keep.close();
    let keep = browser.open();
    now(keep.worlds().create("There")).unwrap();
    now(keep.maintain(i64::MAX)).unwrap();
    let (want, before) = (contents(&keep), browser.rows_and_pages());
    browser.lose(|_, _| true);
    assert_eq!(contents(&browser.open()), want);
    assert_eq!(browser.rows_and_pages(), before);
}

#[test]
fn a_keep_that_had_no_second_copy_gets_a_complete_one() {
    let browser = Browser::default();
    let alone = now(Keep::open(
        Rc::new(browser.medium.clone()),
        clock(),
        Rc::new(|_, _| {}),
    ))
    .unwrap();
    assert_eq!(alone.second_copy(), SecondCopy::Off);
    fill(&alone);
    let keep = browser.open();
    now(keep.maintain(i64::MAX)).unwrap();
    let want = contents(&keep);
    browser.lose(|_, _| true);
    assert_eq!(contents(&browser.open()), want);
}

#[test]
fn lost_tails_of_the_medium_come_back_also_at_the_second_opening() {
    for openings in [1, 2] {
        let browser = Browser::default();
        let keep = browser.open();
        fill(&keep);
        let (want, before) = (contents(&keep), browser.rows_and_pages());
        for _ in 1..openings {
            browser.open();
        }
        let lost = browser.lose(|table, key| {
            table == Table::Pages
                || (table == Table::Rows
                    && key.text(0) != "characters"
                    && key.text(0) != "versions")
        });
        let keep = browser.open();
        let recovered = keep
            .report()
            .recovered
            .clone()
            .expect("something was recovered");
        assert_eq!(recovered.rows + recovered.pages, lost as u64);
        assert!(!recovered.wiped);
        assert_eq!(contents(&keep), want);
        assert_eq!(browser.rows_and_pages(), before);
    }
}

#[test]
fn rows_that_went_back_in_time_come_forward_again() {
    let browser = Browser::default();
    let keep = browser.open();
    let id = now(keep.worlds().create("Here")).unwrap()["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let old = browser.medium.dump();
    now(keep.worlds().set_stat(&id, "health", "7", None)).unwrap();
    let want = contents(&keep);
    for (table, key, value) in old {
        browser.medium.plant(table, key, value);
    }
    let keep = browser.open();
    assert!(keep.report().recovered.is_some());
    assert_eq!(contents(&keep), want);
}

#[test]
fn a_torn_end_of_the_log_costs_only_the_save_that_was_torn() {
    for torn in [1, 3, 5, 100, 250] {
        let browser = Browser::default();
        let keep = browser.open();
        fill(&keep);
        let want = contents(&keep);
        now(keep.worlds().create("Torn")).unwrap();
        browser.redo.tear(torn);
        browser.lose(|_, _| true);
        assert_eq!(contents(&browser.open()), want, "{torn}");
    }
}

#[test]
fn a_log_that_lost_its_end_is_complete_again_soon_after_opening() {
    for torn in [1, 300, 5000] {
        let browser = Browser::default();
        let keep = browser.open();
        fill(&keep);
        drop(keep);
        // As after a power loss: the medium has what the log lost.
        browser.redo.tear(torn);
        let keep = browser.open();
        assert_eq!(keep.second_copy(), SecondCopy::CatchingUp, "{torn}");
        assert!(keep.is_maintenance_due());
        // What is built on it now needs it.
        let chats = now(keep.list(Domain::Chats, false)).unwrap();
        let chat = chats["items"][0]["id"].as_str().unwrap();
        let chat = now(keep.chats().open(chat)).unwrap();
        let message = json!({ "name": "You", "role": "user", "text": "afterwards" });
        now(chat.append(&Document::parse(&message.to_string()).unwrap())).unwrap();
        let want = contents(&keep);
        now(keep.maintain(i64::MAX)).unwrap();
        assert_eq!(keep.second_copy(), SecondCopy::On, "{torn}");
        browser.lose(|_, _| true);
        assert_eq!(contents(&browser.open()), want, "{torn}");
    }
}

#[test]
fn what_was_removed_does_not_come_back() {
    let browser = Browser::default();
    let keep = browser.open();
    let chat = now(keep.chats().create(r#"{"title":"t"}"#)).unwrap();
    let chat = now(keep.chats().open(chat["id"].as_str().unwrap())).unwrap();
    for n in 0..70 {
        let message = json!({ "name": "You", "role": "user", "text": format!("{n}") });
        now(chat.append(&Document::parse(&message.to_string()).unwrap())).unwrap();
    }
    let tails = |browser: &Browser| {
        browser
            .rows_and_pages()
            .iter()
            .filter(|(_, key, _)| key.text(0) == "tail")
            .count()
    };
    let before = tails(&browser);
    assert!(before < 10);
    browser.lose(|_, _| true);
    browser.open();
    assert_eq!(tails(&browser), before);
}

#[test]
fn rot_in_the_log_is_not_put_back_and_hides_nothing_else() {
    let browser = Browser::default();
    let keep = browser.open();
    fill(&keep);
    let rows = now(keep.list(Domain::Worlds, false)).unwrap();
    browser.redo.rot("\"name\":\"Here\"");
    browser.lose(|_, _| true);
    let keep = browser.open();
    assert_eq!(
        now(keep.list(Domain::Characters, false)).unwrap()["items"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    assert_ne!(now(keep.list(Domain::Worlds, false)).unwrap(), rows);
}

/// A log that fails.
struct Broken;

impl Redo for Broken {
    fn files(&self) -> Pending<'_, Vec<RedoFile>> {
        Box::pin(async { Ok(Vec::new()) })
    }
    fn read<'a>(&'a self, _: &'a str, _: u64, _: u64) -> Pending<'a, Vec<u8>> {
        Box::pin(async { Err(cardkeep::error::Kind::Medium.because("broken")) })
    }
    fn append<'a>(&'a self, _: &'a str, _: Vec<u8>, _: bool) -> Pending<'a, ()> {
        Box::pin(async { Err(cardkeep::error::Kind::Quota.because("full")) })
    }
    fn remove<'a>(&'a self, _: &'a str) -> Pending<'a, ()> {
        Box::pin(async { Ok(()) })
    }
    fn note(&self) -> Pending<'_, Option<Vec<u8>>> {
        Box::pin(async { Ok(None) })
    }
    fn set_note(&self, _: Vec<u8>) -> Pending<'_, ()> {
        Box::pin(async { Ok(()) })
    }
    fn close(&self) {}
}

#[test]
fn a_failing_second_copy_costs_no_save_and_is_told() {
    let medium = MemoryMedium::new();
    let options = Options {
        redo: Some(Rc::new(Broken)),
        ..clock()
    };
    let keep = now(Keep::open(
        Rc::new(medium.clone()),
        options,
        Rc::new(|_, _| {}),
    ))
    .unwrap();
    fill(&keep);
    assert!(matches!(keep.second_copy(), SecondCopy::Failing { .. }));
    assert_eq!(
        now(keep.list(Domain::Worlds, false)).unwrap()["items"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

#[test]
fn what_is_made_again_after_the_clock_was_set_back_is_not_taken_for_what_was_removed() {
    const DAY: i64 = 86_400_000;
    let browser = Browser::default();
    let time = Rc::new(Cell::new(1_700_000_000_000));
    let open = || {
        let time = Rc::clone(&time);
        browser.open_with(Rc::new(move || time.replace(time.get() + 1)))
    };
    let id = "made-again";
    let make = |keep: &Keep, name: &str| {
        let card = json!({ "spec": "chara_card_v2", "data": { "name": name } });
        let put = PutDocument {
            given: Given::Document(card.to_string().into_bytes()),
            id: Some(id.to_owned()),
            if_rev: None,
            image: None,
        };
        now(keep.put_many(Domain::Characters, &[put], Write::default())).unwrap();
    };
    let name = |keep: &Keep| {
        let entry = now(keep.entry(Domain::Characters, id)).unwrap();
        entry.map(|entry| entry["name"].as_str().unwrap().to_owned())
    };
    for round in 0..4 {
        // It went with the tabs that knew the time of before, two of them at once.
        let (one, two) = (open(), open());
        make(&one, "first");
        make(&two, "second");
        now(two.trash_can().delete(Domain::Characters, id, None)).unwrap();
        drop((one, two));
        time.set(time.get() - DAY);
        let keep = open();
        make(&keep, "again");
        now(keep.maintain(0)).unwrap();
        assert_eq!(name(&keep).as_deref(), Some("again"), "{round}");
        drop(keep);
        let keep = open();
        assert_eq!(name(&keep).as_deref(), Some("again"), "{round}");
        browser.lose(|_, _| true);
        let keep = open();
        assert_eq!(name(&keep).as_deref(), Some("again"), "{round}");
        now(keep.trash_can().delete(Domain::Characters, id, None)).unwrap();
        drop(keep);
        browser.lose(|_, _| true);
        assert_eq!(name(&open()), None, "{round}");
    }
}
