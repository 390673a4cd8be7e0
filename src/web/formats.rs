//! Chats, worlds and lorebooks for JavaScript: bytes in, JSON text and bytes out.
//!
//! Options are checked by the face in JavaScript, except limits, which are read here.

use super::convert::{self, parse};
use crate::card;
use crate::chat::{self, ChatFile, Composed, NewHeader, Peek, Search, SearchOptions, Session};
use crate::codec;
use crate::error::{Limits, Written};
use crate::json::{self, Document, quote_ascii};
use crate::lore::{self, LoreFile};
use crate::{settings, world};
use js_sys::Uint8Array;
use serde::Deserialize;
use std::borrow::Cow;
use std::rc::Rc;
use wasm_bindgen::prelude::*;

type Thrown<T> = Result<T, JsValue>;

/// A file that was written, and what is not in it.
#[wasm_bindgen]
pub struct RawWritten(pub(super) Written);

#[wasm_bindgen]
impl RawWritten {
    /// The file.
    #[wasm_bindgen(getter)]
    pub fn bytes(&self) -> Uint8Array {
        Uint8Array::from(self.0.bytes.as_slice())
    }

    /// `Loss[]` as JSON.
    #[wasm_bindgen(getter)]
    pub fn losses(&self) -> String {
        convert::ascii(&self.0.losses)
    }
}

/// The version of the package.
#[wasm_bindgen(js_name = rawVersion)]
pub fn version() -> String {
    env!("CARGO_PKG_VERSION").to_owned()
}

/// The default limits, as JSON.
#[wasm_bindgen(js_name = rawLimits)]
pub fn limits() -> String {
    convert::ascii(&Limits::default())
}

/// The default settings, as JSON.
#[wasm_bindgen(js_name = rawDefaults)]
pub fn defaults() -> String {
    settings::defaults()
}

/// A chat log that was read.
#[wasm_bindgen]
pub struct RawChatFile {
    log: Rc<Log>,
    head: String,
}

/// What all chats of one log share.
struct Log {
    bytes: Vec<u8>,
    sessions: Vec<Session>,
    limits: Limits,
}

#[wasm_bindgen]
impl RawChatFile {
    /// JSON of `{dialect, source, converted, faults, warnings, sessions}`, the last being their number.
    #[wasm_bindgen(getter)]
    pub fn head(&self) -> String {
        self.head.clone()
    }

    /// One chat of the log, or `undefined`.
    pub fn session(&self, index: usize) -> Option<RawChatText> {
        (index < self.log.sessions.len()).then(|| RawChatText {
            log: Rc::clone(&self.log),
            index,
        })
    }
}

/// One chat of a log that was read.
#[wasm_bindgen]
pub struct RawChatText {
    log: Rc<Log>,
    index: usize,
}

#[wasm_bindgen]
impl RawChatText {
    /// The header line as JSON; `undefined` when there is none or it cannot be read.
    pub fn header(&self) -> Option<String> {
        let header = self.session().header.clone()?;
        chat::header_json(&self.log.bytes[header], &self.log.limits)
    }

    /// Number of messages.
    #[wasm_bindgen(getter)]
    pub fn length(&self) -> usize {
        self.session().lines.len()
    }

    /// `Message[]` as JSON that tells nothing twice, from `from` up to, not including, `to`.
    pub fn page(&self, from: usize, to: usize) -> String {
        let Log { bytes, limits, .. } = &*self.log;
        let Session { dialect, lines, .. } = self.session();
        let records = lines.iter().take(to).skip(from);
        let lines = records.map(|record| chat::record_line(&bytes[record.clone()]));
        let places = (from..).map(chat::Place::from);
        chat::brief_page(places.zip(lines).collect(), *dialect, limits)
    }

    /// The chat in another form.
    ///
    /// # Errors
    /// `bad-option`.
    pub fn write(&self, form: &str, title: &str) -> Thrown<RawWritten> {
        let form = form.parse()?;
        let Session {
            dialect,
            header,
            lines,
        } = self.session();
        let bytes = &self.log.bytes;
        let header = header.clone().map(|range| &bytes[range]);
        let records = lines.iter().map(|range| &bytes[range.clone()]);
        let named = header.and_then(|header| chat::header_name(header, &self.log.limits));
        let title = match title {
            "" => named.as_deref().unwrap_or_default(),
            title => title,
        };
        Ok(RawWritten(chat::export(
            header, records, *dialect, form, title,
        )))
    }

    /// `SearchHit[]` as JSON; `options` is `SearchOptions` as JSON.
    ///
    /// # Errors
    /// `invalid`.
    pub fn search(&self, query: &str, options: &str) -> Thrown<String> {
        let options: SearchOptions = parse(options)?;
        let search = Search::new(query, &options)?;
        let bytes = &self.log.bytes;
        let Session { dialect, lines, .. } = self.session();
        let lines = lines.iter().enumerate();
        let hits = lines
            .skip(options.from as usize)
            .filter_map(|(n, record)| search.hit(&bytes[record.clone()], n, *dialect));
        let hits: Vec<_> = hits.take(options.limit as usize).collect();
        Ok(convert::ascii(&hits))
    }

