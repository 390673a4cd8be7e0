//! What changes of several records at once promise, over the memory medium.

use crate::store::clock;
use crate::turn::now;
use cardkeep::error::{Kind, Place, Result};
use cardkeep::json::Document;
use cardkeep::keep::{Domain, Given, Keep, PatchDocument, PutDocument, Target};
use cardkeep::store::*;
use serde_json::{Value as Json, json};
use std::cell::RefCell;
use std::rc::Rc;

fn open(medium: &MemoryMedium) -> Keep {
    let keep = Keep::open(
        Rc::new(medium.clone()),
        clock(),
        Rc::new(|_: &str, _: &[String]| {}),
    );
    now(keep).expect("the medium opens")
}

fn values(value: Json) -> Document {
    Document::parse(&value.to_string()).unwrap()
}

fn card(id: Option<&str>, name: &str) -> PutDocument {
    PutDocument {
        given: Given::Values(values(json!({ "name": name }))),
        id: id.map(str::to_owned),
        if_rev: None,
        image: None,
    }
}

fn rename(id: &str, name: &str, if_rev: Option<u64>) -> PatchDocument {
    PatchDocument {
        id: id.to_owned(),
        patch: values(json!({ "name": name })),
        if_rev,
    }
}

fn put(keep: &Keep, puts: &[PutDocument]) -> Result<Vec<Json>> {
    now(keep.put_many(Domain::Characters, puts, Write::default()))
}

fn patch(keep: &Keep, patches: &[PatchDocument]) -> Result<Vec<Json>> {
    now(keep.patch_many(Domain::Characters, patches, Write::default()))
}

fn name(keep: &Keep, id: &str) -> Option<String> {
    let entry = now(keep.entry(Domain::Characters, id)).unwrap()?;
    Some(entry["name"].as_str().unwrap().to_owned())
}

fn history(keep: &Keep, id: &str) -> Vec<u64> {
    let kept = now(keep.history(Domain::Characters, id)).unwrap();
    let revs = kept.as_array().unwrap().iter();
    revs.map(|one| one["rev"].as_u64().unwrap()).collect()
}

fn length(keep: &Keep, trashed: bool) -> usize {
    let list = now(keep.list(Domain::Characters, trashed)).unwrap();
    list["items"].as_array().unwrap().len()
}

#[test]
fn the_entries_come_in_the_order_they_were_given() {
    let keep = open(&MemoryMedium::new());
    let puts: Vec<PutDocument> = (0..300).map(|n| card(None, &format!("C{n}"))).collect();
    let entries = put(&keep, &puts).unwrap();
    for (n, entry) in entries.iter().enumerate() {
        assert_eq!(
            (&entry["name"], &entry["rev"]),
            (&json!(format!("C{n}")), &json!(1))
        );
    }
    assert_eq!(length(&keep, false), 300);
}

#[test]
fn listeners_hear_of_every_record_of_a_batch_once() {
    let told: Rc<RefCell<Vec<Vec<String>>>> = Rc::default();
    let tell = Rc::clone(&told);
    let observer = move |_: &str, ids: &[String]| tell.borrow_mut().push(ids.to_vec());
    let medium = Rc::new(MemoryMedium::new());
    let keep = now(Keep::open(medium, clock(), Rc::new(observer))).unwrap();
    put(&keep, &[card(Some("b"), "B"), card(Some("a"), "A")]).unwrap();
    assert_eq!(*told.borrow(), [["a", "b"]]);
}

#[test]
fn one_that_fails_keeps_all_out_and_is_named() {
    let keep = open(&MemoryMedium::new());
    put(&keep, &[card(Some("a"), "A"), card(Some("b"), "B")]).unwrap();
    let wrong = PatchDocument {
        id: "b".into(),
        patch: values(json!({ "name": 5 })),
        if_rev: None,
    };
    let error = patch(&keep, &[rename("a", "New", None), wrong]).unwrap_err();
    assert_eq!(error.kind(), Kind::Invalid);
    assert_eq!(error.subject().unwrap().id, "b");
    assert_eq!(error.place(), Some(Place::Item(1)));
    let missing = patch(
        &keep,
        &[rename("nobody", "New", None), rename("a", "New", None)],
    );
    let missing = missing.unwrap_err();
    assert_eq!(
        (missing.kind(), missing.place()),
        (Kind::NotFound, Some(Place::Item(0)))
    );
    let twice = patch(
        &keep,
        &[rename("a", "New", None), rename("a", "Newer", None)],
    )
    .unwrap_err();
    assert_eq!(
        (twice.kind(), twice.place()),
        (Kind::Invalid, Some(Place::Item(1)))
    );
    assert_eq!(name(&keep, "a").unwrap(), "A");
}

