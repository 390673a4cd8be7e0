//! An open chat against a plain list: every change by position and by id, undone and done again.

use crate::frozen;
use crate::keep::{log, open};
use crate::turn::now;
use cardkeep::chat::SwipeChange;
use cardkeep::error::{Kind, Limits};
use cardkeep::json::Document;
use cardkeep::keep::{At, Chat, ChatFilter, ChatImport, Domain, Keep, Links, Template};
use cardkeep::store::{MemoryMedium, Table, Write};
use serde_json::{Value, json};
use std::collections::HashSet;

fn document(value: Value) -> Document {
    Document::parse(&value.to_string()).unwrap()
}

fn imported(keep: &Keep, bytes: &[u8]) -> Chat {
    let items = now(keep
        .chats()
        .import(bytes, "Zoë.jsonl", &ChatImport::default()))
    .unwrap();
    opened(keep, &items[0]["entry"])
}

fn opened(keep: &Keep, entry: &Value) -> Chat {
    now(keep.chats().open(entry["id"].as_str().unwrap())).unwrap()
}

fn messages(chat: &Chat) -> Vec<Value> {
    serde_json::from_str(&now(chat.page(0, u64::MAX)).unwrap()).unwrap()
}

/// Ids and texts.
fn said(chat: &Chat) -> Vec<(u64, String)> {
    let told = |message: &Value| {
        let text = message["text"].as_str().unwrap().to_owned();
        (message["id"].as_u64().unwrap(), text)
    };
    messages(chat).iter().map(told).collect()
}

fn new(text: &str) -> Document {
    document(json!({ "name": "Zoë", "role": "character", "text": text }))
}

fn kept(message: &str) -> (u64, String) {
    let message: Value = serde_json::from_str(message).unwrap();
    let text = message["text"].as_str().unwrap().to_owned();
    (message["id"].as_u64().unwrap(), text)
}

struct Random(u64);

impl Random {
    fn below(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % below.max(1) as u64) as usize
    }
}

type List = Vec<(u64, String)>;

/// A plain list does what the handle does.
#[test]
fn a_chat_behaves_like_a_plain_list_of_messages_that_keep_their_ids() {
    let mut random = Random(0x2545_F491_4F6C_DD1D);
    for start in [0, 3, 130] {
        let medium = MemoryMedium::new();
        let mut chat = imported(&open(&medium), &log(start));
        let mut model = said(&chat);
        let (mut undo, mut redo): (Vec<List>, Vec<List>) = (Vec::new(), Vec::new());
        let mut trunks: Vec<(Value, List)> = Vec::new();
        let mut given: HashSet<u64> = model.iter().map(|(id, _)| *id).collect();
        for step in 0..500 {
            let before = model.clone();
            let at = random.below(model.len());
            // By its position or by its id: both are the same message.
            let place = match model.get(at) {
                Some((id, _)) if step % 2 == 0 => At::Id(*id),
                _ => At::Index(at as u64),
            };
            let mut changed = true;
            match random.below(13) {
                0 if !model.is_empty() => {
                    now(chat.remove(place, None)).unwrap();
                    model.remove(at);
                }
                1 | 2 if !model.is_empty() => {
                    let text = format!("edited {step}");
                    let edit = document(json!({ "text": text }));
                    model[at].1 = text;
                    assert_eq!(
                        kept(&now(chat.edit(place, &edit, None)).unwrap()),
                        model[at]
                    );
                }
                3 => {
                    let id = chat.entry()["id"].as_str().unwrap().to_owned();
                    chat = now(open(&medium).chats().open(&id)).unwrap();
                    (undo, redo) = (Vec::new(), Vec::new());
                    changed = false;
                }
                4 => {
                    let at = random.below(model.len() + 1);
                    let text = format!("inserted {step}");
                    let message = now(chat.insert(at as u64, &new(&text), None)).unwrap();
                    model.insert(at, kept(&message));
                    assert!(given.insert(model[at].0), "an id is given once");
                    assert_eq!(model[at].1, text);
                }
                5 if !model.is_empty() => {
                    let text = format!("swiped {step}");
                    now(chat.swipe(place, SwipeChange::Add(&text), None)).unwrap();
                    model[at].1 = text;
                }
                6 if !model.is_empty() && step % 5 == 0 => {
                    // The branch goes on, and what becomes of the trunk is nothing to it.
                    let branch = now(chat.branch(place, None)).unwrap();
                    assert_eq!(branch["parent"]["message"], model[at].0);
                    trunks.push((chat.entry(), model.clone()));
                    model.truncate(at + 1);
                    chat = opened(&open(&medium), &branch);
                    assert_eq!(said(&chat), model);
                    (undo, redo) = (Vec::new(), Vec::new());
                    changed = false;
                }
                7 if !model.is_empty() => {
                    let to = random.below(model.len());
                    let moved = model.remove(at);
                    model.insert(to, moved);
                    let message = now(chat.move_to(place, to as u64, None)).unwrap();
                    assert_eq!(kept(&message), model[to]);
                }
                8 | 9 => {
                    assert_eq!(now(chat.undo(false, None)).unwrap(), !undo.is_empty());
                    if let Some(state) = undo.pop() {
                        redo.push(std::mem::replace(&mut model, state));
                    }
                    changed = false;
                }
                10 => {
                    assert_eq!(now(chat.undo(true, None)).unwrap(), !redo.is_empty());
                    if let Some(state) = redo.pop() {
                        undo.push(std::mem::replace(&mut model, state));
                    }
                    changed = false;
                }
                _ => {
                    // Now and then a message larger than a page.
                    let text = match random.below(40) {
                        0 => "long ".repeat(20_000),
                        _ => format!("added {step}\n\"é\u{2028}"),
                    };
                    model.push(kept(&now(chat.append(&new(&text))).unwrap()));
                    assert!(
                        given.insert(model[model.len() - 1].0),
                        "an id is given once"
                    );
                }
            }
            if changed {
                undo.push(before);
                redo.clear();
            }
            assert_eq!(chat.entry()["length"], model.len());
            if step % 10 == 0 {
                assert_eq!(said(&chat), model, "step {step}");
            }
        }
        assert_eq!(said(&chat), model);
        for (index, (id, _)) in model.iter().enumerate() {
            assert_eq!(now(chat.index_of(*id)).unwrap(), Some(index as u64));
        }
        let again = imported(&open(&MemoryMedium::new()), &now(chat.bytes()).unwrap());
        let texts = |list: &List| -> Vec<String> { list.iter().map(|(_, t)| t.clone()).collect() };
        assert_eq!(texts(&said(&again)), texts(&model));
        for (entry, model) in trunks {
            assert_eq!(said(&opened(&open(&medium), &entry)), model);
        }
    }
}

