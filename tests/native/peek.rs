//! Looking into a card file: the same answer as reading all of it, from few of its bytes.

use crate::cards::{Png, card_chunk, chunk, fixture, v2, v3};
use crate::json::Random;
use cardkeep::card::{self, Asset, Container, Peek, WriteOptions};
use cardkeep::container::thin::Distant;
use cardkeep::error::{Error, Kind, Limits, Result};
use cardkeep::json::Document;
use std::cell::Cell;
use std::ops::Range;

/// The answer, and how many bytes it took.
fn peek(bytes: &[u8]) -> (Result<card::CardFile>, usize) {
    let mut peek = Peek::new(bytes.len(), Limits::default());
    let mut steps = 0;
    while let Some(range) = peek.wants() {
        assert!(
            range.start < range.end && range.end <= bytes.len(),
            "{range:?}"
        );
        peek.give(range.start, &bytes[range]);
        steps += 1;
        assert!(steps < 100, "it does not end");
    }
    let read = peek.bytes_read();
    assert!(read <= bytes.len(), "bytes were read twice");
    (peek.card(), read)
}

/// A file that counts what is taken of it.
struct Far<'b> {
    bytes: &'b [u8],
    /// Lengths and kinds of the first chunks.
    chunks: Vec<[u32; 2]>,
    taken: Cell<usize>,
}

/// Lengths and kinds of the first chunks of a PNG, as they lead from one to the next.
fn first_chunks(bytes: &[u8], most: usize) -> Vec<[u32; 2]> {
    let (mut found, mut at) = (Vec::new(), 8_usize);
    while found.len() < most
        && bytes.starts_with(b"\x89PNG")
        && let Some([a, b, c, d, kind @ ..]) = bytes.get(at..).and_then(<[u8]>::first_chunk::<8>)
    {
        let length = u32::from_be_bytes([*a, *b, *c, *d]);
        found.push([length, u32::from_be_bytes(*kind)]);
        at = at.saturating_add(12).saturating_add(length as usize);
    }
    found
}

impl Distant for Far<'_> {
    type Missing = Error;

    fn size(&self) -> usize {
        self.bytes.len()
    }

    fn chunks(&self) -> &[[u32; 2]] {
        &self.chunks
    }

    fn header(&self, at: usize) -> Result<[u8; 8]> {
        Ok(self.bytes[at..at + 8].try_into().unwrap())
    }

    fn append(&self, range: Range<usize>, out: &mut Vec<u8>) -> Result<()> {
        self.taken.set(self.taken.get() + range.len());
        out.extend_from_slice(&self.bytes[range]);
        Ok(())
    }
}

/// Reading a file from afar gives what reading it at hand gives; and how many bytes were taken.
fn from_afar(name: &str, bytes: &[u8]) -> usize {
    let taken = [0, 3, usize::MAX].map(|known| from_afar_knowing(known, name, bytes));
    assert!(taken.iter().all(|other| *other == taken[0]), "{name}");
    taken[0]
}

fn from_afar_knowing(known: usize, name: &str, bytes: &[u8]) -> usize {
    let far = Far {
        bytes,
        chunks: first_chunks(bytes, known),
        taken: Cell::new(0),
    };
    let limits = Limits::default();
    match (card::read_from(&far, &limits), card::read(bytes, &limits)) {
        (Ok((far, view)), Ok(near)) => {
            assert_eq!(view, card::view(&near.document), "{name}");
            assert_eq!(far.document.bytes(), near.document.bytes(), "{name}");
            assert_eq!(far.spec, near.spec, "{name}");
            assert_eq!(far.container, near.container, "{name}");
            assert_eq!(far.source, near.source, "{name}");
            assert_eq!(far.warnings, near.warnings, "{name}");
            assert_eq!(far.assets, near.assets, "{name}");
        }
        (Err(far), Err(near)) => assert_eq!(far.to_string(), near.to_string(), "{name}"),
        (far, near) => panic!("{name}: {far:?} against {near:?}"),
    }
    far.taken.get()
}

pub fn agrees(name: &str, bytes: &[u8]) -> usize {
    from_afar(name, bytes);
    let (peeked, read) = peek(bytes);
    match (peeked, card::read(bytes, &Limits::default())) {
        (Ok(peeked), Ok(whole)) => {
            assert_eq!(peeked.document.bytes(), whole.document.bytes(), "{name}");
            assert_eq!(peeked.container, whole.container, "{name}");
            assert_eq!(peeked.spec, whole.spec, "{name}");
            assert!(peeked.assets.is_empty(), "{name}");
        }
        (Err(peeked), Err(whole)) => assert_eq!(peeked.kind(), whole.kind(), "{name}"),
        (peeked, whole) => panic!("{name}: {peeked:?} against {whole:?}"),
    }
    read
}

