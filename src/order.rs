//! Putting lists in order, with one sorting routine for all of them.
//!
//! The standard library's is compiled anew for every type and every order, five to six
//! kilobytes of WebAssembly each. Here places are sorted, whatever stands at them, and
//! each thing is moved once. It refuses to know what it sorts.

use std::cmp::Ordering;

/// Sorts by `compare`; what is equal keeps its order.
pub(crate) fn sort_by<T>(items: &mut Vec<T>, compare: impl Fn(&T, &T) -> Ordering) {
    let places = in_order(items.len(), &|a, b| compare(&items[a], &items[b]));
    let mut taken: Vec<Option<T>> = std::mem::take(items).into_iter().map(Some).collect();
    items.extend(places.into_iter().filter_map(|place| taken[place].take()));
}

/// Sorts by the key that `key` gives; what has the same one keeps its order.
pub(crate) fn sort_by_key<T, K: Ord>(items: &mut Vec<T>, key: impl Fn(&T) -> K) {
    sort_by(items, |a, b| key(a).cmp(&key(b)));
}

/// Not generic: this is the one copy.
fn in_order(count: usize, compare: &dyn Fn(usize, usize) -> Ordering) -> Vec<usize> {
    let mut places: Vec<usize> = (0..count).collect();
    places.sort_by(|a, b| compare(*a, *b));
    places
}

#[cfg(test)]
mod tests {
    use super::{sort_by, sort_by_key};

    #[test]
    fn every_item_is_there_once_and_equal_ones_keep_their_order() {
        let mut items: Vec<(u32, u32)> = (0..1_000).map(|n| (n * 7_919 % 10, n)).collect();
        let mut wanted = items.clone();
        wanted.sort_by_key(|item| item.0);
        sort_by_key(&mut items, |item| item.0);
        assert_eq!(items, wanted);
        sort_by(&mut items, |a, b| b.1.cmp(&a.1));
        assert!(items.iter().map(|item| item.1).eq((0..1_000).rev()));
    }

    #[test]
    fn nothing_and_one_are_in_order() {
        let mut items: Vec<String> = Vec::new();
        sort_by_key(&mut items, String::clone);
        assert!(items.is_empty());
        items.push("one".to_owned());
        sort_by_key(&mut items, String::clone);
        assert_eq!(items, ["one"]);
    }
}
