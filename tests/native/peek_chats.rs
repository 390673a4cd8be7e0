//! Looking into a chat file: the end that reading all of it gives, from few of its bytes.

use crate::chats::fixture;
use crate::json::Random;
use cardkeep::chat::{self, ChatFile, Peek, Peeked};
use cardkeep::error::{Kind, Limits, Result};
use serde_json::{Value, json};

const HEADER: &str = r#"{"user_name":"Bea","character_name":"Ann","chat_metadata":{}}"#;

/// What is told, and how many bytes it took.
fn peek_within(bytes: &[u8], last: usize, limits: &Limits) -> (Result<Peeked>, usize) {
    let mut peek = Peek::new(bytes.len(), last, limits.clone());
    let mut steps = 0;
    loop {
        let ranges = peek.wants();
        if ranges.is_empty() {
            break;
        }
        for range in ranges {
            assert!(
                range.start < range.end && range.end <= bytes.len(),
                "{range:?}"
            );
            peek.give(range.start, &bytes[range]);
        }
        steps += 1;
        assert!(steps < 60, "it does not end");
    }
    let read = peek.bytes_read();
    assert!(read <= bytes.len(), "bytes were read twice");
    (peek.told(), read)
}

fn peek(bytes: &[u8], last: usize) -> (Peeked, usize) {
    let (told, read) = peek_within(bytes, last, &Limits::default());
    (told.unwrap_or_else(|error| panic!("{error}")), read)
}

/// The messages of the last session.
fn messages(file: &ChatFile<'_>) -> Vec<Value> {
    let lines = file
        .sessions
        .last()
        .into_iter()
        .flat_map(|session| &session.lines);
    let lines = lines.map(|range| chat::record_line(&file.bytes[range.clone()]));
    let page = chat::page(lines, 0, file.dialect, &Limits::default());
    serde_json::from_str(&page).unwrap_or_else(|error| panic!("{error} in {page}"))
}

/// The messages that were told, put together.
fn told(peeked: &Peeked) -> Vec<Value> {
    let page: Value = serde_json::from_str(&peeked.last).expect("strict JSON");
    let mut messages = page.as_array().expect("a page is a list").clone();
    for message in &mut messages {
        let fields = message["fields"].clone();
        for key in ["name", "swipes"] {
            if message[key].is_number() {
                message[key] = fields[key].clone();
            }
        }
        if let Some(n) = message["text"].as_u64() {
            message["text"] = fields[["mes", "content", "message", "text"][n as usize]].clone();
        }
    }
    messages
}

/// That peeking says of the end what reading says.
fn same(bytes: &[u8], last: usize, name: &str) -> Peeked {
    let limits = Limits::default();
    let (peeked, taken) = peek_within(bytes, last, &limits);
    let file = match (peeked.is_ok(), chat::read(bytes, &limits)) {
        (true, Ok(file)) => file,
        (false, Err(error)) => {
            let kind = peeked.err().map(|error| error.kind());
            assert_eq!(kind, Some(error.kind()), "{name}");
            return peek(b"", 0).0;
        }
        (told, read) => panic!("{name}: peeking {told}, reading {:?}", read.err()),
    };
    let peeked = peeked.unwrap_or_else(|error| panic!("{error}"));
    let mut all = messages(&file);
    let length = all.len();
    let mut wanted = all.split_off(length.saturating_sub(last));
    if !peeked.complete {
        for message in &mut wanted {
            message["index"] = json!(message["index"].as_i64().expect("a number") - length as i64);
        }
    }
    assert_eq!(told(&peeked), wanted, "{name}");
    assert_eq!(peeked.dialect, file.dialect, "{name}");
    assert_eq!(peeked.source, file.source, "{name}");
    assert_eq!(peeked.converted, file.converted, "{name}");
    if let Some(known) = peeked.length {
        assert_eq!(known, length, "{name}");
    }
    if peeked.complete {
        assert_eq!(peeked.faults, file.faults, "{name}");
        assert_eq!(peeked.warnings, file.warnings, "{name}");
        assert_eq!(peeked.length, Some(length), "{name}");
    } else {
        assert!(taken < bytes.len(), "{name}");
        // Each fault that is told is one of the file's, counted from the other end.
        let lines = String::from_utf8_lossy(bytes).split_inclusive('\n').count() as i64;
        for fault in &peeked.faults {
            let line = fault.line + lines + 1;
            let found = file.faults.iter().any(|one| {
                (one.line, one.code, &one.message) == (line, fault.code, &fault.message)
            });
            assert!(found, "{name}: {fault:?}");
        }
        for warning in &peeked.warnings {
            let line = warning
                .path
                .strip_prefix("line ")
                .and_then(|n| n.parse().ok());
            let path = line.map(|line: i64| format!("line {}", line + lines + 1));
            let found = file
                .warnings
                .iter()
                .any(|one| Some(&one.path) == path.as_ref() && one.code == warning.code);
            assert!(found, "{name}: {warning:?}");
        }
    }
    peeked
}

