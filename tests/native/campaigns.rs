//! Campaigns: scopes that nothing of another one reaches, and the files that bots keep.

use crate::json::Random;
use crate::keep::open;
use crate::turn::now;
use cardkeep::campaign::files::Files;
use cardkeep::campaign::{self, Action, Role, Scope};
use cardkeep::error::{Kind, Limits};
use cardkeep::json::Document;
use cardkeep::keep::{Brought, CampaignFilter, Domain, Given, Keep, PutDocument, Target};
use cardkeep::store::{MemoryMedium, Write};
use serde_json::{Value, json};

const CAMPAIGNS: &str = r#"{
  "81384788765712384": {
    "1": {
      "name": "Die Höhle 🐉",
      "gm_id": "9007199254740993",
      "player_role_id": "5",
      "gm_role_id": "6",
      "webhook_id": "7",
      "players": [
        "11",
        "12"
      ],
      "own": 1.50
    },
    "2": {
      "name": "Second",
      "gm_id": "3",
      "player_role_id": "5",
      "gm_role_id": "6",
      "players": []
    }
  }
}"#;
const CHARACTERS: &str = r#"{
  "81384788765712384": {
    "11": {
      "1": {
        "name": "Ann",
        "avatar_url": "https://example.com/a.png",
        "description": ""
      },
      "2": {
        "name": "Bea",
        "avatar_url": null,
        "description": "Tall.\n"
      }
    }
  },
  "g/2": {
    "12": {
      "1": {
        "name": "Alone",
        "avatar_url": "",
        "description": ""
      }
    }
  }
}"#;
const NPCS: &str = r#"{
  "81384788765712384": {
    "1": {
      "n1": {
        "name": "Smith",
        "avatar_url": "",
        "creator_id": "9007199254740993"
      },
      "n2": {
        "name": "Jones",
        "avatar_url": "",
        "creator_id": "9007199254740993"
      }
    }
  }
}"#;
const GUILD: &str = "81384788765712384";

fn files() -> Files {
    Files {
        campaigns: Some(CAMPAIGNS.into()),
        characters: Some(CHARACTERS.into()),
        npcs: Some(NPCS.into()),
    }
}

fn document(value: Value) -> Document {
    Document::parse(&value.to_string()).expect("it is JSON")
}

fn scope(guild: &str, channel: &str) -> Scope {
    Scope {
        guild: guild.to_owned(),
        channel: channel.to_owned(),
    }
}

fn bring(keep: &Keep, files: &Files, base: Option<&Files>) -> Brought {
    let brought = keep.campaigns();
    now(brought.bring(files, base, &Limits::default(), Write::default())).expect("they come in")
}

fn change(keep: &Keep, scope: &Scope, patch: Value) -> Result<Value, Kind> {
    now(keep
        .campaigns()
        .change(scope, &document(patch), Write::default()))
    .map_err(|error| error.kind())
}

fn told(keep: &Keep, scope: &Scope) -> Value {
    let read = now(keep.campaigns().texts().read(&scope.id())).expect("it is read");
    serde_json::from_str(&read.expect("it is there").0).expect("it is JSON")
}

fn ids(keep: &Keep, filter: Value) -> Vec<String> {
    let filter: CampaignFilter = serde_json::from_value(filter).expect("it is a filter");
    let list = now(keep.campaigns().list(&filter)).expect("it is listed");
    let items = list["items"].as_array().expect("it is a list");
    let mut ids: Vec<String> = items
        .iter()
        .map(|item| item["id"].as_str().unwrap().to_owned())
        .collect();
    ids.sort();
    ids
}

#[test]
fn the_files_of_a_bot_come_out_as_the_bytes_that_came_in() {
    let keep = open(&MemoryMedium::new());
    let brought = bring(&keep, &files(), None);
    assert_eq!((brought.added, brought.changed, brought.same), (3, 0, 0));
    assert!(
        brought.warnings.is_empty() && brought.conflicts.is_empty(),
        "{brought:?}"
    );
    let out = now(keep.campaigns().files(None)).expect("they come out");
    let text = |file: Option<Vec<u8>>| String::from_utf8(file.unwrap()).unwrap();
    assert_eq!(text(out.campaigns.clone()), CAMPAIGNS);
    assert_eq!(text(out.characters.clone()), CHARACTERS);
    assert_eq!(text(out.npcs.clone()), NPCS);
    let again = bring(&keep, &files(), None);
    assert_eq!((again.added, again.changed, again.same), (0, 0, 3));
    let empty = now(open(&MemoryMedium::new()).campaigns().files(None)).unwrap();
    assert_eq!(text(empty.npcs), "{}");
    let one = now(keep.campaigns().files(Some("g/2"))).unwrap();
    assert_eq!(text(one.campaigns), "{}");
    assert!(text(one.characters).contains("Alone"));
}

