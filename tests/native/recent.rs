//! A record that was seen lately is changed without being read again, and never over
//! what others wrote meanwhile.

use crate::keep::open;
use crate::turn::now;
use cardkeep::error::{Kind, Limits};
use cardkeep::json::Document;
use cardkeep::keep::{Domain, Keep};
use cardkeep::store::MemoryMedium;
use serde_json::{Value, json};

fn patch(keep: &Keep, id: &str, value: Value) -> cardkeep::error::Result<Value> {
    let patch = Document::parse(&value.to_string()).unwrap();
    now(keep.characters().patch(id, &patch, None))
}

fn card(keep: &Keep, id: &str) -> Value {
    let document = now(keep.characters().document(id)).unwrap();
    serde_json::from_str(&document.to_strict()).unwrap()
}

fn two() -> (Keep, Keep, String) {
    let medium = MemoryMedium::new();
    let (one, other) = (open(&medium), open(&medium));
    let written = br#"{"name":"Ann","description":"d","first_mes":"Hi"}"#;
    let item = now(one.characters().import(written, &Limits::default())).unwrap();
    let id = item["entry"]["id"].as_str().unwrap().to_owned();
    (one, other, id)
}

#[test]
fn what_another_tab_changed_meanwhile_stays() {
    let (one, other, id) = two();
    patch(&one, &id, json!({"name": "Bea"})).unwrap();
    patch(&other, &id, json!({"description": "theirs"})).unwrap();
    // `one` remembers the record as it was before that.
    patch(&one, &id, json!({"first_mes": "Ho"})).unwrap();
    let card = card(&other, &id);
    assert_eq!(
        [&card["name"], &card["description"], &card["first_mes"]],
        ["Bea", "theirs", "Ho"]
    );
    let revs: Vec<u64> = now(one.history(Domain::Characters, &id))
        .unwrap()
        .as_array()
        .unwrap()
        .iter()
        .map(|version| version["rev"].as_u64().unwrap())
        .collect();
    assert_eq!(revs, [3, 2, 1], "every state before is kept");
}

#[test]
fn what_another_tab_removed_or_took_back_is_seen() {
    let (one, other, id) = two();
    patch(&one, &id, json!({"name": "Bea"})).unwrap();
    now(other.trash(Domain::Characters, &id, None)).unwrap();
    let refused = patch(&one, &id, json!({"name": "Cid"})).unwrap_err();
    assert_eq!(refused.kind(), Kind::NotFound);
    now(one.restore(Domain::Characters, &id)).unwrap();
    now(one.trash(Domain::Characters, &id, None)).unwrap();
    now(other.restore(Domain::Characters, &id)).unwrap();
    patch(&one, &id, json!({"name": "Dan"})).unwrap();
    assert_eq!(card(&other, &id)["name"], "Dan");
}
