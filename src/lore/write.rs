//! A book as the file of a tool, and what that tool cannot hold.

use super::book::{ABOUT, Book, Entry, Id, Logic, Position};
use super::decorator::{Decorator, decorators, without_decorators as undecorated};
use super::dialect::{self, Dialect};
use super::key::is_slashed;
use crate::error::{Loss, Result, Written};
use crate::json::quote;
use serde::Serialize;

pub(super) fn write(book: &Book, dialect: Dialect) -> Result<Written> {
    let mut losses = Vec::new();
    if matches!(dialect, Dialect::SillyTavern | Dialect::CharacterBook) {
        for (n, entry) in book.entries.iter().enumerate() {
            if matches!(entry.id, Some(Id::Text(_))) {
                let message = "ids are numbers there; it got another one";
                losses.push(Loss::new(format!("entries.{n}.id"), message));
            }
        }
    }
    let held: &[&str] = match dialect {
        Dialect::CharacterBook | Dialect::V3 => &[
            "name",
            "description",
            "scanDepth",
            "tokenBudget",
            "recursiveScanning",
        ],
        Dialect::SillyTavern => &["name", "description"],
        Dialect::Agnai => &["name", "description"],
        _ => &[],
    };
    tell_head(book, held, dialect, &mut losses);
    let text = match dialect {
        Dialect::SillyTavern => silly_tavern(book, &mut losses),
        Dialect::CharacterBook => object(&specified(book, false)),
        Dialect::V3 => format!(
            "{{\"spec\":\"lorebook_v3\",\"data\":{}}}",
            object(&specified(book, true))
        ),
        Dialect::Agnai => agnai(book, &mut losses),
        Dialect::NovelAi => novel_ai(book, &mut losses),
        Dialect::Risu => risu(book, &mut losses),
        Dialect::Tsv => tsv(book, &mut losses),
        Dialect::AiDungeon => ai_dungeon(book, &mut losses),
    };
    Ok(Written {
        bytes: text.into_bytes(),
        losses,
    })
}

type Fields = Vec<(String, String)>;

fn put(fields: &mut Fields, name: &str, value: impl Serialize) {
    let value =
        serde_json::to_string(&value).expect("texts, numbers and lists of them write to memory");
    fields.push((name.to_owned(), value));
}

fn object(fields: &Fields) -> String {
    let fields: Vec<String> = fields
        .iter()
        .map(|(name, value)| format!("{}:{value}", quote(name)))
        .collect();
    format!("{{{}}}", fields.join(","))
}

/// A number with a fraction where it has one: others read whole numbers only.
fn put_number(fields: &mut Fields, name: &str, value: f64) {
    match value.fract() == 0.0 && value.abs() < 1e15 {
        true => put(fields, name, value as i64),
        false => put(fields, name, value),
    }
}

fn list(items: &[String]) -> String {
    format!("[{}]", items.join(","))
}

/// The id that is written: numbers stay where nobody else has them.
fn ids(book: &Book) -> Vec<i64> {
    let mut taken = std::collections::HashSet::new();
    let mut next = book.entries.len() as i64;
    let own = |entry: &Entry| match &entry.id {
        Some(Id::Number(number)) if *number >= 0 => Some(*number),
        _ => None,
    };
    let mut all = Vec::with_capacity(book.entries.len());
    for (n, entry) in book.entries.iter().enumerate() {
        let mut id = own(entry).unwrap_or(n as i64);
        while !taken.insert(id) {
            id = next;
            next += 1;
        }
        all.push(id);
    }
    all
}

