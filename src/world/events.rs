//! Events of a world: data that say when something happens and what, and the pure function that
//! has them happen in a playthrough.
//!
//! An event is an object in the `events` of a location, or of the world itself:
//! `{ id, name?, at?, trigger, conditions?, effects?, once? }`. Nothing in it is code. What cannot
//! be understood does not happen, and is told. An effect starts no other event. Knows nothing of
//! where anything is kept, and posts nothing by itself: what is to be said is in the result.

use super::{coordinates, cut, playthrough, shown, view};
use crate::error::{Kind, Result, Warning};
use crate::json::{Document, Node, Shape, quote};
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;

/// So many outcomes are remembered; the oldest give way.
const MOST_OUTCOMES: usize = 200;

/// What happens, so that events may follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum On {
    /// The player came to a location.
    Enter,
    /// The player goes away from a location.
    Leave,
    /// Somebody was talked to.
    Talk,
    /// A turn was taken.
    Turns,
    /// The app wants it so.
    Manual,
}

/// Something that happens.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trigger {
    /// What it is.
    pub on: On,
    /// Who was talked to.
    #[serde(default)]
    pub npc: Option<String>,
    /// The only event that may follow.
    #[serde(default)]
    pub event: Option<String>,
}

impl Trigger {
    /// Something that has no further side.
    pub fn of(on: On) -> Trigger {
        Trigger {
            on,
            npc: None,
            event: None,
        }
    }
}

/// A message that an event wants posted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Post {
    /// Who says it: `system` where the event does not say.
    pub role: String,
    /// What is said.
    pub text: String,
}

/// An event that happened.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Fired {
    /// Its id.
    pub event: String,
    /// Its name, or its id.
    pub name: String,
    /// The id of the location where it happened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// What it is about to have said.
    pub messages: Vec<Post>,
}

/// Where events are looked for.
#[derive(Clone, Copy)]
pub struct Scene<'a> {
    /// The location, by its key and what it says.
    pub here: Option<(&'a str, Node<'a>)>,
    /// The events of the world itself.
    pub everywhere: Option<Node<'a>>,
}

impl<'a> Scene<'a> {
    /// The scene at a position of a whole state.
    pub fn of(state: &'a Document, key: &'a str) -> Scene<'a> {
        let locations = state.root().get("locations");
        let at = coordinates(key);
        let mut all = locations.into_iter().flat_map(Node::entries);
        let here = all.find(|(name, _)| at.is_some() && coordinates(name) == at);
        Scene {
            here: here.map(|(_, location)| (key, location)),
            everywhere: state.root().get("events"),
        }
    }

    fn id(&self) -> Option<String> {
        self.here.map(|(key, location)| cut::id_of(key, location))
    }
}

/// Has the events of a scene happen that follow from a trigger: the playthrough after them, and
/// which they were, in order.
///
/// # Errors
/// `too-large` over the limits that the playthrough was read with.
pub fn run(
    run: &Document,
    scene: Scene<'_>,
    trigger: &Trigger,
    now_ms: i64,
    warnings: &mut Vec<Warning>,
) -> Result<(Document, Vec<Fired>)> {
    let mut document = run.clone();
    if trigger.on == On::Turns {
        let turn = turn(&document) + 1;
        document = document.set(&["turn".into()], &turn.to_string())?;
    }
    let mut fired = Vec::new();
    let here = scene.here.and_then(|(_, location)| location.get("events"));
    let local = here
        .into_iter()
        .flat_map(Node::items)
        .map(|event| (event, true));
    let global = scene.everywhere.into_iter().flat_map(Node::items);
    for (event, local) in local.chain(global.map(|event| (event, false))) {
        // Files of earlier tools have texts and other things here.
        let Some(id) = event.get("id").and_then(Node::text) else {
            continue;
        };
        if event.get("trigger").is_none() {
            continue;
        }
        let place = scene.id();
        match happen(&document, scene, event, &id, trigger, now_ms) {
            Ok(Some((after, messages))) => {
                document = after;
                let name = event.get("name").and_then(Node::text);
                fired.push(Fired {
                    name: name.unwrap_or_else(|| id.clone()).into_owned(),
                    event: id.into_owned(),
                    location: place,
                    messages,
                });
            }
            Ok(None) => {}
            Err(error) if is_its_own(error.kind()) => {
                let origin = if local { "locations" } else { "events" };
                let path = format!("{origin}.{}", shown(&id));
                warnings.push(Warning::noticed(
                    "bad-event",
                    path,
                    error.detail().to_owned(),
                ));
            }
            Err(error) => return Err(error),
        }
    }
    Ok((document, fired))
}

