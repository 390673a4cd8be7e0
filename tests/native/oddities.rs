//! Files as the wild has them, made here byte by byte: what a person expects of each.
//!
//! A case is a name, its bytes, and what must be found: the character's name with the codes of
//! the warnings, or the kind of the error. The last tests run over all cases at once: what is
//! read is edited, written and read again, and no mutation of any of them panics or hangs.

use crate::cards::{self, Png, base64, card_chunk, chunk, deflate, text, v2, v3, warns};
use crate::json::{Random, value};
use crate::patience::PATIENCE;
use cardkeep::card::{self, Container, WriteOptions};
use cardkeep::error::{Kind, Limits};
use cardkeep::json::Document;
use serde_json::{Value, json};
use std::sync::LazyLock;
use std::time::Instant;

const NAME: &str = "Zoë 東京 🦈";

struct Case {
    label: &'static str,
    bytes: Vec<u8>,
    wanted: Result<&'static str, Kind>,
    codes: &'static [&'static str],
}

fn good(label: &'static str, bytes: Vec<u8>, codes: &'static [&'static str]) -> Case {
    named(label, bytes, NAME, codes)
}

fn named(
    label: &'static str,
    bytes: Vec<u8>,
    name: &'static str,
    codes: &'static [&'static str],
) -> Case {
    Case {
        label,
        bytes,
        wanted: Ok(name),
        codes,
    }
}

fn bad(label: &'static str, bytes: Vec<u8>, kind: Kind) -> Case {
    Case {
        label,
        bytes,
        wanted: Err(kind),
        codes: &[],
    }
}