/// The settings that SillyTavern has and the specification does not, under the names that
/// SillyTavern gives them in a card.
fn settings(entry: &Entry) -> Fields {
    let mut fields = Fields::new();
    put(&mut fields, "position", entry.position.number());
    put(&mut fields, "exclude_recursion", entry.exclude_recursion);
    put(&mut fields, "prevent_recursion", entry.prevent_recursion);
    put(
        &mut fields,
        "delay_until_recursion",
        entry.delay_until_recursion,
    );
    put_number(&mut fields, "probability", entry.probability);
    put(&mut fields, "useProbability", true);
    put(&mut fields, "depth", entry.depth);
    put(&mut fields, "selectiveLogic", entry.logic.number());
    put(&mut fields, "outlet_name", &entry.outlet);
    put(&mut fields, "group", &entry.group);
    put(&mut fields, "group_override", entry.group_override);
    put_number(&mut fields, "group_weight", entry.group_weight);
    put(&mut fields, "use_group_scoring", entry.group_scoring);
    put(&mut fields, "scan_depth", entry.scan_depth);
    put(&mut fields, "match_whole_words", entry.match_whole_words);
    put(&mut fields, "case_sensitive", entry.case_sensitive);
    put(&mut fields, "role", entry.role);
    put(&mut fields, "sticky", entry.sticky);
    put(&mut fields, "cooldown", entry.cooldown);
    put(&mut fields, "delay", entry.delay);
    put(&mut fields, "ignore_budget", entry.ignore_budget);
    for (about, [name, _]) in ABOUT {
        put(&mut fields, name, entry.look_in.contains(&about));
    }
    put(&mut fields, "triggers", &entry.triggers);
    if let Some(filter) = &entry.characters {
        let mut named = Fields::new();
        put(&mut named, "isExclude", filter.exclude);
        put(&mut named, "names", &filter.names);
        put(&mut named, "tags", &filter.tags);
        fields.push(("character_filter".to_owned(), object(&named)));
    }
    fields
}

/// As the specification has it; what it has no field for is in `extensions`.
fn specified(book: &Book, third: bool) -> Fields {
    let ids = ids(book);
    let entry = |(entry, id): (&Entry, i64)| {
        let mut fields = Fields::new();
        match &entry.id {
            Some(Id::Text(text)) if third => put(&mut fields, "id", text),
            _ => put(&mut fields, "id", id),
        }
        // Where expressions have to say more than that they are some, slashes say so too.
        let bare = entry.use_regex && entry.logic == Logic::AndAny;
        let spelled = |keys: &[String]| -> Vec<String> {
            keys.iter()
                .map(|key| match bare {
                    true => key.clone(),
                    false => slashed(key, entry),
                })
                .collect()
        };
        let name = entry.extra.iter().find(|(name, _)| name == "name");
        put(&mut fields, "keys", spelled(&entry.keys));
        put(
            &mut fields,
            "secondary_keys",
            spelled(&entry.secondary_keys),
        );
        put(&mut fields, "comment", &entry.comment);
        match name {
            Some(name) => fields.push(name.clone()),
            None => put(&mut fields, "name", &entry.comment),
        }
        put(
            &mut fields,
            "content",
            if third {
                &entry.content
            } else {
                undecorated(&entry.content)
            },
        );
        put(&mut fields, "constant", entry.constant);
        put(&mut fields, "selective", entry.selective);
        put(&mut fields, "insertion_order", entry.insertion_order);
        if let Some(priority) = entry.priority {
            put(&mut fields, "priority", priority);
        }
        put(&mut fields, "enabled", entry.enabled);
        let before = entry.position == Position::BeforeChar;
        put(
            &mut fields,
            "position",
            if before { "before_char" } else { "after_char" },
        );
        if let Some(case_sensitive) = entry.case_sensitive {
            put(&mut fields, "case_sensitive", case_sensitive);
        }
        put(&mut fields, "use_regex", entry.use_regex);
        let mut extensions = settings(entry);
        // An expression without slashes is told apart from SillyTavern's by this one's absence.
        extensions.retain(|(name, _)| !(bare && name == "selectiveLogic"));
        for (name, value) in entry.extra.iter().filter(|(name, _)| name != "name") {
            let name = snake(name);
            if extensions.iter().all(|(known, _)| *known != name) {
                extensions.push((name, value.clone()));
            }
        }
        fields.push(("extensions".to_owned(), object(&extensions)));
        object(&fields)
    };
    let entries: Vec<String> = book.entries.iter().zip(ids).map(entry).collect();
    let mut fields = Fields::new();
    put(&mut fields, "name", &book.name);
    if !book.description.is_empty() {
        put(&mut fields, "description", &book.description);
    }
    put_scanning(&mut fields, book);
    let extensions = book.extra.iter().find(|(name, _)| name == "extensions");
    fields.push(
        extensions
            .cloned()
            .unwrap_or(("extensions".to_owned(), "{}".to_owned())),
    );
    fields.push(("entries".to_owned(), list(&entries)));
    fields
}

