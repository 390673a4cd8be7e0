//! What a file is that is no log of lines: an array of messages, or another tool's document.
//!
//! Told by content, never by a file's name. Each tool's own reading is in the modules beside.

use super::source::Source;
use super::transcript::Transcript;
use super::written::one_line;
use super::{plain, tools, tree};
use crate::error::{Limits, Warning};
use crate::json::{Document, Node, Shape};

/// The file as one JSON value, when it is one, and what had to be repaired to read it.
pub(super) fn document(bytes: &[u8], limits: &Limits) -> Option<(Document, Vec<Warning>)> {
    let (document, mut warnings) = Document::read(bytes, limits).ok()?;
    let whole = !warnings
        .iter()
        .any(|warning| warning.code == "trailing-text");
    let nested = matches!(document.root().shape(), Shape::Array | Shape::Object);
    warnings.retain(|warning| warning.repaired);
    (whole && nested).then_some((document, warnings))
}

/// The items of an array of objects as the lines of a log.
pub(super) fn lines(root: Node<'_>) -> Option<Vec<u8>> {
    if !root.items().any(|item| item.shape() == Shape::Object) {
        return None;
    }
    let lines: Vec<_> = root.items().map(|item| one_line(item.raw())).collect();
    Some(lines.join("\n").into_bytes())
}

