//! ZIP: what is in an archive, and a plain archive written.
//!
//! The directory at the end is believed where it can be followed; an archive that is
//! behind something else (a picture, a program) is found by the distance between where
//! the directory is and where it says it is. Without a directory the entries are walked
//! from the first one on. Names are given as they stand: who makes files of them has to
//! look at them. ZIP64 is followed, encryption and other methods than `deflate` are not.

use crate::codec::inflate;
use crate::error::{Error, Kind, Limits, Place, Result, Warning};
use flate2::{Compress, Compression, FlushCompress, Status};
use std::borrow::Cow;
use std::ops::Range;

const LOCAL: [u8; 4] = *b"PK\x03\x04";
pub(super) const CENTRAL: [u8; 4] = *b"PK\x01\x02";
const DESCRIPTOR: [u8; 4] = *b"PK\x07\x08";
const END: [u8; 4] = *b"PK\x05\x06";
const END_64: [u8; 4] = *b"PK\x06\x06";
const LOCATOR_64: [u8; 4] = *b"PK\x06\x07";
/// The end record has 22 bytes and a comment of at most 64 KiB.
pub(super) const LONGEST_END: usize = 22 + 0xffff;
/// Small contents may be inflated by more than the limit `ratio` allows.
const RATIO_FREE: usize = 1 << 16;
/// So many entries are passed over where there is no directory: each may cost an inflating.
const MOST_LOST: usize = 16;
const STORED: u16 = 0;
const DEFLATED: u16 = 8;

/// What an archive holds.
#[derive(Debug)]
pub struct Archive {
    /// Its files, in the order of the directory; folders are left out.
    pub entries: Vec<Entry>,
    /// Where the archive begins in the bytes.
    pub start: usize,
}

/// One file of an archive.
#[derive(Debug, Clone)]
pub struct Entry {
    /// As it stands in the archive.
    pub name: String,
    method: u16,
    encrypted: bool,
    sum: Option<u32>,
    /// Of the content, as far as it is told.
    size: Option<u32>,
    data: Range<usize>,
}

/// Whether the bytes begin as an archive does.
pub fn is(bytes: &[u8]) -> bool {
    bytes.starts_with(&LOCAL) || bytes.starts_with(&END)
}

/// Finds the files; `None` when there is no archive.
///
/// # Errors
/// `too-large` with more entries than `limits.entries`, `bad-zip` when neither the
/// directory nor the entries can be followed.
pub fn read(bytes: &[u8], limits: &Limits, warnings: &mut Vec<Warning>) -> Result<Option<Archive>> {
    let broken = match directory(bytes, limits, warnings) {
        Some(Ok(archive)) => return Ok(Some(archive)),
        Some(Err(error)) if error.kind() == Kind::TooLarge => return Err(error),
        Some(Err(error)) => Some(error),
        None => None,
    };
    let first = memchr::memmem::find(bytes, &LOCAL);
    let (first, error) = match (first, broken) {
        // Four bytes within a picture are no archive.
        (Some(first), None) if first > 0 => (first, None),
        (Some(first), error) => (first, error),
        (None, Some(error)) => return Err(error),
        (None, None) => return Ok(None),
    };
    let archive = walk(bytes, first, limits)?;
    if archive.entries.is_empty() {
        return match error {
            Some(error) => Err(error),
            None if first == 0 => Err(Kind::BadZip.because("no entry of the archive is whole")),
            None => Ok(None),
        };
    }
    warnings.push(walked_to(first));
    Ok(Some(archive))
}

fn walked_to(at: usize) -> Warning {
    Warning::repaired(
        "no-directory",
        format!("byte {at}"),
        "the archive's directory is missing or damaged; its entries were walked",
    )
}

/// What the directory at the end lists; `None` without an end.
fn directory(
    bytes: &[u8],
    limits: &Limits,
    warnings: &mut Vec<Warning>,
) -> Option<Result<Archive>> {
    let tail = bytes.len().saturating_sub(LONGEST_END);
    let end = tail + memchr::memmem::rfind(&bytes[tail..], &END)?;
    let record = End::of(bytes, end)?;
    let read = record.entries(bytes, limits, warnings);
    // That of an archive within an entry of one that has lost its own.
    let comment = number(bytes, end + 20, 2).map(|length| length as usize);
    let is_last = comment.is_none_or(|length| end + 22 + length >= bytes.len());
    let is_within = |archive: &Archive| {
        let holds = |entry: &Entry| entry.data.contains(&archive.start);
        let walked = || walk(bytes, 0, limits).is_ok_and(|outer| outer.entries.iter().any(holds));
        archive.start > 0 && is(bytes) && !is_last && walked()
    };
    match read {
        Ok(archive) if is_within(&archive) => None,
        read => Some(read),
    }
}

