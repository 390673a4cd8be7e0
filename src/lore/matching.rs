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

use super::book::{ABOUT, Book};
use super::decorator::{Decorator, without_decorators};
pub use super::options::{Character, Options, Texts, Trigger};
pub use super::outcome::{Fired, Matched, Skipped, Timed, Why, WhyNot};
use super::ready::Ready;
use super::sight::{Run, Scan};
use super::spoken::{Text, UNSAID, UNSAID_IN_MESSAGES};
use crate::order;
use std::collections::BTreeMap;

/// Rounds of recursion, whatever the options say.
const MOST_ROUNDS: u32 = 20;

/// So many messages are looked at, whatever the options say.
const MOST_MESSAGES: usize = 1000;

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
        .map(|(index, entry)| Ready::of(index, entry, options))
        .collect();
    for (about, _) in ABOUT {
        let text = Text::of(options.about.of(about), &UNSAID_IN_MESSAGES);
        run.about.push((about, text));
    }
    run.rounds(&ready);
    run.settle(&ready)
}

impl<'b> Run<'b> {
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
}
