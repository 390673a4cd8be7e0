//! The fields of a card: what each is called, what it holds, and since when it is there.

use super::agnai;
use crate::json::Node;

/// What a field holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    Text,
    /// A list; a single text in its place is one item, or for tags many between commas.
    List,
    /// An object, passed on as it is.
    Extensions,
    /// Anything, passed on as it is.
    Any,
}

pub(super) struct Field {
    /// As V2 and V3 spell it.
    pub key: &'static str,
    pub kind: Kind,
    /// Other names it has at the root: of Pygmalion, of text-generation-webui, and of
    /// SillyTavern's mirror. Agnai's are told by [`Field::names`].
    pub aliases: &'static [&'static str],
    /// Whether a model gets to read it.
    pub spoken: bool,
    /// Whether V2 does not have it.
    pub since_v3: bool,
}

impl Field {
    /// The names that the field may have at the root, the best first.
    pub fn names(&self, root: Node<'_>) -> impl Iterator<Item = &'static str> + Clone + use<> {
        // There another field has the name of this one.
        let (own, aliases): (_, &'static [_]) = match agnai::is(root) {
            true => (agnai::name(self.key), &[]),
            false => (self.key, self.aliases),
        };
        std::iter::once(own).chain(aliases.iter().copied())
    }
}

/// Every field that is known, in the order they are told.
pub(super) const FIELDS: &[Field] = &[
    spoken("name", Kind::Text, &["char_name"]),
    spoken("description", Kind::Text, &["char_persona", "context"]),
    spoken("personality", Kind::Text, &[]),
    spoken("scenario", Kind::Text, &["world_scenario"]),
    spoken("first_mes", Kind::Text, &["char_greeting", "greeting"]),
    spoken("mes_example", Kind::Text, &["example_dialogue"]),
    told("creator_notes", Kind::Text, &["creatorcomment"]),
    spoken("system_prompt", Kind::Text, &[]),
    spoken("post_history_instructions", Kind::Text, &[]),
    spoken("alternate_greetings", Kind::List, &[]),
    Field {
        spoken: true,
        ..new("group_only_greetings", Kind::List)
    },
    told("tags", Kind::List, &[]),
    told("creator", Kind::Text, &[]),
    told("character_version", Kind::Text, &[]),
    Field {
        spoken: true,
        ..new("nickname", Kind::Text)
    },
    spoken("character_book", Kind::Any, &[]),
    told("extensions", Kind::Extensions, &[]),
    new("assets", Kind::Any),
    new("creator_notes_multilingual", Kind::Any),
    new("source", Kind::Any),
    new("creation_date", Kind::Any),
    new("modification_date", Kind::Any),
];

/// The texts of V1, which V2 and V3 have as well.
pub(super) const V1: [&str; 6] = [
    "name",
    "description",
    "personality",
    "scenario",
    "first_mes",
    "mes_example",
];

const fn spoken(key: &'static str, kind: Kind, aliases: &'static [&'static str]) -> Field {
    Field {
        key,
        kind,
        aliases,
        spoken: true,
        since_v3: false,
    }
}

const fn told(key: &'static str, kind: Kind, aliases: &'static [&'static str]) -> Field {
    Field {
        key,
        kind,
        aliases,
        spoken: false,
        since_v3: false,
    }
}

const fn new(key: &'static str, kind: Kind) -> Field {
    Field {
        key,
        kind,
        aliases: &[],
        spoken: false,
        since_v3: true,
    }
}

/// Whether it is a key of a card.
pub(super) fn known(key: &str) -> bool {
    matches!(key, "data" | "spec" | "spec_version")
        || FIELDS
            .iter()
            .any(|field| field.key == key || field.aliases.contains(&key))
}