#[test]
fn a_conflict_tells_its_base_also_when_an_older_state_was_pinned_meanwhile() {
    let keep = open(&MemoryMedium::new());
    put(&keep, &[card(Some("a"), "One")]).unwrap();
    patch(&keep, &[rename("a", "Two", None)]).unwrap();
    now(keep.pin_version(Domain::Characters, "a", 1, true)).unwrap();
    assert_eq!(history(&keep, "a"), [1]);
    patch(&keep, &[rename("a", "Three", None)]).unwrap();
    let error = patch(&keep, &[rename("a", "Mine", Some(2))]).unwrap_err();
    assert_eq!(error.kind(), Kind::Conflict);
    let base = error.sides().unwrap().base.clone().expect("it is told");
    let base: Json = serde_json::from_str(&base).unwrap();
    assert_eq!(base["name"], "Two");
}

#[test]
fn a_conflict_carries_what_stood_against_each_other() {
    let keep = open(&MemoryMedium::new());
    put(&keep, &[card(Some("a"), "One"), card(Some("b"), "B")]).unwrap();
    patch(&keep, &[rename("a", "Two", Some(1))]).unwrap();
    let error = patch(
        &keep,
        &[rename("b", "New", Some(1)), rename("a", "Three", Some(1))],
    );
    let error = error.unwrap_err();
    assert_eq!((error.kind(), error.found()), (Kind::Conflict, Some(2)));
    assert_eq!(error.place(), Some(Place::Item(1)));
    let sides = error.sides().unwrap();
    let name = |side: &Option<String>| {
        let card: Json = serde_json::from_str(side.as_deref().unwrap()).unwrap();
        card["name"].as_str().unwrap().to_owned()
    };
    assert_eq!(
        [&sides.base, &sides.mine, &sides.theirs].map(name),
        ["One", "Three", "Two"]
    );
    assert_eq!(length(&keep, false), 2);
}

#[test]
fn a_conflict_has_its_base_also_where_the_revision_was_saved_again_unchanged() {
    let name = |side: &Option<String>| {
        let card: Json = serde_json::from_str(side.as_deref()?).unwrap();
        Some(card["name"].as_str()?.to_owned())
    };
    let medium = MemoryMedium::new();
    let keep = open(&medium);
    put(&keep, &[card(Some("a"), "One")]).unwrap();
    let stale = |rev| {
        let error = patch(&open(&medium), &[rename("a", "Mine", Some(rev))]).unwrap_err();
        let sides = error.sides().unwrap();
        let sides = [&sides.base, &sides.mine, &sides.theirs].map(name);
        sides.map(|side| side.unwrap_or_default())
    };
    for _ in 0..3 {
        patch(&keep, &[rename("a", "One", None)]).unwrap();
    }
    // What is there now says what was read.
    assert_eq!(stale(2), ["One", "Mine", "One"]);
    patch(&keep, &[rename("a", "Two", None)]).unwrap();
    assert_eq!(history(&keep, "a"), [4]);
    for rev in 1..=4 {
        assert_eq!(stale(rev), ["One", "Mine", "Two"], "{rev}");
    }
    // One that said something else and is not kept has no base.
    patch(&keep, &[rename("a", "Three", None)]).unwrap();
    patch(&keep, &[rename("a", "Three", None)]).unwrap();
    assert_eq!(history(&keep, "a"), [5, 4]);
    assert_eq!(stale(5), ["Two", "Mine", "Three"]);
    assert_eq!(stale(6), ["Three", "Mine", "Three"]);
    now(keep.settings().patch(&json!({ "versionsKept": 0 }))).unwrap();
    patch(&keep, &[rename("a", "Four", None)]).unwrap();
    assert_eq!(stale(7), ["", "Mine", "Four"]);
}

