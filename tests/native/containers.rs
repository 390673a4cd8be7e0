//! Cards in archives and in the words of photographs: built byte by byte, one oddity each.

use crate::cards::{Png, card_chunk, fixture};
use crate::json::Random;
use cardkeep::card::{self, Asset, CardFile, Container, WriteOptions};
use cardkeep::container::zip;
use cardkeep::error::{Kind, Limits, Warning};
use cardkeep::json::Document;
use std::io::Write;

const CARD: &str = r#"{"spec":"chara_card_v3","spec_version":"3.0","data":{"name":"Zoë","description":"d","assets":[{"type":"icon","uri":"embeded://assets/icon/images/main.png","name":"main","ext":"png"}]}}"#;

fn read(bytes: &[u8]) -> CardFile {
    card::read(bytes, &Limits::default()).unwrap_or_else(|error| panic!("{error}"))
}

fn kind(bytes: &[u8]) -> Kind {
    match card::read(bytes, &Limits::default()) {
        Ok(file) => panic!("a card was found: {:?}", card::summary(&file.document)),
        Err(error) => error.kind(),
    }
}

fn name(file: &CardFile) -> String {
    card::summary(&file.document).name
}

fn codes(file: &CardFile) -> Vec<&'static str> {
    file.warnings.iter().map(|warning| warning.code).collect()
}

fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// One entry as some tool writes it.
#[derive(Clone)]
pub struct Item {
    name: Vec<u8>,
    content: Vec<u8>,
    deflated: bool,
    /// Bit 3: sizes and checksum stand behind the content.
    descriptor: bool,
    encrypted: bool,
    method: Option<u16>,
    sum: Option<u32>,
}

pub fn item(name: &str, content: &[u8]) -> Item {
    Item {
        name: name.as_bytes().to_vec(),
        content: content.to_vec(),
        deflated: false,
        descriptor: false,
        encrypted: false,
        method: None,
        sum: None,
    }
}

impl Item {
    fn deflated(mut self) -> Item {
        self.deflated = true;
        self
    }

    fn streamed(mut self) -> Item {
        self.descriptor = true;
        self
    }

    fn flags(&self) -> u16 {
        u16::from(self.encrypted) | u16::from(self.descriptor) << 3
    }
}

/// An archive behind `prefix`; `adjusted`: its offsets count the prefix.
pub fn archive(prefix: &[u8], items: &[Item], adjusted: bool) -> Vec<u8> {
    let mut out = prefix.to_vec();
    let mut directory = Vec::new();
    let zero = if adjusted { 0 } else { prefix.len() };
    for it in items {
        let data = if it.deflated {
            deflate(&it.content)
        } else {
            it.content.clone()
        };
        let method = it.method.unwrap_or(if it.deflated { 8 } else { 0 });
        let sum = it.sum.unwrap_or(crc32fast::hash(&it.content)).to_le_bytes();
        let sizes = [
            (data.len() as u32).to_le_bytes(),
            (it.content.len() as u32).to_le_bytes(),
        ]
        .concat();
        let at = ((out.len() - zero) as u32).to_le_bytes();
        let length = (it.name.len() as u16).to_le_bytes();
        let lead = [
            &20_u16.to_le_bytes()[..],
            &it.flags().to_le_bytes(),
            &method.to_le_bytes(),
            &[0; 4],
        ]
        .concat();
        let (late_sum, late_sizes) = if it.descriptor {
            ([0; 4], vec![0; 8])
        } else {
            (sum, sizes.clone())
        };
        out.extend(
            [
                &b"PK\x03\x04"[..],
                &lead,
                &late_sum,
                &late_sizes,
                &length,
                &[0, 0],
                &it.name,
                &data,
            ]
            .concat(),
        );
        if it.descriptor {
            out.extend([&b"PK\x07\x08"[..], &sum, &sizes].concat());
        }
        directory.extend(
            [
                &b"PK\x01\x02\x14\0"[..],
                &lead,
                &sum,
                &sizes,
                &length,
                &[0; 12],
                &at,
                &it.name,
            ]
            .concat(),
        );
    }
    let (at, count) = (
        ((out.len() - zero) as u32).to_le_bytes(),
        (items.len() as u16).to_le_bytes(),
    );
    let size = (directory.len() as u32).to_le_bytes();
    out.extend(directory);
    out.extend(
        [
            &b"PK\x05\x06\0\0\0\0"[..],
            &count,
            &count,
            &size,
            &at,
            &[0, 0],
        ]
        .concat(),
    );
    out
}

fn icon() -> Item {
    item("assets/icon/images/main.png", &Png::new().bytes())
}

fn jpeg() -> Vec<u8> {
    let mut out = b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0".to_vec();
    out.extend_from_slice(b"\xff\xda\0\x08\x01\x01\0\0\x3f\0\x12\x34\xff\xd9");
    out
}

