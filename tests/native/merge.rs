//! What a merge of two changes promises.

use cardkeep::json::{Document, Merged, merge};
use serde_json::{Value, json};

fn merged(base: Option<Value>, mine: Value, theirs: Value) -> Merged {
    let read = |value: Value| Document::parse(&value.to_string()).unwrap();
    merge(base.map(read).as_ref(), &read(mine), &read(theirs))
}

fn clean(base: Value, mine: Value, theirs: Value) -> String {
    let found = merged(Some(base), mine, theirs);
    assert_eq!(found.conflicts, []);
    found.merged
}

fn paths(found: &Merged) -> Vec<&str> {
    found.conflicts.iter().map(|clash| &*clash.path).collect()
}

#[test]
fn what_one_side_changed_is_taken() {
    let base = json!({ "a": 1, "b": { "c": [1], "d": "x" }, "e": null });
    let mine = json!({ "a": 2, "b": { "c": [1], "d": "x" }, "e": null, "f": 1 });
    let theirs = json!({ "a": 1, "b": { "c": [1, 2] }, "e": null });
    assert_eq!(
        clean(base, mine, theirs),
        r#"{"a":2,"b":{"c":[1,2]},"e":null,"f":1}"#
    );
}

#[test]
fn what_both_changed_alike_is_no_conflict() {
    let side = json!({ "a": 2.0, "list": [{ "x": 1 }] });
    let base = json!({ "a": 1, "list": [] });
    assert_eq!(
        clean(base, side.clone(), side),
        r#"{"a":2.0,"list":[{"x":1}]}"#
    );
}

#[test]
fn where_both_differ_mine_stands_and_the_three_sides_are_told() {
    let found = merged(
        Some(json!({ "name": "A", "x": { "n": 1 } })),
        json!({ "name": "B", "x": { "n": 2 } }),
        json!({ "name": "C", "x": { "n": 3 } }),
    );
    assert_eq!(found.merged, r#"{"name":"B","x":{"n":2}}"#);
    assert_eq!(paths(&found), ["name", "x.n"]);
    let clash = &found.conflicts[0];
    let sides = [&clash.base, &clash.mine, &clash.theirs];
    assert_eq!(
        sides.map(|side| side.as_deref().unwrap()),
        [r#""A""#, r#""B""#, r#""C""#]
    );
}

#[test]
fn a_change_wins_over_a_removal_and_both_are_told() {
    let base = json!({ "note": "old" });
    for (mine, theirs) in [
        (json!({}), json!({ "note": "new" })),
        (json!({ "note": "new" }), json!({})),
    ] {
        let found = merged(Some(base.clone()), mine, theirs);
        assert_eq!(found.merged, r#"{"note":"new"}"#);
        assert_eq!(paths(&found), ["note"]);
    }
}

#[test]
fn lists_of_items_with_ids_are_merged_item_by_item() {
    let item = |id: u64, text: &str| json!({ "uid": id, "text": text });
    let base = json!({ "entries": [item(1, "a"), item(2, "b"), item(3, "c")] });
    let mine = json!({ "entries": [item(1, "A"), item(2, "b"), item(3, "c"), item(9, "mine")] });
    let theirs = json!({ "entries": [item(8, "theirs"), item(1, "a"), item(3, "C")] });
    let got: Value = serde_json::from_str(&clean(base, mine, theirs)).unwrap();
    assert_eq!(
        got["entries"],
        json!([
            item(8, "theirs"),
            item(1, "A"),
            item(3, "C"),
            item(9, "mine")
        ])
    );
}

#[test]
fn an_item_that_both_changed_is_named_by_its_id() {
    let list = |text: &str| json!([{ "id": "x", "text": text }, { "id": "y", "text": "" }]);
    let found = merged(Some(list("a")), list("b"), list("c"));
    assert_eq!(paths(&found), [r#"[id="x"].text"#]);
}

#[test]
fn the_order_of_the_side_that_moved_items_stays() {
    let list =
        |ids: &[u64]| Value::from(ids.iter().map(|id| json!({ "id": id })).collect::<Vec<_>>());
    assert_eq!(
        clean(list(&[1, 2, 3]), list(&[3, 1, 2]), list(&[1, 2, 3, 4])),
        list(&[3, 4, 1, 2]).to_string()
    );
}

#[test]
fn lists_of_plain_values_are_one_value() {
    let found = merged(Some(json!(["a"])), json!(["a", "b"]), json!(["a", "c"]));
    assert_eq!((&*found.merged, paths(&found)), (r#"["a","b"]"#, vec![""]));
}

#[test]
fn without_a_base_what_one_side_has_alone_is_taken() {
    let found = merged(None, json!({ "a": 1, "b": 1 }), json!({ "b": 2, "c": 3 }));
    assert_eq!(found.merged, r#"{"a":1,"b":1,"c":3}"#);
    assert_eq!(paths(&found), ["b"]);
}

#[test]
fn items_without_ids_of_their_own_are_one_value() {
    let twice = json!([{ "id": 1, "t": "a" }, { "id": 1, "t": "b" }]);
    let found = merged(
        Some(json!([])),
        twice.clone(),
        json!([{ "id": 1, "t": "c" }]),
    );
    assert_eq!(found.merged, twice.to_string());
    assert_eq!(paths(&found), [""]);
}

#[test]
fn a_long_list_is_merged_in_reasonable_time() {
    let list = |from: u64, to: u64| {
        let items = (from..to).map(|id| json!({ "id": id, "text": "x" }));
        Value::from(items.collect::<Vec<_>>())
    };
    let found: Value =
        serde_json::from_str(&clean(list(5000, 5001), list(0, 5001), list(5000, 10_000))).unwrap();
    assert_eq!(found.as_array().unwrap().len(), 10_000);
}
