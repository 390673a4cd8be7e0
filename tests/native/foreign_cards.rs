//! Characters of other tools: Agnai, Backyard (BYAF) and text-generation-webui (YAML).

use crate::cards::{kind, name, read, view, warns};
use crate::containers::{archive, item};
use crate::keep::open;
use crate::turn::now;
use cardkeep::card::{self, Asset, CardFile, Container, Spec, WriteOptions};
use cardkeep::chat;
use cardkeep::error::{Kind, Limits};
use cardkeep::json::Document;
use cardkeep::keep::{Domain, PatchDocument};
use cardkeep::store::{MemoryMedium, Write};
use serde_json::{Value, json};

const AGNAI: &str = r#"{
  "kind": "character", "name": "Zo\u00eb", "_id": "x1", "description": "For the reader.",
  "persona": {"kind": "boostyle", "attributes": {"species": ["shark", "big"], "age": ["3"]}},
  "greeting": "Hi {{user}}", "scenario": "Sea", "sampleChat": "{{char}}: No.\\n", "systemPrompt": "s",
  "postHistoryInstructions": "p", "alternateGreetings": ["Ho"], "characterVersion": "1.50", "tags": ["a"],
  "creator": "c", "extensions": {"k": 1.0},
  "characterBook": {"kind": "memory", "name": "B", "entries": [{"name": "e", "entry": "Cold.", "keywords": ["ice"], "priority": 1, "weight": 2, "enabled": true}]}
}"#;

fn patched(document: &Document, change: Value) -> Document {
    let patch = Document::parse(&change.to_string()).expect("it is JSON");
    card::edit(document, &patch).unwrap_or_else(|error| panic!("{error}"))
}

fn text(document: &Document) -> String {
    String::from_utf8_lossy(document.bytes()).into_owned()
}

