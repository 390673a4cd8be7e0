//! Two pages that use one keep at once, call by call of the medium as chance has it: documents of
//! several domains, alone, in batches and in transactions, with and without the revision that was
//! read, the trash, settings, and a chat that both write to. Some calls of the medium fail.
//!
//! Every name that is given is a number that is used once, so what is seen later tells who wrote
//! it. Seeds are those of `dice`.

use crate::dice::{Dice, Life, each_seed, interleave};
use crate::disk::Disk;
use crate::lying::Lie;
use crate::turn::settled;
use cardkeep::error::{Error, Kind, Result};
use cardkeep::json::Document;
use cardkeep::keep::{CheckOptions, Domain, Given, Keep, PatchDocument, PutDocument, Target};
use cardkeep::store::*;
use serde_json::{Value as Json, json};
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

const DOMAINS: [Domain; 7] = [
    Domain::Characters,
    Domain::Lorebooks,
    Domain::Personas,
    Domain::Templates,
    Domain::Worlds,
    Domain::Campaigns,
    Domain::Playthroughs,
];
const TURNS: usize = 60;

type At = (&'static str, &'static str);
pub type Told = Rc<RefCell<Vec<(String, String)>>>;

/// The records of a domain; those of campaigns are called by their scopes.
fn ids(domain: Domain) -> [&'static str; 2] {
    match domain {
        Domain::Campaigns => ["g/a", "g/b"],
        _ => ["a", "b"],
    }
}

/// A page that opens the keep, and what it is told of writes.
pub fn open(disk: &Disk) -> (Keep, Told) {
    let (medium, options) = disk.page();
    let told = Told::default();
    let tell = Rc::clone(&told);
    let observer = move |domain: &str, ids: &[String]| {
        let ids = ids.iter().map(|id| (domain.to_owned(), id.clone()));
        tell.borrow_mut().extend(ids);
    };
    let keep = Keep::open(medium, options, Rc::new(observer));
    (settled(keep).unwrap().expect("the keep opens"), told)
}

/// What was written for certain, what perhaps, and what was seen.
#[derive(Default)]
struct Ledger {
    /// By record and revision: the number, and when its call began and ended.
    wrote: BTreeMap<(At, u64), (u64, u64, u64)>,
    /// Numbers of calls that failed otherwise than by being refused.
    perhaps: BTreeSet<u64>,
    /// Numbers of calls that were refused.
    refused: BTreeSet<u64>,
    /// What was seen of a call that had not ended.
    early: BTreeSet<(At, u64, u64)>,
    /// Records that a call may have moved in or out of the trash without telling its revision.
    moved: BTreeSet<At>,
    /// Of the chat.
    said: BTreeSet<u64>,
    perhaps_said: BTreeSet<u64>,
    sizes: Vec<u64>,
    conflicts: usize,
    /// Calls are under way.
    open: bool,
    time: u64,
    number: u64,
}

impl Ledger {
    fn tick(&mut self) -> u64 {
        self.time += 1;
        self.time
    }

    fn number(&mut self) -> u64 {
        self.number += 1;
        self.number
    }

    fn wrote(
        &mut self,
        at: At,
        entry: &Json,
        number: u64,
        begun: u64,
    ) -> std::result::Result<(), String> {
        let rev = entry["rev"].as_u64().expect("an entry has its revision");
        let named = number_of(entry);
        if named != number {
            return Err(format!("{at:?} was named {number}, its entry says {named}"));
        }
        let ended = self.tick();
        match self.wrote.insert((at, rev), (number, begun, ended)) {
            Some(other) => Err(format!("{other:?} and {number} both wrote {at:?} {rev}")),
            None => Ok(()),
        }
    }

