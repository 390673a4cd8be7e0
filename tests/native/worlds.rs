//! World states: read, told, moved through, and left alone where nothing changed.

use crate::json::Random;
use crate::keep::open;
use crate::patience::PATIENCE;
use crate::turn::now;
use cardkeep::error::{Kind, Limits};
use cardkeep::json::Document;
use cardkeep::keep::{Domain, Given, Keep, PatchDocument, PlaythroughFilter, PutDocument};
use cardkeep::store::{MemoryMedium, Write};
use cardkeep::world;
use serde_json::{Value, json};
use std::path::PathBuf;

const NOW: i64 = 1_700_000_000_123;

fn fixture() -> Vec<u8> {
    let path: PathBuf = [
        env!("CARGO_MANIFEST_DIR"),
        "tests",
        "fixtures",
        "worlds",
        "world_state.json",
    ]
    .iter()
    .collect();
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn read(bytes: &[u8]) -> (Document, Vec<&'static str>) {
    let (document, warnings) =
        world::read(bytes, &Limits::default()).unwrap_or_else(|error| panic!("{error}"));
    (
        document,
        warnings.into_iter().map(|warning| warning.code).collect(),
    )
}

fn view(document: &Document) -> Value {
    let view = world::view(document);
    assert!(view.is_ascii());
    serde_json::from_str(&view).unwrap_or_else(|error| panic!("{error} in {view}"))
}

fn text(document: &Document) -> String {
    String::from_utf8(world::write(document)).expect("it is UTF-8")
}

#[test]
fn an_unchanged_world_is_written_as_identical_bytes() {
    let bytes = fixture();
    let (document, warnings) = read(&bytes);
    assert_eq!(world::write(&document), bytes);
    assert!(warnings.is_empty(), "{warnings:?}");
    let summary = world::summary(&document);
    assert_eq!(
        (&*summary.name, summary.locations, &*summary.position),
        ("World Name", 3, "0,0,0")
    );
}

#[test]
fn a_complete_world_is_told_as_it_is() {
    let bytes = fixture();
    let told = world::view(&read(&bytes).0);
    let written: Value = serde_json::from_slice(&bytes).expect("the fixture is strict");
    assert_eq!(
        serde_json::from_str::<Value>(&told).expect("strict JSON"),
        written
    );
    // The order is the file's too.
    let squeezed: String = String::from_utf8(bytes)
        .expect("UTF-8")
        .split_whitespace()
        .collect();
    assert_eq!(told.split_whitespace().collect::<String>(), squeezed);
}

#[test]
fn a_move_changes_position_visits_and_time_only() {
    let before = String::from_utf8(fixture()).expect("it is UTF-8");
    let (document, _) = read(before.as_bytes());
    let moved = world::move_to(&document, "0,-1,0", NOW).expect("there is such a location");
    let after = before
        .replace(
            r#""current_position": "0,0,0""#,
            r#""current_position": "0,-1,0""#,
        )
        .replace(r#"["0,0,0", "1,0,0"]"#, r#"["0,0,0", "1,0,0", "0,-1,0"]"#)
        .replace(
            r#""last_modified": 1234567890"#,
            r#""last_modified": 1700000000"#,
        );
    assert_eq!(text(&moved), after);
    // A place visited before is not visited for the first time again.
    let back = world::move_to(&moved, " 1, 0 ,0", NOW).expect("there is such a location");
    assert_eq!(
        view(&back)["visited_positions"],
        json!(["0,0,0", "1,0,0", "0,-1,0"])
    );
    assert_eq!(view(&back)["current_position"], "1,0,0");
}

#[test]
fn nobody_moves_to_where_nothing_is() {
    let (document, _) = read(&fixture());
    for position in [
        "5,5,5",
        "",
        "hall",
        "0,0",
        "0,0,0,0",
        "0,0,x",
        "99999999999999999999,0,0",
        "1.0,0,0",
    ] {
        let error = world::move_to(&document, position, NOW).err();
        assert_eq!(
            error.map(|error| error.kind()),
            Some(Kind::Invalid),
            "{position}"
        );
    }
}

#[test]
fn a_stat_changes_its_own_place_only() {
    let before = String::from_utf8(fixture()).expect("it is UTF-8");
    let (document, _) = read(before.as_bytes());
    let hurt = world::set_stat(&document, "health", "72.5", NOW).expect("it can be set");
    let after = before
        .replace(r#""health": 100"#, r#""health": 72.5"#)
        .replace(
            r#""last_modified": 1234567890"#,
            r#""last_modified": 1700000000"#,
        );
    assert_eq!(text(&hurt), after);
    let rich =
        world::set_stat(&hurt, "purse \"big\"", r#"{"gold": [1, 2]}"#, NOW).expect("it can be set");
    assert_eq!(
        view(&rich)["player"]["purse \"big\""],
        json!({"gold": [1, 2]})
    );
    assert_eq!(
        world::set_stat(&document, "health", "{", NOW)
            .map_err(|error| error.kind())
            .err(),
        Some(Kind::BadJson)
    );
    assert_eq!(
        world::set_stat(&document, " ", "1", NOW)
            .map_err(|error| error.kind())
            .err(),
        Some(Kind::Invalid)
    );
}

#[test]
fn the_time_keeps_its_unit() {
    let moved = |metadata: &str| {
        let text = format!(
            r#"{{"metadata":{metadata},"current_position":"0,0,0","locations":{{"0,0,0":{{}}}}}}"#
        );
        let (document, _) = read(text.as_bytes());
        let moved = world::move_to(&document, "0,0,0", NOW).expect("there is such a location");
        moved
            .root()
            .get("metadata")
            .map(|metadata| metadata.raw().to_owned())
            .unwrap_or_default()
    };
    assert_eq!(
        moved(r#"{"last_modified":1234567890}"#),
        r#"{"last_modified":1700000000}"#
    );
    assert_eq!(
        moved(r#"{"last_modified":1234567890123}"#),
        r#"{"last_modified":1700000000123}"#
    );
    assert_eq!(
        moved(r#"{"created_at":1234567890123}"#),
        r#"{"created_at":1234567890123,"last_modified":1700000000123}"#
    );
    assert_eq!(moved("{}"), r#"{"last_modified":1700000000}"#);
    assert_eq!(
        moved(r#"{"last_modified":"yesterday"}"#),
        r#"{"last_modified":"yesterday"}"#
    );
    assert_eq!(moved("null"), "null");
}

#[test]
fn a_new_world_is_complete_and_breaks_no_rule() {
    let created = world::create("Zoë's \"World\"", NOW);
    let (document, warnings) = read(&world::write(&created));
    assert!(warnings.is_empty());
    let told = view(&document);
    let shape: Value = serde_json::from_slice(&fixture()).expect("the fixture is strict");
    let keys = |value: &Value| {
        value
            .as_object()
            .expect("an object")
            .keys()
            .cloned()
            .collect::<Vec<_>>()
    };
    assert_eq!(keys(&told), keys(&shape));
    for path in ["/metadata", "/player", "/locations/0,0,0"] {
        assert_eq!(told.pointer(path).map(keys), shape.pointer(path).map(keys));
    }
    assert_eq!(
        told["metadata"],
        json!({"version": "1.0", "created_at": 1_700_000_000, "last_modified": 1_700_000_000, "name": "Zoë's \"World\""})
    );
    assert!(text(&created).starts_with("{\n  \"metadata\": {\n    \"version\""));
    assert!(world::move_to(&created, "0,0,0", NOW).is_ok());
}

#[test]
fn what_does_not_fit_together_is_told_and_kept() {
    let broken = br#"{
      "metadata": {"version": "2.1", "name": "x"},
      "current_position": "9,9,9",
      "visited_positions": ["0,0,0", "8,8,8", [1, 0, 0]],
      "locations": {
        "0,0,0": {"location_id": "a", "coordinates": [0, 0, 1]},
        "1,0,0": {"location_id": "a", "coordinates": [1, 0, 0]},
        "attic": {"location_id": "c"},
        "0, 0,0": {"location_id": "d"},
        "3,0,0": 7,
        "4,0,0": {"name": null, "npcs": "z", "events": {}}
      },
      "unconnected_locations": {"c": {}, "e": {"location_id": "d"}, "f": {"location_id": "g"}, "h": {"location_id": "g", "name": 1}},
      "player": []
    }"#;
    let (document, mut codes) = read(broken);
    codes.sort_unstable();
    let expected = [
        "bad-position",
        "coordinates-differ",
        "duplicate-location-id",
        "duplicate-location-id",
        "duplicate-position",
        "newer-version",
        "placed-and-unconnected",
        "placed-and-unconnected",
        "unknown-position",
        "unknown-position",
        "wrong-type",
        "wrong-type",
        "wrong-type",
        "wrong-type",
        "wrong-type",
    ];
    assert_eq!(codes, expected);
    assert_eq!(world::write(&document), broken);
}

#[test]
fn a_world_of_a_newer_version_is_read_and_exported_and_never_changed() {
    for version in [
        "\"2.0\"",
        "2",
        "\"10.1.3\"",
        "\" v2.0 \"",
        "\"99999999999.0\"",
    ] {
        let keep = open(&MemoryMedium::new());
        let newer = format!(
            r#"{{"metadata": {{"version": {version}, "name": "Far"}}, "locations": {{"0,0,0": {{"location_id": "a"}}, "1,0,0": {{"location_id": "b"}}}}, "current_position": "0,0,0", "unconnected_locations": {{"c": {{}}}}, "player": {{"health": 1.50}}, "links": [1e0]}}"#
        );
        let told = now(keep.worlds().import(newer.as_bytes(), &Limits::default())).unwrap();
        assert_eq!(told["warnings"][0]["code"], "newer-version");
        let id = told["entry"]["id"].as_str().unwrap().to_owned();
        let seen: Value =
            serde_json::from_str(&now(keep.worlds().get(&id)).unwrap().unwrap()).unwrap();
        assert_eq!(seen["position"], "0,0,0");
        assert_eq!(seen["warnings"][0]["code"], "newer-version");
        let worlds = keep.worlds();
        let write = Write::default();
        let refused = |result: cardkeep::error::Result<()>| {
            assert_eq!(result.unwrap_err().kind(), Kind::TooNew);
        };
        refused(now(worlds.move_to(&id, "1,0,0", write)).map(drop));
        refused(now(worlds.set_stat(&id, "health", "2", write)).map(drop));
        refused(now(worlds.place(&id, "c", "2,0,0", write)).map(drop));
        let patch = PatchDocument {
            id: id.clone(),
            patch: Document::parse(r#"{"player":{"health":3}}"#).unwrap(),
            if_rev: None,
        };
        refused(now(keep.patch_many(Domain::Worlds, &[patch], write)).map(drop));
        let put = PutDocument {
            given: Given::Document(br#"{"locations":{}}"#.to_vec()),
            id: Some(id.clone()),
            if_rev: None,
            image: None,
        };
        refused(now(keep.put_many(Domain::Worlds, &[put], write)).map(drop));
        assert_eq!(now(keep.history(Domain::Worlds, &id)).unwrap(), json!([]));
        assert_eq!(
            now(keep.export(Domain::Worlds, &id)).unwrap().bytes,
            newer.as_bytes()
        );
        // A run through it writes itself alone.
        let new = PlaythroughFilter {
            world: Some(id.clone()),
            ..PlaythroughFilter::default()
        };
        let run = now(keep.playthroughs().create(&new, write)).unwrap();
        let run = run["id"].as_str().unwrap();
        now(keep.playthroughs().move_to(run, "1,0,0", write)).unwrap();
        assert_eq!(
            now(keep.export(Domain::Worlds, &id)).unwrap().bytes,
            newer.as_bytes()
        );
        now(keep.trash(Domain::Worlds, &id, write)).unwrap();
        now(keep.restore(Domain::Worlds, &id)).unwrap();
    }
}

#[test]
fn a_sparse_world_is_told_with_everything_a_world_has() {
    let sparse = br#"{"x": 1.50, "name": "Old", "locations": {"0,0,0": {"name": 7, "coordinates": "0,0,0", "npcs": ["a", null], "extra": []}, "b": null}, "visited_positions": [[0, 0, 0], 5], "player": null}"#;
    let (document, _) = read(sparse);
    assert_eq!(
        view(&document),
        json!({
            "x": 1.5, "name": "Old",
            "locations": {"0,0,0": {"name": "7", "coordinates": [0, 0, 0], "npcs": ["a"], "extra": [], "location_id": "0,0,0", "description": ""}},
            "visited_positions": ["0,0,0"],
            "player": {},
            "metadata": {"version": "1.0", "created_at": 0, "last_modified": 0, "name": "Old"},
            "current_position": "0,0,0",
            "unconnected_locations": {},
        })
    );
    assert_eq!(world::summary(&document).name, "Old");
    let moved = world::move_to(&document, "0,0,0", NOW).expect("there is such a location");
    assert_eq!(view(&moved)["visited_positions"], json!(["0,0,0"]));
    let stat = world::set_stat(&moved, "health", "1", NOW).expect("it can be set");
    assert_eq!(view(&stat)["player"], json!({"health": 1}));
}

#[test]
fn of_duplicate_keys_the_last_counts_once() {
    let twice = br#"{"locations": {"0,0,0": {"name": "a"}, "0,0,0": {"name": "b"}}, "current_position": "1,1,1", "current_position": "0,0,0"}"#;
    let told = world::view(&read(twice).0);
    assert_eq!(told.matches("current_position").count(), 1);
    assert_eq!(
        serde_json::from_str::<Value>(&told).expect("strict JSON")["locations"]["0,0,0"]["name"],
        "b"
    );
}

#[test]
fn what_is_no_world_is_refused() {
    let texts: [(&[u8], Kind); 6] = [
        (b"{}", Kind::NotAWorld),
        (b"[]", Kind::NotAWorld),
        (b"{\"name\":\"a card\"}", Kind::NotAWorld),
        (b"{\"rooms\":{}}", Kind::NotAWorld),
        (b"{\"locations\":", Kind::BadJson),
        (b"", Kind::BadJson),
    ];
    for (text, kind) in texts {
        let error = world::read(text, &Limits::default()).err();
        assert_eq!(
            error.map(|error| error.kind()),
            Some(kind),
            "{}",
            String::from_utf8_lossy(text)
        );
    }
    let small = Limits {
        file: 10,
        ..Limits::default()
    };
    assert_eq!(
        world::read(&fixture(), &small)
            .err()
            .map(|error| error.kind()),
        Some(Kind::TooLarge)
    );
}

#[test]
fn a_large_world_is_read_and_told_in_time_of_its_size() {
    let locations: Vec<_> = (0..50_000)
        .map(|n| format!(r#""{n},0,0":{{"location_id":"l{n}","name":"n","description":""}}"#))
        .collect();
    let text = format!(
        r#"{{"current_position":"0,0,0","locations":{{{}}}}}"#,
        locations.join(",")
    );
    let start = std::time::Instant::now();
    let (document, warnings) = read(text.as_bytes());
    assert!(warnings.is_empty());
    assert_eq!(
        view(&document)["locations"]
            .as_object()
            .map(serde_json::Map::len),
        Some(50_000)
    );
    // Far from a clock's noise; a cost that grows with the square would take minutes.
    assert!(start.elapsed() < PATIENCE, "{:?}", start.elapsed());
}

#[test]
fn states_with_rooms_become_states_with_locations_and_lose_nothing() {
    let (later, warnings) = read(
        br#"{"schema_version": 2, "metadata": {"name": "Keep", "author": "A", "uuid": "u", "created_at": "2024-01-01T00:00:00"},
        "grid_size": {"width": 8}, "rooms": [
            {"id": "hall", "name": "Hall", "description": "Big.", "position": {"x": 1, "y": 2}, "npcs": ["ann"], "visited": true, "connections": {"north": "yard"}},
            {"id": "yard", "name": "Yard", "position": {"x": 1, "y": 3}, "npcs": [{"character_uuid": "bea", "hostile": true}], "events": []},
            {"id": "twin", "position": {"x": 1, "y": 3}}, {"id": "lost", "name": "Lost"}],
        "player": {"current_room": "yard", "visited_rooms": ["hall", "yard", "gone"], "health": 7.50}}"#,
    );
    assert_eq!(warnings, ["rooms"]);
    let told = view(&later);
    assert_eq!(told["metadata"]["name"], "Keep");
    assert_eq!(told["metadata"]["author"], "A");
    assert_eq!(told["current_position"], "1,3,0");
    assert_eq!(told["visited_positions"], json!(["1,2,0", "1,3,0"]));
    assert_eq!(told["locations"]["1,2,0"]["location_id"], "hall");
    assert_eq!(
        told["locations"]["1,2,0"]["connections"],
        json!({"north": "yard"})
    );
    assert_eq!(told["locations"]["1,3,0"]["npcs"], json!(["bea"]));
    assert_eq!(
        told["locations"]["1,3,0"]["npc_details"][0]["hostile"],
        true
    );
    assert_eq!(told["unconnected_locations"]["twin"]["location_id"], "twin");
    assert_eq!(told["unconnected_locations"]["lost"]["name"], "Lost");
    assert_eq!(told["grid_size"], json!({"width": 8}));
    assert_eq!(told["player"]["health"], 7.5);
    let (newer, codes) = read(br#"{"schema_version": 3, "rooms": [{"id": "a", "x": 0, "y": 0}]}"#);
    assert_eq!(codes, ["rooms", "newer-version"]);
    let refused = world::set_stat(&newer, "health", "1", NOW).unwrap_err();
    assert_eq!(refused.kind(), Kind::TooNew);
    let (earlier, _) = read(
        br#"{"name": "Old", "description": "d", "rooms": [{"id": "a", "name": "A", "x": 0, "y": -1, "neighbors": {"e": "b"},
        "npcs": [{"name": "Ann", "path": "ann.png"}]}]}"#,
    );
    let told = view(&earlier);
    assert_eq!(told["metadata"]["name"], "Old");
    assert_eq!(told["locations"]["0,-1,0"]["npcs"], json!(["ann.png"]));
    assert_eq!(told["current_position"], "0,-1,0");
    assert_eq!(told["description"], "d");
}

#[test]
fn mutations_never_panic() {
    let mut random = Random(1234);
    let original = fixture();
    let mut read = 0;
    for _ in 0..4_000 {
        let mut bytes = original.clone();
        for _ in 0..=random.below(4) {
            let at = random.below(bytes.len());
            match random.below(3) {
                0 => bytes[at] = random.next() as u8,
                1 => bytes.insert(at, b"{}[]\",:-1"[random.below(9)]),
                _ => drop(bytes.remove(at)),
            }
        }
        let Ok((document, _)) = world::read(&bytes, &Limits::default()) else {
            continue;
        };
        read += 1;
        assert_eq!(world::write(&document), bytes);
        let told = view(&document);
        for key in ["metadata", "locations", "unconnected_locations", "player"] {
            assert!(told[key].is_object(), "{key}");
        }
        if let Ok(moved) = world::move_to(&document, "1,0,0", NOW) {
            let position = view(&moved)["current_position"].as_str().map(str::to_owned);
            let numbers: Vec<i64> = position
                .iter()
                .flat_map(|position| position.split(','))
                .map(|number| number.trim().parse().expect("a position"))
                .collect();
            assert_eq!(numbers, [1, 0, 0]);
        }
        if let Ok(set) = world::set_stat(&document, "s", "true", NOW) {
            assert_eq!(view(&set)["player"]["s"], true);
        }
    }
    assert!(read > 500, "{read}");
}

pub fn character(keep: &Keep, name: &str, book: Value) -> String {
    let card = json!({"spec": "chara_card_v2", "spec_version": "2.0", "data": {
        "name": name, "description": "", "personality": "", "scenario": " A storm. ", "first_mes": "",
        "mes_example": "", "creator_notes": "", "system_prompt": "", "post_history_instructions": "",
        "alternate_greetings": [], "tags": [], "creator": "", "character_version": "", "extensions": {},
        "character_book": {"extensions": {}, "entries": book},
    }});
    let put = PutDocument {
        given: Given::Document(card.to_string().into_bytes()),
        id: None,
        if_rev: None,
        image: None,
    };
    let put = now(keep.put_many(Domain::Characters, &[put], Write::default()));
    let id = put.expect("it is kept")[0]["id"].clone();
    id.as_str().expect("it has one").to_owned()
}

pub fn lore(id: u32, name: &str, key: &str, content: &str, enabled: bool) -> Value {
    json!({"id": id, "comment": name, "keys": [key], "content": content, "enabled": enabled,
        "insertion_order": 1, "extensions": {}})
}

#[test]
fn lore_suggests_places_and_a_world_is_drafted_of_what_was_chosen() {
    let keep = open(&MemoryMedium::new());
    let ann = character(
        &keep,
        "Ann",
        json!([
            lore(1, "Bob", "bob", "A friend of hers.", true),
            lore(
                2,
                "",
                "The Old Mill",
                "The old mill is a ruin near the village of Ash.",
                true
            ),
            lore(3, "Harbor", "ships", "Ships lie here.", true),
            lore(4, "Hidden castle", "x", "Off.", false),
            lore(5, "", "/re+/i", "No name.", true),
            lore(6, "Harbor!", "docks", "Another.", true),
        ]),
    );
    let worlds = keep.worlds();
    let found = now(worlds.suggest_locations(&ann)).expect("they are found");
    let told: Vec<_> = found
        .iter()
        .map(|one| (&*one.entry, &*one.name, one.because))
        .collect();
    assert_eq!(
        told,
        [
            ("2", "The Old Mill", Some("village")),
            ("3", "Harbor", Some("harbor")),
            ("6", "Harbor!", Some("harbor")),
            ("1", "Bob", None),
        ]
    );

    let draft = now(worlds.from_character(&ann, None)).expect("it is drafted");
    let draft: Value = serde_json::from_str(&draft).unwrap();
    assert_eq!(draft["metadata"]["name"], "Ann");
    assert_eq!(draft["locations"]["0,0,0"]["npcs"], json!([ann]));
    assert_eq!(draft["locations"]["0,0,0"]["description"], "A storm.");
    let waiting = draft["unconnected_locations"].as_object().unwrap();
    assert_eq!(waiting.keys().collect::<Vec<_>>().len(), 3);
    assert_eq!(waiting["harbor_2"]["lore_entry"], "6");
    assert_eq!(
        waiting["the_old_mill"]["lore_source"],
        "Character lore entry about The Old Mill"
    );
    assert_eq!(
        now(keep.list(Domain::Worlds, false)).unwrap()["items"],
        json!([])
    );

    let one = ["1".to_owned()];
    let draft = now(worlds.from_character(&ann, Some(&one))).expect("it is drafted");
    let (document, warnings) = read(draft.as_bytes());
    assert!(warnings.is_empty(), "{warnings:?}");
    assert_eq!(
        view(&document)["unconnected_locations"]["bob"]["name"],
        "Bob"
    );
    let none = ["5".to_owned()];
    let refused = now(worlds.from_character(&ann, Some(&none))).expect_err("it has no name");
    assert_eq!(refused.kind(), Kind::Invalid);
    let missing = now(worlds.from_character("none", None)).expect_err("there is none");
    assert_eq!(missing.kind(), Kind::NotFound);
}

#[test]
fn who_is_in_a_world_is_told_whatever_became_of_them() {
    let keep = open(&MemoryMedium::new());
    let (ann, bea) = (
        character(&keep, "Ann", json!([])),
        character(&keep, "Bea", json!([])),
    );
    let npcs =
        |names: Value| json!({"location_id": "x", "name": "x", "description": "", "npcs": names});
    let state = json!({"current_position": "0,0,0", "locations": {
        "0,0,0": npcs(json!([ann, "gone", ann])), "1,0,0": npcs(json!([bea, ann])),
    }, "unconnected_locations": {"u": npcs(json!(["gone"]))}});
    let taken = now(keep
        .worlds()
        .import(state.to_string().as_bytes(), &Limits::default()));
    let id = taken.expect("it is kept")["entry"]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    now(keep.trash(Domain::Characters, &bea, None)).expect("it is deleted");
    assert_eq!(
        now(keep.worlds().inhabitants(&id)).expect("they are told"),
        json!([
            {"id": ann, "status": "ok", "name": "Ann", "locations": ["0,0,0", "1,0,0"]},
            {"id": "gone", "status": "missing", "locations": ["0,0,0", "u"]},
            {"id": bea, "status": "trashed", "name": "Bea", "locations": ["1,0,0"]},
        ])
    );
}

#[test]
fn a_patch_of_places_leaves_every_other_byte() {
    let state = "{\n  \"locations\": {\n    \"0, 0,0\": { \"name\": \"Gate\", \"x\": 1.50 },\n    \"1,0,0\": { \"location_id\": \"b\" }\n  },\n  \"current_position\": \"0,0,0\"\n}\n";
    let (document, _) = read(state.as_bytes());
    let patched = |patch: &str| {
        let patch = Document::parse(patch).unwrap();
        world::edit(&document, &patch, NOW).map(|document| text(&document))
    };
    assert_eq!(
        patched(r#"{"locations":{"0,0,0":{"name":"Door"}}}"#).unwrap(),
        state.replace("Gate", "Door")
    );
    assert_eq!(
        patched(r#"{"locations":{"0,0,0":{"name":"Gate","x":1.5,"none":null},"9,9,9":null}}"#)
            .unwrap(),
        state
    );
    assert_eq!(
        patched(r#"{"locations":{"1,0,0":null}}"#).unwrap(),
        state.replace(",\n    \"1,0,0\": { \"location_id\": \"b\" }", "")
    );
    let made = patched(r#"{"locations":{"2,0,0":{"name":"Yard"}},"position":"2,0,0"}"#).unwrap();
    let (_, warnings) = read(made.as_bytes());
    assert!(warnings.is_empty(), "{warnings:?}");
    for (wrong, kind) in [
        (r#"{"locations":{"here":{}}}"#, Kind::Invalid),
        (r#"{"locations":{"0,0,0":"x"}}"#, Kind::Invalid),
        (r#"{"locations":[]}"#, Kind::Invalid),
        (r#"{"unconnected_locations":{"a":1}}"#, Kind::Invalid),
        (r#"{"name":null}"#, Kind::Invalid),
        (
            r#"{"locations":{"1,0,0":null},"position":"1,0,0"}"#,
            Kind::Invalid,
        ),
        (r#"{"rooms":{}}"#, Kind::BadOption),
    ] {
        assert_eq!(patched(wrong).unwrap_err().kind(), kind, "{wrong}");
    }
    let (torn, _) = read(br#"{"metadata": 7, "locations": {}}"#);
    let named = Document::parse(r#"{"name":"X"}"#).unwrap();
    let refused = world::edit(&torn, &named, NOW).unwrap_err();
    assert_eq!(refused.kind(), Kind::Invalid);
}
