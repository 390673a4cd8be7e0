//! Writing chat logs: new lines and headers in each dialect, and changes that touch nothing else.

use crate::chats::{fixture, messages, read};
use cardkeep::chat::{self, Composed, Dialect, NewHeader};
use cardkeep::error::{Kind, Limits};
use cardkeep::json::Document;
use serde_json::{Value, json};

const DIALECTS: [Dialect; 5] = [
    Dialect::SillyTavern,
    Dialect::CardShark,
    Dialect::World,
    Dialect::TavernAi,
    Dialect::Chub,
];
const AT: i64 = 1_758_870_252_006;

fn document(value: &Value) -> Document {
    Document::parse(&value.to_string()).expect("the value is JSON")
}

fn line(message: Value, dialect: Dialect) -> String {
    let line = chat::write_line(&document(&message), dialect, AT, "id-1")
        .unwrap_or_else(|error| panic!("{error}"));
    String::from_utf8(line).expect("a written line is UTF-8")
}

fn edit(line: &str, patch: Value, dialect: Dialect) -> String {
    let line = chat::edit_line(line.as_bytes(), &document(&patch), dialect)
        .unwrap_or_else(|error| panic!("{error}"));
    String::from_utf8(line).expect("the line was UTF-8")
}

fn said(line: &str, dialect: Dialect) -> Value {
    let message =
        chat::message(line.as_bytes(), 0, dialect, &Limits::default()).expect("the line reads");
    serde_json::from_str(&message).expect("strict JSON")
}

#[test]
fn a_new_line_is_spelled_as_its_dialect_spells_it() {
    let message = json!({"name": "Zoë", "role": "character", "text": "\"hi\"\n"});
    let expected = [
        r#"{"name":"Zoë","is_user":false,"is_system":false,"send_date":"2025-09-26T07:04:12.006Z","mes":"\"hi\"\n","extra":{}}"#,
        r#"{"name":"Zoë","is_user":false,"is_system":false,"send_date":"2025-09-26T07:04:12.006Z","mes":"\"hi\"\n","extra":{"id":"id-1"}}"#,
        r#"{"id": "id-1", "role": "assistant", "content": "\"hi\"\n", "timestamp": 1758870252, "name": "Zoë"}"#,
        r#"{"name":"Zoë","is_user":false,"is_name":true,"send_date":1758870252006,"mes":"\"hi\"\n"}"#,
        r#"{"name":"Zoë","is_user":false,"send_date":"2025-09-26T07:04:12.006Z","mes":{"message":"\"hi\"\n"}}"#,
    ];
    for (dialect, expected) in DIALECTS.into_iter().zip(expected) {
        assert_eq!(line(message.clone(), dialect), expected);
    }
    assert_eq!(
        line(
            json!({"name": "", "role": "user", "text": "Look around", "at": 1_234_567_891_000_i64, "fields": {"id": "msg_1"}}),
            Dialect::World
        ),
        r#"{"id": "msg_1", "role": "user", "content": "Look around", "timestamp": 1234567891}"#
    );
}

#[test]
fn what_is_written_says_what_was_asked_for() {
    let fields = [
        json!({}),
        json!({"extra": {"model": "m"}, "swipes": ["a", "text"], "swipe_id": 1}),
        json!({"is_user": true, "is_system": true, "mes": "other", "name": "other", "role": "user", "content": "other"}),
        json!({"is_user": false, "is_system": false, "custom": {"a": [1, 2]}}),
    ];
    for dialect in DIALECTS {
        for role in ["user", "character", "system"] {
            for fields in &fields {
                let message = json!({"name": "n", "role": role, "text": "text", "at": 1_700_000_000_000_i64, "fields": fields});
                let line = line(message.clone(), dialect);
                let said = said(&line, dialect);
                for key in ["name", "role", "text", "at"] {
                    assert_eq!(said[key], message[key], "{key} of {line}");
                }
                for key in ["extra", "swipes", "custom"] {
                    if !fields[key].is_null() {
                        assert_eq!(said["fields"][key], fields[key], "{line}");
                    }
                }
            }
        }
    }
}

