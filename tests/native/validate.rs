//! What would be said of a value, and nothing of it is stored.

use crate::turn::now;
use cardkeep::json::Document;
use cardkeep::keep::{Domain, Given, Keep, PutDocument, Validity};
use cardkeep::store::MemoryMedium;
use serde_json::json;

fn validate(keep: &Keep, domain: Domain, text: &str, id: Option<&str>) -> Validity {
    let put = PutDocument {
        given: Given::Values(Document::parse(text).unwrap()),
        id: id.map(str::to_owned),
        if_rev: None,
        image: None,
    };
    now(keep.validate(domain, &put)).unwrap()
}

fn told(issues: &[cardkeep::card::Issue]) -> Vec<(&str, &str)> {
    let issues = issues.iter();
    issues.map(|issue| (&*issue.path, issue.code)).collect()
}

#[test]
fn what_put_refuses_and_what_breaks_a_rule_is_an_error_and_nothing_is_stored() {
    let medium = MemoryMedium::new();
    let keep = crate::keep::open(&medium);
    let world = now(keep.worlds().create("Here")).unwrap();
    let world = world["id"].as_str().unwrap();
    let before = medium.dump();
    let cases = [
        (Domain::Worlds, r#"{"rooms":{}}"#, "not-a-world"),
        (Domain::Worlds, "{}", "not-a-world"),
        (Domain::Worlds, "[]", "not-a-world"),
    ];
    for (domain, text, code) in cases {
        for id in [None, Some(world)] {
            let found = validate(&keep, domain, text, id);
            assert_eq!(
                (found.ok, told(&found.errors)),
                (false, vec![("", code)]),
                "{text}"
            );
            let put = PutDocument {
                given: Given::Values(Document::parse(text).unwrap()),
                id: id.map(str::to_owned),
                if_rev: None,
                image: None,
            };
            let refused = now(keep.put_many(domain, &[put], Default::default())).unwrap_err();
            assert_eq!(refused.kind().code(), code);
        }
    }
    let odd = r#"{"current_position":"0,0,0","locations":{"here":{"name":"Gate"}}}"#;
    let found = validate(&keep, Domain::Worlds, odd, Some(world));
    assert!(!found.ok, "{found:?}");
    assert_eq!(
        told(&found.errors),
        [
            ("locations.here", "bad-position"),
            ("current_position", "unknown-position")
        ]
    );
    let card = json!({ "spec": "chara_card_v2", "spec_version": "2.0", "data": { "name": 7 } });
    let found = validate(&keep, Domain::Characters, &card["data"].to_string(), None);
    assert!(!found.ok, "{found:?}");
    let persona = validate(
        &keep,
        Domain::Personas,
        r#"{"name":"Ana","description":"x"}"#,
        None,
    );
    assert!(persona.ok, "{persona:?}");
    let put = PutDocument {
        given: Given::Document(b"{}".to_vec()),
        id: None,
        if_rev: None,
        image: None,
    };
    let chats = now(keep.validate(Domain::Chats, &put)).unwrap_err();
    assert_eq!(chats.kind().code(), "bad-option");
    assert_eq!(medium.dump(), before);
}

#[test]
fn who_and_what_a_world_or_a_run_names_and_is_not_there_is_told() {
    let keep = crate::keep::open(&MemoryMedium::new());
    let card = br#"{"spec":"chara_card_v2","spec_version":"2.0","data":{"name":"Ann"}}"#;
    let ann = now(keep.characters().import(card, &Default::default())).unwrap();
    let ann = ann["entry"]["id"].as_str().unwrap();
    let state = json!({
        "current_position": "0,0,0",
        "visited_positions": ["0,0,0", "7,7,7"],
        "locations": { "0,0,0": { "location_id": "a", "npcs": [ann, "ghost"], "events": [
            { "id": "bell", "trigger": "enter", "at": "nowhere", "conditions": [{ "event": "feast" }, { "event": "none" }, { "visited": "9,9,9" }],
              "effects": [{ "reveal": "glade" }, { "reveal": "mist" }, { "add_npc": "x", "at": "b" }] },
            "bell", "gong", 7,
        ] } },
        "unconnected_locations": { "glade": { "npcs": ["ghost"] } },
        "events": [{ "id": "feast" }],
    });
    let found = validate(&keep, Domain::Worlds, &state.to_string(), None);
    assert_eq!((found.ok, told(&found.errors)), (true, vec![]));
    let event = "locations.0,0,0.events[0]";
    assert_eq!(
        told(&found.warnings),
        [
            (event, "unknown-event"),
            (event, "unknown-position"),
            (event, "unknown-location"),
            (event, "unknown-location"),
            (event, "unknown-location"),
            ("locations.0,0,0.events[2]", "unknown-event"),
            ("visited_positions[1]", "unknown-position"),
            ("locations.0,0,0.npcs", "broken-link"),
        ]
    );
    now(keep.trash(Domain::Characters, ann, None)).unwrap();
    let found = validate(&keep, Domain::Worlds, &state.to_string(), None);
    let broken = found.warnings.iter();
    let broken: Vec<&str> = broken
        .filter(|issue| issue.code == "broken-link")
        .map(|issue| issue.message.rsplit_once(" is ").unwrap().1)
        .collect();
    assert_eq!(broken, ["in the trash", "not there"]);
    let run = r#"{"world":"w","persona":"p","position":"0,0,0"}"#;
    let found = validate(&keep, Domain::Playthroughs, run, None);
    assert!(found.ok);
    assert_eq!(
        told(&found.warnings),
        [("world", "broken-link"), ("persona", "broken-link")]
    );
}

#[test]
fn every_setting_that_is_wrong_is_named_at_once() {
    let keep = crate::keep::open(&MemoryMedium::new());
    let found = keep.validate_settings(
        &json!({ "pageSize": -1, "theme": "dark", "colour": 1, "trashDays": "x" }),
    );
    let mut errors = told(&found.errors);
    errors.sort_unstable();
    assert_eq!(
        errors,
        [
            ("colour", "bad-option"),
            ("pageSize", "invalid"),
            ("trashDays", "invalid")
        ]
    );
    assert!(keep.validate_settings(&json!({ "pageSize": 20 })).ok);
    assert!(!keep.validate_settings(&json!([])).ok);
}
