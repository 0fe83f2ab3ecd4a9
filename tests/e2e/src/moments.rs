//! How many random moments a test tries, and which.

use std::time::{SystemTime, UNIX_EPOCH};

/// The number that this environment variable gives, or `usual`; and a seed for the moments: that of `PALISADE_SEED`, or a new one.
#[must_use]
pub fn moments(variable: &str, usual: u64) -> (u64, u64) {
    let number = |name: &str| std::env::var(name).ok().map(|text| text.parse().expect("a number"));
    let now =
        || SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| u64::from(since.subsec_nanos()));
    (number(variable).unwrap_or(usual), number("PALISADE_SEED").unwrap_or_else(now))
}
