//! A keep as plain lists, and the operations that change both.
//!
//! [`Model`] says what a keep has to hold, [`Tab`] does the same to a real one. After an
//! operation that failed, two states are possible: [`Oracle`] carries all that are, and
//! narrows them down by what is seen later. When none is left, a promise was broken.

use crate::disk::Disk;
use crate::turn::settled;
use cardkeep::error::{Error, Kind, Limits, Result};
use cardkeep::json::Document;
use cardkeep::keep::{Chat, ChatImport, Domain, Keep};
use cardkeep::store::*;
use serde_json::{Value as Json, json};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::rc::Rc;

/// Older states that are compared.
const PAST: usize = 3;

/// One thing that can be done, to things that are found by their labels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Op {
    Import(Domain, char),
    /// A name of a card, a stat of a world, a message appended to a chat.
    Change(Domain, char, u32),
    /// A message of a chat, a move of a world's player.
    Edit(char, usize, u32),
    Remove(char, usize),
    Move(char, bool),
    Set(u32),
    Trash(Domain, char),
    Restore(Domain, char),
    RestoreVersion(Domain, char, usize),
    Look,
    Maintain,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    Done,
    /// There is nothing to do it to.
    Idle,
    Failed(Kind),
    /// It never ended.
    Stopped,
}

pub type State = Vec<String>;

/// A record as its user knows it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Thing {
    pub domain: &'static str,
    pub label: String,
    pub trashed: bool,
    pub state: State,
    /// The states before, newest last.
    pub past: Vec<State>,
}

/// A keep as its user knows it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Model {
    pub things: BTreeSet<Thing>,
    pub page_size: u32,
}

impl fmt::Debug for Model {
    /// A line a thing.
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(to, "{{pageSize {}", self.page_size)?;
        for Thing {
            domain,
            label,
            trashed,
            state,
            past,
        } in &self.things
        {
            let trashed = if *trashed { " in the trash" } else { "" };
            write!(to, "\n  {domain} {label}{trashed}: {}", state.join(" | "))?;
            for state in past.iter().rev() {
                write!(to, "\n    before: {}", state.join(" | "))?;
            }
        }
        to.write_str("}")
    }
}

impl Default for Model {
    fn default() -> Model {
        Model {
            things: BTreeSet::new(),
            page_size: 50,
        }
    }
}

/// Long messages are remembered by their beginning and length.
fn short(text: &str) -> String {
    let start: String = text.chars().take(16).collect();
    format!("{start}/{}", text.len())
}

/// Every third message is long, so that a few of them fill a tail.
fn message(n: u32) -> String {
    format!(
        "said {n}{}",
        " word".repeat(if n.is_multiple_of(3) { 4_000 } else { 2 })
    )
}

fn chat_file(label: char) -> Vec<u8> {
    let line = |n: u32| {
        json!({ "name": "You", "is_user": true, "mes": format!("{label} {n}") }).to_string()
    };
    let header = json!({ "user_name": "You", "character_name": label.to_string() }).to_string();
    [header, line(0), line(1), line(2)].join("\n").into_bytes()
}

fn card_file(label: char) -> Vec<u8> {
    let data = json!({ "name": "new", "description": "d".repeat(300), "creator": label.to_string(), "first_mes": "hi" });
    json!({ "spec": "chara_card_v2", "spec_version": "2.0", "data": data })
        .to_string()
        .into_bytes()
}

fn world_file(label: char) -> Vec<u8> {
    include_str!("../fixtures/worlds/seed.json")
        .replace("World Name", &label.to_string())
        .into_bytes()
}

fn first_state(domain: Domain, label: char) -> State {
    match domain {
        Domain::Characters => vec!["new".to_owned()],
        Domain::Chats => (0..3).map(|n| short(&format!("{label} {n}"))).collect(),
        _ => vec!["0,0,0".to_owned(), "100".to_owned()],
    }
}

