//! Editing and writing cards: what changes, and that nothing else does.

use crate::cards::{
    Png, base64, card_chunk, chunk, fixture, kind, name, read, text, v2, v3, view, warns,
};
use cardkeep::card::{self, Asset, Container, Spec, WriteOptions};
use cardkeep::error::{Kind, Limits};
use cardkeep::json::Document;
use serde_json::{Value, json};

fn into(document: &Document, image: Option<&[u8]>) -> Vec<u8> {
    let options = WriteOptions {
        container: Container::Png,
        image,
        assets: &[],
        limits: Limits::default(),
    };
    card::write(document, &options).expect("a card can be written")
}

fn edited(document: &Document, patch: &str) -> Document {
    card::edit(document, &Document::parse(patch).unwrap()).expect("the patch fits")
}

fn edit_text(json: &str, patch: &str) -> String {
    String::from_utf8(
        edited(&Document::parse(json).unwrap(), patch)
            .bytes()
            .to_vec(),
    )
    .unwrap()
}

fn edit_error(json: &str, patch: &str) -> Kind {
    card::edit(
        &Document::parse(json).unwrap(),
        &Document::parse(patch).unwrap(),
    )
    .expect_err("no such edit")
    .kind()
}

/// Type and whole bytes of every chunk.
fn chunks(bytes: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut out = Vec::new();
    let mut at = 8;
    while let Some(header) = bytes.get(at..at + 8) {
        let length = u32::from_be_bytes(header[..4].try_into().unwrap()) as usize;
        let Some(whole) = bytes.get(at..at + 12 + length) else {
            break;
        };
        out.push((
            String::from_utf8_lossy(&header[4..]).into_owned(),
            whole.to_vec(),
        ));
        at += 12 + length;
        if &header[4..] == b"IEND" {
            break;
        }
    }
    out
}

fn keyword(chunk: &[u8]) -> String {
    String::from_utf8_lossy(chunk[8..].split(|byte| *byte == 0).next().unwrap()).to_lowercase()
}

fn is_card((kind, bytes): &(String, Vec<u8>)) -> bool {
    ["tEXt", "zTXt", "iTXt"].contains(&kind.as_str())
        && ["chara", "ccv3"].contains(&keyword(bytes).as_str())
}

/// The JSON of the only chunk with this keyword.
fn json_of(bytes: &[u8], wanted: &str) -> String {
    let found: Vec<_> = chunks(bytes)
        .into_iter()
        .filter(is_card)
        .filter(|(_, bytes)| keyword(bytes) == wanted)
        .collect();
    assert_eq!(found.len(), 1, "chunks `{wanted}`");
    let data = &found[0].1[8..found[0].1.len() - 4];
    let coded = &data[wanted.len() + 1..];
    String::from_utf8(
        base64_simd::STANDARD
            .decode_to_vec(coded)
            .expect("clean base64"),
    )
    .unwrap()
}

fn decodes(bytes: &[u8]) -> (u32, u32) {
    let mut reader = png::Decoder::new(std::io::Cursor::new(bytes))
        .read_info()
        .expect("a PNG");
    let mut frame = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut frame).expect("a picture");
    (info.width, info.height)
}

