//! A book as the specification has it, and as SillyTavern does, whose settings the one carries in
//! `extensions`.

use super::book::{ABOUT, Book, Entry, Id, Logic, Position};
use super::decorator::without_decorators;
use super::fields::{Fields, list, object, put, put_number};
use super::losses::{UNREAD, is_envelope};
use crate::error::Loss;

/// As the specification has it; what it has no field for is in `extensions`.
pub(super) fn specified(book: &Book, third: bool) -> Fields {
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
                without_decorators(&entry.content)
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

pub(super) fn silly_tavern(book: &Book, losses: &mut Vec<Loss>) -> String {
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

/// What SillyTavern spells otherwise in a card than in its own files.
fn snake(name: &str) -> String {
    const NAMES: [(&str, &str); 2] = [
        ("displayIndex", "display_index"),
        ("automationId", "automation_id"),
    ];
    let found = NAMES.iter().find(|(own, _)| *own == name);
    found.map_or(name, |(_, card)| card).to_owned()
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