/// A PNG of `size` bytes of image data in chunks of `chunk`, with texts before and after.
fn picture(size: usize, piece: usize, before: &[Vec<u8>], after: &[Vec<u8>]) -> Vec<u8> {
    let mut seed = 7_u32;
    let mut noise: Vec<u8> = (0..size)
        .map(|_| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> 24) as u8
        })
        .collect();
    // Image data may spell anything.
    noise[size / 2..size / 2 + 4].copy_from_slice(b"IDAT");
    let data = noise.chunks(piece).map(|part| chunk(b"IDAT", part));
    let between = before
        .iter()
        .cloned()
        .chain(data)
        .chain(after.iter().cloned());
    between.fold(Png::new(), Png::before_end).bytes()
}

fn long(name: &str, length: usize) -> String {
    format!(
        r#"{{"spec":"chara_card_v2","spec_version":"2.0","data":{{"name":"{name}","description":"{}","first_mes":"Hi"}}}}"#,
        "words ".repeat(length / 6)
    )
}

#[test]
fn peeking_agrees_with_reading_in_every_fixture() {
    for entry in
        std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/cards")).unwrap()
    {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if name == "expected.json" {
            continue;
        }
        let bytes = fixture(name);
        agrees(name, &bytes);
        for cut in [
            0,
            1,
            7,
            8,
            20,
            bytes.len() / 2,
            bytes.len().saturating_sub(5),
        ] {
            agrees(&format!("{name} cut at {cut}"), &bytes[..cut]);
        }
    }
}

#[test]
fn an_archive_that_is_shifted_and_cut_at_its_end_is_read_by_its_directory() {
    let bytes = include_bytes!("../fuzz/corpus/card/shifted_archive_cut_at_its_end");
    agrees("shifted", bytes);
    let file = card::read(bytes, &Limits::default()).unwrap();
    let data = file.document.root().get("data");
    let name = data.and_then(|data| data.get("name")?.text());
    assert_eq!(name.as_deref(), Some("Zoë 東京 🦈"));
}

#[test]
fn a_large_image_is_known_from_a_small_part() {
    let small = card_chunk("chara", &long("Ann", 6_000));
    let large = card_chunk("chara", &long("Bea", 90_000));
    let newer = card_chunk("ccv3", &long("Cid", 90_000));
    for (name, before, after) in [
        ("before", vec![small.clone()], vec![]),
        ("after", vec![], vec![small.clone()]),
        ("large before", vec![large.clone(), newer.clone()], vec![]),
        ("large after", vec![], vec![large.clone(), newer.clone()]),
        (
            "the newer one after",
            vec![small.clone()],
            vec![newer.clone()],
        ),
        ("none", vec![], vec![]),
    ] {
        for chunk in [4 << 20, 65_536, 8_192] {
            let bytes = picture(4 << 20, chunk, &before, &after);
            let read = agrees(&format!("{name}, chunks of {chunk}"), &bytes);
            let words: usize = before.iter().chain(&after).map(Vec::len).sum();
            assert!(
                read < words * 3 + (120 << 10),
                "{name}, chunks of {chunk}: {read} bytes for {words} of words"
            );
        }
    }
}

#[test]
fn of_a_picture_that_is_read_the_pixels_are_not_taken_over() {
    let words = [
        card_chunk("chara", &long("Ann", 6_000)),
        card_chunk("ccv3", &long("Ann", 9_000)),
        chunk(b"tEXt", b"chara-ext-asset_:1.png\0AAAA"),
    ];
    let size: usize = words.iter().map(Vec::len).sum();
    for piece in [1 << 20, 8_192] {
        let name = format!("chunks of {piece}");
        for (before, after) in [
            (&words[..], &[][..]),
            (&[], &words),
            (&words[..1], &words[1..]),
        ] {
            let taken = from_afar(&name, &picture(1 << 20, piece, before, after));
            assert!(taken < size + 200, "{name}: {taken} bytes");
        }
    }
}

