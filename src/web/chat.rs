//! An open chat, and what is asked of all of them: JSON text in and out.

use super::convert::{self, promise};
use super::keep::KeepHandle;
use crate::chat::SwipeChange;
use crate::error::{Kind, Result};
use crate::json::Document;
use crate::keep::{At, Chat, ChatFilter, Links, SearchOptions, Template};
use crate::store::Pending;
use js_sys::{Function, Promise};
use std::rc::Rc;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

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

    /// Keeps what has come of a reply, a JSON string.
    #[wasm_bindgen(js_name = saveReply)]
    pub fn save_reply(&self, id: String, text: String) -> Promise {
        let keep = self.keep().clone();
        promise(async move {
            keep.chats().save_reply(&id, &text).await?;
            Ok(JsValue::UNDEFINED)
        })
    }

    /// Removes a reply that is in no chat yet.
    #[wasm_bindgen(js_name = discardReply)]
    pub fn discard_reply(&self, id: String) -> Promise {
        let keep = self.keep().clone();
        promise(async move {
            keep.chats().discard_reply(&id).await?;
            Ok(JsValue::UNDEFINED)
        })
    }

    /// The replies that are in no chat yet, as JSON.
    pub fn replies(&self) -> Promise {
        let keep = self.keep().clone();
        promise(async move { keep.chats().replies().await })
    }

    /// The message as JSON.
    #[wasm_bindgen(js_name = keepReply)]
    pub fn keep_reply(&self, id: String) -> Promise {
        let keep = self.keep().clone();
        promise(async move { keep.chats().keep_reply(&id).await })
    }

    /// `{ items, unreadable }` as JSON.
    #[wasm_bindgen(js_name = listChats)]
    pub fn list_chats(&self, filter: JsValue) -> Promise {
        let keep = self.keep().clone();
        promise(async move {
            let filter: ChatFilter = convert::options(&filter)?;
            Ok(convert::ascii(&keep.chats().list(&filter).await?))
        })
    }

    /// The entry as JSON.
    #[wasm_bindgen(js_name = renameChat)]
    pub fn rename_chat(&self, id: String, title: String, write: JsValue) -> Promise {
        let keep = self.keep().clone();
        promise(async move {
            let write = convert::write(&write)?;
            Ok(keep.chats().rename(&id, &title, write).await?.to_string())
        })
    }

    /// The entry as JSON.
    #[wasm_bindgen(js_name = archiveChat)]
    pub fn archive_chat(&self, id: String, archived: bool, write: JsValue) -> Promise {
        let keep = self.keep().clone();
        promise(async move {
            let write = convert::write(&write)?;
            let entry = keep.chats().archive(&id, archived, write).await?;
            Ok(entry.to_string())
        })
    }

    /// The entry as JSON.
    #[wasm_bindgen(js_name = linkChat)]
    pub fn link_chat(&self, id: String, links: JsValue, write: JsValue) -> Promise {
        let keep = self.keep().clone();
        promise(async move {
            let links: Links = convert::options(&links)?;
            let write = convert::write(&write)?;
            Ok(keep.chats().link(&id, &links, write).await?.to_string())
        })
    }

    /// `{ id, text }` as JSON, or `undefined`.
    #[wasm_bindgen(js_name = chatTemplate)]
    pub fn chat_template(&self, id: String) -> Promise {
        let keep = self.keep().clone();
        promise(async move {
            let template = keep.chats().template(&id).await?;
            Ok(template.map(|template| convert::ascii(&template)))
        })
    }

    /// A text, or `undefined`.
    #[wasm_bindgen(js_name = chatGroup)]
    pub fn chat_group(&self, id: String) -> Promise {
        let keep = self.keep().clone();
        promise(async move { keep.chats().group(&id).await })
    }

    /// The entry as JSON; without a template the chat has none then.
    #[wasm_bindgen(js_name = setChatTemplate)]
    pub fn set_chat_template(&self, id: String, template: JsValue, write: JsValue) -> Promise {
        let keep = self.keep().clone();
        promise(async move {
            let template: Option<Template> = match template.is_undefined() {
                true => None,
                false => Some(convert::options(&template)?),
            };
            let write = convert::write(&write)?;
            let chats = keep.chats();
            let entry = chats.set_template(&id, template.as_ref(), write).await?;
            Ok(entry.to_string())
        })
    }

    /// `ChatNode[]` as JSON.
    #[wasm_bindgen(js_name = chatTree)]
    pub fn chat_tree(&self, id: String) -> Promise {
        let keep = self.keep().clone();
        promise(async move { Ok(keep.chats().tree(&id).await?.to_string()) })
    }

    /// `[{ entry, hits }]` as JSON. `leave`, here and below, is asked between two stretches: it
    /// throws to end the reading, and a promise of it is awaited.
    #[wasm_bindgen(js_name = searchChats)]
    pub fn search_chats(
        &self,
        query: String,
        options: JsValue,
        leave: Option<Function>,
    ) -> Promise {
        let keep = self.keep().clone();
        promise(async move {
            let options: SearchOptions = convert::options(&options)?;
            let (chats, leave) = (keep.chats(), leave.map(asked));
            let found = chats.search_on(&query, &options, leave.as_deref());
            Ok(found.await?.to_string())
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

    /// `Message[]` as JSON that tells nothing twice.
    pub fn page(&self, from: f64, to: f64) -> Promise {
        let chat = Rc::clone(&self.chat);
        promise(async move { chat.brief_page(from as u64, to as u64).await })
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

    /// The message as JSON. With `by_id`, here and below, `at` is a message's number instead of its position.
    pub fn edit(&self, at: f64, by_id: bool, patch: String, write: JsValue) -> Promise {
        let (chat, at) = (Rc::clone(&self.chat), place(at, by_id));
        promise(async move {
            let (patch, write) = (Document::parse(&patch)?, convert::write(&write)?);
            chat.edit(at, &patch, write).await
        })
    }

    /// Removes a message.
    pub fn remove(&self, at: f64, by_id: bool, write: JsValue) -> Promise {
        let (chat, at) = (Rc::clone(&self.chat), place(at, by_id));
        promise(async move {
            chat.remove(at, convert::write(&write)?).await?;
            Ok(JsValue::UNDEFINED)
        })
    }

    /// The message as JSON.
    pub fn insert(&self, before: f64, by_id: bool, message: String, write: JsValue) -> Promise {
        let (chat, before) = (Rc::clone(&self.chat), place(before, by_id));
        promise(async move {
            let (message, write) = (Document::parse(&message)?, convert::write(&write)?);
            chat.insert(before, &message, write).await
        })
    }

    /// The message as JSON.
    #[wasm_bindgen(js_name = moveTo)]
    pub fn move_to(&self, at: f64, by_id: bool, to: f64, write: JsValue) -> Promise {
        let (chat, at) = (Rc::clone(&self.chat), place(at, by_id));
        promise(async move { chat.move_to(at, to as u64, convert::write(&write)?).await })
    }

    /// The message as JSON.
    pub fn hide(&self, at: f64, by_id: bool, hidden: bool, write: JsValue) -> Promise {
        let (chat, at) = (Rc::clone(&self.chat), place(at, by_id));
        promise(async move { chat.hide(at, hidden, convert::write(&write)?).await })
    }

    /// How many messages were not so before.
    #[wasm_bindgen(js_name = hideTo)]
    pub fn hide_to(
        &self,
        at: f64,
        by_id: bool,
        to: f64,
        to_by_id: bool,
        hidden: bool,
        write: JsValue,
    ) -> Promise {
        let chat = Rc::clone(&self.chat);
        let (at, to) = (place(at, by_id), place(to, to_by_id));
        promise(async move {
            let write = convert::write(&write)?;
            Ok(chat.hide_to(at, to, hidden, write).await? as f64)
        })
    }

    /// The message as JSON.
    #[wasm_bindgen(js_name = addSwipe)]
    pub fn add_swipe(&self, at: f64, by_id: bool, text: String, write: JsValue) -> Promise {
        let (chat, at) = (Rc::clone(&self.chat), place(at, by_id));
        promise(async move {
            let write = convert::write(&write)?;
            chat.swipe(at, SwipeChange::Add(&text), write).await
        })
    }

    /// The message as JSON.
    #[wasm_bindgen(js_name = chooseSwipe)]
    pub fn choose_swipe(&self, at: f64, by_id: bool, swipe: f64, write: JsValue) -> Promise {
        self.swipe(place(at, by_id), SwipeChange::Choose(swipe as usize), write)
    }

    /// The message as JSON.
    #[wasm_bindgen(js_name = removeSwipe)]
    pub fn remove_swipe(&self, at: f64, by_id: bool, swipe: f64, write: JsValue) -> Promise {
        self.swipe(place(at, by_id), SwipeChange::Remove(swipe as usize), write)
    }

    /// Whether there was something to undo, or with `again` something undone.
    pub fn undo(&self, again: bool, write: JsValue) -> Promise {
        let chat = Rc::clone(&self.chat);
        promise(async move { chat.undo(again, convert::write(&write)?).await })
    }

    /// The entry of the new chat as JSON.
    pub fn branch(&self, at: f64, by_id: bool, title: Option<String>) -> Promise {
        let (chat, at) = (Rc::clone(&self.chat), place(at, by_id));
        promise(async move { Ok(chat.branch(at, title.as_deref()).await?.to_string()) })
    }

    /// The entry of the new chat as JSON.
    pub fn checkpoint(&self, at: f64, by_id: bool, title: String, write: JsValue) -> Promise {
        let (chat, at) = (Rc::clone(&self.chat), place(at, by_id));
        promise(async move {
            let write = convert::write(&write)?;
            Ok(chat.checkpoint(at, &title, write).await?.to_string())
        })
    }

    /// The position of the message with a number, or `undefined`.
    #[wasm_bindgen(js_name = indexOf)]
    pub fn index_of(&self, id: f64) -> Promise {
        let chat = Rc::clone(&self.chat);
        promise(async move { Ok(chat.index_of(id as u64).await?.map(|index| index as f64)) })
    }

    /// The position of the first message from a date on, or `undefined`.
    #[wasm_bindgen(js_name = indexAt)]
    pub fn index_at(&self, date: f64) -> Promise {
        let chat = Rc::clone(&self.chat);
        promise(async move { Ok(chat.index_at(date as i64).await?.map(|index| index as f64)) })
    }

    /// The id of a reply that begins.
    pub fn begin(&self, reply: String, writer: String) -> Promise {
        let chat = Rc::clone(&self.chat);
        promise(async move { chat.begin(&Document::parse(&reply)?, &writer).await })
    }

    /// The message that a reply has become, as JSON; `text` is a JSON string.
    pub fn finish(&self, id: String, text: String, interrupted: bool, write: JsValue) -> Promise {
        let chat = Rc::clone(&self.chat);
        promise(async move {
            let write = convert::write(&write)?;
            chat.finish(&id, Some(&text), interrupted, write).await
        })
    }

    /// `ChatStats` as JSON.
    pub fn stats(&self, leave: Option<Function>) -> Promise {
        let chat = Rc::clone(&self.chat);
        promise(async move {
            let leave = leave.map(asked);
            Ok(chat.stats_on(leave.as_deref()).await?.to_string())
        })
    }

    /// `SearchHit[]` as JSON.
    pub fn search(&self, query: String, options: JsValue, leave: Option<Function>) -> Promise {
        let chat = Rc::clone(&self.chat);
        promise(async move {
            let options: SearchOptions = convert::options(&options)?;
            let leave = leave.map(asked);
            let found = chat.search_on(&query, &options, leave.as_deref());
            Ok(found.await?.to_string())
        })
    }
}

impl ChatHandle {
    fn swipe(&self, at: At, swipe: SwipeChange<'static>, write: JsValue) -> Promise {
        let chat = Rc::clone(&self.chat);
        promise(async move { chat.swipe(at, swipe, convert::write(&write)?).await })
    }
}

/// A question of the face's, as a reading asks it.
fn asked(leave: Function) -> Box<dyn Fn() -> Pending<'static, ()>> {
    Box::new(move || {
        let answer = leave.call0(&JsValue::UNDEFINED);
        Box::pin(async move {
            let refused = |_| Kind::Cancelled.because("the signal was aborted");
            match answer.map_err(refused)?.dyn_into::<Promise>() {
                Ok(turn) => JsFuture::from(turn).await.map(drop).map_err(refused),
                Err(_) => Ok(()),
            }
        })
    })
}

fn place(at: f64, by_id: bool) -> At {
    match by_id {
        true => At::Id(at as u64),
        false => At::Index(at as u64),
    }
}
