//! The entries of a lorebook in one shape, whoever wrote it.
//!
//! One table of names serves all dialects: a field is looked for under each of its names,
//! in the entry and then in its `extensions`. What no name fits is kept beside it.

use super::dialect::{self, Dialect};
use super::key::{is_padded, is_slashed};
use crate::error::Warning;
use crate::json::{Document, Node, Shape};

/// The id of an entry, as the file spells it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(untagged)]
pub enum Id {
    /// A whole number.
    Number(i64),
    /// A text.
    Text(String),
}

/// How secondary keys join in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Logic {
    /// One of them has to be there.
    #[default]
    AndAny,
    /// Not all of them may be there.
    NotAll,
    /// None of them may be there.
    NotAny,
    /// All of them have to be there.
    AndAll,
}

/// Where in the prompt an entry goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Position {
    /// Before the character.
    #[default]
    BeforeChar,
    /// Behind the character.
    AfterChar,
    /// Above the author's note.
    NoteTop,
    /// Below the author's note.
    NoteBottom,
    /// Among the messages, at `depth` from the end.
    AtDepth,
    /// Before the example messages.
    ExamplesTop,
    /// Behind the example messages.
    ExamplesBottom,
    /// Where a macro asks for it by name.
    Outlet,
}

const LOGICS: [Logic; 4] = [Logic::AndAny, Logic::NotAll, Logic::NotAny, Logic::AndAll];
const POSITIONS: [Position; 8] = [
    Position::BeforeChar,
    Position::AfterChar,
    Position::NoteTop,
    Position::NoteBottom,
    Position::AtDepth,
    Position::ExamplesTop,
    Position::ExamplesBottom,
    Position::Outlet,
];

impl Logic {
    /// SillyTavern's number for it.
    pub fn number(self) -> usize {
        LOGICS.iter().position(|logic| *logic == self).unwrap_or(0)
    }
}

impl Position {
    /// SillyTavern's number for it.
    pub fn number(self) -> usize {
        POSITIONS
            .iter()
            .position(|position| *position == self)
            .unwrap_or(0)
    }
}

/// Beside which characters an entry goes in.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Filter {
    /// What the characters' files are called, without their endings.
    pub names: Vec<String>,
    /// Ids of tags that the characters bear.
    pub tags: Vec<String>,
    /// Whether it goes in beside all others instead.
    pub exclude: bool,
}

/// A text beside the messages that keys are looked for in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum About {
    /// What the persona says of the user.
    PersonaDescription,
    /// The character's description.
    CharacterDescription,
    /// The character's personality.
    CharacterPersonality,
    /// What the character has among the messages, at a depth.
    CharacterDepthPrompt,
    /// The scenario.
    Scenario,
    /// What the creator of the card says.
    CreatorNotes,
}

/// Each text with the names that the wish to look in it has, SillyTavern's in a card first.
pub(super) const ABOUT: [(About, [&str; 2]); 6] = [
    (
        About::PersonaDescription,
        ["match_persona_description", "matchPersonaDescription"],
    ),
    (
        About::CharacterDescription,
        ["match_character_description", "matchCharacterDescription"],
    ),
    (
        About::CharacterPersonality,
        ["match_character_personality", "matchCharacterPersonality"],
    ),
    (
        About::CharacterDepthPrompt,
        ["match_character_depth_prompt", "matchCharacterDepthPrompt"],
    ),
    (About::Scenario, ["match_scenario", "matchScenario"]),
    (
        About::CreatorNotes,
        ["match_creator_notes", "matchCreatorNotes"],
    ),
];

