//! How long anything may take before it counts as hanging: long enough for a machine that is
//! busy with ten other things, short against what grows with the square of a file.

use std::time::Duration;

pub const PATIENCE: Duration = Duration::from_secs(120);
