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
mod keep_meta;
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
mod row;
mod space;
mod stage;
mod staging;
mod thinning;
mod turn;
mod verify;
mod versions;
mod writer;

pub use backup::{Backup, Damage, NewBackup, Restored, Verified};
pub(crate) use backup::{Content, next_rev};
pub use change::{Change, History, Write};
pub use connection::{Connection, Connector, Ending, Task, Turn};
pub use engine::{Access, Maintained, Migrated, OpenReport, Store};
pub use journal::{Entry, Journal, journal_key};
pub use keep_meta::RestoreEnd;
pub use log::{Level, Log, LogEntry, LogListener};
pub use medium::{
    Burst, Check, Gate, Key, KeyPart, Known, Medium, Passed, Pending, Put, Scan, Table, Value,
    both, conflict, fenced, unknown,
};
pub use memory::MemoryMedium;
pub use migration::{Done as MigrationDone, Odd, Plan, Step, Upgrade};
pub use open::Options;
pub use record::{Listing, Record, Unreadable};
pub use redo::{MemoryRedo, Recovered, Redo, RedoFile, SecondCopy};
pub(crate) use row::{QUARANTINE, Row, SNAPSHOTS, part_keys, row_of, version_key};
