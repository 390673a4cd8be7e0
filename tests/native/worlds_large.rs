//! Large worlds rest in pieces: what a change writes, what a look-up reads, and that nobody can
//! tell them from one document.

use crate::json::Random;
use crate::keep::open;
use crate::patience::PATIENCE;
use crate::store::clock;
use crate::turn::now;
use cardkeep::error::{Kind, Limits};
use cardkeep::json::Document;
use cardkeep::keep::{Domain, Given, Keep, PatchDocument, PutDocument};
use cardkeep::store::*;
use cardkeep::world;
use serde_json::{Value, json};
use std::collections::HashSet;
use std::rc::Rc;

/// The files here say the time of their last change in words, which no change touches.
const TIME: i64 = 1_700_000_000_000;

/// The position of the nth location.
fn at(n: usize) -> String {
    format!("{},{},{}", n % 50, n / 50 % 50, n / 2500)
}

fn location(n: usize, words: usize) -> String {
    format!(
        "\"{}\": {{\n      \"location_id\": \"place_{n}\",\n      \"name\": \"Ort {n} é\",\n      \"description\": \"{}\",\n      \"npcs\": [\"npc_{}\"]\n    }}",
        at(n),
        "A narrow lane. ".repeat(words),
        n % 7,
    )
}

/// A state as some tool would write it.
pub fn state(locations: usize) -> Vec<u8> {
    let all: Vec<String> = (0..locations).map(|n| location(n, 1 + n % 24)).collect();
    format!(
        "{{\n  \"metadata\": {{\"version\": \"1.0\", \"created_at\": 1, \"last_modified\": \"lately\", \"name\": \"Wide\"}},\n  \"locations\": {{\n    {}\n  }},\n  \"current_position\": \"0,0,0\",\n  \"visited_positions\": [\"0,0,0\"],\n  \"unconnected_locations\": {{\"glade\": {{\"location_id\": \"glade\", \"name\": \"Glade\"}}}},\n  \"player\": {{\"health\": 1.50}}\n}}\n",
        all.join(",\n    ")
    )
    .into_bytes()
}

pub fn import(keep: &Keep, bytes: &[u8]) -> String {
    let told = now(keep.worlds().import(bytes, &Limits::default())).expect("the world is kept");
    told["entry"]["id"].as_str().expect("an id").to_owned()
}

pub fn export(keep: &Keep, id: &str) -> Vec<u8> {
    let file = now(keep.export(Domain::Worlds, id));
    file.expect("the world is whole").bytes
}

/// The keys of all parts, and the bytes of those that `before` lacks.
fn parts(medium: &MemoryMedium, before: &HashSet<Key>) -> (HashSet<Key>, usize) {
    let mut keys = HashSet::new();
    let mut new = 0;
    for (table, key, value) in medium.dump() {
        if table == Table::Pages && key.text(0) == "part" {
            if !before.contains(&key) {
                new += value.bytes.len();
            }
            keys.insert(key);
        }
    }
    (keys, new)
}

fn patch(keep: &Keep, id: &str, patch: Value) -> Value {
    let patch = PatchDocument {
        id: id.to_owned(),
        patch: Document::parse(&patch.to_string()).unwrap(),
        if_rev: None,
    };
    let told = now(keep.patch_many(Domain::Worlds, &[patch], Write::default()));
    told.expect("the patch fits").remove(0)
}

#[test]
fn a_large_world_exports_identical_bytes_also_from_older_states_and_the_trash() {
    let keep = open(&MemoryMedium::new());
    let bytes = state(5000);
    let id = import(&keep, &bytes);
    assert_eq!(export(&keep, &id), bytes);
    let moved = patch(&keep, &id, json!({ "position": "7,7,1" }));
    assert_eq!(moved["locations"], 5000);
    assert_eq!(moved["position"], "7,7,1");
    now(keep.trash(Domain::Worlds, &id, None)).unwrap();
    now(keep.restore(Domain::Worlds, &id)).unwrap();
    now(keep.restore_version(Domain::Worlds, &id, 1)).unwrap();
    assert_eq!(export(&keep, &id), bytes);
}