#[test]
fn a_late_result_finds_its_message_wherever_another_tab_has_moved_it() {
    let medium = MemoryMedium::new();
    let chat = imported(&open(&medium), &log(100));
    let other = opened(&open(&medium), &chat.entry());
    let (id, _) = said(&chat)[70].clone();
    now(other.remove(3, None)).unwrap();
    now(other.move_to(At::Id(id), 10, None)).unwrap();
    let edit = document(json!({ "text": "late" }));
    let edited = now(chat.edit(At::Id(id), &edit, None)).unwrap();
    let edited: Value = serde_json::from_str(&edited).unwrap();
    assert_eq!(
        (&edited["index"], &edited["text"]),
        (&json!(10), &json!("late"))
    );
    // A position means the state that was seen, and an id with a revision that revision.
    assert_eq!(
        now(other.edit(70, &edit, None)).unwrap_err().kind(),
        Kind::Conflict
    );
    let seen = chat.entry()["rev"].as_u64();
    now(other.append(&new("more"))).unwrap();
    let stale = now(chat.edit(At::Id(id), &edit, seen)).unwrap_err();
    assert_eq!(stale.kind(), Kind::Conflict);
    now(chat.remove(At::Id(id), None)).unwrap();
    let gone = now(other.swipe(At::Id(id), SwipeChange::Add("x"), None)).unwrap_err();
    assert_eq!(gone.kind(), Kind::NotFound);
    assert_eq!(now(chat.index_of(id)).unwrap(), None);
}

/// Steps of one undoing stand on each other, in more segments than are kept decoded.
#[test]
fn many_messages_are_undone_and_done_again_in_a_chat_of_many_segments() {
    let chat = imported(&open(&MemoryMedium::new()), &log(2_000));
    for at in (0..2_000).step_by(50) {
        now(chat.insert(at, &new("between"), None)).unwrap();
    }
    let before = said(&chat);
    let many: Vec<Document> = (0..1_000).map(|n| new(&format!("{n}"))).collect();
    now(chat.append_many(&many, Write::default())).unwrap();
    let after = said(&chat);
    now(chat.move_to(2_500, 3, None)).unwrap();
    let moved = said(&chat);
    for _ in 0..2 {
        assert!(now(chat.undo(false, None)).unwrap());
        assert_eq!(said(&chat), after);
        assert!(now(chat.undo(false, None)).unwrap());
        assert_eq!(said(&chat), before);
        assert!(now(chat.undo(true, None)).unwrap());
        assert_eq!(said(&chat), after);
        assert!(now(chat.undo(true, None)).unwrap());
        assert_eq!(said(&chat), moved);
    }
    while now(chat.undo(false, None)).unwrap() {}
    let texts: Vec<String> = said(&chat).into_iter().map(|(_, text)| text).collect();
    assert_eq!(texts.len(), 2_000);
    assert!(texts.iter().all(|text| text.starts_with("message ")));
}

