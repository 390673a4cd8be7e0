//! Groups of entries, of which one goes in.

use super::outcome::{Why, WhyNot};
use super::ready::Ready;
use super::sight::Run;
use std::collections::HashMap;

impl<'b> Run<'b> {
    /// Of a group one entry stays: the one that is in already, or sticky ones, or of those of
    /// which most keys are found the one that overrides by order, or one by weight.
    pub fn groups(&mut self, ready: &[Ready<'b>], called: &mut Vec<(usize, Why)>) {
        let entries = &self.book.entries;
        let of = |index: usize| {
            let names = entries[index].group.split(',').map(str::trim);
            names.filter(|name| !name.is_empty())
        };
        // Each group with the places of those of it that are called for.
        let mut numbers: HashMap<String, usize> = HashMap::new();
        let mut groups: Vec<(&str, Vec<usize>, bool)> = Vec::new();
        for (place, (index, _)) in called.iter().enumerate() {
            for name in of(*index) {
                let number = *numbers.entry(name.to_owned()).or_insert(groups.len());
                match groups.get_mut(number) {
                    Some((_, places, _)) if places.last() == Some(&place) => {}
                    Some((_, places, _)) => places.push(place),
                    None => groups.push((name, vec![place], false)),
                }
            }
        }
        if groups.is_empty() {
            return;
        }
        for name in self.fired.iter().flat_map(|(index, _)| of(*index)) {
            if let Some(number) = numbers.get(name) {
                groups[*number].2 = true;
            }
        }
        let mut gone = vec![false; called.len()];
        for (name, places, taken) in groups {
            let mut members = places;
            members.retain(|place| !gone[*place]);
            let index = |place: usize| called[place].0;
            let scored = |place: usize| {
                let own = entries[index(place)].group_scoring;
                own.unwrap_or(self.options.group_scoring)
            };
            let is_sticky = |place: usize| called[place].1 == Why::Sticky;
            let sticky = members.iter().any(|place| is_sticky(*place));
            if !sticky && members.iter().any(|place| scored(*place)) {
                let score = |place: &usize| self.score(&ready[index(*place)]);
                let scores: Vec<usize> = members.iter().map(score).collect();
                let most = scores.iter().copied().max().unwrap_or(0);
                for (place, score) in std::mem::take(&mut members).into_iter().zip(scores) {
                    if score == most || !scored(place) {
                        members.push(place);
                        continue;
                    }
                    let detail = format!("{score} keys of {most} in the group `{name}`");
                    self.skipped
                        .insert(index(place), (WhyNot::Score, Some(detail)));
                    gone[place] = true;
                }
            }
            let winner = if sticky || taken || members.len() < 2 {
                None
            } else {
                let overriding = members
                    .iter()
                    .filter(|place| entries[index(**place)].group_override);
                // Of equal ones the first.
                let first = overriding
                    .rev()
                    .max_by_key(|place| entries[index(**place)].insertion_order);
                first.copied().or_else(|| {
                    let weight = |place: &usize| entries[index(*place)].group_weight;
                    let total: f64 = members.iter().map(weight).sum();
                    let mut left = self.roll(name.len() + members.len() * 31) / 100.0 * total;
                    let by_weight = members.iter().find(|place| {
                        left -= weight(place);
                        left < 0.0
                    });
                    by_weight.or(members.first()).copied()
                })
            };
            for place in members {
                let stays = match winner {
                    Some(winner) => winner == place,
                    None => is_sticky(place) || !(sticky || taken),
                };
                if stays {
                    continue;
                }
                gone[place] = true;
                let told = self.skipped.get(&index(place));
                if !matches!(told, Some((WhyNot::Score, _))) {
                    self.skipped
                        .insert(index(place), (WhyNot::Group, Some(name.to_owned())));
                }
            }
        }
        let mut gone = gone.into_iter();
        called.retain(|_| gone.next() != Some(true));
    }
}
