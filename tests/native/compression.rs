//! What is stored compressed, what is not, and that both are read.

use crate::store::open;
use crate::turn::now;
use cardkeep::codec;
use cardkeep::error::Kind;
use cardkeep::keep::Keep;
use cardkeep::store::*;
use serde_json::json;
use std::rc::Rc;

/// The content of the frozen page.
fn chat_text() -> Vec<u8> {
    let line = |n: u32| format!("{{\"name\":\"Zoë\",\"mes\":\"message {n} of a long evening\"}}\n");
    (0..800).map(line).collect::<String>().into_bytes()
}

fn store(store: &Store, id: &str, bytes: &[u8]) -> codec::Part {
    let mut change = Change::new();
    let mut record = Record::new("notes", id, 1);
    let part = change.add_part(bytes);
    record.parts.insert("text".into(), part.clone());
    change.write(record, History::Skip).verify();
    now(store.commit(change)).expect("it is stored");
    part
}

/// Bytes that a part takes on disk, and the forms of its pages.
fn pages(medium: &MemoryMedium, part: &codec::Part) -> (usize, Vec<u8>) {
    let pages = medium.dump().into_iter().filter(|(table, key, _)| {
        *table == Table::Pages && key.text(0) == "part" && key.text(1) == part.hash
    });
    let pages: Vec<Vec<u8>> = pages.map(|(_, _, value)| value.bytes).collect();
    let forms = pages.iter().map(|page| page[4]).collect();
    (pages.iter().map(Vec::len).sum(), forms)
}

#[test]
fn a_long_text_is_stored_compressed_and_reads_back() {
    let medium = MemoryMedium::new();
    let text = chat_text().repeat(4);
    let part = store(&open(&medium), "long", &text);
    let (bytes, forms) = pages(&medium, &part);
    assert_eq!(forms, vec![1; part.pages() as usize]);
    assert!(forms.len() > 2 && bytes < text.len() / 4, "{bytes}");
    assert_eq!(now(open(&medium).part(&part)).unwrap(), text);
}

#[test]
fn what_is_short_or_compressed_already_is_stored_as_it_is() {
    let medium = MemoryMedium::new();
    let short = &chat_text()[..16_000];
    let picture = [&b"\x89PNG\r\n\x1a\n"[..], &chat_text()].concat();
    for (id, bytes) in [("short", short), ("picture", &picture)] {
        let part = store(&open(&medium), id, bytes);
        assert_eq!(pages(&medium, &part).1, [0], "{id}");
        assert_eq!(now(open(&medium).part(&part)).unwrap(), bytes);
    }
}

#[test]
fn the_setting_counts_from_the_next_write_on_and_hides_nothing_that_is_stored() {
    let medium = MemoryMedium::new();
    let keep = || {
        let opened = Keep::open(
            Rc::new(medium.clone()),
            crate::store::clock(),
            Rc::new(|_, _| {}),
        );
        now(opened).expect("the keep opens")
    };
    let world = |name: &str| {
        let text = format!(
            r#"{{"current_position":"0,0,0","note":"{}","metadata":{{"name":"{name}"}}}}"#,
            "all work and no play ".repeat(1_000)
        );
        let done = now(keep().worlds().import(text.as_bytes(), &Default::default())).unwrap();
        let id = done["entry"]["id"].as_str().unwrap().to_owned();
        let record = now(open(&medium).get("worlds", &id)).unwrap().unwrap();
        record.part("document").unwrap().clone()
    };
    let on = world("on");
    now(keep().settings().patch(&json!({ "compress": false }))).unwrap();
    let off = world("off");
    assert_eq!(
        (pages(&medium, &on).1, pages(&medium, &off).1),
        (vec![1], vec![0])
    );
    for part in [on, off] {
        let text = now(open(&medium).part(&part)).unwrap();
        assert_eq!(codec::hash(&text), part.hash);
    }
}

#[test]
fn a_rotten_compressed_page_is_corrupt() {
    let medium = MemoryMedium::new();
    let part = store(&open(&medium), "rotten", &chat_text());
    let key = Key::page("part", &part.hash, 0);
    let page = medium
        .dump()
        .into_iter()
        .find(|(_, found, _)| *found == key);
    let mut value = page.expect("the page is there").2;
    value.bytes[100] ^= 4;
    medium.plant(Table::Pages, key, value);
    let refused = now(open(&medium).part(&part)).unwrap_err();
    assert_eq!(refused.kind(), Kind::Corrupt);
}

#[test]
fn a_page_that_an_earlier_version_compressed_is_read_for_ever() {
    let hex = include_str!("../fixtures/pages/form-1.hex")
        .trim()
        .as_bytes();
    let digit = |c: u8| (c as char).to_digit(16).expect("a hexadecimal digit") as u8;
    let page: Vec<u8> = hex
        .chunks(2)
        .map(|pair| digit(pair[0]) << 4 | digit(pair[1]))
        .collect();
    assert_eq!(page[4], 1);
    assert!(page.len() < 20_000);
    assert_eq!(*codec::read_page(&page).unwrap(), chat_text()[..]);
}
