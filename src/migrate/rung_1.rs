//! Rung 1: the first schema. Frozen.
//!
//! No record is older: the rung stands so that the ladder's length is the schema.

use super::Rung;

pub const RUNG: Rung = Rung {
    title: "the first schema",
    lift: |_| Err("no schema came before the first".to_owned()),
};
