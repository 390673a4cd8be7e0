//! Archives of Backyard AI (BYAF): what the manifest names, the scenarios, and the braces of
//! its texts. Knows neither cards nor chats, which are both made of these.

use crate::container::zip::{Archive, Entry};
use crate::error::{Kind, Limits, Result, Warning};
use crate::json::{Document, Node, Shape};
use std::borrow::Cow;

/// The entry that makes an archive one of Backyard.
pub(crate) const MANIFEST: &str = "manifest.json";

/// More scenarios than this are left in the archive.
const MOST_SCENARIOS: usize = 1000;

/// Reads entries of the archive.
pub(crate) struct Shelf<'a> {
    pub bytes: &'a [u8],
    pub archive: &'a Archive,
    pub limits: &'a Limits,
}

impl<'a> Shelf<'a> {
    pub fn entry(&self, name: &str) -> Option<&'a Entry> {
        self.archive.entries.iter().find(|entry| entry.name == name)
    }

    pub fn json(&self, name: &str, budget: &mut usize) -> Result<Document> {
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

    /// The scenarios that the manifest names, by the names of their entries. What cannot be read
    /// is told.
    pub fn scenarios(
        &self,
        manifest: &Document,
        budget: &mut usize,
        warnings: &mut Vec<Warning>,
    ) -> Vec<(String, Document)> {
        let mut scenarios = Vec::new();
        let names = listed(manifest, "scenarios");
        for name in names.iter().take(MOST_SCENARIOS) {
            match self.json(name, budget) {
                Ok(scenario) => scenarios.push((name.to_string(), scenario)),
                Err(error) => {
                    let message = format!("the scenario cannot be read and was left out: {error}");
                    warnings.push(Warning::noticed("damaged-scenario", &**name, message));
                }
            }
        }
        if names.len() > MOST_SCENARIOS {
            let message = format!(
                "the archive has {} scenarios; the first {MOST_SCENARIOS} were read",
                names.len()
            );
            warnings.push(Warning::noticed("more-scenarios", MANIFEST, message));
        }
        scenarios
    }
}

/// The names of entries that the manifest lists under a key.
pub(crate) fn listed<'m>(manifest: &'m Document, key: &str) -> Vec<Cow<'m, str>> {
    let list = manifest.root().get(key);
    let items = list.into_iter().flat_map(Node::items);
    items.filter_map(Node::text).collect()
}

/// Whether somebody has talked in the scenario.
pub(crate) fn is_talked(scenario: &Document) -> bool {
    let messages = scenario.root().get("messages");
    messages.is_some_and(|messages| !messages.is_empty())
}

/// What the character is called in its texts.
pub(crate) fn name(character: Node<'_>) -> String {
    let named = |key: &str| character.get(key).and_then(Node::text);
    let name = named("name").filter(|name| !name.trim().is_empty());
    name.or_else(|| named("displayName"))
        .map(Cow::into_owned)
        .unwrap_or_default()
}

/// The text with `{character}` and `{user}` as cards have them; before a line of one of them
/// there may be a `#`.
pub(crate) fn macros(text: &str) -> String {
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
