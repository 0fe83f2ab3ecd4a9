//! Computes without end and never calls the host: only the epoch can end it.

use std::hint::black_box;

use palisade_guests::{Attribute, RunError, guest};

fn run(_configuration: &[Attribute]) -> Result<(), RunError> {
    let mut number: u64 = 1;
    loop {
        number = black_box(number.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1));
    }
}

guest!(run);
