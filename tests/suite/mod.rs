//! The promises of a medium, as tests that every medium passes.
//!
//! Taken in by the native binary over the memory medium and by the browser binary
//! over IndexedDB. Each test gets an empty medium.

#![allow(dead_code)]

use cardkeep::error::Kind;
use cardkeep::store::{Burst, Check, Gate, Key, KeyPart, Medium, Put, Scan, Table, Value, both};

fn put(table: Table, key: Key, rev: u64, by: &[&str], bytes: &[u8]) -> Put {
    let by = by.iter().map(|key| (*key).to_owned()).collect();
    Put {
        table,
        key,
        value: Value {
            rev,
            by,
            bytes: bytes.to_vec(),
        },
    }
}

fn row(id: &str, rev: u64, by: &[&str]) -> Put {
    put(Table::Rows, Key::row("cards", id), rev, by, id.as_bytes())
}

async fn write(medium: &dyn Medium, puts: Vec<Put>) {
    medium
        .write(&Burst {
            puts,
            ..Burst::default()
        })
        .await
        .expect("a plain burst is written");
}

async fn ids(medium: &dyn Medium, scan: Scan) -> Vec<String> {
    let rows = medium.scan(scan).await.expect("a scan answers");
    rows.iter().map(|(key, _)| key.text(1).to_owned()).collect()
}

fn cards() -> Scan {
    Scan::of(Table::Rows, [KeyPart::from("cards")])
}

/// Hands the names of all promises to a macro, which makes a test of each.
#[macro_export]
macro_rules! each_medium_promise {
    ($make_test:ident) => {
        $make_test! {
            what_is_written_is_read_back_with_its_revision_and_keys
            an_absent_key_is_none_and_not_an_error
            every_table_keeps_its_own_values
            a_scan_gives_the_prefix_in_key_order_and_nothing_else
            a_scan_goes_on_behind_a_key_and_stops_at_its_limit
            a_moment_has_all_of_its_ranges_and_of_what_is_known_only_the_key
            numbers_sort_before_texts_and_by_value
            find_gives_the_rows_that_carry_the_key
            a_replaced_row_loses_its_old_index_keys
            a_failed_revision_check_leaves_everything_as_it_was
            a_failed_sameness_check_leaves_everything_as_it_was
            of_two_writers_with_one_base_the_second_is_told
            deletes_come_after_puts_and_missing_keys_are_no_error
            a_burst_behind_a_gate_counts_when_it_opens_and_holds_nobody_up
            what_is_refused_stays_refused_behind_a_gate
            any_bytes_survive
            a_closed_medium_says_so
        }
    };
}

pub async fn what_is_written_is_read_back_with_its_revision_and_keys(medium: &dyn Medium) {
    let written = row("a", 7, &["cards/tag/cat", "cards/tag/dog"]);
    write(medium, vec![written.clone()]).await;
    let found = medium
        .read(Table::Rows, &[Key::row("cards", "a")])
        .await
        .unwrap();
    assert_eq!(found, [Some(written.value)]);
}

pub async fn an_absent_key_is_none_and_not_an_error(medium: &dyn Medium) {
    write(medium, vec![row("a", 1, &[])]).await;
    let keys = [
        Key::row("cards", "nobody"),
        Key::row("cards", "a"),
        Key::row("worlds", "a"),
    ];
    let found = medium.read(Table::Rows, &keys).await.unwrap();
    assert_eq!(
        found.iter().map(Option::is_some).collect::<Vec<_>>(),
        [false, true, false]
    );
    assert!(medium.find("nothing").await.unwrap().is_empty());
}

pub async fn every_table_keeps_its_own_values(medium: &dyn Medium) {
    let key = |table| {
        if table == Table::Rows {
            Key::row("x", "x")
        } else {
            Key(vec!["x".into(), "x".into()])
        }
    };
    write(
        medium,
        Table::ALL
            .map(|table| put(table, key(table), 0, &[], table.name().as_bytes()))
            .to_vec(),
    )
    .await;
    for table in Table::ALL {
        let found = medium.scan(Scan::of(table, [])).await.unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].1.bytes, table.name().as_bytes());
    }
}

pub async fn a_scan_gives_the_prefix_in_key_order_and_nothing_else(medium: &dyn Medium) {
    let other = |domain: &str| put(Table::Rows, Key::row(domain, "z"), 1, &[], b"");
    write(
        medium,
        vec![
            row("b", 1, &[]),
            other("card"),
            row("a", 1, &[]),
            other("cardsx"),
            row("é", 1, &[]),
        ],
    )
    .await;
    assert_eq!(ids(medium, cards()).await, ["a", "b", "é"]);
    assert_eq!(
        medium.scan(Scan::of(Table::Rows, [])).await.unwrap().len(),
        5
    );
}