#[test]
fn what_is_not_as_it_should_be_is_read_whole() {
    let chunk = card_chunk("chara", &long("Ann", 600));
    let mut garbage = picture(300_000, 8_192, &[], std::slice::from_ref(&chunk));
    garbage.splice(100_000..100_000, [1, 2, 3, 4, 5]);
    agrees("garbage between chunks", &garbage);
    let mut behind = picture(300_000, 300_000, &[], &[]);
    behind.extend_from_slice(&chunk);
    agrees("a card behind the end", &behind);
    let whole = picture(300_000, 8_192, &[], &[chunk]);
    agrees("cut short", &whole[..200_000]);
}

#[test]
fn a_card_behind_the_end_of_the_image_counts_where_the_one_before_says_nothing() {
    let hollow = r#"{"spec":"chara_card_v2","data":{}}"#;
    let image = [
        Png::new().before_image(card_chunk("chara", hollow)).bytes(),
        card_chunk("ccv3", &v3("Behind")),
    ]
    .concat();
    let found = peek(&image).0.unwrap();
    assert_eq!(card::summary(&found.document).name, "Behind");
    agrees("behind the end", &image);
    // What only looks like an end is none, and all that follows counts.
    let image = [
        Png::new()
            .before_image(card_chunk("chara", &v2("Before")))
            .before_end(chunk(b"IEND", &[0; 8]))
            .bytes(),
        card_chunk("ccv3", &v3("Behind")),
    ]
    .concat();
    agrees("an end with content", &image);
}

#[test]
fn the_card_of_an_archive_is_known_from_a_small_part() {
    let asset = Asset {
        path: "embeded://assets/other/image/large.bin".to_owned(),
        bytes: (0..3_000_000_u32)
            .map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8)
            .collect(),
    };
    let document = Document::parse(r#"{"spec":"chara_card_v3","spec_version":"3.0","data":{"name":"Zoë","first_mes":"Hi","assets":[{"type":"x-y","uri":"embeded://assets/other/image/large.bin","name":"l","ext":"bin"}]}}"#).unwrap();
    let options = WriteOptions {
        container: Container::Charx,
        image: None,
        assets: &[asset],
        limits: Limits::default(),
    };
    let archive = card::write(&document, &options).unwrap();
    let read = agrees("alone", &archive);
    assert!(read < 40 << 10, "{read} bytes of {}", archive.len());
    let jpeg = [
        &[0xff, 0xd8, 0xff, 0xe0, 0, 4, 1, 1, 0xff, 0xda, 0, 2][..],
        &[9; 90_000],
        &[0xff, 0xd9],
    ]
    .concat();
    let read = agrees("behind a picture", &[jpeg, archive].concat());
    assert!(read < 40 << 10, "{read} bytes behind a picture");
}

#[test]
fn a_file_over_the_limit_is_refused_by_its_size() {
    let limits = Limits {
        file: 1000,
        ..Limits::default()
    };
    let mut peek = Peek::new(1001, limits);
    assert_eq!(peek.wants(), None);
    assert_eq!(peek.card().unwrap_err().kind(), Kind::TooLarge);
}

#[test]
fn of_five_hundred_mixed_cards_at_most_an_eighth_is_read() {
    let mut random = Random(0x00c0_ffee);
    // Made once: what image data says is nothing to peeking.
    let noise: Vec<u8> = (0..3 << 20).map(|_| random.next() as u8).collect();
    let (mut read, mut all) = (0, 0);
    for n in 0..500 {
        let size = (200 << 10) + random.below(2 << 20);
        let card = long(&format!("Card {n}"), 1_000 + random.below(20_000));
        let pieces = [8 << 10, 64 << 10, 4 << 20][random.below(3)];
        let data = || {
            noise[..size]
                .chunks(pieces)
                .map(|part| chunk(b"IDAT", part))
        };
        let image = |before: &[Vec<u8>], after: &[Vec<u8>]| {
            let all = before.iter().cloned().chain(data());
            let all: Vec<Vec<u8>> = all.chain(after.iter().cloned()).collect();
            Png::new().before_end(all.concat()).bytes()
        };
        let chara = card_chunk("chara", &card);
        let both = [chara.clone(), card_chunk("ccv3", &card)];
        let bytes = match n % 20 {
            0 => card.into_bytes(),
            1 | 2 => {
                let options = WriteOptions {
                    container: Container::Charx,
                    image: None,
                    assets: &[Asset {
                        path: "embeded://assets/icon/images/main.png".into(),
                        bytes: noise[..size].to_vec(),
                    }],
                    limits: Limits::default(),
                };
                let document = Document::parse(&card).expect("it is JSON");
                card::write(&document, &options).expect("it is written")
            }
            3 => image(&[], &[]),
            n if n % 3 == 0 => image(&both, &[]),
            n if n % 3 == 1 => image(&[], &both),
            _ => image(&[chara], &[]),
        };
        read += agrees(&format!("card {n}"), &bytes);
        all += bytes.len();
    }
    let share = read as f64 / all as f64;
    assert!(share <= 0.12, "{:.1} % of {all} bytes", share * 100.0);
}

