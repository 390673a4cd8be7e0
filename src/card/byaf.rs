//! Characters as Backyard AI exports them (BYAF): a ZIP with a manifest, the character, and
//! scenarios with the first message, the example dialogue and what was talked.
//!
//! They become a V3 document, since there is no one JSON text that is the card. Everything in
//! the archive comes along as an asset, so that nothing is lost when the card is written as
//! CHARX. Archives are not written in this form.

use super::charx;
use super::file::Asset;
use crate::backyard::{MANIFEST, Shelf, is_talked, listed, macros, name};
use crate::error::{Kind, Result, Warning};
use crate::json::{Document, Node, quote};
use std::borrow::Cow;
use std::collections::HashSet;

/// The code of the warning that the archive has chats, which are no part of the card.
pub(crate) const UNREAD_CHAT: &str = "unread-chat";

impl Shelf<'_> {
    /// The first character of the manifest as a card, and the name of its entry.
    pub fn card(
        &self,
        manifest: &Document,
        budget: &mut usize,
        warnings: &mut Vec<Warning>,
    ) -> Result<(Document, String)> {
        let characters = listed(manifest, "characters");
        let Some(path) = characters.first() else {
            return Err(Kind::NoCard.because("the archive names no character"));
        };
        if characters.len() > 1 {
            let message = "the archive has several characters; the first one was read";
            warnings.push(Warning::noticed("several-characters", MANIFEST, message));
        }
        let character = self.json(path, budget)?;
        let scenarios = self.scenarios(manifest, budget, warnings);
        let scenarios: Vec<Document> = scenarios.into_iter().map(|(_, one)| one).collect();
        let talked = scenarios.iter().filter(|one| is_talked(one)).count();
        if talked > 0 {
            let message = format!(
                "the archive has {talked} chat{} as well, which `readChat` reads",
                if talked == 1 { "" } else { "s" }
            );
            warnings.push(Warning::noticed(UNREAD_CHAT, MANIFEST, message));
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
        let told = |key: &str| of(Some(character.root()), key);
        let begins = first.map(greeting).unwrap_or_default();
        let mut greetings: Vec<String> = Vec::new();
        for scenario in scenarios.iter().skip(1) {
            let greeting = quote(&greeting(scenario.root()));
            // One that says what another says gives nobody a choice.
            let again = greeting == quote(&begins) || greetings.contains(&greeting);
            if greeting.len() > 2 && !again {
                greetings.push(greeting);
            }
        }
        let explicit = character.root().get("isNSFW").and_then(Node::boolean);
        let tags = if explicit == Some(true) {
            r#""nsfw""#
        } else {
            ""
        };
        let mut out = String::from(r#"{"spec":"chara_card_v3","spec_version":"3.0","data":{"#);
        let fields = [
            ("name", name(character.root())),
            ("description", macros(&told("persona"))),
            ("personality", String::new()),
            ("scenario", macros(&of(first, "narrative"))),
            ("first_mes", begins),
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
            r#""alternate_greetings":[{}],"group_only_greetings":[],"tags":[{tags}],"#,
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
