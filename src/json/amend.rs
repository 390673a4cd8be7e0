//! Changes by comparison: only what differs is written, so that a value which went
//! through JavaScript and back costs nothing of its spelling.

use super::node::{Node, Shape};
use super::{Document, Step, text};
use crate::error::Result;
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

/// With more differences than this the value is put in whole.
const MOST_CHANGES: usize = 64;

enum Change<'a> {
    Set(Node<'a>),
    Push(Node<'a>),
    Remove,
}

impl Document {
    /// A document that says `value` at `path`, changed only where it says something else.
    ///
    /// Values are compared as JavaScript would have them: the order of keys and the
    /// spelling of numbers and strings are no difference.
    ///
    /// # Errors
    /// As [`Document::set`].
    pub fn amend(&self, path: &[Step<'_>], value: Node<'_>) -> Result<Document> {
        let Some(old) = self.find(path) else {
            return self.set(path, value.raw());
        };
        let mut changes = Vec::new();
        if !compare(
            old,
            value,
            &mut path.iter().map(owned).collect(),
            &mut changes,
        ) {
            return self.set(path, value.raw());
        }
        let mut document = self.clone();
        for (path, change) in &changes {
            let path: Vec<Step<'_>> = path.iter().map(borrowed).collect();
            document = match change {
                Change::Set(value) => document.set(&path, value.raw())?,
                Change::Push(value) => document.push(&path, value.raw())?,
                Change::Remove => document.remove(&path)?,
            };
        }
        Ok(document)
    }

    /// A document with a patch laid over the object at `path`: objects are gone into, `null`
    /// removes, all else replaces.
    ///
    /// # Errors
    /// As [`Document::set`].
    pub fn lay_over(&self, path: &[Step<'_>], patch: Node<'_>) -> Result<Document> {
        let mut made = self.clone();
        for (key, value) in patch.entries() {
            let here = [path, &[Step::Key(&key)]].concat();
            let there = made.find(&here).map(Node::shape);
            made = match (value.shape(), there) {
                (Shape::Null, None) => made,
                (Shape::Null, Some(_)) => made.remove(&here)?,
                (Shape::Object, Some(Shape::Object)) => made.lay_over(&here, value)?,
                (Shape::Object, _) => made.set(&here, "{}")?.lay_over(&here, value)?,
                (_, Some(_)) => made.amend(&here, value)?,
                (_, None) => made.set(&here, value.raw())?,
            };
        }
        Ok(made)
    }
}

impl Node<'_> {
    /// Whether both say the same, as JavaScript would have it.
    pub fn same(self, other: Node<'_>) -> bool {
        match (self.shape(), other.shape()) {
            (Shape::Array, Shape::Array) => {
                let (mut these, mut those) = (self.items(), other.items());
                loop {
                    match (these.next(), those.next()) {
                        (Some(this), Some(that)) if this.same(that) => {}
                        (None, None) => return true,
                        _ => return false,
                    }
                }
            }
            (Shape::Object, Shape::Object) => {
                let (these, those) = (members(self), members(other));
                these.len() == those.len()
                    && these
                        .iter()
                        .all(|(key, this)| those.get(key).is_some_and(|that| this.same(*that)))
            }
            _ => same_leaf(self, other),
        }
    }
}

type OwnedPath = Vec<OwnedStep>;

#[derive(Clone)]
enum OwnedStep {
    Key(String),
    Index(usize),
}

fn owned(step: &Step<'_>) -> OwnedStep {
    match step {
        Step::Key(key) => OwnedStep::Key((*key).to_owned()),
        Step::Index(index) => OwnedStep::Index(*index),
    }
}

fn borrowed(step: &OwnedStep) -> Step<'_> {
    match step {
        OwnedStep::Key(key) => Step::Key(key),
        OwnedStep::Index(index) => Step::Index(*index),
    }
}

/// What a key says, and which lone surrogates are in it.
type Name<'a> = (Cow<'a, str>, Vec<u32>);

fn members(object: Node<'_>) -> HashMap<Name<'_>, Node<'_>> {
    object.keys().map(|key| (name(key), key.value())).collect()
}

