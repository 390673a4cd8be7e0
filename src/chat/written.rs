//! A line in the making: its members in the spelling of a log, on one line whatever they hold.
//!
//! Knows no dialect: what a line says is the matter of those who write it.

use crate::json::quote;
use std::borrow::Cow;
use std::collections::HashSet;

/// The members of a line, each once, the first one wins.
pub(super) struct Line {
    comma: &'static str,
    colon: &'static str,
    json: String,
    keys: HashSet<String>,
}

impl Line {
    pub(super) fn new((comma, colon): (&'static str, &'static str)) -> Line {
        Line {
            comma,
            colon,
            json: "{".to_owned(),
            keys: HashSet::new(),
        }
    }

    pub(super) fn put(&mut self, key: &str, value: impl AsRef<str>) {
        if !self.keys.insert(key.to_owned()) {
            return;
        }
        if self.json.len() > 1 {
            self.json.push_str(self.comma);
        }
        self.json.extend([&quote(key), self.colon, value.as_ref()]);
    }

    /// Keeps a member out of the line.
    pub(super) fn skip(&mut self, key: &str) {
        self.keys.insert(key.to_owned());
    }

    pub(super) fn finish(self) -> Vec<u8> {
        self.finish_text().into_bytes()
    }

    pub(super) fn finish_text(mut self) -> String {
        self.json.push('}');
        one_line(&self.json).into_owned()
    }
}

/// A JSON text without the line breaks in it: those between values go together with the
/// indentation behind them, those inside strings become escapes.
pub(super) fn one_line(json: &str) -> Cow<'_, str> {
    if !json.contains('\n') {
        return Cow::Borrowed(json);
    }
    let mut out = String::with_capacity(json.len());
    let (mut string, mut escape, mut indent) = (false, false, false);
    for c in json.chars() {
        indent &= matches!(c, ' ' | '\t' | '\r' | '\n');
        match c {
            // The backslash before it was none of an escape.
            '\n' if string && escape => out.push_str("\\\\n"),
            '\n' if string => out.push_str("\\n"),
            '\r' | '\n' if !string => indent = true,
            _ if indent => {}
            _ => out.push(c),
        }
        string ^= c == '"' && !escape;
        escape = string && c == '\\' && !escape;
    }
    Cow::Owned(out)
}
