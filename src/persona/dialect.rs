//! Who wrote a persona, and where in its document each field stands.

use crate::card;
use crate::error::{Kind, Result, Warning};
use crate::json::{Document, Node, Shape, Step, quote};
use std::str::FromStr;

/// The tool whose shape a persona has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// `personas` and `persona_descriptions` by the picture's file name.
    SillyTavern,
    /// `name`, `personaPrompt` and `note`.
    Risu,
    /// A character card whose character is the user.
    CardShark,
}

impl Dialect {
    /// Its published name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Dialect::SillyTavern => "silly-tavern",
            Dialect::Risu => "risu",
            Dialect::CardShark => "cardshark",
        }
    }

    /// Whose shape the document of a persona has.
    pub fn of(document: &Document) -> Dialect {
        let root = document.root();
        // A card may have a field of that name, which is something else.
        let names = root.get(NAMES).map(Node::shape);
        if names == Some(Shape::Object) {
            Dialect::SillyTavern
        } else if is_risu(root) {
            Dialect::Risu
        } else if root.get("data").is_none() && root.get("spec").is_none() && !is_flat_card(root) {
            // What a picture of RisuAI holds may lack its text.
            Dialect::Risu
        } else {
            Dialect::CardShark
        }
    }

    /// Whether the tool itself reads the field.
    pub(super) fn knows(self, key: &str) -> bool {
        match self {
            Dialect::SillyTavern => key != "note",
            Dialect::Risu => matches!(key, "name" | "description" | "note"),
            Dialect::CardShark => matches!(key, "name" | "description"),
        }
    }
}

impl FromStr for Dialect {
    type Err = crate::error::Error;

    fn from_str(name: &str) -> Result<Dialect> {
        [Dialect::SillyTavern, Dialect::Risu, Dialect::CardShark]
            .into_iter()
            .find(|dialect| dialect.as_str() == name)
            .ok_or_else(|| {
                Kind::BadOption.because(format!(
                    "`dialect` is `{name}`, one of `silly-tavern`, `risu`, `cardshark` was wanted"
                ))
            })
    }
}

/// SillyTavern's names by picture.
pub(super) const NAMES: &str = "personas";
/// SillyTavern's descriptions by picture.
pub(super) const DESCRIPTIONS: &str = "persona_descriptions";
/// SillyTavern's choice for new chats.
pub(super) const DEFAULT: &str = "default_persona";

fn is_risu(root: Node<'_>) -> bool {
    root.get("personaPrompt").is_some()
}

fn is_flat_card(root: Node<'_>) -> bool {
    ["description", "personality", "first_mes", "char_name"]
        .iter()
        .any(|key| root.get(key).is_some())
}

/// The personas in a JSON file; `None` when it may be a card.
pub(super) fn split(
    document: &Document,
    warnings: &mut Vec<Warning>,
) -> Result<Option<(Dialect, Vec<Document>)>> {
    let root = document.root();
    // The settings have much else in them, and of that nothing is taken.
    let tavern = root
        .get("power_user")
        .filter(|power| power.get(NAMES).is_some())
        .unwrap_or(root);
    let object = |key: &str| tavern.get(key).filter(|node| node.shape() == Shape::Object);
    if let (Some(names), descriptions) = (object(NAMES), object(DESCRIPTIONS)) {
        let personas = backed_up(document, tavern, names, descriptions, warnings)?;
        return Ok(Some((Dialect::SillyTavern, personas)));
    }
    let list = match root.shape() {
        Shape::Array => Some(root),
        _ => root.get(NAMES).filter(|node| node.shape() == Shape::Array),
    };
    if let Some(list) = list {
        let all: Vec<Node<'_>> = list.items().filter(|item| is_risu(*item)).collect();
        if all.len() < list.len() {
            let message = format!("{} of the list are no personas", list.len() - all.len());
            warnings.push(Warning::noticed("no-persona", NAMES, message));
        }
        if all.is_empty() {
            return Err(Kind::NotAPersona.because("the list has no personas"));
        }
        let each = all.iter().map(|persona| document.sibling(persona.raw()));
        return Ok(Some((Dialect::Risu, each.collect::<Result<_>>()?)));
    }
    if is_risu(root) {
        return Ok(Some((Dialect::Risu, vec![document.clone()])));
    }
    Ok(None)
}