    /// Its lines, byte for byte.
    pub fn bytes(&self) -> Uint8Array {
        let Session { header, lines, .. } = self.session();
        let mut parts = header.iter().chain(lines);
        let first = parts.next().cloned().unwrap_or_default();
        let end = parts.next_back().map_or(first.end, |last| last.end);
        Uint8Array::from(&self.log.bytes[first.start..end])
    }

    fn session(&self) -> &Session {
        &self.log.sessions[self.index]
    }
}

/// Writes a chat out of values: `header` is `ChatHeader` as JSON, `messages` `NewMessage[]`.
///
/// # Errors
/// Those of [`Composed::write`].
#[wasm_bindgen(js_name = rawComposeChat)]
pub fn compose_chat(
    header: &str,
    messages: &str,
    form: &str,
    title: &str,
    now_ms: f64,
) -> Thrown<RawWritten> {
    let header: ChatHeader = parse(header)?;
    let created_ms = header.created.unwrap_or(now_ms as i64);
    let composed = Composed {
        header: &NewHeader {
            user_name: header.user_name.unwrap_or_else(|| "User".to_owned()),
            character_name: header.character_name.unwrap_or_else(|| title.to_owned()),
            created_ms,
        },
        location: header.location.as_deref().unwrap_or_default(),
        messages: &Document::parse(messages)?,
    };
    let written = composed.write(form, title, &mut || codec::new_id(now_ms as i64))?;
    Ok(RawWritten(written))
}

/// What is said in the header of a chat out of values.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ChatHeader {
    user_name: Option<String>,
    character_name: Option<String>,
    created: Option<i64>,
    location: Option<String>,
}

/// Reads a chat log.
///
/// # Errors
/// Those of [`chat::read`], and `bad-option` for limits.
#[wasm_bindgen(js_name = rawReadChat)]
pub fn read_chat(bytes: &Uint8Array, limits: &JsValue) -> Thrown<RawChatFile> {
    let limits = convert::limits(limits)?;
    let given = convert::bytes(bytes, limits.chat, "chat")?;
    let ChatFile {
        bytes,
        dialect,
        source,
        converted,
        sessions,
        faults,
        warnings,
    } = chat::read(&given, &limits)?;
    let relined = match bytes {
        Cow::Owned(bytes) => Some(bytes),
        Cow::Borrowed(_) => None,
    };
    let head = format!(
        r#"{{"dialect":{},"source":{},"converted":{converted},"faults":{},"warnings":{},"sessions":{}}}"#,
        quote_ascii(dialect.as_str()),
        convert::ascii(&source),
        convert::ascii(&faults),
        convert::ascii(&warnings),
        sessions.len(),
    );
    let log = Log {
        bytes: relined.unwrap_or(given),
        sessions,
        limits,
    };
    Ok(RawChatFile {
        log: Rc::new(log),
        head,
    })
}

/// A chat log of which parts are known.
#[wasm_bindgen]
pub struct RawChatPeek {
    size: f64,
    peek: Peek,
}

#[wasm_bindgen]
impl RawChatPeek {
    /// A file of so many bytes, of which the last messages are wanted.
    ///
    /// # Errors
    /// `bad-option` for limits.
    #[wasm_bindgen(constructor)]
    pub fn new(size: f64, last: f64, limits: &JsValue) -> Thrown<RawChatPeek> {
        // What does not fit is as much as can be.
        let peek = Peek::new(size as usize, last as usize, convert::limits(limits)?);
        Ok(RawChatPeek { size, peek })
    }

    /// Where the bytes begin and end that are wanted next, range after range; none when enough
    /// is known.
    pub fn wants(&mut self) -> Vec<f64> {
        let ranges = self.peek.wants();
        let ends = |range: std::ops::Range<usize>| [range.start as f64, range.end as f64];
        ranges.into_iter().flat_map(ends).collect()
    }

    /// Bytes of the file, from a place on.
    pub fn give(&mut self, at: f64, bytes: &[u8]) {
        self.peek.give(at as usize, bytes);
    }

    /// `PeekedChat` as JSON, its messages as a page tells them.
    ///
    /// # Errors
    /// Those of [`chat::read`].
    pub fn told(self) -> Thrown<String> {
        let (size, read) = (self.size, self.peek.bytes_read());
        let told = self.peek.told()?;
        let mut json = format!(
            r#"{{"dialect":{},"source":{},"converted":{},"bytesRead":{read},"size":{size},"complete":{},"faults":{},"warnings":{}"#,
            quote_ascii(told.dialect.as_str()),
            convert::ascii(&told.source),
            told.converted,
            told.complete,
            convert::ascii(&told.faults),
            convert::ascii(&told.warnings),
        );
        let names = [
            ("title", told.title),
            ("userName", told.user),
            ("characterName", told.character),
        ];
        let names = names.map(|(key, name)| (key, name.map(|name| quote_ascii(&name))));
        let length = told.length.map(|length| length.to_string());
        let members = names.into_iter().chain([
            ("header", told.header),
            ("length", length),
            ("last", Some(told.last)),
        ]);
        for (key, value) in members {
            if let Some(value) = value {
                json.extend([",\"", key, "\":", &value]);
            }
        }
        json.push('}');
        Ok(json)
    }
}

