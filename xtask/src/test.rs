//! Everything there is to check, in one run. A step that fails stops only those that
//! need what it makes; the last line counts them all.

use crate::command::{cargo, run, script};
use crate::tools::{self, TARGET};
use crate::{app, package, rows, structure};
use anyhow::{Context, Result, bail};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::{fs, io, time::Instant};

#[derive(Clone, Copy, Default)]
struct Count {
    passed: u64,
    failed: u64,
}

const ONE: Count = Count {
    passed: 1,
    failed: 0,
};

#[derive(Default)]
struct Report {
    lines: Vec<String>,
    total: Count,
}

impl Report {
    /// Runs a step; what it cannot count is one failure. True when nothing failed.
    fn step(&mut self, name: &str, work: impl FnOnce() -> Result<Count>) -> bool {
        println!("\n==> {name}");
        let begun = Instant::now();
        let count = work().unwrap_or_else(|error| {
            println!("error: {error:#}");
            Count {
                passed: 0,
                failed: 1,
            }
        });
        self.total.passed += count.passed;
        self.total.failed += count.failed;
        let verdict = if count.failed == 0 {
            "ok    "
        } else {
            "FAILED"
        };
        let seconds = begun.elapsed().as_secs_f32();
        self.lines.push(format!(
            "{verdict} {name:<42}{:>5} passed{:>5} failed{seconds:>8.1} s",
            count.passed, count.failed
        ));
        count.failed == 0
    }
}

/// Runs every check, and ends with the line `N passed, N failed`.
pub fn all() -> Result<ExitCode> {
    let mut report = Report::default();
    report.step("format", || {
        once(run(&mut cargo(["fmt", "--all", "--check"])))
    });
    report.step("structure", || once(structure::check()));
    report.step("rows", || once(rows::check()));
    report.step("lints", || {
        once(run(&mut cargo([
            "clippy",
            "--locked",
            "--workspace",
            "--all-targets",
            "--",
            "-D",
            "warnings",
        ])))
    });
    report.step("native tests", || {
        libtest(&mut cargo([
            "test",
            "--locked",
            "--workspace",
            "--no-fail-fast",
        ]))
    });

    let target = report.step("Rust for WebAssembly", || once(tools::rust_target()));
    report.step("lints for WebAssembly", || {
        need(target, "the target")?;
        once(run(&mut cargo([
            "clippy",
            "--locked",
            "--package",
            "cardkeep",
            "--all-targets",
            "--target",
            TARGET,
            "--",
            "-D",
            "warnings",
        ])))
    });
    let mut driver = PathBuf::new();
    let browser = report.step("browser", || {
        driver = tools::browser()?;
        Ok(ONE)
    });
    report.step("tests in the browser", || {
        need(target && browser, "the target and the browser")?;
        let mut tests = cargo([
            "test",
            "--locked",
            "--package",
            "cardkeep",
            "--test",
            "browser",
            "--target",
            TARGET,
        ]);
        libtest(tests.env("CHROMEDRIVER", &driver))
    });

    let built = report.step("package", || once(package::build()));
    report.step("types of the package", || {
        need(built, "the package")?;
        types("tests/types/bundler.json")?;
        types("tests/types/nodenext.json")?;
        Ok(Count {
            passed: 2,
            failed: 0,
        })
    });
    report.step("tests of the package", || {
        need(built && browser, "the package and the browser")?;
        nodetest("tests/api")
    });
    report.step("types of the app", || {
        need(built, "the package")?;
        once(types("www"))
    });
    let app = report.step("app", || {
        need(built, "the package")?;
        once(app::build())
    });
    report.step("tests of the app", || {
        need(app && browser, "the app and the browser")?;
        nodetest("tests/app")
    });
    report.step("real faults, in short", || {
        need(built && browser, "the package and the browser")?;
        faults()
    });

    println!("\n{}", report.lines.join("\n"));
    println!(
        "{} passed, {} failed",
        report.total.passed, report.total.failed
    );
    Ok(if report.total.failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn need(there: bool, what: &str) -> Result<()> {
    if !there {
        bail!("not run: {what} could not be had");
    }
    Ok(())
}

fn once(result: Result<()>) -> Result<Count> {
    result.map(|()| ONE)
}

fn types(project: &str) -> Result<()> {
    run(&mut script(
        "typescript/bin/tsc",
        ["-p", project, "--noEmit"],
    ))
}

/// Rust's test harness, natively and in the browser.
fn libtest(command: &mut Command) -> Result<Count> {
    counted(command, |line| {
        let numbers = line.trim().strip_prefix("test result: ")?;
        let number = |unit: &str| {
            numbers
                .split([';', '.'])
                .find_map(|part| part.trim().strip_suffix(unit)?.trim().parse().ok())
        };
        Some(Count {
            passed: number(" passed")?,
            failed: number(" failed")?,
        })
    })
}

/// The test files of a folder, in Node, one after the other: they share a browser's profile and two cores.
fn nodetest(folder: &str) -> Result<Count> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .with_context(|| format!("{folder} cannot be read"))?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.to_string_lossy().ends_with(".test.mjs"))
        .collect();
    files.sort();
    if files.is_empty() {
        bail!("there are no tests in {folder}");
    }
    let mut command = Command::new("node");
    command
        .args(["--test", "--test-reporter=spec", "--test-concurrency=1"])
        .args(files.iter().map(|file| file as &Path));
    counted(&mut command, |line| {
        let number = |unit: &str| {
            line.strip_prefix("ℹ ")?
                .strip_prefix(unit)?
                .trim()
                .parse()
                .ok()
        };
        Some(
            match (number("pass "), number("fail "), number("cancelled ")) {
                (Some(passed), _, _) => Count { passed, failed: 0 },
                (_, Some(failed), _) | (_, _, Some(failed)) => Count { passed: 0, failed },
                _ => return None,
            },
        )
    })
}

/// The cases with killed browsers and damaged storage, a few rounds of each; always the same
/// seed, so that a failure can be looked at.
fn faults() -> Result<Count> {
    let mut command = Command::new("node");
    command.args(["tests/faults/run.mjs", "--short", "--seed", "1"]);
    counted(&mut command, |line| {
        let (passed, failed) = line.trim_end().split_once(" passed, ")?;
        Some(Count {
            passed: passed.parse().ok()?,
            failed: failed.strip_suffix(" failed")?.parse().ok()?,
        })
    })
}

/// Shows what a program prints, and sums what is read out of it. A program that fails
/// without a failed test has failed once, and one without any test has too.
fn counted(command: &mut Command, read: impl Fn(&str) -> Option<Count>) -> Result<Count> {
    let mut child = command
        .stdout(Stdio::piped())
        .spawn()
        .context("the tests cannot be started")?;
    let mut total = Count::default();
    let printed = child.stdout.take().context("the tests print nothing")?;
    for line in BufReader::new(printed).split(b'\n') {
        let line = line?;
        let mut out = io::stdout().lock();
        out.write_all(&line)?;
        out.write_all(b"\n")?;
        if let Some(count) = read(&String::from_utf8_lossy(&line)) {
            total.passed += count.passed;
            total.failed += count.failed;
        }
    }
    let status = child.wait()?;
    if total.failed == 0 && (!status.success() || total.passed == 0) {
        println!("the tests ended with {status}, {} passed", total.passed);
        total.failed = 1;
    }
    Ok(total)
}
