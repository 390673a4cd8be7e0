//! About how many tokens a card has.

use super::{difference, view};
use crate::json::Document;
use crate::prompt::tokens;

/// About how many tokens a card has.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Tokens {
    /// All fields that a model gets to read.
    pub total: usize,
    /// Those that are in every prompt: name, description, personality and scenario.
    pub permanent: usize,
    /// Each field that has any, by its name in V2 and V3.
    pub fields: Vec<(&'static str, usize)>,
}

/// About how many tokens each of the card's texts has.
pub fn count_tokens(document: &Document) -> Tokens {
    let mut tokens = Tokens {
        total: 0,
        permanent: 0,
        fields: Vec::new(),
    };
    let values = view::values(document, &mut Vec::new());
    for (field, value) in view::FIELDS
        .iter()
        .zip(values)
        .filter(|(field, _)| field.spoken)
    {
        let count = difference::texts(&value)
            .iter()
            .map(|(_, text)| tokens::estimate(text))
            .sum();
        if count == 0 {
            continue;
        }
        tokens.fields.push((field.key, count));
        tokens.total += count;
        if matches!(
            field.key,
            "name" | "description" | "personality" | "scenario"
        ) {
            tokens.permanent += count;
        }
    }
    tokens
}
