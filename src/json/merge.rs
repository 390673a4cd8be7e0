//! Bringing two changes of one value together.

use super::amend::has_lone_surrogates;
use super::node::{Node, Shape};
use super::{Document, quote_ascii};
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::hash::Hash;

/// Under which names the items of a list say who they are.
const IDS: [&str; 2] = ["id", "uid"];

/// What [`merge`] gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merged {
    /// The value with the changes of both sides, as JSON.
    pub merged: String,
    /// Where both sides say something else, in the order of the text.
    pub conflicts: Vec<Clash>,
}

/// A place that both sides changed, and differently. The texts are JSON; `None`: absent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clash {
    /// Such as `data.tags` or `entries[id=5].content`; empty for the value itself.
    pub path: String,
    /// What it was.
    pub base: Option<String>,
    /// What the one made of it.
    pub mine: Option<String>,
    /// What the other made of it.
    pub theirs: Option<String>,
}

/// Brings the changes of two sides together that began with the same value.
///
/// Objects are merged key by key; lists of objects that all have an `id` (or `uid`) of
/// their own item by item; any other value is one. What one side changed is taken; what
/// both changed alike too. Where they differ the place is listed, and the merged value has
/// mine, unless mine removes what theirs changed: a change wins over a removal.
///
/// Without a base every difference is one that both made.
///
/// ```
/// use cardkeep::json::{Document, merge};
///
/// let read = |text: &str| Document::parse(text);
/// let base = read(r#"{"name": "Ann", "tags": ["a"], "age": 3}"#)?;
/// let mine = read(r#"{"name": "Bea", "tags": ["a"], "age": 4}"#)?;
/// let theirs = read(r#"{"name": "Ann", "tags": ["a", "b"], "age": 5}"#)?;
/// let found = merge(Some(&base), &mine, &theirs);
/// assert_eq!(found.merged, r#"{"name":"Bea","tags":["a", "b"],"age":4}"#);
/// assert_eq!(found.conflicts[0].path, "age");
/// # Ok::<(), cardkeep::error::Error>(())
/// ```
pub fn merge(base: Option<&Document>, mine: &Document, theirs: &Document) -> Merged {
    let mut merge = Merge::default();
    let sides = Sides {
        base: base.map(Document::root),
        mine: Some(mine.root()),
        theirs: Some(theirs.root()),
    };
    let merged = merge.value(sides);
    Merged {
        merged: merged.unwrap_or_else(|| "null".to_owned()),
        conflicts: merge.conflicts,
    }
}

#[derive(Clone, Copy)]
struct Sides<'a> {
    base: Option<Node<'a>>,
    mine: Option<Node<'a>>,
    theirs: Option<Node<'a>>,
}

#[derive(Default)]
struct Merge {
    path: Vec<String>,
    conflicts: Vec<Clash>,
}

impl Merge {
    /// The merged value as strict JSON; `None`: it is absent.
    fn value(&mut self, sides: Sides<'_>) -> Option<String> {
        let Sides { base, mine, theirs } = sides;
        if same(mine, theirs) || same(base, theirs) {
            return mine.map(strict);
        }
        if same(base, mine) {
            return theirs.map(strict);
        }
        if let (Some(mine), Some(theirs)) = (mine, theirs) {
            let base = base.filter(|base| base.shape() == mine.shape());
            match (mine.shape(), theirs.shape()) {
                // Where keys cannot be told apart the whole is one value.
                (Shape::Object, Shape::Object)
                    if ![base, Some(mine), Some(theirs)]
                        .into_iter()
                        .flatten()
                        .any(has_lone_surrogates) =>
                {
                    return Some(self.object(base, mine, theirs));
                }
                (Shape::Array, Shape::Array) => {
                    if let Some(merged) = self.list(base, mine, theirs) {
                        return Some(merged);
                    }
                }
                _ => {}
            }
        }
        self.conflicts.push(Clash {
            path: self.path.concat(),
            base: base.map(strict),
            mine: mine.map(strict),
            theirs: theirs.map(strict),
        });
        mine.or(theirs).map(strict)
    }

