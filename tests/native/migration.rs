//! The ladder, climbed for real: keeps of older schemas, newer ones, and broken ones.

use crate::frozen;
use crate::store::clock;
use crate::turn::now;
use cardkeep::codec;
use cardkeep::error::{Kind, Result};
use cardkeep::keep::{Domain, Edit, Keep};
use cardkeep::migrate;
use cardkeep::store::*;
use serde_json::{Value as Json, json};
use std::cell::{Cell, RefCell};
use std::rc::Rc;

fn old_keep() -> MemoryMedium {
    let medium = MemoryMedium::new();
    for put in frozen::values(frozen::SCHEMA_1) {
        medium.plant(put.table, put.key, put.value);
    }
    medium
}

fn open_on(medium: Rc<dyn Medium>) -> Result<Keep> {
    now(Keep::open(medium, clock(), Rc::new(|_, _| {})))
}

fn open(medium: &MemoryMedium) -> Keep {
    open_on(Rc::new(medium.clone())).expect("the keep opens")
}

fn items(keep: &Keep, domain: Domain) -> Vec<Json> {
    now(keep.list(domain, false)).unwrap()["items"]
        .as_array()
        .unwrap()
        .clone()
}

/// Everything a user can see of a keep.
fn contents(keep: &Keep) -> Json {
    let of = |domain: Domain| {
        let entries = items(keep, domain);
        let file = |entry: &Json| {
            let file = now(keep.export(domain, entry["id"].as_str().unwrap())).unwrap();
            json!({ "entry": entry, "file": codec::hash(&file.bytes), "name": file.filename })
        };
        entries.iter().map(file).collect::<Vec<_>>()
    };
    let trash = now(keep.list(Domain::Characters, true)).unwrap();
    let settings = now(keep.settings().get()).unwrap();
    json!([
        of(Domain::Characters),
        of(Domain::Chats),
        of(Domain::Worlds),
        trash,
        settings
    ])
}

fn row_schemas(medium: &MemoryMedium) -> Vec<u32> {
    let rows = medium
        .dump()
        .into_iter()
        .filter(|(table, key, _)| *table == Table::Rows && key.text(0) != "versions");
    rows.map(|(_, _, value)| codec::read_frame(&value.bytes).unwrap().schema)
        .collect()
}

#[test]
fn the_fixtures_of_released_schemas_are_frozen() {
    let frozen = include_str!("../fixtures/keeps/frozen.sha256");
    let listed: Vec<_> = frozen
        .lines()
        .filter_map(|line| line.split_once("  "))
        .collect();
    let present = frozen::KEEPS.map(|(name, text)| (codec::hash(text.as_bytes()), name));
    let present: Vec<_> = present
        .iter()
        .map(|(hash, name)| (hash.as_str(), *name))
        .collect();
    assert_eq!(listed, present);
    assert_eq!(
        listed.len() as u32,
        migrate::SCHEMA - 1,
        "every schema before today's has a fixture"
    );
}

#[test]
fn a_keep_of_schema_1_opens_with_every_record_lifted() {
    let medium = old_keep();
    let keep = open(&medium);
    let migrated = keep.report().migrated.clone().expect("a migration ran");
    assert_eq!(
        (migrated.from, migrated.to, migrated.quarantined),
        (1, migrate::SCHEMA, 0)
    );
    assert!(
        row_schemas(&medium)
            .iter()
            .all(|schema| *schema == migrate::SCHEMA)
    );
    let chats = items(&keep, Domain::Chats);
    let characters = items(&keep, Domain::Characters);
    assert_eq!(
        (
            chats.len(),
            characters.len(),
            items(&keep, Domain::Worlds).len()
        ),
        (2, 2, 1)
    );
    let zoe = characters
        .iter()
        .find(|entry| entry["name"] == "Zoë 東京 🦈")
        .unwrap();
    let linked: Vec<_> = chats
        .iter()
        .filter(|chat| chat["characters"] == json!([zoe["id"]]))
        .collect();
    assert_eq!(linked.len(), 1);
    assert_eq!(
        now(keep.chats().of_character(zoe["id"].as_str().unwrap())).unwrap(),
        json!([linked[0]])
    );
    assert_eq!(
        chats
            .iter()
            .filter(|chat| chat["characters"] == json!([]))
            .count(),
        1
    );
    let chat = now(keep.chats().open(linked[0]["id"].as_str().unwrap())).unwrap();
    let page: Json = serde_json::from_str(&now(chat.page(0, 100)).unwrap()).unwrap();
    assert_eq!(
        (page[3]["text"].clone(), page[70]["text"].clone()),
        (json!("edited"), json!("appended"))
    );
    let settings = now(keep.settings().get()).unwrap();
    assert_eq!(
        (&settings["pageSize"], &settings["userName"]),
        (&json!(20), &json!("Ana"))
    );
    // The second opening finds nothing to do and gives the same.
    let again = open(&medium);
    assert_eq!(again.report().migrated, None);
    assert_eq!(contents(&again), contents(&keep));
}