/// The playthrough after an event and what it has said; `None` when it does not happen.
fn happen(
    run: &Document,
    scene: Scene<'_>,
    event: Node<'_>,
    id: &str,
    trigger: &Trigger,
    now_ms: i64,
) -> Result<Option<(Document, Vec<Post>)>> {
    if trigger.event.as_deref().is_some_and(|wanted| wanted != id) {
        return Ok(None);
    }
    let place = scene.id();
    let at = event.get("at").and_then(Node::text);
    if at.is_some_and(|at| place.as_deref() != Some(&*at)) {
        return Ok(None);
    }
    let count = count(run, id);
    let once = event.get("once").and_then(Node::boolean) == Some(true);
    if (once && count > 0) || !follows(event, trigger, turn(run))? {
        return Ok(None);
    }
    for condition in event.get("conditions").into_iter().flat_map(Node::items) {
        if !holds(run, scene, condition)? {
            return Ok(None);
        }
    }
    let mut after = run.clone();
    let mut messages = Vec::new();
    for effect in event.get("effects").into_iter().flat_map(Node::items) {
        after = apply(&after, place.as_deref(), effect, &mut messages)?;
    }
    for key in ["events", "outcomes"] {
        if after.root().get(key).is_none() {
            let empty = if key == "events" { "{}" } else { "[]" };
            after = after.set(&[key.into()], empty)?;
        }
    }
    let state = format!("{{\"count\":{},\"at\":{now_ms}}}", count + 1);
    after = after.set(&["events".into(), id.into()], &state)?;
    let mut outcome = format!("{{\"event\":{},\"at\":{now_ms}", quote(id));
    if let Some(place) = &place {
        outcome.extend([",\"location\":", &quote(place)]);
    }
    if let Some(effects) = event.get("effects") {
        outcome.extend([",\"changes\":", effects.raw()]);
    }
    outcome.push('}');
    after = after.push(&["outcomes".into()], &outcome)?;
    if after.root().get("outcomes").map_or(0, Node::len) > MOST_OUTCOMES {
        after = after.remove(&["outcomes".into(), 0.into()])?;
    }
    Ok(Some((after, messages)))
}

/// Whether an event may follow from a trigger.
fn follows(event: Node<'_>, trigger: &Trigger, turn: u64) -> Result<bool> {
    let wanted = event.get("trigger").filter(|node| !node.is_null());
    let wanted = wanted.ok_or_else(|| wrong("a trigger is missing"))?;
    let on = match wanted.shape() {
        Shape::Object => wanted.get("on").and_then(Node::text),
        _ => wanted.text(),
    };
    let on = match on.as_deref() {
        Some("enter") => On::Enter,
        Some("leave") => On::Leave,
        Some("talk") => On::Talk,
        Some("turns") => On::Turns,
        Some("manual") => On::Manual,
        _ => {
            return Err(wrong(
                "the trigger is none of enter, leave, talk, turns, manual",
            ));
        }
    };
    if on != trigger.on {
        return Ok(false);
    }
    let number = |key: &str| -> Result<Option<u64>> {
        match wanted.get(key).map(Node::number) {
            None => Ok(None),
            Some(Some(n)) if n >= 1.0 && n.fract() == 0.0 && n < 1e15 => Ok(Some(n as u64)),
            Some(_) => Err(wrong("turns are counted in whole numbers from 1")),
        }
    };
    Ok(match on {
        On::Talk => match wanted.get("npc").and_then(Node::text) {
            Some(npc) => trigger.npc.as_deref() == Some(&*npc),
            None => true,
        },
        On::Turns => {
            let every = number("every")?.is_none_or(|every| turn.is_multiple_of(every));
            every && number("after")?.is_none_or(|after| turn >= after)
        }
        On::Enter | On::Leave | On::Manual => true,
    })
}

