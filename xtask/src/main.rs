//! The project's tasks. Each installs what it lacks, so that a fresh clone with Rust
//! and Node needs nothing else.

mod app;
mod bench;
mod circles;
mod command;
mod faults;
mod fuzz;
mod package;
mod rows;
mod structure;
mod test;
mod tools;

use anyhow::{Context, Result, bail};
use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;
use std::{env, iter};

const USAGE: &str = "\
usage: cargo xtask <task>
  build    the npm package, into pkg/
  start    the package and the app, served on http://localhost:4173
  test     everything there is to check
  bench [storage | growth | cards | folder] [--quick] [--only <parts>] [--write]
           storage, chats and cards measured against their peers
  faults [--short] [--seed <n>] [--count <n>] [--list] [<case> ...]
           real faults against the package in a browser
  fuzz [--minutes <n>] [--seed <n>] [--target <name>] [--file <path>]
           mutated files against the readers";

fn main() -> ExitCode {
    match run() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<ExitCode> {
    let mut arguments = env::args_os().skip(1);
    let task = arguments.next().unwrap_or_default();
    // Cargo passes the compiled test here, from that test's directory; see .cargo/config.toml.
    if task == "wasm-test-runner" {
        let name = iter::once(OsString::from("wasm-bindgen-test-runner"));
        wasm_bindgen_cli::wasm_bindgen_test_runner::run_cli_with_args(name.chain(arguments))?;
        return Ok(ExitCode::SUCCESS);
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .context("xtask lies in the project")?;
    env::set_current_dir(root).with_context(|| format!("{} cannot be entered", root.display()))?;
    if task == "bench" {
        return bench::bench(arguments).map(|()| ExitCode::SUCCESS);
    }
    if task == "faults" {
        return faults::faults(arguments).map(|()| ExitCode::SUCCESS);
    }
    if task == "fuzz" {
        return fuzz::fuzz(arguments).map(|()| ExitCode::SUCCESS);
    }
    if let Some(argument) = arguments.next() {
        bail!("`{}` is not understood\n{USAGE}", argument.display());
    }
    match task.to_str() {
        Some("build") => package::build().map(|()| ExitCode::SUCCESS),
        Some("start") => app::start().map(|()| ExitCode::SUCCESS),
        Some("test") => test::all(),
        _ => bail!("{USAGE}"),
    }
}
