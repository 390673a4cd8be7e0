//! A card's fields, read from any dialect: always of the same types, whatever the file held.
//!
//! A view never changes the document. Where a value had to be coerced it says so in a
//! warning, and a string that is one stays the file's own text, lone surrogates and all.

use super::agnai;
pub(super) use super::field::{FIELDS, Field, Kind, V1, known};
use super::mojibake::mended;
use super::spec::Spec;
use crate::error::Warning;
use crate::json::{Document, Node, Shape, quote_ascii};
use std::borrow::Cow;

/// One text: the file's own, or one that was made of something else.
#[derive(Clone)]
pub(super) enum Text<'a> {
    Own(Node<'a>),
    Made(String),
}

impl<'a> Text<'a> {
    pub fn read(&self) -> Cow<'a, str> {
        match self {
            Text::Own(node) => node.text().unwrap_or(Cow::Borrowed("")),
            Text::Made(text) => Cow::Owned(text.clone()),
        }
    }

    /// As a strict literal.
    pub fn strict(&self, out: &mut String) {
        match self {
            Text::Own(node) => node.strict(out),
            Text::Made(text) => out.push_str(&quote_ascii(text)),
        }
    }

    /// Whether both say the same, however they are spelled.
    fn same(&self, other: &Text<'_>) -> bool {
        match (self, other) {
            (Text::Own(this), Text::Own(that)) => this.raw() == that.raw() || this.same(*that),
            _ => self.read() == other.read(),
        }
    }
}

/// What a field says.
#[derive(Clone)]
pub(super) enum Value<'a> {
    Absent,
    Text(Text<'a>),
    List(Vec<Text<'a>>),
    Json(Node<'a>),
}

impl Value<'_> {
    pub fn strict(&self, out: &mut String) {
        match self {
            Value::Absent => out.push_str("null"),
            Value::Text(text) => text.strict(out),
            Value::List(items) => {
                out.push('[');
                for (n, item) in items.iter().enumerate() {
                    if n > 0 {
                        out.push(',');
                    }
                    item.strict(out);
                }
                out.push(']');
            }
            Value::Json(node) => node.strict(out),
        }
    }

    /// Whether both say the same.
    pub fn same(&self, other: &Value<'_>) -> bool {
        match (self, other) {
            (Value::Absent, Value::Absent) => true,
            (Value::Absent, _) | (_, Value::Absent) => false,
            (Value::Json(this), Value::Json(that)) => this.same(*that),
            (Value::Text(this), Value::Text(that)) => this.same(that),
            (Value::List(these), Value::List(those)) => {
                these.len() == those.len()
                    && these.iter().zip(those).all(|(this, that)| this.same(that))
            }
            _ => false,
        }
    }
}

/// The object that holds the fields of V2 and V3; none for a flat card.
pub(super) fn data(document: &Document) -> Option<Node<'_>> {
    document
        .root()
        .get("data")
        .filter(|data| data.shape() == Shape::Object)
}

/// Which specification the document follows, whatever it says of itself.
pub(super) fn spec(document: &Document) -> Spec {
    let root = document.root();
    let spec = root
        .get("spec")
        .and_then(Node::text)
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    if data(document).is_none() {
        return Spec::V1;
    }
    if spec == "chara_card_v3"
        || (spec != "chara_card_v2" && version(root).is_some_and(|version| version >= 3.0))
    {
        return Spec::V3;
    }
    Spec::V2
}

/// `spec_version` as a number; the V3 specification wants it compared as one.
fn version(root: Node<'_>) -> Option<f64> {
    let version = root.get("spec_version")?;
    version
        .number()
        .or_else(|| version.text()?.trim().parse().ok())
}

