//! Branches of a chat: they begin as it did, share what is stored, and go their own way.

use crate::keep::{log, open};
use crate::turn::now;
use cardkeep::error::Kind;
use cardkeep::json::Document;
use cardkeep::keep::{Chat, ChatImport, Domain, Keep};
use cardkeep::store::{MemoryMedium, Table};
use serde_json::{Value, json};

fn imported(keep: &Keep, bytes: &[u8]) -> Chat {
    let options = ChatImport {
        characters: vec!["zoe".to_owned()],
        ..ChatImport::default()
    };
    let items = now(keep.chats().import(bytes, "Zoë.jsonl", &options)).unwrap();
    let id = items[0]["entry"]["id"].as_str().unwrap();
    now(keep.chats().open(id)).unwrap()
}

fn opened(keep: &Keep, entry: &Value) -> Chat {
    now(keep.chats().open(entry["id"].as_str().unwrap())).unwrap()
}

#[test]
fn a_branch_begins_as_the_chat_did_byte_for_byte_wherever_it_is_cut() {
    for length in [1, 64, 65, 130] {
        let keep = open(&MemoryMedium::new());
        let bytes = log(length);
        let lines: Vec<&[u8]> = bytes.split_inclusive(|byte| *byte == b'\n').collect();
        let chat = imported(&keep, &bytes);
        for at in [0, 1, 63, 64, 65, length - 1] {
            if at >= length {
                let missing = now(chat.branch(at as u64, None)).unwrap_err();
                assert_eq!(missing.kind(), Kind::NotFound);
                continue;
            }
            let branch = now(chat.branch(at as u64, Some("Another way"))).unwrap();
            assert_eq!(branch["length"], at + 1);
            assert_eq!(
                now(opened(&keep, &branch).bytes()).unwrap(),
                lines[..at + 2].concat()
            );
        }
        assert_eq!(now(chat.bytes()).unwrap(), bytes);
    }
}

#[test]
fn a_branch_and_its_trunk_know_each_other_and_change_apart() {
    let keep = open(&MemoryMedium::new());
    let trunk = imported(&keep, &log(100));
    let id = trunk.entry()["id"].as_str().unwrap().to_owned();
    let first = now(trunk.branch(40, None)).unwrap();
    let second = now(trunk.branch(70, None)).unwrap();
    let title = trunk.entry()["title"].as_str().unwrap().to_owned();
    assert_eq!(first["title"], format!("{title} - Branch #1"));
    assert_eq!(second["title"], format!("{title} - Branch #2"));
    assert_eq!(
        first["parent"],
        json!({ "id": id, "at": 40, "message": 40 })
    );
    assert_eq!(first["characters"], json!(["zoe"]));
    let children = now(keep.chats().branches(&id)).unwrap();
    let ids: Vec<&Value> = children
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["id"])
        .collect();
    assert_eq!(ids, [&second["id"], &first["id"]]);
    assert_eq!(
        trunk.entry()["rev"],
        1,
        "branching writes nothing into the trunk"
    );

    let branch = opened(&keep, &first);
    let before = now(trunk.bytes()).unwrap();
    let patch = Document::parse(r#"{"text":"elsewhere"}"#).unwrap();
    now(branch.edit(3, &patch, None)).unwrap();
    let message = json!({ "name": "You", "role": "user", "text": "on" });
    now(branch.append(&Document::parse(&message.to_string()).unwrap())).unwrap();
    assert_eq!(now(trunk.bytes()).unwrap(), before);
    let after = now(branch.bytes()).unwrap();
    now(trunk.remove(3, None)).unwrap();
    now(keep.trash(Domain::Chats, &id, None)).unwrap();
    now(keep.trash_can().delete(Domain::Chats, &id, None)).unwrap();
    assert_eq!(now(branch.bytes()).unwrap(), after);
}

#[test]
fn a_branch_costs_the_same_at_any_length() {
    let cost = |length: usize| {
        let medium = MemoryMedium::new();
        let keep = open(&medium);
        let chat = imported(&keep, &log(length));
        let size = |medium: &MemoryMedium| -> usize {
            let all = medium.dump();
            let pages = all.iter().filter(|(table, ..)| *table == Table::Pages);
            pages.map(|(_, _, value)| value.bytes.len()).sum()
        };
        let before = size(&medium);
        now(chat.branch(length as u64 - 10, None)).unwrap();
        size(&medium) - before
    };
    let (short, long) = (cost(200), cost(4000));
    assert!(long < short + 20_000, "{short} {long}");
}