#[test]
fn the_originals_stand_in_a_pinned_backup_byte_for_byte() {
    let medium = old_keep();
    let originals = rows(&medium);
    let keep = open(&medium);
    let id = keep.report().migrated.clone().unwrap().backup;
    let backups = now(keep.backups().list()).unwrap();
    assert_eq!(backups.len(), 1);
    assert_eq!(
        (&backups[0].id, backups[0].schema, backups[0].records),
        (&id, 1, originals.len() as u64)
    );
    assert!(backups[0].pinned && now(keep.backups().verify(&id)).unwrap().ok);
    let file = now(keep.backups().piece(&id, 0)).unwrap();
    for (_, row) in originals {
        assert!(memchr::memmem::find(&file, &row.bytes).is_some());
    }
}

#[test]
fn a_version_of_an_older_schema_is_lifted_when_it_is_read() {
    let medium = old_keep();
    let keep = open(&medium);
    let store = crate::store::open(&medium);
    let versions: usize = items(&keep, Domain::Chats)
        .iter()
        .map(|chat| now(store.history("chats", chat["id"].as_str().unwrap())).unwrap())
        .inspect(|history| assert!(history.unreadable.is_empty()))
        .flat_map(|history| history.records)
        .inspect(|version| assert!(version.head["characters"].is_array()))
        .count();
    assert_eq!(versions, 1);
}

/// When the browser is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Death {
    /// Before the medium does what it was asked.
    Before,
    /// After it was done, before it is told.
    After,
}

/// Every call from the n-th on fails, as when the browser is killed there.
struct Killed {
    medium: MemoryMedium,
    left: Cell<u32>,
    death: Death,
}

impl Killed {
    fn call<'a, T: 'a>(&'a self, done: Pending<'a, T>) -> Pending<'a, T> {
        Box::pin(async move {
            let killed = || Err(Kind::Aborted.because("killed"));
            match self.left.get().checked_sub(1) {
                Some(left) => {
                    self.left.set(left);
                    let done = done.await;
                    if left == 0 && self.death == Death::After {
                        return killed();
                    }
                    done
                }
                None => killed(),
            }
        })
    }
}

impl Medium for Killed {
    fn read<'a>(&'a self, table: Table, keys: &'a [Key]) -> Pending<'a, Vec<Option<Value>>> {
        self.call(self.medium.read(table, keys))
    }
    fn scan(&self, scan: Scan) -> Pending<'_, Vec<(Key, Value)>> {
        self.call(self.medium.scan(scan))
    }
    fn find<'a>(&'a self, by: &'a str) -> Pending<'a, Vec<(Key, Value)>> {
        self.call(self.medium.find(by))
    }
    fn write<'a>(&'a self, burst: &'a Burst) -> Pending<'a, ()> {
        self.call(self.medium.write(burst))
    }
    fn close(&self) {}
}

