//! Campaigns: who plays whom in a channel of a guild, as bots of chat servers keep it.
//!
//! A scope is one channel of one guild, both named by opaque texts. Everything of a scope is
//! one [`Document`]: the campaign itself, one character for each player, any number of NPCs.
//! The fields are those of the files that bots write ([`files`]); others stay as they are.
//! Addresses and tokens of webhooks are secrets and are never taken in. Roles guide what an app
//! shows; in a browser they are no border. Knows nothing of where campaigns are kept.

pub mod files;

use crate::error::{Kind, Result};
use crate::json::{Document, Node, Shape, Step, quote, quote_ascii};
use std::str::FromStr;

/// So many secrets of a member are taken out one by one, and so many of a value at all.
const MOST_WITHIN: usize = 50;
const MOST_SECRETS: usize = 1000;

/// A channel of a guild.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Scope {
    /// The guild, as its server calls it.
    pub guild: String,
    /// The channel, as its server calls it.
    pub channel: String,
}

impl Scope {
    /// One text for both, from which no other scope's can be made.
    pub fn id(&self) -> String {
        let safe = |text: &str| text.replace('%', "%25").replace('/', "%2F");
        format!("{}/{}", safe(&self.guild), safe(&self.channel))
    }

    /// The scope of a document.
    ///
    /// # Errors
    /// `invalid`.
    pub fn of(document: &Document) -> Result<Scope> {
        let text = |key: &str| {
            let text = document.root().get(key).and_then(Node::text);
            let text = text.filter(|text| !text.is_empty()).map(Into::into);
            let detail = format!("`{key}` must be a text that is not empty");
            text.ok_or_else(|| Kind::Invalid.because(detail))
        };
        Ok(Scope {
            guild: text("guild_id")?,
            channel: text("channel_id")?,
        })
    }

    /// A scope in which nothing is yet.
    pub fn blank(&self) -> String {
        let (guild, channel) = (quote(&self.guild), quote(&self.channel));
        format!(r#"{{"guild_id":{guild},"channel_id":{channel},"characters":{{}},"npcs":{{}}}}"#)
    }
}

/// What lists show of a scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// Where it is.
    pub scope: Scope,
    /// The campaign's name; empty where there is none.
    pub name: String,
    /// Who leads it, as far as that is said.
    pub gm: Option<String>,
    /// Who plays: those that are listed and those that have a character.
    pub players: Vec<String>,
    /// How many characters there are.
    pub characters: usize,
    /// How many NPCs there are.
    pub npcs: usize,
    /// Who made them, as far as that is said.
    pub creators: Vec<String>,
}

/// What lists show.
///
/// # Errors
/// `invalid` for a document without a scope.
pub fn summary(document: &Document) -> Result<Summary> {
    let scope = Scope::of(document)?;
    let root = document.root();
    let campaign = root.get("campaign");
    let text = |key: &str| Some(campaign?.get(key)?.text()?.into_owned());
    let listed = campaign.and_then(|campaign| campaign.get("players"));
    let mut players: Vec<String> = Vec::new();
    let listed = listed.into_iter().flat_map(Node::items);
    let listed = listed.filter_map(|player| Some(player.text()?.into_owned()));
    let owners = root.get("characters").into_iter().flat_map(Node::entries);
    for player in listed.chain(owners.map(|(user, _)| user.into_owned())) {
        if !players.contains(&player) {
            players.push(player);
        }
    }
    let mut creators: Vec<String> = Vec::new();
    for (_, npc) in root.get("npcs").into_iter().flat_map(Node::entries) {
        let creator = npc.get("creator_id").and_then(Node::text);
        if let Some(creator) = creator.filter(|id| !creators.iter().any(|known| *known == **id)) {
            creators.push(creator.into_owned());
        }
    }
    let count = |key: &str| root.get(key).map_or(0, Node::len);
    Ok(Summary {
        scope,
        name: text("name").unwrap_or_default(),
        gm: text("gm_id"),
        players,
        characters: count("characters"),
        npcs: count("npcs"),
        creators,
    })
}

