//! A template with everything filled in: a pure function.
//!
//! Blocks of Handlebars (`{{#if}}`, `{{#unless}}`, `{{else}}`) are decided first, then macros
//! are filled. What a value says is not looked at again, so that no text can run away.

use super::Kind;
use crate::error::{Kind as Failure, Result};
use crate::json::{Document, Node, Shape};
use crate::order;
use crate::prompt::macros;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Who says a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Nobody in the chat.
    System,
    /// The user.
    #[default]
    User,
    /// The model.
    Assistant,
}

/// A message to be put into the prompt.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Message {
    /// Who says it.
    pub role: Role,
    /// What that one is called.
    pub name: String,
    /// What is said.
    pub content: String,
}

/// What a template is filled with.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Options {
    /// `{{char}}`.
    pub character: String,
    /// `{{user}}`.
    pub user: String,
    /// Other macros by their names, such as `description`, `scenario` or `system`.
    pub values: BTreeMap<String, String>,
    /// The chat, oldest message first.
    pub messages: Vec<Message>,
    /// Whether the text ends where the model goes on.
    pub reply: bool,
    /// Chance: the same seed, the same text.
    pub seed: Option<u32>,
}

/// What came out.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Rendered {
    /// The prompt as one text; empty for chat completions.
    pub text: String,
    /// The prompt as messages, for chat completions.
    pub messages: Vec<Message>,
    /// Where a model should stop.
    pub stop: Vec<String>,
    /// Macros that are not known and stay as they are written, each once.
    pub unknown: Vec<String>,
}

/// Bytes of what comes out.
const MOST: usize = 16 << 20;

/// Fills a template.
///
/// `instruct` and `cardshark` put the messages into one text; `context` tells what stands
/// before them, from `values`; `system-prompt` its text; `reasoning` sets `values.reasoning`
/// apart; `chat-completion` gives messages, its markers filled from `values` by their
/// identifiers, in the preset's words for scenario, personality and lore, `chatHistory` with the
/// messages and what goes among them.
///
/// # Errors
/// `unsupported` for samplers, `not-a-template`, `too-large`.
pub fn render(document: &Document, options: &Options) -> Result<Rendered> {
    let missing = || Failure::NotATemplate.because("the JSON has no fields of a template");
    let kind = Kind::of(document).ok_or_else(missing)?;
    let mut filler = Filler {
        options,
        root: document.root(),
        out: Rendered::default(),
        bytes: 0,
    };
    match kind {
        Kind::Instruct => filler.instruct()?,
        Kind::CardShark => filler.card_shark()?,
        Kind::Context => filler.context()?,
        Kind::SystemPrompt => filler.out.text = filler.field("content")?,
        Kind::Reasoning => filler.reasoning()?,
        Kind::ChatCompletion => filler.chat_completion()?,
        Kind::Sampler => {
            return Err(Failure::Unsupported.because("a sampler has numbers and no text"));
        }
    }
    Ok(filler.out)
}

struct Filler<'a> {
    options: &'a Options,
    root: Node<'a>,
    out: Rendered,
    bytes: usize,
}

