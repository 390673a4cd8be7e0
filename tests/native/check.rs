//! Checking and repairing: damage in every place is found, and mended without losing more.

use crate::keep::open;
use crate::redo::{Browser, contents, fill};
use crate::turn::now;
use cardkeep::error::{Kind, Limits};
use cardkeep::json::Document;
use cardkeep::keep::*;
use cardkeep::store::*;
use serde_json::{Value as Json, json};

type Stored = (Table, Key, Value);

fn check(keep: &Keep) -> CheckReport {
    let mut check = now(keep.check(CheckOptions { full: true })).expect("a check begins");
    while now(check.step()).expect("a check goes on") {}
    check.report().clone()
}

fn quick(keep: &Keep) -> CheckReport {
    let mut check = now(keep.check(CheckOptions::default())).expect("a check begins");
    while now(check.step()).expect("a check goes on") {}
    check.report().clone()
}

fn repair(keep: &Keep, findings: Vec<Finding>) -> RepairReport {
    let options = RepairOptions::default();
    let mut repair = keep.repair(findings, options).expect("a repair begins");
    while now(repair.step()).expect("a repair goes on") {}
    repair.report().clone()
}

fn codes(report: &CheckReport) -> Vec<(Flaw, Remedy)> {
    report
        .findings
        .iter()
        .map(|found| (found.code, found.repair))
        .collect()
}

fn write(medium: &MemoryMedium, (table, key, value): Stored) {
    let puts = vec![Put { table, key, value }];
    now(medium.write(&Burst {
        puts,
        ..Burst::default()
    }))
    .unwrap();
}

fn remove(medium: &MemoryMedium, table: Table, key: &Key) {
    let deletes = vec![(table, key.clone())];
    now(medium.write(&Burst {
        deletes,
        ..Burst::default()
    }))
    .unwrap();
}

/// A bit in the middle turns.
fn rot(medium: &MemoryMedium, (table, key, value): &Stored) {
    let mut value = value.clone();
    let middle = value.bytes.len() / 2;
    value.bytes[middle] ^= 0x10;
    write(medium, (*table, key.clone(), value));
}

fn copy(medium: &MemoryMedium) -> MemoryMedium {
    let copy = MemoryMedium::new();
    for stored in medium.dump() {
        write(&copy, stored);
    }
    copy
}

fn filled() -> MemoryMedium {
    let medium = MemoryMedium::new();
    fill(&open(&medium));
    medium
}

fn stored(medium: &MemoryMedium, table: Table, first: &str) -> Vec<Stored> {
    let all = medium.dump().into_iter();
    all.filter(|(of, key, _)| *of == table && key.text(0) == first)
        .collect()
}

fn items(keep: &Keep, domain: Domain) -> Vec<Json> {
    let listing = now(keep.list(domain, false)).unwrap();
    assert_eq!(listing["unreadable"], json!([]));
    listing["items"].as_array().unwrap().clone()
}

fn id(keep: &Keep, domain: Domain) -> String {
    items(keep, domain)[0]["id"].as_str().unwrap().to_owned()
}

fn texts(keep: &Keep, chat: &str) -> Vec<String> {
    let chat = now(keep.chats().open(chat)).unwrap();
    let page: Json = serde_json::from_str(&now(chat.page(0, 10_000)).unwrap()).unwrap();
    let text = |message: &Json| message["text"].as_str().unwrap().to_owned();
    page.as_array().unwrap().iter().map(text).collect()
}

/// The pages of a part of the one record of a domain.
fn pages_of(medium: &MemoryMedium, domain: Domain, part: &str) -> Vec<Stored> {
    let rows = stored(medium, Table::Rows, domain.name());
    let frame = cardkeep::codec::read_frame(&rows[0].2.bytes).unwrap();
    let hash = frame.value["parts"][part]["hash"]
        .as_str()
        .unwrap()
        .to_owned();
    let mut pages = stored(medium, Table::Pages, "part");
    pages.retain(|(_, key, _)| key.text(1) == hash);
    pages
}

