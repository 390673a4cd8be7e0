//! Which of many older states stay: the last ones, then one an hour for a day, one a day
//! for thirty days, one a week for a year. For versions and backups alike.

use std::collections::HashSet;

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;
const WEEK: i64 = 7 * DAY;

/// Whether each of some states stays, by their times in milliseconds since 1970, oldest
/// first. Of an hour, day or week the newest stays, so that thinning again changes nothing.
pub(crate) fn stay(times: &[i64], last: usize, now: i64) -> Vec<bool> {
    let newest = times.len().saturating_sub(last);
    let mut taken = HashSet::new();
    let mut stay: Vec<bool> = times
        .iter()
        .enumerate()
        .rev()
        .map(|(at, time)| {
            let age = now.saturating_sub(*time);
            let span = match age / DAY {
                ..1 => HOUR,
                1..30 => DAY,
                30..365 => WEEK,
                _ => return at >= newest,
            };
            taken.insert((span, time.div_euclid(span))) || at >= newest
        })
        .collect();
    stay.reverse();
    stay
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_700_000_000_000;

    fn kept(mut times: Vec<i64>, last: usize, now: i64) -> Vec<i64> {
        let stay = stay(&times, last, now);
        let mut stay = stay.iter();
        times.retain(|_| *stay.next().unwrap());
        times
    }

    #[test]
    fn the_last_ones_stay_and_one_of_each_hour_day_and_week() {
        let hourly = kept((0..600).rev().map(|n| NOW - n * 120_000).collect(), 10, NOW);
        assert!((29..=31).contains(&hourly.len()), "{}", hourly.len());
        let daily = kept((0..700).rev().map(|n| NOW - n * HOUR).collect(), 1, NOW);
        assert!((52..=54).contains(&daily.len()), "{}", daily.len());
        let years = kept((0..1_000).rev().map(|n| NOW - n * DAY).collect(), 3, NOW);
        assert!(
            (30 + 47..=30 + 51).contains(&years.len()),
            "{}",
            years.len()
        );
    }

    #[test]
    fn thinning_again_changes_nothing_and_bounds_what_grows_for_years() {
        let mut times = Vec::new();
        for hour in 0..20_000 {
            let now = NOW + hour * HOUR;
            times.push(now);
            times = kept(times, 10, now);
            assert!(times.len() < 125);
            assert_eq!(kept(times.clone(), 10, now), times);
        }
        // Something of every one of the last thirty days is still there.
        let now = NOW + 19_999 * HOUR;
        for day in 0..30 {
            let (from, to) = (now - (day + 1) * DAY - DAY, now - day * DAY);
            assert!(times.iter().any(|time| (from..to).contains(time)), "{day}");
        }
    }

    #[test]
    fn none_stays_when_none_is_wanted_of_an_old_time_and_clocks_may_go_back() {
        assert_eq!(kept(vec![0, 1, 2], 0, NOW), Vec::<i64>::new());
        assert_eq!(
            kept(vec![NOW + HOUR, NOW + DAY], 1, NOW),
            [NOW + HOUR, NOW + DAY]
        );
    }
}
