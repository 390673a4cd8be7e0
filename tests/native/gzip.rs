//! Files of text that are compressed with gzip, of every domain.

use crate::keep::open;
use crate::turn::now;
use cardkeep::chat::{self, Peek};
use cardkeep::error::{Kind, Limits, Warning};
use cardkeep::keep::{ChatImport, Domain};
use cardkeep::persona;
use cardkeep::store::MemoryMedium;
use cardkeep::{settings, template, world};
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::Write;

const LOG: &str = r#"{"user_name":"You","character_name":"Ann","chat_metadata":{}}
{"name":"Ann","is_user":false,"mes":"Hello."}
{"name":"You","is_user":true,"mes":"Hi."}
"#;
const PERSONAS: &str =
    r#"{"personas":{"a.png":"Ann"},"persona_descriptions":{"a.png":{"description":"Tall."}}}"#;
const PRESET: &str = r#"{"name":"Mine","input_sequence":"<u>","output_sequence":"<a>"}"#;
const WORLD: &str = r#"{"current_position":"0,0,0","locations":{"0,0,0":{"name":"Gate"}}}"#;

fn packed(text: impl AsRef<[u8]>) -> Vec<u8> {
    let mut file = GzEncoder::new(Vec::new(), Compression::best());
    file.write_all(text.as_ref()).unwrap();
    file.finish().unwrap()
}

fn codes(warnings: &[Warning]) -> Vec<&str> {
    warnings.iter().map(|one| one.code).collect()
}