// ------------------------------------------------------------------ archives

#[test]
fn an_archive_is_read_however_it_was_written() {
    let whole = [item("card.json", CARD.as_bytes()), icon()];
    let streamed = [
        icon().streamed(),
        item("card.json", CARD.as_bytes()).deflated().streamed(),
    ];
    for (what, bytes) in [
        ("stored", archive(b"", &whole, true)),
        (
            "deflated",
            archive(b"", &[whole[0].clone().deflated(), icon()], true),
        ),
        ("streamed", archive(b"", &streamed, true)),
        (
            "behind a program",
            archive(b"MZ some program", &whole, true),
        ),
        (
            "behind a JPEG, not adjusted",
            archive(&jpeg(), &whole, false),
        ),
        ("behind a JPEG, adjusted", archive(&jpeg(), &streamed, true)),
        (
            "behind a PNG without a card",
            archive(&Png::new().bytes(), &whole, false),
        ),
        (
            "bytes behind it",
            [archive(b"", &whole, true), vec![0; 300]].concat(),
        ),
    ] {
        let file = read(&bytes);
        assert_eq!(
            (name(&file).as_str(), file.container),
            ("Zoë", Container::Charx),
            "{what}"
        );
        assert_eq!(file.source.chunk, "card.json", "{what}");
        assert_eq!(file.document.bytes(), CARD.as_bytes(), "{what}");
        assert_eq!(
            file.assets,
            [Asset {
                path: "embeded://assets/icon/images/main.png".to_owned(),
                bytes: icon().content
            }],
            "{what}"
        );
        assert!(codes(&file).is_empty(), "{what}: {:?}", file.warnings);
    }
}

#[test]
fn without_its_directory_an_archive_is_walked() {
    for items in [
        [item("card.json", CARD.as_bytes()), icon()],
        [
            item("card.json", CARD.as_bytes()).deflated().streamed(),
            icon().streamed(),
        ],
    ] {
        let mut bytes = archive(b"", &items, true);
        let directory = memchr::memmem::find(&bytes, b"PK\x01\x02").unwrap();
        bytes.truncate(directory);
        let file = read(&bytes);
        assert_eq!((name(&file).as_str(), file.assets.len()), ("Zoë", 1));
        assert_eq!(codes(&file), ["no-directory"]);
    }
}

#[test]
fn an_archive_cut_short_gives_what_is_whole() {
    let bytes = archive(b"", &[item("card.json", CARD.as_bytes()), icon()], true);
    let second = memchr::memmem::rfind(&bytes, b"PK\x03\x04").unwrap();
    let file = read(&bytes[..second + 60]);
    assert_eq!((name(&file).as_str(), file.assets.len()), ("Zoë", 0));
    assert_eq!(codes(&file), ["no-directory", "missing-asset"]);
    assert_eq!(kind(&bytes[..60]), Kind::BadZip);
}

#[test]
fn the_card_is_found_where_it_does_not_belong() {
    for place in [
        "Card.JSON",
        "folder/card.json",
        "zoe.json",
        "a/b/zoe.json",
        "/card.json",
    ] {
        let other = item("x_meta/0.json", b"{\"a\":1}");
        let file = read(&archive(
            b"",
            &[other, item(place, CARD.as_bytes()), icon()],
            true,
        ));
        assert_eq!(name(&file), "Zoë", "{place}");
        assert!(
            codes(&file).contains(&"misplaced-card"),
            "{place}: {:?}",
            file.warnings
        );
    }
    let nearest = archive(
        b"",
        &[
            item(
                "deep/er/card.json",
                br#"{"name":"Deep","description":"d","first_mes":"m"}"#,
            ),
            item("a/card.json", CARD.as_bytes()),
        ],
        true,
    );
    assert_eq!(name(&read(&nearest)), "Zoë");
}

#[test]
fn assets_are_found_by_the_names_the_card_has_for_them() {
    let listed = |uri: &str| CARD.replace("embeded://assets/icon/images/main.png", uri);
    for (uri, entry) in [
        (
            "embedded://assets/icon/images/main.png",
            "assets/icon/images/main.png",
        ),
        (
            "__asset:assets/icon/images/main.png",
            "assets/icon/images/main.png",
        ),
        ("embeded://a/x:y?.png", "a/x_y_.png"),
        ("embeded://main.png", "assets/other/image/main.png"),
        ("EMBEDED://assets/Main.png", "assets\\\\Main.png"),
        (
            "embeded://assets/icon/images/main.png",
            "elsewhere/main.png",
        ),
    ] {
        let bytes = archive(
            b"",
            &[
                item("card.json", listed(uri).as_bytes()),
                item(entry, b"content"),
            ],
            true,
        );
        let file = read(&bytes);
        assert_eq!(file.assets.len(), 1, "{uri}");
        assert_eq!(file.assets[0].path, uri, "{entry}");
        assert!(
            !codes(&file).contains(&"missing-asset"),
            "{uri}: {:?}",
            file.warnings
        );
    }
    let missing = read(&archive(b"", &[item("card.json", CARD.as_bytes())], true));
    assert_eq!(codes(&missing), ["missing-asset"]);
}

