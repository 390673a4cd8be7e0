//! Chat logs as the wild has them, made here byte by byte: what a person expects of each.
//!
//! The last tests run over all of them at once: every byte of a log has its place, an edit
//! changes its own message only, and no mutation panics or hangs.

use crate::chats::{assert_tiled, read};
use crate::json::{Random, value};
use crate::keep::open;
use crate::oddities::{mutate, utf16};
use crate::patience::PATIENCE;
use crate::turn::now;
use cardkeep::chat::{self, Dialect};
use cardkeep::error::{Kind, Limits};
use cardkeep::json::{Document, Node};
use cardkeep::keep::{ChatImport, Domain, SearchOptions};
use cardkeep::store::MemoryMedium;
use serde_json::{Value, json};
use std::time::Instant;

const HEADER: &str = r#"{"user_name":"You","character_name":"Zoë","create_date":"2024-07-12@01h31m37s","chat_metadata":{}}"#;
const HELLO: &str = r#"{"name":"Zoë","is_user":false,"is_system":false,"send_date":"June 19, 2023 4:13pm","mes":"hello","extra":{}}"#;
const THERE: &str = r#"{"name":"You","is_user":true,"send_date":"2025-09-26T07:04:12.006Z","mes":"there","extra":null}"#;
const CUT: &str = r#"{"name":"Zoë","is_user":false,"mes":"cut o"#;

struct Case {
    label: &'static str,
    bytes: Vec<u8>,
    dialect: Dialect,
    /// Messages of each session.
    sessions: &'static [usize],
    /// Codes of faults and warnings.
    codes: &'static [&'static str],
}

fn case(
    label: &'static str,
    text: impl Into<Vec<u8>>,
    sessions: &'static [usize],
    codes: &'static [&'static str],
) -> Case {
    Case {
        label,
        bytes: text.into(),
        dialect: Dialect::SillyTavern,
        sessions,
        codes,
    }
}

fn by(dialect: Dialect, case: Case) -> Case {
    Case { dialect, ..case }
}

fn lines(lines: &[&str]) -> String {
    lines.join("\n")
}