#[test]
fn undoing_touches_nothing_that_another_tab_has_changed() {
    let medium = MemoryMedium::new();
    let chat = imported(&open(&medium), &log(10));
    let other = opened(&open(&medium), &chat.entry());
    let edit = |text: &str| document(json!({ "text": text }));
    now(chat.edit(2, &edit("mine"), None)).unwrap();
    now(chat.append(&new("added"))).unwrap();
    now(other.append(&new("theirs"))).unwrap();
    now(other.edit(At::Id(said(&other)[5].0), &edit("five"), None)).unwrap();
    assert!(now(chat.undo(false, None)).unwrap());
    assert!(now(chat.undo(false, None)).unwrap());
    assert!(!now(chat.undo(false, None)).unwrap());
    let texts: Vec<String> = said(&chat).into_iter().map(|(_, text)| text).collect();
    assert!(texts[2].starts_with("message 2 "));
    assert_eq!(
        (texts[5].as_str(), texts[10].as_str(), texts.len()),
        ("five", "theirs", 11)
    );
    // What was changed by somebody since is a conflict, once.
    now(chat.undo(true, None)).unwrap();
    now(other.edit(At::Id(said(&other)[2].0), &edit("theirs"), None)).unwrap();
    assert_eq!(
        now(chat.undo(false, None)).unwrap_err().kind(),
        Kind::Conflict
    );
    assert!(!now(chat.undo(false, None)).unwrap());
    assert_eq!(said(&chat)[2].1, "theirs");
}

#[test]
fn a_removed_message_comes_back_to_its_place_when_the_one_before_it_is_gone() {
    let medium = MemoryMedium::new();
    let chat = imported(&open(&medium), &log(10));
    let other = opened(&open(&medium), &chat.entry());
    let before = said(&chat);
    now(chat.remove(4, None)).unwrap();
    now(other.remove(At::Id(before[3].0), None)).unwrap();
    assert!(now(chat.undo(false, None)).unwrap());
    let mut expected = before.clone();
    expected.remove(3);
    expected.swap(3, 4);
    assert_eq!(said(&chat), expected);
    // Also where there is less than there was.
    now(chat.remove(8, None)).unwrap();
    for (id, _) in &expected[1..8] {
        now(other.remove(At::Id(*id), None)).unwrap();
    }
    assert!(now(chat.undo(false, None)).unwrap());
    assert_eq!(said(&chat), [expected[0].clone(), expected[8].clone()]);
}

#[test]
fn bytes_are_as_before_when_everything_is_undone() {
    for bytes in [log(200), [log(70), b"\n".to_vec()].concat(), log(1)] {
        let keep = open(&MemoryMedium::new());
        let chat = imported(&keep, &bytes);
        let (last, edit) = (
            chat.entry()["length"].as_u64().unwrap() - 1,
            json!({ "text": "x" }),
        );
        now(chat.edit(last, &document(edit), None)).unwrap();
        now(chat.insert(0, &new("first"), None)).unwrap();
        now(chat.move_to(0, last / 2, None)).unwrap();
        now(chat.hide(last / 2, true, None)).unwrap();
        now(chat.append(&new("y"))).unwrap();
        for _ in 0..5 {
            assert!(now(chat.undo(false, None)).unwrap());
        }
        assert_eq!(
            String::from_utf8(now(chat.bytes()).unwrap()),
            String::from_utf8(bytes)
        );
    }
}

#[test]
fn a_hidden_message_is_the_systems_and_comes_back_as_it_was() {
    let keep = open(&MemoryMedium::new());
    let lines = [
        r#"{"user_name":"You","character_name":"Zoë"}"#,
        r#"{"name":"You","is_user":true,"is_system":false,"mes":"a"}"#,
    ];
    let world = [
        r#"{"metadata": {"version": "1.0"}, "timestamp": 5}"#,
        r#"{"id": "m", "role": "user", "content": "a", "timestamp": 6}"#,
    ];
    for lines in [lines, world] {
        let chat = imported(&keep, lines.join("\n").as_bytes());
        now(chat.hide(0, true, None)).unwrap();
        let hidden = &messages(&chat)[0];
        assert_eq!(
            (&hidden["hidden"], &hidden["role"]),
            (&json!(true), &json!("system"))
        );
        now(chat.hide(0, false, None)).unwrap();
        assert_eq!(messages(&chat)[0]["role"], "user");
        assert_eq!(now(chat.bytes()).unwrap(), lines.join("\n").into_bytes());
    }
}

