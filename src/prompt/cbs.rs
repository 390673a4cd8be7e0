//! Functions of RisuAI's macros (CBS) that hang on nothing but their arguments: comparing,
//! texts, numbers, lists. Spelled as JavaScript spells numbers, since cards compare them as texts.

use crate::json::{Document, Node, Shape, quote};

/// Brackets within brackets.
const MOST_DEPTH: usize = 64;

/// Values that a list is made of.
const MOST_ITEMS: usize = 100_000;

/// What came out has more bytes than there is room for.
#[derive(Debug)]
pub(super) struct TooLarge;

/// What a function gives; `None` when it is not known, or has too few arguments. `name` is in
/// lower case and without blanks, `_` and `-`.
pub(super) fn call(name: &str, given: &[&str], room: usize) -> Result<Option<String>, TooLarge> {
    let bounded = |length: Option<usize>| match length {
        Some(length) if length <= room => Ok(()),
        _ => Err(TooLarge),
    };
    let truth = |truth: bool| Ok(Some(if truth { "1" } else { "0" }.to_owned()));
    let told = |number: f64| Ok(Some(spelled(number)));
    let text = |text: &str| Ok(Some(text.to_owned()));
    // One list, or all that is given.
    let all = || match given {
        [one] => list(one),
        several => several.iter().map(|one| Item::of(one)).collect(),
    };
    let is_one = |item: &Item| item.raw == "\"1\"";
    let numbers = || {
        let known = |item: &Item| match item.raw.as_str() {
            "true" => 1.0,
            _ => Some(number(&item.text))
                .filter(|it| !it.is_nan())
                .unwrap_or(0.0),
        };
        all().iter().map(known).collect::<Vec<f64>>()
    };
    match (name, given) {
        ("blank" | "none", []) => text(""),
        ("br", []) => text("\n"),
        ("cbr" | "cnl" | "cnewline", []) => text("\\n"),
        ("decbo" | "displayescapedcurlybracketopen", []) => text("{"),
        ("decbc" | "displayescapedcurlybracketclose", []) => text("}"),
        ("bo" | "ddecbo" | "doubledisplayescapedcurlybracketopen", []) => text("{{"),
        ("bc" | "ddecbc" | "doubledisplayescapedcurlybracketclose", []) => text("}}"),
        ("debo" | "displayescapedbracketopen" | "(", []) => text("("),
        ("debc" | "displayescapedbracketclose" | ")", []) => text(")"),
        ("deabo" | "displayescapedanglebracketopen" | "<", []) => text("<"),
        ("deabc" | "displayescapedanglebracketclose" | ">", []) => text(">"),
        ("dec" | "displayescapedcolon", []) => text(":"),
        ("displayescapedsemicolon" | ";", []) => text(";"),
        ("equal", [a, b, ..]) => truth(a == b),
        ("notequal", [a, b, ..]) => truth(a != b),
        ("greater", [a, b, ..]) => truth(number(a) > number(b)),
        ("less", [a, b, ..]) => truth(number(a) < number(b)),
        ("greaterequal", [a, b, ..]) => truth(number(a) >= number(b)),
        ("lessequal", [a, b, ..]) => truth(number(a) <= number(b)),
        ("and", [a, b, ..]) => truth(*a == "1" && *b == "1"),
        ("or", [a, b, ..]) => truth(*a == "1" || *b == "1"),
        ("not", [a, ..]) => truth(*a != "1"),
        ("all", [_, ..]) => truth(all().iter().all(is_one)),
        ("any", [_, ..]) => truth(all().iter().any(is_one)),
        ("startswith", [a, b, ..]) => truth(a.starts_with(b)),
        ("endswith", [a, b, ..]) => truth(a.ends_with(b)),
        ("contains", [a, b, ..]) => truth(a.contains(b)),
        ("iserror", [a, ..]) => {
            let start = a.get(..6);
            truth(start.is_some_and(|start| start.eq_ignore_ascii_case("error:")))
        }
        ("replace", [a, b, c, ..]) => {
            let more = a.matches(b).count().checked_mul(c.len());
            bounded(more.and_then(|more| more.checked_add(a.len())))?;
            Ok(Some(a.replace(b, c)))
        }
        ("split", [a, "", ..]) => Ok(Some(array(a.chars().map(|c| c.to_string())))),
        ("split", [a, b, ..]) => Ok(Some(array(a.split(b).map(str::to_owned)))),
        ("join", [a, b, ..]) => {
            let items = list(a);
            bounded(items.len().checked_mul(b.len()))?;
            let texts: Vec<String> = items.into_iter().map(Item::joined).collect();
            Ok(Some(texts.join(b)))
        }
        ("spread", [a, ..]) => {
            let texts: Vec<String> = list(a).into_iter().map(Item::joined).collect();
            Ok(Some(texts.join("::")))
        }
        ("trim", [a, ..]) => text(a.trim()),
        ("length", [a, ..]) => told(a.encode_utf16().count() as f64),
        ("lower", [a, ..]) => Ok(Some(a.to_lowercase())),
        ("upper", [a, ..]) => Ok(Some(upper(a))),
        ("capitalize", [a, ..]) => {
            let first = a.chars().next().map_or(0, char::len_utf8);
            Ok(Some(upper(&a[..first]) + &a[first..]))
        }
        ("tonumber", [a, ..]) => {
            // A blank is the number 0 to JavaScript.
            let kept = |c: &char| c.is_ascii_digit() || *c == '.' || c.is_whitespace();
            Ok(Some(a.chars().filter(kept).collect()))
        }
        ("round", [a, ..]) => told((number(a) + 0.5).floor()),
        ("floor", [a, ..]) => told(number(a).floor()),
        ("ceil", [a, ..]) => told(number(a).ceil()),
        ("abs", [a, ..]) => told(number(a).abs()),
        ("remaind", [a, b, ..]) => told(number(a) % number(b)),
        ("pow", [a, b, ..]) => told(power(number(a), number(b))),
        ("min", [_, ..]) => told(numbers().into_iter().fold(f64::INFINITY, f64::min)),
        ("max", [_, ..]) => told(numbers().into_iter().fold(f64::NEG_INFINITY, f64::max)),
        ("sum", [_, ..]) => told(numbers().into_iter().sum()),
        ("average", [_, ..]) => {
            let numbers = numbers();
            told(numbers.iter().sum::<f64>() / numbers.len() as f64)
        }
        ("fixnum" | "fixnumber", [a, b, ..]) => {
            let (value, places) = (number(a), index(b));
            if value.is_nan() || value.abs() >= 1e21 {
                return told(value);
            }
            let fits = (0.0..=100.0).contains(&places);
            // Of two that are as near JavaScript takes the one that is further from 0.
            let scale = 10_f64.powf(places);
            let scaled = value.abs() * scale;
            let halved = scaled < 1e15 && scaled.fract() == 0.5 && scaled / scale == value.abs();
            let value = match halved {
                true => (scaled + 0.5) / scale * value.signum(),
                false => value,
            };
            Ok(fits.then(|| format!("{value:.0$}", places as usize)))
        }
        ("hash", [a, ..]) => told((hashed(a) * 10_000_000.0 + 1.5).floor())
            .map(|number| number.map(|number| format!("{number:0>7}"))),
        ("xor" | "xorencrypt" | "xorencode" | "xore", [a, ..]) => {
            let turned: Vec<u8> = a.bytes().map(|byte| !byte).collect();
            bounded(turned.len().checked_mul(2))?;
            Ok(Some(base64_simd::STANDARD.encode_to_string(turned)))
        }
        ("xordecrypt" | "xordecode" | "xord", [a, ..]) => {
            let padded = a.trim().trim_end_matches('=');
            let plain = base64_simd::STANDARD_NO_PAD.decode_to_vec(padded).ok();
            Ok(plain.map(|plain| {
                let turned: Vec<u8> = plain.into_iter().map(|byte| !byte).collect();
                String::from_utf8_lossy(&turned).into_owned()
            }))
        }
        ("crypt" | "crypto" | "caesar" | "encrypt" | "decrypt", [a, more @ ..]) => {
            let shift = more.first().filter(|shift| !shift.is_empty());
            let shift = shift.map_or(32768.0, |shift| number(shift));
            let shift = if shift.is_nan() { 32768.0 } else { shift };
            let turned = |unit: u16| (f64::from(unit) + shift).trunc().rem_euclid(65536.0) as u16;
            let units: Vec<u16> = a.encode_utf16().map(turned).collect();
            // Halves of characters have no place in a text here.
            Ok(String::from_utf16(&units).ok())
        }
        ("tex" | "latex" | "katex", [a, ..]) => Ok(Some(format!("$${a}$$"))),
        ("ruby" | "furigana", [a, b, ..]) => Ok(Some(format!(
            "<ruby>{a}<rp> (</rp><rt>{b}</rt><rp>) </rp></ruby>"
        ))),
        ("fromhex", [a, ..]) => told(whole(a, 16)),
        ("tohex", [a, ..]) => {
            let signed = a.trim_start().trim_start_matches(['+', '-']);
            let value = whole(a, if signed.starts_with("0x") { 16 } else { 10 });
            if value.is_nan() {
                return told(value);
            }
            let sign = if value < 0.0 { "-" } else { "" };
            let fits = value.abs() < 9e15;
            Ok(fits.then(|| format!("{sign}{:x}", value.abs() as u64)))
        }
        ("unicodeencode", [a, more @ ..]) => {
            let at = more.first().map_or(0.0, |at| index(at));
            let unit = (at >= 0.0)
                .then(|| a.encode_utf16().nth(at as usize))
                .flatten();
            Ok(Some(unit.map_or("NaN".to_owned(), |unit| unit.to_string())))
        }
        ("unicodedecode", [a, ..]) => Ok(character(number(a))),
        ("u" | "unicodedecodefromhex" | "ue" | "unicodeencodefromhex", [a, ..]) => {
            Ok(character(whole(a, 16)))
        }
        ("makearray" | "array" | "a", items @ [_, ..]) => {
            Ok(Some(array(items.iter().map(|item| (*item).to_owned()))))
        }
        ("arraylength", [a, ..]) => told(list(a).len() as f64),
        ("arrayelement", [a, at, ..]) => {
            let items = list(a);
            let at = index(at);
            let at = if at < 0.0 {
                at + items.len() as f64
            } else {
                at
            };
            let found = items
                .into_iter()
                .nth(if at >= 0.0 { at as usize } else { usize::MAX });
            Ok(Some(found.map_or("null".to_owned(), |item| item.text)))
        }
        ("arrayshift", [a, ..]) => Ok(Some(items(list(a).into_iter().skip(1)))),
        ("arraypop", [a, ..]) => {
            let mut all = list(a);
            all.pop();
            Ok(Some(items(all)))
        }
        ("arraypush", [a, b, ..]) => Ok(Some(items(list(a).into_iter().chain([Item::of(b)])))),
        ("arraysplice", [a, from, count, new, ..]) => {
            let mut all = list(a);
            let length = all.len() as f64;
            let from = index(from);
            let from = if from < 0.0 {
                (length + from).max(0.0)
            } else {
                from.min(length)
            };
            let count = index(count).clamp(0.0, length - from);
            let range = from as usize..(from + count) as usize;
            all.splice(range, [Item::of(new)]);
            Ok(Some(items(all)))
        }
        ("arrayassert", [a, at, new, ..]) => {
            let mut all = list(a);
            let at = number(at);
            if at >= all.len() as f64 && at.fract() == 0.0 {
                let most = (at < MOST_ITEMS as f64).then_some(at as usize * 5);
                bounded(most)?;
                all.resize_with(at as usize, Item::null);
                all.push(Item::of(new));
            }
            Ok(Some(items(all)))
        }
        ("filter", [a, kind, ..]) => {
            let mut kept: Vec<Item> = Vec::new();
            let mut seen = std::collections::HashSet::new();
            for item in list(a) {
                let first = seen.insert(item.raw.clone());
                let (empty, again) = (item.raw == "\"\"", !first);
                let out = match *kind {
                    "nonempty" => empty,
                    "unique" => again,
                    _ => empty || again,
                };
                kept.extend((!out).then_some(item));
            }
            Ok(Some(items(kept)))
        }
        ("range", [a, ..]) => {
            let bounds: Vec<f64> = list(a).iter().map(|item| number(&item.text)).collect();
            let (mut at, end) = match bounds[..] {
                [start, end, ..] => (start, end),
                [end] => (0.0, end),
                [] => (0.0, 0.0),
            };
            let step = bounds.get(2).copied().unwrap_or(1.0);
            let mut out = Vec::new();
            while at < end {
                out.push(spelled(at));
                bounded((out.len() < MOST_ITEMS).then_some(out.len() * 4))?;
                at += step;
            }
            Ok(Some(array(out)))
        }
        ("makedict" | "dict" | "d" | "makeobject" | "object" | "o", fields @ [_, ..]) => {
            let mut made = Dict::default();
            for (key, value) in fields.iter().filter_map(|field| field.split_once('=')) {
                made.put(key, quote(value));
            }
            Ok(Some(made.text()))
        }
        ("dictelement" | "objectelement", [a, key, ..]) => {
            let found = Dict::of(a).get(key).map(|item| item.text);
            Ok(Some(found.unwrap_or_else(|| "null".to_owned())))
        }
        ("objectassert" | "dictassert", [a, key, value, ..]) => {
            let mut dict = Dict::of(a);
            if dict.get(key).is_none_or(|item| item.is_nothing()) {
                dict.put(key, quote(value));
            }
            Ok(Some(dict.text()))
        }
        ("element" | "ele", [a, ways @ ..]) => Ok(Some(element(a, ways))),
        _ => Ok(None),
    }
}