fn check(cases: Vec<Case>) {
    let mut wrong = Vec::new();
    for case in cases {
        let start = Instant::now();
        let found = card::read(&case.bytes, &Limits::default());
        let label = case.label;
        if start.elapsed() > PATIENCE {
            wrong.push(format!("{label}: took {:?}", start.elapsed()));
        }
        match (&found, case.wanted) {
            (Ok(file), Ok(name)) => {
                let codes: Vec<_> = file.warnings.iter().map(|warning| warning.code).collect();
                let view = viewed(&file.document);
                if cards::name(file) != name || view["name"] != name {
                    wrong.push(format!("{label}: the name is {:?}", cards::name(file)));
                }
                if case.codes.is_empty() && !codes.is_empty()
                    || case.codes.iter().any(|code| !warns(file, code))
                {
                    wrong.push(format!("{label}: warns of {codes:?}, not {:?}", case.codes));
                }
            }
            (Err(error), Err(kind)) if error.kind() == kind => {}
            (Ok(file), Err(kind)) => {
                wrong.push(format!("{label}: reads {:?}, not {kind:?}", file.document));
            }
            (Err(error), wanted) => wrong.push(format!("{label}: {error}, not {wanted:?}")),
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

// ------------------------------------------------------------------ building

fn v1() -> String {
    format!(
        r#"{{"name":"{NAME}","description":"d","personality":"","scenario":"","first_mes":"hi","mes_example":""}}"#
    )
}

fn png(chunks: impl IntoIterator<Item = Vec<u8>>) -> Vec<u8> {
    let image = chunks.into_iter().fold(Png::new(), Png::before_image);
    image.bytes()
}

/// An image with this text under `chara`.
fn raw(payload: &[u8]) -> Vec<u8> {
    png([text("chara", payload)])
}

/// An image with this JSON under `chara`.
fn of(json: &str) -> Vec<u8> {
    png([card_chunk("chara", json)])
}

fn data(fields: &str) -> Vec<u8> {
    of(&format!(
        r#"{{"spec":"chara_card_v2","spec_version":"2.0","data":{{{fields}}}}}"#
    ))
}

fn fields(more: &str) -> Vec<u8> {
    data(&format!(r#""name":"{NAME}","first_mes":"hi",{more}"#))
}

pub fn utf16(text: &str, mark: bool, little: bool) -> Vec<u8> {
    let units = mark
        .then_some(0xfeff)
        .into_iter()
        .chain(text.encode_utf16());
    let bytes = |unit: u16| {
        if little {
            unit.to_le_bytes()
        } else {
            unit.to_be_bytes()
        }
    };
    units.flat_map(bytes).collect()
}

fn raw_deflate(bytes: &[u8]) -> Vec<u8> {
    let whole = deflate(bytes);
    whole[2..whole.len() - 4].to_vec()
}

/// 40 MiB of spaces.
fn bomb() -> &'static [u8] {
    static BOMB: LazyLock<Vec<u8>> = LazyLock::new(|| deflate(&vec![b' '; 40 << 20]));
    &BOMB
}

fn ztxt(keyword: &str, compressed: &[u8]) -> Vec<u8> {
    chunk(b"zTXt", &[keyword.as_bytes(), b"\0\0", compressed].concat())
}

fn itxt(keyword: &str, flag: u8, content: &[u8]) -> Vec<u8> {
    chunk(
        b"iTXt",
        &[keyword.as_bytes(), &[0, flag, 0], b"en\0Karte\0", content].concat(),
    )
}

fn with_wrong_sum(mut chunk: Vec<u8>) -> Vec<u8> {
    let last = chunk.len() - 1;
    chunk[last] ^= 0x55;
    chunk
}

fn with_length(mut chunk: Vec<u8>, length: u32) -> Vec<u8> {
    chunk[..4].copy_from_slice(&length.to_be_bytes());
    chunk
}

/// Text that was UTF-8 and was taken for Windows-1252, as browsers take it.
fn mojibake(text: &str) -> String {
    const HIGH: &str = "€\u{81}‚ƒ„…†‡ˆ‰Š‹Œ\u{8d}Ž\u{8f}\u{90}‘’“”•–—˜™š›œ\u{9d}žŸ";
    let high: Vec<char> = HIGH.chars().collect();
    let wrong = |byte: u8| match byte {
        0x80..=0x9f => high[usize::from(byte - 0x80)],
        _ => char::from(byte),
    };
    text.bytes().map(wrong).collect()
}

/// An Exif with a comment, in the first directory or in the one below it.
fn exif(comment: &[u8], little: bool, below: bool) -> Vec<u8> {
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
    let mut out = if little {
        b"II*\0".to_vec()
    } else {
        b"MM\0*".to_vec()
    };
    out.extend(four(8));
    if below {
        out.extend(
            [
                &two(1)[..],
                &two(0x8769),
                &two(4),
                &four(1),
                &four(26),
                &four(0),
            ]
            .concat(),
        );
    }
    let at = out.len() as u32 + 18;
    let length = comment.len() as u32;
    out.extend(
        [
            &two(1)[..],
            &two(0x9286),
            &two(7),
            &four(length),
            &four(at),
            &four(0),
        ]
        .concat(),
    );
    out.extend(comment);
    chunk(b"eXIf", &out)
}

/// A header chunk for an image of another kind; the pixels behind it do not matter to words.
fn header(depth: u8, color: u8, interlace: u8) -> Vec<u8> {
    chunk(
        b"IHDR",
        &[0, 0, 0, 2, 0, 0, 0, 2, depth, color, 0, 0, interlace],
    )
}

fn image_of(chunks: &[Vec<u8>]) -> Vec<u8> {
    [b"\x89PNG\r\n\x1a\n".to_vec(), chunks.concat()].concat()
}

// ------------------------------------------------------------------ the chunks

fn embeddings() -> Vec<Case> {
    let (one, two, three) = (v1(), v2(NAME), v3(NAME));
    let coded = base64(&two);
    let chara = || card_chunk("chara", &two);
    let ccv3 = || card_chunk("ccv3", &three);
    let idat = chunk(
        b"IDAT",
        &deflate(&[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
    );
    let end = chunk(b"IEND", b"");
    let stale = card_chunk("chara", &v2("Stale"));
    let mut adler = deflate(&coded);
    let last = adler.len() - 1;
    adler[last] ^= 1;
    let after_end = |chunk: Vec<u8>| Png::new().at_end(chunk).bytes();
    vec![
        good(
            "v1 after the image data",
            Png::new().before_end(card_chunk("chara", &one)).bytes(),
            &[],
        ),
        good("v2 before the image data", png([chara()]), &[]),
        good(
            "v2 after the image data",
            Png::new().before_end(chara()).bytes(),
            &[],
        ),
        good("both keywords, equal", png([chara(), ccv3()]), &[]),
        good(
            "both keywords, the other order",
            png([ccv3(), chara()]),
            &[],
        ),
        good(
            "both keywords on both sides",
            Png::new().before_image(chara()).before_end(ccv3()).bytes(),
            &[],
        ),
        good(
            "both keywords, chara says something else",
            png([stale.clone(), ccv3()]),
            &["chunks-differ"],
        ),
        named(
            "both keywords, ccv3 says something else",
            png([chara(), card_chunk("ccv3", &v3("Old"))]),
            "Old",
            &["chunks-differ"],
        ),
        good("chara with a v3 card", of(&three), &[]),
        good("ccv3 with a v2 card", png([card_chunk("ccv3", &two)]), &[]),
        good(
            "ccv3 with a flat card",
            png([card_chunk("ccv3", &one)]),
            &[],
        ),
        good(
            "two chara, equal",
            png([chara(), chara()]),
            &["duplicate-chunk"],
        ),
        good(
            "two chara, the older first",
            png([stale.clone(), chara()]),
            &["duplicate-chunk"],
        ),
        good(
            "a stale zTXt before a fresh tEXt",
            png([ztxt("chara", &deflate(&base64(v2("Stale")))), chara()]),
            &["duplicate-chunk"],
        ),
        good(
            "a stale zTXt behind a fresh tEXt",
            Png::new()
                .before_image(chara())
                .before_end(ztxt("chara", &deflate(&base64(v2("Stale")))))
                .bytes(),
            &["duplicate-chunk"],
        ),
        good(
            "a stale iTXt behind a fresh tEXt",
            png([chara(), itxt("Chara", 0, &base64(v2("Stale")))]),
            &["duplicate-chunk"],
        ),
        good("zTXt", png([ztxt("ccv3", &deflate(&base64(&three)))]), &[]),
        good(
            "zTXt with a bare deflate stream",
            png([ztxt("chara", &raw_deflate(&coded))]),
            &["loose-zlib"],
        ),
        good(
            "zTXt with a wrong checksum inside",
            png([ztxt("chara", &adler)]),
            &["loose-zlib"],
        ),
        good(
            "zTXt without the checksum inside",
            png([ztxt("chara", &adler[..adler.len() - 4])]),
            &["loose-zlib"],
        ),
        good(
            "zTXt that is not compressed",
            png([ztxt("chara", &coded)]),
            &["loose-zlib"],
        ),
        good(
            "zTXt without a method, not compressed",
            png([chunk(b"zTXt", &[b"chara\0", &coded[..]].concat())]),
            &["loose-zlib"],
        ),
        good(
            "zTXt with plain JSON inside",
            png([ztxt("chara", &deflate(two.as_bytes()))]),
            &["plain-json"],
        ),
        bad(
            "zTXt with an unfinished stream",
            png([ztxt("chara", &adler[..adler.len() / 2])]),
            Kind::BadEncoding,
        ),
        bad(
            "zTXt with junk",
            png([ztxt("chara", b"\x01\x02\xff\xfe")]),
            Kind::BadEncoding,
        ),
        bad("zTXt bomb", png([ztxt("chara", bomb())]), Kind::TooLarge),
        good("iTXt", png([itxt("chara", 0, &coded)]), &[]),
        good(
            "iTXt compressed",
            png([itxt("ccv3", 1, &deflate(&base64(&three)))]),
            &[],
        ),
        good(
            "iTXt compressed, bare deflate",
            png([itxt("chara", 1, &raw_deflate(&coded))]),
            &["loose-zlib"],
        ),
        good(
            "iTXt said to be compressed",
            png([itxt("chara", 1, &coded)]),
            &["loose-zlib"],
        ),
        good(
            "iTXt with plain JSON",
            png([itxt("chara", 0, two.as_bytes())]),
            &["plain-json"],
        ),
        good("keyword in capitals", png([card_chunk("CHARA", &two)]), &[]),
        good("keyword CCV3", png([card_chunk("CCV3", &three)]), &[]),
        good(
            "keyword with spaces",
            png([card_chunk(" chara ", &two)]),
            &[],
        ),
        good(
            "a NUL behind the keyword",
            raw(&[b"\0", &coded[..]].concat()),
            &["loose-base64"],
        ),
        good(
            "other texts around it",
            png([
                text("Software", b"x"),
                text("chara", &coded),
                text("parameters", b"1girl"),
            ]),
            &[],
        ),
        good(
            "a photograph's Exif",
            png([exif(b"ASCII\0\0\0Screenshot", true, true), chara()]),
            &[],
        ),
        good(
            "Exif only, JSON in the first directory",
            png([exif(
                &[b"ASCII\0\0\0", two.as_bytes()].concat(),
                true,
                false,
            )]),
            &["plain-json"],
        ),
        good(
            "Exif only, JSON below",
            png([exif(
                &[b"ASCII\0\0\0", one.as_bytes()].concat(),
                false,
                true,
            )]),
            &["plain-json"],
        ),
        good(
            "Exif only, base64",
            png([exif(&[b"ASCII\0\0\0", &coded[..]].concat(), true, true)]),
            &[],
        ),
        good(
            "Exif only, UTF-16",
            png([exif(
                &[b"UNICODE\0", &utf16(&one, false, false)[..]].concat(),
                false,
                false,
            )]),
            &["plain-json"],
        ),
        good(
            "Exif only, a list of bytes",
            png([exif(
                &[
                    b"ASCII\0\0\0".to_vec(),
                    one.bytes()
                        .map(|b| b.to_string())
                        .collect::<Vec<_>>()
                        .join(",")
                        .into_bytes(),
                ]
                .concat(),
                true,
                false,
            )]),
            &["loose-base64"],
        ),
        bad(
            "Exif of a photograph only",
            png([exif(b"ASCII\0\0\0{hello", true, true)]),
            Kind::BadJson,
        ),
        bad(
            "Exif without a comment",
            png([chunk(b"eXIf", b"II*\0\x08\0\0\0\0\0")]),
            Kind::NoCard,
        ),
        bad(
            "Exif that points outside",
            png([chunk(b"eXIf", b"II*\0\xff\xff\xff\xff\x01\0")]),
            Kind::NoCard,
        ),
        good(
            "wrong checksum of the text",
            png([with_wrong_sum(chara())]),
            &["crc-mismatch"],
        ),
        good(
            "wrong checksum of the image data",
            image_of(&[
                header(8, 2, 0),
                chara(),
                with_wrong_sum(idat.clone()),
                end.clone(),
            ]),
            &[],
        ),
        good(
            "wrong checksum of everything",
            image_of(&[
                with_wrong_sum(header(8, 2, 0)),
                with_wrong_sum(chara()),
                with_wrong_sum(idat.clone()),
                with_wrong_sum(end.clone()),
            ]),
            &["crc-mismatch"],
        ),
        good(
            "garbage between chunks",
            png([b"garbage that is no chunk".to_vec(), chara()]),
            &["bad-chunk"],
        ),
        good(
            "two ends",
            Png::new().before_image(chara()).at_end(end.clone()).bytes(),
            &[],
        ),
        good("behind the end", after_end(chara()), &["after-end"]),
        good(
            "no image data",
            image_of(&[header(8, 2, 0), chara(), end.clone()]),
            &[],
        ),
        good(
            "empty image data",
            image_of(&[header(8, 2, 0), chunk(b"IDAT", b""), chara(), end.clone()]),
            &[],
        ),
        good(
            "no header",
            image_of(&[chara(), idat.clone(), end.clone()]),
            &[],
        ),
        good(
            "no end",
            image_of(&[header(8, 2, 0), chara(), idat.clone()]),
            &["cut-short"],
        ),
        good(
            "a palette",
            image_of(&[
                header(8, 3, 0),
                chunk(b"PLTE", &[1, 2, 3]),
                chara(),
                idat.clone(),
                end.clone(),
            ]),
            &[],
        ),
        good(
            "sixteen bits, interlaced",
            image_of(&[header(16, 6, 1), chara(), idat.clone(), end.clone()]),
            &[],
        ),
        good(
            "animated",
            image_of(&[
                header(8, 2, 0),
                chunk(b"acTL", &[0, 0, 0, 1, 0, 0, 0, 0]),
                chunk(b"fcTL", &[0; 26]),
                chara(),
                idat.clone(),
                chunk(b"fdAT", &[0, 0, 0, 1, 7]),
                end.clone(),
            ]),
            &[],
        ),
        good(
            "a chunk before it lies about its length",
            png([with_length(text("Comment", b"lies"), u32::MAX), chara()]),
            &["bad-chunk"],
        ),
        good(
            "a chunk before it lies a little",
            png([with_length(text("Comment", b"lies"), 6), chara()]),
            &["bad-chunk"],
        ),
        good(
            "image data before it lies",
            image_of(&[
                header(8, 2, 0),
                with_length(idat.clone(), 0x7fff_ffff),
                chara(),
                end.clone(),
            ]),
            &["bad-chunk"],
        ),
        good(
            "its own length is too long",
            png([with_length(chara(), u32::MAX)]),
            &["bad-chunk"],
        ),
        good(
            "its own length is zero",
            image_of(&[
                header(8, 2, 0),
                idat.clone(),
                ccv3(),
                with_length(chara(), 0),
                end.clone(),
            ]),
            &["bad-chunk"],
        ),
        good(
            "ccv3 is damaged base64",
            png([text("ccv3", b"!!!"), chara()]),
            &["damaged-chunk"],
        ),
        good(
            "ccv3 is damaged JSON",
            png([card_chunk("ccv3", "{\"spec\":"), chara()]),
            &["damaged-chunk"],
        ),
        good(
            "ccv3 is null",
            png([card_chunk("ccv3", "null"), chara()]),
            &["damaged-chunk"],
        ),
        good(
            "ccv3 is empty",
            png([text("ccv3", b""), chara()]),
            &["damaged-chunk"],
        ),
        good(
            "ccv3 is an empty object",
            png([card_chunk("ccv3", "{}"), chara()]),
            &["damaged-chunk"],
        ),
        good(
            "ccv3 is a bomb",
            png([ztxt("ccv3", bomb()), chara()]),
            &["damaged-chunk"],
        ),
        good(
            "ccv3 has data of null",
            png([
                card_chunk("ccv3", r#"{"spec":"chara_card_v3","data":null}"#),
                chara(),
            ]),
            &["hollow-chunk"],
        ),
        good(
            "the last chara is empty",
            png([
                chara(),
                card_chunk("chara", r#"{"spec":"chara_card_v2","data":{"name":""}}"#),
            ]),
            &["hollow-chunk", "duplicate-chunk"],
        ),
        named(
            "an empty card",
            of(r#"{"spec":"chara_card_v2","data":{}}"#),
            "",
            &["no-name"],
        ),
        bad(
            "both are damaged",
            png([text("ccv3", b"!!!"), text("chara", b"!!!")]),
            Kind::BadEncoding,
        ),
        bad("an empty text", raw(b""), Kind::BadJson),
        bad("no card", Png::new().bytes(), Kind::NoCard),
        bad(
            "an asset only",
            png([text("chara-ext-asset_:0", &base64("x"))]),
            Kind::NoCard,
        ),
        bad(
            "too many texts",
            png((0..80).map(|_| text("Comment", b"x")).chain([chara()])),
            Kind::TooLarge,
        ),
        bad(
            "signature only",
            b"\x89PNG\r\n\x1a\n".to_vec(),
            Kind::CutShort,
        ),
        bad("header only", image_of(&[header(8, 2, 0)]), Kind::CutShort),
        bad(
            "signature and noise",
            [&b"\x89PNG\r\n\x1a\n"[..], &[0xee; 64]].concat(),
            Kind::BadPng,
        ),
        bad("an empty file", Vec::new(), Kind::NotACard),
        bad("zero bytes only", vec![0; 100], Kind::NotACard),
    ]
}

#[test]
fn an_exif_that_lies_costs_no_more_than_its_bytes() {
    let lying = chunk(
        b"eXIf",
        b"II*\0\x08\0\0\0\xff\xff\x69\x87\x04\0\x01\0\0\0\x08\0\0\0",
    );
    let chunks: Vec<_> = std::iter::repeat_n(lying, 60_000).collect();
    let image = image_of(&[header(8, 2, 0), chunks.concat(), chunk(b"IEND", b"")]);
    let start = Instant::now();
    assert_eq!(cards::kind(&image), Kind::NoCard);
    assert!(start.elapsed() < PATIENCE, "{:?}", start.elapsed());
}

#[test]
fn a_card_is_found_wherever_a_tool_has_put_it() {
    check(embeddings());
}

// ------------------------------------------------------------------ the payload

fn payloads() -> Vec<Case> {
    let two = v2(NAME);
    let coded = base64(&two);
    let latin = |text: &str| {
        text.chars()
            .map(|c| u8::try_from(c).expect("Latin-1"))
            .collect::<Vec<u8>>()
    };
    let broken_at = |n: usize| coded[..n].to_vec();
    let string = serde_json::to_string(&two).expect("a text is JSON");
    let lines: Vec<u8> = coded
        .chunks(76)
        .flat_map(|line| [line, b"\r\n"].concat())
        .collect();
    // Pieces of three bytes more or less, each with its own padding.
    let pieces: Vec<u8> = two.as_bytes().chunks(100).flat_map(base64).collect();
    vec![
        good("line breaks", raw(&lines), &["loose-base64"]),
        good(
            "spaces around",
            raw(&[b"  \n", &coded[..], b"\n"].concat()),
            &["loose-base64"],
        ),
        good(
            "a NUL at the end",
            raw(&[&coded[..], b"\0"].concat()),
            &["loose-base64"],
        ),
        good(
            "NULs within",
            raw(&[&coded[..9], b"\0\0", &coded[9..]].concat()),
            &["loose-base64"],
        ),
        good(
            "padded twice",
            raw(&[&coded[..], b"=="].concat()),
            &["loose-base64"],
        ),
        good("padded in pieces", raw(&pieces), &["loose-base64"]),
        good(
            "junk behind the padding",
            raw(&[&base64(format!("{two} "))[..], b"==!!"].concat()),
            &["loose-base64"],
        ),
        good(
            "not padded",
            raw(String::from_utf8_lossy(&coded)
                .trim_end_matches('=')
                .as_bytes()),
            &[],
        ),
        good(
            "quoted",
            raw(&[b"\"", &coded[..], b"\""].concat()),
            &["loose-base64"],
        ),
        good(
            "a data URL",
            raw(&[b"data:application/json;base64,", &coded[..]].concat()),
            &["loose-base64"],
        ),
        good("base64 twice", raw(&base64(&coded)), &["double-encoded"]),
        good(
            "marked as ASCII",
            raw(&[b"ASCII\0\0\0", &coded[..]].concat()),
            &["loose-base64"],
        ),
        good(
            "marked as ASCII inside",
            raw(&base64([b"ASCII\0\0\0", two.as_bytes()].concat())),
            &["double-encoded"],
        ),
        good("plain JSON", raw(two.as_bytes()), &["plain-json"]),
        good(
            "plain JSON after spaces",
            raw(format!(" \n{two}\n").as_bytes()),
            &["plain-json"],
        ),
        good(
            "plain JSON with a mark",
            raw(format!("\u{feff}{two}").as_bytes()),
            &["plain-json"],
        ),
        good(
            "plain JSON in UTF-16",
            raw(&utf16(&two, false, true)),
            &["plain-json"],
        ),
        good(
            "plain JSON in UTF-16, big",
            raw(&utf16(&two, false, false)),
            &["plain-json"],
        ),
        good(
            "plain JSON in UTF-16, marked",
            raw(&utf16(&two, true, true)),
            &["plain-json"],
        ),
        good("JSON in JSON", raw(&base64(&string)), &["double-encoded"]),
        good(
            "JSON in JSON in JSON",
            raw(&base64(serde_json::to_string(&string).expect("JSON"))),
            &["double-encoded"],
        ),
        good(
            "a list of one card",
            raw(&base64(format!("[{two}]"))),
            &["double-encoded"],
        ),
        bad(
            "a list of two cards",
            raw(&base64(format!("[{two},{two}]"))),
            Kind::NoCard,
        ),
        good(
            "UTF-16 with a mark",
            raw(&base64(utf16(&two, true, true))),
            &[],
        ),
        good(
            "UTF-16 big with a mark",
            raw(&base64(utf16(&two, true, false))),
            &[],
        ),
        good(
            "UTF-16 without a mark",
            raw(&base64(utf16(&two, false, true))),
            &[],
        ),
        good(
            "UTF-16 big without a mark",
            raw(&base64(utf16(&two, false, false))),
            &[],
        ),
        good(
            "NULs behind the JSON",
            raw(&base64(format!("{two}\0\0\0"))),
            &[],
        ),
        good(
            "text behind the JSON",
            raw(&base64(format!("{two}garbage"))),
            &["trailing-text"],
        ),
        named(
            "Latin-1",
            raw(&base64(latin(&v2("Zoë")))),
            "Zoë",
            &["bad-utf8"],
        ),
        named(
            "Windows-1252",
            raw(&base64(b"{\"name\":\"\x93Z\x94\",\"description\":\"d\"}")),
            "“Z”",
            &["bad-utf8"],
        ),
        good("mojibake", raw(&base64(v2(&mojibake(NAME)))), &["mojibake"]),
        named(
            "letters that only look like mojibake",
            of(&v2("Ã")),
            "Ã",
            &[],
        ),
        named(
            "French is no mojibake",
            of(&v2("Zoë à côté")),
            "Zoë à côté",
            &[],
        ),
        bad(
            "cut in the middle",
            raw(&broken_at(coded.len() / 2)),
            Kind::BadJson,
        ),
        bad(
            "cut by one",
            raw(&broken_at(coded.len() / 4 * 4 - 5)),
            Kind::BadJson,
        ),
        bad("one letter", raw(b"e"), Kind::BadJson),
        bad("not base64", raw(b"<html>"), Kind::BadEncoding),
        bad(
            "a picture",
            raw(&base64([0xff, 0xd8, 0xff, 0xe0])),
            Kind::BadJson,
        ),
        bad(
            "encrypted by RisuAI",
            raw(b"rcc||rccv1||abc||hash||meta"),
            Kind::Unsupported,
        ),
    ]
}

#[test]
fn a_payload_is_decoded_however_it_is_spelled() {
    check(payloads());
}

// ------------------------------------------------------------------ the JSON

fn texts() -> Vec<Case> {
    let nested = |depth: usize| {
        format!(
            r#""extensions":{{"x":{}{}}}"#,
            "[".repeat(depth),
            "]".repeat(depth)
        )
    };
    let long = "x".repeat(2 << 20);
    let keys: String = (0..20_000)
        .map(|n| format!(r#""k{}":1,"#, n % 7000))
        .collect();
    vec![
        good("trailing commas", of(&v2(NAME).replace("}}", ",},}")), &["trailing-comma"]),
        good("Infinity", fields(r#""extensions":{"a":Infinity,"b":-Infinity,"c":NaN}"#), &["not-a-number"]),
        good("1e400 and other large numbers", fields(r#""extensions":{"a":1e400,"b":-1e-400,"c":18446744073709551616,"d":123456789012345678901234567890}"#), &[]),
        good("numbers as people write them", fields(r#""extensions":{"a":+1,"b":.5,"c":5.,"d":007}"#), &["loose-number"]),
        good("lone surrogates", fields(r#""description":"a\ud83d b\udd88 c\ud83d\ud83d","alternate_greetings":["\udfff"]"#), &[]),
        good("a surrogate as a key", fields(r#""extensions":{"\ud800":1}"#), &[]),
        good("a surrogate in UTF-8", raw(&base64([&b"{\"name\":\"Zo\xc3\xab \xe6\x9d\xb1\xe4\xba\xac \xf0\x9f\xa6\x88\",\"description\":\"\xed\xa0\xbd\"}"[..]].concat())), &[]),
        good("__proto__ and its kin", fields(r#""__proto__":{"x":1},"constructor":{"prototype":{"x":1}},"extensions":{"__proto__":{"polluted":true}}"#), &[]),
        good("duplicate keys", data(&format!(r#""name":"Old","first_mes":"a","first_mes":"b","name":"{NAME}""#)), &["duplicate-key"]),
        good("duplicate data", of(&format!(r#"{{"data":{{"name":"Old"}},"spec":"chara_card_v2","data":{{"name":"{NAME}"}}}}"#)), &["duplicate-key"]),
        good("many duplicate keys", fields(&format!(r#""extensions":{{{keys}"z":0}}"#)), &["duplicate-key"]),
        good("raw control characters", fields("\"description\":\"a\nb\tc\u{1}\u{0}d\""), &["raw-control-character"]),
        good("unknown escapes", fields(r#""description":"\x41 \u12 \' \ ""#), &["bad-escape"]),
        good("line separators", fields("\"description\":\"\u{2028}\u{2029}\u{85}\u{feff}\u{fffe}\""), &[]),
        good("a long field", fields(&format!(r#""description":"{long}""#)), &[]),
        good("nested as deep as allowed", fields(&nested(61)), &[]),
        bad("nested deeper", fields(&nested(62)), Kind::TooLarge),
        bad("nested without end", fields(&nested(200_000)), Kind::TooLarge),
        bad("opened without end", of(&"{\"data\":".repeat(100_000)), Kind::TooLarge),
        bad("single quotes", of("{'name':'x'}"), Kind::BadJson),
        bad("keys without quotes", of("{name:\"x\"}"), Kind::BadJson),
        bad("comments", of("{/* hi */\"name\":\"x\"}"), Kind::BadJson),
        bad("cut short", of(&v2(NAME)[..60]), Kind::BadJson),
        bad("a number", of("1"), Kind::NoCard),
        bad("null", of("null"), Kind::NoCard),
        bad("a list", of("[]"), Kind::NoCard),
        bad("a text", of("\"hello\""), Kind::NoCard),
        bad("something else", of(r#"{"hello":"world"}"#), Kind::NoCard),
        bad("a lorebook", of(r#"{"spec":"lorebook_v3","data":{"entries":[]}}"#), Kind::NoCard),
    ]
}

#[test]
fn json_is_read_however_it_is_written() {
    check(texts());
}

// ------------------------------------------------------------------ the fields

fn shapes() -> Vec<Case> {
    let flat = |spec: &str| format!(r#"{{"spec":"{spec}",{}"#, &v1()[1..]);
    let string = |text: &str| serde_json::to_string(text).expect("a text is JSON");
    let inner = format!(r#"{{"name":"{NAME}","first_mes":"hi"}}"#);
    let spec = |spec: &str, version: &str| {
        of(&format!(
            r#"{{"spec":{spec},"spec_version":{version},"data":{inner}}}"#
        ))
    };
    let in_webui = format!(r#"{{"name":"{NAME}","context":"c","greeting":"g"}}"#);
    let enveloped = |card: &str| format!(r#"{{"status":200,"card":{card}}}"#);
    let v2 = format!(r#"{{"spec":"chara_card_v2","data":{inner}}}"#);
    vec![
        good("the fields of text-generation-webui", of(&in_webui), &[]),
        good(
            "a bare file of text-generation-webui",
            in_webui.clone().into_bytes(),
            &[],
        ),
        good(
            "a card within the answer of a site",
            of(&enveloped(&v2)),
            &["double-encoded"],
        ),
        good(
            "a bare file of that",
            enveloped(&v2).into_bytes(),
            &["double-encoded"],
        ),
        good(
            "an answer whose data is the card",
            format!(r#"{{"data":{v2}}}"#).into_bytes(),
            &["double-encoded"],
        ),
        good(
            "empty fields of V1 beside those of Pygmalion",
            of(&format!(
                r#"{{"name":"","description":"","char_name":"{NAME}","char_persona":"p"}}"#
            )),
            &[],
        ),
        good(
            "null in data and a field at the root",
            of(&format!(
                r#"{{"description":"d","spec":"chara_card_v2","data":{{"name":"{NAME}","description":null}}}}"#
            )),
            &["field-at-root"],
        ),
        good(
            "data is null",
            of(&flat("chara_card_v2").replace("{\"spec\"", "{\"data\":null,\"spec\"")),
            &["flat-card"],
        ),
        good(
            "data is missing",
            of(&flat("chara_card_v3")),
            &["flat-card"],
        ),
        good(
            "data is a text of JSON",
            of(&format!(
                r#"{{"spec":"chara_card_v2","data":{}}}"#,
                string(&inner)
            )),
            &["double-encoded"],
        ),
        good(
            "data is a list of one",
            of(&format!(r#"{{"spec":"chara_card_v2","data":[{inner}]}}"#)),
            &["double-encoded"],
        ),
        good(
            "data is some text",
            of(&flat("chara_card_v2").replace("{\"spec\"", "{\"data\":\"oops\",\"spec\"")),
            &["flat-card"],
        ),
        good(
            "data without spec",
            of(&format!(r#"{{"data":{inner}}}"#)),
            &["no-spec"],
        ),
        good("a flat card of TavernAI", of(&flat("tavern_ai")), &[]),
        good(
            "a version as a number",
            spec("\"chara_card_v2\"", "2.0"),
            &[],
        ),
        good(
            "version 3.1",
            spec("\"chara_card_v3\"", "\"3.1\""),
            &["newer-spec"],
        ),
        good(
            "version 4",
            spec("\"chara_card_v4\"", "\"4.0\""),
            &["newer-spec"],
        ),
        good(
            "no version",
            of(&format!(r#"{{"spec":"chara_card_v2","data":{inner}}}"#)),
            &[],
        ),
        good("a spec that is null", spec("null", "null"), &["no-spec"]),
        good(
            "a spec in capitals",
            spec("\"CHARA_CARD_V2\"", "\"2.0\""),
            &[],
        ),
        named(
            "an empty name",
            data(r#""name":"","first_mes":"hi""#),
            "",
            &["no-name"],
        ),
        named("no name", data(r#""first_mes":"hi""#), "", &["no-name"]),
        named(
            "a name of null",
            data(r#""name":null,"first_mes":"hi""#),
            "",
            &["no-name", "null-field"],
        ),
        named(
            "a name of 42",
            data(r#""name":42,"first_mes":"hi""#),
            "42",
            &["wrong-type"],
        ),
        good(
            "a name as a list",
            data(&format!(r#""name":["{NAME}"],"first_mes":"hi""#)),
            &["wrong-type"],
        ),
        named(
            "a name as an object",
            data(r#""name":{"en":"x"},"first_mes":"hi""#),
            "",
            &["wrong-type"],
        ),
        good(
            "a name at the root only",
            of(&format!(
                r#"{{"spec":"chara_card_v2","name":"{NAME}","data":{{"name":" ","first_mes":""}}}}"#
            )),
            &["field-at-root"],
        ),
        named(
            "the root says something else",
            of(r#"{"spec":"chara_card_v2","name":"Root","data":{"name":"Data"}}"#),
            "Data",
            &["root-differs"],
        ),
        good(
            "greetings as a text",
            fields(r#""alternate_greetings":"1687194031049""#),
            &["wrong-type"],
        ),
        good(
            "greetings of null",
            fields(r#""alternate_greetings":null"#),
            &["null-field"],
        ),
        good(
            "greetings with null",
            fields(r#""alternate_greetings":["a",null,1]"#),
            &["wrong-type"],
        ),
        good(
            "greetings as an object",
            fields(r#""alternate_greetings":{"0":"a","1":"b"}"#),
            &["wrong-type"],
        ),
        good(
            "tags as a text",
            fields(r#""tags":"a, b,,c""#),
            &["wrong-type"],
        ),
        good("tags of null", fields(r#""tags":null"#), &["null-field"]),
        good("tags as an empty text", fields(r#""tags":"""#), &[]),
        good(
            "a book of null",
            fields(r#""character_book":null"#),
            &["null-field"],
        ),
        good(
            "a book as a list",
            fields(r#""character_book":[{"keys":["a"],"content":"b"}]"#),
            &[],
        ),
        good(
            "a book's entries as a list",
            fields(
                r#""character_book":{"entries":[{"keys":"a","content":null,"insertion_order":"10","position":1}]}"#,
            ),
            &[],
        ),
        good(
            "a book's entries as an object",
            fields(
                r#""character_book":{"entries":{"1":{"uid":"0","key":["a"],"keys":["a",""],"content":"c","entry":"c","order":"5","enabled":"true"}}}"#,
            ),
            &[],
        ),
        good(
            "extensions of null",
            fields(r#""extensions":null"#),
            &["wrong-type"],
        ),
        good(
            "extensions as a list",
            fields(r#""extensions":[]"#),
            &["wrong-type"],
        ),
        good(
            "a version of the character as a number",
            fields(r#""character_version":1.1"#),
            &["wrong-type"],
        ),
        good(
            "a depth that is empty",
            fields(r#""extensions":{"depth_prompt":{"depth":"","prompt":"x"}}"#),
            &[],
        ),
        good(
            "keys with spaces",
            of(&format!(
                r#"{{" spec ":"chara_card_v2"," data ":{{" name ":"{NAME}"," first_mes ":"hi"}}}}"#
            )),
            &["padded-keys"],
        ),
        good(
            "flags as texts",
            of(&format!(
                r#"{{"fav":"false","talkativeness":"0.5","tags":"",{}"#,
                &v1()[1..]
            )),
            &[],
        ),
        good(
            "Pygmalion",
            of(&format!(
                r#"{{"char_name":"{NAME}","char_persona":"p","char_greeting":"g"}}"#
            )),
            &[],
        ),
    ]
}

#[test]
fn fields_are_found_whatever_their_shape() {
    check(shapes());
}

// ------------------------------------------------------------------ bare files

fn files() -> Vec<Case> {
    let two = v2(NAME);
    let string = serde_json::to_string(&two).expect("a text is JSON");
    vec![
        good("v1", v1().into_bytes(), &[]),
        good("v3", v3(NAME).into_bytes(), &[]),
        good("a mark", format!("\u{feff}{two}").into_bytes(), &[]),
        good("UTF-16", utf16(&two, true, false), &[]),
        good("UTF-16 without a mark", utf16(&two, false, true), &[]),
        good(
            "space and NULs around",
            format!("\r\n \0{two}\0\n").into_bytes(),
            &[],
        ),
        good("JSON in JSON", string.into_bytes(), &["double-encoded"]),
        good(
            "a list of one",
            format!("[{two}]").into_bytes(),
            &["double-encoded"],
        ),
        good("mojibake", v2(&mojibake(NAME)).into_bytes(), &["mojibake"]),
        bad(
            "a list of two",
            format!("[{two},{two}]").into_bytes(),
            Kind::NotACard,
        ),
        bad("some text", b"hello".to_vec(), Kind::NotACard),
        bad("some quoted text", b"\"hello\"".to_vec(), Kind::NotACard),
        bad("half a list", b"[{".to_vec(), Kind::BadJson),
        bad(
            "a chat",
            b"{\"user_name\":\"You\",\"character_name\":\"x\",\"chat_metadata\":{}}".to_vec(),
            Kind::NotACard,
        ),
    ]
}

#[test]
fn bare_files_are_cards_too() {
    check(files());
}

// ------------------------------------------------------------------ all cards at once

fn all() -> Vec<Case> {
    [embeddings(), payloads(), texts(), shapes(), files()]
        .into_iter()
        .flatten()
        .collect()
}

/// The chunks that are no card's, with all their bytes.
pub fn foreign(image: &[u8]) -> Vec<Vec<u8>> {
    let mut out = Vec::new();
    let mut at = 8;
    while let Some(length) = image.get(at..).and_then(<[u8]>::first_chunk::<4>) {
        let end = at + 12 + u32::from_be_bytes(*length) as usize;
        let Some(chunk) = image.get(at..end) else {
            break;
        };
        let keyword = chunk[8..].split(|b| *b == 0).next().unwrap_or_default();
        let mut keyword = keyword.to_ascii_lowercase();
        keyword.retain(u8::is_ascii_graphic);
        let is_text = matches!(&chunk[4..8], b"tEXt" | b"zTXt" | b"iTXt");
        let card: [&[u8]; 3] = [b"chara", b"ccv2", b"ccv3"];
        if !is_text || !card.contains(&keyword.as_slice()) {
            out.push(chunk.to_vec());
        }
        at = end;
    }
    out
}

#[test]
fn an_edited_card_is_written_and_read_back_with_all_that_came_with_it() {
    let patch = Document::parse(r#"{"name":"Ann","creator_notes":"n\ud83d","tags":["a"]}"#)
        .expect("a patch");
    let mut images = 0;
    for case in all() {
        let label = case.label;
        let Ok(file) = card::read(&case.bytes, &Limits::default()) else {
            continue;
        };
        let image = (file.container == Container::Png).then_some(case.bytes.as_slice());
        let into = |document: &Document, container| {
            let options = WriteOptions {
                container,
                image,
                assets: &[],
                limits: Limits::default(),
            };
            card::write(document, &options).unwrap_or_else(|error| panic!("{label}: {error}"))
        };
        if image.is_some() {
            assert_eq!(
                into(&file.document, Container::Png),
                case.bytes,
                "{label}: unchanged"
            );
        }
        let old = viewed(&file.document);
        let edited =
            card::edit(&file.document, &patch).unwrap_or_else(|error| panic!("{label}: {error}"));
        for container in [Container::Png, Container::Json] {
            let written = into(&edited, container);
            let again = card::read(&written, &Limits::default())
                .unwrap_or_else(|error| panic!("{label}: {error}"));
            if container == Container::Json {
                assert_eq!(again.document.bytes(), edited.bytes(), "{label}");
            }
            assert!(!warns(&again, "chunks-differ"), "{label}");
            let mut new = viewed(&again.document);
            assert_eq!(new["name"], "Ann", "{label}");
            assert_eq!(new["tags"], json!(["a"]), "{label}");
            // Nothing else changed.
            for key in ["name", "creator_notes", "tags"] {
                new[key] = old[key].clone();
            }
            assert_eq!(new, old, "{label}");
            if let (Some(image), Container::Png) = (image, container) {
                // Damaged places are no chunks; what is around them is compared elsewhere.
                if !file
                    .warnings
                    .iter()
                    .any(|warning| warning.code == "bad-chunk" || warning.code == "crc-mismatch")
                {
                    images += 1;
                    assert_eq!(foreign(&written), foreign(image), "{label}");
                }
            }
        }
    }
    assert!(images > 90, "{images}");
}

/// As [`cards::view`], for views with what `serde_json` does not take: lone surrogates, 1e400.
fn viewed(document: &Document) -> Value {
    let view = card::view(document);
    assert!(view.is_ascii());
    let (view, warnings) =
        Document::read(view.as_bytes(), &Limits::default()).expect("a view is JSON");
    assert!(
        warnings
            .iter()
            .all(|warning| warning.code == "duplicate-key")
    );
    value(view.root())
}

#[test]
fn no_mutation_of_any_card_panics_or_hangs() {
    let mut random = Random(0x0dd1_7135);
    let (mut read, mut refused) = (0, 0);
    for case in all().into_iter().filter(|case| case.bytes.len() < 10_000) {
        for _ in 0..20 {
            let mut bytes = case.bytes.clone();
            mutate(&mut bytes, &mut random);
            let start = Instant::now();
            match card::read(&bytes, &Limits::default()) {
                Ok(file) => {
                    read += 1;
                    assert!(card::view(&file.document).is_ascii());
                    let image = (file.container == Container::Png).then_some(bytes.as_slice());
                    let options = WriteOptions {
                        container: Container::Png,
                        image,
                        assets: &[],
                        limits: Limits::default(),
                    };
                    let patch =
                        Document::parse(r#"{"name":"Ann","extensions":{"a":1}}"#).expect("a patch");
                    if let Ok(edited) = card::edit(&file.document, &patch) {
                        let written =
                            card::write(&edited, &options).expect("what was read can be written");
                        let again = card::read(&written, &Limits::default())
                            .expect("what was written can be read");
                        assert_eq!(cards::name(&again), "Ann", "{}", case.label);
                    }
                }
                Err(_) => refused += 1,
            }
            assert!(start.elapsed() < PATIENCE, "{}", case.label);
        }
    }
    assert!(read > 500 && refused > 100, "{read} {refused}");
}

pub fn mutate(bytes: &mut Vec<u8>, random: &mut Random) {
    for _ in 0..=random.below(3) {
        if bytes.is_empty() {
            return;
        }
        let at = random.below(bytes.len());
        let end = (at + 1 + random.below(16)).min(bytes.len());
        match random.below(5) {
            0 => bytes[at] = random.below(256) as u8,
            1 => bytes.truncate(at.max(1)),
            2 => drop(bytes.drain(at..end)),
            3 => {
                let copy = bytes[at..end].to_vec();
                bytes.splice(at..at, copy);
            }
            _ => bytes[at] ^= 1 << random.below(8),
        }
    }
}
