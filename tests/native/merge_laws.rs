//! What holds for every merge, over random documents: objects in objects, lists of items with
//! ids, plain lists, nulls, keys that need escapes. Seeds are those of `dice`.

use crate::dice::{Dice, each_seed};
use cardkeep::json::{Document, Merged, merge};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

const KEYS: [&str; 9] = ["name", "b", "", "a.b", "\"", "\u{fffd}", "é", "10", "id"];
const ITEM_KEYS: [&str; 5] = ["content", "keys", "extensions", "order", "list"];

fn leaf(dice: &mut Dice) -> Value {
    match dice.roll(9) {
        0 => Value::Null,
        1 => json!(dice.roll(2) == 0),
        2 => json!(dice.roll(3)),
        3 => json!(0.5),
        4 => json!([]),
        5 => json!({}),
        6 => json!([dice.roll(3), "x"]),
        _ => json!(format!("text {}", dice.roll(6))),
    }
}

fn item(dice: &mut Dice, name: &str, id: Value, depth: usize) -> Value {
    let mut item = Map::new();
    item.insert(name.to_owned(), id);
    for _ in 0..dice.roll(4) {
        let key = dice.pick(&ITEM_KEYS).to_owned();
        item.insert(key, value(dice, depth + 1));
    }
    item.into()
}

/// An id that nothing else in this list has.
fn fresh(dice: &mut Dice, list: &[Value], name: &str, texts: bool) -> Value {
    loop {
        let number = dice.roll(12);
        let id = match texts {
            true => json!(format!("e{number}")),
            false => json!(number),
        };
        if list.iter().all(|item| item[name] != id) {
            return id;
        }
    }
}

fn value(dice: &mut Dice, depth: usize) -> Value {
    match dice.roll(if depth > 4 { 4 } else { 8 }) {
        4..6 => {
            let keys = (0..dice.roll(5)).map(|_| dice.pick(&KEYS).to_owned());
            let keys: Vec<String> = keys.collect();
            let pairs = keys.into_iter().map(|key| (key, value(dice, depth + 1)));
            Value::Object(pairs.collect())
        }
        6..8 => {
            let (name, texts) = (dice.pick(&["id", "uid"]), dice.roll(2) == 0);
            let mut list = Vec::new();
            for _ in 0..dice.roll(5) {
                let id = fresh(dice, &list, name, texts);
                list.push(item(dice, name, id, depth));
            }
            list.into()
        }
        _ => leaf(dice),
    }
}

/// Which of the two names the items of a list have, when they have one.
fn id_name(list: &[Value]) -> Option<&'static str> {
    let name = ["id", "uid"].into_iter().find(|name| {
        list.iter()
            .all(|item| item[*name].is_string() || item[*name].is_number())
    });
    name.filter(|_| !list.is_empty())
}

/// Somebody's changes: a member or an item comes, goes, moves, or is another.
fn change(dice: &mut Dice, old: &mut Value, depth: usize) {
    if dice.roll(8) == 0 {
        *old = value(dice, depth);
        return;
    }
    match old {
        Value::Object(members) => {
            let keys: Vec<String> = members.keys().cloned().collect();
            match (dice.roll(5), keys.is_empty()) {
                (0, _) | (_, true) => {
                    let key = dice.pick(&KEYS).to_owned();
                    members.insert(key, value(dice, depth + 1));
                }
                (1, false) => drop(members.remove(&keys[dice.roll(keys.len())])),
                _ => {
                    let key = &keys[dice.roll(keys.len())];
                    change(dice, &mut members[key], depth + 1);
                }
            }
        }
        Value::Array(list) if id_name(list).is_some() => {
            let name = id_name(list).unwrap();
            let at = dice.roll(list.len());
            match dice.roll(6) {
                0 => {
                    let id = fresh(dice, list, name, list[0][name].is_string());
                    let item = item(dice, name, id, depth);
                    list.insert(at, item);
                }
                1 => drop(list.remove(at)),
                2 => {
                    let moved = list.remove(at);
                    list.insert(dice.roll(list.len() + 1), moved);
                }
                _ => {
                    let id = list[at][name].clone();
                    change(dice, &mut list[at], depth + 1);
                    if let Value::Object(members) = &mut list[at] {
                        members.insert(name.to_owned(), id);
                    }
                }
            }
        }
        Value::Array(list) => {
            let at = dice.roll(list.len() + 1);
            list.insert(at, leaf(dice));
        }
        _ => *old = leaf(dice),
    }
}

