//! Changes to a card's fields, in every place where its dialect keeps them.

use super::agnai;
use super::spec::Spec;
use super::view::{self, FIELDS, Field, Value};
use crate::error::{Error, Kind, Result};
use crate::json::{Document, Node, Shape, Step, quote};
use crate::order;

/// The document with the fields that `patch` names changed, and nothing else.
pub(super) fn edit(document: &Document, patch: &Document) -> Result<Document> {
    let root = patch.root();
    if root.shape() != Shape::Object {
        return Err(Kind::Invalid.because("a patch must be an object of fields"));
    }
    let mut edited = document.clone();
    for (field, new, wanted) in given(root)? {
        let old = view::value(document, field, &mut Vec::new());
        if !same(field, &old, &wanted) {
            edited = put(&edited, field, new)?;
        }
    }
    Ok(edited)
}

/// The fields that an object has, in the order they are told, each with what it is to say.
fn given(root: Node<'_>) -> Result<Vec<(&'static Field, Node<'_>, Value<'_>)>> {
    for (key, _) in root.entries() {
        if !FIELDS.iter().any(|field| field.key == key) {
            return Err(Kind::BadOption
                .because(format!("`{key}` is no field of a card that can be changed")));
        }
    }
    let mut given = Vec::new();
    for field in FIELDS {
        if let Some(new) = root.get(field.key) {
            given.push((field, new, checked(field, new)?));
        }
    }
    Ok(given)
}

/// The document that has these fields and no others; extensions stay where none are given.
/// Without a document a new one, V3 where only that has a field that is given.
pub(super) fn replace(document: Option<&Document>, fields: &Document) -> Result<Document> {
    let Some(document) = document else {
        return made(fields);
    };
    let root = fields.root();
    let others = FIELDS
        .iter()
        .filter(|field| field.kind != view::Kind::Extensions);
    let others = others.filter(|field| root.get(field.key).is_none());
    let others = object(others.map(|field| (field, empty(field))));
    edit(&edit(document, &fields.sibling(&others)?)?, fields)
}

/// A new document with these fields: V3 where only that has a field that is given.
fn made(fields: &Document) -> Result<Document> {
    let given = given(fields.root())?;
    let says = |(field, new, wanted): &&(&Field, Node<'_>, Value<'_>)| {
        let empty = new.shape() == Shape::Array && new.is_empty();
        field.since_v3 && !matches!(wanted, Value::Absent) && !new.is_null() && !empty
    };
    let spec = match given.iter().find(says) {
        Some(_) => Spec::V3,
        None => Spec::V2,
    };
    let of_spec = FIELDS
        .iter()
        .filter(|field| spec == Spec::V3 || !field.since_v3);
    let members = of_spec.filter_map(|field| {
        let new = given.iter().find(|(of, ..)| of.key == field.key);
        match new {
            Some((_, new, _)) if !new.is_null() => Some((field, new.raw())),
            _ if may_be_absent(field) => None,
            _ => Some((field, empty(field))),
        }
    });
    let (name, version) = spec.spelled();
    let data = object(members);
    fields.sibling(&format!(
        r#"{{"spec":"{name}","spec_version":"{version}","data":{data}}}"#
    ))
}

/// A field with nothing in it.
fn empty(field: &Field) -> &'static str {
    match field.kind {
        _ if may_be_absent(field) => "null",
        view::Kind::List => "[]",
        view::Kind::Extensions => "{}",
        view::Kind::Text | view::Kind::Any => "\"\"",
    }
}

/// Fields and what they say, as JSON.
fn object<'a>(fields: impl Iterator<Item = (&'a Field, &'a str)>) -> String {
    let mut object = String::from("{");
    for (field, value) in fields {
        if object.len() > 1 {
            object.push(',');
        }
        object.extend(["\"", field.key, "\":", value]);
    }
    object.push('}');
    object
}

fn may_be_absent(field: &Field) -> bool {
    field.kind == view::Kind::Any || field.key == "nickname"
}

/// The value when it is of the field's type. `null` removes what may be absent.
fn checked<'a>(field: &Field, new: Node<'a>) -> Result<Value<'a>> {
    let wrong =
        |what: &str| -> Error { Kind::Invalid.because(format!("`{}` must be {what}", field.key)) };
    match field.kind {
        _ if new.is_null() && may_be_absent(field) => Ok(Value::Absent),
        view::Kind::Text if new.shape() == Shape::String => Ok(Value::Text(view::Text::Own(new))),
        view::Kind::Text => Err(wrong("a string")),
        view::Kind::List => {
            let all = new.shape() == Shape::Array
                && new.items().all(|item| item.shape() == Shape::String);
            if all {
                Ok(Value::List(new.items().map(view::Text::Own).collect()))
            } else {
                Err(wrong("a list of strings"))
            }
        }
        view::Kind::Extensions if new.shape() == Shape::Object => Ok(Value::Json(new)),
        view::Kind::Extensions => Err(wrong("an object")),
        view::Kind::Any => Ok(Value::Json(new)),
    }
}

