//! What is done with cards beside reading and writing: converting, validating, comparing, counting.

use crate::cards::fixture;
use cardkeep::card::{self, Spec};
use cardkeep::error::{Kind, Limits};
use cardkeep::json::Document;
use serde_json::{Value, json};

fn parse(text: &str) -> Document {
    Document::parse(text).unwrap()
}

fn value(document: &Document) -> Value {
    serde_json::from_str(&document.to_strict()).unwrap()
}

fn paths(converted: &card::Converted) -> Vec<&str> {
    converted
        .losses
        .iter()
        .map(|loss| loss.path.as_str())
        .collect()
}

const FULL: &str = r#"{"spec":"chara_card_v3","spec_version":"3.0","own":1.50,"data":{"name":"Ann","description":"d","personality":"p","scenario":"s","first_mes":"Hi","mes_example":"","creator_notes":"n","system_prompt":"","post_history_instructions":"","alternate_greetings":["Yo"],"tags":["x"],"creator":"c","character_version":"1","extensions":{"depth_prompt":{"depth":4}},"group_only_greetings":["All!"],"nickname":"Annie","assets":[{"type":"icon","uri":"ccdefault:","name":"main","ext":"png"}],"creation_date":5,"mine":true,"character_book":{"extensions":{},"entries":[{"keys":["k"],"content":"@@depth 3\ntext","extensions":{},"enabled":true,"insertion_order":1,"use_regex":true,"id":"a"}]}}}"#;

#[test]
fn a_card_converted_to_what_it_is_stays_as_it_was_written() {
    for (text, spec) in [
        (FULL, Spec::V3),
        (
            r#"{ "spec":"chara_card_v2", "spec_version":"2.0","data":{"name":"A"} }"#,
            Spec::V2,
        ),
        (
            r#"{"name":"A","description":"","personality":"","scenario":"","first_mes":"","mes_example":"","x":1}"#,
            Spec::V1,
        ),
    ] {
        let converted = card::convert(&parse(text), spec).unwrap();
        assert_eq!(converted.document.bytes(), text.as_bytes());
        assert_eq!(converted.losses, []);
    }
}

#[test]
fn going_down_a_specification_tells_what_is_lost() {
    let v2 = card::convert(&parse(FULL), Spec::V2).unwrap();
    assert_eq!(
        paths(&v2),
        [
            "data.assets",
            "data.nickname",
            "data.group_only_greetings",
            "data.creation_date",
            "data.character_book.entries.0.use_regex",
            "data.character_book.entries.0.id",
        ]
    );
    // What the entry was, but for its text, stands beside what it is.
    let mut before = value(&parse(FULL));
    before["data"]["character_book"]["entries"][0]["content"] = "@@depth 3\n".into();
    let written = value(&v2.document);
    assert_eq!(written["spec"], "chara_card_v2");
    assert_eq!(written["spec_version"], "2.0");
    assert_eq!(written["own"], 1.5);
    assert_eq!(written["data"]["mine"], true);
    assert_eq!(
        written["data"]["character_book"]["entries"][0],
        json!({"keys":["k"],"content":"text","extensions":{"position":4,"depth":3,"cardkeep/v3":before["data"]["character_book"]["entries"][0]},"enabled":true,"insertion_order":1,"position":"after_char"})
    );
    assert_eq!(card::validate(&v2.document).errors, []);

    let v1 = card::convert(&v2.document, Spec::V1).unwrap();
    assert_eq!(
        value(&v1.document),
        json!({"own":1.5,"name":"Ann","description":"d","personality":"p","scenario":"s","first_mes":"Hi","mes_example":""})
    );
    assert_eq!(
        paths(&v1),
        [
            "data.creator_notes",
            "data.alternate_greetings",
            "data.tags",
            "data.creator",
            "data.character_version",
            "data.character_book",
            "data.extensions.depth_prompt",
            "data.mine",
        ]
    );
    assert_eq!(card::validate(&v1.document).errors, []);
}