/// One entry.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Entry {
    /// As the file spells it; unique or not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<Id>,
    /// Any of them calls for the entry.
    pub keys: Vec<String>,
    /// Looked at when `selective`.
    pub secondary_keys: Vec<String>,
    /// What goes into the prompt, decorators and all.
    pub content: String,
    /// For people.
    pub comment: String,
    /// Whether it takes part at all.
    pub enabled: bool,
    /// Whether it goes in without a key.
    pub constant: bool,
    /// Whether secondary keys count.
    pub selective: bool,
    /// How they count.
    pub logic: Logic,
    /// Higher comes later in the prompt, and is kept when there is no room for all.
    pub insertion_order: i64,
    /// Where there is no room, the lowest goes first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority: Option<i64>,
    /// Where it goes.
    pub position: Position,
    /// For [`Position::AtDepth`]: how many messages stand behind it.
    pub depth: u32,
    /// For [`Position::AtDepth`]: 0 system, 1 user, 2 assistant.
    pub role: u32,
    /// Whether keys are expressions.
    pub use_regex: bool,
    /// `None`: as the options say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub case_sensitive: Option<bool>,
    /// `None`: as the options say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub match_whole_words: Option<bool>,
    /// How many messages are looked at; `None`: as the options say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scan_depth: Option<u32>,
    /// In percent.
    pub probability: f64,
    /// Of one group one entry goes in.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub group: String,
    /// Whether it wins its group by order instead of by weight.
    pub group_override: bool,
    /// Its chance within the group.
    pub group_weight: f64,
    /// Whether it leaves its group to those of which more keys are found; `None`: as the options
    /// say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group_scoring: Option<bool>,
    /// How many messages it stays once it was called for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sticky: Option<u32>,
    /// How many messages it cannot be called for after that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cooldown: Option<u32>,
    /// How many messages there have to be before it can be called for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delay: Option<u32>,
    /// Whether other entries cannot call for it.
    pub exclude_recursion: bool,
    /// Whether it cannot call for others.
    pub prevent_recursion: bool,
    /// From which round of recursion on it can be called for; 0: from the first text on.
    pub delay_until_recursion: u32,
    /// Whether it goes in even where there is no room.
    pub ignore_budget: bool,
    /// The name a macro asks for, for [`Position::Outlet`].
    #[serde(skip_serializing_if = "String::is_empty")]
    pub outlet: String,
    /// Beside which characters it goes in; `None`: all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub characters: Option<Filter>,
    /// What the prompt has to be for: `normal`, `continue`, `swipe` and so on; empty: anything.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub triggers: Vec<String>,
    /// What its keys are looked for in beside the messages.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub look_in: Vec<About>,
    /// The fields that are none of these: name, and value as strict JSON.
    #[serde(skip)]
    pub extra: Vec<(String, String)>,
}

impl Default for Entry {
    fn default() -> Entry {
        Entry {
            id: None,
            keys: Vec::new(),
            secondary_keys: Vec::new(),
            content: String::new(),
            comment: String::new(),
            enabled: true,
            constant: false,
            selective: false,
            logic: Logic::AndAny,
            insertion_order: 100,
            priority: None,
            position: Position::BeforeChar,
            depth: 4,
            role: 0,
            use_regex: false,
            case_sensitive: None,
            match_whole_words: None,
            scan_depth: None,
            probability: 100.0,
            group: String::new(),
            group_override: false,
            group_weight: 100.0,
            group_scoring: None,
            sticky: None,
            cooldown: None,
            delay: None,
            exclude_recursion: false,
            prevent_recursion: false,
            delay_until_recursion: 0,
            ignore_budget: false,
            outlet: String::new(),
            characters: None,
            triggers: Vec::new(),
            look_in: Vec::new(),
            extra: Vec::new(),
        }
    }
}

/// A lorebook.
#[derive(Debug, Clone, PartialEq, Default, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Book {
    /// Its name, empty where it has none.
    pub name: String,
    /// For people.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// How many messages are looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scan_depth: Option<u32>,
    /// How many tokens its entries may take together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_budget: Option<u32>,
    /// Whether entries call for entries.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recursive_scanning: Option<bool>,
    /// In the order of the file.
    pub entries: Vec<Entry>,
    /// The fields that are none of these: name, and value as strict JSON.
    #[serde(skip)]
    pub extra: Vec<(String, String)>,
}

