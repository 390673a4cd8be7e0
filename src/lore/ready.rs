//! An entry made ready for a look: its decorators, and its keys as what finds them.

use super::book::Entry;
use super::decorator::{Decorator, decorators};
use super::key::{Finder, Manner};
use super::options::Options;
use super::spoken::Key;

/// An entry made ready.
pub(super) struct Ready<'b> {
    pub index: usize,
    pub entry: &'b Entry,
    pub decorators: Vec<Decorator>,
    pub keys: Vec<Key<'b>>,
    pub secondary: Vec<Key<'b>>,
    /// Of each list one has to be there.
    pub additional: Vec<Vec<Key<'b>>>,
    /// Of each list none may be there.
    pub excluded: Vec<Vec<Key<'b>>>,
    /// Of each list one has to be missing.
    pub excluded_together: Vec<Vec<Key<'b>>>,
    pub bad_key: Option<String>,
    /// Whether other entries call for it.
    pub callable: bool,
    /// `None`: as the options say.
    pub scan_depth: Option<usize>,
}

impl<'b> Ready<'b> {
    /// The entry with its decorators, its keys as what finds them.
    pub fn of(index: usize, entry: &'b Entry, options: &Options) -> Ready<'b> {
        let decorators = decorators(&entry.content);
        let has = |name: &str| decorators.iter().any(|decorator| decorator.name == name);
        let number = |name: &str| {
            decorators
                .iter()
                .find(|it| it.name == name)
                .and_then(Decorator::number)
        };
        let whole_words = if has("match_full_word") {
            true
        } else {
            !has("match_partial_word")
                && entry.match_whole_words.unwrap_or(options.match_whole_words)
        };
        let manner = Manner {
            case_sensitive: entry.case_sensitive.unwrap_or(options.case_sensitive),
            whole_words,
            regex: entry.use_regex,
        };
        let mut bad_key = None;
        let mut find = |keys: &'b [String], bad: bool| -> Vec<Key<'b>> {
            let mut found = Vec::new();
            for key in keys {
                match Finder::of(key, manner) {
                    Some(Ok(finder)) => found.push(Key::new(key, finder)),
                    Some(Err(refused)) => {
                        bad_key.get_or_insert(format!("{key}: {refused}"));
                        found.extend(bad.then(|| Key::new(key, Finder::Nothing)));
                    }
                    None => {}
                }
            }
            found
        };
        let keys = find(&entry.keys, false);
        let secondary = find(&entry.secondary_keys, true);
        // Of an entry whose keys are expressions the further ones are too, and none keeps it out.
        let named = |name: &str| -> Vec<Vec<Key<'b>>> {
            let counts = !entry.use_regex || name == "additional_keys";
            let lists = decorators.iter().filter(|it| counts && it.name == name);
            let lists = lists.map(|it| {
                let finders = it.values.iter().filter_map(|key| Finder::of(key, manner));
                // One that cannot be run finds nothing.
                let finders = finders.map(|finder| finder.unwrap_or(Finder::Nothing));
                finders.map(|finder| Key::new("", finder)).collect()
            });
            lists
                .filter(|list: &Vec<Key<'b>>| !list.is_empty())
                .collect()
        };
        let scan_depth = number("scan_depth")
            .map(|depth| depth as u32)
            .or(entry.scan_depth);
        let callable = !has("no_recursive_search");
        Ready {
            index,
            entry,
            additional: named("additional_keys"),
            excluded: named("exclude_keys"),
            excluded_together: named("exclude_keys_all"),
            decorators,
            keys,
            secondary,
            bad_key,
            callable,
            scan_depth: scan_depth.map(|depth| depth as usize),
        }
    }

    pub fn decorator(&self, name: &str) -> Option<&Decorator> {
        self.decorators.iter().find(|it| it.name == name)
    }
}
