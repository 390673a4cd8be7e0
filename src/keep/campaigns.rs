//! Campaigns: the scope of each channel of each guild is one record, whose id is made of both.
//!
//! So no write of one scope can reach another, and two that write two characters of one scope
//! both find theirs. What bots keep in three files is brought in scope by scope, and written
//! again from all of them.

use super::Keep;
use super::documents::{Edit, Given, PutDocument, bounded};
use super::domain::Domain;
use super::texts::{Form, Texts};
use crate::campaign::files::{self, Files};
use crate::campaign::{self, Action, Scope};
use crate::error::{Kind, Limits, Result, Warning};
use crate::json::{Document, merge};
use crate::order;
use crate::store::{Change, Record, Write};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::collections::HashMap;

const GUILD: &str = "campaigns/guild/";
const PLAYER: &str = "campaigns/player/";
const GM: &str = "campaigns/gm/";
const CREATOR: &str = "campaigns/creator/";

/// The campaigns of a keep.
pub struct Campaigns(Texts);

/// Which campaigns to list.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct CampaignFilter {
    /// Of this guild.
    pub guild: Option<String>,
    /// In which this one plays.
    pub player: Option<String>,
    /// Which this one leads.
    pub gm: Option<String>,
    /// With an NPC that this one made.
    pub creator: Option<String>,
}

/// What became of files that were brought in.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Brought {
    /// Scopes that were not there.
    pub added: usize,
    /// Scopes that have more, or something else, than before.
    pub changed: usize,
    /// Scopes that say the same.
    pub same: usize,
    /// Places where the file and the keep say something else: `guild/channel: path`.
    pub conflicts: Vec<String>,
    /// What was odd in the files.
    pub warnings: Vec<Warning>,
}

/// Campaigns, each the scope of a channel.
pub(super) static CAMPAIGNS: Form = Form {
    domain: Domain::Campaigns,
    shown: "scope",
    listed: &[
        "guild",
        "channel",
        "name",
        "gm",
        "players",
        "characters",
        "npcs",
    ],
    files: "campaigns/file/",
    read: |bytes, limits| {
        let (document, warnings) = Document::read(bytes, limits)?;
        campaign::check(&document)?;
        Ok((vec![document], warnings))
    },
    view: campaign::view,
    edit: campaign::edit,
    replace: campaign::replace,
    filed: |_| false,
    head: |document| {
        let mut head = Map::new();
        // What is kept was a campaign when it was read.
        let Ok(summary) = campaign::summary(document) else {
            return head;
        };
        head.insert("guild".into(), summary.scope.guild.into());
        head.insert("channel".into(), summary.scope.channel.into());
        head.insert("name".into(), summary.name.into());
        if let Some(gm) = summary.gm {
            head.insert("gm".into(), gm.into());
        }
        head.insert("players".into(), summary.players.len().into());
        head.insert("characters".into(), summary.characters.into());
        head.insert("npcs".into(), summary.npcs.into());
        head
    },
    keys,
};

/// The index keys of a scope.
fn keys(document: &Document) -> Vec<String> {
    let Ok(summary) = campaign::summary(document) else {
        return Vec::new();
    };
    let mut keys = vec![format!("{GUILD}{}", summary.scope.guild)];
    keys.extend(summary.players.iter().map(|id| format!("{PLAYER}{id}")));
    let creators = summary.creators.iter();
    keys.extend(creators.map(|id| format!("{CREATOR}{id}")));
    keys.extend(summary.gm.iter().map(|id| format!("{GM}{id}")));
    keys
}

impl Campaigns {
    pub(super) fn new(keep: Keep) -> Campaigns {
        Campaigns(Texts::new(keep, &CAMPAIGNS))
    }

    /// The verbs that they share with other domains.
    pub fn texts(&self) -> &Texts {
        &self.0
    }

    /// Those verbs by themselves.
    pub fn into_texts(self) -> Texts {
        self.0
    }

    /// The entries of a filter, newest change first: `{ items, unreadable }`.
    ///
    /// # Errors
    /// What the medium reports.
    pub async fn list(&self, filter: &CampaignFilter) -> Result<Value> {
        let wanted = [
            (GUILD, &filter.guild),
            (PLAYER, &filter.player),
            (GM, &filter.gm),
            (CREATOR, &filter.creator),
        ]
        .into_iter()
        .filter_map(|(key, id)| Some(format!("{key}{}", id.as_deref()?)));
        self.0.list_by(&wanted.collect::<Vec<_>>()).await
    }

