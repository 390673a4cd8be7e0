//! What a file is that is no log of lines: an array of messages, or another tool's document.

use crate::error::{Error, Kind, Limits};
use crate::json::{Document, Node, Shape};
use std::borrow::Cow;

/// The file as one JSON value, when it is one.
pub(super) fn document(bytes: &[u8], limits: &Limits) -> Option<Document> {
    let (document, warnings) = Document::read(bytes, limits).ok()?;
    let whole = !warnings
        .iter()
        .any(|warning| warning.code == "trailing-text");
    let nested = matches!(document.root().shape(), Shape::Array | Shape::Object);
    (whole && nested).then_some(document)
}

/// The items of an array of objects as the lines of a log.
pub(super) fn lines(root: Node<'_>) -> Option<Vec<u8>> {
    if !root.items().any(|item| item.shape() == Shape::Object) {
        return None;
    }
    let lines: Vec<_> = root.items().map(|item| one_line(item.raw())).collect();
    Some(lines.join("\n").into_bytes())
}

/// Says which tool's document it is, if that is known.
pub(super) fn refusal(root: Node<'_>) -> Error {
    match dialect(root) {
        Some(name) => Kind::Unsupported.because(format!("the file is a chat of {name}")),
        None => Kind::NotAChat.because("the file is one JSON value that is no chat"),
    }
}

fn dialect(root: Node<'_>) -> Option<&'static str> {
    let has = |key: &str| root.get(key).is_some();
    let kind = root.get("type").and_then(Node::text).unwrap_or_default();
    let says = |key: &str| {
        let mut messages = root.get("messages").into_iter().flat_map(Node::items);
        messages
            .next()
            .is_some_and(|message| message.get(key).is_some())
    };
    Some(match root.shape() {
        Shape::Array if root.at(0)?.shape() == Shape::String => "TavernAI of 2022, a list of texts",
        Shape::Object if has("savedsettings") => "KoboldAI Lite",
        Shape::Object if has("histories") => "CAI Tools",
        Shape::Object if has("data_visible") => "text-generation-webui, first form",
        Shape::Object if has("visible") && has("internal") => "text-generation-webui",
        Shape::Object if kind.starts_with("risu") => "RisuAI",
        Shape::Object if says("msg") => "Agnai",
        _ => return None,
    })
}

/// A JSON text without the line breaks in it: those between values go together with the
/// indentation behind them, those inside strings become escapes.
pub(super) fn one_line(json: &str) -> Cow<'_, str> {
    if !json.contains('\n') {
        return Cow::Borrowed(json);
    }
    let mut out = String::with_capacity(json.len());
    let (mut string, mut escape, mut indent) = (false, false, false);
    for c in json.chars() {
        indent &= matches!(c, ' ' | '\t' | '\r' | '\n');
        match c {
            // The backslash before it was none of an escape.
            '\n' if string && escape => out.push_str("\\\\n"),
            '\n' if string => out.push_str("\\n"),
            '\r' | '\n' if !string => indent = true,
            _ if indent => {}
            _ => out.push(c),
        }
        string ^= c == '"' && !escape;
        escape = string && c == '\\' && !escape;
    }
    Cow::Owned(out)
}
