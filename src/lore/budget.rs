//! What there is room for, and how it stands in the prompt.

use super::book::Position;
use super::call::FOREVER;
use super::decorator::{Decorator, without_decorators};
use super::outcome::{Fired, Matched, Skipped, Timed, Why, WhyNot};
use super::ready::Ready;
use super::sight::Run;
use crate::order;
use std::collections::{BTreeMap, HashMap};

impl<'b> Run<'b> {
    /// What there is room for, in the order of the prompt.
    pub fn settle(mut self, ready: &[Ready<'b>]) -> Matched {
        let budget = self
            .book
            .token_budget
            .or(self.options.token_budget)
            .filter(|budget| *budget > 0);
        let mut fired: Vec<Fired> = std::mem::take(&mut self.fired)
            .into_iter()
            .map(|(index, why)| self.fire(&ready[index], why))
            .collect();
        // Who stays when there is no room: what cannot go, then the higher priority, then what the
        // messages call for themselves, then the higher order.
        let entry = |fired: &Fired| &self.book.entries[fired.index];
        // RisuAI's decorator is held against the orders of the others.
        let given = |index: usize| {
            ready[index]
                .decorator("priority")
                .and_then(Decorator::number)
        };
        let held = (0..ready.len()).any(|index| given(index).is_some());
        let priority = |index: usize| {
            let entry = &self.book.entries[index];
            let own = given(index).map(|number| number as i64).or(entry.priority);
            own.unwrap_or(if held { entry.insertion_order } else { 0 })
        };
        let first_out = |index: usize| ready[index].decorator("ignore_on_max_context").is_some();
        order::sort_by_key(&mut fired, |fired| {
            let entry = entry(fired);
            let firm = fired.why == Why::Constant || fired.why == Why::Sticky;
            std::cmp::Reverse((
                !first_out(fired.index),
                firm,
                priority(fired.index),
                !matches!(fired.why, Why::Entry { .. }),
                entry.insertion_order,
                std::cmp::Reverse(fired.index),
            ))
        });
        let mut tokens = 0_u32;
        fired.retain(|fired| {
            let fits = budget.is_none_or(|budget| tokens.saturating_add(fired.tokens) <= budget);
            if fits || (entry(fired).ignore_budget && !first_out(fired.index)) {
                tokens = tokens.saturating_add(fired.tokens);
                return true;
            }
            let detail = format!(
                "{} tokens, {} are left",
                fired.tokens,
                budget.unwrap_or(0).saturating_sub(tokens)
            );
            self.skipped
                .insert(fired.index, (WhyNot::Budget, Some(detail)));
            false
        });
        let mut timed: BTreeMap<usize, Timed> = BTreeMap::new();
        let mut anew = vec![false; self.book.entries.len()];
        for fired in &fired {
            anew[fired.index] = fired.why != Why::Sticky;
        }
        for (index, entry) in self.book.entries.iter().enumerate() {
            let mut next = self.timed(index);
            if anew[index] {
                let until = |count: u32, from: u32| match count {
                    0 => 0,
                    count => from.saturating_add(count),
                };
                let says = |name: &str| ready[index].decorator(name).is_some();
                let sticky = match says("keep_activate_after_match") {
                    true => FOREVER,
                    false => entry.sticky.unwrap_or(0),
                };
                let cooldown = match says("dont_activate_after_match") {
                    true => FOREVER,
                    false => entry.cooldown.unwrap_or(0),
                };
                next.sticky_until = until(sticky, self.count);
                next.cooldown_until = until(cooldown, self.count.saturating_add(sticky));
            }
            // What goes on is needed again where this reply is made anew.
            let anew = u32::from(next != self.timed(index));
            if next.sticky_until.max(next.cooldown_until) > self.count.saturating_add(anew) {
                timed.insert(index, next);
            }
        }
        self.inject(ready, &mut fired);
        order::sort_by_key(&mut fired, |fired| {
            (
                fired.position.number(),
                entry(fired).insertion_order,
                fired.index,
            )
        });
        let skipped = self
            .skipped
            .into_iter()
            .map(|(index, (why, detail))| Skipped { index, why, detail })
            .collect();
        Matched {
            fired,
            skipped,
            tokens,
            timed,
        }
    }

    /// Puts what RisuAI's decorator asks for into another entry, which it calls by its comment.
    fn inject(&mut self, ready: &[Ready<'b>], fired: &mut Vec<Fired>) {
        let names = |fired: &Fired| {
            Some(
                ready[fired.index]
                    .decorator("inject_lore")?
                    .values
                    .join(" "),
            )
        };
        let (guests, rest): (Vec<_>, Vec<_>) = std::mem::take(fired)
            .into_iter()
            .partition(|fired| names(fired).is_some());
        *fired = rest;
        let mut hosts: HashMap<String, usize> = HashMap::new();
        if !guests.is_empty() {
            for (place, host) in fired.iter().enumerate() {
                let name = &self.book.entries[host.index].comment;
                hosts.entry(name.clone()).or_insert(place);
            }
        }
        for guest in guests {
            let it = &ready[guest.index];
            let wanted = names(&guest).unwrap_or_default();
            let place = hosts.get(&wanted);
            let detail = match place.and_then(|place| fired.get_mut(*place)) {
                Some(host) => {
                    host.tokens = host.tokens.saturating_add(guest.tokens);
                    let said = &mut host.content;
                    match it.decorator("inject_replace") {
                        Some(old) => {
                            *said = said.replacen(&old.values.join(" "), &guest.content, 1)
                        }
                        None if it.decorator("inject_prepend").is_some() => {
                            said.insert_str(0, &(guest.content + " "));
                        }
                        // In its place: a crowd of guests makes it long.
                        None => said.extend([" ", &guest.content]),
                    }
                    format!("it stands in entry {}", host.index)
                }
                None => format!("no entry `{wanted}` goes in"),
            };
            self.skipped
                .insert(guest.index, (WhyNot::Decorator, Some(detail)));
        }
    }

    fn fire(&self, it: &Ready<'_>, why: Why) -> Fired {
        let value = |name: &str| it.decorator(name);
        let content = without_decorators(&it.entry.content).to_owned();
        let tokens =
            (content.chars().count() as f64 / self.options.characters_per_token.max(0.1)).ceil();
        let number = |name: &str| Some(value(name)?.number()? as u32);
        let from_start = || Some(self.count.saturating_sub(number("reverse_depth")?));
        let depth = number("depth")
            .or(value("end").map(|_| 0))
            .or_else(from_start);
        let placed = value("position").and_then(|it| match it.values.first()?.as_str() {
            "before_desc" => Some(Position::BeforeChar),
            "after_desc" => Some(Position::AfterChar),
            _ => None,
        });
        let position = placed.unwrap_or(match depth {
            Some(_) => Position::AtDepth,
            None => it.entry.position,
        });
        let role = value("role").and_then(|it| match it.values.first()?.as_str() {
            "system" => Some(0),
            "user" => Some(1),
            "assistant" => Some(2),
            _ => None,
        });
        Fired {
            index: it.index,
            why,
            content,
            tokens: tokens as u32,
            position,
            depth: depth.unwrap_or(it.entry.depth),
            role: role.unwrap_or(it.entry.role),
            outlet: match position {
                Position::Outlet => it.entry.outlet.clone(),
                _ => String::new(),
            },
        }
    }
}