#[test]
fn decorators_become_fields_of_v2_and_say_the_same_there_and_back() {
    let fixture = include_bytes!("../fixtures/cards/decorators_v3.json");
    let v3 = card::read(fixture, &Limits::default()).unwrap().document;
    let v2 = card::convert(&v3, Spec::V2).unwrap();
    let lost: Vec<_> = v2
        .losses
        .iter()
        .map(|loss| (&*loss.path, &*loss.message))
        .collect();
    assert_eq!(
        lost,
        [
            (
                "data.character_book.entries.0.content",
                "V2 knows no decorators: @@instruct_depth"
            ),
            (
                "data.character_book.entries.2.content",
                "V2 knows no decorators: @@probability"
            )
        ]
    );
    let entry = |document: &Document, n: usize| {
        let mut entry = value(document)["data"]["character_book"]["entries"][n].clone();
        entry["content"].take();
        let extensions = entry["extensions"].as_object_mut().unwrap();
        extensions.remove("cardkeep/v3");
        entry
    };
    let first = json!({
        "keys": ["ice"], "content": null, "enabled": true, "insertion_order": 7, "own": 1,
        "extensions": {"mine": true, "position": 4, "depth": 2, "role": 1, "probability": 30, "delay": 5,
            "scan_depth": 3, "match_whole_words": true, "exclude_recursion": true, "prevent_recursion": true, "selectiveLogic": 2},
        "position": "after_char", "secondary_keys": ["fire", "sun"], "selective": true, "priority": 9,
    });
    assert_eq!(entry(&v2.document, 0), first);
    let second = json!({"keys": ["a"], "content": null, "extensions": {}, "constant": true, "enabled": false, "insertion_order": 1});
    assert_eq!(entry(&v2.document, 1), second);
    // SillyTavern would not act upon the number where it is switched off.
    assert_eq!(
        entry(&v2.document, 2)["extensions"],
        json!({"useProbability": false})
    );

    let book = |document: &Document| {
        let file = cardkeep::lore::read(document.bytes(), &Limits::default()).unwrap();
        value(&parse(&cardkeep::lore::view(&file.document)))["entries"].clone()
    };
    let back = card::convert(&v2.document, Spec::V3).unwrap();
    assert_eq!(back.losses, []);
    assert_eq!(book(&back.document), book(&v3), "decorators come back");
    // Another copy that lost what it was says the same in fields.
    let forgets = |document: &Document| {
        let mut card = value(document);
        let entries = card["data"]["character_book"]["entries"].as_array_mut();
        for entry in entries.unwrap() {
            let extensions = entry["extensions"].as_object_mut().unwrap();
            extensions.remove("cardkeep/v3");
        }
        parse(&card.to_string())
    };
    let forgotten = forgets(&v2.document);
    let back = card::convert(&forgotten, Spec::V3).unwrap();
    assert_eq!(book(&back.document), book(&forgotten));
    assert_eq!(card::validate(&v2.document).errors, []);

    // The copy for V2 within a picture says the same.
    let options = card::WriteOptions {
        container: card::Container::Png,
        image: None,
        assets: &[],
        limits: Limits::default(),
    };
    let picture = card::write(&v3, &options).unwrap();
    let chunk = picture.windows(6).position(|at| at == b"chara\0").unwrap() + 6;
    let length = u32::from_be_bytes(*picture[chunk - 14..].first_chunk().unwrap()) as usize;
    let text = &picture[chunk..chunk - 6 + length];
    let chara = card::read(text, &Limits::default()).unwrap();
    assert_eq!(entry(&chara.document, 0)["extensions"]["depth"], 2);
}

#[test]
fn an_entry_that_was_v3s_is_so_again_as_far_as_it_says_the_same() {
    let card = |entry: Value| {
        let book = json!({ "extensions": {}, "entries": [entry] });
        let data = json!({ "name": "Zoë", "first_mes": "hi", "group_only_greetings": [], "extensions": {}, "character_book": book });
        let card = json!({ "spec": "chara_card_v3", "spec_version": "3.0", "data": data });
        parse(&card.to_string())
    };
    let path = "/data/character_book/entries/0";
    let plain = json!({ "keys": ["ice"], "content": "Cold.", "extensions": {}, "enabled": true, "insertion_order": 1, "use_regex": false });
    let with = |more: Value| {
        let mut entry = plain.clone();
        let fields = more.as_object().unwrap().clone();
        entry.as_object_mut().unwrap().extend(fields);
        entry
    };
    let to = |document: &Document, spec| card::convert(document, spec).unwrap().document;
    for entry in [
        plain.clone(),
        with(json!({ "content": "@@depth 3\n@@role user\nCold." })),
        with(json!({ "content": "@@is_greeting 1\r\n@@@depth 2\r\n\r\nCold.", "id": "text" })),
        with(json!({ "content": "\n@@dont_activate\n" })),
        with(json!({ "use_regex": true, "keys": ["a+"] })),
        with(
            json!({ "content": "@@probability 20\nCold.", "extensions": { "probability": 50, "mine": [1] } }),
        ),
        with(json!({ "content": "@@depth 1\nCold.", "extensions": null })),
        with(
            json!({ "content": "@@additional_keys a,b\nCold.", "secondary_keys": [], "selective": false }),
        ),
    ] {
        let v3 = card(entry.clone());
        let v2 = to(&v3, Spec::V2);
        assert_eq!(value(&to(&v2, Spec::V3)).pointer(path), Some(&entry));
        let alone = value(&v2).pointer(path).unwrap().clone();
        assert!(!alone["content"].as_str().unwrap().contains("@@"));
        let edited = |key: &str, said: Value| {
            let mut card = value(&v2);
            card.pointer_mut(path).unwrap()[key] = said;
            value(&to(&parse(&card.to_string()), Spec::V3))
        };
        // Its text may be another by now.
        let mut wanted = entry.clone();
        let content = entry["content"].as_str().unwrap();
        let text = alone["content"].as_str().unwrap();
        let decorators = content.strip_suffix(text).unwrap();
        wanted["content"] = format!("{decorators}Warm.").into();
        let warm = edited("content", "Warm.".into());
        assert_eq!(warm.pointer(path), Some(&wanted));
        // With another key it is not what it was, and nothing of it is undone.
        let mut wanted = alone.clone();
        wanted["keys"] = json!(["snow"]);
        wanted["use_regex"] = false.into();
        let other = edited("keys", json!(["snow"]));
        assert_eq!(other.pointer(path), Some(&wanted));
    }
}

