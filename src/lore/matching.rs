//! Which entries a text calls for, and why the others stay out.
//!
//! A pure function: chance comes from a seed, time from the count of messages and a state
//! that the caller keeps. The newest message comes last.
//!
//! What fires is what fires in SillyTavern, round for round: first what rests or waits, then
//! keys, then groups, then chance, then recursion. Otherwise than there, on purpose: a message
//! is a text of its own, so no key is found across two; words end where a letter of any script
//! ends; the budget is shared out at the end, passes over what is too long and takes what still
//! fits, and what had no room has called for others all the same; entries of one order stand as
//! in the book; who stays in a group is not thrown out by the rest that follows. Books of other
//! tools are looked through in the same way; RisuAI by itself leaves out blanks when it looks for
//! words.

use super::book::{ABOUT, About, Book, Entry, Logic, Position};
use super::decorator::{Decorator, decorators, without_decorators};
use super::key::{Finder, Manner};
pub use super::outcome::{Fired, Matched, Skipped, Timed, Why, WhyNot};
use super::spoken::{Key, Text, UNSAID, UNSAID_IN_MESSAGES};
use crate::order;
use serde::Deserialize;
use std::collections::{BTreeMap, HashMap};

/// Rounds of recursion, whatever the options say.
const MOST_ROUNDS: u32 = 20;

/// So many messages are looked at, whatever the options say.
const MOST_MESSAGES: usize = 1000;

/// A number of messages that no chat has.
const FOREVER: u32 = u32::MAX;

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
    fn of(&self, about: About) -> &str {
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
    const fn as_str(self) -> &'static str {
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

/// What a round looks through.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Scan {
    /// The newest messages.
    First,
    /// Them, and what entries say; entries up to this level take part.
    Recursion(u32),
    /// One message more.
    Older,
}

/// An entry made ready.
struct Ready<'b> {
    index: usize,
    entry: &'b Entry,
    decorators: Vec<Decorator>,
    keys: Vec<Key<'b>>,
    secondary: Vec<Key<'b>>,
    /// Of each list one has to be there.
    additional: Vec<Vec<Key<'b>>>,
    /// Of each list none may be there.
    excluded: Vec<Vec<Key<'b>>>,
    /// Of each list one has to be missing.
    excluded_together: Vec<Vec<Key<'b>>>,
    bad_key: Option<String>,
    /// Whether other entries call for it.
    callable: bool,
    /// `None`: as the options say.
    scan_depth: Option<usize>,
}

impl Ready<'_> {
    fn decorator(&self, name: &str) -> Option<&Decorator> {
        self.decorators.iter().find(|it| it.name == name)
    }
}

/// Tells which entries these messages call for.
pub fn run(book: &Book, messages: &[String], options: &Options) -> Matched {
    let count = options.messages.unwrap_or(messages.len() as u32);
    let mut run = Run {
        book,
        options,
        count,
        texts: messages
            .iter()
            .rev()
            .take(MOST_MESSAGES)
            .map(|text| Text::of(text, &UNSAID_IN_MESSAGES))
            .collect(),
        about: Vec::new(),
        sources: Vec::new(),
        scan: Scan::First,
        few_call: false,
        older: 0,
        fired: Vec::new(),
        went: vec![false; book.entries.len()],
        skipped: BTreeMap::new(),
    };
    let ready: Vec<Ready<'_>> = book
        .entries
        .iter()
        .enumerate()
        .map(|(index, entry)| run.prepare(index, entry))
        .collect();
    for (about, _) in ABOUT {
        let text = Text::of(options.about.of(about), &UNSAID_IN_MESSAGES);
        run.about.push((about, text));
    }
    run.rounds(&ready);
    run.settle(&ready)
}

struct Run<'b> {
    book: &'b Book,
    options: &'b Options,
    count: u32,
    /// The newest first.
    texts: Vec<Text>,
    /// The texts beside them.
    about: Vec<(About, Text)>,
    /// What the fired entries say.
    sources: Vec<(usize, Text)>,
    scan: Scan,
    /// Whether only entries that say so call for others.
    few_call: bool,
    /// How many messages more than the options say are looked at.
    older: usize,
    fired: Vec<(usize, Why)>,
    /// Of each entry, whether it is among them.
    went: Vec<bool>,
    skipped: BTreeMap<usize, (WhyNot, Option<String>)>,
}