/// A number as JavaScript makes one of a text.
pub(super) fn number(text: &str) -> f64 {
    let text = text.trim();
    let signed = text.strip_prefix(['+', '-']).unwrap_or(text);
    let hex = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
    match (text, hex) {
        ("", _) => 0.0,
        (_, Some(hex)) => u64::from_str_radix(hex, 16).map_or(f64::NAN, |number| number as f64),
        _ if signed == "Infinity" => match text.starts_with('-') {
            true => f64::NEG_INFINITY,
            false => f64::INFINITY,
        },
        // Rust reads `inf` and `nan` too.
        _ if signed.starts_with(|c: char| c.is_ascii_digit() || c == '.') => {
            text.parse().unwrap_or(f64::NAN)
        }
        _ => f64::NAN,
    }
}

/// A number as a place in a list: whole, and 0 where it is none.
fn index(text: &str) -> f64 {
    let number = number(text);
    if number.is_nan() { 0.0 } else { number.trunc() }
}

/// The number that a text begins with.
pub(super) fn float(text: &str) -> f64 {
    let text = text.trim_start();
    let mut end = 0;
    let (mut dot, mut digit, mut exponent) = (false, false, false);
    for (n, c) in text.char_indices() {
        match c {
            '0'..='9' => digit = true,
            '+' | '-' if n == 0 => {}
            '.' if !dot && !exponent => dot = true,
            'e' | 'E' if digit && !exponent => {
                let rest = text[n + 1..].trim_start_matches(['+', '-']);
                if !rest.starts_with(|c: char| c.is_ascii_digit()) {
                    break;
                }
                exponent = true;
            }
            '+' | '-' if exponent && text[..n].ends_with(['e', 'E']) => {}
            _ => break,
        }
        end = n + c.len_utf8();
    }
    if text.trim_start_matches(['+', '-']).starts_with("Infinity") {
        return number(if text.starts_with('-') {
            "-Infinity"
        } else {
            "Infinity"
        });
    }
    match digit {
        true => text[..end].parse().unwrap_or(f64::NAN),
        false => f64::NAN,
    }
}

