//! How far a text goes on without anything special, sixteen bytes at a time.
//!
//! In WebAssembly by its vectors, elsewhere by two words; both find the same.

/// How many bytes stand before the next quote, backslash or control character.
pub(super) fn plain(bytes: &[u8]) -> usize {
    run(
        bytes,
        |block| block.are(b'"').or(block.are(b'\\')).or(block.controls()),
        |byte| matches!(byte, b'"' | b'\\' | 0..=0x1f),
    )
}

/// How many bytes stand before the next quote or backslash.
pub(crate) fn unquoted(bytes: &[u8]) -> usize {
    run(
        bytes,
        |block| block.are(b'"').or(block.are(b'\\')),
        |byte| matches!(byte, b'"' | b'\\'),
    )
}

/// How many bytes stand before the first that is not ASCII.
pub(crate) fn ascii(bytes: &[u8]) -> usize {
    run(bytes, Block::beyond, |byte| !byte.is_ascii())
}

/// How many bytes stand before the next control character.
pub(crate) fn uncontrolled(bytes: &[u8]) -> usize {
    run(bytes, Block::controls, |byte| byte < 0x20)
}

/// How many bytes are not ASCII.
pub(super) fn count_beyond(bytes: &[u8]) -> usize {
    let (blocks, tail) = bytes.as_chunks();
    let marked = |block| Block::of(block).beyond().count();
    blocks.iter().map(marked).sum::<usize>() + tail.iter().filter(|byte| !byte.is_ascii()).count()
}

#[inline(always)]
fn run(bytes: &[u8], special: impl Fn(Block) -> Marks, is_special: impl Fn(u8) -> bool) -> usize {
    let (blocks, tail) = bytes.as_chunks();
    for (n, block) in blocks.iter().enumerate() {
        if let Some(first) = special(Block::of(block)).first() {
            return n * 16 + first;
        }
    }
    let rest = tail.iter().position(|byte| is_special(*byte));
    bytes.len() - tail.len() + rest.unwrap_or(tail.len())
}

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod lanes {
    use std::arch::wasm32::{i8x16_bitmask, u8x16_eq, u8x16_lt, u8x16_splat, u64x2, v128, v128_or};

    #[derive(Clone, Copy)]
    pub(super) struct Block(v128);

    /// Every bit of a marked byte is set.
    pub(super) struct Marks(v128);

    impl Block {
        #[inline(always)]
        pub fn of(bytes: &[u8; 16]) -> Block {
            let all = u128::from_le_bytes(*bytes);
            Block(u64x2(all as u64, (all >> 64) as u64))
        }

        #[inline(always)]
        pub fn are(self, byte: u8) -> Marks {
            Marks(u8x16_eq(self.0, u8x16_splat(byte)))
        }

        #[inline(always)]
        pub fn controls(self) -> Marks {
            Marks(u8x16_lt(self.0, u8x16_splat(0x20)))
        }

        /// What is not ASCII; only the highest bit of each byte is looked at later.
        #[inline(always)]
        pub fn beyond(self) -> Marks {
            Marks(self.0)
        }
    }

    impl Marks {
        #[inline(always)]
        pub fn or(self, other: Marks) -> Marks {
            Marks(v128_or(self.0, other.0))
        }

        #[inline(always)]
        pub fn first(self) -> Option<usize> {
            let bits = i8x16_bitmask(self.0);
            (bits != 0).then(|| bits.trailing_zeros() as usize)
        }

        #[inline(always)]
        pub fn count(self) -> usize {
            i8x16_bitmask(self.0).count_ones() as usize
        }
    }
}

#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
mod lanes {
    const ONES: u64 = u64::MAX / 255;
    const HIGHS: u64 = ONES << 7;

    #[derive(Clone, Copy)]
    pub(super) struct Block([u64; 2]);

    /// The highest bit of a marked byte is set, no other counts.
    pub(super) struct Marks([u64; 2]);

    impl Block {
        pub fn of(bytes: &[u8; 16]) -> Block {
            let all = u128::from_le_bytes(*bytes);
            Block([all as u64, (all >> 64) as u64])
        }

        pub fn are(self, byte: u8) -> Marks {
            let splat = ONES * u64::from(byte);
            // A sum stays within its byte, so each tells of itself alone.
            Marks(self.0.map(|word| {
                let other = word ^ splat;
                !(((other & !HIGHS) + !HIGHS) | other)
            }))
        }

        pub fn controls(self) -> Marks {
            Marks(self.0.map(|word| !(((word & !HIGHS) + ONES * 0x60) | word)))
        }

        /// What is not ASCII.
        pub fn beyond(self) -> Marks {
            Marks(self.0)
        }
    }

    impl Marks {
        pub fn or(self, other: Marks) -> Marks {
            let [a, b] = self.0;
            let [c, d] = other.0;
            Marks([a | c, b | d])
        }

        pub fn first(self) -> Option<usize> {
            let [low, high] = self.0.map(|word| word & HIGHS);
            match (low, high) {
                (0, 0) => None,
                (0, high) => Some(8 + high.trailing_zeros() as usize / 8),
                (low, _) => Some(low.trailing_zeros() as usize / 8),
            }
        }

        pub fn count(self) -> usize {
            let counts = self.0.map(|word| (word & HIGHS).count_ones() as usize);
            counts.iter().sum()
        }
    }
}

use lanes::{Block, Marks};

#[cfg(test)]
mod tests {
    use super::{ascii, count_beyond, plain, uncontrolled, unquoted};

    /// Whether a byte is special does not depend on its place or on its neighbors.
    #[test]
    fn every_byte_is_found_wherever_it_stands() {
        type Found = (fn(&[u8]) -> usize, fn(u8) -> bool);
        let all: [Found; 4] = [
            (plain, |byte| byte < 0x20 || byte == b'"' || byte == b'\\'),
            (unquoted, |byte| byte == b'"' || byte == b'\\'),
            (ascii, |byte| byte >= 0x80),
            (uncontrolled, |byte| byte < 0x20),
        ];
        for (found, special) in all {
            for byte in 0..=255 {
                for at in 0..40 {
                    for around in [b' ', b'#', b'!', b'[', b']', 0x7f] {
                        let mut text = [around; 40];
                        text[at] = byte;
                        let wanted = text.iter().position(|byte| special(*byte));
                        assert_eq!(found(&text), wanted.unwrap_or(40), "{byte} at {at}");
                    }
                }
            }
        }
    }

    #[test]
    fn what_is_beyond_ascii_is_counted() {
        let text = "é🦈 plain 東京 and so on, for more than sixteen bytes: ’";
        let beyond = text.bytes().filter(|byte| !byte.is_ascii()).count();
        assert_eq!(count_beyond(text.as_bytes()), beyond);
        assert_eq!(count_beyond(b""), 0);
    }
}
