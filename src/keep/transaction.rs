//! Transactions: any calls of any domain, stored all at once or not at all.
//!
//! A transaction is a second keep on a stage over the first one. Knows nothing of what is
//! awaited inside one; that is the face's matter, since only JavaScript awaits.

use super::{Changed, Keep, Observer, Shared};
use crate::error::Result;
use crate::store::Write;
use std::cell::RefCell;
use std::rc::Rc;

/// A transaction that is under way.
pub struct Transaction {
    /// Where everything goes in the end.
    base: Keep,
    keep: Keep,
    changed: Rc<RefCell<Changed>>,
}

impl Keep {
    /// Begins a transaction. Nothing is locked by it: whoever is first to commit wins.
    pub fn begin(&self) -> Transaction {
        let changed: Rc<RefCell<Changed>> = Rc::default();
        let gather = Rc::clone(&changed);
        let observer: Observer = Rc::new(move |domain, ids| gather.borrow_mut().add(domain, ids));
        let mut staged = Shared::clone(&self.0);
        staged.store = self.store().staged();
        staged.observer = observer;
        Transaction {
            base: self.clone(),
            keep: Keep(Rc::new(staged)),
            changed,
        }
    }
}

impl Transaction {
    /// The keep as the transaction has it so far.
    pub fn keep(&self) -> &Keep {
        &self.keep
    }

    /// Stores everything that was changed in the transaction, in one burst, and then tells
    /// the observer, once for each domain. The transaction is over then, also when it fails.
    ///
    /// # Errors
    /// `conflict` when a record that was changed or read by its id is another by now,
    /// `transaction-over`, and what the medium reports: nothing was stored then. `corrupt`
    /// when it does not read back as it was written.
    pub async fn commit(&self, write: Write) -> Result<()> {
        let staged = self.keep.store();
        self.base.store().land(staged, write).await?;
        let changed = self.changed.take();
        let settings = changed.touches("settings");
        changed.tell(&self.base.0.observer);
        if settings {
            // Everything is stored; what cannot be read now is read at the next opening.
            let _ = self.base.settings().apply().await;
        }
        Ok(())
    }

    /// Forgets everything that was changed in the transaction, which is over then.
    pub fn abandon(&self) {
        self.keep.close();
    }
}
