//! An archive that is never in memory as a whole: its directory, then one file after the other.
//!
//! For folders of gigabytes. Who has the file gives the pieces that are asked for; a piece ends
//! where the next entry begins, so no two entries can share their bytes. ZIP64 is followed.

use super::zip::{self, CENTRAL, LONGEST_END, Located, number};
use crate::error::{Kind, Limits, Result, Warning};
use crate::order;
use std::ops::Range;

/// So many bytes at the end of a file hold the end of its directory, that of a ZIP64 too.
pub const TAIL: usize = LONGEST_END + 128;

/// An archive whose directory was read.
#[derive(Debug)]
pub struct DistantZip {
    directory: Vec<u8>,
    files: Vec<Distant>,
}

/// One file of it.
#[derive(Debug)]
pub struct Distant {
    /// As it stands in the archive.
    pub name: String,
    /// How many bytes it says that it has.
    pub size: u64,
    /// Its bytes in the archive, with its own header.
    pub place: Range<u64>,
    /// Its line in the directory.
    line: Range<usize>,
}

/// Where the directory stands in a file, by the last bytes of it, which begin at `at`.
///
/// # Errors
/// `bad-zip` when there is no directory.
pub fn locate(tail: &[u8], at: usize) -> Result<Located> {
    zip::end(tail, at).ok_or_else(|| Kind::BadZip.because("there is no directory at its end"))
}

impl DistantZip {
    /// Reads the directory that was [located](locate). Folders are left out.
    ///
    /// # Errors
    /// `bad-zip` when it cannot be followed.
    pub fn read(directory: Vec<u8>, located: &Located) -> Result<DistantZip> {
        let mut files = Vec::new();
        let mut starts = vec![located.directory.start as u64];
        let mut at = 0;
        while at < directory.len() {
            let broken = || Kind::BadZip.because("the archive's directory leads nowhere");
            let (file, next) = line(&directory, at, located.start as u64).ok_or_else(broken)?;
            starts.push(file.place.start);
            if !file.name.ends_with('/') {
                files.push(file);
            }
            at = next;
        }
        order::sort_by(&mut starts, u64::cmp);
        for file in &mut files {
            let next = starts.partition_point(|start| *start <= file.place.start);
            let end = starts.get(next).copied();
            file.place.end = end.unwrap_or(file.place.start);
        }
        Ok(DistantZip { directory, files })
    }

    /// Its files, in the order of the directory.
    pub fn files(&self) -> &[Distant] {
        &self.files
    }

    /// The content of a file, from the bytes at its place. `most` is how many it may have.
    ///
    /// # Errors
    /// `bad-zip` when there is none at the place, `too-large`, `unsupported` when encrypted or
    /// compressed in another way, `bad-encoding` when it cannot be inflated.
    pub fn content(
        &self,
        file: &Distant,
        bytes: &[u8],
        most: usize,
        warnings: &mut Vec<Warning>,
    ) -> Result<Vec<u8>> {
        let nowhere = || Kind::BadZip.because("the archive's directory leads nowhere");
        let line = &self.directory[file.line.clone()];
        let alone = zip::alone(line, bytes).ok_or_else(nowhere)?;
        let limits = Limits {
            archive: most,
            ..Limits::default()
        };
        let archive = zip::read(&alone, &limits, warnings)?.ok_or_else(nowhere)?;
        let entry = archive.entries.first().ok_or_else(nowhere)?;
        let mut budget = most;
        let content = entry.content(&alone, &mut budget, &limits, warnings)?;
        Ok(content.into_owned())
    }
}

/// One line of a directory and where the next one begins. Where the file ends is not known yet.
fn line(directory: &[u8], at: usize, start: u64) -> Option<(Distant, usize)> {
    directory.get(at..)?.strip_prefix(&CENTRAL)?;
    let length = |field: usize| Some(number(directory, at + field, 2)? as usize);
    let name = directory.get(at + 46..at + 46 + length(28)?)?;
    let extra_at = at + 46 + name.len();
    let extra = directory.get(extra_at..extra_at + length(30)?)?;
    let next = extra_at + extra.len() + length(32)?;
    let (stored, mut size) = (
        number(directory, at + 20, 4)?,
        number(directory, at + 24, 4)?,
    );
    let mut local = number(directory, at + 42, 4)?;
    let narrow = u64::from(u32::MAX);
    if stored == narrow || local == narrow {
        (_, local) = zip::wide(extra, size, stored, local)?;
    }
    if size == narrow {
        // What does not fit says nothing that the limits do not say again.
        size = stored;
    }
    let from = start.checked_add(local)?;
    let file = Distant {
        name: zip::text(name),
        size,
        place: from..from,
        line: at..next.min(directory.len()),
    };
    Some((file, next))
}
