//! Seeded mutations of real files against every reader: nothing may panic, and what was read
//! has to keep its promises when it is edited, written and read again.
//!
//! `cargo xtask fuzz --minutes 5`. An input whose outcome was not seen before (the kind of
//! error, the codes of warnings) joins the pool that is mutated further. What breaks a promise
//! is made small and put into `target/fuzz-found`; `--file <path> --target <name>` runs it again.

mod mutate;
mod targets;

use mutate::{Random, mutated};
use std::collections::HashSet;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};
use targets::{Check, TARGETS};

/// Larger inputs take long and find nothing that smaller ones do not.
const LARGEST: usize = 64 << 10;
/// Inputs of one target that are mutated further.
const POOL: usize = 4_000;
/// An input that takes longer is told; a loaded machine may be the reason.
const SLOW: Duration = Duration::from_secs(3);

struct Arguments {
    minutes: f64,
    seed: u64,
    target: Option<String>,
    file: Option<PathBuf>,
}

fn main() -> ExitCode {
    let arguments = match arguments() {
        Ok(arguments) => arguments,
        Err(message) => {
            eprintln!(
                "{message}\nusage: fuzz [--minutes <n>] [--seed <n>] [--target <name>] [--file <path>]"
            );
            return ExitCode::FAILURE;
        }
    };
    let chosen: Vec<_> = TARGETS
        .iter()
        .filter(|(name, _)| {
            arguments
                .target
                .as_deref()
                .is_none_or(|wanted| wanted == *name)
        })
        .collect();
    if chosen.is_empty() {
        let names: Vec<_> = TARGETS.iter().map(|(name, _)| *name).collect();
        eprintln!("the targets are {}", names.join(", "));
        return ExitCode::FAILURE;
    }
    // A panic is a finding and is told with its input.
    std::panic::set_hook(Box::new(|_| {}));
    if let Some(file) = &arguments.file {
        return again(file, &chosen);
    }
    let until = Instant::now() + Duration::from_secs_f64(arguments.minutes * 60.0);
    let mut runs: Vec<_> = chosen
        .iter()
        .map(|(name, check)| Run::new(name, *check, arguments.seed))
        .collect();
    while Instant::now() < until {
        for run in &mut runs {
            run.some();
        }
    }
    let mut failed = false;
    for run in &runs {
        println!(
            "{:9} {:>9} inputs, {:>4} outcomes, {} findings",
            run.name,
            run.inputs,
            run.seen.len(),
            run.found.len()
        );
        failed |= !run.found.is_empty();
    }
    if failed {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    }
}

fn arguments() -> Result<Arguments, String> {
    let mut parsed = Arguments {
        minutes: 1.0,
        seed: 1,
        target: None,
        file: None,
    };
    let mut given = std::env::args().skip(1);
    while let Some(name) = given.next() {
        let value = given
            .next()
            .ok_or_else(|| format!("`{name}` wants a value"))?;
        let wrong = || format!("`{name}` cannot be `{value}`");
        match name.as_str() {
            "--minutes" => parsed.minutes = value.parse().map_err(|_| wrong())?,
            "--seed" => parsed.seed = value.parse().map_err(|_| wrong())?,
            "--target" => parsed.target = Some(value),
            "--file" => parsed.file = Some(value.into()),
            _ => return Err(format!("`{name}` is not understood")),
        }
    }
    if !(parsed.minutes.is_finite() && parsed.minutes >= 0.0) {
        return Err("`--minutes` must be a number, not negative".to_owned());
    }
    Ok(parsed)
}

