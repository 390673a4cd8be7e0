//! Reading chat logs: every fixture, the tiling into records, and what lines say.

use crate::json::Random;
use crate::patience::PATIENCE;
use cardkeep::chat::{self, ChatFile, Dialect, date};
use cardkeep::error::{Kind, Limits};
use cardkeep::json::Document;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::PathBuf;

pub fn fixture(name: &str) -> Vec<u8> {
    let path: PathBuf = [
        env!("CARGO_MANIFEST_DIR"),
        "tests",
        "fixtures",
        "chats",
        name,
    ]
    .iter()
    .collect();
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn expected() -> BTreeMap<String, Value> {
    serde_json::from_slice(&fixture("expected.json")).expect("the expectations are JSON")
}

pub fn read(bytes: &[u8]) -> ChatFile<'_> {
    chat::read(bytes, &Limits::default()).unwrap_or_else(|error| panic!("{error}"))
}

fn kind(bytes: &[u8]) -> Kind {
    match chat::read(bytes, &Limits::default()) {
        Ok(file) => panic!("read as {:?}", file.dialect),
        Err(error) => error.kind(),
    }
}

/// The messages of a session, through the one call that the app uses.
pub fn messages(file: &ChatFile<'_>, session: usize) -> Vec<Value> {
    let lines = file.sessions[session].lines.iter();
    let lines = lines.map(|range| chat::record_line(&file.bytes[range.clone()]));
    let page = chat::page(lines, 0, file.dialect, &Limits::default());
    assert!(page.is_ascii());
    serde_json::from_str(&page).unwrap_or_else(|error| panic!("{error} in {page}"))
}

fn one(line: &str, dialect: Dialect) -> Value {
    let message = chat::message(line.as_bytes(), 0, dialect, &Limits::default());
    serde_json::from_str(&message.unwrap_or_else(|error| panic!("{error}"))).expect("strict JSON")
}

fn whole(file: &ChatFile<'_>) -> Vec<u8> {
    let parts = file
        .sessions
        .iter()
        .flat_map(|session| session.header.iter().chain(&session.lines));
    parts
        .flat_map(|range| file.bytes[range.clone()].to_vec())
        .collect()
}

/// Header and records follow each other without a gap and are the file, and each record
/// gives up its message and takes it back.
pub fn assert_tiled(bytes: &[u8], file: &ChatFile<'_>) {
    let mut at = 0;
    for session in &file.sessions {
        for part in session.header.iter().chain(&session.lines) {
            assert_eq!(part.start, at, "in {}", String::from_utf8_lossy(bytes));
            at = part.end;
        }
        for range in &session.lines {
            let record = &file.bytes[range.clone()];
            let line = chat::record_line(record);
            let (document, _) =
                Document::read(line, &Limits::default()).expect("a message's line is JSON");
            assert!(document.root().entries().next().is_some());
            assert_eq!(chat::replace_line(record, line), record);
            let rest = chat::remove_line(record);
            assert!(rest.len() + line.len() <= record.len());
        }
    }
    assert_eq!(at, bytes.len());
    assert_eq!(whole(file), bytes);
}

#[test]
fn every_fixture_gives_what_is_expected_of_it() {
    let mut foreign = 0;
    for (name, expected) in expected() {
        let bytes = fixture(&name);
        let file = read(&bytes);
        foreign += usize::from(file.converted);
        let count: usize = file
            .sessions
            .iter()
            .map(|session| session.lines.len())
            .sum();
        assert_eq!(json!(count), expected["messages"], "{name}");
        assert_eq!(json!(file.sessions.len()), expected["sessions"], "{name}");
        for session in 0..file.sessions.len() {
            for message in messages(&file, session) {
                assert!(
                    !message["text"].as_str().expect("a text").is_empty(),
                    "{name}"
                );
                assert!(
                    message["fields"]
                        .as_object()
                        .is_some_and(|fields| !fields.is_empty()),
                    "{name}"
                );
            }
        }
    }
    assert!(foreign >= 4);
}

