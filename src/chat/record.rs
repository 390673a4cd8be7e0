//! A record: one message's line with everything around it that belongs to it.
//!
//! Lines that cannot be read have no place of their own; they stand in the record of a message
//! beside them, and are neither lost nor moved when the message is changed.

use super::line::{Pieces, What};
use std::ops::Range;

/// The message's own line out of a record, without its newline.
pub fn record_line(record: &[u8]) -> &[u8] {
    &record[place(record).line]
}

/// The record with `new_line` in the place of its message's line.
pub fn replace_line(record: &[u8], new_line: &[u8]) -> Vec<u8> {
    let Range { start, end } = place(record).line;
    [&record[..start], new_line, &record[end..]].concat()
}

/// What is left of a record when its message goes: the other lines, mostly none.
pub fn remove_line(record: &[u8]) -> Vec<u8> {
    let place = place(record);
    let (mut before, after) = record.split_at(place.whole.start);
    let after = &after[place.whole.len()..];
    // A log that ends without a newline goes on doing so.
    if record.last() != Some(&b'\n') && after.is_empty() {
        before = before.strip_suffix(b"\n").unwrap_or(before);
        before = before.strip_suffix(b"\r").unwrap_or(before);
    }
    [before, after].concat()
}

struct Place {
    /// The message's object.
    line: Range<usize>,
    /// With the space around it and its newline.
    whole: Range<usize>,
}

/// Where the message of a record is: the last one there, and where there is none the last line.
fn place(record: &[u8]) -> Place {
    let mut last = Place {
        line: 0..0,
        whole: 0..0,
    };
    let mut found = false;
    for piece in Pieces::of(record) {
        let message = piece.what == What::Message;
        if message || !found && piece.what != What::Blank {
            found |= message;
            last = Place {
                line: piece.start..piece.end,
                whole: piece.from..piece.to,
            };
        }
    }
    last
}
