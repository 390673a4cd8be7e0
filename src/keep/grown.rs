//! Files that have grown: the chat that was kept of a file's beginning gets the lines that came
//! since.
//!
//! Only a chat that is byte for byte as its file left it goes on so. Whatever was changed here
//! meanwhile, or in an earlier message of the file, makes the file another chat: nothing that is
//! kept is replaced. The header may have changed where it says that it is the same chat's, since
//! SillyTavern writes it anew as the chat goes on.

use super::Keep;
use super::chat_import::{ChatImport, is_called_otherwise};
use super::chat_row::{Body, FILES, newest_file, summarize};
use super::domain::Domain;
use super::log::{Cache, Log, Staged};
use crate::chat::Dialect;
use crate::codec;
use crate::error::{Kind, Limits, Result};
use crate::json::{Document, Step};
use crate::store::{Change, History, Record};

/// What the index keys of beginnings begin with.
const BEGINS: &str = "chats/begins/";

/// Bytes of pages written in one transaction of an import.
const BATCH_BYTES: usize = 4 << 20;

/// Hashes of files that a chat remembers it came in.
const MOST_FILES: usize = 8;

/// How often is tried again when somebody else writes to the chat at the same time.
const ATTEMPTS: u32 = 4;

/// Records compared at once.
const AT_ONCE: u64 = 256;

/// A session of a file, as it is kept.
pub(super) struct Given<'a> {
    /// What its file is called, where that says which chat it is.
    pub name: Option<&'a str>,
    pub dialect: Dialect,
    /// Its first line, with the newline, where that is no message.
    pub header: Option<&'a [u8]>,
    /// All its bytes.
    pub whole: &'a [u8],
    /// Its records, in order; their end is the end of `whole`.
    pub records: &'a [&'a [u8]],
}

impl Given<'_> {
    /// The index key of its beginning, which stays when it grows: the first message under a
    /// header, else the first two lines; `None` when there are not so many.
    pub(super) fn begins(&self) -> Option<String> {
        let count = if self.header.is_some() { 1 } else { 2 };
        let lines = self.records.get(..count)?.iter();
        let begin: Vec<&[u8]> = lines.map(|line| line.trim_ascii_end()).collect();
        Some(format!("{BEGINS}{}", codec::hash(&begin.concat())))
    }

    /// Whether the header is the one that a chat has, as it was or as it is by now.
    fn is_headed(&self, header: &[u8]) -> bool {
        let given = self.header.unwrap_or_default();
        given == header || is_same_chat(header, given)
    }

    /// What stands between the first `count` records, which end at `end`, and the next one;
    /// `None` when that is more than a newline, or anything where there is no next one.
    fn between(&self, count: usize, end: usize) -> Option<&[u8]> {
        let new = self.records.get(count..)?;
        let start = self.whole.len() - new.iter().map(|record| record.len()).sum::<usize>();
        let between = self.whole.get(end..start)?;
        let fits = match between {
            b"" => true,
            b"\n" | b"\r\n" => !new.is_empty(),
            _ => false,
        };
        fits.then_some(between)
    }
}

impl Keep {
    /// Appends what came since to the chat whose file this one continues, in one change, and
    /// gives its record; `None` when there is no such chat. The state before becomes a version.
    ///
    /// # Errors
    /// `conflict` when others write to the chat without a pause, and what the medium reports.
    pub(super) async fn continued(
        &self,
        given: &Given<'_>,
        same: &str,
        options: &ChatImport,
    ) -> Result<Option<Record>> {
        let Some(begins) = given.begins() else {
            return Ok(None);
        };
        let links = options.links();
        let mut attempts = ATTEMPTS;
        loop {
            attempts -= 1;
            let mut longest = None;
            for record in self.store().find(&begins).await?.records {
                let (trashed, own) = (record.trashed_ms.is_some(), &record.domain);
                if trashed
                    || own != Domain::Chats.name()
                    || options.is_beside(&record.id)
                    || is_called_otherwise(&record, given.name)
                {
                    continue;
                }
                let Some(near) = self.nearness(&record, &links, options).await? else {
                    continue;
                };
                // A chat that cannot be read is none that this file could continue.
                match self.fits(given, &record).await {
                    // Of two that are as long, the nearer one.
                    Ok(Some(length)) => {
                        let fit = (length, near);
                        if longest.as_ref().is_none_or(|(most, _)| fit > *most) {
                            longest = Some((fit, record));
                        }
                    }
                    Err(error) if error.kind() != Kind::Corrupt => return Err(error),
                    _ => {}
                }
            }
            let Some(((length, _), record)) = longest else {
                return Ok(None);
            };
            match self.go_on(given, length, record, same).await {
                Err(error) if error.kind() == Kind::Conflict && attempts > 0 => {}
                went_on => return went_on.map(Some),
            }
        }
    }

