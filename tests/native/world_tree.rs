//! Worlds as trees in archives: what goes in comes out, under new ids, with its chats.

use crate::keep::open;
use crate::turn::now;
use cardkeep::card;
use cardkeep::container::zip::{self, File, Stored};
use cardkeep::error::{Kind, Limits};
use cardkeep::json::Document;
use cardkeep::keep::{ChatFilter, Domain, Given, Keep, PutDocument};
use cardkeep::store::{MemoryMedium, Table, Write};
use serde_json::{Value, json};
use std::collections::BTreeMap;

fn archive(files: &[(&str, &[u8])]) -> Vec<u8> {
    let files: Vec<File<'_>> = files
        .iter()
        .map(|(name, bytes)| File {
            name,
            bytes,
            stored: Stored::Deflated,
        })
        .collect();
    zip::write(&files).expect("it is small")
}

fn contents(bytes: &[u8]) -> BTreeMap<String, Vec<u8>> {
    let limits = Limits::default();
    let archive = zip::read(bytes, &limits, &mut Vec::new()).unwrap().unwrap();
    let mut budget = limits.archive;
    let mut content = |entry: &zip::Entry| {
        let content = entry.content(bytes, &mut budget, &limits, &mut Vec::new());
        content.expect("it can be read").into_owned()
    };
    archive
        .entries
        .iter()
        .map(|entry| (entry.name.clone(), content(entry)))
        .collect()
}

const CHAT: &[u8] = b"{\"metadata\": {\"version\": \"1.0\", \"location_id\": \"start_room\", \"world_name\": \"World Name\"}, \"timestamp\": 1234567890}\n{\"id\": \"msg_1\", \"role\": \"user\", \"content\": \"Look around\", \"timestamp\": 1234567891}\n";
const EVENT: &[u8] = b"{\"id\": \"feast\", \"trigger\": \"enter\"}";

fn state() -> Vec<u8> {
    std::fs::read("tests/fixtures/worlds/world_state.json").expect("the fixture is there")
}

/// The tree as the strategy of the seed has it.
fn tree(state: &[u8]) -> Vec<u8> {
    archive(&[
        ("World Name/world_state.json", state),
        (
            "World Name/metadata.json",
            b"{\"name\": \"World Name\", \"own\": 1.0}",
        ),
        ("World Name/images/backgrounds/hall.png", b"\x89PNG picture"),
        ("World Name/chats/start_room_chat.jsonl", CHAT),
        ("World Name/events/feast.json", EVENT),
        ("World Name/notes.txt", b"mine"),
    ])
}

fn import(keep: &Keep, bytes: &[u8]) -> Value {
    now(keep.worlds().import(bytes, &Limits::default())).unwrap_or_else(|error| panic!("{error}"))
}

fn id(told: &Value) -> String {
    told["entry"]["id"].as_str().expect("an id").to_owned()
}

fn chats(keep: &Keep, world: &str) -> Vec<Value> {
    let filter = ChatFilter {
        world: Some(world.to_owned()),
        ..ChatFilter::default()
    };
    now(keep.chats().list(&filter)).unwrap()["items"]
        .as_array()
        .unwrap()
        .clone()
}

#[test]
fn a_tree_comes_in_with_all_that_is_in_it_and_goes_out_again() {
    let keep = open(&MemoryMedium::new());
    let told = import(&keep, &tree(&state()));
    assert_eq!(
        (&told["status"], &told["warnings"]),
        (&json!("added"), &json!([]))
    );
    let world = id(&told);
    let linked = chats(&keep, &world);
    assert_eq!(
        (linked.len(), &linked[0]["location"]),
        (1, &json!("start_room"))
    );
    let out = contents(&now(keep.worlds().export_tree(&world)).unwrap().bytes);
    let names: Vec<&str> = out.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "chats/start_room_chat.jsonl",
            "events/feast.json",
            "events/rats.json",
            "images/backgrounds/hall.png",
            "metadata.json",
            "notes.txt",
            "world_state.json",
        ]
    );
    assert_eq!(out["chats/start_room_chat.jsonl"], CHAT);
    assert_eq!(out["images/backgrounds/hall.png"], b"\x89PNG picture");
    assert_eq!(
        out["metadata.json"],
        b"{\"name\": \"World Name\", \"own\": 1.0}"
    );
    assert_eq!(out["events/feast.json"], EVENT);
    // The event that only had a file is in the state, and in a tree it has its file again.
    assert_eq!(out["world_state.json"], state());
    let exported = now(keep.export(Domain::Worlds, &world)).unwrap().bytes;
    let mut wanted: Value = serde_json::from_slice(&state()).unwrap();
    wanted["events"] = json!([{ "id": "feast", "trigger": "enter" }]);
    assert_eq!(serde_json::from_slice::<Value>(&exported).unwrap(), wanted);
}

