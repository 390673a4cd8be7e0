//! One writer at a time, where the app asks for it: whose turn it is stands in `meta`, and
//! every write of a keep that writes alone checks in its transaction that it still is.
//!
//! Knows nothing of tabs and locks. A keep that was not opened for writing alone looks at
//! none of this.

use super::engine::Store;
use super::medium::{Burst, Check, Key, Put, Table, Value};
use super::turn::{WRITER, Writer, locked};
use crate::codec;
use crate::error::Result;
use serde::{Deserialize, Serialize};

/// What `meta` says.
#[derive(Serialize, Deserialize)]
struct TurnMeta {
    /// One more with each turn.
    epoch: u64,
    /// Made for this turn.
    by: String,
}

impl Store {
    /// Takes the turn: from now on only this keep writes, of all that write alone. Whoever
    /// had it before is refused with `locked` at its next write.
    ///
    /// # Errors
    /// `locked` when somebody else took it at the same moment: it may be theirs by now. What the
    /// medium reports.
    pub async fn take_turn(&self) -> Result<()> {
        let key = || Key::meta(WRITER);
        let found = self.medium().read(Table::Meta, &[key()]).await?;
        let before = found.into_iter().next().flatten().map(|value| value.bytes);
        let last = before
            .as_deref()
            .and_then(|bytes| serde_json::from_slice::<TurnMeta>(bytes).ok());
        let turn = TurnMeta {
            epoch: last.map_or(0, |turn| turn.epoch) + 1,
            by: codec::new_id(self.now()),
        };
        let bytes = serde_json::to_vec(&turn).expect("plain fields always can be written");
        let burst = Burst {
            checks: vec![
                self.fence(),
                Check::Same {
                    table: Table::Meta,
                    key: key(),
                    bytes: before,
                },
            ],
            puts: vec![Put {
                table: Table::Meta,
                key: key(),
                value: Value::bytes(bytes.clone()),
            }],
            ..Burst::default()
        };
        self.medium().write(&burst).await?;
        self.writer.replace(Writer::Mine(bytes));
        Ok(())
    }

    /// Gives up the turn, or never had it: every write is refused with `locked`.
    pub fn leave_turn(&self) {
        self.writer.replace(Writer::Theirs);
    }

    /// Whether it is another one's turn.
    pub fn is_locked(&self) -> bool {
        matches!(*self.writer.borrow(), Writer::Theirs)
    }

    /// The burst with the check that it is still this keep's turn.
    ///
    /// # Errors
    /// `locked`.
    pub(super) fn in_turn(&self, mut burst: Burst) -> Result<Burst> {
        match &*self.writer.borrow() {
            Writer::Shared => {}
            Writer::Mine(bytes) => burst.checks.push(Check::Same {
                table: Table::Meta,
                key: Key::meta(WRITER),
                bytes: Some(bytes.clone()),
            }),
            Writer::Theirs => return Err(locked()),
        }
        Ok(burst)
    }
}
