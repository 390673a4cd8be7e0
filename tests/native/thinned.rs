//! Older states and backups under clocks of every sort: what has to stay stays, whole, and what goes
//! takes nothing along. Seeds are those of `dice`.

use crate::dice::{Dice, each_seed};
use crate::redo::Browser;
use crate::turn::now;
use cardkeep::keep::Keep;
use cardkeep::store::*;
use serde_json::json;
use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;
const BUDGET: u64 = 32 << 20;

/// What is known of a state: when it was written, and which content it has.
#[derive(Clone, Copy)]
struct State {
    at: i64,
    content: u64,
}

fn length(number: u64) -> usize {
    match number % 5 {
        0 => 7_000_000,
        1 => 100_000,
        _ => 300,
    }
}

fn content(number: u64) -> Vec<u8> {
    let mut bytes = vec![number as u8; length(number)];
    bytes.extend(number.to_string().bytes());
    bytes
}

/// The one of a span of time that stays for it, by the age of a state.
fn span(at: i64, now: i64) -> Option<(i64, i64)> {
    let span = match now - at {
        ..DAY => HOUR,
        age if age < 30 * DAY => DAY,
        age if age < 365 * DAY => 7 * DAY,
        _ => return None,
    };
    Some((span, at.div_euclid(span)))
}

/// The states that have to be there of those that could be.
fn wanted(
    could: &BTreeMap<u64, State>,
    pinned: &BTreeSet<u64>,
    last: usize,
    now: i64,
) -> BTreeSet<u64> {
    let mut wanted: BTreeSet<u64> = could.keys().rev().take(last).copied().collect();
    let mut newest = BTreeMap::new();
    for (rev, state) in could {
        if let Some(span) = span(state.at, now) {
            newest.insert(span, *rev);
        }
    }
    wanted.extend(newest.into_values());
    wanted.extend(pinned.iter().filter(|rev| could.contains_key(rev)));
    wanted
}

struct Stage {
    browser: Browser,
    time: Rc<Cell<i64>>,
}

impl Stage {
    fn new() -> Stage {
        Stage {
            browser: Browser::default(),
            time: Rc::new(Cell::new(1_700_000_000_000)),
        }
    }

    fn clock(&self) -> Rc<dyn Fn() -> i64> {
        let time = Rc::clone(&self.time);
        Rc::new(move || {
            time.set(time.get().saturating_add(1));
            time.get()
        })
    }

    fn keep(&self) -> Keep {
        self.browser.open_with(self.clock())
    }

    fn store(&self) -> Store {
        let options = Options {
            clock: self.clock(),
            redo: Some(Rc::new(self.browser.redo.clone())),
            ..crate::store::clock()
        };
        now(Store::open(Rc::new(self.browser.medium.clone()), options)).unwrap()
    }

    /// A step of the clock: seconds, hours, months; back at times; once in a while to another age.
    fn pass(&self, dice: &mut Dice) {
        let time = self.time.get();
        let some = dice.roll(50) as i64;
        self.time.set(match dice.roll(30) {
            0 => time - some * HOUR,
            1 => 1_700_000_000_000,
            2 => time + 40 * 365 * DAY,
            3..6 => time + some * DAY / 3,
            6..10 => time + some * HOUR / 4,
            10..15 => time + HOUR,
            _ => time + some * 1_000,
        });
    }
}

