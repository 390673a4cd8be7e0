//! The end of a large log from few of its bytes: its start, which says whose lines they are, and
//! as much of its end as the wanted messages take.
//!
//! Asks for ranges and is given them; who has the file reads them. What is no plain log of lines,
//! and what is small, is read whole, by the reader of whole files.

use super::index::{self, SAMPLE};
use super::line::{Pieces, What};
use super::{ChatFile, Dialect, Fault, Place, Session, Source, brief_page, counted};
use super::{header_json, header_name, record_line, view};
use crate::error::{Limits, Result, Warning};
use crate::json::utf16_text;
use std::borrow::Cow;
use std::ops::Range;

/// What is read first of the start, where the header and the first messages stand.
const HEAD: usize = 64 << 10;
/// What is read first of the end; each next reading doubles it.
const TAIL: usize = 128 << 10;

/// A log of which parts are known.
///
/// ```
/// use cardkeep::chat::Peek;
/// use cardkeep::error::Limits;
///
/// let log = br#"{"user_name":"You","character_name":"Ann","chat_metadata":{}}
/// {"name":"Ann","is_user":false,"mes":"Hello."}"#;
/// let mut peek = Peek::new(log.len(), 50, Limits::default());
/// loop {
///     let ranges = peek.wants();
///     if ranges.is_empty() {
///         break;
///     }
///     for range in ranges {
///         peek.give(range.start, &log[range]);
///     }
/// }
/// assert_eq!(peek.told()?.title.as_deref(), Some("Ann"));
/// # Ok::<(), cardkeep::error::Error>(())
/// ```
pub struct Peek {
    size: usize,
    /// So many messages are wanted.
    last: usize,
    limits: Limits,
    /// The bytes from the first one on; all of them, once the file is known whole.
    head: Vec<u8>,
    /// How many of them are wanted.
    head_goal: usize,
    /// The bytes up to the last one.
    tail: Vec<u8>,
    tail_goal: usize,
    read: usize,
    found: Option<Result<Peeked>>,
}

/// What is told of a log. Places count from the end where it is not `complete`: -1 is the last.
#[derive(Debug, Clone)]
pub struct Peeked {
    /// As [`ChatFile`] has it.
    pub dialect: Dialect,
    /// See `dialect`.
    pub source: Source,
    /// See `dialect`.
    pub converted: bool,
    /// The last header that was read, as strict JSON.
    pub header: Option<String>,
    /// What that header calls the chat.
    pub title: Option<String>,
    /// Who the user is, by the header or else by who speaks.
    pub user: Option<String>,
    /// The same of the character; of several the one that speaks first in what was read last.
    pub character: Option<String>,
    /// How many messages the file's last session has, where its beginning was read.
    pub length: Option<usize>,
    /// The last messages of that session, as [`brief_page`] tells them.
    pub last: String,
    /// Lines that cannot be read, among those at the end.
    pub faults: Vec<Fault>,
    /// What else is odd in them.
    pub warnings: Vec<Warning>,
    /// Whether all of the file was read.
    pub complete: bool,
}

impl Peek {
    /// A log of `size` bytes of which nothing is known and the `last` messages are wanted.
    pub fn new(size: usize, last: usize, limits: Limits) -> Peek {
        let small = size <= HEAD + TAIL;
        Peek {
            size,
            last,
            limits,
            head: Vec::new(),
            head_goal: if small { size } else { HEAD },
            tail: Vec::new(),
            tail_goal: if small { 0 } else { TAIL },
            read: 0,
            found: None,
        }
    }

