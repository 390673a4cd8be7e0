//! Mutated files against the readers.

use crate::command::run;
use anyhow::Result;
use std::ffi::OsString;
use std::process::Command;

/// Runs `tests/fuzz`, which says how.
///
/// # Errors
/// When an input broke a promise.
pub fn fuzz(arguments: impl Iterator<Item = OsString>) -> Result<()> {
    run(Command::new("cargo")
        .args([
            "run",
            "--locked",
            "--profile",
            "fuzz",
            "--example",
            "fuzz",
            "--",
        ])
        .args(arguments))
}