/// How the book is looked through, as far as it says so.
fn put_scanning(fields: &mut Fields, book: &Book) {
    if let Some(scan_depth) = book.scan_depth {
        put(fields, "scan_depth", scan_depth);
    }
    if let Some(token_budget) = book.token_budget {
        put(fields, "token_budget", token_budget);
    }
    if let Some(recursive) = book.recursive_scanning {
        put(fields, "recursive_scanning", recursive);
    }
}

/// The book for a dialect, of which decorators become fields where the dialect knows none of them.
pub(super) fn without_decorators(book: &Book, dialect: Dialect) -> Result<Written> {
    use Dialect::{CharacterBook, Risu, SillyTavern, V3};
    if matches!(dialect, Risu | V3) {
        return write(book, dialect);
    }
    let (mut plain, mut losses) = (book.clone(), Vec::new());
    for (n, entry) in plain.entries.iter_mut().enumerate() {
        let mut found = decorators(&entry.content);
        let native = |name: &str| matches!(name, "activate" | "dont_activate");
        found.retain(|it| dialect != SillyTavern || !native(&it.name));
        for decorator in applied(&found, entry) {
            let name = decorator.name.as_str();
            let message = match dialect {
                CharacterBook => format!("V2 has no decorators; `@@{name}` was left out"),
                other => format!("{} does not act upon `@@{name}`", other.as_str()),
            };
            losses.push(Loss::new(format!("entries.{n}.content"), message));
        }
    }
    let mut written = write(&plain, dialect)?;
    written.losses.append(&mut losses);
    Ok(written)
}

/// Puts what decorators say into fields, and gives those for which there are none.
pub(super) fn applied<'d>(found: &'d [Decorator], entry: &mut Entry) -> Vec<&'d Decorator> {
    let said = |name: &str| found.iter().any(|it| it.known && it.name == name);
    // An entry that goes in whatever else is said is a constant one where nothing can keep it out.
    let held = entry.delay.is_some()
        || entry.cooldown.is_some()
        || entry.delay_until_recursion > 0
        || entry.probability < 100.0
        || !entry.group.is_empty();
    let (forced, deep) = (said("activate"), said("depth"));
    let mut lost = Vec::new();
    for decorator in found {
        let goes = match decorator.name.as_str() {
            "activate" => {
                entry.constant |= decorator.known;
                decorator.known && !held
            }
            "dont_activate"
            | "activate_only_after"
            | "probability"
            | "additional_keys"
            | "exclude_keys"
            | "exclude_keys_all"
                if forced =>
            {
                false
            }
            // A depth goes before the end.
            "end" if deep => true,
            _ => apply(decorator, entry),
        };
        if !goes {
            lost.push(decorator);
        }
    }
    lost
}

fn apply(decorator: &Decorator, entry: &mut Entry) -> bool {
    let value = decorator.values.first().map(String::as_str);
    let number = decorator.number();
    let whole = || number.map(|number| number as u32);
    if !decorator.known {
        return false;
    }
    match decorator.name.as_str() {
        "constant" => entry.constant = true,
        "dont_activate" => entry.enabled = false,
        // Both have to be over.
        "activate_only_after" => {
            let after = number.map(|number| number.ceil() as u32);
            entry.delay = entry.delay.max(after).filter(|delay| *delay > 0);
        }
        // The place that is named goes before the depth.
        "depth" | "end" if has_place(entry) => {}
        "depth" | "end" => {
            entry.position = Position::AtDepth;
            entry.depth = whole().unwrap_or(0);
        }
        "position" => {
            entry.position = match value {
                Some("after_desc") => Position::AfterChar,
                _ => Position::BeforeChar,
            }
        }
        "role" => {
            let roles = ["system", "user", "assistant"];
            let role = roles.iter().position(|role| Some(*role) == value);
            entry.role = role.unwrap_or(0) as u32;
        }
        "probability" => entry.probability = number.unwrap_or(100.0).clamp(0.0, 100.0),
        "priority" => entry.priority = number.map(|number| number as i64),
        "scan_depth" => entry.scan_depth = whole(),
        "match_full_word" => entry.match_whole_words = Some(true),
        "match_partial_word" => entry.match_whole_words = Some(false),
        "unrecursive" => entry.prevent_recursion = true,
        "no_recursive_search" => entry.exclude_recursion = true,
        // A further list of keys has the place of secondary ones, where it is free.
        "additional_keys" | "exclude_keys" | "exclude_keys_all"
            if !entry.selective && entry.secondary_keys.is_empty() && !entry.use_regex =>
        {
            entry.secondary_keys.clone_from(&decorator.values);
            entry.selective = true;
            entry.logic = match decorator.name.as_str() {
                "exclude_keys" => Logic::NotAny,
                "exclude_keys_all" => Logic::NotAll,
                _ => Logic::AndAny,
            };
        }
        _ => return false,
    }
    true
}

