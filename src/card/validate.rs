//! Whether a card is what its specification asks for, to the letter. The reader takes far
//! more than this; who publishes a card wants to know what others may refuse.

use super::spec::Spec;
use super::view;
use crate::json::{Document, Node, Shape};
use std::collections::HashMap;

/// Whether a card keeps to its specification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Validity {
    /// The specification it was held against.
    pub spec: Spec,
    /// What the specification forbids: at most 1,000, then one more, `too-many`, that says how many
    /// there are besides.
    pub errors: Vec<Issue>,
    /// What it allows and is hardly meant, as many.
    pub warnings: Vec<Issue>,
}

/// One thing that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Issue {
    /// `data.character_book.entries.3.keys`; empty for the whole card.
    pub path: String,
    /// Stable and kebab-case: `missing-field`, `wrong-type`, `bad-value`, `duplicate-id`, …
    pub code: &'static str,
    /// One sentence.
    pub message: String,
}

impl Issue {
    fn new(path: &str, code: &'static str, message: impl Into<String>) -> Issue {
        Issue {
            path: path.to_owned(),
            code,
            message: message.into(),
        }
    }
}

/// So many errors are listed, and so many warnings; of a hostile card there may be millions.
const MOST_ISSUES: usize = 1000;

#[derive(Clone, Copy, PartialEq)]
enum Type {
    Text,
    Number,
    Bool,
    Texts,
    Object,
    List,
    /// V3 allows a lorebook entry's id to be either.
    TextOrNumber,
}

impl Type {
    fn holds(self, node: Node<'_>) -> bool {
        let shape = node.shape();
        match self {
            Type::Text => shape == Shape::String,
            Type::Number => shape == Shape::Number,
            Type::Bool => shape == Shape::Bool,
            Type::Object => shape == Shape::Object,
            Type::List => shape == Shape::Array,
            Type::TextOrNumber => matches!(shape, Shape::String | Shape::Number),
            Type::Texts => {
                shape == Shape::Array && node.items().all(|item| item.shape() == Shape::String)
            }
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Type::Text => "a text",
            Type::Number => "a number",
            Type::Bool => "true or false",
            Type::Texts => "a list of texts",
            Type::Object => "an object",
            Type::List => "a list",
            Type::TextOrNumber => "a text or a number",
        }
    }
}

