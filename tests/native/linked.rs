//! Two pages that use one keep at once, over what hangs together: chats with their characters,
//! persona, world and playthrough, into the trash and out of it, by themselves and along with
//! others, and removed for good; runs that move; a campaign to which both add. Some of it is done
//! in transactions, and some calls of the medium fail.
//!
//! Numbers are given once, so what is seen later tells who wrote it. Seeds are those of `dice`.

use crate::dice::{Dice, Life, each_seed};
use crate::disk::Disk;
use crate::interleaved::{at_once, findings, open, values};
use crate::lying::Lie;
use crate::turn::settled;
use cardkeep::campaign::Scope;
use cardkeep::error::{Error, Kind, Result};
use cardkeep::keep::{
    Along, ChatFilter, Domain, Given, Keep, Links, PlaythroughFilter, PutDocument, Target,
};
use cardkeep::store::Write;
use serde_json::{Value as Json, json};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

const TURNS: usize = 50;
const PERSONA: &str = "p";
const WORLD: &str = "w";
const PLACES: [&str; 2] = ["0,0,0", "1,0,0"];

type Told<T> = std::result::Result<T, String>;

/// What a verb does when it is done.
enum Effect {
    Character(String),
    Chat(String),
    Linked(String, Vec<String>),
    Said(String, u64),
    /// A chat went or came by itself.
    Alone(String),
    Erased(String),
    Npc(u64),
    Named(u64),
}

/// What was done for certain, and what perhaps.
#[derive(Default)]
struct Ledger {
    characters: Vec<String>,
    chats: Vec<String>,
    /// By chat and character: when the last call that linked them ended.
    linked: BTreeMap<(String, String), u64>,
    said: BTreeSet<(String, u64)>,
    perhaps_said: BTreeSet<(String, u64)>,
    alone: BTreeSet<String>,
    /// When the call that removed it for good began.
    erased: BTreeMap<String, u64>,
    perhaps_erased: BTreeSet<String>,
    npcs: BTreeSet<u64>,
    perhaps_npcs: BTreeSet<u64>,
    names: BTreeSet<u64>,
    refused: usize,
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

    fn take(&mut self, effect: Effect, begun: u64, sure: bool) {
        let now = self.tick();
        match effect {
            Effect::Character(id) if sure => self.characters.push(id),
            Effect::Chat(id) if sure => self.chats.push(id),
            Effect::Character(_) | Effect::Chat(_) => {}
            Effect::Linked(chat, characters) => {
                for id in characters {
                    self.linked.insert((chat.clone(), id), now);
                }
            }
            Effect::Said(chat, number) if sure => drop(self.said.insert((chat, number))),
            Effect::Said(chat, number) => drop(self.perhaps_said.insert((chat, number))),
            Effect::Alone(chat) => drop(self.alone.insert(chat)),
            Effect::Erased(id) if sure => drop(self.erased.insert(id, begun)),
            Effect::Erased(id) => drop(self.perhaps_erased.insert(id)),
            Effect::Npc(number) if sure => drop(self.npcs.insert(number)),
            Effect::Npc(number) => drop(self.perhaps_npcs.insert(number)),
            Effect::Named(number) => drop(self.names.insert(number)),
        }
    }
}

fn id_of(entry: &Json) -> String {
    entry["id"]
        .as_str()
        .expect("an entry has its id")
        .to_owned()
}

fn scope() -> Scope {
    Scope {
        guild: "g".into(),
        channel: "c".into(),
    }
}

fn put(id: &str, given: &Json) -> PutDocument {
    PutDocument {
        given: Given::Values(values(given)),
        id: Some(id.to_owned()),
        if_rev: None,
        image: None,
    }
}

struct Page<'a> {
    keep: &'a Keep,
    ledger: &'a RefCell<Ledger>,
    runs: &'a [String],
    fails: bool,
}

