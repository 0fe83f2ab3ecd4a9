//! Computes without end and never calls the host: only the epoch can end it.

use std::hint::black_box;

use palisade_guests::{Context, RunError, Setting, guest};

fn run(_context: &Context, _configuration: &[Setting]) -> Result<(), RunError> {
    let mut number: u64 = 1;
    loop {
        number = black_box(number.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1));
    }
}

guest!(run);