fn line(n: usize, text: &str) -> String {
    let name = if n.is_multiple_of(2) { "Ann" } else { "Bea" };
    json!({ "name": name, "is_user": n % 2 == 1, "send_date": 1_700_000_000_000_u64 + n as u64, "mes": format!("{n} {text}") })
        .to_string()
}

/// A log of so many messages of about a kilobyte.
fn long(count: usize) -> String {
    let text = "“Zoë” said nothing. ".repeat(40);
    let lines = (0..count).map(|n| format!("\n{}", line(n, &text)));
    HEADER.to_owned() + &lines.collect::<String>()
}

#[test]
fn every_fixture_ends_as_reading_it_says() {
    let files = std::fs::read_dir("tests/fixtures/chats").expect("the fixtures are there");
    let mut seen = 0;
    for file in files {
        let name = file
            .expect("a file")
            .file_name()
            .into_string()
            .expect("plain names");
        for last in [0, 1, 50] {
            same(&fixture(&name), last, &name);
        }
        seen += 1;
    }
    assert!(seen > 10);
}

#[test]
fn of_a_long_log_the_start_and_the_end_are_read() {
    let log = long(5000);
    let peeked = same(log.as_bytes(), 50, "long");
    let (_, read) = peek(log.as_bytes(), 50);
    assert_eq!(read, (64 << 10) + (128 << 10));
    assert!(!peeked.complete);
    assert_eq!(peeked.title.as_deref(), Some("Ann"));
    assert_eq!(peeked.user.as_deref(), Some("Bea"));
    assert_eq!(peeked.length, None);
    // More messages take more of the end, up to all of it.
    let (more, read) = peek(log.as_bytes(), 1000);
    assert_eq!(told(&more).len(), 1000);
    assert!(read > 1 << 20 && read < 3 << 20, "{read}");
    assert!(same(log.as_bytes(), 4999, "most").complete);
    assert!(same(log.as_bytes(), usize::MAX, "all").complete);
}

#[test]
fn names_come_from_those_who_speak_where_the_header_has_none() {
    let log = long(1000).replacen(
        HEADER,
        r#"{"chat_metadata":{},"user_name":"unused","character_name":"unused"}"#,
        1,
    );
    let peeked = same(log.as_bytes(), 0, "unused");
    assert_eq!(
        (peeked.user.as_deref(), peeked.character.as_deref()),
        (Some("Bea"), Some("Ann"))
    );
    assert_eq!(peeked.title, None);
}

#[test]
fn of_several_chats_the_last_one_counts() {
    let long = long(400);
    let short = [
        HEADER.replace("Ann", "Zoë"),
        line(0, "short"),
        line(1, "too"),
    ]
    .join("\n");
    let both = format!("{long}\n\n{short}\n");
    let peeked = same(both.as_bytes(), 50, "a short one behind a long one");
    assert!(!peeked.complete);
    assert_eq!(peeked.length, Some(2));
    assert_eq!(peeked.title.as_deref(), Some("Zoë"));
    let peeked = same(
        format!("{short}\n\n{long}").as_bytes(),
        50,
        "the other way round",
    );
    assert!(!peeked.complete);
    // A header alone is a chat without messages.
    let peeked = same(
        format!("{long}\n{HEADER}\n\n").as_bytes(),
        50,
        "a header at the end",
    );
    assert_eq!(peeked.length, Some(0));
}

