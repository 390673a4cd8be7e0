//! A chat as another tool's file, or as a page or a text for people, and what that cannot hold.
//!
//! Lines that the wanted form reads as they are stay byte for byte. Of the others every field
//! stays that has another meaning nowhere.

use super::Dialect;
use super::date;
use super::line::Pieces;
use super::line::What;
use super::record::record_line;
use super::view::{self, Role, Spoken};
use super::written::Line;
use crate::error::{Error, Kind, Limits, Loss, Result, Written};
use crate::json::{Document, Node, Shape, quote};
use std::str::FromStr;

/// What to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Lines of SillyTavern.
    SillyTavern,
    /// Lines of CardShark, which are SillyTavern's.
    CardShark,
    /// Lines of a world's location.
    World,
    /// Names and texts.
    Text,
    /// A page that needs nothing else and runs nothing.
    Html,
}

impl FromStr for Form {
    type Err = Error;

    fn from_str(name: &str) -> Result<Form> {
        Ok(match name {
            "sillytavern" => Form::SillyTavern,
            "cardshark" => Form::CardShark,
            "world" => Form::World,
            "text" => Form::Text,
            "html" => Form::Html,
            _ => {
                return Err(Kind::BadOption.because(format!(
                    "`as` is `{name}`, one of `sillytavern`, `cardshark`, `world`, `text`, `html` was wanted"
                )));
            }
        })
    }
}

impl Form {
    /// What its files end with.
    pub const fn extension(self) -> &'static str {
        match self {
            Form::Text => "txt",
            Form::Html => "html",
            _ => "jsonl",
        }
    }

    /// MIME type.
    pub const fn media_type(self) -> &'static str {
        match self {
            Form::Text => "text/plain;charset=utf-8",
            Form::Html => "text/html;charset=utf-8",
            _ => "application/jsonl",
        }
    }
}

/// Writes a chat in a form. `header` and `records` are a session's, as
/// [`read`](super::read) gives them, `title` is for people.
/// Lines that cannot be read are told as lost where the form is another one.
pub fn export<'a>(
    header: Option<&'a [u8]>,
    records: impl Iterator<Item = &'a [u8]> + Clone,
    dialect: Dialect,
    form: Form,
    title: &str,
) -> Written {
    let chat = Chat {
        header,
        dialect,
        title,
    };
    let mut lost = Lost::default();
    let lines = matches!(
        dialect,
        Dialect::SillyTavern | Dialect::CardShark | Dialect::TavernAi
    );
    let bytes = match form {
        Form::SillyTavern | Form::CardShark if lines => chat.untouched(records),
        Form::World if dialect == Dialect::World => chat.untouched(records),
        Form::SillyTavern | Form::CardShark => chat.lines(records, form, &mut lost),
        Form::World => chat.lines(records, form, &mut lost),
        Form::Text => chat.text(records, &mut lost),
        Form::Html => chat.html(records, &mut lost),
    };
    Written {
        bytes,
        losses: lost.settle(),
    }
}

struct Chat<'a, 't> {
    header: Option<&'a [u8]>,
    dialect: Dialect,
    title: &'t str,
}