fn write(document: &Document, container: Container, assets: &[Asset]) -> Vec<u8> {
    let limits = Limits::default();
    let options = WriteOptions {
        container,
        image: None,
        assets,
        limits,
    };
    card::write(document, &options).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn a_character_of_agnai_is_told_under_the_names_of_v2() {
    let file = read(AGNAI.as_bytes());
    assert_eq!((file.container, file.spec), (Container::Json, Spec::V1));
    let told = view(&file.document);
    for (key, want) in [
        ("name", json!("Zoë")),
        ("description", json!("Zoë + shark + big + 3")),
        ("creator_notes", json!("For the reader.")),
        ("first_mes", json!("Hi {{user}}")),
        ("mes_example", json!("{{char}}: No.\\n")),
        ("scenario", json!("Sea")),
        ("system_prompt", json!("s")),
        ("post_history_instructions", json!("p")),
        ("alternate_greetings", json!(["Ho"])),
        ("character_version", json!("1.50")),
        ("extensions", json!({"k": 1.0})),
    ] {
        assert_eq!(told[key], want, "{key}");
    }
    assert_eq!(file.document.bytes(), AGNAI.as_bytes());
    let bare = r#"{"name":"A","persona":{"kind":"text","attributes":{"text":["One.","Two."]}},"greeting":"g","scenario":"","sampleChat":""}"#;
    assert_eq!(
        view(&read(bare.as_bytes()).document)["description"],
        "One.\nTwo."
    );
}

#[test]
fn a_character_of_agnai_is_changed_where_it_stands() {
    let document = read(AGNAI.as_bytes()).document;
    let told = view(&document);
    let same = json!({"description": told["description"], "creator_notes": told["creator_notes"], "first_mes": told["first_mes"]});
    assert_eq!(text(&patched(&document, same)), AGNAI);
    let edited = patched(&document, json!({"first_mes": "Yo", "creator_notes": "n"}));
    let want = AGNAI
        .replace(r#""Hi {{user}}""#, r#""Yo""#)
        .replace("For the reader.", "n");
    assert_eq!(text(&edited), want);
    let edited = patched(&document, json!({"description": "A shark."}));
    assert_eq!(view(&edited)["description"], "A shark.");
    assert_eq!(view(&edited)["creator_notes"], "For the reader.");
    let root: Value = serde_json::from_str(&text(&edited)).unwrap();
    assert_eq!(
        root["persona"],
        json!({"kind": "text", "attributes": {"text": ["A shark."]}})
    );
}

#[test]
fn other_tools_get_a_character_of_agnai_as_v2_with_all_it_had() {
    let document = read(AGNAI.as_bytes()).document;
    let told = view(&document);
    let converted = [
        read(&write(&document, Container::Png, &[])).document,
        read(&write(&document, Container::Charx, &[])).document,
        card::convert(&document, Spec::V2).unwrap().document,
    ];
    for v2 in converted {
        assert_ne!(card::spec(&v2), Spec::V1);
        let again = view(&v2);
        for key in [
            "name",
            "description",
            "creator_notes",
            "first_mes",
            "mes_example",
            "alternate_greetings",
            "tags",
            "character_version",
        ] {
            assert_eq!(told[key], again[key], "{key}");
        }
        let agnai = &again["extensions"]["agnai"];
        assert_eq!(
            (&agnai["_id"], &agnai["persona"]["kind"]),
            (&json!("x1"), &json!("boostyle"))
        );
        assert_eq!(again["extensions"]["k"], 1.0);
        assert_eq!(
            again["character_book"]["entries"][0]["keys"],
            json!(["ice"])
        );
        assert_eq!(card::validate(&v2).errors, []);
    }
    let flat = card::convert(&document, Spec::V1).unwrap().document;
    assert_eq!(view(&flat)["description"], told["description"]);
}

#[test]
fn a_persona_of_agnai_is_told_as_agnai_tells_it() {
    let attributes = r#"{"species": ["shark", "big"], "age": "3"}"#;
    for (kind, want) in [
        (
            "wpp",
            "[character(\"Zoë\") {\nspecies(\"shark\" + \"big\")\nage(\"3\")\n}]",
        ),
        (
            "sbf",
            "[ character: \"Zoë\"; species: \"shark\", \"big\"; age: \"3\" ]",
        ),
        ("boostyle", "Zoë + shark + big + 3"),
        ("attributes", "Name: Zoë\nspecies: shark, big\nage: 3"),
        ("another", "species: shark, big\nage: 3"),
    ] {
        let text = AGNAI.replace(
            r#"{"kind": "boostyle", "attributes": {"species": ["shark", "big"], "age": ["3"]}}"#,
            &format!(r#"{{"kind": "{kind}", "attributes": {attributes}}}"#),
        );
        let document = read(text.as_bytes()).document;
        assert_eq!(view(&document)["description"], want, "{kind}");
        // With this text Agnai takes the attributes back, else it calls them outdated.
        let v2 = view(&card::convert(&document, Spec::V2).unwrap().document);
        assert_eq!(v2["description"], want, "{kind}");
        assert_eq!(v2["extensions"]["agnai"]["persona"]["kind"], kind);
    }
}

#[test]
fn what_agnai_inserts_at_a_depth_is_the_depth_prompt_of_other_tools() {
    let insert = r#""insert": {"prompt": "Be cold.", "depth": 3}, "kind""#;
    let extensions = r#"{"k": 1.0, "depth_prompt": {"prompt": "old", "depth": 4}}"#;
    let text = AGNAI
        .replacen(r#""kind""#, insert, 1)
        .replace(r#"{"k": 1.0}"#, extensions);
    let document = read(text.as_bytes()).document;
    let v2 = view(&card::convert(&document, Spec::V2).unwrap().document);
    let told = &v2["extensions"];
    assert_eq!(
        told["depth_prompt"],
        json!({"prompt": "Be cold.", "depth": 3})
    );
    assert_eq!(
        (&told["k"], &told["agnai"]["insert"]),
        (&json!(1.0), &json!(null))
    );
    let without = text.replacen(insert, r#""kind""#, 1);
    let document = read(without.as_bytes()).document;
    let v2 = view(&card::convert(&document, Spec::V2).unwrap().document);
    assert_eq!(v2["extensions"]["depth_prompt"]["prompt"], "old");
}

#[test]
fn a_flat_card_is_one_whatever_little_stands_in_its_data() {
    let flat = r#"{"name":"Zoë","description":"about","personality":"cold","first_mes":"Hi","mes_example":"","scenario":"Sea""#;
    for (data, creator) in [
        ("{}", ""),
        (r#"{"creator":"c","extensions":{"charas":{}}}"#, "c"),
        (r#"{"name":"","creator":"c"}"#, "c"),
    ] {
        let file = read(format!(r#"{flat},"data":{data}}}"#).as_bytes());
        let told = view(&file.document);
        for (key, want) in [("name", "Zoë"), ("first_mes", "Hi"), ("creator", creator)] {
            assert_eq!(told[key], want, "{key} of {data}");
        }
        let edited = patched(&file.document, json!({"name": "Bea", "first_mes": "Ho"}));
        let told = view(&edited);
        assert_eq!(
            (&told["name"], &told["first_mes"]),
            (&json!("Bea"), &json!("Ho"))
        );
        assert_eq!(told["personality"], "cold");
    }
    for text in [
        r#"{"name":"x","data":{}}"#,
        r#"{"name":"x","description":"y","entries":[],"data":{}}"#,
    ] {
        assert_eq!(kind(text.as_bytes()), Kind::NotACard, "{text}");
    }
}

fn byaf() -> Vec<u8> {
    let manifest = r#"{"schemaVersion":1,"createdAt":"x","characters":["characters/a/character.json"],"scenarios":["scenarios/1.json","scenarios/2.json","scenarios/gone.json"],"author":{"name":"me","backyardURL":"https://b/x"}}"#;
    let character = r#"{"schemaVersion":1,"id":"a","name":"Zo\u00eb","displayName":"Z","isNSFW":false,"persona":"{character} likes {user}. {{user}} {other","loreItems":[{"key":"ice, {user}","value":"Cold {character}."}],"images":[{"path":"images/a.png","label":""},{"path":"images/gone.png","label":"x"}]}"#;
    let first = r##"{"narrative":"Sea","formattingInstructions":"Be {Character}.","firstMessages":[{"characterID":"a","text":"Hi {user}"}],"exampleMessages":[{"text":"#{user}: hello\n#{character}: no"},{"text":""},{"text":"b"}],"messages":[{"type":"human","text":"x"}]}"##;
    let second = r#"{"firstMessages":[{"text":"Ho"}]}"#;
    let picture = crate::cards::Png::new().bytes();
    archive(
        b"",
        &[
            item("manifest.json", manifest.as_bytes()),
            item("characters/a/character.json", character.as_bytes()),
            item("characters/a/images/a.png", &picture),
            item("scenarios/1.json", first.as_bytes()),
            item("scenarios/2.json", second.as_bytes()),
        ],
        true,
    )
}

#[test]
fn a_backyard_archive_gives_its_character_with_pictures_lore_and_greetings() {
    let file = read(&byaf());
    assert_eq!(
        (file.container, file.spec, file.source.chunk),
        (Container::Byaf, Spec::V3, "manifest.json")
    );
    let told = view(&file.document);
    for (key, want) in [
        ("name", json!("Zoë")),
        (
            "description",
            json!("{{char}} likes {{user}}. {{user}} {other"),
        ),
        ("scenario", json!("Sea")),
        ("system_prompt", json!("Be {{char}}.")),
        ("first_mes", json!("Hi {{user}}")),
        (
            "mes_example",
            json!("<START>\n{{user}}: hello\n{{char}}: no\n<START>\nb"),
        ),
        ("alternate_greetings", json!(["Ho"])),
        ("creator", json!("me")),
        ("creator_notes", json!("https://b/x")),
    ] {
        assert_eq!(told[key], want, "{key}");
    }
    let entry = &told["character_book"]["entries"][0];
    assert_eq!(
        (&entry["keys"], &entry["content"]),
        (&json!(["ice", "{{user}}"]), &json!("Cold {{char}}."))
    );
    assert!(
        warns(&file, "unread-chat") && warns(&file, "damaged-scenario"),
        "{:?}",
        file.warnings
    );
    assert_eq!(file.assets.len(), 5);
    assert_eq!(
        card::portrait(&file, &byaf()),
        Some(&*crate::cards::Png::new().bytes())
    );
    assert_eq!(card::validate(&file.document).errors, []);
}

/// An archive with these scenarios.
fn talked(scenarios: &[Value]) -> Vec<u8> {
    talked_by("p", scenarios)
}

fn talked_by(persona: &str, scenarios: &[Value]) -> Vec<u8> {
    let names: Vec<String> = (0..scenarios.len())
        .map(|n| format!("scenarios/{n}.json"))
        .collect();
    let manifest = json!({"schemaVersion": 1, "characters": ["characters/c/character.json"], "scenarios": names});
    let character = json!({"name": "Zoë", "displayName": "Zoë the shark", "isNSFW": true, "persona": persona, "loreItems": [], "images": []});
    let mut items = vec![
        item("manifest.json", manifest.to_string().as_bytes()),
        item(
            "characters/c/character.json",
            character.to_string().as_bytes(),
        ),
    ];
    for (name, scenario) in names.iter().zip(scenarios) {
        items.push(item(name, scenario.to_string().as_bytes()));
    }
    archive(b"", &items, true)
}

fn human(text: &str, minute: u32) -> Value {
    let at = format!("2025-03-01T10:{minute:02}:00.000Z");
    json!({"type": "human", "createdAt": at, "updatedAt": at, "text": text})
}

fn reply(versions: &[(&str, u32)]) -> Value {
    let outputs = versions.iter().map(|(text, minute)| {
        let at = format!("2025-03-01T10:{minute:02}:00.000Z");
        json!({"createdAt": at, "updatedAt": at, "text": text, "activeTimestamp": at})
    });
    json!({"type": "ai", "outputs": outputs.collect::<Vec<Value>>()})
}

fn sea() -> Value {
    json!({
        "schemaVersion": 1, "title": "At sea", "narrative": "Sea", "temperature": 1.2,
        "firstMessages": [{"characterID": "c", "text": "Hi {user}"}],
        "messages": [human("Hello.", 1), reply(&[("No.", 2), ("Yes.", 9), ("Maybe.", 3)]), human("Bye.", 5)],
    })
}

fn texts(bytes: &[u8]) -> Vec<Vec<String>> {
    let file = chat::read(bytes, &Limits::default()).unwrap_or_else(|error| panic!("{error}"));
    let sessions = file.sessions.iter().map(|session| {
        let lines = session.lines.iter().map(|line| &file.bytes[line.clone()]);
        let text = |line| chat::text(line, file.dialect, &Limits::default());
        lines.filter_map(text).collect()
    });
    sessions.collect()
}

#[test]
fn the_chats_of_a_backyard_archive_are_read_one_a_scenario() {
    let silent = json!({"title": "Silent", "firstMessages": [{"text": "Ho"}], "messages": []});
    let bytes = talked(&[sea(), silent, json!({"messages": [human("Only I.", 1)]})]);
    let file = chat::read(&bytes, &Limits::default()).unwrap();
    assert_eq!((file.source.tool, file.converted), ("backyard", true));
    assert_eq!(
        texts(&bytes),
        [
            vec!["Hi {{user}}", "Hello.", "Yes.", "Bye."],
            vec!["Only I."]
        ]
    );
    let session = &file.sessions[0];
    let header: Value =
        serde_json::from_slice(&file.bytes[session.header.clone().unwrap()]).unwrap();
    let metadata = &header["chat_metadata"];
    assert_eq!(
        (&header["character_name"], &metadata["title"]),
        (&json!("Zoë"), &json!("At sea"))
    );
    assert_eq!(metadata["backyard"]["temperature"], 1.2);
    assert_eq!(
        metadata["backyard"]["firstMessages"][0]["text"],
        "Hi {user}"
    );
    let line: Value = serde_json::from_slice(&file.bytes[session.lines[2].clone()]).unwrap();
    assert_eq!(
        (&line["swipes"], &line["swipe_id"], &line["send_date"]),
        (
            &json!(["No.", "Yes.", "Maybe."]),
            &json!(1),
            &json!("2025-03-01T10:09:00.000Z")
        )
    );
}

#[test]
fn a_backyard_chat_whose_sides_lie_apart_is_put_in_turns() {
    let apart =
        json!({"messages": [human("a", 1), human("c", 3), reply(&[("b", 2)]), reply(&[("d", 4)])]});
    let turns =
        json!({"messages": [reply(&[("a", 1)]), human("b", 2), human("c", 3), reply(&[("d", 4)])]});
    let bytes = talked(&[apart, turns]);
    assert_eq!(texts(&bytes), [["a", "b", "c", "d"], ["a", "b", "c", "d"]]);
    let file = chat::read(&bytes, &Limits::default()).unwrap();
    let told = file.warnings.iter().filter(|one| one.code == "reordered");
    assert_eq!(told.count(), 1);
}

#[test]
fn a_backyard_archive_in_which_nobody_talked_is_no_chat() {
    let silent = json!({"firstMessages": [{"text": "Ho"}], "messages": []});
    for bytes in [
        talked(&[silent]),
        talked(&[]),
        archive(b"", &[item("a.txt", b"a")], true),
    ] {
        let refused = chat::read(&bytes, &Limits::default()).map(|_| ());
        assert_eq!(refused.unwrap_err().kind(), Kind::NotAChat);
    }
}

#[test]
fn what_is_no_message_of_a_backyard_chat_is_told_and_hides_no_other() {
    let odd = json!({"messages": [human("a", 1), 7, {"type": "ai", "outputs": []}, {"type": "human"}, reply(&[("b", 2)])]});
    let bytes = talked(&[odd]);
    assert_eq!(texts(&bytes), [["a", "b"]]);
    let file = chat::read(&bytes, &Limits::default()).unwrap();
    let told = file
        .warnings
        .iter()
        .filter(|one| one.code == "not-a-message");
    assert_eq!(told.count(), 3);
}

#[test]
fn a_backyard_character_comes_into_a_keep_with_its_chats() {
    let bytes = talked(&[sea(), json!({"messages": [human("Only I.", 1)]})]);
    assert!(warns(&read(&bytes), "unread-chat"));
    now(async {
        let keep = open(&MemoryMedium::new());
        let taken = keep
            .characters()
            .import(&bytes, &Limits::default())
            .await
            .unwrap();
        let id = taken["entry"]["id"].as_str().unwrap();
        assert!(!taken["warnings"].to_string().contains("unread-chat"));
        let came: Vec<_> = taken["chats"].as_array().unwrap().iter().collect();
        let titles: Vec<_> = came.iter().map(|one| &one["entry"]["title"]).collect();
        assert_eq!(titles, [&json!("At sea"), &json!("Zoë")]);
        assert!(
            came.iter()
                .all(|one| one["entry"]["characters"] == json!([id]) && one["status"] == "added")
        );
        let original = keep
            .chats()
            .original(came[0]["entry"]["id"].as_str().unwrap())
            .await
            .unwrap();
        assert_eq!(original.bytes, bytes);

        // Once more it is there already, and so are its chats.
        let again = keep
            .characters()
            .import(&bytes, &Limits::default())
            .await
            .unwrap();
        assert_eq!(again["status"], "duplicate");
        let chats = again["chats"].as_array().unwrap();
        assert!(chats.len() == 2 && chats.iter().all(|one| one["status"] == "duplicate"));
    });
}

#[test]
fn a_character_that_is_put_back_gets_its_chats_again() {
    let bytes = talked(&[sea()]);
    now(async {
        let keep = open(&MemoryMedium::new());
        let taken = keep
            .characters()
            .import(&bytes, &Limits::default())
            .await
            .unwrap();
        let (id, chat) = (&taken["entry"]["id"], &taken["chats"][0]["entry"]["id"]);
        let alone = cardkeep::keep::Links::default();
        keep.chats()
            .link(chat.as_str().unwrap(), &alone, Write::default())
            .await
            .unwrap();
        let again = keep
            .characters()
            .import(&bytes, &Limits::default())
            .await
            .unwrap();
        assert_eq!(again["chats"][0]["entry"]["characters"], json!([id]));
    });
}

#[test]
fn the_chats_of_a_changed_backyard_character_come_once_and_those_of_its_namesake_are_its_own() {
    let bytes = talked(&[sea()]);
    let other = |n: usize| talked_by(&format!("persona {n}"), &[sea()]);
    now(async {
        let keep = open(&MemoryMedium::new());
        let import = async |bytes: &[u8], beside: Vec<String>| {
            let taken = keep
                .characters()
                .import_beside(bytes, &Limits::default(), beside)
                .await
                .unwrap();
            let chat = taken["chats"][0]["status"].as_str().unwrap().to_owned();
            let id = taken["entry"]["id"].as_str().unwrap().to_owned();
            (taken["status"].as_str().unwrap().to_owned(), chat, id)
        };
        let (status, chat, first) = import(&bytes, Vec::new()).await;
        assert_eq!((&*status, &*chat), ("added", "added"));
        let (status, chat, _) = import(&other(1), Vec::new()).await;
        assert_eq!((&*status, &*chat), ("added", "duplicate"));
        let (status, chat, second) = import(&other(2), vec![first.clone()]).await;
        assert_eq!((&*status, &*chat), ("added", "added"));
        // Each finds its own again.
        for (bytes, id) in [(bytes.clone(), first), (other(2), second)] {
            let (status, chat, again) = import(&bytes, Vec::new()).await;
            assert_eq!(
                (&*status, &*chat, again),
                ("duplicate", "duplicate", id.clone())
            );
            assert_eq!(
                keep.chats()
                    .of_character(&id)
                    .await
                    .unwrap()
                    .as_array()
                    .unwrap()
                    .len(),
                1
            );
        }
    });
}

#[test]
fn an_edited_backyard_character_comes_as_charx_with_everything_that_was_there() {
    let bytes = byaf();
    let file = read(&bytes);
    let limits = Limits::default();
    let (container, same) =
        card::rewrite(&bytes, &file.document, Container::Byaf, &limits).unwrap();
    assert_eq!((container, same == bytes), (Container::Byaf, true));
    let edited = patched(&file.document, json!({"name": "Bea"}));
    let (container, charx) = card::rewrite(&bytes, &edited, Container::Byaf, &limits).unwrap();
    let again = read(&charx);
    assert_eq!(
        (container, again.container, name(&again)),
        (Container::Charx, Container::Charx, "Bea".into())
    );
    let sorted = |file: &CardFile| {
        let mut assets: Vec<_> = file
            .assets
            .iter()
            .map(|one| (one.path.clone(), one.bytes.clone()))
            .collect();
        assets.sort();
        assets
    };
    assert_eq!(sorted(&again), sorted(&file));
}

#[test]
fn an_edited_backyard_character_is_written_whatever_its_entries_are_called() {
    let nameless = include_bytes!("../fuzz/corpus/card/archive_of_backyard_with_a_nameless_entry");
    let limits = Limits::default();
    let found = card::read(nameless, &limits).unwrap();
    let edited = card::edit(
        &found.document,
        &Document::parse(r#"{"name":"Bea"}"#).unwrap(),
    )
    .unwrap();
    let (_, written) = card::rewrite(nameless, &edited, found.container, &limits).unwrap();
    let again = card::read(&written, &limits).unwrap();
    assert_eq!(card::summary(&again.document).name, "Bea");
    assert_eq!(again.assets.len(), found.assets.len());
}

#[test]
fn a_backyard_archive_without_a_character_is_refused_by_name() {
    let of = |manifest: &str, more: &[(&str, &str)]| {
        let mut items = vec![item("manifest.json", manifest.as_bytes())];
        items.extend(more.iter().map(|(name, text)| item(name, text.as_bytes())));
        kind(&archive(b"", &items, true))
    };
    assert_eq!(
        of(r#"{"schemaVersion":1,"characters":[]}"#, &[]),
        Kind::NoCard
    );
    assert_eq!(of(r#"{"characters":["x.json"]}"#, &[]), Kind::NoCard);
    assert_eq!(
        of(r#"{"characters":["x.json"]}"#, &[("x.json", "{")]),
        Kind::BadJson
    );
    assert_eq!(of(r#"{"other":1}"#, &[]), Kind::NoCard);
}

fn yaml(text: &str) -> Value {
    let file = read(text.as_bytes());
    assert_eq!((file.container, file.spec), (Container::Yaml, Spec::V2));
    view(&file.document)
}

#[test]
fn a_character_in_yaml_is_read_in_every_spelling_of_a_text() {
    for (spelled, want) in [
        ("plain text", "plain text"),
        ("plain # comment", "plain"),
        ("a#b: c", "a#b: c"),
        ("over\n  lines\n\n  and on", "over lines\nand on"),
        ("'it''s'", "it's"),
        ("'two\n  lines'", "two lines"),
        (
            r#""a\tb\n\"c\" \x41\u00eb\U0001F988 \ud83e\udd88""#,
            "a\tb\n\"c\" Aë🦈 🦈",
        ),
        ("\"long \\\n  \\ text\\\n  \"", "long  text"),
        ("\"fold  \n  ed\n\n  twice\"", "fold ed\ntwice"),
        ("|\n  one\n   two\n\n  three\n\n", "one\n two\n\nthree\n"),
        ("|-\n  one\n  two\n", "one\ntwo"),
        ("|+\n  one\n\n", "one\n\n\n"),
        ("|2-\n   deep\n  flat", " deep\nflat"),
        (
            ">\n  one\n  two\n\n  three\n    deep\n  four\n",
            "one two\nthree\n  deep\nfour\n",
        ),
        (">-\n  one\n  two", "one two"),
        ("~", ""),
        ("", ""),
        ("1.50", "1.50"),
    ] {
        let text = format!("name: Zoë\ncontext: {spelled}\ngreeting: Hi\n");
        let told = yaml(&text);
        assert_eq!(
            (&told["name"], &told["first_mes"]),
            (&json!("Zoë"), &json!("Hi")),
            "{text}"
        );
        assert_eq!(told["description"], want, "{text}");
    }
}

#[test]
fn a_character_in_yaml_may_have_older_names_marks_and_comments() {
    let told = yaml(
        "\u{feff}# c\r\n---\r\n\"bot\": A\r\nyour_name: You\r\ngreeting: Hi\r\nexample_dialogue: |-\r\n  a\r\n  b\r\nother: [1, 2]\r\n...\r\nrest",
    );
    assert_eq!(
        (&told["name"], &told["mes_example"]),
        (&json!("A"), &json!("a\nb"))
    );
    assert_eq!(
        told["extensions"],
        json!({"oobabooga": {"your_name": "You"}})
    );
    let listed = read(b"name: A\ncontext: c\ntags:\n- a\n- b\nmap:\n  k: v\ngreeting: g\n");
    let lost: Vec<_> = listed
        .warnings
        .iter()
        .map(|warning| (warning.code, &*warning.path))
        .collect();
    assert_eq!(lost, [("unread-yaml", "tags"), ("unread-yaml", "map")]);
    assert_eq!(view(&listed.document)["first_mes"], "g");
}

#[test]
fn text_that_is_no_yaml_of_a_character_is_refused() {
    for text in [
        "name: A",
        "hello: you\ncontext: x",
        "just text",
        "greeting: x",
        "",
    ] {
        assert_eq!(kind(text.as_bytes()), Kind::NotACard, "{text}");
    }
    for text in [
        "name: A\ncontext: \"open\n",
        "name: A\ncontext: 'a' b",
        "name: A\ncontext: c\nno key",
        "name: A\ncontext: |x\n  a",
    ] {
        assert_eq!(kind(text.as_bytes()), Kind::NotACard, "{text}");
    }
    let large = format!("name: A\ncontext: {}", "x".repeat(100));
    let limits = Limits {
        text: 50,
        ..Limits::default()
    };
    assert_eq!(
        card::read(large.as_bytes(), &limits).unwrap_err().kind(),
        Kind::TooLarge
    );
}

#[test]
fn a_keep_gives_the_files_of_other_tools_back_as_they_came() {
    let keep = open(&MemoryMedium::new());
    let yaml = b"name: Zoe\ncontext: c\ngreeting: g\n".to_vec();
    for (bytes, extension, edited) in [
        (byaf(), "byaf", "charx"),
        (yaml, "yaml", "json"),
        (AGNAI.as_bytes().to_vec(), "json", "json"),
    ] {
        let taken = now(keep.characters().import(&bytes, &Limits::default())).expect("it is kept");
        let id = taken["entry"]["id"].as_str().unwrap().to_owned();
        let file = now(keep.export(Domain::Characters, &id)).unwrap();
        assert!(
            file.filename.ends_with(extension) && file.bytes == bytes,
            "{}",
            file.filename
        );
        let picture = now(keep.characters().image(&id)).unwrap();
        assert_eq!(picture.is_some(), extension == "byaf");
        let patch = Document::parse(r#"{"name":"Bea"}"#).unwrap();
        let change = PatchDocument {
            id: id.clone(),
            patch,
            if_rev: None,
        };
        now(keep.patch_many(Domain::Characters, &[change], Write::default())).unwrap();
        let file = now(keep.export(Domain::Characters, &id)).unwrap();
        assert!(file.filename.ends_with(edited), "{}", file.filename);
        assert_eq!(name(&read(&file.bytes)), "Bea");
    }
}
