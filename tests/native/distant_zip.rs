//! Archives that are read a file at a time, from slices of them.

use cardkeep::codec::Archive;
use cardkeep::container::distant_zip::{DistantZip, TAIL, locate};
use cardkeep::container::zip::{self, File, Stored};
use cardkeep::error::{Kind, Result};

/// Everything in an archive, each file by the slices that are asked for.
fn contents(bytes: &[u8]) -> Result<Vec<(String, Result<Vec<u8>>)>> {
    let at = bytes.len().saturating_sub(TAIL);
    let located = locate(&bytes[at..], at)?;
    let zip = DistantZip::read(bytes[located.directory.clone()].to_vec(), &located)?;
    let read = |file: &cardkeep::container::distant_zip::Distant| {
        let (from, to) = (file.place.start as usize, file.place.end as usize);
        let slice = bytes.get(from..to).unwrap_or_default();
        let content = zip.content(file, slice, 1 << 20, &mut Vec::new());
        (file.name.clone(), content)
    };
    Ok(zip.files().iter().map(read).collect())
}

const FILES: [(&str, &[u8]); 4] = [
    ("characters/Ann.png", b"a picture"),
    ("chats/Ann/first.jsonl", &[b'x'; 5_000]),
    ("empty.txt", b""),
    ("w\u{f6}rlds/Sea.json", b"{}"),
];

fn archive(stored: Stored) -> Vec<u8> {
    let files = FILES.map(|(name, bytes)| File {
        name,
        bytes,
        stored,
    });
    zip::write(&files).unwrap()
}

fn is_whole(bytes: &[u8]) {
    let told = contents(bytes).unwrap();
    assert_eq!(told.len(), FILES.len());
    for ((name, content), (wanted_name, wanted)) in told.into_iter().zip(FILES) {
        assert_eq!(name, wanted_name);
        assert_eq!(content.unwrap(), wanted, "{name}");
    }
}

#[test]
fn every_file_comes_out_of_its_own_slice() {
    is_whole(&archive(Stored::Plain));
    is_whole(&archive(Stored::Deflated));
    // Behind something else, with offsets that count from its own start.
    let behind = [&[7; 100][..], &archive(Stored::Deflated)].concat();
    is_whole(&behind);
}

#[test]
fn an_archive_written_from_front_to_end_has_the_wide_directory_and_is_read() {
    let (mut archive, mut bytes) = (Archive::default(), Vec::new());
    for (name, content) in FILES {
        bytes.extend(archive.entry(name, content).unwrap());
        bytes.extend_from_slice(content);
        assert_eq!(archive.length(), bytes.len() as u64);
    }
    bytes.extend(archive.end());
    is_whole(&bytes);
    let limits = cardkeep::error::Limits::default();
    let read = zip::read(&bytes, &limits, &mut Vec::new())
        .unwrap()
        .unwrap();
    assert_eq!(read.entries.len(), FILES.len());
}

#[test]
fn a_file_that_is_damaged_hides_no_other_and_none_is_larger_than_allowed() {
    let mut bytes = archive(Stored::Plain);
    bytes[0] = 0;
    let told = contents(&bytes).unwrap();
    assert_eq!(told[0].1.as_ref().unwrap_err().kind(), Kind::BadZip);
    assert!(told[1..].iter().all(|(_, content)| content.is_ok()));

    let bytes = archive(Stored::Deflated);
    let at = bytes.len().saturating_sub(TAIL);
    let located = locate(&bytes[at..], at).unwrap();
    let zip = DistantZip::read(bytes[located.directory.clone()].to_vec(), &located).unwrap();
    let file = &zip.files()[1];
    let slice = &bytes[file.place.start as usize..file.place.end as usize];
    let refused = zip
        .content(file, slice, 4_999, &mut Vec::new())
        .unwrap_err();
    assert_eq!(refused.kind(), Kind::TooLarge);
}

#[test]
fn no_damage_makes_it_panic() {
    assert_eq!(contents(b"").unwrap_err().kind(), Kind::BadZip);
    assert_eq!(contents(&[0; 100]).unwrap_err().kind(), Kind::BadZip);
    let (mut archive_64, mut wide) = (Archive::default(), Vec::new());
    for (name, content) in FILES {
        wide.extend(archive_64.entry(name, content).unwrap());
        wide.extend_from_slice(content);
    }
    wide.extend(archive_64.end());
    for whole in [archive(Stored::Deflated), wide] {
        for at in 0..whole.len() {
            for value in [0, 1, 0x7f, 0xff] {
                let mut bytes = whole.clone();
                bytes[at] = value;
                let _ = contents(&bytes);
            }
        }
        for end in (0..whole.len()).step_by(7) {
            let _ = contents(&whole[..end]);
        }
    }
}