impl Page<'_> {
    fn some(&self, dice: &mut Dice, of: impl Fn(&Ledger) -> Vec<String>) -> String {
        let all = of(&self.ledger.borrow());
        all[dice.roll(all.len())].clone()
    }

    fn character(&self, dice: &mut Dice) -> String {
        self.some(dice, |ledger| ledger.characters.clone())
    }

    fn chat(&self, dice: &mut Dice) -> String {
        self.some(dice, |ledger| ledger.chats.clone())
    }

    fn links(&self, dice: &mut Dice) -> Links {
        let world = (dice.roll(2) == 0).then(|| WORLD.to_owned());
        let mut characters: Vec<String> = (0..dice.roll(3)).map(|_| self.character(dice)).collect();
        characters.dedup();
        Links {
            characters,
            persona: (dice.roll(3) == 0).then(|| PERSONA.to_owned()),
            location: None,
            playthrough: world
                .as_ref()
                .filter(|_| dice.roll(2) == 0)
                .map(|_| self.runs[dice.roll(self.runs.len())].clone()),
            world,
        }
    }

    /// One verb. What it does is told before it is done.
    async fn verb(&self, keep: &Keep, dice: &mut Dice, effects: &mut Vec<Effect>) -> Result<()> {
        let number = self.ledger.borrow_mut().number();
        let write = Write::default;
        match dice.roll(13) {
            0 => {
                let id = format!("c{number}");
                effects.push(Effect::Character(id.clone()));
                let given = put(&id, &json!({ "name": id }));
                keep.put_many(Domain::Characters, &[given], write()).await?;
            }
            1 => {
                let links = self.links(dice);
                let mut new = json!({ "title": "T", "characters": links.characters });
                for (name, id) in [
                    ("persona", &links.persona),
                    ("world", &links.world),
                    ("playthrough", &links.playthrough),
                ] {
                    if let Some(id) = id {
                        new[name] = json!(id);
                    }
                }
                let entry = keep.chats().create(&new.to_string()).await?;
                effects.push(Effect::Chat(id_of(&entry)));
                effects.push(Effect::Linked(id_of(&entry), links.characters));
            }
            2..4 => {
                let chat = self.chat(dice);
                effects.push(Effect::Said(chat.clone(), number));
                let message =
                    json!({ "name": "You", "role": "user", "text": format!("n{number}") });
                let open = keep.chats().open(&chat).await?;
                open.append(&values(&message)).await?;
            }
            4 => {
                let (chat, links) = (self.chat(dice), self.links(dice));
                effects.push(Effect::Linked(chat.clone(), links.characters.clone()));
                keep.chats().link(&chat, &links, write()).await?;
            }
            5..7 => {
                let domain = dice.pick(&[Domain::Characters, Domain::Personas, Domain::Worlds]);
                let mut ids = match domain {
                    Domain::Characters => vec![self.character(dice), self.character(dice)],
                    Domain::Personas => vec![PERSONA.to_owned()],
                    _ => vec![WORLD.to_owned()],
                };
                ids.dedup();
                let targets: Vec<Target> = ids.iter().map(|id| Target::of(id)).collect();
                let along = Along {
                    chats: dice.roll(4) > 0,
                    playthroughs: domain == Domain::Worlds && dice.roll(2) == 0,
                };
                keep.trash_with(domain, &targets, along, write()).await?;
            }
            7..9 => {
                let domain = dice.pick(&[Domain::Characters, Domain::Personas, Domain::Worlds]);
                let id = match domain {
                    Domain::Characters => self.character(dice),
                    Domain::Personas => PERSONA.to_owned(),
                    _ => WORLD.to_owned(),
                };
                keep.restore(domain, &id).await?;
            }
            9 => {
                let id = self.character(dice);
                effects.push(Effect::Erased(id.clone()));
                keep.trash_can()
                    .delete(Domain::Characters, &id, None)
                    .await?;
            }
            10 => {
                let chat = self.chat(dice);
                effects.push(Effect::Alone(chat.clone()));
                match dice.roll(2) {
                    0 => {
                        let target = [Target::of(&chat)];
                        keep.trash_many(Domain::Chats, &target, write()).await?;
                    }
                    _ => drop(keep.restore(Domain::Chats, &chat).await?),
                }
            }
            11 => {
                let run = &self.runs[dice.roll(self.runs.len())];
                match dice.roll(2) {
                    0 => drop(
                        keep.playthroughs()
                            .move_to(run, dice.pick(&PLACES), write())
                            .await?,
                    ),
                    _ => {
                        effects.push(Effect::Named(number));
                        let level = number.to_string();
                        let runs = keep.playthroughs();
                        runs.set_stat(run, "level", &level, write()).await?;
                    }
                }
            }
            _ if dice.roll(4) == 0 => {
                let target = [Target::of(&scope().id())];
                keep.trash_many(Domain::Campaigns, &target, write()).await?;
            }
            _ => {
                effects.push(Effect::Npc(number));
                let mut npcs = json!({});
                npcs[format!("n{number}")] = json!({ "name": "Smith" });
                let patch = values(&json!({ "npcs": npcs }));
                keep.campaigns().change(&scope(), &patch, write()).await?;
            }
        }
        Ok(())
    }

    async fn turn(&self, dice: &mut Dice) -> Told<()> {
        let begun = self.ledger.borrow_mut().tick();
        let mut effects = Vec::new();
        let together = dice.roll(3) == 0;
        let done = if together {
            let transaction = self.keep.begin();
            let mut done = Ok(());
            for _ in 0..1 + dice.roll(4) {
                done = self.verb(transaction.keep(), dice, &mut effects).await;
                if done.is_err() {
                    break;
                }
            }
            match done {
                Ok(()) => transaction.commit(Write::default()).await,
                Err(error) => {
                    transaction.abandon();
                    // What was abandoned is nowhere, whyever.
                    effects.clear();
                    Err(error)
                }
            }
        } else {
            self.verb(self.keep, dice, &mut effects).await
        };
        let mut ledger = self.ledger.borrow_mut();
        match done {
            Ok(()) => {
                for effect in effects {
                    ledger.take(effect, begun, true);
                }
            }
            Err(error) => match error.kind() {
                Kind::NotFound => {}
                Kind::Conflict => ledger.refused += 1,
                Kind::Aborted | Kind::Timeout | Kind::Closed | Kind::Medium if self.fails => {
                    for effect in effects {
                        ledger.take(effect, begun, false);
                    }
                }
                _ => return Err(format!("it failed for no reason: {error}")),
            },
        }
        Ok(())
    }

    async fn live(self, seed: u64) -> Told<()> {
        let mut dice = Dice::new(seed);
        for _ in 0..TURNS {
            self.turn(&mut dice).await?;
        }
        Ok(())
    }
}