/// A keep of schema 1 that takes several chunks.
fn large_old_keep() -> MemoryMedium {
    let medium = old_keep();
    let chat = |n: u32| {
        json!({
            "schema": 1, "domain": "chats", "id": format!("{n:04}"), "rev": 1, "created": 1, "changed": 1,
            "device": "d", "by": [], "head": { "title": n.to_string(), "character": n.to_string() },
            "body": null, "parts": {},
        })
    };
    for n in 0..210 {
        let record = chat(n);
        let key = Key::row("chats", record["id"].as_str().unwrap());
        let bytes = codec::write_frame(&record);
        let value = Value {
            rev: 1,
            by: vec![],
            bytes,
        };
        medium.plant(Table::Rows, key, value);
    }
    medium
}

/// The rows as they are on disk.
fn rows(medium: &MemoryMedium) -> Vec<(Key, Value)> {
    let rows = medium.dump().into_iter();
    rows.filter(|(table, ..)| *table == Table::Rows)
        .map(|(_, key, value)| (key, value))
        .collect()
}

#[test]
fn a_migration_killed_at_any_call_goes_on_at_the_next_opening_and_ends_the_same() {
    for (fixture, make) in [old_keep, large_old_keep].into_iter().enumerate() {
        let untouched = make();
        open(&untouched);
        let want = rows(&untouched);
        for death in [Death::Before, Death::After] {
            for kill in 0.. {
                let medium = make();
                let dying = Rc::new(Killed {
                    medium: medium.clone(),
                    left: Cell::new(kill),
                    death,
                });
                let first = open_on(dying);
                open(&medium);
                let place = format!("fixture {fixture}, killed {death:?} call {kill}");
                assert!(rows(&medium) == want, "{place}");
                // Killed between the backup and the first chunk, the next opening makes another.
                let mut backups = now(crate::store::open(&medium).backups()).unwrap();
                backups.retain(|backup| backup.complete);
                assert!((1..=2).contains(&backups.len()), "{place}");
                let left: Vec<_> = medium
                    .dump()
                    .into_iter()
                    .filter(|(table, key, _)| *table == Table::Meta && key.text(0) == "migration")
                    .collect();
                assert_eq!(left, [], "{place}");
                if first.is_ok() {
                    assert!(kill >= 10, "a migration has several steps");
                    break;
                }
            }
        }
    }
}

#[test]
fn a_migration_tells_how_far_it_has_come() {
    let medium = large_old_keep();
    let total = rows(&medium).len() as u64;
    let told: Rc<RefCell<Vec<Upgrade>>> = Rc::default();
    let hears = Rc::clone(&told);
    let options = Options {
        upgrade: Some(Rc::new(move |upgrade| hears.borrow_mut().push(upgrade))),
        ..clock()
    };
    now(Keep::open(
        Rc::new(medium.clone()),
        options.clone(),
        Rc::new(|_, _| {}),
    ))
    .unwrap();
    let steps = told.take();
    assert!(steps.len() >= 3, "{steps:?}");
    assert!(steps.is_sorted_by(|a, b| a.done < b.done), "{steps:?}");
    assert!(steps.iter().all(|step| (step.from, step.to) == (1, 2)));
    let (first, last) = (steps[0], steps[steps.len() - 1]);
    assert_eq!((first.done, last.done, last.total), (0, total, total));
    now(Keep::open(Rc::new(medium), options, Rc::new(|_, _| {}))).unwrap();
    assert_eq!(told.take(), [], "nothing is lifted twice");
}