fn versions(seed: u64) -> Result<(), String> {
    let mut dice = Dice::new(seed);
    let stage = Stage::new();
    let (keep, store) = (stage.keep(), stage.store());
    let last = 1 + dice.roll(10);
    store.set_versions_kept(last as u32);
    let mut could: BTreeMap<u64, State> = BTreeMap::new();
    let mut pinned: BTreeSet<u64> = BTreeSet::new();
    let mut present: Option<State> = None;
    for number in 1..60 {
        stage.pass(&mut dice);
        let found = now(store.get("notes", "a")).unwrap();
        let mut record = found.unwrap_or_else(|| Record::new("notes", "a", store.now()));
        let before = record.rev;
        // Some write what was there long before.
        let number = if dice.roll(6) == 0 {
            1 + dice.roll(number) as u64
        } else {
            number as u64
        };
        let mut change = Change::new();
        record.head = json!({ "n": number });
        record
            .parts
            .insert("text".into(), change.add_part(&content(number)));
        change.write(record, History::Keep);
        let written = now(store.commit(change)).unwrap().remove(0);
        if let Some(state) = present.filter(|state| state.content != number) {
            could.insert(before, state);
        }
        present = match present {
            Some(state) if state.content == number => Some(State {
                at: written.changed_ms,
                ..state
            }),
            _ => Some(State {
                at: written.changed_ms,
                content: number,
            }),
        };
        let kept: BTreeSet<u64> = now(store.history("notes", "a"))
            .unwrap()
            .records
            .iter()
            .map(|it| it.rev)
            .collect();
        let told = |what: &str, rev: u64| {
            Err(format!(
                "step {number}, revision {rev}: {what}; kept {kept:?}"
            ))
        };
        // Those that the sum of bytes pushes out, from the oldest on.
        let mut bytes = 0;
        // The clock is asked once for the thinning and once for the state.
        let wanted = wanted(&could, &pinned, last, written.changed_ms - 1);
        for (nth, rev) in wanted.iter().rev().enumerate() {
            bytes += length(could[rev].content) as u64 + 5_000;
            if (nth == 0 || pinned.contains(rev) || bytes <= BUDGET) && !kept.contains(rev) {
                return told("it has to stay", *rev);
            }
        }
        if let Some(rev) = kept.iter().find(|rev| !wanted.contains(rev)) {
            return told("it has no reason to be there", *rev);
        }
        let sum: u64 = kept
            .iter()
            .rev()
            .skip(1)
            .filter(|rev| !pinned.contains(rev))
            .map(|rev| length(could[rev].content) as u64)
            .sum();
        if sum > BUDGET {
            return told("it is too much", sum);
        }
        could.retain(|rev, _| kept.contains(rev));
        if dice.roll(5) == 0 && !kept.is_empty() {
            let rev = dice.pick(&kept.iter().copied().collect::<Vec<_>>());
            let mut record = now(store.get("notes", "a")).unwrap().unwrap();
            let pin = pinned.len() < 3 && dice.roll(2) == 0;
            assert!(now(store.pin_version(&mut record, rev, pin)).unwrap());
            let mut change = Change::new();
            change.write(record, History::Keep);
            let written = now(store.commit(change)).unwrap().remove(0);
            present = present.map(|state| State {
                at: written.changed_ms,
                ..state
            });
            if pin {
                pinned.insert(rev);
            } else {
                pinned.remove(&rev);
            }
        }
        if dice.roll(10) == 0 {
            now(keep.leftovers()).unwrap();
            stage.time.set(stage.time.get() + 200_000);
            now(keep.sweep()).unwrap();
        }
        if dice.roll(6) == 0 {
            for record in now(store.history("notes", "a")).unwrap().records {
                let part = now(store.part(record.part("text").unwrap()));
                if part.ok() != Some(content(could[&record.rev].content)) {
                    return told("its content is another", record.rev);
                }
            }
        }
    }
    Ok(())
}

#[test]
fn older_states_stay_as_the_rule_has_it_whatever_the_clock_does() {
    each_seed(3, versions);
}

fn backups(seed: u64) -> Result<(), String> {
    let mut dice = Dice::new(seed);
    let stage = Stage::new();
    let (keep, store) = (stage.keep(), stage.store());
    let mut made: Vec<Backup> = Vec::new();
    let mut pinned: BTreeSet<String> = BTreeSet::new();
    for step in 0..40 {
        stage.pass(&mut dice);
        now(keep.worlds().create(&format!("W{step}"))).unwrap();
        let new = NewBackup {
            reason: step.to_string(),
            pin: dice.roll(8) == 0,
        };
        let backup = now(store.create_backup(&new)).unwrap();
        pinned.extend(new.pin.then(|| backup.id.clone()));
        made.push(backup);
        let last = 1 + dice.roll(4);
        let room = made.iter().map(|one| one.bytes).max().unwrap() * (1 + dice.roll(12) as u64);
        if dice.roll(3) == 0 {
            continue;
        }
        let here = stage.time.get();
        now(store.prune_backups(last, room)).unwrap();
        let left = now(store.backups()).unwrap();
        let ids: BTreeSet<&String> = left.iter().map(|one| &one.id).collect();
        let told = |what: &str| {
            let times: Vec<(i64, bool)> = made
                .iter()
                .map(|one| ((one.created - here) / HOUR, ids.contains(&one.id)))
                .collect();
            Err(format!("step {step}, last {last}: {what}: {times:?}"))
        };
        if !pinned.iter().all(|id| ids.contains(id)) {
            return told("a pinned one is gone");
        }
        let latest = made
            .iter()
            .max_by_key(|one| (one.created <= here + DAY, one.created, one.id.clone()));
        if !ids.contains(&latest.unwrap().id) {
            return told("the newest is gone");
        }
        let bytes: u64 = left
            .iter()
            .filter(|one| !pinned.contains(&one.id) && one.id != latest.unwrap().id)
            .map(|one| one.bytes)
            .sum();
        if bytes > room {
            return told("there are too many bytes");
        }
        if !now(store.prune_backups(last, room)).unwrap().is_empty() {
            return told("again, more goes");
        }
        if !now(store.verify_backup(&latest.unwrap().id))
            .unwrap()
            .damage
            .is_empty()
        {
            return told("the newest is damaged");
        }
        made.retain(|one| left.iter().any(|other| other.id == one.id));
    }
    Ok(())
}

#[test]
fn pinned_backups_and_the_newest_stay_whatever_the_clock_does() {
    each_seed(4, backups);
}
