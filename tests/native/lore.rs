//! Lorebooks: every dialect in and out, and which entries a text calls for.

use cardkeep::card::{self, Container};
use cardkeep::error::{Kind, Limits};
use cardkeep::json::Document;
use cardkeep::lore::matching::{Character, Matched, Options, Texts, Timed, Trigger, Why, WhyNot};
use cardkeep::lore::{
    self, About, Book, Dialect, Entry, Filter, Id, Logic, LoreFile, Position, matching,
};
use serde_json::{Value, json};

fn read(json: &str) -> LoreFile {
    lore::read(json.as_bytes(), &Limits::default())
        .unwrap_or_else(|error| panic!("{error}: {json}"))
}

fn fixture(name: &str) -> Vec<u8> {
    let path = format!(
        "{}/tests/fixtures/lorebooks/{name}",
        env!("CARGO_MANIFEST_DIR")
    );
    std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn codes(file: &LoreFile) -> Vec<&'static str> {
    file.warnings.iter().map(|warning| warning.code).collect()
}

// ------------------------------------------------------------------ reading

#[test]
fn every_fixture_is_read_as_what_it_is() {
    for (name, dialect) in [
        ("lorebook_v3.json", Dialect::V3),
        ("st_2023_minimal.json", Dialect::SillyTavern),
        ("st_entries_key_ne_uid.json", Dialect::SillyTavern),
    ] {
        let bytes = fixture(name);
        let file = lore::read(&bytes, &Limits::default()).unwrap();
        assert_eq!(file.dialect, dialect, "{name}");
        assert_eq!(file.document.bytes(), bytes, "{name}");
        assert_eq!(file.book.entries.len(), 1, "{name}");
        assert_eq!(file.book.entries[0].keys, ["k"], "{name}");
    }
}

#[test]
fn every_dialect_gives_the_same_entry() {
    let wanted = |file: &LoreFile| {
        let entry = &file.book.entries[0];
        (
            entry.keys.clone(),
            entry.content.clone(),
            entry.comment.clone(),
            entry.enabled,
            entry.constant,
            entry.insertion_order,
        )
    };
    for (dialect, json) in [
        (
            Dialect::SillyTavern,
            r#"{"entries":{"7":{"uid":7,"key":["a","b"],"keysecondary":[],"comment":"n","content":"c","constant":true,"order":5,"disable":false}}}"#,
        ),
        (
            Dialect::CharacterBook,
            r#"{"name":"x","extensions":{},"entries":[{"keys":["a","b"],"content":"c","comment":"n","enabled":true,"constant":true,"insertion_order":5,"extensions":{}}]}"#,
        ),
        (
            Dialect::CharacterBook,
            r#"{"spec":"chara_card_v2","data":{"name":"z","character_book":{"entries":[{"keys":["a","b"],"content":"c","name":"n","enabled":true,"constant":true,"insertion_order":5}]}}}"#,
        ),
        (
            Dialect::V3,
            r#"{"spec":"lorebook_v3","data":{"entries":[{"keys":["a","b"],"content":"c","comment":"n","enabled":true,"constant":true,"insertion_order":5,"use_regex":false}]}}"#,
        ),
        (
            Dialect::Agnai,
            r#"{"kind":"memory","name":"x","entries":[{"keywords":["a","b"],"entry":"c","name":"n","weight":5,"priority":1,"enabled":true,"constant":true}]}"#,
        ),
        (
            Dialect::NovelAi,
            r#"{"lorebookVersion":5,"entries":[{"keys":["a","b"],"text":"c","displayName":"n","enabled":true,"forceActivation":true,"contextConfig":{"budgetPriority":400},"order":5}]}"#,
        ),
        (
            Dialect::Risu,
            r#"{"type":"risu","ver":1,"data":[{"key":"a, b","secondkey":"","content":"c","comment":"n","insertorder":5,"alwaysActive":true,"selective":false}]}"#,
        ),
        (
            Dialect::AiDungeon,
            r#"[{"keys":"a,b","entry":"c","title":"n","constant":true,"order":5}]"#,
        ),
    ] {
        let file = read(json);
        assert_eq!(file.dialect, dialect, "{json}");
        assert_eq!(
            wanted(&file),
            (
                vec!["a".to_owned(), "b".to_owned()],
                "c".to_owned(),
                "n".to_owned(),
                true,
                true,
                5
            ),
            "{json}"
        );
    }
    let table = read("a,b\tc\nother\tmore text\n");
    assert_eq!(table.dialect, Dialect::Tsv);
    assert_eq!(table.book.entries[0].keys, ["a", "b"]);
    assert_eq!(table.book.entries[1].content, "more text");
}

#[test]
fn a_novelai_picture_carries_its_lorebook() {
    use crate::cards::{Png, base64, text};
    let json = r#"{"lorebookVersion":5,"entries":[{"keys":["a"],"text":"Zoë"}]}"#;
    let bytes = Png::new()
        .before_image(text("naidata", &base64(json)))
        .bytes();
    let file = lore::read(&bytes, &Limits::default()).unwrap();
    assert_eq!(
        (file.dialect, file.book.entries[0].content.as_str()),
        (Dialect::NovelAi, "Zoë")
    );
    let refused = lore::read(&Png::new().bytes(), &Limits::default()).unwrap_err();
    assert_eq!(refused.kind(), Kind::NotALorebook);
}

#[test]
fn the_lorebook_of_a_card_is_read_out_of_any_file() {
    use crate::cards::{Png, card_chunk};
    let card = r#"{"spec":"chara_card_v2","data":{"name":"A","character_book":{"entries":[{"keys":["k"],"content":"c"}]}}}"#;
    let picture = Png::new().before_image(card_chunk("chara", card)).bytes();
    let document = Document::parse(card).unwrap();
    let options = card::WriteOptions {
        container: Container::Charx,
        image: None,
        assets: &[],
        limits: Limits::default(),
    };
    let archive = card::write(&document, &options).unwrap();
    for bytes in [card.as_bytes(), &picture, &archive] {
        let file = card::lorebook(bytes, &Limits::default()).unwrap();
        assert_eq!(file.dialect, Dialect::CharacterBook);
        assert_eq!(file.document.bytes(), card.as_bytes());
        assert_eq!(file.book.entries[0].keys, ["k"]);
    }
    for none in [
        Png::new().bytes(),
        b"PK\x03\x04".to_vec(),
        Vec::new(),
        b"words".to_vec(),
    ] {
        let refused = card::lorebook(&none, &Limits::default()).unwrap_err();
        assert_eq!(refused.kind(), Kind::NotALorebook);
    }
}