#[test]
fn a_conflict_has_its_base_also_where_the_record_was_in_the_trash_since() {
    let name = |side: &Option<String>| {
        let card: Json = serde_json::from_str(side.as_deref()?).unwrap();
        Some(card["name"].as_str()?.to_owned())
    };
    let keep = open(&MemoryMedium::new());
    let trash = || {
        let targets = [Target::of("a")];
        now(keep.trash_many(Domain::Characters, &targets, Write::default())).unwrap();
    };
    let restore = || {
        now(keep.restore(Domain::Characters, "a")).unwrap();
    };
    let stale = |rev| {
        let error = patch(&keep, &[rename("a", "Mine", Some(rev))]).unwrap_err();
        assert_eq!(error.kind(), Kind::Conflict);
        let sides = error.sides().unwrap();
        let sides = [&sides.base, &sides.mine, &sides.theirs].map(name);
        sides.map(|side| side.unwrap_or_default())
    };
    put(&keep, &[card(Some("a"), "One")]).unwrap();
    patch(&keep, &[rename("a", "Two", None)]).unwrap();
    trash();
    restore();
    // Revisions 2 to 4 say the same, there and after it was changed.
    for rev in [2, 3] {
        assert_eq!(stale(rev), ["Two", "Mine", "Two"], "{rev}");
    }
    trash();
    restore();
    patch(&keep, &[rename("a", "Three", None)]).unwrap();
    assert_eq!(stale(1), ["One", "Mine", "Three"]);
    for rev in 2..=6 {
        assert_eq!(stale(rev), ["Two", "Mine", "Three"], "{rev}");
    }
    assert_eq!(history(&keep, "a"), [6, 1]);
    // Put anew while it lay in the trash.
    trash();
    put(&keep, &[card(Some("a"), "Four")]).unwrap();
    for rev in [7, 8] {
        assert_eq!(stale(rev), ["Three", "Mine", "Four"], "{rev}");
    }
}

#[test]
fn a_record_that_another_changed_is_not_put_in_the_trash_unseen() {
    let keep = open(&MemoryMedium::new());
    put(&keep, &[card(Some("a"), "One")]).unwrap();
    patch(&keep, &[rename("a", "Two", Some(1))]).unwrap();
    let stale = Target {
        id: "a".to_owned(),
        if_rev: Some(1),
    };
    let error = now(keep.trash_many(Domain::Characters, &[stale], Write::default()));
    let error = error.unwrap_err();
    assert_eq!((error.kind(), error.found()), (Kind::Conflict, Some(2)));
    let sides = error.sides().unwrap();
    let name = |side: &Option<String>| {
        let card: Json = serde_json::from_str(side.as_deref().unwrap()).unwrap();
        card["name"].as_str().unwrap().to_owned()
    };
    assert_eq!([&sides.base, &sides.theirs].map(name), ["One", "Two"]);
    assert_eq!(sides.mine, None);
    assert_eq!(length(&keep, false), 1);
}

#[test]
fn revision_0_asks_for_a_new_record() {
    let keep = open(&MemoryMedium::new());
    let mut new = card(Some("a"), "A");
    new.if_rev = Some(0);
    put(&keep, std::slice::from_ref(&new)).unwrap();
    assert_eq!(put(&keep, &[new]).unwrap_err().kind(), Kind::Conflict);
    let mut old = card(Some("nobody"), "N");
    old.if_rev = Some(3);
    assert_eq!(put(&keep, &[old]).unwrap_err().kind(), Kind::NotFound);
}

#[test]
fn the_states_before_a_batch_are_kept_and_can_come_back() {
    let keep = open(&MemoryMedium::new());
    put(&keep, &[card(Some("a"), "A"), card(Some("b"), "B")]).unwrap();
    patch(&keep, &[rename("a", "X", None), rename("b", "Y", None)]).unwrap();
    for (id, was) in [("a", "A"), ("b", "B")] {
        let kept = now(keep.history(Domain::Characters, id)).unwrap();
        assert_eq!(kept[0]["rev"], json!(1));
        now(keep.restore_version(Domain::Characters, id, 1)).unwrap();
        assert_eq!(name(&keep, id).unwrap(), was);
    }
}