#[test]
fn assets_are_not_left_out_of_a_text_in_silence() {
    let document = Document::parse(r#"{"name":"A","description":"","first_mes":""}"#).unwrap();
    let asset = Asset {
        path: "__asset:a".to_owned(),
        bytes: vec![1],
    };
    let write = |assets: &[Asset]| {
        let options = WriteOptions {
            container: Container::Json,
            image: None,
            assets,
            limits: Limits::default(),
        };
        card::write(&document, &options)
    };
    assert_eq!(write(&[asset]).unwrap_err().kind(), Kind::Unsupported);
    assert_eq!(write(&[]).unwrap(), document.bytes());
}

#[test]
fn assets_go_along_into_a_picture() {
    let uri = |uri: &str| format!(r#"{{"type":"x_a","uri":"{uri}","name":"n","ext":"png"}}"#);
    let long = format!("embeded://{}", "long/".repeat(20));
    let uris = ["embeded://assets/a.png", "__asset:b", &long, "ccdefault:"];
    let listed = uris.map(uri).join(",");
    let text = format!(
        r#"{{"spec":"chara_card_v3","spec_version":"3.0","data":{{"name":"A","group_only_greetings":[],"assets":[{listed}]}}}}"#
    );
    let document = Document::parse(&text).unwrap();
    let asset = |path: &str, byte: u8| Asset {
        path: path.to_owned(),
        bytes: vec![byte],
    };
    let assets = [asset(uris[0], 1), asset(uris[1], 2), asset(uris[2], 3)];
    let write = |document: &Document, image: Option<&[u8]>, assets: &[Asset]| {
        let options = WriteOptions {
            container: Container::Png,
            image,
            assets,
            limits: Limits::default(),
        };
        card::write(document, &options).unwrap()
    };
    let bytes = write(&document, None, &assets);
    let file = card::read(&bytes, &Limits::default()).unwrap();
    assert!(file.warnings.is_empty(), "{:?}", file.warnings);
    let found = |path: &str| {
        let found = file.assets.iter().find(|asset| asset.path == path);
        found.map(|asset| asset.bytes.clone())
    };
    assert_eq!(found("__asset:assets/a.png").unwrap(), [1]);
    assert_eq!(found("__asset:b").unwrap(), [2]);
    assert_eq!(found("__asset:2").unwrap(), [3]);
    // `chara` and `ccv3` stay the first texts, and the same again changes nothing.
    let texts: Vec<String> = chunks(&bytes)
        .iter()
        .filter(|(kind, _)| kind == "tEXt")
        .map(|(_, chunk)| keyword(chunk))
        .collect();
    assert_eq!(texts[..2], ["chara", "ccv3"]);
    assert_eq!(texts.len(), 5);
    let again = write(&file.document, Some(&bytes), &file.assets);
    assert_eq!(
        card::read(&again, &Limits::default()).unwrap().assets.len(),
        3
    );
}

#[test]
fn tools_that_know_v2_only_get_no_decorators() {
    let card = r#"{"spec":"chara_card_v3","spec_version":"3.0","data":{"name":"A","description":"d","extensions":{},"group_only_greetings":[],"character_book":{"extensions":{},"entries":[{"keys":["k"],"content":"@@depth 5\n@@role user\n\ntext","extensions":{},"enabled":true,"insertion_order":1,"use_regex":false}]}}}"#;
    let document = Document::parse(card).unwrap();
    let bytes = into(&document, None);
    let content = |keyword: &str| {
        let json: serde_json::Value = serde_json::from_str(&json_of(&bytes, keyword)).unwrap();
        json["data"]["character_book"]["entries"][0]["content"].clone()
    };
    assert_eq!(content("chara"), "text");
    assert_eq!(content("ccv3"), "@@depth 5\n@@role user\n\ntext");
    assert_eq!(json_of(&bytes, "ccv3"), card);
}

// ------------------------------------------------------------------ edits

#[test]
fn an_edit_changes_the_field_and_nothing_else() {
    let before = "{ \"spec\" : \"chara_card_v2\",\n \"data\": {\"x\": 1.50, \"name\": \"A\", \"tags\": [ \"a\",\"b\" ]}, \"big\": 123456789012345678901 }";
    assert_eq!(
        edit_text(before, r#"{"name":"B"}"#),
        before.replace("\"A\"", "\"B\"")
    );
}

#[test]
fn the_mirror_at_the_root_is_changed_along() {
    let before = r#"{"name":"A","creatorcomment":"c","tags":["x"],"spec":"chara_card_v2","data":{"name":"A","creator_notes":"c","tags":["x"]}}"#;
    let after = edit_text(
        before,
        r#"{"name":"B","creator_notes":"d","tags":["x","y"]}"#,
    );
    assert_eq!(
        after,
        r#"{"name":"B","creatorcomment":"d","tags":["x","y"],"spec":"chara_card_v2","data":{"name":"B","creator_notes":"d","tags":["x","y"]}}"#
    );
}

#[test]
fn a_mirror_that_is_not_there_is_not_made() {
    assert_eq!(
        edit_text(r#"{"data":{"name":"A"}}"#, r#"{"name":"B"}"#),
        r#"{"data":{"name":"B"}}"#
    );
}

#[test]
fn a_v1_card_is_changed_under_its_own_keys() {
    let pygmalion = r#"{"char_name":"A","char_persona":"P"}"#;
    assert_eq!(
        edit_text(pygmalion, r#"{"name":"B"}"#),
        r#"{"char_name":"B","char_persona":"P"}"#
    );
    assert_eq!(
        edit_text(r#"{"name":"A","tags":"a,b"}"#, r#"{"tags":["a","c"]}"#),
        r#"{"name":"A","tags":"a, c"}"#
    );
    assert_eq!(
        edit_text(r#"{"name":"A"}"#, r#"{"scenario":"s"}"#),
        r#"{"name":"A","scenario":"s"}"#
    );
}

#[test]
fn an_edit_that_says_what_is_there_changes_no_byte() {
    for file in [
        "03_v3_only_ccv3.png",
        "33_book_entries_object.png",
        "38_nan.png",
        "41_spaces_in_keys.png",
        "82_v2_utf16.json",
        "51_name_only_in_root.png",
    ] {
        let document = read(&fixture(file)).document;
        // As JavaScript would send it back: parsed and spelled anew.
        let view: Value = view(&document);
        let patch = Document::parse(&view.to_string()).unwrap();
        let again = card::edit(&document, &patch).unwrap();
        assert_eq!(again.bytes(), document.bytes(), "{file}");
    }
}

#[test]
fn an_edit_within_the_extensions_leaves_its_neighbors_as_they_are_spelled() {
    let before = r#"{"data":{"name":"A","extensions":{ "a": 1.0, "b": {"c": [1, 2.50, "\u0041"]}, "gone": 1 }}}"#;
    let after = edit_text(
        before,
        r#"{"extensions":{"new":true,"b":{"c":[1,2.5,"B"]},"a":1}}"#,
    );
    assert_eq!(
        after,
        r#"{"data":{"name":"A","extensions":{ "a": 1.0, "b": {"c": [1, 2.50, "B"]}, "new": true }}}"#
    );
}

#[test]
fn greetings_that_stay_keep_their_spelling() {
    let before = r#"{"data":{"name":"A","alternate_greetings":["\u00e9", "x", "y"]}}"#;
    let edit = |patch: &str| edit_text(before, &format!("{{\"alternate_greetings\":{patch}}}"));
    assert_eq!(
        edit(r#"["é","y"]"#),
        r#"{"data":{"name":"A","alternate_greetings":["\u00e9", "y"]}}"#
    );
    assert_eq!(
        edit(r#"["é","x","y","z"]"#),
        r#"{"data":{"name":"A","alternate_greetings":["\u00e9", "x", "y", "z"]}}"#
    );
    assert_eq!(
        edit(r#"["é","n","x","y"]"#),
        r#"{"data":{"name":"A","alternate_greetings":["\u00e9", "n", "x", "y"]}}"#
    );
    assert_eq!(
        edit("[]"),
        r#"{"data":{"name":"A","alternate_greetings":[]}}"#
    );
}

#[test]
fn null_removes_what_may_be_absent() {
    let before = r#"{"data":{"name":"A","nickname":"a","character_book":{"entries":[]}}}"#;
    assert_eq!(
        edit_text(before, r#"{"nickname":null,"character_book":null}"#),
        r#"{"data":{"name":"A"}}"#
    );
}

#[test]
fn a_patch_of_the_wrong_type_is_refused() {
    let json = r#"{"name":"A","first_mes":""}"#;
    for patch in [
        r#"{"name":1}"#,
        r#"{"name":null}"#,
        r#"{"tags":"a"}"#,
        r#"{"tags":[1]}"#,
        r#"{"extensions":[]}"#,
        "[]",
    ] {
        assert_eq!(edit_error(json, patch), Kind::Invalid, "{patch}");
    }
    assert_eq!(edit_error(json, r#"{"nmae":"x"}"#), Kind::BadOption);
}

// ------------------------------------------------------------------ writing

#[test]
fn an_unchanged_card_gives_the_same_file() {
    let expected: Value = serde_json::from_slice(&fixture("expected.json")).unwrap();
    for (file, wanted) in expected.as_object().unwrap() {
        if wanted["name"] == "ERR" {
            continue;
        }
        let bytes = fixture(file);
        let found = read(&bytes);
        let options = WriteOptions {
            container: found.container,
            image: Some(&bytes),
            assets: &[],
            limits: Limits::default(),
        };
        assert_eq!(
            card::write(&found.document, &options).unwrap(),
            bytes,
            "{file}"
        );
    }
}

#[test]
fn a_changed_name_changes_nothing_but_the_name() {
    let expected: Value = serde_json::from_slice(&fixture("expected.json")).unwrap();
    let mut count = 0;
    for (file, wanted) in expected.as_object().unwrap() {
        if wanted["name"] == "ERR" || !file.ends_with(".png") {
            continue;
        }
        count += 1;
        let bytes = fixture(file);
        let before = read(&bytes);
        let document = edited(&before.document, r#"{"name":"Changed"}"#);
        let written = into(&document, Some(&bytes));
        let after = read(&written);
        let (mut old, mut new) = (view(&before.document), view(&after.document));
        assert_eq!(new["name"], "Changed", "{file}");
        old["name"].take();
        new["name"].take();
        assert_eq!(old, new, "{file}");
        assert_eq!(after.assets, before.assets, "{file}");
        let foreign = |bytes: &[u8]| {
            chunks(bytes)
                .into_iter()
                .filter(|chunk| !is_card(chunk))
                .collect::<Vec<_>>()
        };
        assert_eq!(foreign(&written), foreign(&bytes), "{file}");
        if !file.starts_with("23_") {
            assert_eq!(decodes(&written), decodes(&bytes), "{file}");
        }
    }
    assert!(count >= 19);
}

#[test]
fn unknown_fields_and_the_spelling_of_numbers_survive_a_change() {
    let json = v2("Ann").replace("1.50", "123456789012345678901.50");
    let image = Png::new().before_image(card_chunk("chara", &json)).bytes();
    let document = edited(&read(&image).document, r#"{"name":"Bea"}"#);
    let written = into(&document, Some(&image));
    assert_eq!(json_of(&written, "chara"), json.replace("Ann", "Bea"));
    assert!(json_of(&written, "ccv3").contains("\"own\":123456789012345678901.50"));
}

#[test]
fn chara_and_ccv3_stand_together_before_the_image_data() {
    let image = Png::new()
        .before_end(card_chunk("chara", &v2("Ann")))
        .bytes();
    let written = into(
        &edited(&read(&image).document, r#"{"name":"Bea"}"#),
        Some(&image),
    );
    let kinds: Vec<String> = chunks(&written)
        .iter()
        .map(|(kind, bytes)| {
            if kind == "tEXt" {
                keyword(bytes)
            } else {
                kind.clone()
            }
        })
        .collect();
    assert_eq!(kinds, ["IHDR", "chara", "ccv3", "IDAT", "IEND"]);
}

#[test]
fn every_old_card_chunk_goes_whatever_its_type_or_case() {
    let itxt = chunk(
        b"iTXt",
        &[b"CCV3\0\0\0\0\0".as_slice(), &base64(v3("c"))].concat(),
    );
    let image = Png::new()
        .before_image(card_chunk("CHARA", &v2("a")))
        .before_image(text("Comment", b"stays"))
        .before_image(text("chara-ext-asset_:0", &base64("asset")))
        .before_end(card_chunk("chara", &v2("b")))
        .before_end(itxt)
        .at_end(card_chunk("Ccv3", &v3("d")))
        .bytes();
    let written = into(
        &edited(&read(&image).document, r#"{"name":"New"}"#),
        Some(&image),
    );
    assert_eq!(
        written
            .windows(5)
            .filter(|w| w.eq_ignore_ascii_case(b"chara"))
            .count(),
        2,
        "chara and the asset"
    );
    assert_eq!(
        written
            .windows(4)
            .filter(|w| w.eq_ignore_ascii_case(b"ccv3"))
            .count(),
        1
    );
    assert!(written.windows(12).any(|w| w == b"Comment\0stay"));
    assert_eq!(read(&written).assets.len(), 1);
    assert_eq!(name(&read(&written)), "New");
}

#[test]
fn a_foreign_chunk_survives_rewriting_with_its_wrong_checksum() {
    let mut private = chunk(b"prVt", b"whatever");
    *private.last_mut().unwrap() ^= 0xff;
    let image = Png::new()
        .before_image(private.clone())
        .before_image(card_chunk("chara", &v2("Ann")))
        .bytes();
    let written = into(
        &edited(&read(&image).document, r#"{"name":"Bea"}"#),
        Some(&image),
    );
    assert!(chunks(&written).iter().any(|(_, bytes)| *bytes == private));
}

#[test]
fn bytes_after_the_end_and_between_chunks_survive_rewriting() {
    let image = Png::new()
        .before_end(b"between".to_vec())
        .before_end(card_chunk("chara", &v2("Ann")))
        .at_end(b"after the end".to_vec())
        .bytes();
    let written = into(
        &edited(&read(&image).document, r#"{"name":"Bea"}"#),
        Some(&image),
    );
    assert!(written.windows(7).any(|w| w == b"between"));
    assert!(written.ends_with(b"after the end"));
    assert_eq!(name(&read(&written)), "Bea");
}

#[test]
fn both_documents_keep_what_only_they_have() {
    let image = Png::new()
        .before_image(card_chunk("chara", &v2("Ann")))
        .before_image(card_chunk("ccv3", &v3("Ann")))
        .bytes();
    let document = edited(&read(&image).document, r#"{"name":"Bea","tags":["t"]}"#);
    let written = into(&document, Some(&image));
    assert_eq!(json_of(&written, "ccv3").as_bytes(), document.bytes());
    let chara: Value = serde_json::from_str(&json_of(&written, "chara")).unwrap();
    assert_eq!(chara["spec"], "chara_card_v2");
    assert_eq!(
        (&chara["data"]["name"], &chara["data"]["tags"]),
        (&json!("Bea"), &json!(["t"]))
    );
    assert_eq!(chara["data"]["own"], json!(1.5));
    assert!(chara["data"].get("three").is_none());
}

#[test]
fn extensions_of_the_other_document_are_followed_key_by_key() {
    let with = |json: String, extensions: &str| {
        json.replace(
            "\"description\"",
            &format!("\"extensions\":{extensions},\"description\""),
        )
    };
    let image = Png::new()
        .before_image(card_chunk(
            "chara",
            &with(v2("Ann"), r#"{"old":1.0,"both":1}"#),
        ))
        .before_image(card_chunk(
            "ccv3",
            &with(v3("Ann"), r#"{"both":1,"three":3}"#),
        ))
        .bytes();
    let document = edited(
        &read(&image).document,
        r#"{"extensions":{"both":2,"fresh":true}}"#,
    );
    let written = into(&document, Some(&image));
    assert!(
        json_of(&written, "chara").contains(r#""extensions":{"old":1.0,"both":2,"fresh":true}"#)
    );
}

#[test]
fn a_portrait_of_another_character_leaves_nothing_of_it_in_the_card() {
    let other = |json: String| {
        json.replace("\"d\"", "\"other\"")
            .replace("\"hi\"", "\"other\"")
            .replace("own", "secret")
    };
    let image = Png::new()
        .before_image(card_chunk("chara", &other(v2("Eve"))))
        .before_image(card_chunk("ccv3", &other(v3("Eve"))))
        .bytes();
    let written = into(&Document::parse(&v3("Ann")).unwrap(), Some(&image));
    for keyword in ["chara", "ccv3"] {
        let json = json_of(&written, keyword);
        assert!(
            json.contains("Ann") && !json.contains("other") && !json.contains("secret"),
            "{json}"
        );
    }
}

#[test]
fn writing_twice_writes_the_same() {
    for json in [
        v2("Ann"),
        v3("Ann"),
        r#"{"name":"Ann","first_mes":"hi"}"#.to_owned(),
    ] {
        let document = Document::parse(&json).unwrap();
        let once = into(&document, Some(&Png::new().bytes()));
        assert_eq!(into(&document, Some(&once)), once);
        assert_eq!(into(&read(&once).document, Some(&once)), once);
    }
}

#[test]
fn a_missing_chunk_is_derived_from_the_other() {
    let image = Png::new().bytes();
    let from_v2 = into(&Document::parse(&v2("Ann")).unwrap(), Some(&image));
    let ccv3: Value = serde_json::from_str(&json_of(&from_v2, "ccv3")).unwrap();
    assert_eq!(
        (&ccv3["spec"], &ccv3["spec_version"]),
        (&json!("chara_card_v3"), &json!("3.0"))
    );
    assert_eq!(ccv3["data"]["group_only_greetings"], json!([]));
    assert_eq!(json_of(&from_v2, "chara"), v2("Ann"));
    let from_v3 = into(&Document::parse(&v3("Ann")).unwrap(), Some(&image));
    let chara: Value = serde_json::from_str(&json_of(&from_v3, "chara")).unwrap();
    assert_eq!(
        (&chara["spec"], &chara["spec_version"]),
        (&json!("chara_card_v2"), &json!("2.0"))
    );
    assert_eq!(json_of(&from_v3, "ccv3"), v3("Ann"));
}

#[test]
fn a_v1_card_is_written_as_chara_alone() {
    let image = Png::new()
        .before_image(card_chunk("ccv3", &v3("Old")))
        .bytes();
    let written = into(
        &Document::parse(r#"{"name":"Ann","first_mes":"hi"}"#).unwrap(),
        Some(&image),
    );
    assert_eq!(
        json_of(&written, "chara"),
        r#"{"name":"Ann","first_mes":"hi"}"#
    );
    let found = read(&written);
    assert_eq!((found.spec, found.source.chunk), (Spec::V1, "chara"));
}

#[test]
fn chara_that_holds_a_v3_card_becomes_both() {
    let image = Png::new()
        .before_end(card_chunk("chara", &v3("Ann")))
        .bytes();
    let document = edited(&read(&image).document, r#"{"name":"Bea"}"#);
    let written = into(&document, Some(&image));
    assert!(json_of(&written, "chara").contains("chara_card_v2"));
    assert_eq!(json_of(&written, "ccv3").as_bytes(), document.bytes());
}

#[test]
fn an_image_without_end_keeps_what_is_there() {
    let image = fixture("23_no_iend_truncated.png");
    let found = read(&image);
    let written = into(&edited(&found.document, r#"{"name":"Bea"}"#), Some(&image));
    let tail = &image[image.len() - 20..];
    assert!(written.ends_with(tail));
    assert!(warns(&read(&written), "cut-short"));
}

#[test]
fn a_card_is_put_before_damage_that_could_hide_it() {
    let limits = Limits::default();
    for file in [
        &include_bytes!("../fuzz/corpus/card/damage_that_fits_a_longer_file")[..],
        include_bytes!("../fuzz/corpus/card/damage_before_a_card_that_is_cut"),
    ] {
        let found = card::read(file, &limits).unwrap();
        let patch = Document::parse(r#"{"name":"Edited"}"#).unwrap();
        let edited = card::edit(&found.document, &patch).unwrap();
        let (_, written) = card::rewrite(file, &edited, found.container, &limits).unwrap();
        let again = card::read(&written, &limits).unwrap();
        assert_eq!(again.document.bytes(), edited.bytes());
    }
}

/// Reading believes the words of a picture before what stands behind it.
#[test]
fn an_archive_behind_a_picture_that_has_a_card_does_not_hide_an_edit() {
    for file in [
        &include_bytes!("../fuzz/corpus/card/archive_behind_a_picture_with_a_card")[..],
        include_bytes!("../fuzz/corpus/card/damaged_picture_before_an_archive"),
    ] {
        let limits = Limits::default();
        let found = card::read(file, &limits).unwrap();
        let patch = Document::parse(r#"{"name":"Edited"}"#).unwrap();
        let edited = card::edit(&found.document, &patch).unwrap();
        let (container, written) = card::rewrite(file, &edited, found.container, &limits).unwrap();
        let again = card::read(&written, &limits).unwrap();
        assert_eq!(
            (container, again.container),
            (Container::Charx, Container::Charx)
        );
        assert_eq!(card::summary(&again.document).name, "Edited");
        assert_eq!(
            again.assets[0].bytes, file,
            "the picture and all behind it stay"
        );
    }
}

#[test]
fn a_card_of_agnai_in_a_picture_comes_out_as_it_went_in() {
    let file = include_bytes!("../fuzz/corpus/card/agnai_in_a_picture_without_end");
    let limits = Limits::default();
    let found = card::read(file, &limits).unwrap();
    let (container, written) =
        card::rewrite(file, &found.document, found.container, &limits).unwrap();
    assert_eq!((container, &written[..]), (Container::Png, &file[..]));
}

#[test]
fn a_card_without_image_gets_a_portrait_that_is_always_the_same() {
    let document = Document::parse(&v2("Zoë")).unwrap();
    let written = into(&document, None);
    assert_eq!(written, into(&document, None));
    assert_eq!(decodes(&written), (400, 600));
    assert!(written.len() < 20_000, "{} bytes", written.len());
    assert_eq!(json_of(&written, "chara").as_bytes(), document.bytes());
    let other = into(&Document::parse(&v2("Ann")).unwrap(), None);
    assert_ne!(chunks(&other)[3], chunks(&written)[3]);
}

#[test]
fn json_is_written_as_the_document_is() {
    let bytes = fixture("82_v2_utf16.json");
    let options = WriteOptions {
        container: Container::Json,
        image: None,
        assets: &[],
        limits: Limits::default(),
    };
    assert_eq!(
        card::write(&read(&bytes).document, &options).unwrap(),
        bytes
    );
}

#[test]
fn only_a_png_can_be_written_into() {
    let document = Document::parse(&v2("Ann")).unwrap();
    let write = |image: &[u8]| {
        let options = WriteOptions {
            container: Container::Png,
            image: Some(image),
            assets: &[],
            limits: Limits {
                file: 1000,
                ..Limits::default()
            },
        };
        card::write(&document, &options).unwrap_err().kind()
    };
    assert_eq!(write(b"\xff\xd8\xff\xe0"), Kind::Unsupported);
    assert_eq!(write(b"\x89PNG\r\n\x1a\n"), Kind::CutShort);
    assert_eq!(write(&[0; 2000]), Kind::TooLarge);
    assert_eq!(kind(b"\x89PNG\r\n\x1a\n"), Kind::CutShort);
}

// ------------------------------------------------------------------ thumbnails

fn picture(
    width: u32,
    height: u32,
    color: png::ColorType,
    depth: png::BitDepth,
    pixels: &[u8],
) -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, width, height);
    encoder.set_color(color);
    encoder.set_depth(depth);
    if color == png::ColorType::Indexed {
        encoder.set_palette(vec![10, 20, 30, 40, 50, 60]);
        encoder.set_trns(vec![255, 128]);
    }
    encoder
        .write_header()
        .unwrap()
        .write_image_data(pixels)
        .unwrap();
    out
}

fn small(image: &[u8]) -> Vec<u8> {
    card::thumbnail(image, &Limits::default()).expect("a thumbnail")
}

#[test]
fn a_thumbnail_fits_its_box_and_keeps_proportions() {
    for ((width, height), wanted) in [
        ((400, 600), (192, 288)),
        ((1000, 500), (192, 96)),
        ((100, 900), (32, 288)),
        ((50, 60), (50, 60)),
        ((5000, 1), (192, 1)),
    ] {
        let image = picture(
            width,
            height,
            png::ColorType::Grayscale,
            png::BitDepth::Eight,
            &vec![77; (width * height) as usize],
        );
        assert_eq!(decodes(&small(&image)), wanted);
    }
}

#[test]
fn a_thumbnail_averages_what_it_shrinks() {
    let row = [[0_u8, 0, 0], [200, 100, 50]].concat();
    let image = picture(
        400,
        2,
        png::ColorType::Rgb,
        png::BitDepth::Eight,
        &row.repeat(400),
    );
    let thumbnail = small(&image);
    let mut reader = png::Decoder::new(std::io::Cursor::new(&thumbnail))
        .read_info()
        .unwrap();
    assert_eq!(reader.info().color_type, png::ColorType::Rgb);
    let mut frame = vec![0; reader.output_buffer_size().unwrap()];
    reader.next_frame(&mut frame).unwrap();
    assert!(
        frame.chunks(3).all(|pixel| (66..=134).contains(&pixel[0])),
        "{:?}",
        &frame[..12]
    );
}

#[test]
fn every_kind_of_png_becomes_a_thumbnail() {
    use png::{BitDepth, ColorType};
    for (color, depth, bytes, alpha) in [
        (ColorType::Grayscale, BitDepth::One, 2, false),
        (ColorType::Grayscale, BitDepth::Sixteen, 32, false),
        (ColorType::GrayscaleAlpha, BitDepth::Eight, 32, true),
        (ColorType::Indexed, BitDepth::One, 2, true),
        (ColorType::Rgb, BitDepth::Sixteen, 96, false),
        (ColorType::Rgba, BitDepth::Eight, 64, true),
    ] {
        let image = picture(16, 4, color, depth, &vec![0x5a; bytes * 4]);
        let thumbnail = small(&image);
        let reader = png::Decoder::new(std::io::Cursor::new(&thumbnail))
            .read_info()
            .unwrap();
        let wanted = if alpha {
            ColorType::Rgba
        } else {
            ColorType::Rgb
        };
        assert_eq!(reader.info().color_type, wanted, "{color:?} {depth:?}");
    }
}

#[test]
fn an_image_with_too_many_pixels_is_not_decoded() {
    let mut bytes = Png::new().bytes();
    bytes[16..24].copy_from_slice(&[0, 1, 0, 0, 0, 1, 0, 0]);
    let sum = crc32fast::hash(&bytes[12..29]);
    bytes[29..33].copy_from_slice(&sum.to_be_bytes());
    assert_eq!(
        card::thumbnail(&bytes, &Limits::default())
            .unwrap_err()
            .kind(),
        Kind::TooLarge
    );
    let few = Limits {
        pixels: 3,
        ..Limits::default()
    };
    assert_eq!(
        card::thumbnail(&Png::new().bytes(), &few)
            .unwrap_err()
            .kind(),
        Kind::TooLarge
    );
}

#[test]
fn a_broken_image_has_no_thumbnail() {
    let whole = into(&Document::parse(&v2("Ann")).unwrap(), None);
    assert_eq!(
        card::thumbnail(&whole[..whole.len() / 2], &Limits::default())
            .unwrap_err()
            .kind(),
        Kind::CutShort
    );
    assert_eq!(
        card::thumbnail(b"no image", &Limits::default())
            .unwrap_err()
            .kind(),
        Kind::BadPng
    );
}

#[test]
fn random_damage_to_a_picture_never_panics() {
    let mut random = crate::json::Random(4711);
    let good = picture(
        20,
        30,
        png::ColorType::Rgba,
        png::BitDepth::Eight,
        &[99; 2400],
    );
    for _ in 0..3000 {
        let mut bytes = good.clone();
        for _ in 0..=random.below(4) {
            let at = random.below(bytes.len());
            bytes[at] = random.next() as u8;
        }
        bytes.truncate(bytes.len() - random.below(3) * random.below(20));
        let _ = card::thumbnail(
            &bytes,
            &Limits {
                pixels: 10_000,
                ..Limits::default()
            },
        );
    }
}