#[test]
fn the_place_that_a_card_names_goes_before_the_same_name_elsewhere() {
    let entries = [
        item("other/main.png", b"other"),
        item("card.json", CARD.as_bytes()),
        item("assets/icon/images/main.png", b"right"),
    ];
    let file = read(&archive(b"", &entries, true));
    let named = |path: &str| {
        let found = file.assets.iter().find(|asset| asset.path == path);
        found.map(|asset| asset.bytes.clone())
    };
    assert_eq!(
        named("embeded://assets/icon/images/main.png").unwrap(),
        b"right"
    );
    assert_eq!(named("embeded://other/main.png").unwrap(), b"other");
    // Of two that may be meant none is.
    let entries = [
        item("a/main.png", b"a"),
        item("b/main.png", b"b"),
        item("card.json", CARD.as_bytes()),
    ];
    assert!(codes(&read(&archive(b"", &entries, true))).contains(&"missing-asset"));
}

#[test]
fn a_path_that_leads_out_stays_inside_and_is_told() {
    for path in [
        "../../etc/passwd",
        "/etc/passwd",
        "..\\..\\etc\\passwd",
        "a/../../etc/passwd",
    ] {
        let file = read(&archive(
            b"",
            &[item("card.json", CARD.as_bytes()), icon(), item(path, b"x")],
            true,
        ));
        let paths: Vec<_> = file
            .assets
            .iter()
            .map(|asset| asset.path.as_str())
            .collect();
        assert!(paths.iter().all(|path| !path.contains("..")), "{paths:?}");
        assert!(paths[1].ends_with("etc/passwd"), "{paths:?}");
        assert!(codes(&file).contains(&"odd-path"), "{path}");
    }
}

#[test]
fn a_damaged_or_foreign_entry_hides_no_other() {
    let card = item("card.json", CARD.as_bytes());
    let mut encrypted = item("secret.bin", b"x");
    encrypted.encrypted = true;
    let mut foreign = item("video.mp4", b"x");
    foreign.method = Some(12);
    let mut rotten = item("rotten.bin", b"not deflated at all");
    rotten.method = Some(8);
    let mut wrong = item("wrong.bin", b"content");
    wrong.sum = Some(7);
    let bytes = archive(
        b"",
        &[
            card,
            icon(),
            encrypted,
            foreign,
            rotten,
            wrong,
            item("module.risum", b"o\0"),
        ],
        true,
    );
    let file = read(&bytes);
    let paths: Vec<_> = file
        .assets
        .iter()
        .map(|asset| asset.path.as_str())
        .collect();
    assert_eq!(
        paths,
        [
            "embeded://assets/icon/images/main.png",
            "embeded://wrong.bin",
            "embeded://module.risum"
        ]
    );
    assert_eq!(
        codes(&file),
        [
            "damaged-asset",
            "damaged-asset",
            "damaged-asset",
            "crc-mismatch",
            "unread-module"
        ]
    );
}

#[test]
fn of_two_entries_of_one_name_the_last_counts_and_it_is_told() {
    let file = read(&archive(
        b"",
        &[
            item("card.json", CARD.as_bytes()),
            icon(),
            item("a.bin", b"old"),
            item("a.bin", b"new"),
        ],
        true,
    ));
    assert_eq!(file.assets.last().unwrap().bytes, b"new");
    assert_eq!(file.assets.len(), 2);
    assert_eq!(codes(&file), ["duplicate-entry"]);
}

