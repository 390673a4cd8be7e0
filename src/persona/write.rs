//! From documents of personas to a file of one tool.

use super::dialect::{self, DEFAULT, DESCRIPTIONS, Dialect, NAMES, blank};
use super::fields::{carried, edit, summary};
use super::is_persona;
use crate::card;
use crate::container::png;
use crate::error::{Kind, Limits, Loss, Result, Written};
use crate::json::{Document, quote};
use std::collections::HashSet;

/// Where RisuAI looks for a persona in a PNG.
pub(super) const KEYWORD: &str = "persona";

/// How to write personas.
#[derive(Debug, Clone)]
pub struct WriteOptions<'a> {
    /// Whose file it is to be.
    pub dialect: Dialect,
    /// The PNG to write into; without it a plain portrait is made. SillyTavern's file has none.
    pub image: Option<&'a [u8]>,
    /// How much is accepted of the image.
    pub limits: Limits,
}

/// Writes personas as a file of one tool: any number as a backup of SillyTavern, one as a
/// picture of RisuAI or CardShark. An image that has this very persona comes back as it was.
///
/// # Errors
/// `invalid` for another number of personas, `bad-option` for an image where there is none,
/// `unsupported` for an image that is no PNG, `bad-png`, `too-large`.
pub fn write(personas: &[Document], options: &WriteOptions<'_>) -> Result<Written> {
    let mut losses = Vec::new();
    let mut converted = Vec::with_capacity(personas.len());
    for (n, persona) in personas.iter().enumerate() {
        let path = format!("personas.{n}");
        converted.push(convert(persona, options.dialect, &path, &mut losses)?);
    }
    let bytes = match (options.dialect, converted.as_slice()) {
        (Dialect::SillyTavern, _) if options.image.is_some() => {
            return Err(Kind::BadOption.because("`image`: a backup of SillyTavern has no pictures"));
        }
        (Dialect::SillyTavern, all) => backup(all),
        (Dialect::Risu, [persona]) => picture(persona, options)?,
        (Dialect::CardShark, [persona]) => card::write(
            persona,
            &card::WriteOptions {
                container: card::Container::Png,
                image: options.image,
                assets: &[],
                limits: options.limits.clone(),
            },
        )?,
        (_, all) => {
            return Err(Kind::Invalid.because(format!(
                "a picture holds one persona, {} were given",
                all.len()
            )));
        }
    };
    Ok(Written { bytes, losses })
}

/// The picture with its persona replaced; where nothing changed it comes back as it was.
/// SillyTavern has no such file, so its personas come as RisuAI writes them.
///
/// # Errors
/// As [`write`].
pub fn rewrite(image: &[u8], persona: &Document, limits: &Limits) -> Result<Vec<u8>> {
    let dialect = match Dialect::of(persona) {
        Dialect::SillyTavern => Dialect::Risu,
        other => other,
    };
    let options = WriteOptions {
        dialect,
        image: Some(image),
        limits: limits.clone(),
    };
    Ok(write(std::slice::from_ref(persona), &options)?.bytes)
}

fn convert(
    persona: &Document,
    dialect: Dialect,
    path: &str,
    losses: &mut Vec<Loss>,
) -> Result<Document> {
    let (patch, names) = carried(persona);
    for name in names.into_iter().filter(|name| !dialect.knows(name)) {
        let message = format!("{} has no such field", dialect.as_str());
        losses.push(Loss::new(format!("{path}.{name}"), message));
    }
    if Dialect::of(persona) == dialect {
        return Ok(persona.clone());
    }
    let blank = blank(dialect, &summary(persona).name)?;
    edit(&blank, &persona.sibling(&patch)?)
}

/// Backups of one persona each as one backup, spaced as SillyTavern does it.
fn backup(personas: &[Document]) -> Vec<u8> {
    let mut taken = HashSet::new();
    let (mut names, mut descriptions) = (Vec::new(), Vec::new());
    let mut chosen = None;
    for persona in personas {
        let old = dialect::picture(persona).unwrap_or_default();
        let new = free(&old, &mut taken);
        let root = persona.root();
        let of = |table: &str| root.get(table).and_then(|table| table.get(&old));
        let key = quote(&new);
        names.push(format!(
            "{key}: {}",
            of(NAMES).map_or("\"\"", |name| name.raw())
        ));
        if let Some(description) = of(DESCRIPTIONS) {
            descriptions.push(format!("{key}: {}", description.raw()));
        }
        if root.get(DEFAULT).is_some() {
            chosen.get_or_insert(key);
        }
    }
    let table = |entries: &[String]| match entries {
        [] => "{}".to_owned(),
        _ => format!("{{\n    {}\n  }}", entries.join(",\n    ")),
    };
    let chosen = chosen.unwrap_or_else(|| "null".to_owned());
    format!(
        "{{\n  \"{NAMES}\": {},\n  \"{DESCRIPTIONS}\": {},\n  \"{DEFAULT}\": {chosen}\n}}",
        table(&names),
        table(&descriptions)
    )
    .into_bytes()
}

/// The name, or another one where it is taken already.
fn free(name: &str, taken: &mut HashSet<String>) -> String {
    let (stem, extension) = name.rsplit_once('.').unwrap_or((name, "png"));
    let others = (2..).map(|n| format!("{stem}-{n}.{extension}"));
    let mut all = std::iter::once(name.to_owned()).chain(others);
    let found = all.find(|name| taken.insert(name.clone()));
    found.unwrap_or_default()
}

fn picture(persona: &Document, options: &WriteOptions<'_>) -> Result<Vec<u8>> {
    let plain;
    let image = match options.image {
        Some(image) => image,
        None => {
            plain = card::plain_portrait(&summary(persona).name)?;
            &plain
        }
    };
    if image.len() > options.limits.file {
        return Err(Kind::TooLarge.because(format!(
            "the image has more bytes than the limit `file` allows ({})",
            options.limits.file
        )));
    }
    if !png::is(image) {
        return Err(Kind::Unsupported.because("a persona can be written into a PNG only"));
    }
    let same = super::read(image, &options.limits).is_ok_and(|file| {
        file.dialect == Dialect::Risu
            && file
                .personas
                .iter()
                .all(|old| old.bytes() == persona.bytes())
    });
    if same {
        return Ok(image.to_vec());
    }
    let layout = png::walk(image, &mut Vec::new())?;
    let text = card::encode_text(persona.bytes());
    let goes = |chunk: &png::Chunk| is_persona(image, chunk);
    png::splice(image, &layout, goes, &[(KEYWORD, &text)])
}
