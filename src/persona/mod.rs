//! Personas: who the user is in a chat, as SillyTavern, RisuAI and CardShark keep them.
//!
//! A persona is a [`Document`]: of RisuAI and CardShark what their picture holds, of
//! SillyTavern a backup with this persona alone, cut out of the backup or the settings that
//! had it. [`view`] tells it in one shape, [`edit`] changes fields and nothing else. Knows
//! nothing of where personas are kept, nor which chat uses them.
//!
//! ```
//! use cardkeep::error::Limits;
//! use cardkeep::persona::{self, Dialect};
//!
//! let backup = br#"{"personas":{"a.png":"Ann"},"persona_descriptions":{"a.png":{"description":"Tall.","position":0}}}"#;
//! let file = persona::read(backup, &Limits::default())?;
//! assert_eq!(file.dialect, Dialect::SillyTavern);
//! assert_eq!(persona::summary(&file.personas[0]).name, "Ann");
//! # Ok::<(), cardkeep::error::Error>(())
//! ```

mod dialect;
mod fields;
mod write;

pub use dialect::Dialect;
pub use fields::{edit, replace};
pub use write::{WriteOptions, rewrite, write};

use crate::card;
use crate::codec::inflate;
use crate::container::png;
use crate::error::{Kind, Limits, Result, Warning};
use crate::json::{Document, Shape};

/// Personas, and what is to be known of the file they were in.
#[derive(Debug)]
pub struct PersonaFile {
    /// Who wrote it.
    pub dialect: Dialect,
    /// Each persona by itself.
    pub personas: Vec<Document>,
    /// What was odd.
    pub warnings: Vec<Warning>,
}

/// What lists show of a persona.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// What the user is called; empty when there is no name.
    pub name: String,
    /// A word that tells it from others of the same name.
    pub title: String,
    /// Whose shape the document has.
    pub dialect: Dialect,
}

/// Reads personas: a backup or the settings of SillyTavern, a persona of RisuAI (PNG or JSON),
/// a user of CardShark (PNG); JSON also compressed with gzip. Any other character card is read as a persona too, and told.
///
/// # Errors
/// `not-a-persona`, `bad-json`, `bad-encoding`, `bad-png`, `cut-short`, `too-large`, and those
/// of [`card::read`] for a card that cannot be read.
pub fn read(bytes: &[u8], limits: &Limits) -> Result<PersonaFile> {
    if bytes.len() > limits.file {
        return Err(Kind::TooLarge.because(format!(
            "the file has {} bytes, the limit `file` allows {}",
            bytes.len(),
            limits.file
        )));
    }
    if png::is(bytes) {
        if let Some(file) = pictured(bytes, limits)? {
            return Ok(file);
        }
    } else if card::starts_as_json(bytes) || inflate::is_gzip(bytes) {
        let (document, mut warnings) = Document::of_file(bytes, limits)?;
        if let Some((dialect, personas)) = dialect::split(&document, &mut warnings)? {
            return Ok(PersonaFile {
                dialect,
                personas,
                warnings,
            });
        }
    }
    let file = card::read(bytes, limits).map_err(|error| match error.kind() {
        Kind::NotACard | Kind::NoCard => {
            Kind::NotAPersona.because("the file has neither a persona nor a card")
        }
        _ => error,
    })?;
    let mut warnings = file.warnings;
    if dialect::user_id(&file.document).is_none() {
        warnings.push(Warning::noticed(
            "card-as-persona",
            "",
            "the file is a character card; its name and description were taken for a persona",
        ));
    }
    Ok(PersonaFile {
        dialect: Dialect::CardShark,
        personas: vec![file.document],
        warnings,
    })
}

/// The persona in the text `persona` of a PNG, as RisuAI writes it; the last of several.
fn pictured(image: &[u8], limits: &Limits) -> Result<Option<PersonaFile>> {
    let mut warnings = Vec::new();
    let layout = png::walk(image, &mut warnings)?;
    let mut chunks = layout.chunks.iter().rev();
    let Some(chunk) = chunks.find(|chunk| is_persona(image, chunk)) else {
        return Ok(None);
    };
    let text = chunk.text(image, limits, &mut warnings)?;
    let json = card::decode_text(&text, limits, write::KEYWORD, &mut warnings)?;
    let (document, mut noticed) = Document::read(&json, limits)?;
    if document.root().shape() != Shape::Object {
        return Err(Kind::NotAPersona.because("the text `persona` holds no object"));
    }
    warnings.append(&mut noticed);
    if !chunk.checksum_holds(image) {
        warnings.push(Warning::repaired(
            "crc-mismatch",
            write::KEYWORD,
            "the chunk's checksum is wrong; its content was used anyway",
        ));
    }
    Ok(Some(PersonaFile {
        dialect: Dialect::Risu,
        personas: vec![document],
        warnings,
    }))
}

fn is_persona(image: &[u8], chunk: &png::Chunk) -> bool {
    let keyword = chunk.keyword(image).map(<[u8]>::trim_ascii);
    keyword.is_some_and(|keyword| keyword.eq_ignore_ascii_case(write::KEYWORD.as_bytes()))
}

/// Whether an object is as a file of some tool has it, and none of the public types.
pub fn is_filed(object: &Document) -> bool {
    let marks = [dialect::NAMES, "personaPrompt", "data", "spec"];
    marks.iter().any(|mark| object.root().get(mark).is_some())
}

/// The document of a persona that is given as an object: as a file of one has it, or its fields.
///
/// # Errors
/// Those of [`read`], `not-a-persona` for a file of several, and those of [`edit`] for fields.
pub fn of_object(json: &str, limits: &Limits) -> Result<Document> {
    let object = Document::read(json.as_bytes(), limits)?.0;
    if !is_filed(&object) {
        return replace(None, &object);
    }
    let mut personas = read(object.bytes(), limits)?.personas;
    match personas.len() {
        1 => Ok(personas.remove(0)),
        several => Err(Kind::NotAPersona.because(format!("the object is of {several} personas"))),
    }
}

/// The persona's fields as strict JSON in ASCII: the `Persona` of the public types.
pub fn view(document: &Document) -> String {
    fields::view(document)
}

/// What lists show.
pub fn summary(document: &Document) -> Summary {
    fields::summary(document)
}