pub async fn a_scan_goes_on_behind_a_key_and_stops_at_its_limit(medium: &dyn Medium) {
    write(
        medium,
        (0..10).map(|n| row(&format!("{n}"), 1, &[])).collect(),
    )
    .await;
    assert_eq!(ids(medium, cards().chunk(None, 3)).await, ["0", "1", "2"]);
    assert_eq!(
        ids(medium, cards().chunk(Some(Key::row("cards", "2")), 3)).await,
        ["3", "4", "5"]
    );
    assert_eq!(
        ids(medium, cards().chunk(Some(Key::row("cards", "8")), 3)).await,
        ["9"]
    );
    assert!(
        ids(medium, cards().chunk(Some(Key::row("cards", "9")), 3))
            .await
            .is_empty()
    );
}

pub async fn a_moment_has_all_of_its_ranges_and_of_what_is_known_only_the_key(medium: &dyn Medium) {
    let rows = (0..450).map(|n| row(&format!("{n:03}"), n + 1, &[]));
    let pages = ["part", "tail"].map(|kind| {
        let key = Key::page(kind, "owner", 1);
        put(Table::Pages, key, 0, &[], kind.as_bytes())
    });
    let written: Vec<Put> = rows.chain(pages).collect();
    write(medium, written.clone()).await;
    let ranges = [
        Scan::of(Table::Pages, ["tail".into()]),
        cards(),
        Scan::of(Table::Journal, []),
    ];
    let is_odd = |_, _: &Key, value: &Value| value.rev % 2 == 1;
    let moment = medium.moment(&ranges, &is_odd).await.unwrap();
    let there = |put: &Put| {
        let value = (put.value.rev.is_multiple_of(2)).then(|| put.value.clone());
        (put.key.clone(), value)
    };
    let rows: Vec<_> = written[..450].iter().map(there).collect();
    assert_eq!(moment, [vec![there(&written[451])], rows, Vec::new()]);
}

pub async fn numbers_sort_before_texts_and_by_value(medium: &dyn Medium) {
    let part = |n: u64| Key::page("part", "owner", n);
    let text = Key(vec!["part".into(), "owner".into(), "text".into()]);
    let keys = [part(10), text.clone(), part(9), part(1 << 40)];
    write(
        medium,
        keys.iter()
            .map(|key| put(Table::Pages, key.clone(), 0, &[], b"p"))
            .collect(),
    )
    .await;
    let found = medium
        .scan(Scan::of(Table::Pages, ["part".into(), "owner".into()]))
        .await
        .unwrap();
    let found: Vec<Key> = found.into_iter().map(|(key, _)| key).collect();
    assert_eq!(found, [part(9), part(10), part(1 << 40), text]);
}

pub async fn find_gives_the_rows_that_carry_the_key(medium: &dyn Medium) {
    write(
        medium,
        vec![
            row("a", 1, &["k/1", "k/2"]),
            row("b", 1, &["k/2"]),
            row("c", 1, &[]),
        ],
    )
    .await;
    let found = medium.find("k/2").await.unwrap();
    assert_eq!(
        found.iter().map(|(key, _)| key.text(1)).collect::<Vec<_>>(),
        ["a", "b"]
    );
    assert_eq!(medium.find("k/").await.unwrap().len(), 0);
}

pub async fn a_replaced_row_loses_its_old_index_keys(medium: &dyn Medium) {
    write(medium, vec![row("a", 1, &["old"])]).await;
    write(medium, vec![row("a", 2, &["new"])]).await;
    assert!(medium.find("old").await.unwrap().is_empty());
    assert_eq!(medium.find("new").await.unwrap().len(), 1);
}

async fn refused(medium: &dyn Medium, check: Check, kind: Kind) {
    let before = medium.scan(Scan::of(Table::Rows, [])).await.unwrap();
    let burst = Burst {
        checks: vec![check],
        puts: vec![row("a", 9, &[]), row("new", 1, &[])],
        deletes: vec![(Table::Rows, Key::row("cards", "b"))],
        durable: false,
        verify: false,
    };
    assert_eq!(medium.write(&burst).await.unwrap_err().kind(), kind);
    assert_eq!(
        medium.scan(Scan::of(Table::Rows, [])).await.unwrap(),
        before
    );
}

pub async fn a_failed_revision_check_leaves_everything_as_it_was(medium: &dyn Medium) {
    write(medium, vec![row("a", 3, &[]), row("b", 1, &[])]).await;
    for (id, rev) in [("a", Some(2)), ("a", None), ("nobody", Some(1))] {
        refused(
            medium,
            Check::Rev {
                key: Key::row("cards", id),
                rev,
            },
            Kind::Conflict,
        )
        .await;
    }
}

