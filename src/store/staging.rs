//! Stores on a stage: everything works there as it does beneath, and lands in one burst.

use super::change::Write;
use super::engine::Store;
use super::medium::{Key, Medium, Put, Table};
use super::record::Record;
use super::row::row_of;
use super::stage::Stage;
use crate::error::{Kind, Result};
use std::rc::Rc;

impl Store {
    /// A store on a stage over this one: everything works there as it does here, and
    /// nothing of it counts before [`Store::land`].
    pub fn staged(&self) -> Store {
        let stage = Rc::new(Stage::over(Rc::clone(&self.medium)));
        Store {
            medium: Rc::clone(&stage) as Rc<dyn Medium>,
            stage: Some(stage),
            ..self.clone()
        }
    }

    /// A store in which a record is this one and everything else is as it is here, for reading
    /// alone.
    pub(crate) fn showing(&self, record: &Record) -> Store {
        let mut store = self.staged();
        store.shows_older = true;
        if let Some(stage) = &store.stage {
            stage.put(Put {
                table: Table::Rows,
                key: Key::row(&record.domain, &record.id),
                value: row_of(record, record.rev),
            });
        }
        store
    }

    /// Writes everything that a staged store has gathered: all of it or nothing. The
    /// staged store is over then.
    ///
    /// # Errors
    /// `conflict` when a row that was changed or read there is another by now, `too-new`
    /// when another version took over, `corrupt` when it does not read back as it was
    /// written, and what the medium reports.
    pub async fn land(&self, staged: &Store, write: Write) -> Result<()> {
        let Some(stage) = &staged.stage else {
            return Err(Kind::Bug.because("a store without a stage cannot be landed"));
        };
        let mut burst = stage.leave()?;
        burst.durable |= write.durable;
        burst.verify |= write.verify;
        if burst.puts.is_empty() && burst.deletes.is_empty() {
            return Ok(());
        }
        self.write(burst).await
    }
}
