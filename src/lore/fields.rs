//! Members of an object as they are written, in their order.

use crate::json::quote;
use serde::Serialize;

pub(super) type Fields = Vec<(String, String)>;

pub(super) fn put(fields: &mut Fields, name: &str, value: impl Serialize) {
    let value =
        serde_json::to_string(&value).expect("texts, numbers and lists of them write to memory");
    fields.push((name.to_owned(), value));
}

pub(super) fn object(fields: &Fields) -> String {
    let fields: Vec<String> = fields
        .iter()
        .map(|(name, value)| format!("{}:{value}", quote(name)))
        .collect();
    format!("{{{}}}", fields.join(","))
}

/// A number with a fraction where it has one: others read whole numbers only.
pub(super) fn put_number(fields: &mut Fields, name: &str, value: f64) {
    match value.fract() == 0.0 && value.abs() < 1e15 {
        true => put(fields, name, value as i64),
        false => put(fields, name, value),
    }
}

pub(super) fn list(items: &[String]) -> String {
    format!("[{}]", items.join(","))
}
