//! The keep's own record, in `meta`: who it is, which schema it has, and whether it is being restored.

use crate::error::{Kind, Result};
use serde::{Deserialize, Serialize};

/// The record of the keep itself, under `[keep]` in `meta`. Every write checks that
/// it is still the same, so that a tab with older code stops as soon as it changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct KeepMeta {
    /// Id of the keep.
    pub id: String,
    /// Schema of its records.
    pub schema: u32,
    /// Code below this schema must not write.
    pub min_writer: u32,
    /// Milliseconds since 1970.
    pub created: i64,
    /// A restore that is under way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restoring: Option<Restoring>,
}

impl KeepMeta {
    pub(crate) const KEY: &'static str = "keep";

    /// The schema that whoever writes has to know. A restore that is under way keeps all others
    /// out by the number for writers alone.
    pub(super) fn needs(&self) -> u32 {
        match self.restoring {
            Some(_) => self.schema,
            None => self.schema.max(self.min_writer),
        }
    }

    pub(crate) fn read(bytes: &[u8]) -> Result<KeepMeta> {
        serde_json::from_slice(bytes).map_err(|cause| {
            Kind::Corrupt
                .because("the keep's own record cannot be read")
                .caused_by(cause)
        })
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("plain fields write to memory without failing")
    }
}

/// A restore that is under way, as the keep's own record tells of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Restoring {
    /// What the keep becomes.
    pub backup: String,
    /// The backup of what was there; `None`: nothing is changed yet.
    pub before: Option<String>,
    /// Entries of the file that are done.
    pub done: u64,
    /// The schema that the keep has in the end.
    pub schema: u32,
}

/// How a restore ended that an opening found under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum RestoreEnd {
    /// The keep is what the backup holds.
    Finished,
    /// The keep is what it was before.
    Undone,
    /// Neither backup can be read: records of both states are there.
    Mixed,
}
