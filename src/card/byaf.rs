//! Characters as Backyard AI exports them (BYAF): a ZIP with a manifest, the character, and
//! scenarios with the first message, the example dialogue and what was talked.
//!
//! They become a V3 document, since there is no one JSON text that is the card. Everything in
//! the archive comes along as an asset, so that nothing is lost when the card is written as
//! CHARX. Archives are not written in this form.

use super::{Asset, charx};
use crate::container::zip::{Archive, Entry};
use crate::error::{Kind, Limits, Result, Warning};
use crate::json::{Document, Node, Shape, quote};
use std::borrow::Cow;
use std::collections::HashSet;

const MANIFEST: &str = "manifest.json";
/// More of them than this are left in the archive.
const MOST_SCENARIOS: usize = 200;

/// Reads entries of the archive.
pub(super) struct Shelf<'a> {
    pub bytes: &'a [u8],
    pub archive: &'a Archive,
    pub limits: &'a Limits,
}

impl<'a> Shelf<'a> {
    fn entry(&self, name: &str) -> Option<&'a Entry> {
        self.archive.entries.iter().find(|entry| entry.name == name)
    }

    fn json(&self, name: &str, budget: &mut usize) -> Result<Document> {
        let missing = || Kind::NoCard.because(format!("the archive has no `{name}`"));
        let entry = self.entry(name).ok_or_else(missing)?;
        let text = entry.content(self.bytes, budget, self.limits, &mut Vec::new())?;
        Ok(Document::read(&text, self.limits)?.0)
    }

    /// The manifest, when it is one of Backyard.
    pub fn manifest(&self, budget: &mut usize) -> Option<Document> {
        self.entry(MANIFEST)?;
        let manifest = self.json(MANIFEST, budget).ok()?;
        let listed = manifest.root().get("characters")?.shape() == Shape::Array;
        listed.then_some(manifest)
    }

    /// The first character of the manifest as a card, and the name of its entry.
    pub fn card(
        &self,
        manifest: &Document,
        budget: &mut usize,
        warnings: &mut Vec<Warning>,
    ) -> Result<(Document, String)> {
        let paths = |key: &str| -> Vec<Cow<'_, str>> {
            let list = manifest.root().get(key);
            let items = list.into_iter().flat_map(Node::items);
            items.filter_map(Node::text).collect()
        };
        let characters = paths("characters");
        let Some(path) = characters.first() else {
            return Err(Kind::NoCard.because("the archive names no character"));
        };
        if characters.len() > 1 {
            let message = "the archive has several characters; the first one was read";
            warnings.push(Warning::noticed("several-characters", MANIFEST, message));
        }
        let character = self.json(path, budget)?;
        let mut scenarios = Vec::new();
        for name in paths("scenarios").iter().take(MOST_SCENARIOS) {
            match self.json(name, budget) {
                Ok(scenario) => scenarios.push(scenario),
                Err(error) => {
                    let message = format!("the scenario cannot be read and was left out: {error}");
                    warnings.push(Warning::noticed("damaged-scenario", &**name, message));
                }
            }
        }
        let talked = |scenario: &Document| {
            let messages = scenario.root().get("messages");
            messages.is_some_and(|messages| !messages.is_empty())
        };
        if scenarios.iter().any(talked) {
            let message = "the archive has a chat, which was not read";
            warnings.push(Warning::noticed("unread-chat", MANIFEST, message));
        }
        let card = self.told(manifest, &character, path, &scenarios);
        Ok((
            Document::read(card.as_bytes(), self.limits)?.0,
            path.to_string(),
        ))
    }

    fn told(
        &self,
        manifest: &Document,
        character: &Document,
        path: &str,
        scenarios: &[Document],
    ) -> String {
        let first = scenarios.first().map(Document::root);
        let author = manifest.root().get("author");
        let of = |node: Option<Node<'_>>, key: &str| text(node.and_then(|node| node.get(key)));
        let named = |key: &str| of(Some(character.root()), key);
        let name = match named("name") {
            name if name.trim().is_empty() => named("displayName"),
            name => name,
        };
        let greetings = scenarios.iter().skip(1).map(|one| greeting(one.root()));
        let greetings: Vec<String> = greetings
            .filter(|greeting| !greeting.is_empty())
            .map(|greeting| quote(&greeting))
            .collect();
        let mut out = String::from(r#"{"spec":"chara_card_v3","spec_version":"3.0","data":{"#);
        let fields = [
            ("name", name),
            ("description", macros(&named("persona"))),
            ("personality", String::new()),
            ("scenario", macros(&of(first, "narrative"))),
            ("first_mes", first.map(greeting).unwrap_or_default()),
            ("mes_example", first.map(examples).unwrap_or_default()),
            ("creator_notes", of(author, "backyardURL")),
            (
                "system_prompt",
                macros(&of(first, "formattingInstructions")),
            ),
            ("post_history_instructions", String::new()),
            ("creator", of(author, "name")),
            ("character_version", String::new()),
        ];
        for (key, value) in &fields {
            out.extend(["\"", key, "\":", &quote(value), ","]);
        }
        out.push_str(&format!(
            r#""alternate_greetings":[{}],"group_only_greetings":[],"tags":[],"#,
            greetings.join(",")
        ));
        if let Some(book) = book(character.root()) {
            out.extend(["\"character_book\":", &book, ","]);
        }
        if let Some(icons) = self.icons(character.root(), path) {
            out.extend(["\"assets\":", &icons, ","]);
        }
        out.push_str("\"extensions\":{}}}");
        out
    }

    /// The pictures that the character lists and the archive has, the first as the icon.
    fn icons(&self, character: Node<'_>, path: &str) -> Option<String> {
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let mut icons = Vec::new();
        for image in character.get("images")?.items() {
            let named = text(image.get("path"));
            let inside = match folder {
                "" => named.clone(),
                _ => format!("{folder}/{named}"),
            };
            let Some(entry) = self.entry(&inside).or_else(|| self.entry(&named)) else {
                continue;
            };
            let extension = entry
                .name
                .rsplit_once('.')
                .map_or("unknown", |(_, end)| end);
            let label = match text(image.get("label")) {
                _ if icons.is_empty() => "main".to_owned(),
                label => label,
            };
            icons.push(format!(
                r#"{{"type":"icon","uri":{},"name":{},"ext":{}}}"#,
                quote(&address(&entry.name)),
                quote(&label),
                quote(&extension.to_ascii_lowercase())
            ));
        }
        (!icons.is_empty()).then(|| format!("[{}]", icons.join(",")))
    }

    /// Everything in the archive, under names that an archive of ours can have: none is empty,
    /// the card's, or the same as another when it is cleaned.
    pub fn assets(&self, budget: &mut usize, warnings: &mut Vec<Warning>) -> Vec<Asset> {
        let mut assets: Vec<Asset> = Vec::new();
        let mut taken = HashSet::from([charx::CARD.to_owned()]);
        for entry in &self.archive.entries {
            let mut path = address(&entry.name);
            match entry.content(self.bytes, budget, self.limits, warnings) {
                Ok(_) if assets.iter().any(|asset| asset.path == path) => {
                    let message = "the archive has two entries of this name; the first one counts";
                    warnings.push(Warning::noticed("duplicate-entry", path, message));
                }
                Ok(content) => {
                    let name = charx::path(&entry.name);
                    let (mut own, mut n) = (name.clone(), taken.len());
                    while own.is_empty() || !taken.insert(charx::clean(&own)) {
                        n += 1;
                        own = format!("{name}~{n}");
                        path = address(&own);
                    }
                    let bytes = content.into_owned();
                    assets.push(Asset { path, bytes });
                }
                Err(error) => {
                    let message = format!("the asset cannot be read and was left out: {error}");
                    warnings.push(Warning::noticed("damaged-asset", path, message));
                }
            }
        }
        assets
    }
}

