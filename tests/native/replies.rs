//! Replies on their way: what has come survives the page, and is in its chat once.

use crate::keep::{log, open};
use crate::turn::now;
use cardkeep::error::Kind;
use cardkeep::json::Document;
use cardkeep::keep::{Chat, ChatImport, Domain, Keep};
use cardkeep::store::MemoryMedium;
use serde_json::{Value, json};

fn document(value: Value) -> Document {
    Document::parse(&value.to_string()).unwrap()
}

fn imported(keep: &Keep) -> Chat {
    let options = ChatImport::default();
    let items = now(keep.chats().import(&log(100), "Zoë.jsonl", &options)).unwrap();
    now(keep.chats().open(items[0]["entry"]["id"].as_str().unwrap())).unwrap()
}

fn messages(chat: &Chat) -> Vec<Value> {
    serde_json::from_str(&now(chat.page(0, u64::MAX)).unwrap()).unwrap()
}

fn replies(keep: &Keep) -> Vec<Value> {
    serde_json::from_str(&now(keep.chats().replies()).unwrap()).unwrap()
}

fn begun(chat: &Chat) -> String {
    let reply = document(json!({ "name": "Zoë", "role": "character" }));
    now(chat.begin(&reply, "writer")).unwrap()
}

#[test]
fn what_has_come_of_a_reply_is_there_after_the_page_and_becomes_one_message() {
    let medium = MemoryMedium::new();
    let chat = imported(&open(&medium));
    let rev = chat.entry()["rev"].clone();
    let id = begun(&chat);
    let keep = open(&medium);
    assert_eq!(replies(&keep)[0]["text"], "");
    // A lone surrogate, and more than a row holds.
    for text in [
        r#""Once""#.to_owned(),
        r#""Once \ud83d""#.to_owned(),
        format!("\"{}\"", "upon ".repeat(9_000)),
    ] {
        now(keep.chats().save_reply(&id, &text)).unwrap();
        let told = now(open(&medium).chats().replies()).unwrap();
        assert!(told.contains(&format!("\"text\":{text}")), "{text:.20}");
    }
    let reply = &replies(&open(&medium))[0];
    assert_eq!(
        (
            &reply["id"],
            &reply["chat"],
            &reply["name"],
            &reply["role"],
            &reply["writer"]
        ),
        (
            &json!(id),
            &chat.entry()["id"],
            &json!("Zoë"),
            &json!("character"),
            &json!("writer")
        )
    );
    assert_eq!(
        now(keep.entry(Domain::Chats, chat.entry()["id"].as_str().unwrap()))
            .unwrap()
            .unwrap()["rev"],
        rev
    );

    let kept: Value = serde_json::from_str(&now(keep.chats().keep_reply(&id)).unwrap()).unwrap();
    assert_eq!(
        (&kept["interrupted"], &kept["index"]),
        (&json!(true), &json!(100))
    );
    assert_eq!(messages(&chat)[100], kept);
    assert!(replies(&keep).is_empty());
    for again in [
        now(keep.chats().keep_reply(&id)).err(),
        now(keep.chats().save_reply(&id, "\"late\"")).err(),
        now(keep.chats().discard_reply(&id)).err(),
        now(chat.finish(&id, Some("\"again\""), false, None)).err(),
    ] {
        assert_eq!(again.map(|error| error.kind()), Some(Kind::NotFound));
    }
    assert_eq!(messages(&chat).len(), 101);
}

#[test]
fn a_finished_reply_is_a_message_like_any_other_and_is_undone_like_one() {
    let keep = open(&MemoryMedium::new());
    let chat = imported(&keep);
    let id = begun(&chat);
    let message = now(chat.finish(&id, Some(r#""Once upon""#), false, None)).unwrap();
    let message: Value = serde_json::from_str(&message).unwrap();
    assert_eq!(
        (&message["text"], &message["interrupted"]),
        (&json!("Once upon"), &Value::Null)
    );
    assert_eq!(messages(&chat)[100], message);
    assert!(now(chat.undo(false, None)).unwrap());
    assert_eq!(messages(&chat).len(), 100);
    assert!(replies(&keep).is_empty());
}

#[test]
fn an_alternative_finds_its_message_wherever_it_is_by_then() {
    let medium = MemoryMedium::new();
    let chat = imported(&open(&medium));
    let other = now(open(&medium)
        .chats()
        .open(chat.entry()["id"].as_str().unwrap()))
    .unwrap();
    let message = messages(&chat)[40]["id"].as_u64().unwrap();
    let reply = document(json!({ "swipeOf": message }));
    let (first, second) = (
        now(chat.begin(&reply, "w")).unwrap(),
        now(chat.begin(&reply, "w")).unwrap(),
    );
    now(other.remove(3, None)).unwrap();
    now(chat.finish(&first, Some(r#""Or \"so\"""#), true, None)).unwrap();
    let said = &messages(&other)[39];
    assert_eq!(
        (&said["text"], &said["swipe"]),
        (&json!("Or \"so\""), &json!(1))
    );
    assert_eq!(
        (&said["id"], &said["interrupted"]),
        (&json!(message), &json!(true))
    );
    // Its message is gone: what has come is not.
    now(open(&medium).chats().save_reply(&second, "\"lost?\"")).unwrap();
    now(other.remove(39, None)).unwrap();
    assert_eq!(
        now(chat.finish(&second, None, false, None))
            .unwrap_err()
            .kind(),
        Kind::NotFound
    );
    assert_eq!(replies(&open(&medium))[0]["text"], "lost?");
    now(open(&medium).chats().discard_reply(&second)).unwrap();
    assert!(replies(&open(&medium)).is_empty());
}

#[test]
fn what_could_not_be_written_in_the_end_does_not_begin() {
    let keep = open(&MemoryMedium::new());
    let chat = imported(&keep);
    for (reply, kind) in [
        (json!([]), Kind::Invalid),
        (json!({ "name": "Zoë" }), Kind::Invalid),
        (
            json!({ "name": "Zoë", "role": "character", "text": "" }),
            Kind::Invalid,
        ),
        (
            json!({ "name": "Zoë", "role": "character", "mes": "" }),
            Kind::BadOption,
        ),
        (json!({ "swipeOf": "4" }), Kind::Invalid),
        (json!({ "swipeOf": 4, "name": "Zoë" }), Kind::Invalid),
        (json!({ "swipeOf": 4_000 }), Kind::NotFound),
    ] {
        let refused = now(chat.begin(&document(reply.clone()), "w")).unwrap_err();
        assert_eq!(refused.kind(), kind, "{reply}");
    }
    assert!(replies(&keep).is_empty());
}
