//! Cards for JavaScript: bytes in, JSON text and bytes out.
//!
//! Options are checked by the face in JavaScript, except limits, which are read here.

use super::convert;
use crate::card::{self, Asset, CardFile, Container, Peek, Spec, WriteOptions};
use crate::error::Limits;
use crate::json::{Document, Node, quote_ascii};
use crate::prompt::{macros, tokens};
use js_sys::{Array, Uint8Array};
use serde_json::json;
use std::collections::BTreeMap;
use wasm_bindgen::prelude::*;

type Thrown<T> = Result<T, JsValue>;

/// Takes the card out of a file: JSON of `{card, spec, container, source, warnings, assets: [path]}`,
/// the card's JSON text, then the content of each asset. `chunks` has length and kind of the first
/// chunks of a PNG.
///
/// # Errors
/// Those of [`card::read`], and `bad-option` for limits.
#[wasm_bindgen(js_name = rawReadCard)]
pub fn read_card(bytes: &Uint8Array, chunks: &[u32], limits: &JsValue) -> Thrown<Array> {
    let outside = convert::Outside::new(bytes, chunks);
    let (file, mut head) = card::read_from(&outside, &convert::limits(limits)?)?;
    let CardFile {
        document,
        spec,
        container,
        source,
        warnings,
        assets,
    } = file;
    let paths: Vec<_> = assets.iter().map(|asset| &asset.path).collect();
    head.insert_str(0, "{\"card\":");
    let rest = [
        (",\"spec\":", quote_ascii(spec.as_str())),
        (",\"container\":", quote_ascii(container.as_str())),
        (",\"source\":", convert::ascii(&source)),
        (",\"warnings\":", convert::ascii(&warnings)),
        (",\"assets\":", convert::ascii(&paths)),
    ];
    for (name, value) in rest {
        head.push_str(name);
        head.push_str(&value);
    }
    head.push('}');
    let all = Array::of2(&head.into(), &Uint8Array::from(document.bytes()).into());
    for asset in &assets {
        all.push(&Uint8Array::from(asset.bytes.as_slice()).into());
    }
    Ok(all)
}

/// A card file that is looked into.
#[wasm_bindgen]
pub struct RawPeek {
    peek: Peek,
}

#[wasm_bindgen]
impl RawPeek {
    /// A file of so many bytes.
    ///
    /// # Errors
    /// `bad-option` for limits.
    #[wasm_bindgen(constructor)]
    pub fn new(size: f64, limits: &JsValue) -> Thrown<RawPeek> {
        let size = if size < usize::MAX as f64 {
            size as usize
        } else {
            usize::MAX
        };
        Ok(RawPeek {
            peek: Peek::new(size, convert::limits(limits)?),
        })
    }

    /// Where the bytes begin and end that are wanted next; none when enough is known.
    pub fn wants(&mut self) -> Vec<f64> {
        self.peek.wants().map_or(Vec::new(), |range| {
            vec![range.start as f64, range.end as f64]
        })
    }

    /// Bytes of the file, from a place on.
    pub fn give(&mut self, at: f64, bytes: &[u8]) {
        self.peek.give(at as usize, bytes);
    }

    /// JSON of `{name, creator, tags, version, spec, container, bytesRead}`.
    ///
    /// # Errors
    /// Those of [`card::read`].
    pub fn card(self) -> Thrown<String> {
        let read = self.peek.bytes_read();
        let file = self.peek.card()?;
        Ok(format!(
            r#"{{{},"spec":"{}","container":"{}","bytesRead":{read}}}"#,
            card::shown(&file.document),
            file.spec.as_str(),
            file.container.as_str(),
        ))
    }
}

/// Changes fields of a card's JSON text.
///
/// # Errors
/// Those of [`Document::read`] and [`card::edit`].
#[wasm_bindgen(js_name = rawEditCard)]
pub fn edit_card(document: &JsValue, patch: &str, limits: &JsValue) -> Thrown<Uint8Array> {
    let limits = convert::limits(limits)?;
    let patch = Document::parse(patch)?;
    let edited = card::edit(&read_document(document, &limits)?, &patch)?;
    Ok(Uint8Array::from(edited.bytes()))
}

/// A binary to put into a file.
#[wasm_bindgen]
pub struct RawAsset {
    path: String,
    bytes: Uint8Array,
}

#[wasm_bindgen]
impl RawAsset {
    /// As the card names it, and its content.
    #[wasm_bindgen(constructor)]
    pub fn new(path: String, bytes: Uint8Array) -> RawAsset {
        RawAsset { path, bytes }
    }
}

/// Puts a card's JSON text into a file.
///
/// # Errors
/// Those of [`Document::read`] and [`card::write`].
#[wasm_bindgen(js_name = rawWriteCard)]
pub fn write_card(
    document: &JsValue,
    container: &str,
    image: Option<Uint8Array>,
    assets: Vec<RawAsset>,
    limits: &JsValue,
) -> Thrown<Uint8Array> {
    let limits = convert::limits(limits)?;
    let container: Container = container.parse()?;
    let document = read_document(document, &limits)?;
    let image = image
        .map(|image| convert::bytes(&image, limits.file, "file"))
        .transpose()?;
    let assets = assets
        .into_iter()
        .map(|asset| {
            Ok(Asset {
                path: asset.path,
                bytes: convert::bytes(&asset.bytes, limits.file, "file")?,
            })
        })
        .collect::<crate::error::Result<Vec<_>>>()?;
    let options = WriteOptions {
        container,
        image: image.as_deref(),
        assets: &assets,
        limits,
    };
    Ok(Uint8Array::from(
        card::write(&document, &options)?.as_slice(),
    ))
}

fn read_document(given: &JsValue, limits: &Limits) -> crate::error::Result<Document> {
    convert::document(given, limits, card::of_object)
}