/// The entries of a domain, by id, those in the trash too.
fn all(keep: &Keep, domain: Domain) -> Told<BTreeMap<String, Json>> {
    let mut found = BTreeMap::new();
    for trashed in [false, true] {
        let list = settled(keep.list(domain, trashed))
            .unwrap()
            .map_err(|error| error.to_string())?;
        if list["unreadable"] != json!([]) {
            return Err(list.to_string());
        }
        for entry in list["items"].as_array().unwrap() {
            found.insert(id_of(entry), entry.clone());
        }
    }
    Ok(found)
}

fn said_in(keep: &Keep, id: &str) -> Told<Vec<u64>> {
    let told = |error: Error| error.to_string();
    let open = settled(keep.chats().open(id)).unwrap().map_err(told)?;
    let page = settled(open.page(0, 10_000)).unwrap().map_err(told)?;
    let page: Json = serde_json::from_str(&page).unwrap();
    let numbers = page.as_array().unwrap().iter().map(|message| {
        let text = message["text"].as_str().unwrap_or_default();
        text.trim_start_matches('n').parse().unwrap_or(0)
    });
    Ok(numbers.collect())
}

/// Takes all of a domain out of the trash.
fn restore_all(keep: &Keep, domain: Domain) -> Told<()> {
    for (id, entry) in all(keep, domain)? {
        if !entry["trashed"].is_null() {
            let restored = settled(keep.restore(domain, &id)).unwrap();
            restored.map_err(|error| format!("{entry} stays in the trash: {error}"))?;
        }
    }
    Ok(())
}