#[test]
fn a_put_changes_only_what_says_something_else() {
    let keep = open(&MemoryMedium::new());
    let text = r#"{ "spec": "chara_card_v2",  "spec_version": "2.0", "own": 1.50,
        "data": { "name": "Ann", "description": "d", "extensions": { "x": {} } } }"#;
    let whole = PutDocument {
        given: Given::Document(text.as_bytes().to_vec()),
        ..card(Some("a"), "")
    };
    put(&keep, &[whole]).unwrap();
    put(&keep, &[card(Some("a"), "Bea")]).unwrap();
    let document = now(keep.characters().document("a")).unwrap();
    let kept = std::str::from_utf8(document.bytes()).unwrap();
    assert!(kept.contains(r#""own": 1.50"#), "{kept}");
    assert!(kept.contains(r#""extensions": { "x": {} }"#), "{kept}");
    let card = now(keep.characters().get("a")).unwrap().unwrap();
    let card: Json = serde_json::from_str(&card).unwrap();
    assert_eq!(
        (&card["card"]["name"], &card["card"]["description"]),
        (&json!("Bea"), &json!(""))
    );
}

#[test]
fn several_go_to_the_trash_and_come_back_together_or_not_at_all() {
    let keep = open(&MemoryMedium::new());
    put(&keep, &[card(Some("a"), "A"), card(Some("b"), "B")]).unwrap();
    let trash =
        |targets: &[Target]| now(keep.trash_many(Domain::Characters, targets, Write::default()));
    let stale = Target {
        if_rev: Some(7),
        ..Target::of("b")
    };
    for (wrong, kind) in [
        (Target::of("nobody"), Kind::NotFound),
        (stale, Kind::Conflict),
        (Target::of("a"), Kind::Invalid),
    ] {
        let error = trash(&[Target::of("a"), wrong]).unwrap_err();
        assert_eq!((error.kind(), error.place()), (kind, Some(Place::Item(1))));
    }
    assert_eq!(length(&keep, false), 2);
    let both = [Target::of("a"), Target::of("b")];
    trash(&both).unwrap();
    assert_eq!((length(&keep, false), length(&keep, true)), (0, 2));
    let restored = now(keep.restore_many(Domain::Characters, &both, Write::default())).unwrap();
    assert_eq!(restored[1]["name"], json!("B"));
    assert_eq!(length(&keep, false), 2);
}

#[test]
fn nothing_at_all_is_no_change() {
    let keep = open(&MemoryMedium::new());
    assert_eq!(put(&keep, &[]).unwrap(), Vec::<Json>::new());
    now(keep.trash_many(Domain::Chats, &[], Write::default())).unwrap();
}

#[test]
fn a_batch_is_bounded() {
    let keep = open(&MemoryMedium::new());
    let puts: Vec<PutDocument> = (0..10_001).map(|_| card(None, "C")).collect();
    assert_eq!(put(&keep, &puts).unwrap_err().kind(), Kind::TooLarge);
    let long = "x".repeat(22 << 20);
    let large: Vec<PutDocument> = (0..3).map(|n| card(None, &format!("{n}{long}"))).collect();
    let error = put(&keep, &large).unwrap_err();
    assert_eq!(
        (error.kind(), error.place()),
        (Kind::TooLarge, Some(Place::Item(2)))
    );
    assert_eq!(length(&keep, false), 0);
}

#[test]
fn chats_have_no_documents_to_put() {
    let keep = open(&MemoryMedium::new());
    let error = now(keep.put_many(Domain::Chats, &[card(None, "C")], Write::default()));
    assert_eq!(error.unwrap_err().kind(), Kind::BadOption);
}

#[test]
fn messages_appended_together_are_as_if_appended_one_by_one() {
    let keep = open(&MemoryMedium::new());
    let message =
        |n: usize| values(json!({ "name": "You", "role": "user", "text": format!("m{n}") }));
    let entry = now(keep.chats().create(r#"{"title":"T"}"#)).unwrap();
    let chat = now(keep.chats().open(entry["id"].as_str().unwrap())).unwrap();
    let mut wanted = Vec::new();
    // Within the tail, over its end, over several segments, and again within the tail.
    for count in [3, 70, 1, 200, 62, 1, 1] {
        let from = wanted.len();
        wanted.extend((from..from + count).map(|n| format!("m{n}")));
        let messages: Vec<Document> = (from..from + count).map(message).collect();
        let kept = now(chat.append_many(&messages, Write::default())).unwrap();
        let last: Json = serde_json::from_str(kept.last().unwrap()).unwrap();
        assert_eq!(last["index"], json!(wanted.len() - 1));
    }
    let page: Json = serde_json::from_str(&now(chat.page(0, 1000)).unwrap()).unwrap();
    let texts: Vec<&str> = page
        .as_array()
        .unwrap()
        .iter()
        .map(|line| line["text"].as_str().unwrap())
        .collect();
    assert_eq!(texts, wanted);
    let wrong = [message(0), values(json!({ "role": "user" }))];
    let error = now(chat.append_many(&wrong, Write::default())).unwrap_err();
    assert_eq!(
        (error.kind(), error.place()),
        (Kind::Invalid, Some(Place::Item(1)))
    );
    let after: Json = serde_json::from_str(&now(chat.page(0, 1000)).unwrap()).unwrap();
    assert_eq!(after, page);
}
