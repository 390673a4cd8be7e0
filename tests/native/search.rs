//! Searching in chats.

use crate::keep::open;
use crate::turn::now;
use cardkeep::error::Kind;
use cardkeep::keep::{ChatImport, Keep, Leave, SearchOptions};
use cardkeep::store::{MemoryMedium, Pending};
use serde_json::{Value, json};
use std::cell::Cell;
use std::rc::Rc;

fn import(keep: &Keep, title: &str, lines: &[Value]) -> String {
    let mut bytes = b"{\"user_name\":\"You\",\"character_name\":\"Z\"}\n".to_vec();
    for line in lines {
        bytes.extend_from_slice(format!("{line}\n").as_bytes());
    }
    let options = ChatImport {
        title: Some(title.to_owned()),
        ..ChatImport::default()
    };
    let items = now(keep.chats().import(&bytes, "x.jsonl", &options)).unwrap();
    items[0]["entry"]["id"].as_str().unwrap().to_owned()
}

fn line(name: &str, text: &str) -> Value {
    json!({ "name": name, "is_user": name == "You", "mes": text, "send_date": 1_700_000_000_000_i64 })
}

fn find(keep: &Keep, id: &str, query: &str, options: &SearchOptions) -> Vec<u64> {
    let chat = now(keep.chats().open(id)).unwrap();
    let hits = now(chat.search(query, options)).unwrap();
    let hits = hits.as_array().unwrap().clone();
    hits.iter()
        .map(|hit| hit["index"].as_u64().unwrap())
        .collect()
}

#[test]
fn messages_are_found_by_what_they_say_and_who_says_it() {
    let keep = open(&MemoryMedium::new());
    let id = import(
        &keep,
        "one",
        &[
            line("Zoë", "The dragon sleeps."),
            line("You", "Which Dragon?"),
            line("Zoë", "Dragons, all of them."),
            json!({ "name": "Zoë", "is_user": false, "mes": "b", "swipes": ["a dragon", "b"], "swipe_id": 1 }),
        ],
    );
    let all = SearchOptions::default();
    assert_eq!(find(&keep, &id, "dragon", &all), [0, 1, 2]);
    let with = |change: fn(&mut SearchOptions)| {
        let mut options = SearchOptions::default();
        change(&mut options);
        find(&keep, &id, "dragon", &options)
    };
    assert_eq!(with(|it| it.case = true), [0]);
    assert_eq!(with(|it| it.words = true), [0, 1]);
    assert_eq!(with(|it| it.name = Some("Zoë".into())), [0, 2]);
    assert_eq!(with(|it| it.role = Some("user".into())), [1]);
    assert_eq!(with(|it| it.swipes = true), [0, 1, 2, 3]);
    assert_eq!(with(|it| it.from = 1), [1, 2]);
    assert_eq!(with(|it| it.limit = 1), [0]);
    let regex = SearchOptions {
        regex: true,
        ..SearchOptions::default()
    };
    assert_eq!(find(&keep, &id, r"dragons?[,.]", &regex), [2]);
    let chat = now(keep.chats().open(&id)).unwrap();
    let bad = now(chat.search("(", &regex)).unwrap_err();
    assert_eq!(bad.kind(), Kind::Invalid);
    let nobody = SearchOptions {
        role: Some("bot".into()),
        ..SearchOptions::default()
    };
    let bad = now(chat.search("dragon", &nobody)).unwrap_err();
    assert_eq!(bad.kind(), Kind::BadOption);
    let hit = now(chat.search("dragon", &all)).unwrap()[0].clone();
    assert_eq!(
        hit,
        json!({
            "index": 0, "id": 0, "name": "Zoë", "role": "character", "at": 1_700_000_000_000_i64,
            "excerpt": "The dragon sleeps.", "matches": [[4, 10]],
        })
    );
}

