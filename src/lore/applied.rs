//! Decorators put into the fields of an entry, for tools that know none of them.

use super::book::{Entry, Logic, Position};
use super::decorator::{Decorator, decorators};

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
