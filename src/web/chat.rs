//! An open chat, and what is asked of all of them: JSON text in and out.

use super::convert;
use super::keep::{KeepHandle, promise};
use crate::chat::SwipeChange;
use crate::error::Result;
use crate::json::Document;
use crate::keep::{Chat, SearchOptions};
use js_sys::Promise;
use std::rc::Rc;
use wasm_bindgen::prelude::*;

/// An open chat.
#[wasm_bindgen]
pub struct ChatHandle {
    chat: Rc<Chat>,
    header: Option<String>,
}

#[wasm_bindgen]
impl KeepHandle {
    /// `ChatEntry[]` as JSON.
    #[wasm_bindgen(js_name = chatsOfCharacter)]
    pub fn chats_of_character(&self, id: String) -> Promise {
        let keep = self.keep().clone();
        promise(async move { Ok(keep.chats().of_character(&id).await?.to_string()) })
    }

    /// A `ChatHandle`.
    #[wasm_bindgen(js_name = openChat)]
    pub fn open_chat(&self, id: String) -> Promise {
        let keep = self.keep().clone();
        promise(async move {
            let chat = keep.chats().open(&id).await?;
            let header = chat.header().await?;
            Ok(ChatHandle {
                chat: Rc::new(chat),
                header,
            })
        })
    }

    /// `ChatEntry[]` as JSON.
    #[wasm_bindgen(js_name = chatBranches)]
    pub fn chat_branches(&self, id: String) -> Promise {
        let keep = self.keep().clone();
        promise(async move { Ok(keep.chats().branches(&id).await?.to_string()) })
    }

    /// `[{ entry, hits }]` as JSON.
    #[wasm_bindgen(js_name = searchChats)]
    pub fn search_chats(&self, query: String, options: JsValue) -> Promise {
        let keep = self.keep().clone();
        promise(async move {
            let options: SearchOptions = convert::options(&options)?;
            Ok(keep.chats().search(&query, &options).await?.to_string())
        })
    }
}

#[wasm_bindgen]
impl ChatHandle {
    /// The entry as of the last call, as JSON.
    pub fn entry(&self) -> String {
        self.chat.entry().to_string()
    }

    /// The header line as JSON, or `undefined`.
    pub fn header(&self) -> Option<String> {
        self.header.clone()
    }

    /// `Message[]` as JSON.
    pub fn page(&self, from: f64, to: f64) -> Promise {
        let chat = Rc::clone(&self.chat);
        promise(async move { chat.page(from as u64, to as u64).await })
    }

    /// `NewMessage[]`, each as JSON; `Message[]` as JSON.
    #[wasm_bindgen(js_name = appendMany)]
    pub fn append_many(&self, messages: Vec<String>, write: JsValue) -> Promise {
        let chat = Rc::clone(&self.chat);
        promise(async move {
            let messages = messages.iter().map(|message| Document::parse(message));
            let (messages, write) = (
                messages.collect::<Result<Vec<_>>>()?,
                convert::write(&write)?,
            );
            let kept = chat.append_many(&messages, write).await?;
            Ok(format!("[{}]", kept.join(",")))
        })
    }

    /// The message as JSON.
    pub fn edit(&self, index: f64, patch: String, write: JsValue) -> Promise {
        let chat = Rc::clone(&self.chat);
        promise(async move {
            let (patch, write) = (Document::parse(&patch)?, convert::write(&write)?);
            chat.edit(index as u64, &patch, write).await
        })
    }

    /// Removes a message.
    pub fn remove(&self, index: f64, write: JsValue) -> Promise {
        let chat = Rc::clone(&self.chat);
        promise(async move {
            chat.remove(index as u64, convert::write(&write)?).await?;
            Ok(JsValue::UNDEFINED)
        })
    }

    /// The message as JSON.
    pub fn insert(&self, index: f64, message: String, write: JsValue) -> Promise {
        let chat = Rc::clone(&self.chat);
        promise(async move {
            let (message, write) = (Document::parse(&message)?, convert::write(&write)?);
            chat.insert(index as u64, &message, write).await
        })
    }

    /// The message as JSON.
    #[wasm_bindgen(js_name = addSwipe)]
    pub fn add_swipe(&self, index: f64, text: String, write: JsValue) -> Promise {
        let chat = Rc::clone(&self.chat);
        promise(async move {
            let write = convert::write(&write)?;
            chat.swipe(index as u64, SwipeChange::Add(&text), write)
                .await
        })
    }

    /// The message as JSON.
    #[wasm_bindgen(js_name = chooseSwipe)]
    pub fn choose_swipe(&self, index: f64, swipe: f64, write: JsValue) -> Promise {
        self.swipe(index, SwipeChange::Choose(swipe as usize), write)
    }

    /// The message as JSON.
    #[wasm_bindgen(js_name = removeSwipe)]
    pub fn remove_swipe(&self, index: f64, swipe: f64, write: JsValue) -> Promise {
        self.swipe(index, SwipeChange::Remove(swipe as usize), write)
    }

    /// The entry of the new chat as JSON.
    pub fn branch(&self, index: f64, title: Option<String>) -> Promise {
        let chat = Rc::clone(&self.chat);
        promise(async move {
            let entry = chat.branch(index as u64, title.as_deref()).await?;
            Ok(entry.to_string())
        })
    }

    /// `SearchHit[]` as JSON.
    pub fn search(&self, query: String, options: JsValue) -> Promise {
        let chat = Rc::clone(&self.chat);
        promise(async move {
            let options: SearchOptions = convert::options(&options)?;
            Ok(chat.search(&query, &options).await?.to_string())
        })
    }
}

impl ChatHandle {
    fn swipe(&self, index: f64, swipe: SwipeChange<'static>, write: JsValue) -> Promise {
        let chat = Rc::clone(&self.chat);
        promise(async move {
            let write = convert::write(&write)?;
            chat.swipe(index as u64, swipe, write).await
        })
    }
}
