//! Whether an entry is called for: first what rests or waits, then its keys.

use super::book::{Entry, Logic};
use super::decorator::Decorator;
use super::options::Character;
use super::outcome::{Timed, Why, WhyNot};
use super::ready::Ready;
use super::sight::{Run, Scan};
use super::spoken::Key;

/// A number of messages that no chat has.
pub(super) const FOREVER: u32 = u32::MAX;

impl Run<'_> {
    /// How long the entry stays or rests. What began with this very message is over: its reply
    /// is made anew.
    pub fn timed(&self, index: usize) -> Timed {
        let timed = self.options.timed.get(&index).copied().unwrap_or_default();
        let entry = &self.book.entries[index];
        let (until, length) = match timed.sticky_until {
            0 => (timed.cooldown_until, entry.cooldown),
            until => (until, entry.sticky),
        };
        let again = until != FOREVER
            && length.is_some_and(|length| self.count <= until.saturating_sub(length));
        if again {
            return Timed::default();
        }
        // Resting begins where its stay is seen to be over.
        let cooldown = entry.cooldown.unwrap_or(0);
        let over = timed.sticky_until > 0 && timed.sticky_until <= self.count;
        let planned = timed.cooldown_until == timed.sticky_until.saturating_add(cooldown);
        if over && planned && cooldown > 0 {
            return Timed {
                // Long over, and no more the plan.
                sticky_until: 1,
                cooldown_until: self.count.saturating_add(cooldown),
            };
        }
        timed
    }

    /// Whether the entry is called for.
    pub fn judge(&self, it: &Ready<'_>) -> Result<Why, (WhyNot, Option<String>)> {
        let Ready { entry, index, .. } = it;
        let no = |why| Err((why, None));
        let timed = self.timed(*index);
        if !entry.enabled {
            return no(WhyNot::Disabled);
        }
        let trigger = self.options.trigger.as_str();
        if !entry.triggers.is_empty() && !entry.triggers.iter().any(|one| one == trigger) {
            return Err((WhyNot::Trigger, Some(entry.triggers.join(", "))));
        }
        if !self.suits(entry) {
            return no(WhyNot::Character);
        }
        if it.decorator("activate").is_some() {
            return Ok(Why::Decorator);
        }
        if it.decorator("dont_activate").is_some() {
            return no(WhyNot::Decorator);
        }
        let value = |name: &str| it.decorator(name)?.values.first();
        let greets = it.decorator("is_greeting").and_then(Decorator::number);
        let greeting = self.options.greeting.map(f64::from);
        let icon = (value("is_user_icon"), &self.options.user_icon);
        if matches!((greets, greeting), (Some(wanted), Some(is)) if wanted != is)
            || matches!(icon, (Some(wanted), Some(is)) if wanted != is)
        {
            return no(WhyNot::Decorator);
        }
        if timed.sticky_until > self.count {
            return Ok(Why::Sticky);
        }
        if timed.cooldown_until > self.count {
            return no(WhyNot::Cooldown);
        }
        let after = it
            .decorator("activate_only_after")
            .and_then(Decorator::number);
        if entry.delay.is_some_and(|delay| self.count < delay)
            || after.is_some_and(|after| f64::from(self.count) < after)
        {
            return no(WhyNot::Delay);
        }
        let every = it
            .decorator("activate_only_every")
            .and_then(Decorator::number)
            .map(|every| every as u32);
        if every.is_some_and(|every| every > 0 && !self.count.is_multiple_of(every)) {
            return no(WhyNot::Decorator);
        }
        let level = match self.scan {
            Scan::Recursion(level) => level,
            Scan::First | Scan::Older => 0,
        };
        if entry.delay_until_recursion > level {
            return Err((WhyNot::NotFound, Some("it waits for recursion".to_owned())));
        }
        if entry.constant || it.decorator("constant").is_some() {
            Ok(Why::Constant)
        } else {
            self.called(it)
        }
    }

    /// Whether it goes in beside the character, as far as that is known.
    fn suits(&self, entry: &Entry) -> bool {
        let Some(filter) = &entry.characters else {
            return true;
        };
        let Character { name, tags } = &self.options.character;
        let named = name.as_ref().map(|name| filter.names.contains(name));
        let tagged = tags
            .as_ref()
            .map(|tags| tags.iter().any(|tag| filter.tags.contains(tag)));
        let fits = |wanted: &[String], has: Option<bool>| {
            wanted.is_empty() || has.is_none_or(|has| has != filter.exclude)
        };
        fits(&filter.names, named) && fits(&filter.tags, tagged)
    }

    /// Whether a key is in the messages, beside them, or in what other entries say.
    fn called(&self, it: &Ready<'_>) -> Result<Why, (WhyNot, Option<String>)> {
        if it.keys.is_empty() {
            return Err(match &it.bad_key {
                Some(bad) => (WhyNot::BadKey, Some(bad.clone())),
                None => (WhyNot::NoKeys, None),
            });
        }
        if self.depth_of(it) == 0 {
            return Err((WhyNot::NotFound, Some("it looks at no message".to_owned())));
        }
        let in_messages = || {
            it.keys.iter().find_map(|key| {
                Some(Why::Key {
                    key: key.key.to_owned(),
                    depth: self.in_messages(it, key)?,
                    secondary: None,
                })
            })
        };
        let in_about = || {
            it.keys.iter().find_map(|key| {
                Some(Why::About {
                    key: key.key.to_owned(),
                    text: self.in_about(it, key)?,
                })
            })
        };
        let in_entries = || {
            it.keys.iter().find_map(|key| {
                Some(Why::Entry {
                    key: key.key.to_owned(),
                    by: self.in_entries(it, key)?,
                })
            })
        };
        let mut why = in_messages()
            .or_else(in_about)
            .or_else(in_entries)
            .ok_or_else(|| match &it.bad_key {
                Some(bad) => (WhyNot::BadKey, Some(bad.clone())),
                None => (WhyNot::NotFound, None),
            })?;
        let found = |key: &Key<'_>| self.anywhere(it, key);
        let missed = it.additional.iter().any(|list| !list.iter().any(found));
        let excluded = it.excluded.iter().any(|list| list.iter().any(found));
        let together = it
            .excluded_together
            .iter()
            .any(|list| list.iter().all(found));
        if missed || excluded || together {
            return Err((WhyNot::Decorator, None));
        }
        if it.entry.selective && !it.secondary.is_empty() {
            let mut joined = it.secondary.iter().filter(|key| found(key));
            let first = joined.next().map(|key| key.key.to_owned());
            let all = it.secondary.iter().all(found);
            let (holds, wanted) = match it.entry.logic {
                Logic::AndAny => (first.is_some(), true),
                Logic::AndAll => (all, true),
                Logic::NotAny => (first.is_none(), false),
                Logic::NotAll => (!all, false),
            };
            if !holds {
                return Err((WhyNot::Secondary, it.bad_key.clone()));
            }
            if let (Why::Key { secondary, .. }, true) = (&mut why, wanted) {
                *secondary = first;
            }
        }
        Ok(why)
    }
}
