//! What can still be read of a damaged log, as a log that is whole.

use super::manifest::{Manifest, Tail};
use super::read::Log;
use super::segment::{self, Segment, number};
use crate::error::{Kind, Result};
use crate::store::Change;

impl Log<'_> {
    /// Stages a manifest of what can still be read, with a new tail from `next` on, and
    /// gives how many records are lost. A list of segments that is lost is taken from the
    /// newest of `elders`, the manifests of older states, that has it at the same place.
    pub(in crate::keep) async fn salvage(
        &mut self,
        next: u64,
        elders: &[Manifest],
        change: &mut Change,
    ) -> Result<u64> {
        let mut lost = 0;
        let mut kept = Vec::new();
        let mut start = 0;
        for (place, run) in self.manifest.runs.clone().iter().enumerate() {
            let elders = elders.iter().filter_map(|elder| elder.runs.get(place));
            let mut segments = Vec::new();
            for run in std::iter::once(run).chain(elders) {
                match self.numbered_run(run, start).await {
                    Ok(read) => {
                        segments.extend(read);
                        break;
                    }
                    Err(error) if error.kind() == Kind::Corrupt => {}
                    Err(error) => return Err(error),
                }
            }
            start += run.records;
            let listed = segments.iter().map(|segment| segment.records).sum();
            lost += run.records.saturating_sub(listed);
            for segment in &segments {
                match self.store.parts(std::slice::from_ref(&segment.part)).await {
                    Ok(content) => {
                        match content.first().and_then(|content| segment::read(content)) {
                            Some(content) => kept.push(Segment {
                                records: content.records.len() as u64,
                                ..segment.clone()
                            }),
                            None => lost += segment.records,
                        }
                    }
                    Err(error) if error.kind() == Kind::Corrupt => lost += segment.records,
                    Err(error) => return Err(error),
                }
            }
        }
        let mut records = Vec::new();
        let Tail { from, to, .. } = self.manifest.tail;
        for n in from..to {
            match self.tail_pages(n..n + 1).await {
                Ok(read) => records.extend(number(read, n)),
                Err(error) if error.kind() == Kind::Corrupt => lost += 1,
                Err(error) => return Err(error),
            }
        }
        self.manifest.runs.clear();
        for segments in kept.chunks(segment::RUN) {
            let run = self.add_run(segments, change);
            self.manifest.runs.push(run);
        }
        self.manifest.tail.to = next.max(to);
        self.seal(records, change).await?;
        Ok(lost)
    }
}