/// The names that fields have in one dialect or another; each known name once.
mod names {
    pub const ID: &[&str] = &["id", "uid"];
    pub const KEYS: &[&str] = &["keys", "key", "keywords"];
    pub const SECONDARY: &[&str] = &["secondary_keys", "keysecondary", "secondkey"];
    pub const CONTENT: &[&str] = &["content", "entry", "text", "value"];
    pub const COMMENT: &[&str] = &["comment", "name", "displayName", "title"];
    pub const ENABLED: &[&str] = &["enabled"];
    pub const DISABLED: &[&str] = &["disable"];
    pub const CONSTANT: &[&str] = &["constant", "alwaysActive", "forceActivation"];
    pub const SELECTIVE: &[&str] = &["selective"];
    pub const LOGIC: &[&str] = &["selectiveLogic"];
    pub const ORDER: &[&str] = &["insertion_order", "order", "insertorder", "weight"];
    pub const PRIORITY: &[&str] = &["priority", "budgetPriority"];
    pub const POSITION: &[&str] = &["position"];
    pub const DEPTH: &[&str] = &["depth"];
    pub const ROLE: &[&str] = &["role"];
    pub const REGEX: &[&str] = &["use_regex", "useRegex"];
    pub const CASE: &[&str] = &["case_sensitive", "caseSensitive", "risu_case_sensitive"];
    pub const WORDS: &[&str] = &["match_whole_words", "matchWholeWords"];
    pub const SCAN: &[&str] = &["scan_depth", "scanDepth"];
    pub const PROBABILITY: &[&str] =
        &["probability", "activationPercent", "risu_activationPercent"];
    pub const CHANCE: &[&str] = &["useProbability"];
    pub const GROUP: &[&str] = &["group"];
    pub const OVERRIDE: &[&str] = &["group_override", "groupOverride"];
    pub const WEIGHT: &[&str] = &["group_weight", "groupWeight"];
    pub const SCORING: &[&str] = &["use_group_scoring", "useGroupScoring"];
    pub const CHARACTERS: &[&str] = &["character_filter", "characterFilter"];
    pub const TRIGGERS: &[&str] = &["triggers"];
    pub const STICKY: &[&str] = &["sticky"];
    pub const COOLDOWN: &[&str] = &["cooldown"];
    pub const DELAY: &[&str] = &["delay"];
    pub const EXCLUDE: &[&str] = &["exclude_recursion", "excludeRecursion"];
    pub const PREVENT: &[&str] = &["prevent_recursion", "preventRecursion"];
    pub const UNTIL: &[&str] = &["delay_until_recursion", "delayUntilRecursion"];
    pub const IGNORE: &[&str] = &["ignore_budget", "ignoreBudget"];
    pub const OUTLET: &[&str] = &["outlet_name", "outletName"];
    /// Where more fields are; RisuAI spells it so.
    pub const BELOW: &[&str] = &["extensions", "extentions", "contextConfig"];
    pub const ALL: &[&[&str]] = &[
        ID,
        KEYS,
        SECONDARY,
        CONTENT,
        COMMENT,
        ENABLED,
        DISABLED,
        CONSTANT,
        SELECTIVE,
        LOGIC,
        ORDER,
        PRIORITY,
        POSITION,
        DEPTH,
        ROLE,
        REGEX,
        CASE,
        WORDS,
        SCAN,
        PROBABILITY,
        CHANCE,
        GROUP,
        OVERRIDE,
        WEIGHT,
        SCORING,
        CHARACTERS,
        TRIGGERS,
        &super::ABOUT[0].1,
        &super::ABOUT[1].1,
        &super::ABOUT[2].1,
        &super::ABOUT[3].1,
        &super::ABOUT[4].1,
        &super::ABOUT[5].1,
        STICKY,
        COOLDOWN,
        DELAY,
        EXCLUDE,
        PREVENT,
        UNTIL,
        IGNORE,
        OUTLET,
        BELOW,
    ];
}

