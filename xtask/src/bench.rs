//! The benches: timed in a browser, printed, and judged by whoever reads them.

use crate::command::run;
use crate::{package, tools};
use anyhow::{Result, bail};
use std::ffi::OsString;
use std::process::Command;

/// The benches there are; the first where none is named.
const BENCHES: [&str; 6] = ["storage", "growth", "cards", "logs", "folder", "campaigns"];

/// Builds the package and runs one bench. What follows its name goes to the bench itself.
pub fn bench(mut arguments: impl Iterator<Item = OsString>) -> Result<()> {
    let first = arguments.next();
    let named = first.as_ref().map(|first| first.to_string_lossy());
    let (bench, option) = match named.as_deref() {
        None => (BENCHES[0], None),
        Some(option) if option.starts_with("--") => (BENCHES[0], first),
        Some(name) => match BENCHES.iter().find(|bench| **bench == name) {
            Some(bench) => (*bench, None),
            None => bail!(
                "there is no bench `{name}`; there are {}",
                BENCHES.join(", ")
            ),
        },
    };
    tools::browser()?;
    package::build()?;
    run(Command::new("node")
        .arg(format!("tests/bench/{bench}.mjs"))
        .args(option)
        .args(arguments))
}
