//! What must fit together in a state. A broken rule is told and left alone.

use super::view::position;
use super::{coordinates, cut, shown};
use crate::error::Warning;
use crate::json::{Node, Shape};
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

/// A state with more is none that people want to see listed.
const MOST_WARNINGS: usize = 100;

/// Whether a rule is one of the form of a state, which only a damaged one breaks. The others are
/// of what comes and goes: who is at a place, where a player was, which tool wrote it.
pub fn is_of_form(warning: &Warning) -> bool {
    match warning.code {
        "bad-position"
        | "duplicate-position"
        | "coordinates-differ"
        | "duplicate-location-id"
        | "placed-and-unconnected"
        | "missing"
        | "wrong-type"
        | "duplicate-event-id" => true,
        "unknown-position" => warning.path == "current_position",
        _ => false,
    }
}

pub(super) fn check(root: Node<'_>, warnings: &mut Vec<Warning>) {
    let mut broken = Broken { warnings, count: 0 };
    shapes(root, &mut broken);
    let mut known = HashSet::new();
    let mut ids: HashMap<String, String> = HashMap::new();
    for (key, location) in members(root, "locations") {
        let path = format!("locations.{}", shown(&key));
        let at = coordinates(&key);
        if at.is_none() {
            broken.tell(
                "bad-position",
                path.clone(),
                "the key is not of the form `x,y,z`",
            );
        } else if !known.insert(at) {
            broken.tell(
                "duplicate-position",
                path.clone(),
                "another location has the same position",
            );
        }
        if let Some(own) = location.get("coordinates")
            && at.is_some()
            && position(own) != at
        {
            broken.tell(
                "coordinates-differ",
                path.clone(),
                "`coordinates` and the key are different places",
            );
        }
        if let Some(id) = location.get("location_id").and_then(Node::text) {
            if let Some(other) = ids.get(id.as_ref()) {
                let message = format!("`{}` has the same `location_id`", shown(other));
                broken.tell("duplicate-location-id", path, &message);
            } else {
                ids.insert(id.into_owned(), key.into_owned());
            }
        }
    }
    let mut waiting: HashMap<String, String> = HashMap::new();
    for (key, location) in members(root, "unconnected_locations") {
        let own = location.get("location_id").and_then(Node::text);
        if ids.contains_key(own.as_deref().unwrap_or(&key)) {
            let path = format!("unconnected_locations.{}", shown(&key));
            broken.tell(
                "placed-and-unconnected",
                path,
                "the location is also on the map",
            );
        } else if let Some(own) = own {
            if let Some(other) = waiting.get(own.as_ref()) {
                let message = format!("`{}` has the same `location_id`", shown(other));
                let path = format!("unconnected_locations.{}", shown(&key));
                broken.tell("duplicate-location-id", path, &message);
            } else {
                waiting.insert(own.into_owned(), key.into_owned());
            }
        }
    }
    happenings(root, &known, &mut broken);
    match root.get("current_position") {
        None => broken.tell(
            "missing",
            "current_position".into(),
            "the state does not say where the player is",
        ),
        Some(at) if position(at).is_none() => {
            broken.tell(
                "bad-position",
                "current_position".into(),
                "the position is not of the form `x,y,z`",
            );
        }
        Some(at) if !known.contains(&position(at)) => {
            broken.tell(
                "unknown-position",
                "current_position".into(),
                "there is no location at the player's position",
            );
        }
        Some(_) => {}
    }
    for (n, at) in root
        .get("visited_positions")
        .into_iter()
        .flat_map(Node::items)
        .enumerate()
    {
        if !known.contains(&position(at)) || position(at).is_none() {
            broken.tell(
                "unknown-position",
                format!("visited_positions[{n}]"),
                "there is no location at a visited position",
            );
        }
    }
    broken.settle();
}

