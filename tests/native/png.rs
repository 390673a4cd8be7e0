//! PNG chunks: found, read and spliced whatever the file does.

use crate::cards::{Png, chunk, text};
use crate::patience::PATIENCE;
use cardkeep::codec::inflate;
use cardkeep::container::png;
use cardkeep::error::{Kind, Limits};
use std::time::Instant;

fn walk(bytes: &[u8]) -> png::Layout {
    png::walk(bytes, &mut Vec::new()).expect("chunks")
}

#[test]
fn every_chunk_but_the_image_data_is_found_in_its_place() {
    let bytes = Png::new()
        .before_image(text("a", b"1"))
        .before_end(text("b", b"2"))
        .bytes();
    let layout = walk(&bytes);
    let kinds: Vec<_> = layout.chunks.iter().map(|chunk| chunk.kind).collect();
    assert_eq!(kinds, [*b"IHDR", *b"tEXt", *b"tEXt", *b"IEND"]);
    assert_eq!(layout.chunks[1].keyword(&bytes), Some(&b"a"[..]));
    assert_eq!(
        &*layout.chunks[1]
            .text(&bytes, &Limits::default(), &mut Vec::new())
            .unwrap(),
        b"1"
    );
    assert_eq!(layout.end, bytes.len());
    assert!(
        layout.ended
            && layout
                .chunks
                .iter()
                .all(|chunk| chunk.whole && chunk.checksum_holds(&bytes))
    );
}

#[test]
fn a_text_without_its_parts_is_a_bad_encoding() {
    for (kind, data) in [
        (b"tEXt", &b"no zero byte"[..]),
        (b"zTXt", b"chara\0"),
        (b"iTXt", b"chara\0\0\0en"),
        (b"zTXt", b"chara\0\0\x01\xffnk"),
    ] {
        let bytes = Png::new().before_image(chunk(kind, data)).bytes();
        let error = walk(&bytes).chunks[1]
            .text(&bytes, &Limits::default(), &mut Vec::new())
            .unwrap_err();
        assert_eq!(
            error.kind(),
            Kind::BadEncoding,
            "{}",
            String::from_utf8_lossy(data)
        );
    }
}

#[test]
fn a_million_chunks_are_too_large() {
    let bytes = Png::new()
        .before_image(chunk(b"prVt", b"").repeat(100_000))
        .bytes();
    assert_eq!(
        png::walk(&bytes, &mut Vec::new()).unwrap_err().kind(),
        Kind::TooLarge
    );
}

#[test]
fn headers_that_lie_by_the_thousand_cost_no_more_than_the_file() {
    let mut bytes = Png::new().bytes();
    while bytes.len() < 2 << 20 {
        let rest = (2_u32 << 20) - bytes.len() as u32;
        bytes.extend_from_slice(&(rest / 2).to_be_bytes());
        bytes.extend_from_slice(b"tEXtx");
    }
    let started = Instant::now();
    let _ = png::walk(&bytes, &mut Vec::new());
    assert!(started.elapsed() < PATIENCE, "{:?}", started.elapsed());
}

#[test]
fn a_splice_without_changes_changes_nothing() {
    let bytes = Png::new()
        .before_end(text("a", b"1"))
        .at_end(b"rest".to_vec())
        .bytes();
    assert_eq!(
        png::splice(&bytes, &walk(&bytes), |_| false, &[]).unwrap(),
        bytes
    );
}

#[test]
fn new_texts_come_before_the_first_text_and_the_image_data() {
    for bytes in [
        Png::new().before_image(text("a", b"1")).bytes(),
        Png::new().before_end(text("a", b"1")).bytes(),
        Png::new().bytes()[..33].to_vec(),
        Png::new().bytes()[..40].to_vec(),
    ] {
        let written = png::splice(&bytes, &walk(&bytes), |_| false, &[("new", b"text")]).unwrap();
        let new = text("new", b"text");
        assert_eq!(written[..33], bytes[..33]);
        assert_eq!(written[33..33 + new.len()], new);
        assert_eq!(written[33 + new.len()..], bytes[33..]);
    }
}

#[test]
fn inflating_stops_at_its_limit() {
    use std::io::Write;
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(&[7; 1000]).unwrap();
    let packed = encoder.finish().unwrap();
    assert_eq!(inflate::zlib(&packed, 1000).unwrap(), [7; 1000]);
    assert_eq!(
        inflate::zlib(&packed, 999).unwrap_err().kind(),
        Kind::TooLarge
    );
    assert_eq!(
        inflate::zlib(&packed[..packed.len() - 6], 1000)
            .unwrap_err()
            .kind(),
        Kind::BadEncoding
    );
}

/// A byte too many makes a header of the end of a length and three letters of a kind.
#[test]
fn a_chunk_is_found_behind_junk_that_looks_like_a_header() {
    let mut image = Png::new().bytes();
    let header = 8 + 25;
    image.insert(header, b'x');
    let card = text("chara", &vec![b'a'; 0x242 - 6]);
    image.splice(header + 1..header + 1, card);
    let mut warnings = Vec::new();
    let layout = png::walk(&image, &mut warnings).unwrap();
    let found = layout.chunks.iter().find(|chunk| chunk.kind == *b"tEXt");
    assert_eq!(found.map(|chunk| chunk.place.start), Some(header + 1));
}