#[test]
fn a_sound_keep_has_no_findings_and_checking_it_changes_nothing_but_the_note() {
    let browser = Browser::default();
    let with_copy = browser.open();
    fill(&with_copy);
    let without = filled();
    for (keep, medium) in [(with_copy, &browser.medium), (open(&without), &without)] {
        assert_eq!(now(keep.last_check()).unwrap(), None);
        let before = medium.dump();
        for report in [quick(&keep), check(&keep)] {
            assert_eq!(report.findings, [], "{report:?}");
            assert!(report.records >= 4 && report.versions >= 2);
        }
        assert!(check(&keep).contents > quick(&keep).contents);
        let mut after = medium.dump();
        after.retain(|(_, key, _)| *key != Key::meta("check"));
        assert_eq!(after, before);
        let last = now(keep.last_check()).unwrap().expect("it is remembered");
        assert_eq!((last.findings, last.full), (0, false));
    }
}

#[test]
fn damage_of_every_row_and_page_is_found_and_healed_from_the_second_copy() {
    let browser = Browser::default();
    fill(&browser.open());
    let want = contents(&browser.open());
    let all = browser.rows_and_pages();
    assert!(all.len() > 30, "{}", all.len());
    for (n, victim) in all.iter().enumerate() {
        let keep = browser.open();
        let (table, key, _) = victim;
        if n % 2 == 0 {
            rot(&browser.medium, victim);
        } else {
            remove(&browser.medium, *table, key);
        }
        let found = check(&keep);
        // A page of nothing that is still there is nobody's loss.
        let orphan = found.findings.is_empty();
        assert!(!orphan || *table == Table::Pages, "{key:?}");
        let of_copy = |finding: &Finding| finding.repair == Remedy::SecondCopy;
        assert!(found.findings.iter().all(of_copy), "{key:?}: {found:?}");
        let report = repair(&keep, found.findings);
        assert_eq!(now(keep.last_check()).unwrap().unwrap().findings, 0);
        let mended = |item: &Mended| matches!(item.outcome, Outcome::Repaired | Outcome::Sound);
        assert!(report.items.iter().all(mended), "{key:?}: {report:?}");
        assert_eq!(report.backup.is_some(), !orphan);
        assert_eq!(check(&keep).findings, [], "{key:?}");
        assert_eq!(contents(&browser.open()), want, "{key:?}");
    }
}

#[test]
fn damage_of_every_row_and_page_costs_no_more_than_itself_without_a_second_copy() {
    let sound = filled();
    let whole = open(&sound);
    let chat = id(&whole, Domain::Chats);
    let messages = texts(&whole, &chat);
    let all: Vec<Stored> = sound
        .dump()
        .into_iter()
        .filter(|(table, ..)| *table != Table::Meta)
        .collect();
    for (n, victim) in all.iter().enumerate() {
        let medium = copy(&sound);
        let keep = open(&medium);
        let (table, key, value) = victim;
        let rotten = n % 2 == 0 || *table == Table::Rows;
        if rotten {
            rot(&medium, victim);
        } else {
            remove(&medium, *table, key);
        }
        let found = check(&keep).findings;
        assert!(!found.is_empty() || *table == Table::Pages, "{key:?}");
        let report = repair(&keep, found.clone());
        let mended = |item: &Mended| matches!(item.outcome, Outcome::Repaired | Outcome::Sound);
        assert!(report.items.iter().all(mended), "{key:?}: {report:?}");
        assert_eq!(check(&keep).findings, [], "{key:?}");
        // Everybody else is still there.
        let keep = open(&medium);
        let hit = |domain: Domain| found.iter().any(|finding| finding.domain == domain.name());
        for domain in Domain::ALL {
            let lost = items(&whole, domain).len() - items(&keep, domain).len();
            assert!(lost <= usize::from(hit(domain)), "{key:?}");
            if !hit(domain) {
                assert_eq!(items(&keep, domain), items(&whole, domain), "{key:?}");
            }
        }
        for item in items(&keep, Domain::Chats) {
            let kept = texts(&keep, item["id"].as_str().unwrap());
            assert!(kept.len() + 64 >= messages.len(), "{key:?}: {}", kept.len());
            assert!(
                kept.iter().filter(|text| !messages.contains(text)).count() <= 1,
                "{key:?}"
            );
        }
        // What was rotten in a row is kept, byte for byte.
        if *table == Table::Rows {
            let list = now(keep.quarantine().list()).unwrap();
            let kept = list.as_array().unwrap().iter().any(|item| {
                let bytes = now(keep.quarantine().bytes(item["id"].as_str().unwrap())).unwrap();
                let differ = bytes
                    .iter()
                    .zip(&value.bytes)
                    .filter(|(a, b)| a != b)
                    .count();
                bytes.len() == value.bytes.len() && differ == 1
            });
            assert!(kept, "{key:?}: {list}");
        }
    }
}

