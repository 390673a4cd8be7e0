//! The tests with real faults: killed browsers, wiped and damaged storage, full disks.

use crate::command::run;
use crate::package;
use anyhow::Result;
use std::ffi::OsString;
use std::process::Command;

/// Builds the package and runs the cases; `tests/faults/README.md` says which there are.
///
/// # Errors
/// When a promise of a case was broken.
pub fn faults(arguments: impl Iterator<Item = OsString>) -> Result<()> {
    package::build()?;
    run(Command::new("node")
        .arg("tests/faults/run.mjs")
        .args(arguments))
}
