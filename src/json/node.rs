//! Places in the tree, and what they say.

use super::scan::{Entry, Token};
use super::{Tree, text};
use std::borrow::Cow;
use std::ops::Range;

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool,
    /// A number, `NaN` and `Infinity` among them.
    Number,
    /// A string.
    String,
    /// An array.
    Array,
    /// An object.
    Object,
}

/// A value in a document: a place, not a copy.
#[derive(Clone, Copy)]
pub struct Node<'a> {
    tree: &'a Tree,
    at: usize,
}

impl<'a> Node<'a> {
    pub(super) fn root(tree: &'a Tree) -> Node<'a> {
        Node { tree, at: 0 }
    }

    fn entry(self) -> &'a Entry {
        &self.tree.nodes[self.at]
    }

    /// What it is.
    pub fn shape(self) -> Shape {
        match self.entry().token {
            Token::Null => Shape::Null,
            Token::False | Token::True => Shape::Bool,
            Token::Number => Shape::Number,
            Token::String | Token::Key => Shape::String,
            Token::Array => Shape::Array,
            Token::Object => Shape::Object,
        }
    }

    /// Whether it is `null`.
    pub fn is_null(self) -> bool {
        self.entry().token == Token::Null
    }

    /// The member of an object. Of duplicates the last; a key with spaces around it
    /// counts where there is none that matches exactly.
    pub fn get(self, key: &str) -> Option<Node<'a>> {
        self.member(key).map(|key| key.value())
    }

    /// How the object spells the key that [`Node::get`] finds.
    pub fn key_of(self, key: &str) -> Option<Cow<'a, str>> {
        self.member(key).map(Node::content)
    }

    /// The item of an array.
    pub fn at(self, index: usize) -> Option<Node<'a>> {
        self.items().nth(index)
    }

    /// The members of an object in the order of the text, duplicates among them.
    /// Nothing for any other value.
    pub fn entries(self) -> Entries<'a> {
        Entries(self.keys())
    }

    /// The items of an array. Nothing for any other value.
    pub fn items(self) -> Items<'a> {
        let end = if self.entry().token == Token::Array {
            self.entry().next as usize
        } else {
            self.at + 1
        };
        Items {
            tree: self.tree,
            at: self.at + 1,
            end,
        }
    }

    /// How many items or members there are; 0 for what has none.
    pub fn len(self) -> usize {
        match self.shape() {
            Shape::Array => self.items().count(),
            Shape::Object => self.keys().count(),
            _ => 0,
        }
    }

    /// Whether there are no items or members.
    pub fn is_empty(self) -> bool {
        // Entries of a container without content are followed at once by what is outside.
        self.entry().next as usize == self.at + 1
    }

    /// What a string says. A lone surrogate becomes U+FFFD; [`Node::strict`] keeps it.
    pub fn text(self) -> Option<Cow<'a, str>> {
        (self.entry().token == Token::String).then(|| self.content())
    }

    /// A number as JavaScript would have it: the nearest double, `Infinity` beyond them.
    pub fn number(self) -> Option<f64> {
        (self.entry().token == Token::Number).then(|| match self.raw() {
            "NaN" | "-NaN" | "+NaN" => f64::NAN,
            "Infinity" | "+Infinity" => f64::INFINITY,
            "-Infinity" => f64::NEG_INFINITY,
            raw => raw
                .parse()
                .expect("the scanner lets only numbers pass that Rust reads too"),
        })
    }

    /// `true` or `false`.
    pub fn boolean(self) -> Option<bool> {
        match self.entry().token {
            Token::True => Some(true),
            Token::False => Some(false),
            _ => None,
        }
    }

    /// Its text as written.
    pub fn raw(self) -> &'a str {
        &self.tree.text[self.span()]
    }

    /// Appends it as strict JSON; see [`Document::to_strict`](super::Document::to_strict).
    pub fn strict(self, out: &mut String) {
        if !self.entry().loose {
            return text::ascii(self.raw(), self.tree.verbatim, out);
        }
        let end = self.entry().next as usize;
        // Containers around `at`: where each ends, and its closing bracket.
        let mut open: Vec<(usize, char)> = Vec::new();
        let mut at = self.at;
        let mut comma = false;
        loop {
            while let Some((_, bracket)) = open.pop_if(|(end, _)| *end == at) {
                out.push(bracket);
                comma = true;
            }
            if at >= end {
                return;
            }
            let node = Node {
                tree: self.tree,
                at,
            };
            let entry = node.entry();
            if std::mem::take(&mut comma) {
                out.push(',');
            }
            comma = true;
            match entry.token {
                Token::Key => {
                    node.literal(out);
                    out.push(':');
                    comma = false;
                }
                _ if !entry.loose => {
                    text::ascii(node.raw(), self.tree.verbatim, out);
                    at = entry.next as usize;
                    continue;
                }
                Token::Array | Token::Object => {
                    let (first, last) = if entry.token == Token::Array {
                        ('[', ']')
                    } else {
                        ('{', '}')
                    };
                    out.push(first);
                    open.push((entry.next as usize, last));
                    comma = false;
                }
                Token::Number => out.push_str(&match node.number() {
                    Some(number) if number.is_nan() => "null".to_owned(),
                    Some(number) if number.is_infinite() => {
                        format!("{}1e999", if number < 0.0 { "-" } else { "" })
                    }
                    Some(number) => format!("{number:?}"),
                    None => "null".to_owned(),
                }),
                _ => node.literal(out),
            }
            at += 1;
        }
    }

    /// Where it stands in the text.
    pub(crate) fn span(self) -> Range<usize> {
        self.entry().start as usize..self.entry().end as usize
    }

    /// The keys of an object, each a place of its own.
    pub(crate) fn keys(self) -> Keys<'a> {
        let end = if self.entry().token == Token::Object {
            self.entry().next as usize
        } else {
            self.at + 1
        };
        Keys {
            tree: self.tree,
            at: self.at + 1,
            end,
        }
    }

    /// The value of a key.
    pub(crate) fn value(self) -> Node<'a> {
        Node {
            tree: self.tree,
            at: self.at + 1,
        }
    }

    /// The key that counts for `key`.
    pub(super) fn member(self, key: &str) -> Option<Node<'a>> {
        let [member] = self.members(&[key]);
        member
    }

    /// The keys that count for some, in one pass over the object: those of [`Node::get`].
    pub(crate) fn members<const N: usize>(self, wanted: &[&str; N]) -> [Option<Node<'a>>; N] {
        let Tree { nodes, text, .. } = self.tree;
        let (mut exact, mut padded) = ([None; N], [None; N]);
        let longest = wanted.iter().map(|key| key.len()).max().unwrap_or_default();
        let Keys { mut at, end, .. } = self.keys();
        while at < end {
            let node = Node {
                tree: self.tree,
                at,
            };
            let entry = &nodes[at];
            let inner = &text.as_bytes()[entry.start as usize + 1..entry.end as usize - 1];
            // Nearly every key is told by its length.
            if entry.escaped || may_be_padded(inner) {
                let name = node.content();
                for (n, key) in wanted.iter().enumerate() {
                    if name == *key {
                        exact[n] = Some(node);
                    } else if name.len() > key.len() && name.trim() == *key {
                        padded[n] = Some(node);
                    }
                }
            } else if inner.len() <= longest {
                let mut keys = wanted.iter();
                let same = |key: &&str| key.len() == inner.len() && key.as_bytes() == inner;
                if let Some(n) = keys.position(same) {
                    exact[n] = Some(node);
                }
            }
            at = nodes[at + 1].next as usize;
        }
        for (exact, padded) in exact.iter_mut().zip(padded) {
            *exact = exact.or(padded);
        }
        exact
    }

    /// Whether there is a backslash in a string.
    pub(crate) fn is_escaped(self) -> bool {
        self.entry().escaped
    }

    /// What a string or key says.
    pub(crate) fn content(self) -> Cow<'a, str> {
        let raw = self.raw();
        let inner = &raw[1..raw.len() - 1];
        if self.entry().escaped {
            text::unescape(inner)
        } else {
            Cow::Borrowed(inner)
        }
    }

    /// A string or key as a strict literal.
    fn literal(self, out: &mut String) {
        let raw = self.raw();
        if self.entry().loose {
            out.push('"');
            text::strict(&raw[1..raw.len() - 1], self.tree.verbatim, out);
            out.push('"');
        } else {
            text::ascii(raw, self.tree.verbatim, out);
        }
    }
}

