//! How keys and values look in IndexedDB: keys are arrays, rows are objects with the
//! bytes beside what is looked up and checked, all else is bytes.

use crate::store::{Key, KeyPart, Table, Value};
use js_sys::{Array, JsString, Object, Reflect, Uint8Array};
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    /// A row. Read by getters, since a name that is passed costs a new string each time.
    #[wasm_bindgen(extends = Object)]
    pub(super) type Row;
    #[wasm_bindgen(method, getter, structural, catch)]
    fn rev(this: &Row) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method, getter, structural, catch)]
    fn by(this: &Row) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method, getter, structural, catch)]
    fn bytes(this: &Row) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method, setter, structural)]
    fn set_rev(this: &Row, rev: f64);
    #[wasm_bindgen(method, setter, structural)]
    fn set_by(this: &Row, by: &Array);
    #[wasm_bindgen(method, setter, structural)]
    fn set_bytes(this: &Row, bytes: &Uint8Array);
}

pub(super) fn js_key(key: &Key) -> Array {
    let part = |part: &KeyPart| match part {
        KeyPart::Number(number) => JsValue::from_f64(*number as f64),
        KeyPart::Text(text) => JsValue::from_str(text),
    };
    key.0.iter().map(part).collect()
}

pub(super) fn key_of(key: &JsValue) -> Option<Key> {
    let part = |part: JsValue| match part.as_string() {
        Some(text) => Some(KeyPart::from(text.as_str())),
        None => whole(&part).map(KeyPart::Number),
    };
    key.dyn_ref::<Array>()?
        .iter()
        .map(part)
        .collect::<Option<_>>()
        .map(Key)
}

/// A whole number, not negative and no larger than is exact.
pub(super) fn whole(value: &JsValue) -> Option<u64> {
    let number = value.as_f64()?;
    let is_whole = (0.0..=9_007_199_254_740_991.0).contains(&number) && number.fract() == 0.0;
    is_whole.then_some(number as u64)
}

pub(super) fn js_value(table: Table, value: &Value) -> JsValue {
    match table {
        Table::Rows => row(value).into(),
        _ => Uint8Array::from(value.bytes.as_slice()).into(),
    }
}

pub(super) fn row(value: &Value) -> Row {
    let row: Row = Object::new().unchecked_into();
    let by: Array = value
        .by
        .iter()
        .map(|key| JsString::from(key.as_str()))
        .collect();
    row.set_rev(value.rev as f64);
    row.set_by(&by);
    row.set_bytes(&Uint8Array::from(value.bytes.as_slice()));
    row
}

/// The revision of a row; 0 where it has none.
pub(super) fn rev_of(row: &JsValue) -> u64 {
    let rev = row.unchecked_ref::<Row>().rev();
    rev.ok().and_then(|rev| rev.as_f64()).unwrap_or(0.0) as u64
}

/// A value that is not ours reads as empty bytes, which no frame and no page accepts.
pub(super) fn value_of(table: Table, value: &JsValue) -> Value {
    let bytes = |value: &JsValue| {
        value
            .dyn_ref::<Uint8Array>()
            .map(Uint8Array::to_vec)
            .unwrap_or_default()
    };
    if table != Table::Rows {
        return Value::bytes(bytes(value));
    }
    let row = value.unchecked_ref::<Row>();
    let by = row.by().ok().and_then(|by| by.dyn_into::<Array>().ok());
    let text = |key: JsValue| key.as_string();
    Value {
        rev: rev_of(value),
        by: by
            .map(|by| by.iter().filter_map(text).collect())
            .unwrap_or_default(),
        bytes: row.bytes().map(|given| bytes(&given)).unwrap_or_default(),
    }
}

pub(super) fn get(object: &JsValue, name: &str) -> JsValue {
    Reflect::get(object, &name.into()).unwrap_or(JsValue::UNDEFINED)
}

pub(super) fn set(object: &Object, name: &str, value: &JsValue) {
    // Only a frozen object or a setter that throws can refuse, and these are fresh.
    let _ = Reflect::set(object, &name.into(), value);
}