#[test]
fn an_odd_answer_to_whether_keys_are_expressions_is_told_where_it_is_lost() {
    let json = r#"{"spec":"chara_card_v3","spec_version":"3.0","data":{"name":"a","character_book":{"entries":[{"keys":["k"],"content":"c","use_regex":"yes"},{"keys":["k"],"content":"c","use_regex":false}]}}}"#;
    let v2 = card::convert(&parse(json), Spec::V2).unwrap();
    assert_eq!(paths(&v2), ["data.character_book.entries.0.use_regex"]);
}

#[test]
fn a_nought_where_texts_are_wanted_is_told_where_it_is_lost() {
    let json = r#"{"spec":"chara_card_v3","spec_version":"3.0","data":{"name":"a","nickname":false,"group_only_greetings":0,"creation_date":0,"assets":[]}}"#;
    let v2 = card::convert(&parse(json), Spec::V2).unwrap();
    assert_eq!(paths(&v2), ["data.nickname", "data.group_only_greetings"]);
}

#[test]
fn what_a_gallery_shows_is_what_the_card_says_half_a_pair_too() {
    let json = r#"{"spec":"chara_card_v2","data":{"name":"\ud800","tags":["\udc00b"],"character_version":7}}"#;
    assert_eq!(
        card::shown(&parse(json)),
        r#""name":"\ud800","tags":["\udc00b"],"creator":"","version":"7""#
    );
}

#[test]
fn a_key_that_stands_twice_with_spaces_is_gone_both_times() {
    let file = include_bytes!("../fuzz/corpus/card/data_twice_with_spaces");
    let found = card::read(file, &Limits::default()).unwrap();
    let flat = card::convert(&found.document, Spec::V1).unwrap();
    assert_eq!(card::spec(&flat.document), Spec::V1);
    assert_eq!(flat.document.root().get("data").map(|_| ()), None);
}

#[test]
fn going_up_a_specification_loses_nothing() {
    let flat =
        r#"{"char_name":"Ann","char_persona":"d","char_greeting":"Hi","tags":"a, b","x":1.0}"#;
    for spec in [Spec::V2, Spec::V3] {
        let up = card::convert(&parse(flat), spec).unwrap();
        assert_eq!(up.losses, []);
        assert_eq!(card::spec(&up.document), spec);
        assert_eq!(card::validate(&up.document).errors, [], "{spec:?}");
        let written = value(&up.document);
        assert_eq!(written["data"]["name"], "Ann");
        assert_eq!(written["data"]["tags"], json!(["a", "b"]));
        assert_eq!(written["x"], 1.0);
        assert_eq!(
            written["data"].get("group_only_greetings").is_some(),
            spec == Spec::V3
        );
    }
    let v2 = r#"{"spec":"chara_card_v2","spec_version":"2.0","data":{"name":"A","character_book":{"entries":{"7":{"keys":[]}}}}}"#;
    let up = card::convert(&parse(v2), Spec::V3).unwrap();
    assert_eq!(
        value(&up.document)["data"]["character_book"]["entries"],
        json!({"7":{"keys":[],"use_regex":false}})
    );
}