/// Whether a condition holds: of a stat, a visit, an event that happened, somebody who is here.
fn holds(run: &Document, scene: Scene<'_>, condition: Node<'_>) -> Result<bool> {
    let text = |key: &str| condition.get(key).and_then(Node::text);
    let root = run.root();
    let held = if let Some(stat) = text("stat") {
        let there = root.get("player").and_then(|player| player.get(&stat));
        let value = condition.get("value");
        let value = value.ok_or_else(|| wrong("a condition of a stat has a value"))?;
        let order = there.and_then(|there| compare(there, value));
        let same = there.is_some_and(|there| there.same(value));
        match text("is").as_deref().unwrap_or("=") {
            "=" => same,
            "!=" => !same,
            ">" => order == Some(Ordering::Greater),
            "<" => order == Some(Ordering::Less),
            ">=" => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
            "<=" => matches!(order, Some(Ordering::Less | Ordering::Equal)),
            _ => return Err(wrong("`is` is none of =, !=, >, <, >=, <=")),
        }
    } else if let Some(at) = text("visited") {
        let wanted = coordinates(&at).ok_or_else(|| wrong("`visited` is no position"))?;
        let visited = root.get("visited").into_iter().flat_map(Node::items);
        let mut visited = visited.filter_map(view::position);
        visited.any(|at| at == wanted)
    } else if let Some(event) = text("event") {
        count(run, &event) > 0
    } else if let Some(npc) = text("npc") {
        let here = scene.here.map(|(key, location)| {
            playthrough::present(
                location,
                playthrough::place(run, &cut::id_of(key, location)),
            )
        });
        here.is_some_and(|here| here.iter().any(|one| *one == *npc))
    } else {
        return Err(wrong("a condition is of none of stat, visited, event, npc"));
    };
    Ok(held != (condition.get("not").and_then(Node::boolean) == Some(true)))
}

fn compare(there: Node<'_>, value: Node<'_>) -> Option<Ordering> {
    match (there.number(), value.number()) {
        (Some(there), Some(value)) => there.partial_cmp(&value),
        _ => Some(there.text()?.cmp(&value.text()?)),
    }
}

/// The playthrough after an effect.
fn apply(
    run: &Document,
    here: Option<&str>,
    effect: Node<'_>,
    messages: &mut Vec<Post>,
) -> Result<Document> {
    let text = |key: &str| effect.get(key).and_then(Node::text);
    let place = || {
        let named = text("at").map(|at| at.into_owned());
        let place = named.or_else(|| here.map(str::to_owned));
        place.ok_or_else(|| wrong("an effect on a location does not say on which"))
    };
    if let Some(stat) = text("set") {
        let to = effect.get("to").ok_or_else(|| wrong("`set` has no `to`"))?;
        playthrough::set_stat(run, &stat, to.raw())
    } else if let Some(stat) = text("add") {
        let by = effect.get("by").and_then(Node::number);
        let by = by.ok_or_else(|| wrong("`add` has no number `by`"))?;
        let there = run
            .root()
            .get("player")
            .and_then(|player| player.get(&stat));
        let there = match there {
            None => 0.0,
            Some(there) => there
                .number()
                .ok_or_else(|| wrong("the stat is no number"))?,
        };
        playthrough::set_stat(run, &stat, &spelled(there + by)?)
    } else if let Some(npc) = text("add_npc") {
        playthrough::comes(run, &place()?, &npc)
    } else if let Some(npc) = text("remove_npc") {
        playthrough::goes(run, &place()?, &npc)
    } else if let Some(id) = text("reveal") {
        playthrough::put_place(run, &id, "hidden", "false")
    } else if let Some(said) = text("post") {
        messages.push(Post {
            role: text("role").unwrap_or("system".into()).into_owned(),
            text: said.into_owned(),
        });
        Ok(run.clone())
    } else {
        let known = "set, add, add_npc, remove_npc, reveal, post";
        Err(wrong(&format!("an effect is none of {known}")))
    }
}

/// A number as JSON.
fn spelled(number: f64) -> Result<String> {
    match number {
        n if !n.is_finite() => Err(wrong("the stat leaves what numbers can say")),
        n if n.fract() == 0.0 && n.abs() < 1e15 => Ok((n as i64).to_string()),
        n => Ok(n.to_string()),
    }
}

/// How often an event happened.
fn count(run: &Document, event: &str) -> u64 {
    let events = run.root().get("events");
    let count = events.and_then(|events| events.get(event)?.get("count")?.number());
    count.map_or(0, |count| count as u64)
}

fn turn(run: &Document) -> u64 {
    let turn = run.root().get("turn").and_then(Node::number);
    turn.map_or(0, |turn| turn as u64)
}

/// Whether an event is to blame for a failure, or what a run says of a place.
fn is_its_own(kind: Kind) -> bool {
    matches!(kind, Kind::Invalid | Kind::BadJson | Kind::NoSuchPath)
}

fn wrong(detail: &str) -> crate::error::Error {
    Kind::Invalid.because(detail)
}