fn changed(dice: &mut Dice, base: &Value) -> Value {
    let mut made = base.clone();
    for _ in 0..dice.roll(5) {
        change(dice, &mut made, 0);
    }
    made
}

fn read(value: &Value) -> Document {
    Document::parse(&value.to_string()).unwrap()
}

fn merged(base: Option<&Value>, mine: &Value, theirs: &Value) -> (Value, Merged) {
    let found = merge(base.map(read).as_ref(), &read(mine), &read(theirs));
    let value = serde_json::from_str(&found.merged).expect("it is JSON");
    (value, found)
}

/// Without the order of items that have ids, which one side alone decides.
fn unordered(value: &Value) -> Value {
    match value {
        Value::Array(list) => {
            let mut list: Vec<Value> = list.iter().map(unordered).collect();
            if let Some(name) = id_name(&list) {
                list.sort_by_key(|item| item[name].to_string());
            }
            list.into()
        }
        Value::Object(members) => {
            let members = members.iter();
            let members = members.map(|(key, value)| (key.clone(), unordered(value)));
            members
                .collect::<BTreeMap<_, _>>()
                .into_iter()
                .collect::<Map<_, _>>()
                .into()
        }
        other => other.clone(),
    }
}

/// The reference: what becomes of a value of three sides, clashes counted.
fn reference(
    base: Option<&Value>,
    mine: Option<&Value>,
    theirs: Option<&Value>,
    clashes: &mut usize,
) -> Option<Value> {
    if mine == theirs || base == theirs {
        return mine.cloned();
    }
    if base == mine {
        return theirs.cloned();
    }
    match (mine, theirs) {
        (Some(Value::Object(ours)), Some(Value::Object(others))) => {
            let none = Map::new();
            let bases = base.and_then(Value::as_object).unwrap_or(&none);
            let mut out = Map::new();
            let keys = bases.keys().chain(ours.keys()).chain(others.keys());
            let keys: std::collections::BTreeSet<&String> = keys.collect();
            for key in keys {
                let sides = (bases.get(key), ours.get(key), others.get(key));
                if let Some(value) = reference(sides.0, sides.1, sides.2, clashes) {
                    out.insert(key.clone(), value);
                }
            }
            return Some(out.into());
        }
        (Some(Value::Array(ours)), Some(Value::Array(others))) => {
            let none = Vec::new();
            let bases = base.and_then(Value::as_array).unwrap_or(&none);
            let named = |name: &&str| {
                [bases, ours, others].into_iter().all(|list| {
                    let mut seen = std::collections::HashSet::new();
                    list.iter().all(|item| {
                        (item[*name].is_string() || item[*name].is_number())
                            && seen.insert(item[*name].to_string())
                    })
                })
            };
            if let Some(name) = ["id", "uid"].into_iter().find(named) {
                let of = |list: &[Value]| -> BTreeMap<String, Value> {
                    let items = list.iter();
                    items
                        .map(|item| (item[name].to_string(), item.clone()))
                        .collect()
                };
                let (bases, ours, others) = (of(bases), of(ours), of(others));
                let ids = bases.keys().chain(ours.keys()).chain(others.keys());
                let ids: std::collections::BTreeSet<&String> = ids.collect();
                let of_id = |id: &&String| {
                    let sides = (bases.get(*id), ours.get(*id), others.get(*id));
                    reference(sides.0, sides.1, sides.2, clashes)
                };
                let items: Vec<&String> = ids.into_iter().collect();
                return Some(items.iter().filter_map(of_id).collect());
            }
        }
        _ => {}
    }
    *clashes += 1;
    mine.or(theirs).cloned()
}

/// The order in which the items of one list that are in the other too stand there.
fn common(list: &[Value], other: &[Value]) -> Vec<String> {
    let id = |item: &Value| format!("{} {}", item["id"], item["uid"]);
    let others: Vec<String> = other.iter().map(id).collect();
    list.iter()
        .map(id)
        .filter(|id| others.contains(id))
        .collect()
}

