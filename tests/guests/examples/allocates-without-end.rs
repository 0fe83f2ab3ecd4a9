//! Takes memory without end and gives none back.

use std::hint::black_box;

use palisade_guests::{Attribute, RunError, guest};

/// One piece: large enough that the limit is met soon, small enough that it is met closely.
const PIECE_BYTES: usize = 1024 * 1024;

fn run(_configuration: &[Attribute]) -> Result<(), RunError> {
    let mut held: Vec<Vec<u8>> = Vec::new();
    loop {
        held.push(black_box(vec![1; PIECE_BYTES]));
    }
}

guest!(run);
