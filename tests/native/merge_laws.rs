//! What holds for every merge, over random documents: objects in objects, lists of items with
//! ids, plain lists, nulls, keys that need escapes; and over worlds, lorebooks, campaigns and
//! playthroughs that two pages of a keep change at once. Seeds are those of `dice`.

use crate::dice::{Dice, each_seed};
use crate::disk::Disk;
use crate::interleaved::open;
use crate::turn::settled;
use cardkeep::error::Error;
use cardkeep::json::{Document, Merged, merge};
use cardkeep::keep::{Domain, Given, Keep, PutDocument};
use cardkeep::store::Write;
use serde_json::{Map, Value, json};
use std::cell::Cell;
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

/// Documents as callers have them, and where items stand in them that two sides may change.
struct Kept {
    domain: Domain,
    /// What `get` calls the document.
    shown: &'static str,
    id: &'static str,
    maps: &'static [&'static str],
}

const KEPT: [Kept; 4] = [
    Kept {
        domain: Domain::Worlds,
        shown: "state",
        id: "w",
        maps: &["locations", "player", "metadata"],
    },
    Kept {
        domain: Domain::Lorebooks,
        shown: "book",
        id: "l",
        maps: &["entries"],
    },
    Kept {
        domain: Domain::Campaigns,
        shown: "scope",
        id: "g/c",
        maps: &["characters", "npcs", "campaign"],
    },
    Kept {
        domain: Domain::Playthroughs,
        shown: "run",
        id: "r",
        maps: &["player", "events", "places"],
    },
];

fn text(dice: &mut Dice) -> Value {
    let text = dice.pick(&["", "a", "Ä \"b\"", "c\n", "\u{fffd}"]);
    json!(format!("{text}{}", dice.roll(4)))
}

/// A field of an item, and what it may be there.
fn field(dice: &mut Dice, domain: Domain, map: &str) -> (String, Value) {
    let (name, value) = match (domain, map) {
        (Domain::Lorebooks, _) => match dice.roll(6) {
            0 => ("keys", json!([text(dice), "x"])),
            1 => ("enabled", json!(dice.roll(2) == 0)),
            2 => ("insertionOrder", json!(dice.roll(200))),
            3 => ("comment", text(dice)),
            4 => ("probability", json!(dice.roll(100))),
            _ => ("content", text(dice)),
        },
        (_, "player") => match dice.roll(2) {
            0 => ("level", json!(dice.roll(9))),
            _ => ("own", value(dice, 3)),
        },
        (_, "locations" | "characters" | "npcs") => match dice.roll(4) {
            0 => ("name", text(dice)),
            1 => ("description", text(dice)),
            2 => ("own", value(dice, 3)),
            _ => ("other", value(dice, 3)),
        },
        _ => match dice.roll(3) {
            0 => ("name", text(dice)),
            _ => (dice.pick(&["own", "other"]), value(dice, 3)),
        },
    };
    (name.to_owned(), value)
}

fn begin(dice: &mut Dice, of: &Kept) -> Value {
    let mut base = match of.domain {
        Domain::Worlds => {
            // Some are so large that they are kept in pieces.
            let places = if dice.roll(3) == 0 { 300 } else { 4 };
            let place = |n| {
                let about = "far away ".repeat(20);
                let place = json!({ "location_id": format!("l{n}"), "name": "Place",
                    "description": about, "own": { "n": n } });
                (format!("{n},0,0"), place)
            };
            let places: Map<String, Value> = (0..places).map(place).collect();
            json!({ "metadata": { "name": "Isle" }, "current_position": "0,0,0",
                "locations": places, "player": { "level": 1 }, "own": 1.5 })
        }
        Domain::Lorebooks => {
            let entries: Vec<Value> = (0..3)
                .map(|n| json!({ "id": n, "keys": ["k"], "content": format!("text {n}") }))
                .collect();
            json!({ "name": "Sea", "entries": entries })
        }
        Domain::Campaigns => json!({ "guild_id": "g", "channel_id": "c",
            "campaign": { "name": "Cave", "players": ["1"] },
            "characters": { "1": { "name": "Ann" } }, "npcs": { "n": { "name": "Smith" } } }),
        _ => json!({ "name": "Run", "world": "w", "position": "0,0,0", "player": { "level": 1 } }),
    };
    for _ in 0..dice.roll(4) {
        somebody_changes(dice, of, &mut base);
    }
    base
}

/// A field of an item is another, or an item comes or goes.
fn somebody_changes(dice: &mut Dice, of: &Kept, document: &mut Value) {
    let map = dice.pick(of.maps);
    let (name, value) = field(dice, of.domain, map);
    match &mut document[map] {
        Value::Array(list) => match (dice.roll(6), list.len()) {
            (0, _) | (_, 0) => {
                let id = fresh(dice, list, "id", false);
                list.push(json!({ "id": id, "keys": ["new"], "content": "new" }));
            }
            (1, len) => drop(list.remove(dice.roll(len))),
            (2, len) => {
                let moved = list.remove(dice.roll(len));
                list.insert(dice.roll(len), moved);
            }
            (_, len) => list[dice.roll(len)][name] = value,
        },
        Value::Object(items) if ["locations", "characters", "npcs"].contains(&map) => {
            let keys: Vec<String> = items.keys().cloned().collect();
            match (dice.roll(5), keys.is_empty()) {
                (0, _) | (_, true) => {
                    let n = dice.roll(5);
                    let (key, item) = match map {
                        "locations" => (
                            format!("{n},{},0", 1 + dice.roll(2)),
                            json!({ "location_id": format!("new{n}"), "name": "New" }),
                        ),
                        _ => (format!("new{n}"), json!({ "name": "New" })),
                    };
                    items.insert(key, item);
                }
                (1, false) => drop(items.remove(&keys[dice.roll(keys.len())])),
                _ => items[&keys[dice.roll(keys.len())]][name] = value,
            }
        }
        Value::Object(items) if dice.roll(4) == 0 => {
            items.remove(&name);
        }
        other => {
            if !other.is_object() {
                *other = json!({});
            }
            other[name] = value;
        }
    }
}