/// Whether there is anything of a card in it. `sure` asks for more than a name, for
/// texts that nothing else marks as a card.
pub(super) fn is_card(document: &Document, sure: bool) -> bool {
    let root = document.root();
    if root.shape() != Shape::Object {
        return false;
    }
    let spec = root
        .get("spec")
        .and_then(Node::text)
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    if spec.starts_with("chara_card") {
        return true;
    }
    if spec.starts_with("lorebook") {
        return false;
    }
    if agnai::is(root) {
        return true;
    }
    let body = data(document).unwrap_or(root);
    // A flat card may have a `data` that says little or nothing, as that of charas.io.
    let said = |key: &str| body.get(key).or_else(|| root.get(key)).is_some();
    // Chats and presets have fields of these names too; a card has both, and they are texts.
    const COMMON: [&str; 2] = ["context", "greeting"];
    let has = |field: &Field| {
        let mut aliases = field.aliases.iter().filter(|it| !COMMON.contains(it));
        said(field.key) || aliases.any(|alias| root.get(alias).is_some())
    };
    let of_webui = COMMON
        .iter()
        .all(|key| root.get(key).and_then(Node::text).is_some());
    // What personas, lorebooks and worlds have as well proves nothing.
    let telling = |field: &&Field| {
        !matches!(
            field.key,
            "name"
                | "description"
                | "tags"
                | "extensions"
                | "creator"
                | "assets"
                | "source"
                | "creation_date"
                | "modification_date"
        )
    };
    let named = has(&FIELDS[0]);
    let count = FIELDS
        .iter()
        .filter(telling)
        .filter(|field| has(field))
        .count();
    if sure {
        count >= 1 && (named || count >= 2)
            || named && (has(&FIELDS[1]) || of_webui) && root.get("entries").is_none()
    } else {
        named || FIELDS.iter().any(has)
    }
}

/// Whether an object has what only files have: `data`, what it follows, or a field under a name of
/// some tool's.
pub(super) fn is_filed(root: Node<'_>) -> bool {
    // What SillyTavern, Chub and others write beside the fields of V1.
    const BESIDE: [&str; 6] = [
        "avatar",
        "chat",
        "create_date",
        "fav",
        "metadata",
        "talkativeness",
    ];
    let has = |name: &&str| root.get(name).is_some();
    let aliases = || FIELDS.iter().flat_map(|field| field.aliases);
    ["data", "spec"].iter().chain(&BESIDE).any(has) || aliases().any(has) || agnai::is(root)
}

/// Whether an object has nothing but fields of V2 and V3.
pub(super) fn is_of_fields(root: Node<'_>) -> bool {
    let known = |key: &str| FIELDS.iter().any(|field| field.key == key);
    root.shape() == Shape::Object && !root.is_empty() && root.entries().all(|(key, _)| known(&key))
}

/// Whether an object of fields has none but those of V1.
pub(super) fn is_v1(root: Node<'_>) -> bool {
    root.entries().all(|(key, _)| V1.contains(&&*key))
}

/// Whether an object has any field of V2 or V3.
pub(super) fn has_fields(node: Node<'_>) -> bool {
    FIELDS.iter().any(|field| node.get(field.key).is_some())
}

/// Whether no field says anything.
pub(super) fn is_hollow(document: &Document) -> bool {
    FIELDS
        .iter()
        .all(|field| match value(document, field, &mut Vec::new()) {
            Value::Absent => true,
            Value::Text(text) => text.read().trim().is_empty(),
            Value::List(items) => items.is_empty(),
            Value::Json(node) => node.is_empty(),
        })
}

/// The values of [`FIELDS`], in their order.
pub(super) fn values<'a>(document: &'a Document, warnings: &mut Vec<Warning>) -> Vec<Value<'a>> {
    let (root, data) = (document.root(), data(document));
    FIELDS
        .iter()
        .map(|field| value_in(root, data, field, warnings))
        .collect()
}

/// What a field says.
pub(super) fn value<'a>(
    document: &'a Document,
    field: &Field,
    warnings: &mut Vec<Warning>,
) -> Value<'a> {
    value_in(document.root(), data(document), field, warnings)
}