/// A card of another specification.
#[wasm_bindgen]
pub struct RawConverted(card::Converted);

#[wasm_bindgen]
impl RawConverted {
    /// The card's JSON text.
    #[wasm_bindgen(getter)]
    pub fn document(&self) -> Uint8Array {
        Uint8Array::from(self.0.document.bytes())
    }

    /// `Loss[]` as JSON.
    #[wasm_bindgen(getter)]
    pub fn losses(&self) -> String {
        convert::ascii(&self.0.losses)
    }
}

/// Makes a card one of another specification.
///
/// # Errors
/// Those of [`Document::read`] and [`card::convert`], and `bad-option`.
#[wasm_bindgen(js_name = rawConvertCard)]
pub fn convert_card(document: &JsValue, spec: &str, limits: &JsValue) -> Thrown<RawConverted> {
    let spec: Spec = spec.parse()?;
    let document = read_document(document, &convert::limits(limits)?)?;
    Ok(RawConverted(card::convert(&document, spec)?))
}

/// Holds a card against its specification: JSON of `{ok, spec, errors, warnings}`.
///
/// # Errors
/// Those of [`Document::read`].
#[wasm_bindgen(js_name = rawValidateCard)]
pub fn validate_card(
    document: &JsValue,
    assets: Option<Vec<String>>,
    limits: &JsValue,
) -> Thrown<String> {
    let document = read_document(document, &convert::limits(limits)?)?;
    let found = match assets {
        Some(assets) => card::validate_with(&document, &assets),
        None => card::validate(&document),
    };
    Ok(convert::ascii(&json!({
        "ok": found.errors.is_empty(),
        "spec": found.spec.as_str(),
        "errors": found.errors,
        "warnings": found.warnings,
    })))
}

/// What two cards say differently: JSON of `{path, before?, after?}[]`.
///
/// # Errors
/// Those of [`Document::read`].
#[wasm_bindgen(js_name = rawDiffCards)]
pub fn diff_cards(old: &JsValue, new: &JsValue, limits: &JsValue) -> Thrown<String> {
    let limits = convert::limits(limits)?;
    let (old, new) = (read_document(old, &limits)?, read_document(new, &limits)?);
    let told = card::differences(&old, &new).into_iter().map(|difference| {
        let mut one = format!("{{\"path\":{}", quote_ascii(&difference.path));
        for (name, value) in [("before", difference.before), ("after", difference.after)] {
            if let Some(value) = value {
                one.extend([",\"", name, "\":", &value]);
            }
        }
        one + "}"
    });
    Ok(format!("[{}]", told.collect::<Vec<_>>().join(",")))
}

/// A picture without what it tells beside its pixels and its card, and what that was:
/// `Told[]` as JSON.
///
/// # Errors
/// Those of [`card::clean`].
#[wasm_bindgen(js_name = rawCleanImage)]
pub fn clean_image(image: &Uint8Array, limits: &JsValue) -> Thrown<Array> {
    let limits = convert::limits(limits)?;
    let cleaned = card::clean(&convert::bytes(image, limits.file, "file")?, &limits)?;
    let bytes = Uint8Array::from(cleaned.bytes.as_slice());
    Ok(Array::of2(
        &bytes.into(),
        &convert::ascii(&cleaned.removed).into(),
    ))
}

/// What is the same for cards of the same words.
///
/// # Errors
/// Those of [`Document::read`].
#[wasm_bindgen(js_name = rawFingerprintCard)]
pub fn fingerprint_card(document: &JsValue, limits: &JsValue) -> Thrown<String> {
    let document = read_document(document, &convert::limits(limits)?)?;
    Ok(card::fingerprint(&document))
}

/// About how many tokens a card has: JSON of `{total, permanent, fields}`.
///
/// # Errors
/// Those of [`Document::read`].
#[wasm_bindgen(js_name = rawCountTokens)]
pub fn count_tokens(document: &JsValue, limits: &JsValue) -> Thrown<String> {
    let tokens = card::count_tokens(&read_document(document, &convert::limits(limits)?)?);
    let fields: serde_json::Map<_, _> = tokens
        .fields
        .iter()
        .map(|(field, count)| ((*field).to_owned(), json!(count)))
        .collect();
    let total = json!({ "total": tokens.total, "permanent": tokens.permanent, "fields": fields });
    Ok(convert::ascii(&total))
}

/// About how many tokens a text has.
#[wasm_bindgen(js_name = rawEstimateTokens)]
pub fn estimate_tokens(text: &str) -> usize {
    tokens::estimate(text)
}

/// A text with its macros filled: `Filled` as JSON. `values` is an object of texts as JSON.
///
/// # Errors
/// `too-large`; `bad-option` for values that are no texts.
#[wasm_bindgen(js_name = rawFillMacros)]
pub fn fill_macros(
    text: &str,
    character: String,
    user: String,
    given: &str,
    seed: u32,
    limits: &JsValue,
) -> Thrown<String> {
    let given = Document::parse(given)?;
    let named = |key: &str| {
        let mut all = BTreeMap::new();
        for (name, value) in given.root().get(key)?.entries() {
            all.insert(name.into_owned(), value.text()?.into_owned());
        }
        Some(all)
    };
    let number = |key: &str| given.root().get(key).and_then(Node::number);
    let options = macros::Options {
        character,
        user,
        values: named("values").unwrap_or_default(),
        variables: named("variables"),
        globals: named("globals"),
        now_ms: number("now").map(|now| now as i64),
        offset_minutes: number("utcOffset").map_or(0, |minutes| minutes as i32),
        seed,
        most: convert::limits(limits)?.text,
        blocks: true,
    };
    Ok(convert::ascii(&macros::fill(text, &options)?))
}
