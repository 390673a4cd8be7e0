//! Frames of which the log does not say whether the medium took them.
//!
//! A burst stands in the log before the medium is asked, and a later frame of the same writer
//! tells how that ended. Of the last frames of a file nobody can tell: the medium may have taken
//! them and their writer never wrote again, their writer may be waiting for the answer, or it
//! ended before it could say that they were refused. A refusal is told only behind a frame that
//! says so, so whoever wrote one of these was never told that it failed.
//!
//! So such a frame counts, whole, where it fits on what is settled: where no other settled write
//! stands in the place of one of its rows. Of two that exclude each other the one that was begun
//! first counts.

use super::file::Redo;
use super::frame::Op;
use super::index::Index;
use super::said::{Last, Overlaid, Unsettled};
use crate::error::Result;
use crate::order;
use crate::store::medium::{Key, Table};
use crate::store::row::VERSIONS;

impl Index {
    /// Takes back what [`Index::believe`] did.
    pub(super) fn doubt(&mut self) {
        for Overlaid {
            key,
            before,
            life: (states, removals),
        } in std::mem::take(&mut self.overlaid).into_iter().rev()
        {
            if let (Table::Rows, Some(life)) = (key.0, self.lives.get_mut(&key.1)) {
                life.states.truncate(states);
                life.removals.truncate(removals);
            }
            match before {
                Some(before) => drop(self.lasts.insert(key, before)),
                None => drop(self.lasts.remove(&key)),
            }
        }
        self.believed.clear();
    }

    /// Has the unsettled frames count that fit.
    pub(super) async fn believe(&mut self, redo: &dyn Redo) -> Result<()> {
        let mut unsettled: Vec<Unsettled> = self.unsettled.values().flatten().cloned().collect();
        order::sort_by(&mut unsettled, |a, b| {
            (a.at_ms, &a.file, a.number).cmp(&(b.at_ms, &b.file, b.number))
        });
        for frame in unsettled {
            if self.excludes(redo, &frame).await? {
                continue;
            }
            for op in &frame.ops {
                let key = (op.table, op.key.clone());
                self.overlaid.push(Overlaid {
                    before: self.lasts.get(&key).cloned(),
                    life: self
                        .lives
                        .get(&key.1)
                        .map_or((0, 0), |life| (life.states.len(), life.removals.len())),
                    key,
                });
                self.note(
                    op.clone(),
                    (frame.at_ms, &frame.file, frame.offset),
                    false,
                    frame.fresh,
                );
            }
            self.believed.push(frame);
        }
        Ok(())
    }

    /// Whether something else stands in the place of a row that a frame writes or removes.
    async fn excludes(&self, redo: &dyn Redo, frame: &Unsettled) -> Result<bool> {
        for op in &frame.ops {
            if op.table == Table::Rows && op.key.text(0) != VERSIONS {
                let excluded = match &op.put {
                    Some(_) => self.is_put_otherwise(redo, frame, op).await?,
                    None => self.is_removed_otherwise(frame, op),
                };
                if excluded {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    async fn is_put_otherwise(&self, redo: &dyn Redo, frame: &Unsettled, op: &Op) -> Result<bool> {
        let (Some(base), Some(put)) = (op.base, &op.put) else {
            return Ok(false);
        };
        let removals = self.removals(&op.key);
        let later = removals.iter().filter(|(_, at_ms)| *at_ms >= frame.at_ms);
        if let Some((end, _)) = later.min_by_key(|(_, at_ms)| *at_ms) {
            // Was the same state removed that this one was built on? What came into being behind
            // the removal says nothing of it.
            return Ok(base > 0 && base <= *end && *end < op.rev);
        }
        // What it was built on was removed, and did not come into being again.
        let states = self.states(&op.key);
        let is_gone = |removal: &Last| {
            let mut behind = states.iter().filter(|it| it.at_ms > removal.at_ms);
            base > 0
                && (base..op.rev).contains(&removal.rev)
                && !behind.any(|state| state.rev <= base)
        };
        let life = self.lives.get(&op.key);
        if life.is_some_and(|life| life.removals.iter().any(is_gone)) {
            return Ok(true);
        }
        for state in states {
            if state.rev <= base || state.rev > op.rev || is_over(&removals, state) {
                continue;
            }
            // A burst of several changes leaves no room for a state between.
            if state.rev < op.rev {
                return Ok(true);
            }
            let Some(other) = &state.put else {
                continue;
            };
            let same = other.length == put.length
                && redo.read(&state.file, other.offset, other.length).await?
                    == redo.read(&frame.file, put.offset, put.length).await?;
            if !same {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn is_removed_otherwise(&self, frame: &Unsettled, op: &Op) -> bool {
        let states = self.states(&op.key);
        let is_made_behind = |at_ms: i64| {
            let mut later = states.iter().filter(|state| state.at_ms > at_ms);
            later.any(|state| state.rev == 1)
        };
        if op.rev == 0 || is_made_behind(frame.at_ms) {
            return false;
        }
        let life = self.lives.get(&op.key);
        let mut twins = life
            .into_iter()
            .flat_map(|life| &life.removals)
            .filter(|one| one.rev == op.rev);
        let removals = self.removals(&op.key);
        let earlier: Vec<_> = removals
            .into_iter()
            .filter(|(_, at_ms)| *at_ms < frame.at_ms)
            .collect();
        let mut now = states.iter().filter(|state| !is_over(&earlier, state));
        now.any(|state| state.rev > op.rev) || twins.any(|one| !is_made_behind(one.at_ms))
    }

    fn states(&self, key: &Key) -> &[Last] {
        self.lives.get(key).map_or(&[], |life| &life.states)
    }

    /// When which revisions of a row were removed, also by what is not settled.
    fn removals(&self, key: &Key) -> Vec<(u64, i64)> {
        let life = self.lives.get(key);
        let known = life.into_iter().flat_map(|life| &life.removals);
        let known = known.map(|removal| (removal.rev, removal.at_ms));
        let unsettled = self.unsettled.values().flatten();
        let unsettled = unsettled.flat_map(|frame| {
            let ops = frame.ops.iter().filter(|op| op.put.is_none() && op.rev > 0);
            ops.filter(|op| op.table == Table::Rows && op.key == *key)
                .map(|op| (op.rev, frame.at_ms))
        });
        known.chain(unsettled).collect()
    }
}

/// Whether a state is one of a row that was removed since and perhaps made again: revisions
/// begin anew then.
fn is_over(removals: &[(u64, i64)], state: &Last) -> bool {
    let mut removals = removals.iter();
    removals.any(|(rev, at_ms)| state.rev <= *rev && state.at_ms <= *at_ms)
}
