//! What the keep promises, over the memory medium.

use crate::store::clock;
use crate::turn::now;
use cardkeep::error::{Kind, Limits, Result};
use cardkeep::json::Document;
use cardkeep::keep::{Chat, ChatImport, Domain, Keep};
use cardkeep::store::{MemoryMedium, Table};
use serde_json::{Value, json};
use std::rc::Rc;

pub fn open(medium: &MemoryMedium) -> Keep {
    now(Keep::open(
        Rc::new(medium.clone()),
        clock(),
        Rc::new(|_, _| {}),
    ))
    .expect("the medium opens")
}

fn patch(value: Value) -> Document {
    Document::parse(&value.to_string()).unwrap()
}

fn id(item: &Value) -> String {
    item["entry"]["id"]
        .as_str()
        .expect("an entry has an id")
        .to_owned()
}

fn import_card(keep: &Keep, bytes: &[u8]) -> Value {
    now(keep.characters().import(bytes, &Limits::default())).expect("the card is kept")
}

fn import_chat(keep: &Keep, bytes: &[u8]) -> Value {
    now(keep
        .chats()
        .import(bytes, "chat.jsonl", &ChatImport::default()))
    .expect("the chat is kept")
}

fn export(keep: &Keep, domain: Domain, id: &str) -> Vec<u8> {
    now(keep.export(domain, id))
        .expect("the record is exported")
        .bytes
}

fn card(name: &str) -> Vec<u8> {
    std::fs::read(format!("tests/fixtures/cards/{name}")).expect("the fixture is there")
}

fn messages(chat: &Chat, from: u64, to: u64) -> Vec<Value> {
    serde_json::from_str(&now(chat.page(from, to)).unwrap()).unwrap()
}

fn texts(chat: &Chat) -> Vec<String> {
    messages(chat, 0, u64::MAX)
        .iter()
        .map(|message| message["text"].as_str().unwrap().to_owned())
        .collect()
}

/// A SillyTavern log of so many messages, of lengths that vary, without a newline at its end.
pub fn log(messages: usize) -> Vec<u8> {
    let mut lines = vec![
        r#"{"user_name":"You","character_name":"Zoë","create_date":"2024-07-12@01h31m37s"}"#
            .to_owned(),
    ];
    for n in 0..messages {
        let text = format!("message {n} {}", "word ".repeat(n * 37 % 200));
        lines.push(format!(
            r#"{{"name":"{}","is_user":{},"send_date":"June 19, 2023 4:13pm","mes":"{text}","extra":{{"x":1e0}}}}"#,
            if n % 2 == 0 { "Zoë" } else { "You" },
            n % 2 == 1
        ));
    }
    lines.join("\n").into_bytes()
}

fn open_log(keep: &Keep, bytes: &[u8]) -> Chat {
    let imported = import_chat(keep, bytes);
    now(keep.chats().open(&id(&imported[0]))).unwrap()
}

#[test]
fn an_unchanged_card_is_exported_as_identical_bytes() {
    let medium = MemoryMedium::new();
    for name in [
        "01_v1_before_idat.png",
        "03_v3_only_ccv3.png",
        "21_trailing_data.png",
        "80_v2.json",
    ] {
        let bytes = card(name);
        let id = id(&import_card(&open(&medium), &bytes));
        assert_eq!(
            export(&open(&medium), Domain::Characters, &id),
            bytes,
            "{name}"
        );
    }
}