#[test]
fn ids_that_are_numbers_become_texts_and_secrets_stay_out() {
    let keep = open(&MemoryMedium::new());
    let given = Files {
        campaigns: Some(br#"{"1":{"2":{"name":"x","gm_id":9007199254740993,"players":[12345678901234567890,"3"],
            "webhook_url":"https://discord.example/api/webhooks/1/abc","bot_token":"s3cret"}}}"#.to_vec()),
        ..Files::default()
    };
    let brought = bring(&keep, &given, None);
    let codes: Vec<&str> = brought
        .warnings
        .iter()
        .map(|warning| warning.code)
        .collect();
    assert_eq!(
        codes,
        [
            "number-id",
            "number-id",
            "secret-left-out",
            "secret-left-out"
        ]
    );
    let out = now(keep.campaigns().files(None))
        .unwrap()
        .campaigns
        .unwrap();
    let out = String::from_utf8(out).unwrap();
    assert!(
        out.contains("\"9007199254740993\"") && out.contains("\"12345678901234567890\""),
        "{out}"
    );
    assert!(
        !out.contains("s3cret") && !out.contains("webhooks"),
        "{out}"
    );
    let refused = change(
        &keep,
        &scope("1", "2"),
        json!({"campaign": {"webhook_id": "https://x/api/webhooks/1/abc"}}),
    );
    assert_eq!(refused, Err(Kind::Invalid));
}

#[test]
fn a_secret_is_left_out_wherever_it_stands_and_nothing_else_is() {
    let keep = open(&MemoryMedium::new());
    let hooks: Vec<String> = (0..80)
        .map(|n| format!("https://discord.example/api/webhooks/{n}/abc"))
        .collect();
    let campaign = json!({
        "name": "x",
        "webhook": {"id": "7", "url": "https://discord.example/api/webhooks/7/abc"},
        "log": ["kept", ["https://discord.example/api/webhooks/8/abc", "kept too"]],
        "0": {"bot_token": "s3cret"},
        "hooks": hooks,
    });
    let npc = json!({"name": "Orc", "secret": "He is the king in disguise."});
    let given = Files {
        campaigns: Some(json!({"1": {"2": campaign}}).to_string().into()),
        npcs: Some(json!({"1": {"2": {"n": npc}}}).to_string().into()),
        ..Files::default()
    };
    let brought = bring(&keep, &given, None);
    let places: Vec<&str> = brought
        .warnings
        .iter()
        .map(|warning| &*warning.path)
        .collect();
    for place in ["webhook.url", "log.1.0", "0.bot_token", "hooks"] {
        let place = format!("campaigns.1.2.{place}");
        assert!(places.contains(&&*place), "{place}: {places:?}");
    }
    let told = &told(&keep, &scope("1", "2"))["scope"];
    assert_eq!(
        told["campaign"],
        json!({"name": "x", "webhook": {"id": "7"}, "log": ["kept", ["kept too"]], "0": {}})
    );
    assert_eq!(told["npcs"]["n"]["secret"], "He is the king in disguise.");
    let patch = json!({"campaign": {"log": ["https://x/api/webhooks/1/abc"]}});
    assert_eq!(change(&keep, &scope("1", "2"), patch), Err(Kind::Invalid));
}