#[test]
fn a_plan_says_what_opening_will_do_and_writes_nothing() {
    assert_eq!(now(Plan::of(&MemoryMedium::new())).unwrap(), None);
    let medium = large_old_keep();
    let odd = json!({
        "schema": 1, "domain": "chats", "id": "odd", "rev": 1, "created": 1, "changed": 1, "device": "d", "by": [],
        "head": { "title": "odd", "character": 17 }, "body": null, "parts": {},
    });
    let value = Value {
        rev: 1,
        by: vec![],
        bytes: codec::write_frame(&odd),
    };
    medium.plant(Table::Rows, Key::row("chats", "odd"), value);
    let before = medium.dump();
    let plan = now(Plan::of(&medium)).unwrap().expect("there is a keep");
    assert_eq!(medium.dump(), before);
    assert_eq!((plan.from, plan.to), (1, migrate::SCHEMA));
    assert_eq!(plan.rows, rows(&medium).len() as u64);
    let titles: Vec<_> = plan
        .steps
        .iter()
        .map(|step| (step.schema, step.title))
        .collect();
    assert_eq!(titles, [(2, "a chat names all its characters")]);
    assert_eq!(plan.odd.len(), 1);
    assert_eq!(
        (plan.odd[0].domain.as_str(), plan.odd[0].id.as_str()),
        ("chats", "odd")
    );
    let keep = open(&medium);
    let migrated = keep.report().migrated.clone().unwrap();
    assert_eq!((migrated.lifted, migrated.quarantined), (plan.lifted, 1));
    let after = now(Plan::of(&medium)).unwrap().unwrap();
    assert_eq!(
        (after.from, after.steps.len(), after.lifted, after.odd),
        (migrate::SCHEMA, 0, 0, vec![])
    );
}

/// Sets the schema in the keep's own record.
fn claim_schema(medium: &MemoryMedium, schema: u32) {
    let key = Key::meta("keep");
    let (_, _, value) = medium
        .dump()
        .into_iter()
        .find(|(_, found, _)| *found == key)
        .expect("there is a keep");
    let mut meta: Json = serde_json::from_slice(&value.bytes).unwrap();
    meta["schema"] = schema.into();
    meta["minWriter"] = schema.into();
    let bytes = meta.to_string().into_bytes();
    medium.plant(Table::Meta, key, Value { bytes, ..value });
}

#[test]
fn a_missing_rung_is_an_error_before_anything_is_touched() {
    let medium = old_keep();
    claim_schema(&medium, 0);
    let before = medium.dump();
    let refused = open_on(Rc::new(medium.clone())).map(drop).unwrap_err();
    assert_eq!(refused.kind(), Kind::Migration);
    let planned = now(Plan::of(&medium)).unwrap_err();
    assert_eq!(planned.kind(), Kind::Migration);
    assert_eq!(medium.dump(), before);
}

#[test]
fn a_plan_of_a_newer_keep_says_so() {
    let medium = old_keep();
    claim_schema(&medium, migrate::SCHEMA + 1);
    let plan = now(Plan::of(&medium)).unwrap().unwrap();
    assert_eq!((plan.from, plan.steps.len()), (migrate::SCHEMA + 1, 0));
}

/// Lets another tab do something when the pass writes its cursor for the n-th time.
struct Raced {
    medium: MemoryMedium,
    left: Cell<u32>,
}

impl Medium for Raced {
    fn read<'a>(&'a self, table: Table, keys: &'a [Key]) -> Pending<'a, Vec<Option<Value>>> {
        self.medium.read(table, keys)
    }
    fn scan(&self, scan: Scan) -> Pending<'_, Vec<(Key, Value)>> {
        self.medium.scan(scan)
    }
    fn find<'a>(&'a self, by: &'a str) -> Pending<'a, Vec<(Key, Value)>> {
        self.medium.find(by)
    }
    fn write<'a>(&'a self, burst: &'a Burst) -> Pending<'a, ()> {
        Box::pin(async move {
            let left = self.left.get();
            self.left.set(left.wrapping_sub(1));
            if left == 0 {
                open(&self.medium);
            }
            self.medium.write(burst).await
        })
    }
    fn close(&self) {}
}

#[test]
fn two_tabs_that_lift_at_once_end_where_one_ends() {
    let alone = large_old_keep();
    open(&alone);
    for race in 0..8 {
        let medium = large_old_keep();
        let raced = Rc::new(Raced {
            medium: medium.clone(),
            left: Cell::new(race),
        });
        open_on(raced).expect("the slower tab opens too");
        assert!(rows(&medium) == rows(&alone), "raced at write {race}");
    }
}

