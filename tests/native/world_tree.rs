//! Worlds as trees in archives: what goes in comes out, under new ids, with its chats.

use crate::keep::open;
use crate::turn::now;
use cardkeep::container::zip::{self, File, Stored};
use cardkeep::error::{Kind, Limits};
use cardkeep::keep::{ChatFilter, Domain, Keep};
use cardkeep::store::{MemoryMedium, Table};
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
    // The event that only had a file is in the state; the rest of it is as it was.
    let exported = now(keep.export(Domain::Worlds, &world)).unwrap().bytes;
    assert_eq!(out["world_state.json"], exported);
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
    assert_eq!(
        serde_json::from_slice::<Value>(&out["events/named.json"]).unwrap(),
        json!({ "trigger": "leave", "id": "named" })
    );
    assert!(
        !out.keys()
            .any(|name| name.contains("..") || name.starts_with('/'))
    );
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
fn card(name: &str, uuid: &str, extensions: Value) -> Vec<u8> {
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
    let world = card(
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
        card(
            uuid,
            "",
            json!({ "card_type": "room", "room_data": { "uuid": uuid, "npcs": npcs } }),
        )
    };
    let file = archive(&[
        ("world.png", &world),
        (
            "rooms/hall.png",
            &room(
                "hall",
                json!([{ "character_uuid": "ann", "role": "guard" }]),
            ),
        ),
        ("rooms/cell.png", &room("cell", json!([]))),
        ("rooms/broken.png", b"\x89PNG"),
        ("characters/ann.png", &card("Ann", "ann", json!({}))),
        ("characters/bea.png", &card("Bea", "bea", json!({}))),
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
    let empty = archive(&[("world.png", &card("No world", "", json!({})))]);
    let error = now(keep.worlds().import(&empty, &Limits::default())).unwrap_err();
    assert_eq!(error.kind(), Kind::NotAWorld);
}