impl Filler<'_> {
    /// A text of the template as it is written; empty where there is none.
    fn raw(&self, name: &str) -> String {
        let text = self.root.get(name).and_then(Node::text);
        text.map(|text| text.into_owned()).unwrap_or_default()
    }

    fn flag(&self, name: &str) -> bool {
        self.root.get(name).and_then(Node::boolean) == Some(true)
    }

    /// A text of the template, filled.
    fn field(&mut self, name: &str) -> Result<String> {
        let raw = self.raw(name);
        self.fill(&raw, &[])
    }

    /// A text with its blocks decided and its macros filled, also with these values.
    fn fill(&mut self, text: &str, more: &[(&str, &str)]) -> Result<String> {
        if !text.contains("{{") && !text.contains('<') {
            return self.counted(text.to_owned());
        }
        let mut values = self.options.values.clone();
        for (name, value) in more {
            values.insert((*name).to_owned(), (*value).to_owned());
        }
        let truth = |name: &str| match name {
            "char" => !self.options.character.is_empty(),
            "user" => !self.options.user.is_empty(),
            name => values
                .iter()
                .any(|(key, value)| key.eq_ignore_ascii_case(name) && !value.trim().is_empty()),
        };
        let text = decided(text, &truth);
        let filled = macros::fill(
            &text,
            &macros::Options {
                character: self.options.character.clone(),
                user: self.options.user.clone(),
                values,
                seed: self.options.seed.unwrap_or(1),
                most: MOST,
                // A template's own are decided already.
                blocks: false,
                ..macros::Options::default()
            },
        )?;
        for name in filled.unknown {
            if !self.out.unknown.contains(&name) {
                self.out.unknown.push(name);
            }
        }
        self.counted(filled.text)
    }

    /// Counts what comes out.
    fn counted(&mut self, text: String) -> Result<String> {
        self.bytes += text.len();
        if self.bytes > MOST {
            let detail = format!("the filled template has over {MOST} bytes");
            return Err(Failure::TooLarge.because(detail));
        }
        Ok(text)
    }

    fn stops(&mut self, texts: Vec<String>) {
        for text in texts {
            let text = text.trim().to_owned();
            if !text.is_empty() && !self.out.stop.contains(&text) {
                self.out.stop.push(text);
            }
        }
    }

    /// A sequence of somebody, filled unless the template says that sequences have no macros.
    fn sequence(&mut self, raw: &str, name: &str, content: &str) -> Result<String> {
        let name = if name.is_empty() { "System" } else { name };
        match self.root.get("macro").and_then(Node::boolean) {
            Some(false) => self.counted(raw.to_owned()),
            _ => self.fill(raw, &[("name", name), ("content", content)]),
        }
    }

    fn instruct(&mut self) -> Result<()> {
        let wrap = match self.flag("wrap") {
            true => "\n",
            false => "",
        };
        let messages = &self.options.messages;
        let of = |role: Role| messages.iter().position(|message| message.role == role);
        let last = |role: Role| messages.iter().rposition(|message| message.role == role);
        let as_user = self.flag("system_same_as_user");
        let (always, forced) = match (&*self.raw("names_behavior"), self.flag("names")) {
            ("always", _) | ("", true) => (true, false),
            // Where several speak; the user is the one user all the same.
            ("force", _) => {
                let other = |message: &Message| {
                    message.role == Role::Assistant && message.name != self.options.character
                };
                (false, messages.iter().any(other))
            }
            _ => (false, false),
        };
        let mut text = String::new();
        for (n, message) in messages.iter().enumerate() {
            let role = match message.role {
                Role::System if as_user => Role::User,
                role => role,
            };
            let (plain, first_or_last, suffix) = match role {
                // The one for the last is for prompts that are not of the chat.
                Role::System => ("system_sequence", [None, None], "system_suffix"),
                Role::User => (
                    "input_sequence",
                    [
                        last(role).map(|n| (n, "last_input_sequence")),
                        of(role).map(|n| (n, "first_input_sequence")),
                    ],
                    "input_suffix",
                ),
                Role::Assistant => (
                    "output_sequence",
                    [
                        of(role).map(|n| (n, "first_output_sequence")),
                        // The last one is where the model goes on, if it does.
                        last(role)
                            .filter(|_| !self.options.reply)
                            .map(|n| (n, "last_output_sequence")),
                    ],
                    "output_suffix",
                ),
            };
            let special = first_or_last
                .into_iter()
                .flatten()
                .filter(|(place, _)| *place == n)
                .map(|(_, name)| self.raw(name))
                .find(|text| !text.is_empty());
            let sequence = special.unwrap_or_else(|| self.raw(plain));
            let (name, content) = (&message.name, &message.content);
            let prefix = self.sequence(&sequence, name, content)?;
            // Presets of before 2024 have the end of a reply under another name.
            let old = self.raw("separator_sequence");
            let end = match suffix {
                "output_suffix" if !old.is_empty() => old,
                suffix => self.raw(suffix),
            };
            let mut end = self.sequence(&end, name, content)?;
            if end.is_empty() && !wrap.is_empty() {
                end = wrap.to_owned();
            }
            let named = always || (forced && *name != self.options.user);
            let said = match named && message.role != Role::System && !name.is_empty() {
                true => format!("{}: {}", message.name, message.content),
                false => message.content.clone(),
            };
            let said = self.counted(said)?;
            let between = if prefix.is_empty() { "" } else { wrap };
            text.extend([&*prefix, between, &said, &end]);
        }
        if self.options.reply {
            let last = self.raw("last_output_sequence");
            let sequence = match last.is_empty() {
                true => self.raw("output_sequence"),
                false => last,
            };
            let sequence = self.sequence(&sequence, &self.options.character, "")?;
            if (always || forced) && !self.options.character.is_empty() {
                text.extend([&*sequence, wrap, &self.options.character, ":"]);
            } else if wrap.is_empty() {
                text.push_str(&sequence);
            } else {
                text.extend([sequence.trim_end(), wrap]);
            }
        }
        self.out.text = self.counted(text)?;
        let (user, character) = (&self.options.user, &self.options.character);
        let mut stop = vec![self.sequence(&self.raw("stop_sequence"), character, "")?];
        if self.flag("sequences_as_stop_strings") {
            for (name, who) in [
                ("input_sequence", user),
                ("output_sequence", character),
                ("first_output_sequence", character),
                ("last_output_sequence", character),
                ("system_sequence", &String::new()),
                ("last_system_sequence", &String::new()),
            ] {
                stop.push(self.sequence(&self.raw(name), who, "")?);
            }
        }
        // Each line stops by itself.
        let lines = stop.iter().flat_map(|text| text.lines());
        self.stops(lines.map(str::to_owned).collect());
        Ok(())
    }

    fn card_shark(&mut self) -> Result<()> {
        let mut text = String::new();
        for message in &self.options.messages {
            let name = match message.role {
                Role::Assistant => "assistantFormat",
                Role::System if !self.flag("systemSameAsUser") => "systemFormat",
                _ => "userFormat",
            };
            let format = match self.raw(name) {
                empty if empty.is_empty() => "{{content}}".to_owned(),
                format => format,
            };
            let values = [("content", &*message.content), ("name", &*message.name)];
            text.push_str(&self.fill(&format, &values)?);
        }
        if self.options.reply {
            let format = self.raw("assistantFormat");
            let opening = format.split("{{content}}").next().unwrap_or_default();
            let opening = self.fill(opening, &[("name", &self.options.character)])?;
            text.push_str(&opening);
        }
        self.out.text = self.counted(text)?;
        let stop = self.root.get("stopSequences").into_iter();
        let stop: Vec<String> = stop
            .flat_map(Node::items)
            .filter_map(|text| text.text().map(|text| text.into_owned()))
            .collect();
        self.stops(stop);
        Ok(())
    }

    fn context(&mut self) -> Result<()> {
        let story = self.field("story_string")?;
        let story = story.trim_start_matches('\n');
        let start = self.field("chat_start")?;
        let between = match (story.is_empty(), start.is_empty()) {
            (false, false) if !story.ends_with('\n') => "\n",
            _ => "",
        };
        self.out.text = self.counted(format!("{story}{between}{start}"))?;
        if self.flag("use_stop_strings") {
            let stop = vec![self.field("chat_start")?, self.field("example_separator")?];
            self.stops(stop);
        }
        Ok(())
    }

    fn reasoning(&mut self) -> Result<()> {
        let thought = self.options.values.get("reasoning").cloned();
        let parts = [
            self.field("prefix")?,
            thought.unwrap_or_default(),
            self.field("suffix")?,
            self.field("separator")?,
        ];
        self.out.text = self.counted(parts.concat())?;
        Ok(())
    }

    fn chat_completion(&mut self) -> Result<()> {
        let prompts: Vec<Node<'_>> = self
            .root
            .get("prompts")
            .into_iter()
            .flat_map(Node::items)
            .collect();
        let text = |node: Node<'_>, name: &str| {
            let text = node.get(name).and_then(Node::text);
            text.map(|text| text.into_owned()).unwrap_or_default()
        };
        let order = self.order(&prompts);
        let has_history = order.iter().any(|name| name == "chatHistory");
        let number = |node: Node<'_>, name: &str, usual: f64| {
            node.get(name).and_then(Node::number).unwrap_or(usual)
        };
        let mut within = Vec::new();
        let mut history = 0;
        for identifier in order {
            let Some(prompt) = prompts
                .iter()
                .find(|prompt| text(**prompt, "identifier") == identifier)
            else {
                continue;
            };
            if identifier == "chatHistory" {
                history = self.out.messages.len();
                for message in &self.options.messages {
                    self.counted(message.content.clone())?;
                    self.out.messages.push(message.clone());
                }
                continue;
            }
            let content = match self.options.values.get(&identifier) {
                Some(value) => self.formatted(&identifier, value)?,
                None => self.fill(&text(*prompt, "content"), &[])?,
            };
            if content.trim().is_empty() {
                continue;
            }
            let message = Message {
                role: match &*text(*prompt, "role") {
                    "user" => Role::User,
                    "assistant" => Role::Assistant,
                    _ => Role::System,
                },
                name: String::new(),
                content,
            };
            if has_history && number(*prompt, "injection_position", 0.0) == 1.0 {
                let depth = number(*prompt, "injection_depth", 4.0).max(0.0) as usize;
                let order = number(*prompt, "injection_order", 100.0) as i64;
                within.push((depth, order, message));
            } else {
                self.out.messages.push(message);
            }
        }
        self.inject(history, within);
        Ok(())
    }

    /// What a preset has its own words for: scenario, personality and lore.
    fn formatted(&mut self, identifier: &str, value: &str) -> Result<String> {
        let (format, name) = match identifier {
            "scenario" => ("scenario_format", "scenario"),
            "charPersonality" => ("personality_format", "personality"),
            "worldInfoBefore" | "worldInfoAfter" => ("wi_format", ""),
            _ => ("", ""),
        };
        let format = self.raw(format);
        if format.trim().is_empty() || value.trim().is_empty() {
            return self.counted(value.to_owned());
        }
        match name {
            "" => {
                let text = format.replacen("{0}", value, 1);
                self.counted(text)
            }
            name => self.fill(&format, &[(name, value)]),
        }
    }

    /// Puts prompts among the messages of the chat, so many of them behind each. At one depth a
    /// lower order comes first, then what the assistant says, the user, the system.
    fn inject(&mut self, history: usize, mut within: Vec<(usize, i64, Message)>) {
        let rank = |role: Role| match role {
            Role::Assistant => 0,
            Role::User => 1,
            Role::System => 2,
        };
        order::sort_by_key(&mut within, |(depth, order, message)| {
            (*depth, std::cmp::Reverse((*order, rank(message.role))))
        });
        let mut joined: Vec<(usize, i64, Message)> = Vec::new();
        for (depth, order, message) in within {
            match joined.last_mut() {
                Some((last, same, one))
                    if (*last, *same, one.role) == (depth, order, message.role) =>
                {
                    one.content.extend(["\n", &message.content]);
                }
                _ => joined.push((depth, order, message)),
            }
        }
        let messages = self.options.messages.len();
        let (mut before, mut depth) = (history + messages, 0);
        for (wanted, _, message) in joined {
            let wanted = wanted.min(messages);
            before -= wanted - depth;
            depth = wanted;
            self.out.messages.insert(before, message);
        }
    }

    /// Which prompts there are, in their order: of the list that is for every character, else of
    /// the last one; all of them where there is no order.
    fn order(&self, prompts: &[Node<'_>]) -> Vec<String> {
        let text = |node: Node<'_>| node.text().map(|text| text.into_owned());
        let named = |node: &Node<'_>| node.get("identifier").and_then(text);
        let Some(orders) = self.root.get("prompt_order") else {
            return prompts.iter().filter_map(named).collect();
        };
        let lists: Vec<Node<'_>> = orders
            .items()
            .filter(|order| {
                order
                    .get("order")
                    .is_some_and(|list| list.shape() == Shape::Array)
            })
            .collect();
        let for_all =
            |order: &&Node<'_>| order.get("character_id").and_then(Node::number) == Some(100_001.0);
        let chosen = lists.iter().find(for_all).or(lists.last());
        let list = match chosen {
            Some(order) => order.get("order").unwrap_or(orders),
            None => orders,
        };
        let on = |item: &Node<'_>| item.get("enabled").and_then(Node::boolean) != Some(false);
        list.items()
            .filter(on)
            .filter_map(|item| named(&item))
            .collect()
    }
}