/// Each persona of a backup as a backup of its own.
fn backed_up(
    document: &Document,
    tavern: Node<'_>,
    names: Node<'_>,
    descriptions: Option<Node<'_>>,
    warnings: &mut Vec<Warning>,
) -> Result<Vec<Document>> {
    let chosen = tavern.get(DEFAULT).and_then(Node::text);
    let mut pictures: Vec<_> = names.entries().map(|(picture, _)| picture).collect();
    let described = descriptions.into_iter().flat_map(Node::entries);
    let nameless: Vec<_> = described
        .map(|(picture, _)| picture)
        .filter(|picture| names.get(picture).is_none())
        .collect();
    for picture in &nameless {
        let path = format!("{DESCRIPTIONS}.{picture}");
        let message = "the persona is described and has no name";
        warnings.push(Warning::noticed("no-name", path, message));
    }
    pictures.extend(nameless);
    let mut seen = std::collections::HashSet::new();
    pictures.retain(|picture| seen.insert(picture.clone()));
    let mut personas = Vec::with_capacity(pictures.len());
    for picture in &pictures {
        let key = quote(picture);
        let name = names.get(picture).map_or("\"\"", Node::raw);
        let mut text = format!("{{\"{NAMES}\":{{{key}:{name}}},\"{DESCRIPTIONS}\":{{");
        if let Some(description) = descriptions.and_then(|all| all.get(picture)) {
            text.extend([&*key, ":", description.raw()]);
        }
        text.push('}');
        if chosen.as_ref() == Some(picture) {
            text.extend([",\"", DEFAULT, "\":", &key]);
        }
        text.push('}');
        personas.push(document.sibling(&text)?);
    }
    Ok(personas)
}

/// The file name of the picture that a persona of SillyTavern goes by.
pub(super) fn picture(document: &Document) -> Option<String> {
    let key = |of: &str| {
        let mut entries = document.root().get(of)?.entries();
        entries.next().map(|(picture, _)| picture.into_owned())
    };
    key(NAMES).or_else(|| key(DESCRIPTIONS))
}

/// The id of a user of CardShark. A character's id is a user's where the root has a name that is
/// empty, as users have it.
pub(super) fn user_id(document: &Document) -> Option<String> {
    let root = document.root();
    let data = root.get("data").unwrap_or(root);
    let nameless = root.get("name").and_then(Node::text).as_deref() == Some("");
    let older = || data.get("character_uuid").filter(|_| nameless);
    let id = data.get("user_uuid").or_else(|| root.get("user_uuid"));
    id.or_else(older)?.text().map(std::borrow::Cow::into_owned)
}

/// The way to a field. What the tool has no name for stands under this one beside what it has.
pub(super) fn path(document: &Document, key: &str) -> Vec<String> {
    let steps: Vec<&str> = match Dialect::of(document) {
        Dialect::SillyTavern => {
            let picture = picture(document).unwrap_or_default();
            let table = if key == "name" { NAMES } else { DESCRIPTIONS };
            let way = [table, picture.as_str(), key];
            let length = if key == "name" { 2 } else { 3 };
            return way[..length]
                .iter()
                .map(|step| (*step).to_owned())
                .collect();
        }
        Dialect::Risu if key == "description" => vec!["personaPrompt"],
        Dialect::Risu => vec![key],
        Dialect::CardShark if document.root().get("data").is_some() => {
            vec!["data", "extensions", "persona", key]
        }
        Dialect::CardShark => vec!["extensions", "persona", key],
    };
    steps.into_iter().map(str::to_owned).collect()
}

/// The steps as the document takes them.
pub(super) fn steps(path: &[String]) -> Vec<Step<'_>> {
    path.iter().map(|step| Step::Key(step)).collect()
}

/// A document of the dialect that says nothing yet. SillyTavern goes by the picture's name.
pub(super) fn blank(dialect: Dialect, name: &str) -> Result<Document> {
    match dialect {
        Dialect::SillyTavern => {
            let picture = quote(&picture_name(name));
            Document::parse(&format!(
                r#"{{"{NAMES}":{{{picture}:""}},"{DESCRIPTIONS}":{{{picture}:{{"description":"","position":0}}}}}}"#
            ))
        }
        Dialect::Risu => Document::parse(r#"{"name":"","personaPrompt":""}"#),
        Dialect::CardShark => {
            let fields = Document::parse(r#"{"name":"","description":""}"#)?;
            card::replace(None, &fields)
        }
    }
}

/// A file name of letters and digits that every tool takes.
fn picture_name(name: &str) -> String {
    let plain: String = name
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
        .take(60)
        .collect();
    let stem = if plain.is_empty() { "persona" } else { &plain };
    format!("{stem}.png")
}