impl Model {
    /// The state after an operation; `None` when there is nothing to do it to.
    fn after(&self, op: Op) -> Option<Model> {
        let mut next = self.clone();
        match op {
            Op::Import(domain, label) => {
                if next.take(domain, label, false).is_none() {
                    next.things.insert(Thing::new(domain, label));
                } else {
                    return Some(self.clone());
                }
            }
            Op::Change(domain, label, n) => {
                let mut thing = next.take(domain, label, false)?;
                match domain {
                    Domain::Characters => thing.become_state(vec![format!("named {n}")]),
                    Domain::Worlds => {
                        thing.become_state(vec![thing.state[0].clone(), n.to_string()])
                    }
                    _ => thing.state.push(short(&message(n))),
                }
                next.things.insert(thing);
            }
            Op::Edit(label, at, n) => {
                let mut thing = next.take(Domain::Chats, label, false)?;
                let mut state = thing.state.clone();
                *state.get_mut(at)? = short(&message(n));
                thing.become_state(state);
                next.things.insert(thing);
            }
            Op::Remove(label, at) => {
                let mut thing = next.take(Domain::Chats, label, false)?;
                let mut state = thing.state.clone();
                (at < state.len()).then(|| state.remove(at))?;
                thing.become_state(state);
                next.things.insert(thing);
            }
            Op::Move(label, back) => {
                let mut thing = next.take(Domain::Worlds, label, false)?;
                let place = if back { "0,0,0" } else { "1,0,0" };
                thing.become_state(vec![place.to_owned(), thing.state[1].clone()]);
                next.things.insert(thing);
            }
            Op::Set(size) => next.page_size = size,
            Op::Trash(domain, label) => {
                if next.clone().take(domain, label, true).is_some() {
                    return None;
                }
                let mut thing = next.take(domain, label, false)?;
                thing.trashed = true;
                next.things.insert(thing);
            }
            Op::Restore(domain, label) => {
                if next.clone().take(domain, label, false).is_some() {
                    return None;
                }
                let mut thing = next.take(domain, label, true)?;
                thing.trashed = false;
                next.things.insert(thing);
            }
            Op::RestoreVersion(domain, label, back) => {
                let mut thing = next.take(domain, label, false)?;
                let at = thing.past.len().checked_sub(back + 1)?;
                let state = thing.past[at].clone();
                thing.become_state(state);
                next.things.insert(thing);
            }
            Op::Look | Op::Maintain => {}
        }
        Some(next)
    }

    fn take(&mut self, domain: Domain, label: char, trashed: bool) -> Option<Thing> {
        let mut label_bytes = [0; 4];
        let label: &str = label.encode_utf8(&mut label_bytes);
        let found = self.things.iter().find(|thing| {
            thing.domain == domain.name() && thing.label == label && thing.trashed == trashed
        });
        let found = found.cloned()?;
        self.things.take(&found)
    }
}

impl Thing {
    /// As it is when it was imported.
    fn new(domain: Domain, label: char) -> Thing {
        Thing {
            domain: domain.name(),
            label: label.to_string(),
            trashed: false,
            state: first_state(domain, label),
            past: Vec::new(),
        }
    }

    fn become_state(&mut self, state: State) {
        let before = std::mem::replace(&mut self.state, state);
        self.past.push(before);
        let surplus = self.past.len().saturating_sub(10);
        self.past.drain(..surplus);
    }
}

impl Disk {
    pub async fn open(&self) -> Result<Tab> {
        let (medium, options) = self.page();
        let keep = Keep::open(medium, options, Rc::new(|_, _| {})).await?;
        Ok(Tab {
            keep,
            chats: RefCell::default(),
        })
    }

    fn copy(&self) -> MemoryMedium {
        let copy = MemoryMedium::new();
        for (table, key, value) in self.medium.dump() {
            copy.plant(table, key, value);
        }
        copy
    }