#[test]
fn a_dry_run_says_what_would_be_done_and_does_nothing() {
    let medium = filled();
    let row = stored(&medium, Table::Rows, "worlds").remove(0);
    rot(&medium, &row);
    let keep = open(&medium);
    let before = medium.dump();
    let mut repair = keep
        .repair(check(&keep).findings, RepairOptions { dry_run: true })
        .unwrap();
    while now(repair.step()).unwrap() {}
    let RepairReport { backup, items } = repair.report().clone();
    assert_eq!(backup, None);
    assert_eq!(items.len(), 1);
    assert_eq!(items[0].outcome, Outcome::Planned);
    assert_eq!(items[0].finding.repair, Remedy::Quarantine);
    let mut after = medium.dump();
    after.retain(|(_, key, _)| *key != Key::meta("check"));
    assert_eq!(after, before);
}

#[test]
fn everything_as_it_stood_is_in_a_backup_made_before() {
    let medium = filled();
    let row = stored(&medium, Table::Rows, "worlds").remove(0);
    rot(&medium, &row);
    let keep = open(&medium);
    let stood = stored(&medium, Table::Rows, "worlds").remove(0).2;
    let report = repair(&keep, check(&keep).findings);
    let backup = now(keep.backups().get(&report.backup.unwrap())).unwrap();
    let file = now(keep.backups().piece(&backup.unwrap().id, 0)).unwrap();
    assert!(memchr::memmem::find(&file, &stood.bytes).is_some());
}