impl<'a> Chat<'a, '_> {
    fn untouched(&self, records: impl Iterator<Item = &'a [u8]>) -> Vec<u8> {
        self.header
            .into_iter()
            .chain(records)
            .collect::<Vec<_>>()
            .concat()
    }

    /// The header's line; nothing when there is none.
    fn header_line(&self) -> Option<&'a [u8]> {
        let header = self.header?;
        let piece = Pieces::of(header).find(|piece| piece.what == What::Header)?;
        Some(&header[piece.start..piece.end])
    }

    /// Lines in the spelling of another dialect. Those that the other reads anyway stay.
    fn lines(
        &self,
        records: impl Iterator<Item = &'a [u8]>,
        form: Form,
        lost: &mut Lost,
    ) -> Vec<u8> {
        let world = form == Form::World;
        let mut out: Vec<Vec<u8>> = Vec::new();
        let header = match (self.dialect, world) {
            // Its header is what SillyTavern has.
            (Dialect::Chub, false) => self.header_line().map(<[u8]>::to_vec),
            (_, true) => Some(self.world_header(lost)),
            _ => Some(self.sillytavern_header(lost)),
        };
        out.extend(header);
        // Lines of a world may name nobody; SillyTavern shows a name with every message.
        let name = self
            .header
            .and_then(|header| view::header_name(header, &Limits::default()));
        let cast = (self.user_name(), name.as_deref().unwrap_or(self.title));
        lost.beside(self.header.unwrap_or_default());
        for (n, record) in records.enumerate() {
            lost.beside(record);
            let line = record_line(record);
            let Ok(document) = view::document(line, &Limits::default()) else {
                lost.note("lines", "cannot be read and have no place in another form");
                continue;
            };
            let spoken = Spoken::of(document.root(), self.dialect);
            out.push(match world {
                true => world_line(document.root(), &spoken, self.dialect, n, lost),
                false => sillytavern_line(
                    document.root(),
                    &spoken,
                    self.dialect,
                    (&cast.0, cast.1),
                    lost,
                ),
            });
        }
        out.join(&b'\n')
    }

    /// Who the user is, where the header says so.
    fn user_name(&self) -> String {
        let names = self
            .header
            .map(|header| view::names(header, &Limits::default()));
        names
            .and_then(|(user, _)| user)
            .unwrap_or_else(|| "User".to_owned())
    }

    fn sillytavern_header(&self, lost: &mut Lost) -> Vec<u8> {
        let user = self.user_name();
        self.new_header(lost, |name, _, old| {
            let mut metadata = Line::new((",", ":"));
            if let Some(old) = old {
                metadata.put("world", old);
            }
            let mut line = Line::new((",", ":"));
            line.put("user_name", quote(&user));
            line.put("character_name", quote(name));
            line.put("chat_metadata", metadata.finish_text());
            line.finish_text()
        })
    }

    fn world_header(&self, lost: &mut Lost) -> Vec<u8> {
        self.new_header(lost, |name, created_ms, old| {
            let mut metadata = Line::new((", ", ": "));
            metadata.put("version", quote("1.0"));
            metadata.put("location_id", quote(""));
            metadata.put("world_name", quote(name));
            // Whole, and where no reader looks for a dialect.
            if let Some(old) = old {
                metadata.put("header", old);
            }
            let mut line = Line::new((", ", ": "));
            line.put("metadata", metadata.finish_text());
            line.put("timestamp", created_ms.div_euclid(1000).to_string());
            line.finish_text()
        })
    }

    /// A header out of the chat's name, when it began, and its old header where that fits.
    fn new_header(
        &self,
        lost: &mut Lost,
        write: impl Fn(&str, i64, Option<&str>) -> String,
    ) -> Vec<u8> {
        let limits = Limits::default();
        let document = self.header.and_then(|header| view::header(header, &limits));
        let root = document.as_ref().map(Document::root);
        let name = self
            .header
            .and_then(|header| view::header_name(header, &limits));
        let name = name.as_deref().unwrap_or(self.title);
        let created = root.and_then(|root| date::parse(root.get("create_date")?));
        let created_ms = created.unwrap_or_default();
        let whole = write(name, created_ms, root.map(Node::raw));
        let fits = Pieces::of(whole.as_bytes()).all(|piece| piece.what == What::Header);
        if fits {
            return whole.into_bytes();
        }
        lost.note("header", "is too large or nested for the other form");
        write(name, created_ms, None).into_bytes()
    }

    fn text(&self, records: impl Iterator<Item = &'a [u8]>, lost: &mut Lost) -> Vec<u8> {
        let mut out = String::new();
        self.each(records, lost, |said, lost| {
            if said.at_ms.is_some() {
                lost.note("send_date", "have a date");
            }
            if said.swipes > 1 {
                lost.note(
                    "swipes",
                    "have alternatives, of which the shown one is written",
                );
            }
            if !out.is_empty() {
                out.push_str("\n\n");
            }
            if !said.name.is_empty() {
                out.extend([said.name.as_str(), ": "]);
            }
            out.push_str(&said.text);
        });
        if !out.is_empty() {
            out.push('\n');
        }
        out.into_bytes()
    }

    fn html(&self, records: impl Iterator<Item = &'a [u8]>, lost: &mut Lost) -> Vec<u8> {
        let title = escaped(self.title);
        let mut out = format!(
            "{PAGE_HEAD}<title>{title}</title>\n{PAGE_STYLE}</head>\n<body>\n<h1 dir=\"auto\">{title}</h1>\n"
        );
        self.each(records, lost, |said, lost| {
            if said.swipes > 1 {
                lost.note(
                    "swipes",
                    "have alternatives, of which the shown one is written",
                );
            }
            let who = said.role.as_str();
            out.push_str(&format!(
                "<article class=\"{who}\" dir=\"auto\">\n<h2 dir=\"auto\">{}</h2>\n",
                escaped(&said.name)
            ));
            if let Some(at) = said.at_ms {
                let at = date::format_sillytavern(at);
                out.push_str(&format!("<time datetime=\"{at}\">{at}</time>\n"));
            }
            out.push_str(&format!("<p>{}</p>\n</article>\n", escaped(&said.text)));
        });
        out.push_str("</body>\n</html>\n");
        out.into_bytes()
    }

    /// Every message as people see it, hidden ones too, and those that say nothing.
    fn each(
        &self,
        records: impl Iterator<Item = &'a [u8]>,
        lost: &mut Lost,
        mut show: impl FnMut(Shown, &mut Lost),
    ) {
        if self.header_line().is_some() {
            lost.note("header", "is not written");
        }
        for record in records {
            lost.beside(record);
            let line = record_line(record);
            let Ok(document) = view::document(line, &Limits::default()) else {
                lost.note("lines", "cannot be read and are not written");
                continue;
            };
            let root = document.root();
            let spoken = Spoken::of(root, self.dialect);
            if root.get("extra").is_some_and(|extra| !extra.is_empty()) {
                lost.note("extra", "say more about themselves");
            }
            let words = |said: &Option<view::Said<'_>>| {
                said.as_ref()
                    .map(|said| said.text().into_owned())
                    .unwrap_or_default()
            };
            let shown = view::display_text(root);
            if shown.is_some() {
                lost.note("mes", "have other words for the model than the shown ones");
            }
            let shown = Shown {
                name: words(&spoken.name),
                role: spoken.role,
                text: shown.unwrap_or_else(|| words(&spoken.text)),
                at_ms: spoken.at_ms,
                swipes: spoken.swipes.len(),
            };
            show(shown, lost);
        }
    }
}