    /// Everything that is in the keep, older states and the trash included, read without lies.
    pub fn look(&self) -> std::result::Result<Model, String> {
        let copy = || self.copy();
        let open = |medium: MemoryMedium| {
            let keep = Keep::open(Rc::new(medium), crate::store::clock(), Rc::new(|_, _| {}));
            settled(keep)
                .expect("an honest medium answers")
                .map_err(|error| format!("the copy does not open: {error}"))
        };
        let keep = open(copy())?;
        let mut things = BTreeSet::new();
        for domain in DOMAINS {
            for trashed in [false, true] {
                let items = settled(entries(&keep, domain, trashed)).expect("an honest medium");
                for entry in items.map_err(|error| format!("{domain:?}: {error}"))? {
                    let (id, label) = (text(&entry, "id"), label(domain, &entry));
                    let wrong = |error: Error| format!("{} {label}: {error}", domain.name());
                    // What is in the trash, or was before, is read in a copy where it came back.
                    let state_in = |rev: Option<u64>| {
                        let keep = open(copy())?;
                        if trashed {
                            settled(keep.restore(domain, &id))
                                .expect("an honest medium")
                                .map_err(wrong)?;
                        }
                        if let Some(rev) = rev {
                            settled(keep.restore_version(domain, &id, rev))
                                .expect("an honest medium")
                                .map_err(wrong)?;
                        }
                        settled(state(&keep, domain, &id, None))
                            .expect("an honest medium")
                            .map_err(wrong)
                    };
                    let history = settled(keep.history(domain, &id)).expect("an honest medium");
                    let history = history.map_err(wrong)?;
                    let history = history.as_array().expect("history is a list");
                    let mut past = Vec::new();
                    for version in history.iter().take(PAST).rev() {
                        past.push(state_in(version["rev"].as_u64())?);
                    }
                    let thing = Thing {
                        domain: domain.name(),
                        label: label.clone(),
                        trashed,
                        state: state_in(None)?,
                        past,
                    };
                    if !things.insert(thing) {
                        return Err(format!("{} {label} is there twice", domain.name()));
                    }
                }
            }
        }
        let settings = settled(keep.settings().get()).expect("an honest medium");
        let settings = settings.map_err(|error| error.to_string())?;
        Ok(Model {
            things,
            page_size: settings["pageSize"].as_u64().unwrap_or(0) as u32,
        })
    }
}

pub const DOMAINS: [Domain; 3] = [Domain::Characters, Domain::Chats, Domain::Worlds];

fn text(entry: &Json, name: &str) -> String {
    entry[name].as_str().unwrap_or_default().to_owned()
}

fn label(domain: Domain, entry: &Json) -> String {
    match domain {
        Domain::Characters => text(entry, "creator"),
        Domain::Chats => text(entry, "title"),
        _ => text(entry, "name"),
    }
}

async fn entries(keep: &Keep, domain: Domain, trashed: bool) -> Result<Vec<Json>> {
    let list = keep.list(domain, trashed).await?;
    assert_eq!(list["unreadable"], json!([]), "unreadable records");
    Ok(list["items"].as_array().expect("items are a list").clone())
}

/// What a live record holds, read in every way there is.
async fn state(keep: &Keep, domain: Domain, id: &str, chat: Option<&Chat>) -> Result<State> {
    let gone = || Kind::NotFound.because("a listed record is not there");
    match domain {
        Domain::Characters => {
            let character = keep.characters().get(id).await?.ok_or_else(gone)?;
            let character: Json = serde_json::from_str(&character).expect("JSON");
            let file = keep.export(domain, id).await?.bytes;
            let card = cardkeep::card::read(&file, &Limits::default())?;
            let name = cardkeep::card::summary(&card.document).name;
            assert_eq!(character["card"]["name"], name, "export and view agree");
            Ok(vec![name])
        }
        Domain::Worlds => {
            let world = keep.worlds().get(id).await?.ok_or_else(gone)?;
            let world: Json = serde_json::from_str(&world).expect("JSON");
            let health = &world["state"]["player"]["health"];
            Ok(vec![text(&world, "position"), health.to_string()])
        }
        _ => {
            let opened;
            let chat = match chat {
                Some(chat) => chat,
                None => {
                    opened = keep.chats().open(id).await?;
                    &opened
                }
            };
            let page: Json = serde_json::from_str(&chat.page(0, 1_000).await?).expect("JSON");
            let messages = page.as_array().expect("a page is a list");
            Ok(messages.iter().map(|m| short(&text(m, "text"))).collect())
        }
    }
}

/// An open page.
pub struct Tab {
    pub keep: Keep,
    /// Chats stay open, with what they remember.
    chats: RefCell<BTreeMap<String, Rc<Chat>>>,
}