    /// The bytes that are wanted next; none when [`Peek::told`] knows enough.
    pub fn wants(&mut self) -> Vec<Range<usize>> {
        // A file over the limit is refused from its size alone, and one that cannot be counted.
        if self.size > self.limits.chat || self.size == usize::MAX {
            self.found = Some(Err(index::over(self.size, &self.limits)));
        }
        while self.found.is_none() {
            let known = self.tail.len();
            let (head, tail) = (self.head_goal, self.size - self.tail_goal.max(known));
            // What is left between start and end is read at once.
            let wanted = match head >= tail {
                true => [self.head.len()..self.size - known, 0..0],
                false => [self.head.len()..head, tail..self.size - known],
            };
            let wanted = Vec::from(
                wanted
                    .map(Some)
                    .map(|range| range.filter(|one| !one.is_empty())),
            );
            let wanted: Vec<_> = wanted.into_iter().flatten().collect();
            if !wanted.is_empty() {
                return wanted;
            }
            self.attempt();
        }
        Vec::new()
    }

    /// Bytes of the file, from `at` on: a range that was wanted.
    pub fn give(&mut self, at: usize, bytes: &[u8]) {
        self.read += bytes.len();
        if at == self.head.len() {
            self.head.extend_from_slice(bytes);
        } else if at + bytes.len() + self.tail.len() == self.size {
            self.tail = [bytes, &self.tail].concat();
        }
        if !self.tail.is_empty() && self.head.len() + self.tail.len() == self.size {
            self.head.append(&mut self.tail);
        }
    }

    /// How many bytes were given.
    pub fn bytes_read(&self) -> usize {
        self.read
    }

    /// What is told of the log. Of a file that is not as long as it said, of what there is.
    ///
    /// # Errors
    /// Those of [`super::read`].
    pub fn told(mut self) -> Result<Peeked> {
        match self.found.take() {
            Some(found) => found,
            None => self.whole(),
        }
    }

    /// Tells of what is known, or wants more.
    fn attempt(&mut self) {
        if self.head.len() >= self.size {
            self.found = Some(self.whole());
            return;
        }
        let told = match Start::of(&self.head) {
            Start::Short => {
                return self.head_goal = self.head.len().saturating_mul(2).min(self.size);
            }
            Start::Other => return self.head_goal = self.size,
            Start::Log(start) => self.end(&start),
        };
        match told {
            Some(told) => self.found = Some(Ok(told)),
            None => self.tail_goal = self.tail.len().saturating_mul(2).min(self.size),
        }
    }

    fn whole(&self) -> Result<Peeked> {
        let file = super::read(&self.head, &self.limits)?;
        let (header, session) = ends(&file);
        let length = session.lines.len();
        let from = length.saturating_sub(self.last);
        let lines = &session.lines[from..];
        let told = self.tell(&file, session.dialect, header, lines, from as i64);
        Ok(Peeked {
            length: Some(length),
            complete: true,
            ..told
        })
    }

    /// What the end says under such a start; `None` when there is not enough of it.
    fn end(&self, start: &ChatFile<'_>) -> Option<Peeked> {
        // A line that is not there from its first byte on says nothing.
        let cut = memchr::memchr(b'\n', &self.tail)? + 1;
        let tail = self.tail.get(cut..)?;
        let mut file = index::index(Cow::Borrowed(tail))?;
        let session = file.sessions.pop()?;
        let begins = session.header.is_some();
        let length = session.lines.len();
        if !begins && length < self.last {
            return None;
        }
        let total = memchr::memchr_iter(b'\n', tail).count() + usize::from(!tail.ends_with(b"\n"));
        let from_end = |line: i64| line - total as i64 - 1;
        file.faults
            .iter_mut()
            .for_each(|fault| fault.line = from_end(fault.line));
        for warning in &mut file.warnings {
            let line = warning.path.strip_prefix("line ");
            if let Some(line) = line.and_then(|line| line.parse().ok()) {
                warning.path = format!("line {}", from_end(line));
            }
        }
        (file.dialect, file.source) = (start.dialect, start.source);
        let (mut header, _) = ends(start);
        if let Some(own) = session.header.clone().and_then(|own| tail.get(own)) {
            header = Some(own);
        } else if let Some(own) = file
            .sessions
            .iter()
            .rev()
            .find_map(|one| one.header.clone())
        {
            header = tail.get(own).or(header);
        }
        let from = length.saturating_sub(self.last);
        let lines = &session.lines[from..];
        // Without its header a session is read as the file.
        let dialect = match begins {
            true => session.dialect,
            false => file.dialect,
        };
        let first = -(lines.len() as i64);
        let mut told = self.tell(&file, dialect, header, lines, first);
        let sample = start.sessions.iter().flat_map(|session| &session.lines);
        told.name(
            sample.map(|range| &start.bytes[range.clone()]),
            start.dialect,
            &self.limits,
        );
        Some(Peeked {
            length: begins.then_some(length),
            ..told
        })
    }

