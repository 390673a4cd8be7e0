//! What a book says and a tool has no place for.

use super::book::{Book, Entry, Logic};
use super::dialect::Dialect;
use super::key::{is_padded, is_slashed};
use crate::error::Loss;

pub(super) const UNREAD: &str = "SillyTavern does not read it; it stands in the file all the same";

/// What says whose file it is, and would say so of another's.
pub(super) fn is_envelope(name: &str) -> bool {
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
pub(super) fn tell_head(book: &Book, held: &[&str], dialect: Dialect, losses: &mut Vec<Loss>) {
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

/// Tells which settings of an entry are not the usual ones and not among `held`.
pub(super) fn tell(n: usize, entry: &Entry, held: &[&str], tool: &str, losses: &mut Vec<Loss>) {
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

/// Tells where keys come apart in a tool that has them in one text.
pub(super) fn tell_commas(n: usize, entry: &Entry, tool: &str, losses: &mut Vec<Loss>) {
    let keys = || entry.keys.iter().chain(&entry.secondary_keys);
    let mut tell = |what: &str| {
        let message = format!("{tool} separates keys by commas; {what}");
        losses.push(Loss::new(format!("entries.{n}.keys"), message));
    };
    if keys().any(|key| key.contains(',') && !is_slashed(key)) {
        tell("one with a comma becomes two");
    }
    if keys().any(|key| is_padded(key)) {
        tell("blanks around them go");
    }
}
