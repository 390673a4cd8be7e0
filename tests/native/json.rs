//! Tolerant JSON documents: what is accepted, what it means, what an edit leaves alone.

use cardkeep::error::{Kind, Limits, Place, Warning};
use cardkeep::json::{Document, Node, Shape, quote, quote_ascii};
use serde_json::Value;

fn read(text: &str) -> Document {
    Document::read(text.as_bytes(), &Limits::default())
        .expect("a readable text")
        .0
}

fn warnings(text: &str) -> Vec<Warning> {
    Document::read(text.as_bytes(), &Limits::default())
        .expect("a readable text")
        .1
}

fn kind(bytes: &[u8]) -> Kind {
    Document::read(bytes, &Limits::default())
        .expect_err("an unreadable text")
        .kind()
}

fn codes(text: &str) -> Vec<&'static str> {
    warnings(text).iter().map(|warning| warning.code).collect()
}

/// The reference: what serde_json makes of it, read through nodes.
pub fn value(node: Node<'_>) -> Value {
    match node.shape() {
        Shape::Null => Value::Null,
        Shape::Bool => Value::Bool(node.boolean().expect("a bool")),
        Shape::Number => serde_json::Number::from_f64(node.number().expect("a number"))
            .map_or(Value::Null, Value::Number),
        Shape::String => Value::String(node.text().expect("a string").into_owned()),
        Shape::Array => Value::Array(node.items().map(value).collect()),
        Shape::Object => Value::Object(
            node.entries()
                .map(|(key, node)| (key.into_owned(), value(node)))
                .collect(),
        ),
    }
}

/// Numbers as doubles, as JavaScript has them.
fn as_doubles(value: Value) -> Value {
    match value {
        Value::Number(n) => serde_json::Number::from_f64(n.as_f64().expect("a double"))
            .map_or(Value::Null, Value::Number),
        Value::Array(items) => Value::Array(items.into_iter().map(as_doubles).collect()),
        Value::Object(members) => Value::Object(
            members
                .into_iter()
                .map(|(key, value)| (key, as_doubles(value)))
                .collect(),
        ),
        other => other,
    }
}

pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    pub fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }
}

fn some_json(random: &mut Random, depth: usize, out: &mut String) {
    const STRINGS: [&str; 12] = [
        "\"\"",
        "\"a\"",
        "\"eight by\"",
        "\"東京 🦈 é\"",
        r#""\"\\\/\b\f\n\r\t""#,
        r#""\u0041\ud83e\udd88\u0000""#,
        "\"\u{7f}\u{2028}\u{fffd}\"",
        r#""long enough to cross a word boundary \" and go on""#,
        "\"__proto__\"",
        "\"constructor\"",
        r#""\\""#,
        "\"k\"",
    ];
    const NUMBERS: [&str; 10] = [
        "0",
        "-0",
        "1",
        "-12.50",
        "1e3",
        "1E+2",
        "2.5e-7",
        "9007199254740993",
        "123456789012345678901234567890",
        "0.1",
    ];
    const SPACES: [&str; 5] = ["", " ", "\n  ", "\t", "\r\n"];
    out.push_str(SPACES[random.below(5)]);
    match random.below(if depth == 0 { 5 } else { 8 }) {
        0 => out.push_str("null"),
        1 => out.push_str("true"),
        2 => out.push_str("false"),
        3 => out.push_str(NUMBERS[random.below(NUMBERS.len())]),
        4 => out.push_str(STRINGS[random.below(STRINGS.len())]),
        5 => {
            out.push('[');
            for n in 0..random.below(5) {
                if n > 0 {
                    out.push(',');
                }
                some_json(random, depth - 1, out);
            }
            out.push(']');
        }
        _ => {
            out.push('{');
            for n in 0..random.below(22) {
                if n > 0 {
                    out.push(',');
                }
                out.push_str(STRINGS[random.below(STRINGS.len())]);
                out.push_str(SPACES[random.below(5)]);
                out.push(':');
                some_json(random, depth - 1, out);
            }
            out.push('}');
        }
    }
    out.push_str(SPACES[random.below(5)]);
}

