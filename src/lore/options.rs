//! How to look through a chat for what calls entries, and what is known of who speaks.

use super::book::About;
use super::outcome::Timed;
use serde::Deserialize;
use std::collections::BTreeMap;

/// How to look.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Options {
    /// How many of the newest messages are looked at; the book's own number goes first.
    pub scan_depth: u32,
    /// How many tokens the entries may take together; the book's own number goes first.
    pub token_budget: Option<u32>,
    /// Whether entries call for entries; the book's own word goes first.
    pub recursive: bool,
    /// How many rounds of that.
    pub max_recursion: u32,
    /// For entries that do not say.
    pub case_sensitive: bool,
    /// For entries that do not say.
    pub match_whole_words: bool,
    /// Chance: the same seed, the same result.
    pub seed: u32,
    /// How many messages the chat has; the number given, where it is not said.
    pub messages: Option<u32>,
    /// What [`Matched::timed`] was after the message before.
    pub timed: BTreeMap<usize, Timed>,
    /// Characters a token has, where an entry's tokens are estimated.
    pub characters_per_token: f64,
    /// Who speaks.
    pub character: Character,
    /// What the prompt is for.
    pub trigger: Trigger,
    /// For entries that do not say.
    pub group_scoring: bool,
    /// Looks at older messages, one by one, until so many entries go in.
    pub min_activations: u32,
    /// How many messages are looked at for that; 0: all.
    pub min_activations_depth: u32,
    /// The texts that entries may want to look in beside the messages.
    pub about: Texts,
    /// Which greeting the chat begins with: 0 the first, 1 the first of the others. Where it is not
    /// said, entries that want one do not wait for it.
    pub greeting: Option<u32>,
    /// What the user's icon is called among the card's assets, with the same default.
    pub user_icon: Option<String>,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            scan_depth: 2,
            token_budget: None,
            recursive: true,
            max_recursion: 5,
            case_sensitive: false,
            match_whole_words: false,
            seed: 1,
            messages: None,
            timed: BTreeMap::new(),
            characters_per_token: 4.0,
            character: Character::default(),
            trigger: Trigger::Normal,
            group_scoring: false,
            min_activations: 0,
            min_activations_depth: 0,
            about: Texts::default(),
            greeting: None,
            user_icon: None,
        }
    }
}

/// The texts beside the messages, as far as there are any.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "kebab-case", default, deny_unknown_fields)]
#[expect(missing_docs, reason = "each is named as what it is")]
pub struct Texts {
    pub persona_description: String,
    pub character_description: String,
    pub character_personality: String,
    pub character_depth_prompt: String,
    pub scenario: String,
    pub creator_notes: String,
}

impl Texts {
    pub(super) fn of(&self, about: About) -> &str {
        match about {
            About::PersonaDescription => &self.persona_description,
            About::CharacterDescription => &self.character_description,
            About::CharacterPersonality => &self.character_personality,
            About::CharacterDepthPrompt => &self.character_depth_prompt,
            About::Scenario => &self.scenario,
            About::CreatorNotes => &self.creator_notes,
        }
    }
}

/// Who speaks, as far as it is known. Of what is not known an entry may want what it likes.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Character {
    /// What the character's file is called, without its ending.
    pub name: Option<String>,
    /// The ids of its tags.
    pub tags: Option<Vec<String>>,
}

/// What a prompt is for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Trigger {
    /// A reply.
    #[default]
    Normal,
    /// More of the last message.
    Continue,
    /// What the user might say.
    Impersonate,
    /// Another version of the last message.
    Swipe,
    /// The last message anew.
    Regenerate,
    /// Something that is no message.
    Quiet,
}

impl Trigger {
    /// As entries name it.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Trigger::Normal => "normal",
            Trigger::Continue => "continue",
            Trigger::Impersonate => "impersonate",
            Trigger::Swipe => "swipe",
            Trigger::Regenerate => "regenerate",
            Trigger::Quiet => "quiet",
        }
    }
}
