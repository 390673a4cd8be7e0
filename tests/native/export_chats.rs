//! Chats written as another tool's lines, as a text and as a page.

use crate::chats::{fixture, read};
use crate::json::value;
use cardkeep::chat::{self, ChatFile, Dialect, Form};
use cardkeep::error::{Limits, Written};
use cardkeep::json::Document;
use serde_json::{Value, json};

fn write(file: &ChatFile<'_>, form: Form) -> Written {
    let session = &file.sessions[0];
    let header = session.header.clone().map(|range| &file.bytes[range]);
    let records = session.lines.iter().map(|range| &file.bytes[range.clone()]);
    chat::export(header, records, file.dialect, form, "A <title>")
}

/// The messages, lone surrogates among them, which `serde_json` does not take.
fn messages(file: &ChatFile<'_>) -> Vec<Value> {
    let lines = file.sessions[0].lines.iter();
    let lines = lines.map(|range| chat::record_line(&file.bytes[range.clone()]));
    let page = chat::page(lines, 0, file.dialect, &Limits::default());
    let (page, _) = Document::read(page.as_bytes(), &Limits::default()).expect("JSON");
    page.root().items().map(value).collect()
}

fn said(file: &ChatFile<'_>) -> Vec<Value> {
    let message = |message: Value| {
        json!([
            message["name"],
            message["role"],
            message["text"],
            message["swipes"],
            message["swipe"]
        ])
    };
    messages(file).into_iter().map(message).collect()
}

const CHUB: &str = r#"{"user_name":"You","character_name":"Zoë"}
{"name":"Zoë","is_user":false,"mes":{"message":"hi","id":1},"swipes":[{"message":"hi"},{"message":"alt"}],"swipe_id":0,"send_date":"2025-09-26T07:04:12.006Z","own":[1,{"a":1.50}]}"#;
const WORLD: &str = r#"{"metadata": {"version": "1.0", "location_id": "glade", "world_name": "Eld"}, "timestamp": 1234567890}
{"id": "msg_1", "role": "user", "content": "Look \ud83d <b>around</b>", "timestamp": 1234567891, "mood": 1.50}
{"id": "msg_2", "role": "assistant", "content": "Trees &amp; \"leaves\"", "timestamp": 1234567892, "name": "Eld"}
{"id": "msg_3", "role": "system", "content": "Night."}"#;

#[test]
fn lines_that_the_other_tool_reads_stay_byte_for_byte() {
    for name in [
        "02_tavernai_notes.jsonl",
        "05_st_2023_06_swipes_null.jsonl",
        "07_st_2025_iso_unused.jsonl",
        "32_cardshark_lower_month.jsonl",
    ] {
        let bytes = fixture(name);
        for form in [Form::SillyTavern, Form::CardShark] {
            let written = write(&read(&bytes), form);
            assert_eq!(written.bytes, bytes, "{name}");
            assert_eq!(written.losses, []);
        }
    }
    let written = write(&read(WORLD.as_bytes()), Form::World);
    assert_eq!(written.bytes, WORLD.as_bytes());
}

#[test]
fn a_chat_says_the_same_in_the_lines_of_another_tool() {
    let sillytavern = fixture("05_st_2023_06_swipes_null.jsonl");
    for (bytes, form, dialect) in [
        (CHUB.as_bytes(), Form::SillyTavern, Dialect::SillyTavern),
        (CHUB.as_bytes(), Form::World, Dialect::World),
        (WORLD.as_bytes(), Form::SillyTavern, Dialect::SillyTavern),
        (WORLD.as_bytes(), Form::CardShark, Dialect::SillyTavern),
        (&sillytavern, Form::World, Dialect::World),
    ] {
        let file = read(bytes);
        let written = write(&file, form);
        let again = read(&written.bytes);
        assert_eq!(again.dialect, dialect);
        assert!(again.faults.is_empty() && again.sessions.len() == 1);
        let mut expected = said(&file);
        for (before, after) in expected.iter_mut().zip(messages(&again)) {
            // SillyTavern shows a name with every message; in a world's log it may be missing.
            if before[0] == "" && form != Form::World {
                assert_ne!(after["name"], "");
                before[0] = after["name"].clone();
            }
        }
        assert_eq!(said(&again), expected, "{form:?}");
        for (before, after) in messages(&file).iter().zip(messages(&again)) {
            let seconds = |message: &Value| message["at"].as_f64().map(|at| (at / 1000.0).floor());
            assert_eq!(seconds(before), seconds(&after));
        }
    }
}

