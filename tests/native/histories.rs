//! Long random histories of the store against plain lists.
//!
//! One after the other in two pages, with crashes at any call, wiped media and reopening; then
//! two pages at once, whose calls interleave at random. The seeds are those of `dice`.

use crate::dice::{Dice, each_seed, interleave};
use crate::disk::Disk;
use crate::lying::Lie;
use crate::turn::settled;
use cardkeep::error::{Kind, Result};
use cardkeep::store::*;
use serde_json::json;
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

const IDS: [&str; 5] = ["a", "b", "c", "d", "e"];
const STEPS: usize = 600;

async fn open(disk: &Disk) -> Result<Store> {
    let (medium, options) = disk.page();
    Store::open(medium, options).await
}

/// What a state of a record holds: a number that is used once. Parts repeat, so that records
/// share them; every fourth takes two pages.
fn part_of(number: u64) -> Vec<u8> {
    let length = if number % 4 == 3 { 70_000 } else { 300 };
    (0..length)
        .map(|at: u64| (at * (number % 7 + 1) % 251) as u8)
        .collect()
}

fn fill(change: &mut Change, record: &mut Record, number: u64) {
    record.head = json!({ "n": number });
    record.by = vec![format!("notes/odd/{}", number % 2)];
    record
        .parts
        .insert("text".into(), change.add_part(&part_of(number)));
}

/// Writes a record on the base that was read, or a new one.
async fn put(store: &Store, base: Option<Record>, id: &str, number: u64) -> Result<u64> {
    let mut change = Change::new();
    let mut record = base.unwrap_or_else(|| Record::new("notes", id, store.now()));
    fill(&mut change, &mut record, number);
    if number.is_multiple_of(5) {
        change.durable().verify();
    }
    change.write(record, History::Keep);
    Ok(store.commit(change).await?[0].rev)
}

async fn number_of(store: &Store, record: &Record) -> Result<u64> {
    let number = record.head["n"]
        .as_u64()
        .expect("every record has a number");
    let part = store.part(record.part("text")?).await?;
    assert!(
        part == part_of(number),
        "{} {number} has another part",
        record.id
    );
    Ok(number)
}

/// Revisions and numbers of a record: the present one last.
type Row = Vec<(u64, u64)>;
type Rows = BTreeMap<&'static str, Row>;

