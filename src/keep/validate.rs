//! What would be said of a value that is to be stored; nothing is stored.
//!
//! A value is made into a record in the same way as when it is put, so what would be refused
//! then is an error here. What else a card's specification forbids, and what does not fit
//! together in a world, is the matter of `card` and `world`.

use super::Keep;
use super::campaigns::CAMPAIGNS;
use super::documents::{Edit, PutDocument};
use super::domain::{Domain, present};
use super::playthroughs::PLAYTHROUGHS;
use super::{characters, personas, settings, texts, worlds};
use crate::card::{self, Issue};
use crate::error::{Error, Kind, Limits, Result, Warning};
use crate::json::Document;
use crate::lore;
use crate::store::{Change, Record};
use crate::world;
use serde::Serialize;
use serde_json::Value;
use std::collections::HashSet;

/// What is wrong with a value, and what is odd about it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Validity {
    /// Whether there are no errors.
    pub ok: bool,
    /// What is refused, or against the rules of its form.
    pub errors: Vec<Issue>,
    /// What is taken and is hardly meant.
    pub warnings: Vec<Issue>,
}

impl Validity {
    fn of(errors: Vec<Issue>, warnings: Vec<Issue>) -> Validity {
        Validity {
            ok: errors.is_empty(),
            errors,
            warnings,
        }
    }
}

impl Keep {
    /// What is wrong with a document that is to be put, with an id: in the place of that record.
    ///
    /// # Errors
    /// `bad-option` for chats, which have no document; `corrupt` when what is there cannot be
    /// read, and what the medium reports. What is wrong with the document is no error.
    pub async fn validate(&self, domain: Domain, put: &PutDocument) -> Result<Validity> {
        let edit: Edit<'_> = match domain {
            Domain::Characters => characters::putting(put),
            Domain::Worlds => worlds::putting(put),
            Domain::Personas => personas::putting(put),
            Domain::Lorebooks => texts::LOREBOOKS.putting(put),
            Domain::Templates => texts::TEMPLATES.putting(put),
            Domain::Campaigns => CAMPAIGNS.putting(put),
            Domain::Playthroughs => PLAYTHROUGHS.putting(put),
            Domain::Chats | Domain::Assets => return Err(super::batch::no_document()),
        };
        self.answers().await?;
        let there = match &put.id {
            Some(id) => present(self.record(domain, id).await)?,
            None => None,
        };
        let old = match &there {
            Some(record) => Some(self.document(record).await?),
            None => None,
        };
        let now = self.store().now();
        let mut record = there.unwrap_or_else(|| Record::new(domain.name(), "", now));
        let made = (edit.make)(old.as_ref(), &mut record, &mut Change::new());
        let document = match made {
            Ok(document) => document,
            Err(error) => return Ok(Validity::of(vec![issue("", &error)], Vec::new())),
        };
        let mut found = rules(domain, &document)?;
        self.broken(links(domain, &document), &mut found.warnings)
            .await?;
        Ok(found)
    }

    /// Which of some links lead nowhere: the path of each, and to what it leads.
    async fn broken(
        &self,
        links: Vec<(String, Domain, String)>,
        warnings: &mut Vec<Issue>,
    ) -> Result<()> {
        for (path, domain, id) in links {
            let there = self.store().get(domain.name(), &id).await;
            let is = match there {
                Ok(Some(record)) if record.trashed_ms.is_none() => continue,
                Ok(Some(_)) => "is in the trash",
                Ok(None) => "is not there",
                Err(error) if error.kind() == Kind::Corrupt => "cannot be read",
                Err(error) => return Err(error),
            };
            warnings.push(Issue {
                path,
                code: "broken-link",
                message: format!("{id} {is}"),
            });
        }
        Ok(())
    }

    /// What is wrong with a chat that is to be created, and which of its links lead nowhere.
    ///
    /// # Errors
    /// What the medium reports.
    pub async fn validate_chat(&self, new_chat: &str) -> Result<Validity> {
        self.answers().await?;
        let links = match self.chats().begun(new_chat, &mut Change::new()) {
            Ok((_, links)) => links,
            Err(error) => return Ok(Validity::of(vec![issue("", &error)], Vec::new())),
        };
        let mut warnings = Vec::new();
        let named = |(domain, id): (Domain, String)| (domain.name().to_owned(), domain, id);
        let links = links.records().into_iter().map(named).collect();
        self.broken(links, &mut warnings).await?;
        Ok(Validity::of(Vec::new(), warnings))
    }

    /// What is wrong with some settings.
    pub fn validate_settings(&self, patch: &Value) -> Validity {
        let wrong = |(key, value): (&String, &Value)| {
            let error = settings::check(key, value).err()?;
            Some(issue(key, &error))
        };
        let errors = match patch.as_object() {
            Some(patch) => patch.iter().filter_map(wrong).collect(),
            None => vec![issue("", &Kind::Invalid.because("settings are an object"))],
        };
        Validity::of(errors, Vec::new())
    }
}

/// What the rules of a domain say of a document that can be stored.
fn rules(domain: Domain, document: &Document) -> Result<Validity> {
    Ok(match domain {
        Domain::Characters => {
            let found = card::validate(document);
            Validity::of(found.errors, found.warnings)
        }
        Domain::Worlds => {
            let (_, warnings) = world::read(document.bytes(), &Limits::default())?;
            let (errors, warnings) = warnings.into_iter().partition(world::is_of_form);
            let told = |warnings: Vec<Warning>| warnings.into_iter().map(told).collect();
            Validity::of(told(errors), told(warnings))
        }
        Domain::Lorebooks => {
            let found = lore::read(document.bytes(), &Limits::default())?;
            let warnings = found.warnings.into_iter().map(told).collect();
            Validity::of(Vec::new(), warnings)
        }
        Domain::Personas
        | Domain::Templates
        | Domain::Campaigns
        | Domain::Playthroughs
        | Domain::Chats
        | Domain::Assets => Validity::of(Vec::new(), Vec::new()),
    })
}

/// What a document names of other records, and where.
fn links(domain: Domain, document: &Document) -> Vec<(String, Domain, String)> {
    let root = document.root();
    match domain {
        Domain::Worlds => {
            let mut seen = HashSet::new();
            let mut links = world::inhabitants(document);
            links.retain(|(_, _, npc)| seen.insert(npc.clone()));
            let linked = |(map, key, npc)| (format!("{map}.{key}.npcs"), Domain::Characters, npc);
            links.into_iter().map(linked).collect()
        }
        Domain::Playthroughs => {
            let names = [("world", Domain::Worlds), ("persona", Domain::Personas)];
            let named = names.into_iter().filter_map(|(name, domain)| {
                let id = root.get(name)?.text()?;
                Some((name.to_owned(), domain, id.into_owned()))
            });
            named.collect()
        }
        _ => Vec::new(),
    }
}

fn issue(path: &str, error: &Error) -> Issue {
    Issue {
        path: path.to_owned(),
        code: error.kind().code(),
        message: error.detail().to_owned(),
    }
}

fn told(warning: Warning) -> Issue {
    Issue {
        path: warning.path,
        code: warning.code,
        message: warning.message,
    }
}
