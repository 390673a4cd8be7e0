//! The engine: records and pages on a medium, written in one way only.
//!
//! Knows domains only as names. What a record means is the matter of `keep`; where
//! the bytes rest is the matter of a [`Medium`].

mod backup;
mod change;
mod check;
mod connection;
mod engine;
mod journal;
mod log;
mod medium;
mod memory;
mod migration;
mod open;
mod part_cache;
mod quarantine;
mod recent;
mod record;
mod redo;
mod space;
mod stage;
mod thinning;
mod verify;
mod versions;
mod writer;

pub use backup::{Backup, Damage, NewBackup, RestoreEnd, Restored, Verified};
pub(crate) use backup::{Content, next_rev};
pub(crate) use change::VERSIONS;
pub use change::{Change, History, Write};
pub(crate) use check::{Row, part_keys, row_of};
pub use connection::{Connection, Connector, Ending, Task, Turn};
pub use engine::{Access, Maintained, Migrated, OpenReport, Store};
pub use journal::{Entry, Journal, journal_key};
pub use log::{Level, Log, LogEntry, LogListener};
pub use medium::{
    Burst, Check, Gate, Key, KeyPart, Known, Medium, Passed, Pending, Put, Scan, Table, Value,
    both, conflict, fenced, unknown,
};
pub(crate) use quarantine::QUARANTINE;

pub use memory::MemoryMedium;
pub(crate) use migration::SNAPSHOTS;
pub use migration::{Done as MigrationDone, Odd, Plan, Step, Upgrade};
pub use open::Options;
pub use record::{Listing, Record, Unreadable};
pub use redo::{MemoryRedo, Recovered, Redo, RedoFile, SecondCopy};