/// Where an archive has its directory.
pub struct Located {
    /// The directory's bytes in the file.
    pub directory: Range<usize>,
    /// Where the archive begins in the file.
    pub start: usize,
}

/// Finds the end record in the last bytes of a file, which begin at `at`.
pub fn end(tail: &[u8], at: usize) -> Option<Located> {
    let found = memchr::memmem::rfind(tail, &END)?;
    let end = End::of(tail, found)?;
    let (size, offset) = (
        usize::try_from(end.size).ok()?,
        usize::try_from(end.offset).ok()?,
    );
    let directory_end = at + end.at;
    let directory = directory_end.checked_sub(size)?..directory_end;
    let start = directory.start.checked_sub(offset)?;
    Some(Located { directory, start })
}

/// One line of a directory.
pub struct Line<'b> {
    /// The line itself.
    pub bytes: &'b [u8],
    /// Where its entry begins, from the archive's start.
    pub local: usize,
    /// How many bytes its content has in the archive.
    pub stored: usize,
}

/// The last line of a name in a directory; `None` as well when a line cannot be followed or
/// needs ZIP64.
pub fn line<'b>(directory: &'b [u8], name: &str) -> Option<Line<'b>> {
    let (mut at, mut found) = (0, None);
    while at < directory.len() {
        directory.get(at..)?.strip_prefix(&CENTRAL)?;
        let length = |field: usize| Some(number(directory, at + field, 2)? as usize);
        let named = directory.get(at + 46..at + 46 + length(28)?)?;
        let next = at + 46 + length(28)? + length(30)? + length(32)?;
        if next > directory.len() {
            return None;
        }
        if named == name.as_bytes() {
            let (stored, local) = (
                number(directory, at + 20, 4)?,
                number(directory, at + 42, 4)?,
            );
            let fits = stored != 0xffff_ffff && local != 0xffff_ffff;
            found = Some(fits.then_some(Line {
                bytes: directory.get(at..next)?,
                local: local as usize,
                stored: stored as usize,
            })?);
        }
        at = next;
    }
    found
}

/// How many bytes an entry has, with its own header, from the first 30 of them.
pub fn local_length(header: &[u8], stored: usize) -> Option<usize> {
    header.strip_prefix(&LOCAL)?;
    let (name, extra) = (number(header, 26, 2)?, number(header, 28, 2)?);
    stored.checked_add(30 + name as usize + extra as usize)
}

/// An archive of one entry, from its line and its bytes in another archive.
pub fn alone(line: &[u8], local: &[u8]) -> Option<Vec<u8>> {
    let directory = u32::try_from(local.len()).ok()?;
    let mut out = [local, line].concat();
    // The entry is the first thing of this archive.
    out.get_mut(local.len() + 42..local.len() + 46)?.fill(0);
    close(&mut out, directory, 1);
    Some(out)
}

/// The end record: where the directory is. How many entries it says there are is nothing to go by.
struct End {
    size: u64,
    offset: u64,
    /// Where the directory ends, by where this record was found.
    at: usize,
}

impl End {
    fn of(bytes: &[u8], at: usize) -> Option<End> {
        let end = End {
            size: number(bytes, at + 12, 4)?,
            offset: number(bytes, at + 16, 4)?,
            at,
        };
        let count = number(bytes, at + 10, 2)?;
        let wide = count == 0xffff || end.size == 0xffff_ffff || end.offset == 0xffff_ffff;
        match wide.then(|| End::wide(bytes, at)).flatten() {
            Some(end) => Some(end),
            None => Some(end),
        }
    }

    /// The ZIP64 record, which stands before its locator, which stands before the end.
    fn wide(bytes: &[u8], end: usize) -> Option<End> {
        let locator = end.checked_sub(20)?;
        bytes.get(locator..)?.strip_prefix(&LOCATOR_64)?;
        let at = memchr::memmem::rfind(&bytes[..locator], &END_64)?;
        Some(End {
            size: number(bytes, at + 40, 8)?,
            offset: number(bytes, at + 48, 8)?,
            at,
        })
    }

