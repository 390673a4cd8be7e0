//! The three files that bots keep campaigns in: `campaigns.json` by guild and channel,
//! `characters.json` by guild, player and channel, `npcs.json` by guild, channel and id.

use super::Scope;
use crate::error::{Kind, Limits, Result, Warning};
use crate::json::{Document, Node, Shape, quote};
use std::collections::BTreeMap;

/// The contents of the files; each may be missing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Files {
    /// `campaigns.json`.
    pub campaigns: Option<Vec<u8>>,
    /// `characters.json`.
    pub characters: Option<Vec<u8>>,
    /// `npcs.json`.
    pub npcs: Option<Vec<u8>>,
}

/// What of a scope stands in the files, in pieces of JSON.
#[derive(Default)]
struct Pieces {
    campaign: Option<String>,
    characters: Vec<(String, String)>,
    npcs: Vec<(String, String)>,
}

/// The scopes of files, in the order of the files, each as a document of its own. Ids that are
/// numbers become texts, as they are spelled; secrets are left out; both are told.
///
/// # Errors
/// `bad-json`, `too-large`, `invalid` for a file of another shape.
pub fn read(files: &Files, limits: &Limits) -> Result<(Vec<Document>, Vec<Warning>)> {
    let mut reading = Reading::default();
    if let Some(bytes) = &files.campaigns {
        let document = reading.document(bytes, limits)?;
        for (guild, channels) in below(document.root(), "campaigns")? {
            for (channel, campaign) in below(channels, &format!("campaigns.{guild}"))? {
                let place = format!("campaigns.{guild}.{channel}");
                let raw = reading.value(campaign, &place)?;
                reading.pieces(&guild, &channel).campaign = Some(raw);
            }
        }
    }
    if let Some(bytes) = &files.characters {
        let document = reading.document(bytes, limits)?;
        for (guild, users) in below(document.root(), "characters")? {
            for (user, channels) in below(users, &format!("characters.{guild}"))? {
                let place = format!("characters.{guild}.{user}");
                for (channel, character) in below(channels, &place)? {
                    let raw = reading.value(character, &format!("{place}.{channel}"))?;
                    let pieces = reading.pieces(&guild, &channel);
                    pieces.characters.push((user.clone(), raw));
                }
            }
        }
    }
    if let Some(bytes) = &files.npcs {
        let document = reading.document(bytes, limits)?;
        for (guild, channels) in below(document.root(), "npcs")? {
            for (channel, npcs) in below(channels, &format!("npcs.{guild}"))? {
                let place = format!("npcs.{guild}.{channel}");
                for (id, npc) in below(npcs, &place)? {
                    let raw = reading.value(npc, &format!("{place}.{id}"))?;
                    reading.pieces(&guild, &channel).npcs.push((id, raw));
                }
            }
        }
    }
    reading.documents()
}

#[derive(Default)]
struct Reading {
    places: BTreeMap<Scope, usize>,
    scopes: Vec<(Scope, Pieces)>,
    warnings: Vec<Warning>,
}

impl Reading {
    fn document(&mut self, bytes: &[u8], limits: &Limits) -> Result<Document> {
        let (document, mut warnings) = Document::of_file(bytes, limits)?;
        self.warnings.append(&mut warnings);
        Ok(document)
    }

    fn pieces(&mut self, guild: &str, channel: &str) -> &mut Pieces {
        let scope = Scope {
            guild: guild.to_owned(),
            channel: channel.to_owned(),
        };
        let place = *self.places.entry(scope.clone()).or_insert_with(|| {
            self.scopes.push((scope, Pieces::default()));
            self.scopes.len() - 1
        });
        &mut self.scopes[place].1
    }

    /// A value without its secrets, whose ids are texts.
    fn value(&mut self, node: Node<'_>, place: &str) -> Result<String> {
        if node.shape() != Shape::Object {
            return Err(Kind::Invalid.because(format!("`{place}` must be an object")));
        }
        let mut document = Document::parse(node.raw())?;
        for (key, value) in node.entries() {
            let path = [(&*key).into()];
            if key.ends_with("_id") && value.shape() == Shape::Number {
                document = document.set(&path, &quote(value.raw()))?;
                self.number(&format!("{place}.{key}"));
            } else if key == "players" && value.items().any(|id| id.shape() == Shape::Number) {
                let text = |id: Node<'_>| match id.shape() {
                    Shape::Number => quote(id.raw()),
                    _ => id.raw().to_owned(),
                };
                let players: Vec<String> = value.items().map(text).collect();
                document = document.set(&path, &format!("[{}]", players.join(",")))?;
                self.number(&format!("{place}.{key}"));
            }
        }
        let (document, secrets) = super::without_secrets(document)?;
        for secret in secrets {
            self.warnings.push(Warning::noticed(
                "secret-left-out",
                format!("{place}.{secret}"),
                "the address or token of a webhook is a secret; it was left out",
            ));
        }
        Ok(String::from_utf8_lossy(document.bytes()).into_owned())
    }

    fn number(&mut self, place: &str) {
        self.warnings.push(Warning::repaired(
            "number-id",
            place,
            "an id was a number, which other programs round; it became a text",
        ));
    }

    fn documents(self) -> Result<(Vec<Document>, Vec<Warning>)> {
        let mut documents = Vec::with_capacity(self.scopes.len());
        for (scope, pieces) in self.scopes {
            // Both tables are there when they are empty: what was taken out of a file is told
            // from what never was in it.
            let mut document = Document::parse(&scope.blank())?;
            if let Some(campaign) = pieces.campaign {
                document = document.set(&["campaign".into()], &campaign)?;
            }
            for (name, all) in [("characters", pieces.characters), ("npcs", pieces.npcs)] {
                let all: Vec<String> = all
                    .iter()
                    .map(|(id, value)| format!("{}:{value}", quote(id)))
                    .collect();
                document = document.set(&[name.into()], &format!("{{{}}}", all.join(",")))?;
            }
            super::check(&document).map_err(|error| {
                let detail = format!("in {}: {}", scope.id(), error.detail());
                error.because(detail)
            })?;
            documents.push(document);
        }
        Ok((documents, self.warnings))
    }
}

