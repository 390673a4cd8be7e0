//! Templates: how a prompt is put together, as SillyTavern and CardShark keep it.
//!
//! A template is a [`Document`], as it was written. [`read`] finds out which kind it is and
//! cuts a file of several into its templates, [`view`] tells one in one shape, [`edit`] changes
//! fields and nothing else, [`render`] is a pure function of a template and what it is given.
//! Those that come with the library are in [`built_in`]. Knows nothing of where templates are
//! kept, nor which chat uses them.
//!
//! ```
//! use cardkeep::error::Limits;
//! use cardkeep::template::{self, Kind};
//!
//! let preset = br#"{"name":"Mine","input_sequence":"<u>","output_sequence":"<a>"}"#;
//! let file = template::read(preset, &Limits::default())?;
//! assert_eq!(template::summary(&file.templates[0]).kind, Kind::Instruct);
//! # Ok::<(), cardkeep::error::Error>(())
//! ```

mod built_in;
mod render;

pub use built_in::{BuiltIn, built_in, built_ins, is_reserved};
pub use render::{Message, Options, Rendered, Role, render};

use crate::error::{Error, Kind as Failure, Limits, Result, Warning};
use crate::json::{Document, Node, Shape, Step, quote, quote_ascii};
use crate::secret;
pub(crate) use crate::secret::LEFT_OUT;
use std::str::FromStr;

/// What a template is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// How messages of a chat become one text, in SillyTavern.
    Instruct,
    /// What stands before the messages, in SillyTavern.
    Context,
    /// What the model is told first, in SillyTavern.
    SystemPrompt,
    /// How a model's thoughts are set apart, in SillyTavern.
    Reasoning,
    /// Which prompts a chat completion is made of, in SillyTavern.
    ChatCompletion,
    /// How a model draws its words, in SillyTavern.
    Sampler,
    /// How messages become one text, in CardShark.
    CardShark,
}

impl Kind {
    /// Every kind, once.
    pub const ALL: [Kind; 7] = [
        Kind::Instruct,
        Kind::Context,
        Kind::SystemPrompt,
        Kind::Reasoning,
        Kind::ChatCompletion,
        Kind::Sampler,
        Kind::CardShark,
    ];

    /// Its published name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Kind::Instruct => "instruct",
            Kind::Context => "context",
            Kind::SystemPrompt => "system-prompt",
            Kind::Reasoning => "reasoning",
            Kind::ChatCompletion => "chat-completion",
            Kind::Sampler => "sampler",
            Kind::CardShark => "cardshark",
        }
    }

    /// What a document is a template for, if it is one at all.
    pub fn of(document: &Document) -> Option<Kind> {
        Kind::of_node(document.root())
    }

    fn of_node(root: Node<'_>) -> Option<Kind> {
        if root.shape() != Shape::Object {
            return None;
        }
        let texts = |names: &[&str]| {
            names.iter().all(|name| {
                root.get(name)
                    .is_some_and(|node| node.shape() == Shape::String)
            })
        };
        let there = |names: &[&str]| names.iter().all(|name| root.get(name).is_some());
        let listed = |name: &str| {
            root.get(name)
                .is_some_and(|node| node.shape() == Shape::Array)
        };
        // The more telling names come first: many files have a name and a content.
        Some(match () {
            () if listed("prompts") => Kind::ChatCompletion,
            () if texts(&["userFormat", "assistantFormat"]) => Kind::CardShark,
            () if texts(&["input_sequence", "output_sequence"]) => Kind::Instruct,
            () if texts(&["story_string"]) => Kind::Context,
            () if texts(&["prefix", "suffix", "separator"]) => Kind::Reasoning,
            () if there(&["temp", "top_k", "top_p", "rep_pen"]) => Kind::Sampler,
            () if texts(&["name", "content"]) && root.get("spec").is_none() => Kind::SystemPrompt,
            () => return None,
        })
    }

    /// A template of this kind that says nothing.
    fn blank(self) -> &'static str {
        match self {
            Kind::Instruct => r#"{"name":"","input_sequence":"","output_sequence":""}"#,
            Kind::Context => r#"{"name":"","story_string":""}"#,
            Kind::SystemPrompt => r#"{"name":"","content":""}"#,
            Kind::Reasoning => r#"{"name":"","prefix":"","suffix":"","separator":""}"#,
            Kind::ChatCompletion => r#"{"prompts":[],"prompt_order":[]}"#,
            Kind::Sampler => r#"{"temp":1,"top_k":0,"top_p":1,"rep_pen":1}"#,
            Kind::CardShark => r#"{"name":"","userFormat":"","assistantFormat":""}"#,
        }
    }
}

