//! The file of a backup: a ZIP archive of stored entries, written from front to end, and read
//! also when it was cut short or damaged.
//!
//! It always has the 64-bit directory, since a backup may outgrow 4 GiB. Knows nothing of what
//! the entries say.

use crate::codec;
use crate::error::Result;
use crate::store::redo::Redo;

const LOCAL: &[u8; 4] = b"PK\x03\x04";
const LINE: &[u8; 4] = b"PK\x01\x02";
const END_64: &[u8; 4] = b"PK\x06\x06";
const LOCATOR: &[u8; 4] = b"PK\x06\x07";
const END: &[u8; 4] = b"PK\x05\x06";
/// Bytes of a local header before the name.
const LOCAL_BYTES: u64 = 30;
/// Bytes of a line of the directory without the name.
const LINE_BYTES: usize = 58;
/// Bytes of the three end records.
const ENDS: u64 = 56 + 20 + 22;
/// Longer names are none of a backup.
const MOST_NAME_BYTES: u64 = 64;
/// A larger entry is none of a backup: it is read whole.
const MOST_ENTRY_BYTES: u64 = 256 << 20;
/// A larger directory would be that of more than a terabyte.
const MOST_DIRECTORY_BYTES: u64 = 64 << 20;

/// An entry of an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub name: String,
    /// Offset of its local header.
    at: u64,
    length: u64,
    crc: u32,
}

impl Entry {
    fn content(&self) -> u64 {
        self.at + LOCAL_BYTES + self.name.len() as u64
    }

    fn end(&self) -> u64 {
        self.content() + self.length
    }
}

/// An archive that is being written.
pub(super) struct Writer<'a> {
    place: &'a dyn Redo,
    file: &'a str,
    archive: codec::Archive,
}

impl Writer<'_> {
    pub fn new<'a>(place: &'a dyn Redo, file: &'a str) -> Writer<'a> {
        Writer {
            place,
            file,
            archive: codec::Archive::default(),
        }
    }

    pub async fn add(&mut self, name: &str, content: &[u8]) -> Result<()> {
        let mut entry = self.archive.entry(name, content)?;
        entry.extend_from_slice(content);
        self.place.append(self.file, entry, false).await
    }

    /// Writes the directory, and gives the file's length.
    pub async fn finish(self) -> Result<u64> {
        let at = self.archive.length();
        let end = self.archive.end();
        let length = at + end.len() as u64;
        self.place.append(self.file, end, true).await?;
        Ok(length)
    }
}

/// An archive that is read.
pub(super) struct Reader<'a> {
    place: &'a dyn Redo,
    file: &'a str,
    pub entries: Vec<Entry>,
    /// The directory is there, and says what can be true.
    pub whole: bool,
}

impl Reader<'_> {
    /// A reader of entries that are known.
    pub fn of<'a>(place: &'a dyn Redo, file: &'a str) -> Reader<'a> {
        Reader {
            place,
            file,
            entries: Vec::new(),
            whole: true,
        }
    }

    /// Finds the entries: by the directory, or by walking from one to the next where it is
    /// torn off or damaged.
    pub async fn open<'a>(place: &'a dyn Redo, file: &'a str, length: u64) -> Result<Reader<'a>> {
        let mut reader = Reader::of(place, file);
        match reader.directory(length).await? {
            Some(entries) => reader.entries = entries,
            None => {
                reader.whole = false;
                reader.entries = reader.walk(length).await?;
            }
        }
        Ok(reader)
    }

    /// The content of an entry, and whether its checksum holds.
    pub async fn content(&self, entry: &Entry) -> Result<(Vec<u8>, bool)> {
        let content = self
            .place
            .read(self.file, entry.content(), entry.length)
            .await?;
        let holds = codec::checksum(&content) == entry.crc;
        Ok((content, holds))
    }

    /// The entries that the directory names; `None` unless they lie one behind the other from
    /// the start of the file to the directory.
    async fn directory(&self, length: u64) -> Result<Option<Vec<Entry>>> {
        let Some(ends) = length.checked_sub(ENDS) else {
            return Ok(None);
        };
        let tail = self.place.read(self.file, ends, ENDS).await?;
        let at = |at: usize, magic: &[u8; 4]| tail.get(at..at + 4) == Some(magic.as_slice());
        if !(at(0, END_64) && at(56, LOCATOR) && at(76, END)) {
            return Ok(None);
        }
        let (Some(size), Some(start)) = (u64_at(&tail, 40), u64_at(&tail, 48)) else {
            return Ok(None);
        };
        if size > MOST_DIRECTORY_BYTES || start.checked_add(size) != Some(ends) {
            return Ok(None);
        }
        let directory = self.place.read(self.file, start, size).await?;
        Ok(lines(&directory).filter(|entries| {
            let mut next = 0;
            let follows = |entry: &Entry| {
                let fits = entry.at == next;
                next = entry.end();
                fits
            };
            entries.iter().all(follows) && next == start
        }))
    }

    async fn walk(&self, length: u64) -> Result<Vec<Entry>> {
        let mut entries = Vec::new();
        let mut at = 0;
        loop {
            let header = self
                .place
                .read(self.file, at, LOCAL_BYTES + MOST_NAME_BYTES)
                .await?;
            let Some(entry) = local(&header, at) else {
                return Ok(entries);
            };
            let end = entry.end();
            if end > length {
                return Ok(entries);
            }
            entries.push(entry);
            at = end;
        }
    }
}

fn lines(mut directory: &[u8]) -> Option<Vec<Entry>> {
    let mut entries = Vec::new();
    while !directory.is_empty() {
        let name_bytes = usize::from(u16_at(directory, 28)?);
        let (line, behind) = directory.split_at_checked(LINE_BYTES + name_bytes)?;
        directory = behind;
        let name = line.get(46..46 + name_bytes)?;
        if line.get(..4)? != LINE || name_bytes as u64 > MOST_NAME_BYTES {
            return None;
        }
        entries.push(Entry {
            name: std::str::from_utf8(name).ok()?.to_owned(),
            at: u64_at(line, 46 + name_bytes + 4)?,
            length: u64::from(u32_at(line, 24)?),
            crc: u32_at(line, 16)?,
        });
    }
    let readable = |entry: &Entry| entry.length <= MOST_ENTRY_BYTES && entry.at < 1 << 53;
    entries.iter().all(readable).then_some(entries)
}

/// The entry whose local header stands at an offset.
fn local(header: &[u8], at: u64) -> Option<Entry> {
    let name_bytes = usize::from(u16_at(header, 26)?);
    let name = header.get(LOCAL_BYTES as usize..LOCAL_BYTES as usize + name_bytes)?;
    let entry = Entry {
        name: std::str::from_utf8(name).ok()?.to_owned(),
        at,
        length: u64::from(u32_at(header, 22)?),
        crc: u32_at(header, 14)?,
    };
    (header.get(..4)? == LOCAL && entry.length <= MOST_ENTRY_BYTES).then_some(entry)
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}