    fn entries(
        &self,
        bytes: &[u8],
        limits: &Limits,
        warnings: &mut Vec<Warning>,
    ) -> Result<Archive> {
        let broken = |at: usize| {
            Kind::BadZip
                .because("the archive's directory leads nowhere")
                .at(Place::Byte(at))
        };
        let size = usize::try_from(self.size).map_err(|_| broken(self.at))?;
        let offset = usize::try_from(self.offset).map_err(|_| broken(self.at))?;
        let mut at = self.at.checked_sub(size).ok_or_else(|| broken(self.at))?;
        // An archive behind something else may count its offsets from its own start.
        let start = at.checked_sub(offset).ok_or_else(|| broken(self.at))?;
        let (mut entries, mut lost) = (Vec::new(), 0);
        while entries.len() + lost < limits.entries && at < self.at {
            let Some((entry, next)) = central(bytes, at, start) else {
                // What was listed before is no worse for it; the others are walked to.
                if entries.is_empty() {
                    return Err(broken(at));
                }
                let mut walked = walk(bytes, start, limits)?.entries;
                let is_listed = |one: &Entry| {
                    entries
                        .iter()
                        .any(|it: &Entry| it.data.start == one.data.start)
                };
                walked.retain(|one| !is_listed(one));
                walked.extend(entries);
                warnings.push(walked_to(at));
                return Ok(Archive {
                    entries: walked,
                    start,
                });
            };
            match entry {
                Some(entry) if entry.name.ends_with('/') => {}
                Some(entry) => entries.push(entry),
                None => lost += 1,
            }
            at = next;
        }
        if at < self.at {
            return Err(too_many(limits));
        }
        // One that leads nowhere hides no other.
        if lost > 0 && entries.is_empty() {
            return Err(broken(self.at));
        }
        if lost > 0 {
            let message = format!("{lost} entries of the archive lead nowhere and were left out");
            let path = format!("byte {}", self.at);
            warnings.push(Warning::noticed("lost-entry", path, message));
        }
        Ok(Archive { entries, start })
    }
}

fn too_many(limits: &Limits) -> Error {
    Kind::TooLarge.because(format!(
        "the archive has more entries than the limit `entries` allows ({})",
        limits.entries
    ))
}

/// The entry of one line of the directory, if it leads to one, and where the next line is.
fn central(bytes: &[u8], at: usize, start: usize) -> Option<(Option<Entry>, usize)> {
    bytes.get(at..)?.strip_prefix(&CENTRAL)?;
    let name_length = number(bytes, at + 28, 2)? as usize;
    let extra_length = number(bytes, at + 30, 2)? as usize;
    let comment_length = number(bytes, at + 32, 2)? as usize;
    let name = bytes.get(at + 46..at + 46 + name_length)?;
    let extra_at = at + 46 + name_length;
    let extra = bytes.get(extra_at..extra_at + extra_length)?;
    let next = extra_at + extra_length + comment_length;
    Some((located(bytes, at, start, text(name), extra), next))
}

/// The entry that a line of the directory leads to.
fn located(bytes: &[u8], at: usize, start: usize, name: String, extra: &[u8]) -> Option<Entry> {
    let mut size = number(bytes, at + 20, 4)?;
    let mut local = number(bytes, at + 42, 4)?;
    let plain = number(bytes, at + 24, 4)?;
    if size == 0xffff_ffff || local == 0xffff_ffff {
        (size, local) = wide(extra, plain, size, local)?;
    }
    let local = start.checked_add(usize::try_from(local).ok()?)?;
    bytes.get(local..)?.strip_prefix(&LOCAL)?;
    let data = local
        + 30
        + number(bytes, local + 26, 2)? as usize
        + number(bytes, local + 28, 2)? as usize;
    let end = data.checked_add(usize::try_from(size).ok()?)?;
    bytes.get(data..end)?;
    Some(Entry {
        name,
        method: number(bytes, at + 10, 2)? as u16,
        encrypted: number(bytes, at + 8, 2)? & 1 != 0,
        sum: Some(number(bytes, at + 16, 4)? as u32),
        // What does not fit stands in the ZIP64 field.
        size: u32::try_from(plain).ok().filter(|size| *size != u32::MAX),
        data: data..end,
    })
}