    /// Changes what is in a scope, which is made where it is not there; gives its entry. A scope
    /// in the trash comes out of it.
    ///
    /// # Errors
    /// `invalid`, `bad-option`, `conflict`, and what the medium reports.
    pub async fn change(&self, scope: &Scope, patch: &Document, write: Write) -> Result<Value> {
        let blank = Document::parse(&scope.blank())?;
        let id = checked(scope)?;
        let place = self.0.keep.store().now() as u64 * 1000;
        let make = |old: Option<&Document>, record: &mut Record, change: &mut Change| {
            let document = campaign::edit(old.unwrap_or(&blank), patch)?;
            placed(record, place);
            CAMPAIGNS.put_document(record, &document, change);
            Ok(document)
        };
        let edit = Edit {
            id: Some(&id),
            if_rev: write.if_rev,
            put: true,
            make: Box::new(make),
        };
        let written = self.0.documents().change(&[edit], write).await?;
        let lost = || Kind::Bug.because("a change of one record gave none back");
        Ok(CAMPAIGNS.entry(written.first().ok_or_else(lost)?))
    }

    pub(super) async fn put_many(&self, puts: &[PutDocument], write: Write) -> Result<Vec<Record>> {
        let mut named = puts.to_vec();
        for put in &mut named {
            let given;
            let values = match &put.given {
                Given::Values(values) => values,
                Given::Document(bytes) => {
                    given = Document::read(bytes, &Limits::default())?.0;
                    &given
                }
            };
            let id = checked(&Scope::of(values)?)?;
            if put.id.as_ref().is_some_and(|wanted| *wanted != id) {
                let detail = "the id of a campaign is made of its guild and channel";
                return Err(Kind::Invalid.because(detail));
            }
            put.id = Some(id);
        }
        self.0.put_many(&named, write).await
    }

    /// Whether somebody with these roles of the server should be let do something in a scope.
    ///
    /// # Errors
    /// `not-found`, `corrupt`, and what the medium reports.
    pub async fn may(
        &self,
        scope: &Scope,
        user: &str,
        roles: &[String],
        action: Action,
    ) -> Result<bool> {
        let record = self.0.keep.record(Domain::Campaigns, &scope.id()).await?;
        let document = self.0.keep.document(&record).await?;
        Ok(campaign::role(&document, user, roles).may(action))
    }

