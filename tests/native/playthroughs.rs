//! Playthroughs: each run through a world is its own, and the world stays as it was.

use crate::json::Random;
use crate::keep::open;
use crate::lying::{Call, Lying, Script};
use crate::store::clock;
use crate::turn::now;
use cardkeep::error::{Kind, Limits};
use cardkeep::json::Document;
use cardkeep::keep::{Domain, Given, Keep, PatchDocument, PlaythroughFilter, PutDocument};
use cardkeep::store::{MemoryMedium, Write};
use cardkeep::world::{self, playthrough};
use serde_json::{Value, json};
use std::rc::Rc;

fn world() -> Vec<u8> {
    std::fs::read("tests/fixtures/worlds/world_state.json").expect("the fixture is there")
}

/// A world with more places than fit into one document.
fn large() -> Vec<u8> {
    let all: Vec<String> = (0..900)
        .map(|n| format!("\"{n},0,0\": {{\"location_id\": \"l{n}\", \"npcs\": [\"ann\"], \"description\": \"somewhere\"}}"))
        .collect();
    format!(
        "{{\"metadata\": {{\"name\": \"Far\", \"last_modified\": 5}}, \"current_position\": \"3,0,0\", \"locations\": {{{}}}, \"player\": {{\"level\": 2, \"gold\": 1.50}}}}",
        all.join(", ")
    )
    .into_bytes()
}

fn import(keep: &Keep, bytes: &[u8]) -> String {
    let told = now(keep.worlds().import(bytes, &Limits::default())).expect("the world is kept");
    told["entry"]["id"].as_str().expect("an id").to_owned()
}

fn begin(keep: &Keep, world: &str, persona: Option<&str>) -> String {
    let new = PlaythroughFilter {
        world: Some(world.to_owned()),
        persona: persona.map(str::to_owned),
        name: Some("A run".to_owned()),
    };
    let told = now(keep.playthroughs().create(&new, Write::default())).expect("it begins");
    told["id"].as_str().expect("an id").to_owned()
}

fn export(keep: &Keep, domain: Domain, id: &str) -> Vec<u8> {
    now(keep.export(domain, id)).expect("it is whole").bytes
}

fn patch(keep: &Keep, id: &str, patch: Value) -> Result<Value, Kind> {
    let patch = PatchDocument {
        id: id.to_owned(),
        patch: Document::parse(&patch.to_string()).unwrap(),
        if_rev: None,
    };
    let told = now(keep.patch_many(Domain::Playthroughs, &[patch], Write::default()));
    told.map(|mut told| told.remove(0))
        .map_err(|error| error.kind())
}

fn get(keep: &Keep, id: &str) -> Value {
    let told = now(keep.playthroughs().get(id)).expect("it can be read");
    serde_json::from_str(&told.expect("it is there")).expect("JSON")
}

fn items(keep: &Keep, filter: PlaythroughFilter) -> Vec<Value> {
    let told = now(keep.playthroughs().list(&filter)).expect("they are listed");
    told["items"].as_array().expect("a list").clone()
}

#[test]
fn a_run_that_has_begun_exports_the_bytes_of_its_world() {
    for bytes in [world(), large()] {
        let keep = open(&MemoryMedium::new());
        let world = import(&keep, &bytes);
        let run = begin(&keep, &world, None);
        assert_eq!(export(&keep, Domain::Playthroughs, &run), bytes);
    }
}

