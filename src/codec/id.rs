//! Ids: UUID version 7, so that they sort by time of creation.

use super::Hashing;
use uuid::{Builder, Uuid};

/// A fresh id for a record made at `now_ms`.
pub fn new_id(now_ms: i64) -> String {
    let mut random = [0; 10];
    random.copy_from_slice(&Uuid::new_v4().as_bytes()[6..]);
    // The version and variant bits of the v4 value are overwritten by the builder;
    // byte 6 keeps four fixed bits, byte 8 two, which leaves 74 - 6 random ones.
    let millis = u64::try_from(now_ms).unwrap_or(0);
    Builder::from_unix_timestamp_millis(millis, &random)
        .into_uuid()
        .to_string()
}

/// An id that is the same every time for the same bytes and number: UUID version 8.
pub fn derived_id(bytes: &[u8], number: u64) -> String {
    let mut hashing = Hashing::default();
    hashing.add(bytes);
    hashing.add(&number.to_le_bytes());
    let hash = hashing.finish();
    let half = hash
        .get(..32)
        .and_then(|half| u128::from_str_radix(half, 16).ok());
    Builder::from_custom_bytes(half.unwrap_or_default().to_be_bytes())
        .into_uuid()
        .to_string()
}

#[cfg(test)]
mod tests {
    use super::new_id;

    #[test]
    fn ids_are_unique_and_sort_by_time() {
        let mut ids: Vec<String> = (0..1_000).map(|n| new_id(1_700_000_000_000 + n)).collect();
        let sorted = {
            let mut copy = ids.clone();
            copy.sort();
            copy
        };
        assert_eq!(ids, sorted);
        ids.dedup();
        assert_eq!(ids.len(), 1_000);
    }
}
