//! The trash: brought back, removed for good, expired; and what is gone stays gone.

use crate::redo::Browser;
use crate::turn::now;
use cardkeep::error::Kind;
use cardkeep::json::Document;
use cardkeep::keep::{Domain, Keep};
use cardkeep::store::*;
use serde_json::json;
use std::cell::Cell;
use std::rc::Rc;

fn world(keep: &Keep, name: &str) -> String {
    let entry = now(keep.worlds().create(name)).unwrap();
    let id = entry["id"].as_str().unwrap().to_owned();
    now(keep.worlds().set_stat(&id, "health", "7", None)).unwrap();
    id
}

fn rows_of(browser: &Browser, id: &str) -> usize {
    let rows = browser.medium.dump();
    let rows = rows.iter().filter(|(table, ..)| *table == Table::Rows);
    rows.filter(|(_, key, _)| key.text(1).ends_with(id)).count()
}

#[test]
fn the_trash_lists_every_domain_and_gives_back_what_it_holds() {
    let keep = Browser::default().open();
    let id = world(&keep, "Here");
    let chat = now(keep.chats().create(r#"{"title":"t"}"#)).unwrap();
    let chat = chat["id"].as_str().unwrap();
    now(keep.trash(Domain::Worlds, &id, None)).unwrap();
    now(keep.trash(Domain::Chats, chat, None)).unwrap();
    let listing = now(keep.trash_can().list()).unwrap();
    let told: Vec<_> = listing["items"].as_array().unwrap().iter().collect();
    assert_eq!(told.len(), 2);
    assert_eq!(
        (&told[0]["domain"], &told[0]["title"]),
        (&json!("chats"), &json!("t"))
    );
    assert_eq!(
        (&told[1]["domain"], &told[1]["name"]),
        (&json!("worlds"), &json!("Here"))
    );
    now(keep.restore(Domain::Worlds, &id)).unwrap();
    let left = now(keep.trash_can().list()).unwrap();
    assert_eq!(left["items"].as_array().unwrap().len(), 1);
}

#[test]
fn what_is_typed_for_a_chat_goes_with_it_and_no_sooner() {
    let browser = Browser::default();
    let keep = browser.open();
    let chat = || {
        let made = now(keep.chats().create(r#"{"title":"t"}"#)).unwrap();
        let id = made["id"].as_str().unwrap().to_owned();
        now(keep.journal().set_unsent(&id, r#""half a sentence""#)).unwrap();
        id
    };
    let typed = |id: &str| now(keep.journal().unsent(id)).unwrap();
    let [gone, deleted, emptied, stays] = [chat(), chat(), chat(), chat()];
    for id in [&deleted, &emptied, &stays] {
        now(keep.trash(Domain::Chats, id, None)).unwrap();
        assert_eq!(typed(id), r#""half a sentence""#);
    }
    now(keep.restore(Domain::Chats, &stays)).unwrap();
    now(keep.trash_can().delete(Domain::Chats, &gone, None)).unwrap();
    now(keep
        .trash_can()
        .delete_trashed(Domain::Chats, &deleted, None))
    .unwrap();
    assert_eq!(now(keep.trash_can().empty()).unwrap(), 1);
    let removed = [gone, deleted, emptied];
    for id in &removed {
        assert_eq!((typed(id).as_str(), rows_of(&browser, id)), (r#""""#, 0));
    }
    assert_eq!(typed(&stays), r#""half a sentence""#);
    drop(keep);
    browser.lose(|_, _| true);
    let keep = browser.open();
    let kept = |id: &str| now(keep.journal().unsent(id)).unwrap();
    assert_eq!(kept(&stays), r#""half a sentence""#);
    let rows: usize = removed.iter().map(|id| rows_of(&browser, id)).sum();
    assert_eq!((rows, rows_of(&browser, &stays)), (0, 2));
}

#[test]
fn what_is_removed_for_good_is_gone_with_its_versions_and_hides_nothing_else() {
    let browser = Browser::default();
    let keep = browser.open();
    let (gone, stays) = (world(&keep, "Gone"), world(&keep, "Stays"));
    assert_eq!(rows_of(&browser, &gone), 2);
    let conflict = now(keep.trash_can().delete(Domain::Worlds, &gone, Some(1))).unwrap_err();
    assert_eq!(
        (conflict.kind(), conflict.found()),
        (Kind::Conflict, Some(2))
    );
    now(keep.trash_can().delete(Domain::Worlds, &gone, Some(2))).unwrap();
    assert_eq!(
        (rows_of(&browser, &gone), rows_of(&browser, &stays)),
        (0, 2)
    );
    assert_eq!(now(keep.entry(Domain::Worlds, &gone)).unwrap(), None);
    let again = now(keep.trash_can().delete(Domain::Worlds, &gone, None)).unwrap_err();
    assert_eq!(again.kind(), Kind::NotFound);
}

#[test]
fn what_was_removed_for_good_never_comes_back_from_the_second_copy() {
    for (copied, wiped) in [(false, false), (false, true), (true, false), (true, true)] {
        let browser = Browser::default();
        let keep = browser.open();
        let id = world(&keep, "Gone");
        let stays = world(&keep, "Stays");
        if copied {
            now(keep.maintain(i64::MAX)).unwrap();
        }
        let before = browser.medium.dump();
        now(keep.trash(Domain::Worlds, &id, None)).unwrap();
        now(keep.trash_can().empty()).unwrap();
        for opening in 0..3 {
            if wiped {
                browser.lose(|_, _| true);
            } else if opening == 1 {
                // The medium goes back to before the removal, as a lost tail of its own log does.
                for (table, key, value) in before.clone() {
                    browser.medium.plant(table, key, value);
                }
            }
            let keep = browser.open();
            assert_eq!(
                now(keep.entry(Domain::Worlds, &id)).unwrap(),
                None,
                "{copied} {wiped}"
            );
            assert!(now(keep.entry(Domain::Worlds, &stays)).unwrap().is_some());
            assert_eq!(now(keep.trash_can().list()).unwrap()["items"], json!([]));
        }
    }
}

#[test]
fn the_trash_expires_after_the_days_that_are_set() {
    let browser = Browser::default();
    let time = Rc::new(Cell::new(1_700_000_000_000));
    let keep = {
        let time = Rc::clone(&time);
        browser.open_with(Rc::new(move || time.replace(time.get() + 1)))
    };
    let (old, new) = (world(&keep, "Old"), world(&keep, "New"));
    now(keep.trash(Domain::Worlds, &old, None)).unwrap();
    time.set(time.get() + 20 * 86_400_000);
    now(keep.trash(Domain::Worlds, &new, None)).unwrap();
    assert_eq!(now(keep.trash_can().expire()).unwrap(), 0);
    time.set(time.get() + 11 * 86_400_000);
    assert_eq!(now(keep.trash_can().expire()).unwrap(), 1);
    assert_eq!((rows_of(&browser, &old), rows_of(&browser, &new)), (0, 2));
    now(keep.settings().patch(&json!({ "trashDays": 0 }))).unwrap();
    time.set(time.get() + 1_000 * 86_400_000);
    assert_eq!(now(keep.trash_can().expire()).unwrap(), 0);
}

#[test]
fn a_pinned_version_stays_when_the_others_give_way() {
    let browser = Browser::default();
    let keep = browser.open();
    now(keep.settings().patch(&json!({ "versionsKept": 2 }))).unwrap();
    let id = world(&keep, "Here");
    now(keep.pin_version(Domain::Worlds, &id, 1, true)).unwrap();
    for n in 0..20 {
        now(keep.worlds().set_stat(&id, "health", &n.to_string(), None)).unwrap();
    }
    let kept = |keep: &Keep| {
        let history = now(keep.history(Domain::Worlds, &id)).unwrap();
        let told = history.as_array().unwrap().iter();
        told.map(|it| (it["rev"].as_u64().unwrap(), it["pinned"] == true))
            .collect::<Vec<_>>()
    };
    assert_eq!(kept(&keep), [(22, false), (21, false), (1, true)]);
    now(keep.pin_version(Domain::Worlds, &id, 1, false)).unwrap();
    now(keep.worlds().set_stat(&id, "health", "0", None)).unwrap();
    assert_eq!(kept(&keep), [(24, false), (22, false)]);
    let missing = now(keep.pin_version(Domain::Worlds, &id, 1, true)).unwrap_err();
    assert_eq!(missing.kind(), Kind::NotFound);
}

#[test]
fn an_older_state_of_a_chat_stays_whole_when_the_chat_goes_on() {
    let keep = Browser::default().open();
    let chat = now(keep.chats().create(r#"{"title":"t"}"#)).unwrap();
    let id = chat["id"].as_str().unwrap().to_owned();
    let chat = now(keep.chats().open(&id)).unwrap();
    let append = |from: u64, to: u64| {
        for n in from..to {
            let message = json!({ "name": "You", "role": "user", "text": format!("m{n}") });
            now(chat.append(&Document::parse(&message.to_string()).unwrap())).unwrap();
        }
    };
    append(0, 70);
    let rev = chat.entry()["rev"].as_u64().unwrap();
    now(chat.edit(3, &Document::parse(r#"{"text":"edited"}"#).unwrap(), None)).unwrap();
    append(70, 140);
    now(keep.restore_version(Domain::Chats, &id, rev)).unwrap();
    let page: serde_json::Value = serde_json::from_str(&now(chat.page(0, 1000)).unwrap()).unwrap();
    let texts: Vec<_> = page
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["text"].as_str().unwrap())
        .collect();
    assert_eq!(texts, (0..70).map(|n| format!("m{n}")).collect::<Vec<_>>());
}