fn has_place(entry: &Entry) -> bool {
    let named = |it: &Decorator| it.name == "position" && it.known;
    decorators(&entry.content).iter().any(named)
}

fn silly_tavern(book: &Book, losses: &mut Vec<Loss>) -> String {
    let ids = ids(book);
    let entry = |(n, (entry, id)): (usize, (&Entry, i64))| {
        let mut fields = Fields::new();
        let slashed: Vec<String> = entry.keys.iter().map(|key| slashed(key, entry)).collect();
        put(&mut fields, "uid", id);
        let secondary = entry
            .secondary_keys
            .iter()
            .map(|key| self::slashed(key, entry));
        put(&mut fields, "key", slashed);
        put(&mut fields, "keysecondary", secondary.collect::<Vec<_>>());
        put(&mut fields, "comment", &entry.comment);
        put(&mut fields, "content", &entry.content);
        put(&mut fields, "constant", entry.constant);
        put(&mut fields, "selective", entry.selective);
        put(&mut fields, "order", entry.insertion_order);
        if let Some(priority) = entry.priority {
            put(&mut fields, "priority", priority);
            losses.push(Loss::new(format!("entries.{n}.priority"), UNREAD));
        }
        put(&mut fields, "disable", !entry.enabled);
        put(&mut fields, "addMemo", !entry.comment.is_empty());
        put(&mut fields, "displayIndex", n);
        for (name, value) in settings(entry) {
            fields.push((camel(&name), value));
        }
        let known = |name: &str, fields: &Fields| fields.iter().any(|(known, _)| known == name);
        for (name, value) in &entry.extra {
            let name = camel(name);
            if !known(&name, &fields) {
                fields.push((name, value.clone()));
            }
        }
        format!("\"{id}\":{}", object(&fields))
    };
    let entries: Vec<String> = book
        .entries
        .iter()
        .zip(ids)
        .enumerate()
        .map(entry)
        .collect();
    let mut fields = vec![("entries".to_owned(), format!("{{{}}}", entries.join(",")))];
    for (name, text) in [("name", &book.name), ("description", &book.description)] {
        if !text.is_empty() {
            put(&mut fields, name, text);
        }
    }
    put_scanning(&mut fields, book);
    let extra = book.extra.iter().filter(|(name, _)| !is_envelope(name));
    fields.extend(extra.cloned());
    object(&fields)
}

const UNREAD: &str = "SillyTavern does not read it; it stands in the file all the same";

/// What says whose file it is, and would say so of another's.
fn is_envelope(name: &str) -> bool {
    const MARKS: [&str; 8] = [
        "kind",
        "type",
        "ver",
        "data",
        "spec",
        "spec_version",
        "lorebookVersion",
        "originalData",
    ];
    MARKS.contains(&name)
}

/// Tells what the book itself says and the dialect has no place for.
fn tell_head(book: &Book, held: &[&str], dialect: Dialect, losses: &mut Vec<Loss>) {
    let (tool, extra) = match dialect {
        Dialect::SillyTavern => (UNREAD.to_owned(), false),
        Dialect::CharacterBook | Dialect::V3 => {
            ("the specification has no place for it".to_owned(), true)
        }
        _ => (format!("{} has no place for it", dialect.as_str()), true),
    };
    let said = [
        ("name", !book.name.is_empty()),
        ("description", !book.description.is_empty()),
        ("scanDepth", book.scan_depth.is_some()),
        ("tokenBudget", book.token_budget.is_some()),
        ("recursiveScanning", book.recursive_scanning.is_some()),
    ];
    for (name, said) in said {
        if said && !held.contains(&name) {
            losses.push(Loss::new(name.to_owned(), tool.clone()));
        }
    }
    let specified = matches!(dialect, Dialect::CharacterBook | Dialect::V3);
    for (name, value) in &book.extra {
        let kept = is_envelope(name) || (name == "extensions" && (specified || value == "{}"));
        if extra && !kept {
            losses.push(Loss::new(name.clone(), tool.clone()));
        }
    }
}