fn chats_hold(keep: &Keep, ledger: &Ledger, fails: bool) -> Told<()> {
    let chats = all(keep, Domain::Chats)?;
    let mut others = BTreeMap::new();
    for domain in [Domain::Characters, Domain::Personas, Domain::Worlds] {
        others.extend(all(keep, domain)?);
    }
    for id in &ledger.chats {
        if !chats.contains_key(id) {
            return Err(format!("the chat {id} is gone"));
        }
    }
    for (id, chat) in &chats {
        let told = |what: &str| Err(format!("{what}: {chat}"));
        if !fails && !ledger.chats.contains(id) {
            return told("nobody made it");
        }
        // What is in the trash is looked at when it has come back.
        let is_trashed = !chat["trashed"].is_null();
        let said = match is_trashed {
            true => Vec::new(),
            false => said_in(keep, id)?,
        };
        let once: BTreeSet<u64> = said.iter().copied().collect();
        let of = |all: &BTreeSet<(String, u64)>| -> BTreeSet<u64> {
            let all = all.iter().filter(|(chat, _)| chat == id);
            all.map(|(_, number)| *number).collect()
        };
        let (sure, perhaps) = (of(&ledger.said), of(&ledger.perhaps_said));
        let allowed: BTreeSet<u64> = sure.union(&perhaps).copied().collect();
        let is_whole = is_trashed || once.is_superset(&sure);
        if once.len() != said.len() || !is_whole || !once.is_subset(&allowed) {
            return told(&format!("it says {said:?}, said was {sure:?}, {perhaps:?}"));
        }
        let mut linked: Vec<&str> = Vec::new();
        for character in chat["characters"].as_array().into_iter().flatten() {
            let character = character.as_str().unwrap();
            linked.push(character);
            let gone = ledger.erased.get(character);
            let last = ledger.linked.get(&(id.clone(), character.to_owned()));
            match (gone, last) {
                // Who links at the same time may not know yet.
                (Some(gone), Some(last)) if last < gone => {
                    return told(&format!("{character} was removed before"));
                }
                (_, None) if !fails => return told(&format!("nobody linked {character}")),
                _ => {}
            }
            let of = ChatFilter {
                character: Some(character.to_owned()),
                trashed: is_trashed,
                ..ChatFilter::default()
            };
            let found = settled(keep.chats().list(&of)).unwrap();
            let found = found.map_err(|error| error.to_string())?;
            if !found["items"].as_array().unwrap().contains(chat) {
                return told(&format!("{character} does not find it"));
            }
        }
        linked.extend(chat["persona"].as_str());
        linked.extend(chat["world"].as_str());
        // What went along comes back with one of those that it went with.
        let gone_along = is_trashed && !ledger.alone.contains(id);
        let forgot = ledger.linked.keys().any(|(chat, character)| {
            chat == id
                && (ledger.erased.contains_key(character)
                    || ledger.perhaps_erased.contains(character))
        });
        let with = linked.iter().any(|other| {
            others
                .get(*other)
                .is_some_and(|other| other["trashed"] == chat["trashed"])
        });
        if gone_along && !forgot && !with {
            return told("it is in the trash, and nothing brings it back");
        }
    }
    Ok(())
}