#[test]
fn what_serde_json_accepts_has_equal_values_and_equal_strict_text() {
    let mut random = Random(0x1234_5678_9abc_def1);
    for round in 0..3000 {
        let mut text = String::new();
        some_json(&mut random, 4, &mut text);
        let wanted: Value = serde_json::from_str(&text).expect("the generator writes JSON");
        let document = read(&text);
        assert_eq!(document.bytes(), text.as_bytes());
        assert_eq!(
            value(document.root()),
            as_doubles(wanted.clone()),
            "round {round}: {text}"
        );
        let strict = document.to_strict();
        assert!(strict.is_ascii() || text.len() >= 4096 && !text.is_ascii());
        assert_eq!(
            serde_json::from_str::<Value>(&strict).expect("strict"),
            wanted,
            "round {round}: {text}"
        );
    }
}

#[test]
fn mutations_never_panic_and_what_is_read_is_strict_when_written() {
    let seed = r#"{"name": "Zoë \ud83e\udd88 \"x\"", "n": [1, -2.5e3, {"a": null, "b": [true, false, "\u0000"]}], "t": ""}"#;
    let mut random = Random(99);
    let mut readable = 0;
    for _ in 0..20_000 {
        let mut bytes = seed.as_bytes().to_vec();
        for _ in 0..=random.below(4) {
            let at = random.below(bytes.len());
            match random.below(4) {
                0 => bytes[at] = random.next() as u8,
                1 if bytes.len() > 1 => drop(bytes.remove(at)),
                2 => bytes.insert(at, b"{}[]\",:\\NI0\x01\xed"[random.below(13)]),
                _ => bytes.truncate(at.max(1)),
            }
        }
        if let Ok((document, _)) = Document::read(&bytes, &Limits::default()) {
            readable += 1;
            assert_eq!(document.bytes(), bytes);
            let strict = document.to_strict();
            let depth = Limits {
                depth: 64,
                ..Limits::default()
            };
            let (again, warnings) =
                Document::read(strict.as_bytes(), &depth).expect("strict text is readable");
            let serious: Vec<_> = warnings
                .iter()
                .filter(|warning| warning.code != "duplicate-key")
                .collect();
            assert!(serious.is_empty(), "{serious:?} in {strict}");
            assert_eq!(again.to_strict(), strict);
        }
    }
    assert!(readable > 1000, "only {readable} mutations were readable");
}