#[test]
fn what_stands_behind_a_picture_is_peeked_at_as_it_is_read() {
    let archive = fixture("70_charx.charx");
    let directory = memchr::memmem::find(&archive, b"PK\x01\x02").unwrap();
    let end = memchr::memmem::rfind(&archive, b"PK\x05\x06").unwrap();
    let mut commented = archive.clone();
    commented[end + 20..end + 22].copy_from_slice(&3000_u16.to_le_bytes());
    commented.extend([b'z'; 3000]);
    let trailed = [&archive[..], &[9; 2000]].concat();
    let jpeg = b"\xff\xd8\xff\xe0\0\x04ab\xff\xda\0\x04ab\x11\x22\xff\xd9";
    let webp = b"RIFF\x10\0\0\0WEBPVP8 \x04\0\0\0abcd";
    for (picture, kind) in [(&jpeg[..], "jpeg"), (&webp[..], "webp")] {
        for (behind, how) in [
            (&archive[..], "whole"),
            (&archive[..directory], "without a directory"),
            (&commented, "with a long comment"),
            (&trailed, "with bytes behind it"),
        ] {
            let file = [picture, behind].concat();
            let name = format!("{kind} with an archive {how}");
            assert!(card::read(&file, &Limits::default()).is_ok(), "{name}");
            agrees(&name, &file);
        }
    }
}

#[test]
fn a_card_behind_the_end_is_peeked_at_where_it_outdoes_a_comment() {
    let file = include_bytes!("../fuzz/corpus/card/comment_before_a_card_behind_the_end");
    let read = card::read(file, &Limits::default()).unwrap();
    assert_eq!(read.source.chunk, "ccv3");
    agrees("a comment before a card", file);
}

#[test]
fn an_archive_among_the_words_of_a_picture_is_peeked_at_whole() {
    let file = include_bytes!("../fuzz/corpus/card/archive_among_the_words_of_a_picture");
    agrees("an archive among the words", file);
}

#[test]
fn an_exif_that_lengths_lead_past_is_peeked_at_too() {
    let comment = [b"ASCII\0\0\0", &v2("Ann").into_bytes()[..]].concat();
    let mut exif = b"II*\0\x08\0\0\0\x01\0\x86\x92\x07\0".to_vec();
    exif.extend((comment.len() as u32).to_le_bytes());
    exif.extend(b"\x1a\0\0\0\0\0\0\0");
    exif.extend(&comment);
    let length = exif.len() as u32;
    let chunk = [&b"EXIF"[..], &length.to_le_bytes(), &exif].concat();
    // The picture says that it goes on to the end of the file.
    let body = [&(4 + chunk.len() as u32).to_le_bytes()[..], b"abcd", &chunk].concat();
    let file = [&b"RIFF\0\0\0\0WEBPVP8 "[..], &body].concat();
    let read = card::read(&file, &Limits::default()).unwrap();
    assert_eq!(card::summary(&read.document).name, "Ann");
    agrees("an Exif within a picture", &file);
}

#[test]
fn an_image_full_of_texts_takes_a_card_and_one_with_too_many_is_refused_by_both() {
    let limits = Limits::default();
    let texts = |count: usize| -> Vec<Vec<u8>> {
        (0..count)
            .map(|n| chunk(b"tEXt", format!("k{n}\0v").as_bytes()))
            .collect()
    };
    let full = picture(100, 100, &texts(limits.text_chunks), &[]);
    let card = Document::parse(&v2("Ann")).unwrap();
    let options = WriteOptions {
        container: Container::Png,
        image: Some(&full),
        assets: &[],
        limits: limits.clone(),
    };
    let written = card::write(&card, &options).unwrap();
    assert_eq!(
        card::summary(&card::read(&written, &limits).unwrap().document).name,
        "Ann"
    );
    agrees("full", &written);
    let before: Vec<Vec<u8>> = [
        vec![card_chunk("chara", &v2("Ann"))],
        texts(limits.text_chunks + 1),
    ]
    .concat();
    let over = picture(100, 100, &before, &[]);
    assert_eq!(
        card::read(&over, &limits).unwrap_err().kind(),
        Kind::TooLarge
    );
    agrees("too many", &over);
}