#[test]
fn every_fixture_is_tiled_by_its_records() {
    for name in expected().keys().filter(|name| name.ends_with(".jsonl")) {
        let bytes = fixture(name);
        let file = read(&bytes);
        let given = file.bytes.to_vec();
        assert_tiled(&given, &file);
        assert_eq!(given == bytes, name != "17_json_array.jsonl", "{name}");
    }
}

#[test]
fn a_foreign_chat_tells_whose_it_is() {
    for (name, tool, era) in [
        ("00_tavernai_2022_array.json", "tavernai", "2022-12"),
        ("22_ooba_new.json", "text-generation-webui", "2024"),
        ("25_kobold_lite.json", "kobold-lite", "saved"),
        ("27_risu_v2_all.json", "risu", "all-2"),
    ] {
        let bytes = fixture(name);
        let file = read(&bytes);
        assert_eq!((file.source.tool, file.source.era), (tool, era));
        assert!(file.converted && file.dialect == Dialect::SillyTavern);
        assert_eq!(file.warnings[0].code, "converted");
    }
}

#[test]
fn what_is_no_chat_is_refused() {
    let card = br#"{"name":"Ann","description":"","first_mes":"Hi","create_date":"2024-1-1","data":{"name":"Ann"}}"#;
    let group = br#"{"id":"1","name":"g","members":["a.png"],"chat_metadata":{},"chats":["1"]}"#;
    let world = br#"{"metadata":{"name":"w"},"current_position":"0,0,0","locations":{}}"#;
    let texts: [&[u8]; 12] = [
        b"hello",
        b"\0\0\0\0",
        b"[]",
        b"[1,2]",
        b"{}",
        b"null",
        b"{\"foo\":1}\n{\"foo\":2}\n",
        b"\xff\xfe\x00",
        b"{",
        card,
        group,
        world,
    ];
    for text in texts {
        assert_eq!(
            kind(text),
            Kind::NotAChat,
            "{}",
            String::from_utf8_lossy(text)
        );
    }
    let tree = serde_json::to_vec_pretty(&json!({"things": [{"role": "user", "content": "x"}]}))
        .expect("JSON");
    assert_eq!(kind(&tree), Kind::NotAChat);
}

#[test]
fn a_log_over_the_limit_is_refused() {
    let limits = Limits {
        chat: 10,
        ..Limits::default()
    };
    let error = chat::read(&fixture("15_u2028.jsonl"), &limits).expect_err("it is larger");
    assert_eq!(error.kind(), Kind::TooLarge);
}

#[test]
fn the_dialect_is_told_by_header_and_lines() {
    for (name, dialect) in [
        ("02_tavernai_notes.jsonl", Dialect::TavernAi),
        ("05_st_2023_06_swipes_null.jsonl", Dialect::SillyTavern),
        ("07_st_2025_iso_unused.jsonl", Dialect::SillyTavern),
        ("10_st_group_empty.jsonl", Dialect::SillyTavern),
        ("17_json_array.jsonl", Dialect::SillyTavern),
        ("20_chub.jsonl", Dialect::Chub),
        ("32_cardshark_lower_month.jsonl", Dialect::CardShark),
        ("40_world.jsonl", Dialect::World),
        ("41_cardshark_file.jsonl", Dialect::CardShark),
        ("42_cardshark_sessions.jsonl", Dialect::CardShark),
        ("43_st_group_no_header.jsonl", Dialect::SillyTavern),
        ("44_tavernai_rooms.jsonl", Dialect::TavernAi),
    ] {
        let bytes = fixture(name);
        assert_eq!(read(&bytes).dialect, dialect, "{name}");
        assert_eq!(
            dialect.as_str().parse::<Dialect>().expect("its own name"),
            dialect
        );
    }
    assert_eq!(
        "telegram".parse::<Dialect>().map_err(|error| error.kind()),
        Err(Kind::BadOption)
    );
}

