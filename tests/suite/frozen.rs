//! Keeps as released versions wrote them: read from their frozen fixtures, never made anew.

#![allow(dead_code)]

use cardkeep::store::{Key, Put, Table, Value};

/// The fixture of schema 1.
pub const SCHEMA_1: &str = include_str!("../fixtures/keeps/schema-1.json");

/// The fixture of every schema before today's, with its file's name; schema 1 first.
pub const KEEPS: [(&str, &str); 1] = [("schema-1.json", SCHEMA_1)];

/// The values of a fixture.
pub fn values(fixture: &str) -> Vec<Put> {
    let values: Vec<serde_json::Value> =
        serde_json::from_str(fixture).expect("the fixture is an array");
    let put = |value: &serde_json::Value| {
        let name = value["table"].as_str().expect("a table");
        let table = Table::ALL
            .into_iter()
            .find(|table| table.name() == name)
            .expect("a known table");
        let hex = value["bytes"].as_str().expect("bytes").as_bytes();
        let digit = |c: u8| (c as char).to_digit(16).expect("a hexadecimal digit") as u8;
        let bytes = hex
            .chunks(2)
            .map(|pair| digit(pair[0]) << 4 | digit(pair[1]))
            .collect();
        let by = value["by"].as_array().expect("index keys").iter();
        Put {
            table,
            key: Key::from_json(&value["key"]).expect("a key"),
            value: Value {
                rev: value["rev"].as_u64().expect("a revision"),
                by: by
                    .map(|key| key.as_str().expect("a text").to_owned())
                    .collect(),
                bytes,
            },
        }
    };
    values.iter().map(put).collect()
}