#[test]
fn loose_values_are_read_for_what_they_mean() {
    let entry = |fields: &str| {
        read(&format!(
            r#"{{"entries":{{"0":{{"uid":0,"key":["k"],"content":"c",{fields}}}}}}}"#
        ))
        .book
        .entries
        .remove(0)
    };
    assert_eq!(entry(r#""order":"12""#).insertion_order, 12);
    assert_eq!(
        entry(r#""position":"4","depth":"2","role":1"#).position,
        Position::AtDepth
    );
    assert_eq!(entry(r#""position":"4","depth":"2""#).depth, 2);
    assert_eq!(entry(r#""position":99"#).position, Position::BeforeChar);
    assert!(entry(r#""constant":"true""#).constant);
    assert!(!entry(r#""disable":1"#).enabled);
    assert_eq!(
        entry(r#""probability":30,"useProbability":false"#).probability,
        100.0
    );
    assert_eq!(entry(r#""probability":30"#).probability, 30.0);
    assert_eq!(
        entry(r#""delayUntilRecursion":true"#).delay_until_recursion,
        1
    );
    assert_eq!(
        entry(r#""scanDepth":null,"caseSensitive":null"#).case_sensitive,
        None
    );
    assert_eq!(
        entry(r#""keysecondary":"a, b","selectiveLogic":3"#).secondary_keys,
        ["a", "b"]
    );
    assert_eq!(
        entry(r#""keysecondary":"a, b","selectiveLogic":3"#).logic,
        Logic::AndAll
    );
    assert!(!entry(r#""keysecondary":[],"selective":true"#).selective);
    assert_eq!(entry(r#""sticky":0,"cooldown":3"#).sticky, None);
}

#[test]
fn the_exact_position_of_a_card_goes_before_the_rough_one() {
    let file = read(
        r#"{"entries":[{"keys":["k"],"content":"c","enabled":true,"insertion_order":1,"position":"after_char","extensions":{"position":4,"depth":7,"role":2,"selectiveLogic":2,"probability":50,"useProbability":true,"exclude_recursion":true}}]}"#,
    );
    let entry = &file.book.entries[0];
    assert_eq!(
        (entry.position, entry.depth, entry.role, entry.logic),
        (Position::AtDepth, 7, 2, Logic::NotAny)
    );
    assert_eq!((entry.probability, entry.exclude_recursion), (50.0, true));
}

#[test]
fn ids_that_come_twice_lose_no_entry_and_are_told() {
    let file = read(
        r#"{"entries":[{"id":1,"keys":["a"],"content":"x"},{"id":1,"keys":["b"],"content":"y"}]}"#,
    );
    assert_eq!(file.book.entries.len(), 2);
    assert_eq!(codes(&file), ["duplicate-id"]);
    let written = lore::write(&file.book, Dialect::SillyTavern).unwrap();
    let again = lore::read(&written.bytes, &Limits::default()).unwrap();
    assert_eq!(again.book.entries.len(), 2);
    assert_eq!(again.book.entries[1].content, "y");
}

#[test]
fn empty_keys_are_left_out_and_told() {
    let file = read(r#"{"entries":{"1":{"uid":0,"key":[""," ","k"],"content":"c"}}}"#);
    assert_eq!(codes(&file), ["empty-key"]);
    assert_eq!(file.book.entries[0].keys, ["k"]);
    assert_eq!(file.book.entries[0].id, Some(Id::Number(0)));
}

#[test]
fn a_book_that_lost_its_last_entry_is_still_read_in_every_dialect() {
    let book = Book {
        name: "N".to_owned(),
        ..Book::default()
    };
    // A table without a line is an empty file.
    let tools = Dialect::ALL.into_iter().filter(|it| *it != Dialect::Tsv);
    for dialect in tools {
        let written = lore::write(&book, dialect).unwrap();
        let again = lore::read(&written.bytes, &Limits::default()).unwrap();
        assert_eq!(again.dialect, dialect);
        assert!(again.book.entries.is_empty(), "{dialect:?}");
    }
    let cards = Document::parse(r#"[{"keys":"ice","value":"Cold.","title":""}]"#).unwrap();
    let patch = Document::parse(r##"{"entries":{"#0":null}}"##).unwrap();
    let bare = lore::edit(&cards, &patch).unwrap();
    assert_eq!(bare.bytes(), b"[]");
    let patch = Document::parse(r#"{"add":[{"keys":["snow"],"content":"White."}]}"#).unwrap();
    let again = lore::edit(&bare, &patch).unwrap();
    let file = lore::read(again.bytes(), &Limits::default()).unwrap();
    assert_eq!(file.dialect, Dialect::AiDungeon);
    assert_eq!(file.book.entries[0].keys, ["snow"]);
}

#[test]
fn a_list_taken_out_of_a_book_is_of_the_books_dialect() {
    for (name, dialect) in [
        ("charbook_list.json", Dialect::CharacterBook),
        ("st_list_bare.json", Dialect::SillyTavern),
    ] {
        let bytes = fixture(name);
        let file = lore::read(&bytes, &Limits::default()).unwrap();
        assert_eq!(file.dialect, dialect, "{name}");
        let entry = &file.book.entries[0];
        assert_eq!(entry.keys, ["k"], "{name}");
        assert_eq!((entry.insertion_order, entry.depth), (7, 2), "{name}");
        // Every field has its place there, and the list has none for the book's own.
        let id = lore::entry_name(0, entry);
        let patch = format!(r#"{{"entries":{{"{id}":{{"insertionOrder":9,"sticky":3}}}}}}"#);
        let edited = lore::edit(&file.document, &Document::parse(&patch).unwrap()).unwrap();
        let again = lore::read(edited.bytes(), &Limits::default()).unwrap();
        assert_eq!(again.book.entries[0].insertion_order, 9, "{name}");
        assert_eq!(again.book.entries[0].sticky, Some(3), "{name}");
        let named = Document::parse(r#"{"name":"N"}"#).unwrap();
        let refused = lore::edit(&file.document, &named).unwrap_err();
        assert_eq!(refused.kind(), Kind::Unsupported, "{name}");
        let written = file.write(dialect).unwrap();
        assert!(written.bytes.starts_with(b"{"), "{name}: a book of its own");
    }
}

#[test]
fn a_book_that_is_not_where_or_what_it_should_be_is_read_or_told() {
    let entry = json!({"keys": ["k"], "content": "c", "insertion_order": 3});
    for (json, dialect) in [
        (
            json!({"data": {"name": "x", "character_book": [entry]}}),
            Dialect::CharacterBook,
        ),
        (
            json!({"spec": "lorebook_v3", "entries": [entry], "extensions": {}}),
            Dialect::CharacterBook,
        ),
        (json!({"spec": "lorebook_v3", "data": [entry]}), Dialect::V3),
        (
            json!([{"key": "k", "secondkey": "", "insertorder": 3, "content": "c", "alwaysActive": false}]),
            Dialect::Risu,
        ),
    ] {
        let file = read(&json.to_string());
        assert_eq!(
            (file.dialect, file.book.entries.len()),
            (dialect, 1),
            "{json}"
        );
        assert_eq!(file.book.entries[0].insertion_order, 3, "{json}");
        let written = lore::write(&file.book, Dialect::SillyTavern);
        assert_eq!(
            read(&String::from_utf8_lossy(&written.unwrap().bytes))
                .book
                .entries
                .len(),
            1
        );
        let patch = r##"{"entries":{"#0":{"content":"other"}},"add":[{"keys":["z"]}]}"##;
        let patch = Document::parse(patch).unwrap();
        let edited = lore::edit(&file.document, &patch).unwrap();
        let edited = read(&String::from_utf8_lossy(edited.bytes()));
        assert_eq!(
            (edited.dialect, edited.book.entries.len()),
            (dialect, 2),
            "{json}"
        );
        assert_eq!(edited.book.entries[0].content, "other", "{json}");
    }
    let listed = read(&json!({"data": {"name": "x", "character_book": [entry]}}).to_string());
    let patch = Document::parse(r#"{"name":"n"}"#).unwrap();
    let refused = lore::edit(&listed.document, &patch);
    assert_eq!(refused.unwrap_err().kind(), Kind::Unsupported);
    for (json, path) in [
        (json!({"data": {"character_book": "{}"}}), "character_book"),
        (json!({"character_book": {"entries": "none"}}), "entries"),
    ] {
        let file = read(&json.to_string());
        assert_eq!(
            (codes(&file), &*file.warnings[0].path),
            (vec!["wrong-type"], path),
            "{json}"
        );
    }
    let file = read(&json!({"data": {"character_book": null}}).to_string());
    assert_eq!(codes(&file), [] as [&str; 0]);
}

#[test]
fn what_is_no_text_in_the_place_of_one_is_read_and_told() {
    for (content, said) in [
        (json!(5), "5"),
        (json!(["a", "b"]), "a\nb"),
        (json!({"a": 1}), ""),
    ] {
        let file = read(
            &json!({"extensions": {}, "entries": [{"keys": ["k"], "content": content}]})
                .to_string(),
        );
        assert_eq!(file.book.entries[0].content, said);
        assert_eq!(codes(&file), ["wrong-type"]);
    }
    let file =
        read(&json!({"extensions": {}, "entries": [{"keys": ["k"], "content": null}]}).to_string());
    assert_eq!(codes(&file), [] as [&str; 0]);
}

#[test]
fn what_a_content_says_itself_counts_in_risuai_too() {
    let book = json!({"spec": "lorebook_v3", "data": {"extensions": {}, "entries": [
        {"keys": ["k"], "use_regex": false, "position": "after_char", "content": "@@depth 3\nhi", "extensions": {"depth": 7}},
        {"keys": ["k"], "use_regex": false, "position": "after_char", "priority": 4, "content": "@@priority 9\nhi"},
    ]}});
    let file = read(&book.to_string());
    let written = lore::write(&file.book, Dialect::Risu).unwrap();
    let risu = read(&String::from_utf8_lossy(&written.bytes));
    assert_eq!(risu.book.entries[0].content, "@@depth 3\nhi");
    assert_eq!(
        risu.book.entries[1].content,
        "@@position after_desc\n@@priority 9\nhi"
    );
    let messages = ["k".to_owned()];
    let places = |book: &Book| -> Vec<_> {
        let matched = matching::run(book, &messages, &Options::default());
        matched
            .fired
            .iter()
            .map(|it| (it.index, it.position, it.depth))
            .collect()
    };
    assert_eq!(places(&risu.book), places(&file.book));
}

#[test]
fn an_entry_of_risuai_with_a_chance_is_changed() {
    let bytes = fixture("risu_activation_percent.json");
    let file = lore::read(&bytes, &Limits::default()).unwrap();
    assert_eq!(file.book.entries[0].probability, 30.0);
    let before = String::from_utf8(file.document.bytes().to_vec()).unwrap();
    let edit = |patch: &str| {
        let patch = Document::parse(&format!(r##"{{"entries":{{"#0":{patch}}}}}"##)).unwrap();
        let edited = lore::edit(&file.document, &patch).unwrap();
        let text = String::from_utf8(edited.bytes().to_vec()).unwrap();
        (
            lore::read(edited.bytes(), &Limits::default()).unwrap(),
            text,
        )
    };
    let (said, text) = edit(r#"{"content":"Warm."}"#);
    assert_eq!(said.book.entries[0].content, "Warm.");
    assert_eq!(said.book.entries[0].probability, 30.0);
    assert_eq!(text, before.replace("Cold.", "Warm."));
    let (said, text) = edit(r#"{"probability":55.5}"#);
    assert_eq!(said.book.entries[0].probability, 55.5);
    assert_eq!(text, before.replace("30", "55.5"));
}

#[test]
fn whole_words_that_risuai_wants_of_a_book_are_wanted_of_each_entry() {
    let file = lore::read(&fixture("risu_full_words.json"), &Limits::default()).unwrap();
    let words = file.book.entries.iter().map(|it| it.match_whole_words);
    assert_eq!(words.collect::<Vec<_>>(), [Some(true), Some(false)]);
    let matched = matching::run(
        &file.book,
        &["the icehouse".to_owned()],
        &Options::default(),
    );
    assert_eq!(fired(&matched), [1]);
}

#[test]
fn blanks_around_keys_are_told_and_not_looked_for() {
    let file = lore::read(&fixture("padded_keys.json"), &Limits::default()).unwrap();
    assert_eq!(codes(&file), ["untrimmed-key"]);
    assert_eq!(file.book.entries[0].keys, [" ice "], "they stay");
    let matched = matching::run(&file.book, &["icehouse".to_owned()], &Options::default());
    assert_eq!(fired(&matched), [0]);
    for dialect in [Dialect::Risu, Dialect::AiDungeon, Dialect::Tsv] {
        let written = lore::write(&file.book, dialect).unwrap();
        let lost: Vec<&str> = written.losses.iter().map(|loss| &*loss.path).collect();
        assert!(lost.contains(&"entries.0.keys"), "{dialect:?}: {lost:?}");
    }
    // Of an expression without slashes they are a part.
    let bare = r#"{"spec":"lorebook_v3","data":{"extensions":{},"entries":[{"keys":[" a+ "],"content":"c","extensions":{},"enabled":true,"insertion_order":1,"use_regex":true}]}}"#;
    assert_eq!(codes(&read(bare)), [""; 0]);
}

#[test]
fn what_is_no_lorebook_is_told_by_kind() {
    for json in [
        "{}",
        "[1]",
        "1",
        r#"{"name":"x"}"#,
        r#"{"entries":3}"#,
        r#"{"type":"risu"}"#,
    ] {
        let refused = lore::read(json.as_bytes(), &Limits::default()).unwrap_err();
        assert_eq!(refused.kind(), Kind::NotALorebook, "{json}");
    }
    assert_eq!(
        lore::read(b"{\"entries\":", &Limits::default())
            .unwrap_err()
            .kind(),
        Kind::BadJson
    );
}

#[test]
fn books_of_odd_shapes_never_panic() {
    for json in [
        r#"{"entries":{}}"#,
        r#"{"entries":[]}"#,
        r#"{"entries":[null,1,"x",{}]}"#,
        r#"{"entries":{"a":null,"b":{"key":null,"content":null}}}"#,
        r#"{"entries":{"a":{"key":[null,1,{}],"content":5,"position":{},"depth":-3,"order":1e300,"probability":"x"}}}"#,
        r#"{"entries":[{"keys":[["nested"]],"content":"c","extensions":[]}]}"#,
        r#"{"spec":"lorebook_v3"}"#,
        r#"{"spec":"lorebook_v3","data":null}"#,
        r#"{"character_book":null}"#,
    ] {
        if let Ok(file) = lore::read(json.as_bytes(), &Limits::default()) {
            for dialect in Dialect::ALL {
                drop(lore::write(&file.book, dialect));
            }
            matching::run(&file.book, &["text".to_owned()], &Options::default());
        }
    }
}

// ------------------------------------------------------------------ writing

fn full() -> Entry {
    Entry {
        id: Some(Id::Number(3)),
        keys: vec!["a".to_owned(), "/b+/i".to_owned()],
        secondary_keys: vec!["s".to_owned()],
        content: "text \"quoted\"\nZoë".to_owned(),
        comment: "note".to_owned(),
        enabled: false,
        constant: true,
        selective: true,
        logic: Logic::NotAll,
        insertion_order: 42,
        priority: None,
        position: Position::AtDepth,
        depth: 6,
        role: 2,
        use_regex: false,
        case_sensitive: Some(true),
        match_whole_words: Some(false),
        scan_depth: Some(9),
        probability: 75.0,
        group: "g".to_owned(),
        group_override: true,
        group_weight: 30.0,
        group_scoring: Some(true),
        sticky: Some(2),
        cooldown: Some(3),
        delay: Some(4),
        exclude_recursion: true,
        prevent_recursion: true,
        delay_until_recursion: 2,
        ignore_budget: true,
        outlet: "here".to_owned(),
        characters: Some(Filter {
            names: vec!["zoe".to_owned()],
            tags: vec!["t1".to_owned()],
            exclude: true,
        }),
        triggers: vec!["swipe".to_owned()],
        look_in: vec![About::PersonaDescription, About::CreatorNotes],
        extra: vec![("automation_id".to_owned(), "\"x\"".to_owned())],
    }
}

#[test]
fn the_dialects_that_hold_everything_give_everything_back() {
    let book = Book {
        name: "Book".to_owned(),
        entries: vec![
            full(),
            Entry {
                id: Some(Id::Number(9)),
                keys: vec!["z".to_owned()],
                content: "c".to_owned(),
                ..Entry::default()
            },
        ],
        ..Book::default()
    };
    for dialect in [Dialect::SillyTavern, Dialect::CharacterBook, Dialect::V3] {
        let written = lore::write(&book, dialect).unwrap();
        assert!(
            written.losses.is_empty(),
            "{dialect:?}: {:?}",
            written.losses
        );
        let again = lore::read(&written.bytes, &Limits::default()).unwrap();
        assert_eq!(again.dialect, dialect);
        assert_eq!(again.book.name, "Book");
        for (entry, wanted) in again.book.entries.iter().zip(&book.entries) {
            let mut entry = entry.clone();
            assert!(
                wanted
                    .extra
                    .iter()
                    .all(|(name, value)| entry.extra.iter().any(|(n, v)| {
                        n.replace('_', "")
                            .eq_ignore_ascii_case(&name.replace('_', ""))
                            && v == value
                    })),
                "{dialect:?}: {:?}",
                entry.extra
            );
            entry.extra = wanted.extra.clone();
            assert_eq!(&entry, wanted, "{dialect:?}");
        }
    }
}

#[test]
fn what_a_dialect_cannot_hold_is_told_and_the_rest_arrives() {
    let book = Book {
        name: "Book".to_owned(),
        entries: vec![full()],
        ..Book::default()
    };
    for (dialect, lost, kept) in [
        (Dialect::Agnai, "entries.0.probability", "entries.0.enabled"),
        (
            Dialect::NovelAi,
            "entries.0.secondaryKeys",
            "entries.0.constant",
        ),
        (Dialect::Risu, "entries.0.sticky", "entries.0.probability"),
        (Dialect::AiDungeon, "entries.0.sticky", "entries.0.none"),
        (Dialect::Tsv, "entries.0.content", "entries.0.none"),
    ] {
        let written = lore::write(&book, dialect).unwrap();
        let paths: Vec<&str> = written
            .losses
            .iter()
            .map(|loss| loss.path.as_str())
            .collect();
        assert!(paths.contains(&lost), "{dialect:?}: {paths:?}");
        assert!(!paths.contains(&kept), "{dialect:?}: {paths:?}");
        let again = lore::read(&written.bytes, &Limits::default()).unwrap();
        assert_eq!(again.dialect, dialect);
        assert_eq!(again.book.entries[0].keys[0], "a", "{dialect:?}");
        assert!(again.book.entries[0].content.contains("Zoë"), "{dialect:?}");
    }
}

fn written(json: &str, dialect: Dialect) -> (Value, Vec<String>) {
    let written = read(json).write(dialect).unwrap();
    let losses = written.losses.into_iter().map(|loss| loss.path).collect();
    (serde_json::from_slice(&written.bytes).unwrap(), losses)
}

#[test]
fn a_book_that_is_of_the_dialect_already_stays_byte_for_byte() {
    let book = r#"{ "name":"b", "odd":1e2, "entries":[ {"keys":["k"],"name":"n","comment":"c","content":"@@depth 1\nx","use_regex":true,"extensions":{"z":1.50}} ]}"#;
    for (text, dialect) in [
        (book.to_owned(), Dialect::CharacterBook),
        (format!(r#"{{"spec":"lorebook_v3","data":{book}}}"#), Dialect::V3),
        (r#"{"entries":{"4":{"uid":4,"key":["k"],"content":"c","later":[1,2]}},"originalData":{}}"#.to_owned(), Dialect::SillyTavern),
        (r#"{"kind":"memory","entries":[{"keywords":["k"],"entry":"c","weight":1.0}]}"#.to_owned(), Dialect::Agnai),
        (r#"{"lorebookVersion":4,"settings":{"a":1},"entries":[{"keys":["k"],"text":"c"}]}"#.to_owned(), Dialect::NovelAi),
        (r#"{"type":"risu","ver":1,"data":[{"key":"k","content":"c","mode":"normal"}]}"#.to_owned(), Dialect::Risu),
    ] {
        let file = read(&text);
        assert_eq!(file.dialect, dialect, "{text}");
        let written = file.write(dialect).unwrap();
        assert_eq!(written.bytes, text.as_bytes(), "{dialect:?}");
        assert!(written.losses.is_empty());
    }
    let card = read(&format!(
        r#"{{"spec":"chara_card_v2","data":{{"name":"x","character_book":{book}}}}}"#
    ));
    assert_eq!(
        card.write(Dialect::CharacterBook).unwrap().bytes,
        book.as_bytes()
    );
}

#[test]
fn what_the_book_itself_says_is_kept_for_sillytavern_and_told() {
    let book = r#"{"name":"b","description":"d","scan_depth":5,"token_budget":500,"recursive_scanning":true,"extensions":{},"entries":[{"id":1,"keys":["k"],"content":"c","priority":7,"comment":"note","name":"called","enabled":true,"insertion_order":1,"extensions":{}}]}"#;
    let (file, losses) = written(book, Dialect::SillyTavern);
    assert_eq!(
        losses,
        [
            "scanDepth",
            "tokenBudget",
            "recursiveScanning",
            "entries.0.priority"
        ]
    );
    let again = read(&file.to_string()).book;
    assert_eq!(
        (
            again.scan_depth,
            again.token_budget,
            again.recursive_scanning,
            again.entries[0].priority
        ),
        (Some(5), Some(500), Some(true), Some(7))
    );
    assert_eq!(file["entries"]["1"]["name"], "called");
    for dialect in [Dialect::NovelAi, Dialect::Risu] {
        let (_, losses) = written(book, dialect);
        for lost in [
            "name",
            "description",
            "scanDepth",
            "tokenBudget",
            "recursiveScanning",
        ] {
            assert!(
                losses.iter().any(|path| path == lost),
                "{dialect:?} {lost}: {losses:?}"
            );
        }
    }
}

#[test]
fn a_book_of_another_tool_does_not_pass_for_its_file() {
    for book in [
        r#"{"kind":"memory","name":"b","entries":[{"keywords":["k"],"entry":"c","name":"n"}]}"#,
        r#"{"lorebookVersion":5,"entries":[{"keys":["k"],"text":"c"}]}"#,
        r#"{"type":"risu","ver":1,"data":[{"key":"k","content":"c"}]}"#,
        r#"{"spec":"lorebook_v3","data":{"entries":[{"keys":["k"],"content":"c"}]}}"#,
    ] {
        let (file, _) = written(book, Dialect::SillyTavern);
        let read = read(&file.to_string());
        assert_eq!(read.dialect, Dialect::SillyTavern, "{file}");
        for mark in ["kind", "type", "ver", "data", "spec", "lorebookVersion"] {
            assert!(file.get(mark).is_none(), "{mark}: {file}");
        }
    }
}

#[test]
fn settings_of_sillytavern_have_the_names_that_it_reads_in_a_card() {
    let world = r#"{"entries":{"0":{"uid":0,"key":["k"],"content":"c","probability":42,"groupWeight":55,"useGroupScoring":true,"automationId":"a","matchScenario":true,"matchPersonaDescription":true,"displayIndex":3,"vectorized":true,"triggers":["normal"]}}}"#;
    let (book, losses) = written(world, Dialect::CharacterBook);
    assert!(losses.is_empty(), "{losses:?}");
    let extensions = &book["entries"][0]["extensions"];
    for (name, value) in [
        ("use_group_scoring", json!(true)),
        ("automation_id", json!("a")),
        ("match_scenario", json!(true)),
        ("match_persona_description", json!(true)),
        ("display_index", json!(3)),
        ("vectorized", json!(true)),
        ("triggers", json!(["normal"])),
    ] {
        assert_eq!(extensions[name], value, "{name}");
    }
    // Others read whole numbers only.
    assert!(extensions["probability"].is_i64() && extensions["group_weight"].is_i64());
    let (world, _) = written(&book.to_string(), Dialect::SillyTavern);
    assert_eq!(world["entries"]["0"]["useGroupScoring"], true);
    assert_eq!(world["entries"]["0"]["matchScenario"], true);
}

#[test]
fn an_expression_stays_one_with_every_logic() {
    for logic in [Logic::AndAny, Logic::NotAny] {
        let book = Book {
            entries: vec![Entry {
                use_regex: true,
                selective: true,
                logic,
                secondary_keys: vec!["s.".to_owned()],
                ..entry(&["c.t"], "c")
            }],
            ..Book::default()
        };
        for dialect in [Dialect::SillyTavern, Dialect::CharacterBook, Dialect::V3] {
            let bytes = lore::write(&book, dialect).unwrap().bytes;
            let again = lore::read(&bytes, &Limits::default()).unwrap().book;
            let fires = |text: &str| {
                !matching::run(&again, &[text.to_owned()], &Options::default())
                    .fired
                    .is_empty()
            };
            assert_eq!(again.entries[0].logic, logic, "{dialect:?}");
            assert_eq!(fires("cut so"), logic == Logic::AndAny, "{dialect:?}");
            assert_eq!(fires("cut"), logic == Logic::NotAny, "{dialect:?}");
        }
    }
    // Where slashes alone make no expression, it is said besides.
    let world = r#"{"entries":{"0":{"uid":0,"key":["/c.t/i"],"content":"c"},"1":{"uid":1,"key":["c.t"],"content":"c"}}}"#;
    let (book, _) = written(world, Dialect::V3);
    assert_eq!(book["data"]["entries"][0]["use_regex"], true);
    assert_eq!(book["data"]["entries"][1]["use_regex"], false);
}

#[test]
fn the_order_of_novelai_is_its_priority() {
    let book = r#"{"lorebookVersion":5,"entries":[{"keys":["k"],"text":"c","contextConfig":{"budgetPriority":400}}]}"#;
    assert_eq!(read(book).book.entries[0].insertion_order, 400);
    let (world, _) = written(book, Dialect::SillyTavern);
    assert_eq!(world["entries"]["0"]["order"], 400);
}

#[test]
fn what_is_put_right_in_a_book_is_told() {
    let told = |json: &str| codes(&read(json)).join(" ");
    assert_eq!(
        told(r#"{"entries":{"0":null,"1":{"key":["k"],"content":"c"}}}"#),
        "odd-entry"
    );
    assert_eq!(
        told(r#"{"entries":[{"keys":"a, b","content":"c"}]}"#),
        "wrong-type"
    );
    assert_eq!(
        told(r#"{"entries":[{"keys":["a"],"secondary_keys":"a, b","content":"c"}]}"#),
        "wrong-type"
    );
    assert_eq!(
        told(r#"{"entries":[{"keys":["a"],"content":"c","position":"middle"}]}"#),
        "bad-value"
    );
    assert_eq!(
        told(r#"{"entries":{"0":{"key":["k"],"content":"c","position":8}}}"#),
        "bad-value"
    );
    assert_eq!(told("a\tb\nno tab\nc\td\n"), "bad-line");
    assert_eq!(read("a\tb\nno tab\nc\td\n").book.entries.len(), 2);
    let spelled = read(
        r#"{"entries":[{"keys":["a"],"content":"c","extensions":{"role":"assistant","position":4}}]}"#,
    );
    assert_eq!(spelled.book.entries[0].role, 2);
}

#[test]
fn a_v2_book_has_decorators_in_fields_and_tells_those_that_are_lost() {
    let book = lore::read(&fixture("lorebook_v3.json"), &Limits::default())
        .unwrap()
        .book;
    let written = lore::write(&book, Dialect::CharacterBook).unwrap();
    assert_eq!(written.losses, []);
    let read = |bytes: &[u8]| lore::read(bytes, &Limits::default()).unwrap().book;
    let entry = &read(&written.bytes).entries[0];
    assert_eq!(
        (&*entry.content, entry.position, entry.depth, entry.delay),
        ("c", Position::AtDepth, 5, Some(4))
    );
    let other =
        br#"{"entries":[{"keys":["k"],"content":"@@keep_activate_after_match\n@@depth 2\nc"}]}"#;
    let written = lore::write(&read(other), Dialect::CharacterBook).unwrap();
    let told: Vec<_> = written.losses.iter().map(|loss| &*loss.message).collect();
    let left = "V2 has no decorators; `@@keep_activate_after_match` was left out";
    assert_eq!(told, [left]);
}

#[test]
fn expressions_and_words_in_one_text_of_keys_come_apart() {
    let keys = |text: &str| {
        let book = json!([{ "keys": text, "value": "x" }]).to_string();
        let file = lore::read(book.as_bytes(), &Limits::default()).unwrap();
        file.book.entries[0].keys.clone()
    };
    assert_eq!(
        keys("/sh(a|e)rk/i,Ünï, ice"),
        ["/sh(a|e)rk/i", "Ünï", "ice"]
    );
    assert_eq!(keys("ice,/a{1,2},b/ , /c/"), ["ice", "/a{1,2},b/", "/c/"]);
    assert_eq!(keys("/a,b{2,}/i"), ["/a,b{2,}/i"]);
    assert_eq!(keys("/home, usr,,"), ["/home", "usr"]);
    let many = "/a,".repeat(100_000);
    let start = std::time::Instant::now();
    assert_eq!(keys(&many).len(), 100_000);
    assert!(start.elapsed() < crate::patience::PATIENCE);

    let entry = lore::Entry {
        keys: vec!["/a{1,2}/".to_owned(), "b".to_owned()],
        ..lore::Entry::default()
    };
    let book = lore::Book {
        entries: vec![entry],
        ..lore::Book::default()
    };
    for dialect in [Dialect::AiDungeon, Dialect::Risu] {
        let written = lore::write(&book, dialect).unwrap();
        assert_eq!(written.losses, []);
        let again = lore::read(&written.bytes, &Limits::default()).unwrap();
        assert_eq!(again.book.entries[0].keys, book.entries[0].keys);
    }
}

#[test]
fn what_goes_in_in_any_case_is_lost_where_something_else_can_keep_it_out() {
    let v2 = |content: &str, extensions: serde_json::Value| {
        let entry = json!({"keys": ["k"], "content": content, "extensions": extensions, "enabled": true, "insertion_order": 1, "use_regex": false});
        let book = json!({"spec": "lorebook_v3", "data": {"entries": [entry], "extensions": {}}})
            .to_string();
        let file = lore::read(book.as_bytes(), &Limits::default()).unwrap();
        let written = file.write(Dialect::CharacterBook).unwrap();
        let again = lore::read(&written.bytes, &Limits::default()).unwrap();
        let lost: Vec<String> = written
            .losses
            .into_iter()
            .map(|loss| loss.message)
            .collect();
        (again.book.entries[0].clone(), lost)
    };
    let left = |name: &str| format!("V2 has no decorators; `@@{name}` was left out");
    let (entry, lost) = v2("@@activate\nx", json!({}));
    assert!(entry.constant && lost.is_empty());
    let (entry, lost) = v2("@@activate\nx", json!({"delay": 4}));
    assert_eq!(
        (entry.constant, entry.delay, lost),
        (true, Some(4), vec![left("activate")])
    );
    // What it goes before keeps nothing out.
    let (entry, lost) = v2("@@dont_activate\n@@activate\n@@probability 5\nx", json!({}));
    assert!(entry.enabled && entry.constant && entry.probability == 100.0);
    assert_eq!(lost, [left("dont_activate"), left("probability")]);

    let (entry, lost) = v2("@@depth 2\n@@end\nx", json!({}));
    assert_eq!(
        (entry.position, entry.depth, lost.len()),
        (Position::AtDepth, 2, 0)
    );
    let (entry, _) = v2("@@activate_only_after 2\nx", json!({"delay": 4}));
    assert_eq!(entry.delay, Some(4));
    let (entry, lost) = v2("@@activate_only_after 0\n@@role user\nx", json!({}));
    assert_eq!((entry.delay, entry.role, lost.len()), (None, 1, 0));
}

#[test]
fn a_part_of_a_message_is_no_wait() {
    let text = br#"{"entries":[{"keys":["ice"],"content":"c","extensions":{"cooldown":0.1,"delay":"2.9"}}]}"#;
    let entry = &lore::read(text, &Limits::default()).unwrap().book.entries[0];
    assert_eq!((entry.cooldown, entry.delay), (None, Some(2)));
}

#[test]
fn a_table_tells_titles_joined_keys_and_blanks_that_it_loses() {
    let entry = lore::Entry {
        keys: vec!["a,b".to_owned()],
        comment: "Title".to_owned(),
        content: " text ".to_owned(),
        ..lore::Entry::default()
    };
    let book = lore::Book {
        entries: vec![entry],
        ..lore::Book::default()
    };
    let written = lore::write(&book, Dialect::Tsv).unwrap();
    let lost: Vec<_> = written.losses.iter().map(|loss| &*loss.path).collect();
    assert_eq!(
        lost,
        ["entries.0.keys", "entries.0.comment", "entries.0.content"]
    );
}

#[test]
fn a_book_whose_first_entry_has_no_keys_is_still_the_specifications() {
    let text = br#"{"entries":[{"content":"c","secondary_keys":["ice"],"insertion_order":3}]}"#;
    let file = lore::read(text, &Limits::default()).unwrap();
    assert_eq!(file.dialect, Dialect::CharacterBook);
    assert!(!file.book.entries[0].selective);
}

#[test]
fn keys_of_novelai_that_join_words_are_taken_as_they_stand_and_told() {
    let file = lore::read(&fixture("novelai_joined_keys.lorebook"), &Limits::default()).unwrap();
    let told: Vec<_> = file
        .warnings
        .iter()
        .map(|one| (one.code, &*one.path))
        .collect();
    assert_eq!(told, [("literal-key", "entries.0.keys")]);
    let fired = |text: &str| {
        let options = matching::Options::default();
        matching::run(&file.book, &[text.to_owned()], &options)
            .fired
            .len()
    };
    assert_eq!(
        [
            fired("dragon & egg"),
            fired("a dragon, an egg"),
            fired("r&d")
        ],
        [1, 0, 1]
    );
}

// ------------------------------------------------------------------ decorators

#[test]
fn decorators_follow_the_specification() {
    let names = |content: &str| -> Vec<(String, Vec<String>)> {
        lore::decorators(content)
            .into_iter()
            .map(|it| (it.name, it.values))
            .collect()
    };
    let one = |name: &str, values: &[&str]| {
        (
            name.to_owned(),
            values
                .iter()
                .map(|value| (*value).to_owned())
                .collect::<Vec<_>>(),
        )
    };
    assert_eq!(names("@@depth 5\ntext"), [one("depth", &["5"])]);
    assert_eq!(names("@@depth 5\n@@depth 7\ntext"), [one("depth", &["5"])]);
    assert_eq!(
        names("@@unknown 1\n@@@depth 3\n@@@role user\ntext"),
        [one("depth", &["3"])]
    );
    assert_eq!(
        names("@@role user\n@@@depth 3\ntext"),
        [one("role", &["user"])]
    );
    assert_eq!(
        names("@@additional_keys a,b\n@@additional_keys c\nx"),
        [
            one("additional_keys", &["a", "b"]),
            one("additional_keys", &["c"])
        ]
    );
    assert_eq!(names("text\n@@depth 5"), []);
    assert_eq!(names("\n\n@@activate\n\ntext"), [one("activate", &[])]);
    assert_eq!(
        lore::without_decorators("@@depth 5\n@@@x\n\ntext\n@@kept"),
        "text\n@@kept"
    );
    assert_eq!(lore::without_decorators("\n text"), "\n text");
    assert_eq!(lore::without_decorators("@@only"), "");
}

// ------------------------------------------------------------------ matching

fn entry(keys: &[&str], content: &str) -> Entry {
    Entry {
        keys: keys.iter().map(|key| (*key).to_owned()).collect(),
        content: content.to_owned(),
        ..Entry::default()
    }
}

fn book(entries: Vec<Entry>) -> Book {
    Book {
        entries,
        ..Book::default()
    }
}

fn run(entries: Vec<Entry>, messages: &[&str], options: &Options) -> Matched {
    let messages: Vec<String> = messages
        .iter()
        .map(|message| (*message).to_owned())
        .collect();
    matching::run(&book(entries), &messages, options)
}

fn fired(matched: &Matched) -> Vec<usize> {
    matched.fired.iter().map(|fired| fired.index).collect()
}

fn why_not(matched: &Matched, index: usize) -> WhyNot {
    matched
        .skipped
        .iter()
        .find(|skipped| skipped.index == index)
        .expect("it was skipped")
        .why
}

#[test]
fn a_key_is_found_as_its_manner_says() {
    let usual = Options::default();
    for (key, text, case_sensitive, whole, found) in [
        ("shark", "A SHARK!", None, None, true),
        ("shark", "A SHARK!", Some(true), None, false),
        ("art", "the party", None, None, true),
        ("art", "the party", None, Some(true), false),
        ("art", "modern art.", None, Some(true), true),
        ("東京", "在東京的", None, None, true),
        ("STRASSE", "straße", None, None, false),
        ("Éa", "éa", None, None, true),
        ("/sh.rk/", "a SHARK shark", None, None, true),
        ("/SH.RK/", "a shark", None, None, false),
        ("/SH.RK/i", "a shark", None, None, true),
        ("/^end$/m", "first\nend", None, None, true),
        ("red fish", "a red fish", None, Some(true), true),
        ("鯊", "大鯊魚", None, Some(true), true),
        ("상어", "상어가 온다", None, Some(true), true),
        ("AI", "AIが歌う", None, Some(true), true),
        ("кот", "который", None, Some(true), false),
        ("a.a", "xa.a.a", None, Some(true), true),
        ("/акула/i", "АКУЛА плывёт", None, None, true),
        (r"/\u0410КУЛА/i", "акула", None, None, true),
        ("/акула/", "АКУЛА", None, None, false),
        (r"/\x01Ann:[^\x01]*shark/", "Ann: a shark", None, None, true),
        (r"/\x01Ann:/", "So Ann: a shark", None, None, false),
        ("/home/i", "HOME", None, None, true),
        ("/home/i/", "at /home/i/", None, None, true),
        ("/home/i/", "home/i", None, None, false),
    ] {
        let it = Entry {
            case_sensitive,
            match_whole_words: whole,
            ..entry(&[key], "c")
        };
        let matched = run(vec![it], &[text], &usual);
        assert_eq!(!matched.fired.is_empty(), found, "{key} in {text}");
    }
}

#[test]
fn an_expression_that_cannot_run_in_linear_time_is_told_and_others_still_count() {
    let matched = run(
        vec![
            entry(&["/(?=x)y/"], "c"),
            entry(&["/(?<!a)b/", "word"], "c"),
        ],
        &["word xy"],
        &Options::default(),
    );
    assert_eq!(fired(&matched), [1]);
    assert_eq!(why_not(&matched, 0), WhyNot::BadKey);
    let told = matched.skipped[0].detail.as_deref().unwrap_or_default();
    assert!(told.contains("secondary keys"), "what to do: {told}");
    let bomb = format!("/{}/", "(a*)*".repeat(60));
    let long = "a".repeat(200_000) + "b";
    run(
        vec![entry(&[&bomb, "/(a+)+$/"], "c")],
        &[&long],
        &Options::default(),
    );
}

#[test]
fn only_the_newest_messages_are_looked_at() {
    let messages = ["a shark", "second", "third"];
    let at = |scan_depth| {
        run(
            vec![entry(&["shark"], "c")],
            &messages,
            &Options {
                scan_depth,
                ..Options::default()
            },
        )
    };
    assert!(at(2).fired.is_empty());
    assert_eq!(
        at(3).fired[0].why,
        Why::Key {
            key: "shark".to_owned(),
            depth: 2,
            secondary: None
        }
    );
    let own = Entry {
        scan_depth: Some(3),
        ..entry(&["shark"], "c")
    };
    assert_eq!(fired(&run(vec![own], &messages, &Options::default())), [0]);
    let decorated = entry(&["shark"], "@@scan_depth 3\nc");
    assert_eq!(
        fired(&run(vec![decorated], &messages, &Options::default())),
        [0]
    );
}

#[test]
fn secondary_keys_join_in_by_their_logic() {
    for (logic, text, fires) in [
        (Logic::AndAny, "key one", true),
        (Logic::AndAny, "key", false),
        (Logic::AndAll, "key one two", true),
        (Logic::AndAll, "key one", false),
        (Logic::NotAny, "key", true),
        (Logic::NotAny, "key two", false),
        (Logic::NotAll, "key two", true),
        (Logic::NotAll, "key one two", false),
    ] {
        let it = Entry {
            secondary_keys: vec!["one".to_owned(), "two".to_owned()],
            selective: true,
            logic,
            ..entry(&["key"], "c")
        };
        let matched = run(vec![it], &[text], &Options::default());
        assert_eq!(!matched.fired.is_empty(), fires, "{logic:?} {text}");
        if !fires {
            assert_eq!(why_not(&matched, 0), WhyNot::Secondary);
        }
    }
}

#[test]
fn entries_call_for_entries_as_far_as_they_may() {
    let chain = || {
        vec![
            entry(&["start"], "leads to second"),
            entry(&["second"], "leads to third"),
            entry(&["third"], "end"),
        ]
    };
    let matched = run(chain(), &["start"], &Options::default());
    assert_eq!(fired(&matched), [0, 1, 2]);
    assert_eq!(
        matched.fired[1].why,
        Why::Entry {
            key: "second".to_owned(),
            by: 0
        }
    );
    assert_eq!(
        fired(&run(
            chain(),
            &["start"],
            &Options {
                recursive: false,
                ..Options::default()
            }
        )),
        [0]
    );
    assert_eq!(
        fired(&run(
            chain(),
            &["start"],
            &Options {
                max_recursion: 1,
                ..Options::default()
            }
        )),
        [0, 1]
    );
    let mut silent = chain();
    silent[0].prevent_recursion = true;
    assert_eq!(fired(&run(silent, &["start"], &Options::default())), [0]);
    let mut deaf = chain();
    deaf[1].exclude_recursion = true;
    assert_eq!(fired(&run(deaf, &["start"], &Options::default())), [0]);
    let mut late = vec![entry(&["start"], "says word"), entry(&["word"], "c")];
    late[1].delay_until_recursion = 1;
    assert_eq!(
        fired(&run(late.clone(), &["start"], &Options::default())),
        [0, 1]
    );
    // Without any recursion there is none to wait for.
    assert!(run(late, &["word"], &Options::default()).fired.is_empty());
    let circle = vec![entry(&["a"], "b"), entry(&["b"], "a")];
    assert_eq!(fired(&run(circle, &["a"], &Options::default())), [0, 1]);
}

#[test]
fn what_waits_for_recursion_comes_level_by_level() {
    let waits = |keys: &[&str], content: &str, level: u32| Entry {
        delay_until_recursion: level,
        ..entry(keys, content)
    };
    // The levels are an order, no count of rounds: the first one opens with the first recursion.
    let distant = vec![entry(&["start"], "says word"), waits(&["word"], "c", 9)];
    assert_eq!(
        fired(&run(distant, &["start"], &Options::default())),
        [0, 1]
    );
    // The next level opens once the one before calls for no more.
    let levels = vec![
        entry(&["start"], "one"),
        waits(&["one"], "two", 1),
        entry(&["two"], "three"),
        Entry {
            group: "g".to_owned(),
            ..waits(&["start"], "late", 2)
        },
        Entry {
            group: "g".to_owned(),
            ..entry(&["three"], "first")
        },
    ];
    let matched = run(levels, &["start"], &Options::default());
    assert_eq!(fired(&matched), [0, 1, 2, 4]);
    assert_eq!(why_not(&matched, 3), WhyNot::Group);
    let constant = Entry {
        constant: true,
        ..waits(&[], "c", 1)
    };
    let matched = run(
        vec![entry(&["start"], "c"), constant],
        &["start"],
        &Options::default(),
    );
    assert_eq!(
        (fired(&matched), &matched.fired[1].why),
        (vec![0, 1], &Why::Constant)
    );
    // Who is not called for by entries is not called for in their rounds either.
    let deaf = Entry {
        exclude_recursion: true,
        ..waits(&["start"], "c", 1)
    };
    let matched = run(
        vec![entry(&["start"], "c"), deaf],
        &["start"],
        &Options::default(),
    );
    assert_eq!(fired(&matched), [0]);
}

#[test]
fn who_loses_a_group_or_a_chance_calls_for_nobody() {
    let member = |content: &str, order: i64| Entry {
        group: "g".to_owned(),
        group_override: true,
        insertion_order: order,
        ..entry(&["k"], content)
    };
    let matched = run(
        vec![
            member("says loser", 1),
            member("says winner", 2),
            entry(&["loser"], "c"),
            entry(&["winner"], "c"),
        ],
        &["k"],
        &Options::default(),
    );
    assert_eq!(fired(&matched), [1, 3]);
    // A group that has its entry takes no other later on; of equal ones the first wins.
    let matched = run(
        vec![member("more", 5), member("same", 5), {
            Entry {
                group: "g".to_owned(),
                group_override: true,
                insertion_order: 9,
                ..entry(&["more"], "c")
            }
        }],
        &["k"],
        &Options::default(),
    );
    assert_eq!(fired(&matched), [0]);
    // The one that wins has to have luck too; nobody takes its place.
    let unlucky = Entry {
        probability: 0.0,
        ..member("says unlucky", 9)
    };
    let matched = run(
        vec![unlucky, member("c", 1), entry(&["unlucky"], "c")],
        &["k"],
        &Options::default(),
    );
    assert!(matched.fired.is_empty());
    assert_eq!(why_not(&matched, 0), WhyNot::Probability);
    assert_eq!(why_not(&matched, 1), WhyNot::Group);
}

#[test]
fn what_had_no_room_does_not_stay() {
    let long = Entry {
        sticky: Some(5),
        ..entry(&["k"], &"x".repeat(400))
    };
    let matched = run(
        vec![long],
        &["k"],
        &Options {
            token_budget: Some(10),
            ..Options::default()
        },
    );
    assert_eq!(why_not(&matched, 0), WhyNot::Budget);
    assert!(matched.timed.is_empty());
}

#[test]
fn where_there_is_no_room_the_messages_go_before_the_entries() {
    let called = Entry {
        insertion_order: 999,
        ..entry(&["deep"], &"y".repeat(40))
    };
    let matched = run(
        vec![called, entry(&["k"], "deep, and some more words of it")],
        &["k"],
        &Options {
            token_budget: Some(12),
            ..Options::default()
        },
    );
    assert_eq!(fired(&matched), [1]);
    let first_out = entry(&["k"], "@@ignore_on_max_context\ntext that is to go first");
    let first_out = Entry {
        insertion_order: 999,
        priority: Some(99),
        ..first_out
    };
    let matched = run(
        vec![first_out, entry(&["k"], "text that is to stay in")],
        &["k"],
        &Options {
            token_budget: Some(7),
            ..Options::default()
        },
    );
    assert_eq!(fired(&matched), [1]);
}

#[test]
fn order_and_position_make_the_order_of_the_prompt() {
    let mut entries = vec![
        entry(&["k"], "late"),
        entry(&["k"], "early"),
        entry(&["k"], "after"),
    ];
    entries[0].insertion_order = 9;
    entries[1].insertion_order = 1;
    entries[2].position = Position::AfterChar;
    entries[2].insertion_order = 0;
    assert_eq!(fired(&run(entries, &["k"], &Options::default())), [1, 0, 2]);
}

#[test]
fn the_budget_keeps_what_matters_most() {
    let text = "x".repeat(40);
    let mut entries: Vec<Entry> = (0..4).map(|_| entry(&["k"], &text)).collect();
    entries[1].insertion_order = 500;
    entries[2].constant = true;
    entries[2].insertion_order = -5;
    let budget = |tokens| Options {
        token_budget: Some(tokens),
        recursive: false,
        ..Options::default()
    };
    let matched = run(entries.clone(), &["k"], &budget(25));
    assert_eq!(fired(&matched), [2, 1]);
    assert_eq!((matched.tokens, why_not(&matched, 0)), (20, WhyNot::Budget));
    entries[3].ignore_budget = true;
    assert_eq!(fired(&run(entries.clone(), &["k"], &budget(25))), [2, 3, 1]);
    entries[3].ignore_budget = false;
    entries[0].priority = Some(10);
    assert_eq!(fired(&run(entries, &["k"], &budget(25))), [2, 0]);
}

#[test]
fn chance_is_the_same_for_the_same_seed() {
    let it = Entry {
        probability: 50.0,
        ..entry(&["k"], "c")
    };
    let counted = (0..400)
        .filter(|seed| {
            !run(
                vec![it.clone()],
                &["k"],
                &Options {
                    seed: *seed,
                    ..Options::default()
                },
            )
            .fired
            .is_empty()
        })
        .count();
    assert!((140..260).contains(&counted), "{counted}");
    for seed in 0..20 {
        let options = Options {
            seed,
            ..Options::default()
        };
        assert_eq!(
            fired(&run(vec![it.clone()], &["k"], &options)),
            fired(&run(vec![it.clone()], &["k"], &options))
        );
    }
    let never = Entry {
        probability: 0.0,
        ..entry(&["k"], "c")
    };
    assert_eq!(
        why_not(&run(vec![never], &["k"], &Options::default()), 0),
        WhyNot::Probability
    );
}

#[test]
fn an_entry_stays_and_rests_by_the_count_of_messages() {
    let it = Entry {
        sticky: Some(2),
        cooldown: Some(2),
        ..entry(&["k"], "c")
    };
    let mut timed = std::collections::BTreeMap::new();
    let mut seen = Vec::new();
    for (count, text) in [(1, "k"), (2, "x"), (3, "x"), (4, "k"), (5, "k"), (6, "k")] {
        let options = Options {
            messages: Some(count),
            timed,
            ..Options::default()
        };
        let matched = run(vec![it.clone()], &[text], &options);
        seen.push(!matched.fired.is_empty());
        timed = matched.timed;
    }
    // As SillyTavern counts: called for at 1, stays until the chat has 3, rests until it has 5.
    assert_eq!(seen, [true, true, false, false, true, true]);
    let resting = Options {
        messages: Some(3),
        timed: [(
            0,
            Timed {
                sticky_until: 0,
                cooldown_until: 4,
            },
        )]
        .into(),
        ..Options::default()
    };
    assert_eq!(
        why_not(&run(vec![it], &["k"], &resting), 0),
        WhyNot::Cooldown
    );
    let delayed = Entry {
        delay: Some(5),
        ..entry(&["k"], "c")
    };
    assert_eq!(
        why_not(&run(vec![delayed], &["k"], &Options::default()), 0),
        WhyNot::Delay
    );
}

#[test]
fn rest_begins_where_the_stay_is_seen_to_be_over() {
    let it = Entry {
        sticky: Some(1),
        cooldown: Some(1),
        ..entry(&["k"], "c")
    };
    let mut timed = std::collections::BTreeMap::new();
    let mut seen = Vec::new();
    // The chat grows by a question and an answer; the one at 3 is made twice.
    for count in [1, 3, 3, 5, 7] {
        let options = Options {
            messages: Some(count),
            timed,
            ..Options::default()
        };
        let matched = run(vec![it.clone()], &["k"], &options);
        seen.push(!matched.fired.is_empty());
        timed = matched.timed;
    }
    assert_eq!(seen, [true, false, false, true, false]);
}

#[test]
fn a_reply_that_is_made_anew_gets_what_it_had() {
    let it = Entry {
        cooldown: Some(3),
        ..entry(&["k"], "c")
    };
    let first = run(vec![it.clone()], &["k"], &Options::default());
    let at = |count: u32| Options {
        messages: Some(count),
        timed: first.timed.clone(),
        ..Options::default()
    };
    assert_eq!(fired(&run(vec![it.clone()], &["k"], &at(1))), [0]);
    assert_eq!(why_not(&run(vec![it], &["k"], &at(2)), 0), WhyNot::Cooldown);
}

#[test]
fn a_decorator_keeps_an_entry_for_good_or_lets_it_in_once() {
    let seen = |content: &str, texts: [&str; 3]| {
        let mut timed = std::collections::BTreeMap::new();
        (1..)
            .zip(texts)
            .map(|(count, text)| {
                let options = Options {
                    messages: Some(count),
                    timed: std::mem::take(&mut timed),
                    ..Options::default()
                };
                let matched = run(vec![entry(&["k"], content)], &[text], &options);
                timed = matched.timed.clone();
                !matched.fired.is_empty()
            })
            .collect::<Vec<bool>>()
    };
    assert_eq!(
        seen("@@keep_activate_after_match\nc", ["k", "x", "x"]),
        [true, true, true]
    );
    assert_eq!(
        seen("@@dont_activate_after_match\nc", ["k", "k", "k"]),
        [true, false, false]
    );
}

#[test]
fn of_the_additional_keys_of_one_decorator_one_is_enough() {
    let fires = |content: &str, message: &str| {
        !run(
            vec![entry(&["k"], content)],
            &[message],
            &Options::default(),
        )
        .fired
        .is_empty()
    };
    assert!(fires("@@additional_keys a1,b1\nc", "k b1"));
    assert!(!fires(
        "@@additional_keys a1\n@@additional_keys b1\nc",
        "k b1"
    ));
    assert!(fires(
        "@@additional_keys a1\n@@additional_keys b1\nc",
        "k a1 b1"
    ));
    assert!(fires("@@exclude_keys_all a1,b1\nc", "k a1"));
    assert!(!fires("@@exclude_keys_all a1,b1\nc", "k a1 b1"));
    assert!(!fires(
        "@@exclude_keys_all zz\n@@exclude_keys_all a1,b1\nc",
        "k a1 b1"
    ));
}

#[test]
fn expressions_are_read_as_javascript_spells_them() {
    let fires = |key: &str, message: &str| {
        let matched = run(vec![entry(&[key], "c")], &[message], &Options::default());
        matched.skipped.iter().all(|it| it.why != WhyNot::BadKey) && !matched.fired.is_empty()
    };
    for (key, message) in [
        ("/a[^]b/", "a\nb"),
        ("/a{,3}/", "a{,3}"),
        ("/x{y}/", "x{y}"),
        ("/a{2}b/", "aab"),
        (r"/a\/b/", "a/b"),
        (r"/\u00e9t\u00e9/", "été"),
        (r"/\<b\>/", "<b>"),
        ("/[[x]/", "["),
        ("/[a&&b]/", "&"),
        (r"/\d{1,2}:\d\d/", "at 9:30"),
        ("/(?<name>cat)s?/", "cats"),
        (r"/[\w-]+@/", "a-b@"),
    ] {
        assert!(fires(key, message), "{key} {message}");
    }
    assert!(!fires("/a{2}b/", "ab"));
}

#[test]
fn of_a_group_one_entry_goes_in() {
    let member = |order: i64, weight: f64, wins: bool| Entry {
        group: "g".to_owned(),
        group_override: wins,
        group_weight: weight,
        insertion_order: order,
        ..entry(&["k"], "c")
    };
    let winner = |entries: Vec<Entry>, seed| {
        fired(&run(
            entries,
            &["k"],
            &Options {
                seed,
                ..Options::default()
            },
        ))
    };
    assert_eq!(
        winner(
            vec![
                member(1, 100.0, false),
                member(2, 100.0, true),
                member(9, 100.0, false)
            ],
            1
        ),
        [1]
    );
    let all: std::collections::BTreeSet<usize> = (0..60)
        .map(|seed| winner(vec![member(1, 100.0, false), member(1, 100.0, false)], seed)[0])
        .collect();
    assert_eq!(all.len(), 2);
    assert!(
        (0..60)
            .all(|seed| winner(vec![member(1, 0.0, false), member(1, 100.0, false)], seed) == [1])
    );
}

#[test]
fn decorators_decide_as_they_say() {
    let usual = Options::default();
    let text =
        |content: &str, messages: &[&str]| run(vec![entry(&["k"], content)], messages, &usual);
    assert_eq!(text("@@activate\nc", &["x"]).fired[0].why, Why::Decorator);
    assert_eq!(
        why_not(&text("@@dont_activate\nc", &["k"]), 0),
        WhyNot::Decorator
    );
    assert_eq!(
        why_not(&text("@@activate_only_after 3\nc", &["k"]), 0),
        WhyNot::Delay
    );
    assert_eq!(
        why_not(&text("@@activate_only_every 2\nc", &["k"]), 0),
        WhyNot::Decorator
    );
    assert_eq!(
        why_not(&text("@@exclude_keys bad\nc", &["k bad"]), 0),
        WhyNot::Decorator
    );
    assert_eq!(
        why_not(&text("@@additional_keys more\nc", &["k"]), 0),
        WhyNot::Decorator
    );
    assert_eq!(fired(&text("@@additional_keys more\nc", &["k more"])), [0]);
    let placed = text("@@depth 3\n@@role user\n\nc", &["k"]);
    let it = &placed.fired[0];
    assert_eq!(
        (it.position, it.depth, it.role, it.content.as_str()),
        (Position::AtDepth, 3, 1, "c")
    );
    assert_eq!(
        text("@@position after_desc\nc", &["k"]).fired[0].position,
        Position::AfterChar
    );
    assert_eq!(
        text("@@depth 2\n@@position after_desc\nc", &["k"]).fired[0].position,
        Position::AfterChar
    );
    let placed = text("@@position scenario\n@@@depth 2\nc", &["k"]);
    assert_eq!(
        (placed.fired[0].position, placed.fired[0].depth),
        (Position::AtDepth, 2)
    );
    let last = text("@@end\nc", &["k"]);
    assert_eq!(
        (last.fired[0].position, last.fired[0].depth),
        (Position::AtDepth, 0)
    );
    assert_eq!(
        fired(&text("@@instruct_depth 2\n@@@dont_activate\nc", &["k"])),
        [] as [usize; 0]
    );
    assert_eq!(fired(&text("@@dont_activate\n@@activate\nc", &["x"])), [0]);
}

#[test]
fn a_secondary_key_that_cannot_be_run_is_not_found() {
    let fires = |logic: Logic| {
        let it = Entry {
            secondary_keys: vec!["/(?=x)y/".to_owned()],
            selective: true,
            logic,
            ..entry(&["k"], "c")
        };
        !run(vec![it], &["k"], &Options::default()).fired.is_empty()
    };
    assert_eq!(
        [Logic::AndAny, Logic::AndAll, Logic::NotAny, Logic::NotAll].map(fires),
        [false, false, true, true]
    );
}

#[test]
fn every_entry_is_fired_or_skipped_with_a_reason() {
    let mut random = crate::json::Random(0xb00c_0001_dead_beef);
    for _ in 0..300 {
        let words = ["a", "b", "c", "d", "/a+/", "("];
        let word = |random: &mut crate::json::Random| words[random.below(words.len())].to_owned();
        let entries: Vec<Entry> = (0..random.below(9))
            .map(|_| Entry {
                keys: (0..random.below(3)).map(|_| word(&mut random)).collect(),
                secondary_keys: (0..random.below(2)).map(|_| word(&mut random)).collect(),
                content: word(&mut random),
                selective: random.below(2) == 0,
                constant: random.below(5) == 0,
                enabled: random.below(6) > 0,
                probability: [100.0, 50.0][random.below(2)],
                group: ["", "g"][random.below(2)].to_owned(),
                use_regex: random.below(4) == 0,
                insertion_order: random.below(4) as i64,
                ..Entry::default()
            })
            .collect();
        let count = entries.len();
        let options = Options {
            token_budget: Some(random.below(6) as u32),
            seed: random.below(9) as u32,
            ..Options::default()
        };
        let matched = run(entries, &["a b", "c"], &options);
        let mut all: Vec<usize> = fired(&matched);
        all.extend(matched.skipped.iter().map(|skipped| skipped.index));
        all.sort_unstable();
        assert_eq!(all, (0..count).collect::<Vec<_>>());
    }
}

#[test]
fn a_result_says_itself_in_json() {
    let matched = run(
        vec![entry(&["k"], "c"), entry(&["z"], "c")],
        &["k"],
        &Options::default(),
    );
    let value: Value = serde_json::to_value(&matched).unwrap();
    assert_eq!(
        value,
        json!({
            "fired": [{ "index": 0, "why": { "reason": "key", "key": "k", "depth": 0 }, "content": "c", "tokens": 1, "position": "before-char", "depth": 4, "role": 0 }],
            "skipped": [{ "index": 1, "why": "not-found" }],
            "tokens": 1,
            "timed": {},
        })
    );
}

#[test]
fn a_table_whose_first_key_begins_as_json_is_a_table() {
    for line in ["[\t\n", "[1]\ta number\n", "{}\tnothing\n", "[a, b\tmore\n"] {
        let file = lore::read(line.as_bytes(), &Limits::default()).unwrap();
        assert_eq!(file.dialect, Dialect::Tsv, "{line:?}");
        assert_eq!(file.book.entries.len(), 1, "{line:?}");
    }
}

#[test]
fn broken_json_is_no_table_and_a_table_like_it_is_told() {
    let broken = b"{\"entries\":[{\"keys\":\"a\",\t\"content\":";
    let read = lore::read(broken, &Limits::default());
    assert_eq!(read.err().map(|error| error.kind()), Some(Kind::BadJson));
    let book = br#"{"entries":[{"keys":["[\"a\"]"],"content":"b"}]}"#;
    let book = lore::read(book, &Limits::default()).unwrap().book;
    let written = lore::write(&book, Dialect::Tsv).unwrap();
    assert_eq!(written.bytes, b"[\"a\"]\tb\n");
    assert!(
        written
            .losses
            .iter()
            .any(|loss| loss.path == "entries.0.keys")
    );
}

#[test]
fn an_entry_for_some_characters_goes_in_beside_them_alone() {
    let filter = |names: &[&str], tags: &[&str], exclude| {
        let list = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        let characters = Some(Filter {
            names: list(names),
            tags: list(tags),
            exclude,
        });
        Entry {
            characters,
            ..entry(&["k"], "c")
        }
    };
    let speaks = |name: Option<&str>, tags: Option<&[&str]>| Options {
        character: Character {
            name: name.map(str::to_owned),
            tags: tags.map(|tags| tags.iter().map(|tag| (*tag).to_owned()).collect()),
        },
        ..Options::default()
    };
    for (wanted, who, goes) in [
        (
            filter(&["zoe"], &[], false),
            speaks(Some("zoe"), None),
            true,
        ),
        (
            filter(&["zoe"], &[], false),
            speaks(Some("Zoe"), None),
            false,
        ),
        (
            filter(&["zoe"], &[], true),
            speaks(Some("zoe"), None),
            false,
        ),
        (filter(&["zoe"], &[], true), speaks(Some("ann"), None), true),
        (
            filter(&[], &["a", "b"], false),
            speaks(Some("zoe"), Some(&["b", "c"])),
            true,
        ),
        (
            filter(&[], &["a"], false),
            speaks(Some("zoe"), Some(&[])),
            false,
        ),
        (filter(&[], &["a"], true), speaks(None, Some(&["a"])), false),
        (
            filter(&["zoe"], &["a"], false),
            speaks(Some("zoe"), Some(&["b"])),
            false,
        ),
        // Of what is not known an entry may want what it likes.
        (filter(&["zoe"], &["a"], false), speaks(None, None), true),
    ] {
        let matched = run(vec![wanted.clone()], &["k"], &who);
        assert_eq!(fired(&matched) == [0], goes, "{wanted:?} {who:?}");
        if !goes {
            assert_eq!(why_not(&matched, 0), WhyNot::Character);
        }
    }
}

#[test]
fn an_entry_for_one_kind_of_prompt_goes_into_no_other() {
    let wanted = Entry {
        triggers: vec!["swipe".to_owned(), "quiet".to_owned()],
        ..entry(&["k"], "c")
    };
    for (trigger, goes) in [
        (Trigger::Normal, false),
        (Trigger::Swipe, true),
        (Trigger::Quiet, true),
    ] {
        let options = Options {
            trigger,
            ..Options::default()
        };
        let matched = run(vec![wanted.clone()], &["k"], &options);
        assert_eq!(fired(&matched) == [0], goes);
        if !goes {
            assert_eq!(why_not(&matched, 0), WhyNot::Trigger);
        }
    }
}

#[test]
fn of_a_group_those_stay_of_which_most_keys_are_found() {
    let of = |keys: &[&str], order: i64| Entry {
        group: "g".to_owned(),
        group_override: true,
        insertion_order: order,
        ..entry(keys, "c")
    };
    let entries = || vec![of(&["a", "b"], 1), of(&["a"], 9), of(&["a", "z"], 5)];
    let options = Options {
        group_scoring: true,
        ..Options::default()
    };
    let matched = run(entries(), &["a b"], &options);
    assert_eq!(fired(&matched), [0]);
    assert_eq!(why_not(&matched, 1), WhyNot::Score);
    assert_eq!(fired(&run(entries(), &["a b"], &Options::default())), [1]);
    // One that does not take part in scoring is no loser of it.
    let mut some = entries();
    some[1].group_scoring = Some(false);
    assert_eq!(fired(&run(some, &["a b"], &options)), [1]);
    let mut one = entries();
    one[1].group_scoring = Some(true);
    assert_eq!(fired(&run(one, &["a b"], &Options::default())), [2]);
}

#[test]
fn older_messages_are_looked_at_until_enough_goes_in() {
    let entries = || {
        vec![
            entry(&["old"], "c"),
            entry(&["older"], "c"),
            entry(&["new"], "old things"),
        ]
    };
    let said = ["older", "old", "x", "new"];
    let with = |min_activations, min_activations_depth| Options {
        scan_depth: 1,
        recursive: false,
        min_activations,
        min_activations_depth,
        ..Options::default()
    };
    assert_eq!(fired(&run(entries(), &said, &with(0, 0))), [2]);
    assert_eq!(fired(&run(entries(), &said, &with(2, 0))), [0, 2]);
    assert_eq!(fired(&run(entries(), &said, &with(9, 0))), [0, 1, 2]);
    assert_eq!(fired(&run(entries(), &said, &with(9, 1))), [2]);
    let matched = run(entries(), &said, &with(9, 0));
    let older = matched.fired.iter().find(|one| one.index == 1).unwrap();
    assert_eq!(
        older.why,
        Why::Key {
            key: "older".to_owned(),
            depth: 3,
            secondary: None
        }
    );
    // An entry with a depth of its own looks no further.
    let mut own = entries();
    own[1].scan_depth = Some(2);
    assert_eq!(fired(&run(own, &said, &with(9, 0))), [0, 2]);
}

#[test]
fn keys_are_found_beside_the_messages_where_the_entry_looks_there() {
    let about = Texts {
        scenario: "On a ship".to_owned(),
        ..Texts::default()
    };
    let options = Options {
        about,
        ..Options::default()
    };
    let looking = |look_in: Vec<About>| Entry {
        look_in,
        ..entry(&["ship"], "c")
    };
    let matched = run(
        vec![
            looking(vec![About::CreatorNotes, About::Scenario]),
            looking(vec![]),
        ],
        &["x"],
        &options,
    );
    assert_eq!(fired(&matched), [0]);
    assert_eq!(
        matched.fired[0].why,
        Why::About {
            key: "ship".to_owned(),
            text: About::Scenario
        }
    );
}

#[test]
fn however_many_messages_are_looked_at_each_is_looked_through_once() {
    let entries: Vec<Entry> = (0..1000)
        .map(|n| entry(&[&format!("key{n}x")], "key1x"))
        .collect();
    let said: Vec<String> = (0..10_000)
        .map(|n| format!("message {n} of a long chat"))
        .collect();
    let options = Options {
        min_activations: 5,
        ..Options::default()
    };
    let begun = std::time::Instant::now();
    let book = Book {
        entries,
        ..Book::default()
    };
    assert_eq!(matching::run(&book, &said, &options).fired.len(), 0);
    assert!(begun.elapsed().as_secs() < 20, "{:?}", begun.elapsed());
}

#[test]
fn a_packed_module_of_risuai_is_told_as_one() {
    let mut module = vec![111, 0, 4, 0, 0, 0];
    module.extend([19, 8, 7, 6, 0]);
    let refused = lore::read(&module, &Limits::default()).unwrap_err();
    assert_eq!(refused.kind(), Kind::Unsupported);
    let refused = card::read(&module, &Limits::default()).unwrap_err();
    assert_eq!(refused.kind(), Kind::Unsupported);
    // One that is cut short is nothing that is known.
    let refused = lore::read(&module[..9], &Limits::default()).unwrap_err();
    assert_eq!(refused.kind(), Kind::NotALorebook);
}

#[test]
fn entries_beside_a_book_that_is_none_are_written_and_read() {
    let file = include_bytes!("../fuzz/corpus/lorebook/entries_beside_a_book_that_is_none");
    let limits = Limits::default();
    let found = lore::read(file, &limits).unwrap();
    let written = lore::write(&found.book, Dialect::SillyTavern).unwrap();
    let again = lore::read(&written.bytes, &limits).unwrap();
    assert_eq!(
        (again.dialect, again.book.entries.len()),
        (Dialect::SillyTavern, found.book.entries.len())
    );
}

#[test]
fn an_entry_calls_for_others_where_it_says_so_and_stays_by_its_priority() {
    let quiet = Options {
        recursive: false,
        ..Options::default()
    };
    let entries = |content: &str| {
        vec![
            entry(&["ice"], content),
            entry(&["snow"], "Wind."),
            entry(&["ice"], "Of rain."),
            entry(&["rain"], "Wet."),
        ]
    };
    let with = run(entries("@@recursive\nOf snow."), &["ice"], &quiet);
    assert_eq!(fired(&with), [0, 1, 2]);
    let without = run(entries("Of snow."), &["ice"], &quiet);
    assert_eq!(fired(&without), [0, 2]);
    let budget = Options {
        token_budget: Some(1),
        ..Options::default()
    };
    let two = |first: &str| vec![entry(&["ice"], first), entry(&["ice"], "Two.")];
    assert_eq!(fired(&run(two("One."), &["ice"], &budget)), [0]);
    let low = run(two("@@priority 1\nOne."), &["ice"], &budget);
    assert_eq!(fired(&low), [1]);
    assert_eq!(why_not(&low, 0), WhyNot::Budget);
    let high = run(two("@@priority 500\nOne."), &["ice"], &budget);
    assert_eq!(fired(&high), [0]);
}

#[test]
fn a_category_of_novelai_that_is_off_switches_its_entries_off() {
    let json = r#"{"lorebookVersion":5,"entries":[{"text":"A","keys":["ice"],"enabled":true,"category":"c"},
        {"text":"B","keys":["ice"],"enabled":true,"category":"d"},{"text":"C","keys":["ice"],"enabled":true,"category":""}],
        "categories":[{"name":"Off","id":"c","enabled":false},{"name":"On","id":"d","enabled":true}]}"#;
    let file = read(json);
    let enabled: Vec<bool> = file
        .book
        .entries
        .iter()
        .map(|entry| entry.enabled)
        .collect();
    assert_eq!(enabled, [false, true, true]);
    let written = file.write(Dialect::SillyTavern).unwrap();
    assert!(
        String::from_utf8(written.bytes)
            .unwrap()
            .contains(r#""disable":true"#)
    );
    let same = file.write(Dialect::NovelAi).unwrap();
    assert_eq!(same.bytes, json.as_bytes());
}

#[test]
fn story_cards_are_read_in_what_they_were_exported_with() {
    let cards = r#"[{"keys":"ice,snow","value":"Cold.","type":"class","title":"Ice"}]"#;
    let old = r#"[{"keys":"ice,snow","entry":"Cold."}]"#;
    for (text, title) in [
        (format!(r#"{{"storyCards":{cards}}}"#), "Ice"),
        (format!(r#"{{"worldInfo":{old}}}"#), ""),
        (format!(r#"{{"worldInfos":{old},"title":"t"}}"#), ""),
        (
            format!(r#"{{"adventure":{{"title":"t","storyCards":{cards}}}}}"#),
            "Ice",
        ),
        (
            format!(r#"{{"data":{{"scenario":{{"storyCards":{cards}}}}}}}"#),
            "Ice",
        ),
        (format!(r#"{{"storyCards":[],"worldInfo":{old}}}"#), ""),
        (
            r#"{"worldinfo":[{"key":"ice,snow","content":"Cold.","comment":"c"}]}"#.into(),
            "c",
        ),
    ] {
        let file = read(&text);
        assert_eq!(file.dialect, Dialect::AiDungeon, "{text}");
        let entry = &file.book.entries[0];
        assert_eq!(entry.keys, ["ice", "snow"], "{text}");
        assert_eq!(
            (entry.content.as_str(), entry.comment.as_str()),
            ("Cold.", title)
        );
        assert_eq!(codes(&file), [""; 0], "{text}");
        assert_eq!(file.document.bytes(), text.as_bytes());
        let written = file.write(Dialect::SillyTavern).unwrap();
        let again = lore::read(&written.bytes, &Limits::default()).unwrap();
        assert_eq!(again.book.entries[0].keys, ["ice", "snow"]);
    }
    assert!(read(r#"{"storyCards":[]}"#).book.entries.is_empty());
    for none in [
        r#"{"storyCards":[1]}"#,
        r#"{"worldInfo":{"a":1}}"#,
        r#"{"storyCards":[{"a":1}]}"#,
    ] {
        let error = lore::read(none.as_bytes(), &Limits::default()).unwrap_err();
        assert_eq!(error.kind(), Kind::NotALorebook, "{none}");
    }
}

#[test]
fn a_lorebook_of_novelai_is_read_in_its_scenario_and_its_story() {
    let book = r#"{"lorebookVersion":5,"entries":[{"text":"Cold.","displayName":"Ice","keys":["ice"],"enabled":true}]}"#;
    for text in [
        book.to_owned(),
        format!(r#"{{"scenarioVersion":3,"title":"t","lorebook":{book}}}"#),
        format!(r#"{{"storyContainerVersion":1,"content":{{"lorebook":{book}}}}}"#),
    ] {
        let file = read(&text);
        assert_eq!(file.dialect, Dialect::NovelAi, "{text}");
        assert_eq!(file.book.entries[0].comment, "Ice", "{text}");
        assert_eq!(file.document.bytes(), text.as_bytes());
        assert_eq!(file.write(Dialect::NovelAi).unwrap().bytes, book.as_bytes());
    }
}

#[test]
fn a_compressed_lorebook_is_read_within_its_limit() {
    use std::io::Write;
    let packed = |text: &[u8]| {
        let mut file = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        file.write_all(text).unwrap();
        file.finish().unwrap()
    };
    let text = br#"{"entries":{"0":{"uid":0,"key":["ice"],"content":"Cold."}}}"#;
    let file = lore::read(&packed(text), &Limits::default()).unwrap();
    assert_eq!(file.document.bytes(), text);
    assert_eq!(codes(&file), ["double-encoded"]);
    let table = lore::read(&packed(b"ice\tCold.\n"), &Limits::default()).unwrap();
    assert_eq!(table.dialect, Dialect::Tsv);

    let kind = |bytes: &[u8], limits: &Limits| lore::read(bytes, limits).unwrap_err().kind();
    let bomb = packed(&vec![b' '; 1 << 22]);
    let limits = Limits {
        text: 1 << 20,
        ..Limits::default()
    };
    assert_eq!(kind(&bomb, &limits), Kind::TooLarge);
    assert_eq!(kind(&bomb[..2000], &Limits::default()), Kind::BadEncoding);
    assert_eq!(
        kind(&packed(&packed(text)), &Limits::default()),
        Kind::NotALorebook
    );
    assert_eq!(
        kind(&[0x1f, 0x8b, 8], &Limits::default()),
        Kind::BadEncoding
    );

    let card = br#"{"name":"Ann","description":"d","first_mes":"Hi"}"#;
    let file = card::read(&packed(card), &Limits::default()).unwrap();
    assert_eq!(
        (file.container, file.document.bytes()),
        (Container::Json, &card[..])
    );
    assert_eq!(file.warnings[0].code, "double-encoded");
    assert_eq!(
        card::read(&bomb, &limits).unwrap_err().kind(),
        Kind::TooLarge
    );
    let error = card::read(&bomb[..2000], &Limits::default()).unwrap_err();
    assert_eq!(error.kind(), Kind::BadEncoding);
}

// ------------------------------------------------------------------ decorators of V3 and RisuAI

/// Entries with these contents, called for by `k` unless the content says otherwise.
fn decorated(contents: &[&str]) -> Book {
    let entries: Vec<Value> = contents
        .iter()
        .map(|content| json!({ "keys": ["k"], "content": content, "comment": content.lines().last() }))
        .collect();
    read(&json!({ "spec": "lorebook_v3", "data": { "entries": entries } }).to_string()).book
}

#[test]
fn an_entry_may_be_for_one_greeting_and_one_icon_alone() {
    let book = decorated(&[
        "@@is_greeting 1\na",
        "@@is_user_icon Cat\nb",
        "@@is_greeting x\nc",
    ]);
    let run = |greeting, user_icon: Option<&str>| {
        let options = Options {
            greeting,
            user_icon: user_icon.map(Into::into),
            ..Options::default()
        };
        let matched = matching::run(&book, &["k".to_owned()], &options);
        matched
            .fired
            .into_iter()
            .map(|fired| fired.content)
            .collect::<String>()
    };
    assert_eq!(run(None, None), "abc");
    assert_eq!(run(Some(1), Some("Cat")), "abc");
    assert_eq!(run(Some(0), Some("Cat")), "bc");
    assert_eq!(run(Some(1), Some("Dog")), "ac");
}

#[test]
fn a_depth_may_be_counted_from_the_first_message() {
    let book = decorated(&[
        "@@reverse_depth 2\na",
        "@@reverse_depth 99\nb",
        "@@depth 1\n@@reverse_depth 2\nc",
        "@@reverse_depth 2\n@@position after_desc\nd",
    ]);
    let messages: Vec<String> = (0..10).map(|_| "k".to_owned()).collect();
    let matched = matching::run(&book, &messages, &Options::default());
    let mut placed: Vec<_> = matched
        .fired
        .iter()
        .map(|fired| (fired.content.as_str(), fired.position, fired.depth))
        .collect();
    placed.sort_by_key(|(content, ..)| content.to_string());
    assert_eq!(placed[0], ("a", Position::AtDepth, 8));
    assert_eq!(placed[1], ("b", Position::AtDepth, 0));
    assert_eq!(placed[2], ("c", Position::AtDepth, 1));
    assert_eq!(placed[3].1, Position::AfterChar);
}

#[test]
fn an_entry_may_refuse_to_be_called_for_by_others() {
    let text = json!({ "spec": "lorebook_v3", "data": { "recursive_scanning": true, "entries": [
        { "keys": ["a"], "content": "says b" },
        { "keys": ["b"], "content": "@@no_recursive_search\nx" },
        { "keys": ["b"], "content": "y" },
    ]}});
    let book = read(&text.to_string()).book;
    let matched = matching::run(&book, &["a".to_owned()], &Options::default());
    let fired: Vec<usize> = matched.fired.iter().map(|fired| fired.index).collect();
    assert_eq!(fired, [0, 2]);
    let matched = matching::run(&book, &["b".to_owned()], &Options::default());
    assert_eq!(matched.fired.len(), 2);
}

#[test]
fn a_text_goes_into_the_entry_that_it_asks_for() {
    for (decorators, wanted) in [
        ("@@inject_lore host", "host guest"),
        ("@@inject_lore host\n@@inject_prepend", "guest host"),
        ("@@inject_lore host\n@@inject_replace os", "hguestt"),
    ] {
        let book = decorated(&[&format!("{decorators}\nguest"), "host"]);
        let matched = matching::run(&book, &["k".to_owned()], &Options::default());
        assert_eq!(matched.fired.len(), 1, "{decorators}");
        assert_eq!(matched.fired[0].content, wanted);
        assert_eq!(
            (matched.skipped[0].index, matched.skipped[0].why),
            (0, WhyNot::Decorator)
        );
    }
    let book = decorated(&["@@inject_lore nobody\nguest", "host"]);
    let matched = matching::run(&book, &["k".to_owned()], &Options::default());
    assert_eq!(matched.fired[0].content, "host");
}

#[test]
fn what_is_to_be_activated_in_any_case_is() {
    let book = decorated(&[
        "@@activate\n@@activate_only_after 50\na",
        "@@activate\n@@probability 0\n@@dont_activate\nb",
        "@@activate\n@@is_greeting 3\nc",
    ]);
    let options = Options {
        greeting: Some(0),
        ..Options::default()
    };
    assert_eq!(
        matching::run(&book, &["x".to_owned()], &options)
            .fired
            .len(),
        3
    );
}

#[test]
fn further_keys_of_an_entry_with_expressions_are_expressions() {
    let run = |content: &str, message: &str| {
        let entry = json!({ "keys": ["sh.rk"], "use_regex": true, "content": content });
        let book = json!({ "spec": "lorebook_v3", "data": { "entries": [entry] } });
        let book = read(&book.to_string()).book;
        matching::run(&book, &[message.to_owned()], &Options::default())
            .fired
            .len()
    };
    assert_eq!(run("@@additional_keys r.d\nx", "a rod shark"), 1);
    assert_eq!(run("@@additional_keys r.d\nx", "a shark"), 0);
    // Neither one that cannot be run nor one that keeps others out.
    assert_eq!(run("@@additional_keys (\nx", "a ( shark"), 0);
    assert_eq!(run("@@exclude_keys shark\nx", "a shark"), 1);
}

#[test]
fn no_key_is_found_in_what_nobody_says() {
    let book = |extra: Value| {
        let mut entries = vec![json!({ "keys": ["shark"], "content": "x" })];
        entries.push(extra);
        read(&json!({ "spec": "lorebook_v3", "data": { "entries": entries } }).to_string()).book
    };
    let plain = book(json!({ "keys": ["zzz"], "content": "" }));
    for (message, fires) in [
        ("{{// shark}} fin", false),
        ("fin {{Comment: a shark}}", false),
        ("{{hidden_key:shark}}", false),
        ("{{// a}} shark {{// b}}", true),
        ("{{// shark", true),
        ("{{ {{// shark}}", false),
        ("{{reverse:shark}}", true),
    ] {
        let matched = matching::run(&plain, &[message.to_owned()], &Options::default());
        assert_eq!(!matched.fired.is_empty(), fires, "{message}");
    }
    for (content, fires) in [("{{hidden_key:shark}}", 2), ("{{// shark}}", 1)] {
        let book = book(json!({ "keys": ["fin"], "content": content }));
        let matched = matching::run(&book, &["fin".to_owned()], &Options::default());
        assert_eq!(matched.fired.len(), fires, "{content}");
    }
}

#[test]
fn decorators_become_fields_where_the_dialect_has_such() {
    let book = |content: &str| {
        let entry = json!({ "keys": ["k"], "content": content });
        json!({ "spec": "lorebook_v3", "data": { "entries": [entry] } }).to_string()
    };
    let content = "@@depth 3\n@@role user\n@@probability 40\n@@scan_depth 5\n@@exclude_keys a,b\n@@unrecursive\nx";
    let (file, losses) = written(&book(content), Dialect::SillyTavern);
    assert_eq!(losses, [""; 0]);
    let entry = &file["entries"]["0"];
    for (name, value) in [
        ("position", json!(4)),
        ("depth", json!(3)),
        ("role", json!(1)),
        ("probability", json!(40)),
        ("scanDepth", json!(5)),
        ("selectiveLogic", json!(2)),
        ("keysecondary", json!(["a", "b"])),
        ("preventRecursion", json!(true)),
        // It passes them over, and other tools need them.
        ("content", json!(content)),
    ] {
        assert_eq!(entry[name], value, "{name}");
    }
    // What fires is what fired.
    let (old, new) = (read(&book(content)).book, read(&file.to_string()).book);
    for message in ["k", "k a", "x"] {
        let run = |book: &Book| {
            let matched = matching::run(book, &[message.to_owned()], &Options::default());
            let fired = matched.fired.into_iter();
            fired
                .map(|it| (it.content, it.position, it.depth, it.role))
                .collect::<Vec<_>>()
        };
        assert_eq!(run(&old), run(&new), "{message}");
    }

    let losses = |content: &str, dialect| written(&book(content), dialect).1;
    assert_eq!(
        losses("@@activate\n@@dont_activate\nx", Dialect::SillyTavern),
        [""; 0]
    );
    for told in [
        "is_greeting 1",
        "reverse_depth 2",
        "activate_only_every 2",
        "own 1",
        "depth x",
    ] {
        let content = format!("@@{told}\nx");
        assert_eq!(
            losses(&content, Dialect::SillyTavern),
            ["entries.0.content"],
            "{told}"
        );
    }
    let place = "@@depth 2\n@@position after_desc\nx";
    assert_eq!(
        written(&book(place), Dialect::SillyTavern).0["entries"]["0"]["position"],
        1
    );
    let (file, told) = written(&book("@@dont_activate\n@@depth 3\nx"), Dialect::Agnai);
    assert_eq!(
        (&file["entries"][0]["enabled"], &file["entries"][0]["entry"]),
        (&json!(false), &json!("x"))
    );
    assert_eq!(told, ["entries.0.position"]);
}

#[test]
fn fields_become_decorators_for_risuai() {
    let entry = json!({
        "uid": 0, "key": ["k"], "content": "x", "position": 1, "disable": true, "scanDepth": 3,
        "excludeRecursion": true, "preventRecursion": true, "caseSensitive": true, "priority": 7,
    });
    let book = json!({ "entries": { "0": entry, "1": { "uid": 1, "key": ["k"], "content": "y", "position": 2 } } });
    let (file, losses) = written(&book.to_string(), Dialect::Risu);
    assert_eq!(losses, ["entries.1.position"]);
    let entry = &file["data"][0];
    let content = "@@position after_desc\n@@scan_depth 3\n@@priority 7\n@@dont_activate\n@@no_recursive_search\n@@unrecursive\nx";
    assert_eq!(entry["content"], content);
    assert_eq!(entry["extentions"], json!({ "risu_case_sensitive": true }));
    let again = read(&file.to_string()).book;
    assert_eq!(again.entries[0].case_sensitive, Some(true));
    assert_eq!(
        again.entries[0]
            .extra
            .iter()
            .map(|(name, _)| name.as_str())
            .collect::<Vec<_>>(),
        ["mode"]
    );
}

#[test]
fn story_cards_are_written_and_changed_where_they_stand() {
    let entry = r#"{"uid":0,"key":["a","b"],"comment":"t","content":"@@depth 2\nx"}"#;
    let (cards, losses) = written(
        &format!(r#"{{"entries":{{"0":{entry}}}}}"#),
        Dialect::AiDungeon,
    );
    assert_eq!(
        cards,
        json!([{ "keys": "a,b", "value": "x", "title": "t", "type": "" }])
    );
    assert_eq!(losses, ["entries.0.position"]);
    let (_, losses) = written(
        r#"{"entries":{"0":{"uid":0,"key":["a,b"],"content":"x"}}}"#,
        Dialect::AiDungeon,
    );
    assert_eq!(losses, ["entries.0.keys"]);

    let text = r#"{"title":"s","storyCards":[ {"keys":"a,b","value":"x","type":"class","title":"t","own":1} ]}"#;
    let file = read(text);
    let list = r#"[ {"keys":"a,b","value":"x","type":"class","title":"t","own":1} ]"#;
    assert_eq!(
        file.write(Dialect::AiDungeon).unwrap().bytes,
        list.as_bytes()
    );
    let edit = |patch: Value| {
        let patch = Document::parse(&patch.to_string()).unwrap();
        lore::edit(&file.document, &patch)
            .map(|made| String::from_utf8(made.bytes().to_vec()).unwrap())
    };
    let made = edit(json!({ "entries": { "#0": { "content": "y", "keys": ["c"] } } })).unwrap();
    assert_eq!(made, text.replace("\"x\"", "\"y\"").replace("a,b", "c"));
    let made =
        edit(json!({ "add": [{ "keys": ["n"], "content": "new", "comment": "N" }] })).unwrap();
    let book = read(&made).book;
    assert_eq!(
        (book.entries.len(), book.entries[1].content.as_str()),
        (2, "new")
    );
    assert!(made.contains("\"own\":1"), "{made}");
    let refused = edit(json!({ "entries": { "#0": { "sticky": 3 } } })).unwrap_err();
    assert_eq!(refused.kind(), Kind::Unsupported);
}

#[test]
fn hostile_decorators_and_comments_take_no_time() {
    let many: String = (0..200_000).map(|n| format!("@@own{n}\n")).collect();
    let open = "{{// ".repeat(400_000);
    let guests =
        (0..20_000).map(|n| json!({ "keys": ["k"], "content": format!("@@inject_lore h{n}\ng") }));
    let hosts =
        (0..20_000).map(|n| json!({ "keys": ["k"], "content": "x", "comment": format!("h{n}") }));
    let odd = json!({ "keys": ["k"], "content": format!("{many}x") });
    let entries: Vec<Value> = guests.chain(hosts).chain([odd]).collect();
    let book =
        read(&json!({ "spec": "lorebook_v3", "data": { "entries": entries } }).to_string()).book;
    let started = std::time::Instant::now();
    let matched = matching::run(
        &book,
        &[open, "{{{// k}} k".to_owned()],
        &Options::default(),
    );
    assert_eq!(matched.fired.len(), 20_001);
    assert!(matched.fired.iter().any(|fired| fired.content == "x g"));
    let taken = started.elapsed();
    assert!(taken.as_secs() < 20, "{taken:?}");
}

#[test]
fn a_crowd_of_groups_takes_no_time() {
    let entry = |n: usize| json!({ "uid": n, "key": ["k"], "content": "x", "group": format!("a{},b{}", n / 2, n % 3000) });
    let mut entries = serde_json::Map::new();
    for n in 0..30_000 {
        entries.insert(n.to_string(), entry(n));
    }
    let book = read(&json!({ "entries": entries }).to_string()).book;
    let started = std::time::Instant::now();
    let matched = matching::run(&book, &["k".to_owned()], &Options::default());
    let taken = started.elapsed();
    let groups: Vec<_> = matched
        .fired
        .iter()
        .map(|fired| &book.entries[fired.index].group)
        .collect();
    let of = |group: &str| {
        groups
            .iter()
            .filter(|names| names.split(',').any(|name| name == group))
            .count()
    };
    assert!(matched.fired.len() <= 3000 && of("a0") <= 1 && of("b7") == 1);
    assert_eq!(matched.fired.len() + matched.skipped.len(), 30_000);
    assert!(taken.as_secs() < 20, "{taken:?}");
}