    /// Whether a record may say this at this revision, to somebody who asked at `begun`.
    fn saw(&mut self, at: At, entry: &Json, begun: u64) -> std::result::Result<(), String> {
        let (rev, number) = (entry["rev"].as_u64().unwrap_or(0), number_of(entry));
        let told = |what: &str| Err(format!("{at:?} {rev} says {number}: {what}"));
        if self.refused.contains(&number) {
            return told("which was refused");
        }
        match self.wrote.get(&(at, rev)) {
            Some((written, ..)) if *written == number => {}
            Some(other) => return told(&format!("{other:?} wrote that")),
            None if self.perhaps.contains(&number) || self.moved.contains(&at) => {}
            None if self.open => self.early.extend([(at, rev, number)]),
            None => return told("nobody wrote that"),
        }
        let mut newest = self.wrote.range((at, 0)..=(at, u64::MAX)).rev();
        let newest = newest.find(|(_, (_, _, ended))| *ended < begun);
        match newest {
            Some(((_, known), _)) if *known > rev => told(&format!("but it was at {known}")),
            _ => Ok(()),
        }
    }
}

fn number_of(entry: &Json) -> u64 {
    // The state of a world has it among the data of the file, a scope in its campaign.
    let places = [entry, &entry["metadata"], &entry["campaign"]];
    let name = places.iter().find_map(|place| place["name"].as_str());
    let name = name.unwrap_or_default();
    name.trim_start_matches('n').parse().unwrap_or(0)
}

pub fn values(value: &Json) -> Document {
    Document::parse(&value.to_string()).unwrap()
}

fn patch(domain: Domain, id: &str, number: u64, if_rev: Option<u64>) -> PatchDocument {
    let name = json!({ "name": format!("n{number}") });
    let patch = match domain {
        Domain::Campaigns => json!({ "campaign": name }),
        _ => name,
    };
    PatchDocument {
        id: id.to_owned(),
        patch: values(&patch),
        if_rev,
    }
}

fn whole(domain: Domain, id: &str, number: u64, if_rev: Option<u64>) -> PutDocument {
    let name = format!("n{number}");
    let given = match domain {
        Domain::Worlds => {
            json!({ "metadata": { "name": name }, "current_position": "0,0,0",
            "locations": { "0,0,0": { "name": "Gate" } } })
        }
        Domain::Templates => json!({ "name": name, "kind": "instruct" }),
        Domain::Campaigns => {
            let channel = id.trim_start_matches("g/");
            json!({ "guild_id": "g", "channel_id": channel, "campaign": { "name": name } })
        }
        Domain::Playthroughs => json!({ "name": name, "world": id, "position": "0,0,0" }),
        _ => json!({ "name": name }),
    };
    PutDocument {
        given: Given::Values(values(&given)),
        id: Some(id.to_owned()),
        if_rev,
        image: None,
    }
}

/// What a call wants, and what it gave.
struct Call {
    at: Vec<(At, u64)>,
    begun: u64,
    names_rev: bool,
    transaction: bool,
    /// The revisions that it names.
    bases: Vec<Option<u64>>,
}

struct Page<'a> {
    keep: &'a Keep,
    ledger: &'a RefCell<Ledger>,
    chat: &'a str,
    fails: bool,
}