impl Book {
    /// The book in a document of this dialect.
    pub fn read(document: &Document, dialect: Dialect, warnings: &mut Vec<Warning>) -> Book {
        let head = dialect::head(document, dialect);
        let text = |key: &str| {
            let found = head.and_then(|head| head.get(key)).and_then(Node::text);
            found.map(|text| text.into_owned()).unwrap_or_default()
        };
        let number = |key: &str| head.and_then(|head| head.get(key)).and_then(number);
        // What RisuAI says of all entries at once.
        let whole_words = head
            .and_then(|head| head.get("extensions")?.get("risu_fullWordMatching"))
            .and_then(truth)
            == Some(true);
        let entries = dialect::entries(document, dialect);
        let entries: Vec<Entry> = entries
            .into_iter()
            .enumerate()
            .map(|(n, (at, node))| {
                let uid = match &at {
                    dialect::At::Key(key) => Some(key.as_str()),
                    dialect::At::Index(_) => None,
                };
                let mut entry = Entry::read(node, uid, dialect, &format!("entries.{n}"), warnings);
                if whole_words && entry.match_whole_words.is_none() {
                    entry.match_whole_words = Some(true);
                }
                // A category that is switched off switches its entries off.
                let category = node.get("category").and_then(Node::text);
                entry.enabled &= !category.is_some_and(|category| switched_off(head, &category));
                entry
            })
            .collect();
        if let Some((name, shape)) = dialect::misplaced(document, dialect) {
            let message = format!("a list of entries was wanted; {shape:?} is none");
            warnings.push(Warning::noticed("wrong-type", name, message));
        }
        for (name, shape) in dialect::misfits(document, dialect) {
            let message = format!("an entry is an object; {shape:?} is none and was left out");
            warnings.push(Warning::noticed("odd-entry", name, message));
        }
        let mut seen = std::collections::HashSet::new();
        for (n, entry) in entries.iter().enumerate() {
            if let Some(id) = &entry.id
                && !seen.insert(format!("{id:?}"))
            {
                let message = "an entry before it has this id too; both are kept";
                warnings.push(Warning::noticed(
                    "duplicate-id",
                    format!("entries.{n}.id"),
                    message,
                ));
            }
        }
        const KNOWN: [&str; 6] = [
            "name",
            "description",
            "scan_depth",
            "token_budget",
            "recursive_scanning",
            "entries",
        ];
        let extra = head.into_iter().flat_map(Node::entries);
        let extra = extra.filter(|(key, _)| !KNOWN.contains(&key.as_ref()));
        Book {
            name: text("name"),
            description: text("description"),
            scan_depth: number("scan_depth").map(count),
            token_budget: number("token_budget").map(count),
            recursive_scanning: head
                .and_then(|head| head.get("recursive_scanning"))
                .and_then(truth),
            entries,
            extra: extra
                .map(|(key, value)| (key.into_owned(), strict(value)))
                .collect(),
        }
    }
}

/// Whether NovelAI's category of this id is switched off.
fn switched_off(head: Option<Node<'_>>, category: &str) -> bool {
    let categories = head.and_then(|head| head.get("categories"));
    let mut categories = categories.into_iter().flat_map(Node::items);
    let own = |one: &Node<'_>| one.get("id").and_then(Node::text).as_deref() == Some(category);
    let found = categories.find(own);
    found.and_then(|one| one.get("enabled")?.boolean()) == Some(false)
}

/// All names of the field that has this one, in one dialect or another.
pub(super) fn synonyms(name: &str) -> &'static [&'static str] {
    let all = names::ALL.iter().find(|names| names.contains(&name));
    all.copied().unwrap_or_default()
}

