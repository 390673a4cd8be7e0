//! A book as the file of a tool, and what that tool cannot hold.

use super::applied::applied;
use super::book::{Book, Entry, Id, Logic, Position};
use super::decorator::{decorators, without_decorators as undecorated};
use super::dialect::{self, Dialect};
use super::fields::{Fields, list, object, put};
use super::losses::{tell, tell_commas, tell_head};
use super::specified::{silly_tavern, specified};
use crate::error::{Loss, Result, Written};

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
    // What the content says itself counts, and would come too late behind these.
    let own = decorators(&entry.content);
    let says = |name: &str| own.iter().any(|it| it.known && it.name == name);
    let placed = ["depth", "end", "reverse_depth", "position"].map(says);
    lines.retain(
        |line| match line[2..].split(' ').next().unwrap_or_default() {
            "depth" | "position" => !placed.contains(&true),
            "additional_keys" | "exclude_keys" | "exclude_keys_all" => true,
            name => !says(name),
        },
    );
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