/// Reads a world state: `{state, warnings}` as JSON.
///
/// # Errors
/// Those of [`world::read`], and `bad-option` for limits.
#[wasm_bindgen(js_name = rawReadWorld)]
pub fn read_world(bytes: &Uint8Array, limits: &JsValue) -> Thrown<String> {
    let limits = convert::limits(limits)?;
    let bytes = convert::bytes(bytes, limits.file, "file")?;
    let (document, warnings) = world::read(&bytes, &limits)?;
    Ok(format!(
        r#"{{"state":{},"warnings":{}}}"#,
        world::view(&document),
        convert::ascii(&warnings)
    ))
}

/// A lorebook that was read.
#[wasm_bindgen]
pub struct RawLoreFile(LoreFile);

#[wasm_bindgen]
impl RawLoreFile {
    /// JSON of `{dialect, book, warnings}`.
    #[wasm_bindgen(getter)]
    pub fn head(&self) -> String {
        let LoreFile {
            dialect,
            book,
            warnings,
            ..
        } = &self.0;
        format!(
            r#"{{"dialect":{},"book":{},"warnings":{}}}"#,
            quote_ascii(dialect.as_str()),
            convert::ascii(book),
            convert::ascii(warnings),
        )
    }

    /// The book's JSON text.
    #[wasm_bindgen(getter)]
    pub fn document(&self) -> Uint8Array {
        Uint8Array::from(self.0.document.bytes())
    }
}

/// Reads a lorebook.
///
/// # Errors
/// Those of [`lore::read`], and `bad-option` for limits.
#[wasm_bindgen(js_name = rawReadLorebook)]
pub fn read_lorebook(bytes: &Uint8Array, limits: &JsValue) -> Thrown<RawLoreFile> {
    let limits = convert::limits(limits)?;
    let bytes = convert::bytes(bytes, limits.file, "file")?;
    Ok(RawLoreFile(card::lorebook(&bytes, &limits)?))
}

/// A document's bytes, or a lorebook as the JSON of an object.
fn book(given: &JsValue, limits: &Limits) -> Thrown<LoreFile> {
    if let Some(object) = given.as_string() {
        return Ok(lore::of_object(&object, limits)?);
    }
    let bytes = convert::bytes(given.unchecked_ref(), limits.text, "text")?;
    Ok(lore::read(&bytes, limits)?)
}

/// Puts a lorebook into a dialect's file.
///
/// # Errors
/// Those of [`lore::read`] and [`lore::write`], and `bad-option`.
#[wasm_bindgen(js_name = rawWriteLorebook)]
pub fn write_lorebook(document: &JsValue, dialect: &str, limits: &JsValue) -> Thrown<RawWritten> {
    let limits = convert::limits(limits)?;
    let dialect: lore::Dialect = dialect.parse()?;
    let file = book(document, &limits)?;
    Ok(RawWritten(file.write(dialect)?))
}

/// Which entries of a lorebook some messages call for: `Matched` as JSON.
///
/// # Errors
/// Those of [`lore::read`], and `bad-option`.
#[wasm_bindgen(js_name = rawMatchLorebook)]
pub fn match_lorebook(
    document: &JsValue,
    messages: Vec<String>,
    options: &JsValue,
    limits: &JsValue,
) -> Thrown<String> {
    let limits = convert::limits(limits)?;
    let options: lore::matching::Options = convert::options(options)?;
    let file = book(document, &limits)?;
    Ok(convert::ascii(&lore::matching::run(
        &file.book, &messages, &options,
    )))
}

/// Brings two changes of one JSON value together: `{merged, conflicts}` as JSON.
///
/// # Errors
/// Those of [`Document::read`].
#[wasm_bindgen(js_name = rawMerge)]
pub fn merge(base: Option<String>, mine: &str, theirs: &str) -> Thrown<String> {
    let base = base.map(|base| Document::parse(&base)).transpose()?;
    let found = json::merge(
        base.as_ref(),
        &Document::parse(mine)?,
        &Document::parse(theirs)?,
    );
    let conflicts: Vec<String> = found.conflicts.iter().map(clash).collect();
    Ok(format!(
        r#"{{"merged":{},"conflicts":[{}]}}"#,
        found.merged,
        conflicts.join(",")
    ))
}

fn clash(clash: &json::Clash) -> String {
    let mut text = format!(r#"{{"path":{}"#, quote_ascii(&clash.path));
    let sides = [
        ("base", &clash.base),
        ("mine", &clash.mine),
        ("theirs", &clash.theirs),
    ];
    for (name, side) in sides {
        if let Some(side) = side {
            text.extend([",\"", name, "\":", side]);
        }
    }
    text.push('}');
    text
}
