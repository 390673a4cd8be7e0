//! Events of a world: when they happen, what they do, and that nothing else does.

use crate::json::Random;
use crate::keep::open;
use crate::turn::now;
use cardkeep::error::Limits;
use cardkeep::json::Document;
use cardkeep::keep::{Domain, Keep, PlaythroughFilter};
use cardkeep::store::{MemoryMedium, Write};
use cardkeep::world::events::{self, On, Scene, Trigger};
use cardkeep::world::playthrough;
use serde_json::{Value, json};

const NOW: i64 = 1_700_000_000_123;

fn document(value: &Value) -> Document {
    Document::parse(&value.to_string()).unwrap()
}

/// A hall with these events, and a run that is there.
fn hall(events: Value) -> (Document, Document) {
    let state = document(&json!({
        "current_position": "0,0,0", "visited_positions": ["0,0,0"],
        "locations": { "0,0,0": { "location_id": "hall", "npcs": ["ann"], "events": events } },
        "player": { "gold": 3 },
    }));
    let run = playthrough::begin(&state, "w", None, "").unwrap();
    (state, run)
}

fn happen(
    state: &Document,
    run: &Document,
    trigger: &Trigger,
) -> (Document, Vec<Value>, Vec<&'static str>) {
    let mut warnings = Vec::new();
    let (run, fired) = events::run(run, Scene::of(state, "0,0,0"), trigger, NOW, &mut warnings)
        .unwrap_or_else(|error| panic!("{error}"));
    let fired = fired.iter().map(|one| json!(one)).collect();
    (
        run,
        fired,
        warnings.into_iter().map(|warning| warning.code).collect(),
    )
}

fn view(run: &Document) -> Value {
    serde_json::from_str(&playthrough::view(run)).unwrap()
}

#[test]
fn an_event_does_all_it_says_and_remembers_it() {
    let (state, run) = hall(json!([{
        "id": "feast", "name": "The feast", "trigger": "enter", "once": true,
        "conditions": [{ "stat": "gold", "is": ">=", "value": 3 }, { "npc": "ann" }, { "visited": "0,0,0" }, { "event": "war", "not": true }],
        "effects": [
            { "set": "mood", "to": { "is": ["glad"] } }, { "add": "gold", "by": -0.5 }, { "add": "luck", "by": 2 },
            { "add_npc": "bea" }, { "remove_npc": "ann" }, { "add_npc": "cy", "at": "cellar" }, { "reveal": "cellar" },
            { "post": "Music plays." }, { "post": "Welcome!", "role": "assistant" },
        ],
    }]));
    let (after, fired, warnings) = happen(&state, &run, &Trigger::of(On::Enter));
    assert!(warnings.is_empty());
    assert_eq!(
        fired,
        [json!({
            "event": "feast", "name": "The feast", "location": "hall",
            "messages": [{ "role": "system", "text": "Music plays." }, { "role": "assistant", "text": "Welcome!" }],
        })]
    );
    let told = view(&after);
    assert_eq!(
        told["player"],
        json!({ "gold": 2.5, "mood": { "is": ["glad"] }, "luck": 2 })
    );
    assert_eq!(
        told["places"],
        json!({
            "hall": { "came": ["bea"], "went": ["ann"] }, "cellar": { "came": ["cy"], "hidden": false },
        })
    );
    assert_eq!(
        told["events"],
        json!({ "feast": { "count": 1, "at": NOW } })
    );
    assert_eq!(told["outcomes"][0]["event"], "feast");
    assert_eq!(
        told["outcomes"][0]["changes"].as_array().map(Vec::len),
        Some(9)
    );
    // Once is once.
    let (again, fired, _) = happen(&state, &after, &Trigger::of(On::Enter));
    assert!(fired.is_empty());
    assert_eq!(again.bytes(), after.bytes());
}