/// The whole number that a text begins with.
fn whole(text: &str, radix: u32) -> f64 {
    let text = text.trim_start();
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => (-1.0, rest),
        None => (1.0, text.strip_prefix('+').unwrap_or(text)),
    };
    let digits = match digits.strip_prefix("0x") {
        Some(rest) if radix == 16 => rest,
        _ => digits,
    };
    let mut values = digits.chars().map_while(|c| c.to_digit(radix)).peekable();
    if values.peek().is_none() {
        return f64::NAN;
    }
    sign * values.fold(0.0, |sum, digit| sum * f64::from(radix) + f64::from(digit))
}

/// A number from 0 to 1 that is the same for the same text: the first that the generator sfc32
/// gives, begun with four sums over the text.
fn hashed(text: &str) -> f64 {
    let mut sum = 5515.0_f64;
    let mut seed = || {
        for unit in text.encode_utf16() {
            // What is shifted has 32 bits there, what is added to it has not.
            sum += f64::from(bits(sum).wrapping_shl(5)) + f64::from(unit);
        }
        bits(sum)
    };
    let (a, b, _, d) = (seed(), seed(), seed(), seed());
    f64::from(a.wrapping_add(b).wrapping_add(d) as u32) / 4_294_967_296.0
}

/// The lowest 32 bits of a number, as JavaScript has them.
fn bits(number: f64) -> i32 {
    match number.is_finite() {
        true => number.trunc().rem_euclid(4_294_967_296.0) as u32 as i32,
        false => 0,
    }
}

