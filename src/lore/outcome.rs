//! What matching tells: which entries go into the prompt, and why each did or did not.

use super::book::{About, Position};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Until which message an entry stays, or stays out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Timed {
    /// It goes in without a key while the chat has fewer messages.
    pub sticky_until: u32,
    /// It stays out while the chat has fewer messages.
    pub cooldown_until: u32,
}

/// What was found.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Matched {
    /// The entries that go in, in the order of the prompt.
    pub fired: Vec<Fired>,
    /// The others, in the order of the book.
    pub skipped: Vec<Skipped>,
    /// Tokens that the fired ones take, by estimate.
    pub tokens: u32,
    /// To be given with the next message.
    pub timed: BTreeMap<usize, Timed>,
}

/// An entry that goes in.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Fired {
    /// Its place in the book, from 0.
    pub index: usize,
    /// Why.
    pub why: Why,
    /// What goes into the prompt: its content without decorators.
    pub content: String,
    /// Tokens of it, by estimate.
    pub tokens: u32,
    /// Where it goes.
    pub position: Position,
    /// For `at-depth`: how many messages stand behind it.
    pub depth: u32,
    /// For `at-depth`: 0 system, 1 user, 2 assistant.
    pub role: u32,
    /// For `outlet`: the name that a macro asks for.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub outlet: String,
}

/// Why an entry goes in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "reason", rename_all = "kebab-case")]
pub enum Why {
    /// It always does.
    Constant,
    /// A decorator asks for it.
    Decorator,
    /// It was called for some messages ago and stays.
    Sticky,
    /// A key is in a message.
    Key {
        /// The key.
        key: String,
        /// How many messages stand behind the one it is in.
        depth: usize,
        /// The secondary key that joined in, where one had to.
        #[serde(skip_serializing_if = "Option::is_none")]
        secondary: Option<String>,
    },
    /// A key is in another entry.
    Entry {
        /// The key.
        key: String,
        /// The other entry.
        by: usize,
    },
    /// A key is in a text beside the messages.
    About {
        /// The key.
        key: String,
        /// The text.
        text: About,
    },
}

/// An entry that stays out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Skipped {
    /// Its place in the book, from 0.
    pub index: usize,
    /// Why.
    pub why: WhyNot,
    /// What there is to say about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// Why an entry stays out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum WhyNot {
    /// It is switched off.
    Disabled,
    /// It has no key that could be found.
    NoKeys,
    /// None of its keys was found.
    NotFound,
    /// A key was found, and the secondary ones say no.
    Secondary,
    /// A key is no expression that can be run in linear time.
    BadKey,
    /// Chance.
    Probability,
    /// It was there not long ago.
    Cooldown,
    /// The chat is too short for it.
    Delay,
    /// A decorator keeps it out.
    Decorator,
    /// Another one of its group goes in.
    Group,
    /// More keys of another one of its group were found.
    Score,
    /// There is no room.
    Budget,
    /// It is for other characters.
    Character,
    /// It is for prompts of another kind.
    Trigger,
}