#[test]
fn only_what_follows_from_a_trigger_happens() {
    let (state, mut run) = hall(json!([
        { "id": "in", "trigger": "enter" }, { "id": "out", "trigger": { "on": "leave" } },
        { "id": "ann", "trigger": { "on": "talk", "npc": "ann" } }, { "id": "any", "trigger": "talk" },
        { "id": "third", "trigger": { "on": "turns", "every": 3 } },
        { "id": "late", "trigger": { "on": "turns", "after": 5 }, "once": true },
        { "id": "one", "trigger": "manual" }, { "id": "two", "trigger": "manual" },
        { "id": "elsewhere", "trigger": "enter", "at": "cellar" }, { "id": "rich", "trigger": "enter", "conditions": [{ "stat": "gold", "is": ">", "value": 3 }] },
    ]));
    let names = |fired: &[Value]| -> Vec<String> {
        fired
            .iter()
            .map(|one| one["event"].as_str().unwrap().to_owned())
            .collect()
    };
    let follow = |run: &Document, trigger: Trigger| {
        let (_, fired, warnings) = happen(&state, run, &trigger);
        assert!(warnings.is_empty());
        names(&fired)
    };
    assert_eq!(follow(&run, Trigger::of(On::Enter)), ["in"]);
    assert_eq!(follow(&run, Trigger::of(On::Leave)), ["out"]);
    let talk = |npc: &str| Trigger {
        npc: Some(npc.to_owned()),
        ..Trigger::of(On::Talk)
    };
    assert_eq!(follow(&run, talk("ann")), ["ann", "any"]);
    assert_eq!(follow(&run, talk("bea")), ["any"]);
    let manual = |event: &str| Trigger {
        event: Some(event.to_owned()),
        ..Trigger::of(On::Manual)
    };
    assert_eq!(follow(&run, manual("two")), ["two"]);
    assert_eq!(follow(&run, manual("in")), [""; 0]);
    let mut turns = Vec::new();
    for _ in 0..7 {
        let (after, fired, _) = happen(&state, &run, &Trigger::of(On::Turns));
        run = after;
        turns.push(names(&fired).join("+"));
    }
    assert_eq!(turns, ["", "", "third", "", "late", "third", ""]);
    assert_eq!(view(&run)["turn"], 7);
}

#[test]
fn what_cannot_be_understood_does_not_happen_at_all_and_is_told() {
    let effect = json!([{ "add": "gold", "by": 1 }]);
    for wrong in [
        json!({ "id": "x", "trigger": "dream", "effects": effect }),
        json!({ "id": "x", "trigger": { "on": "turns", "every": 0 }, "effects": effect }),
        json!({ "id": "x", "trigger": "turns", "conditions": [{ "moon": "full" }], "effects": effect }),
        json!({ "id": "x", "trigger": "turns", "conditions": [{ "stat": "gold", "is": "~", "value": 1 }], "effects": effect }),
        json!({ "id": "x", "trigger": "turns", "effects": [{ "add": "gold", "by": 1 }, { "run": "code()" }] }),
        json!({ "id": "x", "trigger": "turns", "effects": [{ "add": "gold", "by": 1 }, { "add": "gold", "by": "1" }] }),
        json!({ "id": "x", "trigger": "turns", "effects": [{ "set": "", "to": 1 }] }),
        json!({ "id": "x", "trigger": "turns", "effects": [{ "add": "gold", "by": 1e308 }, { "add": "gold", "by": 1.7e308 }] }),
    ] {
        let (state, run) = hall(json!([wrong, { "id": "good", "trigger": "turns" }]));
        let (after, fired, warnings) = happen(&state, &run, &Trigger::of(On::Turns));
        assert_eq!(warnings, ["bad-event"], "{wrong}");
        assert_eq!(fired.len(), 1);
        assert_eq!(view(&after)["player"], json!({ "gold": 3 }), "{wrong}");
    }
    // What other tools keep there is nobody's event.
    let (state, run) =
        hall(json!(["a text", 3, null, {}, { "id": "of another tool", "type": "fight" }]));
    let (_, fired, warnings) = happen(&state, &run, &Trigger::of(On::Enter));
    assert!(fired.is_empty() && warnings.is_empty());
}

#[test]
fn a_run_remembers_the_last_outcomes_only() {
    let (state, mut run) =
        hall(json!([{ "id": "tick", "trigger": "turns", "effects": [{ "add": "age", "by": 1 }] }]));
    for _ in 0..230 {
        run = happen(&state, &run, &Trigger::of(On::Turns)).0;
    }
    let told = view(&run);
    assert_eq!(told["outcomes"].as_array().map(Vec::len), Some(200));
    assert_eq!(
        (&told["player"]["age"], &told["events"]["tick"]["count"]),
        (&json!(230), &json!(230))
    );
}

#[test]
fn the_same_input_gives_the_same_result_and_changes_nothing_that_was_given() {
    let mut random = Random(11);
    let words = ["gold", "ann", "hall", "", "0,0,0", "feast"];
    for _ in 0..300 {
        let mut word = || words[random.below(words.len())];
        let event = json!({
            "id": word(), "trigger": "turns", "at": null, "conditions": [{ "stat": word(), "is": "!=", "value": word() }],
            "effects": [{ "add_npc": word() }, { "remove_npc": word() }, { "set": word(), "to": word() }, { "reveal": word() }],
        });
        let (state, run) = hall(json!([event]));
        let before = (state.bytes().to_vec(), run.bytes().to_vec());
        let one = happen(&state, &run, &Trigger::of(On::Turns));
        let two = happen(&state, &run, &Trigger::of(On::Turns));
        assert_eq!(
            (one.0.bytes(), &one.1, &one.2),
            (two.0.bytes(), &two.1, &two.2)
        );
        assert_eq!(before, (state.bytes().to_vec(), run.bytes().to_vec()));
        playthrough::check(&one.0).expect("it stays a run");
    }
}