impl Tab {
    /// Does it. `Ok(None)`: there is nothing to do it to. A look gives what was seen.
    pub async fn act(&self, op: Op) -> Result<Option<Option<Model>>> {
        let keep = &self.keep;
        let parse = |json: Json| Document::parse(&json.to_string()).expect("JSON");
        macro_rules! live {
            ($domain:expr, $label:expr) => {
                match self.find($domain, $label, false).await? {
                    Some(id) => id,
                    None => return Ok(None),
                }
            };
        }
        match op {
            Op::Import(domain, label) => match domain {
                Domain::Characters => drop(
                    keep.characters()
                        .import(&card_file(label), &Limits::default())
                        .await?,
                ),
                Domain::Worlds => drop(
                    keep.worlds()
                        .import(&world_file(label), &Limits::default())
                        .await?,
                ),
                _ => {
                    let options = ChatImport {
                        title: Some(label.to_string()),
                        ..ChatImport::default()
                    };
                    let bytes = chat_file(label);
                    drop(keep.chats().import(&bytes, "x.jsonl", &options).await?);
                }
            },
            Op::Change(domain, label, n) => {
                let id = live!(domain, label);
                match domain {
                    Domain::Characters => {
                        let patch = parse(json!({ "name": format!("named {n}") }));
                        drop(keep.characters().patch(&id, &patch, None).await?);
                    }
                    Domain::Worlds => {
                        let health = n.to_string();
                        drop(keep.worlds().set_stat(&id, "health", &health, None).await?);
                    }
                    _ => {
                        let said = json!({ "name": "You", "role": "user", "text": message(n) });
                        drop(self.chat(&id).await?.append(&parse(said)).await?);
                    }
                }
            }
            Op::Edit(label, at, n) => {
                let id = live!(Domain::Chats, label);
                let patch = parse(json!({ "text": message(n) }));
                let chat = self.chat(&id).await?;
                match chat.edit(at as u64, &patch, None).await {
                    Err(error) if error.kind() == Kind::NotFound => return Ok(None),
                    other => drop(other?),
                }
            }
            Op::Remove(label, at) => {
                let id = live!(Domain::Chats, label);
                match self.chat(&id).await?.remove(at as u64, None).await {
                    Err(error) if error.kind() == Kind::NotFound => return Ok(None),
                    other => other?,
                }
            }
            Op::Move(label, back) => {
                let id = live!(Domain::Worlds, label);
                let place = if back { "0,0,0" } else { "1,0,0" };
                drop(keep.worlds().move_to(&id, place, None).await?);
            }
            Op::Set(size) => drop(keep.settings().patch(&json!({ "pageSize": size })).await?),
            Op::Trash(domain, label) => {
                if self.find(domain, label, true).await?.is_some() {
                    return Ok(None);
                }
                let id = live!(domain, label);
                keep.trash(domain, &id, None).await?;
            }
            Op::Restore(domain, label) => {
                if self.find(domain, label, false).await?.is_some() {
                    return Ok(None);
                }
                match self.find(domain, label, true).await? {
                    Some(id) => drop(keep.restore(domain, &id).await?),
                    None => return Ok(None),
                }
            }
            Op::RestoreVersion(domain, label, back) => {
                let id = live!(domain, label);
                let history = keep.history(domain, &id).await?;
                match history[back]["rev"].as_u64() {
                    Some(rev) => drop(keep.restore_version(domain, &id, rev).await?),
                    None => return Ok(None),
                }
            }
            Op::Look => return self.look().await.map(|seen| Some(Some(seen))),
            Op::Maintain => drop(keep.maintain(0).await?),
        }
        Ok(Some(None))
    }

    /// What the page shows: without older states, and of the trash only the names.
    async fn look(&self) -> Result<Model> {
        let mut seen = Model {
            page_size: self.keep.settings().get().await?["pageSize"]
                .as_u64()
                .unwrap_or(0) as u32,
            ..Model::default()
        };
        for domain in DOMAINS {
            for trashed in [false, true] {
                for entry in entries(&self.keep, domain, trashed).await? {
                    let id = text(&entry, "id");
                    let state = match (trashed, domain) {
                        (true, _) => Vec::new(),
                        (false, Domain::Chats) => {
                            let chat = self.chat(&id).await?;
                            state(&self.keep, domain, &id, Some(&chat)).await?
                        }
                        (false, _) => state(&self.keep, domain, &id, None).await?,
                    };
                    let fresh = seen.things.insert(Thing {
                        domain: domain.name(),
                        label: label(domain, &entry),
                        trashed,
                        state,
                        past: Vec::new(),
                    });
                    assert!(fresh, "{} {entry} is there twice", domain.name());
                }
            }
        }
        Ok(seen)
    }