#[test]
fn of_two_cards_in_an_archive_the_last_counts_and_only_it_is_written_again() {
    let old = CARD.replace("\"name\"", "\"nickname\":\"old\",\"name\"");
    let twice = |last: &str| {
        let items = [
            item("card.json", old.as_bytes()),
            icon(),
            item("card.json", last.as_bytes()),
        ];
        archive(b"", &items, true)
    };
    let bytes = twice(CARD);
    let file = read(&bytes);
    assert_eq!(file.document.bytes(), CARD.as_bytes());
    assert_eq!(codes(&file), ["duplicate-entry"]);
    assert_eq!(file.assets.len(), 1);
    crate::peek::agrees("two cards", &bytes);
    let edited = card::edit(
        &file.document,
        &Document::parse(r#"{"description":"new"}"#).unwrap(),
    );
    let options = WriteOptions {
        container: Container::Charx,
        image: Some(&bytes),
        assets: &[],
        limits: Limits::default(),
    };
    let written = card::write(&edited.unwrap(), &options).unwrap();
    let again = read(&written);
    assert_eq!(codes(&again), Vec::<&str>::new());
    assert!(card::view(&again.document).contains("new"));
    let broken = twice("{{{");
    assert_eq!(read(&broken).document.bytes(), old.as_bytes());
    crate::peek::agrees("a broken card after a good one", &broken);
}

#[test]
fn without_a_directory_an_entry_that_cannot_be_followed_hides_no_other() {
    // A stored entry of which nothing says where it ends.
    let mut endless = item("a.bin", b"content").streamed();
    endless.method = Some(0);
    let mut bytes = archive(b"", &[endless], true);
    let end = memchr::memmem::find(&bytes, b"PK\x07\x08").unwrap();
    bytes.truncate(end);
    let card = archive(b"", &[item("card.json", CARD.as_bytes())], true);
    let directory = memchr::memmem::find(&card, b"PK\x01\x02").unwrap();
    bytes.extend(&card[..directory]);
    let file = read(&bytes);
    assert_eq!(file.document.bytes(), CARD.as_bytes());
    assert_eq!(codes(&file)[0], "no-directory");
}

#[test]
fn without_a_directory_sizes_of_zip64_are_followed() {
    let mut bytes = b"PK\x03\x04\x2d\0\0\0\0\0\0\0\0\0".to_vec();
    bytes.extend(crc32fast::hash(CARD.as_bytes()).to_le_bytes());
    bytes.extend([0xff; 8]);
    bytes.extend([9, 0, 20, 0]);
    bytes.extend(b"card.json\x01\0\x10\0");
    bytes.extend((CARD.len() as u64).to_le_bytes().repeat(2));
    bytes.extend(CARD.as_bytes());
    let file = read(&bytes);
    assert_eq!(file.document.bytes(), CARD.as_bytes());
    assert_eq!(codes(&file)[0], "no-directory");
}

#[test]
fn names_that_are_not_utf8_are_of_code_page_437() {
    let mut icon = icon();
    icon.name = b"M\x81ller.png".to_vec();
    let file = read(&archive(
        b"",
        &[item("card.json", CARD.as_bytes()), icon],
        true,
    ));
    assert_eq!(file.assets[0].path, "embeded://M\u{fc}ller.png");
}

#[test]
fn archives_without_a_card_are_told_by_kind() {
    assert_eq!(
        kind(&archive(b"", &[item("a.txt", b"hello")], true)),
        Kind::NoCard
    );
    assert_eq!(
        kind(&archive(b"", &[item("card.json", b"{\"name\":")], true)),
        Kind::BadJson
    );
    assert_eq!(
        kind(&archive(
            b"",
            &[item("card.json", b"rcc||rccv1||x||y||z")],
            true
        )),
        Kind::Unsupported
    );
    assert_eq!(kind(&archive(b"", &[], true)), Kind::NoCard);
    let mut encrypted = item("card.json", CARD.as_bytes());
    encrypted.encrypted = true;
    assert_eq!(kind(&archive(b"", &[encrypted], true)), Kind::Unsupported);
}

#[test]
fn an_archive_cannot_grow_beyond_its_limits() {
    let bomb = item("bomb.bin", &vec![0; 40 << 20]).deflated();
    let file = read(&archive(
        b"",
        &[item("card.json", CARD.as_bytes()), icon(), bomb.clone()],
        true,
    ));
    assert_eq!(codes(&file), ["damaged-asset"]);
    let small = Limits {
        archive: 1 << 20,
        ratio: 1 << 20,
        ..Limits::default()
    };
    let file = card::read(
        &archive(
            b"",
            &[item("card.json", CARD.as_bytes()), icon(), bomb],
            true,
        ),
        &small,
    )
    .unwrap();
    assert_eq!(codes(&file), ["damaged-asset"]);
    let many: Vec<Item> = (0..20).map(|n| item(&format!("{n}.bin"), b"x")).collect();
    let few = Limits {
        entries: 10,
        ..Limits::default()
    };
    let refused = card::read(&archive(b"", &many, true), &few).unwrap_err();
    assert_eq!(refused.kind(), Kind::TooLarge);
    let mut unlisted = archive(b"", &many, true);
    unlisted.truncate(memchr::memmem::find(&unlisted, b"PK\x01\x02").unwrap());
    assert_eq!(
        card::read(&unlisted, &few).unwrap_err().kind(),
        Kind::TooLarge
    );
}

#[test]
fn a_written_archive_is_read_again_by_us_and_by_its_own_rules() {
    let document = Document::parse(CARD).unwrap();
    let assets = [Asset {
        path: "embeded://assets/icon/images/main.png".to_owned(),
        bytes: icon().content,
    }];
    fn options(assets: &[Asset]) -> WriteOptions<'_> {
        WriteOptions {
            container: Container::Charx,
            image: None,
            assets,
            limits: Limits::default(),
        }
    }
    let bytes = card::write(&document, &options(&assets)).unwrap();
    let file = read(&bytes);
    assert_eq!(file.document.bytes(), CARD.as_bytes());
    assert_eq!(file.assets, assets);
    assert!(file.warnings.is_empty(), "{:?}", file.warnings);
    // The directory is cut off: the entries must be whole by themselves.
    let walked = read(&bytes[..memchr::memmem::find(&bytes, b"PK\x01\x02").unwrap()]);
    assert_eq!(walked.assets, assets);
    assert_eq!(card::write(&document, &options(&assets)).unwrap(), bytes);
    for path in ["card.json", "embeded://", "embeded://../card.json"] {
        let bad = [Asset {
            path: path.to_owned(),
            bytes: Vec::new(),
        }];
        assert_eq!(
            card::write(&document, &options(&bad)).unwrap_err().kind(),
            Kind::Invalid,
            "{path}"
        );
    }
}