impl<'b> Run<'b> {
    fn prepare(&self, index: usize, entry: &'b Entry) -> Ready<'b> {
        let decorators = decorators(&entry.content);
        let has = |name: &str| decorators.iter().any(|decorator| decorator.name == name);
        let number = |name: &str| {
            decorators
                .iter()
                .find(|it| it.name == name)
                .and_then(Decorator::number)
        };
        let whole_words = if has("match_full_word") {
            true
        } else {
            !has("match_partial_word")
                && entry
                    .match_whole_words
                    .unwrap_or(self.options.match_whole_words)
        };
        let manner = Manner {
            case_sensitive: entry.case_sensitive.unwrap_or(self.options.case_sensitive),
            whole_words,
            regex: entry.use_regex,
        };
        let mut bad_key = None;
        let mut find = |keys: &'b [String], bad: bool| -> Vec<Key<'b>> {
            let mut found = Vec::new();
            for key in keys {
                match Finder::of(key, manner) {
                    Some(Ok(finder)) => found.push(Key::new(key, finder)),
                    Some(Err(refused)) => {
                        bad_key.get_or_insert(format!("{key}: {refused}"));
                        found.extend(bad.then(|| Key::new(key, Finder::Nothing)));
                    }
                    None => {}
                }
            }
            found
        };
        let keys = find(&entry.keys, false);
        let secondary = find(&entry.secondary_keys, true);
        // Of an entry whose keys are expressions the further ones are too, and none keeps it out.
        let named = |name: &str| -> Vec<Vec<Key<'b>>> {
            let counts = !entry.use_regex || name == "additional_keys";
            let lists = decorators.iter().filter(|it| counts && it.name == name);
            let lists = lists.map(|it| {
                let finders = it.values.iter().filter_map(|key| Finder::of(key, manner));
                // One that cannot be run finds nothing.
                let finders = finders.map(|finder| finder.unwrap_or(Finder::Nothing));
                finders.map(|finder| Key::new("", finder)).collect()
            });
            lists
                .filter(|list: &Vec<Key<'b>>| !list.is_empty())
                .collect()
        };
        let scan_depth = number("scan_depth")
            .map(|depth| depth as u32)
            .or(entry.scan_depth);
        let callable = !has("no_recursive_search");
        Ready {
            index,
            entry,
            additional: named("additional_keys"),
            excluded: named("exclude_keys"),
            excluded_together: named("exclude_keys_all"),
            decorators,
            keys,
            secondary,
            bad_key,
            callable,
            scan_depth: scan_depth.map(|depth| depth as usize),
        }
    }

    /// The messages first, then what the fired entries say, until nothing new is called for; then
    /// older messages, where too few entries go in. What waits for recursion joins in with it,
    /// the next level once the one before calls for no more.
    fn rounds(&mut self, ready: &[Ready<'b>]) {
        let all = self
            .book
            .recursive_scanning
            .unwrap_or(self.options.recursive);
        // Where the book has none of it, those call for others that say so.
        let says = |it: &Ready<'b>| it.decorator("recursive").is_some();
        self.few_call = !all && ready.iter().any(says);
        let recursive = all || self.few_call;
        let most = self.options.max_recursion.min(MOST_ROUNDS);
        let mut levels = std::collections::BTreeSet::new();
        // Also of those that are switched off: SillyTavern opens their levels too.
        for it in ready {
            if it.entry.delay_until_recursion > 0 {
                levels.insert(it.entry.delay_until_recursion);
            }
        }
        let mut level = levels.pop_first().unwrap_or(0);
        let mut recursions = 0;
        loop {
            let before = self.sources.len();
            self.round(ready, recursive);
            let called = self.sources.len() > before;
            let few = self.fired.len() < self.options.min_activations as usize;
            let again = self.scan == Scan::Older && !self.sources.is_empty();
            self.scan = if recursive && (called || again) {
                Scan::Recursion(level)
            } else if few && self.has_older() {
                self.older += 1;
                recursions = 0;
                Scan::Older
            } else if let Some(next) = levels.pop_first() {
                level = next;
                Scan::Recursion(level)
            } else {
                return;
            };
            if self.scan != Scan::Older {
                if recursions == most {
                    return;
                }
                recursions += 1;
            }
        }
    }

    /// How many of the newest messages are looked at by entries that do not say.
    fn depth(&self) -> usize {
        let depth = self.book.scan_depth.unwrap_or(self.options.scan_depth);
        (depth as usize).saturating_add(self.older)
    }

    /// Whether there is a message that was not looked at and may be. As in SillyTavern there is one
    /// more round behind the last of them.
    fn has_older(&self) -> bool {
        let most = self.options.min_activations_depth as usize;
        let depth = self.depth();
        depth <= self.texts.len() && (most == 0 || depth <= most)
    }

    fn round(&mut self, ready: &[Ready<'b>], recursive: bool) {
        let mut called = Vec::new();
        for it in ready {
            let fired = self.went[it.index];
            let settled = matches!(self.skipped.get(&it.index), Some((WhyNot::Probability, _)));
            let left =
                matches!(self.scan, Scan::Recursion(_)) && recursive && it.entry.exclude_recursion;
            if fired || settled || left {
                continue;
            }
            match self.judge(it) {
                Ok(why) => called.push((it.index, why)),
                Err(why) => drop(self.skipped.insert(it.index, why)),
            }
        }
        order::sort_by_key(&mut called, |(index, why)| {
            let order = self.book.entries[*index].insertion_order;
            (*why != Why::Sticky, std::cmp::Reverse(order), *index)
        });
        self.groups(ready, &mut called);
        for (index, why) in called {
            let it = &ready[index];
            let chance = it
                .decorator("probability")
                .and_then(Decorator::number)
                .unwrap_or(it.entry.probability);
            let certain = matches!(why, Why::Sticky | Why::Decorator);
            if !certain && chance < 100.0 && self.roll(index) >= chance {
                let why = (WhyNot::Probability, Some(format!("{chance} %")));
                self.skipped.insert(index, why);
                continue;
            }
            self.skipped.remove(&index);
            self.fired.push((index, why));
            self.went[index] = true;
            let calls = !self.few_call || it.decorator("recursive").is_some();
            if calls && !it.entry.prevent_recursion && it.decorator("unrecursive").is_none() {
                let said = Text::of(without_decorators(&it.entry.content), &UNSAID);
                self.sources.push((index, said));
            }
        }
    }

    /// How long the entry stays or rests. What began with this very message is over: its reply
    /// is made anew.
    fn timed(&self, index: usize) -> Timed {
        let timed = self.options.timed.get(&index).copied().unwrap_or_default();
        let entry = &self.book.entries[index];
        let (until, length) = match timed.sticky_until {
            0 => (timed.cooldown_until, entry.cooldown),
            until => (until, entry.sticky),
        };
        let again = until != FOREVER
            && length.is_some_and(|length| self.count <= until.saturating_sub(length));
        if again {
            return Timed::default();
        }
        // Resting begins where its stay is seen to be over.
        let cooldown = entry.cooldown.unwrap_or(0);
        let over = timed.sticky_until > 0 && timed.sticky_until <= self.count;
        let planned = timed.cooldown_until == timed.sticky_until.saturating_add(cooldown);
        if over && planned && cooldown > 0 {
            return Timed {
                // Long over, and no more the plan.
                sticky_until: 1,
                cooldown_until: self.count.saturating_add(cooldown),
            };
        }
        timed
    }

    /// Whether the entry is called for.
    fn judge(&self, it: &Ready<'_>) -> Result<Why, (WhyNot, Option<String>)> {
        let Ready { entry, index, .. } = it;
        let no = |why| Err((why, None));
        let timed = self.timed(*index);
        if !entry.enabled {
            return no(WhyNot::Disabled);
        }
        let trigger = self.options.trigger.as_str();
        if !entry.triggers.is_empty() && !entry.triggers.iter().any(|one| one == trigger) {
            return Err((WhyNot::Trigger, Some(entry.triggers.join(", "))));
        }
        if !self.suits(entry) {
            return no(WhyNot::Character);
        }
        if it.decorator("activate").is_some() {
            return Ok(Why::Decorator);
        }
        if it.decorator("dont_activate").is_some() {
            return no(WhyNot::Decorator);
        }
        let value = |name: &str| it.decorator(name)?.values.first();
        let greets = it.decorator("is_greeting").and_then(Decorator::number);
        let greeting = self.options.greeting.map(f64::from);
        let icon = (value("is_user_icon"), &self.options.user_icon);
        if matches!((greets, greeting), (Some(wanted), Some(is)) if wanted != is)
            || matches!(icon, (Some(wanted), Some(is)) if wanted != is)
        {
            return no(WhyNot::Decorator);
        }
        if timed.sticky_until > self.count {
            return Ok(Why::Sticky);
        }
        if timed.cooldown_until > self.count {
            return no(WhyNot::Cooldown);
        }
        let after = it
            .decorator("activate_only_after")
            .and_then(Decorator::number);
        if entry.delay.is_some_and(|delay| self.count < delay)
            || after.is_some_and(|after| f64::from(self.count) < after)
        {
            return no(WhyNot::Delay);
        }
        let every = it
            .decorator("activate_only_every")
            .and_then(Decorator::number)
            .map(|every| every as u32);
        if every.is_some_and(|every| every > 0 && !self.count.is_multiple_of(every)) {
            return no(WhyNot::Decorator);
        }
        let level = match self.scan {
            Scan::Recursion(level) => level,
            Scan::First | Scan::Older => 0,
        };
        if entry.delay_until_recursion > level {
            return Err((WhyNot::NotFound, Some("it waits for recursion".to_owned())));
        }
        if entry.constant || it.decorator("constant").is_some() {
            Ok(Why::Constant)
        } else {
            self.called(it)
        }
    }

    /// Whether it goes in beside the character, as far as that is known.
    fn suits(&self, entry: &Entry) -> bool {
        let Some(filter) = &entry.characters else {
            return true;
        };
        let Character { name, tags } = &self.options.character;
        let named = name.as_ref().map(|name| filter.names.contains(name));
        let tagged = tags
            .as_ref()
            .map(|tags| tags.iter().any(|tag| filter.tags.contains(tag)));
        let fits = |wanted: &[String], has: Option<bool>| {
            wanted.is_empty() || has.is_none_or(|has| has != filter.exclude)
        };
        fits(&filter.names, named) && fits(&filter.tags, tagged)
    }

    /// How many of the newest messages the entry looks at. One that looks at none looks nowhere.
    fn depth_of(&self, it: &Ready<'_>) -> usize {
        it.scan_depth.unwrap_or_else(|| self.depth())
    }

    /// The first message that the entry looks at and that has the key.
    fn in_messages(&self, it: &Ready<'_>, key: &Key<'_>) -> Option<usize> {
        let count = self.texts.len().min(self.depth_of(it));
        key.messages
            .within(count, |n| self.texts.get(n), &key.finder)
    }

    /// The first text beside them that does.
    fn in_about(&self, it: &Ready<'_>, key: &Key<'_>) -> Option<About> {
        let about = &it.entry.look_in;
        let text = |n: usize| {
            let wanted = about.get(n)?;
            let found = self.about.iter().find(|(own, _)| own == wanted);
            found.map(|(_, text)| text)
        };
        let first = key.about.within(about.len(), text, &key.finder)?;
        about.get(first).copied()
    }

    /// The first entry that does. What entries say is nothing to older messages.
    fn in_entries(&self, it: &Ready<'_>, key: &Key<'_>) -> Option<usize> {
        if self.scan == Scan::Older || !it.callable {
            return None;
        }
        let text = |n: usize| self.sources.get(n).map(|(_, text)| text);
        let first = key.entries.within(self.sources.len(), text, &key.finder)?;
        self.sources.get(first).map(|(by, _)| *by)
    }

    fn anywhere(&self, it: &Ready<'_>, key: &Key<'_>) -> bool {
        self.in_messages(it, key).is_some()
            || self.in_about(it, key).is_some()
            || self.in_entries(it, key).is_some()
    }

    /// Whether a key is in the messages, beside them, or in what other entries say.
    fn called(&self, it: &Ready<'_>) -> Result<Why, (WhyNot, Option<String>)> {
        if it.keys.is_empty() {
            return Err(match &it.bad_key {
                Some(bad) => (WhyNot::BadKey, Some(bad.clone())),
                None => (WhyNot::NoKeys, None),
            });
        }
        if self.depth_of(it) == 0 {
            return Err((WhyNot::NotFound, Some("it looks at no message".to_owned())));
        }
        let in_messages = || {
            it.keys.iter().find_map(|key| {
                Some(Why::Key {
                    key: key.key.to_owned(),
                    depth: self.in_messages(it, key)?,
                    secondary: None,
                })
            })
        };
        let in_about = || {
            it.keys.iter().find_map(|key| {
                Some(Why::About {
                    key: key.key.to_owned(),
                    text: self.in_about(it, key)?,
                })
            })
        };
        let in_entries = || {
            it.keys.iter().find_map(|key| {
                Some(Why::Entry {
                    key: key.key.to_owned(),
                    by: self.in_entries(it, key)?,
                })
            })
        };
        let mut why = in_messages()
            .or_else(in_about)
            .or_else(in_entries)
            .ok_or_else(|| match &it.bad_key {
                Some(bad) => (WhyNot::BadKey, Some(bad.clone())),
                None => (WhyNot::NotFound, None),
            })?;
        let found = |key: &Key<'_>| self.anywhere(it, key);
        let missed = it.additional.iter().any(|list| !list.iter().any(found));
        let excluded = it.excluded.iter().any(|list| list.iter().any(found));
        let together = it
            .excluded_together
            .iter()
            .any(|list| list.iter().all(found));
        if missed || excluded || together {
            return Err((WhyNot::Decorator, None));
        }
        if it.entry.selective && !it.secondary.is_empty() {
            let mut joined = it.secondary.iter().filter(|key| found(key));
            let first = joined.next().map(|key| key.key.to_owned());
            let all = it.secondary.iter().all(found);
            let (holds, wanted) = match it.entry.logic {
                Logic::AndAny => (first.is_some(), true),
                Logic::AndAll => (all, true),
                Logic::NotAny => (first.is_none(), false),
                Logic::NotAll => (!all, false),
            };
            if !holds {
                return Err((WhyNot::Secondary, it.bad_key.clone()));
            }
            if let (Why::Key { secondary, .. }, true) = (&mut why, wanted) {
                *secondary = first;
            }
        }
        Ok(why)
    }

    /// How many of an entry's keys are found.
    fn score(&self, it: &Ready<'_>) -> usize {
        let count = |keys: &[Key<'_>]| keys.iter().filter(|key| self.anywhere(it, key)).count();
        let (first, second) = (count(&it.keys), count(&it.secondary));
        match it.entry.logic {
            _ if it.keys.is_empty() || self.depth_of(it) == 0 => 0,
            Logic::AndAny => first + second,
            Logic::AndAll if second == it.secondary.len() => first + second,
            _ => first,
        }
    }

    /// Of a group one entry stays: the one that is in already, or sticky ones, or of those of
    /// which most keys are found the one that overrides by order, or one by weight.
    fn groups(&mut self, ready: &[Ready<'b>], called: &mut Vec<(usize, Why)>) {
        let entries = &self.book.entries;
        let of = |index: usize| {
            let names = entries[index].group.split(',').map(str::trim);
            names.filter(|name| !name.is_empty())
        };
        // Each group with the places of those of it that are called for.
        let mut numbers: HashMap<String, usize> = HashMap::new();
        let mut groups: Vec<(&str, Vec<usize>, bool)> = Vec::new();
        for (place, (index, _)) in called.iter().enumerate() {
            for name in of(*index) {
                let number = *numbers.entry(name.to_owned()).or_insert(groups.len());
                match groups.get_mut(number) {
                    Some((_, places, _)) if places.last() == Some(&place) => {}
                    Some((_, places, _)) => places.push(place),
                    None => groups.push((name, vec![place], false)),
                }
            }
        }
        if groups.is_empty() {
            return;
        }
        for name in self.fired.iter().flat_map(|(index, _)| of(*index)) {
            if let Some(number) = numbers.get(name) {
                groups[*number].2 = true;
            }
        }
        let mut gone = vec![false; called.len()];
        for (name, places, taken) in groups {
            let mut members = places;
            members.retain(|place| !gone[*place]);
            let index = |place: usize| called[place].0;
            let scored = |place: usize| {
                let own = entries[index(place)].group_scoring;
                own.unwrap_or(self.options.group_scoring)
            };
            let is_sticky = |place: usize| called[place].1 == Why::Sticky;
            let sticky = members.iter().any(|place| is_sticky(*place));
            if !sticky && members.iter().any(|place| scored(*place)) {
                let score = |place: &usize| self.score(&ready[index(*place)]);
                let scores: Vec<usize> = members.iter().map(score).collect();
                let most = scores.iter().copied().max().unwrap_or(0);
                for (place, score) in std::mem::take(&mut members).into_iter().zip(scores) {
                    if score == most || !scored(place) {
                        members.push(place);
                        continue;
                    }
                    let detail = format!("{score} keys of {most} in the group `{name}`");
                    self.skipped
                        .insert(index(place), (WhyNot::Score, Some(detail)));
                    gone[place] = true;
                }
            }
            let winner = if sticky || taken || members.len() < 2 {
                None
            } else {
                let overriding = members
                    .iter()
                    .filter(|place| entries[index(**place)].group_override);
                // Of equal ones the first.
                let first = overriding
                    .rev()
                    .max_by_key(|place| entries[index(**place)].insertion_order);
                first.copied().or_else(|| {
                    let weight = |place: &usize| entries[index(*place)].group_weight;
                    let total: f64 = members.iter().map(weight).sum();
                    let mut left = self.roll(name.len() + members.len() * 31) / 100.0 * total;
                    let by_weight = members.iter().find(|place| {
                        left -= weight(place);
                        left < 0.0
                    });
                    by_weight.or(members.first()).copied()
                })
            };
            for place in members {
                let stays = match winner {
                    Some(winner) => winner == place,
                    None => is_sticky(place) || !(sticky || taken),
                };
                if stays {
                    continue;
                }
                gone[place] = true;
                let told = self.skipped.get(&index(place));
                if !matches!(told, Some((WhyNot::Score, _))) {
                    self.skipped
                        .insert(index(place), (WhyNot::Group, Some(name.to_owned())));
                }
            }
        }
        let mut gone = gone.into_iter();
        called.retain(|_| gone.next() != Some(true));
    }

    /// What there is room for, in the order of the prompt.
    fn settle(mut self, ready: &[Ready<'b>]) -> Matched {
        let budget = self
            .book
            .token_budget
            .or(self.options.token_budget)
            .filter(|budget| *budget > 0);
        let mut fired: Vec<Fired> = std::mem::take(&mut self.fired)
            .into_iter()
            .map(|(index, why)| self.fire(&ready[index], why))
            .collect();
        // Who stays when there is no room: what cannot go, then the higher priority, then what the
        // messages call for themselves, then the higher order.
        let entry = |fired: &Fired| &self.book.entries[fired.index];
        // RisuAI's decorator is held against the orders of the others.
        let given = |index: usize| {
            ready[index]
                .decorator("priority")
                .and_then(Decorator::number)
        };
        let held = (0..ready.len()).any(|index| given(index).is_some());
        let priority = |index: usize| {
            let entry = &self.book.entries[index];
            let own = given(index).map(|number| number as i64).or(entry.priority);
            own.unwrap_or(if held { entry.insertion_order } else { 0 })
        };
        let first_out = |index: usize| ready[index].decorator("ignore_on_max_context").is_some();
        order::sort_by_key(&mut fired, |fired| {
            let entry = entry(fired);
            let firm = fired.why == Why::Constant || fired.why == Why::Sticky;
            std::cmp::Reverse((
                !first_out(fired.index),
                firm,
                priority(fired.index),
                !matches!(fired.why, Why::Entry { .. }),
                entry.insertion_order,
                std::cmp::Reverse(fired.index),
            ))
        });
        let mut tokens = 0_u32;
        fired.retain(|fired| {
            let fits = budget.is_none_or(|budget| tokens.saturating_add(fired.tokens) <= budget);
            if fits || (entry(fired).ignore_budget && !first_out(fired.index)) {
                tokens = tokens.saturating_add(fired.tokens);
                return true;
            }
            let detail = format!(
                "{} tokens, {} are left",
                fired.tokens,
                budget.unwrap_or(0).saturating_sub(tokens)
            );
            self.skipped
                .insert(fired.index, (WhyNot::Budget, Some(detail)));
            false
        });
        let mut timed: BTreeMap<usize, Timed> = BTreeMap::new();
        let mut anew = vec![false; self.book.entries.len()];
        for fired in &fired {
            anew[fired.index] = fired.why != Why::Sticky;
        }
        for (index, entry) in self.book.entries.iter().enumerate() {
            let mut next = self.timed(index);
            if anew[index] {
                let until = |count: u32, from: u32| match count {
                    0 => 0,
                    count => from.saturating_add(count),
                };
                let says = |name: &str| ready[index].decorator(name).is_some();
                let sticky = match says("keep_activate_after_match") {
                    true => FOREVER,
                    false => entry.sticky.unwrap_or(0),
                };
                let cooldown = match says("dont_activate_after_match") {
                    true => FOREVER,
                    false => entry.cooldown.unwrap_or(0),
                };
                next.sticky_until = until(sticky, self.count);
                next.cooldown_until = until(cooldown, self.count.saturating_add(sticky));
            }
            // What goes on is needed again where this reply is made anew.
            let anew = u32::from(next != self.timed(index));
            if next.sticky_until.max(next.cooldown_until) > self.count.saturating_add(anew) {
                timed.insert(index, next);
            }
        }
        self.inject(ready, &mut fired);
        order::sort_by_key(&mut fired, |fired| {
            (
                fired.position.number(),
                entry(fired).insertion_order,
                fired.index,
            )
        });
        let skipped = self
            .skipped
            .into_iter()
            .map(|(index, (why, detail))| Skipped { index, why, detail })
            .collect();
        Matched {
            fired,
            skipped,
            tokens,
            timed,
        }
    }

    /// Puts what RisuAI's decorator asks for into another entry, which it calls by its comment.
    fn inject(&mut self, ready: &[Ready<'b>], fired: &mut Vec<Fired>) {
        let names = |fired: &Fired| {
            Some(
                ready[fired.index]
                    .decorator("inject_lore")?
                    .values
                    .join(" "),
            )
        };
        let (guests, rest): (Vec<_>, Vec<_>) = std::mem::take(fired)
            .into_iter()
            .partition(|fired| names(fired).is_some());
        *fired = rest;
        let mut hosts: HashMap<String, usize> = HashMap::new();
        if !guests.is_empty() {
            for (place, host) in fired.iter().enumerate() {
                let name = &self.book.entries[host.index].comment;
                hosts.entry(name.clone()).or_insert(place);
            }
        }
        for guest in guests {
            let it = &ready[guest.index];
            let wanted = names(&guest).unwrap_or_default();
            let place = hosts.get(&wanted);
            let detail = match place.and_then(|place| fired.get_mut(*place)) {
                Some(host) => {
                    host.tokens = host.tokens.saturating_add(guest.tokens);
                    let said = &mut host.content;
                    match it.decorator("inject_replace") {
                        Some(old) => {
                            *said = said.replacen(&old.values.join(" "), &guest.content, 1)
                        }
                        None if it.decorator("inject_prepend").is_some() => {
                            said.insert_str(0, &(guest.content + " "));
                        }
                        // In its place: a crowd of guests makes it long.
                        None => said.extend([" ", &guest.content]),
                    }
                    format!("it stands in entry {}", host.index)
                }
                None => format!("no entry `{wanted}` goes in"),
            };
            self.skipped
                .insert(guest.index, (WhyNot::Decorator, Some(detail)));
        }
    }

    fn fire(&self, it: &Ready<'_>, why: Why) -> Fired {
        let value = |name: &str| it.decorator(name);
        let content = without_decorators(&it.entry.content).to_owned();
        let tokens =
            (content.chars().count() as f64 / self.options.characters_per_token.max(0.1)).ceil();
        let number = |name: &str| Some(value(name)?.number()? as u32);
        let from_start = || Some(self.count.saturating_sub(number("reverse_depth")?));
        let depth = number("depth")
            .or(value("end").map(|_| 0))
            .or_else(from_start);
        let placed = value("position").and_then(|it| match it.values.first()?.as_str() {
            "before_desc" => Some(Position::BeforeChar),
            "after_desc" => Some(Position::AfterChar),
            _ => None,
        });
        let position = placed.unwrap_or(match depth {
            Some(_) => Position::AtDepth,
            None => it.entry.position,
        });
        let role = value("role").and_then(|it| match it.values.first()?.as_str() {
            "system" => Some(0),
            "user" => Some(1),
            "assistant" => Some(2),
            _ => None,
        });
        Fired {
            index: it.index,
            why,
            content,
            tokens: tokens as u32,
            position,
            depth: depth.unwrap_or(it.entry.depth),
            role: role.unwrap_or(it.entry.role),
            outlet: match position {
                Position::Outlet => it.entry.outlet.clone(),
                _ => String::new(),
            },
        }
    }

    /// A number from 0 to 100, the same for the same seed, message and entry.
    fn roll(&self, salt: usize) -> f64 {
        let mut state =
            u64::from(self.options.seed) << 32 ^ u64::from(self.count) << 20 ^ salt as u64;
        // SplitMix64.
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        state = (state ^ state >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        state = (state ^ state >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((state ^ state >> 31) >> 11) as f64 / (1_u64 << 53) as f64 * 100.0
    }
}