    async fn find(&self, domain: Domain, wanted: char, trashed: bool) -> Result<Option<String>> {
        let entries = entries(&self.keep, domain, trashed).await?;
        let wanted = wanted.to_string();
        // Of two with one label the one that is worked on, else the one that came last.
        let found = entries.iter().filter(|it| label(domain, it) == wanted);
        let found = found.max_by_key(|it| (it["rev"].as_u64(), text(it, "id")));
        Ok(found.map(|entry| text(entry, "id")))
    }

    async fn chat(&self, id: &str) -> Result<Rc<Chat>> {
        let known = self.chats.borrow().get(id).cloned();
        if let Some(chat) = known {
            return Ok(chat);
        }
        let chat = Rc::new(self.keep.chats().open(id).await?);
        self.chats
            .borrow_mut()
            .insert(id.to_owned(), Rc::clone(&chat));
        Ok(chat)
    }
}

/// Every state that the keep may be in.
#[derive(Debug, Clone)]
pub struct Oracle {
    possible: BTreeSet<Model>,
    /// States with what was refused in them: the log may have it where the medium has not, and
    /// then it is there after the next comparison, whatever a page has shown meanwhile.
    later: BTreeSet<Model>,
    /// Imports that were refused: after another try such a thing may be there beside its twin.
    twins: BTreeSet<Thing>,
    /// Every state that a thing ever had, for what comes back older than it was.
    ever: BTreeSet<(&'static str, String, State)>,
}

impl Default for Oracle {
    fn default() -> Oracle {
        Oracle {
            possible: BTreeSet::from([Model::default()]),
            later: BTreeSet::new(),
            twins: BTreeSet::new(),
            ever: BTreeSet::new(),
        }
    }
}

impl Oracle {
    /// Takes in what came of an operation.
    pub fn hear(
        &mut self,
        op: Op,
        outcome: &Outcome,
        seen: Option<&Model>,
    ) -> std::result::Result<(), String> {
        let before = std::mem::take(&mut self.possible);
        let refused = match outcome {
            Outcome::Failed(kind) => *kind != Kind::Conflict,
            outcome => *outcome == Outcome::Stopped,
        };
        for model in std::mem::take(&mut self.later) {
            let after = model.after(op);
            if *outcome != Outcome::Done || after.is_none() {
                self.later.insert(model);
            }
            self.later.extend(after);
        }
        for model in &before {
            let after = model.after(op);
            match (outcome, after) {
                (Outcome::Done, Some(after)) => drop(self.possible.insert(after)),
                (Outcome::Idle, None) => drop(self.possible.insert(model.clone())),
                (Outcome::Failed(Kind::Conflict), _) => drop(self.possible.insert(model.clone())),
                (Outcome::Failed(_) | Outcome::Stopped, after) => {
                    self.possible.insert(model.clone());
                    self.later.extend(after.clone());
                    self.possible.extend(after);
                }
                (Outcome::Done, None) | (Outcome::Idle, Some(_)) => {}
            }
        }
        if let (true, Op::Import(domain, label)) = (refused, op) {
            self.twins.insert(Thing::new(domain, label));
        }
        for thing in self.possible.iter().flat_map(|model| &model.things) {
            self.ever
                .insert((thing.domain, thing.label.clone(), thing.state.clone()));
        }
        if self.possible.is_empty() {
            return Err(format!(
                "{op:?} gave {outcome:?}, which fits none of {before:?}"
            ));
        }
        match seen {
            Some(seen) => self.narrow(seen),
            None => Ok(()),
        }
    }

    /// The possible states that look like this, seen in one way.
    fn fitting(&self, seen: &Model, as_seen: impl Fn(&Model) -> Model) -> BTreeSet<Model> {
        let fits = |model: &&Model| {
            let (model, mut seen) = (as_seen(model), seen.clone());
            let things = &mut seen.things;
            things.retain(|it| model.things.contains(it) || !self.twins.contains(it));
            model == seen
        };
        let fitting: BTreeSet<Model> = self.possible.iter().filter(fits).cloned().collect();
        match fitting.is_empty() {
            true => self.later.iter().filter(fits).cloned().collect(),
            false => fitting,
        }
    }