struct Shown {
    name: String,
    role: Role,
    text: String,
    at_ms: Option<i64>,
    swipes: usize,
}

fn sillytavern_line(
    root: Node<'_>,
    spoken: &Spoken<'_>,
    dialect: Dialect,
    (user, character): (&str, &str),
    lost: &mut Lost,
) -> Vec<u8> {
    let mut line = Line::new((",", ":"));
    let name = match (&spoken.name, spoken.role) {
        (None, Role::User) => quote(user),
        (None, Role::Character) => quote(character),
        (None, Role::System) => quote("System"),
        (name, _) => spoken_json(name),
    };
    line.put("name", name);
    line.put("is_user", (spoken.role == Role::User).to_string());
    line.put("is_system", (spoken.role == Role::System).to_string());
    let date = ["send_date", "timestamp"]
        .into_iter()
        .find_map(|key| root.get(key));
    if let Some(date) = date {
        let written = match (dialect, spoken.at_ms) {
            (Dialect::World, Some(at_ms)) => quote(&date::format_sillytavern(at_ms)),
            _ => date.raw().to_owned(),
        };
        line.put("send_date", written);
    }
    line.put("mes", spoken_json(&spoken.text));
    if !spoken.swipes.is_empty() {
        line.put("swipe_id", spoken.swipe.to_string());
        let swipes: Vec<_> = spoken.swipes.iter().map(spoken_json).collect();
        line.put("swipes", format!("[{}]", swipes.join(",")));
        if dialect == Dialect::Chub {
            lost.note("swipes", "have alternatives whose own fields are left out");
        }
    }
    lost.inside(root, dialect);
    line.skip(view::text_key(root, dialect).unwrap_or("mes"));
    rest(root, &mut line);
    line.finish_text().into_bytes()
}

