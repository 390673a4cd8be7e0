//! Another tab that writes to a chat between two readings of one call.

use crate::keep::open;
use crate::store::clock;
use crate::turn::now;
use cardkeep::chat::SearchOptions;
use cardkeep::json::Document;
use cardkeep::keep::{At, Chat, Keep};
use cardkeep::store::{Burst, Key, Medium, MemoryMedium, Pending, Scan, Table, Value, Write};
use serde_json::json;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// Lets somebody do something before the n-th reading.
struct Overtaken {
    medium: MemoryMedium,
    left: Cell<u32>,
    meanwhile: RefCell<Option<Box<dyn FnOnce()>>>,
}

impl Medium for Overtaken {
    fn read<'a>(&'a self, table: Table, keys: &'a [Key]) -> Pending<'a, Vec<Option<Value>>> {
        Box::pin(async move {
            let left = self.left.get();
            self.left.set(left.saturating_sub(1));
            if left == 0
                && let Some(meanwhile) = self.meanwhile.take()
            {
                meanwhile();
            }
            self.medium.read(table, keys).await
        })
    }
    fn scan(&self, scan: Scan) -> Pending<'_, Vec<(Key, Value)>> {
        self.medium.scan(scan)
    }
    fn find<'a>(&'a self, by: &'a str) -> Pending<'a, Vec<(Key, Value)>> {
        self.medium.find(by)
    }
    fn write<'a>(&'a self, burst: &'a Burst) -> Pending<'a, ()> {
        self.medium.write(burst)
    }
    fn close(&self) {}
}

fn message(text: &str) -> Document {
    let message = json!({ "name": "You", "role": "user", "text": text });
    Document::parse(&message.to_string()).unwrap()
}

fn append(chat: &Chat, count: usize) {
    let messages: Vec<Document> = (0..count).map(|n| message(&format!("said {n}"))).collect();
    now(chat.append_many(&messages, Write::default())).unwrap();
}

type Call = fn(&Chat) -> cardkeep::error::Result<u64>;

/// What a call says of the chat: how many messages it saw or made.
const CALLS: [(&str, Call); 11] = [
    ("append", |chat| {
        now(chat.append(&message("mine"))).map(|_| 1)
    }),
    ("edit", |chat| {
        let patch = Document::parse(r#"{"text":"other"}"#)?;
        now(chat.edit(At::Id(1), &patch, Write::default())).map(|_| 1)
    }),
    ("undo", |chat| {
        now(chat.undo(false, Write::default())).map(u64::from)
    }),
    ("page", |chat| {
        let page = now(chat.page(0, u64::MAX))?;
        Ok(serde_json::from_str::<Vec<serde_json::Value>>(&page)
            .unwrap()
            .len() as u64)
    }),
    ("index_of", |chat| {
        now(chat.index_of(3)).map(|at| at.map_or(0, |_| 1))
    }),
    ("index_at", |chat| {
        now(chat.index_at(0)).map(|at| at.map_or(0, |_| 1))
    }),
    ("bytes", |chat| {
        Ok(now(chat.bytes())?
            .iter()
            .filter(|byte| **byte == b'\n')
            .count() as u64)
    }),
    ("stats", |chat| {
        Ok(now(chat.stats())?["messages"].as_u64().unwrap())
    }),
    ("branch", |chat| {
        now(chat.branch(At::Id(1), None)).map(|_| 1)
    }),
    ("begin", |chat| {
        let alternative = Document::parse(r#"{"swipeOf":1}"#)?;
        now(chat.begin(&alternative, "here")).map(|_| 1)
    }),
    ("search", |chat| {
        let options = SearchOptions {
            limit: 500,
            ..SearchOptions::default()
        };
        Ok(now(chat.search("said", &options))?
            .as_array()
            .unwrap()
            .len() as u64)
    }),
];

#[test]
fn a_tail_that_another_tab_seals_between_two_readings_costs_no_call() {
    for (name, call) in CALLS {
        for reading in 0..6 {
            let medium = MemoryMedium::new();
            let there = open(&medium);
            let overtaken = Rc::new(Overtaken {
                medium: medium.clone(),
                left: Cell::new(u32::MAX),
                meanwhile: RefCell::default(),
            });
            let medium = Rc::clone(&overtaken) as Rc<dyn Medium>;
            let here = now(Keep::open(medium, clock(), Rc::new(|_, _| {}))).unwrap();
            let entry = now(here.chats().create(r#"{"title":"Both"}"#)).unwrap();
            let id = entry["id"].as_str().unwrap().to_owned();
            let mine = now(here.chats().open(&id)).unwrap();
            append(&mine, 60);
            let theirs = now(there.chats().open(&id)).unwrap();
            overtaken
                .meanwhile
                .replace(Some(Box::new(move || append(&theirs, 10))));
            overtaken.left.set(reading);
            let told = call(&mine).unwrap_or_else(|error| panic!("{name} at {reading}: {error}"));
            assert!(told > 0, "{name} at {reading}");
            let happened = overtaken.meanwhile.borrow().is_none();
            let added = usize::from(name == "append");
            let taken = if name == "undo" { 60 } else { 0 };
            let after = now(open(&overtaken.medium).chats().open(&id)).unwrap();
            let page = now(after.page(0, u64::MAX)).unwrap();
            let page: Vec<serde_json::Value> = serde_json::from_str(&page).unwrap();
            let all = 60 + usize::from(happened) * 10 + added - taken;
            assert_eq!(page.len(), all, "{name} at {reading}");
        }
    }
}
