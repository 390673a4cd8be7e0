//! Errors on their way out: a [`Error`] becomes a real JavaScript `Error`.
//!
//! With a `From`, `?` is all that a function at the edge needs. The face in JavaScript
//! adds `op`, the name under which the caller knows the function.

use crate::error::{Error, Kind, Place};
use js_sys::{JSON, Object, Reflect};
use wasm_bindgen::prelude::*;

impl From<Error> for JsValue {
    fn from(error: Error) -> JsValue {
        let thrown = js_sys::Error::new(&error.to_string());
        thrown.set_name("CardkeepError");
        let kind = error.kind();
        let set = |name: &str, value: JsValue| {
            // A fresh Error has neither a setter nor a lock that could refuse.
            let _ = Reflect::set(&thrown, &name.into(), &value);
        };
        set("code", kind.code().into());
        set("retryable", kind.retryable().into());
        set("hint", kind.hint().into());
        match error.place() {
            Some(Place::Byte(offset)) => set("offset", (offset as f64).into()),
            Some(Place::Line(line)) => set("line", (line as f64).into()),
            Some(Place::Item(index)) => set("index", (index as f64).into()),
            None => {}
        }
        if let Some(subject) = error.subject() {
            set("domain", subject.domain.as_str().into());
            set("id", subject.id.as_str().into());
        }
        if let Some(rev) = error.found() {
            set("rev", (rev as f64).into());
        }
        if let Some(sides) = error.sides() {
            let conflict = Object::new();
            let sides = [
                ("base", &sides.base),
                ("mine", &sides.mine),
                ("theirs", &sides.theirs),
            ];
            for (name, side) in sides {
                let side = side.as_deref().and_then(|side| JSON::parse(side).ok());
                if let Some(side) = side {
                    let _ = Reflect::set(&conflict, &name.into(), &side);
                }
            }
            set("conflict", conflict.into());
        }
        if let Some(cause) = error.cause() {
            set("cause", cause.into());
        }
        thrown.into()
    }
}

/// The published table of errors: a JSON array of `{code, retryable, hint}`.
#[wasm_bindgen(js_name = rawErrorTable)]
pub fn error_table() -> String {
    let row = |kind: &Kind| serde_json::json!({ "code": kind.code(), "retryable": kind.retryable(), "hint": kind.hint() });
    super::convert::ascii(&Kind::ALL.iter().map(row).collect::<Vec<_>>())
}

/// Throws an error with this code, so that a test can walk the table.
///
/// # Errors
/// The one that was asked for; `bad-option` for a code that is none.
#[wasm_bindgen(js_name = rawThrow)]
pub fn throw(code: &str) -> Result<(), JsValue> {
    let kind = Kind::ALL.iter().find(|kind| kind.code() == code);
    Err(match kind {
        Some(kind) => kind.because("thrown on request").into(),
        None => Kind::BadOption
            .because(format!("`{code}` is no code"))
            .into(),
    })
}