    /// How many bytes of the file a chat is, if it is its beginning and as its file left it.
    async fn fits(&self, given: &Given<'_>, record: &Record) -> Result<Option<usize>> {
        let body = Body::of(record)?;
        let count = body.manifest.len();
        let (Some(newest), true) = (newest_file(record), count <= given.records.len() as u64)
        else {
            return Ok(None);
        };
        if body.dialect()? != given.dialect {
            return Ok(None);
        }
        let header = match record.parts.get("header") {
            Some(part) => self.store().part(part).await?,
            None => Vec::new(),
        };
        if !given.is_headed(&header) {
            return Ok(None);
        }
        let start = given.header.map_or(0, <[u8]>::len);
        let mut length = start;
        let mut same = |bytes: &[u8]| {
            let rest = given.whole.get(length..).unwrap_or_default();
            length += bytes.len();
            rest.starts_with(bytes)
        };
        let cache = Cache::default();
        let log = Log::of(self.store(), &record.id, body.manifest, &cache);
        for from in (0..count).step_by(AT_ONCE as usize) {
            let records = log.records(from, from + AT_ONCE).await?;
            if !records.iter().all(|record| same(record)) {
                return Ok(None);
            }
        }
        let was = [&header[..], &given.whole[start..length]].concat();
        let as_it_came = codec::hash(&was) == newest;
        let goes_on = given.between(count as usize, length).is_some();
        Ok((as_it_came && goes_on).then_some(length))
    }

    async fn go_on(
        &self,
        given: &Given<'_>,
        length: usize,
        mut record: Record,
        same: &str,
    ) -> Result<Record> {
        let mut body = Body::of(&record)?;
        let count = body.manifest.len() as usize;
        let missing = given.between(count, length).unwrap_or_default();
        let new = given.records.get(count..).unwrap_or_default().iter();
        // The newline that the last line lacked comes with the first new one.
        let mut new = new.enumerate().map(|(n, record)| match n {
            0 => [missing, record].concat(),
            _ => record.to_vec(),
        });
        let id = record.id.clone();
        let cache = Cache::default();
        let mut log = Log::of(self.store(), &id, body.manifest.clone(), &cache);
        let mut change = Change::new();
        let _gathering = self.store().gather();
        if let Some(header) = given.header {
            record
                .parts
                .insert("header".into(), change.add_part(header));
        }
        self.fill(&mut log, &mut new, &mut change).await?;
        body.manifest = log.manifest;
        body.open_end = given.whole.last().is_some_and(|last| *last != b'\n');
        body.file = body.file.or_else(|| given.name.map(str::to_owned));
        summarize(&mut record, &body, given.records.last().copied())?;
        // The newest file stands last; of older ones only some are remembered.
        let (mut files, rest): (Vec<String>, Vec<String>) =
            (record.by.into_iter()).partition(|key| key.starts_with(FILES));
        files.drain(..(files.len() + 1).saturating_sub(MOST_FILES));
        files.push(same.to_owned());
        record.by = [rest, files].concat();
        change.verify().write(record, History::Keep);
        self.commit_one(change).await
    }

    /// Puts records of a file at the end. Pages are addressed by content and nothing refers to
    /// them before the row is written, so a long chat goes in by several transactions and is still
    /// all or nothing.
    pub(super) async fn fill(
        &self,
        log: &mut Log<'_>,
        records: &mut dyn Iterator<Item = Vec<u8>>,
        change: &mut Change,
    ) -> Result<()> {
        let mut batch = Vec::new();
        let mut batch_bytes = 0;
        for bytes in records {
            batch_bytes += bytes.len();
            batch.push(bytes);
            if batch_bytes >= BATCH_BYTES {
                log.extend(std::mem::take(&mut batch), change).await?;
                let mut pages = std::mem::take(change);
                pages.verify();
                self.commit(pages).await?;
                // What is stored need not stay beside it, however long the chat.
                log.staged = Staged::default();
                batch_bytes = 0;
            }
        }
        log.extend(batch, change).await
    }
}

/// Whether two headers of SillyTavern are of one chat: its mark, in files without one the moment
/// it was begun, and the chat that it branched off, which a branch has and its trunk has not.
fn is_same_chat(old: &[u8], new: &[u8]) -> bool {
    let read = |bytes| Document::read(bytes, &Limits::default()).ok();
    let (Some((old, _)), Some((new, _))) = (read(old), read(new)) else {
        return false;
    };
    let told = |document: &Document, path: &[&str]| {
        let path: Vec<Step<'_>> = path.iter().copied().map(Step::from).collect();
        let found = document.find(&path).map(|node| node.raw().to_owned());
        found.filter(|raw| raw != "null")
    };
    let both = |path: &[&str]| (told(&old, path), told(&new, path));
    let marks = both(&["chat_metadata", "integrity"]);
    let marks = match marks {
        (None, None) => both(&["create_date"]),
        marks => marks,
    };
    let (trunk, trunk_now) = both(&["chat_metadata", "main_chat"]);
    marks.0.is_some() && marks.0 == marks.1 && trunk == trunk_now
}