#[test]
fn a_tree_without_further_events_keeps_the_bytes_of_its_state() {
    let keep = open(&MemoryMedium::new());
    let world = id(&import(&keep, &archive(&[("world_state.json", &state())])));
    assert_eq!(
        now(keep.export(Domain::Worlds, &world)).unwrap().bytes,
        state()
    );
}

#[test]
fn what_goes_out_comes_in_as_another_world_with_chats_of_its_own() {
    let keep = open(&MemoryMedium::new());
    let first = id(&import(&keep, &tree(&state())));
    let out = now(keep.worlds().export_tree(&first)).unwrap();
    assert!(out.filename.ends_with(".zip"));
    let second = id(&import(&keep, &out.bytes));
    assert_ne!(first, second);
    let (one, two) = (chats(&keep, &first), chats(&keep, &second));
    assert_eq!((one.len(), two.len()), (1, 1));
    assert_ne!(one[0]["id"], two[0]["id"]);
    assert_eq!(
        contents(&now(keep.worlds().export_tree(&second)).unwrap().bytes),
        contents(&out.bytes)
    );
    // The same archive again is the same world.
    let again = import(&keep, &out.bytes);
    assert_eq!(
        (&again["status"], id(&again)),
        (&json!("duplicate"), second)
    );
}

#[test]
fn files_beside_a_world_stay_with_it_when_it_changes() {
    let keep = open(&MemoryMedium::new());
    let world = id(&import(&keep, &tree(&state())));
    now(keep.worlds().move_to(&world, "1,0,0", None)).unwrap();
    now(keep.worlds().set_stat(&world, "gold", "1", None)).unwrap();
    let out = contents(&now(keep.worlds().export_tree(&world)).unwrap().bytes);
    assert_eq!(out["notes.txt"], b"mine");
    now(keep.restore_version(Domain::Worlds, &world, 1)).unwrap();
    let out = contents(&now(keep.worlds().export_tree(&world)).unwrap().bytes);
    assert_eq!(out["images/backgrounds/hall.png"], b"\x89PNG picture");
}

