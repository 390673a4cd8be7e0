//! What `clean` takes out behind a picture's end and between the scans of a JPEG, over pictures
//! that are made here by chance.

use crate::json::Random;
use cardkeep::card::{self, Container, WriteOptions};
use cardkeep::container::zip;
use cardkeep::error::{Kind, Limits};
use cardkeep::json::Document;

const CARD: &str = r#"{"name":"Ann","description":"d","first_mes":"Hi"}"#;

/// What was taken out: its kind, its name, its bytes.
type Told = (String, String, usize);

fn written(container: Container) -> Vec<u8> {
    let options = WriteOptions {
        container,
        image: None,
        assets: &[],
        limits: Limits::default(),
    };
    card::write(&Document::parse(CARD).unwrap(), &options).unwrap()
}

fn clean(image: &[u8]) -> (Vec<u8>, Vec<Told>) {
    let cleaned = card::clean(image, &Limits::default()).unwrap();
    let told = cleaned.removed.into_iter();
    let told = told
        .map(|told| (told.kind, told.name, told.bytes))
        .collect();
    (cleaned.bytes, told)
}

fn trailer(name: &str, bytes: usize) -> Told {
    ("trailer".to_owned(), name.to_owned(), bytes)
}

fn some(random: &mut Random, most: usize) -> Vec<u8> {
    let length = random.below(most);
    (0..length).map(|_| random.next() as u8).collect()
}

fn segment(marker: u8, data: &[u8]) -> Vec<u8> {
    let length = (data.len() as u16 + 2).to_be_bytes();
    [&[0xff, marker][..], &length, data].concat()
}

/// A scan as an encoder writes it: every 0xff in it is followed by a zero or restarts it.
fn scan(random: &mut Random) -> Vec<u8> {
    let mut out = segment(0xda, &[1, 1, 0, 0, 0x3f, 0]);
    for _ in 0..random.below(60) {
        match random.below(6) {
            0 => out.extend([0xff, 0]),
            1 => out.extend([0xff, 0xd0 + random.below(8) as u8]),
            _ => out.push(random.next() as u8 & 0x7f),
        }
    }
    out
}

/// A JPEG, the same without its words, and what was in them.
fn photograph(random: &mut Random) -> (Vec<u8>, Vec<u8>, Vec<Told>) {
    let (mut whole, mut bare) = (b"\xff\xd8".to_vec(), b"\xff\xd8".to_vec());
    let mut told = Vec::new();
    let scans = 1 + random.below(5);
    for n in 0..=scans {
        for _ in 0..random.below(4) {
            let telling = random.below(2) == 0;
            let words = some(random, 40);
            let part = match telling {
                true => {
                    let data = [b"Note\0", &words[..]].concat();
                    let marker = [0xe3, 0xed, 0xfe][random.below(3)];
                    let (kind, name) = match marker {
                        0xfe => ("COM".to_owned(), ""),
                        other => (format!("APP{}", other - 0xe0), "Note"),
                    };
                    told.push((kind, name.to_owned(), data.len()));
                    segment(marker, &data)
                }
                false => segment([0xdb, 0xc4, 0xdd][random.below(3)], &words),
            };
            // Before a marker there may be more of its first byte.
            let fill = vec![0xff; random.below(3)];
            let part = [fill, part].concat();
            whole.extend(&part);
            if !telling {
                bare.extend(&part);
            }
        }
        if n < scans {
            let scan = scan(random);
            whole.extend(&scan);
            bare.extend(&scan);
        }
    }
    whole.extend(b"\xff\xd9");
    bare.extend(b"\xff\xd9");
    (whole, bare, told)
}

#[test]
fn words_between_scans_and_what_stands_behind_a_jpeg_go_and_no_other_byte() {
    let mut random = Random(0x6a70_6567);
    for round in 0..3000 {
        let (whole, bare, mut told) = photograph(&mut random);
        let tail = match random.below(4) {
            0 => photograph(&mut random).0,
            1 => [b"\0\0\0\x18ftypmp42", &some(&mut random, 200)[..]].concat(),
            2 => some(&mut random, 200),
            _ => Vec::new(),
        };
        let kind = match &tail[..tail.len().min(8)] {
            [0xff, 0xd8, 0xff, ..] => "image/jpeg",
            [_, _, _, 0x18, b'f', ..] => "video/mp4",
            _ => "",
        };
        if !tail.is_empty() {
            told.push(trailer(kind, tail.len()));
        }
        let (bytes, removed) = clean(&[whole, tail].concat());
        assert_eq!(bytes, bare, "round {round}");
        assert_eq!(removed, told, "round {round}");
        assert_eq!(clean(&bytes), (bytes, vec![]), "round {round}");
    }
}

#[test]
fn a_jpeg_without_an_end_is_left_to_its_last_byte() {
    let mut random = Random(0x6375_7400);
    for _ in 0..300 {
        let (_, bare, _) = photograph(&mut random);
        let first = bare.windows(2).position(|two| two == b"\xff\xda").unwrap() + 8;
        for cut in first..bare.len() - 1 {
            assert_eq!(clean(&bare[..cut]), (bare[..cut].to_vec(), vec![]));
        }
    }
}

#[test]
fn a_jpeg_of_countless_segments_is_refused() {
    let many = segment(0xdb, b"").repeat(70_000);
    let error = card::clean(&[b"\xff\xd8", &many[..]].concat(), &Limits::default()).unwrap_err();
    assert_eq!(error.kind(), Kind::CutShort);
}