/// The scope as strict JSON: the `Campaign` of the public types.
pub fn view(document: &Document) -> String {
    let root = document.root();
    let mut out = String::from("{");
    for (key, empty) in [
        ("guild_id", "\"\""),
        ("channel_id", "\"\""),
        ("campaign", ""),
        ("characters", "{}"),
        ("npcs", "{}"),
    ] {
        let mut value = String::new();
        match root.get(key) {
            Some(node) => node.strict(&mut value),
            None => value.push_str(empty),
        }
        if !value.is_empty() {
            if out.len() > 1 {
                out.push(',');
            }
            out.extend([&*quote_ascii(key), ":", &value]);
        }
    }
    out.push('}');
    out
}

/// Reads the document of a scope.
///
/// # Errors
/// `invalid`.
pub fn check(document: &Document) -> Result<()> {
    let root = document.root();
    if root.shape() != Shape::Object {
        return Err(Kind::Invalid.because("a campaign must be an object of fields"));
    }
    Scope::of(document)?;
    if let Some(campaign) = root.get("campaign") {
        object(campaign, "campaign")?;
        for key in [
            "name",
            "gm_id",
            "player_role_id",
            "gm_role_id",
            "webhook_id",
        ] {
            text_or_none(campaign, key, "campaign")?;
        }
        if let Some(players) = campaign.get("players") {
            let texts = |players: Node<'_>| {
                let mut items = players.items();
                items.all(|player| player.shape() == Shape::String)
            };
            if players.shape() != Shape::Array || !texts(players) {
                return Err(Kind::Invalid.because("`campaign.players` must be a list of texts"));
            }
        }
    }
    for key in ["characters", "npcs"] {
        let Some(all) = root.get(key) else { continue };
        object(all, key)?;
        for (id, one) in all.entries() {
            let place = format!("{key}.{id}");
            object(one, &place)?;
            if id.is_empty() || one.get("name").map(Node::shape) != Some(Shape::String) {
                let detail = format!("`{place}` must have an id and a text `name`");
                return Err(Kind::Invalid.because(detail));
            }
            for key in ["avatar_url", "description", "creator_id"] {
                text_or_none(one, key, &place)?;
            }
        }
    }
    match secret(root) {
        Some(place) => Err(Kind::Invalid.because(format!(
            "`{}` is a secret; a campaign keeps the id of a webhook, not its address or token",
            said(&place)
        ))),
        None => Ok(()),
    }
}

fn object(node: Node<'_>, place: &str) -> Result<()> {
    match node.shape() {
        Shape::Object => Ok(()),
        _ => Err(Kind::Invalid.because(format!("`{place}` must be an object"))),
    }
}

fn text_or_none(node: Node<'_>, key: &str, place: &str) -> Result<()> {
    match node.get(key).map(Node::shape) {
        None | Some(Shape::String | Shape::Null) => Ok(()),
        Some(_) => Err(Kind::Invalid.because(format!("`{place}.{key}` must be a text"))),
    }
}

/// A step towards a secret: a key, or an item of a list.
#[derive(PartialEq)]
enum Towards {
    Key(String),
    Item(usize),
}

impl Towards {
    fn step(&self) -> Step<'_> {
        match self {
            Towards::Key(key) => Step::Key(key),
            Towards::Item(n) => Step::Index(*n),
        }
    }
}

fn said(place: &[Towards]) -> String {
    let words = place.iter().map(|step| match step {
        Towards::Key(key) => key.clone(),
        Towards::Item(n) => n.to_string(),
    });
    words.collect::<Vec<_>>().join(".")
}

/// Where the first secret stands, by its name or by what it says.
fn secret(node: Node<'_>) -> Option<Vec<Towards>> {
    let items = node.items().enumerate();
    let items = items.map(|(n, item)| (Towards::Item(n), item));
    let members = node.entries();
    let members = members.map(|(key, value)| (Towards::Key(key.into_owned()), value));
    for (step, value) in members.chain(items) {
        let key = match &step {
            Towards::Key(key) => key,
            Towards::Item(_) => "",
        };
        if is_secret(key, value) {
            return Some(vec![step]);
        }
        if let Some(mut below) = secret(value) {
            below.insert(0, step);
            return Some(below);
        }
    }
    None
}

/// Whether this is the address of a webhook, or a token.
fn is_secret(key: &str, value: Node<'_>) -> bool {
    let Some(text) = value.text().filter(|text| !text.is_empty()) else {
        return false;
    };
    let key = key.to_ascii_lowercase();
    let named = ["token", "api_key", "apikey", "secret", "password"];
    // What an NPC hides is told in words.
    let word = !text.contains(char::is_whitespace);
    (word && named.iter().any(|name| key.ends_with(name)))
        || (key.contains("webhook") && (text.contains("://") || key.ends_with("url")))
        || text.contains("/api/webhooks/")
}