#[test]
fn two_runs_share_a_world_and_nothing_else() {
    for bytes in [world(), large()] {
        let keep = open(&MemoryMedium::new());
        let world = import(&keep, &bytes);
        let (one, two) = (
            begin(&keep, &world, Some("zoe")),
            begin(&keep, &world, None),
        );
        let runs = keep.playthroughs();
        let moved = now(runs.move_to(&one, "1,0,0", Write::default())).unwrap();
        assert_eq!(
            (&moved["position"], &moved["rev"]),
            (&json!("1,0,0"), &json!(2))
        );
        now(runs.set_stat(&one, "level", "7", Write::default())).unwrap();
        assert_eq!(export(&keep, Domain::Worlds, &world), bytes);
        assert_eq!(export(&keep, Domain::Playthroughs, &two), bytes);
        // What the run says is what the world would say had it been played itself.
        let mut plain = Document::read(&bytes, &Limits::default()).unwrap().0;
        plain = world::move_to(&plain, "1,0,0", 1_700_000_000_000).unwrap();
        plain = world::set_stat(&plain, "level", "7", 1_700_000_000_000).unwrap();
        let exported = export(&keep, Domain::Playthroughs, &one);
        assert_eq!(
            String::from_utf8(exported),
            String::from_utf8(plain.bytes().to_vec())
        );
        let entry = &items(
            &keep,
            PlaythroughFilter {
                persona: Some("zoe".into()),
                ..PlaythroughFilter::default()
            },
        )[0];
        assert_eq!((&entry["id"], &entry["level"]), (&json!(one), &json!(7.0)));
    }
}

#[test]
fn nobody_runs_to_where_nothing_is() {
    let keep = open(&MemoryMedium::new());
    for bytes in [world(), large()] {
        let id = begin(&keep, &import(&keep, &bytes), None);
        for position in ["5,5,5", "", "hall"] {
            let error = now(keep.playthroughs().move_to(&id, position, Write::default()));
            assert_eq!(error.unwrap_err().kind(), Kind::Invalid, "{position}");
        }
        assert_eq!(get(&keep, &id)["rev"], 1);
    }
}

#[test]
fn what_is_otherwise_at_a_place_is_laid_over_the_world() {
    let keep = open(&MemoryMedium::new());
    let bytes = large();
    let id = begin(&keep, &import(&keep, &bytes), None);
    patch(
        &keep,
        &id,
        json!({ "places": {
        "l7": { "came": ["bea", "ann"] }, "l800": { "hidden": false, "went": ["ann", "cy"] },
        "nowhere": { "came": ["x"] }, "l9": { "went": ["bea"] },
    } }),
    )
    .expect("it fits");
    let text = String::from_utf8(export(&keep, Domain::Playthroughs, &id)).unwrap();
    let before = String::from_utf8(bytes).unwrap();
    let mut wanted: Value = serde_json::from_str(&before).unwrap();
    wanted["locations"]["7,0,0"]["npcs"] = json!(["ann", "bea"]);
    wanted["locations"]["800,0,0"]["hidden"] = json!(false);
    wanted["locations"]["800,0,0"]["npcs"] = json!([]);
    let told: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(told["locations"], wanted["locations"]);
    assert_eq!(told["player"], wanted["player"]);
    // Everything else is as it was written.
    assert!(
        text.contains("\"gold\": 1.50") && text.contains("\"l7\", \"npcs\": [\"ann\", \"bea\"]")
    );
    let gone = patch(&keep, &id, json!({ "places": { "l7": null } })).expect("it fits");
    assert_eq!(gone["rev"], 3);
    let text = String::from_utf8(export(&keep, Domain::Playthroughs, &id)).unwrap();
    assert!(!text.contains("bea"));
}

#[test]
fn a_run_outlives_its_world_and_says_so() {
    let keep = open(&MemoryMedium::new());
    let world = import(&keep, &world());
    let id = begin(&keep, &world, None);
    let status = |keep: &Keep| {
        let listed = items(
            keep,
            PlaythroughFilter {
                world: Some(world.clone()),
                ..PlaythroughFilter::default()
            },
        );
        assert_eq!(listed[0]["worldStatus"], get(keep, &id)["worldStatus"]);
        get(keep, &id)["worldStatus"].as_str().unwrap().to_owned()
    };
    assert_eq!(status(&keep), "ok");
    now(keep.trash(Domain::Worlds, &world, None)).unwrap();
    assert_eq!(status(&keep), "trashed");
    let runs = keep.playthroughs();
    let error = now(runs.move_to(&id, "1,0,0", Write::default())).unwrap_err();
    assert_eq!(
        (error.kind(), error.subject().map(|of| &*of.domain)),
        (Kind::NotFound, Some("worlds"))
    );
    assert_eq!(
        now(keep.export(Domain::Playthroughs, &id))
            .unwrap_err()
            .kind(),
        Kind::NotFound
    );
    now(keep.restore(Domain::Worlds, &world)).unwrap();
    now(runs.move_to(&id, "1,0,0", Write::default())).unwrap();
    now(keep.trash_can().delete(Domain::Worlds, &world, None)).unwrap();
    assert_eq!(status(&keep), "missing");
    now(runs.set_stat(&id, "gold", "1", Write::default()))
        .expect("what is the run's own can be changed");
}