    /// Brings the files of bots in, all in one change. Without `base` nothing that is there is
    /// replaced; where both say something else, the keep's stays. With the files as they were
    /// read before, what was changed since goes in, and changes that the keep has had meanwhile
    /// stay; where both changed the same, the new files win. Both kinds of places are told.
    ///
    /// # Errors
    /// Those of [`files::read`], `too-large` over 10,000 scopes, `conflict`, and what the medium
    /// reports.
    pub async fn bring(
        &self,
        given: &Files,
        base: Option<&Files>,
        limits: &Limits,
        write: Write,
    ) -> Result<Brought> {
        let (documents, warnings) = files::read(given, limits)?;
        let mut before = HashMap::new();
        for document in match base {
            Some(base) => files::read(base, limits)?.0,
            None => Vec::new(),
        } {
            before.insert(Scope::of(&document)?, document);
        }
        let mut report = Brought {
            warnings,
            ..Brought::default()
        };
        // What the new files have no more was taken out of them.
        let mut wanted: Vec<(Scope, Document)> = Vec::with_capacity(documents.len());
        for document in documents {
            wanted.push((Scope::of(&document)?, document));
        }
        let mut gone: Vec<&Scope> = before
            .keys()
            .filter(|scope| !wanted.iter().any(|(known, _)| known == *scope))
            .collect();
        order::sort_by(&mut gone, |a, b| a.cmp(b));
        let gone: Vec<Scope> = gone.into_iter().cloned().collect();
        let last = wanted.len();
        for scope in gone {
            let blank = Document::parse(&scope.blank())?;
            wanted.push((scope, blank));
        }
        bounded(wanted.len())?;
        let first = self.0.keep.store().now() as u64 * 1000;
        let mut ids = Vec::with_capacity(wanted.len());
        for (scope, _) in &wanted {
            ids.push(checked(scope)?);
        }
        let known: Vec<&str> = ids.iter().map(String::as_str).collect();
        let found = self
            .0
            .keep
            .store()
            .get_many(Domain::Campaigns.name(), &known)
            .await?;
        let mut edits = Vec::new();
        for (n, ((scope, mine), found)) in wanted.iter().zip(&found).enumerate() {
            // What nobody has any more needs no record.
            if n >= last && found.is_none() {
                continue;
            }
            let base = before.get(scope);
            // What is in the trash is as good as gone for files that know nothing of it.
            let anew = base.is_none() && trashed(found);
            let theirs = match found {
                Some(record) if !anew => Some(self.0.keep.document(record).await?),
                _ => None,
            };
            let (made, conflicts) = brought(base, mine, theirs.as_ref())?;
            report.conflicts.extend(
                conflicts
                    .into_iter()
                    .map(|path| format!("{}: {path}", ids[n])),
            );
            match &theirs {
                Some(theirs) if theirs.bytes() == made.bytes() => {
                    report.same += 1;
                    continue;
                }
                Some(_) => report.changed += 1,
                None => report.added += 1,
            }
            let place = first + n as u64;
            let make = move |old: Option<&Document>, record: &mut Record, change: &mut Change| {
                let (made, _) = brought(base, mine, old.filter(|_| !anew))?;
                campaign::check(&made)?;
                placed(record, place);
                CAMPAIGNS.put_document(record, &made, change);
                Ok(made)
            };
            edits.push(Edit {
                id: Some(ids[n].as_str()),
                if_rev: None,
                put: true,
                make: Box::new(make),
            });
        }
        self.0.documents().change(&edits, write).await?;
        Ok(report)
    }

    /// The files of all scopes, or of one guild's, in the order in which they came.
    ///
    /// # Errors
    /// `corrupt` when a scope cannot be read, and what the medium reports.
    pub async fn files(&self, guild: Option<&str>) -> Result<Files> {
        let store = self.0.keep.store();
        let listing = match guild {
            Some(guild) => store.find(&format!("{GUILD}{guild}")).await?,
            None => store.list(Domain::Campaigns.name()).await?,
        };
        if let Some(unreadable) = listing.unreadable.into_iter().next() {
            return Err(unreadable.error);
        }
        let mut records = listing.records;
        records.retain(|record| record.trashed_ms.is_none());
        let place = |record: &Record| record.body["place"].as_u64().unwrap_or_default();
        order::sort_by(&mut records, |a, b| {
            (place(a), &a.id).cmp(&(place(b), &b.id))
        });
        let mut documents = Vec::with_capacity(records.len());
        for record in &records {
            documents.push(self.0.keep.document(record).await?);
        }
        files::write(&documents)
    }
}

/// What a scope becomes, and where two sides differ. Without a base what is there wins.
fn brought(
    base: Option<&Document>,
    mine: &Document,
    theirs: Option<&Document>,
) -> Result<(Document, Vec<String>)> {
    let Some(theirs) = theirs else {
        return Ok((mine.clone(), Vec::new()));
    };
    let merged = match base {
        Some(base) => merge(Some(base), mine, theirs),
        None => merge(None, theirs, mine),
    };
    let wanted = Document::parse(&merged.merged)?;
    let made = theirs.amend(&[], wanted.root())?;
    let conflicts = merged.conflicts.into_iter().map(|clash| clash.path);
    Ok((made, conflicts.collect()))
}

fn trashed(found: &Option<Record>) -> bool {
    found
        .as_ref()
        .is_some_and(|record| record.trashed_ms.is_some())
}

/// Where a scope stands in the files.
fn placed(record: &mut Record, place: u64) {
    if record.body.is_null() {
        record.body = json!({ "place": place });
    }
}

/// The id of a scope.
fn checked(scope: &Scope) -> Result<String> {
    if scope.guild.is_empty() || scope.channel.is_empty() {
        return Err(Kind::Invalid.because("a guild and a channel are texts that are not empty"));
    }
    Ok(scope.id())
}