#[test]
fn a_narrator_keeps_speaking_to_the_model() {
    let fields = json!({"extra": {"type": "narrator"}});
    let written = line(
        json!({"name": "N", "role": "system", "text": "t", "fields": fields}),
        Dialect::SillyTavern,
    );
    assert_eq!(said(&written, Dialect::SillyTavern)["role"], "system");
    assert!(written.contains(r#""is_system":false"#), "{written}");
    let wrong = json!({"name": "N", "role": "user", "text": "t", "fields": fields});
    let error = chat::write_line(&document(&wrong), Dialect::SillyTavern, AT, "i")
        .expect_err("it contradicts itself");
    assert_eq!(error.kind(), Kind::Invalid);
}

#[test]
fn a_wrong_message_or_patch_is_refused() {
    let messages = [
        (json!([]), Kind::Invalid),
        (json!({"name": "n", "role": "user"}), Kind::Invalid),
        (
            json!({"name": "n", "role": "assistant", "text": "t"}),
            Kind::Invalid,
        ),
        (
            json!({"name": 1, "role": "user", "text": "t"}),
            Kind::Invalid,
        ),
        (
            json!({"name": "n", "role": "user", "text": "t", "at": "now"}),
            Kind::Invalid,
        ),
        (
            json!({"name": "n", "role": "user", "text": "t", "at": 1e18}),
            Kind::Invalid,
        ),
        (
            json!({"name": "n", "role": "user", "text": "t", "fields": []}),
            Kind::Invalid,
        ),
        (
            json!({"name": "n", "role": "user", "text": "t", "mes": "t"}),
            Kind::BadOption,
        ),
    ];
    for (message, kind) in messages {
        let error = chat::write_line(&document(&message), Dialect::SillyTavern, AT, "i").err();
        assert_eq!(error.map(|error| error.kind()), Some(kind), "{message}");
    }
    for (patch, kind) in [
        (json!(1), Kind::Invalid),
        (json!({"text": null}), Kind::Invalid),
        (json!({"name": {}}), Kind::Invalid),
        (json!({"fields": 1}), Kind::Invalid),
        (json!({"role": "user"}), Kind::BadOption),
    ] {
        let error =
            chat::edit_line(b"{\"mes\":\"a\"}", &document(&patch), Dialect::SillyTavern).err();
        assert_eq!(error.map(|error| error.kind()), Some(kind), "{patch}");
    }
    let error = chat::edit_line(
        b"{\"mes\":",
        &document(&json!({"text": "a"})),
        Dialect::SillyTavern,
    )
    .err();
    assert_eq!(error.map(|error| error.kind()), Some(Kind::BadJson));
}

#[test]
fn an_edit_leaves_the_rest_of_the_line_byte_for_byte() {
    let table = [
        (
            r#"{ "mes" : "a" , "n" : 1.50, "x": "\u00e9é" }"#,
            r#"{ "mes" : "b\"é" , "n" : 1.50, "x": "\u00e9é" }"#,
            Dialect::SillyTavern,
        ),
        (
            r#"{"mes":"a","swipe_id":1,"swipes":["z","a",null]}"#,
            r#"{"mes":"b\"é","swipe_id":1,"swipes":["z","b\"é",null]}"#,
            Dialect::SillyTavern,
        ),
        (
            r#"{"mes":"a","swipe_id":9,"swipes":["z","a"]}"#,
            r#"{"mes":"b\"é","swipe_id":9,"swipes":["z","b\"é"]}"#,
            Dialect::SillyTavern,
        ),
        // Which swipe is shown is not known here, so none is overwritten.
        (
            r#"{"mes":"a","swipe_id":9,"swipes":["z","y"]}"#,
            r#"{"mes":"b\"é","swipe_id":9,"swipes":["z","y"]}"#,
            Dialect::SillyTavern,
        ),
        (
            r#"{"mes":{"message":"a","id":1},"swipes":[{"message":"a"}],"swipe_id":0}"#,
            r#"{"mes":{"message":"b\"é","id":1},"swipes":[{"message":"b\"é"}],"swipe_id":0}"#,
            Dialect::Chub,
        ),
        (
            r#"{"id": "m", "role": "user", "content": "a", "timestamp": 1}"#,
            r#"{"id": "m", "role": "user", "content": "b\"é", "timestamp": 1}"#,
            Dialect::World,
        ),
        (
            r#"{"is_user":true,"name":"n"}"#,
            r#"{"is_user":true,"name":"n","mes":"b\"é"}"#,
            Dialect::SillyTavern,
        ),
        (
            r#"{"mes":"a","mes":"a"} rest"#,
            r#"{"mes":"a","mes":"b\"é"} rest"#,
            Dialect::SillyTavern,
        ),
    ];
    for (before, after, dialect) in table {
        assert_eq!(edit(before, json!({"text": "b\"é"}), dialect), after);
    }
    let line = r#"{"name":"n","mes":"a","extra":{"k": 1.0, "l":[1,2]}}"#;
    assert_eq!(
        edit(
            line,
            json!({"name": "m", "fields": {"extra": {"k": 1, "l": [1, 2, 3]}, "new": true}}),
            Dialect::SillyTavern
        ),
        r#"{"name":"m","mes":"a","extra":{"k": 1.0, "l":[1,2,3]},"new":true}"#
    );
    assert_eq!(edit(line, json!({}), Dialect::SillyTavern), line);
}

#[test]
fn a_patch_with_line_breaks_makes_no_second_line() {
    let patch =
        Document::parse("{\"text\": \"a\nb\",\n \"fields\": {\"x\": {\n  \"y\": [\n1,\n  2]\n}}}")
            .expect("it is read tolerantly");
    let edited = chat::edit_line(br#"{"mes":"z"}"#, &patch, Dialect::SillyTavern)
        .expect("it can be changed");
    assert_eq!(
        String::from_utf8_lossy(&edited),
        r#"{"mes":"a\nb","x":{"y": [1,2]}}"#
    );
    let message = Document::parse(
        "{\"name\":\"n\",\"role\":\"user\",\"text\":\"a\nb\",\"fields\":{\"x\":[\n1]}}",
    )
    .expect("it is read tolerantly");
    let written =
        chat::write_line(&message, Dialect::SillyTavern, AT, "i").expect("it can be written");
    assert!(!written.contains(&b'\n'));
}

#[test]
fn an_edit_inside_a_log_changes_nothing_around_it() {
    let log = "\u{feff}{\"user_name\":\"a\",\"character_name\":\"b\"}\r\nrubbish\r\n{\"name\":\"b\",\"mes\":\"one\"}\r\n\r\n{\"name\":\"a\",\"mes\":\"two\"}\r\n{\"mes\":\"cut";
    let file = read(log.as_bytes());
    let session = &file.sessions[0];
    for (n, range) in session.lines.iter().enumerate() {
        let record = &log.as_bytes()[range.clone()];
        let old = chat::record_line(record);
        let new = chat::edit_line(old, &document(&json!({"text": "new"})), file.dialect)
            .expect("it can be changed");
        let edited = [
            &log.as_bytes()[..range.start],
            &chat::replace_line(record, &new),
            &log.as_bytes()[range.end..],
        ]
        .concat();
        let word = ["one", "two"][n];
        assert_eq!(String::from_utf8_lossy(&edited), log.replace(word, "new"));
    }
}

#[test]
fn removing_a_message_leaves_the_lines_beside_it() {
    let table = [
        ("{\"mes\":\"a\"}\n", ""),
        ("{\"mes\":\"a\"}", ""),
        ("\n{\"mes\":\"a\"}", ""),
        ("\r\n{\"mes\":\"a\"}", ""),
        ("rubbish\n{\"mes\":\"a\"}\n", "rubbish\n"),
        ("rubbish\n{\"mes\":\"a\"}", "rubbish"),
        (
            "{\"mes\":\"a\"}\nrubbish\n{\"mes\":\"b",
            "rubbish\n{\"mes\":\"b",
        ),
        ("x\r\n{\"mes\":\"a\"}\r\ny\r\n", "x\r\ny\r\n"),
    ];
    for (record, rest) in table {
        assert_eq!(
            String::from_utf8_lossy(&chat::remove_line(record.as_bytes())),
            rest,
            "{record:?}"
        );
    }
}

#[test]
fn a_written_log_reads_back_as_what_it_is() {
    let header = NewHeader {
        user_name: "You \"1\"".into(),
        character_name: "Zoë".into(),
        created_ms: AT,
    };
    for dialect in DIALECTS {
        let mut log = chat::write_header(dialect, &header);
        for text in ["one", "two"] {
            log.push(b'\n');
            log.extend(
                line(
                    json!({"name": "Zoë", "role": "character", "text": text}),
                    dialect,
                )
                .bytes(),
            );
        }
        let file = read(&log);
        // A Chub log says what it is only by its lines, and these are there.
        assert_eq!(file.dialect, dialect);
        assert_eq!((file.faults.len(), file.warnings.len()), (0, 0));
        let texts: Vec<_> = messages(&file, 0)
            .into_iter()
            .map(|message| message["text"].clone())
            .collect();
        assert_eq!(texts, ["one", "two"]);
        let name = chat::header_name(
            &log[file.sessions[0].header.clone().expect("it was written")],
            &Limits::default(),
        );
        assert_eq!(name.as_deref(), Some("Zoë"));
    }
}

#[test]
fn a_world_log_is_written_as_the_strategy_has_it() {
    let log = fixture("40_world.jsonl");
    let mut written =
        chat::write_world_header("Fantasy World", "forest_clearing", 1_234_567_890_000);
    let lines = [
        ("msg_1", "user", "Look around", 1_234_567_891),
        (
            "msg_2",
            "character",
            "You see tall trees surrounding you...",
            1_234_567_892,
        ),
    ];
    for (id, role, text, seconds) in lines {
        written.push(b'\n');
        let message = document(&json!({"name": "", "role": role, "text": text}));
        written.extend(
            chat::write_line(&message, Dialect::World, seconds * 1000, id)
                .expect("it can be written"),
        );
    }
    written.push(b'\n');
    assert_eq!(
        String::from_utf8_lossy(&written),
        String::from_utf8_lossy(&log)
    );
}

#[test]
fn a_chat_of_values_is_written_as_any_dialect_and_for_people() {
    let header = NewHeader {
        user_name: "You".into(),
        character_name: "Zoë".into(),
        created_ms: AT,
    };
    let given = json!([
        {"name": "You", "role": "user", "text": "a\n<b>", "at": AT},
        {"name": "Zoë", "role": "character", "text": "c", "at": AT + 1000, "fields": {"x": 1}},
    ]);
    let compose = |messages: &Value, form: &str| {
        let messages = &document(messages);
        let composed = Composed {
            header: &header,
            location: "inn",
            messages,
        };
        composed.write(form, "T", &mut || "id-1".to_owned())
    };
    for dialect in DIALECTS {
        let written = compose(&given, dialect.as_str()).expect("it is written");
        assert!(written.losses.is_empty());
        let file = read(&written.bytes);
        assert_eq!((file.dialect, file.faults.len()), (dialect, 0));
        let told = messages(&file, 0);
        for (told, given) in told.iter().zip(given.as_array().expect("it is one")) {
            for key in ["name", "role", "text"] {
                assert_eq!(told[key], given[key], "{}", dialect.as_str());
            }
            assert_eq!(
                told["at"].as_i64().map(|at| at / 1000),
                given["at"].as_i64().map(|at| at / 1000)
            );
        }
        assert_eq!((told.len(), &told[1]["fields"]["x"]), (2, &json!(1)));
        // One header and nothing behind it is a chat too.
        let empty = compose(&json!([]), dialect.as_str()).expect("it is written");
        assert_eq!(read(&empty.bytes).sessions[0].lines.len(), 0);
    }
    let text = compose(&given, "text").expect("it is written");
    assert_eq!(
        String::from_utf8_lossy(&text.bytes),
        "You: a\n<b>\n\nZoë: c\n"
    );
    let page = compose(&given, "html").expect("it is written");
    let page = String::from_utf8_lossy(&page.bytes).into_owned();
    assert!(
        page.contains("a\n&lt;b&gt;") && page.contains("<title>T</title>"),
        "{page}"
    );
    let wrong = json!([{"name": "You", "role": "user", "text": "a"}, {"name": "You"}]);
    let error = compose(&wrong, "sillytavern").expect_err("a text is missing");
    assert_eq!(
        (error.kind(), error.place().is_some()),
        (Kind::Invalid, true)
    );
    for (messages, form, kind) in [
        (json!({}), "chub", Kind::Invalid),
        (json!([]), "risu", Kind::BadOption),
    ] {
        assert_eq!(
            compose(&messages, form).err().map(|error| error.kind()),
            Some(kind)
        );
    }
}