fn again(file: &Path, chosen: &[&(&'static str, Check)]) -> ExitCode {
    let bytes = match fs::read(file) {
        Ok(bytes) => bytes,
        Err(error) => {
            eprintln!("{}: {error}", file.display());
            return ExitCode::FAILURE;
        }
    };
    let mut failed = false;
    for (name, check) in chosen {
        match outcome(*check, &bytes) {
            Ok(outcome) => println!("{name}: {outcome}"),
            Err(message) => {
                println!("{name}: BROKEN {message}");
                failed = true;
            }
        }
    }
    if failed {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    }
}

/// What became of an input, or which promise it broke.
fn outcome(check: Check, bytes: &[u8]) -> Result<String, String> {
    catch_unwind(AssertUnwindSafe(|| check(bytes))).unwrap_or_else(|panic| {
        let text = panic
            .downcast_ref::<String>()
            .map(String::as_str)
            .or(panic.downcast_ref::<&str>().copied());
        Err(format!("panic: {}", text.unwrap_or("without words")))
    })
}

struct Run {
    name: &'static str,
    check: Check,
    random: Random,
    pool: Vec<Vec<u8>>,
    seen: HashSet<String>,
    found: HashSet<String>,
    inputs: u64,
}

impl Run {
    fn new(name: &'static str, check: Check, seed: u64) -> Run {
        let mut run = Run {
            name,
            check,
            random: Random::of(seed, name),
            pool: Vec::new(),
            seen: HashSet::new(),
            found: HashSet::new(),
            inputs: 0,
        };
        for bytes in seeds(name) {
            run.input(&bytes);
            run.pool.push(bytes);
        }
        run
    }

    /// As many inputs as take a moment, so that all targets have their turn.
    fn some(&mut self) {
        let start = Instant::now();
        while start.elapsed() < Duration::from_millis(200) {
            let bytes = mutated(&self.pool, &mut self.random, LARGEST);
            self.input(&bytes);
        }
    }

    fn input(&mut self, bytes: &[u8]) {
        self.inputs += 1;
        let start = Instant::now();
        let outcome = outcome(self.check, bytes);
        if start.elapsed() > SLOW {
            let path = save(self.name, "slow", bytes);
            println!("{}: {:?} for {path}", self.name, start.elapsed());
        }
        match outcome {
            Ok(outcome) => {
                if self.seen.insert(outcome) && self.pool.len() < POOL {
                    self.pool.push(bytes.to_vec());
                }
            }
            // One input for each way to fail; numbers in the words are no other way.
            Err(message) => {
                let way: String = message
                    .chars()
                    .filter(|c| !c.is_ascii_digit())
                    .take(160)
                    .collect();
                if self.found.insert(way) {
                    let small = minimized(self.check, bytes);
                    let path = save(self.name, "broken", &small);
                    println!(
                        "{}: {message}\n  {} bytes in {path}",
                        self.name,
                        small.len()
                    );
                }
            }
        }
    }
}

/// The input without the pieces that the failure does not need.
fn minimized(check: Check, bytes: &[u8]) -> Vec<u8> {
    let until = Instant::now() + Duration::from_secs(20);
    let mut small = bytes.to_vec();
    let mut piece = small.len().div_ceil(2);
    while piece > 0 && Instant::now() < until {
        let mut at = 0;
        while at < small.len() && Instant::now() < until {
            let mut shorter = small[..at].to_vec();
            shorter.extend_from_slice(&small[(at + piece).min(small.len())..]);
            if outcome(check, &shorter).is_err() {
                small = shorter;
            } else {
                at += piece;
            }
        }
        piece /= 2;
    }
    small
}

fn save(name: &str, what: &str, bytes: &[u8]) -> String {
    let sum = crc32fast::hash(bytes);
    let path = format!("target/fuzz-found/{name}-{what}-{sum:08x}");
    let written = fs::create_dir_all("target/fuzz-found").and_then(|()| fs::write(&path, bytes));
    match written {
        Ok(()) => path,
        Err(error) => format!("nowhere ({error})"),
    }
}

/// What the target begins with: its corpus, and the fixtures that it reads.
fn seeds(name: &str) -> Vec<Vec<u8>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let areas: &[&str] = match name {
        "lorebook" => &["fixtures/cases/lorebooks", "fixtures/lorebooks"],
        "json" => &["fixtures/cases/cards/json", "fixtures/cases/lorebooks"],
        "png" => &["fixtures/cases/cards/png", "fixtures/cases/cards/text"],
        "zip" => &["fixtures/cases/cards/archive"],
        "exif" => &["fixtures/cases/cards/photo"],
        "chat" => &["fixtures/chats"],
        _ => &["fixtures/cases/cards", "fixtures/cards"],
    };
    let mut files = Vec::new();
    gather(&root.join("fuzz/corpus").join(name), &mut files);
    for area in areas {
        gather(&root.join(area), &mut files);
    }
    files.sort();
    let all = files.iter().filter_map(|path| fs::read(path).ok());
    let mut seeds: Vec<_> = all.filter(|bytes| bytes.len() <= LARGEST).collect();
    if seeds.is_empty() {
        seeds.push(b"{}".to_vec());
    }
    seeds
}

fn gather(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            gather(&path, files);
        } else if !path.to_string_lossy().ends_with("expected.json") {
            files.push(path);
        }
    }
}
