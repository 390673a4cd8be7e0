//! Backups: everything at one moment in one file, which is read also when it is damaged.

use crate::lying::{Lie, Lying, Script};
use crate::redo::Browser;
use crate::turn::{now, until_it_waits};
use crate::worlds_large;
use cardkeep::codec;
use cardkeep::error::{Kind, Limits};
use cardkeep::json::Document;
use cardkeep::keep::{BackupPart, ChatImport, CheckOptions, Domain, Keep, Target};
use cardkeep::store::*;
use serde_json::{Value as Json, json};
use std::cell::Cell;
use std::future::Future;
use std::rc::Rc;

/// Time goes on from one opening to the next.
fn time() -> Rc<dyn Fn() -> i64> {
    thread_local!(static NOW: Cell<i64> = const { Cell::new(1_700_000_000_000) });
    Rc::new(|| NOW.with(|now| now.replace(now.get() + 1)))
}

trait Opens {
    fn opens(&self) -> Keep;
}

impl Opens for Browser {
    fn opens(&self) -> Keep {
        self.open_with(time())
    }
}

fn card(keep: &Keep) -> String {
    let bytes = std::fs::read("tests/fixtures/cards/03_v3_only_ccv3.png").unwrap();
    let item = now(keep.characters().import(&bytes, &Limits::default())).unwrap();
    item["entry"]["id"].as_str().unwrap().to_owned()
}

fn chat(keep: &Keep, lines: usize) -> String {
    let lines: Vec<String> = (0..lines)
        .map(|n| json!({ "name": "You", "is_user": true, "mes": format!("line {n}") }).to_string())
        .collect();
    let header = r#"{"user_name":"You","character_name":"Ann"}"#;
    let bytes = format!("{header}\n{}\n", lines.join("\n"));
    let import = ChatImport::default();
    let items = now(keep.chats().import(bytes.as_bytes(), "c.jsonl", &import)).unwrap();
    items[0]["entry"]["id"].as_str().unwrap().to_owned()
}

fn world(keep: &Keep, name: &str) -> String {
    let entry = now(keep.worlds().create(name)).unwrap();
    entry["id"].as_str().unwrap().to_owned()
}

/// A card, a chat with a tail, a world with an older state, a setting.
fn filled(keep: &Keep) {
    card(keep);
    let chat = now(keep.chats().open(&chat(keep, 70))).unwrap();
    let message = |n: usize| json!({ "name": "You", "role": "user", "text": format!("tail {n}") });
    for n in 0..3 {
        let message = Document::parse(&message(n).to_string()).unwrap();
        now(chat.append_many(&[message], Write::default())).unwrap();
    }
    let world = world(keep, "Here");
    now(keep.worlds().set_stat(&world, "health", "7", None)).unwrap();
    now(keep.settings().patch(&json!({ "userName": "Ana" }))).unwrap();
}

fn create(keep: &Keep, reason: &str) -> Backup {
    let new = NewBackup {
        reason: reason.to_owned(),
        pin: false,
    };
    now(keep.backups().create(&new)).expect("a backup is made")
}

fn file(keep: &Keep, id: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let piece = now(keep.backups().piece(id, bytes.len() as u64)).unwrap();
        if piece.is_empty() {
            return bytes;
        }
        bytes.extend(piece);
    }
}

fn import(keep: &Keep, bytes: &[u8]) -> cardkeep::error::Result<Backup> {
    let id = keep.backups().begin_import().unwrap();
    for piece in bytes.chunks(1000) {
        now(keep.backups().add(&id, piece.to_vec())).unwrap();
    }
    now(keep.backups().end_import(&id))
}

/// What a keep has in the tables that a backup holds.
fn content(medium: &MemoryMedium) -> Vec<(Table, Key, Value)> {
    let mut dump = medium.dump();
    dump.retain(|(table, key, _)| {
        *table == Table::Rows || (*table == Table::Pages && key.text(0) != "backup")
    });
    dump
}

#[test]
fn a_backup_holds_every_row_and_page_and_says_what_it_is() {
    let browser = Browser::default();
    let keep = browser.open();
    filled(&keep);
    let rows = content(&browser.medium);
    let backup = create(&keep, "by hand");
    assert_eq!(backup.reason, "by hand");
    assert!(backup.complete && !backup.pinned);
    assert_eq!(backup.records + backup.pages, rows.len() as u64);
    assert_eq!(
        now(keep.backups().list()).unwrap(),
        std::slice::from_ref(&backup)
    );
    let verified = now(keep.backups().verify(&backup.id)).unwrap();
    assert!(verified.ok, "{verified:?}");
    assert_eq!(
        verified.records.get("worlds").copied(),
        Some(1),
        "{verified:?}"
    );
    // Making it writes nothing into the keep.
    assert_eq!(content(&browser.medium), rows);
    let bytes = file(&keep, &backup.id);
    assert_eq!(bytes.len() as u64, backup.bytes);
    for (_, _, value) in &rows {
        assert!(
            memchr::memmem::find(&bytes, &value.bytes).is_some(),
            "a stored value is not in the file"
        );
    }
}

#[test]
fn nothing_of_who_made_it_is_in_a_backup() {
    let browser = Browser::default();
    let keep = browser.open();
    filled(&keep);
    let bytes = file(&keep, &create(&keep, "").id);
    let meta = browser.medium.dump();
    let meta = meta.iter().filter(|(table, ..)| *table == Table::Meta);
    let id = meta
        .filter(|(_, key, _)| key.text(0) == "keep")
        .map(|(_, _, value)| serde_json::from_slice::<serde_json::Value>(&value.bytes).unwrap());
    let id = id.map(|keep| keep["id"].as_str().unwrap().to_owned());
    for id in id {
        assert_eq!(memchr::memmem::find(&bytes, id.as_bytes()), None);
    }
}

#[test]
fn an_exported_backup_is_imported_elsewhere_byte_for_byte_and_stays() {
    let keep = Browser::default().open();
    filled(&keep);
    let made = create(&keep, "to move");
    let bytes = file(&keep, &made.id);
    let other = Browser::default().open();
    let imported = import(&other, &bytes).unwrap();
    assert!(imported.pinned && imported.complete);
    assert_eq!(
        (imported.created, imported.records),
        (made.created, made.records)
    );
    assert_eq!(file(&other, &imported.id), bytes);
    assert_eq!(now(other.backups().list()).unwrap(), [imported]);
}

#[test]
fn what_is_no_backup_is_refused_and_leaves_nothing() {
    let browser = Browser::default();
    let keep = browser.open();
    let zip = std::fs::read("tests/fixtures/cards/70_charx.charx").unwrap();
    for bytes in [&b""[..], b"hello", &zip] {
        let error = import(&keep, bytes).unwrap_err();
        assert_eq!(error.kind(), Kind::NotABackup);
    }
    assert_eq!(now(keep.backups().list()).unwrap(), []);
    let missing = now(keep.backups().verify("none")).unwrap_err();
    assert_eq!(missing.kind(), Kind::NotFound);
    assert_eq!(
        now(keep.backups().delete("none")).unwrap_err().kind(),
        Kind::NotFound
    );
}

#[test]
fn a_torn_backup_says_so_and_names_what_is_sound() {
    let keep = Browser::default().open();
    filled(&keep);
    let made = create(&keep, "whole");
    let whole = now(keep.backups().verify(&made.id)).unwrap();
    let bytes = file(&keep, &made.id);
    let mut seen = std::collections::BTreeSet::new();
    for end in (0..bytes.len()).step_by(97) {
        let other = Browser::default().open();
        match import(&other, &bytes[..end]) {
            Err(error) => assert_eq!(error.kind(), Kind::NotABackup, "{end}"),
            Ok(torn) => {
                assert!(!torn.complete, "{end}");
                let verified = now(other.backups().verify(&torn.id)).unwrap();
                assert!(!verified.ok, "{end}");
                let rows: u64 = verified.records.values().sum();
                let all: u64 = whole.records.values().sum();
                assert!(rows <= all);
                seen.insert((rows, verified.pages));
            }
        }
    }
    assert!(seen.contains(&(whole.records.values().sum(), whole.pages)));
    assert!(seen.len() > 2, "{seen:?}");
}