#[test]
fn a_scope_in_the_trash_takes_no_part_in_files_that_know_nothing_of_it() {
    let keep = open(&MemoryMedium::new());
    bring(&keep, &files(), None);
    let all = ids(&keep, json!({}));
    let before = now(keep.campaigns().files(None)).unwrap();
    for id in &all {
        now(keep.trash(Domain::Campaigns, id, None)).unwrap();
    }
    let text = String::from_utf8(before.campaigns.clone().unwrap()).unwrap();
    let other = Files {
        campaigns: Some(text.replacen("\"name\": \"", "\"name\": \"New ", 1).into()),
        ..before.clone()
    };
    let brought = bring(&keep, &other, None);
    assert_eq!((brought.added, brought.conflicts), (all.len(), vec![]));
    assert_eq!(now(keep.campaigns().files(None)).unwrap(), other);
}

#[test]
fn a_list_names_a_campaign_as_it_is_called_now() {
    let keep = open(&MemoryMedium::new());
    let scope = scope("1", "2");
    change(&keep, &scope, json!({"campaign": {"name": "x"}})).unwrap();
    let entry = change(&keep, &scope, json!({"campaign": null})).unwrap();
    assert_eq!(entry["name"], "");
}

#[test]
fn a_file_of_another_shape_is_refused_and_stores_nothing() {
    let keep = open(&MemoryMedium::new());
    for bad in [
        "[]",
        "{\"1\":[]}",
        "{\"1\":{\"2\":\"x\"}}",
        "{\"1\":{\"2\":{\"name\":3}}}",
        "{\"\":{\"2\":{\"name\":\"x\"}}}",
        "{",
    ] {
        let given = Files {
            campaigns: Some(bad.into()),
            ..files()
        };
        let refused =
            now(keep
                .campaigns()
                .bring(&given, None, &Limits::default(), Write::default()));
        let kind = refused.expect_err("it is refused").kind();
        assert!(
            matches!(kind, Kind::Invalid | Kind::BadJson),
            "{bad}: {kind:?}"
        );
    }
    assert!(ids(&keep, json!({})).is_empty());
}

#[test]
fn bringing_in_replaces_nothing_and_saving_leaves_what_others_wrote() {
    let keep = open(&MemoryMedium::new());
    bring(&keep, &files(), None);
    let first = scope(GUILD, "1");
    change(
        &keep,
        &first,
        json!({"characters": {"11": {"name": "Anna"}}}),
    )
    .expect("it is changed");
    let again = bring(&keep, &files(), None);
    assert_eq!((again.changed, again.same), (0, 3));
    assert_eq!(again.conflicts, [format!("{GUILD}/1: characters.11.name")]);
    assert_eq!(
        told(&keep, &first)["scope"]["characters"]["11"]["name"],
        "Anna"
    );

    // A bot read the files, changed an NPC and took a scope out, while somebody else wrote a player.
    let base = now(keep.campaigns().files(None)).unwrap();
    change(
        &keep,
        &first,
        json!({"characters": {"13": {"name": "New"}}}),
    )
    .expect("it is changed");
    let mut npcs: Value = serde_json::from_slice(base.npcs.as_ref().unwrap()).unwrap();
    npcs[GUILD]["1"]["n1"]["name"] = json!("Black");
    let mine = Files {
        campaigns: base.campaigns.clone(),
        characters: Some(
            CHARACTERS
                .replace("Alone", "Still alone")
                .replace("\"Ann\"", "\"Anna\"")
                .into(),
        ),
        npcs: Some(npcs.to_string().into()),
    };
    let saved = bring(&keep, &mine, Some(&base));
    assert_eq!((saved.changed, saved.same), (2, 1), "{saved:?}");
    let scope_now = &told(&keep, &first)["scope"];
    assert_eq!(scope_now["npcs"]["n1"]["name"], "Black");
    assert_eq!(scope_now["characters"]["13"]["name"], "New");
    assert_eq!(
        told(&keep, &scope("g/2", "1"))["scope"]["characters"]["12"]["name"],
        "Still alone"
    );
    let without = Files {
        characters: Some(b"{}".to_vec()),
        ..mine.clone()
    };
    bring(&keep, &without, Some(&mine));
    assert_eq!(
        told(&keep, &scope("g/2", "1"))["scope"]["characters"],
        json!({})
    );
    assert_eq!(
        told(&keep, &first)["scope"]["characters"],
        json!({"13": {"name": "New"}})
    );
}