/// What SillyTavern spells otherwise in a card than in its own files.
fn snake(name: &str) -> String {
    const NAMES: [(&str, &str); 2] = [
        ("displayIndex", "display_index"),
        ("automationId", "automation_id"),
    ];
    let found = NAMES.iter().find(|(own, _)| *own == name);
    found.map_or(name, |(_, card)| card).to_owned()
}

/// SillyTavern knows an expression by the slashes around it.
fn slashed(key: &str, entry: &Entry) -> String {
    if !entry.use_regex || key.starts_with('/') {
        return key.to_owned();
    }
    let flags = if entry.case_sensitive == Some(true) {
        ""
    } else {
        "i"
    };
    format!("/{}/{flags}", key.replace('/', "\\/"))
}

/// `match_whole_words` as SillyTavern spells it in its own files. An underscore before a
/// letter that is not ASCII stays: nobody spells a setting so, and the capitals of all
/// scripts are twelve kilobytes.
fn camel(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut up = false;
    let mut letters = name.chars().peekable();
    while let Some(c) = letters.next() {
        match c {
            '_' if !out.is_empty() && letters.peek().is_none_or(char::is_ascii) => up = true,
            c if std::mem::take(&mut up) => out.push(c.to_ascii_uppercase()),
            c => out.push(c),
        }
    }
    out
}

/// Tells which settings of an entry are not the usual ones and not among `held`.
fn tell(n: usize, entry: &Entry, held: &[&str], tool: &str, losses: &mut Vec<Loss>) {
    let usual = Entry::default();
    let mut lose = |name: &str, lost: bool| {
        if lost && !held.contains(&name) {
            losses.push(Loss::new(
                format!("entries.{n}.{name}"),
                format!("{tool} has no place for it"),
            ));
        }
    };
    lose("secondaryKeys", !entry.secondary_keys.is_empty());
    lose("constant", entry.constant);
    lose("enabled", !entry.enabled);
    lose("logic", entry.logic != Logic::AndAny);
    lose("position", entry.position != usual.position);
    lose("probability", entry.probability != usual.probability);
    lose("useRegex", entry.use_regex);
    lose("caseSensitive", entry.case_sensitive.is_some());
    lose("matchWholeWords", entry.match_whole_words.is_some());
    lose("scanDepth", entry.scan_depth.is_some());
    lose("group", !entry.group.is_empty());
    lose("sticky", entry.sticky.is_some());
    lose("cooldown", entry.cooldown.is_some());
    lose("delay", entry.delay.is_some());
    lose("excludeRecursion", entry.exclude_recursion);
    lose("preventRecursion", entry.prevent_recursion);
    lose("delayUntilRecursion", entry.delay_until_recursion != 0);
    lose("ignoreBudget", entry.ignore_budget);
    lose("characters", entry.characters.is_some());
    lose("triggers", !entry.triggers.is_empty());
    lose("lookIn", !entry.look_in.is_empty());
    lose(
        "insertionOrder",
        entry.insertion_order != usual.insertion_order,
    );
    lose(
        "priority",
        entry
            .priority
            .is_some_and(|priority| tool != "NovelAI" || priority != entry.insertion_order),
    );
    for (name, _) in &entry.extra {
        lose(name, true);
    }
}