#[test]
fn a_flipped_bit_hides_at_most_what_stands_there() {
    let browser = Browser::default();
    let keep = browser.open();
    let world = world(&keep, "Here");
    now(keep.worlds().set_stat(&world, "health", "7", None)).unwrap();
    now(keep.settings().patch(&json!({ "userName": "Ana" }))).unwrap();
    let made = create(&keep, "whole");
    let bytes = file(&keep, &made.id);
    let name = format!("{}.cardkeep", made.id);
    let shelf = browser.redo.beside();
    let (mut values, mut entries) = (0, 0);
    for at in 0..bytes.len() {
        shelf.edit(&name, |file| file[at] ^= 0x10);
        let verified = now(keep.backups().verify(&made.id)).unwrap();
        let sound = verified.records.values().sum::<u64>() + verified.pages;
        let all = made.records + made.pages;
        match verified.damage.as_slice() {
            [] if verified.ok => assert_eq!(sound, all, "{at}"),
            // What says where things stand, or what has to be there.
            [] => assert!(sound == all || verified.lost > 0, "{at}: {verified:?}"),
            [Damage { key: Some(_), .. }] => {
                values += 1;
                assert_eq!(sound, all - 1, "{at}");
            }
            [Damage { key: None, .. }] => {
                entries += 1;
                assert_eq!(sound + verified.lost, all, "{at}");
            }
            more => panic!("{at}: {more:?}"),
        }
        now(keep.backups().list()).unwrap();
        shelf.edit(&name, |file| file[at] ^= 0x10);
    }
    assert!(values > 500 && entries > 500, "{values} {entries}");
    assert!(now(keep.backups().verify(&made.id)).unwrap().ok);
}

#[test]
fn without_a_place_beside_it_backups_stand_in_the_medium_itself_and_not_in_each_other() {
    let medium = MemoryMedium::new();
    let keep = crate::keep::open(&medium);
    filled(&keep);
    let rows = content(&medium).len() as u64;
    let one = create(&keep, "one");
    let two = create(&keep, "two");
    assert_eq!(one.records + one.pages, rows);
    assert_eq!((two.records, two.pages), (one.records, one.pages));
    assert!(now(keep.backups().verify(&two.id)).unwrap().ok);
    let again = crate::keep::open(&medium);
    assert_eq!(now(again.backups().list()).unwrap(), [one.clone(), two]);
    now(again.backups().delete(&one.id)).unwrap();
    let pages = medium.dump();
    let left = pages
        .iter()
        .filter(|(_, key, _)| key.text(1).starts_with(&one.id));
    assert_eq!(left.count(), 0);
}

#[test]
fn what_is_rotten_is_in_the_backup_as_quarantine_would_keep_it() {
    let browser = Browser::default();
    let medium = browser.medium.clone();
    let keep = crate::keep::open(&medium);
    filled(&keep);
    let (_, key, mut value) = medium
        .dump()
        .into_iter()
        .find(|(table, key, _)| *table == Table::Rows && key.text(0) == "worlds")
        .unwrap();
    *value.bytes.last_mut().unwrap() ^= 1;
    medium.plant(Table::Rows, key, value.clone());
    let backup = create(&keep, "with rot");
    let verified = now(keep.backups().verify(&backup.id)).unwrap();
    assert!(verified.ok, "{verified:?}");
    assert_eq!(verified.records.get("worlds"), None);
    assert_eq!(verified.records.get("quarantine"), Some(&1));
    let bytes = file(&keep, &backup.id);
    assert!(memchr::memmem::find(&bytes, &value.bytes).is_some());
}

#[test]
fn what_is_written_meanwhile_is_in_the_backup_whole_or_not_at_all() {
    // The clock is asked for every entry of the file: a good place for others to write.
    let browser = Browser::default();
    let other = browser.open();
    for n in 0..30 {
        chat(&other, 70 + n);
    }
    let names = Rc::new(Cell::new(0));
    let keep = {
        let (other, names) = (browser.open(), Rc::clone(&names));
        let ticks = Cell::new(1_800_000_000_000);
        browser.open_with(Rc::new(move || {
            let tick = ticks.replace(ticks.get() + 1);
            if names.get() > 0 && names.replace(names.get() - 1) % 2 == 0 {
                chat(&other, 66);
            }
            tick
        }))
    };
    names.set(4);
    let backup = create(&keep, "while others write");
    assert_eq!(names.get(), 0, "others have written");
    let verified = now(keep.backups().verify(&backup.id)).unwrap();
    assert!(verified.ok, "{verified:?}");
    let there = content(&browser.medium).len() as u64;
    assert_eq!(backup.records + backup.pages, there);
}

#[test]
fn a_backup_is_made_of_one_moment_also_when_others_never_pause() {
    let browser = Browser::default();
    let other = browser.open();
    filled(&other);
    let asked = Rc::new(Cell::new(0));
    let keep = {
        let asked = Rc::clone(&asked);
        let ticks = Cell::new(1_800_000_000_000);
        browser.open_with(Rc::new(move || {
            let n = asked.replace(asked.get() + 1);
            let both = json!({ "pageSize": 10 + n % 400, "autosaveDelay": 10 + n % 400 });
            now(other.settings().patch(&both)).unwrap();
            chat(&other, 66);
            ticks.replace(ticks.get() + 1)
        }))
    };
    let backup = create(&keep, "while others never pause");
    assert!(asked.get() > 10, "others have written");
    let bytes = file(&keep, &backup.id);
    let elsewhere = Browser::default().open();
    let backup = import(&elsewhere, &bytes).unwrap();
    now(elsewhere.backups().replace(&backup.id)).unwrap();
    sound(&elsewhere);
    let settings = now(elsewhere.settings().get()).unwrap();
    assert_eq!(settings["pageSize"], settings["autosaveDelay"]);
    assert_ne!(settings["pageSize"], json!(50));
}

#[test]
fn a_backup_of_form_1_is_read_for_ever() {
    let bytes = std::fs::read("tests/fixtures/backups/form_1.cardkeep").unwrap();
    let keep = Browser::default().open();
    let backup = import(&keep, &bytes).unwrap();
    assert_eq!(
        (backup.created > 1_700_000_000_000, backup.schema),
        (true, 2)
    );
    let verified = now(keep.backups().verify(&backup.id)).unwrap();
    assert!(verified.ok, "{verified:?}");
    let records: Vec<_> = verified.records.iter().collect();
    let told: Vec<_> = records
        .iter()
        .map(|(name, count)| (name.as_str(), **count))
        .collect();
    assert_eq!(
        told,
        [
            ("characters", 1),
            ("chats", 1),
            ("settings", 1),
            ("versions", 1),
            ("worlds", 1)
        ]
    );
    assert_eq!(verified.pages, backup.pages);
}

