//! Dates as chat logs spell them, to milliseconds since 1970 and back.
//!
//! Chat tools write local time without saying which zone. Such a date is taken as UTC:
//! no file says where it was written, and the same bytes must give the same number on
//! every machine. Knows nothing of chats.

use crate::calendar::{self, civil};
use crate::json::Node;

const SECOND: i64 = 1000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// Numbers below this are seconds: as milliseconds they would lie before March 1973.
const SECONDS_BELOW: f64 = 1e11;
/// The ends of what JavaScript's `Date` can hold.
const WIDEST_MS: f64 = 8.64e15;

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

const WEEKDAYS: [&str; 7] = [
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
];

/// Milliseconds since 1970 of a date that is a number or a text.
///
/// Numbers and texts of digits are milliseconds, or seconds where they are too small for
/// that. Texts are ISO 8601 (`2025-09-26T07:04:12.006Z`, with an offset or without),
/// `2023-6-19 @16h 13m 44s 234ms`, `2025-12-31@15h12m05s`, `June 19, 2023 4:13pm`
/// with any case, with or without seconds and `am` or `pm`, and what JavaScript makes of a
/// date: `Mon Jun 19 2023 16:13:05 GMT+0200 (…)`, `Mon, 19 Jun 2023 14:13:05 GMT`,
/// `6/19/2023, 4:13:05 PM`, `19.6.2023, 16:13:05`. A date without a zone is taken as UTC.
/// `None` for everything else, also for `6/7/2023, 16:13`: nothing says which is the day.
pub fn parse(date: Node<'_>) -> Option<i64> {
    match date.number() {
        Some(number) => from_number(number),
        None => parse_text(&date.text()?),
    }
}

/// As [`parse`], for a text.
pub fn parse_text(text: &str) -> Option<i64> {
    let text = text.trim();
    if text.len() > 96 {
        return None;
    }
    if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit() || b == b'.') {
        return from_number(text.parse().ok()?);
    }
    let lower = text.to_ascii_lowercase();
    let cursor = Cursor(lower.as_bytes());
    let digits = lower.bytes().take_while(u8::is_ascii_digit).count();
    match lower.as_bytes().get(digits) {
        _ if digits == 0 => spelled(cursor),
        Some(b'/' | b'.') if digits < 3 => local(cursor),
        Some(b' ') if digits < 3 => day_first(cursor),
        _ => numeric(cursor),
    }
}

/// A date as SillyTavern writes it into new messages: `2025-09-26T07:04:12.006Z`.
pub fn format_sillytavern(ms: i64) -> String {
    let (year, month, day) = civil(ms.div_euclid(DAY));
    let time = ms.rem_euclid(DAY);
    let (hour, minute) = (time / HOUR, time % HOUR / MINUTE);
    let (second, milli) = (time % MINUTE / SECOND, time % SECOND);
    let year = match year {
        0..=9999 => format!("{year:04}"),
        _ => format!("{year:+07}"),
    };
    format!("{year}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{milli:03}Z")
}

/// A date as headers have it: `2025-09-26@07h04m12s`.
pub(super) fn format_header(ms: i64) -> String {
    let (year, month, day) = civil(ms.div_euclid(DAY));
    let time = ms.rem_euclid(DAY);
    let (hour, minute, second) = (time / HOUR, time % HOUR / MINUTE, time % MINUTE / SECOND);
    format!("{year}-{month:02}-{day:02}@{hour:02}h{minute:02}m{second:02}s")
}

fn from_number(number: f64) -> Option<i64> {
    let ms = if number.abs() < SECONDS_BELOW {
        number * 1000.0
    } else {
        number
    };
    (ms.abs() <= WIDEST_MS).then(|| ms.round() as i64)
}

/// `2025-09-26T07:04:12.006Z`, `2023-6-19 @16h 13m 44s 234ms` and what lies between.
fn numeric(mut cursor: Cursor<'_>) -> Option<i64> {
    let year = cursor.number(4)?;
    let separator = cursor.any(b"-/")?;
    let month = cursor.number(2)?;
    cursor.any(&[separator])?;
    let day = days(year, month, cursor.number(2)?)?;
    if cursor.is_done() {
        return Some(day);
    }
    if cursor.any(b"t").is_none() {
        cursor.space();
        if cursor.any(b"@").is_some() {
            cursor.space();
        }
    }
    let hour = cursor.number(2)?;
    if cursor.any(b"h").is_some() {
        return Some(day + humanized(cursor, hour)?);
    }
    let time = clock(&mut cursor, hour)?;
    cursor.space();
    let offset = match cursor.any(b"z") {
        Some(_) => 0,
        None => ahead(&mut cursor)?,
    };
    cursor.is_done().then_some(day + time - offset)
}