/// Size and place of an entry from the ZIP64 field, which has only what did not fit.
pub(super) fn wide(mut extra: &[u8], plain: u64, size: u64, local: u64) -> Option<(u64, u64)> {
    loop {
        let tag = number(extra, 0, 2)?;
        let length = number(extra, 2, 2)? as usize;
        let field = extra.get(4..4 + length)?;
        if tag == 1 {
            let mut at = if plain == 0xffff_ffff { 8 } else { 0 };
            let mut next = |narrow: u64| {
                if narrow != 0xffff_ffff {
                    return Some(narrow);
                }
                at += 8;
                number(field, at - 8, 8)
            };
            return Some((next(size)?, next(local)?));
        }
        extra = &extra[4 + length..];
    }
}

/// The entries one after the other, as far as they can be followed.
fn walk(bytes: &[u8], start: usize, limits: &Limits) -> Result<Archive> {
    let mut entries = Vec::new();
    let mut budget = limits.archive;
    let (mut at, mut lost) = (start, 0);
    loop {
        // One that cannot be followed hides no other.
        let next = match local(bytes, at, &mut budget, limits) {
            Some((entry, next)) => {
                if entries.len() >= limits.entries {
                    return Err(too_many(limits));
                }
                if !entry.name.ends_with('/') {
                    entries.push(entry);
                }
                next
            }
            None if lost < MOST_LOST => {
                lost += 1;
                at + LOCAL.len()
            }
            None => break,
        };
        at = match memchr::memmem::find(&bytes[next.min(bytes.len())..], &LOCAL) {
            Some(skipped) => next + skipped,
            None => break,
        };
    }
    Ok(Archive { entries, start })
}

/// The entry at a local header, and where it ends.
fn local(bytes: &[u8], at: usize, budget: &mut usize, limits: &Limits) -> Option<(Entry, usize)> {
    bytes.get(at..)?.strip_prefix(&LOCAL)?;
    let flags = number(bytes, at + 6, 2)?;
    let method = number(bytes, at + 8, 2)? as u16;
    let mut size = number(bytes, at + 18, 4)?;
    let plain = number(bytes, at + 22, 4)?;
    let name_length = number(bytes, at + 26, 2)? as usize;
    let extra_length = number(bytes, at + 28, 2)? as usize;
    let name = bytes.get(at + 30..at + 30 + name_length)?;
    let extra_at = at + 30 + name_length;
    if size == 0xffff_ffff {
        let extra = bytes.get(extra_at..extra_at + extra_length)?;
        (size, _) = wide(extra, plain, size, 0)?;
    }
    let size = usize::try_from(size).ok()?;
    let data = at + 30 + name_length + extra_length;
    let mut entry = Entry {
        name: text(name),
        method,
        encrypted: flags & 1 != 0,
        sum: (flags & 8 == 0).then_some(number(bytes, at + 14, 4)? as u32),
        size: u32::try_from(plain)
            .ok()
            .filter(|size| flags & 8 == 0 && *size != u32::MAX),
        data: data..data,
    };
    // Bit 3: what is not known before the content stands behind it.
    let end = match (flags & 8 != 0 && size == 0, method) {
        (false, _) => data.checked_add(size)?,
        (true, DEFLATED) => {
            let (plain, used) =
                inflate::raw(bytes.get(data..)?, entry.most(*budget, limits)).ok()?;
            *budget = budget.checked_sub(plain.len())?;
            data + used
        }
        (true, _) => streamed(bytes, data)?,
    };
    bytes.get(data..end)?;
    entry.data = data..end;
    Some((entry, end))
}

/// Where a stored content ends whose size stands behind it: at the mark of that, or where what
/// stands before the next header, or at the end, says so.
fn streamed(bytes: &[u8], data: usize) -> Option<usize> {
    let marks = memchr::memmem::find_iter(bytes.get(data..)?, b"PK").map(|at| data + at);
    for at in marks.chain([bytes.len()]) {
        let tag = bytes.get(at..at + 4);
        if tag == Some(&DESCRIPTOR) {
            return Some(at);
        }
        let follows = at == bytes.len() || [LOCAL, CENTRAL].iter().any(|it| tag == Some(it));
        // Checksum and both sizes.
        let Some(end) = at.checked_sub(12).filter(|end| follows && *end >= data) else {
            continue;
        };
        let size = Some((end - data) as u64);
        if number(bytes, at - 4, 4) == size && number(bytes, at - 8, 4) == size {
            return Some(end);
        }
    }
    None
}