/// What users see of a keep, without revisions and times.
fn seen(keep: &Keep) -> Json {
    let bare = |mut item: Json| {
        for name in ["rev", "changed"] {
            item.as_object_mut().unwrap().remove(name);
        }
        item
    };
    let mut all = json!({ "settings": now(keep.settings().get()).unwrap() });
    for domain in Domain::ALL {
        let mut items = Vec::new();
        for trashed in [false, true] {
            let listing = now(keep.list(domain, trashed)).unwrap();
            assert_eq!(listing["unreadable"], json!([]));
            for item in listing["items"].as_array().unwrap() {
                let id = item["id"].as_str().unwrap();
                let history = now(keep.history(domain, id)).unwrap();
                let exported = match trashed {
                    true => None,
                    false => Some(codec::hash(&now(keep.export(domain, id)).unwrap().bytes)),
                };
                let older = history.as_array().map_or(0, Vec::len);
                items.push(json!([bare(item.clone()), older, exported]));
            }
        }
        items.sort_by_key(Json::to_string);
        all[domain.name()] = items.into();
    }
    all
}

/// Changes a bit of everything, and adds and removes for good.
fn change(keep: &Keep) {
    let ids = |domain| {
        let listing = now(keep.list(domain, false)).unwrap();
        let items = listing["items"].as_array().unwrap().clone();
        let ids = items
            .iter()
            .map(|item| item["id"].as_str().unwrap().to_owned());
        ids.collect::<Vec<_>>()
    };
    let patch = Document::parse(r#"{"name":"Renamed"}"#).unwrap();
    for id in ids(Domain::Characters) {
        now(keep.characters().patch(&id, &patch, None)).unwrap();
    }
    for id in ids(Domain::Chats) {
        let chat = now(keep.chats().open(&id)).unwrap();
        let message = r#"{"name":"You","role":"user","text":"later"}"#;
        let more = vec![Document::parse(message).unwrap(); 70];
        now(chat.append_many(&more, Write::default())).unwrap();
        now(chat.append_many(&more[..2], Write::default())).unwrap();
    }
    for id in ids(Domain::Worlds) {
        now(keep.trash_can().delete(Domain::Worlds, &id, None)).unwrap();
    }
    world(keep, "New");
    now(keep
        .settings()
        .patch(&json!({ "userName": "Ben", "pageSize": 70 })))
    .unwrap();
}

fn sound(keep: &Keep) {
    let mut check = now(keep.check(CheckOptions { full: true })).unwrap();
    while now(check.step()).unwrap() {}
    assert_eq!(check.report().findings, []);
}

#[test]
fn replacing_brings_back_everything_and_nothing_else_and_the_second_copy_knows() {
    let browser = Browser::default();
    let keep = browser.opens();
    filled(&keep);
    let want = seen(&keep);
    let backup = create(&keep, "good");
    change(&keep);
    let changed = seen(&keep);
    assert_ne!(changed, want);
    let restored = now(keep.backups().replace(&backup.id)).unwrap();
    assert_eq!(seen(&keep), want);
    sound(&keep);
    // What was there is in a backup, too.
    assert_eq!(now(keep.backups().list()).unwrap()[1].id, restored.before);
    for domain in ["characters", "chats", "settings", "worlds"] {
        assert!(restored.changed.contains_key(domain), "{restored:?}");
    }
    for _ in 0..2 {
        browser.lose(|_, _| true);
        let keep = browser.opens();
        assert_eq!(seen(&keep), want);
        sound(&keep);
    }
    // Restored, changed, and back to what was there before.
    let keep = browser.opens();
    change(&keep);
    now(keep.backups().replace(&restored.before)).unwrap();
    assert_eq!(seen(&keep), changed);
    sound(&keep);
    now(keep.backups().replace(&backup.id)).unwrap();
    assert_eq!(seen(&browser.opens()), want);
    now(keep.maintain(i64::MAX)).unwrap();
    browser.lose(|_, _| true);
    assert_eq!(seen(&browser.opens()), want);
}

#[test]
fn what_was_removed_for_good_comes_back_above_its_removal() {
    let browser = Browser::default();
    let keep = browser.opens();
    let id = world(&keep, "Gone");
    let backup = create(&keep, "");
    now(keep.trash_can().delete(Domain::Worlds, &id, None)).unwrap();
    now(keep.maintain(i64::MAX)).unwrap();
    now(keep.backups().replace(&backup.id)).unwrap();
    let entry = now(keep.entry(Domain::Worlds, &id)).unwrap().unwrap();
    assert!(entry["rev"].as_u64().unwrap() >= 1_700_000_000_000);
    for wiped in [false, true] {
        if wiped {
            browser.lose(|_, _| true);
        }
        let again = browser.opens();
        now(again.maintain(0)).unwrap();
        assert_eq!(
            now(again.entry(Domain::Worlds, &id)).unwrap(),
            Some(entry.clone())
        );
    }
    // And is written as any other.
    now(keep.worlds().set_stat(&id, "health", "1", None)).unwrap();
}

/// A keep on a medium that follows a script, with backups beside the log.
fn scripted(browser: &Browser, script: &Rc<Script>) -> cardkeep::error::Result<Keep> {
    let medium = Lying {
        medium: Rc::new(browser.medium.clone()),
        script: Rc::clone(script),
    };
    let options = Options {
        redo: Some(Rc::new(browser.redo.clone())),
        clock: time(),
        ..crate::store::clock()
    };
    now(Keep::open(Rc::new(medium), options, Rc::new(|_, _| {})))
}

#[test]
fn a_restore_that_is_killed_at_any_call_leaves_the_old_or_ends_in_the_new() {
    let (mut undone, mut finished) = (0, 0);
    for lie in [Lie::Stop, Lie::StopAfter] {
        for call in 0.. {
            let browser = Browser::default();
            let script = Rc::new(Script::default());
            let keep = scripted(&browser, &script).unwrap();
            filled(&keep);
            let new = seen(&keep);
            let backup = create(&keep, "good");
            change(&keep);
            let old = seen(&keep);
            script.plan(script.count() + call, lie, false);
            let ended = until_it_waits(keep.backups().replace(&backup.id));
            if let Some(restored) = ended {
                restored.unwrap();
                assert!(call > 12, "{call}");
                break;
            }
            drop(keep);
            let keep = browser.opens();
            let now_there = seen(&keep);
            match keep.report().restore {
                None => assert!(now_there == old || now_there == new, "{lie:?} {call}"),
                Some(RestoreEnd::Undone) => {
                    undone += 1;
                    assert!(now_there == old, "{lie:?} {call}");
                }
                Some(RestoreEnd::Finished) => {
                    finished += 1;
                    assert!(now_there == new, "{lie:?} {call}");
                }
                Some(RestoreEnd::Mixed) => panic!("{lie:?} {call}"),
            }
            sound(&keep);
            world(&keep, "goes on");
            let there = seen(&keep);
            assert_eq!(browser.opens().report().restore, None);
            browser.lose(|_, _| true);
            assert!(seen(&browser.opens()) == there, "{lie:?} {call}");
        }
    }
    assert!(undone > 2 && finished > 5, "{undone} {finished}");
}

#[test]
fn a_restore_that_fails_on_its_way_is_undone_at_once_or_at_the_next_opening() {
    for (kind, lasting) in [
        (Kind::Aborted, false),
        (Kind::Quota, false),
        (Kind::Quota, true),
    ] {
        for call in 0.. {
            let browser = Browser::default();
            let script = Rc::new(Script::default());
            let keep = scripted(&browser, &script).unwrap();
            filled(&keep);
            let new = seen(&keep);
            let backup = create(&keep, "good");
            change(&keep);
            let old = seen(&keep);
            script.plan(script.count() + call, Lie::Before(kind), lasting);
            let ended = now(keep.backups().replace(&backup.id));
            if script.told() == 0 {
                ended.unwrap();
                assert!(call > 12, "{call}");
                break;
            }
            script.heal();
            let place = format!("{kind:?} {lasting} {call}");
            match ended {
                Ok(_) => assert!(seen(&keep) == new, "{place}"),
                Err(_) => {
                    if !lasting {
                        assert!(seen(&keep) == old, "{place}");
                        world(&keep, "goes on");
                    }
                    let again = browser.opens();
                    let there = seen(&again);
                    let whole = there == old || there == new || !lasting;
                    assert!(whole, "{place} {:?}", again.report());
                    sound(&again);
                }
            }
        }
    }
}

#[test]
fn a_damaged_backup_replaces_nothing_and_what_is_sound_of_it_is_copied_in() {
    let browser = Browser::default();
    let keep = browser.opens();
    filled(&keep);
    let lost = world(&keep, "Lost");
    let backup = create(&keep, "good");
    let setting = br#""userName""#;
    browser
        .redo
        .beside()
        .edit(&format!("{}.cardkeep", backup.id), |file| {
            let at = memchr::memmem::rfind(file, setting).unwrap();
            file[at + 1] ^= 1;
        });
    now(keep.trash_can().delete(Domain::Worlds, &lost, None)).unwrap();
    let before = browser.medium.dump();
    let error = now(keep.backups().replace(&backup.id)).unwrap_err();
    assert_eq!(error.kind(), Kind::Corrupt);
    assert_eq!(browser.medium.dump(), before);
    let copied = now(keep.backups().copy(&backup.id, None)).unwrap();
    assert_eq!((copied.added, copied.copies), (1, 0), "{copied:?}");
    assert!(now(keep.entry(Domain::Worlds, &lost)).unwrap().is_some());
    sound(&keep);
}

#[test]
fn a_copy_changes_nothing_that_is_there_and_brings_what_is_gone_or_another() {
    let browser = Browser::default();
    let keep = browser.opens();
    let character = card(&keep);
    let chat = chat(&keep, 70);
    let (gone, stays) = (world(&keep, "Gone"), world(&keep, "Stays"));
    let backup = create(&keep, "good");
    change_only(&keep, &character, &chat);
    now(keep.trash_can().delete(Domain::Worlds, &gone, None)).unwrap();
    let there = seen(&keep);
    let copied = now(keep.backups().copy(&backup.id, None)).unwrap();
    assert_eq!(
        (copied.added, copied.copies, copied.same, copied.unreadable),
        (1, 2, 1, 0),
        "{copied:?}"
    );
    let after = seen(&keep);
    for domain in Domain::ALL {
        let (before, after) = (&there[domain.name()], &after[domain.name()]);
        for item in before.as_array().unwrap() {
            assert!(after.as_array().unwrap().contains(item), "{item}");
        }
    }
    assert!(now(keep.entry(Domain::Worlds, &gone)).unwrap().is_some());
    assert!(!copied.changed["worlds"].contains(&stays));
    let copy = copied.changed["chats"].first().unwrap();
    let lines = now(keep.chats().open(copy)).unwrap().entry()["length"].clone();
    assert_eq!(lines, 70);
    sound(&keep);
    // Once more brings nothing, but a copy of what became another since.
    let again = now(keep.backups().copy(&backup.id, None)).unwrap();
    assert_eq!((again.added, again.copies, again.same), (0, 0, 4));
    let changed = copied.changed["characters"].first().unwrap();
    change_only(&keep, changed, copy);
    let again = now(keep.backups().copy(&backup.id, None)).unwrap();
    assert_eq!((again.added, again.copies, again.same), (0, 2, 2));
    sound(&keep);
    browser.lose(|_, _| true);
    assert_eq!(seen(&browser.opens()), seen(&keep));
}

#[test]
fn what_is_not_sent_yet_comes_with_the_chat_that_is_copied_and_replaces_nothing() {
    let browser = Browser::default();
    let keep = browser.opens();
    let short = chat(&keep, 3);
    let long = now(keep.chats().create(r#"{"title":"Long"}"#)).unwrap()["id"].clone();
    let long = long.as_str().unwrap().to_owned();
    let text = |words: &str| serde_json::json!(words).to_string();
    let large = text(&"words ".repeat(10_000));
    now(keep.journal().set_unsent(&short, &text("half a sent"))).unwrap();
    now(keep.journal().set_unsent(&long, &large)).unwrap();
    let backup = create(&keep, "typed");
    // A chat that is another one now keeps what is typed there; its copy has what was typed.
    let later = Document::parse(r#"{"name":"You","role":"user","text":"later"}"#).unwrap();
    let open = now(keep.chats().open(&short)).unwrap();
    now(open.append(&later)).unwrap();
    now(keep.journal().set_unsent(&short, &text("another"))).unwrap();
    now(keep.trash(Domain::Chats, &long, None)).unwrap();
    now(keep.trash_can().delete(Domain::Chats, &long, None)).unwrap();
    let copied = now(keep.backups().copy(&backup.id, None)).unwrap();
    assert_eq!((copied.added, copied.copies), (1, 1), "{copied:?}");
    let unsent = |id: &str| now(keep.journal().unsent(id)).unwrap();
    let mut copies = copied.changed["chats"].iter().filter(|id| **id != long);
    assert_eq!(unsent(copies.next().unwrap()), text("half a sent"));
    assert_eq!(unsent(&short), text("another"));
    assert_eq!(unsent(&long), large);
    sound(&keep);
}

fn change_only(keep: &Keep, character: &str, chat: &str) {
    let patch = Document::parse(r#"{"name":"Renamed"}"#).unwrap();
    now(keep.characters().patch(character, &patch, None)).unwrap();
    let chat = now(keep.chats().open(chat)).unwrap();
    let message = Document::parse(r#"{"name":"You","role":"user","text":"later"}"#).unwrap();
    now(chat.append_many(&[message], Write::default())).unwrap();
}

#[test]
fn other_tabs_do_not_write_in_the_middle_of_a_restore_and_go_on_behind_it() {
    let browser = Browser::default();
    let keep = browser.opens();
    filled(&keep);
    let backup = create(&keep, "good");
    let script = Rc::new(Script::default());
    let restoring = scripted(&browser, &script).unwrap();
    let mut refused = 0;
    for call in (0..60).step_by(3) {
        script.plan(script.count() + call, Lie::Stop, false);
        let ended = until_it_waits(restoring.backups().replace(&backup.id));
        let wrote = now(keep.worlds().create("meanwhile"));
        script.heal();
        match (ended, wrote) {
            (None, Err(error)) => {
                assert_eq!(error.kind(), Kind::Restoring);
                refused += 1;
            }
            (Some(done), wrote) => drop((done.unwrap(), wrote.unwrap())),
            (None, Ok(_)) => {}
        }
        // The next opening ends it, and then everybody goes on.
        drop(browser.opens());
        now(keep.worlds().create("behind")).unwrap();
    }
    assert!(refused > 3, "{refused}");
}

#[test]
fn a_migration_is_rolled_back_from_its_backup_and_can_be_made_again() {
    let medium = MemoryMedium::new();
    for put in crate::frozen::values(crate::frozen::SCHEMA_1) {
        medium.plant(put.table, put.key, put.value);
    }
    let old = medium.clone().dump();
    let keep = crate::keep::open(&medium);
    let lifted = seen(&keep);
    let backup = keep.report().migrated.clone().unwrap().backup;
    world(&keep, "Since then");
    let no_way = create(&keep, "of today");
    let error = now(keep.backups().roll_back(&no_way.id)).unwrap_err();
    assert_eq!(error.kind(), Kind::BadOption);
    now(keep.backups().roll_back(&backup)).unwrap();
    // This version writes nothing more.
    let error = now(keep.worlds().create("too late")).unwrap_err();
    assert_eq!(error.kind(), Kind::ReadOnly);
    let stands = medium.dump();
    let find = |table: Table, key: &Key| {
        let found = stands.iter().find(|(t, k, _)| *t == table && k == key);
        found.map(|(_, _, value)| value.clone())
    };
    let meta: Json =
        serde_json::from_slice(&find(Table::Meta, &Key::meta("keep")).unwrap().bytes).unwrap();
    assert_eq!(
        (&meta["schema"], &meta["minWriter"]),
        (&json!(1), &json!(1))
    );
    let rows = |dump: &[(Table, Key, Value)]| {
        dump.iter()
            .filter(|(table, ..)| *table == Table::Rows)
            .count()
    };
    assert_eq!(rows(&stands), rows(&old));
    for (table, key, value) in old.iter().filter(|(table, ..)| *table == Table::Rows) {
        let there = find(*table, key).expect("every row of then is there");
        let mut now_told = codec::read_frame(&there.bytes).unwrap().value;
        let told = codec::read_frame(&value.bytes).unwrap().value;
        now_told["rev"] = told["rev"].clone();
        assert_eq!((now_told, there.by), (told, value.by.clone()));
    }
    let again = crate::keep::open(&medium);
    assert_eq!(again.report().migrated.as_ref().unwrap().from, 1);
    assert_eq!(seen(&again), lifted);
}

#[test]
fn a_page_that_is_open_while_another_rolls_back_only_reads_from_its_first_refused_write_on() {
    let medium = MemoryMedium::new();
    for put in crate::frozen::values(crate::frozen::SCHEMA_1) {
        medium.plant(put.table, put.key, put.value);
    }
    let keep = crate::keep::open(&medium);
    let backup = keep.report().migrated.clone().unwrap().backup;
    let there = crate::keep::open(&medium);
    let lifted = seen(&there);
    now(keep.backups().roll_back(&backup)).unwrap();
    assert_eq!(*there.access(), Access::ReadWrite);
    let write = || now(there.worlds().create("too late")).unwrap_err();
    assert_eq!(write().kind(), Kind::ReadOnly);
    let rolled_back = Access::ReadOnly {
        reason: "rolled-back",
        stored: 1,
        supported: 2,
    };
    assert_eq!(*there.access(), rolled_back);
    let told = there.log().entries(Level::Error);
    assert!(told.iter().any(|entry| entry.event == "read-only"));
    let stands = medium.dump();
    assert_eq!(write().kind(), Kind::ReadOnly);
    let health = now(there.health()).unwrap();
    assert_eq!(health.access, rolled_back);
    let warned = health.warnings.iter().find(|one| one.code == "read-only");
    assert!(warned.unwrap().message.contains("older format"));
    // What is there can be read, and what is typed waits in the journal.
    assert_eq!(seen(&there), lifted);
    assert!(medium.dump() == stands);
    now(there.journal().write("w", Vec::new(), false)).unwrap();
    // Lifted anew by somebody, it is still another keep than the one that this page knew.
    let again = crate::keep::open(&medium);
    now(again.worlds().create("of today")).unwrap();
    assert_eq!(write().kind(), Kind::ReadOnly);
}

#[test]
fn a_backup_of_an_older_schema_is_lifted_when_it_is_restored() {
    let medium = MemoryMedium::new();
    for put in crate::frozen::values(crate::frozen::SCHEMA_1) {
        medium.plant(put.table, put.key, put.value);
    }
    let keep = crate::keep::open(&medium);
    let lifted = seen(&keep);
    let backup = keep.report().migrated.clone().unwrap().backup;
    change(&keep);
    now(keep.backups().replace(&backup)).unwrap();
    assert_eq!(seen(&keep), lifted);
    let again = crate::keep::open(&medium);
    assert_eq!(again.report().migrated, None);
    assert_eq!(seen(&again), lifted);
    sound(&again);
}

#[test]
fn a_backup_comes_by_itself_when_it_is_time_something_was_changed_and_nobody_writes() {
    let browser = Browser::default();
    let time = Rc::new(Cell::new(1_700_000_000_000));
    let keep = {
        let time = Rc::clone(&time);
        browser.open_with(Rc::new(move || time.replace(time.get() + 1)))
    };
    const HOUR: i64 = 3_600_000;
    let tend = |hours: i64| {
        time.set(time.get() + hours * HOUR);
        now(keep.backups().tend()).unwrap()
    };
    assert_eq!(tend(30), None, "there is nothing to lose");
    world(&keep, "one");
    assert_eq!(tend(24), None, "somebody writes");
    let first = tend(1).expect("it is time");
    assert_eq!(first.reason, "by itself");
    assert_eq!(tend(30), None, "nothing was changed");
    let id = world(&keep, "two");
    assert_eq!(tend(1), None);
    assert!(tend(1).is_some());
    now(keep.worlds().set_stat(&id, "health", "1", None)).unwrap();
    assert_eq!((tend(10), tend(10)), (None, None), "it is not time yet");
    now(keep.settings().patch(&json!({ "backupWrites": 20 }))).unwrap();
    for n in 0..20 {
        now(keep.worlds().set_stat(&id, "health", &n.to_string(), None)).unwrap();
    }
    assert_eq!(tend(0), None, "somebody writes");
    assert!(tend(1).is_some(), "much was written");
    now(keep
        .settings()
        .patch(&json!({ "backupHours": 0, "backupWrites": 0 })))
    .unwrap();
    assert_eq!((tend(1), tend(2000)), (None, None), "nobody wants it");
}

#[test]
fn backups_come_by_themselves_when_the_clock_was_set_back() {
    const DAY: i64 = 86_400_000;
    let browser = Browser::default();
    let time = Rc::new(Cell::new(1_700_000_000_000));
    let keep = {
        let time = Rc::clone(&time);
        browser.open_with(Rc::new(move || time.replace(time.get() + 1)))
    };
    let tend = |milliseconds: i64| {
        time.set(time.get() + milliseconds);
        now(keep.backups().tend()).unwrap()
    };
    world(&keep, "of the next year");
    time.set(time.get() + 365 * DAY);
    assert_eq!(tend(DAY), None, "somebody writes");
    assert!(tend(DAY).is_some());
    time.set(time.get() - 365 * DAY);
    world(&keep, "of today");
    assert_eq!(tend(0), None, "somebody writes");
    assert!(tend(3_600_000).is_some(), "the newest one is of next year");
    world(&keep, "of tomorrow");
    assert_eq!((tend(3_600_000), tend(3_600_000)), (None, None));
    assert!(tend(DAY).is_some(), "once a day again");
}

#[test]
fn backups_are_thinned_by_time_and_bytes_and_pinned_ones_and_the_newest_stay() {
    let browser = Browser::default();
    let time = Rc::new(Cell::new(1_700_000_000_000));
    let keep = {
        let time = Rc::clone(&time);
        browser.open_with(Rc::new(move || time.replace(time.get() + 1)))
    };
    world(&keep, "one");
    let mut made = Vec::new();
    for _ in 0..40 {
        made.push(create(&keep, "").id);
        time.set(time.get() + 2 * 3_600_000);
    }
    now(keep.backups().pin(&made[1], true)).unwrap();
    now(keep.settings().patch(&json!({ "backupsKept": 3 }))).unwrap();
    let gone = now(keep.backups().prune()).unwrap();
    let left: Vec<String> = now(keep.backups().list())
        .unwrap()
        .into_iter()
        .map(|one| one.id)
        .collect();
    assert_eq!(left.len() + gone.len(), 40);
    // One for each of the last hours of a day, one for each day before, and the pinned one.
    assert!((13..=18).contains(&left.len()), "{}", left.len());
    assert!(left.contains(&made[1]) && left.contains(&made[39]));
    assert_eq!(now(keep.backups().prune()).unwrap(), Vec::<String>::new());
    let one = now(keep.backups().get(&made[39])).unwrap().unwrap().bytes;
    let store = crate::store::open(&browser.medium);
    drop(store);
    for (budget, count) in [(3 * one, 4), (0, 2)] {
        let options = Options {
            clock: {
                let time = Rc::clone(&time);
                Rc::new(move || time.get())
            },
            redo: Some(Rc::new(browser.redo.clone())),
            ..crate::store::clock()
        };
        let store = now(Store::open(Rc::new(browser.medium.clone()), options)).unwrap();
        now(store.prune_backups(3, budget)).unwrap();
        let left = now(store.backups()).unwrap();
        assert!(left.len() <= count, "{budget} {}", left.len());
        assert!(
            left.iter().any(|one| one.id == made[1]) && left.iter().any(|one| one.id == made[39])
        );
    }
    for id in &made[..1] {
        assert_eq!(now(keep.backups().get(id)).unwrap(), None);
    }
}

/// A keep whose clock is moved by hand.
fn aging(browser: &Browser) -> (Keep, Rc<Cell<i64>>) {
    let time = Rc::new(Cell::new(1_700_000_000_000));
    let clock = Rc::clone(&time);
    let keep = browser.open_with(Rc::new(move || clock.replace(clock.get() + 1)));
    (keep, time)
}

#[test]
fn an_old_backup_that_is_being_taken_in_is_not_thinned_away() {
    const DAY: i64 = 86_400_000;
    let (keep, time) = aging(&Browser::default());
    filled(&keep);
    let bytes = file(&keep, &create(&keep, "long ago").id);
    time.set(time.get() + 400 * DAY);
    let id = keep.backups().begin_import().unwrap();
    let (first, rest) = bytes.split_at(bytes.len() / 2);
    now(keep.backups().add(&id, first.to_vec())).unwrap();
    assert!(!now(keep.backups().prune()).unwrap().contains(&id));
    now(keep.backups().add(&id, rest.to_vec())).unwrap();
    let taken = now(keep.backups().end_import(&id)).unwrap();
    assert!(taken.complete);
    assert_eq!(file(&keep, &id), bytes);
    // What was given up without a word goes after a day.
    let id = keep.backups().begin_import().unwrap();
    now(keep.backups().add(&id, first.to_vec())).unwrap();
    time.set(time.get() + 2 * DAY);
    assert!(now(keep.backups().prune()).unwrap().contains(&id));
}

#[test]
fn backups_of_a_clock_that_was_far_ahead_take_no_room_from_those_of_today() {
    let browser = Browser::default();
    let (keep, time) = aging(&browser);
    world(&keep, "Here");
    let today = time.get();
    time.set(today + 365 * 86_400_000);
    let ahead: Vec<String> = (0..3).map(|_| create(&keep, "ahead").id).collect();
    time.set(today);
    let made = create(&keep, "today").id;
    let one = now(keep.backups().get(&made)).unwrap().unwrap().bytes;
    let clock = Rc::clone(&time);
    let options = Options {
        clock: Rc::new(move || clock.get()),
        redo: Some(Rc::new(browser.redo.clone())),
        ..crate::store::clock()
    };
    let store = now(Store::open(Rc::new(browser.medium.clone()), options)).unwrap();
    let gone = now(store.prune_backups(10, 2 * one + one / 2)).unwrap();
    assert!(!gone.contains(&made), "the newest stays");
    assert_eq!(gone, ahead[..2].iter().rev().cloned().collect::<Vec<_>>());
    assert_eq!(now(store.prune_backups(10, 0)).unwrap(), ahead[2..]);
}

#[test]
fn there_is_a_backup_before_the_trash_is_emptied_and_before_many_are_deleted() {
    let keep = Browser::default().opens();
    let ids: Vec<String> = (0..60).map(|n| world(&keep, &n.to_string())).collect();
    let targets = ids.iter().map(|id| Target {
        id: id.clone(),
        if_rev: None,
    });
    now(keep.trash_many(
        Domain::Worlds,
        &targets.collect::<Vec<_>>(),
        Write::default(),
    ))
    .unwrap();
    assert_eq!(now(keep.trash_can().empty()).unwrap(), 60);
    let made = now(keep.backups().list()).unwrap();
    let reasons: Vec<&str> = made.iter().map(|one| one.reason.as_str()).collect();
    assert_eq!(
        reasons,
        ["before many are deleted", "before the trash is emptied"]
    );
    assert_eq!(now(keep.trash_can().empty()).unwrap(), 0);
    assert_eq!(now(keep.backups().list()).unwrap().len(), 2);
    now(keep.backups().replace(&made[0].id)).unwrap();
    let listing = now(keep.list(Domain::Worlds, false)).unwrap();
    assert_eq!(listing["items"].as_array().unwrap().len(), 60);
}

#[test]
fn a_copy_has_its_older_states_and_a_removed_record_comes_back_with_its_own() {
    let browser = Browser::default();
    let keep = browser.opens();
    let (changed, gone) = (world(&keep, "Changed"), world(&keep, "Gone"));
    let chat = chat(&keep, 70);
    for id in [&changed, &gone] {
        for health in ["1", "2", "3"] {
            now(keep.worlds().set_stat(id, "health", health, None)).unwrap();
        }
    }
    let handle = now(keep.chats().open(&chat)).unwrap();
    let patch = Document::parse(r#"{"text":"edited"}"#).unwrap();
    now(handle.edit(69, &patch, Write::default())).unwrap();
    let backup = create(&keep, "good");
    now(keep.worlds().set_stat(&changed, "health", "4", None)).unwrap();
    now(keep.trash_can().delete(Domain::Worlds, &gone, None)).unwrap();
    let message = Document::parse(r#"{"name":"You","role":"user","text":"later"}"#).unwrap();
    now(handle.append_many(&[message], Write::default())).unwrap();
    let copied = now(keep.backups().copy(&backup.id, None)).unwrap();
    assert_eq!((copied.added, copied.copies), (1, 2), "{copied:?}");
    let worlds = &copied.changed["worlds"];
    assert!(worlds.contains(&gone) && worlds.len() == 2);
    for id in worlds {
        let history = now(keep.history(Domain::Worlds, id)).unwrap();
        let revs: Vec<u64> = history
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["rev"].as_u64().unwrap())
            .collect();
        assert_eq!(revs.len(), 3);
        now(keep.restore_version(Domain::Worlds, id, revs[2])).unwrap();
        let world = now(keep.worlds().get(id)).unwrap().unwrap();
        let world: Json = serde_json::from_str(&world).unwrap();
        assert_eq!(world["name"], if *id == gone { "Gone" } else { "Changed" });
        assert_eq!(world["state"]["player"]["health"], 100);
    }
    let copy = copied.changed["chats"].first().unwrap();
    let history = now(keep.history(Domain::Chats, copy)).unwrap();
    let rev = history[0]["rev"].as_u64().unwrap();
    now(keep.restore_version(Domain::Chats, copy, rev)).unwrap();
    sound(&keep);
    browser.lose(|_, _| true);
    assert_eq!(seen(&browser.opens()), seen(&keep));
}

#[test]
fn a_copy_that_is_cut_short_anywhere_goes_on_when_it_is_asked_for_again() {
    for lie in [Lie::Stop, Lie::StopAfter, Lie::Before(Kind::Quota)] {
        for call in 0.. {
            let browser = Browser::default();
            let script = Rc::new(Script::default());
            let keep = scripted(&browser, &script).unwrap();
            filled(&keep);
            let backup = create(&keep, "good");
            change(&keep);
            let there = seen(&keep);
            script.plan(script.count() + call, lie, false);
            let ended = until_it_waits(keep.backups().copy(&backup.id, None));
            if script.told() == 0 {
                let copied = ended.unwrap().unwrap();
                assert_eq!((copied.added, copied.copies, copied.same), (1, 2, 0));
                assert!(call > 8, "{call}");
                break;
            }
            drop(keep);
            let keep = browser.opens();
            now(keep.backups().copy(&backup.id, None)).unwrap();
            let again = now(keep.backups().copy(&backup.id, None)).unwrap();
            assert_eq!(
                (again.added, again.copies, again.same),
                (0, 0, 3),
                "{lie:?} {call}"
            );
            for domain in Domain::ALL {
                let (before, after) = (&there[domain.name()], &seen(&keep)[domain.name()]);
                let (before, after) = (before.as_array().unwrap(), after.as_array().unwrap());
                assert!(
                    before.iter().all(|item| after.contains(item)),
                    "{lie:?} {call}"
                );
                assert!(after.len() <= 2 * before.len(), "{lie:?} {call}");
            }
            sound(&keep);
        }
    }
}

#[test]
fn a_tab_that_is_opened_in_the_middle_of_a_restore_brings_it_to_its_end_with_the_other() {
    for polls in 0.. {
        let browser = Browser::default();
        let script = Rc::new(Script::default());
        let keep = scripted(&browser, &script).unwrap();
        filled(&keep);
        let new = seen(&keep);
        let backup = create(&keep, "good");
        change(&keep);
        let old = seen(&keep);
        script.pause(true);
        let backups = keep.backups();
        let mut restoring = Box::pin(backups.replace(&backup.id));
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        let over = (0..polls).any(|_| restoring.as_mut().poll(&mut context).is_ready());
        if over {
            assert!(polls > 30, "{polls}");
            break;
        }
        let other = browser.opens();
        let there = seen(&other);
        assert!(there == old || there == new, "{polls}");
        let restored = crate::turn::settled(restoring).expect("it ends").unwrap();
        script.pause(false);
        assert!(
            seen(&keep) == new && seen(&browser.opens()) == new,
            "{polls}"
        );
        sound(&keep);
        // What was there before can be had again.
        now(other.backups().replace(&restored.before)).unwrap();
        assert!(seen(&other) == old, "{polls}");
        sound(&other);
    }
}

/// A medium that has room for so many bytes of backups.
struct Narrow {
    medium: MemoryMedium,
    room: usize,
}

impl Medium for Narrow {
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
        let is_backup = |key: &Key| key.text(0) == "backup";
        let dump = self.medium.dump();
        let there = dump.iter().filter(|(_, key, _)| is_backup(key));
        let there: usize = there.map(|(.., value)| value.bytes.len()).sum();
        let more = burst.puts.iter().filter(|put| is_backup(&put.key));
        let more: usize = more.map(|put| put.value.bytes.len()).sum();
        if more > 0 && there + more > self.room {
            return Box::pin(async { Err(Kind::Quota.because("no room")) });
        }
        self.medium.write(burst)
    }
    fn close(&self) {}
}

/// A keep of schema 1 on a medium that has no room for its pictures a second time.
fn narrow_old_keep(time: &Rc<Cell<i64>>) -> (MemoryMedium, Keep) {
    let medium = MemoryMedium::new();
    for put in crate::frozen::values(crate::frozen::SCHEMA_1) {
        medium.plant(put.table, put.key, put.value);
    }
    let all: usize = medium
        .dump()
        .iter()
        .map(|(.., value)| value.bytes.len())
        .sum();
    let narrow = Narrow {
        medium: medium.clone(),
        room: all,
    };
    let keep = open_narrow(narrow, time);
    (medium, keep)
}

fn open_narrow(narrow: Narrow, time: &Rc<Cell<i64>>) -> Keep {
    let time = Rc::clone(time);
    let options = Options {
        clock: Rc::new(move || time.replace(time.get() + 1)),
        ..crate::store::clock()
    };
    now(Keep::open(Rc::new(narrow), options, Rc::new(|_, _| {}))).expect("it opens")
}

#[test]
fn a_full_disk_keeps_no_old_keep_from_being_lifted_and_there_is_a_way_back() {
    let time = Rc::new(Cell::new(1_700_000_000_000));
    let (medium, keep) = narrow_old_keep(&time);
    let lifted = seen(&keep);
    let backup = keep.report().migrated.clone().unwrap().backup;
    let told = now(keep.backups().find(&backup)).unwrap();
    assert!(told.rows_only && told.pinned && told.complete, "{told:?}");
    assert!(now(keep.backups().verify(&backup)).unwrap().ok);
    // What it refers to stays, whatever becomes of the records.
    let ids = now(keep.list(Domain::Characters, false)).unwrap();
    for item in ids["items"].as_array().unwrap() {
        now(keep
            .trash_can()
            .delete(Domain::Characters, item["id"].as_str().unwrap(), None))
        .unwrap();
    }
    change(&keep);
    for _ in 0..2 {
        now(keep.leftovers()).unwrap();
        time.set(time.get() + 200_000);
        now(keep.sweep()).unwrap();
    }
    now(keep.backups().replace(&backup)).unwrap();
    assert_eq!(seen(&keep), lifted);
    sound(&keep);
    now(keep.backups().roll_back(&backup)).unwrap();
    let again = crate::keep::open(&medium);
    assert_eq!(again.report().migrated.as_ref().unwrap().from, 1);
    assert_eq!(seen(&again), lifted);
}

#[test]
fn a_backup_without_parts_replaces_nothing_where_they_are_not() {
    let time = Rc::new(Cell::new(1_700_000_000_000));
    let (_, keep) = narrow_old_keep(&time);
    let backup = keep.report().migrated.clone().unwrap().backup;
    let other = Browser::default().opens();
    let taken = import(&other, &file(&keep, &backup)).unwrap();
    assert!(taken.rows_only && taken.complete);
    let error = now(other.backups().replace(&taken.id)).unwrap_err();
    assert_eq!(error.kind(), Kind::Corrupt);
    assert_eq!(
        now(other.list(Domain::Characters, false)).unwrap()["items"],
        json!([])
    );
    let copied = now(other.backups().copy(&taken.id, None)).unwrap();
    assert!(copied.unreadable > 0, "{copied:?}");
    sound(&other);
}

/// Leaves what builds before backups made: a copy of all rows, in a record of its own.
fn copy_of_earlier_builds(browser: &Browser) -> Vec<(Key, Value)> {
    let dump = browser.medium.dump().into_iter();
    let rows: Vec<(Key, Value)> = dump
        .filter(|(table, ..)| *table == Table::Rows)
        .map(|(_, key, value)| (key, value))
        .collect();
    let mut bytes = Vec::new();
    let block = |bytes: &mut Vec<u8>, block: &[u8]| {
        bytes.extend((block.len() as u64).to_le_bytes());
        bytes.extend(block);
    };
    for (key, value) in &rows {
        block(&mut bytes, key.to_json().to_string().as_bytes());
        bytes.extend(value.rev.to_le_bytes());
        block(&mut bytes, json!(value.by).to_string().as_bytes());
        block(&mut bytes, &value.bytes);
    }
    let store = crate::store::open(&browser.medium);
    let mut change = Change::new();
    let mut record = Record::new("snapshots", "0190", 1_600_000_000_000);
    let part = change.add_part(&bytes);
    record.head = json!({ "reason": "before a repair", "schema": 2, "records": rows.len(), "bytes": part.bytes });
    record.parts.insert("rows".into(), part);
    change.write(record, History::Skip);
    now(store.commit(change)).unwrap();
    rows
}

#[test]
fn copies_that_earlier_builds_made_become_backups_and_hinder_no_sweep() {
    for late in [false, true] {
        earlier_copies(late);
    }
}

/// `late`: messages have moved on before the copy is taken over, and nobody kept them for it.
fn earlier_copies(late: bool) {
    let browser = Browser::default();
    let time = Rc::new(Cell::new(1_700_000_000_000));
    let opened = || {
        let time = Rc::clone(&time);
        browser.open_with(Rc::new(move || time.replace(time.get() + 1)))
    };
    let keep = opened();
    filled(&keep);
    let want = seen(&keep);
    let rows = copy_of_earlier_builds(&browser);
    let keep = opened();
    now(keep.settings().patch(&json!({ "backupHours": 0 }))).unwrap();
    let tend = || {
        time.set(time.get() + 100_000);
        now(keep.backups().tend()).unwrap();
    };
    if late {
        change(&keep);
    }
    tend();
    tend();
    if !late {
        change(&keep);
    }
    let made = now(keep.backups().list()).unwrap();
    let [made] = made.as_slice() else {
        panic!("{made:?}");
    };
    assert_eq!(
        (made.created, &*made.reason, made.records, made.rows_only),
        (
            1_600_000_000_000,
            "before a repair",
            rows.len() as u64,
            true
        )
    );
    let left = browser.medium.dump();
    assert!(left.iter().all(|(_, key, _)| key.text(0) != "snapshots"));
    let pages = |browser: &Browser| {
        browser
            .medium
            .dump()
            .iter()
            .filter(|(table, ..)| *table == Table::Pages)
            .count()
    };
    let before = pages(&browser);
    now(keep.leftovers()).unwrap();
    time.set(time.get() + 200_000);
    assert!(
        now(keep.sweep()).unwrap() > 0,
        "the copy itself is referred to by nothing"
    );
    assert!(pages(&browser) < before);
    let replaced = now(keep.backups().replace(&made.id));
    if late {
        assert_eq!(replaced.unwrap_err().kind(), Kind::Corrupt);
        let copied = now(keep.backups().copy(&made.id, None)).unwrap();
        assert_eq!((copied.added, copied.unreadable), (1, 1), "{copied:?}");
    } else {
        replaced.unwrap();
        assert_eq!(seen(&keep)["chats"], want["chats"]);
    }
    sound(&keep);
    tend();
    tend();
    assert_eq!(now(opened().backups().list()).unwrap().len(), 2);
}

#[test]
fn health_tells_of_the_last_backup_and_the_last_file_and_what_was_changed_since() {
    let browser = Browser::default();
    let time = Rc::new(Cell::new(1_700_000_000_000));
    let keep = {
        let time = Rc::clone(&time);
        browser.open_with(Rc::new(move || time.replace(time.get() + 1)))
    };
    const DAYS: i64 = 86_400_000;
    let old = |keep: &Keep| {
        let health = now(keep.health()).unwrap();
        health
            .warnings
            .iter()
            .any(|warning| warning.code == "export-old")
    };
    time.set(time.get() + 20 * DAYS);
    assert!(!old(&keep), "there is nothing to save");
    world(&keep, "Here");
    assert!(!old(&keep));
    time.set(time.get() + 15 * DAYS);
    world(&keep, "There");
    assert!(old(&keep), "no file was ever made");
    let made = create(&keep, "by hand");
    assert!(old(&keep), "the backup lies in the browser");
    file(&keep, &made.id);
    assert!(!old(&keep));
    let health = now(keep.health()).unwrap();
    assert_eq!(
        (health.backups.count, health.backups.bytes),
        (1, made.bytes)
    );
    assert_eq!(health.backups.newest.as_ref(), Some(&made));
    assert_eq!(health.last_export.map(|told| told.of), Some(made.created));
    time.set(time.get() + 15 * DAYS);
    assert!(!old(&keep), "nothing was changed since");
    world(&keep, "Everywhere");
    assert!(old(&keep));
    let again = browser.opens();
    let health = now(again.health()).unwrap();
    assert_eq!(health.last_export.map(|told| told.of), Some(made.created));
}

#[test]
fn one_record_comes_out_of_a_backup_without_the_others() {
    let browser = Browser::default();
    let keep = browser.opens();
    let (wanted, other) = (world(&keep, "Wanted"), world(&keep, "Other"));
    let character = card(&keep);
    let backup = create(&keep, "good");
    let contents = now(keep.backups().contents(&backup.id)).unwrap();
    let listed = |domain: &str, id: &str| {
        let same = |entry: &&Json| entry["domain"] == domain && entry["id"] == id;
        contents.iter().filter(same).count()
    };
    assert_eq!(contents.len(), 3);
    assert_eq!(listed("worlds", &wanted), 1);
    assert_eq!(listed("characters", &character), 1);
    for id in [&wanted, &other] {
        now(keep.trash_can().delete(Domain::Worlds, id, None)).unwrap();
    }
    let part = |domain, id: &str| BackupPart {
        domain,
        id: id.to_owned(),
    };
    // One that it lacks keeps all out.
    let before = browser.medium.dump();
    let lacking = [part(Domain::Worlds, &wanted), part(Domain::Chats, &wanted)];
    let error = now(keep.backups().copy(&backup.id, Some(&lacking))).unwrap_err();
    assert_eq!(error.kind(), Kind::NotFound);
    assert_eq!(browser.medium.dump(), before);
    let only = [part(Domain::Worlds, &wanted)];
    let copied = now(keep.backups().copy(&backup.id, Some(&only))).unwrap();
    assert_eq!((copied.added, copied.copies, copied.same), (1, 0, 0));
    assert!(now(keep.entry(Domain::Worlds, &wanted)).unwrap().is_some());
    assert!(now(keep.entry(Domain::Worlds, &other)).unwrap().is_none());
    // What is another now comes beside it.
    let write = Write::default();
    now(keep.worlds().set_stat(&wanted, "level", "2", write)).unwrap();
    let copied = now(keep.backups().copy(&backup.id, Some(&only))).unwrap();
    assert_eq!((copied.added, copied.copies, copied.same), (0, 1, 0));
    sound(&keep);
}

#[test]
fn a_large_world_comes_out_of_a_backup_with_every_piece() {
    let browser = Browser::default();
    let keep = browser.opens();
    let bytes = worlds_large::state(700);
    let id = worlds_large::import(&keep, &bytes);
    now(keep.worlds().move_to(&id, "7,3,0", None)).unwrap();
    let moved = worlds_large::export(&keep, &id);
    let backup = create(&keep, "good");
    let export = |keep: &Keep| worlds_large::export(keep, &id);
    let oldest = |keep: &Keep| {
        let history = now(keep.history(Domain::Worlds, &id)).unwrap();
        history.as_array().unwrap().last().unwrap()["rev"]
            .as_u64()
            .unwrap()
    };
    // Into another keep, which has none of its pieces.
    let elsewhere = Browser::default().opens();
    let brought = import(&elsewhere, &file(&keep, &backup.id)).unwrap();
    let only = [BackupPart {
        domain: Domain::Worlds,
        id: id.clone(),
    }];
    let copied = now(elsewhere.backups().copy(&brought.id, Some(&only))).unwrap();
    assert_eq!((copied.added, copied.copies, copied.same), (1, 0, 0));
    assert!(export(&elsewhere) == moved);
    now(elsewhere.restore_version(Domain::Worlds, &id, oldest(&elsewhere))).unwrap();
    assert!(export(&elsewhere) == bytes);
    sound(&elsewhere);
    // In its place, after it was changed, and after it was removed for good.
    now(keep.worlds().set_stat(&id, "level", "2", Write::default())).unwrap();
    now(keep.backups().replace(&backup.id)).unwrap();
    assert!(export(&keep) == moved);
    now(keep.trash_can().delete(Domain::Worlds, &id, None)).unwrap();
    now(keep.backups().replace(&backup.id)).unwrap();
    assert!(export(&keep) == moved);
    now(keep.restore_version(Domain::Worlds, &id, oldest(&keep))).unwrap();
    assert!(export(&keep) == bytes);
    sound(&keep);
}
