//! Groups of SillyTavern: who is in one, and which chats are its.

use crate::error::{Kind, Limits, Result};
use crate::json::{Document, Node, Shape};
use serde::Serialize;

/// What a file of `groups` says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Group {
    /// What it is called; empty where it has no name.
    pub name: String,
    /// The files of its characters.
    pub members: Vec<String>,
    /// The files of its chats without their extension.
    pub chats: Vec<String>,
}

impl Group {
    /// Reads a group.
    ///
    /// # Errors
    /// `unsupported` when it is none, `bad-json`, `bad-encoding`, `too-large`.
    pub fn read(bytes: &[u8], limits: &Limits) -> Result<Group> {
        let (document, _) = Document::read(bytes, limits)?;
        let root = document.root();
        if root.shape() != Shape::Object || root.get("members").is_none() {
            return Err(Kind::Unsupported.because("it is no group of SillyTavern"));
        }
        let texts = |name: &str| {
            let items = root.get(name).into_iter().flat_map(Node::items);
            items.filter_map(|item| Some(item.text()?.into_owned()))
        };
        let text = |name: &str| Some(root.get(name)?.text()?.into_owned());
        let mut chats: Vec<String> = texts("chats").collect();
        // Groups of 2023 name the chat that is open, and no others.
        chats.extend(text("chat_id").filter(|id| !chats.contains(id)));
        Ok(Group {
            name: text("name").unwrap_or_default(),
            members: texts("members").collect(),
            chats,
        })
    }
}
