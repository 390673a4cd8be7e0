//! Transactions, as JavaScript calls them: a keep of their own, and its end.

use super::convert::{self, promise};
use super::keep::KeepHandle;
use crate::keep::Transaction;
use js_sys::Promise;
use std::rc::Rc;
use wasm_bindgen::prelude::*;

/// A transaction that is under way.
#[wasm_bindgen]
pub struct TransactionHandle(Rc<Transaction>);

#[wasm_bindgen]
impl TransactionHandle {
    /// The keep as the transaction has it so far.
    pub fn keep(&self) -> KeepHandle {
        KeepHandle::of(self.0.keep().clone())
    }

    /// Stores everything that was changed in it.
    pub fn commit(&self, write: JsValue) -> Promise {
        let transaction = Rc::clone(&self.0);
        promise(async move {
            transaction.commit(convert::write(&write)?).await?;
            Ok(JsValue::UNDEFINED)
        })
    }

    /// Forgets everything that was changed in it.
    pub fn abandon(&self) {
        self.0.abandon();
    }
}

#[wasm_bindgen]
impl KeepHandle {
    /// Begins a transaction.
    pub fn begin(&self) -> TransactionHandle {
        TransactionHandle(Rc::new(self.keep().begin()))
    }
}