#[derive(Debug, Clone, Copy)]
enum Step {
    Put(&'static str),
    /// On the revision before the last.
    PutStale(&'static str),
    Erase(&'static str),
    /// An older state, counted backwards, becomes the present one.
    Restore(&'static str, usize),
    /// Both or none; the last says whether it is landed.
    Both(&'static str, &'static str, bool),
    Maintain,
    Reopen,
    /// The page ends at a call from here on, before or after it; then all of it opens anew.
    Crash(usize, bool),
    Wipe,
    Look,
}

impl Step {
    fn random(dice: &mut Dice) -> Step {
        match dice.roll(40) {
            0..=11 => Step::Put(dice.pick(&IDS)),
            12..=14 => Step::PutStale(dice.pick(&IDS)),
            15 => Step::Erase(dice.pick(&IDS)),
            16..=18 => Step::Restore(dice.pick(&IDS), dice.roll(4)),
            19..=23 => Step::Both(dice.pick(&IDS), dice.pick(&IDS), dice.roll(4) > 0),
            24 => Step::Maintain,
            25..=26 => Step::Reopen,
            27..=29 => Step::Crash(dice.roll(12), dice.roll(2) == 0),
            30 => Step::Wipe,
            _ => Step::Look,
        }
    }

    /// The rows after it when it is done; `None` where it must be refused as a conflict.
    fn after(self, rows: &Rows, number: u64) -> Option<Rows> {
        let mut rows = rows.clone();
        let push = |rows: &mut Rows, id, number| {
            let row: &mut Row = rows.entry(id).or_default();
            let rev = row.last().map_or(0, |last| last.0) + 1;
            // A state that says the same as the one behind it is not kept.
            row.pop_if(|last| last.1 == number);
            row.push((rev, number));
        };
        match self {
            Step::Put(id) => push(&mut rows, id, number),
            Step::PutStale(_) => return None,
            Step::Erase(id) => drop(rows.remove(id)),
            Step::Restore(id, back) => {
                let row = rows.get(id)?;
                let number = row[row.len().checked_sub(back + 2)?].1;
                push(&mut rows, id, number);
            }
            Step::Both(one, other, true) => {
                push(&mut rows, one, number);
                if one != other {
                    push(&mut rows, other, number);
                }
            }
            _ => {}
        }
        Some(rows)
    }

    /// Does it in a page. `Ok(false)`: there is nothing to do it to.
    async fn run(self, store: &Store, rows: &Rows, number: u64) -> Result<bool> {
        match self {
            Step::Put(id) => {
                let base = store.get("notes", id).await?;
                put(store, base, id, number).await?;
            }
            Step::PutStale(id) => {
                let Some(mut base) = store.get("notes", id).await? else {
                    return Ok(false);
                };
                base.rev -= 1;
                put(store, Some(base), id, number).await?;
            }
            Step::Erase(id) => {
                let Some(base) = store.get("notes", id).await? else {
                    return Ok(false);
                };
                let mut change = Change::new();
                change.erase(&base);
                drop(store.commit(change).await?);
            }
            Step::Restore(id, back) => {
                let row = rows.get(id).map(Vec::as_slice).unwrap_or_default();
                let Some(at) = row.len().checked_sub(back + 2) else {
                    return Ok(false);
                };
                let (rev, number) = row[at];
                let old = store.version("notes", id, rev).await?;
                let old = old.unwrap_or_else(|| panic!("revision {rev} of {id} is not kept"));
                assert_eq!(number_of(store, &old).await?, number, "{id} revision {rev}");
                let base = store.get("notes", id).await?;
                put(store, base, id, number).await?;
            }
            Step::Both(one, other, land) => {
                let staged = store.staged();
                for id in [one, other].into_iter().take(1 + usize::from(one != other)) {
                    let base = staged.get("notes", id).await?;
                    put(&staged, base, id, number).await?;
                }
                if land {
                    store.land(&staged, Write::default()).await?;
                }
            }
            Step::Maintain => drop(store.maintain(0).await?),
            Step::Reopen | Step::Crash(..) | Step::Wipe | Step::Look => {}
        }
        Ok(true)
    }
}

/// Everything that a page sees, in every way there is to look.
async fn look(store: &Store) -> Result<Rows> {
    let mut rows = Rows::new();
    let listing = store.list("notes").await?;
    assert!(listing.unreadable.is_empty(), "{:?}", listing.unreadable);
    for id in IDS {
        let mut row = Row::new();
        let mut past = store.history("notes", id).await?;
        assert!(past.unreadable.is_empty(), "{:?}", past.unreadable);
        past.records.reverse();
        for record in past.records {
            row.push((record.rev, number_of(store, &record).await?));
        }
        let listed = listing.records.iter().find(|record| record.id == id);
        let record = store.get("notes", id).await?;
        assert_eq!(
            listed.map(|it| it.rev),
            record.as_ref().map(|it| it.rev),
            "{id}"
        );
        if let Some(record) = record {
            let number = number_of(store, &record).await?;
            let found = store.find(&format!("notes/odd/{}", number % 2)).await?;
            assert!(
                found.records.iter().any(|it| it.id == id),
                "{id} is not found"
            );
            row.push((record.rev, number));
            rows.insert(id, row);
        } else {
            assert!(
                row.is_empty(),
                "{id} is gone, and older states of it are not"
            );
        }
    }
    Ok(rows)
}

/// Whether what is seen is what there has to be; of older states the last ten.
fn compare(seen: &Rows, want: &Rows) -> std::result::Result<(), String> {
    let recent = |rows: &Rows| -> Rows {
        let last = |row: &Row| row[row.len().saturating_sub(11)..].to_vec();
        rows.iter().map(|(id, row)| (*id, last(row))).collect()
    };
    // What is kept beyond is thinned by time; it has to be what was.
    for (id, row) in seen {
        let known = want.get(id).map(Vec::as_slice).unwrap_or_default();
        if let Some(odd) = row.iter().find(|state| !known.contains(state)) {
            return Err(format!("{id} has {odd:?}, acknowledged is {known:?}"));
        }
    }
    let (seen, want) = (recent(seen), recent(want));
    match seen == want {
        true => Ok(()),
        false => Err(format!("there is\n{seen:?}, acknowledged is\n{want:?}")),
    }
}

fn sequence(seed: u64) -> std::result::Result<(), String> {
    let mut dice = Dice::new(seed);
    let disk = Disk::default();
    let reopened = || {
        settled(open(&disk))
            .expect("an answer")
            .map_err(|it| it.to_string())
    };
    let mut pages = [reopened()?, reopened()?];
    let mut rows = Rows::new();
    for at in 1..=STEPS {
        let step = Step::random(&mut dice);
        let number = at as u64;
        let page = dice.roll(2);
        let told = |wrong: String| format!("step {at}, {step:?} in page {page}: {wrong}");
        match step {
            Step::Reopen => {
                pages[page].close();
                pages[page] = reopened().map_err(told)?;
            }
            Step::Wipe => {
                pages.iter().for_each(Store::close);
                disk.wipe();
                pages = [reopened().map_err(told)?, reopened().map_err(told)?];
            }
            Step::Look => {}
            Step::Crash(calls, after) => {
                let ends = Step::random(&mut dice);
                let lie = if after { Lie::StopAfter } else { Lie::Stop };
                disk.script.plan(disk.script.count() + calls, lie, false);
                let done = settled(ends.run(&pages[page], &rows, number));
                disk.script.heal();
                pages = [reopened().map_err(told)?, reopened().map_err(told)?];
                let possible = ends.after(&rows, number);
                let seen = settled(look(&pages[0])).expect("an answer");
                let seen = seen.map_err(|it| told(it.to_string()))?;
                let as_before = compare(&seen, &rows);
                let as_after = possible
                    .as_ref()
                    .map(|after| (compare(&seen, after), after));
                match (done, as_before, as_after) {
                    (Some(Ok(true)), _, Some((fits, after))) => {
                        fits.map_err(|it| told(format!("{ends:?} was done: {it}")))?;
                        rows = after.clone();
                    }
                    (None, Err(_), Some((Ok(()), after))) => rows = after.clone(),
                    (_, before, _) => {
                        before.map_err(|it| told(format!("{ends:?} was cut off: {it}")))?;
                    }
                }
            }
            _ => {
                let done = settled(step.run(&pages[page], &rows, number)).expect("an answer");
                match (done, step.after(&rows, number)) {
                    (Ok(true), Some(after)) => rows = after,
                    (Ok(false), _) => {}
                    (Err(error), None) if error.kind() == Kind::Conflict => {}
                    (done, _) => return Err(told(format!("{done:?}"))),
                }
            }
        }
        let seen = settled(look(&pages[dice.roll(2)])).expect("an answer");
        compare(&seen.map_err(|it| told(it.to_string()))?, &rows).map_err(told)?;
    }
    Ok(())
}

#[test]
fn a_long_history_with_crashes_and_wiped_media_ends_in_what_was_acknowledged() {
    each_seed(1, sequence);
}

/// What one call of one page saw, in the order of the calls' ends.
#[derive(Debug)]
enum Seen {
    /// Written on these revisions, 0 for none.
    Wrote {
        number: u64,
        bases: BTreeMap<&'static str, u64>,
    },
    Refused {
        number: u64,
        bases: BTreeMap<&'static str, u64>,
    },
    Read {
        found: BTreeMap<&'static str, (u64, u64)>,
    },
}

#[derive(Debug)]
#[expect(dead_code, reason = "told when a history is wrong")]
struct Event {
    page: usize,
    begun: u64,
    ended: u64,
    seen: Seen,
}

/// One page's life: it reads some records and writes them, again and again.
async fn live(
    page: usize,
    store: &Store,
    (seed, maintains): (u64, bool),
    time: &Cell<u64>,
    events: &RefCell<Vec<Event>>,
) -> Result<()> {
    let mut dice = Dice::new(seed * 2 + page as u64 + 77);
    let tick = || time.replace(time.get() + 1);
    for turn in 0..60 {
        let (one, other) = (dice.pick(&IDS), dice.pick(&IDS));
        let number = turn * 2 + page as u64 + 1;
        let transaction = dice.roll(3) == 0;
        let mut ids = vec![one, other];
        ids.truncate(1 + usize::from(transaction && one != other));
        let begun = tick();
        let bases: Vec<Option<Record>> = store.get_many("notes", &ids).await?;
        let mut found = BTreeMap::new();
        for (id, base) in ids.iter().zip(&bases) {
            if let Some(base) = base {
                found.insert(*id, (base.rev, number_of(store, base).await?));
            }
        }
        let ended = tick();
        let revs = ids.iter().zip(&bases);
        let revs = revs.map(|(id, base)| (*id, base.as_ref().map_or(0, |base| base.rev)));
        let revs: BTreeMap<_, _> = revs.collect();
        let seen = Seen::Read { found };
        events.borrow_mut().push(Event {
            page,
            begun,
            ended,
            seen,
        });
        match dice.roll(12) {
            0 if maintains => drop(store.maintain(0).await?),
            1..=2 => continue,
            _ => {}
        }
        let begun = tick();
        let written = async {
            if !transaction {
                let mut change = Change::new();
                for (id, base) in ids.iter().zip(bases) {
                    let new = || Record::new("notes", id, store.now());
                    let mut record = base.unwrap_or_else(new);
                    fill(&mut change, &mut record, number);
                    change.write(record, History::Keep);
                }
                return store.commit(change).await.map(drop);
            }
            let staged = store.staged();
            for (id, base) in ids.iter().zip(bases) {
                put(&staged, base, id, number).await?;
            }
            store.land(&staged, Write::default()).await
        };
        let written = written.await;
        let ended = tick();
        let bases = revs;
        let seen = match written {
            Ok(()) => Seen::Wrote { number, bases },
            Err(error) if error.kind() == Kind::Conflict => Seen::Refused { number, bases },
            Err(error) => return Err(error),
        };
        events.borrow_mut().push(Event {
            page,
            begun,
            ended,
            seen,
        });
    }
    Ok(())
}

/// Every revision was written by one call; what a call saw fits a point between its begin and its end.
fn check_history(events: &[Event]) -> std::result::Result<Rows, String> {
    // Who wrote each revision, and when.
    let mut wrote: BTreeMap<(&str, u64), (&Event, u64)> = BTreeMap::new();
    for event in events {
        if let Seen::Wrote { number, bases } = &event.seen {
            for (id, base) in bases {
                if let Some((twin, _)) = wrote.insert((id, base + 1), (event, *number)) {
                    return Err(format!(
                        "{twin:?} and {event:?} wrote the same revision of {id}"
                    ));
                }
            }
        }
    }
    let ended_before = |id: &str, time: u64| {
        let of = wrote.range((id, 0)..=(id, u64::MAX));
        let earlier = of.filter(|(_, (event, _))| event.ended < time);
        earlier.map(|((_, rev), _)| *rev).max().unwrap_or(0)
    };
    for event in events {
        match &event.seen {
            Seen::Read { found } => {
                for (id, (rev, number)) in found {
                    match wrote.get(&(*id, *rev)) {
                        Some((writer, written))
                            if written == number && writer.begun < event.ended => {}
                        writer => return Err(format!("{event:?} read {id} of {writer:?}")),
                    }
                    if *rev < ended_before(id, event.begun) {
                        return Err(format!("{event:?} read {id} as it was before"));
                    }
                    // What is written together is seen together.
                    let Some((
                        Event {
                            seen: Seen::Wrote { bases, .. },
                            ..
                        },
                        _,
                    )) = wrote.get(&(*id, *rev))
                    else {
                        continue;
                    };
                    for (with, base) in bases {
                        if found.get(with).is_some_and(|(rev, _)| rev <= base) {
                            return Err(format!("{event:?} saw half of {number}"));
                        }
                    }
                }
            }
            Seen::Refused { number, bases } => {
                let outdone = |(id, base): (&&str, &u64)| {
                    let next = wrote.get(&(*id, base + 1));
                    next.is_some_and(|(writer, _)| writer.begun < event.ended)
                };
                if !bases.iter().any(outdone) {
                    return Err(format!(
                        "{event:?}, number {number}, was refused for nothing"
                    ));
                }
            }
            Seen::Wrote { bases, .. } => {
                for (id, base) in bases {
                    if *base < ended_before(id, event.begun) {
                        return Err(format!("{event:?} wrote over a later {id}"));
                    }
                    if *base > 0 && !wrote.contains_key(&(*id, *base)) {
                        return Err(format!("{event:?} stands on what nobody wrote of {id}"));
                    }
                }
            }
        }
    }
    let mut rows = Rows::new();
    for ((id, rev), (_, number)) in wrote {
        let id = IDS.into_iter().find(|it| *it == id).expect("one of them");
        rows.entry(id).or_default().push((rev, number));
    }
    Ok(rows)
}

fn two_at_once(seed: u64, maintains: bool) -> std::result::Result<(), String> {
    let mut dice = Dice::new(seed);
    let disk = Disk::default();
    let open = || {
        settled(open(&disk))
            .expect("an answer")
            .map_err(|it| it.to_string())
    };
    let pages = [open()?, open()?];
    let (time, events) = (Cell::new(0), RefCell::default());
    disk.script.pause(true);
    let lives = pages.iter().enumerate();
    let lives = lives
        .map(|(page, store)| Box::pin(live(page, store, (seed, maintains), &time, &events)) as _);
    interleave(&mut dice, lives.collect(), 200_000, |_| {})?;
    disk.script.pause(false);
    let events = events.into_inner();
    let want = check_history(&events)?;
    let refused = events
        .iter()
        .filter(|it| matches!(it.seen, Seen::Refused { .. }))
        .count();
    if refused == 0 {
        return Err("nobody was in the other's way".into());
    }
    for page in &pages {
        let seen = settled(look(page))
            .expect("an answer")
            .map_err(|it| it.to_string())?;
        compare(&seen, &want)?;
        page.close();
    }
    disk.wipe();
    let page = open()?;
    let seen = settled(look(&page))
        .expect("an answer")
        .map_err(|it| it.to_string())?;
    compare(&seen, &want).map_err(|wrong| format!("from the log alone: {wrong}"))
}

#[test]
fn of_two_pages_at_once_no_write_is_lost_and_no_refused_one_is_seen() {
    each_seed(6, |seed| two_at_once(seed, false));
}

/// The log has a burst before the medium does. A comparison that another page makes between the two
/// must not put back half of a transaction that is about to be refused.
#[test]
fn of_two_pages_at_once_that_also_maintain_no_refused_write_is_seen() {
    each_seed(6, |seed| two_at_once(seed, true));
}

/// The refused burst is the last that the log says of the row, under the same revision.
#[test]
fn a_page_that_ends_while_it_is_refused_leaves_what_was_acknowledged_in_the_log() {
    let disk = Disk::default();
    let open = || settled(open(&disk)).unwrap().unwrap();
    let store = open();
    for number in [1, 2] {
        let base = settled(store.get("notes", "a")).unwrap().unwrap();
        settled(put(&store, base, "a", number)).unwrap().unwrap();
    }
    let mut stale = settled(store.get("notes", "a")).unwrap().unwrap().unwrap();
    stale.rev -= 1;
    // The log has it, the medium refuses it, and the page ends before the log is told.
    disk.script.plan(disk.script.count() + 2, Lie::Stop, false);
    assert!(settled(put(&store, Some(stale), "a", 3)).is_none());
    disk.script.heal();
    disk.wipe();
    let seen = settled(look(&open())).unwrap().unwrap();
    assert_eq!(seen["a"].last(), Some(&(2, 2)));
}

#[test]
fn a_record_made_again_is_not_outdone_by_what_it_was_in_another_page() {
    let disk = Disk::default();
    let open = || settled(open(&disk)).unwrap().unwrap();
    let pages = [open(), open()];
    let read = |page: &Store| settled(page.get("notes", "a")).unwrap().unwrap();
    // The file that was begun first is read first.
    for number in [1, 2, 3] {
        let base = read(&pages[1]);
        settled(put(&pages[1], base, "a", number)).unwrap().unwrap();
    }
    let mut change = Change::new();
    change.erase(&read(&pages[0]).expect("it is there"));
    settled(pages[0].commit(change)).unwrap().unwrap();
    settled(put(&pages[0], None, "a", 4)).unwrap().unwrap();
    pages.iter().for_each(Store::close);
    for wiped in [false, true] {
        if wiped {
            disk.wipe();
        }
        let record = read(&open()).expect("it is there");
        assert_eq!(
            (record.rev, &record.head["n"]),
            (1, &json!(4)),
            "wiped {wiped}"
        );
    }
}

/// A complete copy has no removals, and the file with the removal goes when it is made.
#[test]
fn what_was_removed_for_good_stays_gone_when_the_file_that_says_so_does() {
    let disk = Disk::default();
    let open = || settled(open(&disk)).unwrap().unwrap();
    let pages = [open(), open()];
    let read = |page: &Store| settled(page.get("notes", "a")).unwrap().unwrap();
    for number in [1, 2, 3] {
        let base = read(&pages[0]);
        settled(put(&pages[0], base, "a", number)).unwrap().unwrap();
    }
    let mut change = Change::new();
    change.erase(&read(&pages[1]).expect("it is there"));
    settled(pages[1].commit(change)).unwrap().unwrap();
    pages[1].close();
    // The copy is made by the page whose own file has the record.
    settled(pages[0].maintain(0)).unwrap().unwrap();
    let files = settled(disk.log.files()).unwrap().unwrap();
    assert_eq!(files.len(), 2, "{files:?}");
    settled(pages[0].maintain(0)).unwrap().unwrap();
    pages[0].close();
    for wiped in [false, true] {
        if wiped {
            disk.wipe();
        }
        let page = open();
        assert_eq!(settled(look(&page)).unwrap().unwrap(), Rows::new());
        settled(page.maintain(0)).unwrap().unwrap();
        assert_eq!(settled(look(&page)).unwrap().unwrap(), Rows::new());
        page.close();
    }
}

#[test]
fn an_empty_medium_beside_a_log_that_cannot_be_listed_does_not_become_a_new_keep() {
    let disk = Disk::default();
    let store = settled(open(&disk)).unwrap().unwrap();
    settled(put(&store, None, "a", 1)).unwrap().unwrap();
    store.close();
    disk.wipe();
    // Behind the one look whether the medium has a record of its own.
    let listing = disk.script.count() + 1;
    let lie = Lie::Before(Kind::Timeout);
    disk.script.plan(listing, lie, false);
    let refused = settled(open(&disk)).unwrap().map(drop);
    assert_eq!(refused.map_err(|error| error.kind()), Err(Kind::Timeout));
    assert_eq!(disk.script.told(), 1);
    let store = settled(open(&disk)).unwrap().unwrap();
    assert_eq!(settled(look(&store)).unwrap().unwrap()["a"], [(1, 1)]);
}

/// Neither its row nor its pages: an opening that finds them would tell of a loss.
#[test]
fn nothing_of_a_refused_write_is_put_back() {
    let disk = Disk::default();
    let open = || settled(open(&disk)).unwrap().unwrap();
    let store = open();
    for number in [1, 2] {
        let base = settled(store.get("notes", "a")).unwrap().unwrap();
        settled(put(&store, base, "a", number)).unwrap().unwrap();
    }
    let mut stale = settled(store.get("notes", "a")).unwrap().unwrap().unwrap();
    stale.rev -= 1;
    let refused = settled(put(&store, Some(stale), "a", 3)).unwrap();
    assert_eq!(refused.map_err(|it| it.kind()), Err(Kind::Conflict));
    store.close();
    let before = disk.medium.dump().len();
    let store = open();
    assert_eq!(store.report().recovered, None);
    settled(store.maintain(0)).unwrap().unwrap();
    assert_eq!(disk.medium.dump().len(), before);
}

#[test]
fn what_another_page_removes_before_it_is_read_back_is_no_fault() {
    let mut ends = BTreeSet::new();
    for steps in 0..60 {
        let disk = Disk::default();
        let pages = [open(&disk), open(&disk)].map(|page| settled(page).unwrap().unwrap());
        settled(put(&pages[0], None, "a", 1)).unwrap().unwrap();
        let base = settled(pages[0].get("notes", "a")).unwrap().unwrap();
        disk.script.pause(true);
        // Every fifth is read back.
        let mut saving = pin!(put(&pages[0], base, "a", 5));
        let mut context = Context::from_waker(Waker::noop());
        let mut poll = || saving.as_mut().poll(&mut context);
        let early = (0..steps).find_map(|_| match poll() {
            Poll::Ready(saved) => Some(saved),
            Poll::Pending => None,
        });
        let removed = settled(async {
            let mut change = Change::new();
            change.erase(&pages[1].get("notes", "a").await?.expect("it is there"));
            pages[1].commit(change).await
        });
        let saved = early.or_else(|| {
            let mut rest = (0..1_000).map(|_| poll());
            rest.find_map(|polled| match polled {
                Poll::Ready(saved) => Some(saved),
                Poll::Pending => None,
            })
        });
        let kind = saved
            .expect("it comes to an end")
            .map_err(|error| error.kind());
        removed.expect("it comes to an end").unwrap();
        assert!(
            matches!(kind, Ok(2) | Err(Kind::Conflict)),
            "{steps}: {kind:?}"
        );
        ends.insert(kind.is_ok());
    }
    assert_eq!(
        ends.len(),
        2,
        "it was removed before it was saved, and behind"
    );
}