    fn object(&mut self, base: Option<Node<'_>>, mine: Node<'_>, theirs: Node<'_>) -> String {
        let (mines, others) = (members(mine), members(theirs));
        let bases = base.map(members).unwrap_or_default();
        let known = base.map(keys).unwrap_or_default();
        let keys = order(&known, &keys(mine), &keys(theirs));
        let mut out = String::from("{");
        for key in &keys {
            let dot = if self.path.is_empty() { "" } else { "." };
            self.path.push(format!("{dot}{key}"));
            let merged = self.value(Sides {
                base: bases.get(key).copied(),
                mine: mines.get(key).copied(),
                theirs: others.get(key).copied(),
            });
            self.path.pop();
            if let Some(merged) = merged {
                if out.len() > 1 {
                    out.push(',');
                }
                out.push_str(&quote_ascii(key));
                out.push(':');
                out.push_str(&merged);
            }
        }
        out.push('}');
        out
    }

    /// Lists whose items have ids; `None` when they are not such lists.
    fn list(&mut self, base: Option<Node<'_>>, mine: Node<'_>, theirs: Node<'_>) -> Option<String> {
        let all = || base.into_iter().chain([mine, theirs]);
        let name = IDS
            .into_iter()
            .find(|name| all().all(|list| items(list, name).is_some()))?;
        let bases = match base {
            Some(base) => items(base, name)?,
            None => Vec::new(),
        };
        let (mines, others) = (items(mine, name)?, items(theirs, name)?);
        let ids = |items: &Items<'_>| items.iter().map(|(id, _)| id.clone()).collect::<Vec<_>>();
        let order = order(&ids(&bases), &ids(&mines), &ids(&others));
        let [bases, mines, others] =
            [bases, mines, others].map(|items| items.into_iter().collect::<HashMap<_, _>>());
        let mut merged = Vec::with_capacity(order.len());
        for id in &order {
            self.path.push(format!("[{name}={id}]"));
            merged.extend(self.value(Sides {
                base: bases.get(id).copied(),
                mine: mines.get(id).copied(),
                theirs: others.get(id).copied(),
            }));
            self.path.pop();
        }
        Some(format!("[{}]", merged.join(",")))
    }
}

type Items<'a> = Vec<(String, Node<'a>)>;

/// The items of a list by their ids; `None` when one has none, or one that is not its own.
fn items<'a>(list: Node<'a>, name: &str) -> Option<Items<'a>> {
    let mut seen = HashSet::new();
    let item = |item: Node<'a>| {
        let id = match item.shape() {
            Shape::Object => item.get(name)?,
            _ => return None,
        };
        match id.shape() {
            Shape::String | Shape::Number => Some((strict(id), item)),
            _ => None,
        }
    };
    let items: Items<'a> = list.items().map(item).collect::<Option<_>>()?;
    items
        .iter()
        .all(|(id, _)| seen.insert(id.clone()))
        .then_some(items)
}

/// All keys of two sides: in the order of the side that moved some, those of the other
/// behind the ones they stood behind there.
fn order<T: Clone + Eq + Hash>(base: &[T], mine: &[T], theirs: &[T]) -> Vec<T> {
    let [in_base, in_mine, in_theirs] =
        [base, mine, theirs].map(|keys| keys.iter().collect::<HashSet<_>>());
    let of_all =
        |key: &&T| in_base.contains(key) && in_mine.contains(key) && in_theirs.contains(key);
    let moved = !base.iter().filter(of_all).eq(mine.iter().filter(of_all));
    let (first, second) = if moved {
        (mine, theirs)
    } else {
        (theirs, mine)
    };
    let mut order = first.to_vec();
    let in_first = if moved { &in_mine } else { &in_theirs };
    let mut at = 0;
    for key in second {
        if in_first.contains(key) {
            at = order
                .iter()
                .position(|known| known == key)
                .map_or(at, |place| place + 1);
        } else {
            order.insert(at, key.clone());
            at += 1;
        }
    }
    order
}

fn members<'a>(object: Node<'a>) -> HashMap<Cow<'a, str>, Node<'a>> {
    object.entries().collect()
}

/// The keys of an object, each once.
fn keys<'a>(object: Node<'a>) -> Vec<Cow<'a, str>> {
    let mut seen = HashSet::new();
    let keys = object.entries().map(|(key, _)| key);
    keys.filter(|key| seen.insert(key.clone())).collect()
}

fn same(a: Option<Node<'_>>, b: Option<Node<'_>>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => a.same(b),
        (a, b) => a.is_none() && b.is_none(),
    }
}

fn strict(node: Node<'_>) -> String {
    let mut out = String::new();
    node.strict(&mut out);
    out
}
