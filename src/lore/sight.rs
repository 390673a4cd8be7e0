//! How far a look has come, and where a key is in sight: in the messages, in the texts beside
//! them, in what entries say.

use super::book::{About, Book, Logic};
use super::options::Options;
use super::outcome::{Why, WhyNot};
use super::ready::Ready;
use super::spoken::{Key, Text};
use std::collections::BTreeMap;

/// What a round looks through.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Scan {
    /// The newest messages.
    First,
    /// Them, and what entries say; entries up to this level take part.
    Recursion(u32),
    /// One message more.
    Older,
}

pub(super) struct Run<'b> {
    pub book: &'b Book,
    pub options: &'b Options,
    pub count: u32,
    /// The newest first.
    pub texts: Vec<Text>,
    /// The texts beside them.
    pub about: Vec<(About, Text)>,
    /// What the fired entries say.
    pub sources: Vec<(usize, Text)>,
    pub scan: Scan,
    /// Whether only entries that say so call for others.
    pub few_call: bool,
    /// How many messages more than the options say are looked at.
    pub older: usize,
    pub fired: Vec<(usize, Why)>,
    /// Of each entry, whether it is among them.
    pub went: Vec<bool>,
    pub skipped: BTreeMap<usize, (WhyNot, Option<String>)>,
}

impl Run<'_> {
    /// How many of the newest messages are looked at by entries that do not say.
    pub fn depth(&self) -> usize {
        let depth = self.book.scan_depth.unwrap_or(self.options.scan_depth);
        (depth as usize).saturating_add(self.older)
    }

    /// How many of the newest messages the entry looks at. One that looks at none looks nowhere.
    pub fn depth_of(&self, it: &Ready<'_>) -> usize {
        it.scan_depth.unwrap_or_else(|| self.depth())
    }

    /// The first message that the entry looks at and that has the key.
    pub fn in_messages(&self, it: &Ready<'_>, key: &Key<'_>) -> Option<usize> {
        let count = self.texts.len().min(self.depth_of(it));
        key.messages
            .within(count, |n| self.texts.get(n), &key.finder)
    }

    /// The first text beside them that does.
    pub fn in_about(&self, it: &Ready<'_>, key: &Key<'_>) -> Option<About> {
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
    pub fn in_entries(&self, it: &Ready<'_>, key: &Key<'_>) -> Option<usize> {
        if self.scan == Scan::Older || !it.callable {
            return None;
        }
        let text = |n: usize| self.sources.get(n).map(|(_, text)| text);
        let first = key.entries.within(self.sources.len(), text, &key.finder)?;
        self.sources.get(first).map(|(by, _)| *by)
    }

    pub fn anywhere(&self, it: &Ready<'_>, key: &Key<'_>) -> bool {
        self.in_messages(it, key).is_some()
            || self.in_about(it, key).is_some()
            || self.in_entries(it, key).is_some()
    }

    /// How many of an entry's keys are found.
    pub fn score(&self, it: &Ready<'_>) -> usize {
        let count = |keys: &[Key<'_>]| keys.iter().filter(|key| self.anywhere(it, key)).count();
        let (first, second) = (count(&it.keys), count(&it.secondary));
        match it.entry.logic {
            _ if it.keys.is_empty() || self.depth_of(it) == 0 => 0,
            Logic::AndAny => first + second,
            Logic::AndAll if second == it.secondary.len() => first + second,
            _ => first,
        }
    }

    /// A number from 0 to 100, the same for the same seed, message and entry.
    pub fn roll(&self, salt: usize) -> f64 {
        let mut state =
            u64::from(self.options.seed) << 32 ^ u64::from(self.count) << 20 ^ salt as u64;
        // SplitMix64.
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        state = (state ^ state >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        state = (state ^ state >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((state ^ state >> 31) >> 11) as f64 / (1_u64 << 53) as f64 * 100.0
    }
}