#[test]
fn a_long_chat_is_searched_to_its_end_and_an_excerpt_is_short() {
    let keep = open(&MemoryMedium::new());
    let mut lines: Vec<Value> = (0..3000)
        .map(|n| line("Zoë", &format!("message {n}")))
        .collect();
    lines.push(line(
        "You",
        &format!("{} needle {}", "🦀".repeat(500), "x".repeat(500)),
    ));
    let id = import(&keep, "long", &lines);
    assert_eq!(
        find(&keep, &id, "needle", &SearchOptions::default()),
        [3000]
    );
    let chat = now(keep.chats().open(&id)).unwrap();
    let hits = now(chat.search("needle", &SearchOptions::default())).unwrap();
    let excerpt = hits[0]["excerpt"].as_str().unwrap();
    assert!(excerpt.contains("🦀 needle x") && excerpt.chars().count() < 150);
    assert!(!excerpt.contains('\u{FFFD}'), "{excerpt}");
    assert_eq!(hits[0]["matches"], json!([[1001, 1007]]));
}

#[test]
fn all_chats_are_searched_at_once() {
    let keep = open(&MemoryMedium::new());
    let first = import(&keep, "one", &[line("A", "gold"), line("A", "gold again")]);
    import(&keep, "two", &[line("A", "silver")]);
    let third = import(&keep, "three", &[line("A", "Gold!")]);
    let found = now(keep.chats().search("gold", &SearchOptions::default())).unwrap();
    let told: Vec<(Value, usize)> = found
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            (
                one["entry"]["id"].clone(),
                one["hits"].as_array().unwrap().len(),
            )
        })
        .collect();
    assert_eq!(told, [(json!(third), 1), (json!(first), 2)]);
    let two = SearchOptions {
        limit: 2,
        ..SearchOptions::default()
    };
    let found = now(keep.chats().search("gold", &two)).unwrap();
    assert_eq!(found[1]["hits"].as_array().unwrap().len(), 1);
}

#[test]
fn a_reading_ends_where_it_has_no_leave_any_more() {
    let keep = open(&MemoryMedium::new());
    // Several stretches of two megabytes.
    let long: Vec<Value> = (0..700)
        .map(|n| line("A", &format!("{n} {} gold", "silver ".repeat(1_000))))
        .collect();
    let id = import(&keep, "long", &long);
    (0..5).for_each(|n| drop(import(&keep, &format!("short {n}"), &long[..1])));
    let chat = now(keep.chats().open(&id)).unwrap();
    let all = SearchOptions {
        limit: 1_000,
        ..SearchOptions::default()
    };
    let asked = Rc::new(Cell::new(0));
    let until = |most: u32| {
        asked.set(0);
        let asked = Rc::clone(&asked);
        move || -> Pending<'static, ()> {
            asked.set(asked.get() + 1);
            let ends = asked.get() > most;
            Box::pin(async move {
                match ends {
                    true => Err(Kind::Cancelled.because("enough")),
                    false => Ok(()),
                }
            })
        }
    };
    let look = |what: &str, leave: Leave<'_>| match what {
        "chat" => now(chat.search_on("gold", &all, Some(leave))),
        "chats" => now(keep.chats().search_on("gold", &all, Some(leave))),
        _ => now(chat.stats_on(Some(leave))),
    };
    for (what, least) in [("chat", 3), ("chats", 8), ("stats", 1)] {
        let whole = look(what, &until(u32::MAX)).unwrap();
        let questions = asked.get();
        assert!(questions >= least, "{what}: {questions}");
        for most in [0, questions / 2, questions - 1] {
            let error = look(what, &until(most)).unwrap_err();
            assert_eq!(error.kind(), Kind::Cancelled, "{what}");
            // A reading of what was known may be followed by one of what is there.
            assert!(asked.get() <= most + 2, "{what}: {}", asked.get());
        }
        let without = match what {
            "chat" => now(chat.search("gold", &all)),
            "chats" => now(keep.chats().search("gold", &all)),
            _ => now(chat.stats()),
        };
        assert_eq!(whole, without.unwrap());
    }
}