impl Page<'_> {
    /// Whether somebody failed for a reason that there is.
    fn failed(&self, call: &Call, error: &Error) -> std::result::Result<(), String> {
        let mut ledger = self.ledger.borrow_mut();
        let numbers: Vec<u64> = call.at.iter().map(|(_, number)| *number).collect();
        let told = |why: &str| Err(format!("{:?} failed: {why}: {error}", call.at));
        match error.kind() {
            Kind::Conflict if call.names_rev || call.transaction || self.fails => {
                ledger.conflicts += 1;
                ledger.refused.extend(&numbers);
                let Some(sides) = error.sides().filter(|_| !call.transaction) else {
                    return Ok(());
                };
                let side = |side: &Option<String>| {
                    let value: Json = serde_json::from_str(side.as_deref()?).expect("it is JSON");
                    Some(number_of(&value))
                };
                match side(&sides.mine) {
                    Some(mine) if !numbers.contains(&mine) => {
                        return told(&format!("mine is {mine}, another's: {:?}", sides.mine));
                    }
                    _ => {}
                }
                let written: BTreeSet<u64> = ledger.wrote.values().map(|it| it.0).collect();
                for other in [side(&sides.base), side(&sides.theirs)]
                    .into_iter()
                    .flatten()
                {
                    // Another page may know already what its call is not told yet.
                    if numbers.contains(&other)
                        || (ledger.refused.contains(&other) && !written.contains(&other))
                    {
                        return told("a side was never stored");
                    }
                }
                let subject = error.subject().map(|subject| subject.id.as_str());
                let named = call.at.iter().zip(&call.bases);
                let named = named.filter(|((at, _), _)| Some(at.1) == subject);
                for ((at, _), base) in named {
                    let base = base.and_then(|rev| ledger.wrote.get(&(*at, rev)));
                    let known = base.filter(|_| !self.fails && !ledger.moved.contains(at));
                    if known.is_some_and(|base| side(&sides.base) != Some(base.0)) {
                        return told(&format!("the base is {:?}", sides.base));
                    }
                }
                if sides.theirs.is_none() && !self.fails {
                    return told("theirs is not told");
                }
                Ok(())
            }
            Kind::NotFound => {
                ledger.refused.extend(&numbers);
                Ok(())
            }
            Kind::Aborted | Kind::Timeout | Kind::Closed | Kind::Medium if self.fails => {
                ledger.perhaps.extend(&numbers);
                Ok(())
            }
            _ => told("for no reason"),
        }
    }

    async fn documents(&self, dice: &mut Dice) -> std::result::Result<(), String> {
        let domain = dice.pick(&DOMAINS);
        let mut ids = ids(domain).to_vec();
        if dice.roll(3) > 0 {
            ids = vec![dice.pick(&ids)];
        }
        let puts = dice.roll(4) == 0;
        let names_rev = dice.roll(2) == 0;
        let mut call = Call {
            at: Vec::new(),
            begun: self.ledger.borrow_mut().tick(),
            names_rev,
            transaction: false,
            bases: Vec::new(),
        };
        for id in ids {
            let begun = self.ledger.borrow_mut().tick();
            let entry = match self.keep.entry(domain, id).await {
                Ok(entry) => entry,
                Err(_) if self.fails => return Ok(()),
                Err(error) => return Err(format!("reading {id}: {error}")),
            };
            if let Some(entry) = &entry {
                self.ledger
                    .borrow_mut()
                    .saw((domain.name(), id), entry, begun)?;
            }
            call.bases.push(
                entry
                    .and_then(|entry| entry["rev"].as_u64())
                    .filter(|_| names_rev),
            );
            call.at
                .push(((domain.name(), id), self.ledger.borrow_mut().number()));
        }
        let items = call.at.iter().zip(call.bases.clone());
        let done = if puts {
            let puts: Vec<_> = items
                .map(|(((_, id), n), base)| whole(domain, id, *n, base))
                .collect();
            self.keep.put_many(domain, &puts, Write::default()).await
        } else {
            let patches: Vec<_> = items
                .map(|(((_, id), n), base)| patch(domain, id, *n, base))
                .collect();
            self.keep
                .patch_many(domain, &patches, Write::default())
                .await
        };
        match done {
            Err(error) => self.failed(&call, &error),
            Ok(entries) => {
                let mut ledger = self.ledger.borrow_mut();
                let all = call.at.iter().zip(&entries);
                all.into_iter()
                    .try_for_each(|((at, n), entry)| ledger.wrote(*at, entry, *n, call.begun))
            }
        }
    }

    async fn transaction(&self, dice: &mut Dice) -> std::result::Result<(), String> {
        let mut call = Call {
            at: Vec::new(),
            begun: self.ledger.borrow_mut().tick(),
            names_rev: false,
            transaction: true,
            bases: Vec::new(),
        };
        let transaction = self.keep.begin();
        let inside = transaction.keep();
        let mut last: BTreeMap<At, (Domain, u64, Json)> = BTreeMap::new();
        let mut said = None;
        let mut work = async || -> Result<std::result::Result<(), String>> {
            for _ in 0..1 + dice.roll(4) {
                let domain = dice.pick(&DOMAINS);
                let id = dice.pick(&ids(domain));
                let at = (domain.name(), id);
                let n = self.ledger.borrow_mut().number();
                call.at.push((at, n));
                let entries = match dice.roll(3) {
                    0 => {
                        inside
                            .put_many(domain, &[whole(domain, id, n, None)], Write::default())
                            .await?
                    }
                    _ => {
                        inside
                            .patch_many(domain, &[patch(domain, id, n, None)], Write::default())
                            .await?
                    }
                };
                let seen = inside.entry(domain, id).await?;
                if seen.as_ref() != entries.first() {
                    return Ok(Err(format!("{at:?} wrote {entries:?} and reads {seen:?}")));
                }
                last.insert(at, (domain, n, entries[0].clone()));
            }
            if dice.roll(3) == 0 {
                let n = self.ledger.borrow_mut().number();
                said = Some(n);
                say(inside, self.chat, n).await?;
            }
            if dice.roll(6) == 0 {
                // Something is wrong in the middle.
                inside
                    .patch_many(
                        DOMAINS[0],
                        &[patch(DOMAINS[0], "nobody", 0, None)],
                        Write::default(),
                    )
                    .await?;
            }
            Ok(Ok(()))
        };
        let worked = work().await;
        let landed = match worked {
            Ok(seen) => {
                seen?;
                transaction.commit(Write::default()).await
            }
            Err(error) => {
                transaction.abandon();
                self.failed(&call, &error)?;
                // What was abandoned is nowhere, whyever.
                let mut ledger = self.ledger.borrow_mut();
                let numbers = call.at.iter().map(|(_, n)| *n);
                ledger.refused.extend(numbers);
                return Ok(());
            }
        };
        let mut ledger = self.ledger.borrow_mut();
        // Of several states of one record in it the last one counts.
        let kept: BTreeSet<u64> = last.values().map(|(_, n, _)| *n).collect();
        let inner = call
            .at
            .iter()
            .map(|(_, n)| *n)
            .filter(|n| !kept.contains(n));
        ledger.refused.extend(inner.collect::<Vec<_>>());
        call.at.retain(|(_, n)| kept.contains(n));
        match landed {
            Ok(()) => {
                ledger.said.extend(said);
                for (at, (_, n, entry)) in &last {
                    ledger.wrote(*at, entry, *n, call.begun)?;
                }
                Ok(())
            }
            Err(error) => {
                if error.kind() != Kind::Conflict {
                    ledger.perhaps_said.extend(said);
                }
                drop(ledger);
                self.failed(&call, &error)
            }
        }
    }

    async fn trash(&self, dice: &mut Dice) -> std::result::Result<(), String> {
        let domain = dice.pick(&DOMAINS);
        let id = dice.pick(&ids(domain));
        let at = (domain.name(), id);
        let begun = self.ledger.borrow_mut().tick();
        let targets = [Target::of(id)];
        let done = match dice.roll(2) {
            0 => self
                .keep
                .trash_many(domain, &targets, Write::default())
                .await
                .map(|()| Vec::new()),
            _ => {
                self.keep
                    .restore_many(domain, &targets, Write::default())
                    .await
            }
        };
        self.ledger.borrow_mut().moved.insert(at);
        match done {
            Ok(entries) => {
                let mut ledger = self.ledger.borrow_mut();
                entries
                    .iter()
                    .try_for_each(|entry| ledger.saw(at, entry, begun))
            }
            Err(error) => self.failed(
                &Call {
                    at: Vec::new(),
                    begun,
                    names_rev: false,
                    transaction: false,
                    bases: Vec::new(),
                },
                &error,
            ),
        }
    }

    async fn live(self, seed: u64) -> std::result::Result<(), String> {
        let mut dice = Dice::new(seed);
        for _ in 0..TURNS {
            match dice.roll(10) {
                0..4 => self.documents(&mut dice).await?,
                4..7 => self.transaction(&mut dice).await?,
                7 => self.trash(&mut dice).await?,
                8 => {
                    let n = self.ledger.borrow_mut().number();
                    match say(self.keep, self.chat, n).await {
                        Ok(()) => self.ledger.borrow_mut().said.extend([n]),
                        Err(_) if self.fails => {
                            self.ledger.borrow_mut().perhaps_said.extend([n]);
                        }
                        Err(error) => return Err(format!("saying {n}: {error}")),
                    }
                }
                _ => {
                    let size = 10 + dice.roll(80) as u64;
                    let done = self
                        .keep
                        .settings()
                        .patch(&json!({ "pageSize": size }))
                        .await;
                    match done {
                        Err(error) if !self.fails => return Err(format!("settings: {error}")),
                        _ => self.ledger.borrow_mut().sizes.push(size),
                    }
                }
            }
        }
        Ok(())
    }
}

