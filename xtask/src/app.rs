//! The app in www/: built, and served on this machine.

use crate::command::{run, script};
use crate::package;
use anyhow::Result;
use std::process::Command;

const PORT: &str = "4173";

/// Builds the app into www/dist. The package has to be there.
pub fn build() -> Result<()> {
    run(&mut script(
        "vite/bin/vite.js",
        ["build", "www", "--logLevel", "warn"],
    ))
}

/// Builds everything and serves the app until it is stopped.
pub fn start() -> Result<()> {
    package::build()?;
    build()?;
    println!("\ncardkeep is on http://localhost:{PORT} (Ctrl+C stops it)");
    // By address, because `localhost` may be taken for IPv6 alone; a browser tries both.
    let serve = [
        "preview",
        "www",
        "--host",
        "127.0.0.1",
        "--port",
        PORT,
        "--strictPort",
        "--logLevel",
        "error",
    ];
    become_program(&mut script("vite/bin/vite.js", serve))
}

/// Takes this process's place, so that a signal to it reaches the server.
#[cfg(unix)]
fn become_program(command: &mut Command) -> Result<()> {
    use std::os::unix::process::CommandExt;
    Err(command.exec().into())
}

#[cfg(not(unix))]
fn become_program(command: &mut Command) -> Result<()> {
    run(command)
}