#[test]
fn a_record_that_cannot_be_lifted_goes_to_quarantine_whole_and_hides_no_other() {
    let medium = old_keep();
    let odd = json!({
        "schema": 1, "domain": "chats", "id": "odd", "rev": 1, "created": 1, "changed": 1, "device": "d", "by": [],
        "head": { "title": "odd", "character": 17 }, "body": null, "parts": {},
    });
    let bytes = codec::write_frame(&odd);
    let value = Value {
        rev: 1,
        by: vec![],
        bytes: bytes.clone(),
    };
    medium.plant(Table::Rows, Key::row("chats", "odd"), value);
    let keep = open(&medium);
    let migrated = keep.report().migrated.clone().unwrap();
    assert_eq!(migrated.quarantined, 1);
    assert_eq!(items(&keep, Domain::Chats).len(), 2);
    assert_eq!(now(keep.entry(Domain::Chats, "odd")).unwrap(), None);
    let store = crate::store::open(&medium);
    let quarantined = now(store.list("quarantine")).unwrap().records;
    assert_eq!(quarantined.len(), 1);
    assert_eq!(quarantined[0].head["code"], "migration");
    assert_eq!(
        now(store.part(quarantined[0].part("row").unwrap())).unwrap(),
        bytes
    );
}

#[test]
fn a_newer_keep_opens_read_only_and_stays_untouched() {
    let medium = MemoryMedium::new();
    let keep = open(&medium);
    let seed = std::fs::read("tests/fixtures/worlds/seed.json").unwrap();
    now(keep.worlds().import(&seed, &Default::default())).unwrap();
    let newer = migrate::SCHEMA + 3;
    for (table, key, value) in medium.dump() {
        if table == Table::Rows {
            let mut record = codec::read_frame(&value.bytes).unwrap().value;
            record["schema"] = newer.into();
            record["invented"] = json!("later");
            medium.plant(
                table,
                key,
                Value {
                    bytes: codec::write_frame(&record),
                    ..value
                },
            );
        } else if key == Key::meta("keep") {
            let mut meta: Json = serde_json::from_slice(&value.bytes).unwrap();
            meta["schema"] = newer.into();
            meta["minWriter"] = newer.into();
            medium.plant(
                table,
                key,
                Value {
                    bytes: meta.to_string().into_bytes(),
                    ..value
                },
            );
        }
    }
    let before = medium.dump();
    let keep = open(&medium);
    assert_eq!(
        *keep.access(),
        Access::ReadOnly {
            reason: "too-new",
            stored: newer,
            supported: migrate::SCHEMA
        }
    );
    let world = items(&keep, Domain::Worlds)[0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(
        now(keep.export(Domain::Worlds, &world)).unwrap().bytes,
        seed
    );
    let refused = now(keep.worlds().move_to(&world, "1,0,0", None)).unwrap_err();
    assert_eq!(refused.kind(), Kind::ReadOnly);
    assert_eq!(
        now(keep
            .worlds()
            .import(b"{\"current_position\":\"0,0,0\"}", &Default::default()))
        .unwrap_err()
        .kind(),
        Kind::ReadOnly
    );
    assert_eq!(
        now(keep.settings().patch(&json!({ "pageSize": 20 })))
            .unwrap_err()
            .kind(),
        Kind::ReadOnly
    );
    assert_eq!(medium.dump(), before);
}

#[test]
fn a_tab_with_older_code_stops_writing_when_the_keep_is_lifted_under_it() {
    let medium = MemoryMedium::new();
    let keep = open(&medium);
    let world = now(keep.worlds().create("Here")).unwrap()["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let key = Key::meta("keep");
    let meta = medium
        .dump()
        .into_iter()
        .find(|(_, found, _)| *found == key)
        .unwrap()
        .2;
    let mut raised: Json = serde_json::from_slice(&meta.bytes).unwrap();
    raised["minWriter"] = (migrate::SCHEMA + 1).into();
    medium.plant(
        Table::Meta,
        key,
        Value {
            bytes: raised.to_string().into_bytes(),
            ..meta
        },
    );
    let before = medium.dump();
    assert_eq!(
        now(keep.trash(Domain::Worlds, &world, None))
            .unwrap_err()
            .kind(),
        Kind::TooNew
    );
    assert_eq!(medium.dump(), before);
    assert_eq!(
        *keep.access(),
        Access::ReadOnly {
            reason: "too-new",
            stored: migrate::SCHEMA + 1,
            supported: migrate::SCHEMA
        }
    );
    let health = now(keep.health()).unwrap();
    assert_eq!(health.access, *keep.access());
    assert_eq!(health.warnings[0].code, "read-only");
    let refused = now(keep.trash(Domain::Worlds, &world, None)).unwrap_err();
    assert_eq!(refused.kind(), Kind::ReadOnly);
    assert_eq!(medium.dump(), before);
}

#[test]
fn what_is_typed_in_a_tab_that_a_newer_version_overtook_waits_in_the_journal() {
    let medium = MemoryMedium::new();
    let keep = open(&medium);
    let world = now(keep.worlds().create("Here")).unwrap()["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let meta = now(medium.read(Table::Meta, &[Key::meta("keep")])).unwrap();
    let own = meta.into_iter().next().flatten().unwrap();
    let mut raised: Json = serde_json::from_slice(&own.bytes).unwrap();
    raised["minWriter"] = (migrate::SCHEMA + 1).into();
    let raised = Value::bytes(raised.to_string().into_bytes());
    medium.plant(Table::Meta, Key::meta("keep"), raised);
    assert!(now(keep.trash(Domain::Worlds, &world, None)).is_err());
    let edit = |seq, name: &str| Edit {
        seq,
        domain: "worlds".to_owned(),
        id: world.clone(),
        base: None,
        at: 1_700_000_000_500,
        patch: json!({ "name": name }).to_string(),
    };
    let journal = keep.journal();
    now(journal.write("typing", vec![edit(1, "Typed")], false)).unwrap();
    now(journal.write("gone", vec![edit(2, "Typed by another")], false)).unwrap();
    // A page that only reads makes no edits of others and does not take them for made.
    let replay = now(journal.replay("gone", Some("[]"))).unwrap_err();
    assert_eq!(replay.kind(), Kind::ReadOnly);
    assert_eq!(
        now(journal.list()).unwrap()["items"]
            .as_array()
            .unwrap()
            .len(),
        2
    );

    medium.plant(Table::Meta, Key::meta("keep"), own);
    let newer = open(&medium);
    let replayed = now(newer.journal().replay("typing", None)).unwrap();
    assert_eq!(replayed.applied, 1);
    assert_eq!(items(&newer, Domain::Worlds)[0]["name"], "Typed");
}

#[test]
fn a_record_climbs_to_the_same_place_stepwise_and_at_once() {
    for ((name, fixture), from) in frozen::KEEPS.into_iter().zip(1..) {
        for put in frozen::values(fixture) {
            // Snapshots and what is in quarantine stay as they were.
            if put.table != Table::Rows || ["snapshots", "quarantine"].contains(&put.key.text(0)) {
                continue;
            }
            let frame = codec::read_frame(&put.value.bytes).unwrap();
            let at_once = migrate::lift(frame.value.clone(), frame.schema).unwrap();
            let mut stepwise = frame.value;
            for schema in frame.schema..migrate::SCHEMA {
                stepwise = migrate::lift_to(stepwise, schema, schema + 1).unwrap();
            }
            assert_eq!(stepwise, at_once, "{name}");
            assert_eq!(
                migrate::lift(at_once.clone(), migrate::SCHEMA).unwrap(),
                at_once
            );
            assert!(frame.schema <= from, "{name}");
        }
    }
}

#[test]
fn what_was_lifted_and_when_is_remembered() {
    let medium = old_keep();
    let keep = open(&medium);
    let report = keep.report().migrated.clone().unwrap();
    for keep in [keep, open(&medium)] {
        let health = now(keep.health()).unwrap();
        let [done] = health.migrations.as_slice() else {
            panic!("{:?}", health.migrations);
        };
        assert_eq!((done.from, done.to), (report.from, report.to));
        assert_eq!((done.lifted, &done.backup), (report.lifted, &report.backup));
        assert!(done.at > 0);
    }
}
