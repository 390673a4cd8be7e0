//! Small parts that were read or written last. A part is addressed by its content, so
//! what is remembered never goes stale.

use std::collections::VecDeque;

/// Larger parts are not remembered.
const LARGEST: usize = 256 << 10;
/// All of them together.
const CAPACITY: usize = 8 << 20;
/// How many: they are looked through one by one.
const MOST: usize = 256;

/// Parts by their hashes, the latest first.
#[derive(Default)]
pub(super) struct PartCache {
    parts: VecDeque<(String, Vec<u8>)>,
    bytes: usize,
}

impl PartCache {
    /// The bytes of a part that is remembered.
    pub(super) fn get(&self, hash: &str) -> Option<Vec<u8>> {
        self.parts
            .iter()
            .find(|(known, _)| known == hash)
            .map(|(_, bytes)| bytes.clone())
    }

    /// Remembers a part; the oldest ones give way.
    pub(super) fn put(&mut self, hash: &str, bytes: &[u8]) {
        if bytes.len() > LARGEST || self.parts.iter().any(|(known, _)| known == hash) {
            return;
        }
        self.bytes += bytes.len();
        self.parts.push_front((hash.to_owned(), bytes.to_vec()));
        while self.bytes > CAPACITY || self.parts.len() > MOST {
            let Some((_, oldest)) = self.parts.pop_back() else {
                return;
            };
            self.bytes -= oldest.len();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_parts_give_way_and_large_ones_stay_out() {
        let mut cache = PartCache::default();
        cache.put("huge", &vec![0; LARGEST + 1]);
        assert_eq!(cache.get("huge"), None);
        for n in 0..100 {
            cache.put(&n.to_string(), &vec![n; LARGEST]);
        }
        assert_eq!(cache.get("0"), None);
        assert_eq!(cache.get("99"), Some(vec![99; LARGEST]));
        assert!(cache.bytes <= CAPACITY);
        for n in 0..1000 {
            cache.put(&format!("small {n}"), &[1]);
        }
        assert_eq!(cache.get("small 0"), None);
        assert_eq!(cache.parts.len(), MOST);
    }
}