    /// Takes in what a page shows.
    fn narrow(&mut self, seen: &Model) -> std::result::Result<(), String> {
        let fitting = self.fitting(seen, plain);
        if fitting.is_empty() {
            return Err(self.unfit("a page shows", seen));
        }
        self.possible = fitting;
        Ok(())
    }

    /// Takes in everything that is in the keep.
    pub fn see(&mut self, seen: &Model) -> std::result::Result<(), String> {
        let fitting = self.fitting(seen, recent);
        if fitting.is_empty() {
            return Err(self.unfit("there is", seen));
        }
        self.possible = fitting;
        Ok(())
    }

    fn unfit(&self, what: &str, seen: &Model) -> String {
        let (possible, later) = (&self.possible, &self.later);
        format!(
            "{what} {seen:?}, acknowledged is {possible:?}, refused and perhaps there {later:?}"
        )
    }

    /// Takes in a keep that may have gone back in time, but only to states that were.
    pub fn see_older(&mut self, seen: Model) -> std::result::Result<(), String> {
        for thing in &seen.things {
            for state in thing.past.iter().chain([&thing.state]) {
                let known = (thing.domain, thing.label.clone(), state.clone());
                if !self.ever.contains(&known) {
                    return Err(format!("{known:?} is what no operation left"));
                }
            }
        }
        self.possible = BTreeSet::from([seen]);
        Ok(())
    }
}

fn plain(model: &Model) -> Model {
    let thing = |thing: &Thing| Thing {
        state: if thing.trashed {
            Vec::new()
        } else {
            thing.state.clone()
        },
        past: Vec::new(),
        ..thing.clone()
    };
    Model {
        things: model.things.iter().map(thing).collect(),
        ..model.clone()
    }
}

fn recent(model: &Model) -> Model {
    let thing = |thing: &Thing| Thing {
        past: thing.past[thing.past.len().saturating_sub(PAST)..].to_vec(),
        ..thing.clone()
    };
    Model {
        things: model.things.iter().map(thing).collect(),
        ..model.clone()
    }
}

/// A run of operations over a browser that may lie.
pub struct Run {
    pub browser: Disk,
    pub oracle: Oracle,
    tabs: Vec<Option<Tab>>,
}

impl Run {
    pub fn new(browser: Disk, tabs: usize) -> Run {
        Run {
            browser,
            oracle: Oracle::default(),
            tabs: (0..tabs).map(|_| None).collect(),
        }
    }

    /// Opens the tab, if it is not open.
    pub fn open(&mut self, tab: usize) -> Outcome {
        if self.tabs[tab].is_some() {
            return Outcome::Done;
        }
        match settled(self.browser.open()) {
            None => Outcome::Stopped,
            Some(Err(error)) => Outcome::Failed(error.kind()),
            Some(Ok(opened)) => {
                self.tabs[tab] = Some(opened);
                Outcome::Done
            }
        }
    }

    /// Does it in a tab, and compares.
    pub fn act(&mut self, tab: usize, op: Op) -> std::result::Result<Outcome, String> {
        let opened = self.open(tab);
        let Some(tab) = self.tabs[tab].as_ref() else {
            return Ok(opened);
        };
        let (outcome, seen) = match settled(tab.act(op)) {
            None => (Outcome::Stopped, None),
            Some(Err(error)) => (Outcome::Failed(error.kind()), None),
            Some(Ok(None)) => (Outcome::Idle, None),
            Some(Ok(Some(seen))) => (Outcome::Done, seen),
        };
        self.oracle.hear(op, &outcome, seen.as_ref())?;
        Ok(outcome)
    }

    /// Whether every open tab says that the second copy has everything.
    pub fn is_covered(&self) -> bool {
        let mut tabs = self.tabs.iter().flatten();
        tabs.all(|tab| tab.keep.second_copy() == SecondCopy::On)
    }

    /// Lets go of a tab in good order.
    pub fn close(&mut self, tab: usize) {
        if let Some(tab) = self.tabs[tab].take() {
            tab.keep.close();
        }
    }

    /// Everything ends where it is.
    pub fn crash(&mut self) {
        self.tabs.iter_mut().for_each(|tab| drop(tab.take()));
    }
}
