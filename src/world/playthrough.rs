//! Playthroughs: what one run through a world has changed. The world stays the template.
//!
//! A playthrough is a small document of its own: where the player is, what was visited, the
//! player's stats, which events happened, and at which locations something is otherwise than
//! in the template. Laid over the state of the world it gives the state of the run. Knows
//! nothing of where either is kept.

use super::view::{self};
use super::{KeyAt, coordinates, cut, parse_position, shown, touch};
use crate::error::{Kind, Result};
use crate::json::{Document, Node, Shape, quote, quote_ascii};
use crate::order;
use std::borrow::Cow;
use std::ops::Range;

/// What lists show of a playthrough.
#[derive(Debug, Clone, PartialEq)]
pub struct Summary {
    /// The world it goes through.
    pub world: String,
    /// Who the player is.
    pub persona: Option<String>,
    /// What it is called; may be empty.
    pub name: String,
    /// Where the player is, `x,y,z`.
    pub position: String,
    /// How many positions were visited.
    pub visited: usize,
    /// The player's level, where that is a number.
    pub level: Option<f64>,
}

/// A playthrough that begins where the state of a world stands. The state may lack its locations.
pub fn begin(state: &Document, world: &str, persona: Option<&str>, name: &str) -> Result<Document> {
    let root = state.root();
    let mut text = format!("{{\"world\":{}", quote(world));
    if let Some(persona) = persona {
        text.extend([",\"persona\":", &quote(persona)]);
    }
    let position = quote(&view::current(root));
    text.extend([",\"name\":", &quote(name), ",\"position\":", &position]);
    text.push_str(",\"visited\":");
    view::visited(root.get("visited_positions"), &mut text);
    let player = root.get("player").filter(|node| is_object(*node));
    text.extend([",\"player\":", player.map_or("{}", Node::raw)]);
    text.push_str(",\"turn\":0,\"events\":{},\"places\":{},\"outcomes\":[]}");
    state.sibling(&text)
}

/// Whether a document can be a playthrough.
///
/// # Errors
/// `invalid`.
pub fn check(document: &Document) -> Result<()> {
    let root = document.root();
    let world = root.get("world").and_then(Node::text);
    if world.is_none_or(|world| world.is_empty()) {
        return Err(Kind::Invalid.because("`world` must be the id of a world"));
    }
    let shapes = [
        ("persona", Shape::String),
        ("name", Shape::String),
        ("position", Shape::String),
        ("visited", Shape::Array),
        ("player", Shape::Object),
        ("turn", Shape::Number),
        ("events", Shape::Object),
        ("places", Shape::Object),
        ("outcomes", Shape::Array),
    ];
    for (key, shape) in shapes {
        if root.get(key).is_some_and(|node| node.shape() != shape) {
            let shape = format!("{shape:?}").to_lowercase();
            return Err(Kind::Invalid.because(format!("`{key}` must be of the type {shape}")));
        }
    }
    match root.get("position").and_then(Node::text) {
        Some(position) => parse_position(&position).map(drop),
        None => Err(Kind::Invalid.because("`position` must be of the form `x,y,z`")),
    }
}

/// What lists show.
pub fn summary(document: &Document) -> Summary {
    let root = document.root();
    let text = |key: &str| Some(root.get(key)?.text()?.into_owned());
    Summary {
        world: text("world").unwrap_or_default(),
        persona: text("persona"),
        name: text("name").unwrap_or_default(),
        position: text("position").unwrap_or_default(),
        visited: root.get("visited").map_or(0, Node::len),
        level: root
            .get("player")
            .and_then(|player| player.get("level")?.number())
            .filter(|level| level.is_finite()),
    }
}

/// The playthrough as strict ASCII JSON in the shape `PlaythroughState`.
pub fn view(document: &Document) -> String {
    let root = document.root();
    let known = [
        "world", "name", "position", "visited", "player", "turn", "events", "places", "outcomes",
    ];
    let mut out = String::new();
    view::object(Some(root), &known, &mut out, |key, node, out| {
        let shape = match key {
            "visited" => return view::visited(node, out),
            "player" | "events" | "places" => Shape::Object,
            "outcomes" => Shape::Array,
            "turn" => Shape::Number,
            _ => Shape::String,
        };
        match (node.filter(|node| node.shape() == shape), shape) {
            (Some(node), _) => node.strict(out),
            (None, Shape::Object) => out.push_str("{}"),
            (None, Shape::Array) => out.push_str("[]"),
            (None, Shape::Number) => out.push('0'),
            (None, _) => out.push_str(&quote_ascii("")),
        }
    });
    out
}