#[test]
fn a_lone_surrogate_escape_stays_itself() {
    let document = read(r#"{"a":"x\ud83dy"}"#);
    assert_eq!(
        document.root().get("a").unwrap().text().unwrap(),
        "x\u{fffd}y"
    );
    assert_eq!(document.to_strict(), r#"{"a":"x\ud83dy"}"#);
}

#[test]
fn a_byte_order_mark_is_no_part_of_the_value_and_stays_in_the_bytes() {
    let text = "\u{feff}{\"a\":1}";
    let document = read(text);
    assert_eq!(document.to_strict(), r#"{"a":1}"#);
    assert_eq!(document.bytes(), text.as_bytes());
    assert_eq!(
        document.set(&["a".into()], "2").unwrap().bytes(),
        "\u{feff}{\"a\":2}".as_bytes()
    );
}

#[test]
fn utf16_is_read_in_both_orders_with_and_without_a_mark() {
    let text = "{\"a\":\"Zoë 🦈\"}";
    for mark in [true, false] {
        for big in [true, false] {
            let units = mark
                .then_some(0xfeff)
                .into_iter()
                .chain(text.encode_utf16());
            let bytes: Vec<u8> = units
                .flat_map(|unit| {
                    if big {
                        unit.to_be_bytes()
                    } else {
                        unit.to_le_bytes()
                    }
                })
                .collect();
            let (document, warnings) = Document::read(&bytes, &Limits::default()).unwrap();
            assert_eq!(document.root().get("a").unwrap().text().unwrap(), "Zoë 🦈");
            assert_eq!(document.bytes(), bytes);
            assert!(warnings.is_empty());
            let edited = document.set(&["a".into()], "1").unwrap();
            assert!(edited.bytes().ends_with(b"{\"a\":1}"));
        }
    }
}

#[test]
fn a_lone_surrogate_in_utf16_becomes_its_escape() {
    let mut bytes = Vec::new();
    for unit in "[\"a"
        .encode_utf16()
        .chain([0xd83d])
        .chain("b\"]".encode_utf16())
    {
        bytes.extend(unit.to_le_bytes());
    }
    let document = Document::read(&bytes, &Limits::default()).unwrap().0;
    assert_eq!(document.to_strict(), r#"["a\ud83db"]"#);
}

#[test]
fn bytes_that_are_no_utf8_are_read_as_windows_1252_and_stay_in_the_bytes() {
    let bytes = b"{\"a\":\"caf\xe9 \x80\"}";
    let (document, warnings) = Document::read(bytes, &Limits::default()).unwrap();
    assert_eq!(document.root().get("a").unwrap().text().unwrap(), "café €");
    assert_eq!(document.bytes(), bytes);
    assert_eq!(warnings[0].code, "bad-utf8");
}

#[test]
fn raw_control_characters_are_kept_and_escaped_for_javascript() {
    let text = "{\"a\":\"one\ntwo\u{1}\"}";
    let document = read(text);
    assert_eq!(
        document.root().get("a").unwrap().text().unwrap(),
        "one\ntwo\u{1}"
    );
    assert_eq!(document.to_strict(), r#"{"a":"one\ntwo\u0001"}"#);
    assert_eq!(codes(text), ["raw-control-character"]);
}

#[test]
fn nan_and_infinity_are_numbers() {
    let text = "[NaN, Infinity, -Infinity, 1e400]";
    let document = read(text);
    assert!(document.root().at(0).unwrap().number().unwrap().is_nan());
    assert_eq!(
        document.root().at(2).unwrap().number(),
        Some(f64::NEG_INFINITY)
    );
    assert_eq!(document.root().at(3).unwrap().number(), Some(f64::INFINITY));
    assert_eq!(document.to_strict(), "[null,1e999,-1e999,1e400]");
    assert_eq!(codes(text), ["not-a-number"]);
}

#[test]
fn trailing_commas_are_tolerated() {
    let text = "{\"a\":[1,2, ],}";
    assert_eq!(read(text).to_strict(), "{\"a\":[1,2]}");
    assert_eq!(codes(text), ["trailing-comma"]);
}

#[test]
fn an_unknown_escape_is_a_backslash() {
    let text = r#"["C:\Users\u12", "it\'s"]"#;
    let document = read(text);
    assert_eq!(
        document.root().at(0).unwrap().text().unwrap(),
        r"C:\Users\u12"
    );
    assert_eq!(document.root().at(1).unwrap().text().unwrap(), "it's");
    assert_eq!(document.to_strict(), r#"["C:\\Users\\u12","it's"]"#);
    assert_eq!(codes(text), ["bad-escape"]);
}

#[test]
fn numbers_as_people_write_them_are_numbers() {
    let text = "[+1, 007, .5, 5., -.5e2]";
    let numbers: Vec<f64> = read(text)
        .root()
        .items()
        .map(|item| item.number().unwrap())
        .collect();
    assert_eq!(numbers, [1.0, 7.0, 0.5, 5.0, -50.0]);
    assert_eq!(read(text).to_strict(), "[1.0,7.0,0.5,5.0,-50.0]");
    assert_eq!(codes(text), ["loose-number"]);
}

#[test]
fn a_number_keeps_its_spelling() {
    let text = r#"{"id":12345678901234567890123,"x":1.50,"y":1E+2,"name":"a"}"#;
    assert_eq!(read(text).to_strict(), text);
    let edited = read(text).set(&["name".into()], "\"b\"").unwrap();
    assert_eq!(edited.bytes(), text.replace("\"a\"", "\"b\"").as_bytes());
}

#[test]
fn the_last_of_duplicate_keys_counts() {
    let text = r#"{"a":1,"b":2,"\u0061":3}"#;
    let document = read(text);
    assert_eq!(document.root().get("a").unwrap().number(), Some(3.0));
    assert_eq!(codes(text), ["duplicate-key"]);
    assert_eq!(
        document.set(&["a".into()], "4").unwrap().bytes(),
        br#"{"a":1,"b":2,"\u0061":4}"#
    );
    assert_eq!(
        document.remove(&["a".into()]).unwrap().bytes(),
        br#"{"b":2}"#
    );
}

#[test]
fn duplicates_in_a_large_object_are_found_too() {
    let mut text = String::from("{");
    for n in 0..40 {
        text += &format!("\"k{n}\":{n},");
    }
    text += "\"k7\":null}";
    assert_eq!(codes(&text), ["duplicate-key"]);
}

#[test]
fn a_report_of_duplicates_stays_small() {
    let text = format!("[{}0]", "{\"a\":1,\"a\":2},".repeat(5000));
    assert!(warnings(&text).len() < 32);
}

#[test]
fn a_padded_key_is_found_and_patched() {
    let document = read(r#"{" data ": {" name" : "A"}}"#);
    assert_eq!(
        document
            .root()
            .get("data")
            .unwrap()
            .get("name")
            .unwrap()
            .text()
            .unwrap(),
        "A"
    );
    assert_eq!(document.root().key_of("data").unwrap(), " data ");
    let edited = document
        .set(&["data".into(), "name".into()], "\"B\"")
        .unwrap();
    assert_eq!(edited.bytes(), br#"{" data ": {" name" : "B"}}"#);
}

#[test]
fn text_after_the_value_is_left_out_with_a_warning() {
    assert_eq!(read("{\"a\":1} and more").to_strict(), "{\"a\":1}");
    assert_eq!(codes("{\"a\":1} and more"), ["trailing-text"]);
    assert!(codes("{\"a\":1}\0\0 \n").is_empty());
    assert!(codes("\0\0{\"a\":1}").is_empty());
}

#[test]
fn a_proto_key_is_a_key_like_any_other() {
    let text = r#"{"__proto__":{"x":1},"constructor":2}"#;
    let document = read(text);
    assert_eq!(
        document
            .root()
            .get("__proto__")
            .unwrap()
            .get("x")
            .unwrap()
            .number(),
        Some(1.0)
    );
    assert_eq!(document.to_strict(), text);
}

#[test]
fn what_is_no_json_is_refused_at_its_place() {
    for (text, at) in [
        ("", 0),
        ("   ", 3),
        ("{", 1),
        ("{\"a\"", 4),
        ("{\"a\":", 5),
        ("{\"a\":1", 6),
        ("[1 2]", 3),
        ("[1,,2]", 3),
        ("{a:1}", 1),
        ("\"open", 0),
        ("nul", 0),
        ("[--1]", 1),
        ("[1.2.3]", 1),
        ("<html>", 0),
    ] {
        let error = Document::read(text.as_bytes(), &Limits::default()).expect_err(text);
        assert_eq!(error.kind(), Kind::BadJson, "{text}");
        assert_eq!(error.place(), Some(Place::Byte(at)), "{text}");
    }
}

#[test]
fn the_place_in_utf16_is_that_of_its_bytes() {
    let bytes: Vec<u8> = "\u{feff}[1,x]"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let error = Document::read(&bytes, &Limits::default()).unwrap_err();
    assert_eq!(error.place(), Some(Place::Byte(8)));
}

#[test]
fn deep_nesting_is_too_large() {
    assert_eq!(kind("[".repeat(10_000).as_bytes()), Kind::TooLarge);
    assert_eq!(kind("{\"a\":".repeat(10_000).as_bytes()), Kind::TooLarge);
    let full = format!("{}{}", "[".repeat(64), "]".repeat(64));
    assert_eq!(read(&full).to_strict(), full);
    let lenient = Limits {
        depth: 200_000,
        ..Limits::default()
    };
    let deep = format!("{}NaN{}", "[".repeat(1000), "]".repeat(1000));
    let document = Document::read(deep.as_bytes(), &lenient).unwrap().0;
    assert_eq!(document.to_strict(), deep.replace("NaN", "null"));
    assert_eq!(
        Document::read("[".repeat(100_000).as_bytes(), &lenient)
            .unwrap_err()
            .kind(),
        Kind::TooLarge
    );
}

#[test]
fn a_long_text_is_too_large() {
    let limits = Limits {
        text: 10,
        ..Limits::default()
    };
    assert_eq!(
        Document::read(b"[1,2,3,4,5]", &limits).unwrap_err().kind(),
        Kind::TooLarge
    );
    let document = Document::read(b"[1,2,3,4]", &limits).unwrap().0;
    assert_eq!(
        document.push(&[], "12345").unwrap_err().kind(),
        Kind::TooLarge
    );
}

#[test]
fn a_new_member_is_spaced_as_its_neighbors() {
    for (before, after) in [
        (r#"{"a":1,"b":2}"#, r#"{"a":1,"b":2,"n":0}"#),
        (r#"{"a": 1, "b": 2}"#, r#"{"a": 1, "b": 2, "n": 0}"#),
        (r#"{"a": 1}"#, r#"{"a": 1, "n": 0}"#),
        (r#"{"a":1}"#, r#"{"a":1,"n":0}"#),
        ("{\n  \"a\": 1\n}", "{\n  \"a\": 1,\n  \"n\": 0\n}"),
        (
            "{\r\n\t\"a\": 1,\r\n\t\"b\": 2\r\n}",
            "{\r\n\t\"a\": 1,\r\n\t\"b\": 2,\r\n\t\"n\": 0\r\n}",
        ),
        (
            "{ \"a\" : 1, \"b\" : 2 }",
            "{ \"a\" : 1, \"b\" : 2, \"n\" : 0 }",
        ),
        ("{}", "{\"n\":0}"),
        ("{\"a\":1,}", "{\"a\":1,\"n\":0,}"),
    ] {
        assert_eq!(
            read(before).set(&["n".into()], " 0 ").unwrap().bytes(),
            after.as_bytes()
        );
    }
}

#[test]
fn a_member_of_an_empty_object_is_indented_like_the_document() {
    let document = read("{\n  \"a\": {\n    \"b\": {}\n  }\n}");
    let edited = document
        .set(&["a".into(), "b".into(), "n".into()], "1")
        .unwrap();
    assert_eq!(
        edited.bytes(),
        b"{\n  \"a\": {\n    \"b\": {\n      \"n\": 1\n    }\n  }\n}"
    );
}

#[test]
fn an_item_is_pushed_in_the_style_of_the_array() {
    for (before, after) in [
        ("[]", "[0]"),
        ("[1]", "[1,0]"),
        ("[1, 2]", "[1, 2, 0]"),
        ("[\n  1\n]", "[\n  1,\n  0\n]"),
        ("[1,]", "[1,0,]"),
    ] {
        assert_eq!(
            read(before).push(&[], "0").unwrap().bytes(),
            after.as_bytes()
        );
    }
    assert_eq!(
        read("{\"a\":{\"b\":[1]}}")
            .push(&["a".into(), "b".into()], "2")
            .unwrap()
            .bytes(),
        b"{\"a\":{\"b\":[1,2]}}"
    );
}

#[test]
fn a_removed_part_takes_its_comma_along() {
    let at = |text: &str, key: &str| {
        String::from_utf8(read(text).remove(&[key.into()]).unwrap().bytes().to_vec()).unwrap()
    };
    assert_eq!(
        at(r#"{"a": 1, "b": 2, "c": 3}"#, "a"),
        r#"{"b": 2, "c": 3}"#
    );
    assert_eq!(
        at(r#"{"a": 1, "b": 2, "c": 3}"#, "b"),
        r#"{"a": 1, "c": 3}"#
    );
    assert_eq!(
        at(r#"{"a": 1, "b": 2, "c": 3}"#, "c"),
        r#"{"a": 1, "b": 2}"#
    );
    assert_eq!(at("{\n  \"a\": 1\n}", "a"), "{}");
    assert_eq!(at("{\"a\": 1,}", "a"), "{}");
    assert_eq!(at("{\n  \"a\": 1,\n  \"b\": 2\n}", "a"), "{\n  \"b\": 2\n}");
    assert_eq!(
        read("[1, 2, 3]").remove(&[0.into()]).unwrap().bytes(),
        b"[2, 3]"
    );
    assert_eq!(
        read("[1, 2, 3]").remove(&[2.into()]).unwrap().bytes(),
        b"[1, 2]"
    );
}

#[test]
fn a_path_that_leads_nowhere_is_told() {
    let document = read(r#"{"a":[1],"s":"x"}"#);
    for error in [
        document.set(&["b".into(), "c".into()], "1").unwrap_err(),
        document.set(&["a".into(), 1.into()], "1").unwrap_err(),
        document.set(&["s".into(), "x".into()], "1").unwrap_err(),
        document.remove(&["b".into()]).unwrap_err(),
        document.remove(&["a".into(), 5.into()]).unwrap_err(),
        document.remove(&[]).unwrap_err(),
        document.push(&["s".into()], "1").unwrap_err(),
    ] {
        assert_eq!(error.kind(), Kind::NoSuchPath);
    }
}

#[test]
fn a_value_to_put_in_must_be_one_value() {
    let document = read(r#"{"a":1}"#);
    for value in ["", "1,\"b\":2", "{", "1}", "x"] {
        assert_eq!(
            document.set(&["a".into()], value).unwrap_err().kind(),
            Kind::BadJson,
            "{value}"
        );
    }
}

#[test]
fn a_random_edit_changes_one_value_only() {
    let mut random = Random(7);
    for _ in 0..1000 {
        let mut text = String::from("{\"first\":");
        some_json(&mut random, 2, &mut text);
        text.push_str(",\"target\":");
        some_json(&mut random, 2, &mut text);
        text.push_str(",\"last\":");
        some_json(&mut random, 2, &mut text);
        text.push('}');
        let document = read(&text);
        let old = document.root().get("target").unwrap().raw();
        let (before, after) = text
            .split_once(&format!(
                "\"target\":{}",
                text.split_once("\"target\":").unwrap().1
            ))
            .unwrap();
        let rest = text[before.len() + "\"target\":".len()..].to_owned() + after;
        let wanted = format!("{before}\"target\":{}", rest.replacen(old, "[\"new\"]", 1));
        let edited = document.set(&["target".into()], "[\"new\"]").unwrap();
        assert_eq!(String::from_utf8_lossy(edited.bytes()), wanted);
        let removed = document.remove(&["target".into()]).unwrap();
        let keys: Vec<_> = removed
            .root()
            .entries()
            .map(|(key, _)| key.into_owned())
            .collect();
        assert_eq!(keys, ["first", "last"]);
    }
}

#[test]
fn an_empty_object_is_filled_however_it_is_spaced() {
    for (before, after) in [
        ("{}", r#"{"a":[1]}"#),
        ("{ }", r#"{"a":[1]}"#),
        ("{\n}", "{\n\"a\":[1]\n}"),
        ("{\r\n}", "{\r\n\"a\":[1]\r\n}"),
        ("{\n\n  }", "{\n  \"a\":[1]\n}"),
    ] {
        let document = Document::parse(before).unwrap();
        let set = document.set(&["a".into()], "[1]").unwrap();
        assert_eq!(String::from_utf8_lossy(set.bytes()), after, "{before:?}");
    }
}

#[test]
fn quoting_is_understood_by_serde_json() {
    let text = "a\"\\\n\r\t\u{0}\u{1f}\u{7f}é東🦈\u{2028}";
    assert_eq!(serde_json::from_str::<String>(&quote(text)).unwrap(), text);
    assert_eq!(
        serde_json::from_str::<String>(&quote_ascii(text)).unwrap(),
        text
    );
    assert!(quote_ascii(text).is_ascii());
}

#[test]
fn lone_surrogates_are_told_apart_however_they_are_spelled() {
    let old = r#"{"x":"\/\ud83d","o":{"\ud800":0,"\udfff":1}}"#;
    let document = read(old);
    for same in [
        r#"{"x":"/\uD83D","o":{"\udfff":1,"\ud800":0}}"#,
        r#"{ "o":{"\uD800":0, "\udFFF":1.0},"x":"\u002f\ud83d" }"#,
    ] {
        let amended = document
            .amend(&[], read(same).root())
            .expect("it can be amended");
        assert_eq!(amended.bytes(), old.as_bytes(), "{same}");
    }
    for other in [
        r#"{"x":"\/\ud83e","o":{"\ud800":0,"\udfff":1}}"#,
        r#"{"x":"\/\ud83d","o":{"\ud800":1,"\udfff":1}}"#,
        r#"{"x":"\/\ud83d","o":{"\ud801":0,"\udfff":1}}"#,
    ] {
        let amended = document
            .amend(&[], read(other).root())
            .expect("it can be amended");
        assert_eq!(amended.to_strict(), other);
    }
}