/// A field: its key, its type, and whether it must be there.
type Rule = (&'static str, Type, bool);

const V1: &[Rule] = &[
    ("name", Type::Text, true),
    ("description", Type::Text, true),
    ("personality", Type::Text, true),
    ("scenario", Type::Text, true),
    ("first_mes", Type::Text, true),
    ("mes_example", Type::Text, true),
];

const V2: &[Rule] = &[
    ("creator_notes", Type::Text, true),
    ("system_prompt", Type::Text, true),
    ("post_history_instructions", Type::Text, true),
    ("alternate_greetings", Type::Texts, true),
    ("tags", Type::Texts, true),
    ("creator", Type::Text, true),
    ("character_version", Type::Text, true),
    ("extensions", Type::Object, true),
    ("character_book", Type::Object, false),
];

const V3: &[Rule] = &[
    ("group_only_greetings", Type::Texts, true),
    ("assets", Type::List, false),
    ("nickname", Type::Text, false),
    ("creator_notes_multilingual", Type::Object, false),
    ("source", Type::Texts, false),
    ("creation_date", Type::Number, false),
    ("modification_date", Type::Number, false),
];

const BOOK: &[Rule] = &[
    ("entries", Type::List, true),
    ("extensions", Type::Object, true),
    ("name", Type::Text, false),
    ("description", Type::Text, false),
    ("scan_depth", Type::Number, false),
    ("token_budget", Type::Number, false),
    ("recursive_scanning", Type::Bool, false),
];

const ENTRY: &[Rule] = &[
    ("keys", Type::Texts, true),
    ("content", Type::Text, true),
    ("extensions", Type::Object, true),
    ("enabled", Type::Bool, true),
    ("insertion_order", Type::Number, true),
    ("case_sensitive", Type::Bool, false),
    ("name", Type::Text, false),
    ("priority", Type::Number, false),
    ("comment", Type::Text, false),
    ("selective", Type::Bool, false),
    ("secondary_keys", Type::Texts, false),
    ("constant", Type::Bool, false),
    ("position", Type::Text, false),
];

const ASSET: &[Rule] = &[
    ("type", Type::Text, true),
    ("uri", Type::Text, true),
    ("name", Type::Text, true),
    ("ext", Type::Text, true),
];

/// `there`: the paths of what came along with the card, where that is known.
pub(super) fn validate(document: &Document, there: Option<&[String]>) -> Validity {
    let mut found = Found {
        spec: view::spec(document),
        errors: Issues::default(),
        warnings: Issues::default(),
    };
    held(document, there, &mut found);
    Validity {
        spec: found.spec,
        errors: found.errors.told(),
        warnings: found.warnings.told(),
    }
}

fn held(document: &Document, there: Option<&[String]>, found: &mut Found) {
    let root = document.root();
    if root.shape() != Shape::Object {
        return found.error("", "wrong-type", "the card is no object");
    }
    let said = root.get("spec").and_then(Node::text);
    match (view::data(document), said.as_deref()) {
        (Some(data), _) => nested(root, data, there, found),
        (None, Some(said)) if said.starts_with("chara_card") => {
            let code = match root.get("data") {
                Some(_) => "wrong-type",
                None => "missing-field",
            };
            found.error("data", code, "the card says it has `data`, an object");
        }
        _ => {
            rules(root, "", V1, found);
            texts(root, "", found);
        }
    }
}

/// What was found so far.
struct Found {
    spec: Spec,
    errors: Issues,
    warnings: Issues,
}

#[derive(Default)]
struct Issues {
    listed: Vec<Issue>,
    more: usize,
}

impl Issues {
    fn push(&mut self, path: &str, code: &'static str, message: impl Into<String>) {
        if self.listed.len() < MOST_ISSUES {
            self.listed.push(Issue::new(path, code, message));
        } else {
            self.more += 1;
        }
    }

    fn told(mut self) -> Vec<Issue> {
        if self.more > 0 {
            let message = format!("{} more are not listed", self.more);
            self.listed.push(Issue::new("", "too-many", message));
        }
        self.listed
    }
}

impl Found {
    fn error(&mut self, path: &str, code: &'static str, message: impl Into<String>) {
        self.errors.push(path, code, message);
    }

    fn warn(&mut self, path: &str, code: &'static str, message: impl Into<String>) {
        self.warnings.push(path, code, message);
    }
}

fn nested(root: Node<'_>, data: Node<'_>, there: Option<&[String]>, found: &mut Found) {
    let v3 = found.spec == Spec::V3;
    let spec = if v3 { "chara_card_v3" } else { "chara_card_v2" };
    match root.get("spec").map(Node::text) {
        None => found.error("spec", "missing-field", format!("`spec` must be `{spec}`")),
        Some(Some(said)) if said == spec => {}
        Some(_) => found.error("spec", "bad-value", format!("`spec` must be `{spec}`")),
    }
    let version = root.get("spec_version");
    let said = version.and_then(Node::text);
    match (version, said.as_deref().map(str::trim)) {
        (None, _) => found.error("spec_version", "missing-field", "`spec_version` is missing"),
        (Some(_), None) => {
            found.error(
                "spec_version",
                "wrong-type",
                "`spec_version` must be a text",
            );
        }
        (_, Some("2.0")) if !v3 => {}
        (_, Some(_)) if !v3 => {
            found.error("spec_version", "bad-value", "`spec_version` must be `2.0`");
        }
        // V3 compares it as a number and accepts what is newer.
        (_, Some(said)) => match said.parse::<f64>() {
            Ok(version) if (3.0..4.0).contains(&version) => {
                if version > 3.0 {
                    let message = "the card follows a newer specification than V3";
                    found.warn("spec_version", "newer-spec", message);
                }
            }
            _ => found.error("spec_version", "bad-value", "`spec_version` must be `3.0`"),
        },
    }
    rules(data, "data.", V1, found);
    rules(data, "data.", V2, found);
    if v3 {
        rules(data, "data.", V3, found);
    }
    texts(data, "data.", found);
    for (key, _) in data.entries() {
        let known = |rules: &[Rule]| rules.iter().any(|(name, ..)| *name == key);
        if !(known(V1) || known(V2) || known(V3) && v3) {
            let message = "own fields belong into `extensions`; other tools may drop this one";
            found.warn(&format!("data.{key}"), "unknown-field", message);
        }
    }
    for (key, ..) in V1 {
        let (there, here) = (root.get(key), data.get(key));
        if let (Some(there), Some(here)) = (there, here)
            && !there.same(here)
        {
            let message =
                "the copy at the root says something else; tools that know V1 only show that";
            found.warn(key, "mirror-differs", message);
        }
    }
    if let Some(book) = data
        .get("character_book")
        .filter(|it| it.shape() == Shape::Object)
    {
        lorebook(book, v3, found);
    }
    if v3 {
        let assets = data.get("assets").filter(|it| it.shape() == Shape::Array);
        assets
            .into_iter()
            .for_each(|assets| self::assets(assets, there, found));
        let notes = data.get("creator_notes_multilingual");
        for (language, text) in notes.into_iter().flat_map(Node::entries) {
            let path = format!("data.creator_notes_multilingual.{language}");
            if text.shape() != Shape::String {
                found.error(
                    &path,
                    "wrong-type",
                    "the notes in a language must be a text",
                );
            }
            if language.len() != 2 || !language.bytes().all(|byte| byte.is_ascii_lowercase()) {
                let message = "a language is named by the two letters of ISO 639-1";
                found.warn(&path, "bad-language", message);
            }
        }
        for key in ["creation_date", "modification_date"] {
            // Seconds reach this in the year 5138, milliseconds did in 1973.
            if data
                .get(key)
                .and_then(Node::number)
                .is_some_and(|date| date > 1e11)
            {
                let message = "the date is in seconds; this one looks like milliseconds";
                found.warn(&format!("data.{key}"), "bad-date", message);
            }
        }
    }
}

fn rules(node: Node<'_>, path: &str, rules: &[Rule], found: &mut Found) {
    for (key, kind, required) in rules {
        match node.get(key) {
            None if *required => {
                let message = format!("`{key}` is missing; it must be {}", kind.name());
                found.error(&format!("{path}{key}"), "missing-field", message);
            }
            Some(value) if !kind.holds(value) => {
                let message = format!("`{key}` must be {}", kind.name());
                found.error(&format!("{path}{key}"), "wrong-type", message);
            }
            _ => {}
        }
    }
}

fn texts(node: Node<'_>, path: &str, found: &mut Found) {
    let empty = |key: &str| {
        let text = node.get(key).and_then(Node::text);
        text.is_some_and(|text| text.trim().is_empty())
    };
    if empty("name") {
        found.warn(
            &format!("{path}name"),
            "no-name",
            "the character has no name",
        );
    }
    if empty("first_mes") {
        found.warn(
            &format!("{path}first_mes"),
            "no-greeting",
            "the character says nothing first",
        );
    }
}

fn lorebook(book: Node<'_>, v3: bool, found: &mut Found) {
    const PATH: &str = "data.character_book.";
    rules(book, PATH, BOOK, found);
    let entries = book.get("entries").filter(|it| it.shape() == Shape::Array);
    let mut ids = HashMap::new();
    for (n, entry) in entries.into_iter().flat_map(Node::items).enumerate() {
        let path = format!("{PATH}entries.{n}.");
        if entry.shape() != Shape::Object {
            let path = path.trim_end_matches('.');
            found.error(path, "wrong-type", "an entry must be an object");
            continue;
        }
        rules(entry, &path, ENTRY, found);
        let id = if v3 { Type::TextOrNumber } else { Type::Number };
        rules(entry, &path, &[("id", id, false)], found);
        if v3 {
            rules(entry, &path, &[("use_regex", Type::Bool, true)], found);
        }
        let position = entry.get("position").and_then(Node::text);
        if position.is_some_and(|it| it != "before_char" && it != "after_char") {
            let message = "`position` must be `before_char` or `after_char`";
            found.error(&format!("{path}position"), "bad-value", message);
        }
        if let Some(id) = entry.get("id").filter(|id| !id.is_null())
            && let Some(first) = ids.insert(id.raw().to_owned(), n)
        {
            let message =
                format!("entry {first} has the same id; tools that key by it keep one of them");
            found.warn(&format!("{path}id"), "duplicate-id", message);
        }
        let constant = entry.get("constant").and_then(Node::boolean) == Some(true);
        let keyed = entry.get("keys").is_some_and(|keys| {
            let mut texts = keys.items().filter_map(Node::text);
            texts.any(|key| !key.trim().is_empty())
        });
        if !keyed && !constant {
            let message = "without a key the entry is never called for";
            found.warn(&format!("{path}keys"), "never-fires", message);
        }
    }
}

fn assets(assets: Node<'_>, there: Option<&[String]>, found: &mut Found) {
    let (mut icons, mut main_icons, mut main_backgrounds) = (0, 0, 0);
    for (n, asset) in assets.items().enumerate() {
        let path = format!("data.assets.{n}.");
        if asset.shape() != Shape::Object {
            found.error(
                path.trim_end_matches('.'),
                "wrong-type",
                "an asset must be an object",
            );
            continue;
        }
        rules(asset, &path, ASSET, found);
        let text = |key: &str| asset.get(key).and_then(Node::text).unwrap_or_default();
        if text("type") == "icon" {
            icons += 1;
            main_icons += usize::from(text("name") == "main");
        }
        let kind = text("type");
        main_backgrounds += usize::from(kind == "background" && text("name") == "main");
        let usual = ["icon", "background", "user_icon", "emotion", ""];
        // RisuAI writes a hyphen.
        if !usual.contains(&&*kind) && !kind.starts_with("x_") && !kind.starts_with("x-") {
            let message = "types that the specification does not name begin with `x_`";
            found.warn(&format!("{path}type"), "unknown-type", message);
        }
        if let Some(uri) = asset.get("uri").and_then(Node::text) {
            let path = format!("{path}uri");
            if let Some((code, message)) = odd_uri(&uri) {
                found.warn(&path, code, message);
            } else if is_inside(&uri)
                && there.is_some_and(|there| there.iter().all(|one| *one != uri))
            {
                let message = "nothing of this name came along with the card";
                found.warn(&path, "missing-asset", message);
            }
        }
        let ext = text("ext");
        if ext.starts_with('.') || ext.chars().any(char::is_uppercase) {
            let message = "`ext` is spelled in lower case and without a dot";
            found.warn(&format!("{path}ext"), "bad-extension", message);
        }
    }
    if icons > 1 && main_icons != 1 {
        let message = format!("of {icons} icons one must be named `main`; {main_icons} are");
        found.error("data.assets", "main-icon", message);
    }
    if main_backgrounds > 1 {
        let message = format!("one background may be named `main`; {main_backgrounds} are");
        found.error("data.assets", "main-background", message);
    }
}

/// What stands before the colon of a URI, in lower case, and what behind. Browsers read it without
/// the blanks and control characters in it.
fn scheme(uri: &str) -> Option<(String, &str)> {
    let (scheme, rest) = uri.split_once(':')?;
    let mut scheme = scheme.to_ascii_lowercase();
    scheme.retain(|c| c > ' ' && c != '\u{7f}');
    let sign = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.' | '_');
    let fits = scheme.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    (fits && scheme.chars().all(sign)).then_some((scheme, rest))
}

/// Whether the URI names what travels with the card.
fn is_inside(uri: &str) -> bool {
    let schemes = ["embeded", "embedded", "__asset"];
    scheme(uri).is_some_and(|(scheme, _)| schemes.contains(&scheme.as_str()))
}

/// What is odd about the URI of an asset.
fn odd_uri(uri: &str) -> Option<(&'static str, String)> {
    let bad = |message: &str| Some(("bad-uri", message.to_owned()));
    if uri.trim().is_empty() {
        return bad("the URI is empty");
    }
    let Some((scheme, rest)) = scheme(uri) else {
        return bad("the URI has no scheme, such as `embeded://`, `https://` or `data:`");
    };
    let danger = |why: &str| Some(("dangerous-uri", format!("`{scheme}:` {why}")));
    match scheme.as_str() {
        "javascript" | "vbscript" => danger("is a program"),
        "file" => danger("names a file of one machine"),
        "blob" | "filesystem" => bad("the URI holds only as long as the page that made it"),
        // A drive.
        one if one.len() == 1 => danger("names a file of one machine"),
        "ccdefault" => match rest {
            "" => None,
            _ => bad("`ccdefault:` has nothing behind it"),
        },
        "embeded" | "embedded" => {
            let path = rest.strip_prefix("//").unwrap_or_default();
            let parts = || path.split(['/', '\\']);
            if path.is_empty() || path.ends_with('/') {
                bad("the URI names no file of the archive")
            } else if parts().any(|part| part == "..") || path.starts_with('/') {
                bad("the path leads out of the archive")
            } else if path.contains('\\') {
                bad("paths of an archive have `/`")
            } else if scheme == "embedded" {
                bad("the specification spells it `embeded://`; not everybody reads this")
            } else {
                None
            }
        }
        "__asset" if rest.is_empty() => bad("the URI names no asset"),
        "__asset" => None,
        "http" | "https" => {
            let host = rest.strip_prefix("//").unwrap_or_default();
            let host = host.split(['/', '?', '#']).next().unwrap_or_default();
            match host.is_empty() || host.contains(char::is_whitespace) {
                true => bad("the address has no host"),
                false => None,
            }
        }
        "data" => {
            let (kind, content) = rest.split_once(',').unwrap_or((rest, ""));
            let kind = kind.to_ascii_lowercase();
            let media = kind.split(';').next().unwrap_or_default().trim();
            let active = [
                "text/html",
                "image/svg+xml",
                "application/xhtml+xml",
                "text/xml",
            ];
            if active.contains(&media) || media.contains("javascript") {
                return danger(&format!("holds `{media}`, which can run programs"));
            }
            if content.is_empty() {
                return bad("the URI holds nothing");
            }
            let base64 = kind.ends_with(";base64");
            match base64 && !is_base64(content) {
                true => bad("what it holds is no base64"),
                false => None,
            }
        }
        _ => Some((
            "unknown-uri",
            format!("`{scheme}:` is nothing that the specification names"),
        )),
    }
}

fn is_base64(text: &str) -> bool {
    let content = text.trim_end_matches('=');
    let sign = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'+' || byte == b'/';
    content.bytes().all(sign) && text.len() - content.len() <= 2 && content.len() % 4 != 1
}