async fn say(keep: &Keep, chat: &str, number: u64) -> Result<()> {
    let message = json!({ "name": "You", "role": "user", "text": format!("n{number}") });
    let chat = keep.chats().open(chat).await?;
    chat.append(&values(&message)).await.map(drop)
}

/// Plans a lie for one of the next calls, now and then.
fn lie_at_times(disk: &Disk, dice: &mut Dice) {
    if dice.roll(40) == 0 {
        let kind = dice.pick(&[Kind::Aborted, Kind::Timeout, Kind::Medium]);
        let lie = match dice.roll(2) {
            0 => Lie::Before(kind),
            _ => Lie::After(kind),
        };
        disk.script
            .plan(disk.script.count() + dice.roll(30), lie, false);
    }
}

/// Runs what pages do at once, whose calls fail at times where that is asked for; then none does.
pub fn at_once(
    disk: &Disk,
    dice: &mut Dice,
    lives: Vec<Life<'_, String>>,
    fails: bool,
) -> std::result::Result<(), String> {
    disk.script.pause(true);
    interleave(dice, lives, 400_000, |dice| {
        if fails {
            lie_at_times(disk, dice);
        }
    })?;
    disk.script.pause(false);
    disk.script.heal();
    Ok(())
}

/// What a check of everything finds.
pub fn findings(keep: &Keep) -> std::result::Result<Vec<Json>, String> {
    let told = |error: Error| error.to_string();
    let mut check = settled(keep.check(CheckOptions { full: true }))
        .unwrap()
        .map_err(told)?;
    while settled(check.step())
        .ok_or("the check waits")?
        .map_err(told)?
    {}
    let report = json!(check.report());
    Ok(report["findings"].as_array().unwrap().clone())
}