pub async fn a_failed_sameness_check_leaves_everything_as_it_was(medium: &dyn Medium) {
    let meta = |bytes: &[u8]| put(Table::Meta, Key::meta("keep"), 0, &[], bytes);
    write(
        medium,
        vec![meta(b"one"), row("a", 3, &[]), row("b", 1, &[])],
    )
    .await;
    for bytes in [None, Some(b"two".to_vec())] {
        refused(
            medium,
            Check::Same {
                table: Table::Meta,
                key: Key::meta("keep"),
                bytes,
            },
            Kind::TooNew,
        )
        .await;
    }
}

pub async fn of_two_writers_with_one_base_the_second_is_told(medium: &dyn Medium) {
    write(medium, vec![row("a", 1, &[])]).await;
    let burst = |bytes: &[u8]| Burst {
        checks: vec![Check::Rev {
            key: Key::row("cards", "a"),
            rev: Some(1),
        }],
        puts: vec![put(Table::Rows, Key::row("cards", "a"), 2, &[], bytes)],
        ..Burst::default()
    };
    medium.write(&burst(b"first")).await.unwrap();
    let told = medium.write(&burst(b"second")).await.unwrap_err();
    assert_eq!(told.kind(), Kind::Conflict);
    assert_eq!(told.subject().map(|subject| subject.id.as_str()), Some("a"));
    let found = medium
        .read(Table::Rows, &[Key::row("cards", "a")])
        .await
        .unwrap();
    assert_eq!(found[0].as_ref().unwrap().bytes, b"first");
}

pub async fn deletes_come_after_puts_and_missing_keys_are_no_error(medium: &dyn Medium) {
    let gone = |id: &str| (Table::Rows, Key::row("cards", id));
    let burst = Burst {
        puts: vec![row("a", 1, &[]), row("b", 1, &[])],
        deletes: vec![gone("a"), gone("nobody")],
        ..Burst::default()
    };
    medium.write(&burst).await.unwrap();
    assert_eq!(ids(medium, cards()).await, ["b"]);
}

pub async fn a_burst_behind_a_gate_counts_when_it_opens_and_holds_nobody_up(medium: &dyn Medium) {
    let gate = Gate::default();
    let burst = Burst {
        puts: vec![row("a", 1, &[])],
        ..Burst::default()
    };
    let keys = [Key::row("cards", "a")];
    let opener = async {
        // Of another table, so that some time goes by whatever the burst does.
        for _ in 0..200 {
            medium.scan(Scan::of(Table::Journal, [])).await.unwrap();
        }
        let before = medium.read(Table::Rows, &keys).await;
        gate.open();
        before
    };
    let (before, written) = both(opener, medium.write_behind(&burst, &gate)).await;
    written.unwrap();
    assert_eq!(before.unwrap(), [None]);
    assert!(medium.read(Table::Rows, &keys).await.unwrap()[0].is_some());
}

pub async fn what_is_refused_stays_refused_behind_a_gate(medium: &dyn Medium) {
    write(medium, vec![row("a", 1, &[])]).await;
    let gate = Gate::default();
    let burst = Burst {
        checks: vec![Check::Rev {
            key: Key::row("cards", "a"),
            rev: Some(2),
        }],
        puts: vec![row("a", 3, &[])],
        ..Burst::default()
    };
    let opener = async {
        for _ in 0..20 {
            medium.scan(Scan::of(Table::Journal, [])).await.unwrap();
        }
        gate.open();
    };
    let ((), written) = both(opener, medium.write_behind(&burst, &gate)).await;
    assert_eq!(written.unwrap_err().kind(), Kind::Conflict);
    let found = medium.read(Table::Rows, &[Key::row("cards", "a")]).await;
    assert_eq!(found.unwrap()[0].as_ref().map(|row| row.rev), Some(1));
}

pub async fn any_bytes_survive(medium: &dyn Medium) {
    let all: Vec<u8> = (0..60_000_u32).map(|n| (n * 31 % 256) as u8).collect();
    for (n, bytes) in [&all[..], &[], &[0], &[255, 0, 255]]
        .into_iter()
        .enumerate()
    {
        let key = Key::page("part", "x", n as u64);
        write(medium, vec![put(Table::Pages, key.clone(), 0, &[], bytes)]).await;
        let found = medium.read(Table::Pages, &[key]).await.unwrap();
        assert_eq!(found[0].as_ref().unwrap().bytes, bytes);
    }
}

pub async fn a_closed_medium_says_so(medium: &dyn Medium) {
    medium.close();
    assert_eq!(
        medium.read(Table::Rows, &[]).await.unwrap_err().kind(),
        Kind::Closed
    );
    assert_eq!(medium.scan(cards()).await.unwrap_err().kind(), Kind::Closed);
    assert_eq!(medium.find("x").await.unwrap_err().kind(), Kind::Closed);
    assert_eq!(
        medium.write(&Burst::default()).await.unwrap_err().kind(),
        Kind::Closed
    );
}
