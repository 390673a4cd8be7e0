//! What a log refers to, and whether it is what its manifest says.

use super::manifest::Tail;
use super::read::{Log, miscount};
use crate::codec::Part;
use crate::error::{Kind, Result};
use crate::store::Key;

/// What a log refers to.
#[derive(Debug, Default)]
pub(in crate::keep) struct Held {
    /// Lists of segments.
    pub runs: Vec<Part>,
    /// The segments of those lists that can be read.
    pub segments: Vec<Part>,
    /// Pages of the tail.
    pub tail: Vec<Key>,
    /// Whether every list could be read.
    pub whole: bool,
}

impl Log<'_> {
    /// Everything that the manifest refers to.
    ///
    /// # Errors
    /// What the medium reports; a list that cannot be read is no error.
    pub(in crate::keep) async fn held(&self) -> Result<Held> {
        let mut held = Held {
            whole: true,
            ..Held::default()
        };
        for run in &self.manifest.runs {
            held.runs.push(run.part.clone());
            match self.run(run).await {
                Ok(segments) => {
                    let parts = segments.iter().map(|segment| segment.part.clone());
                    held.segments.extend(parts);
                }
                Err(error) if error.kind() == Kind::Corrupt => held.whole = false,
                Err(error) => return Err(error),
            }
        }
        let Tail { from, to, .. } = self.manifest.tail;
        held.tail = (from..to)
            .map(|n| Key::page("tail", self.chat, n))
            .collect();
        Ok(held)
    }

    /// Whether lists and tail are what the manifest says. What a segment holds is what its
    /// address says, and not looked at.
    ///
    /// # Errors
    /// `corrupt`, saying what differs, and what the medium reports.
    pub(in crate::keep) async fn verify(&self) -> Result<()> {
        for run in &self.manifest.runs {
            let segments = self.run(run).await?;
            if segments.iter().map(|s| s.records).sum::<u64>() != run.records {
                return Err(miscount(self.chat));
            }
        }
        self.tail().await.map(drop)
    }
}