/// The members of an object.
fn below<'a>(node: Node<'a>, place: &str) -> Result<Vec<(String, Node<'a>)>> {
    if node.shape() != Shape::Object {
        return Err(Kind::Invalid.because(format!("`{place}` must be an object by ids")));
    }
    let members = node.entries();
    Ok(members
        .map(|(key, value)| (key.into_owned(), value))
        .collect())
}

/// The files of scopes, in their order, spelled for people: two blanks a level, every script as
/// it is.
///
/// # Errors
/// `invalid` for a document without a scope.
pub fn write(documents: &[Document]) -> Result<Files> {
    let mut campaigns = Level::default();
    let mut characters = Level::default();
    let mut npcs = Level::default();
    for document in documents {
        let Scope { guild, channel } = Scope::of(document)?;
        let root = document.root();
        if let Some(campaign) = root.get("campaign") {
            campaigns.at(&guild).at(&channel).value = Some(campaign.raw().to_owned());
        }
        for (user, character) in root.get("characters").into_iter().flat_map(Node::entries) {
            let place = characters.at(&guild).at(&user).at(&channel);
            place.value = Some(character.raw().to_owned());
        }
        for (id, npc) in root.get("npcs").into_iter().flat_map(Node::entries) {
            npcs.at(&guild).at(&channel).at(&id).value = Some(npc.raw().to_owned());
        }
    }
    let file = |level: &Level| -> Result<Option<Vec<u8>>> {
        let mut text = String::new();
        pretty(Document::parse(&level.text())?.root(), 0, &mut text);
        Ok(Some(text.into_bytes()))
    };
    Ok(Files {
        campaigns: file(&campaigns)?,
        characters: file(&characters)?,
        npcs: file(&npcs)?,
    })
}

/// Members in the order in which they came.
#[derive(Default)]
struct Level {
    value: Option<String>,
    places: BTreeMap<String, usize>,
    members: Vec<(String, Level)>,
}

impl Level {
    fn at(&mut self, key: &str) -> &mut Level {
        let place = *self.places.entry(key.to_owned()).or_insert_with(|| {
            self.members.push((key.to_owned(), Level::default()));
            self.members.len() - 1
        });
        &mut self.members[place].1
    }

    fn text(&self) -> String {
        if let Some(value) = &self.value {
            return value.clone();
        }
        let member = |(key, level): &(String, Level)| format!("{}:{}", quote(key), level.text());
        let members: Vec<String> = self.members.iter().map(member).collect();
        format!("{{{}}}", members.join(","))
    }
}

fn pretty(node: Node<'_>, depth: usize, out: &mut String) {
    let (open, close) = match node.shape() {
        Shape::Object => ('{', '}'),
        Shape::Array => ('[', ']'),
        Shape::String => {
            let strict = node.text().map(|text| quote(&text));
            // A lone surrogate has no other spelling than its escape.
            let lone = node.raw().contains("\\ud") || node.raw().contains("\\uD");
            out.push_str(match &strict {
                Some(text) if !lone => text,
                _ => node.raw(),
            });
            return;
        }
        _ => return out.push_str(node.raw()),
    };
    out.push(open);
    let mut first = true;
    let mut line = |out: &mut String| {
        out.push_str(if first { "\n" } else { ",\n" });
        first = false;
        out.extend(std::iter::repeat_n("  ", depth + 1));
    };
    for (key, value) in node.entries() {
        line(out);
        out.extend([&*quote(&key), ": "]);
        pretty(value, depth + 1, out);
    }
    for value in node.items() {
        line(out);
        pretty(value, depth + 1, out);
    }
    if !first {
        out.push('\n');
        out.extend(std::iter::repeat_n("  ", depth));
    }
    out.push(close);
}
