//! What a model may know where the player of a run is: the place, who is there, and what their
//! lore says of what is talked about; no more than a number of tokens.

use super::domain::Domain;
use super::{Keep, Worlds};
use crate::card;
use crate::error::{Kind, Limits, Result};
use crate::json::{Document, Node};
use crate::lore::{self, matching};
use crate::prompt::tokens;
use crate::store::Record;
use crate::world::{self, playthrough};
use serde::{Deserialize, Serialize};

/// Who is read of a crowd.
const MOST_NPCS: usize = 50;

/// How to look.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct ContextOptions {
    /// What was said last, the newest at the end; it calls for lore, as the place does.
    pub messages: Vec<String>,
    /// How many tokens all of it may have.
    pub budget: usize,
}

impl Default for ContextOptions {
    fn default() -> ContextOptions {
        ContextOptions {
            messages: Vec::new(),
            budget: 2000,
        }
    }
}

/// What a model may know.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct WorldContext {
    /// Where the player is, `x,y,z`.
    pub position: String,
    /// The place, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<Told>,
    /// Who is there.
    pub npcs: Vec<Told>,
    /// Entries of their lore that are called for.
    pub lore: Vec<Told>,
    /// Tokens of all of it, by estimate.
    pub tokens: usize,
    /// What had to stay out.
    pub left: Vec<Left>,
}

/// One thing to know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Told {
    /// The location's id, the character's, or the entry's within its lorebook.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What is to be known.
    pub text: String,
    /// Tokens of the text, by estimate.
    pub tokens: usize,
    /// Whose lore it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub character: Option<String>,
}

/// Something that stays out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Left {
    /// The location's id, the character's, or the entry's within its lorebook.
    pub id: String,
    /// `budget`, `missing`, `trashed` or `unreadable`.
    pub why: &'static str,
    /// Whose lore it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub character: Option<String>,
}

impl WorldContext {
    /// Whether there is room for it; what finds none is told.
    fn fits(&mut self, told: &Told, budget: usize) -> bool {
        let fits = self.tokens + told.tokens <= budget;
        match fits {
            true => self.tokens += told.tokens,
            false => self.leave(&told.id, told.character.clone(), "budget"),
        }
        fits
    }

    fn leave(&mut self, id: &str, character: Option<String>, why: &'static str) {
        self.left.push(Left {
            id: id.to_owned(),
            why,
            character,
        });
    }
}

impl Told {
    fn of(id: &str, name: &str, text: String) -> Told {
        Told {
            id: id.to_owned(),
            name: name.to_owned(),
            tokens: tokens::estimate(&text),
            text,
            character: None,
        }
    }
}

impl Worlds {
    /// What a model may know where the player of a run is: the place goes first, then who is
    /// there in the order of the world, then their lore. What does not fit stays out and is told.
    ///
    /// # Errors
    /// `not-found` for the run and for its world, `corrupt` for these, and what the medium reports.
    pub async fn context(&self, run: &str, options: &ContextOptions) -> Result<WorldContext> {
        let keep = &self.keep;
        let record = keep.record(Domain::Playthroughs, run).await?;
        let run = keep.document(&record).await?;
        let world = record.head_text("world");
        let world = keep.record(Domain::Worlds, world).await?;
        let mut context = WorldContext {
            position: record.head_text("position").to_owned(),
            ..WorldContext::default()
        };
        let place = match world::parse_position(&context.position) {
            Ok(at) => keep.location_at(&world, at).await?,
            Err(_) => None,
        };
        let Some(place) = place else {
            return Ok(context);
        };
        let Some(here) = playthrough::here(&run, &place) else {
            return Ok(context);
        };
        let location = Told::of(&here.id, &here.name, paragraphs(&[&here.description]));
        let mut said = vec![paragraphs(&[&here.name, &here.description])];
        said.extend(options.messages.iter().cloned());
        if context.fits(&location, options.budget) {
            context.location = Some(location);
        }
        let mut present = Vec::new();
        let ids: Vec<&str> = here.npcs.iter().map(String::as_str).collect();
        let (known, crowd) = ids.split_at(ids.len().min(MOST_NPCS));
        let found = keep.store().get_many(Domain::Characters.name(), known);
        for (id, found) in known.iter().zip(found.await?) {
            let card = match found {
                None => Err("missing"),
                Some(record) if record.trashed_ms.is_some() => Err("trashed"),
                Some(record) => card_of(keep, &record).await?,
            };
            match card {
                Ok(card) => present.push((*id, card)),
                Err(why) => context.leave(id, None, why),
            }
        }
        for (id, card) in &present {
            let told = Document::parse(&card::view(card))?;
            let text = |key: &str| {
                let text = told.root().get(key).and_then(Node::text);
                text.unwrap_or_default().into_owned()
            };
            let npc = paragraphs(&[&text("description"), &text("personality")]);
            let npc = Told::of(id, &text("name"), npc);
            if context.fits(&npc, options.budget) {
                context.npcs.push(npc);
            }
        }
        crowd
            .iter()
            .for_each(|id| context.leave(id, None, "budget"));
        for (id, card) in &present {
            for mut entry in called_for(card, &said)? {
                entry.character = Some((*id).to_owned());
                if context.fits(&entry, options.budget) {
                    context.lore.push(entry);
                }
            }
        }
        Ok(context)
    }
}

/// The card of a record, or why it cannot be told; one that is damaged hides no other.
async fn card_of(
    keep: &Keep,
    record: &Record,
) -> Result<std::result::Result<Document, &'static str>> {
    match keep.document(record).await {
        Ok(card) => Ok(Ok(card)),
        Err(error) if error.kind() == Kind::Corrupt => Ok(Err("unreadable")),
        Err(error) => Err(error),
    }
}

/// The entries of a card's lore that some messages call for.
fn called_for(card: &Document, said: &[String]) -> Result<Vec<Told>> {
    let file = match lore::read(card.bytes(), &Limits::default()) {
        Ok(file) => file,
        Err(error) if error.kind() == Kind::NotALorebook => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let options = matching::Options {
        scan_depth: u32::try_from(said.len()).unwrap_or(u32::MAX),
        ..matching::Options::default()
    };
    let matched = matching::run(&file.book, said, &options);
    let told = matched.fired.into_iter().filter_map(|fired| {
        let entry = file.book.entries.get(fired.index)?;
        let id = lore::entry_name(fired.index, entry);
        Some(Told::of(&id, &entry.comment, fired.content))
    });
    Ok(told.collect())
}

/// Texts that say something, apart from each other.
fn paragraphs(texts: &[&str]) -> String {
    let said = texts.iter().map(|text| text.trim());
    let said: Vec<&str> = said.filter(|text| !text.is_empty()).collect();
    said.join("\n\n")
}
