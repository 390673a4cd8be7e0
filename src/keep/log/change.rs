//! Changes of a log, staged: records at the end, in a segment, and a log that begins as another.

use super::manifest::{Manifest, Run, Tail, chain};
use super::read::{Cache, Log, Staged, miscount};
use super::segment::{self, Numbered, Segment, number};
use crate::error::{Kind, Result};
use crate::store::{Change, Key};
use std::rc::Rc;

impl Log<'_> {
    /// Stages more records at the end. A tail that they fill is sealed with them.
    pub(in crate::keep) async fn append(
        &mut self,
        records: Vec<Vec<u8>>,
        change: &mut Change,
    ) -> Result<()> {
        let Tail {
            from, to, bytes, ..
        } = self.manifest.tail;
        let count = (to - from) as usize + records.len();
        let bytes = bytes as usize + records.iter().map(Vec::len).sum::<usize>();
        if count >= segment::RECORDS || bytes >= segment::BYTES {
            // Nothing but this row refers to these pages: whoever makes a second reference seals first.
            (from..to).for_each(|n| change.drop_page(Key::page("tail", self.chat, n)));
            return self.extend(records, change).await;
        }
        for record in records {
            let tail = self.manifest.tail;
            change.add_page(Key::page("tail", self.chat, tail.to), &record);
            self.manifest.tail = Tail {
                to: tail.to + 1,
                bytes: tail.bytes + record.len() as u64,
                check: chain(tail.check, &record),
                ..tail
            };
        }
        Ok(())
    }

    /// Stages many records at the end, as segments.
    pub(in crate::keep) async fn extend(
        &mut self,
        records: Vec<Vec<u8>>,
        change: &mut Change,
    ) -> Result<()> {
        let mut all = self.tail().await?;
        let next = self.manifest.tail.to;
        self.manifest.tail.to += records.len() as u64;
        all.extend(number(records, next));
        self.seal(all, change).await
    }

    /// Stages records behind all others, with their numbers.
    pub(in crate::keep) async fn push(
        &mut self,
        records: Vec<Numbered>,
        change: &mut Change,
    ) -> Result<()> {
        self.settle(change).await?;
        self.seal(records, change).await
    }

    /// Stages what `edit` makes of the records of the segment that holds record `index`;
    /// it is told where in them the record stands. The tail is sealed first, so that the
    /// state before stays whole for its version.
    pub(in crate::keep) async fn edit_segment(
        &mut self,
        index: u64,
        change: &mut Change,
        edit: impl FnOnce(&mut Vec<Numbered>, usize) -> Result<()>,
    ) -> Result<()> {
        if index >= self.manifest.len() {
            let detail = format!("message {index} of {}", self.manifest.len());
            return Err(Kind::NotFound.because(detail).of("chats", self.chat));
        }
        self.settle(change).await?;
        self.number_runs(change).await?;
        let mut start = 0;
        for position in 0..self.manifest.runs.len() {
            let run = self.manifest.runs[position].clone();
            if index < start + run.records {
                let mut segments = self.run(&run).await?.as_ref().clone();
                let mut at = start;
                let holds = |segment: &Segment| {
                    let found = index < at + segment.records;
                    at += if found { 0 } else { segment.records };
                    found
                };
                let place = segments
                    .iter()
                    .position(holds)
                    .ok_or_else(|| miscount(self.chat))?;
                let content = self.segment(&segments[place]).await?;
                let mut records = content.numbered(segments[place].first);
                let offset = (index - at) as usize;
                if offset >= records.len() {
                    return Err(miscount(self.chat));
                }
                edit(&mut records, offset)?;
                let replaced: Vec<Segment> = segment::pack(records)
                    .into_iter()
                    .map(|group| self.add_segment(group, change))
                    .collect();
                segments.splice(place..=place, replaced);
                let runs: Vec<Run> = segments
                    .chunks(segment::RUN)
                    .map(|chunk| self.add_run(chunk, change))
                    .collect();
                self.manifest.runs.splice(position..=position, runs);
                return Ok(());
            }
            start += run.records;
        }
        Err(miscount(self.chat))
    }

    /// Stages the tail as segments, so that a second row may refer to everything.
    pub(in crate::keep) async fn settle(&mut self, change: &mut Change) -> Result<()> {
        if self.manifest.tail.from == self.manifest.tail.to {
            return Ok(());
        }
        let records = self.tail().await?;
        self.seal(records, change).await
    }

    /// Stages lists that say the numbers of their records in place of those that do not:
    /// positions are about to change.
    async fn number_runs(&mut self, change: &mut Change) -> Result<()> {
        let mut start = 0;
        for position in 0..self.manifest.runs.len() {
            let run = self.manifest.runs[position].clone();
            if !run.ids {
                let segments = self.numbered_run(&run, start).await?;
                self.manifest.runs[position] = self.add_run(&segments, change);
            }
            start += run.records;
        }
        Ok(())
    }

    /// Stages the first records as a log of its own, which shares everything sealed but the
    /// segment that is cut, and gives its manifest. Its records keep their numbers.
    pub(in crate::keep) async fn head(&self, length: u64, change: &mut Change) -> Result<Manifest> {
        let mut head = Log {
            manifest: Manifest::default(),
            staged: Staged::default(),
            ..*self
        };
        let (mut start, mut cut) = (0, Vec::new());
        for run in &self.manifest.runs {
            if start + run.records <= length {
                head.manifest.runs.push(run.clone());
                start += run.records;
                continue;
            }
            let mut segments = Vec::new();
            for segment in self.run(run).await?.iter() {
                if start + segment.records > length {
                    break;
                }
                segments.push(segment.numbered(start));
                start += segment.records;
            }
            if !segments.is_empty() {
                head.manifest.runs.push(self.add_run(&segments, change));
            }
            break;
        }
        if start < length {
            cut = self.numbered(start, length).await?;
        }
        head.manifest.tail_behind(&self.manifest);
        if !cut.is_empty() {
            head.seal(cut, change).await?;
        }
        Ok(head.manifest)
    }

    /// Puts records behind the sealed ones and starts a new tail.
    pub(super) async fn seal(&mut self, records: Vec<Numbered>, change: &mut Change) -> Result<()> {
        let mut segments = match self.manifest.runs.last() {
            Some(last) => {
                let start = self.manifest.sealed() - last.records;
                self.numbered_run(last, start).await?
            }
            None => Vec::new(),
        };
        if segments.len() < segment::RUN {
            self.manifest.runs.pop();
        } else {
            segments.clear();
        }
        segments.extend(
            segment::pack(records)
                .into_iter()
                .map(|group| self.add_segment(group, change)),
        );
        for chunk in segments.chunks(segment::RUN) {
            let run = self.add_run(chunk, change);
            self.manifest.runs.push(run);
        }
        let next = self.manifest.tail.to;
        self.manifest.tail = Tail {
            from: next,
            to: next,
            bytes: 0,
            check: 0,
        };
        Ok(())
    }

    fn add_segment(&self, records: Vec<Numbered>, change: &mut Change) -> Segment {
        let (bytes, content, first) = segment::write(records);
        let segment = Segment {
            part: change.add_part(&bytes),
            records: content.records.len() as u64,
            first,
        };
        let hash = segment.part.hash.clone();
        let content = Rc::new(content);
        Cache::put(&self.cache.segments, &hash, Rc::clone(&content));
        self.staged.segments.borrow_mut().insert(hash, content);
        segment
    }

    pub(super) fn add_run(&self, segments: &[Segment], change: &mut Change) -> Run {
        let run = Run {
            part: change.add_part(&segment::write_run(segments)),
            records: segments.iter().map(|s| s.records).sum(),
            ids: true,
        };
        let hash = run.part.hash.clone();
        let listed = Rc::new(segments.to_vec());
        Cache::put(&self.cache.runs, &hash, Rc::clone(&listed));
        self.staged.runs.borrow_mut().insert(hash, listed);
        run
    }
}