fn name(key: Node<'_>) -> Name<'_> {
    let content = key.content();
    let blurred = content.contains(char::REPLACEMENT_CHARACTER);
    let lone = if blurred { replaced(key) } else { Vec::new() };
    (content, lone)
}

/// The members by their keys, of an object without lone surrogates in them.
fn entries(object: Node<'_>) -> HashMap<Cow<'_, str>, Node<'_>> {
    object.entries().collect()
}

/// Collects what turns `old` into `new`; false when there is too much of it.
fn compare<'a>(
    old: Node<'_>,
    new: Node<'a>,
    path: &mut OwnedPath,
    changes: &mut Vec<(OwnedPath, Change<'a>)>,
) -> bool {
    match (old.shape(), new.shape()) {
        (Shape::Object, Shape::Object) if is_blurred(old) || is_blurred(new) => {
            if !old.same(new) {
                changes.push((path.clone(), Change::Set(new)));
            }
        }
        (Shape::Object, Shape::Object) => {
            let (olds, news) = (entries(old), entries(new));
            // In the order of the text, each key once.
            let mut seen = HashSet::new();
            for (key, _) in old.entries() {
                if !news.contains_key(&key) && seen.insert(key.clone()) {
                    path.push(OwnedStep::Key(key.into_owned()));
                    changes.push((path.clone(), Change::Remove));
                    path.pop();
                }
            }
            let mut seen = HashSet::new();
            for (key, _) in new.entries() {
                if !seen.insert(key.clone()) {
                    continue;
                }
                let value = news[&key];
                path.push(OwnedStep::Key(key.clone().into_owned()));
                let small = match olds.get(&key) {
                    Some(old) => compare(*old, value, path, changes),
                    None => {
                        changes.push((path.clone(), Change::Set(value)));
                        changes.len() <= MOST_CHANGES
                    }
                };
                path.pop();
                if !small {
                    return false;
                }
            }
        }
        (Shape::Array, Shape::Array) => return compare_items(old, new, path, changes),
        _ if old.same(new) => {}
        _ => changes.push((path.clone(), Change::Set(new))),
    }
    changes.len() <= MOST_CHANGES
}

/// What is common at the beginning and at the end stays; what lies between is compared
/// item by item, and the rest of it goes or comes at the end.
fn compare_items<'a>(
    old: Node<'_>,
    new: Node<'a>,
    path: &mut OwnedPath,
    changes: &mut Vec<(OwnedPath, Change<'a>)>,
) -> bool {
    let olds: Vec<_> = old.items().collect();
    let news: Vec<_> = new.items().collect();
    let same = |(old, new): &(&Node<'_>, &Node<'_>)| old.same(**new);
    let first = olds.iter().zip(&news).take_while(same).count();
    let most = olds.len().min(news.len()) - first;
    let last = olds
        .iter()
        .rev()
        .zip(news.iter().rev())
        .take(most)
        .take_while(same)
        .count();
    let shrinks = news.len() <= olds.len();
    // There is no insertion in the middle: what follows one is compared one off.
    let paired = if shrinks {
        news.len() - last
    } else {
        olds.len()
    };
    for index in first..paired {
        path.push(OwnedStep::Index(index));
        let small = compare(olds[index], news[index], path, changes);
        path.pop();
        if !small {
            return false;
        }
    }
    if shrinks {
        for index in (paired..olds.len() - last).rev() {
            path.push(OwnedStep::Index(index));
            changes.push((path.clone(), Change::Remove));
            path.pop();
        }
    }
    for new in news.iter().skip(olds.len()) {
        changes.push((path.clone(), Change::Push(*new)));
    }
    changes.len() <= MOST_CHANGES
}

/// What `JSON.stringify` writes as `null` is the same as `null`.
fn same_leaf(a: Node<'_>, b: Node<'_>) -> bool {
    let nothing =
        |node: Node<'_>| node.is_null() || node.number().is_some_and(|number| !number.is_finite());
    match (a.text(), b.text()) {
        (Some(x), Some(y)) if x == y => {
            // Two different lone surrogates both read as U+FFFD.
            !x.contains(char::REPLACEMENT_CHARACTER) || replaced(a) == replaced(b)
        }
        (Some(_), _) | (_, Some(_)) => false,
        _ if nothing(a) && nothing(b) => true,
        _ => {
            a.shape() == b.shape()
                && a.number() == b.number()
                && a.boolean() == b.boolean()
                && !is_container(a)
        }
    }
}

fn is_container(node: Node<'_>) -> bool {
    matches!(node.shape(), Shape::Array | Shape::Object)
}

fn replaced(string: Node<'_>) -> Vec<u32> {
    let raw = string.raw();
    text::replaced(&raw[1..raw.len() - 1])
}

/// Whether a key has a lone surrogate in it, so that another one may read as it does.
pub(super) fn has_lone_surrogates(object: Node<'_>) -> bool {
    let lone = |unit: &u32| *unit != u32::from(char::REPLACEMENT_CHARACTER);
    object.keys().any(|key| name(key).1.iter().any(lone))
}

/// Whether two different keys may read as the same one, so that a path cannot tell them apart.
fn is_blurred(object: Node<'_>) -> bool {
    object.keys().any(|key| !name(key).1.is_empty())
}
