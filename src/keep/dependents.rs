//! What hangs on a record: the chats that are linked to it, the playthroughs of a world, and the
//! worlds that a character is in.
//!
//! Deleting a record may take its chats and playthroughs along, and restoring it brings back those
//! that went with it: they went at the same moment, in one change. When it is removed for good,
//! the chats that stay forget it in the change that removes it; a playthrough goes on naming its
//! world, without which it cannot be, and tells that it is missing.

use super::domain::{Domain, newest_first};
use super::links::Links;
use super::{Keep, chat_row, playthroughs, worlds};
use crate::error::{Kind, Result};
use crate::store::Record;
use serde_json::{Value, json};

/// What goes into the trash with a record.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Along {
    /// The chats that belong to it and to nobody else who stays.
    pub chats: bool,
    /// The playthroughs of a world.
    pub playthroughs: bool,
}

impl Keep {
    /// What hangs on a record that is not in the trash: `{ chats, worlds, playthroughs }`,
    /// entries, newest change first. Worlds are those that a character is in, playthroughs those of
    /// a world.
    ///
    /// # Errors
    /// `not-found`, `bad-option` for a domain that nothing hangs on, and what the medium reports.
    pub async fn dependents(&self, domain: Domain, id: &str) -> Result<Value> {
        self.record(domain, id).await?;
        let mut chats = match domain {
            Domain::Templates => self.chats_of_template(id).await?,
            _ => self.chats_of(domain, id).await?,
        };
        chats.retain(|chat| chat.trashed_ms.is_none());
        newest_first(&mut chats);
        let mut runs = self.runs_of(domain, id).await?;
        runs.retain(|run| run.trashed_ms.is_none());
        newest_first(&mut runs);
        let mut inhabited = Vec::new();
        if domain == Domain::Characters {
            let mut all = self.store().list(Domain::Worlds.name()).await?.records;
            all.retain(|world| world.trashed_ms.is_none());
            newest_first(&mut all);
            for world in &all {
                // A world that cannot be read hides no other.
                let here = self.worlds().inhabitants(&world.id).await.ok();
                let here = here.as_ref().and_then(Value::as_array);
                if here.is_some_and(|here| here.iter().any(|npc| npc["id"] == id)) {
                    inhabited.push(worlds::entry(world));
                }
            }
        }
        let chats: Vec<Value> = chats.iter().map(chat_row::entry).collect();
        let told = |run: &Record| {
            let mut told = playthroughs::PLAYTHROUGHS.entry(run);
            // It was just read.
            told["worldStatus"] = "ok".into();
            told
        };
        let runs: Vec<Value> = runs.iter().map(told).collect();
        Ok(json!({ "chats": chats, "worlds": inhabited, "playthroughs": runs }))
    }

    /// The playthroughs of a world, also those in the trash.
    async fn runs_of(&self, domain: Domain, id: &str) -> Result<Vec<Record>> {
        if domain != Domain::Worlds {
            return Ok(Vec::new());
        }
        let runs = self.store().find(&playthroughs::of_world(id)).await?;
        Ok(runs.records)
    }

    /// The chats that are linked to a record, also those in the trash.
    pub(super) async fn chats_of(&self, domain: Domain, id: &str) -> Result<Vec<Record>> {
        let mut links = Links::default();
        match domain {
            Domain::Characters => links.characters = vec![id.to_owned()],
            Domain::Personas => links.persona = Some(id.to_owned()),
            Domain::Worlds => links.world = Some(id.to_owned()),
            Domain::Playthroughs => links.playthrough = Some(id.to_owned()),
            _ => {
                let detail = format!("no chat hangs on what is in {}", domain.name());
                return Err(Kind::BadOption.because(detail));
            }
        }
        let key = links.keys().concat();
        let mut chats = self.store().find(&key).await?.records;
        chats.retain(|chat| chat.domain == Domain::Chats.name());
        Ok(chats)
    }

    async fn chats_of_template(&self, id: &str) -> Result<Vec<Record>> {
        let mut chats = self.store().list(Domain::Chats.name()).await?.records;
        chats.retain(|chat| chat.head["template"] == id);
        Ok(chats)
    }

    /// What goes into the trash with a record.
    ///
    /// # Errors
    /// `bad-option` for what does not hang on records of the domain, and what the medium reports.
    pub(super) async fn leaving_with(
        &self,
        domain: Domain,
        id: &str,
        along: Along,
        going: impl Fn(&str) -> bool,
    ) -> Result<Vec<Record>> {
        let mut with = match along.chats {
            true => self.chats_of(domain, id).await?,
            false => Vec::new(),
        };
        with.retain(|chat| {
            domain != Domain::Characters || Links::of(chat).characters.iter().all(|id| going(id))
        });
        if along.playthroughs {
            if domain != Domain::Worlds {
                let detail = format!("no playthrough hangs on what is in {}", domain.name());
                return Err(Kind::BadOption.because(detail));
            }
            with.extend(self.runs_of(domain, id).await?);
        }
        with.retain(|one| one.trashed_ms.is_none());
        Ok(with)
    }

    /// What went into the trash with a record.
    pub(super) async fn gone_with(&self, domain: Domain, record: &Record) -> Result<Vec<Record>> {
        if !hangs(domain) {
            return Ok(Vec::new());
        }
        let mut with = self.chats_of(domain, &record.id).await?;
        with.extend(self.runs_of(domain, &record.id).await?);
        with.retain(|one| one.trashed_ms == record.trashed_ms);
        Ok(with)
    }

    /// The chats that stay when records are removed for good, without their links to them.
    pub(super) async fn loosened(
        &self,
        gone: &[Record],
        stays: impl Fn(&Record) -> bool,
    ) -> Result<Vec<Record>> {
        let mut loosened: Vec<Record> = Vec::new();
        for record in gone {
            let domain = Domain::of(&record.domain)?;
            if !hangs(domain) {
                continue;
            }
            for chat in self.chats_of(domain, &record.id).await? {
                if !stays(&chat) {
                    continue;
                }
                let known = loosened.iter().position(|known| known.id == chat.id);
                let place = known.unwrap_or(loosened.len());
                if known.is_none() {
                    loosened.push(chat);
                }
                let chat = &mut loosened[place];
                let links = Links::of(chat).with(|of, id| {
                    let gone = of == domain && id == record.id;
                    (!gone).then(|| id.to_owned())
                });
                links.put(chat);
            }
        }
        Ok(loosened)
    }
}

/// Whether chats are linked to what is in a domain.
fn hangs(domain: Domain) -> bool {
    matches!(
        domain,
        Domain::Characters | Domain::Personas | Domain::Worlds | Domain::Playthroughs
    )
}