impl Entry {
    fn read(
        node: Node<'_>,
        uid: Option<&str>,
        dialect: Dialect,
        path: &str,
        warnings: &mut Vec<Warning>,
    ) -> Entry {
        let usual = Entry::default();
        let below = names::BELOW.iter().map(|name| node.get(name));
        let places: Vec<Node<'_>> = std::iter::once(node).chain(below.flatten()).collect();
        let field = |names: &[&str]| found(&places, names).find(|value| !value.is_null());
        let flag = |names: &[&str], usual: bool| field(names).and_then(truth).unwrap_or(usual);
        let text = |names: &[&str]| {
            let mut texts = found(&places, names).filter_map(Node::text);
            let first = texts.find(|text| !text.is_empty());
            first.map(|text| text.into_owned()).unwrap_or_default()
        };
        let whole = |names: &[&str]| field(names).and_then(number).map(|found| found as i64);
        let some = |names: &[&str]| {
            let found = field(names).and_then(number).map(count);
            found.filter(|found| *found > 0)
        };
        let mut list = |names: &[&str]| -> Vec<String> {
            let lists: Vec<Node<'_>> = names.iter().filter_map(|name| node.get(name)).collect();
            let mut keys = lists
                .iter()
                .map(|list| texts(*list))
                .find(|keys| !keys.is_empty())
                .unwrap_or_default();
            let before = keys.len();
            keys.retain(|key| !key.trim().is_empty());
            if keys.len() < before {
                let message = "empty keys, which would find everything or nothing, were left out";
                warnings.push(Warning::repaired(
                    "empty-key",
                    format!("{path}.{}", names[0]),
                    message,
                ));
            }
            keys
        };
        let keys = list(names::KEYS);
        let secondary_keys = list(names::SECONDARY);
        // SillyTavern says so of every entry and means keys between slashes.
        let use_regex = flag(names::REGEX, false)
            && node
                .get("extensions")
                .is_none_or(|more| more.get("selectiveLogic").is_none());
        let mut all_keys = keys.iter().chain(&secondary_keys);
        if let Some(key) = all_keys.find(|key| !use_regex && is_padded(key)) {
            let message = format!("blanks around a key are not looked for, as in `{key}`");
            warnings.push(Warning::noticed(
                "untrimmed-key",
                format!("{path}.keys"),
                message,
            ));
        }
        for names in [names::KEYS, names::SECONDARY] {
            let loose = names.iter().find(|name| {
                let list = node.get(name).map(Node::shape);
                list.is_some_and(|shape| !matches!(shape, Shape::Array | Shape::Null))
            });
            // These tools spell a list as one text.
            if let (Some(name), false) =
                (loose, matches!(dialect, Dialect::Risu | Dialect::AiDungeon))
                && node
                    .get(name)
                    .and_then(Node::text)
                    .is_none_or(|text| !text.is_empty())
            {
                let message = "a list of texts was wanted";
                warnings.push(Warning::repaired(
                    "wrong-type",
                    format!("{path}.{name}"),
                    message,
                ));
            }
        }
        // What joins keys there is told by nobody who would have to know.
        let joined = |key: &String| key.contains('&') && !is_slashed(key);
        if dialect == Dialect::NovelAi
            && let Some(key) = keys.iter().find(|key| joined(key))
        {
            let message = format!(
                "`&` in the key `{key}` is looked for as it stands; NovelAI may want all that it joins"
            );
            warnings.push(Warning::noticed(
                "literal-key",
                format!("{path}.keys"),
                message,
            ));
        }
        let id = field(names::ID).and_then(|id| match id.number() {
            Some(number) if number.fract() == 0.0 => Some(Id::Number(number as i64)),
            _ => id.text().map(|text| Id::Text(text.into_owned())),
        });
        let id = id.or_else(|| {
            let uid = uid?;
            Some(
                uid.parse()
                    .map_or_else(|_| Id::Text(uid.to_owned()), Id::Number),
            )
        });
        // What a card says is before or behind the character; the number beside it is exact.
        let position = |node: Option<Node<'_>>| -> Option<Position> {
            let node = node.filter(|node| !node.is_null())?;
            match node.text().as_deref() {
                Some("before_char") => Some(Position::BeforeChar),
                Some("after_char") => Some(Position::AfterChar),
                _ => POSITIONS.get(number(node)? as usize).copied(),
            }
        };
        let exact = position(node.get("extensions").and_then(|more| more.get("position")));
        let rough = node.get("position").filter(|node| !node.is_null());
        if exact.is_none() && rough.is_some() && position(rough).is_none() {
            let message = "no place of that name or number is known; it goes before the character";
            warnings.push(Warning::repaired(
                "bad-value",
                format!("{path}.position"),
                message,
            ));
        }
        let chance = flag(names::CHANCE, true);
        let probability = field(names::PROBABILITY)
            .and_then(number)
            .unwrap_or(usual.probability);
        let until = field(names::UNTIL).map_or(0, |until| {
            until
                .boolean()
                .map_or_else(|| number(until).map_or(0, count), u32::from)
        });
        let known = |key: &str| names::ALL.iter().any(|names| names.contains(&key));
        let comment = text(names::COMMENT);
        // A book may have a note for people and a name beside it.
        // What is no text is read as the texts in it.
        let odd = field(names::CONTENT).filter(|content| content.shape() != Shape::String);
        let content = match odd.map(|content| (content, content.shape())) {
            Some((odd, Shape::Number | Shape::Bool)) => odd.raw().to_owned(),
            Some((odd, _)) => texts(odd).join("\n"),
            None => text(names::CONTENT),
        };
        if odd.is_some() {
            let path = format!("{path}.content");
            warnings.push(Warning::repaired("wrong-type", path, "a text was wanted"));
        }
        let named = node.get("name").filter(|name| {
            matches!(
                dialect,
                Dialect::SillyTavern | Dialect::CharacterBook | Dialect::V3
            ) && name
                .text()
                .is_some_and(|name| !name.is_empty() && name != comment)
        });
        let extra = places
            .iter()
            .flat_map(|place| place.entries())
            .filter(|(key, _)| !known(key))
            .chain(named.map(|name| ("name".into(), name)));
        Entry {
            id,
            selective: match dialect {
                // Here secondary keys count wherever there are any.
                Dialect::SillyTavern => flag(names::SELECTIVE, true) && !secondary_keys.is_empty(),
                _ => flag(names::SELECTIVE, false),
            },
            keys,
            secondary_keys,
            content,
            comment,
            enabled: flag(names::ENABLED, true) && !flag(names::DISABLED, false),
            constant: flag(names::CONSTANT, false),
            logic: whole(names::LOGIC)
                .and_then(|n| LOGICS.get(n as usize).copied())
                .unwrap_or_default(),
            insertion_order: whole(names::ORDER)
                .or_else(|| whole(names::PRIORITY).filter(|_| dialect == Dialect::NovelAi))
                .unwrap_or(usual.insertion_order),
            priority: whole(names::PRIORITY),
            position: exact.or_else(|| position(rough)).unwrap_or_default(),
            depth: field(names::DEPTH)
                .and_then(number)
                .map_or(usual.depth, count),
            role: field(names::ROLE).map_or(0, role),
            use_regex,
            case_sensitive: field(names::CASE).and_then(truth),
            match_whole_words: field(names::WORDS).and_then(truth),
            scan_depth: field(names::SCAN).and_then(number).map(count),
            probability: if chance {
                probability.clamp(0.0, 100.0)
            } else {
                100.0
            },
            group: text(names::GROUP),
            group_override: flag(names::OVERRIDE, false),
            group_weight: field(names::WEIGHT)
                .and_then(number)
                .unwrap_or(usual.group_weight)
                .max(0.0),
            sticky: some(names::STICKY),
            cooldown: some(names::COOLDOWN),
            delay: some(names::DELAY),
            exclude_recursion: flag(names::EXCLUDE, false),
            prevent_recursion: flag(names::PREVENT, false),
            delay_until_recursion: until,
            ignore_budget: flag(names::IGNORE, false),
            outlet: text(names::OUTLET),
            group_scoring: field(names::SCORING).and_then(truth),
            characters: field(names::CHARACTERS).and_then(filter),
            triggers: field(names::TRIGGERS).map_or_else(Vec::new, texts),
            look_in: ABOUT
                .iter()
                .filter(|(_, names)| flag(names, false))
                .map(|(about, _)| *about)
                .collect(),
            extra: extra
                .map(|(key, value)| (key.into_owned(), strict(value)))
                .collect(),
        }
    }
}