#[test]
fn an_edited_card_keeps_its_file_and_its_older_state() {
    let medium = MemoryMedium::new();
    let keep = open(&medium);
    let bytes = card("46_ext_asset_chunks.png");
    let id = id(&import_card(&keep, &bytes));
    let entry = now(keep
        .characters()
        .patch(&id, &patch(json!({ "name": "Renamed" })), Some(1)))
    .unwrap();
    assert_eq!(entry["name"], "Renamed");
    assert_eq!(entry["rev"], 2);
    let character: Value =
        serde_json::from_str(&now(open(&medium).characters().get(&id)).unwrap().unwrap()).unwrap();
    assert_eq!(character["card"]["name"], "Renamed");
    let exported = export(&keep, Domain::Characters, &id);
    let again = cardkeep::card::read(&exported, &Limits::default()).unwrap();
    assert_eq!(cardkeep::card::summary(&again.document).name, "Renamed");
    assert_eq!(again.assets.len(), 2);
    assert_eq!(now(keep.characters().image(&id)).unwrap().unwrap(), bytes);
    assert_eq!(
        now(keep.history(Domain::Characters, &id))
            .unwrap()
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

#[test]
fn an_edit_on_an_old_revision_is_a_conflict() {
    let medium = MemoryMedium::new();
    let keep = open(&medium);
    let id = id(&import_card(&keep, &card("80_v2.json")));
    now(keep
        .characters()
        .patch(&id, &patch(json!({ "name": "one" })), Some(1)))
    .unwrap();
    let before = medium.dump();
    let late = now(keep
        .characters()
        .patch(&id, &patch(json!({ "name": "two" })), Some(1)));
    assert_eq!(late.unwrap_err().kind(), Kind::Conflict);
    assert_eq!(medium.dump(), before);
}

#[test]
fn the_same_file_again_is_a_duplicate_and_another_of_its_name_is_not() {
    let medium = MemoryMedium::new();
    let keep = open(&medium);
    let first = import_card(&keep, &card("80_v2.json"));
    let again = import_card(&keep, &card("80_v2.json"));
    let other = import_card(&keep, &card("03_v3_only_ccv3.png"));
    assert_eq!(
        (&first["status"], &again["status"], &other["status"]),
        (&json!("added"), &json!("duplicate"), &json!("added"))
    );
    assert_eq!(first["entry"], again["entry"]);
    let listing = now(keep.list(Domain::Characters, false)).unwrap();
    assert_eq!(listing["items"].as_array().unwrap().len(), 2);
}

#[test]
fn the_same_words_in_another_file_are_kept_and_told() {
    let medium = MemoryMedium::new();
    let keep = open(&medium);
    let likes = |told: &Value| {
        let like = told["like"].as_array().cloned().unwrap_or_default();
        like.iter()
            .map(|entry| entry["id"].clone())
            .collect::<Vec<_>>()
    };
    let words = r#"{"name": "Ann", "description": "A shark.", "first_mes": "Hi"}"#;
    let spelled = r#"{"first_mes":"Hi","description":"A shark.","name":"Ann","creator":"me"}"#;
    let first = import_card(&keep, words.as_bytes());
    let second = import_card(&keep, spelled.as_bytes());
    assert_eq!(likes(&first), Vec::<Value>::new());
    assert_eq!(second["status"], "added");
    assert_eq!(likes(&second), [id(&first)]);

    // What an edit makes of it counts, and what is in the trash does not.
    let other = patch(json!({ "description": "A whale." }));
    now(keep.characters().patch(&id(&first), &other, None)).unwrap();
    let third = import_card(&keep, format!("{spelled} ").as_bytes());
    assert_eq!(likes(&third), [id(&second)]);
    now(keep.trash(Domain::Characters, &id(&second), None)).unwrap();
    now(keep.trash(Domain::Characters, &id(&third), None)).unwrap();
    let fourth = import_card(&keep, format!("{spelled}  ").as_bytes());
    assert_eq!(likes(&fourth), Vec::<Value>::new());
}

#[test]
fn bad_input_is_a_typed_error_and_the_store_stays_untouched() {
    let medium = MemoryMedium::new();
    let keep = open(&medium);
    let before = medium.dump();
    let bad: Result<Value> = now(keep
        .characters()
        .import(&card("48_no_card.png"), &Limits::default()));
    assert_eq!(bad.unwrap_err().kind(), Kind::NoCard);
    assert!(
        now(keep
            .characters()
            .import(b"no card at all", &Limits::default()))
        .is_err()
    );
    assert_eq!(
        now(keep.chats().import(b"\x89PNG", "x", &ChatImport::default()))
            .unwrap_err()
            .kind(),
        Kind::NotAChat
    );
    assert_eq!(
        now(keep.worlds().import(b"{}", &Limits::default()))
            .unwrap_err()
            .kind(),
        Kind::NotAWorld
    );
    assert_eq!(
        now(keep
            .settings()
            .patch(&json!({ "pageSize": 50, "theme": "pink" })))
        .unwrap_err()
        .kind(),
        Kind::Invalid
    );
    assert_eq!(
        now(keep.settings().patch(&json!({ "nothing": 1 })))
            .unwrap_err()
            .kind(),
        Kind::BadOption
    );
    assert_eq!(medium.dump(), before);
}

#[test]
fn a_deleted_record_waits_in_the_trash_with_everything() {
    let medium = MemoryMedium::new();
    let keep = open(&medium);
    let bytes = card("01_v1_before_idat.png");
    let id = id(&import_card(&keep, &bytes));
    now(keep.trash(Domain::Characters, &id, None)).unwrap();
    assert_eq!(now(keep.entry(Domain::Characters, &id)).unwrap(), None);
    assert_eq!(
        now(keep.export(Domain::Characters, &id))
            .unwrap_err()
            .kind(),
        Kind::NotFound
    );
    let count = |trashed| {
        now(keep.list(Domain::Characters, trashed)).unwrap()["items"]
            .as_array()
            .unwrap()
            .len()
    };
    assert_eq!((count(false), count(true)), (0, 1));
    now(keep.restore(Domain::Characters, &id)).unwrap();
    assert_eq!(export(&keep, Domain::Characters, &id), bytes);
    assert_eq!(
        now(keep.restore(Domain::Characters, &id))
            .unwrap_err()
            .kind(),
        Kind::NotFound
    );
}

#[test]
fn an_imported_chat_is_exported_as_identical_bytes_at_any_length() {
    for length in [0, 1, 63, 64, 65, 500, 20_000] {
        let medium = MemoryMedium::new();
        for mut bytes in [log(length), [log(length), b"\n".to_vec()].concat()] {
            let chat = open_log(&open(&medium), &bytes);
            assert_eq!(chat.entry()["length"], length);
            assert_eq!(now(chat.bytes()).unwrap(), bytes, "{length}");
            bytes.clear();
        }
    }
}

#[test]
fn the_file_of_another_tool_is_kept_beside_its_chats() {
    let file = br#"{"type":"risuAllChats","ver":2,"data":[{"name":"A","message":[{"role":"user","data":"one"}]},{"name":"B","message":[{"role":"char","data":"two"}]}],"message_count":3}"#;
    let keep = open(&MemoryMedium::new());
    let imported = import_chat(&keep, file);
    for (n, title, said) in [(0, "A", "one"), (1, "B", "two")] {
        let entry = &imported[n]["entry"];
        assert_eq!(
            (&entry["title"], &entry["source"]),
            (&json!(title), &json!("risu"))
        );
        let chat = now(keep.chats().open(&id(&imported[n]))).unwrap();
        assert_eq!(texts(&chat), [said]);
        let original = now(keep.chats().original(&id(&imported[n]))).unwrap();
        assert_eq!(
            (original.bytes.as_slice(), original.media_type),
            (&file[..], "application/json")
        );
        now(chat.append(&Document::parse(r#"{"name":"U","role":"user","text":"more"}"#).unwrap()))
            .unwrap();
        assert_eq!(texts(&chat), [said, "more"]);
        assert!(now(keep.chats().original(&id(&imported[n]))).is_ok());
    }
    let again = import_chat(&keep, file);
    assert_eq!(again[0]["status"], "duplicate");
    let log = open_log(&keep, b"{\"name\":\"a\",\"mes\":\"one\"}");
    let none = now(keep.chats().original(log.entry()["id"].as_str().unwrap()));
    assert_eq!(none.unwrap_err().kind(), Kind::NotFound);
}

#[test]
fn a_chat_whose_count_is_not_what_its_file_says_is_told() {
    let file = br#"{"title":"T","message_count":3,"messages":[{"role":"user","content":"x"}]}"#;
    let imported = import_chat(&open(&MemoryMedium::new()), file);
    let codes: Vec<_> = imported[0]["warnings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|warning| warning["code"].clone())
        .collect();
    assert_eq!(codes, ["converted", "count-differs"]);
}

#[test]
fn damaged_lines_of_a_chat_stay_where_they_are() {
    let text = "{\"user_name\":\"a\"}\n\n{\"name\":\"a\",\"mes\":\"one\"}\nnot json\n{\"name\":\"b\",\"mes\":\"two\"}\n{\"cut";
    let medium = MemoryMedium::new();
    let keep = open(&medium);
    let imported = import_chat(&keep, text.as_bytes());
    let chat = now(keep.chats().open(&id(&imported[0]))).unwrap();
    assert_eq!(texts(&chat), ["one", "two"]);
    assert!(!imported[0]["warnings"].as_array().unwrap().is_empty());
    assert_eq!(now(chat.bytes()).unwrap(), text.as_bytes());
    now(chat.remove(1, None)).unwrap();
    now(chat.remove(0, None)).unwrap();
    let left = String::from_utf8(now(chat.bytes()).unwrap()).unwrap();
    assert!(
        left.contains("not json\n") && left.contains("{\"cut"),
        "{left}"
    );
    assert!(!left.contains("one") && !left.contains("two"), "{left}");
}

#[test]
fn untouched_lines_stay_identical_when_others_are_edited_removed_and_added() {
    let medium = MemoryMedium::new();
    let keep = open(&medium);
    let bytes = log(1_000);
    let chat = open_log(&keep, &bytes);
    now(chat.edit(500, &patch(json!({ "text": "edited" })), None)).unwrap();
    now(chat.remove(10, None)).unwrap();
    now(chat.append(&patch(
        json!({ "name": "You", "role": "user", "text": "new", "at": 5 }),
    )))
    .unwrap();
    let exported = String::from_utf8(now(chat.bytes()).unwrap()).unwrap();
    let mut want: Vec<&str> = std::str::from_utf8(&bytes).unwrap().split('\n').collect();
    want.remove(11);
    let lines: Vec<&str> = exported.split('\n').collect();
    assert_eq!(lines.len(), want.len() + 1);
    for (n, line) in want.iter().enumerate().filter(|(n, _)| *n != 500) {
        assert_eq!(lines[n], *line, "line {n}");
    }
    let edited: Value = serde_json::from_str(lines[500]).unwrap();
    assert_eq!(edited["mes"], "edited");
    assert!(lines[500].contains("\"extra\":{\"x\":1e0}"));
    assert!(lines.last().unwrap().contains("\"new\""));
}

#[test]
fn a_page_in_the_middle_gives_the_messages_of_its_positions() {
    let medium = MemoryMedium::new();
    let chat = open_log(&open(&medium), &log(5_000));
    for (from, to) in [
        (0, 1),
        (63, 65),
        (2_000, 2_050),
        (4_950, 5_000),
        (4_999, 9_999),
        (5_000, 5_001),
    ] {
        let page = messages(&chat, from, to);
        assert_eq!(page.len() as u64, to.min(5_000).saturating_sub(from));
        for (message, index) in page.iter().zip(from..) {
            assert_eq!(message["index"], index);
            assert!(
                message["text"]
                    .as_str()
                    .unwrap()
                    .starts_with(&format!("message {index} "))
            );
        }
    }
}

#[test]
fn two_tabs_append_to_one_chat_and_both_messages_are_kept() {
    let medium = MemoryMedium::new();
    let one = open_log(&open(&medium), &log(60));
    let id = one.entry()["id"].as_str().unwrap().to_owned();
    let other = now(open(&medium).chats().open(&id)).unwrap();
    for n in 0..100 {
        let chat = if n % 3 == 0 { &one } else { &other };
        now(chat.append(&patch(
            json!({ "name": "You", "role": "user", "text": format!("late {n}") }),
        )))
        .unwrap();
    }
    let kept = texts(&one);
    assert_eq!(
        kept[60..],
        (0..100).map(|n| format!("late {n}")).collect::<Vec<_>>()
    );
}

#[test]
fn an_edit_by_positions_of_an_old_state_is_a_conflict() {
    let medium = MemoryMedium::new();
    let one = open_log(&open(&medium), &log(5));
    let id = one.entry()["id"].as_str().unwrap().to_owned();
    let other = now(open(&medium).chats().open(&id)).unwrap();
    now(one.remove(0, None)).unwrap();
    let before = medium.dump();
    let late = now(other.edit(0, &patch(json!({ "text": "wrong one" })), None));
    assert_eq!(late.unwrap_err().kind(), Kind::Conflict);
    assert_eq!(medium.dump(), before);
    now(other.edit(0, &patch(json!({ "text": "seen now" })), None)).unwrap();
    assert_eq!(texts(&one)[0], "seen now");
}

#[test]
fn a_position_counts_in_the_revision_that_the_caller_saw() {
    let medium = MemoryMedium::new();
    let one = open_log(&open(&medium), &log(5));
    let id = one.entry()["id"].as_str().unwrap().to_owned();
    let seen = one.entry()["rev"].as_u64();
    let other = now(open(&medium).chats().open(&id)).unwrap();
    now(other.remove(0, None)).unwrap();
    // Reading brings the handle up to date, but not what the caller has on the screen.
    now(one.page(0, 1)).unwrap();
    let before = medium.dump();
    let edit = now(one.edit(0, &patch(json!({ "text": "wrong one" })), seen)).unwrap_err();
    let remove = now(one.remove(0, seen)).unwrap_err();
    for late in [edit, remove] {
        assert_eq!(late.kind(), Kind::Conflict);
        let about = late.subject().expect("a conflict names its record");
        assert_eq!((&*about.domain, &about.id), ("chats", &id));
        assert_eq!(late.found(), other.entry()["rev"].as_u64());
    }
    assert_eq!(medium.dump(), before);
    let current = one.entry()["rev"].as_u64();
    now(one.edit(0, &patch(json!({ "text": "seen now" })), current)).unwrap();
    now(one.remove(1, one.entry()["rev"].as_u64())).unwrap();
    assert_eq!(texts(&other)[0], "seen now");
    assert_eq!(texts(&other).len(), 3);
}

#[test]
fn an_append_writes_the_same_few_bytes_at_any_length() {
    let written = |length: usize| {
        let medium = MemoryMedium::new();
        let chat = open_log(&open(&medium), &log(length));
        let before = medium.dump();
        now(chat.append(&patch(
            json!({ "name": "You", "role": "user", "text": "new" }),
        )))
        .unwrap();
        let fresh = medium
            .dump()
            .into_iter()
            .filter(|value| !before.contains(value));
        let (mut pages, mut rows) = (0, 0);
        for (table, _, value) in fresh {
            match table {
                Table::Pages => pages += value.bytes.len(),
                _ => rows += value.bytes.len(),
            }
        }
        assert!(pages < 300, "{pages}");
        rows
    };
    assert!(written(10_000) < written(10) + 300);
}

#[test]
fn an_older_state_of_a_chat_stays_readable_after_an_edit_of_its_tail() {
    let medium = MemoryMedium::new();
    let keep = open(&medium);
    let chat = open_log(&keep, &log(0));
    for n in 0..10 {
        now(chat.append(&patch(
            json!({ "name": "You", "role": "user", "text": format!("{n}") }),
        )))
        .unwrap();
    }
    now(chat.edit(4, &patch(json!({ "text": "edited" })), None)).unwrap();
    for n in 10..200 {
        now(chat.append(&patch(
            json!({ "name": "You", "role": "user", "text": format!("{n}") }),
        )))
        .unwrap();
    }
    // The version still names the tail's pages, so all ten must be there.
    let tails = medium
        .dump()
        .iter()
        .filter(|(table, key, _)| *table == Table::Pages && key.text(0) == "tail")
        .count();
    assert!(tails >= 10, "{tails}");
}

#[test]
fn a_world_moves_and_is_exported_in_the_same_shape() {
    let medium = MemoryMedium::new();
    let keep = open(&medium);
    let bytes = std::fs::read("tests/fixtures/worlds/seed.json").unwrap();
    let id = id(&now(keep.worlds().import(&bytes, &Limits::default())).unwrap());
    assert_eq!(export(&keep, Domain::Worlds, &id), bytes);
    now(keep.worlds().move_to(&id, "1,0,0", Some(1))).unwrap();
    now(keep.worlds().set_stat(&id, "health", "75", None)).unwrap();
    let keep = open(&medium);
    let world: Value =
        serde_json::from_str(&now(keep.worlds().get(&id)).unwrap().unwrap()).unwrap();
    assert_eq!(world["position"], "1,0,0");
    assert_eq!(world["state"]["player"]["health"], 75);
    let mut want: Value = serde_json::from_slice(&bytes).unwrap();
    let mut exported: Value = serde_json::from_slice(&export(&keep, Domain::Worlds, &id)).unwrap();
    assert_eq!(exported["current_position"], "1,0,0");
    want["current_position"] = json!("1,0,0");
    want["player"]["health"] = json!(75);
    want["metadata"]["last_modified"] = exported["metadata"]["last_modified"].take();
    exported["metadata"]["last_modified"] = want["metadata"]["last_modified"].clone();
    want["visited_positions"] = exported["visited_positions"].clone();
    assert_eq!(exported, want);
    assert_eq!(
        now(keep.worlds().move_to(&id, "9,9,9", None))
            .unwrap_err()
            .kind(),
        Kind::Invalid
    );
}

#[test]
fn settings_start_with_their_defaults_and_remember_what_was_set() {
    let medium = MemoryMedium::new();
    let keep = open(&medium);
    let defaults = now(keep.settings().get()).unwrap();
    assert_eq!(defaults["pageSize"], 50);
    now(keep
        .settings()
        .patch(&json!({ "pageSize": 20, "userName": "Ana" })))
    .unwrap();
    let keep = open(&medium);
    let set = now(keep.settings().get()).unwrap();
    assert_eq!(
        (&set["pageSize"], &set["userName"], &set["theme"]),
        (&json!(20), &json!("Ana"), &defaults["theme"])
    );
    assert_eq!(
        now(keep.settings().reset(Some("pageSize"), Default::default())).unwrap()["pageSize"],
        50
    );
    assert_eq!(
        now(keep.settings().reset(None, Default::default())).unwrap(),
        defaults
    );
}

#[test]
fn the_observer_hears_of_every_stored_change_and_of_nothing_else() {
    let heard = Rc::new(std::cell::RefCell::new(Vec::new()));
    let ear = Rc::clone(&heard);
    let observer = move |domain: &str, ids: &[String]| {
        ear.borrow_mut().push((domain.to_owned(), ids.to_vec()))
    };
    let keep = now(Keep::open(
        Rc::new(MemoryMedium::new()),
        clock(),
        Rc::new(observer),
    ))
    .unwrap();
    assert!(heard.borrow().is_empty());
    let id = id(&import_card(&keep, &card("80_v2.json")));
    import_card(&keep, &card("80_v2.json"));
    assert!(
        now(keep
            .characters()
            .patch(&id, &patch(json!({ "name": "x" })), Some(99)))
        .is_err()
    );
    assert_eq!(*heard.borrow(), [("characters".to_owned(), vec![id])]);
}

#[test]
fn an_older_state_of_a_record_comes_back_as_a_new_revision() {
    let medium = MemoryMedium::new();
    let keep = open(&medium);
    let bytes = card("80_v2.json");
    let id = id(&import_card(&keep, &bytes));
    now(keep
        .characters()
        .patch(&id, &patch(json!({ "name": "one" })), None))
    .unwrap();
    now(keep
        .characters()
        .patch(&id, &patch(json!({ "name": "two" })), None))
    .unwrap();
    let entry = now(keep.restore_version(Domain::Characters, &id, 1)).unwrap();
    assert_eq!(entry["rev"], 4);
    assert_eq!(export(&keep, Domain::Characters, &id), bytes);
    let entry = now(keep.restore_version(Domain::Characters, &id, 3)).unwrap();
    assert_eq!((&entry["rev"], &entry["name"]), (&json!(5), &json!("two")));
    let missing = now(keep.restore_version(Domain::Characters, &id, 77));
    assert_eq!(missing.unwrap_err().kind(), Kind::NotFound);
}

#[test]
fn an_older_state_of_a_chat_comes_back_and_stays_whole_whatever_follows() {
    let medium = MemoryMedium::new();
    let keep = open(&medium);
    let chat = open_log(&keep, &log(70));
    let id = chat.entry()["id"].as_str().unwrap().to_owned();
    let say = |text: String| {
        now(chat.append(&patch(
            json!({ "name": "You", "role": "user", "text": text }),
        )))
        .map(drop)
    };
    (0..10).for_each(|n| say(format!("before {n}")).unwrap());
    let before = texts(&chat);
    let rev = chat.entry()["rev"].as_u64().unwrap();
    now(chat.edit(75, &patch(json!({ "text": "edited" })), None)).unwrap();
    (0..100).for_each(|n| say(format!("after {n}")).unwrap());
    let after = texts(&chat);
    let late = chat.entry()["rev"].as_u64().unwrap();
    for _ in 0..3 {
        now(keep.restore_version(Domain::Chats, &id, rev)).unwrap();
        assert_eq!(texts(&chat), before);
        (0..150).for_each(|n| say(format!("again {n}")).unwrap());
        now(keep.restore_version(Domain::Chats, &id, late)).unwrap();
        assert_eq!(texts(&chat), after);
        (0..70).for_each(|n| say(format!("more {n}")).unwrap());
    }
}