#[test]
fn a_scope_is_made_when_it_is_written_to_and_made_once() {
    let keep = open(&MemoryMedium::new());
    let here = scope("1/2", "3");
    let entry = change(
        &keep,
        &here,
        json!({"campaign": {"name": "First", "gm_id": "9"}}),
    )
    .unwrap();
    assert_eq!(
        (&entry["id"], &entry["guild"]),
        (&json!("1%2F2/3"), &json!("1/2"))
    );
    change(&keep, &here, json!({"characters": {"5": {"name": "Ann"}}})).unwrap();
    change(
        &keep,
        &here,
        json!({"npcs": {"a": {"name": "A"}, "b": {"name": "B"}}}),
    )
    .unwrap();
    let entry = change(&keep, &here, json!({"npcs": {"a": null}})).unwrap();
    assert_eq!(
        (
            &entry["name"],
            &entry["characters"],
            &entry["npcs"],
            &entry["players"]
        ),
        (&json!("First"), &json!(1), &json!(1), &json!(1))
    );
    assert_ne!(scope("1", "2/3").id(), here.id());
    assert_eq!(ids(&keep, json!({"player": "5"})), [here.id()]);
    assert_eq!(ids(&keep, json!({"gm": "9", "guild": "1/2"})), [here.id()]);
    assert!(ids(&keep, json!({"gm": "5"})).is_empty());
    for (patch, want) in [
        (json!({"name": "x"}), Kind::BadOption),
        (json!({"npcs": []}), Kind::Invalid),
        (json!({"npcs": {"c": {}}}), Kind::Invalid),
        (json!({"npcs": {"c": {"name": 3}}}), Kind::Invalid),
        (json!({"characters": {"": {"name": "x"}}}), Kind::Invalid),
        (json!({"campaign": {"players": [3]}}), Kind::Invalid),
        (json!([]), Kind::Invalid),
    ] {
        assert_eq!(change(&keep, &here, patch.clone()), Err(want), "{patch}");
    }
    assert_eq!(
        change(&keep, &scope("", "3"), json!({})),
        Err(Kind::Invalid)
    );
    let put = |values: Value, id: Option<&str>| PutDocument {
        given: Given::Values(document(values)),
        id: id.map(str::to_owned),
        if_rev: None,
        image: None,
    };
    let values = json!({"guild_id": "1", "channel_id": "2"});
    let made = now(keep.put_many(
        Domain::Campaigns,
        &[put(values.clone(), None)],
        Write::default(),
    ));
    assert_eq!(made.unwrap()[0]["id"], "1/2");
    let refused = now(keep.put_many(
        Domain::Campaigns,
        &[put(values, Some("x"))],
        Write::default(),
    ));
    assert_eq!(
        refused.expect_err("the id is another").kind(),
        Kind::Invalid
    );
}

#[test]
fn who_leads_who_plays_and_who_looks_on_is_told_by_ids_and_roles() {
    let here = document(json!({"guild_id": "1", "channel_id": "2",
        "campaign": {"gm_id": "9", "gm_role_id": "r1", "player_role_id": "r2", "players": ["5"]},
        "characters": {"6": {"name": "x"}}}));
    let roles = |names: &[&str]| {
        names
            .iter()
            .map(|name| (*name).to_owned())
            .collect::<Vec<_>>()
    };
    for (user, names, want) in [
        ("9", &[][..], Role::Gm),
        ("1", &["r1"], Role::Gm),
        ("5", &[], Role::Player),
        ("6", &[], Role::Player),
        ("1", &["r2"], Role::Player),
        ("1", &["r3"], Role::Viewer),
        ("", &[""], Role::Viewer),
    ] {
        assert_eq!(campaign::role(&here, user, &roles(names)), want, "{user}");
    }
    assert!(Role::Viewer.may(Action::Read) && !Role::Viewer.may(Action::Play));
    assert!(Role::Player.may(Action::Play) && !Role::Player.may(Action::Lead));
    assert!(Role::Gm.may(Action::Lead));
}

