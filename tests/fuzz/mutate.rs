//! How an input becomes another: bytes changed, pieces doubled, words of the formats put in,
//! and checksums of chunks put right again, so that what is behind them is reached.

/// A small generator: the same seed, the same inputs.
pub struct Random(u64);

impl Random {
    pub fn of(seed: u64, name: &str) -> Random {
        let start = name
            .bytes()
            .fold(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1, |sum, byte| {
                (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
            });
        Random(start | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    pub fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }
}

const WORDS: [&[u8]; 62] = [
    b"{",
    b"}",
    b"[",
    b"]",
    b"\"",
    b",",
    b":",
    b"null",
    b"true",
    b"1e400",
    b"-0",
    b"NaN",
    b"\\ud83d",
    b"\\u0000",
    b"\\",
    b"\xef\xbb\xbf",
    b"\xff\xfe",
    b"\0",
    b"\x80",
    b"\xed\xa0\x80",
    b"\"data\":",
    b"\"name\":",
    b"\"spec\":",
    b"\"entries\":",
    b"\"extensions\":{}",
    b"\"character_book\":",
    b"\"keys\":",
    b"\"assets\":",
    b"\"persona\":",
    b"\"attributes\":",
    b"__proto__",
    b"chara\0",
    b"ccv3\0",
    b"persona\0",
    b"chara-ext-asset_:",
    b"tEXt",
    b"zTXt",
    b"iTXt",
    b"eXIf",
    b"IEND",
    b"IDAT",
    b"\xff\xff\xff\xff",
    b"\x7f\xff\xff\xff",
    b"\0\0\0\0",
    b"PK\x03\x04",
    b"PK\x01\x02",
    b"PK\x05\x06",
    b"PK\x07\x08",
    b"card.json",
    b"../",
    b"embeded://",
    b"ASCII\0\0\0",
    b"Exif\0\0",
    b"II*\0",
    b"MM\0*",
    b"|-\n  ",
    b"name: A\ncontext: c\n",
    b"@@depth 4\n",
    b"/(a|b)*/i",
    b"{{char}}",
    b"eyJ",
    b"rcc||",
];

/// An input made of one of the pool.
pub fn mutated(pool: &[Vec<u8>], random: &mut Random, largest: usize) -> Vec<u8> {
    let mut bytes = pool[random.below(pool.len())].clone();
    for _ in 0..=random.below(5) {
        once(&mut bytes, pool, random);
    }
    bytes.truncate(largest);
    if random.below(3) > 0 {
        mend(&mut bytes);
    }
    bytes
}

fn once(bytes: &mut Vec<u8>, pool: &[Vec<u8>], random: &mut Random) {
    let at = random.below(bytes.len() + 1);
    let end = (at + 1 + random.below(32)).min(bytes.len());
    let word = WORDS[random.below(WORDS.len())];
    match random.below(11) {
        0 if at < bytes.len() => bytes[at] = random.below(256) as u8,
        1 if at < bytes.len() => bytes[at] ^= 1 << random.below(8),
        2 => bytes.truncate(at),
        3 if at < end => drop(bytes.drain(at..end)),
        4 if at < end => {
            let copy = bytes[at..end].to_vec();
            bytes.splice(at..at, copy);
        }
        5 => drop(bytes.splice(at..at, word.iter().copied())),
        6 if at < end => drop(bytes.splice(at..end, word.iter().copied())),
        7 => {
            let other = &pool[random.below(pool.len())];
            let from = random.below(other.len() + 1);
            bytes.truncate(at);
            bytes.extend_from_slice(&other[from..]);
        }
        8 => {
            let other = &pool[random.below(pool.len())];
            let from = random.below(other.len() + 1);
            let piece = &other[from..(from + random.below(256)).min(other.len())];
            bytes.splice(at..at, piece.iter().copied());
        }
        9 if bytes.len() >= 4 => {
            // A length, by a little or by much.
            let at = random.below(bytes.len() - 3);
            let value = [0, 1, 12, bytes.len() as u32, u32::MAX, i32::MAX as u32][random.below(6)];
            let value = if random.below(2) == 0 {
                value.to_be_bytes()
            } else {
                value.to_le_bytes()
            };
            bytes[at..at + 4].copy_from_slice(&value);
        }
        10 => payload(bytes, random),
        _ => {}
    }
}

/// Changes what is inside of a card chunk, where a byte of base64 changed from outside mostly
/// makes it none.
fn payload(bytes: &mut Vec<u8>, random: &mut Random) {
    let Some((at, end)) = chunks(bytes)
        .into_iter()
        .find(|(at, _)| &bytes[at + 4..at + 8] == b"tEXt")
    else {
        return;
    };
    let data = &bytes[at + 8..end - 4];
    let Some(start) = data.iter().position(|byte| *byte == 0) else {
        return;
    };
    let Ok(mut inner) = base64_simd::STANDARD.decode_to_vec(&data[start + 1..]) else {
        return;
    };
    for _ in 0..=random.below(3) {
        let place = random.below(inner.len() + 1);
        let until = (place + random.below(24)).min(inner.len());
        let word = WORDS[random.below(WORDS.len())];
        inner.splice(place..until, word.iter().copied());
    }
    let text: Vec<u8> = base64_simd::STANDARD.encode_type(&inner);
    let keyword = data[..start + 1].to_vec();
    let length = (keyword.len() + text.len()) as u32;
    let chunk = [&length.to_be_bytes()[..], b"tEXt", &keyword, &text, &[0; 4]].concat();
    bytes.splice(at..end, chunk);
}

/// Where the chunks of a PNG begin and end, as far as their lengths lead.
fn chunks(bytes: &[u8]) -> Vec<(usize, usize)> {
    let mut all = Vec::new();
    let mut at = 8;
    while bytes.starts_with(b"\x89PNG")
        && let Some(length) = bytes.get(at..at + 4)
    {
        let length = u32::from_be_bytes([length[0], length[1], length[2], length[3]]) as usize;
        let end = at.saturating_add(length).saturating_add(12);
        if end > bytes.len() {
            break;
        }
        all.push((at, end));
        at = end;
    }
    all
}

/// Puts right the checksums of a PNG's chunks.
fn mend(bytes: &mut [u8]) {
    for (at, end) in chunks(bytes) {
        let sum = crc32fast::hash(&bytes[at + 4..end - 4]);
        bytes[end - 4..end].copy_from_slice(&sum.to_be_bytes());
    }
}
