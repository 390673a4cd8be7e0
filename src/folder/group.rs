//! Groups of SillyTavern: who is in one, which chats are its, and what it says of them.

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
    /// Its chats.
    pub chats: Vec<GroupChat>,
}

/// A chat as its group knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GroupChat {
    /// The file of the chat without its extension.
    pub id: String,
    /// What stands in the headers of newer files, as strict JSON without spaces: the groups of before 2025 say
    /// it of their chats, whose files have no header.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<String>,
}

impl Group {
    /// Reads a group.
    ///
    /// # Errors
    /// `unsupported` when it is none, `bad-json`, `bad-encoding`, `too-large`.
    pub fn read(bytes: &[u8], limits: &Limits) -> Result<Group> {
        let (document, _) = Document::of_file(bytes, limits)?;
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
        let open = text("chat_id");
        chats.extend(open.clone().filter(|id| !chats.contains(id)));
        let metadata = |id: &str| {
            let past = || root.get("past_metadata")?.get(id);
            let present = (open.as_deref() == Some(id))
                .then(|| root.get("chat_metadata"))
                .flatten();
            let said = present.or_else(past).filter(|said| {
                // An empty one says nothing.
                said.shape() == Shape::Object && !said.is_empty()
            })?;
            let mut text = String::new();
            said.strict(&mut text);
            let (mut string, mut escape) = (false, false);
            text.retain(|c| {
                let stays = string || !c.is_ascii_whitespace();
                string ^= c == '"' && !escape;
                escape = string && c == '\\' && !escape;
                stays
            });
            Some(text)
        };
        let known = |id: String| GroupChat {
            metadata: metadata(&id),
            id,
        };
        Ok(Group {
            name: text("name").unwrap_or_default(),
            members: texts("members").collect(),
            chats: chats.into_iter().map(known).collect(),
        })
    }
}