fn power(base: f64, exponent: f64) -> f64 {
    match exponent.is_nan() || (base.abs() == 1.0 && exponent.is_infinite()) {
        true => f64::NAN,
        false => base.powf(exponent),
    }
}

/// A number as JavaScript writes it.
pub(super) fn spelled(number: f64) -> String {
    if number.is_nan() {
        return "NaN".to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 {
            "Infinity"
        } else {
            "-Infinity"
        }
        .to_owned();
    }
    if number == 0.0 {
        return "0".to_owned();
    }
    if (1e-6..1e21).contains(&number.abs()) {
        return number.to_string();
    }
    let text = format!("{number:e}");
    match text.contains("e-") {
        true => text,
        false => text.replace('e', "e+"),
    }
}

/// The character of a number; a half of one stands for nothing.
fn character(code: f64) -> Option<String> {
    let unit = if code.is_finite() {
        code.rem_euclid(65536.0) as u32
    } else {
        0
    };
    char::from_u32(unit).map(String::from)
}

/// In capitals, as far as Latin, Greek and Cyrillic letters go.
fn upper(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        let code = u32::from(c);
        let moved = match code {
            0xdf => {
                out.push_str("SS");
                continue;
            }
            0xe0..=0xf6 | 0xf8..=0xfe | 0x3b1..=0x3c1 | 0x3c3..=0x3cb | 0x430..=0x44f => code - 32,
            0x3c2 => 0x3a3,
            0x3ac => 0x386,
            0x3ad..=0x3af => code - 37,
            0x3cc => 0x38c,
            0x3cd | 0x3ce => code - 63,
            0xff => 0x178,
            0x450..=0x45f => code - 80,
            // Pairs, the small letter behind the capital.
            0x100..=0x137 | 0x14a..=0x177 | 0x460..=0x481 | 0x48a..=0x4bf | 0x4d0..=0x52f
                if code % 2 == 1 && code != 0x131 =>
            {
                code - 1
            }
            0x139..=0x148 | 0x179..=0x17e if code % 2 == 0 => code - 1,
            _ => u32::from(c.to_ascii_uppercase()),
        };
        out.push(char::from_u32(moved).unwrap_or(c));
    }
    out
}

