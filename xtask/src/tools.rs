//! What the tasks need on this machine: installed when it is missing and can be,
//! else named in one sentence.

use crate::command::{cargo, find, npm, output, run};
use anyhow::{Context, Result, bail};
use std::path::Path;
use std::process::{Command, Stdio};
use std::{env, fs, thread, time::Duration};

/// The Rust target of the package.
pub const TARGET: &str = "wasm32-unknown-unknown";

/// The oldest Node that the bundler of the app runs on.
const NODE: (u32, u32) = (20, 19);

/// Everything that a build needs.
pub fn for_build() -> Result<()> {
    rust_target()?;
    node()?;
    node_modules()
}

/// The standard library for WebAssembly.
pub fn rust_target() -> Result<()> {
    let sysroot = output(Command::new("rustc").args(["--print", "sysroot"]))?;
    if Path::new(sysroot.trim())
        .join("lib/rustlib")
        .join(TARGET)
        .is_dir()
    {
        return Ok(());
    }
    run(Command::new("rustup").args(["target", "add", TARGET])).with_context(|| {
        format!("the Rust target {TARGET} is needed: install it with `rustup target add {TARGET}`")
    })
}

/// Node, new enough, and npm.
pub fn node() -> Result<()> {
    let (major, minor) = NODE;
    let wanted = format!(
        "Node.js {major}.{minor} or newer with npm is needed, from https://nodejs.org or your system's packages"
    );
    let Ok(version) = output(Command::new("node").arg("--version").stderr(Stdio::null())) else {
        bail!("{wanted}; none was found");
    };
    let numbers: Vec<u32> = version
        .trim()
        .trim_start_matches('v')
        .split('.')
        .flat_map(str::parse)
        .collect();
    if numbers
        .get(..2)
        .is_none_or(|found| (found[0], found[1]) < NODE)
    {
        bail!("{wanted}; {} was found", version.trim());
    }
    if output(npm(["--version"]).stderr(Stdio::null())).is_err() {
        bail!("{wanted}; npm was not found");
    }
    Ok(())
}

/// The packages of package-lock.json. npm leaves a copy of the lock where it installed.
fn node_modules() -> Result<()> {
    let changed = |path: &str| fs::metadata(path).and_then(|file| file.modified()).ok();
    let installed = changed("node_modules/.package-lock.json");
    if installed.is_some() && installed >= changed("package-lock.json") {
        return Ok(());
    }
    run(&mut npm(["ci", "--no-audit", "--no-fund"]))
}

/// Chromium and its driver. Gives the driver's path.
pub fn browser() -> Result<std::path::PathBuf> {
    let found = || {
        let driver = env::var_os("CHROMEDRIVER")
            .map(Into::into)
            .or_else(|| find("chromedriver"))?;
        ["chromium", "chromium-browser", "google-chrome"]
            .iter()
            .find_map(|name| find(name))?;
        Some(driver)
    };
    if let Some(driver) = found() {
        return Ok(driver);
    }
    let wanted = "Chromium and its driver are needed for the browser tests: install them with `apt-get install chromium chromium-driver` or your system's packages";
    if find("apt-get").is_none() || !is_root() {
        bail!("{wanted}");
    }
    // Another apt-get may hold the lock, and a mirror may fail for a moment.
    for attempt in 0..3 {
        if attempt > 0 {
            thread::sleep(Duration::from_secs(5));
        }
        let installed = run(&mut apt(&["update"])).and_then(|()| {
            run(&mut apt(&[
                "install",
                "--yes",
                "--no-install-recommends",
                "chromium",
                "chromium-driver",
            ]))
        });
        if let (Ok(()), Some(driver)) = (installed, found()) {
            return Ok(driver);
        }
    }
    bail!("{wanted}; apt-get could not do it")
}

fn apt(arguments: &[&str]) -> Command {
    let mut command = Command::new("apt-get");
    command.env("DEBIAN_FRONTEND", "noninteractive");
    command
        .args(["-qq", "-o", "DPkg::Lock::Timeout=300"])
        .args(arguments);
    command
}

fn is_root() -> bool {
    output(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0")
}

/// What Cargo knows of this project.
pub fn metadata() -> Result<serde_json::Value> {
    let text = output(&mut cargo([
        "metadata",
        "--locked",
        "--no-deps",
        "--format-version",
        "1",
    ]))?;
    serde_json::from_str(&text).context("`cargo metadata` gave no JSON")
}