    fn tell(
        &self,
        file: &ChatFile<'_>,
        dialect: Dialect,
        header: Option<&[u8]>,
        lines: &[Range<usize>],
        first: i64,
    ) -> Peeked {
        let (bytes, limits) = (&file.bytes, &self.limits);
        let lines = || lines.iter().map(|range| &bytes[range.clone()]);
        let places = (first..).map(|index| Place { index, id: None });
        let page = places.zip(lines().map(record_line)).collect();
        let names = header.map(|header| view::names(header, limits));
        let (user, character) = names.unwrap_or_default();
        let mut told = Peeked {
            dialect: file.dialect,
            source: file.source,
            converted: file.converted,
            header: header.and_then(|header| header_json(header, limits)),
            title: header.and_then(|header| header_name(header, limits)),
            user,
            character,
            length: None,
            last: brief_page(page, dialect, limits),
            faults: file.faults.clone(),
            warnings: file.warnings.clone(),
            complete: false,
        };
        told.name(lines(), dialect, limits);
        told
    }
}

impl Peeked {
    /// Takes names that no header says from those who speak.
    fn name<'r>(
        &mut self,
        records: impl Iterator<Item = &'r [u8]>,
        dialect: Dialect,
        limits: &Limits,
    ) {
        for record in records {
            if self.user.is_some() && self.character.is_some() {
                return;
            }
            let Some(counted) = counted(record_line(record), dialect, limits) else {
                continue;
            };
            let name = match counted.role {
                "user" => &mut self.user,
                "character" => &mut self.character,
                _ => continue,
            };
            if name.is_none() && !counted.name.is_empty() {
                *name = Some(counted.name);
            }
        }
    }
}

/// What the start of a file says of all of it.
enum Start<'h> {
    /// Lines of a log, with all that its dialect is told by.
    Log(Box<ChatFile<'h>>),
    /// Not enough to say.
    Short,
    /// What takes the whole file to read.
    Other,
}

impl Start<'_> {
    fn of(head: &[u8]) -> Start<'_> {
        if utf16_text(head.get(..4).unwrap_or(head)).is_some() {
            return Start::Other;
        }
        let end = memchr::memrchr(b'\n', head).map_or(0, |at| at + 1);
        let lines = &head[..end];
        match Pieces::of(lines).find(|piece| piece.what != What::Blank) {
            None => return Start::Short,
            Some(first) if matches!(first.what, What::Fault(..)) => return Start::Other,
            Some(_) => {}
        }
        match index::index(Cow::Borrowed(lines)) {
            Some(file) if count(&file) >= SAMPLE => Start::Log(Box::new(file)),
            _ => Start::Short,
        }
    }
}

fn count(file: &ChatFile<'_>) -> usize {
    file.sessions
        .iter()
        .map(|session| session.lines.len())
        .sum()
}

/// The last header of a file, and its last session.
fn ends<'f>(file: &'f ChatFile<'_>) -> (Option<&'f [u8]>, Session) {
    let mut headers = file.sessions.iter().rev();
    let header = headers.find_map(|session| session.header.clone());
    let session = file.sessions.last().cloned().unwrap_or_default();
    (header.and_then(|header| file.bytes.get(header)), session)
}
