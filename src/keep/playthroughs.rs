//! Playthroughs: runs through worlds, each a small record beside the world it goes through.
//!
//! A move of a run writes its own row and never the world's, so that many run through one world,
//! and a world can be changed, put into the trash and brought back under them.

use super::documents::{Edit, Given, MOST_TURNS, PutDocument};
use super::domain::Domain;
use super::texts::{Form, Texts};
use super::{Exported, Keep, filename};
use crate::error::{Kind, Result, Warning};
use crate::json::Document;
use crate::store::{Change, Record, Write};
use crate::world::events::{self, Fired, On, Scene, Trigger};
use crate::world::{self, playthrough};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::cell::{Cell, RefCell};

const WORLD: &str = "playthroughs/world/";
const PERSONA: &str = "playthroughs/persona/";

/// The playthroughs of a keep.
pub struct Playthroughs(Texts);

/// Which playthroughs to list, or whose a new one is to be.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct PlaythroughFilter {
    /// Through this world.
    pub world: Option<String>,
    /// As this persona.
    pub persona: Option<String>,
    /// What a new one is called; for listing it must not be there.
    pub name: Option<String>,
}

/// Where a player is and is going to, in a world.
struct Scenes {
    skeleton: Document,
    here: Option<(String, Document)>,
    there: Option<(String, Document)>,
}

/// What came of a play, besides the run.
#[derive(Default)]
struct Played {
    now_ms: i64,
    fired: Vec<Fired>,
    warnings: Vec<Warning>,
}

/// Changes a run between two scenes.
type Play<'a> = dyn Fn(&Document, Scene<'_>, Scene<'_>, &mut Played) -> Result<Document> + 'a;

impl Played {
    fn at(now_ms: i64) -> Played {
        Played {
            now_ms,
            ..Played::default()
        }
    }

    fn follow(&mut self, run: &Document, scene: Scene<'_>, trigger: &Trigger) -> Result<Document> {
        let (run, fired) = events::run(run, scene, trigger, self.now_ms, &mut self.warnings)?;
        self.fired.extend(fired);
        Ok(run)
    }
}

fn keyed(location: Document) -> (String, Document) {
    let key = location.root().entries().next();
    let key = key.map_or_else(String::new, |(key, _)| key.into_owned());
    (key, location)
}

/// The scene at a location, an object of its key and what it says, of a world.
fn scene<'a>(location: &'a Option<(String, Document)>, world: &'a Document) -> Scene<'a> {
    let here = location.as_ref().and_then(|(key, location)| {
        let (_, location) = location.root().entries().next()?;
        Some((key.as_str(), location))
    });
    Scene {
        here,
        everywhere: world.root().get("events"),
    }
}

/// The index key of the playthroughs of a world.
pub(super) fn of_world(id: &str) -> String {
    format!("{WORLD}{id}")
}

/// Playthroughs of worlds.
pub(super) static PLAYTHROUGHS: Form = Form {
    domain: Domain::Playthroughs,
    shown: "run",
    listed: &["name", "world", "persona", "position", "visited", "level"],
    files: "playthroughs/file/",
    read: |bytes, limits| {
        let (document, warnings) = Document::of_file(bytes, limits)?;
        playthrough::check(&document)?;
        Ok((vec![document], warnings))
    },
    view: playthrough::view,
    edit: playthrough::edit,
    replace: playthrough::replace,
    filed: |_| false,
    head: |document| {
        let summary = playthrough::summary(document);
        let mut head = Map::new();
        head.insert("name".into(), summary.name.into());
        head.insert("world".into(), summary.world.into());
        if let Some(persona) = summary.persona {
            head.insert("persona".into(), persona.into());
        }
        head.insert("position".into(), summary.position.into());
        head.insert("visited".into(), summary.visited.into());
        if let Some(level) = summary.level {
            head.insert("level".into(), level.into());
        }
        head
    },
    keys,
};

/// The index keys of a playthrough.
fn keys(document: &Document) -> Vec<String> {
    let summary = playthrough::summary(document);
    let mut keys = vec![format!("{WORLD}{}", summary.world)];
    keys.extend(summary.persona.map(|persona| format!("{PERSONA}{persona}")));
    keys
}

impl Playthroughs {
    pub(super) fn new(keep: Keep) -> Playthroughs {
        Playthroughs(Texts::new(keep, &PLAYTHROUGHS))
    }

    /// The verbs that they share with other domains.
    pub fn texts(&self) -> &Texts {
        &self.0
    }

    /// The entries of a filter, newest change first, each with the `worldStatus` `ok`, `missing`
    /// or `trashed`: `{ items, unreadable }`.
    ///
    /// # Errors
    /// What the medium reports.
    pub async fn list(&self, filter: &PlaythroughFilter) -> Result<Value> {
        let wanted = [(WORLD, &filter.world), (PERSONA, &filter.persona)];
        let wanted = wanted.into_iter();
        let wanted = wanted.filter_map(|(key, id)| Some(format!("{key}{}", id.as_deref()?)));
        let mut listing = self.0.list_by(&wanted.collect::<Vec<_>>()).await?;
        if let Some(items) = listing["items"].as_array_mut() {
            self.tell_worlds(items).await?;
        }
        Ok(listing)
    }