fn value_in<'a>(
    root: Node<'a>,
    data: Option<Node<'a>>,
    field: &Field,
    warnings: &mut Vec<Warning>,
) -> Value<'a> {
    let found = find(root, data, field, warnings);
    let coerce = Coerce {
        root,
        place: found.map_or(Place::Root(field.key), |(place, _)| place),
    };
    let node = found.map(|(_, node)| node);
    match field.kind {
        // Only a nickname that is there may replace the name.
        Kind::Text if field.key == "nickname" => match node {
            Some(node) if !node.is_null() => Value::Text(coerce.text(node, warnings)),
            _ => Value::Absent,
        },
        Kind::Text => {
            let text = node.map_or(Text::Made(String::new()), |node| {
                coerce.text(node, warnings)
            });
            let stand_in = STAND_INS
                .iter()
                .find(|(key, said, _)| *key == field.key && text.read() == *said);
            if let Some((_, said, code)) = stand_in {
                let message = format!("`{said}` stands for nothing");
                warnings.push(Warning::repaired(code, coerce.place, message));
                return Value::Text(Text::Made(String::new()));
            }
            Value::Text(text)
        }
        Kind::List => Value::List(node.map_or(Vec::new(), |node| {
            coerce.list(node, field.key == "tags", warnings)
        })),
        Kind::Any => match node {
            Some(node) if node.is_null() => {
                warnings.push(Warning::repaired(
                    "null-field",
                    coerce.place,
                    "null was read as nothing",
                ));
                Value::Absent
            }
            Some(node) => Value::Json(node),
            None => Value::Absent,
        },
        Kind::Extensions => match node {
            Some(node) if node.shape() == Shape::Object => Value::Json(node),
            Some(node) => {
                let warn = if node.is_null() || node.is_empty() {
                    Warning::repaired
                } else {
                    Warning::noticed
                };
                warnings.push(warn(
                    "wrong-type",
                    coerce.place,
                    "extensions are no object and read as empty".to_owned(),
                ));
                Value::Absent
            }
            None => Value::Absent,
        },
    }
}

/// What tools write into a field that nobody filled in: RisuAI and SillyTavern.
const STAND_INS: [(&str, &str, &str); 2] = [
    ("character_version", "undefined", "undefined-text"),
    (
        "creator_notes",
        "Creator's notes go here.",
        "placeholder-text",
    ),
];

/// Where a field is: a path, spelled when it is told.
#[derive(Clone, Copy)]
enum Place {
    Root(&'static str),
    Data(&'static str),
}

impl From<Place> for String {
    fn from(place: Place) -> String {
        match place {
            Place::Root(key) => key.to_owned(),
            Place::Data(key) => format!("data.{key}"),
        }
    }
}

/// Where the field is: in `data`, else at the root under any of its names.
fn find<'a>(
    root: Node<'a>,
    data: Option<Node<'a>>,
    field: &Field,
    warnings: &mut Vec<Warning>,
) -> Option<(Place, Node<'a>)> {
    // A card may have the empty fields of one tool beside the filled ones of another.
    let at_root = || {
        let names = field.names(root);
        let all = || {
            names
                .clone()
                .filter_map(|name| Some((Place::Root(name), root.get(name)?)))
        };
        all()
            .find(|(_, node)| is_filled(*node))
            .or_else(|| all().find(|(_, node)| !node.is_null()))
            .or_else(|| all().next())
    };
    let Some(data) = data else {
        // `null` is told only when there is nothing better.
        return at_root();
    };
    let own = data
        .get(field.key)
        .map(|node| (Place::Data(field.key), node));
    let missing = match &own {
        None => true,
        // An empty name is no name; other fields may be empty on purpose.
        Some((_, node)) => node.is_null() || field.key == "name" && !is_filled(*node),
    };
    // The mirror's extensions are those of the tool that made it.
    if missing
        && field.kind != Kind::Extensions
        && let Some((place, node)) = at_root().filter(|(_, node)| is_filled(*node))
    {
        let message = format!(
            "missing in `data`, taken from `{}` at the root",
            String::from(place)
        );
        warnings.push(Warning::repaired(
            "field-at-root",
            Place::Data(field.key),
            message,
        ));
        return Some((place, node));
    }
    own
}

/// Whether it says anything.
fn is_filled(node: Node<'_>) -> bool {
    match node.shape() {
        Shape::Null => false,
        Shape::String => node.text().is_some_and(|text| !text.trim().is_empty()),
        Shape::Array | Shape::Object => !node.is_empty(),
        Shape::Number | Shape::Bool => true,
    }
}

/// Turns what is there into what is wanted, and tells.
struct Coerce<'d> {
    root: Node<'d>,
    place: Place,
}