fn laws(seed: u64) -> Result<(), String> {
    let mut dice = Dice::new(seed);
    for _ in 0..200 {
        let base = value(&mut dice, 0);
        let (mine, theirs) = (changed(&mut dice, &base), changed(&mut dice, &base));
        let told = |law: &str, found: &dyn std::fmt::Debug| {
            Err(format!(
                "{law}\n  base {base}\n  mine {mine}\n  theirs {theirs}\n  {found:?}"
            ))
        };
        for (law, of, want) in [
            ("theirs alone changed", (&base, &base, &theirs), &theirs),
            ("mine alone changed", (&base, &mine, &base), &mine),
            ("both changed alike", (&base, &mine, &mine), &mine),
        ] {
            let (value, found) = merged(Some(of.0), of.1, of.2);
            if value != *want || !found.conflicts.is_empty() {
                return told(law, &found);
            }
        }
        let (value, found) = merged(Some(&base), &mine, &theirs);
        let (other, swapped) = merged(Some(&base), &theirs, &mine);
        let mut clashes = 0;
        let want = reference(Some(&base), Some(&mine), Some(&theirs), &mut clashes).unwrap();
        if unordered(&value) != unordered(&want) || found.conflicts.len() != clashes {
            return told(&format!("it is {want} with {clashes} clashes"), &found);
        }
        let sides = |found: &Merged, swap: bool| {
            let sides = found.conflicts.iter().map(|clash| {
                let (one, two) = (clash.mine.clone(), clash.theirs.clone());
                let (one, two) = if swap { (two, one) } else { (one, two) };
                (clash.path.clone(), clash.base.clone(), one, two)
            });
            let mut sides: Vec<_> = sides.collect();
            sides.sort();
            sides
        };
        if sides(&found, false) != sides(&swapped, true) {
            return told(
                "the clashes are the same from both sides",
                &(found, swapped),
            );
        }
        if clashes == 0 && unordered(&value) != unordered(&other) {
            return told("without a clash the sides are alike", &(found, swapped));
        }
        // Taken in again it changes nothing.
        let (again, _) = merged(Some(&theirs), &value, &theirs);
        if again != value {
            return told("merged with theirs again it is the same", &found);
        }
        // A list keeps the order of one side among what that side has.
        if let (Value::Array(list), Value::Array(ours), Value::Array(others)) =
            (&value, &mine, &theirs)
        {
            let follows = |side: &[Value]| common(list, side) == common(side, list);
            if id_name(list).is_some() && !follows(ours) && !follows(others) {
                return told("the order is one side's", &found);
            }
        }
        // Without a base nothing goes.
        let (value, found) = merged(None, &mine, &theirs);
        let mut clashes = 0;
        let want = reference(None, Some(&mine), Some(&theirs), &mut clashes).unwrap();
        if unordered(&value) != unordered(&want) || found.conflicts.len() != clashes {
            return told(&format!("without a base it is {want}"), &found);
        }
        // And a document that is made to say it, says it.
        let wanted = Document::parse(&found.merged).unwrap();
        let made = read(&theirs).amend(&[], wanted.root()).unwrap();
        if !made.root().same(wanted.root()) {
            return told("amended it says what was merged", &(found, made.bytes()));
        }
    }
    Ok(())
}

#[test]
fn every_merge_keeps_what_either_side_changed_and_invents_nothing() {
    each_seed(20, laws);
}

/// Two lone surrogates both read as U+FFFD: such keys are different ones all the same.
#[test]
fn keys_that_cannot_be_told_apart_as_text_stay_apart() {
    let base = Document::parse(r#"{"\ud800":1,"\ud801":2,"x":3}"#).unwrap();
    let mine = Document::parse(r#"{"\ud800":1,"\ud801":2,"x":4}"#).unwrap();
    let theirs = Document::parse(r#"{"\ud800":1,"\ud801":2,"x":3,"y":5}"#).unwrap();
    let found = merge(Some(&base), &mine, &theirs);
    assert_eq!(found.merged, r#"{"\ud800":1,"\ud801":2,"x":4}"#);
    assert_eq!(found.conflicts.len(), 1);
    assert_eq!(found.conflicts[0].path, "");
}
