//! Personas: read in every dialect, told in one shape, changed and written without a loss.

use crate::cards::{Png, base64, card_chunk, text};
use crate::keep::open;
use crate::turn::now;
use cardkeep::error::{Kind, Limits, Written};
use cardkeep::json::Document;
use cardkeep::keep::{Domain, Given, PatchDocument, PutDocument};
use cardkeep::persona::{self, Dialect, PersonaFile, WriteOptions};
use cardkeep::store::{MemoryMedium, Write};
use serde_json::{Value, json};

const BACKUP: &str = r#"{
    "personas": {
        "user-default.png": "Ann",
        "1700.png": "\ud83e\udd88 Bea",
        "old.png": "Cy"
    },
    "persona_descriptions": {
        "user-default.png": {"description": "Tall.", "position": 4, "depth": 2.0, "role": 1, "lorebook": "Sea",
            "title": "work", "connections": [{"type": "character", "id": "Zoe.png"}], "x_own": 1.50},
        "1700.png": {"description": "", "position": 77},
        "old.png": "Only a text.",
        "lost.png": {"description": "Nobody."}
    },
    "default_persona": "user-default.png"
}"#;

const RISU: &str = r#"{"name":"Dee","personaPrompt":"Quick.\r\n","note":"n","icon":"x"}"#;

fn read(bytes: impl AsRef<[u8]>) -> PersonaFile {
    persona::read(bytes.as_ref(), &Limits::default()).unwrap_or_else(|error| panic!("{error}"))
}

fn refused(bytes: impl AsRef<[u8]>) -> Kind {
    persona::read(bytes.as_ref(), &Limits::default())
        .expect_err("it is no persona")
        .kind()
}

fn view(document: &Document) -> Value {
    let view = persona::view(document);
    assert!(view.is_ascii());
    serde_json::from_str(&view).unwrap_or_else(|error| panic!("{error} in {view}"))
}

fn patch(patch: Value) -> Document {
    Document::parse(&patch.to_string()).expect("it is JSON")
}

fn edited(document: &Document, change: Value) -> Document {
    persona::edit(document, &patch(change)).unwrap_or_else(|error| panic!("{error}"))
}

fn written(personas: &[Document], dialect: Dialect, image: Option<&[u8]>) -> Written {
    let limits = Limits::default();
    let options = WriteOptions {
        dialect,
        image,
        limits,
    };
    persona::write(personas, &options).unwrap_or_else(|error| panic!("{error}"))
}

fn user() -> Vec<u8> {
    let card = r#"{"spec":"chara_card_v2","spec_version":"2.0","name":"","data":{"name":"Eve","description":"Old.","user_uuid":"u-1","extensions":{"k":1.0}}}"#;
    Png::new().before_image(card_chunk("chara", card)).bytes()
}