fn holds(keep: &Keep, ledger: &Ledger, runs: &[String], fails: bool) -> Told<bool> {
    let told = |error: Error| error.to_string();
    chats_hold(keep, ledger, fails)?;
    let kept = all(keep, Domain::Characters)?;
    for id in &ledger.characters {
        let gone = ledger.erased.contains_key(id);
        if kept.contains_key(id) == gone && !ledger.perhaps_erased.contains(id) {
            return Err(format!("{id} is there: {}, removed: {gone}", !gone));
        }
    }
    let kept = all(keep, Domain::Playthroughs)?;
    let worlds = all(keep, Domain::Worlds)?;
    for id in runs {
        let run = kept
            .get(id)
            .ok_or_else(|| format!("the run {id} is gone"))?;
        let level = run["level"].as_f64().unwrap_or(0.0) as u64;
        if level != 0 && !ledger.names.contains(&level) {
            return Err(format!("nobody gave the level: {run}"));
        }
        if !run["trashed"].is_null() && worlds[WORLD]["trashed"] != run["trashed"] {
            return Err(format!("nothing brings it back: {run}"));
        }
    }
    let scopes = all(keep, Domain::Campaigns)?;
    let scope = scopes.get(&scope().id());
    if scope.is_none() && !ledger.npcs.is_empty() {
        return Err("the campaign is gone".into());
    }
    if let Some(entry) = scope.filter(|entry| entry["trashed"].is_null()) {
        let read = settled(keep.campaigns().texts().read(&id_of(entry))).unwrap();
        let scope = match read.map_err(told)? {
            Some((_, scope)) => scope,
            None => return Err(format!("it cannot be read: {entry}")),
        };
        let file: Json = serde_json::from_slice(scope.bytes()).unwrap();
        let npcs = file["npcs"].as_object().unwrap().keys();
        let npcs: BTreeSet<u64> = npcs
            .map(|key| key.trim_start_matches('n').parse().unwrap_or(0))
            .collect();
        let allowed: BTreeSet<u64> = ledger.npcs.union(&ledger.perhaps_npcs).copied().collect();
        if !npcs.is_superset(&ledger.npcs) || !npcs.is_subset(&allowed) {
            return Err(format!("there are {npcs:?} of {:?}", ledger.npcs));
        }
    }
    let mut copied = true;
    for found in findings(keep)? {
        match found["code"].as_str() {
            Some("uncopied-records") => copied = false,
            // A removal that failed may have been done all the same, which the log calls undone.
            Some("lost-record")
                if found["id"]
                    .as_str()
                    .is_some_and(|id| ledger.perhaps_erased.contains(id)) => {}
            // Who linked what was being removed is told so.
            Some("broken-link") if !ledger.erased.is_empty() || fails => {}
            _ => return Err(found.to_string()),
        }
    }
    Ok(copied)
}

fn two_pages(seed: u64, fails: bool) -> Told<()> {
    let mut dice = Dice::new(seed);
    let disk = Disk::default();
    let pages = [open(&disk), open(&disk)];
    let first = &pages[0].0;
    let given = json!({ "metadata": { "name": "Isle" }, "current_position": PLACES[0],
        "locations": { PLACES[0]: { "name": "Gate" }, PLACES[1]: { "name": "Cove" } } });
    let puts = |domain, id: &str, given: &Json| {
        settled(first.put_many(domain, &[put(id, given)], Write::default()))
            .unwrap()
            .unwrap();
    };
    puts(Domain::Worlds, WORLD, &given);
    puts(Domain::Personas, PERSONA, &json!({ "name": "Zoe" }));
    puts(Domain::Characters, "c0", &json!({ "name": "c0" }));
    let runs: Vec<String> = (0..2)
        .map(|_| {
            let new = PlaythroughFilter {
                world: Some(WORLD.to_owned()),
                ..PlaythroughFilter::default()
            };
            let begun = settled(first.playthroughs().create(&new, Write::default()));
            id_of(&begun.unwrap().unwrap())
        })
        .collect();
    let chat = json!({ "title": "First", "characters": ["c0"], "persona": PERSONA });
    let chat = settled(first.chats().create(&chat.to_string()));
    let chat = id_of(&chat.unwrap().unwrap());
    let mut ledger = Ledger::default();
    ledger.take(Effect::Character("c0".into()), 0, true);
    ledger.take(Effect::Chat(chat.clone()), 0, true);
    ledger.take(Effect::Linked(chat, vec!["c0".into()]), 0, true);
    let ledger = RefCell::new(ledger);
    let lives = pages.iter().enumerate().map(|(n, (keep, _))| {
        let page = Page {
            keep,
            ledger: &ledger,
            runs: &runs,
            fails,
        };
        Box::pin(page.live(seed * 2 + n as u64 + 5_000)) as Life<'_, String>
    });
    at_once(&disk, &mut dice, lives.collect(), fails)?;
    let ledger = ledger.into_inner();
    for (keep, _) in &pages {
        holds(keep, &ledger, &runs, fails)?;
        keep.close();
    }
    let again = |what: &str, last: bool| -> Told<bool> {
        let (keep, _) = open(&disk);
        let held = holds(&keep, &ledger, &runs, fails);
        let copied = held.map_err(|wrong| format!("{what}: {wrong}"))?;
        if last {
            for domain in [Domain::Characters, Domain::Personas, Domain::Worlds] {
                restore_all(&keep, domain)?;
            }
            holds(&keep, &ledger, &runs, fails)
                .map_err(|wrong| format!("brought back: {wrong}"))?;
            for domain in [Domain::Chats, Domain::Campaigns] {
                restore_all(&keep, domain)?;
            }
            holds(&keep, &ledger, &runs, fails).map_err(|wrong| format!("all back: {wrong}"))?;
        }
        keep.close();
        Ok(copied)
    };
    if again("opened again", false)? {
        disk.wipe();
    }
    again("once more", true).map(drop)
}