#[test]
fn an_edited_archive_keeps_everything_else() {
    let items = [
        icon().streamed(),
        item("x_meta/0.json", b"{ \"a\" : 1 }"),
        item("card.json", CARD.as_bytes()).deflated(),
        item("module.risum", b"o\0"),
    ];
    let prefix = jpeg();
    let bytes = archive(&prefix, &items, false);
    let before = read(&bytes);
    let limits = Limits::default();
    let (container, same) =
        card::rewrite(&bytes, &before.document, Container::Charx, &limits).unwrap();
    assert_eq!((container, &same), (Container::Charx, &bytes));
    let edited = card::edit(
        &before.document,
        &Document::parse(r#"{"name":"Bea"}"#).unwrap(),
    )
    .unwrap();
    let (container, written) = card::rewrite(&bytes, &edited, Container::Charx, &limits).unwrap();
    assert_eq!(container, Container::Charx);
    assert!(written.starts_with(&prefix));
    let after = read(&written);
    assert_eq!(name(&after), "Bea");
    assert_eq!(after.assets, before.assets);
    assert_eq!(after.document.bytes(), edited.bytes());
    let mut noticed: Vec<Warning> = Vec::new();
    let names: Vec<String> = zip::read(&written, &limits, &mut noticed)
        .unwrap()
        .unwrap()
        .entries
        .into_iter()
        .map(|entry| entry.name)
        .collect();
    assert_eq!(
        names,
        [
            "assets/icon/images/main.png",
            "x_meta/0.json",
            "card.json",
            "module.risum"
        ]
    );
}

#[test]
fn random_damage_in_an_archive_never_panics() {
    let items = [
        item("card.json", CARD.as_bytes()).deflated().streamed(),
        icon(),
        item("b.bin", &[7; 500]).deflated(),
    ];
    let whole = archive(&jpeg(), &items, false);
    let mut random = Random(0x5eed_0bad_2150_0001);
    let mut cards = 0;
    for _ in 0..8000 {
        let mut bytes = whole.clone();
        for _ in 0..=random.below(3) {
            let at = random.below(bytes.len());
            match random.below(4) {
                0 => bytes[at] = random.next() as u8,
                1 => bytes[at] = 0xff,
                2 => bytes.truncate(at.max(1)),
                _ => drop(bytes.drain(at..(at + random.below(9)).min(bytes.len()))),
            }
            if bytes.is_empty() {
                bytes.push(0);
            }
        }
        cards += usize::from(card::read(&bytes, &Limits::default()).is_ok());
    }
    assert!(cards > 1000, "only {cards} were readable");
}

// ------------------------------------------------------------------ photographs

/// A TIFF with the comment in the first directory, or in the one below.
fn tiff(little: bool, below: bool, comment: &[u8]) -> Vec<u8> {
    let two = |n: u16| {
        if little {
            n.to_le_bytes()
        } else {
            n.to_be_bytes()
        }
    };
    let four = |n: u32| {
        if little {
            n.to_le_bytes()
        } else {
            n.to_be_bytes()
        }
    };
    let entry = |tag: u16, kind: u16, count: u32, value: u32| {
        [&two(tag)[..], &two(kind), &four(count), &four(value)].concat()
    };
    let mut out = [if little { &b"II"[..] } else { b"MM" }, &two(42), &four(8)].concat();
    let at = if below { 8 + 18 + 18 } else { 8 + 18 };
    let words = entry(0x9286, 7, comment.len() as u32, at);
    if below {
        out.extend([&two(1)[..], &entry(0x8769, 4, 1, 26), &four(0)].concat());
    }
    out.extend([&two(1)[..], &words, &four(0)].concat());
    out.extend_from_slice(comment);
    out
}

fn webp(chunks: &[(&[u8; 4], &[u8])]) -> Vec<u8> {
    let mut body = b"WEBP".to_vec();
    for (kind, data) in chunks {
        body.extend([&kind[..], &(data.len() as u32).to_le_bytes(), data].concat());
        body.extend(vec![0; data.len() & 1]);
    }
    [&b"RIFF"[..], &(body.len() as u32).to_le_bytes(), &body].concat()
}

fn photograph(tiff: &[u8]) -> Vec<u8> {
    let exif = [b"Exif\0\0", tiff].concat();
    let length = ((exif.len() + 2) as u16).to_be_bytes();
    let mut out = b"\xff\xd8".to_vec();
    out.extend([&b"\xff\xe1"[..], &length, &exif].concat());
    out.extend_from_slice(&jpeg()[2..]);
    out
}

/// The ways in which tools have spelled the comment.
fn spellings(json: &str, little: bool) -> Vec<(&'static str, Vec<u8>)> {
    let wide = |little: bool| -> Vec<u8> {
        json.encode_utf16()
            .flat_map(|unit| {
                if little {
                    unit.to_le_bytes()
                } else {
                    unit.to_be_bytes()
                }
            })
            .collect()
    };
    let numbers = json
        .bytes()
        .map(|byte| byte.to_string())
        .collect::<Vec<_>>()
        .join(",");
    vec![
        ("plain", json.as_bytes().to_vec()),
        ("ASCII", [b"ASCII\0\0\0", json.as_bytes()].concat()),
        ("zeros", [&[0; 8], json.as_bytes()].concat()),
        ("numbers", [b"ASCII\0\0\0", numbers.as_bytes()].concat()),
        ("bare numbers", numbers.into_bytes()),
        ("UNICODE", [&b"UNICODE\0"[..], &wide(little)].concat()),
        (
            "UNICODE, the other order",
            [&b"UNICODE\0"[..], &wide(!little)].concat(),
        ),
        ("UNICODE in UTF-8", [b"UNICODE\0", json.as_bytes()].concat()),
        ("base64", crate::cards::base64(json)),
        (
            "ASCII base64",
            [&b"ASCII\0\0\0"[..], &crate::cards::base64(json)].concat(),
        ),
        (
            "blanks and zeros around",
            [b"ASCII\0\0\0\0\0 ", json.as_bytes(), b"\0\0"].concat(),
        ),
    ]
}

#[test]
fn the_card_of_a_photograph_is_read_however_the_comment_is_spelled() {
    let json = r#"{"name":"Zoë","description":"d","first_mes":"m"}"#;
    for little in [true, false] {
        for below in [true, false] {
            for (what, comment) in spellings(json, little) {
                let tiff = tiff(little, below, &comment);
                let headed = [&b"Exif\0\0"[..], &tiff].concat();
                for (kind, bytes) in [
                    (
                        Container::Webp,
                        webp(&[(b"VP8X", &[0; 10]), (b"VP8 ", &[1, 2, 3]), (b"EXIF", &tiff)]),
                    ),
                    (
                        Container::Webp,
                        webp(&[(b"VP8 ", &[1, 2, 3]), (b"EXIF", &headed)]),
                    ),
                    (Container::Jpeg, photograph(&tiff)),
                ] {
                    let file = read(&bytes);
                    let case = format!("{kind:?} {what} little {little} below {below}");
                    assert_eq!(
                        (name(&file).as_str(), file.container),
                        ("Zoë", kind),
                        "{case}"
                    );
                    assert_eq!(
                        (file.source.chunk, file.source.kind),
                        ("UserComment", Some("Exif")),
                        "{case}"
                    );
                }
            }
        }
    }
}

#[test]
fn the_comment_of_a_jpeg_may_hold_the_card() {
    let json = br#"{"name":"Zoe","description":"d","first_mes":"m"}"#;
    let mut bytes = b"\xff\xd8\xff\xfe".to_vec();
    bytes.extend(((json.len() + 2) as u16).to_be_bytes());
    bytes.extend_from_slice(json);
    bytes.extend_from_slice(&jpeg()[2..]);
    let file = read(&bytes);
    assert_eq!(
        (name(&file).as_str(), file.source.chunk),
        ("Zoe", "comment")
    );
}

#[test]
fn damage_before_the_words_of_a_webp_is_jumped_over() {
    let json = br#"{"name":"Zoe","description":"d","first_mes":"m"}"#;
    let mut bytes = webp(&[(b"VP8 ", &[1, 2, 3]), (b"EXIF", &tiff(true, false, json))]);
    bytes[16] = 0xff;
    assert_eq!(name(&read(&bytes)), "Zoe");
}

#[test]
fn photographs_without_a_card_are_told_by_kind() {
    let words = tiff(true, true, b"ASCII\0\0\0a day at the sea");
    assert_eq!(kind(&photograph(&words)), Kind::NoCard);
    assert_eq!(
        kind(&webp(&[(b"VP8 ", &[1]), (b"EXIF", &words)])),
        Kind::NoCard
    );
    assert_eq!(kind(&webp(&[(b"VP8 ", &[1])])), Kind::NoCard);
    assert_eq!(kind(&jpeg()), Kind::NoCard);
    let other = tiff(true, false, b"ASCII\0\0\0{\"prompt\":\"a cat\"}");
    assert_eq!(kind(&photograph(&other)), Kind::NoCard);
}

#[test]
fn an_edited_card_of_a_photograph_comes_in_an_archive_with_it() {
    let limits = Limits::default();
    let json =
        r#"{"spec":"chara_card_v2","spec_version":"2.0","data":{"name":"Zoe","description":"d"}}"#;
    let bytes = photograph(&tiff(true, true, json.as_bytes()));
    let before = read(&bytes);
    let (container, same) =
        card::rewrite(&bytes, &before.document, Container::Jpeg, &limits).unwrap();
    assert_eq!((container, &same), (Container::Jpeg, &bytes));
    let edited = card::edit(
        &before.document,
        &Document::parse(r#"{"name":"Bea"}"#).unwrap(),
    )
    .unwrap();
    let (container, written) = card::rewrite(&bytes, &edited, Container::Jpeg, &limits).unwrap();
    assert_eq!(container, Container::Charx);
    let after = read(&written);
    assert_eq!(name(&after), "Bea");
    assert_eq!(after.assets.len(), 1);
    assert_eq!(
        after.assets[0].path,
        "embeded://assets/icon/images/main.jpeg"
    );
    assert_eq!(after.assets[0].bytes, bytes);
    assert_eq!(card::portrait(&after, &written), Some(&bytes[..]));
    assert!(after.warnings.is_empty(), "{:?}", after.warnings);
}

#[test]
fn a_card_goes_from_a_png_into_an_archive() {
    let image = Png::new().before_image(card_chunk("ccv3", CARD)).bytes();
    let document = read(&image).document;
    let options = WriteOptions {
        container: Container::Charx,
        image: Some(&image),
        assets: &[],
        limits: Limits::default(),
    };
    let file = read(&card::write(&document, &options).unwrap());
    assert_eq!(file.container, Container::Charx);
    assert_eq!(file.assets[0].bytes, image);
}

#[test]
fn the_portrait_of_an_archive_is_its_main_icon() {
    let assets = r#""assets":[{"type":"icon","uri":"embeded://a.png","name":"other","ext":"png"},{"type":"icon","uri":"embeded://b.png","name":"main","ext":"png"}]"#;
    let card_text = format!(
        r#"{{"spec":"chara_card_v3","spec_version":"3.0","data":{{"name":"Z",{assets}}}}}"#
    );
    let bytes = archive(
        b"",
        &[
            item("card.json", card_text.as_bytes()),
            item("a.png", b"first"),
            item("b.png", b"main one"),
        ],
        true,
    );
    let file = read(&bytes);
    assert_eq!(card::portrait(&file, &bytes), Some(&b"main one"[..]));
}

#[test]
fn the_portrait_of_an_archive_is_an_icon_that_is_there() {
    let picture = Png::new().bytes();
    let icon = |uri: &str, name: &str| {
        format!(r#"{{"type":"icon","uri":"{uri}","name":"{name}","ext":"png"}}"#)
    };
    let portrait = |icons: &[String]| {
        let card_text = format!(
            r#"{{"spec":"chara_card_v3","spec_version":"3.0","data":{{"name":"Z","assets":[{}]}}}}"#,
            icons.join(",")
        );
        let other = [picture.as_slice(), b"other"].concat();
        let items = [
            item("card.json", card_text.as_bytes()),
            item("emotion.png", &other),
            item("song.mp3", b"ID3"),
            item("icon.png", &picture),
        ];
        let bytes = archive(b"", &items, true);
        card::portrait(&read(&bytes), &bytes).map(<[u8]>::to_vec)
    };
    let second = icon("embeded://icon.png", "alt");
    for main in ["embeded://gone.png", "ccdefault:", "embeded://song.mp3"] {
        let icons = [icon(main, "main"), second.clone()];
        assert_eq!(portrait(&icons).as_deref(), Some(&*picture), "{main}");
    }
    let spelled = [
        icon("embeded://emotion.png", "x"),
        icon("embeded://icon.png", "Main"),
    ];
    assert_eq!(portrait(&spelled).as_deref(), Some(&*picture));
}

#[test]
fn every_fixture_archive_comes_back_identical_when_nothing_changed() {
    for file in [
        "70_charx.charx",
        "73_charx_embedded_typo.charx",
        "75_charx_no_card.charx",
        "60_webp_json_ifd0.webp",
        "63_webp_be_unicode.webp",
    ] {
        let bytes = fixture(file);
        let found = read(&bytes);
        let (container, again) =
            card::rewrite(&bytes, &found.document, found.container, &Limits::default()).unwrap();
        assert_eq!(
            (container, again == bytes),
            (found.container, true),
            "{file}"
        );
    }
}

#[test]
fn an_entry_that_leads_nowhere_hides_no_other() {
    let mut bytes = archive(
        b"",
        &[item("a.bin", b"x"), item("card.json", CARD.as_bytes())],
        true,
    );
    // The first entry's own header: a length beyond the file.
    bytes[26..28].copy_from_slice(&[0xff, 0xff]);
    let file = read(&bytes);
    assert_eq!(codes(&file), ["lost-entry", "missing-asset"]);
}

#[test]
fn what_only_looks_like_an_archive_behind_a_picture_stays_behind_it() {
    let limits = Limits::default();
    let bytes = std::fs::read("tests/fixtures/cards/false_archive_behind.webp").unwrap();
    let before = card::read(&bytes, &limits).unwrap();
    assert_eq!(before.container, Container::Webp);
    let patch = Document::parse(r#"{"name":"Renamed"}"#).unwrap();
    let edited = card::edit(&before.document, &patch).unwrap();
    let (container, written) = card::rewrite(&bytes, &edited, Container::Webp, &limits).unwrap();
    assert_eq!(container, Container::Charx);
    let after = card::read(&written, &limits).unwrap();
    assert_eq!(after.document.bytes(), edited.bytes());
    assert!(after.assets.iter().any(|asset| asset.bytes == bytes));
}

/// JPEG and WebP as far as they say how large they are.
#[test]
fn a_picture_that_only_a_browser_decodes_says_how_large_it_is() {
    let jpeg = |marker: u8, height: u16, width: u16| {
        let mut bytes = vec![0xff, 0xd8, 0xff, 0xe0, 0, 4, 1, 2, 0xff, 0xc4, 0, 9];
        bytes.extend([0, 9, 9, 9, 9, 9, 9, 0xff, marker, 0, 11, 8]);
        bytes.extend(height.to_be_bytes());
        bytes.extend(width.to_be_bytes());
        bytes.extend([1, 1, 0x11, 0, 0xff, 0xda, 0, 2]);
        bytes
    };
    let webp = |kind: &[u8; 4], data: &[u8]| {
        let mut bytes = b"RIFF\0\0\0\0WEBP".to_vec();
        bytes.extend(kind);
        bytes.extend((data.len() as u32).to_le_bytes());
        bytes.extend(data);
        bytes
    };
    // 401 by 601, three times.
    let lossy = webp(b"VP8 ", &[0, 0, 0, 0x9d, 1, 0x2a, 0x91, 0x41, 0x59, 0x42]);
    let lossless = webp(b"VP8L", &[0x2f, 0x90, 0x01, 0x96, 0]);
    let extended = webp(b"VP8X", &[0, 0, 0, 0, 0x90, 1, 0, 0x58, 2, 0]);
    let within = |pixels: usize| Limits {
        pixels,
        ..Limits::default()
    };
    for (bytes, kind) in [
        (jpeg(0xc0, 601, 401), "image/jpeg"),
        (jpeg(0xc2, 601, 401), "image/jpeg"),
        (lossy, "image/webp"),
        (lossless, "image/webp"),
        (extended, "image/webp"),
    ] {
        assert_eq!(card::undrawn(&bytes, &within(601 * 401)), Some(kind));
        assert_eq!(card::undrawn(&bytes, &within(601 * 401 - 1)), None);
        for length in 0..bytes.len() {
            // Cut anywhere it says nothing or the same.
            let cut = card::undrawn(&bytes[..length], &within(601 * 401));
            assert!(cut.is_none() || cut == Some(kind));
        }
    }
    for bytes in [
        jpeg(0xc0, 0, 401),
        jpeg(0xda, 601, 401),
        b"\x89PNG\r\n\x1a\n".to_vec(),
        webp(b"ICCP", &[0; 16]),
    ] {
        assert_eq!(card::undrawn(&bytes, &Limits::default()), None);
    }
}

/// The lengths in a line say where the next line is, so no line behind it can be followed.
#[test]
fn a_line_of_a_directory_that_cannot_be_followed_hides_no_line_before_it_and_no_entry() {
    let icon = item("assets/icon/images/main.png", b"pixels");
    let mut bytes = archive(b"", &[item("card.json", CARD.as_bytes()), icon], true);
    let last = memchr::memmem::rfind(&bytes, b"PK\x01\x02").unwrap();
    bytes[last + 30..last + 34].fill(0xff);
    let file = read(&bytes);
    assert_eq!(
        (name(&file), codes(&file)),
        ("Zoë".to_owned(), vec!["no-directory"])
    );
    assert_eq!(file.assets[0].bytes, b"pixels");
    // One whose own header tells nothing is known by its line alone.
    let file = read(include_bytes!(
        "../fuzz/corpus/card/directory_broken_behind_the_card"
    ));
    assert!(name(&file).starts_with("Zoë") && codes(&file).contains(&"no-directory"));
}