fn put(keep: &Keep, of: &Kept, document: &Value, if_rev: Option<u64>) -> Result<u64, Error> {
    let put = PutDocument {
        given: Given::Values(read(document)),
        id: Some(of.id.to_owned()),
        if_rev,
        image: None,
    };
    let done = settled(keep.put_many(of.domain, &[put], Write::default())).expect("it ends")?;
    Ok(done[0]["rev"].as_u64().expect("a revision"))
}

fn kept_rev(keep: &Keep, of: &Kept) -> u64 {
    let entry = settled(keep.entry(of.domain, of.id)).unwrap().unwrap();
    entry.expect("it is there")["rev"].as_u64().unwrap()
}

fn kept(keep: &Keep, of: &Kept) -> Value {
    let told = match of.domain {
        Domain::Worlds => settled(keep.worlds().get(of.id)),
        Domain::Playthroughs => settled(keep.playthroughs().get(of.id)),
        Domain::Lorebooks => {
            let read = settled(keep.lorebooks().read(of.id)).unwrap();
            Some(read.map(|read| read.map(|(told, _)| told)))
        }
        _ => {
            let read = settled(keep.campaigns().texts().read(of.id)).unwrap();
            Some(read.map(|read| read.map(|(told, _)| told)))
        }
    };
    let told = told.unwrap().expect("it is read").expect("it is there");
    let mut told: Value = serde_json::from_str(&told).expect("it is JSON");
    timeless(told[of.shown].take())
}

/// A world says when it was changed, which is nobody's.
fn timeless(mut state: Value) -> Value {
    if let Some(metadata) = state.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.remove("last_modified");
    }
    state
}

fn kept_laws(seed: u64, merges: &Cell<usize>) -> Result<(), String> {
    let mut dice = Dice::new(seed);
    for of in &KEPT {
        let disk = Disk::default();
        let (keep, _) = open(&disk);
        let (other, _) = open(&disk);
        let told = |error: Error| format!("{}: {error}", of.domain.name());
        let base = put(&keep, of, &begin(&mut dice, of), None).map_err(told)?;
        let began = kept(&keep, of);
        let mut sides = [began.clone(), began.clone()];
        for side in &mut sides {
            for _ in 0..1 + dice.roll(4) {
                somebody_changes(&mut dice, of, side);
            }
        }
        let [mine, theirs] = sides;
        // What mine alone would be, in a keep of its own.
        let (alone, _) = open(&Disk::default());
        put(&alone, of, &began, None).map_err(told)?;
        put(&alone, of, &mine, None).map_err(told)?;
        put(&other, of, &theirs, Some(base)).map_err(told)?;
        let refused = put(&keep, of, &mine, Some(base)).err();
        let refused = refused.ok_or("a revision of before was taken")?;
        let known = refused.sides().ok_or_else(|| told(refused.clone()))?;
        let side = |side: &Option<String>| -> Value {
            serde_json::from_str(side.as_deref().expect("the side is told")).expect("it is JSON")
        };
        let (was, ours, others) = (side(&known.base), side(&known.mine), side(&known.theirs));
        for (what, told, want) in [
            ("base", &was, &began),
            ("mine", &ours, &kept(&alone, of)),
            ("theirs", &others, &kept(&other, of)),
        ] {
            if unordered(&timeless(told.clone())) != unordered(want) {
                let name = of.domain.name();
                return Err(format!("{name}: {what} is {told}\n  want {want}"));
            }
        }
        let (whole, found) = merged(Some(&was), &ours, &others);
        let rev = kept_rev(&other, of);
        let saved = put(&keep, of, &whole, Some(rev));
        saved.map_err(|error| format!("{error}\n  of {whole}"))?;
        let mut clashes = 0;
        let want = reference(
            Some(&timeless(was)),
            Some(&timeless(ours)),
            Some(&timeless(others)),
            &mut clashes,
        );
        let now = kept(&other, of);
        // Entries of a lorebook that stay keep their places.
        if unordered(&now) != unordered(&want.unwrap())
            || unordered(&now) != unordered(&timeless(whole.clone()))
        {
            return Err(format!(
                "{}: something is lost\n  base {began}\n  mine {mine}\n  theirs {theirs}\n  merged {whole}\n  kept {now}\n  {:?}",
                of.domain.name(),
                found.conflicts
            ));
        }
        merges.set(merges.get() + usize::from(clashes == 0));
    }
    Ok(())
}

#[test]
fn what_two_pages_changed_of_one_record_is_merged_and_kept_whole() {
    let merges = Cell::new(0);
    each_seed(10, |seed| kept_laws(seed, &merges));
    assert!(merges.get() > 0, "every merge had a clash");
}