#[test]
fn what_hangs_together_stays_together_when_two_pages_change_it_at_once() {
    each_seed(8, |seed| two_pages(seed, false));
}

#[test]
fn nothing_of_it_is_lost_when_calls_fail_at_times() {
    each_seed(8, |seed| two_pages(seed, true));
}

#[test]
fn a_transaction_whose_page_ended_is_put_back_whole_or_not_at_all() {
    let ends = |saves: usize| {
        let mut ends = BTreeSet::new();
        for stop in 0.. {
            let disk = Disk::default();
            let pages = [open(&disk).0, open(&disk).0];
            let worlds = pages.each_ref().map(Keep::worlds);
            let world = settled(worlds[0].create("Here")).unwrap().unwrap();
            let id = id_of(&world);
            disk.script
                .plan(disk.script.count() + stop, Lie::Stop, false);
            let life = async {
                let transaction = pages[0].begin();
                let worlds = transaction.keep().worlds();
                for mana in ["1", "2", "3"] {
                    worlds.set_stat(&id, "mana", mana, None).await?;
                }
                worlds.create("There").await?;
                transaction.commit(Write::default()).await
            };
            let ended = settled(life).is_none();
            disk.script.heal();
            // Some at once, so that not every revision is a save by itself.
            for many in &[1, 3, 2][..saves] {
                let transaction = pages[1].begin();
                let worlds = transaction.keep().worlds();
                for gold in 0..*many {
                    let gold = gold.to_string();
                    let saved = worlds.set_stat(&id, "gold", &gold, None);
                    settled(saved).unwrap().unwrap();
                }
                settled(transaction.commit(Write::default()))
                    .unwrap()
                    .unwrap();
            }
            pages[1].close();
            let (again, _) = open(&disk);
            let there = all(&again, Domain::Worlds).unwrap().len();
            let worlds = again.worlds();
            let world = settled(worlds.get(&id)).unwrap().unwrap().unwrap();
            let is_done = world.contains("mana");
            assert_eq!(there, if is_done { 2 } else { 1 }, "{stop}: {world}");
            assert_eq!(world.contains("gold"), saves > 0, "{stop}: {world}");
            for found in findings(&again).unwrap() {
                assert_eq!(found["code"], "uncopied-records", "{stop}: {found}");
            }
            ends.insert((ended, is_done));
            if !ended {
                break;
            }
        }
        ends
    };
    let undone = BTreeSet::from([(true, false), (false, true)]);
    for saves in 1..4 {
        assert_eq!(ends(saves), undone, "others took its place");
    }
    let mut done = undone;
    done.insert((true, true));
    assert_eq!(ends(0), done);
}
