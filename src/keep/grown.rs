//! Files that have grown: the chat that was kept of a file's beginning gets the lines that came
//! since.
//!
//! Only a chat that is byte for byte as its file left it goes on so. Whatever was changed here
//! meanwhile, or in an earlier line of the file, makes the file another chat: nothing that is
//! kept is replaced.

use super::chat_row::{Body, summarize};
use super::chats::{Chats, FILES};
use super::domain::Domain;
use super::manifest::{Cache, Log};
use crate::chat::Dialect;
use crate::codec;
use crate::error::{Kind, Result};
use crate::store::{Change, History, Record};

/// What the index keys of beginnings begin with.
const BEGINS: &str = "chats/begins/";

/// Hashes of files that a chat remembers it came in.
const MOST_FILES: usize = 8;

/// How often is tried again when somebody else writes to the chat at the same time.
const ATTEMPTS: u32 = 4;

/// Records compared at once.
const AT_ONCE: u64 = 256;

/// A session of a file, as it is kept.
pub(super) struct Given<'a> {
    pub dialect: Dialect,
    /// All its bytes.
    pub whole: &'a [u8],
    /// Its records, in order; their end is the end of `whole`.
    pub records: &'a [&'a [u8]],
}

impl Given<'_> {
    /// The index key of its first two lines, which stay when it grows; `None` when there are not
    /// so many.
    pub(super) fn begins(&self) -> Option<String> {
        let mut lines = self.whole.splitn(3, |byte| *byte == b'\n');
        let two = [lines.next()?, lines.next()?].map(<[u8]>::trim_ascii_end);
        let begin = two.concat();
        (!two[1].is_empty()).then(|| format!("{BEGINS}{}", codec::hash(&begin)))
    }

    /// What stands between the first `count` records, which end at `end`, and the next one;
    /// `None` when there is no next one or more than a newline.
    fn between(&self, count: usize, end: usize) -> Option<&[u8]> {
        let new = self.records.get(count..).filter(|new| !new.is_empty())?;
        let start = self.whole.len() - new.iter().map(|record| record.len()).sum::<usize>();
        let between = self.whole.get(end..start)?;
        matches!(between, b"" | b"\n" | b"\r\n").then_some(between)
    }
}

impl Chats {
    /// Appends what came since to the chat whose file this one continues, in one change, and
    /// gives its record; `None` when there is no such chat. The state before becomes a version.
    ///
    /// # Errors
    /// `conflict` when others write to the chat without a pause, and what the medium reports.
    pub(super) async fn continued(&self, given: &Given<'_>, same: &str) -> Result<Option<Record>> {
        let Some(begins) = given.begins() else {
            return Ok(None);
        };
        let mut attempts = ATTEMPTS;
        loop {
            attempts -= 1;
            let mut longest = None;
            for record in self.keep.store().find(&begins).await?.records {
                let (trashed, own) = (record.trashed_ms.is_some(), &record.domain);
                if trashed || own != Domain::Chats.name() {
                    continue;
                }
                // A chat that cannot be read is none that this file could continue.
                match self.fits(given, &record).await {
                    Ok(Some(length)) if longest.as_ref().is_none_or(|(most, _)| length > *most) => {
                        longest = Some((length, record));
                    }
                    Err(error) if error.kind() != Kind::Corrupt => return Err(error),
                    _ => {}
                }
            }
            let Some((length, record)) = longest else {
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
        let mut files = record.by.iter().rev();
        let newest = files.find_map(|key| key.strip_prefix(FILES));
        let (Some(newest), true) = (newest, count < given.records.len() as u64) else {
            return Ok(None);
        };
        if body.dialect()? != given.dialect {
            return Ok(None);
        }
        let header = match record.parts.get("header") {
            Some(part) => self.keep.store().part(part).await?,
            None => Vec::new(),
        };
        let mut length = 0;
        let mut same = |bytes: &[u8]| {
            let rest = given.whole.get(length..).unwrap_or_default();
            length += bytes.len();
            rest.starts_with(bytes)
        };
        if !same(&header) {
            return Ok(None);
        }
        let cache = Cache::default();
        let log = self.log(&record.id, body, &cache);
        for from in (0..count).step_by(AT_ONCE as usize) {
            let records = log.records(from, from + AT_ONCE).await?;
            if !records.iter().all(|record| same(record)) {
                return Ok(None);
            }
        }
        let as_it_came = codec::hash(&given.whole[..length]) == newest;
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
        let mut log = self.log(&id, body.clone(), &cache);
        let mut change = Change::new();
        let _gathering = self.keep.store().gather();
        self.fill(&mut log, &mut new, &mut change).await?;
        body.manifest = log.manifest;
        body.open_end = given.whole.last().is_some_and(|last| *last != b'\n');
        summarize(&mut record, &body, given.records.last().copied())?;
        // The newest file stands last; of older ones only some are remembered.
        let (mut files, rest): (Vec<String>, Vec<String>) =
            (record.by.into_iter()).partition(|key| key.starts_with(FILES));
        files.drain(..(files.len() + 1).saturating_sub(MOST_FILES));
        files.push(same.to_owned());
        record.by = [rest, files].concat();
        change.verify().write(record, History::Keep);
        self.keep.commit_one(change).await
    }

    pub(super) fn log<'a>(&'a self, id: &'a str, body: Body, cache: &'a Cache) -> Log<'a> {
        Log {
            store: self.keep.store(),
            cache,
            chat: id,
            manifest: body.manifest,
        }
    }
}