/// The fields of these names, in the entry itself first.
fn found<'a>(places: &[Node<'a>], names: &[&str]) -> impl Iterator<Item = Node<'a>> {
    let all: Vec<Node<'a>> = places
        .iter()
        .flat_map(|place| names.iter().filter_map(|name| place.get(name)))
        .collect();
    all.into_iter()
}

/// A number, also one spelled as a text.
fn number(node: Node<'_>) -> Option<f64> {
    let number = node.number().or_else(|| node.text()?.trim().parse().ok())?;
    number.is_finite().then_some(number)
}

/// Beside which characters an entry goes in, where it says anything of that.
fn filter(node: Node<'_>) -> Option<Filter> {
    let list = |key: &str| node.get(key).map_or_else(Vec::new, texts);
    let filter = Filter {
        names: list("names"),
        tags: list("tags"),
        exclude: node.get("isExclude").and_then(truth).unwrap_or(false),
    };
    (filter != Filter::default()).then_some(filter)
}

/// SillyTavern's number of a role, also of one that is spelled out.
fn role(node: Node<'_>) -> u32 {
    match node.text().as_deref() {
        Some("user") => 1,
        Some("assistant") => 2,
        _ => number(node).map_or(0, |role| count(role).min(2)),
    }
}

fn count(number: f64) -> u32 {
    number as u32
}