/// How the card names an entry.
fn address(name: &str) -> String {
    format!("embeded://{}", charx::path(name))
}

fn text(node: Option<Node<'_>>) -> String {
    node.and_then(Node::text)
        .map(Cow::into_owned)
        .unwrap_or_default()
}

fn greeting(scenario: Node<'_>) -> String {
    let first = scenario.get("firstMessages").and_then(|all| all.at(0));
    macros(&text(first.and_then(|first| first.get("text"))))
}

fn examples(scenario: Node<'_>) -> String {
    let all = scenario.get("exampleMessages");
    let said = all.into_iter().flat_map(Node::items);
    let said = said.map(|example| macros(&text(example.get("text"))));
    let said: Vec<String> = said
        .filter(|text| !text.is_empty())
        .map(|text| format!("<START>\n{text}"))
        .collect();
    said.join("\n")
}

fn book(character: Node<'_>) -> Option<String> {
    let items = character.get("loreItems")?;
    if items.is_empty() {
        return None;
    }
    let entries = items.items().enumerate().map(|(n, item)| {
        let keys = macros(&text(item.get("key")));
        let keys = keys.split(',').map(str::trim).filter(|key| !key.is_empty());
        let keys: Vec<String> = keys.map(quote).collect();
        format!(
            r#"{{"keys":[{}],"content":{},"extensions":{{}},"enabled":true,"insertion_order":{n},"use_regex":false}}"#,
            keys.join(","),
            quote(&macros(&text(item.get("value"))))
        )
    });
    let entries: Vec<String> = entries.collect();
    Some(format!(
        r#"{{"extensions":{{}},"entries":[{}]}}"#,
        entries.join(",")
    ))
}

/// The text with `{character}` and `{user}` as cards have them; before a line of one of them
/// there may be a `#`.
fn macros(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('{') {
        let (before, from) = rest.split_at(at);
        let word = [("{character}", "{{char}}"), ("{user}", "{{user}}")]
            .into_iter()
            .find(|(own, _)| {
                from.get(..own.len())
                    .is_some_and(|start| start.eq_ignore_ascii_case(own))
            });
        // What has two braces is a card's macro already.
        let doubled = before.ends_with('{');
        match word {
            Some((own, card)) if !doubled && !from[own.len()..].starts_with('}') => {
                let speaks = from[own.len()..].starts_with(':');
                let marked = before.strip_suffix('#').filter(|_| speaks);
                out.push_str(marked.unwrap_or(before));
                out.push_str(card);
                rest = &from[own.len()..];
            }
            _ => {
                out.push_str(before);
                // Both braces at once, so that the second begins nothing.
                let length = if from.starts_with("{{") { 2 } else { 1 };
                out.push_str(&from[..length]);
                rest = &from[length..];
            }
        }
    }
    out + rest
}
