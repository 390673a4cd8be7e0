//! Swipes: the alternatives of a message, in step whatever a file had.

use cardkeep::chat::{self, Dialect, SwipeChange};
use cardkeep::error::{Kind, Limits, Result};
use serde_json::{Value, json};

const AT: i64 = 1_758_870_252_006;

fn swipe(line: &str, change: SwipeChange<'_>, dialect: Dialect) -> Result<String> {
    let line = chat::swipe_line(line.as_bytes(), change, dialect, AT)?;
    Ok(String::from_utf8(line).expect("the line was UTF-8"))
}

fn said(line: &str, dialect: Dialect) -> Value {
    let message = chat::message(line.as_bytes(), 0, dialect, &Limits::default());
    serde_json::from_str(&message.expect("the line reads")).expect("strict JSON")
}

fn fields(line: &str) -> Value {
    serde_json::from_str(line).expect("strict JSON")
}

#[test]
fn the_first_alternative_keeps_the_first_text_and_what_belongs_to_it() {
    let line = r#"{"name":"Zoë","is_user":false,"send_date":"June 19, 2023 4:13pm","mes":"one","extra":{"model":"a"},"gen_started":"x","z":1.0}"#;
    let two = swipe(line, SwipeChange::Add("two"), Dialect::SillyTavern).unwrap();
    assert_eq!(
        two,
        r#"{"name":"Zoë","is_user":false,"send_date":"2025-09-26T07:04:12.006Z","mes":"two","extra":{},"z":1.0,"swipe_id":1,"swipes":["one","two"],"swipe_info":[{"send_date":"June 19, 2023 4:13pm","gen_started":"x","extra":{"model":"a"}},{"send_date":"2025-09-26T07:04:12.006Z","extra":{}}]}"#
    );
    let back = fields(&swipe(&two, SwipeChange::Choose(0), Dialect::SillyTavern).unwrap());
    let before = fields(line);
    for (key, value) in before.as_object().unwrap() {
        assert_eq!(&back[key], value, "{key}");
    }
    assert_eq!(back["swipes"], json!(["one", "two"]));
    assert_eq!(back["swipe_id"], 0);
}

#[test]
fn every_dialect_takes_alternatives() {
    for (dialect, line) in [
        (
            Dialect::SillyTavern,
            r#"{"name":"A","is_user":false,"mes":"one"}"#,
        ),
        (
            Dialect::CardShark,
            r#"{"name":"A","is_user":false,"mes":"one","extra":{"id":"m1"}}"#,
        ),
        (
            Dialect::TavernAi,
            r#"{"name":"A","is_user":false,"mes":"one"}"#,
        ),
        (
            Dialect::World,
            r#"{"id": "m1", "role": "assistant", "content": "one"}"#,
        ),
        (
            Dialect::Chub,
            r#"{"name":"A","is_user":false,"mes":{"message":"one","id":7}}"#,
        ),
    ] {
        let two = swipe(line, SwipeChange::Add("two\n\"2\""), dialect).unwrap();
        let told = said(&two, dialect);
        assert_eq!(told["text"], "two\n\"2\"", "{dialect:?}");
        assert_eq!(told["swipes"], json!(["one", "two\n\"2\""]));
        assert_eq!(told["swipe"], 1);
        let one = swipe(&two, SwipeChange::Choose(0), dialect).unwrap();
        assert_eq!(said(&one, dialect)["text"], "one");
        let rest = swipe(&one, SwipeChange::Remove(0), dialect).unwrap();
        assert_eq!(said(&rest, dialect)["text"], "two\n\"2\"");
        assert_eq!(said(&rest, dialect)["swipes"], json!(["two\n\"2\""]));
    }
    let line = r#"{"name":"A","is_user":false,"mes":"one","extra":{"id":"m1"}}"#;
    let two = swipe(line, SwipeChange::Add("two"), Dialect::CardShark).unwrap();
    assert_eq!(
        fields(&two)["extra"]["id"],
        "m1",
        "the message is the same one"
    );
}

#[test]
fn holes_and_numbers_that_point_nowhere_are_set_right() {
    let line = r#"{"name":"A","is_user":false,"mes":"c","swipes":["a",null,"c"],"swipe_id":9,"swipe_info":[{"extra":{"n":0}},null]}"#;
    let chosen = fields(&swipe(line, SwipeChange::Choose(1), Dialect::SillyTavern).unwrap());
    assert_eq!(chosen["swipes"], json!(["a", "", "c"]));
    assert_eq!(chosen["swipe_info"], json!([{"extra":{"n":0}}, {}, {}]));
    assert_eq!(
        (&chosen["swipe_id"], &chosen["mes"]),
        (&json!(1), &json!(""))
    );
}

#[test]
fn a_shown_text_that_is_none_of_the_swipes_is_not_lost() {
    // An edit that only reached the text counts more than what its swipe was …
    let edited = r#"{"mes":"edited","is_user":false,"swipes":["a","b"],"swipe_id":1}"#;
    let told = fields(&swipe(edited, SwipeChange::Choose(0), Dialect::SillyTavern).unwrap());
    assert_eq!(told["swipes"], json!(["a", "edited"]));
    // … and one that belongs to none becomes one.
    let stray = r#"{"mes":"stray","is_user":false,"swipes":["a","b"],"swipe_id":-1}"#;
    let told = fields(&swipe(stray, SwipeChange::Choose(0), Dialect::SillyTavern).unwrap());
    assert_eq!(told["swipes"], json!(["a", "b", "stray"]));
    assert_eq!(told["mes"], "a");
}

#[test]
fn of_the_others_the_next_one_is_shown_or_the_last() {
    let line = |shown: usize| {
        let text = ["a", "b", "c"][shown];
        json!({ "mes": text, "is_user": false, "swipes": ["a", "b", "c"], "swipe_id": shown })
            .to_string()
    };
    for (shown, removed, text, id) in [
        (0, 0, "b", 0),
        (1, 1, "c", 1),
        (2, 2, "b", 1),
        (2, 0, "c", 1),
        (0, 2, "a", 0),
    ] {
        let told = swipe(
            &line(shown),
            SwipeChange::Remove(removed),
            Dialect::SillyTavern,
        );
        let told = fields(&told.unwrap());
        assert_eq!(
            (&told["mes"], &told["swipe_id"]),
            (&json!(text), &json!(id)),
            "{shown} {removed}"
        );
    }
    let only = r#"{"mes":"a","is_user":false}"#;
    let kind = |change| {
        swipe(only, change, Dialect::SillyTavern)
            .unwrap_err()
            .kind()
    };
    assert_eq!(kind(SwipeChange::Remove(0)), Kind::Invalid);
    assert_eq!(kind(SwipeChange::Choose(1)), Kind::NotFound);
    assert_eq!(kind(SwipeChange::Remove(5)), Kind::NotFound);
}