#[test]
fn fields_of_no_meaning_to_the_other_tool_stay_as_they_are_spelled() {
    let text = |written: Written| String::from_utf8(written.bytes).expect("UTF-8");
    let chub = text(write(&read(CHUB.as_bytes()), Form::SillyTavern));
    assert!(chub.contains(r#""own":[1,{"a":1.50}]"#), "{chub}");
    let world = text(write(&read(WORLD.as_bytes()), Form::SillyTavern));
    assert!(world.contains(r#""mood":1.50"#) && world.contains(r#""id":"msg_1""#));
    assert!(world.contains(r#""location_id": "glade""#) && world.contains(r#"Look \ud83d <b>"#));
    let back = text(write(
        &read(&fixture("05_st_2023_06_swipes_null.jsonl")),
        Form::World,
    ));
    assert!(
        back.contains("timedWorldInfo")
            && back.contains("swipe_info")
            && back.contains("June 19, 2023 4:13pm")
    );
}

#[test]
fn what_a_form_cannot_hold_is_told() {
    let paths = |bytes: &[u8], form: Form| -> Vec<String> {
        let losses = write(&read(bytes), form).losses;
        losses.into_iter().map(|loss| loss.path).collect()
    };
    assert_eq!(paths(CHUB.as_bytes(), Form::SillyTavern), ["swipes", "mes"]);
    assert_eq!(
        paths(&fixture("05_st_2023_06_swipes_null.jsonl"), Form::Text),
        ["header", "extra", "send_date", "swipes"]
    );
    assert_eq!(
        paths(&fixture("05_st_2023_06_swipes_null.jsonl"), Form::Html),
        ["header", "extra", "swipes"]
    );
    assert_eq!(
        paths(&fixture("12_truncated_last.jsonl"), Form::World),
        ["lines"]
    );
    let hidden = br#"{"name":"You","is_user":true,"is_system":true,"mes":"psst"}"#;
    assert_eq!(paths(hidden, Form::World), ["is_user"]);
    let hidden = br#"{"name":"Ann","is_user":false,"is_system":true,"mes":"psst"}"#;
    assert_eq!(paths(hidden, Form::World), ["is_system"]);
}

#[test]
fn who_the_user_is_goes_from_the_header_into_lines_that_name_nobody() {
    let chat = concat!(
        "{\"user_name\":\"Kim\",\"character_name\":\"Ann\"}\n",
        "{\"role\":\"user\",\"content\":\"hi\"}\n",
        "{\"role\":\"assistant\",\"content\":\"ho\"}",
    );
    let written = write(&read(chat.as_bytes()), Form::SillyTavern).bytes;
    let text = String::from_utf8(written).expect("UTF-8");
    assert!(
        text.starts_with("{\"user_name\":\"Kim\",\"character_name\":\"Ann\""),
        "{text}"
    );
    let names: Vec<_> = text.matches("\"name\":\"Kim\"").collect();
    assert_eq!(names.len(), 1, "{text}");
}

#[test]
fn a_text_is_names_and_words() {
    let written = write(&read(WORLD.as_bytes()), Form::Text);
    let text = String::from_utf8(written.bytes).expect("UTF-8");
    assert_eq!(
        text,
        "Look \u{fffd} <b>around</b>\n\nEld: Trees &amp; \"leaves\"\n\nNight.\n"
    );
}

#[test]
fn a_page_runs_nothing_and_shows_every_word() {
    let attack = r#"{"name":"<img src=x onerror=alert(1)>","is_user":false,"send_date":"2025-09-26T07:04:12.006Z","mes":"</p><script>alert('&')</script>\u0000"}"#;
    for bytes in [attack.as_bytes(), WORLD.as_bytes()] {
        let page = String::from_utf8(write(&read(bytes), Form::Html).bytes).expect("UTF-8");
        assert!(page.starts_with("<!DOCTYPE html>"));
        assert!(
            page.contains("default-src 'none'") && page.contains("<title>A &lt;title&gt;</title>")
        );
        for forbidden in [
            "<script",
            "<img",
            "<b>",
            "onerror=alert(1)>",
            "\0",
            "http://",
            "https://",
            "src=\"",
        ] {
            assert!(!page.contains(forbidden), "{forbidden}");
        }
        assert_eq!(
            page.matches("<article").count(),
            read(bytes).sessions[0].lines.len()
        );
    }
    let page = String::from_utf8(write(&read(attack.as_bytes()), Form::Html).bytes).expect("UTF-8");
    assert!(page.contains("&lt;/p&gt;&lt;script&gt;alert(&#39;&amp;&#39;)&lt;/script&gt;\u{fffd}"));
    assert!(page.contains("datetime=\"2025-09-26T07:04:12.006Z\""));
}

#[test]
fn what_people_read_in_the_place_of_a_text_is_written_for_them() {
    let chat = concat!(
        "{\"user_name\":\"You\",\"character_name\":\"Ann\"}\n",
        "{\"name\":\"Ann\",\"is_user\":false,\"mes\":\"Hola\",\"extra\":{\"display_text\":\"Hello\"}}\n",
        "{\"name\":\"You\",\"is_user\":true,\"is_system\":true,\"mes\":\"aside\",\"extra\":{\"display_text\":\"\"}}",
    );
    let written = write(&read(chat.as_bytes()), Form::Text);
    assert_eq!(
        String::from_utf8_lossy(&written.bytes),
        "Ann: Hello\n\nYou: aside\n"
    );
    let lost: Vec<_> = written.losses.iter().map(|loss| &*loss.path).collect();
    assert_eq!(lost, ["header", "extra", "mes"]);
    let page = write(&read(chat.as_bytes()), Form::Html).bytes;
    assert!(String::from_utf8_lossy(&page).contains("<p>Hello</p>"));
    assert_eq!(
        write(&read(chat.as_bytes()), Form::SillyTavern).bytes,
        chat.as_bytes()
    );
}

#[test]
fn an_empty_chat_is_written_too() {
    for form in [
        Form::SillyTavern,
        Form::CardShark,
        Form::World,
        Form::Text,
        Form::Html,
    ] {
        let written = write(&read(b""), form);
        assert!(written.losses.is_empty(), "{form:?}");
    }
}