#[test]
fn a_stretch_is_hidden_in_one_change_and_undone_in_one() {
    let keep = open(&MemoryMedium::new());
    let bytes = log(200);
    let chat = imported(&keep, &bytes);
    now(chat.hide(70, true, None)).unwrap();
    let before = chat.entry()["rev"].as_u64().unwrap();
    // Over the ends of segments, and past one that is hidden already.
    assert_eq!(now(chat.hide_to(60, 190, true, None)).unwrap(), 130);
    assert_eq!(chat.entry()["rev"], before + 1);
    let hidden = |chat: &Chat| -> Vec<usize> {
        let all = messages(chat);
        (0..all.len())
            .filter(|n| all[*n]["hidden"] == true)
            .collect()
    };
    assert_eq!(hidden(&chat), (60..=190).collect::<Vec<_>>());
    assert!(now(chat.undo(false, None)).unwrap());
    assert_eq!(hidden(&chat), [70]);
    assert!(now(chat.undo(true, None)).unwrap());
    assert_eq!(now(chat.hide_to(60, 190, false, None)).unwrap(), 131);
    assert!(hidden(&chat).is_empty());
    // Nothing was hidden there, so there is nothing to undo of it.
    assert_eq!(now(chat.hide_to(0, 10, false, None)).unwrap(), 0);
    assert!(now(chat.undo(false, None)).unwrap());
    assert_eq!(hidden(&chat).len(), 131);
    for _ in 0..2 {
        assert!(now(chat.undo(false, None)).unwrap());
    }
    assert!(now(chat.bytes()).unwrap() == bytes);
    for (from, to, kind) in [
        (5, 4, Kind::Invalid),
        (5, 200, Kind::NotFound),
        (200, 201, Kind::NotFound),
    ] {
        let error = now(chat.hide_to(from, to, true, None)).unwrap_err();
        assert_eq!(error.kind(), kind, "{from} to {to}");
    }
}