/// One value of a list.
struct Item {
    /// As a text.
    text: String,
    /// As strict JSON.
    raw: String,
}

impl Item {
    fn of(text: &str) -> Item {
        Item {
            text: text.to_owned(),
            raw: quote(text),
        }
    }

    fn null() -> Item {
        Item {
            text: "null".to_owned(),
            raw: "null".to_owned(),
        }
    }

    fn read(node: Node<'_>) -> Item {
        let mut raw = String::new();
        node.strict(&mut raw);
        let text = match node.shape() {
            Shape::String => node.text().unwrap_or_default().into_owned(),
            _ => raw.clone(),
        };
        Item { text, raw }
    }

    /// As a part of a joined list, where nothing is nothing.
    fn joined(self) -> String {
        match self.raw.as_str() {
            "null" => String::new(),
            _ => self.text,
        }
    }

    /// Whether JavaScript takes it for no value.
    fn is_nothing(&self) -> bool {
        matches!(self.raw.as_str(), "\"\"" | "null" | "false" | "0")
    }
}

/// The values of a list: JSON, or what stands between `§`.
pub(super) fn texts(text: &str) -> Vec<String> {
    list(text).into_iter().map(|item| item.text).collect()
}

fn list(text: &str) -> Vec<Item> {
    let document = Document::parse(text).ok();
    let array = document.as_ref().map(Document::root);
    match array.filter(|root| root.shape() == Shape::Array) {
        Some(root) => root.items().map(Item::read).collect(),
        None => text.split('§').map(Item::of).collect(),
    }
}