/// The playthrough with what `patch` names changed: `name`, `persona`, and, gone into,
/// `player`, `events` and `places`; `null` removes.
///
/// # Errors
/// `bad-option` for a field that is not known, `invalid` for one of another type.
pub fn edit(document: &Document, patch: &Document) -> Result<Document> {
    let root = patch.root();
    if !is_object(root) {
        return Err(Kind::Invalid.because("a patch must be an object of fields"));
    }
    for (key, value) in root.entries() {
        match &*key {
            "name" | "persona" => {}
            "player" | "events" | "places" if is_object(value) => {}
            "player" | "events" | "places" => {
                return Err(Kind::Invalid.because(format!("`{key}` must be an object")));
            }
            _ => {
                let detail = format!("`{key}` is no field of a playthrough that can be changed");
                return Err(Kind::BadOption.because(detail));
            }
        }
    }
    let edited = document.lay_over(&[], root)?;
    check(&edited)?;
    Ok(edited)
}

/// The playthrough with exactly these values, or a new one.
///
/// # Errors
/// As [`check`], and `invalid` for one of another world.
pub fn replace(document: Option<&Document>, wanted: &Document) -> Result<Document> {
    check(wanted)?;
    let Some(document) = document else {
        return Ok(wanted.clone());
    };
    if summary(document).world != summary(wanted).world {
        return Err(Kind::Invalid.because("the world of a playthrough stays"));
    }
    document.amend(&[], wanted.root())
}

/// The playthrough with the player at another location, which counts as visited from now on.
///
/// # Errors
/// `invalid` when the position is not of the form `x,y,z` or the world has no location there.
pub fn go(document: &Document, position: &str, key_at: &KeyAt<'_>) -> Result<Document> {
    let wanted = parse_position(position)?;
    let key = key_at(wanted).ok_or_else(|| {
        Kind::Invalid.because(format!("there is no location at `{}`", shown(position)))
    })?;
    let key = quote(&key);
    let gone = document.set(&["position".into()], &key)?;
    let visited = gone.root().get("visited").map(Node::items);
    let mut visited = visited.into_iter().flatten();
    match visited.any(|at| view::position(at) == Some(wanted)) {
        true => Ok(gone),
        false if gone.root().get("visited").is_none() => {
            gone.set(&["visited".into()], &format!("[{key}]"))
        }
        false => gone.push(&["visited".into()], &key),
    }
}

/// The playthrough with a stat of the player set to a value, a JSON text.
///
/// # Errors
/// `invalid` for a stat without a name, `bad-json` when the value is none.
pub fn set_stat(document: &Document, stat: &str, value: &str) -> Result<Document> {
    if stat.trim().is_empty() {
        return Err(Kind::Invalid.because("the stat has no name"));
    }
    let document = match document.root().get("player") {
        Some(_) => document.clone(),
        None => document.set(&["player".into()], "{}")?,
    };
    document.set(&["player".into(), stat.into()], value)
}

/// The state of a run: the world's, with what the playthrough changed in it, last at a time.
/// Where nothing was changed it is the world's, byte for byte.
///
/// # Errors
/// `too-large` over the limits that the state was read with.
pub fn laid_over(state: &Document, document: &Document, changed_ms: i64) -> Result<Document> {
    let run = document.root();
    let mut made = with_places(state, run.get("places"))?;
    let position = summary(document).position;
    if coordinates(&position) != coordinates(&view::current(state.root())) {
        made = made.set(&["current_position".into()], &quote(&position))?;
    }
    let list = |node: Option<Node<'_>>| {
        let mut out = String::new();
        view::visited(node, &mut out);
        out
    };
    if let Some(visited) = run.get("visited")
        && list(Some(visited)) != list(state.root().get("visited_positions"))
    {
        made = made.amend(&["visited_positions".into()], visited)?;
    }
    let player = run.get("player").filter(|node| is_object(*node));
    // A state without a player is not given an empty one.
    let player = player.filter(|node| !node.is_empty() || state.root().get("player").is_some());
    if let Some(player) = player {
        made = made.amend(&["player".into()], player)?;
    }
    match made.bytes() == state.bytes() {
        true => Ok(made),
        false => touch(state, &made, changed_ms),
    }
}

/// The state with who is at which location as the playthrough has it.
fn with_places(state: &Document, places: Option<Node<'_>>) -> Result<Document> {
    let Some(places) = places.filter(|places| is_object(*places) && !places.is_empty()) else {
        return Ok(state.clone());
    };
    // A state in UTF-16 is written anew.
    let state = match state.text() {
        Some(_) => state.clone(),
        None => state.sibling(state.root().raw())?,
    };
    let mut new: Vec<(Range<usize>, String)> = Vec::new();
    for map in ["locations", "unconnected_locations"] {
        let all = state.root().get(map).map(view::members).unwrap_or_default();
        for (key, location) in all {
            let Some(place) = places.get(&cut::id_of(&key, location)) else {
                continue;
            };
            put(location, place, &mut new);
        }
    }
    order::sort_by(&mut new, |a, b| a.0.start.cmp(&b.0.start));
    let text = state.text().unwrap_or_default();
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    for (place, value) in new {
        out.extend([&text[done..place.start], &value]);
        done = place.end;
    }
    out.push_str(&text[done..]);
    state.sibling(&out)
}

