//! Days counted from 1970, and years, months and days: Gregorian throughout.

/// The day of a date, if there is such a date.
pub(crate) fn day(year: i64, month: i64, day: i64) -> Option<i64> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let length = match month {
        2 => 28 + i64::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    if !(1..=length).contains(&day) {
        return None;
    }
    // Years begin in March here, so that the leap day is the last one of its year.
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    Some(era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468)
}

/// Year, month and day of a day.
pub(crate) fn civil(day: i64) -> (i64, i64, i64) {
    let day = day + 719_468;
    let era = day.div_euclid(146_097);
    let of_era = day.rem_euclid(146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (era * 400 + year + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::{civil, day};

    #[test]
    fn every_day_of_ten_millennia_is_found_again() {
        let mut expected = day(0, 1, 1).expect("there is such a day");
        for year in 0..10_000 {
            for month in 1..=12 {
                for of_month in 1..=31 {
                    let Some(found) = day(year, month, of_month) else {
                        continue;
                    };
                    assert_eq!(found, expected);
                    assert_eq!(civil(found), (year, month, of_month));
                    expected += 1;
                }
            }
        }
        assert_eq!(day(1970, 1, 1), Some(0));
    }
}