fn agnai(book: &Book, losses: &mut Vec<Loss>) -> String {
    let mut entry = |(n, entry): (usize, &Entry)| {
        tell(
            n,
            entry,
            &["enabled", "insertionOrder", "priority"],
            "Agnai",
            losses,
        );
        let mut fields = Fields::new();
        put(&mut fields, "name", &entry.comment);
        put(&mut fields, "entry", undecorated(&entry.content));
        put(&mut fields, "keywords", &entry.keys);
        put(&mut fields, "priority", entry.priority.unwrap_or(0));
        put(&mut fields, "weight", entry.insertion_order);
        put(&mut fields, "enabled", entry.enabled);
        object(&fields)
    };
    let entries: Vec<String> = book.entries.iter().enumerate().map(&mut entry).collect();
    let mut fields = Fields::new();
    put(&mut fields, "kind", "memory");
    put(&mut fields, "name", &book.name);
    put(&mut fields, "description", &book.description);
    fields.push(("entries".to_owned(), list(&entries)));
    object(&fields)
}

/// Story cards, as a list by itself.
fn ai_dungeon(book: &Book, losses: &mut Vec<Loss>) -> String {
    const OWN: [&str; 3] = ["type", "description", "useForCharacterCreation"];
    let mut entry = |(n, entry): (usize, &Entry)| {
        tell(n, entry, &OWN, "AI Dungeon", losses);
        tell_commas(n, entry, "AI Dungeon", losses);
        let mut fields = Fields::new();
        put(&mut fields, "keys", entry.keys.join(","));
        put(&mut fields, "value", undecorated(&entry.content));
        put(&mut fields, "title", &entry.comment);
        for name in OWN {
            let own = entry.extra.iter().find(|(known, _)| known == name);
            match own {
                Some(own) => fields.push(own.clone()),
                None if name == OWN[0] => put(&mut fields, name, ""),
                None => {}
            }
        }
        object(&fields)
    };
    let entries: Vec<String> = book.entries.iter().enumerate().map(&mut entry).collect();
    list(&entries)
}

/// Tells where keys come apart in a tool that has them in one text.
fn tell_commas(n: usize, entry: &Entry, tool: &str, losses: &mut Vec<Loss>) {
    let mut keys = entry.keys.iter().chain(&entry.secondary_keys);
    if keys.any(|key| key.contains(',') && !is_slashed(key)) {
        let message = format!("{tool} separates keys by commas; one with a comma becomes two");
        losses.push(Loss::new(format!("entries.{n}.keys"), message));
    }
}

fn novel_ai(book: &Book, losses: &mut Vec<Loss>) -> String {
    let mut entry = |(n, entry): (usize, &Entry)| {
        tell(
            n,
            entry,
            &["enabled", "constant", "insertionOrder"],
            "NovelAI",
            losses,
        );
        let mut context = Fields::new();
        put(&mut context, "budgetPriority", entry.insertion_order);
        let mut fields = Fields::new();
        put(&mut fields, "displayName", &entry.comment);
        put(&mut fields, "text", undecorated(&entry.content));
        put(&mut fields, "keys", &entry.keys);
        put(&mut fields, "enabled", entry.enabled);
        put(&mut fields, "forceActivation", entry.constant);
        fields.push(("contextConfig".to_owned(), object(&context)));
        object(&fields)
    };
    let entries: Vec<String> = book.entries.iter().enumerate().map(&mut entry).collect();
    let mut fields = Fields::new();
    put(&mut fields, "lorebookVersion", 5);
    fields.push(("entries".to_owned(), list(&entries)));
    object(&fields)
}

fn risu(book: &Book, losses: &mut Vec<Loss>) -> String {
    let held = [
        "secondaryKeys",
        "constant",
        "insertionOrder",
        "probability",
        "logic",
        "position",
        "matchWholeWords",
        "delay",
        "useRegex",
        "enabled",
        "caseSensitive",
        "scanDepth",
        "excludeRecursion",
        "preventRecursion",
        "priority",
    ];
    let mut entry = |(n, entry): (usize, &Entry)| {
        tell(n, entry, &held, "RisuAI", losses);
        use Position::{AfterChar, AtDepth, BeforeChar};
        if !matches!(entry.position, BeforeChar | AfterChar | AtDepth) {
            let message = "RisuAI has no such place; it goes where its lore goes";
            losses.push(Loss::new(format!("entries.{n}.position"), message));
        }
        tell_commas(n, entry, "RisuAI", losses);
        let mut fields = Fields::new();
        put(&mut fields, "key", entry.keys.join(", "));
        put(&mut fields, "secondkey", entry.secondary_keys.join(", "));
        put(&mut fields, "insertorder", entry.insertion_order);
        put(&mut fields, "comment", &entry.comment);
        put(&mut fields, "content", decorated(entry));
        put(&mut fields, "mode", "normal");
        put(&mut fields, "alwaysActive", entry.constant);
        put(
            &mut fields,
            "selective",
            entry.selective && entry.logic == Logic::AndAny,
        );
        put(&mut fields, "useRegex", entry.use_regex);
        if let Some(sensitive) = entry.case_sensitive {
            let mut more = Fields::new();
            put(&mut more, "risu_case_sensitive", sensitive);
            fields.push(("extentions".to_owned(), object(&more)));
        }
        object(&fields)
    };
    let entries: Vec<String> = book.entries.iter().enumerate().map(&mut entry).collect();
    let mut fields = Fields::new();
    put(&mut fields, "type", "risu");
    put(&mut fields, "ver", 1);
    fields.push(("data".to_owned(), list(&entries)));
    object(&fields)
}

