//! The IndexedDB medium against real IndexedDB.

use cardkeep::error::Kind;
use cardkeep::store::{Burst, Key, Medium, Options, Put, Scan, Store, Table, Value};
use cardkeep::web::{IdbMedium, Listeners};
use std::cell::Cell;
use std::rc::Rc;
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test;

thread_local!(static DATABASES: Cell<u32> = const { Cell::new(0) });

/// A name that no earlier run has used.
pub fn fresh_name() -> String {
    let number = DATABASES.with(|count| count.replace(count.get() + 1));
    format!("test-{}-{number}", js_sys::Date::now())
}

fn silent() -> Listeners {
    Listeners {
        blocked: Rc::new(|| {}),
        ended: Rc::new(|_| {}),
    }
}

pub async fn open(name: &str) -> Rc<IdbMedium> {
    IdbMedium::open(name, 5_000.0, true, silent())
        .await
        .expect("the database opens")
}

macro_rules! over_indexeddb {
    ($($promise:ident)+) => {
        $(#[wasm_bindgen_test] async fn $promise() {
            crate::suite::$promise(&*open(&fresh_name()).await).await;
        })+
    };
}
crate::each_medium_promise!(over_indexeddb);

fn page(n: u64, bytes: Vec<u8>) -> Put {
    Put {
        table: Table::Pages,
        key: Key::page("part", "x", n),
        value: Value::bytes(bytes),
    }
}

#[wasm_bindgen_test]
async fn what_was_written_is_there_for_the_next_connection() {
    let name = fresh_name();
    let first = open(&name).await;
    first
        .write(&Burst {
            puts: vec![page(0, vec![1, 2, 3])],
            durable: true,
            ..Burst::default()
        })
        .await
        .unwrap();
    first.close();
    let found = open(&name)
        .await
        .scan(Scan::of(Table::Pages, []))
        .await
        .unwrap();
    assert_eq!(found[0].1.bytes, [1, 2, 3]);
}

#[wasm_bindgen_test]
async fn two_connections_see_each_others_writes() {
    let name = fresh_name();
    let (one, other) = (open(&name).await, open(&name).await);
    one.write(&Burst {
        puts: vec![page(0, vec![7])],
        ..Burst::default()
    })
    .await
    .unwrap();
    let found = other
        .read(Table::Pages, &[Key::page("part", "x", 0)])
        .await
        .unwrap();
    assert_eq!(found[0].as_ref().unwrap().bytes, [7]);
}

#[wasm_bindgen_test]
async fn a_burst_of_thousands_of_pages_is_written_and_read() {
    let medium = open(&fresh_name()).await;
    let puts = (0..2_000)
        .map(|n| page(n, n.to_le_bytes().to_vec()))
        .collect();
    medium
        .write(&Burst {
            puts,
            ..Burst::default()
        })
        .await
        .unwrap();
    let keys: Vec<Key> = (0..2_000).map(|n| Key::page("part", "x", n)).collect();
    let found = medium.read(Table::Pages, &keys).await.unwrap();
    assert!(
        found
            .iter()
            .zip(0_u64..)
            .all(|(value, n)| value.as_ref().unwrap().bytes == n.to_le_bytes())
    );
}

#[wasm_bindgen_test]
async fn another_tabs_upgrade_closes_the_connection_and_says_so() {
    let name = fresh_name();
    let closed = Rc::new(Cell::new(false));
    let told = Rc::clone(&closed);
    let listeners = Listeners {
        blocked: Rc::new(|| {}),
        ended: Rc::new(move |_| told.set(true)),
    };
    let medium = IdbMedium::open(&name, 5_000.0, true, listeners)
        .await
        .unwrap();
    raw_open(&name, 99, &[]).await;
    assert!(closed.get());
    assert_eq!(
        medium
            .scan(Scan::of(Table::Rows, []))
            .await
            .unwrap_err()
            .kind(),
        Kind::Closed
    );
}

#[wasm_bindgen_test]
async fn a_newer_structure_opens_as_it_is() {
    let name = fresh_name();
    let medium = open(&name).await;
    medium
        .write(&Burst {
            puts: vec![page(0, vec![5])],
            ..Burst::default()
        })
        .await
        .unwrap();
    medium.close();
    raw_open(&name, 2, &["later"]).await;
    let found = open(&name)
        .await
        .scan(Scan::of(Table::Pages, []))
        .await
        .unwrap();
    assert_eq!(found[0].1.bytes, [5]);
}

#[wasm_bindgen_test]
async fn opening_ends_in_time_when_something_is_in_the_way() {
    let name = fresh_name();
    let holder = raw_open_held(&name).await;
    // A deletion that waits for the holder queues every opening behind it.
    delete_pending(&name);
    let opened = IdbMedium::open(&name, 300.0, true, silent()).await;
    assert_eq!(opened.map(drop).unwrap_err().kind(), Kind::Timeout);
    close_held(&holder);
}

#[wasm_bindgen_test]
async fn a_keep_lives_in_indexeddb() {
    let name = fresh_name();
    let options = || Options {
        clock: Rc::new(|| js_sys::Date::now() as i64),
        redo: None,
        upgrade: None,
    };
    let store = Store::open(open(&name).await, options()).await.unwrap();
    assert!(store.report().created);
    store.close();
    let again = Store::open(open(&name).await, options()).await.unwrap();
    assert!(!again.report().created);
}

#[wasm_bindgen(inline_js = r#"
export function rawOpen(name, version, stores) {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(name, version);
    request.onupgradeneeded = () => stores.forEach((store) => request.result.createObjectStore(store));
    request.onsuccess = () => { request.result.close(); resolve(); };
    request.onerror = () => reject(request.error);
  });
}
export function rawOpenHeld(name) {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(name, 1);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
export function deletePending(name) { indexedDB.deleteDatabase(name); }
export function closeHeld(database) { database.close(); }
"#)]
extern "C" {
    #[wasm_bindgen(js_name = rawOpen, catch)]
    async fn js_raw_open(name: &str, version: u32, stores: Vec<String>)
    -> Result<JsValue, JsValue>;
    #[wasm_bindgen(js_name = rawOpenHeld, catch)]
    async fn js_raw_open_held(name: &str) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(js_name = deletePending)]
    fn delete_pending(name: &str);
    #[wasm_bindgen(js_name = closeHeld)]
    fn close_held(database: &JsValue);
}

async fn raw_open(name: &str, version: u32, stores: &[&str]) {
    let stores = stores.iter().map(|store| (*store).to_owned()).collect();
    js_raw_open(name, version, stores)
        .await
        .expect("the raw database opens");
}

async fn raw_open_held(name: &str) -> JsValue {
    js_raw_open_held(name)
        .await
        .expect("the raw database opens")
}
