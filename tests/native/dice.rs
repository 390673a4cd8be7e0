//! Chance that comes again: a small generator, and running a model from many seeds.
//!
//! A failure names its seed; `CARDKEEP_SEED=n` runs that seed alone, `CARDKEEP_SEEDS=n` so many
//! from the first one.

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