#[test]
fn damage_near_the_end_is_told_from_the_end() {
    let log = long(1000);
    let cut = &log.as_bytes()[..log.len() - 100];
    let peeked = same(cut, 50, "cut within the last line");
    let faults: Vec<_> = peeked
        .faults
        .iter()
        .map(|one| (one.line, one.code))
        .collect();
    assert_eq!(faults, [(-1, "cut-short")]);
    let broken = format!("{log}\n{{\"mes\": oops\n\n{}\u{0}\n", line(1, "\u{1}"));
    let peeked = same(broken.as_bytes(), 50, "a broken line before the last");
    assert_eq!(peeked.faults.first().map(|one| one.line), Some(-3));
}

#[test]
fn what_is_no_plain_log_is_read_whole() {
    let log = long(300);
    let utf16: Vec<u8> = log.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let with_mark = [&[0xff, 0xfe][..], &utf16].concat();
    let array = format!(
        "[{}]",
        long(300).lines().skip(1).collect::<Vec<_>>().join(",")
    );
    let mut broken_header = log.clone();
    broken_header.insert_str(1, "{{");
    let one_line = line(0, &"a".repeat(1 << 20));
    let foreign = json!({ "type": "risuChat", "ver": 1, "data": { "message": (0..900).map(|n| json!({ "role": "user", "data": format!("{n} {}", "b".repeat(500)) })).collect::<Vec<_>>() } });
    let cases: [(&str, &[u8]); 8] = [
        ("UTF-16", &utf16),
        ("UTF-16 with a mark", &with_mark),
        ("an array", array.as_bytes()),
        ("a broken header", broken_header.as_bytes()),
        ("one line", one_line.as_bytes()),
        (
            "another tool",
            &serde_json::to_vec(&foreign).expect("writes to memory"),
        ),
        ("garbage", &[b'x'; 300_000]),
        ("zeros", &[0; 300_000]),
    ];
    for (name, bytes) in cases {
        let (told, read) = peek_within(bytes, 50, &Limits::default());
        assert_eq!(read, bytes.len(), "{name}");
        assert_eq!(told.is_ok(), name != "garbage" && name != "zeros", "{name}");
        same(bytes, 50, name);
    }
}

#[test]
fn a_log_over_the_limit_is_refused_from_its_size() {
    let limits = Limits {
        chat: 1000,
        ..Limits::default()
    };
    let (told, read) = peek_within(long(10).as_bytes(), 50, &limits);
    assert_eq!(told.err().map(|error| error.kind()), Some(Kind::TooLarge));
    assert_eq!(read, 0);
}

/// Logs put together of odd pieces, of sizes around those at which more is read.
#[test]
fn whatever_stands_where_the_cuts_fall() {
    let mut random = Random(11);
    let long = "é“東🦈”".repeat(300);
    for round in 0..60 {
        let mut log = Vec::new();
        let size = (150 << 10) + random.below(300 << 10);
        if random.below(4) == 0 {
            log.extend_from_slice(b"\xef\xbb\xbf");
        }
        let newline: &[u8] = [&b"\n"[..], b"\r\n"][random.below(2)];
        if random.below(4) > 0 {
            log.extend_from_slice(HEADER.as_bytes());
            log.extend_from_slice(newline);
        }
        let mut n = 0;
        while log.len() < size {
            n += 1;
            match random.below(60) {
                0 => log.extend_from_slice(HEADER.as_bytes()),
                1 => log.extend_from_slice(b"{\"mes\": broken"),
                2 => log.extend_from_slice(b"  "),
                3 => log.extend_from_slice(b"\xff\xfe{\"mes\":\"\xc3\"}"),
                4 => {
                    log.extend_from_slice(line(n, "joined").as_bytes());
                    log.extend_from_slice(line(n, "to it").as_bytes());
                }
                5 if round % 5 == 0 => {
                    log.extend_from_slice(line(n, &"x".repeat(150 << 10)).as_bytes())
                }
                6 => log.extend_from_slice(line(n, "a\u{1}\u{2028}b").as_bytes()),
                7 => log.extend_from_slice(b"{\"role\":\"user\",\"content\":\"of a world\"}"),
                _ => log.extend_from_slice(
                    line(
                        n,
                        &long[..long.floor_char_boundary(random.below(long.len()))],
                    )
                    .as_bytes(),
                ),
            }
            log.extend_from_slice(newline);
        }
        if random.below(3) == 0 {
            log.truncate(log.len() - random.below(2000));
        }
        same(
            &log,
            [0, 1, 3, 50, 200][random.below(5)],
            &format!("round {round}"),
        );
    }
}
