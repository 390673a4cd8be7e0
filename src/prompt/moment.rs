//! A moment as RisuAI's macros write it: `YYYY-MM-DD`, `HH:mm:ss` and their like.

use crate::calendar;

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const DAYS: [&str; 7] = [
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
    "Monday",
    "Tuesday",
    "Wednesday",
];
/// A longer form is none.
const MOST_FORM: usize = 300;

/// A moment in the calendar.
pub(super) struct Moment {
    ms: i64,
    year: i64,
    month: usize,
    day: i64,
    of_year: i64,
    weekday: usize,
    seconds: i64,
}

impl Moment {
    /// The moment, so many minutes east of Greenwich.
    pub fn new(ms: i64, offset_minutes: i32) -> Moment {
        let local = ms.saturating_add(i64::from(offset_minutes) * 60_000);
        let days = local.div_euclid(86_400_000);
        let (year, month, day) = calendar::civil(days);
        let before = calendar::day(year, 1, 1).expect("every year has a first day");
        Moment {
            ms,
            year,
            month: month as usize,
            day,
            of_year: days - before + 1,
            weekday: days.rem_euclid(7) as usize,
            seconds: local.div_euclid(1000).rem_euclid(86_400),
        }
    }

    /// `2026-1-9`.
    pub fn date(&self) -> String {
        format!("{}-{}-{}", self.year, self.month, self.day)
    }

    /// `7:5:9`.
    pub fn time(&self) -> String {
        let (hours, minutes, seconds) = self.clock();
        format!("{hours}:{minutes}:{seconds}")
    }

    /// In seconds since 1970.
    pub fn unix(&self) -> i64 {
        self.ms.div_euclid(1000)
    }

    fn clock(&self) -> (i64, i64, i64) {
        let of_hour = self.seconds % 3600;
        (self.seconds / 3600, of_hour / 60, of_hour % 60)
    }

    /// In the form that is asked for.
    pub fn spelled(&self, form: &str) -> String {
        let form = form.strip_prefix(':').unwrap_or(form);
        if form.len() > MOST_FORM {
            return String::new();
        }
        let (hours, minutes, seconds) = self.clock();
        let (month, weekday) = (MONTHS[self.month - 1], DAYS[self.weekday]);
        let year = self.year.to_string();
        let parts: [(&str, String); 16] = [
            ("YYYY", year.clone()),
            ("YY", year.get(2..).unwrap_or_default().to_owned()),
            ("MMMM", month.to_owned()),
            ("MMM", month[..3].to_owned()),
            ("MM", format!("{:02}", self.month)),
            ("DDDD", self.of_year.to_string()),
            ("DD", format!("{:02}", self.day)),
            ("dddd", weekday.to_owned()),
            ("ddd", weekday[..3].to_owned()),
            ("HH", format!("{hours:02}")),
            ("hh", format!("{:02}", hours % 12)),
            ("mm", format!("{minutes:02}")),
            ("ss", format!("{seconds:02}")),
            ("X", self.unix().to_string()),
            ("x", self.ms.to_string()),
            ("A", if hours >= 12 { "PM" } else { "AM" }.to_owned()),
        ];
        let mut out = String::new();
        let mut rest = form;
        while let Some(c) = rest.chars().next() {
            let part = parts.iter().find(|(sign, _)| rest.starts_with(sign));
            let length = match part {
                Some((sign, text)) => {
                    out.push_str(text);
                    sign.len()
                }
                None => {
                    out.push(c);
                    c.len_utf8()
                }
            };
            rest = &rest[length..];
        }
        out
    }
}