impl Coerce<'_> {
    fn text<'a>(&self, node: Node<'a>, warnings: &mut Vec<Warning>) -> Text<'a> {
        let path = self.place;
        match node.shape() {
            Shape::String => match mended(node) {
                Some(text) => {
                    self.tell_mended(warnings);
                    Text::Made(text)
                }
                None => Text::Own(node),
            },
            Shape::Null => {
                warnings.push(Warning::repaired(
                    "null-field",
                    path,
                    "null was read as empty text",
                ));
                Text::Made(String::new())
            }
            Shape::Number | Shape::Bool => {
                warnings.push(Warning::repaired(
                    "wrong-type",
                    path,
                    "a number or truth value was read as text",
                ));
                Text::Made(node.raw().to_owned())
            }
            Shape::Array => {
                warnings.push(Warning::repaired(
                    "wrong-type",
                    path,
                    "a list was read as its lines",
                ));
                let lines: Vec<_> = node.items().filter_map(Node::text).collect();
                Text::Made(lines.join("\n"))
            }
            Shape::Object => {
                let name = self.root.get("name").and_then(Node::text);
                if let Some(text) = agnai::persona(node, &name.unwrap_or_default()) {
                    return Text::Made(text);
                }
                warnings.push(Warning::noticed(
                    "wrong-type",
                    path,
                    "an object stands where text is wanted, and was left out",
                ));
                Text::Made(String::new())
            }
        }
    }

    fn list<'a>(&self, node: Node<'a>, commas: bool, warnings: &mut Vec<Warning>) -> Vec<Text<'a>> {
        let mut told = |repaired: bool, message: &str| {
            let warn = if repaired {
                Warning::repaired
            } else {
                Warning::noticed
            };
            warnings.push(warn("wrong-type", self.place, message.to_owned()));
        };
        match node.shape() {
            Shape::Array => {}
            Shape::Object if !node.is_empty() => {
                told(true, "an object was read as the list of its values")
            }
            Shape::Null => {
                warnings.push(Warning::repaired(
                    "null-field",
                    self.place,
                    "null was read as an empty list",
                ));
                return Vec::new();
            }
            Shape::String => {
                let text = node.text().unwrap_or_default();
                if text.trim().is_empty() {
                    return Vec::new();
                }
                if commas {
                    told(true, "a text was split at its commas");
                    let items = text
                        .split(',')
                        .map(str::trim)
                        .filter(|item| !item.is_empty());
                    return items.map(|item| Text::Made(item.to_owned())).collect();
                }
                told(true, "a single text was read as a list of one");
                return vec![Text::Own(node)];
            }
            Shape::Number | Shape::Bool => {
                told(true, "a single value was read as a list of one text");
                return vec![Text::Made(node.raw().to_owned())];
            }
            Shape::Object => return Vec::new(),
        }
        let (mut items, mut spelled, mut dropped) = (Vec::new(), 0_usize, 0_usize);
        let mut mends = false;
        for item in node.items().chain(node.entries().map(|(_, item)| item)) {
            match item.shape() {
                Shape::String => match mended(item) {
                    Some(text) => {
                        mends = true;
                        items.push(Text::Made(text));
                    }
                    None => items.push(Text::Own(item)),
                },
                Shape::Number | Shape::Bool => {
                    spelled += 1;
                    items.push(Text::Made(item.raw().to_owned()));
                }
                Shape::Null | Shape::Array | Shape::Object => dropped += 1,
            }
        }
        if spelled > 0 {
            told(
                true,
                &format!("{spelled} items that are no text were read as text"),
            );
        }
        if dropped > 0 {
            told(
                false,
                &format!("{dropped} items that are no text were left out"),
            );
        }
        if mends {
            self.tell_mended(warnings);
        }
        items
    }

    fn tell_mended(&self, warnings: &mut Vec<Warning>) {
        warnings.push(Warning::repaired(
            "mojibake",
            self.place,
            "UTF-8 that was once read as Windows-1252 was put right; the file has it as it was",
        ));
    }
}