/// Notes what to write into the text to have a location say what it says in the run.
fn put(location: Node<'_>, place: Node<'_>, new: &mut Vec<(Range<usize>, String)>) {
    if !is_object(location) {
        return;
    }
    let mut added = String::new();
    let hidden = place
        .get("hidden")
        .filter(|value| value.boolean().is_some());
    let there = present(location, None);
    let here = present(location, Some(place));
    let npcs = (here != there).then(|| {
        let npcs: Vec<String> = here.iter().map(|npc| quote(npc)).collect();
        format!("[{}]", npcs.join(", "))
    });
    for (key, value) in [
        ("npcs", npcs),
        ("hidden", hidden.map(|node| node.raw().to_owned())),
    ] {
        match (location.get(key), value) {
            (_, None) => {}
            (Some(old), Some(value)) if old.raw() == value => {}
            (Some(old), Some(value)) => new.push((old.span(), value)),
            (None, Some(value)) => added.push_str(&format!(",{}:{value}", quote(key))),
        }
    }
    match location.keys().last() {
        _ if added.is_empty() => {}
        Some(last) => {
            let at = last.value().span().end;
            new.push((at..at, added));
        }
        None => {
            let at = location.span().start + 1;
            new.push((at..at, added.split_off(1)));
        }
    }
}

/// What a playthrough says of a location.
pub(super) fn place<'a>(run: &'a Document, id: &str) -> Option<Node<'a>> {
    run.root().get("places")?.get(id)
}

/// A place as it is in a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Here {
    /// Its id, or its key where it has none.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its description.
    pub description: String,
    /// Who is there.
    pub npcs: Vec<String>,
}

/// The first place of an object of locations as it is in a run.
pub fn here(run: &Document, locations: &Document) -> Option<Here> {
    let (key, location) = locations.root().entries().next()?;
    let id = cut::id_of(&key, location);
    let text = |key: &str| {
        let text = location.get(key).and_then(Node::text);
        text.unwrap_or_default().into_owned()
    };
    let npcs = present(location, place(run, &id));
    Some(Here {
        name: text("name"),
        description: text("description"),
        npcs: npcs.into_iter().map(Cow::into_owned).collect(),
        id,
    })
}

/// Who is at a location, as a playthrough has it.
pub(super) fn present<'a>(location: Node<'a>, place: Option<Node<'a>>) -> Vec<Cow<'a, str>> {
    let list = |of: Option<Node<'a>>, key: &str| {
        let all = of
            .and_then(|of| of.get(key))
            .into_iter()
            .flat_map(Node::items);
        all.filter_map(Node::text).collect::<Vec<_>>()
    };
    let mut present = list(Some(location), "npcs");
    let went = list(place, "went");
    present.retain(|npc| !went.contains(npc));
    for npc in list(place, "came") {
        if !present.contains(&npc) {
            present.push(npc);
        }
    }
    present
}

/// The playthrough with somebody at a location.
pub(super) fn comes(run: &Document, id: &str, npc: &str) -> Result<Document> {
    listed(&unlisted(run, id, "went", npc)?, id, "came", npc)
}

/// The playthrough with somebody gone from a location.
pub(super) fn goes(run: &Document, id: &str, npc: &str) -> Result<Document> {
    listed(&unlisted(run, id, "came", npc)?, id, "went", npc)
}

/// The playthrough with a field of what it says of a location set to a JSON text.
pub(super) fn put_place(run: &Document, id: &str, key: &str, value: &str) -> Result<Document> {
    let mut made = run.clone();
    for path in [&["places".into()][..], &["places".into(), id.into()]] {
        if made.find(path).is_none() {
            made = made.set(path, "{}")?;
        }
    }
    made.set(&["places".into(), id.into(), key.into()], value)
}

fn listed(run: &Document, id: &str, key: &str, npc: &str) -> Result<Document> {
    let path = ["places".into(), id.into(), key.into()];
    match run.find(&path).filter(|list| list.shape() == Shape::Array) {
        None => put_place(run, id, key, &format!("[{}]", quote(npc))),
        Some(list) if position_of(list, npc).is_some() => Ok(run.clone()),
        Some(_) => run.push(&path, &quote(npc)),
    }
}

fn unlisted(run: &Document, id: &str, key: &str, npc: &str) -> Result<Document> {
    let path = ["places".into(), id.into(), key.into()];
    match run.find(&path).and_then(|list| position_of(list, npc)) {
        Some(n) => run.remove(&[&path[..], &[n.into()]].concat()),
        None => Ok(run.clone()),
    }
}

fn position_of(list: Node<'_>, npc: &str) -> Option<usize> {
    list.items()
        .position(|one| one.text().is_some_and(|one| one == npc))
}

fn is_object(node: Node<'_>) -> bool {
    node.shape() == Shape::Object
}