/// What a keep holds in the end, against the ledger; whether the second copy has all of it too.
fn holds(keep: &Keep, ledger: &mut Ledger, chat: &str) -> std::result::Result<bool, String> {
    let told = |error: Error| error.to_string();
    let begun = ledger.tick();
    for domain in DOMAINS {
        for trashed in [false, true] {
            let list = settled(keep.list(domain, trashed)).unwrap().map_err(told)?;
            if list["unreadable"] != json!([]) {
                return Err(list.to_string());
            }
            for entry in list["items"].as_array().unwrap() {
                let id = ids(domain).into_iter().find(|id| entry["id"] == *id);
                let at = (domain.name(), id.expect("one of them"));
                ledger.saw(at, entry, begun)?;
                let kept = settled(keep.history(domain, at.1)).unwrap().map_err(told)?;
                for version in kept.as_array().unwrap() {
                    let rev = version["rev"].as_u64().unwrap();
                    let then = settled(keep.at_version(domain, at.1, rev))
                        .unwrap()
                        .map_err(told)?;
                    let entry = settled(then.entry(domain, at.1)).unwrap().map_err(told)?;
                    let entry = entry.expect("it is there");
                    let named = format!("n{}", number_of(&entry));
                    let said = match domain {
                        // Its file is its world's, which need not be there.
                        Domain::Playthroughs => {
                            let run = settled(then.playthroughs().get(at.1)).unwrap();
                            run.map_err(told)?.expect("it is there").into_bytes()
                        }
                        _ => {
                            let file = settled(then.export(domain, at.1)).unwrap();
                            file.map_err(told)?.bytes
                        }
                    };
                    if !String::from_utf8_lossy(&said).contains(&named) {
                        return Err(format!("{at:?} at {rev} has not the content of {named}"));
                    }
                    ledger
                        .saw(at, &entry, 0)
                        .map_err(|wrong| format!("an older state: {wrong}"))?;
                }
            }
        }
    }
    let open = settled(keep.chats().open(chat)).unwrap().map_err(told)?;
    let page = settled(open.page(0, 10_000)).unwrap().map_err(told)?;
    let page: Json = serde_json::from_str(&page).unwrap();
    let said: Vec<u64> = page
        .as_array()
        .unwrap()
        .iter()
        .map(|message| {
            message["text"]
                .as_str()
                .unwrap_or_default()
                .trim_start_matches('n')
                .parse()
                .unwrap_or(0)
        })
        .collect();
    let once: BTreeSet<u64> = said.iter().copied().collect();
    let allowed: BTreeSet<u64> = ledger.said.union(&ledger.perhaps_said).copied().collect();
    if once.len() != said.len() || !once.is_superset(&ledger.said) || !once.is_subset(&allowed) {
        return Err(format!(
            "the chat says {said:?}, said was {:?}, perhaps {:?}",
            ledger.said, ledger.perhaps_said
        ));
    }
    let settings = settled(keep.settings().get()).unwrap().map_err(told)?;
    let size = settings["pageSize"].as_u64().unwrap();
    if !ledger.sizes.is_empty() && !ledger.sizes.contains(&size) {
        return Err(format!("pageSize is {size} of {:?}", ledger.sizes));
    }
    let found = findings(keep)?;
    let lacks = |told: &Json| told["code"] == "uncopied-records";
    match found.iter().find(|found| !lacks(found)) {
        None => Ok(found.is_empty()),
        Some(found) => Err(found.to_string()),
    }
}

