//! The keep on IndexedDB: what the memory medium cannot show.

use crate::frozen;
use crate::idb::{fresh_name, open};
use cardkeep::error::{Kind, Limits};
use cardkeep::keep::{ChatImport, Domain, Keep};
use cardkeep::migrate;
use cardkeep::store::{Access, Burst, Key, Medium, Options, Put, Table, Value};
use std::rc::Rc;
use wasm_bindgen_test::wasm_bindgen_test;

const CARD: &[u8] = include_bytes!("../fixtures/cards/01_v1_before_idat.png");

async fn keep(name: &str) -> Keep {
    let options = Options {
        clock: Rc::new(|| js_sys::Date::now() as i64),
        redo: None,
        upgrade: None,
    };
    Keep::open(open(name).await, options, Rc::new(|_, _| {}))
        .await
        .expect("the keep opens")
}

fn id(item: &serde_json::Value) -> String {
    item["entry"]["id"]
        .as_str()
        .expect("an entry has an id")
        .to_owned()
}

#[wasm_bindgen_test]
async fn a_card_is_there_after_reopening_and_leaves_as_identical_bytes() {
    let name = fresh_name();
    let first = keep(&name).await;
    let id = id(&first
        .characters()
        .import(CARD, &Limits::default())
        .await
        .unwrap());
    first.close();
    let again = keep(&name).await;
    assert_eq!(
        again.export(Domain::Characters, &id).await.unwrap().bytes,
        CARD
    );
    assert!(again.characters().thumbnail(&id).await.unwrap().is_some());
}

#[wasm_bindgen_test]
async fn ten_thousand_messages_go_in_and_come_out_as_identical_bytes() {
    let mut log = String::from("{\"user_name\":\"You\",\"character_name\":\"Zoë\"}");
    for n in 0..10_000 {
        log += &format!(
            "\n{{\"name\":\"Zoë\",\"is_user\":false,\"mes\":\"message {n} {}\"}}",
            "word ".repeat(n % 100)
        );
    }
    let name = fresh_name();
    let imported = keep(&name)
        .await
        .chats()
        .import(log.as_bytes(), "z.jsonl", &ChatImport::default())
        .await
        .unwrap();
    let keep = keep(&name).await;
    let chat = keep.chats().open(&id(&imported[0])).await.unwrap();
    let page: serde_json::Value =
        serde_json::from_str(&chat.page(9_950, 10_000).await.unwrap()).unwrap();
    assert_eq!(page.as_array().unwrap().len(), 50);
    assert!(
        page[49]["text"]
            .as_str()
            .unwrap()
            .starts_with("message 9999 ")
    );
    assert_eq!(chat.bytes().await.unwrap(), log.as_bytes());
}

#[wasm_bindgen_test]
async fn a_frozen_keep_of_schema_1_is_lifted_in_indexeddb() {
    let name = fresh_name();
    let medium = open(&name).await;
    medium
        .write(&Burst {
            puts: frozen::values(frozen::SCHEMA_1),
            ..Burst::default()
        })
        .await
        .unwrap();
    medium.close();
    let lifted = keep(&name).await;
    let migrated = lifted.report().migrated.clone().expect("a migration ran");
    assert_eq!(
        (migrated.from, migrated.to, migrated.quarantined),
        (1, migrate::SCHEMA, 0)
    );
    let chats = lifted.list(Domain::Chats, false).await.unwrap();
    assert_eq!(chats["items"].as_array().unwrap().len(), 2);
    assert!(
        chats["items"]
            .as_array()
            .unwrap()
            .iter()
            .all(|chat| chat["characters"].is_array())
    );
    assert_eq!(lifted.backups().list().await.unwrap().len(), 1);
    lifted.close();
    assert_eq!(keep(&name).await.report().migrated, None);
}

#[wasm_bindgen_test]
async fn a_newer_keep_opens_read_only() {
    let name = fresh_name();
    keep(&name).await.worlds().create("Here").await.unwrap();
    let medium = open(&name).await;
    let stored = medium
        .read(Table::Meta, &[Key::meta("keep")])
        .await
        .unwrap()
        .remove(0)
        .unwrap();
    let mut meta: serde_json::Value = serde_json::from_slice(&stored.bytes).unwrap();
    meta["schema"] = (migrate::SCHEMA + 1).into();
    let value = Value::bytes(meta.to_string().into_bytes());
    let put = Put {
        table: Table::Meta,
        key: Key::meta("keep"),
        value,
    };
    medium
        .write(&Burst {
            puts: vec![put],
            ..Burst::default()
        })
        .await
        .unwrap();
    let newer = keep(&name).await;
    assert!(matches!(
        newer.access(),
        Access::ReadOnly {
            reason: "too-new",
            ..
        }
    ));
    assert_eq!(
        newer.list(Domain::Worlds, false).await.unwrap()["items"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    assert_eq!(
        newer.worlds().create("There").await.unwrap_err().kind(),
        Kind::ReadOnly
    );
}

#[wasm_bindgen_test]
async fn two_tabs_that_open_an_empty_keep_at_once_share_one() {
    let name = fresh_name();
    let (one, other) = cardkeep::store::both(keep(&name), keep(&name)).await;
    one.worlds().create("From one").await.unwrap();
    other.worlds().create("From the other").await.unwrap();
    let worlds = one.list(Domain::Worlds, false).await.unwrap();
    assert_eq!(worlds["items"].as_array().unwrap().len(), 2);
}
