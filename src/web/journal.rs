//! Edits that are saved later, and recovered drafts, as JavaScript calls them.

use super::convert::{self, parse, promise, rev};
use super::keep::KeepHandle;
use crate::keep::Edit;
use js_sys::Promise;
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
impl KeepHandle {
    /// Journals `edits`, an array of `Edit` as JSON; their bases as JSON.
    #[wasm_bindgen(js_name = journalWrite)]
    pub fn journal_write(&self, writer: String, edits: String, ending: bool) -> Promise {
        let keep = self.keep.clone();
        promise(async move {
            let edits: Vec<Edit> = parse(&edits)?;
            let bases = keep.journal().write(&writer, edits, ending).await?;
            Ok(convert::ascii(&bases))
        })
    }

    /// Removes entries; `seqs` is an array of numbers as JSON.
    #[wasm_bindgen(js_name = journalForget)]
    pub fn journal_forget(&self, writer: String, seqs: String) -> Promise {
        let keep = self.keep.clone();
        promise(async move {
            let seqs: Vec<u64> = parse(&seqs)?;
            keep.journal().forget(&writer, &seqs).await?;
            Ok(JsValue::UNDEFINED)
        })
    }

    /// Makes an `Edit`, as `Making` says; the record's revision.
    #[wasm_bindgen(js_name = journalMake)]
    pub fn journal_make(&self, writer: String, edit: String, making: String) -> Promise {
        let keep = self.keep.clone();
        promise(async move {
            let edit: Edit = parse(&edit)?;
            let rev = keep.journal().make(&writer, &edit, parse(&making)?).await?;
            Ok(rev as f64)
        })
    }

    /// `{ items, unreadable }` as JSON.
    #[wasm_bindgen(js_name = journalList)]
    pub fn journal_list(&self) -> Promise {
        let keep = self.keep.clone();
        promise(async move { Ok(convert::ascii(&keep.journal().list().await?)) })
    }

    /// The writers that have entries, as JSON.
    #[wasm_bindgen(js_name = journalWriters)]
    pub fn journal_writers(&self) -> Promise {
        let keep = self.keep.clone();
        promise(async move { Ok(convert::ascii(&keep.journal().writers().await?)) })
    }

    /// `Replayed` as JSON.
    #[wasm_bindgen(js_name = journalReplay)]
    pub fn journal_replay(&self, writer: String, slot: Option<String>) -> Promise {
        let keep = self.keep.clone();
        promise(async move {
            let replayed = keep.journal().replay(&writer, slot.as_deref()).await?;
            Ok(convert::ascii(&replayed))
        })
    }

    /// `RecoveredDraft[]` as JSON.
    #[wasm_bindgen(js_name = drafts)]
    pub fn drafts(&self) -> Promise {
        let keep = self.keep.clone();
        promise(async move { Ok(convert::ascii(&keep.drafts().list().await?)) })
    }

    /// The draft as JSON with its patch, or `undefined`.
    pub fn draft(&self, id: String) -> Promise {
        let keep = self.keep.clone();
        promise(async move { keep.drafts().get(&id).await })
    }

    /// The record's revision.
    #[wasm_bindgen(js_name = applyDraft)]
    pub fn apply_draft(&self, id: String, if_rev: Option<f64>) -> Promise {
        let keep = self.keep.clone();
        promise(async move { Ok(keep.drafts().apply(&id, rev(if_rev)).await? as f64) })
    }

    /// Removes a draft.
    #[wasm_bindgen(js_name = discardDraft)]
    pub fn discard_draft(&self, id: String) -> Promise {
        let keep = self.keep.clone();
        promise(async move {
            keep.drafts().discard(&id).await?;
            Ok(JsValue::UNDEFINED)
        })
    }

    /// The unsent message of a chat as JSON.
    #[wasm_bindgen(js_name = unsent)]
    pub fn unsent(&self, chat: String) -> Promise {
        let keep = self.keep.clone();
        promise(async move { keep.journal().unsent(&chat).await })
    }

    /// Keeps an unsent message, a JSON string.
    #[wasm_bindgen(js_name = setUnsent)]
    pub fn set_unsent(&self, chat: String, text: String) -> Promise {
        let keep = self.keep.clone();
        promise(async move {
            keep.journal().set_unsent(&chat, &text).await?;
            Ok(JsValue::UNDEFINED)
        })
    }
}