impl Entry {
    /// Its content. `budget` is what all contents of the archive may still have.
    ///
    /// # Errors
    /// `too-large` over the budget or `limits.ratio`, `unsupported` when encrypted or
    /// compressed in another way, `bad-encoding` when it cannot be inflated.
    pub fn content<'b>(
        &self,
        bytes: &'b [u8],
        budget: &mut usize,
        limits: &Limits,
        warnings: &mut Vec<Warning>,
    ) -> Result<Cow<'b, [u8]>> {
        if self.encrypted {
            return Err(Kind::Unsupported.because(format!("{} is encrypted", self.name)));
        }
        let data = &bytes[self.data.clone()];
        let content = match self.method {
            STORED if data.len() > *budget => {
                return Err(Kind::TooLarge.because(format!(
                    "the contents of the archive have more bytes than the limit `archive` allows ({})",
                    limits.archive
                )));
            }
            STORED => Cow::Borrowed(data),
            DEFLATED => Cow::Owned(inflate::raw(data, self.most(*budget, limits))?.0),
            other => {
                let detail = format!("{} is compressed by method {other}", self.name);
                return Err(Kind::Unsupported.because(detail));
            }
        };
        *budget -= content.len();
        if self.sum.is_some_and(|sum| crc32fast::hash(&content) != sum) {
            warnings.push(Warning::repaired(
                "crc-mismatch",
                self.name.as_str(),
                "the entry's checksum is wrong; its content was used anyway",
            ));
        }
        Ok(content)
    }

    /// Whether the archive tells checksum and size of the content.
    pub fn is_told(&self) -> bool {
        self.sum.is_some() && self.size.is_some()
    }

    /// The entry as it is stored, to be put into another archive without a look at its
    /// content. What the archive does not tell of it is 0 there.
    pub fn as_it_is<'b>(&'b self, bytes: &'b [u8]) -> File<'b> {
        File {
            name: &self.name,
            bytes: &bytes[self.data.clone()],
            stored: Stored::As {
                method: self.method,
                encrypted: self.encrypted,
                sum: self.sum.unwrap_or_default(),
                size: self.size.unwrap_or_default(),
            },
        }
    }

    /// How many bytes its content may have.
    fn most(&self, budget: usize, limits: &Limits) -> usize {
        let stored = self.data.len();
        if stored == 0 {
            return budget;
        }
        budget.min(stored.saturating_mul(limits.ratio).max(RATIO_FREE))
    }
}

/// What the bytes from 128 on are in code page 437.
const CODE_PAGE: &str = "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u{a0}";

/// Names are UTF-8 or, from old tools, in code page 437.
pub(super) fn text(name: &[u8]) -> String {
    let letter = |byte: &u8| match byte.checked_sub(128) {
        Some(n) => CODE_PAGE.chars().nth(n.into()).unwrap_or_default(),
        None => char::from(*byte),
    };
    match std::str::from_utf8(name) {
        Ok(name) => name.to_owned(),
        Err(_) => name.iter().map(letter).collect(),
    }
}

pub(super) fn number(bytes: &[u8], at: usize, size: usize) -> Option<u64> {
    let bytes = bytes.get(at..at.checked_add(size)?)?;
    Some(
        bytes
            .iter()
            .rev()
            .fold(0, |sum, byte| sum << 8 | u64::from(*byte)),
    )
}

/// A file to put into an archive.
#[derive(Debug, Clone, Copy)]
pub struct File<'b> {
    /// ASCII or UTF-8, `/` between folders.
    pub name: &'b str,
    /// The content, or what is stored of it.
    pub bytes: &'b [u8],
    /// Which of the two.
    pub stored: Stored,
}

/// How the bytes of a [`File`] go into the archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stored {
    /// They are the content, and stay so; pictures are compressed already.
    Plain,
    /// They are the content; deflating is worth a try.
    Deflated,
    /// They are what another archive stores.
    As {
        /// How they were compressed.
        method: u16,
        /// Whether they are encrypted.
        encrypted: bool,
        /// Checksum of the content.
        sum: u32,
        /// Bytes of the content.
        size: u32,
    },
}