/// Puts what a tool says into a transcript.
type Reading = fn(Node<'_>, &mut Transcript);

/// The transcript of another tool's document; `None` when it is none that is known.
pub(super) fn transcript(root: Node<'_>) -> Option<Transcript> {
    let object = |node: &Node<'_>| node.shape() == Shape::Object;
    // Several documents in one array: each is a chat, or some.
    if root.shape() == Shape::Array
        && let Some((source, reading)) = root.items().filter(object).find_map(of_tool)
    {
        let mut transcript = Transcript::new(source);
        for (n, item) in root.items().enumerate() {
            match of_tool(item) {
                Some((of, _)) if of.tool == source.tool => reading(item, &mut transcript),
                _ => transcript.skip(&n.to_string(), "the item is no chat of the same tool"),
            }
        }
        return Some(transcript);
    }
    let (source, reading) = of_tool(root)?;
    let mut transcript = Transcript::new(source);
    reading(root, &mut transcript);
    Some(transcript)
}

/// The transcript of an array or an object of messages that no known tool wrote.
pub(super) fn plain_transcript(root: Node<'_>) -> Option<Transcript> {
    let source = plain::source(root)?;
    let mut transcript = Transcript::new(source);
    plain::read(root, &mut transcript);
    Some(transcript)
}

/// The transcript of an array of objects that list messages each, as no known tool does.
pub(super) fn nested_transcript(root: Node<'_>) -> Option<Transcript> {
    let mut transcript = Transcript::new(plain::nested(root)?);
    for (n, item) in root.items().enumerate() {
        match item.shape() {
            Shape::Object if plain::source(item).is_some() => plain::read(item, &mut transcript),
            _ => transcript.skip(&n.to_string(), "the item lists no messages"),
        }
    }
    Some(transcript)
}

/// The transcript of an array of messages as CardShark's database or view has them.
pub(super) fn database_transcript(root: Node<'_>) -> Option<Transcript> {
    let of_lines = root.items().any(|item| item.get("mes").is_some());
    let source = plain::source(root).filter(|source| source.tool == "cardshark" && !of_lines)?;
    let mut transcript = Transcript::new(source);
    plain::read(root, &mut transcript);
    Some(transcript)
}

/// Which tool's document it is. The order is SillyTavern's, where that knows a form.
fn of_tool(root: Node<'_>) -> Option<(Source, Reading)> {
    let has = |key: &str| root.get(key).is_some();
    let is = |key: &str, shape: Shape| root.get(key).is_some_and(|node| node.shape() == shape);
    if root.shape() == Shape::Array {
        let first = root.items().next()?;
        // The first may be a narrator's.
        let named = root.items().take(8).any(|item| {
            let text = item.text();
            item.shape() == Shape::String && text.is_some_and(|text| tools::named(&text).is_some())
        });
        let source = Source::new(
            "tavernai",
            "2022-12",
            "an array of texts that begin with a name",
        );
        return (first.shape() == Shape::String && named).then_some((source, tools::tavernai as _));
    }
    if is("savedsettings", Shape::Object) && (has("prompt") || has("actions")) {
        let source = Source::new("kobold-lite", "saved", "it has `savedsettings`");
        return Some((source, tools::kobold_lite));
    }
    if is("prompt", Shape::String) && is("actions", Shape::Array) {
        let source = Source::new("kobold-lite", "story", "it has `prompt` and `actions`");
        return Some((source, tools::kobold_lite));
    }
    if let Some(histories) = root.get("histories") {
        let source = match histories.shape() {
            Shape::Object => Source::new("cai-tools", "nested", "it has `histories.histories`"),
            Shape::Array => Source::new("cai-tools", "flat", "it has `histories`"),
            _ => return None,
        };
        return Some((source, tools::cai_tools));
    }
    if is("data_visible", Shape::Array) {
        let source = Source::new("text-generation-webui", "2023-02", "it has `data_visible`");
        return Some((source, tools::webui));
    }
    let pairs = |key: &str| {
        let mut items = root.get(key).into_iter().flat_map(Node::items);
        items.any(|item| item.shape() == Shape::Array)
    };
    if is("visible", Shape::Array) && is("internal", Shape::Array)
        || pairs("visible")
        || pairs("internal")
    {
        let source = match has("metadata") {
            true => Source::new(
                "text-generation-webui",
                "2024",
                "it has `visible` and `metadata`",
            ),
            false => Source::new(
                "text-generation-webui",
                "2023",
                "it has `visible` and `internal`",
            ),
        };
        return Some((source, tools::webui));
    }
    let first = |key: &str| {
        root.get(key)?
            .items()
            .find(|item| item.shape() == Shape::Object)
    };
    if let Some(kind) = root.get("type").and_then(Node::text)
        && matches!(kind.as_ref(), "risuChat" | "risuAllChats")
    {
        let version = root.get("ver").and_then(Node::number).unwrap_or(1.0);
        let source = match (kind.as_ref(), version >= 2.0) {
            ("risuChat", false) => Source::new("risu", "chat-1", "its type is `risuChat`"),
            ("risuChat", true) => Source::new("risu", "chat-2", "its type is `risuChat`"),
            (_, false) => Source::new("risu", "all-1", "its type is `risuAllChats`"),
            (_, true) => Source::new("risu", "all-2", "its type is `risuAllChats`"),
        };
        return Some((source, tools::risu));
    }
    if first("message").is_some_and(|item| item.get("role").is_some() && item.get("data").is_some())
    {
        let source = Source::new("risu", "bare", "it has `message` with `role` and `data`");
        return Some((source, tools::risu));
    }
    if is("conv", Shape::Object) && is("messages", Shape::Array) {
        let source = Source::new("llama-cpp", "json", "it has `conv` and `messages`");
        return Some((source, tree::llama_cpp));
    }
    let says = |key: &str| first("messages").is_some_and(|item| item.get(key).is_some());
    let empty = root.get("messages").is_some_and(|list| list.is_empty());
    if says("msg") || is("messages", Shape::Array) && empty && has("sampleChat") {
        let source = Source::new("agnai", "export", "its messages have `msg`");
        return Some((source, tree::agnai));
    }
    None
}

/// The JSON text that RisuAI hides in a page it exports.
pub(super) fn of_page(bytes: &[u8]) -> Option<String> {
    const MARK: &str = "class=\"idat\"";
    let text = std::str::from_utf8(bytes).ok()?;
    let text = text.trim_start_matches('\u{feff}').trim_start();
    if !text.starts_with('<') {
        return None;
    }
    // What was said may speak of the mark too; what the page hides stands behind it all.
    let inner = &text[text.rfind(MARK)? + MARK.len()..];
    let inner = &inner[inner.find('>')? + 1..];
    let inner = &inner[..inner.find('<').unwrap_or(inner.len())];
    Some(inner.replace("&lt;", "<").replace("&gt;", ">"))
}
