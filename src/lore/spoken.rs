//! Texts in which keys are looked for, and how far each key was looked for in them.

use super::key::Finder;
use std::borrow::Cow;
use std::cell::Cell;

/// A key made ready, and where it was found. Texts only come to be more, so none is looked
/// through twice for it.
pub(super) struct Key<'b> {
    pub key: &'b str,
    pub finder: Finder,
    pub messages: Found,
    pub about: Found,
    pub entries: Found,
}

/// The first text that has a key, of those that were looked through.
#[derive(Default)]
pub(super) struct Found {
    looked: Cell<usize>,
    first: Cell<Option<usize>>,
}

impl Found {
    /// The first of so many texts that has the key.
    pub(super) fn within<'t>(
        &self,
        count: usize,
        text: impl Fn(usize) -> Option<&'t Text>,
        finder: &Finder,
    ) -> Option<usize> {
        while self.first.get().is_none() && self.looked.get() < count {
            let n = self.looked.get();
            self.looked.set(n + 1);
            if text(n).is_some_and(|text| text.has(finder)) {
                self.first.set(Some(n));
            }
        }
        self.first.get().filter(|first| *first < count)
    }
}

impl<'b> Key<'b> {
    pub(super) fn new(key: &'b str, finder: Finder) -> Key<'b> {
        Key {
            key,
            finder,
            messages: Found::default(),
            about: Found::default(),
            entries: Found::default(),
        }
    }
}

/// A text and the same in lower case.
pub(super) struct Text {
    text: String,
    lower: String,
}

impl Text {
    /// A text without the macros in which nothing is looked for.
    pub(super) fn of(text: &str, hidden: &[&str]) -> Text {
        let text = without(text, hidden);
        Text {
            lower: text.to_lowercase(),
            text: text.into_owned(),
        }
    }

    pub(super) fn has(&self, finder: &Finder) -> bool {
        finder.finds(&self.text, &self.lower)
    }
}

/// Macros that say nothing to keys, by how they begin.
pub(super) const UNSAID: [&str; 2] = ["//", "comment:"];
/// And the one that says something in entries alone.
pub(super) const UNSAID_IN_MESSAGES: [&str; 3] = ["//", "comment:", "hidden_key:"];

/// The text without macros that begin so.
fn without<'t>(text: &'t str, hidden: &[&str]) -> Cow<'t, str> {
    let mut out = String::new();
    let (mut rest, mut kept) = (text, 0);
    while let Some(start) = rest.find("{{") {
        let inner = &rest[start + 2..];
        let begins = |name: &&str| {
            let head = inner.as_bytes().get(..name.len());
            head.is_some_and(|head| head.eq_ignore_ascii_case(name.as_bytes()))
        };
        let at = text.len() - inner.len();
        // The second brace may be the first of two.
        rest = &rest[start + 1..];
        if hidden.iter().any(begins) {
            let Some(end) = inner.find("}}") else {
                break;
            };
            out.push_str(&text[kept..at - 2]);
            rest = &inner[end + 2..];
            kept = text.len() - rest.len();
        }
    }
    match kept {
        0 => Cow::Borrowed(text),
        _ => Cow::Owned(out + &text[kept..]),
    }
}