/// An archive of these files, in this order, every one dated 1980-01-01: the same files
/// give the same bytes.
///
/// # Errors
/// `too-large` over what an archive without ZIP64 can hold.
pub fn write(files: &[File<'_>]) -> Result<Vec<u8>> {
    let too_large =
        || Kind::TooLarge.because("the archive is larger than 4 GiB or has over 65,535 files");
    let count = u16::try_from(files.len())
        .ok()
        .filter(|count| *count < 0xffff);
    let count = count.ok_or_else(too_large)?;
    let narrow = |length: usize| {
        u32::try_from(length)
            .ok()
            .filter(|length| *length < u32::MAX)
            .ok_or_else(too_large)
    };
    let mut out = Vec::with_capacity(files.iter().map(|file| file.bytes.len() + 256).sum());
    let mut directory = Vec::new();
    for file in files {
        let at = narrow(out.len())?;
        let deflated = (file.stored == Stored::Deflated)
            .then(|| deflate(file.bytes))
            .filter(|it| it.len() < file.bytes.len());
        let data = deflated.as_deref().unwrap_or(file.bytes);
        let (method, flags, sum, size) = match file.stored {
            Stored::As {
                method,
                encrypted,
                sum,
                size,
            } => (method, u16::from(encrypted), sum, size),
            Stored::Plain | Stored::Deflated => {
                let method = if deflated.is_some() { DEFLATED } else { STORED };
                (
                    method,
                    0,
                    crc32fast::hash(file.bytes),
                    narrow(file.bytes.len())?,
                )
            }
        };
        let name_length = u16::try_from(file.name.len()).map_err(|_| too_large())?;
        // Version 2.0, names in UTF-8, the method, 1980-01-01, checksum, both sizes, the name's length.
        let mut shared = Vec::with_capacity(26);
        shared.extend_from_slice(&20_u16.to_le_bytes());
        shared.extend_from_slice(&(0x0800 | flags).to_le_bytes());
        shared.extend_from_slice(&method.to_le_bytes());
        shared.extend_from_slice(&[0, 0, 0x21, 0]);
        shared.extend_from_slice(&sum.to_le_bytes());
        shared.extend_from_slice(&narrow(data.len())?.to_le_bytes());
        shared.extend_from_slice(&size.to_le_bytes());
        shared.extend_from_slice(&name_length.to_le_bytes());
        out.extend_from_slice(&LOCAL);
        out.extend_from_slice(&shared);
        out.extend_from_slice(&[0, 0]);
        out.extend_from_slice(file.name.as_bytes());
        out.extend_from_slice(data);
        directory.extend_from_slice(&CENTRAL);
        directory.extend_from_slice(&20_u16.to_le_bytes());
        directory.extend_from_slice(&shared);
        // No extra field, no comment, the first disk, no attributes.
        directory.extend_from_slice(&[0; 12]);
        directory.extend_from_slice(&at.to_le_bytes());
        directory.extend_from_slice(file.name.as_bytes());
    }
    let offset = narrow(out.len())?;
    out.extend_from_slice(&directory);
    narrow(out.len())?;
    close(&mut out, offset, count);
    Ok(out)
}

/// The end record of an archive of under 4 GiB whose directory begins at `offset`.
fn close(out: &mut Vec<u8>, offset: u32, count: u16) {
    let size = out.len() as u32 - offset;
    out.extend_from_slice(&END);
    out.extend_from_slice(&[0; 4]);
    out.extend_from_slice(&count.to_le_bytes());
    out.extend_from_slice(&count.to_le_bytes());
    out.extend_from_slice(&size.to_le_bytes());
    out.extend_from_slice(&offset.to_le_bytes());
    out.extend_from_slice(&[0, 0]);
}

fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut stream = Compress::new(Compression::default(), false);
    let mut out = Vec::with_capacity(bytes.len() / 2 + 64);
    loop {
        let read = stream.total_in() as usize;
        let status = stream
            .compress_vec(&bytes[read..], &mut out, FlushCompress::Finish)
            .expect("deflating into memory does not fail");
        if status == Status::StreamEnd {
            return out;
        }
        out.reserve(out.len().max(1 << 12));
    }
}