#[test]
fn every_reader_of_text_files_reads_compressed_ones_and_says_so() {
    let limits = Limits::default();
    let log = packed(LOG);
    let file = chat::read(&log, &limits).unwrap();
    assert_eq!(codes(&file.warnings), ["double-encoded"]);
    assert_eq!(*file.bytes, *LOG.as_bytes());
    assert_eq!((file.sessions[0].lines.len(), file.converted), (2, false));
    let foreign = r#"{"type":"risuChat","ver":1,"data":{"message":[{"role":"user","data":"Hi"}]}}"#;
    let zipped = packed(foreign);
    let file = chat::read(&zipped, &limits).unwrap();
    assert_eq!(file.source.tool, "risu");
    assert!(file.converted && codes(&file.warnings)[0] == "double-encoded");

    let read = persona::read(&packed(PERSONAS), &limits).unwrap();
    assert_eq!(persona::summary(&read.personas[0]).name, "Ann");
    assert_eq!(codes(&read.warnings), ["double-encoded"]);
    let card = r#"{"name":"Bob","description":"d","first_mes":"Hi"}"#;
    let read = persona::read(&packed(card), &limits).unwrap();
    assert_eq!(codes(&read.warnings)[0], "double-encoded");

    let read = template::read(&packed(PRESET), &limits).unwrap();
    assert_eq!(read.templates[0].bytes(), PRESET.as_bytes());
    assert_eq!(codes(&read.warnings), ["double-encoded"]);
    let (state, warnings) = world::read(&packed(WORLD), &limits).unwrap();
    assert_eq!(state.bytes(), WORLD.as_bytes());
    assert_eq!(codes(&warnings)[0], "double-encoded");
    let other = settings::foreign(&packed(r#"{"power_user":{},"username":"Ann"}"#), &limits);
    assert_eq!(codes(&other.unwrap().warnings)[0], "double-encoded");
}

#[test]
fn pieces_one_behind_the_other_are_one_file() {
    let (first, second) = LOG.split_at(70);
    let mut pieces = [packed(first), packed(""), packed(second)].concat();
    let read = |bytes: &[u8]| {
        let file = chat::read(bytes, &Limits::default()).unwrap();
        assert_eq!(*file.bytes, *LOG.as_bytes());
        codes(&file.warnings).join(" ")
    };
    assert_eq!(read(&pieces), "double-encoded");
    // Tapes are filled up with zeros.
    assert_eq!(read(&[&pieces[..], &[0; 9]].concat()), "double-encoded");
    let tail = [&pieces[..], b"tail"].concat();
    assert_eq!(read(&tail), "double-encoded trailing-bytes");
    let sum = pieces.len() - 8;
    pieces[sum] ^= 1;
    assert_eq!(read(&pieces), "double-encoded crc-mismatch");
}

#[test]
fn a_bomb_a_cut_and_twice_compressed_files_are_refused() {
    let kind = |bytes: &[u8], limits: &Limits| chat::read(bytes, limits).unwrap_err().kind();
    let limits = Limits {
        text: 1 << 20,
        ..Limits::default()
    };
    let bomb = packed(vec![b' '; 1 << 23]);
    assert_eq!(kind(&bomb, &limits), Kind::TooLarge);
    let small = Limits {
        chat: 1 << 20,
        ..Limits::default()
    };
    assert_eq!(kind(&bomb, &small), Kind::TooLarge);
    for read in [
        |bytes: &[u8], limits: &Limits| persona::read(bytes, limits).map(drop),
        |bytes: &[u8], limits: &Limits| template::read(bytes, limits).map(drop),
        |bytes: &[u8], limits: &Limits| world::read(bytes, limits).map(drop),
    ] {
        assert_eq!(read(&bomb, &limits).unwrap_err().kind(), Kind::TooLarge);
        let twice = packed(packed(WORLD));
        assert!(read(&twice, &limits).is_err());
        let cut = &packed(WORLD)[..30];
        assert_eq!(read(cut, &limits).unwrap_err().kind(), Kind::BadEncoding);
    }
    let log = packed(LOG);
    for cut in 3..log.len() - 8 {
        let told = kind(&log[..cut], &Limits::default());
        assert_eq!(told, Kind::BadEncoding, "{cut}");
    }
    assert_eq!(kind(&packed(&log), &Limits::default()), Kind::NotAChat);
    let crowd = packed("").repeat(20_000);
    assert_eq!(kind(&crowd, &Limits::default()), Kind::TooLarge);
}

#[test]
fn a_compressed_log_is_peeked_at_whole() {
    let mut log = LOG.to_owned();
    for n in 0..40_000 {
        let salt = n * 2_654_435_761_u64 % 1_000_003;
        log += &format!("{{\"name\":\"Ann\",\"is_user\":false,\"mes\":\"{salt} {n}\"}}\n");
    }
    let file = packed(log);
    assert!(file.len() > 200_000);
    let mut peek = Peek::new(file.len(), 3, Limits::default());
    loop {
        let ranges = peek.wants();
        if ranges.is_empty() {
            break;
        }
        for range in ranges {
            peek.give(range.start, &file[range]);
        }
    }
    let told = peek.told().unwrap();
    assert_eq!((told.length, told.complete), (Some(40_002), true));
    assert_eq!(told.title.as_deref(), Some("Ann"));
}

#[test]
fn what_came_compressed_is_kept_and_found_again() {
    let keep = open(&MemoryMedium::new());
    let limits = Limits::default();
    let log = packed(LOG);
    let import = || {
        now(keep
            .chats()
            .import(&log, "first.jsonl.gz", &ChatImport::default()))
    };
    let first = import().unwrap();
    assert_eq!(
        (&first[0]["status"], &first[0]["entry"]["title"]),
        (&"added".into(), &"Ann".into())
    );
    assert_eq!(first[0]["warnings"][0]["code"], "double-encoded");
    assert_eq!(import().unwrap()[0]["status"], "duplicate");
    let options = ChatImport::default();
    let plain = now(keep.chats().import(LOG.as_bytes(), "x.jsonl", &options));
    assert_eq!(plain.unwrap()[0]["status"], "duplicate");
    let id = first[0]["entry"]["id"].as_str().unwrap();
    assert_eq!(
        now(keep.export(Domain::Chats, id)).unwrap().bytes,
        LOG.as_bytes()
    );
    let original = now(keep.chats().original(id)).unwrap();
    assert_eq!(
        (original.media_type, original.bytes),
        ("application/gzip", log)
    );

    let added = now(keep.worlds().import(&packed(WORLD), &limits)).unwrap();
    assert_eq!(added["status"], "added");
    assert_eq!(added["warnings"][0]["code"], "double-encoded");
    let again = now(keep.worlds().import(WORLD.as_bytes(), &limits)).unwrap();
    assert_eq!(again["status"], "duplicate");
    let id = added["entry"]["id"].as_str().unwrap();
    assert_eq!(
        now(keep.export(Domain::Worlds, id)).unwrap().bytes,
        WORLD.as_bytes()
    );

    let preset = packed(PRESET.replace("\"name\":\"Mine\",", ""));
    let added = now(keep.templates().import(&preset, "Own.json.gz", &limits)).unwrap();
    assert_eq!(added[0]["entry"]["name"], "Own");
    let id = added[0]["entry"]["id"].as_str().unwrap();
    assert_eq!(
        now(keep.export(Domain::Templates, id)).unwrap().bytes,
        preset
    );
}

#[test]
fn a_compressed_preset_with_a_secret_is_not_kept_as_a_file() {
    let keep = open(&MemoryMedium::new());
    let preset = r#"{"prompts":[],"proxy_password":"hunter2"}"#;
    let wide: Vec<u8> = preset.encode_utf16().flat_map(u16::to_le_bytes).collect();
    for file in [packed(preset), wide] {
        let added = now(keep.templates().import(&file, "x.json", &Limits::default())).unwrap();
        let id = added[0]["entry"]["id"].as_str().unwrap();
        let out = now(keep.export(Domain::Templates, id)).unwrap();
        assert_eq!(out.media_type, "application/json");
        assert!(!String::from_utf8_lossy(&out.bytes).contains("hunter2"));
    }
}
