//! The templates that come with the library: the formats that models are trained with. They
//! are never stored; whoever wants to change one keeps a copy.

use crate::error::Result;
use crate::json::Document;

/// A template that comes with the library.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BuiltIn {
    /// Never changes.
    pub id: &'static str,
    text: &'static str,
}

impl BuiltIn {
    /// The template.
    ///
    /// # Errors
    /// None that a test would not have found.
    pub fn document(&self) -> Result<Document> {
        Document::parse(self.text)
    }
}

/// No record has an id that begins so.
pub(super) const PREFIX: &str = "builtin:";

const ALL: [BuiltIn; 10] = [
    BuiltIn {
        id: "builtin:chatml",
        text: r#"{"name":"ChatML","input_sequence":"<|im_start|>user","output_sequence":"<|im_start|>assistant","system_sequence":"<|im_start|>system","input_suffix":"<|im_end|>\n","output_suffix":"<|im_end|>\n","system_suffix":"<|im_end|>\n","stop_sequence":"<|im_end|>","wrap":true,"names_behavior":"none","macro":true}"#,
    },
    BuiltIn {
        id: "builtin:llama-3",
        text: r#"{"name":"Llama 3","input_sequence":"<|start_header_id|>user<|end_header_id|>\n\n","output_sequence":"<|start_header_id|>assistant<|end_header_id|>\n\n","system_sequence":"<|start_header_id|>system<|end_header_id|>\n\n","input_suffix":"<|eot_id|>","output_suffix":"<|eot_id|>","system_suffix":"<|eot_id|>","stop_sequence":"<|eot_id|>","wrap":false,"names_behavior":"none","macro":true}"#,
    },
    BuiltIn {
        id: "builtin:mistral",
        text: r#"{"name":"Mistral","input_sequence":"[INST] ","output_sequence":"","input_suffix":" [/INST]","output_suffix":"</s>","system_same_as_user":true,"stop_sequence":"</s>","wrap":false,"names_behavior":"none","macro":true}"#,
    },
    BuiltIn {
        id: "builtin:gemma",
        text: r#"{"name":"Gemma","input_sequence":"<start_of_turn>user","output_sequence":"<start_of_turn>model","input_suffix":"<end_of_turn>\n","output_suffix":"<end_of_turn>\n","system_same_as_user":true,"stop_sequence":"<end_of_turn>","wrap":true,"names_behavior":"none","macro":true}"#,
    },
    BuiltIn {
        id: "builtin:alpaca",
        text: r####"{"name":"Alpaca","input_sequence":"### Instruction:","output_sequence":"### Response:","system_sequence":"### Input:","input_suffix":"\n\n","output_suffix":"\n\n","system_suffix":"\n\n","stop_sequence":"### Instruction:","wrap":true,"names_behavior":"none","macro":true}"####,
    },
    BuiltIn {
        id: "builtin:vicuna",
        text: r#"{"name":"Vicuna","input_sequence":"USER: ","output_sequence":"ASSISTANT: ","input_suffix":"\n","output_suffix":"</s>\n","system_same_as_user":true,"stop_sequence":"USER:","wrap":false,"names_behavior":"none","macro":true}"#,
    },
    BuiltIn {
        id: "builtin:names",
        text: r#"{"name":"Names and texts","input_sequence":"{{name}}: ","output_sequence":"{{name}}: ","last_output_sequence":"{{char}}:","input_suffix":"\n","output_suffix":"\n","system_suffix":"\n","stop_sequence":"\n{{user}}:","wrap":false,"names_behavior":"none","macro":true}"#,
    },
    BuiltIn {
        id: "builtin:story",
        text: r#"{"name":"Story","story_string":"{{#if system}}{{system}}\n{{/if}}{{#if wiBefore}}{{wiBefore}}\n{{/if}}{{#if description}}{{description}}\n{{/if}}{{#if personality}}{{char}}'s personality: {{personality}}\n{{/if}}{{#if scenario}}Scenario: {{scenario}}\n{{/if}}{{#if wiAfter}}{{wiAfter}}\n{{/if}}{{#if persona}}{{persona}}\n{{/if}}","example_separator":"***","chat_start":"***","use_stop_strings":false}"#,
    },
    BuiltIn {
        id: "builtin:roleplay",
        text: r#"{"name":"Roleplay","content":"Write {{char}}'s next reply in a fictional chat between {{char}} and {{user}}."}"#,
    },
    BuiltIn {
        id: "builtin:think",
        text: r#"{"name":"Think","prefix":"<think>\n","suffix":"\n</think>","separator":"\n\n"}"#,
    },
];

/// All of them.
pub fn built_ins() -> &'static [BuiltIn] {
    &ALL
}

/// The one of this id.
pub fn built_in(id: &str) -> Option<BuiltIn> {
    ALL.into_iter().find(|template| template.id == id)
}

/// Whether an id is one of theirs, or could become one.
pub fn is_reserved(id: &str) -> bool {
    id.starts_with(PREFIX)
}

#[cfg(test)]
mod tests {
    use super::{built_ins, is_reserved};
    use crate::error::Limits;
    use crate::template;

    #[test]
    fn each_one_is_a_template_with_a_name_and_an_id_of_its_own() {
        let mut ids = Vec::new();
        for one in built_ins() {
            let document = one.document().expect("it is JSON");
            let read = template::read(document.bytes(), &Limits::default()).expect("a template");
            assert_eq!(read.templates.len(), 1);
            assert!(!template::summary(&document).name.is_empty(), "{}", one.id);
            assert!(is_reserved(one.id) && !ids.contains(&one.id));
            ids.push(one.id);
        }
    }
}