#[test]
fn a_move_writes_as_much_in_a_world_of_five_thousand_places_as_in_one_of_three_hundred() {
    let cost = |locations: usize| {
        let medium = MemoryMedium::new();
        let keep = open(&medium);
        let id = import(&keep, &state(locations));
        let (before, whole) = parts(&medium, &HashSet::new());
        patch(
            &keep,
            &id,
            json!({ "position": "2,1,0", "player": { "gold": 3 } }),
        );
        (parts(&medium, &before).1, whole)
    };
    let (small, _) = cost(300);
    let (large, whole) = cost(5000);
    assert_eq!(small, large);
    assert!(large < 1000 && whole > 20_000, "{large} of {whole}");
}

#[test]
fn a_change_of_a_location_writes_its_chunk() {
    let medium = MemoryMedium::new();
    let keep = open(&medium);
    let bytes = state(5000);
    let id = import(&keep, &bytes);
    let plain = Document::read(&bytes, &Limits::default()).unwrap().0;
    let path = ["locations".into(), "9,9,1".into(), "name".into()];
    let changed = plain.set(&path, "\"Another\"").unwrap();
    let (before, whole) = parts(&medium, &HashSet::new());
    put(&keep, &id, Given::Document(changed.bytes().to_vec()));
    let new = parts(&medium, &before).1;
    // The chunk; the index says the same.
    assert!(new < 20_000 && new * 5 < whole, "{new} of {whole}");
    assert_eq!(export(&keep, &id), changed.bytes());
    // One location less moves the others' chunks by nothing.
    let fewer = changed
        .remove(&["locations".into(), "3,20,0".into()])
        .unwrap();
    let (before, _) = parts(&medium, &HashSet::new());
    put(&keep, &id, Given::Document(fewer.bytes().to_vec()));
    let new = parts(&medium, &before).1;
    assert!(new * 2 < whole, "{new} of {whole}");
    assert_eq!(export(&keep, &id), fewer.bytes());
}

pub fn put(keep: &Keep, id: &str, given: Given) {
    let put = PutDocument {
        given,
        id: Some(id.to_owned()),
        if_rev: None,
        image: None,
    };
    now(keep.put_many(Domain::Worlds, &[put], Write::default())).expect("the state is kept");
}

#[test]
fn whatever_is_done_the_file_is_the_one_of_the_plain_document() {
    for (seed, locations) in [(1, 40), (2, 150), (3, 400)] {
        let keep = open(&MemoryMedium::new());
        let start = state(locations);
        let id = import(&keep, &start);
        let mut plain = Document::read(&start, &Limits::default()).unwrap().0;
        let mut random = Random(seed);
        let mut next = locations;
        for step in 0..60 {
            let place = at(random.below(next));
            let there = plain
                .find(&["locations".into(), (&*place).into()])
                .is_some();
            let now_ms = TIME;
            plain = match random.below(6) {
                0 | 1 => {
                    let moved = world::move_to(&plain, &place, now_ms);
                    let kept = now(keep.worlds().move_to(&id, &place, None));
                    assert_eq!(moved.is_ok(), there && kept.is_ok(), "{place}");
                    assert_eq!(
                        kept.err().map(|error| error.kind()),
                        (!there).then_some(Kind::Invalid)
                    );
                    moved.unwrap_or(plain)
                }
                2 => {
                    now(keep
                        .worlds()
                        .set_stat(&id, "steps", &step.to_string(), None))
                    .unwrap();
                    world::set_stat(&plain, "steps", &step.to_string(), now_ms).unwrap()
                }
                3 if there => {
                    let path = ["locations".into(), (&*place).into(), "notes".into()];
                    let new = plain
                        .set(&path, &format!("\"{}\"", "x".repeat(step * 40)))
                        .unwrap();
                    put(&keep, &id, Given::Document(new.bytes().to_vec()));
                    new
                }
                4 if there => {
                    let new = plain
                        .remove(&["locations".into(), (&*place).into()])
                        .unwrap();
                    put(&keep, &id, Given::Document(new.bytes().to_vec()));
                    new
                }
                _ => {
                    let (key, value) = (at(next), json!({ "location_id": format!("new_{next}") }));
                    next += 1;
                    let new = plain.set(&["locations".into(), (&*key).into()], &value.to_string());
                    let new = new.unwrap();
                    let all: Value = serde_json::from_str(&new.to_strict()).unwrap();
                    let values = Document::parse(&all.to_string()).unwrap();
                    let amended = plain.amend(&[], values.root()).unwrap();
                    put(&keep, &id, Given::Values(values));
                    amended
                }
            };
            assert_eq!(
                String::from_utf8(export(&keep, &id)).unwrap(),
                String::from_utf8(plain.bytes().to_vec()).unwrap(),
                "seed {seed}, step {step}"
            );
            let entry = now(keep.list(Domain::Worlds, false)).unwrap()["items"][0].clone();
            assert_eq!(entry["locations"], world::summary(&plain).locations);
            assert_eq!(entry["position"], world::summary(&plain).position);
        }
    }
}