#[test]
fn whatever_is_done_in_one_scope_changes_not_a_byte_of_another() {
    let keep = open(&MemoryMedium::new());
    let all = [
        scope("a", "1"),
        scope("a", "2"),
        scope("b", "1"),
        scope("a/1", "x"),
        scope("a", "1/x"),
        scope("%", "2F"),
    ];
    for (n, scope) in all.iter().enumerate() {
        let patch = json!({"campaign": {"name": format!("n{n}")}, "npcs": {"n": {"name": "x"}}});
        change(&keep, scope, patch).expect("it is made");
    }
    // What is told of a scope, its older states, and the bytes it is exported as.
    let digest = |scope: &Scope| {
        let id = scope.id();
        let read = now(keep.campaigns().texts().read(&id)).unwrap();
        let history = now(keep.history(Domain::Campaigns, &id)).unwrap();
        let file = now(keep.export(Domain::Campaigns, &id)).map(|file| file.bytes);
        (
            read.map(|(view, _)| view),
            history,
            file.map_err(|error| error.kind()),
        )
    };
    let mut random = Random(5);
    let mut done = [0; 6];
    for step in 0..400 {
        let here = &all[random.below(all.len())];
        let others: Vec<_> = all.iter().filter(|scope| *scope != here).collect();
        let before: Vec<_> = others.iter().map(|scope| digest(scope)).collect();
        let what = random.below(6);
        let id = ["n", "m", "1", "a/1"][random.below(4)];
        let worked = match what {
            0 => change(
                &keep,
                here,
                json!({"npcs": {id: {"name": format!("x{step}")}}}),
            )
            .is_ok(),
            1 => change(
                &keep,
                here,
                json!({"characters": {id: {"name": format!("y{step}")}}, "npcs": {id: null}}),
            )
            .is_ok(),
            2 => change(
                &keep,
                here,
                json!({"campaign": {"players": [id], "gm_id": id}}),
            )
            .is_ok(),
            3 => {
                let campaign = json!({"name": format!("z{step}"), "players": [id]});
                let table = json!({&here.guild: {&here.channel: campaign}}).to_string();
                let given = Files {
                    campaigns: Some(table.into()),
                    ..Files::default()
                };
                let base = json!({&here.guild: {&here.channel: {}}}).to_string();
                let base = Files {
                    campaigns: Some(base.into()),
                    ..Files::default()
                };
                let bring = keep.campaigns();
                now(bring.bring(&given, Some(&base), &Limits::default(), Write::default())).is_ok()
            }
            4 => now(keep.trash_many(
                Domain::Campaigns,
                &[Target::of(&here.id())],
                Write::default(),
            ))
            .is_ok(),
            _ => now(keep.restore_many(
                Domain::Campaigns,
                &[Target::of(&here.id())],
                Write::default(),
            ))
            .is_ok(),
        };
        done[what] += usize::from(worked);
        let after: Vec<_> = others.iter().map(|scope| digest(scope)).collect();
        assert_eq!(before, after, "step {step}: {what} in {}", here.id());
    }
    assert!(done.iter().all(|done| *done > 10), "{done:?}");
}

#[test]
fn whatever_is_done_in_one_world_changes_not_a_byte_of_another() {
    let keep = open(&MemoryMedium::new());
    let ids: Vec<String> = ["A", "B", "C"]
        .iter()
        .map(|name| {
            now(keep.worlds().create(name)).unwrap()["id"]
                .as_str()
                .unwrap()
                .to_owned()
        })
        .collect();
    let digest = |id: &String| {
        let world = now(keep.worlds().get(id)).unwrap();
        (world, now(keep.history(Domain::Worlds, id)).unwrap())
    };
    let mut random = Random(9);
    for step in 0..120 {
        let here = random.below(ids.len());
        let others: Vec<&String> = ids.iter().filter(|id| **id != ids[here]).collect();
        let before: Vec<_> = others.iter().map(|id| digest(id)).collect();
        let id = &ids[here];
        // Some of these fail, since the world is in the trash; that reaches no other world either.
        let _ = match random.below(4) {
            0 => now(keep
                .worlds()
                .set_stat(id, "health", &step.to_string(), None))
            .map(drop),
            1 => now(keep.worlds().move_to(id, "0,0,0", None)).map(drop),
            2 => now(keep.trash(Domain::Worlds, id, None)),
            _ => now(keep.restore(Domain::Worlds, id)).map(drop),
        };
        let after: Vec<_> = others.iter().map(|id| digest(id)).collect();
        assert_eq!(before, after, "step {step}");
    }
}
