//! Values on their way in and out.
//!
//! Bulk goes out as ASCII JSON text, which engines parse faster than they take up
//! UTF-8 or build objects from wasm; options come in as objects, and strictly.

use crate::container::thin::Distant;
use crate::error::{Error, Kind, Limits, Result};
use crate::json::Document;
use crate::store::Write;
use js_sys::{Promise, Uint8Array};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt::Write as _;
use std::hint::black_box;
use std::ops::Range;
use std::pin::Pin;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::future_to_promise;

/// Limits given as an object; the defaults for `undefined`.
///
/// # Errors
/// `bad-option` for an unknown name or a value that is no whole number.
pub fn limits(given: &JsValue) -> Result<Limits> {
    if given.is_undefined() {
        return Ok(Limits::default());
    }
    read(given).map_err(|refused| Kind::BadOption.because(format!("limits: {refused}")))
}

/// Options given as an object.
///
/// # Errors
/// `bad-option` for what the options do not know.
pub fn options<T: DeserializeOwned>(given: &JsValue) -> Result<T> {
    read(given).map_err(|refused| Kind::BadOption.because(refused))
}

/// What is asked of a write, given as an object; nothing for `undefined`.
///
/// # Errors
/// As [`options`].
pub fn write(given: &JsValue) -> Result<Write> {
    if given.is_undefined() {
        return Ok(Write::default());
    }
    options(given)
}

/// Over a JSON value, because reading a struct straight from an object asks for its
/// fields one by one and never meets an unknown one.
fn read<T: DeserializeOwned>(given: &JsValue) -> std::result::Result<T, String> {
    let value: serde_json::Value =
        serde_wasm_bindgen::from_value(given.clone()).map_err(|refused| refused.to_string())?;
    serde_json::from_value(value).map_err(|refused| refused.to_string())
}

/// A file's bytes, taken over only when they fit: one that is too large never gets
/// into the module's memory.
///
/// # Errors
/// `too-large` over `limit`, the limit called `name`, and when memory runs out.
pub fn bytes(given: &Uint8Array, limit: usize, name: &str) -> Result<Vec<u8>> {
    let length = given.length() as usize;
    if length > limit {
        let detail = format!("the file has {length} bytes, the limit `{name}` allows {limit}");
        return Err(Kind::TooLarge.because(detail));
    }
    // Unlike `take` it writes them once, but would end everything where there is no memory. The
    // compiler may not leave the trial out.
    let mut room: Vec<u8> = Vec::new();
    room.try_reserve_exact(length).map_err(|_| full(length))?;
    drop(black_box(room));
    Ok(given.to_vec())
}

/// A document's bytes as they are, or what stands for it: an object, as JSON text.
///
/// # Errors
/// Those of [`Document::read`], and of what reads the object.
pub fn document(
    given: &JsValue,
    limits: &Limits,
    of_object: fn(&str, &Limits) -> Result<Document>,
) -> Result<Document> {
    if let Some(object) = given.as_string() {
        return of_object(&object, limits);
    }
    let bytes = bytes(given.unchecked_ref(), limits.text, "text")?;
    Ok(Document::read(&bytes, limits)?.0)
}

fn full(length: usize) -> Error {
    Kind::TooLarge.because(format!("there is no memory for {length} bytes"))
}

/// Adds the bytes of an array.
///
/// # Errors
/// `too-large` when memory runs out.
pub(super) fn take(given: &Uint8Array, bytes: &mut Vec<u8>) -> Result<()> {
    let (known, length) = (bytes.len(), given.length() as usize);
    if bytes.try_reserve_exact(length).is_err() {
        return Err(full(length));
    }
    bytes.resize(known + length, 0);
    given.copy_to(&mut bytes[known..]);
    Ok(())
}

/// A file in the memory of JavaScript, taken over piece by piece.
pub struct Outside<'a> {
    bytes: &'a Uint8Array,
    size: usize,
    chunks: &'a [[u32; 2]],
}

impl<'a> Outside<'a> {
    /// The file that these bytes are, and the lengths and kinds of its first chunks if it is a PNG:
    /// to ask for each would take longer than to read the card.
    pub fn new(bytes: &'a Uint8Array, chunks: &'a [u32]) -> Outside<'a> {
        Outside {
            bytes,
            size: bytes.length() as usize,
            chunks: chunks.as_chunks().0,
        }
    }
}

impl Distant for Outside<'_> {
    type Missing = Error;

    fn size(&self) -> usize {
        self.size
    }

    fn chunks(&self) -> &[[u32; 2]] {
        self.chunks
    }

    fn header(&self, at: usize) -> Result<[u8; 8]> {
        let mut header = [0; 8];
        let part = self.bytes.subarray(at as u32, (at + header.len()) as u32);
        part.copy_to(&mut header);
        Ok(header)
    }

    fn append(&self, range: Range<usize>, out: &mut Vec<u8>) -> Result<()> {
        take(
            &self.bytes.subarray(range.start as u32, range.end as u32),
            out,
        )
    }
}

/// A value as JSON text in ASCII.
pub fn ascii(value: &impl Serialize) -> String {
    let text = serde_json::to_string(value)
        .expect("only strings, numbers and lists of them are given here");
    if text.is_ascii() {
        return text;
    }
    // Outside of strings JSON is ASCII, so every other character is inside of one.
    let mut out = String::with_capacity(text.len() * 2);
    for character in text.chars() {
        if character.is_ascii() {
            out.push(character);
        } else {
            for unit in character.encode_utf16(&mut [0; 2]) {
                write!(out, "\\u{unit:04x}").expect("a String takes everything");
            }
        }
    }
    out
}

/// One kind of boxed future for all methods: the machinery behind a promise stands in the
/// module once instead of thirty times.
pub fn promise<T: Into<JsValue>>(future: impl Future<Output = Result<T>> + 'static) -> Promise {
    let settled = async move { future.await.map(Into::into).map_err(JsValue::from) };
    future_to_promise(Box::pin(settled) as Settled)
}

type Settled = Pin<Box<dyn Future<Output = std::result::Result<JsValue, JsValue>>>>;

/// A value given as JSON text.
///
/// # Errors
/// `bad-option`.
pub fn parse<T: DeserializeOwned>(text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|cause| Kind::BadOption.because(cause.to_string()))
}

/// A revision, if one was given.
pub fn rev(rev: Option<f64>) -> Option<u64> {
    rev.map(|rev| rev as u64)
}

/// Bytes, or `undefined`.
pub fn optional_bytes(bytes: Option<Vec<u8>>) -> JsValue {
    bytes.map_or(JsValue::UNDEFINED, |bytes| {
        Uint8Array::from(bytes.as_slice()).into()
    })
}
