//! A new chat out of values: a header and messages, written as any dialect, or for people.

use super::Dialect;
use super::export::{Form, export};
use super::index;
use super::write::{NewHeader, write_header, write_line, write_world_header};
use crate::error::{Kind, Limits, Result, Written};
use crate::json::{Document, Node, Shape};

/// What is written as a chat that was never a file.
pub struct Composed<'a> {
    /// What the header says.
    pub header: &'a NewHeader,
    /// The place of a world's chat.
    pub location: &'a str,
    /// An array of objects in the shape `NewMessage`.
    pub messages: &'a Document,
}

impl Composed<'_> {
    /// Writes it in a form, or as a dialect. Messages without a date have that of the header.
    /// What `title` is: see [`export`].
    ///
    /// # Errors
    /// `bad-option` for an unknown form, else as [`write_line`], naming the item.
    pub fn write(
        &self,
        form: &str,
        title: &str,
        new_id: &mut dyn FnMut() -> String,
    ) -> Result<Written> {
        let dialect = match form {
            "text" | "html" => Dialect::SillyTavern,
            name => name.parse().map_err(|_| {
                Kind::BadOption.because(format!("`as` is `{name}`, no form of a new chat"))
            })?,
        };
        let bytes = self.lines(dialect, new_id)?;
        if !matches!(form, "text" | "html") {
            let losses = Vec::new();
            return Ok(Written { bytes, losses });
        }
        let form: Form = form.parse()?;
        let file = index::read(&bytes, &Limits::default())?;
        let session = file.sessions.first().cloned().unwrap_or_default();
        let records = session.lines.iter().map(|range| &bytes[range.clone()]);
        let header = session.header.clone().map(|range| &bytes[range]);
        let mut written = export(header, records, file.dialect, form, title);
        // It was never there: only what the messages say can be lost.
        written.losses.retain(|loss| loss.path != "header");
        Ok(written)
    }

    fn lines(&self, dialect: Dialect, new_id: &mut dyn FnMut() -> String) -> Result<Vec<u8>> {
        let root = self.messages.root();
        if root.shape() != Shape::Array {
            return Err(Kind::Invalid.because("`messages` must be an array"));
        }
        let mut bytes = match dialect {
            Dialect::World => write_world_header(
                &self.header.character_name,
                self.location,
                self.header.created_ms,
            ),
            dialect => write_header(dialect, self.header),
        };
        for (n, message) in root.items().enumerate() {
            let mut line = |message: Node<'_>| {
                let message = Document::parse(message.raw())?;
                write_line(&message, dialect, self.header.created_ms, &new_id())
            };
            bytes.push(b'\n');
            bytes.extend(line(message).map_err(|error| error.item(n))?);
        }
        Ok(bytes)
    }
}