impl FromStr for Kind {
    type Err = Error;

    fn from_str(name: &str) -> Result<Kind> {
        let found = Kind::ALL.into_iter().find(|kind| kind.as_str() == name);
        found.ok_or_else(|| {
            let known = Kind::ALL.map(Kind::as_str).join("`, `");
            Failure::Invalid.because(format!("`kind` is `{name}`, one of `{known}` was wanted"))
        })
    }
}

/// Templates, and what is to be known of the file they were in.
#[derive(Debug)]
pub struct TemplateFile {
    /// Each template by itself.
    pub templates: Vec<Document>,
    /// What was odd.
    pub warnings: Vec<Warning>,
}

/// What lists show of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// Its name; empty when the document has none.
    pub name: String,
    /// What it is for.
    pub kind: Kind,
}

/// Under which names SillyTavern's export of everything has its templates.
const MASTER: [&str; 5] = ["instruct", "context", "sysprompt", "preset", "reasoning"];

/// Reads templates: presets of SillyTavern (instruct, context, system prompt, reasoning, text
/// and chat completion, or its export of all of them), and templates of CardShark, one or a list,
/// also compressed with gzip.
/// Keys and passwords, which presets of chat completions have, are left out and told.
///
/// # Errors
/// `not-a-template`, `bad-json`, `bad-encoding`, `too-large`.
pub fn read(bytes: &[u8], limits: &Limits) -> Result<TemplateFile> {
    let (mut document, mut warnings) = Document::of_file(bytes, limits)?;
    let secrets = secret::all(document.root());
    secret::tell(&secrets, &mut warnings);
    document = blanked(document, &secrets)?;
    let root = document.root();
    if Kind::of(&document).is_some() {
        return Ok(TemplateFile {
            templates: vec![document],
            warnings,
        });
    }
    let parts: Vec<(String, Node<'_>)> = match root.shape() {
        Shape::Array => (0..)
            .zip(root.items())
            .map(|(n, item): (usize, _)| (n.to_string(), item))
            .collect(),
        Shape::Object if MASTER.iter().any(|name| root.get(name).is_some()) => root
            .entries()
            .map(|(name, node)| (name.into_owned(), node))
            .collect(),
        _ => Vec::new(),
    };
    let mut templates = Vec::new();
    for (path, node) in parts {
        match Kind::of_node(node) {
            Some(_) => templates.push(document.sibling(node.raw())?),
            None => warnings.push(Warning::noticed(
                "no-template",
                path,
                "what stands here is no template that is known here; it was left out",
            )),
        }
    }
    if templates.is_empty() {
        return Err(Failure::NotATemplate.because("the JSON has no fields of a template"));
    }
    Ok(TemplateFile {
        templates,
        warnings,
    })
}

fn blanked(document: Document, secrets: &[secret::Secret]) -> Result<Document> {
    match secrets {
        [] => Ok(document),
        secrets => document.sibling(&secret::blanked(document.root(), secrets)),
    }
}

/// A template that is kept without its keys and passwords: it may be from before they were left out
/// when it was read.
///
/// # Errors
/// None for a document that was read.
pub fn without_secrets(document: Document) -> Result<Document> {
    let secrets = secret::all(document.root());
    blanked(document, &secrets)
}

/// The template as strict JSON: the `Template` of the public types.
pub fn view(document: &Document) -> String {
    let summary = summary(document);
    let mut out = format!(
        r#"{{"kind":{},"name":{}"#,
        quote_ascii(summary.kind.as_str()),
        quote_ascii(&summary.name)
    );
    if let Some(text) = document.root().get("description").and_then(Node::text) {
        out.extend([",\"description\":", &quote_ascii(&text)]);
    }
    out.push_str(",\"fields\":");
    document.root().strict(&mut out);
    out.push('}');
    out
}

/// What lists show.
pub fn summary(document: &Document) -> Summary {
    let name = document.root().get("name").and_then(Node::text);
    Summary {
        name: name.map(|name| name.into_owned()).unwrap_or_default(),
        // What is kept was a template when it was read.
        kind: Kind::of(document).unwrap_or(Kind::SystemPrompt),
    }
}

/// The document with what `patch` names changed, and nothing else: `name`, `description`, and
/// `fields` with those of the tool that it is for; `null` removes one.
///
/// # Errors
/// `bad-option` for a field that is not known, `invalid` for a value of the wrong type, for a key or
/// password, and where it would be no template of its kind any more, `too-large`.
pub fn edit(document: &Document, patch: &Document) -> Result<Document> {
    let kind = summary(document).kind;
    let made = changed(document, patch.root(), false)?;
    holds(&made, Some(document), kind)?;
    Ok(made)
}