fn cases() -> Vec<Case> {
    let whole = lines(&[HEADER, HELLO, THERE]);
    let huge = HELLO.replace("hello", &"x".repeat(6 << 20));
    vec![
        case("plain", whole.clone(), &[2], &[]),
        case("a newline at the end", format!("{whole}\n"), &[2], &[]),
        case("no header", lines(&[HELLO, THERE]), &[2], &[]),
        case("a mark", format!("\u{feff}{whole}"), &[2], &[]),
        case("carriage returns", whole.replace('\n', "\r\n"), &[2], &[]),
        case("carriage returns only", whole.replace('\n', "\r"), &[2], &[]),
        case("UTF-16", utf16(&whole, true, true), &[2], &["recoded"]),
        case("UTF-16 big without a mark", utf16(&whole, false, false), &[2], &["recoded"]),
        case("blank lines in the middle", lines(&[HEADER, "", "  \t", HELLO, "", THERE, "", ""]), &[2], &[]),
        case("a line of zero bytes", lines(&[HEADER, "\0\0\0", HELLO, THERE]), &[2], &["bad-json"]),
        case("zero bytes at the end", format!("{whole}\n{}", "\0".repeat(4096)), &[2], &["bad-json"]),
        case("zero bytes before a line", lines(&[HEADER, "\0\0{\"mes\":\"a\"}"]), &[1], &[]),
        case("a header in the middle", lines(&[HEADER, HELLO, HEADER, THERE, HELLO]), &[1, 2], &[]),
        case("sessions with a blank line between", lines(&[HEADER, HELLO, "", HEADER, "", HEADER, THERE]), &[1, 0, 1], &[]),
        case("a second session behind one without header", lines(&[HELLO, HEADER, THERE]), &[1, 1], &[]),
        case("header only", HEADER, &[0], &[]),
        case("nothing", "", &[0], &[]),
        case("a mark only", "\u{feff}", &[0], &[]),
        case("blank lines only", "\n\r\n  \n", &[0], &[]),
        case("a cut header", lines(&[&HEADER[..38], HELLO, THERE]), &[2], &["bad-json"]),
        case("a cut last line", lines(&[HEADER, HELLO, CUT]), &[1], &["cut-short"]),
        case("a cut line in the middle", lines(&[HEADER, CUT, HELLO]), &[1], &["bad-json"]),
        case("lines of other things", lines(&[HEADER, "null", "[]", "7", "{}", "oops", "\"mes\"", HELLO]), &[1], &["not-an-object", "not-a-message"]),
        case("two messages on a line", format!("{HEADER}\n{HELLO}{THERE}\n"), &[2], &[]),
        case("text behind a message", lines(&[HEADER, &format!("{HELLO} ,"), THERE]), &[2], &["trailing-text"]),
        case("a message without name", lines(&[HEADER, r#"{"is_user":true,"mes":"x"}"#]), &[1], &[]),
        case("mes of null", lines(&[HEADER, r#"{"name":"A","is_user":false,"mes":null}"#]), &[1], &[]),
        case("mes as a number", lines(&[HEADER, r#"{"name":"A","is_user":false,"mes":42}"#]), &[1], &[]),
        case("no mes", lines(&[HEADER, r#"{"name":"A","is_user":false}"#]), &[1], &[]),
        case("swipe_id out of range", lines(&[HEADER, r#"{"name":"A","is_user":false,"mes":"b","swipe_id":9,"swipes":["a","b"],"swipe_info":[{}]}"#]), &[1], &[]),
        case("swipes of null", lines(&[HEADER, r#"{"name":"A","is_user":false,"mes":"b","swipe_id":0,"swipes":null,"swipe_info":null}"#]), &[1], &[]),
        case("swipes of all kinds", lines(&[HEADER, r#"{"name":"A","is_user":false,"mes":"b","swipe_id":"1","swipes":[null,"b",3,{"message":"c"},[]]}"#]), &[1], &[]),
        case("a very long line", lines(&[HEADER, &huge, THERE]), &[2], &[]),
        case("bytes that are no UTF-8", [HEADER.as_bytes(), b"\n{\"name\":\"Zo\xeb\",\"is_user\":false,\"mes\":\"\x93a\x94 \xff\"}\n", THERE.as_bytes()].concat(), &[2], &["bad-utf8"]),
        case("lone surrogates", lines(&[HEADER, r#"{"name":"\ud83d","is_user":false,"mes":"a\udd88\ud83d","\udfff":1}"#]), &[1], &[]),
        case("duplicate keys", lines(&[HEADER, r#"{"mes":"old","name":"A","is_user":false,"mes":"new"}"#]), &[1], &[]),
        case("JavaScript's own names", lines(&[HEADER, r#"{"__proto__":{"x":1},"constructor":1,"name":"A","is_user":false,"mes":"new"}"#]), &[1], &[]),
        case("NaN and large numbers", lines(&[HEADER, r#"{"name":"A","is_user":false,"mes":"new","extra":{"a":NaN,"b":1e400,"c":123456789012345678901}}"#]), &[1], &["not-a-number"]),
        case("raw control characters", lines(&[HEADER, "{\"name\":\"A\",\"is_user\":false,\"mes\":\"a\tb\u{1}\"}"]), &[1], &["raw-control-character"]),
        case("backslashes that begin no escape", lines(&[HEADER, r#"{"name":"A","is_user":false,"mes":"C:\dir \x \u12"}"#]), &[1], &["bad-escape"]),
        case("keys with spaces", lines(&[HEADER, r#"{" name ":"A"," is_user ":true," mes ":"x"}"#]), &[1], &[]),
        case("escaped keys", lines(&[HEADER, r#"{"\u006eame":"A","is\u005fuser":true,"m\u0065s":"x"}"#]), &[1], &[]),
        case("a trailing comma", lines(&[HEADER, r#"{"name":"A","is_user":true,"mes":"x",}"#]), &[1], &["trailing-comma"]),
        case("line separators of Unicode", lines(&[HEADER, "{\"name\":\"A\",\"is_user\":true,\"mes\":\"a\u{2028}b\u{85}c\"}"]), &[1], &[]),
        case("nested too deep", lines(&[HEADER, &format!(r#"{{"mes":{}{}}}"#, "[".repeat(70), "]".repeat(70)), HELLO]), &[1], &["too-large"]),
        case("an array", format!("[{HEADER},{HELLO},\n{THERE}]"), &[2], &["relined"]),
        case("an array with bytes that are no UTF-8", [b"[", HEADER.as_bytes(), b",{\"name\":\"Zo\xeb\",\"is_user\":false,\"mes\":\"a\"}]"].concat(), &[1], &["relined", "bad-utf8"]),
        case("an array with a trailing comma in an item", format!("[{HEADER},{HELLO},{}]", THERE.replace('}', ",}")), &[2], &["relined", "trailing-comma"]),
        case("an array over many lines", serde_json::to_string_pretty(&json!([{"name": "A", "is_user": true, "mes": "a\nb"}, {"name": "B", "is_user": false, "mes": "c"}])).expect("JSON"), &[2], &["relined"]),
        case("names unused", lines(&[r#"{"chat_metadata":{"integrity":"x"},"user_name":"unused","character_name":"unused"}"#, HELLO]), &[1], &[]),
        case("a header of metadata only", lines(&[r#"{"chat_metadata":{"integrity":"x"}}"#, HELLO]), &[1], &[]),
        case("a header without metadata", lines(&[r#"{"user_name":"You"}"#, HELLO]), &[1], &[]),
        case("a group", lines(&[HEADER, r#"{"name":"A","is_user":false,"is_name":true,"force_avatar":"/a.png","original_avatar":"A.png","send_date":1700000000000,"mes":"x","is_group":true}"#]), &[1], &[]),
        by(Dialect::TavernAi, case("TavernAI of January 2023", lines(&[r#"{"user_name":"You","character_name":"Zoë","create_date":1674559896839}"#, r#"{"name":"Zoë","is_user":false,"is_name":true,"send_date":1674559896839,"mes":"hello"}"#]), &[1], &[])),
        by(Dialect::TavernAi, case("a room of TavernAI", lines(&[r#"{"user_name":"You","character_names":["A","B"],"create_date":1674559896839,"notes":"","notes_type":"discr","scenario":""}"#, r#"{"name":"A","is_user":false,"send_date":1674559896839,"mes":"hello","chid":"0"}"#]), &[1], &[])),
        by(Dialect::CardShark, case("a file of CardShark", lines(&[r#"{"user_name":"User","character_name":"Zoë","character_id":"a1b2c3d4","create_date":"2025-05-24T10:11:12.123456","timestamp":1748081472123,"version":"2.0","chat_metadata":{"chat_id":"chat_x","tainted":false,"created_timestamp":1748081472123,"title":"T","timedWorldInfo":{},"lastUser":null}}"#, r#"{"name":"Zoë","is_user":false,"is_system":false,"send_date":"May 24, 2025 10:11AM","mes":"hello","extra":{"id":"m1","api":"koboldcpp"}}"#]), &[1], &[])),
        by(Dialect::World, case("a world", lines(&[r#"{"metadata": {"version": "1.0", "location_id": "start_room", "world_name": "W"}, "timestamp": 1234567890}"#, r#"{"role": "user", "content": "look", "timestamp": 1234567891}"#, r#"{"role": "assistant", "content": "A room.", "timestamp": 1234567892}"#]), &[2], &[])),
        by(Dialect::Chub, case("Chub", lines(&[r#"{"user_name":"You","character_name":"Zoë"}"#, r#"{"name":"Zoë","is_user":false,"mes":{"message":"hello"},"swipes":[{"message":"hello"},{"message":"x"}],"swipe_id":0}"#]), &[1], &[])),
    ]
}

#[test]
fn a_log_is_read_whatever_became_of_its_lines() {
    let mut wrong = Vec::new();
    for case in cases() {
        let start = Instant::now();
        let file = match chat::read(&case.bytes, &Limits::default()) {
            Ok(file) => file,
            Err(error) => {
                wrong.push(format!("{}: {error}", case.label));
                continue;
            }
        };
        let counts: Vec<_> = file
            .sessions
            .iter()
            .map(|session| session.lines.len())
            .collect();
        let mut codes: Vec<_> = file.faults.iter().map(|fault| fault.code).collect();
        codes.extend(file.warnings.iter().map(|warning| warning.code));
        codes.dedup();
        if counts != case.sessions || file.dialect != case.dialect {
            wrong.push(format!(
                "{}: {:?} with {counts:?}",
                case.label, file.dialect
            ));
        }
        if case.codes.is_empty() != codes.is_empty()
            || case.codes.iter().any(|code| !codes.contains(code))
        {
            wrong.push(format!(
                "{}: tells {codes:?}, not {:?}",
                case.label, case.codes
            ));
        }
        if start.elapsed() > PATIENCE {
            wrong.push(format!("{}: took {:?}", case.label, start.elapsed()));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn a_keep_gives_back_the_bytes_of_every_log_and_finds_what_is_said_in_it() {
    for case in cases() {
        let keep = open(&MemoryMedium::new());
        let options = ChatImport::default();
        let items = now(keep.chats().import(&case.bytes, "log.jsonl", &options))
            .unwrap_or_else(|error| panic!("{}: {error}", case.label));
        let items = items.as_array().expect("a list").clone();
        assert_eq!(items.len(), case.sessions.len(), "{}", case.label);
        let mut whole = Vec::new();
        for (item, count) in items.iter().zip(case.sessions) {
            let id = item["entry"]["id"].as_str().expect("an entry has an id");
            let chat = now(keep.chats().open(id)).expect("it is kept");
            assert_eq!(item["entry"]["length"], *count, "{}", case.label);
            let exported = now(keep.export(Domain::Chats, id));
            whole.extend(exported.expect("it is whole").bytes);
            let page = now(chat.page(0, u64::MAX)).expect("every message is there");
            let page = Document::parse(&page).expect("a page is JSON");
            for message in page.root().items() {
                let text = message.get("text").and_then(Node::text).unwrap_or_default();
                let word: String = text.chars().take(9).collect();
                let index = message.get("index").and_then(Node::number);
                let index = index.expect("a message has a place") as u64;
                let search = SearchOptions {
                    from: index,
                    limit: 1,
                    ..SearchOptions::default()
                };
                if word.is_empty() || word.contains(char::REPLACEMENT_CHARACTER) {
                    continue;
                }
                let hits = now(chat.search(&word, &search)).expect("it can be looked for");
                assert_eq!(hits[0]["index"], index, "{}: {word:?}", case.label);
            }
        }
        let made = ["recoded", "relined", "converted"];
        if !case.codes.iter().any(|code| made.contains(code)) {
            assert!(whole == case.bytes, "{}", case.label);
        }
    }
}

#[test]
fn what_is_no_log_is_told_by_kind() {
    for (bytes, kind) in [
        (&b"hello"[..], Kind::NotAChat),
        (&HEADER.as_bytes()[..38], Kind::NotAChat),
        (b"\0\0\0\0", Kind::NotAChat),
        (b"\xff\xfe{", Kind::NotAChat),
        (b"\x89PNG\r\n\x1a\n", Kind::NotAChat),
        (br#"["hi\n"]"#, Kind::NotAChat),
    ] {
        let error = chat::read(bytes, &Limits::default()).expect_err("no log");
        assert_eq!(error.kind(), kind, "{}", String::from_utf8_lossy(bytes));
    }
}

#[test]
fn odd_messages_say_what_a_person_would_read_in_them() {
    let said = |line: &str| {
        let text = chat::message(line.as_bytes(), 0, Dialect::SillyTavern, &Limits::default());
        let document = Document::parse(&text.expect("a message")).expect("a message is JSON");
        value(document.root())
    };
    for (line, name, role, text) in [
        (r#"{"is_user":true,"mes":"x"}"#, "", "user", "x"),
        (
            r#"{"name":"A","is_user":"true","mes":"x"}"#,
            "A",
            "user",
            "x",
        ),
        (
            r#"{"name":"A","is_user":"True","mes":"x"}"#,
            "A",
            "user",
            "x",
        ),
        (
            r#"{"name":"A","is_user":"False","mes":"x"}"#,
            "A",
            "character",
            "x",
        ),
        (
            r#"{"name":"A","is_user":"false","mes":"x"}"#,
            "A",
            "character",
            "x",
        ),
        (r#"{"name":"A","is_user":1,"mes":"x"}"#, "A", "user", "x"),
        (
            r#"{"name":"A","is_user":null,"mes":"x"}"#,
            "A",
            "character",
            "x",
        ),
        (
            r#"{"name":null,"is_user":false,"mes":null}"#,
            "",
            "character",
            "",
        ),
        (
            r#"{"name":5,"is_user":false,"mes":42}"#,
            "5",
            "character",
            "42",
        ),
        (
            r#"{"name":"A","is_user":false,"mes":null,"swipes":["a","b"],"swipe_id":1}"#,
            "A",
            "character",
            "b",
        ),
        (
            r#"{"name":"A","is_user":false,"is_system":true,"mes":"x"}"#,
            "A",
            "system",
            "x",
        ),
        (
            r#"{"name":"A","is_user":false,"extra":null,"mes":"x"}"#,
            "A",
            "character",
            "x",
        ),
        (
            r#"{"name":"A","is_user":false,"extra":[],"mes":["a","b"]}"#,
            "A",
            "character",
            "a\nb",
        ),
        (
            r#"{"role":"assistant","content":"x"}"#,
            "",
            "character",
            "x",
        ),
        (
            r#"{"mes":"old","name":"A","is_user":false,"mes":"new"}"#,
            "A",
            "character",
            "new",
        ),
        (
            r#"{" name ":"A"," is_user ":true," mes ":"x"}"#,
            "A",
            "user",
            "x",
        ),
    ] {
        let message = said(line);
        assert_eq!(
            (&message["name"], &message["role"], &message["text"]),
            (&json!(name), &json!(role), &json!(text)),
            "{line}"
        );
    }
}

#[test]
fn an_edit_changes_its_own_message_in_any_log() {
    let patch = Document::parse(r#"{"text":"edited\nЖ","fields":{"own":[1]}}"#).expect("a patch");
    for case in cases() {
        let label = case.label;
        let file = read(&case.bytes);
        assert_tiled(&file.bytes, &file);
        for (s, session) in file.sessions.iter().enumerate() {
            let before = messages_of(&file, s);
            for (n, range) in session.lines.iter().enumerate() {
                let record = &file.bytes[range.clone()];
                let line = chat::edit_line(chat::record_line(record), &patch, file.dialect)
                    .unwrap_or_else(|error| panic!("{label}: {error}"));
                let record = chat::replace_line(record, &line);
                let log = [
                    &file.bytes[..range.start],
                    &record,
                    &file.bytes[range.end..],
                ]
                .concat();
                let again = read(&log);
                let counts = |file: &chat::ChatFile<'_>| {
                    file.sessions
                        .iter()
                        .map(|session| session.lines.len())
                        .collect::<Vec<_>>()
                };
                assert_eq!(counts(&again), counts(&file), "{label}");
                let mut after = messages_of(&again, s);
                assert_eq!(after[n]["text"], "edited\nЖ", "{label}");
                assert_eq!(after[n]["fields"]["own"], json!([1.0]), "{label}");
                after[n] = before[n].clone();
                assert_eq!(after, before, "{label}");
            }
        }
    }
}

/// As `messages` of the other tests, for lines with what `serde_json` does not take: lone surrogates, 1e400.
fn messages_of(file: &chat::ChatFile<'_>, session: usize) -> Vec<Value> {
    let lines = file.sessions[session].lines.iter();
    let lines = lines.map(|range| chat::record_line(&file.bytes[range.clone()]));
    let dialect = file.sessions[session].dialect;
    let page = chat::page(lines, 0, dialect, &Limits::default());
    assert!(page.is_ascii());
    let limits = Limits {
        depth: 70,
        ..Limits::default()
    };
    let (page, _) = Document::read(page.as_bytes(), &limits).expect("a page is JSON");
    page.root().items().map(value).collect()
}

/// What a reader makes of a message that is told briefly.
fn whole(mut message: Value) -> Value {
    const TEXTS: [&str; 4] = ["mes", "content", "message", "text"];
    let fields = message["fields"].clone();
    if message["name"].is_number() {
        message["name"] = fields["name"].clone();
    }
    if let Some(number) = message["text"].as_f64() {
        message["text"] = fields[TEXTS[number as usize]].clone();
    }
    if message["swipes"].is_number() {
        message["swipes"] = fields["swipes"].clone();
    }
    message
}

#[test]
fn a_page_that_tells_nothing_twice_says_the_same() {
    let mut random = Random(0x0b1e_f0dd);
    let (limits, mut shorter) = (Limits::default(), 0);
    let dense = "月城夜歩".repeat(500);
    let more = [
        r#"{"mes":"first","mes":"last","name":"A","n\u0061me":"B"}"#.to_owned(),
        r#"{" mes":"padded","name ":"padded","swipes ":["x"]}"#.to_owned(),
        r#"{"mes":{"message":"inner"},"name":7,"swipes":["a",null,"b"]}"#.to_owned(),
        r#"{"mes":null,"content":"c","swipes":["a","b"],"swipe_id":"1"}"#.to_owned(),
        r#"{"swipes":["a","b"],"is_user":true}"#.to_owned(),
        format!(r#"{{"mes":"{dense}","swipes":["{dense}","é"],"name":"\ud83d"}}"#),
    ];
    let mut logs: Vec<Vec<u8>> = cases().into_iter().map(|case| case.bytes).collect();
    logs.push(lines(&more.each_ref().map(String::as_str)).into_bytes());
    logs.retain(|log| log.len() < 100_000);
    for log in logs {
        for mutated in 0..20 {
            let mut log = log.clone();
            if mutated > 0 {
                mutate(&mut log, &mut random);
            }
            let Ok(file) = chat::read(&log, &limits) else {
                continue;
            };
            for session in &file.sessions {
                let records = session.lines.iter().enumerate();
                let lines: Vec<_> = records
                    .map(|(n, range)| (n.into(), chat::record_line(&file.bytes[range.clone()])))
                    .collect();
                let page = chat::placed_page(lines.clone(), file.dialect, &limits);
                let brief = chat::brief_page(lines, file.dialect, &limits);
                shorter += usize::from(brief.len() < page.len());
                let deeper = Limits {
                    depth: 70,
                    ..Limits::default()
                };
                let messages = |page: &str| -> Vec<Value> {
                    let (page, _) = Document::read(page.as_bytes(), &deeper).expect("JSON");
                    page.root().items().map(value).collect()
                };
                let brief: Vec<_> = messages(&brief).into_iter().map(whole).collect();
                assert_eq!(brief, messages(&page));
            }
        }
    }
    assert!(shorter > 100);
}

#[test]
fn no_mutation_of_any_log_panics_or_loses_a_byte() {
    let mut random = Random(0x1095_0dd1);
    let (mut read, mut refused) = (0, 0);
    for case in cases().into_iter().filter(|case| case.bytes.len() < 10_000) {
        for _ in 0..60 {
            let mut bytes = case.bytes.clone();
            mutate(&mut bytes, &mut random);
            let start = Instant::now();
            match chat::read(&bytes, &Limits::default()) {
                Ok(file) => {
                    read += 1;
                    assert_tiled(&file.bytes, &file);
                    for session in 0..file.sessions.len() {
                        messages_of(&file, session);
                    }
                }
                Err(_) => refused += 1,
            }
            assert!(start.elapsed() < PATIENCE, "{}", case.label);
        }
    }
    assert!(read > 1000 && refused > 20, "{read} {refused}");
}

#[test]
fn a_chat_of_several_dialects_says_the_same_when_its_session_stands_alone() {
    let headers = [
        r#"{"user_name":"You","character_name":"Zoë","create_date":"2024-05-01","chat_metadata":{}}"#,
        r#"{"metadata":{"world":"Eldoria","location":"Harbor"}}"#,
        r#"{"user_name":"You","character_name":"Zoë","character_id":"1","chat_metadata":{"chat_id":"c"}}"#,
    ];
    let messages = [
        r#"{"name":"Zoë","is_user":false,"mes":"one","content":"two"}"#,
        r#"{"role":"assistant","content":"two","mes":"one"}"#,
        r#"{"role":"user","content":"three"}"#,
        r#"{"name":"You","is_user":true,"mes":"four","content":null}"#,
        r#"{"name":"You","is_user":true,"mes":null,"content":"five"}"#,
    ];
    for first in headers {
        for second in headers {
            for message in messages {
                let log = [first, messages[2], "", second, message, ""].join("\n");
                let file = chat::read(log.as_bytes(), &Limits::default()).unwrap();
                assert_eq!(file.sessions.len(), 2, "{log}");
                let session = &file.sessions[1];
                let start = session.header.clone().unwrap().start;
                let alone = &file.bytes[start..session.lines.last().unwrap().end];
                let again = chat::read(alone, &Limits::default()).unwrap();
                let texts = |file: &chat::ChatFile<'_>, session: usize| -> Vec<Value> {
                    let messages = messages_of(file, session).into_iter();
                    messages.map(|mut message| message["text"].take()).collect()
                };
                assert_eq!(texts(&again, 0), texts(&file, 1), "{log}");
            }
        }
    }
}
