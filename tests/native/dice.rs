//! Chance that comes again: a small generator, and running a model from many seeds.
//!
//! A failure names its seed; `CARDKEEP_SEED=n` runs that seed alone, `CARDKEEP_SEEDS=n` so many
//! from the first one.

use std::fmt::Display;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

/// Xorshift.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Dice {
        Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub fn roll(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) as usize % below
    }

    pub fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.roll(of.len())]
    }
}

/// What one of several pages does.
pub type Life<'a, E> = Pin<Box<dyn Future<Output = Result<(), E>> + 'a>>;

/// Polls pages as chance has it until all have ended: now one of them runs far ahead, now they take
/// turns, `most` times. `before` comes before each time.
pub fn interleave<E: Display>(
    dice: &mut Dice,
    pages: Vec<Life<'_, E>>,
    most: u32,
    mut before: impl FnMut(&mut Dice),
) -> Result<(), String> {
    let mut pages: Vec<_> = pages.into_iter().map(Some).collect();
    let mut context = Context::from_waker(Waker::noop());
    for _ in 0..most {
        let next = dice.roll(pages.len());
        before(dice);
        for _ in 0..dice.roll(6) {
            let Some(page) = &mut pages[next] else { break };
            if let Poll::Ready(ended) = page.as_mut().poll(&mut context) {
                ended.map_err(|error| format!("page {next}: {error}"))?;
                pages[next] = None;
            }
        }
        if pages.iter().all(Option::is_none) {
            return Ok(());
        }
    }
    Err("they do not come to an end".into())
}

/// Runs every seed that is asked for.
pub fn each_seed(count: u64, run: impl Fn(u64) -> Result<(), String>) {
    let asked = |name: &str| std::env::var(name).ok()?.parse::<u64>().ok();
    let seeds = match asked("CARDKEEP_SEED") {
        Some(seed) => seed..seed + 1,
        None => 1..1 + asked("CARDKEEP_SEEDS").unwrap_or(count),
    };
    for seed in seeds {
        // An assertion further down does not know it.
        eprintln!("CARDKEEP_SEED={seed}");
        if let Err(wrong) = run(seed) {
            panic!("CARDKEEP_SEED={seed}: {wrong}");
        }
    }
}