#[test]
fn what_cannot_be_a_run_is_refused() {
    let keep = open(&MemoryMedium::new());
    let world = import(&keep, &world());
    let id = begin(&keep, &world, None);
    for (wrong, kind) in [
        (json!({ "position": "0,0,0" }), Kind::BadOption),
        (json!({ "world": "x" }), Kind::BadOption),
        (json!({ "player": 3 }), Kind::Invalid),
        (json!({ "name": 3 }), Kind::Invalid),
        (json!([]), Kind::Invalid),
    ] {
        assert_eq!(
            patch(&keep, &id, wrong.clone()).unwrap_err(),
            kind,
            "{wrong}"
        );
    }
    let put = |run: Value, id: Option<&str>| {
        let put = PutDocument {
            given: Given::Values(Document::parse(&run.to_string()).unwrap()),
            id: id.map(str::to_owned),
            if_rev: None,
            image: None,
        };
        let told = now(keep.put_many(Domain::Playthroughs, &[put], Write::default()));
        told.map(|told| told[0].clone())
            .map_err(|error| error.kind())
    };
    assert_eq!(
        put(json!({ "position": "0,0,0" }), None),
        Err(Kind::Invalid)
    );
    assert_eq!(
        put(json!({ "world": "w", "position": "here" }), None),
        Err(Kind::Invalid)
    );
    assert_eq!(
        put(json!({ "world": "other", "position": "0,0,0" }), Some(&id)),
        Err(Kind::Invalid)
    );
    let copy = put(get(&keep, &id)["run"].clone(), None).expect("it is a run");
    assert_ne!(copy["id"], json!(id));
    assert_eq!(copy["world"], json!(world));
    let nowhere = PlaythroughFilter::default();
    assert_eq!(
        now(keep.playthroughs().create(&nowhere, Write::default()))
            .unwrap_err()
            .kind(),
        Kind::Invalid
    );
}

#[test]
fn the_older_states_of_a_run_and_its_trash_are_its_own() {
    let keep = open(&MemoryMedium::new());
    let bytes = world();
    let world = import(&keep, &bytes);
    let id = begin(&keep, &world, None);
    now(keep.playthroughs().move_to(&id, "1,0,0", Write::default())).unwrap();
    assert_eq!(
        now(keep.history(Domain::Playthroughs, &id)).unwrap()[0]["rev"],
        1
    );
    now(keep.restore_version(Domain::Playthroughs, &id, 1)).unwrap();
    assert_eq!(export(&keep, Domain::Playthroughs, &id), bytes);
    now(keep.trash(Domain::Playthroughs, &id, None)).unwrap();
    assert!(items(&keep, PlaythroughFilter::default()).is_empty());
    now(keep.restore(Domain::Playthroughs, &id)).unwrap();
    assert_eq!(export(&keep, Domain::Playthroughs, &id), bytes);
}