#[test]
fn a_card_with_a_field_called_as_sillytavern_calls_its_list_stays_a_card() {
    let fields = [
        r#""personas":"none","#,
        r#""persona_descriptions":{},"#,
        r#""personas":7,"persona_descriptions":{"a.png":{}},"#,
    ];
    for field in fields {
        let file = read(format!(r#"{{"spec":"chara_card_v2",{field}"data":{{}}}}"#));
        assert_eq!(file.dialect, Dialect::CardShark, "{field}");
        let edited = edited(&file.personas[0], json!({ "name": "Ann", "title": "t" }));
        assert_eq!(view(&edited)["name"], "Ann", "{field}");
        assert_eq!(view(&edited)["title"], "t", "{field}");
        assert!(edited.root().raw().contains(field), "{field}");
    }
}

#[test]
fn a_backup_of_sillytavern_gives_each_persona_with_all_that_it_says() {
    let file = read(BACKUP);
    assert_eq!(
        (file.dialect, file.personas.len()),
        (Dialect::SillyTavern, 4)
    );
    assert_eq!(
        view(&file.personas[0]),
        json!({
            "name": "Ann", "description": "Tall.", "title": "work", "position": "at-depth",
            "depth": 2, "role": "user", "lorebook": "Sea",
            "connections": [{"type": "character", "id": "Zoe.png"}],
            "dialect": "silly-tavern", "picture": "user-default.png", "default": true,
        })
    );
    assert_eq!(
        view(&file.personas[1]),
        json!({"name": "🦈 Bea", "description": "", "dialect": "silly-tavern", "picture": "1700.png"})
    );
    assert_eq!(view(&file.personas[2])["description"], "Only a text.");
    assert_eq!(view(&file.personas[3])["name"], "");
    let codes: Vec<_> = file.warnings.iter().map(|warning| warning.code).collect();
    assert_eq!(codes, ["no-name"]);
    // Spelling and unknown fields are those of the file.
    let text = String::from_utf8_lossy(file.personas[0].bytes());
    assert!(
        text.contains(r#""depth": 2.0"#) && text.contains(r#""x_own": 1.50"#),
        "{text}"
    );
}

#[test]
fn of_settings_nothing_but_the_personas_is_taken() {
    let settings = format!(
        r#"{{"api_key_x":"SECRET","power_user":{BACKUP},"oai_settings":{{"k":"SECRET"}}}}"#
    );
    let file = read(settings);
    assert_eq!(file.personas.len(), 4);
    for persona in &file.personas {
        assert!(!String::from_utf8_lossy(persona.bytes()).contains("SECRET"));
    }
}

#[test]
fn a_persona_of_risu_is_read_from_its_picture_from_json_and_from_a_list() {
    let image = Png::new()
        .before_image(text("persona", &base64(RISU)))
        .bytes();
    let want = json!({"name": "Dee", "description": "Quick.\r\n", "note": "n", "dialect": "risu"});
    for file in [read(&image), read(RISU), read(format!("[{RISU}, 7]"))] {
        assert_eq!((file.dialect, file.personas.len()), (Dialect::Risu, 1));
        assert_eq!(view(&file.personas[0]), want);
        assert_eq!(file.personas[0].bytes(), RISU.as_bytes());
    }
    assert_eq!(read(format!("[{RISU}, 7]")).warnings[0].code, "no-persona");
}

#[test]
fn a_user_of_cardshark_is_a_card_and_any_card_can_be_a_persona() {
    let file = read(user());
    assert_eq!(file.dialect, Dialect::CardShark);
    assert_eq!(
        view(&file.personas[0]),
        json!({"name": "Eve", "description": "Old.", "dialect": "cardshark", "userId": "u-1"})
    );
    assert!(
        file.warnings
            .iter()
            .all(|warning| warning.code != "card-as-persona")
    );
    let other = read(r#"{"name":"Zoe","description":"A shark.","first_mes":"Hi"}"#);
    assert_eq!(view(&other.personas[0])["name"], "Zoe");
    assert!(
        other
            .warnings
            .iter()
            .any(|warning| warning.code == "card-as-persona")
    );
}

#[test]
fn numbers_of_sillytavern_that_are_spelled_as_texts_count() {
    let file = read(
        r#"{"personas":{"a.png":"Ann"},"persona_descriptions":{"a.png":{"description":"d","position":"4","depth":"2","role":"2"}}}"#,
    );
    let told = view(&file.personas[0]);
    assert_eq!(
        (&told["position"], &told["depth"], &told["role"]),
        (&json!("at-depth"), &json!(2), &json!("assistant"))
    );
}

#[test]
fn a_user_of_cardshark_may_have_the_id_of_a_character() {
    let card = |root: &str| {
        format!(
            r#"{{"spec":"chara_card_v2","spec_version":"2.0",{root}"data":{{"name":"Eve","description":"Old.","character_uuid":"u-2"}}}}"#
        )
    };
    let user = read(card(r#""name":"","#));
    assert_eq!(view(&user.personas[0])["userId"], "u-2");
    assert_eq!(user.warnings.len(), 0);
    // A character has a name at the root, or none.
    for root in ["", r#""name":"Eve","#] {
        let character = read(card(root));
        assert_eq!(view(&character.personas[0]).get("userId"), None);
        assert_eq!(character.warnings[0].code, "card-as-persona");
    }
}

#[test]
fn what_is_no_persona_is_refused_by_name() {
    assert_eq!(refused("{}"), Kind::NotAPersona);
    assert_eq!(refused("[]"), Kind::NotAPersona);
    assert_eq!(refused(r#"{"entries":{}}"#), Kind::NotAPersona);
    assert_eq!(refused(Png::new().bytes()), Kind::NotAPersona);
    assert_eq!(refused("{"), Kind::BadJson);
    assert_eq!(refused("GIF89a"), Kind::NotAPersona);
    let broken = Png::new().before_image(text("persona", b"###")).bytes();
    assert_eq!(refused(broken), Kind::BadEncoding);
    let list = Png::new()
        .before_image(text("persona", &base64("[]")))
        .bytes();
    assert_eq!(refused(list), Kind::NotAPersona);
}

#[test]
fn an_edit_changes_its_field_where_the_dialect_has_it_and_nothing_else() {
    let first = &read(BACKUP).personas[0];
    let old = String::from_utf8_lossy(first.bytes()).into_owned();
    let new = edited(
        first,
        json!({"role": "assistant", "title": null, "name": "Ann"}),
    );
    let want = old
        .replace(r#""role": 1"#, r#""role": 2"#)
        .replace("\n            \"title\": \"work\",", "");
    assert_eq!(String::from_utf8_lossy(new.bytes()), want);
    // What already says so is left as it is spelled.
    let same = edited(first, json!({"depth": 2, "position": "at-depth"}));
    assert_eq!(same.bytes(), first.bytes());

    let text = &read(BACKUP).personas[2];
    assert_eq!(
        edited(text, json!({"description": "Only a text."})).bytes(),
        text.bytes()
    );
    let titled = view(&edited(text, json!({"title": "t"})));
    assert_eq!(
        (&titled["title"], &titled["description"]),
        (&json!("t"), &json!("Only a text."))
    );

    let risu = edited(
        &read(RISU).personas[0],
        json!({"description": "Slow.", "title": "t"}),
    );
    assert_eq!(
        String::from_utf8_lossy(risu.bytes()),
        r#"{"name":"Dee","personaPrompt":"Slow.","note":"n","icon":"x","title":"t"}"#
    );
    let shark = edited(
        &read(user()).personas[0],
        json!({"name": "Eva", "title": "t", "depth": 3}),
    );
    let told = view(&shark);
    assert_eq!(
        (&told["name"], &told["title"], &told["depth"]),
        (&json!("Eva"), &json!("t"), &json!(3))
    );
    assert!(String::from_utf8_lossy(shark.bytes()).contains(r#""k":1.0"#));
}

#[test]
fn a_patch_that_does_not_fit_is_refused() {
    let persona = &read(RISU).personas[0];
    for (given, kind) in [
        (json!({"nme": "x"}), Kind::BadOption),
        (json!({"picture": "x"}), Kind::BadOption),
        (json!({"name": null}), Kind::Invalid),
        (json!({"name": 1}), Kind::Invalid),
        (json!({"position": "up"}), Kind::Invalid),
        (json!({"position": 1}), Kind::Invalid),
        (json!({"depth": -1}), Kind::Invalid),
        (json!({"depth": 1.5}), Kind::Invalid),
        (json!({"connections": {}}), Kind::Invalid),
        (json!(7), Kind::Invalid),
    ] {
        let error = persona::edit(persona, &patch(given.clone())).expect_err("it does not fit");
        assert_eq!(error.kind(), kind, "{given}");
    }
}

#[test]
fn personas_of_all_tools_become_one_backup_that_says_the_same() {
    let mut all = read(BACKUP).personas;
    all.push(read(RISU).personas.remove(0));
    all.push(read(user()).personas.remove(0));
    all.push(all[0].clone());
    let backup = written(&all, Dialect::SillyTavern, None);
    let lost: Vec<_> = backup
        .losses
        .iter()
        .map(|loss| loss.path.as_str())
        .collect();
    assert_eq!(lost, ["personas.4.note"]);
    let again = read(&backup.bytes);
    assert_eq!(again.personas.len(), 7);
    for (old, new) in all.iter().zip(&again.personas) {
        let (old, new) = (view(old), view(new));
        for key in [
            "name",
            "description",
            "title",
            "position",
            "depth",
            "role",
            "connections",
        ] {
            let absent = old[key].is_null() && key == "position" && new[key] == "in-prompt";
            assert!(absent || old[key] == new[key], "{key} of {old} and {new}");
        }
    }
    let pictures: Vec<_> = again
        .personas
        .iter()
        .map(|one| view(one)["picture"].clone())
        .collect();
    assert_eq!(pictures[6], "user-default-2.png");
    assert_eq!(view(&again.personas[0])["default"], true);
}

#[test]
fn a_picture_that_has_the_persona_already_comes_back_as_it_was() {
    let image = Png::new()
        .before_image(text("persona", &base64(RISU)))
        .bytes();
    let persona = read(&image).personas.remove(0);
    assert_eq!(
        written(std::slice::from_ref(&persona), Dialect::Risu, Some(&image)).bytes,
        image
    );
    let user = user();
    let shark = read(&user).personas.remove(0);
    assert_eq!(
        written(
            std::slice::from_ref(&shark),
            Dialect::CardShark,
            Some(&user)
        )
        .bytes,
        user
    );

    let changed = edited(&persona, json!({"name": "Dora"}));
    let new = written(std::slice::from_ref(&changed), Dialect::Risu, Some(&image));
    assert_eq!(read(&new.bytes).personas[0].bytes(), changed.bytes());
    assert_eq!(
        new.bytes
            .windows(7)
            .filter(|word| word == b"persona")
            .count(),
        1
    );
}

#[test]
fn what_a_tool_does_not_read_is_told_and_kept_all_the_same() {
    let tavern = read(BACKUP).personas.remove(0);
    for dialect in [Dialect::Risu, Dialect::CardShark] {
        let file = written(std::slice::from_ref(&tavern), dialect, None);
        let lost: Vec<_> = file.losses.iter().map(|loss| loss.path.as_str()).collect();
        let want = [
            "title",
            "position",
            "depth",
            "role",
            "lorebook",
            "connections",
        ];
        assert_eq!(lost, want.map(|key| format!("personas.0.{key}")));
        let again = read(&file.bytes);
        assert_eq!(again.dialect, dialect);
        let (old, new) = (view(&tavern), view(&again.personas[0]));
        for key in ["name", "description"].iter().chain(&want) {
            assert_eq!(old[key], new[key], "{key}");
        }
    }
}

#[test]
fn what_cannot_be_written_is_refused() {
    let all = read(BACKUP).personas;
    let limits = Limits::default();
    let refused = |personas: &[Document], dialect, image: Option<&[u8]>| {
        let options = WriteOptions {
            dialect,
            image,
            limits: limits.clone(),
        };
        persona::write(personas, &options)
            .expect_err("it is refused")
            .kind()
    };
    assert_eq!(refused(&all, Dialect::Risu, None), Kind::Invalid);
    assert_eq!(
        refused(&all, Dialect::SillyTavern, Some(b"x")),
        Kind::BadOption
    );
    assert_eq!(
        refused(&all[..1], Dialect::Risu, Some(b"GIF89a")),
        Kind::Unsupported
    );
    assert_eq!(
        refused(&all[..1], Dialect::CardShark, Some(b"GIF89a")),
        Kind::Unsupported
    );
}

#[test]
fn a_keep_has_each_persona_of_a_backup_and_gives_it_back() {
    let keep = open(&MemoryMedium::new());
    let import = |bytes: &[u8]| {
        let taken = now(keep.personas().import(bytes, &Limits::default())).expect("it is kept");
        taken.as_array().cloned().unwrap_or_default()
    };
    let taken = import(BACKUP.as_bytes());
    assert_eq!(taken.len(), 4);
    assert!(taken.iter().all(|item| item["status"] == "added"));
    assert!(
        import(BACKUP.as_bytes())
            .iter()
            .all(|item| item["status"] == "duplicate")
    );
    let id = |item: &Value| item["entry"]["id"].as_str().expect("it has one").to_owned();
    let first = id(&taken[0]);
    let export = |id: &str| now(keep.export(Domain::Personas, id)).expect("it is exported");
    assert_eq!(export(&first).bytes, read(BACKUP).personas[0].bytes());
    assert_eq!(export(&first).filename, "Ann.json");

    let user = user();
    let shark = id(&import(&user)[0]);
    assert_eq!(export(&shark).bytes, user);
    assert_eq!(
        now(keep.personas().image(&shark)).unwrap().as_ref(),
        Some(&user)
    );
    assert!(now(keep.personas().thumbnail(&shark)).unwrap().is_some());

    let change = PatchDocument {
        id: first.clone(),
        patch: patch(json!({"title": "home"})),
        if_rev: Some(1),
    };
    now(keep.patch_many(Domain::Personas, &[change], Write::default())).expect("it is changed");
    let (told, _) = now(keep.personas().read(&first))
        .unwrap()
        .expect("it is there");
    let told: Value = serde_json::from_str(&told).unwrap();
    assert_eq!(
        (&told["rev"], &told["persona"]["title"]),
        (&json!(2), &json!("home"))
    );
    let list = now(keep.list(Domain::Personas, false)).unwrap();
    assert_eq!(list["items"].as_array().map(Vec::len), Some(5));
    assert_eq!(
        now(keep.history(Domain::Personas, &first))
            .unwrap()
            .as_array()
            .map(Vec::len),
        Some(1)
    );
}

#[test]
fn a_persona_is_put_with_a_picture_and_exported_as_one() {
    let keep = open(&MemoryMedium::new());
    let put = |values: Value, id: Option<&str>, image: Option<Vec<u8>>| {
        let put = PutDocument {
            given: Given::Values(patch(values)),
            id: id.map(str::to_owned),
            if_rev: None,
            image,
        };
        now(keep.put_many(Domain::Personas, &[put], Write::default()))
    };
    let entry = put(json!({"name": "東", "title": "t"}), None, None)
        .unwrap()
        .remove(0);
    assert_eq!(
        (&entry["dialect"], &entry["image"]),
        (&json!("silly-tavern"), &json!(false))
    );
    let id = entry["id"].as_str().unwrap().to_owned();
    let entry = put(
        json!({"name": "東", "depth": 4}),
        Some(&id),
        Some(Png::new().bytes()),
    )
    .unwrap()
    .remove(0);
    assert_eq!(
        (&entry["image"], entry.get("title")),
        (&json!(true), Some(&json!("")))
    );
    let file = now(keep.export(Domain::Personas, &id)).unwrap();
    let again = read(&file.bytes);
    assert_eq!(again.dialect, Dialect::Risu);
    assert_eq!(view(&again.personas[0])["depth"], 4);
    let refused =
        put(json!({"name": "x"}), None, Some(b"GIF89a".to_vec())).expect_err("it is no PNG");
    assert_eq!(refused.kind(), Kind::Unsupported);
}
