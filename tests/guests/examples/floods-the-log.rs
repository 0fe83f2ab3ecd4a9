//! Says far more than anybody wants to read, on every way that it has, and does its work all the same.

use std::io::Write as _;

use palisade_guests::{Attribute, Level, RunError, accept_all, guest, tell};

const MESSAGES: u32 = 100_000;

/// 10 MB in lines of 1,000 bytes.
const LINES: u32 = 10_000;
const LINE_BYTES: usize = 1_000;

fn run(_configuration: &[Attribute]) -> Result<(), RunError> {
    for number in 1..=MESSAGES {
        tell(Level::Warn, &format!("message {number} of {MESSAGES}"));
    }
    let mut line = vec![b'x'; LINE_BYTES - 1];
    line.push(b'\n');
    let mut output = std::io::stdout().lock();
    for _ in 0..LINES {
        // A host may refuse it: it is not the guest's business here.
        let _ = output.write_all(&line);
    }
    let _ = output.flush();
    accept_all();
    Ok(())
}

guest!(run);