fn found(text: &str) -> Vec<Value> {
    serde_json::from_str(text).expect("JSON")
}

#[test]
fn places_are_found_by_position_by_id_and_by_what_is_in_view() {
    for locations in [30, 5000] {
        let keep = open(&MemoryMedium::new());
        let id = import(&keep, &state(locations));
        let worlds = keep.worlds();
        let one = |place: &str| now(worlds.location(&id, place)).unwrap();
        let told: Value = serde_json::from_str(&one(" 3, 0,0").unwrap()).unwrap();
        assert_eq!(told["position"], "3,0,0");
        assert_eq!(told["location"]["location_id"], "place_3");
        assert_eq!(told["location"]["coordinates"], Value::Null);
        assert_eq!(one("place_3"), one("3,0,0"));
        let glade: Value = serde_json::from_str(&one("glade").unwrap()).unwrap();
        assert_eq!(
            (&glade["position"], &glade["location"]["name"]),
            (&Value::Null, &json!("Glade"))
        );
        assert_eq!((one("nowhere"), one("0,0,9")), (None, None));

        let view = |z, x, y| found(&now(worlds.viewport(&id, z, x, y)).unwrap());
        let wide = view(0, [i64::MIN, i64::MAX], [0, 0]);
        assert_eq!(wide.len(), locations.min(50));
        let square = view(1, [10, 12], [20, 29]);
        assert_eq!(square.len(), if locations == 5000 { 30 } else { 0 });
        for place in &square {
            let key = place["position"].as_str().unwrap();
            assert_eq!(
                &serde_json::from_str::<Value>(&one(key).unwrap()).unwrap(),
                place
            );
        }
        assert!(view(0, [5, 4], [0, 9]).is_empty());
        let missing = now(worlds.viewport("x", 0, [0, 0], [0, 0])).unwrap_err();
        assert_eq!(missing.kind(), Kind::NotFound);
    }
}