/// How far a zone is ahead of UTC: `+02:00`, `-0530`, `+2`, or nothing.
fn ahead(cursor: &mut Cursor<'_>) -> Option<i64> {
    let Some(sign) = cursor.any(b"+-") else {
        return Some(0);
    };
    let hours = cursor.number(2)?;
    cursor.any(b":");
    let minutes = cursor.number(2).unwrap_or_default();
    let ahead = below(hours, 24)? * HOUR + below(minutes, 60)? * MINUTE;
    Some(if sign == b'-' { -ahead } else { ahead })
}

/// `6/19/2023, 4:13:05 PM`, `19/06/2023, 16:13:05` and `19.6.2023, 16:13`.
fn local(mut cursor: Cursor<'_>) -> Option<i64> {
    let first = cursor.number(2)?;
    let separator = cursor.any(b"/.")?;
    let second = cursor.number(2)?;
    cursor.any(&[separator])?;
    // Two digits may be a day.
    let year = cursor.number(4).filter(|year| *year > 999)?;
    let mut rest = Cursor(cursor.0);
    rest.any(b",");
    let time = later(rest)?;
    // Who halves the day puts the month first, who separates by points the day.
    let halved = cursor.0.ends_with(b"m");
    let (month, day) = match separator {
        b'.' => (second, first),
        _ if first > 12 => (second, first),
        _ if second > 12 || halved || first == second => (first, second),
        _ => return None,
    };
    Some(days(year, month, day)? + time)
}

/// `19 Jun 2023 14:13:05 GMT`.
fn day_first(mut cursor: Cursor<'_>) -> Option<i64> {
    let day = cursor.number(2)?;
    cursor.space();
    let month = month(cursor.word())?;
    cursor.any(b".,");
    cursor.space();
    let day = days(cursor.number(4)?, month, day)?;
    cursor.any(b",");
    Some(day + later(cursor)?)
}

/// The time behind a day, perhaps with a zone; nothing is midnight.
fn later(mut cursor: Cursor<'_>) -> Option<i64> {
    cursor.space();
    if cursor.0.starts_with(b"at ") {
        cursor.word();
        cursor.space();
    }
    if cursor.is_done() {
        return Some(0);
    }
    let hour = cursor.number(2)?;
    let time = clock(&mut cursor, hour)?;
    cursor.space();
    let offset = match cursor.word() {
        b"" | b"gmt" | b"utc" | b"z" => ahead(&mut cursor)?,
        _ => return None,
    };
    cursor.space();
    // JavaScript says the zone's name as well.
    let named = cursor.0.first() == Some(&b'(') && cursor.0.last() == Some(&b')');
    (cursor.is_done() || named).then_some(time - offset)
}

/// The number of a month by its name, or three letters of it and more.
fn month(name: &[u8]) -> Option<i64> {
    let month = MONTHS.iter().position(|month| {
        name.len() >= 3 && month.as_bytes().starts_with(name)
            || name == b"sept" && *month == MONTHS[8]
    })?;
    Some(month as i64 + 1)
}

/// What follows the hour in `16h 13m 44s 234ms`. The end may be missing.
fn humanized(mut cursor: Cursor<'_>, hour: i64) -> Option<i64> {
    let mut time = below(hour, 24)? * HOUR;
    for (unit, length, end) in [("m", MINUTE, 60), ("s", SECOND, 60), ("ms", 1, 1000)] {
        cursor.space();
        if cursor.is_done() {
            break;
        }
        time += below(cursor.number(3)?, end)? * length;
        for letter in unit.bytes() {
            cursor.any(&[letter])?;
        }
    }
    cursor.is_done().then_some(time)
}

