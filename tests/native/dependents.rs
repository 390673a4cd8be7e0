//! What hangs on a record: told, taken along into the trash, brought back, and never left dangling.

use crate::redo::Browser;
use crate::turn::now;
use cardkeep::error::{Kind, Limits};
use cardkeep::keep::{Along, ChatFilter, Domain, Keep, PlaythroughFilter, Target};
use cardkeep::store::Write;
use serde_json::{Value, json};

fn id_of(entry: &Value) -> String {
    entry["id"].as_str().unwrap().to_owned()
}

fn character(keep: &Keep, name: &str) -> String {
    let card = format!(
        r#"{{"name":"{name}","description":"","first_mes":"","personality":"","scenario":"","mes_example":""}}"#
    );
    let told = now(keep
        .characters()
        .import(card.as_bytes(), &Limits::default()))
    .unwrap();
    id_of(&told["entry"])
}

fn chat(keep: &Keep, title: &str, links: Value) -> String {
    let mut new = json!({ "title": title });
    new.as_object_mut()
        .unwrap()
        .extend(links.as_object().unwrap().clone());
    id_of(&now(keep.chats().create(&new.to_string())).unwrap())
}

fn trash(keep: &Keep, domain: Domain, ids: &[&str], chats: bool) {
    let targets: Vec<Target> = ids.iter().map(|id| Target::of(id)).collect();
    let along = Along {
        chats,
        ..Along::default()
    };
    now(keep.trash_with(domain, &targets, along, Write::default())).unwrap();
}

fn titles(keep: &Keep, filter: &ChatFilter) -> Vec<String> {
    let listing = now(keep.chats().list(filter)).unwrap();
    let items = listing["items"].as_array().unwrap();
    let mut titles: Vec<String> = items
        .iter()
        .map(|item| item["title"].as_str().unwrap().to_owned())
        .collect();
    titles.sort();
    titles
}

fn all(keep: &Keep) -> Vec<String> {
    titles(keep, &ChatFilter::default())
}