#[test]
fn a_world_kept_as_one_document_by_an_earlier_build_is_read_and_cut_at_its_next_change() {
    let medium = MemoryMedium::new();
    let bytes = state(2000);
    {
        let store = now(Store::open(Rc::new(medium.clone()), clock())).expect("it opens");
        let mut change = Change::new();
        let mut record = Record::new("worlds", "old", 1);
        record.head = json!({ "name": "Wide", "locations": 2000, "position": "0,0,0" });
        let part = change.add_part(&bytes);
        record.parts.insert("document".into(), part);
        change.write(record, History::Skip);
        now(store.commit(change)).unwrap();
    }
    let keep = open(&medium);
    assert_eq!(export(&keep, "old"), bytes);
    assert!(
        now(keep.worlds().location("old", "place_1999"))
            .unwrap()
            .is_some()
    );
    let plain = Document::read(&bytes, &Limits::default()).unwrap().0;
    let moved = world::move_to(&plain, "4,4,0", TIME).unwrap();
    patch(&keep, "old", json!({ "position": "4,4,0" }));
    assert_eq!(export(&keep, "old"), moved.bytes());
    let (before, _) = parts(&medium, &HashSet::new());
    patch(&keep, "old", json!({ "position": "5,4,0" }));
    assert!(parts(&medium, &before).1 < 1000);
    now(keep.restore_version(Domain::Worlds, "old", 1)).unwrap();
    assert_eq!(export(&keep, "old"), bytes);
}

#[test]
fn what_cannot_be_told_by_its_keys_stays_one_document() {
    let text = String::from_utf8(state(400)).unwrap();
    for odd in [
        text.replace("\"7,7,0\"", "\"7, 7,0\""),
        text.replace("\"7,7,0\"", "\"6,7,0\""),
        text.replace("\"7,7,0\"", "\"99999999999,7,0\""),
    ] {
        let document = Document::parse(&odd).unwrap();
        assert!(world::cut(&document).is_none());
        let keep = open(&MemoryMedium::new());
        let id = import(&keep, odd.as_bytes());
        patch(&keep, &id, json!({ "position": "6,7,0" }));
        let moved = world::move_to(&document, "6,7,0", TIME).unwrap();
        assert_eq!(export(&keep, &id), moved.bytes());
    }
    assert!(world::cut(&Document::parse(&text).unwrap()).is_some());
}

#[test]
fn two_that_move_at_once_are_told_of_each_other() {
    let medium = MemoryMedium::new();
    let (one, two) = (open(&medium), open(&medium));
    let id = import(&one, &state(1000));
    let seen = now(one.worlds().set_stat(&id, "gold", "1", None)).unwrap();
    let rev = serde_json::from_str::<Value>(&seen).unwrap()["rev"].as_u64();
    now(two.worlds().move_to(&id, "1,0,0", rev)).unwrap();
    let error = now(one.worlds().move_to(&id, "2,0,0", rev)).unwrap_err();
    assert_eq!(error.kind(), Kind::Conflict);
    let theirs = error
        .sides()
        .and_then(|sides| sides.theirs.clone())
        .expect("it is told");
    let theirs: Value = serde_json::from_str(&theirs).unwrap();
    assert_eq!(theirs["current_position"], "1,0,0");
    assert_eq!(
        theirs["locations"].as_object().map(serde_json::Map::len),
        Some(1000)
    );
    // Without a revision the last one is where the player is, and no location is lost.
    now(one.worlds().move_to(&id, "3,0,0", None)).unwrap();
    let told = now(two.worlds().get(&id)).unwrap().unwrap();
    let told: Value = serde_json::from_str(&told).unwrap();
    assert_eq!(told["state"]["current_position"], "3,0,0");
    assert_eq!(told["state"]["player"]["gold"], 1);
    assert_eq!(told["locations"], 1000);
}

#[test]
fn a_world_that_grows_to_fifty_thousand_places_is_kept_in_time_of_its_size() {
    let start = std::time::Instant::now();
    let keep = open(&MemoryMedium::new());
    let all: Vec<String> = (0..50_000).map(|n| format!("\"{n},0,0\":{{}}")).collect();
    let text = format!(
        "{{\"current_position\":\"0,0,0\",\"locations\":{{{}}}}}",
        all.join(",")
    );
    let id = import(&keep, text.as_bytes());
    patch(&keep, &id, json!({ "position": "49999,0,0" }));
    assert!(
        now(keep.worlds().location(&id, "49998,0,0"))
            .unwrap()
            .is_some()
    );
    assert!(start.elapsed() < PATIENCE, "{:?}", start.elapsed());
}