#[test]
fn one_bad_file_hides_no_other_and_none_leads_out_of_the_tree() {
    let keep = open(&MemoryMedium::new());
    let told = import(
        &keep,
        &archive(&[
            ("world_state.json", &state()),
            ("chats/hall_chat.jsonl", b"\x00\x01 no chat at all"),
            ("chats/start_room_chat.jsonl", CHAT),
            ("events/odd.json", b"[1]"),
            ("events/named.json", b"{\"trigger\": \"leave\"}"),
            ("../outside.txt", b"x"),
            ("a/../../b.txt", b"x"),
            ("/etc/passwd", b"x"),
            ("c:\\d.txt", b"x"),
        ]),
    );
    let codes: Vec<&str> = told["warnings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["code"].as_str().unwrap())
        .collect();
    assert_eq!(
        codes,
        [
            "bad-event",
            "left-out",
            "left-out",
            "left-out",
            "left-out",
            "no-chat"
        ]
    );
    let world = id(&told);
    assert_eq!(chats(&keep, &world).len(), 1);
    let out = contents(&now(keep.worlds().export_tree(&world)).unwrap().bytes);
    assert_eq!(out["chats/hall_chat.jsonl"], b"\x00\x01 no chat at all");
    assert_eq!(out["events/odd.json"], b"[1]");
    assert_eq!(out["events/named.json"], b"{\"trigger\": \"leave\"}");
    let kept = now(keep.export(Domain::Worlds, &world)).unwrap().bytes;
    let kept: Value = serde_json::from_slice(&kept).unwrap();
    assert_eq!(
        kept["events"],
        json!([{ "trigger": "leave", "id": "named" }])
    );
    assert!(
        !out.keys()
            .any(|name| name.contains("..") || name.starts_with('/'))
    );
}

/// The tree of the shared state with these events beside it.
fn with_events(events: &[(&str, &str)]) -> Vec<u8> {
    let state = state();
    let mut files: Vec<(&str, &[u8])> = vec![("world_state.json", &state)];
    files.extend(events.iter().map(|(name, text)| (*name, text.as_bytes())));
    archive(&files)
}

#[test]
fn files_of_events_go_out_as_they_came_and_so_does_their_state() {
    let keep = open(&MemoryMedium::new());
    let events = [
        ("events/feast.json", EVENT),
        ("events/dance.json", b"{\n  \"id\" : \"dance\"\n}\n"),
        // The state has this one at a place; what came of it is told beside.
        (
            "events/rats.json",
            b"{\"id\": \"rats\", \"outcomes\": [{\"at\": 5}]}",
        ),
    ];
    let events = events.map(|(name, bytes)| (name, std::str::from_utf8(bytes).unwrap()));
    let told = import(&keep, &with_events(&events));
    assert_eq!(told["warnings"][0]["code"], "event-differs");
    let world = id(&told);
    let tree = || now(keep.worlds().export_tree(&world)).unwrap().bytes;
    let out = contents(&tree());
    assert_eq!(out["world_state.json"], state());
    for (name, text) in events {
        assert_eq!(out[name], text.as_bytes(), "{name}");
    }
    // Once more through another keep: the same files.
    let other = open(&MemoryMedium::new());
    let again = id(&import(&other, &tree()));
    let again = contents(&now(other.worlds().export_tree(&again)).unwrap().bytes);
    assert_eq!(again, out);
    // An event that is changed or taken out here does not come back from its old file.
    let kept = now(keep.export(Domain::Worlds, &world)).unwrap().bytes;
    let mut kept: Value = serde_json::from_slice(&kept).unwrap();
    kept["events"] = json!([{ "id": "feast", "trigger": "leave" }]);
    let put = PutDocument {
        given: Given::Values(Document::parse(&kept.to_string()).unwrap()),
        id: Some(world.clone()),
        if_rev: None,
        image: None,
    };
    now(keep.put_many(Domain::Worlds, &[put], Write::default())).unwrap();
    let out = contents(&tree());
    assert!(!out.contains_key("events/dance.json"));
    let feast: Value = serde_json::from_slice(&out["events/feast.json"]).unwrap();
    assert_eq!(feast["trigger"], "leave");
    assert_eq!(out["events/rats.json"], events[2].1.as_bytes());
}

#[test]
fn damaged_metadata_are_rebuilt_and_told() {
    let keep = open(&MemoryMedium::new());
    let state: Value = serde_json::from_slice(&state()).unwrap();
    let mut damaged = state.clone();
    damaged["metadata"] = json!("torn");
    let damaged = damaged.to_string();
    let codes = |told: &Value| -> Vec<String> {
        let warnings = told["warnings"].as_array().unwrap().iter();
        let codes = warnings.map(|one| one["code"].as_str().unwrap().to_owned());
        codes.collect()
    };
    let beside: &[u8] = b"{\"version\": \"1.0\", \"name\": \"Eldoria\", \"created_at\": 5}";
    let told = import(
        &keep,
        &archive(&[
            ("Eldoria/world_state.json", damaged.as_bytes()),
            ("Eldoria/metadata.json", beside),
        ]),
    );
    assert_eq!(codes(&told), ["wrong-type", "metadata-rebuilt"]);
    assert_eq!(told["entry"]["name"], "Eldoria");
    let out = contents(&now(keep.worlds().export_tree(&id(&told))).unwrap().bytes);
    assert_eq!(out["metadata.json"], beside);
    let told = import(
        &keep,
        &archive(&[("worlds/Far/world_state.json", damaged.as_bytes())]),
    );
    assert_eq!(told["entry"]["name"], "Far");
    let torn = archive(&[
        ("world_state.json", state.to_string().as_bytes()),
        ("metadata.json", b"{\"name\": \"Wor"),
    ]);
    let told = import(&keep, &torn);
    assert_eq!(codes(&told), ["bad-metadata"]);
    let out = contents(&now(keep.worlds().export_tree(&id(&told))).unwrap().bytes);
    let written: Value = serde_json::from_slice(&out["metadata.json"]).unwrap();
    assert_eq!(written, state["metadata"]);
    // A state that has none keeps its bytes, and what is told beside it stays.
    let bare = archive(&[
        ("world_state.json", b"{\"locations\": {}}"),
        ("metadata.json", beside),
    ]);
    let world = id(&import(&keep, &bare));
    let out = contents(&now(keep.worlds().export_tree(&world)).unwrap().bytes);
    assert_eq!(out["world_state.json"], b"{\"locations\": {}}");
    assert_eq!(out["metadata.json"], beside);
}

#[test]
fn an_archive_without_a_world_is_refused_and_keeps_nothing() {
    let medium = MemoryMedium::new();
    let keep = open(&medium);
    let rows = || {
        medium
            .dump()
            .into_iter()
            .filter(|(table, _, _)| *table == Table::Rows)
            .count()
    };
    let before = rows();
    for (bytes, kind) in [
        (archive(&[("notes.txt", b"x")]), Kind::NotAWorld),
        (archive(&[("my_world_state.json", b"{}")]), Kind::NotAWorld),
        (archive(&[("world_state.json", b"{}")]), Kind::NotAWorld),
        (archive(&[("world_state.json", b"{")]), Kind::BadJson),
    ] {
        let error = now(keep.worlds().import(&bytes, &Limits::default())).unwrap_err();
        assert_eq!(error.kind(), kind);
    }
    assert_eq!(rows(), before);
    let cut = &tree(&state())[..300];
    assert!(now(keep.worlds().import(cut, &Limits::default())).is_err());
}

#[test]
fn a_location_that_waits_is_put_onto_the_map() {
    let keep = open(&MemoryMedium::new());
    let world = id(&import(&keep, &state()));
    let before: Value = serde_json::from_slice(&state()).unwrap();
    let (key, _) = before["unconnected_locations"]
        .as_object()
        .unwrap()
        .iter()
        .next()
        .unwrap();
    let place = |location: &str, at: &str| {
        now(keep
            .worlds()
            .place(&world, location, at, cardkeep::store::Write::default()))
    };
    for (location, at) in [(&**key, "0,0,0"), (&**key, "here"), ("nowhere", "5,5,0")] {
        assert_eq!(
            place(location, at).unwrap_err().kind(),
            Kind::Invalid,
            "{location} at {at}"
        );
    }
    assert_eq!(place(key, "5, 5,-1").unwrap()["locations"], 4);
    let mut after: Value =
        serde_json::from_slice(&now(keep.export(Domain::Worlds, &world)).unwrap().bytes).unwrap();
    let placed = &after["locations"]["5,5,-1"];
    assert_eq!(
        (&placed["coordinates"], &placed["lore_source"]),
        (
            &json!([5, 5, -1]),
            &before["unconnected_locations"][key]["lore_source"]
        )
    );
    assert!(after["unconnected_locations"].get(key).is_none());
    after["locations"].as_object_mut().unwrap().remove("5,5,-1");
    assert_eq!(after["locations"], before["locations"]);
    assert_eq!(place(key, "6,6,0").unwrap_err().kind(), Kind::Invalid);
}

/// A card as text, under a name that says it is a picture: what is in it decides.
fn card_text(name: &str, uuid: &str, extensions: Value) -> Vec<u8> {
    json!({ "spec": "chara_card_v2", "spec_version": "2.0", "data": {
        "name": name, "description": format!("{name}."), "personality": "", "scenario": "", "first_mes": "Hello.",
        "mes_example": "", "creator_notes": "", "system_prompt": "", "post_history_instructions": "",
        "alternate_greetings": [], "tags": [], "creator": "", "character_version": "", "extensions": extensions,
        "character_uuid": uuid,
    } })
    .to_string()
    .into_bytes()
}

#[test]
fn an_archive_of_cards_becomes_a_world_whose_characters_are_here() {
    let keep = open(&MemoryMedium::new());
    let world_card = card_text(
        "Keep of Ash",
        "w",
        json!({ "card_type": "world", "world_data": {
        "uuid": "w", "grid_size": { "width": 10, "height": 10 }, "starting_position": { "x": 2, "y": 3 }, "player_xp": 5,
        "rooms": [
            { "room_uuid": "hall", "grid_position": { "x": 2, "y": 3 }, "instance_name": "Great hall" },
            { "room_uuid": "cell", "grid_position": { "x": 2, "y": 4 }, "instance_npcs": [{ "character_uuid": "bea" }, "nobody"] },
        ],
    } }),
    );
    let room = |uuid: &str, npcs: Value| {
        card_text(
            uuid,
            "",
            json!({ "card_type": "room", "room_data": { "uuid": uuid, "npcs": npcs } }),
        )
    };
    let file = archive(&[
        ("world.png", &world_card),
        (
            "rooms/hall.png",
            &room(
                "hall",
                json!([{ "character_uuid": "ann", "role": "guard" }]),
            ),
        ),
        ("rooms/cell.png", &room("cell", json!([]))),
        ("rooms/broken.png", b"\x89PNG"),
        ("characters/ann.png", &card_text("Ann", "ann", json!({}))),
        ("characters/bea.png", &card_text("Bea", "bea", json!({}))),
    ]);
    let told = import(&keep, &file);
    assert_eq!(
        (&told["entry"]["name"], &told["entry"]["locations"]),
        (&json!("Keep of Ash"), &json!(2))
    );
    let world = id(&told);
    let who = now(keep.worlds().inhabitants(&world)).unwrap();
    let who: Vec<_> = who
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["status"].as_str().unwrap(), one["name"].as_str()))
        .collect();
    assert_eq!(
        who,
        [("ok", Some("Ann")), ("ok", Some("Bea")), ("missing", None)]
    );
    let state: Value =
        serde_json::from_slice(&now(keep.export(Domain::Worlds, &world)).unwrap().bytes).unwrap();
    let hall = &state["locations"]["2,3,0"];
    assert_eq!(
        (&hall["name"], &hall["description"], &hall["location_id"]),
        (&json!("Great hall"), &json!("hall."), &json!("hall"))
    );
    assert_eq!(hall["npc_details"][0]["role"], "guard");
    assert_eq!(
        (&state["player_xp"], &state["current_position"]),
        (&json!(5), &json!("2,3,0"))
    );
    let out = contents(&now(keep.worlds().export_tree(&world)).unwrap().bytes);
    assert_eq!(out["rooms/broken.png"], b"\x89PNG");
    assert_eq!(told["warnings"][1]["code"], "rooms");
    assert_eq!(state["player"], json!({ "experience": 5 }));
    let folder = archive(&[
        ("Ash/world.png", &world_card),
        ("Ash/rooms/cell.png", &room("cell", json!(["ann"]))),
    ]);
    let told = import(&keep, &folder);
    assert_eq!(told["entry"]["locations"], 2);
    let lost = told["warnings"].as_array().unwrap().iter();
    let lost: Vec<_> = lost.filter(|one| one["code"] == "no-room").collect();
    assert_eq!(lost.len(), 1, "{told}");
    let empty = archive(&[("world.png", &card_text("No world", "", json!({})))]);
    let error = now(keep.worlds().import(&empty, &Limits::default())).unwrap_err();
    assert_eq!(error.kind(), Kind::NotAWorld);
}

