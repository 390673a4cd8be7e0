//! Lines to write: new ones in the spelling of a dialect, and changes of old ones.

use super::Dialect;
use super::date;
use super::line::{Pieces, What};
use super::view::{self, Role, Spoken};
use super::written::{Line, one_line};
use crate::error::{Error, Kind, Limits, Result};
use crate::json::{Document, Node, Shape, quote};

/// What is said in the header of a new log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewHeader {
    /// What the user is called.
    pub user_name: String,
    /// Who the user talks to; the world's name in the world dialect.
    pub character_name: String,
    /// When the chat begins, in milliseconds since 1970.
    pub created_ms: i64,
}

/// The header line of a new log, without a newline. TavernAI and Chub logs begin with the
/// names too; a world log needs a place, see [`write_world_header`].
pub fn write_header(dialect: Dialect, header: &NewHeader) -> Vec<u8> {
    let (user, character) = (quote(&header.user_name), quote(&header.character_name));
    let names = format!(r#""user_name":{user},"character_name":{character}"#);
    let created = quote(&date::format_header(header.created_ms));
    let line = match dialect {
        Dialect::SillyTavern | Dialect::Chub => {
            format!(r#"{{{names},"create_date":{created},"chat_metadata":{{}}}}"#)
        }
        Dialect::CardShark => format!(
            r#"{{{names},"create_date":{created},"timestamp":{0},"chat_metadata":{{"created_timestamp":{0}}}}}"#,
            header.created_ms
        ),
        Dialect::TavernAi => format!(
            r#"{{{names},"create_date":{},"notes":"","notes_type":"discr"}}"#,
            header.created_ms
        ),
        Dialect::World => return write_world_header(&header.character_name, "", header.created_ms),
    };
    line.into_bytes()
}

/// The header line that SillyTavern gives the chat of a group, with its newline: the metadata,
/// which is a JSON object on one line, and no names. `None` when a header cannot hold it.
pub fn write_group_header(metadata: &str) -> Option<Vec<u8>> {
    let line =
        format!(r#"{{"chat_metadata":{metadata},"user_name":"unused","character_name":"unused"}}"#);
    let fits = Pieces::of(line.as_bytes()).all(|piece| piece.what == What::Header);
    fits.then(|| [line.as_bytes(), b"\n"].concat())
}

/// The header line of a new log of what is said at one location of a world, without a newline.
pub fn write_world_header(world_name: &str, location_id: &str, created_ms: i64) -> Vec<u8> {
    format!(
        r#"{{"metadata": {{"version": "1.0", "location_id": {}, "world_name": {}}}, "timestamp": {}}}"#,
        quote(location_id),
        quote(world_name),
        created_ms.div_euclid(1000)
    )
    .into_bytes()
}

/// A new line in a dialect, without a newline.
///
/// `message` is an object in the shape `NewMessage`; `at_ms` and `id` are taken where it says
/// nothing about them. `fields` stand behind what the dialect needs, in their order; where both
/// say something, the named values win. A flag or `extra.type` among the fields stays when it
/// says the same role in its own way.
///
/// # Errors
/// `invalid` for a missing or wrong value, `bad-option` for an unknown one.
pub fn write_line(message: &Document, dialect: Dialect, at_ms: i64, id: &str) -> Result<Vec<u8>> {
    let root = object(
        message.root(),
        "the message",
        &["name", "role", "text", "at", "fields"],
    )?;
    let text = string(root, "text")?.ok_or_else(|| Kind::Invalid.because("`text` is missing"))?;
    let name = string(root, "name")?;
    let fields = fields(root)?;
    let role = match root.get("role").and_then(Node::text).as_deref() {
        Some("user") => Role::User,
        Some("character") => Role::Character,
        Some("system") => Role::System,
        _ => return Err(Kind::Invalid.because("`role` must be `user`, `character` or `system`")),
    };
    let given = |key: &str| fields.and_then(|fields| fields.get(key));
    // A date among the fields counts when none is named.
    let at = match root.get("at") {
        Some(at) => Some(time(at)?),
        None => None,
    };
    let date = |key: &str, written: String| match (at, given(key)) {
        (None, Some(own)) => own.raw().to_owned(),
        _ => written,
    };
    let at_ms = at.unwrap_or(at_ms);
    let agree = fields.filter(|fields| {
        // A `role` among the fields is nothing that a line with flags is read by.
        view::role(*fields) == role
            && (role != Role::System
                || says_narrator(Some(*fields))
                || fields.get("is_system").and_then(view::truth) == Some(true))
    });
    if agree.is_none() && says_narrator(fields) {
        let detail = "`fields.extra.type` says a narrator, whose role is `system`";
        return Err(Kind::Invalid.because(detail));
    }
    let mut line = Line::new(if dialect == Dialect::World {
        (", ", ": ")
    } else {
        (",", ":")
    });
    if dialect == Dialect::World {
        line.put(
            "id",
            given("id").map_or_else(|| quote(id), |id| id.raw().to_owned()),
        );
        line.put(
            "role",
            quote(if role == Role::Character {
                "assistant"
            } else {
                role.as_str()
            }),
        );
        line.put("content", text.raw());
        line.put(
            "timestamp",
            date("timestamp", at_ms.div_euclid(1000).to_string()),
        );
        match name {
            Some(name) if name.raw() == "\"\"" => line.skip("name"),
            Some(name) => line.put("name", name.raw()),
            None => {}
        }
    } else {
        let flag = |key: &str, value: bool| match agree.and_then(|fields| fields.get(key)) {
            Some(own) => own.raw().to_owned(),
            None => value.to_string(),
        };
        line.put("name", name.map_or("\"\"", Node::raw));
        line.put("is_user", flag("is_user", role == Role::User));
        // Who agrees says it already, as a narrator does without the flag.
        let system = flag("is_system", role == Role::System && agree.is_none());
        if dialect == Dialect::TavernAi {
            line.put("is_name", given("is_name").map_or("true", Node::raw));
        }
        if matches!(dialect, Dialect::SillyTavern | Dialect::CardShark) || system != "false" {
            line.put("is_system", system);
        }
        let written = match dialect {
            Dialect::TavernAi => at_ms.to_string(),
            _ => quote(&date::format_sillytavern(at_ms)),
        };
        line.put("send_date", date("send_date", written));
        if dialect == Dialect::Chub {
            line.put("mes", format!(r#"{{"message":{}}}"#, text.raw()));
        } else {
            line.put("mes", text.raw());
        }
        match (dialect, given("extra")) {
            (_, Some(extra)) => line.put("extra", extra.raw()),
            (Dialect::CardShark, None) => line.put("extra", format!(r#"{{"id":{}}}"#, quote(id))),
            (Dialect::SillyTavern, None) => line.put("extra", "{}"),
            _ => {}
        }
    }
    if agree.is_none() {
        line.skip("is_user");
        line.skip("is_system");
    }
    for (key, _) in fields.into_iter().flat_map(Node::entries) {
        if let Some(value) = given(&key) {
            line.put(&key, value.raw());
        }
    }
    Ok(line.finish())
}

/// A line changed by an object in the shape `MessagePatch`; the rest of it stays byte for byte.
///
/// A new text goes to where the line has it, and into the shown one of its swipes.
///
/// # Errors
/// `invalid` for a wrong value, `bad-option` for an unknown one, `bad-json` when the line
/// cannot be read.
pub fn edit_line(line: &[u8], patch: &Document, dialect: Dialect) -> Result<Vec<u8>> {
    let root = object(patch.root(), "the patch", &["text", "name", "fields"])?;
    let (text, name, fields) = (string(root, "text")?, string(root, "name")?, fields(root)?);
    let mut document = view::document(line, &Limits::default())?;
    for (key, _) in fields.into_iter().flat_map(Node::entries) {
        if let Some(value) = fields.and_then(|fields| fields.get(&key)) {
            document = document.amend(&[key.as_ref().into()], value)?;
        }
    }
    if let Some(name) = name {
        document = document.amend(&["name".into()], name)?;
    }
    if let Some(text) = text {
        let spoken = Spoken::of(document.root(), dialect);
        let swipe = (spoken.linked && !spoken.swipes.is_empty()).then_some(spoken.swipe);
        let key = view::text_key(document.root(), dialect).unwrap_or(match dialect {
            Dialect::World => "content",
            _ => "mes",
        });
        let mut paths = vec![view::text_path(document.root(), key)];
        paths.extend(swipe.map(|swipe| view::swipe_path(document.root(), swipe)));
        for path in paths {
            document = document.amend(&path, text)?;
        }
    }
    // The patch may have line breaks between its values.
    Ok(line_of(&document))
}

/// A line kept from the model or given to it again, as SillyTavern's `/hide` and `/unhide` do
/// it; the rest of it stays byte for byte.
///
/// # Errors
/// `bad-json` when the line cannot be read.
pub fn hide_line(line: &[u8], hidden: bool, dialect: Dialect) -> Result<Vec<u8>> {
    let document = view::document(line, &Limits::default())?;
    let root = document.root();
    if view::is_hidden(root) == hidden {
        return Ok(line.to_vec());
    }
    let flag = ["is_system".into()];
    let flagged = matches!(dialect, Dialect::SillyTavern | Dialect::CardShark);
    let changed = match (hidden, flagged) {
        (true, _) => document.set(&flag, "true")?,
        (false, true) => document.set(&flag, "false")?,
        // The others have the flag of hidden messages only.
        (false, false) => document.remove(&flag)?,
    };
    Ok(line_of(&changed))
}

/// A line that names a checkpoint which was made at it, as SillyTavern does; the rest of it
/// stays byte for byte.
///
/// # Errors
/// `bad-json` when the line cannot be read.
pub fn mark_line(line: &[u8], name: &str) -> Result<Vec<u8>> {
    let document = view::document(line, &Limits::default())?;
    with_member(&document, "extra", "bookmark_link", &quote(name)).map(|marked| line_of(&marked))
}

/// A line that says of its text that the end is missing; the rest of it stays byte for byte.
///
/// # Errors
/// `bad-json` when the line cannot be read.
pub fn interrupt_line(line: &[u8]) -> Result<Vec<u8>> {
    let document = view::document(line, &Limits::default())?;
    with_member(&document, "extra", "interrupted", "true").map(|marked| line_of(&marked))
}

/// The bytes before the first message with a header that names the chat which this one comes
/// from, as SillyTavern does; `None` where no header of SillyTavern's is.
pub fn name_main_chat(header: &[u8], name: &str, limits: &Limits) -> Option<Vec<u8>> {
    let piece = Pieces::of(header).find(|piece| piece.what == What::Header)?;
    let document = view::document(&header[piece.start..piece.end], limits).ok()?;
    if document.root().get("metadata").is_some() {
        return None;
    }
    let named = with_member(&document, "chat_metadata", "main_chat", &quote(name)).ok()?;
    Some(
        [
            &header[..piece.start],
            &line_of(&named),
            &header[piece.end..],
        ]
        .concat(),
    )
}

/// A document with a member in one of its objects, which is made where it is none.
fn with_member(document: &Document, object: &str, key: &str, value: &str) -> Result<Document> {
    match document.root().get(object) {
        Some(node) if node.shape() == Shape::Object => {
            document.set(&[object.into(), key.into()], value)
        }
        _ => document.set(&[object.into()], &format!("{{{}:{value}}}", quote(key))),
    }
}

/// A changed document as the line it is.
pub(super) fn line_of(document: &Document) -> Vec<u8> {
    let bytes = document.bytes();
    match std::str::from_utf8(bytes) {
        Ok(text) => one_line(text).into_owned().into_bytes(),
        Err(_) => bytes.to_vec(),
    }
}

fn object<'a>(root: Node<'a>, what: &str, known: &[&str]) -> Result<Node<'a>> {
    if root.shape() != Shape::Object {
        return Err(Kind::Invalid.because(format!("{what} must be an object")));
    }
    match root
        .entries()
        .find(|(key, _)| !known.contains(&key.as_ref()))
    {
        Some((key, _)) => {
            let known = known.join("`, `");
            Err(Kind::BadOption.because(format!("{what} has `{key}`, possible are `{known}`")))
        }
        None => Ok(root),
    }
}

fn string<'a>(root: Node<'a>, key: &str) -> Result<Option<Node<'a>>> {
    match root.get(key) {
        Some(node) if node.shape() != Shape::String => Err(wrong(key, "a text")),
        node => Ok(node),
    }
}

fn fields<'a>(root: Node<'a>) -> Result<Option<Node<'a>>> {
    match root.get("fields") {
        Some(node) if node.shape() != Shape::Object => Err(wrong("fields", "an object")),
        node => Ok(node),
    }
}

/// A moment of the years 0 to 9999, which every tool can read.
fn time(node: Node<'_>) -> Result<i64> {
    const YEARS_MS: std::ops::RangeInclusive<f64> = -62_167_219_200_000.0..=253_402_300_799_999.0;
    match node.number() {
        Some(number) if YEARS_MS.contains(&number) => Ok(number.floor() as i64),
        _ => Err(wrong("at", "a number of milliseconds since 1970")),
    }
}

fn wrong(key: &str, wanted: &str) -> Error {
    Kind::Invalid.because(format!("`{key}` must be {wanted}"))
}

fn says_narrator(fields: Option<Node<'_>>) -> bool {
    let kind = fields.and_then(|fields| fields.get("extra")?.get("type")?.text());
    kind.as_deref() == Some("narrator")
}