#[test]
fn a_card_in_an_archive_behind_a_picture_stays_and_what_stands_before_it_goes() {
    let archive = written(Container::Charx);
    let mut random = Random(0x7a69_7000);
    let png = written(Container::Png);
    let webp = b"RIFF\x14\0\0\0WEBPVP8 \x08\0\0\0{pixels}".to_vec();
    for _ in 0..50 {
        let (photo, bare, mut told) = photograph(&mut random);
        let more = vec![b'-'; 1 + random.below(30)];
        told.push(trailer("", more.len()));
        for (image, bare, told) in [
            (&photo, &bare, &told),
            (&png, &png, &vec![trailer("", more.len())]),
            (&webp, &webp, &vec![trailer("", more.len())]),
        ] {
            let file = [&image[..], &more, &archive].concat();
            let (bytes, removed) = clean(&file);
            assert_eq!(bytes, [&bare[..], &archive].concat());
            assert_eq!(removed, *told);
            assert!(card::read(&bytes, &Limits::default()).is_ok());
            assert_eq!(clean(&bytes), (bytes, vec![]));
        }
    }
    // An archive without a card is none of the card's.
    let other = b"PK\x05\x06"
        .iter()
        .chain(&[0; 18])
        .copied()
        .collect::<Vec<_>>();
    let (bytes, removed) = clean(&[&webp[..], &other].concat());
    assert_eq!((bytes, removed), (webp, vec![trailer("", 22)]));
}

#[test]
fn pictures_in_an_archive_behind_a_picture_keep_their_words() {
    let chunk = |kind: &[u8; 4], data: &[u8]| {
        let named = [&kind[..], data].concat();
        let sum = crc32fast::hash(&named).to_be_bytes();
        [&(data.len() as u32).to_be_bytes()[..], &named, &sum].concat()
    };
    let png = written(Container::Png);
    let words = chunk(b"tEXt", b"parameters\0a cat");
    let asset = [&png[..33], &words, &png[33..]].concat();
    let card = br#"{"spec":"chara_card_v3","spec_version":"3.0","data":{"name":"Ann","assets":[{"type":"icon","uri":"embeded://a.png","name":"main","ext":"png"}]}}"#;
    let stored = zip::Stored::Plain;
    let file = |(name, bytes)| zip::File {
        name,
        bytes,
        stored,
    };
    let archive = [("card.json", &card[..]), ("a.png", &asset[..])].map(file);
    let archive = zip::write(&archive).unwrap();
    let whole = [&asset[..], &archive].concat();
    let (bytes, removed) = clean(&whole);
    assert_eq!(bytes, [&png[..], &archive].concat());
    assert_eq!(removed, [("tEXt".to_owned(), "parameters".to_owned(), 16)]);
}

#[test]
fn behind_a_png_only_cards_and_assets_stay() {
    let chunk = |kind: &[u8; 4], data: &[u8]| {
        let named = [&kind[..], data].concat();
        let sum = crc32fast::hash(&named).to_be_bytes();
        [&(data.len() as u32).to_be_bytes()[..], &named, &sum].concat()
    };
    let png = written(Container::Png);
    let own = chunk(b"tEXt", b"chara-ext-asset_:0\0AAAA");
    let words = chunk(b"tEXt", b"parameters\0a cat");
    let end = chunk(b"IEND", b"");
    let mut random = Random(0x706e_6700);
    for _ in 0..500 {
        let (mut whole, mut bare) = (png.clone(), png.clone());
        let (mut told, mut rest) = (Vec::new(), 0);
        for _ in 0..random.below(8) {
            match random.below(4) {
                0 => {
                    told.extend((rest > 0).then(|| trailer("", rest)));
                    rest = 0;
                    whole.extend(&own);
                    bare.extend(&own);
                }
                1 => {
                    told.extend((rest > 0).then(|| trailer("", rest)));
                    rest = 0;
                    told.push(("tEXt".to_owned(), "parameters".to_owned(), 16));
                    whole.extend(&words);
                }
                2 => {
                    rest += end.len();
                    whole.extend(&end);
                }
                _ => {
                    let dashes = vec![b'-'; 1 + random.below(30)];
                    rest += dashes.len();
                    whole.extend(dashes);
                }
            }
        }
        told.extend((rest > 0).then(|| trailer("", rest)));
        assert_eq!(clean(&whole), (bare, told));
    }
}

#[test]
fn behind_a_webp_nothing_stays_but_a_card() {
    let webp = b"RIFF\x14\0\0\0WEBPVP8 \x08\0\0\0{pixels}".to_vec();
    let mut random = Random(0x7765_6270);
    for _ in 0..300 {
        let tail = vec![b'-'; 1 + random.below(99)];
        let (bytes, removed) = clean(&[&webp[..], &tail].concat());
        assert_eq!(
            (bytes, removed),
            (webp.clone(), vec![trailer("", tail.len())])
        );
    }
    // An Exif that the length of the file leaves out is read, so it stays.
    let mut exif = b"II*\0\x08\0\0\0\x01\0\x86\x92\x07\0".to_vec();
    exif.extend((CARD.len() as u32 + 8).to_le_bytes());
    exif.extend(b"\x1a\0\0\0\0\0\0\0ASCII\0\0\0");
    exif.extend(CARD.as_bytes());
    let length = (exif.len() as u32).to_le_bytes();
    let whole = [&webp[..], b"EXIF", &length, &exif].concat();
    assert_eq!(clean(&whole), (whole, vec![]));

    // By its own length this one ends before its picture.
    let mut short = webp;
    short[4] = 4;
    let error = card::clean(&short, &Limits::default()).unwrap_err();
    assert_eq!(error.kind(), Kind::CutShort);
}
