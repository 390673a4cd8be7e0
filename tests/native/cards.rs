//! Reading cards: every fixture, and the oddities that files in the wild have.

use crate::json::Random;
use cardkeep::card::{self, CardFile, Container, Spec};
use cardkeep::error::{Kind, Limits};
use cardkeep::json::Document;
use serde_json::Value;
use std::path::PathBuf;

pub fn fixture(name: &str) -> Vec<u8> {
    let path: PathBuf = [
        env!("CARGO_MANIFEST_DIR"),
        "tests",
        "fixtures",
        "cards",
        name,
    ]
    .iter()
    .collect();
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A PNG built chunk by chunk.
pub struct Png(Vec<(Vec<u8>, bool)>);

pub fn chunk(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let mut out = (data.len() as u32).to_be_bytes().to_vec();
    out.extend_from_slice(kind);
    out.extend_from_slice(data);
    let sum = crc32fast::hash(&out[4..]);
    out.extend_from_slice(&sum.to_be_bytes());
    out
}

pub fn text(keyword: &str, text: &[u8]) -> Vec<u8> {
    chunk(b"tEXt", &[keyword.as_bytes(), b"\0", text].concat())
}

pub fn base64(bytes: impl AsRef<[u8]>) -> Vec<u8> {
    base64_simd::STANDARD.encode_type(bytes.as_ref())
}

pub fn card_chunk(keyword: &str, json: &str) -> Vec<u8> {
    text(keyword, &base64(json))
}

pub fn deflate(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

impl Png {
    /// A 2 by 2 image: header, one chunk of image data, end.
    pub fn new() -> Png {
        let header = [0, 0, 0, 2, 0, 0, 0, 2, 8, 2, 0, 0, 0];
        let rows = deflate(&[0, 255, 0, 0, 0, 255, 0, 0, 0, 0, 255, 9, 9, 9]);
        Png(vec![
            (chunk(b"IHDR", &header), false),
            (chunk(b"IDAT", &rows), true),
            (chunk(b"IEND", &[]), false),
        ])
    }

    fn index(&self, kind: &[u8; 4]) -> usize {
        self.0
            .iter()
            .position(|(bytes, _)| bytes.get(4..8) == Some(kind))
            .expect("the chunk is there")
    }

    pub fn before_image(mut self, bytes: Vec<u8>) -> Png {
        let at = self
            .0
            .iter()
            .position(|(_, image)| *image)
            .expect("there is image data");
        self.0.insert(at, (bytes, false));
        self
    }

    pub fn before_end(mut self, bytes: Vec<u8>) -> Png {
        let at = self.index(b"IEND");
        self.0.insert(at, (bytes, false));
        self
    }

    pub fn at_end(mut self, bytes: Vec<u8>) -> Png {
        self.0.push((bytes, false));
        self
    }

    pub fn bytes(&self) -> Vec<u8> {
        let mut out = b"\x89PNG\r\n\x1a\n".to_vec();
        self.0
            .iter()
            .for_each(|(bytes, _)| out.extend_from_slice(bytes));
        out
    }
}

pub fn read(bytes: &[u8]) -> CardFile {
    card::read(bytes, &Limits::default()).expect("a readable card")
}

pub fn kind(bytes: &[u8]) -> Kind {
    card::read(bytes, &Limits::default())
        .expect_err("an unreadable card")
        .kind()
}

pub fn name(file: &CardFile) -> String {
    card::summary(&file.document).name
}

pub fn warns(file: &CardFile, code: &str) -> bool {
    file.warnings.iter().any(|warning| warning.code == code)
}

pub fn view(document: &Document) -> Value {
    let view = card::view(document);
    assert!(view.is_ascii());
    serde_json::from_str(&view).expect("a view is strict JSON")
}

fn viewed(json: &str) -> Value {
    view(&read(json.as_bytes()).document)
}

pub fn v2(name: &str) -> String {
    format!(
        r#"{{"spec":"chara_card_v2","spec_version":"2.0","data":{{"name":"{name}","description":"d","first_mes":"hi","own":1.50}}}}"#
    )
}

pub fn v3(name: &str) -> String {
    v2(name)
        .replace("chara_card_v2", "chara_card_v3")
        .replace("\"2.0\"", "\"3.0\"")
        .replace("\"own\"", "\"three\"")
}

// ------------------------------------------------------------------ fixtures

#[test]
fn every_fixture_reads_as_expected() {
    let expected: Value = serde_json::from_slice(&fixture("expected.json")).unwrap();
    let expected = expected.as_object().unwrap();
    assert!(expected.len() >= 23);
    for (file, wanted) in expected {
        let result = card::read(&fixture(file), &Limits::default());
        match wanted["name"].as_str().unwrap() {
            "ERR" => assert_eq!(result.expect_err(file).kind(), Kind::NoCard, "{file}"),
            wanted => {
                let found = result.unwrap_or_else(|error| panic!("{file}: {error}"));
                assert_eq!(name(&found), wanted, "{file}");
                assert_eq!(view(&found.document)["name"], wanted, "{file}");
            }
        }
    }
}

#[test]
fn fixtures_tell_what_was_repaired() {
    for (file, code) in [
        ("13_urlsafe_unpadded.png", "loose-base64"),
        ("21_trailing_data.png", "trailing-bytes"),
        ("23_no_iend_truncated.png", "cut-short"),
        ("26_ccv3_corrupt_chara_ok.png", "damaged-chunk"),
        ("28_spec_v2_data_missing_flat.png", "flat-card"),
        ("36_control_chars_in_string.png", "raw-control-character"),
        ("38_nan.png", "not-a-number"),
        ("41_spaces_in_keys.png", "padded-keys"),
        ("51_name_only_in_root.png", "field-at-root"),
    ] {
        let found = read(&fixture(file));
        assert!(warns(&found, code), "{file}: {:?}", found.warnings);
    }
}

#[test]
fn a_clean_fixture_has_no_warnings() {
    for file in [
        "01_v1_before_idat.png",
        "06_ztxt.png",
        "08_itxt_compressed.png",
        "11_Chara_case.png",
        "16_bom.png",
        "43_exif_after.png",
        "80_v2.json",
    ] {
        assert_eq!(read(&fixture(file)).warnings, [], "{file}");
    }
}

#[test]
fn assets_are_named_as_the_card_names_them() {
    let found = read(&fixture("46_ext_asset_chunks.png"));
    assert!(!found.assets.is_empty());
    for asset in &found.assets {
        assert!(
            asset.path.starts_with("__asset:") && !asset.path.contains("::"),
            "{}",
            asset.path
        );
        assert!(!asset.bytes.is_empty());
    }
}

#[test]
fn any_cut_of_a_fixture_is_a_card_or_a_typed_error() {
    let limits = Limits::default();
    for file in [
        "03_v3_only_ccv3.png",
        "08_itxt_compressed.png",
        "46_ext_asset_chunks.png",
        "82_v2_utf16.json",
    ] {
        let bytes = fixture(file);
        for end in 0..bytes.len() {
            if let Ok(found) = card::read(&bytes[..end], &limits) {
                view(&found.document);
            }
        }
    }
}

#[test]
fn random_mutations_of_fixtures_never_panic() {
    let limits = Limits::default();
    let expected: Value = serde_json::from_slice(&fixture("expected.json")).unwrap();
    let files: Vec<Vec<u8>> = expected
        .as_object()
        .unwrap()
        .keys()
        .map(|file| fixture(file))
        .collect();
    let mut random = Random(0xc0ff_ee12_3456_789b);
    let mut cards = 0;
    for round in 0..6000 {
        let mut bytes = files[round % files.len()].clone();
        for _ in 0..=random.below(3) {
            let at = random.below(bytes.len());
            match random.below(5) {
                0 => bytes[at] = random.next() as u8,
                1 => bytes[at] ^= 1 << random.below(8),
                2 => drop(bytes.drain(at..(at + random.below(9)).min(bytes.len() - 1).max(at))),
                3 => bytes.insert(at, random.next() as u8),
                _ => {
                    let end = (at + random.below(40)).min(bytes.len());
                    let copy = bytes[at..end].to_vec();
                    let to = random.below(bytes.len());
                    bytes.splice(to..to, copy);
                }
            }
        }
        if let Ok(found) = card::read(&bytes, &limits) {
            cards += 1;
            card::view(&found.document);
            let patch = Document::parse(r#"{"name":"New","tags":["x"]}"#).unwrap();
            let edited = card::edit(&found.document, &patch).expect("an object can be edited");
            let rewritten = card::rewrite(&bytes, &edited, found.container, &limits);
            let (_, written) = match rewritten {
                // Another entry of the archive may be damaged; that is told, not left out.
                Err(_) if found.container == Container::Charx => continue,
                rewritten => rewritten.expect("a card that was read can be written"),
            };
            let again = card::read(&written, &limits).expect("what was written can be read");
            assert_eq!(name(&again), "New");
        }
    }
    assert!(cards > 500, "only {cards} mutations were readable");
}

// ------------------------------------------------------------------ which chunk

#[test]
fn ccv3_is_preferred_over_chara() {
    let image = Png::new()
        .before_image(card_chunk("chara", &v2("Two")))
        .before_image(card_chunk("ccv3", &v3("Three")));
    let found = read(&image.bytes());
    assert_eq!(name(&found), "Three");
    assert_eq!(
        (found.spec, found.source.chunk, found.source.kind),
        (Spec::V3, "ccv3", Some("tEXt"))
    );
}

#[test]
fn of_stale_duplicates_the_last_one_counts_with_a_warning() {
    let image = Png::new()
        .before_image(card_chunk("chara", &v2("Old")))
        .before_end(card_chunk("Chara", &v2("New")));
    let found = read(&image.bytes());
    assert_eq!(name(&found), "New");
    assert!(warns(&found, "duplicate-chunk"));
}

#[test]
fn a_damaged_duplicate_gives_way_to_the_readable_one() {
    let image = Png::new()
        .before_image(card_chunk("chara", &v2("Good")))
        .before_image(text("chara", b"!!!!"));
    let found = read(&image.bytes());
    assert_eq!(name(&found), "Good");
    assert!(warns(&found, "damaged-chunk"));
}

#[test]
fn a_card_after_the_image_data_is_found() {
    let image = Png::new().before_end(card_chunk("chara", &v2("Late")));
    assert_eq!(name(&read(&image.bytes())), "Late");
}

#[test]
fn a_card_after_the_end_is_found_with_a_warning() {
    let image = Png::new().at_end(card_chunk("chara", &v2("Outside")));
    let found = read(&image.bytes());
    assert_eq!(name(&found), "Outside");
    assert!(warns(&found, "after-end"));
}

#[test]
fn a_card_within_the_image_goes_before_one_after_its_end() {
    let image = Png::new()
        .before_image(card_chunk("chara", &v2("Inside")))
        .at_end(card_chunk("ccv3", &v3("Outside")));
    assert_eq!(name(&read(&image.bytes())), "Inside");
}

#[test]
fn a_wrong_checksum_is_a_warning() {
    let mut bytes = card_chunk("chara", &v2("Ann"));
    *bytes.last_mut().unwrap() ^= 1;
    let found = read(&Png::new().before_image(bytes).bytes());
    assert_eq!(name(&found), "Ann");
    assert!(warns(&found, "crc-mismatch"));
}

#[test]
fn a_plain_itxt_is_read() {
    let data = [b"chara\0\0\0en\0Zeichen\0".as_slice(), &base64(v2("Ann"))].concat();
    let found = read(&Png::new().before_image(chunk(b"iTXt", &data)).bytes());
    assert_eq!(
        (name(&found).as_str(), found.source.kind),
        ("Ann", Some("iTXt"))
    );
}

#[test]
fn a_compressed_ztxt_is_read() {
    let data = [b"ccv3\0\0".as_slice(), &deflate(&base64(v3("Ann")))].concat();
    let found = read(&Png::new().before_image(chunk(b"zTXt", &data)).bytes());
    assert_eq!(
        (name(&found).as_str(), found.source.kind),
        ("Ann", Some("zTXt"))
    );
}

#[test]
fn garbage_between_chunks_is_jumped_over() {
    for garbage in [
        &b"x"[..],
        b"\0\0\0\x0cabcd",
        b"some words that are no chunk",
        b"\xff\xff\xff\xfftEX",
    ] {
        let image = Png::new()
            .before_image(garbage.to_vec())
            .before_image(card_chunk("chara", &v2("Ann")));
        let found = read(&image.bytes());
        assert_eq!(name(&found), "Ann", "{garbage:?}");
        assert!(warns(&found, "bad-chunk"), "{garbage:?}");
    }
}

#[test]
fn a_lying_length_costs_only_its_own_chunk() {
    for length in [0_u32, 5, 1000, 0x7fff_ffff, 0xffff_ffff] {
        let mut liar = text("Comment", b"harmless words");
        liar[..4].copy_from_slice(&length.to_be_bytes());
        let image = Png::new()
            .before_image(liar)
            .before_image(card_chunk("chara", &v2("Ann")));
        let found = read(&image.bytes());
        assert_eq!(name(&found), "Ann", "{length}");
        assert!(warns(&found, "bad-chunk"), "{length}");
    }
}

#[test]
fn a_card_whose_own_length_lies_is_still_read() {
    for length in [3_u32, 0x7fff_ffff] {
        let mut liar = card_chunk("chara", &v2("Ann"));
        liar[..4].copy_from_slice(&length.to_be_bytes());
        let found = read(&Png::new().before_image(liar).bytes());
        assert_eq!(name(&found), "Ann", "{length}");
        assert!(warns(&found, "bad-chunk"), "{length}");
    }
}

#[test]
fn an_image_that_is_cut_before_its_card_is_cut_short() {
    let bytes = Png::new()
        .before_end(card_chunk("chara", &v2("Ann")))
        .bytes();
    assert_eq!(kind(&bytes[..45]), Kind::CutShort);
    assert_eq!(kind(&bytes[..12]), Kind::CutShort);
}

#[test]
fn a_missing_checksum_at_the_end_loses_no_text() {
    let mut image = Png::new();
    image.0.pop();
    let mut bytes = image.at_end(card_chunk("chara", &v2("Ann"))).bytes();
    bytes.truncate(bytes.len() - 4);
    let found = read(&bytes);
    assert_eq!(name(&found), "Ann");
    assert!(warns(&found, "cut-short"));
}

// ------------------------------------------------------------------ payloads

#[test]
fn base64_with_line_breaks_and_zero_bytes_is_read() {
    let mut coded = base64(v2("Ann"));
    coded.insert(10, b'\n');
    coded.insert(30, 0);
    coded.push(0);
    assert_eq!(
        name(&read(
            &Png::new().before_image(text("chara", &coded)).bytes()
        )),
        "Ann"
    );
}

#[test]
fn plain_json_in_a_chunk_is_read() {
    let found = read(
        &Png::new()
            .before_image(text("chara", v2("Ann").as_bytes()))
            .bytes(),
    );
    assert_eq!(name(&found), "Ann");
    assert!(warns(&found, "plain-json"));
}

#[test]
fn base64_garbage_is_a_bad_encoding() {
    assert_eq!(
        kind(
            &Png::new()
                .before_image(text("chara", b"%%% no base64 %%%"))
                .bytes()
        ),
        Kind::BadEncoding
    );
}

#[test]
fn base64_of_something_else_is_bad_json() {
    assert_eq!(
        kind(
            &Png::new()
                .before_image(text("chara", &base64("hello")))
                .bytes()
        ),
        Kind::BadJson
    );
}

#[test]
fn a_card_encrypted_by_risuai_is_unsupported() {
    assert_eq!(
        kind(
            &Png::new()
                .before_image(text("ccv3", b"rcc||rccv1||AAAA||h||e30="))
                .bytes()
        ),
        Kind::Unsupported
    );
}

#[test]
fn a_zlib_bomb_is_too_large() {
    let bomb = deflate(&vec![b'A'; 40 << 20]);
    assert!(bomb.len() < 100_000);
    let data = [b"chara\0\0".as_slice(), &bomb].concat();
    assert_eq!(
        kind(&Png::new().before_image(chunk(b"zTXt", &data)).bytes()),
        Kind::TooLarge
    );
}

#[test]
fn deep_json_is_too_large() {
    let deep = format!("{{\"name\":\"x\",\"data\":{}", "[".repeat(10_000));
    assert_eq!(
        kind(&Png::new().before_image(card_chunk("chara", &deep)).bytes()),
        Kind::TooLarge
    );
}

#[test]
fn limits_are_those_of_the_caller() {
    let bytes = Png::new()
        .before_image(card_chunk("chara", &v2("Ann")))
        .before_image(text("Comment", b"painted"))
        .bytes();
    let too_large = |limits: Limits| {
        card::read(&bytes, &limits)
            .expect_err("over the limit")
            .kind()
    };
    assert_eq!(
        too_large(Limits {
            file: 100,
            ..Limits::default()
        }),
        Kind::TooLarge
    );
    assert_eq!(
        too_large(Limits {
            chunk: 50,
            ..Limits::default()
        }),
        Kind::TooLarge
    );
    assert_eq!(
        too_large(Limits {
            text: 50,
            ..Limits::default()
        }),
        Kind::TooLarge
    );
    assert_eq!(
        too_large(Limits {
            depth: 1,
            ..Limits::default()
        }),
        Kind::TooLarge
    );
    assert_eq!(
        too_large(Limits {
            text_chunks: 0,
            ..Limits::default()
        }),
        Kind::TooLarge
    );
}

#[test]
fn many_assets_are_no_excess_of_text_chunks() {
    let mut image = Png::new().before_image(card_chunk("ccv3", &v3("Ann")));
    for n in 0..100 {
        image = image.before_image(text(&format!("chara-ext-asset_:{n}"), &base64([n])));
    }
    let found = read(&image.bytes());
    assert_eq!(found.assets.len(), 100);
    assert_eq!(
        (
            found.assets[7].path.as_str(),
            found.assets[7].bytes.as_slice()
        ),
        ("__asset:7", &[7_u8][..])
    );
}

#[test]
fn a_damaged_asset_is_left_out_with_a_warning() {
    let image = Png::new()
        .before_image(card_chunk("ccv3", &v3("Ann")))
        .before_image(text("chara-ext-asset_:1", b"%"));
    let found = read(&image.bytes());
    assert!(found.assets.is_empty() && warns(&found, "damaged-asset"));
}

// ------------------------------------------------------------------ other files

#[test]
fn what_is_no_card_is_told_by_kind() {
    for (bytes, wanted) in [
        (&b""[..], Kind::NotACard),
        (b"hello", Kind::NotACard),
        (b"GIF89a", Kind::NotACard),
        (b"[1,2]", Kind::NotACard),
        (b"{\"entries\":{}}", Kind::NotACard),
        (
            b"{\"spec\":\"lorebook_v3\",\"data\":{\"name\":\"x\",\"entries\":[]}}",
            Kind::NotACard,
        ),
        (
            b"{\"metadata\":{},\"locations\":{},\"name\":\"w\"}",
            Kind::NotACard,
        ),
        (b"{\"name\":", Kind::BadJson),
        (b"PK\x03\x04rest", Kind::BadZip),
        (b"RIFF\0\0\0\0WEBPVP8 ", Kind::NoCard),
        (b"\xff\xd8\xff\xe0", Kind::NoCard),
    ] {
        assert_eq!(kind(bytes), wanted, "{}", String::from_utf8_lossy(bytes));
    }
}

#[test]
fn a_chunk_with_other_json_is_no_card() {
    for json in ["{}", "[]", "1", "{\"a\":1}"] {
        assert_eq!(
            kind(&Png::new().before_image(card_chunk("chara", json)).bytes()),
            Kind::NoCard,
            "{json}"
        );
    }
}

// ------------------------------------------------------------------ views

#[test]
fn the_specification_is_found_whatever_the_card_says() {
    let spec = |json: &str| read(json.as_bytes()).spec;
    assert_eq!(spec(r#"{"name":"a","first_mes":""}"#), Spec::V1);
    assert_eq!(spec(&v2("a")), Spec::V2);
    assert_eq!(spec(&v3("a")), Spec::V3);
    assert_eq!(spec(r#"{"data":{"name":"a","first_mes":""}}"#), Spec::V2);
    assert_eq!(
        spec(r#"{"spec":"x","spec_version":3.1,"data":{"name":"a","first_mes":""}}"#),
        Spec::V3
    );
    assert_eq!(
        spec(r#"{"spec":"tavern_ai","spec_version":"1.0","name":"a","first_mes":""}"#),
        Spec::V1
    );
    assert_eq!(spec(r#"{"char_name":"a","char_persona":"b"}"#), Spec::V1);
}

#[test]
fn pygmalion_keys_are_the_fields_they_mean() {
    let view = viewed(
        r#"{"char_name":"A","char_persona":"P","char_greeting":"G","example_dialogue":"E","world_scenario":"W"}"#,
    );
    for (key, value) in [
        ("name", "A"),
        ("description", "P"),
        ("first_mes", "G"),
        ("mes_example", "E"),
        ("scenario", "W"),
    ] {
        assert_eq!(view[key], value);
    }
}

#[test]
fn a_view_has_every_field_of_its_type_whatever_the_file_held() {
    let odd = r#"{"spec":"chara_card_v2","data":{"name":"A","description":null,"personality":7,"scenario":true,
        "first_mes":["a","b"],"mes_example":{"x":1},"alternate_greetings":"1687194031049","tags":"a, b ,,c",
        "group_only_greetings":{"0":"x"},"character_version":1.10,"creator_notes":"","character_book":null,
        "extensions":[],"creator":"undefined"}}"#;
    let found = read(odd.as_bytes());
    let view = view(&found.document);
    assert_eq!(view["description"], "");
    assert_eq!(view["personality"], "7");
    assert_eq!(view["scenario"], "true");
    assert_eq!(view["first_mes"], "a\nb");
    assert_eq!(view["mes_example"], "");
    assert_eq!(
        view["alternate_greetings"],
        serde_json::json!(["1687194031049"])
    );
    assert_eq!(view["tags"], serde_json::json!(["a", "b", "c"]));
    assert_eq!(view["group_only_greetings"], serde_json::json!(["x"]));
    assert_eq!(view["character_version"], "1.10");
    assert_eq!(view["extensions"], serde_json::json!({}));
    assert_eq!(view["system_prompt"], "");
    assert!(view.get("character_book").is_none() && view.get("nickname").is_none());
    for path in [
        "data.description",
        "data.personality",
        "data.scenario",
        "data.first_mes",
        "data.mes_example",
        "data.alternate_greetings",
        "data.tags",
        "data.group_only_greetings",
        "data.character_version",
        "data.character_book",
        "data.extensions",
    ] {
        assert!(
            found.warnings.iter().any(|warning| warning.path == path),
            "{path}: {:?}",
            found.warnings
        );
    }
}

#[test]
fn items_that_are_no_text_are_told() {
    let found = read(br#"{"name":"A","first_mes":"","alternate_greetings":["a",null,5,{}]}"#);
    assert_eq!(
        view(&found.document)["alternate_greetings"],
        serde_json::json!(["a", "5"])
    );
    assert_eq!(
        found
            .warnings
            .iter()
            .filter(|warning| warning.path == "alternate_greetings")
            .count(),
        2
    );
}

#[test]
fn the_text_undefined_is_no_version() {
    assert_eq!(
        viewed(&v2("A").replace("\"own\":1.50", "\"character_version\":\"undefined\""))["character_version"],
        ""
    );
}

#[test]
fn data_wins_over_its_mirror_at_the_root() {
    let view = viewed(
        r#"{"name":"Root","description":"root","data":{"name":"Data","description":""},"spec":"chara_card_v2"}"#,
    );
    assert_eq!(
        (&view["name"], &view["description"]),
        (&"Data".into(), &"".into())
    );
}

#[test]
fn a_field_that_data_lacks_comes_from_the_root() {
    let found = read(
        br#"{"spec":"chara_card_v2","creatorcomment":"n","data":{"name":"A","first_mes":""}}"#,
    );
    assert_eq!(view(&found.document)["creator_notes"], "n");
    assert!(warns(&found, "field-at-root"));
}

#[test]
fn a_lone_surrogate_reaches_javascript_as_it_is() {
    let found = read(br#"{"name":"A\ud83d","first_mes":""}"#);
    assert!(card::view(&found.document).contains(r#""name":"A\ud83d""#));
}

#[test]
fn a_proto_key_stays_an_own_key_of_the_extensions() {
    let found = read(br#"{"name":"A","first_mes":"","extensions":{"__proto__":{"x":1}}}"#);
    assert!(card::view(&found.document).contains(r#""extensions":{"__proto__":{"x":1}}"#));
}

#[test]
fn huge_numbers_in_extensions_keep_their_spelling() {
    let found = read(br#"{"name":"A","first_mes":"","extensions":{"id":123456789012345678901,"f":1e400,"z":1.0}}"#);
    assert!(
        card::view(&found.document).contains(r#"{"id":123456789012345678901,"f":1e400,"z":1.0}"#)
    );
}

#[test]
fn duplicate_keys_are_told_and_the_last_counts() {
    let found = read(br#"{"name":"A","name":"B","first_mes":""}"#);
    assert_eq!(name(&found), "B");
    assert!(warns(&found, "duplicate-key"));
}

#[test]
fn a_card_without_a_name_is_read_with_a_warning() {
    let found = read(br#"{"spec":"chara_card_v2","data":{"name":" ","first_mes":"x"}}"#);
    assert!(warns(&found, "no-name"));
}

#[test]
fn a_newer_version_is_read_with_a_warning() {
    let found = read(v3("A").replace("3.0", "3.7").as_bytes());
    assert_eq!(found.spec, Spec::V3);
    assert!(warns(&found, "newer-spec"));
}

#[test]
fn names_of_options_are_read_and_told() {
    for spec in [Spec::V1, Spec::V2, Spec::V3] {
        assert_eq!(spec.as_str().parse::<Spec>().unwrap(), spec);
    }
    for container in [
        Container::Png,
        Container::Json,
        Container::Charx,
        Container::Webp,
        Container::Jpeg,
    ] {
        assert_eq!(container.as_str().parse::<Container>().unwrap(), container);
    }
    assert_eq!("V2".parse::<Spec>().unwrap_err().kind(), Kind::BadOption);
    assert_eq!(
        "gif".parse::<Container>().unwrap_err().kind(),
        Kind::BadOption
    );
}

#[test]
fn what_a_card_names_and_its_image_lacks_is_told() {
    let missing = |card: String| {
        let bytes = Png::new()
            .before_image(text("chara-ext-asset_:0", &base64("a")))
            .before_image(card_chunk("chara", &card))
            .bytes();
        let file = read(&bytes);
        let told = file.warnings.iter().filter(|it| it.code == "missing-asset");
        told.map(|it| it.path.clone()).collect::<Vec<_>>()
    };
    let with = |fields: &str| v3("A").replacen("\"data\":{", &format!("\"data\":{{{fields},"), 1);
    let asset = |uri: &str| format!(r#"{{"type":"icon","uri":"{uri}","name":"main","ext":"png"}}"#);
    let (there, not) = (asset("__asset:0"), asset("__asset:1"));
    assert_eq!(missing(with(&format!("\"assets\":[{there}]"))), [""; 0]);
    assert_eq!(
        missing(with(&format!("\"assets\":[{there},{not}]"))),
        ["__asset:1"]
    );
    let risu = r#"{"spec":"chara_card_v2","data":{"name":"A","extensions":{"risuai":{"emotions":[["happy","__asset:0"],["sad","__asset:7"]],"additionalAssets":[["bg","__asset:8","png"]]}}}}"#;
    assert_eq!(missing(risu.to_owned()), ["__asset:7", "__asset:8"]);
}