fn world_line(
    root: Node<'_>,
    spoken: &Spoken<'_>,
    dialect: Dialect,
    n: usize,
    lost: &mut Lost,
) -> Vec<u8> {
    let mut line = Line::new((", ", ": "));
    let id = root.get("id").map_or_else(
        || quote(&format!("msg_{}", n + 1)),
        |id| id.raw().to_owned(),
    );
    line.put("id", id);
    line.put(
        "role",
        quote(match spoken.role {
            Role::Character => "assistant",
            role => role.as_str(),
        }),
    );
    line.put("content", spoken_json(&spoken.text));
    if let Some(at_ms) = spoken.at_ms {
        line.put("timestamp", at_ms.div_euclid(1000).to_string());
    }
    let name = spoken_json(&spoken.name);
    if name != "\"\"" {
        line.put("name", name);
    }
    let user = root.get("is_user").and_then(view::truth) == Some(true);
    if spoken.role == Role::System && user {
        lost.note(
            "is_user",
            "are hidden ones of the user, which becomes the system's",
        );
    } else if spoken.hidden {
        lost.note("is_system", "are hidden, which becomes the system's");
    }
    if root.get("role").is_some() {
        lost.note("role", "have a `role` of their own");
    }
    lost.inside(root, dialect);
    // They would say who speaks once more, and be believed first.
    for key in ["is_user", "is_system"] {
        line.skip(key);
    }
    line.skip(view::text_key(root, dialect).unwrap_or("content"));
    rest(root, &mut line);
    line.finish_text().into_bytes()
}

/// Every other field as it is; of duplicates the last.
fn rest(root: Node<'_>, line: &mut Line) {
    for (key, value) in super::transcript::others(root, &[]) {
        line.put(&key, value);
    }
}

fn spoken_json(said: &Option<view::Said<'_>>) -> String {
    match said {
        Some(view::Said::Literal(node)) => node.raw().to_owned(),
        Some(view::Said::Made(text)) => quote(text),
        None => "\"\"".to_owned(),
    }
}

const PAGE_HEAD: &str = "<!DOCTYPE html>\n<html>\n<head>\n<meta charset=\"utf-8\">\n<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\">\n<meta name=\"viewport\" content=\"width=device-width\">\n<meta name=\"referrer\" content=\"no-referrer\">\n";
const PAGE_STYLE: &str = "<style>\nbody { max-width: 45rem; margin: 2rem auto; padding: 0 1rem; font: 1rem/1.5 system-ui, sans-serif; }\narticle { margin: 1.5rem 0; }\nh2 { display: inline; margin: 0; font-size: 1rem; }\ntime { margin-inline-start: 0.5rem; font-size: 0.8rem; color: #666; }\np { margin: 0.25rem 0; white-space: pre-wrap; overflow-wrap: anywhere; }\n.user { border-inline-start: 3px solid #88a; padding-inline-start: 0.75rem; }\n.system { color: #666; font-style: italic; }\n</style>\n";

/// A text where a page has text or a quoted attribute.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            // A page would not be valid with it.
            '\0' => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

/// What is lost, counted by where it stands.
#[derive(Default)]
struct Lost(Vec<(&'static str, &'static str, usize)>);

impl Lost {
    fn note(&mut self, path: &'static str, what: &'static str) {
        match self
            .0
            .iter_mut()
            .find(|(known, said, _)| (*known, *said) == (path, what))
        {
            Some((_, _, count)) => *count += 1,
            None => self.0.push((path, what, 1)),
        }
    }

    /// What stands beside the words in a text that is an object.
    fn inside(&mut self, root: Node<'_>, dialect: Dialect) {
        let text = view::text_key(root, dialect).and_then(|key| root.get(key));
        if text.is_some_and(|text| text.shape() == Shape::Object && text.len() > 1) {
            self.note("mes", "have fields beside the words in their text");
        }
        if text.is_some_and(|text| text.shape() == Shape::Array) {
            self.note("mes", "are of parts, of which the texts are written");
        }
    }

    /// Lines around a message that cannot be read.
    fn beside(&mut self, record: &[u8]) {
        for piece in Pieces::of(record) {
            if let What::Fault(..) = piece.what {
                self.note("lines", "cannot be read and are not written");
            }
        }
    }

    fn settle(self) -> Vec<Loss> {
        let told = |(path, what, count): (&str, &str, usize)| {
            let of = match path {
                "header" => "the header".to_owned(),
                "lines" => format!("{count} lines"),
                _ => format!("{count} messages"),
            };
            Loss::new(path, format!("{of} {what}"))
        };
        self.0.into_iter().map(told).collect()
    }
}