/// A truth, also one spelled as a text or a number.
fn truth(node: Node<'_>) -> Option<bool> {
    match node.shape() {
        Shape::Bool => node.boolean(),
        Shape::Number => node.number().map(|number| number != 0.0),
        Shape::String => match &*node.text()?.trim().to_ascii_lowercase() {
            "true" => Some(true),
            "false" | "" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

/// A list of texts; one text with commas is a list too.
fn texts(node: Node<'_>) -> Vec<String> {
    match node.shape() {
        Shape::Array => node
            .items()
            .filter_map(|item| {
                item.text()
                    .map(|text| text.into_owned())
                    .or_else(|| item.number().map(|number| number.to_string()))
            })
            .collect(),
        Shape::String => split(&node.text().unwrap_or_default()),
        _ => Vec::new(),
    }
}

/// What stands between commas; an expression between slashes may have commas within.
fn split(text: &str) -> Vec<String> {
    /// An expression with more commas is cut at them.
    const MOST_COMMAS: usize = 16;
    if is_slashed(text) {
        return vec![text.trim().to_owned()];
    }
    let mut keys = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let ends = rest.match_indices(',').map(|(at, _)| at);
        let mut ends = ends.take(MOST_COMMAS).chain([rest.len()]);
        let first = rest.find(',').unwrap_or(rest.len());
        let end = match rest.trim_start().starts_with('/') {
            true => ends.find(|end| is_slashed(&rest[..*end])).unwrap_or(first),
            false => first,
        };
        keys.push(rest[..end].trim().to_owned());
        rest = rest.get(end + 1..).unwrap_or_default();
    }
    keys.retain(|key| !key.is_empty());
    keys
}

fn strict(node: Node<'_>) -> String {
    let mut out = String::new();
    node.strict(&mut out);
    out
}