    /// Begins a playthrough where the state of a world stands, and gives its entry.
    ///
    /// # Errors
    /// `invalid` without a world, `not-found` when there is no such world, `corrupt`, and what
    /// the medium reports.
    pub async fn create(&self, new: &PlaythroughFilter, write: Write) -> Result<Value> {
        let world = new.world.as_deref();
        let world = world.ok_or_else(|| Kind::Invalid.because("`world` is missing"))?;
        let keep = &self.0.keep;
        let record = keep.record(Domain::Worlds, world).await?;
        let state = keep.skeleton(&record).await?;
        let name = new.name.as_deref().unwrap_or_default();
        let begun = playthrough::begin(&state, world, new.persona.as_deref(), name)?;
        playthrough::check(&begun)?;
        let put = PutDocument {
            given: Given::Document(begun.bytes().to_vec()),
            id: None,
            if_rev: None,
            image: None,
        };
        told(&self.0.put_many(&[put], write).await?)
    }

    /// A playthrough as JSON: the entry, `worldStatus` and `run`; `None` when there is none.
    ///
    /// # Errors
    /// `corrupt`, and what the medium reports.
    pub async fn get(&self, id: &str) -> Result<Option<String>> {
        let Some((told, document)) = self.0.read(id).await? else {
            return Ok(None);
        };
        let world = playthrough::summary(&document).world;
        let status = self.0.keep.standing(Domain::Worlds, &[&world]).await?;
        let status = status.first().copied().unwrap_or("missing");
        let told = told.strip_suffix('}').unwrap_or(&told);
        Ok(Some(format!("{told},\"worldStatus\":\"{status}\"}}")))
    }

    /// Moves the player of a run to another location of its world. What follows from leaving the
    /// one and from coming to the other happens in the same write. Gives the entry with `fired`
    /// and `warnings`; the state before becomes an older one.
    ///
    /// # Errors
    /// `not-found` for the run and for its world, `invalid` when there is no such location,
    /// `conflict` with its sides, and what the medium reports.
    pub async fn move_to(&self, id: &str, position: &str, write: Write) -> Result<Value> {
        let wanted = world::parse_position(position)?;
        self.play(id, write, Some(wanted), &|run, from, to, played| {
            let key = to.here.map(|(key, _)| key.to_owned());
            let go = |run: &Document| playthrough::go(run, position, &|_| key.clone());
            let at = playthrough::summary(run).position;
            // Who stays leaves nothing and comes nowhere.
            if world::parse_position(&at).is_ok_and(|at| at == wanted) {
                return go(run);
            }
            let (left, came) = (Trigger::of(On::Leave), Trigger::of(On::Enter));
            let run = go(&played.follow(run, from, &left)?)?;
            played.follow(&run, to, &came)
        })
        .await
    }

    /// Has happen what follows where the player of a run is. Gives the entry with `fired` and
    /// `warnings`.
    ///
    /// # Errors
    /// As [`Playthroughs::move_to`].
    pub async fn trigger(&self, id: &str, trigger: &Trigger, write: Write) -> Result<Value> {
        self.play(id, write, None, &|run, here, _, played| {
            played.follow(run, here, trigger)
        })
        .await
    }

    /// A run and its world, as they were read or written here last; what is made of them has to
    /// ask whether they are the same still.
    fn recent(&self, id: &str) -> Option<(Record, Record)> {
        let recent = |domain: Domain, id: &str| {
            let record = self.0.keep.store().recent(domain.name(), id);
            record.filter(|record| record.trashed_ms.is_none())
        };
        let run = recent(Domain::Playthroughs, id)?;
        let world = recent(Domain::Worlds, run.head_text("world"))?;
        Some((run, world))
    }

    async fn scenes(&self, world: &Record, at: &str, to: Option<[i64; 3]>) -> Result<Scenes> {
        let keep = &self.0.keep;
        let place = async |at: Option<[i64; 3]>| match at {
            Some(at) => Ok(keep.location_at(world, at).await?.map(keyed)),
            None => Ok(None),
        };
        Ok(Scenes {
            skeleton: keep.skeleton(world).await?,
            here: place(world::parse_position(at).ok()).await?,
            there: place(to).await?,
        })
    }

