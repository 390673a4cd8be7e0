//! Backups: everything at one moment in one file, which is read also when it is damaged.

use crate::redo::Browser;
use crate::turn::now;
use cardkeep::error::{Kind, Limits};
use cardkeep::keep::{ChatImport, Keep};
use cardkeep::store::*;
use serde_json::json;
use std::cell::Cell;
use std::rc::Rc;

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
        let message = cardkeep::json::Document::parse(&message(n).to_string()).unwrap();
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
    assert_eq!(now(keep.backups().list()).unwrap(), [backup.clone()]);
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
