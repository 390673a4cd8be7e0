//! Another tab that writes to a chat between two readings of one call.

use crate::keep::open;
use crate::store::clock;
use crate::turn::now;
use cardkeep::chat::SearchOptions;
use cardkeep::json::Document;
use cardkeep::keep::{AboutAsset, At, Chat, Domain, Keep, Links};
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

impl Overtaken {
    /// A keep on a medium where somebody may be faster.
    fn keep(medium: &MemoryMedium) -> (Rc<Overtaken>, Keep) {
        let overtaken = Rc::new(Overtaken {
            medium: medium.clone(),
            left: Cell::new(u32::MAX),
            meanwhile: RefCell::default(),
        });
        let medium = Rc::clone(&overtaken) as Rc<dyn Medium>;
        let keep = now(Keep::open(medium, clock(), Rc::new(|_, _| {}))).unwrap();
        (overtaken, keep)
    }
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
            let (overtaken, here) = Overtaken::keep(&medium);
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

type Verb = fn(&Keep, &str) -> cardkeep::error::Result<()>;

/// Changes that name no revision: the domain, what is done, and what somebody else does meanwhile.
const CHANGES: [(&str, Domain, Verb, Verb); 9] = [
    (
        "rename",
        Domain::Chats,
        |keep, id| now(keep.chats().rename(id, "Mine", None)).map(drop),
        say,
    ),
    (
        "archive",
        Domain::Chats,
        |keep, id| now(keep.chats().archive(id, true, None)).map(drop),
        say,
    ),
    (
        "link",
        Domain::Chats,
        |keep, id| now(keep.chats().link(id, &Links::default(), None)).map(drop),
        say,
    ),
    (
        "delete",
        Domain::Chats,
        |keep, id| now(keep.trash(Domain::Chats, id, None)),
        say,
    ),
    (
        "restore",
        Domain::Worlds,
        |keep, id| now(keep.restore(Domain::Worlds, id)).map(drop),
        |keep, id| {
            now(keep.restore(Domain::Worlds, id))?;
            now(keep.trash(Domain::Worlds, id, None))
        },
    ),
    (
        "restore_version",
        Domain::Chats,
        |keep, id| now(keep.restore_version(Domain::Chats, id, 2)).map(drop),
        say,
    ),
    (
        "pin_version",
        Domain::Chats,
        |keep, id| now(keep.pin_version(Domain::Chats, id, 2, true)).map(drop),
        say,
    ),
    (
        "put",
        Domain::Assets,
        |keep, id| now(store(keep, Some(id), "mine")).map(drop),
        |keep, id| now(store(keep, Some(id), "theirs")).map(drop),
    ),
    (
        "patch",
        Domain::Assets,
        |keep, id| {
            let name = AboutAsset {
                name: Some("Mine".to_owned()),
                ..AboutAsset::default()
            };
            now(keep.assets().patch(id, &name, Write::default())).map(drop)
        },
        |keep, id| now(store(keep, Some(id), "theirs")).map(drop),
    ),
];

fn say(keep: &Keep, id: &str) -> cardkeep::error::Result<()> {
    let chat = now(keep.chats().open(id))?;
    now(chat.append(&message("theirs"))).map(drop)
}

async fn store(
    keep: &Keep,
    id: Option<&str>,
    text: &str,
) -> cardkeep::error::Result<serde_json::Value> {
    let (about, assets) = (AboutAsset::default(), keep.assets());
    assets
        .put(id, text.as_bytes(), &about, Write::default())
        .await
}

#[test]
fn a_change_that_names_no_revision_is_made_anew_when_another_tab_was_faster() {
    for (name, domain, call, other) in CHANGES {
        let mut overtakings = 0;
        for reading in 0..8 {
            let medium = MemoryMedium::new();
            let there = open(&medium);
            let entry = match domain {
                Domain::Chats => now(there.chats().create(r#"{"title":"Both"}"#)),
                Domain::Worlds => now(there.worlds().create("Both")),
                _ => now(store(&there, None, "first")),
            };
            let id = entry.unwrap()["id"].as_str().unwrap().to_owned();
            match domain {
                Domain::Chats => {
                    say(&there, &id).unwrap();
                    now(there.chats().rename(&id, "Kept", None)).unwrap();
                }
                Domain::Worlds => now(there.trash(domain, &id, None)).unwrap(),
                _ => {}
            }
            let (overtaken, here) = Overtaken::keep(&medium);
            let rev = || {
                let key = [Key::row(domain.name(), &id)];
                now(overtaken.medium.read(Table::Rows, &key)).unwrap()[0]
                    .as_ref()
                    .unwrap()
                    .rev
            };
            let before = rev();
            let whom = id.clone();
            overtaken.meanwhile.replace(Some(Box::new(move || {
                other(&there, &whom).expect("somebody else may");
            })));
            overtaken.left.set(reading);
            call(&here, &id).unwrap_or_else(|error| panic!("{name} at {reading}: {error}"));
            let happened = overtaken.meanwhile.borrow().is_none();
            overtakings += u32::from(happened);
            let theirs = match (happened, name) {
                (false, _) => 0,
                (true, "restore") => 2,
                (true, _) => 1,
            };
            assert_eq!(rev(), before + 1 + theirs, "{name} at {reading}");
        }
        assert!(overtakings > 0, "{name}");
    }
}