/// What is odd about the document as a whole.
pub(super) fn oddities(document: &Document, warnings: &mut Vec<Warning>) {
    let root = document.root();
    let said = root.get("spec").and_then(Node::text);
    match (data(document), said) {
        (None, Some(said)) if said.trim().to_ascii_lowercase().starts_with("chara_card") => {
            warnings.push(Warning::repaired(
                "flat-card",
                "data",
                "`data` is missing; the fields were taken from the root",
            ));
        }
        (Some(_), None) => {
            warnings.push(Warning::repaired(
                "no-spec",
                "spec",
                "the card does not say which specification it follows",
            ));
        }
        _ => {}
    }
    if let Some(data) = data(document) {
        mirrored(root, data, warnings);
    }
    let odd_version = match version(root) {
        Some(version) if version > 3.0 => Some((
            "newer-spec",
            "the card follows a newer specification than V3",
        )),
        None if root
            .get("spec_version")
            .is_some_and(|version| !version.is_null()) =>
        {
            Some((
                "bad-value",
                "the version is no number; the card is read as its `spec` says",
            ))
        }
        _ => None,
    };
    if let Some((code, message)) = odd_version {
        warnings.push(Warning::noticed(code, "spec_version", message));
    }
    let padded = |node: Node<'_>| {
        node.entries()
            .any(|(key, _)| key.trim().len() < key.len() && known(key.trim()))
    };
    if padded(root) || data(document).is_some_and(padded) {
        warnings.push(Warning::repaired(
            "padded-keys",
            "",
            "keys have spaces around them",
        ));
    }
}

/// Tells where the fields at the root, which SillyTavern repeats for tools that know V1 only, say
/// something else than `data`.
fn mirrored(root: Node<'_>, data: Node<'_>, warnings: &mut Vec<Warning>) {
    let said = |node: Node<'_>| node.text().map(|text| text.trim().to_owned());
    for field in FIELDS.iter().filter(|field| field.kind == Kind::Text) {
        // What is not in `data` is taken from the root, and told elsewhere.
        let Some(counts) = data.get(field.key).and_then(said) else {
            continue;
        };
        let other = |name: &&str| {
            let there = root.get(name).and_then(said);
            there.is_some_and(|text| !text.is_empty() && text != counts)
        };
        if field.key == "name" && counts.is_empty() {
            continue;
        }
        if let Some(name) = field.names(root).find(other) {
            let message = format!("`data.{}` says something else; it counts", field.key);
            warnings.push(Warning::noticed("root-differs", name, message));
        }
    }
}

/// The card as `types/card.ts` has it.
pub(super) fn card(document: &Document) -> String {
    spelled(document, values(document, &mut Vec::new()))
}

/// The same of values that were looked up already.
pub(super) fn spelled(document: &Document, values: Vec<Value<'_>>) -> String {
    // Room for escapes, and for what may be told beside the card.
    let length = document.bytes().len();
    let mut out = String::with_capacity(length + length / 8 + 1024);
    for (field, value) in FIELDS.iter().zip(values) {
        if matches!(value, Value::Absent) && field.kind != Kind::Extensions {
            continue;
        }
        out.push(if out.is_empty() { '{' } else { ',' });
        out.push('"');
        out.push_str(field.key);
        out.push_str("\":");
        match value {
            Value::Absent => out.push_str("{}"),
            value => value.strict(&mut out),
        }
    }
    out.push('}');
    out
}
