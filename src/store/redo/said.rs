//! What the log says of a key: that it was put or removed, when, and what came behind what.

use super::frame::{Op, Stored};
use super::note::Lengths;
use crate::store::medium::{Key, Table};
use std::collections::HashMap;
use std::rc::Rc;

/// The last thing that the log says of a key.
#[derive(Clone)]
pub(super) struct Last {
    pub at_ms: i64,
    pub file: Rc<str>,
    /// Where its frame stands in the file.
    pub frame: u64,
    /// Whether the file is a copy, whose times are those of the copying.
    pub base: bool,
    /// The revision that was put or, where that was known, removed; else 0.
    pub rev: u64,
    /// `None`: it was removed.
    pub put: Option<Stored>,
    /// Said behind the lengths that a census knows …
    pub fresh: bool,
    /// … and the key was not there before.
    pub born: bool,
}

/// What became of a row, versions apart.
#[derive(Default)]
pub(super) struct Life {
    /// Every state that was put.
    pub states: Vec<Last>,
    /// Every removal that named its revision.
    pub removals: Vec<Last>,
}

impl Last {
    /// Whether this removes a row in a revision that it names.
    pub(super) fn is_removal(&self) -> bool {
        self.put.is_none() && self.rev > 0
    }
}

impl Life {
    /// The newest state that no removal outdoes, one more that comes to these included.
    pub(super) fn newest(&self, copies: &Copies, removal: &Last) -> Option<Last> {
        let is_over = |state: &&Last| {
            let mut removals = self.removals.iter().chain([removal]);
            removals.any(|removal| copies.outdoes(removal, state))
        };
        let there = self.states.iter().filter(|state| !is_over(state));
        there.max_by_key(|state| (state.rev, state.at_ms)).cloned()
    }
}

/// What the copies have, by their files: the lengths of the other files when they were begun.
#[derive(Default)]
pub(super) struct Copies(pub(super) HashMap<Rc<str>, Lengths>);

impl Copies {
    /// Whether one thing was said behind another one. A copy's times are those of the copying, so
    /// what stood in the log when it was begun tells.
    pub(super) fn is_behind(&self, one: &Last, other: &Last) -> bool {
        if let Some(lengths) = self.0.get(&one.file) {
            let length = lengths.get(&*other.file);
            return length.is_some_and(|length| other.frame < *length);
        }
        if let Some(lengths) = self.0.get(&other.file) {
            let length = lengths.get(&*one.file);
            return length.is_none_or(|length| one.frame >= *length);
        }
        match one.file == other.file {
            // One writer's file is in order.
            true => one.frame >= other.frame,
            false => one.at_ms >= other.at_ms,
        }
    }

    /// Whether a removal is behind a state of a row: it names the revision that it removed, and
    /// outdoes that and every earlier one, also when the row is made again and its revisions
    /// begin anew.
    pub(super) fn outdoes(&self, removal: &Last, put: &Last) -> bool {
        // A copy of before copies said what they cover.
        let old = put.base && !self.0.contains_key(&put.file);
        put.rev <= removal.rev && (old || self.is_behind(removal, put))
    }

    /// Whether what `last` says of a key came after what is known of it. Two states of a row are
    /// told apart by revision, all else by time.
    pub(super) fn follows(&self, last: &Last, known: &Last) -> bool {
        let by_rev = last.rev > 0 && known.rev > 0;
        match (&last.put, &known.put) {
            (Some(_), Some(_)) if by_rev && last.rev != known.rev && last.file != known.file => {
                last.rev > known.rev
            }
            (Some(_), None) if by_rev => !self.outdoes(known, last),
            (None, Some(_)) if by_rev => self.outdoes(last, known),
            _ => self.is_behind(last, known),
        }
    }
}

/// A frame that is not settled.
#[derive(Debug, Clone)]
pub(super) struct Unsettled {
    pub file: Rc<str>,
    /// Where it stands in its file.
    pub offset: u64,
    /// Its number in its file.
    pub number: u64,
    pub at_ms: i64,
    /// Behind the lengths that a census knows.
    pub fresh: bool,
    pub ops: Vec<Op>,
}

/// What a frame that counts without being settled has changed, to be taken back when more of
/// the log is read.
pub(super) struct Overlaid {
    pub key: (Table, Key),
    pub before: Option<Last>,
    /// How many states and removals of it there were.
    pub life: (usize, usize),
}