#[test]
fn a_date_leads_to_the_first_message_from_then_on() {
    let keep = open(&MemoryMedium::new());
    let mut lines = vec![r#"{"user_name":"You","character_name":"Zoë"}"#.to_owned()];
    let day = 86_400_000_i64;
    // Every third one has no date.
    lines.extend((0..300).map(|n| match n % 3 {
        0 => format!(r#"{{"name":"Zoë","mes":"{n}"}}"#),
        _ => format!(
            r#"{{"name":"Zoë","mes":"{n}","send_date":{}}}"#,
            1_700_000_000_000 + n * day
        ),
    }));
    let chat = imported(&keep, lines.join("\n").as_bytes());
    for n in 0..300 {
        let want = (n..300).find(|n| n % 3 != 0);
        let date = 1_700_000_000_000 + n * day;
        assert_eq!(
            now(chat.index_at(date)).unwrap(),
            want.map(|n| n as u64),
            "{n}"
        );
        assert_eq!(
            now(chat.index_at(date - 1)).unwrap(),
            want.map(|n| n as u64)
        );
    }
    assert_eq!(now(chat.index_at(0)).unwrap(), Some(1));
    assert_eq!(now(chat.index_at(i64::MAX)).unwrap(), None);
    let dateless = imported(&keep, br#"{"name":"a","mes":"b"}"#);
    assert_eq!(now(dateless.index_at(0)).unwrap(), None);
}

#[test]
fn a_checkpoint_is_told_by_both_chats_in_sillytaverns_words() {
    let keep = open(&MemoryMedium::new());
    let chat = imported(&keep, &log(80));
    let id = said(&chat)[30].0;
    let entry = now(chat.checkpoint(At::Id(id), "Before the storm", None)).unwrap();
    assert_eq!(entry["title"], "Before the storm");
    assert_eq!(entry["checkpoint"], true);
    assert_eq!(
        entry["parent"],
        json!({ "id": chat.entry()["id"], "at": 30, "message": id })
    );
    let marked = &messages(&chat)[30];
    assert_eq!(
        marked["fields"]["extra"],
        json!({ "x": 1.0, "bookmark_link": "Before the storm" })
    );
    let branch = opened(&keep, &entry);
    let header: Value = serde_json::from_str(&now(branch.header()).unwrap().unwrap()).unwrap();
    assert_eq!(header["chat_metadata"]["main_chat"], chat.entry()["title"]);
    assert_eq!(header["create_date"], "2024-07-12@01h31m37s");
    assert_eq!(said(&branch), said(&chat)[..31]);
    let nameless = now(chat.checkpoint(0, "  ", None)).unwrap_err();
    assert_eq!(nameless.kind(), Kind::Invalid);
    assert!(now(chat.undo(false, None)).unwrap());
    assert_eq!(messages(&chat)[30]["fields"]["extra"], json!({ "x": 1.0 }));
}

#[test]
fn a_tree_has_every_chat_once_whichever_is_asked() {
    let keep = open(&MemoryMedium::new());
    let root = imported(&keep, &log(50));
    let left = now(root.branch(10, Some("left"))).unwrap();
    let right = now(root.branch(40, Some("right"))).unwrap();
    let deep = now(opened(&keep, &left).branch(5, Some("deep"))).unwrap();
    let gone = now(root.branch(20, Some("gone"))).unwrap();
    let trashed = gone["id"].as_str().unwrap();
    now(keep.trash(Domain::Chats, trashed, None)).unwrap();
    for entry in [&root.entry(), &left, &right, &deep] {
        let tree = now(keep.chats().tree(entry["id"].as_str().unwrap())).unwrap();
        let told: Vec<_> = tree
            .as_array()
            .unwrap()
            .iter()
            .map(|node| (node["depth"].as_u64().unwrap(), &node["id"]))
            .collect();
        let want = [
            (0, &root.entry()["id"]),
            (1, &left["id"]),
            (2, &deep["id"]),
            (1, &right["id"]),
        ];
        assert_eq!(told, want);
    }
    // A branch whose trunk was deleted is where its tree begins.
    now(keep.trash(Domain::Chats, left["id"].as_str().unwrap(), None)).unwrap();
    let tree = now(keep.chats().tree(deep["id"].as_str().unwrap())).unwrap();
    assert_eq!(tree[0]["id"], deep["id"]);
}

#[test]
fn chats_are_found_by_what_they_belong_to() {
    let keep = open(&MemoryMedium::new());
    let chats = keep.chats();
    let make = |title: &str, links: Value| {
        let mut new = json!({ "title": title });
        for (name, value) in links.as_object().unwrap() {
            new[name] = value.clone();
        }
        now(chats.create(&new.to_string())).unwrap()
    };
    make("alone", json!({ "characters": ["zoe"] }));
    make(
        "group",
        json!({ "characters": ["zoe", "ann"], "persona": "me" }),
    );
    make(
        "inn",
        json!({ "world": "w", "location": "inn", "playthrough": "one", "characters": ["ann"] }),
    );
    let wood = make(
        "wood",
        json!({ "world": "w", "location": "wood", "playthrough": "two" }),
    );
    make("other inn", json!({ "world": "v", "location": "inn" }));
    let titles = |filter: Value| {
        let filter: ChatFilter = serde_json::from_value(filter).unwrap();
        let mut titles: Vec<String> = now(chats.list(&filter)).unwrap()["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|entry| entry["title"].as_str().unwrap().to_owned())
            .collect();
        titles.sort();
        titles
    };
    assert_eq!(titles(json!({})).len(), 5);
    assert_eq!(titles(json!({ "character": "zoe" })), ["alone", "group"]);
    assert_eq!(
        titles(json!({ "character": "ann", "persona": "me" })),
        ["group"]
    );
    assert_eq!(titles(json!({ "world": "w" })), ["inn", "wood"]);
    assert_eq!(titles(json!({ "world": "w", "location": "inn" })), ["inn"]);
    assert_eq!(
        titles(json!({ "world": "w", "playthrough": "two" })),
        ["wood"]
    );
    let placeless = ChatFilter {
        location: Some("inn".to_owned()),
        ..ChatFilter::default()
    };
    assert_eq!(
        now(chats.list(&placeless)).unwrap_err().kind(),
        Kind::Invalid
    );

    let id = wood["id"].as_str().unwrap();
    let links = Links {
        characters: vec!["zoe".to_owned()],
        ..Links::default()
    };
    let entry = now(chats.link(id, &links, None)).unwrap();
    assert!(entry["world"].is_null() && entry["location"].is_null());
    assert_eq!(titles(json!({ "world": "w" })), ["inn"]);
    assert_eq!(
        titles(json!({ "character": "zoe" })),
        ["alone", "group", "wood"]
    );
    let rev = entry["rev"].as_u64();
    assert_eq!(now(chats.archive(id, true, rev)).unwrap()["archived"], true);
    assert_eq!(titles(json!({ "character": "zoe" })), ["alone", "group"]);
    assert_eq!(titles(json!({ "archived": true })), ["wood"]);
    assert_eq!(
        now(chats.archive(id, true, rev)).unwrap_err().kind(),
        Kind::Conflict
    );
    now(chats.archive(id, false, None)).unwrap();
    assert_eq!(titles(json!({ "archived": true })).len(), 0);
}

#[test]
fn a_renamed_chat_keeps_its_messages_and_its_older_title() {
    let medium = MemoryMedium::new();
    let keep = open(&medium);
    let chat = imported(&keep, &log(3));
    now(chat.append(&new("in the tail"))).unwrap();
    let before = said(&chat);
    let id = chat.entry()["id"].as_str().unwrap().to_owned();
    let (old, rev) = (
        chat.entry()["title"].clone(),
        chat.entry()["rev"].as_u64().unwrap(),
    );
    let entry = now(keep.chats().rename(&id, "  A new name ", None)).unwrap();
    assert_eq!(entry["title"], "A new name");
    for _ in 0..70 {
        now(chat.append(&new("more"))).unwrap();
    }
    for title in ["", " ", &"x".repeat(101)] {
        let refused = now(keep.chats().rename(&id, title, None)).unwrap_err();
        assert_eq!(refused.kind(), Kind::Invalid);
    }
    let long = "x".repeat(101);
    let created = now(keep.chats().create(&json!({ "title": long }).to_string()));
    assert_eq!(created.unwrap_err().kind(), Kind::Invalid);
    assert_eq!(
        now(chat.branch(0, Some(&long))).unwrap_err().kind(),
        Kind::Invalid
    );
    assert_eq!(
        now(chat.checkpoint(0, &long, None)).unwrap_err().kind(),
        Kind::Invalid
    );
    let back = now(keep.restore_version(Domain::Chats, &id, rev)).unwrap();
    assert_eq!(back["title"], old);
    assert_eq!(said(&chat), before);
}

#[test]
fn what_is_in_a_chat_is_counted() {
    let keep = open(&MemoryMedium::new());
    let chat = imported(&keep, &log(1_100));
    now(chat.swipe(4, SwipeChange::Add("three more words"), None)).unwrap();
    now(chat.branch(9, None)).unwrap();
    let stats = now(chat.stats()).unwrap();
    let words = |text: &str| text.split_whitespace().count();
    let total: usize = said(&chat).iter().map(|(_, text)| words(text)).sum();
    assert_eq!(stats["messages"], 1_100);
    assert_eq!(stats["words"], total);
    assert_eq!(
        (&stats["swipes"], &stats["branches"]),
        (&json!(1), &json!(1))
    );
    assert_eq!(stats["first"], 1_687_191_180_000_i64);
    assert_eq!(
        (
            &stats["speakers"][0]["messages"],
            &stats["speakers"][0]["role"]
        ),
        (&json!(550), &json!("user"))
    );
    let empty = now(keep.chats().create(r#"{"title":"E"}"#)).unwrap();
    let stats = now(opened(&keep, &empty).stats()).unwrap();
    assert_eq!(
        (&stats["words"], &stats["speakers"]),
        (&json!(0), &json!([]))
    );
}

#[test]
fn messages_of_a_keep_that_knew_no_ids_have_some_and_keep_them() {
    for (_, text) in frozen::KEEPS {
        let medium = MemoryMedium::new();
        for put in frozen::values(text) {
            medium.plant(put.table, put.key, put.value);
        }
        let keep = open(&medium);
        let list = now(keep.chats().list(&ChatFilter::default())).unwrap();
        let entries = list["items"].as_array().unwrap();
        assert!(!entries.is_empty());
        for entry in entries {
            let chat = opened(&keep, entry);
            let mut model = said(&chat);
            let ids: HashSet<u64> = model.iter().map(|(id, _)| *id).collect();
            assert_eq!(ids.len(), model.len());
            model.push(kept(&now(chat.append(&new("more"))).unwrap()));
            assert_eq!(said(&chat), model);
            if model.len() > 2 {
                now(chat.remove(1, None)).unwrap();
                let gone = model.remove(1);
                assert_eq!(said(&chat), model);
                now(chat.move_to(0, 1, None)).unwrap();
                model.swap(0, 1);
                assert_eq!(said(&opened(&open(&medium), entry)), model);
                now(chat.undo(false, None)).unwrap();
                now(chat.undo(false, None)).unwrap();
                model.swap(0, 1);
                model.insert(1, gone);
                assert_eq!(said(&chat), model);
            }
        }
    }
}

#[test]
fn what_cannot_be_read_is_never_saved_over() {
    for rotten in [Table::Rows, Table::Pages] {
        let medium = MemoryMedium::new();
        let keep = open(&medium);
        let chat = imported(&keep, &log(200));
        let id = chat.entry()["id"].as_str().unwrap().to_owned();
        for (table, key, mut value) in medium.dump() {
            let own = table == Table::Pages || key.text(1) == id;
            if table == rotten && own {
                let middle = value.bytes.len() / 2;
                value.bytes[middle] ^= 0x10;
                medium.plant(table, key, value);
            }
        }
        let fresh = open(&medium);
        let before = medium.dump();
        match now(fresh.chats().open(&id)) {
            Err(error) => assert_eq!(error.kind(), Kind::Corrupt),
            Ok(chat) => {
                let edit = document(json!({ "text": "x" }));
                for failed in [
                    now(chat.page(0, 9)).err(),
                    now(chat.edit(0, &edit, None)).err(),
                    now(chat.insert(0, &new("x"), None)).err(),
                    now(chat.remove(0, Write::default())).err(),
                    now(chat.move_to(0, 3, None)).err(),
                    now(chat.checkpoint(0, "c", None)).err(),
                ] {
                    assert_eq!(failed.map(|error| error.kind()), Some(Kind::Corrupt));
                }
            }
        }
        assert!(medium.dump() == before, "nothing was written");
    }
}

#[test]
fn every_chat_file_comes_out_of_a_keep_as_the_bytes_that_came_in() {
    let keep = open(&MemoryMedium::new());
    let mut whole = 0;
    for file in std::fs::read_dir("tests/fixtures/chats").unwrap() {
        let path = file.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let Ok(read) = cardkeep::chat::read(&bytes, &Limits::default()) else {
            continue;
        };
        let options = ChatImport::default();
        let items = now(keep.chats().import(&bytes, &name, &options)).unwrap();
        let mut exported = Vec::new();
        for item in items.as_array().unwrap() {
            let chat = opened(&keep, &item["entry"]);
            let id = item["entry"]["id"].as_str().unwrap();
            let file = now(keep.export(Domain::Chats, id)).unwrap();
            assert_eq!(file.bytes, now(chat.bytes()).unwrap(), "{name}");
            exported.extend(file.bytes);
            for form in ["sillytavern", "cardshark", "world", "text", "html"] {
                let (file, _) = now(keep.chats().export_as(id, form.parse().unwrap())).unwrap();
                let texts: Vec<String> = said(&chat).into_iter().map(|(_, text)| text).collect();
                if form == "text" || form == "html" || texts.is_empty() {
                    continue;
                }
                let again = cardkeep::chat::read(&file.bytes, &Limits::default()).unwrap();
                let count: usize = again.sessions.iter().map(|s| s.lines.len()).sum();
                assert_eq!(count, texts.len(), "{name} as {form}");
            }
        }
        // Of the others the keep has the file itself.
        let recoded = matches!(read.bytes, std::borrow::Cow::Owned(_));
        if recoded {
            let id = items[0]["entry"]["id"].as_str().unwrap();
            assert_eq!(
                now(keep.chats().original(id)).unwrap().bytes,
                bytes,
                "{name}"
            );
        } else {
            assert_eq!(exported, bytes, "{name}");
            whole += 1;
        }
    }
    assert!(whole > 10, "{whole} files are lines");
}

#[test]
fn odd_alternatives_are_told_at_import_and_put_right_by_the_next_change() {
    let keep = open(&MemoryMedium::new());
    let file = r#"{"user_name":"You","character_name":"Zoë"}
{"name":"You","is_user":true,"mes":"a"}
{"name":"Zoë","mes":"b","swipes":["b",null,"c"],"swipe_id":7}"#;
    let options = ChatImport::default();
    let items = now(keep.chats().import(file.as_bytes(), "z.jsonl", &options)).unwrap();
    let warnings: Vec<_> = items[0]["warnings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|w| (w["code"].clone(), w["path"].clone()))
        .collect();
    assert_eq!(
        warnings,
        [
            (json!("swipe-hole"), json!("messages.1.swipes.1")),
            (json!("swipe-out-of-range"), json!("messages.1.swipe_id")),
        ]
    );
    let chat = opened(&keep, &items[0]["entry"]);
    assert_eq!(now(chat.bytes()).unwrap(), file.as_bytes());
    now(chat.swipe(1, SwipeChange::Choose(2), None)).unwrap();
    let message = &messages(&chat)[1];
    assert_eq!(message["warnings"], Value::Null);
    assert_eq!(
        (&message["swipes"], &message["swipe"]),
        (&json!(["b", "", "c"]), &json!(2))
    );
    let broken = (0..300).map(|_| r#"{"name":"a","mes":"b","swipes":[null],"swipe_id":0}"#);
    let broken: Vec<&str> = broken.collect();
    let items = now(keep
        .chats()
        .import(broken.join("\n").as_bytes(), "b.jsonl", &options))
    .unwrap();
    let warnings = items[0]["warnings"].as_array().unwrap();
    assert_eq!(
        (warnings.len(), &warnings[100]["code"]),
        (101, &json!("more-warnings"))
    );
}

#[test]
fn a_chat_keeps_the_template_as_it_was() {
    let keep = open(&MemoryMedium::new());
    let chats = keep.chats();
    let made = json!({ "title": "T", "template": { "id": "plain", "text": "{{char}}: é" } });
    let entry = now(chats.create(&made.to_string())).unwrap();
    let id = entry["id"].as_str().unwrap();
    assert_eq!(entry["template"], "plain");
    let taken = json!({ "id": "plain", "text": "{{char}}: é" });
    assert_eq!(now(chats.template(id)).unwrap(), Some(taken.clone()));
    let chat = opened(&keep, &entry);
    now(chat.append(&new("x"))).unwrap();
    let branch = now(chat.branch(0, None)).unwrap();
    let other = Template {
        id: None,
        text: "other".to_owned(),
    };
    let entry = now(chats.set_template(id, Some(&other), None)).unwrap();
    assert_eq!(
        now(chats.template(id)).unwrap(),
        Some(json!({ "text": "other" }))
    );
    let stale = now(chats.set_template(id, None, Some(1))).unwrap_err();
    assert_eq!(stale.kind(), Kind::Conflict);
    now(chats.set_template(id, None, entry["rev"].as_u64())).unwrap();
    assert_eq!(now(chats.template(id)).unwrap(), None);
    let branch = branch["id"].as_str().unwrap();
    assert_eq!(now(chats.template(branch)).unwrap(), Some(taken));
}

#[test]
fn lines_are_one_newline_apart_whatever_goes_out_of_a_file_that_ended_without_one() {
    let mut random = Random(7);
    for (round, lines) in [1, 2, 5, 64, 65, 130]
        .into_iter()
        .cycle()
        .take(24)
        .enumerate()
    {
        for newline in ["\n", "\r\n"] {
            let keep = open(&MemoryMedium::new());
            let said = |n: usize| json!({ "name": "Zoë", "is_user": false, "mes": n.to_string() });
            let mut file = vec![json!({ "user_name": "You", "character_name": "Zoë" }).to_string()];
            file.extend((0..lines).map(|n| said(n).to_string()));
            let chat = imported(&keep, file.join(newline).as_bytes());
            let more: Vec<Document> = (0..70).map(|n| new(&format!("more {n}"))).collect();
            now(chat.append_many(&more[..1 + random.below(70)], Write::default())).unwrap();
            // The one that ended the file goes, by itself or among others, and comes back.
            let last = lines - 1;
            match round % 3 {
                0 => now(chat.remove(last as u64, None)).unwrap(),
                1 => drop(now(chat.move_to(last as u64, 0, None)).unwrap()),
                _ => drop(now(chat.insert(last as u64, &new("before"), None)).unwrap()),
            }
            for _ in 0..12 {
                let len = messages(&chat).len();
                let (at, to) = (random.below(len) as u64, random.below(len) as u64);
                match random.below(4) {
                    0 if len > 1 => now(chat.remove(at, None)).unwrap(),
                    1 => drop(now(chat.move_to(at, to, None)).unwrap()),
                    2 => drop(now(chat.insert(at, &new("between"), None)).unwrap()),
                    _ => drop(now(chat.undo(random.below(3) == 0, Write::default())).unwrap()),
                }
                let text = String::from_utf8(now(chat.bytes()).unwrap()).unwrap();
                let found: Vec<&str> = text.trim_end().split(newline).skip(1).collect();
                assert_eq!(
                    found.len(),
                    messages(&chat).len(),
                    "{lines} {round}: {text}"
                );
                assert!(
                    found
                        .iter()
                        .all(|line| line.starts_with('{') && line.ends_with('}'))
                );
            }
        }
    }
}
