//! Which older states of a record are kept, as its row tells, so that a save thins them
//! without reading them.

use super::medium::Value;
use super::record::{Kept, Record};
use super::thinning;
use crate::codec;
use serde_json::Value as Json;

/// Bytes of the older states of one record, beyond what they share. The oldest give way.
const BYTES_A_RECORD: u64 = 32 << 20;

impl Kept {
    /// What is told of a row that becomes an older state; `after` is the state behind it.
    pub fn of(rev: u64, row: &[u8], after: Option<&Record>) -> Kept {
        let fields = codec::read_frame(row).map(|frame| frame.value);
        let fields = fields.unwrap_or_default();
        let shared = |hash: &str| {
            after.is_some_and(|after| after.parts.values().any(|part| part.hash == hash))
        };
        let own = |part: &Json| match part["hash"].as_str() {
            Some(hash) if !shared(hash) => part["bytes"].as_u64().unwrap_or(0),
            _ => 0,
        };
        let parts = fields["parts"].as_object();
        let parts: u64 = parts.map_or(0, |parts| parts.values().map(own).sum());
        Kept {
            rev,
            changed_ms: fields["changed"].as_i64().unwrap_or(0),
            bytes: row.len() as u64 + parts,
            pinned: false,
        }
    }

    /// What is told of versions that are there, when their record does not say it.
    pub fn of_rows(rows: &[(super::medium::Key, Value)]) -> Vec<Kept> {
        let kept = |(_, value): &(_, Value)| Kept::of(value.rev, &value.bytes, None);
        rows.iter().map(kept).collect()
    }
}

/// Takes the ones out that give way: those that are too many, and the oldest over the budget.
pub(super) fn thin(kept: &mut Vec<Kept>, last: usize, now: i64) -> Vec<u64> {
    let times: Vec<i64> = kept.iter().map(|one| one.changed_ms).collect();
    let mut stay = thinning::stay(&times, last, now);
    let mut bytes = 0;
    for (one, stays) in kept.iter().zip(&mut stay).rev() {
        let first = bytes == 0;
        *stays |= one.pinned;
        if *stays {
            bytes += one.bytes;
            *stays = first || one.pinned || bytes <= BYTES_A_RECORD;
        }
    }
    let mut stay = stay.into_iter();
    let (stays, gone) = std::mem::take(kept)
        .into_iter()
        .partition(|_| stay.next().unwrap_or(true));
    *kept = stays;
    let gone: Vec<Kept> = gone;
    gone.into_iter().map(|one| one.rev).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn many(count: u64, bytes: u64) -> Vec<Kept> {
        let one = |rev| Kept {
            rev,
            changed_ms: rev as i64,
            bytes,
            pinned: rev == 3,
        };
        (1..=count).map(one).collect()
    }

    #[test]
    fn a_pinned_one_stays_and_the_last_ones_do() {
        let mut kept = many(20, 1);
        let gone = thin(&mut kept, 5, 1_000);
        let stays: Vec<u64> = kept.iter().map(|one| one.rev).collect();
        assert_eq!(stays, [3, 16, 17, 18, 19, 20]);
        assert_eq!(gone.len(), 14);
    }

    #[test]
    fn over_the_budget_the_oldest_give_way_but_never_the_newest() {
        let mut kept = many(8, BYTES_A_RECORD / 4);
        thin(&mut kept, 8, 1_000);
        let stays: Vec<u64> = kept.iter().map(|one| one.rev).collect();
        assert_eq!(stays, [3, 5, 6, 7, 8]);
        let mut kept = many(2, 2 * BYTES_A_RECORD);
        thin(&mut kept, 8, 1_000);
        assert_eq!(kept.len(), 1);
    }

    #[test]
    fn what_is_told_is_understood_again() {
        for one in many(4, 7) {
            assert_eq!(Kept::from_json(&one.to_json()), Some(one));
        }
        assert_eq!(Kept::from_json(&Json::from(5)), None);
    }
}
