//! Decorators of V3: lines `@@name value` at the top of an entry's content.
//!
//! `@@@name` stands in for the decorator before it where that one, or its value, is not known.
//! Of several with one name the first counts, except those that may come more than once.

/// What this crate acts upon. The others are kept, told, and do nothing.
const KNOWN: [&str; 29] = [
    "activate",
    "activate_only_after",
    "activate_only_every",
    "additional_keys",
    "constant",
    "depth",
    "dont_activate",
    "dont_activate_after_match",
    "end",
    "exclude_keys",
    "exclude_keys_all",
    "ignore_on_max_context",
    "inject_lore",
    "inject_prepend",
    "inject_replace",
    "is_greeting",
    "is_user_icon",
    "keep_activate_after_match",
    "match_full_word",
    "match_partial_word",
    "no_recursive_search",
    "position",
    "priority",
    "probability",
    "recursive",
    "reverse_depth",
    "role",
    "scan_depth",
    "unrecursive",
];

/// Chains of stand-ins are followed so far; the specification asks for five at least.
const LONGEST_CHAIN: usize = 16;

/// So many decorators of an entry count; each is compared with all before it.
const MOST: usize = 1000;

/// One decorator.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Decorator {
    /// Its name in lower case.
    pub name: String,
    /// Its values: what stands between commas.
    pub values: Vec<String>,
    /// Whether it is acted upon here.
    pub known: bool,
}

impl Decorator {
    /// Its first value as a number.
    pub fn number(&self) -> Option<f64> {
        self.values.first()?.trim().parse().ok()
    }
}

/// The decorators that count, each the first of its chain that is known.
pub fn decorators(content: &str) -> Vec<Decorator> {
    let mut found: Vec<Decorator> = Vec::new();
    let mut chain: Vec<Decorator> = Vec::new();
    for line in lines(content) {
        let (stands_in, text) = match line.strip_prefix("@@@") {
            Some(text) => (true, text),
            None => (false, line.strip_prefix("@@").unwrap_or(line)),
        };
        if !stands_in {
            settle(&mut chain, &mut found);
            if found.len() == MOST {
                return found;
            }
        }
        if chain.len() < LONGEST_CHAIN {
            chain.push(one(text));
        }
    }
    settle(&mut chain, &mut found);
    found
}

fn settle(chain: &mut Vec<Decorator>, found: &mut Vec<Decorator>) {
    let counts = chain
        .iter()
        .position(|decorator| decorator.known)
        .unwrap_or(0);
    let Some(decorator) = chain.drain(..).nth(counts) else {
        return;
    };
    let many = matches!(
        decorator.name.as_str(),
        "additional_keys" | "exclude_keys" | "exclude_keys_all"
    );
    if many || found.iter().all(|earlier| earlier.name != decorator.name) {
        found.push(decorator);
    }
}

fn one(text: &str) -> Decorator {
    let (name, value) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    let name = name.trim().to_ascii_lowercase();
    let values = value.split(',').map(|value| value.trim().to_owned());
    let mut decorator = Decorator {
        known: false,
        values: values.filter(|value| !value.is_empty()).collect(),
        name,
    };
    // One whose value says nothing here leaves it to its stand-in.
    let value = decorator.values.first().map(String::as_str);
    decorator.known = KNOWN.contains(&decorator.name.as_str())
        && match decorator.name.as_str() {
            "activate_only_after"
            | "activate_only_every"
            | "depth"
            | "is_greeting"
            | "priority"
            | "probability"
            | "reverse_depth"
            | "scan_depth" => decorator.number().is_some(),
            "position" => matches!(value, Some("before_desc" | "after_desc")),
            "role" => matches!(value, Some("system" | "user" | "assistant")),
            "inject_lore" | "is_user_icon" => value.is_some(),
            _ => true,
        };
    decorator
}

/// The content as it goes into a prompt.
pub fn without_decorators(content: &str) -> &str {
    let mut rest = content;
    let mut any = false;
    loop {
        let trimmed = rest.trim_start_matches(['\r', '\n']);
        if !trimmed.starts_with("@@") {
            return if any { trimmed } else { content };
        }
        any = true;
        rest = trimmed.split_once('\n').map_or("", |(_, rest)| rest);
    }
}

/// The lines of decorators at the top.
fn lines(content: &str) -> impl Iterator<Item = &str> {
    content
        .lines()
        .map(str::trim_end)
        .skip_while(|line| line.is_empty())
        .take_while(|line| line.is_empty() || line.starts_with("@@"))
        .filter(|line| !line.is_empty())
}