/// The document without its secrets, and where they stood. A member that is full of them goes
/// whole.
///
/// # Errors
/// `too-large` where it has nothing else.
fn without_secrets(mut document: Document) -> Result<(Document, Vec<String>)> {
    let mut places = Vec::new();
    let (mut member, mut within) = (None, 0);
    while let Some(mut place) = secret(document.root()) {
        if places.len() >= MOST_SECRETS {
            return Err(Kind::TooLarge.because(format!("there are over {MOST_SECRETS} secrets")));
        }
        within += 1;
        if member.as_ref() != place.first() {
            within = 1;
        }
        if within > MOST_WITHIN {
            place.truncate(1);
        }
        let path: Vec<Step<'_>> = place.iter().map(Towards::step).collect();
        document = document.remove(&path)?;
        places.push(said(&place));
        member = place.into_iter().next();
    }
    Ok((document, places))
}

/// The document with a patch over it: objects are gone into, `null` removes, all else replaces.
///
/// # Errors
/// `bad-option` for what is no part of a scope, `invalid` where it would be no scope any more.
pub fn edit(document: &Document, patch: &Document) -> Result<Document> {
    let root = patch.root();
    if root.shape() != Shape::Object {
        return Err(Kind::Invalid.because("a patch must be an object of fields"));
    }
    for (key, value) in root.entries() {
        if !matches!(&*key, "campaign" | "characters" | "npcs") {
            let detail = format!("`{key}` is no field of a campaign that can be changed");
            return Err(Kind::BadOption.because(detail));
        }
        if !value.is_null() {
            object(value, &key)?;
        }
    }
    let made = document.lay_over(&[], root)?;
    check(&made)?;
    Ok(made)
}

/// The document with exactly these values, or a new one.
///
/// # Errors
/// As [`check`], and `invalid` for another scope.
pub fn replace(document: Option<&Document>, wanted: &Document) -> Result<Document> {
    check(wanted)?;
    let Some(document) = document else {
        return Ok(wanted.clone());
    };
    if Scope::of(document)? != Scope::of(wanted)? {
        return Err(Kind::Invalid.because("the guild and the channel of a campaign stay"));
    }
    document.amend(&[], wanted.root())
}

/// What somebody is in a campaign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Looks on.
    Viewer,
    /// Plays a character.
    Player,
    /// Leads it.
    Gm,
}

impl Role {
    /// Its published name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Role::Viewer => "viewer",
            Role::Player => "player",
            Role::Gm => "gm",
        }
    }

    /// Whether this one should be let do something.
    pub fn may(self, action: Action) -> bool {
        match action {
            Action::Read => true,
            Action::Play => self >= Role::Player,
            Action::Lead => self == Role::Gm,
        }
    }
}

/// What somebody wants to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Look on.
    Read,
    /// Say something, change one's own character.
    Play,
    /// Change the campaign and its NPCs.
    Lead,
}

impl FromStr for Action {
    type Err = crate::error::Error;

    fn from_str(name: &str) -> Result<Action> {
        match name {
            "read" => Ok(Action::Read),
            "play" => Ok(Action::Play),
            "lead" => Ok(Action::Lead),
            _ => Err(Kind::BadOption.because(format!(
                "`action` is `{name}`, one of `read`, `play`, `lead` was wanted"
            ))),
        }
    }
}

/// What somebody with these roles of the server is in a campaign.
pub fn role(document: &Document, user: &str, roles: &[String]) -> Role {
    let campaign = document.root().get("campaign");
    let says = |key: &str, wanted: &dyn Fn(&str) -> bool| {
        let text = campaign.and_then(|campaign| campaign.get(key)?.text());
        text.is_some_and(|text| !text.is_empty() && wanted(&text))
    };
    let has = |id: &str| roles.iter().any(|role| role == id);
    if says("gm_id", &|id| id == user) || says("gm_role_id", &has) {
        return Role::Gm;
    }
    let listed = summary(document).is_ok_and(|summary| summary.players.iter().any(|id| id == user));
    match listed || says("player_role_id", &has) {
        true => Role::Player,
        false => Role::Viewer,
    }
}