fn names(list: &Value, field: &str) -> Vec<String> {
    let list = list.as_array().unwrap();
    list.iter()
        .map(|one| one[field].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn what_hangs_on_a_record_is_told() {
    let keep = Browser::default().open();
    let (ann, bob) = (character(&keep, "Ann"), character(&keep, "Bob"));
    chat(&keep, "alone", json!({ "characters": [ann] }));
    chat(
        &keep,
        "both",
        json!({ "characters": [ann, bob], "persona": "p" }),
    );
    let gone = chat(&keep, "gone", json!({ "characters": [ann] }));
    trash(&keep, Domain::Chats, &[&gone], false);
    let world = format!(
        r#"{{"name":"Isle","version":"1.0","locations":{{"0,0,0":{{"location_id":"a","name":"Cove","npcs":["{bob}"]}}}}}}"#
    );
    now(keep.worlds().import(world.as_bytes(), &Limits::default())).unwrap();

    let told = now(keep.dependents(Domain::Characters, &ann)).unwrap();
    assert_eq!(names(&told["chats"], "title"), ["both", "alone"]);
    assert_eq!(told["worlds"], json!([]));
    let told = now(keep.dependents(Domain::Characters, &bob)).unwrap();
    assert_eq!(names(&told["chats"], "title"), ["both"]);
    assert_eq!(names(&told["worlds"], "name"), ["Isle"]);
    let missing = now(keep.dependents(Domain::Characters, "none")).unwrap_err();
    assert_eq!(missing.kind(), Kind::NotFound);
}

#[test]
fn chats_stay_or_go_with_their_character_and_come_back_with_it() {
    let keep = Browser::default().open();
    let (ann, bob) = (character(&keep, "Ann"), character(&keep, "Bob"));
    chat(&keep, "alone", json!({ "characters": [ann] }));
    chat(&keep, "both", json!({ "characters": [ann, bob] }));
    let before = chat(&keep, "before", json!({ "characters": [ann] }));

    trash(&keep, Domain::Characters, &[&ann], false);
    assert_eq!(all(&keep), ["alone", "before", "both"]);
    now(keep.restore(Domain::Characters, &ann)).unwrap();

    // What was deleted before by itself stays deleted. The times of both have to differ.
    trash(&keep, Domain::Chats, &[&before], false);
    std::thread::sleep(std::time::Duration::from_millis(3));
    trash(&keep, Domain::Characters, &[&ann], true);
    assert_eq!(all(&keep), ["both"]);
    let restored = now(keep.restore(Domain::Characters, &ann)).unwrap();
    assert_eq!(id_of(&restored), ann);
    assert_eq!(all(&keep), ["alone", "both"]);
    let of = ChatFilter {
        character: Some(ann.clone()),
        ..ChatFilter::default()
    };
    assert_eq!(titles(&keep, &of), ["alone", "both"]);

    // The chat of both goes with the last of them.
    trash(&keep, Domain::Characters, &[&ann, &bob], true);
    assert_eq!(all(&keep), [] as [&str; 0]);
    let both = [Target::of(&ann), Target::of(&bob)];
    let restored = now(keep.restore_many(Domain::Characters, &both, Write::default())).unwrap();
    assert_eq!(restored.len(), 2);
    assert_eq!(all(&keep), ["alone", "both"]);

    let refused = now(keep.trash_with(
        Domain::Chats,
        &[Target::of(&before)],
        Along {
            chats: true,
            ..Along::default()
        },
        Write::default(),
    ));
    assert_eq!(refused.unwrap_err().kind(), Kind::NotFound);
}

#[test]
fn worlds_and_personas_take_their_chats_along_too() {
    let keep = Browser::default().open();
    let world = id_of(&now(keep.worlds().create("Isle")).unwrap());
    chat(
        &keep,
        "there",
        json!({ "world": world, "location": "cove" }),
    );
    let persona = br#"{"personas":{"a.png":"Zoe"},"persona_descriptions":{}}"#;
    let persona = now(keep.personas().import(persona, &Limits::default())).unwrap();
    let persona = id_of(&persona[0]["entry"]);
    chat(&keep, "mine", json!({ "persona": persona }));
    for (domain, id) in [(Domain::Worlds, &world), (Domain::Personas, &persona)] {
        trash(&keep, domain, &[id], true);
        assert_eq!(all(&keep).len(), 1);
        now(keep.restore(domain, id)).unwrap();
        assert_eq!(all(&keep).len(), 2);
    }
    for domain in [Domain::Lorebooks, Domain::Campaigns] {
        let refused = now(keep.dependents(domain, &world)).unwrap_err();
        assert_eq!(refused.kind(), Kind::NotFound);
    }
}

#[test]
fn playthroughs_stay_or_go_with_their_world_and_come_back_with_it() {
    let keep = Browser::default().open();
    let world = id_of(&now(keep.worlds().create("Isle")).unwrap());
    let run = |name: &str| {
        let new = PlaythroughFilter {
            world: Some(world.clone()),
            name: Some(name.to_owned()),
            ..PlaythroughFilter::default()
        };
        id_of(&now(keep.playthroughs().create(&new, Write::default())).unwrap())
    };
    let statuses = || {
        let all = now(keep.playthroughs().list(&PlaythroughFilter::default())).unwrap();
        names(&all["items"], "worldStatus")
    };
    let (first, second) = (run("First"), run("Second"));
    let links = json!({ "world": world, "playthrough": first });
    chat(&keep, "of the first", links);
    let told = now(keep.dependents(Domain::Worlds, &world)).unwrap();
    let mut named = names(&told["playthroughs"], "name");
    named.sort();
    assert_eq!(named, ["First", "Second"]);
    assert_eq!(names(&told["playthroughs"], "worldStatus"), ["ok", "ok"]);
    assert_eq!(names(&told["chats"], "title"), ["of the first"]);
    let told = now(keep.dependents(Domain::Playthroughs, &first)).unwrap();
    assert_eq!(names(&told["chats"], "title"), ["of the first"]);
    let told = now(keep.dependents(Domain::Playthroughs, &second)).unwrap();
    assert_eq!(told["chats"], json!([]));

    // They stay, and tell what has become of their world.
    trash(&keep, Domain::Worlds, &[&world], true);
    assert_eq!(statuses(), ["trashed", "trashed"]);
    assert_eq!(all(&keep), [] as [&str; 0]);
    now(keep.restore(Domain::Worlds, &world)).unwrap();
    assert_eq!(statuses(), ["ok", "ok"]);

    // What was deleted before by itself stays deleted. The times of both have to differ.
    trash(&keep, Domain::Playthroughs, &[&second], false);
    std::thread::sleep(std::time::Duration::from_millis(3));
    let both = Along {
        chats: true,
        playthroughs: true,
    };
    let target = [Target::of(&world)];
    now(keep.trash_with(Domain::Worlds, &target, both, Write::default())).unwrap();
    assert_eq!(statuses(), [] as [&str; 0]);
    assert_eq!(all(&keep), [] as [&str; 0]);
    now(keep.restore(Domain::Worlds, &world)).unwrap();
    assert_eq!(statuses(), ["ok"]);
    assert_eq!(all(&keep), ["of the first"]);

    // A run that is gone for good is forgotten by its chat, which stays in the world.
    now(keep.trash_can().delete(Domain::Playthroughs, &first, None)).unwrap();
    let listing = now(keep.chats().list(&ChatFilter::default())).unwrap();
    let left = &listing["items"][0];
    assert_eq!(left.get("playthrough"), None);
    assert_eq!(left["world"], world);
    for domain in [Domain::Chats, Domain::Personas] {
        let refused = now(keep.trash_with(domain, &target, both, Write::default()));
        assert_eq!(refused.unwrap_err().kind(), Kind::NotFound);
    }
    let ann = character(&keep, "Ann");
    let ann = [Target::of(&ann)];
    let refused = now(keep.trash_with(Domain::Characters, &ann, both, Write::default()));
    assert_eq!(refused.unwrap_err().kind(), Kind::BadOption);
}

#[test]
fn what_is_removed_for_good_is_forgotten_by_what_stays() {
    let keep = Browser::default().open();
    let (ann, bob) = (character(&keep, "Ann"), character(&keep, "Bob"));
    let world = id_of(&now(keep.worlds().create("Isle")).unwrap());
    chat(
        &keep,
        "a",
        json!({ "characters": [ann, bob], "world": world, "location": "cove" }),
    );
    let with = chat(&keep, "b", json!({ "characters": [ann] }));
    now(keep.trash_can().delete(Domain::Characters, &ann, None)).unwrap();
    let of = |id: &str| ChatFilter {
        character: Some(id.to_owned()),
        ..ChatFilter::default()
    };
    assert_eq!(titles(&keep, &of(&ann)), [] as [&str; 0]);
    assert_eq!(titles(&keep, &of(&bob)), ["a"]);
    assert_eq!(all(&keep), ["a", "b"]);

    // One change for several that share a chat, and a chat that goes too.
    trash(&keep, Domain::Chats, &[&with], false);
    trash(&keep, Domain::Characters, &[&bob], false);
    trash(&keep, Domain::Worlds, &[&world], false);
    assert_eq!(now(keep.trash_can().empty()).unwrap(), 3);
    let listing = now(keep.chats().list(&ChatFilter::default())).unwrap();
    let [left] = listing["items"].as_array().unwrap().as_slice() else {
        panic!("one chat is left");
    };
    assert_eq!(
        (&left["title"], &left["characters"]),
        (&json!("a"), &json!([]))
    );
    assert_eq!((left.get("world"), left.get("location")), (None, None));
}