#[test]
fn the_card_of_a_world_or_of_a_room_is_a_world_by_itself() {
    let keep = open(&MemoryMedium::new());
    let picture = |text: Vec<u8>| {
        let (document, _) = Document::read(&text, &Limits::default()).unwrap();
        let options = card::WriteOptions {
            container: card::Container::Png,
            image: None,
            assets: &[],
            limits: Limits::default(),
        };
        card::write(&document, &options).unwrap()
    };
    let world = picture(card_text(
        "Keep of Ash",
        "w",
        json!({ "card_type": "world", "world_data": { "uuid": "w", "rooms": [
            { "room_uuid": "hall", "grid_position": { "x": 1, "y": 0 }, "instance_name": "Hall", "instance_npcs": ["ann"] },
        ] } }),
    ));
    let told = import(&keep, &world);
    assert_eq!(
        (&told["entry"]["name"], &told["entry"]["position"]),
        (&json!("Keep of Ash"), &json!("1,0,0"))
    );
    assert_eq!(told["warnings"][0]["code"], "no-room");
    assert_eq!(import(&keep, &world)["status"], "duplicate");
    let out = contents(&now(keep.worlds().export_tree(&id(&told))).unwrap().bytes);
    assert_eq!(out["original/card.png"], world);
    let room = json!({ "card_type": "room", "room_data": { "uuid": "cell", "npcs": ["bea"] } });
    let told = import(&keep, &picture(card_text("Cell", "", room)));
    assert_eq!(
        (&told["entry"]["name"], &told["entry"]["locations"]),
        (&json!("Cell"), &json!(1))
    );
    let place = now(keep.worlds().location(&id(&told), "cell"));
    let place: Value = serde_json::from_str(&place.unwrap().unwrap()).unwrap();
    assert_eq!(place["location"]["npcs"], json!(["bea"]));
    for (bytes, kind) in [
        (picture(card_text("Ann", "ann", json!({}))), Kind::NotAWorld),
        (b"\x89PNG\r\n\x1a\n".to_vec(), Kind::CutShort),
    ] {
        let error = now(keep.worlds().import(&bytes, &Limits::default())).unwrap_err();
        assert_eq!(error.kind(), kind);
    }
}