/// Whether white space may stand around it, of ASCII or beyond.
fn may_be_padded(written: &[u8]) -> bool {
    let blank = |byte: &u8| !matches!(byte, b'!'..=0x7f);
    written.first().is_some_and(blank) || written.last().is_some_and(blank)
}

impl std::fmt::Debug for Node<'_> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(self.raw())
    }
}

/// The items of an array.
#[derive(Clone)]
pub struct Items<'a> {
    tree: &'a Tree,
    at: usize,
    end: usize,
}

impl<'a> Iterator for Items<'a> {
    type Item = Node<'a>;

    fn next(&mut self) -> Option<Node<'a>> {
        let node = (self.at < self.end).then_some(Node {
            tree: self.tree,
            at: self.at,
        })?;
        self.at = node.entry().next as usize;
        Some(node)
    }
}

/// The keys of an object.
#[derive(Clone)]
pub(crate) struct Keys<'a> {
    tree: &'a Tree,
    at: usize,
    end: usize,
}

impl<'a> Iterator for Keys<'a> {
    type Item = Node<'a>;

    fn next(&mut self) -> Option<Node<'a>> {
        let node = (self.at < self.end).then_some(Node {
            tree: self.tree,
            at: self.at,
        })?;
        self.at = node.value().entry().next as usize;
        Some(node)
    }
}

/// The members of an object: key and value.
#[derive(Clone)]
pub struct Entries<'a>(Keys<'a>);

impl<'a> Iterator for Entries<'a> {
    type Item = (Cow<'a, str>, Node<'a>);

    fn next(&mut self) -> Option<(Cow<'a, str>, Node<'a>)> {
        self.0.next().map(|key| (key.content(), key.value()))
    }
}