#[test]
fn a_cut_last_line_is_a_fault_and_hides_no_other() {
    let bytes = fixture("12_truncated_last.jsonl");
    let file = read(&bytes);
    assert_eq!(
        (file.faults.len(), file.faults[0].line, file.faults[0].code),
        (1, 3, "cut-short")
    );
    assert_eq!(messages(&file, 0)[0]["text"], "hi");
    // Wherever it is cut, nothing but that line is lost.
    let bytes = fixture("43_st_group_no_header.jsonl");
    let last = bytes
        .iter()
        .rposition(|b| *b == b'\n')
        .expect("there are lines")
        + 1;
    for end in last + 1..bytes.len() {
        let file = read(&bytes[..end]);
        assert_eq!((file.sessions[0].lines.len(), file.faults.len()), (2, 1));
        assert_eq!((file.faults[0].line, file.faults[0].code), (3, "cut-short"));
        assert_tiled(&bytes[..end], &file);
    }
}

#[test]
fn a_damaged_header_hides_no_message() {
    let log = b"{\"user_name\":\"You\",\"charac\n{\"mes\":\"a\",\"name\":\"b\"}\n{\"mes\":\"c\"}\n";
    let file = read(log);
    assert_eq!((file.faults.len(), file.faults[0].line), (1, 1));
    assert_eq!(file.sessions[0].header, None);
    assert_eq!(messages(&file, 0).len(), 2);
    assert_tiled(log, &file);
}

#[test]
fn an_empty_file_is_one_empty_session() {
    let texts: [&[u8]; 4] = [b"", b"\n", b"\r\n \n", b"\xef\xbb\xbf"];
    for text in texts {
        let file = read(text);
        assert_eq!((file.sessions.len(), file.sessions[0].lines.len()), (1, 0));
        assert_tiled(text, &file);
    }
}

#[test]
fn sessions_are_apart_and_may_be_empty() {
    let bytes = fixture("42_cardshark_sessions.jsonl");
    let file = read(&bytes);
    let counts: Vec<_> = file
        .sessions
        .iter()
        .map(|session| session.lines.len())
        .collect();
    assert_eq!(counts, [2, 0, 1]);
    for (n, session) in file.sessions.iter().enumerate() {
        let header = &bytes[session.header.clone().expect("each has a header")];
        let header = chat::header_json(header, &Limits::default()).expect("it reads");
        let header: Value = serde_json::from_str(&header).expect("strict JSON");
        assert_eq!(header["chat_metadata"]["chat_id_hash"], n + 1);
    }
    assert_eq!(messages(&file, 2)[0]["text"], "c");
    // What stands alone reads as it did among the others.
    let second = file.sessions[1].header.clone().expect("it has a header");
    assert_eq!(read(&bytes[second]).sessions.len(), 1);
}

