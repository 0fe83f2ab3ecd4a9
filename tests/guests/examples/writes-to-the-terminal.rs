//! Puts what terminals and readers of logs obey into everything that it says.

use palisade_guests::{Attribute, Level, RunError, Stop, guest, reason, tell};

/// A title, a cleared screen, a bell, a line of its own, a reversed direction and a zero byte.
const HOSTILE: &str = "a\u{1b}]0;title\u{7}\u{1b}[2J\u{9b}2K\r\nerror[forged]: all is lost\u{202e}\0b";

fn run(_configuration: &[Attribute]) -> Result<(), RunError> {
    for level in [Level::Debug, Level::Info, Level::Warn] {
        tell(level, HOSTILE);
    }
    // A host may refuse it: it is not the guest's business here.
    let _ = std::io::Write::write_all(&mut std::io::stdout(), HOSTILE.as_bytes());
    Err(RunError::Stopped(Stop { problem: reason(HOSTILE, HOSTILE), hint: Some(HOSTILE.to_owned()) }))
}

guest!(run);