fn array(texts: impl IntoIterator<Item = String>) -> String {
    let made: Vec<Item> = texts.into_iter().map(|text| Item::of(&text)).collect();
    items(made)
}

fn items(all: impl IntoIterator<Item = Item>) -> String {
    let mut out = String::from("[");
    for item in all {
        if out.len() > 1 {
            out.push(',');
        }
        // As an argument of another function it would come apart.
        match item.raw.starts_with('"') && item.text.contains("::") {
            true => out.push_str(&quote(&item.text.replace("::", "\\u003A\\u003A"))),
            false => out.push_str(&item.raw),
        }
    }
    out.push(']');
    out
}

/// An object, in the order of JavaScript: whole numbers first, by their size.
#[derive(Default)]
struct Dict(Vec<(String, String)>);

impl Dict {
    fn of(text: &str) -> Dict {
        let mut dict = Dict::default();
        if let Ok(document) = Document::parse(text) {
            for (key, value) in document.root().entries() {
                dict.put(&key, Item::read(value).raw);
            }
        }
        dict
    }

    fn put(&mut self, key: &str, raw: String) {
        match self.0.iter_mut().find(|(known, _)| known == key) {
            Some((_, value)) => *value = raw,
            None => {
                let place = |key: &str| {
                    let number = key.parse::<u32>().ok().filter(|n| *n < u32::MAX);
                    number.filter(|n| n.to_string() == key)
                };
                let at = place(key).map(|number| {
                    let before =
                        |(key, _): &(String, String)| place(key).is_some_and(|n| n < number);
                    self.0.iter().take_while(|field| before(field)).count()
                });
                let at = at.unwrap_or(self.0.len());
                self.0.insert(at, (key.to_owned(), raw));
            }
        }
    }

    fn get(&self, key: &str) -> Option<Item> {
        let (_, raw) = self.0.iter().find(|(known, _)| known == key)?;
        let document = Document::parse(raw).ok()?;
        Some(Item::read(document.root()))
    }

    fn text(&self) -> String {
        let fields = self.0.iter();
        let fields: Vec<String> = fields
            .map(|(key, raw)| format!("{}:{raw}", quote(key)))
            .collect();
        format!("{{{}}}", fields.join(","))
    }
}

/// What lies within a JSON value, key by key.
fn element(text: &str, ways: &[&str]) -> String {
    let mut current = Item::of(text);
    for way in ways {
        let null = || "null".to_owned();
        let Ok(document) = Document::parse(&current.text) else {
            return null();
        };
        let root = document.root();
        let found = match root.shape() {
            Shape::Object => root.get(way),
            Shape::Array => way.parse().ok().and_then(|n: usize| root.at(n)),
            _ => None,
        };
        current = match found.map(Item::read) {
            Some(item) if !item.is_nothing() => item,
            _ => return null(),
        };
    }
    current.text
}