#[test]
fn whatever_is_done_in_one_run_changes_not_a_byte_of_another_nor_of_the_world() {
    let keep = open(&MemoryMedium::new());
    let bytes = large();
    let world = import(&keep, &bytes);
    let ids: Vec<String> = (0..3).map(|_| begin(&keep, &world, None)).collect();
    let mut random = Random(4);
    let mut plain = vec![Document::read(&bytes, &Limits::default()).unwrap().0; 3];
    for step in 0..150 {
        let n = random.below(3);
        let runs = keep.playthroughs();
        let to = format!("{},0,0", random.below(1000));
        plain[n] = match random.below(2) {
            0 => {
                let gone = now(runs.move_to(&ids[n], &to, Write::default()));
                let moved = world::move_to(&plain[n], &to, 1_700_000_000_000);
                assert_eq!(gone.is_ok(), moved.is_ok());
                moved.unwrap_or_else(|_| plain[n].clone())
            }
            _ => {
                now(runs.set_stat(&ids[n], "gold", &step.to_string(), Write::default())).unwrap();
                world::set_stat(&plain[n], "gold", &step.to_string(), 1_700_000_000_000).unwrap()
            }
        };
    }
    for (id, plain) in ids.iter().zip(&plain) {
        let told = |bytes: &[u8]| {
            let mut told: Value = serde_json::from_slice(bytes).unwrap();
            // The clock of the tests goes on by itself.
            told["metadata"]["last_modified"] = Value::Null;
            told
        };
        assert_eq!(
            told(&export(&keep, Domain::Playthroughs, id)),
            told(plain.bytes())
        );
    }
    assert_eq!(export(&keep, Domain::Worlds, &world), bytes);
}

#[test]
fn a_run_is_told_with_everything_a_run_has() {
    let sparse = Document::parse(r#"{"world": "w", "position": "1,2,3", "mood": "dark"}"#).unwrap();
    playthrough::check(&sparse).unwrap();
    let told: Value = serde_json::from_str(&playthrough::view(&sparse)).unwrap();
    assert_eq!(
        told,
        json!({ "world": "w", "position": "1,2,3", "mood": "dark", "name": "", "visited": [], "player": {},
            "turn": 0, "events": {}, "places": {}, "outcomes": [] })
    );
}

#[test]
fn a_run_goes_on_without_a_question_and_never_past_what_others_did_to_it_or_its_world() {
    for bytes in [world(), large()] {
        let (medium, script) = (MemoryMedium::new(), Rc::new(Script::default()));
        let lying = Lying {
            medium: Rc::new(medium.clone()),
            script: Rc::clone(&script),
        };
        let opened = Keep::open(Rc::new(lying), clock(), Rc::new(|_, _| {}));
        let (here, other) = (now(opened).unwrap(), open(&medium));
        let world = import(&here, &bytes);
        let id = begin(&here, &world, None);
        let go = |position: &str| now(here.playthroughs().move_to(&id, position, Write::default()));
        go("1,0,0").unwrap();
        go("0,0,0").unwrap();
        let before = script.count();
        go("1,0,0").unwrap();
        assert_eq!(script.calls()[before..], [Call::Write]);

        let opening = "\"locations\": {";
        let new = "\"7,7,7\": {\"location_id\": \"new\", \"description\": \"built\"}, ";
        let text = String::from_utf8(bytes).unwrap();
        let put = PutDocument {
            given: Given::Document(text.replacen(opening, &format!("{opening}{new}"), 1).into()),
            id: Some(world.clone()),
            if_rev: None,
            image: None,
        };
        now(other.put_many(Domain::Worlds, &[put], Write::default())).unwrap();
        assert_eq!(go("7,7,7").unwrap()["position"], "7,7,7");
        now(other.playthroughs().move_to(&id, "0,0,0", Write::default())).unwrap();
        now(other
            .playthroughs()
            .set_stat(&id, "level", "9", Write::default()))
        .unwrap();
        let moved = go("1,0,0").unwrap();
        assert_eq!((&moved["level"], &moved["rev"]), (&json!(9.0), &json!(8)));
        now(other.trash(Domain::Worlds, &world, None)).unwrap();
        assert_eq!(go("0,0,0").unwrap_err().kind(), Kind::NotFound);
        now(other.restore(Domain::Worlds, &world)).unwrap();
        go("0,0,0").unwrap();
        now(other.trash(Domain::Playthroughs, &id, None)).unwrap();
        assert_eq!(go("1,0,0").unwrap_err().kind(), Kind::NotFound);
    }
}