/// Extensions that are missing are told as empty ones, so these are no change.
fn same(field: &Field, old: &Value<'_>, new: &Value<'_>) -> bool {
    match (old, new) {
        (Value::Absent, Value::Json(node)) if field.kind == view::Kind::Extensions => {
            node.is_empty()
        }
        _ => old.same(new),
    }
}

fn put(document: &Document, field: &Field, new: Node<'_>) -> Result<Document> {
    let root = document.root();
    let mut names = field.names(root);
    let mut at_root: Vec<&str> = names
        .clone()
        .filter(|name| root.get(name).is_some())
        .collect();
    let nested = view::data(document).is_some();
    if !nested && at_root.is_empty() && !new.is_null() {
        at_root.extend(names.next());
    }
    let mut edited = document.clone();
    if nested {
        edited = put_at(&edited, &["data".into(), field.key.into()], new)?;
    }
    for name in at_root {
        edited = put_at(&edited, &[name.into()], new)?;
    }
    Ok(edited)
}

fn put_at(document: &Document, path: &[Step<'_>], new: Node<'_>) -> Result<Document> {
    match document.find(path) {
        None if new.is_null() => Ok(document.clone()),
        Some(_) if new.is_null() => document.remove(path),
        // Where the file keeps a list as one text, it stays one: V1 tools read it so.
        Some(old)
            if old.shape() == Shape::String && new.shape() == Shape::Array && path.len() == 1 =>
        {
            let items: Vec<_> = new.items().filter_map(Node::text).collect();
            document.set(path, &quote(&items.join(", ")))
        }
        Some(old) if new.shape() == Shape::String && agnai::attributes(old).is_some() => {
            document.amend(path, document.sibling(&agnai::of_text(new.raw()))?.root())
        }
        _ => document.amend(path, new),
    }
}

/// `other` with the changes that lead from `old` to `new`, field by field; in the
/// extensions, key by key. What only `other` has stays.
pub(super) fn follow(other: &Document, old: &Document, new: &Document) -> Result<Document> {
    let (olds, news) = (
        view::values(old, &mut Vec::new()),
        view::values(new, &mut Vec::new()),
    );
    let mut patch = String::from("{");
    let mut followed = other.clone();
    for ((field, old), new) in FIELDS.iter().zip(&olds).zip(&news) {
        if old.same(new) {
            continue;
        }
        if field.kind == view::Kind::Extensions {
            followed = follow_extensions(&followed, old, new)?;
            continue;
        }
        if patch.len() > 1 {
            patch.push(',');
        }
        patch.extend(["\"", field.key, "\":"]);
        match new {
            Value::Json(node) => patch.push_str(node.raw()),
            value => value.strict(&mut patch),
        }
    }
    patch.push('}');
    edit(&followed, &followed.sibling(&patch)?)
}

fn follow_extensions(other: &Document, old: &Value<'_>, new: &Value<'_>) -> Result<Document> {
    let get = |value: &Value<'_>, key: &str| match value {
        Value::Json(node) => node.get(key).map(|node| node.raw().to_owned()),
        _ => None,
    };
    let mut keys: Vec<String> = Vec::new();
    for value in [old, new] {
        if let Value::Json(node) = value {
            keys.extend(node.entries().map(|(key, _)| key.into_owned()));
        }
    }
    order::sort_by(&mut keys, String::cmp);
    keys.dedup();
    let mut followed = other.clone();
    let base: Vec<Step<'_>> = if view::data(other).is_some() {
        vec!["data".into(), "extensions".into()]
    } else {
        vec!["extensions".into()]
    };
    for key in &keys {
        let (was, is) = (get(old, key), get(new, key));
        if was == is {
            continue;
        }
        let path: Vec<Step<'_>> = base.iter().copied().chain([key.as_str().into()]).collect();
        if followed
            .find(&base)
            .is_none_or(|node| node.shape() != Shape::Object)
        {
            followed = followed.set(&base, "{}")?;
        }
        followed = match is {
            Some(value) => followed.set(&path, &value)?,
            None if followed.find(&path).is_some() => followed.remove(&path)?,
            None => followed,
        };
    }
    Ok(followed)
}