/// `June 19, 2023 4:13pm`, perhaps behind the name of a day; behind that the day may be first.
fn spelled(mut cursor: Cursor<'_>) -> Option<i64> {
    let mut name = cursor.word();
    let is_day = |day: &&str| name.len() >= 3 && day.as_bytes().starts_with(name);
    if WEEKDAYS.iter().any(is_day) {
        cursor.any(b".");
        cursor.any(b",");
        cursor.space();
        if cursor.0.first().is_some_and(u8::is_ascii_digit) {
            return day_first(cursor);
        }
        name = cursor.word();
    }
    let month = month(name)?;
    cursor.any(b".");
    cursor.space();
    let day = cursor.number(2)?;
    cursor.any(b",");
    cursor.space();
    let day = days(cursor.number(4)?, month, day)?;
    cursor.any(b",");
    Some(day + later(cursor)?)
}

/// `4:13`, `4:13:05`, `4:13:05.006`, each perhaps with `am` or `pm`; the hour is read.
fn clock(cursor: &mut Cursor<'_>, hour: i64) -> Option<i64> {
    cursor.any(b":")?;
    let mut time = below(cursor.number(2)?, 60)? * MINUTE;
    if cursor.any(b":").is_some() {
        // A leap second counts as the second after.
        time += below(cursor.number(2)?, 61)? * SECOND;
        if cursor.any(b".,").is_some() {
            time += cursor.fraction()?;
        }
    }
    let mut rest = Cursor(cursor.0);
    rest.space();
    let hour = match rest.any(b"ap") {
        Some(half) => {
            rest.any(b"m")?;
            *cursor = rest;
            if !(1..=12).contains(&hour) {
                return None;
            }
            hour % 12 + if half == b'p' { 12 } else { 0 }
        }
        None => below(hour, 24)?,
    };
    Some(hour * HOUR + time)
}

fn below(number: i64, end: i64) -> Option<i64> {
    (number < end).then_some(number)
}

/// Milliseconds from 1970 to the beginning of a day, if there is such a day.
fn days(year: i64, month: i64, day: i64) -> Option<i64> {
    calendar::day(year, month, day).map(|day| day * DAY)
}

/// What is left of a text in lower case.
struct Cursor<'a>(&'a [u8]);

impl<'a> Cursor<'a> {
    /// One to `most` digits.
    fn number(&mut self, most: usize) -> Option<i64> {
        let length = self
            .0
            .iter()
            .take(most)
            .take_while(|b| b.is_ascii_digit())
            .count();
        let (digits, rest) = self.0.split_at(length);
        self.0 = rest;
        (length > 0).then(|| {
            digits
                .iter()
                .fold(0, |sum, digit| sum * 10 + i64::from(digit - b'0'))
        })
    }

    /// Digits behind the point of a second, in milliseconds.
    fn fraction(&mut self) -> Option<i64> {
        let length = self.0.iter().take_while(|b| b.is_ascii_digit()).count();
        let (digits, rest) = self.0.split_at(length);
        self.0 = rest;
        let digit = |n: usize| digits.get(n).map_or(0, |digit| i64::from(digit - b'0'));
        (length > 0).then(|| digit(0) * 100 + digit(1) * 10 + digit(2))
    }

    fn word(&mut self) -> &'a [u8] {
        let length = self
            .0
            .iter()
            .take_while(|b| b.is_ascii_alphabetic())
            .count();
        let (word, rest) = self.0.split_at(length);
        self.0 = rest;
        word
    }

    fn any(&mut self, wanted: &[u8]) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        wanted.contains(first).then(|| {
            self.0 = rest;
            *first
        })
    }

    /// Spaces, among them the narrow ones that browsers put before `am` and `pm`.
    fn space(&mut self) {
        const SPACES: [&[u8]; 3] = [b" ", "\u{202f}".as_bytes(), "\u{a0}".as_bytes()];
        while let Some(space) = SPACES.iter().find(|space| self.0.starts_with(space)) {
            self.0 = &self.0[space.len()..];
        }
    }

    fn is_done(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::{format_sillytavern, parse_text};

    #[test]
    fn what_is_written_is_read_back() {
        for ms in [
            0,
            1,
            -1,
            951_782_399_999,
            1_758_870_252_006,
            253_402_300_799_999,
        ] {
            assert_eq!(parse_text(&format_sillytavern(ms)), Some(ms));
        }
    }
}