/// What a calculation comes to. `value` gives the number of a variable. What is no number is 0.
pub(super) fn calculate(text: &str, value: &dyn Fn(&str) -> f64) -> Option<f64> {
    let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let mut rest = text.as_str();
    let result = sum(&mut rest, 0, 0, value)?;
    Some(result)
}

/// Operators, longer ones first, and how firmly they bind.
const OPERATORS: [(&str, u8); 16] = [
    ("&&", 1),
    ("||", 1),
    ("<=", 2),
    (">=", 2),
    ("==", 2),
    ("!=", 2),
    ("|", 1),
    ("&", 1),
    ("<", 2),
    (">", 2),
    ("=", 2),
    ("+", 3),
    ("-", 3),
    ("*", 4),
    ("/", 4),
    ("%", 4),
];

fn sum(rest: &mut &str, least: u8, depth: usize, value: &dyn Fn(&str) -> f64) -> Option<f64> {
    if depth > MOST_DEPTH {
        return None;
    }
    let mut left = operand(rest, depth, value)?;
    loop {
        let power = rest.starts_with('^').then_some(("^", 5));
        let known = OPERATORS.iter().copied();
        let found = power.or_else(|| known.into_iter().find(|(sign, _)| rest.starts_with(sign)));
        let Some((sign, binds)) = found.filter(|(_, binds)| *binds > least) else {
            return Some(left);
        };
        *rest = &rest[sign.len()..];
        let right = sum(rest, binds, depth + 1, value)?;
        let truth = |truth: bool| f64::from(u8::from(truth));
        let holds = left != 0.0 && !left.is_nan();
        left = match sign {
            "+" => left + right,
            "-" => left - right,
            "*" => left * right,
            "/" => left / right,
            "%" => left % right,
            "^" => self::power(left, right),
            "<" => truth(left < right),
            ">" => truth(left > right),
            "<=" => truth(left <= right),
            ">=" => truth(left >= right),
            "=" | "==" => truth(left == right),
            "!=" => truth(left != right),
            "&" | "&&" => match holds {
                true => right,
                false => left,
            },
            _ => match holds {
                true => left,
                false => right,
            },
        };
    }
}

fn operand(rest: &mut &str, depth: usize, value: &dyn Fn(&str) -> f64) -> Option<f64> {
    let mut negative = false;
    let mut negated = None;
    while let Some(sign) = rest.chars().next().filter(|c| matches!(c, '-' | '!')) {
        match sign {
            '-' => negative = !negative,
            _ => negated = Some(!negated.unwrap_or(true)),
        }
        *rest = &rest[1..];
    }
    let number = if let Some(inside) = rest.strip_prefix('(') {
        *rest = inside;
        let number = sum(rest, 0, depth + 1, value)?;
        *rest = rest.strip_prefix(')').unwrap_or(rest);
        number
    } else {
        let ends = |c: char| "+-*/^%<>|&=!()".contains(c);
        let mut end = rest.find(ends).unwrap_or(rest.len());
        // `1e-3` is one number.
        if rest[..end].ends_with('e') && rest[..end - 1].parse::<f64>().is_ok() {
            let more = rest[end..].strip_prefix(['-', '+']);
            end += more.map_or(0, |more| 1 + more.find(ends).unwrap_or(more.len()));
        }
        let (token, behind) = rest.split_at(end);
        *rest = behind;
        let number = match token.strip_prefix('$') {
            Some(name) => value(name),
            None => float(token),
        };
        if number.is_nan() { 0.0 } else { number }
    };
    let number = if negative { -number } else { number };
    Some(match negated {
        // Twice is whether it holds.
        Some(holds) => f64::from(u8::from((number != 0.0) == holds)),
        None => number,
    })
}