/// A world of two rooms, large enough to rest in pieces where `wide`.
fn kept(keep: &Keep, wide: bool) -> String {
    let rooms = if wide { 2000 } else { 2 };
    let mut locations = serde_json::Map::new();
    for n in 0..rooms {
        let events = json!([
            { "id": format!("in {n}"), "trigger": "enter", "effects": [{ "add": "entered", "by": 1 }, { "post": format!("Room {n}.") }] },
            { "id": format!("out {n}"), "trigger": "leave", "effects": [{ "add": "left", "by": 1 }] },
            { "id": format!("hi {n}"), "trigger": "talk", "once": true },
        ]);
        locations.insert(
            format!("{n},0,0"),
            json!({ "location_id": format!("room{n}"), "npcs": ["ann"], "events": events }),
        );
    }
    let state = json!({
        "metadata": { "name": "Rooms" }, "current_position": "0,0,0", "visited_positions": ["0,0,0"], "locations": locations, "player": {},
        "events": [{ "id": "anywhere", "trigger": "enter", "at": "room1", "effects": [{ "set": "seen", "to": true }] }],
    });
    let told = now(keep
        .worlds()
        .import(state.to_string().as_bytes(), &Limits::default()))
    .unwrap();
    let new = PlaythroughFilter {
        world: told["entry"]["id"].as_str().map(str::to_owned),
        ..PlaythroughFilter::default()
    };
    now(keep.playthroughs().create(&new, Write::default())).unwrap()["id"]
        .as_str()
        .unwrap()
        .to_owned()
}

#[test]
fn leaving_and_coming_happen_in_one_write_with_the_move() {
    for wide in [false, true] {
        let keep = open(&MemoryMedium::new());
        let id = kept(&keep, wide);
        let runs = keep.playthroughs();
        let moved = now(runs.move_to(&id, "1,0,0", Write::default())).unwrap();
        assert_eq!(
            (&moved["rev"], &moved["position"]),
            (&json!(2), &json!("1,0,0"))
        );
        let names: Vec<_> = moved["fired"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| (&one["event"], &one["location"]))
            .collect();
        assert_eq!(
            names,
            [
                (&json!("out 0"), &json!("room0")),
                (&json!("in 1"), &json!("room1")),
                (&json!("anywhere"), &json!("room1"))
            ]
        );
        assert_eq!(moved["fired"][1]["messages"][0]["text"], "Room 1.");
        let talk = Trigger {
            npc: Some("ann".into()),
            ..Trigger::of(On::Talk)
        };
        assert_eq!(
            now(runs.trigger(&id, &talk, Write::default())).unwrap()["fired"][0]["event"],
            "hi 1"
        );
        assert_eq!(
            now(runs.trigger(&id, &talk, Write::default())).unwrap()["fired"],
            json!([])
        );
        let told: Value = serde_json::from_str(&now(runs.get(&id)).unwrap().unwrap()).unwrap();
        assert_eq!(
            told["run"]["player"],
            json!({ "left": 1, "entered": 1, "seen": true })
        );
        // A move that cannot be made has nothing happen.
        let before = now(keep.export(Domain::Playthroughs, &id)).unwrap().bytes;
        assert!(now(runs.move_to(&id, "-1,0,0", Write::default())).is_err());
        assert_eq!(
            now(keep.export(Domain::Playthroughs, &id)).unwrap().bytes,
            before
        );
    }
}

#[test]
fn two_tabs_that_move_a_run_both_have_their_events() {
    let medium = MemoryMedium::new();
    let (one, two) = (open(&medium), open(&medium));
    let id = kept(&one, true);
    for n in 1..8 {
        let keep = if n % 2 == 0 { &one } else { &two };
        let moved = now(keep
            .playthroughs()
            .move_to(&id, &format!("{n},0,0"), Write::default()))
        .unwrap();
        assert_eq!(moved["fired"][0]["event"], format!("out {}", n - 1));
    }
    let told: Value =
        serde_json::from_str(&now(one.playthroughs().get(&id)).unwrap().unwrap()).unwrap();
    assert_eq!(
        (
            &told["run"]["player"]["left"],
            &told["run"]["player"]["entered"]
        ),
        (&json!(7), &json!(7))
    );
}