/// What events name: each other, places, positions.
fn happenings<'a>(root: Node<'a>, known: &HashSet<Option<[i64; 3]>>, broken: &mut Broken<'_>) {
    let mut places: HashSet<String> = HashSet::new();
    let mut events = Vec::new();
    let mut take = |path: String, holder: Node<'a>| {
        let own = holder.get("events").into_iter().flat_map(Node::items);
        events.extend(
            own.enumerate()
                .map(|(n, event)| (format!("{path}events[{n}]"), event)),
        );
    };
    for group in ["locations", "unconnected_locations"] {
        for (key, location) in members(root, group) {
            places.insert(cut::id_of(&key, location));
            take(format!("{group}.{}.", shown(&key)), location);
        }
    }
    take(String::new(), root);
    let mut ids: HashSet<Cow<'_, str>> = HashSet::new();
    for (path, event) in &events {
        if let Some(id) = event.get("id").and_then(Node::text)
            && !ids.insert(id)
        {
            broken.tell(
                "duplicate-event-id",
                path.clone(),
                "another event has the same id",
            );
        }
    }
    for (path, event) in events {
        let list = |key: &str| event.get(key).into_iter().flat_map(Node::items);
        let named = |key: &'static str, of: Node<'a>| of.get(key).and_then(Node::text);
        let mut tell = |code, found: bool, what: &str, name: &str| {
            if !found {
                let message = format!("there is no {what} `{}`", shown(name));
                broken.tell(code, path.clone(), &message);
            }
        };
        if let Some(id) = event.text() {
            tell("unknown-event", ids.contains(&id), "event", &id);
        }
        for condition in list("conditions") {
            if let Some(id) = named("event", condition) {
                tell("unknown-event", ids.contains(&id), "event", &id);
            }
            if let Some(at) = named("visited", condition) {
                tell(
                    "unknown-position",
                    known.contains(&coordinates(&at)),
                    "location at",
                    &at,
                );
            }
        }
        let told = [event].into_iter().chain(list("effects"));
        for of in told
            .flat_map(|of| [named("at", of), named("reveal", of)])
            .flatten()
        {
            tell("unknown-location", places.contains(&*of), "location", &of);
        }
    }
}

/// Members of the wrong shape, and a version from the future.
fn shapes(root: Node<'_>, broken: &mut Broken<'_>) {
    let objects = ["metadata", "locations", "unconnected_locations", "player"];
    let wanted = objects.map(|key| (key, Shape::Object, "an object"));
    for (key, shape, words) in
        wanted
            .into_iter()
            .chain([("visited_positions", Shape::Array, "a list")])
    {
        if root.get(key).is_some_and(|node| node.shape() != shape) {
            broken.tell("wrong-type", key.into(), &format!("{words} was wanted"));
        }
    }
    for group in ["locations", "unconnected_locations"] {
        for (key, location) in members(root, group) {
            let path = || format!("{group}.{}", shown(&key));
            if location.shape() != Shape::Object {
                broken.tell("wrong-type", path(), "an object was wanted");
            }
            for (name, shape, words) in [
                ("location_id", Shape::String, "a text"),
                ("name", Shape::String, "a text"),
                ("description", Shape::String, "a text"),
                ("npcs", Shape::Array, "a list"),
                ("events", Shape::Array, "a list"),
            ] {
                let own = location.get(name).filter(|own| !own.is_null());
                if own.is_some_and(|own| own.shape() != shape) {
                    let path = format!("{}.{name}", path());
                    broken.tell("wrong-type", path, &format!("{words} was wanted"));
                }
            }
        }
    }
    if is_newer(root) {
        broken.tell(
            "newer-version",
            "metadata.version".into(),
            "the state is of a newer version than 1: it can be read, played and exported, not changed",
        );
    }
}

/// Whether a state is of a version whose shape is not known here.
pub(super) fn is_newer(root: Node<'_>) -> bool {
    let version = root
        .get("metadata")
        .and_then(|metadata| metadata.get("version"))
        .or(root.get("version"));
    let major = version.and_then(|version| {
        let text = version.text().unwrap_or(version.raw().into());
        let text = text.trim().trim_start_matches(['v', 'V']);
        text.split('.').next()?.trim().parse::<f64>().ok()
    });
    major.is_some_and(|major| major > 1.0)
}

fn members<'a>(root: Node<'a>, key: &str) -> impl Iterator<Item = (Cow<'a, str>, Node<'a>)> {
    root.get(key).into_iter().flat_map(Node::entries)
}

struct Broken<'w> {
    warnings: &'w mut Vec<Warning>,
    count: usize,
}

impl Broken<'_> {
    fn tell(&mut self, code: &'static str, path: String, message: &str) {
        self.count += 1;
        if self.count <= MOST_WARNINGS {
            self.warnings.push(Warning::noticed(code, path, message));
        }
    }

    fn settle(self) {
        if let Some(more) = self
            .count
            .checked_sub(MOST_WARNINGS)
            .filter(|more| *more > 0)
        {
            let message = format!("{more} more rules are broken");
            self.warnings
                .push(Warning::noticed("more-warnings", "", message));
        }
    }
}