#[test]
fn every_fixture_can_be_converted_to_each_specification_and_says_the_same() {
    for entry in
        std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/cards")).unwrap()
    {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        let Ok(file) = card::read(&fixture(name), &Limits::default()) else {
            continue;
        };
        for spec in [Spec::V1, Spec::V2, Spec::V3] {
            let converted = card::convert(&file.document, spec).unwrap();
            assert_eq!(card::spec(&converted.document), spec, "{name}");
            let (old, new) = (card::view(&file.document), card::view(&converted.document));
            let (old, new): (Value, Value) = (
                serde_json::from_str(&old).unwrap(),
                serde_json::from_str(&new).unwrap(),
            );
            for key in [
                "name",
                "description",
                "personality",
                "scenario",
                "first_mes",
                "mes_example",
            ] {
                assert_eq!(old[key], new[key], "{name} {key} as {spec:?}");
            }
            let again = card::convert(&converted.document, spec).unwrap();
            assert_eq!(
                again.document.bytes(),
                converted.document.bytes(),
                "{name} twice as {spec:?}"
            );
            assert_eq!(again.losses, [], "{name} twice as {spec:?}");
        }
    }
}

#[test]
fn each_fault_of_a_card_is_told_with_its_place() {
    let whole = card::validate(&parse(FULL));
    assert_eq!(whole.errors, []);
    assert_eq!(
        whole.warnings.iter().map(|it| it.code).collect::<Vec<_>>(),
        ["unknown-field"]
    );
    for (path, new, place, code) in [
        ("/spec_version", json!(3), "spec_version", "wrong-type"),
        ("/spec_version", json!("2.0"), "spec_version", "bad-value"),
        ("/data/name", json!(7), "data.name", "wrong-type"),
        ("/data/tags", json!("a,b"), "data.tags", "wrong-type"),
        ("/data/tags", json!([1]), "data.tags", "wrong-type"),
        (
            "/data/extensions",
            Value::Null,
            "data.extensions",
            "wrong-type",
        ),
        (
            "/data/character_book/entries",
            json!({}),
            "data.character_book.entries",
            "wrong-type",
        ),
        (
            "/data/character_book/entries/0",
            json!(1),
            "data.character_book.entries.0",
            "wrong-type",
        ),
        (
            "/data/character_book/entries/0/enabled",
            json!("yes"),
            "data.character_book.entries.0.enabled",
            "wrong-type",
        ),
        (
            "/data/assets/0/uri",
            json!(1),
            "data.assets.0.uri",
            "wrong-type",
        ),
    ] {
        let mut changed: Value = serde_json::from_str(FULL).unwrap();
        *changed.pointer_mut(path).unwrap() = new;
        let found = card::validate(&parse(&changed.to_string()));
        let told: Vec<_> = found
            .errors
            .iter()
            .map(|it| (it.path.as_str(), it.code))
            .collect();
        assert_eq!(told, [(place, code)], "{path}");
    }
    for (key, code) in [
        ("name", "missing-field"),
        ("extensions", "missing-field"),
        ("group_only_greetings", "missing-field"),
    ] {
        let mut changed: Value = serde_json::from_str(FULL).unwrap();
        changed["data"].as_object_mut().unwrap().remove(key);
        let found = card::validate(&parse(&changed.to_string()));
        assert_eq!(
            (found.errors[0].path.clone(), found.errors[0].code),
            (format!("data.{key}"), code)
        );
    }
    let flat = card::validate(&parse(r#"{"name":" ","description":"d"}"#));
    assert_eq!(flat.spec, Spec::V1);
    assert_eq!(flat.errors.len(), 4);
    assert_eq!(flat.warnings[0].code, "no-name");
}

#[test]
fn assets_notes_and_dates_are_held_against_v3() {
    let told = |fields: Value| {
        let mut changed: Value = serde_json::from_str(FULL).unwrap();
        for (key, value) in fields.as_object().unwrap() {
            changed["data"][key] = value.clone();
        }
        let found = card::validate(&parse(&changed.to_string()));
        let all = found.errors.iter().chain(&found.warnings);
        all.map(|it| format!("{} {}", it.code, it.path))
            .filter(|told| !told.contains("data.mine"))
            .collect::<Vec<_>>()
    };
    let asset =
        |kind: &str| json!({"type": kind, "uri": "ccdefault:", "name": "main", "ext": "png"});
    assert_eq!(
        told(json!({"assets": [asset("background"), asset("background")]})),
        ["main-background data.assets"]
    );
    assert_eq!(
        told(
            json!({"assets": [asset("sound"), asset("x_sound"), asset("x-risu-asset"), asset("emotion")]})
        ),
        ["unknown-type data.assets.0.type"]
    );
    assert_eq!(
        told(json!({"creator_notes_multilingual": {"de": 5, "english": "x", "en": "y"}})),
        [
            "wrong-type data.creator_notes_multilingual.de",
            "bad-language data.creator_notes_multilingual.english"
        ]
    );
    assert_eq!(
        told(json!({"creation_date": 1_700_000_000_000_u64})),
        ["bad-date data.creation_date"]
    );
}

#[test]
fn missing_extensions_are_no_difference_to_empty_ones() {
    let v1 = parse(r#"{"name":"A","description":"d","first_mes":"f"}"#);
    let v2 = card::convert(&v1, Spec::V2).unwrap().document;
    assert_eq!(card::differences(&v1, &v2), []);
    assert_eq!(card::differences(&v2, &v1), []);
}

#[test]
fn a_card_differs_from_its_own_conversion_in_nothing() {
    let v1 = parse(r#"{"name":"A","first_mes":"f","chat":"A - 1","fav":false,"mine":{"x":1}}"#);
    let v2 = card::convert(&v1, Spec::V2).unwrap().document;
    let v3 = card::convert(&v2, Spec::V3).unwrap().document;
    for other in [&v2, &v3] {
        assert_eq!(card::differences(&v1, other), []);
        assert_eq!(card::differences(other, &v1), []);
    }
    let other = v2.set(&["mine".into()], r#"{"x":2}"#).unwrap();
    let told = card::differences(&v1, &other);
    assert_eq!(told.len(), 1);
    assert_eq!(
        (&*told[0].path, told[0].after.as_deref()),
        ("mine", Some(r#"{"x":2}"#))
    );
}

#[test]
fn a_comparison_tells_the_places_that_differ_and_no_others() {
    let old = parse(FULL);
    assert_eq!(card::differences(&old, &old), []);
    let renamed = parse(
        &FULL
            .replace("\"Ann\"", "\"\\u0041nn\"")
            .replace(" 1.50", " 1.5"),
    );
    assert_eq!(
        card::differences(&old, &renamed),
        [],
        "spelling is no difference"
    );
    let patch = parse(
        r#"{"name":"Bea","tags":["x","y"],"nickname":null,"extensions":{"depth_prompt":{"depth":5},"new":{}}}"#,
    );
    let new = card::edit(&old, &patch).unwrap();
    let told: Vec<_> = card::differences(&old, &new)
        .into_iter()
        .map(|it| (it.path, it.before, it.after))
        .collect();
    let text = |text: &str| Some(text.to_owned());
    assert_eq!(
        told,
        [
            ("name".to_owned(), text("\"Ann\""), text("\"Bea\"")),
            ("tags".to_owned(), text("[\"x\"]"), text("[\"x\",\"y\"]")),
            ("nickname".to_owned(), text("\"Annie\""), None),
            (
                "extensions.depth_prompt.depth".to_owned(),
                text("4"),
                text("5")
            ),
            ("extensions.new".to_owned(), None, text("{}")),
        ]
    );
    let book = |contents: &[&str]| {
        let entries: Vec<_> = contents.iter().map(|it| json!({"content": it})).collect();
        parse(&json!({"data":{"name":"A","character_book":{"entries":entries}}}).to_string())
    };
    let told = card::differences(&book(&["a", "b", "c"]), &book(&["a", "x", "b", "c"]));
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].path, "character_book.entries.1");
    assert_eq!(told[0].before, None);
}

#[test]
fn cards_of_the_same_words_have_one_fingerprint() {
    let flat = parse(r#"{"name":"Ann","description":"Two\r\nlines ","first_mes":"Hi","tags":"x"}"#);
    let nested = parse(
        r#"{"spec":"chara_card_v2","spec_version":"2.0","data":{"name":"Ann","description":"Two\nlines","first_mes":"Hi","creator_notes":"mine","extensions":{"fav":true}}}"#,
    );
    assert_eq!(card::fingerprint(&flat), card::fingerprint(&nested));
    assert_eq!(card::fingerprint(&flat).len(), 32);
    let other = card::edit(
        &nested,
        &parse(r#"{"alternate_greetings":["Hi"],"first_mes":""}"#),
    )
    .unwrap();
    assert_ne!(card::fingerprint(&nested), card::fingerprint(&other));
}

#[test]
fn tokens_are_counted_for_each_text() {
    let tokens = card::count_tokens(&parse(FULL));
    let of = |name: &str| {
        tokens
            .fields
            .iter()
            .find(|(field, _)| *field == name)
            .map(|it| it.1)
    };
    assert_eq!(of("name"), Some(1));
    assert_eq!(
        of("creator_notes"),
        None,
        "no model reads the creator's notes"
    );
    assert_eq!(of("mes_example"), None);
    assert!(of("character_book").is_some());
    assert_eq!(tokens.permanent, 4);
    assert_eq!(
        tokens.total,
        tokens.fields.iter().map(|it| it.1).sum::<usize>()
    );
}

#[test]
fn an_asset_whose_uri_is_of_no_use_is_told_by_its_place() {
    let found = |uri: &str, there: Option<&[String]>| -> Vec<(String, &'static str)> {
        let mut card: Value = serde_json::from_str(FULL).unwrap();
        card["spec"] = "chara_card_v3".into();
        card["spec_version"] = "3.0".into();
        card["data"]["assets"] = serde_json::json!([
            {"type": "icon", "uri": "ccdefault:", "name": "main", "ext": "png"},
            {"type": "x_a", "uri": uri, "name": "a", "ext": "png"},
        ]);
        let document = parse(&card.to_string());
        let found = match there {
            Some(there) => card::validate_with(&document, there),
            None => card::validate(&document),
        };
        let about = found
            .warnings
            .into_iter()
            .map(|issue| (issue.path, issue.code));
        about.filter(|(path, _)| path.contains("assets")).collect()
    };
    for fine in [
        "embeded://assets/a.png",
        "__asset:3",
        "http://a.example/b",
        "HTTPS://a.example",
        "data:image/png;base64,AAAA",
        "data:,hi",
        "ccdefault:",
    ] {
        assert_eq!(found(fine, None), [], "{fine}");
    }
    for (uri, code) in [
        ("", "bad-uri"),
        ("assets/a.png", "bad-uri"),
        ("embeded://", "bad-uri"),
        ("embeded:a.png", "bad-uri"),
        ("embeded://../a.png", "bad-uri"),
        ("embeded:///a.png", "bad-uri"),
        ("embeded://a\\b.png", "bad-uri"),
        ("embedded://a.png", "bad-uri"),
        ("__asset:", "bad-uri"),
        ("https://", "bad-uri"),
        ("data:image/png;base64,A", "bad-uri"),
        ("data:image/png;base64,a b", "bad-uri"),
        ("data:image/png;base64", "bad-uri"),
        ("ccdefault:x", "bad-uri"),
        ("blob:https://a/b", "bad-uri"),
        ("javascript:alert(1)", "dangerous-uri"),
        ("\u{1} JaVa\tscript:alert(1)", "dangerous-uri"),
        ("file:///etc/passwd", "dangerous-uri"),
        ("C:\\a.png", "dangerous-uri"),
        ("data:text/html,<b>", "dangerous-uri"),
        ("data:image/svg+xml;base64,AAAA", "dangerous-uri"),
        ("ipfs://a", "unknown-uri"),
    ] {
        let want = ("data.assets.1.uri".to_owned(), code);
        assert_eq!(found(uri, None), [want], "{uri}");
    }
    let there = ["embeded://a.png".to_owned(), "__asset:1".to_owned()];
    assert_eq!(found("embeded://a.png", Some(&there)), []);
    assert_eq!(found("https://a.example/b", Some(&there)), []);
    for missing in ["embeded://b.png", "__asset:2"] {
        let want = ("data.assets.1.uri".to_owned(), "missing-asset");
        assert_eq!(found(missing, Some(&there)), [want]);
    }
}

#[test]
fn a_picture_tells_its_card_alone_after_it_was_cleaned() {
    let chunk = |kind: &[u8; 4], data: &[u8]| {
        let named = [&kind[..], data].concat();
        let sum = crc32fast::hash(&named).to_be_bytes();
        [&(data.len() as u32).to_be_bytes()[..], &named, &sum].concat()
    };
    let document = Document::parse(r#"{"name":"Ann","description":"d","first_mes":"Hi"}"#).unwrap();
    let options = card::WriteOptions {
        container: card::Container::Png,
        image: None,
        assets: &[],
        limits: Limits::default(),
    };
    let plain = card::write(&document, &options).unwrap();
    let told = [
        chunk(b"tEXt", b"parameters\0a cat, Steps: 20"),
        chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0<x/>"),
        chunk(b"eXIf", b"II*\0 a place"),
        chunk(b"tIME", &[7, 0xea, 1, 1, 0, 0, 0]),
    ];
    let kept = [
        chunk(b"gAMA", &[0, 0, 0xb1, 0x8f]),
        chunk(b"tEXt", b"chara-ext-asset_:0\0AAAA"),
        chunk(b"tEXt", b"persona\0e30="),
        chunk(b"prVt", b"x"),
    ];
    let with =
        |parts: &[&[Vec<u8>]]| [&plain[..33], &parts.concat().concat(), &plain[33..]].concat();
    let cleaned = card::clean(&with(&[&told[..2], &kept, &told[2..]]), &Limits::default()).unwrap();
    assert_eq!(cleaned.bytes, with(&[&kept]));
    let removed: Vec<_> = cleaned
        .removed
        .iter()
        .map(|told| (told.kind.as_str(), told.name.as_str(), told.bytes))
        .collect();
    assert_eq!(
        removed,
        [
            ("tEXt", "parameters", 27),
            ("iTXt", "XML:com.adobe.xmp", 26),
            ("eXIf", "", 12),
            ("tIME", "", 7)
        ]
    );
    let again = card::clean(&cleaned.bytes, &Limits::default()).unwrap();
    assert_eq!((again.bytes, again.removed.len()), (cleaned.bytes, 0));
    let refused = card::clean(b"GIF89a", &Limits::default()).unwrap_err();
    assert_eq!(refused.kind(), Kind::Unsupported);
}

#[test]
fn a_no_and_a_nought_of_another_tool_are_told_where_they_are_lost() {
    let json = r#"{"spec":"chara_card_v2","spec_version":"2.0","data":{"name":"a","no":false,"nought":0,"empty":"","none":null}}"#;
    let lower = card::convert(&Document::parse(json).unwrap(), Spec::V1).unwrap();
    let lost: Vec<_> = lower.losses.iter().map(|loss| loss.path.as_str()).collect();
    assert_eq!(lost, ["data.no", "data.nought"]);
}

/// An Exif with one tag of the camera in its first directory, and how the picture is turned.
fn camera(turned: u8) -> Vec<u8> {
    let mut exif = b"Exif\0\0II*\0\x08\0\0\0\x02\0".to_vec();
    exif.extend(b"\x0f\x01\x02\0\x04\0\0\0Cam\0");
    exif.extend(b"\x12\x01\x03\0\x01\0\0\0");
    exif.extend([turned, 0, 0, 0, 0, 0, 0, 0]);
    exif
}

fn cleaned(image: &[u8]) -> (Vec<u8>, Vec<(String, String)>) {
    let cleaned = card::clean(image, &Limits::default()).unwrap();
    let told = cleaned.removed.into_iter();
    (
        cleaned.bytes,
        told.map(|told| (told.kind, told.name)).collect(),
    )
}

#[test]
fn a_jpeg_tells_its_card_alone_after_it_was_cleaned() {
    let segment = |marker: u8, data: &[u8]| {
        let length = (data.len() as u16 + 2).to_be_bytes();
        [&[0xff, marker][..], &length, data].concat()
    };
    let card = br#"{"name":"Ann","description":"d","first_mes":"Hi"}"#;
    let kept = [
        segment(0xe0, b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0"),
        segment(0xe2, b"ICC_PROFILE\0\x01\x01profile"),
        segment(0xee, b"Adobe\0\x64\0\0\0\0\0"),
        segment(0xdb, &[0; 65]),
        segment(0xfe, card),
        segment(0xc0, &[8, 0, 1, 0, 1, 1, 1, 0x11, 0]),
    ]
    .concat();
    let told = [
        segment(0xe1, &camera(1)),
        segment(0xe1, b"http://ns.adobe.com/xap/1.0/\0<x/>"),
        segment(0xe2, b"MPF\0II*\0"),
        segment(0xeb, b"JP\0\0"),
        segment(0xed, b"Photoshop 3.0\08BIM"),
        segment(0xfe, b"made by me"),
    ]
    .concat();
    let scan = [
        segment(0xda, &[1, 1, 0, 0, 0x3f, 0]),
        b"\x12\xff\xd9".to_vec(),
    ]
    .concat();
    let with = |parts: &[&[u8]]| [b"\xff\xd8", &parts.concat()[..], &scan].concat();

    let (bytes, removed) = cleaned(&with(&[&told, &kept]));
    assert_eq!(bytes, with(&[&kept]));
    let want = [
        ("APP1", "Exif"),
        ("APP1", "http://ns.adobe.com/xap/1.0/"),
        ("APP2", "MPF"),
        ("APP11", "JP"),
        ("APP13", "Photoshop 3.0"),
        ("COM", ""),
    ];
    let want: Vec<_> = want
        .iter()
        .map(|(a, b)| (a.to_string(), b.to_string()))
        .collect();
    assert_eq!(removed, want);
    assert_eq!(
        card::read(&bytes, &Limits::default())
            .unwrap()
            .document
            .bytes(),
        card
    );
    assert_eq!(cleaned(&bytes), (bytes, vec![]));

    // How it has to be turned is no secret.
    let turned = segment(0xe1, &camera(6));
    let (bytes, removed) = cleaned(&with(&[&turned, &kept]));
    assert_eq!(removed, [("APP1".to_owned(), "Exif".to_owned())]);
    assert!(!bytes.windows(3).any(|part| part == b"Cam"));
    let exif =
        b"\xff\xe1\0\x22Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";
    assert_eq!(bytes, with(&[exif, &kept]));
    assert_eq!(cleaned(&bytes), (bytes, vec![]));

    // A card that is cut into comments stays whole.
    let (one, two) = (segment(0xfe, &card[..20]), segment(0xfe, &card[20..]));
    let (bytes, removed) = cleaned(&with(&[&turned, &one, &two]));
    assert_eq!(removed.len(), 1);
    assert_eq!(
        card::read(&bytes, &Limits::default())
            .unwrap()
            .document
            .bytes(),
        card
    );

    let cut = &with(&[&told])[..40];
    let error = card::clean(cut, &Limits::default()).unwrap_err();
    assert_eq!(error.kind(), Kind::CutShort);
}

#[test]
fn a_webp_tells_its_card_alone_after_it_was_cleaned() {
    let chunk = |kind: &[u8; 4], data: &[u8]| {
        let mut chunk = [&kind[..], &(data.len() as u32).to_le_bytes(), data].concat();
        chunk.extend((data.len() % 2 == 1).then_some(0));
        chunk
    };
    let with = |parts: &[Vec<u8>]| {
        let all = [&b"WEBP"[..], &parts.concat()].concat();
        [&b"RIFF"[..], &(all.len() as u32).to_le_bytes(), &all].concat()
    };
    let header = |flags: u8| chunk(b"VP8X", &[flags, 0, 0, 0, 9, 0, 0, 9, 0, 0]);
    let pixels = chunk(b"VP8 ", b"{pixels");
    let told = [chunk(b"EXIF", &camera(3)[6..]), chunk(b"XMP ", b"<x/>")];
    let alpha = chunk(b"ALPH", b"a");

    let parts = [&[header(0x1c), alpha.clone(), pixels.clone()][..], &told].concat();
    let (bytes, removed) = cleaned(&with(&parts));
    assert_eq!(bytes, with(&[header(0x10), alpha.clone(), pixels.clone()]));
    let names = |removed: &[(String, String)]| {
        removed
            .iter()
            .map(|(kind, _)| kind.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(names(&removed), ["EXIF", "XMP"]);
    assert_eq!(cleaned(&bytes), (bytes, vec![]));

    let card = br#"{"name":"Ann","description":"d","first_mes":"Hi"}"#;
    let mut exif = b"II*\0\x08\0\0\0\x01\0\x86\x92\x07\0".to_vec();
    exif.extend((card.len() as u32 + 8).to_le_bytes());
    exif.extend(b"\x1a\0\0\0\0\0\0\0ASCII\0\0\0");
    exif.extend(card);
    let own = chunk(b"EXIF", &exif);
    let parts = [header(0x0c), pixels.clone(), own.clone(), told[1].clone()];
    let (bytes, removed) = cleaned(&[&with(&parts)[..], b"behind"].concat());
    assert_eq!(bytes, with(&[header(0x08), pixels, own]));
    assert_eq!(names(&removed), ["XMP", "trailer"]);
    assert_eq!(
        card::read(&bytes, &Limits::default())
            .unwrap()
            .document
            .bytes(),
        card
    );

    let whole = with(&parts);
    let error = card::clean(&whole[..whole.len() - 9], &Limits::default()).unwrap_err();
    assert_eq!(error.kind(), Kind::CutShort);
}

#[test]
fn of_countless_issues_the_first_are_told_and_the_others_counted() {
    let entries = vec!["1"; 5000].join(",");
    let text = format!(
        r#"{{"spec":"chara_card_v2","spec_version":"2.0","data":{{"name":"A","character_book":{{"entries":[{entries}],"extensions":{{}}}}}}}}"#
    );
    let found = card::validate(&Document::parse(&text).unwrap());
    assert_eq!(found.errors.len(), 1001);
    let last = &found.errors[1000];
    assert_eq!((last.code, last.path.as_str()), ("too-many", ""));
    let listed = found.errors[..1000].iter();
    let entries = listed
        .filter(|issue| issue.path.contains("entries."))
        .count();
    let more = format!("{} more", 5000 - entries);
    assert!(last.message.starts_with(&more), "{}", last.message);
}