    /// Changes a run by what its world has where the player is and, where one is named, at
    /// another position.
    async fn play(
        &self,
        id: &str,
        write: Write,
        to: Option<[i64; 3]>,
        play: &Play<'_>,
    ) -> Result<Value> {
        let keep = &self.0.keep;
        let mut recent = self.recent(id);
        let mut turns = 0;
        loop {
            let is_recent = recent.is_some();
            let (run, world) = match recent.take() {
                Some(both) => both,
                None => {
                    let run = keep.record(Domain::Playthroughs, id).await?;
                    let world = keep.record(Domain::Worlds, run.head_text("world")).await?;
                    (run, world)
                }
            };
            let at = run.head_text("position").to_owned();
            let scenes = match self.scenes(&world, &at, to).await {
                Err(_) if is_recent => continue,
                scenes => scenes?,
            };
            let [from, to] = [&scenes.here, &scenes.there].map(|of| scene(of, &scenes.skeleton));
            let played = RefCell::new(Played::default());
            let (elsewhere, made) = (Cell::new(false), Cell::new(false));
            let edit = |run: &Document| {
                elsewhere.set(playthrough::summary(run).position != at);
                if elsewhere.get() {
                    return Err(Kind::Conflict.because("the player was moved meanwhile"));
                }
                let mut played = played.borrow_mut();
                *played = Played::at(keep.store().now());
                let run = play(run, from, to, &mut played)?;
                made.set(true);
                Ok(run)
            };
            let world = is_recent.then_some(&world);
            match self.change(id, write, world, &edit).await {
                // What others wrote since is read now.
                Err(error) if is_recent && (error.kind() == Kind::Conflict || !made.get()) => {}
                Err(error) if elsewhere.get() && turns < MOST_TURNS && write.if_rev.is_none() => {
                    debug_assert_eq!(error.kind(), Kind::Conflict);
                    turns += 1;
                }
                settled => {
                    let mut told = settled?;
                    let played = played.into_inner();
                    told["fired"] = json!(played.fired);
                    told["warnings"] = json!(played.warnings);
                    return Ok(told);
                }
            }
        }
    }

    /// Sets a stat of the player of a run to a JSON value and gives the entry.
    ///
    /// # Errors
    /// `not-found`, `conflict` with its sides, `bad-json`, and what the medium reports.
    pub async fn set_stat(&self, id: &str, stat: &str, value: &str, write: Write) -> Result<Value> {
        let edit = |run: &Document| playthrough::set_stat(run, stat, value);
        self.change(id, write, None, &edit).await
    }

    /// The state of a run, as JSON: its world with the run laid over it.
    ///
    /// # Errors
    /// `not-found` for the run and for its world, `corrupt`, and what the medium reports.
    pub async fn state(&self, id: &str) -> Result<String> {
        Ok(world::view(&self.laid_over(id).await?.1))
    }

    pub(super) async fn export(&self, id: &str) -> Result<Exported> {
        let (record, state) = self.laid_over(id).await?;
        let name = match record.head_text("name") {
            "" => world::summary(&state).name,
            name => name.to_owned(),
        };
        Ok(Exported {
            filename: filename::safe(&name, "json"),
            media_type: "application/json",
            bytes: world::write(&state),
        })
    }

    async fn laid_over(&self, id: &str) -> Result<(Record, Document)> {
        let keep = &self.0.keep;
        let record = keep.record(Domain::Playthroughs, id).await?;
        let run = keep.document(&record).await?;
        let world = keep
            .record(Domain::Worlds, record.head_text("world"))
            .await?;
        let state = keep.document(&world).await?;
        let laid = playthrough::laid_over(&state, &run, record.changed_ms)?;
        Ok((record, laid))
    }

    /// `recent`: what of [`Store::recent`] the edit is made of besides.
    ///
    /// [`Store::recent`]: crate::store::Store::recent
    async fn change(
        &self,
        id: &str,
        write: Write,
        recent: Option<&Record>,
        edit: &dyn Fn(&Document) -> Result<Document>,
    ) -> Result<Value> {
        let missing = || Kind::NotFound.because("there is no such record");
        let make = |old: Option<&Document>, record: &mut Record, change: &mut Change| {
            let document = edit(old.ok_or_else(missing)?)?;
            PLAYTHROUGHS.put_document(record, &document, change);
            if let Some(recent) = recent {
                change.made_of(recent);
            }
            Ok(document)
        };
        let edit = Edit {
            id: Some(id),
            if_rev: write.if_rev,
            put: false,
            make: Box::new(make),
        };
        told(&self.0.documents().change(&[edit], write).await?)
    }

    async fn tell_worlds(&self, items: &mut [Value]) -> Result<()> {
        let mut worlds: Vec<String> = Vec::new();
        for item in items.iter() {
            let world = item["world"].as_str().unwrap_or_default();
            if !worlds.iter().any(|known| known == world) {
                worlds.push(world.to_owned());
            }
        }
        let ids: Vec<&str> = worlds.iter().map(String::as_str).collect();
        let standing = self.0.keep.standing(Domain::Worlds, &ids).await?;
        for item in items {
            let at = worlds.iter().position(|known| item["world"] == **known);
            let status = at.and_then(|at| standing.get(at));
            item["worldStatus"] = status.copied().unwrap_or("missing").into();
        }
        Ok(())
    }
}

/// The entry of the one record that was written.
fn told(written: &[Record]) -> Result<Value> {
    let lost = || Kind::Bug.because("a change of one record gave none back");
    Ok(PLAYTHROUGHS.entry(written.first().ok_or_else(lost)?))
}
