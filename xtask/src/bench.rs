//! The benches: timed in a browser, printed, and judged by whoever reads them.

use crate::command::run;
use crate::{package, tools};
use anyhow::{Result, bail};
use std::ffi::OsString;
use std::process::Command;

/// Builds the package and runs one bench, `storage` where none is named. What follows
/// its name goes to the bench itself.
pub fn bench(mut arguments: impl Iterator<Item = OsString>) -> Result<()> {
    let mut rest = Vec::new();
    let mut bench = "tests/bench/storage.mjs";
    match arguments.next() {
        None => {}
        Some(name) if name == "storage" => rest.extend(arguments),
        Some(name) if name == "growth" => {
            bench = "tests/bench/growth.mjs";
            rest.extend(arguments);
        }
        Some(option) if option.to_string_lossy().starts_with("--") => {
            rest.push(option);
            rest.extend(arguments);
        }
        Some(name) => bail!(
            "there is no bench `{}`; there are `storage` and `growth`",
            name.display()
        ),
    }
    tools::browser()?;
    package::build()?;
    run(Command::new("node").arg(bench).args(rest))
}