#[test]
fn a_rotten_record_comes_back_as_its_newest_sound_older_state() {
    let medium = filled();
    let keep = open(&medium);
    let character = id(&keep, Domain::Characters);
    let again = Document::parse(r#"{"name":"Renamed again"}"#).unwrap();
    now(keep.characters().patch(&character, &again, None)).unwrap();
    rot(&medium, &stored(&medium, Table::Rows, "characters")[0]);
    let found = check(&keep);
    assert_eq!(codes(&found), [(Flaw::RottenRecord, Remedy::Version)]);
    repair(&keep, found.findings);
    assert_eq!(items(&keep, Domain::Characters)[0]["name"], "Renamed");
    assert_eq!(items(&keep, Domain::Characters)[0]["rev"], 4);
    assert_eq!(check(&keep).findings, []);
}

#[test]
fn a_record_that_vanished_comes_back_from_its_older_states() {
    let medium = filled();
    let keep = open(&medium);
    for domain in ["characters", "chats"] {
        let row = stored(&medium, Table::Rows, domain).remove(0);
        remove(&medium, Table::Rows, &row.1);
    }
    let found = check(&keep);
    let lost = (Flaw::LostRecord, Remedy::Version);
    assert_eq!(codes(&found), [lost, lost]);
    repair(&keep, found.findings);
    assert_eq!(check(&keep).findings, []);
    assert_ne!(items(&keep, Domain::Characters)[0]["name"], "Renamed");
    let chat = id(&keep, Domain::Chats);
    let before = texts(&keep, &chat);
    // It goes on, also where the lost state had used pages.
    let chat = now(keep.chats().open(&chat)).unwrap();
    for n in 0..70 {
        let message = json!({ "name": "You", "role": "user", "text": format!("on {n}") });
        now(chat.append(&Document::parse(&message.to_string()).unwrap())).unwrap();
    }
    let after = texts(&keep, chat.entry()["id"].as_str().unwrap());
    assert_eq!(after.len(), before.len() + 70);
    assert_eq!(after[..before.len()], before);
    assert_eq!(check(&keep).findings, []);
}

#[test]
fn a_row_under_wrong_keys_is_found_by_its_right_ones_again() {
    let medium = filled();
    let (table, key, mut value) = stored(&medium, Table::Rows, "chats").remove(0);
    value.by = vec!["chats/character/nobody".to_owned()];
    write(&medium, (table, key, value));
    let keep = open(&medium);
    let found = quick(&keep);
    assert_eq!(codes(&found), [(Flaw::WrongIndex, Remedy::Rewrite)]);
    repair(&keep, found.findings);
    assert_eq!(quick(&keep).findings, []);
    assert_eq!(now(keep.chats().of_character("nobody")).unwrap(), json!([]));
}

#[test]
fn a_link_to_a_character_that_is_gone_is_taken_out() {
    let medium = filled();
    let keep = open(&medium);
    let there = id(&keep, Domain::Characters);
    let options = ChatImport {
        characters: vec!["gone".to_owned(), there.clone()],
        ..ChatImport::default()
    };
    let item = now(keep
        .chats()
        .import(&crate::keep::log(3), "z.jsonl", &options))
    .unwrap();
    let found = quick(&keep);
    assert_eq!(codes(&found), [(Flaw::BrokenLink, Remedy::Unlink)]);
    assert_eq!(
        found.findings[0].id,
        item[0]["entry"]["id"].as_str().unwrap()
    );
    repair(&keep, found.findings);
    assert_eq!(quick(&keep).findings, []);
    assert_eq!(now(keep.chats().of_character("gone")).unwrap(), json!([]));
    let linked = now(keep.chats().of_character(&there)).unwrap();
    assert_eq!(linked[0]["characters"], json!([there]));
}

#[test]
fn an_exchanged_message_of_the_tail_is_found() {
    let medium = filled();
    let keep = open(&medium);
    let chat = id(&keep, Domain::Chats);
    let before = texts(&keep, &chat);
    let handle = now(keep.chats().open(&chat)).unwrap();
    for text in ["one", "two"] {
        let message = json!({ "name": "You", "role": "user", "text": text });
        now(handle.append(&Document::parse(&message.to_string()).unwrap())).unwrap();
    }
    let tail = stored(&medium, Table::Pages, "tail");
    let [.., first, second] = tail.as_slice() else {
        panic!("two pages")
    };
    write(&medium, (first.0, first.1.clone(), second.2.clone()));
    let found = quick(&keep);
    assert_eq!(codes(&found), [(Flaw::LostMessages, Remedy::Salvage)]);
    repair(&keep, found.findings);
    assert_eq!(check(&keep).findings, []);
    let after = texts(&keep, &chat);
    assert_eq!(after[..before.len()], before);
    assert_eq!(after[before.len()..], ["two", "two"]);
}

#[test]
fn a_character_lives_on_without_its_thumbnail_its_file_or_its_edits() {
    let sound = filled();
    let name = |medium: &MemoryMedium, keep: &Keep| {
        assert_eq!(check(keep).findings, []);
        assert!(!medium.dump().is_empty());
        items(keep, Domain::Characters)[0]["name"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let lose = |parts: &[&str], versions: bool| {
        let medium = copy(&sound);
        let victims: Vec<Stored> = parts
            .iter()
            .flat_map(|part| pages_of(&medium, Domain::Characters, part))
            .collect();
        for (table, key, _) in victims {
            remove(&medium, table, &key);
        }
        if !versions {
            for (table, key, _) in stored(&medium, Table::Rows, "versions") {
                remove(&medium, table, &key);
            }
        }
        let keep = open(&medium);
        let found = check(&keep);
        let live = found
            .findings
            .iter()
            .find(|finding| finding.rev.is_none())
            .unwrap();
        let remedy = live.repair;
        let report = repair(&keep, found.findings.clone());
        assert!(
            report
                .items
                .iter()
                .all(|item| item.outcome == Outcome::Repaired),
            "{report:?}"
        );
        let name = items(&keep, Domain::Characters)
            .first()
            .map(|_| name(&medium, &keep));
        (remedy, name, keep)
    };
    let (remedy, name, keep) = lose(&["thumbnail"], true);
    assert_eq!(
        (remedy, name.as_deref()),
        (Remedy::Salvage, Some("Renamed"))
    );
    assert_eq!(
        now(keep.characters().thumbnail(&id(&keep, Domain::Characters))).unwrap(),
        None
    );

    let (remedy, name, keep) = lose(&["file"], true);
    assert_eq!(
        (remedy, name.as_deref()),
        (Remedy::Salvage, Some("Renamed"))
    );
    let file = now(keep.export(Domain::Characters, &id(&keep, Domain::Characters))).unwrap();
    assert_eq!(file.media_type, "application/json");
    assert!(String::from_utf8(file.bytes).unwrap().contains("Renamed"));

    let (remedy, name, _) = lose(&["document"], true);
    assert_eq!(remedy, Remedy::Version);
    assert!(name.is_some_and(|name| name != "Renamed"));

    let (remedy, name, keep) = lose(&["document"], false);
    assert_eq!(remedy, Remedy::Salvage);
    assert!(name.is_some_and(|name| name != "Renamed"));
    assert!(now(keep.export(Domain::Characters, &id(&keep, Domain::Characters))).is_ok());

    let (remedy, name, keep) = lose(&["document", "file"], false);
    assert_eq!((remedy, name), (Remedy::Quarantine, None));
    assert_eq!(
        now(keep.quarantine().list()).unwrap()[0]["domain"],
        "characters"
    );
}

#[test]
fn a_scheduled_edit_that_cannot_be_read_goes_to_quarantine() {
    let medium = filled();
    let key = journal_key(7, "somebody");
    write(
        &medium,
        (
            Table::Journal,
            key.clone(),
            Value::bytes(b"rotten".to_vec()),
        ),
    );
    let keep = open(&medium);
    let found = quick(&keep);
    assert_eq!(codes(&found), [(Flaw::RottenEdit, Remedy::Quarantine)]);
    repair(&keep, found.findings.clone());
    assert_eq!(quick(&keep).findings, []);
    let item = now(keep.quarantine().list()).unwrap()[0].clone();
    assert_eq!(item["domain"], "journal");
    let kept = now(keep.quarantine().bytes(item["id"].as_str().unwrap())).unwrap();
    assert_eq!(kept, b"rotten");
    assert_eq!(
        repair(&keep, found.findings).items[0].outcome,
        Outcome::Sound
    );
}

#[test]
fn saves_that_the_second_copy_lacks_are_found_and_copied() {
    let browser = Browser::default();
    fill(&browser.open());
    let (table, key, mut value) = stored(&browser.medium, Table::Rows, "worlds").remove(0);
    let frame = cardkeep::codec::read_frame(&value.bytes).unwrap();
    let mut fields = frame.value;
    fields["rev"] = 2.into();
    value.bytes = cardkeep::codec::write_frame(&fields);
    value.rev = 2;
    write(&browser.medium, (table, key, value));
    let keep = browser.open();
    let found = check(&keep);
    assert_eq!(codes(&found), [(Flaw::UncopiedRecords, Remedy::Copy)]);
    let report = repair(&keep, found.findings);
    assert_eq!(report.items[0].outcome, Outcome::Repaired);
    assert_eq!(check(&keep).findings, []);
    let want = contents(&keep);
    browser.lose(|_, _| true);
    assert_eq!(contents(&browser.open()), want);
}

#[test]
fn what_was_quarantined_can_be_looked_at_put_back_and_deleted() {
    let medium = filled();
    let sound = stored(&medium, Table::Rows, "worlds").remove(0);
    let pages = pages_of(&medium, Domain::Worlds, "document");
    remove(&medium, Table::Pages, &pages[0].1);
    let keep = open(&medium);
    repair(&keep, check(&keep).findings);
    assert_eq!(items(&keep, Domain::Worlds).len(), 0);
    let list = now(keep.quarantine().list()).unwrap();
    let item = list[0].clone();
    assert_eq!(item["domain"], "worlds");
    assert_eq!(item["code"], "corrupt");
    let (quarantine, id) = (keep.quarantine(), item["id"].as_str().unwrap());
    assert_eq!(now(quarantine.bytes(id)).unwrap(), sound.2.bytes);
    assert_eq!(now(quarantine.export(id)).unwrap().bytes, sound.2.bytes);
    assert_eq!(now(quarantine.retry(id)).unwrap_err().kind(), Kind::Corrupt);
    assert_eq!(now(quarantine.list()).unwrap(), list);
    write(&medium, pages[0].clone());
    now(quarantine.retry(id)).unwrap();
    assert_eq!(items(&keep, Domain::Worlds)[0]["rev"], 2);
    assert_eq!(now(quarantine.list()).unwrap(), json!([]));
    assert_eq!(check(&keep).findings, []);
    assert_eq!(
        now(quarantine.retry(id)).unwrap_err().kind(),
        Kind::NotFound
    );

    rot(&medium, &stored(&medium, Table::Rows, "worlds")[0]);
    repair(&keep, check(&keep).findings);
    let id = now(quarantine.list()).unwrap()[0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    now(quarantine.delete(&id)).unwrap();
    assert_eq!(now(quarantine.list()).unwrap(), json!([]));
    assert_eq!(
        now(quarantine.delete(&id)).unwrap_err().kind(),
        Kind::NotFound
    );
}

#[test]
fn nothing_is_put_back_over_what_stands_there_by_now() {
    let medium = filled();
    rot(&medium, &stored(&medium, Table::Rows, "characters")[0]);
    let keep = open(&medium);
    repair(&keep, check(&keep).findings);
    let item = now(keep.quarantine().list()).unwrap()[0].clone();
    let before = medium.dump();
    let refused = now(keep.quarantine().retry(item["id"].as_str().unwrap())).unwrap_err();
    assert!(matches!(refused.kind(), Kind::Corrupt | Kind::Conflict));
    assert_eq!(medium.dump(), before);
    let card = std::fs::read("tests/fixtures/cards/46_ext_asset_chunks.png").unwrap();
    now(keep.characters().import(&card, &Limits::default())).unwrap();
}

#[test]
fn newer_data_is_checked_and_not_repaired() {
    let medium = filled();
    let mut meta = medium
        .dump()
        .into_iter()
        .find(|(_, key, _)| *key == Key::meta("keep"))
        .unwrap();
    let mut keep: Json = serde_json::from_slice(&meta.2.bytes).unwrap();
    keep["schema"] = 9_000.into();
    meta.2.bytes = keep.to_string().into_bytes();
    write(&medium, meta);
    let keep = open(&medium);
    let before = medium.dump();
    assert_eq!(check(&keep).findings, []);
    let refused = keep
        .repair(Vec::new(), RepairOptions::default())
        .err()
        .unwrap();
    assert_eq!(refused.kind(), Kind::ReadOnly);
    assert_eq!(medium.dump(), before);
}