/// The text with its blocks decided: `{{#if name}}`, `{{#unless name}}`, `{{else}}` and their
/// ends. A tag alone in its line takes the line with it, as Handlebars has it.
fn decided(text: &str, truth: &dyn Fn(&str) -> bool) -> String {
    let mut out = String::with_capacity(text.len());
    // Whether each open block is told, and how many are not.
    let mut open: Vec<bool> = Vec::new();
    let mut hidden = 0usize;
    let mut rest = text;
    let mut at_start = true;
    while let Some(start) = rest.find("{{") {
        let Some(length) = rest[start..].find("}}") else {
            break;
        };
        let (before, after) = (&rest[..start], &rest[start + length + 2..]);
        let tag = rest[start + 2..start + length].trim();
        let shown = match tag {
            "else" => open.last().map(|told| !told),
            "/if" | "/unless" => (!open.is_empty()).then_some(true),
            tag => {
                let block = tag.strip_prefix("#if ").map(|name| (name, true));
                let block =
                    block.or_else(|| tag.strip_prefix("#unless ").map(|name| (name, false)));
                block.map(|(name, wanted)| truth(name.trim()) == wanted)
            }
        };
        let Some(shown) = shown else {
            // Of macros within macros the inner braces come first.
            let taken = start + 2;
            if hidden == 0 {
                out.push_str(&rest[..taken]);
            }
            at_start = false;
            rest = &rest[taken..];
            continue;
        };
        let line = before.rsplit_once('\n').map_or(before, |(_, line)| line);
        let begins = line.trim().is_empty() && (at_start || before.contains('\n'));
        let ends = after
            .split_once('\n')
            .filter(|(line, _)| line.trim().is_empty());
        let alone = begins && (ends.is_some() || after.trim_matches([' ', '\t']).is_empty());
        if hidden == 0 {
            let cut = if alone { line.len() } else { 0 };
            out.push_str(&before[..before.len() - cut]);
        }
        match tag {
            "else" => {
                if let Some(told) = open.last_mut() {
                    hidden = hidden + usize::from(*told) - usize::from(!*told);
                    *told = !*told;
                }
            }
            "/if" | "/unless" => hidden -= usize::from(open.pop() == Some(false)),
            _ => {
                open.push(shown);
                hidden += usize::from(!shown);
            }
        }
        rest = match (alone, ends) {
            (true, Some((_, next))) => next,
            (true, None) => "",
            _ => after,
        };
        at_start = alone;
    }
    if hidden == 0 {
        out.push_str(rest);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::decided;

    #[test]
    fn blocks_are_told_or_left_out_and_lines_of_tags_go_with_them() {
        let truth = |name: &str| name == "yes";
        for (text, want) in [
            ("a{{#if yes}}b{{/if}}c", "abc"),
            ("a{{#if no}}b{{else}}d{{/if}}c", "adc"),
            ("{{#unless no}}x{{/unless}}", "x"),
            ("{{#if yes}}{{#if no}}1{{else}}2{{/if}}3{{/if}}", "23"),
            (
                "{{#if no}}{{#if yes}}1{{else}}2{{/if}}3{{else}}4{{/if}}",
                "4",
            ),
            ("a\n{{#if yes}}\nb\n{{/if}}\nc", "a\nb\nc"),
            ("a\n  {{#if no}}\nb\n{{/if}}\nc", "a\nc"),
            ("{{#if yes}}{{char}}\n{{/if}}z", "{{char}}\nz"),
            ("{{#if no}}open", ""),
            ("{{/if}}{{else}}{{x}}{{", "{{/if}}{{else}}{{x}}{{"),
        ] {
            assert_eq!(decided(text, &truth), want, "{text}");
        }
    }
}