#[test]
fn files_joined_without_a_newline_come_apart() {
    let log = br#"{"user_name":"a","character_name":"b"}
{"name":"b","mes":"one"}{"user_name":"a","character_name":"c"}
{"name":"c","mes":"two"}{"name":"a","mes":"three"}{"name":"#;
    let file = read(log);
    let texts: Vec<_> = (0..2)
        .flat_map(|session| messages(&file, session))
        .map(|m| m["text"].clone())
        .collect();
    assert_eq!(
        (file.sessions.len(), texts),
        (2, vec![json!("one"), json!("two"), json!("three")])
    );
    assert_eq!(file.faults.len(), 1);
    assert_tiled(log, &file);
}

#[test]
fn text_behind_a_message_is_kept_and_told() {
    let log = b"{\"mes\":\"a\",\"name\":\"b\"} oops\n{\"mes\":\"c\"}\0\0\n";
    let file = read(log);
    assert_eq!(messages(&file, 0).len(), 2);
    assert_eq!(file.warnings.len(), 1);
    assert_eq!(
        (file.warnings[0].code, &*file.warnings[0].path),
        ("trailing-text", "line 1")
    );
    assert_tiled(log, &file);
}

#[test]
fn an_array_becomes_lines_and_says_so() {
    let bytes = fixture("17_json_array.jsonl");
    let file = read(&bytes);
    assert_eq!(file.warnings[0].code, "relined");
    assert_eq!(messages(&file, 0)[0]["name"], "Zoë");
    let pretty = "[\n  {\n    \"user_name\": \"You\"\n  },\n  {\n    \"mes\": \"a\\n\\\"b\",\n    \"n\": 1.50,\n    \"name\": \"東\"\n  }\n]\n";
    let file = read(pretty.as_bytes());
    assert_eq!(
        &*file.bytes,
        "{\"user_name\": \"You\"}\n{\"mes\": \"a\\n\\\"b\",\"n\": 1.50,\"name\": \"東\"}"
            .as_bytes()
    );
    assert_eq!(messages(&file, 0)[0]["text"], "a\n\"b");
}

#[test]
fn objects_over_several_lines_become_lines_and_say_so() {
    let header = json!({"user_name": "You", "character_name": "Zoë"});
    let said = |mes: &str| json!({"name": "Zoë", "is_user": false, "mes": mes});
    let pretty = |values: &[Value]| {
        let values: Vec<_> = values.iter().map(|value| format!("{value:#}")).collect();
        values.join("\n\n").into_bytes()
    };
    let mut bytes = b"\xef\xbb\xbf".to_vec();
    bytes.extend(pretty(&[header.clone(), said("one\ntwo"), said("three")]));
    let file = read(&bytes);
    assert_eq!((file.sessions.len(), file.sessions[0].lines.len()), (1, 2));
    assert!(file.sessions[0].header.is_some() && file.faults.is_empty());
    assert_eq!(file.warnings[0].code, "relined");
    let alone = pretty(&[said("alone")]);
    let file = read(&alone);
    assert_eq!(file.sessions[0].lines.len(), 1);
    // A header alone could be the settings of anything, and a cut message is none.
    assert_eq!(kind(&pretty(&[header])), Kind::NotAChat);
    assert_eq!(kind(&alone[..alone.len() - 1]), Kind::NotAChat);
    let file = read(&bytes[..bytes.len() - 1]);
    assert_eq!(file.sessions[0].lines.len(), 1);
    assert_eq!(file.faults[0].code, "cut-short");
}

#[test]
fn separators_of_unicode_end_no_line() {
    let bytes = fixture("15_u2028.jsonl");
    assert_eq!(messages(&read(&bytes), 0)[0]["text"], "a\u{2028}b\u{85}c");
}

#[test]
fn a_mark_and_carriage_returns_are_tolerated_and_kept() {
    let log = "\u{feff}{\"user_name\":\"a\"}\r\n\r\n{\"mes\":\"b\",\"name\":\"c\"}\r\n".as_bytes();
    let file = read(log);
    assert_eq!(messages(&file, 0)[0]["text"], "b");
    let record = &log[file.sessions[0].lines[0].clone()];
    assert_eq!(chat::record_line(record), br#"{"mes":"b","name":"c"}"#);
    assert_eq!(chat::replace_line(record, b"{}"), b"\r\n{}\r\n");
    assert_tiled(log, &file);
    let bare = "\u{feff}{\"mes\":\"b\"}".as_bytes();
    let file = read(bare);
    assert_eq!(chat::record_line(bare), br#"{"mes":"b"}"#);
    assert_eq!(chat::replace_line(bare, b"{}"), "\u{feff}{}".as_bytes());
    assert_tiled(bare, &file);
}

#[test]
fn a_header_names_the_chat() {
    let name = |name: &str| {
        let bytes = fixture(name);
        let header = read(&bytes).sessions[0].header.clone();
        chat::header_name(&bytes[header.expect("it has a header")], &Limits::default())
    };
    assert_eq!(name("02_tavernai_notes.jsonl").as_deref(), Some("Zoë"));
    assert_eq!(name("07_st_2025_iso_unused.jsonl"), None);
    assert_eq!(name("40_world.jsonl").as_deref(), Some("Fantasy World"));
    assert_eq!(name("41_cardshark_file.jsonl").as_deref(), Some("Rain"));
    assert_eq!(
        name("44_tavernai_rooms.jsonl").as_deref(),
        Some("Aqua, Megumin")
    );
}

#[test]
fn messages_say_who_what_and_when() {
    let told = |name: &str| {
        let bytes = fixture(name);
        messages(&read(&bytes), 0)
            .into_iter()
            .map(|message| {
                (
                    message["name"].clone(),
                    message["role"].clone(),
                    message["at"].clone(),
                )
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(
        told("40_world.jsonl"),
        [
            (json!(""), json!("user"), json!(1_234_567_891_000_i64)),
            (json!(""), json!("character"), json!(1_234_567_892_000_i64))
        ]
    );
    assert_eq!(
        told("07_st_2025_iso_unused.jsonl"),
        [
            (
                json!("Zoë"),
                json!("character"),
                json!(1_758_870_252_006_i64)
            ),
            (json!("User"), json!("user"), json!(1_758_870_362_345_i64))
        ]
    );
    let roles: Vec<_> = told("43_st_group_no_header.jsonl")
        .into_iter()
        .map(|(_, role, _)| role)
        .collect();
    assert_eq!(roles, ["character", "system", "system"]);
    assert_eq!(
        told("02_tavernai_notes.jsonl")[0].2,
        json!(1_677_680_155_094_i64)
    );
    assert_eq!(
        told("32_cardshark_lower_month.jsonl")[0].2,
        json!(1_767_193_920_000_i64)
    );
    // A date that nobody understands is no date, and stays in the fields.
    let bytes = fixture("15_u2028.jsonl");
    let message = messages(&read(&bytes), 0).remove(0);
    assert_eq!(
        (&message["at"], &message["fields"]["send_date"]),
        (&Value::Null, &json!("x"))
    );
}

#[test]
fn holes_among_swipes_are_empty_and_the_shown_text_wins() {
    let bytes = fixture("05_st_2023_06_swipes_null.jsonl");
    let message = messages(&read(&bytes), 0).remove(0);
    assert_eq!(
        (&message["swipes"], &message["swipe"]),
        (&json!(["one", "two", ""]), &json!(1))
    );
    let bytes = fixture("41_cardshark_file.jsonl");
    let message = messages(&read(&bytes), 0).remove(0);
    assert_eq!(
        (&message["text"], &message["swipe"]),
        (&json!("one"), &json!(1))
    );
    let bytes = fixture("20_chub.jsonl");
    let message = messages(&read(&bytes), 0).remove(0);
    assert_eq!(
        (&message["text"], &message["swipes"]),
        (&json!("hi"), &json!(["hi", "alt", ""]))
    );
    for (swipe_id, swipe) in [
        ("-3", 0),
        ("9", 1),
        ("1e300", 1),
        ("\"1\"", 1),
        ("null", 0),
        ("NaN", 0),
    ] {
        let line = format!(r#"{{"mes":"edited","swipes":["a","b"],"swipe_id":{swipe_id}}}"#);
        let message = one(&line, Dialect::SillyTavern);
        assert_eq!(
            (&message["text"], &message["swipe"]),
            (&json!("edited"), &json!(swipe)),
            "{swipe_id}"
        );
    }
    let message = one(r#"{"swipes":["a","b"],"swipe_id":1}"#, Dialect::SillyTavern);
    assert_eq!(message["text"], "b");
}

#[test]
fn odd_values_are_read_as_what_they_mean() {
    let line =
        r#"{"name":7,"is_user":"true","mes":null,"content":["a","b"],"send_date":"1700000000"}"#;
    let message = one(line, Dialect::SillyTavern);
    assert_eq!(
        (&message["name"], &message["role"], &message["text"]),
        (&json!("7"), &json!("user"), &json!("a\nb"))
    );
    assert_eq!(message["at"], json!(1_700_000_000_000_i64));
    let message = one(
        r#"{"role":"system","content":"x","mes":"y","name":null}"#,
        Dialect::World,
    );
    assert_eq!(
        (&message["role"], &message["text"], &message["name"]),
        (&json!("system"), &json!("x"), &json!(""))
    );
}

#[test]
fn lone_surrogates_reach_the_view_as_they_are() {
    let message = chat::message(
        br#"{"mes":"a\ud83d","name":"\udc00"}"#,
        3,
        Dialect::SillyTavern,
        &Limits::default(),
    );
    let message = message.expect("the line reads");
    assert!(
        message.starts_with(r#"{"index":3,"name":"\udc00","role":"character","text":"a\ud83d""#),
        "{message}"
    );
}

#[test]
fn a_line_that_cannot_be_read_still_has_its_place_on_the_page() {
    let lines: [&[u8]; 3] = [br#"{"mes":"a"}"#, b"{\"mes\":\"\xffcut", br#"{"mes":"b"}"#];
    let page = chat::page(
        lines.into_iter(),
        10,
        Dialect::SillyTavern,
        &Limits::default(),
    );
    let page: Vec<Value> = serde_json::from_str(&page).expect("strict JSON");
    let told: Vec<_> = page
        .iter()
        .map(|message| (message["index"].clone(), message["role"].clone()))
        .collect();
    assert_eq!(
        told,
        [
            (json!(10), json!("character")),
            (json!(11), json!("system")),
            (json!(12), json!("character"))
        ]
    );
    assert_eq!(page[1]["text"], "{\"mes\":\"\u{fffd}cut");
}

#[test]
fn dates_of_every_spelling_are_understood() {
    let parse = |text: &str| {
        let document = Document::parse(text).expect("the date is JSON");
        date::parse(document.root())
    };
    let table = [
        ("1674559896839", 1_674_559_896_839),
        ("1674559896", 1_674_559_896_000),
        ("1234567890.5", 1_234_567_890_500),
        ("\"1674559896839\"", 1_674_559_896_839),
        ("\"2023-6-19 @16h 13m 44s 234ms\"", 1_687_191_224_234),
        ("\"2023-4-21 @20h 02m 47s 124ms\"", 1_682_107_367_124),
        ("\"2025-12-31@15h12m05s\"", 1_767_193_925_000),
        ("\"2025-09-26@15h04m33s123ms\"", 1_758_899_073_123),
        ("\"June 19, 2023 4:13pm\"", 1_687_191_180_000),
        ("\"december 31, 2025 3:12pm\"", 1_767_193_920_000),
        ("\"December 31, 2025 3:12PM\"", 1_767_193_920_000),
        ("\"May 24, 2025 12:00AM\"", 1_748_044_800_000),
        ("\"May 24, 2025 12:30 PM\"", 1_748_089_800_000),
        ("\"Jun 19, 2024 16:13\"", 1_718_813_580_000),
        ("\"2025-09-26T07:04:12.006Z\"", 1_758_870_252_006),
        ("\"2025-05-24T10:11:12.123456\"", 1_748_081_472_123),
        ("\"2025-09-26T09:04:12+02:00\"", 1_758_870_252_000),
        ("\"2025-09-25T23:34:12-0730\"", 1_758_870_252_000),
        ("\"2024-02-29\"", 1_709_164_800_000),
        ("\"2024-02-29 12:00:00\"", 1_709_208_000_000),
        ("\"1969-12-31T23:59:59.999Z\"", -1),
        ("\"Mon, 19 Jun 2023 16:13:05 GMT\"", 1_687_191_185_000),
        ("\"Mon, 19 Jun 2023 16:13:05 +0200\"", 1_687_183_985_000),
        (
            "\"Mon Jun 19 2023 16:13:05 GMT+0200 (Central European Summer Time)\"",
            1_687_183_985_000,
        ),
        ("\"Monday, June 19, 2023 at 4:13 PM\"", 1_687_191_180_000),
        ("\"19 June 2023 16:13\"", 1_687_191_180_000),
        ("\"19 June 2023\"", 1_687_132_800_000),
        ("\"6/19/2023, 4:13:05 PM\"", 1_687_191_185_000),
        ("\"6/7/2023, 4:13:05\u{202f}PM\"", 1_686_154_385_000),
        ("\"19/06/2023, 16:13:05\"", 1_687_191_185_000),
        ("\"19.6.2023, 16:13:05\"", 1_687_191_185_000),
        ("\"6/19/2023\"", 1_687_132_800_000),
    ];
    for (text, ms) in table {
        assert_eq!(parse(text), Some(ms), "{text}");
    }
    for text in [
        "\"\"",
        "\"x\"",
        "\"2023-13-01\"",
        "\"2023-02-29\"",
        "\"June 31, 2023 4:13pm\"",
        "\"June 19, 2023 13:13pm\"",
        "\"June 19, 2023 24:00\"",
        "\"2025-09-26T07:04:12.006Zz\"",
        "\"ju 19, 2023\"",
        "\"1.2.3\"",
        "\"6/7/2023, 16:13\"",
        "\"6/19/23\"",
        "\"31/06/2023\"",
        "\"Mon, 19 Jun 2023 16:13:05 CEST\"",
        "\"Montag, 19 Jun 2023\"",
        "\"19 Foo 2023\"",
        "\"19 June\"",
        "\"19 June 2023 at\"",
        "null",
        "{}",
        "true",
        "1e300",
        "\"99999999999999999999999999\"",
        "NaN",
        "\"2025-09-26T25:00:00Z\"",
        "\"@\"",
        "\"東京\"",
    ] {
        assert_eq!(parse(text), None, "{text}");
    }
}

/// A log of random parts with its number of messages; the parts are lines that belong together.
fn some_log(random: &mut Random) -> Vec<u8> {
    const LINES: [&str; 16] = [
        r#"{"user_name":"You","character_name":"Ann","chat_metadata":{}}"#,
        r#"{"chat_metadata":{"integrity":"x"},"user_name":"unused","character_name":"unused"}"#,
        r#"{"metadata": {"version": "1.0", "location_id": "a", "world_name": "b"}, "timestamp": 1}"#,
        r#"{"name":"Ann","is_user":false,"mes":"hi","swipes":["hi",null],"swipe_id":0}"#,
        r#"{"name":"You","is_user":true,"mes":"東京 \"🦈\" \\","extra":{"a":[{}]}}"#,
        r#"  {"id": "m", "role": "user", "content": "x", "timestamp": 2}  "#,
        r#"{"mes":"loose",}"#,
        r#"{"mes":"glued"}{"mes":"twice"}"#,
        r#"{"mes":"then a header"}{"user_name":"x"}"#,
        r#"{"mes":"then rubbish"} xyz"#,
        r#"{"name":"You","is_user":true,"mes":"cut o"#,
        "no json at all",
        r#"{"foo":1}"#,
        "[1,2]",
        "",
        "   ",
    ];
    let mut log = Vec::new();
    if random.below(8) == 0 {
        log.extend_from_slice("\u{feff}".as_bytes());
    }
    let newline: &[u8] = if random.below(3) == 0 { b"\r\n" } else { b"\n" };
    let count = random.below(14);
    for n in 0..count {
        log.extend_from_slice(LINES[random.below(LINES.len())].as_bytes());
        if n + 1 < count || random.below(2) == 0 {
            log.extend_from_slice(newline);
        }
    }
    log
}

#[test]
fn records_tile_any_log() {
    let mut random = Random(0x5EED_CA4D);
    let (mut read, mut sessions, mut faults) = (0, 0, 0);
    for _ in 0..20_000 {
        let log = some_log(&mut random);
        let Ok(file) = chat::read(&log, &Limits::default()) else {
            continue;
        };
        // A log that is one array after all is no longer the same bytes.
        if file
            .warnings
            .iter()
            .all(|warning| warning.code != "relined")
        {
            assert_tiled(&log, &file);
        }
        read += 1;
        sessions += file.sessions.len();
        faults += file.faults.len();
        for (n, session) in file.sessions.iter().enumerate() {
            assert_eq!(messages(&file, n).len(), session.lines.len());
        }
    }
    assert!(
        read > 10_000 && sessions > read && faults > read,
        "{read} {sessions} {faults}"
    );
}

#[test]
fn each_session_of_a_log_reads_alone_as_it_did_among_the_others() {
    let mut random = Random(77);
    for _ in 0..3_000 {
        let log = some_log(&mut random);
        let Ok(file) = chat::read(&log, &Limits::default()) else {
            continue;
        };
        if log.trim_ascii().is_empty() {
            continue;
        }
        for session in &file.sessions {
            let start = session
                .header
                .as_ref()
                .or(session.lines.first())
                .expect("it is not empty")
                .start;
            let end = session
                .lines
                .last()
                .or(session.header.as_ref())
                .expect("it is not empty")
                .end;
            let Ok(alone) = chat::read(&file.bytes[start..end], &Limits::default()) else {
                panic!("{}", String::from_utf8_lossy(&file.bytes[start..end]));
            };
            assert_eq!(alone.sessions.len(), 1);
            assert_eq!(alone.sessions[0].lines.len(), session.lines.len());
        }
    }
}

#[test]
fn mutations_never_panic_and_keep_every_byte() {
    let mut random = Random(4711);
    let names: Vec<_> = expected().into_keys().collect();
    let fixtures: Vec<_> = names
        .iter()
        .map(|name| fixture(name))
        .filter(|bytes| !bytes.is_empty())
        .collect();
    let patch =
        Document::parse(r#"{"text":"new","name":"n","fields":{"extra":{"a":1}}}"#).expect("JSON");
    for round in 0..6_000 {
        let mut bytes = fixtures[round % fixtures.len()].clone();
        for _ in 0..=random.below(4) {
            let at = random.below(bytes.len());
            match random.below(4) {
                0 => bytes[at] = random.next() as u8,
                1 => bytes.truncate(at),
                2 => bytes.insert(at, b"\n{}[]\",:\\\0"[random.below(10)]),
                _ => drop(bytes.remove(at)),
            }
            if bytes.is_empty() {
                break;
            }
        }
        let Ok(file) = chat::read(&bytes, &Limits::default()) else {
            continue;
        };
        if matches!(file.bytes, std::borrow::Cow::Borrowed(_)) {
            assert_eq!(whole(&file), bytes);
        }
        for session in 0..file.sessions.len() {
            messages(&file, session);
            for range in &file.sessions[session].lines {
                let record = &file.bytes[range.clone()];
                let line = chat::record_line(record);
                if let Ok(edited) = chat::edit_line(line, &patch, file.dialect) {
                    assert!(!edited.contains(&b'\n'));
                    let text = chat::text(&edited, file.dialect, &Limits::default());
                    assert_eq!(text.as_deref(), Some("new"));
                }
            }
        }
    }
}

#[test]
fn hostile_lines_cost_no_more_than_their_length() {
    let start = std::time::Instant::now();
    let many = r#"{"mes":1}"#.repeat(200_000);
    assert_eq!(read(many.as_bytes()).sessions[0].lines.len(), 200_000);
    let mut spaced = r#"{"mes":1}"#.repeat(100_000);
    spaced.push_str(&" ".repeat(1_000_000));
    assert_eq!(read(spaced.as_bytes()).sessions[0].lines.len(), 100_000);
    let faults = "{\n".repeat(500_000) + r#"{"mes":1}"#;
    let file = read(faults.as_bytes());
    assert_eq!(
        (file.faults.len(), file.warnings[0].code),
        (1000, "more-faults")
    );
    let deep = format!("{{\"mes\":{}", "[".repeat(3_000_000));
    assert_eq!(kind(deep.as_bytes()), Kind::NotAChat);
    // Far from a clock's noise; a cost that grows with the square would take minutes.
    assert!(start.elapsed() < PATIENCE, "{:?}", start.elapsed());
}