fn two_pages(seed: u64, fails: bool, conflicts: &Cell<usize>) -> std::result::Result<(), String> {
    let mut dice = Dice::new(seed);
    let disk = Disk::default();
    let pages = [open(&disk), open(&disk)];
    settled(pages[0].0.settings().patch(&json!({ "versionsKept": 100 })))
        .unwrap()
        .unwrap();
    let chat = settled(pages[0].0.chats().create(r#"{"title":"Both"}"#))
        .unwrap()
        .unwrap();
    let chat = chat["id"].as_str().unwrap().to_owned();
    let ledger = RefCell::new(Ledger {
        open: true,
        ..Ledger::default()
    });
    let lives = pages.iter().enumerate().map(|(n, (keep, _))| {
        let page = Page {
            keep,
            ledger: &ledger,
            chat: &chat,
            fails,
        };
        Box::pin(page.live(seed * 2 + n as u64 + 1_000)) as Life<'_, String>
    });
    at_once(&disk, &mut dice, lives.collect(), fails)?;
    let mut ledger = ledger.into_inner();
    ledger.open = false;
    for (at, rev, number) in std::mem::take(&mut ledger.early) {
        let entry = json!({ "rev": rev, "name": format!("n{number}") });
        ledger.saw(at, &entry, 0)?;
    }
    conflicts.set(conflicts.get() + ledger.conflicts);
    // Each page tells of each record that it wrote, as often as it wrote it.
    let told: Vec<_> = pages
        .iter()
        .flat_map(|(_, told)| told.borrow().clone())
        .collect();
    for (at, _) in ledger.wrote.keys() {
        let writes = ledger.wrote.keys().filter(|(other, _)| other == at).count();
        let notices = told
            .iter()
            .filter(|(domain, id)| (domain.as_str(), id.as_str()) == *at)
            .count();
        if notices < writes {
            return Err(format!(
                "{at:?} was written {writes} times and told of {notices} times"
            ));
        }
    }
    for (keep, _) in &pages {
        holds(keep, &mut ledger, &chat)?;
        keep.close();
    }
    let (keep, _) = open(&disk);
    let copied =
        holds(&keep, &mut ledger, &chat).map_err(|wrong| format!("opened again: {wrong}"))?;
    keep.close();
    if !copied {
        return Ok(());
    }
    disk.wipe();
    let (keep, _) = open(&disk);
    let held = holds(&keep, &mut ledger, &chat);
    held.map_err(|wrong| format!("from the log alone: {wrong}"))
        .map(drop)
}

#[test]
fn two_pages_at_once_lose_nothing_and_see_nothing_that_was_refused() {
    let conflicts = Cell::new(0);
    each_seed(8, |seed| two_pages(seed, false, &conflicts));
    assert!(conflicts.get() > 0, "nobody was in the other's way");
}

#[test]
fn two_pages_whose_calls_fail_at_times_lose_nothing_either() {
    each_seed(8, |seed| two_pages(seed, true, &Cell::new(0)));
}