/// The content with decorators for what has no field, as RisuAI itself does on import.
fn decorated(entry: &Entry) -> String {
    let mut lines = Vec::new();
    if entry.probability < 100.0 {
        lines.push(format!("@@probability {}", entry.probability));
    }
    if entry.position == Position::AtDepth {
        lines.push(format!("@@depth {}", entry.depth));
        lines.push(format!(
            "@@role {}",
            ["system", "user", "assistant"][entry.role.min(2) as usize]
        ));
    }
    let secondary = entry.secondary_keys.join(",");
    match entry.logic {
        _ if secondary.is_empty() || !entry.selective => {}
        Logic::AndAny => {}
        Logic::NotAll => lines.push(format!("@@exclude_keys_all {secondary}")),
        Logic::NotAny => lines.push(format!("@@exclude_keys {secondary}")),
        Logic::AndAll => {
            lines.extend(
                entry
                    .secondary_keys
                    .iter()
                    .map(|key| format!("@@additional_keys {key}")),
            );
        }
    }
    if entry.position == Position::AfterChar {
        lines.push("@@position after_desc".to_owned());
    }
    let numbers = [
        ("activate_only_after", entry.delay.map(i64::from)),
        ("scan_depth", entry.scan_depth.map(i64::from)),
        ("priority", entry.priority),
    ];
    for (name, number) in numbers {
        lines.extend(number.map(|number| format!("@@{name} {number}")));
    }
    let said = [
        ("dont_activate", !entry.enabled),
        ("no_recursive_search", entry.exclude_recursion),
        ("unrecursive", entry.prevent_recursion),
    ];
    for (name, _) in said.iter().filter(|(_, said)| *said) {
        lines.push(format!("@@{name}"));
    }
    match entry.match_whole_words {
        Some(true) => lines.push("@@match_full_word".to_owned()),
        Some(false) => lines.push("@@match_partial_word".to_owned()),
        None => {}
    }
    lines.push(entry.content.clone());
    lines.join("\n")
}

fn tsv(book: &Book, losses: &mut Vec<Loss>) -> String {
    let plain = |text: &str| text.replace(['\t', '\r', '\n'], " ");
    let mut line = |(n, entry): (usize, &Entry)| {
        tell(n, entry, &[], "a table", losses);
        tell_commas(n, entry, "a table", losses);
        if !entry.comment.is_empty() {
            let message = "a table has no place for it".to_owned();
            losses.push(Loss::new(format!("entries.{n}.comment"), message));
        }
        if entry.keys.is_empty() {
            losses.push(Loss::new(
                format!("entries.{n}"),
                "a table has no place for an entry without keys".to_owned(),
            ));
            return String::new();
        }
        let content = undecorated(&entry.content);
        if plain(content).trim() != content {
            losses.push(Loss::new(
                format!("entries.{n}.content"),
                "a table has one line for it; line breaks became blanks, and those around it go"
                    .to_owned(),
            ));
        }
        format!("{}\t{}\n", plain(&entry.keys.join(",")), plain(content))
    };
    let table: String = book.entries.iter().enumerate().map(&mut line).collect();
    if dialect::begins_as_json(&table) {
        losses.push(Loss::new(
            "entries.0.keys".to_owned(),
            "a table that begins as JSON does is not read as a table".to_owned(),
        ));
    }
    table
}