/// The document with exactly these fields, or a new one of the kind that is given.
///
/// # Errors
/// As [`edit`], and `invalid` without a kind, or with another one than the document's.
pub fn replace(document: Option<&Document>, wanted: &Document) -> Result<Document> {
    let root = wanted.root();
    let given = root.get("kind").and_then(Node::text);
    let kind = match (&given, document) {
        (Some(given), _) => given.parse()?,
        (None, Some(document)) => summary(document).kind,
        (None, None) => return Err(Failure::Invalid.because("a template must have a `kind`")),
    };
    let made = match document {
        Some(document) => changed(document, root, true)?,
        None => changed(&Document::parse(kind.blank())?, root, false)?,
    };
    holds(&made, document, kind)?;
    Ok(made)
}

/// Whether an object is a template as a file has it, and none of the public types.
pub fn is_filed(object: &Document) -> bool {
    let ours = ["kind", "fields"];
    ours.iter().all(|name| object.root().get(name).is_none()) && Kind::of(object).is_some()
}

/// The document of a template that is given as an object: as a file of one has it, or its fields.
///
/// # Errors
/// Those of [`read`], `not-a-template` for a file of several, and those of [`replace`] for fields.
pub fn of_object(json: &str, limits: &Limits) -> Result<Document> {
    let object = Document::read(json.as_bytes(), limits)?.0;
    let ours = ["kind", "fields"];
    if ours.iter().any(|name| object.root().get(name).is_some()) {
        return replace(None, &object);
    }
    let mut templates = read(object.bytes(), limits)?.templates;
    match templates.len() {
        1 => Ok(templates.remove(0)),
        several => {
            let detail = format!("the object is of {several} templates");
            Err(Failure::NotATemplate.because(detail))
        }
    }
}

/// Whether what was made is a template of its kind, with no secret that was not in it before.
fn holds(made: &Document, before: Option<&Document>, kind: Kind) -> Result<()> {
    let before = before.map_or_else(Vec::new, |before| secret::all(before.root()));
    let known = |secret: &secret::Secret| before.iter().any(|one| one.path == secret.path);
    if let Some(secret) = secret::all(made.root()).iter().find(|one| !known(one)) {
        let detail = format!("`{}` is a secret; templates keep none", secret.path);
        return Err(Failure::Invalid.because(detail));
    }
    if Kind::of(made) == Some(kind) {
        return Ok(());
    }
    let kind = kind.as_str();
    Err(Failure::Invalid.because(format!("it lacks the fields of a template for `{kind}`")))
}

/// With what is said of it; `exactly`: without the fields that are not said.
fn changed(document: &Document, said: Node<'_>, exactly: bool) -> Result<Document> {
    if said.shape() != Shape::Object {
        return Err(Failure::Invalid.because("a template must be an object of fields"));
    }
    let mut made = document.clone();
    if let Some(fields) = said.get("fields") {
        if fields.shape() != Shape::Object {
            return Err(Failure::Invalid.because("`fields` must be an object"));
        }
        if exactly {
            made = made.amend(&[], fields)?;
        } else {
            for (key, value) in fields.entries() {
                made = put(&made, &key, value)?;
            }
        }
    }
    for (key, value) in said.entries() {
        match &*key {
            "fields" | "kind" => {}
            "name" | "description" => {
                let removed = value.is_null() && key == "description";
                if value.shape() != Shape::String && !removed {
                    return Err(Failure::Invalid.because(format!("`{key}` must be a string")));
                }
                // A preset that is called by its file's name has no name and needs none.
                let named = made.root().get(&key).is_some();
                if named || value.text().is_some_and(|text| !text.is_empty()) {
                    made = put(&made, &key, value)?;
                }
            }
            key => {
                let detail = format!("`{key}` is no field of a template that can be changed");
                return Err(Failure::BadOption.because(detail));
            }
        }
    }
    Ok(made)
}

fn put(document: &Document, key: &str, value: Node<'_>) -> Result<Document> {
    let path = [Step::Key(key)];
    match (value.is_null(), document.find(&path)) {
        (true, Some(_)) => document.remove(&path),
        (true, None) => Ok(document.clone()),
        (false, Some(_)) => document.amend(&path, value),
        (false, None) => document.set(&path, value.raw()),
    }
}

/// The document under another name.
///
/// # Errors
/// As [`edit`].
pub fn renamed(document: &Document, name: &str) -> Result<Document> {
    document.set(&["name".into()], &quote(name))
}
